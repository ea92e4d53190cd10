package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
)

const (
	// depthMax bounds how deep the folder of a file may lie, and with that the
	// open files of a listing.
	depthMax = 128
	// entriesAtOnce is how many entries of a folder are read before those
	// that are not wanted are dropped.
	entriesAtOnce = 1024
)

// Leftovers is a [Store] in which an interrupted write can leave something
// that is not an object: no other method shows it, only Delete removes it.
type Leftovers interface {
	// Leftovers yields what was left, as List would, under names that Delete
	// takes. A write that is still going on cannot be told from an
	// interrupted one but by its age.
	Leftovers(ctx context.Context) iter.Seq2[Info, error]
}

// List reads a folder when it comes to it, and describes a file when it yields
// it. Symlinks to files are followed; those to folders are not, as the files
// behind them are listed where they are. Pipes and devices are skipped.
func (l *local) List(ctx context.Context, prefix, start string) iter.Seq2[Info, error] {
	return l.list(ctx, prefix, start, false)
}

// Leftovers yields the temporary files.
func (l *local) Leftovers(ctx context.Context) iter.Seq2[Info, error] {
	return l.list(ctx, "", "", true)
}

func (l *local) list(ctx context.Context, prefix, start string, temps bool) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		end := begin(ctx, RequestList)
		defer end(0)
		w := walk{ctx: ctx, prefix: prefix, start: start, temps: temps, yield: yield}
		if _, err := w.from(l); err != nil {
			yield(Info{}, l.failed("list", prefix, err))
		}
	}
}

// walk is one run of a listing.
type walk struct {
	ctx           context.Context
	prefix, start string
	temps         bool // yield temporary files, and only those
	yield         func(Info, error) bool
	top           *os.Root // the store
}

// from walks the innermost folder that holds all names with the prefix. As
// all methods of walk it reports whether the caller wants more.
func (w *walk) from(l *local) (more bool, err error) {
	if err := w.ctx.Err(); err != nil {
		return false, err
	}
	if err := checkPrefix(w.prefix); err != nil {
		return false, err
	}
	path, _ := splitName(w.prefix)
	if err := checkFileName(path); err != nil {
		return false, err
	}
	w.top, err = l.open()
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer w.top.Close()
	if path == "" {
		return w.folder(w.top, "", 0)
	}
	return w.subfolder(w.top, path, path+"/", 1+strings.Count(path, "/"))
}

// subfolder walks the folder that is called name in parent and path in the
// store.
func (w *walk) subfolder(parent *os.Root, name, path string, depth int) (more bool, err error) {
	if depth > depthMax {
		return false, fmt.Errorf("%w: folders more than %d deep", ErrBadName, depthMax)
	}
	root, err := parent.OpenRoot(name + "/")
	if err != nil {
		return true, unlessGone(path, err)
	}
	defer root.Close()
	return w.folder(root, path, depth)
}

// folder yields what is below a folder, in order.
func (w *walk) folder(root *os.Root, path string, depth int) (more bool, err error) {
	keys, err := w.keys(root, path)
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		if err := w.ctx.Err(); err != nil {
			return false, err
		}
		if name, isFolder := strings.CutSuffix(key, "/"); isFolder {
			more, err = w.subfolder(root, name, path+key, depth+1)
		} else {
			more, err = w.file(root, key, path+key)
		}
		if !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

// keys returns the entries of a folder that may lead to a name to be yielded.
// Folders carry the "/" that follows them in the names of their files, so that
// the order of the keys is that of the names: "a-b/" < "a/" < "a0".
func (w *walk) keys(root *os.Root, path string) ([]string, error) {
	self, err := root.OpenFile(".", readFlags, 0)
	if err != nil {
		return nil, unlessGone(path, err)
	}
	defer self.Close()
	entries, err := entriesOf(self)
	if err != nil {
		return nil, unlessGone(path, err)
	}
	defer entries.Close()
	var keys []string
	for {
		some, err := entries.ReadDir(entriesAtOnce)
		for _, entry := range some {
			if key, ok := w.key(entry, path); ok {
				keys = append(keys, key)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unlessGone(path, err)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// key returns the key of an entry, and whether it is wanted.
func (w *walk) key(entry fs.DirEntry, path string) (string, bool) {
	key := entry.Name()
	switch entry.Type() {
	case fs.ModeDir:
		key += "/"
		name := path + key
		return key, (strings.HasPrefix(name, w.prefix) || strings.HasPrefix(w.prefix, name)) &&
			(name >= w.start || strings.HasPrefix(w.start, name))
	case 0, fs.ModeSymlink:
		name := path + key
		return key, strings.HasPrefix(name, w.prefix) && name >= w.start && isTemp(key) == w.temps
	}
	return "", false
}

// file yields a file, unless it has vanished or is none.
func (w *walk) file(root *os.Root, key, name string) (more bool, err error) {
	stat, err := root.Lstat(key)
	if err == nil && stat.Mode().Type() == fs.ModeSymlink {
		stat, err = w.top.Stat(name)
	}
	if err != nil {
		return true, unlessGone(name, err)
	}
	if !stat.Mode().IsRegular() {
		return true, nil
	}
	return w.yield(infoOf(name, stat), nil), nil
}

// unlessGone returns the error of an entry, or nil if the entry vanished while
// we listed. What is there and cannot be read is not left out in silence.
func unlessGone(path string, err error) error {
	if errors.Is(ofRead(err), fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%s: %w", path, plain(err))
}
