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
	"github.com/foreset/foreset/storage/faults"
)

// TestABaseOverTheBudgetIsReadOnceForEachWalk: what does not fit is known by the
// footer, before it is read in vain; what fits is read once for all walks.
func TestABaseOverTheBudgetIsReadOnceForEachWalk(t *testing.T) {
	const files = 40_000 // with names that make the checkpoint larger than what is read at one go
	rec := faults.Record(storage.NewMemory(nil))
	w := newWorld(rec)
	if err := w.commit(0, "protocol, metadata t"); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	actions := make([]log.Action, files)
	for i := range actions {
		var name strings.Builder
		for range 20 {
			fmt.Fprintf(&name, "%x", rng.Uint64()) // 8 random bytes
		}
		actions[i] = &log.AddFile{Path: name.String(), PartitionValues: map[string]*string{}, Size: 1, DataChange: true}
	}
	if err := rec.Put(ctx, log.CommitName(1), log.EncodeCommit(actions)); err != nil {
		t.Fatal(err)
	}
	s, err := replay.Load(ctx, w.src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.checkpoint(s); err != nil {
		t.Fatal(err)
	}
	name := log.CheckpointName(1)
	info, err := rec.Head(ctx, name)
	if err != nil || info.Size <= 4<<20 {
		t.Fatalf("%d bytes, %v", info.Size, err)
	}
	for _, c := range []struct {
		share int64
		reads [3]int // of the checkpoint, in each of three walks
	}{
		{1 << 30, [3]int{1, 0, 0}}, // the columns: the load has read the footer
		{1 << 20, [3]int{1, 1, 1}}, // these once more for each walk
	} {
		w.src.Share = c.share
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.reads {
			rec.Reset()
			n := 0
			for _, err := range s.Files(ctx, checkpoint.Columns(0)) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			reads, others := 0, 0
			for _, call := range rec.Calls() {
				if call.Name == name {
					reads++
				} else {
					others++
				}
			}
			if n != files || reads != want || others > 0 {
				t.Errorf("a share of %d bytes, walk %d: %d files; %d reads of the checkpoint, want %d; %d others", c.share, i, n, reads, want, others)
			}
		}
	}
}
