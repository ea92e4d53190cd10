package strictmath

import "math"

// high is the upper half of a double: sign, exponent and 20 bits of mantissa.
func high(x float64) int32 { return int32(math.Float64bits(x) >> 32) }

// withHigh is x with another upper half.
func withHigh(x float64, hi int32) float64 {
	return math.Float64frombits(uint64(uint32(hi))<<32 | math.Float64bits(x)&math.MaxUint32)
}

// fromHigh is the double with that upper half and no more bits.
func fromHigh(hi int32) float64 { return math.Float64frombits(uint64(uint32(hi)) << 32) }

// head is x cut to the upper half, so that the product of two heads is exact.
func head(x float64) float64 { return math.Float64frombits(math.Float64bits(x) &^ math.MaxUint32) }

// scaled is x times 2^k by adding to the exponent, which must have room.
func scaled(x float64, k int) float64 {
	return math.Float64frombits(math.Float64bits(x) + uint64(int64(k))<<52)
}

// poly is c0 + x·(c1 + x·(c2 + …)).
func poly(x float64, c []float64) float64 {
	last := len(c) - 1
	sum := c[last]
	for i := last - 1; i >= 0; i-- {
		sum = c[i] + float64(x*sum)
	}
	return sum
}

const (
	minNormal = 0x1p-1022
	ln2Hi     = 0x1.62e42feep-1
	ln2Lo     = 0x1.a39ef35793c76p-33
	invLn2    = 0x1.71547652b82fep0
	pio2Hi    = 0x1.921fb54442d18p0
	pio2Lo    = 0x1.1a62633145c07p-54
	pi        = 2 * pio2Hi // rounded to a double
	piLo      = 2 * pio2Lo
)
