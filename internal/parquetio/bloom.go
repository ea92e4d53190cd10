package parquetio

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/cespare/xxhash/v2"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// This file is Parquet's split-block bloom filter: blocks of 256 bits, in one
// of which a value sets one bit of each of eight words. What is hashed is a
// value in the plain encoding, without its length.

const (
	bloomBlock   = 32       // bytes
	bloomMax     = 16 << 20 // bytes of a filter that is written or read
	bloomPerItem = 9.681    // bits, for one false positive in a hundred
)

var bloomSalt = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// bloomFilter is the bits, little-endian.
type bloomFilter []byte

// newBloomFilter makes a filter of hashes, which it sorts. Its size is a power
// of two, which some readers insist on.
func newBloomFilter(hashes []uint64) bloomFilter {
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	size := bloomBlock
	for float64(size*8) < float64(len(hashes))*bloomPerItem && size < bloomMax {
		size *= 2
	}
	f := make(bloomFilter, size)
	for _, h := range hashes {
		block := f.block(h)
		for i, salt := range bloomSalt {
			word := block[4*i:]
			binary.LittleEndian.PutUint32(word, binary.LittleEndian.Uint32(word)|1<<(uint32(h)*salt>>27))
		}
	}
	return f
}

func (f bloomFilter) block(h uint64) []byte {
	at := bloomBlock * (h >> 32 * uint64(len(f)/bloomBlock) >> 32)
	return f[at : at+bloomBlock]
}

// has says whether a value of that hash may have been put in.
func (f bloomFilter) has(h uint64) bool {
	block := f.block(h)
	for i, salt := range bloomSalt {
		if binary.LittleEndian.Uint32(block[4*i:])&(1<<(uint32(h)*salt>>27)) == 0 {
			return false
		}
	}
	return true
}

// appendHashes appends the hashes of values in the plain encoding; width is
// that of a value, 0 of texts.
func appendHashes(dst []uint64, plain []byte, width int) []uint64 {
	var v []byte
	for len(plain) > 0 {
		if width > 0 {
			v, plain = plain[:width], plain[width:]
		} else {
			v, plain = first(plain)
		}
		dst = append(dst, xxhash.Sum64(v))
	}
	return dst
}

// appendBloomHeader appends the header of a filter: its size, and the one
// member that each of three unions has.
func appendBloomHeader(dst []byte, size int) []byte {
	dst = i32(dst, 1, int32(size))
	for range 3 {
		dst = field(dst, 1, thriftStruct)
		dst = field(dst, 1, thriftStruct)
		dst = append(dst, 0, 0)
	}
	return append(dst, 0)
}

// plainWidth is how many bytes a value takes in the plain encoding, 0 if its
// length is its own; false for booleans, which are bits.
func plainWidth(physical parquet.Type, fixed int) (width int, ok bool) {
	switch physical {
	case parquet.Types.Int32, parquet.Types.Float:
		return 4, true
	case parquet.Types.Int64, parquet.Types.Double:
		return 8, true
	case parquet.Types.FixedLenByteArray:
		return fixed, true
	case parquet.Types.ByteArray:
		return 0, true
	default:
		return 0, false
	}
}

// Bloom is the bloom filter of a column in a row group.
type Bloom struct {
	filter bloomFilter
	stored stored
	width  int
	table  schema.Type
}

// Lacks says that no row has a value, which is neither null nor NaN. False is
// not known.
func (b *Bloom) Lacks(v value.Value) bool {
	var buf [16]byte
	plain, ok := b.encode(buf[:0], v)
	if !ok || b.filter.has(xxhash.Sum64(plain)) {
		return false
	}
	if b.stored.means == storedReal && v.Float64() == 0 {
		plain[len(plain)-1] ^= 0x80 // the other zero
		return !b.filter.has(xxhash.Sum64(plain))
	}
	return true
}

