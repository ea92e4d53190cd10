package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// call is one request that is made until it is answered.
type call struct {
	kind  RequestKind
	name  string
	bytes int64 // of the body that is sent or asked for; 0: not known
	once  bool  // it must not be sent again
}

// again says whether another attempt may be made, and may go better.
func (c call) again(err error) bool {
	if errors.Is(err, errNotTried) {
		return true
	}
	switch classOf(err) {
	case NotSent: // a part that has to come in order has failed all the same
		return !c.once || c.kind != RequestPart
	case Lost, Throttled, Conflict:
		return !c.once
	}
	return false
}

// Deadlines of an attempt: metadata has to be answered soon, a body may take
// the time that it takes at a slow rate, and must never stand still.
const (
	answerTime   = 2 * time.Second // doubled by each of the first tries
	bodyTime     = 10 * time.Second
	bytesPerTime = 1 << 20 // in a second
	idleTime     = 15 * time.Second
)

// transfer is how long bytes may take.
func transfer(bytes int64) time.Duration {
	return time.Duration(bytes/bytesPerTime) * time.Second
}

// firstAnswer is how long a request may take until something comes back.
func (c call) firstAnswer(try int) time.Duration {
	if c.kind == RequestPut || c.kind == RequestPutIfAbsent || c.kind == RequestPart {
		return bodyTime + transfer(c.bytes)
	}
	return answerTime << min(try, 2)
}

// bound ends an operation, with all its attempts, that takes too long.
type bound struct {
	limit time.Duration // without the time of a body
	start time.Time
	timer *time.Timer
	large atomic.Bool // the body is too large to be read twice
}

// errElapsed is why a bound ended its context.
var errElapsed = errors.New("no answer in time")

// within is ctx with the bound of an operation that moves so many bytes.
func (r *remote) within(ctx context.Context, bytes int64) (context.Context, *bound, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	b := &bound{limit: r.opts.Elapsed, start: time.Now()}
	b.timer = time.AfterFunc(b.limit+transfer(bytes), func() { cancel(errElapsed) })
	return ctx, b, func() {
		b.timer.Stop()
		cancel(nil)
	}
}

// grow makes room for a body whose size was not known before.
func (b *bound) grow(bytes int64) {
	b.timer.Reset(b.limit + transfer(bytes) - time.Since(b.start))
	if bytes > hedgeBytes {
		b.large.Store(true)
	}
}

// ended is why ctx is over. A bound of ours must not look like the caller's.
func ended(ctx context.Context) error {
	if context.Cause(ctx) == errElapsed {
		return os.ErrDeadlineExceeded
	}
	return ctx.Err()
}

// errNoAnswer is why an attempt was given up.
var errNoAnswer = errors.New("no answer")

// watch gives an attempt up that gets no answer in time.
type watch struct {
	timer *time.Timer
	bound *bound
	limit time.Duration // until something comes back
}

// reading is a body whose progress is watched; its size is that of the object
// if all of that is read, and 0 otherwise.
func (w *watch) reading(body io.Reader, size int64) io.Reader {
	if size > 0 {
		w.bound.grow(size)
	}
	w.limit = idleTime
	w.timer.Reset(idleTime)
	return &watchedBody{body, w.timer}
}

type watchedBody struct {
	io.Reader
	timer *time.Timer
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 && err == nil {
		b.timer.Reset(idleTime)
	}
	return n, err
}

// attempt makes a request once, when the governor lets it.
func attempt[T any](ctx context.Context, r *remote, c call, b *bound, try int, once func(context.Context, *watch) (T, int64, error)) (T, error) {
	permit, err := r.gov.admit(ctx, c)
	if err != nil {
		var none T
		if ctx.Err() != nil {
			err = &Failure{Class: NotSent, Text: ended(ctx).Error(), Err: ended(ctx)}
		}
		return none, err
	}
	return permitted(ctx, permit, b, try, once)
}

// permitted makes a request that was let through.
func permitted[T any](ctx context.Context, permit *permit, b *bound, try int, once func(context.Context, *watch) (T, int64, error)) (T, error) {
	inner, cancel := context.WithCancelCause(ctx)
	w := &watch{bound: b, limit: permit.call.firstAnswer(try)}
	w.timer = time.AfterFunc(w.limit, func() { cancel(errNoAnswer) })
	end := begin(ctx, permit.call.kind)
	got, bytes, err := once(inner, w)
	w.timer.Stop()
	if err != nil && ctx.Err() != nil {
		err = &Failure{Class: lostOr(err), Text: ended(ctx).Error(), Err: ended(ctx)}
	} else if err != nil && context.Cause(inner) == errNoAnswer {
		err = &Failure{Class: lostOr(err), Text: fmt.Sprintf("no answer within %v", w.limit), Err: os.ErrDeadlineExceeded}
	}
	cancel(nil)
	end(bytes)
	permit.done(bytes, err)
	if err != nil {
		var none T
		return none, err
	}
	return got, nil
}

// lostOr keeps the class of a failure that says more than that the attempt was
// given up.
func lostOr(err error) Class {
	var f *Failure
	if errors.As(err, &f) {
		return f.Class
	}
	return Lost
}

