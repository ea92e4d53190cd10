package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func TestAppendMatchesColumnsByNameIgnoringCase(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint, Name string, score double", nil)
	mustAppend(t, tbl, data(t, `[{"SCORE":1.5,"name":"a","ID":1}]`, col("SCORE", double), col("name", text), col("ID", long)), nil)
	mustAppend(t, tbl, ids(t, 2), nil)
	wantRows(t, tbl, `{"Name":"a","id":1,"score":1.5}`, `{"Name":null,"id":2,"score":null}`)
}

func TestAppendOfNoRowsCommitsNothing(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	for _, rows := range []array.RecordReader{ids(t), data(t, `[]`, col("id", long))} {
		if c := mustAppend(t, tbl, rows, nil); !c.Skipped || c.Version != 0 {
			t.Errorf("got %+v", c)
		}
	}
	// What else there is to commit is committed.
	if c := mustAppend(t, tbl, ids(t), &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: "a", AppVersion: 1}}); c.Skipped || c.Version != 1 {
		t.Errorf("progress of an application: %+v", c)
	}
	if c := mustAppend(t, tbl, data(t, `[]`, col("n", long)), &table.WriteOptions{MergeSchema: true}); c.Skipped || c.Version != 2 {
		t.Errorf("new columns: %+v", c)
	}
	if n := logLength(t, st); n != 3 {
		t.Errorf("the log has %d commits", n)
	}
}

