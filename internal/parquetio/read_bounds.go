package parquetio

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Bounds is what the statistics of some rows prove about a column. A Min or Max
// that is null proves nothing, and neither does a Nulls of -1.
type Bounds struct {
	Min   value.Value // no value of the rows is below; of the table's type
	Max   value.Value // no value of the rows is above
	Nulls int64       // how many rows are null, by a parent or by itself
	Exact bool        // Min and Max are values of the rows, not just below and above
	// MaxNumber is Max of a floating column but for NaN: no number is above.
	MaxNumber value.Value
}

// PageBounds are the bounds of one page.
type PageBounds struct {
	FirstRow int64 // physical position in the file
	Rows     int64
	Bounds
}

// Bounds are those of a row group for the column that fields of the table lead
// to, one inside the other. It reports false if nothing can be said: the path
// leads into a list or map, the type is nested or does not fit, there are no
// statistics.
//
// What is not sound is left out. Footers ignore NaN, which is the largest value
// here, so floating columns have a MaxNumber and no Max; INT96 has no order; without a column
// order only signed integers and what is stored as such have bounds; bounds in
// the old calendar of Spark are not used. A column that the file lacks is null
// in all rows.
func (f *File) Bounds(rowGroup int, path []schema.Field) (Bounds, bool) {
	rg := f.pf.Meta().RowGroups[rowGroup]
	leaf, found, ok := f.leafAt(path)
	if !ok {
		return Bounds{}, false
	}
	if !found {
		return Bounds{Nulls: rg.NumRows}, true
	}
	d := f.pf.Meta().Schema.Column(leaf)
	st := rg.Columns[leaf].MetaData.Statistics
	if st == nil {
		return Bounds{}, false
	}
	e := encodedBounds{nulls: -1, rows: rg.NumRows}
	if st.NullCount != nil {
		e.nulls = *st.NullCount
	}
	switch ordered := d.ColumnOrder() == parquet.ColumnOrders.TypeDefinedOrder; {
	case ordered && (st.MinValue != nil || st.MaxValue != nil):
		e.min, e.max = st.MinValue, st.MaxValue
	case signedStorage(d): // the deprecated fields are in signed order, which is right for these
		e.min, e.max = st.Min, st.Max
		if st.MinValue != nil || st.MaxValue != nil {
			e.min, e.max = st.MinValue, st.MaxValue
		}
	}
	e.exact = exactByDefault(d)
	if st.IsMinValueExact != nil && st.IsMaxValueExact != nil {
		e.exact = *st.IsMinValueExact && *st.IsMaxValueExact
	}
	return f.bounds(d, path[len(path)-1].Type, e)
}

// Pages are the bounds of the pages of a column in a row group, in the order
// of their rows. It reports false if the file has no page index for the column,
// nothing can be said (see Bounds), or OpenOptions.PageIndex is off. The index
// is read at every call; the error is that of the store, or a
// [*parquetfile.Error].
func (f *File) Pages(rowGroup int, path []schema.Field) ([]PageBounds, bool, error) {
	leaf, found, ok := f.leafAt(path)
	if !ok || !found || !f.opts.PageIndex {
		return nil, false, nil
	}
	chunk := f.pf.Meta().RowGroups[rowGroup].Columns[leaf]
	d := f.pf.Meta().Schema.Column(leaf)
	if chunk.ColumnIndexOffset == nil || chunk.ColumnIndexLength == nil ||
		d.ColumnOrder() != parquet.ColumnOrders.TypeDefinedOrder && !signedStorage(d) {
		return nil, false, nil
	}
	pages, err := f.pages(f.ctx, leaf, rowGroup)
	if err != nil || len(pages) == 0 {
		return nil, false, err
	}
	var index metadata.ColumnIndex
	err = f.readIndex(f.ctx, d.Path(), *chunk.ColumnIndexOffset, int64(*chunk.ColumnIndexLength), f.pf.ReadRange, func(b []byte) {
		index = metadata.NewColumnIndex(d, b, parquet.NewReaderProperties(f.mem), nil)
	})
	if err != nil {
		return nil, false, err
	}
	nullPages, mins, maxs := index.GetNullPages(), index.GetMinValues(), index.GetMaxValues()
	var nulls []int64
	if index.IsSetNullCounts() {
		nulls = index.GetNullCounts()
	}
	if len(nullPages) != len(pages) || len(mins) != len(pages) || len(maxs) != len(pages) || nulls != nil && len(nulls) != len(pages) {
		return nil, false, nil // the two indexes are not of one mind: prove nothing
	}
	out := make([]PageBounds, len(pages))
	for i, p := range pages {
		e := encodedBounds{nulls: -1, rows: p.rows.Count, exact: exactByDefault(d)}
		if nulls != nil {
			e.nulls = nulls[i]
		}
		if nullPages[i] {
			e.nulls = p.rows.Count
		} else {
			e.min, e.max = mins[i], maxs[i]
		}
		b, ok := f.bounds(d, path[len(path)-1].Type, e)
		if !ok {
			return nil, false, nil
		}
		out[i] = PageBounds{f.groups[rowGroup].FirstRow + p.rows.First, p.rows.Count, b}
	}
	return out, true, nil
}

