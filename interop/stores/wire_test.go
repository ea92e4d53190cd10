package stores

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/interop/proxy"
	"github.com/foreset/foreset/table"
)

var idOnly = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

func ids(t *testing.T, values ...int64) array.RecordReader {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, idOnly)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	r, err := array.NewRecordReader(idOnly, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rowsOf(tbl *table.Table) ([]int64, error) {
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		return nil, err
	}
	var out []int64
	for b, err := range s.Scan(nil).Batches(context.Background()) {
		if err != nil {
			return nil, err
		}
		out = append(out, b.Column(0).(*array.Int64).Int64Values()...)
	}
	slices.Sort(out)
	return out, nil
}

// putMethod is how a service's clients put an object.
func putMethod(kind string) string {
	if kind == "GCS" {
		return "POST"
	}
	return "PUT"
}

// commitFaults are what the put of a commit can meet.
var commitFaults = []proxy.Effect{proxy.DropAnswer, proxy.ErrorAfter, proxy.ExistsAfter, proxy.Conflict, proxy.Busy, proxy.Hang, proxy.HangAfter,
	proxy.ResetBefore, proxy.Page, proxy.Forbidden}

// readObjects are parts of the URLs of what a table is read from; the last is
// a listing. readFaults are what becomes of the first read of one.
var (
	readObjects = []string{"_last_checkpoint", ".checkpoint.parquet", "00000000000000000012.json", ".crc", "part-", "prefix="}
	readFaults  = []proxy.Effect{proxy.CutBody, proxy.Busy, proxy.ErrorAfter, proxy.DropAnswer, proxy.Hang, proxy.Page}
)

// outcome is what an operation was told, and what is so.
type outcome struct {
	told     string // in a few words
	good     bool   // that it succeeded
	err      error  // the last that it was told, if any
	rows     []int64
	commits  int64 // after version 1
	requests int
	met      bool // the fault happened to it
	hung     bool // it was ended before it was told anything
	broken   bool // the table cannot be read afterwards
	took     time.Duration
}

// through does an operation behind a proxy with a plan.
func through(p *proxy.Proxy, plan proxy.Plan, op func()) (o outcome) {
	p.Reset()
	p.Spoil(plan)
	begun := time.Now()
	op()
	o.took = time.Since(begun)
	p.Spoil(nil)
	for _, r := range p.Requests() {
		o.requests++
		o.met = o.met || r.Effect != proxy.Pass
	}
	return o
}

// twoVersions makes a table whose next version is 2, with the row 1.
func twoVersions(t *testing.T, location string) *table.Table {
	t.Helper()
	tbl, err := table.Create(context.Background(), location, idOnly, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tbl.Close(context.Background()) })
	if _, err := tbl.Append(context.Background(), ids(t, 1), nil); err != nil {
		t.Fatal(err)
	}
	return tbl
}

// appendSpoilt appends the row 2 to a new table while the put of its commit
// meets a fault. Afterwards the table is read without the proxy, where the
// client allows it, and takes another row.
func appendSpoilt(t *testing.T, s *Server, p *proxy.Proxy, effect proxy.Effect) outcome {
	t.Helper()
	prefix := fresh()
	tbl := twoVersions(t, s.Location(p.Host(), prefix))
	var c table.Commit
	var err error
	o := through(p, proxy.Nth(putMethod(s.Kind), "00000000000000000002.json", 0, effect), func() {
		c, err = tbl.Append(context.Background(), ids(t, 2), nil)
	})
	o.told, o.good, o.err = "committed", err == nil, err
	var unknown *table.CommitUnknownError
	switch {
	case errors.As(err, &unknown):
		if _, o.good, err = tbl.Resolve(context.Background(), unknown, false); err != nil {
			t.Fatal(err)
		}
		o.told = fmt.Sprintf("unknown; then, by Resolve, %t", o.good)
	case errors.Is(err, table.ErrDenied):
		o.told = "ErrDenied"
	case err != nil:
		o.told = "error"
	case c.Version != 2:
		t.Errorf("it became version %d", c.Version)
	}
	after, err := table.Open(context.Background(), s.Location(s.Host, prefix), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close(context.Background())
	if err := o.look(after); err != nil {
		t.Fatal(err)
	}
	if _, err := after.Append(context.Background(), ids(t, 3), nil); err != nil {
		t.Errorf("the first append afterwards: %v", err)
	}
	return o
}

// look notes what a table holds.
func (o *outcome) look(tbl *table.Table) error {
	snap, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		return err
	}
	o.commits = snap.Version() - 1
	o.rows, err = rowsOf(tbl)
	return err
}

