package table_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/sim"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

var (
	simSeeds  = flag.Int("sim.seeds", 200/thinned, "how many seeds the simulator runs")
	simSeed   = flag.Uint64("sim.seed", 0, "the first seed; with -sim.seeds=1, the one to replay")
	simReplay = flag.Int("sim.replay", 20, "how many of the seeds are run twice and compared")
)

// TestSimulatedConcurrency runs appenders, an overwriter, a property changer,
// readers, a checkpointer and processes that are killed against a store whose
// order and faults a seed decides, and checks the invariants V1–V8 and V10–V14
// of the documentation of reliability on what is left.
func TestSimulatedConcurrency(t *testing.T) {
	start := time.Now()
	ops, most, hit := 0, 0, map[string]int{}
	short := 0
	for seed := *simSeed; seed < *simSeed+uint64(*simSeeds); seed++ {
		r := simulate(t, seed)
		if seed-*simSeed < uint64(*simReplay) {
			if again := simulate(t, seed); again.Trace != r.Trace {
				t.Errorf("seed %d: two runs differ: %x and %x", seed, r.Trace, again.Trace)
			}
		}
		if len(r.Broken) > 0 {
			t.Fatalf("seed %d (replay with -run %s -sim.seed=%d -sim.seeds=1):\n%s", seed, t.Name(), seed, strings.Join(r.Broken, "\n"))
		}
		ops += r.Ops
		most = max(most, r.Ops)
		if r.Ops < 200 {
			short++
		}
		for k, n := range r.Faults {
			hit[k] += n
		}
	}
	t.Logf("%d seeds from %d, %d store operations (most %d in one, %d seeds below 200), %v", *simSeeds, *simSeed, ops, most, short, time.Since(start).Round(time.Millisecond))
	for _, k := range slices.Sorted(maps.Keys(hit)) {
		t.Logf("%6d × %s", hit[k], k)
	}
}

func simulate(t *testing.T, seed uint64) sim.Report {
	var r sim.Report
	synctest.Test(t, func(t *testing.T) {
		run := &simRun{w: sim.New(seed, sim.AllPutFaults(60)), ops: map[string]*simOp{}}
		if err := run.create(); err != nil {
			t.Fatal(err)
		}
		run.start()
		run.w.Drive()
		r = run.w.Report()
		r.Broken = append(r.Broken, run.check()...)
		for _, op := range run.ops {
			r.Faults["fate: "+op.kind+" "+op.fate]++
			if op.doubted {
				r.Faults["fate: unknown at first"]++
			}
		}
		r.Faults["fate: version read"] += len(run.seen)
	})
	return r
}

// simRun is one seed: what the actors did, as they saw it.
type simRun struct {
	w     *sim.World
	mu    chan struct{} // one token; guards what is below
	ops   map[string]*simOp
	seen  []simRead
	wrong []string
}

// simOp is one operation that changes the table.
type simOp struct {
	id      string
	kind    string // append, overwrite, alter
	rows    []int64
	app     string
	version int64  // of the application
	fate    string // committed, failed, skipped, killed, unknown
	at      int64  // the table version, if committed
	doubted bool   // it was unknown at first
}

// simRead is what a reader saw.
type simRead struct {
	who     string
	version int64
	rows    []int64
}

var simSchema = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)

func simOptions(st storage.Store, rand interface{ Read([]byte) (int, error) }) *table.Options {
	return &table.Options{Store: st, Concurrency: 1, Rand: rand, Now: time.Now, Retry: table.Retry{Elapsed: 5 * time.Second}}
}

// create makes the table before anything can fail.
func (r *simRun) create() error {
	r.mu = make(chan struct{}, 1)
	t, err := table.Create(context.Background(), "", simSchema, &table.CreateOptions{
		Options: *simOptions(r.w.Raw(), strings.NewReader(strings.Repeat("seed of the table's creation", 100))),
		Properties: map[string]string{
			"delta.checkpointInterval":        "4",
			"delta.parquet.compression.codec": "snappy", // zstd keeps goroutines, which a bubble does not survive
		},
	})
	if err != nil {
		return err
	}
	return t.Close(context.Background())
}

