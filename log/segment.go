package log

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/foreset/foreset/storage"
)

// File is one file of the log.
type File struct {
	Name     string
	Version  Version
	Hi       Version   // of a compacted log, the last version in it; otherwise Version
	Size     int64     // bytes
	Modified time.Time // by the clock of the store
	ETag     string    // changes when the content does; empty if the store has none
}

// Checkpoint is a complete checkpoint: one file, or all parts in their order.
type Checkpoint struct {
	Version Version
	Kind    Kind // ClassicCheckpoint, MultipartCheckpoint or UUIDCheckpoint
	Files   []File
}

// Segment is the files that make up one version. It is immutable.
type Segment struct {
	Version Version

	// Checkpoint is the chosen checkpoint's files; empty if the version is
	// read from commit 0 on. Its version is −1 then, its kind 0.
	Checkpoint        []File
	CheckpointVersion Version
	CheckpointKind    Kind

	Commits   []File // exactly CheckpointVersion+1 to Version, ascending
	Compacted []File // within the same range, as listed; see UsableCompacted
	Checksum  *File  // the newest of a version from CheckpointVersion to Version; nil if there is none
	Earlier   *File  // the checksum before it, in the same range

	// Newest is the file that dates the version if commits do not date
	// themselves: its commit, or its checkpoint where the commit is gone.
	Newest File

	// Checkpoints are the other complete checkpoints that were listed, best
	// first; see Without.
	Checkpoints []Checkpoint

	listing *listing // what the choice was made from
}

// SegmentOptions narrow the choice of a segment; nil does not.
type SegmentOptions struct {
	// Before leaves out checkpoints of this version and later ones, if it is
	// not nil.
	Before *Version
}

// BuildSegment chooses the files that make up the target version, or the
// newest one if target is negative, from a listing of the log in any order
// (snapshot loading: newest complete checkpoint, then every commit after it).
// What is no file of a version is ignored, and so are empty checkpoints and
// multi-part ones without all their parts.
//
// The listing must be all of the log, or all of it from a version on that has
// a complete checkpoint. The error is [ErrNotTable] if there is neither commit
// nor checkpoint, a [*GapError] if a commit between is missing, also when the
// log begins after version 0 without a checkpoint, and a [*VersionError] if
// the target is before or after what there is.
func BuildSegment(entries []storage.Info, target Version, opts *SegmentOptions) (*Segment, error) {
	return newListing(entries).segment(target, opts)
}

// Without is the segment of the same version without its checkpoint, which
// proved unusable: from the next best checkpoint that was listed, or from
// commit 0. The error is [ErrGap] or [ErrVersionGone] if what was listed does
// not reach back so far; [ListSegmentBefore] lists again.
func (s *Segment) Without() (*Segment, error) {
	rest := *s.listing
	rest.checkpoints = s.Checkpoints
	return rest.segment(s.Version, nil)
}

// listing is the files of a log by what they are.
type listing struct {
	commits     []File       // ascending
	checkpoints []Checkpoint // complete ones, best first
	compacted   []File       // ascending
	checksums   []File       // ascending
}

func newListing(entries []storage.Info) *listing {
	l := &listing{}
	parts := map[partsKey][]File{}
	for _, e := range entries {
		n, ok := ParseName(e.Name)
		if !ok {
			continue
		}
		f := File{Name: e.Name, Version: n.Version, Hi: n.Hi, Size: e.Size, Modified: e.Modified, ETag: e.ETag}
		switch n.Kind {
		case Commit:
			l.commits = append(l.commits, f)
		case VersionChecksum:
			l.checksums = append(l.checksums, f)
		case Compacted:
			if e.Size > 0 { // an empty one would hide its commits
				l.compacted = append(l.compacted, f)
			}
		case ClassicCheckpoint, UUIDCheckpoint:
			if e.Size > 0 {
				l.checkpoints = append(l.checkpoints, Checkpoint{n.Version, n.Kind, []File{f}})
			}
		case MultipartCheckpoint:
			if e.Size > 0 {
				k := partsKey{n.Version, n.Parts}
				parts[k] = append(parts[k], f)
			}
		}
	}
	for k, files := range parts {
		if files = byName(files); len(files) == k.parts {
			l.checkpoints = append(l.checkpoints, Checkpoint{k.version, MultipartCheckpoint, files})
		}
	}
	slices.SortFunc(l.checkpoints, better)
	l.commits, l.compacted, l.checksums = byName(l.commits), byName(l.compacted), byName(l.checksums)
	return l
}

type partsKey struct {
	version Version
	parts   int
}

// byName sorts files, which for one kind is by version, and drops doubles.
func byName(files []File) []File {
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Name == b.Name })
}

// better orders checkpoints: newer versions first; of one version the kind
// that most readers can read, then fewer parts, then the name.
func better(a, b Checkpoint) int {
	return cmp.Or(
		cmp.Compare(b.Version, a.Version),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(len(a.Files), len(b.Files)),
		cmp.Compare(a.Files[0].Name, b.Files[0].Name),
	)
}

