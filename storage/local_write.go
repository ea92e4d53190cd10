package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Put writes a temporary file, makes it durable, renames it onto the name and
// makes that durable.
func (l *local) Put(ctx context.Context, name string, body []byte) error {
	end := begin(ctx, RequestPut)
	err := l.put(ctx, name, body)
	end(int64(len(body)))
	if err != nil {
		return l.failed("put", name, err)
	}
	return nil
}

func (l *local) put(ctx context.Context, name string, body []byte) error {
	at, err := l.openFolder(ctx, name)
	if err != nil {
		return err
	}
	defer at.close()
	temp, err := at.writeTemp(body)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = ofRename(l.disk.rename(at.root, temp, at.base))
	}
	if err != nil {
		at.drop(temp)
		return err
	}
	return at.sync()
}

// PutIfAbsent writes a temporary file, makes it durable, links it to the name,
// which is where one of many wins, and makes the link durable. The temporary
// name is removed last: at no moment does the data hang on a name that a
// crash could undo.
func (l *local) PutIfAbsent(ctx context.Context, name string, body []byte) (Outcome, Info, error) {
	end := begin(ctx, RequestPutIfAbsent)
	outcome, info, err := l.putIfAbsent(ctx, name, body)
	end(int64(len(body)))
	if err != nil {
		return outcome, Info{}, l.failed("put if absent", name, err)
	}
	return outcome, info, nil
}

func (l *local) putIfAbsent(ctx context.Context, name string, body []byte) (Outcome, Info, error) {
	at, err := l.openFolder(ctx, name)
	if err != nil {
		return Rejected, Info{}, err
	}
	defer at.close()
	outcome, err := at.create(ctx, body)
	if outcome != Created {
		return outcome, Info{}, err
	}
	// Not the time: clocks of file systems are too coarse to know a file by it.
	return outcome, Info{Name: name, Size: int64(len(body))}, nil
}

func (f *folder) create(ctx context.Context, body []byte) (Outcome, error) {
	if err := f.mustBeSafe(); err != nil {
		return Rejected, err
	}
	// Whoever comes late is spared the fsync.
	if _, err := f.root.Lstat(f.base); err == nil {
		return f.taken(ctx)
	}
	temp, err := f.writeTemp(body)
	if err != nil {
		return Rejected, err
	}
	defer f.drop(temp) // if that fails, it is a leftover, not a failure of the put
	if err := ctx.Err(); err != nil {
		return Rejected, err
	}
	switch err := f.local.disk.link(f.root, temp, f.base); {
	case errors.Is(err, fs.ErrExist):
		return f.taken(ctx)
	case err != nil:
		return f.ofLink(err)
	}
	if err := f.sync(); err != nil {
		return Unknown, err // it is there, but a crash may undo it
	}
	return Created, nil
}

// folder is an open folder of the store in which one object is to be written.
type folder struct {
	local *local
	root  *os.Root
	name  string   // the object
	base  string   // its name in the folder
	self  *os.File // the folder itself, for fsync and statfs; opened by handle
}

// openFolder opens the folder of an object that is to be written, and makes it
// if it is not there.
func (l *local) openFolder(ctx context.Context, name string) (*folder, error) {
	if err := l.check(ctx, name); err != nil {
		return nil, err
	}
	path, base := splitName(name)
	if isTemp(base) {
		return nil, fmt.Errorf("%w: it is that of a temporary file", ErrBadName)
	}
	root, err := l.open()
	if errors.Is(err, fs.ErrNotExist) {
		if err = l.makeRoot(); err == nil {
			root, err = l.open()
		}
	}
	if err != nil {
		return nil, err
	}
	if path != "" {
		parent := root
		root, err = parent.OpenRoot(path + "/")
		if errors.Is(err, fs.ErrNotExist) {
			if err = l.makeFolders(parent, path); err == nil {
				root, err = parent.OpenRoot(path + "/")
			}
		}
		parent.Close()
		if err != nil {
			return nil, ofFolder(err)
		}
	}
	return &folder{local: l, root: root, name: name, base: base}, nil
}

// makeRoot makes the folder of the store and its parents. The entry of each
// new folder is durable before anything is put into it.
func (l *local) makeRoot() error {
	var missing []string // innermost first
	for dir := l.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		missing = append(missing, dir)
	}
	if err := os.MkdirAll(l.dir, 0o777); err != nil {
		return err
	}
	for _, dir := range missing {
		if err := l.syncPath(os.Open, filepath.Dir(dir)); err != nil {
			return err
		}
	}
	return nil
}

