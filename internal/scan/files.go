package scan

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// External opens the store that holds an object outside of the table, which a
// log may name by its absolute URI, and says how the object is called there.
type External func(uri string) (storage.Store, string, error)

// files are how the data files and deletion vectors of a table are reached.
type files struct {
	opts    *Options
	mapping schema.Mapping
	vectors *dv.Reader
	deletes bool // the protocol knows deletion vectors
}

func newFiles(opts Options) *files {
	return &files{
		opts: &opts, mapping: opts.Mapping(), vectors: dv.NewReader(opts.Store, opts.External, opts.Limits),
		deletes: feature.Has(opts.State.Protocol, feature.DeletionVectors),
	}
}

// open reads the footer of a data file, and its deletion vector at the same
// time. index lets reads of some ranges use the page index.
func (r *files) open(ctx context.Context, f replay.File, o *opened, index bool) error {
	d := f.DeletionVector()
	if d == nil {
		return r.data(ctx, f, o, index)
	}
	var deleted *dv.Bitmap
	var g errgroup.Group // a file keeps the context that it is opened with
	g.Go(func() error { return r.data(ctx, f, o, true) })
	g.Go(func() (err error) {
		deleted, err = r.vector(ctx, d, rowsOf(f))
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if deleted.Len() == 0 {
		return nil
	}
	if err := within(deleted, d, o.data.NumRows()); err != nil { // where the log does not say how many rows there are
		return err
	}
	o.deleted = deleted
	return nil
}

// vector is the rows that a deletion vector marks, of a file with so many rows
// if that is known.
func (r *files) vector(ctx context.Context, d *log.DeletionVector, rows int64) (*dv.Bitmap, error) {
	if !r.deletes {
		return nil, fmt.Errorf("%w: the file has a deletion vector, and the table's protocol has not the feature %s", log.ErrCorrupt, feature.DeletionVectors)
	}
	return r.vectors.Read(ctx, d, rows)
}

// data opens the data file.
func (r *files) data(ctx context.Context, f replay.File, o *opened, index bool) (err error) {
	st, name, err := r.locate(f.Path())
	if err != nil {
		return err
	}
	o.data, err = parquetio.Open(ctx, st, name, f.Size(), &parquetio.OpenOptions{
		Rows: rowsOf(f), Mapping: r.mapping, Allocator: r.opts.Allocator, PageIndex: index,
	})
	return err
}

// sized is a file of which the log does not say the size.
func (r *files) sized(ctx context.Context, f replay.File) (replay.File, error) {
	st, name, err := r.locate(f.Path())
	if err != nil {
		return f, err
	}
	info, err := st.Head(ctx, name)
	if err != nil {
		return f, err
	}
	with := *f.Add()
	with.Size = info.Size
	return replay.FileOf(&with), nil
}

// locate is where the object of a path is.
func (r *files) locate(path string) (storage.Store, string, error) {
	return Locate(r.opts.Store, r.opts.External, path)
}

// Locate is where the object is that a path of the log leads to, and what it is
// called there: in the table's store, or, if the path is an absolute URI, where
// external says.
func Locate(table storage.Store, external External, path string) (storage.Store, string, error) {
	name, err := log.DecodePath(path)
	if err == nil || !log.IsAbsolute(path) || external == nil {
		return table, name, err
	}
	return external(path)
}

// rowsOf is how many rows a file has, deleted ones counted; −1 if the log does
// not say.
func rowsOf(f replay.File) int64 {
	if n, ok := stats.NumRecords(f.Stats()); ok {
		return n
	}
	return -1
}
