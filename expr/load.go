package expr

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
)

// loadColumn finds a column of a batch and reads it without copying numbers.
func loadColumn(batch arrow.RecordBatch, c *Column) (vec, error) {
	indices := batch.Schema().FieldIndices(c.Path[0])
	if len(indices) != 1 {
		return vec{}, fmt.Errorf("batch has %d columns named %s, expected one", len(indices), quoteName(c.Path[0]))
	}
	arr := batch.Column(indices[0])
	var valid bitmap
	for _, name := range c.Path[1:] {
		parent, ok := arr.(*array.Struct)
		if !ok {
			return vec{}, fmt.Errorf("column %s of the batch is %v, not a struct", quotePath(c.Path), arr.DataType())
		}
		valid = valid.and(validity(arr))
		i, ok := parent.DataType().(*arrow.StructType).FieldIdx(name)
		if !ok {
			return vec{}, fmt.Errorf("column %s of the batch has no field %s", quotePath(c.Path), quoteName(name))
		}
		arr = parent.Field(i)
	}
	v, err := fromArrow(arr, c.typ)
	if err != nil {
		return vec{}, fmt.Errorf("read column %s of the batch: %w", quotePath(c.Path), err)
	}
	if v.boolean() {
		v.yes, v.no = v.yes.and(valid), v.no.and(valid)
	} else {
		v.valid = v.valid.and(valid)
	}
	return v, nil
}

// validity is the rows of an array that are not null; nil: all.
func validity(arr arrow.Array) bitmap {
	if arr.DataType().ID() == arrow.NULL {
		return newBitmap(arr.Len())
	}
	if arr.NullN() == 0 || len(arr.NullBitmapBytes()) == 0 {
		return nil
	}
	return bitsFrom(arr.NullBitmapBytes(), arr.Data().Offset(), arr.Len())
}

// bitsFrom copies n bits that start at an offset.
func bitsFrom(src []byte, offset, n int) bitmap {
	out := newBitmap(n)
	src = src[offset/8:]
	shift := offset % 8
	for w := range out {
		var word uint64
		for k := range 8 {
			if i := w*8 + k; i < len(src) {
				word |= uint64(src[i]) << (8 * k)
			}
		}
		if shift > 0 {
			word >>= shift
			if i := w*8 + 8; i < len(src) {
				word |= uint64(src[i]) << (64 - shift)
			}
		}
		out[w] = word
	}
	out.trim(n)
	return out
}

// fromArrow reads an array as a vec of type t. Strings may be of any layout
// that Arrow has; a dictionary is resolved.
func fromArrow(arr arrow.Array, t schema.Type) (vec, error) {
	v := vec{rows: arr.Len(), valid: validity(arr)}
	if kindOf(t) == isNested {
		inside, err := nestedFromArrow(arr, t)
		v.nested = inside
		return v, err
	}
	mismatch := fmt.Errorf("type %v where %v was expected", arr.DataType(), t)
	if want, err := arrowconv.Type(t); err != nil {
		return vec{}, err
	} else if !sameLayout(arr.DataType(), want) {
		return vec{}, mismatch
	}
	switch a := arr.(type) {
	case *array.Null:
		return nullVec(t, arr.Len()), nil
	case *array.Dictionary:
		return fromDictionary(a, t)
	case *array.Boolean:
		data := a.Data()
		if v.yes = newBitmap(v.rows); data.Buffers()[1] != nil {
			v.yes = bitsFrom(data.Buffers()[1].Bytes(), data.Offset(), v.rows)
		}
		v.no = v.valid.without(v.yes, v.rows)
		v.yes = v.yes.and(v.valid)
		v.valid = nil
	case *array.Int8:
		v.data = a.Int8Values()
	case *array.Int16:
		v.data = a.Int16Values()
	case *array.Int32:
		v.data = a.Int32Values()
	case *array.Int64:
		v.data = a.Int64Values()
	case *array.Float32:
		v.data = a.Float32Values()
	case *array.Float64:
		v.data = a.Float64Values()
	case *array.Date32:
		v.data = arrow.GetData[int32](arrow.GetBytes(a.Date32Values()))
	case *array.Timestamp:
		v.data = arrow.GetData[int64](arrow.GetBytes(a.TimestampValues()))
	case *array.Decimal128:
		v.data = a.Values()
	case *array.String:
		v.data = stringsOf(a.ValueOffsets(), a.ValueBytes(), v.rows)
	case *array.Binary:
		v.data = stringsOf(a.ValueOffsets(), a.ValueBytes(), v.rows)
	case *array.LargeString:
		v.data = stringsOf(a.ValueOffsets(), a.ValueBytes(), v.rows)
	case *array.LargeBinary:
		v.data = stringsOf(a.ValueOffsets(), a.ValueBytes(), v.rows)
	case *array.StringView:
		v.data = viewsOf(v, a.Value)
	case *array.BinaryView:
		v.data = viewsOf(v, func(i int) string { return viewString(a.Value(i)) })
	default:
		return vec{}, mismatch
	}
	if arr.Data().Len() > 0 && len(arr.Data().Buffers()) > 1 && arr.Data().Buffers()[1] == nil {
		if arr.NullN() == arr.Len() { // an array of nulls alone may come without values
			return nullVec(t, arr.Len()), nil
		}
		return vec{}, fmt.Errorf("array of type %v without values", arr.DataType())
	}
	return v, nil
}

