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

// ReadCompacted returns the actions of a compacted log: of each file, application
// and domain the last action of the versions that it stands for, tombstones
// included, and what there is of protocol and metadata (protocol, section "Log
// Compaction Files"). The errors are those of [ReadFile], and [ErrCorrupt] or
// [ErrLimit] if it cannot be read as one. One that has two actions of a kind is
// corrupt, too: some writers just join commits, the newest first or last, and
// nothing says which. Nil limits are the defaults.
func ReadCompacted(ctx context.Context, st storage.Store, f File, limits *Limits) ([]Action, error) {
	body, err := ReadFile(ctx, st, f, limits)
	if err != nil {
		return nil, err
	}
	var actions []Action
	seen := map[any]bool{}
	for a, err := range DecodeCommit(body, limits) {
		if err != nil {
			return nil, fmt.Errorf("read compacted log: %w", named(err, f.Name, 0))
		}
		subject := subjectOf(a)
		if subject == nil { // of a commit, or not for a reader
			continue
		}
		if seen[subject] {
			return nil, fmt.Errorf("read compacted log: %w", &CorruptError{Name: f.Name, Err: fmt.Errorf("a second %T of %v", a, subject)})
		}
		seen[subject] = true
		actions = append(actions, a)
	}
	return actions, nil
}

// subjectOf is what an action replaces the last action of; nil if it replaces
// none.
func subjectOf(a Action) any {
	type app string
	type domain string
	switch a := a.(type) {
	case *AddFile:
		return a.Key()
	case *RemoveFile:
		return a.Key()
	case *SetTransaction:
		return app(a.AppID)
	case *DomainMetadata:
		return domain(a.Domain)
	case *Protocol:
		return "protocol"
	case *Metadata:
		return "metaData"
	default:
		return nil
	}
}
