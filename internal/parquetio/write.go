package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/schema"
)

// The bounds of row groups unless the options say otherwise.
const (
	RowGroupRowsDefault  = 1 << 20
	RowGroupBytesDefault = 128 << 20
)

// WriteOptions say how a data file is written. Nil and zeros are the defaults.
type WriteOptions struct {
	// Codec compresses the pages; [Zstd] if zero.
	Codec Codec
	// RowGroupRows and RowGroupBytes bound a row group: in rows
	// (RowGroupRowsDefault if zero), and in bytes before compression
	// (RowGroupBytesDefault), which one row may exceed.
	RowGroupRows  int64
	RowGroupBytes int64
	// NoPageIndex leaves out the index by which readers skip pages.
	NoPageIndex bool
	// BloomColumns get a bloom filter in each row group: dotted paths of fields
	// that are not booleans, nor in a list or map.
	BloomColumns []string
	// Stats say which statistics are collected; see [stats.Indexed].
	Stats stats.Options

	// PageRows is how many rows a data page has at most; 32,768 if zero.
	PageRows int
}

// createdBy names the writer in the form that Parquet readers parse; some
// disbelieve the statistics of writers they cannot parse.
const createdBy = "foreset version 1.0.0"

var magic = []byte("PAR1")

// Written describes a finished data file.
type Written struct {
	Rows  int64
	Bytes int64       // of the whole file
	Stats *stats.File // never nil
}

// Writer writes one data file. It holds a row group in memory, compressed, and
// a page of each column beside it. It is not safe for concurrent use. Its
// caller closes the underlying writer.
type Writer struct {
	w         io.Writer
	opts      WriteOptions
	compress  compressor
	shapes    []*shape
	leaves    []*leaf
	collector *stats.Collector
	columns   int // of a batch

	footer *metadata.FileMetaDataBuilder
	index  *metadata.PageIndexBuilder // nil: none
	schema *pqschema.Schema
	// filters are the bloom filters of the row groups so far, and what says
	// where they are. They stand behind the data, near the footer: a reader
	// often has that part of the file already.
	filters []writtenFilter

	written int64 // bytes out so far
	rows    int64
	group   int64 // rows in the current row group
	groups  int
	scratch []byte
	err     error // the first; a writer that failed stays failed
}

var (
	errClosed = errors.New("the data file is closed")
	errGroups = errors.New("a data file has at most 32768 row groups: let row groups be larger, or files smaller")
)

// NewWriter begins a data file with the columns of s: a table's data columns
// under their physical names. Void columns are left out of the file. A schema
// that a file cannot have is a [*SchemaError], an unknown codec a
// [*CodecError]; nothing is written then.
func NewWriter(w io.Writer, s *schema.Struct, opts *WriteOptions) (*Writer, error) {
	fw := &Writer{w: w, columns: len(s.Fields)}
	if opts != nil {
		fw.opts = *opts
	}
	if fw.opts.RowGroupRows <= 0 {
		fw.opts.RowGroupRows = RowGroupRowsDefault
	}
	if fw.opts.RowGroupBytes <= 0 {
		fw.opts.RowGroupBytes = RowGroupBytesDefault
	}
	if fw.opts.PageRows <= 0 {
		fw.opts.PageRows = pageRowsDefault
	}
	var err error
	if fw.compress, err = fw.opts.Codec.compressor(); err != nil {
		return nil, err
	}
	if fw.schema, fw.shapes, err = fileSchema(s); err != nil {
		return nil, err
	}
	for _, sh := range fw.shapes {
		_ = sh.leaves(func(l *leaf) error { fw.leaves = append(fw.leaves, l); return nil })
	}
	if err := fw.wantFilters(); err != nil {
		return nil, err
	}
	fw.collector = stats.NewCollector(s, fw.opts.Stats)
	fw.footer = metadata.NewFileMetadataBuilder(fw.schema, parquet.NewWriterProperties(
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(codecs[fw.opts.Codec].parquet),
	), nil)
	if !fw.opts.NoPageIndex {
		fw.index = &metadata.PageIndexBuilder{Schema: fw.schema}
	}
	if err := fw.emit(magic); err != nil {
		return nil, err
	}
	return fw, nil
}

