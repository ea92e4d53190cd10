package parquetio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/schema"
)

func nullable(name string, t schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true}
}

func structOf(fields ...schema.Field) *schema.Struct { return &schema.Struct{Fields: fields} }

// allTypes has a column of each type, flat and nested, nullable and not.
var allTypes = structOf(
	nullable("bool", schema.Boolean),
	nullable("byte", schema.Byte),
	nullable("short", schema.Short),
	nullable("int", schema.Integer),
	nullable("long", schema.Long),
	nullable("float", schema.Float),
	nullable("double", schema.Double),
	nullable("string", schema.String),
	nullable("binary", schema.Binary),
	nullable("date", schema.Date),
	nullable("timestamp", schema.Timestamp),
	nullable("ntz", schema.TimestampNTZ),
	nullable("dec9", schema.Decimal{Precision: 9, Scale: 2}),
	nullable("dec18", schema.Decimal{Precision: 18, Scale: 0}),
	nullable("dec38", schema.Decimal{Precision: 38, Scale: 18}),
	schema.Field{Name: "required", Type: schema.Long},
	schema.Field{Name: "requiredText", Type: schema.String},
	nullable("void", schema.Void),
	nullable("struct", structOf(
		nullable("a", schema.Long),
		schema.Field{Name: "b", Type: schema.String},
		nullable("in", structOf(nullable("x", schema.Double), nullable("l", &schema.Array{Element: schema.Boolean, ContainsNull: true}))))),
	nullable("list", &schema.Array{Element: schema.Long, ContainsNull: true}),
	schema.Field{Name: "lists", Type: &schema.Array{Element: &schema.Array{Element: schema.String}, ContainsNull: true}},
	nullable("map", &schema.Map{Key: schema.String, Value: schema.Decimal{Precision: 20, Scale: 2}, ValueContainsNull: true}),
	nullable("deep", &schema.Map{Key: schema.Integer, Value: &schema.Array{Element: structOf(nullable("y", schema.Short), nullable("z", schema.Date)), ContainsNull: true}, ValueContainsNull: true}),
)

// drawRow draws a value of a type in the JSON form that Arrow reads.
func drawRow(t *rapid.T, typ schema.Type, null bool) any {
	if typ == schema.Void || null && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return nil
	}
	switch typ := typ.(type) {
	case schema.Decimal:
		digits := rapid.IntRange(1, typ.Precision).Draw(t, "digits")
		s := fmt.Sprint(rapid.Int64Range(-9, 9).Draw(t, "first")) + strings.Repeat("7", digits-1)
		if len(strings.TrimPrefix(s, "-")) > typ.Scale {
			return s[:len(s)-typ.Scale] + "." + s[len(s)-typ.Scale:]
		}
		return "0." + strings.Repeat("3", typ.Scale)
	case *schema.Struct:
		row := map[string]any{}
		for _, f := range typ.Fields {
			row[f.Name] = drawRow(t, f.Type, f.Nullable)
		}
		return row
	case *schema.Array:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			list = append(list, drawRow(t, typ.Element, typ.ContainsNull))
		}
		return list
	case *schema.Map:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "pairs") {
			list = append(list, map[string]any{"key": drawRow(t, typ.Key, false), "value": drawRow(t, typ.Value, typ.ValueContainsNull)})
		}
		return list
	}
	switch typ {
	case schema.Boolean:
		return rapid.Bool().Draw(t, "bool")
	case schema.Byte:
		return rapid.Int8().Draw(t, "byte")
	case schema.Short:
		return rapid.Int16().Draw(t, "short")
	case schema.Integer:
		return rapid.Int32().Draw(t, "int")
	case schema.Long:
		return rapid.Int64Range(-5, 5).Draw(t, "long")
	case schema.Float:
		return rapid.Float32().Draw(t, "float")
	case schema.Double:
		return rapid.Float64().Draw(t, "double")
	case schema.String:
		return rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00é😀")), 0, 4, -1).Draw(t, "string")
	case schema.Binary:
		return rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "binary")
	case schema.Date:
		return fmt.Sprintf("%04d-02-28", rapid.IntRange(1, 9999).Draw(t, "year"))
	default:
		return rapid.Int64Range(-62e15, 253e15).Draw(t, "us") // years 6 to 9987
	}
}

