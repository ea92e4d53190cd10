package checkpoint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/foreset/foreset/log"
)

// BenchmarkOpenAndList opens and lists a checkpoint named by
// FORESET_BENCH_CHECKPOINT, a Parquet file.
func BenchmarkOpenAndList(b *testing.B) {
	name := os.Getenv("FORESET_BENCH_CHECKPOINT")
	if name == "" {
		b.Skip("FORESET_BENCH_CHECKPOINT names no file")
	}
	for _, c := range []struct {
		name string
		cols Columns
	}{{"paths", 0}, {"stats", Stats}} {
		b.Run(c.name, func(b *testing.B) {
			st := fileStore{newStore(), filepath.Dir(name)}
			info, err := os.Stat(name)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				r, err := Open(context.Background(), st, []log.File{{Name: filepath.Base(name), Size: info.Size()}}, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.State(context.Background()); err != nil {
					b.Fatal(err)
				}
				n, bytes := 0, int64(0)
				var keep []*Files
				for f, err := range r.Files(context.Background(), c.cols) {
					if err != nil {
						b.Fatal(err)
					}
					n += f.Len()
					bytes += f.Bytes()
					keep = append(keep, f)
				}
				b.ReportMetric(float64(n), "files")
				b.ReportMetric(float64(bytes)/1e6, "heldMB")
				runtime.KeepAlive(keep)
			}
			b.ReportMetric(peakMB(), "peakMB")
		})
	}
}

// fileStore reads local files.
type fileStore struct {
	*mapStore
	dir string
}

func (s fileStore) ReadAt(_ context.Context, name string, p []byte, off int64) (int, error) {
	f, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(p, off)
}

// BenchmarkEncode encodes 20,000 files with statistics of sixteen columns.
func BenchmarkEncode(b *testing.B) {
	r := newRandom(1)
	src := source()
	var adds []*log.AddFile
	for i := range 20_000 {
		adds = append(adds, &log.AddFile{Path: fmt.Sprintf("part-%09d.parquet", i), Stats: r.stats(), PartitionValues: map[string]*string{}})
	}
	src.Adds = all(adds)
	for _, typed := range []string{"true", "false"} {
		b.Run("typed="+typed, func(b *testing.B) {
			src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": typed}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Write(context.Background(), newStore(), src, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(adds)), "µs/file")
		})
	}
}
