package strictmath

import "math"

var (
	powL = []float64{5.99999999999994648725e-01, 4.28571428578550184252e-01, 3.33333329818377432918e-01, 2.72728123808534006489e-01, 2.30660745775561754067e-01, 2.06975017800338417784e-01}

	powBase = [...]float64{1, 1.5}
	powDpHi = [...]float64{0, 5.84962487220764160156e-01} // log2 of powBase
	powDpLo = [...]float64{0, 1.35003920212974897128e-08}
)

// Pow is x^y = 2^(y·log2 |x|), with the sign that an odd y gives it. The
// logarithm and its product with y are pairs of doubles.
func Pow(x, y float64) float64 {
	if special, ok := powSpecial(x, y); ok {
		return special
	}
	abs, sign := math.Abs(x), 1.0
	whole, odd := wholeness(y)
	if math.Signbit(x) && odd {
		sign = -1
	}
	if z := abs; z == 0 || z == 1 || math.IsInf(z, 1) {
		if y < 0 {
			z = 1 / z
		}
		if z == 1 && x < 0 && !whole {
			return math.NaN()
		}
		return sign * z
	}
	if x < 0 && !whole {
		return math.NaN()
	}
	var t1, t2 float64 // log2 |x|
	if math.Abs(y) > 0x1.00000ffffffffp31 {
		switch { // only near 1 is there anything but 0 and ∞
		case abs < 0x1.fffffp-1:
			return sign * pick(y < 0)
		case abs > 0x1.00000ffffffffp0:
			return sign * pick(y > 0)
		}
		t1, t2 = logNearOne(abs)
	} else {
		t1, t2 = log2Pair(abs)
	}
	yHead := head(y)
	lo := float64((y-yHead)*t1) + float64(y*t2)
	hi := float64(yHead * t1)
	return sign * exp2Pair(hi, lo)
}

func pick(infinite bool) float64 {
	if infinite {
		return math.Inf(1)
	}
	return 0
}

// powSpecial is the powers that need no logarithm, whatever the base.
func powSpecial(x, y float64) (float64, bool) {
	switch {
	case y == 0:
		return 1, true
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN(), true
	case y == 1:
		return x, true
	case y == 2:
		return x * x, true
	case y == 0.5 && x >= -math.MaxFloat64:
		return math.Sqrt(x + 0), true
	case y == -1:
		return 1 / x, true
	case math.IsInf(y, 0):
		switch abs := math.Abs(x); {
		case abs == 1:
			return math.NaN(), true
		case (abs > 1) == (y > 0):
			return math.Inf(1), true
		}
		return 0, true
	}
	return 0, false
}

// wholeness says whether y is an integer and whether it is an odd one.
func wholeness(y float64) (whole, odd bool) {
	abs := math.Abs(y)
	if abs >= 0x1p53 {
		return true, false
	}
	n := int64(abs)
	whole = float64(n) == abs
	return whole, whole && n&1 == 1
}

// logNearOne is log2 x for x so near to 1 that a short series does.
func logNearOne(x float64) (hi, lo float64) {
	const (
		invLn2Hi = 0x1.715476p0
		invLn2Lo = 0x1.4ae0bf85ddf44p-26
	)
	t := x - 1
	w := float64(t*t) * (0.5 - float64(t*(0.3333333333333333333333-0.25*t)))
	u := float64(invLn2Hi * t)
	v := float64(t*invLn2Lo) - float64(w*invLn2)
	hi = head(u + v)
	return hi, v - (hi - u)
}

// log2Pair is log2 x to some 75 bits, by a series in (m−b)/(m+b) where
// x = 2^n·m and b is 1 or 1½.
func log2Pair(x float64) (hi, lo float64) {
	const (
		cp   = 9.61796693925975554329e-01 // 2/(3·ln2)
		cpHi = 9.61796700954437255859e-01
		cpLo = -7.02846165095275826516e-09
	)
	n := 0
	if x < minNormal {
		x *= 0x1p53
		n = -53
	}
	ix := high(x)
	n += int(ix>>20) - 0x3ff
	j := ix & 0xfffff
	ix = j | 0x3ff00000
	k := 0
	switch {
	case j <= 0x3988e: // m < √1½
	case j < 0xbb67a: // m < √3
		k = 1
	default:
		n++
		ix -= 0x100000
	}
	x = withHigh(x, ix)
	u := x - powBase[k]
	v := 1 / (x + powBase[k])
	s := float64(u * v)
	sHi := head(s)
	tHi := fromHigh((ix>>1 | 0x20000000) + 0x80000 + int32(k)<<18)
	tLo := x - (tHi - powBase[k])
	sLo := float64(v * ((u - float64(sHi*tHi)) - float64(sHi*tLo)))
	s2 := s * s
	r := float64(float64(s2*s2) * poly(s2, powL))
	r += float64(sLo * (sHi + s))
	s2 = float64(sHi * sHi)
	tHi = head(3 + s2 + r)
	tLo = r - ((tHi - 3) - s2)
	u = float64(sHi * tHi)
	v = float64(sLo*tHi) + float64(tLo*s)
	pHi := head(u + v)
	pLo := v - (pHi - u)
	zHi := float64(cpHi * pHi)
	zLo := float64(cpLo*pHi) + float64(pLo*cp) + powDpLo[k]
	t := float64(n)
	hi = head(((zHi + zLo) + powDpHi[k]) + t)
	return hi, zLo - (((hi - t) - powDpHi[k]) - zHi)
}