func (r *simRun) start() {
	for i := range 3 {
		r.w.Go(fmt.Sprintf("appender%d", i), false, func(a *sim.Actor) { r.writer(a, 5, "append") })
	}
	r.w.Go("overwriter", false, func(a *sim.Actor) { r.writer(a, 3, "overwrite") })
	r.w.Go("changer", false, func(a *sim.Actor) { r.writer(a, 3, "alter") })
	r.w.Go("mortal", true, func(a *sim.Actor) { r.writer(a, 6, "append") })
	for i := range 2 {
		r.w.Go(fmt.Sprintf("reader%d", i), false, r.reader)
	}
	r.w.Go("checkpointer", false, r.checkpointer)
}

// locked runs f alone.
func (r *simRun) locked(f func()) {
	r.mu <- struct{}{}
	f()
	<-r.mu
}

func (r *simRun) report(format string, args ...any) {
	r.locked(func() { r.wrong = append(r.wrong, fmt.Sprintf(format, args...)) })
}

// open opens the table, as often as faults make necessary.
func (r *simRun) open(a *sim.Actor) *table.Table {
	for range 100 {
		t, err := table.Open(context.Background(), "", simOptions(a.Store(), a.Rand()))
		if err == nil {
			return t
		}
		a.Killed()
	}
	r.report("%s could not open the table in 100 tries", a.Name())
	return nil
}

// writer makes n changes and notes what became of each.
func (r *simRun) writer(a *sim.Actor, n int, kind string) {
	t := r.open(a)
	for i := range n {
		if t == nil {
			return
		}
		op := &simOp{id: fmt.Sprintf("%s-%d", a.Name(), i), kind: kind}
		opts := &table.WriteOptions{CommitOptions: table.CommitOptions{Info: map[string]string{"op": op.id}}}
		if kind == "append" && a.IntN(2) == 0 {
			op.app, op.version = a.Name(), int64(i)
			opts.AppID, opts.AppVersion = op.app, op.version
		}
		r.locked(func() { r.ops[op.id] = op })
		began := time.Now()
		c, err := r.change(t, a, op, opts)
		r.settle(t, a, op, c, err)
		if took := time.Since(began); took > 3*time.Minute {
			r.report("V10: %s took %v", op.id, took)
		}
		if op.app != "" && op.fate == "committed" && a.IntN(2) == 0 {
			// The same again must change nothing, whatever happens.
			if c, err := t.Append(context.Background(), simRows([]int64{-1}), opts); err == nil && !c.Skipped {
				r.report("V12: %s was applied again as version %d", op.id, c.Version)
			}
		}
		if a.Killed() {
			t = r.open(a) // a new process
		}
	}
}

func (r *simRun) change(t *table.Table, a *sim.Actor, op *simOp, opts *table.WriteOptions) (table.Commit, error) {
	ctx := context.Background()
	if op.kind == "alter" {
		return t.Alter(ctx, table.Alter{SetProperties: map[string]string{"changed.by": op.id}}, &opts.CommitOptions)
	}
	for k := range 1 + a.IntN(3) {
		op.rows = append(op.rows, int64(a.Index())*1_000_000+int64(len(op.id))*10_000+int64(op.id[len(op.id)-1])*100+int64(k))
	}
	if op.kind == "overwrite" {
		return t.Overwrite(ctx, expr.Expr{}, simRows(op.rows), opts)
	}
	return t.Append(ctx, simRows(op.rows), opts)
}

