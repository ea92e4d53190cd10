package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
)

// newValues is where the values of a leaf of the file go that the table has as
// t. It reports false if the file's type is neither t nor narrower than t in a
// way that type widening allows (protocol, "Type Widening").
func newValues(d *pqschema.Column, t schema.Type, cal parquetfile.Calendar, mem memory.Allocator) (values, bool) {
	s := storedAs(d)
	if dec, is := t.(schema.Decimal); is {
		return decimalValues(s, dec, mem)
	}
	switch t {
	case schema.Boolean:
		if s.means == storedBoolean {
			return &booleans{mem: mem}, true
		}
	case schema.Byte, schema.Short, schema.Integer, schema.Long:
		return integerValues(s, t.(schema.Primitive), mem)
	case schema.Float:
		if s.means == storedReal && s.physical == parquet.Types.Float {
			return newFixed[float32, float32](mem, nil), true
		}
	case schema.Double:
		return doubleValues(s, mem)
	case schema.String:
		if s.physical == parquet.Types.ByteArray && (s.means == storedText || s.means == storedBlob) {
			return &binaries[parquet.ByteArray]{mem: mem}, true
		}
	case schema.Binary:
		switch {
		case s.physical == parquet.Types.ByteArray && (s.means == storedText || s.means == storedBlob):
			return &binaries[parquet.ByteArray]{mem: mem}, true
		case s.physical == parquet.Types.FixedLenByteArray && s.means == storedBlob:
			return &binaries[parquet.FixedLenByteArray]{mem: mem}, true
		}
	case schema.Date:
		if s.means == storedDate {
			return newFixed(mem, dates(cal)), true
		}
	case schema.Timestamp, schema.TimestampNTZ:
		return timestampValues(s, t.(schema.Primitive), cal, mem)
	}
	return nil, false
}

// rawValues reads a leaf only for its levels.
func rawValues(d *pqschema.Column, mem memory.Allocator) values {
	switch d.PhysicalType() {
	case parquet.Types.Boolean:
		return &booleans{mem: mem}
	case parquet.Types.Int32:
		return newFixed[int32, int32](mem, nil)
	case parquet.Types.Int64:
		return newFixed[int64, int64](mem, nil)
	case parquet.Types.Int96:
		return newFixed[parquet.Int96, parquet.Int96](mem, nil)
	case parquet.Types.Float:
		return newFixed[float32, float32](mem, nil)
	case parquet.Types.Double:
		return newFixed[float64, float64](mem, nil)
	case parquet.Types.FixedLenByteArray:
		return &binaries[parquet.FixedLenByteArray]{mem: mem}
	default:
		return &binaries[parquet.ByteArray]{mem: mem}
	}
}

type signed interface {
	~int8 | ~int16 | ~int32 | ~int64
}

func integerValues(s stored, t schema.Primitive, mem memory.Allocator) (values, bool) {
	width := map[schema.Primitive]int{schema.Byte: 8, schema.Short: 16, schema.Integer: 32, schema.Long: 64}[t]
	bits := s.bits
	switch {
	case s.means != storedInteger:
		return nil, false
	case s.unsigned:
		bits *= 2 // as Arrow's unsigned integers are taken in
	case s.plain && s.physical == parquet.Types.Int32:
		bits = 8 // INT32 without annotation is allowed to hold a byte or a short: each value is checked
	}
	if bits > width {
		return nil, false
	}
	if s.physical == parquet.Types.Int64 {
		if t != schema.Long {
			return nil, false
		}
		return newFixed[int64, int64](mem, nil), true
	}
	switch t {
	case schema.Byte:
		return newFixed(mem, narrow[int8]), true
	case schema.Short:
		return newFixed(mem, narrow[int16]), true
	case schema.Integer:
		return newFixed[int32, int32](mem, nil), true
	default:
		if s.unsigned {
			return newFixed(mem, func(dst []int64, src []int32) error {
				for i, v := range src {
					dst[i] = int64(uint32(v))
				}
				return nil
			}), true
		}
		return newFixed(mem, widen[int32, int64]), true
	}
}

// narrow takes values that must fit although their storage is wider.
func narrow[O signed](dst []O, src []int32) error {
	for i, v := range src {
		dst[i] = O(v)
		if int32(dst[i]) != v {
			return fmt.Errorf("value %d is too large for its type", v)
		}
	}
	return nil
}

