package value

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/foreset/foreset/schema"
)

func TestStatisticsAreSparks(t *testing.T) {
	// Measured with Spark 4.2 and Delta 4.4.
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Bool(true), `true`}, {Int(schema.Long, math.MaxInt64), `9223372036854775807`}, {Int(schema.Byte, -1), `-1`},
		{Double(1e20), `1.0E20`}, {Double(1e-5), `1.0E-5`}, {Double(math.NaN()), `"NaN"`}, {Double(math.Inf(1)), `"Infinity"`}, {Float(float32(math.Inf(-1))), `"-Infinity"`}, {Float(0.1), `0.1`},
		{decimal(t, dec38, "12345678901234567890.123456789012345678"), `12345678901234567890.123456789012345678`}, {Decimal(dec5, FromInt64(-1)), `-0.01`},
		{String("a\"\\\n\x01<é\u2028😀"), `"a\"\\\n\u0001<é` + "\u2028" + `😀"`},
		{Int(schema.Date, 19782), `"2024-02-29"`},
		{Int(schema.Timestamp, 1710061323123999), `"2024-03-10T09:02:03.123Z"`}, {Int(schema.Timestamp, -1), `"1969-12-31T23:59:59.999Z"`},
		{Int(schema.TimestampNTZ, 1710037800123456), `"2024-03-10T02:30:00.123"`},
		{Null(schema.Long), `null`}, {Binary([]byte("x")), `null`}, {Value{}, `null`}, {String("\xff"), `"` + "\uFFFD" + `"`},
	} {
		if got := string(c.v.AppendJSON([]byte("x"))); got != "x"+c.want || !json.Valid([]byte(got[1:])) {
			t.Errorf("%#v: got %s, want %s", c.v, got, c.want)
		}
	}
}

func TestStatisticsAreReadExactly(t *testing.T) {
	for _, c := range []struct {
		typ  schema.Type
		text string
		want Value
	}{
		{schema.Long, `9007199254740993`, Int(schema.Long, 9007199254740993)}, {schema.Long, ` -9223372036854775808 `, Int(schema.Long, math.MinInt64)},
		{schema.Integer, `1.0`, Int(schema.Integer, 1)}, {schema.Integer, `"12"`, Int(schema.Integer, 12)},
		{dec38, `12345678901234567890.123456789012345678`, decimal(t, dec38, "12345678901234567890.123456789012345678")},
		{dec38, `-1E-18`, Decimal(dec38, FromInt64(-1))}, {dec38, `0E-10`, Decimal(dec38, Int128{})}, {dec38, `-4.614771000E-9`, Decimal(dec38, FromInt64(-4614771000))}, {dec38, `1.2345678901234567e+19`, decimal(t, dec38, "12345678901234567000")}, {dec38, `"1.5"`, decimal(t, dec38, "1.5")},
		{schema.Double, `1.0E20`, Double(1e20)}, {schema.Double, `"NaN"`, Double(math.NaN())}, {schema.Double, `"Infinity"`, Double(math.Inf(1))}, {schema.Float, `"-Infinity"`, Float(float32(math.Inf(-1)))},
		{schema.Float, `0.1`, Float(0.1)}, {schema.Double, `12`, Double(12)},
		{schema.String, `"a\u00e9\ud83d\ude00"`, String("aé😀")}, {schema.String, `""`, String("")}, {schema.String, `"é"`, String("é")},
		{schema.Boolean, `true`, Bool(true)}, {schema.Boolean, `false`, Bool(false)},
		{schema.Date, `"2024-02-29"`, Int(schema.Date, 19782)},
		{schema.Timestamp, `"2024-03-10T01:02:03.123-08:00"`, Int(schema.Timestamp, 1710061323123000)}, {schema.Timestamp, `"2024-03-10T09:02:03.123Z"`, Int(schema.Timestamp, 1710061323123000)},
		{schema.Timestamp, `"2024-03-10T00:00:00Z"`, Int(schema.Timestamp, 1710028800000000)}, {schema.Timestamp, `"2024-03-10T00:00:00.123456789+00:00"`, Int(schema.Timestamp, 1710028800123456)},
		{schema.TimestampNTZ, `"2024-03-10T02:30:00.123"`, Int(schema.TimestampNTZ, 1710037800123000)}, {schema.TimestampNTZ, `"2024-03-10 02:30:00.500"`, Int(schema.TimestampNTZ, 1710037800500000)},
		{schema.TimestampNTZ, `"2024-01-01"`, Int(schema.TimestampNTZ, 1704067200000000)},
		{schema.Long, `null`, Null(schema.Long)}, {schema.Void, `null`, Null(schema.Void)},
	} {
		got, err := ParseJSON(c.typ, c.text)
		if err != nil || !equal(got, c.want) {
			t.Errorf("%s as %v: got %#v, %v, want %#v", c.text, c.typ, got, err, c.want)
		}
	}
}

