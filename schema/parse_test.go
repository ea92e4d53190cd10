package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// column wraps the JSON of a type into a schema with one column c.
func column(typ string) string {
	return `{"type":"struct","fields":[{"name":"c","type":` + typ + `,"nullable":true,"metadata":{}}]}`
}

func mustParse(t testing.TB, text string) *Struct {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func TestParseReadsEveryTypeAndPrintsItBack(t *testing.T) {
	for text, want := range map[string]Type{
		`"boolean"`: Boolean, `"byte"`: Byte, `"short"`: Short, `"integer"`: Integer, `"long"`: Long,
		`"float"`: Float, `"double"`: Double, `"string"`: String, `"binary"`: Binary, `"date"`: Date,
		`"timestamp"`: Timestamp, `"timestamp_ntz"`: TimestampNTZ, `"variant"`: Variant, `"void"`: Void,
		`"decimal(38,18)"`:         Decimal{38, 18},
		`"interval year to month"`: Interval{"year to month"},
		`"interval"`:               Interval{},
		`{"type":"array","elementType":"long","containsNull":false}`:                             &Array{Element: Long},
		`{"type":"map","keyType":"string","valueType":"date","valueContainsNull":true}`:          &Map{Key: String, Value: Date, ValueContainsNull: true},
		`{"type":"struct","fields":[]}`:                                                          &Struct{},
		`{"type":"struct","fields":[{"name":"x","type":"void","nullable":false,"metadata":{}}]}`: &Struct{Fields: []Field{{Name: "x", Type: Void}}},
	} {
		s := mustParse(t, column(text))
		if got := s.Fields[0].Type; !Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
		if got := string(s.JSON()); got != column(text) {
			t.Errorf("printed\n%s, want\n%s", got, column(text))
		}
	}
}

func TestParseToleratesWhatOtherWritersWrote(t *testing.T) {
	for text, want := range map[string]Type{
		`"decimal"`:               Decimal{10, 0},
		`"decimal(10, 4)"`:        Decimal{10, 4},
		`"decimal( 5 , 4 )"`:      Decimal{5, 4},
		`"decimal(7)"`:            Decimal{7, 0},
		`"null"`:                  Void,
		`{"type":"variant"}`:      Variant,
		`{"type":"decimal(3,1)"}`: Decimal{3, 1},
		`{"type":"array","elementType":{"type":"variant"}}`:             &Array{Element: Variant, ContainsNull: true},
		`{"elementType":"long","containsNull":null,"type":"array"}`:     &Array{Element: Long, ContainsNull: true},
		`{"type":"map","keyType":"long","valueType":"long","new":[{}]}`: &Map{Key: Long, Value: Long, ValueContainsNull: true},
	} {
		if got := mustParse(t, column(text)).Fields[0].Type; !Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	// Missing nullable and metadata, members in another order, unknown members.
	s := mustParse(t, ` {"fields":[{"x":1,"type":"long","name":"c"},{"name":"d","type":"long","nullable":null,"metadata":null}],"type":"struct"} `)
	want := `{"type":"struct","fields":[{"name":"c","type":"long","nullable":true,"metadata":{}},{"name":"d","type":"long","nullable":true,"metadata":{}}]}`
	if got := string(s.JSON()); got != want {
		t.Errorf("got %s", got)
	}
}

func TestLogsWithoutASchemaHaveNoColumns(t *testing.T) {
	if s, err := Parse(nil); err != nil || len(s.Fields) != 0 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestEdgeD93ParseKeepsCharAndVarcharInMetadata(t *testing.T) {
	for text, want := range map[string]string{
		`"char(3)"`:     "char(3)",
		`"varchar( 5)"`: "varchar(5)",
		`{"type":"array","elementType":"varchar(5)"}`:                                          "array<varchar(5)>",
		`{"type":"map","keyType":"long","valueType":{"type":"array","elementType":"char(1)"}}`: "map<bigint,array<char(1)>>",
		`{"type":"map","keyType":"char(2)","valueType":"long"}`:                                "map<char(2),bigint>",
	} {
		f := mustParse(t, column(text)).Fields[0]
		if got, _ := f.Metadata.String(charKey); got != want {
			t.Errorf("%s: metadata has %q, want %q", text, got, want)
		}
		if strings.Contains(f.Type.String(), "char") {
			t.Errorf("%s: type is %v", text, f.Type)
		}
	}
	// It is a string, and what was written stays when the schema is written again.
	const spark = `{"type":"struct","fields":[{"name":"c","type":"string","nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"varchar(5)","comment":"é"}}]}`
	if again := mustParse(t, spark); again.Fields[0].Type != String || string(again.JSON()) != spark {
		t.Errorf("got %s, want %s", again.JSON(), spark)
	}
	s := mustParse(t, `{"type":"struct","fields":[{"name":"c","type":"varchar(5)","metadata":{"__CHAR_VARCHAR_TYPE_STRING":"varchar(9)"}}]}`)
	if got, _ := s.Fields[0].Metadata.String(charKey); got != "varchar(9)" {
		t.Errorf("metadata that was there became %q", got)
	}
}

func TestMetadataSurvivesAsItWasWritten(t *testing.T) {
	const meta = `{"a":"<&>\u0041","b":12345678901234567890,"c":1.50,"d":null,"e":{"z":1,"a":[true,{}]},"f":[1, 2]}`
	s := mustParse(t, `{"type":"struct","fields":[{"name":"c","type":"long","metadata":`+meta+`}]}`)
	want := `"metadata":` + strings.ReplaceAll(meta, ", ", ",") + `}]}`
	if got := string(s.JSON()); !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want …%s", got, want)
	}
}

func TestNamesAreNotEscapedBeyondJSON(t *testing.T) {
	s := &Struct{Fields: []Field{{Name: "<é\u2028\"\\\n\x01😀>", Type: Long}}}
	const want = `{"type":"struct","fields":[{"name":"<é` + "\u2028" + `\"\\\n\u0001😀>","type":"long","nullable":false,"metadata":{}}]}`
	if got := string(s.JSON()); got != want {
		t.Errorf("got %s", got)
	}
	if back := mustParse(t, want); !Equal(back, s) {
		t.Errorf("read back %v", back)
	}
}

func TestUnknownTypeNamesItsColumn(t *testing.T) {
	for _, c := range []struct{ typ, column, name string }{
		{`"geometry(4326)"`, "c", "geometry(4326)"},
		{`"bigint"`, "c", "bigint"},
		{`"LONG"`, "c", "LONG"},
		{`"decimal(39,0)"`, "c", "decimal(39,0)"},
		{`"decimal(5,6)"`, "c", "decimal(5,6)"},
		{`"decimal(5,-1)"`, "c", "decimal(5,-1)"},
		{`"decimal(a)"`, "c", "decimal(a)"},
		{`"decimal(1,2,3)"`, "c", "decimal(1,2,3)"},
		{`"varchar(0)"`, "c", "varchar(0)"},
		{`"interval fortnight"`, "c", "interval fortnight"},
		{`"intervals"`, "c", "intervals"},
		{`{"type":"udt","class":"x"}`, "c", "udt"},
		{`{"type":"array","elementType":{"type":"struct","fields":[{"type":"time","name":"t"}]}}`, "c.element.t", "time"},
		{`{"type":"map","keyType":"string","valueType":"time(6)"}`, "c.value", "time(6)"},
	} {
		_, err := Parse([]byte(column(c.typ)))
		var unknown *UnknownTypeError
		if !errors.As(err, &unknown) || unknown.Column != c.column || unknown.Name != c.name {
			t.Errorf("%s: got %v, want an unknown type %s of %s", c.typ, err, c.name, c.column)
		}
	}
}

func TestParseRefusesWhatIsNoSchema(t *testing.T) {
	for _, c := range []struct{ name, text, column string }{
		{"nothing but space", ` `, ""},
		{"cut off", `{"type":"struct","fields":[`, ""},
		{"more text", column(`"long"`) + `x`, ""},
		{"two values", column(`"long"`) + column(`"long"`), ""},
		{"not a struct", `"long"`, ""},
		{"an array", `[]`, ""},
		{"a number", `12`, ""},
		{"no type", `{"fields":[]}`, ""},
		{"no fields", `{"type":"struct"}`, ""},
		{"fields is null", `{"type":"struct","fields":null}`, ""},
		{"field is a string", `{"type":"struct","fields":["a"]}`, ""},
		{"field without a name", `{"type":"struct","fields":[{"type":"long"}]}`, ""},
		{"field without a type", `{"type":"struct","fields":[{"name":"c"}]}`, "c"},
		{"name is a number", `{"type":"struct","fields":[{"name":1,"type":"long"}]}`, ""},
		{"nullable is a string", `{"type":"struct","fields":[{"name":"c","type":"long","nullable":"yes"}]}`, "c"},
		{"metadata is a list", `{"type":"struct","fields":[{"name":"c","type":"long","metadata":[]}]}`, "c"},
		{"array without element", column(`{"type":"array"}`), "c"},
		{"map without value", column(`{"type":"map","keyType":"long"}`), "c"},
		{"type is a number", column(`1`), "c"},
		{"nested", column(`{"type":"struct","fields":[{"name":"d","type":{"type":"array"}}]}`), "c.d"},
		{"names that differ in case", `{"type":"struct","fields":[{"name":"aK","type":"long"},{"name":"A\u212a","type":"long"}]}`, "A\u212a"},
		{"nested names that differ in case", column(`{"type":"array","elementType":{"type":"struct","fields":[{"name":"ß","type":"long"},{"name":"ẞ","type":"long"}]}}`), "c.element.ẞ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Column != c.column {
				t.Errorf("got %v, want an error about column %q", err, c.column)
			}
		})
	}
}

