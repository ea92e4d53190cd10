package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Rounding of 128 bits is held against integers of any size.
func TestDecimalsAreRoundedAsIntegersOfAnySizeAre(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 20_000 {
		n := value.Int128{Hi: int64(r.Uint64()), Lo: r.Uint64()}
		for shift := r.IntN(127); shift > 0; shift-- { // of any size
			n = value.Int128{Hi: n.Hi >> 1, Lo: n.Lo>>1 | uint64(n.Hi)<<63}
		}
		drop := r.IntN(42)
		if r.IntN(3) == 0 && drop > 0 { // a half
			p := pow10(drop)
			half := new(big.Int).Add(new(big.Int).Mul(big.NewInt(r.Int64N(10)-5), p), new(big.Int).Quo(p, big.NewInt(2)))
			if m, ok := value.FromBig(half); ok {
				n = m
			}
		}
		if !value.FitsPrecision(n, 38) {
			continue
		}
		for mode, want := range roundings(n.Big(), pow10(drop)) {
			if got := roundedTo(n, drop, roundMode(mode)); got.Big().Cmp(want) != 0 {
				t.Fatalf("%v / 10^%d in mode %d is %v, want %v", n, drop, mode, got, want)
			}
		}
	}
}

// roundings is n / p by the modes in turn.
func roundings(n, p *big.Int) [4]*big.Int {
	down, rest := new(big.Int).DivMod(n, p, new(big.Int)) // the rest is not negative
	up := new(big.Int).Set(down)
	if rest.Sign() > 0 {
		up.Add(up, big.NewInt(1))
	}
	nearest := func(atHalf *big.Int) *big.Int {
		switch rest.Lsh(rest, 1).Cmp(p) {
		case -1:
			return down
		case 0:
			return atHalf
		}
		return up
	}
	away, even := up, up
	if n.Sign() < 0 {
		away = down
	}
	if down.Bit(0) == 0 {
		even = down
	}
	halfUp := nearest(away)
	rest.Rsh(rest, 1)
	return [4]*big.Int{halfUp, nearest(even), down, up}
}

// What a call claims by keeps is used to skip files, so it must hold for any
// two values.
func TestCallsThatKeepOrderDo(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	checked := map[string]bool{}
	for _, text := range []string{
		"round(f)", "round(g, 2)", "round(g, -2)", "round(i, -1)", "round(y, -2)", "round(l, -5)", "round(e, 1)", "round(w)", "round(w, -3)",
		"bround(g, 1)", "bround(f, 3)", "bround(h, -1)", "bround(e)", "bround(w, 5)", "floor(e)", "floor(w, 2)", "floor(g, 3)", "floor(l, -2)",
		"ceil(e)", "ceil(w, -1)", "ceil(f, 1)", "sign(g)", "sign(w)", "rint(g)", "degrees(g)", "radians(g)",
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Fatal(err)
		}
		c, ok := b.Root().(*Call)
		if !ok {
			t.Fatalf("%s is a %T", text, b.Root())
		}
		operand, ok := c.KeepsOrder()
		if !ok || operand != 0 {
			t.Errorf("%s does not claim to keep order", text)
			continue
		}
		checked[c.Name] = true
		for range 3000 {
			x, y := randomNumber(r, c.Args[0].Type()), randomNumber(r, c.Args[0].Type())
			args := func(x value.Value) []value.Value {
				all := []value.Value{x}
				for _, arg := range c.Args[1:] {
					all = append(all, arg.(*Literal).Value)
				}
				return all
			}
			fx, errX := c.Apply(args(x)...)
			fy, errY := c.Apply(args(y)...)
			if errX != nil || errY != nil {
				continue
			}
			if fx.IsNull() || fy.IsNull() {
				t.Fatalf("%s of %#v and %#v: %#v and %#v", text, x, y, fx, fy)
			}
			before, _ := value.Compare(x, y)
			if after, _ := value.Compare(fx, fy); before < 0 && after > 0 || before > 0 && after < 0 {
				t.Fatalf("%s of %#v and %#v: %#v and %#v", text, x, y, fx, fy)
			}
		}
	}
	for name, f := range mathFunctions {
		if f.most != 1 || checked[name] {
			continue
		}
		for _, column := range []string{"g", "l", "w"} {
			if b, err := SQL(fmt.Sprintf("%s(%s)", name, column)).Bind(testSchema, Env{}); err == nil {
				if c, ok := b.Root().(*Call); ok && c.fn.keeps > 0 && !checked[c.Name] {
					t.Errorf("%s claims to keep order and is not tested", name)
				}
			}
		}
	}
}

