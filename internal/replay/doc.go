// Package replay turns a checkpoint and the commits after it into the state of
// one version of a table. It is the only place where the two meet.
//
//	hint ─► list ─► .crc of the version        protocol, metadata, counts: no more is read until files are asked for
//	            └─► commits, checkpoint        newest first: the first protocol and metadata win
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
// Invariants:
//
//	(1) A file is live in a state if the newest action of its key at or before
//	    that position is an add, or if the base has it and the tail says nothing.
//	(2) Entries of the tail are never changed or taken away; a position stays
//	    true while others extend the tail.
//	(3) No lock is held over a request to the store.
//	(4) A damaged auxiliary file (hint, .crc, checkpoint) is skipped with a
//	    warning, never an error, while the commits needed instead are there.
package replay
