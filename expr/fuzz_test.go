package expr

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
)

func jsonInt(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }

// extremeRows has, in the columns of testSchema, the values that are most
// likely to break something.
func extremeRows() [][]any {
	point := func(x any, z any) any {
		return map[string]any{"X": x, "inner": map[string]any{"z": z}}
	}
	return [][]any{
		{jsonInt(1), jsonInt(1), jsonInt(1), jsonInt(1), "1.5", "1.5", "abc", "YWJj", true, "2024-02-29", jsonInt(1), jsonInt(1), "1.50", "1.5", nil, jsonInt(1), jsonInt(0), point(jsonInt(1), "x"), []any{jsonInt(1)}, jsonInt(1), []any{[]any{"a", jsonInt(1)}, []any{"", nil}}, []any{map[string]any{"x": "1.5", "z": "a"}, nil}},
		{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{jsonInt(math.MinInt8), jsonInt(math.MinInt16), jsonInt(math.MinInt32), jsonInt(math.MinInt64), "NaN", "-Infinity", "", "", false, "-5877641-06-23", jsonInt(math.MinInt64), jsonInt(math.MinInt64), "-99999999.99", "-99999999999999999999.999999999999999999", nil, jsonInt(-1), jsonInt(-1), point(nil, nil), []any{}, jsonInt(0), []any{}, []any{}},
		{jsonInt(math.MaxInt8), jsonInt(math.MaxInt16), jsonInt(math.MaxInt32), jsonInt(math.MaxInt64), "Infinity", "NaN", "9999-12-31 23:59:59.999999 Europe/Paris", "/w==", true, "+5881580-07-11", jsonInt(math.MaxInt64), jsonInt(math.MaxInt64), "99999999.99", "99999999999999999999.999999999999999999", nil, jsonInt(0), jsonInt(2), nil, nil, jsonInt(-5), []any{[]any{"x", jsonInt(math.MinInt32)}}, []any{map[string]any{"x": "-0.0", "z": nil}, map[string]any{"x": "NaN", "z": "é"}}},
	}
}

func FuzzAPrintedExpressionParsesToTheSameTree(f *testing.F) {
	for _, text := range fuzzSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := SQL(text)
		if e.Err() != nil {
			_ = e.Err().Error()
			return
		}
		checkRoundTrip(t, e)
	})
}

func FuzzEvaluationNeverPanics(f *testing.F) {
	for _, text := range fuzzSeeds {
		f.Add(text)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		paris = time.FixedZone("", 3600)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := SQL(text).Bind(testSchema, Env{Zone: paris, Now: time.Unix(1e9, 0)})
		if err != nil {
			_ = err.Error()
			return
		}
		_ = b.String()
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		batch := newBatch(t, testSchema, extremeRows(), mem)
		defer batch.Release()
		whole, wholeErr := evaluate(b, batch, mem)
		failed := false
		for i := range batch.NumRows() {
			row := batch.NewSlice(i, i+1)
			got, err := evaluate(b, row, mem)
			row.Release()
			if err != nil {
				requireEvalError(t, err)
				failed = true
			} else if wholeErr == nil && len(whole) > 0 && !identical(got[0], whole[i]) {
				t.Fatalf("%s: row %d is %#v alone and %#v among others", b, i, got[0], whole[i])
			}
		}
		if failed != (wholeErr != nil) {
			t.Fatalf("%s: all rows at once: %v, one by one: %v", b, wholeErr, failed)
		}
		filterAgrees(t, b, batch, whole, wholeErr)
	})
}

func requireEvalError(t *testing.T, err error) {
	t.Helper()
	var failure *EvalError
	var unsupported *UnsupportedError
	if !errors.As(err, &failure) && !errors.As(err, &unsupported) {
		t.Fatalf("%T: %v", err, err)
	}
	_ = err.Error()
}

func filterAgrees(t *testing.T, b *Bound, batch arrow.RecordBatch, whole []value.Value, wholeErr error) {
	t.Helper()
	rows, err := b.Filter(batch, nil)
	if err != nil || wholeErr != nil || len(whole) == 0 {
		return
	}
	next := 0
	for i, v := range whole {
		if v.IsNull() || !v.Bool() {
			continue
		}
		if next >= len(rows) || rows[next] != int32(i) {
			t.Fatalf("%s: filter keeps %v, but row %d is true", b, rows, i)
		}
		next++
	}
	if next != len(rows) {
		t.Fatalf("%s: filter keeps %v, of which only %d are true", b, rows, next)
	}
}

