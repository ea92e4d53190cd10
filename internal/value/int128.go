package value

import (
	"math/big"
	"math/bits"
	"strconv"
)

// Int128 is a signed 128-bit integer in two's complement: Hi·2^64 + Lo. It has
// the layout that Arrow's decimal128 has, and holds every unscaled decimal of
// up to 38 digits.
type Int128 struct {
	Hi int64
	Lo uint64
}

// digitsMax is the number of digits that every Int128 of so many digits fits:
// 10^38 − 1 < 2^127.
const digitsMax = 38

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
	hi, lo := n.abs()
	b := new(big.Int).SetUint64(hi)
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(lo))
	if n.Hi < 0 {
		b.Neg(b)
	}
	return b
}

// Int64 narrows n; it reports false if n does not fit.
func (n Int128) Int64() (int64, bool) { return int64(n.Lo), n.Hi == int64(n.Lo)>>63 }

// Sign is −1, 0 or 1.
func (n Int128) Sign() int {
	switch {
	case n.Hi < 0:
		return -1
	case n.Hi == 0 && n.Lo == 0:
		return 0
	default:
		return 1
	}
}

// Neg is −n, modulo 2^128: the least Int128 is its own negative.
func (n Int128) Neg() Int128 {
	lo, borrow := bits.Sub64(0, n.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(n.Hi), borrow)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Add is n + m; it reports false if that does not fit.
func (n Int128) Add(m Int128) (Int128, bool) {
	lo, carry := bits.Add64(n.Lo, m.Lo, 0)
	hi, _ := bits.Add64(uint64(n.Hi), uint64(m.Hi), carry)
	sum := Int128{Hi: int64(hi), Lo: lo}
	overflow := (n.Hi < 0) == (m.Hi < 0) && (sum.Hi < 0) != (n.Hi < 0)
	return sum, !overflow
}

// Sub is n − m; it reports false if that does not fit.
func (n Int128) Sub(m Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(n.Lo, m.Lo, 0)
	hi, _ := bits.Sub64(uint64(n.Hi), uint64(m.Hi), borrow)
	diff := Int128{Hi: int64(hi), Lo: lo}
	overflow := (n.Hi < 0) != (m.Hi < 0) && (diff.Hi < 0) != (n.Hi < 0)
	return diff, !overflow
}

// Mul is n · m; it reports false if that does not fit.
func (n Int128) Mul(m Int128) (Int128, bool) {
	nHi, nLo := n.abs()
	mHi, mLo := m.abs()
	if nHi != 0 && mHi != 0 {
		return Int128{}, false
	}
	hi, lo := bits.Mul64(nLo, mLo)
	crossHi, cross := bits.Mul64(nHi|mHi, pick(nHi != 0, mLo, nLo)) // one of nHi and mHi is 0
	hi, carry := bits.Add64(hi, cross, 0)
	if crossHi != 0 || carry != 0 {
		return Int128{}, false
	}
	return fromAbs((n.Hi < 0) != (m.Hi < 0), hi, lo)
}

func pick(cond bool, a, b uint64) uint64 {
	if cond {
		return a
	}
	return b
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
func (n Int128) String() string { return string(AppendInt128(nil, n)) }

// AppendInt128 appends n in decimal.
func AppendInt128(dst []byte, n Int128) []byte {
	if i, ok := n.Int64(); ok {
		return strconv.AppendInt(dst, i, 10)
	}
	hi, lo := n.abs()
	if n.Hi < 0 {
		dst = append(dst, '-')
	}
	return appendUint128(dst, hi, lo)
}

// chunk is the largest power of ten of 64 bits.
const (
	chunk       = 10_000_000_000_000_000_000
	chunkDigits = 19
)

// appendUint128 appends hi·2^64 + lo, which needs at most three chunks.
func appendUint128(dst []byte, hi, lo uint64) []byte {
	var parts [3]uint64
	n := 0
	for hi != 0 {
		var low uint64
		hi, lo, low = divMod(hi, lo, chunk)
		parts[n] = low
		n++
	}
	dst = strconv.AppendUint(dst, lo, 10)
	for n--; n >= 0; n-- {
		var text [20]byte
		low := strconv.AppendUint(text[:0], parts[n], 10)
		dst = appendZeros(dst, chunkDigits-len(low))
		dst = append(dst, low...)
	}
	return dst
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

// divMod divides hi·2^64 + lo by d, which is not 0.
func divMod(hi, lo, d uint64) (quoHi, quoLo, rem uint64) {
	quoHi, rem = hi/d, hi%d
	quoLo, rem = bits.Div64(rem, lo, d)
	return quoHi, quoLo, rem
}

// abs is |n|, of 128 bits without a sign.
func (n Int128) abs() (hi, lo uint64) {
	if n.Hi < 0 {
		n = n.Neg()
	}
	return uint64(n.Hi), n.Lo
}

// fromAbs puts the sign back; it reports false if the result does not fit.
func fromAbs(neg bool, hi, lo uint64) (Int128, bool) {
	n := Int128{Hi: int64(hi), Lo: lo}
	if neg {
		n = n.Neg()
		return n, n.Hi < 0 || n.Sign() == 0
	}
	return n, n.Hi >= 0
}

// pow10 is 10^e; it reports false if e is negative or above 38.
func pow10(e int) (Int128, bool) {
	if e < 0 || e > digitsMax {
		return Int128{}, false
	}
	return powers[e], true
}

// powers holds 10^0 … 10^38; it is never written after its initialisation.
var powers = func() (p [digitsMax + 1]Int128) {
	p[0] = FromInt64(1)
	for e := 1; e < len(p); e++ {
		p[e], _ = p[e-1].Mul(FromInt64(10))
	}
	return p
}()
