package checkpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

const (
	// A file up to this size is read whole, by one request.
	wholeBytes = 4 << 20
	// Of a larger one the end is read first: it holds the footer.
	tailBytes = 256 << 10
	// rowsPerByteMax bounds the rows that a file may claim: no two rows are
	// equal, so that a row takes bytes, whatever the codec.
	rowsPerByteMax = 8
)

// Options are how a checkpoint is read. Nil, and the zero value, are the
// defaults.
type Options struct {
	// Allocator is where Parquet pages are decoded; memory.DefaultAllocator if
	// nil. What is returned never lies in it.
	Allocator memory.Allocator
}

// Reader reads one checkpoint. It is safe for concurrent use, holds no more
// than the footers of its files, and the content of those below 4 MiB, and
// needs no Close.
type Reader struct{ parts []*part }

// part is one file of a checkpoint.
type part struct {
	file   *parquetfile.File
	schema *tree
	held   int64 // bytes
}

// Open reads the footers of the files that make up one checkpoint: one file,
// or all parts of it, in their order.
//
// A file that is not there is fs.ErrNotExist, as when log cleanup was faster;
// one that is no Parquet file, or a damaged one, is [ErrCorrupt]; one that is
// encrypted is [*UnsupportedError]. Other errors are the store's.
func Open(ctx context.Context, st storage.Store, files []log.File, opts *Options) (*Reader, error) {
	if len(files) == 0 {
		return nil, errors.New("open checkpoint: no files")
	}
	if opts == nil {
		opts = &Options{}
	}
	r := &Reader{}
	for _, f := range files {
		p, err := openPart(ctx, st, f, opts)
		if err != nil {
			return nil, fmt.Errorf("open checkpoint: %w", err)
		}
		r.parts = append(r.parts, p)
	}
	return r, nil
}

func openPart(ctx context.Context, st storage.Store, f log.File, opts *Options) (*part, error) {
	o := parquetfile.Options{Allocator: opts.Allocator, TailBytes: tailBytes}
	if f.Size <= wholeBytes {
		o.TailBytes = wholeBytes
	}
	file, err := parquetfile.Open(ctx, st, f.Name, f.Size, &o)
	if err != nil {
		return nil, classify(f.Name, err)
	}
	p := &part{file: file, schema: newTree(file.Meta().Schema), held: min(f.Size, o.TailBytes)}
	var rows int64
	for g := range file.Meta().RowGroups {
		rows += p.rows(g)
	}
	if rows > 1<<16+f.Size*rowsPerByteMax {
		return nil, corrupt(f.Name, fmt.Errorf("%d rows in %d bytes", rows, f.Size))
	}
	return p, nil
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
		for g := range p.file.Meta().RowGroups {
			nulls, known := p.nulls(g, path.index)
			if !known {
				return -1
			}
			n += p.rows(g) - nulls
		}
	}
	return n
}

// Held is how much memory the reader keeps: the ends of its files, which may be
// all of them.
func (r *Reader) Held() int64 {
	var n int64
	for _, p := range r.parts {
		n += p.held
	}
	return n
}

// Bytes is how large the columns are that [Reader.Files] reads, without their
// compression, as the footers say: in memory they are no smaller.
func (r *Reader) Bytes(cols Columns) int64 {
	var n int64
	for _, p := range r.parts {
		for g, meta := range p.file.Meta().RowGroups {
			for _, c := range p.columns(wantedOf(cols, cols&Stats != 0 && p.statsOnlyParsed(g))...) {
				n += max(0, meta.Columns[c].MetaData.TotalUncompressedSize)
			}
		}
	}
	return n
}

// rows is how many rows a row group has.
func (p *part) rows(group int) int64 { return p.file.Meta().RowGroups[group].NumRows }

// nulls is how many nulls a column chunk has by its statistics.
func (p *part) nulls(group, column int) (n int64, known bool) {
	m := p.file.Meta().RowGroups[group].Columns[column].MetaData
	if m.Statistics == nil || m.Statistics.NullCount == nil {
		return 0, false
	}
	n = *m.Statistics.NullCount
	return n, n >= 0 && n <= m.NumValues
}

// allNull says whether the statistics prove that a column chunk has no value.
func (p *part) allNull(group, column int) bool {
	n, known := p.nulls(group, column)
	return known && n == p.file.Meta().RowGroups[group].Columns[column].MetaData.NumValues
}

// guard runs a step of decoding a file, and says of its error what it is.
func (p *part) guard(step func() error) error {
	return classify(p.file.Name(), p.file.Guard("", step))
}
