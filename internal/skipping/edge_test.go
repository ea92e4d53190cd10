package skipping

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// verdicts decides a file whose column c has a type and these statistics.
func verdicts(t *testing.T, typ schema.Type, text string, want map[string]Verdict) {
	t.Helper()
	s := &schema.Struct{Fields: []schema.Field{{Name: "c", Type: typ, Nullable: true}}}
	for where, want := range want {
		b, err := expr.SQL(where).Bind(s, expr.Env{})
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if got := NewFiles(b, s, &log.Metadata{}, schema.NoMapping, nil).Decide(&log.AddFile{Stats: text}); got != want {
			t.Errorf("%s of a file with %s: %v, want %v", where, text, got, want)
		}
	}
}

// bounded is the statistics of three rows without nulls.
func bounded(low, high string) string {
	return `{"numRecords":3,"minValues":{"c":` + low + `},"maxValues":{"c":` + high + `},"nullCount":{"c":0}}`
}

func TestEdgeD70TheMaximumOfATimestampIsAMillisecondMore(t *testing.T) {
	for _, c := range []struct {
		typ           schema.Primitive
		literal, zone string
	}{{schema.Timestamp, "TIMESTAMP '2024-03-10 01:02:03.%Z'", "Z"}, {schema.TimestampNTZ, "TIMESTAMP_NTZ '2024-03-10 01:02:03.%'", ""}} {
		at := func(fraction string) string { return "c > " + strings.Replace(c.literal, "%", fraction, 1) }
		verdicts(t, c.typ, bounded(`"2024-03-10T01:02:03.000`+c.zone+`"`, `"2024-03-10T01:02:03.123`+c.zone+`"`), map[string]Verdict{
			at("1235"): Maybe, at("123999"): Maybe, at("124"): None, at("122"): Maybe,
		})
	}
}

func TestEdgeD71AMinimumBeforeTheEpochIsRoundedDown(t *testing.T) {
	// …59.999999 is stored as …59.999 and not as the midnight after it.
	b := stats.New(&schema.Struct{Fields: []schema.Field{{Name: "c", Type: schema.Timestamp, Nullable: true}}}, 1)
	b.Set(stats.Column{Min: value.Int(schema.Timestamp, -1), Max: value.Int(schema.Timestamp, -1)}, "c")
	if text := b.JSON(); !strings.Contains(text, `"minValues":{"c":"1969-12-31T23:59:59.999Z"}`) {
		t.Errorf("it is written as %s", text)
	}
	verdicts(t, schema.Timestamp, bounded(`"1969-12-31T23:59:59.999Z"`, `"1969-12-31T23:59:59.999Z"`), map[string]Verdict{
		"c < TIMESTAMP '1970-01-01 00:00:00Z'": Maybe, "c = TIMESTAMP '1969-12-31 23:59:59.999999Z'": Maybe, "c < TIMESTAMP '1969-12-31 23:58:00Z'": None, // old offsets have seconds, which text can lose
	})
}

func TestEdgeD72TimestampsWithOffsetsAreInstants(t *testing.T) {
	verdicts(t, schema.Timestamp, bounded(`"2024-03-10T01:02:03.123-08:00"`, `"2024-03-10T10:02:03.123+01:00"`), map[string]Verdict{
		"c >= TIMESTAMP '2024-03-10 09:02:03.123Z'": All, "c < TIMESTAMP '2024-03-10 09:02:03.123Z'": None, "c = TIMESTAMP '2024-03-10 01:02:03.123Z'": None,
	})
}

func TestEdgeD73WallClocksAreReadWithTAndWithASpace(t *testing.T) {
	for _, between := range []string{"T", " "} {
		verdicts(t, schema.TimestampNTZ, bounded(`"2024-03-10`+between+`02:30:00.500"`, `"2024-03-10`+between+`02:30:00.500"`), map[string]Verdict{
			"c >= TIMESTAMP_NTZ '2024-03-10 02:30:00.500'": All, "c < TIMESTAMP_NTZ '2024-03-10 02:30:00.500'": None, "c > TIMESTAMP_NTZ '2024-03-10 02:30:00.501'": None,
		})
	}
}

