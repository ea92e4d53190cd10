package expr

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Error classes of Spark that casts end in.
const (
	classInvalid      = "CAST_INVALID_INPUT"
	classCastOverflow = "CAST_OVERFLOW"
	classDigits       = "NUMERIC_OUT_OF_SUPPORTED_RANGE"
	classTime         = "DATETIME_OVERFLOW"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// castAllowed says whether Spark's ANSI mode casts one type to another.
func castAllowed(from, to schema.Type) bool {
	switch {
	case isNestedType(from) || isNestedType(to):
		return from == schema.Void || nestedCastAllowed(from, to, castAllowed)
	case from == schema.Void || sameType(from, to):
		return true
	case from == schema.String:
		return to != schema.Void
	case isNumeric(from):
		return isNumeric(to) || to == schema.String || to == schema.Boolean || to == schema.Timestamp
	case from == schema.Boolean:
		return isNumeric(to) || to == schema.String
	case from == schema.Date || from == schema.TimestampNTZ:
		return isTime(to) || to == schema.String
	case from == schema.Timestamp:
		return isTime(to) || isNumeric(to) || to == schema.String
	case from == schema.Binary:
		return to == schema.String
	}
	return false
}

// integerDigits is how many digits the values of an integral type have.
func integerDigits(t schema.Type) int {
	if t == schema.Long {
		return 19
	}
	return decimalOf(t).Precision
}

// castMayFail says whether a cast that is allowed has no result for some value.
func castMayFail(from, to schema.Type) bool {
	d, toDecimal := to.(schema.Decimal)
	integral := d.Precision - d.Scale
	switch {
	case from == schema.Void || sameType(from, to):
		return false
	case isNestedType(from):
		return to != schema.String && !sameForm(from, to, func(from, to schema.Type) bool { return !castMayFail(from, to) })
	case from == schema.String:
		return to != schema.Binary
	case isIntegral(from):
		return isIntegral(to) && to.(schema.Primitive) < from.(schema.Primitive) || toDecimal && integral < integerDigits(from)
	case isFloating(from):
		return isIntegral(to) || toDecimal || to == schema.Timestamp
	case isDecimalType(from):
		f := from.(schema.Decimal)
		if toDecimal { // rounding may carry into one digit more
			return integral < f.Precision-f.Scale || integral == f.Precision-f.Scale && d.Scale < f.Scale
		}
		return isIntegral(to)
	case from == schema.Boolean:
		return toDecimal && integral < 1
	case from == schema.Date:
		return to != schema.String
	case from == schema.Timestamp:
		return toDecimal || isIntegral(to) && to != schema.Long
	}
	return false
}

func (r *run) cast(n *Cast, sel bitmap) (vec, error) {
	v, err := r.shaped(n.Arg, sel)
	if err != nil {
		return vec{}, err
	}
	return r.castVec(n, n.Arg.Type(), v, sel)
}

// castVec casts a vec as n does, whatever n's operand is.
func (r *run) castVec(n *Cast, from schema.Type, v vec, sel bitmap) (vec, error) {
	if n.To == schema.Boolean || isFloating(from) && isDecimalType(n.To) {
		v = v.flat()
	}
	c := caster{run: r, node: n, v: v, sel: sel, from: from}
	switch {
	case c.from == schema.Void:
		return nullVec(n.To, v.rows), nil
	case sameType(c.from, n.To):
		return v, nil
	case isNestedType(c.from) && n.To == schema.String:
		return c.nestedToString()
	case isNestedType(c.from):
		return c.toNested()
	}
	if n.To == schema.String {
		return c.toString()
	}
	if v.boolean() {
		return c.fromBoolean()
	}
	switch data := v.data.(type) {
	case []int8:
		return castInts(c, data)
	case []int16:
		return castInts(c, data)
	case []int32:
		if c.from == schema.Date {
			return c.fromDate(data)
		}
		return castInts(c, data)
	case []int64:
		if c.from == schema.Timestamp || c.from == schema.TimestampNTZ {
			return c.fromTimestamp(data)
		}
		return castInts(c, data)
	case []float32:
		return castFloats(c, data)
	case []float64:
		return castFloats(c, data)
	case []decimal128.Num:
		return c.fromDecimal(data)
	default:
		return c.fromString(v.data.([]string))
	}
}

// caster is one cast of one vec.
type caster struct {
	*run
	node *Cast
	v    vec
	sel  bitmap
	from schema.Type
}

func (c caster) failed(class string, i int) error {
	shown := c.v.entryAt(i, c.from)
	text := strings.TrimSuffix(literalText(shown), "BD")
	return c.fail(class, c.node.pos, c.v, i, c.sel, "%s cannot be cast to %v", text, c.node.To)
}

// convertEach converts the selected values one by one; convert returns an
// error class for a value that has no result.
func convertEach[F, T any](c caster, data []F, convert func(F) (T, string)) (vec, error) {
	dst := make([]T, len(data))
	var nulls bitmap
	for i := range c.v.active(c.sel) {
		x, class := convert(data[i])
		switch {
		case class == "":
			dst[i] = x
		case c.node.Try:
			nulls = nulls.with(i, len(dst))
		default:
			return vec{}, c.failed(class, i)
		}
	}
	return c.v.like(dst).without(nulls), nil
}

// booleans is a vec that is true where of is.
func booleans[F any](c caster, data []F, of func(F) bool) vec {
	out := vec{rows: c.v.rows, yes: newBitmap(c.v.rows)}
	step := c.v.stride()
	valid := c.v.validRows()
	for i := range valid.rows(c.v.rows) {
		if of(data[i*step]) {
			out.yes.set(i)
		}
	}
	out.no = valid.without(out.yes, c.v.rows)
	return out
}

func castInts[F integer](c caster, data []F) (vec, error) {
	switch to := c.node.To.(type) {
	case schema.Decimal:
		scale := value.FromInt64(1)
		for range to.Scale {
			scale, _ = scale.Mul(value.FromInt64(10))
		}
		return convertEach(c, data, func(x F) (decimal128.Num, string) {
			n, ok := value.FromInt64(int64(x)).Mul(scale)
			if !ok || !value.FitsPrecision(n, to.Precision) {
				return decimal128.Num{}, classRange
			}
			return toNum(n), ""
		})
	case schema.Primitive:
		switch to {
		case schema.Byte:
			return castInt[F, int8](c, data)
		case schema.Short:
			return castInt[F, int16](c, data)
		case schema.Integer:
			return castInt[F, int32](c, data)
		case schema.Long:
			return castInt[F, int64](c, data)
		case schema.Float:
			return c.v.like(mapped(data, func(x F) float32 { return float32(x) })), nil
		case schema.Double:
			return c.v.like(mapped(data, func(x F) float64 { return float64(x) })), nil
		case schema.Boolean:
			return booleans(c, data, func(x F) bool { return x != 0 }), nil
		}
	}
	return c.v.like(mapped(data, func(x F) int64 { return secondsToMicros(int64(x)) })), nil
}

func castInt[F, T integer](c caster, data []F) (vec, error) {
	dst := make([]T, len(data))
	lossy := false
	for i, x := range data {
		dst[i] = T(x)
		lossy = lossy || F(dst[i]) != x
	}
	out := c.v.like(dst)
	if !lossy {
		return out, nil
	}
	var nulls bitmap
	for i := range c.v.active(c.sel) {
		switch {
		case F(dst[i]) == data[i]:
		case c.node.Try:
			nulls = nulls.with(i, len(dst))
		default:
			return vec{}, c.failed(classCastOverflow, i)
		}
	}
	return out.without(nulls), nil
}

// secondsToMicros saturates, as Spark does.
func secondsToMicros(s int64) int64 {
	switch {
	case s > math.MaxInt64/microsPerSecond:
		return math.MaxInt64
	case s < math.MinInt64/microsPerSecond:
		return math.MinInt64
	}
	return s * microsPerSecond
}

func castFloats[F float](c caster, data []F) (vec, error) {
	switch to := c.node.To.(type) {
	case schema.Decimal:
		return c.floatsToDecimal(mapped(data, func(x F) float64 { return float64(x) }), to)
	case schema.Primitive:
		switch to {
		case schema.Byte:
			return castFloat[F, int8](c, data, math.MinInt8, math.MaxInt8)
		case schema.Short:
			return castFloat[F, int16](c, data, math.MinInt16, math.MaxInt16)
		case schema.Integer:
			return castFloat[F, int32](c, data, math.MinInt32, math.MaxInt32)
		case schema.Long:
			return castFloat[F, int64](c, data, math.MinInt64, math.MaxInt64)
		case schema.Float:
			return c.v.like(mapped(data, func(x F) float32 { return float32(x) })), nil
		case schema.Double:
			return c.v.like(mapped(data, func(x F) float64 { return float64(x) })), nil
		case schema.Boolean:
			return booleans(c, data, func(x F) bool { return x != 0 }), nil
		}
	}
	return convertEach(c, data, func(x F) (int64, string) {
		f := float64(x) * microsPerSecond
		switch {
		case math.IsNaN(float64(x)) || math.IsInf(float64(x), 0):
			return 0, classInvalid
		case math.Floor(f) > math.MaxInt64 || math.Ceil(f) < math.MinInt64:
			return 0, classCastOverflow
		}
		return saturated(f), ""
	})
}

// castFloat truncates. As in Spark, the bounds are compared as floats, so that
// 2^63 itself becomes the largest long.
func castFloat[F float, T integer](c caster, data []F, low, high float64) (vec, error) {
	return convertEach(c, data, func(x F) (T, string) {
		f := float64(x)
		if math.Floor(f) <= high && math.Ceil(f) >= low {
			return T(saturated(f)), ""
		}
		return 0, classCastOverflow
	})
}

// saturated is Java's conversion of a double to a long.
func saturated(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	case math.IsNaN(f):
		return 0
	}
	return int64(f)
}

