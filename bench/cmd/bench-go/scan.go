package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/table"
)

// query is what a W2 workload reads. The sum of a column is its answer.
type query struct {
	columns []string // nil: all
	where   expr.Expr
	sum     string
}

func (c *config) query() query {
	switch c.workload {
	case "W2b_project", "W2dv_project":
		return query{columns: []string{"l_orderkey", "l_quantity", "l_shipdate"}, sum: "l_quantity"}
	case "W2c_selective":
		return query{
			columns: []string{"l_orderkey", "l_extendedprice", "l_shipdate"}, sum: "l_extendedprice",
			where: expr.SQL("l_shipdate >= DATE '1995-03-01' AND l_shipdate <= DATE '1995-03-07'"),
		}
	case "W2d_lookup":
		return query{sum: "l_quantity", where: expr.SQL("l_partkey = ?", c.key)}
	default:
		return query{sum: "l_quantity"}
	}
}

// scanTable opens a table and reads the rows of a query as Arrow batches.
func scanTable(ctx context.Context, c *config) (*result, error) {
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var a answer
	err = m.run(c.repeat, nil, func() (err error) {
		a, err = scanOnce(ctx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &result{
		meter: m, rows: number(a.rows), bytes: number(a.bytes), files: number(a.files),
		extra: map[string]any{"sum": a.sum, "arrow_batches": a.batches},
	}, nil
}

// answer is what a scan found, and the size of the table it was asked of.
type answer struct {
	rows, batches int64
	sum           float64
	files, bytes  int64
}

func scanOnce(ctx context.Context, c *config) (a answer, err error) {
	t, err := c.open(ctx)
	if err != nil {
		return answer{}, err
	}
	defer func() { err = errors.Join(err, t.Close(ctx)) }()
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return answer{}, err
	}
	if a.files, a.bytes, err = s.Count(ctx); err != nil {
		return answer{}, err
	}
	q := c.query()
	var sum decimal128.Num
	for batch, err := range s.Scan(&table.ScanOptions{Columns: q.columns, Where: q.where}).Batches(ctx) {
		if err != nil {
			return answer{}, err
		}
		a.rows += batch.NumRows()
		a.batches++
		if sum, err = addTo(sum, batch, q.sum); err != nil {
			return answer{}, err
		}
	}
	a.sum, _ = new(big.Rat).SetFrac(sum.BigInt(), big.NewInt(100)).Float64()
	return a, nil
}

// addTo adds the values of a decimal(15,2) column to a sum of cents.
func addTo(sum decimal128.Num, batch arrow.RecordBatch, column string) (decimal128.Num, error) {
	at := batch.Schema().FieldIndices(column)
	if len(at) != 1 {
		return sum, fmt.Errorf("the batch has %d columns %s", len(at), column)
	}
	values, ok := batch.Column(at[0]).(*array.Decimal128)
	if !ok {
		return sum, fmt.Errorf("column %s is %s", column, batch.Column(at[0]).DataType())
	}
	if t := values.DataType().(*arrow.Decimal128Type); t.Scale != 2 || values.NullN() > 0 {
		return sum, fmt.Errorf("column %s is %s with %d nulls", column, t, values.NullN())
	}
	for _, v := range values.Values() {
		sum = sum.Add(v)
	}
	return sum, nil
}
