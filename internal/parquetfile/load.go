package parquetfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"golang.org/x/sync/errgroup"
)

const (
	budgetDefault = 64 << 20 // bytes of one row group held at once
	gapMax        = 64 << 10 // a gap up to this is read along rather than asked around
	requestMax    = 16 << 20 // bytes of one coalesced request
	windowMin     = 256 << 10
	requestsMax   = 8 // requests of one Load in flight

	// A page is decompressed whole, so its size bounds the memory of a column.
	pageUncompressedMax = 256 << 20
	pageCompressedMax   = 256 << 20

	// Decoders of one row group hold decodeBytesMax, or decodeRatioMax times
	// the bytes that they decode if that is more.
	decodeBytesMax = 512 << 20
	decodeRatioMax = 32

	// streamGap separates the columns in the address space that arrow-go sees.
	streamGap = 1 << 10
)

// Part is what Load fetches of one column chunk.
type Part struct {
	Column int // index into the leaves of the schema
	// Extents are the pieces to present, in order, as if they were the whole
	// chunk: a dictionary page, if there is one, then data pages. Nil is the
	// chunk as it is.
	Extents []Extent
}

// LoadOptions say how much Load may hold. Zero fields mean the defaults.
type LoadOptions struct {
	// Budget is about how many bytes of the file are held at once; 64 MiB if
	// zero. Parts that fit together are fetched at once, neighbours in one
	// request; otherwise the small ones are, and of the others each is read
	// through a window of its share.
	Budget int64
	// Allocator, if not nil, is used in place of the file's.
	Allocator memory.Allocator
}

// Group presents parts of one row group to arrow-go. It is not safe for
// concurrent use, and lives until Close or the end of the context it was
// loaded with, whichever is first.
type Group struct {
	file    *File
	reader  *file.Reader
	source  *source
	arena   *arena                   // of the decoders
	columns []file.ColumnChunkReader // opened by Column
}

// Load fetches parts of a row group, each column at most once. Errors are
// those of the store, or an [*Error] for extents outside the file and for
// codecs that are not supported.
func (f *File) Load(ctx context.Context, rowGroup int, parts []Part, o LoadOptions) (*Group, error) {
	if o.Budget <= 0 {
		o.Budget = budgetDefault
	}
	if o.Allocator == nil {
		o.Allocator = f.mem
	}
	src, err := f.newSource(ctx, rowGroup, parts, o)
	if err != nil {
		return nil, err
	}
	most := max(decodeBytesMax, decodeRatioMax*src.end())
	g := &Group{file: f, source: src, arena: newArena(o.Allocator, most,
		f.fault("", ErrLimit, fmt.Errorf("row group %d takes more than %d bytes to decode", rowGroup, most)))}
	if err := g.source.prefetch(o.Budget); err != nil {
		g.source.close()
		return nil, err
	}
	err = f.Guard("", func() error { return g.open(rowGroup) })
	if err != nil {
		g.source.close()
		return nil, err
	}
	return g, nil
}

// open makes arrow-go's reader over a copy of the metadata that has this row
// group only, its chunks where the source presents them, and no page index:
// the reader then makes no request of its own.
func (g *Group) open(rowGroup int) error {
	meta := *g.file.meta
	footer := *meta.FileMetaData
	rg := *footer.RowGroups[rowGroup]
	rg.Columns = slices.Clone(rg.Columns)
	for _, s := range g.source.streams {
		chunk := *rg.Columns[s.column]
		md := *chunk.MetaData
		md.DataPageOffset, md.DictionaryPageOffset, md.IndexPageOffset = s.base, nil, nil
		md.TotalCompressedSize = s.size
		md.Codec += ourCodec
		chunk.MetaData = &md
		rg.Columns[s.column] = &chunk
	}
	for i, c := range rg.Columns {
		if c.OffsetIndexOffset != nil || c.ColumnIndexOffset != nil {
			chunk := *c
			chunk.OffsetIndexOffset, chunk.OffsetIndexLength = nil, nil
			chunk.ColumnIndexOffset, chunk.ColumnIndexLength = nil, nil
			rg.Columns[i] = &chunk
		}
	}
	footer.RowGroups = append(footer.RowGroups[:0:0], &rg)
	meta.FileMetaData = &footer
	meta.SetSourceFileSize(g.source.end())

	props := parquet.NewReaderProperties(g.arena)
	props.BufferedStreamEnabled = true // pages are copied from the source one by one
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = pageCompressedMax, pageUncompressedMax
	r, err := file.NewParquetReader(g.source, file.WithMetadata(&meta), file.WithReadProps(props))
	g.reader = r
	return err
}