// floatsToDecimal rounds the shortest text of a float, as Spark does; NaN and
// the infinities become null.
func (c caster) floatsToDecimal(data []float64, to schema.Decimal) (vec, error) {
	finite := newBitmap(len(data))
	dst := make([]decimal128.Num, len(data))
	var text [32]byte
	for i := range c.v.active(c.sel) {
		if math.IsNaN(data[i]) || math.IsInf(data[i], 0) {
			continue
		}
		finite.set(i)
		unscaled, scale := shortestDecimal(text[:0], data[i])
		n, _, ok := value.Rescale(unscaled, scale, to.Scale)
		switch {
		case ok && value.FitsPrecision(n, to.Precision):
			dst[i] = toNum(n)
		case c.node.Try:
			finite.clear(i)
		default:
			return vec{}, c.failed(classRange, i)
		}
	}
	out := c.v.like(dst)
	out.valid = finite
	return out, nil
}

// shortestDecimal is the shortest decimal that reads back as f, as
// unscaled × 10^−scale.
func shortestDecimal(text []byte, f float64) (unscaled value.Int128, scale int) {
	text = strconv.AppendFloat(text, f, 'e', -1, 64)
	negative := text[0] == '-'
	mantissa, exponent := int64(0), 0
	i := 0
	for ; text[i] != 'e'; i++ {
		if isDigit(text[i]) {
			mantissa = mantissa*10 + int64(text[i]-'0')
			scale++
		}
	}
	for _, b := range text[i+2:] {
		exponent = exponent*10 + int(b-'0')
	}
	if text[i+1] == '-' {
		exponent = -exponent
	}
	if negative {
		mantissa = -mantissa
	}
	return value.FromInt64(mantissa), scale - 1 - exponent
}

