package drivertest

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Trouble is something that is wrong with a store, and what callers of a table
// in it are told.
type Trouble struct {
	Name string

	Answer http.HandlerFunc         // is given
	To     func(*http.Request) bool // to these requests; nil: to all
	Store  func() storage.Store     // instead of the one that the check opens

	Elapsed time.Duration // bounds an operation of the store
	Probe   bool          // the store is not known to honour conditions
	Of      string        // the operations that are in trouble; empty: all

	Is   error  // what callers ask for, and nothing else; nil: the failure is of the class storage.Refused
	Text string // a part of the error's
}

// Writing says whether a request changes something.
func Writing(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// troubles are those of every service.
func troubles(open func(endpoint string, o *storage.RemoteOptions) storage.Store) []Trouble {
	return []Trouble{
		{Name: "an endpoint that does not answer", Answer: Silence, Elapsed: 50 * time.Millisecond, Is: storage.ErrUnavailable, Text: os.ErrDeadlineExceeded.Error()},
		{Name: "an endpoint that is not there", Is: storage.ErrUnavailable, Text: "refused", Store: func() storage.Store {
			return open("http://127.0.0.1:1", &storage.RemoteOptions{Attempts: 2, NoProbe: true})
		}},
		{Name: "a connection that is cut", Answer: Reset, Is: storage.ErrUnavailable, Text: "cut"},
		{Name: "a proxy with a page", Answer: Page(200), Is: storage.ErrUnavailable},
		{Name: "a proxy that finds nothing", Answer: Page(404), Is: storage.ErrUnavailable, Text: "proxy"},
		{Name: "a proxy that does not reach the service", Answer: Page(502), Is: storage.ErrUnavailable, Text: "502"},
		{Name: "a proxy that refuses", Answer: Page(403), Is: table.ErrDenied, Text: "403"},
		{Name: "a store that ignores the condition", Probe: true, Of: "create append", Is: storage.ErrUnsafe, Text: "in spite of If-None-Match"},
	}
}

// CheckTables makes tables in a store that is in trouble, opens one, looks for
// it, and refreshes and appends to one that was opened before. It wants a typed
// error of each, which names the operation and the place, shows no secret, and
// does not say that there is no table. Open opens the store of a server that
// says fine where it is not in trouble; nothing is stored there. The troubles
// come on top of those that every service has.
func CheckTables(t *testing.T, fine http.HandlerFunc, open func(endpoint string, o *storage.RemoteOptions) storage.Store, secrets Secrets, own []Trouble) {
	t.Helper()
	s := NewServer(t, fine)
	t.Run("nothing", func(t *testing.T) {
		for _, name := range []string{"create", "append"} {
			st := open(s.URL, &storage.RemoteOptions{NoProbe: true})
			if err := tableOperations(t)[name](t.Context(), secrets.at(st), &table.Options{Store: st}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		}
		wrote := false
		for _, r := range s.Take() {
			wrote = wrote || strings.Contains(string(r.Body), "commitInfo")
			if secret := secrets.In(string(r.Body)); secret != "" {
				t.Errorf("what is written shows %s: %s", secret, r.Body)
			}
		}
		if !wrote {
			t.Error("there is no commit")
		}
	})
	for _, tr := range append(own, troubles(open)...) {
		t.Run(tr.Name, func(t *testing.T) {
			s.Answers(func(w http.ResponseWriter, r *http.Request) {
				if tr.Answer != nil && (tr.To == nil || tr.To(r)) {
					tr.Answer(w, r)
					return
				}
				fine(w, r)
			})
			var logged strings.Builder
			done := 0
			for name, do := range tableOperations(t) {
				if tr.Of != "" && !strings.Contains(" "+tr.Of+" ", " "+name+" ") {
					continue
				}
				done++
				var st storage.Store
				if tr.Store != nil {
					st = tr.Store()
				} else {
					st = open(s.URL, &storage.RemoteOptions{Attempts: 2, Elapsed: tr.Elapsed, NoProbe: !tr.Probe})
				}
				err := do(t.Context(), secrets.at(st), &table.Options{Store: st, Logger: slog.New(slog.NewTextHandler(&logged, nil)), Retry: table.Retry{Elapsed: time.Second}})
				tr.check(t, name, st.String(), err)
				if secret := secrets.In(Shown(err)); secret != "" {
					t.Errorf("%s: the error shows %s: %s", name, secret, Shown(err))
				}
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			}
			if done == 0 || tr.Of != "" && done != len(strings.Fields(tr.Of)) {
				t.Errorf("%q are no operations", tr.Of)
			}
			if secret := secrets.In(logged.String()); secret != "" {
				t.Errorf("the log shows %s: %s", secret, logged.String())
			}
		})
	}
}

// check says what is wrong with the error of an operation.
func (tr *Trouble) check(t *testing.T, name, place string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeds", name)
		return
	}
	var f *storage.Failure
	if tr.Is == nil && (!errors.As(err, &f) || f.Class != storage.Refused) {
		t.Errorf("%s: %v is not refused", name, err)
	}
	if tr.Is != nil && !errors.Is(err, tr.Is) || !strings.Contains(err.Error(), tr.Text) {
		t.Errorf("%s: %v, want %v: %s", name, err, tr.Is, tr.Text)
	}
	for _, not := range []error{
		table.ErrNotTable, table.ErrExists, table.ErrCorrupt, table.ErrVersionGone, table.ErrConflict, table.ErrContention, table.ErrCommitUnknown, table.ErrUnsupported,
		fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, storage.ErrUnavailable, storage.ErrUnsafe, storage.ErrThrottled,
	} {
		if not != tr.Is && errors.Is(err, not) {
			t.Errorf("%s: %v is also: %v", name, err, not)
		}
	}
	var e *storage.Error
	if !errors.As(err, &e) || e.Op == "" || e.Store != place || !strings.Contains(err.Error(), e.Op) || !strings.Contains(err.Error(), place) {
		t.Errorf("%s: %v does not say which operation failed in %s", name, err, place)
	}
}

// row is a row of the tables.
type row struct{ ID int64 }

// tableOperation does something with a table of Options.Store.
type tableOperation func(ctx context.Context, location string, o *table.Options) error

// at is the location of a store, with a secret in it.
func (s Secrets) at(st storage.Store) string { return st.String() + "?" + s[0] }

// tableOperations are what is done with a store that may be in trouble.
func tableOperations(t *testing.T) map[string]tableOperation {
	t.Helper()
	columns, _, err := rows.Schema[row]()
	if err != nil {
		t.Fatal(err)
	}
	// opened is a table that was opened while all was well.
	opened := func(ctx context.Context, location string, o *table.Options) *table.Table {
		well := *o
		moving := &moved{storage.NewMemory(nil)}
		well.Store = moving
		tbl, err := table.Create(ctx, location, nil, &table.CreateOptions{Options: well, Schema: columns})
		if err != nil {
			t.Fatal(err)
		}
		moving.Store = o.Store
		return tbl
	}
	// closed closes what was opened, whether that was to be or not.
	closed := func(ctx context.Context, tbl *table.Table, err error) error {
		if tbl == nil {
			return err
		}
		return errors.Join(err, tbl.Close(ctx))
	}
	return map[string]tableOperation{
		"open": func(ctx context.Context, location string, o *table.Options) error {
			tbl, err := table.Open(ctx, location, o)
			return closed(ctx, tbl, err)
		},
		"exists": func(ctx context.Context, location string, o *table.Options) error {
			_, err := table.Exists(ctx, location, o)
			return err
		},
		"create": func(ctx context.Context, location string, o *table.Options) error {
			tbl, err := table.Create(ctx, location, nil, &table.CreateOptions{Options: *o, Schema: columns})
			return closed(ctx, tbl, err)
		},
		"refresh": func(ctx context.Context, location string, o *table.Options) error {
			tbl := opened(ctx, location, o)
			_, err := tbl.Snapshot(ctx, table.At{})
			return closed(ctx, tbl, err)
		},
		"append": func(ctx context.Context, location string, o *table.Options) error {
			data, err := rows.Of([]row{{1}})
			if err != nil {
				return err
			}
			tbl := opened(ctx, location, o)
			_, err = tbl.Append(ctx, data, &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}})
			return closed(ctx, tbl, err)
		},
	}
}

// moved is a store that becomes another one.
type moved struct{ storage.Store }
