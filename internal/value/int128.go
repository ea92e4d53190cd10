package value

import (
	"math/big"
	"math/bits"
)

// Int128 is a signed 128-bit integer in two's complement: Hi·2^64 + Lo. It has
// the layout that Arrow's decimal128 has, and holds every unscaled decimal of
// up to 38 digits.
type Int128 struct {
	Hi int64
	Lo uint64
}

// FromInt64 widens i.
func FromInt64(i int64) Int128 { return Int128{Hi: i >> 63, Lo: uint64(i)} }

// FromBig narrows b; it reports false if b does not fit.
func FromBig(b *big.Int) (Int128, bool) {
	if b.BitLen() > 127 {
		return Int128{}, false
	}
	mag := new(big.Int).Abs(b)
	lo := new(big.Int).And(mag, new(big.Int).SetUint64(^uint64(0))).Uint64()
	hi := new(big.Int).Rsh(mag, 64).Uint64()
	n := Int128{Hi: int64(hi), Lo: lo}
	if b.Sign() < 0 {
		n = n.Neg()
	}
	return n, true
}

// Big is n as a big integer.
func (n Int128) Big() *big.Int {
	neg := n.Hi < 0
	if neg {
		n = n.Neg()
	}
	b := new(big.Int).SetUint64(uint64(n.Hi))
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(n.Lo))
	if neg {
		b.Neg(b)
	}
	return b
}

// Neg is −n.
func (n Int128) Neg() Int128 {
	lo, borrow := bits.Sub64(0, n.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(n.Hi), borrow)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Cmp compares n and m: −1, 0 or 1.
func (n Int128) Cmp(m Int128) int {
	switch {
	case n.Hi < m.Hi:
		return -1
	case n.Hi > m.Hi:
		return 1
	case n.Lo < m.Lo:
		return -1
	case n.Lo > m.Lo:
		return 1
	default:
		return 0
	}
}

// String is n in decimal.
func (n Int128) String() string { return n.Big().String() }

// compareScaled compares a·10^−sa with b·10^−sb exactly.
func compareScaled(a Int128, sa int, b Int128, sb int) int {
	if sa == sb {
		return a.Cmp(b)
	}
	x, y := a.Big(), b.Big()
	if sa < sb {
		x.Mul(x, pow10(sb-sa))
	} else {
		y.Mul(y, pow10(sa-sb))
	}
	return x.Cmp(y)
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
