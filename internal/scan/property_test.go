package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// world is a random table with small row groups and pages.
type world struct {
	*rand.Rand
	st      storage.Store
	schema  *schema.Struct
	state   *replay.State
	rows    int64 // written
	deleted map[int64]bool
}

// The columns as they were when the table was made, and, in some worlds, as they
// are since their types were widened.
const (
	worldColumns = "id bigint, i int, l bigint, f double, r float, s string, t timestamp, d date, e decimal(8,2), b boolean, o struct<x:int,y:string>, p string"
	wideColumns  = "id bigint, i bigint, l decimal(22,1), f double, r double, s string, t timestamp, d date, e decimal(12,4), b boolean, o struct<x:bigint,y:string>, p string"
)

// shape is which features a world makes use of.
type shape struct {
	mapping schema.Mapping
	deletes bool
	widened bool
	parsed  bool // the log is a checkpoint with parsed statistics, and no others
}

func (s shape) String() string {
	return fmt.Sprintf("mapping %v, deletes %v, widened %v, parsed %v", s.mapping, s.deletes, s.widened, s.parsed)
}

func (w *world) shape() shape {
	return shape{choose(w, schema.NoMapping, schema.NameMapping, schema.IDMapping), w.IntN(2) == 0, w.IntN(2) == 0, w.IntN(2) == 0}
}

// mapped gives every column the physical name of another one.
func mapped(s *schema.Struct, id *int) *schema.Struct {
	out := &schema.Struct{}
	for i, f := range s.Fields {
		*id++
		f.Metadata = mapping(s.Fields[(i+1)%len(s.Fields)].Name, *id)
		if inner, is := f.Type.(*schema.Struct); is {
			f.Type = mapped(inner, id)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func choose[T any](w *world, of ...T) T { return of[w.IntN(len(of))] }

// newWorld writes a few files, in which columns rise, lie near each other, or
// are in no order.
func newWorld(t *testing.T, seed uint64) (*world, shape) {
	t.Helper()
	ctx := context.Background()
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), st: storage.NewMemory(nil), deleted: map[int64]bool{}}
	has := w.shape()
	columns := func(text string) *schema.Struct {
		s, err := schema.ParseColumns(text)
		if err != nil {
			t.Fatal(err)
		}
		if has.mapping != schema.NoMapping {
			s = mapped(s, new(int))
		}
		return s
	}
	first := columns(worldColumns)
	w.schema = first
	if has.widened {
		w.schema = columns(wideColumns)
	}
	layout, err := arrowconv.Schema(first)
	if err != nil {
		t.Fatal(err)
	}
	features := []string{"columnMapping", "deletionVectors", "typeWidening"}
	actions := []log.Action{
		&log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: features},
		&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: string(w.schema.JSON()), PartitionColumns: []string{"p"},
			Configuration: map[string]string{
				"delta.columnMapping.mode": has.mapping.String(), "delta.checkpoint.writeStatsAsStruct": "true", "delta.checkpoint.writeStatsAsJson": "false",
			}},
	}
	id := int64(0)
	for k := range 3 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
		rows, rising, spread := 50+w.IntN(250), w.IntN(2) == 0, int64(1+w.IntN(60))
		for row := range rows {
			b.Field(0).(*array.Int64Builder).Append(id)
			id++
			n := w.Int64N(spread) - 5
			if rising {
				n = int64(row)/4 - 10
			}
			w.fill(b, n)
			b.Field(11).(*array.StringBuilder).Append(fmt.Sprint("p", k%2))
		}
		batch := b.NewRecordBatch()
		b.Release()
		stored := stored(first, has.mapping)
		if k == 2 && has.widened { // written since
			batch, stored = widenedBatch(t, batch, stored, w.schema, has.mapping)
		}
		name := func(path ...string) string {
			names, _, _ := has.mapping.StoredPath(w.schema, path)
			return strings.Join(names, ".")
		}
		var blooms []string
		for _, path := range [][]string{{"id"}, {"i"}, {"l"}, {"f"}, {"r"}, {"s"}, {"t"}, {"d"}, {"e"}, {"o", "x"}, {"o", "y"}} {
			if w.IntN(2) == 0 {
				blooms = append(blooms, name(path...))
			}
		}
		indexed := func(path []string) bool { return k > 0 || path[0] != name("s") && path[0] != name("i") }
		res, err := write.Files(ctx, func(yield func(arrow.RecordBatch, error) bool) { yield(batch, nil) }, &write.Options{
			Store: w.st, Schema: stored, Partition: []string{name("p")}, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 4, TempDir: t.TempDir(),
			Parquet: parquetio.WriteOptions{RowGroupRows: int64(20 + w.IntN(100)), PageRows: 1 + w.IntN(30), BloomColumns: blooms, Stats: stats.Options{StringPrefix: 4, Columns: indexed}},
			Now:     time.Now, Rand: rand.NewChaCha8([32]byte{byte(k)}), Allocator: memory.DefaultAllocator,
		})
		batch.Release()
		if err != nil {
			t.Fatal(err)
		}
		for _, add := range res.Adds {
			actions = append(actions, add)
		}
		if has.deletes && k != 1 {
			if len(res.Adds) != 1 {
				t.Fatal(res.Adds)
			}
			w.delete(res.Adds[0], id-int64(rows), int64(rows))
		}
	}
	w.rows = id
	if err := w.st.Put(ctx, log.CommitName(0), log.EncodeCommit(actions)); err != nil {
		t.Fatal(err)
	}
	w.state = w.load(t)
	if has.parsed {
		w.checkpoint(t)
		w.state = w.load(t)
	}
	return w, has
}

