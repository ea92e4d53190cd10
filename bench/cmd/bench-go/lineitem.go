package main

import (
	"context"
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

// lineitem streams the rows of the TPC-H table from its Parquet file, with
// plain types: strings as utf8, every column nullable, no metadata of fields.
func lineitem(ctx context.Context, c *config) (*plainReader, error) {
	path := filepath.Join(c.data, c.scale, "lineitem.parquet")
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, fmt.Errorf("open the input: %w", err)
	}
	props := pqarrow.ArrowReadProperties{BatchSize: batchRows}
	reader, err := pqarrow.NewFileReader(f, props, memory.DefaultAllocator)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	records, err := reader.GetRecordReader(ctx, nil, nil)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &plainReader{RecordReader: records, schema: plain(records.Schema()), file: f}, nil
}

func plain(s *arrow.Schema) *arrow.Schema {
	var fields []arrow.Field
	for _, f := range s.Fields() {
		fields = append(fields, arrow.Field{Name: f.Name, Type: f.Type, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

// plainReader gives the batches of a reader a simpler schema.
type plainReader struct {
	array.RecordReader
	schema *arrow.Schema
	batch  arrow.RecordBatch
	file   io.Closer
}

func (r *plainReader) Schema() *arrow.Schema { return r.schema }

func (r *plainReader) Next() bool {
	r.drop()
	if !r.RecordReader.Next() {
		return false
	}
	b := r.RecordReader.RecordBatch()
	r.batch = array.NewRecordBatch(r.schema, b.Columns(), b.NumRows())
	return true
}

func (r *plainReader) RecordBatch() arrow.RecordBatch { return r.batch }

func (r *plainReader) drop() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

// Close ends the reading of the file.
func (r *plainReader) Close() error {
	r.drop()
	r.RecordReader.Release()
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
		r.batch.Retain()
		batches = append(batches, r.batch)
	}
	if err := r.Err(); err != nil {
		return nil, nil, fmt.Errorf("read the input: %w", err)
	}
	return r.schema, batches, nil
}
