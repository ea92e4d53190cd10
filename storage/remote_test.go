package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	randv2 "math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// seeded is a source of randomness that repeats itself.
func seeded(seed byte) io.Reader { return randv2.NewChaCha8([32]byte{seed}) }

// over is a store over a driver. Its bubble finds goroutines that are left.
func over(t *testing.T, d Driver, o RemoteOptions) Store {
	t.Helper()
	if o.Random == nil {
		o.Random = seeded(1)
	}
	s, err := NewRemote(d, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// op is an operation of a store, and the request that it makes.
type op struct {
	name string
	kind RequestKind
	do   func(ctx context.Context, s Store) (Outcome, error)
}

func noOutcome(do func(ctx context.Context, s Store) error) func(context.Context, Store) (Outcome, error) {
	return func(ctx context.Context, s Store) (Outcome, error) { return Unknown, do(ctx, s) }
}

func writeStream(ctx context.Context, s Store, name string, size int) error {
	w, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(bytes.Repeat([]byte("s"), size)); err != nil {
		return err
	}
	return w.Close()
}

var ops = []op{
	{"get", RequestGet, noOutcome(func(ctx context.Context, s Store) error {
		_, _, err := s.Get(ctx, "there", -1)
		return err
	})},
	{"read", RequestGet, noOutcome(func(ctx context.Context, s Store) error {
		_, err := s.ReadAt(ctx, "there", make([]byte, 2), 1)
		return err
	})},
	{"head", RequestHead, noOutcome(func(ctx context.Context, s Store) error {
		_, err := s.Head(ctx, "there")
		return err
	})},
	{"put", RequestPut, noOutcome(func(ctx context.Context, s Store) error { return s.Put(ctx, "a", []byte("x")) })},
	{"put if absent", RequestPutIfAbsent, func(ctx context.Context, s Store) (Outcome, error) {
		outcome, _, err := s.PutIfAbsent(ctx, "a", []byte("x"))
		return outcome, err
	}},
	{"list", RequestList, noOutcome(func(ctx context.Context, s Store) error {
		for _, err := range s.List(ctx, "", "") {
			if err != nil {
				return err
			}
		}
		return nil
	})},
	{"delete", RequestDelete, noOutcome(func(ctx context.Context, s Store) error { return s.Delete(ctx, "a") })},
	{"small stream", RequestPut, noOutcome(func(ctx context.Context, s Store) error { return writeStream(ctx, s, "a", 10) })},
	{"large stream", RequestPart, noOutcome(func(ctx context.Context, s Store) error { return writeStream(ctx, s, "a", 100) })},
}

// sentinels are the errors that callers ask for.
var sentinels = []error{
	fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, ErrThrottled, ErrUnavailable, ErrUnsafe, ErrOverloaded,
	context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded,
}

// isExactly checks which of the sentinels an error is.
func isExactly(err error, want ...error) error {
	var wrong []error
	for _, target := range sentinels {
		if is := errors.Is(err, target); is != slices.Contains(want, target) {
			wrong = append(wrong, fmt.Errorf("errors.Is(%q, %q) is %v", err, target, is))
		}
	}
	return errors.Join(wrong...)
}

func TestClassesDecideWhatIsRepeatedAndReported(t *testing.T) {
	for _, c := range []struct {
		class            Class
		times, timesOnce int // of a put if absent
		outcome          Outcome
		is               []error
	}{
		{Lost, 10, 1, Unknown, []error{ErrUnavailable}},
		{NotSent, 10, 10, Rejected, []error{ErrUnavailable}},
		{NotFound, 1, 1, Rejected, []error{fs.ErrNotExist}},
		{Taken, 1, 1, Exists, []error{fs.ErrExist}},
		{OutOfRange, 1, 1, Rejected, nil},
		{Denied, 1, 1, Rejected, []error{fs.ErrPermission}},
		{Throttled, 10, 1, Rejected, []error{ErrThrottled}},
		{Conflict, 10, 1, Rejected, []error{ErrThrottled}},
		{Refused, 1, 1, Rejected, nil},
		{Unsupported, 1, 1, Rejected, []error{ErrUnsafe}},
	} {
		for _, o := range ops {
			t.Run(fmt.Sprint(c.class, " ", o.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.store("there", []byte("there"))
					d.before = func(context.Context, int, RequestKind, string) error {
						return &Failure{Class: c.class, Text: "told to"}
					}
					outcome, err := o.do(t.Context(), over(t, d, RemoteOptions{}))
					times := c.times
					if o.kind == RequestPutIfAbsent {
						times = c.timesOnce
						if outcome != c.outcome || (err == nil) != (outcome == Exists) {
							t.Errorf("%v, %v", outcome, err)
						}
					}
					if log := d.requests(); len(log) != times || !strings.HasPrefix(log[0], o.kind.String()) {
						t.Errorf("requests: %q, want %d", log, times)
					}
					switch {
					case c.class == OutOfRange && o.name == "get": // an empty object
						if err != nil {
							t.Error(err)
						}
					case c.class == OutOfRange && o.name == "read":
						if err != io.EOF {
							t.Error(err)
						}
					case c.class == NotFound && o.name == "delete", c.class == Taken && outcome == Exists:
						if err != nil {
							t.Error(err)
						}
					default:
						var e *Error
						if !errors.As(err, &e) || e.Store != "fake://bucket" || !strings.Contains(err.Error(), "told to") {
							t.Errorf("%v", err)
						}
						if e := isExactly(err, c.is...); e != nil {
							t.Error(e)
						}
					}
				})
			})
		}
	}
}

func TestLostAnswerToPutIfAbsentIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.after = func(context.Context, int, RequestKind, string) error { return &Failure{Class: Lost} }
		s := over(t, d, RemoteOptions{})
		outcome, _, err := s.PutIfAbsent(t.Context(), "a", []byte("x"))
		if outcome != Unknown || !errors.Is(err, ErrUnavailable) || len(d.requests()) != 1 {
			t.Error(outcome, err, d.requests())
		}
		d.after = nil
		if outcome, _, err := s.PutIfAbsent(t.Context(), "a", []byte("x")); outcome != Exists || err != nil {
			t.Error(outcome, err)
		}
	})
}

func TestWhatFailsAFewTimesSucceeds(t *testing.T) {
	for _, o := range ops {
		if o.kind == RequestPutIfAbsent {
			continue
		}
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprint(o.name, " applied ", applied), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.store("there", []byte("there"))
					hook := func(_ context.Context, n int, _ RequestKind, _ string) error {
						if n < 3 {
							return &Failure{Class: Lost}
						}
						return nil
					}
					if applied {
						d.after = hook
					} else {
						d.before = hook
					}
					if _, err := o.do(t.Context(), over(t, d, RemoteOptions{})); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// hang waits for the end of ctx.
func hang(ctx context.Context, _ int, _ RequestKind, _ string) error {
	<-ctx.Done()
	return &Failure{Class: Lost, Err: ctx.Err()}
}

func TestHangEndsInTimeAndIsNotTheCallersDoing(t *testing.T) {
	for _, o := range ops {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprint(o.name, " applied ", applied), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.store("there", []byte("there"))
					var took []time.Duration
					timed := func(ctx context.Context, n int, k RequestKind, key string) error {
						start := time.Now()
						err := hang(ctx, n, k, key)
						took = append(took, time.Since(start))
						return err
					}
					if applied {
						d.after = timed
					} else {
						d.before = timed
					}
					start := time.Now()
					outcome, err := o.do(t.Context(), over(t, d, RemoteOptions{}))
					if total := time.Since(start); total > time.Minute {
						t.Errorf("took %v", total)
					}
					if outcome != Unknown || d.inFlight() != 0 {
						t.Error(outcome, d.inFlight())
					}
					if e := isExactly(err, ErrUnavailable, os.ErrDeadlineExceeded); e != nil {
						t.Error(e)
					}
					want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second}
					switch o.kind {
					case RequestPut, RequestPart:
						want = slices.Repeat([]time.Duration{10 * time.Second}, 4)
					case RequestPutIfAbsent:
						want = []time.Duration{10 * time.Second}
					}
					if !slices.Equal(took[:min(len(want), len(took))], want) {
						t.Errorf("attempts took %v, want %v", took, want)
					}
				})
			})
		}
	}
}

