package gcs

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// keys are names that other engines write.
var keys = []string{"a/b.json", "p=01%3A02/f", "50%", "a b", "a#b?c", "a+b&c", `a"b\c`, "é/日本/😀", "a:b;c,d@e~f"}

func TestKeysAreSentAsTheyAre(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	for _, key := range keys {
		for name, do := range map[string]func() error{
			"read": func() error {
				body, _, err := d.Read(t.Context(), key, 0, -1)
				if err == nil {
					body.Close()
				}
				return err
			},
			"head":   func() error { _, err := d.Head(t.Context(), key); return err },
			"put":    func() error { return drivertest.Put(t.Context(), d, key, nil, true) },
			"delete": func() error { return d.Delete(t.Context(), []string{key}) },
		} {
			if err := do(); err != nil {
				t.Errorf("%s %q: %v", name, key, err)
			}
			got := s.Take()
			if len(got) != 1 {
				t.Fatalf("%s %q: %d requests", name, key, len(got))
			}
			path, query, _ := strings.Cut(got[0].URI, "?")
			want := map[string]string{"read": "/b/" + key, "put": key}[name]
			if want == "" {
				want = "/storage/v1/b/b/o/" + key
			}
			if name == "put" {
				q, err := url.ParseQuery(query)
				if err != nil || q.Get("name") != key && !bytes.Contains(got[0].Body, jsonName(key)) {
					t.Errorf("%s %q: %s is sent: %s", name, key, got[0].URI, got[0].Body)
				}
				continue
			}
			if decoded, err := url.PathUnescape(path); err != nil || decoded != want {
				t.Errorf("%s %q: %s is sent", name, key, path)
			}
		}
	}
}

func jsonName(key string) []byte {
	return []byte(`"name":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", `\u0026`).Replace(key) + `"`)
}

func TestEachMethodSendsOneRequest(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "?kms_key=projects/p/KEY1")
	one := func(err error) drivertest.Request {
		t.Helper()
		return s.One(t, err)
	}

	body, info, err := d.Read(t.Context(), "k", 2, 4)
	r := one(err)
	if got, _ := io.ReadAll(body); string(got) != "cdef" || info.Size != 100 || r.Method != "GET" || r.Header.Get("Range") != "bytes=2-5" {
		t.Errorf("%q of %d for %s %v", got, info.Size, r.Method, r.Header)
	}
	body.Close()
	body, _, err = d.Read(t.Context(), "k", 2, -1)
	if r = one(err); r.Header.Get("Range") != "bytes=2-" {
		t.Error(r.Header)
	}
	body.Close()
	body, info, err = d.Read(t.Context(), "k", 0, -1)
	if r = one(err); r.Header.Get("Range") != "" || info.Size != 7 || info.ETag != "5" || !info.Modified.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Error(r.Header, info)
	}
	body.Close()

	info, err = d.Head(t.Context(), "k")
	if r = one(err); r.Method != "GET" || info.Size != 7 || info.ETag != "5" || info.Modified.Nanosecond() != 6e6 {
		t.Error(r, info)
	}

	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), false))
	if q := r.Query(t); r.Method != "POST" || !bytes.Contains(r.Body, []byte("content")) || q.Has("ifGenerationMatch") || q.Get("kmsKeyName") != "projects/p/KEY1" || q.Get("uploadType") != "multipart" {
		t.Error(r)
	}
	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), true))
	if q := r.Query(t); q.Get("ifGenerationMatch") != "0" || q.Get("kmsKeyName") != "projects/p/KEY1" {
		t.Error(r.URI)
	}

	p, err := d.List(t.Context(), "p/", "p/c d+e", "")
	if q := one(err).Query(t); q.Get("prefix") != "p/" || q.Get("startOffset") != "p/c d+e" || q.Get("maxResults") != "1000" || q.Get("delimiter") != "" {
		t.Error(q)
	}
	if len(p.Objects) != 2 || p.Objects[0].Name != `p/a%20b c+"é` || p.Objects[0].Size != 3 || p.Next != "T2" {
		t.Errorf("%+v", p)
	}
	_, err = d.List(t.Context(), "", "", "T2+/=")
	if q := one(err).Query(t); q.Get("pageToken") != "T2+/=" {
		t.Error(q)
	}

	if r = one(d.Delete(t.Context(), []string{"k"})); r.Method != "DELETE" {
		t.Error(r)
	}
	if err := d.Delete(t.Context(), []string{"a", "b", "c"}); err != nil {
		t.Error(err)
	}
	if n := len(s.Take()); n != 3 {
		t.Errorf("%d requests delete 3 objects", n)
	}
}

