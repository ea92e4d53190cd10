// Package aggregate answers count, min, max, sum and avg by groups from a scan
// of a snapshot, reading no more than it must.
//
//	a file ─► the log proves the answer: partition values, statistics     no request
//	       ─► its footer does: bounds and null counts of row groups       one request
//	       ─► the columns of what is still open, batch by batch ─► a table of the file's groups
//
//	tables of files ─► merged in the order of the files ─► too many groups: sorted runs on local disk
//	                                                    ─► sorted by key ─► batches of the result
//
// Results are those of Spark 4 in its ANSI mode: types, names, nulls, NaN, and
// the class of an overflow.
//
// Invariants:
//
//	(1) What is taken from statistics is exactly what the rows would give. Bounds
//	    of floats, timestamps, decimals and texts in the log may not be values of
//	    the file and are not used; nor is anything of a file with wide bounds or
//	    a deletion vector, but for the number of rows.
//	(2) The result does not depend on which goroutine was faster: sums of
//	    integers and decimals are exact, and floats are added in the order of
//	    files and rows, file by file, or as many rows as fill a file's memory.
//	(3) The groups of a file being read, and those of all files, are held within
//	    [Options.Memory]; beyond it they go to local disk. One group always fits.
//	(4) Nothing stays behind: goroutines and files on disk end with the iteration.
package aggregate
