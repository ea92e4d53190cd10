package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// bloomSchema has a column of each type that can have a bloom filter.
var bloomSchema = structOf(
	nullable("byte", schema.Byte), nullable("short", schema.Short), nullable("int", schema.Integer), nullable("long", schema.Long),
	nullable("float", schema.Float), nullable("double", schema.Double), nullable("string", schema.String), nullable("binary", schema.Binary),
	nullable("date", schema.Date), nullable("timestamp", schema.Timestamp), nullable("ntz", schema.TimestampNTZ),
	nullable("dec9", schema.Decimal{Precision: 9, Scale: 2}), nullable("dec18", schema.Decimal{Precision: 18, Scale: 0}),
	nullable("dec20", schema.Decimal{Precision: 20, Scale: 5}), nullable("dec38", schema.Decimal{Precision: 38, Scale: 18}),
	nullable("o", structOf(nullable("x", schema.Long))),
)

// bloomPaths are its leaves.
var bloomPaths = func() (paths [][]string) {
	for _, f := range bloomSchema.Fields[:len(bloomSchema.Fields)-1] {
		paths = append(paths, []string{f.Name})
	}
	return append(paths, []string{"o", "x"})
}()

// drawn is a value of a type that is one of about so many.
func drawn(rng *rand.Rand, t schema.Type, many int64) value.Value {
	n := rng.Int64N(many) - many/2
	if d, ok := t.(schema.Decimal); ok {
		return value.Decimal(d, value.FromInt64(n*997))
	}
	switch t := t.(schema.Primitive); t {
	case schema.Float:
		if n == 1 {
			return value.Float(float32(math.Copysign(0, -1)))
		}
		return value.Float(float32(n) / 4)
	case schema.Double:
		if n == 1 {
			return value.Double(math.Copysign(0, -1))
		}
		return value.Double(float64(n) / 3)
	case schema.String:
		return value.String(strings.Repeat("é", int(n&7)) + fmt.Sprint(n))
	case schema.Binary:
		return value.Binary(fmt.Appendf(nil, "\xff%d", n))
	case schema.Byte:
		return value.Int(t, n%100)
	case schema.Short:
		return value.Int(t, n%30000)
	default:
		return value.Int(t, n)
	}
}

func appendValue(b array.Builder, v value.Value) {
	if v.IsNull() {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(v.Int64()))
	case *array.Int16Builder:
		b.Append(int16(v.Int64()))
	case *array.Int32Builder:
		b.Append(int32(v.Int64()))
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.Float32Builder:
		b.Append(float32(v.Float64()))
	case *array.Float64Builder:
		b.Append(v.Float64())
	case *array.StringBuilder:
		b.Append(v.Text())
	case *array.BinaryBuilder:
		b.Append([]byte(v.Text()))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int64()))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int64()))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(v.Unscaled().Hi, v.Unscaled().Lo))
	case *array.StructBuilder:
		b.Append(true)
		appendValue(b.FieldBuilder(0), v)
	default:
		panic(fmt.Sprintf("%T", b))
	}
}

// bloomBatch is rows of bloomSchema, and the values by leaf.
func bloomBatch(t *testing.T, rng *rand.Rand, rows int, many int64) (arrow.RecordBatch, [][]value.Value) {
	t.Helper()
	layout, err := arrowconv.Schema(bloomSchema)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
	defer b.Release()
	values := make([][]value.Value, len(bloomPaths))
	for i, path := range bloomPaths {
		f, _ := bloomSchema.Field(path...)
		for range rows {
			v := drawn(rng, f.Type, many)
			if rng.IntN(9) == 0 {
				v = value.Null(f.Type)
			}
			values[i] = append(values[i], v)
			appendValue(b.Field(i), v)
		}
	}
	return b.NewRecordBatch(), values
}

func bloomNames() (names []string) {
	for _, p := range bloomPaths {
		names = append(names, strings.Join(p, "."))
	}
	return names
}

