package azure

import (
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

func TestAnAnswerMeansWhatTheServiceMeantByIt(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	all := "Read Head Put PutIfAbsent List Delete DeleteMany Part Complete"
	drivertest.CheckMeanings(t, s, d, calls(), []drivertest.Meaning{
		{"Read Head", refusal(404, "BlobNotFound"), storage.NotFound, fs.ErrNotExist, "404 BlobNotFound (request REQUEST1)"},
		{"Read", refusal(404, "ResourceNotFound"), storage.NotFound, fs.ErrNotExist, "404"},
		{"Head", refusal(404, ""), storage.NotFound, fs.ErrNotExist, "404"},
		{all, refusal(404, "ContainerNotFound"), storage.Refused, nil, "there is no such container"},
		{all, drivertest.Page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
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
		{all, drivertest.Page(403), storage.Denied, fs.ErrPermission, "403"},
		{all, refusal(503, "ServerBusy", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "503 ServerBusy"},
		{all, refusal(429, "TooManyRequests", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "429"},
		{all, refusal(503, ""), storage.Lost, storage.ErrUnavailable, "503"},
		{all, refusal(500, "InternalError"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(500, "OperationTimedOut"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(501, "NotImplemented"), storage.Unsupported, storage.ErrUnsafe, "501"},
		{all, refusal(400, "InvalidHeaderValue"), storage.Refused, nil, "400 InvalidHeaderValue"},
		{all, refusal(301, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "301"},
		{all, refusal(307, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "307"},
		{strings.Replace(all, "List ", "", 1), drivertest.Page(200), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"List", drivertest.Page(200), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><body/></html>") }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, drivertest.Reset, storage.Lost, storage.ErrUnavailable, "the connection was cut"},
		{"Head Put List", drivertest.Raw("this is no HTTP\r\n\r\n"), storage.Lost, storage.ErrUnavailable, ""},
		{"Read", drivertest.Raw("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nx-ms-request-id: R\r\nContent-Length: 100\r\n\r\nsome"), storage.Lost, nil, ""},
		{"List", drivertest.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + listing1[:200]), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, listing1[:200]) }, storage.Lost, storage.ErrUnavailable, ""},
		{"DeleteMany", drivertest.Raw("HTTP/1.1 202 Accepted\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: 500\r\n\r\n--b\r\n"), storage.Lost, storage.ErrUnavailable, ""},
	})
}

func TestSomeOfABatchIsNotAll(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	for _, c := range []struct {
		statuses []int
		class    storage.Class
	}{{[]int{202, 403}, storage.Denied}, {[]int{503, 202}, storage.Throttled}, {[]int{202, 500}, storage.Lost}, {[]int{202}, storage.Lost}, {nil, storage.Lost}} {
		s.Answers(batch(c.statuses...))
		if f := drivertest.FailureOf(t, d.Delete(t.Context(), []string{"a", "b"})); f.Class != c.class {
			t.Errorf("%v: %v, %v", c.statuses, f.Class, f)
		}
	}
	s.Answers(batch(404, 404))
	if err := d.Delete(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	s.Answers(refusal(404, "BlobNotFound"))
	if err := d.Delete(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
}

func TestAServiceThatIgnoresRangesIsRefused(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("x-ms-request-id", "R")
		io.WriteString(w, "all of it")
	})
	d := openAt(t, s, "")
	_, _, err := d.Read(t.Context(), "k", 2, 3)
	if f := drivertest.FailureOf(t, err); f.Class != storage.Refused || !strings.Contains(f.Text, "ranges") {
		t.Error(f)
	}
}

func TestAnEmptyContainerHasAnEmptyListing(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
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
	s := drivertest.NewServer(t, func(w http.ResponseWriter, r *http.Request) {
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
	for _, err := range []error{readErr, headErr, missing, drivertest.Put(t.Context(), d, "k", nil, true)} {
		if f := drivertest.FailureOf(t, err); f.Class != storage.Lost {
			t.Errorf("%v: %v", f.Class, f)
		}
	}
}

func TestWithoutAConnectionNothingWasSent(t *testing.T) {
	drivertest.CheckNoConnection(t, isFine, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	drivertest.CheckSilence(t, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}