// sameLayout says whether an array of type got can be read as one of type want.
func sameLayout(got, want arrow.DataType) bool {
	if got.ID() == arrow.NULL {
		return true
	}
	if d, ok := got.(*arrow.DictionaryType); ok {
		return sameLayout(d.ValueType, want)
	}
	switch want.ID() {
	case arrow.STRING, arrow.BINARY:
		switch got.ID() {
		case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW, arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW:
			return true
		}
		return false
	case arrow.TIMESTAMP:
		g, ok := got.(*arrow.TimestampType)
		return ok && g.Unit == want.(*arrow.TimestampType).Unit && (g.TimeZone == "") == (want.(*arrow.TimestampType).TimeZone == "")
	case arrow.DECIMAL128:
		g, ok := got.(*arrow.Decimal128Type)
		return ok && g.Scale == want.(*arrow.Decimal128Type).Scale
	}
	return got.ID() == want.ID()
}

// stringsOf gives every row of a string array a header of its own; the bytes
// stay the array's.
func stringsOf[O int32 | int64](offsets []O, bytes []byte, rows int) []string {
	out := make([]string, rows)
	if rows == 0 || len(bytes) == 0 {
		return out
	}
	base := offsets[0]
	for i := range out {
		out[i] = viewString(bytes[offsets[i]-base : offsets[i+1]-base])
	}
	return out
}

func viewString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func viewsOf(v vec, at func(int) string) []string {
	out := make([]string, v.rows)
	for i := range v.valid.rows(v.rows) {
		out[i] = at(i)
	}
	return out
}

// fromDictionary reads the dictionary once. What is computed of it is computed
// once a word, unless there are more words than rows.
func fromDictionary(a *array.Dictionary, t schema.Type) (vec, error) {
	words, err := fromArrow(a.Dictionary(), t)
	if err != nil {
		return vec{}, err
	}
	rows := a.Len()
	index := make([]int32, rows)
	valid := validity(a)
	for i := range valid.rows(rows) {
		index[i] = int32(a.GetValueIndex(i))
	}
	v := vec{rows: rows, valid: valid, index: index, words: words.rows, data: words.data}
	switch {
	case words.rows == 0: // no row has a value
		return nullVec(t, rows), nil
	case words.boolean():
		return vec{rows: rows, yes: v.spread(words.yes).and(valid), no: v.spread(words.no).and(valid)}, nil
	case words.data == nil:
		return vec{}, fmt.Errorf("dictionary of %v", a.Dictionary().DataType())
	case words.one: // an array of nulls alone
		return nullVec(t, rows), nil
	case words.valid != nil:
		v.valid = v.spread(words.valid).and(valid)
	}
	if words.rows > rows {
		return v.flat(), nil
	}
	return v, nil
}

