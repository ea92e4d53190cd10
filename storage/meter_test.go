package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeterCountsRequestsAndBytesByKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.page = 2
		s := over(t, d, RemoteOptions{})
		var m Meter
		ctx := WithMeter(t.Context(), &m)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(s.Put(ctx, "a", []byte("12345")))
		_, _, err := s.PutIfAbsent(ctx, "b", []byte("123"))
		must(err)
		_, _, err = s.Get(ctx, "a", -1)
		must(err)
		_, err = s.ReadAt(ctx, "a", make([]byte, 2), 1)
		must(err)
		_, err = s.Head(ctx, "a")
		must(err)
		must(writeStream(ctx, s, "c", 150)) // begin, 3 parts, end
		for _, err := range s.List(ctx, "", "") {
			must(err)
		}
		must(s.Delete(ctx, "a", "b", "c", "d"))
		must(s.Put(t.Context(), "unmetered", nil))
		want := Usage{Bytes: 5 + 3 + 5 + 2 + 150, Depth: m.Usage().Depth}
		want.Requests = [requestKinds]int{RequestGet: 2, RequestHead: 1, RequestList: 2, RequestPut: 1, RequestPutIfAbsent: 1, RequestPart: 5, RequestDelete: 2}
		if u := m.Usage(); u != want || u.Total() != 14 {
			t.Errorf("%+v, want %+v", u, want)
		}

		// Attempts that fail count.
		m = Meter{}
		d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n%3 < 2 {
				return &Failure{Class: Lost}
			}
			return nil
		}
		d.n = 0
		must(s.Put(ctx, "a", nil))
		if u := m.Usage(); u.Requests[RequestPut] != 3 || u.Depth != 3 {
			t.Errorf("%+v", u)
		}
		// Those that were never made do not.
		m = Meter{}
		s.(*remote).gov.breaker = breaker{failed: breakAfter, trying: true, result: make(chan struct{})}
		if _, err := s.Head(ctx, "a"); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
		if u := m.Usage(); u != (Usage{}) {
			t.Errorf("%+v", u)
		}
	})
}

func TestDepthIsTheLongestChain(t *testing.T) {
	type span struct{ from, to int }
	for name, c := range map[string]struct {
		spans []span
		depth int
	}{
		"none":                             {nil, 0},
		"one":                              {[]span{{0, 1}}, 1},
		"a sequence":                       {[]span{{0, 1}, {2, 3}, {4, 5}, {6, 7}}, 4},
		"in parallel":                      {[]span{{0, 9}, {1, 8}, {2, 7}}, 1},
		"two waves":                        {[]span{{0, 3}, {1, 4}, {5, 8}, {6, 9}}, 2},
		"chains of two and three":          {[]span{{0, 10}, {11, 20}, {1, 2}, {3, 4}, {5, 6}}, 4},
		"a long one beside a chain":        {[]span{{0, 100}, {1, 2}, {3, 4}, {5, 6}}, 3},
		"a long one, then one":             {[]span{{0, 100}, {1, 2}, {3, 4}, {101, 102}}, 3},
		"began before the other had ended": {[]span{{0, 5}, {4, 9}, {8, 12}}, 2},
		"a staircase":                      {[]span{{0, 3}, {2, 5}, {4, 7}, {6, 9}, {8, 11}}, 3},
		"a late end of an early one":       {[]span{{0, 1}, {2, 30}, {3, 4}, {5, 6}, {7, 8}, {31, 32}}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m Meter
				ctx := WithMeter(t.Context(), &m)
				var wg sync.WaitGroup
				for _, s := range c.spans {
					wg.Go(func() {
						time.Sleep(time.Duration(s.from) * time.Second)
						end := begin(ctx, RequestGet)
						time.Sleep(time.Duration(s.to-s.from) * time.Second)
						end(1)
					})
				}
				wg.Wait()
				if u := m.Usage(); u.Depth != c.depth || u.Total() != len(c.spans) || u.Bytes != int64(len(c.spans)) {
					t.Errorf("%+v, want %d", u, c.depth)
				}
			})
		})
	}
}

func TestDepthAgreesWithAStoreOfFixedLatency(t *testing.T) {
	for readers := 1; readers <= 4; readers++ {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			for i := range 20 {
				d.store(fmt.Sprint(i), nil)
			}
			d.before = taking(time.Second)
			s := over(t, d, RemoteOptions{Limits: Limits{Reads: 3}})
			var m Meter
			ctx := WithMeter(t.Context(), &m)
			start := time.Now()
			var wg sync.WaitGroup
			for reader := range readers {
				wg.Go(func() {
					for i := range 2 + reader {
						if _, err := s.Head(ctx, fmt.Sprint(i)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			for range s.List(ctx, "", "") { // 3 pages
			}
			if u := m.Usage(); time.Duration(u.Depth)*time.Second != time.Since(start) {
				t.Errorf("%+v after %v", u, time.Since(start))
			}
		})
	}
}

func TestMetersNest(t *testing.T) {
	var outer, inner, other Meter
	ctx := WithMeter(t.Context(), &outer)
	nested := WithMeter(ctx, &inner)
	twice := WithMeter(nested, &outer)
	beside := WithMeter(ctx, &other)
	begin(ctx, RequestGet)(1)
	begin(nested, RequestPut)(10)
	begin(beside, RequestHead)(100)
	begin(twice, RequestList)(1000)
	begin(t.Context(), RequestGet)(10000)
	begin(nested, RequestProbe)(100000)
	for name, c := range map[string]struct {
		m     *Meter
		total int
		bytes int64
		depth int
	}{"outer": {&outer, 4, 101111, 4}, "inner": {&inner, 2, 101010, 2}, "other": {&other, 1, 100, 1}} {
		u := c.m.Usage()
		if u.Total() != c.total || u.Bytes != c.bytes || u.Depth != c.depth {
			t.Errorf("%s: %+v", name, u)
		}
	}
	if outer.Usage().Requests[RequestProbe] != 1 || other.Usage().Requests[RequestProbe] != 0 {
		t.Error("probes are counted wrongly")
	}
}

func TestMeterIsSafeForMany(t *testing.T) {
	var m Meter
	ctx := WithMeter(t.Context(), &m)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				begin(ctx, RequestGet)(1)
				m.Usage()
			}
		})
	}
	wg.Wait()
	if u := m.Usage(); u.Total() != 8000 || u.Bytes != 8000 || u.Depth < 1000 || u.Depth > 8000 {
		t.Errorf("%+v", u)
	}
}

func TestRequestKindsHaveNames(t *testing.T) {
	for k := range requestKinds {
		if k.String() == "" || k.String() == "unknown" {
			t.Error(uint8(k))
		}
	}
	if requestKinds.String() != "unknown" {
		t.Error(requestKinds)
	}
}
