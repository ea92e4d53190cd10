package value

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// AppendDouble appends f as Java's Double.toString (bits = 64) or
// Float.toString (bits = 32) does since JDK 19: the shortest digits that read
// back as f, as in 0.1, 1.5, 1.0E20, 4.9E-324, NaN, -Infinity, -0.0.
func AppendDouble(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		return strconv.AppendFloat(dst, f, 'f', 1, bits)
	}
	if abs := math.Abs(f); 1e-3 <= abs && abs < 1e7 {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		if bytes.IndexByte(dst[start:], '.') < 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	var text [32]byte
	e := strconv.AppendFloat(text[:0], f, 'e', -1, bits)
	if bytes.IndexByte(e, '.') < 0 {
		// Java always has two digits, and takes the nearest such number: 4.9E-324
		// for what is 5e-324 in the shortest form.
		e = strconv.AppendFloat(text[:0], f, 'e', 1, bits)
	}
	mantissa, exponent, _ := bytes.Cut(e, []byte{'e'})
	dst = append(dst, mantissa...)
	dst = append(dst, 'E')
	if exponent[0] == '-' {
		dst = append(dst, '-')
	}
	return append(dst, bytes.TrimLeft(exponent, "+-0")...)
}

// AppendShortest appends f in the shortest form that is also JSON: 0.1, 100,
// 1e21. NaN and the infinities, which JSON lacks, are as in [AppendDouble].
func AppendShortest(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return AppendDouble(dst, f, bits)
	}
	if abs := math.Abs(f); abs == 0 || 1e-6 <= abs && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	if n := len(dst); n-start >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1] // e-09 → e-9
		dst = dst[:n-1]
	}
	return dst
}

// parseFloat reads a float of 32 or 64 bits in the forms of Java, Go, Rust and
// C. A number too large for the type is an error, not an infinity.
func parseFloat(s string, bits int) (float64, error) {
	if strings.ContainsAny(s, "_xX") {
		return 0, errNotNumber
	}
	f, err := strconv.ParseFloat(s, bits)
	switch {
	case err == nil:
		return f, nil
	case math.IsInf(f, 0):
		return 0, errRange
	default:
		return 0, errNotNumber
	}
}
