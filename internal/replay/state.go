package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// Source is where states are loaded from.
type Source struct {
	Store     storage.Store
	Committer log.Committer
	Limits    *log.Limits
	Share     int64       // bytes of memory that a base may keep
	Parallel  int         // requests in flight; at least 1
	Warn      func(error) // told of what was damaged and skipped; never nil
}

// State is one version of a table. It is immutable and safe for concurrent
// use.
type State struct {
	Version  log.Version
	Protocol *log.Protocol
	Metadata *log.Metadata
	Txns     map[string]*log.SetTransaction
	Domains  map[string]*log.DomainMetadata
	Modified time.Time       // of the commit's object, by the store's clock; zero if the object is gone
	ETag     string          // of the commit's object
	Info     *log.CommitInfo // of the commit; nil if it was not read
	Sum      *log.Checksum   // counts and sizes; nil if they are not known without a walk

	// CheckpointVersion is the newest checkpoint known, −1 if none. It is
	// not always the base.
	CheckpointVersion log.Version

	// Warnings are what was found damaged, and done without, when the state
	// was loaded; also when it grew from one that was. They must not be changed.
	Warnings []error

	line *lineage
}

// lineage is what all states that grew from one load share. None of them is of
// a version before that load's.
type lineage struct {
	src  *Source
	base *base
	tail *tail

	busy   chan struct{}                // holds one token: whoever has it may do what is below
	pieces []*piece                     // from the base to the first state, as long as the tail does not have them
	later  map[log.Version][]log.Action // commits known from memory, beyond what the tail holds
	known  int                          // actions in later
	room   int                          // entries that the tail may have before it is looked through
	began  int                          // entries that it began with
	anew   *lineage                     // has the files of an empty one, when they were asked for
	older  *State                       // of some version, made without the base's checkpoint, which is damaged or not all there

	empty        bool // it has no files: see detached
	lacksRemoves bool // of what came and went before the tail began
	plain        bool // it was made of checkpoints and commits alone, and so is what stands in for it
}

func newLineage(src *Source, b *base, start log.Version, pieces []*piece) *lineage {
	return &lineage{src: src, base: b, tail: newTail(start), busy: make(chan struct{}, 1), pieces: pieces,
		later: map[log.Version][]log.Action{}, room: tailMax}
}

