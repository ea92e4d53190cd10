package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// reading is how the rows of all files are read.
type reading struct {
	plan   *scan.Plan
	table  *schema.Struct
	data   *schema.Struct // the columns that are in files, as statistics name them
	at     []int          // where those are in a batch
	prefix int            // of strings in statistics; 0: the default
}

// data reads every row of every file and holds the log's statistics against
// them.
func (l *live) data(ctx context.Context, s *schema.Struct) error {
	r, err := l.reading(s)
	if err != nil {
		return err
	}
	budget := max(1, l.Budget)
	bytes := semaphore.NewWeighted(budget)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, l.Parallel))
	err = l.walk(ctx, func(f replay.File, a *log.AddFile) error {
		weight := max(0, min(f.Size(), budget))
		if err := bytes.Acquire(gctx, weight); err != nil {
			return err
		}
		g.Go(func() error {
			defer bytes.Release(weight)
			return l.readData(gctx, r, f, a)
		})
		return nil
	})
	if failed := g.Wait(); failed != nil {
		return failed
	}
	return err
}

func (l *live) reading(s *schema.Struct) (*reading, error) {
	md := l.state.Metadata
	r := &reading{table: s, data: &schema.Struct{}}
	r.prefix, _ = stats.StringPrefix(md.Configuration) // of one that cannot be read, the default
	stored := s
	if feature.Mapping(l.state.Protocol, md) != schema.NoMapping {
		stored = s.Physical()
	}
	for i, f := range s.Fields {
		if !slices.ContainsFunc(md.PartitionColumns, func(c string) bool { return strings.EqualFold(c, f.Name) }) {
			r.data.Fields = append(r.data.Fields, stored.Fields[i])
			r.at = append(r.at, i)
		}
	}
	var err error
	r.plan, err = scan.New(scan.Options{
		Store: l.Source.Store, State: l.state, Schema: s, External: l.External, Limits: l.Source.Limits,
		Env: expr.Env{Zone: l.Zone}, Parallel: 1, Budget: l.Budget, Allocator: l.Allocator,
	})
	return r, err
}

// readData reads one file.
func (l *live) readData(ctx context.Context, r *reading, f replay.File, a *log.AddFile) error {
	seen, err := r.collect(ctx, f, func(rows int64) { l.count(&l.report.Rows, rows) })
	if err != nil {
		return l.blame(a, err)
	}
	for _, c := range nullsWhereNone(r, seen) {
		l.foundf(objectName(a), Note, l.state.Version, "the column %q is NOT NULL and has nulls", c)
	}
	if a.Stats == "" {
		return nil
	}
	said, err := stats.NewParser(r.data, r.prefix).Parse(a.Stats)
	if err != nil {
		l.foundf(objectName(a), Wrong, l.state.Version, "the statistics cannot be read: %v", err)
		return nil
	}
	for _, detail := range contradictions(r.data, said, seen) {
		l.foundf(objectName(a), Wrong, l.state.Version, "statistics: %s", detail)
	}
	return nil
}

// collect reads the rows of a file that are not deleted and takes their
// statistics.
func (r *reading) collect(ctx context.Context, f replay.File, count func(int64)) (*stats.File, error) {
	file, err := r.plan.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c := stats.NewCollector(r.data, stats.Options{Exact: true})
	for b, err := range r.plan.Rows(ctx, file) {
		if err != nil {
			return nil, err
		}
		count(b.Record.NumRows())
		r.add(c, b.Record)
	}
	return c.File(), nil
}

func (r *reading) add(c *stats.Collector, b arrow.RecordBatch) {
	var columns []arrow.Array
	var fields []arrow.Field
	for _, i := range r.at {
		columns = append(columns, b.Column(i))
		fields = append(fields, b.Schema().Field(i))
	}
	data := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.NumRows())
	defer data.Release()
	c.Add(data)
}

// nullsWhereNone lists columns that allow no nulls and have some.
func nullsWhereNone(r *reading, seen *stats.File) []string {
	var out []string
	for i, f := range r.data.Fields {
		if c, leaf := seen.Column(f.Name); leaf && !f.Nullable && c.NullCount > 0 {
			out = append(out, r.table.Fields[r.at[i]].Name)
		}
	}
	return out
}
