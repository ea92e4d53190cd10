package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

const (
	// A file up to this size is read whole, by one request, unless there are so
	// many that wholeBytesMax is less.
	wholeBytes    = 4 << 20
	wholeBytesMax = 32 << 20
	// Of a larger one the end is read first: it holds the footer.
	tailBytes = 256 << 10
	// rowsPerByteMax bounds the rows that a file may claim: no two rows are
	// equal, so that a row takes bytes, whatever the codec.
	rowsPerByteMax = 8
	// walkBytesMax is about what a walk over the files holds of the checkpoint's,
	// however large their row groups are. What is larger is read in pieces.
	walkBytesMax = 16 << 20
	// keptBytesMax bounds what a reader keeps of sidecars between walks.
	keptBytesMax = 16 << 20
)

// Options are how a checkpoint is read. Nil, and the zero value, are the
// defaults.
type Options struct {
	// Allocator is where Parquet pages are decoded; memory.DefaultAllocator if
	// nil. What is returned never lies in it.
	Allocator memory.Allocator
	// Limits bound the main file of a V2 checkpoint that is JSON.
	Limits *log.Limits
	// Parallel is how many files are opened at once; 1 if less. At most
	// aheadMax of their pieces are decoded at once.
	Parallel int
}

// Reader reads one checkpoint. It is safe for concurrent use, holds no more
// than the footers of its files, and the content of small ones, and needs no
// Close.
type Reader struct {
	store    storage.Store
	opts     Options
	files    []log.File // the main file, or the parts
	parts    []*part    // of Parquet
	manifest *manifest  // or of JSON
	sidecars []log.File
	v2       bool  // it describes itself, or has sidecars
	budget   int64 // bytes of one row group that a walk holds

	mu   sync.Mutex    // guards what is below; never held over I/O
	kept map[int]*part // sidecars that were opened, as far as they may be kept
	held int64         // bytes of these
}

// part is one Parquet file of a checkpoint.
type part struct {
	file   *parquetfile.File
	schema *tree
	held   int64 // bytes
	budget int64 // bytes of a row group that are held at once; 0: a default
	// verbose says that its names are too long to be repeated for each row group.
	verbose bool
}

// Open reads what the files that make up one checkpoint say of themselves: one
// file, or all parts of it in their order. That is the footers, or, for a V2
// checkpoint, whatever its name, all that its main file has beside file
// actions; sidecars are opened when files are asked for.
//
// A file that is not there is fs.ErrNotExist, as when log cleanup was faster;
// one that is no checkpoint, is damaged, or is of another version than its name
// says, is [ErrCorrupt], and so is one whose sidecars lie elsewhere than they
// may, which is log.ErrExternalPath, too; one that is encrypted is
// [*UnsupportedError]. Other errors are the store's.
func Open(ctx context.Context, st storage.Store, files []log.File, opts *Options) (*Reader, error) {
	if len(files) == 0 {
		return nil, errors.New("open checkpoint: no files")
	}
	r := &Reader{store: st, files: files, kept: map[int]*part{}}
	if opts != nil {
		r.opts = *opts
	}
	r.opts.Parallel = max(1, r.opts.Parallel)
	if err := r.open(ctx); err != nil {
		return nil, fmt.Errorf("open checkpoint: %w", err)
	}
	r.budget = int64(walkBytesMax / max(1, min(len(r.pieces()), r.opts.Parallel, aheadMax)))
	for _, p := range r.parts {
		p.budget = r.budget
	}
	return r, nil
}

// V2 reports whether the content is that of a V2 checkpoint, whatever its name.
func (r *Reader) V2() bool { return r.v2 }

func (r *Reader) open(ctx context.Context) error {
	if name, ok := log.ParseName(r.files[0].Name); ok && name.JSON {
		var err error
		if r.manifest, err = openManifest(ctx, r.store, r.files[0], r.opts.Limits); err != nil {
			return err
		}
		return r.refer(r.manifest.refs)
	}
	if err := r.openParts(ctx); err != nil {
		return err
	}
	var found references
	for _, p := range r.parts {
		for g := range p.file.Meta().RowGroups {
			if err := p.guard(func() error { return p.references(ctx, g, &found) }); err != nil {
				return err
			}
		}
	}
	return r.refer(found)
}

