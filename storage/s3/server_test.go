package s3

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
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATESTACCESSKEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testsecretkey")
	t.Setenv("AWS_REGION", "eu-north-1")
}

// openAt is a driver of bucket "b" of a server.
func openAt(t *testing.T, s *server, query string) *driver {
	t.Helper()
	environment(t)
	d, err := open(t.Context(), "s3://b/p?use_path_style=true&endpoint="+s.URL+query, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// isFine answers as S3 does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h := w.Header()
	h.Set("x-amz-request-id", "REQUEST1")
	switch {
	case q.Has("list-type"):
		io.WriteString(w, listing1)
	case r.Method == http.MethodGet && r.Header.Get("Range") != "":
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
	case q.Has("uploads"):
		io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>`)
	case q.Has("uploadId") && r.Method == http.MethodPost:
		io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`)
	case q.Has("delete"):
		io.WriteString(w, `<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>`)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	}
}

const listing1 = `<?xml version="1.0"?><ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>T2</NextContinuationToken>` +
	`<Contents><Key>p/a%2520b+c%2B%22%C3%A9%26</Key><Size>3</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`

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
	up := func(d *driver) *upload { id := "U1"; return &upload{d: d, key: "k", id: &id} }
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
		{"Upload", func(ctx context.Context, d *driver) error { _, err := d.Upload(ctx, "k"); return err }},
		{"Part", func(ctx context.Context, d *driver) error { return up(d).Part(ctx, 0, []byte("content")) }},
		{"Complete", func(ctx context.Context, d *driver) error { return up(d).Complete(ctx, 0) }},
		{"Abort", func(ctx context.Context, d *driver) error { return up(d).Abort(ctx) }},
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

// refusal is an error as S3 says it.
func refusal(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amz-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "application/xml")
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
