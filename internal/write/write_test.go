package write_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
)

// job is a run of Files with everything that it needs.
type job struct {
	st     storage.Store
	schema *schema.Struct
	arrow  *arrow.Schema
	opts   *write.Options
}

func newJob(t *testing.T, columns string, partition ...string) *job {
	t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	a, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	j := &job{st: storage.NewMemory(nil), schema: s, arrow: a}
	j.opts = &write.Options{
		Store: j.st, Schema: s, Partition: partition, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 64, TempDir: t.TempDir(),
		Parquet: parquetio.WriteOptions{Codec: parquetio.Uncompressed, Stats: stats.Options{StringPrefix: 32}},
		Now:     func() time.Time { return time.UnixMilli(1700000000000) },
		Rand:    rand.NewChaCha8([32]byte{1}), Allocator: mem,
	}
	t.Cleanup(func() {
		mem.AssertSize(t, 0)
		left, err := os.ReadDir(j.opts.TempDir)
		if err != nil || len(left) > 0 {
			t.Errorf("left on local disk: %v, %v", left, err)
		}
	})
	return j
}

// rows makes batches of n rows: id counts up, p is id modulo parts.
func (j *job) rows(batches, n, parts int) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for k := range batches {
			b := array.NewRecordBuilder(j.opts.Allocator, j.arrow)
			for i := range n {
				id := int64(k*n + i)
				b.Field(0).(*array.Int64Builder).Append(id)
				if j.arrow.NumFields() > 1 {
					b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("p%04d", id%int64(parts)))
				}
				if j.arrow.NumFields() > 2 {
					b.Field(2).(*array.StringBuilder).Append(noise(id))
				}
			}
			batch := b.NewRecordBatch()
			b.Release()
			more := yield(batch, nil)
			batch.Release()
			if !more {
				return
			}
		}
	}
}

// noise is 512 bytes that are like no other row's.
func noise(id int64) string {
	return strings.Repeat(fmt.Sprintf("%016x", uint64(id)*0x9e3779b97f4a7c15), 32)
}

// read returns the ids of each file.
func (j *job) read(t *testing.T, adds []*log.AddFile) [][]int64 {
	t.Helper()
	data := &schema.Struct{Fields: []schema.Field{j.schema.Fields[0]}}
	var out [][]int64
	for _, a := range adds {
		name, err := log.DecodePath(a.Path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parquetio.Open(context.Background(), j.st, name, a.Size, &parquetio.OpenOptions{Rows: -1})
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for b, err := range f.Read(context.Background(), parquetio.ReadPlan{Schema: data}) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, b.Record.Column(0).(*array.Int64).Int64Values()...)
		}
		f.Close()
		n, ok := stats.NumRecords(a.Stats)
		if !ok || int(n) != len(ids) {
			t.Errorf("%s: %d rows, its statistics say %d", name, len(ids), n)
		}
		out = append(out, ids)
	}
	return out
}

// allIDs expects the ids 0 to n−1 once each.
func allIDs(t *testing.T, files [][]int64, n int) {
	t.Helper()
	ids := slices.Sorted(slices.Values(slices.Concat(files...)))
	for i, id := range ids {
		if int(id) != i {
			t.Fatalf("row %d is %d: lost or doubled", i, id)
		}
	}
	if len(ids) != n {
		t.Errorf("%d rows, want %d", len(ids), n)
	}
}

func TestFilesRollAtTheTargetSize(t *testing.T) {
	j := newJob(t, "id bigint, s string, noise string")
	j.opts.TargetSize = 1 << 20
	res, err := write.Files(context.Background(), j.rows(20, 500, 10), j.opts)
	if err != nil {
		t.Fatal(err)
	}
	if res.Rows != 10_000 || len(res.Adds) < 5 || res.Spilled != 0 {
		t.Errorf("%d rows in %d files, %d spilled", res.Rows, len(res.Adds), res.Spilled)
	}
	var bytes int64
	for i, a := range res.Adds {
		bytes += a.Size
		if a.Size > 3<<19 || i < len(res.Adds)-1 && a.Size < 9<<20/10 {
			t.Errorf("file %d has %d bytes", i, a.Size)
		}
		if !a.DataChange || a.ModificationTime != 1700000000000 || len(a.PartitionValues) != 0 {
			t.Errorf("file %d: %+v", i, a)
		}
	}
	if bytes != res.Bytes {
		t.Errorf("%d bytes, told %d", bytes, res.Bytes)
	}
	allIDs(t, j.read(t, res.Adds), 10_000)
}

