package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// leafData is the content of a leaf, as it is stored.
type leafData struct {
	values   any
	def, rep []int16
}

func prim(name string, rep parquet.Repetition, lt pqschema.LogicalType, p parquet.Type, length int) pqschema.Node {
	if lt == nil {
		lt = pqschema.NoLogicalType{}
	}
	return pqschema.Must(pqschema.NewPrimitiveNodeLogical(name, rep, lt, p, length, -1))
}

func grp(name string, rep parquet.Repetition, lt pqschema.LogicalType, fields ...pqschema.Node) pqschema.Node {
	if lt == nil {
		return pqschema.Must(pqschema.NewGroupNode(name, rep, fields, -1))
	}
	return pqschema.Must(pqschema.NewGroupNodeLogical(name, rep, fields, lt, -1))
}

const (
	req = parquet.Repetition(0)
	opt = parquet.Repetition(1)
	rpt = parquet.Repetition(2)
)

// storedFile writes one row group, leaf by leaf.
func storedFile(t testing.TB, kv map[string]string, fields []pqschema.Node, leaves ...leafData) []byte {
	t.Helper()
	return storedFileWith(t, nil, kv, fields, leaves...)
}

func storedFileWith(t testing.TB, props []parquet.WriterProperty, kv map[string]string, fields []pqschema.Node, leaves ...leafData) []byte {
	t.Helper()
	root := pqschema.Must(pqschema.NewGroupNode("schema", parquet.Repetitions.Repeated, fields, -1)).(*pqschema.GroupNode)
	var out bytes.Buffer
	meta := metadata.NewKeyValueMetadata()
	for k, v := range kv {
		if err := meta.Append(k, v); err != nil {
			t.Fatal(err)
		}
	}
	w := file.NewParquetWriter(&out, root, file.WithWriteMetadata(meta), file.WithWriterProps(parquet.NewWriterProperties(props...)))
	rg, err := w.AppendRowGroupChecked()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leaves {
		c, err := rg.NextColumn()
		if err != nil {
			t.Fatal(err)
		}
		switch c := c.(type) {
		case *file.BooleanColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]bool), l.def, l.rep)
		case *file.Int32ColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]int32), l.def, l.rep)
		case *file.Int64ColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]int64), l.def, l.rep)
		case *file.Int96ColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]parquet.Int96), l.def, l.rep)
		case *file.Float32ColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]float32), l.def, l.rep)
		case *file.Float64ColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]float64), l.def, l.rep)
		case *file.ByteArrayColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]parquet.ByteArray), l.def, l.rep)
		case *file.FixedLenByteArrayColumnChunkWriter:
			_, err = c.WriteBatch(l.values.([]parquet.FixedLenByteArray), l.def, l.rep)
		}
		if err == nil {
			err = c.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readColumn reads the field c of a file as a type, with batches of one row
// and of all.
func readColumn(t testing.TB, body []byte, to schema.Type) (string, error) {
	t.Helper()
	var text string
	for _, batch := range []int{1, 2, 0} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		f, err := openBytes(t, body, &OpenOptions{Rows: -1, Allocator: mem})
		if err != nil {
			return "", err
		}
		rec, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{{Name: "c", Type: to, Nullable: true}}}, BatchRows: batch}, mem)
		if err != nil {
			mem.AssertSize(t, 0)
			return "", err
		}
		now := rec.Column(0).String()
		if text != "" && now != text {
			t.Errorf("batches of %d rows give %s, others %s", batch, now, text)
		}
		text = now
		rec.Release()
		mem.AssertSize(t, 0)
	}
	return text, nil
}

func int96(nanos uint64, day uint32) parquet.Int96 {
	var v parquet.Int96
	binary.LittleEndian.PutUint64(v[:], nanos)
	binary.LittleEndian.PutUint32(v[8:], day)
	return v
}

// int96Of is a time as Spark writes it.
func int96Of(t time.Time) parquet.Int96 {
	day := value.FloorDiv(t.Unix(), 86_400)
	return int96(uint64(t.Unix()-day*86_400)*1e9+uint64(t.Nanosecond()), uint32(day+epochJulianDay))
}

