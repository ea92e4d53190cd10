package aggregate_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/aggregate"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// sparkTable and sparkQuery are the lines of testdata/spark.jsonl, which
// interop/oracle/aggregates.py makes by asking Spark.
type sparkTable struct {
	Columns [][2]string
	Rows    [][]any
}

type sparkQuery struct {
	Values, By, Where string
	Names, Types      []string
	Rows              [][]any
	Error             *string
}

// sparkValue reads a value as interop/oracle/README.md describes them.
func sparkValue(t *testing.T, v any, typ schema.Type) value.Value {
	t.Helper()
	text := ""
	switch v := v.(type) {
	case nil:
		return value.Null(typ)
	case bool:
		return value.Bool(v)
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			t.Fatal(err)
		}
		return value.Int(typ.(schema.Primitive), n)
	case string:
		text = v
	}
	switch typ {
	case schema.String:
		return value.String(text)
	case schema.Binary:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return value.Binary(b)
	}
	out, err := value.ParsePartition(typ, text, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func typeNamed(t *testing.T, name string) schema.Type {
	t.Helper()
	s, err := schema.ParseColumns("c " + name)
	if err != nil {
		t.Fatal(err)
	}
	return s.Fields[0].Type
}

// TestAggregatesAreSparks in names, types, values, order and errors.
func TestAggregatesAreSparks(t *testing.T) {
	text, err := os.ReadFile("testdata/spark.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	decode := func(v any) {
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	lines.Scan()
	var in sparkTable
	decode(&in)
	f := sparkFixture(t, in)
	queries := 0
	for lines.Scan() {
		var q sparkQuery
		decode(&q)
		queries++
		for _, memory := range []int64{1 << 20, 2000} {
			if memory < 1<<20 && strings.Contains(q.Values, "(z") {
				continue // the order in which floats are added depends on it
			}
			names, types, rows, err := f.ask(q, memory, t.TempDir())
			name := fmt.Sprintf("%s by %s where %s", q.Values, q.By, q.Where)
			if q.Error != nil {
				if class := classOf(err); class != *q.Error {
					t.Errorf("%s: %v (%s), want %s", name, err, class, *q.Error)
				}
				continue
			}
			if err != nil || !slices.Equal(names, q.Names) {
				t.Errorf("%s: %v, names %q, want %q", name, err, names, q.Names)
				continue
			}
			var want [][]value.Value
			for _, row := range q.Rows {
				var out []value.Value
				for c, v := range row {
					out = append(out, sparkValue(t, v, typeNamed(t, q.Types[c])))
				}
				want = append(want, out)
			}
			for c, typ := range types {
				if typ.String() != typeNamed(t, q.Types[c]).String() {
					t.Errorf("%s: column %d is %v, want %s", name, c, typ, q.Types[c])
				}
			}
			if !same(rows, want) || list(rows) != list(want) {
				t.Errorf("%s:\n%s\nwant\n%s", name, list(rows), list(want))
			}
		}
	}
	if err := lines.Err(); err != nil || queries < 100 {
		t.Error(queries, err)
	}
}

// classOf is Spark's name for an error.
func classOf(err error) string {
	var failed *expr.EvalError
	var column *expr.ColumnError
	var typ *expr.TypeError
	switch {
	case errors.As(err, &failed):
		return failed.Class
	case errors.As(err, &column):
		return "UNRESOLVED_COLUMN"
	case errors.As(err, &typ):
		return "DATATYPE_MISMATCH"
	}
	return ""
}

func sparkFixture(t *testing.T, in sparkTable) *fixture {
	t.Helper()
	var ddl []string
	for _, c := range in.Columns {
		ddl = append(ddl, c[0]+" "+c[1])
	}
	s, err := schema.ParseColumns(strings.Join(ddl, ", "))
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
	defer b.Release()
	for _, row := range in.Rows {
		for c, v := range row {
			appendCell(b.Field(c), sparkValue(t, v, s.Fields[c].Type))
		}
	}
	return tableOf(t, s, []arrow.RecordBatch{b.NewRecordBatch()}, func(*log.AddFile) {}, rand.New(rand.NewPCG(1, 1)))
}

func (f *fixture) ask(q sparkQuery, memory int64, dir string) (names []string, types []schema.Type, rows [][]value.Value, err error) {
	opts := aggregate.Options{
		Scan:   scan.Options{Store: f.st, State: f.state, Schema: f.schema, Env: expr.Env{Zone: time.UTC}, Parallel: 3, Budget: 1 << 20, Allocator: f.mem},
		Values: expr.List(q.Values), By: expr.List(q.By), Memory: memory, TempDir: dir,
	}
	if q.Where != "" {
		opts.Scan.Where = expr.SQL(q.Where)
	}
	p, err := aggregate.New(opts)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, l := range []expr.Items{opts.By, opts.Values} {
		items, err := l.Bind(f.schema, expr.Env{})
		if err != nil {
			return nil, nil, nil, err
		}
		for _, it := range items {
			types = append(types, it.Type)
		}
	}
	for _, field := range p.Schema().Fields() {
		names = append(names, field.Name)
	}
	for b, err := range p.Batches(context.Background()) {
		if err != nil {
			return nil, nil, nil, err
		}
		for i := range int(b.NumRows()) {
			row := make([]value.Value, len(types))
			for c := range row {
				row[c] = cell(b.Column(c), i, types[c])
			}
			rows = append(rows, row)
		}
	}
	return names, types, rows, nil
}
