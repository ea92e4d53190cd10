package write

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/partition"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// Options say where and how files are written. All fields are required except
// where they say otherwise.
type Options struct {
	Store      storage.Store
	Schema     *schema.Struct // of the table; batches have its Arrow layout
	Partition  []string       // partition columns, in order; may be empty
	Parquet    parquetio.WriteOptions
	TargetSize int64  // bytes after which a file is closed and the next begun
	Buffer     int64  // bytes that may be held in memory
	OpenMax    int    // files open at once
	TempDir    string // for spilled runs; "" is the system's
	Now        func() time.Time
	Rand       io.Reader
	Allocator  memory.Allocator
}

// Result is what was written.
type Result struct {
	Adds    []*log.AddFile
	Rows    int64
	Bytes   int64
	Spilled int64 // bytes that went to local disk on the way
}

// Files writes the batches and returns the adds for them, in no particular
// order of rows. Batches are not kept after the next one is asked for.
func Files(ctx context.Context, batches iter.Seq2[arrow.RecordBatch, error], opts *Options) (res *Result, err error) {
	w, err := newWriter(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.discard(ctx)
		}
	}()
	for batch, err := range batches {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := w.write(batch); err != nil {
			return nil, err
		}
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	return &w.res, nil
}

// writer is one run of Files.
type writer struct {
	ctx   context.Context
	opts  *Options
	data  *schema.Struct // the columns that go into the files
	cols  []int          // their positions in a batch
	split *splitter      // nil if the table is not partitioned
	open  map[string]*file
	spill *spill
	held  int64    // bytes that the open files buffer
	count int      // files begun, for their names
	doubt []string // files whose end failed: they may be there
	res   Result
}

func newWriter(ctx context.Context, opts *Options) (*writer, error) {
	w := &writer{ctx: ctx, opts: opts, data: &schema.Struct{}, open: map[string]*file{}}
	split, err := newSplitter(opts.Schema, opts.Partition, opts.Allocator)
	if err != nil {
		return nil, err
	}
	for i, f := range opts.Schema.Fields {
		if !split.isKey(i) {
			w.cols = append(w.cols, i)
			w.data.Fields = append(w.data.Fields, f)
		}
	}
	if len(opts.Partition) > 0 {
		w.split = split
	}
	return w, nil
}

// sliceRows is how many rows are taken of a batch at a time, so that a huge
// batch meets the target size and the memory bound as well.
const sliceRows = 1 << 16

// write takes one batch in the layout of the table.
func (w *writer) write(batch arrow.RecordBatch) error {
	for first := int64(0); first < batch.NumRows(); first += sliceRows {
		if first == 0 && batch.NumRows() <= sliceRows {
			return w.some(batch)
		}
		slice := batch.NewSlice(first, min(first+sliceRows, batch.NumRows()))
		err := w.some(slice)
		slice.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) some(batch arrow.RecordBatch) error {
	if w.split == nil {
		return w.add(&group{}, batch)
	}
	groups, err := w.split.groups(w.ctx, batch)
	if err != nil {
		return err
	}
	defer releaseGroups(groups)
	for _, g := range groups {
		if err := w.route(g); err != nil {
			return err
		}
	}
	return nil
}

// route gives the rows of one partition to its open file, to a new one while
// that is allowed, or to the spill.
func (w *writer) route(g *group) error {
	_, isOpen := w.open[g.key]
	if !isOpen && (len(w.open) >= w.opts.OpenMax || w.held > w.opts.Buffer/2) {
		if w.spill == nil {
			w.spill = newSpill(w.opts)
		}
		return w.spill.add(g)
	}
	return w.add(g, g.batch)
}

// add gives rows to the open file of their partition.
func (w *writer) add(g *group, batch arrow.RecordBatch) error {
	columns := make([]arrow.Array, len(w.cols))
	fields := make([]arrow.Field, len(w.cols))
	for i, c := range w.cols {
		columns[i] = batch.Column(c)
		fields[i] = batch.Schema().Field(c)
	}
	data := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, batch.NumRows())
	defer data.Release()

	f := w.open[g.key]
	if f == nil {
		var err error
		if f, err = w.begin(g); err != nil {
			return err
		}
		w.open[g.key] = f
	}
	if err := f.pw.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	w.held += f.pw.Buffered() - f.held
	f.held = f.pw.Buffered()
	if f.pw.Size() >= w.opts.TargetSize {
		delete(w.open, g.key)
		return w.end(f)
	}
	return w.relieve()
}

// leastRelief is what ending a row group early must free, or files would come
// to consist of tiny ones.
const leastRelief = 1 << 20

