package log

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads one JSON value front to back, in one pass and without a tree:
// the caller names the members it wants and skips the rest. The first error
// sticks; after it every call does nothing and returns zero, so that callers
// check once, at the end.
//
// The scanner accepts exactly what RFC 8259 does, except that half a surrogate
// pair is an error (there is no such text) and that nesting is bounded. A
// fuzz test compares it with encoding/json.
type scanner struct {
	buf     []byte
	pos     int
	depth   int // of nesting
	err     error
	limits  Limits
	scratch []byte // of unescaped text
	words   *words // seen before; may be nil
}

var (
	errEnd       = errors.New("unexpected end of JSON")
	errDuplicate = errors.New("given twice")
)

// newScanner is a scanner with nothing to read yet. Nil limits are the
// defaults.
func newScanner(limits *Limits, seen *words) *scanner {
	return &scanner{limits: limits.withDefaults(), words: seen}
}

// start turns to the next text. It reports false if that is blank, too long,
// or not UTF-8.
func (s *scanner) start(text []byte) bool {
	s.buf, s.pos, s.depth, s.err = text, 0, 0, nil
	if int64(len(text)) > s.limits.LineBytes {
		s.err = &LimitError{What: "LineBytes", Limit: s.limits.LineBytes}
		return false
	}
	if !utf8.Valid(text) {
		s.err = errors.New("not UTF-8")
		return false
	}
	s.next()
	return s.pos < len(text)
}

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// expected fails with what should have been at the position.
func (s *scanner) expected(what string) {
	if s.err != nil {
		return
	}
	if s.pos >= len(s.buf) {
		s.err = errEnd
		return
	}
	s.err = fmt.Errorf("byte %d is %q where %s was expected", s.pos, s.buf[s.pos], what)
}

