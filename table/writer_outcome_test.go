package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// These tests are about what each caller of a Writer is told, and what the
// table holds then: faults, other processes, work that is done already.

func TestACommitGoesOnWhileOneOfItsCallersWaits(t *testing.T) {
	for _, c := range []struct {
		name    string
		hangs   time.Duration // the put of the data
		deaf    bool          // it does not notice that its ctx has ended
		limits  [3]time.Duration
		unknown [3]bool // the caller cannot be told
		commits bool
	}{
		{"it is done in time", 5 * time.Second, false, [3]time.Duration{time.Second, 2 * time.Second, time.Minute}, [3]bool{}, true},
		{"it takes long", 30 * time.Second, false, [3]time.Duration{time.Second, 25 * time.Second, time.Minute}, [3]bool{true, false, false}, true},
		{"nobody waits any more", 30 * time.Second, false, [3]time.Duration{time.Second, 3 * time.Second, 2 * time.Second}, [3]bool{}, false},
		{"the last goes late", 90 * time.Second, false, [3]time.Duration{time.Second, 60 * time.Second, 2 * time.Second}, [3]bool{true, false, true}, false},
		{"the last stays to the end", 90 * time.Second, true, [3]time.Duration{time.Second, 3 * time.Second, 2 * time.Second}, [3]bool{true, false, true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tbl, raw := bubbleTable(t, func(st storage.Store) storage.Store {
					return faults.New(st, func(ctx context.Context, op faults.Op) faults.Fault {
						if op.Kind != faults.Complete {
							return faults.Fault{}
						}
						if c.deaf {
							ctx = t.Context()
						}
						select {
						case <-time.After(c.hangs):
						case <-ctx.Done():
							return faults.Fault{Effect: faults.Hang}
						}
						return faults.Fault{}
					})
				}, nil)
				w := tbl.Writer(&table.WriterOptions{Rows: 3, Age: 500 * time.Millisecond})
				began := time.Now()
				var wg sync.WaitGroup
				for i, limit := range c.limits {
					wg.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), limit)
						defer cancel()
						got, err := w.Write(ctx, simRows([]int64{int64(i)}), nil)
						took, stays := time.Since(began), slices.Max(c.limits[:])
						if c.deaf {
							stays = c.hangs
						}
						switch {
						case c.unknown[i]:
							var u *table.CommitUnknownError
							if !errors.Is(err, table.ErrCommitUnknown) || errors.As(err, &u) || !errors.Is(err, context.DeadlineExceeded) || took != limit+12*time.Second {
								t.Errorf("caller %d after %v: %+v, %v", i, took, got, err)
							}
						case c.commits:
							if err != nil || got.Version != 1 || took != c.hangs {
								t.Errorf("caller %d after %v: %+v, %v", i, took, got, err)
							}
						case !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, table.ErrCommitUnknown) || took != stays:
							t.Errorf("caller %d after %v: %+v, %v", i, took, got, err)
						}
					})
				}
				wg.Wait()
				closeWriter(t, w)
				want := []int64{0, 1, 2}
				if !c.commits {
					want = nil
				}
				if got := newestRows(t, raw); !slices.Equal(got, want) {
					t.Errorf("rows %v", got)
				}
				orphans(t, raw)
			})
		})
	}
}

func TestABadEntryFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, map[string]string{"delta.constraints.small": "id < 1000"})
		broken := errors.New("the source is gone")
		entries := []struct {
			rows func() array.RecordReader
			want error
			row  int64 // of a ConstraintError
		}{
			{rows: func() array.RecordReader { return simRows([]int64{1, 2}) }},
			{func() array.RecordReader { return data(t, `[{"id":"x"}]`, col("id", text)) }, table.ErrSchema, 0},
			{func() array.RecordReader { return data(t, `[{"id":1,"more":2}]`, col("id", long), col("more", long)) }, table.ErrSchema, 0},
			{func() array.RecordReader { return data(t, `[{"id":3},{"id":null}]`, col("id", long)) }, table.ErrConstraint, 1},
			{func() array.RecordReader { return simRows([]int64{4, 5, 2000}) }, table.ErrConstraint, 2},
			{func() array.RecordReader {
				return array.ReaderFromIter(simSchema, func(yield func(arrow.RecordBatch, error) bool) { yield(nil, broken) })
			}, broken, 0},
			{rows: func() array.RecordReader { return simRows([]int64{6}) }},
			{rows: func() array.RecordReader { return data(t, `[{"ID":7}]`, col("ID", arrow.PrimitiveTypes.Int8)) }},
		}
		w := tbl.Writer(&table.WriterOptions{Age: time.Second})
		var wg sync.WaitGroup
		for i, e := range entries {
			wg.Go(func() {
				c, err := w.Write(t.Context(), e.rows(), nil)
				var broken *table.ConstraintError
				switch {
				case !errors.Is(err, e.want):
					t.Errorf("entry %d: %v", i, err)
				case errors.As(err, &broken) && broken.Row != e.row:
					t.Errorf("entry %d: %+v", i, broken)
				case err == nil && (c.Version != 1 || c.Metrics.Rows != 4):
					t.Errorf("entry %d: %+v", i, c)
				}
			})
		}
		wg.Wait()
		// Alone, a bad one makes no commit; nor does nothing at all.
		if _, err := w.Write(t.Context(), simRows([]int64{2000}), &table.EntryOptions{AppID: "a", AppVersion: 1}); !errors.Is(err, table.ErrConstraint) {
			t.Error(err)
		}
		if c, err := w.Write(t.Context(), simRows(nil), nil); err != nil || !c.Skipped || c.Version != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		closeWriter(t, w)
		if got := newestRows(t, raw); !slices.Equal(got, []int64{1, 2, 6, 7}) || logLength(t, raw) != 2 {
			t.Errorf("rows %v in %d versions", got, logLength(t, raw))
		}
		orphans(t, raw)
	})
}

// TestEntriesFollowTheNewestTable: what others changed since the Writer looked
// is no reason to fail, neither before nor while the files are written.
func TestEntriesFollowTheNewestTable(t *testing.T) {
	more := func(t *testing.T, other *table.Table, _ storage.Store) {
		rows := data(t, `[{"id":1,"more":1}]`, col("id", long), col("more", long))
		if _, err := other.Append(context.Background(), rows, &table.WriteOptions{MergeSchema: true}); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, other *table.Table, raw storage.Store)
		during func(t *testing.T, other *table.Table, raw storage.Store)
		rows   string
		fields []arrow.Field
		want   []string
		err    error
	}{
		{"a column was added", more, nil, `[{"id":2,"more":2}]`, []arrow.Field{col("id", long), col("more", long)},
			[]string{`{"id":1,"more":1}`, `{"id":2,"more":2}`}, nil},
		{"a column is added", nil, more, `[{"id":2}]`, []arrow.Field{col("id", long)},
			[]string{`{"id":1,"more":1}`, `{"id":2,"more":null}`}, nil},
		{"a constraint is dropped and the entry fulfils it", nil, func(t *testing.T, other *table.Table, _ storage.Store) {
			if _, err := other.Alter(context.Background(), table.Alter{UnsetProperties: []string{"delta.constraints.small"}}, nil); err != nil {
				t.Error(err)
			}
		}, `[{"id":2}]`, []arrow.Field{col("id", long)}, []string{`{"id":2}`}, nil},
		{"a constraint was dropped that the entry breaks", func(t *testing.T, other *table.Table, _ storage.Store) {
			if _, err := other.Alter(context.Background(), table.Alter{UnsetProperties: []string{"delta.constraints.small"}}, nil); err != nil {
				t.Error(err)
			}
		}, nil, `[{"id":2000}]`, []arrow.Field{col("id", long)}, []string{`{"id":2000}`}, nil},
		{"a constraint is tightened", nil, func(t *testing.T, other *table.Table, raw storage.Store) {
			md := changed(latest(t, other), func(m *log.Metadata) { m.Configuration["delta.constraints.small"] = "id < 2" })
			foreign(t, raw, 1, md)
		}, `[{"id":2}]`, []arrow.Field{col("id", long)}, nil, table.ErrConstraint},
	} {
		t.Run(c.name, func(t *testing.T) {
			var other *table.Table
			var first sync.Once
			tbl, raw := bubbleTable(t, func(st storage.Store) storage.Store {
				other = open(t, st, nil)
				return faults.Park(st, func(_ context.Context, op faults.Op) {
					if op.Kind == faults.PutIfAbsent && c.during != nil {
						first.Do(func() { c.during(t, other, st) })
					}
				})
			}, map[string]string{"delta.constraints.small": "id < 1000"})
			if c.before != nil {
				c.before(t, other, raw)
			}
			w := tbl.Writer(nil)
			if _, err := w.Write(t.Context(), data(t, c.rows, c.fields...), nil); !errors.Is(err, c.err) {
				t.Error(err)
			}
			closeWriter(t, w)
			wantRows(t, open(t, raw, nil), c.want...)
			orphans(t, raw)
		})
	}
}

