package parquetio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
	pqgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/variantbin"
	"github.com/foreset/foreset/schema"
)

// allocated bounds what a damaged file of a few KiB may make us allocate at a
// time.
const allocatedMax = 1 << 30

// metered counts what is in use and fails beyond allocatedMax.
type metered struct {
	memory.Allocator
	inUse, most int
}

func (m *metered) Allocate(n int) []byte {
	m.add(n)
	return m.Allocator.Allocate(n)
}

func (m *metered) Reallocate(n int, b []byte) []byte {
	m.add(n - len(b))
	return m.Allocator.Reallocate(n, b)
}

func (m *metered) Free(b []byte) {
	m.add(-len(b))
	m.Allocator.Free(b)
}

func (m *metered) add(n int) {
	m.inUse += n
	m.most = max(m.most, m.inUse)
}

// readDamaged opens and reads whatever the bytes are. It returns an error that
// is of no known type as unknown.
func readDamaged(t testing.TB, body []byte, s *schema.Struct, mem memory.Allocator, budget int64) (rows int64, err, unknown error) {
	t.Helper()
	known := func(err error) bool {
		var te *TypeError
		var pe *parquetfile.Error
		return errors.As(err, &te) || errors.As(err, &pe)
	}
	f, err := openBytes(t, body, &OpenOptions{Rows: -1, Allocator: mem, PageIndex: true, Budget: budget})
	if err != nil {
		if !known(err) {
			unknown = err
		}
		return 0, err, unknown
	}
	for g := range f.RowGroups() {
		for _, field := range s.Fields {
			f.Bounds(g, []schema.Field{field})
			if _, _, err := f.Pages(g, []schema.Field{field}); err != nil && !known(err) {
				return 0, err, err
			}
		}
	}
	plans := []ReadPlan{{Schema: s}}
	if n := f.NumRows(); n > 3 {
		plans = append(plans, ReadPlan{Schema: s, Ranges: []RowRange{{1, 1}, {n / 2, 1}, {n - 1, 1}}})
	}
	for _, plan := range plans {
		for b, err := range f.Read(context.Background(), plan) {
			if err != nil {
				if !known(err) {
					unknown = err
				}
				return rows, err, unknown
			}
			if rows += b.Record.NumRows(); rows > 1_000_000 {
				return rows, nil, nil // a run-length of the footer and of the pages: legal, and large
			}
			for _, c := range b.Record.Columns() {
				// Text of any bytes is read as it is, as Spark does.
				if bad := array.ValidateFull(c); bad != nil && !strings.Contains(bad.Error(), "utf8") {
					return rows, bad, bad
				}
				if bad := notJSON(c); bad != nil { // what reading let through
					return rows, bad, bad
				}
			}
		}
	}
	return rows, nil, nil
}

