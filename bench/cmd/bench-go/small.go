package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/foreset/foreset/table"
)

// The workloads W9 do one operation on a small table, which is new each time:
// see ../../peers/make_small.py. What counts is what is asked of the store.

// small runs an operation once. Its result is the rows and files it found.
func small(c *config, op func() (rows, files int64, err error)) (*result, error) {
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var rows, files int64
	err = m.run(1, nil, func() (err error) {
		rows, files, err = op()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &result{meter: m, rows: number(rows), files: number(files), extra: map[string]any{}}, nil
}

// listed is the number of files of the newest version, which are all looked at.
func listed(ctx context.Context, t *table.Table) (int64, error) {
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return 0, err
	}
	files, _, err := s.Count(ctx)
	return files, err
}

// openSmall opens a table, and W9_open_list also lists its files. What is
// closed is closed after the measured part, here and below.
func openSmall(ctx context.Context, c *config) (*result, error) {
	var t *table.Table
	r, err := small(c, func() (_, files int64, err error) {
		if t, err = c.open(ctx); err == nil && c.workload == "W9_open_list" {
			files, err = listed(ctx, t)
		}
		return 0, files, err
	})
	if t == nil {
		return nil, err
	}
	if err == nil && c.workload != "W9_open_list" {
		*r.files, err = listed(ctx, t)
	}
	return r, errors.Join(err, t.Close(ctx))
}

// updateSmall brings an open table up to date after a commit of another writer.
func updateSmall(ctx context.Context, c *config) (*result, error) {
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	if _, err := listed(ctx, t); err != nil {
		return nil, err
	}
	other, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(appendRow(ctx, other, 100, table.None), other.Close(ctx)); err != nil {
		return nil, err
	}
	return small(c, func() (rows, files int64, err error) {
		files, err = listed(ctx, t)
		return 0, files, err
	})
}

// appendSmall appends one row: W9_append_path opens the table for it,
// W9_append_handle has one that has appended before, and W9_append_ack leaves
// out what follows the commit.
func appendSmall(ctx context.Context, c *config) (*result, error) {
	if c.workload == "W9_append_path" {
		r, err := small(c, func() (int64, int64, error) { return 1, 0, appendByPath(ctx, c, 100) })
		if err != nil {
			return nil, err
		}
		t, err := c.open(ctx)
		if err != nil {
			return nil, err
		}
		*r.files, err = listed(ctx, t)
		return r, errors.Join(err, t.Close(ctx))
	}
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	post := table.Inline
	if c.workload == "W9_append_ack" {
		post = table.None
	}
	if err := appendRow(ctx, t, 100, post); err != nil {
		return nil, err
	}
	r, err := small(c, func() (int64, int64, error) { return 1, 0, appendRow(ctx, t, 101, post) })
	if err == nil {
		*r.files, err = listed(ctx, t)
	}
	return r, err
}

// scanSmall reads three of the eight columns of ten files, of a table that is
// opened for it (W9_scan10) or has been before.
func scanSmall(ctx context.Context, c *config) (*result, error) {
	var t *table.Table
	var s *table.Snapshot
	open := func() (err error) {
		if t, err = c.open(ctx); err == nil {
			s, err = t.Snapshot(ctx, table.At{})
		}
		return err
	}
	if c.workload == "W9_scan10_handle" {
		if err := open(); err != nil {
			return nil, err
		}
	}
	r, err := small(c, func() (rows, files int64, err error) {
		if t == nil {
			if err := open(); err != nil {
				return 0, 0, err
			}
		}
		for batch, err := range s.Scan(&table.ScanOptions{Columns: []string{"a", "b", "c"}}).Batches(ctx) {
			if err != nil {
				return 0, 0, err
			}
			rows += batch.NumRows()
		}
		files, _, err = s.Count(ctx)
		return rows, files, err
	})
	if t != nil {
		err = errors.Join(err, t.Close(ctx))
	}
	return r, err
}

// checkpointSmall writes the checkpoint of an open table.
func checkpointSmall(ctx context.Context, c *config) (*result, error) {
	t, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	files, err := listed(ctx, t)
	if err != nil {
		return nil, err
	}
	return small(c, func() (int64, int64, error) {
		version, err := t.Checkpoint(ctx)
		if err == nil && version != files-1 {
			err = fmt.Errorf("the checkpoint is of version %d", version)
		}
		return 0, files, err
	})
}
