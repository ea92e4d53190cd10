package aggregate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/expr"
)

// groups is a hash table of groups, by their keys, and what the aggregates have
// seen of each. Keys lie one behind the other in one piece of memory; slots are
// probed in turn.
type groups struct {
	seed  maphash.Seed
	slots []slot // a power of two of them
	data  []byte // the keys of all groups
	ends  []int
	accs  []accumulator

	rows []int32 // scratch: the group of each row, or of each group of another table
}

// slot is an entry of the hash table; id counts from 1.
type slot struct{ tag, id uint32 }

const (
	slotsLeast = 64
	slotBytes  = 8 * 8 / 5 // a group's part of slots
)

func newGroups(seed maphash.Seed, items []expr.Item) (*groups, error) {
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

// find is the group of a key, a new one if there is none.
func (g *groups) find(key []byte) int32 {
	h := maphash.Bytes(g.seed, key)
	tag, mask := uint32(h>>32), uint64(len(g.slots)-1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := g.slots[at]
		switch {
		case s.id == 0:
			return g.insert(at, tag, key)
		case s.tag == tag && bytes.Equal(g.key(int32(s.id-1)), key):
			return int32(s.id - 1)
		}
	}
}

func (g *groups) insert(at uint64, tag uint32, key []byte) int32 {
	g.data = append(g.data, key...)
	g.ends = append(g.ends, len(g.data))
	g.slots[at] = slot{tag, uint32(len(g.ends))}
	if len(g.ends)*8 > len(g.slots)*5 {
		g.rehash()
	}
	return int32(len(g.ends) - 1)
}

func (g *groups) rehash() {
	g.slots = make([]slot, 2*len(g.slots))
	mask := uint64(len(g.slots) - 1)
	for id := range g.ends {
		h := maphash.Bytes(g.seed, g.key(int32(id)))
		at := h & mask
		for g.slots[at].id != 0 {
			at = (at + 1) & mask
		}
		g.slots[at] = slot{uint32(h >> 32), uint32(id + 1)}
	}
}

// assign finds the group of each row. Rows of one group often follow one
// another.
func (g *groups) assign(k *keys) []int32 {
	g.rows = resized(g.rows[:0], len(k.ends))
	var last []byte
	var id int32
	for row := range g.rows {
		if key := k.at(row); row == 0 || !bytes.Equal(key, last) {
			id, last = g.find(key), key
		}
		g.rows[row] = id
	}
	g.grow()
	return g.rows
}

// assignAll puts so many rows in one group.
func (g *groups) assignAll(key []byte, rows int) []int32 {
	id := g.one(key)
	g.rows = resized(g.rows[:0], rows)
	for i := range g.rows {
		g.rows[i] = id
	}
	return g.rows
}

// one is the group of a key, ready for what is known of it.
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
	g.rows = resized(g.rows[:0], from.len())
	for i := range g.rows {
		g.rows[i] = g.find(from.key(int32(i)))
	}
	g.grow()
	for i, a := range g.accs {
		a.merge(from.accs[i], g.rows)
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
