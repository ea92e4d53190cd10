package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// clocked is a table with one commit an hour from 12:00 on, by the store's
// clock: version v at 12+v, with the rows 1 to v.
func clocked(t *testing.T, n int, properties map[string]string) (storage.Store, *table.Table) {
	t.Helper()
	now := noon
	clock := func() time.Time { return now }
	st := storage.NewMemory(&storage.MemoryOptions{Now: clock})
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: table.Options{Now: clock}, Properties: properties})
	for v := range n {
		now = now.Add(time.Hour)
		mustAppend(t, tbl, ids(t, int64(v+1)), nil)
	}
	return st, tbl
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func TestTimeTravel(t *testing.T) {
	for _, inCommit := range []string{"false", "true"} {
		t.Run("in-commit timestamps "+inCommit, func(t *testing.T) {
			_, tbl := clocked(t, 4, map[string]string{"delta.enableInCommitTimestamps": inCommit, "delta.checkpointInterval": "3"})
			for _, c := range []struct {
				at   table.At
				want int64 // −1: gone
			}{
				{table.At{}, 4},
				{table.Version(0), 0}, {table.Version(2), 2}, {table.Version(4), 4}, {table.Version(5), -1}, {table.Version(-1), -1},
				{table.AsOf(noon.Add(-time.Millisecond)), -1},
				{table.AsOf(noon), 0},
				{table.AsOf(noon.Add(time.Hour - time.Nanosecond)), 0},
				{table.AsOf(noon.Add(2 * time.Hour)), 2},
				{table.AsOf(noon.Add(2*time.Hour + time.Nanosecond)), 2},
				{table.AsOf(noon.Add(150 * time.Minute).In(time.FixedZone("east", 7*3600))), 2},
				{table.AsOf(noon.Add(1000 * time.Hour)), 4},
			} {
				s, err := tbl.Snapshot(context.Background(), c.at)
				if c.want < 0 {
					if !errors.Is(err, table.ErrVersionGone) {
						t.Errorf("%+v: %v", c.at, err)
					}
					continue
				}
				if err != nil || s.Version() != c.want {
					t.Errorf("want version %d: %v", c.want, err)
					continue
				}
				if got := s.Timestamp(); !got.Equal(noon.Add(time.Duration(c.want) * time.Hour)) {
					t.Errorf("version %d is of %v", c.want, got)
				}
				if n, err := s.Scan(nil).Count(context.Background()); n != c.want || err != nil {
					t.Errorf("version %d holds %d rows, %v", c.want, n, err)
				}
			}
		})
	}
}

