package table_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// watched is a table's options, and what its calls show.
type watched struct {
	options table.Options
	spans   *tracetest.InMemoryExporter
	metrics *sdkmetric.ManualReader
}

func watch(t *testing.T) *watched {
	w := &watched{spans: tracetest.NewInMemoryExporter(), metrics: sdkmetric.NewManualReader()}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.metrics))
	t.Cleanup(func() {
		if err := errors.Join(tp.Shutdown(context.Background()), mp.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	w.options = table.Options{TracerProvider: tp, MeterProvider: mp}
	return w
}

// last is the span that ended last.
func (w *watched) last(t *testing.T) (name string, attrs map[string]any, failure string) {
	t.Helper()
	spans := w.spans.GetSpans()
	if len(spans) == 0 {
		t.Fatal("no span")
	}
	s := spans[len(spans)-1]
	attrs = map[string]any{}
	for _, a := range s.Attributes {
		attrs[string(a.Key)] = a.Value.AsInterface()
	}
	if s.Status.Code == codes.Error {
		failure = s.Status.Description
	}
	return s.Name, attrs, failure
}

// TestEveryCallIsASpanThatSaysWhatItCost: as many spans as calls, none within
// another, each with the requests that were made for it.
func TestEveryCallIsASpanThatSaysWhatItCost(t *testing.T) {
	ctx, w := t.Context(), watch(t)
	rec := faults.Record(storage.NewMemory(nil))
	w.options.Store = rec
	total := 0
	shows := func(name string, want map[string]any, call func()) {
		t.Helper()
		rec.Reset()
		call()
		got, attrs, failure := w.last(t)
		u := rec.Usage()
		want["foreset.requests"], want["foreset.requests.bytes"] = int64(u.Total()), u.Bytes
		if total++; len(w.spans.GetSpans()) != total || got != "foreset "+name || failure != "" {
			t.Errorf("%s: span %d is %s, %s", name, len(w.spans.GetSpans()), got, failure)
		}
		if attrs["foreset.table"] != "memory" || attrs["foreset.requests.depth"].(int64) > int64(u.Total()) {
			t.Errorf("%s: %v", name, attrs)
		}
		for k, v := range want {
			if attrs[k] != v {
				t.Errorf("%s: %s is %v, want %v", name, k, attrs[k], v)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	var tbl *table.Table
	var err error
	shows("create", map[string]any{}, func() {
		tbl, err = table.Create(ctx, "memory", arrow.NewSchema([]arrow.Field{col("id", long)}, nil), &table.CreateOptions{Options: w.options})
		must(err)
	})
	var c table.Commit
	shows("append", map[string]any{"foreset.version": int64(1), "foreset.rows": int64(2), "foreset.files": int64(1), "foreset.attempts": int64(1), "foreset.skipped": false}, func() {
		c, err = tbl.Append(ctx, ids(t, 1, 2), nil)
		must(err)
	})
	if r := c.Metrics.Requests; r.Requests[storage.RequestPut] != 1 || r.Requests[storage.RequestPutIfAbsent] != 2 || r.Total() != 3 || r.Depth != 3 || r.Bytes <= c.Metrics.Bytes {
		t.Errorf("an append asked for %+v", r)
	}
	shows("overwrite", map[string]any{"foreset.version": int64(2)}, func() {
		_, err = tbl.Overwrite(ctx, expr.Expr{}, ids(t, 3), nil)
		must(err)
	})
	shows("alter", map[string]any{"foreset.version": int64(3)}, func() {
		_, err = tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"k": "v"}}, nil)
		must(err)
	})
	shows("checkpoint", map[string]any{"foreset.version": int64(3)}, func() {
		_, err = tbl.Checkpoint(ctx)
		must(err)
	})
	wr := tbl.Writer(&table.WriterOptions{Post: table.None})
	shows("group commit", map[string]any{"foreset.version": int64(4), "foreset.rows": int64(1)}, func() {
		c, err = wr.Write(ctx, ids(t, 4), nil)
		must(err)
		must(wr.Close(ctx))
	})
	if r := c.Metrics.Requests; r.Total() != 2 {
		t.Errorf("a group commit asked for %+v", r)
	}
	var s *table.Snapshot
	shows("snapshot", map[string]any{"foreset.version": int64(4)}, func() {
		s, err = tbl.Snapshot(ctx, table.At{})
		must(err)
	})
	shows("scan", map[string]any{"foreset.version": int64(4), "foreset.rows": int64(2)}, func() {
		_, err = tryRows(s, nil)
		must(err)
	})
	shows("count", map[string]any{"foreset.rows": int64(2)}, func() {
		_, err = s.Scan(nil).Count(ctx)
		must(err)
	})
	shows("explain", map[string]any{}, func() {
		_, err = s.Scan(nil).Explain(ctx)
		must(err)
	})
	shows("count files", map[string]any{}, func() {
		_, _, err = s.Count(ctx)
		must(err)
	})
	shows("files", map[string]any{}, func() {
		for _, err := range s.Files(ctx, expr.Expr{}) {
			must(err)
			break
		}
	})
	shows("history", map[string]any{}, func() {
		for _, err := range tbl.History(ctx) {
			must(err)
		}
	})
	shows("log", map[string]any{}, func() {
		for _, err := range tbl.Log(ctx, 1) {
			must(err)
		}
	})
	shows("open", map[string]any{}, func() {
		_, err = table.Open(ctx, "memory", &w.options)
		must(err)
	})
}

func TestACallThatFailsIsASpanWithItsError(t *testing.T) {
	w := watch(t)
	st := storage.NewMemory(nil)
	create(t, st, "id bigint NOT NULL", nil)
	w.options.Store = faults.New(st, func(_ context.Context, op faults.Op) faults.Fault {
		if op.Kind == faults.PutIfAbsent {
			return faults.Fault{Effect: faults.ErrBefore, Err: fs.ErrPermission}
		}
		return faults.Fault{}
	})
	tbl, err := table.Open(t.Context(), "", &w.options)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"append": func() error { _, err := tbl.Append(t.Context(), ids(t, 1), nil); return err },
		"group commit": func() error {
			wr := tbl.Writer(nil)
			defer closeWriter(t, wr)
			_, err := wr.Write(t.Context(), ids(t, 1), nil)
			return err
		},
		"snapshot": func() error { _, err := tbl.Snapshot(t.Context(), table.Version(7)); return err },
		"log": func() (err error) {
			for _, err = range tbl.Log(t.Context(), 7) {
			}
			return err
		},
		"scan": func() error {
			_, err := tryRows(latest(t, tbl), &table.ScanOptions{Columns: []string{"nothing"}})
			return err
		},
		"resolve": func() error {
			_, _, err := tbl.Resolve(t.Context(), &table.CommitUnknownError{TableID: "another"}, false)
			return err
		},
	} {
		err := call()
		span, _, failure := w.last(t)
		if err == nil || span != "foreset "+name || !strings.Contains(err.Error(), failure) || failure == "" {
			t.Errorf("%s: %v; span %s, %s", name, err, span, failure)
		}
	}
}

func TestTimeAndRequestsOfCallsAreMetrics(t *testing.T) {
	w := watch(t)
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Options: w.options})
	for i := range 3 {
		mustAppend(t, tbl, ids(t, int64(i)), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}})
	}
	var got metricdata.ResourceMetrics
	if err := w.metrics.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	var shown []string
	of := func(a attribute.Set) string { return a.Encoded(attribute.DefaultEncoder()) }
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					shown = append(shown, fmt.Sprintf("%s %s: %d %s", m.Name, of(p.Attributes), p.Value, m.Unit))
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					shown = append(shown, fmt.Sprintf("%s %s: %d times, %s", m.Name, of(p.Attributes), p.Count, m.Unit))
				}
			}
		}
	}
	slices.Sort(shown)
	for _, want := range []string{
		"foreset.operation.duration error=false,foreset.operation=append: 3 times, s",
		"foreset.operation.duration error=false,foreset.operation=create: 1 times, s",
		"foreset.requests foreset.operation=append,kind=put if absent: 3 {request}",
		"foreset.requests foreset.operation=append,kind=put: 3 {request}",
	} {
		if !slices.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(shown, "\n"))
		}
	}
}

