package storage

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Create streams into parts. An object that fits into one is put at once.
func (r *remote) Create(ctx context.Context, name string) (Writer, error) {
	key, err := r.key(ctx, name)
	if err != nil {
		return nil, r.failed("create", name, err)
	}
	return &remoteWriter{ctx: ctx, store: r, name: name, key: key}, nil
}

// remoteWriter collects a part while those before it are sent. It holds at
// most PartsAtOnce + 1 of them.
type remoteWriter struct {
	ctx   context.Context
	store *remote
	name  string
	key   string

	part   []byte // what is collected
	n      int    // parts that were handed over
	size   int64  // bytes that were handed over
	upload Upload // nil until the first part is full
	group  *errgroup.Group
	ended  bool
	lost   bool // an answer to Complete

	mu  sync.Mutex // guards err
	err error      // the first failure; nothing is published after it
}

// partSize is the size of a part. It grows with their number, so that an
// object of any size fits into the parts that it may have.
func (w *remoteWriter) partSize(n int) int {
	t := &w.store.traits
	return t.PartMin * (1 + n/(t.PartMax/10))
}

func (w *remoteWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if err := w.usable(); err != nil {
			return written, w.failed(err)
		}
		size := w.partSize(w.n)
		if len(w.part) == size {
			if err := w.send(); err != nil {
				return written, w.failed(err)
			}
			continue
		}
		n := min(len(p), size-len(w.part))
		w.part = append(w.part, p[:n]...)
		p, written = p[n:], written+n
	}
	return written, nil
}

// send hands the collected part over.
func (w *remoteWriter) send() error {
	if w.upload == nil {
		upload, err := repeat(w.ctx, w.store, w.call(0), func(ctx context.Context, _ *watch) (Upload, int64, error) {
			u, err := w.store.driver.Upload(w.ctx, w.key) // it lives as long as the stream, not as the attempt
			return u, 0, err
		})
		if err != nil {
			w.fail(err)
			return err
		}
		w.upload, w.group = upload, new(errgroup.Group)
		w.group.SetLimit(w.store.traits.PartsAtOnce)
	}
	part, n := w.part, w.n
	w.size += int64(len(part))
	w.part, w.n = make([]byte, 0, min(w.partSize(w.n+1), cap(part))), w.n+1
	c := w.call(len(part))
	c.once = w.store.traits.PartsAtOnce == 1 // what is sent in order cannot be sent again
	w.group.Go(func() error {
		_, err := repeat(w.ctx, w.store, c, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
			return struct{}{}, int64(len(part)), w.upload.Part(ctx, n, part)
		})
		w.fail(err)
		return nil
	})
	return nil
}

func (w *remoteWriter) call(bytes int) call {
	return call{kind: RequestPart, name: w.name, bytes: int64(bytes)}
}

// Close sends what is left, waits for all parts and publishes the object.
func (w *remoteWriter) Close() error {
	if w.ended {
		return w.failed(fs.ErrClosed)
	}
	err := w.publish()
	w.ended, w.part = true, nil
	if err != nil {
		w.drop()
		return w.failed(err)
	}
	return nil
}

func (w *remoteWriter) publish() error {
	if err := w.usable(); err != nil {
		return err
	}
	if w.upload == nil {
		return w.putWhole()
	}
	if len(w.part) > 0 {
		if err := w.send(); err != nil {
			return err
		}
	}
	_ = w.group.Wait() // failures are in w.err
	if err := w.usable(); err != nil {
		return err
	}
	_, err := repeat(w.ctx, w.store, w.call(0), func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		return struct{}{}, 0, w.complete(ctx)
	})
	return err
}

// complete publishes the object. Where an answer was lost and the upload is
// gone then, it was completed: nobody else ends it.
func (w *remoteWriter) complete(ctx context.Context) error {
	err := w.upload.Complete(ctx, w.n)
	switch {
	case err == nil:
	case classOf(err) == Lost:
		w.lost = true
	case classOf(err) == NotFound && w.lost:
		if info, headErr := w.store.driver.Head(ctx, w.key); headErr == nil && info.Size == w.size {
			return nil
		}
	}
	return err
}

func (w *remoteWriter) putWhole() error {
	c := call{kind: RequestPut, name: w.name, bytes: int64(len(w.part))}
	_, err := repeat(w.ctx, w.store, c, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		return struct{}{}, int64(len(w.part)), w.store.driver.Put(ctx, w.key, w.part, false)
	})
	return err
}

func (w *remoteWriter) Abort() error {
	if w.ended {
		return nil
	}
	w.ended, w.part = true, nil
	if err := w.drop(); err != nil {
		return w.failed(err)
	}
	return nil
}

// dropTime bounds the removal of the parts of a stream that was given up.
const dropTime = bodyTime

// drop removes what was sent. It does so also when ctx has ended: parts cost
// money for as long as they lie there.
func (w *remoteWriter) drop() error {
	if w.upload == nil {
		return nil
	}
	_ = w.group.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), dropTime)
	defer cancel()
	_, err := repeat(ctx, w.store, w.call(0), func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		return struct{}{}, 0, w.upload.Abort(ctx)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// usable says why nothing more can be written.
func (w *remoteWriter) usable() error {
	if w.ended {
		return fs.ErrClosed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.ctx.Err()
}

func (w *remoteWriter) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *remoteWriter) failed(err error) error { return w.store.failed("create", w.name, err) }
