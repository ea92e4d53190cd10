package storage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fakeDriver is a bucket in memory that fails as it is told to.
type fakeDriver struct {
	traits Traits
	// before is asked before each request, after once it was applied; an error
	// is the answer. Both may wait. n counts requests from 0.
	before, after   func(ctx context.Context, n int, kind RequestKind, key string) error
	ignoresIfAbsent bool
	page            int // objects; 0: 7
	// body is what a read gives instead of the bytes; it may fail and wait.
	body     func(ctx context.Context, n int, part []byte) io.Reader
	sizeless bool // reads do not say how large the object is

	mu       sync.Mutex
	n        int
	active   int // requests and bodies that have not ended
	most     int // active at once
	holds    int // bytes of parts that are on their way
	mostHeld int
	objects  map[string][]byte
	infos    map[string]Info
	writes   int
	uploads  int // that are under way
	log      []string
}

func newFakeDriver() *fakeDriver {
	return &fakeDriver{traits: Traits{DeleteMax: 3, PartsAtOnce: 2, PartMin: 64, Sorted: true, Conditional: true}, objects: map[string][]byte{}, infos: map[string]Info{}}
}

// store keeps an object. The lock is held.
func (d *fakeDriver) store(key string, body []byte) {
	d.writes++
	d.objects[key] = body
	d.infos[key] = Info{Name: key, Size: int64(len(body)), Modified: time.Now(), ETag: strconv.Itoa(d.writes)}
}

// do carries out a request.
func (d *fakeDriver) do(ctx context.Context, kind RequestKind, key string, apply func() error) error {
	d.mu.Lock()
	n := d.n
	d.n++
	d.log = append(d.log, fmt.Sprint(kind, " ", key))
	d.active++
	d.most = max(d.most, d.active)
	d.mu.Unlock()
	defer d.ended()
	if err := ctx.Err(); err != nil {
		return &Failure{Class: Lost, Err: err}
	}
	if d.before != nil {
		if err := d.before(ctx, n, kind, key); err != nil {
			return err
		}
	}
	d.mu.Lock()
	err := apply()
	d.mu.Unlock()
	if err == nil && d.after != nil {
		err = d.after(ctx, n, kind, key)
	}
	return err
}

func (d *fakeDriver) ended() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.active--
}

// inFlight is how many requests and bodies have not ended.
func (d *fakeDriver) inFlight() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.active
}

// fakeBody is a body that has to be closed.
type fakeBody struct {
	io.Reader
	d *fakeDriver
}

func (b *fakeBody) Close() error {
	b.d.ended()
	return nil
}

func (d *fakeDriver) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.log)
}

func (d *fakeDriver) Read(ctx context.Context, key string, off, length int64) (body io.ReadCloser, info Info, err error) {
	err = d.do(ctx, RequestGet, key, func() error {
		all, ok := d.objects[key]
		switch {
		case !ok:
			return &Failure{Class: NotFound}
		case off > 0 && off >= int64(len(all)):
			return &Failure{Class: OutOfRange}
		}
		part := all[off:]
		if length >= 0 {
			part = part[:min(length, int64(len(part)))]
		}
		info = d.infos[key]
		var r io.Reader = bytes.NewReader(part)
		if d.body != nil {
			r = d.body(ctx, d.n-1, part)
		}
		if d.sizeless {
			info.Size = -1
		}
		d.active++
		body = &fakeBody{r, d}
		return nil
	})
	if err != nil && body != nil {
		body.Close()
		body = nil
	}
	return body, info, err
}

func (d *fakeDriver) Head(ctx context.Context, key string) (info Info, err error) {
	err = d.do(ctx, RequestHead, key, func() error {
		var ok bool
		if info, ok = d.infos[key]; !ok {
			return &Failure{Class: NotFound}
		}
		return nil
	})
	return info, err
}

func (d *fakeDriver) Put(ctx context.Context, key string, body []byte, ifAbsent bool) (etag string, err error) {
	kind := RequestPut
	if ifAbsent {
		kind = RequestPutIfAbsent
	}
	err = d.do(ctx, kind, key, func() error {
		if _, there := d.objects[key]; there && ifAbsent && !d.ignoresIfAbsent {
			return &Failure{Class: Taken}
		}
		d.store(key, slices.Clone(body))
		etag = d.infos[key].ETag
		return nil
	})
	return etag, err
}

type fakeUpload struct {
	d     *fakeDriver
	key   string
	parts map[int][]byte // nil once it has ended
}

func (d *fakeDriver) Upload(ctx context.Context, key string) (u Upload, err error) {
	err = d.do(ctx, RequestPart, key+" begin", func() error {
		d.uploads++
		u = &fakeUpload{d, key, map[int][]byte{}}
		return nil
	})
	return u, err
}

func (u *fakeUpload) Part(ctx context.Context, n int, body []byte) error {
	u.d.mu.Lock()
	u.d.holds += len(body)
	u.d.mostHeld = max(u.d.mostHeld, u.d.holds)
	u.d.mu.Unlock()
	defer func() {
		u.d.mu.Lock()
		u.d.holds -= len(body)
		u.d.mu.Unlock()
	}()
	return u.d.do(ctx, RequestPart, u.key, func() error {
		if u.parts == nil {
			return &Failure{Class: NotFound}
		}
		u.parts[n] = slices.Clone(body)
		return nil
	})
}

func (u *fakeUpload) Complete(ctx context.Context, _ int) error {
	return u.d.do(ctx, RequestPart, u.key+" complete", func() error {
		if u.parts == nil {
			return &Failure{Class: NotFound}
		}
		var all []byte
		for n := range len(u.parts) {
			if n < len(u.parts)-1 && len(u.parts[n]) < u.d.traits.PartMin {
				return &Failure{Class: Refused, Text: "a part is too small"}
			}
			all = append(all, u.parts[n]...)
		}
		u.d.store(u.key, all)
		u.parts = nil
		u.d.uploads--
		return nil
	})
}

func (u *fakeUpload) Abort(ctx context.Context) error {
	return u.d.do(ctx, RequestPart, u.key+" abort", func() error {
		if u.parts == nil {
			return &Failure{Class: NotFound}
		}
		u.parts = nil
		u.d.uploads--
		return nil
	})
}

func (d *fakeDriver) List(ctx context.Context, prefix, start, token string) (page Page, err error) {
	err = d.do(ctx, RequestList, prefix, func() error {
		var keys []string
		for key := range d.objects {
			if strings.HasPrefix(key, prefix) && key > token {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		size := d.page
		if size == 0 {
			size = 7
		}
		if len(keys) > size {
			keys = keys[:size]
			page.Next = keys[size-1]
		}
		for _, key := range keys {
			page.Objects = append(page.Objects, d.infos[key])
		}
		return nil
	})
	return page, err
}

func (d *fakeDriver) Delete(ctx context.Context, keys []string) error {
	return d.do(ctx, RequestDelete, strings.Join(keys, " "), func() error {
		if len(keys) > d.traits.DeleteMax {
			return &Failure{Class: Refused, Text: "too many keys"}
		}
		for _, key := range keys {
			delete(d.objects, key)
			delete(d.infos, key)
		}
		return nil
	})
}

func (d *fakeDriver) Traits() Traits { return d.traits }
func (d *fakeDriver) String() string { return "fake://bucket" }
func (d *fakeDriver) Close() error   { return nil }
