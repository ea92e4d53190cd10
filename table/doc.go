// Package table is a table in a folder or a bucket, with transactions: the
// open Delta protocol, from Go.
//
//	t, err := table.Create(ctx, "/data/trips", schema, nil)    // or Open
//	defer t.Close(ctx)
//	commit, err := t.Append(ctx, batches, nil)                 // an array.RecordReader
//	snap, err := t.Snapshot(ctx, table.At{})                   // or table.Version(6), table.AsOf(yesterday)
//	for batch, err := range snap.Scan(&table.ScanOptions{Where: expr.SQL("city = ?", "Oslo")}).Batches(ctx) { … }
//
// A [Table] is a place: it always stands for the newest version, and any number
// of them, in any number of processes and in other engines, may read and write
// one place at once. A [Snapshot] is one version and never changes. Go structs
// instead of Arrow batches are in package table/rows.
//
// # What is promised
//
//	(1) A commit is there whole or not at all, and durable when it is acknowledged.
//	(2) What an operation says about its commit is true: committed, not committed,
//	    or [ErrCommitUnknown], which [Table.Resolve] settles for good.
//	(3) Commits are serializable unless CommitOptions.Isolation or the table says
//	    less; an append never conflicts with an append.
//	(4) A reader sees one version. Which files are skipped never changes what it sees.
//	(5) An application version is applied once, whoever repeats it: [CommitOptions].
//	(6) A damaged hint, checksum or checkpoint costs time; a damaged commit or data
//	    file is [ErrCorrupt], and no input makes the process panic.
//	(7) Every call obeys its context, keeps to its [Budget], and ends: races within
//	    [Retry], requests within the times of their store.
//
// # Steps
//
//	read    Snapshot   hint, listing, .crc or checkpoint and commits     internal/replay
//	        Scan       files, row groups and pages that may match        internal/scan
//	        Changes    what commits did to rows; Tail as it goes on      internal/cdf
//	write   Append     convert, check constraints, write files           internal/write
//	        commit     put if absent, settle, check winners, rebase      internal/txn
//	        follow     .crc, checkpoint when one is due                  [Post]
//	care    Verify     every object looked at, faults named              internal/verify
//
// # What it shows
//
// Every call that asks the store for something is a span of
// Options.TracerProvider, "foreset append" for example, with the attributes
// foreset.table, foreset.requests, foreset.requests.depth (the longest chain),
// foreset.requests.bytes, and, as they apply, foreset.version, foreset.rows,
// foreset.files, foreset.bytes, foreset.attempts, foreset.skipped,
// foreset.committed. What is left to the background is "foreset after commit".
// Options.MeterProvider gets foreset.operation.duration (a histogram, seconds)
// and foreset.requests (a counter, by kind), both by foreset.operation. Requests
// of a commit are in [Metrics], too. A [Writer] shows its group commits.
//
// # Errors
//
// The sentinels ([ErrConflict], [ErrSchema] and so on) are for errors.Is; the
// types say more: [*ConflictError], [*ConstraintError], [*UnsupportedError],
// [*CommitUnknownError]. Errors of the store keep their identity: fs.ErrNotExist,
// fs.ErrPermission, storage.ErrThrottled. No error shows a secret.
//
// # What it refuses
//
// Tables that need a reader or writer feature which is not built yet, by the
// feature's name ([*UnsupportedError]; README has the list), and writing where
// the store cannot put an object atomically (storage.ErrUnsafe).
package table