func (l *lineage) acquire(ctx context.Context) error {
	select {
	case l.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lineage) release() { <-l.busy }

// reach makes the tail hold every commit up to v.
func (l *lineage) reach(ctx context.Context, v log.Version) error {
	if l.tail.loaded() >= v {
		return nil
	}
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	if err := l.begin(ctx); err != nil {
		return err
	}
	var want []log.Version
	for w := l.tail.loaded() + 1; w <= v; w++ {
		if l.later[w] == nil {
			want = append(want, w)
		}
	}
	got, err := readCommits(ctx, l.src, want)
	if err != nil {
		return err
	}
	for w := l.tail.loaded() + 1; w <= v; w++ {
		actions, known := l.later[w]
		if !known {
			actions = got[w]
		}
		l.tail.extend(w, actions)
		l.forget(w)
	}
	return nil
}

// forget drops what was known of a commit that the tail has now.
func (l *lineage) forget(v log.Version) {
	l.known -= len(l.later[v])
	delete(l.later, v)
}

// begin makes the tail hold what leads to the first state of the lineage.
func (l *lineage) begin(ctx context.Context) error {
	if l.tail.loaded() >= l.tail.start {
		return nil
	}
	pieces, err := readPieces(ctx, l.src, l.pieces, l.src.Warn)
	if err != nil {
		return err
	}
	var actions []log.Action
	for _, p := range pieces {
		actions = append(actions, p.actions...)
	}
	l.tail.extend(l.tail.start, actions)
	l.pieces, l.began = nil, len(actions)
	return nil
}

// without is the state of a version made without the base's checkpoint, which
// is damaged.
func (l *lineage) without(ctx context.Context, v log.Version, damage error) (*State, error) {
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	defer l.release()
	if l.older != nil && l.older.Version == v {
		return l.older, nil
	}
	again := &loading{src: l.src, at: v, last: true, plain: l.plain}
	seg, err := again.before(ctx, l.base.version, l.base.files[0].Name, damage)
	if err != nil {
		return nil, err
	}
	s, err := again.assembleAny(ctx, seg)
	if err == nil {
		l.older = s
	}
	return s, err
}

// learn gives the lineage a commit that the caller has in memory.
func (l *lineage) learn(ctx context.Context, v log.Version, actions []log.Action) error {
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	switch loaded := l.tail.loaded(); {
	case v <= loaded:
	case v == loaded+1:
		l.tail.extend(v, actions)
		for next := v + 1; l.later[next] != nil; next++ {
			l.tail.extend(next, l.later[next])
			l.forget(next)
		}
	default:
		if actions == nil {
			actions = []log.Action{}
		}
		l.known += len(actions) - len(l.later[v])
		l.later[v] = actions
	}
	return nil
}

// First is the state of version 0, which the caller has just committed.
func First(src *Source, actions []log.Action, modified time.Time, etag string) *State {
	s := &State{CheckpointVersion: -1, Modified: modified, ETag: etag, line: newLineage(src, newBase(src, -1, nil), 0, nil)}
	s.line.tail.extend(0, actions)
	s.takeSmall(actions)
	s.Sum = log.FirstChecksum(actions)
	return s
}

// Timestamp is when the version was committed: its in-commit timestamp if the
// table has them, else the time of the commit's object by the store's clock
// (protocol, section "In-Commit Timestamps").
func (s *State) Timestamp(ctx context.Context) (time.Time, error) {
	if feature.Bool(s.Metadata.Configuration, "delta.enableInCommitTimestamps", false) {
		if s.Sum != nil && s.Sum.InCommitTimestamp != nil {
			return time.UnixMilli(*s.Sum.InCommitTimestamp).UTC(), nil
		}
		info, err := s.CommitInfo(ctx)
		if err != nil {
			return time.Time{}, err
		}
		if info != nil && info.InCommitTimestamp != nil {
			return time.UnixMilli(*info.InCommitTimestamp).UTC(), nil
		}
	}
	if !s.Modified.IsZero() {
		return s.Modified.UTC(), nil
	}
	info, err := s.line.src.Store.Head(ctx, log.CommitName(s.Version))
	if err != nil {
		return time.Time{}, fmt.Errorf("time of version %d: %w", s.Version, err)
	}
	return info.Modified.UTC(), nil
}

// Apply is the state after one more commit, whose actions the caller has:
// nothing is read. modified and etag describe the commit's object if they are
// known.
func (s *State) Apply(ctx context.Context, v log.Version, actions []log.Action, modified time.Time, etag string) (*State, error) {
	if v != s.Version+1 {
		return nil, fmt.Errorf("apply commit %d to version %d", v, s.Version)
	}
	line, err := s.line.current(ctx, s.Version)
	if err != nil {
		return nil, err
	}
	if err := line.learn(ctx, v, actions); err != nil {
		return nil, err
	}
	n := *s
	if n.line, err = line.fit(ctx, v); err != nil {
		return nil, err
	}
	n.Version, n.Modified, n.ETag, n.Info, n.Sum = v, modified, etag, nil, nil
	if s.Sum != nil {
		if sum, ok := s.Sum.Advance(actions); ok {
			n.Sum = sum
		}
	}
	n.takeSmall(actions)
	return &n, nil
}

// takeSmall applies the actions that are not of files. Maps are copied before
// they change: other states share them.
func (s *State) takeSmall(actions []log.Action) {
	var txns map[string]*log.SetTransaction
	var domains map[string]*log.DomainMetadata
	for _, a := range actions {
		switch a := a.(type) {
		case *log.Protocol:
			s.Protocol = a
		case *log.Metadata:
			s.Metadata = a
		case *log.CommitInfo:
			s.Info = a
		case *log.SetTransaction:
			if txns == nil {
				txns = cloned(s.Txns)
			}
			txns[a.AppID] = a
		case *log.DomainMetadata:
			if domains == nil {
				domains = cloned(s.Domains)
			}
			if a.Removed {
				delete(domains, a.Domain)
			} else {
				domains[a.Domain] = a
			}
		}
	}
	if txns != nil {
		s.Txns = txns
	}
	if domains != nil {
		s.Domains = domains
	}
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// File is one live file of a state: a row of the base or an action of the
// tail, decoded as far as it is asked about.
type File struct {
	add   *log.AddFile
	chunk *checkpoint.Files
	row   int
}

// FileOf is the file of an action, live or not.
func FileOf(add *log.AddFile) File { return File{add: add} }

// Path is the file's path as the log has it.
func (f File) Path() string {
	if f.add != nil {
		return f.add.Path
	}
	return f.chunk.Path(f.row)
}

// Size is the file's size in bytes.
func (f File) Size() int64 {
	if f.add != nil {
		return f.add.Size
	}
	return f.chunk.Size(f.row)
}

// Stats is the text of the file's statistics; empty if there are none, or if
// the walk did not ask for them.
func (f File) Stats() string {
	if f.add != nil {
		return f.add.Stats
	}
	return f.chunk.Stats(f.row)
}

// PartitionValue is the serialized value of a partition column by its physical
// name; ok is false if the file has none of that name.
func (f File) PartitionValue(name string) (text string, null, ok bool) {
	if f.add == nil {
		return f.chunk.PartitionValue(f.row, name)
	}
	switch p, has := f.add.PartitionValues[name]; {
	case !has:
		return "", false, false
	case p == nil:
		return "", true, true
	default:
		return *p, false, true
	}
}

// DeletionVector says which of the file's rows are deleted; nil: none.
func (f File) DeletionVector() *log.DeletionVector {
	if f.add != nil {
		return f.add.DeletionVector
	}
	return f.chunk.DeletionVector(f.row)
}

// Add is the whole action, with the columns that the walk asked for.
func (f File) Add() *log.AddFile {
	if f.add != nil {
		return f.add
	}
	return f.chunk.Add(f.row)
}

// Files walks the live files: those of the tail from the newest to the oldest,
// then those of the base. If the base's checkpoint is damaged, the files come
// from what is older.
func (s *State) Files(ctx context.Context, cols checkpoint.Columns) iter.Seq2[File, error] {
	return s.Select(ctx, cols, checkpoint.Wanted{})
}

// Select is Files, except that files that are not wanted may be left out, or lack
// their statistics: they are not read just for them.
func (s *State) Select(ctx context.Context, cols checkpoint.Columns, want checkpoint.Wanted) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		sound, kept, err := s.prepare(ctx, cols, want)
		if err != nil {
			yield(File{}, err)
			return
		}
		sound.walk(ctx, cols, want, kept, yield)
	}
}