// TestHugeBatchesAreTakenInSlices: one batch, many files.
func TestHugeBatchesAreTakenInSlices(t *testing.T) {
	j := newJob(t, "id bigint")
	j.opts.TargetSize = 1 << 20
	res, err := write.Files(context.Background(), j.rows(1, 500_000, 1), j.opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Adds) < 3 {
		t.Errorf("%d files", len(res.Adds))
	}
	allIDs(t, j.read(t, res.Adds), 500_000)
}

func TestRowsAreSplitByPartition(t *testing.T) {
	j := newJob(t, "id bigint, p string", "p")
	res, err := write.Files(context.Background(), j.rows(10, 100, 7), j.opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Adds) != 7 || res.Spilled != 0 {
		t.Fatalf("%d files, %d spilled", len(res.Adds), res.Spilled)
	}
	files := j.read(t, res.Adds)
	for i, a := range res.Adds {
		p := a.PartitionValues["p"]
		if p == nil || path.Dir(a.Path) != "p="+*p {
			t.Errorf("file %s holds %v", a.Path, p)
			continue
		}
		for _, id := range files[i] {
			if want := fmt.Sprintf("p%04d", id%7); want != *p {
				t.Errorf("row %d is in %s", id, *p)
			}
		}
	}
	allIDs(t, files, 1000)
}

// TestMorePartitionsThanMayBeOpenSpill: one file each, in spite of rows that
// come in turns.
func TestMorePartitionsThanMayBeOpenSpill(t *testing.T) {
	for _, c := range []struct {
		parts, open int
		buffer      int64
	}{{400, 64, 64 << 20}, {300, 4, 1 << 20}, {300, 4, 64 << 10}, {17, 16, 1 << 20}} {
		t.Run(fmt.Sprintf("%d partitions, %d open, %d bytes", c.parts, c.open, c.buffer), func(t *testing.T) {
			j := newJob(t, "id bigint, p string, noise string", "p")
			j.opts.OpenMax, j.opts.Buffer = c.open, c.buffer
			res, err := write.Files(context.Background(), j.rows(10, 600, c.parts), j.opts)
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Adds) != c.parts {
				t.Errorf("%d files", len(res.Adds))
			}
			if res.Spilled == 0 {
				t.Error("nothing was spilled")
			}
			allIDs(t, j.read(t, res.Adds), 6_000)
		})
	}
}

// TestOpenFilesKeepWithinTheBuffer counts what came in and has not gone out:
// row groups must end early when files hold too much.
func TestOpenFilesKeepWithinTheBuffer(t *testing.T) {
	for _, parts := range []int{1, 4} {
		j := newJob(t, "id bigint, p string, noise string", "p")
		j.opts.Buffer = 8 << 20
		var in, out, most int64
		j.opts.Store = faults.Park(j.st, func(_ context.Context, op faults.Op) {
			if op.Kind == faults.WritePart {
				out += int64(op.Len)
			}
		})
		res, err := write.Files(context.Background(), func(yield func(arrow.RecordBatch, error) bool) {
			for b, err := range j.rows(40, 1000, parts) { // 21 MB
				most = max(most, in-out)
				in += b.NumRows() * 520
				if !yield(b, err) {
					return
				}
			}
		}, j.opts)
		if err != nil {
			t.Fatal(err)
		}
		if most > j.opts.Buffer+1000*520 || most < j.opts.Buffer/2 {
			t.Errorf("%d partitions: %d bytes were held, of a buffer of %d", parts, most, j.opts.Buffer)
		}
		if len(res.Adds) != parts || res.Spilled != 0 {
			t.Errorf("%d partitions: %d files, %d bytes spilled", parts, len(res.Adds), res.Spilled)
		}
		allIDs(t, j.read(t, res.Adds), 40_000)
	}
}

