package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/foreset/foreset/storage"
)

// Options say what the suite needs to know of a store.
type Options struct {
	// Writers and Keys are the size of the put-if-absent race. Zero: 64 × 200.
	Writers, Keys int

	// Objects is how many objects listings are tried with. Zero: 1,050, which
	// is more than a page of the usual services.
	Objects int

	// CannotHold says which names the place behind the store cannot hold. The
	// store must refuse them with storage.ErrBadName. Nil: it holds all.
	CannotHold func(name string) bool

	// Raw reads the object of exactly that name past the store, through
	// another client of the place. Nil: names are not checked from outside.
	Raw func(store storage.Store, name string) ([]byte, error)
}

// rule is one check. It gets an empty store.
type rule struct {
	name string
	run  func(ctx context.Context, s storage.Store, o Options) error
}

var checks = []rule{
	{"one of many concurrent puts if absent wins", onePutWins},
	{"concurrent puts into a new folder all succeed", newFolderIsShared},
	{"a lost response is settled by reading back", lostResponseIsSettled},
	{"names are raw", namesAreRaw},
	{"bad names are refused", badNamesAreRefused},
	{"listings are ordered, by prefix, from a start", listings},
	{"listings agree with a sorted list of names", randomListings},
	{"listings stop early", listingsStopEarly},
	{"ranges end at the end", ranges},
	{"get keeps to its limit", getKeepsToLimit},
	{"what is missing is reported as missing", missing},
	{"head describes an object", headDescribes},
	{"put if absent describes the object that it makes", putDescribes},
	{"a put replaces the object at once", putIsAtomic},
	{"a stream is visible when it is closed", streamIsPublishedOnClose},
	{"an aborted stream leaves nothing", abortedStreamLeavesNothing},
	{"a cancelled stream leaves nothing", cancelledStreamLeavesNothing},
	{"delete removes, and ignores what is missing", deletes},
	{"an ended context does nothing", endedContextDoesNothing},
	{"requests are counted", requestsAreCounted},
}

// Run runs all checks, each on a new, empty store, which it closes.
func Run(t *testing.T, open func(t *testing.T) storage.Store, o Options) {
	t.Helper()
	if o.Writers == 0 {
		o.Writers = 64
	}
	if o.Keys == 0 {
		o.Keys = 200
	}
	if o.Objects == 0 {
		o.Objects = 1050
	}
	if o.CannotHold == nil {
		o.CannotHold = func(string) bool { return false }
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			if err := c.run(t.Context(), s, o); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// problems collects what is wrong, up to a readable number.
type problems []error

func (p *problems) add(format string, args ...any) {
	const most = 10
	if len(*p) < most {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

func (p problems) err() error { return errors.Join(p...) }

// list returns the names of a listing.
func list(ctx context.Context, s storage.Store, prefix, start string) ([]string, error) {
	var names []string
	for info, err := range s.List(ctx, prefix, start) {
		if err != nil {
			return names, fmt.Errorf("list %q from %q: %w", prefix, start, err)
		}
		names = append(names, info.Name)
	}
	return names, nil
}

// mustHold says how the store differs from the names that it must hold, with
// what interrupted writes left behind.
func mustHold(ctx context.Context, s storage.Store, want ...string) error {
	got, err := list(ctx, s, "", "")
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the store holds %q, want %q", got, want)
	}
	if l := leftovers(s); l != nil {
		var left []string
		for info, err := range l.Leftovers(ctx) {
			if err != nil {
				return err
			}
			left = append(left, info.Name)
		}
		if len(left) > 0 {
			return fmt.Errorf("left behind: %q", left)
		}
	}
	return nil
}

// leftovers finds the store that knows what was left behind, below wrappers.
func leftovers(s storage.Store) storage.Leftovers {
	for {
		if l, ok := s.(storage.Leftovers); ok {
			return l
		}
		wrapper, ok := s.(interface{ Unwrap() storage.Store })
		if !ok {
			return nil
		}
		s = wrapper.Unwrap()
	}
}

// mustRead says how an object differs from what it must be.
func mustRead(ctx context.Context, s storage.Store, name string, want []byte) error {
	got, info, err := s.Get(ctx, name, -1)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(got, want):
		return fmt.Errorf("get %q: %s, want %s", name, brief(got), brief(want))
	case info.Name != name || info.Size != int64(len(want)):
		return fmt.Errorf("get %q: its info is %+v", name, info)
	}
	return nil
}

func brief(body []byte) string {
	if len(body) > 40 {
		return fmt.Sprintf("%d bytes %q…", len(body), body[:40])
	}
	return fmt.Sprintf("%q", body)
}

// putAll puts objects whose bodies are their names, several at a time.
func putAll(ctx context.Context, s storage.Store, names []string) error {
	const workers = 16
	errs := make([]error, workers)
	together(workers, func(i int) {
		for k := i; k < len(names) && errs[i] == nil; k += workers {
			errs[i] = s.Put(ctx, names[k], []byte(names[k]))
		}
	})
	return errors.Join(errs...)
}
