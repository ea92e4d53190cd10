package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits are how much one store asks of its service at once. Zero fields mean
// the defaults, which fill a fast service and spare a slow one.
type Limits struct {
	Reads  int           // requests in flight that read; 0: 64
	Writes int           // requests in flight that write; 0: 16
	Bytes  int64         // of bodies in flight, reads and writes each; 0: 256 MiB
	Queue  time.Duration // how long a request waits for its turn before [ErrOverloaded]; 0: 5 s
}

func (l Limits) withDefaults() Limits {
	if l.Reads <= 0 {
		l.Reads = 64
	}
	if l.Writes <= 0 {
		l.Writes = 16
	}
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	if l.Queue <= 0 {
		l.Queue = 5 * time.Second
	}
	return l
}

type tenantKey struct{}

// WithTenant says on whose behalf the requests of a call are made. Where
// requests have to wait, tenants take turns, whatever number each has waiting.
// Without it the tenant is "".
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

func tenantOf(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
}

// governor is what all requests of one store go through. It has no goroutine
// and holds no lock while it waits.
//
//	admit   breaker ── rate of the prefix ── turn of the tenant, permit and bytes ── request
//	done    latency, rate, breaker, retry budget learn from the answer
type governor struct {
	limits        Limits
	reads, writes *gate

	mu      sync.Mutex // guards what is below; never held over I/O
	rates   rates
	breaker breaker
	retries budget
	latency latency
}

func newGovernor(l Limits) *governor {
	l = l.withDefaults()
	return &governor{
		limits: l,
		reads:  newGate(l.Reads, l.Bytes), writes: newGate(l.Writes, l.Bytes),
		retries: budget{tokens: retryTokens, most: retryTokens, gain: retryGain},
	}
}

// permit is a request that was let through.
type permit struct {
	gov   *governor
	gate  *gate
	call  call
	bytes int64
	trial bool // it tries out whether the service answers again
	start time.Time
}

// admit waits until a request may be made.
func (g *governor) admit(ctx context.Context, c call) (*permit, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, g.limits.Queue, ErrOverloaded)
	defer cancel()
	p := g.permit(c)
	var err error
	if p.trial, err = g.untilAnswers(ctx); err == nil {
		if err = g.paced(ctx, c); err == nil {
			err = p.gate.enter(ctx, tenantOf(ctx), p.bytes)
		}
		if err != nil && p.trial {
			g.mu.Lock()
			g.breaker.release()
			g.mu.Unlock()
		}
	}
	if err != nil {
		if context.Cause(ctx) == ErrOverloaded && !errors.Is(err, errNotTried) {
			return nil, fmt.Errorf("%w for %v", ErrOverloaded, g.limits.Queue)
		}
		return nil, err
	}
	p.start = time.Now()
	return p, nil
}

// permit is what a request needs, before it has it.
func (g *governor) permit(c call) *permit {
	p := &permit{gov: g, gate: g.writes, call: c, bytes: min(c.bytes, g.limits.Bytes)}
	if c.kind.reads() {
		p.gate = g.reads
	}
	return p
}

// second admits the second request of a read if nothing has to wait for it;
// nil: it is not worth it.
func (g *governor) second(c call) *permit {
	p := g.permit(c)
	if !p.gate.tryEnter(p.bytes) {
		return nil
	}
	g.mu.Lock()
	may := !g.breaker.open() && g.rates.of[prefixOf(c.name)] == nil && g.latency.maySpend()
	g.mu.Unlock()
	if !may {
		p.gate.leave(p.bytes)
		return nil
	}
	p.start = time.Now()
	return p
}