func TestCallerEndsEveryCall(t *testing.T) {
	for _, o := range ops {
		for name, fail := range map[string]func(context.Context, int, RequestKind, string) error{
			"hung": hang,
			"failing": func(context.Context, int, RequestKind, string) error {
				return &Failure{Class: Lost, After: time.Minute}
			},
		} {
			if name == "failing" && o.kind == RequestPutIfAbsent {
				continue // it does not wait
			}
			t.Run(fmt.Sprint(name, " ", o.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.store("there", []byte("there"))
					d.before = fail
					s := over(t, d, RemoteOptions{})
					start := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					outcome, err := o.do(ctx, s)
					if took := time.Since(start); took != time.Second || outcome != Unknown {
						t.Error(took, outcome)
					}
					if e := isExactly(err, ErrUnavailable, context.DeadlineExceeded); e != nil {
						t.Error(e)
					}
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(time.Second, cancel)
					_, err = o.do(ctx, s)
					if e := isExactly(err, ErrUnavailable, context.Canceled); e != nil {
						t.Error(e)
					}
					before := len(d.requests())
					outcome, err = o.do(ctx, s) // ended from the start
					if !errors.Is(err, context.Canceled) || len(d.requests()) != before || outcome == Exists {
						t.Error(outcome, err, d.requests()[before:])
					}
				})
			})
		}
	}
}

func TestCancelledCallsSpendNoRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.before = hang
		s := over(t, d, RemoteOptions{})
		for range 300 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := s.Head(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
		}
		if left := s.(*remote).gov.retries.tokens; left != retryTokens {
			t.Errorf("%v retries are left", left)
		}
	})
}

// pieces is a body that comes in pieces, before each of which it waits.
type pieces struct {
	ctx   context.Context
	pause time.Duration
	size  int
	rest  []byte
	end   error // instead of io.EOF
}

func (p *pieces) Read(b []byte) (int, error) {
	timer := time.NewTimer(p.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	}
	if len(p.rest) == 0 {
		return 0, p.end
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

// readsAgree reads an object by Get and by ReadAt.
func readsAgree(t *testing.T, s Store, want []byte) {
	t.Helper()
	if got, _, err := s.Get(t.Context(), "a", -1); err != nil || !bytes.Equal(got, want) {
		t.Errorf("get: %d bytes, %v", len(got), err)
	}
	p := make([]byte, len(want)+1)
	if n, err := s.ReadAt(t.Context(), "a", p, 0); err != io.EOF || !bytes.Equal(p[:n], want) {
		t.Errorf("read: %d bytes, %v", n, err)
	}
}

func TestSlowBodyIsReadAndStandingOneIsGivenUp(t *testing.T) {
	for _, sizeless := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			d.sizeless = sizeless
			want := []byte("0123456")
			d.store("a", want)
			d.body = func(ctx context.Context, _ int, part []byte) io.Reader {
				return &pieces{ctx, 14 * time.Second / 2, 1, part, io.EOF}
			}
			s := over(t, d, RemoteOptions{})
			readsAgree(t, s, want)
			if len(d.requests()) != 2 {
				t.Errorf("slow: %q", d.requests())
			}

			var began []time.Time
			d.body = func(ctx context.Context, _ int, part []byte) io.Reader {
				began = append(began, time.Now())
				if len(began) == 1 {
					return io.MultiReader(bytes.NewReader(part[:3]), &pieces{ctx, time.Hour, 1, part[3:], io.EOF})
				}
				return bytes.NewReader(part)
			}
			if got, _, err := s.Get(t.Context(), "a", -1); err != nil || !bytes.Equal(got, want) {
				t.Errorf("get: %q, %v", got, err)
			}
			if gave := began[1].Sub(began[0]); gave < idleTime || gave > idleTime+waitMin {
				t.Errorf("a body that stood still was given up after %v", gave)
			}
		})
	}
}

func TestBodiesHaveTheTimeOfTheirSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		want := bytes.Repeat([]byte("m"), 30<<20)
		d.store("a", want)
		d.body = func(ctx context.Context, _ int, part []byte) io.Reader {
			return &pieces{ctx, 0, 1 << 20, part, io.EOF}
		}
		// 85 s of the 60 + 30 s.
		slow := d.body
		d.body = func(ctx context.Context, n int, part []byte) io.Reader {
			p := slow(ctx, n, part).(*pieces)
			p.pause, p.size = 85*time.Second/61, 1<<19 // the end is a piece, too
			return p
		}
		s := over(t, d, RemoteOptions{})
		start := time.Now()
		got, _, err := s.Get(t.Context(), "a", -1)
		if err != nil || len(got) != len(want) || time.Since(start) < 83*time.Second {
			t.Errorf("%d bytes after %v, %v", len(got), time.Since(start), err)
		}
		if n, err := s.ReadAt(t.Context(), "a", make([]byte, len(want)), 0); err != nil || n != len(want) {
			t.Error(n, err)
		}
	})
}

func TestCutBodyIsRepeatedAndNeverPartlyReturned(t *testing.T) {
	for name, end := range map[string]error{"by the network": io.ErrUnexpectedEOF, "silently": io.EOF, "by a reset": errors.New("https://secret@host")} {
		for _, sizeless := range []bool{false, true} {
			if sizeless && end == io.EOF {
				continue // nothing says that there is more
			}
			t.Run(fmt.Sprint(name, " sizeless ", sizeless), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.sizeless = sizeless
					want := []byte("0123456789")
					d.store("a", want)
					cuts := 2
					d.body = func(ctx context.Context, n int, part []byte) io.Reader {
						if n%4 < cuts {
							return &pieces{ctx, 0, 3, part[:len(part)/2], end}
						}
						return bytes.NewReader(part)
					}
					s := over(t, d, RemoteOptions{Attempts: 4})
					readsAgree(t, s, want)
					cuts = 4
					d.n = 0
					if got, _, err := s.Get(t.Context(), "a", -1); got != nil || !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "secret") {
						t.Errorf("%q, %v", got, err)
					}
					if n, err := s.ReadAt(t.Context(), "a", make([]byte, 8), 1); n != 0 || !errors.Is(err, ErrUnavailable) {
						t.Error(n, err)
					}
				})
			})
		}
	}
}

func TestReadsKeepToTheirLimit(t *testing.T) {
	for _, sizeless := range []bool{false, true} {
		d := newFakeDriver()
		d.sizeless = sizeless
		d.store("a", []byte("12345"))
		s := over(t, d, RemoteOptions{})
		for limit, fits := range map[int64]bool{-1: true, 0: false, 4: false, 5: true, 6: true, 1<<63 - 1: true} {
			got, info, err := s.Get(t.Context(), "a", limit)
			if fits && (err != nil || string(got) != "12345" || info.Size != 5) || !fits && (got != nil || !errors.Is(err, ErrTooLarge)) {
				t.Errorf("sizeless %v, limit %d: %q, %+v, %v", sizeless, limit, got, info, err)
			}
		}
		if n := len(d.requests()); n != 6 {
			t.Errorf("%d requests: too large is not repeated", n)
		}
	}
}

// waits are the pauses between attempts of a get that fails.
func waits(t *testing.T, seed byte, after time.Duration, attempts int) (pauses []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		var last time.Time
		d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n > 0 {
				pauses = append(pauses, time.Since(last))
			}
			last = time.Now()
			return &Failure{Class: Lost, After: after}
		}
		s := over(t, d, RemoteOptions{Random: seeded(seed), Attempts: attempts, Elapsed: time.Hour})
		if _, err := s.Head(t.Context(), "a"); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	})
	return pauses
}

