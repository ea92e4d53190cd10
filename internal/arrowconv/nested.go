package arrowconv

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// converter is the state of one Convert.
type converter struct {
	opts  Options
	depth int
}

// array is a as t, whose layout is dt; a itself, retained, if it has it.
func (c *converter) array(p place, a arrow.Array, t schema.Type, dt arrow.DataType) (arrow.Array, error) {
	if c.depth++; c.depth > depthMax {
		return nil, columnError(p.column, ErrType, "nested deeper than %d levels", depthMax)
	}
	defer func() { c.depth-- }()

	if sameLayout(a.DataType(), dt) {
		if err := checkValues(p, a, t, nil); err != nil {
			return nil, err
		}
		a.Retain()
		return a, nil
	}
	switch in := a.(type) {
	case *array.Null:
		return array.MakeArrayOfNull(c.opts.Allocator, dt, a.Len()), nil
	case *array.Dictionary:
		plain, err := c.undictionary(p, in)
		if err != nil {
			return nil, err
		}
		defer plain.Release()
		return c.array(p, plain, t, dt)
	case array.ExtensionArray:
		if in.ExtensionType().ExtensionName() == uuidExtension && t == schema.String {
			return c.uuids(in)
		}
		return c.array(p, in.Storage(), t, dt)
	}
	switch t := t.(type) {
	case *schema.Struct:
		if in, is := a.(*array.Struct); is {
			return c.structure(p, in, t, dt)
		}
	case *schema.Array:
		switch in := a.(type) {
		case *array.List:
			return c.list(p, in, t, dt.(*arrow.ListType))
		case *array.LargeList:
			return c.list(p, in, t, dt.(*arrow.ListType))
		case *array.FixedSizeList:
			return c.list(p, in, t, dt.(*arrow.ListType))
		}
	case *schema.Map:
		if in, is := a.(*array.Map); is {
			return c.mapping(p, in, t, dt.(*arrow.MapType))
		}
	default:
		if out, err := c.scalar(p, a, t, dt); out != nil || err != nil {
			return out, err
		}
	}
	return nil, columnError(p.column, ErrType, "the batch has %v, the table %v", a.DataType(), t)
}

