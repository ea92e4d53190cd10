package parquetio

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
	pqgo "github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// checkBounds says which row of a column is outside its bounds.
func checkBounds(column any, typ schema.Type, first, rows int64, b Bounds) error {
	nulls := int64(0)
	var sawMin, sawMax bool
	for i := first; i < first+rows; i++ {
		v, ok := scalarAt(column, typ, int(i))
		if !ok {
			nulls++
			continue
		}
		if !b.Min.IsNull() {
			c, comparable := value.Compare(b.Min, v)
			if !comparable || c > 0 {
				return fmt.Errorf("row %d is %#v, below %#v", i, v, b.Min)
			}
			sawMin = sawMin || c == 0
		}
		if !b.Max.IsNull() {
			c, comparable := value.Compare(b.Max, v)
			if !comparable || c < 0 {
				return fmt.Errorf("row %d is %#v, above %#v", i, v, b.Max)
			}
			sawMax = sawMax || c == 0
		}
	}
	if b.Nulls >= 0 && b.Nulls != nulls {
		return fmt.Errorf("%d nulls, the bounds say %d", nulls, b.Nulls)
	}
	if b.Exact && (!sawMin || !sawMax) {
		return fmt.Errorf("%#v and %#v are said to be exact", b.Min, b.Max)
	}
	return nil
}

