package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// Hint is the content of _last_checkpoint: where the newest checkpoint
// probably is. It may be stale, or name a checkpoint that is not there.
type Hint struct {
	Version       log.Version `json:"version"`
	Size          int64       `json:"size"`                    // actions in the checkpoint; −1 if unknown
	Parts         int         `json:"parts,omitempty"`         // files of a multi-part checkpoint; 0 for any other
	SizeInBytes   *int64      `json:"sizeInBytes,omitempty"`   // of the checkpoint
	NumOfAddFiles *int64      `json:"numOfAddFiles,omitempty"` // files that it lists
}

// hintBytesMax bounds a hint: V2 hints carry up to thirty actions.
const hintBytesMax = 16 << 20

// ReadHint reads the hint. It is nil, without an error, when there is none or
// it is of no use: empty, not JSON, without a version, or with a checksum that
// does not match. An error is a failure of the store, or of ctx.
func ReadHint(ctx context.Context, st storage.Store) (*Hint, error) {
	body, _, err := st.Get(ctx, log.HintName, hintBytesMax)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, storage.ErrTooLarge):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read checkpoint hint: %w", err)
	}
	return parseHint(body), nil
}

// parseHint is nil if the text is of no use.
func parseHint(body []byte) *Hint {
	spark, protocol, err := checksums(body)
	if err != nil {
		return nil
	}
	var h struct {
		Version       *int64  `json:"version"`
		Size          *int64  `json:"size"`
		Parts         *int32  `json:"parts"`
		SizeInBytes   *int64  `json:"sizeInBytes"`
		NumOfAddFiles *int64  `json:"numOfAddFiles"`
		Checksum      *string `json:"checksum"`
	}
	if err := json.Unmarshal(body, &h); err != nil || h.Version == nil || *h.Version < 0 {
		return nil
	}
	if h.Checksum != nil && *h.Checksum != spark && *h.Checksum != protocol {
		return nil
	}
	hint := &Hint{Version: log.Version(*h.Version), Size: -1, SizeInBytes: h.SizeInBytes, NumOfAddFiles: h.NumOfAddFiles}
	if h.Size != nil {
		hint.Size = *h.Size
	}
	if h.Parts != nil {
		if *h.Parts < 1 {
			return nil
		}
		hint.Parts = int(*h.Parts)
	}
	return hint
}

// WriteHint replaces the hint, with a checksum, unless the one that is there
// is of a later version: a slow writer must not move readers back. Two writers
// at the same moment still can; readers list from the hint on and lose only
// time.
func WriteHint(ctx context.Context, st storage.Store, h *Hint) error {
	there, err := ReadHint(ctx, st)
	if err != nil {
		return fmt.Errorf("write checkpoint hint: %w", err)
	}
	if there != nil && there.Version > h.Version {
		return nil
	}
	return h.put(ctx, st)
}

func (h *Hint) put(ctx context.Context, st storage.Store) error {
	body, err := h.text()
	if err != nil {
		return fmt.Errorf("write checkpoint hint: %w", err)
	}
	if err := st.Put(ctx, log.HintName, body); err != nil {
		return fmt.Errorf("write checkpoint hint: %w", err)
	}
	return nil
}

// text is the hint as it is stored.
func (h *Hint) text() ([]byte, error) {
	body, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	spark, _, err := checksums(body)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(body[:len(body)-1], `,"checksum":%q}`, spark), nil
}
