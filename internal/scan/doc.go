// Package scan reads the rows of a snapshot: it chooses files, row groups and
// pages by what partition values and statistics prove, reads what is left,
// and filters every row exactly.
//
//	state's files ─► skip by partition values, then by statistics      no request
//	   a file     ─► skip row groups by the footer and bloom filters,    one read of the footer
//	                 pages by the index (prune.go)
//	   its rows   ─► the predicate's columns first, the others where rows are left (probe.go)
//	              ─► partition columns added, predicate, projection
//
// Skipping only ever saves work: a row is in the result exactly when the
// predicate is TRUE for it. Batches carry the physical positions of their rows
// from the file to the caller, through skipping and filtering.
//
// Parts (part.go) are the same for files that a caller names, live or not, and for
// the rows of one that deletion vectors mark.
//
// Files are read by a bounded number of goroutines that end before the
// iteration does. What they hold is bounded by the budget they are given.
package scan
