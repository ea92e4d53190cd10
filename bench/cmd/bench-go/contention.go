package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/table"
)

// writerCommand is the first argument of the processes that contend starts.
const writerCommand = "writer"

// written is what one writer reports, or several together.
type written struct {
	OK     []int64 // the ids of the rows that were acknowledged
	Failed int
	Errors []string // the first few
	Times  []time.Duration
	CPUS   float64
	RSSMB  float64
}

// add counts an append.
func (w *written) add(id int64, err error, took time.Duration) {
	w.Times = append(w.Times, took)
	if err == nil {
		w.OK = append(w.OK, id)
		return
	}
	w.Failed++
	if len(w.Errors) < 3 {
		w.Errors = append(w.Errors, err.Error())
	}
}

func (w *written) merge(other written) {
	w.OK = append(w.OK, other.OK...)
	w.Failed += other.Failed
	w.Errors = append(w.Errors, other.Errors...)
	w.Times = append(w.Times, other.Times...)
	w.CPUS += other.CPUS
	w.RSSMB = max(w.RSSMB, other.RSSMB)
}

// report holds what the writers were told against what the table has. A row
// that failed and is there all the same is stray.
func (w *written) report(c *config, found contents) map[string]any {
	var lost, doubled int64
	told := map[int64]bool{-1: true}
	for _, id := range w.OK {
		told[id] = true
	}
	for id := range told {
		if found.ids[id] == 0 {
			lost++
		}
	}
	var stray int64
	for id, times := range found.ids {
		doubled += times - 1
		if !told[id] {
			stray++
		}
	}
	return map[string]any{
		"mode": c.mode, "writers": c.p, "commits_each": c.n, "ok": len(w.OK), "failed": w.Failed, "errors": w.Errors[:min(3, len(w.Errors))],
		"lost": lost, "doubled": doubled, "stray": stray, "version": found.version,
		"p50_ms": milliseconds(percentile(w.Times, 0.5)), "p99_ms": milliseconds(percentile(w.Times, 0.99)), "writer_rss_mb": w.RSSMB,
	}
}

// contend has several processes append to one table at the same time, one row
// a commit, opening the table for each, or once (--mode). Then it looks for
// every row.
func contend(ctx context.Context, c *config) (*result, error) {
	if err := newRowTable(ctx, c); err != nil {
		return nil, err
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the processes that still run
	var writers []*writer
	for p := range c.p {
		w, err := startWriter(ctx, c, p)
		if err != nil {
			return nil, err
		}
		writers = append(writers, w)
	}
	var sum written
	err = m.run(1, nil, func() error {
		for _, w := range writers {
			if err := w.release(); err != nil {
				return err
			}
		}
		for _, w := range writers {
			r, err := w.wait()
			if err != nil {
				return err
			}
			sum.merge(r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found, err := countRows(ctx, c)
	if err != nil {
		return nil, err
	}
	return &result{
		meter: m, cpuS: round(sum.CPUS, 3), rows: number(int64(len(sum.OK))), files: number(found.files), extra: sum.report(c, found),
	}, nil
}

// writer is a process that appends when it is released.
type writer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startWriter returns when the process is ready.
func startWriter(ctx context.Context, c *config, index int) (*writer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, writerCommand, c.table, strconv.Itoa(c.n), strconv.Itoa(index), strconv.FormatBool(c.noSync), c.mode)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &writer{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if _, err := w.out.ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("writer %d did not start: %w", index, err), cmd.Wait())
	}
	return w, nil
}

func (w *writer) release() error {
	_, err := io.WriteString(w.in, "go\n")
	return errors.Join(err, w.in.Close())
}

func (w *writer) wait() (r written, err error) {
	decodeErr := json.NewDecoder(w.out).Decode(&r)
	return r, errors.Join(decodeErr, w.cmd.Wait())
}

// writerMain is the main function of such a process: it says that it is ready,
// waits for a line, appends, and prints what became of it.
func writerMain(ctx context.Context, args []string) error {
	if len(args) != 5 {
		return fmt.Errorf("%d arguments", len(args))
	}
	c := &config{table: args[0], noSync: args[3] == "true", mode: args[4]}
	var err, indexErr error
	var index int
	c.n, err = strconv.Atoi(args[1])
	index, indexErr = strconv.Atoi(args[2])
	if err := errors.Join(err, indexErr); err != nil {
		return err
	}
	commit := func(id int64) error { return appendByPath(ctx, c, id) }
	if c.mode == "handle" {
		t, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer t.Close(ctx)
		commit = func(id int64) error { return appendRow(ctx, t, id, table.Inline) }
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return fmt.Errorf("wait for the start: %w", err)
	}
	before, err := cpuTime()
	if err != nil {
		return err
	}
	var r written
	for i := range c.n {
		start := time.Now()
		id := int64(index*c.n + i)
		err := commit(id)
		r.add(id, err, time.Since(start))
	}
	after, err := cpuTime()
	if err != nil {
		return err
	}
	r.CPUS = (after - before).Seconds()
	if r.RSSMB, err = statusMB("VmHWM"); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// contents is what a table of rows holds.
type contents struct {
	ids            map[int64]int64 // how often each is there
	files, version int64
}

func countRows(ctx context.Context, c *config) (n contents, err error) {
	t, err := c.open(ctx)
	if err != nil {
		return contents{}, err
	}
	defer func() { err = errors.Join(err, t.Close(ctx)) }()
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return contents{}, err
	}
	n.version = s.Version()
	if n.files, _, err = s.Count(ctx); err != nil {
		return contents{}, err
	}
	n.ids = map[int64]int64{}
	for batch, err := range s.Scan(&table.ScanOptions{Columns: []string{"id"}}).Batches(ctx) {
		if err != nil {
			return contents{}, err
		}
		for _, id := range batch.Column(0).(*array.Int64).Int64Values() {
			n.ids[id]++
		}
	}
	return n, nil
}
