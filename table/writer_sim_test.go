package table_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/internal/sim"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/table"
)

// TestSimulatedWriters runs two processes, one of which may be killed, with
// four callers of one Writer each, beside somebody who changes the table and
// appends to it, against a store whose order and faults a seed decides. Some
// callers do work that others do as well; some do not wait for long.
func TestSimulatedWriters(t *testing.T) {
	start := time.Now()
	ops, hit := 0, map[string]int{}
	seeds := max(1, *simSeeds/4) // every version of each is read
	for seed := *simSeed; seed < *simSeed+uint64(seeds); seed++ {
		var r sim.Report
		synctest.Test(t, func(t *testing.T) {
			run := &writerRun{w: sim.New(seed, sim.AllPutFaults(60)), mu: make(chan struct{}, 1)}
			base := &simRun{w: run.w}
			if err := base.create(); err != nil {
				t.Fatal(err)
			}
			run.start()
			run.w.Drive()
			r = run.w.Report()
			r.Broken = append(r.Broken, run.check(r.Faults)...)
		})
		if len(r.Broken) > 0 {
			t.Fatalf("seed %d (run again with -run %s -sim.seed=%d -sim.seeds=1):\n%s", seed, t.Name(), seed, strings.Join(r.Broken, "\n"))
		}
		ops += r.Ops
		for k, n := range r.Faults {
			hit[k] += n
		}
	}
	t.Logf("%d seeds from %d, %d store operations, %v", seeds, *simSeed, ops, time.Since(start).Round(time.Millisecond))
	for _, k := range slices.Sorted(maps.Keys(hit)) {
		t.Logf("%6d × %s", hit[k], k)
	}
}

// writerRun is one seed: the calls of Write, and what they were told.
type writerRun struct {
	w     *sim.World
	mu    chan struct{} // one token; guards what is below
	calls []*writerCall
	wrong []string
}

type writerCall struct {
	row     int64
	limit   time.Duration // 0: it waits as long as it takes
	opts    *table.EntryOptions
	mortal  bool
	fate    string // committed, skipped, failed, unknown
	version int64
}

func (r *writerRun) start() {
	for p := range 2 {
		r.w.Go(fmt.Sprint("process", p), p == 1, func(a *sim.Actor) { r.process(a, p == 1) })
	}
	r.w.Go("changer", false, func(a *sim.Actor) {
		t := (&simRun{w: r.w, mu: r.mu}).open(a)
		for i := range 4 {
			if t == nil {
				return
			}
			_, _ = t.Alter(context.Background(), table.Alter{SetProperties: map[string]string{"changed": fmt.Sprint(i)}}, nil)
			// A few of the things that the callers do as well.
			_, _ = t.Append(context.Background(), simRows([]int64{-int64(i) - 1}), once("shared", int64(3*i)))
		}
	})
}

func (r *writerRun) locked(f func()) {
	r.mu <- struct{}{}
	f()
	<-r.mu
}

func (r *writerRun) fail(format string, args ...any) {
	r.locked(func() { r.wrong = append(r.wrong, fmt.Sprintf(format, args...)) })
}

// process is four callers of one Writer, each with a few rows.
func (r *writerRun) process(a *sim.Actor, mortal bool) {
	t := (&simRun{w: r.w, mu: r.mu}).open(a)
	if t == nil {
		return
	}
	ages := []time.Duration{0, 0, 5 * time.Millisecond, time.Second}
	w := t.Writer(&table.WriterOptions{Age: ages[a.IntN(4)], Rows: int64(2 + a.IntN(4)), Waiting: int64(8 + a.IntN(100))})
	var callers [][]*writerCall
	for i := range 4 { // drawn before anything runs at once
		var calls []*writerCall
		for j := range 5 {
			c := &writerCall{row: int64(a.Index()*100 + i*10 + j), mortal: mortal}
			switch a.IntN(4) {
			case 0:
				c.opts = app(fmt.Sprint("caller", a.Index(), i), int64(j))
			case 1:
				c.opts = app("shared", int64(a.IntN(12)))
			}
			if a.IntN(4) == 0 {
				c.limit = time.Duration(1+a.IntN(40)) * time.Second / 4
			}
			calls = append(calls, c)
		}
		callers = append(callers, calls)
	}
	var wg sync.WaitGroup
	for _, calls := range callers {
		wg.Go(func() {
			for _, c := range calls {
				r.call(t, w, c)
			}
		})
	}
	wg.Wait()
	a.Killed() // whoever looks at the rest may do so
	if err := w.Close(context.Background()); err != nil {
		r.fail("close: %v", err)
	}
	_ = t.Close(context.Background()) // what followed a commit may have failed
}

