package expr

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	regexpRepeatMost = 1000    // how often RE2 lets something be repeated
	regexpCharsMost  = 1 << 15 // of a pattern
)

// badPattern is why a text is no regular expression of Java's.
type badPattern struct{ msg string }

func (e *badPattern) Error() string { return e.msg }

// beyondRE2 names what Java's regular expressions have and linear time has not.
type beyondRE2 struct {
	what string
	at   int // characters before it
}

func (e *beyondRE2) Error() string {
	return fmt.Sprintf("%s in a regular expression, at its character %d", e.what, e.at+1)
}

type regexpFlags uint8

const (
	flagFold    regexpFlags = 1 << iota // i: case does not matter
	flagUnix                            // d: only \n ends lines
	flagLines                           // m: ^ and $ stand for lines
	flagDotAll                          // s
	flagUnicode                         // u: case beyond ASCII
	flagBlanks                          // x: white space and comments
	flagClasses                         // U: classes are Unicode's
)

var regexpFlagLetters = map[rune]regexpFlags{
	'i': flagFold, 'd': flagUnix, 'm': flagLines, 's': flagDotAll, 'u': flagUnicode, 'x': flagBlanks, 'U': flagClasses | flagUnicode,
}

// regexpParser reads a regular expression. Its problems end reading by a panic
// that parseRegexp catches.
type regexpParser struct {
	text   []rune
	quoted []bool // characters between \Q and \E
	i      int
	flags  regexpFlags
	depth  int
	groups int
	names  map[string]int

	properties map[propertyKey]runeSet
}

// parseRegexp reads a regular expression of Java's. It fails with *badPattern
// or *beyondRE2.
func parseRegexp(pattern string) (n *regexpNode, p *regexpParser, err error) {
	p = &regexpParser{names: map[string]int{}, properties: map[propertyKey]runeSet{}}
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *badPattern:
			err = problem
		case *beyondRE2:
			err = problem
		default:
			panic(problem)
		}
	}()
	if p.unquote([]rune(pattern)); len(p.text) > regexpCharsMost {
		p.beyond("a pattern of this length", regexpCharsMost)
	}
	n = p.either()
	if p.more() {
		p.fail("unmatched )")
	}
	return n, p, nil
}

// unquote marks what stands between \Q and \E.
func (p *regexpParser) unquote(text []rune) {
	inside := false
	for i := 0; i < len(text); i++ {
		pair := text[i] == '\\' && i+1 < len(text)
		switch {
		case inside && pair && text[i+1] == 'E':
			inside = false
			i++
		case inside:
			p.text, p.quoted = append(p.text, text[i]), append(p.quoted, true)
		case pair && text[i+1] == 'Q':
			inside = true
			i++
		case pair:
			p.text, p.quoted = append(p.text, text[i], text[i+1]), append(p.quoted, false, false)
			i++
		default:
			p.text, p.quoted = append(p.text, text[i]), append(p.quoted, false)
		}
	}
}

func (p *regexpParser) fail(format string, args ...any) {
	panic(&badPattern{fmt.Sprintf(format, args...) + fmt.Sprintf(" at character %d", p.i+1)})
}

func (p *regexpParser) beyond(what string, at int) { panic(&beyondRE2{what, at}) }

func (p *regexpParser) has(f regexpFlags) bool { return p.flags&f != 0 }

// skip passes over white space and comments where the flag x is on.
func (p *regexpParser) skip() {
	for p.has(flagBlanks) && p.i < len(p.text) && !p.quoted[p.i] {
		switch c := p.text[p.i]; {
		case setSpace.has(c):
			p.i++
		case c == '#':
			for p.i < len(p.text) && !endsLine(p.text[p.i]) {
				p.i++
			}
		default:
			return
		}
	}
}

func (p *regexpParser) more() bool {
	p.skip()
	return p.i < len(p.text)
}

