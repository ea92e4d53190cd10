package partition

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func text(s string) *string { return &s }

func columns(t testing.TB, ddl string) []schema.Field {
	t.Helper()
	s, err := schema.ParseColumns(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s.Fields
}

func TestColumnsAreNamedAsTheLogHasThem(t *testing.T) {
	s, err := schema.Parse([]byte(`{"type":"struct","fields":[{"name":"x","type":"long"},
		{"name":"Day","type":"date","metadata":{"delta.columnMapping.physicalName":"col-7"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for mapping, want := range map[schema.Mapping]string{schema.NoMapping: "Day", schema.NameMapping: "col-7", schema.IDMapping: "col-7"} {
		got, err := Columns(s, []string{"day"}, mapping)
		if err != nil || len(got) != 1 || got[0].Name != want || got[0].Type != schema.Date {
			t.Errorf("mapping %v: got %v, %v", mapping, got, err)
		}
	}
	if s.Fields[1].Name != "Day" {
		t.Error("the schema was changed")
	}
	var invalid *schema.InvalidError
	if _, err := Columns(s, []string{"month"}, schema.NoMapping); !errors.As(err, &invalid) || invalid.Column != "month" {
		t.Errorf("got %v", err)
	}
}

func TestPartitionValuesAreTyped(t *testing.T) {
	cols := columns(t, "a int, b string, c timestamp, d decimal(5,2)")
	got, err := AppendValues(nil, map[string]*string{
		"A": text("5"), // another case
		"b": text(""),  // null for every type
		"c": text("2024-11-03 08:30:00.000000"),
		// d is missing
		"other": text("ignored"),
	}, cols, time.FixedZone("", -8*3600))
	if err != nil {
		t.Fatal(err)
	}
	want := []value.Value{value.Int(schema.Integer, 5), value.Null(schema.String), value.Int(schema.Timestamp, 1730651400000000), value.Null(schema.Decimal{Precision: 5, Scale: 2})}
	for i, v := range got {
		if v != want[i] {
			t.Errorf("%s: got %#v, want %#v", cols[i].Name, v, want[i])
		}
	}
	if got, err := AppendValues(nil, map[string]*string{"a": nil, "A": text("5")}, cols[:1], nil); err != nil || !got[0].IsNull() {
		t.Errorf("the exact key does not win: %#v, %v", got, err)
	}
	if got, err := AppendValues(nil, nil, nil, nil); err != nil || len(got) != 0 {
		t.Errorf("no columns: %v, %v", got, err)
	}
}

func TestBadPartitionValuesNameTheirColumn(t *testing.T) {
	for name, add := range map[string]map[string]*string{
		"text":      {"day": text("yesterday")},
		"ambiguous": {"DAY": text("2024-01-01"), "Day": text("2024-01-01")},
	} {
		_, err := AppendValues(nil, add, columns(t, "day date"), nil)
		if err == nil || !strings.Contains(err.Error(), `"day"`) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestMapWritesEveryColumn(t *testing.T) {
	cols := columns(t, "a bigint, b string, c string, d timestamp, e decimal(5,2), f double")
	got, err := Map(cols, []value.Value{
		value.Int(schema.Byte, 5), // widened
		value.String(""), value.Null(schema.String), value.Int(schema.Timestamp, 1), value.Int(schema.Integer, 3), value.Double(math.Inf(-1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*string{"a": text("5"), "b": nil, "c": nil, "d": text("1970-01-01T00:00:00.000001Z"), "e": text("3.00"), "f": text("-Infinity")}
	if len(got) != len(want) {
		t.Errorf("got %d keys", len(got))
	}
	for key, w := range want {
		if g, ok := got[key]; !ok || (g == nil) != (w == nil) || g != nil && *g != *w {
			t.Errorf("%s: got %v", key, g)
		}
	}
}

func TestMapRefusesWhatCannotBeReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		ddl string
		v   value.Value
	}{
		"binary":         {"p binary", value.Binary([]byte("x"))},
		"null binary":    {"p binary", value.Null(schema.Binary)},
		"invalid UTF-8":  {"p string", value.String("\xff")},
		"another type":   {"p date", value.String("2024-01-01")},
		"a lossy number": {"p tinyint", value.Int(schema.Long, 128)},
		"variant":        {"p variant", value.Null(schema.Variant)},
		"struct":         {"p struct<a:int>", value.Value{}},
	} {
		if got, err := Map(columns(t, c.ddl), []value.Value{c.v}); err == nil || !strings.Contains(err.Error(), `"p"`) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := Map(columns(t, "a int"), nil); err == nil {
		t.Error("fewer values than columns")
	}
	var refused *value.TypeError
	if _, err := Map(columns(t, "p binary"), []value.Value{value.Null(schema.Binary)}); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}

func TestMapAndValuesAreInverse(t *testing.T) {
	r := random(t)
	cols := columns(t, "a boolean, b tinyint, c smallint, d int, e bigint, f float, g double, h string, i date, j timestamp, k timestamp_ntz, l decimal(38,18)")
	for range 5_000 {
		values := []value.Value{
			value.Bool(r.IntN(2) == 0), value.Int(schema.Byte, int64(int8(r.Uint32()))), value.Int(schema.Short, int64(int16(r.Uint32()))), value.Int(schema.Integer, int64(int32(r.Uint32()))),
			value.Int(schema.Long, int64(r.Uint64())), value.Float(float32(r.NormFloat64())), value.Double(r.NormFloat64() * 1e200), value.String(string([]rune{rune(r.IntN(0xD800)), 'x'})),
			value.Int(schema.Date, int64(int32(r.Uint32()))), value.Int(schema.Timestamp, int64(r.Uint64())), value.Int(schema.TimestampNTZ, int64(r.Uint64())),
			value.Decimal(schema.Decimal{Precision: 38, Scale: 18}, value.FromInt64(int64(r.Uint64()))),
		}
		for i := range values {
			if r.IntN(10) == 0 {
				values[i] = value.Null(cols[i].Type)
			}
		}
		texts, err := Map(cols, values)
		if err != nil {
			t.Fatal(err)
		}
		back, err := AppendValues(nil, texts, cols, time.FixedZone("", 3600)) // no text depends on the zone
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if back[i] != v {
				t.Fatalf("%s: %#v became %#v", cols[i].Name, v, back[i])
			}
		}
	}
}

func BenchmarkValues(b *testing.B) {
	cols := columns(b, "day date, city string")
	add := map[string]*string{"day": text("2024-02-29"), "city": text("Tromsø")}
	var dst []value.Value
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = AppendValues(dst[:0], add, cols, nil); err != nil {
			b.Fatal(err)
		}
	}
}
