package checkpoint

import (
	"maps"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// row builds one row of a checkpoint: for every column its values, nulls
// included, with their levels.
type row struct {
	columns [][]parquet.Value
	nulls   [][]parquet.Value // by definition level and column
}

func newRow(leaves, levels int) *row {
	r := &row{columns: make([][]parquet.Value, leaves), nulls: make([][]parquet.Value, levels)}
	for def := range r.nulls {
		for i := range leaves {
			r.nulls[def] = append(r.nulls[def], parquet.NullValue().Level(0, def, i))
		}
	}
	r.reset()
	return r
}

// reset makes everything null.
func (r *row) reset() { r.null(0, len(r.columns), 0) }

func (r *row) null(first, last, def int) {
	nulls := r.nulls[def]
	for i := first; i < last; i++ {
		r.columns[i] = append(r.columns[i][:0], nulls[i])
	}
}

// there makes a struct, map or list present, and everything in it null or
// empty.
func (r *row) there(s *slot) { r.null(s.first, s.last, s.def) }

func (r *row) put(s *slot, v parquet.Value) {
	r.columns[s.first] = append(r.columns[s.first][:0], v.Level(0, s.def, s.first))
}

func (r *row) text(s *slot, t string)      { r.put(s, parquet.ValueOf(t)) }
func (r *row) long(s *slot, n int64)       { r.put(s, parquet.Int64Value(n)) }
func (r *row) integer(s *slot, n int32)    { r.put(s, parquet.Int32Value(n)) }
func (r *row) boolean(s *slot, b bool)     { r.put(s, parquet.BooleanValue(b)) }
func (r *row) textOr(s *slot, t *string)   { orNull(r.text, s, t) }
func (r *row) longOr(s *slot, n *int64)    { orNull(r.long, s, n) }
func (r *row) boolOr(s *slot, b *bool)     { orNull(r.boolean, s, b) }
func (r *row) integerOr(s *slot, n *int32) { orNull(r.integer, s, n) }

// orNull puts a value unless it is null.
func orNull[T any](put func(*slot, T), s *slot, v *T) {
	if v != nil {
		put(s, *v)
	}
}

// mapping puts a map; nil is null. Keys are sorted, so that equal states give
// equal files.
func (r *row) mapping(s *slot, m map[string]*string) {
	if m == nil {
		return
	}
	r.there(s)
	key, val := s.at("key_value", "key"), s.at("key_value", "value")
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i == 0 {
			r.columns[key.first], r.columns[val.first] = r.columns[key.first][:0], r.columns[val.first][:0]
		}
		rep := min(i, 1)
		r.columns[key.first] = append(r.columns[key.first], parquet.ValueOf(k).Level(rep, key.def, key.first))
		v := parquet.NullValue().Level(rep, val.def-1, val.first)
		if m[k] != nil {
			v = parquet.ValueOf(*m[k]).Level(rep, val.def, val.first)
		}
		r.columns[val.first] = append(r.columns[val.first], v)
	}
}

// list puts a list of strings; nil is null.
func (r *row) list(s *slot, items []string) {
	if items == nil {
		return
	}
	r.there(s)
	item := s.at("list", "element")
	for i, t := range items {
		if i == 0 {
			r.columns[item.first] = r.columns[item.first][:0]
		}
		r.columns[item.first] = append(r.columns[item.first],
			parquet.ValueOf(t).Level(min(i, 1), item.def, item.first))
	}
}

func (r *row) vector(s *slot, d *log.DeletionVector) {
	if d == nil {
		return
	}
	r.there(s)
	r.text(s.at("storageType"), d.StorageType)
	r.text(s.at("pathOrInlineDv"), d.PathOrInlineDV)
	r.integerOr(s.at("offset"), d.Offset)
	r.integer(s.at("sizeInBytes"), d.SizeInBytes)
	r.long(s.at("cardinality"), d.Cardinality)
	r.longOr(s.at("maxRowIndex"), d.MaxRowIndex)
}

// typed puts a value of a column of the table; null stays null. It reports
// false if there is nothing to put.
func (r *row) typed(s *slot, v value.Value) bool {
	if v.IsNull() {
		return false
	}
	if d, ok := v.Type().(schema.Decimal); ok {
		return r.decimal(s, d, v.Unscaled())
	}
	switch v.Type() {
	case schema.Boolean:
		r.boolean(s, v.Bool())
	case schema.Byte, schema.Short, schema.Integer, schema.Date:
		r.integer(s, int32(v.Int64()))
	case schema.Long, schema.Timestamp, schema.TimestampNTZ:
		r.long(s, v.Int64())
	case schema.Float:
		r.put(s, parquet.FloatValue(float32(v.Float64())))
	case schema.Double:
		r.put(s, parquet.DoubleValue(v.Float64()))
	case schema.String, schema.Binary:
		r.text(s, v.Text())
	default:
		return false
	}
	return true
}

func (r *row) decimal(s *slot, d schema.Decimal, n value.Int128) bool {
	switch {
	case !value.FitsPrecision(n, d.Precision): // no value of the column: unknown
		return false
	case d.Precision <= 9:
		r.integer(s, int32(n.Lo))
	case d.Precision <= 18:
		r.long(s, int64(n.Lo))
	default:
		b := make([]byte, decimalBytes(d.Precision))
		for i := range b {
			shift := 8 * (len(b) - 1 - i)
			if shift >= 64 {
				b[i] = byte(n.Hi >> (shift - 64))
			} else {
				b[i] = byte(n.Lo >> shift)
			}
		}
		r.put(s, parquet.FixedLenByteArrayValue(b))
	}
	return true
}

// appendTo appends the row, column by column.
func (r *row) appendTo(flat parquet.Row) parquet.Row {
	for _, c := range r.columns {
		flat = append(flat, c...)
	}
	return flat
}
