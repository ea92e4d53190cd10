package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	randv2 "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// taking is a service whose answers take a time.
func taking(d time.Duration) func(context.Context, int, RequestKind, string) error {
	return func(ctx context.Context, _ int, _ RequestKind, _ string) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return &Failure{Class: Lost, Err: ctx.Err()}
		}
	}
}

func TestRequestsInFlightAreLimited(t *testing.T) {
	for _, c := range []struct {
		limits        Limits
		reads, writes int
	}{{Limits{}, 64, 16}, {Limits{Reads: 3, Writes: 2}, 3, 2}} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			d.store("a", nil)
			d.before = taking(time.Second / 10)
			s := over(t, d, RemoteOptions{Limits: c.limits})
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if _, err := s.Head(t.Context(), "a"); err != nil {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
			if d.inFlight() != c.reads {
				t.Errorf("%d reads are in flight, want %d", d.inFlight(), c.reads)
			}
			for range 20 {
				wg.Go(func() {
					if err := s.Put(t.Context(), "b", nil); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if d.most != c.reads+c.writes {
				t.Errorf("%d requests were in flight, want %d", d.most, c.reads+c.writes)
			}
		})
	}
}

func TestBytesInFlightAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		var mu sync.Mutex
		held, most, alone := 0, 0, true
		d.before = func(_ context.Context, _ int, _ RequestKind, key string) error {
			var size int
			fmt.Sscan(key, &size)
			mu.Lock()
			held += size
			if size > 100 {
				alone = alone && held == size
			} else {
				most = max(most, held)
			}
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			held -= size
			mu.Unlock()
			return nil
		}
		s := over(t, d, RemoteOptions{Limits: Limits{Bytes: 100}})
		var wg sync.WaitGroup
		for _, size := range []int{40, 40, 40, 1000, 30, 30, 30, 30, 2000, 100, 1} {
			wg.Go(func() {
				if err := s.Put(t.Context(), fmt.Sprint(size), make([]byte, size)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // in this order
		}
		wg.Wait()
		if most > 100 || most < 90 || !alone {
			t.Errorf("%d bytes were in flight; a larger request alone: %v", most, alone)
		}
	})
}

func TestTenantsTakeTurns(t *testing.T) {
	for _, paced := range []bool{false, true} { // by permits, by the pace of the prefix
		for _, neighbours := range []int{1, 3} {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				d.store("log/a", nil)
				var mu sync.Mutex
				var order []string
				d.before = func(ctx context.Context, _ int, _ RequestKind, key string) error {
					mu.Lock()
					order = append(order, tenantOf(ctx))
					mu.Unlock()
					return taking(time.Millisecond)(ctx, 0, 0, "")
				}
				s := over(t, d, RemoteOptions{Limits: Limits{Reads: 1}})
				if paced {
					s = over(t, d, RemoteOptions{})
					s.(*remote).gov.rates.slowDown("log", time.Now())
				}
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				head := func(tenant string) {
					wg.Go(func() {
						if _, err := s.Head(WithTenant(ctx, tenant), "log/a"); err != nil && !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
					})
				}
				for i := range 1000 {
					head(fmt.Sprint("noisy ", i%neighbours))
				}
				synctest.Wait()
				before := len(order)
				for range 3 {
					head("quiet")
				}
				time.Sleep(3 * time.Second) // some 20 requests of the pace
				cancel()
				wg.Wait()
				quiet := 0
				for i, tenant := range order[before:] {
					if tenant != "quiet" {
						continue
					}
					quiet++
					turns := quiet * (neighbours + 1)
					if paced {
						turns++ // whose turn it was already
					}
					if i >= turns {
						t.Errorf("request %d of the quiet tenant was number %d, more than %d", quiet, i+1, turns)
					}
				}
				if quiet != 3 {
					t.Errorf("%d requests of the quiet tenant were made", quiet)
				}
			})
		}
	}
}

func TestWaitingEndsInOverload(t *testing.T) {
	for _, o := range ops {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			s := over(t, d, RemoteOptions{Limits: Limits{Reads: 1, Writes: 1}})
			s.(*remote).gov.reads.tryEnter(0)
			s.(*remote).gov.writes.tryEnter(0)
			start := time.Now()
			outcome, err := o.do(t.Context(), s)
			if e := isExactly(err, ErrOverloaded); e != nil || time.Since(start) != 5*time.Second {
				t.Errorf("%s: %v after %v", o.name, e, time.Since(start))
			}
			if o.kind == RequestPutIfAbsent && outcome != Rejected || len(d.requests()) != 0 {
				t.Errorf("%s: %v, %q", o.name, outcome, d.requests())
			}
		})
	}
}