// mustBeRight: the row is there once, and by one commit, if Append, or
// Resolve, says so, and not at all otherwise. Only a refusal may end an append.
func (o outcome) mustBeRight(t *testing.T, effect proxy.Effect) {
	t.Helper()
	want, commits := []int64{1}, int64(0)
	if o.good {
		want, commits = []int64{1, 2}, 1
	}
	if !slices.Equal(o.rows, want) || o.commits != commits {
		t.Errorf("the table holds %v after %d commits, want %v: %s, %v", o.rows, o.commits, want, o.told, o.err)
	}
	if effect != proxy.Forbidden && !o.good {
		t.Errorf("a fault that passes ended the append: %v", o.err)
	}
	if !o.met {
		t.Error("the commit was put in a way that the proxy did not notice")
	}
}

// onEachKind runs a test on a server of each kind of store.
func onEachKind(t *testing.T, test func(t *testing.T, s *Server)) {
	for _, s := range servers {
		if s.Name != "moto" { // a second opinion on S3, for the suite alone
			t.Run(s.Name, func(t *testing.T) { test(t, s) })
		}
	}
}

// behindProxies is onEachKind with a proxy before each server.
func behindProxies(t *testing.T, test func(t *testing.T, s *Server, p *proxy.Proxy)) {
	onEachKind(t, func(t *testing.T, s *Server) {
		p, err := proxy.Start("http://"+s.Host, s.Kind == "S3")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		at(t, s, p.Host())
		test(t, s, p)
	})
}

// TestSpoiltCommits spoils the put of a commit in every way, on every kind of
// store. What Append says must be the truth.
func TestSpoiltCommits(t *testing.T) {
	behindProxies(t, func(t *testing.T, s *Server, p *proxy.Proxy) {
		for _, effect := range commitFaults {
			t.Run(string(effect), func(t *testing.T) {
				o := appendSpoilt(t, s, p, effect)
				o.mustBeRight(t, effect)
				t.Logf("%-10s %-18s %s, %d requests, %d ms; %v", s.Name, effect, o.told, o.requests, o.took.Milliseconds(), o.err)
			})
		}
	})
}

// twelveCommits makes a table that goes past a checkpoint, with the rows 0 to
// 11.
func twelveCommits(t *testing.T, location string) []int64 {
	t.Helper()
	tbl, err := table.Create(context.Background(), location, idOnly, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tbl.Close(context.Background())
	var rows []int64
	for i := range int64(12) {
		if _, err := tbl.Append(context.Background(), ids(t, i), nil); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, i)
	}
	return rows
}

// readSpoilt opens and reads a table while the first read of an object meets a
// fault.
func readSpoilt(p *proxy.Proxy, location, object string, effect proxy.Effect) outcome {
	var rows []int64
	var err error
	o := through(p, proxy.Nth("GET", object, 0, effect), func() {
		var tbl *table.Table
		if tbl, err = table.Open(context.Background(), location, nil); err != nil {
			return
		}
		rows, err = rowsOf(tbl)
		err = errors.Join(err, tbl.Close(context.Background()))
	})
	o.told, o.good, o.rows, o.err = fmt.Sprintf("%d rows", len(rows)), err == nil, rows, err
	if err != nil {
		o.told = "error"
	}
	return o
}

// TestSpoiltReads spoils the first read of each kind of object of a table.
func TestSpoiltReads(t *testing.T) {
	behindProxies(t, func(t *testing.T, s *Server, p *proxy.Proxy) {
		location := s.Location(p.Host(), fresh())
		want := twelveCommits(t, location)
		for _, object := range readObjects {
			for _, effect := range readFaults {
				t.Run(object+" "+string(effect), func(t *testing.T) {
					if o := readSpoilt(p, location, object, effect); !o.good || !slices.Equal(o.rows, want) {
						t.Errorf("%v, %v", o.rows, o.err)
					}
				})
			}
		}
	})
}

// TestNothingAnswers: every kind of place that is not there gives an error
// that says so, in time.
func TestNothingAnswers(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	onEachKind(t, func(t *testing.T, s *Server) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		host := fmt.Sprintf("127.0.0.1:%d", port)
		at(t, s, host)
		_, err := table.Open(ctx, s.Location(host, "x"), nil)
		if err == nil || strings.Contains(err.Error(), awsSecret) || strings.Contains(err.Error(), azureKey) {
			t.Error(err)
		}
		t.Log(err)
	})
}