// exp2Pair is 2^(hi + lo).
func exp2Pair(hi, lo float64) float64 {
	const (
		lg2      = 6.93147180559945286227e-01
		lg2Hi    = 6.93147182464599609375e-01
		lg2Lo    = -1.90465429995776804525e-09
		overflow = 8.0085662595372944372e-17 // what 1024 lacks to the logarithm of the least overflow
	)
	z := lo + hi
	j := high(z)
	low := int32(math.Float64bits(z))
	switch abs := j & math.MaxInt32; {
	case j >= 0x40900000: // 1024 and more
		if (j-0x40900000)|low != 0 || lo+overflow > z-hi {
			return math.Inf(1)
		}
	case abs >= 0x4090cc00: // −1075 and less
		if uint32(j)-0xc090cc00|uint32(low) != 0 || lo <= z-hi {
			return 0
		}
	}
	n := int32(0)
	if abs := j & math.MaxInt32; abs > 0x3fe00000 { // more than ½: the nearest integer is taken out
		k := abs>>20 - 0x3ff
		n = j + 0x100000>>(k+1)
		k = n&math.MaxInt32>>20 - 0x3ff
		t := fromHigh(n &^ (0xfffff >> k))
		n = (n&0xfffff | 0x100000) >> (20 - k)
		if j < 0 {
			n = -n
		}
		hi -= t
	}
	t := head(lo + hi)
	u := float64(t * lg2Hi)
	v := float64((lo-(t-hi))*lg2) + float64(t*lg2Lo)
	z = u + v
	w := v - (z - u)
	t = z * z
	t1 := z - float64(t*poly(t, expP))
	r := float64(z*t1)/(t1-2) - (w + float64(z*w))
	z = 1 - (r - z)
	if high(z)+n<<20 < 0x100000 {
		return math.Ldexp(z, int(n)) // subnormal
	}
	return scaled(z, int(n))
}

// Cbrt is the cube root of x: an estimate from the exponent, one step by a
// rational function, one by Newton's method.
func Cbrt(x float64) float64 {
	const (
		c = 5.42857142857142815906e-01
		d = -7.05306122448979611050e-01
		e = 1.41428571428571436819e+00
		f = 1.60714285714285720630e+00
		g = 3.57142857142857150787e-01
	)
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	a := math.Abs(x)
	var t float64
	if a < minNormal {
		t = 0x1p54 * a
		t = withHigh(t, high(t)/3+696219795)
	} else {
		t = fromHigh(high(a)/3 + 715094163)
	}
	r := float64(t*t) / a
	s := c + float64(r*t)
	t *= g + f/(s+e+d/s)
	t = fromHigh(high(t) + 1) // 20 bits, rounded away from the root
	s = t * t
	r = a / s
	r = (r - t) / (t + t + r)
	return math.Copysign(t+float64(t*r), x)
}

// Hypot is √(x² + y²) without overflow on the way.
func Hypot(x, y float64) float64 {
	a, b := math.Abs(x), math.Abs(y)
	switch {
	case math.IsInf(a, 1) || math.IsInf(b, 1):
		return math.Inf(1)
	case math.IsNaN(a) || math.IsNaN(b):
		return math.NaN()
	case b > a:
		a, b = b, a
	}
	if high(a)-high(b) > 0x3c00000 { // more than 2^60 times
		return a + b
	}
	scale := 1.0
	if high(a) > 0x5f300000 { // above 2^500
		a, b, scale = a*0x1p-600, b*0x1p-600, 0x1p600
	}
	if high(b) < 0x20b00000 { // below 2^−500
		switch {
		case b == 0:
			return a
		case b < minNormal:
			a, b, scale = a*0x1p1022, b*0x1p1022, scale*0x1p-1022
		default:
			a, b, scale = a*0x1p600, b*0x1p600, scale*0x1p-600
		}
	}
	w := a - b
	if w > b {
		hi := head(a)
		lo := a - hi
		w = math.Sqrt(float64(hi*hi) - (float64(b*-b) - float64(lo*(a+hi))))
	} else {
		a += a
		bHi := head(b)
		bLo := b - bHi
		hi := head(a)
		lo := a - hi
		w = math.Sqrt(float64(hi*bHi) - (float64(w*-w) - (float64(hi*bLo) + float64(lo*b))))
	}
	return scale * w
}
