package main

import (
	"context"
	"errors"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/table"
)

// appendLineitem makes a table of the 6 million rows of lineitem: by an append
// (W1_append), or partitioned by an overwrite (W1b_partitioned).
func appendLineitem(ctx context.Context, c *config) (*result, error) {
	var schema *arrow.Schema
	var batches []arrow.RecordBatch
	if c.input == "arrow" {
		var err error
		if schema, batches, err = inMemory(ctx, c); err != nil {
			return nil, err
		}
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var commit table.Commit
	err = m.run(c.repeat, func() error { return os.RemoveAll(c.table) }, func() error {
		if c.input == "stream" {
			r, err := lineitem(ctx, c)
			if err != nil {
				return err
			}
			commit, err = makeTable(ctx, c, r)
			return errors.Join(err, r.Close())
		}
		r, err := array.NewRecordReader(schema, batches)
		if err != nil {
			return err
		}
		defer r.Release()
		commit, err = makeTable(ctx, c, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &result{
		meter: m, rows: number(commit.Metrics.Rows), bytes: number(commit.Metrics.Bytes), files: number(commit.Metrics.Files),
		extra: map[string]any{"input": c.input, "compression": c.compression},
	}, nil
}

// makeTable creates a table and fills it with one commit.
func makeTable(ctx context.Context, c *config, data array.RecordReader) (done table.Commit, err error) {
	o, err := c.options()
	if err != nil {
		return table.Commit{}, err
	}
	create := &table.CreateOptions{Options: *o}
	write := &table.WriteOptions{Codec: c.compression}
	partitioned := c.workload == "W1b_partitioned"
	if partitioned {
		create.PartitionBy = []string{"l_shipmode"}
	}
	t, err := table.Create(ctx, c.table, data.Schema(), create)
	if err != nil {
		return table.Commit{}, err
	}
	defer func() { err = errors.Join(err, t.Close(ctx)) }()
	if partitioned {
		done, err = t.Overwrite(ctx, expr.Expr{}, data, write)
	} else {
		done, err = t.Append(ctx, data, write)
	}
	return done, errors.Join(err, done.After)
}
