package parquetfile

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// check compares the numbers of the footer with each other, with the file's
// size and with the log.
func (f *File) check(o Options) error {
	m := f.meta
	if m.IsSetEncryptionAlgorithm() {
		return f.Unsupported("", errors.New("it is encrypted"))
	}
	if o.RowsKnown && m.NumRows != o.Rows {
		return f.Corrupt("", fmt.Errorf("it has %d rows, the log gives it %d", m.NumRows, o.Rows))
	}
	var rows int64
	for i, rg := range m.RowGroups {
		if rg.NumRows < 0 || rg.NumRows > m.NumRows-rows {
			return f.Corrupt("", fmt.Errorf("row group %d has %d rows, the file %d", i, rg.NumRows, m.NumRows))
		}
		rows += rg.NumRows
		if len(rg.Columns) != m.Schema.NumColumns() {
			return f.Corrupt("", fmt.Errorf("row group %d has %d columns, the schema %d", i, len(rg.Columns), m.Schema.NumColumns()))
		}
		for c := range rg.Columns {
			if err := f.checkChunk(i, c); err != nil {
				return err
			}
		}
	}
	if rows != m.NumRows {
		return f.Corrupt("", fmt.Errorf("the row groups have %d rows, the file %d", rows, m.NumRows))
	}
	return nil
}

// checkChunk checks one column chunk of one row group.
func (f *File) checkChunk(rowGroup, column int) error {
	rg := f.meta.RowGroups[rowGroup]
	descr := f.meta.Schema.Column(column)
	chunk := rg.Columns[column]
	corrupt := func(format string, args ...any) error {
		return f.Corrupt(descr.Path(), fmt.Errorf("row group %d: "+format, append([]any{rowGroup}, args...)...))
	}
	switch md := chunk.MetaData; {
	case chunk.IsSetCryptoMetadata():
		return f.Unsupported(descr.Path(), errors.New("it is encrypted"))
	case md == nil:
		return corrupt("no metadata of its chunk")
	case chunk.GetFilePath() != "":
		return f.Unsupported(descr.Path(), errors.New("its chunk is in another file"))
	case parquet.Type(md.Type) != descr.PhysicalType():
		return corrupt("a chunk of %v in a column of %v", md.Type, descr.PhysicalType())
	case descr.MaxRepetitionLevel() == 0 && md.NumValues != rg.NumRows, md.NumValues < rg.NumRows:
		return corrupt("%d values in %d rows", md.NumValues, rg.NumRows)
	case md.TotalCompressedSize < 0 || md.TotalUncompressedSize < 0:
		return corrupt("a negative size")
	}
	e := f.chunkExtent(rowGroup, column)
	if e.Length > 0 && (e.Offset < int64(len(magic)) || e.Length > f.footerStart() || e.Offset > f.footerStart()-e.Length) {
		return corrupt("a chunk at bytes %d+%d is outside the file's data", e.Offset, e.Length)
	}
	return nil
}

// Extent is a range of bytes of the file.
type Extent struct{ Offset, Length int64 }

// End is the offset of the first byte behind the extent.
func (e Extent) End() int64 { return e.Offset + e.Length }

// chunkExtent is where a column chunk lies, its dictionary included.
func (f *File) chunkExtent(rowGroup, column int) Extent {
	md := f.meta.RowGroups[rowGroup].Columns[column].MetaData
	start := md.DataPageOffset
	// A chunk without values can have a dictionary page and no data page, whose
	// offset is then 0: so parquet-cpp writes a table of no rows.
	if d := md.DictionaryPageOffset; d != nil && *d > 0 && (*d < start || start == 0) {
		start = *d
	}
	length := md.TotalCompressedSize
	// Writers up to parquet-mr 1.2.8 forget the dictionary's page header in
	// the size of the chunk (PARQUET-816); reading on does no harm.
	if f.meta.WriterVersion().LessThan(metadata.Parquet816FixedVersion) && length > 0 {
		length += max(0, min(100, f.footerStart()-start-length))
	}
	return Extent{start, length}
}

// Chunk is where the column chunk of a column (an index into the leaves of the
// schema) of a row group lies, dictionary included.
func (f *File) Chunk(rowGroup, column int) Extent { return f.chunkExtent(rowGroup, column) }
