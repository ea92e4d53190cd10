package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/foreset/foreset/storage"
)

// purpose is what a request was for: it decides what a 404 means.
type purpose uint8

const (
	reading  purpose = iota // an object
	heading                 // an object, with an answer that has no body
	writing                 // 404: no container
	creating                // the same, unless there is an object
	listing                 // 404: no container
)

// failure translates an error of the SDK. Nothing of it is kept but the code
// of the service, the status and the id of the request: the rest may hold the
// URL with its token.
func failure(ctx context.Context, err error, for_ purpose) *storage.Failure {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &storage.Failure{Class: storage.Lost, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
	var denied *azidentity.AuthenticationFailedError
	if errors.As(err, &denied) {
		return &storage.Failure{Class: storage.Denied, Text: "the SDK gets no token: the credentials are refused"}
	}
	var response *azcore.ResponseError
	if !errors.As(err, &response) {
		return storage.NetworkFailure(err)
	}
	status, code := response.StatusCode, response.ErrorCode
	f := &storage.Failure{Class: storage.StatusClass(status), Text: fmt.Sprintf("%d %s", status, storage.PlainWord(code))}
	id := ""
	if r := response.RawResponse; r != nil {
		id = r.Header.Get("x-ms-request-id")
		f.After = storage.RetryAfter(r.Header)
	}
	switch {
	case status < 300:
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("%d with an answer that is not one of Azure: is there a proxy between?", status)}
	case status == http.StatusNotFound && code == "" && (for_ != heading || id == ""):
		// Not Azure said so, and "not there" is an answer.
		return &storage.Failure{Class: storage.Lost, Text: "404 from something that is not Azure: is there a proxy between?"}
	case status == http.StatusNotFound:
		f.Class = storage.Refused
		if code == "BlobNotFound" || code == "ResourceNotFound" || code == "" {
			f.Class = storage.NotFound
		}
	case code == "BlobAlreadyExists":
		f.Class = storage.Taken
	case code == "LeaseIdMissing", code == "UnauthorizedBlobOverwrite":
		// What is leased, or must not be overwritten, is there.
		f.Class = storage.Denied
		if for_ == creating {
			f.Class = storage.Taken
		}
	case status == http.StatusConflict && lasting[code]:
		f.Class = storage.Refused
	case code == "ServerBusy":
		f.Class = storage.Throttled
	case code == "OperationTimedOut", code == "InternalError":
		f.Class = storage.Lost
	}
	if hint := hints[code]; hint != "" {
		f.Text += ": " + hint
	}
	if id != "" {
		f.Text += " (request " + storage.PlainWord(id) + ")"
	}
	return f
}

// lasting are the codes of 409 that do not pass.
var lasting = map[string]bool{
	"BlobImmutableDueToPolicy": true, "SnapshotsPresent": true, "InvalidBlobType": true, "ResourceTypeMismatch": true,
	"ContainerDisabled": true, "BlobArchived": true,
}

// hints say what to do about a code.
var hints = map[string]string{
	"AuthenticationFailed":            "the key or token is wrong or has expired",
	"AuthorizationFailure":            "the account's firewall or the credentials do not permit this",
	"AuthorizationPermissionMismatch": "the credentials do not permit this",
	"ContainerNotFound":               "there is no such container",
	"LeaseIdMissing":                  "somebody holds a lease on the object",
	"UnauthorizedBlobOverwrite":       "the credentials do not permit to overwrite",
	"BlobImmutableDueToPolicy":        "a policy of the container keeps the object as it is",
	"AccountIsDisabled":               "the account is disabled",
	"NoAuthenticationInformation":     "the request has no credentials",
	"PublicAccessNotPermitted":        "the account permits no anonymous access",
}
