package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/google/uuid"
)

// LocalOptions are the options of [NewLocal].
type LocalOptions struct {
	// TrustFilesystem allows PutIfAbsent on file systems whose link or fsync
	// is not known to be atomic and durable for all their clients: NFS, SMB,
	// FUSE, 9p and other network or user-space ones. Set it only where you
	// know better, for instance because one machine alone writes.
	TrustFilesystem bool

	// NoSync leaves out every fsync. A crash of the machine, not of the
	// process, may then lose or tear what was acknowledged. It is for tests
	// and benchmarks.
	NoSync bool

	// Random is where the names of temporary files come from; it is read
	// under a lock. Nil: crypto/rand.
	Random io.Reader
}

// NewLocal returns the store of the files below a folder. The folder is made
// by the first write if it is not there; until then nothing exists in it.
//
// A relative folder is resolved now, against the current one. The folder
// itself may be reached through symlinks; below it a link that is absolute or
// leaves the folder is refused with [ErrBadName]. The store holds no open
// files between calls. Nil options are the defaults.
func NewLocal(dir string, opts *LocalOptions) (Store, error) {
	if dir == "" || strings.IndexByte(dir, 0) >= 0 {
		return nil, fmt.Errorf("%w: %q is no path of a folder", ErrBadLocation, dir)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadLocation, err)
	}
	var o LocalOptions
	if opts != nil {
		o = *opts
	}
	if o.Random == nil {
		o.Random = rand.Reader
	} else {
		o.Random = &lockedReader{r: o.Random}
	}
	return &local{dir: abs, place: fileURL(abs), opts: o, disk: disk{
		syncFile:   syncFile,
		syncFolder: syncFolder,
		link:       (*os.Root).Link,
		rename:     (*os.Root).Rename,
		fileSystem: fileSystem,
	}}, nil
}

// local is the store of a folder. Every method opens the folder anew, through
// [os.Root], and closes it: it costs two system calls, and the store follows
// when the folder is deleted, moved or made again.
type local struct {
	dir   string // absolute
	place string
	opts  LocalOptions
	disk  disk
}

// disk holds the system calls on which atomicity and durability rest. They
// are fields so that tests see their order and make them fail.
type disk struct {
	syncFile   func(*os.File) error
	syncFolder func(*os.File) error
	link       func(r *os.Root, from, to string) error
	rename     func(r *os.Root, from, to string) error
	// fileSystem names what an open folder lies on, and says whether links
	// and fsync there are what they should be.
	fileSystem func(*os.File) (name string, trusted bool, err error)
}

func (l *local) String() string { return l.place }

func (l *local) Close() error { return nil }

// Delete unlinks files one after the other and stops at the first failure.
// Folders stay, also when they are empty: another writer may be about to use
// them. Names of temporary files are allowed: see [Leftovers].
func (l *local) Delete(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return ctx.Err()
	}
	end := begin(ctx, RequestDelete)
	defer end(0)
	root, err := l.open()
	if errors.Is(err, fs.ErrNotExist) {
		return ctx.Err()
	}
	if err != nil {
		return l.failed("delete", names[0], err)
	}
	defer root.Close()
	for _, name := range names {
		if err := l.delete(ctx, root, name); err != nil {
			return l.failed("delete", name, err)
		}
	}
	return nil
}

func (l *local) delete(ctx context.Context, root *os.Root, name string) error {
	if err := l.check(ctx, name); err != nil {
		return err
	}
	// Root.Remove would also remove an empty folder, which is no object.
	info, err := root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = root.Remove(name)
	}
	if err = ofRead(err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// open opens the folder of the store.
func (l *local) open() (*os.Root, error) {
	// The slash makes the system refuse what is not a folder before it is
	// opened: to open a pipe would wait for its other end.
	return os.OpenRoot(l.dir + string(filepath.Separator))
}

// check is what every operation on one object begins with.
func (l *local) check(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	if strings.Count(name, "/") > depthMax {
		return fmt.Errorf("%w: folders more than %d deep", ErrBadName, depthMax)
	}
	return checkFileName(name)
}

// failed makes the error of an operation. The system's own error says less
// than ours about the operation and the file; only its cause is kept.
func (l *local) failed(op, name string, err error) error {
	return &Error{Op: op, Store: l.place, Name: name, Err: plain(err)}
}

// plain reduces an error of package os to its cause and classifies it.
func plain(err error) error {
	var cause error
	switch e := err.(type) {
	case *fs.PathError:
		cause = e.Err
	case *os.LinkError:
		cause = e.Err
	default:
		return err
	}
	var errno syscall.Errno
	if !errors.As(cause, &errno) && !errors.Is(cause, fs.ErrClosed) || isUnusableName(cause) {
		// Only os.Root itself fails without an error number: the path, or a
		// symlink on it, leaves the root. It exports no name for that.
		return fmt.Errorf("%w: %w", ErrBadName, cause)
	}
	return cause
}

// ofRead turns the ways in which the system says that a path leads to no file
// into fs.ErrNotExist: a file where the name has a folder, or the reverse.
func ofRead(err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) {
		return fs.ErrNotExist
	}
	return err
}

const (
	tempPrefix = ".tmp-"
	uuidLength = 36
)

// newTemp returns a name for a temporary file.
func (l *local) newTemp() (string, error) {
	id, err := uuid.NewRandomFromReader(l.opts.Random)
	if err != nil {
		return "", fmt.Errorf("name a temporary file: %w", err)
	}
	return tempPrefix + id.String(), nil
}

// isTemp says whether a segment is the name of a temporary file.
func isTemp(segment string) bool {
	id, ok := strings.CutPrefix(segment, tempPrefix)
	return ok && len(id) == uuidLength && uuid.Validate(id) == nil
}

// fileURL is the URL of an absolute path.
func fileURL(abs string) string {
	path := filepath.ToSlash(abs)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/dir
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
