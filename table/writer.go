package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// WriterOptions say how a [Writer] makes commits of what its callers hand in.
// The zero value, and nil, are the defaults.
type WriterOptions struct {
	// Rows and Bytes bound one commit; 0: 1,048,576 rows, 64 MiB in memory.
	// What one caller hands in is never divided: if it is larger, it is a
	// commit of its own.
	Rows  int64
	Bytes int64
	// Age is how long the first of a group waits for others to join it. With
	// 0 it does not wait: groups form while the commit before them is made.
	Age time.Duration
	// Waiting is how many bytes may wait for their commit before Write blocks;
	// 0: 64 MiB. Those of the commit that is being made are not counted.
	Waiting int64

	Post      Post // None leaves out what follows a commit; else it is done in the background, and Close waits for it
	Isolation Isolation
	Info      map[string]string // kept with every commit, as CommitOptions.Info

	// As in WriteOptions.
	TruncateTimestamps bool
	TargetFileSize     int64
	Codec              string
	RowGroupRows       int64
}

// EntryOptions go with what one caller hands to a [Writer].
type EntryOptions struct {
	// AppID with AppVersion makes the entry happen exactly once, as in
	// [CommitOptions], whatever else is in the same commit.
	AppID      string
	AppVersion int64
}

// Writer makes few commits of what many goroutines append: those who wait at
// the same time share one, with one set of data files. It is made by
// [Table.Writer] and safe for concurrent use.
//
// While a commit is being made others gather for the next, so that the size of
// the groups follows the load, and a lone caller waits for nobody. The first
// of those who wait starts the commit; a Writer that nobody calls does nothing
// and needs no goroutine.
type Writer struct {
	t    *Table
	opts WriterOptions // with the defaults filled in

	mu      sync.Mutex // guards what is below and the state of entries and groups; never held over I/O
	queue   []*entry   // wait for a group, in the order in which they get one
	outside []*entry   // wait for room in the queue, likewise
	rows    int64      // in the queue
	bytes   int64      // likewise
	busy    bool       // a group is being committed
	calls   int        // of Write that have not returned
	closed  bool
	drained signal // closed, and no call or commit is left
}

// Writer starts group commits to the table. The caller closes the Writer, and
// the table after it.
func (t *Table) Writer(opts *WriterOptions) *Writer {
	w := &Writer{t: t, drained: newSignal()}
	if opts != nil {
		w.opts = *opts
	}
	orDefault := func(n *int64, def int64) {
		if *n <= 0 {
			*n = def
		}
	}
	orDefault(&w.opts.Rows, 1<<20)
	orDefault(&w.opts.Bytes, 64<<20)
	orDefault(&w.opts.Waiting, 64<<20)
	if w.opts.Post != None {
		w.opts.Post = Background
	}
	return w
}

// Write appends rows like [Table.Append], in a commit that it may share, and
// returns when the outcome is known. The rows of one call are committed
// together or not at all. They are read to their end first and kept in memory:
// what is large is better handed to Append. data is not released.
//
// The Commit is that of the group: its Metrics count the rows of all. Skipped,
// and errors that are about the data, are the caller's own: what does not fit
// the table's schema or breaks a constraint fails alone. Everything else that
// fails a commit fails all that share it. A conflict after which the data must
// be looked at anew starts the group over, so [ErrConflict] is rare.
//
// If ctx ends before the commit has begun, nothing of this call is committed.
// After that Write waits for the outcome; the commit goes on while any of those
// who share it still waits. If that takes longer than some 10 seconds the
// result is an error that is [ErrCommitUnknown], but no [*CommitUnknownError]:
// the outcome is not decided yet. With an AppID the call can be repeated.
func (w *Writer) Write(ctx context.Context, data array.RecordReader, opts *EntryOptions) (Commit, error) {
	c, err := w.write(ctx, data, opts)
	if err != nil {
		return Commit{}, fmt.Errorf("append to %s: %w", w.t.url, translate(err))
	}
	return c, nil
}

