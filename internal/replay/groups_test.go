package replay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// regrouped is a checkpoint with row groups of a few rows each.
func regrouped(t *testing.T, body []byte, rng *rand.Rand) []byte {
	t.Helper()
	in := parquet.NewReader(bytes.NewReader(body))
	var out bytes.Buffer
	w := parquet.NewWriter(&out, in.Schema(), parquet.DefaultEncoding(&parquet.Plain))
	rows := make([]parquet.Row, 200)
	for {
		n, _ := in.ReadRows(rows[:1+rng.IntN(len(rows))])
		if n == 0 {
			break
		}
		if _, err := w.WriteRows(rows[:n]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const groupsSchema = `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"s","type":"string","nullable":true,"metadata":{}},` +
	`{"name":"d","type":"decimal(30,2)","nullable":true,"metadata":{}},{"name":"p","type":"string","nullable":true,"metadata":{}},{"name":"day","type":"date","nullable":true,"metadata":{}}]}`

// groupsWorld is a table of many files in the small row groups of a checkpoint,
// most of them with statistics, and some commits after it.
func groupsWorld(t *testing.T, rng *rand.Rand, files int) *world {
	t.Helper()
	w := newWorld(storage.NewMemory(nil))
	first := []log.Action{
		&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		&log.Metadata{
			ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: groupsSchema, PartitionColumns: []string{"p", "day"},
			Configuration: map[string]string{"delta.checkpoint.writeStatsAsJson": strconv.FormatBool(rng.IntN(2) == 0)},
		},
	}
	commits := [][]log.Action{first}
	noise := func() *string {
		if rng.IntN(20) == 0 {
			return nil
		}
		s := []string{"", "a", "b", "é", "z/ %"}[rng.IntN(5)]
		return &s
	}
	lacking := rng.IntN(3) == 0
	for i := range files {
		day := fmt.Sprintf("2024-01-%02d", 1+i*28/files)
		add := &log.AddFile{Path: fmt.Sprint("f", i), PartitionValues: map[string]*string{"p": noise(), "day": &day}, Size: 1, DataChange: true}
		if !lacking || rng.IntN(100) > 0 {
			nulls := rng.IntN(200) / 199
			add.Stats = fmt.Sprintf(`{"numRecords":9,"minValues":{"id":%d,"s":"%c%d","d":%d},"maxValues":{"id":%d,"s":"%cz","d":%d},"nullCount":{"id":%d,"s":0}}`,
				i, 'a'+i*20/files, i, i-files/2, i+rng.IntN(5), 'a'+i*20/files, i-files/2+rng.IntN(3), nulls)
		}
		of := rng.IntN(3)
		for len(commits) <= 1+of {
			commits = append(commits, nil)
		}
		commits[1+of] = append(commits[1+of], add)
	}
	var after []log.Action
	for range 30 {
		after = append(after, &log.RemoveFile{Path: fmt.Sprint("f", rng.IntN(files)), DataChange: true})
	}
	commits = append(commits, dedupe(after))
	for v, actions := range commits {
		if err := w.st.Put(ctx, log.CommitName(log.Version(v)), log.EncodeCommit(actions)); err != nil {
			t.Fatal(err)
		}
		if v == len(commits)-2 {
			s, err := replay.Load(ctx, w.src, replay.Latest)
			if err == nil {
				err = w.checkpoint(s)
			}
			if err != nil {
				t.Fatal(err)
			}
			name := log.CheckpointName(log.Version(v))
			body, _, err := w.st.Get(ctx, name, 1<<30)
			if err == nil {
				err = w.st.Put(ctx, name, regrouped(t, body, rng))
			}
			if err == nil {
				err = w.st.Delete(ctx, log.HintName)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return w
}

func dedupe(actions []log.Action) []log.Action {
	seen := map[string]bool{}
	var out []log.Action
	for _, a := range actions {
		if r := a.(*log.RemoveFile); !seen[r.Path] {
			seen[r.Path] = true
			out = append(out, a)
		}
	}
	return out
}

func groupsPredicate(rng *rand.Rand, files int) string {
	one := func() string {
		switch n := rng.IntN(files); rng.IntN(9) {
		case 0:
			return fmt.Sprintf("id = %d", n)
		case 1:
			return fmt.Sprintf("id > %d AND id < %d", n, n+rng.IntN(50))
		case 2:
			return fmt.Sprintf("s = '%c1'", 'a'+rng.IntN(22))
		case 3:
			return fmt.Sprintf("d = %d", n-files/2)
		case 4:
			return fmt.Sprintf("day = DATE '2024-01-%02d'", 1+rng.IntN(31))
		case 5:
			return "p = " + []string{"'a'", "'é'", "'zz'", "''"}[rng.IntN(4)]
		case 6:
			return []string{"p", "id", "day", "s"}[rng.IntN(4)] + " IS NULL"
		case 7:
			return fmt.Sprintf("d < %d", n-files)
		default:
			return fmt.Sprintf("id IN (%d, %d)", n, rng.IntN(files))
		}
	}
	if rng.IntN(3) == 0 {
		return one() + []string{" AND ", " OR "}[rng.IntN(2)] + one()
	}
	return one()
}

// TestConcurrentWalksOfOneStateLoseNoFileThatIsWanted, whatever each of them
// wants, while the base becomes resident or not, some walks end early or are
// cancelled, and the checkpoint may be damaged: then they find the files by other
// ways, or end with an error that says so.
func TestConcurrentWalksOfOneStateLoseNoFileThatIsWanted(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FORESET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	rounds := 3
	if text := os.Getenv("FORESET_ROUNDS"); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	const files = 1500
	table, err := schema.Parse([]byte(groupsSchema))
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		seed := seed + uint64(round)
		t.Logf("FORESET_SEED=%d", seed)
		rng := rand.New(rand.NewPCG(seed, 1))
		w := groupsWorld(t, rng, files)
		var mu sync.Mutex
		w.src.Warn = func(error) { mu.Lock(); defer mu.Unlock(); w.warns = append(w.warns, "") }
		all := map[string]*log.AddFile{}
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		for f, err := range s.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				t.Fatal(err)
			}
			if all[f.Path()] != nil {
				t.Fatalf("FORESET_SEED=%d: %s twice", seed, f.Path())
			}
			all[f.Path()] = f.Add()
		}
		damaged := rng.IntN(3) == 0
		if damaged {
			damageOne(t, w, rng)
		}
		w.src.Share = []int64{1, 100 << 10, 1 << 20, 1 << 30}[rng.IntN(4)]
		if s, err = replay.Load(ctx, w.src, replay.Latest); err != nil {
			if damaged && errors.Is(err, log.ErrCorrupt) {
				continue
			}
			t.Fatal(err)
		}
		var work sync.WaitGroup
		for g := range 6 {
			rng := rand.New(rand.NewPCG(seed, uint64(g)+100))
			work.Go(func() {
				for range 6 {
					text := groupsPredicate(rng, files)
					bound, err := expr.SQL(text).Bind(table, expr.Env{})
					if err != nil {
						t.Errorf("%s: %v", text, err)
						return
					}
					by := skipping.NewFiles(bound, table, s.Metadata, schema.NoMapping, nil)
					skip := by.Decider()
					want := checkpoint.Wanted{
						Values: func(v checkpoint.Values) bool { return skip.Partition(v) != skipping.None },
						Group:  func(b checkpoint.Bounds) bool { return !skip.Excludes(b.Partitions, b.Stats) },
					}
					within, cancel := context.WithCancel(ctx)
					stop := -1
					if rng.IntN(4) == 0 {
						stop = rng.IntN(files)
					}
					byCancel := rng.IntN(2) == 0
					got := map[string]bool{}
					ended := error(nil)
					for f, err := range s.Select(within, checkpoint.Stats, want) {
						if err != nil {
							ended = err
							break
						}
						if stop--; stop == 0 {
							if cancel(); !byCancel {
								ended = context.Canceled
								break
							}
						}
						if all[f.Path()] == nil || got[f.Path()] {
							t.Errorf("FORESET_SEED=%d: %s: %s is yielded twice, or is none", seed, text, f.Path())
							break
						}
						got[f.Path()] = true
						if v := skip.Decide(f); v != by.Decide(all[f.Path()]) {
							t.Errorf("FORESET_SEED=%d: %s: %s is %v", seed, text, f.Path(), v)
						}
					}
					cancel()
					if ended != nil {
						if !errors.Is(ended, context.Canceled) && !(damaged && errors.Is(ended, log.ErrCorrupt)) {
							t.Errorf("FORESET_SEED=%d: %s: %v", seed, text, ended)
						}
						continue
					}
					for path, add := range all {
						if !got[path] && by.Decide(add) != skipping.None {
							t.Errorf("FORESET_SEED=%d: %s: %s is lost: %s", seed, text, path, add.Stats)
						}
					}
				}
			})
		}
		work.Wait()
		if len(w.warns) > 0 && !damaged {
			t.Errorf("FORESET_SEED=%d: %d warnings", seed, len(w.warns))
		}
	}
}

// damageOne changes some bytes within the row groups of the checkpoint.
func damageOne(t *testing.T, w *world, rng *rand.Rand) {
	t.Helper()
	for f, err := range w.st.List(ctx, log.Dir, log.Dir) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Name, ".checkpoint.parquet") {
			continue
		}
		body, _, err := w.st.Get(ctx, f.Name, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.Clone(body)
		at := 4 + rng.IntN(len(body)*2/3)
		for i := range 40 {
			body[at+i] ^= 0x5a
		}
		if err := w.st.Put(ctx, f.Name, body); err != nil {
			t.Fatal(err)
		}
	}
}
