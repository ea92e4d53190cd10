package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	randv2 "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// RemoteOptions are the options of [NewRemote]. Zero fields mean the defaults.
type RemoteOptions struct {
	// Prefix is what the names of all objects are below of, without slashes at
	// its ends. Empty: the bucket itself.
	Prefix string

	// Elapsed bounds one operation with all its attempts and waits; bodies add
	// the time that they take at 1 MiB/s. 0: 60 s.
	Elapsed time.Duration

	// Attempts bounds how often one request is made. 0: 10.
	Attempts int

	// NoProbe says that the service is known to honour conditional puts, so
	// that nothing is tried out before the first one.
	NoProbe bool

	// Limits are those of the governor.
	Limits Limits

	// Random is where jitter and the names of probes come from; it is read
	// under a lock. Nil: crypto/rand.
	Random io.Reader
}

// NewRemote makes a [Store] of a bucket. It repeats what may be repeated, with
// full jitter and within bounds, gives every attempt a deadline, reads bodies
// whole or not at all, and keeps to the limits of its governor. It fails with
// [ErrBadLocation] for a prefix that cannot be one. Closing the store closes
// the driver.
func NewRemote(d Driver, opts *RemoteOptions) (Store, error) {
	var o RemoteOptions
	if opts != nil {
		o = *opts
	}
	if o.Prefix != "" {
		if err := CheckName(o.Prefix); err != nil {
			return nil, fmt.Errorf("%w: the prefix %q: %w", ErrBadLocation, o.Prefix, err)
		}
		o.Prefix += "/"
	}
	if o.Elapsed <= 0 {
		o.Elapsed = 60 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 10
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	var seed [16]byte
	if _, err := io.ReadFull(o.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("seed the jitter: %w", err)
	}
	t := d.Traits()
	t.DeleteMax = max(t.DeleteMax, 1)
	t.PartsAtOnce = max(t.PartsAtOnce, 1)
	if t.PartMin <= 0 {
		t.PartMin = 8 << 20
	}
	if t.PartMax <= 0 {
		t.PartMax = 10_000
	}
	place := d.String()
	if o.Prefix != "" {
		place = strings.TrimSuffix(place, "/") + "/" + strings.TrimSuffix(o.Prefix, "/")
	}
	r := &remote{
		driver: d, traits: t, opts: o, place: place, gov: newGovernor(o.Limits),
		random: &lockedReader{r: o.Random},
		jitter: randv2.New(randv2.NewPCG(binary.LittleEndian.Uint64(seed[:]), binary.LittleEndian.Uint64(seed[8:]))),
		probe:  make(chan struct{}, 1),
	}
	r.probed = o.NoProbe || t.Conditional
	return r, nil
}

// remote is a store over a driver.
type remote struct {
	driver Driver
	traits Traits
	opts   RemoteOptions // Prefix is empty or ends in "/"
	place  string
	gov    *governor
	random io.Reader

	mu     sync.Mutex // guards what is below; never held over I/O
	jitter *randv2.Rand
	probed bool // the service honours conditional puts

	probe chan struct{} // holds a token: whoever has put it in probes
}

func (r *remote) String() string { return r.place }

func (r *remote) Close() error { return r.driver.Close() }

// key is the driver's name of an object.
func (r *remote) key(ctx context.Context, name string) (string, error) {
	if err := check(ctx, name); err != nil {
		return "", err
	}
	return r.opts.Prefix + name, nil
}

// named gives what the driver knows of an object the store's name of it.
func (r *remote) named(info Info) Info {
	info.Name = strings.TrimPrefix(info.Name, r.opts.Prefix)
	return info
}

func (r *remote) failed(op, name string, err error) error {
	return &Error{Op: op, Store: r.place, Name: name, Err: err}
}

// whole is an object that was read.
type whole struct {
	body []byte
	info Info
}

func (r *remote) Get(ctx context.Context, name string, limit int64) ([]byte, Info, error) {
	key, err := r.key(ctx, name)
	if err != nil {
		return nil, Info{}, r.failed("get", name, err)
	}
	got, err := hedged(ctx, r, call{kind: RequestGet, name: name}, func(ctx context.Context, w *watch, _ int) (whole, int64, error) {
		body, info, err := r.driver.Read(ctx, key, 0, -1)
		if classOf(err) == OutOfRange {
			return whole{info: Info{Name: key}}, 0, nil // an empty object, to some services
		}
		if err != nil {
			return whole{}, 0, err
		}
		defer body.Close()
		all, err := readAll(w, body, info.Size, limit)
		info.Name, info.Size = key, int64(len(all))
		return whole{all, info}, int64(len(all)), err
	})
	if err != nil {
		return nil, Info{}, r.failed("get", name, err)
	}
	return got.body, r.named(got.info), nil
}

// readAll reads a body whose size is known, or −1.
func readAll(w *watch, body io.Reader, size, limit int64) ([]byte, error) {
	if limit < 0 {
		limit = math.MaxInt64
	}
	if size > limit {
		return nil, tooLarge(size, limit)
	}
	most := size
	if size < 0 {
		most = limit
		if limit < math.MaxInt64 {
			most++ // to see that there is more
		}
	}
	// The size is the service's word: memory is taken as bytes arrive.
	var all bytes.Buffer
	all.Grow(int(min(max(size, 0), 1<<20)))
	n, err := io.Copy(&all, io.LimitReader(w.reading(body, size), most))
	switch {
	case err == nil && n < size:
		err = io.ErrUnexpectedEOF
	case err == nil && n > limit:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	if err != nil {
		return nil, cut(err)
	}
	return all.Bytes(), nil
}

// cut is the failure of a body that did not arrive whole.
func cut(err error) error {
	if err == nil {
		return nil
	}
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Lost, Text: "the answer was cut short"}
}

// fill reads until p is full or the body ends. Its error is io.EOF only where
// the body says so itself, which io.ReadFull would not tell from a cut.
func fill(body io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = body.Read(p[n:])
		n += m
	}
	return n, err
}

