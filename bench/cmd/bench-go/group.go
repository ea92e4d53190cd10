package main

import (
	"context"
	"sync"
	"time"

	"github.com/foreset/foreset/table"
)

// group has many callers append rows at the same time, one a call: through a
// table.Writer, or each with a commit of its own (--mode): all at once (append),
// where the table lets them commit in turns, or one whole append after the
// other (turns).
func group(ctx context.Context, c *config) (*result, error) {
	if err := newRowTable(ctx, c); err != nil {
		return nil, err
	}
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	w := t.Writer(&table.WriterOptions{Codec: "snappy"})
	alone := func(id int64) error { return appendRow(ctx, t, id, table.Background) }
	commit := alone
	switch c.mode {
	case "turns":
		var turn sync.Mutex
		commit = func(id int64) error {
			turn.Lock()
			defer turn.Unlock()
			return alone(id)
		}
	case "writer":
		commit = func(id int64) error {
			r, err := oneRow(id)
			if err != nil {
				return err
			}
			_, err = w.Write(ctx, r, nil)
			return err
		}
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // guards all
	var all written
	err = m.run(1, nil, func() error {
		var callers sync.WaitGroup
		for caller := range c.p {
			callers.Go(func() {
				var one written
				for i := range c.n {
					start := time.Now()
					id := int64(caller*c.n + i)
					err := commit(id)
					one.add(id, err, time.Since(start))
				}
				mu.Lock()
				defer mu.Unlock()
				all.merge(one)
			})
		}
		callers.Wait()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := w.Close(ctx); err != nil {
		return nil, err
	}
	found, err := countRows(ctx, c)
	if err != nil {
		return nil, err
	}
	return &result{meter: m, rows: number(int64(len(all.OK))), files: number(found.files), extra: all.report(c, found)}, nil
}
