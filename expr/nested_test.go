package expr

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

var listAndMap = &schema.Struct{Fields: []schema.Field{
	{Name: "l", Type: &schema.Array{Element: schema.Integer, ContainsNull: true}, Nullable: true},
	{Name: "m", Type: &schema.Map{Key: schema.String, Value: schema.Integer, ValueContainsNull: true}, Nullable: true},
	{Name: "i", Type: schema.Integer, Nullable: true},
}}

func nestedBatch(t testing.TB, rows int) arrow.RecordBatch {
	var all [][]any
	for n := range rows {
		one := jsonInt(int64(n%3 + 1))
		all = append(all, []any{[]any{one, jsonInt(2), nil, jsonInt(7)}, []any{[]any{"a", one}, []any{"key", nil}}, one})
	}
	return newBatch(t, listAndMap, all, memory.DefaultAllocator)
}

func TestLookingIntoArraysAndMapsAllocatesNothingForARow(t *testing.T) {
	for _, text := range []string{
		"l[0] + element_at(l, -1) + element_at(m, 'a') + m['key'] + try_element_at(l, 9) + get(l, i)",
		"array_contains(l, i) OR map_contains_key(m, 'x') OR size(l) = 9 OR size(m) = 9",
		"array_position(l, i) + array_min(l) + array_max(l)",
		"array(i, 3)[0] + map('a', i)['a'] + struct(i).i",
		"l = array(i, 2, NULL, 7) OR l IN (array(i), array(1, 2)) OR l < array(i)",
		"CAST(l AS STRING) || CAST(m AS STRING) || array_join(l, ',')",
		"CAST(l AS ARRAY<BIGINT>)[0] + flatten(array(l, l))[1] + slice(l, 2, 2)[0] + reverse(l)[0] + concat(l, l)[3]",
		"array_distinct(l)[0] + sort_array(l)[1] + sort_array(l, FALSE)[0] + map_values(m)[0] + map_entries(m)[0].value",
	} {
		var counts []float64
		for _, rows := range []int{512, 8192} {
			batch := nestedBatch(t, rows)
			defer batch.Release()
			counts = append(counts, allocations(t, listAndMap, text, func(b *Bound) {
				out, err := b.Eval(batch, memory.DefaultAllocator)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				out.Release()
			}))
		}
		if grew := counts[1] - counts[0]; grew > 200 { // buffers that grow take a few steps more
			t.Errorf("%s: %v allocations for 512 rows, %v for 8192", text, counts[0], counts[1])
		}
	}
}

func TestOffsetsThatLeadNowhereAreErrors(t *testing.T) {
	items := array.NewInt32Builder(memory.DefaultAllocator)
	defer items.Release()
	items.AppendValues([]int32{1, 2, 3}, nil)
	child := items.NewInt32Array()
	defer child.Release()
	for name, offsets := range map[string][]int32{
		"beyond the elements": {0, 4}, "2³¹ elements": {0, 1<<31 - 1}, "before the first": {-1, 2}, "backwards": {3, 1}, "none": {}, "one": {0},
	} {
		buffer := memory.NewBufferBytes(arrow.GetBytes(offsets))
		data := array.NewData(arrow.ListOf(arrow.PrimitiveTypes.Int32), 1, []*memory.Buffer{nil, buffer}, []arrow.ArrayData{child.Data()}, 0, 0)
		batch := columnBatch("l", array.NewListData(data))
		for _, text := range []string{"l[0]", "size(l)", "array_contains(l, 1)", "l = l", "coalesce(l, array(1))", "CAST(l AS STRING)", "concat(l, l)", "array(l)", "struct(l)"} {
			arr, err := mustBind(t, text, &schema.Struct{Fields: listAndMap.Fields[:1]}).Eval(batch, memory.DefaultAllocator)
			if err == nil {
				t.Errorf("%s, %s: %v", name, text, arr)
				arr.Release()
			}
		}
		batch.Release()
		data.Release()
	}
}

