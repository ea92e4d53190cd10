package skipping

import (
	"math"
	"slices"
	"sort"
	"strings"

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

// Sieve is a Source that knows of single values that no row has.
type Sieve interface {
	Source
	// Lacks says that no row of a column holds v, which is neither null nor NaN,
	// nor what is equal to it.
	Lacks(path []string, v value.Value) bool
}

// Decide says what src proves about a predicate, which is the root of a bound
// expression and is used as [expr.Bound.Filter] does: rows where it is TRUE
// are kept.
func Decide(root expr.Node, src Source) Verdict { return NewPredicate(root).Decide(src) }

// Predicate is a predicate prepared for being decided many times, by any
// number of goroutines.
type Predicate struct {
	root    expr.Node
	columns []*expr.Column             // that it reads, each once
	floats  []int                      // those of columns that may hold NaN
	sorted  map[*expr.In][]value.Value // the elements of IN lists of literals, ascending, no nulls
	nulls   map[*expr.In]bool          // the lists of sorted that also have a null
}

// nanColumnsMax limits how many columns are taken apart by NaN: each doubles
// the work.
const nanColumnsMax = 3

// NewPredicate prepares the root of a bound expression.
func NewPredicate(root expr.Node) *Predicate {
	p := &Predicate{root: root, sorted: map[*expr.In][]value.Value{}, nulls: map[*expr.In]bool{}}
	p.prepare(root)
	return p
}

func (p *Predicate) prepare(n expr.Node) {
	switch n := n.(type) {
	case *expr.Column:
		if slices.Contains(p.columns, n) {
			break
		}
		p.columns = append(p.columns, n)
		if isFloat(n.Type()) {
			p.floats = append(p.floats, len(p.columns)-1)
		}
	case *expr.In:
		p.prepareList(n)
	}
	for _, arg := range expr.Operands(n) {
		p.prepare(arg)
	}
}

func (p *Predicate) prepareList(n *expr.In) {
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

// Conjuncts are the operands of the predicate if it is an AND, or else itself.
func (p *Predicate) Conjuncts() []*Predicate {
	and, ok := p.root.(*expr.And)
	if !ok {
		return []*Predicate{p}
	}
	var out []*Predicate
	for _, arg := range and.Args {
		out = append(out, NewPredicate(arg))
	}
	return out
}

// compare orders values of one type.
func compare(a, b value.Value) int {
	order, _ := value.Compare(a, b)
	return order
}

func isFloat(t schema.Type) bool { return t == schema.Float || t == schema.Double }

// Decide says what src proves about the predicate.
func (p *Predicate) Decide(src Source) Verdict {
	d := &decider{Predicate: p, known: make([]known, len(p.columns))}
	for i, c := range p.columns {
		d.known[i].Bounds, d.known[i].there = src.Bounds(c.Path)
	}
	d.sieve, _ = src.(Sieve)
	return d.decide()
}

// decide settles the predicate for what is known.
func (d *decider) decide() Verdict {
	d.open = d.open[:0]
	verdict := verdictOf(d.filter(d.root))
	if verdict != Maybe {
		return verdict
	}
	// Perhaps only because some row may be NaN: decide for the rows that are,
	// and for those that are not.
	for _, i := range d.floats {
		if k := &d.known[i]; k.there && !k.NaN && !(k.Min.IsNull() && k.Max.IsNull()) {
			d.open = append(d.open, i)
		}
	}
	if len(d.open) == 0 || len(d.open) > nanColumnsMax {
		return Maybe
	}
	var all outcomes
	for d.world = range 1 << len(d.open) {
		if all |= d.filter(d.root); verdictOf(all) == Maybe {
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

// decider decides a predicate for one set of bounds after another.
type decider struct {
	*Predicate
	known []known // of each column
	sieve Sieve   // nil: none

	// Of the columns open all rows are taken to be NaN, or none, as the bits of
	// world say; of others some may be.
	open  []int
	world int
}

// known is what is known of a column, if it is there.
type known struct {
	Bounds
	there bool
}

// nan says whether all rows of a column are NaN, or none is; settled is false
// if some may be.
func (d *decider) nan(column int) (nan, settled bool) {
	for at, i := range d.open {
		if i == column {
			return d.world>>at&1 == 1, true
		}
	}
	return false, false
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
		return d.compare(n.Op, d.span(n.Left), d.span(n.Right), d.lacks(n.Left, n.Right))
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

// lacks says that the column on one side is known not to hold the value on the
// other.
func (d *decider) lacks(a, b expr.Node) bool {
	if d.sieve == nil {
		return false
	}
	if _, ok := a.(*expr.Literal); ok {
		a, b = b, a
	}
	column, ok := a.(*expr.Column)
	if !ok {
		return false
	}
	lit, ok := b.(*expr.Literal)
	return ok && d.absent(column, lit.Value)
}

func (d *decider) absent(c *expr.Column, v value.Value) bool {
	if v.IsNull() || isFloat(v.Type()) && math.IsNaN(v.Float64()) || !sameType(v, c) {
		return false
	}
	return d.sieve.Lacks(c.Path, v)
}

// compare is the outcomes of a comparison of two spans, which may be known to
// be unequal.
func (d *decider) compare(op expr.CompareOp, a, b span, unequal bool) outcomes {
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
		if (!lowKnown || low <= 0) && (!highKnown || high >= 0) && !unequal {
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
	first, end := 0, len(list) // of those within the bounds
	if !arg.lo.IsNull() {
		first, _ = slices.BinarySearchFunc(list, arg.lo, compare)
	}
	if !arg.hi.IsNull() {
		end = max(first, sort.Search(len(list), func(i int) bool { return compare(list[i], arg.hi) > 0 }))
	}
	if first == end || d.lacksAll(n.Arg, list[first:end]) {
		return out | miss
	}
	if out |= isTrue; !arg.single() {
		out |= miss
	}
	return out
}

func (d *decider) lacksAll(n expr.Node, list []value.Value) bool {
	c, ok := n.(*expr.Column)
	if !ok || d.sieve == nil {
		return false
	}
	for _, v := range list {
		if !d.absent(c, v) {
			return false
		}
	}
	return true
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
		o := d.compare(expr.Eq, arg, d.span(item), d.lacks(n.Arg, item))
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
	return out | begins(arg, prefix, only)
}

// begins is whether a text that is not null begins with prefix; with only that
// is all that matters, else there is more to it.
func begins(arg span, prefix string, only bool) outcomes {
	text := value.String(prefix)
	below, belowKnown := order(arg.hi, text)
	above, aboveKnown := order(arg.lo, text)
	starts := func(v value.Value) bool { return !v.IsNull() && strings.HasPrefix(v.Text(), prefix) }
	if belowKnown && below < 0 || aboveKnown && above > 0 && !starts(arg.lo) {
		return isFalse
	}
	// What lies between two texts that begin with prefix begins so, too.
	if only && starts(arg.lo) && starts(arg.hi) {
		return isTrue
	}
	return isTrue | isFalse
}
