package aggregate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// accumulator keeps what one aggregate has seen so far, for every group of a
// table. Groups are numbered from 0.
type accumulator interface {
	// grow makes room for n groups; those that are new have seen nothing.
	grow(n int)
	// add takes a column, whose row i belongs to group groups[i]. Count may be
	// given no column.
	add(groups []int32, col arrow.Array)
	// known takes what was found out about rows of a group without reading them.
	known(group int32, k known)
	// merge takes all that another one has seen, whose group i is groups[i] here.
	merge(from accumulator, groups []int32)
	// state appends what was seen of a group, and restore takes it in again; it
	// returns what follows.
	state(dst []byte, group int32) []byte
	restore(src []byte, group int32) ([]byte, error)
	// result appends the value of a group.
	result(to array.Builder, group int32) error
	// bytes is about what is held; as much again may be reserved.
	bytes() int64
	reset()
}

// known is what is known of an aggregate over some rows.
type known struct {
	rows  int64       // count: of them, those that count. Sum, avg: how often value is to be added
	value value.Value // of min and max; null: there is none
}

// newAccumulator makes the one for an item. arg is the type that it is given.
func newAccumulator(it expr.Item) (accumulator, error) {
	if it.Func == expr.Count {
		return &counts{}, nil
	}
	arg := it.Arg.Type()
	_, isDecimal := arg.(schema.Decimal)
	switch it.Func {
	case expr.Sum, expr.Avg:
		if arg == schema.Float || arg == schema.Double {
			return &floatSums{avg: it.Func == expr.Avg}, nil
		}
		return &exactSums{item: it, arg: arg}, nil
	case expr.Min, expr.Max:
		isMax := it.Func == expr.Max
		if isDecimal {
			return newExtremes(isMax, decimals), nil
		}
		switch arg {
		case schema.Boolean:
			return newExtremes(isMax, booleans), nil
		case schema.Byte:
			return newExtremes(isMax, int8s), nil
		case schema.Short:
			return newExtremes(isMax, int16s), nil
		case schema.Integer, schema.Date:
			return newExtremes(isMax, int32s), nil
		case schema.Long, schema.Timestamp, schema.TimestampNTZ:
			return newExtremes(isMax, int64s), nil
		case schema.Float:
			return newExtremes(isMax, float32s), nil
		case schema.Double:
			return newExtremes(isMax, float64s), nil
		case schema.String, schema.Binary:
			return &textExtremes{isMax: isMax}, nil
		}
	}
	return nil, fmt.Errorf("no aggregate %d of type %v", it.Func, arg)
}

// resized is s with n elements, the new ones zero.
func resized[T any](s []T, n int) []T {
	if n <= cap(s) {
		old := len(s)
		s = s[:n]
		clear(s[min(old, n):])
		return s
	}
	out := make([]T, n, max(n, 2*cap(s)))
	copy(out, s)
	return out
}

var errState = errors.New("state of a group is damaged")

// counts are of rows, or of values that are not null.
type counts struct{ n []int64 }

func (c *counts) grow(n int)   { c.n = resized(c.n, n) }
func (c *counts) reset()       { c.n = c.n[:0] }
func (c *counts) bytes() int64 { return int64(len(c.n)) * 8 }

func (c *counts) add(groups []int32, col arrow.Array) {
	n := c.n
	if col != nil && col.DataType().ID() == arrow.NULL {
		return
	}
	if col == nil || col.NullN() == 0 {
		for _, g := range groups {
			n[g]++
		}
		return
	}
	for i, g := range groups {
		if col.IsValid(i) {
			n[g]++
		}
	}
}

func (c *counts) known(g int32, k known) { c.n[g] += k.rows }

func (c *counts) merge(from accumulator, groups []int32) {
	for i, n := range from.(*counts).n {
		c.n[groups[i]] += n
	}
}

func (c *counts) state(dst []byte, g int32) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(c.n[g]))
}