func app(id string, v int64) *table.EntryOptions {
	return &table.EntryOptions{AppID: id, AppVersion: v}
}

// TestEachCallersWorkIsAppliedOnce: repeats within a group, in a later one, and
// of what others did.
func TestEachCallersWorkIsAppliedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, nil)
		mustAppend(t, tbl, simRows([]int64{0}), once("old", 5))
		w := tbl.Writer(&table.WriterOptions{Age: time.Second, Info: map[string]string{"by": "the writer"}})
		for round, entries := range [][]struct {
			opts    *table.EntryOptions
			row     int64
			skipped bool
			version int64
		}{
			{{app("old", 4), -1, true, 1}, {app("a", 1), 1, false, 2}, {app("a", 1), -1, true, 2}, {nil, 2, false, 2},
				{app("b", 7), 3, false, 2}, {app("b", 6), -1, true, 2}, {app("a", 3), 4, false, 2}, {app("a", 2), -1, true, 2}, {app("A", 1), 5, false, 2}},
			{{app("a", 3), -1, true, 2}, {app("b", 7), -1, true, 2}}, // nothing is left: no commit
			{{app("a", 3), -1, true, 2}, {app("a", 4), 6, false, 3}, {app("old", 6), 7, false, 3}},
		} {
			var wg sync.WaitGroup
			for i, e := range entries {
				wg.Go(func() {
					c, err := w.Write(t.Context(), simRows([]int64{e.row}), e.opts)
					if err != nil || c.Skipped != e.skipped || c.Version != e.version || c.Timestamp.IsZero() {
						t.Errorf("round %d, entry %d: %+v, %v", round, i, c, err)
					}
				})
				synctest.Wait()
			}
			wg.Wait()
		}
		closeWriter(t, w)
		if got := newestRows(t, raw); !slices.Equal(got, []int64{0, 1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("rows %v", got)
		}
		snap := latest(t, open(t, raw, nil))
		for id, want := range map[string]int64{"old": 6, "a": 4, "b": 7, "A": 1} {
			if v, ok := snap.TxnVersion(id); !ok || v != want {
				t.Errorf("%s is at %d", id, v)
			}
		}
		txns := 0
		for a, err := range tbl.Log(t.Context(), 2) {
			if err != nil {
				t.Fatal(err)
			}
			if _, is := a.(*log.SetTransaction); is {
				txns++
			}
			if info, is := a.(*log.CommitInfo); is && (info.UserMetadata == nil || *info.UserMetadata != `{"by":"the writer"}`) {
				t.Errorf("commit info %+v", info)
			}
		}
		if txns != 3 {
			t.Errorf("%d applications in version 2", txns)
		}
		orphans(t, raw)
	})
}

