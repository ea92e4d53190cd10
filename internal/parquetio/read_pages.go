package parquetio

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/foreset/foreset/internal/parquetfile"
)

// page is where a page of a column chunk lies and which rows it holds.
type page struct {
	parquetfile.Extent
	rows RowRange // of the row group
}

// pages reads the offset index of a column chunk, nil if it has none, and
// checks that the pages follow each other inside the chunk and cover its rows.
func (f *File) pages(ctx context.Context, leaf, group int) ([]page, error) {
	rg := f.pf.Meta().RowGroups[group]
	chunk := rg.Columns[leaf]
	if chunk.OffsetIndexOffset == nil || chunk.OffsetIndexLength == nil {
		return nil, nil
	}
	column := f.pf.Meta().Schema.Column(leaf).Path()
	var index metadata.OffsetIndex
	err := f.readIndex(ctx, column, *chunk.OffsetIndexOffset, int64(*chunk.OffsetIndexLength), f.pf.ReadOffsetIndex, func(b []byte) {
		index = metadata.NewOffsetIndex(b, nil, nil)
	})
	if err != nil {
		return nil, err
	}
	within := f.pf.Chunk(group, leaf)
	pages := make([]page, len(index.GetPageLocations()))
	for i, at := range index.GetPageLocations() {
		next := rg.NumRows
		if i+1 < len(pages) {
			next = index.GetPageLocations()[i+1].FirstRowIndex
		}
		p := page{parquetfile.Extent{Offset: at.Offset, Length: int64(at.CompressedPageSize)}, RowRange{at.FirstRowIndex, next - at.FirstRowIndex}}
		least := within.Offset
		if i > 0 {
			least = pages[i-1].End()
		}
		if p.Offset < least || p.Length <= 0 || p.End() > within.End() ||
			i == 0 && p.rows.First != 0 || p.rows.First < 0 || p.rows.Count <= 0 {
			return nil, f.pf.Corrupt(column, fmt.Errorf("row group %d: page %d of the offset index is out of order", group, i))
		}
		pages[i] = p
	}
	return pages, nil
}

// readIndex reads one of the structures of the page index and decodes it.
func (f *File) readIndex(ctx context.Context, column string, offset, length int64,
	read func(ctx context.Context, offset, length int64) ([]byte, error), decode func([]byte)) error {
	const indexMax = 64 << 20
	if length <= 0 || length > indexMax {
		return f.pf.Corrupt(column, fmt.Errorf("a page index of %d bytes", length))
	}
	b, err := read(ctx, offset, length)
	if err != nil {
		return err
	}
	if err := parquetfile.CheckThrift(b); err != nil {
		return f.pf.Corrupt(column, fmt.Errorf("page index: %w", err))
	}
	return f.pf.Guard(column, func() error { decode(b); return nil })
}

// longGap is how many rows in a row there must be that are not wanted, so that
// it is worth a request to learn where the pages are.
const longGap = 64

// hasGap says whether so many rows of the row group lie outside the ranges.
func (g RowGroup) hasGap(ranges []RowRange) bool {
	at := g.FirstRow
	for _, r := range ranges {
		if r.First-at >= longGap {
			return true
		}
		at = r.End()
	}
	return g.FirstRow+g.Rows-at >= longGap
}

// part is what has to be loaded of a column chunk for some rows of the file,
// and which rows of the row group it then presents: all of them, or those of
// the pages that hold the rows, if an index tells where these are.
func (f *File) part(ctx context.Context, leaf, group int, ranges []RowRange) (parquetfile.Part, []RowRange, error) {
	g := f.groups[group]
	part := parquetfile.Part{Column: leaf}
	whole := []RowRange{{0, g.Rows}}
	if !f.opts.PageIndex || !g.hasGap(ranges) {
		return part, whole, nil
	}
	pages, err := f.pages(ctx, leaf, group)
	if err != nil || len(pages) == 0 {
		return part, whole, err
	}
	chunk := f.pf.Chunk(group, leaf)
	if first := pages[0].Offset; first > chunk.Offset { // the dictionary
		part.Extents = append(part.Extents, parquetfile.Extent{Offset: chunk.Offset, Length: first - chunk.Offset})
	}
	var segments []RowRange
	for _, p := range pages {
		for len(ranges) > 0 && ranges[0].End()-g.FirstRow <= p.rows.First {
			ranges = ranges[1:]
		}
		if len(ranges) == 0 {
			break
		}
		if ranges[0].First-g.FirstRow >= p.rows.End() {
			continue
		}
		if n := len(part.Extents); n > 0 && part.Extents[n-1].End() == p.Offset {
			part.Extents[n-1].Length += p.Length
		} else {
			part.Extents = append(part.Extents, p.Extent)
		}
		if n := len(segments); n > 0 && segments[n-1].End() == p.rows.First {
			segments[n-1].Count += p.rows.Count
		} else {
			segments = append(segments, p.rows)
		}
	}
	return part, segments, nil
}
