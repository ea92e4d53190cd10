package scan

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/skipping"
)

// Explanation says what a scan reads and what it does not.
type Explanation struct {
	Version      int64
	Files        int64 // live files of the snapshot
	Bytes        int64 // of those
	FilesSkipped int64 // by the log
	BytesSkipped int64
	Skipped      []Skip   // the first of what is skipped, at most SkipsMax: files by the log, then parts of files that were looked into
	Looked       []Looked // the files that were looked into
}

// The evidence by which something is skipped.
const (
	ByPartition   = "partition value"
	ByStatistics  = "file statistics"
	ByRowGroup    = "row-group statistics"
	ByBloomFilter = "bloom filter"
	ByPageIndex   = "page index"
)

// Skip is a file, or some rows of one, that a scan does not read, and why.
type Skip struct {
	Path     string
	RowGroup int    // −1: the whole file
	FirstRow int64  // of the file
	Rows     int64  // 0: the whole file
	By       string // partition value, file statistics, row-group statistics, bloom filter or page index
	Reason   string // the part of the predicate that excludes it, and the bounds
}

// Looked is a file of which the footer was read.
type Looked struct {
	Path             string
	RowGroups        int
	RowGroupsSkipped int
	Rows             int64
	RowsSkipped      int64
	Err              error // it could not be read
}

// SkipsMax bounds Explanation.Skipped.
const SkipsMax = 1000

// Explain plans the scan. Of the files that the log leaves it looks into the
// first so many: their row groups, bloom filters and page indexes are decided
// as a scan does it, but no rows are read.
func (p *Plan) Explain(ctx context.Context, files int) (*Explanation, error) {
	e := &Explanation{Version: int64(p.opts.State.Version)}
	var look []replay.File
	for f, err := range p.walk(ctx, p.columns(), inDoubt, true) {
		if err != nil {
			return nil, err
		}
		e.Files++
		e.Bytes += f.Size()
		if f.verdict != skipping.None {
			if len(look) < files {
				look = append(look, f.File)
			}
			continue
		}
		e.FilesSkipped++
		e.BytesSkipped += f.Size()
		if len(e.Skipped) < SkipsMax {
			s := Skip{Path: f.Path(), RowGroup: -1, By: ByPartition}
			var byStats bool
			if s.Reason, byStats = f.skip.Explain(&f.File); byStats {
				s.By = ByStatistics
			}
			e.Skipped = append(e.Skipped, s)
		}
	}
	return e, p.look(ctx, e, look)
}

// look adds what is in files.
func (p *Plan) look(ctx context.Context, e *Explanation, files []replay.File) error {
	looked := make([]Looked, len(files))
	skips := make([][]Skip, len(files))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(ahead)
	for i, f := range files {
		g.Go(func() error {
			looked[i], skips[i] = p.lookInto(inner, f)
			return inner.Err()
		})
	}
	if err := errors.Join(g.Wait(), ctx.Err()); err != nil {
		return err
	}
	e.Looked = looked
	for _, s := range skips {
		e.Skipped = append(e.Skipped, s[:min(len(s), max(0, SkipsMax-len(e.Skipped)))]...)
	}
	return nil
}

func (p *Plan) lookInto(ctx context.Context, f replay.File) (l Looked, skips []Skip) {
	l.Path = f.Path()
	var o *opened
	if o, l.Err = p.open(ctx, f); l.Err != nil {
		return l, nil
	}
	defer o.data.Close()
	l.RowGroups, l.Rows = len(o.data.RowGroups()), o.data.NumRows()
	_, err := p.ranges(o, func(s Skip) {
		l.RowsSkipped += s.Rows
		if s.By != ByPageIndex {
			l.RowGroupsSkipped++
		}
		s.Path = l.Path
		if n := len(skips); n > 0 && skips[n-1].follows(s) {
			skips[n-1].Rows += s.Rows
		} else if n < SkipsMax {
			skips = append(skips, s)
		}
	})
	if err != nil {
		l.Err = of(f, err)
	}
	return l, skips
}

// follows says that next goes on where s ends, for the same reason.
func (s Skip) follows(next Skip) bool {
	return s.RowGroup == next.RowGroup && s.By == next.By && s.Reason == next.Reason && s.FirstRow+s.Rows == next.FirstRow
}
