package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/foreset/foreset/storage"
)

// seen is a request that a server got.
type seen struct {
	method, host, uri string
	header            http.Header
	body              []byte
}

// server answers with what a test says, and keeps the requests.
type server struct {
	*httptest.Server
	mu       sync.Mutex // guards what is below
	requests []seen
	answer   http.HandlerFunc

	opened atomic.Int64 // connections
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{answer: answer}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, seen{r.Method, r.Host, r.RequestURI, r.Header.Clone(), body})
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	s.Config.ErrorLog = quiet
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// take returns the requests since the last call.
func (s *server) take() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests = nil
	return all
}

func (s *server) answers(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// environment has the credentials of a test and no others.
func environment(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AZURE_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "acct")
	t.Setenv("AZURE_STORAGE_KEY", "dGVzdGtleQ==")
}

// at is the location of container "c" of a server.
func (s *server) at(query string) string {
	return "az://c/p?protocol=http&domain=" + strings.TrimPrefix(s.URL, "http://") + "&localemu=true" + query
}

func openAt(t *testing.T, s *server, query string) *driver {
	t.Helper()
	environment(t)
	d, err := open(t.Context(), s.at(query), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// isFine answers as Azure does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h := w.Header()
	h.Set("x-ms-request-id", "REQUEST1")
	switch {
	case q.Get("comp") == "list":
		h.Set("Content-Type", "application/xml")
		io.WriteString(w, listing1)
	case q.Get("comp") == "batch":
		batch(202, 404)(w, r)
	case r.Method == http.MethodGet && (r.Header.Get("x-ms-range") != "" || r.Header.Get("Range") != ""):
		h.Set("ETag", `"e"`)
		h.Set("Content-Range", "bytes 2-5/100")
		w.WriteHeader(http.StatusPartialContent)
		io.WriteString(w, "cdef")
	case r.Method == http.MethodGet:
		h.Set("ETag", `"e"`)
		io.WriteString(w, "content")
	case r.Method == http.MethodHead:
		h.Set("ETag", `"e"`)
		h.Set("Content-Length", "7")
	case r.Method == http.MethodPut:
		h.Set("ETag", `"e"`)
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusAccepted)
	}
}

// batch answers a batch with a status for each of its requests.
func batch(statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_1")
		w.WriteHeader(http.StatusAccepted)
		for i, status := range statuses {
			code := map[int]string{404: "BlobNotFound", 403: "AuthorizationFailure", 503: "ServerBusy", 500: "InternalError"}[status]
			fmt.Fprintf(w, "--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: %d\r\n\r\nHTTP/1.1 %d X\r\nx-ms-request-id: R\r\n", i, status)
			if code != "" {
				fmt.Fprintf(w, "x-ms-error-code: %s\r\n", code)
			}
			io.WriteString(w, "\r\n")
		}
		io.WriteString(w, "--batchresponse_1--\r\n")
	}
}

const listing1 = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>` +
	`<Blob><Name>p/a%20b c+"é</Name><Properties><Content-Length>3</Content-Length><Etag>0x1</Etag><Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified></Properties></Blob>` +
	`<Blob><Name Encoded="true">p/x%EF%BF%BEy</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>` +
	`<Blob><Name>p/dir</Name><Properties><Content-Length>0</Content-Length></Properties><Metadata><Hdi_isfolder>true</Hdi_isfolder></Metadata></Blob>` +
	`<Blob><Name>p/dir2</Name><Properties><Content-Length>0</Content-Length><ResourceType>directory</ResourceType></Properties></Blob>` +
	`</Blobs><NextMarker>M2</NextMarker></EnumerationResults>`

// call is a method of a driver that makes one request.
type call struct {
	name string
	with func(ctx context.Context, d *driver) error
}

func (c call) do(t *testing.T, d *driver) error {
	return c.with(t.Context(), d)
}

// calls are all of them.
func calls() []call {
	up := func(d *driver) *upload { return &upload{d: d, key: "k"} }
	return []call{
		{"Read", func(ctx context.Context, d *driver) error {
			body, info, err := d.Read(ctx, "k", 0, -1)
			if err != nil {
				return err
			}
			defer body.Close()
			all, err := io.ReadAll(body)
			if err == nil && int64(len(all)) != info.Size {
				return fmt.Errorf("%d bytes of %d", len(all), info.Size)
			}
			return err
		}},
		{"Head", func(ctx context.Context, d *driver) error { _, err := d.Head(ctx, "k"); return err }},
		{"Put", func(ctx context.Context, d *driver) error { return put(ctx, d, "k", []byte("content"), false) }},
		{"PutIfAbsent", func(ctx context.Context, d *driver) error { return put(ctx, d, "k", []byte("content"), true) }},
		{"List", func(ctx context.Context, d *driver) error { _, err := d.List(ctx, "p/", "", ""); return err }},
		{"Delete", func(ctx context.Context, d *driver) error { return d.Delete(ctx, []string{"k"}) }},
		{"DeleteMany", func(ctx context.Context, d *driver) error { return d.Delete(ctx, []string{"a", "b"}) }},
		{"Part", func(ctx context.Context, d *driver) error { return up(d).Part(ctx, 0, []byte("content")) }},
		{"Complete", func(ctx context.Context, d *driver) error { return up(d).Complete(ctx, 2) }},
	}
}

// failureOf is the failure that an error is.
func failureOf(t *testing.T, err error) *storage.Failure {
	t.Helper()
	var f *storage.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%v is not a failure of the storage package", err)
	}
	return f
}

// page is what a proxy says.
func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			io.WriteString(w, "<!DOCTYPE html><html><head><title>Proxy</title></head><body><p>Please log in.</body></html>")
		}
	}
}

// reset breaks the connection without an answer.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// raw sends bytes and breaks the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			io.WriteString(conn, text)
			conn.Close()
		}
	}
}

// refusal is an error as Azure says it.
func refusal(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ms-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "application/xml")
		if code != "" {
			w.Header().Set("x-ms-error-code", code)
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>as told</Message></Error>`, code)
		}
	}
}

// quiet is where servers write what they think of our clients.
var quiet = log.New(io.Discard, "", 0)

// put is Put without the ETag.
func put(ctx context.Context, d storage.Driver, key string, body []byte, ifAbsent bool) error {
	_, err := d.Put(ctx, key, body, ifAbsent)
	return err
}
