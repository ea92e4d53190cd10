package scan_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

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

// place is where a row is: its file, and its position there.
type place struct {
	file string
	row  int64
}

// fixture is a table whose rows' places are known.
type fixture struct {
	st     storage.Store
	state  *replay.State
	schema *schema.Struct
	places map[int64]place // of each id
	mem    memory.Allocator
}

const columns = "id bigint, n int, s struct<a:bigint,b:string>, p string"

// newFixture writes files of the given numbers of rows, in row groups of at
// most group rows. n is id modulo 10, with nulls; s.a is id, s null at times.
func newFixture(t *testing.T, group int64, files ...int) *fixture {
	t.Helper()
	ctx := context.Background()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	f := &fixture{st: storage.NewMemory(nil), schema: s, places: map[int64]place{}, mem: mem}
	actions := []log.Action{
		&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: string(s.JSON()), PartitionColumns: []string{"p"}},
	}
	id := int64(0)
	for k, rows := range files {
		b := array.NewRecordBuilder(mem, layout)
		first := id
		for range rows {
			b.Field(0).(*array.Int64Builder).Append(id)
			if n := b.Field(1).(*array.Int32Builder); id%7 == 3 {
				n.AppendNull()
			} else {
				n.Append(int32(id % 10))
			}
			st := b.Field(2).(*array.StructBuilder)
			if st.Append(id%5 != 0); id%5 != 0 { // a null takes its fields along
				st.FieldBuilder(0).(*array.Int64Builder).Append(id)
				st.FieldBuilder(1).(*array.StringBuilder).Append(fmt.Sprint("b", id))
			}
			b.Field(3).(*array.StringBuilder).Append(fmt.Sprint("part ", k%2))
			id++
		}
		batch := b.NewRecordBatch()
		b.Release()
		res, err := write.Files(ctx, func(yield func(arrow.RecordBatch, error) bool) { yield(batch, nil) }, &write.Options{
			Store: f.st, Schema: s, Partition: []string{"p"}, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 4, TempDir: t.TempDir(),
			Parquet: parquetio.WriteOptions{RowGroupRows: group, Stats: stats.Options{StringPrefix: 32}},
			Now:     time.Now, Rand: rand.NewChaCha8([32]byte{byte(k)}), Allocator: mem,
		})
		batch.Release()
		if err != nil || len(res.Adds) != 1 {
			t.Fatal(res, err)
		}
		for i := range int64(rows) {
			f.places[first+i] = place{res.Adds[0].Path, i}
		}
		actions = append(actions, res.Adds[0])
	}
	if err := f.st.Put(ctx, log.CommitName(0), log.EncodeCommit(actions)); err != nil {
		t.Fatal(err)
	}
	f.state, err = replay.Load(ctx, &replay.Source{Store: f.st, Committer: log.NewCommitter(f.st, nil), Share: 1 << 20, Parallel: 2, Warn: func(err error) { t.Error(err) }}, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) plan(t *testing.T, change func(*scan.Options)) *scan.Plan {
	t.Helper()
	opts := scan.Options{Store: f.st, State: f.state, Schema: f.schema, Env: expr.Env{Zone: time.UTC}, Parallel: 3, Budget: 1 << 20, Allocator: f.mem}
	if change != nil {
		change(&opts)
	}
	p, err := scan.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRowsCarryTheirPlaces through row groups that are skipped, rows that are
// filtered, batches that are cut and limits.
func TestRowsCarryTheirPlaces(t *testing.T) {
	f := newFixture(t, 7, 50, 1, 33, 20)
	for _, where := range []string{"", "id >= 20", "id BETWEEN 5 AND 60", "n = 4", "n IS NULL OR id = 49", "p = 'part 1' AND n > 6", "s.a % 3 = 1", "id IN (0, 6, 7, 13, 14, 49, 50, 51, 103)", "id < 0"} {
		for _, batch := range []int{0, 1, 3, 1000} {
			for _, limit := range []int64{0, 1, 10} {
				for _, ordered := range []bool{false, true} {
					p := f.plan(t, func(o *scan.Options) {
						o.Columns, o.BatchRows, o.Limit, o.Ordered = []string{"id"}, batch, limit, ordered
						if where != "" {
							o.Where = expr.SQL(where)
						}
					})
					rows := int64(0)
					for b, err := range p.Batches(context.Background()) {
						if err != nil {
							t.Fatal(err)
						}
						ids := b.Record.Column(0).(*array.Int64).Int64Values()
						rows += int64(len(ids))
						var at []int64
						for i, r := range b.Rows {
							if r.Count < 1 || i > 0 && r.First <= b.Rows[i-1].First+b.Rows[i-1].Count {
								t.Errorf("%s: ranges %v", where, b.Rows)
							}
							for k := range r.Count {
								at = append(at, r.First+k)
							}
						}
						if len(at) != len(ids) {
							t.Fatalf("%s: %d rows at %d positions", where, len(ids), len(at))
						}
						for i, id := range ids {
							if got := (place{b.File.Path(), at[i]}); got != f.places[id] {
								t.Fatalf("%s, batches of %d: row %d is at %v, told %v", where, batch, id, f.places[id], got)
							}
						}
					}
					if limit > 0 && rows > limit {
						t.Errorf("%s: %d rows, limit %d", where, rows, limit)
					}
				}
			}
		}
	}
}

// TestFieldsOfNullStructsAreNull, also in slices that begin inside of a byte of
// the validity bitmap.
func TestFieldsOfNullStructsAreNull(t *testing.T) {
	f := newFixture(t, 100, 40)
	for batch := 1; batch < 20; batch++ {
		p := f.plan(t, func(o *scan.Options) {
			o.Columns, o.BatchRows, o.Where, o.Ordered = []string{"s.a", "id", "s.b"}, batch, expr.SQL("id >= 3"), true
		})
		n := 0
		for b, err := range p.Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(b.Record.NumRows()) {
				id := b.Record.Column(1).(*array.Int64).Value(i)
				a, s := b.Record.Column(0).(*array.Int64), b.Record.Column(2).(*array.String)
				if null := id%5 == 0; a.IsNull(i) != null || s.IsNull(i) != null || !null && (a.Value(i) != id || s.Value(i) != fmt.Sprint("b", id)) {
					t.Fatalf("row %d: %v, %v", id, a.ValueStr(i), s.ValueStr(i))
				}
				n++
			}
			if a := b.Record.Column(0); a.NullN() != countNulls(a) {
				t.Errorf("%d nulls, told %d", countNulls(a), a.NullN())
			}
		}
		if n != 37 {
			t.Errorf("%d rows", n)
		}
	}
}

