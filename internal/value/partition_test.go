package value

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/schema"
)

var (
	dec5  = schema.Decimal{Precision: 5, Scale: 2}
	dec38 = schema.Decimal{Precision: 38, Scale: 18}
)

func decimal(t testing.TB, typ schema.Decimal, text string) Value {
	t.Helper()
	v, err := ParsePartition(typ, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// same says whether two values are the same bits of the same type.
func same(a, b Value) bool { return a == b }

func TestPartitionTextsAreSparks(t *testing.T) {
	// Measured with Spark 4.2 and Delta 4.4.
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Bool(true), "true"}, {Bool(false), "false"},
		{Int(schema.Byte, -128), "-128"}, {Int(schema.Long, math.MinInt64), "-9223372036854775808"},
		{Double(1.5), "1.5"}, {Double(1e20), "1.0E20"}, {Double(math.NaN()), "NaN"}, {Double(math.Inf(-1)), "-Infinity"}, {Double(0.1), "0.1"},
		{Float(0.1), "0.1"}, {Float(1e20), "1.0E20"},
		{Decimal(schema.Decimal{Precision: 5, Scale: 3}, FromInt64(1500)), "1.500"}, {Decimal(schema.Decimal{Precision: 5, Scale: 3}, FromInt64(-1)), "-0.001"},
		{String("a/b=c %:é#?\"'\\ x"), "a/b=c %:é#?\"'\\ x"}, {String("__HIVE_DEFAULT_PARTITION__"), "__HIVE_DEFAULT_PARTITION__"},
		{Int(schema.Date, 19782), "2024-02-29"}, {Int(schema.Date, -719162), "0001-01-01"}, {Int(schema.Date, 2932896), "9999-12-31"},
		{Int(schema.Timestamp, 1710061323123456), "2024-03-10T09:02:03.123456Z"}, {Int(schema.Timestamp, 0), "1970-01-01T00:00:00.000000Z"},
		{Int(schema.TimestampNTZ, 1710037800500000), "2024-03-10 02:30:00.5"}, {Int(schema.TimestampNTZ, 1710037800000000), "2024-03-10 02:30:00"},
	} {
		got, ok, err := c.v.PartitionString()
		if err != nil || !ok || got != c.want {
			t.Errorf("%#v: got %q, %v, %v, want %q", c.v, got, ok, err, c.want)
		}
		if back, err := ParsePartition(c.v.Type(), c.want, nil); err != nil || !same(back, c.v) {
			t.Errorf("%q: got %#v, %v, want %#v", c.want, back, err, c.v)
		}
	}
	for _, v := range []Value{Null(schema.Long), Null(schema.Void), String("")} {
		if text, ok, err := v.PartitionString(); ok || text != "" || err != nil {
			t.Errorf("%#v: got %q, %v, %v", v, text, ok, err)
		}
	}
}

