package strictmath

import "math"

var (
	logOdd  = []float64{6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01, 1.479819860511658591e-01}
	logEven = []float64{3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01}
)

// Log is the natural logarithm of x. x = 2^k·(1+f) with 1+f between √½ and √2,
// and log(1+f) is a series in f/(2+f).
func Log(x float64) float64 {
	if special, ok := logSpecial(x); ok {
		return special
	}
	k := 0
	if x < minNormal {
		k = -54
		x *= 0x1p54
	}
	hx := high(x)
	k += int(hx>>20) - 1023
	hx &= 0xfffff
	i := (hx + 0x95f64) & 0x100000
	f := withHigh(x, hx|(i^0x3ff00000)) - 1
	k += int(i >> 20)
	dk := float64(k)
	if 0xfffff&(2+hx) < 3 { // |f| < 2^−20
		if f == 0 {
			return float64(dk*ln2Hi) + float64(dk*ln2Lo)
		}
		r := float64(float64(f*f) * (0.5 - float64(0.33333333333333333*f)))
		if k == 0 {
			return f - r
		}
		return float64(dk*ln2Hi) - ((r - float64(dk*ln2Lo)) - f)
	}
	s := f / (2 + f)
	z := s * s
	w := z * z
	r := float64(z*poly(w, logOdd)) + float64(w*poly(w, logEven))
	if (hx-0x6147a)|(0x6b851-hx) > 0 {
		half := float64(0.5 * f * f)
		if k == 0 {
			return f - (half - float64(s*(half+r)))
		}
		return float64(dk*ln2Hi) - ((half - (float64(s*(half+r)) + float64(dk*ln2Lo))) - f)
	}
	if k == 0 {
		return f - float64(s*(f-r))
	}
	return float64(dk*ln2Hi) - ((float64(s*(f-r)) - float64(dk*ln2Lo)) - f)
}

// logSpecial is the logarithm, to any base, of what has no finite one.
func logSpecial(x float64) (float64, bool) {
	switch {
	case x == 0:
		return math.Inf(-1), true
	case x < 0:
		return math.NaN(), true
	}
	return x, math.IsNaN(x) || math.IsInf(x, 1)
}

// Log10 is the logarithm of x to base 10.
func Log10(x float64) float64 {
	const (
		invLn10 = 4.34294481903251816668e-01
		log2Hi  = 3.01029995663611771306e-01 // of base 10
		log2Lo  = 3.69423907715893078616e-13
	)
	if special, ok := logSpecial(x); ok {
		return special
	}
	k := int32(0)
	if x < minNormal {
		k = -54
		x *= 0x1p54
	}
	hx := high(x)
	k += hx>>20 - 1023
	i := int32(uint32(k) >> 31)
	y := float64(k + i)
	z := float64(y*log2Lo) + float64(invLn10*Log(withHigh(x, hx&0xfffff|(0x3ff-i)<<20)))
	return z + float64(y*log2Hi)
}

var log1pP = []float64{6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01}

// Log1p is log(1 + x), exact also where x is small.
func Log1p(x float64) float64 {
	hx := high(x)
	abs := hx & math.MaxInt32
	switch {
	case x == -1:
		return math.Inf(-1)
	case x < -1:
		return math.NaN()
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case abs < 0x3c900000: // below 2^−54
		return x
	case abs < 0x3e200000: // below 2^−29
		return x - float64(x*x)*0.5
	}
	var f, c float64 // 1+x = 2^k·(1+f) + c, c relative to the first
	k, hu := 0, int32(1)
	if hx < 0x3fda827a && (hx > 0 || abs <= 0x3fd2bec3) { // from 1/√2 − 1 to √2 − 1
		f = x
	} else {
		u := x
		if hx < 0x43400000 {
			u = 1 + x
			k = int(high(u)>>20) - 1023
			c = x - (u - 1)
			if k > 0 {
				c = 1 - (u - x)
			}
			c /= u
		} else {
			k = int(high(u)>>20) - 1023
		}
		hu = high(u) & 0xfffff
		if hu < 0x6a09e {
			u = withHigh(u, hu|0x3ff00000)
		} else {
			k++
			u = withHigh(u, hu|0x3fe00000)
			hu = (0x100000 - hu) >> 2
		}
		f = u - 1
	}
	dk := float64(k)
	half := float64(0.5 * f * f)
	if hu == 0 { // |f| < 2^−20
		if f == 0 {
			if k == 0 {
				return 0
			}
			c += float64(dk * ln2Lo)
			return float64(dk*ln2Hi) + c
		}
		r := float64(half * (1 - float64(0.66666666666666666*f)))
		if k == 0 {
			return f - r
		}
		return float64(dk*ln2Hi) - ((r - (float64(dk*ln2Lo) + c)) - f)
	}
	s := f / (2 + f)
	z := s * s
	r := float64(z * poly(z, log1pP))
	if k == 0 {
		return f - (half - float64(s*(half+r)))
	}
	return float64(dk*ln2Hi) - ((half - (float64(s*(half+r)) + (float64(dk*ln2Lo) + c))) - f)
}
