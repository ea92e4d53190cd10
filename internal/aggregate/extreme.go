package aggregate

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
)

// extremes are minima or maxima of values of a fixed size. Of values that are
// equal but not the same, −0.0 and 0.0, the first stays.
type extremes[T any] struct {
	kind[T]
	isMax bool
	best  []T
	seen  []bool
}

// kind is what differs from type to type.
type kind[T any] struct {
	size  int64
	all   func(arrow.Array) []T // the values of an array; booleans have none
	less  func(a, b T) bool
	of    func(value.Value) T
	put   func([]byte, T) []byte
	take  func(uint64, uint64) T // of one or two words
	words int
	build func(array.Builder, T)
}

func newExtremes[T any](isMax bool, k kind[T]) *extremes[T] {
	return &extremes[T]{kind: k, isMax: isMax}
}

func (e *extremes[T]) grow(n int)   { e.best, e.seen = resized(e.best, n), resized(e.seen, n) }
func (e *extremes[T]) reset()       { e.best, e.seen = e.best[:0], e.seen[:0] }
func (e *extremes[T]) bytes() int64 { return int64(len(e.best)) * (e.size + 1) }

func (e *extremes[T]) see(g int32, v T) {
	switch {
	case !e.seen[g]:
		e.best[g], e.seen[g] = v, true
	case e.isMax && e.less(e.best[g], v), !e.isMax && e.less(v, e.best[g]):
		e.best[g] = v
	}
}

func (e *extremes[T]) add(groups []int32, col arrow.Array) {
	if col.DataType().ID() == arrow.NULL {
		return
	}
	values, nulls := e.all(col), col.NullN() > 0
	for i, g := range groups {
		if !nulls || col.IsValid(i) {
			e.see(g, values[i])
		}
	}
}

func (e *extremes[T]) known(g int32, k known) {
	if !k.value.IsNull() {
		e.see(g, e.of(k.value))
	}
}

func (e *extremes[T]) merge(from accumulator, groups []int32) {
	f := from.(*extremes[T])
	for i, v := range f.best {
		if f.seen[i] {
			e.see(groups[i], v)
		}
	}
}

func (e *extremes[T]) state(dst []byte, g int32) []byte {
	if !e.seen[g] {
		return append(dst, 0)
	}
	return e.put(append(dst, 1), e.best[g])
}

func (e *extremes[T]) restore(src []byte, g int32) ([]byte, error) {
	if len(src) == 0 || src[0] != 0 && len(src) < 1+8*e.words {
		return nil, errState
	}
	if src[0] == 0 {
		return src[1:], nil
	}
	var w [2]uint64
	for i := range e.words {
		w[i] = binary.LittleEndian.Uint64(src[1+8*i:])
	}
	e.see(g, e.kind.take(w[0], w[1]))
	return src[1+8*e.words:], nil
}

func (e *extremes[T]) result(to array.Builder, g int32) error {
	if !e.seen[g] {
		to.AppendNull()
		return nil
	}
	e.build(to, e.best[g])
	return nil
}

func put64(dst []byte, w uint64) []byte { return binary.LittleEndian.AppendUint64(dst, w) }

// integers is the kind of a signed integer, or what is stored as one.
func integers[T int8 | int16 | int32 | int64](size int64, all func(arrow.Array) []T, build func(array.Builder, T)) kind[T] {
	return kind[T]{
		size: size, all: all, words: 1, build: build,
		less: func(a, b T) bool { return a < b },
		of:   func(v value.Value) T { return T(v.Int64()) },
		put:  func(dst []byte, v T) []byte { return put64(dst, uint64(v)) },
		take: func(w, _ uint64) T { return T(w) },
	}
}

