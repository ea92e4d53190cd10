package aggregate

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// A key is the group of a row as bytes: one column behind the other. Keys are
// equal exactly when the values are one group, and their order is that of the
// values: nulls first, NaN last, −0.0 as 0.0.
//
//	null      0
//	otherwise 1, then
//	  number  big-endian, the sign flipped; a float as the bits that order it
//	  text    its bytes, in the last column; elsewhere with 0 as 0 255, and 0 0 at the end

// keyColumn writes and reads one column of keys.
type keyColumn struct {
	typ  schema.Type
	last bool
	size int // of a value; 0 for texts
}

func newKeyColumn(t schema.Type, last bool) keyColumn {
	c := keyColumn{typ: t, last: last}
	if _, ok := t.(schema.Decimal); ok {
		c.size = 16
		return c
	}
	switch t {
	case schema.Boolean, schema.Byte:
		c.size = 1
	case schema.Short:
		c.size = 2
	case schema.Integer, schema.Date, schema.Float:
		c.size = 4
	case schema.String, schema.Binary:
	default:
		c.size = 8
	}
	return c
}

// keys are the keys of the rows of a batch.
type keys struct {
	data []byte
	ends []int // ends[i] is where the key of row i ends
}

// encode writes the keys of rows, a column at a time: first how long they are,
// then what they are.
func (k *keys) encode(columns []keyColumn, arrays []arrow.Array, rows int) {
	k.ends = resized(k.ends[:0], rows)
	for i, c := range columns {
		c.lengths(arrays[i], k.ends)
	}
	total := 0
	for i, n := range k.ends { // from now on, and while columns are written, where the next of a key goes
		k.ends[i] = total
		total += n
	}
	if cap(k.data) < total+shortKey { // see groups.find
		k.data = make([]byte, total, total+total/4+shortKey)
	}
	k.data = k.data[:total]
	for i, c := range columns {
		c.write(arrays[i], k.data, k.ends)
	}
}

// lengths adds the length of each value.
func (c keyColumn) lengths(a arrow.Array, lengths []int) {
	nulls := a.NullN() > 0
	if c.size > 0 {
		for i := range lengths {
			if lengths[i]++; !nulls || a.IsValid(i) {
				lengths[i] += c.size
			}
		}
		return
	}
	data, offsets := texts(a)
	mark := 3 // and the end
	if c.last {
		mark = 1
	}
	escapes := !c.last && hasZero(data)
	for i := range lengths {
		if nulls && a.IsNull(i) {
			lengths[i]++
			continue
		}
		lengths[i] += mark + int(offsets[i+1]-offsets[i])
		if escapes {
			lengths[i] += bytes.Count(data[offsets[i]-offsets[0]:offsets[i+1]-offsets[0]], zero)
		}
	}
}

var zero = []byte{0}

func hasZero(data []byte) bool { return bytes.IndexByte(data, 0) >= 0 }

// texts are the values of a string or binary, at offsets that count from the
// first.
func texts(a arrow.Array) ([]byte, []int32) {
	switch a := a.(type) {
	case *array.String:
		return a.ValueBytes(), a.ValueOffsets()
	case *array.Binary:
		return a.ValueBytes(), a.ValueOffsets()
	}
	return nil, nil
}

// write puts each value where its key goes on, and moves that.
func (c keyColumn) write(a arrow.Array, dst []byte, at []int) {
	be := binary.BigEndian
	switch a := a.(type) {
	case *array.Boolean:
		writeFixed(a, dst, at, 1, func(b []byte, i int) {
			if b[0] = 0; a.Value(i) {
				b[0] = 1
			}
		})
	case *array.Int8:
		v := a.Int8Values()
		writeFixed(a, dst, at, 1, func(b []byte, i int) { b[0] = byte(v[i]) ^ 1<<7 })
	case *array.Int16:
		v := a.Int16Values()
		writeFixed(a, dst, at, 2, func(b []byte, i int) { be.PutUint16(b, uint16(v[i])^1<<15) })
	case *array.Int32, *array.Date32:
		v := int32s.all(a)
		writeFixed(a, dst, at, 4, func(b []byte, i int) { be.PutUint32(b, uint32(v[i])^1<<31) })
	case *array.Int64, *array.Timestamp:
		v := int64s.all(a)
		writeFixed(a, dst, at, 8, func(b []byte, i int) { be.PutUint64(b, uint64(v[i])^1<<63) })
	case *array.Float32:
		v := a.Float32Values()
		writeFixed(a, dst, at, 4, func(b []byte, i int) { be.PutUint32(b, orderFloat32(v[i])) })
	case *array.Float64:
		v := a.Float64Values()
		writeFixed(a, dst, at, 8, func(b []byte, i int) { be.PutUint64(b, orderFloat64(v[i])) })
	case *array.Decimal128:
		v := a.Values()
		writeFixed(a, dst, at, 16, func(b []byte, i int) {
			be.PutUint64(b, uint64(v[i].HighBits())^1<<63)
			be.PutUint64(b[8:], v[i].LowBits())
		})
	default:
		c.writeTexts(a, dst, at)
	}
}