// TestInCommitTimestampsAscendThoughClocksGoBack: the store's clock and the
// writer's are of no use here.
func TestInCommitTimestampsAscendThoughClocksGoBack(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: table.Options{Now: clock}, Properties: map[string]string{"delta.enableInCommitTimestamps": "true"}})
	for range 3 {
		now = now.Add(-time.Hour)
		mustAppend(t, tbl, ids(t, 1), nil)
	}
	for v := range int64(4) {
		s, err := tbl.Snapshot(context.Background(), table.AsOf(noon.Add(time.Duration(v)*time.Millisecond)))
		if err != nil || s.Version() != v || !s.Timestamp().Equal(noon.Add(time.Duration(v)*time.Millisecond)) {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

// TestTimesOfObjectsAreMadeToAscendToBeTravelledTo: those that Tail gives come
// back to their version. Those that snapshots have are what the store says, and
// come back to it or to one before.
func TestTimesOfObjectsAreMadeToAscendToBeTravelledTo(t *testing.T) {
	ctx, now := context.Background(), noon
	st := storage.NewMemory(&storage.MemoryOptions{Now: func() time.Time { return now }})
	tbl := create(t, st, "id bigint", nil)
	said := []int{0, 500, 100, 100, 501, 2000} // milliseconds
	ascending := []int{0, 500, 501, 502, 503, 2000}
	back := []int64{0, 1, 0, 0, 2, 5}
	for v := 1; v < len(said); v++ {
		now = noon.Add(time.Duration(said[v]) * time.Millisecond)
		mustAppend(t, tbl, ids(t, int64(v)), nil)
	}
	tbl = open(t, st, nil)
	for c, err := range tbl.Tail(ctx, &table.TailOptions{After: number(-1), Until: number(5)}) {
		if err != nil {
			t.Fatal(err)
		}
		at := must(tbl.Snapshot(ctx, table.AsOf(c.Timestamp)))
		own := must(tbl.Snapshot(ctx, table.Version(c.Version)))
		byOwn := must(tbl.Snapshot(ctx, table.AsOf(own.Timestamp())))
		if at.Version() != c.Version || int(c.Timestamp.Sub(noon).Milliseconds()) != ascending[c.Version] ||
			int(own.Timestamp().Sub(noon).Milliseconds()) != said[c.Version] || byOwn.Version() != back[c.Version] {
			t.Errorf("version %d: %v leads to %d; the snapshot's own time %v to %d", c.Version, c.Timestamp, at.Version(), own.Timestamp(), byOwn.Version())
		}
	}
}

// TestVersionsThatWereCleanedUpAreGone: the log from a checkpoint on is all
// that later versions need.
func TestVersionsThatWereCleanedUpAreGone(t *testing.T) {
	st, _ := clocked(t, 8, map[string]string{"delta.checkpointInterval": "5"})
	for v := range log.Version(5) {
		if err := st.Delete(context.Background(), log.CommitName(v), log.ChecksumName(v)); err != nil {
			t.Fatal(err)
		}
	}
	tbl := open(t, st, nil)
	for v := range int64(9) {
		s, err := tbl.Snapshot(context.Background(), table.Version(v))
		if v < 5 {
			if !errors.Is(err, table.ErrVersionGone) {
				t.Errorf("version %d: %v", v, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("version %d: %v", v, err)
		} else if got := rowsOf(t, s, nil); int64(len(got)) != v {
			t.Errorf("version %d: %v", v, got)
		}
	}
	if _, err := tbl.Snapshot(context.Background(), table.AsOf(noon.Add(3*time.Hour))); !errors.Is(err, table.ErrVersionGone) {
		t.Errorf("a time before the oldest version: %v", err)
	}
	if s, err := tbl.Snapshot(context.Background(), table.AsOf(noon.Add(6*time.Hour))); err != nil || s.Version() != 6 {
		t.Errorf("a time after it: %v", err)
	}
	var history []string
	for info, err := range tbl.History(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, fmt.Sprint(info.Version))
	}
	if want := []string{"8", "7", "6", "5"}; !slices.Equal(history, want) {
		t.Errorf("history is %v", history)
	}
	mustAppend(t, tbl, ids(t, 9), nil)
	// An older checkpoint's commits are gone as well: nothing is left to fall
	// back to when the checkpoint is damaged.
	put(t, st, log.CheckpointName(5), "PAR1 is not all of it")
	if err := openAndScan(st); !errors.Is(err, table.ErrCorrupt) {
		t.Errorf("the only checkpoint is damaged: %v", err)
	}
}

func TestSnapshotsDoNotChange(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "2"}})
	var snaps []*table.Snapshot
	for v := range int64(7) {
		snaps = append(snaps, latest(t, tbl))
		if v == 4 {
			if _, err := tbl.Overwrite(context.Background(), all, ids(t, 40), nil); err != nil {
				t.Fatal(err)
			}
			continue
		}
		mustAppend(t, tbl, ids(t, v), nil)
	}
	want := [][]int64{{}, {0}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3}, {40}, {5, 40}}
	for v, s := range snaps {
		got, err := simScan(context.Background(), s)
		if err != nil || s.Version() != int64(v) || !slices.Equal(got, want[v]) && len(got)+len(want[v]) > 0 {
			t.Errorf("the snapshot of version %d holds %v, want %v (%v)", v, got, want[v], err)
		}
	}
}
