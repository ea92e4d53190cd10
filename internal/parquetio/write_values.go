package parquetio

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// pageValues holds the values of one page, nulls left out, and what is known of
// those of the pages before it in the column chunk: bounds and a dictionary.
type pageValues interface {
	// load makes arr the array that take takes from. It reports false if arr
	// does not have the layout of the column's type.
	load(arr arrow.Array) bool
	// take adds the values at [start, end), none of which is null.
	take(start, end int)
	// count is the number of values in the page, size what they take in the
	// plain encoding.
	count() int
	size() int
	// appendPlain appends the page's values in the plain encoding.
	appendPlain(dst []byte) []byte
	// bounds gives the smallest and the largest value of the page, in the
	// plain encoding without lengths, and adds them to those of the chunk. It
	// reports false if the page has no values or they have no order.
	bounds() (lo, hi []byte, ok bool)
	// chunkBounds gives the bounds of all pages of the chunk.
	chunkBounds() (lo, hi []byte, ok bool)
	// index adds the page's values at [start, end) to the dictionary and
	// appends their places in it. It reports false when the dictionary cannot
	// take them; it is then of no use any more for this page.
	index(dst []uint32, start, end int) ([]uint32, bool)
	// dictionary is the entries of the dictionary in the plain encoding.
	dictionary() (plain []byte, entries int)
	// dropDictionary frees the dictionary.
	dropDictionary()
	// nextPage forgets the page, nextChunk everything.
	nextPage()
	nextChunk()
}

// numberPage holds integers, floats, dates, timestamps and small decimals. U is
// the unsigned integer of T's width, by which values are told apart: −0.0 from
// 0.0, one NaN from another.
type numberPage[T int32 | int64 | float32 | float64, U uint32 | uint64] struct {
	open   func(arr arrow.Array) (taker[T], bool)
	source taker[T]
	page   []T
	dict   numberDict[U]
	chunk  span[T]
}

// taker appends the values of an array at [start, end).
type taker[T any] func(dst []T, start, end int) []T

// span is the bounds of numbers.
type span[T int32 | int64 | float32 | float64] struct {
	any, nan bool
	lo, hi   T
}

func (n *numberPage[T, U]) load(arr arrow.Array) (ok bool) {
	n.source, ok = n.open(arr)
	return ok
}

func (n *numberPage[T, U]) take(start, end int) { n.page = n.source(n.page, start, end) }
func (n *numberPage[T, U]) count() int          { return len(n.page) }
func (n *numberPage[T, U]) size() int           { return len(n.page) * binary.Size(T(0)) }
func (n *numberPage[T, U]) nextPage()           { n.page = n.page[:0] }
func (n *numberPage[T, U]) nextChunk()          { n.nextPage(); n.dict.reset(); n.chunk = span[T]{} }

// appendPlain relies, like Arrow's buffers do, on a little-endian machine.
func (n *numberPage[T, U]) appendPlain(dst []byte) []byte {
	return append(dst, arrow.GetBytes(n.page)...)
}

func (n *numberPage[T, U]) index(dst []uint32, start, end int) ([]uint32, bool) {
	return n.dict.index(dst, arrow.GetData[U](arrow.GetBytes(n.page[start:end])))
}

func (n *numberPage[T, U]) dictionary() ([]byte, int) {
	return arrow.GetBytes(n.dict.keys), len(n.dict.keys)
}

func (n *numberPage[T, U]) dropDictionary() { n.dict = numberDict[U]{} }

func (n *numberPage[T, U]) bounds() (lo, hi []byte, ok bool) {
	if len(n.page) == 0 {
		return nil, nil, false
	}
	s := span[T]{any: true, lo: n.page[0], hi: n.page[0]}
	for _, v := range n.page {
		if v < s.lo {
			s.lo = v
		}
		if v > s.hi {
			s.hi = v
		}
		if v != v {
			s.nan = true
		}
	}
	if n.chunk.any {
		n.chunk.lo, n.chunk.hi = min(n.chunk.lo, s.lo), max(n.chunk.hi, s.hi)
		n.chunk.nan = n.chunk.nan || s.nan
	} else {
		n.chunk = s
	}
	return s.encode()
}

func (n *numberPage[T, U]) chunkBounds() (lo, hi []byte, ok bool) { return n.chunk.encode() }

// encode leaves out bounds among NaNs: Parquet leaves NaN out of bounds, Spark
// puts it above all numbers. Of the two zeros the bounds enclose both.
func (s span[T]) encode() (lo, hi []byte, ok bool) {
	if !s.any || s.nan {
		return nil, nil, false
	}
	if s.lo == 0 {
		s.lo = T(math.Copysign(0, -1)) // of an integer there is one zero only
	}
	if s.hi == 0 {
		s.hi = 0 // not −0.0
	}
	return slices.Clone(arrow.GetBytes([]T{s.lo})), slices.Clone(arrow.GetBytes([]T{s.hi})), true
}

// same opens arrays whose values are T as they stand.
func same[T int32 | int64 | float32 | float64](id arrow.Type) func(arrow.Array) (taker[T], bool) {
	return as(id, func(dst []T, v []T) []T { return append(dst, v...) })
}

