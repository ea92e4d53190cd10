package faults

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/foreset/foreset/storage"
)

// Recorder is a store that remembers what was asked of it and what came of
// it. It is safe for concurrent use.
type Recorder struct {
	inner storage.Store

	mu    sync.Mutex // guards all below
	n     int
	calls []Call
	meter *storage.Meter
}

// Call is an operation that has ended.
type Call struct {
	Op
	Bytes   int64           // read or written
	Objects int             // yielded by a List
	Outcome storage.Outcome // of a PutIfAbsent
	Err     error           // nil for a read that ended with io.EOF
}

// Record wraps a store. Closing the recorder closes inner, too.
func Record(inner storage.Store) *Recorder { return &Recorder{inner: inner, meter: new(storage.Meter)} }

// Calls returns the operations in the order in which they ended; their numbers
// are those of the order in which they began.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Count returns how many operations of the kinds have ended; without kinds,
// how many in all.
func (r *Recorder) Count(kinds ...Kind) int {
	return r.sum(kinds, func(Call) int64 { return 1 })
}

// Bytes returns how much operations of the kinds, or all, read and wrote.
func (r *Recorder) Bytes(kinds ...Kind) int {
	return r.sum(kinds, func(c Call) int64 { return c.Bytes })
}

func (r *Recorder) sum(kinds []Kind, of func(Call) int64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var sum int64
	for _, c := range r.calls {
		if len(kinds) == 0 || slices.Contains(kinds, c.Kind) {
			sum += of(c)
		}
	}
	return int(sum)
}

// Reset forgets the operations that have ended.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.meter = nil, new(storage.Meter)
}

// Usage is what a service would be asked for the operations: a stream is one
// put, when it is closed.
func (r *Recorder) Usage() storage.Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meter.Usage()
}

// Unwrap returns the wrapped store.
func (r *Recorder) Unwrap() storage.Store { return r.inner }

// requests are the kinds of operations that ask a service for something.
var requests = map[Kind]storage.RequestKind{
	Get: storage.RequestGet, ReadAt: storage.RequestGet, Head: storage.RequestHead, Put: storage.RequestPut, PutIfAbsent: storage.RequestPutIfAbsent,
	Complete: storage.RequestPut, List: storage.RequestList, Delete: storage.RequestDelete,
}

// begun is an operation that has not ended.
type begun struct {
	Call
	ended func(bytes int64) // nil: it asks for nothing
}

func (r *Recorder) begin(op Op) begun {
	r.mu.Lock()
	defer r.mu.Unlock()
	op.N = r.n
	r.n++
	b := begun{Call: Call{Op: op}}
	if kind, asks := requests[op.Kind]; asks {
		b.ended = r.meter.Begin(kind)
	}
	return b
}

func (r *Recorder) end(b begun, bytes int, err error) {
	c := b.Call
	c.Bytes = int64(bytes)
	switch {
	case b.ended == nil:
	case c.Kind == Complete:
		b.ended(int64(c.Len))
	default:
		b.ended(c.Bytes)
	}
	if err != io.EOF {
		c.Err = err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// Get implements [storage.Store].
func (r *Recorder) Get(ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
	c := r.begin(Op{Kind: Get, Name: name})
	body, info, err := r.inner.Get(ctx, name, limit)
	r.end(c, len(body), err)
	return body, info, err
}

// ReadAt implements [storage.Store].
func (r *Recorder) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	c := r.begin(Op{Kind: ReadAt, Name: name, Len: len(p), Off: off})
	n, err := r.inner.ReadAt(ctx, name, p, off)
	r.end(c, n, err)
	return n, err
}

// Head implements [storage.Store].
func (r *Recorder) Head(ctx context.Context, name string) (storage.Info, error) {
	c := r.begin(Op{Kind: Head, Name: name})
	info, err := r.inner.Head(ctx, name)
	r.end(c, 0, err)
	return info, err
}

// Put implements [storage.Store].
func (r *Recorder) Put(ctx context.Context, name string, body []byte) error {
	c := r.begin(Op{Kind: Put, Name: name, Len: len(body)})
	err := r.inner.Put(ctx, name, body)
	r.end(c, len(body), err)
	return err
}

// PutIfAbsent implements [storage.Store].
func (r *Recorder) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	c := r.begin(Op{Kind: PutIfAbsent, Name: name, Len: len(body)})
	outcome, info, err := r.inner.PutIfAbsent(ctx, name, body)
	c.Outcome = outcome
	r.end(c, len(body), err)
	return outcome, info, err
}

// List implements [storage.Store]. It is recorded when the range over the
// sequence ends.
func (r *Recorder) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		c := r.begin(Op{Kind: List, Name: prefix, Start: start})
		var failed error
		defer func() { r.end(c, 0, failed) }()
		for info, err := range r.inner.List(ctx, prefix, start) {
			if failed = err; err == nil {
				c.Objects++
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// Delete implements [storage.Store].
func (r *Recorder) Delete(ctx context.Context, names ...string) error {
	c := r.begin(Op{Kind: Delete, Names: slices.Clone(names)})
	err := r.inner.Delete(ctx, names...)
	r.end(c, 0, err)
	return err
}

// Create implements [storage.Store]. Every call of the writer is recorded.
func (r *Recorder) Create(ctx context.Context, name string) (storage.Writer, error) {
	c := r.begin(Op{Kind: Create, Name: name})
	inner, err := r.inner.Create(ctx, name)
	r.end(c, 0, err)
	if err != nil {
		return nil, err
	}
	return &recordedWriter{r: r, name: name, inner: inner}, nil
}

// String implements [storage.Store]; it is the name of the wrapped store.
func (r *Recorder) String() string { return r.inner.String() }

// Close implements [storage.Store].
func (r *Recorder) Close() error { return r.inner.Close() }

type recordedWriter struct {
	r     *Recorder
	name  string
	inner storage.Writer
	size  int
	ended bool
}

func (w *recordedWriter) Write(p []byte) (int, error) {
	c := w.r.begin(Op{Kind: WritePart, Name: w.name, Len: len(p), Off: int64(w.size)})
	n, err := w.inner.Write(p)
	w.size += n
	w.r.end(c, n, err)
	return n, err
}

func (w *recordedWriter) Close() error {
	c := w.r.begin(Op{Kind: Complete, Name: w.name, Len: w.size})
	w.ended = true
	err := w.inner.Close()
	w.r.end(c, 0, err)
	return err
}

func (w *recordedWriter) Abort() error {
	if w.ended {
		return w.inner.Abort() // deferred after a Close: no operation
	}
	c := w.r.begin(Op{Kind: Abort, Name: w.name, Len: w.size})
	w.ended = true
	err := w.inner.Abort()
	w.r.end(c, 0, err)
	return err
}

var _ storage.Store = (*Recorder)(nil)
