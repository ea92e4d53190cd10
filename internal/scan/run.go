package scan

import (
	"context"
	"errors"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Batches reads the result. A batch is valid until the next one is asked for;
// Retain keeps its record. The iteration ends with the first error.
func (p *Plan) Batches(ctx context.Context) iter.Seq2[Batch, error] {
	return p.batches(ctx, func(ctx context.Context) iter.Seq2[Part, error] { return whole(p.chosen(ctx)) })
}

// source yields what is to be read.
type source func(ctx context.Context) iter.Seq2[Part, error]

// batches reads parts of files.
func (p *Plan) batches(ctx context.Context, parts source) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		left := p.opts.Limit
		emit := func(b Batch, err error) (more bool) {
			if err != nil || p.opts.Limit <= 0 {
				return yield(b, err) && err == nil
			}
			if n := b.Record.NumRows(); n > left {
				b.Record = b.Record.NewSlice(0, left)
				defer b.Record.Release()
				b.Rows = first(b.Rows, left)
			}
			left -= b.Record.NumRows()
			return yield(b, nil) && left > 0
		}
		if p.opts.Parallel <= 1 {
			p.inTurn(ctx, parts, emit)
		} else {
			p.inParallel(ctx, parts, emit)
		}
	}
}

// inTurn reads one file after the other, in the caller's goroutine.
func (p *Plan) inTurn(ctx context.Context, parts source, emit func(Batch, error) bool) {
	for part, err := range parts(ctx) {
		if err != nil {
			emit(Batch{}, err)
			return
		}
		if !p.readOne(ctx, part, emit) {
			return
		}
	}
}

// readOne reads one file; false if the caller has had enough.
func (p *Plan) readOne(ctx context.Context, part Part, emit func(Batch, error) bool) bool {
	o, err := p.openPart(ctx, part)
	if err != nil {
		return emit(Batch{}, err)
	}
	defer o.data.Close()
	for b, err := range p.read(ctx, o) {
		if !emit(b, err) {
			return false
		}
	}
	return true
}

// item is a batch on its way to the caller.
type item struct {
	batch Batch
	err   error
}

// ahead is how many files are opened, which for a small one is to fetch it,
// while no more than Plan.opts.Parallel are decoded: the network's time is
// longer than ours.
const ahead = 32

// inParallel reads several files at once. One goroutine walks the files and
// starts one for each of them, within the limits; all have ended when it
// returns.
func (p *Plan) inParallel(caller context.Context, parts source, emit func(Batch, error) bool) {
	ctx, cancel := context.WithCancel(caller)
	streams := make(chan chan item, ahead) // one for each file, in the order of the files
	shared := make(chan item)              // for all files, when order does not matter
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.produce(ctx, parts, streams, shared)
	}()
	defer func() {
		cancel()
		drain(streams, shared, done)
	}()
	receive := func(from chan item) bool {
		for it := range from {
			more := emit(it.batch, it.err)
			if it.batch.Record != nil {
				it.batch.Record.Release()
			}
			if !more {
				return false
			}
		}
		return true
	}
	if !p.opts.Ordered {
		if !receive(shared) {
			return
		}
	} else {
		for s := range streams {
			if !receive(s) {
				return
			}
		}
	}
	// The end of ctx stops the readers, with or without a word: what has
	// arrived may not be all.
	if err := caller.Err(); err != nil {
		emit(Batch{}, err)
	}
}

// produce walks the files and reads them. It returns when all its goroutines
// have.
func (p *Plan) produce(ctx context.Context, parts source, streams chan chan item, shared chan item) {
	var workers sync.WaitGroup
	files := semaphore.NewWeighted(max(ahead, int64(p.opts.Parallel)))
	bytes := semaphore.NewWeighted(p.opts.Budget)
	decoding := semaphore.NewWeighted(int64(p.opts.Parallel))
	defer close(streams)
	defer close(shared)
	defer workers.Wait()
	before := make(chan struct{}) // closed when the file before is being decoded, or has failed
	close(before)
	for part, err := range parts(ctx) {
		// What a file needs is acquired here, in the order of the files: a
		// later one must not hold what an earlier one waits for.
		weight := int64(0)
		if err == nil {
			weight = max(0, min(part.bytes(), p.opts.Budget))
			err = errors.Join(files.Acquire(ctx, 1), bytes.Acquire(ctx, weight))
		}
		out := shared
		if p.opts.Ordered {
			out = make(chan item)
			select {
			case streams <- out:
			case <-ctx.Done():
				return // nobody waits for an answer any more
			}
		}
		turn, next := before, make(chan struct{})
		before = next
		workers.Add(1)
		go func() {
			defer workers.Done()
			if p.opts.Ordered {
				defer close(out)
			}
			if err != nil {
				close(next)
				send(ctx, out, item{err: err})
				return
			}
			defer files.Release(1)
			defer bytes.Release(weight)
			o, err := p.openPart(ctx, part)
			if p.opts.Ordered {
				<-turn // as above: decoding is begun in the order of the files
			}
			if err == nil {
				defer o.data.Close()
				if err = decoding.Acquire(ctx, 1); err == nil {
					defer decoding.Release(1)
				}
			}
			close(next)
			if err != nil {
				send(ctx, out, item{err: err})
				return
			}
			for b, err := range p.read(ctx, o) {
				if b.Record != nil {
					b.Record.Retain()
				}
				if !send(ctx, out, item{b, err}) {
					return
				}
			}
		}()
		if err != nil {
			return
		}
	}
}

// send hands an item over, or releases it when nobody waits for it any more.
func send(ctx context.Context, to chan item, it item) bool {
	select {
	case to <- it:
		return true
	case <-ctx.Done():
		if it.batch.Record != nil {
			it.batch.Record.Release()
		}
		return false
	}
}

// drain takes what is still on its way after the caller has stopped, so that
// no goroutine stays behind.
func drain(streams chan chan item, shared chan item, done chan struct{}) {
	release := func(from chan item) {
		for it := range from {
			if it.batch.Record != nil {
				it.batch.Record.Release()
			}
		}
	}
	release(shared)
	for s := range streams {
		release(s)
	}
	<-done
}