func TestWaitersThatGiveUpLeaveNothingBehind(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			rnd := randv2.New(randv2.NewPCG(seed, 1))
			slots, bytes := 1+rnd.IntN(4), int64(1+rnd.IntN(100))
			g := newGate(slots, bytes)
			var wg sync.WaitGroup
			var mu sync.Mutex
			in, held, entered := 0, int64(0), 0
			for range 200 {
				tenant, size := fmt.Sprint(rnd.IntN(4)), rnd.Int64N(bytes+1)
				limit, use := time.Duration(rnd.IntN(50))*time.Millisecond, time.Duration(rnd.IntN(5))*time.Millisecond
				at := time.Duration(rnd.IntN(100)) * time.Millisecond
				wg.Go(func() {
					time.Sleep(at)
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					defer cancel()
					if g.enter(ctx, tenant, size) != nil {
						return
					}
					mu.Lock()
					in, held, entered = in+1, held+size, entered+1
					if in > slots || held > bytes {
						t.Errorf("seed %d: %d of %d, %d of %d bytes", seed, in, slots, held, bytes)
					}
					mu.Unlock()
					time.Sleep(use)
					mu.Lock()
					in, held = in-1, held-size
					mu.Unlock()
					g.leave(size)
				})
			}
			wg.Wait()
			if g.slots != slots || g.bytes != bytes || len(g.queues) != 0 || entered == 0 {
				t.Errorf("seed %d: %d of %d permits, %d of %d bytes, %d queues, %d entered", seed, g.slots, slots, g.bytes, bytes, len(g.queues), entered)
			}
		})
	}
}

func TestTurnThatComesWithTheCancelIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			g := newGate(1, 10)
			g.tryEnter(10)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				if g.enter(ctx, "", 10) == nil {
					g.leave(10)
				}
			})
			synctest.Wait()
			cancel()
			g.leave(10)
			wg.Wait()
			if g.slots != 1 || g.bytes != 10 {
				t.Fatalf("%d permits, %d bytes", g.slots, g.bytes)
			}
		}
	})
}

func TestWaiterThatGivesUpMakesRoomForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 100)
		g.tryEnter(60)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := g.enter(ctx, "large", 80); err == nil {
				t.Error("it fits")
			}
		})
		synctest.Wait()
		start := time.Now()
		if err := g.enter(t.Context(), "small", 30); err != nil || time.Since(start) != time.Second {
			t.Error(err, time.Since(start))
		}
		wg.Wait()
	})
}

func TestPaceFallsAndRecovers(t *testing.T) {
	var r rates
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds float64) time.Time { return now.Add(time.Duration(seconds * float64(time.Second))) }
	is := func(seconds, want float64) {
		t.Helper()
		if p := r.pace("a", at(seconds)); p == nil || math.Abs(p.perSecond-want) > want/1000 {
			t.Errorf("after %v s: %+v, want %v", seconds, p, want)
		}
	}
	for i := range 100 { // in the second before
		r.count(at(-1 + float64(i)/100))
	}
	if r.pace("a", now) != nil {
		t.Error("there is a pace before the service asked for one")
	}
	r.slowDown("a", now)
	is(0, 70)
	r.slowDown("a", at(0.5)) // the same burst
	is(0.9, 70)
	is(1, 70*1.05)
	r.slowDown("a", at(1))
	is(1, 70*1.05*0.7)
	is(11, 70*1.05*0.7*math.Pow(1.05, 10))
	if r.pace("b", at(1)) != nil {
		t.Error("another prefix is slowed")
	}
	for i := range 100 {
		r.slowDown("a", at(20+float64(i)))
	}
	is(119, rateMin)
	is(120, rateMin*1.05)
	free := 0
	for ; r.pace("a", at(120+float64(free))) != nil; free++ {
	}
	if want := int(math.Ceil(math.Log(rateFree) / math.Log(rateGrow))); free < want-2 || free > want+2 || len(r.of) != 0 {
		t.Errorf("free after %d s, want %d", free, want)
	}
}

func TestThrottledPrefixIsPacedAndOthersAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n == 0 {
				return &Failure{Class: Throttled}
			}
			return nil
		}
		d.store("a/x", nil)
		d.store("b/x", nil)
		s := over(t, d, RemoteOptions{})
		if _, err := s.Head(t.Context(), "a/x"); err != nil {
			t.Fatal(err)
		}
		heads := func(name string, n int) time.Duration {
			start := time.Now()
			for range n {
				if _, err := s.Head(t.Context(), name); err != nil {
					t.Error(err)
				}
			}
			return time.Since(start)
		}
		if took := heads("b/x", 1000); took != 0 {
			t.Errorf("another prefix took %v", took)
		}
		// From 7 a second on, and 5 % more each second.
		if took := heads("a/x", 70); took < 7*time.Second || took > 10*time.Second {
			t.Errorf("70 requests took %v", took)
		}
		time.Sleep(200 * time.Second)
		if took := heads("a/x", 1000); took != 0 {
			t.Errorf("it is not free again: %v", took)
		}
	})
}

func TestPaceServesWhomItCanAndForgetsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.store("a/x", nil)
		s := over(t, d, RemoteOptions{})
		s.(*remote).gov.rates.slowDown("a", time.Now()) // 7 a second
		// 20 s of 100 a second.
		var wg sync.WaitGroup
		var mu sync.Mutex
		served, refused := 0, 0
		for range 2000 {
			time.Sleep(10 * time.Millisecond)
			wg.Go(func() {
				_, err := s.Head(t.Context(), "a/x")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					served++
				} else if refused++; !errors.Is(err, ErrOverloaded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if served < 20*7 || served+refused != 2000 {
			t.Errorf("%d were served, %d refused", served, refused)
		}
		start := time.Now()
		if _, err := s.Head(t.Context(), "a/x"); err != nil || time.Since(start) > time.Second/7 {
			t.Errorf("after the crowd: %v after %v", err, time.Since(start))
		}
	})
}

func TestRetriesHaveABudget(t *testing.T) {
	for _, class := range []Class{Lost, Throttled, Conflict} {
		for _, atOnce := range []int{1, 30} {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				d.before = func(context.Context, int, RequestKind, string) error { return &Failure{Class: class} }
				s := over(t, d, RemoteOptions{})
				const calls = 600
				var wg sync.WaitGroup
				for range atOnce {
					wg.Go(func() {
						for range calls / atOnce {
							if err := s.Delete(t.Context(), "a"); err == nil {
								t.Error("it succeeds")
							}
						}
					})
				}
				wg.Wait()
				if n := len(d.requests()); n > calls*11/10+100 {
					t.Errorf("%v, %d at once: %d requests for %d calls", class, atOnce, n, calls)
				}
				// Successes earn retries.
				d.before = nil
				time.Sleep(time.Hour)
				for range 20 {
					if err := s.Delete(t.Context(), "a"); err != nil {
						t.Fatal(err)
					}
				}
				failing := true
				d.before = func(context.Context, int, RequestKind, string) error {
					failing = !failing
					if failing {
						return nil
					}
					return &Failure{Class: Lost}
				}
				for range 2 {
					if err := s.Delete(t.Context(), "a"); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// broken is a store whose breaker has just opened: its service hangs.
func broken(t *testing.T, o RemoteOptions) (*fakeDriver, Store) {
	d := newFakeDriver()
	d.store("a", []byte("a"))
	d.before = func(context.Context, int, RequestKind, string) error { return &Failure{Class: Lost} }
	s := over(t, d, o)
	b := &s.(*remote).gov.breaker
	for n := 0; n < breakAfter; n++ {
		if b.open() {
			t.Fatalf("open after %d requests", n)
		}
		s.(*remote).gov.permit(call{}).learn(&Failure{Class: Lost})
	}
	if !b.open() {
		t.Fatal("not open")
	}
	d.before = hang
	return d, s
}

// learn gives back a permit that was taken for a test.
func (p *permit) learn(err error) {
	p.gate.tryEnter(0)
	p.done(0, err)
}

func TestBreakerLetsOneTrialThroughAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := broken(t, RemoteOptions{Attempts: 1})
		var wg sync.WaitGroup
		start := time.Now()
		for range 50 {
			wg.Go(func() {
				_, err := s.Head(t.Context(), "a")
				if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrOverloaded) || time.Since(start) != 2*time.Second {
					t.Error(err, time.Since(start))
				}
			})
		}
		wg.Wait() // they fail with the trial
		if len(d.requests()) != 1 {
			t.Errorf("%d requests were made", len(d.requests()))
		}
		d.before = nil
		for range 3 {
			start := time.Now()
			if _, err := s.Head(t.Context(), "a"); err != nil || time.Since(start) != 0 {
				t.Errorf("the service is back: %v after %v", err, time.Since(start))
			}
		}
		if s.(*remote).gov.breaker.open() {
			t.Error("it is still open")
		}
	})
}

