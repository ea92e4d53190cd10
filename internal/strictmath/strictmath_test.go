package strictmath

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

var unary = map[string]func(float64) float64{
	"exp": Exp, "expm1": Expm1, "log": Log, "log10": Log10, "log1p": Log1p, "asin": Asin, "acos": Acos, "atan": Atan,
	"sinh": Sinh, "cosh": Cosh, "tanh": Tanh, "cbrt": Cbrt, "sin": Sin, "cos": Cos, "tan": Tan,
}

var binary = map[string]func(x, y float64) float64{"pow": Pow, "atan2": Atan2, "hypot": Hypot}

// testdata/results.txt holds, in hexadecimal, operands and what StrictMath of
// Java 17 makes of them: numbers near 0 and 1, of every size, of random bits,
// and the edges of each algorithm. Those of sin, cos and tan are rounded from
// 60 digits instead.
func TestEveryBitIsThatOfJava(t *testing.T) {
	f, err := os.Open("testdata/results.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		var x []float64
		for _, w := range words[1:] {
			bits, err := strconv.ParseUint(w, 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, math.Float64frombits(bits))
		}
		name, want := words[0], x[len(x)-1]
		var got float64
		if len(x) == 3 {
			got = binary[name](x[0], x[1])
		} else {
			got = unary[name](x[0])
		}
		seen[name]++
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s of %v is %x, not %x", name, x[:len(x)-1], got, want)
		}
	}
	for name := range unary {
		if seen[name] < 100 {
			t.Errorf("%d results of %s", seen[name], name)
		}
	}
	for name := range binary {
		if seen[name] < 100 {
			t.Errorf("%d results of %s", seen[name], name)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	sink := 0.0
	if n := testing.AllocsPerRun(10, func() {
		for _, f := range unary {
			sink += f(0.75) + f(1e22)
		}
		for _, f := range binary {
			sink += f(0.75, 3.25)
		}
	}); n > 0 {
		t.Errorf("%v allocations, sum %v", n, sink)
	}
}

// Neither the sign of a zero nor a step of the exponent is lost where the
// argument reduction changes its course.
func TestSineAndCosineMeetAtTheirQuadrants(t *testing.T) {
	for n := -2000; n <= 2000; n++ {
		x := float64(n) * math.Pi / 4
		s, c := Sin(x), Cos(x)
		if one := s*s + c*c; math.Abs(one-1) > 4e-16 {
			t.Errorf("sin² + cos² of %v is %v", x, one)
		}
		if s2 := Sin(-x); math.Float64bits(s2) != math.Float64bits(-s) {
			t.Errorf("sin(−%v) is %v, sin is %v", x, s2, s)
		}
		if c2 := Cos(-x); c2 != c {
			t.Errorf("cos(−%v) is %v, cos is %v", x, c2, c)
		}
		if math.Abs(s-math.Sin(x)) > 1e-15*(1+math.Abs(x)) {
			t.Errorf("sin(%v) is %v, by Go's math %v", x, s, math.Sin(x))
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	for name, f := range unary {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			x := 0.3
			for b.Loop() {
				f(x)
			}
		})
	}
	b.Run("pow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Pow(1.7, 2.3)
		}
	})
}
