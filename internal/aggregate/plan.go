package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/schema"
)

// Options say what to compute. All fields are required except where they say
// otherwise.
type Options struct {
	Scan      scan.Options // the rows; Columns, Paths, Limit, BatchRows and Ordered do not matter
	Values    expr.Items   // calls of aggregate functions
	By        expr.Items   // a group for each of their values; empty: one group, which there always is
	Limit     int64        // groups of the result; 0 or less is no limit
	BatchRows int          // at most, in a batch of the result; 0: a default
	Memory    int64        // bytes that groups may take
	TempDir   string       // for what exceeds it; "" is the system's
}

// Plan is a prepared aggregation. It is immutable but for a cache.
type Plan struct {
	opts       Options
	by, values []expr.Item
	schema     *arrow.Schema
	keys       []keyColumn
	inputs     []*expr.Bound // what rows are asked for: of each group key, then what aggregates are given, each once
	input      []int         // of each of values, −1: none
	sources    []source      // of each of values
	constant   bool          // the group of a row is settled by the partition of its file
	statistics *schema.Struct
	base       *scan.Plan // needs all that any file may be asked for

	mu    sync.Mutex // guards plans
	plans map[string]*scan.Plan
}

// source is where the log and footers may know an aggregate from.
type source struct {
	kind   sourceKind
	column []schema.Field // of the files: the fields that lead to it
	path   []string       // of it in statistics
	typ    schema.Type
}

type sourceKind uint8

const (
	fromRows      sourceKind = iota // only the rows say
	fromCount                       // the number of rows does
	fromPartition                   // the values of the partition columns do
	fromColumn                      // the statistics of a column do
)

// New prepares an aggregation. It fails on what does not fit the schema.
func New(opts Options) (*Plan, error) {
	if opts.BatchRows <= 0 {
		opts.BatchRows = batchRows
	}
	if opts.Scan.Allocator == nil {
		opts.Scan.Allocator = memory.DefaultAllocator
	}
	p := &Plan{opts: opts, constant: true, plans: map[string]*scan.Plan{}}
	var err error
	columns := scan.WithMetadata(opts.Scan.Schema, opts.Scan.State.Metadata)
	if p.by, err = opts.By.Bind(columns, opts.Scan.Env); err != nil {
		return nil, err
	}
	if p.values, err = opts.Values.Bind(columns, opts.Scan.Env); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	p.base, err = p.scan(append(slices.Clone(p.by), p.values...), true)
	if err != nil {
		return nil, err
	}
	p.prepare()
	p.schema, err = p.resultSchema()
	return p, err
}

// batchRows is how many groups a batch of the result has at most.
const batchRows = 8192

