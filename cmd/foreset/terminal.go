package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// isTerminal says whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// visible is a text in which no character can command a terminal: control
// characters, and those that reorder or break lines, are written as \u001b.
// Characters of keep stay.
func visible(s string, keep ...rune) string {
	if strings.IndexFunc(s, commands) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if commands(r) && !contains(keep, r) {
			b.WriteString(escaped(r))
		} else {
			b.WriteRune(r) // an invalid byte is U+FFFD here
		}
	}
	return b.String()
}

func contains(set []rune, r rune) bool {
	for _, k := range set {
		if k == r {
			return true
		}
	}
	return false
}

// commands says whether a character does something to a terminal, or to the
// order or the end of a line, instead of being shown.
func commands(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// escaped is a character as JSON escapes it: inside a JSON string it means the
// same as before.
func escaped(r rune) string { return fmt.Sprintf(`\u%04x`, r) }

// safeWriter passes text to a terminal without the characters that command it,
// except line ends and tabs. It holds back at most three bytes of a character
// that is not whole yet.
type safeWriter struct {
	w       io.Writer
	partial []byte
}

func (s *safeWriter) Write(p []byte) (int, error) {
	text := append(s.partial, p...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if utf8.RuneStart(text[len(text)-back]) {
			if !utf8.FullRune(text[len(text)-back:]) {
				whole = len(text) - back
			}
			break
		}
	}
	_, err := io.WriteString(s.w, visible(string(text[:whole]), '\n', '\t'))
	s.partial = append([]byte(nil), text[whole:]...)
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// width is how many columns of a terminal a text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1F300 && r <= 0x1FAFF || r >= 0xFF01 && r <= 0xFF60:
			n += 2
		default:
			n++
		}
	}
	return n
}
