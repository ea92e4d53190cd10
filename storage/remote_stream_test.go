package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// text is n bytes, no two neighbouring blocks of which are alike.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.Bytes()[:n]
}

func create(t *testing.T, ctx context.Context, s Store) Writer {
	t.Helper()
	w, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestStreamsAreSentInParts(t *testing.T) {
	for size, parts := range map[int]int{0: 0, 1: 0, 64: 0, 65: 2, 128: 2, 129: 3, 640: 10, 641: 11} {
		for _, step := range []int{1, 63, 64, 65, 1000} {
			for _, atOnce := range []int{1, 2} {
				synctest.Test(t, func(t *testing.T) {
					d := newFakeDriver()
					d.traits.PartsAtOnce = atOnce
					w := create(t, t.Context(), over(t, d, RemoteOptions{}))
					want := text(size)
					for piece := range slices.Chunk(want, step) {
						if n, err := w.Write(piece); n != len(piece) || err != nil {
							t.Fatal(n, err)
						}
					}
					if len(d.objects) != 0 {
						t.Error("visible before Close")
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					requests := 1 // a put
					if parts > 0 {
						requests = parts + 2
					}
					if len(d.requests()) != requests || !bytes.Equal(d.objects["a"], want) || d.uploads != 0 {
						t.Errorf("%d bytes by %d: %q, %d uploads", size, step, d.requests(), d.uploads)
					}
					if d.mostHeld > atOnce*64 {
						t.Errorf("%d bytes were on their way", d.mostHeld)
					}
				})
			}
		}
	}
}

func TestStreamHoldsOnePartMoreThanItSends(t *testing.T) {
	for _, atOnce := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			d.traits.PartsAtOnce = atOnce
			d.before = func(_ context.Context, _ int, _ RequestKind, key string) error {
				if key == "a" {
					time.Sleep(time.Second)
				}
				return nil
			}
			w := create(t, t.Context(), over(t, d, RemoteOptions{}))
			var taken atomic.Int64
			var wg sync.WaitGroup
			defer wg.Wait()
			wg.Go(func() {
				for range 20 * 64 {
					if _, err := w.Write([]byte("x")); err != nil {
						t.Error(err)
					}
					taken.Add(1)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			})
			for round := range 3 {
				synctest.Wait()
				if got, want := taken.Load(), int64(64*(atOnce*(round+1)+1)); got != want {
					t.Errorf("%d at once, round %d: took %d bytes, want %d", atOnce, round, got, want)
				}
				d.mu.Lock()
				if d.holds != atOnce*64 {
					t.Errorf("%d bytes are on their way", d.holds)
				}
				d.mu.Unlock()
				time.Sleep(time.Second)
			}
		})
	}
}

func TestPartsGrowSoThatLargeObjectsFit(t *testing.T) {
	for _, c := range []struct{ min, max, size int }{{1, 10_000, 10_001}, {1, 10_000, 55_000}, {1, 10, 55}, {64, 100, 64 * 550}, {1, 20, 100}} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDriver()
			d.traits.PartMin, d.traits.PartMax = c.min, c.max
			w := create(t, t.Context(), over(t, d, RemoteOptions{}))
			want := text(c.size)
			if _, err := w.Write(want); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if parts := len(d.requests()) - 2; parts > c.max || !bytes.Equal(d.objects["a"], want) {
				t.Errorf("%+v: %d parts", c, parts)
			}
		})
	}
}

// nothingLeft checks that a stream left neither an object nor parts.
func nothingLeft(t *testing.T, d *fakeDriver) {
	t.Helper()
	if len(d.objects) != 0 || d.uploads != 0 || d.inFlight() != 0 {
		t.Errorf("holds %d objects, %d uploads, %d requests", len(d.objects), d.uploads, d.inFlight())
	}
}

func TestFailedPartIsNeverPublished(t *testing.T) {
	for _, atOnce := range []int{1, 2} {
		for failing := range 5 {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				d.traits.PartsAtOnce = atOnce
				var sent atomic.Int32
				d.before = func(_ context.Context, _ int, _ RequestKind, key string) error {
					if key != "a" {
						return nil
					}
					if int(sent.Add(1)) == failing+1 {
						time.Sleep(time.Second)
						return &Failure{Class: Denied}
					}
					return nil
				}
				w := create(t, t.Context(), over(t, d, RemoteOptions{}))
				n, err := w.Write(text(5 * 64))
				if err != nil && !errors.Is(err, fs.ErrPermission) || err == nil && n != 5*64 {
					t.Error(n, err)
				}
				if err := w.Close(); !errors.Is(err, fs.ErrPermission) {
					t.Error(err)
				}
				nothingLeft(t, d)
				if n := int(sent.Load()); atOnce == 1 && n != failing+1 {
					t.Errorf("%d parts were sent, the one after %d failed", n, failing)
				}
				if _, err := w.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
					t.Error(err)
				}
				if err := w.Abort(); err != nil {
					t.Error(err)
				}
				if err := w.Close(); !errors.Is(err, fs.ErrClosed) {
					t.Error(err)
				}
			})
		}
	}
}

func TestPartsInOrderAreSentOnce(t *testing.T) {
	for class, repeats := range map[Class]bool{Lost: false, NotSent: false, Throttled: false} {
		for atOnce := 1; atOnce <= 2; atOnce++ {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				d.traits.PartsAtOnce = atOnce
				d.before = func(_ context.Context, n int, _ RequestKind, _ string) error {
					if n == 2 {
						return &Failure{Class: class}
					}
					return nil
				}
				err := writeStream(t.Context(), over(t, d, RemoteOptions{}), "a", 200)
				if fails := atOnce == 1 && !repeats; fails != (err != nil) {
					t.Errorf("%v, %d at once: %v", class, atOnce, err)
				} else if fails {
					nothingLeft(t, d)
				}
			})
		}
	}
}

