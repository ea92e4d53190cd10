package drivertest

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

// Meaning is what an answer means to some calls. It has no name of its own, so
// that tables of it may leave out the names of its fields.
type Meaning = struct {
	Calls  string // names with spaces between
	Answer http.HandlerFunc
	Class  storage.Class
	Is     error  // and no other that callers ask for; nil where Lost: a body that was cut, of which the store makes a failure
	Text   string // a part of the failure's
}

// CheckMeanings gives each of the answers to each of its calls. A throttled
// one has to ask for 7 seconds. What a service "as told" says in its messages
// must not be repeated.
func CheckMeanings(t *testing.T, s *Server, d storage.Driver, calls []Call, meanings []Meaning) {
	t.Helper()
	for _, c := range meanings {
		s.Answers(c.Answer)
		done := 0
		for _, call := range calls {
			if !strings.Contains(" "+c.Calls+" ", " "+call.Name+" ") {
				continue
			}
			done++
			d.Close()
			err := call.Do(t, d)
			if c.Class == storage.Lost && c.Is == nil && err != nil {
				continue
			}
			if err == nil {
				t.Errorf("%s succeeds where %s is due", call.Name, c.Text)
				continue
			}
			f := FailureOf(t, err)
			if f.Class != c.Class || c.Is != nil && !errors.Is(err, c.Is) || !strings.Contains(f.Text, c.Text) || strings.Contains(f.Text, "as told") {
				t.Errorf("%s: %v: %v, want %v: %s", call.Name, f.Class, f, c.Class, c.Text)
			}
			for _, not := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, storage.ErrThrottled, storage.ErrUnsafe, storage.ErrUnavailable} {
				if not != c.Is && errors.Is(err, not) {
					t.Errorf("%s: %v is also %v", call.Name, err, not)
				}
			}
			if want := 7 * time.Second; c.Class == storage.Throttled && f.After != want {
				t.Errorf("%s: Retry-After is %v, want %v", call.Name, f.After, want)
			}
		}
		if done != len(strings.Fields(c.Calls)) {
			t.Errorf("%s: some are no calls", c.Calls)
		}
	}
}

// CheckNotRepeated counts the requests of every call for failures that the
// library of a service likes to repeat. A call may succeed where fine says so.
func CheckNotRepeated(t *testing.T, s *Server, d storage.Driver, calls []Call, answers map[string]http.HandlerFunc, fine func(answer, call string) bool) {
	t.Helper()
	for name, h := range answers {
		s.Answers(h)
		for _, c := range calls {
			// A connection that was used before is tried again by net/http, with
			// another one, if it breaks: that is no request more.
			d.Close()
			if err := c.Do(t, d); err == nil && !fine(name, c.Name) {
				t.Errorf("%s: %s succeeds", name, c.Name)
			}
			if n := len(s.Take()); n != 1 {
				t.Errorf("%s: %s makes %d requests", name, c.Name, n)
			}
		}
	}
}

// CheckRedirects sends requests to a server that sends them elsewhere, with
// all that is secret in them.
func CheckRedirects(t *testing.T, fine http.HandlerFunc, calls []Call, open func(*Server) storage.Driver) {
	t.Helper()
	elsewhere := NewServer(t, fine)
	d := open(NewServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.RequestURI, http.StatusTemporaryRedirect)
	}))
	for _, c := range calls {
		if f := FailureOf(t, c.Do(t, d)); f.Class != storage.Refused {
			t.Errorf("%s: %v", c.Name, f)
		}
	}
	if got := elsewhere.Take(); len(got) != 0 {
		t.Errorf("%d requests went elsewhere", len(got))
	}
}
