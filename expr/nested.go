package expr

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// nested is the values inside of a vec of structs, arrays or maps. They are
// read when they are first asked for: most expressions only ask whether a
// struct is null.
type nested struct {
	// starts and ends are, for each row, where its elements or entries are
	// among those of all rows; nil for structs.
	starts, ends []int32
	load         func() ([]vec, error)
	kids         []vec
}

// children are the fields of a struct, which have its rows; the elements of
// arrays; the keys and the values of maps.
func (n *nested) children() ([]vec, error) {
	if n.kids == nil && n.load != nil {
		kids, err := n.load()
		if err != nil {
			return nil, err
		}
		n.kids, n.load = kids, nil
	}
	return n.kids, nil
}

// childTypes are the types of what is inside of values of type t.
func childTypes(t schema.Type) []schema.Type {
	switch t := t.(type) {
	case *schema.Struct:
		out := make([]schema.Type, len(t.Fields))
		for i, f := range t.Fields {
			out[i] = f.Type
		}
		return out
	case *schema.Array:
		return []schema.Type{t.Element}
	case *schema.Map:
		return []schema.Type{t.Key, t.Value}
	default:
		return nil
	}
}

// nullNested is the inside of rows that are all null.
func nullNested(t schema.Type, rows int) *nested {
	n := &nested{}
	below := rows
	if _, is := t.(*schema.Struct); !is {
		n.starts, n.ends, below = make([]int32, rows), make([]int32, rows), 0
	}
	n.load = func() ([]vec, error) {
		kids := []vec{}
		for _, child := range childTypes(t) {
			kids = append(kids, nullVec(child, below))
		}
		return kids, nil
	}
	return n
}

// nestedFromArrow reads the inside of an array of structs, arrays or maps.
func nestedFromArrow(arr arrow.Array, t schema.Type) (*nested, error) {
	mismatch := fmt.Errorf("type %v where %v was expected", arr.DataType(), t)
	if arr.DataType().ID() == arrow.NULL {
		return nullNested(t, arr.Len()), nil
	}
	n := &nested{}
	switch t := t.(type) {
	case *schema.Struct:
		a, ok := arr.(*array.Struct)
		if !ok {
			return nil, mismatch
		}
		n.load = func() ([]vec, error) {
			kids := []vec{}
			for _, f := range t.Fields {
				i, ok := a.DataType().(*arrow.StructType).FieldIdx(f.Name)
				if !ok {
					return nil, fmt.Errorf("the struct of the batch has no field %s", quoteName(f.Name))
				}
				kid, err := fromArrow(a.Field(i), f.Type)
				if err != nil {
					return nil, err
				}
				kids = append(kids, kid.flat())
			}
			return kids, nil
		}
		return n, nil
	case *schema.Array:
		a, ok := arr.(array.ListLike)
		if _, isMap := arr.(*array.Map); !ok || isMap {
			return nil, mismatch
		}
		n.load = func() ([]vec, error) {
			v, err := fromArrow(a.ListValues(), t.Element)
			return []vec{v.flat()}, err
		}
	case *schema.Map:
		a, ok := arr.(*array.Map)
		if !ok {
			return nil, mismatch
		}
		n.load = func() ([]vec, error) {
			keys, err := fromArrow(a.Keys(), t.Key)
			if err != nil {
				return nil, err
			}
			items, err := fromArrow(a.Items(), t.Value)
			return []vec{keys.flat(), items.flat()}, err
		}
	default:
		return n, nil // a variant, into which nothing looks
	}
	n.starts, n.ends = make([]int32, arr.Len()), make([]int32, arr.Len())
	return n, n.readOffsets(arr.(array.ListLike))
}

// readOffsets checks what an array says of where its elements are: it may come
// from anywhere.
func (n *nested) readOffsets(list array.ListLike) error {
	rows, offset := list.Len(), list.Data().Offset()
	if buffers := list.Data().Buffers(); rows > 0 && len(buffers) > 1 {
		size, more := 4, 1 // a list has one offset more than rows, a view has offsets and sizes
		switch list.DataType().ID() {
		case arrow.LARGE_LIST:
			size = 8
		case arrow.LIST_VIEW:
			more = 0
		case arrow.LARGE_LIST_VIEW:
			size, more = 8, 0
		}
		for _, b := range buffers[1:] {
			if b == nil || b.Len() < (offset+rows+more)*size {
				return fmt.Errorf("array of type %v without offsets", list.DataType())
			}
		}
	}
	for i := range rows {
		if list.IsNull(i) {
			continue
		}
		start, end := list.ValueOffsets(i)
		if start < 0 || end < start || end > int64(list.ListValues().Len()) || end > math.MaxInt32 {
			return fmt.Errorf("array of type %v with elements %d to %d of %d", list.DataType(), start, end, list.ListValues().Len())
		}
		n.starts[i], n.ends[i] = int32(start), int32(end)
	}
	return nil
}

