// Package proxy stands between a client and an object store, on loopback, and
// spoils what a plan says: answers are lost, requests refused, bodies cut. It
// also counts requests, and the longest chain of those that do not overlap.
//
//	p, err := proxy.Start("http://127.0.0.1:7070", true)
//	p.Spoil(proxy.Nth("PUT", "_delta_log/", 0, proxy.DropAnswer))
//	… the client talks to p.URL()
//	p.Close()
package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Effect is what becomes of a request.
type Effect string

// The effects.
const (
	Pass        Effect = ""
	DropAnswer  Effect = "answer lost"        // applied; the connection is cut instead of an answer
	ErrorAfter  Effect = "500 after apply"    // applied; the answer is 500
	ExistsAfter Effect = "exists after apply" // applied; the answer is what a second request would get: 412, or 409 from Azure
	Conflict    Effect = "409"                // not applied
	Busy        Effect = "503"                // not applied
	Hang        Effect = "hang"               // not applied; no answer until the client goes
	HangAfter   Effect = "hang after apply"
	CutBody     Effect = "body cut" // half of the answer's body, then the connection is cut
	Page        Effect = "page"     // not applied; 200 with a page for people
	ResetBefore Effect = "reset"    // not applied; the connection is cut
	Forbidden   Effect = "403"      // not applied
)

// Plan says what becomes of a request. It is asked for every one, concurrently.
type Plan func(r *http.Request) Effect

// Nth hits the n-th request, from 0, of a method whose URL holds a text.
func Nth(method, part string, n int64, e Effect) Plan {
	var seen atomic.Int64
	return func(r *http.Request) Effect {
		if r.Method == method && strings.Contains(r.URL.String(), part) && seen.Add(1)-1 == n {
			return e
		}
		return Pass
	}
}

// Request is one that was made.
type Request struct {
	Method, URL string
	Status      int // 0: none was given
	Effect      Effect
	Begin, End  time.Duration // since Reset
}

// Proxy forwards requests to one server.
type Proxy struct {
	server   *http.Server
	listener net.Listener
	served   chan error

	mu       sync.Mutex // guards all below
	quiet    *sync.Cond // running became 0
	running  int        // requests that have not ended
	plan     Plan
	latency  time.Duration
	since    time.Time
	requests []Request
}

// Start listens on a free port of loopback and forwards to a server. With
// keepHost the server sees the client's name for it, which S3's signatures
// include; otherwise its own. The caller closes the proxy.
func Start(target string, keepHost bool) (*Proxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, served: make(chan error, 1), since: time.Now()}
	p.quiet = sync.NewCond(&p.mu)
	forward := &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.Out.URL.Scheme, pr.Out.URL.Host, pr.Out.Host = to.Scheme, to.Host, to.Host
			if keepHost {
				pr.Out.Host = pr.In.Host
			}
			pr.Out.URL.RawQuery = pr.In.URL.RawQuery // byte for byte, as it was signed
		},
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		FlushInterval: -1,
	}
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(forward, w, r) })}
	go func() { p.served <- p.server.Serve(l) }()
	return p, nil
}

// URL is where the proxy listens, and Host the same without the scheme.
func (p *Proxy) URL() string  { return "http://" + p.Host() }
func (p *Proxy) Host() string { return p.listener.Addr().String() }

// Close stops the proxy.
func (p *Proxy) Close() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Spoil sets the plan; nil is none.
func (p *Proxy) Spoil(plan Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
}

// Delay holds every request back for a time.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latency = d
}

// Reset forgets all requests, once none is under way.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	p.requests, p.since = nil, time.Now()
}

// Requests are those that were made, in the order of their ends. It waits for
// those under way: a client has its answer a little before the proxy is done.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	return append([]Request(nil), p.requests...)
}

// settle waits until no request is under way. The lock is held.
func (p *Proxy) settle() {
	for p.running > 0 {
		p.quiet.Wait()
	}
}

