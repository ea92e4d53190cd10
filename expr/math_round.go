package expr

import (
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// roundFunctions are those that give up digits.
var roundFunctions = map[string]*function{
	"round":  {1, 2, rounding("round", halfUp)},
	"bround": {1, 2, rounding("bround", halfEven)},
	"floor":  {1, 2, whole("floor", down, math.Floor)},
	"ceil":   {1, 2, whole("ceil", up, math.Ceil)},
}

// roundMode says what becomes of digits that are given up.
type roundMode uint8

const (
	halfUp   roundMode = iota // to the nearest, halves away from zero
	halfEven                  // to the nearest, halves to the even one
	down                      // to the next that is not greater
	up                        // to the next that is not less
)

// rounding is round or bround of numbers of any type, to so many digits after
// the point, or to a power of ten if they are negative.
func rounding(name string, mode roundMode) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		x, err := b.number(at, args[0])
		if err != nil {
			return nil, err
		}
		scale := Node(&Literal{value.Int(schema.Integer, 0)})
		if len(args) == 2 {
			if !known(args[1]) {
				return nil, b.typeError(at, "the digits of %s must be known before any row is", name)
			}
			converted, err := b.implicit(at, args[1:], schema.Integer)
			if err != nil {
				return nil, err
			}
			scale = converted[0]
		}
		digits, ok := literalArg(scale)
		if !ok { // it fails, for every row
			return b.convert(at, scale, x.Type()), nil
		}
		d, isDecimal := x.Type().(schema.Decimal)
		if isDecimal {
			d = roundedDecimal(d, int(digits.Int64()))
		}
		if digits.IsNull() {
			if isDecimal {
				return &Literal{value.Null(d)}, nil
			}
			return &Literal{value.Null(x.Type())}, nil
		}
		if isDecimal {
			return b.roundDecimal(at, name, x, scale, d, mode), nil
		}
		fn := callable{keeps: 1, fails: isIntegral(x.Type()), eval: func(c *call) (vec, error) {
			return roundNumbers(c, int(digits.Int64()), mode)
		}}
		return b.makeCall(at, name, x.Type(), fn, withScale(x, scale, len(args))...), nil
	}
}

// withScale is the arguments as they were given.
func withScale(x, scale Node, given int) []Node {
	if given == 1 {
		return []Node{x}
	}
	return []Node{x, scale}
}

// known says whether n depends on no row.
func known(n Node) bool {
	switch n := n.(type) {
	case *Column:
		return false
	case *Call:
		if n.fn.fickle {
			return false
		}
	}
	for _, arg := range Operands(n) {
		if !known(arg) {
			return false
		}
	}
	return true
}

// roundedDecimal is the type of a decimal that is rounded: rounding may carry
// into one digit more.
func roundedDecimal(d schema.Decimal, digits int) schema.Decimal {
	integral := d.Precision - d.Scale + 1
	if digits < 0 {
		return schema.Decimal{Precision: min(max(integral, 1-digits), 38)}
	}
	scale := min(d.Scale, digits)
	return schema.Decimal{Precision: min(integral+scale, 38), Scale: scale}
}

// whole is floor or ceil. With one argument a float is a long; with two all
// numbers are decimals.
func whole(name string, mode roundMode, ofDouble func(float64) float64) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		x, err := b.number(at, args[0])
		if err != nil {
			return nil, err
		}
		if len(args) == 2 {
			return b.wholeTo(at, name, args[0], args[1], mode)
		}
		switch t := x.Type().(type) {
		case schema.Decimal:
			if t.Scale == 0 {
				return x, nil
			}
			return b.roundDecimal(at, name, x, nil, roundedDecimal(t, 0), mode), nil
		default:
			if isIntegral(t) {
				return b.convert(at, x, schema.Long), nil
			}
		}
		return b.makeCall(at, name, schema.Long, callable{eval: func(c *call) (vec, error) {
			return each(c, func(x float64) (int64, *fault) { return saturated(ofDouble(x)), nil })
		}}, b.convert(at, x, schema.Double)), nil
	}
}

// wholeTo is floor or ceil to so many digits.
func (b *binder) wholeTo(at *syntax, name string, x, scale Node, mode roundMode) (Node, error) {
	digits, ok := literalArg(scale)
	if !ok || digits.IsNull() || digits.Type() != schema.Integer {
		return nil, b.typeError(at, "the digits of %s must be an int that is known before any row is", name)
	}
	d, ok := decimalFor(x)
	switch t := x.Type(); {
	case isIntegral(t):
		d = decimalOf(t)
	case t == schema.Float:
		d = schema.Decimal{Precision: 14, Scale: 7}
	case t == schema.Double || t == schema.Void:
		d = schema.Decimal{Precision: 30, Scale: 15}
	case !ok: // a string
		d = schema.Decimal{Precision: 38, Scale: 18}
	}
	return b.roundDecimal(at, name, b.convert(at, x, d), scale, roundedDecimal(d, int(digits.Int64())), mode), nil
}