// settle notes the fate of an operation; an unknown one is resolved, as a user
// would.
func (r *simRun) settle(t *table.Table, a *sim.Actor, op *simOp, c table.Commit, err error) {
	var u *table.CommitUnknownError
	switch {
	case err == nil && c.Skipped:
		op.fate = "skipped"
	case err == nil:
		op.fate, op.at = "committed", c.Version
	case errors.As(err, &u):
		op.fate, op.doubted = "unknown", true
		for range 100 {
			c, landed, err := t.Resolve(context.Background(), u, a.IntN(2) == 0)
			if err != nil {
				continue
			}
			op.fate = "failed"
			if landed {
				op.fate, op.at = "committed", c.Version
			}
			return
		}
	default:
		op.fate = "failed"
	}
}

func (r *simRun) reader(a *sim.Actor) {
	t := r.open(a)
	if t == nil {
		return
	}
	last := int64(-1)
	for range 8 {
		ctx := context.Background()
		s, err := t.Snapshot(ctx, table.At{})
		if err != nil {
			continue
		}
		if s.Version() < last {
			r.report("V5: %s went back from version %d to %d", a.Name(), last, s.Version())
		}
		last = s.Version()
		rows, err := simScan(ctx, s)
		if err != nil {
			continue
		}
		r.locked(func() { r.seen = append(r.seen, simRead{a.Name(), s.Version(), rows}) })
	}
}

func (r *simRun) checkpointer(a *sim.Actor) {
	t := r.open(a)
	if t == nil {
		return
	}
	for range 6 {
		_, _ = t.Checkpoint(context.Background()) // a failure costs nobody anything
		time.Sleep(time.Duration(a.IntN(200)) * time.Millisecond)
	}
}

func simRows(ids []int64) array.RecordReader {
	b := array.NewRecordBuilder(memory.DefaultAllocator, simSchema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(ids, nil)
	rr, err := array.NewRecordReader(simSchema, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		panic(err) // the schema is the builder's
	}
	return rr
}

func simScan(ctx context.Context, s *table.Snapshot) ([]int64, error) {
	var rows []int64
	for b, err := range s.Scan(nil).Batches(ctx) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, b.Column(0).(*array.Int64).Int64Values()...)
	}
	slices.Sort(rows)
	return rows, nil
}

// check holds what the actors were told against what the store has. Nothing
// fails any more.
func (r *simRun) check() []string {
	ctx := context.Background()
	fail := func(format string, args ...any) { r.wrong = append(r.wrong, fmt.Sprintf(format, args...)) }
	log, err := r.commits(ctx)
	if err != nil {
		return append(r.wrong, err.Error())
	}
	landed := map[string][]int64{} // op → versions
	txns := map[string]int{}
	for v, c := range log {
		landed[c.op] = append(landed[c.op], int64(v))
		if txns[c.txn]++; txns[c.txn] > 1 {
			fail("V3: txnId %s is in the log twice", c.txn)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.ops)) {
		op, at := r.ops[id], landed[id]
		switch {
		case len(at) > 1:
			fail("V3: %s landed at %v", id, at)
		case op.fate == "committed" && (len(at) != 1 || at[0] != op.at):
			fail("V2: %s was told version %d, the log has %v", id, op.at, at)
		case (op.fate == "failed" || op.fate == "skipped") && len(at) != 0 && !strings.HasPrefix(id, "mortal"):
			fail("V3: %s was told %s, the log has it at %v", id, op.fate, at)
		}
	}
	models := r.models(log)
	for _, seen := range r.seen {
		if !slices.Equal(seen.rows, models[seen.version]) {
			fail("V4, V5: %s saw %v at version %d, which holds %v", seen.who, seen.rows, seen.version, models[seen.version])
		}
	}
	bare, err := withoutAuxiliaries(ctx, r.w.Raw())
	if err != nil {
		return append(r.wrong, err.Error())
	}
	for name, st := range map[string]storage.Store{"with": r.w.Raw(), "without": bare} {
		t, err := table.Open(ctx, "", simOptions(st, nil))
		if err != nil {
			fail("V7: %s checkpoints: %v", name, err)
			continue
		}
		for v := range models {
			rows, err := simAt(ctx, t, int64(v), st)
			if err != nil || !slices.Equal(rows, models[v]) {
				fail("V7, V8: %s checkpoints, version %d holds %v, want %v (%v)", name, v, rows, models[v], err)
			}
		}
	}
	t, err := table.Open(ctx, "", &table.Options{Store: r.w.Raw(), Now: time.Now})
	if err != nil {
		return append(r.wrong, "V13: "+err.Error())
	}
	if c, err := t.Append(ctx, simRows([]int64{7}), nil); err != nil || c.Attempts != 1 {
		fail("V13: the first append after the faults: %+v, %v", c, err)
	}
	return r.wrong
}

