package table

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/foreset/foreset/storage"
)

// This file shows the caller what the calls of a Table cost: in their results,
// as spans, and as metrics.

// scope names this library to OpenTelemetry.
const scope = "github.com/foreset/foreset/table"

// instruments are those of the caller's providers, or ones that do nothing.
type instruments struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	requests metric.Int64Counter
}

func newInstruments(tp trace.TracerProvider, mp metric.MeterProvider) (i instruments, err error) {
	if tp == nil {
		tp = tracenoop.NewTracerProvider()
	}
	if mp == nil {
		mp = metricnoop.NewMeterProvider()
	}
	i.tracer = tp.Tracer(scope)
	meter := mp.Meter(scope)
	i.duration, err = meter.Float64Histogram("foreset.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls of a table took, by operation"),
		metric.WithExplicitBucketBoundaries(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300))
	if err != nil {
		return i, fmt.Errorf("instrument of Options.MeterProvider: %w", err)
	}
	i.requests, err = meter.Int64Counter("foreset.requests", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that calls of a table made, by operation and kind"))
	if err != nil {
		return i, fmt.Errorf("instrument of Options.MeterProvider: %w", err)
	}
	return i, nil
}

// operation is one call, from its beginning to its end.
type operation struct {
	t     *Table
	name  string
	ctx   context.Context // of the caller, with the span
	since time.Time
	span  trace.Span
	meter storage.Meter
}

// starts begins an operation. The requests that are made with the ctx that it
// returns are counted.
func (t *Table) starts(ctx context.Context, name string) (context.Context, *operation) {
	o := &operation{t: t, name: name, since: t.opts.Now()}
	o.ctx, o.span = t.opts.instruments.tracer.Start(ctx, "foreset "+name, trace.WithAttributes(attribute.String("foreset.table", t.url)))
	return storage.WithMeter(context.WithValue(o.ctx, callerKey{}, ctx), &o.meter), o
}

type callerKey struct{}

// callers is the ctx that an operation was called with: what is left to the
// background is an operation of its own.
func callers(ctx context.Context) context.Context {
	if c, is := ctx.Value(callerKey{}).(context.Context); is {
		return c
	}
	return ctx
}

// ends ends the operation. The attributes say what it did.
func (o *operation) ends(err error, did ...attribute.KeyValue) storage.Usage {
	u, i := o.meter.Usage(), o.t.opts.instruments
	of := attribute.String("foreset.operation", o.name)
	i.duration.Record(o.ctx, o.t.opts.Now().Sub(o.since).Seconds(), metric.WithAttributes(of, attribute.Bool("error", err != nil)))
	for kind, n := range u.Requests {
		if n > 0 {
			i.requests.Add(o.ctx, int64(n), metric.WithAttributes(of, attribute.String("kind", storage.RequestKind(kind).String())))
		}
	}
	if o.span.IsRecording() {
		o.span.SetAttributes(attribute.Int("foreset.requests", u.Total()), attribute.Int("foreset.requests.depth", u.Depth), attribute.Int64("foreset.requests.bytes", u.Bytes))
		o.span.SetAttributes(did...)
		if err != nil {
			o.span.SetStatus(codes.Error, err.Error())
		}
	}
	o.span.End()
	return u
}

// observed is an iteration that is an operation, and ends when the loop does.
func observed[T any](ctx context.Context, t *Table, name string, walk func(ctx context.Context, yield func(T, error) bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, op := t.starts(ctx, name)
		var err error
		defer func() { op.ends(err) }()
		walk(ctx, func(v T, failed error) bool {
			err = failed
			return yield(v, failed)
		})
	}
}

// commits ends an operation that commits, and is what its caller is told.
func (o *operation) commits(c Commit, err error) (Commit, error) {
	if err != nil {
		o.ends(err)
		return Commit{}, err
	}
	m := &c.Metrics
	m.Requests = o.ends(nil,
		attribute.Int64("foreset.version", c.Version), attribute.Int("foreset.attempts", c.Attempts), attribute.Bool("foreset.skipped", c.Skipped),
		attribute.Int64("foreset.rows", m.Rows), attribute.Int64("foreset.files", m.Files), attribute.Int64("foreset.bytes", m.Bytes))
	return c, nil
}
