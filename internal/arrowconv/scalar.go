package arrowconv

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// scalar is a as the primitive or decimal type t. Nil without an error says
// that a's type does not fit.
func (c *converter) scalar(p place, a arrow.Array, t schema.Type, dt arrow.DataType) (arrow.Array, error) {
	if to, is := t.(schema.Decimal); is {
		return c.decimals(p, a, to, dt)
	}
	switch t {
	case schema.Byte:
		return integers[int8](c, p, a, dt)
	case schema.Short:
		return integers[int16](c, p, a, dt)
	case schema.Integer:
		return integers[int32](c, p, a, dt)
	case schema.Long:
		return integers[int64](c, p, a, dt)
	case schema.Float:
		return floats[float32](c, p, a, dt)
	case schema.Double:
		return floats[float64](c, p, a, dt)
	case schema.String:
		switch in := a.(type) {
		case *array.LargeString:
			return c.strings(p, in, dt)
		case *array.StringView:
			return c.strings(p, in, dt)
		}
	case schema.Binary:
		switch in := a.(type) {
		case *array.LargeBinary:
			return texts(c, p, in, dt)
		case *array.BinaryView:
			return texts(c, p, in, dt)
		case *array.FixedSizeBinary:
			return texts(c, p, in, dt)
		}
	case schema.Date:
		if in, is := a.(*array.Date64); is {
			return cast(c, p, in, dt, wholeDay, date64Text)
		}
	case schema.Timestamp, schema.TimestampNTZ:
		return c.timestamps(p, a, t, dt)
	}
	return nil, nil
}

// slice is the values of a fixed-width array.
func slice[S any](a arrow.Array) []S {
	d := a.Data()
	if d.Len() == 0 || d.Buffers()[1] == nil {
		return nil
	}
	b := d.Buffers()[1].Bytes()
	all := unsafe.Slice((*S)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(S))))
	return all[d.Offset() : d.Offset()+d.Len()]
}

// cast converts value by value; fit reports false for one that does not fit,
// which is an error unless it stands under a null.
func cast[S, D any](c *converter, p place, a arrow.Array, dt arrow.DataType, fit func(S) (D, bool), text func(S) string) (arrow.Array, error) {
	buf := memory.NewResizableBuffer(c.opts.Allocator)
	defer buf.Release()
	buf.Resize(a.Len() * int(unsafe.Sizeof(*new(D))))
	var out []D
	if a.Len() > 0 {
		out = unsafe.Slice((*D)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), a.Len())
	}
	for i, v := range slice[S](a) {
		d, ok := fit(v)
		if !ok && a.IsValid(i) {
			return nil, p.bad(i, ErrRange, text(v), "the batch has %v, the table %v", a.DataType(), dt)
		}
		out[i] = d
	}
	bits := c.bitmap(a)
	defer release(bits)
	return fromData(dt, a.Len(), []*memory.Buffer{bits, buf}, nil, a.NullN()), nil
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func integers[D int8 | int16 | int32 | int64](c *converter, p place, a arrow.Array, dt arrow.DataType) (arrow.Array, error) {
	switch a.DataType().ID() {
	case arrow.INT8:
		return cast(c, p, a, dt, fitInteger[int8, D], integerText[int8])
	case arrow.INT16:
		return cast(c, p, a, dt, fitInteger[int16, D], integerText[int16])
	case arrow.INT32:
		return cast(c, p, a, dt, fitInteger[int32, D], integerText[int32])
	case arrow.INT64:
		return cast(c, p, a, dt, fitInteger[int64, D], integerText[int64])
	case arrow.UINT8:
		return cast(c, p, a, dt, fitInteger[uint8, D], integerText[uint8])
	case arrow.UINT16:
		return cast(c, p, a, dt, fitInteger[uint16, D], integerText[uint16])
	case arrow.UINT32:
		return cast(c, p, a, dt, fitInteger[uint32, D], integerText[uint32])
	case arrow.UINT64:
		return cast(c, p, a, dt, fitInteger[uint64, D], integerText[uint64])
	default:
		return nil, nil
	}
}

func fitInteger[S, D integer](v S) (D, bool) {
	d := D(v)
	return d, S(d) == v && (d < 0) == (v < 0)
}

