// Package value holds one typed scalar: a partition value, a bound of a
// statistic, a literal.
//
//	text in the log ──ParsePartition──►         ──AppendPartition──► text in the log
//	                                     Value
//	JSON statistics ──ParseJSON───────►         ──AppendJSON───────► JSON statistics
//	                                    │    ▲
//	                            Compare ▼    │ Cast to a wider type
//
// Everything in foreset that compares two scalars does it here, so that
// pruning, conflicts and evaluation cannot disagree. The order is Spark's: NaN
// is equal to itself and above everything, −0.0 equals 0.0, decimals are exact
// whatever their scales, strings are ordered by their UTF-8 bytes.
//
// Promises:
//
//	(1) Parsing is exact or an error. No number passes through a float64 that
//	    is not one; a text that needs rounding is refused.
//	(2) What AppendPartition writes is what Spark writes, byte for byte, and
//	    ParsePartition reads it back to an equal value.
//	(3) AppendJSON writes Spark's forms. It floors timestamps to milliseconds,
//	    which is all that statistics hold: a reader adds one to a maximum.
//	(4) Cast is lossless, or says that it is not.
//	(5) Instants are microseconds in an int64 and dates are days in an int32,
//	    in the proleptic Gregorian calendar, from the year −290308 to 294247:
//	    nothing goes through time.Time's nanoseconds.
//
// A Value is immutable and safe for concurrent use.
package value
