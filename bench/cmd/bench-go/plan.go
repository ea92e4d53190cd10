package main

import (
	"context"
	"fmt"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/table"
)

// planWhere is a day and a range of ids, of which each file has 10,000.
const planWhere = "day = DATE '2024-03-01' AND id BETWEEN 1000000 AND 500000000"

// planScan measures planning a scan of an open snapshot: which files a predicate
// on a partition column and a range leaves, by the log alone. In the mode
// "path" the table is opened for each run; otherwise once, and the first plan,
// which brings the log into memory, is an extra.
func planScan(ctx context.Context, c *config) (*result, error) {
	var s *table.Snapshot
	var t *table.Table
	open := func() (err error) {
		if t != nil {
			if err := t.Close(ctx); err != nil {
				return err
			}
		}
		if t, err = c.open(ctx); err != nil {
			return err
		}
		s, err = t.Snapshot(ctx, table.At{})
		return err
	}
	var e *table.Explanation
	plan := func() (err error) {
		e, err = s.Scan(&table.ScanOptions{Where: expr.SQL(planWhere)}).Explain(ctx)
		return err
	}
	extra := map[string]any{"mode": c.mode}
	whole := func() error {
		if err := open(); err != nil {
			return err
		}
		return plan()
	}
	measured := plan
	if c.mode == "path" {
		measured = whole
	} else {
		before, err := cpuTime()
		if err != nil {
			return nil, err
		}
		start := time.Now()
		if err := whole(); err != nil {
			return nil, err
		}
		after, err := cpuTime()
		if err != nil {
			return nil, err
		}
		extra["first_s"], extra["first_cpu_s"] = round(time.Since(start).Seconds(), 4), round((after-before).Seconds(), 4)
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	if err := m.run(c.repeat, nil, measured); err != nil {
		return nil, err
	}
	if e.Files == 0 || e.FilesSkipped == e.Files {
		return nil, fmt.Errorf("%d of %d files skipped", e.FilesSkipped, e.Files)
	}
	extra["kept"] = e.Files - e.FilesSkipped
	return &result{meter: m, files: number(e.Files), extra: extra}, t.Close(ctx)
}
