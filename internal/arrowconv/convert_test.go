package arrowconv

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// fromJSON makes an array of type dt.
func fromJSON(t *testing.T, mem memory.Allocator, dt arrow.DataType, text string) arrow.Array {
	t.Helper()
	a, _, err := array.FromJSON(mem, dt, strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v %s: %v", dt, text, err)
	}
	return a
}

// convertOne converts a batch of the one column "c".
func convertOne(mem memory.Allocator, a arrow.Array, to schema.Type, nullable bool, opts Options) (arrow.RecordBatch, error) {
	in := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "c", Type: a.DataType(), Nullable: true}}, nil), []arrow.Array{a}, int64(a.Len()))
	defer in.Release()
	opts.Allocator = mem
	return Convert(context.Background(), in, &schema.Struct{Fields: []schema.Field{{Name: "c", Type: to, Nullable: nullable}}}, opts)
}

func listOf(dt arrow.DataType) arrow.DataType { return arrow.ListOf(dt) }

func TestValuesAreTakenOverWhereTheColumnHoldsThem(t *testing.T) {
	utc := func(u arrow.TimeUnit, zone string) arrow.DataType {
		return &arrow.TimestampType{Unit: u, TimeZone: zone}
	}
	dict := func(v arrow.DataType) arrow.DataType {
		return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: v}
	}
	abArray := &schema.Array{Element: schema.Long, ContainsNull: true}
	for _, c := range []struct {
		from arrow.DataType
		in   string
		to   schema.Type
		want string // as Arrow prints it
	}{
		{arrow.PrimitiveTypes.Uint8, `[0,255,null]`, schema.Short, `[0 255 (null)]`},
		{arrow.PrimitiveTypes.Uint32, `[4294967295]`, schema.Long, `[4294967295]`},
		{arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, schema.Decimal{Precision: 20}, `[18446744073709551615]`},
		{arrow.PrimitiveTypes.Int64, `[-128,127,null]`, schema.Byte, `[-128 127 (null)]`},
		{arrow.PrimitiveTypes.Int8, `[-1]`, schema.Long, `[-1]`},
		{arrow.PrimitiveTypes.Int32, `[7,null]`, schema.Decimal{Precision: 12, Scale: 2}, `[7 (null)]`},
		{arrow.PrimitiveTypes.Int32, `[16777216]`, schema.Float, `[1.6777216e+07]`},
		{arrow.PrimitiveTypes.Float32, `[1.5,null]`, schema.Double, `[1.5 (null)]`},
		{arrow.PrimitiveTypes.Float64, `[1.5]`, schema.Float, `[1.5]`},
		{arrow.FixedWidthTypes.Float16, `[1.5]`, schema.Float, `[1.5]`},
		{arrow.BinaryTypes.LargeString, `["é","",null]`, schema.String, `["é" "" (null)]`},
		{arrow.BinaryTypes.StringView, `["a string that is not inlined",null,"b"]`, schema.String, `["a string that is not inlined" (null) "b"]`},
		{arrow.BinaryTypes.LargeBinary, `["AAE=",null]`, schema.Binary, `["\x00\x01" (null)]`},
		{&arrow.FixedSizeBinaryType{ByteWidth: 2}, `["AAE="]`, schema.Binary, `["\x00\x01"]`},
		{dict(arrow.BinaryTypes.String), `["x","y",null,"x"]`, schema.String, `["x" "y" (null) "x"]`},
		{dict(arrow.PrimitiveTypes.Int32), `[5,null,5]`, schema.Long, `[5 (null) 5]`},
		{utc(arrow.Second, "Europe/Paris"), `[-1,null]`, schema.Timestamp, `[-1000000 (null)]`},
		{utc(arrow.Nanosecond, ""), `[1000]`, schema.TimestampNTZ, `[1]`},
		{utc(arrow.Millisecond, ""), `[1]`, schema.Timestamp, `[1000]`},
		{arrow.FixedWidthTypes.Date32, `[1]`, schema.TimestampNTZ, `[86400000000]`},
		{arrow.FixedWidthTypes.Date64, `[86400000]`, schema.Date, `[1970-01-02]`},
		{&arrow.Decimal256Type{Precision: 50, Scale: 1}, `["1.5",null]`, schema.Decimal{Precision: 5, Scale: 3}, `[1.5 (null)]`},
		{&arrow.Decimal128Type{Precision: 5, Scale: 3}, `["1.500"]`, schema.Decimal{Precision: 3, Scale: 1}, `[1.5]`},
		{&arrow.Decimal32Type{Precision: 5, Scale: 3}, `["-1.500"]`, schema.Decimal{Precision: 3, Scale: 1}, `[-1.5]`},
		{arrow.Null, `[null,null]`, schema.String, `[(null) (null)]`},
		{listOf(arrow.PrimitiveTypes.Int32), `[[1,null],null,[]]`, abArray, `[[1 (null)] (null) []]`},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int64), `[[1],[2,3]]`, abArray, `[[1] [2 3]]`},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Uint8), `[[1,2],[3,4]]`, abArray, `[[1 2] [3 4]]`},
		{arrow.StructOf(arrow.Field{Name: "B", Type: arrow.PrimitiveTypes.Int8, Nullable: true}), `[{"B":1},null]`,
			&schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.String, Nullable: true}, {Name: "b", Type: schema.Long, Nullable: true}}},
			`{[(null) (null)] [1 (null)]}`},
		{arrow.MapOf(arrow.BinaryTypes.LargeString, arrow.PrimitiveTypes.Uint8), `[[{"key":"a","value":1}],null]`,
			&schema.Map{Key: schema.String, Value: schema.Short, ValueContainsNull: true}, `[{["a"] [1]} (null)]`},
	} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		a := fromJSON(t, mem, c.from, c.in)
		// Once as it is, once as a slice out of something longer.
		for _, sliced := range []bool{false, true} {
			in := a
			in.Retain()
			if sliced && a.DataType().ID() != arrow.DICTIONARY {
				joined, err := array.Concatenate([]arrow.Array{a, a}, mem)
				if err != nil {
					t.Fatal(err)
				}
				in.Release()
				in = array.NewSlice(joined, int64(a.Len()), int64(2*a.Len()))
				joined.Release()
			}
			out, err := convertOne(mem, in, c.to, true, Options{})
			if err != nil {
				t.Errorf("%v %s to %v: %v", c.from, c.in, c.to, err)
			} else {
				dt, _ := Type(c.to)
				if got := out.Column(0).String(); got != c.want || !arrow.TypeEqual(out.Column(0).DataType(), dt) {
					t.Errorf("%v %s to %v, sliced %v: got %s of %v, want %s", c.from, c.in, c.to, sliced, got, out.Column(0).DataType(), c.want)
				}
				out.Release()
			}
			in.Release()
		}
		a.Release()
		mem.AssertSize(t, 0)
	}
}