func batchOf(t interface{ Fatal(...any) }, mem memory.Allocator, s *schema.Struct, rows string) arrow.RecordBatch {
	sc, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := array.RecordFromJSON(mem, sc, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// written writes batches to a file in memory.
func written(t interface{ Fatal(...any) }, s *schema.Struct, opts *WriteOptions, batches ...arrow.RecordBatch) ([]byte, Written) {
	var buf bytes.Buffer
	w, err := NewWriter(&buf, s, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	done, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if done.Bytes != int64(buf.Len()) {
		t.Fatal("Written.Bytes is", done.Bytes, "of", buf.Len())
	}
	return buf.Bytes(), done
}

// readBack reads a file with arrow-go, which shares no encoder with us, and
// gives its rows as JSON.
func readBack(t interface{ Fatal(...any) }, mem memory.Allocator, data []byte) []string {
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 1000}, mem)
	if err != nil {
		t.Fatal(err)
	}
	rr, err := fr.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rr.Release()
	var rows []string
	for rr.Next() {
		rows = append(rows, rowsOf(t, rr.RecordBatch())...)
	}
	if err := rr.Err(); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return rows
}

// rowsOf gives each row of a batch as JSON, without the column void.
func rowsOf(t interface{ Fatal(...any) }, batch arrow.RecordBatch) []string {
	text, err := batch.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		delete(row, "void")
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(b)
	}
	return out
}

func TestArrowReadsBackWhatWasWritten(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	rapid.Check(t, func(t *rapid.T) {
		opts := &WriteOptions{
			Codec:         Codec(rapid.IntRange(0, len(codecs)-1).Draw(t, "codec")),
			RowGroupRows:  rapid.SampledFrom([]int64{0, 1, 7, 20}).Draw(t, "rowGroupRows"),
			RowGroupBytes: rapid.SampledFrom([]int64{0, 1, 500}).Draw(t, "rowGroupBytes"),
			NoPageIndex:   rapid.Bool().Draw(t, "noPageIndex"),
			PageRows:      rapid.SampledFrom([]int{0, 1, 3, 8}).Draw(t, "pageRows"),
		}
		var want []string
		var batches []arrow.RecordBatch
		for range rapid.IntRange(0, 3).Draw(t, "batches") {
			rows := []any{}
			for range rapid.IntRange(1, 30).Draw(t, "rows") {
				rows = append(rows, drawRow(t, allTypes, false))
			}
			text, err := json.Marshal(rows)
			if err != nil {
				t.Fatal(err)
			}
			whole := batchOf(t, mem, allTypes, string(text))
			from := rapid.Int64Range(0, whole.NumRows()).Draw(t, "from")
			batch := whole.NewSlice(from, whole.NumRows()) // offsets that are not zero
			whole.Release()
			defer batch.Release()
			want = append(want, rowsOf(t, batch)...)
			batches = append(batches, batch)
		}
		data, done := written(t, allTypes, opts, batches...)
		if done.Rows != int64(len(want)) || done.Stats.NumRecords != done.Rows {
			t.Fatalf("%d rows, statistics of %d, want %d", done.Rows, done.Stats.NumRecords, len(want))
		}
		got := readBack(t, mem, data)
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("row %d is\n%s, want\n%s", i, got[i], want[i])
			}
		}
	})
}

