package table_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// faultyOp is an operation whose every store call fails in turn. It opens the
// table itself.
type faultyOp struct {
	name string
	// run returns the commit of a change, or the rows of a read.
	run func(ctx context.Context, t *table.Table) (c table.Commit, rows []int64, version int64, err error)
	// after is the rows that a change leaves, given those before; nil for a read.
	after func(before []int64) []int64
}

var newRows = []int64{100, 101, 102, 103}

func faultyOps() []faultyOp {
	same := func(b []int64) []int64 { return b }
	change := func(f func(context.Context, *table.Table) (table.Commit, error)) func(context.Context, *table.Table) (table.Commit, []int64, int64, error) {
		return func(ctx context.Context, t *table.Table) (table.Commit, []int64, int64, error) {
			c, err := f(ctx, t)
			return c, nil, 0, err
		}
	}
	return []faultyOp{
		{"append", change(func(ctx context.Context, t *table.Table) (table.Commit, error) {
			return t.Append(ctx, faultRows(newRows), nil)
		}), func(b []int64) []int64 { return append(slices.Clone(b), newRows...) }},
		{"append once", change(func(ctx context.Context, t *table.Table) (table.Commit, error) {
			return t.Append(ctx, faultRows(newRows), &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: "job", AppVersion: 1}})
		}), func(b []int64) []int64 { return append(slices.Clone(b), newRows...) }},
		{"overwrite", change(func(ctx context.Context, t *table.Table) (table.Commit, error) {
			return t.Overwrite(ctx, expr.Expr{}, faultRows(newRows), nil)
		}), func([]int64) []int64 { return newRows }},
		{"alter", change(func(ctx context.Context, t *table.Table) (table.Commit, error) {
			return t.Alter(ctx, table.Alter{SetProperties: map[string]string{"owner": "me"}}, nil)
		}), same},
		{"checkpoint", func(ctx context.Context, t *table.Table) (table.Commit, []int64, int64, error) {
			_, err := t.Checkpoint(ctx)
			if err != nil {
				return table.Commit{}, nil, 0, err
			}
			s, err := t.Snapshot(ctx, table.At{})
			if err != nil {
				return table.Commit{}, nil, 0, err
			}
			rows, err := simScan(ctx, s)
			return table.Commit{}, rows, s.Version(), err
		}, nil},
		{"scan", func(ctx context.Context, t *table.Table) (table.Commit, []int64, int64, error) {
			s, err := t.Snapshot(ctx, table.At{})
			if err != nil {
				return table.Commit{}, nil, 0, err
			}
			rows, err := simScan(ctx, s)
			return table.Commit{}, rows, s.Version(), err
		}, nil},
		{"travel", func(ctx context.Context, t *table.Table) (table.Commit, []int64, int64, error) {
			s, err := t.Snapshot(ctx, table.Version(3))
			if err != nil {
				return table.Commit{}, nil, 0, err
			}
			rows, err := simScan(ctx, s)
			return table.Commit{}, rows, s.Version(), err
		}, nil},
		{"history", func(ctx context.Context, t *table.Table) (table.Commit, []int64, int64, error) {
			n := int64(-1)
			for info, err := range t.History(ctx) {
				if err != nil {
					return table.Commit{}, nil, 0, err
				}
				if n >= 0 && int64(info.Version) != n-1 {
					return table.Commit{}, nil, 0, fmt.Errorf("LIE: version %d follows %d", info.Version, n)
				}
				n = int64(info.Version)
			}
			if n != 0 {
				return table.Commit{}, nil, 0, fmt.Errorf("LIE: history ends with version %d", n)
			}
			return table.Commit{}, nil, -1, nil
		}, nil},
	}
}

// TestEveryFaultAtEveryCallIsToldTruthfully fails the n-th call of the store,
// for every n and every fault that means something for it, and holds what the
// operation said against what the log says.
func TestEveryFaultAtEveryCallIsToldTruthfully(t *testing.T) {
	cells := &tally{n: map[string]int{}}
	t.Cleanup(func() { t.Logf("%d cells: %v", len(cells.n), cells.n) })
	for _, partitioned := range []bool{false, true} {
		for _, bare := range []bool{false, true} {
			base, models := faultBase(t, partitioned, bare)
			for _, op := range faultyOps() {
				if partitioned && (bare || op.name != "append" && op.name != "overwrite" && op.name != "scan") {
					continue // nothing is different
				}
				name := fmt.Sprintf("%s, partitioned %v, without checksums %v", op.name, partitioned, bare)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					for n := 0; ; n += thinned {
						more := false
						for _, e := range faults.Effects() {
							for _, at := range []int64{0, 7} {
								if at > 0 && e != faults.ShortRead {
									continue
								}
								hit := false
								synctest.Test(t, func(t *testing.T) {
									hit = runFaulty(t, op, base, models, n, faults.Fault{Effect: e, At: at, Newest: 1}, cells)
								})
								more = more || hit
							}
						}
						if !more {
							break
						}
					}
				})
			}
		}
	}
}