func TestFailedRunsLeaveNothing(t *testing.T) {
	broken := errors.New("broken")
	for _, parts := range []int{1, 200} {
		for name, run := range map[string]func(j *job) error{
			"source": func(j *job) error {
				_, err := write.Files(context.Background(), func(yield func(arrow.RecordBatch, error) bool) {
					for b, err := range j.rows(5, 600, parts) {
						if !yield(b, err) {
							return
						}
					}
					yield(nil, broken)
				}, j.opts)
				return err
			},
			"create": func(j *job) error {
				return j.faulty(faults.Nth(faults.Create, 1, faults.Fault{Effect: faults.ErrBefore, Err: broken}), parts)
			},
			"write": func(j *job) error {
				return j.faulty(faults.Nth(faults.WritePart, 7, faults.Fault{Effect: faults.ErrBefore, Err: broken}), parts)
			},
			"complete": func(j *job) error {
				return j.faulty(faults.Nth(faults.Complete, 2, faults.Fault{Effect: faults.ErrBefore, Err: broken}), parts)
			},
			"complete, after apply": func(j *job) error {
				return j.faulty(faults.Nth(faults.Complete, 2, faults.Fault{Effect: faults.ErrAfterApply, Err: broken}), parts)
			},
			"ctx": func(j *job) error {
				ctx, cancel := context.WithCancelCause(context.Background())
				_, err := write.Files(ctx, func(yield func(arrow.RecordBatch, error) bool) {
					for b, err := range j.rows(5, 600, parts) {
						if !yield(b, err) {
							return
						}
						cancel(broken)
					}
				}, j.opts)
				if errors.Is(err, context.Canceled) {
					return broken
				}
				return err
			},
		} {
			t.Run(fmt.Sprintf("%s, %d partitions", name, parts), func(t *testing.T) {
				j := newJob(t, "id bigint, p string, noise string", "p")
				j.opts.TargetSize, j.opts.Buffer, j.opts.OpenMax = 100<<10, 1<<20, 4
				if err := run(j); !errors.Is(err, broken) {
					t.Errorf("got %v", err)
				}
				for info, err := range j.st.List(context.Background(), "", "") {
					t.Errorf("%s was left behind (%v)", info.Name, err)
				}
			})
		}
	}
}

func (j *job) faulty(plan faults.Plan, parts int) error {
	j.opts.Store = faults.New(j.st, plan)
	_, err := write.Files(context.Background(), j.rows(5, 600, parts), j.opts)
	return err
}

// TestNoFolderToSpillToFailsTheRun: there is no folder to spill to.
func TestNoFolderToSpillToFailsTheRun(t *testing.T) {
	j := newJob(t, "id bigint, p string, noise string", "p")
	was := j.opts.TempDir
	j.opts.TempDir = path.Join(was, "is not there")
	j.opts.OpenMax, j.opts.Buffer = 4, 64<<10
	_, err := write.Files(context.Background(), j.rows(5, 600, 100), j.opts)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "spill") {
		t.Errorf("got %v", err)
	}
	j.opts.TempDir = was
}

// TestFilesHaveTheNamesOfTheirSeed: names come from the source of randomness
// that is given.
func TestFilesHaveTheNamesOfTheirSeed(t *testing.T) {
	names := func(seed []byte) []string {
		j := newJob(t, "id bigint, p string", "p")
		j.opts.Rand = bytes.NewReader(bytes.Repeat(seed, 1000))
		res, err := write.Files(context.Background(), j.rows(2, 10, 3), j.opts)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, a := range res.Adds {
			out[a.Path] = true
		}
		if len(out) != len(res.Adds) {
			t.Errorf("%d names for %d files", len(out), len(res.Adds))
		}
		return slices.Sorted(maps.Keys(out))
	}
	if a, b := names([]byte("seed")), names([]byte("seed")); !slices.Equal(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
	if a, b := names([]byte("seed")), names([]byte("need")); slices.Equal(a, b) {
		t.Errorf("the same names of two seeds: %v", a)
	}
}

func TestNoRowsAreNoFile(t *testing.T) {
	j := newJob(t, "id bigint, p string", "p")
	res, err := write.Files(context.Background(), j.rows(3, 0, 1), j.opts)
	if err != nil || len(res.Adds) != 0 || res.Rows != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	for info := range j.st.List(context.Background(), "", "") {
		t.Errorf("%s", info.Name)
	}
}
