package stats

import (
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// StringPrefixDefault is the number of characters that string bounds keep
// unless the table says otherwise.
const StringPrefixDefault = 32

// Options say what a [Collector] collects.
type Options struct {
	// Columns says which leaf columns get statistics; nil: all. See [Indexed].
	Columns func(path []string) bool
	// StringPrefix is the number of characters that string bounds keep; 0 is
	// StringPrefixDefault. See [StringPrefix].
	StringPrefix int
	// Exact takes bounds as they are: nothing is cut, rounded or left out but
	// NaN. They are for comparing, and not for being written.
	Exact bool
	// TightBounds makes the text state tightBounds, as it should in tables
	// whose protocol has deletion vectors.
	TightBounds bool
}

// Collector gathers the statistics of one data file while its batches pass.
// It allocates nothing per row, and keeps of the data no more than a prefix
// of two strings per column. It is not safe for concurrent use.
type Collector struct {
	schema  *schema.Struct
	opts    Options
	rows    int64
	columns []column
}

// column gathers a field: a struct's children, or a leaf.
type column struct {
	path     []string
	children []column
	isStruct bool
	leaf     *leaf // nil: not wanted
	scratch  []byte
}

// leaf gathers one leaf column.
type leaf struct {
	nulls  int64
	bounds bounds // nil: the type has none, or the data were not as expected
	used   []byte // scratch of dictionaries
}

// bounds gathers the smallest and the largest value of a leaf column.
type bounds interface {
	// add looks at the rows of arr that m keeps. It reports false if arr is
	// not an array of the column's type.
	add(arr arrow.Array, m mask) bool
	// written gives the bounds as they go into the text; null: none.
	written() (lo, hi value.Value)
	// exact gives them as they are; null: there is no value.
	exact() (lo, hi value.Value)
}

// NewCollector returns a collector for batches with the columns of s, in its
// order: the data columns of a file under their physical names.
func NewCollector(s *schema.Struct, opts Options) *Collector {
	if opts.StringPrefix <= 0 {
		opts.StringPrefix = StringPrefixDefault
	}
	c := &Collector{schema: s, opts: opts}
	c.columns = c.fields(s, nil)
	return c
}

func (c *Collector) fields(s *schema.Struct, parent []string) []column {
	out := make([]column, len(s.Fields))
	for i, f := range s.Fields {
		path := append(slices.Clone(parent), f.Name)
		out[i].path = path
		switch t := f.Type.(type) {
		case *schema.Struct:
			out[i].isStruct, out[i].children = true, c.fields(t, path)
		default:
			if c.opts.Columns == nil || c.opts.Columns(path) {
				out[i].leaf = &leaf{bounds: newBounds(t, c.opts.StringPrefix, c.opts.Exact)}
			}
		}
	}
	return out
}

// newBounds chooses how a type's bounds are gathered; nil: not at all, as
// Spark does for the types left out here.
func newBounds(t schema.Type, prefix int, exact bool) bounds {
	if d, ok := t.(schema.Decimal); ok {
		return &decimalBounds{typ: d}
	}
	switch t {
	case schema.Byte:
		return &integerBounds[int8]{typ: schema.Byte, arrow: arrow.INT8}
	case schema.Short:
		return &integerBounds[int16]{typ: schema.Short, arrow: arrow.INT16}
	case schema.Integer:
		return &integerBounds[int32]{typ: schema.Integer, arrow: arrow.INT32}
	case schema.Long:
		return &integerBounds[int64]{typ: schema.Long, arrow: arrow.INT64}
	case schema.Date:
		return &integerBounds[int32]{typ: schema.Date, arrow: arrow.DATE32}
	case schema.Timestamp:
		return &integerBounds[int64]{typ: schema.Timestamp, arrow: arrow.TIMESTAMP}
	case schema.TimestampNTZ:
		return &integerBounds[int64]{typ: schema.TimestampNTZ, arrow: arrow.TIMESTAMP}
	case schema.Float:
		return &floatBounds[float32]{arrow: arrow.FLOAT32, value: value.Float, skipNaN: exact}
	case schema.Double:
		return &floatBounds[float64]{arrow: arrow.FLOAT64, value: value.Double, skipNaN: exact}
	case schema.String:
		if exact {
			return newTextBounds(math.MaxInt)
		}
		return newTextBounds(prefix)
	default:
		return nil
	}
}

// Add takes in a batch, whose columns are those of the collector's schema. A
// column whose Arrow type is not the one its Delta type maps to gets no
// bounds.
func (c *Collector) Add(batch arrow.RecordBatch) {
	c.rows += batch.NumRows()
	all := mask{n: int(batch.NumRows())}
	for i := range c.columns {
		c.columns[i].add(batch.Column(i), all)
	}
}

func (c *column) add(arr arrow.Array, parent mask) {
	if !c.isStruct && c.leaf == nil {
		return
	}
	m := parent.and(arr, &c.scratch)
	if arr.DataType().ID() == arrow.NULL {
		m.nulls = m.n
	}
	if !c.isStruct {
		c.leaf.add(arr, m)
		return
	}
	s, ok := arr.(*array.Struct)
	for i := range c.children {
		if ok && i < s.NumField() {
			c.children[i].add(s.Field(i), m)
		} else {
			c.children[i].giveUp()
		}
	}
}

// giveUp drops all that is known of a column whose arrays were not as expected.
func (c *column) giveUp() {
	c.leaf = nil
	for i := range c.children {
		c.children[i].giveUp()
	}
}

func (l *leaf) add(arr arrow.Array, m mask) {
	if d, ok := arr.(*array.Dictionary); ok {
		l.addDictionary(d, m)
		return
	}
	l.nulls += int64(m.nulls)
	if l.bounds != nil && m.nulls < m.n && !l.bounds.add(arr, m) {
		l.bounds = nil
	}
}

// addDictionary looks at each value of the dictionary that a row refers to,
// once. A dictionary may hold values that no row refers to, and nulls.
func (l *leaf) addDictionary(d *array.Dictionary, m mask) {
	values := d.Dictionary()
	size := (values.Len() + 7) / 8
	l.used = append(l.used[:0], make([]byte, size)...)
	holdsNulls := values.NullN() > 0
	nulls := m.nulls
	for start, end, ok := m.run(0); ok; start, end, ok = m.run(end) {
		for i := start; i < end; i++ {
			k := d.GetValueIndex(i)
			l.used[k>>3] |= 1 << (k & 7)
			if holdsNulls && values.IsNull(k) {
				nulls++
			}
		}
	}
	l.nulls += int64(nulls)
	if l.bounds == nil || nulls == m.n {
		return
	}
	used := mask{bits: l.used, n: values.Len()}
	var scratch []byte
	if !l.bounds.add(values, used.and(values, &scratch)) {
		l.bounds = nil
	}
}

// File gives the statistics of all batches so far.
func (c *Collector) File() *File {
	f := New(c.schema, c.rows)
	if c.opts.TightBounds {
		f.SetTightBounds(true)
	}
	for i := range c.columns {
		c.columns[i].write(f, c.opts.Exact)
	}
	return f
}

func (c *column) write(f *File, exact bool) {
	for i := range c.children {
		c.children[i].write(f, exact)
	}
	if c.leaf == nil {
		return
	}
	known, _ := f.Written(c.path...)
	known.NullCount = c.leaf.nulls
	if c.leaf.bounds != nil {
		lo, hi := c.leaf.bounds.written()
		if exact {
			lo, hi = c.leaf.bounds.exact()
		}
		if !lo.IsNull() {
			known.Min = lo
		}
		if !hi.IsNull() {
			known.Max = hi
		}
	}
	f.Set(known, c.path...)
}
