package replay_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// churn is a commit that adds one file and removes the one before it.
func churn(v log.Version) []log.Action {
	when := int64(v)
	actions := []log.Action{&log.AddFile{Path: fmt.Sprintf("f%d", v), PartitionValues: map[string]*string{}, Size: 10, DataChange: true}}
	if v > 1 {
		actions = append(actions, &log.RemoveFile{Path: fmt.Sprintf("f%d", v-1), DeletionTimestamp: &when, DataChange: true})
	}
	return actions
}

// first are the actions of a table's first commit.
func first() []log.Action {
	return []log.Action{&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, PartitionColumns: []string{}, SchemaString: `{"type":"struct","fields":[]}`}}
}

func paths(t *testing.T, s *replay.State) (out []string) {
	t.Helper()
	for f, err := range s.Files(ctx, checkpoint.AllColumns) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f.Path())
	}
	return out
}

func heapObjects() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapObjects
}

// TestAHandleOfAHundredThousandUpdatesDoesNotGrow though nobody writes a
// checkpoint: its tail is as long as its table is large, and states of before
// stay what they were.
func TestAHandleOfAHundredThousandUpdatesDoesNotGrow(t *testing.T) {
	updates := log.Version(100_000)
	if testing.Short() || raceEnabled {
		updates = 25_000
	}
	w := newWorld(nil)
	s := replay.First(w.src, first(), time.Time{}, "")
	kept := map[log.Version]*replay.State{}
	var base uint64
	longest := 0
	for v := log.Version(1); v <= updates; v++ {
		var err error
		if s, err = s.Apply(ctx, v, churn(v), time.Time{}, ""); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, s.TailLen())
		switch {
		case v == 12_000:
			base = heapObjects() // the tail was shortened once
		case v == 9_999, v == 10_003, v == 24_000: // on both sides of where it is shortened
			kept[v] = s
		}
	}
	if longest > 20_001 {
		t.Errorf("the tail had %d entries", longest)
	}
	for v, old := range kept {
		if got, want := fmt.Sprint(paths(t, old)), fmt.Sprintf("[f%d]", v); got != want {
			t.Errorf("version %d: %s", v, got)
		}
	}
	clear(kept)
	if got, want := fmt.Sprint(paths(t, s)), fmt.Sprintf("[f%d]", updates); got != want {
		t.Errorf("the newest: %s, want %s", got, want)
	}
	if now := heapObjects(); now > base+200_000 { // ten objects for each of 20,000 entries
		t.Errorf("%d objects, %d after 12,000 updates", now, base)
	}
	runtime.KeepAlive(s)
}

