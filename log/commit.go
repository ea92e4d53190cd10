package log

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/foreset/foreset/storage"
)

// Committer is the door to a table's commits: the one place where versions
// come into being and are looked up. It is safe for concurrent use.
type Committer interface {
	// Commit makes body the commit of version v, if there is none. The
	// outcome is as of [storage.Store.PutIfAbsent]: the error is nil exactly
	// when it is Created or Exists. After anything but Created and Rejected
	// the caller does not know who won: [Settle] says. Info is that of the
	// object that was created, as far as it is known.
	Commit(ctx context.Context, v Version, body []byte) (storage.Outcome, storage.Info, error)

	// Lookup returns the commit of version v as it was written. The error is
	// fs.ErrNotExist if there is none, which is an answer; any other error is
	// the lack of one.
	Lookup(ctx context.Context, v Version) ([]byte, error)
}

// NewCommitter returns the Committer of a file system table: commits are
// objects in _delta_log, created by put-if-absent. Nil limits are the
// defaults. The store stays the caller's.
func NewCommitter(st storage.Store, limits *Limits) Committer {
	return &fileCommitter{st, limits.withDefaults()}
}

type fileCommitter struct {
	store  storage.Store
	limits Limits
}

func (c *fileCommitter) Commit(ctx context.Context, v Version, body []byte) (storage.Outcome, storage.Info, error) {
	if v < 0 {
		return storage.Rejected, storage.Info{}, fmt.Errorf("%w: version %d", ErrInvalid, v)
	}
	if int64(len(body)) > c.limits.CommitBytes {
		return storage.Rejected, storage.Info{}, &LimitError{Name: CommitName(v), What: "CommitBytes", Limit: c.limits.CommitBytes}
	}
	outcome, info, err := c.store.PutIfAbsent(ctx, CommitName(v), body)
	if err != nil {
		err = fmt.Errorf("commit version %d: %w", v, err)
	}
	return outcome, info, err
}

func (c *fileCommitter) Lookup(ctx context.Context, v Version) ([]byte, error) {
	body, _, err := getObject(ctx, c.store, CommitName(v), &c.limits)
	if err != nil {
		return nil, fmt.Errorf("look up commit %d: %w", v, err)
	}
	return body, nil
}

