package expr

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Case is the value of the first branch whose condition is true, or of Else.
// A branch is evaluated only on the rows that it is taken for, a condition
// only where none before it is true.
type Case struct {
	Whens []When
	Else  Node // a null literal if there is none

	typ schema.Type
}

// When is a branch of a [Case].
type When struct{ Cond, Then Node }

// Coalesce is the first operand that is not null. An operand is evaluated only
// on rows where all before it are null.
type Coalesce struct{ Args []Node }

// Type is the type that all branches have.
func (n *Case) Type() schema.Type { return n.typ }

// Type is the type that all operands have.
func (n *Coalesce) Type() schema.Type { return n.Args[0].Type() }

func (n *Case) String() string     { return n.syntax().String() }
func (n *Coalesce) String() string { return n.syntax().String() }

func (n *Case) syntax() *syntax {
	s := &syntax{kind: kindCase}
	for _, w := range n.Whens {
		s.args = append(s.args, w.Cond.syntax(), w.Then.syntax())
	}
	s.args = append(s.args, n.Else.syntax())
	return s
}

func (n *Coalesce) syntax() *syntax {
	return &syntax{kind: kindCall, word: "coalesce", args: written(n.Args...)}
}

// conditionals are the functions that choose one of their arguments.
var conditionals = map[string]*function{
	"if": {3, 3, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.caseOf(at, []When{{args[0], args[1]}}, args[2])
	}},
	"nvl2": {3, 3, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.caseOf(at, []When{{b.fold(&Not{b.fold(&IsNull{args[0]})}), args[1]}}, args[2])
	}},
	"nullif": {2, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		same, err := b.compare(at, "=", args[0], args[1])
		if err != nil {
			return nil, err
		}
		return b.caseOf(at, []When{{same, &Literal{value.Null(args[0].Type())}}}, args[0])
	}},
	"coalesce": {1, -1, (*binder).coalesce},
	"ifnull":   {2, 2, (*binder).coalesce},
	"nvl":      {2, 2, (*binder).coalesce},
	"equal_null": {2, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.compare(at, "<=>", args[0], args[1])
	}},
	"zeroifnull": {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.coalesce(at, []Node{args[0], &Literal{value.Int(schema.Integer, 0)}})
	}},
	"nullifzero": {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
		zero, err := b.compare(at, "=", args[0], &Literal{value.Int(schema.Integer, 0)})
		if err != nil {
			return nil, err
		}
		return b.caseOf(at, []When{{zero, &Literal{value.Null(schema.Void)}}}, args[0])
	}},
	"isnull": {1, 1, func(b *binder, _ *syntax, args []Node) (Node, error) { return b.fold(&IsNull{args[0]}), nil }},
	"isnotnull": {1, 1, func(b *binder, _ *syntax, args []Node) (Node, error) {
		return b.fold(&Not{b.fold(&IsNull{args[0]})}), nil
	}},
}

// unify gives operands, of which the result is one, their common type.
func (b *binder) unify(at *syntax, args []Node) ([]Node, error) {
	t := args[0].Type()
	for _, arg := range args[1:] {
		wider, ok := commonType(t, arg.Type())
		if !ok {
			return nil, b.typeError(at, "%s cannot give values of %v and %v", operatorName(at), t, arg.Type())
		}
		t = wider
	}
	out := make([]Node, len(args))
	for i, arg := range args {
		out[i] = b.convert(at, arg, t)
	}
	return out, nil
}

func (b *binder) coalesce(at *syntax, args []Node) (Node, error) {
	args, err := b.unify(at, args)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return args[0], nil
	}
	return b.fold(&Coalesce{args}), nil
}

// caseOf makes a CASE; a nil otherwise is null.
func (b *binder) caseOf(at *syntax, whens []When, otherwise Node) (Node, error) {
	if otherwise == nil {
		otherwise = &Literal{value.Null(schema.Void)}
	}
	results := make([]Node, 0, len(whens)+1)
	for i, w := range whens {
		switch w.Cond.Type() {
		case schema.Boolean, schema.Void:
			whens[i].Cond = b.convert(at, w.Cond, schema.Boolean)
		default:
			return nil, b.typeError(at, "a condition of %s must be boolean, not %v", operatorName(at), w.Cond.Type())
		}
		results = append(results, w.Then)
	}
	results, err := b.unify(at, append(results, otherwise))
	if err != nil {
		return nil, err
	}
	n := &Case{Whens: whens, Else: results[len(whens)], typ: results[0].Type()}
	for i := range whens {
		n.Whens[i].Then = results[i]
	}
	return b.fold(n), nil
}

