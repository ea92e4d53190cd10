package scan

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/log"
)

// This file lets a caller say which rows of which files a plan reads, whether
// they are live in some version or not.

// Part is rows of one file: those that are live, or those that its deletion
// vector marks.
type Part struct {
	replay.File
	Marked  bool                // the rows that the vector marks, instead of all others
	Except  *log.DeletionVector // of these, not the ones that it marks, too
	Unsized bool                // the log does not say the file's size, as a remove need not
}

// bytes is about what reading the part holds: the file, and what says which of
// its rows are deleted.
func (p Part) bytes() int64 {
	n := p.Size()
	for _, d := range []*log.DeletionVector{p.DeletionVector(), p.Except} {
		if d != nil && n < math.MaxInt64-int64(d.SizeInBytes) {
			n += int64(d.SizeInBytes)
		}
	}
	return n
}

// whole is the parts that are all live rows of files.
func whole(files iter.Seq2[replay.File, error]) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		for f, err := range files {
			if !yield(Part{File: f}, err) {
				return
			}
		}
	}
}

// Parts reads parts of files as [Plan.Batches] reads the files of the snapshot:
// what partition values and statistics exclude is not opened. Options.Limit
// holds for each call.
func (p *Plan) Parts(ctx context.Context, parts func(context.Context) iter.Seq2[Part, error]) iter.Seq2[Batch, error] {
	return p.batches(ctx, func(ctx context.Context) iter.Seq2[Part, error] {
		return func(yield func(Part, error) bool) {
			var skip *skipping.FileDecider
			if p.skip != nil {
				skip = p.skip.Decider()
			}
			for part, err := range parts(ctx) {
				if err == nil && skip != nil && part.excluded(skip) {
					continue
				}
				if !yield(part, err) || err != nil {
					return
				}
			}
		}
	})
}

// excluded says that the log proves that no row of the part is wanted. What
// statistics say of a file need not hold for rows that a vector marks.
func (part Part) excluded(skip *skipping.FileDecider) bool {
	if part.Marked {
		return skip.Partition(part.PartitionValue) == skipping.None
	}
	return skip.Decide(part.File) == skipping.None
}

// openPart opens the file of a part.
func (p *Plan) openPart(ctx context.Context, part Part) (*opened, error) {
	if part.Unsized {
		var err error
		if part.File, err = p.files.sized(ctx, part.File); err != nil {
			return nil, of(part.File, err)
		}
	}
	o, err := p.open(ctx, part.File)
	if err != nil || !part.Marked {
		return o, err
	}
	if o.only, err = p.marked(ctx, part, o); err != nil {
		o.data.Close()
		return nil, of(part.File, err)
	}
	o.deleted = nil
	return o, nil
}

// marked is the rows of a part that is not the live ones.
func (p *Plan) marked(ctx context.Context, part Part, o *opened) (*dv.Bitmap, error) {
	rows := o.deleted
	if rows == nil {
		rows = &dv.Bitmap{}
	}
	if part.Except == nil {
		return rows, nil
	}
	except, err := p.files.vector(ctx, part.Except, rowsOf(part.File))
	if err != nil {
		return nil, err
	}
	if err := within(except, part.Except, o.data.NumRows()); err != nil {
		return nil, err
	}
	return rows.AndNot(except), nil
}

// nearRows is how far apart wanted rows are read at one go.
const nearRows = 1024

// around is ranges with all the rows of a set in them, and not many others.
func around(rows *dv.Bitmap, end int64) []parquetio.RowRange {
	out := []parquetio.RowRange{}
	for first, n := range rows.Ranges(0, end) {
		if last := len(out) - 1; last >= 0 && first-out[last].End() < nearRows {
			out[last].Count = first + n - out[last].First
			continue
		}
		out = append(out, parquetio.RowRange{First: first, Count: n})
	}
	return out
}

// others yields the runs of rows that are not in a set.
func others(rows *dv.Bitmap) func(first, end int64) iter.Seq2[int64, int64] {
	return func(first, end int64) iter.Seq2[int64, int64] {
		return func(yield func(int64, int64) bool) {
			at := first
			for run, n := range rows.Ranges(first, end) {
				if run > at && !yield(at, run-at) {
					return
				}
				at = run + n
			}
			if at < end {
				yield(at, end-at)
			}
		}
	}
}

// within refuses a vector that marks rows that its file does not have.
func within(rows *dv.Bitmap, d *log.DeletionVector, end int64) error {
	if rows.Len() == 0 || rows.Max() < end {
		return nil
	}
	return fmt.Errorf("%w: the deletion vector %s has row %d, and the file %d rows", log.ErrCorrupt, d.ID(), rows.Max(), end)
}
