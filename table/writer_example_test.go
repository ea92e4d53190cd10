package table_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Many goroutines append through one Writer. Those who come at the same time
// share a commit, and each has an answer of its own.
func ExampleWriter() {
	ctx := context.Background()
	t := trips("group-commit", nil)
	defer t.Close(ctx)
	w := t.Writer(&table.WriterOptions{Age: 50 * time.Millisecond})

	var handlers sync.WaitGroup
	for id := range int64(1000) {
		handlers.Go(func() {
			c := must(w.Write(ctx, must(rows.Of([]Trip{{ID: id, City: "Oslo"}})), nil))
			_ = c.Version // holds the trip
		})
	}
	handlers.Wait()
	fmt.Println(w.Close(ctx))

	snap := must(t.Snapshot(ctx, table.At{}))
	fmt.Println(must(snap.Scan(nil).Count(ctx)), "rows, in few commits:", snap.Version() < 100)
	_, err := w.Write(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), nil)
	fmt.Println(errors.Is(err, table.ErrClosed))
	// Output:
	// <nil>
	// 1000 rows, in few commits: true
	// true
}

// Each caller of a Writer has its own progress: what it repeats, after an
// error for example, is applied once.
func ExampleWriter_Write_exactlyOnce() {
	ctx := context.Background()
	t := trips("group-commit-once", nil)
	defer t.Close(ctx)
	w := t.Writer(nil)
	defer w.Close(ctx)
	send := func(client string, request int64) {
		once := &table.EntryOptions{AppID: client, AppVersion: request}
		c := must(w.Write(ctx, must(rows.Of([]Trip{{ID: request, City: client}})), once))
		fmt.Println(client, request, "skipped", c.Skipped)
	}
	send("Oslo", 1)
	send("Rome", 1)
	send("Oslo", 1)
	send("Oslo", 2)
	// Output:
	// Oslo 1 skipped false
	// Rome 1 skipped false
	// Oslo 1 skipped true
	// Oslo 2 skipped false
}