// isNext says whether the next character is c and no quoted one.
func (p *regexpParser) isNext(c rune) bool {
	return p.more() && p.text[p.i] == c && !p.quoted[p.i]
}

func (p *regexpParser) accept(c rune) bool {
	if p.isNext(c) {
		p.i++
		return true
	}
	return false
}

// raw is the next character as it stands, or −1.
func (p *regexpParser) raw() rune {
	if p.i < len(p.text) {
		return p.text[p.i]
	}
	return -1
}

func (p *regexpParser) either() *regexpNode {
	if p.depth++; p.depth > depthMax {
		p.beyond("nesting this deep", p.i)
	}
	defer func() { p.depth-- }()
	n := p.sequence()
	if !p.isNext('|') {
		return n
	}
	n = &regexpNode{op: opEither, subs: []*regexpNode{n}}
	for p.accept('|') {
		n.subs = append(n.subs, p.sequence())
	}
	return n
}

func (p *regexpParser) sequence() *regexpNode {
	n := &regexpNode{op: opConcat}
	for p.more() && !p.isNext('|') && !p.isNext(')') {
		switch {
		case p.isNext('*') || p.isNext('+') || p.isNext('?'):
			p.fail("nothing stands before %c", p.text[p.i])
		case p.isNext('('):
			if group := p.parenthesis(); group != nil {
				n.subs = append(n.subs, p.repetition(group))
			}
		default:
			n.subs = append(n.subs, p.repetition(p.atom()))
		}
	}
	return n
}

func setNode(s runeSet) *regexpNode  { return &regexpNode{op: opSet, set: s} }
func placeNode(at place) *regexpNode { return &regexpNode{op: opPlace, place: at} }
func (p *regexpParser) pick(with, without place, f regexpFlags) place {
	if p.has(f) {
		return with
	}
	return without
}

func (p *regexpParser) atom() *regexpNode {
	c := p.text[p.i]
	if p.quoted[p.i] {
		p.i++
		return setNode(p.folded(c))
	}
	switch c {
	case '{': // a repetition of nothing
		return &regexpNode{op: opEmpty}
	case '[':
		p.i++
		return setNode(p.class(true))
	case '\\':
		return p.escape()
	case '.':
		p.i++
		switch {
		case p.has(flagDotAll):
			return setNode(setAll)
		case p.has(flagUnix):
			return setNode(setNewline.not())
		}
		return setNode(setEndsLine.not())
	case '^':
		p.i++
		if p.has(flagLines) {
			return placeNode(p.pick(placeLineBeginUnix, placeLineBegin, flagUnix))
		}
		return placeNode(placeBegin)
	case '$':
		p.i++
		if p.has(flagLines) {
			return placeNode(p.pick(placeLineEndUnix, placeLineEnd, flagUnix))
		}
		return placeNode(p.pick(placeLastUnix, placeLast, flagUnix))
	}
	p.i++
	return setNode(p.folded(c))
}

// parenthesis reads a group; nil: only flags.
func (p *regexpParser) parenthesis() *regexpNode {
	start, flags := p.i, p.flags
	p.i++
	group := 0
	if !p.isNext('?') {
		p.groups++
		group = p.groups
	} else {
		p.i++
		c := p.raw()
		p.i++
		switch c {
		case ':':
		case '=', '!':
			p.beyond("look-ahead (?"+string(c), start)
		case '>':
			p.beyond("an atomic group (?>", start)
		case '<':
			if next := p.raw(); next == '=' || next == '!' {
				p.beyond("look-behind (?<"+string(next), start)
			}
			p.groups++
			group = p.groups
			name := p.name('>')
			if p.names[name] != 0 {
				p.fail("two groups are named %s", name)
			}
			p.names[name] = group
		default:
			p.i--
			if p.flagLetters() {
				return nil
			}
		}
	}
	n := p.either()
	p.flags = flags
	if !p.accept(')') {
		p.fail("unclosed group")
	}
	if group > 0 {
		n = &regexpNode{op: opGroup, group: group, subs: []*regexpNode{n}}
	}
	return n
}

