package checkpoint

import (
	"context"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Wanted says which files a walk is for. The zero value is all.
type Wanted struct {
	// Values decides by partition values whether a file is wanted: of others
	// statistics are not read just for them. Nil accepts all.
	Values func(Values) bool
	// Group decides whether some file of a row group may be wanted, by bounds
	// that hold for all of them. If not, the row group is left out, unread. It
	// is asked only where there are bounds. Nil accepts all.
	Group func(Bounds) bool
}

func (w Wanted) all() bool { return w.Values == nil && w.Group == nil }

// asker lets the goroutine that iterates put a question to what is wanted, and
// returns when it has; nil if everything is wanted.
type asker func(ctx context.Context, put func(Wanted)) error

// values says of each of the distinct partition values of a chunk whether files
// with them are wanted; nil is yes to all.
func (a asker) values(ctx context.Context, f *Files) (wanted []bool, err error) {
	if a == nil {
		return nil, nil
	}
	err = a(ctx, func(w Wanted) {
		if w.Values != nil {
			wanted = f.accepted(w.Values)
		}
	})
	if err != nil {
		return nil, err
	}
	return wanted, nil
}

// group says whether files of a row group may be wanted.
func (a asker) group(ctx context.Context, p *part, index int) (bool, error) {
	if a == nil {
		return true, nil
	}
	wanted := true
	err := a(ctx, func(w Wanted) { wanted = p.wanted(index, w) })
	if err != nil {
		return false, err
	}
	return wanted, nil
}

func (p *part) wanted(index int, w Wanted) bool {
	if w.Group == nil {
		return true
	}
	b := p.bounds(index)
	return b == (Bounds{}) || w.Group(b)
}

// Left is how many of the rows of the main files are in row groups that are
// wanted, and how many there are in all. Sidecars are not counted, but for that
// they make both numbers equal: of these it is not known before they are opened.
func (r *Reader) Left(want Wanted) (left, all int64) {
	for _, p := range r.parts {
		for g := range p.file.Meta().RowGroups {
			all += p.rows(g)
			if p.wanted(g, want) {
				left += p.rows(g)
			}
		}
	}
	if len(r.sidecars) > 0 {
		return all, all
	}
	return left, all
}

// Bounds are what the footer of a checkpoint says of all files of one row group
// that has parsed statistics or partition values, in the form of a file's
// statistics: JSON texts with minValues, maxValues and nullCount, as if one file
// had the rows of them all. What the checkpoint has as strings is in minTexts and
// maxTexts instead: these are bounds in the order of strings, whatever they spell.
// What is not known of each file is left out; a text without anything is "".
type Bounds struct {
	Stats      string // of columns, by their physical names
	Partitions string // of partition columns, by their physical names
}

// bounds are those of a row group.
func (p *part) bounds(index int) Bounds {
	path := p.schema.leaf("add", "path")
	if path == nil {
		return Bounds{}
	}
	nulls, known := p.nulls(index, path.index)
	if !known || p.verbose || p.file.Calendar().LegacyDates {
		return Bounds{}
	}
	g := groupBounds{part: p, index: index, others: nulls}
	var out Bounds
	if parsed := p.schema.at("add", "stats_parsed"); parsed != nil {
		low, high := parsed.at("minValues"), parsed.at("maxValues")
		out.Stats = g.object([]saying{
			{"minValues", low, numbersOf(least)}, {"maxValues", high, numbersOf(greatest)}, {"minTexts", low, textsOf(least)},
			{"maxTexts", high, textsOf(greatest)}, {"nullCount", parsed.at("nullCount"), onlyZero},
		})
	}
	if parsed := p.schema.at("add", "partitionValues_parsed"); parsed != nil {
		out.Partitions = g.object([]saying{
			{"minValues", parsed, numbersOf(leastKey)}, {"maxValues", parsed, numbersOf(greatest)}, {"minTexts", parsed, textsOf(leastKey)},
			{"maxTexts", parsed, textsOf(greatest)}, {"nullCount", parsed, noNulls},
		})
	}
	return out
}

// nameBytesMax bounds the names of columns, on average, of which row groups are
// to have bounds: each of maybe a million row groups repeats them.
const nameBytesMax = 256

// verbose says whether the names of a file's columns are longer than that.
func (t *tree) verbose() bool {
	bytes, columns := t.names()
	return bytes > nameBytesMax*columns
}

// names is how long all names below a node are, and how many of these are
// columns.
func (t *tree) names() (bytes, columns int) {
	bytes = len(t.name)
	if t.index >= 0 {
		columns = 1
	}
	for _, f := range t.fields {
		b, c := f.names()
		bytes, columns = bytes+b, columns+c
	}
	return bytes, columns
}

// groupBounds reads the statistics of the columns of one row group.
type groupBounds struct {
	part   *part
	index  int   // of the row group
	others int64 // rows that are no files
}

// choice is what to say of a leaf between two bounds; null for nothing.
type choice func(lo, hi value.Value) value.Value

// saying is a member of a JSON object: what is to say of the leaves of a tree.
type saying struct {
	name string
	tree *tree
	of   choice
}

// object is the text of some members; "" if they say nothing.
func (g *groupBounds) object(of []saying) string {
	b := []byte{'{'}
	for _, m := range of {
		b = g.appendMember(b, m)
	}
	if len(b) == 1 {
		return ""
	}
	b[len(b)-1] = '}' // for the last comma
	return string(b)
}

// appendMember appends a member and a comma, or nothing: an object like the tree,
// of the leaves that every file has a value of.
func (g *groupBounds) appendMember(b []byte, m saying) []byte {
	if m.tree == nil || m.tree.repeated {
		return b
	}
	start := len(b)
	b = append(value.String(m.name).AppendJSON(b), ':')
	if m.tree.index >= 0 {
		if lo, hi, ok := g.leaf(m.tree); ok {
			if v := m.of(lo, hi); !v.IsNull() {
				return append(v.AppendJSON(b), ',')
			}
		}
		return b[:start]
	}
	b = append(b, '{')
	inside := len(b)
	for _, f := range m.tree.fields {
		b = g.appendMember(b, saying{f.name, f, m.of})
	}
	if len(b) == inside {
		return b[:start]
	}
	b[len(b)-1] = '}'
	return append(b, ',')
}

// textsOf is a choice among strings only, numbersOf one among all else.
func textsOf(of choice) choice   { return only(of, true) }
func numbersOf(of choice) choice { return only(of, false) }

func only(of choice, texts bool) choice {
	return func(lo, hi value.Value) value.Value {
		if v := of(lo, hi); !v.IsNull() && (v.Type() == schema.String) == texts {
			return v
		}
		return value.Value{}
	}
}

func least(lo, _ value.Value) value.Value    { return lo }
func greatest(_, hi value.Value) value.Value { return hi }

// leastKey is the least of partition values, of which an empty text may stand
// for null.
func leastKey(lo, _ value.Value) value.Value {
	if lo.IsNull() || lo.Type() == schema.String && lo.Text() == "" {
		return value.Value{}
	}
	return lo
}

// onlyZero is a number of nulls that every file has none of. A negative number,
// for one that is not known, is not none.
func onlyZero(lo, hi value.Value) value.Value {
	if zero := value.Int(schema.Long, 0); lo == zero && hi == zero {
		return zero
	}
	return value.Value{}
}

// noNulls is the number of nulls of a partition column that all files have.
func noNulls(lo, hi value.Value) value.Value {
	if leastKey(lo, hi).IsNull() {
		return value.Value{}
	}
	return value.Int(schema.Long, 0)
}

// leaf is between what the values of a column lie, if every file has one.
// Either is null if it is not known, and both if they contradict each other: some
// writers compare long decimals as if they had no sign, which shows when there
// are both signs, and else makes no difference.
func (g *groupBounds) leaf(t *tree) (lo, hi value.Value, ok bool) {
	nulls, known := g.part.nulls(g.index, t.index)
	if t.repeated || !known || nulls != g.others {
		return lo, hi, false
	}
	d := g.part.file.Meta().Schema.Column(t.index)
	convert := converter(t.node)
	if convert == nil || !ordered(d) {
		return lo, hi, false
	}
	s := g.part.file.Meta().RowGroups[g.index].Columns[t.index].MetaData.Statistics
	lo, hi = decoded(d, convert, s.MinValue), decoded(d, convert, s.MaxValue)
	order, both := value.Compare(lo, hi)
	if both && order > 0 || !both && d.PhysicalType() == parquet.Types.FixedLenByteArray {
		return value.Value{}, value.Value{}, true
	}
	return lo, hi, true
}

// ordered says whether the statistics of a column are in the order of the values
// that its converter gives. Those of floats are not: a NaN does not show.
func ordered(d *pqschema.Column) bool {
	if d.MaxRepetitionLevel() > 0 || d.ColumnOrder() != parquet.ColumnOrders.TypeDefinedOrder {
		return false
	}
	switch l := d.LogicalType().(type) {
	case pqschema.IntLogicalType:
		return l.IsSigned()
	case pqschema.DecimalLogicalType:
		return d.PhysicalType() != parquet.Types.ByteArray // which can be cut
	}
	switch d.PhysicalType() {
	case parquet.Types.Boolean, parquet.Types.Int32, parquet.Types.Int64, parquet.Types.ByteArray:
		return true
	default:
		return false
	}
}

// decoded is a bound of a column; null if there is none, or it is not what it
// should be.
func decoded(d *pqschema.Column, convert func(*column) value.Value, b []byte) value.Value {
	c := &column{value: 1}
	switch t := d.PhysicalType(); {
	case b == nil || t == parquet.Types.ByteArray && !utf8.Valid(b): // cut within a character
		return value.Value{}
	case t == parquet.Types.ByteArray, t == parquet.Types.FixedLenByteArray && len(b) == d.TypeLength():
		c.texts = []parquet.ByteArray{b}
	case t == parquet.Types.Boolean && len(b) == 1:
		c.words = []int64{int64(b[0] & 1)}
	case t == parquet.Types.Int32 && len(b) == 4:
		c.words = []int64{int64(int32(binary.LittleEndian.Uint32(b)))}
	case t == parquet.Types.Int64 && len(b) == 8:
		c.words = []int64{int64(binary.LittleEndian.Uint64(b))}
	default:
		return value.Value{}
	}
	return convert(c)
}
