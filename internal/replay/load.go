package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
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
	var err error
	for range loadAttempts {
		var s *State
		if s, err = load(ctx, src, at); err == nil {
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, log.ErrNotTable) || errors.Is(err, log.ErrVersionGone) {
			return nil, err
		}
	}
	return nil, err
}

// hintTime is how long a load waits for the hint, without which it only lists
// more: the listing has its own time.
const hintTime = 10 * time.Second

func readHint(ctx context.Context, src *Source) (*checkpoint.Hint, error) {
	ctx, cancel := context.WithTimeout(ctx, hintTime)
	defer cancel()
	return checkpoint.ReadHint(ctx, src.Store)
}

func load(ctx context.Context, src *Source, at log.Version) (*State, error) {
	from := log.Version(0)
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
		src.Warn(hintErr)
	}
	if hinted && seg.CheckpointVersion < from {
		src.Warn(fmt.Errorf("the checkpoint hint names checkpoint %d, which is not there", from))
	}
	return assembleAny(ctx, src, seg, at)
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
	again, err := assembleAny(ctx, src, &plain, s.Version)
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
func assembleAny(ctx context.Context, src *Source, seg *log.Segment, at log.Version) (*State, error) {
	for {
		s, err := assemble(ctx, src, seg)
		var damaged *checkpointError
		if err == nil || !errors.As(err, &damaged) {
			return s, err
		}
		if seg, err = before(ctx, src, seg.CheckpointVersion, at, damaged.err); err != nil {
			return nil, err
		}
	}
}

// before is the segment of the same version without use of a checkpoint that
// is damaged, and of later ones.
func before(ctx context.Context, src *Source, v, at log.Version, damage error) (*log.Segment, error) {
	src.Warn(fmt.Errorf("checkpoint %d is not used: %w", v, damage))
	seg, err := log.ListSegmentBefore(ctx, src.Store, v, at)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %d cannot be used (%w), nor can the log before it: %w", v, damage, err)
	}
	return seg, nil
}

// checkpointError is the damage of a checkpoint.
type checkpointError struct{ err error }

func (e *checkpointError) Error() string { return e.err.Error() }
func (e *checkpointError) Unwrap() error { return e.err }

// asDamage marks an error that is due to the checkpoint alone.
func asDamage(err error) error {
	if errors.Is(err, checkpoint.ErrCorrupt) {
		return &checkpointError{err}
	}
	return err
}

// assemble puts the state of a segment together with as few requests as its
// small actions need.
func assemble(ctx context.Context, src *Source, seg *log.Segment) (*State, error) {
	if seg.CheckpointKind == log.UUIDCheckpoint {
		return nil, &feature.UnsupportedError{Features: []string{"v2Checkpoint"}}
	}
	s := &State{Version: seg.Version, CheckpointVersion: seg.CheckpointVersion, Modified: seg.Newest.Modified, ETag: seg.Newest.ETag}
	s.line = newLineage(src, newBase(src, seg.CheckpointVersion, seg.Checkpoint))
	if s.fromChecksum(ctx, src, seg) {
		return s, nil
	}
	if err := s.fromActions(ctx, src, seg); err != nil {
		return nil, err
	}
	return s, nil
}

// fromChecksum takes the small actions and the counts from the .crc of the
// version. It reports false if there is none that says all of it.
func (s *State) fromChecksum(ctx context.Context, src *Source, seg *log.Segment) bool {
	if seg.Checksum == nil || seg.Checksum.Version != seg.Version {
		return false
	}
	sum, err := log.ReadChecksum(ctx, src.Store, seg.Version)
	if err != nil {
		src.Warn(err)
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
func (s *State) fromActions(ctx context.Context, src *Source, seg *log.Segment) error {
	var small []log.Action
	var commits map[log.Version][]log.Action
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		small, err = s.line.base.small(gctx)
		return asDamage(err)
	})
	g.Go(func() (err error) {
		var versions []log.Version
		for _, c := range seg.Commits {
			versions = append(versions, c.Version)
		}
		commits, err = readCommits(gctx, src, versions)
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