// ranged is a range that was read: into the caller's buffer, or a copy.
type ranged struct {
	n    int
	copy []byte
}

func (r *remote) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	key, err := r.key(ctx, name)
	if err == nil && off < 0 {
		err = errNegativeOffset
	}
	if err != nil {
		return 0, r.failed("read", name, err)
	}
	if len(p) == 0 {
		return 0, nil
	}
	got, err := hedged(ctx, r, call{kind: RequestGet, name: name, bytes: int64(len(p))}, func(ctx context.Context, w *watch, n int) (ranged, int64, error) {
		body, info, err := r.driver.Read(ctx, key, off, int64(len(p)))
		if classOf(err) == OutOfRange {
			return ranged{}, 0, nil
		}
		if err != nil {
			return ranged{}, 0, err
		}
		defer body.Close()
		got := ranged{}
		into := p
		if n > 0 { // another attempt may be writing to p
			into = make([]byte, len(p))
			got.copy = into
		}
		got.n, err = fill(w.reading(body, 0), into)
		switch {
		case got.n == len(p):
			err = nil
		case err == io.EOF && off+int64(got.n) >= info.Size: // or it is not known
			err = nil
		}
		return got, int64(got.n), cut(err)
	})
	if err != nil {
		return 0, r.failed("read", name, err)
	}
	copy(p, got.copy[:min(got.n, len(got.copy))])
	if got.n < len(p) {
		return got.n, io.EOF
	}
	return got.n, nil
}

func (r *remote) Head(ctx context.Context, name string) (Info, error) {
	key, err := r.key(ctx, name)
	if err != nil {
		return Info{}, r.failed("head", name, err)
	}
	info, err := repeat(ctx, r, call{kind: RequestHead, name: name}, func(ctx context.Context, _ *watch) (Info, int64, error) {
		info, err := r.driver.Head(ctx, key)
		return info, 0, err
	})
	if err != nil {
		return Info{}, r.failed("head", name, err)
	}
	info.Name = key
	return r.named(info), nil
}

func (r *remote) Put(ctx context.Context, name string, body []byte) error {
	key, err := r.key(ctx, name)
	if err != nil {
		return r.failed("put", name, err)
	}
	_, err = repeat(ctx, r, call{kind: RequestPut, name: name, bytes: int64(len(body))}, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
		_, err := r.driver.Put(ctx, key, body, false)
		return struct{}{}, int64(len(body)), err
	})
	if err != nil {
		return r.failed("put", name, err)
	}
	return nil
}

func (r *remote) PutIfAbsent(ctx context.Context, name string, body []byte) (Outcome, Info, error) {
	key, err := r.key(ctx, name)
	if err != nil {
		return Rejected, Info{}, r.failed("put if absent", name, err)
	}
	ctx, _, end := r.within(ctx, int64(len(body)))
	defer end()
	if err := r.ensureConditional(ctx, name); err != nil {
		return Rejected, Info{}, r.failed("put if absent", name, err)
	}
	sent := false
	c := call{kind: RequestPutIfAbsent, name: name, bytes: int64(len(body)), once: true}
	etag, err := repeat(ctx, r, c, func(ctx context.Context, _ *watch) (string, int64, error) {
		sent = true
		etag, err := r.driver.Put(ctx, key, body, true)
		return etag, int64(len(body)), err
	})
	switch {
	case err == nil:
		return Created, Info{Name: name, Size: int64(len(body)), ETag: etag}, nil
	case !sent:
		return Rejected, Info{}, r.failed("put if absent", name, err)
	}
	switch classOf(err) {
	case Taken:
		return Exists, Info{}, nil
	case Lost:
		return Unknown, Info{}, r.failed("put if absent", name, err)
	default:
		return Rejected, Info{}, r.failed("put if absent", name, err)
	}
}

