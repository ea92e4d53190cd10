package skipping

import (
	"math"
	"strings"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// one is a source with one column.
type one map[string]Bounds

func (o one) Bounds(path []string) (Bounds, bool) {
	b, ok := o[strings.Join(path, ".")]
	return b, ok
}

func ints(low, high int64, nulls Nulls) Bounds {
	return Bounds{Min: value.Int(schema.Integer, low), Max: value.Int(schema.Integer, high), Nulls: nulls}
}

func doubles(low, high float64) Bounds {
	return Bounds{Min: value.Double(low), Max: value.Double(high), Nulls: NoNulls}
}

func texts(low, high string) Bounds {
	return Bounds{Min: value.String(low), Max: value.String(high), Nulls: NoNulls}
}

func TestBoundsDecidePredicates(t *testing.T) {
	inf := math.Inf(1)
	src := one{
		"i": ints(10, 20, NoNulls),                                                                   // no nulls
		"l": {Min: value.Int(schema.Long, 10), Max: value.Int(schema.Long, 20), Nulls: NullsUnknown}, // perhaps nulls
		"y": {Nulls: OnlyNulls},
		"g": doubles(1, 5), // statistics that may have left out NaN
		"r": {Min: value.Double(1), Max: value.Double(5), NaN: true, Nulls: NoNulls},
		"s": texts("abc", "abz"),
		"q": texts("x", "x"),
		"d": {Min: value.Int(schema.Date, 100), Max: value.Int(schema.Date, 200), Nulls: NoNulls},
		"b": {Min: value.Bool(true), Max: value.Bool(true), Nulls: NoNulls},
		"e": {Min: value.Decimal(schema.Decimal{Precision: 6, Scale: 2}, value.FromInt64(150)), Max: value.Null(schema.Decimal{Precision: 6, Scale: 2}), Nulls: NoNulls},
		"f": {Min: value.Float(float32(-inf)), Max: value.Float(float32(math.NaN())), Nulls: NoNulls},
		"p": {Min: value.Int(schema.Integer, 7), Max: value.Int(schema.Integer, 7), Nulls: NoNulls, NaN: true},
	}
	for _, c := range []struct {
		text string
		want Verdict
	}{
		{"i > 20", None}, {"i >= 20", Maybe}, {"i >= 10", All}, {"i < 10", None}, {"i <= 9", None}, {"i < 21", All},
		{"i = 15", Maybe}, {"i = 21", None}, {"i != 21", All}, {"i != 15", Maybe}, {"i <=> 21", None}, {"i <=> NULL", None},
		{"NOT i > 20", All}, {"NOT i >= 10", None}, {"i BETWEEN 21 AND 30", None}, {"i BETWEEN 5 AND 25", All},
		{"i IN (1, 2, 30)", None}, {"i IN (1, 15)", Maybe}, {"i NOT IN (1, 30)", All}, {"i NOT IN (1, NULL)", None}, {"i IN ()", None},
		{"p IN (1, 7)", All}, {"p IN (1, 7, NULL)", All}, {"p NOT IN (7, 8)", None},
		{"i IS NULL", None}, {"i IS NOT NULL", All}, {"l IS NULL", Maybe}, {"y IS NULL", All}, {"y IS NOT NULL", None},
		{"l >= 10", Maybe}, {"l < 10", None}, {"NOT l >= 10", None}, {"y = 1", None}, {"y = 1 OR i > 0", All}, {"y <=> NULL", All}, {"NOT y = 1", None},
		{"l IS NULL OR l >= 10", Maybe}, // each by itself proves nothing

		{"i > 20 OR i < 10", None}, {"i > 20 OR l > 0", Maybe}, {"i > 5 AND l < 0", None}, {"i > 5 AND i < 50", All},
		{"unknown.x > 1", Maybe}, {"unknown.x > 1 AND i > 20", None}, {"unknown.x > 1 OR i > 5", All}, {"i > 5 OR unknown.x > 1", All},
		{"NULL", None}, {"TRUE", All}, {"FALSE", None}, {"i > NULL", None},

		// NaN is greater than any number, and statistics may not show it.
		{"g > 5", Maybe}, {"g >= 6", Maybe}, {"g = 6", None}, {"g < 1", None}, {"g <= 0.5", None}, {"g < 6", Maybe}, {"g != 6", All},
		{"g != 3", Maybe}, {"NOT g < 6", Maybe}, {"NOT g > 0", None}, {"g = CAST('NaN' AS DOUBLE)", Maybe}, {"g BETWEEN 6 AND 9", None}, {"g > 5 AND g < 100", None},
		{"g IN (0, 6, 7)", None}, {"g IN (0, CAST('NaN' AS DOUBLE))", Maybe}, {"g >= 1", All}, {"g + 1 > 6", Maybe}, {"g + 1 < 2", None}, {"g < 6 OR g >= 6", All},
		{"r > 5", None}, {"r < 6", All}, {"r = CAST('NaN' AS DOUBLE)", None}, {"f > 1", Maybe}, {"f < 1", Maybe}, {"f = CAST('NaN' AS FLOAT)", Maybe},

		{"s < 'abc'", None}, {"s LIKE 'ab%'", All}, {"s LIKE 'ac%'", None}, {"s LIKE 'abd%'", Maybe}, {"s LIKE 'b%'", None}, {"s LIKE 'aa%'", None},
		{"s LIKE '%c'", Maybe}, {"s LIKE 'abq'", Maybe}, {"s LIKE 'b_'", None}, {"s NOT LIKE 'ab%'", None}, {"s LIKE 'ab%z'", Maybe}, {"s LIKE 'ac%z'", None},
		{"q LIKE '_'", All}, {"q LIKE 'y%'", None}, {"s = 'abcd'", Maybe}, {"q = 'x'", All}, {"s LIKE NULL", None},

		{"d > DATE '1970-07-20'", None}, {"d + 10 > DATE '1970-07-30'", None}, {"d + 10 > DATE '1970-07-01'", Maybe}, {"d - 1 < DATE '1970-04-10'", None},
		{"CAST(d AS TIMESTAMP) > TIMESTAMP '1970-07-20 00:00:00'", None}, {"d + 2147483647 < DATE '1970-01-01'", Maybe},
		{"b", All}, {"NOT b", None}, {"b = FALSE", None}, {"(i > 20) = FALSE", All}, {"(i > 20) IS NULL", None},
		{"e < 1.5", None}, {"e >= 1.5", All}, {"e > 100", Maybe}, {"e = 1.49", None},

		{"i + 1 > 21", None}, {"i - 10 < 0", None}, {"5 - i > 0", None}, {"-i > -10", None}, {"-i >= -20", All},
		{"CAST(i AS BIGINT) > 20", None}, {"CAST(i AS TINYINT) > 20", None}, {"CAST(i AS DOUBLE) < 10", None}, {"i < 9.5", None}, {"i > 9.5", All},
		{"CAST(q AS BINARY) = X'78'", All}, {"CAST(p AS STRING) = '7'", All}, {"p * 2 = 14", All}, {"p % 2 = 0", None}, {"10 / p > 1", All},

		// Functions that keep order, and choices.
		{"year(d) = 1971", None}, {"year(d) = 1970", All}, {"year(d) >= 1970 AND i > 5", All}, {"month(d) = 1", Maybe},
		{"date_add(d, 10) > DATE '1970-07-30'", None}, {"date_sub(d, 1) < DATE '1970-04-10'", None}, {"trunc(d, 'MONTH') < DATE '1970-04-01'", None},
		{"date_trunc('DAY', CAST(d AS TIMESTAMP)) > TIMESTAMP '1970-07-20 00:00:00Z'", None}, {"last_day(d) > DATE '1970-07-31'", None},
		{"floor(e) < 1", Maybe}, {"floor(r) > 5", Maybe}, {"round(r) = 7", None}, {"isnan(r)", None}, {"isnan(g)", Maybe}, {"NOT isnan(r)", All},
		{"left(s, 2) = 'ab'", All}, {"left(s, 1) > 'a'", None}, {"substring(s, 1, 2) = 'ac'", None}, {"substring(s, 2, 1) = 'c'", Maybe}, {"upper(s) = 'X'", Maybe},
		{"startswith(s, 'ac')", None}, {"startswith(s, 'ab')", All}, {"startswith(s, 'abd')", Maybe}, {"NOT startswith(s, 'ab')", None}, {"startswith(q, 'y')", None},
		{"coalesce(y, 5Y) = 5", All}, {"coalesce(l, 15L) < 10", None}, {"coalesce(l, 30L) > 20", Maybe}, {"coalesce(i, 1 / 0) > 5", All},
		{"greatest(i, 30) > 29", All}, {"least(i, 5) > 5", None}, {"greatest(l, 5L) IS NULL", None}, {"least(y, 3Y) = 3", All}, {"greatest(i, l) > 20", None},
		{"if(i > 5, 1, 2) = 2", None}, {"if(i > 15, 1, 2) = 3", None}, {"CASE WHEN i < 5 THEN 1 / 0 WHEN i > 5 THEN 1 END = 1", All}, {"CASE WHEN i > 15 THEN 1 END IS NULL", Maybe},
		{"nullif(i, 3) IS NULL", None}, {"nullif(i, 15) IS NULL", Maybe}, {"TRY_CAST(s AS INT) IS NULL", Maybe}, {"TRY_CAST(i AS TINYINT) > 20", Maybe},

		// Whether an error appears is not for pruning to decide.
		{"i > 20 AND 1 / 0 > 0", None}, {"1 / 0 > 0 AND i > 20", Maybe}, {"i > 5 OR 1 / 0 > 0", All}, {"i + 2147483640 < 0", Maybe}, {"i / 0 > 1", Maybe},
		{"CAST(s AS INT) > 1 AND i > 20", Maybe}, {"i > 20 AND CAST(s AS INT) > 1", None}, {"CAST(i * 100 AS TINYINT) < 0", Maybe}, {"i * 2 > 100", Maybe},
		{"l DIV 0 > 1", Maybe}, {"10 / p > 100", None}, {"1 / y > 0", None}, {"y > 0 AND 1 / 0 > 0", None}, {"NOT (y > 0 AND 1 / 0 > 0)", Maybe},
	} {
		s := *randomSchema
		s.Fields = append(append([]schema.Field{}, s.Fields...), schema.Field{Name: "unknown", Type: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Integer}}}})
		b, err := expr.SQL(c.text).Bind(&s, expr.Env{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := Decide(b.Root(), src); got != c.want {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
		}
	}
}

