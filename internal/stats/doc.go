// Package stats reads, collects and writes the statistics of a data file: its
// number of rows, and of each leaf column the bounds and the number of nulls.
//
//	{"numRecords":3,"minValues":{"id":1},"maxValues":{"id":9},"nullCount":{"id":0}}
//
// Pruning believes statistics, so what is written here is exact or absent, and
// what is read is not believed further than its writers deserve. Both sets of
// rules live in this package and nowhere else.
//
// # Reading
//
// [Parse] keeps what the text says; [File.Column] gives what may be concluded:
//
//   - A column, bound or count that is missing, null, of the wrong type or
//     unreadable is unknown. It never makes the rest unknown.
//   - Maxima of timestamps are widened by a millisecond, since writers cut them
//     down to milliseconds; timestamps before 1972 by 59 seconds either way,
//     since old Spark versions cut the seconds off zone offsets.
//   - Decimals are read exactly from the text, and bounds of more than 15 digits
//     widened by 8 units in the last place of a float64, since delta-rs writes
//     decimals through float64 arithmetic.
//   - A double column that was a float is widened to what its bounds would be
//     as float32, since the shortest text of a float is not its value.
//   - A maximum of as many characters as writers cut strings to, 32 unless the
//     table says fewer, or of more, is taken for the beginning of one: not all
//     writers put a greater character where they cut.
//   - Strings with a lone surrogate or with U+FFFD are unknown: a writer lost
//     bytes there.
//   - A minimum above its maximum makes both unknown.
//   - Unless bounds are tight, null counts other than none and all are unknown.
//   - Maxima of floats say nothing of NaN: see [Column].
//   - The least and the greatest of the bounds of many files ([NewManyParser])
//     are widened so that they enclose what each of these is widened to; floats
//     and strings of which that cannot be known have none.
//
// # Writing
//
// [Collector] gathers bounds of the types whose order all engines agree on:
// integers, floats, decimals, dates, timestamps and strings. Booleans,
// binaries, arrays, maps and variants have a null count only.
//
//   - A file with a NaN has no bounds for that column; an infinite bound is left
//     out; a zero bound is −0.0 below and 0.0 above.
//   - Timestamps are rounded outwards to milliseconds: down below, up above.
//   - Dates and timestamps outside the years 1 to 9999 are no bounds.
//   - Strings are cut to a prefix that still bounds them in the order of UTF-8
//     bytes; one that is not valid UTF-8 is no bound.
//   - Rows in which an enclosing struct is null count as nulls.
//
// With Options.Exact, for comparing, bounds are the values themselves.
package stats
