package checkpoint

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// openBody opens a checkpoint of one file.
func openBody(t testing.TB, body []byte) *Reader {
	t.Helper()
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// boundsColumns are columns of all types that bounds may have, as other programs
// write them.
var boundsColumns = []struct {
	name string
	typ  schema.Type
	node parquet.Node
	pick func(*rand.Rand) any
}{
	{"l", schema.Long, long(), func(r *rand.Rand) any { return pickOne(r, math.MinInt64, -1, 0, 1, int64(r.Uint64()), math.MaxInt64) }},
	{"i", schema.Integer, integer(), func(r *rand.Rand) any { return int32(r.Uint32()) }},
	{"y", schema.Byte, optional(parquet.Int(8)), func(r *rand.Rand) any { return int32(int8(r.Uint32())) }},
	{"wide", schema.Long, integer(), func(r *rand.Rand) any { return int32(r.Uint32()) }}, // widened since
	{"u", schema.Long, optional(parquet.Uint(32)), func(r *rand.Rand) any { return int32(r.Uint32()) }},
	{"d9", schema.Decimal{Precision: 9, Scale: 2}, optional(parquet.Decimal(2, 9, parquet.Int32Type)), func(r *rand.Rand) any { return int32(r.IntN(2e9) - 1e9) }},
	{"d18", schema.Decimal{Precision: 20, Scale: 3}, optional(parquet.Decimal(2, 18, parquet.Int64Type)), func(r *rand.Rand) any { return r.Int64N(2e18) - 1e18 }},
	{"d20", schema.Decimal{Precision: 20, Scale: 2}, optional(parquet.Decimal(2, 20, parquet.FixedLenByteArrayType(9))), func(r *rand.Rand) any { return bigEndian(r, 9) }},
	{"d38", schema.Decimal{Precision: 38, Scale: 2}, optional(parquet.Decimal(2, 38, parquet.FixedLenByteArrayType(16))), func(r *rand.Rand) any { return bigEndian(r, 16) }},
	{"db", schema.Decimal{Precision: 20, Scale: 2}, optional(parquet.Decimal(2, 20, parquet.ByteArrayType)), func(r *rand.Rand) any { return bigEndian(r, 1+r.IntN(8)) }},
	{"f", schema.Float, optional(parquet.Leaf(parquet.FloatType)), func(r *rand.Rand) any { return pickOne(r, float32(math.NaN()), 0, -1, 1) }},
	{"g", schema.Double, optional(parquet.Leaf(parquet.DoubleType)), func(r *rand.Rand) any { return pickOne(r, math.NaN(), 0, -1, 1, math.Inf(1)) }},
	{"day", schema.Date, optional(parquet.Date()), func(r *rand.Rand) any {
		return pickOne(r, int32(r.Uint32()), int32(r.IntN(40000)-20000), -719162-int32(r.IntN(800)), 2932896+int32(r.IntN(800)))
	}},
	{"daywide", schema.TimestampNTZ, optional(parquet.Date()), func(r *rand.Rand) any { return int32(r.IntN(40000) - 20000) }},
	{"ts", schema.Timestamp, optional(parquet.Timestamp(parquet.Microsecond)), micros},
	{"ntz", schema.TimestampNTZ, optional(parquet.TimestampAdjusted(parquet.Microsecond, false)), micros},
	{"ms", schema.Timestamp, optional(parquet.Timestamp(parquet.Millisecond)), func(r *rand.Rand) any { return pickOne(r, int64(r.Uint64()), r.Int64N(2e12)-1e12) }},
	{"ns", schema.Timestamp, optional(parquet.Timestamp(parquet.Nanosecond)), func(r *rand.Rand) any { return pickOne(r, int64(r.Uint64()), r.Int64N(2e18)-1e18) }},
	{"s", schema.String, text(), randomText},
	{"b", schema.Boolean, boolean(), func(r *rand.Rand) any { return r.IntN(2) == 0 }},
	{"number", schema.Long, text(), func(r *rand.Rand) any { return pickOne(r, "10", "9", "-1", "100") }}, // of another type than the table's
	{"date", schema.Date, text(), func(r *rand.Rand) any {
		return pickOne(r, "2020-01-01", "+12020-01-01", "-2020-01-01", "2020-1-1", "19999-01-01")
	}},
	{"time", schema.Timestamp, text(), func(r *rand.Rand) any {
		return pickOne(r, "2020-01-01T10:00:00+10:00", "2020-01-01T09:00:00Z", "2020-01-01T09:00:00.5Z", "2020-01-01T11:00:00-12:00")
	}},
	{"words", schema.String, optional(parquet.Date()), func(r *rand.Rand) any { return int32(r.Uint32()) >> r.IntN(16) }},
}

func pickOne[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func micros(r *rand.Rand) any {
	return pickOne(r, int64(r.Uint64()), r.Int64N(4e15)-2e15, 63072000000000+r.Int64N(2e8)-1e8, -62135596800000000+r.Int64N(1e15)-5e14)
}

func randomText(r *rand.Rand) any {
	b := ""
	for range r.IntN(3) + 31*r.IntN(2) {
		b += pickOne(r, "a", "a", "a", "a", "a", "z", "é", "\uFFFD", "\U0010FFFF", "\ud7ff")
	}
	return b
}

// bigEndian is a decimal in two's complement of so many bytes.
func bigEndian(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	small := r.IntN(n)
	for i := range b {
		if b[i] = byte(r.Uint32()); i < small {
			b[i] = 0
		}
	}
	if b[0] &= 0x1f; r.IntN(2) == 0 {
		for i := range b {
			b[i] ^= 0xff
		}
	}
	return b
}

// TestBoundsOfARowGroupEncloseThoseOfItsFiles, of whatever types the columns are,
// and the table's may be other ones.
func TestBoundsOfARowGroupEncloseThoseOfItsFiles(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FORESET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("FORESET_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	root, nulls, table := parquet.Group{}, parquet.Group{}, &schema.Struct{}
	for _, c := range boundsColumns {
		root[c.name], nulls[c.name] = c.node, long()
		table.Fields = append(table.Fields, schema.Field{Name: c.name, Type: c.typ})
	}
	known := map[string]int{}
	for range 300 {
		body := foreign(t, parquet.Group{
			"add": optional(parquet.Group{
				"path": text(), "size": long(),
				"stats_parsed": optional(parquet.Group{"minValues": optional(root), "maxValues": optional(root), "nullCount": optional(nulls)}),
			}),
			"remove": optional(parquet.Group{"path": text()}),
		}, randomRows(r)...)
		check := openBody(t, body)
		b := check.parts[0].bounds(0)
		many, err := stats.NewManyParser(table, 0).Parse(b.Stats)
		if err != nil && b.Stats != "" {
			t.Fatalf("%v: %s", err, b.Stats)
		}
		if err != nil {
			continue
		}
		for f, err := range check.Files(context.Background(), Stats) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Len() {
				file, err := stats.Parse(f.Stats(i), table)
				if err != nil {
					file = stats.New(table, -1)
				}
				for _, c := range boundsColumns {
					of, each := columnOf(t, many, c.name), columnOf(t, file, c.name)
					if !of.Min.IsNull() {
						known[c.name]++
						if order, ok := value.Compare(of.Min, each.Min); each.Min.IsNull() && !vague(c.name) || ok && order > 0 {
							t.Fatalf("FORESET_SEED=%d: %s: the minimum %#v is above %#v of a file\n%s\n%s", seed, c.name, of.Min, each.Min, b.Stats, f.Stats(i))
						}
					}
					if !of.Max.IsNull() {
						known[c.name]++
						if order, ok := value.Compare(of.Max, each.Max); each.Max.IsNull() && !vague(c.name) || ok && order < 0 {
							t.Fatalf("FORESET_SEED=%d: %s: the maximum %#v is below %#v of a file\n%s\n%s", seed, c.name, of.Max, each.Max, b.Stats, f.Stats(i))
						}
					}
					if of.NullCount >= 0 && each.NullCount != of.NullCount {
						t.Fatalf("FORESET_SEED=%d: %s: %d nulls, where a file has %d\n%s\n%s", seed, c.name, of.NullCount, each.NullCount, b.Stats, f.Stats(i))
					}
				}
			}
		}
	}
	for _, c := range boundsColumns {
		unknown := slices.Contains([]string{"f", "g", "u", "db", "words", "number", "date", "time"}, c.name)
		if unknown != (known[c.name] == 0) {
			t.Errorf("FORESET_SEED=%d: %s has %d bounds", seed, c.name, known[c.name])
		}
	}
}

// vague says that a bound of one file may be unknown where that of all is not: a
// string that has lost bytes, and a number beyond what a timestamp holds.
func vague(column string) bool { return column == "s" || column == "ms" }

func columnOf(t *testing.T, f *stats.File, name string) stats.Column {
	t.Helper()
	c, ok := f.Column(name)
	if !ok {
		t.Fatal(name)
	}
	return c
}

// randomRows are a few rows, most of them files with statistics of most columns.
func randomRows(r *rand.Rand) []func(put) {
	var rows []func(put)
	some, side := r.IntN(4) > 0, pickOne(r, "minValues", "maxValues")
	for range 1 + r.IntN(5) {
		if r.IntN(5) == 0 {
			rows = append(rows, func(put put) { put("r", "remove", "path") })
			continue
		}
		rows = append(rows, func(put put) {
			put("a", "add", "path")
			put(int64(1), "add", "size")
			if !some && r.IntN(3) == 0 {
				return
			}
			for _, c := range boundsColumns {
				if some || r.IntN(3) > 0 {
					put(c.pick(r), "add", "stats_parsed", side, c.name)
				}
				if some || r.IntN(3) > 0 {
					put(int64(r.IntN(3)-1), "add", "stats_parsed", "nullCount", c.name)
				}
			}
		})
	}
	return rows
}

// TestTheFooterHasNoBoundsOfLongDecimals, whose order parquet-go does not know:
// whoever believed them would miss files.
func TestTheFooterHasNoBoundsOfLongDecimals(t *testing.T) {
	for _, precision := range []int{19, 38} {
		src := source()
		src.Metadata.SchemaString = `{"type":"struct","fields":[{"name":"d","type":"decimal(` + strconv.Itoa(precision) + `,0)","nullable":true,"metadata":{}}]}`
		src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": "true"}
		src.Adds = all([]*log.AddFile{
			{Path: "a", PartitionValues: map[string]*string{}, Size: 1, Stats: `{"numRecords":1,"minValues":{"d":-3},"maxValues":{"d":10},"nullCount":{"d":0}}`},
			{Path: "b", PartitionValues: map[string]*string{}, Size: 1, Stats: `{"numRecords":1,"minValues":{"d":5},"maxValues":{"d":6},"nullCount":{"d":0}}`},
		})
		body := mustEncode(t, src, nil)
		if b := openBody(t, body).parts[0].bounds(0); b.Stats != `{"nullCount":{"d":0}}` {
			t.Errorf("bounds %s", b.Stats)
		}
		f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		leaf, _ := f.Schema().Lookup("add", "stats_parsed", "minValues", "d")
		of := f.Metadata().RowGroups[0].Columns[leaf.ColumnIndex].MetaData.Statistics
		if len(of.MinValue)+len(of.MaxValue)+len(of.Min)+len(of.Max) > 0 || of.NullCount != 2 {
			t.Errorf("statistics %+v", of)
		}
		index := f.ColumnIndexes()[leaf.ColumnIndex]
		n := decimalBytes(precision)
		if len(index.MinValues) != len(index.NullPages) || len(index.MaxValues) != len(index.NullPages) ||
			index.MinValues[0][0] != 0x80 || index.MaxValues[0][0] != 0x7f || len(index.MinValues[0]) != n {
			t.Errorf("page index %+v", index)
		}
	}
}

// TestAFooterThatLiesAboutItsStatisticsSaysNothing: what is no bound, or cannot be
// one of every file, is none.
func TestAFooterThatLiesAboutItsStatisticsSaysNothing(t *testing.T) {
	values := optional(parquet.Group{"id": long(), "name": text(), "flag": boolean(), "day": optional(parquet.Date())})
	body := foreign(t, parquet.Group{"add": optional(parquet.Group{
		"path": text(), "size": long(), "partitionValues_parsed": optional(parquet.Group{"p": text()}),
		"stats_parsed": optional(parquet.Group{"minValues": values, "maxValues": values, "nullCount": optional(parquet.Group{"id": long()})}),
	})}, func(put put) {
		put("a", "add", "path")
		put(int64(1), "add", "size")
		put("q", "add", "partitionValues_parsed", "p")
		put(int64(0), "add", "stats_parsed", "nullCount", "id")
		for _, of := range []string{"minValues", "maxValues"} {
			put(int64(5), "add", "stats_parsed", of, "id")
			put("x", "add", "stats_parsed", of, "name")
			put(true, "add", "stats_parsed", of, "flag")
			put(int32(7), "add", "stats_parsed", of, "day")
		}
	})
	const sound = `{"minValues":{"day":"1970-01-08","flag":true,"id":5},"maxValues":{"day":"1970-01-08","flag":true,"id":5},` +
		`"minTexts":{"name":"x"},"maxTexts":{"name":"x"},"nullCount":{"id":0}}`
	const keys = `{"minTexts":{"p":"q"},"maxTexts":{"p":"q"},"nullCount":{"p":0}}`
	n := func(n int64) *int64 { return &n }
	type said struct {
		Min, Max, MinValue, MaxValue []byte
		NullCount                    *int64
	}
	for name, c := range map[string]struct {
		lie  func(*said)
		want Bounds
	}{
		"no lie":                 {func(*said) {}, Bounds{sound, keys}},
		"negative nulls":         {func(s *said) { s.NullCount = n(-1) }, Bounds{}},
		"more nulls than values": {func(s *said) { s.NullCount = n(2) }, Bounds{}},
		"unknown nulls":          {func(s *said) { s.NullCount = nil }, Bounds{}},
		"too short":              {func(s *said) { s.MinValue, s.MaxValue = s.MinValue[:0:0], s.MaxValue[:0:0] }, Bounds{Stats: `{"minTexts":{"name":""},"maxTexts":{"name":""}}`, Partitions: `{"maxTexts":{"p":""}}`}},
		"too long": {func(s *said) {
			s.MinValue, s.MaxValue = bytes.Repeat(s.MinValue, 3), bytes.Repeat(s.MaxValue, 3)
		}, Bounds{`{"minTexts":{"name":"xxx"},"maxTexts":{"name":"xxx"}}`, `{"minTexts":{"p":"qqq"},"maxTexts":{"p":"qqq"},"nullCount":{"p":0}}`}},
		"no UTF-8":                    {func(s *said) { s.MinValue, s.MaxValue = []byte("\xff"), []byte("\xff") }, Bounds{Stats: `{"minValues":{"flag":true},"maxValues":{"flag":true}}`}},
		"the deprecated bounds alone": {func(s *said) { s.Min, s.Max, s.MinValue, s.MaxValue = s.MinValue, s.MaxValue, nil, nil }, Bounds{}},
		"the least above the greatest": {func(s *said) {
			if len(s.MinValue) == 8 {
				s.MinValue = []byte{0, 0, 0, 0, 0, 0, 0, 0x40}
			}
		}, Bounds{strings.ReplaceAll(strings.ReplaceAll(sound, `,"id":5`, ""), `,"nullCount":{"id":0}`, ""), keys}},
	} {
		r := openBody(t, body)
		p := r.parts[0]
		for _, chunk := range p.file.Meta().RowGroups[0].Columns {
			if s := chunk.MetaData.Statistics; s != nil {
				lie := said{MinValue: s.MinValue, MaxValue: s.MaxValue, NullCount: s.NullCount}
				c.lie(&lie)
				s.Min, s.Max, s.MinValue, s.MaxValue, s.NullCount = lie.Min, lie.Max, lie.MinValue, lie.MaxValue, lie.NullCount
			}
		}
		if got := p.bounds(0); got != c.want {
			t.Errorf("%s: got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// TestColumnsWithEndlessNamesHaveNoBounds, which every row group would repeat.
func TestColumnsWithEndlessNamesHaveNoBounds(t *testing.T) {
	for _, c := range []struct {
		length int
		known  bool
	}{{200, true}, {100_000, false}} {
		name := strings.Repeat("n", c.length)
		body := foreign(t, parquet.Group{"add": optional(parquet.Group{
			"path": text(), "size": long(), "stats_parsed": optional(parquet.Group{"minValues": optional(parquet.Group{name: long()})}),
		})}, func(put put) {
			put("a", "add", "path")
			put(int64(1), "add", "size")
			put(int64(5), "add", "stats_parsed", "minValues", name)
		})
		if b := openBody(t, body).parts[0].bounds(0); (b.Stats == `{"minValues":{"`+name+`":5}}`) != c.known || (b == Bounds{}) == c.known {
			t.Errorf("a name of %d bytes: %.100s", c.length, b.Stats)
		}
	}
}

// TestBoundsOfColumnsThatAreNoneAreNone: leaves, lists, maps and repeated columns
// where structs should be, and columns with the names of the structs around them.
func TestBoundsOfColumnsThatAreNoneAreNone(t *testing.T) {
	many := func(n parquet.Node) parquet.Node { return parquet.Repeated(n) }
	for name, c := range map[string]struct {
		add  parquet.Group
		put  func(put)
		want Bounds
	}{
		"a leaf":           {parquet.Group{"stats_parsed": long()}, func(put put) { put(int64(1), "add", "stats_parsed") }, Bounds{}},
		"leaves":           {parquet.Group{"stats_parsed": optional(parquet.Group{"nullCount": text()})}, func(put put) { put("1", "add", "stats_parsed", "nullCount") }, Bounds{}},
		"a repeated leaf":  {parquet.Group{"stats_parsed": optional(parquet.Group{"minValues": optional(parquet.Group{"id": many(parquet.Leaf(parquet.Int64Type))})})}, func(put put) { put(int64(1), "add", "stats_parsed", "minValues", "id") }, Bounds{}},
		"a list":           {parquet.Group{"stats_parsed": many(parquet.Group{"minValues": optional(parquet.Group{"id": long()})})}, func(put put) { put(int64(1), "add", "stats_parsed", "minValues", "id") }, Bounds{}},
		"a repeated group": {parquet.Group{"partitionValues_parsed": many(parquet.Group{"p": text()})}, func(put put) { put("q", "add", "partitionValues_parsed", "p") }, Bounds{}},
		"its own name": {parquet.Group{"stats_parsed": optional(parquet.Group{"minValues": optional(parquet.Group{"minValues": long()})})},
			func(put put) { put(int64(1), "add", "stats_parsed", "minValues", "minValues") }, Bounds{Stats: `{"minValues":{"minValues":1}}`}},
	} {
		c.add["path"], c.add["size"] = text(), long()
		body := foreign(t, parquet.Group{"add": optional(c.add)}, func(put put) {
			put("a", "add", "path")
			put(int64(1), "add", "size")
			c.put(put)
		})
		r := openBody(t, body)
		if got := r.parts[0].bounds(0); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