func (c caster) fromDecimal(data []decimal128.Num) (vec, error) {
	from := c.from.(schema.Decimal)
	switch to := c.node.To.(type) {
	case schema.Decimal:
		if dst := make([]decimal128.Num, len(data)); narrowRescale(dst, data, from, to) {
			return c.v.like(dst), nil
		}
		return convertEach(c, data, func(x decimal128.Num) (decimal128.Num, string) {
			n, _, ok := value.Rescale(fromNum(x), from.Scale, to.Scale)
			if !ok || !value.FitsPrecision(n, to.Precision) {
				return decimal128.Num{}, classRange
			}
			return toNum(n), ""
		})
	case schema.Primitive:
		switch to {
		case schema.Byte:
			return decimalToInt[int8](c, data, from.Scale)
		case schema.Short:
			return decimalToInt[int16](c, data, from.Scale)
		case schema.Integer:
			return decimalToInt[int32](c, data, from.Scale)
		case schema.Long:
			return decimalToInt[int64](c, data, from.Scale)
		case schema.Float:
			return convertEach(c, data, func(x decimal128.Num) (float32, string) {
				return float32(decimalToFloat(fromNum(x), from.Scale, 32)), ""
			})
		case schema.Double:
			return convertEach(c, data, func(x decimal128.Num) (float64, string) {
				return decimalToFloat(fromNum(x), from.Scale, 64), ""
			})
		case schema.Boolean:
			return booleans(c, data, func(x decimal128.Num) bool { return x != decimal128.Num{} }), nil
		}
	}
	return convertEach(c, data, func(x decimal128.Num) (int64, string) { // seconds of a timestamp
		micros := new(big.Int).Mul(fromNum(x).Big(), big.NewInt(microsPerSecond))
		return lowBits(micros.Quo(micros, pow10(from.Scale))), ""
	})
}

