package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/variantbin"
	"github.com/foreset/foreset/schema"
)

// readVariants reads the variants of field c as JSON, one a row.
func readVariants(t testing.TB, body []byte) ([]string, error) {
	t.Helper()
	var rows []string
	for _, batch := range []int{1, 0} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		f, err := openBytes(t, body, &OpenOptions{Rows: -1, Allocator: mem})
		if err != nil {
			return nil, err
		}
		rec, _, err := readAll(f, ReadPlan{Schema: structOf(nullable("c", schema.Variant)), BatchRows: batch}, mem)
		if err != nil {
			mem.AssertSize(t, 0)
			return nil, err
		}
		if err := array.ValidateFull(rec.Column(0)); err != nil {
			t.Error(err)
		}
		var now []string
		for i := range int(rec.NumRows()) {
			now = append(now, variantJSON(t, rec.Column(0), i))
		}
		if rows != nil && fmt.Sprint(rows) != fmt.Sprint(now) {
			t.Errorf("one row a batch gives %v, all %v", rows, now)
		}
		rows = now
		rec.Release()
		mem.AssertSize(t, 0)
	}
	return rows, nil
}

func bin(name string, rep parquet.Repetition) pqschema.Node {
	return prim(name, rep, nil, parquet.Types.ByteArray, 0)
}

// noNames is the metadata of values without objects, abcNames that of objects
// of some fields, in an order of its own.
var (
	noNames  = []byte{1, 0, 0}
	abcNames = []byte{1, 3, 0, 1, 2, 3, 'c', 'a', 'b'} // ids: c 0, a 1, b 2
)

func all(metadata []byte, n int) leafData {
	l := leafData{}
	var values []parquet.ByteArray
	for range n {
		values = append(values, metadata)
	}
	l.values = values
	return l
}

// bytesAt are the values of an optional binary: nil is null.
func bytesAt(maxDef int16, values ...[]byte) leafData {
	l, dense := leafData{}, []parquet.ByteArray{}
	for _, v := range values {
		if v == nil {
			l.def = append(l.def, maxDef-1)
			continue
		}
		l.def, dense = append(l.def, maxDef), append(dense, v)
	}
	l.values = dense
	return l
}

