package expr

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func (r *run) compare(n *Compare, sel bitmap) (vec, error) {
	left, err := r.shaped(n.Left, sel)
	if err != nil {
		return vec{}, err
	}
	if n.Op != NullSafeEq {
		sel = sel.and(left.validRows()) // beside a null nothing is evaluated
	}
	right, err := r.shaped(n.Right, sel)
	if err != nil {
		return vec{}, err
	}
	return compareVecs(n.Op, n.Left.Type(), left, right)
}

// relation is what the loops compute; the other operators are negations.
type relation uint8

const (
	equal relation = iota
	less
	lessOrEqual
)

// compareVecs compares row by row two vecs of type t.
func compareVecs(op CompareOp, t schema.Type, a, b vec) (vec, error) {
	rel, negate := equal, false
	switch op {
	case Ne:
		negate = true
	case Lt:
		rel = less
	case Ge:
		rel, negate = less, true
	case Le:
		rel = lessOrEqual
	case Gt:
		rel, negate = lessOrEqual, true
	}
	if a.one && !b.one { // a < b is not b ≤ a
		a, b = b, a
		switch rel {
		case less:
			rel, negate = lessOrEqual, !negate
		case lessOrEqual:
			rel, negate = less, !negate
		}
	}
	if !b.one {
		a, b = a.flat(), b.flat()
	}
	holds := newBitmap(a.entries())
	var err error
	if a.nested != nil {
		err = relateNested(holds, rel, t, a, b)
	} else {
		err = relate(holds, rel, a, b)
	}
	if err != nil {
		return vec{}, err
	}
	holds = a.spread(holds)
	out := vec{rows: a.rows, yes: newBitmap(a.rows), no: newBitmap(a.rows)}
	va, vb := a.validRows(), b.validRows()
	if op == NullSafeEq {
		everyRow := fullBitmap(a.rows)
		va, vb = va.and(everyRow), vb.and(everyRow)
		for i := range holds {
			out.yes[i] = (holds[i]&va[i]&vb[i] | ^va[i]&^vb[i]) & everyRow[i]
			out.no[i] = everyRow[i] &^ out.yes[i]
		}
		return out, nil
	}
	valid := va.and(vb)
	if valid == nil {
		valid = fullBitmap(a.rows)
	}
	for i, v := range valid {
		out.yes[i] = holds[i] & v
		out.no[i] = v &^ holds[i]
	}
	if negate {
		out.yes, out.no = out.no, out.yes
	}
	return out, nil
}

// relate sets the bits of dst for the entries of a for which the relation
// holds between a and b, which has as many, or one for all.
func relate(dst bitmap, rel relation, a, b vec) error {
	if a.boolean() && b.boolean() {
		for i := range dst {
			switch rel {
			case equal:
				dst[i] = a.yes[i]&b.yes[i] | a.no[i]&b.no[i]
			case less:
				dst[i] = a.no[i] & b.yes[i]
			case lessOrEqual:
				dst[i] = a.no[i] | b.yes[i]
			}
		}
		return nil
	}
	ok := false
	switch x := a.data.(type) {
	case []int8:
		ok = relateOrdered(dst, rel, x, b)
	case []int16:
		ok = relateOrdered(dst, rel, x, b)
	case []int32:
		ok = relateOrdered(dst, rel, x, b)
	case []int64:
		ok = relateOrdered(dst, rel, x, b)
	case []string:
		ok = relateOrdered(dst, rel, x, b)
	case []float32:
		ok = relateFloats(dst, rel, x, b)
	case []float64:
		ok = relateFloats(dst, rel, x, b)
	case []decimal128.Num:
		ok = relateDecimals(dst, rel, x, b)
	}
	if !ok {
		return fmt.Errorf("compare %T with %T: operands of different types", a.data, b.data)
	}
	return nil
}

// part is the rows of a that word w of a bitmap stands for.
func part[T any](a []T, w int) []T { return a[min(w*64, len(a)):min(w*64+64, len(a))] }

// bit is b as the bit of row j of a word. The compiler makes it branchless.
func bit(b bool, j int) uint64 {
	var u uint64
	if b {
		u = 1
	}
	return u << (j & 63)
}

func relateOrdered[T cmp.Ordered](dst bitmap, rel relation, a []T, b vec) bool {
	y, ok := b.data.([]T)
	if !ok {
		return false
	}
	if b.one {
		relateConstant(dst, rel, a, y[0])
		return true
	}
	for w := range dst {
		var word uint64
		x, y := part(a, w), part(y, w)
		switch rel {
		case equal:
			for j := range x {
				word |= bit(x[j] == y[j], j)
			}
		case less:
			for j := range x {
				word |= bit(x[j] < y[j], j)
			}
		case lessOrEqual:
			for j := range x {
				word |= bit(x[j] <= y[j], j)
			}
		}
		dst[w] = word
	}
	return true
}

// relateConstant is right for floats, too, if c is not NaN: NaN is the
// greatest value, so that it is neither less than c nor equal to it.
func relateConstant[T cmp.Ordered](dst bitmap, rel relation, a []T, c T) {
	for w := range dst {
		var word uint64
		switch rel {
		case equal:
			for j, x := range part(a, w) {
				word |= bit(x == c, j)
			}
		case less:
			for j, x := range part(a, w) {
				word |= bit(x < c, j)
			}
		case lessOrEqual:
			for j, x := range part(a, w) {
				word |= bit(x <= c, j)
			}
		}
		dst[w] = word
	}
}

