package expr

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// charset is a way to write characters as bytes.
type charset struct {
	name   string
	encode func(dst []byte, r rune) ([]byte, bool)
	// decode gives the first character of b, which is not empty, and its length;
	// 0 is no character.
	decode func(b []byte) (r rune, length int)
}

// charsets are those that Spark 4 knows; their names' case does not matter.
var charsets = []charset{
	{"UTF-8", func(dst []byte, r rune) ([]byte, bool) { return utf8.AppendRune(dst, r), true }, decodeUTF8},
	{"US-ASCII", singleByte(0x7f), decodeByte(0x7f)},
	{"ISO-8859-1", singleByte(0xff), decodeByte(0xff)},
	{"UTF-16BE", encodeUTF16(binary.BigEndian), bigUTF16},
	{"UTF-16LE", encodeUTF16(binary.LittleEndian), littleUTF16},
	{"UTF-16", encodeUTF16(binary.BigEndian), bigUTF16},
	{"UTF-32", encodeUTF32, bigUTF32},
}

var (
	bigUTF16, littleUTF16 = decodeUTF16(binary.BigEndian), decodeUTF16(binary.LittleEndian)
	bigUTF32, littleUTF32 = decodeUTF32(binary.BigEndian), decodeUTF32(binary.LittleEndian)
)

// charsetNamed is a character set; at, if not nil, is the one that was looked
// up last.
func charsetNamed(name string, at *charset) (*charset, *fault) {
	if at != nil && at.name == name {
		return at, nil
	}
	for i := range charsets {
		if strings.EqualFold(charsets[i].name, name) {
			return &charsets[i], nil
		}
	}
	return nil, faultf("INVALID_PARAMETER_VALUE", "there is no character set %s", quoteString(name))
}

func encode(c *call) (vec, error) {
	s, name := operandOf[string](c, 0), operandOf[string](c, 1)
	var set *charset
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		var problem *fault
		if set, problem = charsetNamed(name.at(i), set); problem != nil {
			return dst, problem
		}
		text := s.at(i)
		if set.name == "UTF-8" {
			return append(dst, text...), nil
		}
		if set.name == "UTF-16" && text != "" {
			dst = append(dst, 0xfe, 0xff)
		}
		start := len(dst)
		for _, r := range text {
			var ok bool
			if dst, ok = set.encode(dst, r); !ok {
				return dst, faultf("MALFORMED_CHARACTER_CODING", "%s cannot be written in %s", quoteString(text), set.name)
			}
		}
		return dst, checkedLength(int64(len(dst) - start))
	})
}

// decode is the text of bytes in a character set. With more arguments it is a
// CASE whose comparisons take nulls to be equal, as in Oracle.
func decode(b *binder, at *syntax, args []Node) (Node, error) {
	if len(args) > 2 {
		var otherwise Node = &Literal{value.Null(schema.String)}
		var whens []When
		rest := args[1:]
		for ; len(rest) >= 2; rest = rest[2:] {
			same, err := b.compare(at, "<=>", args[0], rest[0])
			if err != nil {
				return nil, err
			}
			whens = append(whens, When{same, rest[1]})
		}
		if len(rest) == 1 {
			otherwise = rest[0]
		}
		return b.caseOf(at, whens, otherwise)
	}
	args, err := b.implicit(at, args, schema.Binary, schema.String)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "decode", schema.String, callable{eval: decodeBytes, fails: true}, args...), nil
}

func decodeBytes(c *call) (vec, error) {
	s, name := operandOf[string](c, 0), operandOf[string](c, 1)
	var set *charset
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		var problem *fault
		if set, problem = charsetNamed(name.at(i), set); problem != nil {
			return dst, problem
		}
		b, start := bytesOf(s.at(i)), len(dst)
		decode, mark := set.decode, 0
		switch set.name {
		case "UTF-16":
			decode, mark = markedUTF16(b)
		case "UTF-32":
			decode, mark = markedUTF32(b)
		}
		for b = b[mark:]; len(b) > 0; {
			r, n := decode(b)
			if n == 0 {
				return dst, faultf("MALFORMED_CHARACTER_CODING", "the bytes 0x%X are no %s", s.at(i), set.name)
			}
			dst = utf8.AppendRune(dst, r)
			b = b[n:]
		}
		return dst, checkedLength(int64(len(dst) - start))
	})
}

func decodeUTF8(b []byte) (rune, int) {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return 0, 0
	}
	return r, n
}

// singleByte writes the characters up to last as one byte.
func singleByte(last rune) func(dst []byte, r rune) ([]byte, bool) {
	return func(dst []byte, r rune) ([]byte, bool) { return append(dst, byte(r)), r <= last }
}

func decodeByte(last byte) func(b []byte) (rune, int) {
	return func(b []byte) (rune, int) {
		if b[0] > last {
			return 0, 0
		}
		return rune(b[0]), 1
	}
}

func encodeUTF16(order binary.AppendByteOrder) func(dst []byte, r rune) ([]byte, bool) {
	return func(dst []byte, r rune) ([]byte, bool) {
		if r < 0x10000 {
			return order.AppendUint16(dst, uint16(r)), true
		}
		high, low := utf16.EncodeRune(r)
		return order.AppendUint16(order.AppendUint16(dst, uint16(high)), uint16(low)), true
	}
}

func decodeUTF16(order binary.ByteOrder) func(b []byte) (rune, int) {
	return func(b []byte) (rune, int) {
		if len(b) < 2 {
			return 0, 0
		}
		r := rune(order.Uint16(b))
		if !utf16.IsSurrogate(r) {
			return r, 2
		}
		if len(b) < 4 {
			return 0, 0
		}
		if r = utf16.DecodeRune(r, rune(order.Uint16(b[2:]))); r == utf8.RuneError {
			return 0, 0
		}
		return r, 4
	}
}

// markedUTF16 is the order that a mark at the beginning says, and the mark's
// length.
func markedUTF16(b []byte) (decode func([]byte) (rune, int), mark int) {
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		return bigUTF16, 2
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe:
		return littleUTF16, 2
	}
	return bigUTF16, 0
}

func encodeUTF32(dst []byte, r rune) ([]byte, bool) {
	return binary.BigEndian.AppendUint32(dst, uint32(r)), true
}

// decodeUTF32 replaces what is not a character but a half of one in UTF-16.
func decodeUTF32(order binary.ByteOrder) func(b []byte) (rune, int) {
	return func(b []byte) (rune, int) {
		if len(b) < 4 {
			return 0, 0
		}
		r := order.Uint32(b)
		switch {
		case r > utf8.MaxRune:
			return 0, 0
		case utf16.IsSurrogate(rune(r)):
			return '?', 4
		}
		return rune(r), 4
	}
}

func markedUTF32(b []byte) (decode func([]byte) (rune, int), mark int) {
	switch {
	case len(b) >= 4 && binary.BigEndian.Uint32(b) == 0xfeff:
		return bigUTF32, 4
	case len(b) >= 4 && binary.LittleEndian.Uint32(b) == 0xfeff:
		return littleUTF32, 4
	}
	return bigUTF32, 0
}
