package parquetio

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// textPage holds strings and binaries. The page is kept as it will be written,
// each value after its length.
type textPage struct {
	utf8    bool // strings, whose bounds are cut between characters
	offsets []int32
	data    []byte // from offsets[0] on
	page    []byte
	n       int
	dict    textDict
	any     bool // of the chunk
	lo, hi  []byte
}

func (t *textPage) load(arr arrow.Array) bool {
	var offsets func() []int32
	var data func() []byte
	switch a := arr.(type) {
	case *array.String:
		offsets, data = a.ValueOffsets, a.ValueBytes
	case *array.Binary:
		offsets, data = a.ValueOffsets, a.ValueBytes
	default:
		return false
	}
	t.offsets, t.data = nil, nil
	if arr.Len() > 0 {
		t.offsets, t.data = offsets(), data()
	}
	return true
}

func (t *textPage) take(start, end int) {
	first := t.offsets[0]
	at := t.offsets[start]
	for _, next := range t.offsets[start+1 : end+1] {
		t.page = binary.LittleEndian.AppendUint32(t.page, uint32(next-at))
		t.page = append(t.page, t.data[at-first:next-first]...)
		at = next
	}
	t.n += end - start
}

func (t *textPage) count() int                    { return t.n }
func (t *textPage) size() int                     { return len(t.page) }
func (t *textPage) nextPage()                     { t.page, t.n = t.page[:0], 0 }
func (t *textPage) nextChunk()                    { t.nextPage(); t.dict.reset(); t.any = false }
func (t *textPage) appendPlain(dst []byte) []byte { return append(dst, t.page...) }

// first takes the first value off a run of values in the plain encoding.
func first(plain []byte) (value, rest []byte) {
	n := 4 + binary.LittleEndian.Uint32(plain)
	return plain[4:n], plain[n:]
}

func (t *textPage) bounds() (lo, hi []byte, ok bool) {
	if t.n == 0 {
		return nil, nil, false
	}
	v, rest := first(t.page)
	lo, hi = v, v
	loKey, hiKey := sortKey(v), sortKey(v)
	for len(rest) > 0 {
		v, rest = first(rest)
		// Most values are decided by their first eight bytes.
		key := sortKey(v)
		if key <= loKey && bytes.Compare(v, lo) < 0 {
			lo, loKey = v, key
		}
		if key >= hiKey && bytes.Compare(v, hi) > 0 {
			hi, hiKey = v, key
		}
	}
	if !t.any || bytes.Compare(lo, t.lo) < 0 {
		t.lo = append(t.lo[:0], lo...)
	}
	if !t.any || bytes.Compare(hi, t.hi) > 0 {
		t.hi = append(t.hi[:0], hi...)
	}
	t.any = true
	return t.encode(lo, hi)
}

func (t *textPage) chunkBounds() (lo, hi []byte, ok bool) {
	if !t.any {
		return nil, nil, false
	}
	return t.encode(t.lo, t.hi)
}

// sortKey orders values by their first eight bytes: a smaller key means a
// smaller value, an equal key means nothing.
func sortKey(v []byte) uint64 {
	if len(v) >= 8 {
		return binary.BigEndian.Uint64(v)
	}
	var k uint64
	for i, c := range v {
		k |= uint64(c) << (56 - 8*i)
	}
	return k
}

// textBound is the number of bytes that a bound of a text keeps. Parquet lets
// bounds be cut, as long as they bound.
const textBound = 64

func (t *textPage) encode(lo, hi []byte) ([]byte, []byte, bool) {
	lo = cutText(lo, t.utf8)
	if len(hi) > textBound {
		var ok bool
		if hi, ok = successor(cutText(hi, t.utf8), t.utf8); !ok {
			return nil, nil, false
		}
	}
	// Never nil, which would be no bound.
	return append([]byte{}, lo...), append([]byte{}, hi...), true
}

// cutText is the beginning of v, of at most textBound bytes and not ending
// inside a character if v is a string.
func cutText(v []byte, text bool) []byte {
	if len(v) <= textBound {
		return v
	}
	end := textBound
	for back := 1; text && back < utf8.UTFMax; back++ {
		if utf8.RuneStart(v[end-back]) {
			if !utf8.FullRune(v[end-back : end]) {
				end -= back
			}
			break
		}
	}
	return v[:end]
}

// successor is greater than v and all that begins with it. It reports false if
// there is no such value.
func successor(v []byte, text bool) ([]byte, bool) {
	if text && utf8.Valid(v) {
		for len(v) > 0 {
			r, size := utf8.DecodeLastRune(v)
			v = v[:len(v)-size]
			if r++; r == 0xD800 {
				r = 0xE000 // no character is a surrogate
			}
			if r <= utf8.MaxRune {
				return utf8.AppendRune(bytes.Clone(v), r), true
			}
		}
		return nil, false
	}
	for i := len(v) - 1; i >= 0; i-- {
		if v[i] < 0xFF {
			up := bytes.Clone(v[:i+1])
			up[i]++
			return up, true
		}
	}
	return nil, false
}

// index walks the page from its beginning: the values up to start cost a step
// each.
func (t *textPage) index(dst []uint32, start, end int) ([]uint32, bool) {
	rest := t.page
	var v []byte
	for range start {
		_, rest = first(rest)
	}
	for range end - start {
		v, rest = first(rest)
		k, ok := t.dict.place(v)
		if !ok {
			return dst, false
		}
		dst = append(dst, k)
	}
	return dst, true
}

func (t *textPage) dictionary() ([]byte, int) { return t.dict.plain, len(t.dict.starts) }

func (t *textPage) dropDictionary() { t.dict = textDict{} }
