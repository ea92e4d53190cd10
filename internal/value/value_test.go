package value

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/schema"
)

func TestValuesAreOrderedAsInSpark(t *testing.T) {
	// Each line ascends.
	for _, ascending := range [][]Value{
		{Bool(false), Bool(true)},
		{Int(schema.Long, math.MinInt64), Int(schema.Byte, -1), Int(schema.Short, 0), Int(schema.Integer, 1), Int(schema.Long, math.MaxInt64)},
		{Int(schema.Long, math.MinInt64), decimal(t, dec5, "-0.01"), Int(schema.Byte, 0), decimal(t, dec38, "0.000000000000000001"), decimal(t, dec5, "0.01"), Int(schema.Byte, 1),
			Decimal(schema.Decimal{Precision: 38}, maxInt128)},
		{Double(math.Inf(-1)), Float(-1.5), Double(0), Double(5e-324), Float(0.1), Double(1e300), Double(math.Inf(1)), Double(math.NaN())},
		{String(""), String("a"), String("a\x00"), String("ab"), String("b"), String("é"), String("\uFFFD"), String("😀")}, // by UTF-8, not UTF-16
		{Binary(nil), Binary([]byte{0}), Binary([]byte{0x7F}), Binary([]byte{0xFF})},
		{Int(schema.Date, -1), Int(schema.Date, 0)},
		{Int(schema.Timestamp, -1), Int(schema.Timestamp, 0)},
		{Int(schema.TimestampNTZ, -1), Int(schema.TimestampNTZ, 0)},
	} {
		for i, a := range ascending {
			for j, b := range ascending {
				got, ok := Compare(a, b)
				if want := i - j; !ok || sign(got) != sign(want) {
					t.Errorf("%#v and %#v: got %d, %v", a, b, got, ok)
				}
			}
		}
	}
	for _, c := range [][2]Value{
		{Double(math.Copysign(0, -1)), Double(0)}, {Double(math.NaN()), Float(float32(math.NaN()))}, {Float(0.5), Double(0.5)},
		{decimal(t, dec5, "1.50"), decimal(t, dec38, "1.5")}, {Int(schema.Byte, 3), decimal(t, dec5, "3")},
	} {
		if got, ok := Compare(c[0], c[1]); got != 0 || !ok {
			t.Errorf("%#v and %#v: got %d, %v", c[0], c[1], got, ok)
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }

func TestNullsAndForeignTypesDoNotCompare(t *testing.T) {
	values := []Value{
		{}, Null(schema.Long), Bool(true), Int(schema.Long, 1), Double(1), String("1"), Binary([]byte("1")),
		Int(schema.Date, 1), Int(schema.Timestamp, 1), Int(schema.TimestampNTZ, 1),
	}
	for i, a := range values {
		for j, b := range values {
			if got, ok := Compare(a, b); ok != (i == j && i >= 2) {
				t.Errorf("%#v and %#v: got %d, %v", a, b, got, ok)
			}
		}
	}
}

func TestComparisonDoesNotAllocate(t *testing.T) {
	pairs := map[string][2]Value{
		"integers":           {Int(schema.Long, 1), Int(schema.Integer, 2)},
		"decimals":           {decimal(t, dec38, "1.5"), decimal(t, dec38, "2.5")},
		"decimals of scales": {decimal(t, dec5, "1.5"), decimal(t, dec38, "2.5")},
		"doubles":            {Double(1), Double(2)},
		"strings":            {String("a"), String("b")},
		"timestamps":         {Int(schema.Timestamp, 1), Int(schema.Timestamp, 2)},
	}
	for name, p := range pairs {
		if n := testing.AllocsPerRun(100, func() { Compare(p[0], p[1]) }); n != 0 {
			t.Errorf("comparing %s allocates %v times", name, n)
		}
	}
	r := random(t)
	values := []Value{Float(float32(math.Copysign(0, -1))), Double(0), Double(math.NaN()), Double(math.SmallestNonzeroFloat64)}
	for _, typ := range scalarTypes {
		if typ != schema.String { // a string is copied
			values = append(values, randomValue(r, typ), randomValue(r, typ))
		}
	}
	buf := make([]byte, 0, 64)
	for _, v := range values {
		text, _, err := v.PartitionString()
		if err != nil {
			t.Fatal(err)
		}
		bound := string(v.AppendJSON(nil))
		for name, f := range map[string]func(){
			"writing":      func() { buf, _ = v.AppendPartition(buf[:0]) },
			"writing JSON": func() { buf = v.AppendJSON(buf[:0]) },
			"reading":      func() { _, _ = ParsePartition(v.Type(), text, nil) },
			"reading JSON": func() { _, _ = ParseJSON(v.Type(), bound) },
		} {
			if _, err := ParseJSON(v.Type(), bound); name == "reading JSON" && err != nil {
				continue // a floor out of range
			}
			if n := testing.AllocsPerRun(20, f); n != 0 {
				t.Errorf("%s %#v allocates %v times", name, v, n)
			}
		}
	}
}

func TestCastKeepsTheNumberOrRefuses(t *testing.T) {
	dec10 := schema.Decimal{Precision: 10}
	for _, c := range []struct {
		v    Value
		to   schema.Type
		want Value // the zero Value: refused
	}{
		{Int(schema.Byte, 5), schema.Long, Int(schema.Long, 5)}, {Int(schema.Long, 5), schema.Byte, Int(schema.Byte, 5)}, {Int(schema.Long, 128), schema.Byte, Value{}},
		{Int(schema.Long, math.MinInt64), schema.Integer, Value{}}, {Int(schema.Integer, math.MinInt32), schema.Long, Int(schema.Long, math.MinInt32)},
		{Int(schema.Integer, 7), dec10, Decimal(dec10, FromInt64(7))}, {Int(schema.Integer, 7), dec5, Decimal(dec5, FromInt64(700))}, {Int(schema.Integer, 1000), dec5, Value{}},
		{Decimal(dec5, FromInt64(150)), dec38, decimal(t, dec38, "1.5")}, {decimal(t, dec38, "1.5"), dec5, Decimal(dec5, FromInt64(150))}, {decimal(t, dec38, "1.555"), dec5, Value{}},
		{Decimal(dec5, FromInt64(700)), schema.Short, Int(schema.Short, 7)}, {Decimal(dec5, FromInt64(750)), schema.Short, Value{}},
		{Decimal(schema.Decimal{Precision: 38}, maxInt128), schema.Long, Value{}},
		{Int(schema.Integer, 7), schema.Double, Double(7)}, {Int(schema.Long, 1<<53+1), schema.Double, Value{}}, {Int(schema.Long, math.MaxInt64), schema.Double, Value{}},
		{Int(schema.Long, math.MinInt64), schema.Double, Double(math.MinInt64)}, {Int(schema.Integer, 1<<24+1), schema.Float, Value{}}, {Int(schema.Short, 3), schema.Float, Float(3)},
		{Float(0.1), schema.Double, Double(float64(float32(0.1)))}, {Double(0.5), schema.Float, Float(0.5)}, {Double(0.1), schema.Float, Value{}}, {Double(1e300), schema.Float, Value{}},
		{Double(math.Inf(1)), schema.Float, Float(float32(math.Inf(1)))},
		{Int(schema.Date, 19782), schema.TimestampNTZ, Int(schema.TimestampNTZ, 19782*microsPerDay)}, {Int(schema.Date, -1), schema.TimestampNTZ, Int(schema.TimestampNTZ, -microsPerDay)},
		{Int(schema.Date, math.MaxInt32), schema.TimestampNTZ, Value{}}, {Int(schema.Date, math.MinInt32), schema.TimestampNTZ, Value{}},
		{String("x"), schema.String, String("x")}, {Null(schema.Byte), schema.Long, Null(schema.Long)}, {Value{}, schema.Long, Null(schema.Long)},

		{Int(schema.Date, 1), schema.Timestamp, Value{}}, {Int(schema.Timestamp, 1), schema.TimestampNTZ, Value{}}, {Int(schema.TimestampNTZ, 0), schema.Date, Value{}},
		{String("1"), schema.Long, Value{}}, {Double(1), schema.Long, Value{}}, {Double(1), dec5, Value{}}, {Bool(true), schema.Long, Value{}}, {Int(schema.Long, 1), schema.Boolean, Value{}},
		{Decimal(dec5, FromInt64(100)), schema.Double, Value{}}, {String("x"), schema.Binary, Value{}}, {Int(schema.Long, 1), schema.Date, Value{}}, {Null(schema.Long), &schema.Struct{}, Value{}},
		{Int(schema.Long, 1), &schema.Struct{}, Value{}}, {Int(schema.Long, 1), nil, Value{}},
	} {
		got, ok := Cast(c.v, c.to)
		if ok != (c.want.Type() != nil) || ok && !same(got, c.want) {
			t.Errorf("%#v to %v: got %#v, %v, want %#v", c.v, c.to, got, ok, c.want)
		}
	}
	if got, ok := Cast(Double(math.NaN()), schema.Float); !ok || !math.IsNaN(got.Float64()) {
		t.Errorf("NaN: got %#v, %v", got, ok)
	}
}

func TestEveryValueWidens(t *testing.T) {
	r := random(t)
	for _, from := range scalarTypes {
		for _, to := range scalarTypes {
			for range 300 {
				v := randomValue(r, from)
				got, ok := Cast(v, to)
				if !ok {
					outOfRange := from == schema.Date // of 32 bits; a timestamp holds fewer days
					if schema.CanWiden(from, to) && !outOfRange {
						t.Fatalf("%#v does not cast to %v", v, to)
					}
					continue
				}
				if from == schema.Date && to == schema.TimestampNTZ || integer(from) && floating(to) {
					continue // not comparable without the cast
				}
				if c, comparable := Compare(v, got); !comparable || c != 0 {
					t.Fatalf("%#v became %#v", v, got)
				}
			}
		}
	}
}

func TestComparisonIsATotalOrder(t *testing.T) {
	r := random(t)
	for _, typ := range scalarTypes {
		values := make([]Value, 200)
		for i := range values {
			values[i] = randomValue(r, typ)
		}
		slices.SortFunc(values, func(a, b Value) int { c, _ := Compare(a, b); return c })
		for i, a := range values {
			for j, b := range values[i:] {
				if c, ok := Compare(a, b); !ok || c > 0 {
					t.Fatalf("%v: %#v at %d, %#v at %d", typ, a, i, b, i+j)
				}
			}
		}
	}
}

func TestFailuresPrintValues(t *testing.T) {
	var all []string
	for _, v := range []Value{{}, Null(schema.Long), Bool(true), Int(schema.Byte, -1), Double(1.5), String("a\n"), Decimal(dec5, FromInt64(150))} {
		all = append(all, v.GoString())
	}
	if got := strings.Join(all, " "); got != `null(<nil>) null(bigint) boolean(true) tinyint(-1) double(1.5) string("a\n") decimal(5,2)(1.50)` {
		t.Errorf("got %s", got)
	}
	if b := new(big.Int).SetInt64(-5); b.Cmp(FromInt64(-5).Big()) != 0 {
		t.Error("-5 is not -5")
	}
}

func BenchmarkCompare(b *testing.B) {
	for name, p := range map[string][2]Value{
		"long":           {Int(schema.Long, 1), Int(schema.Long, 2)},
		"decimal":        {decimal(b, dec38, "1.5"), decimal(b, dec38, "2.5")},
		"decimal scales": {decimal(b, dec5, "1.5"), decimal(b, dec38, "2.5")},
		"string":         {String("abcdefgh"), String("abcdefgi")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compare(p[0], p[1])
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		typ  schema.Type
		text string
	}{
		{schema.Long, "-9223372036854775808"}, {dec38, "12345678901234567890.123456789012345678"}, {schema.Double, "1.0E20"},
		{schema.Timestamp, "2024-03-10T09:02:03.123456Z"}, {schema.Date, "2024-02-29"},
	} {
		b.Run(c.typ.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParsePartition(c.typ, c.text, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	buf := make([]byte, 0, 64)
	for _, v := range []Value{Int(schema.Long, math.MinInt64), decimal(b, dec38, "12345678901234567890.123456789012345678"), Double(1e20), Int(schema.Timestamp, 1710061323123999)} {
		b.Run(v.Type().String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = v.AppendJSON(buf[:0])
			}
		})
	}
}