func TestWaitsAreJitteredWithinBoundsAndFollowTheSeed(t *testing.T) {
	means := make([]time.Duration, 11)
	const seeds = 100
	for seed := range byte(seeds) {
		for i, pause := range waits(t, seed, 0, 12) {
			if most := min(50*time.Millisecond<<i, 5*time.Second); pause > most {
				t.Errorf("seed %d: wait %d is %v, more than %v", seed, i, pause, most)
			}
			means[i] += pause / seeds
		}
	}
	for i, mean := range means {
		if most := min(50*time.Millisecond<<i, 5*time.Second); mean < most*35/100 || mean > most*65/100 {
			t.Errorf("wait %d is %v on average, not about the half of %v", i, mean, most)
		}
	}
	if a, b := waits(t, 7, 0, 12), waits(t, 7, 0, 12); !slices.Equal(a, b) {
		t.Errorf("seed 7: %v and %v", a, b)
	}
	if a, b := waits(t, 7, 0, 12), waits(t, 8, 0, 12); slices.Equal(a, b) {
		t.Error("two seeds wait alike")
	}
}

func TestWishesOfTheServiceAreHonoured(t *testing.T) {
	for _, pause := range waits(t, 1, 7*time.Second, 6) {
		if pause != 7*time.Second {
			t.Errorf("waited %v instead of 7s", pause)
		}
	}
	for _, pause := range waits(t, 1, time.Hour, 6) {
		if pause != 20*time.Second {
			t.Errorf("waited %v instead of 20s at most", pause)
		}
	}
}

func TestProbeRunsOnceAlsoForManyFirstPuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.traits.Conditional = false
		d.before = func(ctx context.Context, _ int, _ RequestKind, _ string) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		}
		s := over(t, d, RemoteOptions{Prefix: "p"})
		var meter Meter
		ctx := WithMeter(t.Context(), &meter)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if outcome, _, err := s.PutIfAbsent(ctx, fmt.Sprintf("log/%02d", i), nil); outcome != Created || err != nil {
					t.Error(outcome, err)
				}
			})
		}
		wg.Wait()
		log := d.requests()
		if len(log) != 53 {
			t.Errorf("%d requests", len(log))
		}
		for i, kind := range []string{"put if absent ", "put if absent ", "delete "} {
			if !strings.HasPrefix(log[i], kind+"p/log/.foreset-probe-") {
				t.Errorf("request %d: %q", i, log[i])
			}
		}
		if u := meter.Usage(); u.Total() != 50 || u.Requests[RequestProbe] != 3 || u.Depth != 4 {
			t.Errorf("%+v", u) // 50 puts, 16 at once
		}
		for name := range d.objects {
			if strings.Contains(name, "probe") {
				t.Errorf("left behind: %s", name)
			}
		}
	})
}

func TestServiceThatIgnoresTheConditionIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.traits.Conditional, d.ignoresIfAbsent = false, true
		s := over(t, d, RemoteOptions{})
		for range 3 {
			outcome, _, err := s.PutIfAbsent(t.Context(), "a", nil)
			if e := isExactly(err, ErrUnsafe); outcome != Rejected || e != nil {
				t.Error(outcome, e)
			}
		}
		if len(d.objects) != 0 {
			t.Errorf("holds %v", d.objects)
		}
		s = over(t, d, RemoteOptions{NoProbe: true})
		if outcome, _, err := s.PutIfAbsent(t.Context(), "a", nil); outcome != Created || err != nil {
			t.Error(outcome, err)
		}
	})
}

