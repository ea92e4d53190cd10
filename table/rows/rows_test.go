package rows_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Point is a struct inside of others.
type Point struct {
	X, Y int32
	Note *string
}

type base struct {
	ID int64
	_  int // not exported: no column
}

// Named is embedded under a name.
type Named struct{ A, B bool }

// Wide has a field of every kind.
type Wide struct {
	base
	Named    `delta:"flags"`
	Bool     bool
	I8       int8
	I16      int16
	I32      int32
	I        int
	U8       uint8
	U16      uint16
	U32      uint32
	U64      uint64
	F32      float32
	F64      float64
	Text     string
	Bytes    []byte
	At       time.Time
	Clock    time.Time `delta:",ntz"`
	Day      time.Time `delta:"day,date"`
	Price    string    `delta:"price,decimal(12,3)"`
	Ptr      *int64
	PtrPtr   **string
	NullText sql.NullString
	NullAny  sql.Null[float64]
	NullTime sql.NullTime     `delta:",date"`
	NullDec  sql.Null[string] `delta:",decimal(5,2)"`
	P        Point
	PP       *Point
	List     []string
	Points   []*Point
	Lists    [][]int64
	Map      map[string]*int32
	Maps     map[int64]map[string][]Point
	HTTPCode uint16
	Skipped  chan int `delta:"-"`
	_        func()
}

const wideColumns = `id bigint NOT NULL, flags struct<a:boolean NOT NULL,b:boolean NOT NULL> NOT NULL, bool boolean NOT NULL,
	i8 tinyint NOT NULL, i16 smallint NOT NULL, i32 int NOT NULL, i bigint NOT NULL, u8 smallint NOT NULL, u16 int NOT NULL, u32 bigint NOT NULL, u64 decimal(20,0) NOT NULL,
	f32 float NOT NULL, f64 double NOT NULL, text string NOT NULL, bytes binary, at timestamp NOT NULL, clock timestamp_ntz NOT NULL, day date NOT NULL, price decimal(12,3) NOT NULL,
	ptr bigint, ptr_ptr string, null_text string, null_any double, null_time date, null_dec decimal(5,2),
	p struct<x:int NOT NULL,y:int NOT NULL,note:string> NOT NULL, pp struct<x:int NOT NULL,y:int NOT NULL,note:string>,
	list array<string>, points array<struct<x:int NOT NULL,y:int NOT NULL,note:string>>, lists array<array<bigint>>,
	map map<string,int>, maps map<bigint,map<string,array<struct<x:int NOT NULL,y:int NOT NULL,note:string>>>>, http_code int NOT NULL`

