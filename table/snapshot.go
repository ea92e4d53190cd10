package table

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"go.opentelemetry.io/otel/attribute"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Snapshot is one version of a table. It never changes and is safe for
// concurrent use; it can be read as long as its files are there and its table
// is not closed.
type Snapshot struct {
	t      *Table
	state  *replay.State
	schema *schema.Struct
	time   time.Time
}

// Snapshot is the table at a point in its history. The newest version is
// looked for in the store at every call. It fails with [ErrVersionGone] for a
// version that is not there and for a time before the earliest that is; a time
// after the newest version is the newest version.
func (t *Table) Snapshot(ctx context.Context, at At) (*Snapshot, error) {
	ctx, op := t.starts(ctx, "snapshot")
	s, err := t.at(ctx, at)
	var snap *Snapshot
	if err == nil {
		snap, err = t.snapshot(ctx, s)
	}
	if err != nil {
		err = fmt.Errorf("snapshot of %s: %w", t.url, translate(err))
		op.ends(err)
		return nil, err
	}
	op.ends(nil, attribute.Int64("foreset.version", snap.Version()))
	return snap, nil
}

func (t *Table) at(ctx context.Context, at At) (*replay.State, error) {
	newest, err := t.state(ctx)
	if err != nil {
		return nil, err
	}
	v := newest.Version
	switch {
	case at.version != nil:
		v = log.Version(*at.version)
	case at.time != nil:
		if v, err = newest.VersionAt(ctx, *at.time); err != nil {
			return nil, err
		}
	}
	if v == newest.Version {
		return newest, nil
	}
	if v < 0 || v > newest.Version {
		return nil, fmt.Errorf("%w: version %d; the newest is %d", ErrVersionGone, v, newest.Version)
	}
	s, err := replay.Load(ctx, t.src, v)
	if err != nil {
		return nil, err
	}
	return s, t.readable(s)
}

func (t *Table) snapshot(ctx context.Context, s *replay.State) (*Snapshot, error) {
	sch, err := s.Schema()
	if err != nil {
		return nil, err
	}
	when, err := s.Timestamp(ctx)
	if err != nil {
		return nil, err
	}
	return &Snapshot{t: t, state: s, schema: sch, time: when}, nil
}

// Version is the snapshot's version.
func (s *Snapshot) Version() int64 { return int64(s.state.Version) }

// Timestamp is when the version was committed: its in-commit timestamp if the
// table has them, else the time of the commit's object by the store's clock,
// which may know the second only and may have gone back since an earlier version.
// [AsOf], [Table.Changes] and [Change].Timestamp make such times ascend, from the
// earliest version that there is on, so that AsOf(s.Timestamp()) can be a version
// before s, and never one after it: use [Version] to come back.
func (s *Snapshot) Timestamp() time.Time { return s.time }

// Schema is the table's schema. It must not be changed.
func (s *Snapshot) Schema() *schema.Struct { return s.schema }

// ScanSchema is what a scan can name: the columns of the table and _metadata, a
// struct of where each row is (file_path, file_name, file_size,
// file_modification_time, row_index) and, of tables with row tracking, of what
// identifies it (row_id, row_commit_version). A scan has the latter only if
// ScanOptions.Columns or a predicate names it.
func (s *Snapshot) ScanSchema() *schema.Struct { return scan.WithMetadata(s.schema, s.state.Metadata) }

// ArrowSchema is the layout of the batches that a scan of all columns yields.
func (s *Snapshot) ArrowSchema() (*arrow.Schema, error) {
	a, err := arrowconv.Schema(s.schema)
	return a, translate(err)
}

// Metadata is the table's metadata. It must not be changed.
func (s *Snapshot) Metadata() *log.Metadata { return s.state.Metadata }

// Protocol is what readers and writers of the table must support. It must not
// be changed.
func (s *Snapshot) Protocol() *log.Protocol { return s.state.Protocol }

// Constraint is a CHECK constraint: SQL is true for every row.
type Constraint struct{ Name, SQL string }

// Constraints lists the table's CHECK constraints, sorted by name.
func (s *Snapshot) Constraints() []Constraint { return checks(s.state.Metadata) }