var (
	int8s = integers(1, func(a arrow.Array) []int8 { return a.(*array.Int8).Int8Values() },
		func(b array.Builder, v int8) { b.(*array.Int8Builder).Append(v) })
	int16s = integers(2, func(a arrow.Array) []int16 { return a.(*array.Int16).Int16Values() },
		func(b array.Builder, v int16) { b.(*array.Int16Builder).Append(v) })
	int32s = integers(4, func(a arrow.Array) []int32 {
		if d, ok := a.(*array.Date32); ok {
			return arrow.GetData[int32](arrow.GetBytes(d.Date32Values()))
		}
		return a.(*array.Int32).Int32Values()
	}, func(b array.Builder, v int32) {
		if d, ok := b.(*array.Date32Builder); ok {
			d.Append(arrow.Date32(v))
			return
		}
		b.(*array.Int32Builder).Append(v)
	})
	int64s = integers(8, func(a arrow.Array) []int64 {
		if t, ok := a.(*array.Timestamp); ok {
			return arrow.GetData[int64](arrow.GetBytes(t.TimestampValues()))
		}
		return a.(*array.Int64).Int64Values()
	}, func(b array.Builder, v int64) {
		if t, ok := b.(*array.TimestampBuilder); ok {
			t.Append(arrow.Timestamp(v))
			return
		}
		b.(*array.Int64Builder).Append(v)
	})
	float32s = kind[float32]{
		size: 4, words: 1, less: lessFloat[float32],
		all:   func(a arrow.Array) []float32 { return a.(*array.Float32).Float32Values() },
		of:    func(v value.Value) float32 { return float32(v.Float64()) },
		put:   func(dst []byte, v float32) []byte { return put64(dst, uint64(math.Float32bits(v))) },
		take:  func(w, _ uint64) float32 { return math.Float32frombits(uint32(w)) },
		build: func(b array.Builder, v float32) { b.(*array.Float32Builder).Append(v) },
	}
	float64s = kind[float64]{
		size: 8, words: 1, less: lessFloat[float64],
		all:   func(a arrow.Array) []float64 { return a.(*array.Float64).Float64Values() },
		of:    func(v value.Value) float64 { return v.Float64() },
		put:   func(dst []byte, v float64) []byte { return put64(dst, math.Float64bits(v)) },
		take:  func(w, _ uint64) float64 { return math.Float64frombits(w) },
		build: func(b array.Builder, v float64) { b.(*array.Float64Builder).Append(v) },
	}
	decimals = kind[decimal128.Num]{
		size: 16, words: 2,
		all:  func(a arrow.Array) []decimal128.Num { return a.(*array.Decimal128).Values() },
		less: func(a, b decimal128.Num) bool { return a.Cmp(b) < 0 },
		of: func(v value.Value) decimal128.Num {
			n := v.Unscaled()
			return decimal128.New(n.Hi, n.Lo)
		},
		put:   func(dst []byte, v decimal128.Num) []byte { return put64(put64(dst, v.LowBits()), uint64(v.HighBits())) },
		take:  func(lo, hi uint64) decimal128.Num { return decimal128.New(int64(hi), lo) },
		build: func(b array.Builder, v decimal128.Num) { b.(*array.Decimal128Builder).Append(v) },
	}
	booleans = kind[bool]{
		size: 1, words: 1,
		all: func(a arrow.Array) []bool {
			out := make([]bool, a.Len())
			for i := range out {
				out[i] = a.(*array.Boolean).Value(i)
			}
			return out
		},
		less: func(a, b bool) bool { return !a && b },
		of:   func(v value.Value) bool { return v.Bool() },
		put: func(dst []byte, v bool) []byte {
			if v {
				return put64(dst, 1)
			}
			return put64(dst, 0)
		},
		take:  func(w, _ uint64) bool { return w != 0 },
		build: func(b array.Builder, v bool) { b.(*array.BooleanBuilder).Append(v) },
	}
)

// lessFloat orders floats as Spark does: NaN is the greatest and equals itself,
// −0.0 equals 0.0.
func lessFloat[T float32 | float64](a, b T) bool { return a < b || b != b && a == a }

// textExtremes are minima or maxima of strings or binaries, by their bytes.
type textExtremes struct {
	isMax bool
	best  [][]byte // nil: none was seen
	held  int64    // bytes in best
}

func (e *textExtremes) grow(n int) {
	if n <= cap(e.best) {
		e.best = e.best[:n] // those beyond the old end are nil, see reset
		return
	}
	out := make([][]byte, n, max(n, 2*cap(e.best)))
	copy(out, e.best)
	e.best = out
}

func (e *textExtremes) reset() {
	clear(e.best)
	e.best, e.held = e.best[:0], 0
}

func (e *textExtremes) bytes() int64 { return int64(len(e.best))*24 + e.held }

func (e *textExtremes) take(g int32, v []byte) {
	best := e.best[g]
	if best != nil {
		if order := bytes.Compare(v, best); order == 0 || (order > 0) != e.isMax {
			return
		}
	}
	if cap(best) < len(v) || best == nil {
		e.held -= int64(cap(best))
		best = make([]byte, 0, max(8, len(v)))
		e.held += int64(cap(best))
	}
	e.best[g] = append(best[:0], v...)
}

func (e *textExtremes) add(groups []int32, col arrow.Array) {
	nulls := col.NullN() > 0
	switch a := col.(type) {
	case *array.String:
		data, offsets := a.ValueBytes(), a.ValueOffsets()
		e.addAll(groups, data, offsets, a, nulls)
	case *array.Binary:
		data, offsets := a.ValueBytes(), a.ValueOffsets()
		e.addAll(groups, data, offsets, a, nulls)
	}
}

// addAll takes texts that lie one behind the other; offsets count from some
// base, at which data begins.
func (e *textExtremes) addAll(groups []int32, data []byte, offsets []int32, col arrow.Array, nulls bool) {
	if len(offsets) == 0 {
		return
	}
	base := offsets[0]
	for i, g := range groups {
		if !nulls || col.IsValid(i) {
			e.take(g, data[offsets[i]-base:offsets[i+1]-base])
		}
	}
}

func (e *textExtremes) known(g int32, k known) {
	if !k.value.IsNull() {
		e.take(g, []byte(k.value.Text()))
	}
}

func (e *textExtremes) merge(from accumulator, groups []int32) {
	for i, v := range from.(*textExtremes).best {
		if v != nil {
			e.take(groups[i], v)
		}
	}
}

func (e *textExtremes) state(dst []byte, g int32) []byte {
	v := e.best[g]
	if v == nil {
		return append(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(v))+1), v...)
}

func (e *textExtremes) restore(src []byte, g int32) ([]byte, error) {
	n, used := binary.Uvarint(src)
	if used <= 0 || n > uint64(len(src)-used)+1 {
		return nil, errState
	}
	if src = src[used:]; n == 0 {
		return src, nil
	}
	e.take(g, src[:n-1])
	return src[n-1:], nil
}

func (e *textExtremes) result(to array.Builder, g int32) error {
	v := e.best[g]
	switch b := to.(type) {
	case *array.StringBuilder:
		if v == nil {
			b.AppendNull()
		} else {
			b.Append(string(v))
		}
	case *array.BinaryBuilder:
		if v == nil {
			b.AppendNull()
		} else {
			b.Append(v)
		}
	}
	return nil
}
