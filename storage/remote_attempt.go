package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// call is one request that is made until it is answered.
type call struct {
	kind  RequestKind
	name  string
	bytes int64 // of the body that is sent or asked for; 0: not known
	once  bool  // it must not be repeated
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

// errNoAnswer is why an attempt was given up.
var errNoAnswer = errors.New("no answer")

// watch gives an attempt up that gets no answer in time.
type watch struct {
	timer *time.Timer
}

// reading is a body whose progress is watched.
func (w *watch) reading(body io.Reader) io.Reader { return &watchedBody{body, w.timer} }

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
func attempt[T any](ctx context.Context, r *remote, c call, try int, once func(context.Context, *watch) (T, int64, error)) (T, error) {
	var none T
	permit, err := r.gov.admit(ctx, c, try)
	if err != nil {
		return none, err
	}
	limit := c.firstAnswer(try)
	inner, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(errNoAnswer) })
	end := begin(ctx, c.kind)
	got, bytes, err := once(inner, &watch{timer})
	timer.Stop()
	if err != nil && ctx.Err() != nil {
		err = &Failure{Class: lostOr(err), Text: ctx.Err().Error(), Err: ctx.Err()}
	} else if err != nil && context.Cause(inner) == errNoAnswer {
		err = &Failure{Class: lostOr(err), Text: fmt.Sprintf("no answer within %v", limit), Err: os.ErrDeadlineExceeded}
	}
	cancel(nil)
	end(bytes)
	permit.done(err)
	if err != nil {
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

// repeatable says whether another attempt may go better.
func repeatable(err error) bool {
	switch classOf(err) {
	case Lost, NotSent, Throttled, Conflict:
		return true
	}
	return false
}

// repeat makes a request until it is answered, gives up or is refused. Between
// the attempts it waits for a random time that grows with them.
func repeat[T any](ctx context.Context, r *remote, c call, once func(context.Context, *watch) (T, int64, error)) (T, error) {
	return repeated(ctx, r, c, func(ctx context.Context, try int) (T, error) {
		return attempt(ctx, r, c, try, once)
	})
}

func repeated[T any](ctx context.Context, r *remote, c call, once func(context.Context, int) (T, error)) (T, error) {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, r.opts.Elapsed+transfer(c.bytes))
	defer cancel()
	var none T
	for try := 0; ; try++ {
		got, err := once(ctx, try)
		if err == nil {
			return got, nil
		}
		if outer.Err() == nil && ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
			// Our bound, not the caller's: it must not look like the caller's.
			err = &Failure{Class: classOf(err), Text: fmt.Sprintf("no answer within %v", r.opts.Elapsed+transfer(c.bytes)), Err: os.ErrDeadlineExceeded}
		}
		if c.once || !repeatable(err) || try+1 >= r.opts.Attempts || !r.gov.mayRetry() {
			return none, err
		}
		if waitErr := r.wait(ctx, try, afterOf(err)); waitErr != nil {
			if outer.Err() != nil {
				return none, &Failure{Class: classOf(err), Text: fmt.Sprintf("%v; the last attempt: %v", outer.Err(), err), Err: outer.Err()}
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

// wait waits for a random time, at least as long as the service wishes.
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
	return repeated(ctx, r, c, func(ctx context.Context, try int) (T, error) {
		first := func(ctx context.Context) (T, error) {
			return attempt(ctx, r, c, try, func(ctx context.Context, w *watch) (T, int64, error) { return once(ctx, w, 0) })
		}
		delay, may := r.gov.hedgeAfter()
		if !may || c.bytes > hedgeBytes || try > 0 {
			return first(ctx)
		}
		return race(ctx, delay, first, func(ctx context.Context) (T, error) {
			if !r.gov.mayHedge() {
				var none T
				return none, errNoHedge
			}
			return attempt(ctx, r, c, try, func(ctx context.Context, w *watch) (T, int64, error) { return once(ctx, w, 1) })
		})
	})
}

// errNoHedge: the second request was not worth it.
var errNoHedge = errors.New("no second request")

// race runs first, and after the delay second beside it. The first success
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
	select {
	case a := <-one:
		if a.err == nil {
			cancelTwo()
			<-two
			return a.got, nil
		}
		if b := <-two; b.err == nil {
			return b.got, nil
		}
		return a.got, a.err
	case b := <-two:
		if b.err == nil {
			cancelOne()
			<-one
			return b.got, nil
		}
		a := <-one
		return a.got, a.err
	}
}