// openParts opens the main files, several at once.
func (r *Reader) openParts(ctx context.Context) error {
	r.parts = make([]*part, len(r.files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opts.Parallel)
	for i, f := range r.files {
		g.Go(func() (err error) {
			r.parts[i], err = r.openPart(ctx, f, len(r.files))
			return err
		})
	}
	return g.Wait()
}

// openPart opens one of n files.
func (r *Reader) openPart(ctx context.Context, f log.File, n int) (*part, error) {
	whole := int64(min(wholeBytes, wholeBytesMax/n))
	o := parquetfile.Options{Allocator: r.opts.Allocator, TailBytes: min(tailBytes, max(whole, 16<<10))}
	if f.Size <= whole {
		o.TailBytes = whole
	}
	file, err := parquetfile.Open(ctx, r.store, f.Name, f.Size, &o)
	if err != nil {
		return nil, classify(f.Name, err)
	}
	p := &part{file: file, schema: newTree(file.Meta().Schema), held: min(f.Size, o.TailBytes)}
	p.verbose = p.schema.verbose()
	var rows int64
	for g := range file.Meta().RowGroups {
		rows += p.rows(g)
	}
	if rows > 1<<16+f.Size*rowsPerByteMax {
		return nil, corrupt(f.Name, fmt.Errorf("%d rows in %d bytes", rows, f.Size))
	}
	return p, nil
}

// part is a file with file actions: one of the main files, or a sidecar after
// these, which is opened for the occasion unless it was kept.
func (r *Reader) part(ctx context.Context, i int) (*part, error) {
	if i < len(r.parts) {
		return r.parts[i], nil
	}
	i -= len(r.parts)
	r.mu.Lock()
	p := r.kept[i]
	r.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := r.openPart(ctx, r.sidecars[i], len(r.sidecars))
	if err != nil {
		return nil, err
	}
	p.budget = r.budget
	r.keep(i, p)
	return p, nil
}

// keep keeps an opened sidecar if there is room.
func (r *Reader) keep(i int, p *part) {
	size := p.held + footerCost*int64(p.file.Meta().Size())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept[i] == nil && r.held+size <= keptBytesMax {
		r.kept[i] = p
		r.held += size
	}
}

// footerCost is how much larger a footer is when it is decoded.
const footerCost = 8

// NumAdds is how many files the checkpoint lists, by its footers alone; −1 if
// they do not say.
func (r *Reader) NumAdds(ctx context.Context) (int64, error) {
	var n int64
	if r.manifest != nil {
		n = r.manifest.adds
	}
	for i := range len(r.parts) + len(r.sidecars) {
		p, err := r.part(ctx, i)
		if err != nil {
			return 0, fmt.Errorf("read checkpoint: %w", err)
		}
		adds, known := p.numAdds()
		if !known {
			return -1, nil
		}
		n += adds
	}
	return n, nil
}

func (p *part) numAdds() (n int64, known bool) {
	path := p.schema.leaf("add", "path")
	if path == nil {
		return 0, true
	}
	for g := range p.file.Meta().RowGroups {
		nulls, known := p.nulls(g, path.index)
		if !known {
			return 0, false
		}
		n += p.rows(g) - nulls
	}
	return n, true
}

// Held is how much memory the reader keeps: the ends of its files, which may be
// all of them.
func (r *Reader) Held() int64 {
	r.mu.Lock()
	n := r.held
	r.mu.Unlock()
	for _, p := range r.parts {
		n += p.held
	}
	if r.manifest != nil {
		n += int64(len(r.manifest.body))
	}
	return n
}

// Bytes is about how large the columns are that [Reader.Files] reads, without
// their compression, as the footers say: in memory they are no smaller. Of
// sidecars the first one is opened, and stands for the others.
func (r *Reader) Bytes(ctx context.Context, cols Columns) (int64, error) {
	var n int64
	if r.manifest != nil && r.manifest.adds > 0 {
		n = int64(len(r.manifest.body))
	}
	for _, p := range r.parts {
		n += p.bytes(cols)
	}
	if len(r.sidecars) == 0 {
		return n, nil
	}
	first, err := r.part(ctx, len(r.parts))
	if err != nil {
		return 0, fmt.Errorf("read checkpoint: %w", err)
	}
	var size float64
	for _, f := range r.sidecars {
		size += float64(f.Size)
	}
	const most = 1 << 62
	return n + int64(min(most, float64(first.bytes(cols))*size/float64(r.sidecars[0].Size))), nil
}

func (p *part) bytes(cols Columns) int64 {
	var n int64
	for g, meta := range p.file.Meta().RowGroups {
		for _, c := range p.columns(wantedOf(cols, cols&Stats != 0 && p.statsOnlyParsed(g))...) {
			n += max(0, meta.Columns[c].MetaData.TotalUncompressedSize)
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