// Warnings are what was found damaged when the snapshot was loaded, or one that
// it grew from, and done without at the cost of time: hints, checksums,
// checkpoints, compacted logs. It is empty for a table in good order. What shows
// later, as when its files are asked for, is told to Options.Logger, as these
// are: a snapshot never changes. They must not be changed.
func (s *Snapshot) Warnings() []error { return s.state.Warnings }

// TxnVersion is how far an application got, as its commits recorded it; ok is
// false if it recorded nothing.
func (s *Snapshot) TxnVersion(appID string) (version int64, ok bool) {
	t := s.state.Txns[appID]
	if t == nil {
		return 0, false
	}
	return t.Version, true
}

// Apps lists the applications that have recorded a version, sorted by id.
func (s *Snapshot) Apps() []*log.SetTransaction {
	var out []*log.SetTransaction
	for _, id := range slices.Sorted(maps.Keys(s.state.Txns)) {
		out = append(out, s.state.Txns[id])
	}
	return out
}

// Domains lists the metadata domains, sorted by name.
func (s *Snapshot) Domains() []*log.DomainMetadata {
	var out []*log.DomainMetadata
	for _, name := range slices.Sorted(maps.Keys(s.state.Domains)) {
		out = append(out, s.state.Domains[name])
	}
	return out
}

// Count is the number of data files and their bytes.
func (s *Snapshot) Count(ctx context.Context) (files, bytes int64, err error) {
	ctx, op := s.t.starts(ctx, "count files")
	files, bytes, err = s.state.Count(ctx)
	err = translate(err)
	op.ends(err)
	return files, bytes, err
}

// Files walks the data files that may hold rows for which the predicate is
// TRUE; all files if it is absent. It ends with the first error. Adds must not be
// changed.
func (s *Snapshot) Files(ctx context.Context, where expr.Expr) iter.Seq2[*log.AddFile, error] {
	return s.files(ctx, where, checkpoint.AllColumns)
}

// FilesWithoutStats is Files for those who need no statistics: these, most of
// what a log is made of, are read only as far as the predicate is about columns
// that are not of the partitioning, and Stats may be "".
func (s *Snapshot) FilesWithoutStats(ctx context.Context, where expr.Expr) iter.Seq2[*log.AddFile, error] {
	return s.files(ctx, where, checkpoint.Tags)
}

func (s *Snapshot) files(ctx context.Context, where expr.Expr, cols checkpoint.Columns) iter.Seq2[*log.AddFile, error] {
	return observed(ctx, s.t, "files", func(ctx context.Context, yield func(*log.AddFile, error) bool) {
		cols := cols
		var skip *skipping.FileDecider
		var want checkpoint.Wanted
		if !where.IsZero() {
			bound, err := where.Bind(s.schema, s.t.opts.env())
			if err != nil {
				yield(nil, err)
				return
			}
			by := skipping.NewFiles(bound, s.schema, s.state.Metadata, feature.Mapping(s.state.Protocol, s.state.Metadata), s.t.opts.Zone)
			if by.NeedsStats() {
				cols |= checkpoint.Stats
			}
			skip = by.Decider()
			want.Values = func(v checkpoint.Values) bool { return skip.Partition(v) != skipping.None }
			want.Group = func(b checkpoint.Bounds) bool { return !skip.Excludes(b.Partitions, b.Stats) }
		}
		for f, err := range s.state.Select(ctx, cols, want) {
			if err != nil {
				yield(nil, translate(err))
				return
			}
			if skip != nil && skip.Decide(f) == skipping.None {
				continue
			}
			if !yield(f.Add(), nil) {
				return
			}
		}
	})
}

// ScanOptions say which rows and columns to read. Nil means all.
type ScanOptions struct {
	Columns   []string  // names or dotted paths of nested fields, in the order wanted; nil: all columns
	Where     expr.Expr // only rows for which it is TRUE; absent: all rows
	Limit     int64     // rows; 0: no limit
	BatchRows int       // at most, in one batch; 0: a default
	Ordered   bool      // in the order of files and rows; otherwise as files are read

	ExplainFiles int // of the files that the log leaves, how many Explain looks into; 0: none, it reads no data file
}

