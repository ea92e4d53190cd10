package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// store is the object store of ../bench-store, if tables are kept there.
type store struct {
	endpoint  string // AWS_ENDPOINT_URL
	control   string // BENCH_CONTROL; "": there is none
	latencyMS string // BENCH_LATENCY_MS, of every request of the measured part
}

func storeFromEnvironment() store {
	return store{endpoint: os.Getenv("AWS_ENDPOINT_URL"), control: os.Getenv("BENCH_CONTROL"), latencyMS: envOr("BENCH_LATENCY_MS", "0")}
}

func onS3(location string) bool { return strings.HasPrefix(location, "s3://") }

// location says where the bucket is served.
func (s store) location(table string) string {
	if !onS3(table) {
		return table
	}
	return table + "?" + url.Values{
		"endpoint": {s.endpoint}, "region": {"us-east-1"}, "use_path_style": {"true"}, "disable_https": {"true"},
	}.Encode()
}

// begin says that the measured part begins, end that it has ended; its requests
// are what end returns.
func (s store) begin() error {
	_, err := s.ask("/begin?ms=" + s.latencyMS)
	return err
}

func (s store) end() (json.RawMessage, error) { return s.ask("/end") }

func (s store) ask(what string) ([]byte, error) {
	if s.control == "" {
		return nil, nil
	}
	res, err := http.Get(s.control + what)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", what, res.Status, body)
	}
	return body, err
}
