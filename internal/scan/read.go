package scan

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/partition"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Batch is some rows of one file.
type Batch struct {
	Record arrow.RecordBatch
	File   replay.File
	Rows   []parquetio.RowRange // where the rows stand in the file, in order
}

// opened is a file that is ready to be read. A small one is in memory.
type opened struct {
	file    replay.File
	data    *parquetio.File
	deleted *dv.Bitmap // nil: no row of it is
	only    *dv.Bitmap // if not nil: the rows that are read, of all others none
	keys    []value.Value
}

// rows is how many rows the file has that are not deleted.
func (o *opened) rows() int64 {
	if o.deleted == nil {
		return o.data.NumRows()
	}
	return o.data.NumRows() - o.deleted.Len()
}

// without is what a read of the file leaves out.
func (o *opened) without() func(first, end int64) iter.Seq2[int64, int64] {
	switch {
	case o.only != nil:
		return others(o.only)
	case o.deleted != nil:
		return o.deleted.Ranges
	default:
		return nil
	}
}

// open opens a file of the result. The caller closes its data.
func (p *Plan) open(ctx context.Context, f replay.File) (*opened, error) {
	o := &opened{file: f}
	var err error
	if o.keys, err = p.keyValues(f); err != nil {
		return nil, of(f, err)
	}
	if err = p.files.open(ctx, f, o, p.where != nil); err != nil {
		return nil, of(f, err)
	}
	return o, nil
}

// of names the file that an error is about.
func of(f replay.File, err error) error { return fmt.Errorf("read %s: %w", f.Path(), err) }

// read yields the result's rows of an open file. A batch is valid until the
// next one is asked for.
func (p *Plan) read(ctx context.Context, o *opened) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		ranges, err := p.ranges(o, nil)
		if err != nil {
			yield(Batch{}, of(o.file, err))
			return
		}
		if !p.probed {
			p.readRows(ctx, o, ranges, p.where != nil, yield)
			return
		}
		for _, g := range o.data.RowGroups() {
			rows := []parquetio.RowRange{{First: g.FirstRow, Count: g.Rows}}
			if ranges != nil {
				rows = g.Within(ranges)
			}
			if len(rows) == 0 {
				continue
			}
			rows, exact := p.matching(ctx, o, rows)
			if !p.readRows(ctx, o, rows, !exact, yield) {
				return
			}
		}
	}
}

// readRows yields rows of a file, those that the predicate selects if there is
// something to filter. Nil is all rows, unlike no rows. It reports false when
// there is no more to be done.
func (p *Plan) readRows(ctx context.Context, o *opened, rows []parquetio.RowRange, filter bool, yield func(Batch, error) bool) bool {
	if rows != nil && len(rows) == 0 {
		return true
	}
	cols := p.needed
	if !filter && p.where != nil {
		cols = p.shown
	}
	plan := parquetio.ReadPlan{Schema: cols.data, Ranges: rows, Without: o.without(), BatchRows: p.opts.BatchRows}
	for b, err := range o.data.Read(ctx, plan) {
		var out Batch
		if err == nil {
			out, err = p.finish(ctx, b, cols, o, filter)
		}
		if err != nil {
			yield(Batch{}, of(o.file, err))
			return false
		}
		out.File = o.file
		more := out.Record.NumRows() == 0 || yield(out, nil)
		out.Record.Release()
		if !more {
			return false
		}
	}
	return true
}

// keyValues are the values of the partition columns that the plan needs.
func (p *Plan) keyValues(f replay.File) ([]value.Value, error) {
	vals := make([]value.Value, len(p.keys))
	for i, k := range p.keys {
		k.Name = p.names.Stored(k)
		text, null, ok := f.PartitionValue(k.Name)
		if null || !ok && p.names != schema.NoMapping { // physical names are exact
			vals[i] = value.Null(k.Type)
			continue
		}
		var err error
		if !ok { // not by that spelling, or not at all
			if _, err = partition.AppendValues(vals[i:i], f.Add().PartitionValues, []schema.Field{k}, p.opts.Env.Zone); err != nil {
				return nil, fmt.Errorf("%w: %w", log.ErrCorrupt, err)
			}
			continue
		}
		if vals[i], err = value.ParsePartition(k.Type, text, p.opts.Env.Zone); err != nil {
			return nil, fmt.Errorf("%w: partition column %q: %w", log.ErrCorrupt, k.Name, err)
		}
	}
	return vals, nil
}

