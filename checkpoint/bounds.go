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
	if !known || p.file.Calendar().LegacyDates {
		return Bounds{}
	}
	g := groupBounds{part: p, index: index, others: nulls}
	var out Bounds
	if parsed := p.schema.at("add", "stats_parsed"); parsed != nil {
		low, high := parsed.at("minValues"), parsed.at("maxValues")
		out.Stats = object([]entry{
			{"minValues", g.each(low, numbersOf(least))}, {"maxValues", g.each(high, numbersOf(greatest))},
			{"minTexts", g.each(low, textsOf(least))}, {"maxTexts", g.each(high, textsOf(greatest))},
			{"nullCount", g.each(parsed.at("nullCount"), onlyZero)},
		})
	}
	if parsed := p.schema.at("add", "partitionValues_parsed"); parsed != nil {
		out.Partitions = object([]entry{
			{"minValues", g.each(parsed, numbersOf(leastKey))}, {"maxValues", g.each(parsed, numbersOf(greatest))},
			{"minTexts", g.each(parsed, textsOf(leastKey))}, {"maxTexts", g.each(parsed, textsOf(greatest))},
			{"nullCount", g.each(parsed, noNulls)},
		})
	}
	return out
}

// groupBounds reads the statistics of the columns of one row group.
type groupBounds struct {
	part   *part
	index  int   // of the row group
	others int64 // rows that are no files
}

// entry is a member of a JSON object; its text is "" if it says nothing.
type entry struct{ name, text string }

func object(entries []entry) string {
	b := []byte{'{'}
	for _, e := range entries {
		if e.text == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(b, jsonKey(e.name)...), e.text...)
	}
	if len(b) == 1 {
		return ""
	}
	return string(append(b, '}'))
}

// choice is what to say of a leaf between two bounds; null for nothing.
type choice func(lo, hi value.Value) value.Value

// each is an object like the tree, of what is to say of the leaves that every
// file has a value of.
func (g *groupBounds) each(t *tree, of choice) string {
	if t == nil || t.repeated {
		return ""
	}
	var entries []entry
	for _, f := range t.fields {
		e := entry{name: f.name}
		if f.index < 0 {
			e.text = g.each(f, of)
		} else if lo, hi, ok := g.leaf(f); ok {
			if v := of(lo, hi); !v.IsNull() {
				e.text = string(v.AppendJSON(nil))
			}
		}
		entries = append(entries, e)
	}
	return object(entries)
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
