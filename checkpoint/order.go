package checkpoint

import (
	"context"
	"fmt"
	"sync"
)

// aheadMax is how many pieces of a checkpoint are decoded at once. Each holds
// one chunk that is not yet asked for, and what it has fetched for the next.
const aheadMax = 4

// inOrder yields what read emits for each of n pieces, in the order of the
// pieces, while several of them are read at once. It ends with the first error
// in that order, or when yield says false, and never before all reads have
// ended. Want is asked here, between the yields, for whoever reads.
func inOrder[T any](ctx context.Context, n, parallel int, want Wanted,
	read func(ctx context.Context, i int, want asker, emit func(T) bool) error, yield func(T, error) bool) {
	if parallel = min(parallel, n, aheadMax); parallel <= 1 {
		oneByOne(ctx, n, want, read, yield)
		return
	}
	within, cancel := context.WithCancel(ctx)
	o := &ahead[T]{ctx: within, want: want, read: read, questions: make(chan question)}
	defer o.all.Wait()
	defer cancel()
	var running []chan emitted[T]
	for begun := 0; begun < n || len(running) > 0; running = running[1:] {
		for ; begun < n && len(running) < parallel; begun++ {
			running = append(running, o.begin(begun))
		}
		if !o.drain(running[0], yield) {
			return
		}
		if err := ctx.Err(); err != nil { // what was drained may not be all of it
			var none T
			yield(none, fmt.Errorf("read checkpoint: %w", err))
			return
		}
	}
}

// oneByOne is inOrder without goroutines.
func oneByOne[T any](ctx context.Context, n int, want Wanted,
	read func(ctx context.Context, i int, want asker, emit func(T) bool) error, yield func(T, error) bool) {
	var ask asker
	if !want.all() {
		ask = func(_ context.Context, q func(Wanted)) error {
			q(want)
			return nil
		}
	}
	more := true
	for i := 0; i < n && more; i++ {
		err := read(ctx, i, ask, func(v T) bool {
			more = yield(v, nil)
			return more
		})
		if err != nil {
			var none T
			yield(none, fmt.Errorf("read checkpoint: %w", err))
			return
		}
	}
}

// ahead runs the reads of an inOrder.
type ahead[T any] struct {
	ctx       context.Context
	want      Wanted
	read      func(ctx context.Context, i int, want asker, emit func(T) bool) error
	questions chan question
	all       sync.WaitGroup
}

// emitted is what a read has emitted, or the error that it ended with.
type emitted[T any] struct {
	value T
	err   error
}

// question is what a read wants to know of the caller.
type question struct {
	put      func(Wanted)
	answered chan struct{}
}

// begin starts a read. The channel is closed when it ends.
func (o *ahead[T]) begin(i int) chan emitted[T] {
	out := make(chan emitted[T])
	send := func(e emitted[T]) bool {
		select {
		case out <- e:
			return true
		case <-o.ctx.Done():
			return false
		}
	}
	var ask asker
	if !o.want.all() {
		ask = o.ask
	}
	o.all.Go(func() {
		defer close(out)
		if err := o.read(o.ctx, i, ask, func(v T) bool { return send(emitted[T]{value: v}) }); err != nil {
			send(emitted[T]{err: err})
		}
	})
	return out
}

// ask passes a question to the goroutine that iterates.
func (o *ahead[T]) ask(ctx context.Context, put func(Wanted)) error {
	q := question{put, make(chan struct{})}
	select {
	case o.questions <- q:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-q.answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain yields what one read emits, and answers the questions of all; false
// to stop.
func (o *ahead[T]) drain(from chan emitted[T], yield func(T, error) bool) bool {
	for {
		select {
		case e, more := <-from:
			switch {
			case !more:
				return true
			case e.err != nil:
				yield(e.value, fmt.Errorf("read checkpoint: %w", e.err))
				return false
			case !yield(e.value, nil):
				return false
			}
		case q := <-o.questions:
			q.put(o.want)
			close(q.answered)
		}
	}
}