// as opens arrays of S, to be converted by add.
func as[S arrow.FixedWidthType, T any](id arrow.Type, add func(dst []T, values []S) []T) func(arrow.Array) (taker[T], bool) {
	return func(arr arrow.Array) (taker[T], bool) {
		if arr.DataType().ID() != id {
			return nil, false
		}
		v := arrow.GetValues[S](arr.Data(), 1)
		if len(v) < arr.Len() && arr.NullN() < arr.Len() {
			return nil, false
		}
		return func(dst []T, start, end int) []T { return add(dst, v[start:end]) }, true
	}
}

// microseconds opens timestamps in the unit that is written.
func microseconds(arr arrow.Array) (taker[int64], bool) {
	if t, ok := arr.DataType().(*arrow.TimestampType); !ok || t.Unit != arrow.Microsecond {
		return nil, false
	}
	return same[int64](arrow.TIMESTAMP)(arr)
}

func widened[S int8 | int16](dst []int32, v []S) []int32 {
	dst = slices.Grow(dst, len(v))
	for _, x := range v {
		dst = append(dst, int32(x))
	}
	return dst
}

// lowHalves is for decimals that fit T.
func lowHalves[T int32 | int64](dst []T, v []decimal128.Num) []T {
	at := len(dst)
	dst = slices.Grow(dst, len(v))[:at+len(v)]
	for i, x := range v {
		dst[at+i] = T(x.LowBits())
	}
	return dst
}

// widePage holds decimals of more than 18 digits. They are kept as numbers until
// their page is written; a dictionary is not made for them.
type widePage struct {
	width  int // bytes of a value
	scale  int32
	source []decimal128.Num
	page   []decimal128.Num
	any    bool // of the chunk
	lo, hi decimal128.Num
}

func (w *widePage) load(arr arrow.Array) bool {
	t, ok := arr.DataType().(*arrow.Decimal128Type)
	if !ok || t.Scale != w.scale {
		return false
	}
	w.source = arrow.GetValues[decimal128.Num](arr.Data(), 1)
	return len(w.source) == arr.Len() || arr.NullN() == arr.Len()
}

func (w *widePage) take(start, end int) { w.page = append(w.page, w.source[start:end]...) }
func (w *widePage) count() int          { return len(w.page) }
func (w *widePage) size() int           { return len(w.page) * w.width }
func (w *widePage) nextPage()           { w.page = w.page[:0] }
func (w *widePage) nextChunk()          { w.nextPage(); w.any = false }

func (w *widePage) appendPlain(dst []byte) []byte {
	for _, v := range w.page {
		dst = w.append(dst, v)
	}
	return dst
}

// append appends the low width bytes of v, the highest first.
func (w *widePage) append(dst []byte, v decimal128.Num) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(v.HighBits()))
	binary.BigEndian.PutUint64(b[8:], v.LowBits())
	return append(dst, b[16-w.width:]...)
}

func (w *widePage) bounds() (lo, hi []byte, ok bool) {
	if len(w.page) == 0 {
		return nil, nil, false
	}
	l, h := w.page[0], w.page[0]
	for _, v := range w.page[1:] {
		if v.Less(l) {
			l = v
		}
		if h.Less(v) {
			h = v
		}
	}
	if !w.any || l.Less(w.lo) {
		w.lo = l
	}
	if !w.any || w.hi.Less(h) {
		w.hi = h
	}
	w.any = true
	return w.append(nil, l), w.append(nil, h), true
}

func (w *widePage) chunkBounds() (lo, hi []byte, ok bool) {
	return w.append(nil, w.lo), w.append(nil, w.hi), w.any
}

func (w *widePage) index(dst []uint32, _, _ int) ([]uint32, bool) { return dst, false }
func (w *widePage) dictionary() ([]byte, int)                     { return nil, 0 }
func (w *widePage) dropDictionary()                               {}

// booleanPage holds booleans.
type booleanPage struct {
	source        *array.Boolean
	page          []bool
	sawNo, sawYes bool // in the chunk
}

func (b *booleanPage) load(arr arrow.Array) (ok bool) {
	b.source, ok = arr.(*array.Boolean)
	return ok
}

func (b *booleanPage) take(start, end int) {
	for i := start; i < end; i++ {
		b.page = append(b.page, b.source.Value(i))
	}
}

func (b *booleanPage) count() int { return len(b.page) }
func (b *booleanPage) size() int  { return (len(b.page) + 7) / 8 }
func (b *booleanPage) nextPage()  { b.page = b.page[:0] }
func (b *booleanPage) nextChunk() { b.nextPage(); b.sawNo, b.sawYes = false, false }

func (b *booleanPage) appendPlain(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, b.size())...)
	for i, v := range b.page {
		if v {
			dst[at+i>>3] |= 1 << (i & 7)
		}
	}
	return dst
}

func (b *booleanPage) bounds() (lo, hi []byte, ok bool) {
	no, yes := slices.Contains(b.page, false), slices.Contains(b.page, true)
	b.sawNo, b.sawYes = b.sawNo || no, b.sawYes || yes
	return boolBounds(no, yes)
}

func (b *booleanPage) chunkBounds() (lo, hi []byte, ok bool) { return boolBounds(b.sawNo, b.sawYes) }

func boolBounds(no, yes bool) (lo, hi []byte, ok bool) {
	bit := map[bool][]byte{false: {0}, true: {1}}
	return bit[!no], bit[yes], no || yes
}

func (b *booleanPage) index(dst []uint32, _, _ int) ([]uint32, bool) { return dst, false }
func (b *booleanPage) dictionary() ([]byte, int)                     { return nil, 0 }
func (b *booleanPage) dropDictionary()                               {}
