package skipping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Files decides a predicate for the files of a table. It is made once a scan
// and may be used by many goroutines.
type Files struct {
	*predicate
	columns []fileColumn
	// statistics is the schema, by physical names, of the columns whose
	// statistics are needed; empty if partition values suffice.
	statistics *schema.Struct
	zone       *time.Location
}

// fileColumn is where the log keeps what it knows of a column.
type fileColumn struct {
	column    *expr.Column
	partition string   // key of partitionValues, or ""
	path      []string // physical, in the statistics
}

// NewFiles prepares a predicate that is bound to s, the schema of the table
// that md describes. zone is that of partition values written without one, nil
// being UTC.
func NewFiles(pred *expr.Bound, s *schema.Struct, md *log.Metadata, zone *time.Location) *Files {
	f := &Files{predicate: newPredicate(pred.Root()), statistics: &schema.Struct{}, zone: zone}
	// Without column mapping a physical name in the schema is a relic of
	// another table, and names nothing.
	mode := md.Configuration["delta.columnMapping.mode"]
	mapped := mode != "" && mode != "none"
	for _, c := range columnsOf(pred.Root(), nil) {
		path, field, ok := storedPath(s, c.Path, mapped)
		if !ok {
			continue // unknown, for every file
		}
		if len(path) == 1 && slices.ContainsFunc(md.PartitionColumns, func(name string) bool { return strings.EqualFold(name, c.Path[0]) }) {
			f.columns = append(f.columns, fileColumn{column: c, partition: path[0]})
			continue
		}
		f.columns = append(f.columns, fileColumn{column: c, path: path})
		addLeaf(f.statistics, path, field)
	}
	return f
}

// columnsOf collects the columns that a node reads, each once.
func columnsOf(n expr.Node, found []*expr.Column) []*expr.Column {
	if c, ok := n.(*expr.Column); ok && !slices.Contains(found, c) {
		found = append(found, c)
	}
	for _, arg := range expr.Operands(n) {
		found = columnsOf(arg, found)
	}
	return found
}

// storedPath is the names by which the log knows a column, and its field.
func storedPath(s *schema.Struct, path []string, mapped bool) ([]string, schema.Field, bool) {
	stored := make([]string, len(path))
	for i, name := range path {
		at := slices.IndexFunc(s.Fields, func(f schema.Field) bool { return f.Name == name })
		if at < 0 {
			return nil, schema.Field{}, false
		}
		field := s.Fields[at]
		if stored[i] = field.Name; mapped {
			stored[i] = field.PhysicalName()
		}
		if i == len(path)-1 {
			return stored, field, true
		}
		nested, ok := field.Type.(*schema.Struct)
		if !ok {
			return nil, schema.Field{}, false
		}
		s = nested
	}
	return nil, schema.Field{}, false
}

// addLeaf adds a column to a schema that holds only wanted ones. A struct as a
// whole has no statistics and is left out.
func addLeaf(s *schema.Struct, path []string, field schema.Field) {
	if _, nested := field.Type.(*schema.Struct); nested {
		return
	}
	for _, name := range path[:len(path)-1] {
		at := slices.IndexFunc(s.Fields, func(f schema.Field) bool { return f.Name == name })
		if at < 0 {
			at = len(s.Fields)
			s.Fields = append(s.Fields, schema.Field{Name: name, Type: &schema.Struct{}, Nullable: true})
		}
		s = s.Fields[at].Type.(*schema.Struct)
	}
	field.Name = path[len(path)-1]
	s.Fields = append(s.Fields, field)
}

// NeedsStats says whether Decide can make use of statistics: if not, they need
// not be read.
func (f *Files) NeedsStats() bool { return len(f.statistics.Fields) > 0 }

// Decide says what the log proves about the predicate on the rows of a file.
// Statistics are read only if the partition values leave it open. Statistics
// that cannot be read prove nothing. Rows that a deletion vector hides may be
// counted as any.
func (f *Files) Decide(add *log.AddFile) Verdict {
	known := f.partitionBounds(add)
	verdict := f.decide(known.bounds)
	if verdict != Maybe || !f.addStatistics(known, add) {
		return verdict
	}
	return f.decide(known.bounds)
}

