package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Casts from and to strings.

func (c caster) fromString(data []string) (vec, error) {
	to := c.node.To
	if d, ok := to.(schema.Decimal); ok {
		return convertEach(c, data, func(s string) (decimal128.Num, string) { return parseDecimal(s, d) })
	}
	switch to {
	case schema.Binary:
		return c.v, nil
	case schema.Boolean:
		return c.stringsToBooleans(data)
	case schema.Byte:
		return convertEach(c, data, parseInt[int8])
	case schema.Short:
		return convertEach(c, data, parseInt[int16])
	case schema.Integer:
		return convertEach(c, data, parseInt[int32])
	case schema.Long:
		return convertEach(c, data, parseInt[int64])
	case schema.Float:
		return convertEach(c, data, func(s string) (float32, string) {
			f, class := parseFloat(s, 32)
			return float32(f), class
		})
	case schema.Double:
		return convertEach(c, data, func(s string) (float64, string) { return parseFloat(s, 64) })
	case schema.Date:
		return convertEach(c, data, func(s string) (int32, string) {
			days, ok := parseDate(s)
			return days, unless(ok, classInvalid)
		})
	default:
		zones := *c.node.env // names of zones are looked up once a batch
		zones.zones = map[string]*zoneName{}
		return convertEach(c, data, func(s string) (int64, string) {
			micros, ok := zones.parseTime(s, to)
			return micros, unless(ok, classInvalid)
		})
	}
}

func unless(ok bool, class string) string {
	if ok {
		return ""
	}
	return class
}

func (c caster) stringsToBooleans(data []string) (vec, error) {
	out := vec{rows: c.v.rows, yes: newBitmap(c.v.rows), no: newBitmap(c.v.rows)}
	for i := range c.v.active(c.sel) {
		dst := out.no
		switch strings.ToLower(trimAll(data[i])) {
		case "t", "true", "y", "yes", "1":
			dst = out.yes
		case "f", "false", "n", "no", "0":
		default:
			if c.node.Try {
				continue
			}
			return vec{}, c.failed(classInvalid, i)
		}
		if c.v.one {
			copy(dst, fullBitmap(c.v.rows))
		} else {
			dst.set(i)
		}
	}
	return out, nil
}

// trimAll takes white space and control characters off both ends.
func trimAll(s string) string {
	blank := func(b byte) bool { return b <= ' ' || b == 0x7F }
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func parseInt[T integer](s string) (T, string) {
	s = trimAll(s)
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	if digits == "" || !isDigit(digits[0]) || s[0] == '+' && len(s)-len(digits) == 2 {
		return 0, classInvalid
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || int64(T(n)) != n {
		return 0, classInvalid
	}
	return T(n), ""
}

// parseFloat reads what Java's Double.parseDouble does, and Spark's names for
// what is not finite.
func parseFloat(s string, width int) (float64, string) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), ""
	case "inf", "+inf", "infinity", "+infinity":
		return math.Inf(1), ""
	case "-inf", "-infinity":
		return math.Inf(-1), ""
	}
	number := s
	if n := len(s); n > 1 && strings.IndexByte("fFdD", s[n-1]) >= 0 {
		if lower := strings.ToLower(s); !strings.Contains(lower, "0x") || strings.Contains(lower, "p") {
			number = s[:n-1]
		}
	}
	// What is left of the differences to Java: names, underscores, and
	// hexadecimal numbers without exponent.
	lower := strings.ToLower(number)
	hexadecimal := strings.Contains(lower, "0x")
	if strings.ContainsAny(lower, "_n") || hexadecimal != strings.Contains(lower, "p") {
		return 0, classInvalid
	}
	f, err := strconv.ParseFloat(number, width)
	if err != nil && !math.IsInf(f, 0) { // out of range is infinite, in Java too
		return 0, classInvalid
	}
	return f, ""
}

func parseDecimal(s string, to schema.Decimal) (decimal128.Num, string) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if m, scale, ok := narrowDecimal(s); ok {
		n, _, ok := value.Rescale(value.FromInt64(m), scale, to.Scale)
		if !ok || !value.FitsPrecision(n, to.Precision) {
			return decimal128.Num{}, classRange
		}
		return toNum(n), ""
	}
	mantissa, exp, ok := splitDecimal(s)
	if !ok {
		return decimal128.Num{}, classInvalid
	}
	digits := len(mantissa.String())
	if mantissa.Sign() < 0 {
		digits--
	}
	switch {
	case mantissa.Sign() == 0 || digits+exp < -to.Scale:
		return decimal128.Num{}, ""
	case digits+exp > 38:
		return decimal128.Num{}, classDigits
	}
	var b bigDecimal
	b.z.Set(mantissa)
	b.rescale(-exp, to.Scale)
	n, ok := value.FromBig(&b.z)
	if !ok || !value.FitsPrecision(n, to.Precision) {
		return decimal128.Num{}, classRange
	}
	return toNum(n), ""
}

// toString formats values behind one another and cuts the text apart at the
// end: no allocation a value.
func (c caster) toString() (vec, error) {
	if text, ok := c.v.data.([]string); ok { // a binary's bytes
		return c.v.like(text), nil
	}
	var text []byte
	entries := c.v.entries()
	ends := make([]int, entries)
	each := func(format func(i int)) {
		next := 0
		for i := range c.v.active(c.sel) {
			for ; next < i; next++ {
				ends[next] = len(text)
			}
			format(i)
			ends[i], next = len(text), i+1
		}
		for ; next < entries; next++ {
			ends[next] = len(text)
		}
	}
	switch data := c.v.data.(type) {
	case []int8:
		each(func(i int) { text = strconv.AppendInt(text, int64(data[i]), 10) })
	case []int16:
		each(func(i int) { text = strconv.AppendInt(text, int64(data[i]), 10) })
	case []int32:
		if c.from == schema.Date {
			each(func(i int) { text = value.AppendDate(text, int64(data[i])) })
		} else {
			each(func(i int) { text = strconv.AppendInt(text, int64(data[i]), 10) })
		}
	case []int64:
		switch c.from {
		case schema.Timestamp:
			each(func(i int) { text = appendTimestamp(text, data[i], c.node.env.zone) })
		case schema.TimestampNTZ:
			each(func(i int) { text = appendTimestamp(text, data[i], nil) })
		default:
			each(func(i int) { text = strconv.AppendInt(text, data[i], 10) })
		}
	case []float32:
		each(func(i int) { text = value.AppendDouble(text, float64(data[i]), 32) })
	case []float64:
		each(func(i int) { text = value.AppendDouble(text, data[i], 64) })
	case []decimal128.Num:
		scale := c.from.(schema.Decimal).Scale
		each(func(i int) { text = value.AppendDecimal(text, fromNum(data[i]), scale) })
	default:
		return c.booleanTexts(), nil
	}
	all := string(text)
	dst := make([]string, entries)
	start := 0
	for i, end := range ends {
		dst[i] = all[start:end]
		start = end
	}
	return c.v.like(dst), nil
}

func (c caster) booleanTexts() vec {
	dst := make([]string, c.v.rows)
	for i := range dst {
		dst[i] = strconv.FormatBool(c.v.yes.get(i))
	}
	return vec{rows: c.v.rows, valid: c.v.validRows(), data: dst}
}

// appendDouble is the text of a double in a cast to string.
func appendDouble(f float64) string { return string(value.AppendDouble(nil, f, 64)) }