func TestEdgeD74DecimalBoundsAreExactAndThoseOfFloatsAreWide(t *testing.T) {
	typ := schema.Decimal{Precision: 38, Scale: 18}
	// Text of more than 15 digits may have gone through a float64, so that bounds
	// are a little wider than they say; shorter text is exact.
	verdicts(t, typ, bounded(`-1E-18`, `12345678901234567890.123456789012345678`), map[string]Verdict{
		"c <= -0.000000000000000001BD": Maybe, "c < -0.0000000000000001BD": None,
		"c >= 12345678901234567890.123456789012345678BD": Maybe, "c > 12345678901235000000BD": None,
		"c BETWEEN -1BD AND 12345678901235000000BD": All,
	})
	verdicts(t, schema.Decimal{Precision: 15, Scale: 14}, bounded(`-1E-14`, `9.99999999999999`), map[string]Verdict{
		"c < -0.00000000000001BD": None, "c <= -0.00000000000001BD": Maybe, "c > 9.99999999999999BD": None, "c >= 9.99999999999999BD": Maybe,
		"c BETWEEN -0.00000000000001BD AND 9.99999999999999BD": All,
	})
	// delta-rs writes a maximum that is below the true one: Spark found nothing.
	verdicts(t, typ, bounded(`1.2345678901234567e+19`, `1.2345678901234567e+19`), map[string]Verdict{
		"c >= 12345678901234567890.123456789012345678BD": Maybe, "c > 99999999999999999999BD": None,
	})
}

func TestEdgeD75NaNIsNeitherSkippedNorSkippedBy(t *testing.T) {
	nan := "CAST('NaN' AS DOUBLE)"
	verdicts(t, schema.Double, bounded(`1.0`, `"NaN"`), map[string]Verdict{ // Spark: NaN is the maximum
		"c > 1e300": Maybe, "c = " + nan: Maybe, "isnan(c)": Maybe, "c < 1": None,
	})
	verdicts(t, schema.Double, bounded(`1.0`, `5.0`), map[string]Verdict{ // delta-rs: a NaN does not show
		"c > 1e300": Maybe, "c = " + nan: Maybe, "isnan(c)": Maybe, "c >= " + nan: Maybe, "c < 1": None, "c < 6": Maybe, "NOT c < 6": Maybe,
	})
	verdicts(t, schema.Double, bounded(`"NaN"`, `"NaN"`), map[string]Verdict{"c = " + nan: Maybe, "isnan(c)": Maybe, "c < 1": Maybe})
}

func TestEdgeD76InfinitiesAreReadAndNullBoundsSkipNothing(t *testing.T) {
	verdicts(t, schema.Double, bounded(`"-Infinity"`, `5.0`), map[string]Verdict{"c < -1e300": Maybe, "c = CAST('-Infinity' AS DOUBLE)": Maybe})
	verdicts(t, schema.Double, bounded(`-5.0`, `"Infinity"`), map[string]Verdict{"c > 1e300": Maybe, "c < -5": None})
	verdicts(t, schema.Double, bounded(`null`, `5.0`), map[string]Verdict{"c < -1e300": Maybe, "c = -1": Maybe})
	verdicts(t, schema.Double, bounded(`-5.0`, `null`), map[string]Verdict{"c > 1e300": Maybe, "c < -5": None})
	verdicts(t, schema.Float, bounded(`null`, `null`), map[string]Verdict{"c < 0": Maybe, "c >= 0": Maybe})
}

func TestEdgeD77LongStringsAreComparedByTheirBytes(t *testing.T) {
	top := string(utf8.MaxRune)
	verdicts(t, schema.String, bounded(`"`+strings.Repeat("é", 32)+`"`, `"`+strings.Repeat("é", 32)+top+`"`), map[string]Verdict{
		"c = '" + strings.Repeat("é", 40) + "'":        Maybe,
		"c > '" + strings.Repeat("é", 32) + "\uffff'":  Maybe, // U+FFFF is above the surrogates of UTF-16
		"c > '" + strings.Repeat("é", 31) + "\u00ea'":  None,
		"c < '" + strings.Repeat("é", 31) + "\u00e8z'": None,
	})
}

func TestEdgeD79AMaximumThatIsNotThereSkipsNothing(t *testing.T) {
	verdicts(t, schema.String, `{"numRecords":3,"minValues":{"c":"b"},"maxValues":{},"nullCount":{"c":0}}`, map[string]Verdict{
		"c > 'zzz'": Maybe, "c = '" + strings.Repeat(string(utf8.MaxRune), 70) + "'": Maybe, "c < 'b'": None,
	})
}