// fileBounds is what is known of a file, column by column as in Files.columns.
type fileBounds []knownBounds

type knownBounds struct {
	column *expr.Column // nil: nothing is known
	Bounds
}

func (k fileBounds) bounds(c *expr.Column) (Bounds, bool) {
	for i := range k {
		if k[i].column == c {
			return k[i].Bounds, true
		}
	}
	return Bounds{}, false
}

// partitionBounds is the columns that have one value throughout the file. A
// value that cannot be read is unknown here; reading the file reports it.
func (f *Files) partitionBounds(add *log.AddFile) fileBounds {
	known := make(fileBounds, len(f.columns))
	for i, where := range f.columns {
		if where.partition == "" {
			continue
		}
		text, there := add.PartitionValues[where.partition]
		if !there && hasFolded(add.PartitionValues, where.partition) {
			continue // under a key of other case: reading the file decides
		}
		if text == nil {
			known[i] = knownBounds{where.column, Bounds{Nulls: OnlyNulls}}
			continue
		}
		v, err := value.ParsePartition(where.column.Type(), *text, f.zone)
		switch {
		case err != nil:
		case v.IsNull():
			known[i] = knownBounds{where.column, Bounds{Nulls: OnlyNulls}}
		default:
			known[i] = knownBounds{where.column, Bounds{Min: v, Max: v, NaN: true, Nulls: NoNulls}}
		}
	}
	return known
}

// hasFolded says whether a key is name but for its case.
func hasFolded(values map[string]*string, name string) bool {
	for key := range values {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// addStatistics adds what the file's statistics say, and reports whether they
// say anything.
func (f *Files) addStatistics(known fileBounds, add *log.AddFile) bool {
	if len(f.statistics.Fields) == 0 || add.Stats == "" {
		return false
	}
	file, err := stats.Parse(add.Stats, f.statistics)
	if err != nil {
		return false
	}
	found := false
	for i, where := range f.columns {
		if where.partition != "" {
			continue
		}
		if col, ok := file.Column(where.path...); ok {
			known[i] = knownBounds{where.column, Bounds{Min: col.Min, Max: col.Max, Nulls: NullsOf(col.NullCount, file.NumRecords)}}
			found = true
		}
	}
	return found
}

// Explain says which part of the predicate excludes a file, and by which
// bounds: "qty > 100: qty is 1 to 50". It is "" for a file that is not
// excluded.
func (f *Files) Explain(add *log.AddFile) string {
	known := f.partitionBounds(add)
	if f.decide(known.bounds) != None {
		if !f.addStatistics(known, add) || f.decide(known.bounds) != None {
			return ""
		}
	}
	conjuncts := []expr.Node{f.root}
	if and, ok := f.root.(*expr.And); ok {
		conjuncts = and.Args
	}
	for _, c := range conjuncts {
		if newPredicate(c).decide(known.bounds) == None {
			return describe(c, known)
		}
	}
	return describe(f.root, known)
}

func describe(n expr.Node, known fileBounds) string {
	var parts []string
	for _, c := range columnsOf(n, nil) {
		if b, ok := known.bounds(c); ok {
			parts = append(parts, c.String()+" is "+describeBounds(b))
		}
	}
	if len(parts) == 0 {
		return n.String()
	}
	return n.String() + ": " + strings.Join(parts, ", ")
}

func describeBounds(b Bounds) string {
	text := func(v value.Value) string { return (&expr.Literal{Value: v}).String() }
	var s string
	switch {
	case b.Nulls == OnlyNulls:
		return "null"
	case b.Min.IsNull() && b.Max.IsNull():
		s = "unknown"
	case b.Min.IsNull():
		s = "at most " + text(b.Max)
	case b.Max.IsNull():
		s = "at least " + text(b.Min)
	case compare(b.Min, b.Max) == 0:
		s = text(b.Min)
	default:
		s = fmt.Sprintf("%s to %s", text(b.Min), text(b.Max))
	}
	if b.Nulls == NoNulls {
		return s
	}
	return s + " or null"
}
