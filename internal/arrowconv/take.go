package arrowconv

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Take picks rows, which ascend and are not repeated, of a batch. A run of
// rows is a slice and copies nothing. The caller releases the result.
func Take(ctx context.Context, batch arrow.RecordBatch, rows []int32, mem memory.Allocator) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := int64(len(rows))
	if n == 0 {
		return batch.NewSlice(0, 0), nil
	}
	if first := int64(rows[0]); int64(rows[n-1])-first+1 == n {
		return batch.NewSlice(first, first+n), nil
	}
	b := array.NewInt32Builder(mem)
	defer b.Release()
	b.AppendValues(rows, nil)
	indices := b.NewInt32Array()
	defer indices.Release()
	// Arrow drops what a kernel has allocated when ctx ends while it runs.
	ctx = compute.WithAllocator(context.WithoutCancel(ctx), mem)
	columns := make([]arrow.Array, 0, batch.NumCols())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for i, c := range batch.Columns() {
		taken, err := compute.TakeArray(ctx, c, indices)
		if err != nil {
			return nil, fmt.Errorf("pick rows of column %q: %w", batch.ColumnName(i), err)
		}
		columns = append(columns, taken)
	}
	return array.NewRecordBatch(batch.Schema(), columns, n), nil
}