func (c *counts) restore(src []byte, g int32) ([]byte, error) {
	n, rest, ok := takeInt64(src)
	if !ok {
		return nil, errState
	}
	c.n[g] += n
	return rest, nil
}

func (c *counts) result(to array.Builder, g int32) error {
	to.(*array.Int64Builder).Append(c.n[g])
	return nil
}

// exactSums are of integers and decimals, for sum and avg.
type exactSums struct {
	item   expr.Item
	arg    schema.Type
	totals []total
}

type total struct {
	wide
	n int64 // of values
}

func (s *exactSums) grow(n int)   { s.totals = resized(s.totals, n) }
func (s *exactSums) reset()       { s.totals = s.totals[:0] }
func (s *exactSums) bytes() int64 { return int64(len(s.totals)) * 32 }

func (s *exactSums) add(groups []int32, col arrow.Array) {
	switch a := col.(type) {
	case *array.Int8:
		addIntegers(s.totals, groups, a.Int8Values(), a)
	case *array.Int16:
		addIntegers(s.totals, groups, a.Int16Values(), a)
	case *array.Int32:
		addIntegers(s.totals, groups, a.Int32Values(), a)
	case *array.Int64:
		addIntegers(s.totals, groups, a.Int64Values(), a)
	case *array.Decimal128:
		values := a.Values()
		if a.NullN() == 0 {
			for i, g := range groups {
				t := &s.totals[g]
				t.add(values[i].LowBits(), values[i].HighBits())
				t.n++
			}
			return
		}
		for i, g := range groups {
			if a.IsValid(i) {
				t := &s.totals[g]
				t.add(values[i].LowBits(), values[i].HighBits())
				t.n++
			}
		}
	}
}

func addIntegers[T int8 | int16 | int32 | int64](totals []total, groups []int32, values []T, col arrow.Array) {
	if col.NullN() == 0 {
		for i, g := range groups {
			v := int64(values[i])
			t := &totals[g]
			t.add(uint64(v), v>>63)
			t.n++
		}
		return
	}
	for i, g := range groups {
		if col.IsValid(i) {
			v := int64(values[i])
			t := &totals[g]
			t.add(uint64(v), v>>63)
			t.n++
		}
	}
}

func (s *exactSums) known(g int32, k known) {
	if k.value.IsNull() {
		return
	}
	s.totals[g].merge(times(k.value.Unscaled(), k.rows))
	s.totals[g].n += k.rows
}

func (s *exactSums) merge(from accumulator, groups []int32) {
	for i, t := range from.(*exactSums).totals {
		to := &s.totals[groups[i]]
		to.wide.merge(t.wide)
		to.n += t.n
	}
}

func (s *exactSums) state(dst []byte, g int32) []byte {
	t := &s.totals[g]
	return binary.LittleEndian.AppendUint64(t.append(dst), uint64(t.n))
}

func (s *exactSums) restore(src []byte, g int32) ([]byte, error) {
	w, src, ok := takeWide(src)
	if !ok {
		return nil, errState
	}
	n, rest, ok := takeInt64(src)
	if !ok {
		return nil, errState
	}
	s.totals[g].wide.merge(w)
	s.totals[g].n += n
	return rest, nil
}

