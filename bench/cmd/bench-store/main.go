// Bench-store is the object store of the benchmark: a server of S3 on loopback,
// before it a proxy that delays and counts, and a control port, with which the
// engines say when the measured part begins and ends.
//
//	bench-store PROGRAMS DATA
//
// PROGRAMS is the folder of interop/stores.sh, DATA where objects are kept: the
// bucket is a folder of it. It prints a line, "ENDPOINT CONTROL", and runs until
// its standard input ends, so that it cannot outlive who started it.
//
//	GET CONTROL/begin?ms=30   from now on requests are counted, and held back for so long
//	GET CONTROL/end           no more; the answer is the count
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/foreset/foreset/interop/proxy"
	"github.com/foreset/foreset/interop/stores"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bench-store PROGRAMS DATA")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-store:", err)
		os.Exit(1)
	}
}

func run(programs, data string) (err error) {
	server, err := stores.Start(context.Background(), "versitygw", programs, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	p, err := proxy.Start("http://"+server.Host, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control := &http.Server{Handler: controls(p)}
	served := make(chan error, 1)
	go func() { served <- control.Serve(l) }()
	defer func() {
		closed := control.Close()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		err = errors.Join(err, closed)
	}()
	fmt.Printf("%s http://%s\n", p.URL(), l.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func controls(p *proxy.Proxy) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /begin", func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.ParseFloat(r.URL.Query().Get("ms"), 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.Delay(time.Duration(ms * float64(time.Millisecond)))
		p.Reset()
	})
	mux.HandleFunc("GET /end", func(w http.ResponseWriter, _ *http.Request) {
		counted := count(p.Requests())
		p.Delay(0)
		if err := json.NewEncoder(w).Encode(counted); err != nil {
			fmt.Fprintln(os.Stderr, "bench-store: answer:", err)
		}
	})
	return mux
}

// counts are the requests of the measured part.
type counts struct {
	Total  int            `json:"requests"`
	Depth  int            `json:"depth"` // the longest chain of those that do not overlap
	Probes int            `json:"probes"`
	Kinds  map[string]int `json:"kinds"`
}

// count leaves the probes out of the total: they come once in the life of a
// store's client, before its first commit.
func count(all []proxy.Request) counts {
	c := counts{Kinds: map[string]int{}}
	var rest []proxy.Request
	for _, r := range all {
		if strings.Contains(r.URL, ".foreset-probe-") {
			c.Probes++
			continue
		}
		rest = append(rest, r)
		c.Kinds[kind(r)]++
	}
	c.Total, c.Depth = len(rest), proxy.Depth(rest)
	return c
}

// kind says what a request asks for, "GET commit", and how it ended if not well.
func kind(r proxy.Request) string {
	k := r.Method + " " + object(r.URL)
	if r.Status >= 400 {
		k += fmt.Sprintf(" (%d)", r.Status)
	}
	return k
}

func object(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "other"
	}
	_, name, inLog := strings.Cut(u.Path, "/_delta_log/")
	switch {
	case u.Query().Has("list-type"):
		return "list"
	case u.Query().Has("delete"):
		return "many"
	case !inLog:
		return "data"
	case name == "_last_checkpoint":
		return "hint"
	case strings.Contains(name, ".checkpoint"):
		return "checkpoint"
	case strings.HasSuffix(name, ".crc"):
		return "crc"
	case strings.HasSuffix(name, ".json"):
		return "commit"
	default:
		return "other"
	}
}
