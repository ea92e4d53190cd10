package stats

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// parseBound reads a JSON scalar as the lower or upper bound of a column of
// type t. In a table whose types were widened the text may be of a narrower
// type than t: an integer for a decimal or a double, a date for a
// timestamp_ntz.
func parseBound(token string, t schema.Type, isMax bool) (value.Value, bool) {
	if d, ok := t.(schema.Decimal); ok {
		n, ok := parseDecimal(token, d.Scale, isMax)
		return value.Decimal(d, n), ok
	}
	switch t {
	case schema.Float, schema.Double:
		return parseFloat(token, t.(schema.Primitive))
	case schema.String:
		s, ok := unquote(token)
		return value.String(s), ok
	case schema.Boolean, schema.Byte, schema.Short, schema.Integer, schema.Long,
		schema.Date, schema.Timestamp, schema.TimestampNTZ:
		v, err := value.ParseJSON(t, token)
		return v, err == nil
	default:
		return value.Value{}, false // binary, variant, arrays, maps: nobody agrees on their bounds
	}
}

// parseFloat reads a number, or one of the names that JSON has no number for.
func parseFloat(token string, t schema.Primitive) (value.Value, bool) {
	var x float64
	switch token {
	case `"NaN"`:
		x = math.NaN()
	case `"Infinity"`:
		x = math.Inf(1)
	case `"-Infinity"`:
		x = math.Inf(-1)
	default:
		bits := 64
		if t == schema.Float {
			bits = 32
		}
		var err error
		if x, err = strconv.ParseFloat(token, bits); err != nil || !number(token) {
			return value.Value{}, false
		}
	}
	if t == schema.Float {
		return value.Float(float32(x)), true
	}
	return value.Double(x), true
}

// number says whether token has only the characters of a JSON number, which
// leaves out the further spellings of package strconv.
func number(token string) bool {
	return strings.Trim(token, "0123456789+-.eE") == "" && token != ""
}

// decimalDigits bounds the digits, and the zeros of an exponent, that a
// decimal's text may have: plain notation of the largest float64 has 309.
const decimalDigits = 400

