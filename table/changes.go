package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/cdf"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
)

// Changes reads what commits did to rows, as the table's change data feed has
// it: the versions from one to another, both included. A time stands for the
// first version at or after it where the range begins, for the last at or before
// it where it ends; an end after the newest version is the newest. Rows come by
// ascending version, in no order within one. The caller releases the reader.
//
// Beside the table's columns, which may be named in the options with them, there
// are _change_type (insert, delete, update_preimage, update_postimage),
// _commit_version and _commit_timestamp. The schema is that of the version at the
// end, so that a range has the same rows whenever it is read; a version that it
// does not fit ends the reading with a [BarrierError].
//
// The feed must have been on at every version of the range, by the property
// delta.enableChangeDataFeed, or the error is a [NoChangesError], as it is where
// a data file that is needed was vacuumed. [ErrVersionGone] is a range that
// begins after the newest version, or before the earliest that there is.
func (t *Table) Changes(ctx context.Context, from, to At, opts *ScanOptions) (array.RecordReader, error) {
	var o ScanOptions
	if opts != nil {
		o = *opts
	}
	planning, op := t.starts(ctx, "plan changes")
	s, r, err := t.changes(planning, from, to, &o)
	if err != nil {
		err = fmt.Errorf("changes of %s: %w", t.url, translate(err))
	}
	if op.ends(err); err != nil {
		return nil, err
	}
	return newReader(s, observed(ctx, t, "changes", r.walk)), nil
}

// changes prepares to read a range.
func (t *Table) changes(ctx context.Context, from, to At, o *ScanOptions) (*arrow.Schema, *changeRange, error) {
	newest, err := t.state(ctx)
	if err != nil {
		return nil, nil, err
	}
	first, last, err := t.span(ctx, newest, from, to)
	if err != nil {
		return nil, nil, err
	}
	end, err := t.at(ctx, Version(int64(last)))
	if err != nil {
		return nil, nil, err
	}
	shape, err := cdf.NewView(end)
	if err != nil {
		return nil, nil, err
	}
	probe, err := cdf.NewReader(t.changeOptions(shape, o, 0), shape, shape)
	if err != nil {
		return nil, nil, err
	}
	r := &changeRange{shape: shape, last: last, opts: o}
	if first > last {
		r.feed = &feed{t: t, next: first}
		return probe.Schema(), r, nil
	}
	if r.feed, err = t.feedFrom(ctx, newest, first, true); err != nil {
		return nil, nil, err
	}
	r.feed.shape, r.feed.end = shape, last
	return probe.Schema(), r, r.feed.hasRows(r.feed.view)
}

// span resolves a range. It is empty if first is after last.
func (t *Table) span(ctx context.Context, newest *replay.State, from, to At) (first, last log.Version, err error) {
	if first, err = t.firstOf(ctx, newest, from); err != nil {
		return 0, 0, err
	}
	last = newest.Version
	switch {
	case to.version != nil:
		last = min(last, log.Version(*to.version))
	case to.time != nil:
		if last, err = newest.VersionAt(ctx, *to.time); err != nil {
			return 0, 0, err
		}
	}
	if last < 0 || from.version != nil && to.version != nil && first > last {
		return 0, 0, fmt.Errorf("%w: the range of versions %d to %d ends before it begins", ErrVersionGone, first, last)
	}
	return first, last, nil
}

// firstOf is the first version of a range.
func (t *Table) firstOf(ctx context.Context, newest *replay.State, from At) (log.Version, error) {
	switch {
	case from.version != nil:
		v := log.Version(*from.version)
		if v < 0 || v > newest.Version {
			return 0, fmt.Errorf("%w: version %d; the newest is %d", ErrVersionGone, v, newest.Version)
		}
		return v, nil
	case from.time == nil:
		return newest.Version, nil
	}
	// The first version at or after a time follows the last one before it.
	ms := from.time.UnixMilli()
	if from.time.After(time.UnixMilli(ms)) {
		ms++
	}
	before, err := newest.VersionAt(ctx, time.UnixMilli(ms-1))
	var early *log.VersionError
	switch {
	case errors.As(err, &early) && early.First == 0:
		before = -1
	case err != nil:
		return 0, err
	}
	if before == newest.Version {
		return 0, fmt.Errorf("%w: none is as young as %s; the newest is %d", ErrVersionGone, from.time.UTC().Format(time.RFC3339Nano), before)
	}
	return before + 1, nil
}

// changeRange is the row changes of a range of versions, in one shape.
type changeRange struct {
	feed  *feed
	shape *cdf.View
	last  log.Version
	opts  *ScanOptions
}

func (r *changeRange) walk(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	budget := r.feed.t.opts.Budget
	bytes := budget.lease(4)
	defer budget.release(bytes)
	if err := r.versions(ctx, bytes, func(b arrow.RecordBatch) bool { return yield(b, nil) }); err != nil {
		yield(nil, fmt.Errorf("changes of %s: %w", r.feed.t.url, translate(err)))
	}
}

func (r *changeRange) versions(ctx context.Context, bytes int64, yield func(arrow.RecordBatch) bool) error {
	left := r.opts.Limit
	var reader *cdf.Reader
	var of *cdf.View
	for r.feed.next <= r.last {
		c, err := r.feed.commit(ctx)
		if err != nil {
			return err
		}
		if reader == nil || of.State.Protocol != c.view.State.Protocol {
			if reader, err = r.feed.changes(c.view, r.shape, r.opts, bytes); err != nil {
				return err
			}
			of = c.view
		}
		for b, err := range c.read(ctx, reader) {
			if err != nil {
				return err
			}
			if r.opts.Limit > 0 && b.NumRows() >= left {
				last := b.NewSlice(0, left)
				defer last.Release()
				yield(last)
				return nil
			}
			left -= b.NumRows()
			if !yield(b) {
				return nil
			}
		}
	}
	return nil
}

// commit reads the version that is next, which is not to be waited for.
func (f *feed) commit(ctx context.Context) (*commit, error) {
	there, err := f.look(ctx)
	if err == nil && !there {
		err = f.gone(ctx, f.next)
	}
	if err != nil {
		return nil, err
	}
	return f.read(ctx)
}

// read reads the row changes of the commit.
func (c *commit) read(ctx context.Context, r *cdf.Reader) iter.Seq2[arrow.RecordBatch, error] {
	pieces, err := cdf.Pieces(c.view.State.Version, c.actions)
	if err != nil {
		return func(yield func(arrow.RecordBatch, error) bool) { yield(nil, err) }
	}
	return r.Read(ctx, c.view.State.Version, c.time, pieces)
}
