package value

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

var (
	minInt128 = Int128{Hi: math.MinInt64}
	maxInt128 = Int128{Hi: math.MaxInt64, Lo: math.MaxUint64}
)

// random prints its seed, so that a failure can be run again.
func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// randomInt128 likes small numbers, powers of two and of ten, and the ends.
func randomInt128(r *rand.Rand) Int128 {
	n := Int128{Hi: int64(r.Uint64()), Lo: r.Uint64()}
	switch r.IntN(6) {
	case 0:
		n = FromInt64(int64(r.IntN(201) - 100))
	case 1:
		n = FromInt64(int64(r.Uint64()) >> r.IntN(64))
	case 2:
		n.Hi >>= r.IntN(64)
	case 3:
		p, _ := pow10(r.IntN(digitsMax + 1))
		n, _ = p.Add(FromInt64(int64(r.IntN(3) - 1)))
	case 4:
		n = []Int128{minInt128, maxInt128, {Hi: 1}, {Lo: math.MaxUint64}, {Hi: -1}, FromInt64(math.MinInt64)}[r.IntN(6)]
	}
	if r.IntN(2) == 0 {
		n = n.Neg()
	}
	return n
}

func TestInt128AgreesWithBigIntegers(t *testing.T) {
	r := random(t)
	check := func(op string, n, m Int128, got Int128, ok bool, want *big.Int) {
		t.Helper()
		w, fits := FromBig(want)
		if want.Cmp(minInt128.Big()) == 0 {
			w, fits = minInt128, true
		}
		if ok != fits || ok && got != w {
			t.Fatalf("%v %s %v: got %v, %v, want %v", n, op, m, got, ok, want)
		}
	}
	for range 50_000 {
		n, m := randomInt128(r), randomInt128(r)
		a, b := n.Big(), m.Big()
		sum, ok := n.Add(m)
		check("+", n, m, sum, ok, new(big.Int).Add(a, b))
		diff, ok := n.Sub(m)
		check("-", n, m, diff, ok, new(big.Int).Sub(a, b))
		product, ok := n.Mul(m)
		check("*", n, m, product, ok, new(big.Int).Mul(a, b))
		if n.Cmp(m) != a.Cmp(b) || n.Sign() != a.Sign() || n.String() != a.String() {
			t.Fatalf("%v and %v: Cmp %d, Sign %d, String %s", a, b, n.Cmp(m), n.Sign(), n)
		}
		if i, ok := n.Int64(); ok != a.IsInt64() || ok && i != a.Int64() {
			t.Fatalf("%v as int64: %d, %v", a, i, ok)
		}
		digits := len(new(big.Int).Abs(a).String())
		if Digits(n) != digits || FitsPrecision(n, digits-1) && digits > 1 || !FitsPrecision(n, digits) {
			t.Fatalf("%v has %d digits, not %d", a, digits, Digits(n))
		}
	}
	if _, ok := FromBig(new(big.Int).Lsh(big.NewInt(1), 127)); ok {
		t.Error("2^127 fits")
	}
}

func TestRescaleRoundsHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		n        int64
		from, to int
		want     int64
		rounded  bool
	}{
		{15, 1, 0, 2, true}, {-15, 1, 0, -2, true}, {14, 1, 0, 1, true}, {-14, 1, 0, -1, true}, {25, 1, 0, 3, true},
		{150, 1, 0, 15, false}, {149, 2, 0, 1, true}, {4, 1, 0, 0, true}, {5, 1, 0, 1, true}, {-5, 1, 0, -1, true},
		{1, 0, 3, 1000, false}, {0, 0, 38, 0, false}, {0, 90, -90, 0, false}, {7, 3, 3, 7, false},
		{123, 0, -1, 12, true}, {125, 0, -1, 13, true}, {500, 0, -3, 1, true}, {499, 0, -3, 0, true},
		{math.MaxInt64, 40, 0, 0, true}, {math.MaxInt64, 1000, 0, 0, true}, {1, -2, 0, 100, false},
	} {
		got, rounded, ok := Rescale(FromInt64(c.n), c.from, c.to)
		if !ok || got != FromInt64(c.want) || rounded != c.rounded {
			t.Errorf("%d from %d to %d: got %v, %v, %v", c.n, c.from, c.to, got, rounded, ok)
		}
	}
	if _, _, ok := Rescale(FromInt64(2), 0, 38); ok {
		t.Error("2·10^38 fits")
	}
	if _, _, ok := Rescale(FromInt64(1), 0, 39); ok {
		t.Error("10^39 fits")
	}
}

func TestRescaleAgreesWithBigIntegers(t *testing.T) {
	r := random(t)
	ten := big.NewInt(10)
	for range 20_000 {
		n := randomInt128(r)
		by := r.IntN(83) - 41
		got, rounded, ok := Rescale(n, 0, by)
		if by >= 0 {
			want, fits := FromBig(new(big.Int).Mul(n.Big(), new(big.Int).Exp(ten, big.NewInt(int64(by)), nil)))
			if n == minInt128 && by == 0 {
				want, fits = n, true
			}
			if rounded || ok != fits || ok && got != want {
				t.Fatalf("%v·10^%d: got %v, %v, want %v", n, by, got, ok, want)
			}
			continue
		}
		// floor((2|n| + 10^k) / (2·10^k)) is |n| / 10^k rounded half up.
		p := new(big.Int).Exp(ten, big.NewInt(int64(-by)), nil)
		abs := new(big.Int).Abs(n.Big())
		want := new(big.Int).Lsh(abs, 1)
		want.Add(want, p).Quo(want, new(big.Int).Lsh(p, 1))
		if n.Sign() < 0 {
			want.Neg(want)
		}
		inexact := new(big.Int).Rem(abs, p).Sign() != 0
		if !ok || got.Big().Cmp(want) != 0 || rounded != inexact {
			t.Fatalf("%v·10^%d: got %v, %v, %v, want %v, %v", n, by, got, rounded, ok, want, inexact)
		}
	}
}
