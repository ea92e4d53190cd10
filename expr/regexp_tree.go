package expr

import (
	"slices"
	"unicode"
)

// A regular expression of Java's is read into a tree, in which flags and
// notations are resolved. The tree is written as a pattern of Go's package
// regexp, and compiled to a program of our own for what that package cannot
// say: see regexpProgram.

// regexpNode is a part of a regular expression.
type regexpNode struct {
	op       regexpOp
	set      runeSet // opSet
	subs     []*regexpNode
	min, max int // opRepeat; max −1: any number
	lazy     bool
	group    int // opGroup: its number, from 1
	place    place
}

type regexpOp uint8

const (
	opEmpty  regexpOp = iota
	opSet             // one character of a set
	opConcat          // all of subs in turn
	opEither          // the first of subs that leads to a match
	opRepeat          // the only one of subs, several times
	opGroup           // the only one of subs, remembered
	opPlace           // a place between characters
)

// place is what must be true between two characters.
type place uint8

const (
	placeBegin    place = iota // of the text
	placeEnd                   // of the text
	placeLast                  // the end, or before a line terminator there
	placeLastUnix              // the same where only \n ends lines
	placeLineBegin
	placeLineBeginUnix
	placeLineEnd
	placeLineEndUnix
	placeWord
	placeNoWord
)

// runeSet is a set of characters as pairs of a first and a last one, in order
// and apart from one another.
type runeSet []rune

func setOf(pairs ...rune) runeSet { return runeSet(pairs).normal() }

// normal orders the pairs and joins those that touch.
func (s runeSet) normal() runeSet {
	type pair struct{ first, last rune }
	pairs := make([]pair, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		if s[i] <= s[i+1] {
			pairs = append(pairs, pair{s[i], s[i+1]})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a.first) - int(b.first) })
	out := make(runeSet, 0, len(s))
	for _, p := range pairs {
		if n := len(out); n > 0 && p.first <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p.last)
		} else {
			out = append(out, p.first, p.last)
		}
	}
	return out
}

func (s runeSet) union(t runeSet) runeSet { return append(slices.Clone(s), t...).normal() }

func (s runeSet) not() runeSet {
	out := make(runeSet, 0, len(s)+2)
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

func (s runeSet) and(t runeSet) runeSet { return s.not().union(t.not()).not() }

func (s runeSet) has(r rune) bool {
	lo, hi := 0, len(s)/2
	for lo < hi {
		switch mid := (lo + hi) / 2; {
		case r < s[2*mid]:
			hi = mid
		case r > s[2*mid+1]:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}

// only is the single character of a set.
func (s runeSet) only() (rune, bool) {
	if len(s) == 2 && s[0] == s[1] {
		return s[0], true
	}
	return 0, false
}

func setOfTables(tables ...*unicode.RangeTable) runeSet {
	var s runeSet
	for _, t := range tables {
		for _, r := range t.R16 {
			s = s.strided(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			s = s.strided(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return s.normal()
}

func (s runeSet) strided(first, last, stride rune) runeSet {
	if stride == 1 {
		return append(s, first, last)
	}
	for r := first; r <= last; r += stride {
		s = append(s, r, r)
	}
	return s
}

// The classes that have a letter, and Java's meanings of them: of ASCII, but
// for \h and \v.
var (
	setDigit    = setOf('0', '9')
	setWord     = setOf('0', '9', 'A', 'Z', '_', '_', 'a', 'z')
	setSpace    = setOf('\t', '\r', ' ', ' ')
	setBlank    = setOf('\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000)
	setVertical = setOf('\n', '\r', 0x85, 0x85, 0x2028, 0x2029)
	setNewline  = setOf('\n', '\n')
	setEndsLine = setOf('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029)
	setAll      = setOf(0, unicode.MaxRune)
	setLetters  = setOf('A', 'Z', 'a', 'z')
	// setWordUnicode is \w with the flag U.
	setAlphabetic  = setOfTables(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
	setWordUnicode = setAlphabetic.union(setOfTables(unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control))
)

// endsLine says whether a character ends lines.
func endsLine(r rune) bool { return r == '\n' || r == '\r' || r == 0x85 || r|1 == 0x2029 }
