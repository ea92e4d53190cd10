package skipping

import (
	"slices"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Verdict is what is known of a predicate on all rows of a file, a row group
// or a page.
type Verdict uint8

const (
	// Maybe: it may hold for some rows and not for others.
	Maybe Verdict = iota
	// None: it holds for no row; it is false or null for each.
	None
	// All: it holds for every row.
	All
)

// String is maybe, none or all.
func (v Verdict) String() string { return [...]string{"maybe", "none", "all"}[v] }

// Bounds is what is known of one column.
type Bounds struct {
	// Min and Max enclose the values that are not null, in the order of
	// [value.Compare]; a null is no bound. They are of the column's type.
	Min, Max value.Value
	// NaN says that Min and Max enclose NaN, too, where it occurs.
	NaN   bool
	Nulls Nulls
}

// Nulls is what is known of the nulls of a column.
type Nulls uint8

const (
	NullsUnknown Nulls = iota // there may be nulls and values
	NoNulls                   // no row is null
	OnlyNulls                 // every row is
)

// NullsOf is what a number of nulls among a number of rows says; −1 is an
// unknown number.
func NullsOf(nulls, rows int64) Nulls {
	switch {
	case nulls == 0:
		return NoNulls
	case nulls > 0 && nulls == rows:
		return OnlyNulls
	default:
		return NullsUnknown
	}
}

// Source knows the bounds of columns, by the names the predicate has for them.
// It reports false for a column of which nothing is known.
type Source interface {
	Bounds(path []string) (Bounds, bool)
}

// Decide says what src proves about a predicate, which is the root of a bound
// expression and is used as [expr.Bound.Filter] does: rows where it is TRUE
// are kept.
func Decide(root expr.Node, src Source) Verdict {
	return newPredicate(root).decide(func(c *expr.Column) (Bounds, bool) { return src.Bounds(c.Path) })
}

// predicate is a predicate prepared for being decided many times.
type predicate struct {
	root   expr.Node
	floats []*expr.Column             // the columns that may hold NaN
	sorted map[*expr.In][]value.Value // the elements of IN lists of literals, ascending, no nulls
	nulls  map[*expr.In]bool          // the lists of sorted that also have a null
}

// nanColumnsMax limits how many columns are taken apart by NaN: each doubles
// the work.
const nanColumnsMax = 3

func newPredicate(root expr.Node) *predicate {
	p := &predicate{root: root, sorted: map[*expr.In][]value.Value{}, nulls: map[*expr.In]bool{}}
	p.prepare(root)
	return p
}

func (p *predicate) prepare(n expr.Node) {
	switch n := n.(type) {
	case *expr.Column:
		if isFloat(n.Type()) && !slices.Contains(p.floats, n) {
			p.floats = append(p.floats, n)
		}
	case *expr.In:
		p.prepareList(n)
	}
	for _, arg := range expr.Operands(n) {
		p.prepare(arg)
	}
}

func (p *predicate) prepareList(n *expr.In) {
	var list []value.Value
	for _, item := range n.List {
		lit, ok := item.(*expr.Literal)
		switch {
		case !ok:
			return
		case lit.Value.IsNull():
			p.nulls[n] = true
		default:
			list = append(list, lit.Value)
		}
	}
	slices.SortFunc(list, compare)
	p.sorted[n] = list
}

// compare orders values of one type.
func compare(a, b value.Value) int {
	order, _ := value.Compare(a, b)
	return order
}

func isFloat(t schema.Type) bool { return t == schema.Float || t == schema.Double }

// decide settles the predicate for one set of bounds.
func (p *predicate) decide(bounds func(*expr.Column) (Bounds, bool)) Verdict {
	d := decider{predicate: p, bounds: bounds}
	verdict := verdictOf(d.filter(p.root))
	if verdict != Maybe {
		return verdict
	}
	// Perhaps only because some row may be NaN: decide for the rows that are,
	// and for those that are not.
	var open []*expr.Column
	for _, c := range p.floats {
		if b, ok := bounds(c); ok && !b.NaN && !(b.Min.IsNull() && b.Max.IsNull()) {
			open = append(open, c)
		}
	}
	if len(open) == 0 || len(open) > nanColumnsMax {
		return Maybe
	}
	var all outcomes
	for world := range 1 << len(open) {
		d.nan = make(map[*expr.Column]bool, len(open))
		for i, c := range open {
			d.nan[c] = world>>i&1 == 1
		}
		if all |= d.filter(p.root); verdictOf(all) == Maybe {
			return Maybe
		}
	}
	return verdictOf(all)
}

// outcomes is the set of what a condition may be on some row.
type outcomes uint8

const (
	isTrue outcomes = 1 << iota
	isFalse
	isNull
	fails
)

func verdictOf(o outcomes) Verdict {
	switch {
	case o&(isTrue|fails) == 0:
		return None
	case o == isTrue:
		return All
	default:
		return Maybe
	}
}

// decider decides a predicate once.
type decider struct {
	*predicate
	bounds func(*expr.Column) (Bounds, bool)
	// nan says of columns whether all rows are taken to be NaN, or none; a
	// column that is not in it may be either.
	nan map[*expr.Column]bool
}

// filter is the outcomes of a predicate that keeps the rows where it is true:
// a conjunct that is null ends its row as one that is false does.
func (d *decider) filter(n expr.Node) outcomes {
	and, ok := n.(*expr.And)
	if !ok {
		return d.condition(n)
	}
	out := isTrue
	for _, arg := range and.Args {
		out &^= isTrue
		out |= d.condition(arg)
		if out&isTrue == 0 {
			break // no row gets further
		}
	}
	return out
}

// condition is the outcomes of a boolean node.
func (d *decider) condition(n expr.Node) outcomes {
	switch n := n.(type) {
	case *expr.And:
		return d.connect(n.Args, isFalse, isTrue)
	case *expr.Or:
		return d.connect(n.Args, isTrue, isFalse)
	case *expr.Not:
		o := d.condition(n.Arg)
		return o&^(isTrue|isFalse) | o&isTrue<<1 | o&isFalse>>1
	case *expr.IsNull:
		return d.isNull(n)
	case *expr.Compare:
		return d.compare(n.Op, d.span(n.Left), d.span(n.Right))
	case *expr.In:
		return d.in(n)
	case *expr.Like:
		return d.like(n)
	default:
		return d.span(n).outcomes()
	}
}

// connect is an AND or an OR: an operand that is decisive ends the row, the
// others leave it to the operands after.
func (d *decider) connect(args []expr.Node, decisive, neutral outcomes) outcomes {
	out := neutral // of the operands so far
	for _, arg := range args {
		open := out & (neutral | isNull)
		if open == 0 {
			break
		}
		next := d.condition(arg)
		out &^= open
		if open&neutral != 0 {
			out |= next
		}
		if open&isNull != 0 {
			out |= next & (decisive | fails)
			if next&(neutral|isNull) != 0 {
				out |= isNull
			}
		}
	}
	return out
}

func (d *decider) isNull(n *expr.IsNull) outcomes {
	s := d.span(n.Arg)
	var out outcomes
	if s.null {
		out |= isTrue
	}
	if s.some {
		out |= isFalse
	}
	if s.fail {
		out |= fails
	}
	return out
}

// compare is the outcomes of a comparison of two spans.
func (d *decider) compare(op expr.CompareOp, a, b span) outcomes {
	var out outcomes
	if a.fail || b.fail {
		out |= fails
	}
	if op == expr.NullSafeEq {
		if a.null && b.null {
			out |= isTrue
		}
		if a.null && b.some || a.some && b.null {
			out |= isFalse
		}
		op = expr.Eq
	} else if a.null || b.null {
		out |= isNull
	}
	if !a.some || !b.some {
		return out
	}
	switch op {
	case expr.Gt, expr.Ge:
		a, b, op = b, a, op.Swap()
	}
	holds, not := isTrue, isFalse
	if op == expr.Ne {
		holds, not = not, holds
	}
	low, lowKnown := order(a.lo, b.hi)   // how the least a is to the greatest b
	high, highKnown := order(a.hi, b.lo) // how the greatest a is to the least b
	switch op {
	case expr.Lt:
		if !lowKnown || low < 0 {
			out |= holds
		}
		if !highKnown || high >= 0 {
			out |= not
		}
	case expr.Le:
		if !lowKnown || low <= 0 {
			out |= holds
		}
		if !highKnown || high > 0 {
			out |= not
		}
	default: // Eq, Ne
		if (!lowKnown || low <= 0) && (!highKnown || high >= 0) {
			out |= holds
		}
		if !(lowKnown && highKnown && low == 0 && high == 0) {
			out |= not
		}
	}
	return out
}

// order compares two bounds, if both are there.
func order(a, b value.Value) (int, bool) {
	if a.IsNull() || b.IsNull() {
		return 0, false
	}
	return value.Compare(a, b)
}

func (d *decider) in(n *expr.In) outcomes {
	if len(n.List) == 0 {
		return isFalse
	}
	arg := d.span(n.Arg)
	list, ok := d.sorted[n]
	if !ok {
		return d.inEach(n, arg)
	}
	var out outcomes
	if arg.fail {
		out |= fails
	}
	if arg.null {
		out |= isNull
	}
	if !arg.some {
		return out
	}
	miss := isFalse
	if d.nulls[n] {
		miss = isNull
	}
	first := 0
	if !arg.lo.IsNull() {
		first, _ = slices.BinarySearchFunc(list, arg.lo, compare)
	}
	hit := first < len(list)
	if hit && !arg.hi.IsNull() {
		hit = compare(list[first], arg.hi) <= 0
	}
	if !hit {
		return out | miss
	}
	if out |= isTrue; !arg.single() {
		out |= miss
	}
	return out
}

// inEach compares with the elements in turn, as evaluation does.
func (d *decider) inEach(n *expr.In, arg span) outcomes {
	var out outcomes
	if arg.fail {
		out |= fails
	}
	if arg.null {
		out |= isNull
	}
	if !arg.some {
		return out
	}
	arg.null, arg.fail = false, false
	missed := isFalse // no element so far is equal: false, or null if one was null
	for _, item := range n.List {
		o := d.compare(expr.Eq, arg, d.span(item))
		out |= o & (isTrue | fails)
		if o&isNull != 0 {
			missed |= isNull
		}
		if o&(isFalse|isNull) == 0 {
			return out
		}
	}
	return out | missed
}

// like is decided by the text that a match begins with.
func (d *decider) like(n *expr.Like) outcomes {
	arg := d.span(n.Arg)
	pattern := d.span(n.Pattern)
	var out outcomes
	if arg.fail || pattern.fail {
		out |= fails
	}
	if arg.null || pattern.null {
		out |= isNull
	}
	if !arg.some || !pattern.some {
		return out
	}
	prefix, only, ok := n.Prefix()
	if !ok || arg.single() {
		if !arg.single() || !pattern.single() {
			return out | isTrue | isFalse | fails
		}
		v, err := n.Apply(arg.lo, pattern.lo)
		switch {
		case err != nil:
			return out | fails
		case v.Bool():
			return out | isTrue
		}
		return out | isFalse
	}
	text := value.String(prefix)
	below, belowKnown := order(arg.hi, text)
	above, aboveKnown := order(arg.lo, text)
	begins := func(v value.Value) bool {
		return !v.IsNull() && len(v.Text()) >= len(prefix) && v.Text()[:len(prefix)] == prefix
	}
	if belowKnown && below < 0 || aboveKnown && above > 0 && !begins(arg.lo) {
		return out | isFalse
	}
	// What lies between two texts that begin with prefix begins so, too.
	if out |= isTrue; !(only && begins(arg.lo) && begins(arg.hi)) {
		out |= isFalse
	}
	return out
}
