package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MemoryOptions are the options of [NewMemory].
type MemoryOptions struct {
	// Name is shown by String. Empty: "unnamed".
	Name string
	// Now is the clock of the store. Nil: [time.Now].
	Now func() time.Time
}

// NewMemory returns an empty store in memory. It holds the objects until it is
// garbage; Close keeps them. Nil options are the defaults.
func NewMemory(opts *MemoryOptions) Store {
	var o MemoryOptions
	if opts != nil {
		o = *opts
	}
	if o.Name == "" {
		o.Name = "unnamed"
	}
	return &memory{bucket: newBucket(o.Now), place: memoryURL(o.Name, "")}
}

// memory is a view of the objects of a bucket below a prefix.
type memory struct {
	bucket *bucket
	prefix string // empty, or ends in "/"
	place  string
}

// bucket is a set of objects. No lock is held over anything that may wait.
type bucket struct {
	now func() time.Time

	mu      sync.RWMutex
	names   []string // sorted
	objects map[string]object
	writes  uint64 // numbers the ETags
}

// object is immutable: a write puts another in its place.
type object struct {
	body []byte
	info Info // Name is empty: it depends on the view
}

func newBucket(now func() time.Time) *bucket {
	if now == nil {
		now = time.Now
	}
	return &bucket{now: now, objects: map[string]object{}}
}

func (b *bucket) get(name string) (object, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o, ok := b.objects[name]
	return o, ok
}

// put stores body, which nobody changes from here on. With absent set it does
// so only where no object is, and reports whether that was so.
func (b *bucket) put(name string, body []byte, absent bool) (Info, bool) {
	modified := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.objects[name]; there && absent {
		return Info{}, false
	}
	b.writes++
	info := Info{Size: int64(len(body)), Modified: modified, ETag: strconv.FormatUint(b.writes, 10)}
	b.objects[name] = object{body, info}
	if i, there := slices.BinarySearch(b.names, name); !there {
		b.names = slices.Insert(b.names, i, name)
	}
	return info, true
}

func (b *bucket) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, name)
	if i, there := slices.BinarySearch(b.names, name); there {
		b.names = slices.Delete(b.names, i, i+1)
	}
}

// next returns the first object at or after a name.
func (b *bucket) next(from string) (string, object, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, _ := slices.BinarySearch(b.names, from)
	if i == len(b.names) {
		return "", object{}, false
	}
	return b.names[i], b.objects[b.names[i]], true
}

func (m *memory) Get(ctx context.Context, name string, limit int64) ([]byte, Info, error) {
	end := begin(ctx, RequestGet)
	o, err := m.find(ctx, name)
	if err == nil && limit >= 0 && o.info.Size > limit {
		o, err = object{}, tooLarge(o.info.Size, limit)
	}
	end(o.info.Size)
	if err != nil {
		return nil, Info{}, m.failed("get", name, err)
	}
	return bytes.Clone(o.body), o.info, nil
}