// Depth is the length of the longest chain of requests each of which began
// after the one before had ended.
func Depth(requests []Request) int {
	n, last := 0, time.Duration(-1)
	for _, r := range requests { // in the order of their ends, the greedy choice is the longest
		if r.Begin >= last {
			n, last = n+1, r.End
		}
	}
	return n
}

func (p *Proxy) begin(r *http.Request) (Request, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running++
	req := Request{Method: r.Method, URL: r.URL.String(), Begin: time.Since(p.since)}
	if p.plan != nil {
		req.Effect = p.plan(r)
	}
	return req, p.latency
}

func (p *Proxy) end(req Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	req.End = time.Since(p.since)
	p.requests = append(p.requests, req)
	if p.running--; p.running == 0 {
		p.quiet.Broadcast()
	}
}

func (p *Proxy) serve(forward http.Handler, w http.ResponseWriter, r *http.Request) {
	req, latency := p.begin(r)
	defer func() { p.end(req) }()
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	switch req.Effect {
	case Pass:
		forward.ServeHTTP(&counted{ResponseWriter: w, status: &req.Status}, r)
	case DropAnswer:
		forward.ServeHTTP(&swallowed{}, r)
		panic(http.ErrAbortHandler)
	case ErrorAfter:
		forward.ServeHTTP(&swallowed{}, r)
		answer(w, &req, http.StatusInternalServerError, "InternalError")
	case ExistsAfter:
		forward.ServeHTTP(&swallowed{}, r)
		if r.Header.Get("X-Ms-Version") != "" {
			answer(w, &req, http.StatusConflict, "BlobAlreadyExists")
		} else {
			answer(w, &req, http.StatusPreconditionFailed, "PreconditionFailed")
		}
	case HangAfter:
		forward.ServeHTTP(&swallowed{}, r)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body) // so that the end of the client is seen
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case ResetBefore:
		panic(http.ErrAbortHandler)
	case Conflict:
		answer(w, &req, http.StatusConflict, "ConditionalRequestConflict")
	case Busy:
		answer(w, &req, http.StatusServiceUnavailable, "SlowDown")
	case Forbidden:
		answer(w, &req, http.StatusForbidden, "AccessDenied")
	case Page:
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		req.Status = http.StatusOK
		_, _ = io.WriteString(w, "<html><body>Please sign in to the network.</body></html>")
	case CutBody:
		forward.ServeHTTP(&cut{ResponseWriter: w}, r)
		panic(http.ErrAbortHandler)
	}
}

// answer refuses in the words of S3, which the other clients read as a status
// with a body.
func answer(w http.ResponseWriter, req *Request, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
	req.Status = status
	fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>planned</Message></Error>", code)
}

// counted remembers the status.
type counted struct {
	http.ResponseWriter
	status *int
}

func (c *counted) WriteHeader(status int) {
	*c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Flush() { c.ResponseWriter.(http.Flusher).Flush() }

// swallowed takes an answer that nobody gets.
type swallowed struct{ header http.Header }

func (s *swallowed) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}

func (s *swallowed) Write(p []byte) (int, error) { return len(p), nil }
func (s *swallowed) WriteHeader(int)             {}

// cut lets the headers and half of the body through.
type cut struct {
	http.ResponseWriter
	left int64
}

func (c *cut) WriteHeader(status int) {
	var size int64
	if _, err := fmt.Sscan(c.Header().Get("Content-Length"), &size); err != nil {
		size = 2
	}
	c.left = size / 2
	c.ResponseWriter.WriteHeader(status)
}

func (c *cut) Write(p []byte) (int, error) {
	n := int(min(int64(len(p)), c.left))
	if _, err := c.ResponseWriter.Write(p[:n]); err != nil {
		return 0, err
	}
	c.ResponseWriter.(http.Flusher).Flush()
	c.left -= int64(n)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func (c *cut) Flush() { c.ResponseWriter.(http.Flusher).Flush() }
