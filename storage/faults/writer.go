package faults

import (
	"context"
	"io/fs"

	"github.com/foreset/foreset/storage"
)

// Create implements [storage.Store]. Every call of the writer is an operation.
func (s *Store) Create(ctx context.Context, name string) (storage.Writer, error) {
	op, fault := s.begin(ctx, Op{Kind: Create, Name: name})
	if err := s.failInstead(ctx, op, fault); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, s.failed(op, err)
	}
	// The write may be completed after ctx has ended, if that comes late: the
	// writer below must not notice.
	innerCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, cancel)
	inner, err := s.inner.Create(innerCtx, name)
	if err != nil {
		detach()
		cancel()
		return nil, err
	}
	return &writer{store: s, ctx: ctx, name: name, inner: inner, cancel: cancel, detach: detach}, nil
}

type writer struct {
	store  *Store
	ctx    context.Context
	name   string
	inner  storage.Writer // nil once the write has ended
	cancel func()         // ends the context of inner
	detach func() bool    // keeps it from ending with ctx
	size   int
	err    error // of the first Write that failed
}

func (w *writer) Write(p []byte) (int, error) {
	op, fault := w.store.begin(w.ctx, Op{Kind: WritePart, Name: w.name, Len: len(p), Off: int64(w.size)})
	n, err := w.write(op, fault, p)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.size += n
	return n, err
}

func (w *writer) write(op Op, fault Fault, p []byte) (int, error) {
	if w.inner == nil {
		return 0, w.store.failed(op, fs.ErrClosed)
	}
	if w.err != nil {
		return 0, w.err
	}
	if err := w.ctx.Err(); err != nil {
		return 0, w.store.failed(op, err)
	}
	if err := w.store.failInstead(w.ctx, op, fault); err != nil {
		return 0, err
	}
	return w.inner.Write(p)
}

func (w *writer) Close() error {
	op, fault := w.store.begin(w.ctx, Op{Kind: Complete, Name: w.name, Len: w.size})
	if w.inner == nil {
		return w.store.failed(op, fs.ErrClosed)
	}
	inner := w.inner
	w.inner = nil
	err := w.err
	if err == nil && w.ctx.Err() != nil {
		err = w.store.failed(op, w.ctx.Err())
	}
	if err != nil {
		w.giveUp(inner)
		return err
	}
	_, err = w.store.write(w.ctx, op, fault, write{
		apply: func(context.Context) (storage.Outcome, error) {
			defer w.release()
			return storage.Unknown, inner.Close()
		},
		keep: func() { w.detach() },
		drop: func() { w.giveUp(inner) },
	})
	return err
}

func (w *writer) Abort() error {
	if w.inner == nil {
		return nil // deferred after a Close: no operation
	}
	op, fault := w.store.begin(w.ctx, Op{Kind: Abort, Name: w.name, Len: w.size})
	inner := w.inner
	w.inner = nil
	defer w.release()
	err := inner.Abort()
	if err == nil && fault.Effect != None {
		w.store.struck(op, fault)
		err = w.store.injected(op, fault)
	}
	return err
}

// giveUp aborts the write below; why it ended is known already.
func (w *writer) giveUp(inner storage.Writer) {
	defer w.release()
	_ = inner.Abort()
}

func (w *writer) release() {
	w.detach()
	w.cancel()
}
