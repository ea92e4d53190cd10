package parquetio

import (
	"bytes"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

const (
	// dictBytes is how large a dictionary may grow; other engines have the
	// same limit.
	dictBytes = 1 << 20
	// probeMax is how many taken places a value may meet in a dictionary's
	// table, which is never more than half full. Values made to collide cost
	// the dictionary, not the time.
	probeMax = 64
)

// numberDict finds numbers among those seen before. It is a table of places
// with linear probing; a place of 0 is free, k is keys[k-1].
type numberDict[U uint32 | uint64] struct {
	keys  []U
	table []uint32
	shift uint // 64 − log2(len(table))
}

func (d *numberDict[U]) reset() {
	d.keys = d.keys[:0]
	clear(d.table)
}

// index appends the places of values among the keys, adding those that are new.
// It reports false when there are too many.
func (d *numberDict[U]) index(dst []uint32, values []U) ([]uint32, bool) {
	for _, v := range values {
		if 2*len(d.keys) >= len(d.table) && !d.grow() {
			return dst, false
		}
		k := d.find(v)
		if k == 0 {
			return dst, false
		}
		dst = append(dst, k-1)
	}
	return dst, true
}

// find gives the place of v, after adding it if need be; 0 if it met too many
// others.
func (d *numberDict[U]) find(v U) uint32 {
	mask := uint64(len(d.table) - 1)
	at := hashNumber(uint64(v)) >> d.shift
	for range probeMax {
		k := d.table[at]
		if k == 0 {
			d.keys = append(d.keys, v)
			d.table[at] = uint32(len(d.keys))
			return uint32(len(d.keys))
		}
		if d.keys[k-1] == v {
			return k
		}
		at = (at + 1) & mask
	}
	return 0
}

// hashNumber spreads a number over the high bits.
func hashNumber(v uint64) uint64 { return (v ^ v>>29) * 0x9E3779B97F4A7C15 }

// grow doubles the table. It reports false if the dictionary is full.
func (d *numberDict[U]) grow() bool {
	if len(d.keys)*binary.Size(U(0)) >= dictBytes {
		return false
	}
	d.table, d.shift = grownTable(d.table)
	mask := uint64(len(d.table) - 1)
	for i, v := range d.keys {
		at := hashNumber(uint64(v)) >> d.shift
		for d.table[at] != 0 {
			at = (at + 1) & mask
		}
		d.table[at] = uint32(i + 1)
	}
	return true
}

// grownTable is an empty table of twice the size.
func grownTable(table []uint32) ([]uint32, uint) {
	size := max(2*len(table), 256)
	return make([]uint32, size), uint(64 - (bitWidth(size) - 1))
}

// textDict is numberDict for texts, whose entries are in the plain encoding.
type textDict struct {
	plain  []byte
	starts []uint32 // of the entries in plain
	hashes []uint64
	table  []uint32
	shift  uint
}

func (d *textDict) reset() {
	d.plain, d.starts, d.hashes = d.plain[:0], d.starts[:0], d.hashes[:0]
	clear(d.table)
}

// place gives the place of v, after adding it if need be. It reports false if
// the dictionary is full.
func (d *textDict) place(v []byte) (uint32, bool) {
	if 2*len(d.starts) >= len(d.table) {
		d.grow()
	}
	mask := uint64(len(d.table) - 1)
	h := hashText(v)
	at := h >> d.shift
	for range probeMax {
		k := d.table[at]
		if k == 0 {
			if len(d.plain)+4+len(v) > dictBytes {
				return 0, false
			}
			d.starts, d.hashes = append(d.starts, uint32(len(d.plain))), append(d.hashes, h)
			d.plain = append(binary.LittleEndian.AppendUint32(d.plain, uint32(len(v))), v...)
			d.table[at] = uint32(len(d.starts))
			return uint32(len(d.starts)) - 1, true
		}
		if d.hashes[k-1] == h {
			if entry, _ := first(d.plain[d.starts[k-1]:]); bytes.Equal(entry, v) {
				return k - 1, true
			}
		}
		at = (at + 1) & mask
	}
	return 0, false
}

func (d *textDict) grow() {
	d.table, d.shift = grownTable(d.table)
	mask := uint64(len(d.table) - 1)
	for i, h := range d.hashes {
		at := h >> d.shift
		for d.table[at] != 0 {
			at = (at + 1) & mask
		}
		d.table[at] = uint32(i + 1)
	}
}

// hashText spreads a text over the high bits. Texts of up to 16 bytes, which
// flags and codes are, take two multiplications.
func hashText(v []byte) uint64 {
	n := len(v)
	switch {
	case n > 16:
		return xxhash.Sum64(v)
	case n >= 8:
		a, b := binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[n-8:])
		return hashNumber(hashNumber(a^uint64(n)) + b)
	default:
		return hashNumber(sortKey(v) ^ uint64(n))
	}
}
