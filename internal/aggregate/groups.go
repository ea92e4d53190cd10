package aggregate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/expr"
)

// groups is a hash table of groups, by their keys, and what the aggregates have
// seen of each. Keys lie one behind the other in one piece of memory; slots are
// probed in turn. A slot has a short key in itself, so that to find its group
// looks at one place in memory.
type groups struct {
	seed  seed
	slots []slot // a power of two of them
	data  []byte // the keys of all groups
	ends  []int
	accs  []accumulator

	rows []int32 // scratch: the group of each row, or of each group of another table
}

// slot is an entry of the hash table: a key of up to shortKey bytes in two
// words, or the hash of a longer one.
type slot struct {
	a, b uint64
	size uint32 // of the key
	id   uint32 // of the group, counted from 1
}

const (
	shortKey   = 16
	slotsLeast = 64
	slotBytes  = 24 * 8 / 5 // a group's part of slots
)

// seed makes the hashes of a run differ from those of any other.
type seed struct {
	long  maphash.Seed
	short [2]uint64
}

func newSeed() seed {
	s := maphash.MakeSeed()
	return seed{s, [2]uint64{maphash.String(s, "a"), maphash.String(s, "b")}}
}

// slotOf is a slot for a key, with its hash. What follows the key in memory can
// be read.
func (s *seed) slotOf(key []byte) (slot, uint64) {
	n := len(key)
	if n > shortKey {
		h := maphash.Bytes(s.long, key)
		return slot{a: h, size: uint32(n)}, h
	}
	words := key[:shortKey]
	sl := slot{a: binary.LittleEndian.Uint64(words), b: binary.LittleEndian.Uint64(words[8:]), size: uint32(n)}
	if n < 8 {
		sl.a &= 1<<(8*n) - 1
		sl.b = 0
	} else {
		sl.b &= 1<<(8*(n-8)) - 1 // a shift by 64 leaves nothing, less one is all
	}
	return sl, s.hash(sl)
}

// hash is that of a slot.
func (s *seed) hash(sl slot) uint64 {
	if sl.size > shortKey {
		return sl.a
	}
	hi, lo := bits.Mul64(sl.a^s.short[0], sl.b^s.short[1]^uint64(sl.size))
	return hi ^ lo
}

// padded is a copy of a key behind which there is something to read.
func padded(key []byte) []byte {
	return append(make([]byte, 0, len(key)+shortKey), key...)
}

func newGroups(seed seed, items []expr.Item) (*groups, error) {
	g := &groups{seed: seed, slots: make([]slot, slotsLeast)}
	for _, it := range items {
		a, err := newAccumulator(it)
		if err != nil {
			return nil, err
		}
		g.accs = append(g.accs, a)
	}
	return g, nil
}

func (g *groups) len() int { return len(g.ends) }

func (g *groups) key(id int32) []byte {
	if id == 0 {
		return g.data[:g.ends[0]]
	}
	return g.data[g.ends[id-1]:g.ends[id]]
}

// bytes is about what the table holds; as much again may be reserved.
func (g *groups) bytes() int64 {
	n := int64(len(g.data)) + int64(len(g.ends))*(8+slotBytes)
	for _, a := range g.accs {
		n += a.bytes()
	}
	return n
}

// reset forgets all groups, and keeps the memory.
func (g *groups) reset() {
	if len(g.ends) > 0 {
		clear(g.slots)
	}
	g.data, g.ends = g.data[:0], g.ends[:0]
	for _, a := range g.accs {
		a.reset()
	}
}

// find is the group of a key, a new one if there is none. What follows the key
// in memory must be readable for shortKey bytes.
func (g *groups) find(key []byte) int32 {
	want, h := g.seed.slotOf(key)
	mask := uint64(len(g.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &g.slots[at]
		switch {
		case s.id == 0:
			return g.insert(at, want, key)
		case s.a == want.a && s.b == want.b && s.size == want.size &&
			(s.size <= shortKey || bytes.Equal(g.key(int32(s.id-1)), key)):
			return int32(s.id - 1)
		}
	}
}

func (g *groups) insert(at uint64, s slot, key []byte) int32 {
	if cap(g.data)-len(g.data) < len(key)+shortKey {
		g.data = slices.Grow(g.data, len(g.data)+len(key)+shortKey)
	}
	g.data = append(g.data, key...)
	g.ends = append(g.ends, len(g.data))
	s.id = uint32(len(g.ends))
	g.slots[at] = s
	if len(g.ends)*8 > len(g.slots)*5 {
		g.rehash()
	}
	return int32(len(g.ends) - 1)
}

func (g *groups) rehash() {
	old := g.slots
	g.slots = make([]slot, 2*len(old))
	mask := uint64(len(g.slots) - 1)
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		at := g.seed.hash(s) & mask
		for g.slots[at].id != 0 {
			at = (at + 1) & mask
		}
		g.slots[at] = s
	}
}

// chunk is how many rows are looked up at a time.
const chunk = 256

// assign finds the group of each row. The slots of many rows are fetched before
// any is looked at: memory is slow, but does many things at once.
func (g *groups) assign(k *keys) []int32 {
	g.rows = resized(g.rows[:0], len(k.ends))
	var wanted, found [chunk]slot
	begin := 0
	for first := 0; first < len(k.ends); first += chunk {
		ends := k.ends[first:min(first+chunk, len(k.ends))]
		ids := g.rows[first:]
		mask, start := uint64(len(g.slots)-1), begin
		for i, end := range ends {
			s, h := g.seed.slotOf(k.data[start:end])
			wanted[i], start = s, end
			found[i] = g.slots[h&mask]
		}
		for i, end := range ends {
			want, have := &wanted[i], &found[i]
			if have.id != 0 && have.a == want.a && have.b == want.b && have.size == want.size && have.size <= shortKey {
				ids[i] = int32(have.id - 1)
			} else {
				ids[i] = g.find(k.data[begin:end])
			}
			begin = end
		}
	}
	g.grow()
	return g.rows
}

// assignAll puts so many rows in one group.
func (g *groups) assignAll(key []byte, rows int) []int32 {
	id := g.one(padded(key))
	g.rows = resized(g.rows[:0], rows)
	for i := range g.rows {
		g.rows[i] = id
	}
	return g.rows
}

// one is the group of a key, padded, ready for what is known of it.
func (g *groups) one(key []byte) int32 {
	id := g.find(key)
	g.grow()
	return id
}

func (g *groups) grow() {
	for _, a := range g.accs {
		a.grow(len(g.ends))
	}
}

// merge takes all groups of another table.
func (g *groups) merge(from *groups) {
	rows := g.assign(&keys{data: from.data, ends: from.ends})
	for i, a := range g.accs {
		a.merge(from.accs[i], rows)
	}
}

// add lets an aggregate see rows, whose groups assign has found.
func (g *groups) add(aggregate int, rows []int32, col arrow.Array) { g.accs[aggregate].add(rows, col) }

// sorted is the groups in the order of their keys.
func (g *groups) sorted() []int32 {
	type entry struct {
		prefix uint64
		id     int32
	}
	all := make([]entry, g.len())
	for i := range all {
		all[i] = entry{prefixOf(g.key(int32(i))), int32(i)}
	}
	slices.SortFunc(all, func(a, b entry) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return bytes.Compare(g.key(a.id), g.key(b.id))
	})
	ids := make([]int32, len(all))
	for i, e := range all {
		ids[i] = e.id
	}
	return ids
}

// prefixOf is the first eight bytes of a key, as a number: a smaller one means
// a smaller key, an equal one nothing.
func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}
