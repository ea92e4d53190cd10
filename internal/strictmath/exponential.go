package strictmath

import "math"

var expP = []float64{1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05, -1.65339022054652515390e-06, 4.13813679705723846039e-08}

// Exp is e^x. x is brought to r = x − k·ln2 with |r| ≤ ln2/2, where a rational
// function gives e^r.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x > 7.09782712893383973096e+02:
		return math.Inf(1)
	case x < -7.45133219101941108420e+02: // and −∞
		return 0
	}
	if high(x)&math.MaxInt32 < 0x3e300000 { // below 2^−28
		return 1 + x
	}
	k, hi, lo := reduced(x)
	x = hi - lo
	t := x * x
	c := x - float64(t*poly(t, expP))
	if k == 0 {
		return 1 - (float64(x*c)/(c-2) - x)
	}
	y := 1 - ((lo - float64(x*c)/(2-c)) - hi)
	if k >= -1021 {
		return scaled(y, k)
	}
	return scaled(y, k+1000) * 0x1p-1000
}

// reduced is x = k·ln2 + hi − lo, with k = 0 for |x| up to ½·ln2.
func reduced(x float64) (k int, hi, lo float64) {
	switch abs := high(x) & math.MaxInt32; {
	case abs <= 0x3fd62e42:
		return 0, x, 0
	case abs < 0x3ff0a2b2: // below 1½·ln2
		k = int(math.Copysign(1, x))
	default:
		k = int(float64(invLn2*x) + math.Copysign(0.5, x))
	}
	return k, x - float64(float64(k)*ln2Hi), float64(float64(k) * ln2Lo)
}

var expm1Q = []float64{1, -3.33333333333331316428e-02, 1.58730158725481460165e-03, -7.93650757867487942473e-05, 4.00821782732936239552e-06, -2.01099218183624371326e-07}

// Expm1 is e^x − 1, exact also where e^x is near 1.
func Expm1(x float64) float64 {
	abs := high(x) & math.MaxInt32
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x > 7.09782712893383973096e+02:
		return math.Inf(1)
	case abs >= 0x4043687a && x < 0: // below −56·ln2
		return -1
	case abs < 0x3c900000: // below 2^−54
		return x
	}
	k, hi, lo := reduced(x)
	x = hi - lo
	c := (hi - x) - lo // what x lacks
	half := 0.5 * x
	sq := float64(x * half)
	r := poly(sq, expm1Q)
	t := 3 - float64(r*half)
	e := float64(sq * ((r - t) / (6 - float64(x*t))))
	if k == 0 {
		return x - (float64(x*e) - sq)
	}
	e = float64(x*(e-c)) - c
	e -= sq
	switch {
	case k == -1:
		return 0.5*(x-e) - 0.5
	case k == 1 && x < -0.25:
		return -2 * (e - (x + 0.5))
	case k == 1:
		return 1 + 2*(x-e)
	case k <= -2 || k > 56:
		return scaled(1-(e-x), k) - 1
	case k < 20:
		return scaled((1-scaled(1, -k))-(e-x), k)
	default:
		return scaled((x-(e+scaled(1, -k)))+1, k)
	}
}

// largestHalf is the greatest x for which e^x/2 is finite.
const largestHalf = 0x1.633ce8fb9f87dp9

// Sinh is (e^x − e^−x) / 2.
func Sinh(x float64) float64 {
	ix := high(x) & math.MaxInt32
	if ix >= 0x7ff00000 {
		return x
	}
	h, abs := math.Copysign(0.5, x), math.Abs(x)
	switch {
	case ix < 0x3e300000: // below 2^−28
		return x
	case ix < 0x40360000: // below 22
		t := Expm1(abs)
		if ix < 0x3ff00000 {
			return h * (2*t - float64(t*t)/(t+1))
		}
		return h * (t + t/(t+1))
	case ix < 0x40862e42: // below the logarithm of the greatest double
		return h * Exp(abs)
	case abs <= largestHalf:
		w := Exp(0.5 * abs)
		return h * w * w
	}
	return math.Copysign(math.Inf(1), x)
}

// Cosh is (e^x + e^−x) / 2.
func Cosh(x float64) float64 {
	ix, abs := high(x)&math.MaxInt32, math.Abs(x)
	switch {
	case ix >= 0x7ff00000:
		return x * x
	case ix < 0x3fd62e43: // below ½·ln2
		t := Expm1(abs)
		w := 1 + t
		if ix < 0x3c800000 {
			return w
		}
		return 1 + float64(t*t)/(w+w)
	case ix < 0x40360000:
		t := Exp(abs)
		return 0.5*t + 0.5/t
	case ix < 0x40862e42:
		return 0.5 * Exp(abs)
	case abs <= largestHalf:
		w := Exp(0.5 * abs)
		return 0.5 * w * w
	}
	return math.Inf(1)
}

// Tanh is sinh x / cosh x.
func Tanh(x float64) float64 {
	ix, abs := high(x)&math.MaxInt32, math.Abs(x)
	z := 1.0
	switch {
	case math.IsNaN(x):
		return x
	case ix < 0x3c800000: // below 2^−55
		return x * (1 + x)
	case ix >= 0x40360000: // 22 and more
	case ix >= 0x3ff00000:
		z = 1 - 2/(Expm1(2*abs)+2)
	default:
		t := Expm1(-2 * abs)
		z = -t / (t + 2)
	}
	return math.Copysign(z, x)
}
