package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/cdf"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
)

// feed reads the commits of a table in the order of their versions, each once,
// and knows what the table is like at each. It goes on to the next version when
// it has read one, and not before.
type feed struct {
	t     *Table
	next  log.Version
	view  *cdf.View // of version next, if begun is false; else of the one before
	begun bool
	rows  bool      // their changes are wanted, too
	shape *cdf.View // what all versions must fit; nil: each the one before

	end     log.Version                  // commits behind it are not wanted; 0: not known
	pending []log.File                   // commits that were listed, from next on
	ahead   map[log.Version][]log.Action // of some of these, that were read already
	far     int                          // how many were read at one go last
	own     log.File                     // the commit before next, as it was listed; unset if it was not
	last    []log.Action                 // of that commit; nil if it was not read
	dates   dates
}

// commit is one version.
type commit struct {
	view    *cdf.View
	time    time.Time
	actions []log.Action
}

// feedFrom begins at a version that is there, or that follows the newest, which
// is known.
func (t *Table) feedFrom(ctx context.Context, newest *replay.State, v log.Version, rows bool) (*feed, error) {
	f := &feed{t: t, next: v, rows: rows, begun: v > newest.Version}
	s := newest
	if v < newest.Version {
		var err error
		if s, err = replay.Load(ctx, t.src, v); err != nil {
			return nil, err
		}
		if err := t.readable(s); err != nil {
			return nil, err
		}
	} else if _, staged := t.opts.Committer.(log.Catalog); f.begun && !staged && !s.Modified.IsZero() {
		f.own = log.File{Name: log.CommitName(s.Version), Version: s.Version, Modified: s.Modified, ETag: s.ETag}
	}
	var err error
	f.view, err = cdf.NewView(s)
	return f, err
}

// read reads the version that is next, whose commit is there.
func (f *feed) read(ctx context.Context) (*commit, error) {
	v := f.next
	actions, err := f.actions(ctx, v)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.gone(ctx, v)
	}
	if err != nil {
		return nil, err
	}
	view, err := f.viewAt(actions)
	if err != nil {
		return nil, err
	}
	if f.rows {
		if err := f.hasRows(view); err != nil {
			return nil, err
		}
	}
	when, err := f.dates.of(ctx, f.t, view, f.listed(v), actions)
	if err != nil {
		return nil, err
	}
	f.view, f.begun, f.own, f.last, f.next = view, true, f.listed(v), actions, v+1
	if len(f.pending) > 0 {
		f.pending = f.pending[1:]
	}
	return &commit{view: view, time: when, actions: actions}, nil
}

const (
	aheadMax   = 32      // commits that are read at one go
	aheadBytes = 8 << 20 // of such commits, as they are stored
)