func widen[P int32 | int64 | float32, O int64 | float64](dst []O, src []P) error {
	for i, v := range src {
		dst[i] = O(v)
	}
	return nil
}

func doubleValues(s stored, mem memory.Allocator) (values, bool) {
	switch {
	case s.means == storedReal && s.physical == parquet.Types.Double:
		return newFixed[float64, float64](mem, nil), true
	case s.means == storedReal:
		return newFixed(mem, widen[float32, float64]), true
	case s.means == storedInteger && s.physical == parquet.Types.Int32 && !s.unsigned:
		return newFixed(mem, widen[int32, float64]), true
	default:
		return nil, false
	}
}

// decimalValues reads decimals of any encoding, and integers as decimals with
// the digits that widening asks for.
func decimalValues(s stored, to schema.Decimal, mem memory.Allocator) (values, bool) {
	prec, scale := s.prec, s.scale
	switch {
	case s.means == storedInteger && s.physical == parquet.Types.Int64:
		prec, scale = 20, 0
	case s.means == storedInteger:
		prec, scale = 10, 0
	case s.means != storedDecimal:
		return nil, false
	}
	up := to.Scale - scale
	if up < 0 || to.Precision-to.Scale < prec-scale {
		return nil, false
	}
	rescale := rescaler(up, to.Precision)
	switch s.physical {
	case parquet.Types.Int32:
		return newFixed(mem, func(dst []decimal128.Num, src []int32) error {
			for i, v := range src {
				dst[i] = decimal128.FromI64(int64(v))
				if s.unsigned {
					dst[i] = decimal128.FromU64(uint64(uint32(v)))
				}
			}
			return rescale(dst[:len(src)])
		}), true
	case parquet.Types.Int64:
		return newFixed(mem, func(dst []decimal128.Num, src []int64) error {
			for i, v := range src {
				dst[i] = decimal128.FromI64(v)
				if s.unsigned {
					dst[i] = decimal128.FromU64(uint64(v))
				}
			}
			return rescale(dst[:len(src)])
		}), true
	case parquet.Types.FixedLenByteArray:
		return newFixed(mem, func(dst []decimal128.Num, src []parquet.FixedLenByteArray) error {
			return bigEndian(dst, src, rescale)
		}), true
	case parquet.Types.ByteArray:
		return newFixed(mem, func(dst []decimal128.Num, src []parquet.ByteArray) error {
			return bigEndian(dst, src, rescale)
		}), true
	default:
		return nil, false
	}
}

// rescaler multiplies by 10^up, checking that the result has the digits.
func rescaler(up, precision int) func([]decimal128.Num) error {
	if up == 0 {
		return func([]decimal128.Num) error { return nil }
	}
	factor := decimal128.GetScaleMultiplier(up)
	most := decimal128.GetScaleMultiplier(precision - up)
	return func(all []decimal128.Num) error {
		for i, v := range all {
			if v.Cmp(most) >= 0 || v.Negate().Cmp(most) >= 0 {
				return fmt.Errorf("decimal %s has too many digits", v.ToString(0))
			}
			all[i] = v.Mul(factor)
		}
		return nil
	}
}

// bigEndian reads two's complement numbers of any length that fit 128 bits.
func bigEndian[P ~[]byte](dst []decimal128.Num, src []P, rescale func([]decimal128.Num) error) error {
	for i, b := range src {
		n, ok := decimalFromBytes(b)
		if !ok {
			return fmt.Errorf("a decimal of %d bytes", len(b))
		}
		dst[i] = n
	}
	return rescale(dst[:len(src)])
}

func decimalFromBytes(b []byte) (decimal128.Num, bool) {
	if len(b) == 0 {
		return decimal128.Num{}, false
	}
	sign := byte(int8(b[0]) >> 7)
	for len(b) > 16 { // only the sign may stand in front
		if b[0] != sign || int8(b[1])>>7 != int8(sign) {
			return decimal128.Num{}, false
		}
		b = b[1:]
	}
	hi, lo := int64(int8(sign)), uint64(int64(int8(sign)))
	for _, c := range b {
		hi = hi<<8 | int64(lo>>56)
		lo = lo<<8 | uint64(c)
	}
	return decimal128.New(hi, lo), true
}
