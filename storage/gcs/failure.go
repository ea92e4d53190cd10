package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	gcstorage "cloud.google.com/go/storage"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"

	"github.com/foreset/foreset/storage"
)

// purpose is what a request was for: it decides what a 404 means.
type purpose uint8

const (
	reading purpose = iota // an object
	writing                // 404: no bucket
	listing                // 404: no bucket
)

// failure translates an error of the client library. Nothing of it is kept but
// the reason and the status: the rest may hold tokens.
func failure(ctx context.Context, err error, for_ purpose) *storage.Failure {
	if ctx.Err() != nil {
		return &storage.Failure{Class: storage.Lost, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
	var own *storage.Failure // of our transport
	if errors.As(err, &own) {
		return own
	}
	var token *oauth2.RetrieveError
	if errors.As(err, &token) {
		return noToken()
	}
	var api *googleapi.Error
	if !errors.As(err, &api) {
		return storage.NetworkFailure(err)
	}
	reason := ""
	if len(api.Errors) > 0 {
		reason = storage.PlainWord(api.Errors[0].Reason)
	}
	f := &storage.Failure{Class: storage.StatusClass(api.Code), Text: strings.TrimSpace(fmt.Sprintf("%d %s", api.Code, reason))}
	noBucket := strings.Contains(api.Message+api.Body, "bucket does not exist")
	switch {
	case api.Code < 300:
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("%d with an answer that is not one of GCS: is there a proxy between?", api.Code)}
	case api.Code == http.StatusNotFound && noBucket:
		f.Text += ": there is no such bucket"
	case api.Code == http.StatusNotFound && api.Message == "" && len(api.Errors) == 0:
		// Not GCS said so, and "not there" is an answer.
		return &storage.Failure{Class: storage.Lost, Text: "404 from something that is not GCS: is there a proxy between?"}
	case api.Code == http.StatusNotFound && for_ == reading:
		f.Class = storage.NotFound
	case reason == "rateLimitExceeded", reason == "userRateLimitExceeded":
		f.Class = storage.Throttled
	case api.Code == http.StatusUnauthorized:
		f.Text += ": the credentials are missing, wrong or expired"
	case api.Code == http.StatusForbidden:
		f.Text += ": the credentials do not permit this"
	}
	f.After = storage.RetryAfter(api.Header)
	return f
}

// noToken is the failure to get an access token.
func noToken() *storage.Failure {
	return &storage.Failure{Class: storage.Denied, Text: "no access token: the credentials are missing or refused (anonymous=true asks for none)"}
}

// unexplained says whether a read was answered with 404 and what it said is
// forgotten by the library.
func unexplained(err error) bool {
	var own *storage.Failure
	var api *googleapi.Error
	return errors.Is(err, gcstorage.ErrObjectNotExist) && !errors.As(err, &own) && !errors.As(err, &api)
}

// explainer is a transport that keeps what a read is refused with, and sees a
// page of a proxy where the library would not look at the answer. It sends no
// second request of a read, and takes away where a redirect leads to: following
// it would be one, and take the token to another host.
type explainer struct{ http.RoundTripper }

func (t explainer) RoundTrip(req *http.Request) (*http.Response, error) {
	if end, ok := req.Context().Value(endKey{}).(func() bool); ok && end() {
		return nil, context.Canceled
	}
	res, err := t.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 3 {
		res.Header.Del("Location")
	}
	if req.Method == http.MethodDelete && res.StatusCode/100 == 2 && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		res.Body.Close()
		return nil, notGCS()
	}
	if res.StatusCode != http.StatusNotFound || req.Method != http.MethodGet || strings.HasPrefix(req.URL.Path, "/storage/") {
		return res, nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<10))
	res.Body.Close()
	switch {
	case err != nil:
		return nil, err
	case bytes.Contains(text, []byte("<Code>NoSuchKey</Code>")):
		return nil, &storage.Failure{Class: storage.NotFound, Text: "404 NoSuchKey"}
	case bytes.Contains(text, []byte("<Code>NoSuchBucket</Code>")):
		return nil, &storage.Failure{Class: storage.Refused, Text: "404 NoSuchBucket: there is no such bucket"}
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	return res, nil
}
