package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// tailMax is the number of file actions after which a state moves to a newer
// checkpoint when there is one.
const tailMax = 20_000

// Advance is the state of the newest version there is: s itself if nothing was
// committed since. It costs one listing from s on and one read for each new
// commit. A table that was replaced, or whose log was cleaned up past s, is
// loaded anew.
func (s *State) Advance(ctx context.Context) (*State, error) {
	src := s.line.src
	news, same, err := s.since(ctx)
	if err != nil {
		return nil, err
	}
	s, same, err = s.confirm(ctx, news, same)
	if err != nil {
		return nil, err
	}
	if !same || !contiguous(s.Version, news.commits) {
		return Load(ctx, src, Latest)
	}
	if news.checkpoint > s.line.base.version && s.TailLen() > tailMax {
		return Load(ctx, src, Latest)
	}
	versions := make([]log.Version, len(news.commits))
	for i, c := range news.commits {
		versions[i] = c.Version
	}
	commits, err := readCommits(ctx, src, versions)
	if errors.Is(err, fs.ErrNotExist) { // cleaned up between the listing and the read
		return Load(ctx, src, Latest)
	}
	if err != nil {
		return nil, err
	}
	next := s
	for _, c := range news.commits {
		if next, err = next.Apply(ctx, c.Version, commits[c.Version], c.Modified, c.ETag); err != nil {
			return nil, err
		}
	}
	if next.Metadata.ID != s.Metadata.ID {
		return Load(ctx, src, Latest)
	}
	if news.checkpoint > next.CheckpointVersion {
		n := *next
		n.CheckpointVersion = news.checkpoint
		next = &n
	}
	return next, nil
}

// confirm settles what a listing leaves open: whether the commit of s is still
// that of the log. A commit of our own is known by its txnId alone until it has
// been seen in a listing; a commit that is not in the listing may be there all
// the same, where listings lag.
func (s *State) confirm(ctx context.Context, n news, same bool) (*State, bool, error) {
	id := s.txnID()
	if id == "" || same && (!s.Modified.IsZero() || s.ETag != "") {
		return s, same, nil
	}
	body, err := s.line.src.Committer.Lookup(ctx, s.Version)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if there, _ := log.TxnID(body); there != id {
		return s, false, nil
	}
	if !same {
		return s, true, nil
	}
	seen := *s
	seen.Modified, seen.ETag = n.own.Modified, n.own.ETag
	return &seen, true, nil
}

// txnID is that of the state's commit; empty if it has none or is not known.
func (s *State) txnID() string {
	switch {
	case s.Info != nil:
		return s.Info.TxnID
	case s.Sum != nil:
		return s.Sum.TxnID
	default:
		return ""
	}
}

// news is what a listing shows from a version on.
type news struct {
	own        storage.Info // the commit of the version
	commits    []log.File
	checkpoint log.Version // the newest classic one, or −1
}

// since lists what came after s. same is false if the commit of s is not the
// one that s was made from.
func (s *State) since(ctx context.Context) (n news, same bool, err error) {
	n.checkpoint = -1
	for info, err := range s.line.src.Store.List(ctx, log.Dir, log.CommitName(s.Version)[:len(log.Dir)+20]) {
		if err != nil {
			return n, false, fmt.Errorf("list the log from version %d: %w", s.Version, err)
		}
		if info.Name > log.Dir+"9" {
			break
		}
		name, ok := log.ParseName(info.Name)
		switch {
		case !ok:
		case name.Kind == log.Commit && name.Version == s.Version:
			same, n.own = s.isCommit(info), info
		case name.Kind == log.Commit:
			n.commits = append(n.commits, log.File{Name: info.Name, Version: name.Version, Size: info.Size, Modified: info.Modified, ETag: info.ETag})
		case name.Kind == log.ClassicCheckpoint && info.Size > 0:
			n.checkpoint = max(n.checkpoint, name.Version)
			same = same || name.Version == s.Version && s.Modified.Equal(info.Modified) // its commit was cleaned up
		}
	}
	return n, same, nil
}

// isCommit says whether a listed object can be the commit that s was made
// from, as far as s knows it.
func (s *State) isCommit(info storage.Info) bool {
	if s.ETag != "" && info.ETag != "" {
		return s.ETag == info.ETag
	}
	return s.Modified.IsZero() || s.Modified.Equal(info.Modified)
}

func contiguous(after log.Version, commits []log.File) bool {
	for i, c := range commits {
		if c.Version != after+1+log.Version(i) {
			return false
		}
	}
	return true
}
