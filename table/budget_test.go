package table_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

var wideSchema = arrow.NewSchema([]arrow.Field{col("id", long), col("p", text), col("noise", text)}, nil)

// wideRows is batches of 4,000 rows of about 200 bytes that do not compress,
// in parts partitions.
func wideRows(batches, parts int, after func(batch int) error) array.RecordReader {
	return array.ReaderFromIter(wideSchema, func(yield func(arrow.RecordBatch, error) bool) {
		for k := range batches {
			b := array.NewRecordBuilder(memory.DefaultAllocator, wideSchema)
			for i := range 4000 {
				id := int64(4000*k + i)
				b.Field(0).(*array.Int64Builder).Append(id)
				b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("p", id%int64(parts)))
				noise := make([]byte, 0, 192)
				for x := uint64(id); len(noise) < 192; {
					x = x*0x9e3779b97f4a7c15 + 1
					noise = append(noise, byte('!'+x>>33%90), byte('!'+x>>40%90), byte('!'+x>>48%90))
				}
				b.Field(2).(*array.StringBuilder).Append(string(noise))
			}
			batch := b.NewRecordBatch()
			b.Release()
			if !yield(batch, nil) {
				return
			}
			if err := after(k); err != nil {
				yield(nil, err)
				return
			}
		}
	})
}

func fine(int) error { return nil }

// TestALargeAppendStaysWithinASmallBudget writes far more than the budget to a
// folder, and looks at the heap on the way.
func TestALargeAppendStaysWithinASmallBudget(t *testing.T) {
	for parts, batches := range map[int]int{1: 75, 200: 40} { // 60 MB and 33 MB
		st, err := storage.NewLocal(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		tbl, err := table.Create(context.Background(), "", wideSchema, &table.CreateOptions{
			Options: table.Options{Store: st, Budget: table.NewBudget(64 << 20), TempDir: t.TempDir()}, PartitionBy: []string{"p"},
		})
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		most := uint64(0)
		c, err := tbl.Append(context.Background(), wideRows(batches, parts, func(k int) error {
			if k%20 == 19 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
			}
			return nil
		}), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d partitions: %d rows, %d MB in %d files, %d MB spilled, %d MB held at most", parts, c.Metrics.Rows, c.Metrics.Bytes>>20, c.Metrics.Files, c.Metrics.BytesSpilled>>20, most>>20)
		if most > 48<<20 || parts > 1 && most > 24<<20 { // an append takes half of the budget; the rest is what is no buffer
			t.Errorf("%d partitions: %d MB were held", parts, most>>20)
		}
		if c.Metrics.Rows != int64(batches)*4000 || c.Metrics.Files != int64(parts) {
			t.Errorf("%d partitions: %+v", parts, c.Metrics)
		}
		if n, err := latest(t, tbl).Scan(&table.ScanOptions{Where: expr.SQL("id % 1000 = 7")}).Count(context.Background()); n != int64(batches)*4 || err != nil {
			t.Errorf("counts %d, %v", n, err)
		}
		closeTable(t, tbl)
	}
}

// TestAThousandPartitionsAreAThousandFiles, whatever becomes of the append:
// nothing stays on the local disk.
func TestAThousandPartitionsAreAThousandFiles(t *testing.T) {
	broken := errors.New("broken")
	for name, run := range map[string]func(t *testing.T, raw storage.Store, tmp string) error{
		"fine": func(t *testing.T, raw storage.Store, tmp string) error {
			c, err := open(t, raw, &table.Options{TempDir: tmp, Budget: table.NewBudget(0)}).Append(context.Background(), wideRows(5, 1000, fine), nil)
			if c.Metrics.Files != 1000 || c.Metrics.Rows != 20_000 || c.Metrics.BytesSpilled == 0 {
				t.Errorf("%+v", c.Metrics)
			}
			return err
		},
		"the source fails": func(t *testing.T, raw storage.Store, tmp string) error {
			_, err := open(t, raw, &table.Options{TempDir: tmp, Budget: table.NewBudget(0)}).Append(context.Background(), wideRows(5, 1000, func(k int) error {
				if k == 4 {
					return broken
				}
				return nil
			}), nil)
			return err
		},
		"the store fails": func(t *testing.T, raw storage.Store, tmp string) error {
			st := faults.New(raw, faults.Nth(faults.Complete, 500, faults.Fault{Effect: faults.ErrBefore, Err: broken}))
			_, err := open(t, st, &table.Options{TempDir: tmp, Budget: table.NewBudget(0)}).Append(context.Background(), wideRows(5, 1000, fine), nil)
			return err
		},
		"ctx ends": func(t *testing.T, raw storage.Store, tmp string) error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var n atomic.Int64
			st := faults.Park(raw, func(_ context.Context, op faults.Op) {
				if op.Kind == faults.Create && n.Add(1) == 700 {
					cancel()
				}
			})
			_, err := open(t, st, &table.Options{TempDir: tmp, Budget: table.NewBudget(0)}).Append(ctx, wideRows(5, 1000, fine), nil)
			if errors.Is(err, context.Canceled) {
				return broken
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			raw, tmp := storage.NewMemory(nil), t.TempDir()
			create(t, raw, "id bigint, p string, noise string", &table.CreateOptions{PartitionBy: []string{"p"}})
			err := run(t, raw, tmp)
			if (name == "fine") != (err == nil) || err != nil && !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("left on local disk: %v, %v", left, err)
			}
			orphans(t, raw)
		})
	}
}
