package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// expression is what a W10 workload evaluates: a filter, whose answer is how
// many rows it keeps, or values whose answer is their sum.
func (c *config) expression(comments []string) (text string, params []any) {
	switch c.workload {
	case "W10_filter":
		return "l_quantity < 24 AND l_discount BETWEEN 0.05 AND 0.07 AND l_shipdate >= DATE '1994-01-01'", nil
	case "W10_like":
		return "l_comment LIKE '%special%requests%'", nil
	case "W10_in":
		return "l_comment IN (?)", []any{comments}
	default: // W10_case
		return "CASE WHEN l_discount > 0.05 THEN l_extendedprice * (1 - l_discount) WHEN l_returnflag = 'R' THEN 0 ELSE l_extendedprice END", nil
	}
}

// evaluate runs an expression over the batches of lineitem, which are in memory
// before.
func evaluate(ctx context.Context, c *config) (*result, error) {
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return nil, err
	}
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for b, err := range s.Scan(nil).Batches(ctx) {
		if err != nil {
			return nil, err
		}
		b.Retain()
		batches = append(batches, b)
	}
	text, params := c.expression(someComments(batches))
	bound, err := expr.SQL(text, params...).Bind(s.Schema(), expr.Env{})
	if err != nil {
		return nil, err
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var rows int64
	var sum float64
	err = m.run(c.repeat, nil, func() (err error) {
		rows, sum, err = evaluated(bound, batches)
		return err
	})
	return &result{meter: m, rows: number(rows), extra: map[string]any{"sum": sum}}, err
}

// someComments is the comments of the first orders, 100 different ones.
func someComments(batches []arrow.RecordBatch) []string {
	orders := map[string]int64{} // the first of each comment
	for _, b := range batches {
		keys := b.Column(b.Schema().FieldIndices("l_orderkey")[0]).(*array.Int64)
		comments := b.Column(b.Schema().FieldIndices("l_comment")[0]).(*array.String)
		for i, key := range keys.Int64Values() {
			if key <= commentOrders {
				orders[comments.Value(i)] = key
			}
		}
	}
	return slices.Sorted(maps.Keys(orders))[:100]
}

// commentOrders are enough orders to have 100 comments.
const commentOrders = 200

// evaluated is the rows that a filter keeps, or all rows and the sum of the
// values.
func evaluated(bound *expr.Bound, batches []arrow.RecordBatch) (rows int64, sum float64, err error) {
	var kept []int32
	var total decimal128.Num
	for _, b := range batches {
		if bound.Type() == schema.Boolean {
			if kept, err = bound.Filter(b, kept[:0]); err != nil {
				return 0, 0, err
			}
			rows += int64(len(kept))
			continue
		}
		arr, err := bound.Eval(b, memory.DefaultAllocator)
		if err != nil {
			return 0, 0, err
		}
		values, ok := arr.(*array.Decimal128)
		if !ok {
			return 0, 0, fmt.Errorf("the values are of type %v", arr.DataType())
		}
		for _, v := range values.Values() {
			total = total.Add(v)
		}
		rows += b.NumRows()
		arr.Release()
	}
	if t, ok := bound.Type().(schema.Decimal); ok {
		sum = total.ToFloat64(int32(t.Scale))
	}
	return rows, sum, nil
}
