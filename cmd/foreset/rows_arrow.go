package main

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// arrowWriter prints Arrow's IPC stream.
type arrowWriter struct{ w *ipc.Writer }

func newArrowWriter(w io.Writer, s *arrow.Schema) arrowWriter {
	return arrowWriter{ipc.NewWriter(w, ipc.WithSchema(s))}
}

func (a arrowWriter) write(batch arrow.RecordBatch) error { return a.w.Write(batch) }
func (a arrowWriter) close() error                        { return a.w.Close() }

// rowGroupRows bounds what a Parquet file in the making holds in memory.
const rowGroupRows = 128 << 10

// parquetWriter prints a Parquet file.
type parquetWriter struct{ w *pqarrow.FileWriter }

func newParquetWriter(w io.Writer, s *arrow.Schema) (rowWriter, error) {
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(rowGroupRows), parquet.WithCreatedBy("foreset"))
	// Closing the file closes what it is written to, which is not ours.
	f, err := pqarrow.NewFileWriter(s, struct{ io.Writer }{w}, props, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return nil, err
	}
	return parquetWriter{f}, nil
}

func (p parquetWriter) write(batch arrow.RecordBatch) error { return p.w.WriteBuffered(batch) }
func (p parquetWriter) close() error                        { return p.w.Close() }