// tally counts from several tests at once.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[what]++
}

func runFaulty(t *testing.T, op faultyOp, base storage.Store, models [][]int64, n int, fault faults.Fault, cells *tally) (reached bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	raw := cloned(t, base)
	models = slices.Clone(models)
	flaky := faults.New(raw, faults.At(n, fault))
	what := fmt.Sprintf("call %d, %s at %d", n, fault.Effect, fault.At)

	var c table.Commit
	var rows []int64
	var version int64
	tbl, err := table.Open(ctx, "", faultOptions(flaky, 2))
	if err == nil {
		c, rows, version, err = op.run(ctx, tbl)
	}
	strikes := flaky.Strikes()
	for _, s := range strikes {
		cells.add(fmt.Sprintf("%s: %s", s.Op.Kind, fault.Effect))
		what += fmt.Sprintf(" of %s %s", s.Op.Kind, s.Op.Name)
	}
	flipped := fault.Effect == faults.BitFlip
	if err := flaky.ApplyLate(ctx); err != nil {
		t.Fatal(err)
	}
	before := models[len(models)-1]
	log := logLength(t, raw)
	switch {
	case op.after == nil:
		if log != len(models) {
			t.Errorf("%s: a read left %d versions, not %d", what, log, len(models))
		}
		if err != nil && strings.Contains(err.Error(), "LIE") && fault.Effect != faults.StaleList && !flipped {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil && version >= 0 && !flipped && !slices.Equal(rows, models[version]) {
			t.Errorf("%s: version %d was read as %v, it is %v", what, version, rows, models[version])
		}
	case errors.Is(err, table.ErrCommitUnknown):
		var u *table.CommitUnknownError
		if !errors.As(err, &u) {
			t.Fatalf("%s: %v", what, err)
		}
		healthy, openErr := table.Open(ctx, "", faultOptions(raw, 3))
		if openErr != nil {
			t.Fatalf("%s: %v", what, openErr)
		}
		_, landed, err := healthy.Resolve(ctx, u, n%2 == 0)
		if err != nil {
			t.Errorf("%s: not resolved: %v", what, err)
		}
		models = append(models, before)
		if landed {
			models[len(models)-1] = op.after(before)
		}
		closeTable(t, healthy)
	case err != nil:
		if log != len(models) {
			t.Errorf("%s: told %v, but the log has %d versions instead of %d", what, err, log, len(models))
		}
	case c.Skipped:
		t.Errorf("%s: skipped", what)
	default:
		if log != len(models)+1 || c.Version != int64(len(models)) {
			t.Errorf("%s: told version %d, but the log has %d versions", what, c.Version, log)
		}
		models = append(models, op.after(before))
	}
	if tbl != nil {
		if err := tbl.Close(ctx); err != nil {
			t.Errorf("%s: close: %v", what, err)
		}
	}
	checkHealthy(t, raw, models, what)
	return flaky.Ops() > n
}

// checkHealthy reads the last versions without faults and appends to the table.
func checkHealthy(t *testing.T, raw storage.Store, models [][]int64, what string) {
	t.Helper()
	ctx := context.Background()
	tbl, err := table.Open(ctx, "", faultOptions(raw, 4))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer closeTable(t, tbl)
	for v := max(0, len(models)-2); v < len(models); v++ {
		want := models[v]
		got, err := simAt(ctx, tbl, int64(v), raw)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: afterwards version %d holds %v, want %v (%v)", what, v, got, want, err)
		}
	}
	if c, err := tbl.Append(ctx, faultRows([]int64{7}), nil); err != nil || c.Version != int64(len(models)) || c.Attempts != 1 || c.After != nil {
		t.Errorf("%s: the next append: %+v, %v", what, c, err)
	}
}

