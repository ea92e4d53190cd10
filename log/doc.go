// Package log reads and writes a table's transaction log: the actions and
// their JSON, the names of all files under _delta_log, single commits, and the
// choice of the files that make up a version.
//
//	_delta_log/
//	  00000000000000000009.json                             commit: one action a line
//	  00000000000000000010.json
//	  00000000000000000010.crc                              checksum: what version 10 must look like
//	  00000000000000000010.checkpoint.parquet               everything live at version 10
//	  00000000000000000011.json
//	  00000000000000000011.00000000000000000012.compacted.json   commits 11 and 12 in one
//	  00000000000000000012.json
//	  _last_checkpoint                                      a hint; may be stale or missing
//
// A version is put together from a [Segment]: one complete checkpoint (or
// none) and every commit after it.
//
//	            checkpoint 10        commit 11   commit 12
//	version 12 = everything live  +  changes   +  changes
//
// Invariants:
//
//	(1) A commit file is created once and never changes.
//	(2) Version N is created only after N-1 exists.
//	(3) A data file is durable before the commit that names it.
//	(4) Deleting a checkpoint changes no snapshot whose commits remain.
//	(5) A field we do not understand survives being read and written back.
//
// (1) is the store's put-if-absent, reached through a [Committer]; a write
// whose answer was lost is settled by [Settle], which looks for the
// transaction's own id in the commit that is there. (2) and (3) are kept by
// the callers. (4) holds because a Segment without its checkpoint is chosen by
// the same rules from what is left ([Segment.Without], [ListSegmentBefore]).
// (5) is kept for the two actions that are rewritten from an older one,
// [Metadata] and [CommitInfo]; all others are written once, by their author.
//
// Reading is tolerant where other engines are known to differ and strict where
// tolerance would guess: absent and null are the same; unknown members and
// unknown actions are skipped; integers may be quoted or written as integral
// floats and are exact to 64 bits; lines may end in CRLF, be blank, and the
// last may lack its newline; a commit may be empty or start with a byte order
// mark. A line that is not whole JSON, a string that is not UTF-8 (raw or as
// half a surrogate pair), a member given twice, a required member that is
// missing and a second action on one line are errors ([CorruptError]), because
// two engines would read two different tables from them. What is written is
// always the strict form, byte for byte the same for the same actions.
//
// The package opens no checkpoint, keeps no state between calls, starts no
// goroutine and applies no rule of a table feature: what a protocol allows is
// decided above. Functions are safe for concurrent use.
package log
