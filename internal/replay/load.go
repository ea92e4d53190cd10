package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/log"
)

// Latest asks for the newest version.
const Latest log.Version = -1

// A load starts again when what was listed is gone when it is read: log
// cleanup ran in between.
const loadAttempts = 3

// Load reads the state of a version, or of the newest one for [Latest]. It
// fails with log.ErrNotTable, log.ErrVersionGone or a gap as the log package
// has them, and with an error that is log.ErrCorrupt when the version cannot
// be put together from anything that is there.
func Load(ctx context.Context, src *Source, at log.Version) (*State, error) {
	for attempt := 1; ; attempt++ {
		l := &loading{src: src, at: at, last: attempt == loadAttempts}
		s, err := l.load(ctx)
		if err == nil {
			return s, nil
		}
		if l.last || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, log.ErrNotTable) || errors.Is(err, log.ErrVersionGone) {
			return nil, err
		}
	}
}

// loading is one attempt to put a state together.
type loading struct {
	src      *Source
	at       log.Version
	last     bool // what is gone is not going to come back
	warnings []error
}

// warn tells of what was damaged and skipped.
func (l *loading) warn(err error) {
	l.warnings = append(l.warnings, err)
	l.src.Warn(err)
}

// hintTime is how long a load waits for the hint, without which it only lists
// more: the listing has its own time.
const hintTime = 10 * time.Second

func readHint(ctx context.Context, src *Source) (*checkpoint.Hint, error) {
	ctx, cancel := context.WithTimeout(ctx, hintTime)
	defer cancel()
	return checkpoint.ReadHint(ctx, src.Store)
}

func (l *loading) load(ctx context.Context) (*State, error) {
	src, at, from := l.src, l.at, log.Version(0)
	hint, hintErr := readHint(ctx, src)
	hinted := hint != nil && (at == Latest || hint.Version <= at)
	if hinted {
		from = hint.Version
	}
	seg, err := log.ListSegment(ctx, src.Store, from, at)
	if err != nil {
		return nil, err // whatever kept the hint from being read, this says it, too
	}
	if hintErr != nil && !errors.Is(hintErr, fs.ErrNotExist) {
		l.warn(hintErr)
	}
	if hinted && seg.CheckpointVersion < from {
		l.warn(fmt.Errorf("the checkpoint hint names checkpoint %d, which is not there", from))
	}
	return l.assembleAny(ctx, seg)
}

// Recounted is the same version put together once more, from its checkpoint and
// commits alone, with its files counted one by one: for when counts that were
// taken from a .crc, or kept from commit to commit, turn out to be wrong.
func (s *State) Recounted(ctx context.Context) (*State, error) {
	src := s.line.src
	seg, err := log.ListSegment(ctx, src.Store, 0, s.Version)
	if err != nil {
		return nil, err
	}
	plain := *seg
	plain.Checksum = nil
	again, err := (&loading{src: src, at: s.Version, last: true}).assembleAny(ctx, &plain)
	if err != nil {
		return nil, err
	}
	sum, err := again.WithSum(nil).Checksum(ctx)
	if err != nil {
		return nil, err
	}
	return again.WithSum(sum), nil
}

// assembleAny puts the state of a segment together, doing without checkpoints
// that turn out to be damaged.
func (l *loading) assembleAny(ctx context.Context, seg *log.Segment) (*State, error) {
	for {
		s, err := l.assemble(ctx, seg)
		var damaged *checkpointError
		if err == nil || !errors.As(err, &damaged) {
			return s, err
		}
		if seg, err = l.before(ctx, seg.CheckpointVersion, damaged.err); err != nil {
			return nil, err
		}
	}
}

// before is the segment of the same version without use of a checkpoint that
// is damaged, and of later ones.
func (l *loading) before(ctx context.Context, v log.Version, damage error) (*log.Segment, error) {
	l.warn(fmt.Errorf("checkpoint %d is not used: %w", v, damage))
	seg, err := log.ListSegmentBefore(ctx, l.src.Store, v, l.at)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %d cannot be used (%w), nor can the log before it: %w", v, damage, err)
	}
	return seg, nil
}

