package skipping

import (
	"math"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// caseOf is what the branches that may be taken have in common.
func (d *decider) caseOf(n *expr.Case) span {
	var s span
	for _, w := range n.Whens {
		cond := d.condition(w.Cond)
		s.fail = s.fail || cond&fails != 0
		if cond&isTrue != 0 {
			s = s.or(d.span(w.Then))
		}
		if cond&(isFalse|isNull) == 0 {
			return s // no row gets further
		}
	}
	return s.or(d.span(n.Else))
}

func (d *decider) coalesce(n *expr.Coalesce) span {
	var s span
	for _, arg := range n.Args {
		a := d.span(arg)
		null := a.null
		a.null = false
		if s = s.or(a); !null {
			return s
		}
	}
	s.null = true
	return s
}

// or is the span of a value that is that of s or of t. The zero span is that
// of no value.
func (s span) or(t span) span {
	switch {
	case !t.some:
		t.lo, t.hi = s.lo, s.hi
	case s.some:
		if order, ok := order(s.lo, t.lo); !ok {
			t.lo = value.Value{}
		} else if order < 0 {
			t.lo = s.lo
		}
		if order, ok := order(s.hi, t.hi); !ok {
			t.hi = value.Value{}
		} else if order > 0 {
			t.hi = s.hi
		}
	}
	t.null, t.some, t.fail = s.null || t.null, s.some || t.some, s.fail || t.fail
	return t
}

// call knows functions that keep the order of an operand, of which the others
// are known, and any function of operands that are known.
func (d *decider) call(n *expr.Call) span {
	args := make([]span, len(n.Args))
	s := span{null: true, some: true, fail: expr.MayFail(n)}
	for i, arg := range n.Args {
		args[i] = d.span(arg)
		s.fail = s.fail || args[i].fail
	}
	switch n.Name {
	case "greatest":
		return extreme(args, true)
	case "least":
		return extreme(args, false)
	case "isnan":
		return isNaN(args[0])
	case "startswith":
		if lit, ok := n.Args[1].(*expr.Literal); ok && !lit.Value.IsNull() && lit.Type() == schema.String && n.Args[0].Type() == schema.String {
			return d.startsWith(args[0], lit.Value.Text())
		}
	}
	moving, ok := n.KeepsOrder()
	if !ok {
		moving = -1
	}
	for i, a := range args {
		if i != moving && !a.same() {
			return s
		}
	}
	if moving < 0 {
		return d.applied(n, s, args)
	}
	return d.monotone(n, s, args, moving)
}

// applied is a function of values that are known, if they are not null.
func (d *decider) applied(n *expr.Call, s span, args []span) span {
	if n.Fickle() || len(args) == 0 {
		return s
	}
	for _, a := range args {
		if a.null {
			return s
		}
	}
	v, err := n.Apply(lows(args)...)
	switch {
	case err != nil:
		return s
	case v.IsNull():
		return span{null: true, fail: anyFails(args)}
	}
	return span{lo: v, hi: v, some: true, fail: anyFails(args)}
}

// monotone is a function that grows with one operand.
func (d *decider) monotone(n *expr.Call, s span, args []span, moving int) span {
	s.null = false
	for _, a := range args {
		s.null = s.null || a.null
		s.some = s.some && a.some
	}
	if !s.some {
		return s
	}
	values := lows(args)
	bound := func(v value.Value) (value.Value, bool) {
		if v.IsNull() || v.Type() != n.Args[moving].Type() {
			return value.Value{}, false
		}
		values[moving] = v
		r, err := n.Apply(values...)
		return r, err == nil && !r.IsNull()
	}
	lo, loKnown := bound(args[moving].lo)
	hi, hiKnown := bound(args[moving].hi)
	if loKnown {
		s.lo = lo
	}
	if hiKnown {
		s.hi = hi
	}
	if loKnown && hiKnown {
		s.fail = anyFails(args)
	}
	return s
}

// isNaN is false of a null.
func isNaN(arg span) span {
	var out outcomes
	if arg.fail {
		out |= fails
	}
	if arg.null {
		out |= isFalse
	}
	if arg.some {
		nan := func(v value.Value) bool { return math.IsNaN(v.Float64()) }
		if arg.hi.IsNull() || nan(arg.hi) {
			out |= isTrue
		}
		if arg.lo.IsNull() || !nan(arg.lo) {
			out |= isFalse
		}
	}
	return spanOf(out)
}

func lows(args []span) []value.Value {
	out := make([]value.Value, len(args))
	for i, a := range args {
		out[i] = a.lo
	}
	return out
}

func anyFails(args []span) bool {
	for _, a := range args {
		if a.fail {
			return true
		}
	}
	return false
}

// extreme is the greatest or the least of operands, nulls left out. What an
// operand that is never null is known to reach, the result reaches, too.
func extreme(args []span, greatest bool) span {
	var s span
	null := true
	for _, a := range args {
		null = null && a.null
		a.null = false
		s = s.or(a)
	}
	s.null = null
	for _, a := range args {
		switch {
		case a.null || !a.some:
		case greatest && !a.lo.IsNull() && (s.lo.IsNull() || compare(a.lo, s.lo) > 0):
			s.lo = a.lo
		case !greatest && !a.hi.IsNull() && (s.hi.IsNull() || compare(a.hi, s.hi) < 0):
			s.hi = a.hi
		}
	}
	return s
}

func (d *decider) startsWith(arg span, prefix string) span {
	var out outcomes
	if arg.fail {
		out |= fails
	}
	if arg.null {
		out |= isNull
	}
	if arg.some {
		out |= begins(arg, prefix, true)
	}
	return spanOf(out)
}
