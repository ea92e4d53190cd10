package expr

import (
	"math"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
)

// jsonToken is what a JSON text is made of.
type jsonToken uint8

const (
	jsonNothing jsonToken = iota // before the first token, and once the text is found bad
	jsonObject                   // {
	jsonObjectEnd
	jsonArray // [
	jsonArrayEnd
	jsonName // of a member of an object, whose value is next
	jsonString
	jsonInteger
	jsonFloat
	jsonWord // true, false, null
	jsonNull
)

// Limits of the parser that Spark uses. They also bound every recursion over
// a text.
const (
	jsonDepthMax  = 1000 // nested objects and arrays
	jsonDigitsMax = 1000 // of a number
)

// jsonReader reads the first value of a text token by token, without memory of
// its own. It takes what Spark takes: JSON, also with names and strings in
// single quotes and with control characters in them.
type jsonReader struct {
	text  string
	pos   int
	tok   jsonToken
	bad   bool // the text is no JSON; there are no more tokens
	comma bool // a value came before in the array or object
	// start and end are the token's text, of strings and names without quotes;
	// escaped says that there are backslashes in it.
	start, end int
	escaped    bool
	depth      int
	objects    [jsonDepthMax/64 + 1]uint64 // by depth: an object, not an array
}

func (r *jsonReader) reset(text string) {
	r.text, r.pos, r.tok, r.bad, r.comma, r.depth = text, 0, jsonNothing, false, false, 0
}

func (r *jsonReader) fail() jsonToken {
	r.bad, r.tok = true, jsonNothing
	return r.tok
}

// blank passes over white space; it is false at the end of the text.
func (r *jsonReader) blank() bool {
	for ; r.pos < len(r.text); r.pos++ {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
		default:
			return true
		}
	}
	return false
}

func (r *jsonReader) inObject() bool {
	return r.depth > 0 && r.objects[r.depth/64]>>(r.depth%64)&1 != 0
}

// next reads a token. Within an object or array there always is one, or the
// text is bad.
func (r *jsonReader) next() jsonToken {
	if r.bad || !r.blank() {
		return r.fail()
	}
	if r.tok == jsonName {
		return r.value()
	}
	c := r.text[r.pos]
	if c == ']' || c == '}' {
		return r.close(c == '}')
	}
	if r.depth == 0 {
		return r.value()
	}
	if r.comma {
		if c != ',' {
			return r.fail()
		}
		r.pos++
		if !r.blank() {
			return r.fail()
		}
	}
	if !r.inObject() {
		return r.value()
	}
	if c = r.text[r.pos]; c != '"' && c != '\'' || !r.quoted(c) {
		return r.fail()
	}
	if !r.blank() || r.text[r.pos] != ':' {
		return r.fail()
	}
	r.pos++
	r.tok = jsonName
	return r.tok
}

func (r *jsonReader) open(object bool) jsonToken {
	if r.depth++; r.depth > jsonDepthMax {
		return r.fail()
	}
	r.pos++
	r.comma = false
	r.objects[r.depth/64] &^= 1 << (r.depth % 64)
	r.tok = jsonArray
	if object {
		r.objects[r.depth/64] |= 1 << (r.depth % 64)
		r.tok = jsonObject
	}
	return r.tok
}

func (r *jsonReader) close(object bool) jsonToken {
	if r.depth == 0 || r.inObject() != object {
		return r.fail()
	}
	r.pos++
	r.depth--
	r.comma = true
	r.tok = jsonArrayEnd
	if object {
		r.tok = jsonObjectEnd
	}
	return r.tok
}

func (r *jsonReader) value() jsonToken {
	r.comma = true
	switch c := r.text[r.pos]; c {
	case '{', '[':
		return r.open(c == '{')
	case '"', '\'':
		if !r.quoted(c) {
			return r.fail()
		}
		r.tok = jsonString
		return r.tok
	case 't':
		return r.word("true", jsonWord)
	case 'f':
		return r.word("false", jsonWord)
	case 'n':
		return r.word("null", jsonNull)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.number()
	}
	return r.fail()
}

// word reads a constant, which must not run on into a longer word.
func (r *jsonReader) word(w string, tok jsonToken) jsonToken {
	r.start, r.end = r.pos, r.pos+len(w)
	if len(r.text) < r.end || r.text[r.start:r.end] != w {
		return r.fail()
	}
	r.pos = r.end
	if c, _ := utf8.DecodeRuneInString(r.text[r.pos:]); r.pos < len(r.text) && c >= '0' && partOfJavaName(c) {
		return r.fail()
	}
	r.tok = tok
	return tok
}