// prepare loads what a walk needs and can be kept: the tail, and the base if
// it fits. It returns the state to walk, which is another one when the
// checkpoint of this one is damaged, or was cleaned up before it was read. Each
// damaged checkpoint leads to one before it, or to the commits alone, so that
// there is an end to it.
func (s *State) prepare(ctx context.Context, cols checkpoint.Columns, want checkpoint.Wanted) (*State, resident, error) {
	for reloads := 0; ; {
		var err error
		if s, err = s.attached(ctx); err != nil {
			return nil, resident{}, err
		}
		err = s.line.reach(ctx, s.Version)
		var kept resident
		ofBase := err == nil
		if ofBase {
			kept, err = s.line.base.resident(ctx, cols, want)
		}
		switch {
		case err == nil:
			return s, kept, nil
		case ofBase && errors.Is(err, checkpoint.ErrCorrupt):
			s, err = s.line.without(ctx, s.Version, err)
		case errors.Is(err, fs.ErrNotExist) && reloads < loadAttempts:
			reloads++
			s, err = s.reload(ctx, ofBase, err)
		}
		if err != nil {
			return nil, resident{}, err
		}
	}
}

// reload loads the same version again, from what log cleanup has left of the
// log. A checkpoint of which a file is gone, and that is listed all the same, was
// not cleaned up: it is as good as damaged.
func (s *State) reload(ctx context.Context, ofBase bool, gone error) (*State, error) {
	again, err := load(ctx, s.line.src, s.Version, s.line.plain)
	switch {
	case err != nil && (errors.Is(err, log.ErrVersionGone) || errors.Is(err, log.ErrNotTable) || errors.Is(err, log.ErrGap)):
		return nil, fmt.Errorf("%w: version %d was cleaned up: %w", log.ErrVersionGone, s.Version, gone)
	case err != nil:
		return nil, err
	case again.Metadata.ID != s.Metadata.ID:
		return nil, fmt.Errorf("%w: version %d: the table was replaced by another", log.ErrVersionGone, s.Version)
	}
	if ofBase && again.line.base.version == s.line.base.version {
		return again.line.without(ctx, s.Version, gone)
	}
	return again, nil
}

// walk yields the live files; kept is what the base has in memory.
func (s *State) walk(ctx context.Context, cols checkpoint.Columns, want checkpoint.Wanted, kept resident, yield func(File, error) bool) {
	w := s.line.tail.view(s.Version)
	for i := len(w.entries) - 1; i >= 0; i-- {
		e := w.entries[i]
		if e.add == nil || w.last(e.add.Key()) != int32(i) {
			continue
		}
		if !yield(File{add: e.add}, nil) {
			return
		}
	}
	for chunk, err := range s.line.base.chunks(ctx, cols, want, kept) {
		if err != nil {
			yield(File{}, err)
			return
		}
		for row := range chunk.Len() {
			if w.hides(chunk, row) {
				continue
			}
			if !yield(File{chunk: chunk, row: row}, nil) {
				return
			}
		}
	}
}

