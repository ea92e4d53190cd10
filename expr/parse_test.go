package expr

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func TestExpressionsPrintAsTextThatParsesToTheSameTree(t *testing.T) {
	for _, c := range [][2]string{ // text, printed
		{"a or b and not c", "a OR b AND NOT c"},
		{"(a or b) and c", "(a OR b) AND c"},
		{"a and (b and c)", "a AND (b AND c)"},
		{"not a = b", "NOT a = b"},
		{"(not a) = b", "(NOT a) = b"},
		{"a == b", "a = b"},
		{"a <> b", "a != b"},
		{"a !> b", "a <= b"},
		{"a = b = c", "a = b = c"},
		{"a = (b = c)", "a = (b = c)"},
		{"a - b - c", "a - b - c"},
		{"a - (b - c)", "a - (b - c)"},
		{"a + b * c div d", "a + b * c DIV d"},
		{"(a + b) * c", "(a + b) * c"},
		{"-a", "-a"},
		{"- -a", "-(-a)"},
		{"-(1)", "-(1)"},
		{"-1", "-1"},
		{"a - -1", "a - -1"},
		{"-a.b", "-a.b"},
		{"+a", "+a"},
		{"a is not null and b is null", "a IS NOT NULL AND b IS NULL"},
		{"not (a is null)", "a IS NOT NULL"},
		{"(a is null) is null", "(a IS NULL) IS NULL"},
		{"(a is not null) is null", "(a IS NOT NULL) IS NULL"},
		{"a is true", "a <=> TRUE"},
		{"a is not false", "NOT a <=> FALSE"},
		{"a is distinct from b", "NOT a <=> b"},
		{"a is not distinct from b", "a <=> b"},
		{"a not in (1, 2L, 3S, 4Y)", "NOT a IN (1, 2L, 3S, 4Y)"},
		{"a in (b or c, not d)", "a IN (b OR c, NOT d)"},
		{"a not between b + 1 and c and d", "NOT a BETWEEN b + 1 AND c AND d"},
		{"a between b and (c = d)", "a BETWEEN b AND c = d"},
		{`a not like 'x\%%' escape '/'`, `NOT a LIKE 'x\\%%' ESCAPE '/'`},
		{"cast(a as decimal( 10 , 2 ))", "CAST(a AS DECIMAL(10,2))"},
		{"a::int::string", "CAST(CAST(a AS INT) AS STRING)"},
		{"`a b`.`c``d`.e", "`a b`.`c``d`.e"},
		{"`null`", "`null`"},
		{"`1a`", "`1a`"},
		{"date", "date"},
		{"date '2024-01-01'", "DATE '2024-01-01'"},
		{"timestamp_ntz \"2024-01-01\"", "TIMESTAMP_NTZ '2024-01-01'"},
		{"x'abc'", "X'0ABC'"},
		{"'it''s' \"a\\nb\"", `'it\'sa\nb'`},
		{"1e3", "1000D"},
		{"1e300", "1e+300D"},
		{"1.50", "1.50BD"},
		{".5f", "0.5F"},
		{"5000000000", "5000000000L"},
		{"12345678901234567890", "12345678901234567890BD"},
		{"a -- comment\n = /* a /* nested */ comment */ b", "a = b"},
		{"((((a))))", "a"},
		{"true and false or null", "TRUE AND FALSE OR NULL"},
		{"! a", "NOT a"},
	} {
		e := SQL(c[0])
		if e.Err() != nil {
			t.Errorf("%s: %v", c[0], e.Err())
			continue
		}
		if got := e.String(); got != c[1] {
			t.Errorf("%s prints as %s, want %s", c[0], got, c[1])
		}
		checkRoundTrip(t, e)
	}
}

func checkRoundTrip(t *testing.T, e Expr) {
	t.Helper()
	again := SQL(e.String())
	if again.Err() != nil {
		t.Fatalf("%s does not parse: %v", e, again.Err())
	}
	if !equalSyntax(e.root, again.root) {
		t.Fatalf("%s parses to another tree, which prints as %s", e, again)
	}
}