// partOfJavaName says whether a name in Java may have the character; those of
// two UTF-16 units are looked at one by one and are none.
func partOfJavaName(c rune) bool {
	return c <= 0xFFFF && (unicode.In(c, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Cf) || 0x7F <= c && c <= 0x9F)
}

func (r *jsonReader) number() jsonToken {
	r.start = r.pos
	if r.text[r.pos] == '-' {
		r.pos++
	}
	first := r.pos
	count := r.digits()
	if count == 0 || count > 1 && r.text[first] == '0' {
		return r.fail()
	}
	r.tok = jsonInteger
	absent := 2
	if r.pos < len(r.text) && r.text[r.pos] == '.' {
		r.pos++
		fraction := r.digits()
		if fraction == 0 {
			return r.fail()
		}
		count += fraction
		absent--
		r.tok = jsonFloat
	}
	if r.pos < len(r.text) && r.text[r.pos]|0x20 == 'e' {
		r.pos++
		if r.pos < len(r.text) && (r.text[r.pos] == '+' || r.text[r.pos] == '-') {
			r.pos++
		}
		exponent := r.digits()
		if exponent == 0 {
			return r.fail()
		}
		count += exponent
		absent--
		r.tok = jsonFloat
	}
	r.end = r.pos
	// Spark's parser has a second way for numbers that begin with a zero or end
	// with the text, which counts a part that is absent as −1.
	if r.tok == jsonFloat && (r.text[first] == '0' || r.pos == len(r.text)) {
		count -= absent
	}
	if count > jsonDigitsMax {
		return r.fail()
	}
	if r.depth == 0 && r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
		default:
			return r.fail()
		}
	}
	return r.tok
}

func (r *jsonReader) digits() int {
	first := r.pos
	for r.pos < len(r.text) && isDigit(r.text[r.pos]) {
		r.pos++
	}
	return r.pos - first
}

// quoted reads a string or name whose quote is at pos.
func (r *jsonReader) quoted(quote byte) bool {
	r.pos++
	r.start, r.escaped = r.pos, false
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == quote:
			r.end = r.pos
			r.pos++
			return true
		case c == '\\':
			r.escaped = true
			_, size := jsonEscape(r.text[r.pos:])
			if size == 0 {
				return false
			}
			r.pos += size
		default:
			r.pos++
		}
	}
	return false
}

// jsonEscape is the UTF-16 unit that s, which starts with a backslash, stands
// for, and how long the escape is; 0: it is none.
func jsonEscape(s string) (unit rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch c := s[1]; c {
	case '"', '\\', '/', '\'':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		if len(s) < 6 {
			return 0, 0
		}
		for _, c := range []byte(s[2:6]) {
			digit := c - '0'
			switch {
			case isDigit(c):
			case 'a' <= c|0x20 && c|0x20 <= 'f':
				digit = c | 0x20 - 'a' + 10
			default:
				return 0, 0
			}
			unit = unit<<4 | rune(digit)
		}
		return unit, 6
	}
	return 0, 0
}

// skip passes over the rest of the object or array that the token starts.
func (r *jsonReader) skip() {
	if r.tok != jsonObject && r.tok != jsonArray {
		return
	}
	for outside := r.depth - 1; r.depth > outside && !r.bad; {
		r.next()
	}
}

// raw is the token as it is written in the text.
func (r *jsonReader) raw() string { return r.text[r.start:r.end] }

// is says whether the name or string that the token is equals s.
func (r *jsonReader) is(s string) bool {
	if !r.escaped {
		return r.raw() == s
	}
	rest := r.raw()
	for rest != "" {
		c, size := unescapedRune(rest)
		want, length := utf8.DecodeRuneInString(s)
		if length == 0 || c != want || utf16.IsSurrogate(c) {
			return false
		}
		rest, s = rest[size:], s[length:]
	}
	return s == ""
}

// unescapedRune is the first character of a string's text; one half of a
// surrogate pair if the other is not there.
func unescapedRune(s string) (c rune, size int) {
	if s[0] != '\\' {
		return utf8.DecodeRuneInString(s)
	}
	c, size = jsonEscape(s)
	if 0xD800 <= c && c < 0xDC00 && len(s) > size && s[size] == '\\' {
		if low, more := jsonEscape(s[size:]); 0xDC00 <= low && low < 0xE000 {
			return (c-0xD800)<<10 + (low - 0xDC00) + 0x10000, size + more
		}
	}
	return c, size
}