// next skips white space and returns the byte after it, 0 at the end or after
// an error.
func (s *scanner) next() byte {
	if s.err != nil {
		return 0
	}
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// end checks that nothing follows the value.
func (s *scanner) end() {
	if s.next(); s.err == nil && s.pos < len(s.buf) {
		s.expected("the end of the line")
	}
}

// null takes a null, if that is what is next.
func (s *scanner) null() bool {
	if s.next() != 'n' {
		return false
	}
	return s.literal("null")
}

func (s *scanner) literal(word string) bool {
	if !bytes.HasPrefix(s.buf[s.pos:], []byte(word)) {
		s.fail(fmt.Errorf("byte %d: %q was expected", s.pos, word))
		return false
	}
	s.pos += len(word)
	return true
}

// members calls yield with the name of every member of the object that is
// next, and yield reads its value. The name is valid until then.
func (s *scanner) members(yield func(name []byte) bool) {
	if !s.open('{', "an object") {
		return
	}
	if s.next() == '}' {
		s.close()
		return
	}
	for s.err == nil {
		if s.next() != '"' {
			s.expected("a member's name")
			return
		}
		name := s.bytes()
		if s.next() != ':' {
			s.expected("a colon")
			return
		}
		s.pos++
		if !yield(name) {
			return
		}
		switch s.next() {
		case ',':
			s.pos++
		case '}':
			s.close()
			return
		default:
			if s.err != nil {
				s.err = fmt.Errorf("%s: %w", name, s.err)
			}
			s.expected("a comma or the end of the object")
			return
		}
	}
}

// elements calls yield for every element of the array that is next, and yield
// reads it.
func (s *scanner) elements(yield func() bool) {
	if !s.open('[', "an array") {
		return
	}
	if s.next() == ']' {
		s.close()
		return
	}
	for s.err == nil {
		if !yield() {
			return
		}
		switch s.next() {
		case ',':
			s.pos++
		case ']':
			s.close()
			return
		default:
			s.expected("a comma or the end of the array")
			return
		}
	}
}

func (s *scanner) open(bracket byte, what string) bool {
	if s.next() != bracket {
		s.expected(what)
		return false
	}
	if s.depth == s.limits.Depth {
		s.fail(&LimitError{What: "Depth", Limit: int64(s.depth)})
		return false
	}
	s.pos++
	s.depth++
	return true
}

func (s *scanner) close() {
	s.pos++
	s.depth--
}

// skip passes over the value that is next.
func (s *scanner) skip() {
	switch c := s.next(); c {
	case '{':
		for range s.members {
			s.skip()
		}
	case '[':
		for range s.elements {
			s.skip()
		}
	case '"':
		s.span()
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

// raw is a copy of the text of the value that is next.
func (s *scanner) raw() json.RawMessage {
	s.next()
	start := s.pos
	s.skip()
	if s.err != nil {
		return nil
	}
	return bytes.Clone(s.buf[start:s.pos])
}

// plain tells the bytes of a string that stand for themselves from the quote,
// the backslash and control characters.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

// span passes over the string that is next and returns what is between its
// quotes, and whether that has escapes. Escapes are checked.
func (s *scanner) span() (raw []byte, escaped bool) {
	if s.next() != '"' {
		s.expected("a string")
		return nil, false
	}
	buf, start := s.buf, s.pos+1
	for i := start; i < len(buf); i++ {
		c := buf[i]
		if plain[c] {
			continue
		}
		switch c {
		case '"':
			s.pos = i + 1
			return buf[start:i], escaped
		case '\\':
			_, n, err := unescape(buf[i:])
			if err != nil {
				s.fail(fmt.Errorf("byte %d: %w", i, err))
				return nil, false
			}
			escaped = true
			i += n - 1
		default:
			s.fail(fmt.Errorf("byte %d is a control character in a string", i))
			return nil, false
		}
	}
	s.fail(errEnd)
	return nil, false
}

// bytes is the text of the string that is next, valid until the next call.
func (s *scanner) bytes() []byte {
	if s.next() != '"' {
		s.expected("a string")
		return nil
	}
	buf, start := s.buf, s.pos+1
	i := start
	for i < len(buf) && plain[buf[i]] {
		i++
	}
	if i < len(buf) && buf[i] == '"' { // no escapes: nothing to copy
		s.pos = i + 1
		return buf[start:i]
	}
	out := s.scratch[:0]
	for i < len(buf) {
		switch c := buf[i]; c {
		case '"':
			out = append(out, buf[start:i]...)
			s.pos, s.scratch = i+1, out
			return out
		case '\\':
			out = append(out, buf[start:i]...)
			if i+1 < len(buf) && buf[i+1] == '"' { // the escape that statistics are full of
				start, i = i+1, i+2
				break
			}
			r, n, err := unescape(buf[i:])
			if err != nil {
				s.fail(fmt.Errorf("byte %d: %w", i, err))
				return nil
			}
			out = utf8.AppendRune(out, r)
			i += n
			start = i
		default:
			s.fail(fmt.Errorf("byte %d is a control character in a string", i))
			return nil
		}
		for i < len(buf) && plain[buf[i]] {
			i++
		}
	}
	s.fail(errEnd)
	return nil
}

// unescape reads one escape, or the two of a surrogate pair, at the start of
// b, and returns how many bytes it took.
func unescape(b []byte) (r rune, n int, err error) {
	if len(b) < 2 {
		return 0, 0, errEnd
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
		r, err = hex4(b)
		if err != nil || !utf16.IsSurrogate(r) {
			return r, 6, err
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			low, err := hex4(b[6:])
			if err != nil {
				return 0, 0, err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12, nil
			}
		}
		return 0, 0, errors.New("half a surrogate pair is no text")
	default:
		return 0, 0, fmt.Errorf("unknown escape \\%c", c)
	}
}

// hex4 reads the four digits of \uXXXX at the start of b.
func hex4(b []byte) (rune, error) {
	if len(b) < 6 {
		return 0, errEnd
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, fmt.Errorf("%q is no hexadecimal digit", c)
		}
		r = r<<4 | rune(c)
	}
	return r, nil
}

// text is the string that is next, "" for null.
func (s *scanner) text() string {
	if s.null() {
		return ""
	}
	return string(s.bytes())
}

// optText is the string that is next, nil for null.
func (s *scanner) optText() *string {
	if s.null() {
		return nil
	}
	return s.words.share(s.bytes())
}

// boolean is the boolean that is next, or absent for null.
func (s *scanner) boolean(absent bool) bool {
	switch s.next() {
	case 't':
		return s.literal("true")
	case 'f':
		s.literal("false")
		return false
	case 'n':
		s.literal("null")
		return absent
	default:
		s.expected("true or false")
		return false
	}
}

func (s *scanner) optBoolean() *bool {
	if s.null() {
		return nil
	}
	b := s.boolean(false)
	return &b
}

// int64 is the integer that is next; it is not given if that is null.
func (s *scanner) int64() (n int64, given bool) {
	if s.null() {
		return 0, false
	}
	return s.integer(64), true
}

func (s *scanner) int32() (n int32, given bool) {
	if s.null() {
		return 0, false
	}
	return int32(s.integer(32)), true
}

func (s *scanner) optInt64() *int64 {
	if s.null() {
		return nil
	}
	n := s.integer(64)
	return &n
}

func (s *scanner) optInt32() *int32 {
	if s.null() {
		return nil
	}
	n := int32(s.integer(32))
	return &n
}

// words remembers the short strings that one commit repeats on every line:
// partition columns and values, tags. A nil *words remembers nothing.
type words struct{ seen map[string]*string }

// Beyond these a string is not likely to come again.
const (
	wordsMax     = 4096
	wordBytesMax = 128
)

func newWords() *words { return &words{seen: make(map[string]*string)} }

// share is b as a string, which is the same for equal bytes.
func (w *words) share(b []byte) *string {
	if w == nil || len(b) > wordBytesMax {
		t := string(b)
		return &t
	}
	if p := w.seen[string(b)]; p != nil {
		return p
	}
	t := string(b)
	if len(w.seen) < wordsMax {
		w.seen[t] = &t
	}
	return &t
}
