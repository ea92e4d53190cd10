package s3

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// environment has the credentials of a test and no others.
func environment(t *testing.T) {
	t.Helper()
	drivertest.ClearEnvironment(t, "AWS_")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATESTACCESSKEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testsecretkey")
	t.Setenv("AWS_REGION", "eu-north-1")
}

// openAt is a driver of bucket "b" of a server.
func openAt(t *testing.T, s *drivertest.Server, query string) *driver {
	t.Helper()
	return openEndpoint(t, s.URL, query)
}

func openEndpoint(t *testing.T, endpoint, query string) *driver {
	t.Helper()
	environment(t)
	d, err := open(t.Context(), "s3://b/p?use_path_style=true&endpoint="+endpoint+query, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// isFine answers as S3 does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h := w.Header()
	h.Set("x-amz-request-id", "REQUEST1")
	switch {
	case q.Has("list-type"):
		io.WriteString(w, listing1)
	case r.Method == http.MethodGet && r.Header.Get("Range") != "":
		h.Set("ETag", `"e"`)
		h.Set("Content-Range", "bytes 2-5/100")
		w.WriteHeader(http.StatusPartialContent)
		io.WriteString(w, "cdef")
	case r.Method == http.MethodGet:
		h.Set("ETag", `"e"`)
		io.WriteString(w, "content")
	case r.Method == http.MethodHead:
		h.Set("ETag", `"e"`)
		h.Set("Content-Length", "7")
	case r.Method == http.MethodPut:
		h.Set("ETag", `"e"`)
	case q.Has("uploads"):
		io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>`)
	case q.Has("uploadId") && r.Method == http.MethodPost:
		io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`)
	case q.Has("delete"):
		io.WriteString(w, `<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>`)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	}
}

const listing1 = `<?xml version="1.0"?><ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>T2</NextContinuationToken>` +
	`<Contents><Key>p/a%2520b+c%2B%22%C3%A9%26</Key><Size>3</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`

// calls are all of them.
func calls() []drivertest.Call {
	up := func(d storage.Driver) *upload { id := "U1"; return &upload{d: d.(*driver), key: "k", id: &id} }
	return append(drivertest.Calls(), []drivertest.Call{
		drivertest.DeleteMany(),
		{Name: "Upload", With: func(ctx context.Context, d storage.Driver) error { _, err := d.Upload(ctx, "k"); return err }},
		{Name: "Part", With: func(ctx context.Context, d storage.Driver) error { return up(d).Part(ctx, 0, []byte("content")) }},
		{Name: "Complete", With: func(ctx context.Context, d storage.Driver) error { return up(d).Complete(ctx, 0) }},
		{Name: "Abort", With: func(ctx context.Context, d storage.Driver) error { return up(d).Abort(ctx) }},
	}...)
}

// refusal is an error as S3 says it.
func refusal(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amz-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "application/xml")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>as told</Message></Error>`, code)
		}
	}
}
