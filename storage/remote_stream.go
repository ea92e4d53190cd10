package storage

import (
	"context"
	"errors"
	"fmt"
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
	ctx, stop := context.WithCancel(ctx)
	return &remoteWriter{ctx: ctx, stop: stop, store: r, name: name, key: key}, nil
}

// remoteWriter collects a part while those before it are sent. It holds at
// most PartsAtOnce + 1 of them.
type remoteWriter struct {
	ctx   context.Context
	stop  context.CancelFunc
	store *remote
	name  string
	key   string

	part   []byte // what is collected
	n      int    // parts that were handed over
	size   int64  // bytes that were handed over
	upload Upload // nil until the first part is full
	group  *errgroup.Group
	ended  bool
	lost   error // an answer to Complete

	mu  sync.Mutex // guards err
	err error      // the first failure; nothing is published after it
}

// partSize is the size of a part. It grows with each tenth of those that an
// object may have, so that it can be 5.5 times as large as that many of PartMin.
func (w *remoteWriter) partSize(n int) int {
	t := &w.store.traits
	return t.PartMin * (1 + n/max(t.PartMax/10, 1))
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
		if w.part == nil && w.n > 0 {
			w.part = make([]byte, 0, size)
		}
		n := min(len(p), size-len(w.part))
		w.part = append(w.part, p[:n]...)
		p, written = p[n:], written+n
	}
	return written, nil
}

// begin begins the upload.
func (w *remoteWriter) begin() error {
	upload, err := repeat(w.ctx, w.store, w.call(0), func(ctx context.Context, _ *watch) (Upload, int64, error) {
		// What is begun lives as long as the stream, not as the attempt.
		life, end := context.WithCancel(w.ctx)
		detach := context.AfterFunc(ctx, end)
		defer detach()
		u, err := w.store.driver.Upload(life, w.key)
		return u, 0, err
	})
	if err != nil {
		w.fail(err)
		return err
	}
	w.upload, w.group = upload, new(errgroup.Group)
	w.group.SetLimit(w.store.traits.PartsAtOnce)
	return nil
}

// send hands the collected part over.
func (w *remoteWriter) send() error {
	if w.upload == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	part, n := w.part, w.n
	w.part, w.n, w.size = nil, w.n+1, w.size+int64(len(part))
	c := w.call(len(part))
	c.once = w.store.traits.PartsAtOnce == 1 // what is sent in order cannot be sent again
	w.group.Go(func() error {
		if w.failure() != nil {
			return nil // of an earlier part
		}
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
	defer w.stop()
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
	// Some services get the last bytes only now.
	_, err := repeat(w.ctx, w.store, w.call(w.partSize(w.n)), func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		return struct{}{}, 0, w.complete(ctx)
	})
	return err
}

// complete publishes the object. Where an answer was lost and the upload is
// gone then, it was completed, if the object is there: nobody else ends it.
func (w *remoteWriter) complete(ctx context.Context) error {
	err := w.upload.Complete(ctx, w.n)
	switch {
	case err == nil:
	case classOf(err) == Lost:
		w.lost = err
	case classOf(err) == NotFound && w.lost != nil:
		info, headErr := w.store.driver.Head(ctx, w.key)
		switch {
		case headErr == nil && info.Size == w.size:
			return nil
		case headErr == nil, classOf(headErr) == NotFound:
			return &Failure{Class: Refused, Text: fmt.Sprintf("the upload is gone and the object is not there; before: %v", w.lost)}
		}
		return headErr
	}
	return err
}

func (w *remoteWriter) putWhole() error {
	c := call{kind: RequestPut, name: w.name, bytes: int64(len(w.part))}
	_, err := repeat(w.ctx, w.store, c, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		_, err := w.store.driver.Put(ctx, w.key, w.part, false)
		return struct{}{}, int64(len(w.part)), err
	})
	return err
}

func (w *remoteWriter) Abort() error {
	if w.ended {
		return nil
	}
	w.ended, w.part = true, nil
	defer w.stop()
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
	w.stop() // parts that are on their way
	_ = w.group.Wait()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(w.ctx), dropTime, errElapsed)
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
	if err := w.failure(); err != nil {
		return err
	}
	return w.ctx.Err()
}

// failure is the first one of a part.
func (w *remoteWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *remoteWriter) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *remoteWriter) failed(err error) error { return w.store.failed("create", w.name, err) }
