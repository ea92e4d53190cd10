package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/aggregate"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// TestGroupsThatExceedTheirMemoryGoToDisk in more runs than are merged at once,
// and come back as they were.
func TestGroupsThatExceedTheirMemoryGoToDisk(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	f := newFixture(t, r, 6, 300, false, nil)
	q := query{by: []string{"k", "l", "bin", "x"}, values: []call{{"count", ""}, {"max", "k"}, {"avg", "d"}, {"min", "bin"}, {"sum", "f"}}}
	want, _ := f.naive(t, q)
	for _, memory := range []int64{1, 10_000, 100_000} {
		if got, failed := f.run(t, q, func(o *aggregate.Options) { o.Memory, o.BatchRows, o.Scan.BatchRows = memory, 10, 3 }); failed != "" || !same(got, want) {
			t.Errorf("with %d bytes: %s\n%s\nwant\n%s", memory, failed, list(got), list(want))
		}
	}
	// Where there is no disk, that is the error, and nothing stays behind.
	before := goleak.IgnoreCurrent()
	p := f.plan(t, q, func(o *aggregate.Options) {
		o.Memory, o.TempDir = 10_000, filepath.Join(t.TempDir(), "missing")
	})
	var last error
	for _, err := range p.Batches(context.Background()) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "spill groups to local disk") {
		t.Errorf("without a disk: %v", last)
	}
	// The caller may have had enough while groups are on disk.
	dir := t.TempDir()
	p = f.plan(t, q, func(o *aggregate.Options) { o.Memory, o.TempDir, o.BatchRows = 10_000, dir, 5 })
	for _, err := range p.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("%v stay behind, %v", left, err)
	}
	goleak.VerifyNone(t, before)
}

func (f *fixture) plan(t *testing.T, q query, change func(*aggregate.Options)) *aggregate.Plan {
	t.Helper()
	opts := aggregate.Options{
		Scan:   scan.Options{Store: f.st, State: f.state, Schema: f.schema, Parallel: 3, Budget: 1 << 20, Allocator: f.mem},
		Memory: 1 << 20, TempDir: t.TempDir(),
	}
	opts.Values, opts.By = q.items()
	change(&opts)
	p, err := aggregate.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSumsOfDoublesDoNotDependOnLuck: the same to the last bit, however many
// files are read at once.
func TestSumsOfDoublesDoNotDependOnLuck(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := newFixture(t, r, 8, 200, false, nil)
	opts := func(parallel int) *aggregate.Plan {
		return f.plan(t, query{}, func(o *aggregate.Options) {
			o.Scan.Parallel = parallel
			o.Values, o.By = expr.List("sum(1e15 / (l + 0.7e0) + i), avg(d * 1.1e0)"), expr.List("sh")
		})
	}
	var want string
	for round := range 12 {
		var got strings.Builder
		for b, err := range opts(1 + round%4).Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for c := 1; c < 3; c++ {
				for _, x := range b.Column(c).(*array.Float64).Float64Values() {
					fmt.Fprintf(&got, "%x ", math.Float64bits(x))
				}
			}
		}
		if round == 0 {
			want = got.String()
		} else if got.String() != want {
			t.Fatalf("round %d: %s, want %s", round, &got, want)
		}
	}
}

// TestAveragesOfDecimalsAreRoundedTwice as Spark rounds them: to 38 digits after
// the point first.
func TestAveragesOfDecimalsAreRoundedTwice(t *testing.T) {
	for _, c := range []struct {
		sum       string
		scale     int
		n         int64
		precision int
		want      string
	}{
		{"10", 0, 4, 14, "2.5000"},
		{"1", 0, 3, 14, "0.3333"},
		{"2", 0, 3, 14, "0.6667"},
		{"-2", 0, 3, 14, "-0.6667"},
		{"1", 4, 2, 14, "0.00005000"},
		{"-1", 0, 20000, 14, "-0.0001"}, // a half, away from zero
		{"99999999999999999999999999999999999999", 0, 1, 38, ""},
	} {
		n, _, _, err := value.ParseDecimal(c.sum)
		if err != nil {
			t.Fatal(err)
		}
		out := schema.Decimal{Precision: c.precision, Scale: min(38, c.scale+4)}
		got, ok := aggregate.Mean(n, c.scale, c.n, out)
		if text := string(value.AppendDecimal(nil, got, out.Scale)); ok != (c.want != "") || ok && text != c.want {
			t.Errorf("%s / %d: %s, %v, want %s", c.sum, c.n, text, ok, c.want)
		}
	}
}