// leafAt finds the leaf at a path of structs. ok is false if there can be no
// bounds for the path; found is false if the file has no such column.
func (f *File) leafAt(path []schema.Field) (leaf int, found, ok bool) {
	var at pqschema.Node = f.pf.Meta().Schema.Root()
	for _, field := range path {
		g, is := at.(*pqschema.GroupNode)
		if !is || isMap(g) {
			return 0, false, false
		}
		next, err := f.lookup(field.Name, g, field)
		if err != nil {
			return 0, false, false
		}
		if next == nil {
			return 0, false, true
		}
		if next.RepetitionType() == parquet.Repetitions.Repeated {
			return 0, false, false
		}
		at = next
	}
	p, is := at.(*pqschema.PrimitiveNode)
	if !is {
		return 0, false, false
	}
	return f.pf.Meta().Schema.ColumnIndexByNode(p), true, true
}

// signedStorage says whether signed order is the order of a column's values
// whatever else is known.
func signedStorage(d *pqschema.Column) bool {
	s := storedAs(d)
	return (s.physical == parquet.Types.Int32 || s.physical == parquet.Types.Int64) && !s.unsigned && s.means != storedOther
}

// exactByDefault: only what has no fixed length is ever cut.
func exactByDefault(d *pqschema.Column) bool { return d.PhysicalType() != parquet.Types.ByteArray }

// encodedBounds are bounds as the file has them; nil is unknown.
type encodedBounds struct {
	min, max    []byte
	nulls, rows int64
	exact       bool
}

func (f *File) bounds(d *pqschema.Column, t schema.Type, e encodedBounds) (Bounds, bool) {
	s := storedAs(d)
	if v, ok := newValues(d, t, f.pf.Calendar(), f.mem); !ok {
		return Bounds{}, false // reading it will say why
	} else {
		v.release()
	}
	b := Bounds{Min: value.Null(t), Max: value.Null(t), Nulls: e.nulls}
	if b.Nulls < 0 || b.Nulls > e.rows {
		b.Nulls = -1
	}
	if b.Nulls == e.rows {
		return b, true
	}
	lo, okLo := f.bound(s, t, e.min)
	hi, okHi := f.bound(s, t, e.max)
	okHi = okHi && len(e.max) > 0 // some writers put nothing for a bound that is not known
	if s.means == storedReal {
		if okLo && math.IsNaN(lo.Float64()) {
			okLo = false
		}
		if okHi && !math.IsNaN(hi.Float64()) && (!okLo || value.CompareFloat(lo.Float64(), hi.Float64()) <= 0) {
			b.MaxNumber = hi
		}
		okHi = false
	}
	if okLo && okHi {
		if c, comparable := value.Compare(lo, hi); !comparable || c > 0 {
			return b, b.Nulls >= 0
		}
	}
	if okLo {
		b.Min = lo
	}
	if okHi {
		b.Max = hi
	}
	b.Exact = e.exact && okLo && okHi
	return b, okLo || okHi || b.Nulls >= 0 || !b.MaxNumber.IsNull()
}

