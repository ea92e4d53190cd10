// Package verify looks at every object of a table and says what is wrong with
// which: damage that a reader would meet, and contradictions that no reader
// would notice.
//
//	list    the names in _delta_log           gaps, leftovers            listing.go
//	walk    version by version, oldest first                             walk.go
//	          its commit      read, checked by itself, applied           commit.go
//	          its checkpoints read whole, compared with the state        checkpoint.go
//	          its .crc        compared with the state                    checksum.go
//	          compacted logs  compared with the commits they stand for   compacted.go
//	        and then the hint                                            hint.go
//	files   of the version    paths, partition values, objects and sizes files.go
//	        vectors           read, and held against their descriptors   vectors.go
//	        data (Deep)       every row read, statistics held against it data.go, bounds.go
//
// The walk keeps a state of its own (state.go): what the commits say, replayed
// from version 0 on, or from the oldest checkpoint where older commits are gone.
// A checkpoint is compared with it and then not needed; only where a commit is
// missing or damaged the state is lost, until the next checkpoint gives another
// one. So every checkpoint, every checksum and every commit is looked at, not
// just those that a reader of the newest version would choose.
//
// What is wrong with the table is a [Fault]. What kept Verify from looking, a
// store that fails or a context that ends, is an error, and then nothing is said
// about what was not looked at.
//
// Rules:
//
//	(1) A fault is named only where the protocol is broken, or a reader would
//	    fail or could be misled. What is merely odd is a [Note].
//	(2) An object that was listed and is gone when it is read is looked for
//	    again: cleanup of the log may run at the same time.
//	(3) No request leaves the table, but for the External function.
//
// Memory: some 50 bytes for each file that is live or has a tombstone, the
// commits that are read at once (64 MiB at most, or one commit), and with Deep
// what a scan needs.
//
// What it does not check: bounds in Parquet footers and page indexes, bloom
// filters, constraints of the table, change data files.
package verify
