package replay

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/log"
)

// base is the live files of one checkpoint; version −1 and no files before the
// first one.
type base struct {
	version log.Version
	files   []log.File
	src     *Source

	busy chan struct{} // holds one token: whoever has it may read the checkpoint or change what is below
	kept []*checkpoint.Files
	cols checkpoint.Columns // of what is kept
	have bool
	bad  error // what a stream found damaged, so that the next walk does without
	// opened is the checkpoint as far as it was read for its small actions, and
	// for walks that need little of it, until all of its files are asked for:
	// nothing is fetched twice.
	opened *checkpoint.Reader
	spared int64 // rows that such walks may have read, beside those of the next
	// big is set, for good, when the base does not fit: it is to be read at every
	// walk, by stream unless that holds too much to be kept as well.
	big    bool
	stream *checkpoint.Reader
}

func newBase(src *Source, version log.Version, files []log.File) *base {
	b := &base{version: version, files: files, src: src, busy: make(chan struct{}, 1)}
	if version < 0 {
		b.have = true
		b.cols = ^checkpoint.Columns(0)
	}
	return b
}

func (b *base) open(ctx context.Context) (*checkpoint.Reader, error) {
	return checkpoint.Open(ctx, b.src.Store, b.files, &checkpoint.Options{Limits: b.src.Limits, Parallel: b.src.Parallel})
}

// openedMax bounds what an opened checkpoint keeps of a table whose files nobody
// may ask for, in bytes.
const openedMax = 1 << 20

// small are the actions of the checkpoint that are not of files.
func (b *base) small(ctx context.Context) ([]log.Action, error) {
	if b.version < 0 {
		return nil, nil
	}
	r, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	small, err := r.State(ctx)
	if err != nil {
		return nil, err
	}
	if r.Held() <= openedMax {
		b.opened = r // nobody else has the base yet
	}
	var actions []log.Action
	if small.Protocol != nil {
		actions = append(actions, small.Protocol)
	}
	if small.Metadata != nil {
		actions = append(actions, small.Metadata)
	}
	for _, t := range small.Txns {
		actions = append(actions, t)
	}
	for _, d := range small.Domains {
		actions = append(actions, d)
	}
	return actions, nil
}

// resident is what a base has in memory of its files.
type resident struct {
	chunks []*checkpoint.Files // nil: they are to be streamed
	bare   bool                // they lack statistics that are asked for
	reader *checkpoint.Reader  // of what is to be streamed; nil: it is to be opened
}

// chunks yields the files of the base: kept, or streamed from the store if that
// is what resident decided. What is not wanted may be left out, or lack its
// statistics.
func (b *base) chunks(ctx context.Context, cols checkpoint.Columns, want checkpoint.Wanted, kept resident) iter.Seq2[*checkpoint.Files, error] {
	return func(yield func(*checkpoint.Files, error) bool) {
		if kept.chunks != nil && !kept.bare {
			for _, c := range kept.chunks {
				if !yield(c, nil) {
					return
				}
			}
			return
		}
		r := kept.reader
		if r == nil {
			var err error
			if r, err = b.open(ctx); err != nil {
				yield(nil, err)
				return
			}
		}
		left := false // out
		if group := want.Group; group != nil {
			want.Group = func(bounds checkpoint.Bounds) bool {
				wanted := group(bounds)
				left = left || !wanted
				return wanted
			}
		}
		files := r.Select(ctx, cols, want)
		if kept.chunks != nil {
			files = r.WithStats(ctx, kept.chunks, want)
		}
		bare := bareChunks{share: b.src.Share, full: kept.chunks != nil}
		for c, err := range files {
			if err != nil {
				b.damaged(ctx, err)
			}
			if !yield(c, err) || err != nil {
				return
			}
			bare.add(c)
		}
		if !left {
			b.keep(ctx, &bare, cols)
		}
	}
}

// bareChunks gathers chunks without their statistics, as long as they fit.
type bareChunks struct {
	share, bytes int64
	full         bool
	chunks       []*checkpoint.Files
}

func (k *bareChunks) add(c *checkpoint.Files) {
	if k.full {
		return
	}
	c = c.WithoutStats()
	if k.bytes += c.Bytes(); k.bytes > k.share {
		k.full, k.chunks = true, nil
		return
	}
	k.chunks = append(k.chunks, c)
}

