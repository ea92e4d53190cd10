package stats

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// fixed gives the values of an array of fixed width, nil if it has none or is
// of another type.
func fixed[T arrow.FixedWidthType](arr arrow.Array, id arrow.Type) ([]T, bool) {
	if arr.DataType().ID() != id {
		return nil, false
	}
	v := arrow.GetValues[T](arr.Data(), 1)
	return v, len(v) == arr.Len()
}

// integerBounds gathers integers, dates and timestamps.
type integerBounds[T int8 | int16 | int32 | int64] struct {
	typ    schema.Primitive
	arrow  arrow.Type
	any    bool
	lo, hi T
}

func (b *integerBounds[T]) add(arr arrow.Array, m mask) bool {
	if t, ok := arr.DataType().(*arrow.TimestampType); ok && t.Unit != arrow.Microsecond {
		return false
	}
	values, ok := fixed[T](arr, b.arrow)
	if !ok {
		return false
	}
	for start, end, ok := m.run(0); ok; start, end, ok = m.run(end) {
		if !b.any {
			b.lo, b.hi, b.any = values[start], values[start], true
		}
		lo, hi := b.lo, b.hi
		for _, v := range values[start:end] {
			lo, hi = min(lo, v), max(hi, v)
		}
		b.lo, b.hi = lo, hi
	}
	return true
}

const (
	microsPerMilli = 1000
	// The years 1 to 9999 are those that every reader's text form has. Of a
	// value outside, no bound is written.
	dateMin, dateMax           = -719_162, 2_932_896 // days since 1970
	timestampMin, timestampMax = dateMin * 86_400_000_000, (dateMax+1)*86_400_000_000 - 1
)

func (b *integerBounds[T]) written() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	l, h := int64(b.lo), int64(b.hi)
	first, last := int64(math.MinInt64), int64(math.MaxInt64)
	switch b.typ {
	case schema.Date:
		first, last = dateMin, dateMax
	case schema.Timestamp, schema.TimestampNTZ:
		// The text has milliseconds. Spark cuts both bounds down and leaves it
		// to readers to add one to the maximum, which most have forgotten at
		// some time. Rounding the maximum up is as legal (a bound only has to
		// enclose) and right for every reader.
		first, last = timestampMin, timestampMax
		if l >= first && h <= last {
			l, h = floorMilli(l), -floorMilli(-h)
		}
	}
	if l >= first && l <= last {
		lo = value.Int(b.typ, l)
	}
	if h >= first && h <= last {
		hi = value.Int(b.typ, h)
	}
	return lo, hi
}

func (b *integerBounds[T]) exact() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	return value.Int(b.typ, int64(b.lo)), value.Int(b.typ, int64(b.hi))
}

// floorMilli rounds microseconds down to whole milliseconds.
func floorMilli(us int64) int64 {
	r := us % microsPerMilli
	if r < 0 {
		r += microsPerMilli
	}
	return us - r
}

// floatBounds gathers floats and doubles.
type floatBounds[T float32 | float64] struct {
	arrow  arrow.Type
	value  func(T) value.Value
	any    bool // a number was seen
	nan    bool // a NaN was seen
	lo, hi T

	skipNaN bool // a NaN does not count
}

func (b *floatBounds[T]) add(arr arrow.Array, m mask) bool {
	values, ok := fixed[T](arr, b.arrow)
	if !ok {
		return false
	}
	for start, end, ok := m.run(0); ok && !b.nan; start, end, ok = m.run(end) {
		if b.skipNaN {
			b.addNumbers(values[start:end])
			continue
		}
		if !b.any {
			b.lo, b.hi, b.any = values[start], values[start], true
		}
		lo, hi, nan := b.lo, b.hi, b.nan
		for _, v := range values[start:end] {
			if v < lo {
				lo = v
			}
			if v > hi {
				hi = v
			}
			if v != v {
				nan = true
			}
		}
		b.lo, b.hi, b.nan = lo, hi, nan
	}
	return true
}

// addNumbers takes in values, and no NaN.
func (b *floatBounds[T]) addNumbers(values []T) {
	for _, v := range values {
		switch {
		case v != v:
		case !b.any:
			b.lo, b.hi, b.any = v, v, true
		default:
			b.lo, b.hi = min(b.lo, v), max(b.hi, v)
		}
	}
}

func (b *floatBounds[T]) exact() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	return b.value(b.lo), b.value(b.hi)
}

// written omits what JSON numbers or readers cannot carry. NaN is Spark's
// largest value and JSON has none: a file with a NaN has no bounds. The
// strings "Infinity" and "-Infinity" have made tables unreadable elsewhere.
// −0.0 and 0.0 are equal in Spark and may not be elsewhere: whichever was
// seen, the bounds enclose both.
func (b *floatBounds[T]) written() (lo, hi value.Value) {
	if !b.any || b.nan {
		return lo, hi
	}
	l, h := b.lo, b.hi
	if l == 0 {
		l = T(math.Copysign(0, -1))
	}
	if h == 0 {
		h = 0 // not −0.0
	}
	if !math.IsInf(float64(l), 0) {
		lo = b.value(l)
	}
	if !math.IsInf(float64(h), 0) {
		hi = b.value(h)
	}
	return lo, hi
}

// decimalBounds gathers decimals.
type decimalBounds struct {
	typ    schema.Decimal
	any    bool
	lo, hi value.Int128
}

// smallDigits is the precision up to which unscaled decimals fit an int64.
const smallDigits = 18

func (b *decimalBounds) add(arr arrow.Array, m mask) bool {
	t, ok := arr.DataType().(*arrow.Decimal128Type)
	if !ok || int(t.Scale) != b.typ.Scale {
		return false
	}
	values, ok := fixed[decimal128.Num](arr, arrow.DECIMAL128)
	if !ok {
		return false
	}
	for start, end, ok := m.run(0); ok; start, end, ok = m.run(end) {
		if !b.any {
			b.lo, b.any = int128(values[start]), true
			b.hi = b.lo
		}
		if t.Precision <= smallDigits {
			b.addSmall(values[start:end])
			continue
		}
		for _, v := range values[start:end] {
			n := int128(v)
			if n.Cmp(b.lo) < 0 {
				b.lo = n
			}
			if n.Cmp(b.hi) > 0 {
				b.hi = n
			}
		}
	}
	return true
}

// addSmall is add for values whose lower half says all.
func (b *decimalBounds) addSmall(values []decimal128.Num) {
	lo, hi := int64(b.lo.Lo), int64(b.hi.Lo)
	for _, v := range values {
		n := int64(v.LowBits())
		lo, hi = min(lo, n), max(hi, n)
	}
	b.lo, b.hi = value.FromInt64(lo), value.FromInt64(hi)
}

func int128(n decimal128.Num) value.Int128 { return value.Int128{Hi: n.HighBits(), Lo: n.LowBits()} }

func (b *decimalBounds) written() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	return value.Decimal(b.typ, b.lo), value.Decimal(b.typ, b.hi)
}

func (b *decimalBounds) exact() (lo, hi value.Value) { return b.written() }