func TestEdgeD68Int96YearsOneTo9999AreExact(t *testing.T) {
	node := []pqschema.Node{prim("c", opt, nil, parquet.Types.Int96, 12)}
	var stored []parquet.Int96
	var want []string
	add := func(v parquet.Int96, us int64) { stored, want = append(stored, v), append(want, fmt.Sprint(us)) }
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1582, 10, 4, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1677, 9, 21, 0, 12, 43, 145_224_000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2262, 4, 11, 23, 47, 16, 854_776_000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		add(int96Of(at), at.UnixMicro())
	}
	add(int96(1999, epochJulianDay), 1)                      // nanoseconds round down
	add(int96(math.MaxUint64, epochJulianDay), -1)           // and so do negative ones
	add(int96(86_401_000_000_000, epochJulianDay), 86_401e6) // a leap second
	var dayOf290000 int32 = -108302820 + epochJulianDay      // Spark's 290000-12-31T01:00:00+02:00, which overflows on its way
	add(int96(18446711564157935616, uint32(dayOf290000)), 9089380393200000000)
	levels := make([]int16, len(stored))
	for i := range levels {
		levels[i] = 1
	}
	for _, dict := range []bool{true, false} {
		body := storedFileWith(t, []parquet.WriterProperty{parquet.WithDictionaryDefault(dict)}, nil, node, leafData{values: stored, def: levels})
		for _, to := range []schema.Type{schema.Timestamp, schema.TimestampNTZ} {
			if got, err := readColumn(t, body, to); err != nil || got != "["+strings.Join(want, " ")+"]" {
				t.Errorf("dictionary %v, %v: got %s, %v; want %v", dict, to, got, err, want)
			}
		}
	}
	for _, bad := range []parquet.Int96{int96(0, math.MaxInt32), int96(0, 1<<31), int96(3*86_400e9, epochJulianDay), int96(1<<63, epochJulianDay), int96(86_400e9, 106_751_991+epochJulianDay)} {
		if _, err := readColumn(t, storedFile(t, nil, node, leafData{values: []parquet.Int96{bad}, def: []int16{1}}), schema.Timestamp); !errors.Is(err, parquetfile.ErrCorrupt) {
			t.Errorf("%x: %v; want ErrCorrupt", bad, err)
		}
	}
}

func TestEdgeD69TimestampsOfEveryUnitAreMicrosAndNanosFloor(t *testing.T) {
	for _, c := range []struct {
		unit   pqschema.TimeUnitType
		values []int64
		want   string
	}{
		{pqschema.TimeUnitMillis, []int64{-1, 0, 253_402_300_799_999}, "[-1000 0 253402300799999000]"},
		{pqschema.TimeUnitMicros, []int64{-1, math.MinInt64, math.MaxInt64}, "[-1 -9223372036854775808 9223372036854775807]"},
		{pqschema.TimeUnitNanos, []int64{-1, -1000, -1001, 999, 1999, math.MinInt64, math.MaxInt64}, "[-1 -1 -2 0 1 -9223372036854776 9223372036854775]"},
	} {
		for _, utc := range []bool{true, false} {
			for _, to := range []schema.Type{schema.Timestamp, schema.TimestampNTZ} {
				body := storedFile(t, nil, []pqschema.Node{prim("c", req, pqschema.NewTimestampLogicalType(utc, c.unit), parquet.Types.Int64, 0)}, leafData{values: c.values})
				if got, err := readColumn(t, body, to); err != nil || got != c.want {
					t.Errorf("%v, adjusted %v as %v: got %s, %v; want %s", c.unit, utc, to, got, err, c.want)
				}
			}
		}
	}
	body := storedFile(t, nil, []pqschema.Node{prim("c", req, pqschema.NewTimestampLogicalType(true, pqschema.TimeUnitMillis), parquet.Types.Int64, 0)}, leafData{values: []int64{math.MaxInt64 / 10}})
	if _, err := readColumn(t, body, schema.Timestamp); !errors.Is(err, parquetfile.ErrCorrupt) {
		t.Errorf("milliseconds beyond microseconds: %v; want ErrCorrupt", err)
	}
}

