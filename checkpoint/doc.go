// Package checkpoint turns checkpoint files into actions and actions into
// checkpoint files (protocol, section "Checkpoints"). It knows the content of
// checkpoints; which there are, and which one to use, is for package log to
// say, and what the state of a table is for package replay.
//
//	_delta_log/
//	  00000000000000000010.checkpoint.parquet   one row an action: everything live at version 10
//	  00000000000000000020.checkpoint.<uuid>.json   or .parquet: the manifest of a V2 checkpoint
//	  _sidecars/<any>.parquet                   the file actions of a V2 checkpoint
//	  _last_checkpoint                          ReadHint, WriteHint
//
// Reading goes by column and by what is asked for:
//
//	Open ─► footers only; of a V2 checkpoint, the manifest
//	  State    protocol, metaData, txn, domainMetadata: row groups whose
//	           statistics say that these are null are not touched
//	  Files    path, size, partition values, … of the adds, and statistics
//	           and tags on demand, in chunks of compact columns
//	  Removes  the tombstones
//
// A checkpoint is V2 if it has a checkpointMetadata or sidecar row, whatever its
// name; its sidecars are opened when files are asked for. The pieces of a
// checkpoint (row groups of the main file, sidecars) are decoded a few at a
// time and yielded in their order: memory is bounded by these few, whatever the
// size of the table.
//
// A walk may say which files it is for ([Wanted]): by partition values, so that
// statistics of others are not read, and by what the footer says of the parsed
// statistics and partition values of all files of a row group, so that row
// groups are left out. What a footer says of many files is believed less than
// what the log says of one: see [Bounds] and package stats.
//
// Columns are found by name, whatever their order and repetition; maps and
// lists by their structure, since writers name the levels differently. A
// column that is not there is null. A row is an add if add.path is not null.
//
// Writing goes the other way, and trusts nobody, itself included:
//
//	Source ─► Encode: one Parquet file, in memory ─► read back, compared ─► published ─► hint
//
// Promises:
//
//	(1) A damaged file gives [ErrCorrupt] where the damage shows, never a panic,
//	    a hang, or memory out of proportion; what the store failed to give is
//	    the store's error. In pages that have a CRC-32, or that we wrote with
//	    zstd, whose frames have a checksum, all damage shows. Other pages and
//	    Parquet's footer have none.
//	(2) [Files] depends on nothing: it is immutable, and outlives its reader.
//	(3) No checkpoint is published that, read back, differs from its source.
//	(4) A hint that is damaged is no hint; no writer moves one that it has seen
//	    to an older version.
//	(5) Equal sources give equal files.
//	(6) No sidecar outside of its folder is asked for, and none is left out: a
//	    manifest that is cut short, of another version, or that names a sidecar
//	    twice, is [ErrCorrupt]; so is a sidecar of another size than it says.
//
// Checkpoints of several parts, and V2 checkpoints, are read and never written.
// The first cannot be published at once.
package checkpoint
