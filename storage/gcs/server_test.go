package gcs

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
)

// environment has no credentials, and no machine that gives any.
func environment(t *testing.T) {
	t.Helper()
	drivertest.ClearEnvironment(t, "GOOGLE_", "GCE_")
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("HOME", t.TempDir())
}

// openAt is a driver of bucket "b" of a server.
func openAt(t *testing.T, s *drivertest.Server, query string) *driver {
	t.Helper()
	return openEndpoint(t, s.URL, query)
}

func openEndpoint(t *testing.T, endpoint, query string) *driver {
	t.Helper()
	environment(t)
	t.Setenv("STORAGE_EMULATOR_HOST", endpoint)
	d, err := open(t.Context(), "gs://b/p"+query, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

const object1 = `{"kind":"storage#object","name":"k","bucket":"b","size":"7","generation":"5","updated":"2026-01-02T03:04:05.006Z"}`

const listing1 = `{"kind":"storage#objects","nextPageToken":"T2","items":[{"name":"p/a%20b c+\"é","size":"3","generation":"5","updated":"2026-01-02T03:04:05.006Z"},{"name":"p/z","size":"0","generation":"6","updated":"2026-01-02T03:04:05Z"}]}`

// isFine answers as GCS does when all is well.
func isFine(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	api := strings.HasPrefix(r.URL.Path, "/storage/v1/b/b/o")
	h.Set("Content-Type", "application/json; charset=UTF-8")
	switch {
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost && r.URL.Query().Get("uploadType") == "resumable":
		h.Set("Location", "http://"+r.Host+"/upload/session1")
	case r.URL.Path == "/upload/session1":
		take(w, r)
	case r.Method == http.MethodPost:
		io.WriteString(w, object(sent(r)))
	case api && r.URL.Path == "/storage/v1/b/b/o":
		io.WriteString(w, listing1)
	case api:
		io.WriteString(w, object1)
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("X-Goog-Generation", "5")
		h.Set("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
		if r.Header.Get("Range") != "" {
			h.Set("Content-Range", "bytes 2-5/100")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "cdef")
			return
		}
		io.WriteString(w, "content")
	}
}

// sent is the content of an object that is put in one request, after what
// describes it.
func sent(r *http.Request) []byte {
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, params["boundary"])
	var content []byte
	for range 2 {
		part, err := parts.NextPart()
		if err != nil {
			return nil
		}
		content, _ = io.ReadAll(part)
	}
	return content
}

// object is what the service says of an object. The library compares the
// checksum.
func object(content []byte) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)))
	return fmt.Sprintf(`{"name":"k","bucket":"b","size":"%d","generation":"5","crc32c":%q}`, len(content), base64.StdEncoding.EncodeToString(sum))
}

// take takes a chunk of a resumable upload.
func take(w http.ResponseWriter, r *http.Request) {
	_, total, _ := strings.Cut(r.Header.Get("Content-Range"), "/")
	if total != "*" {
		fmt.Fprintf(w, `{"name":"k","bucket":"b","size":%q,"generation":"5"}`, total)
		return
	}
	last, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Content-Range"), "bytes "), "/")
	w.Header().Set("Range", "bytes="+last)
	w.Header().Set("X-Http-Status-Code-Override", "308")
	w.WriteHeader(http.StatusOK)
}

// calls are all of them.
func calls() []drivertest.Call { return drivertest.Calls() }

// refusal is an error as GCS says it: as XML for reads, otherwise as JSON.
func refusal(status int, reason string, header ...string) http.HandlerFunc {
	return says(status, reason, "as told", header...)
}

func says(status int, reason, message string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/storage/") {
			w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
			w.WriteHeader(status)
			code := map[string]string{"notFound": "NoSuchKey", "noBucket": "NoSuchBucket"}[reason]
			fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		if reason == "noBucket" {
			reason, message = "notFound", "The specified bucket does not exist."
		}
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"domain":"global","reason":%q}]}}`, status, message, reason)
	}
}
