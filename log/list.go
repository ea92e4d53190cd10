package log

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/foreset/foreset/storage"
)

const (
	// listedMax bounds the listing of a log: at a commit a second, four
	// months without a cleanup.
	listedMax = 10_000_000
	// gapPause is how long a listing that shows a gap is given to settle.
	gapPause = 100 * time.Millisecond
)

// List returns the files of the log from a version on, in the order of their
// names, up to a version or to the end if that is negative: one listing that
// stops before the folders. Names that [ParseName] does not know are left out.
func List(ctx context.Context, st storage.Store, from, to Version) ([]storage.Info, error) {
	start, stop := fmt.Sprintf(Dir+"%020d.", max(from, 0)), Dir+"9"
	if to >= 0 && to+1 > 0 {
		stop = fmt.Sprintf(Dir+"%020d", to+1)
	}
	var entries []storage.Info
	for e, err := range st.List(ctx, Dir, start) {
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		if e.Name > stop {
			break
		}
		if _, ok := ParseName(e.Name); !ok {
			continue
		}
		if len(entries) == listedMax {
			return nil, fmt.Errorf("list the log: %w: more than %d files", ErrLimit, listedMax)
		}
		entries = append(entries, e)
	}
	return entries, ctx.Err()
}

// ListSegment lists the log and chooses the files of the target version, or
// of the newest one if target is negative. From is a version that is said to
// have a checkpoint, by the hint; it saves listing what is older, and if it
// proves wrong the log is listed from the start. A gap is looked at twice
// before it is believed: where listings lag, a commit can show up before the
// one it follows. Errors are those of [BuildSegment] and of the store.
func ListSegment(ctx context.Context, st storage.Store, from, target Version) (*Segment, error) {
	if from > 0 && (target < 0 || from <= target) {
		s, err := listSegment(ctx, st, from, target, target, nil)
		if err == nil && s.CheckpointVersion >= from {
			return s, nil
		}
		if err != nil && !aboutContent(err) {
			return nil, err
		}
	}
	return listWhole(ctx, st, target, nil)
}

// ListSegmentBefore is [ListSegment] over the whole log with no use made of
// checkpoints of version damaged and later ones.
func ListSegmentBefore(ctx context.Context, st storage.Store, damaged, target Version) (*Segment, error) {
	return listWhole(ctx, st, target, &SegmentOptions{Before: &damaged})
}

func listWhole(ctx context.Context, st storage.Store, target Version, opts *SegmentOptions) (*Segment, error) {
	s, err := listSegment(ctx, st, 0, target, target, opts)
	if target >= 0 && aboutContent(err) {
		// Only the rest of the log says what there is instead.
		s, err = listSegment(ctx, st, 0, -1, target, opts)
	}
	if errors.Is(err, ErrGap) {
		if err := pause(ctx, gapPause); err != nil {
			return nil, err
		}
		s, err = listSegment(ctx, st, 0, -1, target, opts)
	}
	return s, err
}

func listSegment(ctx context.Context, st storage.Store, from, to, target Version, opts *SegmentOptions) (*Segment, error) {
	entries, err := List(ctx, st, from, to)
	if err != nil {
		return nil, err
	}
	return BuildSegment(entries, target, opts)
}

// aboutContent reports whether an error is about what was listed, not about
// the listing.
func aboutContent(err error) bool {
	return errors.Is(err, ErrGap) || errors.Is(err, ErrNotTable) || errors.Is(err, ErrVersionGone)
}

// pause waits, or returns the error of a context that ends before.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
