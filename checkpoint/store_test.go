package checkpoint

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/foreset/foreset/storage"
)

// mapStore is a store in memory that counts what is asked of it, and fails
// the operations that fail says.
type mapStore struct {
	mu       sync.Mutex
	objects  map[string][]byte
	requests []string
	fail     func(op, name string) error
}

func newStore() *mapStore { return &mapStore{objects: map[string][]byte{}} }

func (m *mapStore) start(ctx context.Context, op, name string) error {
	m.requests = append(m.requests, op+" "+name)
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail(op, name)
	}
	return nil
}

func (m *mapStore) Get(ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.start(ctx, "get", name); err != nil {
		return nil, storage.Info{}, err
	}
	b, ok := m.objects[name]
	switch {
	case !ok:
		return nil, storage.Info{}, &storage.Error{Op: "get", Name: name, Err: fs.ErrNotExist}
	case limit >= 0 && int64(len(b)) > limit:
		return nil, storage.Info{}, storage.ErrTooLarge
	}
	return slices.Clone(b), storage.Info{Name: name, Size: int64(len(b))}, nil
}

func (m *mapStore) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.start(ctx, "read", name); err != nil {
		return 0, err
	}
	b, ok := m.objects[name]
	if !ok {
		return 0, &storage.Error{Op: "read", Name: name, Err: fs.ErrNotExist}
	}
	n := 0
	if off < int64(len(b)) {
		n = copy(p, b[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *mapStore) Put(ctx context.Context, name string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.start(ctx, "put", name); err != nil {
		return err
	}
	m.objects[name] = slices.Clone(body)
	return nil
}

func (m *mapStore) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(m.objects)) {
			if strings.HasPrefix(name, prefix) && name >= start && !yield(storage.Info{Name: name, Size: int64(len(m.objects[name]))}, nil) {
				return
			}
		}
	}
}

func (m *mapStore) Head(_ context.Context, name string) (storage.Info, error) {
	b, ok := m.objects[name]
	if !ok {
		return storage.Info{}, &storage.Error{Op: "head", Name: name, Err: fs.ErrNotExist}
	}
	return storage.Info{Name: name, Size: int64(len(b))}, nil
}
func (m *mapStore) PutIfAbsent(context.Context, string, []byte) (storage.Outcome, storage.Info, error) {
	panic("not used")
}
func (m *mapStore) Create(context.Context, string) (storage.Writer, error) { panic("not used") }
func (m *mapStore) Delete(context.Context, ...string) error                { panic("not used") }
func (m *mapStore) String() string                                         { return "map:" }
func (m *mapStore) Close() error                                           { return nil }
