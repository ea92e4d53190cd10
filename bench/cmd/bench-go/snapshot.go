package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/table"
)

// openAndList opens a table and lists the names of its files, all and those of
// one partition; in mode stats the statistics are read, too.
func openAndList(ctx context.Context, c *config) (*result, error) {
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	var open, listed, partition time.Duration
	var all, inPartition []string
	var version int64
	list := fileNames
	if c.mode == "stats" {
		list = fileNamesAndStats
	}
	err = m.run(c.repeat, nil, func() (err error) {
		o, err := c.options()
		if err != nil {
			return err
		}
		start := time.Now()
		t, err := table.Open(ctx, c.table, o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.Close(ctx)) }()
		s, err := t.Snapshot(ctx, table.At{})
		if err != nil {
			return err
		}
		version = s.Version()
		open = time.Since(start)
		if all, err = list(ctx, s, expr.Expr{}); err != nil {
			return err
		}
		listed = time.Since(start) - open
		if inPartition, err = list(ctx, s, expr.SQL("day = DATE '2024-03-01'")); err != nil {
			return err
		}
		partition = time.Since(start) - open - listed
		return nil
	})
	if err != nil {
		return nil, err
	}
	size, err := logBytes(c.table)
	if err != nil {
		return nil, err
	}
	extra := map[string]any{
		"open_s": round(open.Seconds(), 4), "list_s": round(listed.Seconds(), 4), "list_partition_s": round(partition.Seconds(), 4),
		"in_partition": len(inPartition), "version": version,
	}
	if c.mode == "stats" {
		extra["mode"] = c.mode
	}
	return &result{meter: m, bytes: number(size), files: number(int64(len(all))), extra: extra}, nil
}

func fileNames(ctx context.Context, s *table.Snapshot, where expr.Expr) ([]string, error) {
	return namesOf(s.FilesWithoutStats(ctx, where))
}

func fileNamesAndStats(ctx context.Context, s *table.Snapshot, where expr.Expr) ([]string, error) {
	return namesOf(s.Files(ctx, where))
}

func namesOf(files iter.Seq2[*log.AddFile, error]) ([]string, error) {
	var names []string
	for add, err := range files {
		if err != nil {
			return nil, err
		}
		names = append(names, add.Path)
	}
	return names, nil
}

func logBytes(location string) (int64, error) {
	var size int64
	err := filepath.WalkDir(filepath.Join(location, "_delta_log"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// advance measures how long an open table takes to see a commit of another
// writer. The table has been listed before, so that its state is in memory.
func advance(ctx context.Context, c *config) (*result, error) {
	copied, err := private(c, "w3inc-")
	if err != nil {
		return nil, err
	}
	at := *c
	at.table = copied
	o, err := at.options()
	if err != nil {
		return nil, err
	}
	t, err := table.Open(ctx, copied, o)
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return nil, err
	}
	before, err := fileNames(ctx, s, expr.Expr{})
	if err != nil {
		return nil, err
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	commit := func() error { return foreignCommit(copied, s.Version()+1) }
	err = m.run(c.repeat, commit, func() (err error) {
		s, err = t.Snapshot(ctx, table.At{})
		return err
	})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	after, err := fileNames(ctx, s, expr.Expr{})
	if err != nil {
		return nil, err
	}
	relist := time.Since(start)
	if len(after) != len(before)+len(m.walls) {
		return nil, fmt.Errorf("%d files after %d commits of one file, %d before", len(after), len(m.walls), len(before))
	}
	return &result{
		meter: m, files: number(int64(len(after))),
		extra: map[string]any{"commits": len(m.walls), "relist_s": round(relist.Seconds(), 4)},
	}, nil
}

// foreignCommit writes a commit of one file, as another writer would.
func foreignCommit(location string, version int64) error {
	text := fmt.Sprintf(`{"commitInfo":{"timestamp":%d,"operation":"WRITE","operationParameters":{}}}
{"add":{"path":"day=2024-03-01/extra-%d.parquet","partitionValues":{"day":"2024-03-01"},"size":1000,"modificationTime":1700000000000,"dataChange":true,"stats":"{\"numRecords\":1}"}}
`, 1700000000000+version, version)
	return os.WriteFile(filepath.Join(location, "_delta_log", fmt.Sprintf("%020d.json", version)), []byte(text), 0o666)
}

// writeCheckpoint measures a checkpoint of an open table.
func writeCheckpoint(ctx context.Context, c *config) (*result, error) {
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	at := *c
	var t *table.Table
	var version int64
	reopen := func() error {
		if t != nil {
			if err := t.Close(ctx); err != nil {
				return err
			}
		}
		if at.table, err = private(c, "w4c-"); err != nil {
			return err
		}
		o, err := at.options()
		if err != nil {
			return err
		}
		t, err = table.Open(ctx, at.table, o)
		return err
	}
	err = m.run(c.repeat, reopen, func() (err error) {
		version, err = t.Checkpoint(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer t.Close(ctx)
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return nil, err
	}
	files, _, err := s.Count(ctx)
	if err != nil {
		return nil, err
	}
	written, err := os.Stat(filepath.Join(at.table, "_delta_log", fmt.Sprintf("%020d.checkpoint.parquet", version)))
	if err != nil {
		return nil, err
	}
	return &result{
		meter: m, bytes: number(written.Size()), files: number(files),
		extra: map[string]any{"version": version},
	}, nil
}

// private is a copy of the table below BENCH_TMP: data files are linked, the
// log is copied.
func private(c *config, prefix string) (string, error) {
	to := filepath.Join(c.tmp, prefix+filepath.Base(c.table))
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	err := filepath.WalkDir(c.table, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.table, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o777)
		case strings.HasPrefix(rel, "_delta_log"+string(filepath.Separator)):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(target, text, 0o666)
		default:
			return os.Link(path, target)
		}
	})
	return to, err
}
