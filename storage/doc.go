// Package storage holds objects: the files of a table, in a folder, a bucket
// or memory. It knows nothing of tables; tables rest on what it promises.
//
//	store, err := storage.Open(ctx, "file:///data/flights")
//	outcome, _, err := store.PutIfAbsent(ctx, "_delta_log/00000000000000000007.json", body)
//	switch outcome {
//	case storage.Created:  // ours, and durable
//	case storage.Exists:   // somebody's, perhaps ours: read it
//	case storage.Unknown:  // perhaps ours, perhaps later: read it
//	case storage.Rejected: // not ours, never will be; err says why
//	}
//
// [Store] is small, so that faults, recording and limits are wrappers around
// it (package storage/faults). What every store must do is written as tests in
// storage/storagetest; a store that passes them can hold tables.
//
// Promises that all else is built on:
//
//	(1) Of any number of concurrent PutIfAbsent of a name, in any number of
//	    processes, at most one is Created.
//	(2) An object is visible whole or not at all, also while it is replaced.
//	(3) What is acknowledged is durable.
//	(4) A name is the name: nothing is escaped on the way in or out.
//	(5) "It is not there" (fs.ErrNotExist) is never said when the truth is
//	    "I could not find out".
//	(6) A listing is in the order of the names' bytes and leaves out nothing
//	    that was there from its beginning to its end.
//
// # Local files
//
// The store of a folder, [NewLocal], keeps these promises like this:
//
//	PutIfAbsent  .tmp-<uuid> ── write ── fsync ── link to the name ── fsync of the folder ── unlink
//	Put, Create  .tmp-<uuid> ── write ── fsync ── rename onto it  ── fsync of the folder
//
// and syncs every folder above a new one. All access goes through [os.Root],
// so that no name and no symlink leads out of the folder. Listings ignore
// temporary files; those of writers that died are found by [Leftovers].
//
// It refuses PutIfAbsent, with [ErrUnsafe], where link(2) and fsync are not
// known to mean what they say: on network, FUSE and 9p mounts, and where files
// cannot be linked. On Linux the refused file systems are listed; on macOS and
// FreeBSD those that the kernel does not call local are refused, and FUSE; on
// Windows all but NTFS and ReFS volumes of the machine itself. Windows has no
// fsync of folders: after a power loss, though not after the death of the
// process, the last acknowledged writes may be missing there.
//
// A folder that another process made, and has not yet synced, is taken for
// durable by whoever finds it there. The common journaling file systems make
// its entry durable together with the first fsync inside it.
//
// # Locations
//
// [Open] takes a path or a URL. Packages for other places add their schemes
// with [Register] when they are imported. [Redact] makes a location fit for a
// message; no error of this package shows a secret.
package storage
