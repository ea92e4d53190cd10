package log

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/foreset/foreset/storage"
)

// StagedDir is where commits of catalog-managed tables lie until their catalog
// ratifies them, and from then on until they are published as CommitName has it.
const StagedDir = Dir + "_staged_commits/"

// Ratified is a commit that a catalog has ratified and that need not be
// published yet.
type Ratified struct {
	Version  Version
	Staged   string    // the name of its object in StagedDir, without the folder; "" if Body is the commit
	Body     []byte    // the commit itself
	Size     int64     // bytes of the object; 0: unknown
	Modified time.Time // of the object; zero: unknown
}

// Catalog is the Committer of a catalog-managed table: what it has ratified are
// the table's versions, and a file in the log that it has not is none (protocol,
// section "Catalog-managed tables"). It is safe for concurrent use.
type Catalog interface {
	Committer
	// Ratified lists the commits of version from and later ones that are not
	// known to be published, ascending and without a gap, and says which
	// version is the newest; −1 if there is none. Versions up to the newest
	// that are not listed are published. An error is the lack of an answer.
	Ratified(ctx context.Context, from Version) (commits []Ratified, newest Version, err error)
}

// ErrCommitThroughCatalog: NewCatalog's Catalog only reads.
var ErrCommitThroughCatalog = errors.New("commits to a catalog-managed table are not supported")

// NewCatalog returns a Catalog for reading a table of which ratified says what
// [Catalog].Ratified does. Staged commits are read from the table's store, which
// stays the caller's; nil limits are the defaults. Commit fails with
// [ErrCommitThroughCatalog].
func NewCatalog(st storage.Store, limits *Limits, ratified func(ctx context.Context, from Version) ([]Ratified, Version, error)) Catalog {
	return &readCatalog{store: st, limits: limits.withDefaults(), ask: ratified, staged: map[Version]Ratified{}, newest: -1, since: math.MaxInt64}
}

type readCatalog struct {
	store  storage.Store
	limits Limits
	ask    func(context.Context, Version) ([]Ratified, Version, error)

	mu     sync.Mutex           // guards what is below; never held over a call
	staged map[Version]Ratified // as answered last
	newest Version
	since  Version // the first that was asked about: nothing is known of those before
}

func (c *readCatalog) Commit(context.Context, Version, []byte) (storage.Outcome, storage.Info, error) {
	return storage.Rejected, storage.Info{}, ErrCommitThroughCatalog
}

func (c *readCatalog) Ratified(ctx context.Context, from Version) ([]Ratified, Version, error) {
	commits, newest, err := c.ask(ctx, max(from, 0))
	if err != nil {
		return nil, -1, fmt.Errorf("ask the catalog for commits from version %d: %w", from, err)
	}
	if err := checkRatified(commits, newest); err != nil {
		return nil, -1, err
	}
	c.learn(from, commits, newest)
	return commits, newest, nil
}

// learn keeps an answer, unless a newer one came before it.
func (c *readCatalog) learn(from Version, commits []Ratified, newest Version) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if newest < c.newest {
		return
	}
	for v := range c.staged {
		if v >= from {
			delete(c.staged, v) // it is published if it is not listed again
		}
	}
	for _, r := range commits {
		c.staged[r.Version] = r
	}
	c.newest, c.since = newest, min(c.since, max(from, 0))
}

// checkRatified says what is wrong with the answer of a catalog.
func checkRatified(commits []Ratified, newest Version) error {
	for i, r := range commits {
		switch {
		case i > 0 && r.Version != commits[i-1].Version+1:
			return &CorruptError{Err: fmt.Errorf("the catalog lists version %d after version %d", r.Version, commits[i-1].Version)}
		case r.Staged == "" && r.Body == nil:
			return &CorruptError{Err: fmt.Errorf("the catalog lists version %d without its commit", r.Version)}
		case r.Staged != "" && !isStagedName(r.Staged, r.Version):
			return &CorruptError{Err: fmt.Errorf("the catalog calls the staged commit of version %d %q: %w", r.Version, r.Staged, ErrBadPath)}
		}
	}
	if n := len(commits); n > 0 && commits[n-1].Version != newest {
		return &CorruptError{Err: fmt.Errorf("the catalog's newest version is %d, and the last commit that it lists is %d", newest, commits[n-1].Version)}
	}
	return nil
}

