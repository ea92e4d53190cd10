package expr

import (
	"strings"
	"unicode/utf8"
)

// datePattern is a pattern of dates and times, as java.time's DateTimeFormatter
// has them in the locale en_US and Spark allows them, ready to format or to
// parse.
type datePattern struct{ parts []patternPart }

// patternPart is a literal text, a field or an optional section.
type patternPart struct {
	kind  partKind
	text  string // literal
	field timeField
	style textStyle // text
	// number: the least and the most digits, and how many digits numbers that
	// follow directly need; −1 if the number of digits is fixed.
	least, most, after int
	sign               signStyle
	offset             offsetStyle
	inside             []patternPart // optional
}

type partKind uint8

const (
	literalPart  partKind = iota
	numberPart            // of least to most digits
	yearPart              // two digits of a year from 2000 on
	fractionPart          // least to most digits of a second
	namePart              // the field's name
	zonePart              // a zone's id
	zoneNamePart          // UTC, or its long name
	offsetPart
	localOffsetPart // GMT+1
	optionalPart
)

type timeField uint8

const (
	fieldEra timeField = iota
	fieldYearOfEra
	fieldYear
	fieldQuarter
	fieldMonth
	fieldDayOfYear
	fieldDay
	fieldWeekOfMonth // the day's number within the weeks that begin with the month
	fieldWeekday
	fieldHalf // AM or PM
	fieldHour
	fieldClockHour // 1 to 24
	fieldHalfHour  // 0 to 11
	fieldHalfClock // 1 to 12
	fieldMinute
	fieldSecond
	fieldNano
	fieldOffset
	fieldCount
)

var patternFields = map[byte]timeField{
	'G': fieldEra, 'y': fieldYearOfEra, 'u': fieldYear, 'Q': fieldQuarter, 'q': fieldQuarter, 'M': fieldMonth, 'L': fieldMonth,
	'D': fieldDayOfYear, 'd': fieldDay, 'F': fieldWeekOfMonth, 'E': fieldWeekday, 'a': fieldHalf, 'H': fieldHour, 'k': fieldClockHour,
	'K': fieldHalfHour, 'h': fieldHalfClock, 'm': fieldMinute, 's': fieldSecond, 'S': fieldNano,
}

type textStyle uint8

const (
	shortText textStyle = iota + 1
	fullText
)

type signStyle uint8

const (
	notNegative signStyle = iota
	normalSign            // a minus
	exceedsPad            // a minus, or a plus before more digits than asked for
)

// offsetStyle is how an offset is written, by the number that java.time's
// patterns have: odd without, even with colons.
type offsetStyle struct {
	form int    // 1 +HHmm, 3 +HHMM, 4 +HH:MM, 5 +HHMMss, 6 +HH:MM:ss
	zero string // for no offset
}

// patternProblem is why a text is no pattern, or not one that is supported.
type patternProblem struct {
	wrong       *fault // Spark refuses it, too
	unsupported string // what of it is not
}

// Letters that Spark refuses although java.time knows them: always, and when
// parsing.
const (
	weekLetters    = "YWwuec"
	refusedLetters = "ABcenNp"
	unparsable     = "EFqQ"
)

// newPattern prepares a pattern. Names of zones are known only where utc says
// that there is but one.
func newPattern(text string, parsing, utc bool) (*datePattern, *patternProblem) {
	pieces := strings.Split(text, "'") // every other one stands between quotes
	withEra := false
	for i := 0; i < len(pieces); i += 2 {
		withEra = withEra || strings.Contains(pieces[i], "G")
		if strings.ContainsAny(pieces[i], weekLetters) {
			return nil, &patternProblem{wrong: faultf(classUpgrade, "pattern %.60q has week-based letters", text)}
		}
	}
	refused := refusedLetters
	if parsing {
		refused += unparsable
	}
	for i := 0; i < len(pieces); i += 2 {
		bad := strings.ContainsAny(pieces[i], refused) || strings.Contains(pieces[i], "yyyyyyy")
		for _, long := range []string{"GGGGG", "MMMMM", "LLLLL", "EEEEE", "QQQQQ", "qqqqq"} {
			bad = bad || strings.Contains(pieces[i], long)
		}
		if bad {
			return nil, wrongPattern(text)
		}
	}
	p := &patternParser{text: text, withEra: withEra, parsing: parsing, utc: utc, lenient: parsing && strings.Contains(text, "S")}
	if problem := p.parse(); problem != nil {
		return nil, problem
	}
	return &datePattern{p.root()}, nil
}