func TestAbortRemovesTheUploadAlsoAfterItsContext(t *testing.T) {
	for _, size := range []int{0, 10, 100, 1000} {
		for _, how := range []string{"abort", "cancel and abort", "cancel and close"} {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := create(t, ctx, over(t, d, RemoteOptions{}))
				if _, err := w.Write(text(size)); err != nil {
					t.Fatal(err)
				}
				if how != "abort" {
					cancel()
					if _, err := w.Write([]byte("x")); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				}
				if how == "cancel and close" {
					if err := w.Close(); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				} else if err := w.Abort(); err != nil {
					t.Error(err)
				}
				if err := w.Close(); !errors.Is(err, fs.ErrClosed) {
					t.Error(err)
				}
				nothingLeft(t, d)
			})
		}
	}
}

func TestAbortDoesNotWaitForHungParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.before = func(ctx context.Context, n int, k RequestKind, key string) error {
			if key == "a" {
				return hang(ctx, n, k, key)
			}
			return nil
		}
		w := create(t, t.Context(), over(t, d, RemoteOptions{}))
		if _, err := w.Write(text(150)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := w.Abort(); err != nil || time.Since(start) != 0 {
			t.Error(err, time.Since(start))
		}
		nothingLeft(t, d)
	})
}

func TestHungAbortEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.before = func(ctx context.Context, n int, k RequestKind, key string) error {
			if strings.HasSuffix(key, "abort") {
				return hang(ctx, n, k, key)
			}
			return nil
		}
		w := create(t, t.Context(), over(t, d, RemoteOptions{}))
		if _, err := w.Write(text(150)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err := w.Abort()
		if e := isExactly(err, ErrUnavailable, os.ErrDeadlineExceeded); e != nil || time.Since(start) != dropTime {
			t.Error(e, time.Since(start))
		}
	})
}

func TestUploadLivesAsLongAsItsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &longLived{fakeDriver: newFakeDriver()}
		w := create(t, t.Context(), over(t, d, RemoteOptions{}))
		if _, err := w.Write(text(1000)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if d.ctx.Err() != nil {
			t.Error("the upload ended with the attempt that began it")
		}
		if err := w.Close(); err != nil || d.ctx.Err() == nil {
			t.Error(err, d.ctx.Err())
		}
	})
}

// longLived keeps the context of an upload.
type longLived struct {
	*fakeDriver
	ctx context.Context
}

func (d *longLived) Upload(ctx context.Context, key string) (Upload, error) {
	d.ctx = ctx
	return d.fakeDriver.Upload(ctx, key)
}

func TestLostAnswerToCompleteIsSettled(t *testing.T) {
	for name, c := range map[string]struct {
		applied, hung bool
		gone          bool // and the object, too, before the second attempt
		other         bool // another's object is there instead
		head          Class
		is            []error
		fails         bool
	}{
		"applied":              {applied: true},
		"applied, then hung":   {applied: true, hung: true},
		"not applied":          {},
		"hung":                 {hung: true},
		"applied and deleted":  {applied: true, gone: true, fails: true},
		"applied and replaced": {applied: true, gone: true, other: true, fails: true},
		"applied, head denied": {applied: true, head: Denied, is: []error{fs.ErrPermission}, fails: true},
		"applied, head lost":   {applied: true, head: Lost},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newFakeDriver()
				completed, heads := 0, 0
				hook := func(ctx context.Context, n int, k RequestKind, key string) error {
					switch {
					case strings.HasSuffix(key, "complete"):
						completed++
						switch {
						case completed > 1:
							return nil
						case c.gone:
							d.mu.Lock()
							delete(d.objects, "a")
							delete(d.infos, "a")
							if c.other {
								d.store("a", text(10))
							}
							d.mu.Unlock()
						case c.hung:
							return hang(ctx, n, k, key)
						}
						return &Failure{Class: Lost}
					case k == RequestHead:
						if heads++; heads == 1 && (c.head != Lost || name == "applied, head lost") {
							return &Failure{Class: c.head}
						}
					}
					return nil
				}
				if c.applied {
					d.after = hook
				} else {
					d.before = hook
				}
				s := over(t, d, RemoteOptions{})
				err := writeStream(t.Context(), s, "a", 200)
				if c.fails {
					if e := isExactly(err, c.is...); err == nil || e != nil {
						t.Error(err, e)
					}
					return
				}
				if err != nil || len(d.objects["a"]) != 200 || d.uploads != 0 {
					t.Error(err, len(d.objects["a"]), d.uploads)
				}
			})
		})
	}
}

func TestUploadThatOthersEndedIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		d.store("a", text(200)) // as large as ours
		d.before = func(_ context.Context, _ int, _ RequestKind, key string) error {
			if strings.HasSuffix(key, "complete") {
				return &Failure{Class: NotFound}
			}
			return nil
		}
		if err := writeStream(t.Context(), over(t, d, RemoteOptions{}), "a", 200); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}

func TestStreamKeepsWhatItWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDriver()
		w := create(t, t.Context(), over(t, d, RemoteOptions{}))
		want := text(1000)
		buffer := make([]byte, 50)
		for piece := range slices.Chunk(want, 50) {
			copy(buffer, piece)
			if _, err := w.Write(buffer[:len(piece)]); err != nil {
				t.Fatal(err)
			}
		}
		clear(buffer)
		if err := w.Close(); err != nil || !bytes.Equal(d.objects["a"], want) {
			t.Error(err)
		}
	})
}
