package scan_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// BenchmarkProbe reads the rows that a predicate selects of TPC-H's lineitem,
// scattered or in runs, with a probe of the predicate's column and without.
// The figure to look at is cpu-ms: what all threads of the process used.
//
//	tpchgen-cli parquet -s 1 --tables=lineitem -o DIR
//	FORESET_LINEITEM=DIR/lineitem.parquet go test -run '^$' -bench Probe ./internal/scan
func BenchmarkProbe(b *testing.B) {
	name := os.Getenv("FORESET_LINEITEM")
	if name == "" {
		b.Skip("FORESET_LINEITEM is not set")
	}
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	if err := os.Link(name, filepath.Join(dir, "lineitem.parquet")); err != nil {
		b.Skip(err) // on another disk
	}
	st, err := storage.NewLocal(dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s, err := schema.ParseColumns(`l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(15,2),
		l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag string, l_linestatus string,
		l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct string, l_shipmode string, l_comment string`)
	if err != nil {
		b.Fatal(err)
	}
	actions := []log.Action{
		&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: string(s.JSON())},
		&log.AddFile{Path: "lineitem.parquet", Size: info.Size(), PartitionValues: map[string]*string{}, DataChange: true},
	}
	if err := st.Put(context.Background(), log.CommitName(0), log.EncodeCommit(actions)); err != nil {
		b.Fatal(err)
	}
	state, err := replay.Load(context.Background(), &replay.Source{Store: st, Committer: log.NewCommitter(st, nil), Share: 1 << 20, Parallel: 1}, replay.Latest)
	if err != nil {
		b.Fatal(err)
	}
	read := func(where string, columns []string, least int64) (rows int64) {
		p, err := scan.New(scan.Options{
			Store: st, State: state, Schema: s, Env: expr.Env{Zone: time.UTC}, Parallel: 1, Budget: 256 << 20, Allocator: memory.DefaultAllocator,
			Where: expr.SQL(where), Columns: columns, ProbeRows: least,
		})
		if err != nil {
			b.Fatal(err)
		}
		for batch, err := range p.Batches(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			rows += batch.Record.NumRows()
		}
		return rows
	}
	for _, shape := range []struct{ name, where string }{
		{"scattered", "l_partkey %% 1000 < %d"},
		{"runs of 40", "(l_orderkey div 40) %% 1000 < %d"}, // a key in four is used, and has four rows
	} {
		for _, perMille := range []int{1, 10, 30, 100, 300, 500, 800} {
			for _, columns := range []struct {
				name  string
				names []string
			}{{"all", nil}, {"three", []string{"l_extendedprice", "l_shipdate", "l_shipmode"}}} {
				for _, probe := range []struct {
					name  string
					least int64
				}{{"probe", 0}, {"none", math.MaxInt64}} {
					b.Run(fmt.Sprintf("%s/%d/%s/%s", shape.name, perMille, columns.name, probe.name), func(b *testing.B) {
						before := cpuTime(b)
						for b.Loop() {
							read(fmt.Sprintf(shape.where, perMille), columns.names, probe.least)
						}
						b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms")
					})
				}
			}
		}
	}
}

// cpuTime is what the process has used of processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