func TestEdgeD80AColumnOfNullsAloneIsSkippedByWhatIsNotNull(t *testing.T) {
	verdicts(t, schema.Long, `{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"c":3}}`, map[string]Verdict{
		"c IS NOT NULL": None, "c > 0": None, "c IS NULL": All, "c <=> 1": None,
	})
}

func TestEdgeD81NullsOfStructsCountInTheirLeaves(t *testing.T) {
	inner := &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Long, Nullable: true}, {Name: "y", Type: schema.Long}}}
	verdicts(t, inner, `{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"c":{"x":3,"y":2}}}`, map[string]Verdict{
		"c.x IS NULL": All, "c.x = 1": None, "c.y IS NULL": Maybe, "c.y = 1": Maybe, "c IS NULL": Maybe, "c IS NOT NULL": Maybe,
	})
}

func TestEdgeD82WideBoundsLeaveTheNullCountOpen(t *testing.T) {
	wide := func(nulls string) string {
		return `{"numRecords":10,"minValues":{"c":1},"maxValues":{"c":5},"nullCount":{"c":` + nulls + `},"tightBounds":false}`
	}
	verdicts(t, schema.Long, wide("3"), map[string]Verdict{"c IS NULL": Maybe, "c IS NOT NULL": Maybe, "c > 5": None})
	verdicts(t, schema.Long, wide("0"), map[string]Verdict{"c IS NULL": None, "c IS NOT NULL": All, "c > 5": None})
	verdicts(t, schema.Long, wide("10"), map[string]Verdict{"c IS NULL": All, "c IS NOT NULL": None})
}

func TestEdgeD84FilesWithoutStatisticsAreKept(t *testing.T) {
	for _, text := range []string{"", "{}", `{"numRecords":3}`, `{"numRecords":3,"minValues":{"other":1},"maxValues":{"other":2},"nullCount":{"other":0}}`, `{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{}}`} {
		verdicts(t, schema.Long, text, map[string]Verdict{"c > 5": Maybe, "c IS NULL": Maybe, "c IS NOT NULL": Maybe, "c <=> 1": Maybe})
	}
}

func TestBoundsOfVariantsAreNotUnderstoodAndSkipNothing(t *testing.T) {
	for _, c := range []string{`"0rr910096100004a"`, `{"$['a']":"0rr910096100004a"}`, `{}`} {
		text := `{"numRecords":3,"minValues":{"c":` + c + `},"maxValues":{"c":` + c + `},"nullCount":{"c":1}}`
		verdicts(t, schema.Variant, text, map[string]Verdict{"c IS NULL": Maybe, "c IS NOT NULL": Maybe})
	}
	verdicts(t, schema.Variant, `{"numRecords":3,"nullCount":{"c":3}}`, map[string]Verdict{"c IS NOT NULL": None, "c IS NULL": All})
}

// TestBoundsOfAColumnThatWasFloatAreWide: 0.1 is the text of a float32 that is a
// little larger than that as a double, which the column is now.
func TestBoundsOfAColumnThatWasFloatAreWide(t *testing.T) {
	was := schema.Metadata{"delta.typeChanges": []byte(`[{"fromType":"float","toType":"double"}]`)}
	column := schema.Field{Name: "c", Type: schema.Double, Nullable: true, Metadata: was}
	s := &schema.Struct{Fields: []schema.Field{column, {Name: "s", Type: &schema.Struct{Fields: []schema.Field{column}}, Nullable: true}}}
	text := `{"numRecords":1,"minValues":{"c":0.1,"s":{"c":0.1}},"maxValues":{"c":0.1,"s":{"c":0.1}},"nullCount":{"c":0,"s":{"c":0}}}`
	for where, want := range map[string]Verdict{
		"c = 0.10000000149011612D": Maybe, "s.c = 0.10000000149011612D": Maybe, "c = 0.11D": None, "s.c = 0.11D": None, "c < 0.1D": None,
	} {
		b, err := expr.SQL(where).Bind(s, expr.Env{})
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if got := NewFiles(b, s, &log.Metadata{}, schema.NoMapping, nil).Decide(&log.AddFile{Stats: text}); got != want {
			t.Errorf("%s: %v, want %v", where, got, want)
		}
	}
}
