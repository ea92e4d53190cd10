package stats

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// collect gives the statistics of one column, given as JSON rows of its Arrow
// type.
func collect(t *testing.T, typ schema.Type, dt arrow.DataType, rows ...string) *File {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	c := NewCollector(one(typ), Options{})
	for _, text := range rows {
		arr, _, err := array.FromJSON(mem, dt, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		addColumn(c, arr)
		arr.Release()
	}
	return c.File()
}

func addColumn(c *Collector, arr arrow.Array) {
	s := arrow.NewSchema([]arrow.Field{{Name: "c", Type: arr.DataType(), Nullable: true}}, nil)
	batch := array.NewRecordBatch(s, []arrow.Array{arr}, int64(arr.Len()))
	defer batch.Release()
	c.Add(batch)
}

func TestTextOfTheStatisticsOfEachType(t *testing.T) {
	us := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	ntz := &arrow.TimestampType{Unit: arrow.Microsecond}
	dec := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	none := `{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"c":1}}`
	for _, c := range []struct {
		name string
		typ  schema.Type
		dt   arrow.DataType
		rows string
		want string
	}{
		{"byte", schema.Byte, arrow.PrimitiveTypes.Int8, `[3,null,-128]`, `{"numRecords":3,"minValues":{"c":-128},"maxValues":{"c":3},"nullCount":{"c":1}}`},
		{"short", schema.Short, arrow.PrimitiveTypes.Int16, `[3,-4]`, `{"numRecords":2,"minValues":{"c":-4},"maxValues":{"c":3},"nullCount":{"c":0}}`},
		{"integer", schema.Integer, arrow.PrimitiveTypes.Int32, `[null,7]`, `{"numRecords":2,"minValues":{"c":7},"maxValues":{"c":7},"nullCount":{"c":1}}`},
		{"long", schema.Long, arrow.PrimitiveTypes.Int64, `[9223372036854775807,-9223372036854775808]`, `{"numRecords":2,"minValues":{"c":-9223372036854775808},"maxValues":{"c":9223372036854775807},"nullCount":{"c":0}}`},
		{"date", schema.Date, arrow.FixedWidthTypes.Date32, `["2024-02-29","1969-12-31"]`, `{"numRecords":2,"minValues":{"c":"1969-12-31"},"maxValues":{"c":"2024-02-29"},"nullCount":{"c":0}}`},
		{"timestamps are rounded outwards", schema.Timestamp, us, `["2024-03-10T09:02:03.123456Z","1969-12-31T23:59:59.999999Z"]`, `{"numRecords":2,"minValues":{"c":"1969-12-31T23:59:59.999Z"},"maxValues":{"c":"2024-03-10T09:02:03.124Z"},"nullCount":{"c":0}}`},
		{"whole milliseconds stay", schema.TimestampNTZ, ntz, `["2024-03-10T09:02:03.123",null]`, `{"numRecords":2,"minValues":{"c":"2024-03-10T09:02:03.123"},"maxValues":{"c":"2024-03-10T09:02:03.123"},"nullCount":{"c":1}}`},
		{"double", schema.Double, arrow.PrimitiveTypes.Float64, `[1e20,-2.5]`, `{"numRecords":2,"minValues":{"c":-2.5},"maxValues":{"c":1.0E20},"nullCount":{"c":0}}`},
		{"float in its own width", schema.Float, arrow.PrimitiveTypes.Float32, `[0.1]`, `{"numRecords":1,"minValues":{"c":0.1},"maxValues":{"c":0.1},"nullCount":{"c":0}}`},
		{"decimal with all digits", schema.Decimal{Precision: 38, Scale: 18}, dec(38, 18), `["12345678901234567890.123456789012345678","-1e-18"]`, `{"numRecords":2,"minValues":{"c":-0.000000000000000001},"maxValues":{"c":12345678901234567890.123456789012345678},"nullCount":{"c":0}}`},
		{"small decimal", schema.Decimal{Precision: 5, Scale: 2}, dec(5, 2), `["-1.5","2"]`, `{"numRecords":2,"minValues":{"c":-1.50},"maxValues":{"c":2.00},"nullCount":{"c":0}}`},
		{"string", schema.String, arrow.BinaryTypes.String, `["b","a\"\n"]`, `{"numRecords":2,"minValues":{"c":"a\"\n"},"maxValues":{"c":"b"},"nullCount":{"c":0}}`},
		{"large string", schema.String, arrow.BinaryTypes.LargeString, `["b","a"]`, `{"numRecords":2,"minValues":{"c":"a"},"maxValues":{"c":"b"},"nullCount":{"c":0}}`},
		{"string view", schema.String, arrow.BinaryTypes.StringView, `["b",null,"a"]`, `{"numRecords":3,"minValues":{"c":"a"},"maxValues":{"c":"b"},"nullCount":{"c":1}}`},
		{"boolean", schema.Boolean, arrow.FixedWidthTypes.Boolean, `[true,null]`, none},
		{"binary", schema.Binary, arrow.BinaryTypes.Binary, `["YQ==",null]`, none},
		{"array", &schema.Array{Element: schema.Long}, arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[1],null]`, none},
		{"all null", schema.Long, arrow.PrimitiveTypes.Int64, `[null,null]`, `{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"c":2}}`},
		{"void", schema.Void, arrow.Null, `[null,null]`, `{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"c":2}}`},
		{"no rows", schema.Long, arrow.PrimitiveTypes.Int64, `[]`, `{"numRecords":0,"minValues":{},"maxValues":{},"nullCount":{"c":0}}`},
		{"an unexpected layout has no bounds", schema.Long, arrow.PrimitiveTypes.Int32, `[1,null]`, none},
		{"nor has one in another unit", schema.Timestamp, &arrow.TimestampType{Unit: arrow.Nanosecond}, `[1,null]`, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := collect(t, c.typ, c.dt, c.rows).JSON(); got != strings.ReplaceAll(c.want, "\n", `\n`) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func floats(values ...float64) arrow.Array {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(values, nil)
	return b.NewArray()
}

func TestFloatBoundsThatJSONOrReadersCannotCarryAreAbsent(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name    string
		batches [][]float64
		lo, hi  string
	}{
		{"a NaN hides both", [][]float64{{1, nan, 2}}, "", ""},
		{"also in front", [][]float64{{nan, 1}}, "", ""},
		{"also in another batch", [][]float64{{1, 2}, {nan}, {3}}, "", ""},
		{"an infinity hides its own side", [][]float64{{1, inf}}, "1.0", ""},
		{"and the other", [][]float64{{-inf, 1}}, "", "1.0"},
		{"zero as a minimum is negative", [][]float64{{0, 1}}, "-0.0", "1.0"},
		{"zero as a maximum is positive", [][]float64{{-1, math.Copysign(0, -1)}}, "-1.0", "0.0"},
		{"zeros alone", [][]float64{{math.Copysign(0, -1)}}, "-0.0", "0.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			col := NewCollector(one(schema.Double), Options{})
			for _, b := range c.batches {
				addColumn(col, floats(b...))
			}
			got, _ := col.File().Written("c")
			if lo := text(got.Min); lo != c.lo {
				t.Errorf("minimum %q, want %q", lo, c.lo)
			}
			if hi := text(got.Max); hi != c.hi {
				t.Errorf("maximum %q, want %q", hi, c.hi)
			}
		})
	}
}

func text(v value.Value) string {
	if v.IsNull() {
		return ""
	}
	return string(v.AppendJSON(nil))
}

func TestTimesThatTextCannotCarryAreAbsent(t *testing.T) {
	for _, c := range []struct {
		typ    schema.Primitive
		v      int64
		lo, hi bool
	}{
		{schema.Timestamp, timestampMin, true, true},
		{schema.Timestamp, timestampMin - 1, false, false},
		{schema.Timestamp, timestampMax, true, false}, // the millisecond above is in the year 10000
		{schema.Timestamp, timestampMax - 999, true, true},
		{schema.Timestamp, math.MaxInt64, false, false},
		{schema.Timestamp, math.MinInt64, false, false},
		{schema.Date, dateMin, true, true},
		{schema.Date, dateMin - 1, false, false},
		{schema.Date, dateMax + 1, false, false},
	} {
		b := integerBounds[int64]{typ: c.typ, any: true, lo: c.v, hi: c.v}
		lo, hi := b.written()
		if lo.IsNull() == c.lo || hi.IsNull() == c.hi {
			t.Errorf("%v %d: bounds %#v, %#v", c.typ, c.v, lo, hi)
		}
	}
}

func TestEdgeD81NullStructsCountInTheirLeaves(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	s := &schema.Struct{Fields: []schema.Field{field("o", &schema.Struct{Fields: []schema.Field{
		field("a", schema.Long),
		field("i", &schema.Struct{Fields: []schema.Field{field("b", schema.String)}}),
	}})}}
	inner := arrow.StructOf(arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true})
	outer := arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "i", Type: inner, Nullable: true})
	sc := arrow.NewSchema([]arrow.Field{{Name: "o", Type: outer, Nullable: true}}, nil)
	batch, _, err := array.RecordFromJSON(mem, sc, strings.NewReader(`[
		{"o":{"a":1,"i":{"b":"x"}}}, {"o":null}, {"o":{"a":null,"i":null}}, {"o":{"a":5,"i":{"b":null}}}, {"o":{"a":3,"i":{"b":"y"}}}]`))
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	for _, c := range []struct {
		from, to int64
		want     string
	}{
		{0, 5, `{"numRecords":5,"minValues":{"o":{"a":1,"i":{"b":"x"}}},"maxValues":{"o":{"a":5,"i":{"b":"y"}}},"nullCount":{"o":{"a":2,"i":{"b":3}}}}`},
		{1, 4, `{"numRecords":3,"minValues":{"o":{"a":5}},"maxValues":{"o":{"a":5}},"nullCount":{"o":{"a":2,"i":{"b":3}}}}`},
		{1, 2, `{"numRecords":1,"minValues":{},"maxValues":{},"nullCount":{"o":{"a":1,"i":{"b":1}}}}`},
	} {
		part := batch.NewSlice(c.from, c.to)
		col := NewCollector(s, Options{})
		col.Add(part)
		part.Release()
		if got := col.File().JSON(); got != c.want {
			t.Errorf("rows %d to %d: got %s\nwant %s", c.from, c.to, got, c.want)
		}
	}
}

// Values below a null struct are there in Arrow and mean nothing.
func TestValuesUnderANullStructAreNotSeen(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	child := array.NewInt64Builder(mem)
	child.AppendValues([]int64{1, 999, 2}, nil)
	a := child.NewArray()
	child.Release()
	defer a.Release()
	valid := memory.NewBufferBytes([]byte{0b101})
	dt := arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64})
	data := array.NewData(dt, 3, []*memory.Buffer{valid}, []arrow.ArrayData{a.Data()}, 1, 0)
	defer data.Release()
	arr := array.NewStructData(data)
	defer arr.Release()
	c := NewCollector(one(&schema.Struct{Fields: []schema.Field{field("a", schema.Long)}}), Options{})
	addColumn(c, arr)
	if got, want := c.File().JSON(), `{"numRecords":3,"minValues":{"c":{"a":1}},"maxValues":{"c":{"a":2}},"nullCount":{"c":{"a":1}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDictionariesCountWhatRowsReferTo(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	values, _, err := array.FromJSON(mem, arrow.BinaryTypes.String, strings.NewReader(`["a","m",null,"n","z"]`))
	if err != nil {
		t.Fatal(err)
	}
	defer values.Release()
	indices, _, err := array.FromJSON(mem, arrow.PrimitiveTypes.Int8, strings.NewReader(`[0,3,1,2,null,1,4]`))
	if err != nil {
		t.Fatal(err)
	}
	defer indices.Release()
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	d := array.NewDictionaryArray(dt, indices, values)
	defer d.Release()
	part := array.NewSlice(d, 1, 6) // without the rows that refer to a and z
	defer part.Release()
	c := NewCollector(one(schema.String), Options{})
	addColumn(c, part)
	if got, want := c.File().JSON(), `{"numRecords":5,"minValues":{"c":"m"},"maxValues":{"c":"n"},"nullCount":{"c":2}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBoundsOfRandomBatchesEncloseAndSurviveTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := memory.DefaultAllocator
		s := &schema.Struct{Fields: []schema.Field{
			field("l", schema.Long), field("d", schema.Double), field("s", schema.String),
			field("t", schema.Timestamp), field("n", schema.Decimal{Precision: 38, Scale: 4}),
		}}
		c := NewCollector(s, Options{StringPrefix: rapid.IntRange(1, 6).Draw(t, "prefix")})
		seen := map[string][]value.Value{}
		nulls := map[string]int64{}
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			n := rapid.IntRange(0, 70).Draw(t, "rows")
			skip := rapid.IntRange(0, n).Draw(t, "skip")
			l, d, str := array.NewInt64Builder(mem), array.NewFloat64Builder(mem), array.NewStringBuilder(mem)
			ts := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"})
			dec := array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 38, Scale: 4})
			see := func(i int, name string, null bool, v value.Value) {
				switch {
				case i < skip:
				case null:
					nulls[name]++
				default:
					seen[name] = append(seen[name], v)
				}
			}
			for i := range n {
				null := rapid.SliceOfN(rapid.Bool(), 5, 5).Draw(t, "null")
				lv, dv, sv := rapid.Int64().Draw(t, "l"), rapid.Float64().Draw(t, "d"), rapid.String().Draw(t, "s")
				tv := rapid.Int64Range(timestampMin, timestampMax).Draw(t, "t")
				nv := decimal128.New(rapid.Int64Range(-1e18, 1e18).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
				app(l, null[0], func() { l.Append(lv) })
				app(d, null[1], func() { d.Append(dv) })
				app(str, null[2], func() { str.Append(sv) })
				app(ts, null[3], func() { ts.Append(arrow.Timestamp(tv)) })
				app(dec, null[4], func() { dec.Append(nv) })
				see(i, "l", null[0], value.Int(schema.Long, lv))
				see(i, "d", null[1], value.Double(dv))
				see(i, "s", null[2], value.String(sv))
				see(i, "t", null[3], value.Int(schema.Timestamp, tv))
				see(i, "n", null[4], value.Decimal(schema.Decimal{Precision: 38, Scale: 4}, int128(nv)))
			}
			columns := []arrow.Array{l.NewArray(), d.NewArray(), str.NewArray(), ts.NewArray(), dec.NewArray()}
			fields := make([]arrow.Field, len(columns))
			for i, a := range columns {
				fields[i] = arrow.Field{Name: s.Fields[i].Name, Type: a.DataType(), Nullable: true}
			}
			c.Add(array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(n)).NewSlice(int64(skip), int64(n)))
		}
		f := c.File()
		again, err := Parse(f.JSON(), s)
		if err != nil || again.JSON() != f.JSON() {
			t.Fatalf("%s was read back as %v, %v", f.JSON(), again, err)
		}
		for _, known := range []*File{f, again} {
			for _, fd := range s.Fields {
				got, ok := known.Column(fd.Name)
				if !ok || got.NullCount != nulls[fd.Name] {
					t.Errorf("%s: %d nulls, want %d", fd.Name, got.NullCount, nulls[fd.Name])
				}
				for _, v := range seen[fd.Name] {
					if order, ok := value.Compare(got.Min, v); ok && order > 0 {
						t.Errorf("%s: minimum %#v is above %#v", fd.Name, got.Min, v)
					}
					if order, ok := value.Compare(got.Max, v); ok && order < 0 {
						t.Errorf("%s: maximum %#v is below %#v", fd.Name, got.Max, v)
					}
				}
			}
		}
	})
}

func app(b array.Builder, null bool, add func()) {
	if null {
		b.AppendNull()
		return
	}
	add()
}

func TestStringBoundsEncloseInTheOrderOfBytes(t *testing.T) {
	runes := rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune{'a', '~', '\x7f', 'é', '\uD7FF', '\uE000', '\uFFFD', '😀', utf8.MaxRune, utf8.MaxRune}))
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.IntRange(1, 8).Draw(t, "prefix")
		values := rapid.SliceOfN(rapid.StringOfN(runes, 0, 30, -1), 1, 8).Draw(t, "values")
		b := newTextBounds(prefix)
		for _, v := range values {
			b.see([]byte(v))
		}
		lo, hi := b.written()
		if lo.IsNull() {
			t.Fatal("no minimum of valid strings")
		}
		if n := utf8.RuneCountInString(lo.Text()); n > prefix {
			t.Errorf("minimum has %d characters", n)
		}
		if n := utf8.RuneCountInString(hi.Text()); n > 2*prefix+1 {
			t.Errorf("maximum has %d characters", n)
		}
		if !utf8.ValidString(lo.Text()) || !utf8.ValidString(hi.Text()) {
			t.Errorf("bounds %q to %q are not UTF-8", lo.Text(), hi.Text())
		}
		for _, v := range values {
			if v < lo.Text() || !hi.IsNull() && v > hi.Text() {
				t.Errorf("%q is outside %q to %q", v, lo.Text(), hi.Text())
			}
		}
		if hi.IsNull() && !strings.Contains(slices.Max(values), strings.Repeat(string(utf8.MaxRune), prefix)) {
			t.Errorf("no maximum for %q", slices.Max(values))
		}
	})
}

func TestEdgeD77And79MaximaOfLongStrings(t *testing.T) {
	top := string(utf8.MaxRune)
	for _, c := range []struct{ s, want string }{
		{strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{strings.Repeat("a", 33), strings.Repeat("a", 32) + "\x7f"},
		{strings.Repeat("é", 40), strings.Repeat("é", 32) + top},
		{strings.Repeat("a", 32) + "\x7f", strings.Repeat("a", 32) + top},
		{strings.Repeat("a", 32) + top, strings.Repeat("a", 32) + top},
		{strings.Repeat("a", 32) + top + "b", strings.Repeat("a", 32) + top + "\x7f"},
		{strings.Repeat(top, 64), strings.Repeat(top, 64)},
		{strings.Repeat(top, 65), ""},
		{strings.Repeat(top, 1000), ""},
		{strings.Repeat("a", 1000), strings.Repeat("a", 32) + "\x7f"},
	} {
		b := newTextBounds(StringPrefixDefault)
		b.see([]byte(c.s))
		if _, hi := b.written(); hi.Text() != c.want {
			t.Errorf("%d bytes: maximum %q, want %q", len(c.s), hi.Text(), c.want)
		}
	}
}

// Spark counts UTF-16 units and takes a 33rd where the cut would halve a
// character; in characters there is nothing to halve.
func TestEdgeD78ACutNeverHalvesACharacter(t *testing.T) {
	for _, front := range []int{30, 31, 32} {
		v := strings.Repeat("a", front) + strings.Repeat("😀", 10)
		b := newTextBounds(StringPrefixDefault)
		b.see([]byte(v))
		lo, hi := b.written()
		if want := strings.Repeat("a", front) + strings.Repeat("😀", 32-front); lo.Text() != want {
			t.Errorf("minimum %q, want %q", lo.Text(), want)
		}
		if !utf8.ValidString(hi.Text()) || hi.Text() < v {
			t.Errorf("maximum %q of %q", hi.Text(), v)
		}
	}
}

func TestStringsThatAreNotUTF8HaveNoBounds(t *testing.T) {
	b := newTextBounds(4)
	b.see([]byte("ok"))
	b.see([]byte("zz\xff"))
	lo, hi := b.written()
	if lo.Text() != "ok" || !hi.IsNull() {
		t.Errorf("bounds %#v to %#v", lo, hi)
	}
}

func TestOnlyTheColumnsThatAreWantedHaveStatistics(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{field("a", schema.Long), field("b", schema.Long)}}
	c := NewCollector(s, Options{TightBounds: true, Columns: func(p []string) bool { return p[0] == "b" }})
	a, b := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	a.Append(1)
	b.Append(2)
	sc := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}, {Name: "b", Type: arrow.PrimitiveTypes.Int64}}, nil)
	c.Add(array.NewRecordBatch(sc, []arrow.Array{a.NewArray(), b.NewArray()}, 1))
	if got, want := c.File().JSON(), `{"numRecords":1,"minValues":{"b":2},"maxValues":{"b":2},"nullCount":{"b":0},"tightBounds":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkCollect(b *testing.B) {
	const rows = 1 << 16
	ints, strs := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		ints.Append(int64(i * 7919 % rows))
		strs.Append([]string{"AIR", "TRUCK", "MAIL", "SHIP"}[i%4])
	}
	sc := arrow.NewSchema([]arrow.Field{{Name: "l", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	batch := array.NewRecordBatch(sc, []arrow.Array{ints.NewArray(), strs.NewArray()}, rows)
	c := NewCollector(&schema.Struct{Fields: []schema.Field{field("l", schema.Long), field("s", schema.String)}}, Options{})
	b.ReportAllocs()
	for b.Loop() {
		c.Add(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

func BenchmarkParse(b *testing.B) {
	s := &schema.Struct{Fields: []schema.Field{field("l_shipdate", schema.Date)}}
	const text = `{"numRecords":6001215,"minValues":{"l_orderkey":1,"l_partkey":1,"l_quantity":1.00,"l_returnflag":"A","l_shipdate":"1992-01-02","l_comment":" Tiresias "},"maxValues":{"l_orderkey":6000000,"l_partkey":200000,"l_quantity":50.00,"l_returnflag":"R","l_shipdate":"1998-12-01","l_comment":"zzle? slyly final platelets slee"},"nullCount":{"l_orderkey":0,"l_partkey":0,"l_quantity":0,"l_returnflag":0,"l_shipdate":0,"l_comment":0}}`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, s); err != nil {
			b.Fatal(err)
		}
	}
}

// TestExactBoundsAreTheValues: nothing is cut, rounded or left out but NaN.
func TestExactBoundsAreTheValues(t *testing.T) {
	s, err := schema.ParseColumns("s string, t timestamp, d double, n double, dec decimal(20,2), none bigint")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("ü", 1000)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, layout, strings.NewReader(`[
		{"s":"`+long+`b","t":"2024-01-01T00:00:00.000001Z","d":2.5,"n":null,"dec":"-1.25","none":null},
		{"s":"`+long+`a","t":"2024-01-01T00:00:00.000009Z","d":-1,"n":null,"dec":"7.00","none":null},
		{"s":null,"t":null,"d":null,"n":null,"dec":null,"none":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	nan := array.NewFloat64Builder(memory.DefaultAllocator)
	nan.AppendValues([]float64{math.NaN(), math.Inf(1), 3}, nil)
	columns := batch.Columns()
	columns[3] = nan.NewArray()
	c := NewCollector(s, Options{Exact: true})
	c.Add(array.NewRecordBatch(layout, columns, 3))
	f := c.File()
	for name, want := range map[string]Column{
		"s":    {value.String(long + "a"), value.String(long + "b"), 1},
		"t":    {value.Int(schema.Timestamp, 1704067200000001), value.Int(schema.Timestamp, 1704067200000009), 1},
		"d":    {value.Double(-1), value.Double(2.5), 1},
		"n":    {value.Double(3), value.Double(math.Inf(1)), 0},
		"dec":  {value.Decimal(schema.Decimal{Precision: 20, Scale: 2}, value.FromInt64(-125)), value.Decimal(schema.Decimal{Precision: 20, Scale: 2}, value.FromInt64(700)), 1},
		"none": {value.Null(schema.Long), value.Null(schema.Long), 3},
	} {
		got, ok := f.Written(name)
		if !ok || got.NullCount != want.NullCount || got.Min.IsNull() != want.Min.IsNull() {
			t.Errorf("%s: %v, want %v", name, got, want)
			continue
		}
		lo, _ := value.Compare(got.Min, want.Min)
		hi, _ := value.Compare(got.Max, want.Max)
		if lo != 0 || hi != 0 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
