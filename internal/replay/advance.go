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
	news, err := s.since(ctx)
	if err != nil {
		return nil, err
	}
	s, same, err := s.confirm(ctx, news)
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
// that of the log. A commit of our own is known by its txnId alone if the store
// did not describe the object that it made; a commit that is not in the listing
// may be there all the same, where listings lag.
func (s *State) confirm(ctx context.Context, n news) (*State, bool, error) {
	id := s.txnID()
	if id == "" || n.match == certain {
		return s.seen(n.own), n.match != none, nil
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
	return s.seen(n.own), true, nil
}

// seen is s with what a listing says of its commit, if that was not known.
func (s *State) seen(own storage.Info) *State {
	if own.Name == "" || !s.Modified.IsZero() {
		return s
	}
	next := *s
	next.Modified, next.ETag = own.Modified, own.ETag
	return &next
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
	own        storage.Info // the commit of the version, if it is listed and can be that of the state
	match      match
	commits    []log.File
	checkpoint log.Version // the newest complete one, or −1
}

// match is whether the commit that is listed is the one that a state was made
// from.
type match uint8

const (
	none match = iota
	possible
	certain
)

// since lists what came after s.
func (s *State) since(ctx context.Context) (news, error) {
	n := news{checkpoint: -1}
	var checkpoints []storage.Info
	for info, err := range s.line.src.Store.List(ctx, log.Dir, log.CommitName(s.Version)[:len(log.Dir)+20]) {
		if err != nil {
			return n, fmt.Errorf("list the log from version %d: %w", s.Version, err)
		}
		if info.Name > log.Dir+"9" {
			break
		}
		name, ok := log.ParseName(info.Name)
		switch {
		case !ok:
		case name.Kind == log.Commit && name.Version == s.Version:
			if n.match = s.matches(info); n.match != none {
				n.own = info
			}
		case name.Kind == log.Commit:
			n.commits = append(n.commits, log.File{Name: info.Name, Version: name.Version, Size: info.Size, Modified: info.Modified, ETag: info.ETag})
		case name.Kind.IsCheckpoint():
			checkpoints = append(checkpoints, info)
			if n.match == none && name.Version == s.Version && s.Modified.Equal(info.Modified) {
				n.match = certain // its commit was cleaned up
			}
		}
	}
	if newest, ok := log.NewestCheckpoint(checkpoints); ok {
		n.checkpoint = newest.Version
	}
	return n, nil
}

// matches compares a listed commit with what s knows of its own.
func (s *State) matches(info storage.Info) match {
	switch {
	case s.ETag != "" && info.ETag != "":
		if s.ETag == info.ETag {
			return certain
		}
	case s.Modified.IsZero():
		return possible
	case s.Modified.Equal(info.Modified):
		return certain
	}
	return none
}

func contiguous(after log.Version, commits []log.File) bool {
	for i, c := range commits {
		if c.Version != after+1+log.Version(i) {
			return false
		}
	}
	return true
}