// isStagedName says whether a name is that of a staged commit of a version:
// N.uuid.json, whatever the id.
func isStagedName(name string, v Version) bool {
	id, begins := strings.CutPrefix(name, fmt.Sprintf("%020d.", v))
	id, ends := strings.CutSuffix(id, ".json")
	return begins && ends && id != "" && !strings.ContainsAny(id, "/\\\x00.")
}

func (c *readCatalog) Lookup(ctx context.Context, v Version) ([]byte, error) {
	r, staged, known := c.known(v)
	if !known {
		if _, _, err := c.Ratified(ctx, v); err != nil {
			return nil, err
		}
		if r, staged, known = c.known(v); !known {
			return nil, fmt.Errorf("look up commit %d: the catalog has not ratified it: %w", v, fs.ErrNotExist)
		}
	}
	if staged && r.Staged == "" {
		return r.Body, nil
	}
	body, err := c.read(ctx, v, r, staged)
	if err != nil {
		return nil, fmt.Errorf("look up commit %d: %w", v, err)
	}
	return body, nil
}

// read reads a commit from where it was staged, or else published: a staged
// object may be deleted once it is.
func (c *readCatalog) read(ctx context.Context, v Version, r Ratified, staged bool) ([]byte, error) {
	if staged {
		body, _, err := getObject(ctx, c.store, StagedDir+r.Staged, &c.limits)
		if !errors.Is(err, fs.ErrNotExist) {
			return body, err
		}
	}
	body, _, err := getObject(ctx, c.store, CommitName(v), &c.limits)
	return body, err
}

// known is what was answered about a version.
func (c *readCatalog) known(v Version) (r Ratified, staged, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, staged = c.staged[v]
	return r, staged, c.since <= v && v <= c.newest
}

// CatalogStore is a table's store as its catalog has the log: a listing shows
// ratified commits as if they were published, and nothing of a version that the
// catalog does not have. All else is st's. Commits are to be read through the
// catalog.
func CatalogStore(st storage.Store, c Catalog) storage.Store { return &catalogStore{st, c} }

type catalogStore struct {
	storage.Store
	catalog Catalog
}

// List asks the catalog first: what is published between the two answers is in
// the listing then, and no gap shows.
func (s *catalogStore) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	if prefix != Dir {
		return s.Store.List(ctx, prefix, start)
	}
	return func(yield func(storage.Info, error) bool) {
		ratified, newest, err := s.catalog.Ratified(ctx, firstVersion(start))
		if err != nil {
			yield(storage.Info{}, err)
			return
		}
		staged := map[Version]bool{}
		for _, r := range ratified {
			staged[r.Version] = true
		}
		next := func() (storage.Info, bool) {
			if len(ratified) == 0 {
				return storage.Info{}, false
			}
			r := ratified[0]
			return storage.Info{Name: CommitName(r.Version), Size: r.size(), Modified: r.Modified}, true
		}
		for info, err := range s.Store.List(ctx, prefix, start) {
			if err != nil {
				yield(storage.Info{}, err)
				return
			}
			for r, more := next(); more && r.Name <= info.Name; r, more = next() {
				ratified = ratified[1:]
				if r.Name >= start && !yield(r, nil) {
					return
				}
			}
			if n, is := ParseName(info.Name); is && (n.Hi > newest || n.Kind == Commit && staged[n.Version]) {
				continue
			}
			if !yield(info, nil) {
				return
			}
		}
		for r, more := next(); more; r, more = next() {
			ratified = ratified[1:]
			if r.Name >= start && !yield(r, nil) {
				return
			}
		}
	}
}

func (r Ratified) size() int64 {
	if r.Staged == "" {
		return int64(len(r.Body))
	}
	return r.Size
}

// firstVersion is the version from which on a listing of the log starts.
func firstVersion(start string) Version {
	digits := strings.TrimPrefix(start, Dir)
	if len(digits) < 20 {
		return 0
	}
	v, err := strconv.ParseInt(digits[:20], 10, 64)
	if err != nil || v < 0 {
		return 0
	}
	return Version(min(v, math.MaxInt64-1))
}