// sameLayout says whether two types are the same down to the names and the
// nullability of what is inside them.
func sameLayout(a, b arrow.DataType) bool {
	if a.ID() != b.ID() {
		return false
	}
	switch a := a.(type) {
	case *arrow.StructType:
		b := b.(*arrow.StructType)
		if a.NumFields() != b.NumFields() {
			return false
		}
		for i := range a.NumFields() {
			if !sameField(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case *arrow.ListType:
		return sameField(a.ElemField(), b.(*arrow.ListType).ElemField())
	case *arrow.MapType:
		b := b.(*arrow.MapType)
		return sameField(a.KeyField(), b.KeyField()) && sameField(a.ItemField(), b.ItemField())
	default:
		return arrow.TypeEqual(a, b)
	}
}

func sameField(a, b arrow.Field) bool {
	return a.Name == b.Name && a.Nullable == b.Nullable && sameLayout(a.Type, b.Type)
}

func (c *converter) structure(p place, in *array.Struct, t *schema.Struct, dt arrow.DataType) (arrow.Array, error) {
	have := in.DataType().(*arrow.StructType)
	source, err := match(arrow.NewSchema(have.Fields(), nil), t)
	if err != nil {
		e := err.(*Error)
		e.Column = join(p.column, e.Column)
		return nil, e
	}
	children := make([]arrow.ArrayData, 0, len(t.Fields))
	defer func() {
		for _, ch := range children {
			ch.Release()
		}
	}()
	for i, f := range t.Fields {
		ft := dt.(*arrow.StructType).Field(i).Type
		var child arrow.Array
		if source[i] < 0 {
			child = array.MakeArrayOfNull(c.opts.Allocator, ft, in.Len())
		} else if child, err = c.array(p.inner(f.Name), in.Field(source[i]), f.Type, ft); err != nil {
			return nil, err
		}
		child.Data().Retain()
		children = append(children, child.Data())
		child.Release()
	}
	bits := c.bitmap(in)
	defer release(bits)
	return fromData(dt, in.Len(), []*memory.Buffer{bits}, children, in.NullN()), nil
}

func (c *converter) list(p place, in array.ListLike, t *schema.Array, dt *arrow.ListType) (arrow.Array, error) {
	values, offsets, err := c.spread(p, in, in.ListValues())
	if err != nil {
		return nil, err
	}
	defer values.Release()
	defer offsets.Release()
	child, err := c.array(place{join(p.column, elementName), rowOf(p, in)}, values, t.Element, dt.Elem())
	if err != nil {
		return nil, err
	}
	defer child.Release()
	bits := c.bitmap(in)
	defer release(bits)
	return fromData(dt, in.Len(), []*memory.Buffer{bits, offsets}, []arrow.ArrayData{child.Data()}, in.NullN()), nil
}

func (c *converter) mapping(p place, in *array.Map, t *schema.Map, dt *arrow.MapType) (arrow.Array, error) {
	row := rowOf(p, in)
	keysIn, offsets, err := c.spread(p, in, in.Keys())
	if err != nil {
		return nil, err
	}
	defer keysIn.Release()
	defer offsets.Release()
	itemsIn, _ := elements(in, in.Items())
	defer itemsIn.Release()
	keys, err := c.array(place{join(p.column, keyName), row}, keysIn, t.Key, dt.KeyType())
	if err != nil {
		return nil, err
	}
	defer keys.Release()
	items, err := c.array(place{join(p.column, valueName), row}, itemsIn, t.Value, dt.ItemType())
	if err != nil {
		return nil, err
	}
	defer items.Release()
	entries := array.NewData(dt.Elem(), keys.Len(), []*memory.Buffer{nil}, []arrow.ArrayData{keys.Data(), items.Data()}, 0, 0)
	defer entries.Release()
	bits := c.bitmap(in)
	defer release(bits)
	return fromData(dt, in.Len(), []*memory.Buffer{bits, offsets}, []arrow.ArrayData{entries}, in.NullN()), nil
}

// spread is the part of a list's child that its rows use, and offsets into it.
func (c *converter) spread(p place, in array.ListLike, child arrow.Array) (arrow.Array, *memory.Buffer, error) {
	buf := memory.NewResizableBuffer(c.opts.Allocator)
	buf.Resize(4 * (in.Len() + 1))
	offsets := arrow.Int32Traits.CastFromBytes(buf.Bytes())
	offsets[0] = 0
	var first int64
	for i := range in.Len() {
		start, end := in.ValueOffsets(i)
		if i == 0 {
			first = start
		}
		if end-first > math.MaxInt32 {
			buf.Release()
			return nil, nil, p.bad(i, ErrRange, "", "the lists of one batch have more than 2^31 elements")
		}
		offsets[i+1] = int32(end - first)
	}
	values, _ := elements(in, child)
	return values, buf, nil
}

// bitmap is the validity of a from bit 0 on, nil if it has no nulls.
func (c *converter) bitmap(a arrow.Array) *memory.Buffer {
	if a.NullN() == 0 {
		return nil
	}
	buf := memory.NewResizableBuffer(c.opts.Allocator)
	buf.Resize(int(bitutil.BytesForBits(int64(a.Len()))))
	clear(buf.Bytes())
	bitutil.CopyBitmap(a.NullBitmapBytes(), a.Data().Offset(), a.Len(), buf.Bytes(), 0)
	return buf
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}

func fromData(dt arrow.DataType, n int, buffers []*memory.Buffer, children []arrow.ArrayData, nulls int) arrow.Array {
	d := array.NewData(dt, n, buffers, children, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

// retype is a with another type of the same layout.
func retype(a arrow.Array, dt arrow.DataType) arrow.Array {
	d := a.Data()
	n := array.NewData(dt, d.Len(), d.Buffers(), d.Children(), a.NullN(), d.Offset())
	defer n.Release()
	return array.MakeFromData(n)
}
