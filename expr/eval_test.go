package expr

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// column is a batch of one column.
func columnBatch(name string, arr arrow.Array) arrow.RecordBatch {
	defer arr.Release()
	s := arrow.NewSchema([]arrow.Field{{Name: name, Type: arr.DataType(), Nullable: true}}, nil)
	return array.NewRecordBatch(s, []arrow.Array{arr}, int64(arr.Len()))
}

func mustBind(t testing.TB, text string, s *schema.Struct) *Bound {
	t.Helper()
	b, err := SQL(text).Bind(s, Env{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}

func intsBatch(mem memory.Allocator, name string, values ...any) arrow.RecordBatch {
	b := array.NewInt32Builder(mem)
	defer b.Release()
	for _, v := range values {
		if v == nil {
			b.AppendNull()
		} else {
			b.Append(int32(v.(int)))
		}
	}
	return columnBatch(name, b.NewInt32Array())
}

var oneInt = &schema.Struct{Fields: []schema.Field{{Name: "i", Type: schema.Integer}}}

func TestFilterKeepsOnlyRowsThatAreTrue(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := intsBatch(mem, "i", 1, nil, 3, 4, nil, 6)
	defer batch.Release()
	for text, want := range map[string][]int32{
		"i > 2":                    {2, 3, 5},
		"NOT i > 2":                {0},
		"i IS NULL":                {1, 4},
		"i > 2 OR i IS NULL":       {1, 2, 3, 4, 5},
		"i <=> NULL":               {1, 4},
		"i IN (1, 6, NULL)":        {0, 5},
		"i NOT IN (1, 6, NULL)":    nil,
		"i NOT IN (1, 6)":          {2, 3},
		"TRUE":                     {0, 1, 2, 3, 4, 5},
		"NULL":                     nil,
		"FALSE":                    nil,
		"i BETWEEN 3 AND 4":        {2, 3},
		"NOT i BETWEEN 3 AND 4":    {0, 5},
		"i = i":                    {0, 2, 3, 5},
		"6 > i AND i > 1":          {2, 3},
		"i % 2 = 0":                {3, 5},
		"CAST(i AS STRING) LIKE 6": {5},
	} {
		got, err := mustBind(t, text, oneInt).Filter(batch, nil)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: rows %v, %v, want %v", text, got, err, want)
		}
	}
	if _, err := mustBind(t, "i + 1", oneInt).Filter(batch, nil); err == nil {
		t.Error("a filter that is no boolean was accepted")
	}
}

func TestErrorsOfRowsThatAreNotSelectedDoNotExist(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := intsBatch(mem, "i", 0, 1, 2, nil)
	defer batch.Release()
	for text, want := range map[string][]int32{
		"i != 0 AND 10 / i > 5":                   {1},
		"i = 0 OR 10 / i > 5":                     {0, 1},
		"NOT (i = 0 OR 10 / i > 5)":               {2},
		"i > 0 AND i < 2 AND 1 DIV (i % 2) = 1":   {1},
		"i IN (0, 10 DIV i)":                      {0},
		"(i != 0 AND 1 % i = 0) IS NULL":          {3},
		"i != 0 AND (i = 2 OR 1 DIV (i - 2) < 0)": {1, 2},
	} {
		got, err := mustBind(t, text, oneInt).Filter(batch, nil)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: rows %v, %v, want %v", text, got, err, want)
		}
	}
	var failure *EvalError
	_, err := mustBind(t, "i IS NULL OR\n 10 DIV (i - 2) > 5", oneInt).Filter(batch, nil)
	if !errors.As(err, &failure) || failure.Class != "DIVIDE_BY_ZERO" || failure.Row != 2 || failure.Position != (Position{2, 5}) {
		t.Errorf("error %v, want a division by zero in row 2 at 2:5", err)
	}
	// A conjunct that is null ends a filter's row, but not a value's.
	b := mustBind(t, "i > NULL AND 1 / 0 > 0", oneInt)
	if rows, err := b.Filter(batch, nil); err != nil || len(rows) != 0 {
		t.Errorf("filter: %v, %v", rows, err)
	}
	if _, err := b.Eval(batch, mem); !errors.As(err, &failure) {
		t.Errorf("eval: %v, want a division by zero", err)
	}
}

