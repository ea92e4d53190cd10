package variantbin

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/foreset/foreset/internal/value"
)

// textMax bounds the text that a variant is appended to: a name can be long, and
// be in many objects.
const textMax = 256 << 20

// AppendJSON appends a value as JSON, without spaces, the fields of objects in
// the order of their names. Numbers have all their digits; dates, times and
// UUIDs are strings in ISO form, binaries base64, and NaN and the infinities
// the strings of their names. A value that [Dictionary.Check] refuses is an
// error, and so is a dst that would grow beyond 256 MiB.
func (d *Dictionary) AppendJSON(dst, v []byte) ([]byte, error) {
	if err := d.Check(v, DepthMax); err != nil {
		return dst, err
	}
	return d.appendJSON(dst, v, textMax)
}

// appendJSON appends a value that was checked.
func (d *Dictionary) appendJSON(dst, v []byte, most int) ([]byte, error) {
	p, err := parse(v)
	if err != nil {
		return dst, err
	}
	if len(dst) > most {
		return dst, fmt.Errorf("%w: text of more than %d bytes", ErrLimit, most)
	}
	if p.basic < basicObject {
		return appendScalarJSON(dst, p.prim, v[p.start:p.end]), nil
	}
	opened, closed := byte('['), byte(']')
	if p.basic == basicObject {
		opened, closed = '{', '}'
	}
	dst = append(dst, opened)
	for i := range p.count {
		if i > 0 {
			dst = append(dst, ',')
		}
		if p.basic == basicObject {
			dst = append(value.AppendQuoted(dst, string(d.name(p.id(v, i)))), ':')
		}
		if dst, err = d.appendJSON(dst, p.child(v, i), most); err != nil {
			return dst, err
		}
	}
	return append(dst, closed), nil
}

func appendScalarJSON(dst []byte, p Primitive, b []byte) []byte {
	switch p {
	case Null:
		return append(dst, "null"...)
	case True:
		return append(dst, "true"...)
	case False:
		return append(dst, "false"...)
	case Int8, Int16, Int32, Int64:
		return value.AppendInt128(dst, integer(b))
	case Decimal4, Decimal8, Decimal16:
		return value.AppendDecimal(dst, integer(b[1:]), int(b[0]))
	case Float:
		return appendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
	case Double:
		return appendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
	case String:
		return value.AppendQuoted(dst, string(b))
	}
	dst = append(dst, '"')
	switch p {
	case Date:
		dst = value.AppendDate(dst, int64(integer(b).Lo))
	case Timestamp, TimestampNTZ:
		dst = value.AppendTimestamp(dst, int64(integer(b).Lo), p == Timestamp)
	case TimestampNanos, TimestampNTZNanos:
		dst = appendNanos(dst, int64(integer(b).Lo), p == TimestampNanos)
	case Time:
		text := value.AppendTimestamp(nil, int64(integer(b).Lo), false)
		dst = append(dst, text[len("1970-01-01T"):]...)
	case UUID:
		dst = fmt.Appendf(dst, "%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	default:
		dst = base64.StdEncoding.AppendEncode(dst, b)
	}
	return append(dst, '"')
}

// integer reads a signed little-endian number of up to 16 bytes.
func integer(b []byte) value.Int128 {
	var full [16]byte
	copy(full[:], b)
	if b[len(b)-1] >= 0x80 {
		for i := len(b); i < len(full); i++ {
			full[i] = 0xff
		}
	}
	return value.Int128{Hi: int64(binary.LittleEndian.Uint64(full[8:])), Lo: binary.LittleEndian.Uint64(full[:])}
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(value.AppendDouble(append(dst, '"'), f, bits), '"')
	}
	return value.AppendShortest(dst, f, bits)
}

// appendNanos appends a time with nine digits of its second.
func appendNanos(dst []byte, ns int64, utc bool) []byte {
	us := ns / 1000
	rest := ns % 1000
	if rest < 0 {
		us, rest = us-1, rest+1000
	}
	dst = fmt.Appendf(value.AppendTimestamp(dst, us, false), "%03d", rest)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}
