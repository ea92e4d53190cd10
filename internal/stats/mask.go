package stats

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// A mask says which of n rows count: those of an array that are neither null
// nor inside a null struct.
type mask struct {
	bits   []byte // a bit per row, least significant first; nil: all rows count
	offset int    // of row 0 in bits
	n      int
	nulls  int // rows that do not count
}

// and narrows m to the rows that are valid in arr, which has m.n rows. scratch
// holds the result if one has to be computed; it lives as long as the mask.
func (m mask) and(arr arrow.Array, scratch *[]byte) mask {
	valid := arr.NullBitmapBytes()
	if arr.NullN() == 0 || len(valid) == 0 {
		return m
	}
	offset := arr.Data().Offset()
	if m.bits == nil {
		return mask{bits: valid, offset: offset, n: m.n, nulls: arr.NullN()}
	}
	size := int(bitutil.BytesForBits(int64(m.n)))
	if cap(*scratch) < size {
		*scratch = make([]byte, size)
	}
	out := (*scratch)[:size]
	bitutil.BitmapAnd(m.bits, valid, int64(m.offset), int64(offset), out, 0, int64(m.n))
	return mask{bits: out, n: m.n, nulls: m.n - bitutil.CountSetBits(out, 0, m.n)}
}

// run finds the first run of rows that count, at or after from. It reports
// false if there is none.
func (m mask) run(from int) (start, end int, ok bool) {
	if m.bits == nil {
		return from, m.n, from < m.n
	}
	for from < m.n {
		w := m.word(from)
		if w == 0 {
			from += 64
			continue
		}
		start = from + bits.TrailingZeros64(w)
		break
	}
	if from >= m.n || start >= m.n {
		return 0, 0, false
	}
	for end = start; end < m.n; {
		ones := bits.TrailingZeros64(^m.word(end))
		end += ones
		if ones < 64 {
			break
		}
	}
	return start, min(end, m.n), true
}

// word is the 64 bits from row i on; those past the end are any.
func (m mask) word(i int) uint64 {
	i += m.offset
	at, shift := i>>3, uint(i&7)
	if at+9 <= len(m.bits) {
		return binary.LittleEndian.Uint64(m.bits[at:])>>shift | uint64(m.bits[at+8])<<(64-shift)
	}
	var tail [9]byte
	copy(tail[:], m.bits[at:])
	return binary.LittleEndian.Uint64(tail[:])>>shift | uint64(tail[8])<<(64-shift)
}
