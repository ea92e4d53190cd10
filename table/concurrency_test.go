package table_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// eager tries again soon: here the writers are the only load.
var eager = table.Retry{WaitMin: time.Millisecond, WaitMax: 30 * time.Millisecond}

func TestGoroutinesAppendThroughOneTable(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: table.Options{Retry: eager}})
	appendAtOnce(t, st, func(int) *table.Table { return tbl })
}

func TestGoroutinesAppendThroughFourTables(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	var tables []*table.Table
	for range 4 {
		tables = append(tables, open(t, st, &table.Options{Retry: eager}))
	}
	appendAtOnce(t, st, func(i int) *table.Table { return tables[i%4] })
}

// appendAtOnce appends 25 rows, one a commit, in each of 16 goroutines.
func appendAtOnce(t *testing.T, st storage.Store, of func(goroutine int) *table.Table) {
	t.Helper()
	const goroutines, appends = 16, 25
	versions := make([][]int64, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range appends {
				c, err := of(g).Append(context.Background(), simRows([]int64{int64(g*appends + i)}), nil)
				if err != nil || c.After != nil || c.Metrics.Rows != 1 {
					t.Errorf("goroutine %d, append %d: %+v, %v", g, i, c, err)
					return
				}
				if n := len(versions[g]); n > 0 && versions[g][n-1] >= c.Version {
					t.Errorf("goroutine %d: version %d after %d", g, c.Version, versions[g][n-1])
				}
				versions[g] = append(versions[g], c.Version)
			}
		})
	}
	wg.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(versions...)))
	for i, v := range all {
		if v != int64(i+1) {
			t.Fatalf("the versions that were told are not 1 to %d: %v", goroutines*appends, all)
		}
	}
	allThere(t, st, goroutines*appends)
	// A commit holds the row of the append that was told its version.
	fresh := open(t, st, nil)
	for g := range versions {
		before, at := snapshotRows(t, fresh, versions[g][7]-1), snapshotRows(t, fresh, versions[g][7])
		if id := int64(g*appends + 7); slices.Contains(before, id) || !slices.Contains(at, id) {
			t.Errorf("row %d did not come with version %d", id, versions[g][7])
		}
	}
}

