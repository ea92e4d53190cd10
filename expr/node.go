package expr

import (
	"math"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Node is a part of a bound expression: a [*Column], [*Literal], [*Compare],
// [*And], [*Or], [*Not], [*IsNull], [*In], [*Like], [*Cast], [*Arith],
// [*Negate], [*Case], [*Coalesce] or [*Call]. The set is closed. Operands have the types that their operator
// needs: conversions that SQL leaves implicit are Casts. Nodes never change.
type Node interface {
	// Type is the type of the node's value.
	Type() schema.Type
	// String is the node as SQL.
	String() string

	syntax() *syntax
}

// Column is the value of a column or of a field nested in structs.
type Column struct {
	Path []string // as the schema spells it

	typ  schema.Type
	slot int // in Bound.columns
}

// Literal is a constant, perhaps folded from an expression; its Value may be a
// null.
type Literal struct{ Value value.Value }

// Compare is a comparison of two values of one type; decimals may differ in
// precision and scale.
type Compare struct {
	Op          CompareOp
	Left, Right Node
}

// CompareOp is a comparison operator.
type CompareOp uint8

// The comparison operators. NullSafeEq (<=>) is never null: two nulls are
// equal, a null and a value are not.
const (
	Eq CompareOp = iota + 1
	Ne
	Lt
	Le
	Gt
	Ge
	NullSafeEq
)

var compareText = [...]string{Eq: "=", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", NullSafeEq: "<=>"}

// String is the operator as SQL.
func (op CompareOp) String() string { return compareText[op] }

// Swap is the operator that says the same with its operands exchanged.
func (op CompareOp) Swap() CompareOp {
	switch op {
	case Lt:
		return Gt
	case Le:
		return Ge
	case Gt:
		return Lt
	case Ge:
		return Le
	default:
		return op
	}
}

// And is true where all operands are; an operand is evaluated only on rows
// where none before it is false.
type And struct{ Args []Node }

// Or is true where any operand is; an operand is evaluated only on rows where
// none before it is true.
type Or struct{ Args []Node }

// Not is the negation of a boolean.
type Not struct{ Arg Node }

// IsNull is true where Arg is null and false elsewhere.
type IsNull struct{ Arg Node }

// In is whether Arg equals an element of List. The elements are evaluated in
// turn, on rows where none before equals.
type In struct {
	Arg  Node
	List []Node // of Arg's type; may be empty

	set any // of the literals, when all of List are: see newSet
}

// Like is whether a string has the form of a pattern: % stands for any text,
// _ for any character, Escape before either for itself.
type Like struct {
	Arg, Pattern Node
	Escape       rune

	matcher *matcher // of a literal Pattern
	pos     int
}

// Cast is Arg as a value of type To, by Spark's ANSI rules.
type Cast struct {
	Arg Node
	To  schema.Type
	Try bool // TRY_CAST: null where there is no such value

	env *environment
	pos int
}

// Arith is a binary arithmetic operation. The operands are both of the
// result's type, or both decimals, or a date and an int; Quotient is given any
// integers or decimals.
type Arith struct {
	Op          ArithOp
	Left, Right Node

	typ schema.Type
	pos int
}

// ArithOp is an arithmetic operator.
type ArithOp uint8

// The arithmetic operators.
const (
	Add      ArithOp = iota + 1 // + ; a date and a number of days
	Subtract                    // − ; a date and a number of days
	Multiply                    // *
	Divide                      // / of doubles or decimals
	Modulo                      // % with the sign of the dividend
	Quotient                    // DIV of integers or decimals, truncated
)

var arithText = [...]string{Add: "+", Subtract: "-", Multiply: "*", Divide: "/", Modulo: "%", Quotient: "DIV"}

// String is the operator as SQL.
func (op ArithOp) String() string { return arithText[op] }

// Negate is −Arg.
type Negate struct {
	Arg Node

	pos int
}

// Type is the column's type.
func (n *Column) Type() schema.Type { return n.typ }

// Type is the type of the value.
func (n *Literal) Type() schema.Type { return n.Value.Type() }

// Type is boolean.
func (n *Compare) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *And) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *Or) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *Not) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *IsNull) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *In) Type() schema.Type { return schema.Boolean }

