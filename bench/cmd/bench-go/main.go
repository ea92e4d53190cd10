// Bench-go runs one workload with this library and prints one line of JSON, in
// the form that the engines of ../../peers print it in.
//
//	bench-go WORKLOAD --table PATH [flags]
//
// Exit code 2: no such workload, or bad flags. Exit code 1: it failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/storage"
	_ "github.com/foreset/foreset/storage/s3"
	"github.com/foreset/foreset/table"
)

// config is what the flags say.
type config struct {
	workload    string
	table       string
	scale       string
	input       string // arrow, stream
	compression string
	mode        string // one of modes
	repeat      int
	n           int
	p           int
	key         int64
	wait        time.Duration
	noSync      bool
	cpuProfile  string
	heapProfile string
	data, tmp   string // BENCH_DATA, BENCH_TMP
	store       store
}

var modes = []string{"handle", "path", "ack", "writer", "append", "turns", "stats"}

type workload func(context.Context, *config) (*result, error)

var workloads = map[string]workload{
	"W0_idle":          idle,
	"W1_append":        appendLineitem,
	"W1b_partitioned":  appendLineitem,
	"W2_full":          scanTable,
	"W2b_project":      scanTable,
	"W2c_selective":    scanTable,
	"W2d_lookup":       scanTable,
	"W2dv_full":        scanTable,
	"W2dv_project":     scanTable,
	"W3_snapshot":      openAndList,
	"W3_incremental":   advance,
	"W3_plan":          planScan,
	"W4_small_commits": smallCommits,
	"W4c_checkpoint":   writeCheckpoint,
	"W4g_group":        group,
	"W5_contention":    contend,
	"W9_open":          openSmall,
	"W9_open_list":     openSmall,
	"W9_open_nocp":     openSmall,
	"W9_update":        updateSmall,
	"W9_append_path":   appendSmall,
	"W9_append_handle": appendSmall,
	"W9_append_ack":    appendSmall,
	"W9_scan10":        scanSmall,
	"W9_scan10_handle": scanSmall,
	"W9_checkpoint":    checkpointSmall,
	"W10_filter":       evaluate,
	"W10_like":         evaluate,
	"W10_in":           evaluate,
	"W10_case":         evaluate,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == deleteCommand {
		return report(ctx, &config{workload: deleteCommand}, deleteMain(ctx, args[1:]))
	}
	if len(args) > 0 && args[0] == writerCommand {
		return report(ctx, &config{workload: "writer"}, writerMain(ctx, args[1:]))
	}
	c, work, err := parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-go:", err)
		return 2
	}
	return report(ctx, c, measureAndPrint(ctx, c, work))
}

func report(ctx context.Context, c *config, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "bench-go: %s: %v\n", c.workload, err)
	if ctx.Err() != nil {
		return 130
	}
	return 1
}

func parse(args []string) (*config, workload, error) {
	if len(args) == 0 {
		return nil, nil, errors.New("usage: bench-go WORKLOAD --table PATH [flags]")
	}
	c := &config{workload: args[0], data: os.Getenv("BENCH_DATA"), tmp: os.Getenv("BENCH_TMP"), store: storeFromEnvironment()}
	work := workloads[c.workload]
	if work == nil {
		return nil, nil, fmt.Errorf("there is no workload %q", c.workload)
	}
	f := flag.NewFlagSet("bench-go "+c.workload, flag.ContinueOnError)
	f.StringVar(&c.table, "table", "", "the table's `folder`, or s3://bucket/key")
	f.StringVar(&c.scale, "scale", "sf1", "name of the input, a folder of BENCH_DATA")
	f.StringVar(&c.input, "input", "stream", "arrow: batches in memory; stream: read from Parquet within the measured time")
	f.StringVar(&c.compression, "compression", "SNAPPY", "`codec` of written files")
	f.StringVar(&c.mode, "mode", "handle", "handle: one open table; path: opened for every commit; ack: one open table, what follows a commit is not waited for; "+
		"writer, append, turns: how W4g_group commits; stats: W3_snapshot reads statistics, too")
	f.IntVar(&c.repeat, "repeat", 1, "runs; the fastest counts")
	f.IntVar(&c.n, "n", 200, "commits, rows of a caller, or tables")
	f.IntVar(&c.p, "p", 4, "processes, or callers")
	f.Int64Var(&c.key, "key", 123456, "l_partkey of W2d_lookup")
	f.DurationVar(&c.wait, "wait", 0, "how long the tables of W0_idle stay idle")
	f.BoolVar(&c.noSync, "no-sync", false, "leave out every fsync, to see what it costs")
	f.StringVar(&c.cpuProfile, "cpuprofile", "", "`file` for a CPU profile of the measured runs")
	f.StringVar(&c.heapProfile, "heapprofile", "", "`file` for a profile of all allocations up to the end")
	if err := f.Parse(args[1:]); err != nil {
		return nil, nil, err
	}
	if f.NArg() > 0 {
		return nil, nil, fmt.Errorf("unexpected arguments %q", f.Args())
	}
	if c.table == "" {
		return nil, nil, errors.New("--table is missing")
	}
	if c.repeat < 1 || c.n < 1 || c.p < 1 {
		return nil, nil, errors.New("--repeat, --n and --p must be 1 or more")
	}
	if (c.input != "arrow" && c.input != "stream") || !slices.Contains(modes, c.mode) {
		return nil, nil, fmt.Errorf("unknown --input %q or --mode %q", c.input, c.mode)
	}
	c.compression = strings.ToLower(c.compression)
	c.table = c.store.location(c.table)
	if c.data == "" {
		c.data = filepath.Join(os.TempDir(), "bench-data")
	}
	if c.tmp == "" {
		c.tmp = filepath.Join(os.TempDir(), "bench-tmp")
	}
	return c, work, nil
}

// options are the library's defaults, but for what the flags change. The
// Arrow allocator is the default one too.
func (c *config) options() (*table.Options, error) {
	o := &table.Options{Allocator: memory.DefaultAllocator}
	if !c.noSync {
		return o, nil
	}
	store, err := storage.NewLocal(c.table, &storage.LocalOptions{NoSync: true})
	if err != nil {
		return nil, err
	}
	o.Store = store
	return o, nil
}

func (c *config) open(ctx context.Context) (*table.Table, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	return table.Open(ctx, c.table, o)
}