// checkFilters asks the filters of every row group for the values that it has,
// and for others.
func checkFilters(t *testing.T, data []byte, rng *rand.Rand, values [][]value.Value, many int64) {
	t.Helper()
	f, err := openBytes(t, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	wrong, asked := 0, 0
	for g, group := range f.RowGroups() {
		for i, path := range bloomPaths {
			at := along(bloomSchema, path...)
			field := at[len(at)-1]
			bloom, err := f.Bloom(g, at)
			if err != nil || bloom == nil {
				t.Fatal(path, bloom, err)
			}
			for _, v := range values[i][group.FirstRow : group.FirstRow+group.Rows] {
				if !v.IsNull() && bloom.Lacks(v) {
					t.Fatalf("row group %d lacks %#v", g, v)
				}
			}
			if field.Type == schema.Byte {
				continue
			}
			for range 60 {
				v := drawn(rng, field.Type, 60_000)
				for compareAny(v, values[i]) {
					v = drawn(rng, field.Type, 60_000)
				}
				if asked++; !bloom.Lacks(v) {
					wrong++
				}
			}
		}
	}
	if asked > 4000 && wrong*100 > asked*2 {
		t.Errorf("%d of %d are not told to be missing", wrong, asked)
	}
}

func compareAny(v value.Value, among []value.Value) bool {
	for _, w := range among {
		if order, ok := value.Compare(v, w); ok && order == 0 {
			return true
		}
	}
	return false
}

// TestBloomFiltersHaveEveryValue of dictionaries and plain pages, also zeros of
// either sign, and lack nearly all others.
func TestBloomFiltersHaveEveryValue(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, c := range []struct {
		rows int
		many int64
	}{{1, 10}, {300, 20}, {3000, 50_000}, {3000, 400}} {
		batch, values := bloomBatch(t, rng, c.rows, c.many)
		data, _ := written(t, bloomSchema, &WriteOptions{BloomColumns: bloomNames(), RowGroupRows: 1000, PageRows: 300}, batch)
		checkFilters(t, data, rng, values, c.many)
		sameColumns(t, data, batch)
		batch.Release()
	}
}

// TestArrowAsksOurBloomFilters and finds what is there.
func TestArrowAsksOurBloomFilters(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	batch, values := bloomBatch(t, rng, 2000, 5000)
	defer batch.Release()
	data, _ := written(t, bloomSchema, &WriteOptions{BloomColumns: []string{"long", "string"}, RowGroupRows: 900}, batch)
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first := 0
	for g := range r.NumRowGroups() {
		filters, err := r.GetBloomFilterReader().RowGroup(g)
		if err != nil {
			t.Fatal(err)
		}
		rows := int(r.RowGroup(g).NumRows())
		for c := range r.MetaData().Schema.NumColumns() {
			name := r.MetaData().Schema.Column(c).Name()
			filter, err := filters.GetColumnBloomFilter(c)
			if err != nil || (filter != nil) != (name == "long" || name == "string") {
				t.Fatal(name, filter, err)
			}
			if filter == nil {
				continue
			}
			lacking := 0
			for row := first; row < first+rows; row++ {
				v := values[c][row]
				if v.IsNull() {
					continue
				}
				plain, _ := (&Bloom{stored: storedAs(r.MetaData().Schema.Column(c)), table: v.Type()}).encode(nil, v)
				if !filter.CheckHash(filter.Hasher().Sum64(plain)) {
					t.Fatalf("arrow does not find %#v", v)
				}
			}
			for range 1000 {
				if !filter.CheckHash(rng.Uint64()) {
					lacking++
				}
			}
			if lacking < 950 {
				t.Errorf("%s lacks %d of 1000", name, lacking)
			}
		}
		first += rows
	}
}

// TestForeignBloomFiltersAreAsked: those that arrow writes.
func TestForeignBloomFiltersAreAsked(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 0))
	batch, values := bloomBatch(t, rng, 1500, 900)
	defer batch.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &out, parquet.NewWriterProperties(parquet.WithBloomFilterEnabled(true), parquet.WithMaxRowGroupLength(700),
		parquet.WithStoreDecimalAsInteger(true)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		t.Fatal(err)
	}
	checkFilters(t, out.Bytes(), rng, values, 900)
}

func TestColumnsThatCanHaveNoBloomFilterAreRefused(t *testing.T) {
	s := structOf(nullable("b", schema.Boolean), nullable("l", &schema.Array{Element: schema.Long, ContainsNull: true}), nullable("o", structOf(nullable("x", schema.Long))))
	for _, name := range []string{"b", "l", "l.element", "o", "none", ""} {
		_, err := NewWriter(&bytes.Buffer{}, s, &WriteOptions{BloomColumns: []string{name}})
		var refused *SchemaError
		if !errors.As(err, &refused) || refused.Column != name && name != "" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestDamagedBloomFiltersAreReported, and those in a form that is not known
// prove nothing.
func TestDamagedBloomFiltersAreReported(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	batch, _ := bloomBatch(t, rng, 100, 50)
	defer batch.Release()
	data, _ := written(t, bloomSchema, &WriteOptions{BloomColumns: []string{"long"}}, batch)
	f, err := openBytes(t, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := *f.pf.Meta().RowGroups[0].Columns[3].MetaData.BloomFilterOffset
	header := appendBloomHeader(nil, 64)
	if !bytes.HasPrefix(data[at:], header) {
		t.Fatalf("% x", data[at:at+24])
	}
	outcomes := map[string]int{}
	for i := range header {
		for bit := range 8 {
			bad := bytes.Clone(data)
			bad[int(at)+i] ^= 1 << bit
			f, err := openBytes(t, bad, nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := f.Bloom(0, columnOf(schema.Long, "long"))
			var corrupt *parquetfile.Error
			switch {
			case errors.As(err, &corrupt):
				outcomes["corrupt"]++
			case err != nil:
				t.Fatal(err)
			case b == nil:
				outcomes["none"]++
			default:
				outcomes["used"]++
			}
		}
	}
	if outcomes["corrupt"] == 0 || outcomes["none"] == 0 {
		t.Error(outcomes)
	}
	if _, err := openBytes(t, data[:len(data)-1], nil); err == nil {
		t.Error("a file that was cut is opened")
	}
}