// makeFolders makes the folders of a path below the root. All of them are
// synced, not only the new ones: a concurrent writer that made one of them
// may not have come to that yet.
func (l *local) makeFolders(root *os.Root, path string) error {
	if err := root.MkdirAll(path, 0o777); err != nil {
		return err
	}
	for path != "" {
		path, _ = splitName(path)
		if err := l.syncPath(root.Open, "./"+path); err != nil {
			return err
		}
	}
	return nil
}

// syncPath makes the entries of a folder durable.
func (l *local) syncPath(open func(string) (*os.File, error), path string) error {
	if l.opts.NoSync {
		return nil
	}
	file, err := open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return l.disk.syncFolder(file)
}

func (f *folder) close() {
	if f.self != nil {
		f.self.Close()
	}
	f.root.Close()
}

// handle opens the folder itself.
func (f *folder) handle() (*os.File, error) {
	if f.self == nil {
		self, err := f.root.OpenFile(".", readFlags, 0)
		if err != nil {
			return nil, err
		}
		f.self = self
	}
	return f.self, nil
}

// sync makes the entries of the folder durable.
func (f *folder) sync() error {
	if f.local.opts.NoSync {
		return nil
	}
	self, err := f.handle()
	if err != nil {
		return err
	}
	return f.local.disk.syncFolder(self)
}

// createTemp creates an empty temporary file.
func (f *folder) createTemp() (string, *os.File, error) {
	name, err := f.local.newTemp()
	if err != nil {
		return "", nil, err
	}
	file, err := f.root.OpenFile(name, writeFlags|os.O_CREATE|os.O_EXCL, 0o666)
	return name, file, err
}

// writeTemp writes a durable temporary file, or nothing.
func (f *folder) writeTemp(body []byte) (string, error) {
	name, file, err := f.createTemp()
	if err != nil {
		return "", err
	}
	_, err = file.Write(body)
	if err = f.finishTemp(file, err); err != nil {
		f.drop(name)
		return "", err
	}
	return name, nil
}

// finishTemp makes a temporary file durable, unless a write to it has failed,
// and closes it.
func (f *folder) finishTemp(file *os.File, err error) error {
	if err == nil && !f.local.opts.NoSync {
		err = f.local.disk.syncFile(file)
	}
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}

// drop removes a temporary file, if there is one. What cannot be removed now
// is found by [Leftovers].
func (f *folder) drop(temp string) {
	if temp != "" {
		_ = f.root.Remove(temp)
	}
}

// mustBeSafe refuses a folder on which links cannot be trusted.
func (f *folder) mustBeSafe() error {
	if f.local.opts.TrustFilesystem {
		return nil
	}
	name, trusted, err := f.fileSystem()
	if err != nil {
		return fmt.Errorf("find out the file system: %w", err)
	}
	if !trusted {
		return fmt.Errorf("%w: its file system is %s", ErrUnsafe, name)
	}
	return nil
}

func (f *folder) fileSystem() (name string, trusted bool, err error) {
	self, err := f.handle()
	if err != nil {
		return "", false, err
	}
	return f.local.disk.fileSystem(self)
}

// taken is the outcome where something has the object's name: it must be an
// object, or readers would not find what Exists promises.
func (f *folder) taken(ctx context.Context) (Outcome, error) {
	_, err := f.local.head(ctx, f.name)
	switch {
	case err == nil:
		return Exists, nil
	case !errors.Is(err, fs.ErrNotExist):
		return Rejected, err
	}
	if _, err := f.root.Lstat(f.base); err == nil {
		return Rejected, fmt.Errorf("%w: what has it is not a file", ErrBadName)
	}
	return Exists, nil // it was there when we looked, and was deleted since
}

// ofLink is the outcome of a link that failed.
func (f *folder) ofLink(err error) (Outcome, error) {
	switch {
	case isNoLinks(err):
		name, _, e := f.fileSystem()
		if e != nil {
			name = "its file system"
		}
		return Rejected, fmt.Errorf("%w: %s does not link files: %w", ErrUnsafe, name, plain(err))
	case isRefusal(err):
		return Rejected, err
	}
	return Unknown, err
}

// ofFolder explains a folder that cannot be opened for writing.
func ofFolder(err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: a file is where it has a folder", ErrBadName)
	}
	return err
}

// ofRename explains a rename that failed.
func ofRename(err error) error {
	if errors.Is(err, syscall.EISDIR) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: a folder has it", ErrBadName)
	}
	return err
}
