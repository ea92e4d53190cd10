package parquetfile

import (
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// arena is the allocator that arrow-go's decoders of one row group get. Some of
// them never free what they take (those of the delta encodings), and one that
// panicked cannot; the arena frees what is left when it is closed. Nothing that
// decoders allocate is handed on, so nothing is in use then.
type arena struct {
	mem memory.Allocator

	mu   sync.Mutex // guards live; finalizers may free
	live map[*byte][]byte
}

func newArena(mem memory.Allocator) *arena { return &arena{mem: mem, live: map[*byte][]byte{}} }

func (a *arena) Allocate(size int) []byte {
	b := a.mem.Allocate(size)
	a.add(b)
	return b
}

func (a *arena) Reallocate(size int, b []byte) []byte {
	a.remove(b)
	b = a.mem.Reallocate(size, b)
	a.add(b)
	return b
}

func (a *arena) Free(b []byte) {
	if a.remove(b) {
		a.mem.Free(b)
	}
}

func (a *arena) add(b []byte) {
	if cap(b) > 0 {
		a.mu.Lock()
		a.live[unsafe.SliceData(b)] = b
		a.mu.Unlock()
	}
}

// remove forgets b, and says whether it was there.
func (a *arena) remove(b []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, there := a.live[unsafe.SliceData(b)]
	delete(a.live, unsafe.SliceData(b))
	return there
}

// close frees what is left.
func (a *arena) close() {
	a.mu.Lock()
	left := a.live
	a.live = map[*byte][]byte{}
	a.mu.Unlock()
	for _, b := range left {
		a.mem.Free(b)
	}
}
