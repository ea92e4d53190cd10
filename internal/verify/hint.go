package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
)

// hint looks at _last_checkpoint. A log without one is in order; one that is
// behind the newest checkpoint only costs a longer listing. Writers go on
// meanwhile: what they did to the hint and its checkpoint since the log was
// listed is no fault.
func (v *verifier) hint(ctx context.Context, l *listing, held map[log.Version][]contents) error {
	h, there, err := v.readHint(ctx)
	switch {
	case err != nil || !there:
		return err
	case h == nil:
		v.foundf(log.HintName, Damaged, -1, "it is of no use: not a JSON object with a version, or with another checksum than it says")
		return nil
	case v.At != replay.Latest && h.Version > v.At:
		return nil // of a version that is not looked at
	}
	detail := l.contradicts(h, held[h.Version])
	if detail == "" {
		return nil
	}
	since, err := v.writtenSince(ctx, h.Version, l)
	if err != nil || since {
		return err
	}
	v.foundf(log.HintName, Wrong, h.Version, "%s", detail)
	return nil
}

// readHint reads the hint; nil if it is of no use. One that was not there may be
// now, so that only a second look says that it is of no use.
func (v *verifier) readHint(ctx context.Context) (h *checkpoint.Hint, there bool, err error) {
	for range 2 {
		if h, err = checkpoint.ReadHint(ctx, v.Source.Store); h != nil || err != nil {
			return h, true, err
		}
		_, err = v.Source.Store.Head(ctx, log.HintName)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return nil, true, nil
}

// writtenSince says whether the checkpoints of a version are others than those
// that were listed.
func (v *verifier) writtenSince(ctx context.Context, version log.Version, l *listing) (bool, error) {
	entries, err := log.List(ctx, v.Source.Store, version, version)
	if err != nil {
		return false, err
	}
	same := func(a, b log.File) bool {
		return a.Name == b.Name && a.Size == b.Size && a.ETag == b.ETag && a.Modified.Equal(b.Modified)
	}
	return !slices.EqualFunc(log.Checkpoints(entries), l.checkpoints[version], func(a, b log.Checkpoint) bool {
		return slices.EqualFunc(a.Files, b.Files, same)
	}), nil
}

// contradicts says what is wrong with a hint, given what the sound checkpoints of
// its version hold; "" if nothing.
func (l *listing) contradicts(h *checkpoint.Hint, held []contents) (detail string) {
	if len(l.checkpoints[h.Version]) == 0 {
		return fmt.Sprintf("it names the checkpoint of version %d, which is not there", h.Version)
	}
	for _, c := range held { // none: that checkpoint is damaged, which was told
		if detail = c.differs(h); detail == "" {
			return ""
		}
	}
	return detail
}

// differs says where a hint differs from a checkpoint; "" if nowhere. Numbers
// of V2 checkpoints count sidecars in ways that writers do not agree on.
func (c contents) differs(h *checkpoint.Hint) string {
	switch {
	case h.NumOfAddFiles != nil && *h.NumOfAddFiles != c.adds:
		return fmt.Sprintf("numOfAddFiles is %d, and the checkpoint of version %d lists %d files", *h.NumOfAddFiles, h.Version, c.adds)
	case c.v2:
		return ""
	case h.Parts > 0 && h.Parts != c.parts:
		return fmt.Sprintf("parts is %d, and the checkpoint of version %d has %d", h.Parts, h.Version, c.parts)
	case h.SizeInBytes != nil && *h.SizeInBytes != c.bytes:
		return fmt.Sprintf("sizeInBytes is %d, and the checkpoint of version %d has %d", *h.SizeInBytes, h.Version, c.bytes)
	case h.Size >= 0 && h.Size != c.actions:
		return fmt.Sprintf("size is %d, and the checkpoint of version %d has %d actions", h.Size, h.Version, c.actions)
	}
	return ""
}
