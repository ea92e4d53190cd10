package checkpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/foreset/foreset/storage"
)

const (
	// A file up to this size is read whole, by one request.
	wholeFile = 4 << 20
	// Of a larger one the end is read first: it holds the footer.
	tailBytes = 256 << 10
	// Ranges with a smaller gap between them are read by one request.
	gapBytes = 256 << 10
)

// object is one file of a checkpoint as the Parquet reader wants it: random
// access for the time of one call. It remembers what was read ahead, and the
// first failure of the store, which tells a file that cannot be read from one
// that is damaged.
type object struct {
	ctx   context.Context
	store storage.Store
	name  string
	size  int64
	pos   int64
	ahead []span // by offset
	err   error
}

type span struct {
	off  int64
	data []byte
}

// extent is a range of a file.
type extent struct{ off, bytes int64 }

func (s span) end() int64 { return s.off + int64(len(s.data)) }

// ReadAt serves from what was read ahead, or else from the store.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > o.size {
		return 0, fmt.Errorf("read at %d of %d bytes", off, o.size)
	}
	for _, s := range o.ahead {
		if s.off <= off && off+int64(len(p)) <= s.end() {
			return copy(p, s.data[off-s.off:]), nil
		}
	}
	n, err := o.store.ReadAt(o.ctx, o.name, p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && o.err == nil {
		o.err = err
	}
	return 0, err // bytes that came with an error are not used
}

// Read and Seek complete the interface that the Parquet reader asks for.
func (o *object) Read(p []byte) (int, error) {
	n, err := o.ReadAt(p, o.pos)
	o.pos += int64(n)
	return n, err
}

// Seek sets the position of Read.
func (o *object) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += o.pos
	case io.SeekEnd:
		off += o.size
	}
	if off < 0 {
		return 0, errors.New("seek before the start")
	}
	o.pos = off
	return off, nil
}

// readAhead reads a range that later reads lie in.
func (o *object) readAhead(off, n int64) error {
	for _, s := range o.ahead {
		if s.off <= off && off+n <= s.end() {
			return nil
		}
	}
	data := make([]byte, n)
	if _, err := o.ReadAt(data, off); err != nil {
		return err
	}
	o.ahead = append(o.ahead, span{off, data})
	return nil
}

// readAheadAll reads ranges that later reads lie in with few requests, and
// forgets what was read ahead before unless the file is held whole.
func (o *object) readAheadAll(ranges []extent) error {
	if len(o.ahead) == 1 && int64(len(o.ahead[0].data)) == o.size {
		return nil
	}
	o.ahead = nil
	slices.SortFunc(ranges, func(a, b extent) int { return cmp.Compare(a.off, b.off) })
	for len(ranges) > 0 {
		off, end := ranges[0].off, ranges[0].off+ranges[0].bytes
		n := 1
		for ; n < len(ranges) && ranges[n].off <= end+gapBytes; n++ {
			end = max(end, ranges[n].off+ranges[n].bytes)
		}
		if err := o.readAhead(off, end-off); err != nil {
			return err
		}
		ranges = ranges[n:]
	}
	return nil
}
