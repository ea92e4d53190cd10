package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/foreset/foreset/storage"
)

// purpose is what a request was for: it decides what a 404 means.
type purpose uint8

const (
	reading   purpose = iota // an object, with an answer that has a body
	heading                  // an object, with an answer that has none
	writing                  // 404: no bucket
	listing                  // 404: no bucket
	uploading                // 404: no upload
)

// failure translates an error of the SDK. Nothing of it is kept but the code
// of the service, the status and the id of the request: the rest may hold
// signatures.
func (d *driver) failure(ctx context.Context, err error, for_ purpose) error {
	if ctx.Err() != nil {
		return &storage.Failure{Class: storage.Lost, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() == 0 {
		var sent *smithyhttp.RequestSendError
		if !errors.As(err, &sent) && strings.Contains(err.Error(), "endpoint rule error") { // which has no type
			return &storage.Failure{Class: storage.Refused, Text: "there is no address to send to: set the region (AWS_REGION, or region= in the URL), " +
				"and an endpoint, if it is not AWS, as https://host:port"}
		}
		return storage.NetworkFailure(err)
	}
	status := response.HTTPStatusCode()
	id := response.ServiceRequestID()
	f := &storage.Failure{Class: storage.StatusClass(status)}
	code := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch {
	case status < 300:
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("%d with an answer that is not one of S3: is there a proxy between?", status)}
	case status == http.StatusNotFound && (for_ != heading && code == "" || id == "" && !d.custom || isPage(response.Response)):
		// Not S3 said so, and "not there" is an answer.
		return &storage.Failure{Class: storage.Lost, Text: "404 from something that is not S3: is there a proxy between?"}
	case status == http.StatusNotFound:
		f.Class = storage.Refused
		if code == "NoSuchKey" || for_ == heading || for_ == uploading && code == "NoSuchUpload" {
			f.Class = storage.NotFound
		}
	default:
		f.Class = classOfCode(code, f.Class)
	}
	f.Text = fmt.Sprintf("%d %s", status, storage.PlainWord(code))
	if hint := hints[code]; hint != "" {
		f.Text += ": " + hint
	}
	if region := response.Response.Header.Get("x-amz-bucket-region"); region != "" && (status/100 == 3 || code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraintException") {
		f.Class = storage.Refused
		f.Text += ": the bucket is in region " + storage.PlainWord(region)
	}
	if id != "" {
		f.Text += " (request " + storage.PlainWord(id) + ")"
	}
	f.After = storage.RetryAfter(response.Response.Header)
	return f
}

// classOfCode is what the service's code means, where it says more.
func classOfCode(code string, otherwise storage.Class) storage.Class {
	switch code {
	case "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "BandwidthLimitExceeded":
		return storage.Throttled
	case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied",
		"AccountProblem", "AllAccessDisabled", "RequestTimeTooSkewed":
		return storage.Denied
	case "RequestTimeout":
		return storage.Lost
	}
	return otherwise
}

// hints say what to do about a code.
var hints = map[string]string{
	"ExpiredToken":          "the credentials have expired",
	"InvalidAccessKeyId":    "the service does not know the access key",
	"SignatureDoesNotMatch": "the secret key is wrong",
	"AccessDenied":          "the credentials do not permit this",
	"RequestTimeTooSkewed":  "the clock of this machine is wrong",
	"NoSuchBucket":          "there is no such bucket",
	"PermanentRedirect":     "the bucket is in another region",
	"NotImplemented":        "the service does not have this",
}
