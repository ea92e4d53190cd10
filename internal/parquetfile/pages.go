package parquetfile

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// pages goes through the pages of a column for what arrow-go does not do. It
// compares their checksums. It leaves out those without values, which pyarrow writes when pages are small and
// arrow-go takes for the end of the column. And what is FIXED_LEN_BYTE_ARRAY in
// DELTA_BYTE_ARRAY, as parquet-mr has it in files of version 2 (the long
// decimals of Spark), becomes PLAIN.
type pages struct {
	file.PageReader
	sums             *checksums
	width            int // of a value of fixed length; -1: they are not
	levelsV1         int // of a page of version 1: how many kinds of levels are in front of the values
	mem              memory.Allocator
	page             file.Page // instead of the stored one; nil: that one
	err              error
	prefix, suffixes []int32
}

// Next goes to the next page that has values, or is a dictionary.
func (p *pages) Next() bool {
	p.release()
	for p.next() {
		page := p.PageReader.Page()
		if _, data := page.(file.DataPage); data && page.NumValues() == 0 {
			continue
		}
		if p.width >= 0 && parquet.Encoding(page.Encoding()) == parquet.Encodings.DeltaByteArray {
			p.page, p.err = p.toPlain(page)
		}
		return p.err == nil
	}
	return false
}

// next goes to the next page, if its bytes are what was written.
func (p *pages) next() bool {
	more := p.PageReader.Next()
	if p.sums.err != nil {
		p.err, more = p.sums.err, false
	}
	return more
}

func (p *pages) toPlain(page file.Page) (file.Page, error) {
	switch page := page.(type) {
	case *file.DataPageV1:
		return p.plainV1(page)
	case *file.DataPageV2:
		return p.plainV2(page)
	default:
		return nil, errDelta
	}
}

// Page is the current page.
func (p *pages) Page() file.Page {
	if p.page != nil {
		return p.page
	}
	return p.PageReader.Page()
}

// Err says why there is no next page.
func (p *pages) Err() error {
	if p.err != nil {
		return p.err
	}
	return p.PageReader.Err()
}

// Close releases the pages.
func (p *pages) Close() error {
	p.release()
	return p.PageReader.Close()
}

func (p *pages) release() {
	if p.page != nil {
		p.page.Release()
		p.page = nil
	}
}

func (p *pages) plainV1(page *file.DataPageV1) (file.Page, error) {
	data, levels := page.Data(), 0
	for range p.levelsV1 { // each behind its length
		if len(data)-levels < 4 {
			return nil, errDelta
		}
		n := binary.LittleEndian.Uint32(data[levels:])
		if uint64(n) > uint64(len(data)-levels-4) {
			return nil, errDelta
		}
		levels += 4 + int(n)
	}
	rle := parquet.Encodings.RLE
	if page.DefinitionLevelEncoding() != rle || page.RepetitionLevelEncoding() != rle {
		return nil, errors.New("DELTA_BYTE_ARRAY behind levels that are not RLE")
	}
	buf, err := p.plain(data[:levels], data[levels:], int(page.NumValues()))
	if err != nil {
		return nil, err
	}
	return file.NewDataPageV1WithConfig(buf, rle, rle, file.DataPageConfig{
		Num: page.NumValues(), Encoding: parquet.Encodings.Plain, UncompressedSize: int32(buf.Len()), FirstRowIndex: page.FirstRowIndex(),
	}), nil
}

func (p *pages) plainV2(page *file.DataPageV2) (file.Page, error) {
	data, levels := page.Data(), int64(page.DefinitionLevelByteLen())+int64(page.RepetitionLevelByteLen())
	if levels < 0 || levels > int64(len(data)) {
		return nil, errDelta
	}
	buf, err := p.plain(data[:levels], data[levels:], int(page.NumValues()))
	if err != nil {
		return nil, err
	}
	return file.NewDataPageV2WithConfig(buf, page.NumNulls(), page.NumRows(), page.DefinitionLevelByteLen(), page.RepetitionLevelByteLen(), false, file.DataPageConfig{
		Num: page.NumValues(), Encoding: parquet.Encodings.Plain, UncompressedSize: int32(buf.Len()), FirstRowIndex: page.FirstRowIndex(),
	}), nil
}

