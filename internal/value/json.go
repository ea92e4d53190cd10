package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// ParseJSON reads a bound from a file's statistics (protocol, section
// "Per-file Statistics"). JSON's null is null.
//
// Numbers are read from their text and exact, whatever their length. Floats
// may be the strings NaN, Infinity and -Infinity; numbers may stand in quotes.
// Timestamps need a zone or an offset; a bound that could be of any zone bounds
// nothing. A value that does not fit t exactly is an error, as is a t that has
// no bounds ([*TypeError]): binary, variant and nested types.
func ParseJSON(t schema.Type, raw string) (Value, error) {
	v, err := parseJSON(t, raw)
	if err != nil {
		return Value{}, fmt.Errorf("statistic %.60q of type %v: %w", raw, t, err)
	}
	return v, nil
}

func parseJSON(t schema.Type, raw string) (Value, error) {
	if !primitive(t) || t == schema.Variant || t == schema.Binary {
		return Value{}, &TypeError{Type: t, Form: "statistic"}
	}
	raw = strings.TrimSpace(raw)
	if raw == "null" {
		return Null(t), nil
	}
	if t == schema.Boolean {
		switch raw {
		case "true":
			return Bool(true), nil
		case "false":
			return Bool(false), nil
		}
		return Value{}, errBoolean
	}
	text, quoted, err := unquote(raw)
	if err != nil {
		return Value{}, err
	}
	switch {
	case !quoted && (t == schema.String || t == schema.Date || t == schema.Timestamp || t == schema.TimestampNTZ):
		return Value{}, errNotJSON
	case t == schema.String:
		return String(text), nil
	case t == schema.Timestamp:
		us, hasZone, err := parseTimestamp(text, nil)
		if err == nil && !hasZone {
			err = errNotTimestamp
		}
		return whole(t, us, err)
	default:
		return parseText(t, text)
	}
}

// unquote is the content of a JSON string, or raw itself if it is not one.
func unquote(raw string) (text string, quoted bool, err error) {
	if len(raw) == 0 || raw[0] != '"' {
		return raw, false, nil
	}
	if n := len(raw); n >= 2 && raw[n-1] == '"' && plain(raw[1:n-1]) {
		return raw[1 : n-1], true, nil
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return "", false, errNotJSON
	}
	return s, true, nil
}

// plain says whether b stands for itself inside a JSON string.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}

// AppendJSON appends v as Spark has it in statistics: null for a null, bare
// numbers for decimals with all their digits, 1.0E20 for floats, the strings
// "NaN" and "Infinity", timestamps floored to milliseconds as in
// "2024-03-10T09:02:03.123Z". Bytes of a string that are not UTF-8 become
// U+FFFD; a binary, which has no bounds, is null.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.IsNull() {
		return append(dst, "null"...)
	}
	switch v.typ {
	case schema.String:
		return AppendQuoted(dst, v.text)
	case schema.Binary:
		return append(dst, "null"...)
	case schema.Timestamp, schema.TimestampNTZ:
		dst = append(dst, '"')
		dst = appendMillis(dst, v.Int64(), v.typ == schema.Timestamp)
		return append(dst, '"')
	case schema.Date:
		dst = append(dst, '"')
		dst = AppendDate(dst, v.Int64())
		return append(dst, '"')
	case schema.Float, schema.Double:
		if f := v.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			dst = append(dst, '"')
			dst = AppendDouble(dst, f, 64)
			return append(dst, '"')
		}
	}
	return v.appendPlain(dst)
}

// AppendQuoted appends s as a JSON string without HTML escapes; what is not
// UTF-8 becomes U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	plain := 0 // from here to i there is nothing to escape
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[plain:i]...)
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		i += n
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}
