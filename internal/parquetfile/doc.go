// Package parquetfile opens Parquet files that it does not trust.
//
// The bytes come from a bucket that others write to, and the decoder is
// arrow-go's, which believes much of what a file says. This package stands
// between the two:
//
//	store ──ReadAt──► Open: magic, length of the footer, limits
//	                   └► scan: the footer's Thrift, walked before it is decoded:
//	                      counts against bytes, depth, size of the schema
//	                   └► arrow-go decodes it; check: rows, offsets, sizes
//	      ──ReadAt──► Load: the ranges of some column chunks, coalesced,
//	                   fetched within a budget, handed to arrow-go's reader
//
// Promises:
//
//	(1) What arrow-go decodes lies inside the file, is as large as the footer
//	    says, and the footer's numbers agree with each other and with the log's.
//	(2) A panic in arrow-go becomes an [*Error] that names the object: callers
//	    run their decoding under [File.Guard].
//	(3) Key-values of a foreign footer never reach arrow-go; an ARROW:schema key
//	    can end the process. What Spark says about its calendar is kept.
//	(4) A request is made only for bytes that are going to be decoded, or for
//	    small gaps between them.
//	(5) A failure of the store stays what it is; only the content of a file
//	    makes an [*Error].
//	(6) A page whose header has a checksum is compared with it before anything
//	    that was decoded from it is handed out.
//
// Encrypted files are refused with [ErrUnsupported].
package parquetfile
