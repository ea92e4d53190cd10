package stores

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foreset/foreset/interop/proxy"
	"github.com/foreset/foreset/table"
)

// reportVariable names a file that TestFaultsBesideDeltaRs writes its tables to.
const reportVariable = "FORESET_FAULTS_REPORT"

// patience is how long delta-rs may take for one operation.
const patience = 60 * time.Second

// deltaRs is a process that does one job at a time behind a proxy. It is ended
// when it takes too long; the next job starts another.
type deltaRs struct {
	start   func() *exec.Cmd
	cmd     *exec.Cmd // nil: none runs
	in      io.WriteCloser
	answers chan []byte // closed when the process ends
	stderr  bytes.Buffer
}

type answer struct {
	IDs      []int64
	Versions string
	Error    string
	Class    string
}

var errNoAnswer = errors.New("no answer")

// do does a job. The error is errNoAnswer, after which the process is gone, or
// says that there is no working process.
func (d *deltaRs) do(job map[string]any) (a answer, err error) {
	if d.cmd == nil {
		if err := d.begin(); err != nil {
			return a, err
		}
	}
	line, err := json.Marshal(job)
	if err != nil {
		return a, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return a, errors.Join(err, d.end())
	}
	select {
	case line, ok := <-d.answers:
		if !ok {
			return a, errors.Join(errors.New("it died"), d.end())
		}
		return a, json.Unmarshal(line, &a)
	case <-time.After(patience):
		d.end()
		return a, errNoAnswer
	}
}

func (d *deltaRs) begin() error {
	c := d.start()
	d.stderr.Reset()
	c.Stderr = &d.stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	answers := make(chan []byte, 1)
	go func() {
		defer close(answers)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			answers <- line
		}
	}()
	d.cmd, d.in, d.answers = c, in, answers
	return nil
}

// end ends the process, and returns what it printed.
func (d *deltaRs) end() error {
	if d.cmd == nil {
		return nil
	}
	_ = d.cmd.Process.Kill() // it may have ended
	for range d.answers {    // to the end, as Wait demands
	}
	_ = d.cmd.Wait() // it was killed
	d.cmd = nil
	return fmt.Errorf("it printed: %.1000s", d.stderr.String())
}

// theirLocation is how delta-rs calls a prefix of the bucket.
func theirLocation(s *Server, prefix string) string {
	if s.Kind == "Azure" {
		return "az://" + Bucket + "/" + prefix
	}
	return "s3://" + Bucket + "/" + prefix
}

// note keeps what a job of delta-rs was told.
func (o *outcome) note(a answer, err error, good string) {
	switch {
	case errors.Is(err, errNoAnswer):
		o.told, o.hung = "nothing", true
	case err != nil:
		o.told, o.err = "death of the process", err
	case a.Error != "":
		o.told, o.err = a.Class, errors.New(a.Error)
	default:
		o.told, o.good = good, true
	}
}

// appendSpoilt is what appendSpoilt is for us, but for what the table takes
// afterwards.
func (d *deltaRs) appendSpoilt(t *testing.T, s *Server, p *proxy.Proxy, effect proxy.Effect) outcome {
	t.Helper()
	prefix := fresh()
	location := s.Location(s.Host, prefix)
	twoVersions(t, location)
	a, err := d.do(map[string]any{"do": "open", "location": theirLocation(s, prefix)})
	if err != nil || a.Error != "" {
		return outcome{told: "no table", err: errors.Join(err, errors.New(a.Error)), rows: []int64{1}}
	}
	o := through(p, proxy.Nth("PUT", "00000000000000000002.json", 0, effect), func() {
		a, err = d.do(map[string]any{"do": "append", "id": 2})
	})
	o.note(a, err, "committed")
	after, err := table.Open(context.Background(), location, nil)
	if err == nil {
		defer after.Close(context.Background())
		err = o.look(after)
	}
	if err != nil {
		o.broken, o.err = true, errors.Join(o.err, err)
	}
	return o
}

