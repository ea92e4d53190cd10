package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// listing is what the log has, by version. Versions come from names that anyone
// can give: nothing counts from one to the next.
type listing struct {
	versions    []log.Version // of everything below, ascending
	commits     map[log.Version]log.File
	checkpoints map[log.Version][]log.Checkpoint // complete ones, best first
	starts      []log.Version                    // versions that have one, ascending
	checksums   map[log.Version]log.File
	compacted   map[log.Version][]log.File // by their last version
	odd         []Fault                    // what is no file of a version, and looks like one
	newest      log.Version                // that a commit or a checkpoint makes; −1 if none
}

// logFilesMax bounds what is listed of a log, as package log does.
const logFilesMax = 10_000_000

// list lists the log up to the version that is looked at. Where a commit is
// missing it is listed twice: a listing may lag, or another process clean up.
func (v *verifier) list(ctx context.Context) (*listing, error) {
	l, err := v.listOnce(ctx)
	if err != nil || len(l.gaps()) == 0 {
		return l, err
	}
	return v.listOnce(ctx)
}

func (v *verifier) listOnce(ctx context.Context) (*listing, error) {
	var entries []storage.Info
	var odd []Fault
	for e, err := range v.Source.Store.List(ctx, log.Dir, log.Dir+"0") {
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		if e.Name >= log.Dir+":" { // after the digits
			break
		}
		name, ok := log.ParseName(e.Name)
		switch {
		case len(entries)+len(odd) == logFilesMax:
			return nil, fmt.Errorf("list the log: %w: more than %d files", log.ErrLimit, logFilesMax)
		case !ok && likeLog(e.Name):
			odd = append(odd, Fault{e.Name, Note, -1, "the name looks like that of a log file, and is none: no engine reads it"})
		case ok && (v.At == replay.Latest || name.Hi <= v.At):
			entries = append(entries, e)
		}
	}
	l := newListing(entries)
	l.odd = append(l.odd, odd...)
	return l, ctx.Err()
}

// likeLog says whether a name that is not one of the log was perhaps meant to
// be: 1.json, for example.
func likeLog(name string) bool {
	rest := strings.TrimPrefix(name, log.Dir)
	if strings.Contains(rest, "/") {
		return false
	}
	for _, ext := range []string{".json", ".crc", ".parquet"} {
		if strings.HasSuffix(rest, ext) {
			return true
		}
	}
	return false
}

func newListing(entries []storage.Info) *listing {
	l := &listing{
		commits: map[log.Version]log.File{}, checkpoints: map[log.Version][]log.Checkpoint{},
		checksums: map[log.Version]log.File{}, compacted: map[log.Version][]log.File{}, newest: -1,
	}
	seen := map[log.Version]bool{}
	pieces := map[string]log.File{} // of checkpoints that are not known to be complete
	for _, e := range entries {
		name, _ := log.ParseName(e.Name)
		f := log.File{Name: e.Name, Version: name.Version, Hi: name.Hi, Size: e.Size, Modified: e.Modified, ETag: e.ETag}
		seen[f.Hi] = true
		switch {
		case name.Kind == log.Commit:
			l.commits[f.Version] = f
			l.newest = max(l.newest, f.Version)
		case name.Kind == log.VersionChecksum:
			l.checksums[f.Version] = f
		case name.Kind == log.Compacted:
			l.compacted[f.Hi] = append(l.compacted[f.Hi], f)
		case name.Kind.IsCheckpoint():
			pieces[f.Name] = f
		}
	}
	for _, c := range log.Checkpoints(entries) {
		l.checkpoints[c.Version] = append(l.checkpoints[c.Version], c)
		l.newest = max(l.newest, c.Version)
		for _, f := range c.Files {
			delete(pieces, f.Name)
		}
	}
	for _, f := range pieces {
		if f.Size == 0 {
			l.odd = append(l.odd, Fault{f.Name, Damaged, int64(f.Version), "a checkpoint of no bytes"})
		} else {
			l.odd = append(l.odd, Fault{f.Name, Note, int64(f.Version), "part of a checkpoint of which other parts are missing: no engine reads it"})
		}
	}
	slices.SortFunc(l.odd, func(a, b Fault) int { return cmp.Compare(a.Object, b.Object) })
	l.versions, l.starts = slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(l.checkpoints))
	return l
}

// gap is a range of commits that are missing.
type gap struct{ from, to log.Version }

// gaps are the commits that are missing between those that are there, before
// the first where there is no checkpoint to start from, and after the last where
// there is a later checkpoint.
func (l *listing) gaps() []gap {
	var out []gap
	commits := slices.Sorted(maps.Keys(l.commits))
	for i, v := range commits {
		if i > 0 && commits[i-1] != v-1 {
			out = append(out, gap{commits[i-1] + 1, v - 1})
		}
	}
	if len(commits) == 0 {
		return nil
	}
	first, last := commits[0], commits[len(commits)-1]
	if first > 0 && l.checkpointFrom(first-1) < 0 {
		out = slices.Insert(out, 0, gap{l.checkpointUpTo(first-1) + 1, first - 1})
	}
	if last < l.newest {
		out = append(out, gap{last + 1, l.newest})
	}
	return out
}

// checkpointFrom is the version of the first complete checkpoint from v on; −1
// if there is none.
func (l *listing) checkpointFrom(v log.Version) log.Version {
	if i, _ := slices.BinarySearch(l.starts, v); i < len(l.starts) {
		return l.starts[i]
	}
	return -1
}

// checkpointUpTo is the version of the last complete checkpoint up to v; −1 if
// there is none.
func (l *listing) checkpointUpTo(v log.Version) log.Version {
	if i, _ := slices.BinarySearch(l.starts, v+1); i > 0 {
		return l.starts[i-1]
	}
	return -1
}

// lost says which versions cannot be put together without commit v.
func (l *listing) lost(v log.Version) string {
	to := l.newest
	if c := l.checkpointFrom(v); c >= 0 {
		to = c - 1
	}
	switch {
	case to < v:
		return "the version can still be read from its checkpoint"
	case to == v:
		return fmt.Sprintf("version %d cannot be put together", v)
	default:
		return fmt.Sprintf("versions %d to %d cannot be put together", v, to)
	}
}
