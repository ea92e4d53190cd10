package expr

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// hashFunctions are the functions that make a few bytes of many.
var hashFunctions = aliased(map[string]*function{
	"md5":      digest("md5", func(dst, b []byte) []byte { sum := md5.Sum(b); return hex.AppendEncode(dst, sum[:]) }),
	"sha1":     digest("sha1", func(dst, b []byte) []byte { sum := sha1.Sum(b); return hex.AppendEncode(dst, sum[:]) }),
	"sha2":     fixed("sha2", 2, schema.String, callable{eval: sha2}, schema.Binary, schema.Integer),
	"crc32":    fixed("crc32", 1, schema.Long, callable{eval: checksum}, schema.Binary),
	"hash":     hashOf("hash", schema.Integer, func(c *call) (vec, error) { return hashes(c, uint32(42), murmur3) }),
	"xxhash64": hashOf("xxhash64", schema.Long, func(c *call) (vec, error) { return hashes(c, uint64(42), xxHash) }),
},
	[]string{"sha1", "sha"},
)

// bytesOf is the bytes of a string, which must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// digest is a function that appends the text of a digest.
func digest(name string, appendTo func(dst, b []byte) []byte) *function {
	return fixed(name, 1, schema.String, callable{eval: func(c *call) (vec, error) {
		s := operandOf[string](c, 0)
		return c.texts(func(dst []byte, i int) ([]byte, *fault) { return appendTo(dst, bytesOf(s.at(i))), nil })
	}}, schema.Binary)
}

// sha2 has no value for lengths that there are not.
func sha2(c *call) (vec, error) {
	s, length := operandOf[string](c, 0), operandOf[int32](c, 1)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		b := bytesOf(s.at(i))
		switch length.at(i) {
		case 224:
			sum := sha256.Sum224(b)
			return hex.AppendEncode(dst, sum[:]), nil
		case 0, 256:
			sum := sha256.Sum256(b)
			return hex.AppendEncode(dst, sum[:]), nil
		case 384:
			sum := sha512.Sum384(b)
			return hex.AppendEncode(dst, sum[:]), nil
		case 512:
			sum := sha512.Sum512(b)
			return hex.AppendEncode(dst, sum[:]), nil
		}
		return dst, noValue
	})
}

func checksum(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int64, *fault) { return int64(crc32.ChecksumIEEE(bytesOf(s.at(i)))), nil })
}

// hashOf is a hash of any number of values of any types, each hash the seed of
// the next. A null leaves it as it is.
func hashOf(name string, result schema.Type, eval func(*call) (vec, error)) *function {
	return &function{least: 1, most: -1, bind: func(b *binder, at *syntax, args []Node) (Node, error) {
		for _, arg := range args {
			if isNestedType(arg.Type()) {
				return nil, &UnsupportedError{What: fmt.Sprintf("%s of %v", name, arg.Type()), Position: b.at(at)}
			}
		}
		return b.makeCall(at, name, result, callable{eval: eval, nulls: true}, args...), nil
	}}
}

// hasher is a hash function with a seed, for what Spark takes values to be.
type hasher[H uint32 | uint64] struct {
	int   func(i int32, seed H) H
	long  func(i int64, seed H) H
	bytes func(b []byte, seed H) H
}

func hashes[H uint32 | uint64](c *call, seed H, h hasher[H]) (vec, error) {
	sums := make([]H, c.out.entries())
	for i := range sums {
		sums[i] = seed
	}
	for k := range c.args {
		hashOperand(c, k, sums, h)
	}
	if sums, ok := any(sums).([]uint32); ok {
		return c.out.like(mapped(sums, func(h uint32) int32 { return int32(h) })), nil
	}
	return c.out.like(mapped(sums, func(h H) int64 { return int64(h) })), nil
}

// hashOperand hashes the values of operand k into the hashes of those before.
func hashOperand[H uint32 | uint64](c *call, k int, sums []H, h hasher[H]) {
	v := c.args[k]
	step := v.stride()
	each := func(sum func(i int, seed H) H) {
		for i := range sums {
			if !c.isNull(k, i) {
				sums[i] = sum(i*step, sums[i])
			}
		}
	}
	switch data := v.data.(type) {
	case []int8:
		each(func(i int, seed H) H { return h.int(int32(data[i]), seed) })
	case []int16:
		each(func(i int, seed H) H { return h.int(int32(data[i]), seed) })
	case []int32:
		each(func(i int, seed H) H { return h.int(data[i], seed) })
	case []int64:
		each(func(i int, seed H) H { return h.long(data[i], seed) })
	case []float32:
		each(func(i int, seed H) H { return h.int(floatBits(data[i]), seed) })
	case []float64:
		each(func(i int, seed H) H { return h.long(doubleBits(data[i]), seed) })
	case []decimal128.Num:
		const longDigits = 18
		if c.node.Args[k].Type().(schema.Decimal).Precision <= longDigits {
			each(func(i int, seed H) H { return h.long(int64(data[i].LowBits()), seed) })
			return
		}
		var room [16]byte
		each(func(i int, seed H) H { return h.bytes(shortestBytes(&room, data[i]), seed) })
	case []string:
		each(func(i int, seed H) H { return h.bytes(bytesOf(data[i]), seed) })
	default:
		if v.boolean() {
			for i := range sums {
				if !c.isNull(k, i) {
					sums[i] = h.int(int32(bit(v.yes.get(i), 0)), sums[i])
				}
			}
		}
	}
}

