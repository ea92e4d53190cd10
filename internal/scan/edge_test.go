package scan_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

func optional(name string, t schema.Type, changes string) schema.Field {
	f := schema.Field{Name: name, Type: t, Nullable: true}
	if changes != "" {
		f.Metadata = schema.Metadata{"delta.typeChanges": json.RawMessage(changes)}
	}
	return f
}

// TestEdgeD87FilesWithNarrowerTypesAreRead has each widening of the protocol
// that a column can have made since a file was written, at the top and inside
// of maps, arrays and structs.
func TestEdgeD87FilesWithNarrowerTypesAreRead(t *testing.T) {
	d := func(p, s int) schema.Type { return schema.Decimal{Precision: p, Scale: s} }
	changed := func(from, to string) string { return `[{"toType":"` + to + `","fromType":"` + from + `"}]` }
	nested := func(float schema.Type) schema.Type {
		return &schema.Map{Key: schema.Integer, Value: &schema.Array{Element: float, ContainsNull: true}, ValueContainsNull: true}
	}
	inner := func(t schema.Type, changes string) schema.Type {
		return &schema.Struct{Fields: []schema.Field{optional("x", t, changes)}}
	}
	old := &schema.Struct{Fields: []schema.Field{
		optional("a", schema.Byte, ""), optional("b", schema.Short, ""), optional("c", schema.Integer, ""), optional("d", schema.Float, ""),
		optional("e", schema.Integer, ""), optional("f", schema.Date, ""), optional("g", d(5, 2), ""), optional("h", schema.Short, ""), optional("i", schema.Long, ""),
		optional("m", nested(schema.Float), ""), optional("s", inner(schema.Byte, ""), ""),
	}}
	s := &schema.Struct{Fields: []schema.Field{
		optional("a", schema.Long, `[{"toType":"short","fromType":"byte"},{"toType":"long","fromType":"short"}]`), optional("b", schema.Integer, changed("short", "integer")),
		optional("c", schema.Long, changed("integer", "long")), optional("d", schema.Double, changed("float", "double")), optional("e", schema.Double, changed("integer", "double")),
		optional("f", schema.TimestampNTZ, changed("date", "timestamp_ntz")), optional("g", d(9, 4), changed("decimal(5,2)", "decimal(9,4)")),
		optional("h", d(12, 2), changed("short", "decimal(12,2)")), optional("i", d(21, 1), changed("long", "decimal(21,1)")),
		optional("m", nested(schema.Double), `[{"toType":"double","fromType":"float","fieldPath":"value.element"}]`), optional("s", inner(schema.Integer, changed("byte", "integer")), ""),
	}}
	features := []string{"typeWidening", "timestampNtz"}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: features}, &log.Metadata{SchemaString: string(s.JSON())})
	f.add(t, old, nil, `{"a":-128,"b":-3,"c":2147483647,"d":0.5,"e":7,"f":"1970-01-02","g":"-1.50","h":-7,"i":-9223372036854775808,"m":[{"key":1,"value":[0.5,null]}],"s":{"x":-1}}
{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":null,"i":null,"m":null,"s":null}`)
	f.add(t, s, nil, `{"a":5000000000,"b":70000,"c":5000000000,"d":0.1,"e":0.1,"f":"1970-01-02 00:00:00.5","g":"12345.6789","h":"99.99","i":"1.5","m":[{"key":2,"value":[0.1]}],"s":{"x":70000}}`)
	state := f.load(t)
	first := `{"a":-128,"b":-3,"c":2147483647,"d":0.5,"e":7,"f":"1970-01-02T00:00:00","g":"-1.5","h":"-7","i":"-9223372036854775808","m":[{"key":1,"value":[0.5,null]}],"s":{"x":-1}}`
	nulls := `{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":null,"i":null,"m":null,"s":null}`
	second := `{"a":5000000000,"b":70000,"c":5000000000,"d":0.1,"e":0.1,"f":"1970-01-02T00:00:00.5","g":"12345.6789","h":"99.99","i":"1.5","m":[{"key":2,"value":[0.1]}],"s":{"x":70000}}`
	for where, want := range map[string][]string{
		"":                        {first, nulls, second},
		"a < 0":                   {first},
		"c = 2147483647":          {first},
		"c > 2147483647":          {second},
		"d = 0.5D":                {first},
		"e BETWEEN 6.5D AND 7.5D": {first},
		"f < TIMESTAMP_NTZ '1970-01-02 00:00:00.2'": {first},
		"g = -1.5":                     {first},
		"h < 0":                        {first},
		"i < -9223372036854775807.5BD": {first},
		"m[1][0] = 0.5D":               {first},
		"s.x = -1":                     {first},
		"s.x > 100":                    {second},
		"b IS NULL":                    {nulls},
	} {
		got, err := f.read(state, s, func(o *scan.Options) {
			if where != "" {
				o.Where = expr.SQL(where)
			}
		})
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v\nwant %v", where, got, err, want)
		}
	}
}

// TestPartitionValuesOfTheLogHideThoseOfTheFile: some writers leave the column
// in the file, with any values.
func TestPartitionValuesOfTheLogHideThoseOfTheFile(t *testing.T) {
	s, err := schema.ParseColumns("id bigint, p string")
	if err != nil {
		t.Fatal(err)
	}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &log.Metadata{SchemaString: string(s.JSON()), PartitionColumns: []string{"p"}})
	value := "log"
	for i, v := range []*string{&value, nil} {
		a := f.add(t, s, nil, `{"id":`+string(rune('0'+i))+`,"p":"file"}`)
		a.PartitionValues, a.Stats = map[string]*string{"p": v}, ""
	}
	state := f.load(t)
	for where, want := range map[string][]string{
		"": {`{"id":0,"p":"log"}`, `{"id":1,"p":null}`}, "p = 'file'": nil, "p = 'log' AND id >= 0": {`{"id":0,"p":"log"}`}, "p IS NULL": {`{"id":1,"p":null}`}, "id = 1 OR p = 'file'": {`{"id":1,"p":null}`},
	} {
		got, err := f.read(state, s, func(o *scan.Options) {
			if where != "" {
				o.Where = expr.SQL(where)
			}
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", where, got, err, want)
		}
	}
}
