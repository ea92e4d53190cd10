// Structs writes Go structs to a table and reads them back, with columns added
// on the way.
//
//	go run ./examples/structs [LOCATION]
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Order is a row. Its columns are id, day, customer, items, total and note.
type Order struct {
	ID       int64
	Day      time.Time `delta:",date,partition"`
	Customer string
	Items    []Item
	Total    string  `delta:",decimal(10,2)"`
	Note     *string // may be null
}

// Item is a struct within a row.
type Item struct {
	SKU      string `delta:"sku"`
	Quantity int32
}

// Rating is a later row of the same table, with a column of its own. Columns
// that it does not have are null, so it can only be added because all of
// Order's columns that it lacks may be null or are repeated here.
type Rating struct {
	ID       int64
	Day      time.Time `delta:",date,partition"`
	Customer string
	Total    string `delta:"total,decimal(10,2)"`
	Stars    *int32
}

func main() {
	location := "mem://orders"
	if len(os.Args) > 1 {
		location = os.Args[1]
	}
	if err := run(context.Background(), os.Stdout, location); err != nil {
		fmt.Fprintln(os.Stderr, "structs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, location string) error {
	s, partitionBy, err := rows.Schema[Order]()
	if err != nil {
		return err
	}
	t, err := table.Create(ctx, location, nil, &table.CreateOptions{Schema: s, PartitionBy: partitionBy, IfNotExists: true})
	if err != nil {
		return err
	}
	defer t.Close(ctx)

	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	gift := "as a gift"
	orders, err := rows.Of([]Order{
		{ID: 1, Day: day, Customer: "Ada", Items: []Item{{"pen", 2}, {"ink", 1}}, Total: "12.50"},
		{ID: 2, Day: day, Customer: "Grace", Items: []Item{{"paper", 5}}, Total: "7.25", Note: &gift},
		{ID: 3, Day: day.AddDate(0, 0, 1), Customer: "Ada", Total: "99.00"},
	})
	if err != nil {
		return err
	}
	defer orders.Release()
	c, err := t.Append(ctx, orders, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "version %d: %d orders in %d files\n", c.Version, c.Metrics.Rows, c.Metrics.Files)

	five := int32(5)
	rated, err := rows.Of([]Rating{{ID: 4, Day: day, Customer: "Edsger", Total: "3.00", Stars: &five}})
	if err != nil {
		return err
	}
	defer rated.Release()
	if c, err = t.Append(ctx, rated, &table.WriteOptions{MergeSchema: true}); err != nil {
		return err
	}
	fmt.Fprintf(w, "version %d: a column more\n", c.Version)

	snap, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	scan := snap.Scan(&table.ScanOptions{Where: expr.SQL("day = ? AND total > ?", expr.Date("2026-11-24"), expr.Decimal("5.00")), Ordered: true})
	for o, err := range rows.Decode[Order](scan.Batches(ctx)) {
		if err != nil {
			return err
		}
		note := ""
		if o.Note != nil {
			note = ", " + *o.Note
		}
		fmt.Fprintf(w, "order %d of %s: %s for %d kinds of items%s\n", o.ID, o.Customer, o.Total, len(o.Items), note)
	}
	return nil
}