func TestScalarsOfShreddedVariantsAreReadByTheirType(t *testing.T) {
	i32, i64, ba, flba := parquet.Types.Int32, parquet.Types.Int64, parquet.Types.ByteArray, parquet.Types.FixedLenByteArray
	integer := func(bits int8) pqschema.LogicalType { return pqschema.NewIntLogicalType(bits, true) }
	ts := func(utc bool, u pqschema.TimeUnitType) pqschema.LogicalType {
		return pqschema.NewTimestampLogicalType(utc, u)
	}
	num := func(p variantbin.Primitive, n int64) []byte { return variantbin.AppendScalar(nil, p, n) }
	for _, c := range []struct {
		lt     pqschema.LogicalType
		phys   parquet.Type
		length int
		values any
		want   []byte
	}{
		{nil, parquet.Types.Boolean, 0, []bool{true}, num(variantbin.True, 0)},
		{nil, parquet.Types.Boolean, 0, []bool{false}, num(variantbin.False, 0)},
		{integer(8), i32, 0, []int32{-128}, num(variantbin.Int8, -128)},
		{integer(16), i32, 0, []int32{300}, num(variantbin.Int16, 300)},
		{integer(32), i32, 0, []int32{-7}, num(variantbin.Int32, -7)},
		{nil, i32, 0, []int32{math.MinInt32}, num(variantbin.Int32, math.MinInt32)},
		{integer(64), i64, 0, []int64{-7}, num(variantbin.Int64, -7)},
		{nil, i64, 0, []int64{math.MinInt64}, num(variantbin.Int64, math.MinInt64)},
		{nil, parquet.Types.Float, 0, []float32{1.5}, num(variantbin.Float, int64(math.Float32bits(1.5)))},
		{nil, parquet.Types.Double, 0, []float64{-1.5}, num(variantbin.Double, int64(math.Float64bits(-1.5)&math.MaxInt64)|math.MinInt64)},
		{pqschema.NewDecimalLogicalType(9, 2), i32, 0, []int32{-150}, variantbin.AppendDecimal(nil, variantbin.Decimal4, 2, -1, ^uint64(149))},
		{pqschema.NewDecimalLogicalType(18, 0), i64, 0, []int64{-150}, variantbin.AppendDecimal(nil, variantbin.Decimal8, 0, -1, ^uint64(149))},
		{pqschema.NewDecimalLogicalType(38, 38), flba, 16, []parquet.FixedLenByteArray{bytes.Repeat([]byte{0xff}, 16)}, variantbin.AppendDecimal(nil, variantbin.Decimal16, 38, -1, ^uint64(0))},
		{pqschema.NewDecimalLogicalType(20, 1), ba, 0, []parquet.ByteArray{{1, 0}}, variantbin.AppendDecimal(nil, variantbin.Decimal16, 1, 0, 256)},
		{pqschema.DateLogicalType{}, i32, 0, []int32{-1}, num(variantbin.Date, -1)},
		{pqschema.NewTimeLogicalType(false, pqschema.TimeUnitMicros), i64, 0, []int64{1}, num(variantbin.Time, 1)},
		{ts(true, pqschema.TimeUnitMicros), i64, 0, []int64{-1}, num(variantbin.Timestamp, -1)},
		{ts(false, pqschema.TimeUnitMicros), i64, 0, []int64{-1}, num(variantbin.TimestampNTZ, -1)},
		{ts(true, pqschema.TimeUnitNanos), i64, 0, []int64{-1}, num(variantbin.TimestampNanos, -1)},
		{ts(false, pqschema.TimeUnitNanos), i64, 0, []int64{-1}, num(variantbin.TimestampNTZNanos, -1)},
		{nil, ba, 0, []parquet.ByteArray{{0, 1}}, variantbin.AppendBytes(nil, variantbin.Binary, []byte{0, 1})},
		{pqschema.StringLogicalType{}, ba, 0, []parquet.ByteArray{[]byte("é")}, []byte("\x09é")},
		{pqschema.StringLogicalType{}, ba, 0, []parquet.ByteArray{bytes.Repeat([]byte{'x'}, 64)}, append([]byte{16 << 2, 64, 0, 0, 0}, bytes.Repeat([]byte{'x'}, 64)...)},
		{pqschema.UUIDLogicalType{}, flba, 16, []parquet.FixedLenByteArray{bytes.Repeat([]byte{7}, 16)}, append([]byte{20 << 2}, bytes.Repeat([]byte{7}, 16)...)},
	} {
		name := fmt.Sprint(c.phys, c.lt)
		typed := prim("typed_value", opt, c.lt, c.phys, c.length)
		// A typed value, one that is missing where one is required, and one that does not fit the column.
		body := storedFile(t, nil, []pqschema.Node{grp("c", opt, nil, typed, bin("value", opt), bin("metadata", req))},
			leafData{values: c.values, def: []int16{2, 1, 1, 0}}, leafData{values: []parquet.ByteArray{[]byte("\x05x")}, def: []int16{1, 1, 2, 0}},
			leafData{values: []parquet.ByteArray{noNames, noNames, noNames}, def: []int16{1, 1, 1, 0}})
		want, err := readVariants(t, body)
		if err != nil || len(want) != 4 || want[0] != jsonOf(noNames, c.want) || want[1] != "null" || want[2] != `"x"` || want[3] != "NULL" {
			t.Errorf("%s: got %v, %v; want %s", name, want, err, jsonOf(noNames, c.want))
		}
		f, err := openBytes(t, body, nil)
		if err != nil {
			t.Fatal(err)
		}
		rec, _, err := readAll(f, ReadPlan{Schema: structOf(nullable("c", schema.Variant))}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		if got := rec.Column(0).(*array.Struct).Field(1).(*array.Binary).Value(0); !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %x, want %x", name, got, c.want)
		}
	}
}

