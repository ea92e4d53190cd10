package s3

import (
	"errors"
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
	all := "Read Head Put PutIfAbsent List Delete DeleteMany Upload Part Complete Abort"
	withBody := strings.Replace(all, "Head ", "", 1)
	drivertest.CheckMeanings(t, s, d, calls(), []drivertest.Meaning{
		{"Read", refusal(404, "NoSuchKey"), storage.NotFound, fs.ErrNotExist, "404 NoSuchKey (request REQUEST1)"},
		{"Head", refusal(404, ""), storage.NotFound, fs.ErrNotExist, "404"},
		{"Complete Abort", refusal(404, "NoSuchUpload"), storage.NotFound, fs.ErrNotExist, "NoSuchUpload"},
		{withBody, refusal(404, "NoSuchBucket"), storage.Refused, nil, "there is no such bucket"},
		{withBody, drivertest.Page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"Head", drivertest.Page(404), storage.Lost, storage.ErrUnavailable, "proxy"},
		{"PutIfAbsent", refusal(412, "PreconditionFailed"), storage.Taken, fs.ErrExist, "412 PreconditionFailed"},
		{"PutIfAbsent Put Complete", refusal(409, "ConditionalRequestConflict"), storage.Conflict, storage.ErrThrottled, "409"},
		{"Read", refusal(416, "InvalidRange"), storage.OutOfRange, nil, "416"},
		{withBody, refusal(403, "AccessDenied"), storage.Denied, fs.ErrPermission, "the credentials do not permit this"},
		{"Head", refusal(403, ""), storage.Denied, fs.ErrPermission, "403"},
		{withBody, refusal(403, "SignatureDoesNotMatch"), storage.Denied, fs.ErrPermission, "the secret key is wrong"},
		{withBody, refusal(403, "InvalidAccessKeyId"), storage.Denied, fs.ErrPermission, "does not know the access key"},
		{withBody, refusal(400, "ExpiredToken"), storage.Denied, fs.ErrPermission, "have expired"},
		{withBody, refusal(403, "RequestTimeTooSkewed"), storage.Denied, fs.ErrPermission, "clock"},
		{withBody, drivertest.Page(403), storage.Denied, fs.ErrPermission, "403"},
		{withBody, refusal(503, "SlowDown", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "503 SlowDown"},
		{all, refusal(429, "TooManyRequests", "Retry-After", "7"), storage.Throttled, storage.ErrThrottled, "429"},
		{all, refusal(503, "ServiceUnavailable"), storage.Lost, storage.ErrUnavailable, "503"},
		{all, refusal(500, "InternalError"), storage.Lost, storage.ErrUnavailable, "500"},
		{withBody, refusal(400, "RequestTimeout"), storage.Lost, storage.ErrUnavailable, "400"},
		{"Put Upload PutIfAbsent", refusal(501, "NotImplemented"), storage.Unsupported, storage.ErrUnsafe, "does not have this"},
		{withBody, refusal(400, "InvalidArgument"), storage.Refused, nil, "400 InvalidArgument"},
		{all, refusal(301, "PermanentRedirect", "x-amz-bucket-region", "us-west-2"), storage.Refused, nil, "the bucket is in region us-west-2"},
		{all, refusal(307, "TemporaryRedirect", "x-amz-bucket-region", "us-west-2", "Location", "http://127.0.0.1:1/"), storage.Refused, nil, "the bucket is in region us-west-2"},
		{withBody, refusal(400, "AuthorizationHeaderMalformed", "x-amz-bucket-region", "us-west-2"), storage.Refused, nil, "us-west-2"},
		{"Read Head Put PutIfAbsent List Delete DeleteMany Upload Part Complete", drivertest.Page(200), storage.Lost, storage.ErrUnavailable, "proxy"},
		{all, drivertest.Reset, storage.Lost, storage.ErrUnavailable, "the connection was cut"},
		{"Head Put List", drivertest.Raw("this is no HTTP\r\n\r\n"), storage.Lost, storage.ErrUnavailable, ""},
		{"Read", drivertest.Raw("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 100\r\n\r\nsome"), storage.Lost, nil, ""},
		{"List DeleteMany Upload Complete", drivertest.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + listing1[:200]), storage.Lost, storage.ErrUnavailable, ""},
		{"Complete", func(w http.ResponseWriter, _ *http.Request) { // the error comes after 200
			io.WriteString(w, `<?xml version="1.0"?><Error><Code>InternalError</Code><Message>x</Message></Error>`)
		}, storage.Lost, storage.ErrUnavailable, "InternalError"},
	})
}