// nestedToArrow copies a vec of structs, arrays or maps into an array.
func nestedToArrow(v vec, t schema.Type, dt arrow.DataType, mem memory.Allocator) (arrow.Array, error) {
	kids, err := v.nested.children()
	if err != nil {
		return nil, err
	}
	valid := v.validRows()
	buffers := []*memory.Buffer{nil}
	nulls := 0
	if valid != nil {
		nulls = v.rows - valid.count()
		buffers[0] = bitBuffer(valid, v.rows, mem)
		defer buffers[0].Release()
	}
	if v.nested.starts != nil {
		var rows []int32
		offsets := newBuffer((v.rows+1)*4, mem)
		defer offsets.Release()
		ends := arrow.GetData[int32](offsets.Bytes())
		ends[0] = 0
		for i := range v.rows {
			if valid.get(i) {
				start, end := v.nested.span(i)
				if len(rows)+int(end-start) > math.MaxInt32 {
					return nil, tooManyElements(len(rows) + int(end-start))
				}
				for j := start; j < end; j++ {
					rows = append(rows, j)
				}
			}
			ends[i+1] = int32(len(rows))
		}
		buffers = append(buffers, offsets)
		below := make([]vec, len(kids))
		for i, child := range childTypes(t) {
			if below[i], err = pickRows(child, kids[i:i+1], nil, rows); err != nil {
				return nil, err
			}
		}
		kids = below
	}
	children := []arrow.ArrayData{}
	for i, child := range childTypes(t) {
		arr, err := toArrow(kids[i], child, mem)
		if err != nil {
			return nil, err
		}
		defer arr.Release()
		children = append(children, arr.Data())
	}
	if m, is := dt.(*arrow.MapType); is {
		entries := array.NewData(m.Elem(), kids[0].rows, []*memory.Buffer{nil}, children, 0, 0)
		defer entries.Release()
		children = []arrow.ArrayData{entries}
	}
	data := array.NewData(dt, v.rows, buffers, children, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// pickRows puts together a vec from rows of several of type t: its row i is row
// rows[i] of parts[which[i]], of parts[0] if which is nil; −1 is a null.
func pickRows(t schema.Type, parts []vec, which, rows []int32) (vec, error) {
	n := len(rows)
	from := func(i int) vec {
		if which == nil {
			return parts[0]
		}
		return parts[which[i]]
	}
	out := vec{rows: n}
	if kindOf(t) == isBool {
		out.yes, out.no = newBitmap(n), newBitmap(n)
		for i, row := range rows {
			if row >= 0 && from(i).yes.get(int(row)) {
				out.yes.set(i)
			} else if row >= 0 && from(i).no.get(int(row)) {
				out.no.set(i)
			}
		}
		return out, nil
	}
	out.valid = newBitmap(n)
	for i, row := range rows {
		if row >= 0 && from(i).valid.get(int(row)*from(i).stride()) {
			out.valid.set(i)
		}
	}
	switch kindOf(t) {
	case isInt8:
		out.data = pickValues[int8](parts, which, rows)
	case isInt16:
		out.data = pickValues[int16](parts, which, rows)
	case isInt32:
		out.data = pickValues[int32](parts, which, rows)
	case isInt64:
		out.data = pickValues[int64](parts, which, rows)
	case isFloat32:
		out.data = pickValues[float32](parts, which, rows)
	case isFloat64:
		out.data = pickValues[float64](parts, which, rows)
	case isDecimal:
		out.data = pickValues[decimal128.Num](parts, which, rows)
	case isString:
		out.data = pickValues[string](parts, which, rows)
	default:
		inside, err := pickNested(t, parts, which, rows)
		out.nested = inside
		return out, err
	}
	return out, nil
}

func pickValues[T any](parts []vec, which, rows []int32) []T {
	sources, steps := make([][]T, len(parts)), make([]int, len(parts))
	for i, p := range parts {
		sources[i], _ = p.data.([]T)
		steps[i] = p.stride()
	}
	dst := make([]T, len(rows))
	w := int32(0)
	for i, row := range rows {
		if which != nil {
			w = which[i]
		}
		if row >= 0 {
			dst[i] = sources[w][int(row)*steps[w]]
		}
	}
	return dst
}

func pickNested(t schema.Type, parts []vec, which, rows []int32) (*nested, error) {
	types := childTypes(t)
	if types == nil {
		return &nested{}, nil
	}
	below := make([][]vec, len(types)) // by child, by part
	for _, p := range parts {
		kids, err := p.nested.children()
		if err != nil {
			return nil, err
		}
		for i := range types {
			below[i] = append(below[i], kids[i])
		}
	}
	out := &nested{kids: make([]vec, len(types))}
	if _, is := t.(*schema.Struct); !is {
		out.starts, out.ends = make([]int32, len(rows)), make([]int32, len(rows))
		var whichKid, kidRows []int32
		w := int32(0)
		for i, row := range rows {
			if which != nil {
				w = which[i]
			}
			out.starts[i] = int32(len(kidRows))
			if row >= 0 {
				start, end := parts[w].nested.span(int(row))
				if len(kidRows)+int(end-start) > math.MaxInt32 {
					return nil, tooManyElements(len(kidRows) + int(end-start))
				}
				for j := start; j < end; j++ {
					whichKid, kidRows = append(whichKid, w), append(kidRows, j)
				}
			}
			out.ends[i] = int32(len(kidRows))
		}
		which, rows = whichKid, kidRows
	}
	for i, child := range types {
		kid, err := pickRows(child, below[i], which, rows)
		if err != nil {
			return nil, err
		}
		out.kids[i] = kid
	}
	return out, nil
}

// orderOf is how values of one type are ordered, by vec and row: in structs and
// arrays the first difference counts, and a null is less than any value. It is
// nil for maps, which have no order.
func orderOf(t schema.Type) func(a vec, i int, b vec, j int) (int, error) {
	switch kindOf(t) {
	case isBool:
		return func(a vec, i int, b vec, j int) (int, error) {
			x, y := a.yes.get(i), b.yes.get(j)
			switch {
			case x == y:
				return 0, nil
			case x:
				return 1, nil
			}
			return -1, nil
		}
	case isInt8:
		return orderValues(cmp.Compare[int8])
	case isInt16:
		return orderValues(cmp.Compare[int16])
	case isInt32:
		return orderValues(cmp.Compare[int32])
	case isInt64:
		return orderValues(cmp.Compare[int64])
	case isFloat32:
		return orderValues(orderFloats[float32])
	case isFloat64:
		return orderValues(orderFloats[float64])
	case isDecimal:
		return orderValues(decimal128.Num.Cmp)
	case isString:
		return orderValues(strings.Compare)
	}
	if t == schema.Void {
		return func(vec, int, vec, int) (int, error) { return 0, nil } // all are null
	}
	kids := []func(a vec, i int, b vec, j int) (int, error){}
	for _, child := range childTypes(t) {
		order := orderOf(child)
		if order == nil {
			return nil
		}
		kids = append(kids, order)
	}
	switch t.(type) {
	case *schema.Struct:
		return func(a vec, i int, b vec, j int) (int, error) {
			x, err := a.nested.children()
			if err != nil {
				return 0, err
			}
			y, err := b.nested.children()
			if err != nil {
				return 0, err
			}
			for k, order := range kids {
				if o, err := orderNulls(order, x[k], i, y[k], j); o != 0 || err != nil {
					return o, err
				}
			}
			return 0, nil
		}
	case *schema.Array:
		return func(a vec, i int, b vec, j int) (int, error) {
			x, err := a.nested.children()
			if err != nil {
				return 0, err
			}
			y, err := b.nested.children()
			if err != nil {
				return 0, err
			}
			p, q := a.nested.starts[i], b.nested.starts[j]
			for ; p < a.nested.ends[i] && q < b.nested.ends[j]; p, q = p+1, q+1 {
				if o, err := orderNulls(kids[0], x[0], int(p), y[0], int(q)); o != 0 || err != nil {
					return o, err
				}
			}
			return cmp.Compare(a.nested.ends[i]-p, b.nested.ends[j]-q), nil
		}
	}
	return nil
}

func orderValues[T any](compare func(x, y T) int) func(a vec, i int, b vec, j int) (int, error) {
	return func(a vec, i int, b vec, j int) (int, error) {
		x, _ := a.data.([]T)
		y, _ := b.data.([]T)
		return compare(x[i*a.stride()], y[j*b.stride()]), nil
	}
}

// orderFloats has NaN as the greatest, and −0.0 as 0.0.
func orderFloats[T float](x, y T) int {
	xNaN, yNaN := x != x, y != y
	switch {
	case xNaN && yNaN:
		return 0
	case xNaN:
		return 1
	case yNaN:
		return -1
	}
	return cmp.Compare(x, y)
}

// orderNulls orders values that may be null.
func orderNulls(order func(a vec, i int, b vec, j int) (int, error), a vec, i int, b vec, j int) (int, error) {
	x, y := a.nullAt(i), b.nullAt(j)
	switch {
	case x && y:
		return 0, nil
	case x:
		return -1, nil
	case y:
		return 1, nil
	}
	return order(a, i, b, j)
}

// nullAt says whether row i is null.
func (v vec) nullAt(i int) bool {
	if v.boolean() {
		return !v.yes.get(i) && !v.no.get(i)
	}
	return !v.valid.get(i * v.stride())
}

// relateNested is relate for structs and arrays.
func relateNested(dst bitmap, rel relation, t schema.Type, a, b vec) error {
	order := orderOf(t)
	if order == nil {
		return fmt.Errorf("compare values of %v", t)
	}
	for i := range a.rows {
		if a.nullAt(i) || b.nullAt(i) {
			continue
		}
		o, err := order(a, i, b, i)
		if err != nil {
			return err
		}
		if o == 0 && rel != less || o < 0 && rel != equal {
			dst.set(i)
		}
	}
	return nil
}
