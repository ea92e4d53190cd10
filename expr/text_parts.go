package expr

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// charOffset is the number of bytes of the first n characters of s, and how
// many of the n there are not.
func charOffset(s string, n int) (bytes, missing int) {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i, n
}

// charOffsetFromEnd is the offset in s of the last n characters, and how many
// of the n there are not.
func charOffsetFromEnd(s string, n int) (offset, missing int) {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return i, n
}

func byteOffset(s string, n int) (bytes, missing int) { return min(n, len(s)), max(0, n-len(s)) }

func byteOffsetFromEnd(s string, n int) (offset, missing int) {
	return max(0, len(s)-n), max(0, n-len(s))
}

// offsets finds places in a text by characters, or in a binary by bytes.
type offsets struct {
	fromStart, fromEnd func(s string, n int) (offset, missing int)
}

var (
	byChars = offsets{charOffset, charOffsetFromEnd}
	byBytes = offsets{byteOffset, byteOffsetFromEnd}
)

func offsetsOf(t schema.Type) offsets {
	if t == schema.Binary {
		return byBytes
	}
	return byChars
}

// from is what s has from a position on, and how many characters the position
// lies before s. Positions count from 1, or, if they are negative, from the end;
// 0 is the first too.
func (o offsets) from(s string, pos int) (rest string, before int) {
	switch {
	case pos > 1:
		offset, _ := o.fromStart(s, pos-1)
		return s[offset:], 0
	case pos < 0:
		offset, missing := o.fromEnd(s, -pos)
		return s[offset:], missing
	}
	return s, 0
}

// part is at most n characters of s from a position on. A position before the
// first takes its share of n.
func (o offsets) part(s string, pos, n int) string {
	rest, before := o.from(s, pos)
	if n = max(0, n-before); n >= len(rest) {
		return rest
	}
	offset, _ := o.fromStart(rest, n)
	return rest[:offset]
}

func substring(b *binder, at *syntax, args []Node) (Node, error) {
	args, t, err := b.textOrBytes(at, args, 1)
	if err != nil {
		return nil, err
	}
	o := offsetsOf(t)
	eval := func(c *call) (vec, error) {
		s, pos := operandOf[string](c, 0), operandOf[int32](c, 1)
		if len(c.args) == 2 {
			return values(c, func(i int) (string, *fault) { return o.part(s.at(i), int(pos.at(i)), math.MaxInt32), nil })
		}
		n := operandOf[int32](c, 2)
		return values(c, func(i int) (string, *fault) { return o.part(s.at(i), int(pos.at(i)), int(n.at(i))), nil })
	}
	fn := callable{eval: eval}
	if pos, ok := literalArg(args[1]); ok && !pos.IsNull() && (pos.Int64() == 0 || pos.Int64() == 1) {
		fn.keeps = 1 // as the beginnings of strings do
	}
	return b.makeCall(at, "substring", t, fn, args...), nil
}

func left(b *binder, at *syntax, args []Node) (Node, error) {
	args, t, err := b.textOrBytes(at, args, 1)
	if err != nil {
		return nil, err
	}
	o := offsetsOf(t)
	eval := func(c *call) (vec, error) {
		s, n := operandOf[string](c, 0), operandOf[int32](c, 1)
		return values(c, func(i int) (string, *fault) { return o.part(s.at(i), 1, int(n.at(i))), nil })
	}
	return b.makeCall(at, "left", t, callable{keeps: 1, eval: eval}, args...), nil
}

func rightPart(c *call) (vec, error) {
	s, n := operandOf[string](c, 0), operandOf[int32](c, 1)
	return values(c, func(i int) (string, *fault) {
		offset, _ := charOffsetFromEnd(s.at(i), int(n.at(i)))
		return s.at(i)[offset:], nil
	})
}

// splitPart is one of the parts between delimiters, counted from 1, or from
// the end if it is negative. A part that there is not is empty.
func splitPart(c *call) (vec, error) {
	s, delimiter, number := operandOf[string](c, 0), operandOf[string](c, 1), operandOf[int32](c, 2)
	return values(c, func(i int) (string, *fault) {
		rest, d, n := s.at(i), delimiter.at(i), int(number.at(i))
		switch {
		case n == 0:
			return "", faultf("INVALID_INDEX_OF_ZERO", "parts are counted from 1, or from -1 at the end; there is no part 0")
		case n == math.MinInt32: // which Spark cannot negate
			return "", faultf("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "there is no part %d", n)
		case d == "" && (n == 1 || n == -1):
			return rest, nil
		case d == "":
			return "", nil
		case n < 0:
			n += strings.Count(rest, d) + 2
		}
		if n < 1 {
			return "", nil
		}
		for ; n > 1; n-- {
			_, after, found := strings.Cut(rest, d)
			if !found {
				return "", nil
			}
			rest = after
		}
		part, _, _ := strings.Cut(rest, d)
		return part, nil
	})
}

// padding makes texts of one length: it cuts them, or adds a padding at the
// left or the right.
func padding(name string, atLeft bool) *function {
	return &function{2, 3, func(b *binder, at *syntax, args []Node) (Node, error) {
		var t schema.Type = schema.String
		if args[0].Type() == schema.Binary && (len(args) == 2 || args[2].Type() == schema.Binary) {
			t = schema.Binary
		}
		args, err := b.implicit(at, args, t, schema.Integer, t)
		if err != nil {
			return nil, err
		}
		if len(args) == 2 && t == schema.Binary {
			args = append(args, b.convert(at, stringNode("\x00"), schema.Binary))
		} else if len(args) == 2 {
			args = append(args, stringNode(" "))
		}
		o := offsetsOf(t)
		eval := func(c *call) (vec, error) { return padded(c, o, atLeft) }
		return b.makeCall(at, name, t, callable{eval: eval, fails: true}, args...), nil
	}}
}

func padded(c *call, o offsets, atLeft bool) (vec, error) {
	texts, lengths, pads := operandOf[string](c, 0), operandOf[int32](c, 1), operandOf[string](c, 2)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		s, pad, length := texts.at(i), pads.at(i), int(lengths.at(i))
		if length == math.MinInt32 && s != "" && pad != "" { // from which Spark cannot subtract
			return dst, faultf("ARITHMETIC_OVERFLOW", "the length %d is out of range", length)
		}
		end, missing := o.fromStart(s, max(0, length))
		if missing == 0 || pad == "" {
			return append(dst, s[:end]...), nil
		}
		if problem := checkedLength(int64(missing)*int64(min(len(pad), utf8.UTFMax)) + int64(len(s))); problem != nil {
			return dst, problem
		}
		if !atLeft {
			dst = append(dst, s...)
		}
		for missing > 0 {
			used, short := o.fromStart(pad, missing)
			dst = append(dst, pad[:used]...)
			if missing = max(0, short); used < len(pad) {
				break
			}
		}
		if atLeft {
			dst = append(dst, s...)
		}
		return dst, nil
	})
}