// readSpoilt is what readSpoilt is for us.
func (d *deltaRs) readSpoilt(s *Server, p *proxy.Proxy, prefix, object string, effect proxy.Effect) outcome {
	location := theirLocation(s, prefix)
	a, err := d.do(map[string]any{"do": "open", "location": location}) // so that the start of a process is not counted
	if err != nil || a.Error != "" {
		return outcome{told: "no table", err: errors.Join(err, errors.New(a.Error))}
	}
	o := through(p, proxy.Nth("GET", object, 0, effect), func() {
		a, err = d.do(map[string]any{"do": "rows", "location": location})
	})
	o.note(a, err, fmt.Sprintf("%d rows", len(a.IDs)))
	o.rows = a.IDs
	return o
}

// times is how often the row 2 is there. A file that two commits add counts
// once for a scan, and twice for who follows the commits.
func (o outcome) times() (n int) {
	for _, id := range o.rows {
		if id == 2 {
			n++
		}
	}
	return n
}

// ofAppend judges an append of the row 2.
func (o outcome) ofAppend() string {
	switch n := o.times(); {
	case !o.met:
		return "the fault was not met"
	case o.broken:
		return "**the table cannot be read**"
	case n > 1:
		return "**doubled**"
	case o.commits > 1:
		return "**committed twice**"
	case o.hung && n == 1:
		return "**hung, but committed**"
	case o.hung:
		return "**hung**"
	case o.good && n == 0:
		return "**lost**"
	case !o.good && n == 1:
		return "**told failed, but committed**"
	case !o.good:
		return "right: not there"
	}
	return "right"
}

// ofRead judges a read that should give some rows.
func (o outcome) ofRead(want []int64) string {
	switch {
	case !o.met:
		return "not asked for"
	case o.hung:
		return "**hung**"
	case !o.good:
		return "failed"
	case !slices.Equal(o.rows, want):
		return "**wrong rows**"
	}
	return "right"
}

func TestVerdictsOnWhatWasTold(t *testing.T) {
	once, twice := []int64{1, 2}, []int64{1, 2, 2}
	for _, c := range []struct {
		o    outcome
		want string
	}{
		{outcome{met: true, good: true, rows: once, commits: 1}, "right"},
		{outcome{met: true, rows: []int64{1}}, "right: not there"},
		{outcome{good: true, rows: once, commits: 1}, "the fault was not met"},
		{outcome{met: true, good: true, rows: []int64{1}}, "**lost**"},
		{outcome{met: true, good: true, rows: twice, commits: 2}, "**doubled**"},
		{outcome{met: true, good: true, rows: once, commits: 2}, "**committed twice**"},
		{outcome{met: true, rows: once, commits: 1}, "**told failed, but committed**"},
		{outcome{met: true, hung: true, rows: once, commits: 1}, "**hung, but committed**"},
		{outcome{met: true, hung: true, rows: []int64{1}}, "**hung**"},
		{outcome{met: true, good: true, broken: true}, "**the table cannot be read**"},
	} {
		if got := c.o.ofAppend(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
}

// cell is one fault, played by both.
type cell struct {
	object       string // empty: the put of a commit
	effect       proxy.Effect
	ours, theirs outcome
}

func (c *cell) name() string {
	if c.object == "" {
		return "commit " + string(c.effect)
	}
	return c.object + " " + string(c.effect)
}

// TestFaultsBesideDeltaRs plays the faults of TestSpoiltCommits and
// TestSpoiltReads to delta-rs as well, and reports what each was told and what
// is so. Only ours can fail the test. GCS is left out: fake-gcs-server does not
// take the kind of put that delta-rs makes.
func TestFaultsBesideDeltaRs(t *testing.T) {
	var report strings.Builder
	for _, s := range servers {
		if s.Name != "versitygw" && s.Name != "azurite" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			prefix := fresh()
			want := twelveCommits(t, s.Location(s.Host, prefix))
			cells := cellsOf(s)
			versions := play(t, s, prefix, want, cells)
			if report.Len() == 0 {
				fmt.Fprintf(&report, "%s, foreset with %s, %s.\n", time.Now().Format(time.DateOnly), strings.Replace(runtime.Version(), "go", "Go ", 1), versions)
			}
			writeReport(&report, s, want, cells)
		})
	}
	t.Log("\n" + report.String())
	if file := os.Getenv(reportVariable); file != "" {
		if err := os.WriteFile(file, []byte(report.String()), 0o666); err != nil {
			t.Error(err)
		}
	}
}

