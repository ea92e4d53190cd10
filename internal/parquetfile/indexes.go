package parquetfile

import (
	"context"
	"math"
)

// indexesMax is up to how many bytes of offset indexes are read at one go, when
// one of them is asked for: as many as a request may bring along.
const indexesMax = 256 << 10

// indexes are the offset indexes of all columns, which writers put together, once
// they have been read. Who reads rows here and there needs those of all its
// columns; of column indexes, only those of its predicate.
type indexes struct {
	busy  chan struct{} // holds one token: whoever has it may look, or read
	bytes []byte        // nil: not read
}

// ReadOffsetIndex returns the bytes of one column's offset index, which must lie
// inside the file. If the indexes of all columns are few, the first call reads them, and
// no other makes a request. The bytes must not be changed.
func (f *File) ReadOffsetIndex(ctx context.Context, offset, length int64) ([]byte, error) {
	start, end := f.indexExtent()
	inTail := offset >= f.size-int64(len(f.tail))
	if inTail || length < 0 || offset < start || offset > end-length || end-start > indexesMax {
		return f.ReadRange(ctx, offset, length)
	}
	all, err := f.allIndexes(ctx, start, end)
	if err != nil {
		return nil, err
	}
	return all[offset-start:][:length], nil
}

// indexExtent is where the offset indexes of all columns lie, from the first to
// behind the last.
func (f *File) indexExtent() (start, end int64) {
	start = math.MaxInt64
	for _, rg := range f.meta.RowGroups {
		for _, c := range rg.Columns {
			offset, length := c.OffsetIndexOffset, c.OffsetIndexLength
			if offset == nil || length == nil || *offset < 0 || *length < 0 || *offset > f.size-int64(*length) {
				continue
			}
			start, end = min(start, *offset), max(end, *offset+int64(*length))
		}
	}
	return start, end
}

// allIndexes reads all offset indexes, once.
func (f *File) allIndexes(ctx context.Context, start, end int64) ([]byte, error) {
	select {
	case f.indexes.busy <- struct{}{}:
		defer func() { <-f.indexes.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.indexes.bytes == nil {
		all := make([]byte, end-start)
		if err := f.readAt(ctx, all, start); err != nil {
			return nil, err
		}
		f.indexes.bytes = all
	}
	return f.indexes.bytes, nil
}
