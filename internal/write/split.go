package write

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// group is some rows of one partition.
type group struct {
	key    string // identifies the partition and orders the groups; "" when there are no partitions
	values []value.Value
	batch  arrow.RecordBatch // in the layout of the table
}

// EmptyError is an empty string in a partition column that is NOT NULL: the
// log cannot tell it from null (protocol, section "Partition Value
// Serialization").
type EmptyError struct {
	Column string
	Row    int64 // of the batch, from 0
}

func (e *EmptyError) Error() string {
	return fmt.Sprintf("row %d has an empty string in partition column %q, which is NOT NULL: an empty partition value is null", e.Row, e.Column)
}

func releaseGroups(groups []*group) {
	for _, g := range groups {
		g.batch.Release()
	}
}

// splitter takes batches apart by the values of the partition columns.
type splitter struct {
	fields []schema.Field // the partition columns, in partition order
	cols   []int          // their positions in a batch
	mem    memory.Allocator

	key  []byte         // scratch: the key of a row
	last []byte         // scratch: the key of the row before
	ids  map[string]int // scratch: group number of a key within a batch
}

func newSplitter(s *schema.Struct, columns []string, mem memory.Allocator) (*splitter, error) {
	p := &splitter{mem: mem, ids: map[string]int{}}
	for _, name := range columns {
		i, ok := s.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("partition column %q is not in the schema", name)
		}
		p.fields = append(p.fields, s.Fields[i])
		p.cols = append(p.cols, i)
	}
	return p, nil
}

func (p *splitter) isKey(column int) bool { return slices.Contains(p.cols, column) }

// groups returns the rows of each partition in the batch, sorted by key. The
// caller releases the groups' batches.
func (p *splitter) groups(ctx context.Context, batch arrow.RecordBatch) ([]*group, error) {
	rows := int(batch.NumRows())
	clear(p.ids)
	var members [][]int32 // rows of each group
	current := -1
	for row := range rows {
		p.key = p.key[:0]
		for i, c := range p.cols {
			p.key = appendKey(p.key, batch.Column(c), row, p.fields[i].Type)
		}
		if current < 0 || string(p.key) != string(p.last) {
			id, seen := p.ids[string(p.key)]
			if !seen {
				id = len(members)
				p.ids[string(p.key)] = id
				members = append(members, nil)
			}
			current = id
			p.last = append(p.last[:0], p.key...)
		}
		members[current] = append(members[current], int32(row))
	}
	groups := make([]*group, 0, len(members))
	for _, key := range slices.Sorted(maps.Keys(p.ids)) {
		rows := members[p.ids[key]]
		g := &group{key: key, values: make([]value.Value, len(p.cols))}
		var err error
		for i, c := range p.cols {
			g.values[i] = valueAt(batch.Column(c), int(rows[0]), p.fields[i].Type)
			if g.values[i].IsNull() || p.fields[i].Nullable || g.values[i].Text() != "" || p.fields[i].Type != schema.String {
				continue
			}
			releaseGroups(groups)
			return nil, &EmptyError{Column: p.fields[i].Name, Row: int64(rows[0])}
		}
		if g.batch, err = arrowconv.Take(ctx, batch, rows, p.mem); err != nil {
			releaseGroups(groups)
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// appendKey appends bytes that are equal exactly when the values are the same
// partition: −0.0 and 0.0 are, all NaNs are, and an empty string is null.
func appendKey(dst []byte, a arrow.Array, row int, t schema.Type) []byte {
	v := valueAt(a, row, t)
	if v.IsNull() || v.Text() == "" && (t == schema.String || t == schema.Binary) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch t := t.(type) {
	case schema.Decimal:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.Unscaled().Hi)^1<<63)
		return binary.BigEndian.AppendUint64(dst, v.Unscaled().Lo)
	case schema.Primitive:
		switch t {
		case schema.String, schema.Binary:
			dst = binary.AppendUvarint(dst, uint64(len(v.Text())))
			return append(dst, v.Text()...)
		case schema.Float, schema.Double:
			text, _, _ := v.PartitionString() // a float always has a spelling
			if f := v.Float64(); f == 0 {
				text = "0.0"
			}
			dst = binary.AppendUvarint(dst, uint64(len(text)))
			return append(dst, text...)
		case schema.Boolean:
			if v.Bool() {
				return append(dst, 1)
			}
			return append(dst, 0)
		}
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int64())^1<<63)
}

// valueAt is a scalar of a column in the layout of the table.
func valueAt(a arrow.Array, i int, t schema.Type) value.Value {
	if a.IsNull(i) {
		return value.Null(t)
	}
	switch a := a.(type) {
	case *array.Boolean:
		return value.Bool(a.Value(i))
	case *array.Int8:
		return value.Int(schema.Byte, int64(a.Value(i)))
	case *array.Int16:
		return value.Int(schema.Short, int64(a.Value(i)))
	case *array.Int32:
		return value.Int(schema.Integer, int64(a.Value(i)))
	case *array.Int64:
		return value.Int(schema.Long, a.Value(i))
	case *array.Float32:
		return value.Float(a.Value(i))
	case *array.Float64:
		return value.Double(a.Value(i))
	case *array.String:
		return value.String(a.Value(i))
	case *array.Binary:
		return value.Binary(a.Value(i))
	case *array.Date32:
		return value.Int(schema.Date, int64(a.Value(i)))
	case *array.Timestamp:
		p, _ := t.(schema.Primitive) // Timestamp or TimestampNTZ
		return value.Int(p, int64(a.Value(i)))
	case *array.Decimal128:
		d, _ := t.(schema.Decimal)
		n := a.Value(i)
		return value.Decimal(d, value.Int128{Hi: n.HighBits(), Lo: n.LowBits()})
	default:
		return value.Null(t)
	}
}
