package verify

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/log"
)

// walk goes through the log, version by version.
type walk struct {
	*verifier
	*listing
	state *state          // of the version before the one that is looked at, later of that one; nil: not known
	info  *log.CommitInfo // of the version that is looked at; nil: not known
	last  log.Version     // the newest that could be put together
	ahead map[log.Version]readCommit
	base  *log.Checkpoint // that the state was begun with; nil: with the first commit

	checkpointed map[log.Version][]contents // what the sound checkpoints hold
}

func (w *walk) run(ctx context.Context) error {
	for _, f := range w.odd {
		w.found(f)
	}
	for _, g := range w.gaps() {
		w.missing(g)
	}
	w.ahead, w.checkpointed = map[log.Version]readCommit{}, map[log.Version][]contents{}
	if _, whole := w.commits[0]; whole {
		w.state = newState(-1)
	}
	for i, v := range w.versions {
		if err := w.version(ctx, i, v); err != nil {
			return err
		}
	}
	return nil
}

// version looks at everything that the log has of a version.
func (w *walk) version(ctx context.Context, i int, v log.Version) error {
	w.info = nil
	if w.state != nil && w.state.version != v-1 {
		if _, has := w.commits[v]; has || len(w.checkpoints[v]) > 0 {
			w.state = nil // commits between are missing
		}
	}
	if err := w.commit(ctx, i, v); err != nil {
		return err
	}
	for _, c := range w.checkpoints[v] {
		if err := w.checkpoint(ctx, c); err != nil {
			return err
		}
	}
	if w.state != nil && w.state.version == v {
		w.last = v
		if w.report.Earliest < 0 {
			w.report.Earliest = int64(v)
		}
	}
	if err := w.checksum(ctx, v); err != nil {
		return err
	}
	for _, f := range w.compacted[v] {
		if err := w.compaction(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) missing(g gap) {
	more := ""
	if g.to > g.from {
		more = ", and so are those up to " + log.CommitName(g.to)
	}
	w.foundf(log.CommitName(g.from), Missing, g.from, "the commit is missing from the log%s: %s", more, w.lost(g.from))
}

// commit reads the commit of a version, if there is one, checks it and applies
// it to the state.
func (w *walk) commit(ctx context.Context, i int, v log.Version) error {
	if _, has := w.commits[v]; !has {
		return nil
	}
	c, err := w.read(ctx, i, v)
	if err != nil {
		return err
	}
	w.count(&w.report.Commits, 1)
	if c.err != nil {
		err := w.gone(ctx, log.CommitName(v), c.err, v)
		if err == nil {
			w.state = nil
		}
		return err
	}
	for _, detail := range checkCommit(v, c.actions) {
		w.foundf(log.CommitName(v), Wrong, v, "%s", detail)
	}
	w.info = infoOf(c.actions)
	if w.state == nil {
		return nil
	}
	before := w.state.ict
	for _, a := range c.actions {
		w.state.apply(a)
	}
	w.state.version = v
	for _, detail := range w.state.check(before, c.actions) {
		w.foundf(log.CommitName(v), Wrong, v, "%s", detail)
	}
	return nil
}

// gone tells of a log file that could not be read, if that is a fault.
func (w *walk) gone(ctx context.Context, name string, err error, v log.Version) error {
	f, is := faultOf(err)
	if !is {
		return err
	}
	if f.Object == "" {
		f.Object = name
	}
	f.Version = int64(v)
	if _, commit := w.commits[v]; commit && name == log.CommitName(v) {
		f.Detail += ": " + w.lost(v)
	}
	if f.Kind == Missing && f.Object == name {
		listed, err := w.listed(ctx, name)
		if err != nil {
			return err
		}
		if !listed {
			f.Kind, f.Detail = Note, "it was removed while the log was being looked at"
		}
	}
	w.found(f)
	return nil
}

// listed says whether an object is in a listing.
func (w *walk) listed(ctx context.Context, name string) (bool, error) {
	for e, err := range w.Source.Store.List(ctx, name, name) {
		if err != nil {
			return false, err
		}
		return e.Name == name, nil
	}
	return false, ctx.Err()
}

// readCommit is a commit that was read, or what is wrong with it.
type readCommit struct {
	actions []log.Action
	err     error
}

// aheadBytes bounds the commits that are read at once.
const aheadBytes = 64 << 20

// read is the commit of the i-th version, read together with some after it.
func (w *walk) read(ctx context.Context, i int, v log.Version) (readCommit, error) {
	if c, have := w.ahead[v]; have {
		delete(w.ahead, v)
		return c, nil
	}
	var next []log.Version
	var bytes int64
	for _, u := range w.versions[i:] {
		f, has := w.commits[u]
		if !has {
			continue
		}
		if bytes += f.Size; len(next) > 0 && (bytes > aheadBytes || len(next) >= w.Parallel) {
			break
		}
		next = append(next, u)
	}
	got, err := w.readAll(ctx, next)
	if err != nil {
		return readCommit{}, err
	}
	for i, u := range next {
		w.ahead[u] = got[i]
	}
	c := w.ahead[v]
	delete(w.ahead, v)
	return c, nil
}

// readAll reads commits. The error is that of the store; what is wrong with a
// commit is with it.
func (w *walk) readAll(ctx context.Context, versions []log.Version) ([]readCommit, error) {
	out := make([]readCommit, len(versions))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, w.Parallel))
	for i, v := range versions {
		g.Go(func() error {
			actions, err := log.ReadCommit(ctx, w.Source.Committer, v, w.Source.Limits)
			if err != nil {
				if _, is := faultOf(err); !is {
					return err
				}
			}
			out[i] = readCommit{actions, err}
			return nil
		})
	}
	return out, g.Wait()
}

// checksum reads the .crc of a version and compares it with the state.
func (w *walk) checksum(ctx context.Context, v log.Version) error {
	f, has := w.checksums[v]
	if !has {
		return nil
	}
	w.count(&w.report.Checksums, 1)
	sum, err := log.ReadChecksum(ctx, w.Source.Store, v)
	if err != nil {
		return w.gone(ctx, f.Name, err, v)
	}
	if w.state == nil || w.state.version != v {
		if v > w.newest {
			w.foundf(f.Name, Note, v, "not compared with anything: the log has no such version")
		}
		return nil
	}
	for _, detail := range w.state.checkSum(sum, w.info) {
		w.foundf(f.Name, Wrong, v, "%s", detail)
	}
	return nil
}