func TestWhatDoesNotFitIsAnErrorThatNamesColumnRowAndValue(t *testing.T) {
	ns := &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	for _, c := range []struct {
		from  arrow.DataType
		in    string
		to    schema.Type
		kind  error
		row   int64
		value string
	}{
		{arrow.PrimitiveTypes.Int64, `[1,null,300]`, schema.Byte, ErrRange, 2, "300"},
		{arrow.PrimitiveTypes.Uint64, `[9223372036854775808]`, schema.Long, ErrRange, 0, "9223372036854775808"},
		{arrow.PrimitiveTypes.Int32, `[0,16777217]`, schema.Float, ErrRange, 1, "16777217"},
		{arrow.PrimitiveTypes.Float64, `[0.1]`, schema.Float, ErrRange, 0, "0.1"},
		{arrow.PrimitiveTypes.Int32, `[100]`, schema.Decimal{Precision: 3, Scale: 1}, ErrRange, 0, "100"},
		{&arrow.Decimal128Type{Precision: 5, Scale: 2}, `["1.25"]`, schema.Decimal{Precision: 5, Scale: 1}, ErrRange, 0, "1.25"},
		{ns, `[1001]`, schema.Timestamp, ErrRange, 0, "1001 ns"},
		{&arrow.TimestampType{Unit: arrow.Second}, `[9223372036854775807]`, schema.Timestamp, ErrRange, 0, "9223372036854775807 s"},
		{arrow.FixedWidthTypes.Date64, `[86400001]`, schema.Date, ErrRange, 0, "86400001 ms"},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[],[1],[2,300]]`, &schema.Array{Element: schema.Byte, ContainsNull: true}, ErrRange, 2, "300"},
		{arrow.BinaryTypes.String, `["1"]`, schema.Long, ErrType, -1, ""},
		{arrow.BinaryTypes.Binary, `["AA=="]`, schema.String, ErrType, -1, ""},
		{ns, `[1000]`, schema.TimestampNTZ, ErrType, -1, ""},
		{arrow.FixedWidthTypes.Time64us, `[0]`, schema.Long, ErrType, -1, ""},
		{arrow.PrimitiveTypes.Int64, `[0]`, &schema.Array{Element: schema.Long}, ErrType, -1, ""},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[1],null,[2,null]]`, &schema.Array{Element: schema.Long}, ErrNull, 2, ""},
		{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}), `[null,{"x":null}]`,
			&schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Long}}}, ErrNull, 1, ""},
		{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}), `[{"x":null}]`,
			&schema.Struct{Fields: []schema.Field{{Name: "y", Type: schema.Long, Nullable: true}}}, ErrUnknown, -1, ""},
	} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		a := fromJSON(t, mem, c.from, c.in)
		out, err := convertOne(mem, a, c.to, true, Options{})
		if out != nil {
			out.Release()
		}
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, c.kind) || e.Row != c.row || e.Value != c.value || !strings.HasPrefix(e.Column, "c") {
			t.Errorf("%v %s to %v: %v; want %v in row %d, value %q", c.from, c.in, c.to, err, c.kind, c.row, c.value)
		}
		a.Release()
		mem.AssertSize(t, 0)
	}
}