func TestMergeSchemaAddsColumnsAndNeverNarrows(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint NOT NULL, p struct<x:int>", nil)
	merge := &table.WriteOptions{MergeSchema: true}
	mustAppend(t, tbl, ids(t, 1), nil)
	point := arrow.StructOf(col("x", arrow.PrimitiveTypes.Int32), col("y", arrow.PrimitiveTypes.Int32))
	mustAppend(t, tbl, data(t, `[{"ID":2,"p":{"x":1,"y":2},"tags":["a"]}]`,
		arrow.Field{Name: "ID", Type: arrow.PrimitiveTypes.Int8}, col("p", point), col("tags", arrow.ListOf(text))), merge)
	mustAppend(t, tbl, data(t, `[{"id":3,"q":{"deep":{"er":true}}}]`, col("id", arrow.PrimitiveTypes.Int32),
		col("q", arrow.StructOf(arrow.Field{Name: "deep", Type: arrow.StructOf(arrow.Field{Name: "er", Type: arrow.FixedWidthTypes.Boolean})}))), merge)
	want := "id bigint NOT NULL, p struct<x: int, y: int>, tags array<string>, q struct<deep: struct<er: boolean>>"
	wantSchema, err := schema.ParseColumns(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := latest(t, tbl).Schema(); !schema.Equal(got, wantSchema) {
		t.Errorf("the schema is %v, want %v", got, wantSchema)
	}
	wantRows(t, tbl,
		`{"id":1,"p":null,"q":null,"tags":null}`,
		`{"id":2,"p":{"x":1,"y":2},"q":null,"tags":["a"]}`,
		`{"id":3,"p":null,"q":{"deep":{"er":true}},"tags":null}`)
	// Every version keeps the schema that it had.
	first, err := tbl.Snapshot(context.Background(), table.Version(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, first, nil); !slices.Equal(got, []string{`{"id":1,"p":null}`}) {
		t.Errorf("version 1 holds %v", got)
	}
}

func TestMergeSchemaRefusesWiderTypes(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "i int, f float, d decimal(5,2), day date", nil)
	for _, c := range []struct {
		column, row string
		typ         arrow.DataType
	}{
		{"i", `[{"i":5000000000}]`, long},
		{"f", `[{"f":0.1}]`, double},
		{"d", `[{"d":"12345.67"}]`, &arrow.Decimal128Type{Precision: 7, Scale: 2}},
		{"day", `[{"day":"2020-01-01 00:00:00Z"}]`, arrow.FixedWidthTypes.Timestamp_us},
		{"i", `[{"i":"1"}]`, text},
		{"i", `[{"i":[1]}]`, arrow.ListOf(long)},
	} {
		t.Run(fmt.Sprint(c.column, " ", c.typ), func(t *testing.T) {
			refused(t, st, table.ErrSchema, c.column, func() error {
				_, err := tbl.Append(context.Background(), data(t, c.row, col(c.column, c.typ)), &table.WriteOptions{MergeSchema: true})
				return err
			})
		})
	}
}

func TestColumnsThatNeedAFeatureAreNotMerged(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	refused(t, st, table.ErrSchema, "timestampNtz", func() error {
		_, err := tbl.Append(context.Background(), data(t, `[{"at":"2020-01-01 00:00:00"}]`, col("at", &arrow.TimestampType{Unit: arrow.Microsecond})), &table.WriteOptions{MergeSchema: true})
		return err
	})
}

// TestAppendThroughAHandleThatIsBehind: a Table stands for the newest version,
// also for an append that looks at nothing.
func TestAppendThroughAHandleThatIsBehind(t *testing.T) {
	merge := &table.WriteOptions{MergeSchema: true}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, other *table.Table, st storage.Store) // through another handle
		rows   string
		fields []arrow.Field
		opts   *table.WriteOptions
		want   []string
	}{
		{"a column was added", func(t *testing.T, other *table.Table, _ storage.Store) {
			mustAppend(t, other, data(t, `[{"n":1}]`, col("n", long)), merge)
		}, `[{"id":2,"n":2}]`, []arrow.Field{col("id", long), col("n", long)}, nil, []string{`{"id":2,"n":2}`, `{"id":null,"n":1}`}},
		{"the same column is merged", func(t *testing.T, other *table.Table, _ storage.Store) {
			mustAppend(t, other, data(t, `[{"n":1}]`, col("n", long)), merge)
		}, `[{"n":2}]`, []arrow.Field{col("n", long)}, merge, []string{`{"id":null,"n":1}`, `{"id":null,"n":2}`}},
		{"a column was added that the data lacks", func(t *testing.T, other *table.Table, _ storage.Store) {
			mustAppend(t, other, data(t, `[{"n":1}]`, col("n", long)), merge)
		}, `[{"id":2}]`, []arrow.Field{col("id", long)}, nil, []string{`{"id":2,"n":null}`, `{"id":null,"n":1}`}},
		{"a constraint was dropped", func(t *testing.T, other *table.Table, _ storage.Store) {
			if _, err := other.Alter(context.Background(), table.Alter{UnsetProperties: []string{"delta.constraints.small"}}, nil); err != nil {
				t.Fatal(err)
			}
		}, `[{"id":2000}]`, []arrow.Field{col("id", long)}, nil, []string{`{"id":2000}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := storage.NewMemory(nil)
			create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.constraints.small": "id < 1000 OR id IS NULL"}})
			behind, other := open(t, st, nil), open(t, st, nil)
			c.before(t, other, st)
			mustAppend(t, behind, data(t, c.rows, c.fields...), c.opts)
			wantRows(t, behind, c.want...)
		})
	}
}

func TestConstraintsHoldForEveryRow(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint NOT NULL, name string, at timestamp", &table.CreateOptions{Properties: map[string]string{
		"delta.constraints.Positive": "id > 0",
		"delta.constraints.named":    "name LIKE 'a%' OR id BETWEEN 10 AND 20",
	}})
	mustAppend(t, tbl, data(t, `[{"id":1,"name":"ab"},{"id":15,"name":null}]`, col("id", long), col("name", text)), nil)
	for rows, want := range map[string]table.ConstraintError{
		`[{"id":1,"name":"a"},{"id":0,"name":"a"}]`: {Name: "positive", SQL: "id > 0", Row: 1},
		`[{"id":1,"name":"b"}]`:                     {Name: "named", SQL: "name LIKE 'a%' OR id BETWEEN 10 AND 20", Row: 0},
		`[{"id":1,"name":null}]`:                    {Name: "named", SQL: "name LIKE 'a%' OR id BETWEEN 10 AND 20", Row: 0}, // null is not TRUE
	} {
		var c *table.ConstraintError
		refused(t, st, table.ErrConstraint, want.Name, func() error {
			_, err := tbl.Append(context.Background(), data(t, rows, col("id", long), col("name", text)), nil)
			if !errors.As(err, &c) || *c != want {
				t.Errorf("%s: got %+v, want %+v", rows, c, want)
			}
			return err
		})
		refused(t, st, table.ErrConstraint, want.Name, func() error {
			_, err := tbl.Overwrite(context.Background(), all, data(t, rows, col("id", long), col("name", text)), nil)
			return err
		})
	}
}

func TestEdgeD95ForeignRulesAreEvaluatedOrRefuseTheWrite(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*log.Metadata)
		want   error // of an append of id 1; nil: it is fine
		names  string
	}{
		{"invariant that holds", func(m *log.Metadata) {
			m.SchemaString = strings.Replace(m.SchemaString, `"metadata":{}`, `"metadata":{"delta.invariants":"{\"expression\":{\"expression\":\"id < 5\"}}"}`, 1)
		}, nil, ""},
		{"invariant that does not", func(m *log.Metadata) {
			m.SchemaString = strings.Replace(m.SchemaString, `"metadata":{}`, `"metadata":{"delta.invariants":"{\"expression\":{\"expression\":\"id > 5\"}}"}`, 1)
		}, table.ErrConstraint, "id > 5"},
		{"invariant of another form", func(m *log.Metadata) {
			m.SchemaString = strings.Replace(m.SchemaString, `"metadata":{}`, `"metadata":{"delta.invariants":"{\"udf\":7}"}`, 1)
		}, table.ErrUnsupported, "udf"},
		{"constraint that is not understood", func(m *log.Metadata) { m.Configuration["delta.constraints.x"] = "my_function(id)" }, table.ErrUnsupported, "my_function"},
		{"constraint of another type", func(m *log.Metadata) { m.Configuration["delta.constraints.x"] = "id + 1" }, table.ErrUnsupported, "boolean"},
		{"generated column", func(m *log.Metadata) {
			m.SchemaString = strings.Replace(m.SchemaString, `"metadata":{}`, `"metadata":{"delta.generationExpression":"1 + 1"}`, 1)
		}, table.ErrUnsupported, "generatedColumns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := storage.NewMemory(nil)
			tbl := create(t, st, "id bigint", nil)
			foreign(t, st, 1, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 4}, changed(latest(t, tbl), c.change))
			tbl = open(t, st, nil)
			op := func() error { _, err := tbl.Append(context.Background(), ids(t, 1), nil); return err }
			if c.want != nil {
				refused(t, st, c.want, c.names, op)
			} else if err := op(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAppendOnlyTablesAreNotOverwritten(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.appendOnly": "TRUE"}})
	mustAppend(t, tbl, ids(t, 1), nil)
	refused(t, st, table.ErrConstraint, "append-only", func() error {
		_, err := tbl.Overwrite(context.Background(), all, ids(t, 2), nil)
		return err
	})
	wantRows(t, tbl, `{"id":1}`)
}

// TestPartitionValuesComeBack writes awkward values of every type that may be a
// partition column, reads them back, and finds each by a predicate.
func TestPartitionValuesComeBack(t *testing.T) {
	long := strings.Repeat("long ", 100)
	for columnType, values := range map[string][]string{
		"string":        {`"a"`, `"A"`, `""`, `"%"`, `"%2F"`, `"a b"`, `" "`, `"a=b"`, `"a/b"`, `"a:b"`, `"../x"`, `".."`, `"."`, `"über"`, `"日本"`, `"🦊"`, `"é"`, `"a\nb"`, `"\u0001"`, `"__HIVE_DEFAULT_PARTITION__"`, `"null"`, `"#?&"`, `"\\"`, `"'\""`, `"{}"`, `"` + long + `"`},
		"boolean":       {`true`, `false`},
		"tinyint":       {`-128`, `127`},
		"smallint":      {`-32768`, `0`},
		"int":           {`-2147483648`, `2147483647`},
		"bigint":        {`-9223372036854775808`, `9223372036854775807`},
		"float":         {`0.1`, `-3.4028235e+38`},
		"double":        {`0.1`, `-1e-300`, `12345678.5`},
		"date":          {`"1969-12-31"`, `"0001-01-01"`, `"9999-12-31"`, `"2024-02-29"`},
		"timestamp":     {`"1969-12-31 23:59:59.999999Z"`, `"2024-03-10 02:30:00Z"`, `"0001-01-01 00:00:00Z"`, `"9999-12-31 23:59:59.999999Z"`},
		"decimal(10,2)": {`"0.10"`, `"-99999999.99"`, `"12345678.90"`},
		"decimal(38,0)": {`"99999999999999999999999999999999999999"`},
	} {
		t.Run(columnType, func(t *testing.T) {
			st := storage.NewMemory(nil)
			tbl := create(t, st, "id bigint, p "+columnType, &table.CreateOptions{PartitionBy: []string{"p"}})
			s, err := latest(t, tbl).ArrowSchema()
			if err != nil {
				t.Fatal(err)
			}
			var rows, want []string
			for i, v := range append(slices.Clone(values), "null") {
				rows = append(rows, fmt.Sprintf(`{"id":%d,"p":%s}`, i, v))
			}
			in := data(t, "["+strings.Join(rows, ",")+"]", s.Fields()...)
			in.Next()
			want = jsonRows(t, strings.ReplaceAll(string(marshal(t, in.RecordBatch())), `"p":""`, `"p":null`)) // an empty string is null
			mustAppend(t, tbl, data(t, "["+strings.Join(rows, ",")+"]", s.Fields()...), nil)
			wantRows(t, tbl, want...)
			if _, err := tbl.Checkpoint(context.Background()); err != nil {
				t.Fatal(err)
			}
			fresh := open(t, st, nil)
			wantRows(t, fresh, want...)
			snap := latest(t, fresh)
			for b, err := range snap.Scan(nil).Batches(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					id, p := b.Column(0).(*array.Int64).Value(i), b.Column(1)
					where := expr.SQL("p IS NULL")
					if p.IsValid(i) {
						where = expr.SQL("p = CAST(? AS "+columnType+")", p.ValueStr(i))
						if ts, is := p.(*array.Timestamp); is {
							where = expr.SQL("p = ?", ts.Value(i).ToTime(arrow.Microsecond))
						}
					}
					found, err := tryRows(snap, &table.ScanOptions{Where: where, Columns: []string{"id"}})
					if err != nil || len(found) == 0 || !slices.Contains(found, fmt.Sprintf(`{"id":%d}`, id)) || p.IsValid(i) && len(found) > 1 {
						t.Errorf("row %d, %s: %v finds %v, %v", id, p.ValueStr(i), where, found, err)
					}
				}
			}
		})
	}
}

func marshal(t *testing.T, b arrow.RecordBatch) []byte {
	t.Helper()
	text, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFloatsThatAreNoNumbersArePartitions(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p double", &table.CreateOptions{PartitionBy: []string{"p"}})
	s, err := latest(t, tbl).ArrowSchema()
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	zero, nan, inf := 0.0, 0.0, 1e308
	nan, inf = nan/zero, inf*10
	for i, f := range []float64{nan, -nan, inf, -inf, 0, -zero, 1 / -inf} {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.Float64Builder).Append(f)
	}
	rr, err := array.NewRecordReader(s, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		t.Fatal(err)
	}
	if c := mustAppend(t, tbl, rr, nil); c.Metrics.Files != 4 { // NaN, both infinities, zero
		t.Errorf("%d files", c.Metrics.Files)
	}
	snap := latest(t, open(t, st, nil))
	for where, want := range map[string][]string{
		"p = 0":                          {`{"id":4}`, `{"id":5}`, `{"id":6}`},
		"p = CAST('NaN' AS double)":      {`{"id":0}`, `{"id":1}`},
		"p > 1e300":                      {`{"id":0}`, `{"id":1}`, `{"id":2}`},
		"p < CAST('-1e300' AS double)":   {`{"id":3}`},
		"p = CAST('Infinity' AS double)": {`{"id":2}`},
	} {
		if got := rowsOf(t, snap, &table.ScanOptions{Where: expr.SQL(where), Columns: []string{"id"}}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", where, got, want)
		}
	}
}

func TestDataFilesObeyTheirOptions(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint, name string", nil)
	var rows []string
	for i := range 20_000 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"name":"%x"}`, i, i*7919))
	}
	in := func() array.RecordReader {
		return data(t, "["+strings.Join(rows, ",")+"]", col("id", long), col("name", text))
	}
	for _, codec := range []string{"", "zstd", "snappy", "gzip", "lz4_raw", "brotli", "uncompressed"} {
		if c := mustAppend(t, tbl, in(), &table.WriteOptions{Codec: codec}); c.Metrics.Files != 1 || c.Metrics.Rows != 20_000 {
			t.Errorf("codec %q: %+v", codec, c.Metrics)
		}
	}
	if n, err := latest(t, tbl).Scan(&table.ScanOptions{Where: expr.SQL("id % 2 = 1")}).Count(context.Background()); err != nil || n != 7*10_000 {
		t.Errorf("%d odd rows, %v", n, err)
	}
	if _, err := tbl.Append(context.Background(), ids(t, 1), &table.WriteOptions{Codec: "zip"}); err == nil || !strings.Contains(err.Error(), "zip") {
		t.Errorf("unknown codec: %v", err)
	}
}

// TestErrorOfTheReaderFailsTheAppend: rows before the error are not committed,
// and their files do not stay.
func TestErrorOfTheReaderFailsTheAppend(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	broken := errors.New("the source is gone")
	refused(t, st, broken, "read the data", func() error {
		b := ids(t, 1, 2, 3)
		b.Next()
		rr := array.ReaderFromIter(b.Schema(), func(yield func(arrow.RecordBatch, error) bool) {
			b.RecordBatch().Retain()
			if yield(b.RecordBatch(), nil) {
				yield(nil, broken)
			}
		})
		_, err := tbl.Append(context.Background(), rr, &table.WriteOptions{TargetFileSize: 1})
		return err
	})
}