func TestSchemaOfEveryKind(t *testing.T) {
	got, partitionBy, err := rows.Schema[Wide]()
	if err != nil || partitionBy != nil {
		t.Fatal(partitionBy, err)
	}
	want, err := schema.ParseColumns(wideColumns)
	if err != nil {
		t.Fatal(err)
	}
	if !schema.EqualIgnoringNullability(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for i, f := range got.Fields {
		if f.Name != want.Fields[i].Name || f.Nullable != want.Fields[i].Nullable {
			t.Errorf("column %d is %v, want %v", i, f, want.Fields[i])
		}
	}
}

func TestPartitionColumnsAreMarked(t *testing.T) {
	type T struct {
		ID   int64
		B    string    `delta:"region,partition"`
		A    time.Time `delta:",date,partition"`
		C    string    `delta:"c,partition,decimal(4,2)"`
		Last *string   `delta:",partition"`
	}
	s, by, err := rows.Schema[T]()
	if err != nil || !slices.Equal(by, []string{"region", "a", "c", "last"}) || len(s.Fields) != 5 {
		t.Errorf("%v, %v, %v", s, by, err)
	}
}

func TestNamesAreSnakeCase(t *testing.T) {
	type T struct {
		ID, UserID, HTTPServer, PickupTimeUTC, A1B, X2, Übergröße, Already_snake, ABC int64
	}
	s, _, err := rows.Schema[T]()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Fields {
		got = append(got, f.Name)
	}
	if want := "id user_id http_server pickup_time_utc a1_b x2 übergröße already_snake abc"; strings.Join(got, " ") != want {
		t.Errorf("got %q\nwant %q", strings.Join(got, " "), want)
	}
}

type recursive struct {
	ID   int64
	Next []recursive
}

func TestTypesThatHaveNoColumnAreRefusedByTheirPath(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		field  string
		reason string
	}{
		"no struct":        {tryShape[int](), "int", "must be structs"},
		"a time":           {tryShape[time.Time](), "time.Time", "must be structs"},
		"nothing exported": {tryShape[struct{ a int }](), "", "without exported fields"},
		"a duration": {tryShape[struct {
			A struct{ Took []time.Duration }
		}](), ".A.Took[]", "time.Duration"},
		"a channel":      {tryShape[struct{ C chan int }](), ".C", "chan int"},
		"an array":       {tryShape[struct{ A [4]byte }](), ".A", "[4]uint8"},
		"anything":       {tryShape[struct{ A map[string]any }](), ".A[]", "interface"},
		"complex":        {tryShape[struct{ A complex128 }](), ".A", "complex128"},
		"a nullable key": {tryShape[struct{ A map[sql.NullString]int }](), ".A", "may not be null"},
		"itself":         {tryShape[recursive](), "Next", "contains itself"},
		"one name twice": {tryShape[struct {
			A, B int `delta:"x"`
		}](), ".B", "second column"},
		"names but for case": {tryShape[struct {
			A int `delta:"x"`
			B int `delta:"X"`
		}](), ".B", "second column"},
		"embedded twice": {tryShape[struct {
			base
			ID int
		}](), ".ID", "second column"},
		"an inner partition": {tryShape[struct {
			P struct {
				A int `delta:",partition"`
			}
		}](), ".P.A", "partitioned"},
		"an unknown option": {tryShape[struct {
			A int `delta:",nullable"`
		}](), ".A", "nullable"},
		"two options": {tryShape[struct {
			A time.Time `delta:",date,ntz"`
		}](), ".A", "tag"},
		"a bad decimal": {tryShape[struct {
			A string `delta:",decimal(39,2)"`
		}](), ".A", "decimal"},
		"a decimal number": {tryShape[struct {
			A int64 `delta:",decimal(9,2)"`
		}](), ".A", "decimal"},
		"a time as decimal": {tryShape[struct {
			A time.Time `delta:",decimal(9,2)"`
		}](), ".A", "decimal"},
	} {
		var e *rows.Error
		if !errors.As(c.err, &e) || e.Row != -1 || !strings.HasSuffix(e.Field, c.field) && !strings.Contains(e.Field, c.field) || !strings.Contains(e.Error(), c.reason) {
			t.Errorf("%s: got %v, want field %s, %s", name, c.err, c.field, c.reason)
		}
	}
}

func tryShape[T any]() error {
	_, _, err := rows.Schema[T]()
	_, ofErr := rows.Of([]T{})
	for _, decodeErr := range rows.Decode[T](func(func(arrow.RecordBatch, error) bool) {}) {
		if decodeErr == nil || err == nil || decodeErr.Error() != err.Error() {
			return fmt.Errorf("Decode: %w", decodeErr)
		}
	}
	if (err == nil) != (ofErr == nil) {
		return fmt.Errorf("Of: %w", ofErr)
	}
	return err
}

