package log

import (
	"context"
	"fmt"

	"github.com/foreset/foreset/storage"
)

// ReadFile reads a file of the log whole, which is as large as its listing
// says. The error is fs.ErrNotExist if it is gone, [ErrCorrupt] if it has
// another size, [ErrLimit] if that is more than Limits.CommitBytes. Nil limits
// are the defaults.
func ReadFile(ctx context.Context, st storage.Store, f File, limits *Limits) ([]byte, error) {
	l := limits.withDefaults()
	if f.Size > l.CommitBytes {
		return nil, &LimitError{Name: f.Name, What: "CommitBytes", Limit: l.CommitBytes}
	}
	body, _, err := getObject(ctx, st, f.Name, &l)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name, err)
	}
	if int64(len(body)) != f.Size {
		return nil, &CorruptError{Name: f.Name, Err: fmt.Errorf("%d bytes where %d were listed", len(body), f.Size)}
	}
	return body, nil
}
