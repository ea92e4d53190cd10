package aggregate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/aggregate"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

const columns = "k string, i int, l bigint, d decimal(12,2), w decimal(38,6), f float, x double, t timestamp, n timestamp_ntz, " +
	"dt date, b boolean, bin binary, by tinyint, sh smallint, p string, q int"

var columnNames = strings.Fields("k i l d w f x t n dt b bin by sh p q")

// fixture is a table, and its rows as they were written, file by file.
type fixture struct {
	st     storage.Store
	state  *replay.State
	schema *schema.Struct
	mem    memory.Allocator
	files  []file
}

type file struct {
	rows  [][]value.Value
	batch arrow.RecordBatch
}

func (f *fixture) field(name string) (int, schema.Type) {
	i, _ := f.schema.Lookup(name)
	return i, f.schema.Fields[i].Type
}

// newFixture writes files of random rows. restat changes what the log says of
// them. Half of the tables have column mapping, half have deleted rows.
func newFixture(t *testing.T, r *rand.Rand, files, rowsMax int, huge bool, restat func(text string, stored func(string) string) string) *fixture {
	t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	if r.IntN(2) == 0 {
		cross(s)
	}
	deletes := r.IntN(2) == 0
	var ins []file
	for range files {
		var in file
		p, q := randomValue(r, schema.String, false), randomValue(r, schema.Integer, false)
		if p.Text() == "" {
			p = value.Null(schema.String)
		}
		nulls := r.IntN(3) // of all columns but the first: none, some, many
		for range 1 + r.IntN(rowsMax) {
			row := make([]value.Value, len(s.Fields))
			for c, field := range s.Fields {
				switch {
				case field.Name == "p":
					row[c] = p
				case field.Name == "q":
					row[c] = q
				case r.IntN(5) < nulls*2:
					row[c] = value.Null(field.Type)
				default:
					row[c] = randomValue(r, field.Type, huge)
				}
			}
			in.rows = append(in.rows, row)
		}
		b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
		for _, row := range in.rows {
			for c, v := range row {
				appendCell(b.Field(c), v)
			}
		}
		in.batch = b.NewRecordBatch()
		b.Release()
		ins = append(ins, in)
	}
	written := 0
	f := tableOf(t, s, batchesOf(ins), func(add *log.AddFile) {
		if restat != nil {
			add.Stats = restat(add.Stats, func(name string) string {
				at, _ := s.Lookup(name)
				return s.Fields[at].PhysicalName()
			})
		}
		if deletes && r.IntN(3) > 0 {
			ins[written].delete(t, add, r)
		}
		written++
	}, r)
	f.files = ins
	return f
}

// cross gives every column the physical name of the next one.
func cross(s *schema.Struct) {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	for i := range s.Fields {
		s.Fields[i].Metadata = schema.Metadata{
			"delta.columnMapping.physicalName": fmt.Appendf(nil, "%q", names[(i+1)%len(names)]), "delta.columnMapping.id": fmt.Append(nil, i+1),
		}
	}
}

// delete takes some rows out of a file.
func (f *file) delete(t *testing.T, add *log.AddFile, r *rand.Rand) {
	t.Helper()
	var gone []int64
	var kept []int32
	var left [][]value.Value
	for i, row := range f.rows {
		if r.IntN(3) == 0 {
			gone = append(gone, int64(i))
		} else {
			left, kept = append(left, row), append(kept, int32(i))
		}
	}
	b := dv.Of(gone...)
	body := b.Encode()
	add.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: dv.InlineText(body), SizeInBytes: int32(len(body)), Cardinality: b.Len()}
	if add.Stats != "" {
		add.Stats = strings.TrimSuffix(add.Stats, "}") + `,"tightBounds":false}`
	}
	batch, err := arrowconv.Take(context.Background(), f.batch, kept, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	f.rows, f.batch = left, batch
}

func batchesOf(files []file) (out []arrow.RecordBatch) {
	for _, f := range files {
		out = append(out, f.batch)
	}
	return out
}

