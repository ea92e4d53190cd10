package expr

import (
	"strings"
	"sync"
	"unicode"
)

// foldCase is what Java compares where case does not matter.
func foldCase(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// otherCases are the characters that are the same where case does not matter,
// by what they are compared as.
var otherCases = sync.OnceValue(func() map[rune]runeSet {
	const letters = 0x1FFFF
	byFold := map[rune]runeSet{}
	for r := rune(0); r <= letters; r++ {
		if f := foldCase(r); f != r || unicode.ToUpper(r) != r {
			byFold[f] = append(byFold[f], r, r)
		}
	}
	for f, s := range byFold {
		byFold[f] = append(s, f, f).normal()
	}
	return byFold
})

// class reads a class whose bracket is read. A class that ends without
// consuming its bracket is the right side of an intersection.
func (p *regexpParser) class(consume bool) runeSet {
	if p.depth++; p.depth > depthMax {
		p.beyond("nesting this deep", p.i)
	}
	defer func() { p.depth-- }()
	negated := consume && p.raw() == '^' && !p.quoted[p.i]
	if negated {
		p.i++
	}
	var set runeSet
	empty := true
	add := func(s runeSet) { set, empty = append(set, s...), false } // brought into order once
	for {
		switch {
		case !p.more():
			p.fail("unclosed class")
		case p.isNext(']') && !empty:
			if consume {
				p.i++
			}
			if set = set.normal(); negated {
				set = set.not()
			}
			return set
		case p.isNext('['):
			p.i++
			add(p.class(true))
		case p.isNext('&') && p.i+1 < len(p.text) && p.text[p.i+1] == '&' && !p.quoted[p.i+1]:
			p.i += 2
			right, some := p.intersected()
			switch {
			case some && empty:
				set, empty = right, false
			case some:
				set = set.normal().and(right)
			case empty:
				p.fail("a class of nothing")
			}
		default:
			add(p.item())
		}
	}
}

// intersected reads the right side of &&, up to a bracket or the next &.
func (p *regexpParser) intersected() (set runeSet, some bool) {
	for p.more() && !p.isNext(']') && !p.isNext('&') {
		if p.accept('[') {
			set = set.union(p.class(true))
		} else {
			set = p.class(false)
		}
		some = true
	}
	return set, some
}

// item reads a character, a range or a class that has a letter.
func (p *regexpParser) item() runeSet {
	first, set := p.member()
	if set != nil {
		return set
	}
	if p.isNext('-') && p.i+1 < len(p.text) {
		if end := p.text[p.i+1]; p.quoted[p.i+1] || end != ']' && end != '[' {
			p.i++
			p.skip()
			last, set := p.member()
			if set != nil || last < first {
				p.fail("bad range of characters")
			}
			return p.foldedRange(first, last)
		}
	}
	return p.folded(first)
}

// member reads a character of a class, or a class that has a letter.
func (p *regexpParser) member() (rune, runeSet) {
	if !p.more() {
		p.fail("unclosed class")
	}
	c := p.text[p.i]
	if c != '\\' || p.quoted[p.i] {
		p.i++
		return c, nil
	}
	p.i++
	if set := p.letterClass(); set != nil {
		return 0, set
	}
	return p.escapedCharacter(), nil
}

// escape reads what a backslash outside of classes stands for.
func (p *regexpParser) escape() *regexpNode {
	start := p.i
	p.i++
	if set := p.letterClass(); set != nil {
		return setNode(set)
	}
	c := p.raw()
	p.i++
	switch c {
	case 'A':
		return placeNode(placeBegin)
	case 'z':
		return placeNode(placeEnd)
	case 'Z':
		return placeNode(p.pick(placeLastUnix, placeLast, flagUnix))
	case 'b':
		if p.raw() == '{' {
			p.beyond(`a boundary \b{…}`, start)
		}
		if p.has(flagClasses) {
			p.beyond(`\b with the flag U`, start)
		}
		return placeNode(placeWord)
	case 'B':
		if p.has(flagClasses) {
			p.beyond(`\B with the flag U`, start)
		}
		return placeNode(placeNoWord)
	case 'R':
		return &regexpNode{op: opEither, subs: []*regexpNode{
			{op: opConcat, subs: []*regexpNode{setNode(setOf('\r', '\r')), setNode(setNewline)}}, setNode(setVertical),
		}}
	case 'G':
		p.beyond(`the end of the last match \G`, start)
	case 'X':
		p.beyond(`a grapheme \X`, start)
	case 'k':
		if p.raw() != '<' {
			p.fail(`\k without a name`)
		}
		p.i++
		if p.names[p.name('>')] == 0 {
			p.fail("there is no group of that name")
		}
		p.beyond(`a back-reference \k`, start)
	}
	if '1' <= c && c <= '9' {
		p.beyond(`a back-reference \`+string(c), start)
	}
	p.i--
	return setNode(p.folded(p.escapedCharacter()))
}

// letterClass reads the letter of a class behind a backslash; nil: it is none.
func (p *regexpParser) letterClass() runeSet {
	ascii, wide := runeSet(nil), runeSet(nil)
	c := p.raw()
	switch c {
	case 'd', 'D':
		ascii, wide = setDigit, setOfTables(unicode.Nd)
	case 'w', 'W':
		ascii, wide = setWord, setWordUnicode
	case 's', 'S':
		ascii, wide = setSpace, setOfTables(unicode.White_Space)
	case 'h', 'H':
		ascii, wide = setBlank, setBlank
	case 'v', 'V':
		ascii, wide = setVertical, setVertical
	case 'p', 'P':
		p.i++
		return p.property(c == 'P')
	default:
		return nil
	}
	p.i++
	if p.has(flagClasses) {
		ascii = wide
	}
	if unicode.IsUpper(c) {
		return ascii.not()
	}
	return ascii
}

// escapedCharacter reads the character that a backslash makes of what follows.
func (p *regexpParser) escapedCharacter() rune {
	start := p.i - 1
	c := p.raw()
	p.i++
	switch c {
	case -1:
		p.fail(`nothing follows \`)
	case '0':
		return p.octal()
	case 'a':
		return '\a'
	case 'e':
		return 0x1B
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'c':
		if p.raw() < 0 {
			p.fail(`nothing follows \c`)
		}
		p.i++
		return p.text[p.i-1] ^ 64
	case 'x':
		return p.hexadecimal()
	case 'u':
		return p.unit()
	case 'N':
		if p.raw() == '{' {
			p.beyond(`a character's name \N`, start)
		}
	}
	if setLetters.has(c) || setDigit.has(c) {
		p.i--
		p.fail(`unknown escape \%c`, c)
	}
	return c
}

func (p *regexpParser) octal() rune {
	n, digits := rune(0), 0
	for ; digits < 3; digits++ {
		c := p.raw()
		if c < '0' || c > '7' || digits == 2 && n > 31 {
			break
		}
		n = n*8 + c - '0'
		p.i++
	}
	if digits == 0 {
		p.fail("bad octal escape")
	}
	return n
}

func (p *regexpParser) hexDigits(count int) (n rune, ok bool) {
	for range count {
		d := strings.IndexRune("0123456789abcdef", unicode.ToLower(p.raw()))
		if d < 0 || p.raw() >= 0x80 {
			return 0, false
		}
		n = n<<4 | rune(d)
		p.i++
	}
	return n, true
}

func (p *regexpParser) hexadecimal() rune {
	if p.raw() != '{' {
		n, ok := p.hexDigits(2)
		if !ok {
			p.fail("bad hexadecimal escape")
		}
		return n
	}
	p.i++
	n, digits := rune(0), 0
	for p.raw() != '}' {
		d, ok := p.hexDigits(1)
		if n = n<<4 | d; !ok || n > unicode.MaxRune {
			p.fail("bad hexadecimal escape")
		}
		digits++
	}
	if digits == 0 {
		p.fail("bad hexadecimal escape")
	}
	p.i++
	return n
}

// unit reads the digits of \u, and joins two halves of a surrogate pair.
func (p *regexpParser) unit() rune {
	n, ok := p.hexDigits(4)
	if !ok {
		p.fail("bad Unicode escape")
	}
	if n>>10 != 0xD800>>10 || p.i+1 >= len(p.text) || p.text[p.i] != '\\' || p.text[p.i+1] != 'u' {
		return n
	}
	back := p.i
	p.i += 2
	low, ok := p.hexDigits(4)
	if !ok || low>>10 != 0xDC00>>10 {
		p.i = back
		return n
	}
	return 0x10000 + (n-0xD800)<<10 + low - 0xDC00
}
