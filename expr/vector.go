package expr

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// bitmap holds one bit a row. Bits beyond the last row are zero. Where a nil
// bitmap is allowed it stands for one with every bit set.
type bitmap []uint64

func newBitmap(rows int) bitmap { return make(bitmap, (rows+63)/64) }

// fullBitmap has every bit of n rows set.
func fullBitmap(rows int) bitmap {
	b := newBitmap(rows)
	for i := range b {
		b[i] = ^uint64(0)
	}
	b.trim(rows)
	return b
}

// trim clears the bits beyond the last row.
func (b bitmap) trim(rows int) {
	if rest := rows % 64; rest != 0 {
		b[len(b)-1] &= 1<<rest - 1
	}
}

func (b bitmap) get(i int) bool { return b == nil || b[i/64]>>(i%64)&1 != 0 }

func (b bitmap) set(i int) { b[i/64] |= 1 << (i % 64) }

// with is b with bit i of n set; a nil b has none set so far.
func (b bitmap) with(i, n int) bitmap {
	if b == nil {
		b = newBitmap(n)
	}
	b.set(i)
	return b
}

func (b bitmap) clear(i int) { b[i/64] &^= 1 << (i % 64) }

func (b bitmap) empty() bool {
	if b == nil {
		return false
	}
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// count is the number of bits set; b is not nil.
func (b bitmap) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// and is the intersection of two bitmaps, either of which may be nil.
func (b bitmap) and(c bitmap) bitmap {
	switch {
	case b == nil:
		return c
	case c == nil:
		return b
	}
	out := make(bitmap, len(b))
	for i := range out {
		out[i] = b[i] & c[i]
	}
	return out
}

// without is b less c, of n rows; b may be nil, c may not.
func (b bitmap) without(c bitmap, rows int) bitmap {
	out := make(bitmap, len(c))
	for i := range out {
		out[i] = ^c[i]
		if b != nil {
			out[i] &= b[i]
		}
	}
	out.trim(rows)
	return out
}

// rows visits the bits that are set among the first n.
func (b bitmap) rows(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if b == nil {
			for i := range n {
				if !yield(i) {
					return
				}
			}
			return
		}
		for w, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(w*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// vec is a column of values while an expression is evaluated. Values of rows
// that are null or not selected are arbitrary, but can be read.
type vec struct {
	rows int
	// one says that data holds a single value, which stands for all rows; valid
	// then has a single bit.
	one   bool
	valid bitmap // nil: no row is null. Not used for booleans
	// index, if not nil, says for each row which entry of data is its value, as
	// in a dictionary: what is computed of a value is computed once. There are
	// words entries. Only vecs of [run.shaped] have one.
	index []int32
	words int
	// data is a slice of the Go type of the values: int8, int16, int32 (also
	// dates), int64 (also timestamps), float32, float64, decimal128.Num, string
	// (also binaries). It is nil for void, of which only valid matters, for nested
	// types and for booleans.
	data any
	// nested is the inside of structs, arrays and maps, which have neither one
	// nor index.
	nested *nested
	// yes and no are the rows where a boolean is true and where it is false;
	// in neither it is null.
	yes, no bitmap
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64
}

type float interface{ ~float32 | ~float64 }

// stride is the step from one row to the next in data.
func (v vec) stride() int {
	if v.one {
		return 0
	}
	return 1
}

func (v vec) boolean() bool { return v.yes != nil }

// validRows is the validity of every row; nil: no row is null.
func (v vec) validRows() bitmap {
	switch {
	case v.boolean():
		b := make(bitmap, len(v.yes))
		for i := range b {
			b[i] = v.yes[i] | v.no[i]
		}
		return b
	case v.one && v.valid != nil && v.valid.get(0):
		return nil
	case v.one && v.valid != nil:
		return newBitmap(v.rows)
	}
	return v.valid
}

// active visits the entries of data that are not null and stand for a selected
// row.
func (v vec) active(sel bitmap) iter.Seq[int] {
	switch {
	case v.index != nil:
		used := newBitmap(v.words)
		for i := range v.valid.and(sel).rows(v.rows) {
			used.set(int(v.index[i]))
		}
		return used.rows(v.words)
	case !v.one:
		return v.valid.and(sel).rows(v.rows)
	}
	return func(yield func(int) bool) {
		if v.rows > 0 && v.valid.get(0) && !sel.empty() {
			yield(0)
		}
	}
}

// firstRow is a row that an entry of data stands for.
func (v vec) firstRow(entry int, sel bitmap) int {
	switch {
	case v.index != nil:
		for i := range v.valid.and(sel).rows(v.rows) {
			if int(v.index[i]) == entry {
				return i
			}
		}
	case v.one:
		for i := range sel.rows(v.rows) {
			return i
		}
	}
	return entry
}

// without is v less the entries that are set, which become null.
func (v vec) without(nulls bitmap) vec {
	switch {
	case nulls == nil:
	case v.one:
		v.valid = bitmap{0}
	case v.index == nil:
		v.valid = v.valid.without(nulls, v.rows)
	default:
		lost := newBitmap(v.rows)
		for i, w := range v.index {
			if nulls.get(int(w)) {
				lost.set(i)
			}
		}
		v.valid = v.valid.without(lost, v.rows)
	}
	return v
}

// flat is v with an entry for each row, unless one stands for all.
func (v vec) flat() vec {
	if v.index == nil {
		return v
	}
	out := vec{rows: v.rows, valid: v.valid}
	switch data := v.data.(type) {
	case []int8:
		out.data = gather(data, v.index)
	case []int16:
		out.data = gather(data, v.index)
	case []int32:
		out.data = gather(data, v.index)
	case []int64:
		out.data = gather(data, v.index)
	case []float32:
		out.data = gather(data, v.index)
	case []float64:
		out.data = gather(data, v.index)
	case []decimal128.Num:
		out.data = gather(data, v.index)
	case []string:
		out.data = gather(data, v.index)
	case []bool:
		out.data = gather(data, v.index)
	}
	return out
}

// spread is a bitmap of entries as one of rows.
func (v vec) spread(entries bitmap) bitmap {
	switch {
	case v.index != nil:
		out := newBitmap(v.rows)
		for w := range out {
			var word uint64
			for j, entry := range part(v.index, w) {
				word |= (entries[entry/64] >> (entry % 64) & 1) << j
			}
			out[w] = word
		}
		return out
	case !v.one:
		return entries
	case entries.get(0):
		return fullBitmap(v.rows)
	default:
		return newBitmap(v.rows)
	}
}

// like is a vec of the same shape and nulls with other data.

func (v vec) like(data any) vec {
	v.data, v.yes, v.no = data, nil, nil
	return v
}

// entries is the number of entries that data has.
func (v vec) entries() int {
	switch {
	case v.index != nil:
		return v.words
	case v.one:
		return 1
	}
	return v.rows
}

// nullVec is the null of a type for every row.
func nullVec(t schema.Type, rows int) vec {
	v := vec{rows: rows, one: true, valid: bitmap{0}}
	switch kindOf(t) {
	case isBool:
		return vec{rows: rows, yes: newBitmap(rows), no: newBitmap(rows)}
	case isInt8:
		v.data = []int8{0}
	case isInt16:
		v.data = []int16{0}
	case isInt32:
		v.data = []int32{0}
	case isInt64:
		v.data = []int64{0}
	case isFloat32:
		v.data = []float32{0}
	case isFloat64:
		v.data = []float64{0}
	case isDecimal:
		v.data = []decimal128.Num{{}}
	case isString:
		v.data = []string{""}
	case isNested:
		return vec{rows: rows, valid: newBitmap(rows), nested: nullNested(t, rows)}
	}
	return v
}

// constant is one value for every row.
func constant(x value.Value, t schema.Type, rows int) vec {
	v := nullVec(t, rows)
	if x.IsNull() {
		return v
	}
	v.valid = nil
	switch data := v.data.(type) {
	case []int8:
		data[0] = int8(x.Int64())
	case []int16:
		data[0] = int16(x.Int64())
	case []int32:
		data[0] = int32(x.Int64())
	case []int64:
		data[0] = x.Int64()
	case []float32:
		data[0] = float32(x.Float64())
	case []float64:
		data[0] = x.Float64()
	case []decimal128.Num:
		data[0] = toNum(x.Unscaled())
	case []string:
		data[0] = x.Text()
	case nil:
		if v.boolean() && x.Bool() {
			v.yes = fullBitmap(rows)
		} else if v.boolean() {
			v.no = fullBitmap(rows)
		}
	}
	return v
}

// at is the value of row i as a value of type t.
func (v vec) at(i int, t schema.Type) value.Value {
	if v.boolean() {
		if !v.yes.get(i) && !v.no.get(i) {
			return value.Null(t)
		}
		return value.Bool(v.yes.get(i))
	}
	i *= v.stride()
	if !v.valid.get(i) {
		return value.Null(t)
	}
	return v.entryAt(i, t)
}

// entryAt is an entry of data as a value of type t.
func (v vec) entryAt(i int, t schema.Type) value.Value {
	if v.boolean() {
		return v.at(i, t)
	}
	p, _ := t.(schema.Primitive)
	switch data := v.data.(type) {
	case []int8:
		return value.Int(p, int64(data[i]))
	case []int16:
		return value.Int(p, int64(data[i]))
	case []int32:
		return value.Int(p, int64(data[i]))
	case []int64:
		return value.Int(p, data[i])
	case []float32:
		return value.Float(data[i])
	case []float64:
		return value.Double(data[i])
	case []decimal128.Num:
		d, _ := t.(schema.Decimal)
		return value.Decimal(d, fromNum(data[i]))
	case []string:
		if p == schema.Binary {
			return value.Binary([]byte(data[i]))
		}
		return value.String(strings.Clone(data[i])) // the batch's memory ends before the value
	}
	return value.Null(t)
}

func toNum(n value.Int128) decimal128.Num { return decimal128.New(n.Hi, n.Lo) }

func fromNum(n decimal128.Num) value.Int128 {
	return value.Int128{Hi: n.HighBits(), Lo: n.LowBits()}
}

// layout is the Go type that holds the values of a type.
type layout uint8

const (
	isNested layout = iota // structs, arrays, maps; variant and void: no values
	isBool
	isInt8
	isInt16
	isInt32
	isInt64
	isFloat32
	isFloat64
	isDecimal
	isString
)

func kindOf(t schema.Type) layout {
	if _, ok := t.(schema.Decimal); ok {
		return isDecimal
	}
	switch t {
	case schema.Boolean:
		return isBool
	case schema.Byte:
		return isInt8
	case schema.Short:
		return isInt16
	case schema.Integer, schema.Date:
		return isInt32
	case schema.Long, schema.Timestamp, schema.TimestampNTZ:
		return isInt64
	case schema.Float:
		return isFloat32
	case schema.Double:
		return isFloat64
	case schema.String, schema.Binary:
		return isString
	default:
		return isNested
	}
}
