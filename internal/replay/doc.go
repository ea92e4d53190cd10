// Package replay turns a checkpoint and the commits after it into the state of
// one version of a table. It is the only place where the two meet.
//
//	hint ─► list ─► .crc, and commits after it        protocol, metadata, counts: no more is read until files are asked for
//	            └─► checkpoint, and commits after it  without a .crc: the newest protocol and metadata win
//
// Where a compacted log stands for some of the commits, it is read instead of
// them; the .crc before the newest one is read where that one is damaged.
//
// A [State] is immutable. Its files are a base and a tail:
//
//	base   the live files of a checkpoint, in compact columns, read on first
//	       use and kept while they fit the share of memory they are given;
//	       beyond that they are streamed from the store again
//	tail   the file actions of the commits since, which hide or add files
//
// The history of a table is one line, so all states that grew from one load
// share one base and one tail: a state is a position in the tail, and
// [State.Advance] and [State.Apply] cost what the new commits cost.
//
// The tail has no positions before the version that was loaded: what lies between
// that and the base was read in pieces of which some, compacted logs, stand for
// several versions and do not have what came and went within them. No state needs
// one, for all states of a lineage are that load's or later; an older version is
// a load of its own.
//
// A handle that lives long does not grow with its table's history, also where
// nobody writes checkpoints: when a tail is longer than the base, and much longer
// than what is live, the next state begins a lineage with the same base and a
// tail of only the live adds and the removes that hide files of the base. States
// of the old lineage keep it. What was left out is read again if tombstones are
// asked for. Commits that nobody has asked the files of are dropped when they are
// many, and read when somebody does.
//
// Invariants:
//
//	(1) A file is live in a state if the newest action of its key at or before
//	    that position is an add, or if the base has it and the tail says nothing.
//	(2) Entries of the tail are never changed or taken away; a position stays
//	    true while others extend the tail.
//	(3) No lock is held over a request to the store.
//	(4) A damaged auxiliary file (hint, .crc, checkpoint, sidecar, compacted log)
//	    is skipped with a warning, never an error, while the commits needed
//	    instead are there. State.Warnings has those of its load, and Source.Warn
//	    is told of all, also of what shows when files are asked for.
//	(5) The pieces between base and first state cover each version once: none is
//	    left out, none is read twice. What a commit says of itself is always
//	    taken from the commit.
//	(6) No state of a lineage is of a version before the load that began it.
package replay