func relateFloats[T float](dst bitmap, rel relation, a []T, b vec) bool {
	y, ok := b.data.([]T)
	if !ok {
		return false
	}
	if b.one && y[0] == y[0] {
		relateConstant(dst, rel, a, y[0])
		return true
	}
	step := b.stride()
	for w := range dst {
		var word uint64
		for j, x := range part(a, w) {
			y := y[(w*64+j)*step]
			xNaN, yNaN := x != x, y != y
			var holds bool
			switch rel {
			case equal:
				holds = x == y || xNaN && yNaN
			case less:
				holds = x < y || !xNaN && yNaN
			case lessOrEqual:
				holds = x <= y || yNaN
			}
			word |= bit(holds, j)
		}
		dst[w] = word
	}
	return true
}

func relateDecimals(dst bitmap, rel relation, a []decimal128.Num, b vec) bool {
	y, ok := b.data.([]decimal128.Num)
	if !ok {
		return false
	}
	if b.one {
		relateDecimal(dst, rel, a, y[0])
		return true
	}
	for w := range dst {
		var word uint64
		for j, x := range part(a, w) {
			y := y[w*64+j]
			same := x.HighBits() == y.HighBits()
			var holds bool
			switch rel {
			case equal:
				holds = same && x.LowBits() == y.LowBits()
			case less:
				holds = x.HighBits() < y.HighBits() || same && x.LowBits() < y.LowBits()
			case lessOrEqual:
				holds = x.HighBits() < y.HighBits() || same && x.LowBits() <= y.LowBits()
			}
			word |= bit(holds, j)
		}
		dst[w] = word
	}
	return true
}

// set is the elements of an IN list.
type set[T comparable] struct {
	elements map[T]struct{}
	few      []T // the elements while looping over them is faster
	null     bool
	nan      bool // NaN equals NaN here, but not in a map
}

// fewMax is how many elements are compared one after the other.
const fewMax = 6

// newSet is the set of the values of a list of type t; nil if not all of them
// are literals, or the type is compared element by element.
func newSet(t schema.Type, list []Node) any {
	for _, item := range list {
		if _, ok := item.(*Literal); !ok {
			return nil
		}
	}
	switch kindOf(t) {
	case isInt8:
		return fillSet(list, func(v value.Value) int8 { return int8(v.Int64()) })
	case isInt16:
		return fillSet(list, func(v value.Value) int16 { return int16(v.Int64()) })
	case isInt32:
		return fillSet(list, func(v value.Value) int32 { return int32(v.Int64()) })
	case isInt64:
		return fillSet(list, value.Value.Int64)
	case isFloat32:
		return fillSet(list, func(v value.Value) float32 { return float32(v.Float64()) })
	case isFloat64:
		return fillSet(list, value.Value.Float64)
	case isDecimal:
		return fillSet(list, func(v value.Value) decimal128.Num { return toNum(v.Unscaled()) })
	case isString:
		return fillSet(list, value.Value.Text)
	default:
		return nil
	}
}

func fillSet[T comparable](list []Node, of func(value.Value) T) *set[T] {
	s := &set[T]{elements: make(map[T]struct{}, len(list))}
	for _, item := range list {
		v := item.(*Literal).Value
		if v.IsNull() {
			s.null = true
			continue
		}
		x := of(v)
		s.nan = s.nan || x != x
		s.elements[x] = struct{}{}
	}
	if len(s.elements) <= fewMax {
		s.few = slices.Collect(maps.Keys(s.elements))
	}
	return s
}

// inSet tests v for membership in n's set.
func (r *run) inSet(n *In, v vec) vec {
	found, null := newBitmap(v.entries()), false
	switch data := v.data.(type) {
	case []int8:
		null = member(found, data, n.set)
	case []int16:
		null = member(found, data, n.set)
	case []int32:
		null = member(found, data, n.set)
	case []int64:
		null = member(found, data, n.set)
	case []float32:
		null = member(found, data, n.set)
	case []float64:
		null = member(found, data, n.set)
	case []decimal128.Num:
		null = member(found, data, n.set)
	case []string:
		null = memberString(found, data, n.set)
	}
	found = v.spread(found)
	valid := v.validRows()
	out := vec{rows: r.rows, yes: found.and(valid), no: newBitmap(r.rows)}
	if !null {
		out.no = valid.without(found, r.rows)
	}
	return out
}

// memberString is member with a look at the length first, which most strings
// of a column do not share with any element.
func memberString(found bitmap, data []string, elements any) bool {
	s, ok := elements.(*set[string])
	if !ok {
		return false
	}
	if len(s.few) > 0 {
		return member(found, data, elements)
	}
	var lengths [256]bool // of the elements; long ones share the last entry
	for e := range s.elements {
		lengths[min(len(e), len(lengths)-1)] = true
	}
	for w := range found {
		var word uint64
		for j, x := range part(data, w) {
			if lengths[min(len(x), len(lengths)-1)] {
				_, in := s.elements[x]
				word |= bit(in, j)
			}
		}
		found[w] = word
	}
	return s.null
}

// member sets the bits of the values that are in the set, and says whether the
// set holds a null.
func member[T comparable](found bitmap, data []T, elements any) bool {
	s, ok := elements.(*set[T])
	if !ok {
		return false
	}
	for w := range found {
		var word uint64
		if len(s.few) > 0 {
			for _, e := range s.few {
				for j, x := range part(data, w) {
					word |= bit(x == e, j)
				}
			}
		} else {
			for j, x := range part(data, w) {
				_, in := s.elements[x]
				word |= bit(in, j)
			}
		}
		if s.nan {
			for j, x := range part(data, w) {
				word |= bit(x != x, j)
			}
		}
		found[w] = word
	}
	return s.null
}
