package s3

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/foreset/foreset/internal/drivertest"
)

// keys are names that other engines write, and what must be sent for them.
var keys = []struct{ key, path string }{
	{"a/b.json", "/b/a/b.json"},
	{"p=01%3A02/f", "/b/p%3D01%253A02/f"},
	{"50%", "/b/50%25"},
	{"a b", "/b/a%20b"},
	{"a#b?c", "/b/a%23b%3Fc"},
	{"a+b&c", "/b/a%2Bb%26c"},
	{`a"b\c`, "/b/a%22b%5Cc"},
	{"é/日本/😀", "/b/%C3%A9/%E6%97%A5%E6%9C%AC/%F0%9F%98%80"},
	{"a:b;c,d@e~f", "/b/a%3Ab%3Bc%2Cd%40e~f"},
}

func TestKeysAreSentAsTheyAre(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	for _, k := range keys {
		id := "U1"
		u := &upload{d: d, key: k.key, id: &id}
		for name, do := range map[string]func() error{
			"read": func() error {
				body, _, err := d.Read(t.Context(), k.key, 0, -1)
				if err == nil {
					body.Close()
				}
				return err
			},
			"head":   func() error { _, err := d.Head(t.Context(), k.key); return err },
			"put":    func() error { return drivertest.Put(t.Context(), d, k.key, nil, true) },
			"delete": func() error { return d.Delete(t.Context(), []string{k.key}) },
			"part":   func() error { return u.Part(t.Context(), 0, nil) },
		} {
			if err := do(); err != nil {
				t.Errorf("%s %q: %v", name, k.key, err)
			}
			got := s.Take()
			if len(got) != 1 {
				t.Fatalf("%s %q: %d requests", name, k.key, len(got))
			}
			path, _, _ := strings.Cut(got[0].URI, "?")
			if decoded, err := url.PathUnescape(path); err != nil || decoded != "/b/"+k.key || path != k.path {
				t.Errorf("%s %q: %s is sent, want %s", name, k.key, path, k.path)
			}
		}
	}
}

func TestEachMethodSendsOneRequest(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "&ssetype=aws:kms&kmskeyid=KEY1")
	one := func(err error) drivertest.Request {
		t.Helper()
		return s.One(t, err)
	}

	encrypted := func(r drivertest.Request) {
		t.Helper()
		if r.Header.Get("x-amz-server-side-encryption") != "aws:kms" || r.Header.Get("x-amz-server-side-encryption-aws-kms-key-id") != "KEY1" {
			t.Errorf("%s %s is not encrypted: %v", r.Method, r.URI, r.Header)
		}
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
	if r = one(err); r.Header.Get("Range") != "" || info.Size != 7 || info.ETag != `"e"` {
		t.Error(r.Header, info)
	}
	body.Close()

	_, err = d.Head(t.Context(), "k")
	if r = one(err); r.Method != "HEAD" {
		t.Error(r)
	}

	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), false))
	if r.Method != "PUT" || string(r.Body) != "content" || r.Header.Get("If-None-Match") != "" {
		t.Error(r)
	}
	encrypted(r)
	r = one(drivertest.Put(t.Context(), d, "k", []byte("content"), true))
	if r.Header.Get("If-None-Match") != "*" || string(r.Body) != "content" || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") {
		t.Error(r)
	}
	encrypted(r)

	p, err := d.List(t.Context(), "p/", "p/cd", "")
	if q := one(err).Query(t); q.Get("list-type") != "2" || q.Get("prefix") != "p/" || q.Get("start-after") != "p/cc~" || q.Get("encoding-type") != "url" || q.Has("delimiter") {
		t.Error(q)
	}
	if len(p.Objects) != 1 || p.Objects[0].Name != `p/a%20b c+"é&` || p.Objects[0].Size != 3 || p.Next != "T2" ||
		!p.Objects[0].Modified.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v", p)
	}
	_, err = d.List(t.Context(), "p/", "", "T2+/=")
	if q := one(err).Query(t); q.Get("continuation-token") != "T2+/=" || q.Has("start-after") {
		t.Error(q)
	}

	if r = one(d.Delete(t.Context(), []string{"k"})); r.Method != "DELETE" {
		t.Error(r)
	}
	if r = one(d.Delete(t.Context(), []string{`a<&"%3A`, "b c"})); r.Method != "POST" || !strings.Contains(string(r.Body), "<Key>a&lt;&amp;&#34;%3A</Key>") ||
		!strings.Contains(string(r.Body), "<Key>b c</Key>") || strings.Contains(string(r.Body), "<Quiet>true") {
		t.Errorf("%s %s %s", r.Method, r.URI, r.Body)
	}

	u, err := d.Upload(t.Context(), "k")
	r = one(err)
	if r.Method != "POST" || !r.Query(t).Has("uploads") {
		t.Error(r)
	}
	encrypted(r)
	r = one(u.Part(t.Context(), 1, []byte("second")))
	if q := r.Query(t); r.Method != "PUT" || q.Get("partNumber") != "2" || q.Get("uploadId") != "U1" || string(r.Body) != "second" {
		t.Error(r)
	}
	one(u.Part(t.Context(), 0, []byte("first")))
	one(u.Part(t.Context(), 0, []byte("first"))) // again, as after a lost answer
	r = one(u.Complete(t.Context(), 2))
	if text := string(r.Body); strings.Count(text, "<Part>") != 2 || strings.Index(text, "<PartNumber>1<") > strings.Index(text, "<PartNumber>2<") {
		t.Error(text)
	}
	if r = one(u.Abort(t.Context())); r.Method != "DELETE" || r.Query(t).Get("uploadId") != "U1" {
		t.Error(r)
	}
}

