// Package skipping decides what statistics prove about a predicate: that no
// row of a file, row group or page satisfies it, that every row does, or
// neither. It does no I/O.
//
//	predicate ─┐
//	           ├─► Decide ─► None: skip it   All: no row needs a test   Maybe: read and test
//	bounds ────┘
//
// [Predicate] takes a [Source] of bounds, which as a [Sieve] may also know of
// single values that are not there; [Files] decides a log's add actions,
// partition values first. Both say which part of the predicate it was, and
// which bounds.
//
// # How
//
// A value is known as a span: the bounds it lies between, whether it may be
// null, whether computing it may fail. A condition is known as the set of its
// possible outcomes among true, false, null and failure. Both are computed from
// the leaves up, for all rows at once; what is not understood may be anything.
// Where NaN alone stands in the way the predicate is decided twice, for rows
// that are NaN and for rows that are not.
//
// # Rules
//
//	(1) Bounds enclose the values; they need not be values. Equal bounds are
//	    the value, since nothing else lies between them.
//	(2) Bounds of floats say nothing of NaN unless the source vouches for it:
//	    most writers leave NaN out. NaN is greater than every number, so that
//	    x > k, x >= k, x <> k and NOT are never excluded by an upper bound.
//	(3) −0.0 equals 0.0; equal bounds of floats do not tell which of them it is.
//	(4) A missing bound, count or column is unknown; it proves nothing.
//	(5) A function that keeps the order of an operand maps bounds to bounds, if
//	    it has a value at both; CASE and its like are one of their branches.
//	(6) Pruning never decides whether an error appears: where evaluation of a
//	    row might fail the answer is Maybe. An AND evaluates a conjunct only
//	    on rows for which those before it hold, here as in evaluation.
//
// Bounds of timestamps are expected to be widened for what writers cut off;
// package stats does that.
package skipping
