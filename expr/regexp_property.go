package expr

import (
	"strings"
	"unicode"
)

// property reads the name behind \p or \P, in braces or a single letter.
func (p *regexpParser) property(negated bool) runeSet {
	start := p.i - 2
	if p.raw() < 0 {
		p.fail("a property without a name")
	}
	name := string(p.raw())
	if p.raw() == '{' {
		end := p.i + 1
		for end < len(p.text) && p.text[end] != '}' {
			end++
		}
		if end == len(p.text) {
			p.fail("unclosed name of a property")
		}
		name = string(p.text[p.i+1 : end])
		p.i = end
	}
	p.i++
	key := propertyKey{name, negated, p.flags}
	if set, known := p.properties[key]; known {
		return set
	}
	set, known := p.namedProperty(name, start)
	if !known {
		p.fail("unknown property %s", name)
	}
	if negated {
		set = set.not()
	}
	p.properties[key] = set
	return set
}

// propertyKey is what a property depends on; each is looked up once.
type propertyKey struct {
	name    string
	negated bool
	flags   regexpFlags
}

func (p *regexpParser) namedProperty(name string, start int) (runeSet, bool) {
	if key, v, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script":
			return script(v)
		case "gc", "general_category":
			return p.plainProperty(v)
		case "blk", "block":
			p.beyond("the block "+v, start)
		}
		return nil, false
	}
	if rest, ok := strings.CutPrefix(name, "Is"); ok {
		if set, ok := p.binaryProperty(rest); ok {
			return set, true
		}
		if set, ok := p.plainProperty(rest); ok {
			return set, true
		}
		return script(rest)
	}
	if strings.HasPrefix(name, "In") {
		p.beyond("the block "+name[2:], start)
	}
	if p.has(flagClasses) {
		if set, ok := p.posixOfUnicode(name); ok {
			return set, true
		}
	}
	if strings.HasPrefix(name, "java") {
		set, ok := p.javaProperty(name[4:])
		if !ok {
			p.beyond("the property "+name, start)
		}
		return set, true
	}
	return p.plainProperty(name)
}

func script(name string) (runeSet, bool) {
	for known, table := range unicode.Scripts {
		if strings.EqualFold(known, name) {
			return setOfTables(table), true
		}
	}
	return nil, false
}

// eachCase is a set of letters of one case, or of all where case does not
// matter.
func (p *regexpParser) eachCase(one, all runeSet) runeSet {
	if p.has(flagFold) {
		return all
	}
	return one
}

// plainProperty is a general category or one of POSIX's classes.
func (p *regexpParser) plainProperty(name string) (runeSet, bool) {
	switch name {
	case "Lower":
		return p.eachCase(setOf('a', 'z'), setLetters), true
	case "Upper":
		return p.eachCase(setOf('A', 'Z'), setLetters), true
	case "ASCII":
		return setOf(0, 0x7F), true
	case "Alpha":
		return setLetters, true
	case "Digit":
		return setDigit, true
	case "Alnum":
		return setLetters.union(setDigit), true
	case "Punct":
		return setOf('!', '/', ':', '@', '[', '`', '{', '~'), true
	case "Graph":
		return setOf('!', '~'), true
	case "Print":
		return setOf(' ', '~'), true
	case "Blank":
		return setOf(' ', ' ', '\t', '\t'), true
	case "Cntrl":
		return setOf(0, 0x1F, 0x7F, 0x7F), true
	case "XDigit":
		return setOf('0', '9', 'A', 'F', 'a', 'f'), true
	case "Space":
		return setSpace, true
	case "L1":
		return setOf(0, 0xFF), true
	case "all":
		return setAll, true
	case "LD":
		return setOfTables(unicode.L, unicode.Nd), true
	case "LC":
		return setOfTables(unicode.Lu, unicode.Ll, unicode.Lt), true
	case "Lu", "Ll", "Lt":
		return p.eachCase(setOfTables(unicode.Categories[name]), setOfTables(unicode.Lu, unicode.Ll, unicode.Lt)), true
	case "Cn":
		return setUnassigned(), true
	case "C":
		return setOfTables(unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co).union(setUnassigned()), true
	}
	if table := unicode.Categories[name]; table != nil && len(name) <= 2 {
		return setOfTables(table), true
	}
	return nil, false
}

