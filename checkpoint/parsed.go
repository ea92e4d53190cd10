package checkpoint

import (
	"cmp"
	"encoding/binary"
	"math/big"
	"slices"

	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// parsed walks add.stats_parsed, or add.partitionValues_parsed: typed columns
// whose names are those of the table. Their types are taken from the file: a
// table whose types were widened since still has readable values.
type parsed struct{ members []*member }

// member is a member of the JSON object: an object again, or a scalar.
type member struct {
	name    string
	key     []byte // "name":
	members []*member
	column  *column
	convert func(*column) value.Value // a null is left out
}

// textOrder is the order of the members in the text that writers produce.
var textOrder = []string{"numRecords", "minValues", "maxValues", "nullCount", "tightBounds"}

// parsed opens the columns of a struct in add that can be text.
func (g *group) parsed(name string) *parsed {
	t := g.part.schema.at("add", name)
	if t == nil {
		return nil
	}
	s := &parsed{members: g.members(t)}
	rank := func(m *member) int { return slices.Index(textOrder, m.name) }
	slices.SortStableFunc(s.members, func(a, b *member) int { return cmp.Compare(rank(a), rank(b)) })
	return s
}

func jsonKey(name string) []byte {
	return append(value.String(name).AppendJSON(nil), ':')
}

func (g *group) members(t *tree) []*member {
	var out []*member
	for _, f := range t.fields {
		m := &member{name: f.name, key: jsonKey(f.name)}
		switch {
		case f.repeated:
			continue
		case f.index < 0:
			m.members = g.members(f)
		case !g.has(f):
			continue
		default:
			if m.convert = g.part.converter(f.node); m.convert == nil {
				continue
			}
			m.column = g.open(f)
		}
		if m.column != nil || len(m.members) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// row takes the next row and appends its statistics to b; nothing if there is
// none.
func (s *parsed) row(b []byte) []byte {
	b, _ = appendMembers(b, s.members)
	return b
}

func appendMembers(b []byte, members []*member) (out []byte, any bool) {
	start := len(b)
	b = append(b, '{')
	for _, m := range members {
		at := len(b)
		if any {
			b = append(b, ',')
		}
		b = append(b, m.key...)
		there := false
		if m.column == nil {
			b, there = appendMembers(b, m.members)
		} else if m.column.row() {
			if v := m.convert(m.column); !v.IsNull() {
				b, there = v.AppendJSON(b), true
			}
		}
		if !there {
			b = b[:at]
		}
		any = any || there
	}
	if !any {
		return b[:start], false
	}
	return append(b, '}'), true
}

// converter is that of a column of this file: what may be another day in the
// calendar of old Spark is not known.
func (p *part) converter(n pqschema.Node) func(*column) value.Value {
	convert, cal := converter(n), p.file.Calendar()
	if convert == nil || !cal.LegacyDates && !cal.LegacyInt96 {
		return convert
	}
	return func(c *column) value.Value {
		v := convert(c)
		if t := v.Type(); t == schema.Date && v.Int64() < sameDays || (t == schema.Timestamp || t == schema.TimestampNTZ) && v.Int64() < sameTimes {
			return value.Null(t)
		}
		return v
	}
}

// From when on the two calendars have the same numbers for days, and zones have
// offsets that do not depend on them.
const (
	sameDays  = -141_427                 // 1582-10-15
	sameTimes = -25_567 * 86_400_000_000 // 1900-01-01, µs
)

// converter says how values of a column become values of the protocol; nil if
// their type has no place in statistics.
func converter(n pqschema.Node) func(*column) value.Value {
	p, ok := n.(*pqschema.PrimitiveNode)
	if !ok {
		return nil
	}
	logical := p.LogicalType()
	switch l := logical.(type) {
	case pqschema.DecimalLogicalType:
		return decimals(p.PhysicalType(), schema.Decimal{Precision: int(l.Precision()), Scale: int(l.Scale())})
	case pqschema.TimestampLogicalType:
		if p.PhysicalType() == parquet.Types.Int64 {
			return timestamps(l)
		}
		return nil
	}
	switch p.PhysicalType() {
	case parquet.Types.Boolean:
		return func(c *column) value.Value { return value.Bool(c.word() != 0) }
	case parquet.Types.Int32:
		if _, ok := logical.(pqschema.DateLogicalType); ok {
			return func(c *column) value.Value { return value.Int(schema.Date, c.word()) }
		}
		return func(c *column) value.Value { return value.Int(schema.Long, c.word()) }
	case parquet.Types.Int64:
		return func(c *column) value.Value { return value.Int(schema.Long, c.word()) }
	case parquet.Types.Int96:
		return func(c *column) value.Value { return int96(c.text()) }
	case parquet.Types.Float:
		return func(c *column) value.Value { return value.Float(float32(float(c))) }
	case parquet.Types.Double:
		return func(c *column) value.Value { return value.Double(float(c)) }
	case parquet.Types.ByteArray:
		if _, ok := logical.(pqschema.StringLogicalType); ok {
			return func(c *column) value.Value { return value.String(string(c.text())) }
		}
	}
	return nil
}

func timestamps(l pqschema.TimestampLogicalType) func(*column) value.Value {
	t := schema.Timestamp
	if !l.IsAdjustedToUTC() {
		t = schema.TimestampNTZ
	}
	switch l.TimeUnit() {
	case pqschema.TimeUnitMillis:
		return func(c *column) value.Value {
			ms := c.word()
			if ms != ms*1000/1000 {
				return value.Null(t)
			}
			return value.Int(t, ms*1000)
		}
	case pqschema.TimeUnitMicros:
		return func(c *column) value.Value { return value.Int(t, c.word()) }
	case pqschema.TimeUnitNanos:
		return func(c *column) value.Value { return value.Int(t, value.FloorDiv(c.word(), 1000)) }
	default:
		return nil
	}
}

// int96 is a timestamp as nanoseconds of a day and a Julian day number.
func int96(b []byte) value.Value {
	const (
		julianEpoch = 2_440_588
		dayMicros   = 86_400_000_000
		daysMax     = 100_000_000 // keeps the product within 63 bits
	)
	nanos, day := int64(binary.LittleEndian.Uint64(b)), int64(int32(binary.LittleEndian.Uint32(b[8:])))-julianEpoch
	if day < -daysMax || day > daysMax {
		return value.Null(schema.Timestamp)
	}
	return value.Int(schema.Timestamp, day*dayMicros+value.FloorDiv(nanos, 1000))
}

// decimals converts unscaled numbers: integers, or big-endian two's complement.
func decimals(t parquet.Type, d schema.Decimal) func(*column) value.Value {
	if d.Precision < 1 || d.Precision > 38 || d.Scale < 0 || d.Scale > d.Precision {
		return nil
	}
	switch t {
	case parquet.Types.Int32, parquet.Types.Int64:
		return func(c *column) value.Value { return value.Decimal(d, value.FromInt64(c.word())) }
	case parquet.Types.ByteArray, parquet.Types.FixedLenByteArray:
		return func(c *column) value.Value {
			n, ok := unscaled(c.text())
			if !ok {
				return value.Null(d)
			}
			return value.Decimal(d, n)
		}
	default:
		return nil
	}
}

func unscaled(b []byte) (value.Int128, bool) {
	if len(b) == 0 || len(b) > 64 { // nobody pads that far
		return value.Int128{}, false
	}
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return value.FromBig(n)
}
