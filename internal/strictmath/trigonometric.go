package strictmath

import (
	"math"
	"math/bits"
)

// Sin, Cos and Tan are those of Java's Math, not StrictMath: Spark calls them,
// and what they return in the last bit is up to the virtual machine. Here they
// are rounded to the nearest double; the code that HotSpot has for them misses
// that rarely. They are computed in pairs of doubles, to some 100 bits.

// Sin is the sine of x radians.
func Sin(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	quadrant, r, ok := quarter(x)
	if !ok {
		return math.NaN()
	}
	if quadrant&1 == 0 {
		return signed(r.sin().hi, quadrant&2 != 0)
	}
	return signed(r.cos().hi, quadrant&2 != 0)
}

// Cos is the cosine of x radians.
func Cos(x float64) float64 {
	quadrant, r, ok := quarter(x)
	if !ok {
		return math.NaN()
	}
	if quadrant&1 == 0 {
		return signed(r.cos().hi, quadrant&2 != 0)
	}
	return signed(r.sin().hi, quadrant&2 == 0)
}

// Tan is the tangent of x radians.
func Tan(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	quadrant, r, ok := quarter(x)
	if !ok {
		return math.NaN()
	}
	if quadrant&1 == 0 {
		return r.sin().over(r.cos())
	}
	return -r.cos().over(r.sin())
}

func signed(x float64, negative bool) float64 {
	if negative {
		return -x
	}
	return x
}

// pair is the sum of two doubles, the second less than half a unit of the first.
type pair struct{ hi, lo float64 }

// sum is a + b if |a| ≥ |b|, exactly.
func sum(a, b float64) pair {
	s := a + b
	return pair{s, b - (s - a)}
}

func (p pair) times(q pair) pair {
	hi := float64(p.hi * q.hi)
	return sum(hi, math.FMA(p.hi, q.hi, -hi)+(float64(p.hi*q.lo)+float64(p.lo*q.hi)))
}

// plus is p + q; p has the greater magnitude.
func (p pair) plus(q pair) pair {
	s := sum(p.hi, q.hi)
	return sum(s.hi, s.lo+(p.lo+q.lo))
}

// over is p / q, rounded once.
func (p pair) over(q pair) float64 {
	d := p.hi / q.hi
	rest := math.FMA(-d, q.hi, p.hi) + (p.lo - float64(d*q.lo))
	return d + rest/q.hi
}

// The series of sine and cosine: the first terms in pairs, the others, which
// matter less, in doubles.
var (
	sinPairs = [...]pair{{-0x1.5555555555555p-3, -0x1.5555555555555p-57}, {0x1.1111111111111p-7, 0x1.1111111111111p-63}, {-0x1.a01a01a01a01ap-13, -0x1.a01a01a01a01ap-73}, {0x1.71de3a556c734p-19, -0x1.c154f8ddc6cp-73}, {-0x1.ae64567f544e4p-26, 0x1.c062e06d1f209p-80}}
	sinTail  = []float64{0x1.6124613a86d09p-33, -0x1.ae7f3e733b81fp-41, 0x1.952c77030ad4ap-49, -0x1.2f49b46814157p-57, 0x1.71b8ef6dcf572p-66, -0x1.761b41316381ap-75, 0x1.3f3ccdd165fa9p-84, -0x1.d1ab1c2dccea3p-94}
	cosPairs = [...]pair{{-0.5, 0}, {0x1.5555555555555p-5, 0x1.5555555555555p-59}, {-0x1.6c16c16c16c17p-10, 0x1.f49f49f49f49fp-65}, {0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-76}, {-0x1.27e4fb7789f5cp-22, -0x1.cbbc05b4fa99ap-76}, {0x1.1eed8eff8d898p-29, -0x1.2aec959e14c06p-83}}
	cosTail  = []float64{-0x1.93974a8c07c9dp-37, 0x1.ae7f3e733b81fp-45, -0x1.6827863b97d97p-53, 0x1.e542ba4020225p-62, -0x1.0ce396db7f853p-70, 0x1.f2cf01972f578p-80, -0x1.88e85fc6a4e5ap-89, 0x1.0a18a2635085dp-98}
)