func TestSyntaxErrorsPointAtTheirPlace(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
	}{
		{"", 1, 1},
		{"a >", 1, 4},
		{"a > )", 1, 5},
		{"a\n  = = b", 2, 5},
		{"`é` = = b", 1, 7},
		{"a = é", 1, 5},
		{"a b", 1, 3},
		{"(a", 1, 3},
		{"a in (1,)", 1, 9},
		{"a in (1 2)", 1, 9},
		{"'open", 1, 1},
		{"`open", 1, 1},
		{"/* open", 1, 1},
		{"a = 1 §", 1, 7},
		{"a not = 1", 1, 7},
		{"a between 1", 1, 12},
		{"cast(a int)", 1, 8},
		{"cast(a as decimal(39))", 1, 11},
		{"a like 'x' escape 'xy'", 1, 19},
		{"1.5x", 1, 1},
		{"128Y", 1, 1},
		{"x'zz'", 1, 2},
		{"? = 1", 1, 1},
		{"a.", 1, 3},
		{"a and", 1, 6},
	} {
		var syntax *SyntaxError
		if _, err := SQL(c.text).Bind(&schema.Struct{}, Env{}); !errors.As(err, &syntax) {
			t.Errorf("%q: %v, want a syntax error", c.text, err)
		} else if syntax.Position != (Position{c.line, c.column}) {
			t.Errorf("%q: error at %v, want %d:%d: %v", c.text, syntax.Position, c.line, c.column, err)
		}
	}
	_, err := SQL("a = 1 AND\n(b == )").Bind(&schema.Struct{}, Env{})
	if want := "line 2, column 7: unexpected ), expected a value\n  (b == )\n        ^"; err == nil || err.Error() != want {
		t.Errorf("error text:\n%v\nwant:\n%s", err, want)
	}
}

func TestWhatIsNotSupportedIsNamed(t *testing.T) {
	for text, what := range map[string]string{
		"explode(a)":           "function explode",
		"transform(a, x -> x)": "function transform",
		"size(x -> x + 1)":     "a lambda function",
		"size((x, y) -> x)":    "a lambda function",
		"a & 1":                "operator &",
		"a IN (SELECT 1)":      "a subquery",
		"a LIKE ANY ('x')":     "LIKE ANY",
		"geometry 'POINT'":     "literal of type geometry",
		"a = ~b":               "operator ~",
		"count(*)":             "function count",
		"a ILIKE ALL ('x')":    "LIKE ALL",
		"EXISTS (SELECT 1)":    "EXISTS",
		"a -> a + 1":           "a lambda function",
		"NOT EXISTS(SELECT 1)": "EXISTS",
	} {
		var unsupported *UnsupportedError
		if err := SQL(text).Err(); !errors.As(err, &unsupported) || unsupported.What != what {
			t.Errorf("%s: %v, want %s unsupported", text, err, what)
		}
	}
}

func TestDeepAndLongTextsMeetALimit(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses": strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000),
		"unclosed":    strings.Repeat("(", 500_000),
		"nots":        strings.Repeat("NOT ", 100_000) + "a",
		"bangs":       strings.Repeat("!", 500_000) + "a",
		"minuses":     strings.Repeat("- ", 100_000) + "a",
		"sum":         "a" + strings.Repeat(" + a", 100_000),
		"equals":      "a" + strings.Repeat(" = a", 100_000),
		"casts":       "a" + strings.Repeat("::int", 100_000),
		"path":        "a" + strings.Repeat(".a", 100_000),
		"between":     strings.Repeat("(", 100) + "b" + strings.Repeat(" BETWEEN b AND b)", 100),
		"megabyte":    "a = '" + strings.Repeat("x", 1<<20) + "'",
	} {
		var limit *LimitError
		_, err := SQL(text).Bind(testSchema, Env{})
		if !errors.As(err, &limit) {
			if len(text) > 100 {
				text = text[:100] + "…"
			}
			t.Errorf("%s: %s: %v, want a limit", name, text, err)
		}
	}
	wide := "i = 0" + strings.Repeat(" OR i = 1", 50_000)
	if _, err := SQL(wide).Bind(testSchema, Env{}); err != nil {
		t.Errorf("a wide OR: %v", err)
	}
}

