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
	return load(ctx, src, at, false)
}

func load(ctx context.Context, src *Source, at log.Version, plain bool) (*State, error) {
	for attempt := 1; ; attempt++ {
		l := &loading{src: src, at: at, last: attempt == loadAttempts, plain: plain}
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
	plain    bool // do without .crc and compacted logs, however sound
	warnings []error
}

// warn tells of what was damaged and skipped, once though it is met again on a
// way around something else.
func (l *loading) warn(err error) {
	if slices.ContainsFunc(l.warnings, func(w error) bool { return w.Error() == err.Error() }) {
		return
	}
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
	again, err := (&loading{src: src, at: s.Version, last: true, plain: true}).assembleAny(ctx, seg)
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
		if l.plain {
			bare := *seg
			bare.Checksum, bare.Earlier, bare.Compacted = nil, nil, nil
			seg = &bare
		}
		s, err := l.assemble(ctx, seg)
		var damaged *checkpointError
		if err == nil || !errors.As(err, &damaged) {
			return s, err
		}
		if seg, err = l.before(ctx, seg.CheckpointVersion, seg.Checkpoint[0].Name, damaged.err); err != nil {
			return nil, err
		}
	}
}

// before is the segment of the same version without use of a checkpoint that
// is damaged, and of later ones: from another checkpoint of its version, if there
// is one that comes after it in their order, or from what is older.
func (l *loading) before(ctx context.Context, v log.Version, name string, damage error) (*log.Segment, error) {
	l.warn(fmt.Errorf("checkpoint %d is not used: %w", v, damage))
	seg, err := log.ListSegmentBefore(ctx, l.src.Store, v+1, l.at)
	for passed := false; err == nil && seg.CheckpointVersion == v && !passed; seg, err = seg.Without() {
		passed = seg.Checkpoint[0].Name == name
	}
	if err != nil || seg.CheckpointVersion > v {
		seg, err = log.ListSegmentBefore(ctx, l.src.Store, v, l.at)
	}
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
// small actions need: the newest checksum and what came after it; without one,
// the checkpoint and everything after that.
func (l *loading) assemble(ctx context.Context, seg *log.Segment) (*State, error) {
	s := &State{Version: seg.Version, CheckpointVersion: seg.CheckpointVersion, Modified: seg.Newest.Modified, ETag: seg.Newest.ETag}
	from := seg.CheckpointVersion
	if seg.Checksum != nil {
		from = seg.Checksum.Version
	}
	p := &parts{src: l.src, gone: l.last, base: newBase(l.src, seg.CheckpointVersion, seg.Checkpoint), seg: seg,
		before: piecesOf(seg, seg.CheckpointVersion+1, from), after: piecesOf(seg, from+1, seg.Version)}
	err := p.read(ctx)
	for _, w := range p.warnings {
		l.warn(w)
	}
	if err != nil {
		return nil, err
	}
	if err := s.take(p); err != nil {
		return nil, err
	}
	s.line = newLineage(l.src, p.base, seg.Version, slices.Concat(p.before, p.between, p.after))
	s.line.plain = l.plain
	s.Warnings = slices.Clip(l.warnings)
	if p.checksum == nil { // everything was read
		return s, s.line.reach(ctx, s.Version)
	}
	return s, nil
}

// parts are what the small actions of a version come from.
type parts struct {
	src     *Source
	gone    bool // what is not there is damage
	base    *base
	seg     *log.Segment
	before  []*piece // from the base to the checksum
	between []*piece // from there to the newest checksum, if that one is damaged
	after   []*piece // from the newest checksum, or the base, to the version

	checksum *log.Checksum
	small    []log.Action // of the base, without a checksum
	info     *log.CommitInfo
	warnings []error
}

// read reads what is after the newest checksum, and the checksum. If that is
// damaged it reads, in a second round, the one before it and what is between; and
// without one that can be used what is before.
func (p *parts) read(ctx context.Context) error {
	var sumErr error
	var warnings []error
	warn := func(err error) { warnings = append(warnings, err) }
	g, gctx := errgroup.WithContext(ctx)
	if p.seg.Checksum != nil {
		g.Go(func() error { p.checksum, sumErr = readSum(gctx, p.src, p.seg.Checksum.Version); return nil })
	} else {
		g.Go(func() error { return p.readBase(gctx) })
	}
	if n := len(p.after); n > 0 && p.after[n-1].compacted() {
		g.Go(func() (err error) { // compacted logs do not say who committed, and when
			p.info, err = readInfo(gctx, p.src, p.seg.Version)
			return err
		})
	}
	g.Go(func() (err error) {
		p.after, err = readPieces(gctx, p.src, p.after, warn)
		return err
	})
	err := g.Wait()
	if p.warnings = warnings; sumErr != nil && err == nil {
		p.warnings = append([]error{sumErr}, warnings...)
	}
	if err == nil && sumErr != nil && p.seg.Earlier != nil {
		err = p.readEarlier(ctx)
	}
	if err != nil || p.seg.Checksum == nil || p.checksum != nil {
		return err
	}
	if err := p.readBase(ctx); err != nil {
		return err
	}
	p.before, err = readPieces(ctx, p.src, p.before, p.warn)
	return err
}

func (p *parts) warn(err error) { p.warnings = append(p.warnings, err) }

// readEarlier reads the checksum before the newest one, which is damaged, and
// what is between them.
func (p *parts) readEarlier(ctx context.Context) error {
	at := p.seg.Earlier.Version
	p.before = piecesOf(p.seg, p.seg.CheckpointVersion+1, at)
	p.between = piecesOf(p.seg, at+1, p.seg.Checksum.Version)
	var sumErr error
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { p.checksum, sumErr = readSum(ctx, p.src, at); return nil })
	g.Go(func() (err error) {
		p.between, err = readPieces(ctx, p.src, p.between, p.warn)
		return err
	})
	err := g.Wait()
	if sumErr != nil && err == nil {
		p.warn(sumErr)
	}
	return err
}

