package value

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
)

func TestDoublesHaveJavasForm(t *testing.T) {
	for _, c := range []struct {
		f    float64
		bits int
		want string
	}{
		{0, 64, "0.0"}, {math.Copysign(0, -1), 64, "-0.0"}, {1, 64, "1.0"}, {-1.5, 64, "-1.5"}, {0.1, 64, "0.1"}, {100, 64, "100.0"},
		{0.001, 64, "0.001"}, {0.0009999, 64, "9.999E-4"}, {1e-5, 64, "1.0E-5"}, {9999999, 64, "9999999.0"}, {1e7, 64, "1.0E7"}, {12345678, 64, "1.2345678E7"},
		{9999999.999999998, 64, "9999999.999999998"}, {1e20, 64, "1.0E20"}, {-1e20, 64, "-1.0E20"}, {1.5e300, 64, "1.5E300"}, {1e100, 64, "1.0E100"},
		{2e23, 64, "2.0E23"}, {1e23, 64, "1.0E23"}, {8.41e21, 64, "8.41E21"}, {9007199254740993, 64, "9.007199254740992E15"},
		{math.MaxFloat64, 64, "1.7976931348623157E308"}, {math.SmallestNonzeroFloat64, 64, "4.9E-324"}, {2 * math.SmallestNonzeroFloat64, 64, "9.9E-324"},
		{2.2250738585072014e-308, 64, "2.2250738585072014E-308"}, {1.0 / 3, 64, "0.3333333333333333"},
		{math.NaN(), 64, "NaN"}, {math.Inf(1), 64, "Infinity"}, {math.Inf(-1), 32, "-Infinity"},
		{float64(float32(0.1)), 32, "0.1"}, {math.MaxFloat32, 32, "3.4028235E38"}, {math.SmallestNonzeroFloat32, 32, "1.4E-45"},
		{16777216, 32, "1.6777216E7"}, {float64(float32(1e10)), 32, "1.0E10"}, {1.5, 32, "1.5"}, {float64(float32(3.3e-5)), 32, "3.3E-5"},
	} {
		if got := string(AppendDouble(nil, c.f, c.bits)); got != c.want {
			t.Errorf("%v of %d bits: got %s, want %s", c.f, c.bits, got, c.want)
		}
	}
}

func TestShortestFormIsJSON(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 1e20: "100000000000000000000", 1e21: "1e+21", 1e-6: "0.000001", 1e-7: "1e-7", 1.5e-10: "1.5e-10", 5e-324: "5e-324",
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	} {
		if got := string(AppendShortest(nil, f, 64)); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
	if got := string(AppendShortest(nil, float64(float32(0.1)), 32)); got != "0.1" {
		t.Errorf("0.1 of 32 bits: %s", got)
	}
	if got := string(AppendShortest(nil, math.NaN(), 64)); got != "NaN" {
		t.Errorf("NaN: %s", got)
	}
	if got := string(AppendShortest(nil, math.Copysign(0, -1), 64)); got != "-0" {
		t.Errorf("-0.0: %s", got)
	}
}

func TestFloatTextsRoundTrip(t *testing.T) {
	r := random(t)
	for range 50_000 {
		for _, bits := range []int{32, 64} {
			f := math.Float64frombits(r.Uint64())
			if bits == 32 {
				f = float64(math.Float32frombits(r.Uint32()))
			}
			if r.IntN(2) == 0 {
				f = float64(float32(r.NormFloat64() * 1e3))
			}
			if math.IsNaN(f) {
				continue
			}
			for _, text := range []string{string(AppendDouble(nil, f, bits)), string(AppendShortest(nil, f, bits))} {
				if got, err := parseFloat(text, bits); err != nil || got != f {
					t.Fatalf("%v is %s, and that %v, %v", f, text, got, err)
				}
				if !math.IsInf(f, 0) && !json.Valid([]byte(text)) {
					t.Fatalf("%s is not JSON", text)
				}
			}
			if java, shortest := AppendDouble(nil, f, bits), strconv.FormatFloat(f, 'e', -1, bits); digitsOf(string(java)) > max(2, digitsOf(shortest)) {
				t.Fatalf("%s has more digits than %s", java, shortest)
			}
		}
	}
}

// digitsOf counts the significant digits of a number's text.
func digitsOf(text string) int {
	n, zeros := 0, 0
	for _, c := range text {
		switch {
		case c == 'e' || c == 'E':
			return n
		case c == '0' && n > 0:
			zeros++
		case '1' <= c && c <= '9':
			n += zeros + 1
			zeros = 0
		}
	}
	return n
}

func TestFloatsAreReadFromOtherLanguages(t *testing.T) {
	for text, want := range map[string]float64{
		"1.5": 1.5, "1.0E20": 1e20, "1e20": 1e20, "1E+20": 1e20, "-0.0": 0, "5": 5, "+5": 5, ".5": .5, "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
		"inf": math.Inf(1), "-inf": math.Inf(-1), "+Inf": math.Inf(1), "INFINITY": math.Inf(1), "4.9E-324": 5e-324,
	} {
		if got, err := parseFloat(text, 64); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"NaN", "nan"} {
		if got, err := parseFloat(text, 64); err != nil || !math.IsNaN(got) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "1e400", "-1e400", "1_0", "0x1p3", "1.5d", " 1", "infinit"} {
		if got, err := parseFloat(text, 64); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
	if got, err := parseFloat("1e39", 32); err == nil {
		t.Errorf("1e39 is the float %v", got)
	}
}