func boundsOf(t *testing.T, kv map[string]string, n pqschema.Node, l leafData, to schema.Type) (Bounds, bool) {
	t.Helper()
	f, err := openBytes(t, storedFile(t, kv, []pqschema.Node{n}, l), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f.Bounds(0, columnOf(to, "c"))
}

func TestFloatingColumnsHaveNoMaximum(t *testing.T) {
	b, ok := boundsOf(t, nil, prim("c", req, nil, parquet.Types.Double, 0), leafData{values: []float64{1, math.NaN(), -2}}, schema.Double)
	if !ok || !b.Max.IsNull() || b.MaxNumber.Float64() != 1 || b.Min.Float64() != -2 || b.Exact {
		t.Errorf("got %#v %#v, exact %v; want -2 and nothing", b.Min, b.Max, b.Exact)
	}
}

func TestBoundsAreInTheTablesTypeAndUnit(t *testing.T) {
	i32, i64 := parquet.Types.Int32, parquet.Types.Int64
	for _, c := range []struct {
		lt   pqschema.LogicalType
		phys parquet.Type
		vals any
		to   schema.Type
		min  value.Value
		max  value.Value
	}{
		{nil, i32, []int32{-1, 5}, schema.Long, value.Int(schema.Long, -1), value.Int(schema.Long, 5)},
		{nil, i32, []int32{-1, 5}, schema.Double, value.Double(-1), value.Double(5)},
		{pqschema.NewIntLogicalType(32, false), i32, []int32{-1, 5}, schema.Long, value.Int(schema.Long, 5), value.Int(schema.Long, math.MaxUint32)},
		{pqschema.NewTimestampLogicalType(true, pqschema.TimeUnitNanos), i64, []int64{-1, 1999}, schema.Timestamp, value.Int(schema.Timestamp, -1), value.Int(schema.Timestamp, 1)},
		{pqschema.NewTimestampLogicalType(true, pqschema.TimeUnitMillis), i64, []int64{-1, 2}, schema.Timestamp, value.Int(schema.Timestamp, -1000), value.Int(schema.Timestamp, 2000)},
		{pqschema.NewDecimalLogicalType(9, 1), i32, []int32{-15, 25}, schema.Decimal{Precision: 10, Scale: 2},
			value.Decimal(schema.Decimal{Precision: 10, Scale: 2}, value.FromInt64(-150)), value.Decimal(schema.Decimal{Precision: 10, Scale: 2}, value.FromInt64(250))},
		{pqschema.DateLogicalType{}, i32, []int32{0, 1}, schema.TimestampNTZ, value.Int(schema.TimestampNTZ, 0), value.Int(schema.TimestampNTZ, microsPerDay)},
	} {
		b, ok := boundsOf(t, nil, prim("c", req, c.lt, c.phys, 0), leafData{values: c.vals}, c.to)
		lo, okLo := value.Compare(b.Min, c.min)
		hi, okHi := value.Compare(b.Max, c.max)
		if !ok || !okLo || !okHi || lo != 0 || hi != 0 || b.Min.Type() != c.to || b.Nulls != 0 {
			t.Errorf("%v %v as %v: %#v %#v, %d nulls, %v", c.phys, c.lt, c.to, b.Min, b.Max, b.Nulls, ok)
		}
	}
}

func TestWhatCannotBeTrustedHasNoBounds(t *testing.T) {
	if b, _ := boundsOf(t, nil, prim("c", req, nil, parquet.Types.Int96, 12), leafData{values: []parquet.Int96{int96(0, epochJulianDay)}}, schema.Timestamp); !b.Min.IsNull() || !b.Max.IsNull() {
		t.Errorf("INT96 has bounds: %#v %#v", b.Min, b.Max)
	}
	old := map[string]string{"org.apache.spark.version": "2.4.8"}
	b, _ := boundsOf(t, old, prim("c", req, pqschema.DateLogicalType{}, parquet.Types.Int32, 0), leafData{values: []int32{gregorianDay - 10, 0}}, schema.Date)
	if !b.Min.IsNull() || b.Max.IsNull() {
		t.Errorf("the old calendar: %#v %#v; want only a maximum", b.Min, b.Max)
	}
	if _, ok := boundsOf(t, nil, prim("c", req, nil, parquet.Types.Int64, 0), leafData{values: []int64{1}}, schema.Integer); ok {
		t.Error("a type that cannot be read has bounds")
	}
}

// TestWhatParquetGoSaysOfItsColumnsIsBelievedAsFarAsItIsRight: its bounds of
// decimals are in the order of bytes, and the page index of a column that is to
// have none has empty ones.
func TestWhatParquetGoSaysOfItsColumnsIsBelievedAsFarAsItIsRight(t *testing.T) {
	wide := schema.Decimal{Precision: 20}
	for _, c := range []struct {
		name string
		node pqgo.Node
		typ  schema.Type
		rows []pqgo.Value
	}{
		{"decimals in bytes", pqgo.Decimal(0, 20, pqgo.ByteArrayType), wide, []pqgo.Value{pqgo.ByteArrayValue([]byte{1}), pqgo.ByteArrayValue([]byte{1, 0}), pqgo.ByteArrayValue([]byte{2})}},
		{"long decimals", pqgo.Decimal(0, 20, pqgo.FixedLenByteArrayType(9)), wide, []pqgo.Value{pqgo.FixedLenByteArrayValue([]byte{8: 5}), pqgo.FixedLenByteArrayValue(bytes.Repeat([]byte{0xff}, 9))}},
		{"strings without bounds", pqgo.String(), schema.String, []pqgo.Value{pqgo.ByteArrayValue([]byte("x")), pqgo.ByteArrayValue([]byte("y"))}},
	} {
		options := []pqgo.WriterOption{pqgo.NewSchema("s", pqgo.Group{"c": c.node})}
		if c.typ == schema.String {
			options = append(options, pqgo.SkipPageBounds("c"))
		}
		var out bytes.Buffer
		w := pqgo.NewGenericWriter[any](&out, options...)
		for _, v := range c.rows {
			if _, err := w.WriteRows([]pqgo.Row{{v.Level(0, 0, 0)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := openBytes(t, out.Bytes(), &OpenOptions{PageIndex: true, Rows: -1})
		if err != nil {
			t.Fatal(err)
		}
		pages, _, err := f.Pages(0, columnOf(c.typ, "c"))
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := f.Bounds(0, columnOf(c.typ, "c")); !b.Max.IsNull() {
			t.Errorf("%s: %#v to %#v", c.name, b.Min, b.Max)
		}
		for _, p := range pages {
			if !p.Max.IsNull() {
				t.Errorf("%s: a page has %#v to %#v", c.name, p.Min, p.Max)
			}
		}
	}
}

func TestAColumnThatTheFileLacksIsNullInAllRows(t *testing.T) {
	f, err := openBytes(t, storedFile(t, nil, []pqschema.Node{prim("c", req, nil, parquet.Types.Int32, 0)}, leafData{values: []int32{1, 2}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := f.Bounds(0, columnOf(schema.Long, "new", "x")); !ok || b.Nulls != 2 || !b.Min.IsNull() {
		t.Errorf("%+v, %v; want two nulls", b, ok)
	}
}

// TestBoundsHoldForEveryValue checks bounds of random files against the rows.
func TestBoundsHoldForEveryValue(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 2))
		want := randomBatch(t, rng, everyType, 1+rng.IntN(800), memory.DefaultAllocator)
		props := append(randomProperties(rng), parquet.WithPageIndexEnabled(true))
		f, err := openBytes(t, parquetBytes(t, want, props...), &OpenOptions{Rows: -1, PageIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		for g, rg := range f.RowGroups() {
			for i, field := range everyType.Fields {
				path, typ := []string{field.Name}, field.Type
				column := want.Column(i)
				if field.Name == "struct" {
					path, typ = []string{"struct", "a"}, schema.Long
				}
				b, ok := f.Bounds(g, columnOf(typ, path...))
				if _, nested := typ.(*schema.Array); nested || typ == everyType.Fields[18].Type || typ == everyType.Fields[20].Type {
					if ok {
						t.Errorf("seed %d: %s has bounds", seed, field.Name)
					}
					continue
				}
				if !ok {
					t.Errorf("seed %d: %s has no bounds", seed, field.Name)
				}
				if err := checkBounds(column, typ, rg.FirstRow, rg.Rows, b); err != nil {
					t.Errorf("seed %d: group %d, %s: %v", seed, g, field.Name, err)
				}
				pages, ok, err := f.Pages(g, columnOf(typ, path...))
				if err != nil {
					t.Errorf("seed %d: %s: %v", seed, field.Name, err)
				}
				next := rg.FirstRow
				for _, p := range pages {
					if p.FirstRow != next {
						t.Errorf("seed %d: %s: a page at %d, want %d", seed, field.Name, p.FirstRow, next)
					}
					next += p.Rows
					if err := checkBounds(column, typ, p.FirstRow, p.Rows, p.Bounds); err != nil {
						t.Errorf("seed %d: page at %d, %s: %v", seed, p.FirstRow, field.Name, err)
					}
				}
				if ok && next != rg.FirstRow+rg.Rows {
					t.Errorf("seed %d: %s: pages end at %d", seed, field.Name, next)
				}
			}
		}
	}
}

// scalarAt is value i of an array, of a struct its first field; false is null.
func scalarAt(a any, typ schema.Type, i int) (value.Value, bool) {
	switch a := a.(type) {
	case *array.Struct:
		if a.IsNull(i) {
			return value.Value{}, false
		}
		return scalarAt(a.Field(0), typ, i)
	case interface{ IsNull(int) bool }:
		if a.IsNull(i) {
			return value.Value{}, false
		}
	}
	switch a := a.(type) {
	case *array.Boolean:
		return value.Bool(a.Value(i)), true
	case *array.Int8:
		return value.Int(schema.Byte, int64(a.Value(i))), true
	case *array.Int16:
		return value.Int(schema.Short, int64(a.Value(i))), true
	case *array.Int32:
		return value.Int(schema.Integer, int64(a.Value(i))), true
	case *array.Int64:
		return value.Int(schema.Long, a.Value(i)), true
	case *array.Float32:
		return value.Float(a.Value(i)), true
	case *array.Float64:
		return value.Double(a.Value(i)), true
	case *array.String:
		return value.String(a.Value(i)), true
	case *array.Binary:
		return value.Binary(a.Value(i)), true
	case *array.Date32:
		return value.Int(schema.Date, int64(a.Value(i))), true
	case *array.Timestamp:
		return value.Int(typ.(schema.Primitive), int64(a.Value(i))), true
	case *array.Decimal128:
		n := a.Value(i)
		return value.Decimal(typ.(schema.Decimal), value.Int128{Hi: n.HighBits(), Lo: n.LowBits()}), true
	default:
		panic("no such array")
	}
}

// along is the fields of a schema on the way to a column.
func along(s *schema.Struct, path ...string) []schema.Field {
	fields, ok := s.Along(path...)
	if !ok {
		panic(fmt.Sprint("no column ", path))
	}
	return fields
}

// columnOf is a column of a type below structs of the given names.
func columnOf(t schema.Type, path ...string) []schema.Field {
	fields := make([]schema.Field, len(path))
	for i := len(path) - 1; i >= 0; i-- {
		fields[i] = schema.Field{Name: path[i], Type: t, Nullable: true}
		t = &schema.Struct{Fields: fields[i : i+1]}
	}
	return fields
}
