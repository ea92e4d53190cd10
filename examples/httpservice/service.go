package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// options say how the service writes.
type options struct {
	Age    time.Duration // of table.WriterOptions
	Single bool          // a commit for each request
}

// service is the table behind HTTP.
type service struct {
	table  *table.Table
	writer *table.Writer // nil: a commit for each request
	server *http.Server
	addr   net.Addr
	failed chan error // if it stops serving by itself
}

const (
	requestTime  = 30 * time.Second // for all of a request
	requestBytes = 1 << 20
	answerRows   = 1000 // of GET /events, unless it asks for fewer
)

// serve answers requests until stop.
func serve(l net.Listener, t *table.Table, opts *options) *service {
	s := &service{table: t, addr: l.Addr(), failed: make(chan error, 1)}
	if !opts.Single {
		s.writer = t.Writer(&table.WriterOptions{Age: opts.Age})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", s.add)
	mux.HandleFunc("GET /events", s.find)
	mux.HandleFunc("GET /count", s.count)
	s.server = &http.Server{Handler: mux, ReadTimeout: requestTime, WriteTimeout: 2 * requestTime, IdleTimeout: 2 * time.Minute}
	go func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s
}

// Addr is where the service listens.
func (s *service) Addr() string { return s.addr.String() }

// stop ends the service: no new requests; then the answers of those that there
// are, which the handlers wait for; then the Writer, which has nothing left but
// what follows its commits; then the table.
func (s *service) stop(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if s.writer != nil {
		err = errors.Join(err, s.writer.Close(ctx))
	}
	return errors.Join(err, s.table.Close(ctx))
}

// added is the answer to POST /events.
type added struct {
	Version int64 `json:"version"` // of the table that has them
	Events  int   `json:"events"`
	Skipped bool  `json:"skipped,omitempty"` // they were there already
}

// add is POST /events: one event, or an array of them, that are added together.
// A client that names itself and numbers its requests (?client=…&request=…) may
// send one again when it did not get an answer.
func (s *service) add(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	once, err := numbered(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	events, err := decodeEvents(http.MaxBytesReader(w, r.Body, requestBytes), time.Now())
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	c, err := s.append(ctx, events, once)
	if err != nil {
		refuse(w, status(err), err)
		return
	}
	respond(w, added{c.Version, len(events), c.Skipped})
}

func (s *service) append(ctx context.Context, events []Event, once table.EntryOptions) (table.Commit, error) {
	data, err := rows.Of(events)
	if err != nil {
		return table.Commit{}, err
	}
	defer data.Release()
	if s.writer != nil {
		return s.writer.Write(ctx, data, &once)
	}
	opts := &table.WriteOptions{}
	opts.AppID, opts.AppVersion, opts.Post = once.AppID, once.AppVersion, table.Background
	return s.table.Append(ctx, data, opts)
}

// numbered is who sends a request, and which of theirs it is.
func numbered(r *http.Request) (table.EntryOptions, error) {
	query := r.URL.Query() // FormValue would take the body, too
	client, number := query.Get("client"), query.Get("request")
	if client == "" && number == "" {
		return table.EntryOptions{}, nil
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if client == "" || err != nil {
		return table.EntryOptions{}, fmt.Errorf("client and request belong together, and request is a number: %q, %q", client, number)
	}
	return table.EntryOptions{AppID: client, AppVersion: n}, nil
}

// counted is the answer to GET /count.
type counted struct {
	Version int64 `json:"version"`
	Events  int64 `json:"events"`
}

// count is GET /count, perhaps with where=…: how many events there are.
func (s *service) count(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	snap, err := s.table.Snapshot(ctx, table.At{})
	if err != nil {
		refuse(w, status(err), err)
		return
	}
	n, err := snap.Scan(&table.ScanOptions{Where: predicate(r)}).Count(ctx)
	if err != nil {
		refuse(w, status(err), err)
		return
	}
	respond(w, counted{snap.Version(), n})
}

// find is GET /events, perhaps with where=… and limit=…: events, one JSON
// object a line.
func (s *service) find(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	limit := int64(answerRows)
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > answerRows {
			refuse(w, http.StatusBadRequest, fmt.Errorf("limit is a number from 1 to %d: %q", answerRows, text))
			return
		}
		limit = n
	}
	snap, err := s.table.Snapshot(ctx, table.At{})
	if err != nil {
		refuse(w, status(err), err)
		return
	}
	var found []Event // few enough to know of an error before the first is sent
	scan := snap.Scan(&table.ScanOptions{Where: predicate(r), Limit: limit})
	for e, err := range rows.Decode[Event](scan.Batches(ctx)) {
		if err != nil {
			refuse(w, status(err), err)
			return
		}
		found = append(found, e)
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Table-Version", strconv.FormatInt(snap.Version(), 10))
	out := json.NewEncoder(w)
	for _, e := range found {
		if out.Encode(e) != nil {
			return // the client has gone
		}
	}
}

func predicate(r *http.Request) expr.Expr {
	where := r.URL.Query().Get("where")
	if where == "" {
		return expr.Expr{}
	}
	return expr.SQL(where)
}

// status is what an error of the table means to a client. After 503 nothing was
// done, and the request can be sent again; after 500 that is so only for a
// request with a number.
func status(err error) int {
	var syntax *expr.SyntaxError
	var column *expr.ColumnError
	var typ *expr.TypeError
	var value *expr.EvalError
	var unsupported *expr.UnsupportedError
	switch {
	case errors.Is(err, table.ErrCommitUnknown):
		return http.StatusInternalServerError
	case errors.Is(err, table.ErrSchema), errors.Is(err, table.ErrConstraint):
		return http.StatusBadRequest
	case errors.As(err, &syntax), errors.As(err, &column), errors.As(err, &typ), errors.As(err, &value), errors.As(err, &unsupported):
		return http.StatusBadRequest
	case errors.Is(err, table.ErrClosed), errors.Is(err, table.ErrContention), errors.Is(err, table.ErrConflict),
		errors.Is(err, storage.ErrThrottled), errors.Is(err, storage.ErrOverloaded),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // the client may have gone
}

func respond(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // likewise
}
