package stats

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/value"
)

// textBounds gathers strings. Of the smallest and the largest it keeps as many
// bytes as the bounds can need, however long the strings are: a prefix of the
// largest string is the largest of the prefixes.
type textBounds struct {
	prefix int // characters that a bound keeps
	keep   int // bytes kept
	any    bool
	lo, hi kept
}

// kept is the beginning of a string.
type kept struct {
	head []byte
	key  uint64 // of head, see sortKey
	long bool   // the string goes on after head
}

func newTextBounds(prefix int) *textBounds {
	// The maximum looks at up to 2·prefix+1 characters, and cutting at a byte
	// may cost one.
	const charsMax = 1 << 24
	if prefix > math.MaxInt32 {
		return &textBounds{prefix: prefix, keep: math.MaxInt}
	}
	return &textBounds{prefix: prefix, keep: utf8.UTFMax * (2*min(prefix, charsMax) + 2)}
}

func (b *textBounds) add(arr arrow.Array, m mask) bool {
	switch a := arr.(type) {
	case *array.String:
		addText(b, a.ValueOffsets(), a.ValueBytes(), m)
	case *array.LargeString:
		addText(b, a.ValueOffsets(), a.ValueBytes(), m)
	case *array.StringView:
		for start, end, ok := m.run(0); ok; start, end, ok = m.run(end) {
			for i := start; i < end; i++ {
				b.see([]byte(a.Value(i)))
			}
		}
	default:
		return false
	}
	return true
}

// addText looks at strings that lie one after another. offsets count from some
// base, of which data begins with the first string.
func addText[T int32 | int64](b *textBounds, offsets []T, data []byte, m mask) {
	for start, end, ok := m.run(0); ok; start, end, ok = m.run(end) {
		if !b.any {
			b.see(data[offsets[start]-offsets[0] : offsets[start+1]-offsets[0]])
		}
		at := offsets[start]
		for _, next := range offsets[start+1 : end+1] {
			s := data[at-offsets[0] : next-offsets[0]]
			at = next
			// Nearly every string is decided by its first eight bytes.
			if key := sortKey(s); key <= b.lo.key || key >= b.hi.key {
				b.see(s)
			}
		}
	}
}

// sortKey orders strings by their first eight bytes: a smaller key means a
// smaller string, an equal key means nothing.
func sortKey(s []byte) uint64 {
	if len(s) >= 8 {
		return binary.BigEndian.Uint64(s)
	}
	var k uint64
	for i, c := range s {
		k |= uint64(c) << (56 - 8*i)
	}
	return k
}

// see takes in one string.
func (b *textBounds) see(s []byte) {
	long := len(s) > b.keep
	if long {
		s = s[:b.keep]
	}
	if !b.any {
		b.any = true
		b.lo.set(s, long)
		b.hi.set(s, long)
		return
	}
	switch order := bytes.Compare(s, b.lo.head); {
	case order < 0:
		b.lo.set(s, long)
	case order == 0:
		b.lo.long = b.lo.long || long
	}
	switch order := bytes.Compare(s, b.hi.head); {
	case order > 0:
		b.hi.set(s, long)
	case order == 0:
		b.hi.long = b.hi.long || long
	}
}

func (k *kept) set(s []byte, long bool) {
	k.head, k.key, k.long = append(k.head[:0], s...), sortKey(s), long
}

func (b *textBounds) written() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	if s, ok := lowerText(b.lo.whole(), b.prefix); ok {
		lo = value.String(s)
	}
	if s, ok := upperText(b.hi.whole(), b.prefix); ok {
		hi = value.String(s)
	}
	return lo, hi
}

// exact is for bounds that nothing was cut from.
func (b *textBounds) exact() (lo, hi value.Value) {
	if !b.any {
		return lo, hi
	}
	return value.String(string(b.lo.head)), value.String(string(b.hi.head))
}

// whole is head without a character that was cut in two.
func (k *kept) whole() string {
	s := k.head
	if k.long {
		for cut := 1; cut < utf8.UTFMax && cut <= len(s); cut++ {
			if c := s[len(s)-cut]; utf8.RuneStart(c) {
				if !utf8.FullRune(s[len(s)-cut:]) {
					s = s[:len(s)-cut]
				}
				break
			}
		}
	}
	return string(s)
}

// lowerText is a bound of at most prefix characters that is not above s in the
// order of UTF-8 bytes: the beginning of s. It reports false if that is not
// valid UTF-8, which JSON cannot carry.
func lowerText(s string, prefix int) (string, bool) {
	s = s[:offset(s, prefix)]
	return s, utf8.ValidString(s)
}

// upperText is a bound that is not below s, nor below any string that s is the
// beginning of if it has more than 2·prefix characters. It follows
// log-format 6.1: a string of up to prefix characters bounds itself; a longer
// one is cut and given a character that is greater than the one cut off, U+007F
// for ASCII and U+10FFFF otherwise. Where U+10FFFF itself was cut off the cut
// moves on, up to 2·prefix; then there is no bound. Characters are code points,
// where Spark counts UTF-16 units: any cut gives a bound.
//
// It reports false if there is no bound, or s is not valid UTF-8.
func upperText(s string, prefix int) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	cut := offset(s, prefix)
	for range prefix + 1 {
		next, size := utf8.DecodeRuneInString(s[cut:])
		switch {
		case size == 0:
			return s, true
		case next == utf8.MaxRune:
			cut += size
		case next < '\x7f':
			return s[:cut] + "\x7f", true
		default:
			return s[:cut] + string(utf8.MaxRune), true
		}
	}
	return "", false
}

// offset is where the n-th character of s begins, or the end of s.
func offset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