// TestWhatIsLeftToTheBackgroundIsACallOfItsOwn: its requests are not those of
// the commit.
func TestWhatIsLeftToTheBackgroundIsACallOfItsOwn(t *testing.T) {
	w := watch(t)
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Options: w.options})
	const commits = 50
	for i := range int64(commits) {
		c := mustAppend(t, tbl, ids(t, i), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.Background}})
		if c.Metrics.Requests.Total() != 2 {
			t.Errorf("commit %d: %v", i, c.Metrics.Requests)
		}
	}
	if err := tbl.Close(t.Context()); err != nil {
		t.Error(err)
	}
	after := 0
	for _, s := range w.spans.GetSpans() {
		if s.Name == "foreset after commit" {
			after++
		}
	}
	if after != commits {
		t.Errorf("%d spans of what followed %d commits", after, commits)
	}
}

// fragile is a tracer that panics at a group commit.
type fragile struct{ tracenoop.TracerProvider }

func (f fragile) Tracer(string, ...trace.TracerOption) trace.Tracer { return fragileTracer{} }

type fragileTracer struct{ tracenoop.Tracer }

func (f fragileTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	if name == "foreset group commit" {
		panic("no more spans")
	}
	return f.Tracer.Start(ctx, name, opts...)
}

func TestATracerThatPanicsInAGroupIsToldToItsCallers(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Options: table.Options{TracerProvider: fragile{}}})
	w := tbl.Writer(nil)
	if _, err := w.Write(t.Context(), ids(t, 1), nil); err == nil || !strings.Contains(err.Error(), "no more spans") {
		t.Error(err)
	}
	closeWriter(t, w)
}