func TestTypesAreAsDeepAsTheLimitOfNesting(t *testing.T) {
	batch := intsBatch(memory.DefaultAllocator, "i", 1, nil)
	defer batch.Release()
	for _, depth := range []int{1, 100, 900} {
		deep := strings.Repeat("ARRAY<", depth) + "INT" + strings.Repeat(">", depth)
		for _, text := range []string{"CAST(NULL AS " + deep + ")", "coalesce(CAST(NULL AS " + deep + "), array())", "CAST(CAST(NULL AS " + deep + ") AS STRING)", "CAST(NULL AS " + deep + ") = array()",
			"CAST(array() AS MAP<INT, " + deep + ">)", strings.Repeat("array(", min(depth, 300)) + "i" + strings.Repeat(")", min(depth, 300)), strings.Repeat("struct(", min(depth, 300)) + "i" + strings.Repeat(")", min(depth, 300)) + " = NULL"} {
			b, err := SQL(text).Bind(oneInt, Env{})
			if err != nil {
				_ = err.Error()
				continue
			}
			_ = b.String()
			if arr, err := b.Eval(batch, memory.DefaultAllocator); err == nil {
				arr.Release()
			}
		}
	}
	if e := SQL("CAST(NULL AS " + strings.Repeat("ARRAY<", 100_000)); e.Err() == nil {
		t.Error("a type of 100,000 levels was accepted")
	}
	if e := SQL("CAST(NULL AS " + strings.Repeat("STRUCT<a: MAP<INT, ", 100_000)); e.Err() == nil {
		t.Error("a type of 200,000 levels was accepted")
	}
}

func TestNestedExpressionsPrintAsTheyRead(t *testing.T) {
	for text, want := range map[string]string{
		"struct(i AS a, `b c`)": "struct(i AS a, `b c`)",
		"(i, j)":                "struct(i, j)",
		"CAST(x AS struct<`b c`:array<map<int,string>>, d int>)": "CAST(x AS STRUCT<`b c`: ARRAY<MAP<INT, STRING>>, d: INT>)",
		"x::array<array<array<int>>>":                            "CAST(x AS ARRAY<ARRAY<ARRAY<INT>>>)",
		"CAST(x AS STRUCT<>)":                                    "CAST(x AS STRUCT<>)",
		"CAST(x AS VARCHAR(3))":                                  "CAST(x AS STRING)",
		"CAST(x AS STRUCT<a: INT COMMENT 'what it is'>).a":       "CAST(x AS STRUCT<a: INT>).a",
	} {
		e := SQL(text)
		if e.Err() != nil || e.String() != want {
			t.Errorf("%s: %v, prints as %s", text, e.Err(), e)
		}
		if again := SQL(e.String()); again.String() != want {
			t.Errorf("%s prints as %s, that as %s", text, e, again)
		}
	}
}

func TestErrorsOfElementsNameTheirRow(t *testing.T) {
	texts := &schema.Struct{Fields: []schema.Field{{Name: "l", Type: &schema.Array{Element: schema.String, ContainsNull: true}, Nullable: true}}}
	batch := newBatch(t, texts, [][]any{{[]any{"1", "2"}}, {nil}, {[]any{}}, {[]any{"3", "x"}}}, memory.DefaultAllocator)
	defer batch.Release()
	_, err := mustBind(t, "CAST(l AS ARRAY<INT>)", texts).Eval(batch, memory.DefaultAllocator)
	if failure, ok := err.(*EvalError); !ok || failure.Row != 3 || failure.Class != classInvalid {
		t.Errorf("%v", err)
	}
	_, err = mustBind(t, "TRY_CAST(map(coalesce(size(l), 0) * 100, 1) AS MAP<TINYINT, INT>)", texts).Eval(batch, memory.DefaultAllocator)
	if failure, ok := err.(*EvalError); !ok || failure.Row != 0 || failure.Class != classNullKey {
		t.Errorf("%v", err)
	}
}

func BenchmarkNested(b *testing.B) {
	batch := nestedBatch(b, 4096)
	defer batch.Release()
	for _, text := range []string{"element_at(l, -1)", "array_contains(l, 7)", "m['key']", "l = array(1, 2)", "sort_array(l)", "CAST(l AS STRING)"} {
		bound := mustBind(b, text, listAndMap)
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				arr, err := bound.Eval(batch, memory.DefaultAllocator)
				if err != nil {
					b.Fatal(err)
				}
				arr.Release()
			}
		})
	}
}
