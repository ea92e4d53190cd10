// Package schema holds the schema of a table: its types, its fields, and the
// two texts they are written in.
//
// A schema is a [*Struct] of [Field]s. It is stored in the log as JSON, which
// [Parse] reads and [Struct.JSON] writes:
//
//	{"type":"struct","fields":[
//	  {"name":"id","type":"long","nullable":false,"metadata":{}},
//	  {"name":"tags","type":{"type":"array","elementType":"string","containsNull":true},
//	   "nullable":true,"metadata":{"comment":"free text"}}]}
//
// People write types as SQL, which [ParseType] and [ParseColumns] read and the
// String methods write: bigint, decimal(10,2), struct<a:int,b:array<string>>.
//
// The set of types is closed:
//
//	Primitive   boolean, byte … double, string, binary, date, timestamp,
//	            timestamp_ntz, variant, void
//	Decimal     precision and scale
//	*Array  *Map  *Struct
//	Interval    known by name only, so that a table that has one can be opened
//
// What the package promises:
//
//	(1) Field order, spelling and metadata that we do not understand survive
//	    Parse and JSON.
//	(2) A schema that Parse returns has no two names at one level that differ
//	    only in case, at most the given depth and columns, and no type that is
//	    not listed above.
//	(3) A schema that [Validate] accepts can be stored and read by other
//	    engines.
//	(4) [Merge] never moves, renames, drops or narrows a column of the table.
//
// Names are found as SQL finds them: the exact spelling first, then a unique
// one that differs only in case ([Struct.Lookup]). Letters are compared by
// Unicode simple folding.
//
// Schemas are immutable once shared: functions here return new values and
// share the parts that they did not change. Everything is safe for concurrent
// use under that rule.
//
// Bad input is an error of one of four types, so that callers can tell them
// apart: [*InvalidError], [*UnknownTypeError], [*LimitError], [*MismatchError].
package schema