// checkpointError is what keeps a checkpoint from being used.
type checkpointError struct{ err error }

func (e *checkpointError) Error() string { return e.err.Error() }
func (e *checkpointError) Unwrap() error { return e.err }

// asDamage marks an error that is due to the checkpoint alone. A file of it
// that is gone was cleaned up in the meantime, as long as there is hope that
// the next listing is without it; if gone for good, it is damage.
func asDamage(err error, gone bool) error {
	if errors.Is(err, checkpoint.ErrCorrupt) || gone && errors.Is(err, fs.ErrNotExist) {
		return &checkpointError{err}
	}
	return err
}

// assemble puts the state of a segment together with as few requests as its
// small actions need.
func (l *loading) assemble(ctx context.Context, seg *log.Segment) (*State, error) {
	s := &State{Version: seg.Version, CheckpointVersion: seg.CheckpointVersion, Modified: seg.Newest.Modified, ETag: seg.Newest.ETag}
	s.line = newLineage(l.src, newBase(l.src, seg.CheckpointVersion, seg.Checkpoint))
	if !s.fromChecksum(ctx, l, seg) {
		if err := s.fromActions(ctx, l, seg); err != nil {
			return nil, err
		}
	}
	s.Warnings = slices.Clip(l.warnings)
	return s, nil
}

// fromChecksum takes the small actions and the counts from the .crc of the
// version. It reports false if there is none that says all of it.
func (s *State) fromChecksum(ctx context.Context, l *loading, seg *log.Segment) bool {
	if seg.Checksum == nil || seg.Checksum.Version != seg.Version {
		return false
	}
	sum, err := log.ReadChecksum(ctx, l.src.Store, seg.Version)
	if err != nil {
		l.warn(err)
		return false
	}
	if sum.Metadata == nil || sum.Protocol == nil || sum.SetTransactions == nil || sum.DomainMetadata == nil {
		return false
	}
	s.Protocol, s.Metadata, s.Sum = sum.Protocol, sum.Metadata, sum
	var small []log.Action
	for _, t := range sum.SetTransactions {
		small = append(small, t)
	}
	for _, d := range sum.DomainMetadata {
		small = append(small, d)
	}
	s.takeSmall(small)
	return true
}

// fromActions takes the small actions from the checkpoint and the commits,
// which are read in one parallel round.
func (s *State) fromActions(ctx context.Context, l *loading, seg *log.Segment) error {
	var small []log.Action
	var commits map[log.Version][]log.Action
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		small, err = s.line.base.small(gctx)
		return asDamage(err, l.last)
	})
	g.Go(func() (err error) {
		var versions []log.Version
		for _, c := range seg.Commits {
			versions = append(versions, c.Version)
		}
		commits, err = readCommits(gctx, l.src, versions)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	s.takeSmall(small)
	for _, c := range seg.Commits {
		s.Info = nil // that of the last commit only
		s.takeSmall(commits[c.Version])
		if err := s.line.learn(ctx, c.Version, commits[c.Version]); err != nil {
			return err
		}
	}
	switch {
	case s.Protocol == nil:
		return fmt.Errorf("version %d: %w: the log has no protocol action", s.Version, log.ErrCorrupt)
	case s.Metadata == nil:
		return fmt.Errorf("version %d: %w: the log has no metaData action", s.Version, log.ErrCorrupt)
	}
	return nil
}

// readCommits reads commits in parallel.
func readCommits(ctx context.Context, src *Source, versions []log.Version) (map[log.Version][]log.Action, error) {
	bodies := make([][]log.Action, len(versions))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, src.Parallel))
	for i, v := range versions {
		g.Go(func() (err error) {
			bodies[i], err = log.ReadCommit(ctx, src.Committer, v, src.Limits)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	got := make(map[log.Version][]log.Action, len(versions))
	for i, v := range versions {
		got[v] = bodies[i]
	}
	return got, nil
}
