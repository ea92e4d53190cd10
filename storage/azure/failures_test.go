package azure

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

func TestAnAnswerMeansWhatTheServiceMeantByIt(t *testing.T) {
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	all := "Read Head Put PutIfAbsent List Delete DeleteMany Part Complete"
	for _, c := range []struct {
		calls  string
		answer http.HandlerFunc
		class  storage.Class
		is     error
		text   string
	}{
		{"Read Head", refusal(404, "BlobNotFound"), storage.NotFound, fs.ErrNotExist, "404 BlobNotFound (request REQUEST1)"},
		{"Read", refusal(404, "ResourceNotFound"), storage.NotFound, fs.ErrNotExist, "404"},
		{"Head", refusal(404, ""), storage.NotFound, fs.ErrNotExist, "404"},
		{all, refusal(404, "ContainerNotFound"), storage.Refused, nil, "there is no such container"},
		{all, page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"PutIfAbsent", refusal(412, "ConditionNotMet"), storage.Taken, fs.ErrExist, "412 ConditionNotMet"},
		{"PutIfAbsent", refusal(409, "BlobAlreadyExists"), storage.Taken, fs.ErrExist, "409 BlobAlreadyExists"},
		{"PutIfAbsent", refusal(412, "LeaseIdMissing"), storage.Taken, fs.ErrExist, "lease"},
		{"Put Delete Complete", refusal(412, "LeaseIdMissing"), storage.Denied, fs.ErrPermission, "lease"},
		{"PutIfAbsent", refusal(403, "UnauthorizedBlobOverwrite"), storage.Taken, fs.ErrExist, "overwrite"},
		{"Put", refusal(403, "UnauthorizedBlobOverwrite"), storage.Denied, fs.ErrPermission, "overwrite"},
		{"Put PutIfAbsent", refusal(409, "PendingCopyOperation"), storage.Conflict, storage.ErrThrottled, "409"},
		{"Put Delete", refusal(409, "BlobImmutableDueToPolicy"), storage.Refused, nil, "policy"},
		{"Delete", refusal(409, "SnapshotsPresent"), storage.Refused, nil, "409"},
		{"Read", refusal(416, "InvalidRange"), storage.OutOfRange, nil, "416"},
		{all, refusal(403, "AuthenticationFailed"), storage.Denied, fs.ErrPermission, "wrong or has expired"},
		{all, refusal(403, "AuthorizationPermissionMismatch"), storage.Denied, fs.ErrPermission, "do not permit this"},
		{all, refusal(403, "AuthorizationFailure"), storage.Denied, fs.ErrPermission, "firewall"},
		{all, refusal(401, "NoAuthenticationInformation"), storage.Denied, fs.ErrPermission, "no credentials"},
		{all, refusal(403, "AccountIsDisabled"), storage.Denied, fs.ErrPermission, "disabled"},
		{all, page(403), storage.Denied, fs.ErrPermission, "403"},
		{all, refusal(503, "ServerBusy", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "503 ServerBusy"},
		{all, refusal(429, "TooManyRequests", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "429"},
		{all, refusal(503, ""), storage.Lost, storage.ErrUnavailable, "503"},
		{all, refusal(500, "InternalError"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(500, "OperationTimedOut"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(501, "NotImplemented"), storage.Unsupported, storage.ErrUnsafe, "501"},
		{all, refusal(400, "InvalidHeaderValue"), storage.Refused, nil, "400 InvalidHeaderValue"},
		{all, refusal(301, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "301"},
		{all, refusal(307, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "307"},
		{strings.Replace(all, "List ", "", 1), page(200), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"List", page(200), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><body/></html>") }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, reset, storage.Lost, storage.ErrUnavailable, "the connection was cut"},
		{"Head Put List", raw("this is no HTTP\r\n\r\n"), storage.Lost, storage.ErrUnavailable, ""},
		{"Read", raw("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nx-ms-request-id: R\r\nContent-Length: 100\r\n\r\nsome"), storage.Lost, nil, ""},
		{"List", raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + listing1[:200]), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, listing1[:200]) }, storage.Lost, storage.ErrUnavailable, ""},
		{"DeleteMany", raw("HTTP/1.1 202 Accepted\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: 500\r\n\r\n--b\r\n"), storage.Lost, storage.ErrUnavailable, ""},
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
			if c.class == storage.Lost && c.is == nil && err != nil {
				continue // a body that was cut: the store makes a failure of it
			}
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

func TestSomeOfABatchIsNotAll(t *testing.T) {
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	for _, c := range []struct {
		statuses []int
		class    storage.Class
	}{{[]int{202, 403}, storage.Denied}, {[]int{503, 202}, storage.Throttled}, {[]int{202, 500}, storage.Lost}, {[]int{202}, storage.Lost}, {nil, storage.Lost}} {
		s.answers(batch(c.statuses...))
		if f := failureOf(t, d.Delete(t.Context(), []string{"a", "b"})); f.Class != c.class {
			t.Errorf("%v: %v, %v", c.statuses, f.Class, f)
		}
	}
	s.answers(batch(404, 404))
	if err := d.Delete(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	s.answers(refusal(404, "BlobNotFound"))
	if err := d.Delete(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
}

func TestAServiceThatIgnoresRangesIsRefused(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("x-ms-request-id", "R")
		io.WriteString(w, "all of it")
	})
	d := openAt(t, s, "")
	_, _, err := d.Read(t.Context(), "k", 2, 3)
	if f := failureOf(t, err); f.Class != storage.Refused || !strings.Contains(f.Text, "ranges") {
		t.Error(f)
	}
}

func TestAnEmptyContainerHasAnEmptyListing(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs /><NextMarker /></EnumerationResults>`)
	})
	d := openAt(t, s, "")
	if p, err := d.List(t.Context(), "", "", ""); err != nil || len(p.Objects) != 0 || p.Next != "" {
		t.Error(p, err)
	}
}

// TestAzureSaysWhoItIs: a page of a proxy may have an ETag. Azure's answers
// have an id.
func TestAzureSaysWhoItIs(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		switch {
		case r.URL.Path == "/acct/c/missing":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
		}
	})
	d := openAt(t, s, "")
	_, _, readErr := d.Read(t.Context(), "k", 0, -1)
	_, headErr := d.Head(t.Context(), "k")
	_, missing := d.Head(t.Context(), "missing")
	for _, err := range []error{readErr, headErr, missing, put(t.Context(), d, "k", nil, true)} {
		if f := failureOf(t, err); f.Class != storage.Lost {
			t.Errorf("%v: %v", f.Class, f)
		}
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
	environment(t)
	location := func(endpoint string) string {
		scheme, host, _ := strings.Cut(endpoint, "://")
		return "az://c?localemu=true&protocol=" + scheme + "&domain=" + host
	}
	for endpoint, want := range map[string]storage.Class{
		tls.URL: storage.NotSent, // nobody vouches for its certificate
		strings.Replace(tls.URL, "https", "http", 1): storage.Refused,
	} {
		d, err := open(t.Context(), location(endpoint), &Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := failureOf(t, put(t.Context(), d, "k", nil, false))
		// A server of TLS says that it is one, and cuts the connection: that may be seen first.
		if f.Class != want && (want != storage.Refused || f.Class != storage.Lost) {
			t.Errorf("%s: %v: %v", endpoint, f.Class, f)
		}
		d.Close()
	}
	plain := newServer(t, isFine)
	d, err := open(t.Context(), location(strings.Replace(plain.URL, "http", "https", 1)), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := put(t.Context(), d, "k", nil, false); !errors.Is(err, storage.ErrUnavailable) || len(plain.take()) != 0 {
		t.Error(err)
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
	d, err := open(t.Context(), "az://c?localemu=true&protocol=http&domain="+l.Addr().String(), &Options{})
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