// tableOf writes a table of one file for each batch, partitioned by p and q if
// it has them.
func tableOf(t *testing.T, s *schema.Struct, batches []arrow.RecordBatch, change func(*log.AddFile), r *rand.Rand) *fixture {
	t.Helper()
	ctx := context.Background()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	f := &fixture{st: storage.NewMemory(nil), schema: s, mem: mem}
	var partition []string
	for _, name := range []string{"p", "q"} {
		if _, ok := s.Lookup("p"); ok {
			partition = append(partition, name)
		}
	}
	conf, keys, mode := map[string]string{}, slices.Clone(partition), schema.NoMapping
	if len(s.Fields[0].Metadata) > 0 {
		mode, conf["delta.columnMapping.mode"] = schema.NameMapping, "name"
		for i, name := range keys {
			at, _ := s.Lookup(name)
			keys[i] = mode.Stored(s.Fields[at])
		}
	}
	stored := s
	if mode != schema.NoMapping {
		stored = s.Physical()
	}
	features := []string{"columnMapping", "deletionVectors"}
	actions := []log.Action{
		&log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: features},
		&log.Metadata{ID: "t", Format: log.Format{Provider: "parquet"}, SchemaString: string(s.JSON()), PartitionColumns: partition, Configuration: conf},
	}
	for i, batch := range batches {
		res, err := write.Files(ctx, func(yield func(arrow.RecordBatch, error) bool) { yield(batch, nil) }, &write.Options{
			Store: f.st, Schema: stored, Partition: keys, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 4, TempDir: t.TempDir(),
			Parquet: parquetio.WriteOptions{RowGroupRows: 1 + r.Int64N(20), Stats: stats.Options{StringPrefix: 4}},
			Now:     time.Now, Rand: rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}), Allocator: mem,
		})
		if err != nil || len(res.Adds) != 1 {
			t.Fatal(res, err)
		}
		change(res.Adds[0])
		actions = append(actions, res.Adds[0])
	}
	if err := f.st.Put(ctx, log.CommitName(0), log.EncodeCommit(actions)); err != nil {
		t.Fatal(err)
	}
	var err error
	f.state, err = replay.Load(ctx, &replay.Source{Store: f.st, Committer: log.NewCommitter(f.st, nil), Share: 1 << 20, Parallel: 2, Warn: func(err error) { t.Error(err) }}, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var words = []string{"", "a", "b", "a\x00", "a\x00b", "\x00", "ab", "é", "longer than the prefix", "longer than this", "zz", strings.Repeat("z", 300) + "a", strings.Repeat("z", 300) + "b"}

// randomValue is a value of few, so that groups come together. Floats add up
// exactly in any order.
func randomValue(r *rand.Rand, t schema.Type, huge bool) value.Value {
	small := r.Int64N(9) - 4
	if d, ok := t.(schema.Decimal); ok {
		if d.Precision == 38 && huge && r.IntN(3) == 0 {
			n, _, _, _ := value.ParseDecimal("99999999999999999999999999999999999999")
			if r.IntN(2) == 0 {
				n = n.Neg()
			}
			return value.Decimal(d, n)
		}
		return value.Decimal(d, value.FromInt64(small*37))
	}
	float := []float64{0, math.Copysign(0, -1), 0.25, -1.5, 3, math.NaN(), math.Inf(1), 1 << 20}[r.IntN(8)]
	switch t {
	case schema.Byte, schema.Short, schema.Integer, schema.Date:
		return value.Int(t.(schema.Primitive), small)
	case schema.Long:
		if huge && r.IntN(3) == 0 {
			return value.Int(schema.Long, []int64{math.MaxInt64, math.MinInt64}[r.IntN(2)])
		}
		return value.Int(schema.Long, small*1000)
	case schema.Timestamp, schema.TimestampNTZ:
		return value.Int(t.(schema.Primitive), small*777) // not whole milliseconds
	case schema.Float:
		return value.Float(float32(float))
	case schema.Double:
		return value.Double(float)
	case schema.Boolean:
		return value.Bool(small > 0)
	case schema.Binary:
		return value.Binary([]byte(words[r.IntN(len(words))]))
	default:
		return value.String(words[r.IntN(len(words))])
	}
}

func appendCell(b array.Builder, v value.Value) {
	if v.IsNull() {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int8Builder:
		b.Append(int8(v.Int64()))
	case *array.Int16Builder:
		b.Append(int16(v.Int64()))
	case *array.Int32Builder:
		b.Append(int32(v.Int64()))
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.Float32Builder:
		b.Append(float32(v.Float64()))
	case *array.Float64Builder:
		b.Append(v.Float64())
	case *array.StringBuilder:
		b.Append(v.Text())
	case *array.BinaryBuilder:
		b.Append([]byte(v.Text()))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int64()))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int64()))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(v.Unscaled().Hi, v.Unscaled().Lo))
	default:
		panic(fmt.Sprintf("no cell of %T", b))
	}
}

