package parquetio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

const testFile = "part-0.parquet"

// parquetBytes writes a batch with arrow-go's own writer.
func parquetBytes(t testing.TB, rec arrow.RecordBatch, opts ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(rec.Schema(), &out, parquet.NewWriterProperties(append(opts, parquet.WithStoreDecimalAsInteger(true))...), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// openBytes opens a file that has these bytes.
func openBytes(t testing.TB, body []byte, opts *OpenOptions) (*File, error) {
	t.Helper()
	st := storage.NewMemory(nil)
	if err := st.Put(context.Background(), testFile, body); err != nil {
		t.Fatal(err)
	}
	return Open(context.Background(), st, testFile, int64(len(body)), opts)
}

// readAll reads a plan and joins its batches into one column for each field.
func readAll(f *File, plan ReadPlan, mem memory.Allocator) (arrow.RecordBatch, []RowRange, error) {
	var parts []arrow.RecordBatch
	var rows []RowRange
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	for b, err := range f.Read(context.Background(), plan) {
		if err != nil {
			return nil, nil, err
		}
		var n int64
		for _, r := range b.Rows {
			n += r.Count
			if l := len(rows); l > 0 && rows[l-1].End() == r.First {
				rows[l-1].Count += r.Count
			} else {
				rows = append(rows, r)
			}
		}
		if n != b.Record.NumRows() {
			return nil, nil, fmt.Errorf("a batch of %d rows says that it has %d", b.Record.NumRows(), n)
		}
		b.Record.Retain()
		parts = append(parts, b.Record)
	}
	as, err := arrowconv.Schema(plan.Schema)
	if err != nil {
		return nil, nil, err
	}
	out, err := joinBatches(as, parts, mem)
	return out, rows, err
}

func joinBatches(as *arrow.Schema, parts []arrow.RecordBatch, mem memory.Allocator) (arrow.RecordBatch, error) {
	var n int64
	for _, p := range parts {
		n += p.NumRows()
	}
	columns := make([]arrow.Array, as.NumFields())
	for i := range columns {
		var pieces []arrow.Array
		for _, p := range parts {
			if !arrow.TypeEqual(p.Schema().Field(i).Type, as.Field(i).Type) || !arrow.TypeEqual(p.Column(i).DataType(), as.Field(i).Type) {
				return nil, fmt.Errorf("column %d is %v, want %v", i, p.Column(i).DataType(), as.Field(i).Type)
			}
			pieces = append(pieces, p.Column(i))
		}
		if len(pieces) == 0 {
			columns[i] = array.MakeArrayOfNull(mem, as.Field(i).Type, 0)
			continue
		}
		joined, err := array.Concatenate(pieces, mem)
		if err != nil {
			return nil, err
		}
		columns[i] = joined
	}
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	return array.NewRecordBatch(as, columns, n), nil
}

// sliceRows is the rows of a batch that ranges name.
func sliceRows(rec arrow.RecordBatch, ranges []RowRange, mem memory.Allocator) (arrow.RecordBatch, error) {
	var parts []arrow.RecordBatch
	for _, r := range ranges {
		parts = append(parts, rec.NewSlice(r.First, r.End()))
	}
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	return joinBatches(rec.Schema(), parts, mem)
}

// everyType is a schema with every type, flat and nested.
var everyType = &schema.Struct{Fields: []schema.Field{
	{Name: "bool", Type: schema.Boolean, Nullable: true},
	{Name: "byte", Type: schema.Byte, Nullable: true},
	{Name: "short", Type: schema.Short, Nullable: true},
	{Name: "int", Type: schema.Integer, Nullable: true},
	{Name: "long", Type: schema.Long},
	{Name: "float", Type: schema.Float, Nullable: true},
	{Name: "double", Type: schema.Double, Nullable: true},
	{Name: "string", Type: schema.String, Nullable: true},
	{Name: "required", Type: schema.String},
	{Name: "binary", Type: schema.Binary, Nullable: true},
	{Name: "date", Type: schema.Date, Nullable: true},
	{Name: "ts", Type: schema.Timestamp, Nullable: true},
	{Name: "ntz", Type: schema.TimestampNTZ, Nullable: true},
	{Name: "d9", Type: schema.Decimal{Precision: 9, Scale: 2}, Nullable: true},
	{Name: "d18", Type: schema.Decimal{Precision: 18, Scale: 4}, Nullable: true},
	{Name: "d38", Type: schema.Decimal{Precision: 38, Scale: 10}, Nullable: true},
	{Name: "list", Type: &schema.Array{Element: schema.String, ContainsNull: true}, Nullable: true},
	{Name: "listlist", Type: &schema.Array{Element: &schema.Array{Element: schema.Long}, ContainsNull: true}, Nullable: true},
	{Name: "map", Type: &schema.Map{Key: schema.String, Value: schema.Double, ValueContainsNull: true}, Nullable: true},
	{Name: "struct", Nullable: true, Type: &schema.Struct{Fields: []schema.Field{
		{Name: "a", Type: schema.Long, Nullable: true},
		{Name: "tags", Type: &schema.Array{Element: schema.Boolean, ContainsNull: true}, Nullable: true},
		{Name: "inner", Nullable: true, Type: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.String, Nullable: true}}}},
	}}},
	{Name: "structs", Nullable: true, Type: &schema.Array{ContainsNull: true, Element: &schema.Struct{Fields: []schema.Field{
		{Name: "k", Type: schema.Integer, Nullable: true},
		{Name: "m", Type: &schema.Map{Key: schema.Long, Value: &schema.Array{Element: schema.Date, ContainsNull: true}, ValueContainsNull: true}, Nullable: true},
	}}}},
}}