// notJSON says which variant of a column has no text.
func notJSON(column arrow.Array) error {
	v, is := column.(*array.Struct)
	if !is || !arrowconv.IsVariant(v.DataType()) {
		return nil
	}
	var d variantbin.Dictionary
	for i := range v.Len() {
		if v.IsNull(i) {
			continue
		}
		err := d.Load(v.Field(0).(*array.Binary).Value(i))
		if err == nil {
			_, err = d.AppendJSON(nil, v.Field(1).(*array.Binary).Value(i))
		}
		if err != nil && !errors.Is(err, variantbin.ErrLimit) {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// damagedSeed is a small file and what is read of it.
type damagedSeed struct {
	body   []byte
	schema *schema.Struct
}

// oddShapes is a file of what other writers write, by arrow-go's low-level
// writer: a shredded variant, INT96, decimals of fixed length, old lists and
// maps, UUIDs, unsigned numbers, nanoseconds.
func oddShapes(t testing.TB, props ...parquet.WriterProperty) damagedSeed {
	const n = 40
	list, i32 := pqschema.NewListLogicalType(), parquet.Types.Int32
	shred := shreddedObject()[0].(*pqschema.GroupNode)
	text := func(s string) []byte { return variantbin.AppendBytes(nil, variantbin.String, []byte(s)) }
	a1 := variantbin.WrapObject([]byte{byte(variantbin.Int8) << 2, 1}, 0, []uint32{1}, []int{2})
	var leaves [14]leafData
	add := func(leaf int, value any, def, rep int16) {
		l := &leaves[leaf]
		l.def, l.rep = append(l.def, def), append(l.rep, rep)
		switch v := value.(type) {
		case []byte:
			all, _ := l.values.([]parquet.ByteArray)
			l.values = append(all, v)
		case parquet.FixedLenByteArray:
			all, _ := l.values.([]parquet.FixedLenByteArray)
			l.values = append(all, v)
		case parquet.Int96:
			all, _ := l.values.([]parquet.Int96)
			l.values = append(all, v)
		case int32:
			all, _ := l.values.([]int32)
			l.values = append(all, v)
		case int64:
			all, _ := l.values.([]int64)
			l.values = append(all, v)
		}
	}
	for i := range n {
		add(0, abcNames, 1, 0)
		switch i % 4 {
		case 0: // {"a":1,"b":7,"c":["x","y"]}
			add(1, a1, 2, 0)
			add(2, nil, 2, 0)
			add(3, nil, 4, 0)
			add(3, text("y"), 5, 1)
			add(4, []byte("x"), 5, 0)
			add(4, nil, 4, 1)
			add(5, nil, 2, 0)
			add(6, int32(7), 3, 0)
		case 1: // {"b":"n/a","c":null}
			add(1, nil, 1, 0)
			add(2, []byte{0}, 3, 0)
			add(3, nil, 2, 0)
			add(4, nil, 2, 0)
			add(5, text("n/a"), 3, 0)
			add(6, nil, 2, 0)
		default: // "whole"
			add(1, text("whole"), 2, 0)
			for leaf := 2; leaf <= 6; leaf++ {
				add(leaf, nil, 1, 0)
			}
		}
		add(7, int96(uint64(i), epochJulianDay+uint32(i)), 1, 0)
		add(8, parquet.FixedLenByteArray{0xff, byte(i), 0}, 1, 0)
		add(9, int32(i), 2, 0)
		add(9, int32(-i), 2, 1)
		add(10, []byte{'k', byte(i)}, 2, 0)
		add(11, int32(i), 2, 0)
		add(12, parquet.FixedLenByteArray(bytes.Repeat([]byte{byte(i)}, 16)), 1, 0)
		add(13, int64(i-20)*999, 1, 0)
	}
	for leaf := range leaves {
		if leaf < 2 || leaf > 6 {
			continue
		}
		switch { // a leaf whose rows have no value at all
		case leaves[leaf].values != nil:
		case leaf == 6:
			leaves[leaf].values = []int32{}
		default:
			leaves[leaf].values = []parquet.ByteArray{}
		}
	}
	shred = pqschema.Must(pqschema.NewGroupNode("v", opt, pqschema.FieldList{shred.Field(0), shred.Field(1), shred.Field(2)}, -1)).(*pqschema.GroupNode)
	body := storedFileWith(t, props, nil, []pqschema.Node{
		shred,
		prim("i96", opt, nil, parquet.Types.Int96, 12),
		prim("dec", opt, pqschema.NewDecimalLogicalType(6, 2), parquet.Types.FixedLenByteArray, 3),
		grp("old", opt, list, prim("array", rpt, nil, i32, 0)),
		grp("map", opt, pqschema.MapLogicalType{}, grp("map", rpt, nil, prim("k", req, nil, parquet.Types.ByteArray, 0), prim("v", req, pqschema.NewIntLogicalType(16, false), i32, 0))),
		prim("uuid", opt, pqschema.UUIDLogicalType{}, parquet.Types.FixedLenByteArray, 16),
		prim("ns", opt, pqschema.NewTimestampLogicalType(false, pqschema.TimeUnitNanos), parquet.Types.Int64, 0),
	}, leaves[:]...)
	return damagedSeed{body, structOf(
		nullable("v", schema.Variant), nullable("i96", schema.Timestamp), nullable("dec", schema.Decimal{Precision: 8, Scale: 3}),
		nullable("old", &schema.Array{Element: schema.Long}), nullable("map", &schema.Map{Key: schema.String, Value: schema.Integer}),
		nullable("uuid", schema.Binary), nullable("ns", schema.TimestampNTZ))}
}

// oddPages are files of one column, made by hand.
func oddPages(t testing.TB) []damagedSeed {
	plain := int32s(7, 7, 7, 7, 7, 7, 7, 7)
	raw := packed(t, compress.Codecs.Lz4Raw, plain)
	framed := append([]byte{0, 0, 0, 32, 0, 0, 0, byte(len(raw))}, raw...)
	s := structOf(nullable("c", schema.Integer))
	return []damagedSeed{
		{handFile(t, format.Int32, false, format.Lz4, 8, dataV1(8, format.Plain, plain, framed)), s},
		{handFile(t, format.Int32, true, format.Snappy, 16, dataV2(8, 0, format.Plain, thrift.New(false), []byte{16, 1}, plain, plain),
			dataV2(8, 8, format.Plain, thrift.New(true), []byte{16, 0}, nil, nil)), s},
		{handFile(t, format.Int32, false, format.Brotli, 16, dictionary(2, plainDictionary, int32s(5, 6), packed(t, compress.Codecs.Brotli, int32s(5, 6))),
			dataV1(8, plainDictionary, []byte{1, 3, 0xf0}, packed(t, compress.Codecs.Brotli, []byte{1, 3, 0xf0})), dataV1(8, format.Plain, plain, packed(t, compress.Codecs.Brotli, plain))), s},
	}
}

// fixedDeltas is a file of parquet-go: lists of numbers of a fixed length in
// DELTA_BYTE_ARRAY.
func fixedDeltas(t testing.TB, version int) damagedSeed {
	node := pqgo.Group{"c": pqgo.Optional(pqgo.List(pqgo.Optional(pqgo.Encoded(pqgo.Decimal(0, 20, pqgo.FixedLenByteArrayType(9)), &pqgo.DeltaByteArray))))}
	var rows []pqgo.Row
	number := func(n int) pqgo.Value {
		return pqgo.FixedLenByteArrayValue(append([]byte{0, 0, 0, 0, 0}, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)))
	}
	for i := range 60 {
		switch i % 5 {
		case 0:
			rows = append(rows, pqgo.Row{pqgo.NullValue().Level(0, 0, 0)})
		case 1:
			rows = append(rows, pqgo.Row{pqgo.NullValue().Level(0, 1, 0)})
		default:
			rows = append(rows, pqgo.Row{number(i).Level(0, 3, 0), pqgo.NullValue().Level(1, 2, 0), number(i*i*999).Level(1, 3, 0)})
		}
	}
	var out bytes.Buffer
	w := pqgo.NewGenericWriter[any](&out, pqgo.NewSchema("s", node), pqgo.DataPageVersion(version), pqgo.PageBufferSize(200))
	if _, err := w.WriteRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return damagedSeed{out.Bytes(), structOf(nullable("c", &schema.Array{Element: schema.Decimal{Precision: 20}, ContainsNull: true}))}
}

func TestListsOfFixedLengthInDeltaByteArrayAreRead(t *testing.T) {
	for version := 1; version <= 2; version++ {
		file := fixedDeltas(t, version)
		var want []string
		for i := range 60 {
			switch i % 5 {
			case 0:
				want = append(want, "(null)")
			case 1:
				want = append(want, "[]")
			default:
				want = append(want, fmt.Sprintf("[%d (null) %d]", i, i*i*999))
			}
		}
		column := func(ranges ...RowRange) string {
			f, err := openBytes(t, file.body, nil)
			if err != nil {
				t.Fatal(err)
			}
			rec, _, err := readAll(f, ReadPlan{Schema: file.schema, Ranges: ranges, BatchRows: 7}, memory.DefaultAllocator)
			if err != nil {
				t.Fatal(err)
			}
			lists := rec.Column(0).(*array.List)
			numbers := lists.ListValues().(*array.Decimal128)
			var got []string
			for i := range lists.Len() {
				if lists.IsNull(i) {
					got = append(got, "(null)")
					continue
				}
				var inner []string
				for from, to := lists.ValueOffsets(i); from < to; from++ {
					if numbers.IsNull(int(from)) {
						inner = append(inner, "(null)")
					} else {
						inner = append(inner, numbers.Value(int(from)).ToString(0))
					}
				}
				got = append(got, "["+strings.Join(inner, " ")+"]")
			}
			return strings.Join(got, " ")
		}
		if got := column(); got != strings.Join(want, " ") {
			t.Errorf("pages of version %d: got %s, want %v", version, got, want)
		}
		if got := column(RowRange{3, 4}, RowRange{33, 1}, RowRange{57, 3}); got != strings.Join(append(append(append([]string{}, want[3:7]...), want[33]), want[57:]...), " ") {
			t.Errorf("pages of version %d, some rows: got %s", version, got)
		}
	}
}

// damagedSeeds are small files with everything in them.
func damagedSeeds(t testing.TB) []damagedSeed {
	files := append(oddPages(t), fixedDeltas(t, 1), fixedDeltas(t, 2), oddShapes(t), oddShapes(t, parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Gzip),
		parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithDataPageSize(60), parquet.WithBatchSize(8), parquet.WithPageIndexEnabled(true)))
	for i, opts := range [][]parquet.WriterProperty{
		{parquet.WithCompression(compress.Codecs.Uncompressed)},
		{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithPageIndexEnabled(true), parquet.WithDataPageSize(100), parquet.WithBatchSize(8)},
		{parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithPageIndexEnabled(true)},
		{parquet.WithCompression(compress.Codecs.Uncompressed), parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("int", parquet.Encodings.DeltaBinaryPacked),
			parquet.WithEncodingFor("required", parquet.Encodings.DeltaByteArray), parquet.WithEncodingFor("double", parquet.Encodings.ByteStreamSplit)},
	} {
		rec := randomBatch(t, rand.New(rand.NewPCG(uint64(i), 7)), everyType, 60, memory.DefaultAllocator)
		files = append(files, damagedSeed{parquetBytes(t, rec, opts...), everyType})
	}
	return files
}

// TestADamagedFileGivesRowsOrATypedError changes files in one spot, thousands
// of times. FORESET_SEEDS is how many for each file.
func TestADamagedFileGivesRowsOrATypedError(t *testing.T) {
	files := damagedSeeds(t)
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	refused := 0
	n := seeds(t, 250)
	for i, file := range files {
		if rows, err, unknown := readDamaged(t, file.body, file.schema, memory.DefaultAllocator, 1<<20); err != nil || unknown != nil || rows == 0 {
			t.Fatalf("file %d, undamaged: %d rows, %v", i, rows, err)
		}
		for seed := range n {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			damaged := damage(rng, file.body)
			mem := &metered{Allocator: memory.DefaultAllocator}
			start := time.Now()
			_, err, unknown := readDamaged(t, damaged, file.schema, mem, 1<<rng.IntN(20))
			if unknown != nil {
				t.Errorf("file %d, seed %d: untyped %v", i, seed, unknown)
			}
			if err != nil {
				refused++
			}
			if mem.inUse != 0 || mem.most > allocatedMax {
				t.Errorf("file %d, seed %d: %d bytes left, %d at most", i, seed, mem.inUse, mem.most)
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("file %d, seed %d: took %v", i, seed, d)
			}
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed at all")
	}
}

// damage changes one spot: a bit, a byte, some bytes, a piece lost or doubled.
// Half of the spots are in the footer.
func damage(rng *rand.Rand, body []byte) []byte {
	b := append([]byte(nil), body...)
	at := rng.IntN(len(b))
	if rng.IntN(2) == 0 {
		footer := int(uint32(b[len(b)-8]) | uint32(b[len(b)-7])<<8 | uint32(b[len(b)-6])<<16)
		at = len(b) - 1 - rng.IntN(footer+8)
	}
	switch rng.IntN(6) {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
	case 1:
		b[at] = byte(rng.Uint32())
	case 2:
		b[at] = 0xff
	case 3:
		for i := at; i < min(at+1+rng.IntN(10), len(b)); i++ {
			b[i] = byte(rng.Uint32())
		}
	case 4:
		b = append(b[:at], b[min(at+1+rng.IntN(20), len(b)):]...)
	default:
		b = append(b[:at:at], append(append([]byte(nil), b[at:min(at+1+rng.IntN(20), len(b))]...), b[at:]...)...)
	}
	return b
}

// FuzzRead feeds whole files.
func FuzzRead(f *testing.F) {
	all := &schema.Struct{}
	known := map[string]bool{}
	for _, file := range damagedSeeds(f) {
		f.Add(file.body)
		for _, field := range file.schema.Fields {
			if !known[field.Name] {
				known[field.Name] = true
				all.Fields = append(all.Fields, field)
			}
		}
	}
	f.Add([]byte("PAR1PAR1"))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		mem := &metered{Allocator: memory.DefaultAllocator}
		if _, _, unknown := readDamaged(t, body, all, mem, 4096); unknown != nil {
			t.Errorf("untyped %v", unknown)
		}
		if mem.inUse != 0 {
			t.Errorf("%d bytes left", mem.inUse)
		}
	})
}
