package dv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// What is read and kept: small enough that reading it for one vector alone
// costs no more than the request.
const (
	windowBytes   = 64 << 10 // of one file
	cacheBytes    = 16 << 20 // of all of them together
	believedBytes = 16 << 20 // a longer record is looked for before there is memory for it
)

// cache holds windows of the files that vectors lie in: the windowBytes from a
// multiple of windowBytes, and what the last record in it needs beyond.
type cache struct {
	mu      sync.Mutex
	windows map[windowKey]*window
	oldest  []windowKey // of the windows that have been read, in order
	bytes   int
}

type windowKey struct {
	id    string // of the file
	block int64
}

// window is read by whoever asks first. Once done is closed nothing changes.
type window struct {
	want  int // bytes from the start of the block
	done  chan struct{}
	bytes []byte // fewer than want if the file ends with them
	err   error
}

// read is the n bytes of a file at offset. Errors are those of the store, or
// [*log.CorruptError] if the file ends before.
func (c *cache) read(ctx context.Context, at place, offset int64, n int) ([]byte, error) {
	if n > windowBytes/2 {
		return readLong(ctx, at, offset, n)
	}
	key := windowKey{at.id, offset / windowBytes}
	from := int(offset % windowBytes)
	for {
		w, mine := c.claim(key, from+n)
		if mine {
			w.bytes, w.err = readShort(ctx, at, key.block*windowBytes, w.want)
			c.settle(key, w)
		}
		select {
		case <-w.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		switch {
		case w.err == nil && len(w.bytes) >= from+n:
			return w.bytes[from : from+n], nil
		case w.err == nil:
			return nil, endsEarly(at, offset+int64(n))
		case mine || !gaveUp(w.err):
			return nil, w.err
		}
		// Whoever read the window was called off, which is nothing to us.
	}
}

// claim is the window of key, if it has its first n bytes or will have them
// once it is done; else a new one, which is the caller's to read.
func (c *cache) claim(key windowKey, n int) (w *window, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.windows[key]
	if old != nil && old.want >= n {
		return old, false
	}
	if i := slices.Index(c.oldest, key); i >= 0 {
		c.drop(i)
	}
	w = &window{want: max(n, windowBytes), done: make(chan struct{})}
	c.windows[key] = w
	return w, true
}

// settle publishes a window that has been read, and keeps it unless that
// failed. The oldest ones make room.
func (c *cache) settle(key windowKey, w *window) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(w.done)
	switch {
	case c.windows[key] != w: // a longer one has taken its place
		return
	case w.err != nil:
		delete(c.windows, key)
		return
	}
	c.oldest, c.bytes = append(c.oldest, key), c.bytes+cap(w.bytes)
	for c.bytes > cacheBytes {
		c.drop(0)
	}
}

// drop forgets the i-th of the oldest windows.
func (c *cache) drop(i int) {
	key := c.oldest[i]
	c.bytes -= cap(c.windows[key].bytes)
	delete(c.windows, key)
	c.oldest = slices.Delete(c.oldest, i, i+1)
}

// readShort is the n bytes of a file at offset, or as many as it has there.
func readShort(ctx context.Context, at place, offset int64, n int) ([]byte, error) {
	p := make([]byte, n)
	got, err := at.store.ReadAt(ctx, at.object, p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if got < n/2 { // most files are small, and a table may have many
		return bytes.Clone(p[:got]), nil
	}
	return p[:got], nil
}

// readLong is the n bytes of a file at offset, which no window holds.
func readLong(ctx context.Context, at place, offset int64, n int) ([]byte, error) {
	if n > believedBytes {
		info, err := at.store.Head(ctx, at.object)
		if err != nil {
			return nil, err
		}
		if info.Size < offset+int64(n) {
			return nil, endsEarly(at, offset+int64(n))
		}
	}
	p, err := readShort(ctx, at, offset, n)
	if err == nil && len(p) < n {
		err = endsEarly(at, offset+int64(n))
	}
	return p, err
}

func endsEarly(at place, end int64) error {
	return corrupt(at.name, fmt.Errorf("deletion vector reaches to byte %d, and the file does not", end))
}

func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