// wrongPattern tells apart what Spark 2 took for a pattern and what never was
// one.
func wrongPattern(text string) *patternProblem {
	legacy := strings.Count(text, "'")%2 == 0
	pieces := strings.Split(text, "'")
	for i := 0; i < len(pieces); i += 2 {
		for _, c := range []byte(pieces[i]) {
			if isLetter(c) && strings.IndexByte("GyMwWDdFEuaHkKhmsSzZXYL", c) < 0 {
				legacy = false
			}
		}
		legacy = legacy && !strings.Contains(pieces[i], "XXXX")
	}
	if legacy {
		return &patternProblem{wrong: faultf(classUpgrade, "pattern %.60q is one of Spark 2 only", text)}
	}
	return &patternProblem{wrong: faultf(classPattern, "%.60q is no pattern of a time", text)}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// patternParser reads a pattern like java.time's DateTimeFormatterBuilder.
type patternParser struct {
	text    string
	withEra bool
	parsing bool
	utc     bool
	lenient bool // about a second's fraction, which then may be shorter, and the last quote
	// sections are the optional sections that are open, the whole first.
	sections []section
}

type section struct {
	parts []patternPart
	// number is the number, counted from 1, that digits directly after it belong
	// to; 0: none.
	number int
}

func (p *patternParser) root() []patternPart { return p.sections[0].parts }

func (p *patternParser) parse() *patternProblem {
	p.sections = []section{{}}
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case isLetter(c):
			count := 1
			for i+1 < len(p.text) && p.text[i+1] == c {
				i++
				count++
			}
			if problem := p.letters(c, count); problem != nil {
				return problem
			}
		case c == '\'':
			end, text, closed := quotedLiteral(p.text, i)
			if !closed && !p.lenient {
				return wrongPattern(p.text)
			}
			i = end
			p.add(patternPart{kind: literalPart, text: text})
		case c == '[':
			p.top().number = 0
			p.sections = append(p.sections, section{})
		case c == ']':
			if len(p.sections) == 1 {
				return wrongPattern(p.text)
			}
			p.close()
		case c == '{' || c == '}' || c == '#':
			return wrongPattern(p.text)
		default:
			_, size := utf8.DecodeRuneInString(p.text[i:])
			p.add(patternPart{kind: literalPart, text: p.text[i : i+size]})
			i += size - 1
		}
	}
	for len(p.sections) > 1 {
		p.close()
	}
	return nil
}

// quotedLiteral reads the literal whose quote is at start: the index of its
// last byte, and its text. Two quotes stand for one.
func quotedLiteral(s string, start int) (end int, text string, closed bool) {
	for i := start + 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		if i == start+1 {
			return i, "'", true
		}
		return i, strings.ReplaceAll(s[start+1:i], "''", "'"), true
	}
	return len(s), strings.ReplaceAll(s[start+1:], "''", "'"), false
}

func (p *patternParser) top() *section { return &p.sections[len(p.sections)-1] }

func (p *patternParser) close() {
	done := *p.top()
	p.sections = p.sections[:len(p.sections)-1]
	if len(done.parts) > 0 {
		p.add(patternPart{kind: optionalPart, inside: done.parts})
	}
}

func (p *patternParser) add(part patternPart) {
	s := p.top()
	s.parts = append(s.parts, part)
	s.number = 0
}

// addNumber adds a number. Where numbers follow each other directly, those of a
// fixed number of digits leave the rest to the first.
func (p *patternParser) addNumber(part patternPart) {
	s := p.top()
	first := s.number
	if first > 0 && part.least == part.most && part.sign == notNegative {
		s.parts[first-1].after += part.most
		part.after = -1
		p.add(part)
		s.number = first
		return
	}
	if first > 0 {
		s.parts[first-1].after = -1
	}
	p.add(part)
	s.number = len(s.parts)
}

