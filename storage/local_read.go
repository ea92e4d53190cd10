package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

func (l *local) Get(ctx context.Context, name string, limit int64) ([]byte, Info, error) {
	end := begin(ctx, RequestGet)
	body, info, err := l.get(ctx, name, limit)
	end(int64(len(body)))
	if err != nil {
		return nil, Info{}, l.failed("get", name, err)
	}
	return body, info, nil
}

func (l *local) get(ctx context.Context, name string, limit int64) ([]byte, Info, error) {
	file, err := l.openFile(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, Info{}, err
	}
	if !stat.Mode().IsRegular() {
		return nil, Info{}, fs.ErrNotExist
	}
	if limit >= 0 && stat.Size() > limit {
		return nil, Info{}, tooLarge(stat.Size(), limit)
	}
	body := make([]byte, stat.Size())
	if _, err := io.ReadFull(file, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // it shrank under us
		}
		return nil, Info{}, err
	}
	return body, infoOf(name, stat), ctx.Err()
}

func (l *local) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, l.failed("read", name, errNegativeOffset)
	}
	end := begin(ctx, RequestGet)
	n, err := l.readAt(ctx, name, p, off)
	end(int64(n))
	if err != nil && err != io.EOF {
		err = l.failed("read", name, err)
	}
	return n, err
}

func (l *local) readAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	file, err := l.openFile(ctx, name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	n, err := file.ReadAt(p, off)
	switch {
	case n == len(p):
		return n, nil
	case err == io.EOF:
		return n, io.EOF
	}
	return n, ofRead(err)
}

func (l *local) Head(ctx context.Context, name string) (Info, error) {
	end := begin(ctx, RequestHead)
	info, err := l.head(ctx, name)
	end(0)
	if err != nil {
		return Info{}, l.failed("head", name, err)
	}
	return info, nil
}

func (l *local) head(ctx context.Context, name string) (Info, error) {
	if err := l.checkReadable(ctx, name); err != nil {
		return Info{}, err
	}
	root, err := l.open()
	if err != nil {
		return Info{}, err
	}
	defer root.Close()
	stat, err := root.Stat(name)
	if err != nil {
		return Info{}, ofRead(err)
	}
	if !stat.Mode().IsRegular() {
		return Info{}, fs.ErrNotExist
	}
	return infoOf(name, stat), nil
}

// openFile opens the file of an object, or perhaps a folder or another thing
// that is no object and cannot be read from.
func (l *local) openFile(ctx context.Context, name string) (*os.File, error) {
	if err := l.checkReadable(ctx, name); err != nil {
		return nil, err
	}
	root, err := l.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(name, readFlags, 0)
	return file, ofRead(err)
}

// checkReadable is check for names that are read. A temporary file is not an
// object.
func (l *local) checkReadable(ctx context.Context, name string) error {
	if err := l.check(ctx, name); err != nil {
		return err
	}
	if _, base := splitName(name); isTemp(base) {
		return fs.ErrNotExist
	}
	return nil
}

// infoOf describes a regular file. A file system has no ETag: times are as
// coarse as its clock, and sizes and inodes come back.
func infoOf(name string, stat fs.FileInfo) Info {
	return Info{Name: name, Size: stat.Size(), Modified: stat.ModTime()}
}
