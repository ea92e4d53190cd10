package parquetio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/foreset/foreset/schema"
)

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
