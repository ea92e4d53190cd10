package parquetio

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
)

const (
	batchRowsDefault = 32 << 10
	batchBytesAim    = 32 << 20 // batches get fewer rows where rows are wide
	batchRowsFirst   = 1 << 10  // of the first batch, if values have no fixed size
)

// ReadPlan says what to read of a file.
type ReadPlan struct {
	// Schema is the wanted columns: names as in the file, types as in the
	// table, structs pruned to the wanted fields. It may be empty: then batches
	// only count.
	Schema *schema.Struct
	// Ranges are the wanted physical rows, ascending and disjoint; nil is all.
	Ranges []RowRange
	// Without yields the runs of physical rows in [first, end) that are not
	// wanted although they are in Ranges: the first row and the number of each,
	// maximal and ascending. It is asked again for every batch. Nil is none.
	Without func(first, end int64) iter.Seq2[int64, int64]
	// BatchRows is how many rows a batch has at most; 0 is a good default.
	// Wide rows make smaller batches, and so does the end of a row group. Rows
	// that are left out do not: others take their place.
	BatchRows int
}

// RowRange is Count rows of a file from position First on.
type RowRange struct{ First, Count int64 }

// End is the position behind the range.
func (r RowRange) End() int64 { return r.First + r.Count }

// Batch is some rows of a file.
type Batch struct {
	Record arrow.RecordBatch
	Rows   []RowRange // the physical positions of its rows, in order
}

// Read yields the wanted rows in their order. A batch is valid until the next
// step of the iteration; Retain its record to keep it. Its schema is that of
// [arrowconv.Schema]. After an error nothing more is yielded; the error is a
// [*TypeError], a [*parquetfile.Error], or that of the store or the context.
//
// A NOT NULL column in which the file has nulls is read with its nulls.
// Memory: the column chunks of one row group within OpenOptions.Budget, one
// page and one batch for each column.
func (f *File) Read(ctx context.Context, plan ReadPlan) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		r, err := f.newReader(ctx, plan)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		defer r.close()
		for group := range f.groups {
			wanted := f.groups[group].wanted(r.ranges, plan.Without)
			if len(wanted.ranges) == 0 {
				continue
			}
			if err := r.startGroup(ctx, group, wanted.ranges); err != nil {
				yield(Batch{}, err)
				return
			}
			for len(wanted.ranges) > 0 {
				if err := ctx.Err(); err != nil {
					yield(Batch{}, err)
					return
				}
				rows := wanted.take(r.batchRows())
				rec, err := r.batch(rows)
				if err != nil {
					yield(Batch{}, err)
					return
				}
				more := yield(Batch{Record: rec, Rows: rows}, nil)
				rec.Release()
				if !more {
					return
				}
			}
			r.endGroup()
		}
	}
}

// reader is the state of one Read.
type reader struct {
	file   *File
	plan   ReadPlan
	ranges []RowRange
	arrow  *arrow.Schema
	fields []*node // of the plan's schema, in order

	columns []*column // the leaves that the fields need
	loaded  *parquetfile.Group
	first   int64 // physical position of the row group that is loaded

	rowBytes int64 // of the widest row seen, on average over a batch
	unsure   bool  // values have no fixed size, and none was read yet
	mem      *recycler
}

func (f *File) newReader(ctx context.Context, plan ReadPlan) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &reader{file: f, plan: plan, ranges: plan.Ranges, mem: newRecycler(f.mem)}
	if r.plan.BatchRows <= 0 {
		r.plan.BatchRows = batchRowsDefault
		if plan.Without != nil { // its buffers have room for some rows to leave out
			r.plan.BatchRows -= readLeast
		}
	}
	if r.plan.Schema == nil {
		r.plan.Schema = &schema.Struct{}
	}
	if r.ranges == nil {
		r.ranges = []RowRange{{0, f.NumRows()}}
	}
	if err := checkRanges(r.ranges, f.NumRows()); err != nil {
		return nil, fmt.Errorf("read %q: %w", f.pf.Name(), err)
	}
	var err error
	if r.arrow, err = arrowconv.Schema(r.plan.Schema); err != nil {
		return nil, err
	}
	err = f.pf.Guard("", func() error {
		r.fields, r.columns, err = f.resolve(r.plan.Schema, r.mem)
		return err
	})
	for _, c := range r.columns {
		r.unsure = r.unsure || c.descr.PhysicalType() == parquet.Types.ByteArray
	}
	return r, err
}

// startGroup loads what the ranges need of a row group.
func (r *reader) startGroup(ctx context.Context, group int, ranges []RowRange) error {
	r.first = r.file.groups[group].FirstRow
	var uncompressed int64
	parts := make([]parquetfile.Part, len(r.columns))
	for i, c := range r.columns {
		part, segments, err := r.file.part(ctx, c.leaf, group, ranges)
		if err != nil {
			return err
		}
		parts[i] = part
		c.start(segments)
		uncompressed += r.file.pf.Meta().RowGroups[group].Columns[c.leaf].MetaData.TotalUncompressedSize
	}
	r.rowBytes = max(r.rowBytes, uncompressed/r.file.groups[group].Rows)
	loaded, err := r.file.pf.Load(ctx, group, parts, parquetfile.LoadOptions{Budget: r.file.opts.Budget, Allocator: r.mem})
	if err != nil {
		return err
	}
	r.loaded = loaded
	for _, c := range r.columns {
		if c.pages, err = loaded.Column(c.leaf); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) endGroup() {
	if r.loaded != nil {
		r.loaded.Close()
		r.loaded = nil
	}
}

func (r *reader) close() {
	r.endGroup()
	for _, c := range r.columns {
		c.values.release()
	}
	r.mem.close()
}

// batchRows is how many rows the next batch may have. How large values of a
// dictionary come out, which a file holds once, shows only when they are read.
func (r *reader) batchRows() int64 {
	rows := min(int64(r.plan.BatchRows), max(1, batchBytesAim/max(1, r.rowBytes)))
	if r.unsure {
		rows = min(rows, batchRowsFirst)
	}
	return rows
}

// batch decodes rows of the group that is loaded.
func (r *reader) batch(rows []RowRange) (arrow.RecordBatch, error) {
	var total int64
	for _, rr := range rows {
		total += rr.Count
	}
	for _, c := range r.columns {
		err := r.file.pf.Guard(c.path(), func() error { return c.read(rows, r.first, int(total)) })
		if err != nil {
			return nil, r.loaded.Fault(c.leaf, err)
		}
	}
	var held int64
	for _, c := range r.columns {
		held += c.values.bytes()
	}
	r.rowBytes, r.unsure = max(r.rowBytes, held/total), false
	arrays := make([]arrow.Array, 0, len(r.fields))
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	for i, n := range r.fields {
		err := r.file.pf.Guard(r.plan.Schema.Fields[i].Name, func() error {
			data, err := n.assemble(r.mem, int(total))
			if err != nil {
				return err
			}
			defer data.Release()
			arrays = append(arrays, array.MakeFromData(data))
			return nil
		})
		if err != nil {
			return nil, r.file.pf.Corrupt(r.plan.Schema.Fields[i].Name, err)
		}
	}
	return array.NewRecordBatch(r.arrow, arrays, total), nil
}
