package stats

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func field(name string, t schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true}
}

func one(t schema.Type) *schema.Struct {
	return &schema.Struct{Fields: []schema.Field{field("c", t)}}
}

func micros(t schema.Primitive, us int64) value.Value { return value.Int(t, us) }

func decimal(p, s int, unscaled string) value.Value {
	n, ok := parseDecimal(unscaled, 0, false)
	if !ok {
		panic(unscaled)
	}
	return value.Decimal(schema.Decimal{Precision: p, Scale: s}, n)
}

func equal(a, b value.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	order, ok := value.Compare(a, b)
	return ok && order == 0
}

func TestBoundsAreReadAsWidelyAsTheirWritersNeed(t *testing.T) {
	const second = 1_000_000
	noon := int64(1_710_061_323_123_000) // 2024-03-10T09:02:03.123Z
	double := func(x float64) value.Value { return value.Double(x) }
	none := value.Value{}
	for _, c := range []struct {
		name     string
		typ      schema.Type
		min, max string // JSON
		lo, hi   value.Value
	}{
		{"integers of 64 bits are exact", schema.Long, "-9223372036854775808", "9223372036854775807", value.Int(schema.Long, math.MinInt64), value.Int(schema.Long, math.MaxInt64)},
		{"an integer out of range is unknown", schema.Byte, "-129", "127", none, value.Int(schema.Byte, 127)},
		{"a maximum of a timestamp gains a millisecond", schema.Timestamp, `"2024-03-10T01:02:03.123-08:00"`, `"2024-03-10T09:02:03.123Z"`, micros(schema.Timestamp, noon), micros(schema.Timestamp, noon+1000)},
		{"so does a wall clock's, with T", schema.TimestampNTZ, `"2024-03-10T09:02:03.123"`, `"2024-03-10T09:02:03.123"`, micros(schema.TimestampNTZ, noon), micros(schema.TimestampNTZ, noon+1000)},
		{"or with a space", schema.TimestampNTZ, `"2024-03-10 09:02:03.123"`, `"2024-03-10 09:02:03"`, none, none}, // min > max
		{"a date bounds a wall clock", schema.TimestampNTZ, `"1970-01-02"`, `"1970-01-03"`, micros(schema.TimestampNTZ, 86400*second), micros(schema.TimestampNTZ, 2*86400*second+1000)},
		{"seconds of old offsets may be lost", schema.Timestamp, `"1970-01-01T00:00:00.000Z"`, `"1970-01-01T00:00:01.000Z"`, micros(schema.Timestamp, -59*second), micros(schema.Timestamp, 60*second+1000)},
		{"dates", schema.Date, `"1969-12-31"`, `"2024-02-29"`, value.Int(schema.Date, -1), value.Int(schema.Date, 19782)},
		{"NaN is a maximum", schema.Double, `1.0E20`, `"NaN"`, double(1e20), double(math.NaN())},
		{"infinities", schema.Double, `"-Infinity"`, `"Infinity"`, double(math.Inf(-1)), double(math.Inf(1))},
		{"a float as float64 text", schema.Float, `0.1`, `0.10000000149011612`, value.Float(0.1), value.Float(0.1)},
		{"an integer bounds a double", schema.Double, `1`, `2`, double(1), double(2)},
		{"a null bound is unknown", schema.Double, `null`, `2`, none, double(2)},
		{"Go's spellings are not JSON's", schema.Double, `inf`, `0x1p3`, none, none},
		{"short decimals are exact", schema.Decimal{Precision: 15, Scale: 2}, `-1.5`, `1E+1`, decimal(15, 2, "-150"), decimal(15, 2, "1000")},
		{"an integer bounds a decimal", schema.Decimal{Precision: 12, Scale: 2}, `7`, `7`, decimal(12, 2, "700"), decimal(12, 2, "700")},
		{"digits beyond the scale round outwards", schema.Decimal{Precision: 10, Scale: 1}, `0.19`, `0.11`, decimal(10, 1, "1"), decimal(10, 1, "2")},
		{"and outwards below zero", schema.Decimal{Precision: 10, Scale: 1}, `-0.11`, `-0.19`, decimal(10, 1, "-2"), decimal(10, 1, "-1")},
		{"an absurd exponent is unknown", schema.Decimal{Precision: 10, Scale: 1}, `1e999999999`, `1e38`, none, none},
		{"strings", schema.String, `"a\u00e9\ud83d\ude00"`, `"b\n\"\\\/"`, value.String("aé😀"), value.String("b\n\"\\/")},
		{"half a character is unknown", schema.String, `"a\ud83d"`, `"b\ude00"`, none, none},
		{"so is what a writer could not decode", schema.String, `"a\ufffd"`, `"b"`, none, value.String("b")},
		{"a minimum above the maximum makes both unknown", schema.Long, `2`, `1`, none, none},
		{"an object where a scalar belongs is unknown", schema.Long, `{"x":[1,"}"]}`, `1`, none, value.Int(schema.Long, 1)},
		{"booleans", schema.Boolean, `false`, `true`, value.Bool(false), value.Bool(true)},
		{"binaries have no bounds", schema.Binary, `"a"`, `"b"`, none, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse(`{"numRecords":3,"minValues":{"c":`+c.min+`},"maxValues":{"c":`+c.max+`},"nullCount":{"c":1}}`, one(c.typ))
			if err != nil {
				t.Fatal(err)
			}
			got, ok := f.Column("c")
			if !ok || !equal(got.Min, c.lo) || !equal(got.Max, c.hi) || got.NullCount != 1 {
				t.Errorf("got %#v to %#v with %d nulls, want %#v to %#v with 1", got.Min, got.Max, got.NullCount, c.lo, c.hi)
			}
		})
	}
}

