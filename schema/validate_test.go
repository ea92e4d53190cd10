package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestValidateKnowsWhatCanBeWritten(t *testing.T) {
	for _, c := range []struct {
		ddl, partitions string
		problem         string // empty: valid
	}{
		{"a int", "", ""},
		{"a int, b string, c void", "b", ""},
		{"a int, b decimal(5,2), d date, t timestamp, n timestamp_ntz, f double, o boolean", "b,d,t,n,f,o", ""},
		{"a int, v struct<x: int, y: void>", "", ""},
		{"m map<struct<a:int>, array<int>>", "", ""},
		{"a variant", "", ""},

		{"`a b` int", "", "a name without column mapping"},
		{"s struct<`x=y`: int>", "", `column "s.x=y"`},
		{"l array<struct<`x{`: int>>", "", `column "l.element.x{"`},
		{"m map<int, struct<`x\n`: int>>", "", "a name without column mapping"},
		{"`` int", "", "the name is empty"},
		{"`\xff` int", "", "not UTF-8"},

		{"a void", "", "no column that a file could hold"},
		{"a int, s struct<x: void>", "", `column "s": no column`},
		{"a int, s struct<>", "", `column "s": no column`},
		{"a int, l array<void>", "", `column "l.element": void inside`},
		{"a int, m map<int, array<void>>", "", `column "m.value.element": void inside`},
		{"a int, m map<variant, int>", "", "cannot be the key"},
		{"a int, m map<struct<x: map<int,int>>, int>", "", "cannot be the key"},
		{"a int, m map<array<variant>, int>", "", "cannot be the key"},
		{"a int, i interval day", "", "interval day is not written"},

		{"a int, b int", "c", "no such column to partition by"},
		{"a int, b int", "B", "spelled b"},
		{"a int, b int", "b,b", "twice"},
		{"a int, b int", "a,b", "every column is a partition column"},
		{"a int, b void", "a", "every column is a partition column"},
		{"a int, b binary", "b", "binary cannot be partitioned by"},
		{"a int, b void", "b", "void cannot be partitioned by"},
		{"a int, b variant", "b", "variant cannot be partitioned by"},
		{"a int, b array<int>", "b", "array<int> cannot be partitioned by"},
		{"a int, b struct<c:int>", "b", "cannot be partitioned by"},
	} {
		s, err := ParseColumns(c.ddl)
		if err != nil {
			t.Fatal(err)
		}
		var partitions []string
		if c.partitions != "" {
			partitions = strings.Split(c.partitions, ",")
		}
		err = Validate(s, partitions, false)
		var invalid *InvalidError
		if c.problem == "" && err != nil || c.problem != "" && (!errors.As(err, &invalid) || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s by %q: got %v, want %q", c.ddl, c.partitions, err, c.problem)
		}
	}
}

func TestValidateFindsWhatOnlyCodeCanBuild(t *testing.T) {
	deep := Type(Long)
	for range 101 {
		deep = &Array{Element: deep}
	}
	wide := &Struct{}
	for i := range 50_000 {
		wide.Fields = append(wide.Fields, Field{Name: fmt.Sprint("c", i), Type: Long})
	}
	for name, s := range map[string]*Struct{
		"duplicate":    {Fields: []Field{{Name: "a", Type: Long}, {Name: "A", Type: Long}}},
		"nil type":     {Fields: []Field{{Name: "a"}}},
		"primitive 0":  {Fields: []Field{{Name: "a", Type: Primitive(0)}}},
		"primitive 99": {Fields: []Field{{Name: "a", Type: Primitive(99)}}},
		"precision 0":  {Fields: []Field{{Name: "a", Type: Decimal{}}}},
		"metadata":     {Fields: []Field{{Name: "a", Type: Long, Metadata: Metadata{"x": json.RawMessage(`nul`)}}}},
		"deep":         {Fields: []Field{{Name: "a", Type: deep}}},
		"wide":         wide,
		"no columns":   {},
	} {
		if Validate(s, nil, true) == nil {
			t.Errorf("%s: valid", name)
		}
	}
}

func TestColumnMappingFreesTheNames(t *testing.T) {
	s, err := ParseColumns("`a ,;{}()\n\t=` int, s struct<`x y`: int>")
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(s, nil, true); err != nil {
		t.Error(err)
	}
	if err := Validate(s, nil, false); err == nil {
		t.Error("valid without column mapping")
	}
}
