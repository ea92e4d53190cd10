package dv

import (
	"iter"
	"math/bits"
	"slices"
	"sort"
)

// Bitmap is a set of physical row positions. It is immutable and safe for
// concurrent use. The zero value, and nil, are the empty set.
type Bitmap struct {
	chunks []chunk // in ascending order of high; none is empty
	count  int64
}

// chunkRows is how many positions share a chunk, as in Roaring.
const chunkRows = 1 << 16

// chunk holds the positions whose bits above the lowest 16 are high. The
// low 16 bits are in one of three forms.
type chunk struct {
	high  int64
	count int32
	form  form
	low   []uint16 // values in ascending order, or runs: first and last of each
	words *words   // bit v%64 of word v/64
}

type form uint8

const (
	asArray form = iota
	asRuns
	asWords
)

type words [chunkRows / 64]uint64

// Len is the number of rows in the set.
func (b *Bitmap) Len() int64 {
	if b == nil {
		return 0
	}
	return b.count
}

// Max is the largest row of the set, or −1 if it is empty.
func (b *Bitmap) Max() int64 {
	if b.Len() == 0 {
		return -1
	}
	c := &b.chunks[len(b.chunks)-1]
	return c.high<<16 | int64(c.max())
}

// Contains says whether row is in the set.
func (b *Bitmap) Contains(row int64) bool {
	if b == nil || row < 0 {
		return false
	}
	i, ok := b.find(row >> 16)
	return ok && b.chunks[i].contains(uint16(row))
}

// All yields the rows of the set in ascending order.
func (b *Bitmap) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		if b.Len() == 0 {
			return
		}
		for first, count := range b.Ranges(b.chunks[0].high<<16, b.Max()+1) {
			for row := first; row < first+count; row++ {
				if !yield(row) {
					return
				}
			}
		}
	}
}

// Ranges yields, in ascending order, the maximal runs of rows of the set that
// lie in [first, end): the first row of each and how many there are. It costs
// what it yields, wherever in the set the interval lies, and holds nothing.
func (b *Bitmap) Ranges(first, end int64) iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		if b == nil || first >= end {
			return
		}
		first := max(first, 0)
		// A run that ends with its chunk may go on in the next one.
		start, stop := int64(0), int64(0)
		emit := func(from, to int64) bool {
			if from == stop && stop > start {
				stop = to
				return true
			}
			ok := stop == start || yield(start, stop-start)
			start, stop = from, to
			return ok
		}
		i, _ := b.find(first >> 16)
		for ; i < len(b.chunks); i++ {
			c := &b.chunks[i]
			base := c.high << 16
			if base >= end {
				break
			}
			from, to := max(first-base, 0), min(end-base, chunkRows)
			if !c.runs(int(from), int(to), func(from, to int) bool { return emit(base+int64(from), base+int64(to)) }) {
				return
			}
		}
		if stop > start {
			yield(start, stop-start)
		}
	}
}

// find is where the chunk of high is, or would be.
func (b *Bitmap) find(high int64) (int, bool) {
	return slices.BinarySearchFunc(b.chunks, high, func(c chunk, high int64) int {
		switch {
		case c.high < high:
			return -1
		case c.high > high:
			return 1
		default:
			return 0
		}
	})
}

func (c *chunk) contains(v uint16) bool {
	switch c.form {
	case asArray:
		_, ok := slices.BinarySearch(c.low, v)
		return ok
	case asRuns:
		i := c.runAt(v)
		return 2*i < len(c.low) && c.low[2*i] <= v
	default:
		return c.words[v>>6]>>(v&63)&1 != 0
	}
}

func (c *chunk) max() uint16 {
	if c.form != asWords {
		return c.low[len(c.low)-1]
	}
	for i := len(c.words) - 1; ; i-- { // a chunk is never empty
		if w := c.words[i]; w != 0 {
			return uint16(i<<6 + 63 - bits.LeadingZeros64(w))
		}
	}
}

// runAt is the first run that ends at v or later.
func (c *chunk) runAt(v uint16) int {
	return sort.Search(len(c.low)/2, func(i int) bool { return c.low[2*i+1] >= v })
}

// runs yields the maximal runs [from, to) of the chunk within [from, to), and
// says whether it came to the end of them.
func (c *chunk) runs(from, to int, yield func(from, to int) bool) bool {
	switch c.form {
	case asArray:
		return c.arrayRuns(from, to, yield)
	case asRuns:
		for i := c.runAt(uint16(from)); 2*i < len(c.low) && int(c.low[2*i]) < to; i++ {
			if !yield(max(from, int(c.low[2*i])), min(to, int(c.low[2*i+1])+1)) {
				return false
			}
		}
		return true
	default:
		return c.words.runs(from, to, yield)
	}
}

func (c *chunk) arrayRuns(from, to int, yield func(from, to int) bool) bool {
	i, _ := slices.BinarySearch(c.low, uint16(from))
	for i < len(c.low) && int(c.low[i]) < to {
		start, stop := int(c.low[i]), int(c.low[i])+1
		for i++; i < len(c.low) && int(c.low[i]) == stop && stop < to; i++ {
			stop++
		}
		if !yield(start, stop) {
			return false
		}
	}
	return true
}

func (w *words) runs(from, to int, yield func(from, to int) bool) bool {
	for at := w.next(from, 0); at < to; {
		stop := w.next(at, ^uint64(0)) // the next bit that is not set
		if !yield(at, min(stop, to)) {
			return false
		}
		at = w.next(stop, 0)
	}
	return true
}

// next is the first bit at or after from that is set in the words XOR invert.
func (w *words) next(from int, invert uint64) int {
	i := from >> 6
	if i >= len(w) {
		return chunkRows
	}
	word := (w[i] ^ invert) >> (from & 63) << (from & 63)
	for word == 0 {
		if i++; i == len(w) {
			return chunkRows
		}
		word = w[i] ^ invert
	}
	return i<<6 + bits.TrailingZeros64(word)
}
