package expr

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/foreset/foreset/schema"
)

// encodeFunctions are the functions that write bytes as text and read them
// back.
var encodeFunctions = map[string]*function{
	"hex":      {1, 1, hexOf},
	"unhex":    fixed("unhex", 1, schema.Binary, callable{eval: unhex}, schema.String),
	"base64":   fixed("base64", 1, schema.String, callable{eval: toBase64, fails: true}, schema.Binary),
	"unbase64": fixed("unbase64", 1, schema.Binary, callable{eval: fromBase64, fails: true}, schema.String),
	"encode":   fixed("encode", 2, schema.Binary, callable{eval: encode, fails: true}, schema.String, schema.String),
	"decode":   {2, -1, decode},
	"uuid":     {0, 0, uuid},
}

// hexOf is the digits of a number as a long, or the bytes of anything else.
func hexOf(b *binder, at *syntax, args []Node) (Node, error) {
	x := args[0]
	if t := x.Type(); isNumeric(t) || t == schema.Void {
		return b.makeCall(at, "hex", schema.String, callable{eval: hexOfInts}, b.convert(at, x, schema.Long)), nil
	} else if t == schema.Binary {
		return b.makeCall(at, "hex", schema.String, callable{eval: hexOfBytes, fails: true}, x), nil
	}
	args, err := b.implicit(at, args, schema.String)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "hex", schema.String, callable{eval: hexOfBytes, fails: true}, args...), nil
}

func hexOfBytes(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		start := len(dst)
		if problem := checkedLength(2 * int64(len(s.at(i)))); problem != nil {
			return dst, problem
		}
		dst = hex.AppendEncode(dst, bytesOf(s.at(i)))
		upperHex(dst[start:])
		return dst, nil
	})
}

func hexOfInts(c *call) (vec, error) {
	n := operandOf[int64](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		start := len(dst)
		dst = strconv.AppendUint(dst, uint64(n.at(i)), 16)
		upperHex(dst[start:])
		return dst, nil
	})
}

func upperHex(digits []byte) {
	for i, c := range digits {
		if c >= 'a' {
			digits[i] = c - 'a' + 'A'
		}
	}
}

// unhex has no value for a text with other characters than digits. Of an odd
// number of them the first is a byte of its own.
func unhex(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		text, high := s.at(i), byte(0)
		for k := range len(text) {
			digit, ok := hexDigit(text[k])
			switch {
			case !ok:
				return dst, noValue
			case (len(text)-k)%2 == 0:
				high = digit << 4
			default:
				dst = append(dst, high|digit)
			}
		}
		return dst, nil
	})
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// toBase64 breaks lines as mail does.
func toBase64(c *call) (vec, error) {
	const lineBytes = 76 / 4 * 3
	s := operandOf[string](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		b := bytesOf(s.at(i))
		if problem := checkedLength(int64(base64.StdEncoding.EncodedLen(len(b)))); problem != nil {
			return dst, problem
		}
		for ; len(b) > lineBytes; b = b[lineBytes:] {
			dst = base64.StdEncoding.AppendEncode(dst, b[:lineBytes])
			dst = append(dst, "\r\n"...)
		}
		return base64.StdEncoding.AppendEncode(dst, b), nil
	})
}

// fromBase64 reads base 64 as in mail: what is not of the alphabet is passed
// over, the padding at the end may be missing.
func fromBase64(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		longer, ok := appendBase64(dst, s.at(i))
		if !ok {
			return dst, faultf("CONVERSION_INVALID_INPUT", "%s is not base 64", quoteString(s.at(i)))
		}
		return longer, nil
	})
}

func appendBase64(dst []byte, text string) ([]byte, bool) {
	group, digits, k := uint32(0), 0, 0 // a group is four digits, three bytes
	padded := false
	for ; k < len(text) && !padded; k++ {
		digit, ok := base64Digit(text[k])
		switch {
		case ok:
			group = group<<6 | uint32(digit)
			if digits++; digits == 4 {
				dst = append(dst, byte(group>>16), byte(group>>8), byte(group))
				group, digits = 0, 0
			}
		case text[k] == '=':
			padded = true
			if digits == 2 { // the second sign must follow at once
				if k++; k == len(text) || text[k] != '=' {
					return dst, false
				}
			}
		}
	}
	switch {
	case digits == 1, digits == 0 && padded:
		return dst, false
	case digits == 2:
		dst = append(dst, byte(group>>4))
	case digits == 3:
		dst = append(dst, byte(group>>10), byte(group>>2))
	}
	for ; k < len(text); k++ {
		if _, ok := base64Digit(text[k]); ok {
			return dst, false
		}
	}
	return dst, true
}

func base64Digit(c byte) (byte, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A', true
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26, true
	case isDigit(c):
		return c - '0' + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

// uuid is a random UUID, version 4 of RFC 4122, for each row.
func uuid(b *binder, at *syntax, _ []Node) (Node, error) {
	random := b.env.rand
	if random == nil {
		return nil, &UnsupportedError{What: "function uuid without a source of random bits", Position: b.at(at)}
	}
	return b.makeCall(at, "uuid", schema.String, callable{fickle: true, fails: true, eval: func(c *call) (vec, error) {
		bits := make([]byte, 16*c.out.entries())
		if _, err := io.ReadFull(random, bits); err != nil {
			return vec{}, fmt.Errorf("random bits for uuid(): %w", err)
		}
		return c.texts(func(dst []byte, i int) ([]byte, *fault) { return appendUUID(dst, bits[16*i:16*i+16]), nil })
	}}), nil
}

func appendUUID(dst, b []byte) []byte {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	for i, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[part[0]:part[1]])
	}
	return dst
}
