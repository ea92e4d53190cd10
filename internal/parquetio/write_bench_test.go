package parquetio

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/foreset/foreset/schema"
)

// lineitemBatches reads TPC-H's lineitem from the file that the environment
// variable FORESET_LINEITEM names, up to rowsMax rows of it.
func lineitemBatches(b *testing.B, rowsMax int64) []arrow.RecordBatch {
	name := os.Getenv("FORESET_LINEITEM")
	if name == "" {
		b.Skip("FORESET_LINEITEM is not set")
	}
	r, err := file.OpenParquetFile(name, false)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 64 << 10}, memory.DefaultAllocator)
	if err != nil {
		b.Fatal(err)
	}
	rr, err := fr.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer rr.Release()
	var batches []arrow.RecordBatch
	var rows int64
	for rows < rowsMax && rr.Next() {
		rec := rr.RecordBatch()
		rec.Retain()
		rows += rec.NumRows()
		batches = append(batches, rec)
	}
	return batches
}

func BenchmarkWriteLineitem(b *testing.B) {
	batches := lineitemBatches(b, 2_000_000)
	for _, codec := range []Codec{Zstd, Snappy, Uncompressed} {
		b.Run(codec.String(), func(b *testing.B) {
			var rows, size int64
			for b.Loop() {
				w, err := NewWriter(io.Discard, lineitem, &WriteOptions{Codec: codec})
				if err != nil {
					b.Fatal(err)
				}
				for _, rec := range batches {
					if err := w.Write(rec); err != nil {
						b.Fatal(err)
					}
				}
				done, err := w.Close()
				if err != nil {
					b.Fatal(err)
				}
				rows, size = done.Rows, done.Bytes
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			b.ReportMetric(float64(size)/float64(rows), "B/row")
		})
	}
}

// BenchmarkWriteOneRow is the cost of a file as such: small commits and narrow
// partitions make many.
func BenchmarkWriteOneRow(b *testing.B) {
	s := structOf(nullable("id", schema.Long), nullable("name", schema.String))
	batch := batchOf(b, memory.DefaultAllocator, s, `[{"id":1,"name":"one"}]`)
	for _, codec := range []Codec{Zstd, Snappy} {
		b.Run(codec.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				written(b, s, &WriteOptions{Codec: codec}, batch)
			}
		})
	}
}
