package expr

import "github.com/foreset/foreset/internal/value"

// Expr is an expression in Spark's SQL, not yet bound to the columns of a
// table. The zero Expr is an absent one: as a predicate it keeps every row.
// An Expr never changes and may be used by many goroutines.
type Expr struct {
	text string
	root *syntax
	err  error
}

// SQL is the expression that text says, its question marks standing for
// params in turn. A text that is no expression is reported by Bind.
//
// A parameter is nil (NULL), a bool, any integer or float, a string, a []byte
// (binary), a time.Time (timestamp), a [Date] or a [Decimal]; in the list of
// IN also a slice of these, an empty one making the IN false. Parameters are
// values: no text of theirs is ever read as SQL.
func SQL(text string, params ...any) Expr {
	root, err := parse(text, params)
	return Expr{text: text, root: root, err: err}
}

// IsZero says whether the expression is absent.
func (e Expr) IsZero() bool { return e.root == nil && e.err == nil }

// String is SQL that parses to the same expression, parameters written as
// literals. It is "" for an absent expression and the text as given for one
// that does not parse.
func (e Expr) String() string {
	if e.root == nil {
		return e.text
	}
	return e.root.String()
}

// Err is why the text is no expression: a *[SyntaxError], *[UnsupportedError]
// or *[LimitError]; nil if it is one. Bind returns the same.
func (e Expr) Err() error { return e.err }

// absent is what the zero Expr stands for.
var absent = &syntax{kind: kindLiteral, depth: 1, lit: value.Bool(true)}
