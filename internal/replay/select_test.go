package replay_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
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
				for f, err := range s.Select(ctx, checkpoint.Stats, checkpoint.Wanted{Values: only}) {
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

// TestRowGroupsOfFilesThatAreNotWantedAreNotRead, by walks that say so: of a
// base that would fit, a few walks read what they want, until one reads all of it
// for those after it; of one that does not fit, each.
func TestRowGroupsOfFilesThatAreNotWantedAreNotRead(t *testing.T) {
	if raceEnabled {
		t.Skip("two row groups are 262,142 files, walked by one goroutine")
	}
	const groups, files, first = 2, 1 << 17, 1<<17 - 2 // files of a row group; of the first, which has the protocol, too
	w := newWorld(nil)
	src := &checkpoint.Source{
		Version: 1, NumAdds: -1, AddBytes: -1, Protocol: &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		Metadata: &log.Metadata{
			ID: "t", Format: log.Format{Provider: "parquet"}, Configuration: map[string]string{"delta.checkpoint.writeStatsAsStruct": "true"},
			SchemaString: `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`,
		},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for id := range first + (groups-1)*files {
			stats := fmt.Sprintf(`{"numRecords":1,"minValues":{"id":%d},"maxValues":{"id":%d},"nullCount":{"id":0}}`, id, id)
			name := fmt.Sprintf("%d-%x%x", id, rng.Uint64(), rng.Uint64()) // makes the columns larger than what is read along
			if !yield(&log.AddFile{Path: name, PartitionValues: map[string]*string{}, Size: 1, Stats: stats}, nil) {
				return
			}
		}
	}
	body, _, err := checkpoint.Encode(ctx, src, nil)
	if err == nil {
		err = w.st.Put(ctx, log.CheckpointName(1), body)
	}
	if err == nil {
		err = w.st.Put(ctx, log.CommitName(1), log.EncodeCommit([]log.Action{&log.CommitInfo{Operation: "x"}}))
	}
	if err != nil {
		t.Fatal(err)
	}
	last := fmt.Sprintf(`"maxValues":{"id":%d}`, first+files-1)
	wanted := checkpoint.Wanted{Group: func(b checkpoint.Bounds) bool { return strings.Contains(b.Stats, last) }}
	for _, c := range []struct {
		share int64
		files []int // of each walk
		reads []int
	}{
		{1 << 30, []int{files, files, first + files, first + files}, []int{1, 1, groups, 0}},
		{4 << 20, []int{files, files, files}, []int{1, 1, 1}},
	} {
		w.src.Share = c.share
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		for walk := range c.files {
			w.rec.Reset()
			n, others := 0, 0
			for f, err := range s.Select(ctx, 0, wanted) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				text, _, _ := strings.Cut(f.Path(), "-")
				if id, err := strconv.Atoi(text); err != nil || id < first || id >= first+files {
					others++
				}
			}
			if reads := len(w.rec.Calls()); n != c.files[walk] || n-others != files || reads != c.reads[walk] {
				t.Errorf("share %d, walk %d: %d files, of them %d others, %d reads; want %d files, %d reads", c.share, walk, n, others, reads, c.files[walk], c.reads[walk])
			}
		}
	}
	if warned := w.warned(); len(warned) > 0 {
		t.Error(warned)
	}
}
