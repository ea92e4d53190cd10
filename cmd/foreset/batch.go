package main

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// A batch made from text has at most so many rows, or little more than so many
// bytes of text.
const (
	batchRows  = 8192
	batchBytes = 8 << 20
)

// addRow appends the next row to a builder and returns how much text it was,
// or io.EOF after the last one.
type addRow func(b *array.RecordBuilder) (bytes int, err error)

// textReader presents rows made from text as a reader.
func textReader(ctx context.Context, s *schema.Struct, add addRow) (array.RecordReader, error) {
	layout, err := layoutOf(s)
	if err != nil {
		return nil, err
	}
	return array.ReaderFromIter(layout, batches(ctx, layout, add)), nil
}

func batches(ctx context.Context, layout *arrow.Schema, add addRow) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
		defer b.Release()
		rows, bytes := 0, 0
		for {
			n, err := add(b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && rows == 0 {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			rows, bytes = rows+1, bytes+n
			if rows < batchRows && bytes < batchBytes {
				continue
			}
			rows, bytes = 0, 0
			if !yield(b.NewRecordBatch(), nil) {
				return
			}
		}
		if rows > 0 {
			yield(b.NewRecordBatch(), nil)
		}
	}
}