// load reads the newest version of the table anew.
func (w *world) load(t *testing.T) *replay.State {
	t.Helper()
	src := &replay.Source{
		Store: w.st, Committer: log.NewCommitter(w.st, nil), Share: choose(w, 1, int64(1<<20)), Parallel: 2, Warn: func(err error) { t.Error(err) },
	}
	s, err := replay.Load(context.Background(), src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkpoint writes a checkpoint of the table.
func (w *world) checkpoint(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	adds := func(yield func(*log.AddFile, error) bool) {
		for f, err := range w.state.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(f.Add(), nil) {
				return
			}
		}
	}
	src := &checkpoint.Source{Version: w.state.Version, Protocol: w.state.Protocol, Metadata: w.state.Metadata, NumAdds: -1, AddBytes: -1, Adds: adds}
	if _, err := checkpoint.Write(ctx, w.st, src, &checkpoint.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// stored is a schema under the names that files have.
func stored(s *schema.Struct, m schema.Mapping) *schema.Struct {
	if m == schema.NoMapping {
		return s
	}
	return s.Physical()
}

// widenedBatch is a batch of the schema from, as the table has it since its types
// were widened. The schema that it is written by comes with it.
func widenedBatch(t *testing.T, batch arrow.RecordBatch, from, table *schema.Struct, m schema.Mapping) (arrow.RecordBatch, *schema.Struct) {
	t.Helper()
	defer batch.Release()
	var file bytes.Buffer
	out, err := parquetio.NewWriter(&file, from, nil)
	if err == nil {
		err = out.Write(batch)
	}
	if err == nil {
		_, err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	st := storage.NewMemory(nil)
	if err := st.Put(context.Background(), "f", file.Bytes()); err != nil {
		t.Fatal(err)
	}
	f, err := parquetio.Open(context.Background(), st, "f", int64(file.Len()), &parquetio.OpenOptions{Rows: -1, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	var wide arrow.RecordBatch
	for b, err := range f.Read(context.Background(), parquetio.ReadPlan{Schema: table}) {
		if err != nil || wide != nil {
			t.Fatal(err, wide)
		}
		wide = b.Record
		wide.Retain()
	}
	return wide, stored(table, m)
}

// delete takes rows out of a file whose ids begin with first.
func (w *world) delete(a *log.AddFile, first, rows int64) {
	var gone []int64
	few := w.IntN(2) == 0
	for i := range rows {
		if few && w.IntN(20) == 0 || !few && (i/30)%2 == 0 {
			gone = append(gone, i)
			w.deleted[first+i] = true
		}
	}
	if len(gone) > 0 {
		a.DeletionVector = inline(gone...)
		a.Stats = strings.TrimSuffix(a.Stats, "}") + `,"tightBounds":false}`
	}
}

// fill appends a row of values near n, but for the first and the last column.
func (w *world) fill(b *array.RecordBuilder, n int64) {
	null := func(i int) bool {
		if w.IntN(12) > 0 {
			return false
		}
		b.Field(i).AppendNull()
		return true
	}
	if !null(1) {
		b.Field(1).(*array.Int32Builder).Append(int32(n))
	}
	if !null(2) {
		b.Field(2).(*array.Int64Builder).Append(n * 1_000_000_007)
	}
	double := float64(n) / 2
	if w.IntN(30) == 0 {
		double = choose(w, math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1))
	}
	if !null(3) {
		b.Field(3).(*array.Float64Builder).Append(double)
	}
	if !null(4) {
		b.Field(4).(*array.Float32Builder).Append(float32(double))
	}
	if !null(5) {
		b.Field(5).(*array.StringBuilder).Append(word(n))
	}
	if !null(6) {
		b.Field(6).(*array.TimestampBuilder).Append(arrow.Timestamp(n*3_600_000_000 + int64(w.IntN(3))))
	}
	if !null(7) {
		b.Field(7).(*array.Date32Builder).Append(arrow.Date32(n))
	}
	if !null(8) {
		b.Field(8).(*array.Decimal128Builder).Append(decimal128.FromI64(n * 25))
	}
	if !null(9) {
		b.Field(9).(*array.BooleanBuilder).Append(n > 0)
	}
	if !null(10) {
		o := b.Field(10).(*array.StructBuilder)
		o.Append(true)
		o.FieldBuilder(0).(*array.Int32Builder).Append(int32(n % 7))
		o.FieldBuilder(1).(*array.StringBuilder).Append(word(n % 5))
	}
}

func word(n int64) string {
	if n%3 == 0 {
		return strings.Repeat("a long beginning that is cut, ", 3) + strconv.FormatInt(n, 10)
	}
	return string(rune('a'+(n%20+20)%20)) + "é"[:2*int(n&1)] + strconv.FormatInt(n, 10)
}

// predicate is a random condition.
func (w *world) predicate(depth int) string {
	if depth > 0 {
		switch w.IntN(7) {
		case 0, 1:
			return "(" + w.predicate(depth-1) + " AND " + w.predicate(depth-1) + ")"
		case 2:
			return "(" + w.predicate(depth-1) + " OR " + w.predicate(depth-1) + ")"
		case 3:
			return "NOT (" + w.predicate(depth-1) + ")"
		}
	}
	n := w.Int64N(80) - 20
	column, literal := w.operand(n)
	switch w.IntN(8) {
	case 0:
		return column + choose(w, " IS NULL", " IS NOT NULL")
	case 1, 2:
		list := []string{literal}
		for range w.IntN(4) {
			for {
				other, item := w.operand(w.Int64N(80) - 20)
				if other == column {
					list = append(list, item)
					break
				}
			}
		}
		return column + choose(w, " IN (", " NOT IN (") + strings.Join(list, ", ") + ")"
	case 3:
		return choose(w,
			"startswith(s, '"+word(n)[:1]+"')", "s LIKE '"+word(n)[:1]+"%'", "left(s, 2) = '"+word(n)[:1]+"'", "coalesce(i, 3) > "+fmt.Sprint(n),
			"year(d) = 1970", "month(d) < 2", "date_trunc('DAY', t) = TIMESTAMP '1970-01-02 00:00:00Z'", "date_add(d, 2) > DATE '1970-01-20'", "floor(f) > "+fmt.Sprint(n/2), "ceil(e) <= "+fmt.Sprint(n/4), "round(f) = 2",
			"greatest(i, "+fmt.Sprint(n)+") > 12", "least(l, i) < -3", "isnan(f)", "if(b, i, l) > 3", "CASE WHEN i > 5 THEN 1 WHEN i < 3 THEN 2 END = 1", "to_date(t) = DATE '1970-01-02'",
			"TRY_CAST(s AS INT) IS NULL", "nullif(s, '"+word(n)+"') IS NULL", "i + 5 > "+fmt.Sprint(n), "CAST(i AS BIGINT) = "+fmt.Sprint(n)+"L", "-i > "+fmt.Sprint(n), "10 / i > 1", "p = 'p1'")
	}
	if column == "b" {
		return "b = " + literal
	}
	return column + choose(w, " = ", " = ", " <=> ", " < ", " <= ", " > ", " >= ", " != ") + literal
}

// operand is a column, and a literal of its type near n.
func (w *world) operand(n int64) (column, literal string) {
	stamp := time.Unix(n*3600, int64(w.IntN(3))*1000).UTC().Format("2006-01-02 15:04:05.000000")
	text := map[string]string{
		"id": fmt.Sprint(n * 7), "i": fmt.Sprint(n), "l": fmt.Sprint(n * 1_000_000_007), "f": choose(w, fmt.Sprintf("%gD", float64(n)/2), "0D", "-0D", "double('NaN')"),
		"r": fmt.Sprintf("CAST(%g AS FLOAT)", float64(n)/2), "s": "'" + word(n) + "'", "t": "TIMESTAMP '" + stamp + "Z'",
		"d": "DATE '" + time.Unix(n*86400, 0).UTC().Format("2006-01-02") + "'", "e": fmt.Sprintf("%.2fBD", float64(n)/4), "b": choose(w, "TRUE", "FALSE"),
		"o.x": fmt.Sprint(n % 7), "o.y": "'" + word(n%5) + "'", "p": choose(w, "'p0'", "'p1'", "'p2'"),
	}
	column = choose(w, "id", "i", "l", "f", "r", "s", "t", "d", "e", "b", "o.x", "o.y", "p")
	return column, text[column]
}

// TestPrunedScansAreFullScansFiltered, for random tables, layouts and predicates;
// what Explain says is skipped holds no row of the result.
func TestPrunedScansAreFullScansFiltered(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FORESET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	rounds := 8 / thinned
	if text := os.Getenv("FORESET_ROUNDS"); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	ctx := context.Background()
	evidence, shapes := map[string]int{}, map[string]int{}
	asked, unknown := 0, 0
	for round := range rounds {
		w, has := newWorld(t, seed+uint64(round))
		shapes[has.String()]++
		whole, places := w.everything(t)
		if whole.NumRows() != w.rows-int64(len(w.deleted)) {
			t.Fatalf("FORESET_SEED=%d FORESET_ROUNDS=1: %d rows are read, of %d of which %d are deleted", seed+uint64(round), whole.NumRows(), w.rows, len(w.deleted))
		}
		for range 60 {
			where := w.predicate(2)
			fail := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("FORESET_SEED=%d FORESET_ROUNDS=1 (%v): %s: "+format, append([]any{seed + uint64(round), has, where}, args...)...)
			}
			bound, err := expr.SQL(where).Bind(w.schema, expr.Env{Zone: time.UTC})
			if err != nil {
				unknown++
				continue
			}
			asked++
			if has.parsed { // row groups of a checkpoint are left out where its files are not known yet
				w.state = w.load(t)
			}
			sel, wantErr := bound.Filter(whole, nil)
			p, err := scan.New(scan.Options{
				Store: w.st, State: w.state, Schema: w.schema, Columns: []string{"id"}, Where: expr.SQL(where), Env: expr.Env{Zone: time.UTC},
				Parallel: 1 + w.IntN(3), Budget: 1 << 20, ProbeRows: choose(w, int64(1), 4096), Allocator: memory.DefaultAllocator,
			})
			if err != nil {
				fail("%v", err)
			}
			got, err := idsOf(ctx, p)
			if wantErr != nil || err != nil {
				var bad *expr.EvalError
				if wantErr == nil || !errors.As(err, &bad) {
					fail("error %v, want %v", err, wantErr)
				}
				continue
			}
			var want []int64
			for _, i := range sel {
				want = append(want, whole.Column(0).(*array.Int64).Value(int(i)))
			}
			if slices.Sort(want); !slices.Equal(got, want) {
				fail("%d rows, want %d:\n%v\n%v", len(got), len(want), got, want)
			}
			e, err := p.Explain(ctx, 10)
			if err != nil {
				fail("%v", err)
			}
			for _, s := range e.Skipped {
				evidence[s.By]++
				for _, id := range want {
					if at := places[id]; at.file == s.Path && (s.RowGroup < 0 || at.row >= s.FirstRow && at.row < s.FirstRow+s.Rows) {
						fail("row %d at %v is skipped: %+v", id, at, s)
					}
				}
			}
		}
		whole.Release()
	}
	t.Logf("FORESET_SEED=%d: %d predicates, %d not known; skipped %v; tables %v", seed, asked, unknown, evidence, shapes)
	for _, by := range []string{scan.ByPartition, scan.ByStatistics, scan.ByRowGroup, scan.ByPageIndex, scan.ByBloomFilter} {
		if evidence[by] == 0 {
			t.Errorf("nothing was skipped by %s", by)
		}
	}
}

// everything is all rows, and where they stand.
func (w *world) everything(t *testing.T) (arrow.RecordBatch, map[int64]place) {
	t.Helper()
	p, err := scan.New(scan.Options{Store: w.st, State: w.state, Schema: w.schema, Parallel: 1, Budget: 1 << 20, Ordered: true, Allocator: memory.DefaultAllocator})
	if err != nil {
		t.Fatal(err)
	}
	places := map[int64]place{}
	parts := make([][]arrow.Array, len(w.schema.Fields))
	for b, err := range p.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		row := 0
		for _, r := range b.Rows {
			for at := r.First; at < r.End(); at++ {
				places[b.Record.Column(0).(*array.Int64).Value(row)] = place{b.File.Path(), at}
				row++
			}
		}
		for i, c := range b.Record.Columns() {
			c.Retain()
			parts[i] = append(parts[i], c)
		}
	}
	columns := make([]arrow.Array, len(parts))
	for i := range parts {
		if columns[i], err = array.Concatenate(parts[i], memory.DefaultAllocator); err != nil {
			t.Fatal(err)
		}
	}
	return array.NewRecordBatch(p.Schema(), columns, int64(columns[0].Len())), places
}

func idsOf(ctx context.Context, p *scan.Plan) ([]int64, error) {
	var ids []int64
	for b, err := range p.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, b.Record.Column(0).(*array.Int64).Int64Values()...)
	}
	slices.Sort(ids)
	return ids, nil
}
