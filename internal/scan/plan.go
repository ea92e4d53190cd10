package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// Options say what to read.
type Options struct {
	Store     storage.Store
	State     *replay.State
	Schema    *schema.Struct // of the table
	Root      string         // of _metadata.file_path: the URI of the table; "": unknown
	Limits    *log.Limits
	External  External   // opens files outside of the table; nil: they are refused
	Columns   []string   // dotted paths, case-insensitive; nil is all columns
	Paths     [][]string // instead of Columns: what is needed of the table, in whose shape the batches are; they may have more
	Where     expr.Expr  // absent: all rows
	Env       expr.Env
	Limit     int64 // rows; 0 or less is no limit
	BatchRows int   // at most, in a batch; 0: a default
	Ordered   bool  // batches in the order of files and rows
	Parallel  int   // files read at once; at least 1
	Budget    int64 // bytes that the reads in flight may hold
	ProbeRows int64 // of a row group, to make a probe of the predicate's columns worth it; 0: 4096
	Allocator memory.Allocator
}

// Mapping is by what the log and the files have the table's columns.
func (o *Options) Mapping() schema.Mapping {
	return feature.Mapping(o.State.Protocol, o.State.Metadata)
}

// Plan is a prepared scan: names resolved, predicate bound. It is immutable.
type Plan struct {
	opts   Options
	schema *schema.Struct      // of the table, and what can be asked for beside it
	names  schema.Mapping      // of columns, in the log and the files
	files  *files              // how the table's files are reached
	where  *expr.Bound         // nil if there is none
	pred   *skipping.Predicate // of where
	skip   *skipping.Files     // nil if there is none
	output *schema.Struct      // what a caller gets
	paths  [][]string          // of the output columns, in the table
	needed columns             // what output and predicate need
	keys   []schema.Field      // those of needed that are partition columns
	asked  columns             // those of needed that the predicate needs
	shown  columns             // those of needed that the output needs
	probed bool                // the predicate's columns are worth to be read first
	odds   *odds               // of that
	arrow  *arrow.Schema       // of output
}

// New prepares a scan. It fails on a column that is not there, and on a
// predicate that does not fit the schema.
func New(opts Options) (*Plan, error) {
	if opts.ProbeRows <= 0 {
		opts.ProbeRows = probeRows
	}
	p := &Plan{opts: opts, output: &schema.Struct{}, schema: WithMetadata(opts.Schema, opts.State.Metadata), names: opts.Mapping(), files: newFiles(opts)}
	if err := p.project(); err != nil {
		return nil, err
	}
	wanted := slices.Clone(p.paths)
	if !opts.Where.IsZero() {
		var err error
		if p.where, err = opts.Where.Bind(p.schema, opts.Env); err != nil {
			return nil, err
		}
		if p.where.Type() != schema.Boolean {
			whole := expr.Position{Line: 1, Column: 1}
			return nil, &expr.TypeError{Msg: fmt.Sprintf("the predicate %s is of type %v, not boolean", opts.Where, p.where.Type()), Position: whole}
		}
		p.pred = skipping.NewPredicate(p.where.Root())
		p.skip = skipping.NewFiles(p.where, opts.Schema, opts.State.Metadata, p.names, opts.Env.Zone)
		wanted = append(wanted, p.where.Columns()...)
	}
	p.needed = p.columnsOf(wanted)
	for _, f := range p.needed.all.Fields {
		if p.isKey(f) {
			p.keys = append(p.keys, f)
		}
	}
	if p.where != nil {
		p.asked, p.shown, p.odds = p.columnsOf(p.where.Columns()), p.columnsOf(p.paths), &odds{}
		p.probed = len(p.asked.data.Fields) > 0 && leaves(p.asked.data) < leaves(p.needed.data)
	}
	var err error
	p.arrow, err = arrowconv.Schema(p.output)
	return p, err
}

// columns are columns of the table, pruned to what is needed of them.
type columns struct {
	all  *schema.Struct
	data *schema.Struct // those that are in the files, then what _metadata is made from
}