func randomNumber(r *rand.Rand, t schema.Type) value.Value {
	if d, ok := t.(schema.Decimal); ok {
		limit := pow10(r.IntN(d.Precision) + 1)
		n := new(big.Int).Mod(new(big.Int).Lsh(big.NewInt(r.Int64()), uint(r.IntN(65))), limit)
		if r.IntN(2) == 0 {
			n.Neg(n)
		}
		m, _ := value.FromBig(n)
		return value.Decimal(d, m)
	}
	bits := r.Uint64()
	if r.IntN(2) == 0 {
		bits = uint64(int64(bits) >> (r.IntN(63) + 1)) // small integers
	}
	float := math.Float64frombits(bits)
	switch r.IntN(4) {
	case 0:
		float = float64(int64(bits)%1000) / 8
	case 1:
		float = []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 0.5, -0.5, 1, math.MaxFloat64}[r.IntN(9)]
	}
	switch t {
	case schema.Float:
		return value.Float(float32(float))
	case schema.Double:
		return value.Double(float)
	case schema.Byte:
		return value.Int(schema.Byte, int64(int8(bits)))
	case schema.Short:
		return value.Int(schema.Short, int64(int16(bits)))
	case schema.Integer:
		return value.Int(schema.Integer, int64(int32(bits)))
	}
	return value.Int(schema.Long, int64(bits))
}

func TestRoundingIsWrittenAsItWasGiven(t *testing.T) {
	for text, want := range map[string]string{
		"round(g)": "round(g)", "round(g, 2)": "round(g, 2)", "bround(e, -1)": "bround(e, -1)", "pmod(i, a)": "pmod(i, a)",
		"try_divide(g, i)": "try_divide(g, CAST(i AS DOUBLE))", "mod(i, a)": "i % a", "div(l, l)": "l DIV l", "int(s)": "CAST(s AS INT)",
		"negative(i)": "-i", "power(g, 2)": "pow(g, 2D)", "log(g)": "ln(g)", "hex(i)": "hex(CAST(i AS BIGINT))", "e()": "2.718281828459045D",
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("%s binds to %s, want %s", text, got, want)
		}
	}
}

func TestTryOfAStringForgivesNothingElse(t *testing.T) {
	_, err := SQL("try_add(s, 1 DIV i)").Bind(testSchema, Env{})
	var refused *UnsupportedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "try_add of a string and an expression that may fail") {
		t.Errorf("error %v", err)
	}
}

func BenchmarkFunctions(b *testing.B) {
	const rows = 65_536
	s, batch := benchBatch(b, rows)
	defer batch.Release()
	for name, text := range map[string]string{
		"exp": "exp(discount)", "pow": "pow(discount, 2.5D)", "sin": "sin(discount)", "round": "round(discount, 1)", "floor": "floor(quantity)",
		"abs": "abs(linenumber)", "greatest": "greatest(linenumber, 3, 5)", "pmod": "pmod(linenumber, 3)", "hash": "hash(linenumber, comment)",
		"xxhash64": "xxhash64(comment, shipdate)", "md5": "md5(comment)", "sha2": "sha2(comment, 256)", "crc32": "crc32(comment)", "hex": "hex(comment)",
		"unhex": "unhex(hex(comment))", "base64": "unbase64(base64(comment))", "decode": "decode(encode(comment, 'UTF-16'), 'UTF-16')",
	} {
		b.Run(name, func(b *testing.B) {
			bound, err := SQL(text).Bind(s, Env{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				out, err := bound.Eval(batch, memory.DefaultAllocator)
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
