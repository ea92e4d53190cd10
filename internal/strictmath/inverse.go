package strictmath

import "math"

var (
	asinP = []float64{1.66666666666666657415e-01, -3.25565818622400915405e-01, 2.01212532134862925881e-01, -4.00555345006794114027e-02, 7.91534994289814532176e-04, 3.47933107596021167570e-05}
	asinQ = []float64{1, -2.40339491173441421878e+00, 2.02094576023350569471e+00, -6.88283971605453293030e-01, 7.70381505559019352791e-02}
)

// arcRatio is (asin √t − √t) / √t³, for 0 ≤ t ≤ ¼ times t.
func arcRatio(t float64) float64 { return t * poly(t, asinP) / poly(t, asinQ) }

// Asin is the angle from −π/2 to π/2 whose sine is x.
func Asin(x float64) float64 {
	ix := high(x) & math.MaxInt32
	abs := math.Abs(x)
	switch {
	case abs == 1:
		return float64(x*pio2Hi) + float64(x*pio2Lo)
	case !(abs < 1):
		return math.NaN()
	case ix < 0x3e400000: // below 2^−27
		return x
	case ix < 0x3fe00000: // below ½
		return x + float64(x*arcRatio(x*x))
	}
	t := (1 - abs) * 0.5
	s := math.Sqrt(t)
	r := arcRatio(t)
	if ix >= 0x3fef3333 { // above 0.975
		t = pio2Hi - (2*(s+float64(s*r)) - pio2Lo)
	} else {
		w := head(s)
		c := (t - float64(w*w)) / (s + w)
		p := float64(2*s*r) - (pio2Lo - 2*c)
		q := pio2Hi/2 - 2*w
		t = pio2Hi/2 - (p - q)
	}
	return math.Copysign(t, x)
}

// Acos is the angle from 0 to π whose cosine is x.
func Acos(x float64) float64 {
	ix := high(x) & math.MaxInt32
	switch {
	case x == 1:
		return 0
	case x == -1:
		return pi + piLo
	case !(math.Abs(x) < 1):
		return math.NaN()
	case ix <= 0x3c600000: // up to 2^−57
		return pio2Hi + pio2Lo
	case ix < 0x3fe00000:
		return pio2Hi - (x - (pio2Lo - float64(x*arcRatio(x*x))))
	case x < 0:
		z := (1 + x) * 0.5
		s := math.Sqrt(z)
		w := float64(arcRatio(z)*s) - pio2Lo
		return pi - 2*(s+w)
	}
	z := (1 - x) * 0.5
	s := math.Sqrt(z)
	h := head(s)
	c := (z - float64(h*h)) / (s + h)
	w := float64(arcRatio(z)*s) + c
	return 2 * (h + w)
}

var (
	atanHi = [...]float64{4.63647609000806093515e-01, 7.85398163397448278999e-01, 9.82793723247329054082e-01, pio2Hi}
	atanLo = [...]float64{2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17, pio2Lo}

	atanOdd  = []float64{3.33333333333329318027e-01, 1.42857142725034663711e-01, 9.09088713343650656196e-02, 6.66107313738753120669e-02, 4.97687799461593236017e-02, 1.62858201153657823623e-02}
	atanEven = []float64{-1.99999999998764832476e-01, -1.11111104054623557880e-01, -7.69187620504482999495e-02, -5.83357013379057348645e-02, -3.65315727442169155270e-02}
)

// Atan is the angle from −π/2 to π/2 whose tangent is x: the angle to a known
// one nearby (of ½, 1, 1½ and ∞) and its own.
func Atan(x float64) float64 {
	ix := high(x) & math.MaxInt32
	switch {
	case math.IsNaN(x) || ix < 0x3e200000: // below 2^−29
		return x
	case ix >= 0x44100000: // 2^66 and more
		return math.Copysign(pio2Hi+pio2Lo, x)
	}
	near, t := -1, x
	if ix >= 0x3fdc0000 { // 7/16 and more
		switch t = math.Abs(x); {
		case ix < 0x3fe60000: // below 11/16
			near, t = 0, (2*t-1)/(2+t)
		case ix < 0x3ff30000: // below 19/16
			near, t = 1, (t-1)/(t+1)
		case ix < 0x40038000: // below 39/16
			near, t = 2, (t-1.5)/(1+float64(1.5*t))
		default:
			near, t = 3, -1/t
		}
	}
	z := t * t
	w := z * z
	sum := float64(t * (float64(z*poly(w, atanOdd)) + float64(w*poly(w, atanEven))))
	if near < 0 {
		return t - sum
	}
	return math.Copysign(atanHi[near]-((sum-atanLo[near])-t), x)
}

// Atan2 is the angle from −π to π of the point (x, y).
func Atan2(y, x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN()
	case x == 1:
		return Atan(y)
	case y == 0:
		if math.Signbit(x) {
			return math.Copysign(pi, y)
		}
		return y
	case x == 0:
		return math.Copysign(pio2Hi, y)
	case math.IsInf(x, 0):
		angle := 0.0
		switch {
		case math.IsInf(y, 0) && x > 0:
			angle = pio2Hi / 2
		case math.IsInf(y, 0):
			angle = 3 * (pio2Hi / 2)
		case x < 0:
			angle = pi
		}
		return math.Copysign(angle, y)
	case math.IsInf(y, 0):
		return math.Copysign(pio2Hi, y)
	}
	var z float64
	switch k := (high(y)&math.MaxInt32 - high(x)&math.MaxInt32) >> 20; {
	case k > 60:
		z = pio2Hi + 0.5*piLo
	case x < 0 && k < -60:
		z = 0
	default:
		z = Atan(math.Abs(y / x))
	}
	switch {
	case x > 0:
		return math.Copysign(z, y)
	case y > 0:
		return pi - (z - piLo)
	default:
		return (z - piLo) - pi
	}
}