func (r *writerRun) call(t *table.Table, w *table.Writer, c *writerCall) {
	ctx := context.Background()
	if c.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.limit)
		defer cancel()
	}
	began := time.Now()
	got, err := w.Write(ctx, simRows([]int64{c.row}), c.opts)
	if took := time.Since(began); took > 5*time.Minute || c.limit > 0 && took > c.limit+30*time.Second {
		r.fail("V10: row %d took %v, its limit was %v", c.row, took, c.limit)
	}
	var u *table.CommitUnknownError
	switch {
	case err == nil && got.Skipped:
		c.fate = "skipped"
	case err == nil:
		c.fate, c.version = "committed", got.Version
	case errors.As(err, &u):
		c.fate = "unknown"
		for range 100 {
			settled, landed, err := t.Resolve(context.Background(), u, c.row%2 == 0)
			if err != nil {
				continue
			}
			c.fate = "failed, it turned out"
			if landed {
				c.fate, c.version = "committed, it turned out", settled.Version
			}
			if settled.Skipped {
				c.fate = "skipped, it turned out"
			}
			break
		}
	case errors.Is(err, table.ErrCommitUnknown):
		c.fate = "left before it was known"
	case errors.Is(err, context.DeadlineExceeded):
		c.fate = "failed at its deadline"
	default:
		c.fate = "failed"
	}
	r.locked(func() { r.calls = append(r.calls, c) })
}

// check holds what the callers were told against the rows of every version.
func (r *writerRun) check(fates map[string]int) []string {
	ctx := context.Background()
	t, err := table.Open(ctx, "", simOptions(r.w.Raw(), nil))
	if err != nil {
		return append(r.wrong, err.Error())
	}
	newest, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return append(r.wrong, err.Error())
	}
	came := map[int64][]int64{} // row → versions it came with
	apps := map[string]int64{}
	txns := map[string]bool{}
	var before []int64
	for v := int64(1); v <= newest.Version(); v++ {
		for a, err := range t.Log(ctx, v) {
			switch a := a.(type) {
			case *log.SetTransaction:
				if last, again := apps[a.AppID]; again && a.Version <= last {
					r.fail("V12: version %d records %s %d after %d", v, a.AppID, a.Version, last)
				}
				apps[a.AppID] = a.Version
			case *log.CommitInfo:
				if txns[a.TxnID] {
					r.fail("V3: txnId %s is in the log twice", a.TxnID)
				}
				txns[a.TxnID] = true
			}
			if err != nil {
				r.fail("V1: %v", err)
			}
		}
		after, err := simAt(ctx, t, v, r.w.Raw())
		if err != nil {
			r.fail("V8: version %d: %v", v, err)
		}
		for _, row := range after {
			if !slices.Contains(before, row) {
				came[row] = append(came[row], v)
			}
		}
		if len(slices.Compact(slices.Clone(after))) != len(after) {
			r.fail("V3: version %d holds a row twice: %v", v, after)
		}
		before = after
	}
	for _, c := range r.calls {
		fates["fate: "+c.fate]++
		at := came[c.row]
		switch {
		case strings.HasPrefix(c.fate, "committed"):
			if len(at) != 1 || at[0] != c.version {
				r.fail("V2: row %d was told version %d, it came with %v", c.row, c.version, at)
			}
		case strings.HasPrefix(c.fate, "skipped"):
			if len(at) != 0 || c.opts == nil || apps[c.opts.AppID] < c.opts.AppVersion {
				r.fail("V12: row %d was told it is skipped, it came with %v; %+v of %v", c.row, at, c.opts, apps)
			}
		case strings.HasPrefix(c.fate, "failed") && !c.mortal:
			if len(at) != 0 {
				r.fail("V3: row %d was told %s, it came with %v", c.row, c.fate, at)
			}
		}
	}
	return r.wrong
}
