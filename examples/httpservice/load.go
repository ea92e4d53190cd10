package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// load is a load test: clients that send one request after the other.
type load struct {
	Clients  int
	Requests int // by all clients together
	Events   int // in each request
	// midway, if set, is called when half of the requests were acknowledged.
	midway func()
}

// result is what the clients saw.
type result struct {
	took      time.Duration
	latencies []time.Duration // of the requests that were acknowledged, sorted
	acked     []string        // ids of their events
	versions  map[int64]bool  // that they were told
	refused   int             // requests that were not acknowledged
	reads     int             // of GET /count meanwhile
	err       error           // a wrong answer
}

// runLoad serves the table, puts the service under load, stops it, and holds
// what the clients were told against what is in the table.
func runLoad(ctx context.Context, w io.Writer, st storage.Store, s *settings) error {
	svc, err := start(ctx, st, "127.0.0.1:0", &s.options)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d clients, %d requests of %d events, %v for each request to the store\n", s.load.Clients, s.load.Requests, s.load.Events, s.latency)
	res := s.load.run(ctx, "http://"+svc.Addr())
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := errors.Join(res.err, svc.stop(ending)); err != nil {
		return err
	}
	res.print(w)
	return check(ending, w, st, res)
}

// run has the clients send their requests, and somebody count the events
// meanwhile, until all are sent or the service does not take any more.
func (l *load) run(ctx context.Context, url string) *result {
	res := &result{versions: map[int64]bool{}}
	transport := &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: l.Clients + 1}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 2 * requestTime}
	run := time.Now().UnixNano() // a table that is there already has events of other runs
	var next atomic.Int64
	var mu sync.Mutex // guards res
	var half sync.Once
	began := time.Now()

	var clients sync.WaitGroup
	for c := range l.Clients {
		clients.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				if n >= int64(l.Requests) {
					return
				}
				var events []Event
				for i := range max(1, l.Events) {
					events = append(events, Event{ID: fmt.Sprintf("%d-%d-%d", run, n, i), Kind: [...]string{"click", "view", "order"}[n%3]})
				}
				at := time.Now()
				var answer added
				err := post(ctx, client, fmt.Sprintf("%s/events?client=load-%d-%d&request=%d", url, run, c, n), events, &answer)
				took := time.Since(at)
				mu.Lock()
				if err != nil {
					res.refused++
					mu.Unlock()
					return
				}
				res.latencies = append(res.latencies, took)
				res.versions[answer.Version] = true
				for _, e := range events {
					res.acked = append(res.acked, e.ID)
				}
				isHalf := len(res.latencies) >= l.Requests/2
				mu.Unlock()
				if isHalf && l.midway != nil {
					half.Do(l.midway)
				}
			}
		})
	}
	done := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() { res.reads, res.err = watch(client, url, done) })
	clients.Wait()
	res.took = time.Since(began)
	close(done)
	reader.Wait()
	slices.Sort(res.latencies)
	return res
}

// watch counts the events while they become more. Neither versions nor counts
// may go back.
func watch(client *http.Client, url string, done <-chan struct{}) (n int, err error) {
	var last counted
	for {
		select {
		case <-done:
			return n, nil
		case <-time.After(50 * time.Millisecond):
		}
		var now counted
		if get(client, url+"/count", &now) != nil {
			return n, nil // the service has stopped
		}
		if now.Version < last.Version || now.Events < last.Events {
			return n, fmt.Errorf("%d events of version %d were counted after %d of version %d", now.Events, now.Version, last.Events, last.Version)
		}
		last = now
		n++
	}
}

func post(ctx context.Context, c *http.Client, url string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	return answered(resp, err, answer)
}

func get(c *http.Client, url string, answer any) error {
	resp, err := c.Get(url)
	return answered(resp, err, answer)
}

func answered(resp *http.Response, err error, answer any) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}

func (r *result) print(w io.Writer) {
	at := func(share float64) time.Duration {
		if len(r.latencies) == 0 {
			return 0
		}
		return r.latencies[int(share*float64(len(r.latencies)-1))].Round(100 * time.Microsecond)
	}
	seconds := r.took.Seconds()
	fmt.Fprintf(w, "%d requests acknowledged, %d not, in %.2f s: %.0f requests/s\n", len(r.latencies), r.refused, seconds, float64(len(r.latencies))/seconds)
	fmt.Fprintf(w, "%d commits, %d rows: %.1f rows a commit, %.0f rows/s\n", len(r.versions), len(r.acked), float64(len(r.acked))/float64(max(1, len(r.versions))), float64(len(r.acked))/seconds)
	fmt.Fprintf(w, "latency: p50 %v, p95 %v, p99 %v, longest %v\n", at(0.5), at(0.95), at(0.99), at(1))
	fmt.Fprintf(w, "%d counts of the events meanwhile, none of which went back\n", r.reads)
}

// check reads the table and expects every acknowledged event in it, and none
// twice.
func check(ctx context.Context, w io.Writer, st storage.Store, res *result) error {
	t, err := table.Open(ctx, "", &table.Options{Store: st})
	if err != nil {
		return err
	}
	defer t.Close(ctx)
	snap, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	type id struct{ ID string }
	there := map[string]int{}
	for e, err := range rows.Decode[id](snap.Scan(&table.ScanOptions{Columns: []string{"id"}}).Batches(ctx)) {
		if err != nil {
			return err
		}
		if there[e.ID]++; there[e.ID] > 1 {
			return fmt.Errorf("event %s is in the table %d times", e.ID, there[e.ID])
		}
	}
	for _, id := range res.acked {
		if there[id] != 1 {
			return fmt.Errorf("event %s was acknowledged and is not in the table", id)
		}
	}
	fmt.Fprintf(w, "all %d acknowledged events are in the table once; it has %d events in version %d\n", len(res.acked), len(there), snap.Version())
	return nil
}