func cell(a arrow.Array, i int, t schema.Type) value.Value {
	if a.IsNull(i) {
		return value.Null(t)
	}
	p, _ := t.(schema.Primitive)
	switch a := a.(type) {
	case *array.Boolean:
		return value.Bool(a.Value(i))
	case *array.Int8:
		return value.Int(p, int64(a.Value(i)))
	case *array.Int16:
		return value.Int(p, int64(a.Value(i)))
	case *array.Int32:
		return value.Int(p, int64(a.Value(i)))
	case *array.Int64:
		return value.Int(p, a.Value(i))
	case *array.Float32:
		return value.Float(a.Value(i))
	case *array.Float64:
		return value.Double(a.Value(i))
	case *array.String:
		return value.String(a.Value(i))
	case *array.Binary:
		return value.Binary(a.Value(i))
	case *array.Date32:
		return value.Int(p, int64(a.Value(i)))
	case *array.Timestamp:
		return value.Int(p, int64(a.Value(i)))
	case *array.Decimal128:
		return value.Decimal(t.(schema.Decimal), value.Int128{Hi: a.Value(i).HighBits(), Lo: a.Value(i).LowBits()})
	}
	panic(fmt.Sprintf("no cell of %T", a))
}

// query is an aggregation, in SQL and for the naive way.
type query struct {
	where  string
	by     []string // columns, or column % 3 of an integer
	values []call
}

type call struct{ f, column string } // column "": count(*)

func (c call) sql() string {
	if c.column == "" {
		return "count(*)"
	}
	return c.f + "(" + c.column + ")"
}

func (q query) items() (values, by expr.Items) {
	var calls, keys []string
	for i, c := range q.values {
		calls = append(calls, fmt.Sprintf("%s AS v%d", c.sql(), i))
	}
	for i, k := range q.by {
		keys = append(keys, fmt.Sprintf("%s AS k%d", k, i))
	}
	return expr.List(strings.Join(calls, ", ")), expr.List(strings.Join(keys, ","))
}

var wheres = []string{"", "", "i > 0", "i <= 4", "l IS NOT NULL AND i < 3", "q >= 0", "p = 'a'", "p IS NULL OR dt > DATE'1970-01-01'", "x > 1 AND k >= 'a'", "i < -100"}

func randomQuery(r *rand.Rand, narrow bool) query {
	q := query{where: wheres[r.IntN(len(wheres))]}
	keys := append(slices.Clone(columnNames), "i % 3", "l % 3")
	values := columnNames
	if narrow { // what the log often knows
		keys = []string{"p", "q"}
		values = strings.Fields("i l dt sh by p q k t d")
	}
	for _, k := range r.Perm(len(keys))[:r.IntN(min(4, len(keys)+1))] {
		q.by = append(q.by, keys[k])
	}
	for range 1 + r.IntN(5) {
		c := call{"count", ""}
		if r.IntN(5) > 0 {
			c = call{[]string{"count", "min", "max", "sum", "avg"}[r.IntN(5)], values[r.IntN(len(values))]}
			if narrow {
				c.f = []string{"count", "min", "max"}[r.IntN(3)]
			}
			if (c.f == "sum" || c.f == "avg") && !slices.Contains(strings.Fields("i l d w f x by sh q"), c.column) {
				c.f = "min"
			}
		}
		q.values = append(q.values, c)
	}
	return q
}

