package arrowconv

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// undictionary is the values that a dictionary array stands for.
func (c *converter) undictionary(p place, a *array.Dictionary) (arrow.Array, error) {
	mem := c.opts.Allocator
	if err := checkIndices(p, a); err != nil {
		return nil, err
	}
	switch dict := a.Dictionary().(type) {
	case *array.String:
		return spell(a, dict, array.NewStringBuilder(mem)), nil
	case *array.LargeString:
		return spell(a, dict, array.NewLargeStringBuilder(mem)), nil
	case *array.StringView:
		return spell(a, dict, array.NewStringViewBuilder(mem)), nil
	case *array.Binary:
		return spell(a, dict, array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)), nil
	case *array.LargeBinary:
		return spell(a, dict, array.NewBinaryBuilder(mem, arrow.BinaryTypes.LargeBinary)), nil
	case *array.BinaryView:
		return spell(a, dict, array.NewBinaryViewBuilder(mem)), nil
	case *array.Boolean:
		return spell(a, dict, array.NewBooleanBuilder(mem)), nil
	case *array.Null:
		return array.NewNull(a.Len()), nil
	}
	fixed, is := a.Dictionary().DataType().(arrow.FixedWidthDataType)
	if _, nested := a.Dictionary().(*array.Dictionary); nested || !is || fixed.BitWidth()%8 != 0 {
		return nil, columnError(p.column, ErrType, "a dictionary of %v", a.Dictionary().DataType())
	}
	return c.spellFixed(a, fixed)
}

// builder is what spell appends to.
type builder[V any] interface {
	array.Builder
	Append(V)
}

// spell looks every value up. It releases b.
func spell[V any](a *array.Dictionary, dict interface {
	arrow.Array
	Value(int) V
}, b builder[V]) arrow.Array {
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if at, ok := index(a, dict, i); ok {
			b.Append(dict.Value(at))
		} else {
			b.AppendNull()
		}
	}
	return b.NewArray()
}

// checkIndices looks for indices outside the dictionary.
func checkIndices(p place, a *array.Dictionary) error {
	n := a.Dictionary().Len()
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		if at := a.GetValueIndex(i); at < 0 || at >= n {
			return p.bad(i, ErrRange, strconv.Itoa(at), "an index into a dictionary of %d values", n)
		}
	}
	return nil
}

// index is where value i is in the dictionary; false is null.
func index(a *array.Dictionary, dict arrow.Array, i int) (int, bool) {
	if a.IsNull(i) {
		return 0, false
	}
	at := a.GetValueIndex(i)
	return at, dict.IsValid(at)
}

func (c *converter) spellFixed(a *array.Dictionary, dt arrow.FixedWidthDataType) (arrow.Array, error) {
	width := dt.Bytes()
	dict := a.Dictionary()
	data := memory.NewResizableBuffer(c.opts.Allocator)
	defer data.Release()
	data.Resize(width * a.Len())
	clear(data.Bytes())
	bits := memory.NewResizableBuffer(c.opts.Allocator)
	defer bits.Release()
	bits.Resize((a.Len() + 7) / 8)
	clear(bits.Bytes())
	nulls := a.Len()
	var from []byte
	if b := dict.Data().Buffers()[1]; b != nil {
		from = b.Bytes()[dict.Data().Offset()*width:]
	}
	for i := range a.Len() {
		if at, ok := index(a, dict, i); ok {
			copy(data.Bytes()[i*width:(i+1)*width], from[at*width:])
			bits.Bytes()[i/8] |= 1 << (i % 8)
			nulls--
		}
	}
	return fromData(dt, a.Len(), []*memory.Buffer{bits, data}, nil, nulls), nil
}