func TestCallsBehindATrialSucceedOnceTheServiceIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := broken(t, RemoteOptions{})
		s.(*remote).gov.retries.tokens = 0 // the outage has used them up
		var wg sync.WaitGroup
		wg.Go(func() { s.Head(t.Context(), "a") })
		synctest.Wait()
		d.before = nil
		start := time.Now()
		for i := range 10 {
			wg.Go(func() {
				if outcome, _, err := s.PutIfAbsent(t.Context(), fmt.Sprint(i), nil); outcome != Created || err != nil {
					t.Error(outcome, err)
				}
			})
			wg.Go(func() {
				if got, _, err := s.Get(t.Context(), "a", -1); string(got) != "a" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestCancelledTrialShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := broken(t, RemoteOptions{Attempts: 1})
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := s.Head(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
		synctest.Wait()
		start := time.Now()
		for range 5 { // one of them is the next trial
			wg.Go(func() {
				if _, err := s.Head(t.Context(), "a"); !errors.Is(err, ErrUnavailable) || time.Since(start) != 3*time.Second {
					t.Error(err, time.Since(start))
				}
			})
		}
		wg.Wait()
		if len(d.requests()) != 2 || !s.(*remote).gov.breaker.open() {
			t.Errorf("%d requests, open %v", len(d.requests()), s.(*remote).gov.breaker.open())
		}
		d.before = nil
		if _, err := s.Head(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitersBehindALongTrialAreNotOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := broken(t, RemoteOptions{Attempts: 1})
		var wg sync.WaitGroup
		wg.Go(func() { s.Put(t.Context(), "a", nil) }) // hangs for 10 s
		synctest.Wait()
		_, err := s.Head(t.Context(), "a")
		if e := isExactly(err, ErrUnavailable); e != nil {
			t.Error(e)
		}
		wg.Wait()
	})
}

func TestTrialThatGetsNoPermitIsNoTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := broken(t, RemoteOptions{Attempts: 1, Limits: Limits{Reads: 1}})
		gate := s.(*remote).gov.reads
		gate.tryEnter(0) // a request that began before
		if _, err := s.Head(t.Context(), "a"); !errors.Is(err, ErrOverloaded) {
			t.Error(err)
		}
		gate.leave(0)
		d.before = nil
		if _, err := s.Head(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
}

func TestAnswersOfAnyKindCloseTheBreaker(t *testing.T) {
	for class := Lost; class <= Unsupported; class++ {
		synctest.Test(t, func(t *testing.T) {
			d, s := broken(t, RemoteOptions{Attempts: 1})
			d.before = func(context.Context, int, RequestKind, string) error { return &Failure{Class: class} }
			s.Put(t.Context(), "a", nil)
			if open := s.(*remote).gov.breaker.open(); open != (class == Lost || class == NotSent) {
				t.Errorf("%v: open %v", class, open)
			}
		})
	}
}

// reads is a store that knows how long so many reads take: 20 ms.
func reads(t *testing.T, n int, o RemoteOptions) (*fakeDriver, Store) {
	d := newFakeDriver()
	d.store("a", []byte("0123456789"))
	d.store("large", make([]byte, hedgeBytes+1))
	s := over(t, d, o)
	d.before = taking(20 * time.Millisecond)
	for range n {
		if _, _, err := s.Get(t.Context(), "a", -1); err != nil {
			t.Fatal(err)
		}
	}
	d.n, d.log = 0, nil
	return d, s
}

// slowFirst makes the first request wait for a second, the others not at all.
func slowFirst(ctx context.Context, n int, _ RequestKind, _ string) error {
	if n == 0 {
		return taking(time.Second)(ctx, 0, 0, "")
	}
	return nil
}

func TestSlowReadIsMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := reads(t, 32, RemoteOptions{})
		d.before = slowFirst
		start := time.Now()
		got, info, err := s.Get(t.Context(), "a", -1)
		if err != nil || string(got) != "0123456789" || info.Size != 10 {
			t.Errorf("%q, %+v, %v", got, info, err)
		}
		if took := time.Since(start); took != 20*time.Millisecond || len(d.requests()) != 2 || d.inFlight() != 0 {
			t.Errorf("%v, %q, %d in flight", took, d.requests(), d.inFlight())
		}
	})
}

