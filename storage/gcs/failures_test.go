package gcs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

func TestAnAnswerMeansWhatTheServiceMeantByIt(t *testing.T) {
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	all := "Read Head Put PutIfAbsent List Delete"
	for _, c := range []struct {
		calls  string
		answer http.HandlerFunc
		class  storage.Class
		is     error
		text   string
	}{
		{"Read Head", refusal(404, "notFound"), storage.NotFound, fs.ErrNotExist, "404 "},
		{all, refusal(404, "noBucket"), storage.Refused, nil, "there is no such bucket"},
		{all, page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{"PutIfAbsent", refusal(412, "conditionNotMet"), storage.Taken, fs.ErrExist, "412 conditionNotMet"},
		{"Put PutIfAbsent", refusal(409, "conflict"), storage.Conflict, storage.ErrThrottled, "409"},
		{"Read", refusal(416, "requestedRangeNotSatisfiable"), storage.OutOfRange, nil, "416"},
		{all, refusal(403, "forbidden"), storage.Denied, fs.ErrPermission, "do not permit this"},
		{all, refusal(401, "authError"), storage.Denied, fs.ErrPermission, "missing, wrong or expired"},
		{all, page(403), storage.Denied, fs.ErrPermission, "403"},
		{strings.Replace(all, "Read ", "", 1), refusal(403, "rateLimitExceeded", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "403 rateLimitExceeded"},
		{all, refusal(429, "rateLimitExceeded", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "429"},
		{all, refusal(503, "backendError"), storage.Lost, storage.ErrUnavailable, "503"},
		{all, refusal(500, "backendError"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(408, "timeout"), storage.Lost, storage.ErrUnavailable, "408"},
		{all, refusal(501, "notImplemented"), storage.Unsupported, storage.ErrUnsafe, "501"},
		{all, refusal(400, "invalid"), storage.Refused, nil, "400"},
		{all, refusal(301, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "301"},
		{all, refusal(307, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "307"},
		{"Read Delete", page(200), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"Head Put PutIfAbsent List", page(200), storage.Lost, storage.ErrUnavailable, ""},
		{"Put", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }, storage.Lost, storage.ErrUnavailable, ""},
		{"Read Head", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, reset, storage.Lost, storage.ErrUnavailable, "the connection was cut"},
		{"Head Put List", raw("this is no HTTP\r\n\r\n"), storage.Lost, storage.ErrUnavailable, ""},
		{"Read", raw("HTTP/1.1 200 OK\r\nX-Goog-Generation: 5\r\nContent-Length: 100\r\n\r\nsome"), storage.Lost, storage.ErrUnavailable, "cut"},
		{"List", raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + listing1[:100]), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, listing1[:100]) }, storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"items":[{"name":"a"}]}`) }, storage.Lost, storage.ErrUnavailable, "proxy"},
	} {
		s.answers(c.answer)
		done := 0
		for _, call := range calls() {
			if !strings.Contains(" "+c.calls+" ", " "+call.name+" ") {
				continue
			}
			done++
			d.Close()
			err := call.do(t, d)
			if err == nil {
				t.Errorf("%s succeeds where %s is due", call.name, c.text)
				continue
			}
			f := failureOf(t, err)
			if f.Class != c.class || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(f.Text, c.text) || strings.Contains(f.Text, "as told") {
				t.Errorf("%s: %v: %v, want %v: %s", call.name, f.Class, f, c.class, c.text)
			}
			for _, not := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, storage.ErrThrottled, storage.ErrUnsafe, storage.ErrUnavailable} {
				if not != c.is && errors.Is(err, not) {
					t.Errorf("%s: %v is also %v", call.name, err, not)
				}
			}
			if want := 7 * time.Second; c.class == storage.Throttled && f.After != want {
				t.Errorf("%s: Retry-After is %v, want %v", call.name, f.After, want)
			}
		}
		if done != len(strings.Fields(c.calls)) {
			t.Errorf("%s: some are no calls", c.calls)
		}
	}
}

func TestDeletingWhatIsNotThereIsNoFailure(t *testing.T) {
	s := newServer(t, refusal(404, "notFound"))
	d := openAt(t, s, "")
	if err := d.Delete(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/b") {
			refusal(403, "forbidden")(w, r)
			return
		}
		isFine(w, r)
	})
	if f := failureOf(t, d.Delete(t.Context(), []string{"a", "b", "c"})); f.Class != storage.Denied {
		t.Error(f)
	}
}

func TestAServiceThatIgnoresRangesIsAFailure(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Goog-Generation", "5")
		io.WriteString(w, "all of it")
	})
	d := openAt(t, s, "")
	if body, _, err := d.Read(t.Context(), "k", 2, 3); err == nil {
		body.Close()
		t.Error("the start of the object is read as its middle")
	}
}

func TestWithoutAConnectionNothingWasSent(t *testing.T) {
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	s.Close()
	for _, c := range calls() {
		if f := failureOf(t, c.do(t, d)); f.Class != storage.NotSent || !strings.Contains(f.Text, "refused") {
			t.Errorf("%s: %v: %v", c.name, f.Class, f)
		}
	}
	tls := httptest.NewUnstartedServer(http.HandlerFunc(isFine))
	tls.Config.ErrorLog = quiet
	tls.StartTLS()
	defer tls.Close()
	plain := newServer(t, isFine)
	for endpoint, want := range map[string][]storage.Class{
		tls.URL: {storage.NotSent}, // nobody vouches for its certificate
		strings.Replace(tls.URL, "https", "http", 1):   {storage.Refused, storage.Lost}, // it says so, and cuts the connection
		strings.Replace(plain.URL, "http", "https", 1): {storage.Lost, storage.NotSent},
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", endpoint)
		d, err := open(t.Context(), "gs://b", &Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f := failureOf(t, put(t.Context(), d, "k", nil, false)); !slices.Contains(want, f.Class) {
			t.Errorf("%s: %v: %v", endpoint, f.Class, f)
		}
		d.Close()
	}
	if n := len(plain.take()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestAServerThatNeverAnswersIsLeft also has the time that connecting takes.
func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	environment(t)
	t.Setenv("STORAGE_EMULATOR_HOST", l.Addr().String())
	d, err := open(t.Context(), "gs://b", &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range calls() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := c.with(ctx, d)
		cancel()
		if f := failureOf(t, err); !errors.Is(err, context.DeadlineExceeded) || f.Class != storage.Lost && f.Class != storage.NotSent {
			t.Errorf("%s: %v: %v", c.name, f.Class, f)
		}
	}
}
