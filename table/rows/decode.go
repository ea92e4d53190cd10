package rows

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/schema"
)

// Decode turns batches, as table.Scan.Batches yields them, into structs.
// Columns are matched by name, ignoring case; columns without a field are left
// out, and a field without a column is an error. A null in a column whose
// field cannot hold one is an error. Times are in UTC. The structs share no
// memory with the batches.
func Decode[T any](batches iter.Seq2[arrow.RecordBatch, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		sh, err := shapeOf[T]()
		if err != nil {
			yield(zero, err)
			return
		}
		row := int64(0)
		for batch, err := range batches {
			if err != nil {
				yield(zero, err)
				return
			}
			columns, err := match(sh, batch)
			if err != nil {
				yield(zero, err)
				return
			}
			for i := range int(batch.NumRows()) {
				var out T
				v := reflect.ValueOf(&out).Elem()
				for c, f := range sh.fields {
					if err := f.shape.read(columns[c], i, v.FieldByIndex(f.index)); err != nil {
						err.Row = row
						yield(zero, err)
						return
					}
				}
				row++
				if !yield(out, nil) {
					return
				}
			}
		}
	}
}

// match finds the column of each field.
func match(sh *shape, batch arrow.RecordBatch) ([]arrow.Array, error) {
	columns := make([]arrow.Array, len(sh.fields))
	for i, f := range sh.fields {
		at := -1
		for c, name := range batch.Schema().Fields() {
			if name.Name == f.name || at < 0 && strings.EqualFold(name.Name, f.name) {
				at = c
			}
		}
		if at < 0 {
			return nil, &Error{f.shape.path, -1, fmt.Sprintf("the rows have no column %q", f.name)}
		}
		columns[i] = batch.Column(at)
	}
	return columns, nil
}

// read sets v to a value of a column.
func (s *shape) read(a arrow.Array, i int, v reflect.Value) *Error {
	if a.IsNull(i) {
		switch s.kind {
		case pointer, null, list, mapping:
			v.SetZero()
			return nil
		}
		if s.goType.Kind() == reflect.Slice {
			v.SetZero()
			return nil
		}
		return &Error{s.path, 0, fmt.Sprintf("null cannot be held by a %v; a pointer or sql.Null can", s.goType)}
	}
	switch s.kind {
	case pointer:
		v.Set(reflect.New(s.goType.Elem()))
		return s.elem.read(a, i, v.Elem())
	case null:
		v.Field(1).SetBool(true)
		return s.elem.read(a, i, v.Field(0))
	case list:
		return s.readList(a, i, v)
	case mapping:
		return s.readMap(a, i, v)
	case record:
		return s.readStruct(a, i, v)
	default:
		return s.readScalar(a, i, v)
	}
}

func (s *shape) readList(a arrow.Array, i int, v reflect.Value) *Error {
	l, is := a.(*array.List)
	if !is {
		return s.misfit(a)
	}
	first, end := l.ValueOffsets(i)
	out := reflect.MakeSlice(s.goType, int(end-first), int(end-first))
	for k := range out.Len() {
		if err := s.elem.read(l.ListValues(), int(first)+k, out.Index(k)); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func (s *shape) readMap(a arrow.Array, i int, v reflect.Value) *Error {
	m, is := a.(*array.Map)
	if !is {
		return s.misfit(a)
	}
	first, end := m.ValueOffsets(i)
	out := reflect.MakeMapWithSize(s.goType, int(end-first))
	for k := int(first); k < int(end); k++ {
		key, val := reflect.New(s.goType.Key()).Elem(), reflect.New(s.goType.Elem()).Elem()
		if err := s.key.read(m.Keys(), k, key); err != nil {
			return err
		}
		if err := s.elem.read(m.Items(), k, val); err != nil {
			return err
		}
		out.SetMapIndex(key, val)
	}
	v.Set(out)
	return nil
}

func (s *shape) readStruct(a arrow.Array, i int, v reflect.Value) *Error {
	st, is := a.(*array.Struct)
	if !is {
		return s.misfit(a)
	}
	t := st.DataType().(*arrow.StructType)
	for _, f := range s.fields {
		c, ok := t.FieldIdx(f.name)
		if !ok {
			c = slices.IndexFunc(t.Fields(), func(g arrow.Field) bool { return strings.EqualFold(g.Name, f.name) })
		}
		if c < 0 {
			return &Error{f.shape.path, 0, fmt.Sprintf("the struct has no field %q", f.name)}
		}
		if err := f.shape.read(st.Field(c), i, v.FieldByIndex(f.index)); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) misfit(a arrow.Array) *Error {
	return &Error{s.path, 0, fmt.Sprintf("a column of type %v cannot be read into a %v", a.DataType(), s.goType)}
}

func (s *shape) readScalar(a arrow.Array, i int, v reflect.Value) *Error {
	switch a := a.(type) {
	case *array.Boolean:
		if v.Kind() == reflect.Bool {
			v.SetBool(a.Value(i))
			return nil
		}
	case *array.Int8:
		return s.setInt(a, v, int64(a.Value(i)))
	case *array.Int16:
		return s.setInt(a, v, int64(a.Value(i)))
	case *array.Int32:
		return s.setInt(a, v, int64(a.Value(i)))
	case *array.Int64:
		return s.setInt(a, v, a.Value(i))
	case *array.Float32:
		if v.CanFloat() {
			v.SetFloat(float64(a.Value(i)))
			return nil
		}
	case *array.Float64:
		if v.Kind() == reflect.Float64 {
			v.SetFloat(a.Value(i))
			return nil
		}
	case *array.String:
		if v.Kind() == reflect.String {
			v.SetString(strings.Clone(a.Value(i)))
			return nil
		}
	case *array.Binary:
		if s.typ == schema.Binary {
			v.SetBytes(append([]byte{}, a.Value(i)...))
			return nil
		}
	case *array.Date32:
		if s.goType == timeType {
			v.Set(reflect.ValueOf(time.Unix(int64(a.Value(i))*86400, 0).UTC()))
			return nil
		}
	case *array.Timestamp:
		if t, is := a.DataType().(*arrow.TimestampType); is && t.Unit == arrow.Microsecond && s.goType == timeType {
			v.Set(reflect.ValueOf(time.UnixMicro(int64(a.Value(i))).UTC()))
			return nil
		}
	case *array.Decimal128:
		return s.setDecimal(a, i, v)
	}
	return s.misfit(a)
}

func (s *shape) setInt(a arrow.Array, v reflect.Value, n int64) *Error {
	switch {
	case v.CanInt() && !v.OverflowInt(n):
		v.SetInt(n)
	case v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)):
		v.SetUint(uint64(n))
	case v.CanInt() || v.CanUint():
		return &Error{s.path, 0, fmt.Sprintf("%d does not fit a %v", n, s.goType)}
	default:
		return s.misfit(a)
	}
	return nil
}

func (s *shape) setDecimal(a *array.Decimal128, i int, v reflect.Value) *Error {
	n, t := a.Value(i), a.DataType().(*arrow.Decimal128Type)
	switch {
	case v.Kind() == reflect.String:
		v.SetString(n.ToString(t.Scale))
	case v.CanUint() && t.Scale == 0:
		if n.HighBits() != 0 || v.OverflowUint(n.LowBits()) {
			return &Error{s.path, 0, fmt.Sprintf("%s does not fit a %v", n.ToString(0), s.goType)}
		}
		v.SetUint(n.LowBits())
	default:
		return s.misfit(a)
	}
	return nil
}
