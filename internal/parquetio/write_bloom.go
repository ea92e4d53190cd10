package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// writtenFilter is a bloom filter, and the column chunk that it is of.
type writtenFilter struct {
	chunk  *metadata.ColumnChunkMetaDataBuilder
	filter bloomFilter
}

// wantFilters marks the columns that get a filter.
func (w *Writer) wantFilters() error {
	for _, name := range w.opts.BloomColumns {
		found := false
		for _, l := range w.leaves {
			if l.column != name {
				continue
			}
			found = true
			if _, ok := plainWidth(l.physical, l.width); !ok || l.rep > 0 {
				return &SchemaError{Column: name, Detail: fmt.Sprintf("a column of type %v can have no bloom filter", l.typ)}
			}
			l.bloom = true
		}
		if !found {
			return &SchemaError{Column: name, Detail: "there is no such column that could have a bloom filter"}
		}
	}
	return nil
}

// writeFilters writes the filters of all row groups.
func (w *Writer) writeFilters() error {
	for _, f := range w.filters {
		at := w.written
		if err := w.emit(appendBloomHeader(nil, len(f.filter)), f.filter); err != nil {
			return err
		}
		length := int32(w.written - at)
		md := f.chunk.Contents().MetaData
		md.BloomFilterOffset, md.BloomFilterLength = &at, &length
	}
	return nil
}
