package txn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// fate is what became of the put of one version.
type fate uint8

const (
	unknown   fate = iota
	committed      // our commit is the version
	beaten         // another's is
	refused        // ours is not and will not be
)

// settleTime bounds how long a put that has begun is looked after once the
// caller's ctx has ended.
const settleTime = 10 * time.Second

// put makes c version v or finds out why not. The same bytes are sent until
// some commit is seen at v or the time is up.
func (tx *transaction) put(ctx context.Context, v log.Version, c *commit) (fate, []byte, error) {
	if err := ctx.Err(); err != nil {
		return refused, nil, err
	}
	doubt := false // a put of ours may still land
	live := ctx
	for try := 0; ; try++ {
		sent := tx.env.Now()
		outcome, created, err := tx.send(live, v, c.body, try)
		switch {
		case outcome == storage.Created:
			c.created, c.sent = created, sent
			return committed, nil, nil
		case outcome == storage.Rejected && !doubt && !passing(live, err):
			return refused, nil, err
		case outcome == storage.Unknown:
			doubt = true
		}
		if ctx.Err() != nil && live == ctx {
			if outcome == storage.Rejected && !doubt {
				return refused, nil, errors.Join(err, ctx.Err())
			}
			// The caller has gone, but what was begun must be settled. This
			// happens at most once, so the deferred call is one, too.
			detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
			defer cancel()
			live = detached
		}
		if outcome != storage.Rejected || doubt {
			settled, winner, lookErr := log.Settle(live, tx.env.Source.Committer, v, tx.id, c.body)
			switch {
			case lookErr != nil:
				err = errors.Join(err, lookErr)
			case settled == log.Ours:
				return committed, nil, nil
			case settled == log.Theirs:
				return beaten, winner, nil
			}
		}
		if waitErr := tx.wait(live, try+1); waitErr != nil {
			if !doubt && outcome == storage.Rejected {
				return refused, nil, errors.Join(err, waitErr)
			}
			return unknown, nil, errors.Join(err, waitErr)
		}
	}
}

// passing says whether a put that was not made may be made next time: the store
// was busy, or had not begun when its deadline came, as when others wait for
// the same bucket or a probe came first.
func passing(ctx context.Context, err error) bool {
	return errors.Is(err, storage.ErrThrottled) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
}

// send puts the body once, within a deadline that grows with the tries.
func (tx *transaction) send(ctx context.Context, v log.Version, body []byte, try int) (storage.Outcome, storage.Info, error) {
	limit := 2 * time.Second << min(try, 4)
	limit += time.Duration(len(body)>>20) * time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return tx.env.Source.Committer.Commit(ctx, v, body)
}

// rebase checks the winner at v and all after it, and returns the state after
// the last of them. On an error the state is that of the last winner that was
// not in the way.
func (tx *transaction) rebase(ctx context.Context, s *replay.State, v log.Version, first []byte) (*replay.State, error) {
	actions, err := log.ReadActions(first, tx.env.Source.Limits)
	if err != nil {
		return s, fmt.Errorf("read commit %d, which came first: %w", v, err)
	}
	batch, asked := [][]log.Action{actions}, 1
	for window := 1; ; window = min(2*window, 32) {
		for _, actions := range batch {
			if s, err = tx.accept(ctx, s, v, actions); err != nil {
				return s, err
			}
			v++
		}
		// Who looks again after the end was seen looks for as long as others
		// commit, and keeps all of them from it.
		if len(batch) < asked {
			return s, nil
		}
		asked = window
		if batch, err = tx.winners(ctx, v, asked); err != nil {
			return s, err
		}
	}
}

// accept checks one winner and moves past it.
func (tx *transaction) accept(ctx context.Context, s *replay.State, v log.Version, actions []log.Action) (*replay.State, error) {
	mine := &conflict.Txn{
		Level: tx.req.Level, Protocol: s.Protocol, Metadata: s.Metadata, Actions: tx.req.Actions,
		ReadWhole: tx.req.ReadWhole, MayMatch: tx.req.MayMatch, ReadFiles: tx.req.ReadFiles, ReadApps: tx.req.ReadApps,
	}
	if err := conflict.Check(mine, &conflict.Winner{Version: v, Actions: actions}); err != nil {
		return s, err
	}
	return s.Apply(ctx, v, actions, time.Time{}, "")
}

// winners reads the commits at v, v+1, … that there are, at most n, in one
// parallel round.
func (tx *transaction) winners(ctx context.Context, v log.Version, n int) ([][]log.Action, error) {
	found := make([][]log.Action, n)
	there := make([]bool, n)
	g, ctx := errgroup.WithContext(ctx)
	for i := range n {
		g.Go(func() error {
			body, err := tx.env.Source.Committer.Lookup(ctx, v+log.Version(i))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("look for commit %d: %w", v+log.Version(i), err)
			}
			there[i] = true
			if found[i], err = log.ReadActions(body, tx.env.Source.Limits); err != nil {
				return fmt.Errorf("read commit %d, which came first: %w", v+log.Version(i), err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range there {
		if !there[i] {
			return found[:i], nil
		}
	}
	return found, nil
}

// wait sleeps for a random time that grows with the tries: full jitter.
func (tx *transaction) wait(ctx context.Context, try int) error {
	most := tx.env.Retry.WaitMax
	if shift := min(try-1, 20); tx.env.Retry.WaitMin<<shift < most {
		most = tx.env.Retry.WaitMin << shift
	}
	t := time.NewTimer(time.Duration(tx.rand.Int64N(int64(most) + 1)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
