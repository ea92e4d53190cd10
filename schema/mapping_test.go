package schema_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/schema"
)

// mapped is a schema from text in which "name=physical/id" stands for a field
// of type long, and "name=physical/id{…}" for a struct.
func mapped(t *testing.T, fields ...schema.Field) *schema.Struct {
	t.Helper()
	return &schema.Struct{Fields: fields}
}

func mappedField(name, physical, id string, typ schema.Type) schema.Field {
	f := schema.Field{Name: name, Type: typ, Nullable: true, Metadata: schema.Metadata{}}
	if physical != "" {
		f.Metadata["delta.columnMapping.physicalName"] = []byte(`"` + physical + `"`)
	}
	if id != "" {
		f.Metadata["delta.columnMapping.id"] = []byte(id)
	}
	return f
}

// TestWhatColumnMappingNeeds of a schema: names and ids of their own, at every
// depth.
func TestWhatColumnMappingNeeds(t *testing.T) {
	long := schema.Long
	inner := func(fields ...schema.Field) schema.Type {
		return &schema.Map{Key: schema.String, Value: &schema.Array{Element: &schema.Struct{Fields: fields}}}
	}
	for _, c := range []struct {
		name      string
		schema    *schema.Struct
		name1, id string // what the errors say; "": none
	}{
		{"sound", mapped(t, mappedField("a", "b", "1", long), mappedField("b", "a", `"2"`, inner(mappedField("a", "b", "3", long)))), "", ""},
		{"no physical name", mapped(t, mappedField("a", "", "1", long)), "a", "a"},
		{"no physical name inside", mapped(t, mappedField("a", "a", "1", inner(mappedField("x", "", "2", long)))), "a.value.element.x", "a.value.element.x"},
		{"an empty physical name", mapped(t, schema.Field{Name: "a", Type: long, Metadata: schema.Metadata{"delta.columnMapping.physicalName": []byte(`""`)}}), "a", "a"},
		{"a physical name twice", mapped(t, mappedField("a", "c", "1", long), mappedField("b", "c", "2", long)), "b", "b"},
		{"a physical name at two depths", mapped(t, mappedField("a", "c", "1", inner(mappedField("x", "c", "2", long)))), "", ""},
		{"no id", mapped(t, mappedField("a", "a", "", long)), "", "a"},
		{"an id that is none", mapped(t, mappedField("a", "a", `"x"`, long)), "", "a"},
		{"an id that files have where there is none", mapped(t, mappedField("a", "a", "-1", long)), "", "a"},
		{"an id twice", mapped(t, mappedField("a", "a", "1", inner(mappedField("x", "x", "1", long)))), "a.value.element.x", "a.value.element.x"},
	} {
		if err := schema.NoMapping.Check(c.schema); err != nil {
			t.Errorf("%s, without mapping: %v", c.name, err)
		}
		for m, column := range map[schema.Mapping]string{schema.NameMapping: c.name1, schema.IDMapping: c.id} {
			err := m.Check(c.schema)
			var invalid *schema.InvalidError
			if column == "" && err != nil || column != "" && (!errors.As(err, &invalid) || invalid.Column != column) {
				t.Errorf("%s, by %v: %v, want %q", c.name, m, err, column)
			}
		}
	}
}

func TestModesOfColumnMapping(t *testing.T) {
	for mode, want := range map[string]schema.Mapping{"": schema.NoMapping, "none": schema.NoMapping, "name": schema.NameMapping, "NAME": schema.NameMapping, "id": schema.IDMapping} {
		if m, ok := schema.ParseMapping(mode); !ok || m != want {
			t.Errorf("%q: %v, %v", mode, m, ok)
		}
		if mode == strings.ToLower(mode) && mode != "" && want.String() != mode {
			t.Errorf("%q is printed as %v", mode, want)
		}
	}
	if _, ok := schema.ParseMapping("ids"); ok {
		t.Error("ids is no mode")
	}
}

// TestStoredPathsAreTheLogs: by physical names under both modes.
func TestStoredPathsAreTheLogs(t *testing.T) {
	s := mapped(t, mappedField("a", "col-1", "1", &schema.Struct{Fields: []schema.Field{mappedField("x", "col-2", "2", schema.Long)}}), mappedField("l", "col-3", "3", &schema.Array{Element: schema.Long}))
	for m, want := range map[schema.Mapping][]string{schema.NoMapping: {"a", "x"}, schema.NameMapping: {"col-1", "col-2"}, schema.IDMapping: {"col-1", "col-2"}} {
		path, f, ok := m.StoredPath(s, []string{"a", "x"})
		if !ok || !slices.Equal(path, want) || f.Name != "x" {
			t.Errorf("%v: %v, %v, %v", m, path, f, ok)
		}
	}
	for _, path := range [][]string{{"b"}, {"a", "y"}, {"l", "element"}, {}} {
		if _, _, ok := schema.NameMapping.StoredPath(s, path); ok {
			t.Errorf("%v is no column", path)
		}
	}
}