// filter is the rows of a batch for which the predicate is true.
func (p *Plan) filter(b arrow.RecordBatch) ([]int32, error) {
	sel, err := p.where.Filter(b, nil)
	if err != nil {
		return nil, fmt.Errorf("predicate: %w", err) // the place in the error is in its text, not in the file
	}
	return sel, nil
}

// finish makes the caller's batch from what was read of a file: partition
// columns added, rows filtered, columns projected.
func (p *Plan) finish(ctx context.Context, b parquetio.Batch, cols columns, o *opened, filter bool) (Batch, error) {
	whole, err := p.assemble(cols, b, o)
	if err != nil {
		return Batch{}, err
	}
	defer whole.Release()
	rows := b.Rows
	if filter {
		sel, err := p.filter(whole)
		if err != nil {
			return Batch{}, err
		}
		if len(sel) < int(whole.NumRows()) {
			some, err := arrowconv.Take(ctx, whole, sel, p.opts.Allocator)
			if err != nil {
				return Batch{}, err
			}
			defer some.Release()
			whole, rows = some, pick(rows, sel)
		}
	}
	if p.opts.Paths != nil {
		whole.Retain()
		return Batch{Record: whole, Rows: rows}, nil
	}
	columns := make([]arrow.Array, len(p.paths))
	for i, path := range p.paths {
		columns[i] = descend(whole, path)
		defer columns[i].Release()
	}
	return Batch{Record: array.NewRecordBatch(p.arrow, columns, whole.NumRows()), Rows: rows}, nil
}

// assemble puts data columns, partition columns and _metadata in their order.
func (p *Plan) assemble(cols columns, b parquetio.Batch, o *opened) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, 0, len(cols.all.Fields))
	fields := make([]arrow.Field, 0, len(cols.all.Fields))
	d := 0
	for _, f := range cols.all.Fields {
		k := slices.IndexFunc(p.keys, func(key schema.Field) bool { return key.Name == f.Name })
		if k < 0 && !p.isMetadata(f) {
			columns = append(columns, b.Record.Column(d))
			fields = append(fields, b.Record.Schema().Field(d))
			d++
			continue
		}
		var c arrow.Array
		var err error
		if k >= 0 {
			c, err = p.keyColumn(f, o.keys[k], int(b.Record.NumRows()))
		} else { // the last one: what it is made from follows the data
			c, err = p.metadata(f.Type.(*schema.Struct), o.file, b.Rows, b.Record, d)
		}
		if err != nil {
			return nil, err
		}
		defer c.Release()
		columns = append(columns, c)
		fields = append(fields, arrow.Field{Name: f.Name, Type: c.DataType(), Nullable: true})
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.Record.NumRows()), nil
}

// keyColumn is a partition column of some rows.
func (p *Plan) keyColumn(f schema.Field, v value.Value, rows int) (arrow.Array, error) {
	t, err := arrowconv.Type(f.Type)
	if err != nil {
		return nil, err
	}
	c, err := constant(t, v, rows, p)
	if err != nil {
		return nil, fmt.Errorf("partition column %q: %w", f.Name, err)
	}
	return c, nil
}

// constant is a column that holds one value in every row.
func constant(t arrow.DataType, v value.Value, rows int, p *Plan) (arrow.Array, error) {
	if v.IsNull() {
		return array.MakeArrayOfNull(p.opts.Allocator, t, rows), nil
	}
	s, err := toScalar(t, v)
	if err != nil {
		return nil, err
	}
	return scalar.MakeArrayFromScalar(s, rows, p.opts.Allocator)
}

// descend finds a column by its path; a nested field is null where a struct
// around it is. The caller releases it.
func descend(batch arrow.RecordBatch, path []string) arrow.Array {
	col := batch.Column(batch.Schema().FieldIndices(path[0])[0])
	col.Retain()
	for _, name := range path[1:] {
		s := col.(*array.Struct)
		i, _ := s.DataType().(*arrow.StructType).FieldIdx(name)
		inner := childWithParentNulls(s, i)
		col.Release()
		col = inner
	}
	return col
}

// pick is the ranges of the selected rows of a batch.
func pick(rows []parquetio.RowRange, sel []int32) []parquetio.RowRange {
	var out []parquetio.RowRange
	r, before := 0, int64(0) // rows of the batch in ranges before r
	for _, i := range sel {
		for int64(i) >= before+rows[r].Count {
			before += rows[r].Count
			r++
		}
		at := rows[r].First + int64(i) - before
		if n := len(out); n > 0 && out[n-1].First+out[n-1].Count == at {
			out[n-1].Count++
		} else {
			out = append(out, parquetio.RowRange{First: at, Count: 1})
		}
	}
	return out
}
