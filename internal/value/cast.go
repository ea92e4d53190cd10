package value

import (
	"math"

	"github.com/foreset/foreset/schema"
)

// Cast is v as a value of type to, if nothing is lost; else it reports false.
// It serves what type widening allows (bounds and partition values that are
// older than a column's type), and any other pair of one family when the
// number at hand allows it:
//
//	integers, decimals   among each other, if the number fits
//	integers             to float or double, if it is exact there
//	float, double        to each other, if it is exact there
//	date                 to timestamp_ntz: its midnight
//	anything             to its own type; null to null of any type
func Cast(v Value, to schema.Type) (Value, bool) {
	switch {
	case v.IsNull():
		return Null(to), primitive(to)
	case v.typ == to:
		return v, true
	case exact(v.typ) && exact(to):
		return castExact(v, to)
	case integer(v.typ) && floating(to):
		f := float64(v.Int64())
		// 2^63 is what float64 makes of the largest integers: it has no int64.
		if f == 1<<63 || int64(f) != v.Int64() {
			return Value{}, false
		}
		return castFloat(f, to)
	case floating(v.typ) && floating(to):
		return castFloat(v.Float64(), to)
	case v.typ == schema.Date && to == schema.TimestampNTZ:
		us, ok := dayMicros(v.Int64())
		return Value{typ: to, set: true, num: FromInt64(us)}, ok
	default:
		return Value{}, false
	}
}

func integer(t schema.Type) bool {
	p, ok := t.(schema.Primitive)
	return ok && p >= schema.Byte && p <= schema.Long
}

// castExact casts among integers and decimals.
func castExact(v Value, to schema.Type) (Value, bool) {
	target, ok := to.(schema.Decimal)
	if !ok {
		target = schema.Decimal{Precision: digitsMax}
	}
	n, fits := rescaleExact(v.num, scaleOf(v.typ), target)
	if !fits {
		return Value{}, false
	}
	if !ok {
		i, small := n.Int64()
		if !small || !fitsBits(i, bitsOf(to)) {
			return Value{}, false
		}
	}
	return Value{typ: to, set: true, num: n}, true
}

func bitsOf(t schema.Type) int {
	switch t {
	case schema.Byte:
		return 8
	case schema.Short:
		return 16
	case schema.Integer:
		return 32
	default:
		return 64
	}
}

func castFloat(f float64, to schema.Type) (Value, bool) {
	if to == schema.Double {
		return Double(f), true
	}
	narrow := float32(f)
	return Float(narrow), float64(narrow) == f || math.IsNaN(f)
}
