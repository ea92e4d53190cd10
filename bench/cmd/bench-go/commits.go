package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/table"
)

var rowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "v", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
}, nil)

// oneRow is a batch of a single row. Garbage collection frees it.
func oneRow(id int64) (array.RecordReader, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, rowSchema)
	b.Field(0).(*array.Int64Builder).Append(id)
	b.Field(1).(*array.StringBuilder).Append("x")
	b.Field(2).(*array.Float64Builder).Append(1.5)
	return array.NewRecordReader(rowSchema, []arrow.RecordBatch{b.NewRecordBatch()})
}

// newRowTable makes a new table with the row whose id is -1.
func newRowTable(ctx context.Context, c *config) error {
	if !onS3(c.table) { // there the caller names a new place
		if err := os.RemoveAll(c.table); err != nil {
			return err
		}
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	t, err := table.Create(ctx, c.table, rowSchema, &table.CreateOptions{Options: *o})
	if err != nil {
		return err
	}
	return errors.Join(appendRow(ctx, t, -1, table.Inline), t.Close(ctx))
}

func appendRow(ctx context.Context, t *table.Table, id int64, post table.Post) error {
	r, err := oneRow(id)
	if err != nil {
		return err
	}
	done, err := t.Append(ctx, r, &table.WriteOptions{Codec: "snappy", CommitOptions: table.CommitOptions{Post: post}})
	return errors.Join(err, done.After)
}

// appendByPath opens the table for one append.
func appendByPath(ctx context.Context, c *config, id int64) (err error) {
	t, err := c.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(appendRow(ctx, t, id, table.Inline), t.Close(ctx))
}

// smallCommits appends one row at a time, with all that follows a commit; only
// in mode ack that is left to the background.
func smallCommits(ctx context.Context, c *config) (*result, error) {
	if err := newRowTable(ctx, c); err != nil {
		return nil, err
	}
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, 0, c.n)
	err = m.run(1, nil, func() error {
		for id := range int64(c.n) {
			start := time.Now()
			var err error
			switch c.mode {
			case "path":
				err = appendByPath(ctx, c, id)
			case "ack":
				err = appendRow(ctx, t, id, table.Background)
			default:
				err = appendRow(ctx, t, id, table.Inline)
			}
			if err != nil {
				return err
			}
			times = append(times, time.Since(start))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &result{
		meter: m, rows: number(int64(c.n)), files: number(int64(c.n) + 1),
		extra: map[string]any{
			"mode": c.mode, "p50_ms": milliseconds(percentile(times, 0.5)), "p99_ms": milliseconds(percentile(times, 0.99)),
			"max_ms": milliseconds(percentile(times, 1)),
		},
	}, nil
}
