package checkpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// Options are how a checkpoint is read. Nil, and the zero value, are the
// defaults.
type Options struct {
	// Allocator is where Parquet pages are decoded; nil is Go's heap. What is
	// returned never lies in it.
	Allocator memory.Allocator
}

// Reader reads one checkpoint. It is safe for concurrent use, holds only the
// footers of its files, and needs no Close.
type Reader struct {
	store storage.Store
	alloc memory.Allocator
	parts []*part
}

// part is one file of a checkpoint.
type part struct {
	name   string
	size   int64
	footer *metadata.FileMetaData
	schema *tree
	whole  []byte // the file, if it is small enough to have been read by one request
}

// rowsPerByteMax bounds the rows that a file may claim: no two rows are equal,
// so that a row takes bytes, whatever the codec.
const rowsPerByteMax = 8

// Open reads the footers of the files that make up one checkpoint: one file,
// or all parts of it, in their order.
//
// A file that is not there is fs.ErrNotExist, as when log cleanup was faster;
// one that is no Parquet file, or a damaged one, is [ErrCorrupt]. Other errors
// are the store's.
func Open(ctx context.Context, st storage.Store, files []log.File, opts *Options) (*Reader, error) {
	if opts == nil {
		opts = &Options{}
	}
	r := &Reader{store: st, alloc: opts.Allocator}
	if r.alloc == nil {
		r.alloc = memory.NewGoAllocator()
	}
	if len(files) == 0 {
		return nil, errors.New("open checkpoint: no files")
	}
	for _, f := range files {
		p, err := r.openPart(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("open checkpoint: %w", err)
		}
		r.parts = append(r.parts, p)
	}
	return r, nil
}

// NumAdds is how many files the checkpoint lists, by its footers alone; −1 if
// they do not say.
func (r *Reader) NumAdds() int64 {
	var n int64
	for _, p := range r.parts {
		path := p.schema.leaf("add", "path")
		if path == nil {
			continue
		}
		for g := range p.footer.RowGroups {
			nulls, ok := p.nulls(g, path.index)
			if !ok {
				return -1
			}
			n += p.footer.RowGroups[g].NumRows - nulls
		}
	}
	return n
}

func (r *Reader) openPart(ctx context.Context, f log.File) (*part, error) {
	p := &part{name: f.Name, size: f.Size}
	if p.size <= 0 {
		return nil, corrupt(f.Name, errors.New("empty file"))
	}
	o := r.object(ctx, p)
	tail := min(p.size, tailBytes)
	if p.size <= wholeFile {
		tail = p.size
	}
	err := o.guard(func() error {
		if err := o.readAhead(p.size-tail, tail); err != nil {
			return err
		}
		opened, err := file.NewParquetReader(o, file.WithReadProps(r.properties()))
		if err != nil {
			return err
		}
		p.footer = opened.MetaData()
		p.schema = newTree(p.footer.Schema)
		return p.check()
	})
	if err != nil {
		return nil, err
	}
	if tail == p.size {
		p.whole = o.ahead[0].data
	}
	return p, nil
}

// check refuses a footer whose claims cannot be true.
func (p *part) check() error {
	columns := p.footer.Schema.NumColumns()
	var rows int64
	for g, rg := range p.footer.RowGroups {
		if rg.NumRows < 0 || len(rg.Columns) != columns {
			return fmt.Errorf("row group %d: %d rows, %d of %d columns", g, rg.NumRows, len(rg.Columns), columns)
		}
		if rows += rg.NumRows; rows > 1<<16+p.size*rowsPerByteMax {
			return fmt.Errorf("%d rows in %d bytes", rows, p.size)
		}
		for i, c := range rg.Columns {
			if c.MetaData == nil {
				return fmt.Errorf("row group %d: column %d has no metadata", g, i)
			}
			x, ok := p.extent(g, i)
			if !ok {
				return fmt.Errorf("row group %d: column %d lies outside the file (%d bytes at %d)", g, i, x.bytes, x.off)
			}
		}
	}
	return nil
}

// extent is where a column chunk lies; false if that is not in the file.
func (p *part) extent(group, column int) (extent, bool) {
	m := p.footer.RowGroups[group].Columns[column].MetaData
	x := extent{m.DataPageOffset, m.TotalCompressedSize}
	if m.DictionaryPageOffset != nil && *m.DictionaryPageOffset > 0 && *m.DictionaryPageOffset < x.off {
		x.off = *m.DictionaryPageOffset
	}
	return x, x.off >= 0 && x.bytes >= 0 && x.off <= p.size && x.bytes <= p.size-x.off
}

// nulls is how many nulls a column chunk has by its statistics.
func (p *part) nulls(group, column int) (n int64, known bool) {
	m := p.footer.RowGroups[group].Columns[column].MetaData
	if m.Statistics == nil || m.Statistics.NullCount == nil {
		return 0, false
	}
	n = *m.Statistics.NullCount
	return n, n >= 0 && n <= m.NumValues
}

// allNull says whether the statistics prove that a column chunk has no value.
func (p *part) allNull(group, column int) bool {
	n, known := p.nulls(group, column)
	return known && n == p.footer.RowGroups[group].Columns[column].MetaData.NumValues
}

func (r *Reader) properties() *parquet.ReaderProperties {
	props := parquet.NewReaderProperties(r.alloc)
	props.BufferedStreamEnabled = true // over what was read ahead: no second copy of a column
	return props
}

func (r *Reader) object(ctx context.Context, p *part) *object {
	o := &object{ctx: ctx, store: r.store, name: p.name, size: p.size}
	if p.whole != nil {
		o.ahead = []span{{0, p.whole}}
	}
	return o
}

// guard runs a step of reading a file. What the Parquet reader panics with on
// bytes that it did not expect becomes an error; an error of the store, or of
// ctx, stays what it is; anything else is damage.
func (o *object) guard(step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = corrupt(o.name, fmt.Errorf("%v", p))
		}
		if err != nil && o.err != nil {
			err = o.err
		}
	}()
	err = step()
	var unsupported *UnsupportedError
	if err == nil || errors.As(err, &unsupported) || errors.Is(err, ErrCorrupt) || o.ctx.Err() != nil {
		return err
	}
	return corrupt(o.name, err)
}