// randomBatch fills a schema with random values.
func randomBatch(t testing.TB, rng *rand.Rand, s *schema.Struct, rows int, mem memory.Allocator) arrow.RecordBatch {
	t.Helper()
	as, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(mem, as)
	defer b.Release()
	for i, f := range s.Fields {
		run := rng.IntN(3) == 0 // long runs of nulls, or single ones
		null := false
		for range rows {
			if !run || rng.IntN(50) == 0 {
				null = f.Nullable && rng.IntN(4) == 0
			}
			if null {
				b.Field(i).AppendNull()
			} else {
				appendRandom(rng, b.Field(i), f.Type)
			}
		}
	}
	return b.NewRecordBatch()
}

func appendRandom(rng *rand.Rand, b array.Builder, t schema.Type) {
	inner := func(b array.Builder, t schema.Type, nullable bool) {
		if nullable && rng.IntN(4) == 0 {
			b.AppendNull()
		} else {
			appendRandom(rng, b, t)
		}
	}
	small := int64(rng.IntN(200) - 100)
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(rng.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(int8(small))
	case *array.Int16Builder:
		b.Append(int16(small * 300))
	case *array.Int32Builder:
		b.Append(int32(rng.Uint32()))
	case *array.Int64Builder:
		b.Append(small * int64(rng.Uint32()))
	case *array.Float32Builder:
		b.Append(float32(small) / 7)
	case *array.Float64Builder:
		b.Append(float64(small) / 7)
	case *array.StringBuilder:
		b.Append(fmt.Sprintf("%0*d", rng.IntN(20), small))
	case *array.BinaryBuilder:
		b.Append([]byte(fmt.Sprintf("%0*x", rng.IntN(9), small)))
	case *array.Date32Builder:
		b.Append(arrow.Date32(small * 100))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(small * 1_000_003))
	case *array.Decimal128Builder:
		n := decimal128.FromI64(small * 12345)
		if t.(schema.Decimal).Precision > 18 {
			n = n.Mul(decimal128.FromI64(1_000_000_000_000_007))
		}
		b.Append(n)
	case *array.ListBuilder:
		b.Append(true)
		for range rng.IntN(4) {
			inner(b.ValueBuilder(), t.(*schema.Array).Element, t.(*schema.Array).ContainsNull)
		}
	case *array.MapBuilder:
		b.Append(true)
		for range rng.IntN(3) {
			appendRandom(rng, b.KeyBuilder(), t.(*schema.Map).Key)
			inner(b.ItemBuilder(), t.(*schema.Map).Value, t.(*schema.Map).ValueContainsNull)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range t.(*schema.Struct).Fields {
			inner(b.FieldBuilder(i), f.Type, f.Nullable)
		}
	default:
		panic(fmt.Sprintf("no random %T", b))
	}
}

