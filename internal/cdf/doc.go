// Package cdf is the read side of the change data feed: which rows a commit
// inserted, deleted and updated (protocol, section "Change Data Files").
//
//	actions of a commit ─► Pieces: which rows of which files, and what happened to them     no I/O
//	                       ├ files of row changes, if there is one: nothing else counts
//	                       └ files added and removed; of a file that is both, what its deletion vectors differ in
//	metadata            ─► Enabled: the feed is on; Follow: what was read and what comes fit one schema
//	pieces              ─► Reader: rows, with the columns that the feed adds
//
// The rows of a version, and then the changes of the next, are the rows of the
// next: that is the test. An order among the changes of a version is not known.
//
// What cannot be told is an error, never a guess: a commit of a time when the
// feed was off ([NoChangesError]), a data file that is gone ([NoChangesError]), a
// schema that what was read before does not fit ([BarrierError]), a commit that
// adds and removes a file in one breath without a vector to say what changed
// (log.ErrCorrupt).
package cdf
