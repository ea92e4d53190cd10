package value

import (
	"math/big"
	"strings"
	"testing"
)

func TestParseDecimalKeepsDigitsAndScale(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for _, c := range []struct {
		text             string
		unscaled         string
		precision, scale int
	}{
		{"0", "0", 1, 0}, {"-0", "0", 1, 0}, {"0.00", "0", 2, 2}, {"12", "12", 2, 0}, {"+12", "12", 2, 0}, {"007", "7", 1, 0},
		{"1.50", "150", 3, 2}, {"-0.001", "-1", 3, 3}, {".5", "5", 1, 1}, {"5.", "5", 1, 0}, {"-.5", "-5", 1, 1},
		{"1E-18", "1", 18, 18}, {"-1E-18", "-1", 18, 18}, {"1.5E3", "1500", 4, 0}, {"1.5e1", "15", 2, 0}, {"1.50E+1", "150", 3, 1},
		{"12E-1", "12", 2, 1}, {"0E99", "0", 1, 0}, {"0E-99", "0", 38, 38}, {"0E-99999999999999999999", "0", 38, 38},
		{"1.2345678901234567e+19", "12345678901234567000", 20, 0},
		{"12345678901234567890.123456789012345678", "12345678901234567890123456789012345678", 38, 18},
		{nines, nines, 38, 0}, {"-" + nines, "-" + nines, 38, 0}, {"0." + nines, nines, 38, 38}, {nines + "." + strings.Repeat("0", 50), nines, 38, 0},
		{"1." + strings.Repeat("0", 60), "1" + strings.Repeat("0", 37), 38, 37},
		{strings.Repeat("0", 100) + "1", "1", 1, 0}, {"1E37", "1" + strings.Repeat("0", 37), 38, 0}, {"1E-38", "1", 38, 38},
		{"9223372036854775807", "9223372036854775807", 19, 0}, {"9223372036854775808", "9223372036854775808", 19, 0},
	} {
		n, precision, scale, err := ParseDecimal(c.text)
		if err != nil || n.String() != c.unscaled || precision != c.precision || scale != c.scale {
			t.Errorf("%s: got %v (%d,%d), %v, want %s (%d,%d)", c.text, n, precision, scale, err, c.unscaled, c.precision, c.scale)
		}
	}
}

func TestParseDecimalRefusesWhatIsNoDecimal(t *testing.T) {
	for _, text := range []string{
		"", ".", "-", "+", "e5", "1e", "1e+", "1e5.5", "1_000", "1e1_0", "0x10", " 1", "1 ", "1,5", "--1", "+-1", "1.2.3", "NaN", "Infinity", "١", "1-2", "0.0-1",
		strings.Repeat("9", 39), "1E38", "1E-39", "1E999999999999999999999", "-1E-999999999999999999999", "0." + strings.Repeat("0", 38) + "1",
	} {
		if n, precision, scale, err := ParseDecimal(text); err == nil {
			t.Errorf("%q: got %v (%d,%d)", text, n, precision, scale)
		}
	}
}

func TestAppendDecimalIsPlainAndPadded(t *testing.T) {
	for _, c := range []struct {
		n     int64
		scale int
		want  string
	}{
		{0, 0, "0"}, {0, 3, "0.000"}, {-1, 3, "-0.001"}, {1500, 3, "1.500"}, {-1500, 3, "-1.500"}, {5, 1, "0.5"}, {123, 3, "0.123"},
		{7, -2, "700"}, {-7, -2, "-700"}, {0, -2, "0"}, {1, 38, "0." + strings.Repeat("0", 37) + "1"},
	} {
		if got := string(AppendDecimal([]byte("x"), FromInt64(c.n), c.scale)); got != "x"+c.want {
			t.Errorf("%d, %d: got %s", c.n, c.scale, got)
		}
	}
}

func TestDecimalTextsRoundTrip(t *testing.T) {
	r := random(t)
	for range 20_000 {
		n, scale := randomInt128(r), r.IntN(39)
		if !FitsPrecision(n, digitsMax) {
			continue
		}
		text := string(AppendDecimal(nil, n, scale))
		got, precision, gotScale, err := ParseDecimal(text)
		if err != nil || got != n || gotScale != scale || precision != max(Digits(n), scale) {
			t.Fatalf("%v, scale %d is %s, and that %v, scale %d, precision %d, %v", n, scale, text, got, gotScale, precision, err)
		}
	}
}

func TestScaledComparisonIsExact(t *testing.T) {
	r := random(t)
	rat := func(n Int128, scale int) *big.Rat {
		return new(big.Rat).SetFrac(n.Big(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	}
	for range 20_000 {
		a, b := randomInt128(r), randomInt128(r)
		sa, sb := r.IntN(39), r.IntN(39)
		if r.IntN(2) == 0 { // near each other
			if n, _, ok := Rescale(a, sa, sb); ok {
				b, _ = n.Add(FromInt64(int64(r.IntN(3) - 1)))
			}
		}
		if got, want := compareScaled(a, sa, b, sb), rat(a, sa).Cmp(rat(b, sb)); got != want {
			t.Fatalf("%v, scale %d and %v, scale %d: got %d, want %d", a, sa, b, sb, got, want)
		}
	}
}
