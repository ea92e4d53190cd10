package scan

import (
	"context"
	"iter"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// This file lets a caller take the steps of a scan one by one, file by file.

// Candidate is a file that may hold rows of the result.
type Candidate struct {
	replay.File
	All bool // every row of it is one
}

// Candidates walks the files that may hold rows of the result, with their
// statistics.
func (p *Plan) Candidates(ctx context.Context) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		left := func(v skipping.Verdict) bool { return v != skipping.None }
		for f, err := range p.walk(ctx, checkpoint.Stats, left, false) {
			if err == nil && !left(f.verdict) {
				continue
			}
			c := Candidate{File: f.File, All: p.where == nil || f.verdict == skipping.All}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// Keys are the partition columns that the plan needs, and the values that they
// have throughout a file.
func (p *Plan) Keys(f replay.File) ([]schema.Field, []value.Value, error) {
	vals, err := p.keyValues(f)
	if err != nil {
		err = of(f, err)
	}
	return p.keys, vals, err
}

// Opened is a file of the table, ready to be read by any plan of it.
type Opened struct {
	Data *parquetio.File
	of   *opened
}

// Open opens a file. A small one is in memory then.
func (p *Plan) Open(ctx context.Context, f replay.File) (*Opened, error) {
	o, err := p.open(ctx, f)
	if err != nil {
		return nil, err
	}
	return &Opened{o.data, o}, nil
}

// Close ends the use of the file.
func (o *Opened) Close() error { return o.Data.Close() }

// Rows yields the result's rows of an open file in their order, as [Plan.Batches]
// does for all files.
func (p *Plan) Rows(ctx context.Context, file *Opened) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		o := *file.of
		var err error
		if o.keys, err = p.keyValues(o.file); err != nil {
			yield(Batch{}, of(o.file, err))
			return
		}
		for b, err := range p.read(ctx, &o) {
			if !yield(b, err) {
				return
			}
		}
	}
}