func TestProbeSettlesWhatHappensToIt(t *testing.T) {
	fails := func(n int, class Class) func(context.Context, int, RequestKind, string) error {
		return func(_ context.Context, i int, _ RequestKind, _ string) error {
			if i == n {
				return &Failure{Class: class}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		before, after func(context.Context, int, RequestKind, string) error
		ignores       bool
		outcome       Outcome
		is            []error
	}{
		"the first answer is lost":                  {after: fails(0, Lost), outcome: Created},
		"the second answer is lost":                 {before: fails(1, Lost), outcome: Created},
		"the second answer is lost, and it applied": {after: fails(1, Lost), ignores: true, outcome: Rejected, is: []error{ErrUnsafe}},
		"the first answer is lost, and it ignores":  {after: fails(0, Lost), ignores: true, outcome: Rejected, is: []error{ErrUnsafe}},
		"the first is throttled":                    {before: fails(0, Throttled), outcome: Created},
		"the second conflicts":                      {before: fails(1, Conflict), outcome: Created},
		"the delete is denied":                      {before: fails(2, Denied), outcome: Created},
		"the delete is lost":                        {before: fails(2, Lost), outcome: Created},
		"the first is denied":                       {before: fails(0, Denied), outcome: Rejected, is: []error{fs.ErrPermission}},
		"the second is denied":                      {before: fails(1, Denied), outcome: Rejected, is: []error{fs.ErrPermission}},
		"the service has no condition":              {before: fails(0, Unsupported), outcome: Rejected, is: []error{ErrUnsafe}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				d.traits.Conditional, d.ignoresIfAbsent, d.before, d.after = false, c.ignores, c.before, c.after
				outcome, _, err := over(t, d, RemoteOptions{}).PutIfAbsent(t.Context(), "a", nil)
				if e := isExactly(err, c.is...); outcome != c.outcome || e != nil {
					t.Errorf("%v, %v: %v", outcome, err, e)
				}
			})
		})
	}
}

func TestHungProbeEndsInTimeForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.traits.Conditional, d.before = false, hang
		s := over(t, d, RemoteOptions{})
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				outcome, _, err := s.PutIfAbsent(t.Context(), fmt.Sprint(i), nil)
				if e := isExactly(err, ErrUnavailable, os.ErrDeadlineExceeded); outcome != Rejected || e != nil {
					t.Error(outcome, err, e)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v", took)
		}
		// One caller goes: the next one tries.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wg.Go(func() {
			if outcome, _, err := s.PutIfAbsent(ctx, "x", nil); outcome != Rejected || !errors.Is(err, context.DeadlineExceeded) {
				t.Error(outcome, err)
			}
		})
		synctest.Wait()
		d.before = nil
		if outcome, _, err := s.PutIfAbsent(t.Context(), "y", nil); outcome != Created || err != nil {
			t.Error(outcome, err)
		}
		wg.Wait()
	})
}

// names lists a store.
func names(t *testing.T, s Store, prefix, start string) (all []string, err error) {
	t.Helper()
	for info, err := range s.List(t.Context(), prefix, start) {
		if err != nil {
			return all, err
		}
		all = append(all, info.Name)
	}
	return all, nil
}