// TestWorkThatAnotherProcessDidFirstIsLeftOut of a group, whose other entries
// are committed: when the put finds out, when the table was changed as well,
// and when the files took so long that the table is looked at again.
func TestWorkThatAnotherProcessDidFirstIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    faults.Kind
		takes time.Duration
		alter bool
	}{
		{"at the put", faults.PutIfAbsent, time.Second, false},
		{"at the put, and a property is set", faults.PutIfAbsent, time.Second, true},
		{"while the files are written", faults.Complete, time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var first sync.Once
				tbl, raw := bubbleTable(t, func(st storage.Store) storage.Store {
					return faults.Park(st, func(_ context.Context, op faults.Op) {
						if op.Kind == c.at {
							first.Do(func() { time.Sleep(c.takes) })
						}
					})
				}, nil)
				other := open(t, raw, nil)
				w := tbl.Writer(&table.WriterOptions{Age: time.Second})
				opts := []*table.EntryOptions{app("a", 1), nil, app("b", 1), app("c", 1), app("a", 2)}
				answers := make([]told, len(opts))
				var wg sync.WaitGroup
				for i := range opts {
					wg.Go(func() {
						answers[i].Commit, answers[i].err = w.Write(t.Context(), simRows([]int64{int64(i)}), opts[i])
					})
					synctest.Wait()
				}
				time.Sleep(3 * time.Second / 2)
				version := int64(3)
				if c.alter {
					version++
					if _, err := other.Alter(t.Context(), table.Alter{SetProperties: map[string]string{"k": "v"}}, nil); err != nil {
						t.Error(err)
					}
				}
				mustAppend(t, other, simRows([]int64{10}), once("a", 1))
				mustAppend(t, other, simRows([]int64{11}), once("b", 9))
				wg.Wait()
				for i, skipped := range []bool{true, false, true, false, false} {
					if a := answers[i]; a.err != nil || a.Skipped != skipped || !skipped && (a.Version != version || a.Metrics.Rows != 3) {
						t.Errorf("entry %d: %+v", i, a)
					}
				}
				closeWriter(t, w)
				if got := newestRows(t, raw); !slices.Equal(got, []int64{1, 3, 4, 10, 11}) {
					t.Errorf("rows %v", got)
				}
				orphans(t, raw)
			})
		})
	}
}

// TestEveryFaultOfAGroupIsToldToEachOfItsCallers fails the n-th call of the
// store, for every n and every fault that means something for it.
func TestEveryFaultOfAGroupIsToldToEachOfItsCallers(t *testing.T) {
	cells := map[string]int{}
	for n := 0; ; n++ {
		more := false
		for _, e := range faults.Effects() {
			synctest.Test(t, func(t *testing.T) {
				raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
				create(t, raw, "id bigint NOT NULL", &table.CreateOptions{Properties: snappy})
				flaky := faults.New(raw, faults.At(n, faults.Fault{Effect: e, Newest: 1}))
				more = faultyGroup(t, raw, flaky, n, fmt.Sprintf("call %d, %s", n, e)) || more
				for _, s := range flaky.Strikes() {
					cells[fmt.Sprintf("%s: %s", s.Op.Kind, e)]++
				}
			})
		}
		if !more {
			break
		}
	}
	t.Logf("%d cells: %v", len(cells), cells)
	for _, e := range []faults.Effect{faults.ErrBefore, faults.ErrAfterApply, faults.AppliedLater, faults.SelfConflict, faults.Hang, faults.HangAfterApply, faults.Throttle} {
		if cells[fmt.Sprintf("%s: %s", faults.PutIfAbsent, e)] == 0 {
			t.Errorf("no commit met %q", e)
		}
	}
}