// delta-rs writes decimals as float64(unscaled) / 10^scale; with its text
// taken as exact, Spark skipped a file that held the row it looked for.
func TestEdgeD74DecimalBoundsThatWentThroughFloat64StillEnclose(t *testing.T) {
	typ := schema.Decimal{Precision: 38, Scale: 18}
	truth := decimal(38, 18, "12345678901234567890123456789012345678")
	for _, text := range []string{"1.2345678901234567e+19", "12345678901234567000", "1.2345678901234569e19"} {
		f, err := Parse(`{"minValues":{"c":`+text+`},"maxValues":{"c":`+text+`}}`, one(typ))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := f.Column("c")
		if lo, _ := value.Compare(got.Min, truth); lo > 0 {
			t.Errorf("%s: minimum %#v is above %#v", text, got.Min, truth)
		}
		if hi, _ := value.Compare(got.Max, truth); hi < 0 {
			t.Errorf("%s: maximum %#v is below %#v", text, got.Max, truth)
		}
	}
}

func TestBoundsOfAFloatThatBecameADoubleEncloseItsValues(t *testing.T) {
	s := one(schema.Double)
	s.Fields[0].Metadata = schema.Metadata{"delta.typeChanges": json.RawMessage(`[{"toType":"double","fromType":"float"}]`)}
	f, err := Parse(`{"minValues":{"c":0.3},"maxValues":{"c":0.1}}`, s)
	if err != nil {
		t.Fatal(err)
	}
	f.Set(Column{Min: value.Double(-0.1), Max: value.Double(0.1), NullCount: -1}, "c")
	got, _ := f.Column("c")
	if got.Max.Float64() < float64(float32(0.1)) || got.Min.Float64() > -float64(float32(0.1)) {
		t.Errorf("got %#v to %#v", got.Min, got.Max)
	}
}

func TestEdgeD82WideBoundsLeaveOnlyTheNullCountsNoneAndAll(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{`{"numRecords":10,"nullCount":{"c":3},"tightBounds":false}`, -1},
		{`{"numRecords":10,"nullCount":{"c":0},"tightBounds":false}`, 0},
		{`{"numRecords":10,"nullCount":{"c":10},"tightBounds":false}`, 10},
		{`{"numRecords":10,"nullCount":{"c":3},"tightBounds":true}`, 3},
		{`{"numRecords":10,"nullCount":{"c":3}}`, 3},
		{`{"numRecords":10,"nullCount":{"c":11}}`, -1},
		{`{"numRecords":10,"nullCount":{"c":-1}}`, -1},
		{`{"numRecords":10,"nullCount":{"c":1.5}}`, -1},
		{`{"nullCount":{"c":3}}`, 3},
	} {
		f, err := Parse(c.text, one(schema.Long))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := f.Column("c"); got.NullCount != c.want {
			t.Errorf("%s: null count %d, want %d", c.text, got.NullCount, c.want)
		}
	}
}

