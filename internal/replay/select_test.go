package replay_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// TestStatisticsOfSelectedFilesAreThoseOfAll, whether the base, or all but its
// statistics, fits in memory or not, and whatever form the checkpoint has them
// in.
func TestStatisticsOfSelectedFilesAreThoseOfAll(t *testing.T) {
	const files = 3000
	for _, text := range []bool{true, false} {
		w := newWorld(storage.NewMemory(nil))
		conf := map[string]string{"delta.checkpoint.writeStatsAsJson": fmt.Sprint(text), "delta.checkpoint.writeStatsAsStruct": fmt.Sprint(!text)}
		schemaString := `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"s","type":"string","nullable":true,"metadata":{}},{"name":"p","type":"string","nullable":true,"metadata":{}}]}`
		first := []log.Action{
			&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
			&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: schemaString, PartitionColumns: []string{"p"}, Configuration: conf},
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var adds, after []log.Action
		want := map[string]string{}
		for i := range files {
			p := fmt.Sprint(rng.IntN(20))
			add := &log.AddFile{Path: fmt.Sprint("f", i), PartitionValues: map[string]*string{"p": &p}, Size: 1, DataChange: true}
			if i%9 > 0 {
				long := strings.Repeat("x", 200)
				add.Stats = fmt.Sprintf(`{"numRecords":%d,"minValues":{"id":%d,"s":"%s"},"maxValues":{"id":%d,"s":"%s"},"nullCount":{"id":0,"s":%d}}`, i, i, long, i+5, long, i%3)
			}
			switch want[add.Path] = add.Stats; {
			case i >= files-10:
				after = append(after, add)
			default:
				adds = append(adds, add)
			}
		}
		after = append(after, &log.RemoveFile{Path: "f5", DataChange: true})
		delete(want, "f5")
		for v, actions := range [][]log.Action{first, adds, after} {
			if err := w.st.Put(ctx, log.CommitName(log.Version(v)), log.EncodeCommit(actions)); err != nil {
				t.Fatal(err)
			}
			if v == 1 {
				s, err := replay.Load(ctx, w.src, replay.Latest)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.checkpoint(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, share := range []int64{1 << 30, 1 << 20, 300 << 10, 1} {
			w.src.Share = share
			s, err := replay.Load(ctx, w.src, replay.Latest)
			if err != nil {
				t.Fatal(err)
			}
			for walk, wanted := range []string{"7", "none", "", "7", "3"} {
				var only func(checkpoint.Values) bool
				if wanted != "" {
					only = func(value checkpoint.Values) bool {
						text, _, _ := value("p")
						return text == wanted
					}
				}
				seen := 0
				for f, err := range s.Select(ctx, checkpoint.Stats, only) {
					if err != nil {
						t.Fatal(err)
					}
					seen++
					p, _, _ := f.PartitionValue("p")
					expected, there := want[f.Path()]
					if got := f.Stats(); !there || got != expected && (wanted == "" || p == wanted || got != "") {
						t.Fatalf("text %v, share %d, walk %d for %q: %s of %s has %q, want %q", text, share, walk, wanted, f.Path(), p, got, expected)
					}
				}
				if seen != len(want) {
					t.Fatalf("text %v, share %d, walk %d for %q: %d files, want %d", text, share, walk, wanted, seen, len(want))
				}
			}
		}
		if warned := w.warned(); len(warned) > 0 {
			t.Error(warned)
		}
	}
}
