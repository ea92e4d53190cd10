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
	root := pqschema.Must(pqschema.NewGroupNode("schema", parquet.Repetitions.Repeated, fields, -1)).(*pqschema.GroupNode)
	var out bytes.Buffer
	meta := metadata.NewKeyValueMetadata()
	for k, v := range kv {
		if err := meta.Append(k, v); err != nil {
			t.Fatal(err)
		}
	}
	w := file.NewParquetWriter(&out, root, file.WithWriteMetadata(meta))
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
	day := floorDiv(t.Unix(), 86_400)
	return int96(uint64(t.Unix()-day*86_400)*1e9+uint64(t.Nanosecond()), uint32(day+epochJulianDay))
}

func TestINT96IsExactFromYear1To9999(t *testing.T) {
	for _, want := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1582, 10, 4, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1677, 9, 21, 0, 12, 43, 145_224_000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2262, 4, 11, 23, 47, 16, 854_776_000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		v := int96Of(want)
		us, err := int96Micros(&v)
		if err != nil || us != want.UnixMicro() {
			t.Errorf("%v: got %v, %v", want, time.UnixMicro(us).UTC(), err)
		}
	}
	far := int96(0, math.MaxInt32)
	if _, err := int96Micros(&far); err == nil {
		t.Error("a day outside the range of timestamps was taken")
	}
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

// TestListsAndMapsOfAllFormsAreRead has the forms of Parquet's
// "Backward-compatibility rules", all with the same rows.
func TestListsAndMapsOfAllFormsAreRead(t *testing.T) {
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

func TestMissingColumnsAndFieldsAreNullAndTheirSiblingsAreKept(t *testing.T) {
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
