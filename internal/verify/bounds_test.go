package verify

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// TestBoundsAreHeldAgainstWhatRowsHave: what is said, in the text of the log,
// against exact statistics.
func TestBoundsAreHeldAgainstWhatRowsHave(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		column string // a type
		said   string // the statistics, of the column c
		lo, hi value.Value
		nulls  int64 // of 4 rows
		want   string
	}{
		"equal":                          {"bigint", `"minValues":{"c":1},"maxValues":{"c":9},"nullCount":{"c":1}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, ""},
		"wide":                           {"bigint", `"minValues":{"c":0},"maxValues":{"c":10}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, ""},
		"nothing is said":                {"bigint", `"minValues":{}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, ""},
		"no row has a value":             {"bigint", `"minValues":{"c":7},"maxValues":{"c":7}`, value.Null(schema.Long), value.Null(schema.Long), 4, ""},
		"above":                          {"bigint", `"minValues":{"c":2}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 0, `the minimum of "c" is 2, and a row has 1`},
		"below":                          {"bigint", `"maxValues":{"c":8}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 0, `the maximum of "c" is 8, and a row has 9`},
		"bounds that cross":              {"bigint", `"minValues":{"c":9},"maxValues":{"c":1}`, value.Int(schema.Long, 5), value.Int(schema.Long, 5), 0, `the minimum of "c" is 9, and a row has 5; the maximum of "c" is 1, and a row has 5`},
		"a NaN that a writer named":      {"double", `"maxValues":{"c":"NaN"}`, value.Double(1), value.Double(2), 0, ""},
		"numbers below a minimum of NaN": {"double", `"minValues":{"c":"NaN"}`, value.Double(1), value.Double(2), 0, `the minimum of "c" is NaN, and a row has 1.0`},
		"zeros":                          {"double", `"minValues":{"c":0.0},"maxValues":{"c":-0.0}`, value.Double(math.Copysign(0, -1)), value.Double(0), 0, ""},
		"infinity":                       {"double", `"maxValues":{"c":1e308}`, value.Double(1), value.Double(math.Inf(1)), 0, `the maximum of "c" is 1.0E308, and a row has Infinity`},
		"milliseconds, cut down":         {"timestamp", `"maxValues":{"c":"2024-01-01T00:00:00.123Z"}`, value.Int(schema.Timestamp, 0), value.Int(schema.Timestamp, 1704067200_123_999), 0, ""},
		"a millisecond too few":          {"timestamp", `"maxValues":{"c":"2024-01-01T00:00:00.123Z"}`, value.Int(schema.Timestamp, 0), value.Int(schema.Timestamp, 1704067200_124_000), 0, `the maximum of "c" is 2024-01-01T00:00:00.123000Z, and a row has 2024-01-01T00:00:00.124000Z`},
		"a minimum has no margin":        {"timestamp", `"minValues":{"c":"2024-01-01T00:00:00.123Z"}`, value.Int(schema.Timestamp, 1704067200_122_999), value.Int(schema.Timestamp, 1704067200_200_000), 0, `the minimum of "c"`},
		"a decimal through float64":      {"decimal(20,2)", `"maxValues":{"c":12345678901234568.00}`, value.Decimal(schema.Decimal{Precision: 20, Scale: 2}, value.FromInt64(0)), value.Decimal(schema.Decimal{Precision: 20, Scale: 2}, value.FromInt64(12345678901234568_09)), 0, "with a margin"},
		"a null too many":                {"bigint", `"nullCount":{"c":1}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 2, `nullCount of "c" is 1, and 2 rows have null`},
		"not tight, and some":            {"bigint", `"tightBounds":false,"nullCount":{"c":2}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, ""},
		"not tight, and none":            {"bigint", `"tightBounds":false,"nullCount":{"c":0}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, `nullCount of "c" is 0`},
		"not tight, and all":             {"bigint", `"tightBounds":false,"nullCount":{"c":6}`, value.Int(schema.Long, 1), value.Int(schema.Long, 9), 1, `nullCount of "c" is 6`},
		"a NaN is no value of a bound":   {"double", `"maxValues":{"c":2}`, value.Double(1), value.Double(nan), 0, `and a row has NaN`}, // which Exact leaves out
	} {
		s, err := schema.ParseColumns("c " + c.column)
		if err != nil {
			t.Fatal(err)
		}
		said, err := stats.Parse(`{"numRecords":6,`+c.said+`}`, s)
		if err != nil {
			t.Fatal(name, err)
		}
		seen := stats.New(s, 4)
		seen.Set(stats.Column{Min: c.lo, Max: c.hi, NullCount: c.nulls}, "c")
		got := strings.Join(contradictions(s, said, seen), "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestAColumnThatWasFloatKeepsTheShortestTextOfOne, which is not its value as a
// double.
func TestAColumnThatWasFloatKeepsTheShortestTextOfOne(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "c", Type: schema.Double, Nullable: true,
		Metadata: schema.Metadata{"delta.typeChanges": []byte(`[{"fromType":"float","toType":"double"}]`)}}}}
	said, err := stats.Parse(`{"numRecords":1,"minValues":{"c":0.1},"maxValues":{"c":0.1}}`, s)
	if err != nil {
		t.Fatal(err)
	}
	seen := stats.New(s, 1)
	tenth := value.Double(float64(float32(0.1)))
	seen.Set(stats.Column{Min: tenth, Max: tenth, NullCount: 0}, "c")
	if got := contradictions(s, said, seen); len(got) > 0 {
		t.Error(got)
	}
	seen.Set(stats.Column{Min: tenth, Max: value.Double(0.11), NullCount: 0}, "c")
	if got := contradictions(s, said, seen); len(got) != 1 || !slices.ContainsFunc(got, func(d string) bool { return strings.Contains(d, "maximum") }) {
		t.Error(got)
	}
}
