package gcs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
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
		r.Body = io.NopCloser(bytes.NewReader(body))
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

// environment has no credentials, and no machine that gives any.
func environment(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "GOOGLE_") || strings.HasPrefix(name, "GCE_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("HOME", t.TempDir())
}

func openAt(t *testing.T, s *server, query string) *driver {
	t.Helper()
	environment(t)
	t.Setenv("STORAGE_EMULATOR_HOST", s.URL)
	d, err := open(t.Context(), "gs://b/p"+query, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

const object1 = `{"kind":"storage#object","name":"k","bucket":"b","size":"7","generation":"5","updated":"2026-01-02T03:04:05.006Z"}`

const listing1 = `{"kind":"storage#objects","nextPageToken":"T2","items":[{"name":"p/a%20b c+\"é","size":"3","generation":"5","updated":"2026-01-02T03:04:05.006Z"},{"name":"p/z","size":"0","generation":"6","updated":"2026-01-02T03:04:05Z"}]}`

// isFine answers as GCS does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	api := strings.HasPrefix(r.URL.Path, "/storage/v1/b/b/o")
	h.Set("Content-Type", "application/json; charset=UTF-8")
	switch {
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost && r.URL.Query().Get("uploadType") == "resumable":
		h.Set("Location", "http://"+r.Host+"/upload/session1")
	case r.URL.Path == "/upload/session1":
		take(w, r)
	case r.Method == http.MethodPost:
		var content string // the library compares checksums
		if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("content\r\n--")) {
			content = "content"
		}
		sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum([]byte(content), crc32.MakeTable(crc32.Castagnoli)))
		fmt.Fprintf(w, `{"name":"k","bucket":"b","size":"%d","generation":"5","crc32c":%q}`, len(content), base64.StdEncoding.EncodeToString(sum))
	case api && r.URL.Path == "/storage/v1/b/b/o":
		io.WriteString(w, listing1)
	case api:
		io.WriteString(w, object1)
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("X-Goog-Generation", "5")
		h.Set("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
		if r.Header.Get("Range") != "" {
			h.Set("Content-Range", "bytes 2-5/100")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "cdef")
			return
		}
		io.WriteString(w, "content")
	}
}

// take takes a chunk of a resumable upload.
func take(w http.ResponseWriter, r *http.Request) {
	_, total, _ := strings.Cut(r.Header.Get("Content-Range"), "/")
	if total != "*" {
		fmt.Fprintf(w, `{"name":"k","bucket":"b","size":%q,"generation":"5"}`, total)
		return
	}
	last, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Content-Range"), "bytes "), "/")
	w.Header().Set("Range", "bytes="+last)
	w.Header().Set("X-Http-Status-Code-Override", "308")
	w.WriteHeader(http.StatusOK)
}

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

// refusal is an error as GCS says it: as XML for reads, otherwise as JSON.
func refusal(status int, reason string, header ...string) http.HandlerFunc {
	return says(status, reason, "as told", header...)
}

func says(status int, reason, message string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/storage/") {
			w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
			w.WriteHeader(status)
			code := map[string]string{"notFound": "NoSuchKey", "noBucket": "NoSuchBucket"}[reason]
			fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		if reason == "noBucket" {
			reason, message = "notFound", "The specified bucket does not exist."
		}
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"domain":"global","reason":%q}]}}`, status, message, reason)
	}
}

// quiet is where servers write what they think of our clients.
var quiet = log.New(io.Discard, "", 0)

// put is Put without the ETag.
func put(ctx context.Context, d storage.Driver, key string, body []byte, ifAbsent bool) error {
	_, err := d.Put(ctx, key, body, ifAbsent)
	return err
}
