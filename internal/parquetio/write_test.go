package parquetio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
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
	batch, _, err := array.RecordFromJSON(mem, sc, strings.NewReader(rows), array.WithUseNumber())
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
			pageRows:      rapid.SampledFrom([]int{0, 1, 3, 8}).Draw(t, "pageRows"),
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

func TestTheSameBatchesMakeTheSameFile(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	s := structOf(nullable("a", schema.Long), nullable("b", schema.String))
	// b begins with few values and ends with many: its chunk has pages of both
	// encodings.
	b := array.NewRecordBuilder(mem, mustSchema(t, s))
	defer b.Release()
	for i := range 4 * pageRowsDefault {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		text := "few"
		if i > 2*pageRowsDefault {
			text = fmt.Sprintf("many values, none twice: %d", i)
		}
		b.Field(1).(*array.StringBuilder).Append(text)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	one, _ := written(t, s, nil, batch)
	if col := footer(t, one).RowGroup(0); encodings(t, col, 1) != "RLE_DICTIONARY PLAIN RLE PLAIN" || encodings(t, col, 0) != "PLAIN RLE" {
		t.Errorf("encodings are %q and %q", encodings(t, col, 0), encodings(t, col, 1))
	}
	for range 3 {
		if two, _ := written(t, s, nil, batch); !bytes.Equal(one, two) {
			t.Fatal("two files of one batch differ")
		}
	}
	sameColumns(t, one, batch)
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
			pageRows:     1 + rng.IntN(200),
		}, want)
		f, err := openBytes(t, data, &OpenOptions{Rows: want.NumRows(), Allocator: mem, PageIndex: true})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 4 {
			if err := checkRandomPlan(rng, f, want, mem); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for g, rg := range f.RowGroups() {
			for i, field := range everyType.Fields[:16] { // those that are not nested
				path := []string{field.Name}
				b, ok := f.Bounds(g, path, field.Type)
				if err := checkBounds(want.Column(i), field.Type, rg.FirstRow, rg.Rows, b); err != nil || !ok {
					t.Errorf("seed %d: group %d, %s: %v, %v", seed, g, field.Name, ok, err)
				}
				pages, _, err := f.Pages(g, path, field.Type)
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

func footer(t *testing.T, data []byte) *metadata.FileMetaData {
	t.Helper()
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r.MetaData()
}

func encodings(t *testing.T, g *metadata.RowGroupMetaData, column int) string {
	t.Helper()
	c, err := g.ColumnChunk(column)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(c.Encodings()))
	for i, e := range c.Encodings() {
		names[i] = e.String()
	}
	return strings.Join(names, " ")
}

func TestParquetSchemaIsSparks(t *testing.T) {
	variant := structOf(nullable("v", schema.Variant), schema.Field{Name: "id", Type: schema.Long, Metadata: schema.Metadata{"delta.columnMapping.id": json.RawMessage("7")}})
	data, _ := written(t, structOf(append(allTypes.Fields[:len(allTypes.Fields):len(allTypes.Fields)], variant.Fields...)...), nil)
	var out bytes.Buffer
	root := footer(t, data).Schema.Root()
	if footer(t, data).KeyValueMetadata() != nil {
		t.Error("the file has metadata of its own")
	}
	for i := range root.NumFields() {
		n := root.Field(i)
		fmt.Fprintf(&out, "%s\n", nodeText(n, ""))
	}
	const want = `optional BOOLEAN bool
optional INT32 byte Int(bitWidth=8, isSigned=true)
optional INT32 short Int(bitWidth=16, isSigned=true)
optional INT32 int
optional INT64 long
optional FLOAT float
optional DOUBLE double
optional BYTE_ARRAY string String
optional BYTE_ARRAY binary
optional INT32 date Date
optional INT64 timestamp Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false)
optional INT64 ntz Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false)
optional INT32 dec9 Decimal(precision=9, scale=2)
optional INT64 dec18 Decimal(precision=18, scale=0)
optional FIXED_LEN_BYTE_ARRAY(16) dec38 Decimal(precision=38, scale=18)
required INT64 required
required BYTE_ARRAY requiredText String
optional group struct
  optional INT64 a
  required BYTE_ARRAY b String
  optional group in
    optional DOUBLE x
    optional group l List
      repeated group list
        optional BOOLEAN element
optional group list List
  repeated group list
    optional INT64 element
required group lists List
  repeated group list
    optional group element List
      repeated group list
        required BYTE_ARRAY element String
optional group map Map
  repeated group key_value
    required BYTE_ARRAY key String
    optional FIXED_LEN_BYTE_ARRAY(9) value Decimal(precision=20, scale=2)
optional group deep Map
  repeated group key_value
    required INT32 key
    optional group value List
      repeated group list
        optional group element
          optional INT32 y Int(bitWidth=16, isSigned=true)
          optional INT32 z Date
optional group v Variant
  required BYTE_ARRAY value
  required BYTE_ARRAY metadata
required INT64 id = 7
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestDecimalsTakeAsFewBytesAsSparks(t *testing.T) {
	for p := 19; p <= 38; p++ {
		fits := func(bytes int) bool {
			limit := new(big.Int).Lsh(big.NewInt(1), uint(8*bytes-1))
			return limit.Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p)), nil)) >= 0
		}
		if n := decimalWidth(p); !fits(n) || fits(n-1) {
			t.Errorf("%d digits take %d bytes", p, n)
		}
	}
}

func TestNaNLeavesAColumnWithoutBounds(t *testing.T) {
	s := structOf(nullable("d", schema.Double))
	b := array.NewRecordBuilder(memory.DefaultAllocator, mustSchema(t, s))
	defer b.Release()
	d := b.Field(0).(*array.Float64Builder)
	batches := make([]arrow.RecordBatch, 0, 3)
	for _, values := range [][]float64{{0, 5}, {1, math.NaN()}, {-3, 2}} {
		d.AppendValues(values, nil)
		batches = append(batches, b.NewRecordBatch())
	}
	data, done := written(t, s, &WriteOptions{RowGroupRows: 2}, batches...)
	for group, want := range []string{"-0 to 5", "none", "-3 to 2"} {
		if got := doubleBounds(t, data, group); got != want {
			t.Errorf("row group %d has bounds %s, want %s", group, got, want)
		}
	}
	if c, _ := done.Stats.Written("d"); !c.Min.IsNull() || !c.Max.IsNull() {
		t.Errorf("the file has bounds %#v to %#v", c.Min, c.Max)
	}
	whole, _ := written(t, s, nil, batches...)
	if got := doubleBounds(t, whole, 0); got != "none" {
		t.Errorf("one row group of all has bounds %s", got)
	}
}

func doubleBounds(t *testing.T, data []byte, group int) string {
	t.Helper()
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.MetaData().RowGroup(group).ColumnChunk(0)
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.Statistics()
	if err != nil || st == nil || !st.HasNullCount() {
		t.Fatalf("statistics %v, %v", st, err)
	}
	index, err := pageIndex(r, group)
	if err != nil {
		t.Fatal(err)
	}
	if st.HasMinMax() != (index != nil) {
		t.Errorf("row group %d: bounds in one of footer and page index only", group)
	}
	if !st.HasMinMax() {
		return "none"
	}
	f := st.(*metadata.Float64Statistics)
	return fmt.Sprintf("%v to %v", f.Min(), f.Max())
}

func pageIndex(r *file.Reader, group int) (metadata.ColumnIndex, error) {
	pr, err := r.GetPageIndexReader().RowGroup(group)
	if err != nil || pr == nil {
		return nil, err
	}
	return pr.GetColumnIndex(0)
}

func TestPagesAreIndexedAndAligned(t *testing.T) {
	s := structOf(nullable("n", schema.Long), nullable("t", schema.String))
	b := array.NewRecordBuilder(memory.DefaultAllocator, mustSchema(t, s))
	defer b.Release()
	const rows = 3*pageRowsDefault + 10
	for i := range rows {
		if i < pageRowsDefault {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int64Builder).Append(int64(i))
		}
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("%08d", i) + strings.Repeat("é", 100))
	}
	data, _ := written(t, s, nil, b.NewRecordBatch())
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	pr, err := r.GetPageIndexReader().RowGroup(0)
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := pr.GetColumnIndex(0)
	if err != nil {
		t.Fatal(err)
	}
	typed := numbers.(*metadata.TypedColumnIndex[int64])
	if got := fmt.Sprint(typed.GetNullPages(), typed.GetNullCounts(), typed.MinValues()[1:], typed.MaxValues()[1:]); got !=
		fmt.Sprint([]bool{true, false, false, false}, []int64{pageRowsDefault, 0, 0, 0}, []int64{pageRowsDefault, 2 * pageRowsDefault, 3 * pageRowsDefault}, []int64{2*pageRowsDefault - 1, 3*pageRowsDefault - 1, rows - 1}) {
		t.Errorf("column index %s", got)
	}
	numberPages, err := pr.GetOffsetIndex(0)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range numberPages.GetPageLocations() {
		if p.FirstRowIndex != int64(i*pageRowsDefault) {
			t.Errorf("page %d begins at row %d", i, p.FirstRowIndex)
		}
	}
	texts, err := pr.GetColumnIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, bound := range texts.(*metadata.TypedColumnIndex[parquet.ByteArray]).MaxValues() {
		if len(bound) > textBound || !strings.HasSuffix(string(bound), "ê") {
			t.Errorf("bound %q", bound)
		}
	}
	textPages, err := pr.GetOffsetIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(textPages.GetPageLocations()); n < 10 {
		t.Errorf("%d pages for %d bytes of text", n, rows*208)
	}
}

func TestRowGroupsKeepTheirBounds(t *testing.T) {
	s := structOf(nullable("t", schema.String))
	b := array.NewRecordBuilder(memory.DefaultAllocator, mustSchema(t, s))
	defer b.Release()
	for i := range 2500 {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("%096d", i))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	data, _ := written(t, s, &WriteOptions{RowGroupRows: 1000}, batch)
	md := footer(t, data)
	for i, want := range []int64{1000, 1000, 500} {
		if got := md.RowGroup(i).NumRows(); got != want {
			t.Errorf("row group %d has %d rows, want %d", i, got, want)
		}
	}
	data, _ = written(t, s, &WriteOptions{RowGroupBytes: 50_000, Codec: Uncompressed}, batch)
	md = footer(t, data)
	if md.NumRowGroups() < 5 {
		t.Errorf("%d row groups of 250 kB in 50 kB each", md.NumRowGroups())
	}
	for i := range md.NumRowGroups() {
		if got := md.RowGroup(i).TotalByteSize(); got > 50_000+1000 {
			t.Errorf("row group %d has %d bytes", i, got)
		}
	}
}

func TestSizeForeseesTheFile(t *testing.T) {
	s := structOf(nullable("n", schema.Long), nullable("t", schema.String))
	b := array.NewRecordBuilder(memory.DefaultAllocator, mustSchema(t, s))
	defer b.Release()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		b.Field(0).(*array.Int64Builder).Append(int64(i * 7919 % 100_003))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("text ", i*7919%100_003))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	for range 5 {
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	size, held := w.Size(), w.Buffered()
	done, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if size < done.Bytes*8/10 || size > done.Bytes*12/10 || held < done.Bytes/2 {
		t.Errorf("size %d and %d held, of a file of %d", size, held, done.Bytes)
	}
}

// brokenWriter fails after so many bytes, or takes a byte less than it is given.
type brokenWriter struct {
	left  int
	short bool
}

var errBroken = errors.New("broken")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		if b.short {
			return len(p) - 1, nil
		}
		return 0, errBroken
	}
	return len(p), nil
}

func TestAFailedWriteStaysFailed(t *testing.T) {
	s := structOf(nullable("n", schema.Long))
	batch := batchOf(t, memory.DefaultAllocator, s, `[{"n":1},{"n":2}]`)
	data, _ := written(t, s, nil, batch)
	for left := range len(data) {
		for _, short := range []bool{false, true} {
			want := errBroken
			if short {
				want = io.ErrShortWrite
			}
			w, err := NewWriter(&brokenWriter{left: left, short: short}, s, &WriteOptions{RowGroupRows: 1})
			if err == nil {
				err = w.Write(batch)
				if err != nil {
					if again := w.Write(batch); !errors.Is(again, want) {
						t.Errorf("after %d bytes: a second write gave %v", left, again)
					}
				}
				_, err = w.Close()
				w.Abort()
			}
			if !errors.Is(err, want) {
				t.Errorf("after %d bytes: %v", left, err)
			}
		}
	}
}

func TestNothingIsWrittenAfterCloseOrAbort(t *testing.T) {
	s := structOf(nullable("n", schema.Long))
	batch := batchOf(t, memory.DefaultAllocator, s, `[{"n":1}]`)
	for _, end := range []func(*Writer){func(w *Writer) { _, _ = w.Close() }, (*Writer).Abort} {
		w, err := NewWriter(io.Discard, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		end(w)
		if err := w.Write(batch); err == nil {
			t.Error("a write was accepted")
		}
		if _, err := w.Close(); err == nil {
			t.Error("a close was accepted")
		}
		w.Abort()
		_, _ = w.Size(), w.Buffered()
	}
}

func TestSchemasThatAFileCannotHaveAreRefusedByName(t *testing.T) {
	deep := schema.Type(schema.Long)
	for range 200 {
		deep = &schema.Array{Element: deep, ContainsNull: true}
	}
	for _, c := range []struct {
		name, column string
		schema       *schema.Struct
	}{
		{"no column", "", structOf()},
		{"void alone", "", structOf(nullable("v", schema.Void))},
		{"void in an array", "a.element", structOf(nullable("a", &schema.Array{Element: schema.Void}))},
		{"void in a map", "m.value", structOf(nullable("m", &schema.Map{Key: schema.Long, Value: schema.Void}))},
		{"a struct of void", "s", structOf(nullable("s", structOf(nullable("v", schema.Void))))},
		{"an unknown type", "u", structOf(nullable("u", schema.Primitive(99)))},
	} {
		var refused *SchemaError
		if _, err := NewWriter(io.Discard, c.schema, nil); !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	var refused *SchemaError
	if _, err := NewWriter(io.Discard, structOf(nullable("d", deep)), nil); !errors.As(err, &refused) {
		t.Errorf("200 levels: %v", err)
	}
}

func TestBatchesThatDoNotFitAreRefusedByName(t *testing.T) {
	mem := memory.DefaultAllocator
	for _, c := range []struct {
		file, batch schema.Type
		rows        string
		column      string
	}{
		{schema.Long, schema.Integer, `[{"c":1}]`, "c"},
		{schema.String, schema.Binary, `[{"c":"YQ=="}]`, ""}, // the same bytes
		{schema.Boolean, schema.Long, `[{"c":1}]`, "c"},
		{schema.Timestamp, schema.Long, `[{"c":1}]`, "c"},
		{schema.Decimal{Precision: 10, Scale: 2}, schema.Decimal{Precision: 10, Scale: 3}, `[{"c":"1"}]`, "c"},
		{schema.Decimal{Precision: 30, Scale: 2}, schema.Decimal{Precision: 30, Scale: 3}, `[{"c":"1"}]`, "c"},
		{structOf(nullable("x", schema.Long), nullable("y", schema.Long)), structOf(nullable("x", schema.Long)), `[{"c":{"x":1}}]`, "c"},
		{structOf(nullable("x", schema.Long)), schema.Long, `[{"c":1}]`, "c"},
		{&schema.Array{Element: schema.Long}, schema.Long, `[{"c":1}]`, "c"},
		{&schema.Array{Element: schema.Long}, &schema.Array{Element: schema.Date}, `[{"c":["2024-01-01"]}]`, "c.element"},
		{&schema.Map{Key: schema.Long, Value: schema.Long}, &schema.Array{Element: schema.Long}, `[{"c":[1]}]`, "c"},
	} {
		w, err := NewWriter(io.Discard, structOf(nullable("c", c.file)), nil)
		if err != nil {
			t.Fatal(err)
		}
		batch := batchOf(t, mem, structOf(nullable("c", c.batch)), c.rows)
		var refused *SchemaError
		err = w.Write(batch)
		if c.column == "" && err == nil {
			continue
		}
		if !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%v into %v: %v", c.batch, c.file, err)
		}
	}
	w, err := NewWriter(io.Discard, structOf(nullable("a", schema.Long), nullable("b", schema.Long)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused *SchemaError
	if err := w.Write(batchOf(t, mem, structOf(nullable("a", schema.Long)), `[{"a":1}]`)); !errors.As(err, &refused) {
		t.Errorf("a batch of one column in a file of two: %v", err)
	}
}

func TestANullWhereNoneIsAllowedIsRefusedByName(t *testing.T) {
	for _, c := range []struct {
		typ    schema.Type // required
		loose  schema.Type // as the batch has it
		rows   string
		column string
	}{
		{schema.Long, schema.Long, `[{"c":1},{"c":null}]`, "c"},
		{structOf(schema.Field{Name: "x", Type: schema.Long}), structOf(nullable("x", schema.Long)), `[{"c":{"x":null}}]`, "c.x"},
		{structOf(nullable("x", schema.Long)), structOf(nullable("x", schema.Long)), `[{"c":null}]`, "c"},
		{&schema.Array{Element: schema.Long}, &schema.Array{Element: schema.Long, ContainsNull: true}, `[{"c":[1,null]}]`, "c.element"},
	} {
		w, err := NewWriter(io.Discard, structOf(schema.Field{Name: "c", Type: c.typ}), nil)
		if err != nil {
			t.Fatal(err)
		}
		var refused *NullError
		err = w.Write(batchOf(t, memory.DefaultAllocator, structOf(nullable("c", c.loose)), c.rows))
		if !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%s into required %v: %v", c.rows, c.typ, err)
		}
	}
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

func TestCodecsHaveNames(t *testing.T) {
	for _, c := range []struct {
		name      string
		codec     Codec
		extension string
	}{
		{"", Zstd, ".zstd"}, {"ZSTD", Zstd, ".zstd"}, {"snappy", Snappy, ".snappy"}, {"gzip", Gzip, ".gz"},
		{"lz4_raw", LZ4Raw, ".lz4raw"}, {"lz4raw", LZ4Raw, ".lz4raw"}, {"brotli", Brotli, ".br"}, {"none", Uncompressed, ""}, {" Uncompressed ", Uncompressed, ""},
	} {
		got, err := ParseCodec(c.name)
		if err != nil || got != c.codec || got.Extension() != c.extension {
			t.Errorf("%q is %v with extension %q, %v", c.name, got, got.Extension(), err)
		}
	}
	for _, name := range []string{"lz4", "lzo", "zip"} {
		var refused *CodecError
		if _, err := ParseCodec(name); !errors.As(err, &refused) || refused.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
	var refused *CodecError
	if _, err := NewWriter(io.Discard, structOf(nullable("c", schema.Long)), &WriteOptions{Codec: 99}); !errors.As(err, &refused) {
		t.Errorf("codec 99: %v", err)
	}
}
