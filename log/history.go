package log

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/foreset/foreset/storage"
)

// AdjustTimestamps is the time of each commit, in milliseconds since the
// epoch, for a table whose commits do not date themselves: when its file was
// written, but later than the commit before, at least by a millisecond. Files
// are given by ascending version and from the earliest that is left, since
// every time depends on those before it.
func AdjustTimestamps(files []File) []int64 {
	times := make([]int64, len(files))
	for i, f := range files {
		times[i] = f.Modified.UnixMilli()
		if i > 0 {
			times[i] = max(times[i], times[i-1]+1)
		}
	}
	return times
}

// InCommit says from which version on the commits of a table date themselves
// (protocol, section "In-Commit Timestamps").
type InCommit struct {
	Since Version // the first; 0 if they always did
	Time  int64   // of that commit, milliseconds since the epoch; unset if Since is 0
}

// The properties that turn in-commit timestamps on.
const (
	propICT        = "delta.enableInCommitTimestamps"
	propICTVersion = "delta.inCommitTimestampEnablementVersion"
	propICTTime    = "delta.inCommitTimestampEnablementTimestamp"
)

// InCommitTimestamps reads the properties of a table's newest metadata: nil if
// its commits do not date themselves. Properties that contradict each other
// are [ErrCorrupt].
func InCommitTimestamps(m *Metadata) (*InCommit, error) {
	if !strings.EqualFold(m.Configuration[propICT], "true") { // in any case, as Spark reads booleans
		return nil, nil
	}
	version, hasVersion := m.Configuration[propICTVersion]
	at, hasTime := m.Configuration[propICTTime]
	if !hasVersion && !hasTime {
		return &InCommit{}, nil
	}
	v, err1 := strconv.ParseInt(version, 10, 64)
	t, err2 := strconv.ParseInt(at, 10, 64)
	if err1 != nil || err2 != nil || v < 0 {
		return nil, &CorruptError{Err: fmt.Errorf("properties %s=%q and %s=%q must both be numbers",
			propICTVersion, version, propICTTime, at)}
	}
	return &InCommit{Since: Version(v), Time: t}, nil
}

// VersionAt is the newest version that is not younger than a time (which
// counts in whole milliseconds), from a listing of the whole log and the
// table's newest metadata. A time after the newest version is the newest
// version; a time before the earliest that can be put together is a
// [*VersionError]. Commits that date themselves are looked up, a few of them.
func VersionAt(ctx context.Context, c Committer, entries []storage.Info, m *Metadata, at time.Time) (Version, error) {
	ict, err := InCommitTimestamps(m)
	if err != nil {
		return 0, err
	}
	l := newListing(entries)
	first, last, err := l.bounds()
	if err != nil {
		return 0, err
	}
	tooEarly := &VersionError{Want: -1, Time: at, First: first, Last: last}
	want := at.UnixMilli()
	switch {
	case ict != nil && (ict.Since <= first || want >= ict.Time):
		v, ok, err := lastInCommit(ctx, c, max(first, ict.Since), last, want)
		if err == nil && !ok {
			err = tooEarly
		}
		return v, err
	case ict != nil:
		last = min(last, ict.Since-1)
	}
	v, ok := l.lastModified(first, last, want)
	if !ok {
		return 0, tooEarly
	}
	return v, nil
}

// lastModified is the last version of first to last whose adjusted time is at
// most want.
func (l *listing) lastModified(first, last Version, want int64) (v Version, ok bool) {
	files := l.dated(first)
	for i, t := range AdjustTimestamps(files) {
		if f := files[i].Version; t <= want && first <= f && f <= last {
			v, ok = f, true
		}
	}
	return v, ok
}

// Dated is what dates the versions in a listing of the whole log, and the time
// of each as [AdjustTimestamps] has it. The error is that of [EarliestVersion].
func Dated(entries []storage.Info) (files []File, times []int64, err error) {
	l := newListing(entries)
	first, _, err := l.bounds()
	if err != nil {
		return nil, nil, err
	}
	files = l.dated(first)
	return files, AdjustTimestamps(files), nil
}

// dated is the files that date the versions from the earliest listed on: the
// commits, and in place of one that is gone the checkpoint that starts the
// log.
func (l *listing) dated(first Version) []File {
	i, found := 0, false
	for ; i < len(l.commits) && l.commits[i].Version <= first; i++ {
		found = l.commits[i].Version == first
	}
	if found {
		return l.commits
	}
	for _, c := range l.checkpoints {
		if c.Version == first {
			return append(append(append([]File(nil), l.commits[:i]...), c.Files[0]), l.commits[i:]...)
		}
	}
	return l.commits
}

// lastInCommit is the last version of first to last whose in-commit timestamp
// is at most want. Such timestamps ascend, so that it halves the range with
// every commit it looks up.
func lastInCommit(ctx context.Context, c Committer, first, last Version, want int64) (Version, bool, error) {
	lo, hi := first, last+1 // versions below lo are at most want, from hi on they are later
	for lo < hi {
		mid, t, err := inCommitTimestamp(ctx, c, lo+(hi-lo)/2, hi)
		switch {
		case err != nil:
			return 0, false, err
		case mid == hi: // no commit left in the upper half
			hi = lo + (hi-lo)/2
		case t <= want:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo - 1, lo > first, nil
}

// inCommitTimestamp looks up the timestamp of version v, or, where that commit
// is gone, of the next before end that is there; end if none is.
func inCommitTimestamp(ctx context.Context, c Committer, v, end Version) (Version, int64, error) {
	for ; v < end; v++ {
		body, err := c.Lookup(ctx, v)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		t, err := ReadInCommitTimestamp(body)
		if err != nil {
			return 0, 0, named(err, CommitName(v), 1)
		}
		return v, t, nil
	}
	return end, 0, nil
}

// ReadInCommitTimestamp is the time that a commit gives itself, in
// milliseconds since the epoch, on its first line. A commit without one is
// [ErrCorrupt].
func ReadInCommitTimestamp(body []byte) (int64, error) {
	for n, line := range lines(body) {
		a, err := Decode(line)
		if err != nil {
			return 0, named(err, "", n)
		}
		if info, ok := a.(*CommitInfo); ok && info.InCommitTimestamp != nil {
			return *info.InCommitTimestamp, nil
		}
		break
	}
	return 0, &CorruptError{Line: 1, Err: errors.New("no commitInfo with an inCommitTimestamp on the first line")}
}
