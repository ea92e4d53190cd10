package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errNotNumber = errors.New("not a number")
	errDigits    = fmt.Errorf("more than %d digits", digitsMax)
)

// ParseDecimal reads a decimal number such as 12, -0.50 or 1.2E-3 as
// unscaled × 10^−scale, with 0 ≤ scale ≤ 38, keeping the zeros after the point
// that are written. precision is the least for which decimal(precision, scale)
// holds the number. A number that needs more than 38 digits, zeros at the end
// of the fraction apart, is an error.
func ParseDecimal(s string) (unscaled Int128, precision, scale int, err error) {
	d, err := parseDecimal(s)
	if err != nil {
		return Int128{}, 0, 0, fmt.Errorf("parse decimal %.60q: %w", s, err)
	}
	return d.unscaled, max(Digits(d.unscaled), d.scale), d.scale, nil
}

func parseDecimal(s string) (digits, error) {
	number, exponent, err := splitExponent(s)
	if err != nil {
		return digits{}, err
	}
	d, err := parseDigits(number)
	if err != nil {
		return digits{}, err
	}
	return d, d.shift(exponent)
}

// splitExponent splits 1.5E-3 into 1.5 and −3. Exponents are clamped far
// beyond what any decimal can have.
func splitExponent(s string) (number string, exponent int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	digits := s[i+1:]
	exponent, err = strconv.Atoi(digits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		exponent = 1 << 20
		if digits[0] == '-' {
			exponent = -exponent
		}
	case err != nil:
		return "", 0, errNotNumber
	}
	return s[:i], min(max(exponent, -1<<20), 1<<20), nil
}

// digits is a number while it is read.
type digits struct {
	unscaled Int128
	scale    int
}

// parseDigits reads [+-]digits[.digits]. Zeros at the end of a fraction that
// do not fit any more are dropped.
func parseDigits(s string) (digits, error) {
	neg := strings.HasPrefix(s, "-")
	if neg || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" && fraction == "" {
		return digits{}, errNotNumber
	}
	var d digits
	for i := range len(whole) {
		if !isDigit(whole[i]) {
			return digits{}, errNotNumber
		}
		if !d.push(whole[i]) {
			return digits{}, errDigits
		}
	}
	zeros := 0 // not yet pushed
	for i := range len(fraction) {
		switch c := fraction[i]; {
		case !isDigit(c):
			return digits{}, errNotNumber
		case c == '0':
			zeros++
			continue
		default:
			for ; zeros > 0; zeros-- {
				if !d.push('0') {
					return digits{}, errDigits
				}
				d.scale++
			}
			if !d.push(c) {
				return digits{}, errDigits
			}
			d.scale++
		}
	}
	for ; zeros > 0 && d.scale < digitsMax && d.push('0'); zeros-- {
		d.scale++
	}
	if neg {
		d.unscaled = d.unscaled.Neg()
	}
	return d, nil
}

// push appends a digit unless the number would have more than 38.
func (d *digits) push(c byte) bool {
	if d.unscaled.Hi == 0 && d.unscaled.Lo < (1<<63)/10 {
		d.unscaled.Lo = d.unscaled.Lo*10 + uint64(c-'0')
		return true
	}
	if !FitsPrecision(d.unscaled, digitsMax-1) {
		return false
	}
	n, _ := d.unscaled.Mul(FromInt64(10))
	d.unscaled, _ = n.Add(FromInt64(int64(c - '0')))
	return true
}

// shift multiplies by 10^exponent and brings the scale into 0…38.
func (d *digits) shift(exponent int) error {
	d.scale -= exponent
	if d.unscaled.Sign() == 0 {
		d.scale = min(max(d.scale, 0), digitsMax)
		return nil
	}
	target := min(max(d.scale, 0), digitsMax)
	n, rounded, ok := Rescale(d.unscaled, d.scale, target)
	if !ok || rounded || !FitsPrecision(n, digitsMax) {
		return errDigits
	}
	d.unscaled, d.scale = n, target
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// AppendDecimal appends n × 10^−scale in plain notation with scale digits
// after the point, for example -0.001 for −1 and 3. A negative scale appends
// zeros.
func AppendDecimal(dst []byte, n Int128, scale int) []byte {
	if scale <= 0 {
		dst = AppendInt128(dst, n)
		if n.Sign() == 0 {
			return dst
		}
		return appendZeros(dst, -scale)
	}
	if n.Hi < 0 {
		dst = append(dst, '-')
	}
	hi, lo := n.abs()
	var text [40]byte
	all := appendUint128(text[:0], hi, lo)
	if len(all) <= scale {
		dst = append(dst, '0', '.')
		dst = appendZeros(dst, scale-len(all))
		return append(dst, all...)
	}
	point := len(all) - scale
	dst = append(dst, all[:point]...)
	dst = append(dst, '.')
	return append(dst, all[point:]...)
}

// Rescale is the number n × 10^−from with another scale: n × 10^(to−from). If
// digits are lost, rounded is true and the result is rounded half away from
// zero, as Spark does (HALF_UP). It reports ok = false if the result does not
// fit an Int128.
func Rescale(n Int128, from, to int) (result Int128, rounded, ok bool) {
	switch {
	case from == to || n.Sign() == 0:
		return n, false, true
	case to > from:
		p, ok := pow10(to - from)
		if !ok {
			return Int128{}, false, false
		}
		result, ok = n.Mul(p)
		return result, false, ok
	default:
		return divideRounding(n, from-to)
	}
}

// divideRounding is n / 10^e, e > 0, rounded half away from zero.
func divideRounding(n Int128, e int) (result Int128, rounded, ok bool) {
	if e > digitsMax+1 {
		return Int128{}, true, true // |n| < 2^127 < 0.5·10^e
	}
	hi, lo := n.abs()
	var last uint64 // the most significant digit that is cut
	for ; e > 0; e -= min(e, chunkDigits) {
		// The digits are cut in steps that fit 64 bits, from the right: only the
		// last step's first digit decides, since a half rounds away from zero.
		step, _ := pow10(min(e, chunkDigits))
		var rem uint64
		hi, lo, rem = divMod(hi, lo, step.Lo)
		rounded = rounded || rem != 0
		last = rem / (step.Lo / 10)
	}
	if last >= 5 {
		var carry uint64
		lo, carry = addCarry(lo)
		hi += carry
	}
	result, ok = fromAbs(n.Hi < 0, hi, lo)
	return result, rounded, ok
}

func addCarry(lo uint64) (sum, carry uint64) {
	if lo++; lo == 0 {
		return 0, 1
	}
	return lo, 0
}

// FitsPrecision says whether n has at most precision digits.
func FitsPrecision(n Int128, precision int) bool {
	p, ok := pow10(precision)
	if !ok {
		return precision > digitsMax
	}
	return n.Cmp(p) < 0 && n.Cmp(p.Neg()) > 0
}

// Digits is the number of decimal digits of n: 1 for 0, 39 at most.
func Digits(n Int128) int {
	for precision := 1; precision <= digitsMax; precision++ {
		if FitsPrecision(n, precision) {
			return precision
		}
	}
	return digitsMax + 1
}

// compareScaled compares a·10^−sa with b·10^−sb exactly.
func compareScaled(a Int128, sa int, b Int128, sb int) int {
	switch {
	case sa == sb:
		return a.Cmp(b)
	case sa > sb:
		return -compareScaled(b, sb, a, sa)
	}
	scaled, _, ok := Rescale(a, sa, sb)
	if !ok {
		return a.Sign() // |a·10^(sb−sa)| ≥ 2^127 ≥ |b|
	}
	return scaled.Cmp(b)
}