// allThere expects the rows 0 to n−1 once each, in a log of n+1 commits.
func allThere(t *testing.T, st storage.Store, n int) {
	t.Helper()
	if got := logLength(t, st); got != n+1 {
		t.Errorf("the log has %d commits, want %d", got, n+1)
	}
	rows, err := simScan(context.Background(), latest(t, open(t, st, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range rows {
		if id != int64(i) {
			t.Fatalf("%d rows, and row %d is %d: lost or doubled", len(rows), i, id)
		}
	}
	if len(rows) != n {
		t.Errorf("%d rows, want %d", len(rows), n)
	}
}

func snapshotRows(t *testing.T, tbl *table.Table, v int64) []int64 {
	t.Helper()
	s, err := tbl.Snapshot(context.Background(), table.Version(v))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := simScan(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

const (
	processes = 8
	each      = 50 // appends of a process
)

// TestEightProcessesAppendAtOnce runs this test binary again, eight times.
func TestEightProcessesAppendAtOnce(t *testing.T) {
	if dir := os.Getenv("FORESET_TEST_APPEND_TO"); dir != "" {
		appendAsProcess(t, dir)
		return
	}
	dir := t.TempDir()
	st, err := storage.NewLocal(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	create(t, st, "id bigint", nil)
	var all sync.WaitGroup
	for p := range processes {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
		cmd.Env = append(os.Environ(), "FORESET_TEST_APPEND_TO="+dir, "FORESET_TEST_APPEND_AS="+strconv.Itoa(p))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("process %d: %v\n%s", p, err, out.Bytes())
			}
		})
	}
	all.Wait()
	allThere(t, st, processes*each)
}

// appendAsProcess is what each of the processes does.
func appendAsProcess(t *testing.T, dir string) {
	p, err := strconv.Atoi(os.Getenv("FORESET_TEST_APPEND_AS"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	tbl, err := table.Open(ctx, dir, &table.Options{Retry: eager})
	if err != nil {
		t.Fatal(err)
	}
	defer closeTable(t, tbl)
	for i := range each {
		if c, err := tbl.Append(ctx, simRows([]int64{int64(p*each + i)}), nil); err != nil || c.After != nil {
			t.Fatalf("append %d: %+v, %v", i, c, err)
		}
	}
}

func TestOfConcurrentCreatorsOneWins(t *testing.T) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	for _, ifNotExists := range []bool{false, true} {
		t.Run(fmt.Sprint("if not exists ", ifNotExists), func(t *testing.T) {
			st := storage.NewMemory(nil)
			verify(t, st)
			errs := make([]error, 16)
			ids := make([]string, len(errs))
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() {
					tbl, err := table.Create(context.Background(), "", nil, &table.CreateOptions{
						Options: table.Options{Store: st}, Schema: s, IfNotExists: ifNotExists,
					})
					if errs[i] = err; err == nil {
						if snap, err := tbl.Snapshot(context.Background(), table.At{}); err == nil {
							ids[i] = snap.Metadata().ID
						}
						errs[i] = tbl.Close(context.Background())
					}
				})
			}
			wg.Wait()
			won := 0
			for i, err := range errs {
				switch {
				case err == nil:
					won++
				case ifNotExists || !errors.Is(err, table.ErrExists):
					t.Errorf("creator %d: %v", i, err)
				}
			}
			if ifNotExists {
				slices.Sort(ids)
				if won != len(errs) || len(slices.Compact(ids)) != 1 {
					t.Errorf("%d of %d creators have a table; the ids are %q", won, len(errs), ids)
				}
			} else if won != 1 {
				t.Errorf("%d creators won", won)
			}
			if n := logLength(t, st); n != 1 {
				t.Errorf("the log has %d commits", n)
			}
		})
	}
}

func TestOverwritesAtOnceLeaveTheRowsOfOne(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, -1), nil)
	tables := []*table.Table{tbl, open(t, st, nil), open(t, st, nil), open(t, st, nil)}
	last := make([]int64, len(tables)) // version of each writer's last overwrite
	var wg sync.WaitGroup
	for i, tbl := range tables {
		wg.Go(func() {
			for n := range 5 {
				c, err := tbl.Overwrite(context.Background(), expr.Expr{}, simRows([]int64{int64(100*i + n), int64(100*i + n)}), nil)
				if err != nil {
					t.Errorf("writer %d, overwrite %d: %v", i, n, err)
					return
				}
				last[i] = c.Version
			}
		})
	}
	wg.Wait()
	i := slices.Index(last, slices.Max(last))
	want := fmt.Sprintf(`{"id":%d}`, 100*i+4)
	wantRows(t, open(t, st, nil), want, want)
}

// TestAThousandCallersOfOneTableAllCommit: each in a commit of its own, in
// turns, so that their number costs time but no races. Nobody fails.
func TestAThousandCallersOfOneTableAllCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 1000
		raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
		create(t, raw, "id bigint", &table.CreateOptions{Properties: snappy})
		rec := slowly(raw)
		tbl := open(t, rec, nil)
		rec.Reset()
		var wg sync.WaitGroup
		errs := make([]error, callers)
		for i := range callers {
			wg.Go(func() {
				_, errs[i] = tbl.Append(t.Context(), ids(t, int64(i)), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}})
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if u := rec.Usage(); u.Requests[storage.RequestPutIfAbsent] != callers || u.Total() > 2*callers+20 {
			t.Errorf("%+v", u) // a look now and then, since it takes half a minute
		}
		if got := newestRows(t, raw); len(got) != callers || len(slices.Compact(got)) != callers {
			t.Errorf("%d rows", len(got))
		}
	})
}