// TestACountBelievesNoVectorThatCannotBe: one that deletes fewer rows than none,
// or one of a table that cannot have any. The file tells.
func TestACountBelievesNoVectorThatCannotBe(t *testing.T) {
	s, err := schema.ParseColumns("k string")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, layout)
	b.Field(0).AppendNull()
	b.Field(0).AppendNull()
	batch := b.NewRecordBatch()
	for _, cardinality := range []int64{-3, 1} {
		f := tableOf(t, s, []arrow.RecordBatch{batch}, func(add *log.AddFile) {
			add.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: "", Cardinality: cardinality}
		}, rand.New(rand.NewPCG(1, 1)))
		if cardinality > 0 {
			bare := *f.state
			bare.Protocol = &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}
			f.state = &bare
		}
		p := f.plan(t, query{values: []call{{"count", ""}}}, func(*aggregate.Options) {})
		var last error
		for _, err := range p.Batches(context.Background()) {
			last = err
		}
		if !errors.Is(last, log.ErrCorrupt) {
			t.Errorf("cardinality %d: %v", cardinality, last)
		}
	}
}

// TestAggregatesKnowWhereRowsAre as scans do, grouped by it and filtered, too.
func TestAggregatesKnowWhereRowsAre(t *testing.T) {
	s, err := schema.ParseColumns("i bigint")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	var batches []arrow.RecordBatch
	for _, rows := range []string{`{"i":1}{"i":2}{"i":3}{"i":4}`, `{"i":5}{"i":6}`} {
		b, _, err := array.RecordFromJSON(memory.DefaultAllocator, layout, strings.NewReader(rows), array.WithMultipleDocs())
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	var paths []string
	f := tableOf(t, s, batches, func(add *log.AddFile) { paths = append(paths, add.Path) }, rand.New(rand.NewPCG(1, 1)))
	for _, c := range []struct{ values, by, where, want string }{
		{"max(_metadata.row_index) AS m, count(*) AS n", "", "", `{"m":3,"n":6}`},
		{"count(_metadata.file_name) AS n, min(_metadata.row_index) AS m", "", "_metadata.row_index >= 1 AND i < 6", `{"m":1,"n":3}`},
		{"sum(i) AS n", "_metadata.row_index % 2 AS k", "", `{"k":0,"n":9} {"k":1,"n":12}`},
		{"count(*) AS n, max(i) AS m", "_metadata.file_path AS k", "", fmt.Sprintf(`{"k":%q,"m":4,"n":4} {"k":%q,"m":6,"n":2}`, paths[0], paths[1])},
	} {
		p := f.plan(t, query{}, func(o *aggregate.Options) {
			o.Values = expr.List(c.values)
			if o.By = (expr.Items{}); c.by != "" {
				o.By = expr.List(c.by)
			}
			if c.where != "" {
				o.Scan.Where = expr.SQL(c.where)
			}
		})
		var rows []string
		for b, err := range p.Batches(context.Background()) {
			if err != nil {
				t.Fatal(c, err)
			}
			text, err := b.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range strings.Split(strings.Trim(string(text), "[]\n"), "\n") {
				rows = append(rows, strings.Trim(row, ", "))
			}
		}
		slices.Sort(rows)
		want := strings.Split(c.want, " ")
		slices.Sort(want)
		if got := strings.Join(rows, " "); got != strings.Join(want, " ") {
			t.Errorf("%s by %s where %s: %s, want %s", c.values, c.by, c.where, got, want)
		}
	}
}
