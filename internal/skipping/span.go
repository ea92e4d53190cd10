package skipping

import (
	"math"
	"slices"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// span is what is known of the value of a node on some row.
type span struct {
	lo, hi value.Value // enclose it if it is not null; a null is no bound
	null   bool        // it may be null
	some   bool        // it may be something else
	fail   bool        // computing it may fail
}

// single says that the value, if it is not null, is known to be lo.
func (s span) single() bool {
	if s.lo.IsNull() || s.hi.IsNull() {
		return false
	}
	order, ok := value.Compare(s.lo, s.hi)
	return ok && order == 0
}

// same says that the value is known so well that anything computed from it is:
// 0.0 and −0.0 are equal, but not the same.
func (s span) same() bool {
	return s.single() && !(isFloat(s.lo.Type()) && s.lo.Float64() == 0)
}

// outcomes is the span of a boolean as a condition.
func (s span) outcomes() outcomes {
	var out outcomes
	if s.null {
		out |= isNull
	}
	if s.fail {
		out |= fails
	}
	if s.some && (s.hi.IsNull() || s.hi.Bool()) {
		out |= isTrue
	}
	if s.some && (s.lo.IsNull() || !s.lo.Bool()) {
		out |= isFalse
	}
	return out
}

// spanOf is a condition as a boolean.
func spanOf(o outcomes) span {
	s := span{null: o&isNull != 0, some: o&(isTrue|isFalse) != 0, fail: o&fails != 0}
	if s.some {
		s.lo, s.hi = value.Bool(o&isFalse == 0), value.Bool(o&isTrue != 0)
	}
	return s
}

// span is what is known of a node's value.
func (d *decider) span(n expr.Node) span {
	switch n := n.(type) {
	case *expr.Literal:
		if n.Value.IsNull() {
			return span{null: true}
		}
		return span{lo: n.Value, hi: n.Value, some: true}
	case *expr.Column:
		return d.column(n)
	case *expr.Cast:
		return d.cast(n)
	case *expr.Negate:
		return d.negate(n)
	case *expr.Arith:
		return d.arith(n)
	case *expr.Case:
		return d.caseOf(n)
	case *expr.Coalesce:
		return d.coalesce(n)
	case *expr.Call:
		return d.call(n)
	case *expr.And, *expr.Or, *expr.Not, *expr.IsNull, *expr.Compare, *expr.In, *expr.Like:
		return spanOf(d.condition(n))
	default:
		return span{null: true, some: true, fail: true}
	}
}

func (d *decider) column(c *expr.Column) span {
	i := slices.Index(d.columns, c)
	k := &d.known[i]
	if !k.there {
		return span{null: true, some: true}
	}
	s := span{null: k.Nulls != NoNulls, some: k.Nulls != OnlyNulls}
	if sameType(k.Min, c) {
		s.lo = k.Min
	}
	if sameType(k.Max, c) {
		s.hi = k.Max
	}
	if !isFloat(c.Type()) || k.NaN {
		return s
	}
	nan, settled := d.nan(i)
	switch {
	case !settled: // NaN is beyond any bound
		s.hi = value.Value{}
	case nan:
		s.lo = nanOf(c.Type())
		s.hi = s.lo
	}
	if !s.lo.IsNull() && math.IsNaN(s.lo.Float64()) && !nan {
		s.lo = value.Value{} // a writer that takes NaN for the least, or for whatever
	}
	return s
}

// sameType guards against bounds that are not of their column's type.
func sameType(v value.Value, c *expr.Column) bool { return !v.IsNull() && v.Type() == c.Type() }

func nanOf(t schema.Type) value.Value {
	if t == schema.Float {
		return value.Float(float32(math.NaN()))
	}
	return value.Double(math.NaN())
}

// unknown is the span of a node of which no more is known than its operands
// say: null where one is, failing where one fails or the node itself does.
func unknown(n expr.Node, args ...span) span {
	s := span{some: true, fail: expr.MayFail(n)}
	for _, arg := range args {
		s.null = s.null || arg.null
		s.some = s.some && arg.some
		s.fail = s.fail || arg.fail
	}
	if !s.some { // never computed
		s.fail = false
		for _, arg := range args {
			s.fail = s.fail || arg.fail
		}
	}
	return s
}

// within narrows a span to bounds that were computed without failure.
func (s span) within(lo, hi value.Value, args ...span) span {
	s.lo, s.hi = lo, hi
	s.fail = false
	for _, arg := range args {
		s.fail = s.fail || arg.fail
	}
	return s
}

func (d *decider) cast(n *expr.Cast) span {
	arg := d.span(n.Arg)
	s := unknown(n, arg)
	s.null = s.null || n.Try && s.some
	fromFloat := isFloat(n.Arg.Type())
	if _, toDecimal := n.To.(schema.Decimal); toDecimal && (fromFloat || n.Arg.Type() == schema.Timestamp) {
		s.null = true // of NaN and the infinities
		return s
	}
	if !s.some || !arg.same() && !n.KeepsOrder() {
		return s
	}
	lo, loErr := applyTo(n.Apply, arg.lo, n.Arg.Type())
	hi, hiErr := applyTo(n.Apply, arg.hi, n.Arg.Type())
	if loErr != nil || hiErr != nil {
		return s
	}
	if lo.IsNull() || hi.IsNull() { // one side is open: what lies there may fail
		s.lo, s.hi = lo, hi
		return s
	}
	return s.within(lo, hi, arg)
}

// applyTo computes a bound; no bound has none.
func applyTo(apply func(value.Value) (value.Value, error), v value.Value, t schema.Type) (value.Value, error) {
	if v.IsNull() || v.Type() != t {
		return value.Value{}, nil
	}
	return apply(v)
}

func (d *decider) negate(n *expr.Negate) span {
	arg := d.span(n.Arg)
	s := unknown(n, arg)
	if isFloat(n.Type()) && !arg.single() {
		return s // −NaN is the greatest still
	}
	lo, loErr := applyTo(n.Apply, arg.hi, n.Arg.Type())
	hi, hiErr := applyTo(n.Apply, arg.lo, n.Arg.Type())
	switch {
	case loErr != nil || hiErr != nil:
		return s
	case lo.IsNull() || hi.IsNull():
		s.lo, s.hi = lo, hi
		return s
	}
	return s.within(lo, hi, arg)
}

// arith knows sums and differences, which grow with their operands, and any
// operation on values that are known.
func (d *decider) arith(n *expr.Arith) span {
	a, b := d.span(n.Left), d.span(n.Right)
	s := unknown(n, a, b)
	if !s.some {
		return s
	}
	if a.same() && b.same() {
		if v, err := n.Apply(a.lo, b.lo); err == nil && !v.IsNull() {
			return s.within(v, v, a, b)
		}
		return s
	}
	switch n.Op {
	case expr.Add:
	case expr.Subtract:
		b.lo, b.hi = b.hi, b.lo // the least difference is that from the greatest
	default:
		return s
	}
	lo, loOK := d.corner(n, a.lo, b.lo)
	hi, hiOK := d.corner(n, a.hi, b.hi)
	if isFloat(n.Type()) {
		// ∞ − ∞ is NaN, which no bound below it encloses. Sums that cannot
		// reach both infinities are safe.
		if !finite(a.lo) || !finite(a.hi) || !finite(b.lo) || !finite(b.hi) {
			hiOK = false
		}
		if loOK && math.IsNaN(lo.Float64()) {
			loOK = false
		}
	}
	if !loOK {
		lo = value.Value{}
	}
	if !hiOK {
		hi = value.Value{}
	}
	if loOK && hiOK {
		return s.within(lo, hi, a, b)
	}
	if n.Type() == schema.Date { // dates wrap around
		return s
	}
	s.lo, s.hi = lo, hi
	return s
}

// corner is the operation on two bounds, or false if one is missing or the
// result is.
func (d *decider) corner(n *expr.Arith, a, b value.Value) (value.Value, bool) {
	if a.IsNull() || b.IsNull() {
		return value.Value{}, false
	}
	v, err := n.Apply(a, b)
	if err != nil || v.IsNull() {
		return value.Value{}, false
	}
	if n.Type() == schema.Date {
		days := a.Int64() + b.Int64()
		if n.Op == expr.Subtract {
			days = a.Int64() - b.Int64()
		}
		return v, days == v.Int64()
	}
	return v, true
}

func finite(v value.Value) bool {
	return !v.IsNull() && !math.IsInf(v.Float64(), 0) && !math.IsNaN(v.Float64())
}