func TestNestedColumnsAndMissingOnes(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		field("a", &schema.Struct{Fields: []schema.Field{field("b", schema.Long), field("x", schema.Long)}}),
		field("l", &schema.Array{Element: schema.Long}),
	}}
	f, err := Parse(` { "numRecords" : 4 , "unknown":[{"a":1},"]"], "minValues":{"a":{"b":1,"other":{"deep":[]}},"gone":2},"maxValues":{},"nullCount":{"a":{"b":0},"l":2}} `, s)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := f.Column("a", "b")
	if !equal(b.Min, value.Int(schema.Long, 1)) || !b.Max.IsNull() || b.NullCount != 0 {
		t.Errorf("a.b is %+v", b)
	}
	if x, ok := f.Column("a", "x"); !ok || !x.Min.IsNull() || x.NullCount != -1 {
		t.Errorf("a.x is %+v", x)
	}
	if l, ok := f.Column("l"); !ok || l.NullCount != 2 {
		t.Errorf("l is %+v", l)
	}
	for _, path := range [][]string{{"a"}, {"gone"}, {"a", "b", "c"}, {"a", "z"}, {}} {
		if _, ok := f.Column(path...); ok {
			t.Errorf("%v was found", path)
		}
	}
}

func TestTextThatIsNotAnObjectIsRefused(t *testing.T) {
	for _, text := range []string{"", " ", "null", "[]", `{"numRecords":3`, `{"numRecords"}`, `{"numRecords":3}x`, `{"a":[1}`, `{"a":]}`, `{a:1}`, `{"a":"x}`, `{"\ud800":1}`, `{"a":1,}`, `{"a":,}`} {
		if f, err := Parse(text, one(schema.Long)); err == nil {
			t.Errorf("%q gave %+v", text, f)
		}
	}
}

