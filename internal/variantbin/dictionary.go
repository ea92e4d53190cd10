package variantbin

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrCorrupt: bytes that are no variant.
	ErrCorrupt = errors.New("malformed variant")
	// ErrUnsupported: a variant of a version or a type that is not known here.
	ErrUnsupported = errors.New("unsupported variant")
	// ErrLimit: a variant nested too deep, or whose text is too long.
	ErrLimit = errors.New("variant limit exceeded")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// Dictionary is the field names of one variant. The zero value has none. It is
// not safe for concurrent use.
type Dictionary struct {
	metadata []byte // what it was loaded from
	count    int
	width    int    // of an offset
	offsets  []byte // count+1 of them
	names    []byte
	loaded   bool
	loads    uint64

	// Order of the names, made when it is first asked for. Comparing ranks
	// instead of names keeps the work on an object independent of how long
	// names are, which many objects can share.
	ranked bool
	rank   []uint32 // by id; equal names have equal ranks
	order  []uint32 // ids by name
}

// Load makes d the dictionary of metadata, which it copies. Loading the same
// again costs a comparison. After an error d has no names.
func (d *Dictionary) Load(metadata []byte) error {
	if d.loaded && bytes.Equal(d.metadata, metadata) {
		return nil
	}
	*d = Dictionary{metadata: append(d.metadata[:0], metadata...), loads: d.loads + 1, rank: d.rank[:0], order: d.order[:0]}
	if err := d.parse(d.metadata); err != nil {
		*d = Dictionary{loads: d.loads}
		return err
	}
	d.loaded = true
	return nil
}

// Loads grows when other metadata is loaded: while it stays the same, so do the
// ids of names.
func (d *Dictionary) Loads() uint64 { return d.loads }

func (d *Dictionary) parse(b []byte) error {
	if len(b) == 0 {
		return corrupt("empty metadata")
	}
	if v := b[0] & 0x0f; v != 1 {
		return fmt.Errorf("%w: metadata of version %d", ErrUnsupported, v)
	}
	d.width = int(b[0]>>6) + 1
	b = b[1:]
	if len(b) < d.width {
		return corrupt("metadata ends in its header")
	}
	count := le(b, d.width)
	b = b[d.width:]
	if (uint64(count)+1)*uint64(d.width) > uint64(len(b)) {
		return corrupt("metadata of %d bytes cannot have %d names", len(d.metadata), count)
	}
	d.count = int(count)
	d.offsets, d.names = b[:(d.count+1)*d.width], b[(d.count+1)*d.width:]
	var last uint32
	for i := range d.count + 1 {
		at := le(d.offsets[i*d.width:], d.width)
		if at < last || i == 0 && at != 0 || uint64(at) > uint64(len(d.names)) {
			return corrupt("name %d of the metadata is out of bounds", i)
		}
		last = at
	}
	return nil
}

// name is the name of an id, which must be one of the dictionary.
func (d *Dictionary) name(id uint32) []byte {
	at := d.offsets[int(id)*d.width:]
	return d.names[le(at, d.width):le(at[d.width:], d.width)]
}

// rankOf is the place of a name among the others.
func (d *Dictionary) rankOf(id uint32) uint32 {
	d.sort()
	return d.rank[id]
}

func (d *Dictionary) sort() {
	if d.ranked {
		return
	}
	d.ranked = true
	d.order = slices.Grow(d.order[:0], d.count)[:d.count]
	d.rank = slices.Grow(d.rank[:0], d.count)[:d.count]
	for i := range d.order {
		d.order[i] = uint32(i)
	}
	slices.SortFunc(d.order, func(a, b uint32) int { return bytes.Compare(d.name(a), d.name(b)) })
	rank := uint32(0)
	for i, id := range d.order {
		if i > 0 && !bytes.Equal(d.name(id), d.name(d.order[i-1])) {
			rank++
		}
		d.rank[id] = rank
	}
}

// Find is an id of a name, and false if the dictionary lacks it.
func (d *Dictionary) Find(name string) (id uint32, found bool) {
	d.sort()
	i, found := slices.BinarySearchFunc(d.order, name, func(id uint32, name string) int {
		return bytes.Compare(d.name(id), []byte(name))
	})
	if !found {
		return 0, false
	}
	return d.order[i], true
}

// Less says whether the name of an id sorts before that of another.
func (d *Dictionary) Less(a, b uint32) bool { return d.rankOf(a) < d.rankOf(b) }

// le reads an unsigned little-endian number of 1 to 4 bytes.
func le(b []byte, width int) uint32 {
	b = b[:width]
	var n uint32
	for i, c := range b {
		n |= uint32(c) << (8 * i)
	}
	return n
}