func (s *exactSums) result(to array.Builder, g int32) error {
	t := s.totals[g]
	if t.n == 0 {
		to.AppendNull()
		return nil
	}
	arg, isDecimal := s.arg.(schema.Decimal)
	switch {
	case !isDecimal && s.item.Func == expr.Avg:
		to.(*array.Float64Builder).Append(t.float() / float64(t.n))
		return nil
	case !isDecimal:
		n, ok := t.small()
		sum, fits := n.Int64()
		if !ok || !fits {
			return s.item.Fail("ARITHMETIC_OVERFLOW", "the sum does not fit a bigint")
		}
		to.(*array.Int64Builder).Append(sum)
		return nil
	}
	// Spark adds up both for sum and for avg in this type.
	within := schema.Decimal{Precision: min(38, arg.Precision+10), Scale: arg.Scale}
	sum, ok := t.small()
	if !ok || !value.FitsPrecision(sum, within.Precision) {
		return s.item.Fail("ARITHMETIC_OVERFLOW", fmt.Sprintf("the sum does not fit a %v", within))
	}
	if s.item.Func == expr.Avg {
		out := s.item.Type.(schema.Decimal)
		if sum, ok = mean(sum, arg.Scale, t.n, out); !ok {
			return s.item.Fail("NUMERIC_VALUE_OUT_OF_RANGE", fmt.Sprintf("the average does not fit a %v", out))
		}
	}
	to.(*array.Decimal128Builder).Append(decimal128.New(sum.Hi, sum.Lo))
	return nil
}

// mean is sum/n as Spark divides decimals: rounded to 38 digits after the
// point, then to those of the result, halves away from zero both times.
func mean(sum value.Int128, scale int, n int64, out schema.Decimal) (value.Int128, bool) {
	const digits = 38
	exact := new(big.Int).Mul(sum.Big(), tenTo(digits-scale))
	wideQuotient := divideHalfUp(exact, big.NewInt(n))
	q, ok := value.FromBig(divideHalfUp(wideQuotient, tenTo(digits-out.Scale)))
	return q, ok && value.FitsPrecision(q, out.Precision)
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// divideHalfUp is a/b, b > 0, to the nearest integer, halves away from zero.
func divideHalfUp(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Abs(r).Lsh(r, 1).Cmp(b) >= 0 {
		q.Add(q, big.NewInt(int64(a.Sign())))
	}
	return q
}

// floatSums are of floats and doubles, for sum and avg.
type floatSums struct {
	avg    bool
	totals []floatTotal
}

type floatTotal struct {
	sum float64
	n   int64
}

func (s *floatSums) grow(n int)   { s.totals = resized(s.totals, n) }
func (s *floatSums) reset()       { s.totals = s.totals[:0] }
func (s *floatSums) bytes() int64 { return int64(len(s.totals)) * 16 }

func (s *floatSums) add(groups []int32, col arrow.Array) {
	switch a := col.(type) {
	case *array.Float32:
		addFloats(s.totals, groups, a.Float32Values(), a)
	case *array.Float64:
		addFloats(s.totals, groups, a.Float64Values(), a)
	}
}

func addFloats[T float32 | float64](totals []floatTotal, groups []int32, values []T, col arrow.Array) {
	nulls := col.NullN() > 0
	for i, g := range groups {
		if !nulls || col.IsValid(i) {
			totals[g].sum += float64(values[i])
			totals[g].n++
		}
	}
}

// known has nothing to add: a product is not the sum of its addends in floats.
func (s *floatSums) known(int32, known) {}

func (s *floatSums) merge(from accumulator, groups []int32) {
	for i, t := range from.(*floatSums).totals {
		to := &s.totals[groups[i]]
		to.sum += t.sum
		to.n += t.n
	}
}

func (s *floatSums) state(dst []byte, g int32) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(s.totals[g].sum))
	return binary.LittleEndian.AppendUint64(dst, uint64(s.totals[g].n))
}

func (s *floatSums) restore(src []byte, g int32) ([]byte, error) {
	sum, src, ok := takeInt64(src)
	if !ok {
		return nil, errState
	}
	n, rest, ok := takeInt64(src)
	if !ok {
		return nil, errState
	}
	s.totals[g].sum += math.Float64frombits(uint64(sum))
	s.totals[g].n += n
	return rest, nil
}

func (s *floatSums) result(to array.Builder, g int32) error {
	b := to.(*array.Float64Builder)
	switch t := s.totals[g]; {
	case t.n == 0:
		b.AppendNull()
	case s.avg:
		b.Append(t.sum / float64(t.n))
	default:
		b.Append(t.sum)
	}
	return nil
}
