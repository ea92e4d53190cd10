package dv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// The first four bytes of a body. The native form is one of Spark's memory:
// it has read it from files, and writes the portable one.
const (
	magicPortable = 1681511377
	magicNative   = 1681511376
)

// The first word of a 32-bit Roaring bitmap: without and with runs. With fewer
// than offsetsMin containers, one with runs has no offsets.
const (
	cookiePlain = 12346
	cookieRuns  = 12347
	offsetsMin  = 4
)

// ErrNative: a body is in the native form, which is not supported.
var ErrNative = errors.New("deletion vector in the native form (magic 1681511376), which is not supported; the portable one is")

var errShort = errors.New("deletion vector ends too early")

// Decode is the set that a body holds. Whatever the bytes are, it ends in time
// and memory proportional to their number; the set shares no memory with them.
// Only one spelling is taken: buckets, containers and values ascend, and every
// count and offset is right.
func Decode(body []byte) (*Bitmap, error) {
	in := &input{rest: body}
	magic, err := in.uint32()
	switch {
	case err != nil:
		return nil, err
	case magic == magicNative:
		return nil, ErrNative
	case magic != magicPortable:
		return nil, fmt.Errorf("deletion vector starts with %#08x, which is no magic number", magic)
	}
	buckets, err := in.uint64()
	if err != nil {
		return nil, err
	}
	b, last := &Bitmap{}, int64(-1)
	for i := uint64(0); i < buckets; i++ { // each one takes bytes, so that these end it
		key, err := in.uint32()
		switch {
		case err != nil:
			return nil, err
		case key>>31 != 0:
			return nil, fmt.Errorf("bucket %d has the key %#x, and rows end at 2^63", i, key)
		case int64(key) <= last:
			return nil, fmt.Errorf("bucket %d has the key %d after the key %d", i, key, last)
		}
		last = int64(key)
		if err := b.decode32(in, last<<16); err != nil {
			return nil, fmt.Errorf("bucket %d: %w", i, err)
		}
	}
	if b.Max() == math.MaxInt64 { // no file has 2^63 rows, and ends of runs fit an int64
		return nil, errors.New("the last row is beyond 2^63-2")
	}
	if len(in.rest) > 0 {
		return nil, fmt.Errorf("%d bytes are left after the deletion vector", len(in.rest))
	}
	return b, nil
}

// decode32 adds the containers of a 32-bit Roaring bitmap, whose keys count
// from high.
func (b *Bitmap) decode32(in *input, high int64) error {
	start := len(in.rest)
	n, flags, err := containers(in)
	if err != nil {
		return err
	}
	heads, err := in.take(4 * n)
	if err != nil {
		return err
	}
	var offsets []byte
	if flags == nil || n >= offsetsMin {
		if offsets, err = in.take(4 * n); err != nil {
			return err
		}
	}
	last := -1
	for i := range n {
		key, count := int(binary.LittleEndian.Uint16(heads[4*i:])), int(binary.LittleEndian.Uint16(heads[4*i+2:]))+1
		if key <= last {
			return fmt.Errorf("container %d has the key %d after the key %d", i, key, last)
		}
		last = key
		if at := start - len(in.rest); offsets != nil && int64(binary.LittleEndian.Uint32(offsets[4*i:])) != int64(at) {
			return fmt.Errorf("container %d is at %d and not where its offset says", i, at)
		}
		c := chunk{high: high | int64(key), count: int32(count)}
		switch {
		case flags != nil && flags[i/8]>>(i%8)&1 != 0:
			err = c.decodeRuns(in)
		case count <= arrayMax:
			err = c.decodeArray(in)
		default:
			err = c.decodeWords(in)
		}
		if err != nil {
			return fmt.Errorf("container %d: %w", i, err)
		}
		b.chunks, b.count = append(b.chunks, c), b.count+int64(count)
	}
	return nil
}

// containers is how many there are and, if any is of runs, the bits that say
// which.
func containers(in *input) (n int, flags []byte, err error) {
	cookie, err := in.uint32()
	switch {
	case err != nil:
		return 0, nil, err
	case cookie&0xFFFF == cookieRuns:
		n = int(cookie>>16) + 1
		flags, err = in.take((n + 7) / 8)
		return n, flags, err
	case cookie != cookiePlain:
		return 0, nil, fmt.Errorf("%#08x is not how a Roaring bitmap starts", cookie)
	}
	count, err := in.uint32()
	if err == nil && count > chunkRows {
		err = fmt.Errorf("%d containers are more than there can be", count)
	}
	return int(count), nil, err
}

func (c *chunk) decodeArray(in *input) error {
	data, err := in.take(2 * int(c.count))
	if err != nil {
		return err
	}
	c.form, c.low = asArray, make([]uint16, c.count)
	for i := range c.low {
		c.low[i] = binary.LittleEndian.Uint16(data[2*i:])
		if i > 0 && c.low[i] <= c.low[i-1] {
			return fmt.Errorf("value %d does not ascend", i)
		}
	}
	return nil
}

func (c *chunk) decodeWords(in *input) error {
	data, err := in.take(chunkRows / 8)
	if err != nil {
		return err
	}
	c.form, c.words = asWords, new(words)
	count := 0
	for i := range c.words {
		c.words[i] = binary.LittleEndian.Uint64(data[8*i:])
		count += bits.OnesCount64(c.words[i])
	}
	if count != int(c.count) {
		return fmt.Errorf("%d bits are set and not %d", count, c.count)
	}
	return nil
}

// decodeRuns takes runs that touch for one, which is what they are.
func (c *chunk) decodeRuns(in *input) error {
	n, err := in.uint16()
	if err != nil {
		return err
	}
	data, err := in.take(4 * int(n))
	if err != nil {
		return err
	}
	c.form, c.low = asRuns, make([]uint16, 0, 2*int(n))
	count, end := 0, 0
	for i := range int(n) {
		first := int(binary.LittleEndian.Uint16(data[4*i:]))
		last := first + int(binary.LittleEndian.Uint16(data[4*i+2:]))
		switch {
		case last >= chunkRows:
			return fmt.Errorf("run %d leaves its container", i)
		case i > 0 && first < end:
			return fmt.Errorf("run %d does not ascend", i)
		case i > 0 && first == end:
			c.low[len(c.low)-1] = uint16(last)
		default:
			c.low = append(c.low, uint16(first), uint16(last))
		}
		count, end = count+last-first+1, last+1
	}
	if count != int(c.count) {
		return fmt.Errorf("the runs have %d values and not %d", count, c.count)
	}
	return nil
}

// input is the part of a body that has not been read.
type input struct{ rest []byte }

func (in *input) take(n int) ([]byte, error) {
	if n > len(in.rest) {
		return nil, errShort
	}
	p := in.rest[:n:n]
	in.rest = in.rest[n:]
	return p, nil
}

func (in *input) uint16() (uint16, error) {
	p, err := in.take(2)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint16(p), nil
}

func (in *input) uint32() (uint32, error) {
	p, err := in.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p), nil
}

func (in *input) uint64() (uint64, error) {
	p, err := in.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(p), nil
}