func TestNoRowsGiveNoErrors(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := newBatch(t, testSchema, nil, mem)
	defer batch.Release()
	for _, text := range []string{"1 / 0", "CAST('x' AS int)", "i + 2147483647", "s LIKE 'x'", "b AND g > 1", "w * w", "CAST(t AS STRING)", "i IN (1, 2)", "v", "-y", "CAST(e AS INT)", "x", "point.x", "1 IN (i)"} {
		arr, err := mustBind(t, text, testSchema).Eval(batch, mem)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if arr.Len() != 0 {
			t.Errorf("%s: %d rows", text, arr.Len())
		}
		arr.Release()
	}
}

// every row of the predicates below must be the same however the batch is cut
// and laid out.
var layoutPredicates = []string{
	"s", "s = 'b'", "s > 'a' AND s < 'c'", "s LIKE '%b%'", "s IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')", "s IS NULL",
	"CAST(s AS BINARY) = X'62'", "s <=> 'b'", "NOT s = 'b'",
}

func TestStringsOfEveryLayoutGiveTheSame(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	words := []any{"b", nil, "a string longer than a view holds inline", "", "c", "b", nil, "ab"}
	s := &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.String}}}
	types := []arrow.DataType{
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String},
	}
	for _, text := range layoutPredicates {
		b := mustBind(t, text, s)
		var want string
		for _, dt := range types {
			builder := array.NewBuilder(mem, dt)
			for _, w := range words {
				if w == nil {
					builder.AppendNull()
				} else if err := builder.AppendValueFromString(w.(string)); err != nil {
					t.Fatal(err)
				}
			}
			batch := columnBatch("s", builder.NewArray())
			builder.Release()
			part := batch.NewSlice(1, 8)
			whole, err := evaluate(b, batch, mem)
			if err != nil {
				t.Fatalf("%s on %v: %v", text, dt, err)
			}
			sliced, err := evaluate(b, part, mem)
			if err != nil {
				t.Fatalf("%s on %v: %v", text, dt, err)
			}
			part.Release()
			batch.Release()
			got := fmt.Sprintf("%#v", whole)
			if want == "" {
				want = got
			}
			if got != want || fmt.Sprintf("%#v", sliced) != fmt.Sprintf("%#v", whole[1:]) {
				t.Errorf("%s on %v: %s, sliced %#v, want %s", text, dt, got, sliced, want)
			}
		}
	}
}

func TestNestedFieldsOfNullStructsAreNull(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	s := &schema.Struct{Fields: []schema.Field{{Name: "p", Type: &schema.Struct{Fields: []schema.Field{
		{Name: "x", Type: schema.Integer, Nullable: true}, {Name: "b", Type: schema.Boolean}}}, Nullable: true}}}
	batch := newBatch(t, s, [][]any{
		{map[string]any{"x": jsonInt(9), "b": true}}, {nil}, {map[string]any{"x": nil, "b": false}}, {map[string]any{"x": jsonInt(7), "b": true}},
	}, mem)
	defer batch.Release()
	part := batch.NewSlice(1, 4)
	defer part.Release()
	for text, want := range map[string][]int32{
		"p.x > 5": {2}, "p.x IS NULL": {0, 1}, "p IS NULL": {0}, "p IS NOT NULL": {1, 2}, "p.b": {2}, "NOT P.B": {1}, "p.b IS NULL": {0},
	} {
		got, err := mustBind(t, text, s).Filter(part, nil)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: rows %v, %v, want %v", text, got, err, want)
		}
	}
	whole, err := mustBind(t, "p", s).Eval(batch, mem)
	if err != nil || whole.Len() != 4 {
		t.Fatalf("p: %v, %v", whole, err)
	}
	whole.Release()
}

func TestBatchesOfOtherTypesAreRefused(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := intsBatch(mem, "i", 1)
	defer batch.Release()
	for _, typ := range []schema.Type{schema.Long, schema.String, schema.Decimal{Precision: 5}, schema.Timestamp, schema.Boolean} {
		s := &schema.Struct{Fields: []schema.Field{{Name: "i", Type: typ}}}
		if _, err := mustBind(t, "i IS NULL OR i = i", s).Filter(batch, nil); err == nil {
			t.Errorf("an int column was read as %v", typ)
		}
	}
	s := &schema.Struct{Fields: []schema.Field{{Name: "missing", Type: schema.Integer}}}
	if _, err := mustBind(t, "missing = 1", s).Filter(batch, nil); err == nil {
		t.Error("a missing column was found")
	}
}

