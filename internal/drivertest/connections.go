package drivertest

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

// CheckNoConnection makes the calls of a driver whose server is gone, and a
// put to endpoints that speak TLS where they should not, or the other way
// round. Open opens a driver of an endpoint.
func CheckNoConnection(t *testing.T, fine http.HandlerFunc, calls []Call, open func(endpoint string) storage.Driver) {
	t.Helper()
	gone := NewServer(t, fine)
	d := open(gone.URL)
	gone.Close()
	for _, c := range calls {
		if f := FailureOf(t, c.Do(t, d)); f.Class != storage.NotSent || !strings.Contains(f.Text, "refused") {
			t.Errorf("%s: %v: %v", c.Name, f.Class, f)
		}
	}
	tls := httptest.NewUnstartedServer(fine)
	quiet(tls)
	tls.StartTLS()
	defer tls.Close()
	plain := NewServer(t, fine)
	for endpoint, want := range map[string][]storage.Class{
		tls.URL: {storage.NotSent}, // nobody vouches for its certificate
		strings.Replace(tls.URL, "https", "http", 1):   {storage.Refused, storage.Lost}, // it says that it is one of TLS, and cuts the connection: that may be seen first
		strings.Replace(plain.URL, "http", "https", 1): {storage.Lost, storage.NotSent},
	} {
		d := open(endpoint)
		if f := FailureOf(t, Put(t.Context(), d, "k", nil, false)); !slices.Contains(want, f.Class) {
			t.Errorf("%s: %v: %v", endpoint, f.Class, f)
		}
		d.Close()
	}
	if n := len(plain.Take()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// CheckSilence makes calls to a server that takes connections and says
// nothing. Their time is also that of connecting.
func CheckSilence(t *testing.T, calls []Call, open func(endpoint string) storage.Driver) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := open("http://" + l.Addr().String())
	defer d.Close()
	for _, c := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := c.With(ctx, d)
		cancel()
		if f := FailureOf(t, err); !errors.Is(err, context.DeadlineExceeded) || f.Class != storage.Lost && f.Class != storage.NotSent {
			t.Errorf("%s: %v: %v", c.Name, f.Class, f)
		}
	}
}

// CheckReuse makes many requests at once, several times, and counts the
// connections.
func CheckReuse(t *testing.T, fine http.HandlerFunc, calls []Call, open func(*Server) storage.Driver) {
	t.Helper()
	const at = 64
	var gate sync.WaitGroup
	s := NewServer(t, func(w http.ResponseWriter, r *http.Request) {
		gate.Done()
		gate.Wait() // all are here at once
		fine(w, r)
	})
	d := open(s)
	for range 3 {
		gate.Add(at)
		var all sync.WaitGroup
		for i := range at {
			all.Go(func() {
				c := calls[i%len(calls)]
				if err := c.Do(t, d); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			})
		}
		all.Wait()
	}
	if n := s.Opened.Load(); n < at || n > at+at/8 {
		t.Errorf("%d connections for %d requests at once", n, at)
	}
}

// CheckBodies gets answers with bodies through the one connection that the
// transport of a driver may have: a body that is not closed would keep it.
func CheckBodies(t *testing.T, s *Server, d storage.Driver, transport *http.Transport, calls []Call, answers ...http.HandlerFunc) {
	t.Helper()
	transport.MaxConnsPerHost = 1
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, h := range append(answers, Page(200), Page(404), Page(500)) {
		s.Answers(h)
		for _, c := range calls {
			if err := c.With(ctx, d); errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("%s: the connection is not given back", c.Name)
			}
			body, _, err := d.Read(ctx, "k", 2, 4)
			if err == nil {
				body.Close() // without having read it
			}
		}
	}
}

// CheckStuckCredentials asks a store whose credentials never come. It must run
// in a bubble of simulated time.
func CheckStuckCredentials(t *testing.T, store storage.Store) {
	t.Helper()
	start := time.Now()
	_, err := store.Head(t.Context(), "k")
	if took := time.Since(start); !errors.Is(err, fs.ErrPermission) || took > 20*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	// A caller that gives up does not wait, and nothing was written.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start = time.Now()
	outcome, _, err := store.PutIfAbsent(ctx, "k", nil)
	if took := time.Since(start); outcome != storage.Rejected || !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
		t.Errorf("after %v: %v, %v", took, outcome, err)
	}
}