func TestParametersAreValues(t *testing.T) {
	when := time.Date(2024, 3, 10, 9, 2, 3, 123456000, time.FixedZone("", 3600))
	type city string
	for _, c := range []struct {
		text   string
		params []any
		want   string
	}{
		{"a = ?", []any{nil}, "a = NULL"},
		{"a = ?", []any{true}, "a = TRUE"},
		{"a = ? + ?", []any{int8(1), int16(-2)}, "a = 1Y + -2S"},
		{"a = ? + ?", []any{int32(3), 4}, "a = 3 + 4L"},
		{"a = ? + ?", []any{uint8(255), uint16(65535)}, "a = 255S + 65535"},
		{"a = ? + ?", []any{uint32(1), uint64(math.MaxUint64)}, "a = 1L + 18446744073709551615BD"},
		{"a = ? + ?", []any{float32(0.1), 0.1}, "a = 0.1F + 0.1D"},
		{"a = ?", []any{math.NaN()}, "a = CAST('NaN' AS DOUBLE)"},
		{"a = ?", []any{float32(math.Inf(-1))}, "a = CAST('-Infinity' AS FLOAT)"},
		{"a = ?", []any{math.Copysign(0, -1)}, "a = -0D"},
		{"a = ?", []any{`x' OR TRUE --\`}, `a = 'x\' OR TRUE --\\'`},
		{"a = ?", []any{city("Zürich")}, "a = 'Zürich'"},
		{"a = ?", []any{"\x00\x1f\n\xff"}, "a = '\\u0000\\u001f\\n\xff'"},
		{"a = ?", []any{[]byte{0, 255}}, "a = X'00FF'"},
		{"a = ?", []any{when}, "a = TIMESTAMP '2024-03-10 08:02:03.123456Z'"},
		{"a = ?", []any{Date("2024-02-29")}, "a = DATE '2024-02-29'"},
		{"a = ?", []any{Decimal("-12.50")}, "a = -12.50BD"},
		{"a IN (?)", []any{[]string{"x", "y"}}, "a IN ('x', 'y')"},
		{"a IN (?)", []any{[]int64{}}, "a IN ()"},
		{"a IN (?, ?, ?)", []any{1, []any{nil, "x"}, 2}, "a IN (1L, NULL, 'x', 2L)"},
		{"a IN (?)", []any{[]byte("x")}, "a IN (X'78')"},
	} {
		e := SQL(c.text, c.params...)
		if e.Err() != nil || e.String() != c.want {
			t.Errorf("%s with %v: %s %v, want %s", c.text, c.params, e, e.Err(), c.want)
			continue
		}
		checkRoundTrip(t, e)
	}
	for _, c := range []struct {
		text   string
		params []any
	}{
		{"a = ?", nil},
		{"a = ?", []any{1, 2}},
		{"a = ?", []any{[]string{"x"}}},
		{"a = ?", []any{struct{}{}}},
		{"a = ?", []any{Decimal("1x")}},
		{"a = ?", []any{time.Unix(0, 1)}},
	} {
		var syntax *SyntaxError
		if err := SQL(c.text, c.params...).Err(); !errors.As(err, &syntax) {
			t.Errorf("%s with %v: %v, want a syntax error", c.text, c.params, err)
		}
	}
	if _, err := SQL("d = ?", Date("2024-02-30")).Bind(testSchema, Env{}); err == nil {
		t.Error("a date that does not exist was bound")
	}
}

// testSchema has a column of every type, and nested ones.
var testSchema = &schema.Struct{Fields: []schema.Field{
	{Name: "y", Type: schema.Byte}, {Name: "h", Type: schema.Short}, {Name: "i", Type: schema.Integer}, {Name: "l", Type: schema.Long},
	{Name: "f", Type: schema.Float}, {Name: "g", Type: schema.Double}, {Name: "s", Type: schema.String}, {Name: "x", Type: schema.Binary},
	{Name: "b", Type: schema.Boolean}, {Name: "d", Type: schema.Date}, {Name: "t", Type: schema.Timestamp}, {Name: "n", Type: schema.TimestampNTZ},
	{Name: "e", Type: schema.Decimal{Precision: 10, Scale: 2}}, {Name: "w", Type: schema.Decimal{Precision: 38, Scale: 18}}, {Name: "v", Type: schema.Void},
	{Name: "a", Type: schema.Integer}, {Name: "c", Type: schema.Integer},
	{Name: "Point", Type: &schema.Struct{Fields: []schema.Field{{Name: "X", Type: schema.Long}, {Name: "inner", Type: &schema.Struct{Fields: []schema.Field{{Name: "z", Type: schema.String}}}}}}},
	{Name: "list", Type: &schema.Array{Element: schema.Integer, ContainsNull: true}},
	{Name: "my col", Type: schema.Integer},
	{Name: "m", Type: &schema.Map{Key: schema.String, Value: schema.Integer, ValueContainsNull: true}},
	{Name: "points", Type: &schema.Array{ContainsNull: true, Element: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Double, Nullable: true}, {Name: "z", Type: schema.String, Nullable: true}}}}},
}}

func TestColumnsAreFoundWithoutRegardToCase(t *testing.T) {
	b, err := SQL("POINT.x > I AND point.Inner.Z = s AND i = `MY COL`").Bind(testSchema, Env{})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Point", "X"}, {"i"}, {"Point", "inner", "z"}, {"s"}, {"my col"}}
	if got := b.Columns(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("columns %v, want %v", got, want)
	}
}

func TestUnknownColumnsNameTheNearest(t *testing.T) {
	for text, want := range map[string]string{
		"1 = pont.x":          "line 1, column 5: there is no column pont; did you mean Point?",
		"point.innr.z = 's'":  "line 1, column 1: there is no column point.innr; did you mean Point.inner?",
		"mycol":               "line 1, column 1: there is no column mycol; did you mean `my col`?",
		"1 = zzi":             "line 1, column 5: there is no column zzi", // two of three characters are too many
		"nothing_like_it > 1": "line 1, column 1: there is no column nothing_like_it",
	} {
		var column *ColumnError
		if _, err := SQL(text).Bind(testSchema, Env{}); !errors.As(err, &column) || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestLiteralsTakeTheColumnsType(t *testing.T) {
	for text, want := range map[string]string{
		"h < 24":               "h < 24S",
		"24 > h":               "24S > h",
		"h < 100000":           "CAST(h AS INT) < 100000",
		"i < 24.0":             "i < 24",
		"i < 24.5":             "CAST(i AS DECIMAL(11,1)) < CAST(24.5BD AS DECIMAL(11,1))",
		"l = 5":                "l = 5L",
		"l = 5L":               "l = 5L",
		"e <= 24":              "e <= CAST(24.00BD AS DECIMAL(10,2))",
		"e = 1.234":            "CAST(e AS DECIMAL(11,3)) = CAST(1.234BD AS DECIMAL(11,3))",
		"f = 0.5":              "f = 0.5F",
		"f = 0.1":              "CAST(f AS DOUBLE) = 0.1D",
		"g > 1":                "g > 1D",
		"i > 1.0D":             "i > 1",
		"l > 1.0D":             "CAST(l AS DOUBLE) > 1D",
		"d >= '2024-01-01'":    "d >= DATE '2024-01-01'",
		"t < DATE'2024-01-01'": "t < TIMESTAMP '2024-01-01 00:00:00Z'",
		"h IN (1, 2, NULL)":    "h IN (1S, 2S, CAST(NULL AS SMALLINT))",
		"h IN (1, 100000)":     "CAST(h AS INT) IN (1, 100000)",
		"s = 5":                "CAST(s AS BIGINT) = 5L",
		"i BETWEEN 1 AND 2.5":  "i >= 1 AND CAST(i AS DECIMAL(11,1)) <= CAST(2.5BD AS DECIMAL(11,1))",
		"i + 1 > 2 AND TRUE":   "i + 1 > 2",
		"b OR (b OR 1 = 1)":    "b OR b OR TRUE",
		"1 / 0 > i":            "1D / 0D > CAST(i AS DOUBLE)",
		"d = 'x'":              "d = CAST('x' AS DATE)",
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := b.String(); got != want {
			t.Errorf("%s binds to %s, want %s", text, got, want)
		}
	}
}

func TestAnAbsentExpressionKeepsEveryRow(t *testing.T) {
	var e Expr
	b, err := e.Bind(testSchema, Env{})
	if err != nil || !e.IsZero() || e.String() != "" {
		t.Fatalf("zero Expr: %v, %v, %q", err, e.IsZero(), e.String())
	}
	if v, err := b.EvalRow(func([]string) value.Value { return value.Value{} }); err != nil || !v.Bool() {
		t.Errorf("zero Expr is %#v, %v", v, err)
	}
	if SQL("").IsZero() {
		t.Error("an empty text is absent")
	}
}

func TestABoundExpressionIsWrittenAsSQLOfTheSameType(t *testing.T) {
	for _, text := range []string{
		"CAST(NULL AS DATE)", "lower(CAST(NULL AS STRING))", "x || CAST(NULL AS BINARY)", "if(NULL, i, a)",
		"CAST('NaN' AS DOUBLE) > g", "least(CAST('-Infinity' AS FLOAT), f)", "element_at(list, 1)", "try_element_at(list, y)", "get(list, 2L)", "list[0]",
		"named_struct('n', CAST(NULL AS INT)).n", "map_from_arrays(CAST(NULL AS ARRAY<STRING>), list)", "(1 + 1) * 2.5BD + i", "locate(s, 'abc', i)", "trunc(d, s)",
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := SQL(b.String()).Bind(testSchema, Env{})
		if err != nil {
			t.Errorf("%s binds to %s, which does not bind: %v", text, b, err)
		} else if !sameType(again.Type(), b.Type()) {
			t.Errorf("%s binds to %s of type %v, which binds to one of type %v", text, b, b.Type(), again.Type())
		}
	}
}
