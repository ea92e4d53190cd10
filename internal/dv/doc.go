// Package dv reads and writes deletion vectors: which rows of a data file are
// deleted without the file being written anew. (PROTOCOL.md, Deletion Vectors
// and Deletion Vector Format.)
//
//	add.deletionVector            the descriptor, in the log
//	   │ storageType u, i or p
//	   ▼
//	1 byte version                a file "deletion_vector_<uuid>.bin"; or, for i, the
//	{ size, body, CRC-32 } ...    body as Z85 text in the descriptor itself
//	   │
//	   ▼
//	magic, { high 32 bits, 32-bit Roaring bitmap of the low ones } ...
//
// [Bitmap] is the set itself: immutable, and made of chunks of 65,536 rows as
// Roaring's containers are. [Decode] and [Bitmap.Encode] are its body.
// [Reader] follows descriptors to bodies, with few requests where a file holds
// the vectors of many data files.
//
// What it promises:
//
//	(1) A vector that cannot be read is an error, and never an empty set: rows
//	    that were deleted do not come back.
//	(2) Bytes from outside never panic, and cost time and memory in proportion
//	    to their number. Both numbers of a descriptor and both checks of a
//	    record (size, CRC) must agree with the body.
//	(3) No request leaves the table, but for absolute URIs through the function
//	    that the caller gave for them.
//
// The bitmap is not RoaringBitmap/roaring, which tests use as an oracle: a
// container of 131 kB keeps its Validate busy for seconds (it compares every
// run with every other), and it has no iteration over runs from a given row,
// which is what leaving rows out of a scan needs.
//
// Not read: the native form of the body (magic 1681511376), which no writer
// puts into a table; it is [ErrNative].
package dv