func TestStatisticsThatBoundNothingAreRefused(t *testing.T) {
	for _, c := range []struct {
		typ  schema.Type
		text string
	}{
		{schema.Long, ``}, {schema.Long, `"`}, {schema.Long, `1.5`}, {schema.Long, `true`}, {schema.Long, `{}`}, {schema.Byte, `128`}, {schema.Long, `9223372036854775808`},
		{dec5, `0.30000000000000004`}, {dec5, `1e300`}, {schema.Double, `1e400`}, {schema.Double, `true`}, {schema.Boolean, `1`}, {schema.Boolean, `"true"`},
		{schema.String, `x`}, {schema.String, `"`}, {schema.String, `"a"b"`}, {schema.String, `"\x"`}, {schema.String, "\"\x01\""}, {schema.String, `12`},
		{schema.Date, `19782`}, {schema.Timestamp, `1710061323`}, {schema.Timestamp, `"2024-03-10 09:02:03"`}, {schema.TimestampNTZ, `0`}, {schema.Void, `1`},
	} {
		if got, err := ParseJSON(c.typ, c.text); err == nil {
			t.Errorf("%s as %v: got %#v", c.text, c.typ, got)
		}
	}
	for _, typ := range []schema.Type{nil, schema.Binary, schema.Variant, schema.Interval{}, &schema.Struct{}} {
		var refused *TypeError
		if got, err := ParseJSON(typ, `null`); !errors.As(err, &refused) {
			t.Errorf("%v: got %#v, %v", typ, got, err)
		}
	}
}

func TestStatisticsRoundTrip(t *testing.T) {
	r := random(t)
	for _, typ := range scalarTypes {
		for range 5_000 {
			v := randomValue(r, typ)
			text := v.AppendJSON(nil)
			if !json.Valid(text) {
				t.Fatalf("%#v is %s", v, text)
			}
			want := v
			if p := typ; p == schema.Timestamp || p == schema.TimestampNTZ {
				if v.Int64() < math.MinInt64+1000 {
					continue // its floor is out of range
				}
				want = Int(p.(schema.Primitive), FloorDiv(v.Int64(), 1000)*1000)
			}
			if back, err := ParseJSON(typ, string(text)); err != nil || !equal(back, want) {
				t.Fatalf("%#v is %s, and that %#v, %v", v, text, back, err)
			}
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	for i, text := range []string{`true`, `-128`, `1.0E20`, `"NaN"`, `"2024-02-29"`, `"2024-03-10T01:02:03.123-08:00"`, `"\ud83d"`, `-1E-18`, `null`} {
		f.Add(uint8(i), []byte(text))
	}
	f.Fuzz(func(t *testing.T, i uint8, text []byte) {
		typ := fuzzTypes[int(i)%len(fuzzTypes)]
		v, err := ParseJSON(typ, string(text))
		if err != nil {
			return
		}
		written := v.AppendJSON(nil)
		if v.Type() != typ || !json.Valid(written) {
			t.Fatalf("%s as %v is %#v, written %s", text, typ, v, written)
		}
		if typ == schema.Timestamp || typ == schema.TimestampNTZ {
			return // floored
		}
		if back, err := ParseJSON(typ, string(written)); err != nil || !equal(back, v) {
			t.Fatalf("%#v is %s, and that %#v, %v", v, written, back, err)
		}
	})
}
