package azure

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// environment has the credentials of a test and no others.
func environment(t *testing.T) {
	t.Helper()
	drivertest.ClearEnvironment(t, "AZURE_")
	t.Setenv("AZURE_STORAGE_ACCOUNT", "acct")
	t.Setenv("AZURE_STORAGE_KEY", "dGVzdGtleQ==")
}

// at is the location of container "c" of an endpoint.
func at(endpoint, query string) string {
	scheme, host, _ := strings.Cut(endpoint, "://")
	return "az://c/p?protocol=" + scheme + "&domain=" + host + "&localemu=true" + query
}

// openAt is a driver of that container.
func openAt(t *testing.T, s *drivertest.Server, query string) *driver {
	t.Helper()
	return openEndpoint(t, s.URL, query)
}

func openEndpoint(t *testing.T, endpoint, query string) *driver {
	t.Helper()
	environment(t)
	d, err := open(t.Context(), at(endpoint, query), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// isFine answers as Azure does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h := w.Header()
	h.Set("x-ms-request-id", "REQUEST1")
	switch {
	case q.Get("comp") == "list":
		h.Set("Content-Type", "application/xml")
		io.WriteString(w, listing1)
	case q.Get("comp") == "batch":
		batch(202, 404)(w, r)
	case r.Method == http.MethodGet && (r.Header.Get("x-ms-range") != "" || r.Header.Get("Range") != ""):
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
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusAccepted)
	}
}

// batch answers a batch with a status for each of its requests.
func batch(statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_1")
		w.WriteHeader(http.StatusAccepted)
		for i, status := range statuses {
			code := map[int]string{404: "BlobNotFound", 403: "AuthorizationFailure", 503: "ServerBusy", 500: "InternalError"}[status]
			fmt.Fprintf(w, "--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: %d\r\n\r\nHTTP/1.1 %d X\r\nx-ms-request-id: R\r\n", i, status)
			if code != "" {
				fmt.Fprintf(w, "x-ms-error-code: %s\r\n", code)
			}
			io.WriteString(w, "\r\n")
		}
		io.WriteString(w, "--batchresponse_1--\r\n")
	}
}

const listing1 = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>` +
	`<Blob><Name>p/a%20b c+"é</Name><Properties><Content-Length>3</Content-Length><Etag>0x1</Etag><Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified></Properties></Blob>` +
	`<Blob><Name Encoded="true">p/x%EF%BF%BEy</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>` +
	`<Blob><Name>p/dir</Name><Properties><Content-Length>0</Content-Length></Properties><Metadata><Hdi_isfolder>true</Hdi_isfolder></Metadata></Blob>` +
	`<Blob><Name>p/dir2</Name><Properties><Content-Length>0</Content-Length><ResourceType>directory</ResourceType></Properties></Blob>` +
	`</Blobs><NextMarker>M2</NextMarker></EnumerationResults>`

// calls are all of them that make a request.
func calls() []drivertest.Call {
	up := func(d storage.Driver) *upload { return &upload{d: d.(*driver), key: "k"} }
	return append(drivertest.Calls(), []drivertest.Call{
		drivertest.DeleteMany(),
		{Name: "Part", With: func(ctx context.Context, d storage.Driver) error { return up(d).Part(ctx, 0, []byte("content")) }},
		{Name: "Complete", With: func(ctx context.Context, d storage.Driver) error { return up(d).Complete(ctx, 2) }},
	}...)
}

// refusal is an error as Azure says it.
func refusal(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ms-request-id", "REQUEST1")
		w.Header().Set("Content-Type", "application/xml")
		if code != "" {
			w.Header().Set("x-ms-error-code", code)
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>as told</Message></Error>`, code)
		}
	}
}