func text(s string) *string { return &s }

func TestFilesAreDecidedByPartitionValuesAndStatistics(t *testing.T) {
	add := &log.AddFile{
		PartitionValues: map[string]*string{"p": text("3"), "q": nil},
		Stats: `{"numRecords":10,"minValues":{"i":1,"g":0.5,"s":"b","t":"2024-03-10T01:02:03.123Z","o":{"x":4},"e":-1.5},
			"maxValues":{"i":9,"g":2.5,"s":"d","t":"2024-03-10T01:02:03.123Z","o":{"x":6},"e":12345.67},"nullCount":{"i":0,"g":0,"s":2,"t":0,"o":{"x":10},"d":10}}`,
	}
	for _, c := range []struct {
		text    string
		want    Verdict
		explain string
	}{
		{"p = 3", All, ""},
		{"p = 4", None, "p = 4: p is 3"},
		{"p = 4 AND s = 'c'", None, "p = 4: p is 3"},
		{"q IS NULL", All, ""},
		{"q = 'x'", None, "q = 'x': q is null"},
		{"r = 1", None, "r = 1D: r is null"},
		{"i > 9 AND p = 3", None, "i > 9: i is 1 to 9"},
		{"i <= 9", All, ""},
		{"i > 5 AND s > 'e'", None, "s > 'e': s is 'b' to 'd' or null"},
		{"s IS NULL", Maybe, ""},
		{"o.x > 100", None, "o.x > 100: o.x is null"},
		{"d = DATE '2024-01-01'", None, "d = DATE '2024-01-01': d is null"},
		{"l > 5", Maybe, ""},
		{"t > TIMESTAMP '2024-03-10 01:02:03.1235'", Maybe, ""}, // maxima are cut to milliseconds
		{"t > TIMESTAMP '2024-03-10 01:02:03.125'", None, "t > TIMESTAMP '2024-03-10 01:02:03.125Z': t is TIMESTAMP '2024-03-10 01:02:03.123Z' to TIMESTAMP '2024-03-10 01:02:03.124Z'"},
		{"g > 1e300", Maybe, ""},
		{"g < 0.5", None, "g < 0.5D: g is 0.5D to 2.5D"},
		{"e > 12345", Maybe, ""},
		{"i > 5 AND i < 3", Maybe, ""}, // true of no row, but no bound says so
	} {
		b := bind(t, c.text, nil)
		if b == nil {
			t.Fatal(c.text)
		}
		files := NewFiles(b, randomSchema, randomTable, schema.NoMapping, nil)
		if got := files.Decide(add); got != c.want {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
		}
		if got, _ := files.Decider().Explain(action{add}); got != c.explain {
			t.Errorf("%s: explained as %q, want %q", c.text, got, c.explain)
		}
	}
}