// caseSyntax binds CASE: one with an operand compares it with each WHEN.
func (b *binder) caseSyntax(n *syntax, args []Node) (Node, error) {
	var operand, otherwise Node
	if n.word == simpleCase {
		operand, args = args[0], args[1:]
	}
	if len(args)%2 == 1 {
		otherwise, args = args[len(args)-1], args[:len(args)-1]
	}
	var whens []When
	for i := 0; i < len(args); i += 2 {
		w := When{args[i], args[i+1]}
		if operand != nil {
			var err error
			if w.Cond, err = b.compare(n, "=", operand, w.Cond); err != nil {
				return nil, err
			}
		}
		if w.Cond.Type() == schema.Void { // of IF Spark allows it
			return nil, b.typeError(n, "a condition of CASE must be boolean, not NULL")
		}
		whens = append(whens, w)
	}
	return b.caseOf(n, whens, otherwise)
}

func (r *run) caseOf(n *Case, sel bitmap) (vec, error) {
	m := newBlend(n.typ, r.rows)
	for _, w := range n.Whens {
		if sel.empty() {
			return m.done()
		}
		cond, err := r.eval(w.Cond, sel)
		if err != nil {
			return vec{}, err
		}
		if err := r.branch(m, w.Then, cond.yes.and(sel)); err != nil {
			return vec{}, err
		}
		sel = sel.without(cond.yes, r.rows)
	}
	if err := r.branch(m, n.Else, sel); err != nil {
		return vec{}, err
	}
	return m.done()
}

// branch gives the rows their values of n.
func (r *run) branch(m *blend, n Node, rows bitmap) error {
	if rows.empty() {
		return nil
	}
	if lit, ok := n.(*Literal); ok && lit.Value.IsNull() {
		return nil
	}
	v, err := r.eval(n, rows)
	if err != nil {
		return err
	}
	m.put(v, rows)
	return nil
}

func (r *run) coalesce(n *Coalesce, sel bitmap) (vec, error) {
	m := newBlend(n.Type(), r.rows)
	for _, arg := range n.Args {
		if sel.empty() {
			break
		}
		v, err := r.eval(arg, sel)
		if err != nil {
			return vec{}, err
		}
		valid := v.validRows()
		if valid == nil && sel == nil {
			return v, nil
		}
		m.put(v, valid.and(sel))
		if valid == nil {
			break
		}
		sel = sel.without(valid, r.rows)
	}
	return m.done()
}

// blend puts together a vec from rows of several. Rows that are not put are
// null.
type blend struct {
	typ schema.Type
	out vec
	// Of nested values: the vecs, and for each row which of them it is of.
	parts       []vec
	which, rows []int32
}

func newBlend(t schema.Type, rows int) *blend {
	m := &blend{typ: t, out: vec{rows: rows, valid: newBitmap(rows)}}
	switch kindOf(t) {
	case isBool:
		m.out = vec{rows: rows, yes: newBitmap(rows), no: newBitmap(rows)}
	case isInt8:
		m.out.data = make([]int8, rows)
	case isInt16:
		m.out.data = make([]int16, rows)
	case isInt32:
		m.out.data = make([]int32, rows)
	case isInt64:
		m.out.data = make([]int64, rows)
	case isFloat32:
		m.out.data = make([]float32, rows)
	case isFloat64:
		m.out.data = make([]float64, rows)
	case isDecimal:
		m.out.data = make([]decimal128.Num, rows)
	case isString:
		m.out.data = make([]string, rows)
	case isNested:
		m.which, m.rows = make([]int32, rows), slices.Repeat([]int32{-1}, rows)
	}
	return m
}

// put copies the rows; nil is all.
func (m *blend) put(v vec, rows bitmap) {
	if rows == nil {
		rows = fullBitmap(m.out.rows)
	}
	if m.rows != nil {
		for i := range rows.rows(m.out.rows) {
			m.which[i], m.rows[i] = int32(len(m.parts)), int32(i)
		}
		m.parts = append(m.parts, v)
		return
	}
	if m.out.boolean() {
		for i, w := range rows {
			m.out.yes[i] |= v.yes[i] & w
			m.out.no[i] |= v.no[i] & w
		}
		return
	}
	valid := v.validRows()
	for i, w := range rows {
		if valid != nil {
			w &= valid[i]
		}
		m.out.valid[i] |= w
	}
	switch dst := m.out.data.(type) {
	case []int8:
		putRows(dst, v, rows)
	case []int16:
		putRows(dst, v, rows)
	case []int32:
		putRows(dst, v, rows)
	case []int64:
		putRows(dst, v, rows)
	case []float32:
		putRows(dst, v, rows)
	case []float64:
		putRows(dst, v, rows)
	case []decimal128.Num:
		putRows(dst, v, rows)
	case []string:
		putRows(dst, v, rows)
	}
}

func putRows[T any](dst []T, v vec, rows bitmap) {
	src, step := v.data.([]T), v.stride()
	for w, word := range rows {
		if word == ^uint64(0) && step == 1 {
			copy(dst[w*64:w*64+64], src[w*64:])
			continue
		}
		for i := range bitmap(rows[w : w+1]).rows(64) {
			dst[w*64+i] = src[(w*64+i)*step]
		}
	}
}

func (m *blend) done() (vec, error) {
	if m.rows != nil {
		return pickRows(m.typ, m.parts, m.which, m.rows)
	}
	return m.out, nil
}