// parseDecimal reads a number exactly. Digits beyond the scale, which a writer
// that goes through float64 may leave, are rounded outwards.
func parseDecimal(token string, scale int, isMax bool) (value.Int128, bool) {
	if !number(token) || len(token) > decimalDigits {
		return value.Int128{}, false
	}
	mantissa, exponent := token, 0
	if i := strings.IndexAny(token, "eE"); i >= 0 {
		e, err := strconv.Atoi(token[i+1:])
		if err != nil || e < -decimalDigits || e > decimalDigits {
			return value.Int128{}, false
		}
		mantissa, exponent = token[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift := scale + exponent - len(fraction) // value = digits · 10^(exponent−len(fraction))
	if digits := whole + fraction; shift >= 0 && len(digits)+shift <= 18 {
		i, err := strconv.ParseInt(digits, 10, 64)
		for range shift {
			i *= 10
		}
		return value.FromInt64(i), err == nil
	}
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return value.Int128{}, false
	}
	if shift >= 0 {
		return value.FromBig(n.Mul(n, pow10(shift)))
	}
	return value.FromBig(divide(n, pow10(-shift), isMax))
}

// divide is n/d rounded towards +∞ or −∞; d > 0.
func divide(n, d *big.Int, up bool) *big.Int {
	if up {
		n.Neg(n)
	}
	n.Div(n, d) // Euclidean, which is the floor for d > 0
	if up {
		n.Neg(n)
	}
	return n
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

const (
	// timestampSlack is what a timestamp's upper bound lacks: writers cut both
	// bounds down to milliseconds.
	timestampSlack = 1000 // µs
	// zoneSlack is what a bound before zoneSlackBefore may be off: old Spark
	// versions wrote the session's zone offset without its seconds, which
	// zones had until 1972.
	zoneSlack       = 59_000_000               // µs
	zoneSlackBefore = 2 * 365 * 86_400_000_000 // 1972-01-01, µs since 1970

	// Decimals of up to 15 digits survive float64 and its shortest text; of
	// longer ones delta-rs writes unscaled ÷ 10^scale in float64 arithmetic: the
	// conversion, the power, the division and the shortest text each lose up to
	// one unit in the last place, and large values are stepped one unit towards
	// zero. The text does not say who wrote it, so all bounds of such decimals
	// are widened; a relative 10^-15 costs no pruning worth having.
	floatDigits = 15
	floatSlack  = 8 // units in the last place of a float64
)

// lower and upper widen a bound by what its writer may have lost.
func lower(n *node) value.Value { return widen(n, n.written.Min, -1) }
func upper(n *node) value.Value { return widen(n, n.written.Max, +1) }

// widen moves v in the direction of sign, saturating; null if no distance is
// enough.
func widen(n *node, v value.Value, sign int64) value.Value {
	if n.many && !v.IsNull() {
		v = widenMany(n, v, sign)
	}
	if v.IsNull() {
		return v
	}
	if d, ok := v.Type().(schema.Decimal); ok {
		if d.Precision <= floatDigits {
			return v
		}
		return value.Decimal(d, widenDecimal(v.Unscaled(), sign))
	}
	switch v.Type() {
	case schema.String:
		// Writers that decode a string before they take its bounds put U+FFFD
		// for bytes that are not UTF-8, which moves the bound either way.
		if strings.ContainsRune(v.Text(), '\uFFFD') {
			return value.Null(schema.String)
		}
		if sign > 0 && utf8.RuneCountInString(v.Text()) >= n.cut {
			// Perhaps cut to its beginning, without the character that makes it
			// a bound again.
			return beyond(v.Text())
		}
	case schema.Timestamp, schema.TimestampNTZ:
		us := v.Int64()
		if v.Type() == schema.Timestamp && us < zoneSlackBefore {
			us = addSaturating(us, sign*zoneSlack)
		}
		if sign > 0 {
			us = addSaturating(us, timestampSlack)
		}
		return value.Int(v.Type().(schema.Primitive), us)
	case schema.Double:
		// The shortest text of a float32 is not its value as a float64.
		if narrow := float64(float32(v.Float64())); n.wasFloat && value.CompareFloat(narrow, v.Float64()) == int(sign) {
			return value.Double(narrow)
		}
	}
	return v
}

// widenMany moves the least or the greatest of the bounds of many files so that
// what widen makes of it encloses what it makes of each of them; null if nothing
// does.
func widenMany(n *node, v value.Value, sign int64) value.Value {
	switch v.Type() {
	case schema.Float, schema.Double:
		return value.Null(v.Type()) // there may be a NaN among them that does not show
	case schema.Timestamp: // as if it were an old one: some of the others may be
		if us := v.Int64(); us >= zoneSlackBefore {
			return value.Int(schema.Timestamp, addSaturating(us, sign*zoneSlack))
		}
	case schema.String:
		// Of two texts of which one goes on where the other was cut, or has lost
		// bytes, the smaller may stand for the greater string.
		text := v.Text()
		switch {
		case sign < 0 && strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }):
			return value.Null(schema.String)
		case sign > 0 && strings.ContainsFunc(text, func(r rune) bool { return r >= '\uFFFD' }):
			return value.Null(schema.String)
		case sign > 0:
			return value.String(text[:offset(text, n.cut)])
		}
	}
	return v
}

// beyond is greater than all strings that begin with s; null if nothing is.
func beyond(s string) value.Value {
	for len(s) > 0 {
		r, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
		if r++; r == 0xD800 {
			r = 0xE000 // no character is a surrogate
		}
		if r <= utf8.MaxRune {
			return value.String(string(utf8.AppendRune([]byte(s), r)))
		}
	}
	return value.Null(schema.String)
}

// widenDecimal moves an unscaled decimal by floatSlack units in the last place
// of the float64 nearest to it. The scale does not matter: the unit is
// relative to the value. 38 digits and the slack fit 128 bits.
func widenDecimal(u value.Int128, sign int64) value.Int128 {
	x := u.Big()
	f, _ := new(big.Float).SetInt(x).Float64()
	// One unit is at most |x|·2^-52; for small values that is less than one
	// step of the decimal, which is what rounding up gives.
	slack := math.Ceil(math.Abs(f) * 0x1p-52 * floatSlack)
	step, _ := big.NewFloat(slack).Int(nil)
	if sign < 0 {
		step.Neg(step)
	}
	if w, ok := value.FromBig(x.Add(x, step)); ok {
		return w
	}
	return u // not reached with 38 digits
}

func addSaturating(a, b int64) int64 {
	sum := a + b
	switch {
	case b > 0 && sum < a:
		return math.MaxInt64
	case b < 0 && sum > a:
		return math.MinInt64
	}
	return sum
}
