package dv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// A file begins with its version and is records after that: the size of a
// body, the body, its CRC-32. Here alone numbers are big-endian.
const (
	fileVersion    = 1
	firstOffset    = 1
	recordOverhead = 8
)

// AppendRecord appends a body to what a file holds so far, nothing at first,
// and says where the record begins, which is the descriptor's offset. A file
// that a descriptor cannot point into is refused.
func AppendRecord(file, body []byte) (longer []byte, offset int32, err error) {
	if len(file) == 0 {
		file = append(file, fileVersion)
	}
	if len(file) > math.MaxInt32 || len(body) > math.MaxInt32 {
		return nil, 0, errors.New("deletion vector file is larger than 2 GiB")
	}
	offset = int32(len(file))
	file = binary.BigEndian.AppendUint32(file, uint32(len(body)))
	file = append(file, body...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(body)), offset, nil
}

// recordBody is the body of a record, of which size says how long it should
// be.
func recordBody(record []byte, size int) ([]byte, error) {
	if got := binary.BigEndian.Uint32(record); int64(got) != int64(size) {
		return nil, fmt.Errorf("record has %d bytes, and sizeInBytes is %d", got, size)
	}
	body := record[4 : 4+size]
	if got, want := crc32.ChecksumIEEE(body), binary.BigEndian.Uint32(record[4+size:]); got != want {
		return nil, fmt.Errorf("CRC-32 of the record is %08x and not %08x", got, want)
	}
	return body, nil
}