// name reads a name up to and with the character that ends it.
func (p *regexpParser) name(end rune) string {
	var b strings.Builder
	for ; ; p.i++ {
		switch c := p.raw(); {
		case setLetters.has(c) || b.Len() > 0 && setDigit.has(c):
			b.WriteRune(c)
		case c == end && b.Len() > 0:
			p.i++
			return b.String()
		default:
			p.fail("bad name of a group")
		}
	}
}

// flagLetters reads the flags of a group. It says whether they end in a
// parenthesis, and so stand for the rest of the group around them.
func (p *regexpParser) flagLetters() (alone bool) {
	remove := false
	for ; ; p.i++ {
		c := p.raw()
		flag, known := regexpFlagLetters[c]
		switch {
		case known && remove:
			p.flags &^= flag
		case known:
			p.flags |= flag
		case c == '-' && !remove:
			remove = true
		case c == ')' || c == ':':
			p.i++
			return c == ')'
		default:
			p.fail("unknown flag")
		}
	}
}

// repetition reads what stands behind an atom.
func (p *regexpParser) repetition(n *regexpNode) *regexpNode {
	r := &regexpNode{op: opRepeat, subs: []*regexpNode{n}, max: -1}
	start := p.i
	switch {
	case p.accept('?'):
		r.max = 1
	case p.accept('*'):
	case p.accept('+'):
		r.min = 1
	case p.isNext('{'):
		p.counts(r)
	default:
		return n
	}
	switch {
	case p.isNext('+'):
		p.beyond("a possessive quantifier", start)
	case p.accept('?'):
		r.lazy = true
	}
	return r
}

func (p *regexpParser) counts(r *regexpNode) {
	start := p.i
	p.i++
	number := func() int {
		if !setDigit.has(p.raw()) {
			p.fail("bad repetition")
		}
		n := 0
		for ; setDigit.has(p.raw()); p.i++ {
			if n = n*10 + int(p.text[p.i]-'0'); n > 1<<31-1 {
				p.fail("repetition out of range")
			}
		}
		return n
	}
	r.min = number()
	r.max = r.min
	if p.raw() == ',' {
		p.i++
		if r.max = -1; p.raw() != '}' {
			r.max = number()
		}
	}
	if p.raw() != '}' {
		p.fail("unclosed repetition")
	}
	p.i++
	switch {
	case r.max >= 0 && r.max < r.min:
		p.fail("bad range of a repetition")
	case max(r.min, r.max) > regexpRepeatMost:
		p.beyond(fmt.Sprintf("a repetition of more than %d", regexpRepeatMost), start)
	}
}

// folded is a character and, where case does not matter, its other forms.
func (p *regexpParser) folded(c rune) runeSet {
	switch {
	case !p.has(flagFold):
	case p.has(flagUnicode):
		if forms := otherCases()[foldCase(c)]; forms != nil {
			return forms
		}
	case setLetters.has(c):
		return setOf(c, c, c^0x20, c^0x20)
	}
	return setOf(c, c)
}

// foldedRange is folded for all characters of a range.
func (p *regexpParser) foldedRange(first, last rune) runeSet {
	s := setOf(first, last)
	switch {
	case !p.has(flagFold):
	case p.has(flagUnicode):
		for lower, forms := range otherCases() {
			for i := 0; i < len(forms); i++ {
				upper := unicode.ToUpper(forms[i])
				if first <= upper && upper <= last || first <= lower && lower <= last {
					s = append(s, forms[i], forms[i])
				}
			}
		}
	default:
		for c := max(first, 'A'); c <= min(last, 'z'); c++ {
			if setLetters.has(c) {
				s = append(s, c^0x20, c^0x20)
			}
		}
	}
	return s.normal()
}