func TestTruncateTimestampsRoundsDown(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	a := fromJSON(t, mem, &arrow.TimestampType{Unit: arrow.Nanosecond}, `[1999,-1]`)
	defer a.Release()
	out, err := convertOne(mem, a, schema.TimestampNTZ, true, Options{TruncateTimestamps: true})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if got := out.Column(0).(*array.Timestamp).Values(); got[0] != 1 || got[1] != -1 {
		t.Errorf("got %v, want [1 -1]", got)
	}
}

func TestAnEmptyBatchOfAnyTypeConverts(t *testing.T) {
	for _, c := range []struct {
		from arrow.DataType
		to   schema.Type
	}{
		{arrow.PrimitiveTypes.Uint8, schema.Long},
		{arrow.BinaryTypes.StringView, schema.String},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int8), &schema.Array{Element: schema.Long}},
		{arrow.MapOf(arrow.BinaryTypes.LargeString, arrow.PrimitiveTypes.Uint8), &schema.Map{Key: schema.String, Value: schema.Short}},
	} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		a := fromJSON(t, mem, c.from, `[]`)
		out, err := convertOne(mem, a, c.to, false, Options{})
		if err != nil {
			t.Errorf("%v: %v", c.from, err)
		} else {
			out.Release()
		}
		a.Release()
		mem.AssertSize(t, 0)
	}
}

func TestABatchThatFitsIsReturnedAsItIs(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	to := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Long},
		{Name: "tags", Type: &schema.Array{Element: schema.String, ContainsNull: true}, Nullable: true},
	}}
	layout, err := Schema(to)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(mem, layout)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)
	b.Field(1).AppendNulls(2)
	in := b.NewRecordBatch()
	defer in.Release()
	out, err := Convert(context.Background(), in, to, Options{Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if out != in {
		t.Error("a new batch was made")
	}
}

func TestColumnsAreMatchedByNameIgnoringCaseAndMissingOnesAreNull(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	x, y := fromJSON(t, mem, arrow.PrimitiveTypes.Int64, `[1]`), fromJSON(t, mem, arrow.BinaryTypes.String, `["v"]`)
	defer x.Release()
	defer y.Release()
	in := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "B", Type: y.DataType()}, {Name: "a", Type: x.DataType()}}, nil), []arrow.Array{y, x}, 1)
	defer in.Release()
	fields := []schema.Field{{Name: "A", Type: schema.Long}, {Name: "b", Type: schema.String}, {Name: "c", Type: schema.Date, Nullable: true}}
	out, err := Convert(context.Background(), in, &schema.Struct{Fields: fields}, Options{Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if out.Column(0) != x || out.Column(1) != y || out.ColumnName(0) != "A" || !out.Column(2).IsNull(0) {
		t.Errorf("got %v", out)
	}
	fields[2].Nullable = false
	if _, err := Convert(context.Background(), in, &schema.Struct{Fields: fields}, Options{Allocator: mem}); !errors.Is(err, ErrNull) {
		t.Errorf("a missing NOT NULL column: %v; want ErrNull", err)
	}
	if _, err := Convert(context.Background(), in, &schema.Struct{Fields: fields[:1]}, Options{Allocator: mem}); !errors.Is(err, ErrUnknown) {
		t.Errorf("a column too many: %v; want ErrUnknown", err)
	}
}

func TestANullInANotNullColumnIsNamedByItsRow(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	a := fromJSON(t, mem, arrow.PrimitiveTypes.Int64, `[1,2,null]`)
	defer a.Release()
	_, err := convertOne(mem, a, schema.Long, false, Options{})
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrNull) || e.Row != 2 || e.Column != "c" {
		t.Errorf("%v; want ErrNull in c, row 2", err)
	}
}

