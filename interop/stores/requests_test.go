package stores

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/interop/proxy"
	"github.com/foreset/foreset/table"
)

// TestRequestsThroughTheProxy counts what each operation asks of a server. A
// number that grows is a failure; probes are counted apart.
func TestRequestsThroughTheProxy(t *testing.T) {
	behindProxies(t, func(t *testing.T, s *Server, p *proxy.Proxy) {
		location := s.Location(p.Host(), fresh())
		budget := func(what string, requests, depth int, op func()) {
			t.Helper()
			p.Delay(100 * time.Millisecond) // so that what is sent at once overlaps, on a busy machine as well
			p.Reset()
			op()
			p.Delay(0)
			var counted []proxy.Request
			for _, r := range p.Requests() {
				if !strings.Contains(r.URL, ".foreset-probe-") {
					counted = append(counted, r)
				}
			}
			got := proxy.Depth(counted)
			t.Logf("%-16s %-34s %2d requests, depth %d", s.Name, what, len(counted), got)
			if len(counted) > requests || got > depth {
				t.Errorf("%s takes %d requests in a chain of %d, want %d and %d: %v", what, len(counted), got, requests, depth, counted)
			}
		}
		ctx := context.Background()
		open := func() *table.Table {
			tbl, err := table.Open(ctx, location, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tbl.Close(ctx) })
			return tbl
		}
		var fields []arrow.Field
		for _, name := range []string{"id", "a", "b", "c", "d", "e", "f", "g"} {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true})
		}
		tbl, err := table.Create(ctx, location, arrow.NewSchema(fields, nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tbl.Close(ctx)
		appendOne := func(to *table.Table, post table.Post) {
			t.Helper()
			if _, err := to.Append(ctx, ids(t, 1), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: post}}); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			appendOne(tbl, table.Inline)
		}
		var scanned *table.Table
		budget("open, with a .crc", 3, 3, func() { scanned = open() })
		snap, err := scanned.Snapshot(ctx, table.At{})
		if err != nil {
			t.Fatal(err)
		}
		budget("scan of 3 of 8 columns, 10 files", 20, 2, func() {
			n := 0
			for b, err := range snap.Scan(&table.ScanOptions{Columns: []string{"id", "a", "b"}}).Batches(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				n += int(b.NumRows())
			}
			if n != 10 {
				t.Errorf("%d rows", n)
			}
		})
		for range 4 {
			appendOne(tbl, table.None)
		}
		budget("append, until the acknowledgement", 2, 2, func() { appendOne(tbl, table.None) })
		var second *table.Table
		budget("open, a checkpoint and 5 commits", 8, 3, func() { second = open() })
		appendOne(tbl, table.None)
		budget("what is new, after one commit", 2, 2, func() {
			if _, err := second.Snapshot(ctx, table.At{}); err != nil {
				t.Fatal(err)
			}
		})
		budget("append, with what follows it", 3, 3, func() { appendOne(tbl, table.Inline) })

		const commits = 20
		p.Delay(30 * time.Millisecond)
		begun := time.Now()
		for range commits {
			appendOne(tbl, table.None)
		}
		took := time.Since(begun)
		p.Delay(0)
		t.Logf("%-16s one writer at 30 ms: %.1f commits/s, of %.1f that two requests in a row allow", s.Name,
			commits/took.Seconds(), 1/(2*0.030))

		for range 100 - commits {
			appendOne(tbl, table.None)
		}
		budget("checkpoint of an open table, 100 commits", 3, 3, func() {
			if _, err := tbl.Checkpoint(ctx); err != nil {
				t.Fatal(err)
			}
		})
	})
}
