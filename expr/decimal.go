package expr

import (
	"math/big"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// decimalArith computes decimals exactly and then rounds them to the type of
// the result, half away from zero, as Spark does; digits that do not fit are an
// error. Most values fit 128 bits on the way; the others take the big path.
func (r *run) decimalArith(n *Arith, out, a, b vec, x, y []decimal128.Num, sel bitmap) (vec, error) {
	left, right := n.Left.Type().(schema.Decimal), n.Right.Type().(schema.Decimal)
	sx, sy := a.stride(), b.stride()
	if n.Op == Quotient {
		return r.decimalQuotient(n, out, x, y, sx, sy, sel)
	}
	target := n.typ.(schema.Decimal)
	dst := make([]decimal128.Num, out.entries())
	if narrowArith(n, dst, x, y, sx, sy) {
		out.data = dst
		return out, nil
	}
	var big bigDecimal
	for i := range out.active(sel) {
		p, q := fromNum(x[i*sx]), fromNum(y[i*sy])
		if n.Op >= Divide && q.Sign() == 0 {
			class := classDivide
			if n.Op == Modulo {
				class = classRemainder
			}
			return vec{}, r.fail(class, n.pos, out, i, sel, "%s %v 0", formatDecimal(p.Big(), left.Scale), n.Op)
		}
		z, ok := quickDecimal(n.Op, p, left.Scale, q, right.Scale, target.Scale)
		if !ok {
			z, ok = big.arith(n.Op, p, left.Scale, q, right.Scale, target.Scale)
		}
		if !ok || !value.FitsPrecision(z, target.Precision) {
			return vec{}, r.fail(classRange, n.pos, out, i, sel, "%s %v %s does not fit in %v",
				formatDecimal(p.Big(), left.Scale), n.Op, formatDecimal(q.Big(), right.Scale), target)
		}
		dst[i] = toNum(z)
	}
	out.data = dst
	return out, nil
}

// quickDecimal is the result in 128 bits, or false if they might not do.
func quickDecimal(op ArithOp, x value.Int128, sx int, y value.Int128, sy, scale int) (value.Int128, bool) {
	var z value.Int128
	var sz int
	ok := true
	switch op {
	case Add, Subtract:
		sz = max(sx, sy)
		var okX, okY bool
		x, _, okX = value.Rescale(x, sx, sz)
		y, _, okY = value.Rescale(y, sy, sz)
		if !okX || !okY {
			return value.Int128{}, false
		}
		if op == Add {
			z, ok = x.Add(y)
		} else {
			z, ok = x.Sub(y)
		}
	case Multiply:
		sz = sx + sy
		z, ok = x.Mul(y)
	default:
		return value.Int128{}, false
	}
	if !ok {
		return value.Int128{}, false
	}
	z, _, ok = value.Rescale(z, sz, scale)
	return z, ok
}

// bigDecimal computes with numbers of any size, reusing its memory.
type bigDecimal struct{ x, y, z, rem, pow big.Int }

// divisionScale is how many digits after the point Spark divides to before it
// rounds to the type of the result.
const divisionScale = 39

func (b *bigDecimal) arith(op ArithOp, x value.Int128, sx int, y value.Int128, sy, scale int) (value.Int128, bool) {
	b.load(x, sx, y, sy, op)
	sz := max(sx, sy)
	switch op {
	case Add:
		b.z.Add(&b.x, &b.y)
	case Subtract:
		b.z.Sub(&b.x, &b.y)
	case Multiply:
		b.z.Mul(&b.x, &b.y)
		sz = b.roundDigits(sx + sy)
	case Divide:
		b.pow10(divisionScale)
		b.x.Mul(&b.x, &b.pow)
		b.roundQuotient(&b.x, &b.y)
		sz = divisionScale
	case Modulo:
		b.z.Rem(&b.x, &b.y)
	}
	b.rescale(sz, scale)
	return value.FromBig(&b.z)
}

// load sets x and y, at one scale unless they are to be multiplied.
func (b *bigDecimal) load(x value.Int128, sx int, y value.Int128, sy int, op ArithOp) {
	b.setInt(&b.x, x)
	b.setInt(&b.y, y)
	if op == Multiply {
		return
	}
	if sx < sy {
		b.pow10(sy - sx)
		b.x.Mul(&b.x, &b.pow)
	} else if sy < sx {
		b.pow10(sx - sy)
		b.y.Mul(&b.y, &b.pow)
	}
}

func (b *bigDecimal) setInt(dst *big.Int, n value.Int128) {
	negative := n.Hi < 0
	if negative {
		n = n.Neg()
	}
	dst.SetUint64(uint64(n.Hi))
	dst.Lsh(dst, 64)
	b.pow.SetUint64(n.Lo)
	dst.Or(dst, &b.pow)
	if negative {
		dst.Neg(dst)
	}
}

func (b *bigDecimal) pow10(e int) {
	b.pow.Exp(b.rem.SetUint64(10), b.z.SetUint64(uint64(e)), nil)
}

// roundQuotient sets z to x / y, rounded half away from zero.
func (b *bigDecimal) roundQuotient(x, y *big.Int) {
	sign := x.Sign() * y.Sign()
	b.z.QuoRem(x, y, &b.rem)
	b.rem.Lsh(b.rem.Abs(&b.rem), 1)
	if b.rem.CmpAbs(y) >= 0 {
		b.z.Add(&b.z, b.rem.SetInt64(int64(sign)))
	}
}

// rescale changes z from one scale to another, rounding half away from zero.
func (b *bigDecimal) rescale(from, to int) {
	if from == to {
		return
	}
	b.x.Set(&b.z)
	if to > from {
		b.pow10(to - from)
		b.z.Mul(&b.x, &b.pow)
		return
	}
	b.pow10(from - to)
	b.y.Set(&b.pow)
	b.roundQuotient(&b.x, &b.y)
}

// roundDigits rounds z to 39 digits, Spark's precision of a product, and
// returns the scale that it then has.
func (b *bigDecimal) roundDigits(scale int) int {
	const digitsMax = 39
	for {
		extra := len(b.z.String()) - digitsMax
		if b.z.Sign() < 0 {
			extra--
		}
		if extra <= 0 {
			return scale
		}
		b.rescale(scale, scale-extra)
		scale -= extra // once more if rounding made a digit more
	}
}

// decimalQuotient is DIV of decimals. The quotient must fit a decimal of the
// digits that its operands' types give it; of one that does not fit a long
// Spark keeps the low 64 bits.
func (r *run) decimalQuotient(n *Arith, out vec, x, y []decimal128.Num, sx, sy int, sel bitmap) (vec, error) {
	left, scaleY := n.Left.Type().(schema.Decimal), n.Right.Type().(schema.Decimal).Scale
	scaleX := left.Scale
	limit := pow10(min(max(left.Precision-scaleX+scaleY, 1), 38))
	dst := make([]int64, out.entries())
	var b bigDecimal
	for i := range out.active(sel) {
		p, q := fromNum(x[i*sx]), fromNum(y[i*sy])
		if q.Sign() == 0 {
			return vec{}, r.fail(classDivide, n.pos, out, i, sel, "%s DIV 0", formatDecimal(p.Big(), scaleX))
		}
		b.load(p, scaleX, q, scaleY, Quotient)
		if b.z.Quo(&b.x, &b.y).CmpAbs(limit) >= 0 {
			return vec{}, r.fail(classRange, n.pos, out, i, sel, "%s DIV %s has too many digits",
				formatDecimal(p.Big(), scaleX), formatDecimal(q.Big(), scaleY))
		}
		dst[i] = lowBits(&b.z)
	}
	out.data = dst
	return out, nil
}

// lowBits is n modulo 2^64, as Java's longValue.
func lowBits(n *big.Int) int64 {
	var b [80]byte // a decimal has at most 38 + 38 digits, 32 bytes
	lo := uint64(0)
	for _, c := range n.FillBytes(b[:])[len(b)-8:] {
		lo = lo<<8 | uint64(c)
	}
	if n.Sign() < 0 {
		return -int64(lo)
	}
	return int64(lo)
}

// formatDecimal is a decimal in plain notation, padded to its scale.
func formatDecimal(unscaled *big.Int, scale int) string {
	if n, ok := value.FromBig(unscaled); ok {
		return string(value.AppendDecimal(nil, n, scale))
	}
	return unscaled.String() + "E-" + big.NewInt(int64(scale)).String()
}

// splitDecimal reads a number as Java's BigDecimal does: mantissa × 10^exp.
// Exponents beyond ±9 digits are refused, as there. Of very long numbers only
// the first digits are kept: a decimal has 38, and rounds by the one after them.
func splitDecimal(text string) (mantissa *big.Int, exp int, ok bool) {
	const digitsKept = 200
	number, exponent, hasExponent := cutAny(text, "eE")
	if hasExponent {
		if exp, ok = smallInt(exponent); !ok {
			return nil, 0, false
		}
	}
	sign := ""
	if number != "" && (number[0] == '+' || number[0] == '-') {
		sign, number = number[:1], number[1:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, 0, false
	}
	exp -= len(fraction)
	digits = strings.TrimLeft(digits[:len(digits)-1], "0") + digits[len(digits)-1:]
	if len(digits) > digitsKept {
		digits, exp = digits[:digitsKept], exp+len(digits)-digitsKept
	}
	mantissa, ok = new(big.Int).SetString(strings.TrimPrefix(sign, "+")+digits, 10)
	return mantissa, exp, ok
}

func cutAny(s, chars string) (before, after string, found bool) {
	i := strings.IndexAny(s, chars)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// smallInt reads a signed integer of at most nine digits, leading zeros apart.
func smallInt(s string) (int, bool) {
	digits := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-"), "0")
	if s == "" || len(digits) > 9 || strings.Trim(digits, "0123456789") != "" || strings.Trim(s, "+-") == "" ||
		len(s) > 1 && (s[1] == '+' || s[1] == '-') {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	if s[0] == '-' {
		n = -n
	}
	return n, true
}
