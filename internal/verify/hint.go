package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
)

// hint looks at _last_checkpoint. A log without one is in order; one that is
// behind the newest checkpoint only costs a longer listing.
func (v *verifier) hint(ctx context.Context, l *listing, held map[log.Version][]contents) error {
	_, err := v.Source.Store.Head(ctx, log.HintName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := checkpoint.ReadHint(ctx, v.Source.Store)
	switch {
	case err != nil:
		return err
	case h == nil:
		v.foundf(log.HintName, Damaged, -1, "it is of no use: not a JSON object with a version, or with another checksum than it says")
		return nil
	case v.At != replay.Latest && h.Version > v.At:
		return nil // of a version that is not looked at
	case len(l.checkpoints[h.Version]) == 0:
		v.foundf(log.HintName, Wrong, h.Version, "it names the checkpoint of version %d, which is not there", h.Version)
		return nil
	case len(held[h.Version]) == 0:
		return nil // that checkpoint is damaged, which was told
	}
	detail := ""
	for _, c := range held[h.Version] {
		if detail = c.differs(h); detail == "" {
			return nil
		}
	}
	v.foundf(log.HintName, Wrong, h.Version, "%s", detail)
	return nil
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
