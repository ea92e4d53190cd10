package variantbin

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const shortStringMax = 63

// AppendScalar appends a value of a type that is no text, decimal or UUID:
// nulls and booleans, integers, dates and times, and the bits of floats.
func AppendScalar(dst []byte, p Primitive, n int64) []byte {
	var le [8]byte
	binary.LittleEndian.PutUint64(le[:], uint64(n))
	return append(append(dst, byte(p)<<2), le[:sizes[p]]...)
}

// AppendDecimal appends a decimal of 4, 8 or 16 bytes: hi:lo is its unscaled
// value.
func AppendDecimal(dst []byte, p Primitive, scale uint8, hi int64, lo uint64) []byte {
	var le [16]byte
	binary.LittleEndian.PutUint64(le[:], lo)
	binary.LittleEndian.PutUint64(le[8:], uint64(hi))
	return append(append(dst, byte(p)<<2, scale), le[:sizes[p]-1]...)
}

// AppendBytes appends a Binary, a String or a UUID; b is shorter than 4 GiB,
// a UUID has 16 bytes.
func AppendBytes(dst []byte, p Primitive, b []byte) []byte {
	switch {
	case p == UUID:
		dst = append(dst, byte(p)<<2)
	case p == String && len(b) <= shortStringMax:
		dst = append(dst, byte(len(b))<<2|basicShortString)
	default:
		dst = binary.LittleEndian.AppendUint32(append(dst, byte(p)<<2), uint32(len(b)))
	}
	return append(dst, b...)
}

// WrapArray makes an array of the values at the end of dst, from start on;
// ends are where they end, counted from start.
func WrapArray(dst []byte, start int, ends []int) []byte {
	width := widthOf(total(ends))
	header := byte(width-1)<<2 | basicArray
	if len(ends) > 255 {
		header |= 1 << 4
	}
	return wrap(dst, start, header, nil, 0, ends, width)
}

// WrapObject makes an object of the values at the end of dst, from start on,
// which are the fields of these ids, in the order of their names.
func WrapObject(dst []byte, start int, ids []uint32, ends []int) []byte {
	width, idWidth := widthOf(total(ends)), 1
	for _, id := range ids {
		idWidth = max(idWidth, widthOf(int(id)))
	}
	header := byte(width-1)<<2 | byte(idWidth-1)<<4 | basicObject
	if len(ends) > 255 {
		header |= 1 << 6
	}
	return wrap(dst, start, header, ids, idWidth, ends, width)
}

// wrap moves the values back and puts a header in front of them.
func wrap(dst []byte, start int, header byte, ids []uint32, idWidth int, ends []int, width int) []byte {
	countWidth := 1
	if len(ends) > 255 {
		countWidth = 4
	}
	front := 1 + countWidth + len(ids)*idWidth + (len(ends)+1)*width
	dst = slices.Grow(dst, front)
	dst = dst[:len(dst)+front]
	copy(dst[start+front:], dst[start:])
	h := append(dst[:start], header)
	h = appendLE(h, len(ends), countWidth)
	for _, id := range ids {
		h = appendLE(h, int(id), idWidth)
	}
	h = appendLE(h, 0, width)
	for _, end := range ends {
		h = appendLE(h, end, width)
	}
	return dst
}

func total(ends []int) int {
	if len(ends) == 0 {
		return 0
	}
	return ends[len(ends)-1]
}

// widthOf is how many bytes a number takes.
func widthOf(n int) int { return max(1, (bits.Len32(uint32(n))+7)/8) }

func appendLE(dst []byte, n, width int) []byte {
	for range width {
		dst = append(dst, byte(n))
		n >>= 8
	}
	return dst
}
