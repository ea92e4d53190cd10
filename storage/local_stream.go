package storage

import (
	"bufio"
	"context"
	"io/fs"
	"os"
)

// streamBuffer collects small writes, in bytes.
const streamBuffer = 64 << 10

// Create streams into a temporary file, which Close makes durable and renames
// onto the name.
func (l *local) Create(ctx context.Context, name string) (Writer, error) {
	w, err := l.create(ctx, name)
	if err != nil {
		return nil, l.failed("create", name, err)
	}
	return w, nil
}

func (l *local) create(ctx context.Context, name string) (*localWriter, error) {
	at, err := l.openFolder(ctx, name)
	if err != nil {
		return nil, err
	}
	temp, file, err := at.createTemp()
	if err != nil {
		at.close()
		return nil, err
	}
	return &localWriter{
		ctx:   ctx,
		store: l,
		name:  name,
		at:    at,
		temp:  temp,
		file:  file,
		buf:   bufio.NewWriterSize(file, streamBuffer),
	}, nil
}

type localWriter struct {
	ctx   context.Context
	store *local
	name  string
	at    *folder // nil once the writer has ended
	temp  string
	file  *os.File
	buf   *bufio.Writer
	bytes int64 // written
	err   error // the first failed write; nothing is published after it
}

func (w *localWriter) Write(p []byte) (int, error) {
	if err := w.usable(); err != nil {
		return 0, w.failed(err)
	}
	n, err := w.buf.Write(p)
	w.bytes += int64(n)
	if err != nil {
		w.err = err
		return n, w.failed(err)
	}
	return n, nil
}

func (w *localWriter) Close() error {
	if w.at == nil {
		return w.failed(fs.ErrClosed)
	}
	end := begin(w.ctx, RequestPut)
	err := w.publish()
	end(w.bytes)
	if err != nil {
		return w.failed(err)
	}
	return nil
}

func (w *localWriter) publish() error {
	at := w.at
	w.at = nil
	defer at.close()
	err := w.err
	if err == nil {
		err = w.ctx.Err()
	}
	if err == nil {
		err = w.buf.Flush()
	}
	err = at.finishTemp(w.file, err)
	if err == nil {
		err = w.ctx.Err() // fsync of a large file takes its time
	}
	if err == nil {
		err = ofRename(w.store.disk.rename(at.root, w.temp, at.base))
	}
	if err != nil {
		at.drop(w.temp)
		return err
	}
	return at.sync()
}

func (w *localWriter) Abort() error {
	if w.at == nil {
		return nil
	}
	at := w.at
	w.at = nil
	defer at.close()
	err := w.file.Close()
	if e := at.root.Remove(w.temp); err == nil {
		err = e
	}
	if err != nil {
		return w.failed(err)
	}
	return nil
}

// usable says why nothing more can be written.
func (w *localWriter) usable() error {
	switch {
	case w.at == nil:
		return fs.ErrClosed
	case w.err != nil:
		return w.err
	}
	return w.ctx.Err()
}

func (w *localWriter) failed(err error) error {
	return w.store.failed("create", w.name, err)
}
