package table

import (
	"iter"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// reader presents an iteration of batches as an [array.RecordReader].
type reader struct {
	schema *arrow.Schema
	next   func() (arrow.RecordBatch, error, bool)
	stop   func()
	refs   atomic.Int64
	batch  arrow.RecordBatch
	err    error
}

var _ array.RecordReader = (*reader)(nil)

func newReader(s *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error]) *reader {
	r := &reader{schema: s}
	r.next, r.stop = iter.Pull2(batches)
	r.refs.Store(1)
	return r
}

func (r *reader) Retain() { r.refs.Add(1) }

func (r *reader) Release() {
	if r.refs.Add(-1) == 0 {
		r.batch = nil
		r.stop()
	}
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Next() bool {
	r.batch = nil
	if r.err != nil {
		return false
	}
	batch, err, ok := r.next()
	if !ok || err != nil {
		r.err = err
		return false
	}
	r.batch = batch
	return true
}

func (r *reader) RecordBatch() arrow.RecordBatch { return r.batch }

// Record is RecordBatch under the name that Arrow's interface had before.
func (r *reader) Record() arrow.RecordBatch { return r.batch }

func (r *reader) Err() error { return r.err }
