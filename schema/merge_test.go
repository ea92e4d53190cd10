package schema

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func ddlSchema(t testing.TB, sql string) *Struct {
	t.Helper()
	s, err := ParseColumns(sql)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMergeFollowsTheRulesOfEvolution(t *testing.T) {
	for _, c := range []struct {
		name, table, data string
		plain, widen      string // the merged schema; empty: a mismatch
	}{
		{"nothing new", "a int", "a int", "a:int", "a:int"},
		{"a column is missing", "a int, b int", "b int", "a:int,b:int", "a:int,b:int"},
		{"appended", "a int", "b string, a int", "a:int,b:string", "a:int,b:string"},
		{"table's spelling", "Ab int", "AB int, aC int", "Ab:int,aC:int", "Ab:int,aC:int"},
		{"nested", "s struct<x:int>, l array<struct<y:int>>, m map<int,struct<z:int>>",
			"M map<int,struct<w:int>>, L array<struct<Y:int,v:int>>, S struct<q:struct<r:int>>",
			"s:struct<x:int,q:struct<r:int>>,l:array<struct<y:int,v:int>>,m:map<int,struct<z:int,w:int>>",
			"s:struct<x:int,q:struct<r:int>>,l:array<struct<y:int,v:int>>,m:map<int,struct<z:int,w:int>>"},
		{"void takes anything", "a void, b int", "a map<int,array<int>>, b void", "a:map<int,array<int>>,b:int", "a:map<int,array<int>>,b:int"},

		{"byte to short", "a byte", "a short", "a:smallint", "a:smallint"},
		{"byte to int", "a byte", "a int", "a:int", "a:int"},
		{"short to int in an array", "a array<short>", "a array<int>", "a:array<int>", "a:array<int>"},
		{"narrower data", "a bigint, d double, e decimal(10,2), n timestamp_ntz", "a byte, d float, e decimal(5,1), n date",
			"a:bigint,d:double,e:decimal(10,2),n:timestamp_ntz", "a:bigint,d:double,e:decimal(10,2),n:timestamp_ntz"},
		{"int into decimal and double", "a decimal(10,0), d double", "a int, d short", "a:decimal(10,0),d:double", "a:decimal(10,0),d:double"},

		{"int to long", "a int", "a bigint", "", "a:bigint"},
		{"float to double", "a float", "a double", "", "a:double"},
		{"wider decimal", "a decimal(5,2)", "a decimal(7,3)", "", "a:decimal(7,3)"},
		{"date to ntz", "a date", "a timestamp_ntz", "", "a:timestamp_ntz"},
		{"nested widening", "m map<int,array<float>>", "m map<int,array<double>>", "", "m:map<int,array<double>>"},

		{"fewer digits before the point", "a decimal(5,2)", "a decimal(5,3)", "", ""},
		{"int to double is not automatic", "a int", "a double", "", ""},
		{"int to decimal is not automatic", "a int", "a decimal(10,0)", "", ""},
		{"long into double", "a double", "a bigint", "", ""},
		{"long into small decimal", "a decimal(19,0)", "a bigint", "", ""},
		{"string and int", "a string", "a int", "", ""},
		{"timestamp and ntz", "a timestamp", "a timestamp_ntz", "", ""},
		{"date and timestamp", "a date", "a timestamp", "", ""},
		{"struct and int", "a struct<b:int>", "a int", "", ""},
		{"array and map", "a array<int>", "a map<int,int>", "", ""},
		{"deep in a struct", "a struct<b:struct<c:int>>", "a struct<b:struct<c:string>>", "", ""},
	} {
		for _, widen := range []bool{false, true} {
			want := c.plain
			if widen {
				want = c.widen
			}
			got, err := Merge(ddlSchema(t, c.table), ddlSchema(t, c.data), widen)
			var mismatch *MismatchError
			switch {
			case want == "" && !errors.As(err, &mismatch):
				t.Errorf("%s, widen %v: got %v, %v, want a mismatch", c.name, widen, got, err)
			case want != "" && (err != nil || got.String() != "struct<"+want+">"):
				t.Errorf("%s, widen %v: got %v, %v", c.name, widen, got, err)
			}
		}
	}
}

func TestMergeKeepsNullabilityAndMakesNewColumnsNullable(t *testing.T) {
	table := mustParse(t, `{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"long","containsNull":false},"nullable":false,"metadata":{"k":1}}]}`)
	data := mustParse(t, `{"type":"struct","fields":[
		{"name":"A","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{"k":2}},
		{"name":"b","nullable":false,"metadata":{"comment":"c","delta.columnMapping.id":5},"type":{"type":"map","keyType":"long","valueContainsNull":false,
		 "valueType":{"type":"array","containsNull":false,"elementType":{"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{"delta.columnMapping.id":6}}]}}}}]}`)
	before := string(table.JSON())
	got, err := Merge(table, data, false)
	if err != nil {
		t.Fatal(err)
	}
	want := mustParse(t, `{"type":"struct","fields":[
		{"name":"a","type":{"type":"array","elementType":"long","containsNull":false},"nullable":false,"metadata":{"k":1}},
		{"name":"b","nullable":true,"metadata":{"comment":"c"},"type":{"type":"map","keyType":"long","valueContainsNull":true,
		 "valueType":{"type":"array","containsNull":true,"elementType":{"type":"struct","fields":[{"name":"x","type":"long","nullable":true}]}}}}]}`)
	if !Equal(got, want) {
		t.Errorf("got %s", got.JSON())
	}
	if string(table.JSON()) != before {
		t.Error("the table's schema was changed in place")
	}
}

func TestMergeRecordsTypeChanges(t *testing.T) {
	table := ddlSchema(t, "i int, m map<short,array<float>>, s struct<x:decimal(5,2)>, k byte")
	table.Fields[0].Metadata = Metadata{keyTypeChanges: json.RawMessage(`[{"toType":"integer","fromType":"short","extra":1}]`)}
	data := ddlSchema(t, "i bigint, m map<int,array<double>>, s struct<x:decimal(9,2)>, k byte")
	got, err := Merge(table, data, true)
	if err != nil {
		t.Fatal(err)
	}
	nested := got.Fields[2].Type.(*Struct).Fields[0]
	for _, c := range []struct {
		f    Field
		want string
	}{
		{got.Fields[0], `[{"toType":"integer","fromType":"short","extra":1},{"toType":"long","fromType":"integer"}]`},
		{got.Fields[1], `[{"toType":"integer","fromType":"short","fieldPath":"key"},{"toType":"double","fromType":"float","fieldPath":"value.element"}]`},
		{got.Fields[2], ``},
		{nested, `[{"toType":"decimal(9,2)","fromType":"decimal(5,2)"}]`},
		{got.Fields[3], ``},
	} {
		if text := string(c.f.Metadata[keyTypeChanges]); text != c.want {
			t.Errorf("%s: %s, want %s", c.f.Name, text, c.want)
		}
	}
	table.Fields[0].Metadata = Metadata{keyTypeChanges: json.RawMessage(`{}`)}
	if _, err := Merge(table, data, true); err == nil {
		t.Error("a broken history was replaced")
	}
}

func TestMergeRefusesNamesThatFitTwice(t *testing.T) {
	one := ddlSchema(t, "a int")
	two := &Struct{Fields: []Field{{Name: "a", Type: Integer}, {Name: "A", Type: Integer}}}
	var invalid *InvalidError
	if _, err := Merge(one, two, false); !errors.As(err, &invalid) {
		t.Errorf("data with two spellings: %v", err)
	}
	if got, err := Merge(two, one, false); err != nil || len(got.Fields) != 2 {
		t.Errorf("the exact name among two: %v, %v", got, err)
	}
	three := &Struct{Fields: []Field{{Name: "ab", Type: Integer}, {Name: "AB", Type: Integer}}}
	if _, err := Merge(three, ddlSchema(t, "aB int"), false); !errors.As(err, &invalid) {
		t.Errorf("a table with two spellings: %v", err)
	}
}

func TestMismatchNamesTheColumn(t *testing.T) {
	_, err := Merge(ddlSchema(t, "Outer struct<l: array<struct<Inner: int>>>"), ddlSchema(t, "outer struct<l: array<struct<inner: string>>>"), true)
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || mismatch.Column != "Outer.l.element.Inner" || mismatch.Table != Integer || mismatch.Data != String {
		t.Errorf("got %#v", err)
	}
	if !strings.Contains(err.Error(), `"Outer.l.element.Inner" is int and cannot take string`) {
		t.Errorf("got %v", err)
	}
}

func TestCanWidenIsTheTableOfTheProtocol(t *testing.T) {
	names := []string{"byte", "short", "int", "bigint", "float", "double", "date", "timestamp", "timestamp_ntz", "string",
		"decimal(5,2)", "decimal(10,0)", "decimal(11,2)", "decimal(12,2)", "decimal(20,0)", "decimal(22,2)", "decimal(21,2)"}
	may := map[string]string{
		"byte":          "short int bigint double decimal(10,0) decimal(12,2) decimal(20,0) decimal(22,2) decimal(21,2)",
		"short":         "int bigint double decimal(10,0) decimal(12,2) decimal(20,0) decimal(22,2) decimal(21,2)",
		"int":           "bigint double decimal(10,0) decimal(12,2) decimal(20,0) decimal(22,2) decimal(21,2)",
		"bigint":        "decimal(20,0) decimal(22,2)",
		"float":         "double",
		"date":          "timestamp_ntz",
		"decimal(5,2)":  "decimal(11,2) decimal(12,2) decimal(22,2) decimal(21,2)",
		"decimal(10,0)": "decimal(12,2) decimal(20,0) decimal(22,2) decimal(21,2)",
		"decimal(11,2)": "decimal(12,2) decimal(22,2) decimal(21,2)",
		"decimal(12,2)": "decimal(22,2) decimal(21,2)",
		"decimal(20,0)": "decimal(22,2)",
		"decimal(21,2)": "decimal(22,2)",
	}
	for _, from := range names {
		for _, to := range names {
			f, _ := ParseType(from)
			g, _ := ParseType(to)
			want := from == to || strings.Contains(" "+may[from]+" ", " "+to+" ")
			if got := CanWiden(f, g); got != want {
				t.Errorf("%s to %s: %v", from, to, got)
			}
			if got := CanWiden(&Array{Element: f}, &Array{Element: g}); got != want {
				t.Errorf("array of %s to %s: %v", from, to, got)
			}
		}
	}
	for pair, want := range map[string]bool{
		"map<int,float> map<bigint,double>":              true,
		"map<int,float> map<bigint,int>":                 false,
		"struct<a:int,b:int> struct<a:int,b:bigint>":     true,
		"struct<a:int,b:int> struct<a:int,c:bigint>":     false,
		"struct<a:int,b:int> struct<a:int>":              false,
		"array<int> int":                                 false,
		"int array<int>":                                 false,
		"map<int,int> struct<key:int,value:int>":         false,
		"struct<a:map<int,date>> struct<a:map<int,int>>": false,
	} {
		from, to, _ := strings.Cut(pair, " ")
		f, _ := ParseType(from)
		g, _ := ParseType(to)
		if got := CanWiden(f, g); got != want {
			t.Errorf("%s: %v", pair, got)
		}
	}
}
