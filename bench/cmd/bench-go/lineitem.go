package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// batchRows is the size of the batches that come in, as for the other engines.
const batchRows = 65536

// rowStream reads the rows of lineitem from its Parquet file.
type rowStream struct {
	array.RecordReader
	file io.Closer
}

func lineitem(ctx context.Context, c *config) (*rowStream, error) {
	path := filepath.Join(c.data, c.scale, "lineitem.parquet")
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, fmt.Errorf("open the input: %w", err)
	}
	props := pqarrow.ArrowReadProperties{BatchSize: batchRows}
	reader, err := pqarrow.NewFileReader(f, props, memory.DefaultAllocator)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.Close())
	}
	records, err := reader.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), f.Close())
	}
	return &rowStream{RecordReader: records, file: f}, nil
}

// Close ends the reading of the file.
func (r *rowStream) Close() error {
	r.Release()
	return r.file.Close()
}

// inMemory reads everything.
func inMemory(ctx context.Context, c *config) (*arrow.Schema, []arrow.RecordBatch, error) {
	r, err := lineitem(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var batches []arrow.RecordBatch
	for r.Next() {
		b := r.RecordBatch()
		b.Retain()
		batches = append(batches, b)
	}
	if err := r.Err(); err != nil {
		return nil, nil, fmt.Errorf("read the input: %w", err)
	}
	return r.Schema(), batches, nil
}