func TestNumRecordsIsFoundWithoutTheRest(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int64
		ok   bool
	}{
		{`{"numRecords":3,"minValues":broken`, 3, true},
		{`{"minValues":{"numRecords":9},"numRecords":3}`, 3, true},
		{`{"minValues":{}}`, 0, false},
		{`{"numRecords":-1}`, 0, false},
		{`{"numRecords":"3"}`, 0, false},
		{``, 0, false},
	} {
		if n, ok := NumRecords(c.text); ok != c.ok || ok && n != c.n {
			t.Errorf("%s gave %d, %v", c.text, n, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	s := &schema.Struct{Fields: []schema.Field{
		field("l", schema.Long), field("s", schema.String), field("d", schema.Double),
		field("n", schema.Decimal{Precision: 38, Scale: 18}), field("t", schema.Timestamp),
		field("o", &schema.Struct{Fields: []schema.Field{field("z", schema.TimestampNTZ)}}),
	}}
	f.Add(`{"numRecords":3,"minValues":{"l":1,"s":"a","d":-0.0,"n":1E-18,"t":"2024-03-10T01:02:03.123-08:00","o":{"z":"2024-03-10"}},"maxValues":{"s":"\ud83d\ude00"},"nullCount":{"l":0,"o":{"z":1}},"tightBounds":false}`)
	f.Add(`{"minValues":{"n":1.2345678901234567e+19,"d":"NaN"}}`)
	f.Add(`{"a":{"b":[{"c":"\\\""}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text, s)
		if n, ok := NumRecords(text); ok && err == nil && got.NumRecords < 0 {
			t.Errorf("NumRecords gave %d, Parse gave none", n)
		}
		if err != nil {
			return
		}
		for _, path := range leafPaths(s, nil) {
			got.Column(path...)
		}
		again, err := Parse(got.JSON(), s)
		if err != nil {
			t.Fatalf("%s: %v", got.JSON(), err)
		}
		if again.JSON() != got.JSON() {
			t.Errorf("%s became %s", got.JSON(), again.JSON())
		}
	})
}

// TestBoundsOfManyFilesEncloseThoseOfEach: what is concluded from the least of
// many minima, and the greatest of many maxima, is no narrower than what is
// concluded from any of them.
func TestBoundsOfManyFilesEncloseThoseOfEach(t *testing.T) {
	const millisecond, year = 1000, 365 * 86_400_000_000
	a32 := strings.Repeat("a", 32)
	texts := []string{"", "a", "z", "é", "a\u00e9", a32, a32 + "b", a32[:31], a32[:31] + "b", a32[:31] + "\U0010FFFF", a32 + "\U0010FFFF", "a\uFFFD", "a\U0001F600", "b", "\U0010FFFF"}
	values := map[schema.Type][]value.Value{
		schema.Double: {value.Double(-1), value.Double(math.NaN()), value.Double(7)},
		schema.Float:  {value.Float(-1), value.Float(2)},
		schema.Long:   {value.Int(schema.Long, math.MinInt64), value.Int(schema.Long, -1), value.Int(schema.Long, math.MaxInt64)},
		schema.Date:   {value.Int(schema.Date, -800_000), value.Int(schema.Date, 0), value.Int(schema.Date, 20_000)},
	}
	for _, s := range texts {
		values[schema.String] = append(values[schema.String], value.String(s))
	}
	for _, us := range []int64{-70 * year, -millisecond, 2*year - 60_000_000, 2*year - 1, 2 * year, 2*year + 30_000_000, 2*year + 70_000_000, 50 * year} {
		values[schema.Timestamp] = append(values[schema.Timestamp], value.Int(schema.Timestamp, us))
		values[schema.TimestampNTZ] = append(values[schema.TimestampNTZ], value.Int(schema.TimestampNTZ, us))
	}
	wide := schema.Decimal{Precision: 38, Scale: 2}
	for _, unscaled := range []string{"-99999999999999999999999999999999999998", "-12345678901234567", "0", "1", "12345678901234567", "12345678901234568", "99999999999999999999999999999999999998"} {
		values[wide] = append(values[wide], decimal(38, 2, unscaled))
	}
	text := func(v value.Value) string {
		b := string(v.AppendJSON(nil))
		return `{"minValues":{"c":` + b + `},"maxValues":{"c":` + b + `}}`
	}
	parse := func(p *Parser, v value.Value) Column {
		f, err := p.Parse(text(v))
		if err != nil {
			t.Fatal(err)
		}
		c, _ := f.Column("c")
		if lost := strings.IndexRune(v.Text(), '\uFFFD'); lost >= 0 && c.Min.IsNull() { // the byte there is none of ASCII
			c.Min, c.Max = value.String(v.Text()[:lost]+"\x80"), value.String(v.Text()[:lost]+"\xff")
		}
		return c
	}
	for typ, of := range values {
		each := NewParser(one(typ), 0)
		manyOf := func(v value.Value) Column {
			f, err := NewManyParser(one(typ), 0).Parse(ofMany(typ, text(v)))
			if err != nil {
				t.Fatal(err)
			}
			c, _ := f.Column("c")
			return c
		}
		for _, v := range of {
			for _, other := range of {
				lo, hi := v, other // v is the least and other the greatest of the two, or they are not taken
				if order, ok := value.Compare(lo, hi); !ok || order > 0 {
					continue
				}
				least, greatest := manyOf(lo).Min, manyOf(hi).Max
				for _, file := range []value.Value{lo, hi} {
					c := parse(each, file)
					if order, ok := value.Compare(least, c.Min); !least.IsNull() && (!ok || order > 0) {
						t.Errorf("%v: the minimum %#v of %#v and %#v is above %#v of one of them", typ, least, lo, hi, c.Min)
					}
					if order, ok := value.Compare(greatest, c.Max); !greatest.IsNull() && (!ok || order < 0) {
						t.Errorf("%v: the maximum %#v of %#v and %#v is below %#v of one of them", typ, greatest, lo, hi, c.Max)
					}
				}
			}
		}
	}
}

// ofMany renames the bounds of strings.
func ofMany(typ schema.Type, text string) string {
	if typ != schema.String {
		return text
	}
	return strings.NewReplacer("minValues", "minTexts", "maxValues", "maxTexts").Replace(text)
}

func TestBoundsOfManyFilesAreKeptWhereTheyCanBe(t *testing.T) {
	for typ, v := range map[schema.Type]value.Value{
		schema.Long: value.Int(schema.Long, 5), schema.String: value.String("abc"), schema.Date: value.Int(schema.Date, 3),
		schema.Timestamp: value.Int(schema.Timestamp, 1<<50), schema.Decimal{Precision: 10, Scale: 2}: decimal(10, 2, "17"),
	} {
		b := string(v.AppendJSON(nil))
		f, err := NewManyParser(one(typ), 0).Parse(ofMany(typ, `{"minValues":{"c":`+b+`},"maxValues":{"c":`+b+`},"nullCount":{"c":0}}`))
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := f.Column("c"); c.Min.IsNull() || c.Max.IsNull() || c.NullCount != 0 {
			t.Errorf("%v: %+v", typ, c)
		}
	}
}