// naive computes a query row by row. The result has a row of values for each
// group, in order; or the class of the error.
func (f *fixture) naive(t *testing.T, q query) (rows [][]value.Value, failure string) {
	type group struct {
		key  []value.Value
		rows [][]value.Value
	}
	var all []*group
	byKey := map[string]*group{}
	if len(q.by) == 0 {
		byKey[""] = &group{}
		all = append(all, byKey[""])
	}
	for _, in := range f.files {
		var keep []int32
		if q.where == "" {
			for i := range in.rows {
				keep = append(keep, int32(i))
			}
		} else {
			b, err := expr.SQL(q.where).Bind(f.schema, expr.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if keep, err = b.Filter(in.batch, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range keep {
			row := in.rows[i]
			g := &group{}
			name := ""
			for _, k := range q.by {
				column, _, modulo := strings.Cut(k, " ")
				c, typ := f.field(column)
				v := row[c]
				if modulo && !v.IsNull() {
					v = value.Int(typ.(schema.Primitive), v.Int64()%3)
				}
				if typ := v.Type(); (typ == schema.Float || typ == schema.Double) && !v.IsNull() && v.Float64() == 0 {
					v = map[schema.Type]value.Value{schema.Float: value.Float(0), schema.Double: value.Double(0)}[typ]
				}
				g.key = append(g.key, v)
				name += fmt.Sprintf("%q", show(v))
			}
			if byKey[name] == nil {
				byKey[name] = g
				all = append(all, g)
			}
			byKey[name].rows = append(byKey[name].rows, row)
		}
	}
	slices.SortFunc(all, func(a, b *group) int {
		for i := range a.key {
			if x, y := a.key[i], b.key[i]; x.IsNull() || y.IsNull() {
				if x.IsNull() != y.IsNull() {
					return map[bool]int{true: -1, false: 1}[x.IsNull()]
				}
			} else if order, _ := value.Compare(x, y); order != 0 {
				return order
			}
		}
		return 0
	})
	for _, g := range all {
		out := slices.Clone(g.key)
		for _, c := range q.values {
			v, class := f.aggregate(c, g.rows)
			if class != "" {
				return nil, class
			}
			out = append(out, v)
		}
		rows = append(rows, out)
	}
	return rows, ""
}

func show(v value.Value) string {
	if v.IsNull() {
		return "null"
	}
	if t := v.Type(); t == schema.Float || t == schema.Double {
		return fmt.Sprint(v.Float64())
	}
	return fmt.Sprint(v.Unscaled(), v.Text())
}

func (f *fixture) aggregate(c call, rows [][]value.Value) (value.Value, string) {
	if c.column == "" {
		return value.Int(schema.Long, int64(len(rows))), ""
	}
	at, typ := f.field(c.column)
	var seen []value.Value
	for _, row := range rows {
		if !row[at].IsNull() {
			seen = append(seen, row[at])
		}
	}
	if c.f == "count" {
		return value.Int(schema.Long, int64(len(seen))), ""
	}
	if c.f == "min" || c.f == "max" {
		best := value.Null(typ)
		for _, v := range seen {
			order, _ := value.Compare(v, best)
			if best.IsNull() || c.f == "min" && order < 0 || c.f == "max" && order > 0 {
				best = v
			}
		}
		return best, ""
	}
	if typ == schema.Float || typ == schema.Double {
		sum := 0.0
		for _, v := range seen {
			sum += v.Float64()
		}
		switch {
		case len(seen) == 0:
			return value.Null(schema.Double), ""
		case c.f == "avg":
			sum /= float64(len(seen))
		}
		return value.Double(sum), ""
	}
	sum := new(big.Int)
	for _, v := range seen {
		sum.Add(sum, v.Unscaled().Big())
	}
	d, isDecimal := typ.(schema.Decimal)
	switch {
	case !isDecimal && c.f == "avg":
		if len(seen) == 0 {
			return value.Null(schema.Double), ""
		}
		x, _ := new(big.Float).SetInt(sum).Float64()
		return value.Double(x / float64(len(seen))), ""
	case !isDecimal:
		if len(seen) == 0 {
			return value.Null(schema.Long), ""
		}
		if !sum.IsInt64() {
			return value.Value{}, "ARITHMETIC_OVERFLOW"
		}
		return value.Int(schema.Long, sum.Int64()), ""
	}
	wide := schema.Decimal{Precision: min(38, d.Precision+10), Scale: d.Scale}
	n, ok := value.FromBig(sum)
	switch {
	case len(seen) > 0 && (!ok || !value.FitsPrecision(n, wide.Precision)):
		return value.Value{}, "ARITHMETIC_OVERFLOW"
	case c.f == "sum" && len(seen) == 0:
		return value.Null(wide), ""
	case c.f == "sum":
		return value.Decimal(wide, n), ""
	}
	out := schema.Decimal{Precision: min(38, d.Precision+4), Scale: d.Scale + 4}
	if len(seen) == 0 {
		return value.Null(out), ""
	}
	x := new(big.Rat).SetFrac(sum, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Scale)), nil))
	x.Quo(x, new(big.Rat).SetInt64(int64(len(seen))))
	x.SetString(x.FloatString(38)) // FloatString rounds halves away from zero
	text := strings.Replace(x.FloatString(out.Scale), ".", "", 1)
	digits, _ := new(big.Int).SetString(text, 10)
	n, ok = value.FromBig(digits)
	if !ok || !value.FitsPrecision(n, out.Precision) {
		return value.Value{}, "NUMERIC_VALUE_OUT_OF_RANGE"
	}
	return value.Decimal(out, n), ""
}