// encode appends the one form that a value has in the file. It reports false if
// there may be several, or none.
func (b *Bloom) encode(dst []byte, v value.Value) ([]byte, bool) {
	if v.Type() != b.table {
		return dst, false
	}
	switch s := b.stored; s.means {
	case storedInteger, storedDate:
		n := v.Int64()
		if d, is := b.table.(schema.Decimal); is {
			whole, rounded, ok := value.Rescale(v.Unscaled(), d.Scale, 0)
			small, fits := whole.Int64()
			if !ok || rounded || !fits {
				return dst, false
			}
			n = small
		} else if b.table == schema.Double || b.table == schema.TimestampNTZ {
			return dst, false
		}
		return b.integer(dst, n)
	case storedTimestamp:
		switch s.unit {
		case 1_000_000:
			return b.integer(dst, v.Int64())
		case 1_000:
			return b.integer(dst, v.Int64()/1000) // of another one, if it is not whole: it may or may not be there
		}
		return dst, false // nanoseconds are cut off when they are read
	case storedReal:
		f := v.Float64()
		switch {
		case s.physical == parquet.Types.Double:
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), true
		case float64(float32(f)) == f:
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), true
		}
		return dst, false
	case storedText, storedBlob:
		return append(dst, v.Text()...), s.physical == parquet.Types.ByteArray || len(v.Text()) == b.width
	case storedDecimal:
		d := b.table.(schema.Decimal)
		n, rounded, ok := value.Rescale(v.Unscaled(), d.Scale, s.scale)
		if !ok || rounded {
			return dst, false
		}
		return b.decimal(dst, n)
	default:
		return dst, false
	}
}

func (b *Bloom) integer(dst []byte, n int64) ([]byte, bool) {
	if b.stored.physical == parquet.Types.Int64 {
		return binary.LittleEndian.AppendUint64(dst, uint64(n)), true
	}
	fits := n == int64(int32(n)) || b.stored.unsigned && n == int64(uint32(n))
	return binary.LittleEndian.AppendUint32(dst, uint32(n)), fits
}

func (b *Bloom) decimal(dst []byte, n value.Int128) ([]byte, bool) {
	switch b.stored.physical {
	case parquet.Types.Int32, parquet.Types.Int64:
		small, fits := n.Int64()
		dst, ok := b.integer(dst, small)
		return dst, ok && fits
	case parquet.Types.FixedLenByteArray:
		for i := b.width - 1; i >= 0; i-- {
			switch shift := 8 * i; {
			case shift >= 128:
				dst = append(dst, byte(n.Hi>>63))
			case shift >= 64:
				dst = append(dst, byte(n.Hi>>(shift-64)))
			default:
				dst = append(dst, byte(n.Lo>>shift))
			}
		}
		lost := b.width < 16 && !fitsBytes(n, b.width)
		return dst, !lost
	default:
		return dst, false // of any number of bytes
	}
}

// fitsBytes says whether n fits a two's complement of so many bytes.
func fitsBytes(n value.Int128, width int) bool {
	bits := 8*width - 1
	if bits >= 64 {
		return n.Hi>>(bits-64) == n.Hi>>63
	}
	return n.Hi == int64(n.Lo)>>63 && int64(n.Lo)>>bits == n.Hi
}

// BloomBytes is about how many bytes have to be fetched to read the bloom
// filter of a column in a row group, 0 if they are in memory. It reports false
// if there is none that can be used.
func (f *File) BloomBytes(rowGroup int, path []schema.Field) (int64, bool) {
	leaf, found, ok := f.leafAt(path)
	if !ok || !found {
		return 0, false
	}
	md := f.pf.Meta().RowGroups[rowGroup].Columns[leaf].MetaData
	if md.BloomFilterOffset == nil || *md.BloomFilterOffset <= 0 {
		return 0, false
	}
	if !f.bloomFor(leaf, path[len(path)-1].Type).usable(f.pf.Calendar().LegacyDates) {
		return 0, false
	}
	size := f.bloomGuess(rowGroup, leaf)
	if f.pf.Held(*md.BloomFilterOffset, 1) {
		return 0, true
	}
	return size, size <= bloomMax+bloomHeader
}

