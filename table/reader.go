package table

import (
	"iter"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// reader presents an iteration of batches as an [array.RecordReader]. The
// iteration runs in a goroutine, not by iter.Pull: engines behind cgo call Next
// on threads of their own, which a coroutine does not survive.
type reader struct {
	schema  *arrow.Schema
	batches iter.Seq2[arrow.RecordBatch, error]
	wanted  chan struct{} // a batch is; closed: none ever again
	next    chan step     // closed at the end
	refs    atomic.Int64
	begun   bool
	done    bool
	batch   arrow.RecordBatch
	err     error
}

type step struct {
	batch arrow.RecordBatch
	err   error
}

var _ array.RecordReader = (*reader)(nil)

func newReader(s *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error]) *reader {
	r := &reader{schema: s, batches: batches, wanted: make(chan struct{}), next: make(chan step)}
	r.refs.Store(1)
	return r
}

// run goes on whenever a batch is wanted: until then the last one is valid.
func (r *reader) run() {
	defer close(r.next)
	if _, more := <-r.wanted; !more {
		return
	}
	for b, err := range r.batches {
		r.next <- step{b, err}
		if _, more := <-r.wanted; !more {
			return
		}
	}
}

func (r *reader) Retain() { r.refs.Add(1) }

func (r *reader) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	r.batch, r.done = nil, true
	close(r.wanted)
	if r.begun {
		<-r.next // closed when all has ended
	}
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Next() bool {
	r.batch = nil
	if r.done {
		return false
	}
	if !r.begun {
		r.begun = true
		go r.run()
	}
	r.wanted <- struct{}{}
	s := <-r.next // nothing at the end
	r.batch, r.err = s.batch, s.err
	r.done = s.batch == nil || s.err != nil
	return !r.done
}

func (r *reader) RecordBatch() arrow.RecordBatch { return r.batch }

// Record is RecordBatch under the name that Arrow's interface had before.
func (r *reader) Record() arrow.RecordBatch { return r.batch }

func (r *reader) Err() error { return r.err }