func (m *memory) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, m.failed("read", name, errNegativeOffset)
	}
	end := begin(ctx, RequestGet)
	o, err := m.find(ctx, name)
	n := copy(p, o.body[min(off, o.info.Size):])
	end(int64(n))
	if err != nil {
		return 0, m.failed("read", name, err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) Head(ctx context.Context, name string) (Info, error) {
	end := begin(ctx, RequestHead)
	o, err := m.find(ctx, name)
	end(0)
	if err != nil {
		return Info{}, m.failed("head", name, err)
	}
	return o.info, nil
}

// find returns the object of a name, its info complete.
func (m *memory) find(ctx context.Context, name string) (object, error) {
	if err := check(ctx, name); err != nil {
		return object{}, err
	}
	o, ok := m.bucket.get(m.prefix + name)
	if !ok {
		return object{}, fs.ErrNotExist
	}
	o.info.Name = name
	return o, nil
}

func (m *memory) Put(ctx context.Context, name string, body []byte) error {
	if err := check(ctx, name); err != nil {
		return m.failed("put", name, err)
	}
	end := begin(ctx, RequestPut)
	m.bucket.put(m.prefix+name, bytes.Clone(body), false)
	end(int64(len(body)))
	return nil
}

func (m *memory) PutIfAbsent(ctx context.Context, name string, body []byte) (Outcome, Info, error) {
	if err := check(ctx, name); err != nil {
		return Rejected, Info{}, m.failed("put if absent", name, err)
	}
	end := begin(ctx, RequestPutIfAbsent)
	info, created := m.bucket.put(m.prefix+name, bytes.Clone(body), true)
	end(int64(len(body)))
	if !created {
		return Exists, Info{}, nil
	}
	info.Name = name
	return Created, info, nil
}

func (m *memory) Create(ctx context.Context, name string) (Writer, error) {
	if err := check(ctx, name); err != nil {
		return nil, m.failed("create", name, err)
	}
	return &memoryWriter{ctx: ctx, store: m, name: name}, nil
}

func (m *memory) List(ctx context.Context, prefix, start string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Info{}, m.failed("list", prefix, err))
			return
		}
		// Every step looks at the bucket anew, as the pages of a real listing
		// do: what is written behind the listing is not seen, what is written
		// before it is.
		end := begin(ctx, RequestList)
		defer end(0)
		from := m.prefix + max(prefix, start)
		for {
			if err := ctx.Err(); err != nil {
				yield(Info{}, m.failed("list", prefix, err))
				return
			}
			name, o, ok := m.bucket.next(from)
			if !ok || !strings.HasPrefix(name, m.prefix+prefix) {
				return
			}
			o.info.Name = name[len(m.prefix):]
			if !yield(o.info, nil) {
				return
			}
			from = name + "\x00" // the least name after it
		}
	}
}

func (m *memory) Delete(ctx context.Context, names ...string) error {
	if len(names) > 0 {
		end := begin(ctx, RequestDelete)
		defer end(0)
	}
	for _, name := range names {
		if err := check(ctx, name); err != nil {
			return m.failed("delete", name, err)
		}
		m.bucket.remove(m.prefix + name)
	}
	return nil
}

func (m *memory) String() string { return m.place }

func (m *memory) Close() error { return nil }

func (m *memory) failed(op, name string, err error) error {
	return &Error{Op: op, Store: m.place, Name: name, Err: err}
}

// memoryWriter collects what is written until Close.
type memoryWriter struct {
	ctx   context.Context
	store *memory
	name  string
	body  []byte
	ended bool
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	if err := w.usable(); err != nil {
		return 0, err
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

func (w *memoryWriter) Close() error {
	if err := w.usable(); err != nil {
		w.ended = true
		return err
	}
	w.ended = true
	end := begin(w.ctx, RequestPut)
	w.store.bucket.put(w.store.prefix+w.name, w.body, false)
	end(int64(len(w.body)))
	return nil
}

func (w *memoryWriter) Abort() error {
	w.ended, w.body = true, nil
	return nil
}

func (w *memoryWriter) usable() error {
	err := w.ctx.Err()
	if w.ended {
		err = fs.ErrClosed
	}
	if err != nil {
		return w.store.failed("create", w.name, err)
	}
	return nil
}

// buckets are the buckets that mem:// URLs name.
var buckets = struct {
	sync.Mutex
	of map[string]*bucket
}{of: map[string]*bucket{}}

// openMem opens mem://name/prefix.
func openMem(_ context.Context, u *url.URL) (Store, error) {
	if err := refuseExtras(u); err != nil {
		return nil, err
	}
	if u.Host == "" {
		return nil, fmt.Errorf("%w: a mem URL names its bucket: mem://name/prefix", ErrBadLocation)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		if err := CheckName(prefix); err != nil {
			return nil, fmt.Errorf("%w: prefix: %w", ErrBadLocation, err)
		}
	}
	buckets.Lock()
	defer buckets.Unlock()
	b := buckets.of[u.Host]
	if b == nil {
		b = newBucket(nil)
		buckets.of[u.Host] = b
	}
	m := &memory{bucket: b, place: memoryURL(u.Host, prefix)}
	if prefix != "" {
		m.prefix = prefix + "/"
	}
	return m, nil
}

func memoryURL(name, prefix string) string {
	u := url.URL{Scheme: "mem", Host: name, Path: prefix}
	if prefix != "" {
		u.Path = "/" + prefix
	}
	return u.String()
}

// check is what every operation on one object begins with.
func check(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return CheckName(name)
}

var errNegativeOffset = errors.New("negative offset")

func tooLarge(size, limit int64) error {
	return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, size, limit)
}