var errDelta = errors.New("a page of DELTA_BYTE_ARRAY is damaged")

// plain is a page with its levels, and its values, most of them at most, as
// they are: each is so many bytes of the one before it, and then bytes of its
// own.
func (p *pages) plain(levels, b []byte, most int) (buf *memory.Buffer, err error) {
	if len(b) == 0 { // nulls alone
		p.prefix, p.suffixes = p.prefix[:0], p.suffixes[:0]
	} else {
		if p.prefix, b, err = appendDeltas(p.prefix[:0], b, most); err != nil {
			return nil, err
		}
		if p.suffixes, b, err = appendDeltas(p.suffixes[:0], b, most); err != nil {
			return nil, err
		}
	}
	count := len(p.prefix)
	if count != len(p.suffixes) || len(levels)+count*p.width > pageUncompressedMax {
		return nil, errDelta
	}
	buf = memory.NewResizableBuffer(p.mem)
	buf.Resize(len(levels) + count*p.width)
	out := buf.Bytes()
	copy(out, levels)
	out = out[len(levels):]
	for i := range count {
		shared, own := int(p.prefix[i]), int(p.suffixes[i])
		if shared < 0 || own < 0 || shared+own != p.width || own > len(b) || i == 0 && shared > 0 {
			buf.Release()
			return nil, errDelta
		}
		if i > 0 {
			copy(out[i*p.width:], out[(i-1)*p.width:][:shared])
		}
		copy(out[i*p.width+shared:], b[:own])
		b = b[own:]
	}
	return buf, nil
}

// appendDeltas reads numbers in DELTA_BINARY_PACKED, at most so many, and
// returns what follows them.
func appendDeltas(dst []int32, b []byte, most int) ([]int32, []byte, error) {
	var header [3]uint64 // values in a block, miniblocks in it, values
	for i := range header {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return dst, nil, errDelta
		}
		header[i], b = n, b[size:]
	}
	block, minis, count := header[0], header[1], header[2]
	if block == 0 || block > 1<<16 || minis == 0 || block%minis != 0 || block/minis%8 != 0 || count > uint64(most) {
		return dst, nil, errDelta
	}
	value, size := binary.Varint(b)
	if size <= 0 {
		return dst, nil, errDelta
	}
	b = b[size:]
	dst = slices.Grow(dst, int(count))
	for left := int(count); left > 0; {
		if left == int(count) {
			dst, left = append(dst, int32(value)), left-1
			continue
		}
		least, size := binary.Varint(b)
		if size <= 0 || len(b)-size < int(minis) {
			return dst, nil, errDelta
		}
		widths := b[size:][:minis]
		b = b[size+int(minis):]
		for _, width := range widths {
			if left == 0 {
				break // the last block has only the miniblocks that it needs
			}
			mini := int(block / minis)
			if width > 32 || len(b) < mini/8*int(width) {
				return dst, nil, errDelta
			}
			for i := range min(mini, left) {
				value += least + int64(bitsAt(b, i*int(width), int(width))) // modulo 2^32, as it was subtracted
				dst = append(dst, int32(value))
			}
			left -= min(mini, left)
			b = b[mini/8*int(width):]
		}
	}
	return dst, b, nil
}

// bitsAt reads up to 32 bits, the lowest first.
func bitsAt(b []byte, at, width int) uint32 {
	var n uint64
	for i := at / 8; i < (at+width+7)/8; i++ {
		n |= uint64(b[i]) << (8 * (i - at/8))
	}
	return uint32(n >> (at % 8) & (1<<width - 1))
}
