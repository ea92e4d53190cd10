package scan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/internal/value"
)

// keyBounds are the bounds of a partition column: its one value.
func (p *Plan) keyBounds(path []string, keys []value.Value) (skipping.Bounds, bool) {
	for i, k := range p.keys {
		if len(path) != 1 || k.Name != path[0] {
			continue
		}
		if keys[i].IsNull() {
			return skipping.Bounds{Nulls: skipping.OnlyNulls}, true
		}
		return skipping.Bounds{Min: keys[i], Max: keys[i], NaN: true, Nulls: skipping.NoNulls}, true
	}
	return skipping.Bounds{}, false
}

func join(path []string) string { return strings.Join(path, "\x00") }

// first is the first n rows of ranges.
func first(rows []parquetio.RowRange, n int64) []parquetio.RowRange {
	var out []parquetio.RowRange
	for _, r := range rows {
		if n <= 0 {
			break
		}
		r.Count = min(r.Count, n)
		n -= r.Count
		out = append(out, r)
	}
	return out
}

// toScalar is a partition value as an Arrow scalar of the column's layout.
func toScalar(t arrow.DataType, v value.Value) (scalar.Scalar, error) {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return scalar.NewBooleanScalar(v.Bool()), nil
	case *arrow.Int8Type:
		return scalar.NewInt8Scalar(int8(v.Int64())), nil
	case *arrow.Int16Type:
		return scalar.NewInt16Scalar(int16(v.Int64())), nil
	case *arrow.Int32Type:
		return scalar.NewInt32Scalar(int32(v.Int64())), nil
	case *arrow.Int64Type:
		return scalar.NewInt64Scalar(v.Int64()), nil
	case *arrow.Float32Type:
		return scalar.NewFloat32Scalar(float32(v.Float64())), nil
	case *arrow.Float64Type:
		return scalar.NewFloat64Scalar(v.Float64()), nil
	case *arrow.StringType:
		return scalar.NewStringScalar(v.Text()), nil
	case *arrow.BinaryType:
		return scalar.NewBinaryScalar(memory.NewBufferBytes([]byte(v.Text())), t), nil
	case *arrow.Date32Type:
		return scalar.NewDate32Scalar(arrow.Date32(v.Int64())), nil
	case *arrow.TimestampType:
		return scalar.NewTimestampScalar(arrow.Timestamp(v.Int64()), t), nil
	case *arrow.Decimal128Type:
		n := v.Unscaled()
		return scalar.NewDecimal128Scalar(decimal128.New(n.Hi, n.Lo), t), nil
	default:
		return nil, fmt.Errorf("a partition column cannot be of type %v", t)
	}
}

// childWithParentNulls is a field of a struct column, null also where the
// struct is. The caller releases it.
func childWithParentNulls(s *array.Struct, i int) arrow.Array {
	child := s.Field(i)
	if s.NullN() == 0 {
		child.Retain()
		return child
	}
	n := child.Len()
	valid := make([]byte, bitutil.BytesForBits(int64(n)))
	nulls := 0
	for row := range n {
		if s.IsValid(row) && child.IsValid(row) {
			bitutil.SetBit(valid, row)
		} else {
			nulls++
		}
	}
	d := child.Data()
	buffers := slices.Clone(d.Buffers())
	if d.Offset() > 0 { // the new bitmap must begin where the values do
		shifted := make([]byte, bitutil.BytesForBits(int64(n+d.Offset())))
		bitutil.CopyBitmap(valid, 0, n, shifted, d.Offset())
		valid = shifted
	}
	buffers[0] = memory.NewBufferBytes(valid)
	data := array.NewData(child.DataType(), n, buffers, d.Children(), nulls, d.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}