// sin is the sine of p, |p| ≤ π/4.
func (p pair) sin() pair {
	z := p.times(p)
	return p.plus(p.times(z.times(series(z, sinPairs[:], sinTail))))
}

// cos is the cosine of p, |p| ≤ π/4.
func (p pair) cos() pair {
	z := p.times(p)
	return pair{1, 0}.plus(z.times(series(z, cosPairs[:], cosTail)))
}

func series(z pair, first []pair, tail []float64) pair {
	s := pair{poly(z.hi, tail), 0}
	for i := len(first) - 1; i >= 0; i-- {
		s = first[i].plus(z.times(s))
	}
	return s
}

// twoOverPi is the binary digits of 2/π after the point, as many as the
// greatest double needs.
var twoOverPi = [...]uint64{
	0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
	0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
	0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d, 0xa9e391615ee61b08,
}

// quarter is x = n·π/2 + r with |r| ≤ π/4, and n modulo 4; ok is false for NaN
// and the infinities.
//
// x·2/π is computed modulo 4 with 254 bits after the point, of which 62 are
// zeros for the double nearest to a multiple of π/2. The digits of 2/π that
// only make multiples of 4 are left out, as Payne and Hanek found.
func quarter(x float64) (n int, r pair, ok bool) {
	abs := math.Abs(x)
	if abs <= pio2Hi/2 {
		return 0, pair{x, 0}, true
	}
	exponent := int(math.Float64bits(abs)>>52) - 1075 // x = m·2^exponent
	if exponent == 0x7ff-1075 {
		return 0, pair{}, false
	}
	m := math.Float64bits(abs)&(1<<52-1) | 1<<52
	skip := max(0, exponent-2)
	var product [5]uint64 // of m and 256 digits, the least significant word first
	carry := uint64(0)
	for i := range 4 {
		hi, lo := bits.Mul64(m, digits(skip+64*(3-i)))
		var c uint64
		product[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	product[4] = carry
	if exponent < 2 {
		shift := uint(2 - exponent)
		for i := range 4 {
			product[i] = product[i]>>shift | product[i+1]<<(64-shift)
		}
	}
	n = int(product[3] >> 62)
	negative := product[3]>>61&1 != 0 // nearer to the next multiple
	product[3] &= 1<<62 - 1
	if negative {
		n++
		borrow := uint64(0)
		for i := range 3 {
			product[i], borrow = bits.Sub64(0, product[i], borrow)
		}
		product[3] = 1<<62 - product[3] - borrow
	}
	r = fraction([4]uint64(product[:4])).times(pair{pio2Hi, pio2Lo})
	if negative != (x < 0) {
		r = pair{-r.hi, -r.lo}
	}
	if x < 0 {
		n = -n
	}
	return n & 3, r, true
}

// digits is 64 binary digits of 2/π, after so many that are skipped.
func digits(skip int) uint64 {
	word, shift := skip/64, uint(skip%64)
	return twoOverPi[word]<<shift | twoOverPi[word+1]>>(64-shift)
}

// fraction is f·2^−254, to 106 bits.
func fraction(f [4]uint64) pair {
	top, scale := 3, 0x1p-62 // the weight of a word's last bit
	for top > 1 && f[top] == 0 {
		top--
		scale *= 0x1p-64
	}
	zeros := uint(bits.LeadingZeros64(f[top]))
	next := uint64(0)
	if top > 1 {
		next = f[top-2]
	}
	hi := f[top]<<zeros | f[top-1]>>(64-zeros)
	lo := f[top-1]<<zeros | next>>(64-zeros)
	scale = math.Ldexp(scale, -int(zeros))
	const cut = 11 // of 64 bits a double holds 53
	return pair{float64(hi>>cut<<cut) * scale, float64(hi<<(64-cut)|lo>>cut) * scale * 0x1p-53}
}