// TestAShortenedTailIsStillTheTable: with a base of which some files were
// removed, some re-added, and some left alone; tombstones are read again from
// the log.
func TestAShortenedTailIsStillTheTable(t *testing.T) {
	for _, share := range []int64{1 << 20, 1} { // the base in memory, and streamed
		for _, sum := range []bool{false, true} { // opened with a checksum, so that nobody has read the files
			w := newWorld(storage.NewMemory(nil))
			w.src.Share = share
			put := func(v log.Version, actions []log.Action) {
				t.Helper()
				if err := w.st.Put(ctx, log.CommitName(v), log.EncodeCommit(actions)); err != nil {
					t.Fatal(err)
				}
			}
			put(0, first())
			if err := w.commit(1, "add f1, add base1, add base2, add base3, add base4+x"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.do("checkpoint 1"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.do("crc 1"); err != nil {
				t.Fatal(err)
			}
			if !sum {
				if err := w.st.Delete(ctx, log.ChecksumName(1)); err != nil {
					t.Fatal(err)
				}
			}
			s, err := replay.Load(ctx, w.src, replay.Latest)
			if err != nil {
				t.Fatal(err)
			}
			if !sum {
				paths(t, s) // the base is read
			}
			name := fmt.Sprintf("share %d, checksum %v", share, sum)
			updates := log.Version(11_000)
			if share == 1 && !sum {
				if testing.Short() || raceEnabled {
					continue
				}
				updates = 41_000
			}
			shortened := false
			for v := log.Version(2); v <= updates; v++ {
				actions := churn(v)
				switch v {
				case 3:
					actions = append(actions, &log.RemoveFile{Path: "base1", DataChange: true})
				case 4:
					actions = append(actions, &log.AddFile{Path: "base2", PartitionValues: map[string]*string{}, Size: 99, DataChange: true})
				case 5:
					_, dv := fileOf("base4+x")
					actions = append(actions, &log.RemoveFile{Path: "base4", DeletionVector: dv, DataChange: true}, &log.AddFile{Path: "base4", PartitionValues: map[string]*string{}, Size: 10, DataChange: true})
				}
				put(v, actions)
				before := s.TailLen()
				if s, err = s.Apply(ctx, v, actions, time.Time{}, ""); err != nil {
					t.Fatal(name, err)
				}
				shortened = shortened || s.TailLen() < before
			}
			want, err := replay.Load(ctx, w.src, replay.Latest)
			if err != nil {
				t.Fatal(err)
			}
			wantText, err := described(want)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := described(s.WithSum(nil))
				if err != nil || got[0] != wantText[0] {
					t.Fatalf("%s: %d bytes of text, %v, want %d bytes", name, len(fmt.Sprint(got)), err, len(wantText[0]))
				}
			}
			if !shortened && !sum {
				t.Errorf("%s: the tail was never shortened", name)
			}
			// What was loaded again goes on without being loaded again.
			w.rec.Reset()
			for v := log.Version(updates + 1); v < updates+4; v++ {
				put(v, churn(v))
				if s, err = s.Apply(ctx, v, churn(v), time.Time{}, ""); err != nil {
					t.Fatal(name, err)
				}
				if got := len(paths(t, s)); got != 4 { // f, base2, base3, base4
					t.Fatalf("%s: %d files", name, got)
				}
			}
			commits := 0
			for _, call := range w.rec.Calls() {
				if n, ok := log.ParseName(call.Name); ok && n.Kind == log.Commit && len(call.Names) == 0 && call.Bytes > 0 && call.Kind == "get" {
					commits++
				}
			}
			if commits > 0 {
				t.Errorf("%s: %d commits were read", name, commits)
			}
		}
	}
}

// TestAnOlderStateOfADetachedLineageGoesOn after a newer one has loaded the files
// of both anew.
func TestAnOlderStateOfADetachedLineageGoesOn(t *testing.T) {
	w := newWorld(storage.NewMemory(nil))
	put := func(v log.Version, actions []log.Action) {
		t.Helper()
		if err := w.st.Put(ctx, log.CommitName(v), log.EncodeCommit(actions)); err != nil {
			t.Fatal(err)
		}
	}
	put(0, first())
	for v := log.Version(1); v <= 3; v++ {
		put(v, churn(v))
	}
	if _, err := w.do("checkpoint 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.do("crc 1"); err != nil {
		t.Fatal(err)
	}
	s, err := replay.Load(ctx, w.src, 1)
	if err != nil {
		t.Fatal(err)
	}
	many := churn(2)
	for i := range 25_000 {
		many = append(many, &log.AddFile{Path: fmt.Sprintf("many%d", i), PartitionValues: map[string]*string{}, Size: 10, DataChange: true})
	}
	put(2, many)
	one, err := s.Apply(ctx, 2, many, time.Time{}, "") // detached at 2?
	if err != nil {
		t.Fatal(err)
	}
	older, err := one.Apply(ctx, 3, churn(3), time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	newer := older
	for v := log.Version(4); v < 8; v++ {
		put(v, churn(v))
		if newer, err = newer.Apply(ctx, v, churn(v), time.Time{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(paths(t, newer)); got != 25_001 {
		t.Errorf("%d files of the newer", got)
	}
	again, err := older.Apply(ctx, 4, churn(4), time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(paths(t, again)); got != 25_001 {
		t.Errorf("%d files", got)
	}
	if got := len(paths(t, older)); got != 25_001 {
		t.Errorf("%d files", got)
	}
}