// check refuses lists that are no aggregation.
func (p *Plan) check() error {
	for _, it := range p.by {
		if it.Func != expr.NoAggregate {
			return &expr.TypeError{Msg: it.Name + " is an aggregate, which cannot be a group", Position: it.Position}
		}
	}
	names := map[string]bool{}
	for _, it := range p.values {
		if it.Func == expr.NoAggregate {
			return &expr.TypeError{Msg: it.Name + " is no aggregate: count, min, max, sum or avg", Position: it.Position}
		}
	}
	for _, it := range append(slices.Clone(p.by), p.values...) {
		if name := strings.ToLower(it.Name); names[name] {
			return &expr.TypeError{Msg: "two columns of the result are named " + it.Name + "; AS gives one another name", Position: it.Position}
		} else {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return &expr.TypeError{Msg: "nothing to compute", Position: expr.Position{Line: 1, Column: 1}}
	}
	return nil
}

// prepare settles where the values of rows, and of whole files, come from.
func (p *Plan) prepare() {
	for i, it := range p.by {
		p.inputs = append(p.inputs, it.Arg)
		p.keys = append(p.keys, newKeyColumn(it.Type, i == len(p.by)-1))
		p.constant = p.constant && p.isConstant(it.Arg)
	}
	p.statistics = &schema.Struct{}
	for _, it := range p.values {
		at := -1
		if it.Arg != nil {
			if at = slices.IndexFunc(p.inputs, func(b *expr.Bound) bool { return sameBound(b, it.Arg) }); at < 0 {
				at = len(p.inputs)
				p.inputs = append(p.inputs, it.Arg)
			}
		}
		p.input = append(p.input, at)
		src := p.sourceOf(it)
		p.sources = append(p.sources, src)
		if src.kind == fromColumn {
			p.statistics.Insert(src.path, src.column[len(src.column)-1])
		}
	}
}

func sameBound(a, b *expr.Bound) bool {
	return a.String() == b.String() && a.Type().String() == b.Type().String()
}

func (p *Plan) sourceOf(it expr.Item) source {
	if it.Arg == nil {
		return source{kind: fromCount}
	}
	if p.isConstant(it.Arg) {
		if t := it.Arg.Type(); isFloat(t) && it.Func != expr.Count {
			return source{} // sums have an order, and zeros a sign
		}
		return source{kind: fromPartition}
	}
	c, ok := it.Arg.Root().(*expr.Column)
	if !ok || !isScalar(c.Type()) || p.isKey(c.Path[0]) {
		return source{}
	}
	column, ok := p.opts.Scan.Schema.Along(c.Path...)
	if !ok { // of no file
		return source{}
	}
	path, _, _ := p.opts.Scan.Mapping().StoredPath(p.opts.Scan.Schema, c.Path)
	switch it.Func {
	case expr.Count, expr.Min, expr.Max:
		return source{kind: fromColumn, column: column, path: path, typ: c.Type()}
	}
	return source{}
}

func isFloat(t schema.Type) bool { return t == schema.Float || t == schema.Double }

func isScalar(t schema.Type) bool {
	switch t := t.(type) {
	case schema.Decimal:
		return true
	case schema.Primitive:
		return t != schema.Variant && t != schema.Void
	}
	return false
}

// isConstant says whether an expression has one value throughout a file: all
// its columns are partition columns.
func (p *Plan) isConstant(b *expr.Bound) bool {
	columns := b.Columns()
	if len(columns) == 0 { // but a call that depends on nothing may change
		_, ok := b.Root().(*expr.Literal)
		return ok
	}
	return !slices.ContainsFunc(columns, func(path []string) bool { return !p.isKey(path[0]) })
}

func (p *Plan) isKey(name string) bool {
	return slices.ContainsFunc(p.opts.Scan.State.Metadata.PartitionColumns, func(c string) bool { return strings.EqualFold(c, name) })
}

// scan is the read of what some items need; where says whether the rows are
// still to be filtered.
func (p *Plan) scan(items []expr.Item, where bool) (*scan.Plan, error) {
	o := p.opts.Scan
	o.Columns, o.Limit, o.BatchRows, o.Paths = nil, 0, 0, expr.Paths(items)
	if !where {
		o.Where = expr.Expr{}
	}
	return scan.New(o)
}

// scanFor is the read of a file of which some aggregates are still open.
func (p *Plan) scanFor(f *fileFacts) (*scan.Plan, error) {
	if !f.All {
		return p.base, nil
	}
	name := fmt.Sprint(f.open)
	p.mu.Lock()
	defer p.mu.Unlock()
	if plan, ok := p.plans[name]; ok {
		return plan, nil
	}
	var items []expr.Item
	if !p.constant {
		items = append(items, p.by...)
	}
	for i, it := range p.values {
		if f.open[i] {
			items = append(items, it)
		}
	}
	plan, err := p.scan(items, false)
	if err == nil {
		p.plans[name] = plan
	}
	return plan, err
}

// Schema is that of the result: the groups, then the aggregates.
func (p *Plan) Schema() *arrow.Schema { return p.schema }

func (p *Plan) resultSchema() (*arrow.Schema, error) {
	var fields []arrow.Field
	for _, it := range append(slices.Clone(p.by), p.values...) {
		t, err := arrowconv.Type(it.Type)
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: it.Name, Type: t, Nullable: it.Func != expr.Count})
	}
	return arrow.NewSchema(fields, nil), nil
}