func TestSecondRequestsAreRare(t *testing.T) {
	for name, c := range map[string]struct {
		known  int
		change func(d *fakeDriver, s *remote)
		do     func(ctx context.Context, s Store) error
	}{
		"too few are known": {known: 31},
		"a put":             {known: 32, do: func(ctx context.Context, s Store) error { return s.Put(ctx, "b", nil) }},
		"a head":            {known: 32, do: func(ctx context.Context, s Store) error { _, err := s.Head(ctx, "a"); return err }},
		"a listing":         {known: 32, do: ops[5].do2()},
		"a delete":          {known: 32, do: func(ctx context.Context, s Store) error { return s.Delete(ctx, "b") }},
		"a large range": {known: 32, do: func(ctx context.Context, s Store) error {
			_, err := s.ReadAt(ctx, "large", make([]byte, hedgeBytes+1), 0)
			return err
		}},
		"no permit is free":     {known: 32, change: func(_ *fakeDriver, r *remote) { r.gov.reads.slots = 1 }},
		"the prefix is paced":   {known: 32, change: func(_ *fakeDriver, r *remote) { r.gov.rates.slowDown("", time.Now().Add(-time.Second)) }},
		"the breaker is open":   {known: 32, change: func(_ *fakeDriver, r *remote) { r.gov.breaker.failed = breakAfter }},
		"the budget is used up": {known: 32, change: func(_ *fakeDriver, r *remote) { r.gov.latency.extra = 0.9 }},
		"a large body arrives": {known: 32, change: func(d *fakeDriver, _ *remote) {
			d.before = nil
			d.body = func(ctx context.Context, _ int, part []byte) io.Reader {
				return &pieces{ctx, time.Second / 2, hedgeBytes, part, io.EOF}
			}
		}, do: func(ctx context.Context, s Store) error { _, _, err := s.Get(ctx, "large", -1); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := reads(t, c.known, RemoteOptions{})
				d.before = slowFirst
				if c.change != nil {
					c.change(d, s.(*remote))
				}
				do := c.do
				if do == nil {
					do = func(ctx context.Context, s Store) error { _, _, err := s.Get(ctx, "a", -1); return err }
				}
				start := time.Now()
				if err := do(t.Context(), s); err != nil {
					t.Error(err)
				}
				if len(d.requests()) != 1 || time.Since(start) < time.Second {
					t.Errorf("%q after %v", d.requests(), time.Since(start))
				}
			})
		})
	}
}

func (o op) do2() func(context.Context, Store) error {
	return func(ctx context.Context, s Store) error {
		_, err := o.do(ctx, s)
		return err
	}
}

func TestSecondRequestsAreFewerThanATwentieth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := reads(t, 32, RemoteOptions{})
		var n4 atomic.Int32
		d.before = func(ctx context.Context, _ int, _ RequestKind, _ string) error {
			if n4.Add(1)%4 == 0 { // more than the twentieth that is waited for
				return taking(time.Second)(ctx, 0, 0, "")
			}
			return taking(10*time.Millisecond)(ctx, 0, 0, "")
		}
		const n = 2000
		for range n {
			if _, err := s.ReadAt(t.Context(), "a", make([]byte, 3), 2); err != nil {
				t.Fatal(err)
			}
		}
		if extra := len(d.requests()) - n; extra > (n+32)/20 || extra < n/40 {
			t.Errorf("%d second requests for %d", extra, n)
		}
	})
}

