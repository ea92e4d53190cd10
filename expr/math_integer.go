package expr

import (
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// integerFunctions are those of whole numbers.
var integerFunctions = map[string]*function{
	"factorial":          fixed("factorial", 1, schema.Long, callable{eval: factorial}, schema.Integer),
	"bit_count":          {1, 1, bitCount},
	"shiftleft":          shift("shiftleft", func(x int32, by uint) int32 { return x << (by & 31) }, func(x int64, by uint) int64 { return x << (by & 63) }),
	"shiftright":         shift("shiftright", func(x int32, by uint) int32 { return x >> (by & 31) }, func(x int64, by uint) int64 { return x >> (by & 63) }),
	"shiftrightunsigned": shift("shiftrightunsigned", func(x int32, by uint) int32 { return int32(uint32(x) >> (by & 31)) }, func(x int64, by uint) int64 { return int64(uint64(x) >> (by & 63)) }),
}

// factorial has no value for a number whose factorial is no long.
func factorial(c *call) (vec, error) {
	return each(c, func(n int32) (int64, *fault) {
		if n < 0 || n > 20 {
			return 0, noValue
		}
		product := int64(1)
		for k := int64(2); k <= int64(n); k++ {
			product *= k
		}
		return product, nil
	})
}

// bitCount counts the ones of an integer as a long, or of a boolean.
func bitCount(b *binder, at *syntax, args []Node) (Node, error) {
	x := args[0]
	switch t := x.Type(); {
	case t == schema.Boolean:
		x = b.convert(at, x, schema.Long)
	case !isIntegral(t) && t != schema.Void:
		return nil, b.typeError(at, "bit_count needs an integer, not %v", t)
	default:
		x = b.convert(at, x, schema.Long)
	}
	return b.makeCall(at, "bit_count", schema.Integer, callable{eval: func(c *call) (vec, error) {
		return each(c, func(n int64) (int32, *fault) { return int32(bits.OnesCount64(uint64(n))), nil })
	}}, x), nil
}

// shift moves the bits of an int or a long; only the last bits of how far count.
func shift(name string, ints func(x int32, by uint) int32, longs func(x int64, by uint) int64) *function {
	return &function{2, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		t := schema.Integer
		if args[0].Type() == schema.Long {
			t = schema.Long
		}
		args, err := b.implicit(at, args, t, schema.Integer)
		if err != nil {
			return nil, err
		}
		return b.makeCall(at, name, t, callable{eval: func(c *call) (vec, error) {
			by := operandOf[int32](c, 1)
			if t == schema.Long {
				x := operandOf[int64](c, 0)
				return values(c, func(i int) (int64, *fault) { return longs(x.at(i), uint(by.at(i))), nil })
			}
			x := operandOf[int32](c, 0)
			return values(c, func(i int) (int32, *fault) { return ints(x.at(i), uint(by.at(i))), nil })
		}}, args...), nil
	}}
}

func absolute(b *binder, at *syntax, args []Node) (Node, error) {
	x, err := b.number(at, args[0])
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "abs", x.Type(), callable{eval: absolutes, fails: isIntegral(x.Type())}, x), nil
}

func absolutes(c *call) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return each(c, absoluteInt[int8])
	case []int16:
		return each(c, absoluteInt[int16])
	case []int32:
		return each(c, absoluteInt[int32])
	case []int64:
		return each(c, absoluteInt[int64])
	case []float32:
		return each(c, func(x float32) (float32, *fault) { return float32(math.Abs(float64(x))), nil })
	case []float64:
		return each(c, func(x float64) (float64, *fault) { return math.Abs(x), nil })
	}
	return each(c, func(x decimal128.Num) (decimal128.Num, *fault) { return x.Abs(), nil })
}

// absoluteInt fails for the least number, which has no positive counterpart.
func absoluteInt[T integer](x T) (T, *fault) {
	if x >= 0 {
		return x, nil
	}
	if -x < 0 {
		return 0, faultf(classOverflow, "-(%d) has no value of its type", x)
	}
	return -x, nil
}
