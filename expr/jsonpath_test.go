package expr

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

var oneText = &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.String}}}

func TestATextNestedWithoutEndIsNoJSON(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), strings.Repeat("[{\"a\":", 1<<18), `"` + strings.Repeat(`\`, 1<<20), strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)} {
		for _, path := range []string{"$", "$" + strings.Repeat("[*]", 1<<16), "$" + strings.Repeat(".a", 1<<17), "$" + strings.Repeat("[0]", 1<<16), "$[0]" + strings.Repeat(".a[*]", 1<<16)} {
			steps, ok, _ := parseJSONPath(nil, path)
			if !ok {
				t.Fatal("no path")
			}
			var e jsonSearch
			if got, problem := e.find(nil, text, steps); problem != noValue {
				t.Fatalf("%.20s of %.20s: %.80s", path, text, got)
			}
		}
	}
}

func FuzzJSONIsReadWithoutPanic(f *testing.F) {
	for _, text := range []string{`{"a":[{"b":1},[2,{"b":"é\n\ud83d\ude00"}]]}`, `[[1,-0,1.50e3],'x',{"a":null,"a":{}}]`, "\"\xff\"", `[01]`} {
		for _, path := range []string{"$", "$.a[*].b", "$[*][*]", "$['a'][1][*].b", "$[0]", "$.*", "$[ 7]"} {
			f.Add(text, path)
		}
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		steps, ok, problem := parseJSONPath(nil, path)
		if !ok || problem != nil {
			return
		}
		var e jsonSearch
		got, problem := e.find([]byte("before"), text, steps)
		if string(got[:6]) != "before" {
			t.Fatalf("%q of %q overwrote what was there: %q", path, text, got)
		}
		if problem != nil && len(got) != 6 {
			t.Fatalf("%q of %q: nothing, but %q is written", path, text, got)
		}
		whole, _, _ := parseJSONPath(nil, "$")
		if len(steps) != 0 || problem != nil || strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), `"`) || strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), `'`) {
			return
		}
		again, problem := e.find(nil, string(got[6:]), whole)
		if problem != nil || string(again) != string(got[6:]) {
			t.Fatalf("%q is written %q, that %q", text, got[6:], again)
		}
	})
}

func TestLookingIntoJSONAllocatesNothingForARow(t *testing.T) {
	for _, sql := range []string{"get_json_object(s, '$.a[*].b')", "get_json_object(s, concat('$.a[', '1]'))", "get_json_object(s, '$')"} {
		few, many := textAllocations(t, sql, 200), textAllocations(t, sql, 4000)
		if many > few+20 {
			t.Errorf("%s: %v allocations for 200 rows, %v for 4000", sql, few, many)
		}
	}
}

func textAllocations(t *testing.T, sql string, rows int) float64 {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for range rows {
		b.Append(`{"x":1.5,"a":[{"b":"one\n"},{"b":[1,2,{"c":null}]},3]}`)
	}
	batch := columnBatch("s", b.NewArray())
	defer batch.Release()
	bound := mustBind(t, sql, oneText)
	return testing.AllocsPerRun(5, func() {
		arr, err := bound.Eval(batch, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		arr.Release()
	})
}

func BenchmarkGetJSONObject(b *testing.B) {
	const rows = 4096
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	defer texts.Release()
	for range rows {
		texts.Append(`{"store":{"fruit":[{"weight":8,"type":"apple"},{"weight":9,"type":"pear"}],"bicycle":{"price":19.95,"color":"red"}},"email":"amy@only.net","owner":"amy"}`)
	}
	batch := columnBatch("s", texts.NewArray())
	defer batch.Release()
	for _, path := range []string{"$.owner", "$.store.fruit[*].type", "$"} {
		bound := mustBind(b, "get_json_object(s, '"+path+"')", oneText)
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(rows * 150)
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
