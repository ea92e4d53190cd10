package main

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/foreset/foreset/table"
)

// idle opens tables, lists their files once, and looks at what they hold while
// nobody uses them, at once and after a while (--wait). Several are in folders 0, 1, … of the table's.
func idle(ctx context.Context, c *config) (*result, error) {
	before, err := held()
	if err != nil {
		return nil, err
	}
	m, err := newMeter(c)
	if err != nil {
		return nil, err
	}
	tables := make([]*table.Table, c.n)
	var files int64
	err = m.run(1, nil, func() error {
		for i := range tables {
			at := *c
			if c.n > 1 {
				if at.table, err = below(c.table, i); err != nil {
					return err
				}
			}
			if tables[i], err = at.open(ctx); err != nil {
				return err
			}
			n, err := listed(ctx, tables[i])
			if err != nil {
				return err
			}
			files += n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	at := map[string]any{}
	for _, wait := range []time.Duration{0, c.wait} {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		now, err := held()
		if err != nil {
			return nil, err
		}
		at[fmt.Sprintf("after %.0f s", wait.Seconds())] = now.since(before)
	}
	for _, t := range tables {
		if err := t.Close(ctx); err != nil {
			return nil, err
		}
	}
	return &result{meter: m, files: number(files), extra: map[string]any{"tables": c.n, "held": at}}, nil
}

func below(location string, i int) (string, error) {
	if !onS3(location) {
		return fmt.Sprintf("%s/%d", location, i), nil
	}
	u, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	return u.JoinPath(fmt.Sprint(i)).String(), nil
}

// holding is what this process has, without garbage.
type holding struct {
	heapMB, rssMB     float64
	goroutines, files int
}

func (h holding) since(before holding) map[string]any {
	return map[string]any{
		"heap_mb": round(h.heapMB-before.heapMB, 2), "rss_mb": round(h.rssMB-before.rssMB, 1),
		"goroutines": h.goroutines - before.goroutines, "descriptors": h.files - before.files,
	}
}

func held() (h holding, err error) {
	runtime.GC() // the first runs finalizers, and FreeOSMemory collects what they left
	debug.FreeOSMemory()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	h.heapMB, h.goroutines = float64(s.HeapAlloc)/(1<<20), runtime.NumGoroutine()
	if h.rssMB, err = statusMB("VmRSS"); err != nil {
		return h, err
	}
	h.files, err = openFiles()
	return h, err
}
