package table

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"go.opentelemetry.io/otel/attribute"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/aggregate"
)

// Aggregation says what to compute of the rows of a scan.
type Aggregation struct {
	Values expr.Items // count(*), count(x), min(x), max(x), sum(x), avg(x) of any expression, each perhaps AS a name
	By     expr.Items // a row of the result for each of their values; empty: one row
}

// Aggregate computes aggregates of the rows that the scan's Where keeps. The
// result has the columns of By, then those of Values, named as Spark names them
// unless they have names, and is ordered by the columns of By in turn: nulls
// first, NaN last, strings by their bytes. The scan's Limit and BatchRows are
// those of the result; its Columns do not matter.
//
// Types and values are Spark's in ANSI mode: a sum of integers is a bigint, of
// decimals a decimal of 10 digits more, and an error if it does not fit; NaN is
// the greatest, and one group; nulls are a group. Floats are added file by file
// in the order of rows, then of files, so that a sum depends neither on
// goroutines nor on luck, only on how many groups Options.Budget has room for at
// once. Expressions are evaluated for every row that counts;
// an [expr.EvalError] says where one has no value.
//
// What the log and the footers of files prove is not read: numbers of rows and
// of nulls, partition values, and bounds where they are values of the column.
// Of other files only the columns that are needed are.
//
// Memory is part of Options.Budget. Groups beyond it go to Options.TempDir until
// the reader is released, which the caller does. A mistake in the lists is the
// error of the call; all other errors are those of the reader.
func (c *Scan) Aggregate(ctx context.Context, a Aggregation) (array.RecordReader, error) {
	p, release, err := c.aggregation(a)
	release()
	if err != nil {
		return nil, translate(err)
	}
	return newReader(p.Schema(), c.aggregates(ctx, a)), nil
}

func (c *Scan) aggregates(ctx context.Context, a Aggregation) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		ctx, op := c.s.t.starts(ctx, "aggregate")
		var groups int64
		var err error
		defer func() {
			op.ends(err, attribute.Int64("foreset.version", c.s.Version()), attribute.Int64("foreset.rows", groups))
		}()
		p, release, err := c.aggregation(a)
		defer release()
		if err != nil {
			err = translate(err)
			yield(nil, err)
			return
		}
		for b, failed := range p.Batches(ctx) {
			if err = translate(failed); err == nil {
				groups += b.NumRows()
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// aggregation is the plan. release gives back the budget.
func (c *Scan) aggregation(a Aggregation) (p *aggregate.Plan, release func(), err error) {
	o := c.s.t.opts
	reads, groups := o.Budget.lease(4), o.Budget.lease(4)
	p, err = aggregate.New(aggregate.Options{
		Scan:   c.s.scanOptions(c.opts.Where, reads),
		Values: a.Values, By: a.By, Limit: c.opts.Limit, BatchRows: c.opts.BatchRows, Memory: groups, TempDir: o.TempDir,
	})
	return p, func() { o.Budget.release(reads); o.Budget.release(groups) }, err
}