func gather[T any](words []T, index []int32) []T {
	out := make([]T, len(index))
	if len(words) == 0 {
		return out
	}
	for i, w := range index {
		out[i] = words[w]
	}
	return out
}

// toArrow copies a vec into an array of type t, which the caller releases.
func toArrow(v vec, t schema.Type, mem memory.Allocator) (arrow.Array, error) {
	dt, err := arrowconv.Type(t)
	if err != nil {
		return nil, err
	}
	if kindOf(t) == isNested {
		if childTypes(t) == nil {
			return array.MakeArrayOfNull(mem, dt, v.rows), nil
		}
		return nestedToArrow(v, t, dt, mem)
	}
	v = v.flat()
	valid := v.validRows()
	buffers := make([]*memory.Buffer, 2, 3)
	defer func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
	}()
	nulls := 0
	if valid != nil {
		nulls = v.rows - valid.count()
		buffers[0] = bitBuffer(valid, v.rows, mem)
	}
	switch data := v.data.(type) {
	case []int8:
		buffers[1] = numberBuffer(data, v, mem)
	case []int16:
		buffers[1] = numberBuffer(data, v, mem)
	case []int32:
		buffers[1] = numberBuffer(data, v, mem)
	case []int64:
		buffers[1] = numberBuffer(data, v, mem)
	case []float32:
		buffers[1] = numberBuffer(data, v, mem)
	case []float64:
		buffers[1] = numberBuffer(data, v, mem)
	case []decimal128.Num:
		buffers[1] = numberBuffer(data, v, mem)
	case []string:
		offsets, bytes, err := stringBuffers(data, v, valid, mem)
		if err != nil {
			return nil, err
		}
		buffers[1] = offsets
		buffers = append(buffers, bytes)
	default:
		buffers[1] = bitBuffer(v.yes, v.rows, mem)
	}
	data := array.NewData(dt, v.rows, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

func newBuffer(bytes int, mem memory.Allocator) *memory.Buffer {
	b := memory.NewResizableBuffer(mem)
	b.Resize(bytes)
	return b
}

func bitBuffer(bits bitmap, rows int, mem memory.Allocator) *memory.Buffer {
	b := newBuffer(int(bitutil.BytesForBits(int64(rows))), mem)
	dst := b.Bytes()
	for i := range dst {
		dst[i] = byte(bits[i/8] >> (i % 8 * 8))
	}
	return b
}

func numberBuffer[T arrow.FixedWidthType](data []T, v vec, mem memory.Allocator) *memory.Buffer {
	var zero T
	b := newBuffer(v.rows*int(unsafe.Sizeof(zero)), mem)
	dst := arrow.GetData[T](b.Bytes())
	if !v.one {
		copy(dst, data)
		return b
	}
	for i := range dst {
		dst[i] = data[0]
	}
	return b
}

func stringBuffers(data []string, v vec, valid bitmap, mem memory.Allocator) (offsets, bytes *memory.Buffer, err error) {
	total, step := 0, v.stride()
	for i := range valid.rows(v.rows) {
		total += len(data[i*step])
	}
	if total > math.MaxInt32 {
		return nil, nil, fmt.Errorf("result of %d bytes does not fit in one string array", total)
	}
	offsets, bytes = newBuffer((v.rows+1)*4, mem), newBuffer(total, mem)
	ends, dst := arrow.GetData[int32](offsets.Bytes()), bytes.Bytes()
	ends[0] = 0
	at := 0
	for i := range v.rows {
		if valid.get(i) {
			at += copy(dst[at:], data[i*step])
		}
		ends[i+1] = int32(at)
	}
	return offsets, bytes, nil
}