// randomRanges are ascending, disjoint rows of a file.
func randomRanges(rng *rand.Rand, rows int64) []RowRange {
	ranges := []RowRange{}
	step := 1 + rng.Int64N(rows+1)
	for at := rng.Int64N(step); at < rows; {
		n := min(1+rng.Int64N(step), rows-at)
		ranges = append(ranges, RowRange{at, n})
		at += n + rng.Int64N(step)
	}
	return ranges
}

func randomProperties(rng *rand.Rand) []parquet.WriterProperty {
	pick := func(n ...int64) int64 { return n[rng.IntN(len(n))] }
	codecs := []compress.Compression{compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Uncompressed, compress.Codecs.Gzip, compress.Codecs.Lz4Raw}
	opts := []parquet.WriterProperty{
		parquet.WithDictionaryDefault(rng.IntN(2) == 0),
		parquet.WithDataPageSize(pick(64, 300, 5000, 1<<20)),
		parquet.WithBatchSize(pick(7, 64, 1024)),
		parquet.WithMaxRowGroupLength(pick(50, 333, 1<<20)),
		parquet.WithCompression(codecs[rng.IntN(len(codecs))]),
		parquet.WithPageIndexEnabled(rng.IntN(2) == 0),
		parquet.WithDictionaryPageSizeLimit(pick(100, 1<<20)),
	}
	if rng.IntN(2) == 0 {
		opts = append(opts, parquet.WithDataPageVersion(parquet.DataPageV2))
	}
	if rng.IntN(2) == 0 {
		opts = append(opts,
			parquet.WithDictionaryFor("double", false), parquet.WithEncodingFor("double", parquet.Encodings.ByteStreamSplit))
	}
	return opts
}

// TestReadGivesBackWhatWasWritten writes random batches in random ways and
// reads random rows of random columns of them. FORESET_SEEDS runs more seeds.
func TestReadGivesBackWhatWasWritten(t *testing.T) {
	for seed := range seeds(t, 25) {
		rng := rand.New(rand.NewPCG(seed, 1))
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		want := randomBatch(t, rng, everyType, 1+rng.IntN(1500), mem)
		body := parquetBytes(t, want, randomProperties(rng)...)
		f, err := openBytes(t, body, &OpenOptions{Rows: want.NumRows(), Allocator: mem, PageIndex: rng.IntN(2) == 0, Budget: 1 << rng.IntN(20)})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 6 {
			if err := checkRandomPlan(rng, f, everyType, want, mem); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		want.Release()
		mem.AssertSize(t, 0)
	}
}

// repeated is columns of which a row has many levels.
var repeated = &schema.Struct{Fields: []schema.Field{
	nullable("lists", &schema.Array{Element: &schema.Array{Element: schema.Long, ContainsNull: true}, ContainsNull: true}),
	nullable("maps", &schema.Map{Key: schema.Long, Value: &schema.Array{Element: schema.String, ContainsNull: true}, ValueContainsNull: true}),
	nullable("structs", &schema.Array{ContainsNull: true, Element: structOf(
		nullable("a", schema.Long), nullable("tags", &schema.Array{Element: schema.String, ContainsNull: true}))}),
	nullable("within", structOf(nullable("list", &schema.Array{Element: schema.Integer, ContainsNull: true}))),
	nullable("flat", schema.Long), // beside them, to see that rows stay together
}}

// appendNumbered appends a value whose leaves are drawn from 64 numbers from at on.
// Most lists are short; some have more levels than are read ahead, or several
// pages of them.
func appendNumbered(rng *rand.Rand, b array.Builder, at int64, long bool) {
	if rng.IntN(6) == 0 {
		b.AppendNull()
		return
	}
	n := rng.IntN(4)
	if long && rng.IntN(20) == 0 {
		n = rng.IntN(3 * levelsAhead)
	}
	leaf := at + rng.Int64N(64)
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(leaf)
	case *array.Int32Builder:
		b.Append(int32(leaf))
	case *array.StringBuilder:
		b.Append(fmt.Sprint(leaf))
	case *array.ListBuilder:
		b.Append(true)
		for range n {
			appendNumbered(rng, b.ValueBuilder(), at, long && n < 4)
		}
	case *array.MapBuilder:
		b.Append(true)
		for i := range n {
			b.KeyBuilder().(*array.Int64Builder).Append(at + int64(i))
			appendNumbered(rng, b.ItemBuilder(), at, long && n < 4)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			appendNumbered(rng, b.FieldBuilder(i), at, long)
		}
	}
}