func TestParseStopsAtTheLimits(t *testing.T) {
	nest := func(depth int) string {
		return column(strings.Repeat(`{"type":"array","elementType":`, depth-1) + `"long"` + strings.Repeat(`}`, depth-1))
	}
	wide := func(columns int) string {
		var fields []string
		for i := range columns {
			fields = append(fields, fmt.Sprintf(`{"name":"c%d","type":"long"}`, i))
		}
		return `{"type":"struct","fields":[` + strings.Join(fields, ",") + `]}`
	}
	for _, c := range []struct {
		name string
		text string
		what string // empty: accepted
	}{
		{"the deepest", nest(100), ""},
		{"one too deep", nest(101), "nesting depth"},
		{"far too deep", nest(1_000_000), "nesting depth"},
		{"the widest", wide(20_000), ""},
		{"one too wide", wide(20_001), "columns"},
		{"many empty structs", column(`{"type":"struct","fields":[` + strings.Repeat(`{"name":"a","type":{"type":"struct","fields":[]}},`, 30_000) + `{}]}`), "columns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			var limit *LimitError
			if is := errors.As(err, &limit); c.what == "" && err != nil || c.what != "" && (!is || limit.What != c.what) {
				t.Errorf("got %v, want %q", err, c.what)
			}
		})
	}
	if _, err := (Limits{Columns: 2}).Parse([]byte(wide(3))); err == nil {
		t.Error("a caller's limit was not kept")
	}
	if _, err := (Limits{Depth: 2}).Parse([]byte(nest(3))); err == nil {
		t.Error("a caller's limit was not kept")
	}
}