func TestTimestampsWithoutZoneAreOfTheEnvironmentsZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	env := Env{Zone: berlin, Now: time.Date(2024, 6, 30, 23, 30, 0, 0, time.UTC)}
	for text, want := range map[string]string{ // Spark's results, in this zone
		"CAST(TIMESTAMP '2024-01-01 00:00:00' AS TIMESTAMP_NTZ)":                                    "timestamp_ntz | 2024-01-01 00:00:00",
		"TIMESTAMP '2024-01-01 00:00:00' = TIMESTAMP '2023-12-31 23:00:00Z'":                        "boolean | true",
		"CAST(TIMESTAMP '2024-06-01 23:00:00Z' AS DATE)":                                            "date | 2024-06-02",
		"CAST(DATE '2024-06-01' AS TIMESTAMP) = TIMESTAMP '2024-05-31 22:00:00Z'":                   "boolean | true",
		"CAST('2024-03-31 02:30:00' AS TIMESTAMP)":                                                  "timestamp | 2024-03-31 03:30:00", // skipped
		"CAST(CAST('2024-10-27 02:30:00' AS TIMESTAMP) AS BIGINT)":                                  "bigint | 1729989000",             // the first
		"CAST(TIMESTAMP_NTZ '2024-10-27 02:30:00' AS TIMESTAMP) = TIMESTAMP '2024-10-27 00:30:00Z'": "boolean | true",
		"CAST('10:20' AS TIMESTAMP)":                                                                "timestamp | 2024-07-01 10:20:00",
		"DATE 'today'":                                                                              "date | 2024-07-01",
		"CAST(TIMESTAMP '1850-01-01 00:00:00' AS STRING)":                                           "string | 1850-01-01 00:00:00",
	} {
		if got := show(t, text, env); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestOneRowIsEvaluatedLikeABatch(t *testing.T) {
	b := mustBind(t, "i > 1 AND s LIKE 'a%' OR d IS NULL", testSchema)
	row := map[string]value.Value{"i": value.Int(schema.Integer, 2), "s": value.String("abc"), "d": value.Int(schema.Date, 1)}
	v, err := b.EvalRow(func(path []string) value.Value { return row[path[0]] })
	if err != nil || v.IsNull() || !v.Bool() {
		t.Errorf("%#v, %v, want true", v, err)
	}
	row["i"] = value.Value{}
	if v, err = b.EvalRow(func(path []string) value.Value { return row[path[0]] }); err != nil || !v.IsNull() {
		t.Errorf("%#v, %v, want null", v, err)
	}
	row["i"] = value.String("2")
	if _, err = b.EvalRow(func(path []string) value.Value { return row[path[0]] }); err == nil {
		t.Error("a value of another type was accepted")
	}
}

func TestLikeMatchesAsARegularExpressionWould(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, n int) string {
		r := []rune(alphabet)
		out := make([]rune, random.IntN(n))
		for i := range out {
			out[i] = r[random.IntN(len(r))]
		}
		return string(out)
	}
	for range 20_000 {
		pattern, s := text("ab_%é", 7), text("abé", 9)
		m, err := newMatcher(pattern, '\\')
		if err != nil {
			t.Fatal(err)
		}
		if got, want := m.match(s), slowLike([]rune(pattern), []rune(s)); got != want {
			t.Fatalf("%q LIKE %q is %v, want %v (seed 1, 2)", s, pattern, got, want)
		}
	}
}

// slowLike is LIKE by its definition.
func slowLike(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch pattern[0] {
	case '%':
		return slowLike(pattern[1:], s) || len(s) > 0 && slowLike(pattern, s[1:])
	case '_':
		return len(s) > 0 && slowLike(pattern[1:], s[1:])
	}
	return len(s) > 0 && s[0] == pattern[0] && slowLike(pattern[1:], s[1:])
}