func (l *listing) segment(target Version, opts *SegmentOptions) (*Segment, error) {
	if len(l.commits) == 0 && len(l.checkpoints) == 0 {
		return nil, ErrNotTable
	}
	s := &Segment{CheckpointVersion: -1, listing: l}
	for _, c := range l.checkpoints {
		switch {
		case target >= 0 && c.Version > target:
		case opts != nil && opts.Before != nil && c.Version >= *opts.Before:
		case s.Checkpoint == nil:
			s.Checkpoint, s.CheckpointVersion, s.CheckpointKind = c.Files, c.Version, c.Kind
		default:
			s.Checkpoints = append(s.Checkpoints, c)
		}
	}
	s.Commits = between(l.commits, s.CheckpointVersion+1, target)
	s.Version = s.CheckpointVersion
	if n := len(s.Commits); n > 0 {
		s.Version = s.Commits[n-1].Version
	}
	err := contiguous(s.Commits, s.CheckpointVersion+1)
	if target >= 0 && (err != nil || s.Version != target) {
		return nil, l.gone(target, err)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range l.compacted {
		if f.Version > s.CheckpointVersion && f.Hi <= s.Version {
			s.Compacted = append(s.Compacted, f)
		}
	}
	if sums := between(l.checksums, max(s.CheckpointVersion, 0), s.Version); len(sums) > 0 {
		s.Checksum = &sums[len(sums)-1]
		if len(sums) > 1 {
			s.Earlier = &sums[len(sums)-2]
		}
	}
	s.Newest = l.dating(s)
	return s, nil
}

// dating is the file whose time is the time of a segment's version.
func (l *listing) dating(s *Segment) File {
	if own := between(l.commits, s.Version, s.Version); len(own) > 0 {
		return own[0]
	}
	return s.Checkpoint[0]
}

// gone says why a target cannot be had: it is outside of the log, or a commit
// that it needs is missing. Gap is the error of the commits that lead to it.
func (l *listing) gone(target Version, gap error) error {
	first, last, err := l.bounds()
	switch {
	case err != nil:
		return err
	case gap != nil && first <= target && target <= last:
		return gap
	default:
		return &VersionError{Want: target, First: first, Last: last}
	}
}

// Checkpoints is the complete checkpoints in a listing, best first: newer
// versions first, and of one version the one that a segment would choose.
func Checkpoints(entries []storage.Info) []Checkpoint { return newListing(entries).checkpoints }

// NewestCheckpoint is the newest complete checkpoint in a listing; ok is false if
// there is none.
func NewestCheckpoint(entries []storage.Info) (newest Checkpoint, ok bool) {
	all := newListing(entries).checkpoints
	if len(all) == 0 {
		return Checkpoint{}, false
	}
	return all[0], true
}

// IsCheckpoint reports whether files of this kind are checkpoints or parts of
// them.
func (k Kind) IsCheckpoint() bool {
	return k == ClassicCheckpoint || k == MultipartCheckpoint || k == UUIDCheckpoint
}

// EarliestVersion is the first version from which on every version can be put
// together from a listing of the whole log: 0, or the first complete
// checkpoint that the rest of the commits follow without a gap. The error is
// [ErrNotTable] or a [*GapError].
func EarliestVersion(entries []storage.Info) (Version, error) {
	first, _, err := newListing(entries).bounds()
	return first, err
}

// bounds is the first and the last version that can be put together.
func (l *listing) bounds() (first, last Version, err error) {
	if len(l.commits) == 0 && len(l.checkpoints) == 0 {
		return 0, 0, ErrNotTable
	}
	start, last := Version(0), Version(-1) // of the commits without a gap at the end of the log
	if n := len(l.commits); n > 0 {
		last = l.commits[n-1].Version
		i := n - 1
		for i > 0 && l.commits[i-1].Version == l.commits[i].Version-1 {
			i--
		}
		if start = l.commits[i].Version; start == 0 {
			return 0, l.newest(last), nil
		}
	}
	for _, c := range slices.Backward(l.checkpoints) { // oldest first
		if c.Version >= start-1 {
			return c.Version, l.newest(last), nil
		}
	}
	return 0, 0, l.gapBefore(start)
}

// newest is the later of a version and that of the newest checkpoint.
func (l *listing) newest(v Version) Version {
	if len(l.checkpoints) > 0 {
		v = max(v, l.checkpoints[0].Version)
	}
	return v
}

// gapBefore is the error for commits that start there with nothing to start
// from.
func (l *listing) gapBefore(start Version) error {
	if l.commits[0].Version == start && len(l.checkpoints) == 0 {
		return &GapError{Missing: 0, Next: start}
	}
	return &GapError{Missing: start - 1, Next: start}
}

// between is the files of versions lo to hi, or from lo on if hi is negative.
func between(files []File, lo, hi Version) []File {
	i, _ := slices.BinarySearchFunc(files, lo, compareVersion)
	j := len(files)
	if hi >= 0 {
		j, _ = slices.BinarySearchFunc(files, hi+1, compareVersion)
	}
	return files[i:max(i, j):max(i, j)]
}

func compareVersion(f File, v Version) int { return cmp.Compare(f.Version, v) }

// contiguous says which of the commits from a version on is missing.
func contiguous(commits []File, from Version) error {
	for i, f := range commits {
		if want := from + Version(i); f.Version != want {
			return &GapError{Missing: want, Next: f.Version}
		}
	}
	return nil
}

// UsableCompacted chooses from a segment's compacted logs those that a replay
// of versions from to to may read instead of the commits in them: ascending and
// without overlap, taking each that begins after the last one ended, of several
// that begin together the one that goes furthest.
func UsableCompacted(s *Segment, from, to Version) []File {
	var use []File
	for _, f := range s.Compacted {
		switch n := len(use); {
		case f.Version < from || f.Hi > to:
		case n > 0 && use[n-1].Version == f.Version:
			use[n-1] = f // its end is later, for so they are sorted
		case n == 0 || f.Version > use[n-1].Hi:
			use = append(use, f)
		}
	}
	return use
}

// String is the segment in a line, for messages and tests.
func (s *Segment) String() string {
	return fmt.Sprintf("version %d: checkpoint %d, %d commits", s.Version, s.CheckpointVersion, len(s.Commits))
}
