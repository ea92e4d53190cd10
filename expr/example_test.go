package expr_test

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
)

var trips = &schema.Struct{Fields: []schema.Field{
	{Name: "city", Type: schema.String, Nullable: true},
	{Name: "distance", Type: schema.Double, Nullable: true},
}}

func Example() {
	where := expr.SQL("city IN (?) AND distance / 2 > 10", []string{"Oslo", "Rome"})
	bound, err := where.Bind(trips, expr.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	layout, err := arrowconv.Schema(trips)
	if err != nil {
		fmt.Println(err)
		return
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"Oslo", "Paris", "Rome", "Rome"}, nil)
	b.Field(1).(*array.Float64Builder).AppendValues([]float64{30, 40, 5, 25}, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()

	rows, err := bound.Filter(batch, nil)
	fmt.Println(bound.Columns(), rows, err)
	// Output: [[city] [distance]] [0 3] <nil>
}

func ExampleSQL() {
	fmt.Println(expr.SQL("day >= ? and name = ?", expr.Date("2024-06-01"), "O'Hara"))
	// Output: day >= DATE '2024-06-01' AND name = 'O\'Hara'
}

func ExampleExpr_Bind() {
	_, err := expr.SQL("distnace > 5").Bind(trips, expr.Env{})
	var column *expr.ColumnError
	if errors.As(err, &column) {
		fmt.Println(column.Nearest)
	}
	_, err = expr.SQL("distance > ").Bind(trips, expr.Env{})
	fmt.Println(err)
	// Output:
	// distance
	// line 1, column 12: unexpected end, expected a value
	//   distance >
	//              ^
}