// bloomHeader is more than the header of a filter takes.
const bloomHeader = 64

// bloomGuess is the bytes of a filter with its header, or as many as it should
// have if the footer does not say.
func (f *File) bloomGuess(rowGroup, leaf int) int64 {
	md := f.pf.Meta().RowGroups[rowGroup].Columns[leaf].MetaData
	if md.BloomFilterLength != nil && *md.BloomFilterLength > 0 {
		return int64(*md.BloomFilterLength)
	}
	return bloomHeader + int64(float64(max(0, md.NumValues))*bloomPerItem/8)
}

func (f *File) bloomFor(leaf int, t schema.Type) *Bloom {
	d := f.pf.Meta().Schema.Column(leaf)
	return &Bloom{stored: storedAs(d), width: d.TypeLength(), table: t}
}

// usable says whether any value of the column has one form in the file.
func (b *Bloom) usable(legacyCalendar bool) bool {
	switch b.stored.means {
	case storedInteger:
		return b.table != schema.Double
	case storedDate, storedTimestamp:
		return !legacyCalendar && (b.stored.means == storedDate) == (b.table == schema.Date)
	case storedReal:
		return isReal(b.table)
	case storedText, storedBlob:
		return b.table == schema.String || b.table == schema.Binary
	case storedDecimal:
		_, is := b.table.(schema.Decimal)
		return is
	default:
		return false
	}
}

func isReal(t schema.Type) bool { return t == schema.Float || t == schema.Double }

// Bloom reads the bloom filter of a column in a row group; nil if there is none
// that can be used. The error is that of the store, or a [*parquetfile.Error].
func (f *File) Bloom(rowGroup int, path []schema.Field) (*Bloom, error) {
	if _, ok := f.BloomBytes(rowGroup, path); !ok {
		return nil, nil
	}
	leaf, _, _ := f.leafAt(path)
	b := f.bloomFor(leaf, path[len(path)-1].Type)
	var err error
	b.filter, err = f.readBloom(rowGroup, leaf)
	if err != nil || b.filter == nil {
		return nil, err
	}
	return b, nil
}

func (f *File) readBloom(rowGroup, leaf int) (bloomFilter, error) {
	column := f.pf.Meta().Schema.Column(leaf).Path()
	offset := *f.pf.Meta().RowGroups[rowGroup].Columns[leaf].MetaData.BloomFilterOffset
	buf, err := f.pf.ReadRange(f.ctx, offset, min(f.bloomGuess(rowGroup, leaf), f.pf.Size()-offset))
	if err != nil {
		return nil, err
	}
	header, size, ok, err := parquetfile.BloomHeader(buf)
	if err != nil {
		return nil, f.pf.Corrupt(column, fmt.Errorf("row group %d: bloom filter: %w", rowGroup, err))
	}
	if !ok || size <= 0 || size > bloomMax || size%bloomBlock != 0 {
		return nil, nil
	}
	if rest := int64(header) + size - int64(len(buf)); rest > 0 {
		more, err := f.pf.ReadRange(f.ctx, offset+int64(len(buf)), rest)
		if err != nil {
			return nil, err
		}
		buf = append(buf, more...)
	}
	return bloomFilter(buf[header : int64(header)+size]), nil
}

// ColumnBytes is what the column chunks of a row group take that hold the
// columns of s, compressed.
func (f *File) ColumnBytes(rowGroup int, s *schema.Struct) int64 {
	meta := f.pf.Meta()
	var total int64
	for _, field := range s.Fields {
		node, err := f.lookup(field.Name, meta.Schema.Root(), field)
		if err != nil || node == nil {
			continue
		}
		for c := range meta.RowGroups[rowGroup].Columns {
			if meta.Schema.ColumnRoot(c) == node {
				total += f.pf.Chunk(rowGroup, c).Length
			}
		}
	}
	return total
}
