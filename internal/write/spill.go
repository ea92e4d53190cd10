package write

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/foreset/foreset/internal/value"
)

// spill keeps the rows of partitions that found no open file: groups are
// gathered in memory, written to local disk as runs sorted by partition when
// they fill the buffer, and merged at the end.
type spill struct {
	opts  *Options
	file  *os.File // holds the runs, one behind the other: there may be more of them than files may be open
	held  map[string][]*group
	size  int64
	bytes int64 // written to disk
	runs  []*run
}

// run is batches sorted by partition, in a part of the file. Which batch
// belongs to which partition is remembered, not read back.
type run struct {
	start, size int64
	groups      []runGroup
}

type runGroup struct {
	key    string
	values []value.Value
	count  int // batches
}

func newSpill(opts *Options) *spill {
	return &spill{opts: opts, held: map[string][]*group{}}
}

// add takes the rows of one partition.
func (s *spill) add(g *group) error {
	g.batch.Retain()
	kept := *g
	s.held[g.key] = append(s.held[g.key], &kept)
	s.size += batchBytes(g.batch)
	if s.size > s.opts.Buffer/4 {
		return s.flush()
	}
	return nil
}

// flush writes what is held as one run.
func (s *spill) flush() (err error) {
	if len(s.held) == 0 {
		return nil
	}
	if s.file == nil {
		if s.file, err = os.CreateTemp(s.opts.TempDir, "foreset-spill-*"); err != nil {
			return fmt.Errorf("spill partitions to local disk: %w", err)
		}
	}
	r := &run{start: s.bytes}
	buffered := bufio.NewWriterSize(s.file, 1<<20)
	defer func() {
		if err == nil {
			err = buffered.Flush()
		}
		if err == nil {
			s.bytes, err = s.file.Seek(0, io.SeekCurrent)
		}
		r.size = s.bytes - r.start
	}()
	keys := slices.Sorted(maps.Keys(s.held))
	w := ipc.NewWriter(buffered, ipc.WithSchema(s.held[keys[0]][0].batch.Schema()), ipc.WithAllocator(s.opts.Allocator))
	for _, key := range keys {
		groups := s.held[key]
		r.groups = append(r.groups, runGroup{key, groups[0].values, len(groups)})
		for _, g := range groups {
			if err := w.Write(g.batch); err != nil {
				return errors.Join(fmt.Errorf("spill partitions to local disk: %w", err), w.Close())
			}
		}
		releaseGroups(groups)
		delete(s.held, key)
	}
	s.size = 0
	s.runs = append(s.runs, r)
	return w.Close()
}

// merged yields the spilled groups, all of one partition after another. The
// caller releases each group's batch.
func (s *spill) merged(ctx context.Context) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		if err := s.flush(); err != nil {
			yield(nil, err)
			return
		}
		var readers []*runReader
		defer func() {
			for _, r := range readers {
				r.close()
			}
		}()
		for _, r := range s.runs {
			rr, err := s.open(r)
			if err != nil {
				yield(nil, err)
				return
			}
			readers = append(readers, rr)
		}
		for ctx.Err() == nil {
			key, any := "", false
			for _, r := range readers {
				if k, ok := r.key(); ok && (!any || k < key) {
					key, any = k, true
				}
			}
			if !any {
				return
			}
			for _, r := range readers {
				if k, ok := r.key(); !ok || k != key {
					continue
				}
				if !r.group(yield) {
					return
				}
			}
		}
		yield(nil, ctx.Err())
	}
}

// close removes what is on disk and releases what is held.
func (s *spill) close() error {
	for _, groups := range s.held {
		releaseGroups(groups)
	}
	s.held = nil
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

type runReader struct {
	run  *run
	next int // index of the next group
	ipc  *ipc.Reader
}

func (s *spill) open(r *run) (*runReader, error) {
	part := bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.size), 64<<10)
	rd, err := ipc.NewReader(part, ipc.WithAllocator(s.opts.Allocator))
	if err != nil {
		return nil, fmt.Errorf("read back spilled partitions: %w", err)
	}
	return &runReader{run: r, ipc: rd}, nil
}

func (r *runReader) close() { r.ipc.Release() }

// key is the partition of the next group; ok is false at the end.
func (r *runReader) key() (key string, ok bool) {
	if r.next == len(r.run.groups) {
		return "", false
	}
	return r.run.groups[r.next].key, true
}

// group yields the batches of the next group; false if the caller stopped.
func (r *runReader) group(yield func(*group, error) bool) bool {
	g := r.run.groups[r.next]
	r.next++
	for range g.count {
		if !r.ipc.Next() {
			err := r.ipc.Err()
			if err == nil {
				err = errors.New("run ends early")
			}
			yield(nil, fmt.Errorf("read back spilled partitions: %w", err))
			return false
		}
		batch := r.ipc.RecordBatch()
		batch.Retain()
		if !yield(&group{g.key, g.values, batch}, nil) {
			return false
		}
	}
	return true
}

// batchBytes estimates the memory of the rows of a batch.
func batchBytes(b arrow.RecordBatch) int64 {
	var n int64
	for _, c := range b.Columns() {
		n += arrayBytes(c)
	}
	return n
}

func arrayBytes(a arrow.Array) int64 {
	rows := int64(a.Len())
	switch a := a.(type) {
	case array.BinaryLike:
		return 4*rows + int64(len(a.ValueBytes()))
	case array.ListLike: // list or map
		var n int64
		if rows > 0 {
			first, _ := a.ValueOffsets(0)
			_, last := a.ValueOffsets(int(rows) - 1)
			values := array.NewSlice(a.ListValues(), first, last)
			defer values.Release()
			n = arrayBytes(values)
		}
		return n + 4*rows
	case *array.Struct:
		n := rows / 8
		for i := range a.NumField() {
			n += arrayBytes(a.Field(i))
		}
		return n
	}
	if t, fixed := a.DataType().(arrow.FixedWidthDataType); fixed {
		return rows * int64(t.BitWidth()+1) / 8
	}
	return rows
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