// TestRowsBehindAGapHaveTheirOwnValues, where a row is any number of levels, and
// ends only where the next one begins: on another page, perhaps, or far behind
// what was read ahead.
func TestRowsBehindAGapHaveTheirOwnValues(t *testing.T) {
	as, err := arrowconv.Schema(repeated)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range seeds(t, 12) {
		rng := rand.New(rand.NewPCG(seed, 5))
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		b := array.NewRecordBuilder(mem, as)
		for row := range 1 + rng.IntN(1200) {
			for i := range repeated.Fields {
				appendNumbered(rng, b.Field(i), 1000*int64(row), seed%3 > 0)
			}
		}
		want := b.NewRecordBatch()
		b.Release()
		body := parquetBytes(t, want, randomProperties(rng)...)
		f, err := openBytes(t, body, &OpenOptions{Rows: want.NumRows(), Allocator: mem, PageIndex: rng.IntN(2) == 0, Budget: 1 << rng.IntN(20)})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 8 {
			if err := checkRandomPlan(rng, f, repeated, want, mem); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		want.Release()
		mem.AssertSize(t, 0)
	}
}

// seeds is how many seeds a random test runs: n, or what FORESET_SEEDS says.
func seeds(t testing.TB, n uint64) uint64 {
	t.Helper()
	if s := os.Getenv("FORESET_SEEDS"); s != "" {
		more, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	return n
}

func checkRandomPlan(rng *rand.Rand, f *File, s *schema.Struct, want arrow.RecordBatch, mem memory.Allocator) error {
	plan := ReadPlan{Schema: &schema.Struct{}, BatchRows: 1 + rng.IntN(700)}
	var columns []arrow.Array
	for _, i := range rng.Perm(len(s.Fields))[:1+rng.IntN(len(s.Fields))] {
		plan.Schema.Fields = append(plan.Schema.Fields, s.Fields[i])
		columns = append(columns, want.Column(i))
	}
	expected := []RowRange{{0, want.NumRows()}}
	if rng.IntN(3) > 0 {
		plan.Ranges = randomRanges(rng, want.NumRows())
		expected = plan.Ranges
	}
	if rng.IntN(3) > 0 {
		gone := randomDeletes(rng, want.NumRows())
		plan.Without, expected = runsOf(gone), less(expected, gone)
	}
	as, err := arrowconv.Schema(plan.Schema)
	if err != nil {
		return err
	}
	chosen := array.NewRecordBatch(as, columns, want.NumRows())
	defer chosen.Release()
	wanted, err := sliceRows(chosen, expected, mem)
	if err != nil {
		return err
	}
	defer wanted.Release()
	got, rows, err := readAll(f, plan, mem)
	if err != nil {
		return fmt.Errorf("plan %v %v: %w", plan.Schema, plan.Ranges, err)
	}
	defer got.Release()
	if !sameRanges(rows, expected) {
		return fmt.Errorf("rows %v, want %v", rows, expected)
	}
	for i, field := range plan.Schema.Fields {
		if !array.Equal(got.Column(i), wanted.Column(i)) {
			return fmt.Errorf("column %s of plan %v: %v\ngot  %v\nwant %v", field.Name, plan.Schema, plan.Ranges, got.Column(i), wanted.Column(i))
		}
	}
	return nil
}

// sameRanges compares ranges as sets of rows.
func sameRanges(a, b []RowRange) bool {
	flat := func(ranges []RowRange) []int64 {
		var rows []int64
		for _, r := range ranges {
			for i := range r.Count {
				rows = append(rows, r.First+i)
			}
		}
		return rows
	}
	return fmt.Sprint(flat(a)) == fmt.Sprint(flat(b))
}

// TestDeltaEncodingsAreRead is apart from the random test, because arrow-go's
// encoders of these panic after some pages, and cannot read back a page of
// nulls alone that they wrote.
func TestDeltaEncodingsAreRead(t *testing.T) {
	for _, encoding := range []parquet.Encoding{parquet.Encodings.DeltaByteArray, parquet.Encodings.DeltaLengthByteArray} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		want := randomBatch(t, rand.New(rand.NewPCG(9, 1)), everyType, 2000, mem)
		body := parquetBytes(t, want, parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("string", encoding), parquet.WithEncodingFor("required", encoding),
			parquet.WithEncodingFor("int", parquet.Encodings.DeltaBinaryPacked), parquet.WithEncodingFor("ts", parquet.Encodings.DeltaBinaryPacked))
		f, err := openBytes(t, body, &OpenOptions{Rows: -1, Allocator: mem})
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(10, 1))
		for range 10 {
			if err := checkRandomPlan(rng, f, everyType, want, mem); err != nil {
				t.Fatalf("%v: %v", encoding, err)
			}
		}
		want.Release()
		mem.AssertSize(t, 0)
	}
}