func (p *Plan) columnsOf(paths [][]string) columns {
	c := columns{prune(p.schema, paths), &schema.Struct{}}
	var hidden []schema.Field
	for _, f := range c.all.Fields {
		switch {
		case p.isKey(f):
		case p.isMetadata(f):
			hidden = p.materialized(f.Type.(*schema.Struct))
		default:
			c.data.Fields = append(c.data.Fields, f)
		}
	}
	c.data.Fields = append(c.data.Fields, hidden...)
	return c
}

// isKey says whether a column is one of the partitioning.
func (p *Plan) isKey(f schema.Field) bool {
	return isPartition(p.opts.State.Metadata.PartitionColumns, f.Name)
}

// leaves is how many columns a type has in a file.
func leaves(t schema.Type) int {
	switch t := t.(type) {
	case *schema.Struct:
		n := 0
		for _, f := range t.Fields {
			n += leaves(f.Type)
		}
		return n
	case *schema.Array:
		return leaves(t.Element)
	case *schema.Map:
		return leaves(t.Key) + leaves(t.Value)
	default:
		return 1
	}
}

// project resolves the wanted columns.
func (p *Plan) project() error {
	if p.opts.Paths != nil {
		p.output, p.paths = prune(p.schema, p.opts.Paths), p.opts.Paths
		return nil
	}
	if p.opts.Columns == nil {
		p.output = p.opts.Schema
		for _, f := range p.opts.Schema.Fields {
			p.paths = append(p.paths, []string{f.Name})
		}
		return nil
	}
	for _, name := range p.opts.Columns {
		path, f, err := resolve(p.schema, name)
		if err != nil {
			return err
		}
		f.Name = strings.Join(path, ".")
		if slices.ContainsFunc(p.output.Fields, func(g schema.Field) bool { return strings.EqualFold(g.Name, f.Name) }) {
			return fmt.Errorf("column %q is asked for twice", name)
		}
		p.output.Fields = append(p.output.Fields, f)
		p.paths = append(p.paths, path)
	}
	return nil
}

// ColumnError names a column that the table does not have.
type ColumnError struct{ Column string }

func (e *ColumnError) Error() string { return fmt.Sprintf("the table has no column %q", e.Column) }

// resolve finds a column by its name, or a nested field by its dotted path.
func resolve(s *schema.Struct, name string) ([]string, schema.Field, error) {
	if i, ok := s.Lookup(name); ok {
		return []string{s.Fields[i].Name}, s.Fields[i], nil
	}
	var path []string
	var f schema.Field
	nullable := false
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			inner, is := f.Type.(*schema.Struct)
			if !is {
				return nil, f, &ColumnError{name}
			}
			s = inner
		}
		at, ok := s.Lookup(part)
		if !ok {
			return nil, f, &ColumnError{name}
		}
		f = s.Fields[at]
		nullable = nullable || f.Nullable
		path = append(path, f.Name)
	}
	f.Nullable = nullable
	return path, f, nil
}

