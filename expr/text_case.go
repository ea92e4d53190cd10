package expr

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	capitalSigma = 'Σ'
	smallSigma   = 'σ'
	finalSigma   = 'ς'
	capitalDotI  = 'İ'
	smallDotI    = "i\u0307"
)

// appendUpperCase appends s in capitals.
func appendUpperCase(dst []byte, s string) []byte {
	dst, n := appendASCII(dst, s, &asciiUpper)
	for i, r := range s[n:] {
		if r < utf8.RuneSelf {
			dst = append(dst, asciiUpper[r])
		} else if several := upperSeveral[r]; several != "" {
			dst = append(dst, several...)
		} else {
			dst = appendMapped(dst, s, n+i, r, upperOf(r))
		}
	}
	return dst
}

// appendLowerCase appends s in small letters.
func appendLowerCase(dst []byte, s string) []byte {
	dst, n := appendASCII(dst, s, &asciiLower)
	for i, r := range s[n:] {
		dst = appendLowerCaseAt(dst, s, n+i, r)
	}
	return dst
}

// asciiUpper and asciiLower are the other case of ASCII's letters, and all
// else of it as it is.
var asciiUpper, asciiLower = func() (upper, lower [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		upper[c], lower[c] = byte(unicode.ToUpper(rune(c))), byte(unicode.ToLower(rune(c)))
	}
	return upper, lower
}()

// appendASCII appends what a table makes of the ASCII that s begins with, and
// says how long that is.
func appendASCII(dst []byte, s string, table *[utf8.RuneSelf]byte) ([]byte, int) {
	start := len(dst)
	dst = slices.Grow(dst, len(s))[:start+len(s)]
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return dst[:start+i], i
		}
		dst[start+i] = table[s[i]]
	}
	return dst, len(s)
}

// appendTitleCase appends s with a capital at the beginning of each word: after
// each space.
func appendTitleCase(dst []byte, s string) []byte {
	begins := true
	for i, r := range s {
		several := ""
		if begins && r >= utf8.RuneSelf {
			several = titleSeveral[r]
		}
		switch {
		case several != "":
			dst = append(dst, several...)
		case begins:
			dst = appendMapped(dst, s, i, r, titleOf(r))
		default:
			dst = appendLowerCaseAt(dst, s, i, r)
		}
		begins = r == ' '
	}
	return dst
}

// appendLowerCaseAt appends the small form of the character r at byte i of s.
func appendLowerCaseAt(dst []byte, s string, i int, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(dst, asciiLower[r])
	case r == capitalDotI:
		return append(dst, smallDotI...)
	case r == capitalSigma && endsWord(s, i):
		return utf8.AppendRune(dst, finalSigma)
	case r == capitalSigma:
		return utf8.AppendRune(dst, smallSigma)
	}
	return appendMapped(dst, s, i, r, lowerOf(r))
}

// appendMapped appends the character that r at byte i of s becomes. What is
// not UTF-8 becomes the replacement character, as in Spark.
func appendMapped(dst []byte, s string, i int, r, mapped rune) []byte {
	if r == mapped && r != utf8.RuneError {
		return append(dst, s[i:i+utf8.RuneLen(r)]...)
	}
	return utf8.AppendRune(dst, mapped)
}

func upperOf(r rune) rune {
	for _, l := range newerLetters {
		if l.lower <= r && r < l.lower+l.n {
			return r - l.lower + l.upper
		}
	}
	return unicode.ToUpper(r)
}

func lowerOf(r rune) rune {
	for _, l := range newerLetters {
		if l.upper <= r && r < l.upper+l.n {
			return r - l.upper + l.lower
		}
	}
	return unicode.ToLower(r)
}

func titleOf(r rune) rune {
	if upper := upperOf(r); upper != unicode.ToUpper(r) {
		return upper // none of the newer letters has a form of its own here
	}
	return unicode.ToTitle(r)
}

// endsWord says whether the sigma at byte i of s is the last letter of a word
// of several: then it has another small form.
func endsWord(s string, i int) bool {
	before := false
	for rest := s[:i]; rest != ""; {
		r, size := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-size]
		if !caseIgnored(r) {
			before = isCased(r)
			break
		}
	}
	if !before {
		return false
	}
	for _, r := range s[i+utf8.RuneLen(capitalSigma):] {
		if !caseIgnored(r) {
			return !isCased(r)
		}
	}
	return true
}

// isCased is Unicode's property Cased.
func isCased(r rune) bool {
	if r == 0x0295 { // a letter without case since Unicode 16
		return false
	}
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase, newerCased)
}

// caseIgnored is Unicode's property Case_Ignorable.
func caseIgnored(r rune) bool {
	switch r {
	case '\'', '.', ':', 0xB7, 0x387, 0x55F, 0x5F4, 0x2018, 0x2019, 0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk, newerIgnored)
}