// simAt reads a version, and checks that its files are there.
func simAt(ctx context.Context, t *table.Table, v int64, st storage.Store) ([]int64, error) {
	s, err := t.Snapshot(ctx, table.Version(v))
	if err != nil {
		return nil, err
	}
	for f, err := range s.Files(ctx, expr.Expr{}) {
		if err != nil {
			return nil, err
		}
		name, err := log.DecodePath(f.Path)
		if err != nil {
			return nil, err
		}
		if info, err := st.Head(ctx, name); err != nil || info.Size != f.Size {
			return nil, fmt.Errorf("file %s: size %d in the log, %d in the store: %v", name, f.Size, info.Size, err)
		}
	}
	return simScan(ctx, s)
}

type simCommit struct{ op, txn string }

// commits reads the log as it is, from version 0 on without a gap.
func (r *simRun) commits(ctx context.Context) ([]simCommit, error) {
	var out []simCommit
	for info, err := range r.w.Raw().List(ctx, log.Dir, "") {
		if err != nil {
			return nil, err
		}
		name, ok := log.ParseName(info.Name)
		if !ok || name.Kind != log.Commit {
			continue
		}
		if int(name.Version) != len(out) {
			return nil, fmt.Errorf("V6: commit %d follows %d", name.Version, len(out)-1)
		}
		body, _, err := r.w.Raw().Get(ctx, info.Name, -1)
		if err != nil {
			return nil, err
		}
		var c simCommit
		for a, err := range log.DecodeCommit(body, nil) {
			if err != nil {
				return nil, fmt.Errorf("V1: commit %d: %w", name.Version, err)
			}
			if info, is := a.(*log.CommitInfo); is {
				c.txn = info.TxnID
				if info.UserMetadata != nil {
					c.op = strings.TrimSuffix(strings.TrimPrefix(*info.UserMetadata, `{"op":"`), `"}`)
				}
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// models are the rows of every version, by what the operations were meant to
// do.
func (r *simRun) models(commits []simCommit) [][]int64 {
	var out [][]int64
	var rows []int64
	for _, c := range commits {
		if op := r.ops[c.op]; op != nil {
			switch op.kind {
			case "append":
				rows = append(slices.Clone(rows), op.rows...)
			case "overwrite":
				rows = slices.Clone(op.rows)
			}
			slices.Sort(rows)
		}
		out = append(out, rows)
	}
	return out
}

// withoutAuxiliaries copies a store but for checkpoints, checksums and the
// hint.
func withoutAuxiliaries(ctx context.Context, from storage.Store) (storage.Store, error) {
	to := storage.NewMemory(nil)
	for info, err := range from.List(ctx, "", "") {
		if err != nil {
			return nil, err
		}
		if strings.Contains(info.Name, ".checkpoint.") || strings.HasSuffix(info.Name, ".crc") || strings.HasSuffix(info.Name, "_last_checkpoint") {
			continue
		}
		body, _, err := from.Get(ctx, info.Name, -1)
		if err != nil {
			return nil, err
		}
		if err := to.Put(ctx, info.Name, body); err != nil {
			return nil, err
		}
	}
	return to, nil
}
