package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestLookupTakesTheExactNameFirst(t *testing.T) {
	s := &Struct{Fields: []Field{{Name: "Id"}, {Name: "id"}, {Name: "ID"}, {Name: "Straße"}, {Name: "only"}}}
	for name, want := range map[string]int{
		"id": 1, "Id": 0, "ID": 2, "iD": -1, "ONLY": 4, "STRAẞE": 3, "strasse": -1, "": -1,
	} {
		got, ok := s.Lookup(name)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", name, got, want)
		}
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	var all []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.SimpleFold(r) != r {
			all = append(all, r)
		}
	}
	for _, r := range all {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if !strings.EqualFold(string(r), string(f)) || fold("x"+string(r)) != fold("X"+string(f)) {
				t.Errorf("%q and %q fold to %q and %q", r, f, fold(string(r)), fold(string(f)))
			}
		}
	}
	if fold("a") == fold("b") || fold("ß") == fold("ss") {
		t.Error("different names fold to one")
	}
}

func TestFieldDescendsOnlyThroughStructs(t *testing.T) {
	s, err := ParseColumns("a struct<b: struct<c: int>>, l array<struct<x: int>>")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		ok   bool
	}{
		{"a", true}, {"a.b", true}, {"a.b.c", true}, {"a.b.c.d", false}, {"A", false}, {"a.c", false}, {"l", true}, {"l.x", false}, {"l.element.x", false},
	} {
		path := strings.Split(c.path, ".")
		f, ok := s.Field(path...)
		if ok != c.ok || ok && f.Name != path[len(path)-1] {
			t.Errorf("%s: got %v, %v", c.path, f.Name, ok)
		}
	}
	if _, ok := s.Field(); ok {
		t.Error("an empty path names a field")
	}
}

func TestLeavesAreWhatStatisticsCount(t *testing.T) {
	s, err := ParseColumns("a int, s struct<x: int, t: struct<y: binary, z: boolean>, e: struct<>>, l array<struct<q: int>>, m map<int,int>, v variant, n void")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var kept [][]string
	for path, f := range s.Leaves() {
		got = append(got, strings.Join(path, ".")+" "+f.Name)
		kept = append(kept, path)
	}
	want := []string{"a a", "s.x x", "s.t.y y", "s.t.z z", "s.e e", "l l", "m m", "v v", "n n"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if fmt.Sprint(kept) != "[[a] [s x] [s t y] [s t z] [s e] [l] [m] [v] [n]]" {
		t.Errorf("paths changed after they were given out: %v", kept)
	}
	for range s.Leaves() {
		break
	}
}

func TestMetadataIsReadTolerantly(t *testing.T) {
	m := Metadata{
		"text": json.RawMessage(`"a\u0062"`), "number": json.RawMessage(`9007199254740993`), "quoted": json.RawMessage(`"7"`),
		"null": json.RawMessage(`null`), "object": json.RawMessage(`{}`), "float": json.RawMessage(`1.5`), "broken": json.RawMessage(`"x`), "empty": nil,
	}
	if s, ok := m.String("text"); !ok || s != "ab" {
		t.Errorf("got %q, %v", s, ok)
	}
	for key, want := range map[string]int64{"number": 9007199254740993, "quoted": 7} {
		if n, ok := m.Int(key); !ok || n != want {
			t.Errorf("%s: got %d, %v", key, n, ok)
		}
	}
	for _, key := range []string{"number", "null", "object", "broken", "empty", "missing"} {
		if s, ok := m.String(key); ok {
			t.Errorf("%s is the string %q", key, s)
		}
	}
	for _, key := range []string{"text", "null", "object", "float", "empty", "missing"} {
		if n, ok := m.Int(key); ok {
			t.Errorf("%s is the integer %d", key, n)
		}
	}
	if _, ok := Metadata(nil).Int("x"); ok {
		t.Error("nil metadata has a value")
	}
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	m := Metadata{"a": json.RawMessage(`1`)}
	n, err := m.With("b", "<x>")
	if err != nil || len(m) != 1 || string(n["b"]) != `"<x>"` || string(n["a"]) != `1` {
		t.Errorf("got %s from %s, %v", n, m, err)
	}
	if _, err := m.With("f", func() {}); err == nil {
		t.Error("a function has JSON")
	}
}

func TestPhysicalNamesReachEveryDepth(t *testing.T) {
	s := mustParse(t, `{"type":"struct","fields":[
		{"name":"a","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"b","type":"long","metadata":{"delta.columnMapping.id":"3","delta.columnMapping.physicalName":"col-2"}}]}},
		 "metadata":{"delta.columnMapping.id":2,"delta.columnMapping.physicalName":"col-1"}},
		{"name":"m","type":{"type":"map","keyType":"long","valueType":{"type":"struct","fields":[{"name":"c","type":"long"}]}}}]}`)
	if got := s.Physical().String(); got != "struct<col-1:array<struct<col-2:bigint>>,m:map<bigint,struct<c:bigint>>>" {
		t.Errorf("got %s", got)
	}
	if got := s.String(); got != "struct<a:array<struct<b:bigint>>,m:map<bigint,struct<c:bigint>>>" {
		t.Errorf("the original became %s", got)
	}
	if id, ok := s.Fields[0].ColumnID(); !ok || id != 2 {
		t.Errorf("id %d, %v", id, ok)
	}
	if id, ok := s.Fields[0].Type.(*Array).Element.(*Struct).Fields[0].ColumnID(); !ok || id != 3 {
		t.Errorf("quoted id %d, %v", id, ok)
	}
}

func TestEqualitySeesWhatItSays(t *testing.T) {
	base := `{"type":"struct","fields":[{"name":"a","type":{"type":"map","keyType":"long","valueType":{"type":"array","elementType":"long","containsNull":true},"valueContainsNull":true},"nullable":true,"metadata":{"k":[1,2]}}]}`
	for _, c := range []struct {
		name, old, new string
		strict, loose  bool
	}{
		{"itself", "", "", true, true},
		{"spaces in metadata", `[1,2]`, `[1, 2 ]`, true, true},
		{"metadata", `[1,2]`, `[1,3]`, false, true},
		{"nullable", `"nullable":true`, `"nullable":false`, false, true},
		{"containsNull", `"containsNull":true`, `"containsNull":false`, false, true},
		{"valueContainsNull", `"valueContainsNull":true`, `"valueContainsNull":false`, false, true},
		{"name", `"name":"a"`, `"name":"A"`, false, false},
		{"key", `"keyType":"long"`, `"keyType":"integer"`, false, false},
		{"element", `"elementType":"long"`, `"elementType":"decimal(5,0)"`, false, false},
	} {
		a, b := mustParse(t, base), mustParse(t, strings.Replace(base, c.old, c.new, 1))
		if Equal(a, b) != c.strict || EqualIgnoringNullability(a, b) != c.loose {
			t.Errorf("%s: %v, %v", c.name, Equal(a, b), EqualIgnoringNullability(a, b))
		}
	}
	types := []Type{nil, Long, Decimal{5, 2}, Decimal{5, 3}, &Array{Element: Long}, &Map{Key: Long, Value: Long}, &Struct{}, &Struct{Fields: []Field{{Name: "a", Type: Long}}}, Interval{}}
	for i, a := range types {
		for j, b := range types {
			if Equal(a, b) != (i == j) {
				t.Errorf("%v and %v: %v", a, b, Equal(a, b))
			}
		}
	}
}