// Type is boolean.
func (n *Like) Type() schema.Type { return schema.Boolean }

// Type is the type that is cast to.
func (n *Cast) Type() schema.Type { return n.To }

// Type is the type of the result.
func (n *Arith) Type() schema.Type { return n.typ }

// Type is the operand's type.
func (n *Negate) Type() schema.Type { return n.Arg.Type() }

func (n *Column) String() string  { return n.syntax().String() }
func (n *Literal) String() string { return n.syntax().String() }
func (n *Compare) String() string { return n.syntax().String() }
func (n *And) String() string     { return n.syntax().String() }
func (n *Or) String() string      { return n.syntax().String() }
func (n *Not) String() string     { return n.syntax().String() }
func (n *IsNull) String() string  { return n.syntax().String() }
func (n *In) String() string      { return n.syntax().String() }
func (n *Like) String() string    { return n.syntax().String() }
func (n *Cast) String() string    { return n.syntax().String() }
func (n *Arith) String() string   { return n.syntax().String() }
func (n *Negate) String() string  { return n.syntax().String() }

func (n *Column) syntax() *syntax { return &syntax{kind: kindColumn, path: n.Path} }

// syntax is a cast where SQL has no literal of the value and its type: for
// nulls, NaN and the infinities.
func (n *Literal) syntax() *syntax {
	literal := func(v value.Value) *syntax { return &syntax{kind: kindLiteral, lit: v} }
	as := func(v value.Value) *syntax {
		return &syntax{kind: kindCast, args: []*syntax{literal(v)}, typ: n.Type()}
	}
	switch {
	case n.Value.IsNull() && n.Type() != schema.Void:
		return as(value.Null(schema.Void))
	case !n.Value.IsNull() && isFloating(n.Type()) && (math.IsNaN(n.Value.Float64()) || math.IsInf(n.Value.Float64(), 0)):
		return as(value.String(appendDouble(n.Value.Float64())))
	}
	return literal(n.Value)
}

func (n *Compare) syntax() *syntax {
	return &syntax{kind: kindCompare, op: n.Op.String(), args: written(n.Left, n.Right)}
}
func (n *And) syntax() *syntax    { return &syntax{kind: kindAnd, args: written(n.Args...)} }
func (n *Or) syntax() *syntax     { return &syntax{kind: kindOr, args: written(n.Args...)} }
func (n *Not) syntax() *syntax    { return &syntax{kind: kindNot, args: written(n.Arg)} }
func (n *IsNull) syntax() *syntax { return &syntax{kind: kindIsNull, args: written(n.Arg)} }
func (n *In) syntax() *syntax {
	return &syntax{kind: kindIn, args: append(written(n.Arg), written(n.List...)...)}
}
func (n *Like) syntax() *syntax {
	s := &syntax{kind: kindLike, args: written(n.Arg, n.Pattern)}
	if n.Escape != defaultEscape {
		s.args = append(s.args, (&Literal{value.String(string(n.Escape))}).syntax())
	}
	return s
}
func (n *Cast) syntax() *syntax {
	s := &syntax{kind: kindCast, args: written(n.Arg), typ: n.To}
	if n.Try {
		s.word = tryCast
	}
	return s
}
func (n *Arith) syntax() *syntax {
	return &syntax{kind: kindArith, op: n.Op.String(), args: written(n.Left, n.Right)}
}
func (n *Negate) syntax() *syntax { return &syntax{kind: kindMinus, args: written(n.Arg)} }

func written(nodes ...Node) []*syntax {
	out := make([]*syntax, len(nodes))
	for i, n := range nodes {
		out[i] = n.syntax()
	}
	return out
}

