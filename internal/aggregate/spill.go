package aggregate

import (
	"bufio"
	"bytes"
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// spill keeps groups that found no room in memory on local disk: as runs, each
// sorted by key. A group may be in many runs; what was seen of it is put
// together, in the order of the runs, when they are merged.
type spill struct {
	dir  string
	file *os.File // holds the runs, one behind the other
	size int64
	runs []run
}

type run struct{ start, size int64 }

const (
	runsMerged = 64       // at once; more are merged in several rounds
	runBuffer  = 64 << 10 // of a run that is read, at most
	spillWrite = 256 << 10
)

// write appends a run. each is called with the function that takes its groups
// in the order of their keys.
func (s *spill) write(each func(put func(key, state []byte) error) error) (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp(s.dir, "foreset-spill-*"); err != nil {
			return fmt.Errorf("spill groups to local disk: %w", err)
		}
	}
	out := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.size), spillWrite)
	var size int64
	var head []byte
	err = each(func(key, state []byte) error {
		head = binary.AppendUvarint(head[:0], uint64(len(key)))
		head = binary.AppendUvarint(head, uint64(len(state)))
		for _, part := range [][]byte{head, key, state} {
			if _, err := out.Write(part); err != nil {
				return fmt.Errorf("spill groups to local disk: %w", err)
			}
			size += int64(len(part))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("spill groups to local disk: %w", err)
	}
	s.runs = append(s.runs, run{s.size, size})
	s.size += size
	return nil
}

// close removes what is on disk.
func (s *spill) close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// cursor stands on a group of a run.
type cursor struct {
	run        int
	in         *bufio.Reader
	left       int64 // bytes of the run that were not read yet
	key, state []byte
}

// next goes to the next group; io.EOF is the end of the run.
func (c *cursor) next() error {
	if c.left == 0 {
		return io.EOF
	}
	var sizes [2]uint64
	for i := range sizes {
		n, err := binary.ReadUvarint(c)
		if err != nil {
			return damaged(err)
		}
		sizes[i] = n
	}
	if sizes[0] > uint64(c.left) || sizes[1] > uint64(c.left)-sizes[0] {
		return damaged(errState)
	}
	c.key, c.state = slices.Grow(c.key[:0], int(sizes[0])+shortKey)[:sizes[0]], slices.Grow(c.state[:0], int(sizes[1]))[:sizes[1]]
	for _, part := range [][]byte{c.key, c.state} {
		if _, err := io.ReadFull(c.in, part); err != nil {
			return damaged(err)
		}
	}
	c.left -= int64(sizes[0] + sizes[1])
	return nil
}

// ReadByte counts.
func (c *cursor) ReadByte() (byte, error) {
	c.left--
	return c.in.ReadByte()
}

func damaged(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read back spilled groups: %w", err)
}

// cursors is a heap: the least key first, that of the earlier run first of all.
type cursors []*cursor

func (h cursors) Len() int      { return len(h) }
func (h cursors) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h cursors) Less(i, j int) bool {
	order := bytes.Compare(h[i].key, h[j].key)
	return order < 0 || order == 0 && h[i].run < h[j].run
}
func (h *cursors) Push(x any) { *h = append(*h, x.(*cursor)) }
func (h *cursors) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// merged calls take for the groups of some runs in the order of their keys, and
// once for each run that has the group.
func (s *spill) merged(ctx context.Context, runs []run, memory int64, take func(key, state []byte) error) error {
	buffer := int(max(4<<10, min(runBuffer, memory/int64(len(runs)+1))))
	var open cursors
	for i, r := range runs {
		c := &cursor{run: i, in: bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.size), buffer), left: r.size}
		switch err := c.next(); {
		case errors.Is(err, io.EOF) && r.size == 0:
		case err != nil:
			return err
		default:
			open = append(open, c)
		}
	}
	heap.Init(&open)
	for n := 0; len(open) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c := open[0]
		if err := take(c.key, c.state); err != nil {
			return err
		}
		switch err := c.next(); {
		case err == nil:
			heap.Fix(&open, 0)
		case c.left == 0 && errors.Is(err, io.EOF):
			heap.Pop(&open)
		default:
			return err
		}
	}
	return nil
}