func TestVariantsShreddedToOtherTypesAreRefused(t *testing.T) {
	ts := func(u pqschema.TimeUnitType) pqschema.LogicalType { return pqschema.NewTimestampLogicalType(true, u) }
	for _, c := range []struct {
		lt     pqschema.LogicalType
		phys   parquet.Type
		length int
		kv     map[string]string
	}{
		{pqschema.NewIntLogicalType(32, false), parquet.Types.Int32, 0, nil},
		{ts(pqschema.TimeUnitMillis), parquet.Types.Int64, 0, nil},
		{pqschema.NewTimeLogicalType(true, pqschema.TimeUnitMicros), parquet.Types.Int64, 0, nil},
		{pqschema.NewTimeLogicalType(false, pqschema.TimeUnitNanos), parquet.Types.Int64, 0, nil},
		{nil, parquet.Types.Int96, 0, nil},
		{nil, parquet.Types.FixedLenByteArray, 4, nil},
		{pqschema.JSONLogicalType{}, parquet.Types.ByteArray, 0, nil},
		{pqschema.DateLogicalType{}, parquet.Types.Int32, 0, map[string]string{"org.apache.spark.version": "2.4.8"}},
		{ts(pqschema.TimeUnitMicros), parquet.Types.Int64, 0, map[string]string{"org.apache.spark.version": "2.4.8"}},
	} {
		var none any = []int32{}
		switch c.phys {
		case parquet.Types.Int64:
			none = []int64{}
		case parquet.Types.Int96:
			none = []parquet.Int96{}
		case parquet.Types.FixedLenByteArray:
			none = []parquet.FixedLenByteArray{}
		case parquet.Types.ByteArray:
			none = []parquet.ByteArray{}
		}
		body := storedFile(t, c.kv, []pqschema.Node{grp("c", req, nil, bin("metadata", req), prim("typed_value", opt, c.lt, c.phys, c.length))},
			all(noNames, 1), leafData{values: none, def: []int16{0}})
		_, err := readVariants(t, body)
		if !errors.Is(err, parquetfile.ErrUnsupported) || !strings.Contains(err.Error(), "c.typed_value") {
			t.Errorf("%v %v: %v; want ErrUnsupported", c.phys, c.lt, err)
		}
	}
}

// shreddedObject is variants of which fields b (an integer) and c (an array of
// strings) are shredded, and a is not.
func shreddedObject() []pqschema.Node {
	return objectWithList(grp("list", rpt, nil, grp("element", req, nil, shreddedString()...)))
}

func shreddedString() []pqschema.Node {
	return []pqschema.Node{bin("value", opt), prim("typed_value", opt, pqschema.StringLogicalType{}, parquet.Types.ByteArray, 0)}
}

// objectWithList has the list of its field c in a form of its own.
func objectWithList(repeated pqschema.Node) []pqschema.Node {
	return []pqschema.Node{grp("c", opt, nil,
		bin("metadata", req), bin("value", opt),
		grp("typed_value", opt, nil,
			grp("c", req, nil, bin("value", opt), grp("typed_value", opt, pqschema.NewListLogicalType(), repeated)),
			grp("b", req, nil, bin("value", opt), prim("typed_value", opt, nil, parquet.Types.Int32, 0)),
		))}
}