func TestPercentileIsThe95th(t *testing.T) {
	g := newGovernor(Limits{})
	for i := range 300 { // the last 128 are 1 to 128 ms
		g.latency.add(time.Duration(i-171) * time.Millisecond)
	}
	if after, may := g.hedgeAfter(); !may || after != 122*time.Millisecond {
		t.Error(after, may)
	}
	if g = newGovernor(Limits{}); g.limits.Queue != 5*time.Second || g.limits.Bytes != 256<<20 {
		t.Errorf("%+v", g.limits)
	}
	for range 32 {
		g.latency.add(time.Microsecond)
	}
	if after, may := g.hedgeAfter(); !may || after != hedgeMin {
		t.Error(after, may)
	}
}

func TestFirstAnswerCounts(t *testing.T) {
	wait := func(d time.Duration, class Class, fails bool) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := taking(d)(ctx, 0, 0, ""); err != nil {
				return err
			}
			if fails {
				return &Failure{Class: class}
			}
			return nil
		}
	}
	second := time.Second
	for name, c := range map[string]struct {
		one, two func(context.Context) error
		took     time.Duration // in all
		class    Class
		fails    bool
	}{
		"the second":                              {wait(second, 0, false), wait(0, 0, false), 20 * time.Millisecond, 0, false},
		"the first":                               {wait(second/10, 0, false), wait(second, 0, false), second / 10, 0, false},
		"the second is that there is none":        {wait(second, 0, false), wait(0, NotFound, true), 20 * time.Millisecond, NotFound, true},
		"the first is that there is none":         {wait(second/10, NotFound, true), wait(second, 0, false), second / 10, NotFound, true},
		"the second is lost, the first is not":    {wait(second/10, 0, false), wait(0, Lost, true), second / 10, 0, false},
		"the first is lost, the second is not":    {wait(second/10, Lost, true), wait(second, 0, false), second + 20*time.Millisecond, 0, false},
		"the second is throttled, the first lost": {wait(second/10, Lost, true), wait(0, Throttled, true), second / 10, Lost, true},
	} {
		for _, ranged := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ranged ", ranged), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d, s := reads(t, 32, RemoteOptions{Attempts: 1})
					d.before = func(ctx context.Context, n int, _ RequestKind, _ string) error {
						return []func(context.Context) error{c.one, c.two}[n](ctx)
					}
					start := time.Now()
					var err error
					if ranged {
						p := make([]byte, 4)
						if _, err = s.ReadAt(t.Context(), "a", p, 3); err == nil && string(p) != "3456" {
							t.Errorf("%q", p)
						}
					} else {
						_, _, err = s.Get(t.Context(), "a", -1)
					}
					if took := time.Since(start); took != c.took || d.inFlight() != 0 || len(d.requests()) != 2 {
						t.Errorf("%v, %d in flight, %q", took, d.inFlight(), d.requests())
					}
					if (err != nil) != c.fails || c.fails && classOf(err) != c.class {
						t.Error(err)
					}
				})
			})
		}
	}
}

// late is a body that writes once more after its context has ended.
type late struct{ ctx context.Context }

func (b late) Read(p []byte) (int, error) {
	<-b.ctx.Done()
	copy(p, "XXXXXXXXXXXXXX")
	return 0, b.ctx.Err()
}

func TestBufferIsTheCallersAfterTheRead(t *testing.T) {
	for slow := range 2 {
		synctest.Test(t, func(t *testing.T) {
			d, s := reads(t, 32, RemoteOptions{})
			d.before = nil
			d.body = func(ctx context.Context, n int, part []byte) io.Reader {
				if n == slow {
					return late{ctx}
				}
				return &pieces{ctx, 50 * time.Millisecond, 100, part, io.EOF}
			}
			p := make([]byte, 8)
			n, err := s.ReadAt(t.Context(), "a", p, 1)
			if n != 8 || err != nil || string(p) != "12345678" || len(d.requests()) != 2 {
				t.Errorf("%q, %v, %q", p[:n], err, d.requests())
			}
			copy(p, "mine now")
			time.Sleep(time.Minute)
			if !bytes.Equal(p, []byte("mine now")) {
				t.Errorf("%q", p)
			}
		})
	}
}

func TestReadWithTwoRequestsEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := reads(t, 32, RemoteOptions{})
		d.before = hang
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		n, err := s.ReadAt(ctx, "a", make([]byte, 3), 0)
		if n != 0 || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second || d.inFlight() != 0 {
			t.Error(n, err, time.Since(start), d.inFlight())
		}
		if log := d.requests(); len(log) != 2 || !slices.Equal(log, []string{"get a", "get a"}) {
			t.Errorf("%q", log)
		}
	})
}
