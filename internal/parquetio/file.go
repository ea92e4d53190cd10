package parquetio

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// OpenOptions say what is known of a file and how it is to be read. Nil means
// that the number of rows is not known, and the defaults.
type OpenOptions struct {
	// Rows is the number of rows that the log says the file has, or -1 if it
	// does not say. A file that has another number is corrupt.
	Rows int64
	// Mapping is how the table's columns are named in the file.
	Mapping schema.Mapping
	// Allocator is where arrays and buffers come from; memory.DefaultAllocator
	// if nil.
	Allocator memory.Allocator
	// PageIndex lets Pages, and Read where the plan has ranges, read the
	// file's page index, so that pages without wanted rows are neither fetched
	// nor decoded. It costs a small request for each column.
	PageIndex bool
	// Budget is how many bytes of the file one Read holds at a time;
	// 64 MiB if zero.
	Budget int64
}

// File is one data file, open for reading. It is safe for concurrent use: each
// Read has its own state.
type File struct {
	ctx    context.Context // of Open; bounds the requests that Pages makes
	pf     *parquetfile.File
	mem    memory.Allocator
	opts   OpenOptions
	groups []RowGroup

	mu     sync.Mutex
	folded map[*pqschema.GroupNode]map[string]int // guarded by mu; see foldedOf
	ids    map[*pqschema.GroupNode]map[int64]int  // guarded by mu; see idsOf
}

// RowGroup is a part of a file that is stored column by column.
type RowGroup struct {
	FirstRow int64 // physical position of its first row in the file
	Rows     int64
	Bytes    int64 // compressed, all columns
}

// Open reads the footer of the object name, which has size bytes according to
// the log. The error is a [*parquetfile.Error] for an object that is no Parquet
// file, is damaged or has another size or number of rows; an error of the store
// otherwise. ctx bounds Open and the later calls of [File.Pages].
func Open(ctx context.Context, st storage.Store, name string, size int64, opts *OpenOptions) (*File, error) {
	o := OpenOptions{Rows: -1}
	if opts != nil {
		o = *opts
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	pf, err := parquetfile.Open(ctx, st, name, size, &parquetfile.Options{
		Rows: o.Rows, RowsKnown: o.Rows >= 0, Allocator: o.Allocator,
	})
	if err != nil {
		return nil, err
	}
	f := &File{ctx: ctx, pf: pf, mem: o.Allocator, opts: o, folded: map[*pqschema.GroupNode]map[string]int{}, ids: map[*pqschema.GroupNode]map[int64]int{}}
	var first int64
	for i, rg := range pf.Meta().RowGroups {
		g := RowGroup{FirstRow: first, Rows: rg.NumRows}
		for c := range rg.Columns {
			g.Bytes += pf.Chunk(i, c).Length
		}
		f.groups = append(f.groups, g)
		first += g.Rows
	}
	return f, nil
}

// NumRows is the number of rows in the file.
func (f *File) NumRows() int64 { return f.pf.Meta().NumRows }

// RowGroups are the row groups in the order of their rows. The slice belongs
// to the file.
func (f *File) RowGroups() []RowGroup { return f.groups }

// Close ends the use of the file. Batches that were retained stay valid.
func (f *File) Close() error { return nil }

// TypeError says that a column of a file cannot be read as the table has it.
type TypeError struct {
	Name   string      // the file
	Column string      // dotted path in the table's schema
	File   string      // what the file has
	Table  schema.Type // what the table has
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("file %q, column %q: the file has %s, which cannot be read as %v", e.Name, e.Column, e.File, e.Table)
}