// appendText appends the string that the token is. Half a surrogate pair makes
// the text bad: no string can hold it.
func (r *jsonReader) appendText(dst []byte) []byte {
	if !r.escaped {
		return append(dst, r.raw()...)
	}
	rest := r.raw()
	for rest != "" {
		c, size := unescapedRune(rest)
		if utf16.IsSurrogate(c) {
			r.fail()
			return dst
		}
		dst = utf8.AppendRune(dst, c)
		rest = rest[size:]
	}
	return dst
}

// appendQuoted is appendText as JSON. With pairs, what takes a surrogate pair
// is written as one, escaped, and so is half a pair.
func (r *jsonReader) appendQuoted(dst []byte, pairs bool) []byte {
	const fourBytes = 0xF0 // and more: the first byte of a character that takes a pair
	dst = append(dst, '"')
	rest := r.raw()
	for rest != "" {
		plain := 0
		for plain < len(rest) && rest[plain] >= ' ' && rest[plain] != '"' && rest[plain] != '\\' && (!pairs || rest[plain] < fourBytes) {
			plain++
		}
		dst = append(dst, rest[:plain]...)
		if rest = rest[plain:]; rest == "" {
			break
		}
		c, size := unescapedRune(rest)
		switch {
		case pairs && c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			dst = appendUnit(appendUnit(dst, high), low)
		case utf16.IsSurrogate(c) && pairs:
			dst = appendUnit(dst, c)
		case utf16.IsSurrogate(c):
			r.fail()
			return dst
		default:
			dst = appendJSONRune(dst, c)
		}
		rest = rest[size:]
	}
	return append(dst, '"')
}

func appendJSONRune(dst []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', byte(c))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if c < ' ' {
		return appendUnit(dst, c)
	}
	return utf8.AppendRune(dst, c)
}

// appendUnit appends a UTF-16 unit as an escape.
func appendUnit(dst []byte, c rune) []byte {
	const hexDigits = "0123456789ABCDEF"
	return append(dst, '\\', 'u', hexDigits[c>>12], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15])
}

// appendScalar appends a value that is no object or array as JSON. A number
// with a point or an exponent goes through a double, as in Spark.
func (r *jsonReader) appendScalar(dst []byte, pairs bool) []byte {
	switch r.tok {
	case jsonString:
		return r.appendQuoted(dst, pairs)
	case jsonFloat:
		f, _ := strconv.ParseFloat(r.raw(), 64) // out of range is infinite
		if math.IsInf(f, 0) {
			dst = append(dst, '"')
			return append(value.AppendDouble(dst, f, 64), '"')
		}
		return value.AppendDouble(dst, f, 64)
	case jsonInteger:
		if r.raw() == "-0" {
			return append(dst, '0')
		}
	}
	return append(dst, r.raw()...)
}

// appendReplaced appends s with U+FFFD in place of what is not UTF-8, where
// Java's decoder puts it: one for the beginning of a character that breaks off.
func appendReplaced(dst []byte, s string) []byte {
	for s != "" {
		c, size := utf8.DecodeRuneInString(s)
		if c == utf8.RuneError && size == 1 {
			size = brokenBytes(s)
		}
		dst = utf8.AppendRune(dst, c)
		s = s[size:]
	}
	return dst
}

// brokenBytes is how many bytes at the start of s, which are no character,
// count as one.
func brokenBytes(s string) int {
	continues := func(i int, low, high byte) bool { return i < len(s) && low <= s[i] && s[i] <= high }
	low, high, more := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case 0xC2 <= c && c <= 0xDF:
		more = 1
	case c == 0xED && continues(1, 0xA0, 0xBF) && continues(2, 0x80, 0xBF):
		return 3 // half a surrogate pair
	case 0xE0 <= c && c <= 0xEF:
		more = 2
		if c == 0xE0 {
			low = 0xA0
		}
	case 0xF0 <= c && c <= 0xF4:
		more = 3
		if c == 0xF0 {
			low = 0x90
		} else if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= more && continues(n, low, high); n++ {
		low, high = 0x80, 0xBF
	}
	return n
}