func TestWhatIsListedFromStartIncludesIt(t *testing.T) {
	for _, start := range []string{"a", "ab", "a/", "a!", "a ", "0", "00000000000000000010.json", "é", "aé", "a\x01", "~", "a~", "\U0010FFFF"} {
		if b := before(start); b >= start || start != "" && b != "" && !(b < start) {
			t.Errorf("listing after %q leaves out %q", b, start)
		}
	}
	if before("") != "" {
		t.Error("a listing from the start begins later")
	}
}

// TestAFailureIsNotRepeatedByTheSDK counts the requests of every method for
// every failure that an SDK likes to repeat.
func TestAFailureIsNotRepeatedByTheSDK(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	answers := map[string]http.HandlerFunc{
		"500": refusal(500, "InternalError"), "503": refusal(503, "SlowDown"), "429": refusal(429, "TooManyRequests"), "409": refusal(409, "ConditionalRequestConflict"),
		"400 timeout": refusal(400, "RequestTimeout"), "400 expired": refusal(400, "ExpiredToken"), "412": refusal(412, "PreconditionFailed"),
		"reset": drivertest.Reset, "page": drivertest.Page(200), "empty 503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"307": refusal(307, "TemporaryRedirect", "Location", s.URL+"/elsewhere"), "301": refusal(301, "PermanentRedirect", "Location", s.URL+"/elsewhere"),
		"cut": drivertest.Raw("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 100\r\n\r\n<a"),
	}
	drivertest.CheckNotRepeated(t, s, d, calls(), answers, func(answer, call string) bool {
		// Where the answer has no body, nothing shows that one was cut.
		bodyless := slices.Contains([]string{"Head", "Put", "PutIfAbsent", "Part", "Delete"}, call)
		return call == "Abort" || answer == "cut" && bodyless
	})
}

func TestEncryptionIsThatOfTheOptionsOrTheURL(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	environment(t)
	at := "s3://b/p?use_path_style=true&endpoint=" + s.URL
	for _, c := range []struct {
		query string
		o     Options
		e, k  string
	}{
		{"", Options{}, "", ""},
		{"&ssetype=aes256", Options{}, "AES256", ""},
		{"&ssetype=aws:kms:dsse&kmskeyid=K", Options{}, "aws:kms:dsse", "K"},
		{"&ssetype=AES256", Options{Encryption: types.ServerSideEncryptionAwsKms, KMSKeyID: "O"}, "aws:kms", "O"},
	} {
		d, err := open(t.Context(), at+c.query, &c.o)
		if err != nil {
			t.Fatal(err)
		}
		if err := drivertest.Put(context.Background(), d, "k", nil, false); err != nil {
			t.Fatal(err)
		}
		h := s.Take()[0].Header
		if h.Get("x-amz-server-side-encryption") != c.e || h.Get("x-amz-server-side-encryption-aws-kms-key-id") != c.k {
			t.Errorf("%s: %v", c.query, h)
		}
		d.Close()
	}
}