func closeTable(t *testing.T, tbl *table.Table) {
	t.Helper()
	if err := tbl.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

var faultSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "part", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

func faultRows(ids []int64) array.RecordReader {
	b := array.NewRecordBuilder(memory.DefaultAllocator, faultSchema)
	defer b.Release()
	for _, id := range ids {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("p", id%2))
	}
	rr, err := array.NewRecordReader(faultSchema, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		panic(err) // the schema is the builder's
	}
	return rr
}

func faultOptions(st storage.Store, seed byte) *table.Options {
	return &table.Options{
		Store: st, Concurrency: 1, Rand: rand.NewChaCha8([32]byte{seed}), Now: time.Now,
		Retry: table.Retry{Elapsed: 20 * time.Second},
	}
}

// faultBase is a table of versions 0 to 4 with a checkpoint at 2, and the rows
// of each version. The next version gets a checkpoint.
func faultBase(t *testing.T, partitioned, bare bool) (storage.Store, [][]int64) {
	t.Helper()
	ctx := context.Background()
	raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
	opts := &table.CreateOptions{Options: *faultOptions(raw, 1), Properties: map[string]string{
		"delta.checkpointInterval":        "5",
		"delta.parquet.compression.codec": "snappy", // zstd keeps goroutines, which a bubble does not survive
	}}
	if partitioned {
		opts.PartitionBy = []string{"part"}
	}
	tbl, err := table.Create(ctx, "", faultSchema, opts)
	if err != nil {
		t.Fatal(err)
	}
	models := [][]int64{nil}
	for v := int64(1); v <= 4; v++ {
		ids := []int64{10 * v, 10*v + 1}
		if v == 3 {
			_, err = tbl.Overwrite(ctx, expr.Expr{}, faultRows(ids), nil)
			models = append(models, ids)
		} else {
			_, err = tbl.Append(ctx, faultRows(ids), nil)
			models = append(models, append(slices.Clone(models[v-1]), ids...))
		}
		if err == nil && v == 2 {
			_, err = tbl.Checkpoint(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closeTable(t, tbl)
	if bare {
		for info, err := range raw.List(ctx, log.Dir, "") {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(info.Name, ".crc") {
				if err := raw.Delete(ctx, info.Name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return raw, models
}

// cloned copies a store.
func cloned(t *testing.T, from storage.Store) storage.Store {
	t.Helper()
	ctx := context.Background()
	to := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
	for info, err := range from.List(ctx, "", "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := from.Get(ctx, info.Name, -1)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Put(ctx, info.Name, body); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// logLength is the number of commits in the log, which are without a gap.
func logLength(t *testing.T, st storage.Store) int {
	t.Helper()
	n := 0
	for info, err := range st.List(context.Background(), log.Dir, "") {
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := log.ParseName(info.Name); ok && name.Kind == log.Commit {
			if int(name.Version) != n {
				t.Errorf("commit %d follows %d", name.Version, n-1)
			}
			n++
		}
	}
	return n
}

// TestEveryFaultWhileATableIsCreated does the same for a creation: whoever is
// told of an error may create again.
func TestEveryFaultWhileATableIsCreated(t *testing.T) {
	for n := 0; ; n++ {
		more := false
		for _, e := range faults.Effects() {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
				defer cancel()
				raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
				flaky := faults.New(raw, faults.At(n, faults.Fault{Effect: e}))
				conf := map[string]string{"delta.parquet.compression.codec": "snappy"}
				tbl, err := table.Create(ctx, "", faultSchema, &table.CreateOptions{Options: *faultOptions(flaky, 1), Properties: conf})
				more = more || flaky.Ops() > n
				if lateErr := flaky.ApplyLate(ctx); lateErr != nil {
					t.Fatal(lateErr)
				}
				switch made := logLength(t, raw); {
				case err == nil && made != 1, err != nil && made != 0 && !errors.Is(err, table.ErrCommitUnknown):
					t.Errorf("call %d, %s: told %v, the log has %d versions", n, e, err, made)
				}
				if tbl != nil {
					closeTable(t, tbl)
				}
				tbl, err = table.Create(context.Background(), "", faultSchema, &table.CreateOptions{Options: *faultOptions(raw, 2), Properties: conf, IfNotExists: true})
				if err != nil {
					t.Fatalf("call %d, %s: again: %v", n, e, err)
				}
				closeTable(t, tbl)
				checkHealthy(t, raw, [][]int64{nil}, fmt.Sprintf("call %d, %s", n, e))
			})
		}
		if !more {
			return
		}
	}
}