// done gives the permit back and learns from how the request went.
func (p *permit) done(bytes int64, err error) {
	p.gate.leave(p.bytes)
	g, now := p.gov, time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	class := classOf(err)
	switch {
	case err != nil && class == Throttled:
		g.rates.slowDown(prefixOf(p.call.name), now)
	case err == nil:
		g.rates.count(now)
		g.retries.earn()
		if p.call.kind == RequestGet && max(bytes, p.call.bytes) <= hedgeBytes {
			g.latency.add(now.Sub(p.start))
		}
	}
	switch unanswered := err != nil && (class == Lost || class == NotSent); {
	case !unanswered:
		g.breaker.failed = 0
	case !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		g.breaker.failed++ // what the caller gave up shows nothing
	}
	if p.trial {
		g.breaker.release()
	}
}

// prefixOf is what rates are kept for: the first folder of a name.
func prefixOf(name string) string {
	folder, _, ok := strings.Cut(name, "/")
	if !ok {
		return ""
	}
	return folder
}

// mayRetry takes a retry out of the budget: when most requests fail, repeating
// all of them makes it worse.
func (g *governor) mayRetry() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.retries.spend()
}

// The budget of retries, in requests, and what a success adds to it.
const (
	retryTokens = 100
	retryGain   = 0.1
)

// budget is a number of tokens that successes earn.
type budget struct {
	tokens, most, gain float64
}

func (b *budget) earn() { b.tokens = min(b.tokens+b.gain, b.most) }

func (b *budget) spend() bool {
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// gate lets a number of requests, and of bytes, through at once. Those that
// have to wait take turns by tenant, and come in order within one.
type gate struct {
	mu     sync.Mutex // guards all below; never held over I/O
	slots  int        // free
	bytes  int64      // free; nobody asks for more than there ever are
	queues []*queue   // of tenants that wait; the first is next
}

// queue is what one tenant has waiting.
type queue struct {
	tenant  string
	waiting []*waiter
}

type waiter struct {
	bytes int64
	ready chan struct{} // closed when it may go
}

func newGate(slots int, bytes int64) *gate { return &gate{slots: slots, bytes: bytes} }

// enter waits for its turn.
func (g *gate) enter(ctx context.Context, tenant string, bytes int64) error {
	g.mu.Lock()
	if len(g.queues) == 0 && g.take(bytes) {
		g.mu.Unlock()
		return nil
	}
	w := &waiter{bytes: bytes, ready: make(chan struct{})}
	i := slices.IndexFunc(g.queues, func(q *queue) bool { return q.tenant == tenant })
	if i < 0 {
		g.queues = append(g.queues, &queue{tenant: tenant})
		i = len(g.queues) - 1
	}
	g.queues[i].waiting = append(g.queues[i].waiting, w)
	g.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-w.ready: // its turn came at the same moment
		g.give(bytes)
	default:
		g.forget(w)
	}
	g.dispatch()
	return ctx.Err()
}

// tryEnter enters if nobody waits and there is room.
func (g *gate) tryEnter(bytes int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queues) == 0 && g.take(bytes)
}

// leave gives back what enter took.
func (g *gate) leave(bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.give(bytes)
	g.dispatch()
}

func (g *gate) take(bytes int64) bool {
	if g.slots == 0 || g.bytes < bytes {
		return false
	}
	g.slots--
	g.bytes -= bytes
	return true
}

func (g *gate) give(bytes int64) {
	g.slots++
	g.bytes += bytes
}

// dispatch lets those in that there is room for, one tenant after the other.
func (g *gate) dispatch() {
	for len(g.queues) > 0 {
		q := g.queues[0]
		w := q.waiting[0]
		if !g.take(w.bytes) {
			return
		}
		close(w.ready)
		g.queues = g.queues[1:]
		if q.waiting = q.waiting[1:]; len(q.waiting) > 0 {
			g.queues = append(g.queues, q)
		}
	}
}

// forget removes one that waits no more.
func (g *gate) forget(w *waiter) {
	for i, q := range g.queues {
		if j := slices.Index(q.waiting, w); j >= 0 {
			if q.waiting = slices.Delete(q.waiting, j, j+1); len(q.waiting) == 0 {
				g.queues = slices.Delete(g.queues, i, i+1)
			}
			return
		}
	}
}