// Removes walks the tombstones: the removes whose file has not come back.
func (s *State) Removes(ctx context.Context) iter.Seq2[*log.RemoveFile, error] {
	return func(yield func(*log.RemoveFile, error) bool) {
		s, err := s.attached(ctx)
		if err == nil && s.line.lacksRemoves {
			s, err = s.reload(ctx, false, errNotKept)
		}
		if err == nil {
			s, _, err = s.prepare(ctx, 0, checkpoint.Wanted{})
		}
		if err != nil {
			yield(nil, err)
			return
		}
		w := s.line.tail.view(s.Version)
		for i := len(w.entries) - 1; i >= 0; i-- {
			e := w.entries[i]
			if e.remove == nil || w.last(e.remove.Key()) != int32(i) {
				continue
			}
			if !yield(e.remove, nil) {
				return
			}
		}
		if s.line.base.version < 0 {
			return
		}
		r, err := s.line.base.open(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for rm, err := range r.Removes(ctx) {
			if err != nil {
				s.line.base.damaged(ctx, err)
				yield(nil, err)
				return
			}
			if w.last(rm.Key()) >= 0 {
				continue
			}
			if !yield(rm, nil) {
				return
			}
		}
	}
}

// Count returns the number of live files and their bytes, by a walk if they
// are not known.
func (s *State) Count(ctx context.Context) (files, bytes int64, err error) {
	if s.Sum != nil {
		return s.Sum.NumFiles, s.Sum.TableSizeBytes, nil
	}
	for f, err := range s.Files(ctx, 0) {
		if err != nil {
			return 0, 0, err
		}
		files++
		bytes += f.Size()
	}
	return files, bytes, nil
}

// Checksum is what the .crc file of the version says: s.Sum if it is known,
// otherwise it is counted by a walk.
func (s *State) Checksum(ctx context.Context) (*log.Checksum, error) {
	if s.Sum != nil {
		return s.Sum, nil
	}
	c := &log.Checksum{
		NumMetadata: 1, NumProtocol: 1, Metadata: s.Metadata, Protocol: s.Protocol, FileSizes: log.NewHistogram(),
		SetTransactions: []*log.SetTransaction{}, DomainMetadata: []*log.DomainMetadata{},
	}
	if s.Info != nil {
		c.TxnID, c.InCommitTimestamp = s.Info.TxnID, s.Info.InCommitTimestamp
	}
	for _, id := range slices.Sorted(maps.Keys(s.Txns)) {
		c.SetTransactions = append(c.SetTransactions, s.Txns[id])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Domains)) {
		c.DomainMetadata = append(c.DomainMetadata, s.Domains[name])
	}
	for f, err := range s.Files(ctx, 0) {
		if err != nil {
			return nil, err
		}
		c.NumFiles++
		c.TableSizeBytes += f.Size()
		c.FileSizes.Add(f.Size())
	}
	return c, nil
}

// WithSum is the state with its counts known.
func (s *State) WithSum(c *log.Checksum) *State {
	n := *s
	n.Sum = c
	return &n
}

// WithCheckpoint is the state with a checkpoint known.
func (s *State) WithCheckpoint(v log.Version) *State {
	if v <= s.CheckpointVersion {
		return s
	}
	n := *s
	n.CheckpointVersion = v
	return &n
}

// Resident says whether a walk over the files needs no request. It is false
// when ctx ends before it is known.
func (s *State) Resident(ctx context.Context) bool {
	return s.line.tail.loaded() >= s.Version && s.line.base.isResident(ctx)
}

// TailLen is how many file actions lie between the base and this state.
func (s *State) TailLen() int {
	s.line.tail.mu.RLock()
	defer s.line.tail.mu.RUnlock()
	return len(s.line.tail.entries)
}

// VersionAt is the newest version up to this one that was committed at or
// before a time.
func (s *State) VersionAt(ctx context.Context, at time.Time) (log.Version, error) {
	entries, err := log.List(ctx, s.line.src.Store, 0, s.Version)
	if err != nil {
		return 0, err
	}
	return log.VersionAt(ctx, s.line.src.Committer, entries, s.Metadata, at)
}

// Schema parses the table's schema.
func (s *State) Schema() (*schema.Struct, error) {
	return schema.Parse([]byte(s.Metadata.SchemaString))
}

// CommitInfo is the commit's own description; nil if the commit has none or is
// no longer there. It is read if it is not known.
func (s *State) CommitInfo(ctx context.Context) (*log.CommitInfo, error) {
	if s.Info != nil {
		return s.Info, nil
	}
	info, err := readInfo(ctx, s.line.src, s.Version)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}
