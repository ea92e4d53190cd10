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
// Literals of all types, parameters, columns and fields of structs, comparison,
// <=>, AND, OR, NOT, IS [NOT] NULL, TRUE, FALSE and DISTINCT FROM, IN, BETWEEN,
// LIKE, CAST and ::, and the arithmetic + − * / % DIV, also date ± days. All
// else that Spark knows, functions foremost, is refused by an
// *[UnsupportedError] that names it.
//
// # Evaluation
//
// A node is evaluated for all rows of a batch at once, on Arrow's buffers.
// Boolean results are a pair of bitmaps (true, false; neither is null), so that
// NOT costs nothing and AND is a word at a time.
//
// Invariants:
//
//	(1) An error on a row that is not selected does not exist: AND, OR and IN
//	    evaluate an operand only for the rows still undecided.
//	(2) A value depends on its row alone, not on the batch, its offset or its
//	    neighbours; EvalRow is the same code on a batch of one row.
//	(3) e.String() parses to a tree equal to e's.
//	(4) No text makes the package panic or recurse deeply: length and nesting
//	    are limited.
package expr