func TestSomeOfABatchIsNotAll(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	for body, class := range map[string]storage.Class{
		`<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>`:  storage.Denied,
		`<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>InternalError</Code></Error></DeleteResult>`: storage.Lost,
		`<DeleteResult><Error><Key>a</Key><Code>SlowDown</Code></Error><Deleted><Key>b</Key></Deleted></DeleteResult>`:      storage.Throttled,
		`<DeleteResult></DeleteResult>`:                                storage.Lost,
		`<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>`: storage.Lost,
	} {
		s.Answers(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		if f := drivertest.FailureOf(t, d.Delete(t.Context(), []string{"a", "b"})); f.Class != class {
			t.Errorf("%s: %v, %v", body, f.Class, f)
		}
	}
	s.Answers(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>NoSuchKey</Code></Error></DeleteResult>`)
	})
	if err := d.Delete(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
}

func TestAListingThatCannotGoOnIsRefused(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>`)
	})
	d := openAt(t, s, "")
	_, err := d.List(t.Context(), "", "", "")
	if f := drivertest.FailureOf(t, err); f.Class != storage.Refused {
		t.Error(f)
	}
	s.Answers(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>%zz</Key></Contents></ListBucketResult>`)
	})
	_, err = d.List(t.Context(), "", "", "")
	if f := drivertest.FailureOf(t, err); f.Class != storage.Refused {
		t.Error(f)
	}
}

func TestAServiceThatIgnoresRangesIsRefused(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"e"`)
		io.WriteString(w, "all of it")
	})
	d := openAt(t, s, "")
	_, _, err := d.Read(t.Context(), "k", 2, 3)
	if f := drivertest.FailureOf(t, err); f.Class != storage.Refused || !strings.Contains(f.Text, "ranges") {
		t.Error(f)
	}
}

// TestAmazonSaysWhoItIs: a page of a proxy may have an ETag, and a 404 of HEAD
// has no body. Amazon's answers have an id.
func TestAmazonSaysWhoItIs(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		if r.Method == http.MethodPut || r.URL.Path == "/b/missing" {
			w.WriteHeader(404)
		}
	})
	d := openAt(t, s, "")
	d.custom = false
	_, _, readErr := d.Read(t.Context(), "k", 0, -1)
	_, headErr := d.Head(t.Context(), "k")
	_, missing := d.Head(t.Context(), "missing")
	for _, err := range []error{readErr, headErr, missing} {
		if f := drivertest.FailureOf(t, err); f.Class != storage.Lost {
			t.Errorf("%v: %v", f.Class, f)
		}
	}
}

// TestAServiceThatCallsEverythingAPageIsUnderstood: moto does.
func TestAServiceThatCallsEverythingAPageIsUnderstood(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amzn-requestid", "REQUEST1")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(map[string]int{http.MethodHead: 404, http.MethodDelete: 204}[r.Method])
	})
	d := openAt(t, s, "")
	if _, err := d.Head(t.Context(), "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := d.Delete(t.Context(), []string{"k"}); err != nil {
		t.Error(err)
	}
}

func TestWithoutAConnectionNothingWasSent(t *testing.T) {
	drivertest.CheckNoConnection(t, isFine, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	drivertest.CheckSilence(t, calls(), func(endpoint string) storage.Driver { return openEndpoint(t, endpoint, "") })
}
