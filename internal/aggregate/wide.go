package aggregate

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/foreset/foreset/internal/value"
)

// wide is a sum in 192 bits, which the rows of no table overflow: 2^63 rows of
// a decimal of 38 digits do not. It is in two's complement.
type wide struct {
	lo, hi uint64
	top    int64
}

func (w *wide) add(lo uint64, hi int64) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, lo, 0)
	w.hi, carry = bits.Add64(w.hi, uint64(hi), carry)
	w.top += hi>>63 + int64(carry)
}

func (w *wide) merge(v wide) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, v.lo, 0)
	w.hi, carry = bits.Add64(w.hi, v.hi, carry)
	w.top += v.top + int64(carry)
}

// small is w in 128 bits, if it fits.
func (w wide) small() (value.Int128, bool) {
	hi := int64(w.hi)
	return value.Int128{Hi: hi, Lo: w.lo}, w.top == hi>>63
}

func (w wide) big() *big.Int {
	b := new(big.Int).SetUint64(uint64(w.top))
	if w.top < 0 {
		b = big.NewInt(w.top)
	}
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(w.hi))
	return b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(w.lo))
}

// float is the double that is nearest to w.
func (w wide) float() float64 {
	if n, ok := w.small(); ok {
		if i, ok := n.Int64(); ok {
			return float64(i)
		}
	}
	f, _ := new(big.Float).SetInt(w.big()).Float64()
	return f
}

// times is v added up n times.
func times(v value.Int128, n int64) wide {
	b := v.Big()
	b.Mul(b, big.NewInt(n))
	word := func() uint64 {
		low := new(big.Int).And(b, new(big.Int).SetUint64(math.MaxUint64))
		b.Rsh(b, 64)
		return low.Uint64()
	}
	return wide{lo: word(), hi: word(), top: int64(word())}
}

func (w wide) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, w.lo)
	dst = binary.LittleEndian.AppendUint64(dst, w.hi)
	return binary.LittleEndian.AppendUint64(dst, uint64(w.top))
}

func takeWide(src []byte) (wide, []byte, bool) {
	if len(src) < 24 {
		return wide{}, nil, false
	}
	le := binary.LittleEndian
	return wide{le.Uint64(src), le.Uint64(src[8:]), int64(le.Uint64(src[16:]))}, src[24:], true
}

func takeInt64(src []byte) (int64, []byte, bool) {
	if len(src) < 8 {
		return 0, nil, false
	}
	return int64(binary.LittleEndian.Uint64(src)), src[8:], true
}