// classOf is the class of an error, Lost if it has none and Refused if it is
// one of our own that no repetition mends.
func classOf(err error) Class {
	var f *Failure
	switch {
	case err == nil:
		return Lost
	case errors.As(err, &f):
		return f.Class
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrOverloaded):
		return Refused
	}
	return Lost
}

// repeat makes a request until it is answered, gives up or is refused. Between
// the attempts it waits for a random time that grows with them.
func repeat[T any](ctx context.Context, r *remote, c call, once func(context.Context, *watch) (T, int64, error)) (T, error) {
	return repeated(ctx, r, c, func(ctx context.Context, b *bound, try int) (T, error) {
		return attempt(ctx, r, c, b, try, once)
	})
}

func repeated[T any](ctx context.Context, r *remote, c call, once func(context.Context, *bound, int) (T, error)) (T, error) {
	ctx, bound, end := r.within(ctx, c.bytes)
	defer end()
	var none T
	for try := 0; ; try++ {
		got, err := once(ctx, bound, try)
		if err == nil {
			return got, nil
		}
		if ctx.Err() != nil || !c.again(err) || try+1 >= r.opts.Attempts {
			return none, err
		}
		// What was not tried was no request, and the next one is no repetition.
		if !errors.Is(err, errNotTried) && !r.gov.mayRetry() {
			return none, err
		}
		if r.wait(ctx, try, afterOf(err)) != nil {
			if why := ended(ctx); why == ctx.Err() { // the caller's doing
				err = &Failure{Class: classOf(err), Text: fmt.Sprintf("%v; the last attempt: %v", why, err), Err: why}
			}
			return none, err
		}
	}
}

func afterOf(err error) time.Duration {
	var f *Failure
	if errors.As(err, &f) {
		return f.After
	}
	return 0
}

// Waits between attempts, before jitter.
const (
	waitMin = 50 * time.Millisecond
	waitMax = 5 * time.Second
)

// wait waits for a random time, at least as long as the service wishes, but no
// more than four times the longest of ours.
func (r *remote) wait(ctx context.Context, try int, atLeast time.Duration) error {
	most := min(waitMin<<min(try, 16), waitMax)
	r.mu.Lock()
	pause := time.Duration(r.jitter.Int64N(int64(most) + 1))
	r.mu.Unlock()
	timer := time.NewTimer(max(pause, min(atLeast, 4*waitMax)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hedgeBytes is the largest read that is worth a second request.
const hedgeBytes = 1 << 20

// hedged makes a read. If its answer is later than nearly all before it, a
// second request is sent, and the first answer counts. The function gets 0 for
// the first request of an attempt, 1 for the second.
func hedged[T any](ctx context.Context, r *remote, c call, once func(context.Context, *watch, int) (T, int64, error)) (T, error) {
	numbered := func(n int) func(context.Context, *watch) (T, int64, error) {
		return func(ctx context.Context, w *watch) (T, int64, error) { return once(ctx, w, n) }
	}
	return repeated(ctx, r, c, func(ctx context.Context, b *bound, try int) (T, error) {
		first := func(ctx context.Context) (T, error) { return attempt(ctx, r, c, b, try, numbered(0)) }
		delay, may := r.gov.hedgeAfter()
		if !may || c.bytes > hedgeBytes || try > 0 {
			return first(ctx)
		}
		return race(ctx, delay, first, func(ctx context.Context) (T, error) {
			if !b.large.Load() {
				if permit := r.gov.second(c); permit != nil {
					return permitted(ctx, permit, b, try, numbered(1))
				}
			}
			var none T
			return none, errNoHedge
		})
	})
}

// errNoHedge: the second request was not worth it.
var errNoHedge = errors.New("no second request")

// isAnswer says whether a request was answered, be it that there is no such
// object, so that nothing better can be waited for.
func isAnswer(err error) bool {
	return err == nil || err != errNoHedge && !call{}.again(err)
}

// race runs first, and after the delay second beside it. The first answer
// counts, else the failure of first. Both have ended when it returns.
func race[T any](ctx context.Context, delay time.Duration, first, second func(context.Context) (T, error)) (T, error) {
	type answer struct {
		got T
		err error
	}
	run := func(f func(context.Context) (T, error)) (<-chan answer, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan answer, 1)
		go func() {
			got, err := f(ctx)
			done <- answer{got, err}
		}()
		return done, cancel
	}
	one, cancelOne := run(first)
	defer cancelOne()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case a := <-one:
		return a.got, a.err
	case <-timer.C:
	}
	two, cancelTwo := run(second)
	defer cancelTwo()
	var a, b answer
	select {
	case a = <-one:
		if isAnswer(a.err) {
			cancelTwo()
		}
		b = <-two
	case b = <-two:
		if isAnswer(b.err) {
			cancelOne()
			<-one
			return b.got, b.err
		}
		a = <-one
	}
	if !isAnswer(a.err) && isAnswer(b.err) {
		return b.got, b.err
	}
	return a.got, a.err
}