// write is one call: read, wait for a turn, wait for the outcome.
func (w *Writer) write(ctx context.Context, data array.RecordReader, opts *EntryOptions) (Commit, error) {
	if err := w.begin(); err != nil {
		return Commit{}, err
	}
	defer w.end()
	e, err := gather(ctx, data, opts)
	defer e.release()
	if err != nil {
		return Commit{}, err
	}
	w.join(e)
	select {
	case <-e.turn.c:
		w.lead(e)
	case <-e.done.c:
	case <-ctx.Done():
	}
	select {
	case <-e.done.c:
		return e.commit, e.err
	case <-ctx.Done():
	}
	if w.withdraw(e) {
		return Commit{}, ctx.Err()
	}
	return w.outcome(e)
}

// gather reads what a caller hands in.
func gather(ctx context.Context, data array.RecordReader, opts *EntryOptions) (*entry, error) {
	e := &entry{ctx: ctx, turn: newSignal(), full: newSignal(), done: newSignal()}
	if opts != nil {
		e.app = CommitOptions{AppID: opts.AppID, AppVersion: opts.AppVersion}
	}
	for data.Next() {
		b := data.RecordBatch()
		b.Retain()
		e.batches = append(e.batches, b)
		e.rows += b.NumRows()
		e.bytes += heldBy(b)
	}
	if err := data.Err(); err != nil && !errors.Is(err, io.EOF) {
		return e, fmt.Errorf("read the data: %w", err)
	}
	return e, ctx.Err()
}

// heldBy is the memory that a batch keeps from being freed.
func heldBy(b arrow.RecordBatch) int64 {
	var n uint64
	for _, c := range b.Columns() {
		n += c.Data().SizeInBytes()
	}
	return int64(n)
}

// lead waits until the group of which e is the first is to be committed, and
// starts that. It returns early when the caller of e does not wait any more.
//
// The commit runs in a goroutine, so that the first caller can leave like all
// others when its ctx has ended. The last of those who share the commit stays
// until it has ended.
func (w *Writer) lead(e *entry) {
	if wait := w.opts.Age - w.t.opts.Now().Sub(e.since); wait > 0 {
		timer := time.NewTimer(min(wait, w.opts.Age))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-e.full.c:
		case <-e.ctx.Done():
			return
		}
	}
	if g := w.take(e); g != nil {
		go w.commit(g)
	}
}

// graceTime is how long a caller whose ctx has ended waits for a commit that
// goes on for others. It is longer than a transaction takes to settle what it
// has begun, so that who is not alone in leaving hears of that.
const graceTime = 12 * time.Second

// outcome waits for the outcome of an entry whose caller's ctx has ended while
// it is being committed.
func (w *Writer) outcome(e *entry) (Commit, error) {
	timer := time.NewTimer(graceTime)
	defer timer.Stop()
	select {
	case <-e.done.c:
	case <-timer.C:
		if w.leave(e) {
			return Commit{}, fmt.Errorf("%w: it is still being made for other callers: %w", ErrCommitUnknown, e.ctx.Err())
		}
		<-e.done.c // soon: nobody else waits, so it was cancelled
	}
	if e.err != nil && !errors.Is(e.err, e.ctx.Err()) {
		return Commit{}, fmt.Errorf("%w: %w", e.ctx.Err(), e.err)
	}
	return e.commit, e.err
}

// Close refuses further calls of Write with [ErrClosed], has those that began
// before it committed without waiting for Age, and waits for their answers and
// for what follows their commits. If ctx ends first its error is returned; the
// calls go on, and Close can be called again.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.appoint()
	w.noteDrained()
	w.mu.Unlock()
	if err := awaits(ctx, w.drained.c); err != nil {
		return fmt.Errorf("close the writer of %s: %w", w.t.url, err)
	}
	if err := awaits(ctx, w.t.quiet()); err != nil {
		return fmt.Errorf("close the writer of %s: what follows its commits: %w", w.t.url, err)
	}
	return nil
}

// awaits waits for an event; one that has happened is no matter of ctx.
func awaits(ctx context.Context, event <-chan struct{}) error {
	select {
	case <-event:
		return nil
	default:
	}
	select {
	case <-event:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
