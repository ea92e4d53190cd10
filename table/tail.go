package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/internal/cdf"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
)

// TailOptions say from where on to follow a table, and what to read.
type TailOptions struct {
	// After is the last version that the caller has dealt with: what comes next
	// is the one after it; −1 is the whole history. Nil: whatever is committed
	// from now on.
	After *int64
	// Until is the version to stop after. Nil: never, but for an error and the
	// end of ctx.
	Until *int64
	// TableID is Change.TableID of the version After: to be told when another
	// table has taken the place of the one that was followed. "": no check.
	TableID string
	// Rows makes Change.Rows the row changes, those that these options select of
	// each version. Nil: Change.Actions is all there is.
	Rows *ScanOptions
	// Snapshot, with Rows and without After, makes the newest version the first
	// one, with all of its rows as inserts.
	Snapshot bool
	// Interval is the longest time between two looks at the log; 0: a second.
	Interval time.Duration
}

// Change is one version of a table.
type Change struct {
	Version   int64
	Timestamp time.Time // of the commit, later than that of every version before
	TableID   string
	Snapshot  bool         // Rows are all rows that there were
	Actions   []log.Action // of the commit, as written; nil for a Snapshot. They must not be changed
	// Rows reads the row changes, with the columns that [Table.Changes] adds, in
	// the schema of this version. A batch is valid until the next iteration. It is
	// nil unless they were asked for, and is to be used before the next Change.
	Rows iter.Seq2[arrow.RecordBatch, error]
}

// defaultInterval is TailOptions.Interval unless it is set.
const defaultInterval = time.Second

// Tail follows the table: it yields its versions, each once and in order, and
// waits for those to come. A caller that stores Change.Version when it is done
// with a Change, and passes it as TailOptions.After when it begins again, misses
// and repeats nothing.
//
// It ends with the first error, also of Change.Rows, and never goes past a
// version that it could not read. To begin again after the last Change is right
// for errors of the store. Of the others, a [BarrierError] says that a version
// does not fit the ones before: it is another table (Replaced), or, with Rows,
// its schema does more than add or widen columns. To begin again after the last
// Change takes the schema as it is then. An [*UnsupportedError] is a version that
// cannot be read, [ErrVersionGone] one that was cleaned up before it was read, or
// that is not there yet although After says it was. Without the change data feed
// at a version, Rows is a [NoChangesError]; Actions are there for every table.
func (t *Table) Tail(ctx context.Context, opts *TailOptions) iter.Seq2[*Change, error] {
	var o TailOptions
	if opts != nil {
		o = *opts
	}
	return observed(ctx, t, "tail", func(ctx context.Context, yield func(*Change, error) bool) {
		tail := &tail{t: t, opts: o}
		more := true
		err := tail.walk(ctx, func(c *Change) bool {
			more = yield(c, nil)
			return more
		})
		if err != nil && more {
			yield(nil, fmt.Errorf("tail of %s: %w", t.url, translate(err)))
		}
	})
}

// tail is one run of Tail.
type tail struct {
	t      *Table
	opts   TailOptions
	feed   *feed
	failed error // of reading rows
}

func (l *tail) walk(ctx context.Context, yield func(*Change) bool) error {
	newest, err := l.begin(ctx)
	if err != nil {
		return err
	}
	if l.opts.Snapshot {
		c, err := l.snapshot(ctx, newest)
		if err != nil {
			return err
		}
		if !yield(c) || l.failed != nil {
			return l.failed
		}
	}
	for l.opts.Until == nil || int64(l.feed.next) <= *l.opts.Until {
		if err := l.wait(ctx); err != nil {
			return err
		}
		c, err := l.feed.read(ctx)
		if err != nil {
			return err
		}
		if !yield(l.change(ctx, c)) || l.failed != nil {
			return l.failed
		}
	}
	return nil
}

// begin finds the version to begin with.
func (l *tail) begin(ctx context.Context) (*replay.State, error) {
	if l.opts.Snapshot && (l.opts.After != nil || l.opts.Rows == nil) {
		return nil, errors.New("TailOptions.Snapshot goes with Rows and without After")
	}
	newest, err := l.t.known() // what came since then is for later
	if err == nil && (l.opts.After == nil || log.Version(*l.opts.After) > newest.Version) {
		newest, err = l.t.state(ctx)
	}
	if err != nil {
		return nil, err
	}
	after := newest.Version
	if l.opts.After != nil {
		after = log.Version(*l.opts.After)
	}
	if after < -1 || after > newest.Version {
		return nil, fmt.Errorf("%w: version %d; the newest is %d", ErrVersionGone, after, newest.Version)
	}
	if l.feed, err = l.t.feedFrom(ctx, newest, after+1, l.opts.Rows != nil); err != nil {
		return nil, err
	}
	if l.opts.Until != nil {
		l.feed.end = log.Version(*l.opts.Until)
	}
	s := l.feed.view.State
	if id := l.opts.TableID; id != "" && id != s.Metadata.ID {
		return nil, &cdf.BarrierError{Version: int64(s.Version), Replaced: true, Detail: fmt.Sprintf("it is table %q, not %q", s.Metadata.ID, id)}
	}
	return newest, nil
}

// wait looks at the log until the next version is there, more and more seldom.
func (l *tail) wait(ctx context.Context) error {
	longest := l.opts.Interval
	if longest <= 0 {
		longest = defaultInterval
	}
	for pause := max(longest/16, 1); ; pause = min(2*pause, longest) {
		if _, err := l.t.known(); err != nil { // the table is closed
			return err
		}
		if there, err := l.feed.look(ctx); there || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// change is a version as the caller sees it.
func (l *tail) change(ctx context.Context, c *commit) *Change {
	s := c.view.State
	out := &Change{Version: int64(s.Version), Timestamp: c.time, TableID: s.Metadata.ID, Actions: c.actions}
	if l.opts.Rows != nil {
		out.Rows = l.rows(c.view, func(r *cdf.Reader) iter.Seq2[arrow.RecordBatch, error] { return c.read(ctx, r) })
	}
	return out
}

// snapshot is the first version, with all of its rows.
func (l *tail) snapshot(ctx context.Context, s *replay.State) (*Change, error) {
	when, err := l.feed.dates.ofState(ctx, l.t, s)
	if err != nil {
		return nil, err
	}
	out := &Change{Version: int64(s.Version), Timestamp: when, TableID: s.Metadata.ID, Snapshot: true}
	out.Rows = l.rows(l.feed.view, func(r *cdf.Reader) iter.Seq2[arrow.RecordBatch, error] { return r.Rows(ctx, s, when) })
	return out, nil
}

// rows are those of a version, and remember their failure.
func (l *tail) rows(of *cdf.View, read func(*cdf.Reader) iter.Seq2[arrow.RecordBatch, error]) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		budget := l.t.opts.Budget
		bytes := budget.lease(4)
		defer budget.release(bytes)
		r, err := l.feed.changes(of, of, l.opts.Rows, bytes)
		if err != nil {
			l.failed = err
			yield(nil, translate(err))
			return
		}
		for b, err := range read(r) {
			if err != nil {
				l.failed = err
			}
			if !yield(b, translate(err)) || err != nil {
				return
			}
		}
	}
}
