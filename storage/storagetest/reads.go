package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/foreset/foreset/storage"
)

func ranges(ctx context.Context, s storage.Store, _ Options) error {
	body := make([]byte, 1000)
	for i := range body {
		body[i] = byte(i * 7)
	}
	if err := errors.Join(s.Put(ctx, "full", body), s.Put(ctx, "empty", nil)); err != nil {
		return err
	}
	var p problems
	for _, c := range []struct {
		name  string
		off   int64
		len   int
		wantN int
	}{
		{"full", 0, 1000, 1000}, {"full", 0, 1, 1}, {"full", 999, 1, 1}, {"full", 500, 500, 500}, // up to the end
		{"full", 0, 1001, 1000}, {"full", 999, 2, 1}, {"full", 1, 5000, 999}, // across
		{"full", 1000, 1, 0}, {"full", 1001, 10, 0}, {"full", 1 << 40, 10, 0}, // past
		{"full", 0, 0, 0}, {"full", 1000, 0, 0},
		{"empty", 0, 1, 0}, {"empty", 5, 1, 0}, {"empty", 0, 0, 0},
	} {
		buf := bytes.Repeat([]byte{0xAA}, c.len)
		n, err := s.ReadAt(ctx, c.name, buf, c.off)
		switch {
		case n != c.wantN:
			p.add("%s: %d bytes at %d: %d, want %d", c.name, c.len, c.off, n, c.wantN)
		case n < c.len && err != io.EOF, n == c.len && err != nil && err != io.EOF:
			p.add("%s: %d bytes at %d: error %v", c.name, c.len, c.off, err)
		case n > 0 && !bytes.Equal(buf[:n], body[c.off:c.off+int64(n)]):
			p.add("%s: %d bytes at %d: other bytes", c.name, c.len, c.off)
		}
	}
	if n, err := s.ReadAt(ctx, "full", make([]byte, 1), -1); n != 0 || err == nil || err == io.EOF {
		p.add("negative offset: %d, %v", n, err)
	}
	if err := mustRead(ctx, s, "empty", nil); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func getKeepsToLimit(ctx context.Context, s storage.Store, _ Options) error {
	if err := errors.Join(s.Put(ctx, "ten", make([]byte, 10)), s.Put(ctx, "empty", nil)); err != nil {
		return err
	}
	var p problems
	for _, c := range []struct {
		name  string
		limit int64
		fits  bool
	}{
		{"ten", -1, true}, {"ten", 11, true}, {"ten", 10, true}, {"ten", 9, false}, {"ten", 0, false},
		{"empty", -1, true}, {"empty", 0, true}, {"empty", 1, true},
	} {
		body, _, err := s.Get(ctx, c.name, c.limit)
		if c.fits && err != nil || !c.fits && (!errors.Is(err, storage.ErrTooLarge) || body != nil) {
			p.add("get %s with limit %d: %d bytes, %v", c.name, c.limit, len(body), err)
		}
	}
	// What was returned is the caller's.
	body, _, err := s.Get(ctx, "ten", -1)
	if err != nil {
		return err
	}
	body[0] = 'X'
	if err := mustRead(ctx, s, "ten", make([]byte, 10)); err != nil {
		p.add("after the caller changed its bytes: %w", err)
	}
	return p.err()
}

func headDescribes(ctx context.Context, s storage.Store, _ Options) error {
	var before storage.Info
	for i, body := range []string{"one", "other", "third"} {
		if err := s.Put(ctx, "a/b", []byte(body)); err != nil {
			return err
		}
		info, err := s.Head(ctx, "a/b")
		switch {
		case err != nil:
			return err
		case info.Name != "a/b" || info.Size != int64(len(body)) || info.Modified.IsZero():
			return fmt.Errorf("head of %q: %+v", body, info)
		case i > 0 && info.ETag == before.ETag && info.ETag != "":
			return fmt.Errorf("the ETag %s did not change", info.ETag)
		case info.Modified.Before(before.Modified):
			return fmt.Errorf("modified at %v, and before that at %v", info.Modified, before.Modified)
		}
		_, got, err := s.Get(ctx, "a/b", -1)
		if got.Modified.Equal(info.Modified.Truncate(time.Second)) {
			got.Modified = info.Modified // a header has no fractions of a second
		}
		if err != nil || !same(got, info) {
			return fmt.Errorf("get says %+v, head %+v, %w", got, info, err)
		}
		for listed, err := range s.List(ctx, "a/", "") {
			if err != nil || !same(listed, info) {
				return fmt.Errorf("list says %+v, head %+v, %w", listed, info, err)
			}
		}
		before = info
	}
	return nil
}

// putDescribes: what the answer says is as in a listing. It may leave out the
// time or the ETag.
func putDescribes(ctx context.Context, s storage.Store, _ Options) error {
	outcome, created, err := s.PutIfAbsent(ctx, "a/b", []byte("body"))
	if outcome != storage.Created || err != nil {
		return fmt.Errorf("%v: %w", outcome, err)
	}
	outcome, again, err := s.PutIfAbsent(ctx, "a/b", []byte("other"))
	if outcome != storage.Exists || err != nil || again != (storage.Info{}) {
		return fmt.Errorf("a second put: %v, %+v, %w", outcome, again, err)
	}
	for listed, err := range s.List(ctx, "a/", "") {
		if err != nil {
			return err
		}
		if created.ETag == "" {
			listed.ETag = ""
		}
		if created.Modified.IsZero() {
			listed.Modified = time.Time{}
		}
		if !same(listed, created) {
			return fmt.Errorf("list says %+v, the put %+v", listed, created)
		}
	}
	return nil
}

func same(a, b storage.Info) bool {
	return a.Name == b.Name && a.Size == b.Size && a.ETag == b.ETag && a.Modified.Equal(b.Modified)
}
