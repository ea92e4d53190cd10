package parquetio

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// randomDeletes says of each row whether it is deleted: scattered rows, long
// runs, or both.
func randomDeletes(rng *rand.Rand, rows int64) []bool {
	gone := make([]bool, rows)
	if rng.IntN(4) > 0 {
		one := 1 + rng.IntN(1<<rng.IntN(10))
		for i := range gone {
			gone[i] = rng.IntN(one) == 0
		}
	}
	for range rng.IntN(4) {
		at := rng.Int64N(rows)
		for i := range rng.Int64N(rows - at + 1) {
			gone[at+i] = true
		}
	}
	return gone
}

// runsOf is ReadPlan.Without for rows that are deleted.
func runsOf(gone []bool) func(first, end int64) iter.Seq2[int64, int64] {
	return func(first, end int64) iter.Seq2[int64, int64] {
		return func(yield func(int64, int64) bool) {
			for at := first; at < end; at++ {
				start := at
				for at < end && gone[at] {
					at++
				}
				if at > start && !yield(start, at-start) {
					return
				}
			}
		}
	}
}

// less is the ranges without the rows that are deleted.
func less(ranges []RowRange, gone []bool) []RowRange {
	left := []RowRange{}
	for _, r := range ranges {
		for at := r.First; at < r.End(); at++ {
			if !gone[at] {
				left = extendBy(left, at)
			}
		}
	}
	return left
}

func extendBy(to []RowRange, row int64) []RowRange {
	if n := len(to); n > 0 && to[n-1].End() == row {
		to[n-1].Count++
		return to
	}
	return append(to, RowRange{row, 1})
}

// every yields runs of count rows, one in so many rows.
func every(step, count int64) func(first, end int64) iter.Seq2[int64, int64] {
	return func(first, end int64) iter.Seq2[int64, int64] {
		return func(yield func(int64, int64) bool) {
			for at := first / step * step; at < end; at += step {
				from, to := max(at, first), min(at+count, end)
				if from < to && !yield(from, to-from) {
					return
				}
			}
		}
	}
}

func longs(t testing.TB, rows int, opts ...parquet.WriterProperty) (*schema.Struct, []byte) {
	long := &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.Long, Nullable: true}}}
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), long, rows, memory.DefaultAllocator)
	defer rec.Release()
	return long, parquetBytes(t, rec, opts...)
}

// TestBatchesAreFullWhateverIsLeftOut deletes most rows: those of other places
// fill the batch.
func TestBatchesAreFullWhateverIsLeftOut(t *testing.T) {
	s, body := longs(t, 100_000)
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int64{2, 10, 1000} {
		var sizes []int64
		for b, err := range f.Read(context.Background(), ReadPlan{Schema: s, Without: every(step, step-1), BatchRows: 60}) {
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, b.Record.NumRows())
			if b.Rows[0].First%step != step-1 || len(b.Rows) != int(b.Record.NumRows()) {
				t.Fatalf("one row in %d: rows %v", step, b.Rows)
			}
		}
		total := int64(0)
		for i, n := range sizes {
			if total += n; n != 60 && i < len(sizes)-1 {
				t.Errorf("one row in %d: batches of %v rows", step, sizes)
				break
			}
		}
		if total != 100_000/step {
			t.Errorf("one row in %d: %d rows", step, total)
		}
	}
}

// TestPagesOfRowsToLeaveOutAreNotFetched is about long runs. A set of short
// ones does not even cost a look at the index.
func TestPagesOfRowsToLeaveOutAreNotFetched(t *testing.T) {
	const rows = 200_000
	s, body := longs(t, rows, parquet.WithPageIndexEnabled(true), parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(8<<10))
	st := &weighed{Store: storage.NewMemory(nil)}
	if err := st.Put(context.Background(), testFile, body); err != nil {
		t.Fatal(err)
	}
	read := func(index bool, without func(first, end int64) iter.Seq2[int64, int64]) (bytes, got int64) {
		f, err := Open(context.Background(), st, testFile, int64(len(body)), &OpenOptions{Rows: rows, PageIndex: index})
		if err != nil {
			t.Fatal(err)
		}
		st.bytes.Store(0)
		for b, err := range f.Read(context.Background(), ReadPlan{Schema: s, Without: without}) {
			if err != nil {
				t.Fatal(err)
			}
			got += b.Record.NumRows()
		}
		return st.bytes.Load(), got
	}
	whole, all := read(true, nil)
	if all != rows {
		t.Fatalf("%d rows", all)
	}
	for _, c := range []struct {
		name    string
		without func(first, end int64) iter.Seq2[int64, int64]
		rows    int64
		most    int64
		least   int64
	}{
		{"all rows", every(rows, rows), 0, 0, 0},
		{"all but the last", every(rows, rows-1), 1, whole / 20, 0},
		{"one row in a hundred", every(100, 1), rows - rows/100, whole, whole},
		{"long runs", every(50_000, 48_000), rows / 25, whole / 8, 1},
	} {
		if bytes, got := read(true, c.without); got != c.rows || bytes > c.most || bytes < c.least {
			t.Errorf("%s: %d rows of %d bytes; want %d of %d to %d", c.name, got, bytes, c.rows, c.least, c.most)
		}
	}
	if bytes, _ := read(false, every(50_000, 48_000)); bytes < whole {
		t.Errorf("without the index: %d bytes of %d", bytes, whole)
	}
}

// TestASetOfShortRunsIsNotHeld: what a batch takes does not depend on how many
// runs there are in the row group.
func TestASetOfShortRunsIsNotHeld(t *testing.T) {
	g := RowGroup{Rows: 1 << 40}
	for _, c := range []struct {
		step, count int64
		ranges      int
	}{{2, 1, 1}, {1 << 30, 1 << 29, 1 << 10}, {1 << 20, 1 << 10, 1}} {
		// Only as many of the runs as are needed to see it.
		few := g
		few.Rows = min(g.Rows, c.step<<20)
		w := few.wanted([]RowRange{{0, few.Rows}}, every(c.step, c.count))
		if len(w.ranges) > splitsMax || len(w.ranges) < c.ranges {
			t.Errorf("%d of %d: %d ranges", c.count, c.step, len(w.ranges))
		}
		if n := testing.AllocsPerRun(10, func() { w.take(1000) }); n > 20 {
			t.Errorf("%d of %d: %v allocations", c.count, c.step, n)
		}
	}
}

// TestLeavingRowsOutAllocatesNothingForThem compares reads of the same number
// of batches.
func TestLeavingRowsOutAllocatesNothingForThem(t *testing.T) {
	s, body := longs(t, 100_000)
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	allocs := func(plan ReadPlan) float64 {
		plan.Schema, plan.BatchRows = s, 25_000
		return testing.AllocsPerRun(5, func() {
			for _, err := range f.Read(context.Background(), plan) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	all, most := allocs(ReadPlan{}), allocs(ReadPlan{Without: every(100, 1)})
	if most > all+200 { // 1000 runs
		t.Errorf("%v allocations for all rows, %v without one in a hundred", all, most)
	}
}