// TestOurReaderGivesBackWhatOurWriterWrote reads random plans of random files,
// and checks the bounds of their row groups and pages. FORESET_SEEDS runs more
// seeds.
func TestOurReaderGivesBackWhatOurWriterWrote(t *testing.T) {
	for seed := range seeds(t, 25) {
		rng := rand.New(rand.NewPCG(seed, 3))
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		want := randomBatch(t, rng, everyType, 1+rng.IntN(1500), mem)
		data, _ := written(t, everyType, &WriteOptions{
			Codec:        []Codec{Zstd, Snappy, Gzip, LZ4Raw, Uncompressed}[rng.IntN(5)],
			RowGroupRows: int64(1 + rng.IntN(1000)),
			PageRows:     1 + rng.IntN(200),
		}, want)
		f, err := openBytes(t, data, &OpenOptions{Rows: want.NumRows(), Allocator: mem, PageIndex: true})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 4 {
			if err := checkRandomPlan(rng, f, everyType, want, mem); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for g, rg := range f.RowGroups() {
			for i, field := range everyType.Fields[:16] { // those that are not nested
				b, ok := f.Bounds(g, []schema.Field{field})
				if err := checkBounds(want.Column(i), field.Type, rg.FirstRow, rg.Rows, b); err != nil || !ok {
					t.Errorf("seed %d: group %d, %s: %v, %v", seed, g, field.Name, ok, err)
				}
				pages, _, err := f.Pages(g, []schema.Field{field})
				for _, p := range pages {
					err = errors.Join(err, checkBounds(want.Column(i), field.Type, p.FirstRow, p.Rows, p.Bounds))
				}
				if err != nil {
					t.Errorf("seed %d: pages of group %d, %s: %v", seed, g, field.Name, err)
				}
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		want.Release()
		mem.AssertSize(t, 0)
	}
}

// sameColumns compares a file with the batch that was written to it.
func sameColumns(t *testing.T, data []byte, want arrow.RecordBatch) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	for i := range int(table.NumCols()) {
		got, err := array.Concatenate(table.Column(i).Data().Chunks(), mem)
		if err != nil {
			t.Fatal(err)
		}
		if !array.Equal(got, want.Column(i)) {
			t.Errorf("column %s differs", want.ColumnName(i))
		}
		got.Release()
	}
}

// Rows beyond a page and a row group, with nulls and lists of all lengths; the
// property test above has only small files.
func TestManyRowsAreReadBack(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := structOf(
		nullable("long", schema.Long),
		nullable("code", schema.String),
		schema.Field{Name: "text", Type: schema.String},
		nullable("flag", schema.Boolean),
		nullable("wide", schema.Decimal{Precision: 30, Scale: 3}),
		nullable("list", &schema.Array{Element: schema.Integer, ContainsNull: true}),
		nullable("struct", structOf(nullable("list", &schema.Array{Element: schema.String}))),
	)
	b := array.NewRecordBuilder(mem, mustSchema(t, s))
	defer b.Release()
	const rows = 3*pageRowsDefault + 17
	b.Reserve(rows)
	for range rows {
		null := rng.Uint64()
		long, code := b.Field(0).(*array.Int64Builder), b.Field(1).(*array.StringBuilder)
		flag, wide := b.Field(3).(*array.BooleanBuilder), b.Field(4).(*array.Decimal128Builder)
		list, outer := b.Field(5).(*array.ListBuilder), b.Field(6).(*array.StructBuilder)
		orNull(long, null&1 == 0, func() { long.Append(rng.Int64()) })
		orNull(code, null&126 == 0, func() { code.Append(fmt.Sprint("code ", rng.IntN(300))) })
		b.Field(2).(*array.StringBuilder).Append(fmt.Sprint(rng.Uint32()))
		orNull(flag, null&2 == 0, func() { flag.Append(null&4 == 0) })
		orNull(wide, null&8 == 0, func() { wide.Append(decimal128.New(rng.Int64N(1e10)-5e9, rng.Uint64())) })
		orNull(list, null&48 == 0, func() {
			list.Append(true)
			v := list.ValueBuilder().(*array.Int32Builder)
			for range rng.IntN(4) {
				orNull(v, rng.IntN(4) == 0, func() { v.Append(rng.Int32()) })
			}
		})
		orNull(outer, null&192 == 0, func() {
			outer.Append(true)
			in := outer.FieldBuilder(0).(*array.ListBuilder)
			orNull(in, null&256 == 0, func() {
				in.Append(true)
				for range rng.IntN(3) {
					in.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprint(rng.IntN(1000)))
				}
			})
		})
	}
	whole := b.NewRecordBatch()
	defer whole.Release()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, s, &WriteOptions{RowGroupRows: 2*pageRowsDefault + 5, Codec: Snappy})
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(0); at < rows; {
		end := min(at+rng.Int64N(20_000), rows)
		part := whole.NewSlice(at, end)
		if err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		part.Release()
		at = end
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sameColumns(t, buf.Bytes(), whole)
}

func orNull(b array.Builder, null bool, add func()) {
	if null {
		b.AppendNull()
		return
	}
	add()
}

func mustSchema(t *testing.T, s *schema.Struct) *arrow.Schema {
	t.Helper()
	sc, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestAFileWithoutRowsIsAFile(t *testing.T) {
	data, done := written(t, allTypes, nil)
	if got := readBack(t, memory.DefaultAllocator, data); len(got) != 0 || done.Rows != 0 {
		t.Errorf("%d rows", len(got))
	}
	empty := batchOf(t, memory.DefaultAllocator, allTypes, `[]`)
	if data, _ = written(t, allTypes, nil, empty); footer(t, data).NumRowGroups() != 0 {
		t.Error("an empty batch made a row group")
	}
}

func TestStatisticsAreCollectedAsTheOptionsSay(t *testing.T) {
	s := structOf(nullable("a", schema.Long), nullable("b", schema.Long))
	batch := batchOf(t, memory.DefaultAllocator, s, `[{"a":1,"b":2},{"a":3,"b":null}]`)
	_, done := written(t, s, &WriteOptions{Stats: stats.Options{Columns: func(p []string) bool { return p[0] == "b" }}}, batch)
	if got, want := done.Stats.JSON(), `{"numRecords":2,"minValues":{"b":2},"maxValues":{"b":2},"nullCount":{"b":1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