// Scan is a prepared read of a snapshot. It can be run any number of times, also
// at once.
type Scan struct {
	s    *Snapshot
	opts ScanOptions
}

// Explanation says what a scan reads, and which files and parts of files it
// skips by which part of the predicate and which bounds.
type Explanation = scan.Explanation

// Scan prepares a read. Mistakes in the options are the error of running it.
func (s *Snapshot) Scan(opts *ScanOptions) *Scan {
	c := &Scan{s: s}
	if opts != nil {
		c.opts = *opts
	}
	return c
}

// plan resolves names and binds the predicate. release gives back the budget.
func (c *Scan) plan() (p *scan.Plan, release func(), err error) {
	o := c.s.t.opts
	bytes := o.Budget.lease(4)
	opts := c.s.scanOptions(c.opts.Where, bytes)
	opts.Columns, opts.Limit, opts.BatchRows, opts.Ordered = c.opts.Columns, c.opts.Limit, c.opts.BatchRows, c.opts.Ordered
	p, err = scan.New(opts)
	return p, func() { o.Budget.release(bytes) }, err
}

// scanOptions are those of reading the snapshot's rows within so many bytes.
func (s *Snapshot) scanOptions(where expr.Expr, bytes int64) scan.Options {
	o := s.t.opts
	return scan.Options{
		Store: o.Store, State: s.state, Schema: s.schema, Root: s.t.root, External: s.t.external, Limits: o.Limits,
		Where: where, Env: o.env(), Parallel: o.Concurrency, Budget: bytes, Allocator: o.Allocator,
	}
}

// Batches reads the rows. A batch is valid until the next iteration; Retain
// keeps one. The iteration ends with the first error. Breaking off ends all
// work of the scan before the loop does.
func (c *Scan) Batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		ctx, op := c.s.t.starts(ctx, "scan")
		var rows int64
		var err error
		defer func() {
			op.ends(err, attribute.Int64("foreset.version", c.s.Version()), attribute.Int64("foreset.rows", rows))
		}()
		p, release, err := c.plan()
		defer release()
		if err != nil {
			err = translate(err)
			yield(nil, err)
			return
		}
		for b, failed := range p.Batches(ctx) {
			if err = translate(failed); err == nil {
				rows += b.Record.NumRows()
			}
			if !yield(b.Record, err) {
				return
			}
		}
	}
}

// Reader reads the rows through Arrow's reader interface. The caller releases
// it, which also ends the scan.
func (c *Scan) Reader(ctx context.Context) (array.RecordReader, error) {
	p, release, err := c.plan()
	release()
	if err != nil {
		return nil, translate(err)
	}
	return newReader(p.Schema(), c.Batches(ctx)), nil
}

// Count is the number of rows. Without a predicate it comes from the log when
// every file says there how many rows it has.
func (c *Scan) Count(ctx context.Context) (int64, error) {
	ctx, op := c.s.t.starts(ctx, "count")
	n, err := c.count(ctx)
	op.ends(err, attribute.Int64("foreset.version", c.s.Version()), attribute.Int64("foreset.rows", n))
	return n, err
}

func (c *Scan) count(ctx context.Context) (int64, error) {
	p, release, err := c.plan()
	defer release()
	if err != nil {
		return 0, translate(err)
	}
	n, err := p.Count(ctx)
	return n, translate(err)
}

// Explain plans the scan and reads no rows. It says which files the log lets it
// skip, and, for as many of the others as ScanOptions.ExplainFiles says, which
// row groups and pages: these it finds as a scan does, by the footers, bloom
// filters and page indexes. A file that cannot be looked into is no error of
// Explain: its Looked says why.
func (c *Scan) Explain(ctx context.Context) (*Explanation, error) {
	ctx, op := c.s.t.starts(ctx, "explain")
	e, err := c.explain(ctx)
	op.ends(err, attribute.Int64("foreset.version", c.s.Version()))
	return e, err
}

func (c *Scan) explain(ctx context.Context) (*Explanation, error) {
	p, release, err := c.plan()
	defer release()
	if err != nil {
		return nil, translate(err)
	}
	e, err := p.Explain(ctx, max(0, c.opts.ExplainFiles))
	return e, translate(err)
}