// faultyGroup is five callers in one group, and a repeat of what is not known
// to be done.
func faultyGroup(t *testing.T, raw storage.Store, flaky *faults.Store, n int, what string) (reached bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	tbl, err := table.Open(ctx, "", faultOptions(flaky, 2))
	if err != nil {
		return flaky.Ops() > n
	}
	entries := []struct {
		opts *table.EntryOptions
		bad  bool
		same bool // as an earlier one
	}{{}, {opts: app("a", 1)}, {opts: app("a", 1), same: true}, {bad: true}, {opts: app("b", 1)}}
	answers := make([]told, len(entries))
	w := tbl.Writer(&table.WriterOptions{Age: time.Second})
	var wg sync.WaitGroup
	for i, e := range entries {
		wg.Go(func() {
			rows := simRows([]int64{int64(i)})
			if e.bad {
				rows = data(t, `[{"id":null}]`, col("id", long))
			}
			answers[i].Commit, answers[i].err = w.Write(ctx, rows, e.opts)
		})
		synctest.Wait()
	}
	wg.Wait()
	closeWriter(t, w)
	_ = tbl.Close(context.Background()) // what followed the commit may have failed
	if err := flaky.ApplyLate(t.Context()); err != nil {
		t.Fatal(err)
	}
	healthy := open(t, raw, faultOptions(raw, 3))
	var want []int64
	for i, e := range entries {
		a := answers[i]
		var u *table.CommitUnknownError
		landed := a.err == nil
		if errors.As(a.err, &u) {
			settled, did, err := healthy.Resolve(t.Context(), u, n%2 == 0)
			if landed = did; err != nil || settled.Skipped != (landed && e.same) {
				t.Errorf("%s: entry %d was not resolved right: %+v, %v", what, i, settled, err)
			}
		}
		switch {
		case e.bad:
			if a.err == nil || u != nil {
				t.Errorf("%s: the bad entry was told %+v", what, a)
			}
		case e.same:
			if first := answers[i-1]; (a.err == nil) != (first.err == nil) || a.err == nil && (!a.Skipped || a.Version != first.Version) {
				t.Errorf("%s: the repeat was told %+v, the first %+v", what, a, first)
			}
		case landed:
			if a.Skipped {
				t.Errorf("%s: entry %d was told %+v", what, i, a)
			}
			want = append(want, int64(i))
		}
	}
	if got := newestRows(t, raw); !slices.Equal(got, want) {
		t.Errorf("%s: rows %v, told %v: %+v", what, got, want, answers)
	}
	// A repeat through another process settles what is left to settle.
	again := healthy.Writer(nil)
	if c, err := again.Write(t.Context(), simRows([]int64{1}), app("a", 1)); err != nil || c.Skipped != slices.Contains(want, 1) {
		t.Errorf("%s: the same again: %+v, %v", what, c, err)
	}
	closeWriter(t, again)
	if got := newestRows(t, raw); !slices.Contains(got, 1) || len(slices.Compact(got)) != len(got) {
		t.Errorf("%s: rows %v after it was done again", what, got)
	}
	return flaky.Ops() > n
}

