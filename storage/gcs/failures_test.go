package gcs

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
	all := "Read Head Put PutIfAbsent List Delete"
	drivertest.CheckMeanings(t, s, d, calls(), []drivertest.Meaning{
		{"Read Head", refusal(404, "notFound"), storage.NotFound, fs.ErrNotExist, "404 "},
		{all, refusal(404, "noBucket"), storage.Refused, nil, "there is no such bucket"},
		{all, drivertest.Page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{"PutIfAbsent", refusal(412, "conditionNotMet"), storage.Taken, fs.ErrExist, "412 conditionNotMet"},
		{"Put PutIfAbsent", refusal(409, "conflict"), storage.Conflict, storage.ErrThrottled, "409"},
		{"Read", refusal(416, "requestedRangeNotSatisfiable"), storage.OutOfRange, nil, "416"},
		{all, refusal(403, "forbidden"), storage.Denied, fs.ErrPermission, "do not permit this"},
		{all, refusal(401, "authError"), storage.Denied, fs.ErrPermission, "missing, wrong or expired"},
		{all, drivertest.Page(403), storage.Denied, fs.ErrPermission, "403"},
		{strings.Replace(all, "Read ", "", 1), refusal(403, "rateLimitExceeded", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "403 rateLimitExceeded"},
		{all, refusal(429, "rateLimitExceeded", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "429"},
		{all, refusal(503, "backendError"), storage.Lost, storage.ErrUnavailable, "503"},
		{all, refusal(500, "backendError"), storage.Lost, storage.ErrUnavailable, "500"},
		{all, refusal(408, "timeout"), storage.Lost, storage.ErrUnavailable, "408"},
		{all, refusal(501, "notImplemented"), storage.Unsupported, storage.ErrUnsafe, "501"},
		{all, refusal(400, "invalid"), storage.Refused, nil, "400"},
		{all, refusal(301, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "301"},
		{all, refusal(307, "", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "307"},
		{"Read Delete", drivertest.Page(200), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"Head Put PutIfAbsent List", drivertest.Page(200), storage.Lost, storage.ErrUnavailable, ""},
		{"Put", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }, storage.Lost, storage.ErrUnavailable, ""},
		{"Read Head", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }, storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, drivertest.Reset, storage.Lost, storage.ErrUnavailable, "the connection was cut"},
		{"Head Put List", drivertest.Raw("this is no HTTP\r\n\r\n"), storage.Lost, storage.ErrUnavailable, ""},
		{"Read", drivertest.Raw("HTTP/1.1 200 OK\r\nX-Goog-Generation: 5\r\nContent-Length: 100\r\n\r\nsome"), storage.Lost, storage.ErrUnavailable, "cut"},
		{"List", drivertest.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + listing1[:100]), storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, listing1[:100]) }, storage.Lost, storage.ErrUnavailable, ""},
		{"List", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"items":[{"name":"a"}]}`) }, storage.Lost, storage.ErrUnavailable, "proxy"},
	})
}

func TestDeletingWhatIsNotThereIsNoFailure(t *testing.T) {
	s := drivertest.NewServer(t, refusal(404, "notFound"))
	d := openAt(t, s, "")
	if err := d.Delete(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	s.Answers(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/b") {
			refusal(403, "forbidden")(w, r)
			return
		}
		isFine(w, r)
	})
	if f := drivertest.FailureOf(t, d.Delete(t.Context(), []string{"a", "b", "c"})); f.Class != storage.Denied {
		t.Error(f)
	}
}

func TestAServiceThatIgnoresRangesIsAFailure(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
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
	drivertest.CheckNoConnection(t, isFine, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	drivertest.CheckSilence(t, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}
