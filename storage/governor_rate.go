package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// rates keep to what the service wishes: none until it asks to slow down, then
// less for the prefix it said so about (×0.7 each time), and 5 % more each
// second. What is above rateFree is free again.
type rates struct {
	of     map[string]*rate
	counts counter
}

const (
	rateCut  = 0.7
	rateGrow = 1.05
	rateMin  = 1    // requests a second
	rateFree = 5000 // requests a second
)

// rate is the pace of one prefix.
type rate struct {
	turn      *gate // whoever is in it is next; the others take turns by tenant
	perSecond float64
	next      time.Time // when the next request may be made
	cut       time.Time // when it was last cut: the answers of one burst count once
	grown     time.Time
}

// counter counts the requests of the current and of the last second.
type counter struct {
	second    time.Time
	now, last float64
}

func (r *rates) count(now time.Time) { r.counts.add(now) }

func (c *counter) add(now time.Time) {
	c.turn(now)
	c.now++
}

func (c *counter) turn(now time.Time) {
	switch since := now.Sub(c.second); {
	case since < time.Second:
	case since < 2*time.Second:
		c.second, c.last, c.now = c.second.Add(time.Second), c.now, 0
	default:
		c.second, c.last, c.now = now, 0, 0
	}
}

// perSecond is what was let through lately.
func (c *counter) perSecond(now time.Time) float64 {
	c.turn(now)
	return max(c.now, c.last)
}

// slowDown cuts the pace of a prefix.
func (r *rates) slowDown(prefix string, now time.Time) {
	p := r.of[prefix]
	if p == nil {
		if r.of == nil {
			r.of = map[string]*rate{}
		}
		p = &rate{turn: newGate(1, 0), perSecond: min(max(r.counts.perSecond(now), 10), rateFree), grown: now}
		r.of[prefix] = p
	} else if now.Sub(p.cut) < time.Second {
		return
	}
	p.grow(now)
	p.perSecond = max(p.perSecond*rateCut, rateMin)
	p.cut = now
}

// pace is that of a prefix; nil: none.
func (r *rates) pace(prefix string, now time.Time) *rate {
	p := r.of[prefix]
	if p == nil {
		return nil
	}
	if p.grow(now); p.perSecond >= rateFree {
		delete(r.of, prefix)
		return nil
	}
	return p
}

func (p *rate) grow(now time.Time) {
	for now.Sub(p.grown) >= time.Second && p.perSecond < rateFree {
		p.perSecond *= rateGrow
		p.grown = p.grown.Add(time.Second)
	}
}

// paced waits for the pace of the prefix. Nobody reserves a time that it may
// not live to see: whoever gives up leaves nothing behind.
func (g *governor) paced(ctx context.Context, c call) error {
	g.mu.Lock()
	p := g.rates.pace(prefixOf(c.name), time.Now())
	g.mu.Unlock()
	if p == nil {
		return ctx.Err()
	}
	if err := p.turn.enter(ctx, tenantOf(ctx), 0); err != nil {
		return err
	}
	defer p.turn.leave(0)
	g.mu.Lock()
	wait := time.Until(p.next)
	g.mu.Unlock()
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.next = time.Now().Add(time.Duration(float64(time.Second) / p.perSecond))
	return nil
}

// breaker opens when request after request gets no answer. While it is open,
// one request at a time is made, to see whether the service is back; the
// others wait for what comes of it, and fail with it.
type breaker struct {
	failed int           // in a row
	trying bool          // a trial is under way
	result chan struct{} // closed when it ends
}

// breakAfter is how many requests in a row must get no answer.
const breakAfter = 20

func (b *breaker) open() bool { return b.failed >= breakAfter }

// release ends a trial.
func (b *breaker) release() {
	if b.trying {
		b.trying = false
		close(b.result)
	}
}

// errNotTried: a request was not made because others got no answer.
var errNotTried = errors.New("not tried")

// untilAnswers lets a request through a closed breaker, makes it the trial of
// an open one, or waits for the trial that is under way. Where that one showed
// nothing, another one is made.
func (g *governor) untilAnswers(ctx context.Context) (trial bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := &g.breaker
	for b.open() && b.trying {
		before, result := b.failed, b.result
		g.mu.Unlock()
		select {
		case <-result:
		case <-ctx.Done():
		}
		g.mu.Lock()
		if ctx.Err() != nil && context.Cause(ctx) != ErrOverloaded {
			return false, ctx.Err()
		}
		if b.open() && (b.failed != before || ctx.Err() != nil) {
			return false, &Failure{Class: NotSent, Text: fmt.Sprintf("not tried: %d requests in a row got no answer", b.failed), Err: errNotTried}
		}
	}
	if b.open() {
		b.trying, b.result = true, make(chan struct{})
		return true, nil
	}
	return false, nil
}

// latency remembers how long reads took.
type latency struct {
	last  [128]time.Duration
	n     int     // ever added
	extra float64 // second requests that may be made
}

// hedgeShare is the part of reads that may be made twice.
const hedgeShare = 0.05

func (l *latency) add(d time.Duration) {
	l.last[l.n%len(l.last)] = d
	l.n++
	l.extra = min(l.extra+hedgeShare, 10)
}

// hedgeMin is the least that a first request is waited for.
const hedgeMin = 10 * time.Millisecond

// hedgeAfter is the 95th percentile of what reads took; false while too few
// are known.
func (g *governor) hedgeAfter() (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := &g.latency
	if l.n < len(l.last)/4 {
		return 0, false
	}
	known := slices.Clone(l.last[:min(l.n, len(l.last))])
	slices.Sort(known)
	return max(known[len(known)*95/100], hedgeMin), true
}

// maySpend takes a second request out of its budget.
func (l *latency) maySpend() bool {
	if l.extra < 1 {
		return false
	}
	l.extra--
	return true
}
