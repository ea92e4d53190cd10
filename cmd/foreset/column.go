package main

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/table/rows"
)

// column is one column of a batch, ready to be printed.
type column struct {
	array arrow.Array
	kind  kind
	void  bool                           // nothing but nulls, of which the array itself says nothing
	text  func(dst []byte, i int) []byte // of a value that is not null; JSON text if the kind is nested
	bad   *error                         // why a value had no text; of all columns together
}

// kind says how a value's text stands in JSON.
type kind uint8

const (
	bare   kind = iota // a number or a boolean: as it is
	float              // bare, but "NaN" and "Infinity" in quotes
	quoted             // ASCII without anything to escape: in quotes
	text               // a string: escaped, in quotes
	nested             // JSON already
)

// columnOf prepares a column; an error names a type that has no text here. What
// keeps a single value from having one is put into bad.
func columnOf(a arrow.Array, bad *error) (column, error) {
	c := column{array: a, bad: bad}
	switch a := a.(type) {
	case *array.Null:
		c.void = true
	case *array.Boolean:
		c.text = func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }
	case *array.Int8:
		c.text = integers(a.Value)
	case *array.Int16:
		c.text = integers(a.Value)
	case *array.Int32:
		c.text = integers(a.Value)
	case *array.Int64:
		c.text = integers(a.Value)
	case *array.Float32:
		c.kind = float
		c.text = func(dst []byte, i int) []byte { return value.AppendShortest(dst, float64(a.Value(i)), 32) }
	case *array.Float64:
		c.kind = float
		c.text = func(dst []byte, i int) []byte { return value.AppendShortest(dst, a.Value(i), 64) }
	case *array.Decimal128:
		c.kind, c.text = quoted, decimals(a)
	case *array.Date32:
		c.kind = quoted
		c.text = func(dst []byte, i int) []byte { return value.AppendDate(dst, int64(a.Value(i))) }
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		if t.Unit != arrow.Microsecond {
			return c, fmt.Errorf("a column of type %v cannot be printed", t)
		}
		c.kind = quoted
		c.text = func(dst []byte, i int) []byte { return value.AppendTimestamp(dst, int64(a.Value(i)), t.TimeZone != "") }
	case *array.String:
		c.kind = text
		c.text = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.Binary:
		c.kind = quoted
		c.text = func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, a.Value(i)) }
	case *array.Struct:
		if json, is := rows.VariantJSON(a); is {
			return c.variants(json), nil
		}
		return c.structs(a)
	case *array.Map: // before List, which it contains
		return c.maps(a)
	case *array.List:
		return c.lists(a)
	default:
		return c, fmt.Errorf("a column of type %v cannot be printed", a.DataType())
	}
	return c, nil
}

func integers[T int8 | int16 | int32 | int64](at func(int) T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(at(i)), 10) }
}

func decimals(a *array.Decimal128) func([]byte, int) []byte {
	scale := int(a.DataType().(*arrow.Decimal128Type).Scale)
	return func(dst []byte, i int) []byte {
		n := a.Value(i)
		return value.AppendDecimal(dst, value.Int128{Hi: n.HighBits(), Lo: n.LowBits()}, scale)
	}
}

func (c column) structs(a *array.Struct) (column, error) {
	fields := a.DataType().(*arrow.StructType).Fields()
	columns := make([]column, len(fields))
	keys := make([][]byte, len(fields))
	for i, f := range fields {
		var err error
		if columns[i], err = columnOf(a.Field(i), c.bad); err != nil {
			return c, err
		}
		keys[i] = append(appendJSONString(nil, []byte(f.Name)), ':')
	}
	c.kind = nested
	c.text = func(dst []byte, i int) []byte {
		dst = append(dst, '{')
		for n := range columns {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = columns[n].appendJSON(append(dst, keys[n]...), i)
		}
		return append(dst, '}')
	}
	return c, nil
}

func (c column) variants(json func([]byte, int) ([]byte, error)) column {
	c.kind = nested
	c.text = func(dst []byte, i int) []byte {
		dst, err := json(dst, i)
		if err != nil && *c.bad == nil {
			*c.bad = err
		}
		return dst
	}
	return c
}

func (c column) lists(a *array.List) (column, error) {
	elements, err := columnOf(a.ListValues(), c.bad)
	c.kind = nested
	c.text = func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		dst = append(dst, '[')
		for n := from; n < to; n++ {
			if n > from {
				dst = append(dst, ',')
			}
			dst = elements.appendJSON(dst, int(n))
		}
		return append(dst, ']')
	}
	return c, err
}

// maps are objects, and arrays of pairs where an object cannot say the same:
// when keys are not strings, or one repeats.
func (c column) maps(a *array.Map) (column, error) {
	keys, err := columnOf(a.Keys(), c.bad)
	if err != nil {
		return c, err
	}
	values, err := columnOf(a.Items(), c.bad)
	c.kind = nested
	c.text = func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		object := keys.kind == text && distinct(a.Keys(), int(from), int(to))
		opened, between, closed := "[", "],[", "]]"
		if from == to {
			closed = "]"
		} else {
			opened = "[["
		}
		if object {
			opened, between, closed = "{", ",", "}"
		}
		dst = append(dst, opened...)
		for n := int(from); n < int(to); n++ {
			if n > int(from) {
				dst = append(dst, between...)
			}
			dst = keys.appendJSON(dst, n)
			if object {
				dst = append(dst, ':')
			} else {
				dst = append(dst, ',')
			}
			dst = values.appendJSON(dst, n)
		}
		return append(dst, closed...)
	}
	return c, err
}

// distinct says whether the keys from … to differ as they are printed.
func distinct(keys arrow.Array, from, to int) bool {
	a := keys.(*array.String)
	seen := make(map[string]bool, to-from)
	for i := from; i < to; i++ {
		k := a.Value(i)
		if !utf8.ValidString(k) {
			k = string(appendValid(nil, []byte(k)))
		}
		if seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

// appendJSON appends value i as JSON.
func (c *column) appendJSON(dst []byte, i int) []byte {
	if c.isNull(i) {
		return append(dst, "null"...)
	}
	switch c.kind {
	case bare, nested:
		return c.text(dst, i)
	case float:
		if c.finite(i) {
			return c.text(dst, i)
		}
		fallthrough
	case quoted:
		return append(c.text(append(dst, '"'), i), '"')
	default:
		return appendJSONString(dst, c.text(nil, i))
	}
}

func (c *column) isNull(i int) bool { return c.void || c.array.IsNull(i) }

func (c *column) finite(i int) bool {
	var f float64
	switch a := c.array.(type) {
	case *array.Float32:
		f = float64(a.Value(i))
	case *array.Float64:
		f = a.Value(i)
	}
	return !math.IsNaN(f) && !math.IsInf(f, 0)
}

// appendJSONString appends a string as JSON. What is not UTF-8 becomes U+FFFD;
// nothing is escaped for HTML.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		if c := s[0]; c < utf8.RuneSelf {
			dst = appendJSONByte(dst, c)
			s = s[1:]
			continue
		}
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return append(dst, '"')
}

func appendJSONByte(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	case c < 0x20:
		return append(dst, escaped(rune(c))...)
	default:
		return append(dst, c)
	}
}

// appendValid appends a text with U+FFFD for what is not UTF-8.
func appendValid(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}