func (p *parts) readBase(ctx context.Context) (err error) {
	p.small, err = p.base.small(ctx)
	return asDamage(err, p.gone)
}

// readSum reads a checksum; nil if it does not say all that a state needs.
func readSum(ctx context.Context, src *Source, v log.Version) (*log.Checksum, error) {
	sum, err := log.ReadChecksum(ctx, src.Store, v)
	if err != nil || sum.Metadata == nil || sum.Protocol == nil || sum.SetTransactions == nil || sum.DomainMetadata == nil {
		return nil, err
	}
	return sum, nil
}

// take makes the state of what was read, the older before the newer.
func (s *State) take(p *parts) error {
	if p.checksum != nil {
		s.takeChecksum(p.checksum)
	} else {
		s.takeSmall(p.small)
		s.takePieces(p.before)
	}
	s.takePieces(p.between)
	s.takePieces(p.after)
	if p.info != nil {
		s.Info = p.info
	}
	switch {
	case s.Protocol == nil:
		return fmt.Errorf("version %d: %w: the log has no protocol action", s.Version, log.ErrCorrupt)
	case s.Metadata == nil:
		return fmt.Errorf("version %d: %w: the log has no metaData action", s.Version, log.ErrCorrupt)
	}
	return nil
}

func (s *State) takeChecksum(sum *log.Checksum) {
	s.Protocol, s.Metadata, s.Sum = sum.Protocol, sum.Metadata, sum
	var small []log.Action
	for _, t := range sum.SetTransactions {
		small = append(small, t)
	}
	for _, d := range sum.DomainMetadata {
		small = append(small, d)
	}
	s.takeSmall(small)
}

func (s *State) takePieces(pieces []*piece) {
	for _, p := range pieces {
		s.Info = nil // that of the last commit only
		s.takeSmall(p.actions)
		s.count(p)
	}
}

// count keeps the counts true past a piece, or forgets them: a compacted log
// does not have the files that came and went within it.
func (s *State) count(p *piece) {
	if s.Sum == nil {
		return
	}
	next, ok := s.Sum, false
	if !p.compacted() {
		next, ok = s.Sum.Advance(p.actions)
	}
	if s.Sum = next; !ok {
		s.Sum = nil
	}
}

// readInfo is what a commit says of itself; nil if it says nothing.
func readInfo(ctx context.Context, src *Source, v log.Version) (*log.CommitInfo, error) {
	actions, err := log.ReadCommit(ctx, src.Committer, v, src.Limits)
	if err != nil {
		return nil, err
	}
	for _, a := range actions {
		if info, is := a.(*log.CommitInfo); is {
			return info, nil
		}
	}
	return nil, nil
}
