package expr

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// Decimals of at most 18 digits are 64-bit integers at heart. What is computed
// of two of them fits 128 bits, so that sums, differences, products and changes
// to a greater scale need no test for each row.

// narrowDigits is how many digits 64 bits hold.
const narrowDigits = 18

var pow10s = func() (p [narrowDigits + 1]int64) {
	p[0] = 1
	for i := range narrowDigits {
		p[i+1] = p[i] * 10
	}
	return p
}()

// times is the product of two 64-bit integers in 128 bits.
func times(a, b int64) (hi int64, lo uint64) {
	h, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(h) - a>>63&b - b>>63&a, lo
}

// wide is zero if a decimal fits 64 bits. Values of more digits than their type
// has may come from files that are not right.
func wide(n decimal128.Num) int64 { return n.HighBits() ^ int64(n.LowBits())>>63 }

// narrowArith computes n on decimals of at most 18 digits. It reports false if
// n, or a value, is not of that kind.
func narrowArith(n *Arith, dst, x, y []decimal128.Num, sx, sy int) bool {
	left, right, target := n.Left.Type().(schema.Decimal), n.Right.Type().(schema.Decimal), n.typ.(schema.Decimal)
	if left.Precision > narrowDigits || right.Precision > narrowDigits {
		return false
	}
	var odd int64
	switch n.Op {
	case Multiply:
		if target.Scale != left.Scale+right.Scale {
			return false
		}
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			odd |= wide(p) | wide(q)
			dst[i] = decimal128.New(times(int64(p.LowBits()), int64(q.LowBits())))
		}
	case Add, Subtract:
		scale := max(left.Scale, right.Scale)
		if target.Scale != scale {
			return false
		}
		fx, fy := pow10s[scale-left.Scale], pow10s[scale-right.Scale]
		if n.Op == Subtract {
			fy = -fy
		}
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			odd |= wide(p) | wide(q)
			pHi, pLo := times(int64(p.LowBits()), fx)
			qHi, qLo := times(int64(q.LowBits()), fy)
			lo, carry := bits.Add64(pLo, qLo, 0)
			dst[i] = decimal128.New(pHi+qHi+int64(carry), lo)
		}
	default:
		return false
	}
	return odd == 0
}

// narrowRescale is a cast of decimals of at most 18 digits to a greater scale
// that has room for them. It reports false if the cast, or a value, is not of
// that kind.
func narrowRescale(dst, src []decimal128.Num, from, to schema.Decimal) bool {
	by := to.Scale - from.Scale
	if from.Precision > narrowDigits || by < 0 || by > narrowDigits || castMayFail(from, to) {
		return false
	}
	factor, odd := pow10s[by], int64(0)
	for i, x := range src {
		odd |= wide(x)
		dst[i] = decimal128.New(times(int64(x.LowBits()), factor))
	}
	return odd == 0
}

// relateDecimal is relateDecimals with a constant, without branches: x < c if
// x − c borrows.
func relateDecimal(dst bitmap, rel relation, a []decimal128.Num, c decimal128.Num) {
	const sign = 1 << 63
	cHi, cLo := uint64(c.HighBits()), c.LowBits()
	for w := range dst {
		var word uint64
		x := part(a, w)
		switch rel {
		case equal:
			for j := range x {
				word |= bit((uint64(x[j].HighBits())^cHi)|(x[j].LowBits()^cLo) == 0, j)
			}
		case less:
			for j := range x {
				_, borrow := bits.Sub64(x[j].LowBits(), cLo, 0)
				_, borrow = bits.Sub64(uint64(x[j].HighBits())^sign, cHi^sign, borrow)
				word |= borrow << (j & 63)
			}
		case lessOrEqual:
			for j := range x {
				_, borrow := bits.Sub64(cLo, x[j].LowBits(), 0)
				_, borrow = bits.Sub64(cHi^sign, uint64(x[j].HighBits())^sign, borrow)
				word |= (borrow ^ 1) << (j & 63)
			}
		}
		dst[w] = word
	}
}

// narrowDecimal reads a number of at most 18 digits without an exponent, which
// most are, as unscaled × 10^−scale.
func narrowDecimal(s string) (unscaled int64, scale int, ok bool) {
	digits := s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		digits = s[1:]
	}
	if len(digits) > narrowDigits+1 {
		return 0, 0, false
	}
	point, n := -1, 0
	for i := range len(digits) {
		switch c := digits[i]; {
		case isDigit(c):
			unscaled = unscaled*10 + int64(c-'0')
			n++
		case c == '.' && point < 0:
			point = i
		default:
			return 0, 0, false
		}
	}
	if n == 0 || n > narrowDigits {
		return 0, 0, false
	}
	if point >= 0 {
		scale = len(digits) - 1 - point
	}
	if s[0] == '-' {
		unscaled = -unscaled
	}
	return unscaled, scale, true
}