// List pages through the bucket. Where the service does not sort as we do, all
// pages are read before the first object is yielded.
func (r *remote) List(ctx context.Context, prefix, start string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := errors.Join(ctx.Err(), checkPrefix(prefix)); err != nil {
			yield(Info{}, r.failed("list", prefix, err))
			return
		}
		var all []Info
		for info, err := range r.pages(ctx, prefix, start) {
			switch {
			case err != nil:
				yield(Info{}, r.failed("list", prefix, err))
				return
			case r.traits.Sorted:
				if !yield(info, nil) {
					return
				}
			default:
				all = append(all, info)
			}
		}
		slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
		for _, info := range all {
			if err := ctx.Err(); err != nil {
				yield(Info{}, r.failed("list", prefix, err))
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

func (r *remote) pages(ctx context.Context, prefix, start string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		from := ""
		if start != "" {
			from = r.opts.Prefix + start
		}
		last, token := "", ""
		seen := map[string]bool{}
		for {
			page, err := repeat(ctx, r, call{kind: RequestList, name: prefix}, func(ctx context.Context, _ *watch) (Page, int64, error) {
				page, err := r.driver.List(ctx, r.opts.Prefix+prefix, from, token)
				return page, 0, err
			})
			if err != nil {
				yield(Info{}, err)
				return
			}
			for _, info := range page.Objects {
				if err := ctx.Err(); err != nil {
					yield(Info{}, err)
					return
				}
				if !strings.HasPrefix(info.Name, r.opts.Prefix+prefix) {
					continue
				}
				info = r.named(info)
				// Markers of folders, and what no store could hold, are no objects.
				if info.Name < start || CheckName(info.Name) != nil {
					continue
				}
				if r.traits.Sorted && info.Name <= last && last != "" {
					yield(Info{}, &Failure{Class: Refused, Text: fmt.Sprintf("the listing is not in order: %q after %q", info.Name, last)})
					return
				}
				last = info.Name
				if !yield(info, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if token = page.Next; seen[token] {
				yield(Info{}, &Failure{Class: Refused, Text: "the listing does not go on"})
				return
			}
			seen[token] = true
		}
	}
}

func (r *remote) Delete(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return ctx.Err()
	}
	keys := make([]string, len(names))
	for i, name := range names {
		key, err := r.key(ctx, name)
		if err != nil {
			return r.failed("delete", name, err)
		}
		keys[i] = key
	}
	for batch := range slices.Chunk(keys, r.traits.DeleteMax) {
		c := call{kind: RequestDelete, name: strings.TrimPrefix(batch[0], r.opts.Prefix)}
		_, err := repeat(ctx, r, c, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
			return struct{}{}, 0, r.driver.Delete(ctx, batch)
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return r.failed("delete", c.name, err)
		}
	}
	return nil
}

// ensureConditional finds out, once, whether the service honours conditional
// puts, by two puts of one object beside the one that is to be written.
func (r *remote) ensureConditional(ctx context.Context, beside string) error {
	known := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.probed
	}
	if known() {
		return nil
	}
	select {
	case r.probe <- struct{}{}:
		defer func() { <-r.probe }()
	case <-ctx.Done():
		return &Failure{Class: NotSent, Text: "the first conditional put is still tried out", Err: ended(ctx)}
	}
	if known() {
		return nil
	}
	id, err := uuid.NewRandomFromReader(r.random)
	if err != nil {
		return fmt.Errorf("name a probe: %w", err)
	}
	folder, _ := splitName(beside)
	name := ".foreset-probe-" + id.String()
	if folder != "" {
		name = folder + "/" + name
	}
	if err := r.tryTwice(ctx, name); err != nil {
		return fmt.Errorf("try out a conditional put: %w", err)
	}
	r.mu.Lock()
	r.probed = true
	r.mu.Unlock()
	return nil
}

// tryTwice puts an object twice. Both puts may be repeated: that one then finds
// its own object only shows what is to be shown.
func (r *remote) tryTwice(ctx context.Context, name string) error {
	key := r.opts.Prefix + name
	put := func(body string) error {
		c := call{kind: RequestProbe, name: name, bytes: int64(len(body))}
		_, err := repeat(ctx, r, c, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
			_, err := r.driver.Put(ctx, key, []byte(body), true)
			return struct{}{}, c.bytes, err
		})
		return err
	}
	if err := put("first"); err != nil && classOf(err) != Taken {
		return err
	}
	defer func() {
		// Who may not delete may still write a log, and what is left does no
		// harm: one attempt, whatever comes of it.
		_, _ = repeat(ctx, r, call{kind: RequestProbe, name: name, once: true}, func(ctx context.Context, _ *watch) (struct{}, int64, error) {
			return struct{}{}, 0, r.driver.Delete(ctx, []string{key})
		})
	}()
	switch err := put("second"); {
	case err == nil:
		return fmt.Errorf("%w: it overwrites an object in spite of If-None-Match", ErrUnsafe)
	case classOf(err) != Taken:
		return err
	}
	return nil
}