// Operands are the nodes directly below n, in the order of evaluation.
func Operands(n Node) []Node {
	switch n := n.(type) {
	case *Compare:
		return []Node{n.Left, n.Right}
	case *And:
		return n.Args
	case *Or:
		return n.Args
	case *Not:
		return []Node{n.Arg}
	case *IsNull:
		return []Node{n.Arg}
	case *In:
		return append([]Node{n.Arg}, n.List...)
	case *Like:
		return []Node{n.Arg, n.Pattern}
	case *Cast:
		return []Node{n.Arg}
	case *Arith:
		return []Node{n.Left, n.Right}
	case *Negate:
		return []Node{n.Arg}
	case *Case:
		var all []Node
		for _, w := range n.Whens {
			all = append(all, w.Cond, w.Then)
		}
		return append(all, n.Else)
	case *Coalesce:
		return n.Args
	case *Call:
		return n.Args
	default:
		return nil
	}
}

// MayFail says whether evaluating n, given its operands' values, may end in an
// *[EvalError]. It does not look into the operands.
func MayFail(n Node) bool {
	switch n := n.(type) {
	case *Like:
		return n.matcher == nil
	case *Cast:
		return !n.Try && castMayFail(n.Arg.Type(), n.To)
	case *Arith:
		switch {
		case n.typ == schema.Date:
			return false
		case n.Op == Divide || n.Op == Modulo || n.Op == Quotient:
			return true
		}
		return n.typ != schema.Float && n.typ != schema.Double
	case *Negate:
		p, ok := n.Type().(schema.Primitive)
		return ok && p >= schema.Byte && p <= schema.Long
	case *Call:
		return n.fn.fails
	default:
		return false
	}
}

// Apply is the cast of one value of the operand's type.
func (n *Cast) Apply(v value.Value) (value.Value, error) {
	return applied(&Cast{Arg: &Literal{v}, To: n.To, Try: n.Try, env: n.env, pos: n.pos})
}

// Apply is the operation on two values of the operands' types.
func (n *Arith) Apply(left, right value.Value) (value.Value, error) {
	return applied(&Arith{Op: n.Op, Left: &Literal{left}, Right: &Literal{right}, typ: n.typ, pos: n.pos})
}

// Apply is the negative of one value of the operand's type.
func (n *Negate) Apply(v value.Value) (value.Value, error) {
	return applied(&Negate{Arg: &Literal{v}, pos: n.pos})
}

// Apply is whether one string has the form of a pattern.
func (n *Like) Apply(v, pattern value.Value) (value.Value, error) {
	return applied(&Like{Arg: &Literal{v}, Pattern: &Literal{pattern}, Escape: n.Escape, pos: n.pos})
}

func applied(n Node) (value.Value, error) {
	v, err := (&run{rows: 1}).eval(n, nil)
	if err != nil {
		return value.Value{}, err
	}
	return v.at(0, n.Type()), nil
}

// KeepsOrder says that of two values, the cast of the greater is not less than
// that of the smaller, as far as both have one, and that what lies between two
// values that have one has one, too. Casts of floats take NaN and null apart.
func (n *Cast) KeepsOrder() bool {
	from, to := n.Arg.Type(), n.To
	if n.Try && castMayFail(from, to) {
		return false
	}
	utc := n.env == nil || n.env.zone == nil
	switch {
	case isNumeric(from):
		switch {
		case isNumeric(to):
			return !(isFloating(from) && isDecimalType(to)) // NaN and the infinities become null
		case to == schema.Timestamp:
			return !isDecimalType(from) // wraps around
		}
		return false
	case from == schema.Boolean:
		return isNumeric(to)
	case from == schema.Date:
		return to == schema.TimestampNTZ || to == schema.Timestamp
	case from == schema.Timestamp:
		// A wall clock is set back once a year.
		return isNumeric(to) || utc && isTime(to)
	case from == schema.TimestampNTZ:
		return to == schema.Date || utc && to == schema.Timestamp
	case from == schema.String:
		return to == schema.Binary
	case from == schema.Binary:
		return to == schema.String
	}
	return false
}