// TestStructsComeBack writes random structs into a table and reads them.
func TestStructsComeBack(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var in []Wide
	for range 500 {
		in = append(in, randomWide(rng))
	}
	s, _, err := rows.Schema[Wide]()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	tbl, err := table.Create(ctx, "", nil, &table.CreateOptions{Options: table.Options{Store: storage.NewMemory(nil)}, Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	rd, err := rows.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	if _, err := tbl.Append(ctx, rd, nil); err != nil {
		t.Fatal(err)
	}
	snap, err := tbl.Snapshot(ctx, table.At{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for got, err := range rows.Decode[Wide](snap.Scan(&table.ScanOptions{Ordered: true, BatchRows: 70}).Batches(ctx)) {
		if err != nil {
			t.Fatalf("seed %d, row %d: %v", seed, n, err)
		}
		if want := expected(in[n]); !same(got, want) {
			t.Fatalf("seed %d, row %d: got %+v\nwant %+v", seed, n, got, want)
		}
		n++
	}
	if n != len(in) {
		t.Errorf("%d rows", n)
	}
}

// expected is a struct as it comes back: times in UTC, decimals with all digits
// of their scale.
func expected(w Wide) Wide {
	w.At = w.At.UTC()
	wall := func(t time.Time) time.Time {
		y, mo, d := t.Date()
		return time.Date(y, mo, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	day := func(t time.Time) time.Time {
		y, mo, d := t.Date()
		return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
	}
	w.Clock, w.Day = wall(w.Clock), day(w.Day)
	if w.NullTime.Valid {
		w.NullTime.Time = day(w.NullTime.Time)
	} else {
		w.NullTime = sql.NullTime{}
	}
	return w
}

// same compares with NaN equal to itself.
func same(a, b Wide) bool {
	if math.IsNaN(a.F64) && math.IsNaN(b.F64) {
		a.F64, b.F64 = 0, 0
	}
	return reflect.DeepEqual(a, b)
}

func randomWide(rng *rand.Rand) Wide {
	zones := []*time.Location{time.UTC, time.FixedZone("west", -9*3600-1800), time.FixedZone("east", 14*3600)}
	when := func() time.Time {
		t := time.UnixMicro(rng.Int64N(8e15) - 4e15).In(zones[rng.IntN(3)])
		switch rng.IntN(10) {
		case 0:
			t = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
		case 1:
			t = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
		}
		return t
	}
	text := func() string { return strings.Repeat("ü\x00'\"🦊", rng.IntN(4)) }
	point := func() Point {
		p := Point{X: rng.Int32(), Y: -rng.Int32()}
		if rng.IntN(2) == 0 {
			s := text()
			p.Note = &s
		}
		return p
	}
	points := func() []Point {
		if rng.IntN(3) == 0 {
			return nil
		}
		out := make([]Point, rng.IntN(3))
		for i := range out {
			out[i] = point()
		}
		return out
	}
	w := Wide{
		base: base{ID: rng.Int64()}, Named: Named{A: rng.IntN(2) == 0, B: true}, Bool: rng.IntN(2) == 0,
		I8: int8(rng.Uint32()), I16: int16(rng.Uint32()), I32: int32(rng.Uint32()), I: int(rng.Uint64()),
		U8: uint8(rng.Uint32()), U16: uint16(rng.Uint32()), U32: rng.Uint32(), U64: rng.Uint64(),
		F32: math.Float32frombits(rng.Uint32() & 0xff7fffff), F64: []float64{math.NaN(), math.Inf(-1), 0.1, -1e308}[rng.IntN(4)],
		Text: text(), At: when(), Clock: when(), Day: when(), Price: fmt.Sprintf("%d.%03d", rng.Int64N(1e9), rng.IntN(1000)),
		P: point(), HTTPCode: uint16(rng.IntN(600)),
	}
	if rng.IntN(2) == 0 {
		n, s := rng.Int64(), text()
		p := &s
		w.Ptr, w.PtrPtr = &n, &p
		w.NullText = sql.NullString{String: text(), Valid: true}
		w.NullAny = sql.Null[float64]{V: rng.NormFloat64(), Valid: true}
		w.NullTime = sql.NullTime{Time: when(), Valid: true}
		w.NullDec = sql.Null[string]{V: "-0.50", Valid: true}
		pp := point()
		w.PP = &pp
	}
	if rng.IntN(3) > 0 {
		w.Bytes = []byte(text())
		w.List = make([]string, rng.IntN(4))
		for i := range w.List {
			w.List[i] = text()
		}
		w.Points = make([]*Point, rng.IntN(3))
		for i := range w.Points {
			if p := point(); rng.IntN(2) == 0 {
				w.Points[i] = &p
			}
		}
		w.Lists = make([][]int64, rng.IntN(3))
		for i := range w.Lists {
			if rng.IntN(2) == 0 {
				w.Lists[i] = []int64{rng.Int64(), 0}
			}
		}
		w.Map = map[string]*int32{}
		for range rng.IntN(4) {
			n := rng.Int32()
			w.Map[text()] = []*int32{nil, &n}[rng.IntN(2)]
		}
		w.Maps = map[int64]map[string][]Point{rng.Int64(): {text(): points(), "x": points()}, 0: nil}
	}
	return w
}

// TestValuesThatColumnsCannotHoldAreRefused with the row and the field.
func TestValuesThatColumnsCannotHoldAreRefused(t *testing.T) {
	type T struct {
		At    time.Time
		Day   time.Time `delta:",date"`
		Price string    `delta:",decimal(4,2)"`
		In    []struct{ At *time.Time }
	}
	fine := T{Price: "1.5"}
	for name, c := range map[string]struct {
		change func(*T)
		field  string
	}{
		"nanoseconds":      {func(r *T) { r.At = time.Unix(0, 1) }, "T.At"},
		"a far time":       {func(r *T) { r.At = time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC) }, "T.At"},
		"a far past":       {func(r *T) { r.At = time.Date(-300000, 1, 1, 0, 0, 0, 0, time.UTC) }, "T.At"},
		"a far day":        {func(r *T) { r.Day = time.Unix(1<<55, 0) }, "T.Day"},
		"too many digits":  {func(r *T) { r.Price = "123.4" }, "T.Price"},
		"too fine":         {func(r *T) { r.Price = "1.234" }, "T.Price"},
		"no decimal":       {func(r *T) { r.Price = "1e3" }, "T.Price"},
		"an empty decimal": {func(r *T) { r.Price = "" }, "T.Price"},
		"two signs":        {func(r *T) { r.Price = "--1" }, "T.Price"},
		"a nested time": {func(r *T) {
			at := time.Unix(0, 7)
			r.In = []struct{ At *time.Time }{{}, {&at}}
		}, "T.In[].At"},
	} {
		bad := fine
		c.change(&bad)
		rd, err := rows.Of([]T{fine, fine, bad, fine})
		if err != nil {
			t.Fatal(err)
		}
		for rd.Next() {
		}
		var e *rows.Error
		if !errors.As(rd.Err(), &e) || e.Row != 2 || e.Field != c.field {
			t.Errorf("%s: %v, want row 2, field %s", name, rd.Err(), c.field)
		}
		rd.Release()
	}
}

func TestDecimalsAreExact(t *testing.T) {
	type T struct {
		D string `delta:",decimal(38,10)"`
	}
	for in, want := range map[string]string{
		"0": "0.0000000000", "-0": "0.0000000000", "+1.5": "1.5000000000", ".5": "0.5000000000", "5.": "5.0000000000", "00012.50": "12.5000000000",
		"9999999999999999999999999999.9999999999": "9999999999999999999999999999.9999999999", "-0.0000000001": "-0.0000000001", "1.00000000000000": "1.0000000000",
	} {
		got := roundTrip(t, []T{{in}})
		if len(got) != 1 || got[0].D != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// roundTrip encodes and decodes without a table in between.
func roundTrip[T any](t *testing.T, in []T) []T {
	t.Helper()
	rd, err := rows.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	var out []T
	for r, err := range rows.Decode[T](batches(rd)) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func batches(rd array.RecordReader) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rd.Next() {
			if !yield(rd.RecordBatch(), nil) {
				return
			}
		}
		if rd.Err() != nil {
			yield(nil, rd.Err())
		}
	}
}

// TestManyRowsAreManyBatches, and rows that fail do so in their turn.
func TestManyRowsAreManyBatches(t *testing.T) {
	broken := errors.New("broken")
	const n = 20_000
	rd, err := rows.From(func(yield func(base, error) bool) {
		for i := range n {
			if !yield(base{ID: int64(i)}, nil) {
				return
			}
		}
		yield(base{}, broken)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	seen, count := int64(0), 0
	for rd.Next() {
		count++
		for _, id := range rd.RecordBatch().Column(0).(*array.Int64).Int64Values() {
			if id != seen {
				t.Fatalf("row %d is %d", seen, id)
			}
			seen++
		}
	}
	if !errors.Is(rd.Err(), broken) || count < 2 || seen > n {
		t.Errorf("%d rows in %d batches, %v", seen, count, rd.Err())
	}
}

// TestDecodeFindsColumnsByName in any order, with others beside them.
func TestDecodeFindsColumnsByName(t *testing.T) {
	type Other struct {
		Extra string
		Text  string `delta:"TEXT"`
		Id    int64
		N     int32
	}
	type Less struct {
		ID   int8
		N    *int64
		Text sql.NullString
	}
	rd, err := rows.Of([]Other{{"x", "a", 7, 3}})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	for r, err := range rows.Decode[Less](batches(rd)) {
		if err != nil || r.ID != 7 || *r.N != 3 || r.Text.String != "a" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestDecodeRefusesWhatDoesNotFit(t *testing.T) {
	type Row struct {
		N *int64
		S string
		U uint64
		T time.Time
		P Point
		L []int64
	}
	big := int64(1000)
	in := Row{N: &big, S: "x", U: math.MaxUint64}
	for name, c := range map[string]struct {
		err   error
		field string
		row   int64
	}{
		"overflow":       {decodeAs[struct{ N int8 }](t, in), ".N", 0},
		"null":           {decodeAs[struct{ N int64 }](t, Row{}), ".N", 0},
		"another type":   {decodeAs[struct{ S int64 }](t, in), ".S", 0},
		"no such column": {decodeAs[struct{ Missing int64 }](t, in), ".Missing", -1},
		"a large number": {decodeAs[struct{ U uint32 }](t, in), ".U", 0},
		"a time as text": {decodeAs[struct{ T string }](t, in), ".T", 0},
		"a missing field": {decodeAs[struct {
			P struct{ X, Z int32 }
		}](t, in), ".P.Z", 0},
		"a list as text":     {decodeAs[struct{ L string }](t, Row{L: []int64{1}}), ".L", 0},
		"a number as a list": {decodeAs[struct{ N []int64 }](t, in), ".N", 0},
	} {
		var e *rows.Error
		if !errors.As(c.err, &e) || e.Row != c.row || !strings.HasSuffix(e.Field, c.field) {
			t.Errorf("%s: %v, want row %d, field %s", name, c.err, c.row, c.field)
		}
	}
}

func decodeAs[T, Row any](t *testing.T, in Row) error {
	t.Helper()
	rd, err := rows.Of([]Row{in})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	for _, err := range rows.Decode[T](batches(rd)) {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestDecodedRowsShareNothing with the batches that they came from.
func TestDecodedRowsShareNothing(t *testing.T) {
	type T struct {
		S string
		B []byte
		L []string
	}
	var kept []T
	rd, err := rows.From(func(yield func(T, error) bool) {
		for i := range 30_000 {
			s := fmt.Sprint("row ", i)
			if !yield(T{s, []byte(s), []string{s}}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	for r, err := range rows.Decode[T](func(yield func(arrow.RecordBatch, error) bool) {
		for rd.Next() {
			b := rd.RecordBatch()
			if !yield(b, nil) {
				return
			}
			for _, c := range b.Columns()[:2] { // what is reused by the next batch
				clear(c.Data().Buffers()[2].Bytes())
			}
		}
	}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r)
	}
	for i, r := range kept {
		if s := fmt.Sprint("row ", i); r.S != s || !bytes.Equal(r.B, []byte(s)) || r.L[0] != s {
			t.Fatalf("row %d is %q, %q, %q", i, r.S, r.B, r.L)
		}
	}
}

// TestMapsAreWrittenInTheOrderOfTheirKeys, so that equal rows are equal bytes.
func TestMapsAreWrittenInTheOrderOfTheirKeys(t *testing.T) {
	type T struct {
		M map[int16]string
		F map[float64]bool
	}
	m := map[int16]string{}
	for i := range int16(100) {
		m[i*37%101-50] = "x"
	}
	rd, err := rows.Of([]T{{M: m, F: map[float64]bool{math.NaN(): true, 2: false, -1: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	rd.Next()
	keys := rd.RecordBatch().Column(0).(*array.Map).Keys().(*array.Int16).Int16Values()
	if !slices.Equal(keys, slices.Sorted(maps.Keys(m))) {
		t.Errorf("%v", keys)
	}
	if n := rd.RecordBatch().Column(1).(*array.Map).Keys().Len(); n != 3 {
		t.Errorf("%d keys", n)
	}
}

func TestVariantsAreRowsAndJSON(t *testing.T) {
	type event struct {
		ID   int64
		Body *rows.Variant
		All  []rows.Variant
	}
	s, _, err := rows.Schema[event]()
	if err != nil || s.Fields[1].Type != schema.Variant || !s.Fields[1].Nullable {
		t.Fatalf("%v, %v", s, err)
	}
	number := rows.Variant{Metadata: []byte{1, 0, 0}, Value: []byte{3 << 2, 7}}
	object := rows.Variant{Metadata: []byte{1, 1, 0, 1, 'a'}, Value: []byte{2, 1, 0, 0, 1, 0}}
	want := []event{{1, &number, []rows.Variant{object, number}}, {2, nil, nil}}
	r, err := rows.Of(want)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var got []event
	for e, err := range rows.Decode[event](batches(r)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	text, err := json.Marshal(got)
	if want := `[{"ID":1,"Body":7,"All":[{"a":null},7]},{"ID":2,"Body":null,"All":null}]`; err != nil || string(text) != want {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
	if _, err := json.Marshal(rows.Variant{}); err == nil {
		t.Error("a variant without metadata has a text")
	}
	if _, ok := rows.VariantJSON(array.NewNull(1)); ok {
		t.Error("a column of another type is taken for variants")
	}
	if _, _, err := rows.Schema[rows.Variant](); err == nil {
		t.Error("a variant is taken for a row")
	}
}