// getObject reads a whole object of the log within the limits.
func getObject(ctx context.Context, st storage.Store, name string, l *Limits) ([]byte, storage.Info, error) {
	body, info, err := st.Get(ctx, name, l.CommitBytes)
	if errors.Is(err, storage.ErrTooLarge) {
		err = errors.Join(&LimitError{Name: name, What: "CommitBytes", Limit: l.CommitBytes}, err)
	}
	if err == nil && int64(len(body)) != info.Size {
		// Cut at the end of a line it would pass for a shorter commit.
		err = fmt.Errorf("read %s: %d of %d bytes arrived: %w", name, len(body), info.Size, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, storage.Info{}, err
	}
	return body, info, nil
}

// ReadCommit returns the actions of version v in the order of their lines.
// The error is fs.ErrNotExist if there is no such commit, [ErrCorrupt] or
// [ErrLimit] if it cannot be read as one. Nil limits are the defaults.
func ReadCommit(ctx context.Context, c Committer, v Version, limits *Limits) ([]Action, error) {
	body, err := c.Lookup(ctx, v)
	if err != nil {
		return nil, err
	}
	actions, err := ReadActions(body, limits)
	if err != nil {
		return nil, fmt.Errorf("read commit %d: %w", v, named(err, CommitName(v), 0))
	}
	for _, a := range actions {
		if info, ok := a.(*CommitInfo); ok {
			info.Version = v
		}
	}
	return actions, nil
}

// TxnID is the transaction id in the commitInfo of a commit, which is on the
// first line unless its writer was careless. It reports false if the commit
// has none, or is damaged before it.
func TxnID(body []byte) (string, bool) {
	s := newScanner(nil, nil)
	for _, line := range lines(body) {
		if !s.start(line) {
			if s.err != nil {
				return "", false
			}
			continue
		}
		id := s.txnID()
		if s.end(); s.err != nil {
			return "", false
		}
		if id != "" {
			return id, true
		}
	}
	return "", false
}

// txnID reads one line for its commitInfo.txnId.
func (s *scanner) txnID() (id string) {
	for action := range s.members {
		if string(action) != "commitInfo" || s.next() != '{' {
			s.skip()
			continue
		}
		for name := range s.members {
			if string(name) == "txnId" && s.next() == '"' {
				id = string(s.bytes())
			} else {
				s.skip()
			}
		}
	}
	return id
}

// Settled is what [Settle] found out about a commit.
type Settled uint8

const (
	// Absent: there is no such version. After a write without an answer it
	// may still appear: only writing the same bytes again, until they or
	// another's are there, ends the matter.
	Absent Settled = iota + 1
	// Ours: the version is the transaction's own.
	Ours
	// Theirs: another transaction made the version.
	Theirs
)

// String is the finding in lower case.
func (s Settled) String() string {
	switch s {
	case Absent:
		return "absent"
	case Ours:
		return "ours"
	case Theirs:
		return "theirs"
	default:
		return "unsettled"
	}
}

// Settle finds out who made version v, after a commit of body under txnID had
// any outcome but Created: even "exists" may be our own write, repeated below
// us after its answer was lost. It returns the commit that is there if it is
// another's.
//
// An error means that this cannot be told: the look-up failed, or what it
// returned is damaged, so that it may be ours after all. Nothing may be
// concluded from it, in particular not that the commit failed.
//
// A commit is ours if it has our id. One without an id is ours if it has our
// bytes, since it has no other mark.
func Settle(ctx context.Context, c Committer, v Version, txnID string, body []byte) (s Settled, winner []byte, err error) {
	winner, err = c.Lookup(ctx, v)
	if err == nil && differsInFew(winner, body) {
		// Either a near twin of ours or ours with a bit flipped on the way,
		// perhaps in the id. Damage on the way does not come twice the same.
		var again []byte
		if again, err = c.Lookup(ctx, v); err == nil && !bytes.Equal(again, winner) && !bytes.Equal(again, body) {
			err = corruptCommit(v, errors.New("reading it twice gave two texts"))
		}
		winner = again
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Absent, nil, nil
	case err != nil:
		return 0, nil, fmt.Errorf("settle commit %d: %w", v, err)
	case len(body) > 0 && bytes.Equal(winner, body):
		return Ours, nil, nil
	}
	if err := checkSyntax(winner); err != nil {
		return 0, nil, fmt.Errorf("settle commit %d: %w", v, named(err, CommitName(v), 0))
	}
	if id, ok := TxnID(winner); !ok || id != txnID {
		return Theirs, winner, nil
	}
	if len(winner) < len(body) && bytes.HasPrefix(body, winner) {
		return 0, nil, fmt.Errorf("settle commit %d: %w", v, corruptCommit(v, errors.New("only the beginning of what was written")))
	}
	return Ours, nil, nil
}

func corruptCommit(v Version, err error) error { return &CorruptError{Name: CommitName(v), Err: err} }

// differsInFew reports whether two texts of one length differ in fewer bytes
// than the random ids of two transactions do.
func differsInFew(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	const few = 8
	n := 0
	for i := range a {
		if a[i] != b[i] {
			if n++; n == few {
				return false
			}
		}
	}
	return n > 0
}

// checkSyntax says whether every line of a commit is whole JSON.
func checkSyntax(body []byte) error {
	s := newScanner(nil, nil)
	for n, line := range lines(body) {
		if s.start(line) {
			s.skip()
			s.end()
		}
		if s.err != nil {
			return named(s.err, "", n)
		}
	}
	return nil
}
