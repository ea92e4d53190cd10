package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// variantTable is a table of another writer: an id, a variant, of which
// integers are shredded, and a list of variants. Statistics have bounds of the
// variant in a form that nobody here understands.
func variantTable(t *testing.T, values ...[]byte) string {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "v", Nullable: true, Type: arrow.StructOf(
			arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary, Nullable: true},
			arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary},
			arrow.Field{Name: "typed_value", Type: arrow.PrimitiveTypes.Int64, Nullable: true})},
		{Name: "l", Nullable: true, Type: arrow.ListOfField(arrow.Field{Name: "element", Nullable: true, Type: arrow.StructOf(
			arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary},
			arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary})})},
	}, nil))
	defer b.Release()
	names := []byte{1, 1, 0, 1, 'a'}
	row := func(value []byte, typed int64) {
		b.Field(0).(*array.Int64Builder).Append(int64(b.Field(0).Len()))
		v := b.Field(1).(*array.StructBuilder)
		v.Append(true)
		v.FieldBuilder(1).(*array.BinaryBuilder).Append(names)
		if value == nil {
			v.FieldBuilder(0).AppendNull()
			v.FieldBuilder(2).(*array.Int64Builder).Append(typed)
		} else {
			v.FieldBuilder(0).(*array.BinaryBuilder).Append(value)
			v.FieldBuilder(2).AppendNull()
		}
		l := b.Field(2).(*array.ListBuilder)
		l.Append(true)
		e := l.ValueBuilder().(*array.StructBuilder)
		e.Append(true)
		e.FieldBuilder(0).(*array.BinaryBuilder).Append([]byte("\x0d\"\n"[:1] + "\"\nx"))
		e.FieldBuilder(1).(*array.BinaryBuilder).Append(names)
		e.AppendNull()
	}
	row(nil, 7)
	for _, v := range values {
		row(v, 0)
	}
	b.Field(0).(*array.Int64Builder).Append(int64(b.Field(0).Len()))
	b.Field(1).AppendNull()
	b.Field(2).AppendNull()
	batch := b.NewRecordBatch()
	defer batch.Release()
	var body bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &body, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	at := location()
	putObject(t, at, "part-0.parquet", body.String())
	schema := `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"v","type":"variant","nullable":true,"metadata":{}},` +
		`{"name":"l","type":{"type":"array","elementType":{"type":"variant"},"containsNull":true},"nullable":true,"metadata":{}}]}`
	stats := fmt.Sprintf(`{"numRecords":%d,"minValues":{"id":0,"v":{"$['a']":"0rr910096100004a"}},"maxValues":{"id":%d,"v":"zz"},"nullCount":{"id":0,"v":1}}`, len(values)+2, len(values)+1)
	putObject(t, at, "_delta_log/00000000000000000000.json", fmt.Sprintf(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["variantType","variantShredding-preview"],"writerFeatures":["variantType","variantShredding-preview"]}}
{"metaData":{"id":"m","format":{"provider":"parquet","options":{}},"schemaString":%q,"partitionColumns":[],"configuration":{"delta.enableVariantShredding":"true"},"createdTime":1}}
{"add":{"path":"part-0.parquet","partitionValues":{},"size":%d,"modificationTime":1,"dataChange":true,"stats":%q}}
`, schema, body.Len(), stats))
	return at
}

// object is {"a":"=x"}.
var object = []byte{2, 1, 0, 0, 3, 9, '=', 'x'}

func TestVariantsArePrintedAsPlainJSON(t *testing.T) {
	at := variantTable(t, object, []byte{0})
	list := `["\"\nx",null]`
	for _, c := range []struct{ format, want string }{
		{"ndjson", `{"id":0,"v":7,"l":` + list + `}` + "\n" + `{"id":1,"v":{"a":"=x"},"l":` + list + `}` + "\n" + `{"id":2,"v":null,"l":` + list + `}` + "\n" + `{"id":3,"v":null,"l":null}` + "\n"},
		{"csv", "id,v,l\n" + `0,"7","[""\""\nx"",null]"` + "\n" + `1,"{""a"":""=x""}","[""\""\nx"",null]"` + "\n" + `2,"null","[""\""\nx"",null]"` + "\n3,,\n"},
		{"table", "id  v           l\n--  ----------  --------------\n 0  7           " + list + "\n 1  {\"a\":\"=x\"}  " + list + "\n 2  null        " + list + "\n 3  null        null\n"},
	} {
		if got := mustRun(t, "", "cat", at, "-o", c.format); got != c.want {
			t.Errorf("-o %s prints\n%s\nwant\n%s", c.format, got, c.want)
		}
	}
}

// What cannot be written yet is not written as something else.
func TestACopyOfVariantsIsNoTableOfStructs(t *testing.T) {
	stream := mustRun(t, "", "cat", variantTable(t, object), "-o", "arrow")
	fails(t, exitUnsupported, "variantType", stream, "create", location(), "--from", "-", "--format", "arrow")
}

func TestVariantsAreFilteredByWhetherTheyAreNullAndByNothingElse(t *testing.T) {
	at := variantTable(t, object, []byte{0})
	for where, want := range map[string]string{
		"v IS NULL": "3\n", "v IS NOT NULL": "0\n1\n2\n", "id = 1": "1\n", "id > 0 AND v IS NOT NULL": "1\n2\n", "l IS NULL": "3\n",
	} {
		got := mustRun(t, "", "cat", at, "--columns", "id", "--where", where, "-o", "csv")
		if got != "id\n"+want {
			t.Errorf("%s gives %q, want %q", where, got, want)
		}
	}
	for _, where := range []string{"v = 7", "v > 'a'", "CAST(v AS BIGINT) = 7", "v IN (7)", "length(v) > 1"} {
		fails(t, exitUsage, "variant", "", "cat", at, "--where", where)
	}
}

// A variant that another program damaged is found where it is read.
func TestADamagedVariantIsNamedWithItsFile(t *testing.T) {
	at := variantTable(t, []byte{3, 9, 9})
	fails(t, exitCorrupt, `"part-0.parquet", column "v": malformed variant`, "", "cat", at)
	if got := mustRun(t, "", "cat", at, "--columns", "id", "-o", "csv"); got != "id\n0\n1\n2\n" {
		t.Errorf("its other columns: %q", got)
	}
}

func TestATextWithoutEndIsAnErrorAndIsNotHeld(t *testing.T) {
	var err error
	c := column{bad: &err}.variants(func(dst []byte, i int) ([]byte, error) {
		if i > 1 {
			return dst, fmt.Errorf("too long")
		}
		return append(dst, strings.Repeat("x", flushBytes)...), nil
	})
	if c.text(nil, 0); err != nil {
		t.Fatal(err)
	}
	if c.text(nil, 2); err == nil {
		t.Error("the error is lost")
	}
}
