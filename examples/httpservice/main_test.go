package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

func TestLoadLosesNothing(t *testing.T) {
	shared := &settings{location: t.TempDir(), load: load{Clients: 20, Requests: 300, Events: 3}, options: options{Age: time.Millisecond}}
	single := &settings{location: t.TempDir(), load: load{Clients: 4, Requests: 40, Events: 3}, options: options{Single: true}}
	for _, s := range []*settings{shared, shared, single} { // the second run finds the events of the first
		var out bytes.Buffer
		if err := run(t.Context(), &out, s); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		for _, want := range []string{
			fmt.Sprintf("%d requests acknowledged, 0 not", s.load.Requests),
			fmt.Sprintf("all %d acknowledged events are in the table once", 3*s.load.Requests),
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is missing in\n%s", want, &out)
			}
		}
	}
}

// TestStoppingInTheMiddleLosesNothing: clients go on while the service stops.
// Each event that one of them has an answer for is in the table, once.
func TestStoppingInTheMiddleLosesNothing(t *testing.T) {
	st, err := storage.NewLocal(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx := t.Context()
	svc, err := start(ctx, st, "127.0.0.1:0", &options{Age: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	l := &load{Clients: 30, Requests: 2000, Events: 2}
	l.midway = func() { go func() { stopped <- svc.stop(ctx) }() }
	res := l.run(ctx, "http://"+svc.Addr())
	if res.err != nil {
		t.Error(res.err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(res.latencies) < 1000 || res.refused == 0 {
		t.Errorf("%d requests were acknowledged, %d not: it did not stop in the middle", len(res.latencies), res.refused)
	}
	var out bytes.Buffer
	if err := check(ctx, &out, st, res); err != nil {
		t.Error(err)
	}
	t.Logf("%d requests acknowledged, %d not; %s", len(res.latencies), res.refused, &out)
}

func TestRequests(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, in, &settings{location: t.TempDir(), addr: "127.0.0.1:0"})
		in.Close()
	}()
	var serving, location, url string
	if _, err := fmt.Fscan(out, &serving, &location, new(string), &url); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/count", "", 200, `{"version":0,"events":0}`},
		{"POST", "/events", `{"id":"a","kind":"click","value":1.5,"at":"2026-03-01T12:00:00.123456789Z"}`, 200, `{"version":1,"events":1}`},
		{"POST", "/events", ` [{"id":"b","kind":"view","user":"Ada"},{"id":"c","kind":"click"}]`, 200, `{"version":2,"events":2}`},
		{"POST", "/events", `[]`, 200, `{"version":2,"events":0,"skipped":true}`},
		{"POST", "/events?client=x&request=1", `{"id":"d","kind":"order","value":-2}`, 200, `{"version":3,"events":1}`},
		{"POST", "/events?client=x&request=1", `{"id":"d","kind":"order","value":-2}`, 200, `{"version":3,"events":1,"skipped":true}`},
		{"POST", "/events?client=x", `{"id":"e","kind":"order"}`, 400, "belong together"},
		{"POST", "/events", `{"id":"e"}`, 400, "no kind"},
		{"POST", "/events", `{"id":7,"kind":"x"}`, 400, "an event is expected"},
		{"POST", "/events", `[{"id":"e","kind":{}}]`, 400, "array of events"},
		{"POST", "/events", `{"id":"e","kind":"x"} more`, 400, "expected"},
		{"POST", "/events", `[{"id":"e","kind":"x","at":"99999-01-01T00:00:00Z"}]`, 400, "expected"},
		{"POST", "/events", `{"id":"` + strings.Repeat("e", requestBytes) + `"}`, 400, "too large"},
		{"GET", "/count?where=kind%20%3D%20'click'", "", 200, `{"version":3,"events":2}`},
		{"GET", "/events?where=value%20%3E%200", "", 200, `{"id":"a","at":"2026-03-01T12:00:00.123456Z","kind":"click","value":1.5}`},
		{"GET", "/events?where=user%20IS%20NOT%20NULL&limit=1", "", 200, `"user":"Ada"`},
		{"GET", "/events?where=value%20%3E", "", 400, "error"},
		{"GET", "/events?where=nothing%20%3E%200", "", 400, "nothing"},
		{"GET", "/events?where=value", "", 400, "error"},
		{"GET", "/events?limit=1000000", "", 400, "limit"},
		{"DELETE", "/events", "", 405, ""},
	} {
		req, err := http.NewRequestWithContext(ctx, c.method, url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl -d has it
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(text), c.want) {
			t.Errorf("%s %s %.60s: %d %s, want %d %s", c.method, c.path, c.body, resp.StatusCode, text, c.status, c.want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	cancel() // as a signal does
	if err := <-done; err != nil {
		t.Error(err)
	}
}