func TestMarshalRefusesMetadataThatIsNotJSON(t *testing.T) {
	s := &Struct{Fields: []Field{{Name: "c", Type: &Array{Element: &Struct{Fields: []Field{
		{Name: "d", Type: Long, Metadata: Metadata{"k": json.RawMessage(`{`)}},
	}}}}}}
	if _, err := json.Marshal(s); err == nil || !strings.Contains(err.Error(), "c.element.d") {
		t.Errorf("got %v", err)
	}
	if text := s.JSON(); !strings.Contains(string(text), `"metadata":{"k":null}`) {
		t.Errorf("got %s", text)
	}
}

func TestSchemasAreJSONInsideOtherJSON(t *testing.T) {
	type doc struct {
		Schema *Struct
		Field  Field `json:"-"`
	}
	in := doc{Schema: mustParse(t, column(`"decimal(5,2)"`))}
	text, err := json.Marshal(in)
	if err != nil || string(text) != `{"Schema":`+column(`"decimal(5,2)"`)+`}` {
		t.Fatalf("%s, %v", text, err)
	}
	var out doc
	if err := json.Unmarshal(text, &out); err != nil || !Equal(out.Schema, in.Schema) {
		t.Errorf("%v, %v", out.Schema, err)
	}
	for _, typ := range []Type{Long, Decimal{3, 2}, Interval{"day"}, &Array{Element: Long}, &Map{Key: Long, Value: Long}} {
		if text, err := json.Marshal(typ); err != nil || string(text) != string(appendType(nil, typ)) {
			t.Errorf("%v: %s, %v", typ, text, err)
		}
	}
	if text, err := json.Marshal(in.Schema.Fields[0]); err != nil || string(text) != `{"name":"c","type":"decimal(5,2)","nullable":true,"metadata":{}}` {
		t.Errorf("%s, %v", text, err)
	}
}

