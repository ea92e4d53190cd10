package dv

import (
	"fmt"
	"iter"
	"math"
	"math/bits"
	"slices"
)

// arrayMax is how many values a chunk may have as an array: as many as are no
// larger than its words.
const arrayMax = 4096

// New is the set of the rows, in any order and any number of times; it is
// fast when they ascend. A row below 0 or above 2^63-2 panics: positions are
// counted, not read.
func New(rows iter.Seq[int64]) *Bitmap {
	b, open := &Bitmap{}, int64(-1)
	var w words
	seal := func() {
		if open >= 0 {
			b.put(pack(open, &w))
		}
	}
	for row := range rows {
		if row < 0 || row == math.MaxInt64 {
			panic(fmt.Sprintf("dv: %d is no position of a row", row))
		}
		if high := row >> 16; high != open {
			seal()
			open, w = high, words{}
			if i, ok := b.find(high); ok {
				b.chunks[i].fill(&w)
			}
		}
		w[row>>6&1023] |= 1 << (row & 63)
	}
	seal()
	return b
}

// Of is the set of the rows.
func Of(rows ...int64) *Bitmap { return New(slices.Values(rows)) }

// put adds a chunk, or replaces the one of its place.
func (b *Bitmap) put(c chunk) {
	if n := len(b.chunks); n == 0 || b.chunks[n-1].high < c.high {
		b.chunks = append(b.chunks, c)
	} else if i, ok := b.find(c.high); ok {
		b.count -= int64(b.chunks[i].count)
		b.chunks[i] = c
	} else {
		b.chunks = slices.Insert(b.chunks, i, c)
	}
	b.count += int64(c.count)
}

// Or is the set of the rows that are in b, in o or in both.
func (b *Bitmap) Or(o *Bitmap) *Bitmap {
	return combine(b, o, true, true, func(w, x *words) {
		for i := range w {
			w[i] |= x[i]
		}
	})
}

// AndNot is the set of the rows of b that are not in o.
func (b *Bitmap) AndNot(o *Bitmap) *Bitmap {
	return combine(b, o, true, false, func(w, x *words) {
		for i := range w {
			w[i] &^= x[i]
		}
	})
}

// combine pairs the chunks of two sets. One that has no partner is kept as it
// is, or not at all; chunks never change, so that sets can share them.
func combine(b, o *Bitmap, keepB, keepO bool, with func(w, x *words)) *Bitmap {
	var left, right []chunk
	if b != nil {
		left = b.chunks
	}
	if o != nil {
		right = o.chunks
	}
	to := &Bitmap{}
	keep := func(c chunk) { to.chunks, to.count = append(to.chunks, c), to.count+int64(c.count) }
	var w, x words
	for len(left) > 0 || len(right) > 0 {
		switch {
		case len(right) == 0 || len(left) > 0 && left[0].high < right[0].high:
			if keepB {
				keep(left[0])
			}
			left = left[1:]
		case len(left) == 0 || right[0].high < left[0].high:
			if keepO {
				keep(right[0])
			}
			right = right[1:]
		default:
			w, x = words{}, words{}
			left[0].fill(&w)
			right[0].fill(&x)
			with(&w, &x)
			if c := pack(left[0].high, &w); c.count > 0 {
				keep(c)
			}
			left, right = left[1:], right[1:]
		}
	}
	return to
}

// fill sets the bits of the chunk in w.
func (c *chunk) fill(w *words) {
	switch c.form {
	case asArray:
		for _, v := range c.low {
			w[v>>6] |= 1 << (v & 63)
		}
	case asRuns:
		for i := 0; i < len(c.low); i += 2 {
			w.set(int(c.low[i]), int(c.low[i+1])+1)
		}
	default:
		for i, word := range c.words {
			w[i] |= word
		}
	}
}

// set sets the bits [from, to), of which there is at least one.
func (w *words) set(from, to int) {
	first, last := from>>6, (to-1)>>6
	head, tail := ^uint64(0)<<(from&63), ^uint64(0)>>(63-(to-1)&63)
	if first == last {
		w[first] |= head & tail
		return
	}
	w[first] |= head
	for i := first + 1; i < last; i++ {
		w[i] = ^uint64(0)
	}
	w[last] |= tail
}

// pack is the chunk of the bits in w, in the form that is smallest.
func pack(high int64, w *words) chunk {
	count, runs := w.measure()
	c := chunk{high: high, count: int32(count), form: smallest(count, runs)}
	switch c.form {
	case asArray:
		c.low = make([]uint16, 0, count)
		for i, word := range w {
			for ; word != 0; word &= word - 1 {
				c.low = append(c.low, uint16(i<<6+bits.TrailingZeros64(word)))
			}
		}
	case asRuns:
		c.low = make([]uint16, 0, 2*runs)
		w.runs(0, chunkRows, func(from, to int) bool {
			c.low = append(c.low, uint16(from), uint16(to-1))
			return true
		})
	default:
		kept := *w
		c.words = &kept
	}
	return c
}

// measure counts the bits that are set, and the runs of them.
func (w *words) measure() (count, runs int) {
	before := uint64(0) // the bit before the word
	for _, word := range w {
		count += bits.OnesCount64(word)
		runs += bits.OnesCount64(word &^ (word<<1 | before))
		before = word >> 63
	}
	return count, runs
}

// smallest is the form in which a chunk takes the fewest bytes when written.
func smallest(count, runs int) form {
	plain, size := asWords, chunkRows/8
	if count <= arrayMax {
		plain, size = asArray, 2*count
	}
	if 2+4*runs < size {
		return asRuns
	}
	return plain
}