func (c keyColumn) writeTexts(a arrow.Array, dst []byte, at []int) {
	data, offsets := texts(a)
	nulls, escapes := a.NullN() > 0, !c.last && hasZero(data)
	for i, pos := range at {
		if nulls && a.IsNull(i) {
			dst[pos] = 0
			at[i] = pos + 1
			continue
		}
		dst[pos] = 1
		pos++
		v := data[offsets[i]-offsets[0] : offsets[i+1]-offsets[0]]
		switch {
		case escapes:
			pos += c.writeText(dst[pos:], v)
		case len(v) < 8: // sooner done than said to copy
			for j, b := range v {
				dst[pos+j] = b
			}
			pos += len(v)
		default:
			pos += copy(dst[pos:], v)
		}
		if !escapes && !c.last {
			dst[pos], dst[pos+1] = 0, 0
			pos += 2
		}
		at[i] = pos
	}
}

func writeFixed(a arrow.Array, dst []byte, at []int, size int, put func(b []byte, row int)) {
	nulls := a.NullN() > 0
	for i, pos := range at {
		if nulls && a.IsNull(i) {
			dst[pos] = 0
			at[i] = pos + 1
			continue
		}
		dst[pos] = 1
		put(dst[pos+1:pos+1+size:pos+1+size], i)
		at[i] = pos + 1 + size
	}
}

func (c keyColumn) writeText(to, v []byte) int {
	if c.last {
		return copy(to, v)
	}
	n := 0
	for {
		i := bytes.IndexByte(v, 0)
		if i < 0 {
			n += copy(to[n:], v)
			to[n], to[n+1] = 0, 0
			return n + 2
		}
		n += copy(to[n:], v[:i])
		to[n], to[n+1] = 0, 255
		n += 2
		v = v[i+1:]
	}
}

// orderFloat64 is bits that are ordered as Spark orders floats.
func orderFloat64(f float64) uint64 {
	switch {
	case f != f:
		return math.MaxUint64
	case f == 0:
		return 1 << 63
	}
	bits := math.Float64bits(f)
	if f < 0 {
		return ^bits
	}
	return bits ^ 1<<63
}

func float64Of(order uint64) float64 {
	switch {
	case order == math.MaxUint64:
		return math.NaN()
	case order>>63 == 0:
		return math.Float64frombits(^order)
	}
	return math.Float64frombits(order ^ 1<<63)
}

func orderFloat32(f float32) uint32 {
	switch {
	case f != f:
		return math.MaxUint32
	case f == 0:
		return 1 << 31
	}
	bits := math.Float32bits(f)
	if f < 0 {
		return ^bits
	}
	return bits ^ 1<<31
}

func float32Of(order uint32) float32 {
	switch {
	case order == math.MaxUint32:
		return float32(math.NaN())
	case order>>31 == 0:
		return math.Float32frombits(^order)
	}
	return math.Float32frombits(order ^ 1<<31)
}

// appendValue is write for one value.
func (c keyColumn) appendValue(dst []byte, v value.Value) []byte {
	if v.IsNull() {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	be := binary.BigEndian
	if _, ok := c.typ.(schema.Decimal); ok {
		n := v.Unscaled()
		return be.AppendUint64(be.AppendUint64(dst, uint64(n.Hi)^1<<63), n.Lo)
	}
	switch c.typ {
	case schema.Boolean:
		if v.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case schema.Byte:
		return append(dst, byte(v.Int64())^1<<7)
	case schema.Short:
		return be.AppendUint16(dst, uint16(v.Int64())^1<<15)
	case schema.Integer, schema.Date:
		return be.AppendUint32(dst, uint32(v.Int64())^1<<31)
	case schema.Float:
		return be.AppendUint32(dst, orderFloat32(float32(v.Float64())))
	case schema.Double:
		return be.AppendUint64(dst, orderFloat64(v.Float64()))
	case schema.String, schema.Binary:
		text := []byte(v.Text())
		room := make([]byte, 2*len(text)+2)
		return append(dst, room[:c.writeText(room, text)]...)
	default:
		return be.AppendUint64(dst, uint64(v.Int64())^1<<63)
	}
}

// read appends the value at the beginning of a key to a column, and returns the
// rest.
func (c keyColumn) read(key []byte, to array.Builder) []byte {
	if key[0] == 0 {
		to.AppendNull()
		return key[1:]
	}
	key = key[1:]
	be := binary.BigEndian
	switch b := to.(type) {
	case *array.BooleanBuilder:
		b.Append(key[0] != 0)
	case *array.Int8Builder:
		b.Append(int8(key[0] ^ 1<<7))
	case *array.Int16Builder:
		b.Append(int16(be.Uint16(key) ^ 1<<15))
	case *array.Int32Builder, *array.Date32Builder:
		int32s.build(b, int32(be.Uint32(key)^1<<31))
	case *array.Int64Builder, *array.TimestampBuilder:
		int64s.build(b, int64(be.Uint64(key)^1<<63))
	case *array.Float32Builder:
		b.Append(float32Of(be.Uint32(key)))
	case *array.Float64Builder:
		b.Append(float64Of(be.Uint64(key)))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(int64(be.Uint64(key)^1<<63), be.Uint64(key[8:])))
	case *array.StringBuilder:
		text, rest := c.readText(key)
		b.Append(string(text))
		return rest
	case *array.BinaryBuilder:
		text, rest := c.readText(key)
		b.Append(text)
		return rest
	}
	return key[c.size:]
}

func (c keyColumn) readText(key []byte) (text, rest []byte) {
	if c.last {
		return key, nil
	}
	if i := bytes.IndexByte(key, 0); key[i+1] == 0 { // there always is an end
		return key[:i], key[i+2:]
	}
	for {
		i := bytes.IndexByte(key, 0)
		text = append(text, key[:i]...)
		end := key[i+1] == 0
		if key = key[i+2:]; end {
			return text, key
		}
		text = append(text, 0)
	}
}
