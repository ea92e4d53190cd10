package table_test

import (
	"context"
	"sync"
	"testing"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

func once(app string, v int64) *table.WriteOptions {
	return &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: app, AppVersion: v}}
}

func TestAnApplicationsVersionIsAppliedOnce(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	ctx := context.Background()
	for _, c := range []struct {
		app     string
		version int64
		skipped bool
	}{
		{"a", 1, false}, {"a", 1, true}, {"a", 0, true}, {"a", -5, true}, {"b", 1, false}, {"a", 5, false}, {"a", 3, true}, {"A", 1, false}, {"b", 2, false},
	} {
		if got := mustAppend(t, tbl, ids(t, c.version), once(c.app, c.version)); got.Skipped != c.skipped {
			t.Errorf("%s %d: %+v", c.app, c.version, got)
		}
		if got := mustAppend(t, open(t, st, nil), ids(t, c.version), once(c.app, c.version)); !got.Skipped {
			t.Errorf("%s %d again, elsewhere: %+v", c.app, c.version, got)
		}
	}
	if c, err := tbl.Overwrite(ctx, all, ids(t, 9), once("a", 5)); err != nil || !c.Skipped {
		t.Errorf("overwrite: %+v, %v", c, err)
	}
	if c, err := tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"x": "y"}}, &table.CommitOptions{AppID: "b", AppVersion: 2}); err != nil || !c.Skipped {
		t.Errorf("alter: %+v, %v", c, err)
	}
	if _, err := tbl.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	snap := latest(t, open(t, st, nil))
	for app, want := range map[string]int64{"a": 5, "b": 2, "A": 1} {
		if v, ok := snap.TxnVersion(app); v != want || !ok {
			t.Errorf("%s is at %d", app, v)
		}
	}
	if _, ok := snap.TxnVersion("nobody"); ok {
		t.Error("nobody has a version")
	}
	if n, err := snap.Scan(nil).Count(ctx); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// TestOneOfManyWithTheSameVersionApplies: they begin together, so that none of
// them sees that it is done.
func TestOneOfManyWithTheSameVersionApplies(t *testing.T) {
	raw := storage.NewMemory(nil)
	create(t, raw, "id bigint", nil)
	const writers = 8
	var ready, wg sync.WaitGroup
	ready.Add(writers)
	skipped := make([]bool, writers)
	for i := range writers {
		var first sync.Once
		st := faults.Park(raw, func(_ context.Context, op faults.Op) {
			if op.Kind == faults.PutIfAbsent {
				first.Do(func() { ready.Done(); ready.Wait() })
			}
		})
		tbl := open(t, st, &table.Options{Retry: eager})
		wg.Go(func() {
			c, err := tbl.Append(context.Background(), simRows([]int64{int64(i)}), once("job", 7))
			if err != nil || c.After != nil {
				t.Errorf("writer %d: %+v, %v", i, c, err)
			}
			skipped[i] = c.Skipped
		})
	}
	wg.Wait()
	n := 0
	for _, s := range skipped {
		if !s {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d writers applied the version", n)
	}
	files := 0
	for _, o := range objects(t, raw) {
		if len(o) > 5 && o[:5] == "part-" {
			files++
		}
	}
	if files != 1 || logLength(t, raw) != 2 {
		t.Errorf("%d data files and %d commits are left", files, logLength(t, raw))
	}
}

// TestAnswersThatGetLostDoNotDouble: the commit arrives, its answer does not.
func TestAnswersThatGetLostDoNotDouble(t *testing.T) {
	for _, e := range []faults.Effect{faults.ErrAfterApply, faults.SelfConflict} {
		st := storage.NewMemory(nil)
		create(t, st, "id bigint", nil)
		tbl := open(t, faults.New(st, faults.Nth(faults.PutIfAbsent, 0, faults.Fault{Effect: e})), &table.Options{Retry: eager})
		if c := mustAppend(t, tbl, ids(t, 1), nil); c.Version != 1 || c.Skipped {
			t.Errorf("%s: %+v", e, c)
		}
		wantRows(t, tbl, `{"id":1}`)
	}
}