// TestEdgeD85DecimalsOfEveryEncodingAreRead has every physical type and length
// that decimals may have, those that old Spark writes (fixed length whatever
// the precision) included, from dictionaries and without, over many pages.
func TestEdgeD85DecimalsOfEveryEncodingAreRead(t *testing.T) {
	numbers := []int64{0, 1, -1, 99, -99}
	var many []int64
	for range 200 {
		many = append(many, numbers...)
	}
	bigEndian := func(n int64, length int) []byte {
		b := bytes.Repeat([]byte{byte(n >> 63)}, length)
		for i := length - 1; i >= 0 && i >= length-8; i-- {
			b[i], n = byte(n), n>>8
		}
		return b
	}
	type encoded struct {
		phys   parquet.Type
		length int
		prec   int32
		values any
	}
	cases := []encoded{{parquet.Types.Int32, 0, 5, []int32{}}, {parquet.Types.Int64, 0, 5, []int64{}}, {parquet.Types.Int64, 0, 15, []int64{}}, {parquet.Types.ByteArray, 0, 5, []parquet.ByteArray{}}, {parquet.Types.ByteArray, 0, 38, []parquet.ByteArray{}}}
	for length := 1; length <= 24; length++ {
		cases = append(cases, encoded{parquet.Types.FixedLenByteArray, length, int32(min(2*length, 38)), []parquet.FixedLenByteArray{}})
	}
	for _, c := range cases {
		var want []string
		for i, n := range many {
			switch values := c.values.(type) {
			case []int32:
				c.values = append(values, int32(n))
			case []int64:
				c.values = append(values, n)
			case []parquet.ByteArray:
				c.values = append(values, bigEndian(n, 1+i%18)) // as short or as long as may be
			case []parquet.FixedLenByteArray:
				c.values = append(values, bigEndian(n, c.length))
			}
			want = append(want, fmt.Sprint(n))
		}
		for _, dict := range []bool{true, false} {
			props := []parquet.WriterProperty{parquet.WithDictionaryDefault(dict), parquet.WithDataPageSize(200), parquet.WithBatchSize(50)}
			body := storedFileWith(t, props, nil, []pqschema.Node{prim("c", req, pqschema.NewDecimalLogicalType(c.prec, 0), c.phys, c.length)}, leafData{values: c.values})
			if got, err := readColumn(t, body, schema.Decimal{Precision: int(c.prec)}); err != nil || got != "["+strings.Join(want, " ")+"]" {
				t.Errorf("%v(%d) of %d digits, dictionary %v: got %.100s, %v", c.phys, c.length, c.prec, dict, got, err)
			}
		}
	}
	wide := storedFile(t, nil, []pqschema.Node{prim("c", req, pqschema.NewDecimalLogicalType(38, 0), parquet.Types.FixedLenByteArray, 20)},
		leafData{values: []parquet.FixedLenByteArray{bytes.Repeat([]byte{0x7f}, 20)}})
	if _, err := readColumn(t, wide, schema.Decimal{Precision: 38}); !errors.Is(err, parquetfile.ErrCorrupt) {
		t.Errorf("a number of 160 bits: %v; want ErrCorrupt", err)
	}
}

