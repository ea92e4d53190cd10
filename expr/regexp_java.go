package expr

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// javaPattern is a regular expression of Java's that can be matched in linear
// time.
type javaPattern struct {
	re     *regexp.Regexp // says whether a text matches, quickest
	prog   *regexpProgram // says where, and knows of Java's lines
	names  map[string]int // of groups
	exact  bool           // the pattern is a text without any construct: literal
	text   string
	places bool // re is right only for texts of one line
}

// compileJava compiles a regular expression of Java's. It fails with
// *badPattern or *beyondRE2.
func compileJava(pattern string) (*javaPattern, error) {
	tree, parsed, err := parseRegexp(pattern)
	if err != nil {
		return nil, err
	}
	p := &javaPattern{names: parsed.names}
	p.text, p.exact = plainText(tree)
	large := &beyondRE2{"repetitions or nesting this large", 0}
	var ok bool
	if p.prog, ok = compileRegexp(tree, parsed.groups); !ok {
		return nil, large
	}
	var b strings.Builder
	if p.places = writeRE2(&b, tree); b.Len() > re2BytesMost {
		return nil, large
	}
	if p.re, err = regexp.Compile(b.String()); err != nil {
		return nil, large
	}
	return p, nil
}

// re2BytesMost bounds what a pattern is written as: classes are lists of ranges
// there.
const re2BytesMost = 1 << 22