// Column is arrow-go's reader of a column that was loaded. Everything that is
// done with it belongs under Guard, and its errors through Fault. It is closed
// by the group.
func (g *Group) Column(column int) (r file.ColumnChunkReader, err error) {
	err = g.file.Guard(g.path(column), func() error {
		r, err = g.openColumn(column)
		return err
	})
	if err != nil {
		return nil, g.Fault(column, err)
	}
	g.columns = append(g.columns, r)
	return r, nil
}

// openColumn makes arrow-go's reader of a column over pages that are gone
// through before.
func (g *Group) openColumn(column int) (file.ColumnChunkReader, error) {
	stored, err := g.reader.RowGroup(0).GetColumnPageReader(column)
	if err != nil {
		return nil, err
	}
	d := g.file.meta.Schema.Column(column)
	p := &pages{PageReader: stored, sums: g.source.sumsOf(column), width: -1, mem: g.arena}
	if d.PhysicalType() == parquet.Types.FixedLenByteArray {
		p.width = d.TypeLength()
	}
	if d.MaxRepetitionLevel() > 0 {
		p.levelsV1++
	}
	if d.MaxDefinitionLevel() > 0 {
		p.levelsV1++
	}
	//lint:ignore SA1019 there is no other way to give a column pages of one's own
	return file.NewColumnReader(d, p, g.arena, g.reader.BufferPool()), nil
}

// Fault is the error to return for an error of a column's decoder: what the
// store said, if it was the store, and an [*Error] otherwise.
func (g *Group) Fault(column int, err error) error {
	if g.source.err != nil {
		return g.source.err
	}
	return g.file.Corrupt(g.path(column), err)
}

func (g *Group) path(column int) string { return g.file.meta.Schema.Column(column).Path() }

// Close releases what the group holds, its columns included.
func (g *Group) Close() {
	for _, c := range g.columns {
		// A reader whose page was damaged can fail, even panic, to close.
		_ = g.file.Guard("", c.Close)
	}
	g.columns = nil
	g.arena.close()
	g.source.close()
}

// source is the parts of a row group in an address space of their own: one
// stream of bytes for each column, one behind the other.
type source struct {
	ctx     context.Context // of the Load; bounds the reads that arrow-go asks for
	file    *File
	mem     memory.Allocator
	streams []*stream
	buffers [][]byte // from mem
	err     error    // the first failure of the store
}

// stream is the bytes of one column: extents, put end to end.
type stream struct {
	column  int
	base    int64 // first address
	size    int64
	extents []Extent
	starts  []int64  // of each extent, as an offset into the stream
	pieces  [][]byte // of each extent what is held, nil when it is read through the window

	sums checksums // of what was read

	window      []byte // what is held of …
	windowStart int64  // … the extents, as an offset into the stream
	windowSize  int64
}

func (f *File) newSource(ctx context.Context, rowGroup int, parts []Part, o LoadOptions) (*source, error) {
	src := &source{ctx: ctx, file: f, mem: o.Allocator}
	base := int64(streamGap)
	for _, p := range parts {
		md := f.meta.RowGroups[rowGroup].Columns[p.Column].MetaData
		if _, err := compress.GetCodec(ourCodec + compress.Compression(md.Codec)); err != nil {
			return nil, f.Unsupported(f.meta.Schema.Column(p.Column).Path(), fmt.Errorf("compressed with %v", md.Codec))
		}
		chunk := f.chunkExtent(rowGroup, p.Column)
		extents := p.Extents
		if extents == nil {
			extents = []Extent{chunk}
		}
		s := &stream{column: p.Column, base: base, extents: extents, pieces: make([][]byte, len(extents))}
		for _, e := range extents {
			s.starts = append(s.starts, s.size)
			if e.Length < 0 || e.Offset < chunk.Offset || e.Length > chunk.Length || e.End() > chunk.End() {
				return nil, f.Corrupt(f.meta.Schema.Column(p.Column).Path(), errors.New("a page outside its chunk"))
			}
			s.size += e.Length
		}
		base += s.size + streamGap
		src.streams = append(src.streams, s)
	}
	return src, nil
}

// sumsOf is what watches the bytes of a column.
func (src *source) sumsOf(column int) *checksums {
	i := slices.IndexFunc(src.streams, func(s *stream) bool { return s.column == column })
	return &src.streams[i].sums
}

// end is the first address behind all streams.
func (src *source) end() int64 {
	end := int64(streamGap)
	for _, s := range src.streams {
		end = s.base + s.size + streamGap
	}
	return end
}

