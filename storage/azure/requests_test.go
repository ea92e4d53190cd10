package azure

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// keys are names that other engines write.
var keys = []string{"a/b.json", "p=01%3A02/f", "50%", "a b", "a#b?c", "a+b&c", `a"b`, "é/日本/😀", "a:b;c,d@e~f", "a/x.y/.z"}

func TestKeysAreSentAsTheyAre(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	for _, key := range keys {
		u := &upload{d: d, key: key}
		for name, do := range map[string]func() error{
			"read": func() error {
				body, _, err := d.Read(t.Context(), key, 0, -1)
				if err == nil {
					body.Close()
				}
				return err
			},
			"head":     func() error { _, err := d.Head(t.Context(), key); return err },
			"put":      func() error { return drivertest.Put(t.Context(), d, key, nil, true) },
			"delete":   func() error { return d.Delete(t.Context(), []string{key}) },
			"part":     func() error { return u.Part(t.Context(), 0, []byte("x")) },
			"complete": func() error { return u.Complete(t.Context(), 1) },
		} {
			if err := do(); err != nil {
				t.Errorf("%s %q: %v", name, key, err)
			}
			got := s.Take()
			if len(got) != 1 {
				t.Fatalf("%s %q: %d requests", name, key, len(got))
			}
			path, _, _ := strings.Cut(got[0].URI, "?")
			if decoded, err := url.PathUnescape(path); err != nil || decoded != "/acct/c/"+key || strings.Contains(path, "+") && !strings.Contains(key, "+") {
				t.Errorf("%s %q: %s is sent", name, key, path)
			}
		}
	}
	_, _, readErr := d.Read(t.Context(), `a\b`, 0, -1)
	_, headErr := d.Head(t.Context(), `a\b`)
	_, uploadErr := d.Upload(t.Context(), `a\b`)
	for _, err := range []error{readErr, headErr, uploadErr, drivertest.Put(t.Context(), d, `a\b`, nil, true), d.Delete(t.Context(), []string{"a", `a\b`})} {
		if f := drivertest.FailureOf(t, err); f.Class != storage.Refused || !errors.Is(err, storage.ErrBadName) {
			t.Errorf("a backslash: %v", err)
		}
	}
	if n := len(s.Take()); n != 0 {
		t.Errorf("a backslash is sent %d times", n)
	}
}