// cellsOf are all faults that a service can bring about.
func cellsOf(s *Server) (cells []*cell) {
	for _, effect := range commitFaults {
		if effect == proxy.Conflict && s.Kind != "S3" {
			continue // with Azure, 409 says that the blob exists
		}
		cells = append(cells, &cell{effect: effect})
	}
	for _, object := range readObjects {
		for _, effect := range readFaults {
			cells = append(cells, &cell{object: object, effect: effect})
		}
	}
	return cells
}

// play plays cells, a few at a time, since some wait for half a minute. Those
// come first.
func play(t *testing.T, s *Server, prefix string, want []int64, cells []*cell) (versions string) {
	queue := make(chan *cell, len(cells))
	for _, hangs := range []bool{true, false} {
		for _, c := range cells {
			if hangs == (c.effect == proxy.Hang || c.effect == proxy.HangAfter) {
				queue <- c
			}
		}
	}
	close(queue)
	var working sync.WaitGroup
	defer working.Wait()
	for range 4 {
		p, err := proxy.Start("http://"+s.Host, s.Kind == "S3")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		theirs := &deltaRs{start: func() *exec.Cmd { return python(t, s, p.Host(), "spoilt_deltars.py") }}
		t.Cleanup(func() { theirs.end() })
		if versions == "" {
			a, err := theirs.do(map[string]any{"do": "versions"})
			if err != nil || a.Error != "" {
				t.Fatal(err, a.Error)
			}
			versions = a.Versions
		}
		working.Go(func() {
			for c := range queue {
				t.Run(c.name(), func(t *testing.T) { c.play(t, s, p, theirs, prefix, want) })
			}
		})
	}
	return versions
}

func (c *cell) play(t *testing.T, s *Server, p *proxy.Proxy, theirs *deltaRs, prefix string, want []int64) {
	if c.object == "" {
		c.ours = appendSpoilt(t, s, p, c.effect)
		c.ours.mustBeRight(t, c.effect)
		c.theirs = theirs.appendSpoilt(t, s, p, c.effect)
	} else {
		c.ours = readSpoilt(p, s.Location(p.Host(), prefix), c.object, c.effect)
		if !c.ours.good || !slices.Equal(c.ours.rows, want) {
			t.Errorf("%v, %v", c.ours.rows, c.ours.err)
		}
		c.theirs = theirs.readSpoilt(s, p, prefix, c.object, c.effect)
	}
	t.Logf("foreset: %s, %v; delta-rs: %s, %v", c.ours.told, c.ours.err, c.theirs.told, c.theirs.err)
}

// writeReport writes the tables of a server.
func writeReport(w io.Writer, s *Server, want []int64, cells []*cell) {
	version, err := os.ReadFile(filepath.Join(os.Getenv("FORESET_INTEROP_DIR"), s.Name+".version"))
	if err != nil {
		version = []byte("of unknown version")
	}
	fmt.Fprintf(w, "\n### %s: %s %s\n\n", s.Kind, s.Name, strings.TrimSpace(string(version)))
	fmt.Fprintln(w, "| the put of a commit meets | foreset was told | rows | commits | requests | s | verdict | delta-rs was told | rows | commits | requests | s | verdict |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---|---|---:|---:|---:|---:|---|")
	for _, c := range cells {
		if c.object == "" {
			fmt.Fprintf(w, "| %s |", c.effect)
			for _, o := range []outcome{c.ours, c.theirs} {
				fmt.Fprintf(w, " %s | %d | %d | %d | %.2f | %s |", o.told, o.times(), o.commits, o.requests, o.took.Seconds(), o.ofAppend())
			}
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintln(w, "\n| the first read of | meets | foreset was told | requests | s | verdict | delta-rs was told | requests | s | verdict |")
	fmt.Fprintln(w, "|---|---|---|---:|---:|---|---|---:|---:|---|")
	for _, c := range cells {
		if c.object != "" {
			fmt.Fprintf(w, "| `%s` | %s |", c.object, c.effect)
			for _, o := range []outcome{c.ours, c.theirs} {
				fmt.Fprintf(w, " %s | %d | %.2f | %s |", o.told, o.requests, o.took.Seconds(), o.ofRead(want))
			}
			fmt.Fprintln(w)
		}
	}
}