// actions are those of the version that is next. Some of those that were listed
// behind it are read with it, twice as many each time: a long range costs few
// rounds, and what is broken off few requests in vain. One that cannot be read is
// left for its turn.
func (f *feed) actions(ctx context.Context, v log.Version) ([]log.Action, error) {
	if actions, have := f.ahead[v]; have {
		delete(f.ahead, v)
		return actions, nil
	}
	f.far = f.atOneGo()
	actions, errs := make([][]log.Action, f.far), make([]error, f.far)
	g, gctx := errgroup.WithContext(ctx)
	for i := range f.far {
		g.Go(func() error {
			actions[i], errs[i] = log.ReadCommit(gctx, f.t.opts.Committer, v+log.Version(i), f.t.opts.Limits)
			if i == 0 {
				return errs[0]
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	f.ahead = map[log.Version][]log.Action{}
	for i := 1; i < f.far; i++ {
		if errs[i] == nil {
			f.ahead[v+log.Version(i)] = actions[i]
		}
	}
	return actions[0], nil
}

// atOneGo is how many commits are to be read from next on: no more than were
// listed, and than may be held.
func (f *feed) atOneGo() int {
	n, bytes := 1, int64(0)
	for n < min(2*f.far, aheadMax, len(f.pending)) && (f.end == 0 || f.next+log.Version(n) <= f.end) {
		size := f.pending[n].Size
		if bytes += size; size <= 0 || bytes > min(aheadBytes, f.t.opts.Budget.total/16) { // 0: not known
			break
		}
		n++
	}
	return n
}

// hasRows says why the row changes of a version cannot be read, or not as those
// before.
func (f *feed) hasRows(view *cdf.View) error {
	if err := cdf.Enabled(view); err != nil {
		return err
	}
	if f.shape == nil {
		return cdf.Follow(f.view, view)
	}
	err := cdf.Follow(view, f.shape)
	if b, is := errors.AsType[*cdf.BarrierError](err); is {
		b.Version = int64(view.State.Version)
	}
	return err
}

// listed is the commit of the version that is next, as far as it is known.
func (f *feed) listed(v log.Version) log.File {
	if len(f.pending) > 0 && f.pending[0].Version == v {
		return f.pending[0]
	}
	return log.File{Version: v}
}

// viewAt is the table as of the version whose actions were read.
func (f *feed) viewAt(actions []log.Action) (*cdf.View, error) {
	if !f.begun { // it has been loaded with them
		return f.view, nil
	}
	s, same := f.view.Following(actions)
	if same {
		return &cdf.View{State: s, Schema: f.view.Schema}, nil
	}
	if s.Metadata.ID != f.view.State.Metadata.ID {
		return nil, cdf.Follow(f.view, &cdf.View{State: s})
	}
	if err := f.t.readable(s); err != nil {
		return nil, fmt.Errorf("version %d: %w", s.Version, err)
	}
	return cdf.NewView(s)
}

// gone is the error of a commit that is not there, although there are later
// versions.
func (f *feed) gone(ctx context.Context, v log.Version) error {
	entries, err := log.List(ctx, f.t.opts.Store, 0, -1)
	if err != nil {
		return err
	}
	first, err := log.EarliestVersion(entries)
	if err != nil {
		return err
	}
	e := &log.VersionError{Want: v, First: -1}
	for _, entry := range entries {
		if n, ok := log.ParseName(entry.Name); ok && n.Kind == log.Commit && n.Version >= first {
			if e.Last = n.Version; e.First < 0 {
				e.First = n.Version
			}
		}
	}
	return e
}

// look lists what came to the log, from the commit before next on, and reports
// whether next is there.
func (f *feed) look(ctx context.Context) (bool, error) {
	if len(f.pending) > 0 {
		return true, nil
	}
	last, own, err := f.list(ctx)
	switch {
	case err != nil:
		return false, err
	case len(f.pending) > 0:
		return true, nil
	case last < f.next && own:
		return false, nil
	}
	// Either a listing that lags, or a log that was cleaned up or replaced.
	switch there, err := f.isThere(ctx, f.next); {
	case err != nil:
		return false, err
	case there:
		f.pending = []log.File{{Version: f.next}}
		return true, nil
	case last >= f.next || f.next == 0: // the table has begun: that is not to be waited for
		return false, f.gone(ctx, f.next)
	}
	if there, err := f.isThere(ctx, f.next-1); there || err != nil {
		return false, err
	}
	if last == f.next-1 { // cleaned up but for a checkpoint of it
		return false, nil
	}
	return false, f.replaced("its log ends before that version")
}

// pendingMax bounds feed.pending: what comes later is listed later.
const pendingMax = 1000

// list lists the log from the commit before next on. last is the newest version
// that it has seen; own says that the commit is there.
func (f *feed) list(ctx context.Context) (last log.Version, own bool, err error) {
	last = f.next - 2
	start := log.CommitName(max(0, f.next-1))[:len(log.Dir)+20]
	for e, err := range f.t.opts.Store.List(ctx, log.Dir, start) {
		if err != nil {
			return 0, false, fmt.Errorf("list the log from version %d: %w", f.next-1, err)
		}
		if e.Name > log.Dir+"9" || len(f.pending) == pendingMax {
			break
		}
		n, ok := log.ParseName(e.Name)
		if !ok || n.Kind != log.Commit && !n.Kind.IsCheckpoint() {
			continue
		}
		last = max(last, n.Version)
		if n.Kind != log.Commit {
			continue
		}
		file := log.File{Name: e.Name, Version: n.Version, Size: e.Size, Modified: e.Modified, ETag: e.ETag}
		switch n.Version {
		case f.next - 1:
			own = true
			if err := f.confirm(ctx, file); err != nil {
				return 0, false, err
			}
			f.own = file
		case f.next + log.Version(len(f.pending)):
			f.pending = append(f.pending, file)
		}
	}
	return last, own, ctx.Err()
}

// confirm returns an error if the commit before next is not the one that was
// read. Its object may be another one: a catalog's commit, when it is published.
func (f *feed) confirm(ctx context.Context, there log.File) error {
	if !f.isAnother(there) {
		return nil
	}
	if f.last != nil {
		actions, err := log.ReadCommit(ctx, f.t.opts.Committer, f.next-1, f.t.opts.Limits)
		if err != nil {
			return err
		}
		if bytes.Equal(log.EncodeCommit(actions), log.EncodeCommit(f.last)) {
			return nil
		}
	}
	return f.replaced("another commit has the place of one that was read")
}

// isAnother says that the object of the commit before next is not the one that
// was listed before.
func (f *feed) isAnother(there log.File) bool {
	switch {
	case f.own.Name == "":
		return false
	case f.own.ETag != "" && there.ETag != "":
		return f.own.ETag != there.ETag
	default:
		return !f.own.Modified.Equal(there.Modified)
	}
}

func (f *feed) replaced(detail string) error {
	return &cdf.BarrierError{Version: int64(f.next - 1), Replaced: true, Detail: detail}
}

func (f *feed) isThere(ctx context.Context, v log.Version) (bool, error) {
	_, err := f.t.opts.Committer.Lookup(ctx, v)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// changes prepares to read rows as of a version, in the shape of another.
func (f *feed) changes(at, as *cdf.View, o *ScanOptions, bytes int64) (*cdf.Reader, error) {
	return cdf.NewReader(f.t.changeOptions(at, o, bytes), at, as)
}

func (t *Table) changeOptions(at *cdf.View, o *ScanOptions, bytes int64) scan.Options {
	s := &Snapshot{t: t, state: at.State, schema: at.Schema}
	opts := s.scanOptions(o.Where, bytes)
	opts.Columns, opts.Limit, opts.BatchRows, opts.Ordered = o.Columns, o.Limit, o.BatchRows, o.Ordered
	return opts
}

// dates are when commits were made, as a table without in-commit timestamps has
// it: each depends on those before it.
type dates struct {
	known bool
	last  int64 // of the version that was dated last
}

// of is when a version was committed: what it says itself, where commits do,
// else the time of its object, made to ascend.
func (d *dates) of(ctx context.Context, t *Table, view *cdf.View, f log.File, actions []log.Action) (time.Time, error) {
	s := view.State
	ict, err := log.InCommitTimestamps(s.Metadata)
	if err != nil {
		return time.Time{}, err
	}
	if ict != nil && ict.Since <= s.Version {
		d.known = false // it is not worth the requests to keep up
		for _, a := range actions {
			if info, is := a.(*log.CommitInfo); is && info.InCommitTimestamp != nil {
				return time.UnixMilli(*info.InCommitTimestamp).UTC(), nil
			}
		}
		return time.Time{}, &log.CorruptError{Name: log.CommitName(s.Version), Err: errors.New("no commitInfo with an inCommitTimestamp")}
	}
	if !d.known {
		return d.begin(ctx, t, s.Version)
	}
	if f.Modified.IsZero() {
		info, err := t.opts.Store.Head(ctx, log.CommitName(s.Version))
		if err != nil {
			return time.Time{}, fmt.Errorf("time of version %d: %w", s.Version, err)
		}
		f.Modified = info.Modified
	}
	d.last = max(f.Modified.UnixMilli(), d.last+1)
	return time.UnixMilli(d.last).UTC(), nil
}

// ofState is when the version of a state was committed. Its commit may be gone.
func (d *dates) ofState(ctx context.Context, t *Table, s *replay.State) (time.Time, error) {
	ict, err := log.InCommitTimestamps(s.Metadata)
	switch {
	case err != nil:
		return time.Time{}, err
	case ict != nil:
		return s.Timestamp(ctx)
	default:
		return d.begin(ctx, t, s.Version)
	}
}

// begin dates a version by all that come before it.
func (d *dates) begin(ctx context.Context, t *Table, v log.Version) (time.Time, error) {
	entries, err := log.List(ctx, t.opts.Store, 0, v)
	if err != nil {
		return time.Time{}, err
	}
	files, times, err := log.Dated(entries)
	if err != nil {
		return time.Time{}, err
	}
	for i, f := range files {
		if f.Version == v {
			d.known, d.last = true, times[i]
			return time.UnixMilli(times[i]).UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: version %d went away", ErrVersionGone, v)
}
