package table

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/log"
)

// followTime bounds what follows a commit.
const followTime = 2 * time.Minute

// follow does what follows a commit, when and where the option says.
func (t *Table) follow(ctx context.Context, res *txn.Result, post Post) error {
	switch post {
	case None:
		return nil
	case Background:
		t.inBackground(ctx, res)
		return nil
	default:
		ctx, cancel := context.WithTimeout(ctx, followTime)
		defer cancel()
		return t.afterCommit(ctx, res)
	}
}

func (t *Table) afterCommit(ctx context.Context, res *txn.Result) error {
	s := res.State
	if known, err := t.known(); err == nil && known.Metadata.ID == s.Metadata.ID {
		s = s.WithCheckpoint(known.CheckpointVersion) // others may have written one meanwhile
	}
	next, err := txn.After(ctx, t.env, s, res.Newest)
	t.learn(next)
	return translate(err)
}

// inBackground starts a goroutine that Close waits for. One at a time works;
// on a closed table the work is left out, as after a crash.
func (t *Table) inBackground(ctx context.Context, res *txn.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.running == 0 {
		t.idle = make(chan struct{})
	}
	t.running++
	ctx, cancel := context.WithTimeout(context.WithoutCancel(callers(ctx)), followTime)
	go func() {
		defer cancel()
		t.after <- struct{}{}
		ctx, op := t.starts(ctx, "after commit")
		err := t.afterCommit(ctx, res)
		op.ends(err, attribute.Int64("foreset.version", int64(res.Version)))
		<-t.after
		t.mu.Lock()
		defer t.mu.Unlock()
		if err != nil && t.pending == nil {
			t.pending = fmt.Errorf("after the commit of version %d: %w", res.Version, err)
		}
		if t.running--; t.running == 0 {
			close(t.idle)
		}
	}()
}

// quiet is closed when nothing is done in the background.
func (t *Table) quiet() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle == nil { // nothing ever was
		idle := make(chan struct{})
		close(idle)
		return idle
	}
	return t.idle
}

// Checkpoint writes a checkpoint of the newest version, whether one is due or
// not, and returns the version. Readers then need no commit before it.
func (t *Table) Checkpoint(ctx context.Context) (int64, error) {
	ctx, op := t.starts(ctx, "checkpoint")
	v, err := t.checkpoint(ctx)
	if err != nil {
		err = fmt.Errorf("checkpoint of %s: %w", t.url, translate(err))
	}
	op.ends(err, attribute.Int64("foreset.version", v))
	return v, err
}

func (t *Table) checkpoint(ctx context.Context) (int64, error) {
	s, err := t.writable(ctx, true)
	if err != nil {
		return 0, err
	}
	next, err := txn.Checkpoint(ctx, t.env, s, t.env.Now())
	if err != nil {
		return 0, err
	}
	t.learn(next)
	return int64(next.Version), nil
}

// Resolve settles a commit whose outcome was unknown, by occupying its
// version: with the same bytes, which finishes it, or, if it is to be
// abandoned, with an empty commit. committed says whether it is a version of
// the table; that does not change any more. Skipped tells a caller of a [Writer]
// that another's rows with the same AppID are in it. An error leaves it unknown.
func (t *Table) Resolve(ctx context.Context, u *CommitUnknownError, abandon bool) (c Commit, committed bool, err error) {
	ctx, op := t.starts(ctx, "resolve")
	c, committed, err = t.resolve(ctx, u, abandon)
	c.Metrics.Requests = op.ends(err, attribute.Bool("foreset.committed", committed))
	return c, committed, err
}

func (t *Table) resolve(ctx context.Context, u *CommitUnknownError, abandon bool) (c Commit, committed bool, err error) {
	if t.opts.ReadOnly {
		return Commit{}, false, ErrReadOnly
	}
	s, err := t.state(ctx)
	if err != nil {
		return Commit{}, false, err
	}
	if s.Metadata.ID != u.TableID {
		return Commit{}, false, fmt.Errorf("%w: the table of the unknown commit was replaced by another", ErrVersionGone)
	}
	committed, err = txn.Resolve(ctx, t.env, u, abandon)
	if err != nil || !committed {
		return Commit{}, false, translate(err)
	}
	c = Commit{Version: int64(u.Version), Attempts: 1, Skipped: u.Skipped}
	for a := range log.DecodeCommit(u.Body, t.opts.Limits) {
		if info, is := a.(*log.CommitInfo); is {
			c.Timestamp = info.Time()
		}
	}
	return c, true, nil
}

// History walks the commits from the newest to the oldest that the log still
// has, and ends with the first error. A commit without a commitInfo is described
// by its version alone. Timestamps are what writers noted, by their own clocks:
// AsOf goes by [Change].Timestamp, which may be another.
func (t *Table) History(ctx context.Context) iter.Seq2[log.CommitInfo, error] {
	return observed(ctx, t, "history", func(ctx context.Context, yield func(log.CommitInfo, error) bool) {
		s, err := t.state(ctx)
		if err != nil {
			yield(log.CommitInfo{}, err)
			return
		}
		for v := s.Version; v >= 0; v-- {
			info, err := t.commitInfo(ctx, v)
			if errors.Is(err, fs.ErrNotExist) {
				return // older commits were cleaned up
			}
			if err != nil {
				yield(log.CommitInfo{}, fmt.Errorf("history of %s: %w", t.url, translate(err)))
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	})
}

func (t *Table) commitInfo(ctx context.Context, v log.Version) (log.CommitInfo, error) {
	actions, err := log.ReadCommit(ctx, t.opts.Committer, v, t.opts.Limits)
	if err != nil {
		return log.CommitInfo{}, err
	}
	for _, a := range actions {
		if info, is := a.(*log.CommitInfo); is {
			found := *info
			found.Version = v
			return found, nil
		}
	}
	return log.CommitInfo{Version: v}, nil
}

// Log yields the actions of one version's commit, as they were written. It
// fails with [ErrVersionGone] if the log does not have it.
func (t *Table) Log(ctx context.Context, version int64) iter.Seq2[log.Action, error] {
	return observed(ctx, t, "log", func(ctx context.Context, yield func(log.Action, error) bool) {
		if _, err := t.known(); err != nil {
			yield(nil, err)
			return
		}
		actions, err := log.ReadCommit(ctx, t.opts.Committer, log.Version(version), t.opts.Limits)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: version %d", ErrVersionGone, version)
		}
		if err != nil {
			yield(nil, translate(err))
			return
		}
		for _, a := range actions {
			if !yield(a, nil) {
				return
			}
		}
	})
}