// letters adds what a letter that stands count times asks for.
func (p *patternParser) letters(c byte, count int) *patternProblem {
	const digitsMax = 19
	field, isField := patternFields[c]
	if c == 'y' && !p.withEra {
		field = fieldYear
	}
	number := func(least, most int, sign signStyle) {
		p.addNumber(patternPart{kind: numberPart, field: field, least: least, most: most, sign: sign})
	}
	name := func(style textStyle) { p.add(patternPart{kind: namePart, field: field, style: style}) }
	switch {
	case !isField:
		return p.zoneLetters(c, count)
	case c == 'y':
		switch {
		case count == 2:
			p.addNumber(patternPart{kind: yearPart, field: field, least: 2, most: 2})
		case count < 4:
			number(count, digitsMax, normalSign)
		default:
			number(count, digitsMax, exceedsPad)
		}
	case c == 'S' && p.lenient && count > 1 && count <= 9:
		p.add(patternPart{kind: fractionPart, field: field, least: 1, most: count})
	case c == 'S' && count <= 9:
		p.addNumber(patternPart{kind: fractionPart, field: field, least: count, most: count})
	case c == 'E' && count <= 3, c == 'G' && count <= 3, c == 'a' && count == 1:
		name(shortText)
	case c == 'E' && count == 4, c == 'G' && count == 4:
		name(fullText)
	case strings.IndexByte("MLQq", c) >= 0 && count == 3:
		name(shortText)
	case strings.IndexByte("MLQq", c) >= 0 && count == 4:
		name(fullText)
	case count == 1 && strings.IndexByte("SEGa", c) < 0:
		number(1, digitsMax, normalSign)
	case c == 'D' && count <= 3:
		number(count, 3, notNegative)
	case count == 2 && strings.IndexByte("MLQqdhHkKms", c) >= 0:
		number(2, 2, notNegative)
	default:
		return wrongPattern(p.text)
	}
	return nil
}

// zoneLetters adds a zone or an offset.
func (p *patternParser) zoneLetters(c byte, count int) *patternProblem {
	offset := func(form int, zero string) {
		p.add(patternPart{kind: offsetPart, field: fieldOffset, offset: offsetStyle{form, zero}})
	}
	local := func(style textStyle) { p.add(patternPart{kind: localOffsetPart, field: fieldOffset, style: style}) }
	form := count
	if count == 1 {
		form = 0
	}
	form++ // X +HHmm, XX +HHMM, XXX +HH:MM, XXXX +HHMMss, XXXXX +HH:MM:ss
	switch {
	case c == 'z' && count <= 4 && p.parsing:
		return &patternProblem{unsupported: "date pattern letter z (the name of a zone) where a text is parsed"}
	case c == 'z' && count <= 4 && !p.utc:
		return &patternProblem{unsupported: "date pattern letter z (the name of a zone) outside UTC"}
	case c == 'z' && count <= 4:
		style := shortText
		if count == 4 {
			style = fullText
		}
		p.add(patternPart{kind: zoneNamePart, style: style})
	case c == 'V' && count == 2:
		p.add(patternPart{kind: zonePart})
	case c == 'Z' && count < 4:
		offset(3, "+0000")
	case c == 'Z' && count == 4, c == 'O' && count == 4:
		local(fullText)
	case c == 'Z' && count == 5:
		offset(6, "Z")
	case c == 'O' && count == 1:
		local(shortText)
	case c == 'X' && count <= 5:
		offset(form, "Z")
	case c == 'x' && count <= 5:
		zero := "+00:00"
		if count == 1 {
			zero = "+00"
		} else if count%2 == 0 {
			zero = "+0000"
		}
		offset(form, zero)
	case c == 'v' && (count == 1 || count == 4), c == 'g':
		return &patternProblem{unsupported: "date pattern letter " + string(rune(c))}
	default:
		return wrongPattern(p.text)
	}
	return nil
}