// TestAnOutcomeThatIsNotKnownIsToldToAllAndSettledByAny: if it turns out to
// have landed, the caller whose work another of the group did is skipped.
func TestAnOutcomeThatIsNotKnownIsToldToAllAndSettledByAny(t *testing.T) {
	for _, effect := range []faults.Effect{faults.ErrAfterApply, faults.AppliedLater, faults.Hang} {
		for _, abandon := range []bool{false, true} {
			t.Run(fmt.Sprint(effect, ", abandon ", abandon), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
					create(t, raw, "id bigint NOT NULL", &table.CreateOptions{Properties: snappy})
					struck := false // and then the network is gone for the log
					flaky := faults.New(raw, func(_ context.Context, op faults.Op) faults.Fault {
						switch {
						case op.Kind == faults.PutIfAbsent && !struck:
							struck = true
							return faults.Fault{Effect: effect}
						case struck && (op.Kind == faults.Get || op.Kind == faults.PutIfAbsent):
							return faults.Fault{Effect: faults.ErrBefore}
						}
						return faults.Fault{}
					})
					tbl := open(t, flaky, &table.Options{Retry: table.Retry{Elapsed: 10 * time.Second}})
					w := tbl.Writer(&table.WriterOptions{Age: time.Second, Post: table.None})
					answers := togetherAs(w, []*table.EntryOptions{nil, app("a", 1), app("a", 1)}, 1, 2, -1)()
					closeWriter(t, w)
					if err := flaky.ApplyLate(t.Context()); err != nil {
						t.Fatal(err)
					}
					healthy := open(t, raw, nil)
					var first bool
					for i, a := range answers {
						var u *table.CommitUnknownError
						if !errors.As(a.err, &u) {
							t.Fatalf("caller %d: %+v", i, a)
						}
						c, landed, err := healthy.Resolve(t.Context(), u, abandon)
						if i == 0 {
							first = landed
						}
						if err != nil || landed != first || landed && c.Version != 1 || c.Skipped != (landed && i == 2) {
							t.Errorf("caller %d: %+v, %v, %v", i, c, landed, err)
						}
					}
					want := []int64{1, 2}
					if !first {
						want = nil
					}
					if got := newestRows(t, raw); !slices.Equal(got, want) || first != (effect != faults.Hang || !abandon) {
						t.Errorf("rows %v; landed %v", got, first)
					}
				})
			})
		}
	}
}

// TestAPanicOfPreCommitIsToldToAll: it must not end the process.
func TestAPanicOfPreCommitIsToldToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
		create(t, raw, "id bigint NOT NULL", &table.CreateOptions{Properties: snappy})
		strict := true
		tbl := open(t, raw, &table.Options{PreCommit: func(context.Context, table.Staged) error {
			if strict {
				panic("not today")
			}
			return nil
		}})
		w := tbl.Writer(&table.WriterOptions{Age: time.Second})
		for i, a := range together(w, 1, 2)() {
			if !errors.Is(a.err, table.ErrCommitUnknown) || !strings.Contains(a.err.Error(), "not today") {
				t.Errorf("caller %d: %+v", i, a)
			}
		}
		strict = false
		if c, err := w.Write(t.Context(), simRows([]int64{3}), nil); err != nil || c.Version != 1 {
			t.Errorf("afterwards: %+v, %v", c, err)
		}
		closeWriter(t, w)
	})
}

func TestWritersOfTwoProcessesContend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, each = 40, 5
		raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
		create(t, raw, "id bigint NOT NULL", &table.CreateOptions{Properties: snappy})
		var wg sync.WaitGroup
		var writers []*table.Writer
		for p := range 2 {
			w := open(t, slow(raw), nil).Writer(nil)
			writers = append(writers, w)
			for i := range callers {
				wg.Go(func() {
					last := int64(0)
					for j := range each {
						c, err := w.Write(t.Context(), simRows([]int64{int64((p*callers+i)*each + j)}), nil)
						if err != nil || c.Version <= last {
							t.Errorf("%+v after version %d, %v", c, last, err)
						}
						last = c.Version
					}
				})
			}
		}
		wg.Wait()
		for _, w := range writers {
			closeWriter(t, w)
		}
		commits := logLength(t, raw) - 1
		t.Logf("%d rows in %d commits", 2*callers*each, commits)
		if commits > 6*each {
			t.Errorf("%d commits", commits)
		}
		rows := newestRows(t, raw)
		for i, id := range rows {
			if id != int64(i) {
				t.Fatalf("row %d is %d", i, id)
			}
		}
		if len(rows) != 2*callers*each {
			t.Errorf("%d rows", len(rows))
		}
	})
}
