package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/foreset/foreset/storage"
)

// stream writes an object in pieces.
func stream(ctx context.Context, s storage.Store, name string, body []byte) error {
	w, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	for len(body) > 0 {
		n, err := w.Write(body[:(len(body)+1)/2])
		if err != nil {
			return err
		}
		body = body[n:]
	}
	return w.Close()
}

func putIsAtomic(ctx context.Context, s storage.Store, _ Options) error {
	const versions, readers = 60, 4
	// A version is its number, repeated; its length follows from the number.
	version := func(v int) []byte { return bytes.Repeat([]byte{byte(v)}, 1+v*1500) }
	if err := s.Put(ctx, "hint", version(0)); err != nil {
		return err
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	errs := make([]error, readers+1)
	for i := range readers {
		wg.Go(func() {
			last := 0
			for {
				body, info, err := s.Get(ctx, "hint", -1)
				switch {
				case err != nil:
				case len(body) == 0:
					err = errors.New("read an empty object")
				case !bytes.Equal(body, version(int(body[0]))) || info.Size != int64(len(body)):
					err = fmt.Errorf("read %s with %+v", brief(body), info)
				case int(body[0]) < last:
					err = fmt.Errorf("read version %d after %d", body[0], last)
				}
				if err != nil {
					errs[i] = err
					return
				}
				last = int(body[0])
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for v := 1; v < versions && errs[readers] == nil; v++ {
		if v%2 == 0 {
			errs[readers] = s.Put(ctx, "hint", version(v))
		} else {
			errs[readers] = stream(ctx, s, "hint", version(v))
		}
	}
	close(done)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.Join(mustRead(ctx, s, "hint", version(versions-1)), mustHold(ctx, s, "hint"))
}

// big is more than writers buffer.
var big = bytes.Repeat([]byte("0123456789abcdef"), 20_000)

func streamIsPublishedOnClose(ctx context.Context, s storage.Store, _ Options) error {
	var p problems
	w, err := s.Create(ctx, "data/part")
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(big); err != nil {
		return err
	}
	names, err := list(ctx, s, "", "")
	if err != nil || len(names) > 0 {
		p.add("before Close: %q, %v", names, err)
	}
	if outcome, _, err := s.PutIfAbsent(ctx, "data/other", nil); outcome != storage.Created || err != nil {
		p.add("beside the stream: %v, %v", outcome, err)
	}
	if n, err := w.Write([]byte("end")); n != 3 || err != nil {
		p.add("write: %d, %v", n, err)
	}
	if err := w.Close(); err != nil {
		return err
	}
	want := append(bytes.Clone(big), "end"...)
	if err := mustRead(ctx, s, "data/part", want); err != nil {
		p.add("%w", err)
	}
	if err := w.Abort(); err != nil {
		p.add("abort after close: %v", err)
	}
	if err := w.Close(); err == nil {
		p.add("a second Close succeeds")
	}
	if _, err := w.Write([]byte("x")); err == nil {
		p.add("a Write after Close succeeds")
	}
	if err := mustRead(ctx, s, "data/part", want); err != nil {
		p.add("after close: %w", err)
	}
	if err := stream(ctx, s, "data/none", nil); err != nil {
		p.add("an empty stream: %v", err)
	}
	if err := mustRead(ctx, s, "data/none", nil); err != nil {
		p.add("%w", err)
	}
	if err := mustHold(ctx, s, "data/none", "data/other", "data/part"); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func abortedStreamLeavesNothing(ctx context.Context, s storage.Store, _ Options) error {
	if err := s.Put(ctx, "data/kept", []byte("kept")); err != nil {
		return err
	}
	var p problems
	for _, name := range []string{"data/part", "data/kept", "new/part"} {
		for _, body := range [][]byte{nil, []byte("x"), big} {
			w, err := s.Create(ctx, name)
			if err != nil {
				return err
			}
			if _, err := w.Write(body); err != nil {
				p.add("write: %v", err)
			}
			for range 2 {
				if err := w.Abort(); err != nil {
					p.add("abort: %v", err)
				}
			}
			if err := w.Close(); err == nil {
				p.add("a Close after Abort succeeds")
			}
			if err := mustHold(ctx, s, "data/kept"); err != nil {
				p.add("after the abort of %s with %d bytes: %w", name, len(body), err)
			}
		}
	}
	if err := mustRead(ctx, s, "data/kept", []byte("kept")); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func cancelledStreamLeavesNothing(ctx context.Context, s storage.Store, _ Options) error {
	if err := s.Put(ctx, "data/kept", []byte("kept")); err != nil {
		return err
	}
	var p problems
	for _, name := range []string{"data/part", "data/kept"} {
		for _, body := range [][]byte{nil, []byte("x"), big} {
			streamCtx, cancel := context.WithCancel(ctx)
			w, err := s.Create(streamCtx, name)
			if err != nil {
				cancel()
				return err
			}
			if _, err := w.Write(body); err != nil {
				p.add("write: %v", err)
			}
			cancel()
			if _, err := w.Write([]byte("late")); !errors.Is(err, context.Canceled) {
				p.add("write after the cancel: %v", err)
			}
			if err := w.Close(); !errors.Is(err, context.Canceled) {
				p.add("close after the cancel: %v", err)
			}
			if err := mustHold(ctx, s, "data/kept"); err != nil {
				p.add("after the cancel of %s with %d bytes: %w", name, len(body), err)
			}
		}
	}
	if err := mustRead(ctx, s, "data/kept", []byte("kept")); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func deletes(ctx context.Context, s storage.Store, _ Options) error {
	var p problems
	if err := s.Delete(ctx, "missing", "missing/too"); err != nil {
		p.add("in an empty store: %v", err)
	}
	if err := s.Delete(ctx); err != nil {
		p.add("of nothing: %v", err)
	}
	if err := putAll(ctx, s, []string{"a/1", "a/2", "a/3", "b"}); err != nil {
		return err
	}
	if err := s.Delete(ctx, "a/1", "a/none", "a", "a/2/below", "a/3"); err != nil {
		p.add("with missing ones among them: %v", err)
	}
	if err := mustHold(ctx, s, "a/2", "b"); err != nil {
		p.add("%w", err)
	}
	if err := s.Delete(ctx, "a/2"); err != nil {
		p.add("%w", err)
	}
	if outcome, _, err := s.PutIfAbsent(ctx, "a/2", []byte("new")); outcome != storage.Created || err != nil {
		p.add("put if absent after delete: %v, %v", outcome, err)
	}
	if err := mustRead(ctx, s, "a/2", []byte("new")); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func endedContextDoesNothing(ctx context.Context, s storage.Store, _ Options) error {
	if err := s.Put(ctx, "kept", []byte("kept")); err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	late, cancel := context.WithDeadline(ctx, time.Unix(1, 0))
	defer cancel()
	var p problems
	for _, c := range []struct {
		ctx  context.Context
		want error
	}{{cancelled, context.Canceled}, {late, context.DeadlineExceeded}} {
		_, _, getErr := s.Get(c.ctx, "kept", -1)
		_, readErr := s.ReadAt(c.ctx, "kept", make([]byte, 1), 0)
		_, headErr := s.Head(c.ctx, "kept")
		putErr := s.Put(c.ctx, "new", nil)
		outcome, _, absentErr := s.PutIfAbsent(c.ctx, "new", nil)
		_, createErr := s.Create(c.ctx, "new")
		deleteErr := s.Delete(c.ctx, "kept")
		_, listErr := list(c.ctx, s, "", "")
		for i, err := range []error{getErr, readErr, headErr, putErr, absentErr, createErr, deleteErr, listErr} {
			if !errors.Is(err, c.want) {
				op := []string{"get", "read", "head", "put", "put if absent", "create", "delete", "list"}[i]
				p.add("%s: %v, want %v", op, err, c.want)
			}
		}
		if outcome == storage.Created || outcome == storage.Exists {
			p.add("put if absent: %v", outcome)
		}
	}
	if err := mustHold(ctx, s, "kept"); err != nil {
		p.add("%w", err)
	}
	// A listing notices when its context ends.
	if err := putAll(ctx, s, []string{"l/1", "l/2", "l/3"}); err != nil {
		return err
	}
	listCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	got := 0
	var listErr error
	for _, err := range s.List(listCtx, "l/", "") {
		if listErr = err; err == nil {
			got++
		}
		cancel()
	}
	if !errors.Is(listErr, context.Canceled) || got != 1 {
		p.add("list after its cancel: %d names, then %v", got, listErr)
	}
	return p.err()
}

// requestsAreCounted by the meter of the context, at least one for each
// operation.
func requestsAreCounted(ctx context.Context, s storage.Store, _ Options) error {
	if _, _, err := s.PutIfAbsent(ctx, "first", nil); err != nil { // so that probes are past
		return err
	}
	var p problems
	for _, c := range []struct {
		name  string
		kind  storage.RequestKind
		bytes int64
		do    func(ctx context.Context) error
	}{
		{"put", storage.RequestPut, 4, func(ctx context.Context) error { return s.Put(ctx, "a", []byte("body")) }},
		{"put if absent", storage.RequestPutIfAbsent, 5, func(ctx context.Context) error {
			_, _, err := s.PutIfAbsent(ctx, "b", []byte("other"))
			return err
		}},
		{"get", storage.RequestGet, 4, func(ctx context.Context) error {
			_, _, err := s.Get(ctx, "a", -1)
			return err
		}},
		{"read", storage.RequestGet, 2, func(ctx context.Context) error {
			_, err := s.ReadAt(ctx, "a", make([]byte, 2), 1)
			return err
		}},
		{"head", storage.RequestHead, 0, func(ctx context.Context) error {
			_, err := s.Head(ctx, "a")
			return err
		}},
		{"list", storage.RequestList, 0, func(ctx context.Context) error {
			_, err := list(ctx, s, "", "")
			return err
		}},
		{"a stream", storage.RequestPut, 6, func(ctx context.Context) error {
			w, err := s.Create(ctx, "c")
			if err != nil {
				return err
			}
			defer w.Abort()
			_, err = w.Write([]byte("stream"))
			return errors.Join(err, w.Close())
		}},
		{"delete", storage.RequestDelete, 0, func(ctx context.Context) error { return s.Delete(ctx, "a", "b", "c") }},
	} {
		var m storage.Meter
		if err := c.do(storage.WithMeter(ctx, &m)); err != nil {
			return err
		}
		if u := m.Usage(); u.Requests[c.kind] == 0 || u.Depth == 0 || u.Bytes != c.bytes {
			p.add("%s: %+v", c.name, u)
		}
	}
	return p.err()
}
