package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/log"
)

// piece is a file on the way from the base of a lineage to the version that it
// was loaded for: a commit, or a compacted log that stands for several.
type piece struct {
	file    log.File
	read    bool
	actions []log.Action
}

func (p *piece) compacted() bool { return p.file.Hi > p.file.Version }

// piecesOf lays out the versions from one to another without a gap and without
// overlap: compacted logs where they can be used, commits between them. The
// segment has all the commits.
func piecesOf(seg *log.Segment, from, to log.Version) []*piece {
	var out []*piece
	compacted := log.UsableCompacted(seg, from, to)
	for v := from; v <= to; {
		f := seg.Commits[v-seg.CheckpointVersion-1]
		if len(compacted) > 0 && compacted[0].Version == v {
			f, compacted = compacted[0], compacted[1:]
		}
		out = append(out, &piece{file: f})
		v = f.Hi + 1
	}
	return out
}

// readPieces reads the pieces that were not read before, in parallel. A
// compacted log that is damaged, or gone, is replaced by the commits that it
// stands for, and told of by warn.
func readPieces(ctx context.Context, src *Source, pieces []*piece, warn func(error)) ([]*piece, error) {
	for {
		faults := make([]error, len(pieces))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(max(1, src.Parallel))
		for i, p := range pieces {
			if p.read {
				continue
			}
			g.Go(func() error {
				err := p.get(gctx, src)
				if err != nil && p.compacted() && skippable(err) {
					faults[i], err = err, nil
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		var again bool
		if pieces, again = withoutFaults(pieces, faults, warn); !again {
			return pieces, nil
		}
	}
}

// skippable says whether an error is one of the file alone.
func skippable(err error) bool {
	return errors.Is(err, log.ErrCorrupt) || errors.Is(err, log.ErrLimit) || errors.Is(err, fs.ErrNotExist)
}

func (p *piece) get(ctx context.Context, src *Source) (err error) {
	if p.compacted() {
		p.actions, err = log.ReadCompacted(ctx, src.Store, p.file, src.Limits)
	} else {
		p.actions, err = log.ReadCommit(ctx, src.Committer, p.file.Version, src.Limits)
	}
	p.read = err == nil
	return err
}

// withoutFaults puts commits in the place of compacted logs that have a fault.
func withoutFaults(pieces []*piece, faults []error, warn func(error)) (sound []*piece, again bool) {
	for i, p := range pieces {
		if faults[i] == nil {
			sound = append(sound, p)
			continue
		}
		again = true
		warn(fmt.Errorf("the compacted log of versions %d to %d is not used: %w", p.file.Version, p.file.Hi, faults[i]))
		for v := p.file.Version; v <= p.file.Hi; v++ {
			sound = append(sound, &piece{file: log.File{Name: log.CommitName(v), Version: v, Hi: v}})
		}
	}
	return sound, again
}

// readCommits reads commits in parallel.
func readCommits(ctx context.Context, src *Source, versions []log.Version) (map[log.Version][]log.Action, error) {
	pieces := make([]*piece, len(versions))
	for i, v := range versions {
		pieces[i] = &piece{file: log.File{Version: v, Hi: v}}
	}
	if _, err := readPieces(ctx, src, pieces, nil); err != nil {
		return nil, err
	}
	got := make(map[log.Version][]log.Action, len(versions))
	for _, p := range pieces {
		got[p.file.Version] = p.actions
	}
	return got, nil
}