func TestEdgeD91VoidColumnsAreNullWhateverTheFileHas(t *testing.T) {
	other := prim("x", req, nil, parquet.Types.Int32, 0)
	one := leafData{values: []int32{1, 2}}
	for name, body := range map[string][]byte{
		"absent":      storedFile(t, nil, []pqschema.Node{other}, one),
		"of no type":  storedFile(t, nil, []pqschema.Node{prim("c", opt, pqschema.NullLogicalType{}, parquet.Types.Int32, 0), other}, leafData{values: []int32{}, def: []int16{0, 0}}, one),
		"of any type": storedFile(t, nil, []pqschema.Node{prim("c", req, nil, parquet.Types.Int32, 0)}, one),
	} {
		if got, err := readColumn(t, body, schema.Void); err != nil || got != "[(null) (null)]" {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
		if name == "of any type" {
			continue
		}
		// What was written without a type may have got one since.
		for _, to := range []schema.Type{schema.String, &schema.Array{Element: schema.Integer}, schema.Decimal{Precision: 5}} {
			if got, err := readColumn(t, body, to); name == "of no type" && !isPrimitive(to) {
				var te *TypeError
				if !errors.As(err, &te) {
					t.Errorf("%s as %v: %v; want a TypeError", name, to, err)
				}
			} else if err != nil || got != "[(null) (null)]" {
				t.Errorf("%s as %v: got %s, %v", name, to, got, err)
			}
		}
	}
	inside := storedFile(t, nil, []pqschema.Node{grp("c", opt, nil, prim("x", opt, nil, parquet.Types.Int32, 0))}, leafData{values: []int32{7}, def: []int16{2, 0}})
	if got, err := readColumn(t, inside, structOf(nullable("v", schema.Void), nullable("x", schema.Integer))); err != nil || got != "{[(null) (null)] [7 (null)]}" {
		t.Errorf("inside of a struct: got %s, %v", got, err)
	}
}

func isPrimitive(t schema.Type) bool {
	switch t.(type) {
	case schema.Primitive, schema.Decimal:
		return true
	}
	return false
}

// TestEveryStoredTypeIsReadAsTheTableHasIt has the encodings that other
// writers use and the widenings that the protocol allows.
func TestEveryStoredTypeIsReadAsTheTableHasIt(t *testing.T) {
	i32, i64 := parquet.Types.Int32, parquet.Types.Int64
	ba, flba := parquet.Types.ByteArray, parquet.Types.FixedLenByteArray
	dec := func(p, s int32) pqschema.LogicalType { return pqschema.NewDecimalLogicalType(p, s) }
	integer := func(bits int8, signed bool) pqschema.LogicalType { return pqschema.NewIntLogicalType(bits, signed) }
	ts := func(utc bool, u pqschema.TimeUnitType) pqschema.LogicalType {
		return pqschema.NewTimestampLogicalType(utc, u)
	}
	d := func(p, s int) schema.Type { return schema.Decimal{Precision: p, Scale: s} }
	for _, c := range []struct {
		name   string
		lt     pqschema.LogicalType
		phys   parquet.Type
		length int
		values any
		to     schema.Type
		want   string
	}{
		{"plain int32 as byte", nil, i32, 0, []int32{-128, 127}, schema.Byte, "[-128 127]"},
		{"plain int32 as short", nil, i32, 0, []int32{-3, 3}, schema.Short, "[-3 3]"},
		{"int(32) as int", integer(32, true), i32, 0, []int32{5}, schema.Integer, "[5]"},
		{"int(64) as long", integer(64, true), i64, 0, []int64{5}, schema.Long, "[5]"},
		{"int8 as long", integer(8, true), i32, 0, []int32{-5}, schema.Long, "[-5]"},
		{"int16 as int", integer(16, true), i32, 0, []int32{-5}, schema.Integer, "[-5]"},
		{"uint8 as short", integer(8, false), i32, 0, []int32{255}, schema.Short, "[255]"},
		{"uint32 as long", integer(32, false), i32, 0, []int32{-1}, schema.Long, "[4294967295]"},
		{"int32 as double", nil, i32, 0, []int32{7}, schema.Double, "[7]"},
		{"float as double", nil, parquet.Types.Float, 0, []float32{1.5}, schema.Double, "[1.5]"},
		{"int32 as decimal", nil, i32, 0, []int32{-7}, d(12, 2), "[-7]"},
		{"uint32 as decimal", integer(32, false), i32, 0, []int32{-1}, d(10, 0), "[4294967295]"},
		{"uint64 as decimal", integer(64, false), i64, 0, []int64{-1}, d(20, 0), "[18446744073709551615]"},
		{"UUID as binary", pqschema.UUIDLogicalType{}, flba, 16, []parquet.FixedLenByteArray{bytes.Repeat([]byte{65}, 16)}, schema.Binary, `["AAAAAAAAAAAAAAAA"]`},
		{"ENUM as binary", pqschema.EnumLogicalType{}, ba, 0, []parquet.ByteArray{[]byte("A")}, schema.Binary, `["A"]`},
		{"uint16 as int", integer(16, false), i32, 0, []int32{65535}, schema.Integer, "[65535]"},
		{"a column without a type, as string", pqschema.NullLogicalType{}, i32, 0, []int32{}, schema.String, "[]"},
		{"int64 as decimal", nil, i64, 0, []int64{math.MinInt64}, d(22, 2), "[-9223372036854775808]"},
		{"decimal in int32", dec(9, 2), i32, 0, []int32{-12345}, d(9, 2), "[-123.45]"},
		{"decimal in int64", dec(18, 2), i64, 0, []int64{-12345}, d(18, 2), "[-123.45]"},
		{"decimal in int32, widened", dec(5, 1), i32, 0, []int32{-12345}, d(9, 3), "[-1234.5]"},
		{"decimal in fixed(2)", dec(4, 2), flba, 2, []parquet.FixedLenByteArray{{0xff, 0xfe}, {0, 100}}, d(4, 2), "[-0.02 1]"},
		{"decimal in fixed(16)", dec(38, 0), flba, 16, []parquet.FixedLenByteArray{bytes.Repeat([]byte{0xff}, 16)}, d(38, 0), "[-1]"},
		{"decimal in fixed(20)", dec(38, 0), flba, 20, []parquet.FixedLenByteArray{append(make([]byte, 19), 7)}, d(38, 0), "[7]"},
		{"decimal in bytes", dec(20, 1), ba, 0, []parquet.ByteArray{{0x80}, {0, 0, 5}}, d(20, 1), "[-12.8 0.5]"},
		{"raw bytes as string", nil, ba, 0, []parquet.ByteArray{[]byte("é")}, schema.String, `["é"]`},
		{"enum as string", pqschema.EnumLogicalType{}, ba, 0, []parquet.ByteArray{[]byte("A")}, schema.String, `["A"]`},
		{"JSON as string", pqschema.JSONLogicalType{}, ba, 0, []parquet.ByteArray{[]byte("{}")}, schema.String, `["{}"]`},
		{"string as binary", pqschema.StringLogicalType{}, ba, 0, []parquet.ByteArray{[]byte("A")}, schema.Binary, `["A"]`},
		{"fixed as binary", nil, flba, 2, []parquet.FixedLenByteArray{{1, 2}}, schema.Binary, `["\x01\x02"]`},
		{"INT96 as timestamp", nil, parquet.Types.Int96, 12, []parquet.Int96{int96(1999, epochJulianDay)}, schema.Timestamp, "[1]"},
		{"INT96 as ntz", nil, parquet.Types.Int96, 12, []parquet.Int96{int96(1999, epochJulianDay-1)}, schema.TimestampNTZ, "[-86399999999]"},
		{"millis", ts(true, pqschema.TimeUnitMillis), i64, 0, []int64{-1}, schema.Timestamp, "[-1000]"},
		{"micros, not adjusted", ts(false, pqschema.TimeUnitMicros), i64, 0, []int64{-1}, schema.Timestamp, "[-1]"},
		{"nanos round down", ts(true, pqschema.TimeUnitNanos), i64, 0, []int64{-1, 1999}, schema.TimestampNTZ, "[-1 1]"},
		{"date as ntz", pqschema.DateLogicalType{}, i32, 0, []int32{1}, schema.TimestampNTZ, "[86400000000]"},
		{"void", nil, i32, 0, []int32{1}, schema.Void, "[(null)]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := storedFile(t, nil, []pqschema.Node{prim("c", req, c.lt, c.phys, c.length)}, leafData{values: c.values})
			if got, err := readColumn(t, body, c.to); err != nil || strings.ReplaceAll(got, "1970-01-01T", "") != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestATypeThatIsNotNarrowerIsRefusedByName(t *testing.T) {
	d := func(p, s int) schema.Type { return schema.Decimal{Precision: p, Scale: s} }
	dec := func(p, s int32) pqschema.LogicalType { return pqschema.NewDecimalLogicalType(p, s) }
	one := map[parquet.Type]any{
		parquet.Types.Int32: []int32{1}, parquet.Types.Int64: []int64{1}, parquet.Types.Double: []float64{1},
		parquet.Types.ByteArray: []parquet.ByteArray{{1}}, parquet.Types.Boolean: []bool{true}, parquet.Types.Int96: []parquet.Int96{{}},
	}
	for _, c := range []struct {
		lt   pqschema.LogicalType
		phys parquet.Type
		to   schema.Type
	}{
		{nil, parquet.Types.Int64, schema.Integer},
		{nil, parquet.Types.Int64, schema.Double},
		{pqschema.NewIntLogicalType(16, true), parquet.Types.Int32, schema.Byte},
		{pqschema.NewIntLogicalType(32, false), parquet.Types.Int32, schema.Integer},
		{nil, parquet.Types.Double, schema.Float},
		{nil, parquet.Types.Int32, schema.String},
		{nil, parquet.Types.Int32, schema.Date},
		{nil, parquet.Types.Int64, schema.Timestamp},
		{pqschema.DateLogicalType{}, parquet.Types.Int32, schema.Timestamp},
		{pqschema.DateLogicalType{}, parquet.Types.Int32, schema.Integer},
		{pqschema.NewTimestampLogicalType(true, pqschema.TimeUnitMicros), parquet.Types.Int64, schema.Long},
		{pqschema.NewTimeLogicalType(true, pqschema.TimeUnitMicros), parquet.Types.Int64, schema.Long},
		{dec(9, 2), parquet.Types.Int32, d(9, 1)},
		{dec(9, 2), parquet.Types.Int32, d(10, 4)},
		{dec(9, 2), parquet.Types.Int32, schema.Integer},
		{nil, parquet.Types.Int32, d(11, 2)},
		{nil, parquet.Types.Int64, d(19, 0)},
		{nil, parquet.Types.ByteArray, d(9, 2)},
		{nil, parquet.Types.Boolean, schema.Byte},
		{nil, parquet.Types.Int96, schema.Date},
		{nil, parquet.Types.Int32, &schema.Array{Element: schema.Integer}},
		{nil, parquet.Types.Int32, &schema.Struct{}},
		{nil, parquet.Types.Int32, schema.Variant},
	} {
		body := storedFile(t, nil, []pqschema.Node{prim("c", req, c.lt, c.phys, 0)}, leafData{values: one[c.phys]})
		_, err := readColumn(t, body, c.to)
		var te *TypeError
		if !errors.As(err, &te) || te.Column != "c" || te.Name != testFile {
			t.Errorf("%v %v as %v: %v; want a TypeError", c.phys, c.lt, c.to, err)
		}
	}
}

func TestAValueTooLargeForItsTypeIsAnError(t *testing.T) {
	body := storedFile(t, nil, []pqschema.Node{prim("c", req, nil, parquet.Types.Int32, 0)}, leafData{values: []int32{1, 128}})
	_, err := readColumn(t, body, schema.Byte)
	if !errors.Is(err, parquetfile.ErrCorrupt) || !strings.Contains(err.Error(), "128") || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("%v; want ErrCorrupt with column and value", err)
	}
}

// TestEdgeD86ListsAndMapsOfAllFormsAreRead has the forms of Parquet's
// "Backward-compatibility rules", all with the same rows.
func TestEdgeD86ListsAndMapsOfAllFormsAreRead(t *testing.T) {
	i32 := parquet.Types.Int32
	list, mapping := pqschema.NewListLogicalType(), pqschema.MapLogicalType{}
	elem := func(name string, rep parquet.Repetition) pqschema.Node { return prim(name, rep, nil, i32, 0) }
	str := prim("key", req, pqschema.StringLogicalType{}, parquet.Types.ByteArray, 0)
	ab := []parquet.ByteArray{[]byte("a"), []byte("b")}
	arrayInt := &schema.Array{Element: schema.Integer, ContainsNull: true}
	arrayX := &schema.Array{Element: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Integer, Nullable: true}}}, ContainsNull: true}
	mapInt := &schema.Map{Key: schema.String, Value: schema.Integer, ValueContainsNull: true}
	for _, c := range []struct {
		name   string
		node   pqschema.Node
		leaves []leafData
		to     schema.Type
		want   string
	}{
		// [[1 2] null [] [3]]
		{"three levels", grp("c", opt, list, grp("list", rpt, nil, elem("element", opt))),
			[]leafData{{[]int32{1, 2, 3}, []int16{3, 3, 0, 1, 3}, []int16{0, 1, 0, 0, 0}}}, arrayInt, "[[1 2] (null) [] [3]]"},
		{"bag.array_element", grp("c", opt, list, grp("bag", rpt, nil, elem("array_element", opt))),
			[]leafData{{[]int32{1, 3}, []int16{3, 2, 0, 1, 3}, []int16{0, 1, 0, 0, 0}}}, arrayInt, "[[1 (null)] (null) [] [3]]"},
		{"two levels", grp("c", opt, list, elem("array", rpt)),
			[]leafData{{[]int32{1, 2, 3}, []int16{2, 2, 0, 1, 2}, []int16{0, 1, 0, 0, 0}}}, arrayInt, "[[1 2] (null) [] [3]]"},
		{"a repeated field", elem("c", rpt),
			[]leafData{{[]int32{1, 2, 3}, []int16{1, 1, 0, 1}, []int16{0, 1, 0, 0}}}, arrayInt, "[[1 2] [] [3]]"},
		{"group array is the element", grp("c", opt, list, grp("array", rpt, nil, elem("x", req))),
			[]leafData{{[]int32{1, 2, 3}, []int16{2, 2, 0, 1, 2}, []int16{0, 1, 0, 0, 0}}}, arrayX, "[{[1 2]} (null) {[]} {[3]}]"},
		{"group c_tuple is the element", grp("c", opt, list, grp("c_tuple", rpt, nil, elem("x", req))),
			[]leafData{{[]int32{1}, []int16{2}, []int16{0}}}, arrayX, "[{[1]}]"},
		{"several fields are the element", grp("c", opt, list, grp("list", rpt, nil, elem("x", req), elem("y", req))),
			[]leafData{{[]int32{1}, []int16{2}, []int16{0}}, {[]int32{9}, []int16{2}, []int16{0}}}, arrayX, "[{[1]}]"},
		{"element without the wanted field", grp("c", opt, list, grp("list", rpt, nil, grp("element", opt, nil, elem("y", req)))),
			[]leafData{{[]int32{9, 9}, []int16{3, 2, 0, 1, 3}, []int16{0, 1, 0, 0, 0}}}, arrayX, "[{[(null) (null)]} (null) {[]} {[(null)]}]"},
		{"map key_value", grp("c", opt, mapping, grp("key_value", rpt, nil, str, elem("value", opt))),
			[]leafData{{ab, []int16{2, 2, 0, 1}, []int16{0, 1, 0, 0}}, {[]int32{1}, []int16{3, 2, 0, 1}, []int16{0, 1, 0, 0}}},
			mapInt, `[{["a" "b"] [1 (null)]} (null) {[] []}]`},
		{"map named map, fields of other names", grp("c", req, mapping, grp("map", rpt, nil, prim("k", req, nil, parquet.Types.ByteArray, 0), elem("v", req))),
			[]leafData{{ab, []int16{1, 0, 1}, []int16{0, 0, 0}}, {[]int32{1, 2}, []int16{1, 0, 1}, []int16{0, 0, 0}}},
			mapInt, `[{["a"] [1]} {[] []} {["b"] [2]}]`},
		{"a map without values", grp("c", opt, mapping, grp("key_value", rpt, nil, str)),
			[]leafData{{ab, []int16{2, 2, 0, 1}, []int16{0, 1, 0, 0}}}, mapInt, `[{["a" "b"] [(null) (null)]} (null) {[] []}]`},
		{"a map that is optional at every level", grp("c", opt, mapping, grp("key_value", rpt, nil, prim("key", opt, nil, parquet.Types.ByteArray, 0), elem("value", opt))),
			[]leafData{{ab[:1], []int16{3, 0}, []int16{0, 0}}, {[]int32{1}, []int16{3, 0}, []int16{0, 0}}}, mapInt, `[{["a"] [1]} (null)]`},
		{"MAP_KEY_VALUE", pqschema.Must(pqschema.NewGroupNodeConverted("c", opt, pqschema.FieldList{grp("entries", rpt, nil, str, elem("value", req))}, pqschema.ConvertedTypes.MapKeyValue, -1)),
			[]leafData{{ab, []int16{2, 2}, []int16{0, 0}}, {[]int32{1, 2}, []int16{2, 2}, []int16{0, 0}}}, mapInt, `[{["a"] [1]} {["b"] [2]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readColumn(t, storedFile(t, nil, []pqschema.Node{c.node}, c.leaves...), c.to)
			if err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestEdgeD88MissingColumnsAndFieldsAreNullAndTheirSiblingsAreKept(t *testing.T) {
	body := storedFile(t, nil, []pqschema.Node{
		grp("c", opt, nil, prim("x", opt, nil, parquet.Types.Int32, 0), prim("z", req, nil, parquet.Types.Int32, 0)),
	}, leafData{values: []int32{1}, def: []int16{2, 1, 0}}, leafData{values: []int32{7, 8}, def: []int16{1, 1, 0}})
	field := func(names ...string) schema.Type {
		s := &schema.Struct{}
		for _, n := range names {
			s.Fields = append(s.Fields, schema.Field{Name: n, Type: schema.Integer, Nullable: true})
		}
		return s
	}
	for _, c := range []struct {
		to   schema.Type
		want string
	}{
		{field("x", "y"), "{[1 (null) (null)] [(null) (null) (null)]}"},
		{field("X"), "{[1 (null) (null)]}"},
		{field("z", "new", "x"), "{[7 8 (null)] [(null) (null) (null)] [1 (null) (null)]}"}, // in another order
	} {
		if got, err := readColumn(t, body, c.to); err != nil || got != c.want {
			t.Errorf("%v: got %s, %v; want %s", c.to, got, err, c.want)
		}
	}
	// None of the fields is there: whether the struct is null still shows.
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{
		{Name: "c", Type: field("new"), Nullable: true}, {Name: "missing", Type: schema.String, Nullable: true},
	}}}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	if s := rec.Column(0); s.NullN() != 1 || !s.IsNull(2) || s.(*array.Struct).Field(0).NullN() != 3 || rec.Column(1).NullN() != 3 {
		t.Errorf("got %v", rec)
	}
}

func TestNamesAreMatchedExactlyAndElseIgnoringCase(t *testing.T) {
	leaf := func(name string) pqschema.Node { return prim(name, req, nil, parquet.Types.Int32, 0) }
	one, two := leafData{values: []int32{1}}, leafData{values: []int32{2}}
	if got, err := readColumn(t, storedFile(t, nil, []pqschema.Node{leaf("C"), leaf("c")}, one, two), schema.Integer); err != nil || got != "[2]" {
		t.Errorf("exact: %s, %v", got, err)
	}
	if got, err := readColumn(t, storedFile(t, nil, []pqschema.Node{leaf("C")}, one), schema.Integer); err != nil || got != "[1]" {
		t.Errorf("other case: %s, %v", got, err)
	}
	body := storedFile(t, nil, []pqschema.Node{grp("g", req, nil, leaf("ÀB"), leaf("Àb"))}, one, two)
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	inner := &schema.Struct{Fields: []schema.Field{{Name: "àb", Type: schema.Integer, Nullable: true}}}
	_, _, err = readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{{Name: "g", Type: inner, Nullable: true}}}}, memory.DefaultAllocator)
	if !errors.Is(err, parquetfile.ErrCorrupt) {
		t.Errorf("two that differ in case: %v; want ErrCorrupt", err)
	}
}

func TestEdgeD92VariantsAreReadByTheNamesOfTheirParts(t *testing.T) {
	bin := func(name string) pqschema.Node { return prim(name, req, nil, parquet.Types.ByteArray, 0) }
	v, m := leafData{values: []parquet.ByteArray{{0}}, def: []int16{1, 0}}, leafData{values: []parquet.ByteArray{{1, 0, 0}}, def: []int16{1, 0}}
	want := `{["\x01\x00\x00" (null)] ["\x00" (null)]}`
	for name, c := range map[string]struct {
		node   pqschema.Node
		leaves []leafData
	}{
		"value first":    {grp("c", opt, nil, bin("value"), bin("metadata")), []leafData{v, m}},
		"metadata first": {grp("c", opt, nil, bin("metadata"), bin("value")), []leafData{m, v}},
		"annotated":      {grp("c", opt, pqschema.VariantLogicalType{}, bin("value"), bin("metadata")), []leafData{v, m}},
		"more beside":    {grp("c", opt, nil, bin("x"), bin("value"), bin("metadata")), []leafData{v, v, m}},
	} {
		if got, err := readColumn(t, storedFile(t, nil, []pqschema.Node{c.node}, c.leaves...), schema.Variant); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, want)
		}
	}
}

func TestDatesOfTheOldCalendarAreRebased(t *testing.T) {
	day := func(y int, m time.Month, d int) int32 {
		return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
	}
	node := []pqschema.Node{prim("c", req, pqschema.DateLogicalType{}, parquet.Types.Int32, 0)}
	days := leafData{values: []int32{day(1422, 6, 3), day(1582, 10, 14), day(1582, 10, 15), day(2020, 1, 1), day(1, 1, 1)}}
	for _, c := range []struct {
		name string
		kv   map[string]string
		want []int32
	}{
		{"proleptic", nil, []int32{day(1422, 6, 3), day(1582, 10, 14), day(1582, 10, 15), day(2020, 1, 1), day(1, 1, 1)}},
		// Measured with Spark 4.2: 1422-06-03 reads as 1422-05-25.
		{"Spark 2.4", map[string]string{"org.apache.spark.version": "2.4.8"}, []int32{day(1422, 5, 25), day(1582, 10, 4), day(1582, 10, 15), day(2020, 1, 1), day(1, 1, 3)}},
		{"Spark 4 with the legacy key", map[string]string{"org.apache.spark.version": "4.2.0", "org.apache.spark.legacyDateTime": ""}, []int32{day(1422, 5, 25), day(1582, 10, 4), day(1582, 10, 15), day(2020, 1, 1), day(1, 1, 3)}},
	} {
		f, err := openBytes(t, storedFile(t, c.kv, node, days), nil)
		if err != nil {
			t.Fatal(err)
		}
		rec, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{{Name: "c", Type: schema.Date}}}}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range rec.Column(0).(*array.Date32).Date32Values() {
			if int32(v) != c.want[i] {
				t.Errorf("%s: date %d is %v, want %v", c.name, i, v.FormattedString(), time.Unix(int64(c.want[i])*86_400, 0).UTC())
			}
		}
	}
}

func TestOldTimesOfAZoneAreRefusedAndOfUTCRebased(t *testing.T) {
	old := time.Date(1422, 6, 3, 1, 2, 3, 0, time.UTC)
	node := []pqschema.Node{prim("c", req, nil, parquet.Types.Int96, 12)}
	kv := map[string]string{"org.apache.spark.version": "3.0.1"}
	got, err := readColumn(t, storedFile(t, kv, node, leafData{values: []parquet.Int96{int96Of(old)}}), schema.Timestamp)
	if want := time.Date(1422, 5, 25, 1, 2, 3, 0, time.UTC).UnixMicro(); err != nil || got != fmt.Sprintf("[%d]", want) {
		t.Errorf("UTC: got %s, %v; want %d", got, err, want)
	}
	kv["org.apache.spark.timeZone"] = "America/Los_Angeles"
	if _, err := readColumn(t, storedFile(t, kv, node, leafData{values: []parquet.Int96{int96Of(old)}}), schema.Timestamp); !errors.Is(err, parquetfile.ErrCorrupt) {
		t.Errorf("Los Angeles: %v; want an error", err)
	}
}

func TestNullsOfANotNullColumnAreReadAsNulls(t *testing.T) {
	body := storedFile(t, nil, []pqschema.Node{prim("c", opt, nil, parquet.Types.Int32, 0)}, leafData{values: []int32{1}, def: []int16{1, 0}})
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{{Name: "c", Type: schema.Integer}}}}, memory.DefaultAllocator)
	if err != nil || rec.Column(0).NullN() != 1 {
		t.Errorf("%v, %v", rec, err)
	}
}

func TestAPlanWhoseTypesHaveNoLayoutIsRefused(t *testing.T) {
	body := storedFile(t, nil, []pqschema.Node{prim("c", req, nil, parquet.Types.Int32, 0)}, leafData{values: []int32{1}})
	if _, err := readColumn(t, body, schema.Decimal{Precision: 77}); !errors.Is(err, arrowconv.ErrType) {
		t.Errorf("%v; want ErrType", err)
	}
}