// randomType makes a type of at most that depth.
func randomType(r *rand.Rand, depth int) Type {
	kind := r.IntN(10)
	switch {
	case depth == 0 || kind < 6:
		switch p := Primitive(1 + r.IntN(int(Void)+2)); {
		case p == Void+1:
			precision := 1 + r.IntN(38)
			return Decimal{precision, r.IntN(precision + 1)}
		case p == Void+2:
			units := make([]string, 0, len(intervalUnits))
			for u := range intervalUnits {
				units = append(units, u)
			}
			slices.Sort(units)
			return Interval{units[r.IntN(len(units))]}
		default:
			return p
		}
	case kind == 6:
		return &Array{Element: randomType(r, depth-1), ContainsNull: r.IntN(2) == 0}
	case kind == 7:
		return &Map{Key: randomType(r, depth-1), Value: randomType(r, depth-1), ValueContainsNull: r.IntN(2) == 0}
	default:
		return randomStruct(r, depth-1)
	}
}

func randomStruct(r *rand.Rand, depth int) *Struct {
	s := &Struct{}
	for i := range r.IntN(5) {
		f := Field{Name: fmt.Sprintf("%c%d", []rune("azAZé東_-.")[r.IntN(9)], i), Type: randomType(r, depth), Nullable: r.IntN(2) == 0}
		if r.IntN(3) == 0 {
			f.Metadata = Metadata{"k": json.RawMessage(`{"b":[1,"x"]}`), "comment": json.RawMessage(`"<>"`)}
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

func TestRandomSchemasRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		s := randomStruct(r, 4)
		back := mustParse(t, string(s.JSON()))
		if !Equal(back, s) {
			t.Fatalf("%s became %s", s.JSON(), back.JSON())
		}
		typ, err := ParseType(s.String())
		if err != nil || !EqualIgnoringNullability(typ, s) {
			t.Fatalf("%v became %v, %v", s, typ, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(column(`"long"`))
	f.Add(column(`{"type":"map","keyType":"varchar(3)","valueType":{"type":"struct","fields":[{"name":"a","type":"decimal( 3, 1)","metadata":{"x":[1]}}]}}`))
	f.Add(`{"type":"struct","fields":[{"name":"a","type":"void"},{"name":"A","type":"interval day"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse([]byte(text))
		if err != nil {
			return
		}
		back, err := Parse(s.JSON())
		if err != nil {
			t.Fatalf("own text %s: %v", s.JSON(), err)
		}
		if !Equal(s, back) || string(s.JSON()) != string(back.JSON()) {
			t.Fatalf("%s became %s", s.JSON(), back.JSON())
		}
	})
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	cause := errors.New("cause")
	for err, want := range map[error]string{
		&InvalidError{Problem: "p"}:                            "invalid schema: p",
		&InvalidError{Column: "a.b", Problem: "p", Err: cause}: `invalid schema: column "a.b": p: cause`,
		&UnknownTypeError{Name: "time"}:                        `type "time" is not supported`,
		&UnknownTypeError{Column: "a", Name: "time"}:           `column "a": type "time" is not supported`,
		&LimitError{What: "columns", Max: 5}:                   "schema exceeds the limit of 5 columns",
	} {
		if err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if !errors.Is(&InvalidError{Err: cause}, cause) {
		t.Error("the cause is lost")
	}
}

func BenchmarkParse(b *testing.B) {
	var fields []string
	for i := range 1000 {
		fields = append(fields, fmt.Sprintf(`{"name":"column_%d","type":"decimal(10,2)","nullable":true,"metadata":{"delta.columnMapping.id":%d,"delta.columnMapping.physicalName":"col-%d"}}`, i, i, i))
	}
	text := []byte(`{"type":"struct","fields":[` + strings.Join(fields, ",") + `]}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