func TestAnUploadIsSentInChunks(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "?kms_key=projects/p/KEY1")
	u, err := d.Upload(t.Context(), "k%3A")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Take()); n != 0 {
		t.Errorf("%d requests before the first part", n)
	}
	part := bytes.Repeat([]byte("x"), chunk)
	for n := range 2 {
		if err := u.Part(t.Context(), n, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Part(t.Context(), 2, []byte("end")); err != nil {
		t.Fatal(err)
	}
	if err := u.Complete(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := u.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	got := s.Take()
	if len(got) != 4 || !strings.Contains(got[0].URI, "kmsKeyName=projects%2Fp%2FKEY1") || len(got[1].Body) != chunk || got[3].Header.Get("Content-Range") != "bytes 16777216-16777218/16777219" {
		t.Errorf("%d requests", len(got))
	}
}

func TestAFailureIsNotRepeatedByTheLibrary(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	answers := map[string]http.HandlerFunc{
		"500": refusal(500, "backendError"), "503": refusal(503, "backendError"), "429": refusal(429, "rateLimitExceeded"), "409": refusal(409, "conflict"),
		"408": refusal(408, "x"), "412": refusal(412, "conditionNotMet"), "504": drivertest.Page(504), "401": refusal(401, "authError"), "404": refusal(404, "notFound"),
		"reset": drivertest.Reset, "page": drivertest.Page(200), "empty 503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"307": refusal(307, "", "Location", s.URL+"/elsewhere"), "301": refusal(301, "", "Location", s.URL+"/elsewhere"),
		"cut":       drivertest.Raw("HTTP/1.1 200 OK\r\nX-Goog-Generation: 5\r\nContent-Length: 100\r\n\r\n<a"),
		"cut early": drivertest.Raw("HTTP/1.1 200 OK\r\nX-Goog-Generation: 5\r\nContent-Length: 100\r\n\r\n"),
	}
	drivertest.CheckNotRepeated(t, s, d, calls(), answers, func(answer, call string) bool {
		// The answer to a delete has no body that could be cut or a page.
		return call == "Delete" && (answer == "404" || strings.HasPrefix(answer, "cut"))
	})
}

// TestTheRestOfACutAnswerIsNotAskedFor where a connection is at hand to ask for
// it at once.
func TestTheRestOfACutAnswerIsNotAskedFor(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	const rounds = 20
	var used atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { used.Add(1) }})
	for range rounds {
		var gate, all sync.WaitGroup
		gate.Add(2)
		s.Answers(func(w http.ResponseWriter, r *http.Request) {
			gate.Done()
			gate.Wait() // both are here at once
			isFine(w, r)
		})
		for range 2 {
			all.Go(func() {
				if _, err := d.Head(t.Context(), "k"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s.Answers(drivertest.Raw("HTTP/1.1 200 OK\r\nX-Goog-Generation: 5\r\nContent-Length: 100\r\n\r\n<a"))
		body, _, err := d.Read(ctx, "k", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.ReadAll(body); !errors.Is(err, storage.ErrUnavailable) {
			t.Error(err)
		}
		body.Close()
	}
	if n := used.Load(); n != rounds {
		t.Errorf("%d reads use %d connections", rounds, n)
	}
}

// TestAPageThatIsShortIsAPage: the library would fill it up with more requests.
func TestAPageThatIsShortIsAPage(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	p, err := d.List(t.Context(), "", "", "")
	if err != nil || len(p.Objects) != 2 || p.Next != "T2" || len(s.Take()) != 1 {
		t.Error(p, err)
	}
	s.Answers(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"kind":"storage#objects"}`) })
	p, err = d.List(t.Context(), "", "", "")
	if err != nil || len(p.Objects) != 0 || p.Next != "" || len(s.Take()) != 1 {
		t.Error(p, err)
	}
}