// plainText is the only text that a tree matches, if there is only one.
func plainText(n *regexpNode) (string, bool) {
	switch n.op {
	case opSet:
		r, ok := n.set.only()
		return string(r), ok && r != utf8.RuneError && utf8.ValidRune(r)
	case opConcat:
		var b strings.Builder
		for _, sub := range n.subs {
			s, ok := plainText(sub)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// writeRE2 writes a tree as a pattern of package regexp. It says whether the
// pattern has places about which that package thinks like Java only in texts of
// one line.
func writeRE2(b *strings.Builder, n *regexpNode) (places bool) {
	switch n.op {
	case opSet:
		writeSet(b, n.set)
	case opPlace:
		b.WriteString([...]string{`\A`, `\z`, `\z`, `\z`, `\A`, `\A`, `\z`, `\z`, `\b`, `\B`}[n.place])
		return n.place >= placeLast && n.place <= placeLineEndUnix
	case opConcat, opEither, opGroup, opRepeat:
		open, between := "(?:", ""
		if n.op == opGroup {
			open = "("
		} else if n.op == opEither {
			between = "|"
		}
		b.WriteString(open)
		for i, sub := range n.subs {
			if i > 0 {
				b.WriteString(between)
			}
			places = writeRE2(b, sub) || places
		}
		b.WriteByte(')')
		if n.op == opRepeat {
			writeCounts(b, n)
		}
	case opEmpty:
		b.WriteString("(?:)")
	}
	return places
}

func writeCounts(b *strings.Builder, n *regexpNode) {
	switch {
	case n.min == 0 && n.max < 0:
		b.WriteByte('*')
	case n.min == 1 && n.max < 0:
		b.WriteByte('+')
	case n.min == 0 && n.max == 1:
		b.WriteByte('?')
	case n.max < 0:
		fmt.Fprintf(b, "{%d,}", n.min)
	default:
		fmt.Fprintf(b, "{%d,%d}", n.min, n.max)
	}
	if n.lazy {
		b.WriteByte('?')
	}
}

func writeSet(b *strings.Builder, s runeSet) {
	one, single := s.only()
	switch {
	case len(s) == 0:
		fmt.Fprintf(b, `[^\x{0}-\x{%X}]`, unicode.MaxRune)
	case single && one < utf8.RuneSelf && (isDigit(byte(one)) || setLetters.has(one)):
		b.WriteRune(one)
	case single:
		fmt.Fprintf(b, `\x{%X}`, one)
	default:
		b.WriteByte('[')
		for i := 0; i < len(s); i += 2 {
			fmt.Fprintf(b, `\x{%X}-\x{%X}`, s[i], s[i+1])
		}
		b.WriteByte(']')
	}
}

// javaMatcher applies a pattern to texts, without memory for each.
type javaMatcher struct {
	*javaPattern
	machine *regexpMachine
}

func (p *javaPattern) matcher() *javaMatcher { return &javaMatcher{p, newRegexpMachine(p.prog)} }

// in says whether a text has a match.
func (m *javaMatcher) in(s string) bool {
	switch {
	case m.exact:
		return strings.Contains(s, m.text)
	case !m.places || s != "" && !hasLineEnd(s):
		return m.re.MatchString(s)
	}
	return m.machine.find(s, 0)
}

// find looks for the first match at or after a byte. Where it lies, and its
// groups, is in places that hold until the next call.
func (m *javaMatcher) find(s string, from int) (groups []int, ok bool) {
	if m.exact {
		i := strings.Index(s[from:], m.text)
		m.machine.found[0], m.machine.found[1] = from+i, from+i+len(m.text)
		return m.machine.found, i >= 0
	}
	ok = m.machine.find(s, from)
	return m.machine.found, ok
}

// after is where to look for the match that follows one; more is false at the
// end of the text. Behind an empty match one character is passed over.
func after(s string, groups []int) (from int, more bool) {
	from = groups[1]
	if groups[0] < groups[1] {
		return from, true
	}
	if from == len(s) {
		return from, false
	}
	_, size := utf8.DecodeRuneInString(s[from:])
	return from + size, true
}

// replacement is what takes the place of a match: texts and groups.
type replacement struct {
	parts   []replacementPart
	problem *fault // of a match; a text without a match has none
}

type replacementPart struct {
	text  string
	group int // −1: text
}

// newReplacement reads a replacement of Java's: $1, ${name} and \ before a
// character that stands for itself.
func (p *javaPattern) newReplacement(s string) replacement {
	var r replacement
	var text strings.Builder
	bad := func(msg string) replacement {
		return replacement{problem: faultf("INVALID_REGEXP_REPLACE", "%s is no replacement: %s", quoteString(s), msg)}
	}
	group := func(n int) {
		if text.Len() > 0 {
			r.parts = append(r.parts, replacementPart{text.String(), -1})
			text.Reset()
		}
		r.parts = append(r.parts, replacementPart{"", n})
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			if i++; i == len(s) {
				return bad("nothing follows the last \\")
			}
			text.WriteByte(s[i])
		case s[i] != '$':
			text.WriteByte(s[i])
		case strings.HasPrefix(s[i:], "${"):
			name, _, closed := strings.Cut(s[i+2:], "}")
			n, known := p.names[name]
			if !closed || !known {
				return bad("there is no group " + quoteName(name))
			}
			group(n)
			i += 2 + len(name)
		case i+1 == len(s) || !isDigit(s[i+1]):
			return bad("$ without the number of a group")
		default:
			i++
			n := int(s[i] - '0')
			if n > p.prog.groups {
				return bad(fmt.Sprintf("there is no group %d", n))
			}
			for ; i+1 < len(s) && isDigit(s[i+1]); i++ {
				longer := n*10 + int(s[i+1]-'0')
				if longer > p.prog.groups {
					break
				}
				n = longer
			}
			group(n)
		}
	}
	if text.Len() > 0 {
		r.parts = append(r.parts, replacementPart{text.String(), -1})
	}
	return r
}

// appendReplaced appends s, from a byte on with each match replaced.
func (m *javaMatcher) appendReplaced(dst []byte, s string, from int, r replacement) ([]byte, *fault) {
	start := len(dst)
	dst = append(dst, s[:from]...)
	s = s[from:]
	done, pos := 0, 0
	for more := true; more; {
		groups, ok := m.find(s, pos)
		if !ok {
			break
		}
		if r.problem != nil {
			return dst, r.problem
		}
		dst = append(dst, s[done:groups[0]]...)
		for _, part := range r.parts {
			if part.group < 0 {
				dst = append(dst, part.text...)
			} else if first := groups[2*part.group]; first >= 0 {
				dst = append(dst, s[first:groups[2*part.group+1]]...)
			}
		}
		if len(dst)-start > len(s)+from {
			if problem := checkedLength(int64(len(dst) - start)); problem != nil {
				return dst, problem
			}
		}
		done = groups[1]
		pos, more = after(s, groups)
	}
	return append(dst, s[done:]...), nil
}

// utf16Length is the number of Java's characters of a text.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// utf16Offset is the byte at which Java's character n of a text begins; beyond
// the last it is false. A character of two is not cut apart.
func utf16Offset(s string, n int) (int, bool) {
	for i, r := range s {
		if n <= 0 {
			return i, true
		}
		if n--; r > 0xFFFF {
			n--
		}
	}
	return len(s), n < 0
}
