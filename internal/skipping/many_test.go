package skipping

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// TestWhatARowGroupOfACheckpointExcludesNoFileOfItHolds, for random files in
// checkpoints with parsed statistics, of which the footer's bounds are asked.
func TestWhatARowGroupOfACheckpointExcludesNoFileOfItHolds(t *testing.T) {
	seed, rounds := seeded(t, 300)
	g := generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	excluded, possible := 0, 0
	for range rounds {
		g.long = g.IntN(4) == 0
		var rows []row
		var adds []*log.AddFile
		for range 1 + g.IntN(3) {
			of := g.rows()
			for len(of) > 0 {
				n := 1 + g.IntN(len(of))
				adds = append(adds, g.add(of[:n]))
				rows, of = append(rows, of[:n]...), of[n:]
			}
		}
		bounds := boundsOf(t, adds)
		for range 20 {
			texts := g.conjuncts()
			pred := bind(t, strings.Join(texts, " AND "), time.UTC)
			if pred == nil || pred.Type() != schema.Boolean {
				continue
			}
			conjuncts := make([]*expr.Bound, len(texts))
			for i, text := range texts {
				conjuncts[i] = bind(t, text, time.UTC)
			}
			truth := truthOf(t, conjuncts, rows)
			if truth == None {
				possible++
			}
			d := NewFiles(pred, randomSchema, randomTable, schema.NoMapping, time.UTC).Decider()
			if !d.Excludes(bounds.Partitions, bounds.Stats) {
				continue
			}
			excluded++
			if truth != None {
				t.Fatalf("FORESET_SEED=%d: %s\nis excluded, and is %v in truth\nbounds %+v\nbound %s\nrows %#v", seed, strings.Join(texts, " AND "), truth, bounds, pred, rows)
			}
		}
	}
	t.Logf("%d are excluded of %d that could be", excluded, possible)
	if excluded < possible/20 {
		t.Errorf("%d are excluded of %d that could be: too few to be tested", excluded, possible)
	}
}

// boundsOf are those of the one row group of a checkpoint of some files.
func boundsOf(t *testing.T, adds []*log.AddFile) (bounds checkpoint.Bounds) {
	t.Helper()
	src := &checkpoint.Source{
		Protocol: &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, NumAdds: -1, AddBytes: -1,
		Metadata: &log.Metadata{
			ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: string(randomSchema.JSON()), PartitionColumns: randomPartitions,
			Configuration: map[string]string{"delta.checkpoint.writeStatsAsStruct": "true"},
		},
		Adds: func(yield func(*log.AddFile, error) bool) {
			for i, add := range adds {
				add.Path = strconv.Itoa(i)
				if !yield(add, nil) {
					return
				}
			}
		},
	}
	ctx, st := context.Background(), storage.NewMemory(nil)
	body, _, err := checkpoint.Encode(ctx, src, nil)
	if err == nil {
		err = st.Put(ctx, "c", body)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := checkpoint.Open(ctx, st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wanted := checkpoint.Wanted{Group: func(b checkpoint.Bounds) bool {
		bounds = b
		return false
	}}
	for _, err := range r.Select(ctx, 0, wanted) {
		if err != nil || bounds != (checkpoint.Bounds{}) {
			t.Fatalf("a row group that is not wanted was read: %v", err)
		}
	}
	return bounds
}