func integerText[S integer](v S) string { return fmt.Sprint(v) }

// floats takes floats of any width, and integers, where nothing is lost.
func floats[D float32 | float64](c *converter, p place, a arrow.Array, dt arrow.DataType) (arrow.Array, error) {
	switch a.DataType().ID() {
	case arrow.FLOAT16:
		return cast(c, p, a, dt, func(v float16.Num) (D, bool) { return D(v.Float32()), true }, float16.Num.String)
	case arrow.FLOAT32:
		return cast(c, p, a, dt, func(v float32) (D, bool) { return D(v), true }, floatText[float32])
	case arrow.FLOAT64:
		return cast(c, p, a, dt, func(v float64) (D, bool) { d := D(v); return d, float64(d) == v || math.IsNaN(v) }, floatText[float64])
	case arrow.INT8:
		return cast(c, p, a, dt, fitFloat[int8, D], integerText[int8])
	case arrow.INT16:
		return cast(c, p, a, dt, fitFloat[int16, D], integerText[int16])
	case arrow.INT32:
		return cast(c, p, a, dt, fitFloat[int32, D], integerText[int32])
	case arrow.INT64:
		return cast(c, p, a, dt, fitFloat[int64, D], integerText[int64])
	case arrow.UINT8:
		return cast(c, p, a, dt, fitFloat[uint8, D], integerText[uint8])
	case arrow.UINT16:
		return cast(c, p, a, dt, fitFloat[uint16, D], integerText[uint16])
	case arrow.UINT32:
		return cast(c, p, a, dt, fitFloat[uint32, D], integerText[uint32])
	case arrow.UINT64:
		return cast(c, p, a, dt, fitFloat[uint64, D], integerText[uint64])
	default:
		return nil, nil
	}
}

// fitFloat: an integer is exact if its significant bits fit the mantissa.
func fitFloat[S integer, D float32 | float64](v S) (D, bool) {
	mantissa := 24
	if unsafe.Sizeof(*new(D)) == 8 {
		mantissa = 53
	}
	mag := uint64(v)
	if v < 0 {
		mag = -mag
	}
	return D(v), mag == 0 || bits.Len64(mag)-bits.TrailingZeros64(mag) <= mantissa
}

func floatText[S float32 | float64](v S) string {
	return strconv.FormatFloat(float64(v), 'g', -1, 8*int(unsafe.Sizeof(v)))
}

// decimals takes decimals of any width, and integers.
func (c *converter) decimals(p place, a arrow.Array, to schema.Decimal, dt arrow.DataType) (arrow.Array, error) {
	scale := 0
	if in, is := a.DataType().(arrow.DecimalType); is {
		scale = int(in.GetScale())
	}
	fit := func(n value.Int128) (decimal128.Num, bool) { return fitDecimal(n, scale, to) }
	switch a.DataType().ID() {
	case arrow.INT8:
		return cast(c, p, a, dt, fitSigned[int8](fit), integerText[int8])
	case arrow.INT16:
		return cast(c, p, a, dt, fitSigned[int16](fit), integerText[int16])
	case arrow.INT32:
		return cast(c, p, a, dt, fitSigned[int32](fit), integerText[int32])
	case arrow.INT64:
		return cast(c, p, a, dt, fitSigned[int64](fit), integerText[int64])
	case arrow.UINT8:
		return cast(c, p, a, dt, fitSigned[uint8](fit), integerText[uint8])
	case arrow.UINT16:
		return cast(c, p, a, dt, fitSigned[uint16](fit), integerText[uint16])
	case arrow.UINT32:
		return cast(c, p, a, dt, fitSigned[uint32](fit), integerText[uint32])
	case arrow.UINT64:
		return cast(c, p, a, dt, func(v uint64) (decimal128.Num, bool) { return fit(value.Int128{Lo: v}) }, integerText[uint64])
	case arrow.DECIMAL32:
		return cast(c, p, a, dt, fitSigned[decimal.Decimal32](fit), func(v decimal.Decimal32) string { return v.ToString(int32(scale)) })
	case arrow.DECIMAL64:
		return cast(c, p, a, dt, fitSigned[decimal.Decimal64](fit), func(v decimal.Decimal64) string { return v.ToString(int32(scale)) })
	case arrow.DECIMAL128:
		return cast(c, p, a, dt, func(v decimal128.Num) (decimal128.Num, bool) {
			return fit(value.Int128{Hi: v.HighBits(), Lo: v.LowBits()})
		}, func(v decimal128.Num) string {
			return decimalText(value.Int128{Hi: v.HighBits(), Lo: v.LowBits()}, scale)
		})
	case arrow.DECIMAL256:
		return cast(c, p, a, dt, func(v decimal256.Num) (decimal128.Num, bool) {
			n, ok := value.FromBig(v.BigInt())
			if !ok {
				return decimal128.Num{}, false
			}
			return fit(n)
		}, func(v decimal256.Num) string { return v.BigInt().String() + "e" + strconv.Itoa(-scale) })
	default:
		return nil, nil
	}
}

