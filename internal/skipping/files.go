package skipping

import (
	"encoding/binary"
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
// and may be used by many goroutines, each through a [FileDecider].
type Files struct {
	pred  *Predicate
	where []fileColumn // of each of the predicate's columns
	keys  []string     // of partitionValues
	// statistics is the schema, by physical names, of the columns whose
	// statistics are needed; empty if partition values suffice.
	statistics *schema.Struct
	keyed      *schema.Struct // those of keys that have bounds
	prefix     int            // characters to which writers may have cut strings; 0: the default
	zone       *time.Location
}

// fileColumn is where the log keeps what it knows of a column.
type fileColumn struct {
	key  int      // index into Files.keys, or −1
	path []string // physical, in the statistics; nil: nothing is known
}

// NewFiles prepares a predicate that is bound to s, the schema of the table
// that md describes. mapping is how the log names its columns, and zone that of
// partition values written without one, nil being UTC.
func NewFiles(pred *expr.Bound, s *schema.Struct, md *log.Metadata, mapping schema.Mapping, zone *time.Location) *Files {
	f := &Files{pred: NewPredicate(pred.Root()), statistics: &schema.Struct{}, keyed: &schema.Struct{}, zone: zone}
	f.prefix, _ = stats.StringPrefix(md.Configuration) // of one that cannot be read, the default
	for _, c := range f.pred.columns {
		path, field, ok := mapping.StoredPath(s, c.Path)
		switch {
		case !ok:
			f.where = append(f.where, fileColumn{key: -1}) // unknown, for every file
		case len(path) == 1 && slices.ContainsFunc(md.PartitionColumns, func(name string) bool { return strings.EqualFold(name, c.Path[0]) }):
			f.where = append(f.where, fileColumn{key: len(f.keys)})
			f.keys = append(f.keys, path[0])
			if field.Type != schema.Timestamp { // of which it is not known by what zone the log's text was read
				f.keyed.Fields = append(f.keyed.Fields, schema.Field{Name: path[0], Type: field.Type})
			}
		default:
			f.where = append(f.where, fileColumn{key: -1, path: path})
			if _, nested := field.Type.(*schema.Struct); !nested { // which has no statistics as a whole
				f.statistics.Insert(path, field) // with its history of types, which bounds depend on
			}
		}
	}
	return f
}

// NeedsStats says whether Decide can make use of statistics: if not, they need
// not be read.
func (f *Files) NeedsStats() bool { return len(f.statistics.Fields) > 0 }

// File is what the log has of a file.
type File interface {
	// PartitionValue is the serialized value of a partition column; ok is false
	// if there is none under that name.
	PartitionValue(name string) (text string, null, ok bool)
	// Stats is the text of the statistics, "" without.
	Stats() string
	// Add is the whole action.
	Add() *log.AddFile
}

// FileDecider decides one file after another, without allocating for each. It
// is not safe for concurrent use.
type FileDecider struct {
	decider
	files      *Files
	partitions map[string]*partition // by the text of the values
	text       []byte                // scratch
	parser     *stats.Parser
	many, keys *stats.Parser // of what stands for many files; nil until it is needed
}

// partition is what is known of all files with some partition values.
type partition struct {
	verdict Verdict
	known   []known
}

// partitionsMax bounds what a FileDecider remembers.
const partitionsMax = 1 << 14

// Decider returns a decider.
func (f *Files) Decider() *FileDecider {
	return &FileDecider{
		files: f, decider: decider{Predicate: f.pred, known: make([]known, len(f.pred.columns))},
		partitions: map[string]*partition{}, parser: stats.NewParser(f.statistics, f.prefix),
	}
}

// Decide says what the log proves about the predicate on the rows of a file.
// Statistics are read only if the partition values leave it open. Statistics
// that cannot be read prove nothing. Rows that a deletion vector hides may be
// counted as any.
func (d *FileDecider) Decide(file File) Verdict {
	verdict, _ := d.settle(file)
	return verdict
}

// Partition is what the partition values prove by themselves. A value that is
// not there by its name proves nothing: the file may have it in other case.
func (d *FileDecider) Partition(value func(name string) (text string, null, ok bool)) Verdict {
	p, ok := d.partition(value)
	if !ok {
		return Maybe
	}
	return p.verdict
}

// settle decides a file, and says whether that took its statistics.
func (d *FileDecider) settle(file File) (verdict Verdict, byStats bool) {
	p, ok := d.partition(file.PartitionValue)
	if !ok {
		p = d.folded(file.Add())
	}
	copy(d.known, p.known)
	if p.verdict != Maybe || !d.addStatistics(file) {
		return p.verdict, false
	}
	return d.decide(), true
}

// partition decides by partition values, the same ones once. It reports false
// if a value is not there.
func (d *FileDecider) partition(value func(name string) (text string, null, ok bool)) (*partition, bool) {
	d.text = d.text[:0]
	for _, key := range d.files.keys {
		text, null, ok := value(key)
		switch {
		case !ok:
			return nil, false
		case null:
			d.text = binary.AppendUvarint(d.text, 0)
		default:
			d.text = append(binary.AppendUvarint(d.text, uint64(len(text))+1), text...)
		}
	}
	p := d.partitions[string(d.text)]
	if p == nil {
		if len(d.partitions) >= partitionsMax {
			clear(d.partitions)
		}
		p = d.decidePartition(func(key string) (string, bool, bool) { return value(key) })
		d.partitions[string(d.text)] = p
	}
	return p, true
}

// folded decides by the partition values of a file that has not all of them
// under their names.
func (d *FileDecider) folded(add *log.AddFile) *partition {
	return d.decidePartition(func(key string) (text string, null, ok bool) {
		v, there := add.PartitionValues[key]
		switch {
		case there && v != nil:
			return *v, false, true
		case !there && hasFolded(add.PartitionValues, key):
			return "", false, false // under a key of other case: reading the file decides
		default:
			return "", true, true
		}
	})
}

func (d *FileDecider) decidePartition(value func(key string) (text string, null, ok bool)) *partition {
	p := &partition{known: make([]known, len(d.columns))}
	for i, where := range d.files.where {
		if where.key < 0 {
			continue
		}
		text, null, ok := value(d.files.keys[where.key])
		switch {
		case !ok:
		case null:
			p.known[i] = known{Bounds{Nulls: OnlyNulls}, true}
		default:
			p.known[i].Bounds, p.known[i].there = partitionBounds(d.columns[i].Type(), text, d.files.zone)
		}
	}
	copy(d.known, p.known)
	p.verdict = d.decide()
	return p
}

// partitionBounds is a column that has one value throughout the file. A value
// that cannot be read is unknown here; reading the file reports it.
func partitionBounds(t schema.Type, text string, zone *time.Location) (Bounds, bool) {
	v, err := value.ParsePartition(t, text, zone)
	switch {
	case err != nil:
		return Bounds{}, false
	case v.IsNull():
		return Bounds{Nulls: OnlyNulls}, true
	default:
		return Bounds{Min: v, Max: v, NaN: true, Nulls: NoNulls}, true
	}
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
func (d *FileDecider) addStatistics(f File) bool {
	if len(d.files.statistics.Fields) == 0 {
		return false
	}
	text := f.Stats()
	if text == "" {
		return false
	}
	file, err := d.parser.Parse(text)
	if err != nil {
		return false
	}
	found := false
	for i, where := range d.files.where {
		if where.path != nil && d.know(i, file, where.path...) {
			found = true
		}
	}
	return found
}

// Excludes says whether the log proves for all files of some that no row of them
// satisfies the predicate, by texts like statistics that stand for them all: of
// their partition values, and of the other columns.
func (d *FileDecider) Excludes(partitions, statistics string) bool {
	if d.many == nil {
		d.many, d.keys = stats.NewManyParser(d.files.statistics, d.files.prefix), stats.NewManyParser(d.files.keyed, 0)
	}
	clear(d.known)
	keys, errKeys := d.keys.Parse(partitions)
	columns, errColumns := d.many.Parse(statistics)
	for i, where := range d.files.where {
		switch {
		case where.key >= 0 && errKeys == nil:
			d.know(i, keys, d.files.keys[where.key])
		case where.path != nil && errColumns == nil:
			d.know(i, columns, where.path...)
		}
	}
	return d.decide() == None
}

// know makes what statistics say of a column known.
func (d *FileDecider) know(i int, of *stats.File, path ...string) bool {
	col, ok := of.Column(path...)
	if ok {
		d.known[i] = known{Bounds{Min: col.Min, Max: col.Max, Nulls: NullsOf(col.NullCount, of.NumRecords)}, true}
	}
	return ok
}

// Explain says which part of the predicate excludes a file by which bounds, and
// whether that took its statistics. It is "" for a file that is not excluded.
func (d *FileDecider) Explain(file File) (reason string, byStats bool) {
	verdict, byStats := d.settle(file)
	if verdict != None {
		return "", false
	}
	reason, _ = d.Predicate.Explain(&d.decider)
	return reason, byStats
}

// Bounds are those of the file that was decided last.
func (d *decider) Bounds(path []string) (Bounds, bool) {
	for i, c := range d.columns {
		if slices.Equal(c.Path, path) {
			return d.known[i].Bounds, d.known[i].there
		}
	}
	return Bounds{}, false
}

// Decide decides one file by itself. For many, a decider costs less.
func (f *Files) Decide(add *log.AddFile) Verdict { return f.Decider().Decide(action{add}) }

// action is an add as a File.
type action struct{ add *log.AddFile }

func (a action) Add() *log.AddFile { return a.add }
func (a action) Stats() string     { return a.add.Stats }

func (a action) PartitionValue(name string) (text string, null, ok bool) {
	switch v, there := a.add.PartitionValues[name]; {
	case !there:
		return "", false, false
	case v == nil:
		return "", true, true
	default:
		return *v, false, true
	}
}
