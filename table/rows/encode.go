package rows

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
)

// batchRows is how many rows a batch made of structs has at most.
const batchRows = 8192

// Of presents structs as the reader that table.Append and table.Overwrite
// take. A row that cannot be mapped is the reader's error, which makes the
// operation fail. The caller may release the reader; an operation does not.
func Of[T any](rows []T) (array.RecordReader, error) {
	return From(func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
}

// From is [Of] for rows that arrive one by one: rows are taken as the reader
// is read, and an error among them is the reader's.
func From[T any](rows iter.Seq2[T, error]) (array.RecordReader, error) {
	sh, err := shapeOf[T]()
	if err != nil {
		return nil, err
	}
	s, err := arrowconv.Schema(sh.typ.(*schema.Struct))
	if err != nil {
		return nil, err
	}
	return array.ReaderFromIter(s, batches(sh, s, rows)), nil
}

func batches[T any](sh *shape, s *arrow.Schema, rows iter.Seq2[T, error]) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, s)
		defer b.Release()
		n, total := 0, int64(0)
		for row, err := range rows {
			if err == nil {
				err = appendRow(b, sh, reflect.ValueOf(&row).Elem(), total)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			total++
			if n++; n == batchRows {
				n = 0
				if !yield(b.NewRecordBatch(), nil) {
					return
				}
			}
		}
		if n > 0 {
			yield(b.NewRecordBatch(), nil)
		}
	}
}

func appendRow(b *array.RecordBuilder, sh *shape, v reflect.Value, row int64) error {
	for i, f := range sh.fields {
		if err := f.shape.append(b.Field(i), v.FieldByIndex(f.index)); err != nil {
			err.Row = row
			return err
		}
	}
	return nil
}

// append adds one value to the column's builder.
func (s *shape) append(b array.Builder, v reflect.Value) *Error {
	switch s.kind {
	case pointer:
		if v.IsNil() {
			b.AppendNull()
			return nil
		}
		return s.elem.append(b, v.Elem())
	case null:
		if !v.Field(1).Bool() {
			b.AppendNull()
			return nil
		}
		return s.elem.append(b, v.Field(0))
	case list:
		return s.appendList(b.(*array.ListBuilder), v)
	case mapping:
		return s.appendMap(b.(*array.MapBuilder), v)
	case record:
		sb := b.(*array.StructBuilder)
		sb.Append(true)
		for i, f := range s.fields {
			if err := f.shape.append(sb.FieldBuilder(i), v.FieldByIndex(f.index)); err != nil {
				return err
			}
		}
		return nil
	default:
		return s.appendScalar(b, v)
	}
}

func (s *shape) appendList(b *array.ListBuilder, v reflect.Value) *Error {
	if v.IsNil() {
		b.AppendNull()
		return nil
	}
	b.Append(true)
	for i := range v.Len() {
		if err := s.elem.append(b.ValueBuilder(), v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// appendMap writes the pairs in the order of their keys, so that the same map
// gives the same bytes.
func (s *shape) appendMap(b *array.MapBuilder, v reflect.Value) *Error {
	if v.IsNil() {
		b.AppendNull()
		return nil
	}
	b.Append(true)
	var pairs []pair
	for it := v.MapRange(); it.Next(); { // a NaN cannot be looked up
		pairs = append(pairs, pair{it.Key(), it.Value()})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return compareKeys(a.key, b.key) })
	for _, p := range pairs {
		if err := s.key.append(b.KeyBuilder(), p.key); err != nil {
			return err
		}
		if err := s.elem.append(b.ItemBuilder(), p.value); err != nil {
			return err
		}
	}
	return nil
}

type pair struct{ key, value reflect.Value }

func compareKeys(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	default:
		return cmp.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	}
}

func (s *shape) appendScalar(b array.Builder, v reflect.Value) *Error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int8Builder:
		b.Append(int8(v.Int()))
	case *array.Int16Builder:
		b.Append(int16(integer(v)))
	case *array.Int32Builder:
		b.Append(int32(integer(v)))
	case *array.Int64Builder:
		b.Append(integer(v))
	case *array.Float32Builder:
		b.Append(float32(v.Float()))
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.StringBuilder:
		b.Append(v.String())
	case *array.BinaryBuilder:
		if v.IsNil() {
			b.AppendNull()
		} else {
			b.Append(v.Bytes())
		}
	case *array.Date32Builder:
		return s.appendDate(b, v.Interface().(time.Time))
	case *array.TimestampBuilder:
		return s.appendTime(b, v.Interface().(time.Time))
	case *array.Decimal128Builder:
		return s.appendDecimal(b, v)
	default:
		return &Error{s.path, 0, fmt.Sprintf("a %v cannot be put into a column of type %v", s.goType, s.typ)}
	}
	return nil
}

// integer is the value of a signed or a small unsigned integer.
func integer(v reflect.Value) int64 {
	if v.CanInt() {
		return v.Int()
	}
	return int64(v.Uint()) // at most 32 bits: uint64 is a decimal
}

// appendDate takes the calendar day that the time shows in its own zone.
func (s *shape) appendDate(b *array.Date32Builder, t time.Time) *Error {
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	if days < math.MinInt32 || days > math.MaxInt32 {
		return &Error{s.path, 0, fmt.Sprintf("the date %v is out of range", t)}
	}
	b.Append(arrow.Date32(days))
	return nil
}

func (s *shape) appendTime(b *array.TimestampBuilder, t time.Time) *Error {
	if s.typ == schema.TimestampNTZ { // what the clock shows, whatever the zone
		y, mo, d := t.Date()
		h, mi, sec := t.Clock()
		t = time.Date(y, mo, d, h, mi, sec, t.Nanosecond(), time.UTC)
	}
	if t.Nanosecond()%1000 != 0 {
		return &Error{s.path, 0, fmt.Sprintf("%v is finer than microseconds; t.Truncate(time.Microsecond) cuts it", t)}
	}
	if sec := t.Unix(); sec > math.MaxInt64/1_000_000-1 || sec < math.MinInt64/1_000_000+1 {
		return &Error{s.path, 0, fmt.Sprintf("the time %v is out of range", t)}
	}
	b.Append(arrow.Timestamp(t.UnixMicro()))
	return nil
}

func (s *shape) appendDecimal(b *array.Decimal128Builder, v reflect.Value) *Error {
	d := s.typ.(schema.Decimal)
	if v.CanUint() {
		b.Append(decimal128.FromU64(v.Uint()))
		return nil
	}
	n, ok := parseDecimal(v.String(), d)
	if !ok {
		return &Error{s.path, 0, fmt.Sprintf("%q is not a %v", v.String(), d)}
	}
	b.Append(n)
	return nil
}