func TestUUIDsBecomeText(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	b := extensions.NewUUIDBuilder(mem)
	defer b.Release()
	if err := b.AppendValueFromString("00112233-4455-6677-8899-aabbccddeeff"); err != nil {
		t.Fatal(err)
	}
	b.AppendNull()
	a := b.NewArray()
	defer a.Release()
	out, err := convertOne(mem, a, schema.String, true, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if got := out.Column(0).String(); got != `["00112233-4455-6677-8899-aabbccddeeff" (null)]` {
		t.Error(got)
	}
}

func TestConvertStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := fromJSON(t, memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, `[1]`)
	in := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "c", Type: a.DataType()}}, nil), []arrow.Array{a}, 1)
	if _, err := Convert(ctx, in, &schema.Struct{Fields: []schema.Field{{Name: "c", Type: schema.Long}}}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want context.Canceled", err)
	}
}

func TestNaNAndInfinityAreTakenOver(t *testing.T) {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}, nil)
	out, err := convertOne(memory.DefaultAllocator, b.NewArray(), schema.Float, false, Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := out.Column(0).(*array.Float32).Values()
	if !math.IsNaN(float64(v[0])) || !math.IsInf(float64(v[1]), 1) || !math.IsInf(float64(v[2]), -1) {
		t.Errorf("got %v", v)
	}
}

func TestABatchOfTheRightLayoutMayStillHoldWhatItsTypesCannot(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	dec := &arrow.Decimal128Type{Precision: 5, Scale: 2}
	decimals := func(unscaled ...int64) arrow.Array {
		b := array.NewDecimal128Builder(mem, dec)
		defer b.Release()
		for _, n := range unscaled {
			b.Append(decimal128.FromI64(n))
		}
		return b.NewArray()
	}
	texts := func(b interface {
		array.Builder
		Append(string)
	}, values ...string) arrow.Array {
		defer b.Release()
		for _, v := range values {
			b.Append(v)
		}
		return b.NewArray()
	}
	lists := func() arrow.Array {
		b := array.NewListBuilderWithField(mem, arrow.Field{Name: "element", Type: arrow.BinaryTypes.String, Nullable: true})
		defer b.Release()
		b.Append(true)
		b.AppendNull()
		b.Append(true)
		b.ValueBuilder().(*array.StringBuilder).AppendValues([]string{"é", "\xff"}, nil)
		return b.NewArray()
	}
	for name, c := range map[string]struct {
		in     arrow.Array
		to     schema.Type
		column string
		row    int64 // −1: it fits
	}{
		"decimals that fit":    {decimals(99999, -99999), schema.Decimal{Precision: 5, Scale: 2}, "", -1},
		"a sixth digit":        {decimals(1, 100000), schema.Decimal{Precision: 5, Scale: 2}, "c", 1},
		"beyond 32 bits":       {decimals(-1_000_000_000_007), schema.Decimal{Precision: 5, Scale: 2}, "c", 0},
		"text":                 {texts(array.NewStringBuilder(mem), "", "añb", "日本"), schema.String, "", -1},
		"bytes":                {texts(array.NewStringBuilder(mem), "a", "b\xff"), schema.String, "c", 1},
		"halves of one letter": {texts(array.NewStringBuilder(mem), "\xc3", "\xa9"), schema.String, "c", 0},
		"large bytes":          {texts(array.NewLargeStringBuilder(mem), "a", "\xff"), schema.String, "c", 1},
		"viewed bytes":         {texts(array.NewStringViewBuilder(mem), "\xff"), schema.String, "c", 0},
		"bytes in a list":      {lists(), &schema.Array{Element: schema.String, ContainsNull: true}, "c.element", 2},
	} {
		out, err := convertOne(mem, c.in, c.to, true, Options{})
		if err == nil {
			out.Release()
		}
		var e *Error
		switch {
		case c.row < 0 && err != nil, c.row >= 0 && !errors.As(err, &e):
			t.Errorf("%s: %v", name, err)
		case c.row >= 0 && (e.Column != c.column || e.Row != c.row || !errors.Is(err, ErrRange)):
			t.Errorf("%s: %v", name, err)
		}
		c.in.Release()
	}
	// What lies under a null is no value.
	under := array.NewStringData(array.NewData(arrow.BinaryTypes.String, 2, []*memory.Buffer{
		memory.NewBufferBytes([]byte{2}), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, 1, 2})), memory.NewBufferBytes([]byte("\xffb"))}, nil, 1, 0))
	defer under.Release()
	out, err := convertOne(mem, under, schema.String, true, Options{})
	if err != nil {
		t.Fatal(err)
	}
	out.Release()
}
