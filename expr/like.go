package expr

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// defaultEscape is LIKE's escape character without ESCAPE.
const defaultEscape = '\\'

var (
	errEscapeEnd    = errors.New("the escape character stands at the end of the pattern")
	errEscapeMiddle = errors.New("the escape character stands before a character that needs no escape")
)

// matcher is a compiled LIKE pattern: pieces that follow one another with any
// text between them. The first is bound to the beginning, the last to the end.
type matcher struct{ pieces []piece }

// piece is text in which some characters may be any. A piece without those is
// only text.
type piece struct {
	text string
	any  []bool // per character of text; nil if none is
}

func newMatcher(pattern string, escape rune) (*matcher, error) {
	m := &matcher{}
	var text strings.Builder
	var wild []bool
	hasAny := false
	flush := func() {
		p := piece{text: text.String()}
		if hasAny {
			p.any = wild
		}
		m.pieces = append(m.pieces, p)
		text.Reset()
		wild, hasAny = nil, false
	}
	for i := 0; i < len(pattern); {
		r, size := utf8.DecodeRuneInString(pattern[i:])
		c := pattern[i : i+size]
		i += size
		isAny := false
		switch {
		case r == escape:
			if i == len(pattern) {
				return nil, errEscapeEnd
			}
			r, size = utf8.DecodeRuneInString(pattern[i:])
			if r != '%' && r != '_' && r != escape {
				return nil, errEscapeMiddle
			}
			c = pattern[i : i+size]
			i += size
		case r == '%':
			flush()
			continue
		case r == '_':
			isAny, hasAny = true, true
		}
		text.WriteString(c)
		wild = append(wild, isAny)
	}
	flush()
	return m, nil
}

// prefix is the text that every match begins with, and whether nothing else is
// asked of a match.
func (m *matcher) prefix() (text string, only bool) {
	first := m.pieces[0]
	if first.any == nil {
		return first.text, len(m.pieces) == 2 && m.pieces[1].text == ""
	}
	k := 0
	for i := range first.text {
		if first.any[k] {
			return first.text[:i], false
		}
		k++
	}
	return first.text, false
}

// exact is the only text that matches, if there is one.
func (m *matcher) exact() (string, bool) {
	return m.pieces[0].text, len(m.pieces) == 1 && m.pieces[0].any == nil
}

// match says whether s has the form of the pattern. It takes time proportional
// to the length of s times the length of the longest piece.
func (m *matcher) match(s string) bool {
	n, ok := m.pieces[0].at(s)
	if !ok {
		return false
	}
	s = s[n:]
	if len(m.pieces) == 1 {
		return s == ""
	}
	last := len(m.pieces) - 1
	for _, p := range m.pieces[1:last] { // each as early as possible
		if s, ok = p.after(s); !ok {
			return false
		}
	}
	return m.pieces[last].ends(s)
}

// at is the length of the piece if s begins with it.
func (p piece) at(s string) (int, bool) {
	if p.any == nil {
		return len(p.text), strings.HasPrefix(s, p.text)
	}
	n, k := 0, 0
	for i := 0; i < len(p.text); k++ {
		_, width := utf8.DecodeRuneInString(p.text[i:])
		if n >= len(s) {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(s[n:])
		if !p.any[k] && s[n:n+size] != p.text[i:i+width] {
			return 0, false
		}
		i += width
		n += size
	}
	return n, true
}

// after is what follows the first occurrence of the piece in s.
func (p piece) after(s string) (string, bool) {
	if p.any == nil {
		i := strings.Index(s, p.text)
		if i < 0 {
			return "", false
		}
		return s[i+len(p.text):], true
	}
	for {
		if n, ok := p.at(s); ok {
			return s[n:], true
		}
		if s == "" {
			return "", false
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
}

// ends says whether s ends with the piece.
func (p piece) ends(s string) bool {
	if p.any == nil {
		return strings.HasSuffix(s, p.text)
	}
	start := len(s)
	for range p.any {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	n, ok := p.at(s[start:])
	return ok && start+n == len(s)
}

// Prefix is the text that every value for which n is true begins with. only
// says that n is true for every value that begins so. It reports false when
// the pattern is not known before it is evaluated.
func (n *Like) Prefix() (text string, only, ok bool) {
	if n.matcher == nil {
		return "", false, false
	}
	text, only = n.matcher.prefix()
	return text, only, true
}

// Exact is the only text for which n is true, if there is only one.
func (n *Like) Exact() (string, bool) {
	if n.matcher == nil {
		return "", false
	}
	return n.matcher.exact()
}

func (r *run) like(n *Like, sel bitmap) (vec, error) {
	v, err := r.shaped(n.Arg, sel)
	if err != nil {
		return vec{}, err
	}
	if n.matcher != nil {
		data, _ := v.data.([]string)
		matches := newBitmap(len(data))
		for i := range v.active(sel) {
			if n.matcher.match(data[i]) {
				matches.set(i)
			}
		}
		valid := v.validRows()
		out := vec{rows: r.rows, yes: v.spread(matches).and(valid)}
		out.no = valid.without(out.yes, r.rows)
		return out, nil
	}
	v = v.flat()
	data, _ := v.data.([]string)
	step := v.stride()
	out := vec{rows: r.rows, yes: newBitmap(r.rows)}
	valid := v.validRows()
	pattern, err := r.eval(n.Pattern, valid.and(sel))
	if err != nil {
		return vec{}, err
	}
	patterns, _ := pattern.data.([]string)
	valid = valid.and(pattern.validRows())
	var m *matcher
	var compiled string
	for i := range valid.and(sel).rows(r.rows) {
		if p := patterns[i*pattern.stride()]; m == nil || p != compiled {
			if m, err = newMatcher(p, n.Escape); err != nil {
				return vec{}, r.fail("INVALID_FORMAT", n.pos, out, i, sel, "LIKE %s: %v", quoteString(p), err)
			}
			compiled = p
		}
		if m.match(data[i*step]) {
			out.yes.set(i)
		}
	}
	out.no = valid.without(out.yes, r.rows)
	return out, nil
}