func TestPartitionTextsOfOtherWritersAreRead(t *testing.T) {
	la := time.FixedZone("", -8*3600)
	for _, c := range []struct {
		typ  schema.Type
		text string
		zone *time.Location
		want Value
	}{
		{schema.Boolean, "TRUE", nil, Bool(true)}, {schema.Boolean, "False", nil, Bool(false)},
		{schema.Integer, "+007", nil, Int(schema.Integer, 7)}, {schema.Long, "12.0", nil, Int(schema.Long, 12)}, {schema.Short, "1E3", nil, Int(schema.Short, 1000)},
		{schema.Double, "1e20", nil, Double(1e20)}, {schema.Double, "inf", nil, Double(math.Inf(1))}, {schema.Float, "-inf", nil, Float(float32(math.Inf(-1)))},
		{dec5, "1.5", nil, Decimal(dec5, FromInt64(150))}, {dec5, "15E-1", nil, Decimal(dec5, FromInt64(150))}, {dec5, "1.5000", nil, Decimal(dec5, FromInt64(150))},
		{dec38, "-1E-18", nil, Decimal(dec38, FromInt64(-1))},
		{schema.Timestamp, "2024-11-03 08:30:00.000000", nil, Int(schema.Timestamp, 1730622600000000)},
		{schema.Timestamp, "2024-11-03 08:30:00", la, Int(schema.Timestamp, 1730651400000000)},
		{schema.Timestamp, "2024-11-03T08:30:00-08:00", time.UTC, Int(schema.Timestamp, 1730651400000000)},
		{schema.TimestampNTZ, "2024-03-10T02:30:00.500000", la, Int(schema.TimestampNTZ, 1710037800500000)},
		{schema.TimestampNTZ, "2024-03-10 02:30:00-08:00", nil, Int(schema.TimestampNTZ, 1710037800000000)}, // the wall clock
		{schema.Binary, `\u0001\u00fF`, nil, Binary([]byte{1, 0xFF})},
		{schema.Binary, `\u0001x`, nil, Binary([]byte(`\u0001x`))}, {schema.Binary, `\u0101`, nil, Binary([]byte(`\u0101`))}, {schema.Binary, "aé", nil, Binary([]byte("aé"))},
		// Text that is older than a widened type.
		{schema.Double, "12", nil, Double(12)}, {dec38, "12", nil, decimal(t, dec38, "12.000")}, {schema.TimestampNTZ, "2024-01-01", nil, Int(schema.TimestampNTZ, 1704067200000000)},
	} {
		got, err := ParsePartition(c.typ, c.text, c.zone)
		if err != nil || !same(got, c.want) {
			t.Errorf("%q as %v: got %#v, %v, want %#v", c.text, c.typ, got, err, c.want)
		}
	}
	for p := schema.Boolean; p <= schema.Void; p++ {
		if got, err := ParsePartition(p, "", nil); p != schema.Variant && (err != nil || !same(got, Null(p))) {
			t.Errorf("empty text as %v: %#v, %v", p, got, err)
		}
	}
}

func TestPartitionTextsThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		typ  schema.Type
		text string
	}{
		{schema.Boolean, "1"}, {schema.Boolean, "t"}, {schema.Byte, "128"}, {schema.Byte, "-129"}, {schema.Short, "32768"}, {schema.Integer, "2147483648"},
		{schema.Long, "9223372036854775808"}, {schema.Long, "1.5"}, {schema.Long, "x"}, {schema.Long, " 1"}, {schema.Byte, "2E2"},
		{schema.Float, "1e39"}, {schema.Double, "x"}, {dec5, "1.234"}, {dec5, "1000"}, {dec5, "0.0-1"}, {dec5, "NaN"},
		{schema.Date, "2023-02-29"}, {schema.Date, "2024-01-01 00:00:00"}, {schema.Timestamp, "x"}, {schema.TimestampNTZ, "02:30"},
		{schema.Void, "x"},
	} {
		if got, err := ParsePartition(c.typ, c.text, nil); err == nil {
			t.Errorf("%q as %v: got %#v", c.text, c.typ, got)
		}
	}
	for _, typ := range []schema.Type{nil, schema.Variant, schema.Interval{}, &schema.Array{Element: schema.Long}, &schema.Map{Key: schema.Long, Value: schema.Long}, &schema.Struct{}} {
		var refused *TypeError
		for _, text := range []string{"", "x"} {
			if got, err := ParsePartition(typ, text, nil); !errors.As(err, &refused) {
				t.Errorf("%v: got %#v, %v", typ, got, err)
			}
		}
		if got, err := Null(typ).AppendPartition(nil); !errors.As(err, &refused) {
			t.Errorf("%v: got %q, %v", typ, got, err)
		}
	}
	for _, v := range []Value{Binary([]byte("x")), Null(schema.Binary), String("\xff")} {
		if text, _, err := v.PartitionString(); err == nil {
			t.Errorf("%#v is written as %q", v, text)
		}
	}
}

var scalarTypes = []schema.Type{
	schema.Boolean, schema.Byte, schema.Short, schema.Integer, schema.Long, schema.Float, schema.Double, schema.String, schema.Date,
	schema.Timestamp, schema.TimestampNTZ, dec5, dec38, schema.Decimal{Precision: 38}, schema.Decimal{Precision: 38, Scale: 38}, schema.Decimal{Precision: 1, Scale: 1},
}

