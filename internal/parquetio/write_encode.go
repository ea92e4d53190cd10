package parquetio

import (
	"encoding/binary"
	"math/bits"
)

// appendHybrid appends values of width bits as Parquet's hybrid of run lengths
// and bit packing: runs of eight and more as a length, the rest packed in
// groups of eight.
func appendHybrid[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	packed := 0 // values[packed:i] are to be packed
	for i := 0; i < len(values); {
		v, end := values[i], i+1
		for end < len(values) && values[end] == v {
			end++
		}
		// A run may follow packed values only after whole groups, so it first
		// gives what completes the last group.
		start := i + (packed-i)&7
		if end-start >= 8 {
			dst = appendPacked(dst, values[packed:start], width)
			dst = appendRun(dst, uint32(v), end-start, width)
			packed = end
		}
		i = end
	}
	return appendPacked(dst, values[packed:], width)
}

// appendRun appends n times v.
func appendRun(dst []byte, v uint32, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for b := 0; b < width; b += 8 {
		dst = append(dst, byte(v>>b))
	}
	return dst
}

// appendPacked appends values in groups of eight, the last filled with zeros.
func appendPacked[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	if len(values) == 0 {
		return dst
	}
	groups := (len(values) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*width
	var word uint64
	filled := 0
	for _, v := range values {
		word |= uint64(v) << filled
		filled += width
		if filled >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(word))
			word >>= 32
			filled -= 32
		}
	}
	for ; len(dst) < end; word >>= 8 {
		dst = append(dst, byte(word))
	}
	return dst
}

// appendBits appends n bits of a bitmap that begins with its first byte, as
// values of one bit.
func appendBits(dst, bitmap []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	groups := (n + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	return append(dst, bitmap[:groups]...)
}

// bitWidth is the number of bits that values up to highest need.
func bitWidth(highest int) int { return bits.Len(uint(highest)) }

// Thrift's compact protocol, as far as page headers need it.
const (
	thriftFalse  = 2
	thriftI32    = 5
	thriftStruct = 12
)

// The numbers of the format's enumerations PageType and Encoding.
const (
	pageData       = 0
	pageDictionary = 2

	encodingPlain         = 0
	encodingRLE           = 3
	encodingRLEDictionary = 8
)

// field appends a field's head. Fields are numbered upwards, step apart.
func field(dst []byte, step int, kind byte) []byte { return append(dst, byte(step)<<4|kind) }

func i32(dst []byte, step int, v int32) []byte {
	return binary.AppendUvarint(field(dst, step, thriftI32), uint64(uint32(v<<1^v>>31)))
}

// appendDataHeader appends the header of a data page of version 1, whose levels
// are in the hybrid encoding.
func appendDataHeader(dst []byte, rawSize, size int, crc uint32, values, encoding int) []byte {
	dst = i32(dst, 1, pageData)
	dst = i32(dst, 1, int32(rawSize))
	dst = i32(dst, 1, int32(size))
	dst = i32(dst, 1, int32(crc))
	dst = field(dst, 1, thriftStruct) // 5: data_page_header
	dst = i32(dst, 1, int32(values))
	dst = i32(dst, 1, int32(encoding))
	dst = i32(dst, 1, encodingRLE)
	dst = i32(dst, 1, encodingRLE)
	return append(dst, 0, 0)
}

// appendDictionaryHeader appends the header of a dictionary page.
func appendDictionaryHeader(dst []byte, rawSize, size int, crc uint32, values int) []byte {
	dst = i32(dst, 1, pageDictionary)
	dst = i32(dst, 1, int32(rawSize))
	dst = i32(dst, 1, int32(size))
	dst = i32(dst, 1, int32(crc))
	dst = field(dst, 3, thriftStruct) // 7: dictionary_page_header
	dst = i32(dst, 1, int32(values))
	dst = i32(dst, 1, encodingPlain)
	dst = field(dst, 1, thriftFalse) // is_sorted
	return append(dst, 0, 0)
}
