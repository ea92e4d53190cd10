package parquetfile

import (
	"errors"
	"fmt"
	"hash/crc32"
)

// checksums compares the pages of a stream with the CRC-32 that some writers,
// parquet-mr and so Spark among them, put into their headers, and that arrow-go
// does not look at. It watches the bytes that arrow-go reads, which it does in
// their order: a page is over before it is decoded.
type checksums struct {
	next   int64  // offset of the byte that comes next
	header []byte // of a page, as far as it came; nil while its body comes
	left   int64  // bytes of the body that are still to come
	stored bool   // the header has a checksum:
	want   uint32
	have   uint32 // of the body as far as it came
	page   int64  // offset of the page
	blind  bool   // what comes cannot be told apart any more
	err    error  // the first page that is not as it was written
}

// headerMax bounds the header of a page; it has the bounds of the page's values.
const headerMax = 1 << 20

// watch takes bytes that were read at an offset of the stream.
func (c *checksums) watch(off int64, b []byte) {
	if c.blind || off > c.next {
		c.blind = true // something was passed over
		return
	}
	if seen := c.next - off; seen < int64(len(b)) {
		b = b[seen:]
	} else {
		return // read again
	}
	c.next += int64(len(b))
	for len(b) > 0 && !c.blind {
		if c.left == 0 {
			b = c.begin(b)
			continue
		}
		n := min(c.left, int64(len(b)))
		if c.stored {
			c.have = crc32.Update(c.have, crc32.IEEETable, b[:n])
		}
		b = b[n:]
		if c.left -= n; c.left == 0 {
			c.end()
		}
	}
}

// begin takes bytes of a header, and returns those behind it.
func (c *checksums) begin(b []byte) (rest []byte) {
	if len(c.header) == 0 {
		c.page = c.next - int64(len(b))
	}
	had := len(c.header)
	c.header = append(c.header, b...)
	s := &scanner{buf: c.header}
	var h pageHeader
	switch err := s.structure(0, h.field); {
	case err == nil && h.compressed >= 0:
		rest = b[s.pos-had:]
		c.header, c.left, c.stored, c.want, c.have = c.header[:0], h.compressed, h.stored, h.crc, 0
		if c.left == 0 {
			c.end()
		}
		return rest
	case errors.Is(err, errThriftShort) && len(c.header) < headerMax, errors.Is(err, errThriftCount) && len(c.header) < headerMax:
		return nil // more of it will come
	default: // arrow-go will say what is wrong with it
		c.blind = true
		return nil
	}
}

// end is the end of a page.
func (c *checksums) end() {
	if c.stored && c.have != c.want && c.err == nil {
		c.err = fmt.Errorf("the page at byte %d of the column has the checksum %08x, and %08x is written in its header", c.page, c.have, c.want)
	}
	c.stored = false
}

// pageHeader is what of a page's header says where the page ends and what it is.
type pageHeader struct {
	compressed int64
	crc        uint32
	stored     bool
}

func (h *pageHeader) field(s *scanner, id int64, typ byte) (consumed bool, err error) {
	const compressedField, crcField = 3, 4
	if typ != thriftI32 || id != compressedField && id != crcField {
		return false, nil
	}
	v, err := s.varint()
	if err != nil {
		return true, err
	}
	if id == crcField {
		h.crc, h.stored = uint32(unzigzag(v)), true
	} else {
		h.compressed = unzigzag(v)
	}
	return true, nil
}
