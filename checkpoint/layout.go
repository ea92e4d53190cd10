package checkpoint

import (
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// layout is the Parquet schema of one table's checkpoints and the way into it.
type layout struct {
	schema    *parquet.Schema
	root      *slot
	leaves    int
	textStats bool

	// What statistics and partition values are typed by; nil if the checkpoint
	// has no typed columns.
	statsSchema  *schema.Struct
	statsStructs []*slot // of stats_parsed, the outer before the inner
	tightBounds  bool    // is stated for every file
	bounds       []bound
	partitions   []partitionColumn
}

// bound is a leaf column of the table that has statistics.
type bound struct {
	path          []string // physical names
	typ           schema.Type
	min, max, nul *slot // min and max are nil if the type has no bounds
}

type partitionColumn struct {
	name string // physical
	typ  schema.Type
	slot *slot
}

// slot is a node of the schema: its columns, and the definition level at which
// it is there.
type slot struct {
	def         int
	first, last int // columns: from first to below last
	fields      map[string]*slot
}

func newSlot(n parquet.Node, def int, leaves *int) *slot {
	if n.Optional() || n.Repeated() {
		def++
	}
	s := &slot{def: def, first: *leaves}
	if n.Leaf() {
		*leaves++
	} else {
		s.fields = map[string]*slot{}
		for _, f := range n.Fields() {
			s.fields[f.Name()] = newSlot(f, def, leaves)
		}
	}
	s.last = *leaves
	return s
}

func (s *slot) at(path ...string) *slot {
	for _, name := range path {
		s = s.fields[name]
	}
	return s
}

// levels is how many definition levels there are.
func (s *slot) levels() int {
	n := s.def + 1
	for _, f := range s.fields {
		n = max(n, f.levels())
	}
	return n
}

// structs lists the structs in a struct, the outer before the inner.
func (s *slot) structs(into []*slot) []*slot {
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		if f := s.fields[name]; f.fields != nil {
			into = f.structs(append(into, f))
		}
	}
	return into
}

// newLayout makes the layout for a table. A schema or a property that cannot
// be understood costs the typed columns, never the checkpoint.
func newLayout(p *log.Protocol, m *log.Metadata) *layout {
	l := &layout{
		textStats:   property(m, "delta.checkpoint.writeStatsAsJson"),
		tightBounds: slices.Contains(p.WriterFeatures, "deletionVectors"),
	}
	add := parquet.Group{
		"path":                    text(),
		"partitionValues":         textMap(),
		"size":                    long(),
		"modificationTime":        long(),
		"dataChange":              boolean(),
		"tags":                    textMap(),
		"deletionVector":          vectorNode(),
		"baseRowId":               long(),
		"defaultRowCommitVersion": long(),
		"clusteringProvider":      text(),
	}
	if l.textStats {
		add["stats"] = text()
	}
	if property(m, "delta.checkpoint.writeStatsAsStruct") {
		l.addTyped(m, add)
	}
	l.schema = parquet.NewSchema("checkpoint", parquet.Group{
		"txn": optional(parquet.Group{"appId": text(), "version": long(), "lastUpdated": long()}),
		"add": optional(add),
		"remove": optional(parquet.Group{
			"path":                    text(),
			"deletionTimestamp":       long(),
			"dataChange":              boolean(),
			"extendedFileMetadata":    boolean(),
			"partitionValues":         textMap(),
			"size":                    long(),
			"deletionVector":          vectorNode(),
			"baseRowId":               long(),
			"defaultRowCommitVersion": long(),
		}),
		"metaData": optional(parquet.Group{
			"id":               text(),
			"name":             text(),
			"description":      text(),
			"format":           optional(parquet.Group{"provider": text(), "options": textMap()}),
			"schemaString":     text(),
			"partitionColumns": textList(),
			"configuration":    textMap(),
			"createdTime":      long(),
		}),
		"protocol": optional(parquet.Group{
			"minReaderVersion": integer(),
			"minWriterVersion": integer(),
			"readerFeatures":   textList(),
			"writerFeatures":   textList(),
		}),
		"domainMetadata": optional(parquet.Group{"domain": text(), "configuration": text(), "removed": boolean()}),
	})
	l.root = newSlot(l.schema, 0, &l.leaves)
	l.find()
	return l
}