func TestStatisticsThatSayNothingProveNothing(t *testing.T) {
	for _, stats := range []string{"", "{}", "no json", `{"numRecords":3}`, `{"minValues":{"i":1},"maxValues":{"i":2}`,
		`{"numRecords":3,"maxValues":{"i":"two"}}`, `{"numRecords":3,"tightBounds":false,"nullCount":{"i":2}}`} {
		add := &log.AddFile{Stats: stats, PartitionValues: map[string]*string{"p": text("not a number")}}
		for _, predicate := range []string{"i > 5", "i IS NULL", "i IS NOT NULL", "p = 1", "NOT p = 1"} {
			if got := NewFiles(bind(t, predicate, nil), randomSchema, randomTable, schema.NoMapping, nil).Decide(add); got != Maybe {
				t.Errorf("%s with statistics %s: %v", predicate, stats, got)
			}
		}
	}
}

func TestColumnsAreKnownByTheirPhysicalNames(t *testing.T) {
	physical := func(name string) schema.Metadata {
		return schema.Metadata{"delta.columnMapping.physicalName": []byte(`"` + name + `"`)}
	}
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Integer, Metadata: physical("col-1")},
		{Name: "day", Type: schema.Date, Metadata: physical("col-2")},
		{Name: "o", Metadata: physical("col-3"), Type: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Integer, Metadata: physical("col-4")}}}},
	}}
	add := &log.AddFile{PartitionValues: map[string]*string{"col-2": text("2024-02-29")},
		Stats: `{"numRecords":1,"minValues":{"col-1":5,"col-3":{"col-4":8},"id":100},"maxValues":{"col-1":5,"col-3":{"col-4":8},"id":100},"nullCount":{"col-1":0,"col-3":{"col-4":0},"id":0}}`}
	md := &log.Metadata{PartitionColumns: []string{"day"}}
	for predicate, want := range map[string]Verdict{"id = 5": All, "ID > 5": None, "o.x = 8": All, "o.X < 8": None, "day = '2024-02-29'": All, "day > '2024-02-29'": None} {
		b, err := expr.SQL(predicate).Bind(s, expr.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := NewFiles(b, s, md, schema.NameMapping, nil).Decide(add); got != want {
			t.Errorf("%s: %v, want %v", predicate, got, want)
		}
	}
}