func pow10(e int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(e)), nil) }

// decimalToInt truncates. Like Spark it takes decimals of more than 18 digits
// to types below long by way of a double, which may round up.
func decimalToInt[T integer](c caster, data []decimal128.Num, scale int) (vec, error) {
	const longDigits = 18
	if d := c.from.(schema.Decimal); d.Precision > longDigits && c.node.To != schema.Long {
		return convertEach(c, data, func(x decimal128.Num) (T, string) {
			f := decimalToFloat(fromNum(x), scale, 64)
			i := saturated(f)
			return T(i), unless(int64(T(i)) == i, classCastOverflow)
		})
	}
	return convertEach(c, data, func(x decimal128.Num) (T, string) {
		i, ok := truncated(fromNum(x), scale)
		if !ok || int64(T(i)) != i {
			return 0, classCastOverflow
		}
		return T(i), ""
	})
}

// truncated is the whole part of a decimal, if it fits in 64 bits.
func truncated(n value.Int128, scale int) (int64, bool) {
	if i, ok := n.Int64(); ok {
		for ; scale > 0 && i != 0; scale-- {
			i /= 10
		}
		return i, true
	}
	b := n.Big()
	b.Quo(b, pow10(scale))
	return b.Int64(), b.IsInt64()
}

// decimalToFloat is the nearest float.
func decimalToFloat(n value.Int128, scale, width int) float64 {
	const exactInteger, exactPower = 1 << 53, 22
	if i, ok := n.Int64(); ok && width == 64 && -exactInteger <= i && i <= exactInteger && scale <= exactPower {
		return float64(i) / math.Pow10(scale)
	}
	var text [64]byte
	f, err := strconv.ParseFloat(string(value.AppendDecimal(text[:0], n, scale)), width)
	if err != nil {
		return 0 // not reached: 38 digits are within the range of both widths
	}
	return f
}

func (c caster) fromBoolean() (vec, error) {
	out := vec{rows: c.v.rows, valid: c.v.validRows()}
	n := c.v.rows
	switch to := c.node.To.(type) {
	case schema.Decimal:
		one, _, ok := value.Rescale(value.FromInt64(1), 0, to.Scale)
		if !ok || !value.FitsPrecision(one, to.Precision) {
			for i := range c.v.yes.and(c.sel).rows(n) {
				if !c.node.Try {
					return vec{}, c.failed(classRange, i)
				}
			}
			if c.node.Try {
				out.valid = c.v.no
			}
		}
		out.data = pick(c.v.yes, n, toNum(one))
	case schema.Primitive:
		switch to {
		case schema.Byte:
			out.data = pick(c.v.yes, n, int8(1))
		case schema.Short:
			out.data = pick(c.v.yes, n, int16(1))
		case schema.Integer:
			out.data = pick(c.v.yes, n, int32(1))
		case schema.Long:
			out.data = pick(c.v.yes, n, int64(1))
		case schema.Float:
			out.data = pick(c.v.yes, n, float32(1))
		case schema.Double:
			out.data = pick(c.v.yes, n, float64(1))
		}
	}
	return out, nil
}

// pick is x in the rows that are set, else zero.
func pick[T any](set bitmap, n int, x T) []T {
	dst := make([]T, n)
	for i := range set.rows(n) {
		dst[i] = x
	}
	return dst
}