// randomValue makes a value of any bits that the type has, and likes extremes.
func randomValue(r *rand.Rand, t schema.Type) Value {
	if d, ok := t.(schema.Decimal); ok {
		for {
			n := randomInt128(r)
			if FitsPrecision(n, d.Precision) {
				return Decimal(d, n)
			}
			p, _ := pow10(r.IntN(d.Precision + 1))
			if n, _ := p.Sub(FromInt64(1)); r.IntN(2) == 0 && FitsPrecision(n, d.Precision) {
				return Decimal(d, n.Neg())
			}
		}
	}
	bitsOf := func(bits int) int64 {
		i := int64(r.Uint64()) >> r.IntN(64)
		switch r.IntN(8) {
		case 0:
			i = math.MinInt64
		case 1:
			i = math.MaxInt64
		}
		return i >> (64 - bits)
	}
	switch p := t.(schema.Primitive); p {
	case schema.Boolean:
		return Bool(r.IntN(2) == 0)
	case schema.Byte:
		return Int(p, bitsOf(8))
	case schema.Short:
		return Int(p, bitsOf(16))
	case schema.Integer, schema.Date:
		return Int(p, bitsOf(32))
	case schema.Float:
		return Float(math.Float32frombits(uint32(bitsOf(32))))
	case schema.Double:
		return Double(math.Float64frombits(uint64(bitsOf(64))))
	case schema.String:
		runes := make([]rune, 1+r.IntN(10))
		for i := range runes {
			runes[i] = []rune{rune(r.IntN(0x80)), rune(r.IntN(0xD800)), rune(0xE000 + r.IntN(0x110000-0xE000))}[r.IntN(3)]
		}
		return String(string(runes))
	default:
		return Int(p, bitsOf(64))
	}
}

// equal is sameness, but for the bits of NaN.
func equal(a, b Value) bool {
	return same(a, b) || a.Type() == b.Type() && math.IsNaN(a.Float64()) && math.IsNaN(b.Float64()) && floating(a.Type())
}

func TestPartitionValuesRoundTrip(t *testing.T) {
	r := random(t)
	for _, typ := range scalarTypes {
		for range 5_000 {
			v := randomValue(r, typ)
			text, ok, err := v.PartitionString()
			if err != nil || !ok {
				t.Fatalf("%#v: %v, %v", v, ok, err)
			}
			if back, err := ParsePartition(typ, text, nil); err != nil || !equal(back, v) {
				t.Fatalf("%#v is %q, and that %#v, %v", v, text, back, err)
			}
		}
	}
}

func TestPartitionErrorsSayWhatWasRead(t *testing.T) {
	_, err := ParsePartition(schema.Long, strings.Repeat("x", 1000), nil)
	if err == nil || !strings.Contains(err.Error(), "bigint") || len(err.Error()) > 300 {
		t.Errorf("got %v", err)
	}
}

// fuzzTypes are picked by number.
var fuzzTypes = append([]schema.Type{schema.Binary, schema.Void, schema.Variant, &schema.Struct{}}, scalarTypes...)

func FuzzParsePartition(f *testing.F) {
	for i, text := range []string{"true", "-128", "1.0E20", "NaN", "2024-02-29", "2024-03-10T09:02:03.123456Z", "2024-03-10 02:30:00.5-08:00", "-0.001", `\u0001`} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, i uint8, text string) {
		typ := fuzzTypes[int(i)%len(fuzzTypes)]
		v, err := ParsePartition(typ, text, time.FixedZone("", 3600))
		if err != nil {
			return
		}
		if v.Type() != typ || v.IsNull() != (text == "") {
			t.Fatalf("%q as %v is %#v", text, typ, v)
		}
		written, ok, err := v.PartitionString()
		if err != nil || !ok {
			return // binaries, strings that are not UTF-8, nulls
		}
		if back, err := ParsePartition(typ, written, nil); err != nil || !equal(back, v) {
			t.Fatalf("%#v is %q, and that %#v, %v", v, written, back, err)
		}
	})
}