// relieve ends row groups, of the files that hold the most, until all files
// together hold no more than they may.
func (w *writer) relieve() error {
	for w.held > w.opts.Buffer {
		var most *file
		for _, key := range sortedKeys(w.open) {
			if f := w.open[key]; most == nil || f.held > most.held {
				most = f
			}
		}
		if most == nil {
			return nil
		}
		freed, err := most.pw.Relieve(leastRelief)
		if err != nil {
			return fmt.Errorf("write %s: %w", most.name, err)
		}
		if freed <= 0 {
			return nil
		}
		most.held -= freed
		w.held -= freed
	}
	return nil
}

// file is a data file being written.
type file struct {
	name   string
	values map[string]*string
	out    storage.Writer
	pw     *parquetio.Writer
	held   int64
}

// begin starts the next file of a partition.
func (w *writer) begin(g *group) (*file, error) {
	id, err := uuid.NewRandomFromReader(w.opts.Rand)
	if err != nil {
		return nil, fmt.Errorf("draw a file name: %w", err)
	}
	f := &file{values: map[string]*string{}}
	f.name = fmt.Sprintf("part-%05d-%s-c000%s.parquet", w.count, id, w.opts.Parquet.Codec.Extension())
	w.count++
	if w.split != nil {
		if f.values, err = partition.Map(w.split.fields, g.values); err != nil {
			return nil, err
		}
		dir, err := directory(w.opts, g.values)
		if err != nil {
			return nil, err
		}
		f.name = dir + "/" + f.name
	}
	if f.out, err = w.opts.Store.Create(w.ctx, f.name); err != nil {
		return nil, err
	}
	if f.pw, err = parquetio.NewWriter(f.out, w.data, &w.opts.Parquet); err != nil {
		_ = f.out.Abort() // the error that matters is the first
		return nil, err
	}
	return f, nil
}

// directory is the folder of a partition: the readable one, or a random one
// when that would be too long for a store.
func directory(opts *Options, values []value.Value) (string, error) {
	if dir := partition.Dir(opts.Partition, values); partition.Storable(dir) {
		return dir, nil
	}
	return partition.Prefix(opts.Rand)
}

// end makes a file durable and notes its add.
func (w *writer) end(f *file) error {
	written, err := f.pw.Close()
	if err == nil {
		err = f.out.Close()
	}
	if err != nil {
		f.pw.Abort()
		_ = f.out.Abort() // the error that matters is the first
		w.doubt = append(w.doubt, f.name)
		return fmt.Errorf("finish %s: %w", f.name, err)
	}
	w.held -= f.held
	w.res.Rows += written.Rows
	w.res.Bytes += written.Bytes
	w.res.Adds = append(w.res.Adds, &log.AddFile{
		Path:             log.EncodePath(f.name),
		PartitionValues:  f.values,
		Size:             written.Bytes,
		ModificationTime: w.opts.Now().UnixMilli(),
		DataChange:       true,
		Stats:            written.Stats.JSON(),
	})
	return nil
}

// finish ends the open files, then writes what was spilled, one partition
// after the other.
func (w *writer) finish() error {
	if err := w.endAll(); err != nil {
		return err
	}
	if w.spill == nil {
		return nil
	}
	last := ""
	for g, err := range w.spill.merged(w.ctx) {
		if err != nil {
			return err
		}
		if g.key != last {
			if err := w.endAll(); err != nil {
				return err
			}
			last = g.key
		}
		err = w.add(g, g.batch)
		g.batch.Release()
		if err != nil {
			return err
		}
	}
	if err := w.endAll(); err != nil {
		return err
	}
	w.res.Spilled = w.spill.bytes
	return w.spill.close()
}

func (w *writer) endAll() error {
	for _, key := range sortedKeys(w.open) {
		f := w.open[key]
		delete(w.open, key)
		if err := w.end(f); err != nil {
			return err
		}
	}
	return nil
}

// discard undoes a failed run: open files are aborted, finished ones deleted.
// It goes on after the end of ctx, for a short while.
func (w *writer) discard(ctx context.Context) {
	for _, key := range sortedKeys(w.open) {
		w.open[key].pw.Abort()
		_ = w.open[key].out.Abort() // the run has failed already
	}
	if w.spill != nil {
		_ = w.spill.close() // likewise
	}
	remove(ctx, w.opts.Store, append(w.doubt, names(w.res.Adds)...))
}

// Discard deletes data files that no commit names, and never will. What cannot
// be deleted within a few seconds is left as orphans.
func Discard(ctx context.Context, st storage.Store, adds []*log.AddFile) {
	remove(ctx, st, names(adds))
}

func names(adds []*log.AddFile) []string {
	var out []string
	for _, a := range adds {
		if name, err := log.DecodePath(a.Path); err == nil {
			out = append(out, name)
		}
	}
	return out
}

func remove(ctx context.Context, st storage.Store, names []string) {
	if len(names) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = st.Delete(ctx, names...) // orphans harm nobody
}