func TestEachMethodSendsOneRequest(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "&encryption_scope=SCOPE1")
	one := func(err error) drivertest.Request {
		t.Helper()
		return s.One(t, err)
	}

	encrypted := func(r drivertest.Request) {
		t.Helper()
		if r.Header.Get("x-ms-encryption-scope") != "SCOPE1" {
			t.Errorf("%s %s is not encrypted: %v", r.Method, r.URI, r.Header)
		}
	}
	ranged := func(r drivertest.Request) string { return r.Header.Get("Range") + r.Header.Get("x-ms-range") }

	body, info, err := d.Read(t.Context(), "k", 2, 4)
	r := one(err)
	if got, _ := io.ReadAll(body); string(got) != "cdef" || info.Size != 100 || r.Method != "GET" || ranged(r) != "bytes=2-5" {
		t.Errorf("%q of %d for %s %v", got, info.Size, r.Method, r.Header)
	}
	body.Close()
	body, _, err = d.Read(t.Context(), "k", 2, -1)
	if r = one(err); ranged(r) != "bytes=2-" {
		t.Error(r.Header)
	}
	body.Close()
	body, info, err = d.Read(t.Context(), "k", 0, -1)
	if r = one(err); ranged(r) != "" || info.Size != 7 || info.ETag != "e" || r.Header.Get("Accept-Encoding") == "gzip" {
		t.Error(r.Header, info)
	}
	body.Close()

	_, err = d.Head(t.Context(), "k")
	if r = one(err); r.Method != "HEAD" {
		t.Error(r)
	}

	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), false))
	if r.Method != "PUT" || string(r.Body) != "content" || r.Header.Get("If-None-Match") != "" || r.Header.Get("x-ms-blob-type") != "BlockBlob" {
		t.Error(r)
	}
	encrypted(r)
	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), true))
	if r.Header.Get("If-None-Match") != "*" || string(r.Body) != "content" || !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey acct:") {
		t.Error(r)
	}
	encrypted(r)

	p, err := d.List(t.Context(), "p/", "p/c d+e", "")
	r = one(err)
	if q := r.Query(t); q.Get("comp") != "list" || q.Get("restype") != "container" || q.Get("prefix") != "p/" || q.Get("startFrom") != "p/c d+e" || !strings.Contains(q.Get("include"), "metadata") || strings.Contains(r.URI, "+") {
		t.Error(r.URI)
	}
	if len(p.Objects) != 2 || p.Objects[0].Name != `p/a%20b c+"é` || p.Objects[0].Size != 3 || p.Objects[0].ETag != "0x1" || p.Next != "M2" ||
		!p.Objects[0].Modified.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || p.Objects[1].Name != "p/x\uFFFEy" {
		t.Errorf("%+v", p)
	}
	_, err = d.List(t.Context(), "", "p/c", "M2+/=")
	if q := one(err).Query(t); q.Get("marker") != "M2+/=" || q.Has("startFrom") || q.Has("prefix") {
		t.Error(q)
	}

	if r = one(d.Delete(t.Context(), []string{"k"})); r.Method != "DELETE" {
		t.Error(r)
	}
	r = one(d.Delete(t.Context(), []string{`a#"%3A`, "b c/d"}))
	if text := string(r.Body); r.Method != "POST" || r.Query(t).Get("comp") != "batch" || strings.Count(text, "DELETE /acct/c/") != 2 ||
		!strings.Contains(text, "DELETE /acct/c/a%23%22%253A ") || !strings.Contains(text, "DELETE /acct/c/b%20c%2Fd ") {
		t.Errorf("%s %s %s", r.Method, r.URI, r.Body)
	}

	u, err := d.Upload(t.Context(), "k")
	if n := len(s.Take()); err != nil || n != 0 {
		t.Fatal(err, n)
	}
	r = one(u.Part(t.Context(), 1, []byte("second")))
	id := r.Query(t).Get("blockid")
	if raw, err := base64.StdEncoding.DecodeString(id); r.Method != "PUT" || r.Query(t).Get("comp") != "block" || string(r.Body) != "second" || err != nil || len(raw) != 10 {
		t.Error(r)
	}
	encrypted(r)
	first := one(u.Part(t.Context(), 0, []byte("first"))).Query(t).Get("blockid")
	r = one(u.Complete(t.Context(), 2))
	if text := string(r.Body); r.Query(t).Get("comp") != "blocklist" || !strings.Contains(text, first) || strings.Index(text, first) > strings.Index(text, id) {
		t.Error(text)
	}
	encrypted(r)
	if err := u.Abort(t.Context()); err != nil || len(s.Take()) != 0 {
		t.Error(err)
	}
}

func TestAFailureIsNotRepeatedByTheSDK(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	answers := map[string]http.HandlerFunc{
		"500": refusal(500, "InternalError"), "503": refusal(503, "ServerBusy"), "429": refusal(429, "TooManyRequests"), "409": refusal(409, "OperationPending"),
		"500 timeout": refusal(500, "OperationTimedOut"), "408": refusal(408, "RequestTimeout"), "412": refusal(412, "ConditionNotMet"), "504": drivertest.Page(504),
		"reset": drivertest.Reset, "page": drivertest.Page(200), "empty 503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"307": refusal(307, "", "Location", s.URL+"/elsewhere"), "301": refusal(301, "", "Location", s.URL+"/elsewhere"),
		"cut": drivertest.Raw("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nx-ms-request-id: R\r\nContent-Length: 100\r\n\r\n<a"),
	}
	drivertest.CheckNotRepeated(t, s, d, calls(), answers, func(answer, call string) bool { return answer == "cut" && call == "Head" })
}

func TestWhatIsStoredCompressedIsReadAsItIs(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		isFine(w, r)
	})
	d := openAt(t, s, "")
	body, info, err := d.Read(t.Context(), "k", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if all, err := io.ReadAll(body); err != nil || string(all) != "content" || info.Size != 7 {
		t.Error(string(all), info, err)
	}
}

func TestBlockNamesAreOfOneLength(t *testing.T) {
	for _, n := range []int{9, 10, 4999, 49_999} {
		if len(blockID(n)) != len(blockID(0)) {
			t.Error(n)
		}
	}
}