func TestPartitionValuesUnderOtherNamesSkipNothing(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Integer, Metadata: schema.Metadata{"delta.columnMapping.physicalName": []byte(`"other"`)}},
		{Name: "day", Type: schema.Date, Metadata: schema.Metadata{"delta.columnMapping.physicalName": []byte(`"col-2"`)}},
	}}
	md := &log.Metadata{PartitionColumns: []string{"day"}}
	stats := `{"numRecords":1,"minValues":{"id":5,"other":100},"maxValues":{"id":5,"other":100},"nullCount":{"id":0,"other":0}}`
	for key, verdicts := range map[string][]Verdict{ // of day = …-29, day > …-29, id = 5
		"day": {All, None, All},    // not "col-2": the table has no column mapping
		"Day": {Maybe, Maybe, All}, // reading a file finds the key whatever its case
		"dag": {None, None, All},   // no value is null
	} {
		add := &log.AddFile{PartitionValues: map[string]*string{key: text("2024-02-29")}, Stats: stats}
		for i, predicate := range []string{"day = '2024-02-29'", "day > '2024-02-29'", "id = 5"} {
			b, err := expr.SQL(predicate).Bind(s, expr.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if got := NewFiles(b, s, md, schema.NoMapping, nil).Decide(add); got != verdicts[i] {
				t.Errorf("key %s: %s: %v, want %v", key, predicate, got, verdicts[i])
			}
		}
	}
}

// filesBench is a decider, and adds that it skips by partition values and by
// statistics.
func filesBench(t testing.TB) (*FileDecider, map[string]File) {
	bound, err := expr.SQL("p = 3 AND i BETWEEN 20 AND 30 AND s = 'c' AND g < 0 AND d > DATE '2025-01-01'").Bind(randomSchema, expr.Env{})
	if err != nil {
		t.Fatal(err)
	}
	stats := `{"numRecords":10,"minValues":{"i":1,"g":0.5,"s":"b","d":"2024-02-02","t":"2024-02-02T10:00:00.000Z"},"maxValues":{"i":9,"g":2.5,"s":"d","d":"2024-02-03"},"nullCount":{"i":0,"g":0,"s":2}}`
	return NewFiles(bound, randomSchema, randomTable, schema.NoMapping, nil).Decider(), map[string]File{
		"partition":  action{&log.AddFile{PartitionValues: map[string]*string{"p": text("4")}, Stats: stats}},
		"statistics": action{&log.AddFile{PartitionValues: map[string]*string{"p": text("3")}, Stats: stats}},
	}
}

func TestDecidingAFileAllocatesNothing(t *testing.T) {
	d, files := filesBench(t)
	for name, f := range files {
		if n := testing.AllocsPerRun(100, func() { d.Decide(f) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkFiles(b *testing.B) {
	d, files := filesBench(b)
	for name, f := range files {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d.Decide(f) != None {
					b.Fatal("not skipped")
				}
			}
		})
	}
}
