package table_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// slowly is a store every operation of which takes a while, so that what is
// done at once overlaps, and what is not is a chain. It needs a bubble.
func slowly(st storage.Store) *faults.Recorder {
	return faults.Record(faults.New(st, func(ctx context.Context, _ faults.Op) faults.Fault {
		time.Sleep(30 * time.Millisecond) // of the bubble's clock
		return faults.Fault{}
	}))
}

// snappy keeps zstd out of the bubble, whose goroutines outlive it.
var snappy = map[string]string{"delta.parquet.compression.codec": "snappy"}

const eightColumns = "id bigint, a bigint, b bigint, c bigint, d bigint, e bigint, f bigint, g bigint"

// budget is what an operation may ask of a store: requests, and how many of
// them one after the other.
func budget(t *testing.T, what string, rec *faults.Recorder, requests, depth int, op func(ctx context.Context)) {
	t.Helper()
	rec.Reset()
	op(t.Context())
	u := rec.Usage()
	t.Logf("%s: %d requests, depth %d: %+v", what, u.Total(), u.Depth, u)
	if u.Total() > requests || u.Depth > depth {
		t.Errorf("%s takes %d requests in a chain of %d, want %d and %d", what, u.Total(), u.Depth, requests, depth)
	}
}

func TestRequestsOfEachOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := slowly(storage.NewMemory(nil))
		tbl := create(t, rec, eightColumns, &table.CreateOptions{Properties: snappy})
		ctx := t.Context()
		appendOne := func(ctx context.Context, post table.Post) {
			if _, err := tbl.Append(ctx, ids(t, 1), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: post}}); err != nil {
				t.Fatal(err)
			}
		}
		for range 14 {
			appendOne(ctx, table.Inline)
		}
		budget(t, "append, until the acknowledgement", rec, 2, 2, func(ctx context.Context) { appendOne(ctx, table.None) })
		remove(t, rec, ".crc")
		var second *table.Table
		budget(t, "open, with a checkpoint and 5 commits", rec, 8, 3, func(context.Context) { second = open(t, rec, nil) })
		s := latest(t, second)
		budget(t, "scan of 3 of 8 columns in 15 small files", rec, 15, 1, func(ctx context.Context) {
			if _, err := tryRows(s, &table.ScanOptions{Columns: []string{"id", "a", "b"}}); err != nil {
				t.Fatal(err)
			}
		})
		appendOne(ctx, table.Inline)
		budget(t, "what is new, after one commit", rec, 2, 2, func(ctx context.Context) { latest(t, second) })
		budget(t, "append, with what follows it", rec, 3, 3, func(ctx context.Context) { appendOne(ctx, table.Inline) })
		budget(t, "open, with a .crc", rec, 3, 3, func(context.Context) { open(t, rec, nil) })
	})
}

func TestRequestsOfACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := slowly(storage.NewMemory(nil))
		tbl := create(t, rec, "id bigint", &table.CreateOptions{Properties: snappy})
		for range 100 {
			mustAppend(t, tbl, ids(t, 1), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}})
		}
		// A listing, which shows that the table is still ours, the checkpoint, and
		// the hint.
		budget(t, "checkpoint of an open table after 100 commits", rec, 3, 3, func(ctx context.Context) {
			if _, err := tbl.Checkpoint(ctx); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// TestACheckpointThatTookLongDoesNotMoveTheHintBack: only one that is written
// at once replaces the hint unread.
func TestACheckpointThatTookLongDoesNotMoveTheHintBack(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		looks int
		hint  int64
	}{{time.Second, 0, 1}, {time.Minute, 1, 2}} {
		synctest.Test(t, func(t *testing.T) {
			raw := storage.NewMemory(nil)
			create(t, raw, "id bigint", &table.CreateOptions{Properties: snappy})
			mustAppend(t, open(t, raw, nil), ids(t, 1), nil)
			slow := faults.Record(faults.Park(raw, func(_ context.Context, op faults.Op) {
				if op.Kind == faults.Put && strings.HasSuffix(op.Name, ".checkpoint.parquet") {
					time.Sleep(c.takes)
				}
			}))
			tbl := open(t, slow, nil)
			slow.Reset()
			done := make(chan error)
			go func() {
				_, err := tbl.Checkpoint(t.Context())
				done <- err
			}()
			synctest.Wait() // it has listed version 1, and writes
			other := open(t, raw, nil)
			mustAppend(t, other, ids(t, 2), nil)
			if _, err := other.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			looks := 0
			for _, call := range slow.Calls() {
				if call.Kind == faults.Get && call.Name == log.HintName {
					looks++
				}
			}
			hint, err := checkpoint.ReadHint(t.Context(), raw)
			if err != nil || looks != c.looks || hint == nil || int64(hint.Version) != c.hint {
				t.Errorf("%v: %d looks at the hint, then %+v, %v", c.takes, looks, hint, err)
			}
			if got := newestRows(t, raw); len(got) != 2 {
				t.Errorf("%v: rows %v", c.takes, got)
			}
		})
	}
}

// TestACommitThatWasSettledLateDoesNotMoveTheHintBack: when it is known to have
// landed others may have gone on.
func TestACommitThatWasSettledLateDoesNotMoveTheHintBack(t *testing.T) {
	raw, c := storage.NewMemory(nil), newClock()
	create(t, raw, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "2"}})
	other := open(t, raw, nil)
	mustAppend(t, other, ids(t, 1), nil)
	flaky := faults.New(raw, func(_ context.Context, op faults.Op) faults.Fault {
		switch {
		case op.Kind == faults.PutIfAbsent && op.Name == log.CommitName(2):
			return faults.Fault{Effect: faults.ErrAfterApply}
		case op.Kind == faults.Get && op.Name == log.CommitName(2): // it is read back, which takes its time
			mustAppend(t, other, ids(t, 3), nil)
			mustAppend(t, other, ids(t, 4), nil) // with a checkpoint
			c.now = c.now.Add(4 * time.Second)
		}
		return faults.Fault{}
	})
	opts := c.options()
	if got := mustAppend(t, open(t, flaky, &opts), ids(t, 2), nil); got.Version != 2 || got.After != nil {
		t.Errorf("%+v", got)
	}
	if hint, err := checkpoint.ReadHint(t.Context(), raw); err != nil || hint == nil || hint.Version != 4 {
		t.Errorf("%+v, %v", hint, err)
	}
}

// TestWhatFollowsInTheBackgroundKnowsOfEarlierCheckpoints: commits that were
// made while one was written do not ask the store whether it is there.
func TestWhatFollowsInTheBackgroundKnowsOfEarlierCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := slowly(storage.NewMemory(nil))
		tbl := create(t, rec, "id bigint", &table.CreateOptions{Properties: snappy})
		for range 50 {
			mustAppend(t, tbl, ids(t, 1), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.Background}})
		}
		if err := tbl.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if n := rec.Count(faults.Head); n > 0 {
			t.Errorf("%d looks", n)
		}
		if n := rec.Count(faults.Put); n != 2*5 { // checkpoints and hints; data files are streams
			t.Errorf("%d puts", n)
		}
	})
}

// TestALongRangeIsReadInFewRounds: commits are read some at a time, more each
// time, and none in vain that lies behind the range. The file of each takes a
// round.
func TestALongRangeIsReadInFewRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := slowly(storage.NewMemory(nil))
		tbl := create(t, rec, "id bigint", &table.CreateOptions{Properties: map[string]string{
			"delta.parquet.compression.codec": "snappy", "delta.enableChangeDataFeed": "true"}})
		for i := range int64(60) {
			mustAppend(t, tbl, ids(t, i), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.Inline}})
		}
		until := int64(50)
		budget(t, "tail of 50 commits", rec, 55, 11, func(ctx context.Context) {
			if got, last, err := followed(ctx, tbl, table.TailOptions{After: number(0), Until: &until}); err != nil || last != until {
				t.Error(got, err)
			}
		})
		budget(t, "the changes of 50 commits", rec, 110, 66, func(context.Context) {
			if got, err := changesOf(tbl, table.Version(1), table.Version(until), nil); err != nil || len(got) != 50 {
				t.Error(got, err)
			}
		})
		budget(t, "one row of the changes of 50 commits", rec, 12, 12, func(context.Context) {
			if got, err := changesOf(tbl, table.Version(1), table.Version(until), &table.ScanOptions{Limit: 1}); err != nil || len(got) != 1 {
				t.Error(got, err)
			}
		})
	})
}