// prune keeps the parts of a schema that the paths name, in the schema's
// order; a path that ends at a struct keeps all of it.
func prune(s *schema.Struct, paths [][]string) *schema.Struct {
	out := &schema.Struct{}
	for _, f := range s.Fields {
		var below [][]string
		whole, named := false, false
		for _, p := range paths {
			if p[0] != f.Name {
				continue
			}
			named = true
			if len(p) == 1 {
				whole = true
			} else {
				below = append(below, p[1:])
			}
		}
		if !named {
			continue
		}
		if inner, is := f.Type.(*schema.Struct); is && !whole {
			f.Type = prune(inner, below)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func isPartition(columns []string, name string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
}

// Schema is the Arrow schema of the batches.
func (p *Plan) Schema() *arrow.Schema { return p.arrow }

// columns of a base that the plan's decisions need.
func (p *Plan) columns() checkpoint.Columns {
	if p.skip != nil && p.skip.NeedsStats() {
		return checkpoint.Stats
	}
	return 0
}

// chosen yields the files that may hold rows of the result.
func (p *Plan) chosen(ctx context.Context) iter.Seq2[replay.File, error] {
	return func(yield func(replay.File, error) bool) {
		for f, err := range p.walk(ctx, p.columns(), inDoubt, false) {
			if err == nil && f.verdict == skipping.None {
				continue
			}
			if !yield(f.File, err) || err != nil {
				return
			}
		}
	}
}

// decided is a file of the snapshot and what the log proves about it.
type decided struct {
	replay.File
	verdict skipping.Verdict
	skip    *skipping.FileDecider // that has decided; nil without a predicate
}

// inDoubt says that what partition values prove does not decide about a file.
func inDoubt(v skipping.Verdict) bool { return v == skipping.Maybe }

// walk yields the files of the snapshot, with their statistics if cols has them
// and the verdict that partition values give is one that wants them. Files that
// hold no row of the result may be left out unless all are to be yielded.
func (p *Plan) walk(ctx context.Context, cols checkpoint.Columns, wants func(skipping.Verdict) bool, all bool) iter.Seq2[*decided, error] {
	return func(yield func(*decided, error) bool) {
		f := &decided{}
		var want checkpoint.Wanted
		if p.skip != nil {
			f.skip = p.skip.Decider()
			want.Values = func(v checkpoint.Values) bool { return wants(f.skip.Partition(v)) }
			if !all {
				want.Group = func(b checkpoint.Bounds) bool { return !f.skip.Excludes(b.Partitions, b.Stats) }
			}
		}
		for file, err := range p.opts.State.Select(ctx, cols, want) {
			if f.File = file; err == nil && f.skip != nil {
				f.verdict = f.skip.Decide(&f.File)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Count is the number of rows of the result. Without a predicate it comes from
// the log where every file says how many rows it has.
func (p *Plan) Count(ctx context.Context) (int64, error) {
	if p.where == nil {
		n, err := p.countFiles(ctx)
		return p.limited(n), err
	}
	var n int64
	for b, err := range p.narrow().Batches(ctx) {
		if err != nil {
			return 0, err
		}
		n += b.Record.NumRows()
	}
	return n, nil
}

// countFiles is the number of rows of all files: the log says it, or else the
// footer.
func (p *Plan) countFiles(ctx context.Context) (int64, error) {
	var total atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(ahead)
	add := func(f replay.File, rows int64) error {
		if total.Add(rows) < 0 {
			return of(f, fmt.Errorf("%w: more rows than can be counted", log.ErrCorrupt))
		}
		return nil
	}
	for f, err := range p.opts.State.Files(ctx, checkpoint.Stats) {
		if err != nil {
			return 0, errors.Join(err, g.Wait())
		}
		rows, ok := p.LiveRows(f)
		if ok {
			if err := add(f, rows); err != nil {
				return 0, errors.Join(err, g.Wait())
			}
			continue
		}
		g.Go(func() error {
			o, err := p.open(ctx, f)
			if err != nil {
				return err
			}
			defer o.data.Close()
			return add(f, o.rows())
		})
	}
	err := g.Wait()
	return total.Load(), err
}

// LiveRows is how many rows a file has that are not deleted, if the log says it.
// It does not where it says what cannot be: opening the file tells what is wrong.
func (p *Plan) LiveRows(f replay.File) (int64, bool) {
	rows, ok := stats.NumRecords(f.Stats())
	if dv := f.DeletionVector(); ok && dv != nil {
		rows -= dv.Cardinality
		ok = p.files.deletes && dv.Cardinality >= 0 && rows >= 0
	}
	return rows, ok
}

func (p *Plan) limited(n int64) int64 {
	if p.opts.Limit > 0 {
		return min(n, p.opts.Limit)
	}
	return n
}

// narrow is the plan without output columns: it reads what the predicate
// needs, and no columns at all without one.
func (p *Plan) narrow() *Plan {
	opts := p.opts
	opts.Columns = []string{}
	n, err := New(opts)
	if err != nil {
		return p // cannot be: the plan was made from the same options
	}
	return n
}