func TestAPlanWithoutColumnsCountsRows(t *testing.T) {
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), everyType, 100, memory.DefaultAllocator)
	f, err := openBytes(t, parquetBytes(t, rec), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{}, Ranges: []RowRange{{3, 5}, {90, 10}}}, memory.DefaultAllocator)
	if err != nil || got.NumRows() != 15 || got.NumCols() != 0 {
		t.Errorf("%v, %v; want 15 rows without columns", got, err)
	}
}

func TestLongValuesOfADictionaryMakeSmallBatches(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	long := strings.Repeat("x", 20_000)
	const rows = 10_000
	for range rows { // 200 MB, of which a file holds 20 kB
		b.Append(long)
	}
	column := b.NewArray()
	defer column.Release()
	s := structOf(nullable("s", schema.String))
	as, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := written(t, s, nil, array.NewRecordBatch(as, []arrow.Array{column}, rows))
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for batch, err := range f.Read(context.Background(), ReadPlan{Schema: s}) {
		if err != nil {
			t.Fatal(err)
		}
		if n := batch.Record.NumRows(); n*int64(len(long)) > batchBytesAim {
			t.Fatalf("a batch of %d rows", n)
		}
		total += batch.Record.NumRows()
	}
	if total != rows {
		t.Errorf("%d rows", total)
	}
}

func TestRangesThatAreNotOfTheFileAreRefused(t *testing.T) {
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), everyType, 10, memory.DefaultAllocator)
	f, err := openBytes(t, parquetBytes(t, rec), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]RowRange{{{0, 11}}, {{-1, 2}}, {{5, 2}, {6, 1}}, {{5, 1}, {2, 1}}, {{0, -1}}, {{11, 0}}} {
		if _, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{}, Ranges: bad}, memory.DefaultAllocator); err == nil {
			t.Errorf("ranges %v were taken", bad)
		}
	}
}

func TestReadStopsWithItsContextAndWithItsConsumer(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), everyType, 1000, mem)
	defer rec.Release()
	f, err := openBytes(t, parquetBytes(t, rec), &OpenOptions{Rows: -1, Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range f.Read(context.Background(), ReadPlan{Schema: everyType, BatchRows: 10}) {
		if err != nil || b.Record.NumRows() != 10 {
			t.Fatal(b, err)
		}
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	for _, err := range f.Read(ctx, ReadPlan{Schema: everyType, BatchRows: 10}) {
		cancel()
		if n++; n == 2 && !errors.Is(err, context.Canceled) || n > 2 {
			t.Fatalf("batch %d after the context ended: %v", n, err)
		}
	}
	if n != 2 {
		t.Errorf("%d steps, want a batch and an error", n)
	}
}

func TestARetainedBatchOutlivesItsRead(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	want := randomBatch(t, rand.New(rand.NewPCG(3, 1)), everyType, 500, mem)
	defer want.Release()
	f, err := openBytes(t, parquetBytes(t, want), &OpenOptions{Rows: -1, Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := readAll(f, ReadPlan{Schema: everyType, BatchRows: 37}, mem) // retains every batch
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	for i := range everyType.Fields {
		if !array.Equal(got.Column(i), want.Column(i)) {
			t.Errorf("column %s differs", everyType.Fields[i].Name)
		}
	}
}