// keep makes what a stream has passed by resident, as far as that fits.
func (b *base) keep(ctx context.Context, bare *bareChunks, cols checkpoint.Columns) {
	if bare.full {
		return
	}
	select {
	case b.busy <- struct{}{}:
		defer func() { <-b.busy }()
	case <-ctx.Done():
		return
	}
	if !b.have {
		b.kept, b.cols, b.have = bare.chunks, cols&^checkpoint.Stats, true
	}
}

// damaged remembers that the checkpoint cannot be read to its end, if it is to
// blame: the next walk does without it, or finds out whether it was cleaned up.
func (b *base) damaged(ctx context.Context, err error) {
	if !errors.Is(err, checkpoint.ErrCorrupt) && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	select {
	case b.busy <- struct{}{}:
		b.bad = err
		<-b.busy
	case <-ctx.Done():
	}
}

// resident returns the kept chunks if they have the columns, or all but the
// statistics, reading them first if they may fit, unless little of them is
// wanted.
func (b *base) resident(ctx context.Context, cols checkpoint.Columns, want checkpoint.Wanted) (resident, error) {
	select {
	case b.busy <- struct{}{}:
		defer func() { <-b.busy }()
	case <-ctx.Done():
		return resident{}, ctx.Err()
	}
	none := []*checkpoint.Files{}
	bare := cols &^ checkpoint.Stats
	switch {
	case b.have && b.cols&cols == cols:
		return resident{chunks: append(none, b.kept...)}, nil
	case b.bad != nil:
		return resident{}, b.bad
	case b.big && b.have && b.cols&bare == bare:
		return resident{append(none, b.kept...), true, b.stream}, nil
	case b.big:
		return resident{reader: b.stream}, nil
	}
	cols |= b.cols
	r := b.opened
	if b.opened = nil; r == nil {
		var err error
		if r, err = b.open(ctx); err != nil {
			return resident{}, err
		}
	}
	size, err := r.Bytes(ctx, cols)
	if err != nil {
		return resident{}, err
	}
	if size > b.src.Share {
		b.tooBig(r)
		if b.have && b.cols&bare == bare {
			return resident{append(none, b.kept...), true, b.stream}, nil
		}
		return resident{reader: b.stream}, nil
	}
	if want.Group != nil && b.spares(r, want) {
		some, fits, err := b.read(r.Select(ctx, cols, want))
		if err != nil {
			return resident{}, err
		}
		if fits {
			if r.Held() <= openedMax {
				b.opened = r
			}
			return resident{chunks: some}, nil
		}
	}
	got, fits, err := b.read(r.Files(ctx, cols))
	switch {
	case err != nil:
		return resident{}, err
	case !fits:
		b.tooBig(r)
		return resident{reader: b.stream}, nil
	}
	b.kept, b.cols, b.have = got, cols, true
	return resident{chunks: append(none, got...)}, nil
}

// read collects chunks, as long as they fit.
func (b *base) read(files iter.Seq2[*checkpoint.Files, error]) (got []*checkpoint.Files, fits bool, err error) {
	got = []*checkpoint.Files{}
	var bytes int64
	for c, err := range files {
		if err != nil {
			return nil, false, err
		}
		if bytes += c.Bytes(); bytes > b.src.Share {
			return nil, false, nil
		}
		got = append(got, c)
	}
	return got, true, nil
}

// walksSpared is how many walks at most read what they want of a base before it
// is read whole and kept, as later ones need no request then.
const walksSpared = 4

// spares says whether a walk is to read only what it wants of a base that is not
// kept: as long as such walks together read no more than all of it.
func (b *base) spares(r *checkpoint.Reader, want checkpoint.Wanted) bool {
	left, all := r.Left(want)
	if left == all {
		return false
	}
	b.spared += max(left, all/walksSpared)
	return b.spared <= all
}

func (b *base) tooBig(r *checkpoint.Reader) {
	if b.big = true; r.Held() <= b.src.Share {
		b.stream = r
	}
}

// isResident says whether a walk would touch the store.
func (b *base) isResident(ctx context.Context) bool {
	select {
	case b.busy <- struct{}{}:
		defer func() { <-b.busy }()
		return b.have
	case <-ctx.Done():
		return false
	}
}

// inMemory is the files of the base if they need not be read, with whatever
// columns there are.
func (b *base) inMemory(ctx context.Context) (files []*checkpoint.Files, ok bool, err error) {
	select {
	case b.busy <- struct{}{}:
		defer func() { <-b.busy }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	return b.kept, b.have, nil
}
