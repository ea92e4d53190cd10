package table

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// This file is the bookkeeping of a Writer: who waits, who starts the next
// commit, who shares it. Nothing here waits.
//
//	Write ─► outside ─► queue ─► group ─► answered
//	            └─────────┴─ ctx ended: withdrawn

// entry is what one call of Write hands in.
type entry struct {
	ctx     context.Context
	app     CommitOptions // AppID and AppVersion only
	batches []arrow.RecordBatch
	rows    int64
	bytes   int64
	since   time.Time // when it came into the queue

	turn signal // it is the first of those who wait, and no group is being committed
	full signal // the group that it begins need not wait for others
	done signal // commit and err are known
	// The outcome, not to be read before done.
	commit Commit
	err    error

	group *group
	gone  bool // its ctx has ended
	left  bool // its caller does not wait any more

	// Of the goroutine that commits the group.
	fitted []arrow.RecordBatch // in the layout of the table
	repeat bool                // an entry before it in the group has the same work
}

func (e *entry) release() {
	for _, b := range e.batches {
		b.Release()
	}
}

// group is what is committed together.
type group struct {
	ctx     context.Context // ends when those of all its callers have
	cancel  context.CancelFunc
	entries []*entry
	rows    int64
	bytes   int64
	alive   int // entries without an answer whose ctx has not ended
	waiting int // entries without an answer whose caller waits for it
}

// signal is an event. It happens once.
type signal struct {
	c        chan struct{}
	happened bool
}

func newSignal() signal { return signal{c: make(chan struct{})} }

func (s *signal) set() {
	if !s.happened {
		s.happened = true
		close(s.c)
	}
}

// begin counts a call; end uncounts it.
func (w *Writer) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return marked{errors.New("the writer is closed"), ErrClosed}
	}
	w.calls++
	return nil
}

func (w *Writer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls--
	w.noteDrained()
}

// noteDrained notes that a closed Writer has nothing left to do. Its callers
// hold mu, like those of every function here that does not take it.
func (w *Writer) noteDrained() {
	if w.closed && w.calls == 0 && !w.busy {
		w.drained.set()
	}
}

// join puts an entry at the end of those who wait.
func (w *Writer) join(e *entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outside = append(w.outside, e)
	w.admit()
	w.appoint()
}

// admit lets entries into the queue while there is room: always one.
func (w *Writer) admit() {
	for len(w.outside) > 0 && (len(w.queue) == 0 || w.bytes+w.outside[0].bytes <= w.opts.Waiting) {
		e := w.outside[0]
		w.outside = slices.Delete(w.outside, 0, 1)
		e.since = w.t.opts.Now()
		w.queue = append(w.queue, e)
		w.rows += e.rows
		w.bytes += e.bytes
	}
}

// appoint lets the first of the queue begin the next group, when it is time.
func (w *Writer) appoint() {
	if w.busy || len(w.queue) == 0 {
		return
	}
	w.queue[0].turn.set()
	if w.closed || w.rows >= w.opts.Rows || w.bytes >= w.opts.Bytes || len(w.outside) > 0 {
		w.queue[0].full.set()
	}
}

// withdraw takes back an entry whose caller's ctx has ended, and says whether
// it could: not if it is in a group. That is cancelled if nobody else needs it.
func (w *Writer) withdraw(e *entry) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := e.group; g != nil {
		e.gone = true
		if !e.done.happened {
			g.lose()
		}
		return false
	}
	if i := slices.Index(w.queue, e); i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
		w.rows -= e.rows
		w.bytes -= e.bytes
	} else {
		i := slices.Index(w.outside, e)
		w.outside = slices.Delete(w.outside, i, i+1)
	}
	w.admit()
	w.appoint()
	return true
}

// lose counts one less of those whose ctx has not ended.
func (g *group) lose() {
	if g.alive--; g.alive == 0 {
		g.cancel()
	}
}

// leave lets the caller of an entry go before there is an answer, and says
// whether it may: the last one stays.
func (w *Writer) leave(e *entry) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.done.happened || e.group.waiting == 1 {
		return false
	}
	e.left = true
	e.group.waiting--
	return true
}

// take makes a group of the first of the queue, as many as the bounds allow;
// nil if the caller of first, who takes them, does not wait any more.
func (w *Writer) take(first *entry) *group {
	w.mu.Lock()
	defer w.mu.Unlock()
	if first.ctx.Err() != nil {
		return nil
	}
	g := &group{}
	g.ctx, g.cancel = context.WithCancel(context.WithoutCancel(first.ctx))
	left := w.queue[:0]
	for i, e := range w.queue {
		if i > 0 && (g.rows+e.rows > w.opts.Rows || g.bytes+e.bytes > w.opts.Bytes) {
			left = append(left, w.queue[i:]...)
			break
		}
		if i > 0 && e.ctx.Err() != nil {
			left = append(left, e) // its caller is about to withdraw it
			continue
		}
		g.add(e)
		w.rows -= e.rows
		w.bytes -= e.bytes
	}
	clear(w.queue[len(left):])
	w.queue = left
	w.busy = true
	w.admit()
	return g
}

// add takes an entry into the group, which keeps its batches until it has
// ended, even if the caller leaves earlier.
func (g *group) add(e *entry) {
	e.group = g
	g.entries = append(g.entries, e)
	g.rows += e.rows
	g.bytes += e.bytes
	g.alive++
	g.waiting++
	for _, b := range e.batches {
		b.Retain()
	}
}

// answer tells the caller of an entry its outcome.
func (w *Writer) answer(e *entry, c Commit, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(e, c, err)
}

func (w *Writer) settle(e *entry, c Commit, err error) {
	if e.done.happened {
		return
	}
	e.commit, e.err = c, err
	e.done.set()
	if !e.left {
		e.group.waiting--
	}
	if !e.gone {
		e.group.lose()
	}
}

// finish ends a group: whoever has no answer yet gets this one, and the next
// group may begin.
func (w *Writer) finish(g *group, c Commit, err error) {
	for _, e := range g.entries {
		e.unfit()
		e.release()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range g.entries {
		if e.repeat {
			w.settle(e, repeated(c), repeatedError(err))
			continue
		}
		w.settle(e, c, err)
	}
	g.cancel()
	w.busy = false
	w.appoint()
	w.noteDrained()
}

// repeated is what a commit is to an entry whose work it holds from another.
func repeated(c Commit) Commit {
	return Commit{Version: c.Version, Timestamp: c.Timestamp, Skipped: true}
}

// repeatedError is the error of a commit to such an entry: if its outcome is
// not known and it turns out to have landed, the entry is skipped.
func repeatedError(err error) error {
	if u := (*CommitUnknownError)(nil); errors.As(err, &u) {
		own := *u
		own.Skipped = true
		return &own
	}
	return err
}
