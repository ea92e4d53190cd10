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
//
// It ends what decoders do, by a panic that Guard turns into refused, before
// they hold more than most bytes: a page may be a thousand times as large as
// what it is compressed to, and every column holds one.
type arena struct {
	mem     memory.Allocator
	most    int64
	refused error

	mu   sync.Mutex // guards what is below; finalizers may free
	live map[*byte][]byte
	held int64
}

func newArena(mem memory.Allocator, most int64, refused error) *arena {
	return &arena{mem: mem, most: most, refused: refused, live: map[*byte][]byte{}}
}

func (a *arena) Allocate(size int) []byte {
	a.admit(int64(size))
	b := a.mem.Allocate(size)
	a.add(b)
	return b
}

func (a *arena) Reallocate(size int, b []byte) []byte {
	a.admit(int64(size) - int64(cap(b)))
	a.remove(b)
	b = a.mem.Reallocate(size, b)
	a.add(b)
	return b
}

func (a *arena) admit(more int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held+more > a.most {
		panic(a.refused)
	}
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
		a.held += int64(cap(b))
		a.mu.Unlock()
	}
}

// remove forgets b, and says whether it was there.
func (a *arena) remove(b []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, there := a.live[unsafe.SliceData(b)]
	delete(a.live, unsafe.SliceData(b))
	a.held -= int64(cap(known))
	return there
}

// close frees what is left.
func (a *arena) close() {
	a.mu.Lock()
	left := a.live
	a.live, a.held = map[*byte][]byte{}, 0
	a.mu.Unlock()
	for _, b := range left {
		a.mem.Free(b)
	}
}