func countNulls(a arrow.Array) (n int) {
	for i := range a.Len() {
		if a.IsNull(i) {
			n++
		}
	}
	return n
}

func TestCountIsTheNumberOfRows(t *testing.T) {
	f := newFixture(t, 7, 50, 1, 33)
	for where, want := range map[string]int64{"": 84, "id >= 80": 4, "n IS NULL": 12, "p = 'part 1'": 1, "FALSE": 0, "TRUE": 84, "CAST(NULL AS boolean)": 0, "s IS NULL": 17} {
		p := f.plan(t, func(o *scan.Options) {
			if where != "" {
				o.Where = expr.SQL(where)
			}
		})
		if n, err := p.Count(context.Background()); n != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", where, n, err, want)
		}
	}
}

// TestFilesAreReadWithinTheBudget: a file larger than the budget is read alone,
// and many small ones in turns.
func TestTinyBudgetsAreEnough(t *testing.T) {
	f := newFixture(t, 7, 20, 20, 20, 20, 20, 20)
	for _, budget := range []int64{1, 100, 1 << 40} {
		for _, ordered := range []bool{false, true} {
			p := f.plan(t, func(o *scan.Options) { o.Budget, o.Ordered, o.BatchRows = budget, ordered, 2 })
			var ids []int64
			for b, err := range p.Batches(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, b.Record.Column(0).(*array.Int64).Int64Values()...)
			}
			slices.Sort(ids)
			if len(ids) != 120 || ids[0] != 0 || ids[119] != 119 {
				t.Errorf("budget %d: %d rows", budget, len(ids))
			}
		}
	}
}

func TestAPartitionValueThatIsNoneOfItsTypeIsCorrupt(t *testing.T) {
	f := newFixture(t, 7, 5)
	numbers := &schema.Struct{Fields: slices.Clone(f.schema.Fields)}
	numbers.Fields[3].Type = schema.Integer // "part 0" is none
	for _, err := range f.plan(t, func(o *scan.Options) { o.Schema = numbers }).Batches(context.Background()) {
		if !errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), `partition column "p"`) {
			t.Errorf("got %v", err)
		}
		return
	}
	t.Error("no error")
}

func TestNamesThatAreNotThere(t *testing.T) {
	f := newFixture(t, 7, 5)
	_, err := scan.New(scan.Options{Store: f.st, State: f.state, Schema: f.schema, Columns: []string{"s.c"}})
	var c *scan.ColumnError
	if !errors.As(err, &c) || c.Column != "s.c" {
		t.Errorf("got %v", err)
	}
}
