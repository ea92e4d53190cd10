package stats

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// errSyntax is what every malformed text gives: statistics that cannot be
// read are no statistics, so the position is of no use to anybody.
var errSyntax = errors.New("statistics are not a JSON object")

// A scanner walks over one JSON text without building anything from it. What
// is skipped is only checked for balance, not for being JSON: a value nobody
// asked for costs a scan for its end.
type scanner struct {
	text string
	pos  int
}

func (p *scanner) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// take consumes c, after spaces.
func (p *scanner) take(c byte) bool {
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// next is the first byte of the next value, 0 at the end.
func (p *scanner) next() byte {
	p.space()
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// open begins the object that comes next and says whether it has a member.
func (p *scanner) open() (more bool, err error) {
	if !p.take('{') {
		return false, errSyntax
	}
	return !p.take('}'), nil
}

// key takes a member's name; the scanner then stands on its value.
func (p *scanner) key() (string, error) {
	raw, err := p.token()
	if err != nil {
		return "", err
	}
	key, ok := unquote(raw)
	if !ok || !p.take(':') {
		return "", errSyntax
	}
	return key, nil
}

// more ends a member and says whether another one follows.
func (p *scanner) more() (bool, error) {
	switch {
	case p.take(','):
		return true, nil
	case p.take('}'):
		return false, nil
	default:
		return false, errSyntax
	}
}

// token consumes a string, number, true, false or null and gives its text,
// strings with their quotes.
func (p *scanner) token() (string, error) {
	p.space()
	start := p.pos
	if p.next() == '"' {
		p.pos++
		for p.pos < len(p.text) {
			// IndexByte runs over plain text many bytes at a time.
			i := strings.IndexByte(p.text[p.pos:], '"')
			if i < 0 {
				return "", errSyntax
			}
			p.pos += i + 1
			if !escaped(p.text[start+1 : p.pos-1]) {
				return p.text[start:p.pos], nil
			}
		}
		return "", errSyntax
	}
	for p.pos < len(p.text) && !delimiter(p.text[p.pos]) {
		p.pos++
	}
	if p.pos == start {
		return "", errSyntax
	}
	return p.text[start:p.pos], nil
}

// escaped says whether s ends in an odd number of backslashes.
func escaped(s string) bool {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func delimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', ',', ':', '{', '}', '[', ']', '"':
		return true
	}
	return false
}

// skip consumes the next value, whatever it is. It keeps a count, not a stack:
// nesting of any depth costs nothing.
func (p *scanner) skip() error {
	depth := 0
	for {
		switch p.next() {
		case 0:
			return errSyntax
		case '{', '[':
			depth++
			p.pos++
		case '}', ']':
			depth--
			p.pos++
		case ',', ':':
			if depth == 0 {
				return errSyntax
			}
			p.pos++
		default:
			if _, err := p.token(); err != nil {
				return err
			}
		}
		if depth < 0 {
			return errSyntax
		}
		if depth == 0 {
			return nil
		}
	}
}

// integer reads a token as a 64-bit integer.
func integer(token string) (int64, bool) {
	i, err := strconv.ParseInt(token, 10, 64)
	return i, err == nil
}

// unquote decodes a string token. It reports false for a token that is not a
// string, and for one that does not spell valid Unicode (a lone surrogate, an
// unknown escape, broken UTF-8): replacing what is wrong would move a bound.
func unquote(token string) (string, bool) {
	if len(token) < 2 || token[0] != '"' {
		return "", false
	}
	s := token[1 : len(token)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s, utf8.ValidString(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		if i+1 >= len(s) {
			return "", false
		}
		if s[i+1] != 'u' {
			c, ok := escapes[s[i+1]]
			if !ok {
				return "", false
			}
			b.WriteByte(c)
			i += 2
			continue
		}
		r, ok := hex4(s[i:])
		if !ok {
			return "", false
		}
		i += 6
		if utf16.IsSurrogate(r) {
			low, ok := hex4(s[i:])
			if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
				return "", false
			}
			i += 6
		}
		b.WriteRune(r)
	}
	return b.String(), utf8.ValidString(b.String())
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 reads the \uXXXX that s starts with.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(n), err == nil
}