// doubleBits is the same for both zeros, and for all NaNs.
func doubleBits(f float64) int64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7ff8000000000000
	}
	return int64(math.Float64bits(f))
}

func floatBits(f float32) int32 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7fc00000
	}
	return int32(math.Float32bits(f))
}

// shortestBytes is an unscaled decimal in as few bytes as hold it and its
// sign, the greatest first, as Java's BigInteger has it.
func shortestBytes(room *[16]byte, n decimal128.Num) []byte {
	binary.BigEndian.PutUint64(room[:8], uint64(n.HighBits()))
	binary.BigEndian.PutUint64(room[8:], n.LowBits())
	first := 0
	for first < 15 && (room[first] == 0 && room[first+1] < 0x80 || room[first] == 0xff && room[first+1] >= 0x80) {
		first++
	}
	return room[first:]
}

// murmur3 is MurmurHash3 of 32 bits, but for the bytes beyond the last four,
// each of which Spark mixes in as if it were four.
var murmur3 = hasher[uint32]{
	int: func(i int32, seed uint32) uint32 { return murmurEnd(murmurMix(seed, uint32(i)), 4) },
	long: func(i int64, seed uint32) uint32 {
		return murmurEnd(murmurMix(murmurMix(seed, uint32(i)), uint32(i>>32)), 8)
	},
	bytes: func(b []byte, seed uint32) uint32 {
		h, n := seed, len(b)
		for ; len(b) >= 4; b = b[4:] {
			h = murmurMix(h, binary.LittleEndian.Uint32(b))
		}
		for _, c := range b {
			h = murmurMix(h, uint32(int8(c)))
		}
		return murmurEnd(h, uint32(n))
	},
}

func murmurMix(h, k uint32) uint32 {
	k = bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593
	return bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64
}

func murmurEnd(h, length uint32) uint32 {
	h ^= length
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// The primes of XXH64.
const (
	xxPrime1 = 0x9e3779b185ebca87
	xxPrime2 = 0xc2b2ae3d27d4eb4f
	xxPrime3 = 0x165667b19e3779f9
	xxPrime4 = 0x85ebca77c2b2ae63
	xxPrime5 = 0x27d4eb2f165667c5
)

// xxHash is XXH64; numbers are hashed as their bytes, the least first.
var xxHash = hasher[uint64]{
	int:   func(i int32, seed uint64) uint64 { return xxEnd(xxFour(seed+xxPrime5+4, uint32(i))) },
	long:  func(i int64, seed uint64) uint64 { return xxEnd(xxEight(seed+xxPrime5+8, uint64(i))) },
	bytes: xxBytes,
}

func xxBytes(b []byte, seed uint64) uint64 {
	n := uint64(len(b))
	h := seed + xxPrime5
	if n >= 32 {
		const both = (xxPrime1 + xxPrime2) & math.MaxUint64
		lanes := [4]uint64{seed + both, seed + xxPrime2, seed, seed - xxPrime1}
		for ; len(b) >= 32; b = b[32:] {
			for i := range lanes {
				lanes[i] = xxRound(lanes[i], binary.LittleEndian.Uint64(b[8*i:]))
			}
		}
		h = bits.RotateLeft64(lanes[0], 1) + bits.RotateLeft64(lanes[1], 7) + bits.RotateLeft64(lanes[2], 12) + bits.RotateLeft64(lanes[3], 18)
		for _, lane := range lanes {
			h = (h^xxRound(0, lane))*xxPrime1 + xxPrime4
		}
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = xxEight(h, binary.LittleEndian.Uint64(b))
	}
	if len(b) >= 4 {
		h = xxFour(h, binary.LittleEndian.Uint32(b))
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*xxPrime5, 11) * xxPrime1
	}
	return xxEnd(h)
}

func xxRound(lane, word uint64) uint64 {
	return bits.RotateLeft64(lane+word*xxPrime2, 31) * xxPrime1
}

func xxEight(h, word uint64) uint64 {
	return bits.RotateLeft64(h^xxRound(0, word), 27)*xxPrime1 + xxPrime4
}

func xxFour(h uint64, word uint32) uint64 {
	return bits.RotateLeft64(h^uint64(word)*xxPrime1, 23)*xxPrime2 + xxPrime3
}

func xxEnd(h uint64) uint64 {
	h = (h ^ h>>33) * xxPrime2
	h = (h ^ h>>29) * xxPrime3
	return h ^ h>>32
}