// run computes a query the way of the package.
func (f *fixture) run(t *testing.T, q query, change func(*aggregate.Options)) (rows [][]value.Value, failure string) {
	t.Helper()
	opts := aggregate.Options{
		Scan:   scan.Options{Store: f.st, State: f.state, Schema: f.schema, Env: expr.Env{Zone: time.UTC}, Parallel: 3, Budget: 1 << 20, Allocator: f.mem},
		Memory: 1 << 20, TempDir: t.TempDir(),
	}
	opts.Values, opts.By = q.items()
	if q.where != "" {
		opts.Scan.Where = expr.SQL(q.where)
	}
	if change != nil {
		change(&opts)
	}
	p, err := aggregate.New(opts)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	types := make([]schema.Type, 0, len(q.by)+len(q.values))
	for _, list := range []expr.Items{opts.By, opts.Values} {
		items, err := list.Bind(f.schema, expr.Env{})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			types = append(types, it.Type)
		}
	}
	for b, err := range p.Batches(context.Background()) {
		if err != nil {
			var failed *expr.EvalError
			if !errors.As(err, &failed) {
				t.Fatalf("%+v: %v", q, err)
			}
			return nil, failed.Class
		}
		for i := range int(b.NumRows()) {
			row := make([]value.Value, len(types))
			for c := range row {
				row[c] = cell(b.Column(c), i, types[c])
			}
			rows = append(rows, row)
		}
	}
	if left, err := os.ReadDir(opts.TempDir); err != nil || len(left) > 0 {
		t.Fatalf("%d files stay behind, %v", len(left), err)
	}
	return rows, ""
}

func same(a, b [][]value.Value) bool {
	return slices.EqualFunc(a, b, func(x, y []value.Value) bool {
		return slices.EqualFunc(x, y, func(v, w value.Value) bool {
			if v.IsNull() || w.IsNull() {
				return v.IsNull() == w.IsNull()
			}
			order, ok := value.Compare(v, w)
			return ok && order == 0 && v.Type().String() == w.Type().String()
		})
	})
}

func list(rows [][]value.Value) string {
	var b strings.Builder
	for _, row := range rows {
		for _, v := range row {
			fmt.Fprintf(&b, "%q\t", show(v))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// restat makes statistics such as other writers have: less is known, bounds are
// not values, rows may have been deleted.
func restat(r *rand.Rand) func(string, func(string) string) string {
	return func(text string, stored func(string) string) string {
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.UseNumber()
		var all map[string]any
		if err := dec.Decode(&all); err != nil {
			panic(err)
		}
		switch r.IntN(7) {
		case 0:
			return ""
		case 1:
			delete(all, "numRecords")
		case 2:
			delete(all, "nullCount")
		case 3:
			delete(all, "minValues")
		case 4, 6:
			all["tightBounds"] = false
			for bound, by := range map[string]int64{"minValues": -3, "maxValues": 3} {
				for _, c := range []string{"i", "l", "sh", "by"} {
					c = stored(c)
					if m := all[bound].(map[string]any); m[c] != nil {
						n, _ := m[c].(json.Number).Int64()
						m[c] = n + by
					}
				}
			}
		case 5: // bounds of types that others cut, or write by way of a double
			for bound, by := range map[string]string{"minValues": "-0.001", "maxValues": "0.001"} {
				d := stored("d")
				if m := all[bound].(map[string]any); m[d] != nil {
					x, _ := new(big.Rat).SetString(m[d].(json.Number).String())
					y, _ := new(big.Rat).SetString(by)
					m[d] = json.Number(x.Add(x, y).FloatString(3))
				}
			}
		}
		out, err := json.Marshal(all)
		if err != nil {
			panic(err)
		}
		return string(out)
	}
}

// TestAggregatesAreThoseOfANaiveComputation for random tables, statistics,
// predicates, groups and budgets.
func TestAggregatesAreThoseOfANaiveComputation(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		var change func(string, func(string) string) string
		if r.IntN(3) > 0 {
			change = restat(r)
		}
		f := newFixture(t, r, 1+r.IntN(8), 60, r.IntN(3) == 0, change)
		for range 60 {
			q := randomQuery(r, r.IntN(2) == 0)
			want, wantErr := f.naive(t, q)
			for _, memory := range []int64{1 << 20, 1500} {
				got, gotErr := f.run(t, q, func(o *aggregate.Options) {
					o.Memory, o.Scan.Parallel, o.BatchRows = memory, 1+r.IntN(4), r.IntN(2)*7
				})
				if gotErr != wantErr || !same(got, want) {
					t.Fatalf("seed %d, %+v, memory %d: got %s\n%s\nwant %s\n%s", seed, q, memory, gotErr, list(got), wantErr, list(want))
				}
			}
		}
	}
}