func TestObjectsArePutTogetherInTheOrderOfTheirNames(t *testing.T) {
	a1 := variantbin.WrapObject([]byte{byte(variantbin.Int8) << 2, 1}, 0, []uint32{1}, []int{2}) // {"a":1}
	text := func(s string) []byte { return variantbin.AppendBytes(nil, variantbin.String, []byte(s)) }
	null := []byte{0}
	// row:      0                1                  2           3      4     5
	want := []string{`{"a":1,"b":7,"c":["x","y",null]}`, `{"b":"n/a","c":null}`, `{"c":[]}`, `"whole"`, `{}`, "NULL", "null", `{"b":null}`}
	for form, object := range map[string][]pqschema.Node{
		"lists of today":     shreddedObject(),
		"lists of old Spark": objectWithList(grp("array", rpt, nil, shreddedString()...)), // spark.sql.parquet.writeLegacyFormat
	} {
		body := storedFile(t, nil, object,
			leafData{values: []parquet.ByteArray{abcNames, abcNames, abcNames, noNames, abcNames, noNames, abcNames}, def: []int16{1, 1, 1, 1, 1, 0, 1, 1}},
			leafData{values: []parquet.ByteArray{a1, text("whole")}, def: []int16{2, 1, 1, 2, 1, 0, 1, 1}},
			// c.value
			leafData{values: []parquet.ByteArray{null}, def: []int16{2, 3, 2, 1, 2, 0, 1, 2}},
			// c.typed_value.list.element.value and .typed_value
			leafData{values: []parquet.ByteArray{text("y"), null}, def: []int16{4, 5, 5, 2, 3, 1, 2, 0, 1, 2}, rep: []int16{0, 1, 1, 0, 0, 0, 0, 0, 0, 0}},
			leafData{values: []parquet.ByteArray{[]byte("x")}, def: []int16{5, 4, 4, 2, 3, 1, 2, 0, 1, 2}, rep: []int16{0, 1, 1, 0, 0, 0, 0, 0, 0, 0}},
			// b
			leafData{values: []parquet.ByteArray{text("n/a"), null}, def: []int16{2, 3, 2, 1, 2, 0, 1, 3}},
			leafData{values: []int32{7}, def: []int16{3, 2, 2, 1, 2, 0, 1, 2}},
		)
		got, err := readVariants(t, body)
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %v; got\n%s\nwant\n%s", form, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestShreddedVariantsThatContradictThemselvesAreErrors(t *testing.T) {
	object := func(id uint32) []byte { return variantbin.WrapObject([]byte{0}, 0, []uint32{id}, []int{1}) }
	for _, c := range []struct {
		name            string
		metadata, value []byte
		want            string
	}{
		{"a field in both", abcNames, object(2), `field "b" is in the value and shredded`},
		{"a shredded field that is missing", abcNames, object(0), `field "c" is in the value and shredded`},
		{"a value that is no object", abcNames, []byte{0}, "no object"},
		{"a name that the metadata lacks", noNames, nil, `lacks the name of field "b"`},
		{"damaged metadata", []byte{1}, nil, "malformed variant"},
		{"a damaged value", abcNames, []byte{2, 9}, "malformed variant"},
	} {
		body := storedFile(t, nil, shreddedObject(),
			all(c.metadata, 1).at(1), bytesAt(2, c.value), bytesAt(3, nil),
			leafData{values: []parquet.ByteArray{}, def: []int16{2}, rep: []int16{0}}, leafData{values: []parquet.ByteArray{}, def: []int16{2}, rep: []int16{0}},
			bytesAt(3, nil), leafData{values: []int32{7}, def: []int16{3}})
		_, err := readVariants(t, body)
		if !errors.Is(err, parquetfile.ErrCorrupt) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"part-0.parquet", column "c"`) {
			t.Errorf("%s: %v; want ErrCorrupt with %s", c.name, err, c.want)
		}
	}
	scalar := storedFile(t, nil, []pqschema.Node{grp("c", req, nil, bin("metadata", req), bin("value", opt), prim("typed_value", opt, nil, parquet.Types.Int32, 0))},
		all(noNames, 1), bytesAt(1, []byte{0}), leafData{values: []int32{1}, def: []int16{1}})
	if _, err := readVariants(t, scalar); !errors.Is(err, parquetfile.ErrCorrupt) || !strings.Contains(err.Error(), "both") {
		t.Errorf("a scalar and a value: %v", err)
	}
}

// at gives levels to leaves that are there in every row.
func (l leafData) at(def int16) leafData {
	for range l.values.([]parquet.ByteArray) {
		l.def = append(l.def, def)
	}
	return l
}

func TestGroupsThatAreNoVariantsAreTypeErrors(t *testing.T) {
	one := all(noNames, 1)
	for name, c := range map[string]struct {
		node   pqschema.Node
		leaves []leafData
	}{
		"without metadata":  {grp("c", req, nil, bin("value", req), bin("x", req)), []leafData{one, one}},
		"without values":    {grp("c", req, nil, bin("metadata", req), bin("x", req)), []leafData{one, one}},
		"metadata of INT32": {grp("c", req, nil, prim("metadata", req, nil, parquet.Types.Int32, 0), bin("value", req)), []leafData{{values: []int32{1}}, one}},
		"value of INT32":    {grp("c", req, nil, bin("metadata", req), prim("value", req, nil, parquet.Types.Int32, 0)), []leafData{one, {values: []int32{1}}}},
		"repeated":          {grp("c", rpt, nil, bin("metadata", req), bin("value", req)), []leafData{one.at(1), one.at(1)}},
	} {
		for i := range c.leaves {
			if name == "repeated" {
				c.leaves[i].rep = []int16{0}
			}
		}
		var te *TypeError
		if _, err := readVariants(t, storedFile(t, nil, []pqschema.Node{c.node}, c.leaves...)); !errors.As(err, &te) {
			t.Errorf("%s: %v; want a TypeError", name, err)
		}
	}
	twice := grp("c", req, nil, bin("metadata", req), grp("typed_value", opt, nil, grp("a", req, nil, bin("value", opt)), grp("a", req, nil, bin("value", opt))))
	null := bytesAt(1, nil)
	if _, err := readVariants(t, storedFile(t, nil, []pqschema.Node{twice}, one, null, null)); !errors.Is(err, parquetfile.ErrCorrupt) {
		t.Errorf("a field twice: %v", err)
	}
}

func TestVariantsInsideOfOtherColumnsAreRead(t *testing.T) {
	list, mapping := pqschema.NewListLogicalType(), pqschema.MapLogicalType{}
	shred := func(name string, rep parquet.Repetition) pqschema.Node {
		return grp(name, rep, nil, bin("metadata", req), bin("value", opt), prim("typed_value", opt, nil, parquet.Types.Int64, 0))
	}
	key := prim("key", req, pqschema.StringLogicalType{}, parquet.Types.ByteArray, 0)
	names := func(n int) []parquet.ByteArray { return all(noNames, n).values.([]parquet.ByteArray) }
	i7 := []parquet.ByteArray{variantbin.AppendScalar(nil, variantbin.Int8, 7)}
	for _, c := range []struct {
		name   string
		node   pqschema.Node
		leaves []leafData
		to     schema.Type
		want   string
	}{
		{"in a struct", grp("c", opt, nil, shred("v", opt)),
			[]leafData{{values: names(2), def: []int16{2, 2, 1, 0}}, {values: i7, def: []int16{2, 3, 1, 0}}, {values: []int64{5}, def: []int16{3, 2, 1, 0}}},
			structOf(nullable("v", schema.Variant)), "5 7 NULL NULL"},
		{"in an array", grp("c", opt, list, grp("list", rpt, nil, shred("element", opt))),
			[]leafData{{values: names(2), def: []int16{3, 3, 2, 0, 1}, rep: []int16{0, 1, 1, 0, 0}},
				{values: i7, def: []int16{3, 4, 2, 0, 1}, rep: []int16{0, 1, 1, 0, 0}},
				{values: []int64{5}, def: []int16{4, 3, 2, 0, 1}, rep: []int16{0, 1, 1, 0, 0}}},
			&schema.Array{Element: schema.Variant, ContainsNull: true}, "5 7 NULL"},
		{"in an array of two levels", grp("c", req, list, shred("array", rpt)),
			[]leafData{{values: names(2), def: []int16{1, 1}, rep: []int16{0, 1}},
				{values: i7, def: []int16{1, 2}, rep: []int16{0, 1}},
				{values: []int64{5}, def: []int16{2, 1}, rep: []int16{0, 1}}},
			&schema.Array{Element: schema.Variant}, "5 7"},
		{"in a map", grp("c", req, mapping, grp("key_value", rpt, nil, key, shred("value", opt))),
			[]leafData{{values: []parquet.ByteArray{[]byte("a"), []byte("b")}, def: []int16{1, 1, 0}, rep: []int16{0, 1, 0}},
				{values: names(1), def: []int16{2, 1, 0}, rep: []int16{0, 1, 0}},
				{values: []parquet.ByteArray{}, def: []int16{2, 1, 0}, rep: []int16{0, 1, 0}},
				{values: []int64{5}, def: []int16{3, 1, 0}, rep: []int16{0, 1, 0}}},
			&schema.Map{Key: schema.String, Value: schema.Variant, ValueContainsNull: true}, "5 NULL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
			defer mem.AssertSize(t, 0)
			f, err := openBytes(t, storedFile(t, nil, []pqschema.Node{c.node}, c.leaves...), &OpenOptions{Rows: -1, Allocator: mem})
			if err != nil {
				t.Fatal(err)
			}
			rec, _, err := readAll(f, ReadPlan{Schema: structOf(nullable("c", c.to))}, mem)
			if err != nil {
				t.Fatal(err)
			}
			defer rec.Release()
			var inner any
			switch a := rec.Column(0).(type) {
			case *array.Struct:
				inner = a.Field(0)
			case *array.Map:
				inner = a.Items()
			case *array.List:
				inner = a.ListValues()
			}
			var got []string
			for i := range inner.(*array.Struct).Len() {
				got = append(got, variantJSON(t, inner, i))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestDeeplyShreddedVariantsAreReadAndDeeperOnesRefused(t *testing.T) {
	nested := func(levels int) ([]pqschema.Node, []leafData) {
		inner := grp("a", req, nil, prim("typed_value", opt, nil, parquet.Types.Int32, 0))
		for range levels {
			inner = grp("a", req, nil, grp("typed_value", opt, nil, inner))
		}
		root := grp("c", req, nil, bin("metadata", req), grp("typed_value", req, nil, inner))
		return []pqschema.Node{root}, []leafData{all(abcNames, 1), {values: []int32{7}, def: []int16{int16(levels) + 1}}}
	}
	node, leaves := nested(50) // two groups a level
	got, err := readVariants(t, storedFile(t, nil, node, leaves...))
	if want := strings.Repeat(`{"a":`, 51) + "7" + strings.Repeat("}", 51); err != nil || got[0] != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	node, leaves = nested(100)
	if _, err := readVariants(t, storedFile(t, nil, node, leaves...)); !errors.Is(err, parquetfile.ErrCorrupt) && !errors.Is(err, parquetfile.ErrLimit) {
		t.Errorf("200 levels: %v", err)
	}
}
