package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/internal/write"
)

// regroups is how often a group is begun again because others changed the
// table meanwhile.
const regroups = 10

// commit makes the entries of a group one commit and tells each its outcome.
// It is the top of a goroutine: a panic, of Options.PreCommit for example,
// must reach the callers, who may know what to do about it, and not the
// process.
func (w *Writer) commit(g *group) {
	var c Commit
	err := fmt.Errorf("%w: the commit of the group panicked", ErrCommitUnknown)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", err, p, debug.Stack())
		}
		w.finish(g, c, err)
	}()
	ctx, op := w.t.starts(g.ctx, "group commit")
	g.ctx = ctx
	c, err = w.commitGroup(g)
	c, err = op.commits(c, err)
}

// commitGroup is an append of what the entries of a group have in them: look
// who is left, write the files, commit, follow up. If somebody recorded one of
// their applications' versions first, or changed the table in a way that the
// files do not fit, it begins again from the newest version: the entries are
// still in memory.
func (w *Writer) commitGroup(g *group) (Commit, error) {
	t := w.t
	for n := 0; ; n++ {
		s, st, err := w.plan(g, n > 0)
		if err != nil || st == nil {
			return Commit{Skipped: true}, err
		}
		res, err := w.land(g, s, st)
		switch {
		case err == nil && !res.Skipped:
			_ = t.follow(g.ctx, res, w.opts.Post) // in the background: failures are the Table's to tell
			return Commit{
				Version: int64(res.Version), Timestamp: res.Time, Attempts: res.Attempts,
				Metrics: Metrics{Rows: st.files.Rows, Files: int64(len(st.files.Adds)), Bytes: st.files.Bytes, BytesSpilled: st.files.Spilled},
			}, nil
		case n == regroups+len(g.entries): // each of which may be skipped
			return Commit{}, errors.Join(err, fmt.Errorf("%w: the group was begun %d times", ErrContention, n+1))
		case err != nil && !errors.Is(err, ErrConflict):
			return Commit{}, err
		}
	}
}

// plan is the state to commit upon and what is staged there: nothing if no
// entry is left. Entries whose work was done before, is nothing, or does not
// fit get their answer. It begins with what is known of the table; before that
// fails anything it looks at the newest version.
func (w *Writer) plan(g *group, fresh bool) (*replay.State, *staged, error) {
	s, err := w.t.writable(g.ctx, fresh)
	if err != nil {
		return nil, nil, err
	}
	st, err := w.t.stage(s, nil, w.writeOptions(), false)
	if err != nil && !fresh {
		return w.plan(g, true)
	}
	if err != nil {
		return nil, nil, err
	}
	left := 0
	at := map[string]int{} // where in st.apps an application is
	for _, e := range g.entries {
		e.unfit()
		if e.done.happened { // set by nobody but this goroutine
			continue
		}
		if c, done := applied(s, &e.app); done {
			w.answer(e, c, nil)
			continue
		}
		i, again := at[e.app.AppID]
		if e.repeat = again && st.apps[i].AppVersion >= e.app.AppVersion; e.repeat {
			continue // the answer depends on the other's
		}
		switch err := w.fit(g.ctx, st, e); {
		case g.ctx.Err() != nil:
			return nil, nil, g.ctx.Err()
		case err != nil && !fresh:
			return w.plan(g, true)
		case err != nil:
			w.answer(e, Commit{}, err)
			continue
		case e.rows == 0 && e.app.AppID == "":
			w.answer(e, Commit{Version: int64(s.Version), Timestamp: committed(s), Skipped: true}, nil)
			continue
		case again:
			st.apps[i].AppVersion = e.app.AppVersion
		case e.app.AppID != "":
			at[e.app.AppID] = len(st.apps)
			st.apps = append(st.apps, e.app)
		}
		left++
	}
	if left == 0 {
		return nil, nil, nil
	}
	return s, st, nil
}

func (w *Writer) writeOptions() *WriteOptions {
	o := &w.opts
	return &WriteOptions{
		CommitOptions:      CommitOptions{Post: o.Post, Isolation: o.Isolation, Info: o.Info},
		TruncateTimestamps: o.TruncateTimestamps, TargetFileSize: o.TargetFileSize, Codec: o.Codec, RowGroupRows: o.RowGroupRows,
	}
}

// fit gives the batches of an entry the layout of the table, and checks them.
func (w *Writer) fit(ctx context.Context, st *staged, e *entry) error {
	for _, b := range e.batches {
		fitted, err := w.t.fit(ctx, st, b)
		if err != nil {
			e.unfit()
			return err
		}
		e.fitted = append(e.fitted, fitted)
	}
	return nil
}

// unfit forgets the batches that were made to fit.
func (e *entry) unfit() {
	for _, b := range e.fitted {
		b.Release()
	}
	e.fitted = nil
}

// land writes the files of a group and commits them. The result is Skipped if
// the work of an entry was done by somebody else.
func (w *Writer) land(g *group, s *replay.State, st *staged) (res *txn.Result, err error) {
	if st.files, err = w.writeFiles(g, st); err != nil {
		return nil, err
	}
	return w.t.land(g.ctx, s, st)
}

func (w *Writer) writeFiles(g *group, st *staged) (*write.Result, error) {
	buffer := w.t.opts.Budget.lease(2)
	defer w.t.opts.Budget.release(buffer)
	opts, err := w.t.writeOptions(st, buffer)
	if err != nil {
		return nil, err
	}
	return write.Files(g.ctx, g.fitted(), opts)
}

// fitted yields the batches of the entries that are to be committed.
func (g *group) fitted() iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, e := range g.entries {
			for _, b := range e.fitted {
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}
