// Httpservice takes events over HTTP and keeps them in a table: many handlers
// append through one Writer, which makes few commits of them, while others read
// snapshots.
//
//	go run ./examples/httpservice [-addr 127.0.0.1:8080] [LOCATION]
//	curl -d '{"id":"1","kind":"click","value":2.5}' http://127.0.0.1:8080/events
//	curl http://127.0.0.1:8080/count
//	curl -G http://127.0.0.1:8080/events --data-urlencode "where=kind = 'click' AND value > 1"
//
// On SIGINT and SIGTERM it takes no more requests, answers those it has, and
// ends. An event that was acknowledged is in the table.
//
// With -load it puts itself under load instead, says how it went, and checks
// that every acknowledged event is in the table once:
//
//	go run ./examples/httpservice -load 1000 -requests 10000 -latency 30ms
//	go run ./examples/httpservice -load 32 -requests 200 -latency 30ms -single
//
// The second command makes a commit of each request, for comparison.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/foreset/foreset/storage"
	_ "github.com/foreset/foreset/storage/azure" // abfss:// and its kin
	"github.com/foreset/foreset/storage/faults"
	_ "github.com/foreset/foreset/storage/gcs" // gs://
	_ "github.com/foreset/foreset/storage/s3"  // s3://
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// settings are what the command line says.
type settings struct {
	location string
	addr     string
	latency  time.Duration
	load     load
	options  options
}

func main() {
	var s settings
	flag.StringVar(&s.addr, "addr", "127.0.0.1:8080", "where to listen")
	flag.DurationVar(&s.options.Age, "age", 5*time.Millisecond, "how long the first request of a commit waits for others")
	flag.BoolVar(&s.options.Single, "single", false, "make a commit of each request, for comparison")
	flag.DurationVar(&s.latency, "latency", 0, "wait as long before each request to the store, as if it were far away")
	flag.IntVar(&s.load.Clients, "load", 0, "run a load test with so many clients instead of serving")
	flag.IntVar(&s.load.Requests, "requests", 10_000, "of the load test, by all clients together")
	flag.IntVar(&s.load.Events, "events", 1, "in each request of the load test")
	flag.Parse()
	s.location = "mem://events"
	if flag.NArg() > 0 {
		s.location = flag.Arg(0)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, &s); err != nil {
		fmt.Fprintln(os.Stderr, "httpservice:", err)
		os.Exit(1)
	}
}

// run serves, or runs the load test, until it is done or ctx ends.
func run(ctx context.Context, w io.Writer, s *settings) (err error) {
	st, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if s.load.Clients > 0 {
		return runLoad(ctx, w, st, s)
	}
	svc, err := start(ctx, st, s.addr, &s.options)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "serving %s on http://%s\n", st, svc.Addr())
	select {
	case <-ctx.Done():
	case err := <-svc.failed:
		return errors.Join(err, svc.stop(context.Background()))
	}
	fmt.Fprintln(w, "finishing what was begun")
	ending, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return svc.stop(ending)
}

func openStore(ctx context.Context, s *settings) (storage.Store, error) {
	st, err := storage.Open(ctx, s.location)
	if err != nil || s.latency <= 0 {
		return st, err
	}
	return faults.Park(st, func(ctx context.Context, op faults.Op) {
		if op.Kind == faults.Create || op.Kind == faults.WritePart {
			return // a small stream is one request, when it ends
		}
		select {
		case <-time.After(s.latency):
		case <-ctx.Done():
		}
	}), nil
}

// start opens the table, or makes it, and begins to serve it.
func start(ctx context.Context, st storage.Store, addr string, opts *options) (*service, error) {
	columns, partitionBy, err := rows.Schema[Event]()
	if err != nil {
		return nil, err
	}
	t, err := table.Create(ctx, "", nil, &table.CreateOptions{
		Options: table.Options{Store: st}, Schema: columns, PartitionBy: partitionBy, IfNotExists: true,
	})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, errors.Join(err, t.Close(ctx))
	}
	return serve(listener, t, opts), nil
}