// property is a boolean table property that is true unless it says false.
func property(m *log.Metadata, name string) bool {
	b, err := strconv.ParseBool(m.Configuration[name])
	return b || err != nil
}

// addTyped adds stats_parsed and partitionValues_parsed to the fields of add.
func (l *layout) addTyped(m *log.Metadata, add parquet.Group) {
	s, err := schema.Parse([]byte(m.SchemaString))
	if err != nil {
		return
	}
	indexed, err := stats.Indexed(s, m.PartitionColumns, m.Configuration)
	if err != nil {
		return
	}
	mapping, _ := schema.ParseMapping(m.Configuration["delta.columnMapping.mode"])
	physical := mapping.Stored
	typed := parquet.Group{}
	for _, name := range m.PartitionColumns {
		f, ok := s.Field(name)
		if node := typedNode(f.Type); ok && node != nil {
			l.partitions = append(l.partitions, partitionColumn{name: physical(f), typ: f.Type})
			typed[physical(f)] = node
		}
	}
	if len(typed) > 0 {
		add["partitionValues_parsed"] = optional(typed)
	}

	min, max, nul := parquet.Group{}, parquet.Group{}, parquet.Group{}
	l.statsSchema = l.typedStats(s, nil, nil, indexed, physical, min, max, nul)
	fields := parquet.Group{"numRecords": long(), "tightBounds": boolean()}
	addGroup(fields, "minValues", min)
	addGroup(fields, "maxValues", max)
	addGroup(fields, "nullCount", nul)
	add["stats_parsed"] = optional(fields)
}

// typedStats fills the three groups of statistics for the columns of s that
// are indexed, and returns s with only these under their physical names.
func (l *layout) typedStats(s *schema.Struct, logical, path []string, indexed func([]string) bool,
	physical func(schema.Field) string, min, max, nul parquet.Group) *schema.Struct {
	kept := &schema.Struct{}
	for _, f := range s.Fields {
		name := physical(f)
		logical, path := append(logical[:len(logical):len(logical)], f.Name), append(path[:len(path):len(path)], name)
		if sub, ok := f.Type.(*schema.Struct); ok && len(sub.Fields) > 0 {
			subMin, subMax, subNul := parquet.Group{}, parquet.Group{}, parquet.Group{}
			f.Type = l.typedStats(sub, logical, path, indexed, physical, subMin, subMax, subNul)
			addGroup(min, name, subMin)
			addGroup(max, name, subMax)
			addGroup(nul, name, subNul)
			if len(subNul) == 0 {
				continue
			}
		} else if !indexed(logical) {
			continue
		} else {
			l.bounds = append(l.bounds, bound{path: path, typ: f.Type})
			nul[name] = long()
			if hasBounds(f.Type) {
				min[name], max[name] = typedNode(f.Type), typedNode(f.Type)
			}
		}
		f.Name = name
		kept.Fields = append(kept.Fields, f)
	}
	return kept
}

// addGroup adds a struct to a struct, unless it is empty, which Parquet cannot
// write.
func addGroup(to parquet.Group, name string, g parquet.Group) {
	if len(g) > 0 {
		to[name] = optional(g)
	}
}

// find looks up the slots of the typed columns.
func (l *layout) find() {
	for i := range l.partitions {
		p := &l.partitions[i]
		p.slot = l.root.at("add", "partitionValues_parsed", p.name)
	}
	if l.statsSchema == nil {
		return
	}
	parsed := l.root.at("add", "stats_parsed")
	l.statsStructs = parsed.structs(nil)
	for i := range l.bounds {
		b := &l.bounds[i]
		b.nul = parsed.at("nullCount").at(b.path...)
		if hasBounds(b.typ) {
			b.min, b.max = parsed.at("minValues").at(b.path...), parsed.at("maxValues").at(b.path...)
		}
	}
}