// Write adds a batch, which has the layout that arrowconv.Schema gives to the
// writer's schema. A batch of another layout is a [*SchemaError], a null where
// none is allowed a [*NullError]. After an error the writer can only be
// aborted. The batch is not kept.
func (w *Writer) Write(batch arrow.RecordBatch) error {
	if w.err != nil {
		return w.err
	}
	w.err = w.write(batch)
	return w.err
}

func (w *Writer) write(batch arrow.RecordBatch) error {
	if int(batch.NumCols()) != w.columns {
		return &SchemaError{Detail: fmt.Sprintf("a batch has %d columns, the file %d", batch.NumCols(), w.columns)}
	}
	for at, end := 0, int(batch.NumRows()); at < end; {
		n := w.fit(batch, at, end)
		for _, s := range w.shapes {
			if err := w.writeColumn(s, batch.Column(s.index), at, at+n); err != nil {
				return err
			}
		}
		at += n
		w.rows += int64(n)
		w.group += int64(n)
		if w.group >= w.opts.RowGroupRows || w.groupBytes() >= w.opts.RowGroupBytes {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
	}
	w.collector.Add(batch)
	return nil
}

// fit is how many of the rows [at, end) are written next: up to the end of the
// row group, and to the row where pages are to be cut.
func (w *Writer) fit(batch arrow.RecordBatch, at, end int) int {
	page := int64(w.opts.PageRows)
	n := min(int64(end-at), w.opts.RowGroupRows-w.group, page-w.group%page)
	free := w.opts.RowGroupBytes - w.groupBytes()
	for n > 1 && w.batchBytes(batch, at, at+int(n)) > free {
		n /= 2
	}
	return int(n)
}

func (w *Writer) batchBytes(batch arrow.RecordBatch, start, end int) int64 {
	var total int64
	for _, s := range w.shapes {
		total += spanBytes(batch.Column(s.index), start, end)
	}
	return total
}

// writeColumn adds rows [start, end) of a top-level column, a few at a time
// where they are large.
func (w *Writer) writeColumn(s *shape, arr arrow.Array, start, end int) error {
	for start < end {
		n := end - start
		for n > 1 && spanBytes(arr, start, start+n) > pageBytes {
			n /= 2
		}
		if s.leaf != nil {
			if err := s.leaf.take(arr, start, start+n); err != nil {
				return err
			}
		} else if err := s.write(arr, s.rows(start, start+n)); err != nil {
			return err
		}
		start += n
		err := s.leaves(func(l *leaf) error {
			if s.leaf == nil {
				l.rows += n
			}
			if !l.full(w.opts.PageRows) {
				return nil
			}
			return l.cut(w)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// groupBytes is the size of the current row group before compression.
func (w *Writer) groupBytes() int64 {
	var total int64
	for _, l := range w.leaves {
		total += l.raw + int64(l.values.size())
	}
	return total
}

// endGroup writes the current row group out.
func (w *Writer) endGroup() error {
	if w.group == 0 {
		return nil
	}
	if w.groups > math.MaxInt16 {
		return errGroups
	}
	if w.index != nil {
		if err := w.index.AppendRowGroup(); err != nil {
			return err
		}
	}
	meta := w.footer.AppendRowGroup()
	for i, l := range w.leaves {
		if err := l.cut(w); err != nil {
			return err
		}
		if err := l.flush(w, i, meta.NextColumnChunk()); err != nil {
			return err
		}
	}
	meta.SetNumRows(int(w.group))
	if err := meta.Finish(0, int16(w.groups)); err != nil {
		return err
	}
	w.groups++
	w.group = 0
	return nil
}

// indexPages tells the page index of a column chunk's pages, the first of which
// begins at offset. A chunk with a page that has values and no bounds gets no
// column index.
func (w *Writer) indexPages(column int, pages []pageInfo, offset int64) error {
	if w.index == nil {
		return nil
	}
	bounds, err := w.index.GetColumnIndexBuilder(column)
	if err != nil {
		return err
	}
	places, err := w.index.GetOffsetIndexBuilder(column)
	if err != nil {
		return err
	}
	for i := range pages {
		p := &pages[i]
		if err := errors.Join(bounds.AddPage(&p.stats), places.AddPage(offset, p.firstRow, int32(p.size))); err != nil {
			return err
		}
		offset += int64(p.size)
	}
	return errors.Join(bounds.Finish(), places.Finish(0))
}

// Size is about how large the file would be if it were closed now, without its
// footer: what was written and what is held, as far as it can be foreseen.
func (w *Writer) Size() int64 {
	total := w.written
	for _, l := range w.leaves {
		total += l.size()
	}
	return total
}

// Buffered is the number of bytes that the writer holds in memory.
func (w *Writer) Buffered() int64 {
	total := int64(cap(w.scratch))
	for _, l := range w.leaves {
		total += l.buffered()
	}
	for _, f := range w.filters {
		total += int64(len(f.filter))
	}
	return total
}

// Relieve ends the current row group if that frees at least so many bytes of
// what the writer holds, and reports how many it freed.
func (w *Writer) Relieve(least int64) (freed int64, err error) {
	if w.err != nil {
		return 0, w.err
	}
	for _, l := range w.leaves {
		freed += int64(len(l.out))
	}
	if freed < least {
		return 0, nil
	}
	before := w.Buffered()
	if w.err = w.endGroup(); w.err != nil {
		return 0, w.err
	}
	for _, l := range w.leaves {
		l.out, l.hashes = nil, nil
	}
	w.scratch = nil
	return before - w.Buffered(), nil
}

// Close finishes the file and describes it. The underlying writer stays open.
// After an error, of Close or of an earlier call, the file is of no use.
func (w *Writer) Close() (Written, error) {
	if w.err == nil {
		w.err = w.finish()
	}
	if w.err != nil {
		return Written{}, w.err
	}
	w.err = errClosed
	done := Written{Rows: w.rows, Bytes: w.written, Stats: w.collector.File()}
	w.release()
	return done, nil
}

func (w *Writer) finish() error {
	if err := w.endGroup(); err != nil {
		return err
	}
	if err := w.writeFilters(); err != nil {
		return err
	}
	if w.index != nil {
		if err := w.writeIndex(); err != nil {
			return fmt.Errorf("write the page index: %w", err)
		}
	}
	footer, err := w.footer.Finish()
	if err != nil {
		return fmt.Errorf("write the footer: %w", err)
	}
	start := w.written
	if _, err := footer.WriteTo(teller{w}, nil); err != nil {
		return fmt.Errorf("write the footer: %w", err)
	}
	return w.emit(binary.LittleEndian.AppendUint32(nil, uint32(w.written-start)), magic)
}

func (w *Writer) writeIndex() error {
	w.index.Finish()
	var at metadata.PageIndexLocation
	if err := w.index.WriteTo(teller{w}, &at); err != nil {
		return err
	}
	return w.footer.SetPageIndexLocation(at)
}

// Abort gives up the file and frees what the writer holds. What was written is
// left to the caller to remove. Abort after Close does nothing.
func (w *Writer) Abort() {
	if w.err == nil {
		w.err = errClosed
	}
	w.release()
}

func (w *Writer) release() { w.leaves, w.shapes, w.scratch, w.filters = nil, nil, nil, nil }

// emit writes to the underlying writer.
func (w *Writer) emit(parts ...[]byte) error {
	for _, p := range parts {
		n, err := w.w.Write(p)
		w.written += int64(n)
		if err == nil && n < len(p) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return fmt.Errorf("write the data file: %w", err)
		}
	}
	return nil
}

// teller is the Writer's output as arrow-go wants it: a writer that knows its
// position.
type teller struct{ w *Writer }

func (t teller) Write(p []byte) (int, error) {
	before := t.w.written
	err := t.w.emit(p)
	return int(t.w.written - before), err
}

func (t teller) Tell() int64 { return t.w.written }
