// Package write turns record batches into data files of a table: the staging
// half of an append. Nothing it does is visible in the table until a commit
// names the files it returns.
//
//	batches ─► split by partition ─► one open file per partition ─► roll at the target size
//	                         └─► too many partitions open: sorted runs on local disk ─► one partition at a time
//
// The files are durable when [Files] returns. When it fails, what it wrote is
// removed again as well as the store allows; what stays is an orphan that no
// commit names.
//
// Memory: a batch, the buffered row groups of the open files, and a run being
// sorted, together within [Options.Buffer]. When the open files hold more,
// partitions go to disk instead of making tiny files.
package write
