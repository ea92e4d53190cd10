package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// appendText appends the value of type t that a text stands for: exactly, or
// not at all. Spaces around anything but a string do not count.
func appendText(b array.Builder, t schema.Type, s string) error {
	if t != schema.String {
		s = strings.TrimSpace(s)
	}
	switch t := t.(type) {
	case schema.Primitive:
		return appendPrimitive(b, t, s)
	case schema.Decimal:
		n, err := parseDecimal(s, t)
		if err != nil {
			return err
		}
		b.(*array.Decimal128Builder).Append(n)
		return nil
	default: // nested values are JSON
		v, err := parseJSON([]byte(s))
		if err != nil {
			return fmt.Errorf("no JSON, which a column of type %v has in text: %w", t, err)
		}
		if bad := appendNode(b, t, true, v); bad != nil {
			return bad
		}
		return nil
	}
}

func appendPrimitive(b array.Builder, t schema.Primitive, s string) error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		v, err := parseBool(s)
		return put(b.Append, v, err)
	case *array.Int8Builder:
		v, err := parseInteger(s, 8)
		return put(b.Append, int8(v), err)
	case *array.Int16Builder:
		v, err := parseInteger(s, 16)
		return put(b.Append, int16(v), err)
	case *array.Int32Builder:
		v, err := parseInteger(s, 32)
		return put(b.Append, int32(v), err)
	case *array.Int64Builder:
		v, err := parseInteger(s, 64)
		return put(b.Append, v, err)
	case *array.Float32Builder:
		v, err := parseFloat(s, 32)
		return put(b.Append, float32(v), err)
	case *array.Float64Builder:
		v, err := parseFloat(s, 64)
		return put(b.Append, v, err)
	case *array.StringBuilder:
		if !utf8.ValidString(s) {
			return errors.New("not UTF-8")
		}
		return put(b.Append, s, nil)
	case *array.BinaryBuilder:
		v, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil {
			err = errors.New("not base64, which binary has in text")
		}
		return put(b.Append, v, err)
	case *array.Date32Builder:
		v, err := value.ParseDate(s)
		return put(b.Append, arrow.Date32(v), err)
	case *array.TimestampBuilder:
		v, err := parseTimestamp(s, t == schema.TimestampNTZ)
		return put(b.Append, arrow.Timestamp(v), err)
	default:
		return fmt.Errorf("a column of type %v can only be null", t)
	}
}

// put appends a value unless there is an error.
func put[T any](add func(T), v T, err error) error {
	if err == nil {
		add(v)
	}
	return err
}

func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	default:
		return false, errors.New("not true or false")
	}
}

func parseInteger(s string, bits int) (int64, error) {
	v, err := strconv.ParseInt(s, 10, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("outside of the integers of %d bits", bits)
	case err != nil:
		return 0, errors.New("not an integer")
	default:
		return v, nil
	}
}

// parseFloat reads decimal notation, NaN and infinity; Go's other forms are
// refused.
func parseFloat(s string, bits int) (float64, error) {
	if strings.ContainsAny(s, "_xXpP") {
		return 0, errors.New("not a number")
	}
	v, err := strconv.ParseFloat(s, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("outside of the numbers of %d bits", bits)
	case err != nil:
		return 0, errors.New("not a number")
	default:
		return v, nil
	}
}

func parseDecimal(s string, t schema.Decimal) (decimal128.Num, error) {
	n, _, scale, err := value.ParseDecimal(s)
	if err != nil {
		return decimal128.Num{}, errors.New("not a decimal number of at most 38 digits")
	}
	n, rounded, ok := value.Rescale(n, scale, t.Scale)
	if rounded || !ok || !value.FitsPrecision(n, t.Precision) {
		return decimal128.Num{}, fmt.Errorf("does not fit %v exactly", t)
	}
	return decimal128.New(n.Hi, n.Lo), nil
}

// parseTimestamp reads a time in microseconds, UTC if it has no zone. One with
// a zone is no timestamp_ntz.
func parseTimestamp(s string, ntz bool) (int64, error) {
	us, hasZone, err := value.ParseTimestamp(s, time.UTC)
	switch {
	case err != nil:
		return 0, err
	case ntz && hasZone:
		return 0, errors.New("has a zone, which a timestamp_ntz has not")
	case finerThanMicros(s):
		return 0, errors.New("is finer than microseconds")
	default:
		return us, nil
	}
}

// finerThanMicros says whether the fraction of a second has more than six
// digits that count.
func finerThanMicros(s string) bool {
	_, fraction, ok := strings.Cut(s, ".")
	if !ok || len(fraction) <= 6 {
		return false
	}
	for _, c := range fraction[6:] {
		if c < '0' || c > '9' {
			return false
		}
		if c != '0' {
			// A digit counts only if all before it are digits: else it is of
			// the offset.
			return strings.Trim(fraction[:6], "0123456789") == ""
		}
	}
	return false
}
