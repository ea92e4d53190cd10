package gcs

import (
	"context"
	"errors"
	"fmt"
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
	var token *oauth2.RetrieveError
	if errors.As(err, &token) {
		return &storage.Failure{Class: storage.Denied, Text: "no access token: the credentials are refused"}
	}
	var api *googleapi.Error
	if !errors.As(err, &api) {
		if errors.Is(err, gcstorage.ErrObjectNotExist) && for_ == reading {
			return &storage.Failure{Class: storage.NotFound, Text: "404"}
		}
		if errors.Is(err, gcstorage.ErrBucketNotExist) {
			return &storage.Failure{Class: storage.Refused, Text: "404: there is no such bucket"}
		}
		return storage.NetworkFailure(err)
	}
	reason := ""
	if len(api.Errors) > 0 {
		reason = storage.PlainWord(api.Errors[0].Reason)
	}
	f := &storage.Failure{Class: storage.StatusClass(api.Code), Text: strings.TrimSpace(fmt.Sprintf("%d %s", api.Code, reason))}
	noBucket := strings.Contains(api.Message+api.Body, "bucket does not exist")
	switch {
	case api.Code == http.StatusNotFound && noBucket:
		f.Text += ": there is no such bucket"
	case api.Code == http.StatusNotFound && for_ == reading:
		if looksLikePage(api) {
			// Not GCS said so, and "not there" is an answer.
			return &storage.Failure{Class: storage.Lost, Text: "404 from something that is not GCS: is there a proxy between?"}
		}
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

// looksLikePage says whether an answer is a page for people.
func looksLikePage(api *googleapi.Error) bool {
	return strings.Contains(api.Header.Get("Content-Type"), "text/html")
}
