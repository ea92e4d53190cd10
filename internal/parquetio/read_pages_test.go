package parquetio

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// weighed counts the bytes that are read, and the requests.
type weighed struct {
	storage.Store
	bytes, reads atomic.Int64
}

func (w *weighed) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	w.bytes.Add(int64(len(p)))
	w.reads.Add(1)
	return w.Store.ReadAt(ctx, name, p, off)
}

// TestPagesWithoutWantedRowsAreNotFetched reads few rows of a large column.
func TestPagesWithoutWantedRowsAreNotFetched(t *testing.T) {
	long := &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.Long, Nullable: true}}}
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), long, 200_000, memory.DefaultAllocator)
	body := parquetBytes(t, rec, parquet.WithPageIndexEnabled(true), parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(8<<10))
	st := &weighed{Store: storage.NewMemory(nil)}
	if err := st.Put(context.Background(), testFile, body); err != nil {
		t.Fatal(err)
	}
	plan := ReadPlan{Schema: long, Ranges: []RowRange{{5, 1}, {120_000, 10}, {199_999, 1}}}
	var read [2]int64
	for i, index := range []bool{false, true} {
		st.bytes.Store(0)
		f, err := Open(context.Background(), st, testFile, int64(len(body)), &OpenOptions{Rows: 200_000, PageIndex: index})
		if err != nil {
			t.Fatal(err)
		}
		got, rows, err := readAll(f, plan, memory.DefaultAllocator)
		if err != nil || got.NumRows() != 12 || !sameRanges(rows, plan.Ranges) {
			t.Fatalf("%v, %v, %v", got, rows, err)
		}
		read[i] = st.bytes.Load()
	}
	if read[0] < int64(len(body)) || read[1] > int64(len(body))/4 {
		t.Errorf("of %d bytes, %d were read without the index and %d with it", len(body), read[0], read[1])
	}
}

// TestOffsetIndexesOfAllColumnsAreOneRequest, also when they lie before what is
// read of a file's end; where they are many, each is one.
func TestOffsetIndexesOfAllColumnsAreOneRequest(t *testing.T) {
	const columns = 20
	s := &schema.Struct{}
	for i := range columns {
		s.Fields = append(s.Fields, schema.Field{Name: fmt.Sprint("c", i), Type: schema.Long, Nullable: true})
	}
	for _, c := range []struct {
		name    string
		rows    int
		indexes int64 // requests
	}{
		{"in what is read of the end", 2000, 0},
		{"before it", 60_000, 1},
		{"many", 200_000, columns},
	} {
		rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), s, c.rows, memory.DefaultAllocator)
		body := parquetBytes(t, rec, parquet.WithPageIndexEnabled(true), parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(512), parquet.WithBatchSize(64))
		st := &weighed{Store: storage.NewMemory(nil)}
		if err := st.Put(context.Background(), testFile, body); err != nil {
			t.Fatal(err)
		}
		f, err := Open(context.Background(), st, testFile, int64(len(body)), &OpenOptions{Rows: int64(c.rows), PageIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		opened := st.reads.Load()
		first := []RowRange{{0, 1}} // of each column one page: they are too far apart to be read together
		got, _, err := readAll(f, ReadPlan{Schema: s, Ranges: first}, memory.DefaultAllocator)
		if err != nil || got.NumRows() != 1 {
			t.Fatalf("%v, %v", got, err)
		}
		data := st.reads.Load() - opened - c.indexes
		if least, most := int64(1), int64(columns); data < least || data > most {
			t.Errorf("%s: %d requests beside those for indexes, want %d to %d", c.name, data, least, most)
		}
		st.reads.Store(0)
		if _, _, err = readAll(f, ReadPlan{Schema: s, Ranges: first}, memory.DefaultAllocator); err != nil {
			t.Fatal(err)
		}
		again := st.reads.Load()
		if want := data + c.indexes; c.indexes > 1 && again != want || c.indexes <= 1 && again != data {
			t.Errorf("%s: once more is %d requests, before %d, of them %d for indexes", c.name, again, want, c.indexes)
		}
	}
}

// TestAFailureOfTheStoreInTheMiddleIsItsOwn cuts the wire after the footer.
func TestAFailureOfTheStoreInTheMiddleIsItsOwn(t *testing.T) {
	rec := randomBatch(t, rand.New(rand.NewPCG(1, 1)), everyType, 3000, memory.DefaultAllocator)
	body := parquetBytes(t, rec)
	for _, budget := range []int64{0, 1} {
		st := &cuttable{Store: storage.NewMemory(nil)}
		if err := st.Put(context.Background(), testFile, body); err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		f, err := Open(context.Background(), st, testFile, int64(len(body)), &OpenOptions{Rows: -1, Allocator: mem, Budget: budget})
		if err != nil {
			t.Fatal(err)
		}
		st.broken.Store(true)
		_, _, err = readAll(f, ReadPlan{Schema: everyType}, mem)
		if !errors.Is(err, errCut) || errors.Is(err, parquetfile.ErrCorrupt) {
			t.Errorf("budget %d: %v; want the store's error alone", budget, err)
		}
		mem.AssertSize(t, 0)
	}
}

var errCut = errors.New("the wire is cut")

type cuttable struct {
	storage.Store
	broken atomic.Bool
}

func (c *cuttable) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	if c.broken.Load() {
		return 0, errCut
	}
	return c.Store.ReadAt(ctx, name, p, off)
}
