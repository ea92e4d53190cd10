package table_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
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

// These tests run in bubbles, which end only when every goroutine in them has:
// a Writer that leaked one would hang here.

// told is what one call of Write was told.
type told struct {
	table.Commit
	err error
}

// together writes one row for each id, each in a call of its own, and returns
// what they were told, in order. The calls are made one after the other, each
// when all before it wait, so that their order is the order of the ids.
func together(w *table.Writer, ids ...int64) func() []told {
	return togetherAs(w, make([]*table.EntryOptions, len(ids)), ids...)
}

// togetherAs is together with options for each id.
func togetherAs(w *table.Writer, opts []*table.EntryOptions, ids ...int64) func() []told {
	out := make([]told, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			c, err := w.Write(context.Background(), simRows([]int64{id}), opts[i])
			out[i] = told{c, err}
		})
		synctest.Wait()
	}
	return func() []told { wg.Wait(); return out }
}

func closeWriter(t *testing.T, w *table.Writer) {
	t.Helper()
	if err := w.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// bubbleTable is a table of one column id, to be used in a bubble, and the
// store below the given one.
func bubbleTable(t *testing.T, wrap func(storage.Store) storage.Store, properties map[string]string) (*table.Table, storage.Store) {
	t.Helper()
	raw := storage.NewMemory(&storage.MemoryOptions{Now: time.Now})
	conf := map[string]string{"delta.parquet.compression.codec": "snappy"}
	for k, v := range properties {
		conf[k] = v
	}
	create(t, raw, "id bigint NOT NULL", &table.CreateOptions{Properties: conf})
	return open(t, wrap(raw), nil), raw
}

// held stops the first put of a commit until release is called.
func held() (wrap func(storage.Store) storage.Store, release func()) {
	gate := make(chan struct{})
	var first sync.Once
	return func(st storage.Store) storage.Store {
		return faults.Park(st, func(ctx context.Context, op faults.Op) {
			if op.Kind == faults.PutIfAbsent {
				first.Do(func() {
					select {
					case <-gate:
					case <-ctx.Done():
					}
				})
			}
		})
	}, func() { close(gate) }
}

// slow is a store every request of which takes 30 ms. A stream is one request.
func slow(st storage.Store) storage.Store {
	return faults.Park(st, func(_ context.Context, op faults.Op) {
		if op.Kind != faults.Create && op.Kind != faults.WritePart {
			time.Sleep(latency) // of the bubble's clock
		}
	})
}

const (
	latency = 30 * time.Millisecond
	commit  = 2 * latency // the data and the commit
)

// TestAThousandCallersShareFewCommits measures rows per second on the bubble's
// clock, which only the 30 ms of each request move.
func TestAThousandCallersShareFewCommits(t *testing.T) {
	const callers, each = 1000, 3
	rate := func(rows int, since time.Time) float64 { return float64(rows) / time.Since(since).Seconds() }
	var alone, shared float64
	for _, atOnce := range []int{1, 8, 32} { // the best that one commit for each caller can do
		synctest.Test(t, func(t *testing.T) {
			tbl, _ := bubbleTable(t, slow, nil)
			began := time.Now()
			var wg sync.WaitGroup
			for i := range atOnce {
				wg.Go(func() {
					opts := &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}}
					for range 64 / atOnce {
						if _, err := tbl.Append(context.Background(), simRows([]int64{int64(i)}), opts); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			alone = max(alone, rate(64, began))
		})
	}
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, nil)
		w := tbl.Writer(nil)
		began := time.Now()
		took := make([]time.Duration, callers*each)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for j := range each {
					at := time.Now()
					c, err := w.Write(context.Background(), simRows([]int64{int64(i*each + j)}), nil)
					if err != nil || c.Attempts != 1 || c.Skipped || c.After != nil {
						t.Errorf("caller %d: %+v, %v", i, c, err)
					}
					took[i*each+j] = time.Since(at)
				}
			})
		}
		wg.Wait()
		shared = rate(callers*each, began)
		closeWriter(t, w)
		commits := logLength(t, raw) - 1
		if commits > 2*each+1 {
			t.Errorf("%d commits for %d times %d callers", commits, each, callers)
		}
		if rows := newestRows(t, raw); len(rows) != callers*each || len(slices.Compact(rows)) != callers*each {
			t.Errorf("%d rows", len(rows))
		}
		slices.Sort(took)
		t.Logf("%d callers: %d rows in %d commits, %.0f rows/s, median %v, longest %v", callers, callers*each, commits, shared, took[len(took)/2], took[len(took)-1])
	})
	t.Logf("one commit for each caller: %.1f rows/s; shared: %.0f times as many", alone, shared/alone)
	if shared < 50*alone {
		t.Errorf("%.0f rows/s in shared commits, %.1f in commits of their own", shared, alone)
	}
}

func TestALoneCallerWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, _ := bubbleTable(t, slow, nil)
		for name, write := range map[string]func() (table.Commit, error){
			"append": func() (table.Commit, error) {
				return tbl.Append(t.Context(), simRows([]int64{1}), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}})
			},
			"write": func() (table.Commit, error) { return tbl.Writer(nil).Write(t.Context(), simRows([]int64{1}), nil) },
		} {
			began := time.Now()
			if _, err := write(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took != commit {
				t.Errorf("%s took %v", name, took)
			}
		}
	})
}

func TestCommitsObeyTheirBounds(t *testing.T) {
	wide := func(ids ...int64) int64 { // how many bytes a batch holds
		rr := simRows(ids)
		rr.Next()
		return int64(rr.RecordBatch().Column(0).Data().SizeInBytes())
	}
	for _, c := range []struct {
		name string
		opts table.WriterOptions
		want []int64 // rows of the commits
	}{
		{"none", table.WriterOptions{}, []int64{1, 12}},
		{"rows", table.WriterOptions{Rows: 5}, []int64{1, 5, 5, 2}},
		{"bytes", table.WriterOptions{Bytes: 4 * wide(1)}, []int64{1, 4, 4, 4}},
		{"less than a row", table.WriterOptions{Bytes: 1}, slices.Repeat([]int64{1}, 13)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wrap, release := held()
				tbl, _ := bubbleTable(t, wrap, nil)
				w := tbl.Writer(&c.opts)
				var ids []int64
				for i := range 13 {
					ids = append(ids, int64(i))
				}
				answers := together(w, ids...)
				release()
				var got []int64
				for i, a := range answers() {
					if a.err != nil {
						t.Fatal(a.err)
					}
					if i == 0 || a.Version != int64(len(got)) {
						got = append(got, a.Metrics.Rows)
					}
					if a.Version != int64(len(got)) {
						t.Errorf("caller %d has version %d after %d", i, a.Version, len(got)-1)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("commits of %v rows, want %v", got, c.want)
				}
				closeWriter(t, w)
			})
		})
	}
}

// TestWhatOneCallerHandsInIsNotDivided: nor does it wait once it fills a group.
func TestWhatOneCallerHandsInIsNotDivided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, _ := bubbleTable(t, slow, nil)
		w := tbl.Writer(&table.WriterOptions{Rows: 3, Age: time.Hour})
		two := func() array.RecordReader {
			rr := simRows([]int64{1, 2, 3})
			rr.Next()
			b := rr.RecordBatch()
			both, err := array.NewRecordReader(b.Schema(), []arrow.RecordBatch{b, b})
			if err != nil {
				t.Fatal(err)
			}
			return both
		}
		c, err := w.Write(t.Context(), two(), nil)
		if err != nil || c.Metrics.Rows != 6 || c.Metrics.Files != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		closeWriter(t, w)
	})
}

func TestTheFirstOfAGroupWaitsForOthersUpToAnAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, _ := bubbleTable(t, slow, nil)
		w := tbl.Writer(&table.WriterOptions{Age: time.Second, Rows: 4})
		began := time.Now()
		first := together(w, 1)
		time.Sleep(900 * time.Millisecond)
		second := together(w, 2)
		a, b := first()[0], second()[0]
		if took := time.Since(began); a.err != nil || a.Version != 1 || b.Version != 1 || took != time.Second+commit {
			t.Errorf("after %v: %+v, %+v", took, a, b)
		}
		// Who waited while another commit was made has waited for others, too.
		began = time.Now()
		full := together(w, 3, 4, 5, 6) // a full group does not wait
		late := together(w, 7)
		if a := full()[0]; time.Since(began) != commit || a.Version != 2 {
			t.Errorf("after %v: %+v", time.Since(began), a)
		}
		if a := late()[0]; time.Since(began) != time.Second+commit || a.Version != 3 {
			t.Errorf("after %v: %+v", time.Since(began), a)
		}
		closeWriter(t, w)
	})
}

func TestWriteBlocksWhenTooMuchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrap, release := held()
		tbl, raw := bubbleTable(t, wrap, nil)
		one := simRows([]int64{1})
		one.Next()
		w := tbl.Writer(&table.WriterOptions{Waiting: 3 * int64(one.RecordBatch().Column(0).Data().SizeInBytes())})
		answers := together(w, 0, 1, 2, 3, 4, 5, 6, 7, 8)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		var blocked sync.WaitGroup
		blocked.Go(func() { _, err = w.Write(ctx, simRows([]int64{99}), nil) })
		synctest.Wait()
		cancel()
		blocked.Wait() // nothing else moves
		if !errors.Is(err, context.Canceled) || errors.Is(err, table.ErrCommitUnknown) {
			t.Error(err)
		}
		release()
		var rows []int64
		for _, a := range answers() {
			if a.err != nil {
				t.Error(a.err)
			}
			rows = append(rows, a.Metrics.Rows)
		}
		if !slices.Equal(rows, []int64{1, 3, 3, 3, 3, 3, 3, 2, 2}) {
			t.Errorf("groups of %v rows", rows)
		}
		closeWriter(t, w)
		if got := newestRows(t, raw); !slices.Equal(got, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Errorf("rows %v", got)
		}
	})
}

func TestAFullQueueDoesNotWaitForAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, _ := bubbleTable(t, slow, nil)
		w := tbl.Writer(&table.WriterOptions{Waiting: 1, Age: time.Hour})
		began := time.Now()
		for _, a := range together(w, 1, 2)()[:1] {
			if a.err != nil {
				t.Error(a.err)
			}
		}
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Second {
			t.Errorf("took %v", took) // the second alone waited for its age
		}
		closeWriter(t, w)
	})
}

// TestAnEntryThatStillWaitsCanBeTakenBack: also the one that all others wait
// for.
func TestAnEntryThatStillWaitsCanBeTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, nil)
		w := tbl.Writer(&table.WriterOptions{Age: 10 * time.Second})
		began := time.Now()
		limit := []time.Duration{time.Second, time.Minute, 2 * time.Second, time.Minute}
		answers := make([]told, len(limit))
		ended := make([]time.Duration, len(limit))
		var wg sync.WaitGroup
		for i := range limit {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit[i])
				defer cancel()
				answers[i].Commit, answers[i].err = w.Write(ctx, simRows([]int64{int64(i)}), nil)
				ended[i] = time.Since(began)
			})
			synctest.Wait()
		}
		wg.Wait()
		for _, i := range []int{0, 2} {
			if !errors.Is(answers[i].err, context.DeadlineExceeded) || errors.Is(answers[i].err, table.ErrCommitUnknown) || ended[i] != limit[i] {
				t.Errorf("caller %d after %v: %v", i, ended[i], answers[i].err)
			}
		}
		for _, i := range []int{1, 3} {
			if answers[i].err != nil || answers[i].Version != 1 || ended[i] != 10*time.Second+commit {
				t.Errorf("caller %d after %v: %+v", i, ended[i], answers[i])
			}
		}
		closeWriter(t, w)
		if got := newestRows(t, raw); !slices.Equal(got, []int64{1, 3}) {
			t.Errorf("rows %v", got)
		}
	})
}

// TestAnEntryWhoseCtxHasEndedIsNotTaken into a group, though its caller has
// not noticed yet.
func TestAnEntryWhoseCtxHasEndedIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, nil)
		w := tbl.Writer(&table.WriterOptions{Age: time.Second})
		answers := together(w, 1)
		ctx := &slowContext{Context: t.Context(), done: make(chan struct{})}
		var err error
		var other sync.WaitGroup
		other.Go(func() { _, err = w.Write(ctx, simRows([]int64{2}), nil) })
		synctest.Wait()
		ctx.ended.Store(true)
		if a := answers()[0]; a.err != nil || a.Metrics.Rows != 1 {
			t.Errorf("%+v", a)
		}
		close(ctx.done)
		other.Wait()
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		closeWriter(t, w)
		if got := newestRows(t, raw); !slices.Equal(got, []int64{1}) {
			t.Errorf("rows %v", got)
		}
	})
}

// slowContext has ended some time before it says so.
type slowContext struct {
	context.Context
	ended atomic.Bool
	done  chan struct{}
}

func (c *slowContext) Done() <-chan struct{} { return c.done }

func (c *slowContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

func TestCloseOfAWriterDrainsAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tbl, raw := bubbleTable(t, slow, map[string]string{"delta.checkpointInterval": "1"})
		w := tbl.Writer(&table.WriterOptions{Age: time.Hour, Waiting: 1})
		began := time.Now()
		answers := together(w, 1, 2, 3, 4)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Close(ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := w.Write(t.Context(), simRows([]int64{5}), nil); !errors.Is(err, table.ErrClosed) {
			t.Error(err)
		}
		closeWriter(t, w)
		for _, a := range answers() {
			if a.err != nil {
				t.Error(a.err)
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("closing took %v", took)
		}
		if got := newestRows(t, raw); !slices.Equal(got, []int64{1, 2, 3, 4}) {
			t.Errorf("rows %v", got)
		}
		if _, err := raw.Head(t.Context(), log.CheckpointName(4)); err != nil {
			t.Errorf("closed before the checkpoint was there: %v", err)
		}
		closeWriter(t, w) // again
		if err := w.Close(ended); err != nil {
			t.Error(err)
		}
	})
}

func TestAWriterOfAClosedOrReadOnlyTableFails(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	if _, err := open(t, st, &table.Options{ReadOnly: true}).Writer(nil).Write(t.Context(), ids(t, 1), nil); !errors.Is(err, table.ErrReadOnly) {
		t.Error(err)
	}
	w := tbl.Writer(nil)
	closeTable(t, tbl)
	if _, err := w.Write(t.Context(), ids(t, 1), nil); !errors.Is(err, table.ErrClosed) {
		t.Error(err)
	}
	closeWriter(t, w)
}