// prefetch reads every stream that the budget has room for, and gives the
// others windows of their share.
func (src *source) prefetch(budget int64) error {
	requests := coalesce(src, share(src.streams, budget))
	work, ctx := errgroup.WithContext(src.ctx)
	work.SetLimit(requestsMax)
	for _, r := range requests {
		if len(requests) == 1 {
			return src.file.readAt(ctx, r.buf, r.Offset)
		}
		work.Go(func() error { return src.file.readAt(ctx, r.buf, r.Offset) })
	}
	return work.Wait()
}

// share divides a budget among streams so that the small ones fit whole, which
// it returns, and what they leave is shared alike by the windows of the others.
func share(streams []*stream, budget int64) (whole []*stream) {
	whole = slices.SortedFunc(slices.Values(streams), func(a, b *stream) int { return cmp.Compare(a.size, b.size) })
	for i, s := range whole {
		left := int64(len(whole) - i)
		if s.size <= budget/left {
			budget -= s.size
			continue
		}
		for _, large := range whole[i:] {
			large.windowSize = min(large.size, max(windowMin, budget/left))
		}
		return whole[:i]
	}
	return whole
}

// request is one read that serves neighbouring extents.
type request struct {
	Extent
	buf []byte
}

// coalesce joins the extents of streams into requests, gives them buffers and
// points the streams' pieces into these.
func coalesce(src *source, streams []*stream) []request {
	type piece struct {
		Extent
		at *[]byte
	}
	var pieces []piece
	for _, s := range streams {
		for i, e := range s.extents {
			pieces = append(pieces, piece{e, &s.pieces[i]})
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.Offset, b.Offset) })
	var requests []request
	for first := 0; first < len(pieces); {
		r := request{Extent: pieces[first].Extent}
		next := first + 1
		for ; next < len(pieces); next++ {
			p := pieces[next]
			end := max(r.End(), p.End())
			if p.Offset > r.End()+gapMax || end-r.Offset > requestMax {
				break
			}
			r.Length = end - r.Offset
		}
		r.buf = src.allocate(r.Length)
		for _, p := range pieces[first:next] {
			*p.at = r.buf[p.Offset-r.Offset : p.End()-r.Offset]
		}
		requests = append(requests, r)
		first = next
	}
	return requests
}

func (src *source) allocate(n int64) []byte {
	buf := src.mem.Allocate(int(n))
	src.buffers = append(src.buffers, buf)
	return buf
}

func (src *source) close() {
	for _, b := range src.buffers {
		src.mem.Free(b)
	}
	src.buffers = nil
	for _, s := range src.streams {
		s.window = nil
		clear(s.pieces)
	}
}

// ReadAt fills p from the stream that address off is in.
func (src *source) ReadAt(p []byte, off int64) (int, error) {
	i, found := slices.BinarySearchFunc(src.streams, off, func(s *stream, off int64) int { return cmp.Compare(s.base, off) })
	if !found {
		i--
	}
	if i < 0 || off >= src.streams[i].base+src.streams[i].size {
		return 0, io.EOF
	}
	s := src.streams[i]
	n, err := s.readAt(src, p, off-s.base)
	s.sums.watch(off-s.base, p[:n])
	if err != nil && !errors.Is(err, io.EOF) && src.err == nil {
		src.err = err
	}
	return n, err
}

// Seek is asked for only by readers that look for a footer.
func (src *source) Seek(int64, int) (int64, error) {
	return 0, errors.New("parquetfile: a loaded row group cannot be sought in")
}

func (s *stream) readAt(src *source, p []byte, off int64) (int, error) {
	i, found := slices.BinarySearch(s.starts, off)
	if !found {
		i--
	}
	n := 0
	for ; n < len(p) && i < len(s.extents); i++ {
		at := off + int64(n)
		if s.pieces[i] != nil {
			n += copy(p[n:], s.pieces[i][at-s.starts[i]:])
			continue
		}
		m, err := s.readWindow(src, p[n:], i, at)
		n += m
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readWindow fills p with the bytes at offset at of the stream, which is in
// extent i, up to the end of that extent.
func (s *stream) readWindow(src *source, p []byte, i int, at int64) (int, error) {
	n, end := 0, s.starts[i]+s.extents[i].Length
	for n < len(p) && at < end {
		if at < s.windowStart || at >= s.windowStart+int64(len(s.window)) {
			if s.window == nil {
				s.window = src.allocate(s.windowSize)
			}
			s.window = s.window[:min(s.windowSize, end-at)]
			s.windowStart = at
			if err := src.file.readAt(src.ctx, s.window, s.extents[i].Offset+at-s.starts[i]); err != nil {
				s.window = s.window[:0]
				return n, err
			}
		}
		m := copy(p[n:], s.window[at-s.windowStart:])
		n += m
		at += int64(m)
	}
	return n, nil
}
