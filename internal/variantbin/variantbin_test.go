package variantbin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/parquet/variant"
	"github.com/google/uuid"
)

// built is a variant made with arrow-go's builder.
func built(t testing.TB, v any) (metadata, value []byte) {
	t.Helper()
	var b variant.Builder
	put(t, &b, v)
	out, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return out.Metadata().Bytes(), out.Bytes()
}

type (
	object []pair
	pair   struct {
		name  string
		value any
	}
	clock int64
	nanos struct {
		n   int64
		utc bool
	}
	micros struct {
		n   int64
		utc bool
	}
)

func put(t testing.TB, b *variant.Builder, v any) {
	var err error
	switch v := v.(type) {
	case object:
		start, fields := b.Offset(), []variant.FieldEntry{}
		for _, p := range v {
			fields = append(fields, b.NextField(start, p.name))
			put(t, b, p.value)
		}
		err = b.FinishObject(start, fields)
	case []any:
		start, offsets := b.Offset(), []int{}
		for _, e := range v {
			offsets = append(offsets, b.NextElement(start))
			put(t, b, e)
		}
		err = b.FinishArray(start, offsets)
	case nil:
		err = b.AppendNull()
	case bool:
		err = b.AppendBool(v)
	case int:
		err = b.AppendInt(int64(v))
	case float32:
		err = b.AppendFloat32(v)
	case float64:
		err = b.AppendFloat64(v)
	case string:
		err = b.AppendString(v)
	case []byte:
		err = b.AppendBinary(v)
	case arrow.Date32:
		err = b.AppendDate(v)
	case clock:
		err = b.AppendTimeMicro(arrow.Time64(v))
	case micros:
		err = b.AppendTimestamp(arrow.Timestamp(v.n), true, v.utc)
	case nanos:
		err = b.AppendTimestamp(arrow.Timestamp(v.n), false, v.utc)
	case uuid.UUID:
		err = b.AppendUUID(v)
	case decimal.Decimal32:
		err = b.AppendDecimal4(2, v)
	case decimal.Decimal64:
		err = b.AppendDecimal8(3, v)
	case decimal128.Num:
		err = b.AppendDecimal16(38, v)
	default:
		t.Fatalf("no variant of %T", v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// text is a variant's JSON, or its error.
func text(metadata, value []byte) (string, error) {
	var d Dictionary
	if err := d.Load(metadata); err != nil {
		return "", err
	}
	out, err := d.AppendJSON(nil, value)
	return string(out), err
}

func TestEveryTypeHasItsJSON(t *testing.T) {
	most, _ := decimal128.FromString("-0.99999999999999999999999999999999999999", 38, 38)
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {false, "false"},
		{-128, "-128"}, {300, "300"}, {-70000, "-70000"}, {math.MinInt64, "-9223372036854775808"}, {math.MaxInt64, "9223372036854775807"},
		{float32(0.1), "0.1"}, {0.1, "0.1"}, {1e300, "1e+300"}, {math.NaN(), `"NaN"`}, {math.Inf(-1), `"-Infinity"`}, {math.Copysign(0, -1), "-0"},
		{decimal.Decimal32(-150), "-1.50"}, {decimal.Decimal64(1), "0.001"}, {most, "-0.99999999999999999999999999999999999999"},
		{arrow.Date32(-1), `"1969-12-31"`}, {arrow.Date32(2_932_896), `"9999-12-31"`},
		{micros{-1, true}, `"1969-12-31T23:59:59.999999Z"`}, {micros{1, false}, `"1970-01-01T00:00:00.000001"`},
		{nanos{-1, true}, `"1969-12-31T23:59:59.999999999Z"`}, {nanos{math.MaxInt64, false}, `"2262-04-11T23:47:16.854775807"`}, {nanos{math.MinInt64, false}, `"1677-09-21T00:12:43.145224192"`},
		{clock(86_399_999_999), `"23:59:59.999999"`}, {clock(0), `"00:00:00.000000"`},
		{[]byte{0, 0xff}, `"AP8="`}, {[]byte{}, `""`},
		{uuid.MustParse("f24f9b64-81fa-49d1-b74e-8c09a6e31c56"), `"f24f9b64-81fa-49d1-b74e-8c09a6e31c56"`},
		{"", `""`}, {"a<b>\"\\\n\r\t\x01é\u2028", `"a<b>\"\\\n\r\t\u0001é` + "\u2028" + `"`}, {strings.Repeat("é", 40), `"` + strings.Repeat("é", 40) + `"`}, {"\xff", `"` + "\ufffd" + `"`},
		{[]any{}, "[]"}, {object{}, "{}"},
		{[]any{1, nil, []any{"x"}, object{{"k", []any{}}}}, `[1,null,["x"],{"k":[]}]`},
		{object{{"é", 1}, {"b", object{{"z", nil}, {"a", 2}}}, {"", 3}}, `{"":3,"b":{"a":2,"z":null},"é":1}`},
	} {
		got, err := text(built(t, c.value))
		if err != nil || got != c.want {
			t.Errorf("%#v: got %s, %v; want %s", c.value, got, err, c.want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s is no JSON", got)
		}
	}
}

func TestManyFieldsAndLongOffsetsAreRead(t *testing.T) {
	var o object
	var want strings.Builder
	for i := range 70_000 { // three bytes of offset and of id, a large count
		name := fmt.Sprintf("f%05d", i)
		o = append(o, pair{name, i})
		fmt.Fprintf(&want, `,%q:%d`, name, i)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(o), func(i, j int) { o[i], o[j] = o[j], o[i] })
	if got, err := text(built(t, o)); err != nil || got != "{"+want.String()[1:]+"}" {
		t.Errorf("%d bytes, %v; want %d", len(got), err, want.Len()+1)
	}
}

// What is built here, arrow-go's own reader takes for the same.
func TestWhatIsBuiltIsReadByArrow(t *testing.T) {
	names := []string{"a", "b", "c"}
	metadata, _ := built(t, object{{"c", 1}, {"a", 1}, {"b", 1}})
	var d Dictionary
	if err := d.Load(metadata); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 2, 255, 256, 300, 70_000} {
		var row []byte
		var ends []int
		for i := range n {
			row = AppendScalar(row, Int32, int64(i))
			ends = append(ends, len(row))
		}
		checkArrow(t, metadata, WrapArray(row, 0, ends), n)
	}
	row, ids, ends := AppendScalar(nil, Int8, 9), []uint32{}, []int{} // something in front
	for i, name := range names {
		id, found := d.Find(name)
		if !found {
			t.Fatalf("%q is not found", name)
		}
		row = AppendBytes(row, String, bytes.Repeat([]byte{'x'}, 40*i))
		ids, ends = append(ids, id), append(ends, len(row)-2)
	}
	row = WrapObject(row, 2, ids, ends)
	checkArrow(t, metadata, row[2:], 3)
	if !bytes.Equal(row[:2], AppendScalar(nil, Int8, 9)) {
		t.Error("what was in front changed")
	}
	if _, found := d.Find("d"); found {
		t.Error("a name that is not there is found")
	}
}

func checkArrow(t *testing.T, metadata, value []byte, n int) {
	t.Helper()
	v, err := variant.New(metadata, value)
	if err != nil {
		t.Fatalf("%d: %v", n, err)
	}
	theirs, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := text(metadata, value)
	if n == 0 {
		theirs = []byte("[]") // arrow-go prints null
	}
	if err != nil || ours != string(theirs) {
		t.Errorf("%d: got %.100s, %v; arrow-go has %.100s", n, ours, err, theirs)
	}
}

func TestMalformedVariantsAreErrors(t *testing.T) {
	empty := []byte{1, 0, 0}
	ab := []byte{0x11, 2, 0, 1, 2, 'a', 'b'}
	ba := []byte{0x01, 2, 0, 1, 2, 'b', 'a'}
	aa := []byte{0x01, 2, 0, 1, 2, 'a', 'a'}
	for _, c := range []struct {
		name            string
		metadata, value []byte
		kind            error
	}{
		{"no metadata", nil, []byte{0}, ErrCorrupt},
		{"metadata of one byte", []byte{1}, []byte{0}, ErrCorrupt},
		{"version 2", []byte{2, 0, 0}, []byte{0}, ErrUnsupported},
		{"more names than bytes", []byte{1, 200, 0}, []byte{0}, ErrCorrupt},
		{"4 billion names", []byte{0xc1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, []byte{0}, ErrCorrupt},
		{"names backwards", []byte{1, 2, 0, 2, 1, 'a', 'b'}, []byte{0}, ErrCorrupt},
		{"first name not at 0", []byte{1, 1, 1, 1, 'a'}, []byte{0}, ErrCorrupt},
		{"a name beyond the end", []byte{1, 1, 0, 9, 'a'}, []byte{0}, ErrCorrupt},
		{"no value", empty, nil, ErrCorrupt},
		{"two values", empty, []byte{0, 0}, ErrCorrupt},
		{"type 21", empty, []byte{21 << 2}, ErrUnsupported},
		{"half an int32", empty, []byte{byte(Int32) << 2, 1, 2}, ErrCorrupt},
		{"half a short string", empty, []byte{5<<2 | 1, 'a'}, ErrCorrupt},
		{"half a length", empty, []byte{byte(String) << 2, 1, 0}, ErrCorrupt},
		{"a string of 4 GiB", empty, []byte{byte(String) << 2, 0xff, 0xff, 0xff, 0xff, 'a'}, ErrCorrupt},
		{"scale 39", empty, []byte{byte(Decimal4) << 2, 39, 1, 0, 0, 0}, ErrCorrupt},
		{"a time beyond the day", empty, AppendScalar(nil, Time, microsPerDay), ErrCorrupt},
		{"a negative time", empty, AppendScalar(nil, Time, -1), ErrCorrupt},
		{"an array without count", empty, []byte{3}, ErrCorrupt},
		{"an array of 255 in 3 bytes", empty, []byte{3, 255, 0}, ErrCorrupt},
		{"an array of 4 billion", empty, []byte{3 | 1<<4, 0xff, 0xff, 0xff, 0xff, 0}, ErrCorrupt},
		{"an object of 4 billion", empty, []byte{2 | 1<<6, 0xff, 0xff, 0xff, 0xff, 0}, ErrCorrupt},
		{"data beyond the end", empty, []byte{3, 1, 0, 9, 0}, ErrCorrupt},
		{"an element beyond the data", empty, []byte{3, 1, 2, 1, 0}, ErrCorrupt},
		{"an element at the end", empty, []byte{3, 1, 1, 1, 0}, ErrCorrupt},
		{"elements that overlap", empty, []byte{3, 2, 0, 0, 1, 0}, ErrCorrupt},
		{"an id without a name", ab, []byte{2, 1, 2, 0, 1, 0}, ErrCorrupt},
		{"fields out of order", ab, []byte{2, 2, 1, 0, 0, 1, 2, 0, 0}, ErrCorrupt},
		{"fields out of order, names too", ba, []byte{2, 2, 0, 1, 0, 1, 2, 0, 0}, ErrCorrupt},
		{"a field twice", ab, []byte{2, 2, 0, 0, 0, 1, 2, 0, 0}, ErrCorrupt},
		{"a name twice", aa, []byte{2, 2, 0, 1, 0, 1, 2, 0, 0}, ErrCorrupt},
		{"nested too deep", empty, nestedArrays(DepthMax + 1), ErrLimit},
	} {
		if got, err := text(c.metadata, c.value); !errors.Is(err, c.kind) {
			t.Errorf("%s: got %.50s, %v; want %v", c.name, got, err, c.kind)
		}
	}
	for name, v := range map[string][]byte{
		"values in any order":    {2, 2, 0, 1, 1, 0, 2, 1 << 2, 2 << 2},
		"a large count of few":   {3 | 1<<4, 1, 0, 0, 0, 0, 1, 0},
		"bytes between elements": {3, 1, 1, 2, 9, 0},
		"as deep as allowed":     nestedArrays(DepthMax),
	} {
		if got, err := text(ab, v); err != nil {
			t.Errorf("%s: got %.50s, %v", name, got, err)
		}
	}
}

func nestedArrays(depth int) []byte {
	row := AppendScalar(nil, Null, 0)
	for range depth {
		row = WrapArray(row, 0, []int{len(row)})
	}
	return row
}

// TestBombsAreRefusedBeforeTheyGoOff has values whose text, or the work on
// them, would be beyond measure if it were not bounded.
func TestBombsAreRefusedBeforeTheyGoOff(t *testing.T) {
	empty := []byte{1, 0, 0}
	shared := []byte{0}
	for range 100 { // two elements at the same place, a hundred levels deep: 2^100 of them
		n := len(shared)
		row := []byte{3 | 1<<2, 2, 0, 0, 0, 0, byte(n), byte(n >> 8)}
		shared = append(row, shared...)
	}
	if _, err := text(empty, shared); !errors.Is(err, ErrCorrupt) {
		t.Errorf("shared elements: %v", err)
	}
	long := strings.Repeat("x", 1<<20) // a name of 1 MiB in 2000 objects
	metadata, one := built(t, object{{long, nil}, {long + "y", nil}})
	var row []byte
	var ends []int
	for range 2000 {
		row = append(row, one...)
		ends = append(ends, len(row))
	}
	var d Dictionary
	if err := errors.Join(d.Load(metadata), d.Check(WrapArray(row, 0, ends), DepthMax)); err != nil {
		t.Fatal(err)
	}
	const most = 8 << 20 // instead of textMax, which takes its time
	out, err := d.appendJSON(nil, WrapArray(row, 0, ends), most)
	if !errors.Is(err, ErrLimit) || len(out) > most+4<<20 {
		t.Errorf("a long name in many objects: %d bytes, %v", len(out), err)
	}
}

func TestADictionaryIsLoadedAgainOnlyIfItChanged(t *testing.T) {
	var d Dictionary
	one, other := []byte{1, 1, 0, 1, 'a'}, []byte{1, 1, 0, 1, 'b'}
	var loads []uint64
	for _, m := range [][]byte{one, one, other, nil, other} {
		if err := d.Load(m); (err == nil) != (m != nil) {
			t.Fatalf("%v: %v", m, err)
		}
		loads = append(loads, d.Loads())
	}
	if want := []uint64{1, 1, 2, 3, 4}; !slices.Equal(loads, want) {
		t.Errorf("loads are %d, want %d", loads, want)
	}
	if _, found := d.Find("b"); !found {
		t.Error("the last names are not there")
	}
}

// randomVariant is any variant of a few levels.
func randomVariant(rng *rand.Rand, depth int) any {
	switch n := rng.IntN(20); {
	case n < 3 && depth > 0:
		var o object
		for _, i := range rng.Perm(8)[:rng.IntN(6)] {
			o = append(o, pair{strings.Repeat(string(rune('a'+i)), 1+i%3), randomVariant(rng, depth-1)})
		}
		return o
	case n < 6 && depth > 0:
		a := []any{}
		for range rng.IntN(5) {
			a = append(a, randomVariant(rng, depth-1))
		}
		return a
	case n < 8:
		return rng.IntN(2) == 0
	case n < 12:
		return int(rng.Int64()) >> rng.IntN(64)
	case n < 15:
		return strings.Repeat("é", rng.IntN(50))
	case n < 16:
		return float64(rng.IntN(1000)) / 8
	case n < 17:
		return decimal.Decimal64(rng.IntN(1000))
	case n < 18:
		return micros{rng.Int64N(1e15), true}
	case n < 19:
		return []byte{byte(rng.Uint32())}
	default:
		return nil
	}
}

// FuzzVariant: any bytes give text that is JSON, or an error, in bounded time.
func FuzzVariant(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		m, v := built(f, randomVariant(rng, 4))
		f.Add(m, v)
	}
	f.Add([]byte{1, 0, 0}, nestedArrays(3))
	f.Fuzz(func(t *testing.T, metadata, value []byte) { checkAny(t, metadata, value) })
}

func checkAny(t *testing.T, metadata, value []byte) (ok bool) {
	start := time.Now()
	var d Dictionary
	if err := d.Load(metadata); err != nil {
		return false
	}
	out, err := d.AppendJSON(nil, value)
	if time.Since(start) > 10*time.Second {
		t.Errorf("metadata %x, value %x took %v", metadata, value, time.Since(start))
	}
	switch {
	case err == nil && !json.Valid(out):
		t.Errorf("metadata %x, value %x: %s is no JSON", metadata, value, out)
	case err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrLimit):
		t.Errorf("metadata %x, value %x: untyped %v", metadata, value, err)
	}
	if err != nil {
		return false
	}
	var ids []uint32
	var ends []int
	var again []byte
	for id, child := range d.Fields(value) {
		ids, again = append(ids, id), append(again, child...)
		ends = append(ends, len(again))
	}
	if IsObject(value) { // taken apart and put together, it is the same
		same, err := d.AppendJSON(nil, WrapObject(again, 0, ids, ends))
		if err != nil || !bytes.Equal(same, out) {
			t.Errorf("metadata %x, value %x: rebuilt as %s, %v; want %s", metadata, value, same, err, out)
		}
	}
	return true
}

func TestDamagedVariantsGiveJSONOrATypedError(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	good, bad := 0, 0
	for range 20_000 {
		m, v := built(t, randomVariant(rng, 5))
		m, v = slices.Clone(m), slices.Clone(v)
		for range rng.IntN(3) {
			b := m
			if rng.IntN(4) > 0 {
				b = v
			}
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		}
		if rng.IntN(8) == 0 {
			v = v[:rng.IntN(len(v))]
		}
		if checkAny(t, m, v) {
			good++
		} else {
			bad++
		}
	}
	if good == 0 || bad == 0 {
		t.Errorf("%d are read and %d refused: the test tests nothing", good, bad)
	}
}