func fitSigned[S integer](fit func(value.Int128) (decimal128.Num, bool)) func(S) (decimal128.Num, bool) {
	return func(v S) (decimal128.Num, bool) { return fit(value.FromInt64(int64(v))) }
}

// fitDecimal rescales n·10^−scale exactly.
func fitDecimal(n value.Int128, scale int, to schema.Decimal) (decimal128.Num, bool) {
	if n == (value.Int128{}) {
		return decimal128.Num{}, true
	}
	if d := to.Scale - scale; d > 38 || d < -38 {
		return decimal128.Num{}, false // too large, or smaller than the last digit
	}
	r, rounded, ok := value.Rescale(n, scale, to.Scale)
	if !ok || rounded || !value.FitsPrecision(r, to.Precision) {
		return decimal128.Num{}, false
	}
	return decimal128.New(r.Hi, r.Lo), true
}

func decimalText(n value.Int128, scale int) string {
	if scale < 0 || scale > 38 {
		return n.String() + "e" + strconv.Itoa(-scale)
	}
	return string(value.AppendDecimal(nil, n, scale))
}

// texted is an array of strings or binaries of any layout.
type texted[V ~string | ~[]byte] interface {
	arrow.Array
	Value(i int) V
}

// texts copies strings and binaries into the plain layout.
func texts[V ~string | ~[]byte](c *converter, p place, a texted[V], dt arrow.DataType) (arrow.Array, error) {
	total := 0
	for i := range a.Len() {
		if a.IsValid(i) {
			if total += len(a.Value(i)); total > math.MaxInt32 {
				return nil, p.bad(i, ErrRange, "", "the column has more than 2 GiB in one batch")
			}
		}
	}
	offsets, data := memory.NewResizableBuffer(c.opts.Allocator), memory.NewResizableBuffer(c.opts.Allocator)
	defer offsets.Release()
	defer data.Release()
	offsets.Resize(4 * (a.Len() + 1))
	data.Resize(total)
	ends := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	ends[0] = 0
	at := 0
	for i := range a.Len() {
		if a.IsValid(i) {
			at += copy(data.Bytes()[at:], a.Value(i))
		}
		ends[i+1] = int32(at)
	}
	bits := c.bitmap(a)
	defer release(bits)
	return fromData(dt, a.Len(), []*memory.Buffer{bits, offsets, data}, nil, a.NullN()), nil
}

// strings copies strings, which must be UTF-8, into the plain layout.
func (c *converter) strings(p place, a texted[string], dt arrow.DataType) (arrow.Array, error) {
	out, err := texts(c, p, a, dt)
	if err != nil {
		return nil, err
	}
	if err := checkValues(p, out, schema.String, nil); err != nil {
		out.Release()
		return nil, err
	}
	return out, nil
}

// uuids are UUIDs as text.
func (c *converter) uuids(a array.ExtensionArray) (arrow.Array, error) {
	storage, is := a.Storage().(*array.FixedSizeBinary)
	if !is || storage.DataType().(*arrow.FixedSizeBinaryType).ByteWidth != 16 {
		return nil, nil
	}
	b := array.NewStringBuilder(c.opts.Allocator)
	defer b.Release()
	b.Reserve(storage.Len())
	for i := range storage.Len() {
		if storage.IsNull(i) {
			b.AppendNull()
			continue
		}
		u := storage.Value(i)
		b.Append(fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16]))
	}
	return b.NewArray(), nil
}