func setUnassigned() runeSet {
	return setOfTables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co).not()
}

func setLower() runeSet { return setOfTables(unicode.Ll, unicode.Other_Lowercase) }
func setUpper() runeSet { return setOfTables(unicode.Lu, unicode.Other_Uppercase) }
func setCased() runeSet { return setLower().union(setUpper()).union(setOfTables(unicode.Lt)) }

// binaryProperty is one of Unicode's properties, whose names may be in any case.
func (p *regexpParser) binaryProperty(name string) (runeSet, bool) {
	switch strings.ToUpper(name) {
	case "ALPHABETIC":
		return setAlphabetic, true
	case "LETTER":
		return setOfTables(unicode.L), true
	case "IDEOGRAPHIC":
		return setOfTables(unicode.Ideographic), true
	case "LOWERCASE":
		return p.eachCase(setLower(), setCased()), true
	case "UPPERCASE":
		return p.eachCase(setUpper(), setCased()), true
	case "TITLECASE":
		return p.eachCase(setOfTables(unicode.Lt), setCased()), true
	case "WHITE_SPACE", "WHITESPACE":
		return setOfTables(unicode.White_Space), true
	case "CONTROL":
		return setOfTables(unicode.Cc), true
	case "PUNCTUATION":
		return setOfTables(unicode.P), true
	case "HEX_DIGIT", "HEXDIGIT":
		return setOfTables(unicode.Nd, unicode.Hex_Digit), true
	case "ASSIGNED":
		return setUnassigned().not(), true
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return setOfTables(unicode.Noncharacter_Code_Point), true
	case "DIGIT":
		return setOfTables(unicode.Nd), true
	case "ALNUM":
		return setAlphabetic.union(setOfTables(unicode.Nd)), true
	case "BLANK":
		return setOfTables(unicode.Zs).union(setOf('\t', '\t')), true
	case "GRAPH":
		return setGraph(), true
	case "PRINT":
		return setGraph().union(setOfTables(unicode.Zs)), true
	case "WORD":
		return setWordUnicode, true
	case "JOIN_CONTROL", "JOINCONTROL":
		return setOfTables(unicode.Join_Control), true
	}
	return nil, false
}

func setGraph() runeSet {
	return setOfTables(unicode.Z, unicode.Cc, unicode.Cs).union(setUnassigned()).not()
}

// posixOfUnicode is one of POSIX's classes with the flag U.
func (p *regexpParser) posixOfUnicode(name string) (runeSet, bool) {
	as := map[string]string{"ALPHA": "ALPHABETIC", "LOWER": "LOWERCASE", "UPPER": "UPPERCASE", "SPACE": "WHITE_SPACE", "PUNCT": "PUNCTUATION", "XDIGIT": "HEX_DIGIT",
		"ALNUM": "ALNUM", "CNTRL": "CONTROL", "DIGIT": "DIGIT", "BLANK": "BLANK", "GRAPH": "GRAPH", "PRINT": "PRINT"}[strings.ToUpper(name)]
	if as == "" {
		return nil, false
	}
	return p.binaryProperty(as)
}

// javaProperty is one of the methods of Java's class Character.
func (p *regexpParser) javaProperty(name string) (runeSet, bool) {
	switch name {
	case "LowerCase":
		return p.eachCase(setLower(), setCased()), true
	case "UpperCase":
		return p.eachCase(setUpper(), setCased()), true
	case "TitleCase":
		return p.eachCase(setOfTables(unicode.Lt), setCased()), true
	case "Alphabetic":
		return setAlphabetic, true
	case "Ideographic":
		return setOfTables(unicode.Ideographic), true
	case "Digit":
		return setOfTables(unicode.Nd), true
	case "Defined":
		return setUnassigned().not(), true
	case "Letter":
		return setOfTables(unicode.L), true
	case "LetterOrDigit":
		return setOfTables(unicode.L, unicode.Nd), true
	case "SpaceChar":
		return setOfTables(unicode.Z), true
	case "Whitespace":
		return setOfTables(unicode.Z).and(setOf(0xA0, 0xA0, 0x2007, 0x2007, 0x202F, 0x202F).not()).union(setOf('\t', '\r', 0x1C, 0x1F)), true
	case "ISOControl":
		return setOf(0, 0x1F, 0x7F, 0x9F), true
	}
	return nil, false
}