// hasBounds says whether columns of a type have a minimum and a maximum in
// stats_parsed.
func hasBounds(t schema.Type) bool {
	if _, ok := t.(schema.Decimal); ok {
		return true
	}
	switch t {
	case schema.Byte, schema.Short, schema.Integer, schema.Long, schema.Float, schema.Double, schema.String,
		schema.Date, schema.Timestamp, schema.TimestampNTZ:
		return true
	default:
		return false
	}
}

// typedNode is the column for values of a type; nil if there is none.
func typedNode(t schema.Type) parquet.Node {
	if d, ok := t.(schema.Decimal); ok {
		switch {
		case d.Precision <= 9:
			return optional(parquet.Decimal(d.Scale, d.Precision, parquet.Int32Type))
		case d.Precision <= 18:
			return optional(parquet.Decimal(d.Scale, d.Precision, parquet.Int64Type))
		default:
			return optional(parquet.Decimal(d.Scale, d.Precision, newLongDecimal(decimalBytes(d.Precision))))
		}
	}
	switch t {
	case schema.Boolean:
		return boolean()
	case schema.Byte:
		return optional(parquet.Int(8))
	case schema.Short:
		return optional(parquet.Int(16))
	case schema.Integer:
		return integer()
	case schema.Long:
		return long()
	case schema.Float:
		return optional(parquet.Leaf(parquet.FloatType))
	case schema.Double:
		return optional(parquet.Leaf(parquet.DoubleType))
	case schema.String:
		return text()
	case schema.Binary:
		return optional(parquet.Leaf(parquet.ByteArrayType))
	case schema.Date:
		return optional(parquet.Date())
	case schema.Timestamp, schema.TimestampNTZ:
		return optional(parquet.TimestampAdjusted(parquet.Microsecond, t == schema.Timestamp))
	default:
		return nil
	}
}

// decimalBytes is how many bytes a decimal of that many digits needs.
func decimalBytes(precision int) int {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	return limit.Sub(limit, big.NewInt(1)).BitLen()/8 + 1 // with the bit of the sign
}

// The columns of a checkpoint. All are optional, as Spark writes them.

func optional(n parquet.Node) parquet.Node { return parquet.Optional(n) }
func text() parquet.Node                   { return optional(parquet.String()) }
func long() parquet.Node                   { return optional(parquet.Leaf(parquet.Int64Type)) }
func integer() parquet.Node                { return optional(parquet.Leaf(parquet.Int32Type)) }
func boolean() parquet.Node                { return optional(parquet.Leaf(parquet.BooleanType)) }

// Keys and values of maps repeat, and are worth a dictionary.
func textMap() parquet.Node {
	repeated := func() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }
	return optional(parquet.Map(repeated(), optional(repeated())))
}

func textList() parquet.Node { return optional(parquet.List(text())) }

func vectorNode() parquet.Node {
	return optional(parquet.Group{
		"storageType": text(), "pathOrInlineDv": text(), "offset": integer(), "sizeInBytes": integer(),
		"cardinality": long(), "maxRowIndex": long(),
	})
}

// boundless lists the columns whose statistics would be long and of no use
// (whole statistics and schemas would stand in the footer), or wrong.
func (l *layout) boundless() [][]string {
	paths := [][]string{{"metaData", "schemaString"}, {"metaData", "description"}, {"domainMetadata", "configuration"},
		{"add", "deletionVector", "pathOrInlineDv"}, {"remove", "deletionVector", "pathOrInlineDv"}}
	if l.textStats {
		paths = append(paths, []string{"add", "stats"})
	}
	for _, m := range [][]string{{"add", "partitionValues"}, {"add", "tags"}, {"remove", "partitionValues"},
		{"metaData", "configuration"}, {"metaData", "format", "options"}} {
		for _, side := range []string{"key", "value"} {
			paths = append(paths, append(m[:len(m):len(m)], "key_value", side))
		}
	}
	for _, path := range l.schema.Columns() {
		if leaf, _ := l.schema.Lookup(path...); leaf.Node.Type().Kind() == parquet.FixedLenByteArray {
			paths = append(paths, path) // a longDecimal
		}
	}
	return paths
}