func TestListingsPageByPrefixAndStart(t *testing.T) {
	for _, sorted := range []bool{true, false} {
		d := newFakeDriver()
		d.traits.Sorted = sorted
		for i := range 20 {
			d.store(fmt.Sprintf("p/log/%02d", i), nil)
		}
		for _, other := range []string{"p/", "p/log/", "p/log/05/", "p/log//x", "p/loh", "q/log/07", "p", "p/log/.."} {
			d.store(other, nil)
		}
		s := over(t, d, RemoteOptions{Prefix: "p"})
		got, err := names(t, s, "log/", "")
		if err != nil || len(got) != 20 || got[0] != "log/00" || got[19] != "log/19" {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := names(t, s, "log/", "log/17"); err != nil || !slices.Equal(got, []string{"log/17", "log/18", "log/19"}) {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := names(t, s, "log/1", "a"); err != nil || len(got) != 10 {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := names(t, s, "log/", "z"); err != nil || len(got) != 0 {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := names(t, s, "", ""); err != nil || len(got) != 21 || got[20] != "loh" {
			t.Errorf("%q, %v", got, err)
		}
		before := len(d.requests())
		for range s.List(t.Context(), "log/", "") {
			break
		}
		if n := len(d.requests()) - before; sorted && n != 1 {
			t.Errorf("%d requests for the first object", n)
		}
	}
}

// paged is a driver whose listings are pages by token.
type paged struct {
	*fakeDriver
	pages map[string]Page
	from  string
}

func (d *paged) List(ctx context.Context, prefix, start, token string) (Page, error) {
	d.from = start
	page, err := d.fakeDriver.List(ctx, prefix, start, token)
	if err != nil {
		return page, err
	}
	return d.pages[token], nil
}

func pageOf(next string, keys ...string) Page {
	page := Page{Next: next}
	for _, key := range keys {
		page.Objects = append(page.Objects, Info{Name: key})
	}
	return page
}

func TestListingsAreInOrderOrFail(t *testing.T) {
	for name, c := range map[string]struct {
		pages  map[string]Page
		sorted bool
		want   string
		fails  bool
	}{
		"empty pages":                      {map[string]Page{"": pageOf("1"), "1": pageOf("2", "a"), "2": pageOf("3"), "3": pageOf("", "b")}, true, "a b", false},
		"out of order in a page":           {map[string]Page{"": pageOf("", "b", "a")}, true, "b", true},
		"out of order between pages":       {map[string]Page{"": pageOf("1", "b"), "1": pageOf("", "a")}, true, "b", true},
		"twice":                            {map[string]Page{"": pageOf("1", "a"), "1": pageOf("", "a")}, true, "a", true},
		"unsorted":                         {map[string]Page{"": pageOf("1", "d", "b"), "1": pageOf("", "c", "a")}, false, "a b c d", false},
		"a token that repeats":             {map[string]Page{"": pageOf("1"), "1": pageOf("1")}, true, "", true},
		"tokens in a circle":               {map[string]Page{"": pageOf("1"), "1": pageOf("2"), "2": pageOf("1")}, true, "", true},
		"unsorted, tokens in a circle":     {map[string]Page{"": pageOf("1", "a"), "1": pageOf("2", "b"), "2": pageOf("1", "c")}, false, "", true},
		"keys that the prefix has not":     {map[string]Page{"": pageOf("", "a", "\x00", "b")}, true, "a b", false},
		"a service that starts too early ": {map[string]Page{"": pageOf("", "0", "00", "a")}, true, "00 a", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &paged{fakeDriver: newFakeDriver(), pages: c.pages}
			d.traits.Sorted = c.sorted
			got, err := names(t, over(t, d, RemoteOptions{}), "", "00")
			if strings.Join(got, " ") != c.want || (err != nil) != c.fails || d.from != "00" {
				t.Errorf("%q from %q, %v", got, d.from, err)
			}
		})
	}
}

func TestListingRepeatsOnePageOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		for i := range 20 {
			d.store(fmt.Sprintf("%02d", i), nil)
		}
		d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n%2 == 1 {
				return &Failure{Class: Lost}
			}
			return nil
		}
		s := over(t, d, RemoteOptions{})
		if got, err := names(t, s, "", ""); err != nil || len(got) != 20 || len(d.requests()) != 5 {
			t.Errorf("%q, %v after %d requests", got, err, len(d.requests()))
		}
		d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n > 5 {
				return &Failure{Class: Denied}
			}
			return nil
		}
		if got, err := names(t, s, "", ""); !errors.Is(err, fs.ErrPermission) || len(got) != 7 {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestDeletesAreMadeInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		var all []string
		for i := range 8 {
			all = append(all, fmt.Sprint(i))
			d.store("p/"+all[i], nil)
		}
		d.after = func(_ context.Context, n int, _ RequestKind, _ string) error {
			if n == 1 {
				return &Failure{Class: Lost}
			}
			return nil
		}
		s := over(t, d, RemoteOptions{Prefix: "p"})
		if err := s.Delete(t.Context(), all...); err != nil || len(d.objects) != 0 {
			t.Error(err, d.objects)
		}
		if log := d.requests(); len(log) != 4 || log[0] != "delete p/0 p/1 p/2" || log[1] != log[2] {
			t.Errorf("%q", log)
		}
		if err := s.Delete(t.Context(), "1", "../x"); !errors.Is(err, ErrBadName) || len(d.requests()) != 4 {
			t.Error(err)
		}
	})
}

func TestRemotePrefixesAreNames(t *testing.T) {
	for _, bad := range []string{"/a", "a/", "a//b", "..", "a/../b"} {
		if _, err := NewRemote(newFakeDriver(), &RemoteOptions{Prefix: bad}); !errors.Is(err, ErrBadLocation) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if s := over(t, newFakeDriver(), RemoteOptions{Prefix: "a/b"}); s.String() != "fake://bucket/a/b" {
		t.Error(s)
	}
}