// bound decodes one bound into the table's type. It reports false for one that
// is missing, has the wrong length, or cannot be trusted.
func (f *File) bound(s stored, t schema.Type, b []byte) (value.Value, bool) {
	var n int64
	switch s.physical {
	case parquet.Types.Int32:
		if len(b) != 4 {
			return value.Value{}, false
		}
		if n = int64(int32(binary.LittleEndian.Uint32(b))); s.unsigned {
			n = int64(uint32(n))
		}
	case parquet.Types.Int64:
		if len(b) != 8 {
			return value.Value{}, false
		}
		n = int64(binary.LittleEndian.Uint64(b))
	}
	switch s.means {
	case storedInteger:
		return integerBound(n, t)
	case storedReal:
		return realBound(s, t, b)
	case storedBoolean:
		if len(b) != 1 {
			return value.Value{}, false
		}
		return value.Bool(b[0] != 0), true
	case storedText, storedBlob:
		if b == nil {
			return value.Value{}, false
		}
		if t == schema.String {
			return value.String(string(b)), true
		}
		return value.Binary(b), true
	case storedDecimal:
		return decimalBound(s, t, n, b)
	case storedDate:
		if f.pf.Calendar().LegacyDates && n < gregorianDay {
			return value.Value{}, false
		}
		if t == schema.TimestampNTZ {
			if n > math.MaxInt64/microsPerDay || n < math.MinInt64/microsPerDay {
				return value.Value{}, false
			}
			return value.Int(schema.TimestampNTZ, n*microsPerDay), true
		}
		return value.Int(schema.Date, n), true
	case storedTimestamp:
		us, ok := toMicros(n, s.unit)
		if !ok || f.pf.Calendar().LegacyDates && us < settledMicro {
			return value.Value{}, false
		}
		return value.Int(t.(schema.Primitive), us), true
	default:
		return value.Value{}, false
	}
}

func integerBound(n int64, t schema.Type) (value.Value, bool) {
	switch t := t.(type) {
	case schema.Decimal:
		return rescaledBound(value.FromInt64(n), 0, t)
	case schema.Primitive:
		if t == schema.Double {
			return value.Double(float64(n)), true // at most 32 bits: exact
		}
		return value.Int(t, n), true
	default:
		return value.Value{}, false
	}
}

func realBound(s stored, t schema.Type, b []byte) (value.Value, bool) {
	switch {
	case s.physical == parquet.Types.Double && len(b) == 8:
		return value.Double(math.Float64frombits(binary.LittleEndian.Uint64(b))), true
	case s.physical == parquet.Types.Float && len(b) == 4:
		v := math.Float32frombits(binary.LittleEndian.Uint32(b))
		if t == schema.Double {
			return value.Double(float64(v)), true
		}
		return value.Float(v), true
	default:
		return value.Value{}, false
	}
}

func decimalBound(s stored, t schema.Type, n int64, b []byte) (value.Value, bool) {
	to, is := t.(schema.Decimal)
	if !is || s.physical == parquet.Types.ByteArray { // whose bounds some writers take in the order of bytes
		return value.Value{}, false
	}
	unscaled := value.FromInt64(n)
	if s.physical == parquet.Types.ByteArray || s.physical == parquet.Types.FixedLenByteArray {
		num, ok := decimalFromBytes(b)
		if !ok {
			return value.Value{}, false
		}
		unscaled = value.Int128{Hi: num.HighBits(), Lo: num.LowBits()}
	}
	return rescaledBound(unscaled, s.scale, to)
}

func rescaledBound(n value.Int128, scale int, to schema.Decimal) (value.Value, bool) {
	r, rounded, ok := value.Rescale(n, scale, to.Scale)
	if !ok || rounded {
		return value.Value{}, false
	}
	return value.Decimal(to, r), true
}
