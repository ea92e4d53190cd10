package drivertest

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Request is a request that a server got.
type Request struct {
	Method, Host, URI string
	Header            http.Header
	Body              []byte
}

// Query is the query of the request.
func (r Request) Query(t *testing.T) url.Values {
	t.Helper()
	u, err := url.Parse(r.URI)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// Server answers with what a test says, and keeps the requests.
type Server struct {
	*httptest.Server
	Opened atomic.Int64 // connections

	mu       sync.Mutex // guards what is below
	requests []Request
	answer   http.HandlerFunc
}

// NewServer starts a server, which is closed when the test ends. The body of a
// request is read before it is answered, and can be read again.
func NewServer(t *testing.T, answer http.HandlerFunc) *Server {
	t.Helper()
	s := &Server{answer: answer}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.requests = append(s.requests, Request{r.Method, r.Host, r.RequestURI, r.Header.Clone(), body})
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	quiet(s.Server)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.Opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// quiet keeps a server from saying what it thinks of our clients.
func quiet(s *httptest.Server) {
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
}

// Take returns the requests since the last call.
func (s *Server) Take() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests = nil
	return all
}

// One is the request that a call made, which succeeded with just one.
func (s *Server) One(t *testing.T, err error) Request {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got := s.Take()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	return got[0]
}

// Answers changes what the server answers.
func (s *Server) Answers(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// Page is what a proxy says.
func Page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			io.WriteString(w, "<!DOCTYPE html><html><head><title>Proxy</title></head><body><p>Please log in.</body></html>")
		}
	}
}

// Reset breaks the connection without an answer.
func Reset(w http.ResponseWriter, r *http.Request) { Raw("")(w, r) }

// Raw sends bytes and breaks the connection.
func Raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			io.WriteString(conn, text)
			conn.Close()
		}
	}
}

// Silence gives no answer as long as the client waits for one.
func Silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// ClearEnvironment takes the variables with some prefixes out of the
// environment for the time of a test, and every proxy.
func ClearEnvironment(t *testing.T, prefixes ...string) {
	t.Helper()
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		ours := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.ContainsFunc(prefixes, ours) || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
}
