package table_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"go.uber.org/goleak"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// aggregated is the result of an aggregation as JSON objects, in order.
func aggregated(t *testing.T, s *table.Snapshot, opts *table.ScanOptions, values, by string) string {
	t.Helper()
	out, err := tryAggregate(context.Background(), s, opts, values, by)
	if err != nil {
		t.Fatalf("%s by %s: %v", values, by, err)
	}
	return out
}

func tryAggregate(ctx context.Context, s *table.Snapshot, opts *table.ScanOptions, values, by string) (string, error) {
	r, err := s.Scan(opts).Aggregate(ctx, table.Aggregation{Values: expr.List(values), By: expr.List(by)})
	if err != nil {
		return "", err
	}
	defer r.Release()
	var out []string
	for r.Next() {
		text, err := r.RecordBatch().MarshalJSON()
		if err != nil {
			return "", err
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil {
			return "", err
		}
		for _, row := range rows {
			out = append(out, string(row))
		}
	}
	return strings.Join(out, " "), r.Err()
}

// flights makes a table of three files, two of them in one partition.
func flights(t *testing.T, st storage.Store) *table.Table {
	t.Helper()
	tbl := create(t, st, "carrier string, distance bigint, delay double, name string", &table.CreateOptions{PartitionBy: []string{"carrier"}})
	fields := []arrow.Field{col("carrier", text), col("distance", long), col("delay", double), col("name", text)}
	for _, rows := range []string{
		`[{"carrier":"AA","distance":100,"delay":1.5,"name":"a"},{"carrier":"AA","distance":300,"name":"b"}]`,
		`[{"carrier":"AA","distance":50,"delay":-0.5,"name":"a name that is longer than what statistics keep"}]`,
		`[{"carrier":"UA","distance":7,"delay":2,"name":"z"},{"carrier":"UA","delay":4,"name":"y"}]`,
	} {
		mustAppend(t, tbl, data(t, rows, fields...), nil)
	}
	return tbl
}

// TestAggregatesReadNoMoreThanTheyMust counts the requests for data files.
func TestAggregatesReadNoMoreThanTheyMust(t *testing.T) {
	rec := faults.Record(storage.NewMemory(nil))
	flights(t, rec)
	s := latest(t, open(t, rec, &table.Options{Allocator: checked(t)}))
	aggregated(t, s, nil, "count(*)", "") // reads the log
	for _, c := range []struct {
		values, by, where string
		files             int // that are asked for
		want              string
	}{
		{"count(*)", "", "", 0, `{"count(1)":5}`},
		{"count(*) AS n, count(delay) AS d", "carrier", "", 0, `{"carrier":"AA","d":2,"n":3} {"carrier":"UA","d":2,"n":2}`},
		{"min(distance), max(distance)", "", "", 0, `{"max(distance)":300,"min(distance)":7}`},
		{"max(carrier), count(carrier)", "", "", 0, `{"count(carrier)":5,"max(carrier)":"UA"}`},
		{"min(distance), count(*)", "carrier", "", 0, `{"carrier":"AA","count(1)":3,"min(distance)":50} {"carrier":"UA","count(1)":2,"min(distance)":7}`},
		{"count(*)", "carrier = 'AA' AS aa", "", 0, `{"aa":false,"count(1)":2} {"aa":true,"count(1)":3}`},
		{"count(*), max(distance)", "", "carrier = 'AA'", 0, `{"count(1)":3,"max(distance)":300}`},
		{"count(*)", "", "distance > 60", 0, `{"count(1)":2}`},  // all of one file, none of two
		{"count(*)", "", "distance < 200", 2, `{"count(1)":3}`}, // all of one, of two only the rows tell
		{"count(*)", "", "distance > 1000", 0, `{"count(1)":0}`},
		{"sum(1) AS s", "carrier", "", 0, `{"carrier":"AA","s":3} {"carrier":"UA","s":2}`},
		{"sum(distance)", "", "carrier = 'UA'", 1, `{"sum(distance)":7}`},
		{"max(name)", "", "", 3, `{"max(name)":"z"}`},                           // texts are cut in the log
		{"min(delay), count(*)", "", "", 3, `{"count(1)":5,"min(delay)":-0.5}`}, // NaN has no bounds
		{"count(*)", "distance > 60 AS far", "", 3, `{"count(1)":1,"far":null} {"count(1)":2,"far":false} {"count(1)":2,"far":true}`},
	} {
		rec.Reset()
		opts := &table.ScanOptions{}
		if c.where != "" {
			opts.Where = expr.SQL(c.where)
		}
		got := aggregated(t, s, opts, c.values, c.by)
		if got != c.want {
			t.Errorf("%s by %s where %s: %s, want %s", c.values, c.by, c.where, got, c.want)
		}
		if u := rec.Usage(); u.Total() != c.files {
			t.Errorf("%s by %s where %s takes %d requests, want %d: %+v", c.values, c.by, c.where, u.Total(), c.files, u)
		}
	}
}

// TestAggregatesOfAnEmptyTable: one row without groups, none with.
func TestAggregatesOfAnEmptyTable(t *testing.T) {
	s := latest(t, create(t, storage.NewMemory(nil), "id bigint, x double", nil))
	if got, want := aggregated(t, s, nil, "count(*), sum(id), min(x), avg(x)", ""), `{"avg(x)":null,"count(1)":0,"min(x)":null,"sum(id)":null}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := aggregated(t, s, nil, "count(*)", "id"); got != "" {
		t.Errorf("groups of no rows: %s", got)
	}
}

// TestAggregatesBelieveNoBoundThatIsNone: statistics of other writers, which
// enclose the values but are not among them.
func TestAggregatesBelieveNoBoundThatIsNone(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, d decimal(20,2)", nil)
	rows := data(t, `[{"id":1,"d":"1.00"},{"id":9,"d":"9.00"},{"id":null,"d":null}]`, col("id", long), col("d", &arrow.Decimal128Type{Precision: 20, Scale: 2}))
	mustAppend(t, tbl, rows, nil)
	s := latest(t, tbl)
	for f, err := range s.Files(context.Background(), all) {
		if err != nil {
			t.Fatal(err)
		}
		wide, gone := *f, *f
		wide.Stats = `{"numRecords":3,"minValues":{"id":0,"d":0.99},"maxValues":{"id":10,"d":9.01},"nullCount":{"id":1,"d":1},"tightBounds":false}`
		gone.Stats = `{"numRecords":3,"minValues":{"d":0.99},"maxValues":{"d":9.01},"nullCount":{"id":1}}`
		for v, add := range []*log.AddFile{&wide, &gone} {
			foreign(t, st, log.Version(v+2), &log.RemoveFile{Path: f.Path, DataChange: true}, add)
			got := aggregated(t, latest(t, tbl), nil, "min(id), max(id), count(id), min(d), max(d), count(*)", "")
			if want := `{"count(1)":3,"count(id)":2,"max(d)":"9","max(id)":9,"min(d)":"1","min(id)":1}`; got != want {
				t.Errorf("with %s: %s, want %s", add.Stats, got, want)
			}
		}
	}
}

func TestAggregatesNameWhatIsWrong(t *testing.T) {
	s := latest(t, flights(t, storage.NewMemory(nil)))
	for _, c := range []struct{ values, by, want string }{
		{"count(DISTINCT name)", "", "line 1, column 7: DISTINCT is not supported"},
		{"sum(distance) OVER ()", "", "line 1, column 15: OVER is not supported"},
		{"sum(distance) FILTER (WHERE delay > 0)", "", "column 15: FILTER is not supported"},
		{"sum(distance) / count(*)", "", "column 15: an expression of sum is not supported"},
		{"sum(max(distance))", "", "column 5: max within sum is not supported"},
		{"count(name, delay)", "", "column 11: count of several values is not supported"},
		{"sum(carrier = 'AA')", "", "column 1: sum needs numbers, not boolean"},
		{"count(*), carrier", "", "column 11: carrier is no aggregate"},
		{"count(*)", "max(name)", "column 1: max(name) is an aggregate"},
		{"count(*), count(1)", "", "column 11: two columns of the result are named count(1)"},
		{"sum(distanze)", "", "column 5: there is no column distanze; did you mean distance?"},
		{"count(*)", "carrier,", "line 1, column 9: unexpected end"},
		{"stddev(distance)", "", "function stddev is not supported"},
		{"sum(*)", "", "column 5: "},
		{"", "", "nothing to compute"},
	} {
		_, err := tryAggregate(context.Background(), s, nil, c.values, c.by)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by %s: %v, want %q", c.values, c.by, err, c.want)
		}
	}
	for _, c := range []struct{ values, class string }{
		{"sum(9223372036854775807 - distance + distance)", "ARITHMETIC_OVERFLOW"},
		{"count(1 / (distance - 100))", "DIVIDE_BY_ZERO"},
		{"sum(name)", "CAST_INVALID_INPUT"},
	} {
		_, err := tryAggregate(context.Background(), s, nil, c.values, "")
		var failed *expr.EvalError
		if !errors.As(err, &failed) || failed.Class != c.class || failed.Line != 1 {
			t.Errorf("%s: %v, want %s", c.values, err, c.class)
		}
	}
}

// TestAnAggregationThatIsBrokenOffLeavesNothingBehind: no goroutine, no array,
// no file; and an error of the store is its end.
func TestAnAggregationThatIsBrokenOffLeavesNothingBehind(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := manyFiles(t, st, 12)
	snap := latest(t, tbl)
	for after := range 3 {
		before := goleak.IgnoreCurrent()
		r, err := snap.Scan(&table.ScanOptions{BatchRows: 3}).Aggregate(context.Background(), table.Aggregation{Values: expr.List("sum(id)"), By: expr.List("id")})
		if err != nil {
			t.Fatal(err)
		}
		for range after {
			if !r.Next() {
				t.Fatal(r.Err())
			}
		}
		r.Release()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := tryAggregate(ctx, snap, nil, "sum(id)", "id % 7"); !errors.Is(err, context.Canceled) {
			t.Errorf("of an ended context: %v", err)
		}
		goleak.VerifyNone(t, before)
	}
	remove(t, st, dataFile(t, tbl))
	before := goleak.IgnoreCurrent()
	if _, err := tryAggregate(context.Background(), snap, nil, "sum(id)", ""); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("without one of the files: %v", err)
	}
	goleak.VerifyNone(t, before)
}

// TestLimitOfAnAggregationCountsGroups.
func TestLimitOfAnAggregationCountsGroups(t *testing.T) {
	snap := latest(t, manyFiles(t, storage.NewMemory(nil), 4))
	for _, batch := range []int{0, 1, 2} {
		got := aggregated(t, snap, &table.ScanOptions{Limit: 3, BatchRows: batch, Where: expr.SQL("id >= 2")}, "count(*) AS n", "id")
		if want := `{"id":2,"n":1} {"id":3,"n":1} {"id":4,"n":1}`; got != want {
			t.Errorf("batches of %d: %s, want %s", batch, got, want)
		}
	}
}

// How many rows there are by city, and the dearest trip; a report needs no
// engine.
func ExampleScan_Aggregate() {
	ctx := context.Background()
	t := trips("aggregate", nil)
	defer t.Close(ctx)
	fare := func(f float64) *float64 { return &f }
	must(t.Append(ctx, must(rows.Of([]Trip{{1, "Oslo", fare(12.5)}, {2, "Oslo", nil}, {3, "Rome", fare(9)}})), nil))

	scan := must(t.Snapshot(ctx, table.At{})).Scan(&table.ScanOptions{Where: expr.SQL("id < ?", 100)})
	r := must(scan.Aggregate(ctx, table.Aggregation{
		Values: expr.List("count(*), max(fare) AS dearest"),
		By:     expr.List("City"),
	}))
	defer r.Release()
	for r.Next() {
		b := r.RecordBatch()
		for i := range int(b.NumRows()) {
			fmt.Println(b.Column(0).ValueStr(i), b.Column(1).ValueStr(i), b.Column(2).ValueStr(i))
		}
	}
	if r.Err() != nil {
		panic(r.Err())
	}
	// Output:
	// Oslo 2 12.5
	// Rome 1 9
}