// TestWhatColumnsSayOfTheirValues: generated, default, identity, widened.
func TestWhatColumnsSayOfTheirValues(t *testing.T) {
	s, err := schema.Parse([]byte(`{"type":"struct","fields":[
		{"name":"g","type":"date","nullable":true,"metadata":{"delta.generationExpression":"CAST(ts AS DATE)"}},
		{"name":"d","type":"long","nullable":true,"metadata":{"CURRENT_DEFAULT":"42"}},
		{"name":"i","type":"long","nullable":false,"metadata":{"delta.identity.start":10,"delta.identity.step":-2,"delta.identity.highWaterMark":4,"delta.identity.allowExplicitInsert":true}},
		{"name":"j","type":"long","nullable":false,"metadata":{"delta.identity.start":1,"delta.identity.step":1,"delta.identity.allowExplicitInsert":false}},
		{"name":"w","type":{"type":"map","keyType":"integer","valueType":{"type":"array","elementType":"double","containsNull":true},"valueContainsNull":true},"nullable":true,
			"metadata":{"delta.typeChanges":[{"toType":"double","fromType":"float","fieldPath":"value.element"},{"fromType":"byte","toType":"integer","fieldPath":"key"}]}},
		{"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"decimal(12,2)","nullable":true,"metadata":{"delta.typeChanges":[{"toType":"decimal(12,2)","fromType":"decimal(10,2)"}]}}]},"nullable":true,"metadata":{}},
		{"name":"bad","type":"long","nullable":true,"metadata":{"delta.typeChanges":[{"fromType":"colour","toType":"long"}]}},
		{"name":"worse","type":"long","nullable":true,"metadata":{"delta.typeChanges":7}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	field := func(path ...string) schema.Field {
		f, ok := s.Field(path...)
		if !ok {
			t.Fatal(path)
		}
		return f
	}
	if sql, ok := field("g").Generated(); !ok || sql != "CAST(ts AS DATE)" {
		t.Errorf("%q, %v", sql, ok)
	}
	if sql, ok := field("d").Default(); !ok || sql != "42" {
		t.Errorf("%q, %v", sql, ok)
	}
	if id, ok := field("i").Identity(); !ok || id.Start != 10 || id.Step != -2 || *id.HighWaterMark != 4 || !id.AllowExplicit {
		t.Errorf("%+v, %v", id, ok)
	}
	if id, ok := field("j").Identity(); !ok || id.HighWaterMark != nil || id.AllowExplicit {
		t.Errorf("%+v, %v", id, ok)
	}
	if _, ok := field("d").Identity(); ok {
		t.Error("d is no identity column")
	}
	want := []schema.TypeChange{{From: schema.Float, To: schema.Double, Path: "value.element"}, {From: schema.Byte, To: schema.Integer, Path: "key"}}
	if got, err := field("w").TypeChanges(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	want = []schema.TypeChange{{From: schema.Decimal{Precision: 10, Scale: 2}, To: schema.Decimal{Precision: 12, Scale: 2}}}
	if got, err := field("s", "x").TypeChanges(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, name := range []string{"bad", "worse"} {
		var invalid *schema.InvalidError
		if got, err := field(name).TypeChanges(); !errors.As(err, &invalid) || invalid.Column != name {
			t.Errorf("%v, %v", got, err)
		}
	}
	var all []string
	for path := range s.All() {
		all = append(all, strings.Join(path, "."))
	}
	if got := strings.Join(all, " "); got != "g d i j w s s.x bad worse" {
		t.Error(got)
	}
}

// TestInsertMakesWhatLeadsThere and changes nothing that is there.
func TestInsertMakesWhatLeadsThere(t *testing.T) {
	s := &schema.Struct{}
	s.Insert([]string{"a", "x"}, schema.Field{Type: schema.Long, Nullable: true})
	s.Insert([]string{"a", "y"}, schema.Field{Type: schema.String, Nullable: true})
	s.Insert([]string{"b"}, schema.Field{Type: schema.Date, Nullable: true})
	s.Insert([]string{"b"}, schema.Field{Type: schema.Long, Nullable: true})
	s.Insert([]string{"b", "c"}, schema.Field{Type: schema.Long, Nullable: true})
	if got := s.String(); got != "struct<a:struct<x:bigint,y:string>,b:date>" {
		t.Error(got)
	}
}
