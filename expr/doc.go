// Package expr parses, binds and evaluates SQL expressions in Spark's dialect.
//
//	where := expr.SQL("day >= ? AND city IN (?)", expr.Date("2024-06-01"), cities)
//	bound, err := where.Bind(tableSchema, expr.Env{})
//	rows, err := bound.Filter(batch, nil)
//
// An [Expr] goes through three forms:
//
//	text ──SQL──► syntax tree ──Bind──► Node tree ──Eval, Filter, EvalRow──► values
//	              String prints it       Root shows it to pruning
//
// Results are those of Spark 4 in its ANSI mode, to the bit: the types of
// results, decimal precision and scale, what is cast to what, three-valued
// logic, and errors by Spark's own error classes. NaN equals itself and is
// greater than any number, −0.0 equals 0.0, strings are ordered by their bytes.
//
// # What there is
//
// Literals of all types, parameters, columns, fields, elements and keys of
// nested values; comparison, <=>, AND, OR, NOT, IS [NOT] NULL, TRUE, FALSE and
// DISTINCT FROM, IN, BETWEEN, LIKE, ILIKE, RLIKE, CASE; CAST, TRY_CAST and ::;
// the arithmetic + − * / % DIV, || and intervals beside + and −; and the
// functions of docs/sql.md. All else that Spark knows is refused by an
// *[UnsupportedError] that names it, and what is most like it.
//
// [List] reads what stands after SELECT and GROUP BY, for aggregates.
//
// # Evaluation
//
// A node is evaluated for all rows of a batch at once, on Arrow's buffers. Its
// values are a vec: an entry for each row; or one that stands for all; or those
// of a dictionary, with an index, so that what depends on one column is computed
// once a word. Booleans are a pair of bitmaps (true, false; neither is null), so
// that NOT costs nothing and AND is a word at a time. Texts are views of the
// batch, or pieces of one arena: nothing is allocated for each row.
//
// A function is a [Call], which the table of functions binds: it settles types
// and prepares what is known before any row, such as a pattern. IF, NVL and the
// like become a [Case] or a [Coalesce]. What occurs several times is evaluated
// once a batch.
//
// Invariants:
//
//	(1) An error on a row that is not selected does not exist: AND, OR, IN, CASE
//	    and COALESCE evaluate an operand only for the rows still undecided, and
//	    beside a null an operator evaluates nothing.
//	(2) A value depends on its row alone, not on the batch, its offset, its
//	    layout or its neighbours; EvalRow is the same code on a batch of one row.
//	(3) e.String() parses to a tree equal to e's, and so does what a Bound prints.
//	(4) No text makes the package panic or recurse deeply: length and nesting
//	    are limited, and so is what functions make of a row. A batch that makes
//	    too much is evaluated in halves.
//	(5) A Bound never changes: what is kept while a batch is evaluated belongs to
//	    that evaluation.
package expr