// roundDecimal rounds decimals; scale is nil if it is not written.
func (b *binder) roundDecimal(at *syntax, name string, x, scale Node, to schema.Decimal, mode roundMode) Node {
	from, digits, args := x.Type().(schema.Decimal).Scale, 0, []Node{x}
	if scale != nil {
		digits = int(scale.(*Literal).Value.Int64())
		args = append(args, scale)
	}
	drop, zeros := from-to.Scale, max(0, -digits)
	return b.makeCall(at, name, to, callable{keeps: 1, fails: true, eval: func(c *call) (vec, error) {
		return each(c, func(x decimal128.Num) (decimal128.Num, *fault) {
			n, ok := roundedTo(fromNum(x), drop+zeros, mode), true
			if zeros > 0 {
				n, _, ok = value.Rescale(n, 0, zeros)
			}
			if !ok || !value.FitsPrecision(n, to.Precision) {
				return decimal128.Num{}, faultf(classRange, "%s to %d digits does not fit in %v", formatDecimal(fromNum(x).Big(), from), digits, to)
			}
			return toNum(n), nil
		})
	}}, args...)
}

// roundedTo is n / 10^drop.
func roundedTo(n value.Int128, drop int, mode roundMode) value.Int128 {
	r, lost, _ := value.Rescale(n, drop, 0)
	if !lost || mode == halfUp {
		return r
	}
	one := value.FromInt64(1)
	power, _, ok := value.Rescale(one, 0, drop)
	if !ok { // n is less than half of it
		power = value.Int128{}
	}
	back, _ := r.Mul(power)
	rest, _ := n.Sub(back) // has the sign against which r was rounded
	switch {
	case mode == down && rest.Sign() < 0:
		r, _ = r.Sub(one)
	case mode == up && rest.Sign() > 0:
		r, _ = r.Add(one)
	case mode == halfEven && r.Lo&1 == 1:
		if twice, _ := rest.Add(rest); twice == power || twice == power.Neg() {
			step := value.FromInt64(int64(r.Sign()))
			r, _ = r.Sub(step)
		}
	}
	return r
}

func roundNumbers(c *call, digits int, mode roundMode) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return roundInts[int8](c, digits, mode)
	case []int16:
		return roundInts[int16](c, digits, mode)
	case []int32:
		return roundInts[int32](c, digits, mode)
	case []int64:
		return roundInts[int64](c, digits, mode)
	case []float32:
		return each(c, func(x float32) (float32, *fault) { return float32(roundFloat(float64(x), digits, mode, 32)), nil })
	}
	return each(c, func(x float64) (float64, *fault) { return roundFloat(x, digits, mode, 64), nil })
}

func roundInts[T integer](c *call, digits int, mode roundMode) (vec, error) {
	return each(c, func(x T) (T, *fault) {
		if digits >= 0 {
			return x, nil
		}
		n := roundedTo(value.FromInt64(int64(x)), -digits, mode)
		n, _, ok := value.Rescale(n, 0, -digits)
		i, fits := n.Int64()
		if !ok || !fits || int64(T(i)) != i {
			return 0, faultf(classOverflow, "%d to %d digits does not fit in its type", x, digits)
		}
		return T(i), nil
	})
}

// roundFloat rounds the shortest decimal that reads back as x. What becomes
// zero loses its sign.
func roundFloat(x float64, digits int, mode roundMode, width int) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	var text [64]byte
	n, scale := shortestDecimal(text[:0], x)
	if digits < scale {
		n, scale = roundedTo(n, scale-digits, mode), digits
	} else if width == 64 && x != 0 {
		return x
	}
	if n.Sign() == 0 {
		return 0
	}
	i, _ := n.Int64() // at most 17 digits
	const exactInteger, exactPower = 1 << 53, 22
	if width == 64 && -exactInteger <= i && i <= exactInteger && -exactPower <= scale && scale <= exactPower {
		if scale >= 0 {
			return float64(i) / math.Pow10(scale)
		}
		return float64(i) * math.Pow10(-scale)
	}
	number := append(strconv.AppendInt(text[:0], i, 10), 'e')
	f, _ := strconv.ParseFloat(viewString(strconv.AppendInt(number, int64(-scale), 10)), width) // out of range is ±∞, as in Java
	return f
}
