package log

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// integer is the integer of that many bits that is next: plain, in quotes, or
// a float without a fraction.
func (s *scanner) integer(bits int) int64 {
	var token []byte
	c := s.next()
	switch {
	case c == '"':
		token = s.bytes()
	case c == '-' || '0' <= c && c <= '9':
		token = s.number()
	default:
		s.expected("an integer")
	}
	if s.err != nil {
		return 0
	}
	n, ok := parseInteger(token, c != '"')
	if !ok || bits == 32 && (n < math.MinInt32 || n > math.MaxInt32) {
		s.fail(fmt.Errorf("%.40q is no integer of %d bits", token, bits))
		return 0
	}
	return n
}

// number passes over the number that is next and returns its text.
func (s *scanner) number() []byte {
	c := s.next()
	if c != '-' && (c < '0' || c > '9') {
		s.expected("a value")
		return nil
	}
	buf, start := s.buf, s.pos
	i := start
	digits := func() bool {
		from := i
		for i < len(buf) && '0' <= buf[i] && buf[i] <= '9' {
			i++
		}
		return i > from
	}
	if c == '-' {
		i++
	}
	ok := true
	if i < len(buf) && buf[i] == '0' { // no digit may follow a leading zero
		i++
	} else {
		ok = digits()
	}
	if ok && i < len(buf) && buf[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(buf) && (buf[i] == 'e' || buf[i] == 'E') {
		i++
		if i < len(buf) && (buf[i] == '+' || buf[i] == '-') {
			i++
		}
		ok = digits()
	}
	s.pos = i
	if !ok {
		s.expected("a digit")
		return nil
	}
	return buf[start:i]
}

// parseInteger reads a JSON number exactly; a fraction or an exponent is
// taken, if floats are, when the value is an integer that fits.
func parseInteger(token []byte, floats bool) (int64, bool) {
	if n, err := strconv.ParseInt(string(token), 10, 64); err == nil {
		return n, len(token) > 0 && token[0] != '+' // ParseInt takes a plus sign, JSON does not
	}
	if !floats {
		return 0, false
	}
	mantissa, exp := token, int64(0)
	if e := bytes.IndexAny(token, "eE"); e >= 0 {
		mantissa = token[:e]
		var err error
		exp, err = strconv.ParseInt(string(token[e+1:]), 10, 64)
		if err != nil && exp == 0 {
			return 0, false
		}
	}
	neg := len(mantissa) > 0 && mantissa[0] == '-'
	if neg {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte{'.'})
	digits := append(bytes.Clone(whole), fraction...)
	point := int64(len(whole)) // of the decimal point in digits
	if n := len(bytes.TrimLeft(digits, "0")); n < len(digits) {
		point -= int64(len(digits) - n)
		digits = digits[len(digits)-n:]
	}
	digits = bytes.TrimRight(digits, "0")
	if len(digits) == 0 {
		return 0, true
	}
	if exp > math.MaxInt32 || exp < math.MinInt32 {
		return 0, false // no line is long enough to make up for it
	}
	const most = 19 // digits of an int64
	if point += exp; point < int64(len(digits)) || point > most {
		return 0, false // a fraction, or too large
	}
	for int64(len(digits)) < point {
		digits = append(digits, '0')
	}
	if neg {
		digits = append([]byte{'-'}, digits...)
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, err == nil
}
