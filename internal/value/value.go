package value

import (
	"fmt"
	"math"
	"strings"

	"github.com/foreset/foreset/schema"
)

// Value is one scalar of a primitive or decimal type, or a null of such a
// type. The zero Value is a null of no type. Values are compared with
// [Compare], never with ==: the same number can be held in different types.
type Value struct {
	typ  schema.Type
	set  bool
	num  Int128 // integers, dates, timestamps, booleans (0, 1), decimals (unscaled), float bits in Lo
	text string // strings and binaries
}

// Null is the null of a type.
func Null(t schema.Type) Value { return Value{typ: t} }

// Bool is a boolean.
func Bool(b bool) Value {
	v := Value{typ: schema.Boolean, set: true}
	if b {
		v.num.Lo = 1
	}
	return v
}

// Int is a value of type t, one of Byte, Short, Integer, Long, Date (days),
// Timestamp and TimestampNTZ (microseconds).
func Int(t schema.Primitive, i int64) Value { return Value{typ: t, set: true, num: FromInt64(i)} }

// Float is a 32-bit float.
func Float(f float32) Value {
	return Value{typ: schema.Float, set: true, num: Int128{Lo: math.Float64bits(float64(f))}}
}

// Double is a 64-bit float.
func Double(f float64) Value {
	return Value{typ: schema.Double, set: true, num: Int128{Lo: math.Float64bits(f)}}
}

// Decimal is unscaled × 10^−t.Scale.
func Decimal(t schema.Decimal, unscaled Int128) Value {
	return Value{typ: t, set: true, num: unscaled}
}

// String is a string.
func String(s string) Value { return Value{typ: schema.String, set: true, text: s} }

// Binary is a binary; b is copied.
func Binary(b []byte) Value { return Value{typ: schema.Binary, set: true, text: string(b)} }

// Type is the value's type; nil for the zero Value.
func (v Value) Type() schema.Type { return v.typ }

// IsNull says whether the value is null.
func (v Value) IsNull() bool { return !v.set }

// Bool is the value of a boolean.
func (v Value) Bool() bool { return v.num.Lo != 0 }

// Int64 is the value of an integer, a date (days) or a timestamp
// (microseconds).
func (v Value) Int64() int64 { return int64(v.num.Lo) }

// Float64 is the value of a float or a double.
func (v Value) Float64() float64 { return math.Float64frombits(v.num.Lo) }

// Unscaled is the unscaled value of a decimal.
func (v Value) Unscaled() Int128 { return v.num }

// Text is the content of a string or a binary.
func (v Value) Text() string { return v.text }

// Compare orders two values that are not null and of one type, or of types
// that differ only in width (integers, float and double, decimals of any
// scale, decimals and integers): −1, 0 or 1, in Spark's order. NaN equals
// itself and is the largest, −0.0 equals 0.0, strings and binaries compare by
// their bytes. It reports false when the types cannot be compared.
func Compare(a, b Value) (int, bool) {
	if a.IsNull() || b.IsNull() {
		return 0, false
	}
	switch {
	case exact(a.typ) && exact(b.typ):
		return compareScaled(a.num, scaleOf(a.typ), b.num, scaleOf(b.typ)), true
	case floating(a.typ) && floating(b.typ):
		return CompareFloat(a.Float64(), b.Float64()), true
	case a.typ != b.typ:
		return 0, false
	case a.typ == schema.String || a.typ == schema.Binary:
		return strings.Compare(a.text, b.text), true
	case a.typ == schema.Boolean || a.typ == schema.Date || a.typ == schema.Timestamp || a.typ == schema.TimestampNTZ:
		return a.num.Cmp(b.num), true
	default:
		return 0, false
	}
}

// CompareFloat orders floats as Spark does: NaN equals itself and is the
// largest, −0.0 equals 0.0.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	default:
		return -1
	}
}

func exact(t schema.Type) bool {
	switch t := t.(type) {
	case schema.Decimal:
		return true
	case schema.Primitive:
		return t >= schema.Byte && t <= schema.Long
	default:
		return false
	}
}

func floating(t schema.Type) bool { return t == schema.Float || t == schema.Double }

func scaleOf(t schema.Type) int {
	if d, ok := t.(schema.Decimal); ok {
		return d.Scale
	}
	return 0
}

// GoString is the value for test failures.
func (v Value) GoString() string {
	switch {
	case v.IsNull():
		return fmt.Sprintf("null(%v)", v.typ)
	case v.typ == schema.String || v.typ == schema.Binary:
		return fmt.Sprintf("%v(%q)", v.typ, v.text)
	case floating(v.typ):
		return fmt.Sprintf("%v(%v)", v.typ, v.Float64())
	default:
		return fmt.Sprintf("%v(%s)", v.typ, v.appendPlain(nil))
	}
}
