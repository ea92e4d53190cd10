package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// TypeError says that values of a type cannot be had in a form.
type TypeError struct {
	Type schema.Type
	Form string // "partition value" or "statistic"
}

func (e *TypeError) Error() string { return fmt.Sprintf("%v cannot be a %s", e.Type, e.Form) }

var (
	errLossy   = errors.New("does not fit the type exactly")
	errBoolean = errors.New("not a boolean")
	errUTF8    = errors.New("not UTF-8")
	errNotJSON = errors.New("not JSON of the type")
)

// ParsePartition reads a value from the text that partitionValues has (protocol,
// section "Partition Value Serialization"). "" is null for every type. A
// timestamp without a zone is one of zone; nil is UTC.
//
// It reads what Spark writes, and more: booleans in any case, floats in the
// forms of other languages, decimals without padding or with an exponent,
// timestamps with any offset, T or a space. Text of a narrower type reads as a
// wider one, as type widening asks. Binaries are read as well as can be, as
// writers differ: text made of nothing but \u00XX is those bytes, any other
// is itself.
//
// Text that does not fit t exactly is an error, as is a t that cannot be a
// partition value ([*TypeError]).
func ParsePartition(t schema.Type, s string, zone *time.Location) (Value, error) {
	v, err := parsePartition(t, s, zone)
	if err != nil {
		return Value{}, fmt.Errorf("partition value %.60q of type %v: %w", s, t, err)
	}
	return v, nil
}

func parsePartition(t schema.Type, s string, zone *time.Location) (Value, error) {
	if !primitive(t) || t == schema.Variant {
		return Value{}, &TypeError{Type: t, Form: "partition value"}
	}
	switch {
	case s == "":
		return Null(t), nil
	case t == schema.String:
		return String(s), nil
	case t == schema.Binary:
		return Value{typ: t, set: true, text: unescapeBinary(s)}, nil
	case t == schema.Boolean:
		switch {
		case strings.EqualFold(s, "true"):
			return Bool(true), nil
		case strings.EqualFold(s, "false"):
			return Bool(false), nil
		}
		return Value{}, errBoolean
	case t == schema.Timestamp:
		us, _, err := parseTimestamp(s, zone)
		return whole(t, us, err)
	default:
		return parseText(t, s)
	}
}

// primitive says whether t is a primitive or a decimal: a type of values.
func primitive(t schema.Type) bool {
	switch t.(type) {
	case schema.Primitive, schema.Decimal:
		return true
	default:
		return false
	}
}

// parseText reads the types whose text does not depend on where it is written.
func parseText(t schema.Type, s string) (Value, error) {
	if d, ok := t.(schema.Decimal); ok {
		return parseScaled(t, d, s)
	}
	switch t {
	case schema.Byte:
		return parseInt(t, s, 8)
	case schema.Short:
		return parseInt(t, s, 16)
	case schema.Integer:
		return parseInt(t, s, 32)
	case schema.Long:
		return parseInt(t, s, 64)
	case schema.Float:
		f, err := parseFloat(s, 32)
		if err != nil {
			return Value{}, err
		}
		return Float(float32(f)), nil
	case schema.Double:
		f, err := parseFloat(s, 64)
		if err != nil {
			return Value{}, err
		}
		return Double(f), nil
	case schema.Date:
		days, err := parseDate(s)
		return whole(t, days, err)
	case schema.TimestampNTZ:
		us, err := parseWallClock(s)
		return whole(t, us, err)
	default: // void
		return Value{}, errLossy
	}
}

// whole is a date or a timestamp, unless err.
func whole(t schema.Type, n int64, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return Value{typ: t, set: true, num: FromInt64(n)}, nil
}

