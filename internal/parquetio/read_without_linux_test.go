package parquetio

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/schema"
)

// runs is ReadPlan.Without.
type runs = func(first, end int64) iter.Seq2[int64, int64]

// BenchmarkScanWithout reads the file that FORESET_LINEITEM names (see
// BenchmarkScanLineitem) without some of its rows. The figure to look at is
// cpu-ms: what all threads of the process used.
func BenchmarkScanWithout(b *testing.B) {
	st, info := lineitemFile(b)
	f, err := Open(context.Background(), st, info.Name(), info.Size(), &OpenOptions{Rows: -1, Allocator: memory.DefaultAllocator, PageIndex: true})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	scattered := func(perMille int) func() runs {
		return func() runs {
			return dv.New(func(yield func(int64) bool) {
				for row := range f.NumRows() {
					if rng.IntN(1000) < perMille && !yield(row) {
						return
					}
				}
			}).Ranges
		}
	}
	clustered := func(step, count int64) func() runs {
		return func() runs { return every(step, count) }
	}
	three := &schema.Struct{Fields: []schema.Field{lineitem.Fields[0], lineitem.Fields[5], lineitem.Fields[10]}}
	for _, c := range []struct {
		name    string
		without func() runs
	}{
		{"none", func() runs { return nil }},
		{"1%", scattered(10)},
		{"10%", scattered(100)},
		{"50%", scattered(500)},
		{"90%", scattered(900)},
		{"99%", scattered(990)},
		{"99.9%", scattered(999)},
		{"clustered 10%", clustered(100_000, 10_000)},
		{"clustered 99.9%", clustered(6_000_000, 5_994_000)},
	} {
		for _, columns := range []struct {
			name   string
			schema *schema.Struct
		}{{"all", lineitem}, {"three", three}} {
			b.Run(fmt.Sprintf("%s/%s", columns.name, c.name), func(b *testing.B) {
				without := c.without()
				before := cpuTime(b)
				for b.Loop() {
					for _, err := range f.Read(context.Background(), ReadPlan{Schema: columns.schema, Without: without}) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms")
			})
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
