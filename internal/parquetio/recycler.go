package parquetio

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// recycler is an allocator that gives the same few blocks out again. A scan
// needs blocks of the same sizes for every batch, and clearing fresh memory,
// with the collection of the old, was a third of its time.
//
// It is bounded: what is kept free is no more than recycleMax bytes, and close
// returns it to the allocator below. Blocks that are in use then go back there
// when they are freed. Safe for concurrent use, as batches may be released
// anywhere. What it allocates is not zero.
type recycler struct {
	mem memory.Allocator

	mu     sync.Mutex // guards the fields below
	free   [recycleClasses][][]byte
	held   int // bytes in free
	closed bool
}

const (
	recycleShift   = 10 // blocks are powers of two from 1 KiB …
	recycleClasses = 17 // … to 64 MiB; what is larger passes through
	recycleMax     = 128 << 20
	blockMax       = 1 << (recycleShift + recycleClasses - 1)
)

func newRecycler(mem memory.Allocator) *recycler { return &recycler{mem: mem} }

// class is which power of two holds size, which is at most blockMax.
func class(size int) int {
	return max(0, bits.Len(uint(max(size, 1)-1))-recycleShift)
}

func (r *recycler) Allocate(size int) []byte {
	if size > blockMax {
		return r.mem.Allocate(size)
	}
	c := class(size)
	r.mu.Lock()
	if n := len(r.free[c]); n > 0 {
		b := r.free[c][n-1]
		r.free[c] = r.free[c][:n-1]
		r.held -= len(b)
		r.mu.Unlock()
		return b[:size]
	}
	r.mu.Unlock()
	block := 1 << (c + recycleShift)
	return r.mem.Allocate(block)[:size:block]
}

func (r *recycler) Reallocate(size int, b []byte) []byte {
	switch large := cap(b) > blockMax; {
	case large && size > blockMax:
		return r.mem.Reallocate(size, b)
	case !large && size <= cap(b):
		return b[:size]
	}
	fresh := r.Allocate(size)
	copy(fresh, b)
	r.Free(b)
	return fresh
}

func (r *recycler) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	if cap(b) > blockMax {
		r.mem.Free(b)
		return
	}
	b = b[:cap(b)]
	r.mu.Lock()
	keep := !r.closed && r.held+len(b) <= recycleMax
	if keep {
		c := class(len(b))
		r.free[c] = append(r.free[c], b)
		r.held += len(b)
	}
	r.mu.Unlock()
	if !keep {
		r.mem.Free(b)
	}
}

// close returns what is free. Blocks in use are returned as they are freed.
func (r *recycler) close() {
	r.mu.Lock()
	free := r.free
	r.free, r.held, r.closed = [recycleClasses][][]byte{}, 0, true
	r.mu.Unlock()
	for _, blocks := range free {
		for _, b := range blocks {
			r.mem.Free(b)
		}
	}
}

// zeroing is an allocator whose memory is zero, which array.MakeArrayOfNull
// takes for granted.
type zeroing struct{ memory.Allocator }

func (z zeroing) Allocate(size int) []byte {
	b := z.Allocator.Allocate(size)
	clear(b)
	return b
}

func (z zeroing) Reallocate(size int, b []byte) []byte {
	had := len(b)
	b = z.Allocator.Reallocate(size, b)
	clear(b[min(had, len(b)):])
	return b
}