// parseInt reads an integer; 12.0 and 1E3 are integers too.
func parseInt(t schema.Type, s string, bits int) (Value, error) {
	if i, err := strconv.ParseInt(s, 10, bits); err == nil {
		return Value{typ: t, set: true, num: FromInt64(i)}, nil
	}
	d, err := parseDecimal(s)
	if err != nil {
		return Value{}, err
	}
	n, rounded, _ := Rescale(d.unscaled, d.scale, 0)
	i, ok := n.Int64()
	if rounded || !ok || !fitsBits(i, bits) {
		return Value{}, errLossy
	}
	return Value{typ: t, set: true, num: n}, nil
}

func fitsBits(i int64, bits int) bool {
	shift := 64 - bits
	return i<<shift>>shift == i
}

// parseScaled reads a decimal; t is to, boxed.
func parseScaled(t schema.Type, to schema.Decimal, s string) (Value, error) {
	d, err := parseDecimal(s)
	if err != nil {
		return Value{}, err
	}
	n, ok := rescaleExact(d.unscaled, d.scale, to)
	if !ok {
		return Value{}, errLossy
	}
	return Value{typ: t, set: true, num: n}, nil
}

// rescaleExact is n of that scale as an unscaled value of d; it reports false
// if digits would be lost.
func rescaleExact(n Int128, scale int, d schema.Decimal) (Int128, bool) {
	m, rounded, ok := Rescale(n, scale, d.Scale)
	return m, ok && !rounded && FitsPrecision(m, d.Precision)
}

// unescapeBinary decodes text that is nothing but \u00XX.
func unescapeBinary(s string) string {
	const width = len(`\u0000`)
	if len(s)%width != 0 {
		return s
	}
	out := make([]byte, 0, len(s)/width)
	for ; s != ""; s = s[width:] {
		hex, ok := strings.CutPrefix(s[:width], `\u00`)
		b, err := strconv.ParseUint(hex, 16, 8)
		if !ok || err != nil {
			return s
		}
		out = append(out, byte(b))
	}
	return string(out)
}

// AppendPartition appends the text of v in partitionValues as Spark writes it:
// 1.0E20, 2024-03-10T09:02:03.123456Z, 2024-03-10 02:30:00.5. A null appends
// nothing. Binaries, strings that are not UTF-8 and types that cannot be
// partition values are errors.
func (v Value) AppendPartition(dst []byte) ([]byte, error) {
	if !primitive(v.typ) || v.typ == schema.Variant || v.typ == schema.Binary {
		return dst, &TypeError{Type: v.typ, Form: "partition value"}
	}
	if v.IsNull() {
		return dst, nil
	}
	switch v.typ {
	case schema.String:
		if !utf8.ValidString(v.text) {
			return dst, fmt.Errorf("partition value %.60q: %w", v.text, errUTF8)
		}
		return append(dst, v.text...), nil
	case schema.Timestamp:
		return AppendTimestamp(dst, v.Int64(), true), nil
	case schema.TimestampNTZ:
		return appendTrimmed(dst, v.Int64()), nil
	default:
		return v.appendPlain(dst), nil
	}
}

// PartitionString is the text of v in partitionValues; false stands for JSON's
// null, which nulls and empty strings are written as. For errors see
// [Value.AppendPartition].
func (v Value) PartitionString() (string, bool, error) {
	text, err := v.AppendPartition(nil)
	if err != nil || len(text) == 0 {
		return "", false, err
	}
	return string(text), true, nil
}

// appendPlain appends what has one form everywhere.
func (v Value) appendPlain(dst []byte) []byte {
	if d, ok := v.typ.(schema.Decimal); ok {
		return AppendDecimal(dst, v.num, d.Scale)
	}
	switch v.typ {
	case schema.Boolean:
		return strconv.AppendBool(dst, v.Bool())
	case schema.Float:
		return AppendDouble(dst, v.Float64(), 32)
	case schema.Double:
		return AppendDouble(dst, v.Float64(), 64)
	case schema.Date:
		return AppendDate(dst, v.Int64())
	default:
		return strconv.AppendInt(dst, v.Int64(), 10)
	}
}