var fuzzSeeds = []string{
	"upper(s) || lower(s) = initcap(s) OR TRIM(LEADING 'x' FROM s) = rtrim(s)", "substring(s, i, y) LIKE SUBSTRING(s FROM -2 FOR i) OR left(x, i) = X'00'",
	"lpad(s, y, s) < rpad(s, 7, '😀') OR repeat(s, y) = reverse(s)", "split_part(s, 'a', i) = replace(s, 'a', s) OR translate(s, 'ab', s) = 'x'",
	"locate(s, 'abc', i) > instr(s, s) OR POSITION('b' IN s) = ascii(s) OR chr(l) = concat_ws(',', s, NULL, i)", "s ILIKE 'A_%' ESCAPE '!' OR contains(s, 'x') OR endswith(s, s)",
	"s RLIKE '(?i)^[a-z&&[^b]]+$' OR regexp_like(s, s)", "regexp_replace(s, '(a*)(b|)', '$2\\\\$1${1}', 2) = regexp_extract(s, '(?<n>.)\\\\b', 1)",
	"regexp_count(s, '') + regexp_instr(s, '\\\\R|\\\\p{L}') > 3 OR regexp_substr(s, '[^\\\\w\\\\s]{2,}?') IS NULL",
	"i > 1 AND (s = 'x' OR d IS NULL) AND NOT b",
	"point.x BETWEEN 1 AND 2.5 OR POINT.inner.z LIKE '%a_b\\%' ESCAPE '!'",
	"CAST(s AS timestamp) = t", "CAST(t AS string) LIKE '%1'", "CAST(g AS decimal(38, 10)) * w / e % 3",
	"-y + h * i - l / f DIV 7", "y IN (1, 2, NULL) OR g IN (1.5D, 0, CAST('NaN' AS double))",
	"d + 1 > DATE '2024-02-29'", "x = X'00ff' AND CAST(x AS string) != \"it''s\"",
	"CAST(CAST(e AS int) AS tinyint) <=> -128Y", "n <= timestamp_ntz '2024-01-01T00:00:00.123456'", "1e3 = 1.5BD OR .5F < 2.D",
	"CAST(w AS double) > 1e-300 AND CAST(l AS timestamp) < t", "i IN (a, c, 1 DIV i)", "s || 'x'", "v IS NULL AND list IS NOT NULL",
	"CAST(d AS timestamp) = n OR CAST(t AS date) = d", "CAST(b AS int) + CAST(i AS boolean)", "a::decimal(5,2)::string LIKE 's%'",
	"`my col` = ? -- comment", "e * e * w - w", "w / 0.000000000000000001", "1 = 1 = (i is true)", "x'", "(((((", "CAST(s AS binary) > x",
	"round(g, 1) > abs(i) OR floor(e) = ceil(w, -1) OR bround(f) <=> pow(g, 0.5)", "greatest(y, l, e) = least(g, f) OR pmod(i, a) = try_divide(e, w)",
	"nanvl(g, ln(f)) = atan2(sin(g), cos(f)) OR factorial(y) > bit_count(l)", "hash(i, s, w, t) = xxhash64(g, x, b, d) OR sha2(s, i) = md5(x)",
	"unhex(s) = unbase64(s) OR decode(x, 'UTF-16') = encode(s, 'utf-32') OR hex(l) > base64(x)", "try_add(s, i) = shiftleft(l, y) OR int(s) = div(l, i)",
	"CASE i WHEN a THEN e WHEN 1 THEN w ELSE f END = if(b, nullif(y, 1), nvl2(s, l, h))",
	"element_at(m, s) = m['a'] OR m.x > list[i] AND array_contains(points.x, g) OR points[0].z = s", "CAST(points AS ARRAY<STRUCT<a: STRING, b: STRING>>) = array(struct(s AS a, x), NULL)",
	"CAST(CAST(m AS STRING) AS BINARY) > x OR CAST(list AS ARRAY<TINYINT>) < array(y, 1Y)", "map(s, i, 'a', 2)[s] = size(map_from_arrays(array(s, 'b'), list))", "coalesce(list, array(i, l)) IN (array(1L), reverse(list)) OR (i, s) = (a, 'x')",
	"sort_array(concat(list, array(i)), FALSE)[0] = array_max(flatten(array(list, NULL)))", "array_join(slice(list, i, a), s) = array_join(array_distinct(points.z), ',', 'x')", "map_entries(m)[0].key = get(map_keys(m), c) OR map_contains_key(m, s)",
	"get_json_object(s, '$.a[*].b') = get_json_object('{\"a\":[1,{\"b\":2}]}', concat('$.', s))",
	"t + INTERVAL '1 02:03:04.5' DAY TO SECOND > n - INTERVAL -'1-2' YEAR TO MONTH", "d + INTERVAL 1 DAY -2 HOURS = s - INTERVAL '3 days'", "d - INTERVAL 106751991 DAYS",
	"EXTRACT(SECOND FROM t) = date_part('yearofweek', d) OR hour(n) > weekofyear(s)", "date_trunc(s, t) = date_trunc('week', n) OR trunc(d, s) = last_day(next_day(d, s))",
	"date_format(t, s) = date_format(d, '[G yyyy]-MMM E a hh SSS VV OOOO XXX')", "to_timestamp(s, 'yyMMdd[ HHmmss.SSS]X') = to_date(s, s) OR unix_timestamp(s, 'G VV') = l",
	"make_timestamp(i, a, c, y, h, e, s) = make_date(i, a, c) OR timestamp_seconds(w) = timestamp_seconds(g)", "months_between(t, d, b) > add_months(d, i) - d",
	"from_utc_timestamp(t, s) = to_utc_timestamp(n, '+05:30') OR from_unixtime(l, 'D F k K') = s", "current_date - INTERVAL 2 WEEKS < CURRENT_TIMESTAMP", "datediff(d, s) = unix_millis(t)",
}
