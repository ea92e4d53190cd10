package table_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// nested is a table with structs, the second file without some of them.
func nested(t *testing.T) *table.Table {
	t.Helper()
	tbl := create(t, storage.NewMemory(nil), "id bigint, p struct<x:int, q:struct<y:string, z:array<int>>>, Big string", nil)
	s, err := latest(t, tbl).ArrowSchema()
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, tbl, data(t, `[
		{"id":1,"p":{"x":10,"q":{"y":"a","z":[1,2]}},"Big":"A"},
		{"id":2,"p":{"x":null,"q":null},"Big":"B"},
		{"id":3,"p":null,"Big":null}]`, s.Fields()...), nil)
	return tbl
}

func TestScanYieldsTheColumnsThatAreWanted(t *testing.T) {
	snap := latest(t, nested(t))
	for _, c := range []struct {
		columns []string
		want    []string
		names   string
	}{
		{[]string{"p.q.y", "id"}, []string{`{"id":1,"p.q.y":"a"}`, `{"id":2,"p.q.y":null}`, `{"id":3,"p.q.y":null}`}, "p.q.y id"},
		{[]string{"BIG", "P.X"}, []string{`{"Big":"A","p.x":10}`, `{"Big":"B","p.x":null}`, `{"Big":null,"p.x":null}`}, "Big p.x"},
		{[]string{"p.q", "p.x"}, []string{`{"p.q":null,"p.x":null}`, `{"p.q":null,"p.x":null}`, `{"p.q":{"y":"a","z":[1,2]},"p.x":10}`}, "p.q p.x"},
		{[]string{"p.q.z"}, []string{`{"p.q.z":[1,2]}`, `{"p.q.z":null}`, `{"p.q.z":null}`}, "p.q.z"},
		{[]string{}, []string{`{}`, `{}`, `{}`}, ""},
	} {
		opts := &table.ScanOptions{Columns: c.columns}
		rd, err := snap.Scan(opts).Reader(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range rd.Schema().Fields() {
			names = append(names, f.Name)
		}
		rd.Release()
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%q: the columns are %q", c.columns, got)
		}
		if got := rowsOf(t, snap, opts); len(c.columns) > 0 && !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.columns, got, c.want)
		}
		if n, err := snap.Scan(opts).Count(context.Background()); n != 3 || err != nil {
			t.Errorf("%q: counts %d, %v", c.columns, n, err)
		}
	}
}

func TestScanRefusesColumnsThatAreNotThere(t *testing.T) {
	snap := latest(t, nested(t))
	for _, columns := range [][]string{{"idd"}, {"p.w"}, {"id.x"}, {"p.q.z.element"}, {""}, {"p."}, {"."}} {
		_, err := tryRows(snap, &table.ScanOptions{Columns: columns})
		if !errors.Is(err, table.ErrSchema) {
			t.Errorf("%q: %v", columns, err)
		}
		if _, err := snap.Scan(&table.ScanOptions{Columns: columns}).Reader(context.Background()); err == nil {
			t.Errorf("%q: there is a reader", columns)
		}
	}
	if _, err := tryRows(snap, &table.ScanOptions{Columns: []string{"id", "ID"}}); err == nil {
		t.Error("a column twice")
	}
	for _, where := range []string{"nope = 1", "id +", "id + 1", "p > 1"} {
		opts := &table.ScanOptions{Where: expr.SQL(where)}
		if _, err := tryRows(snap, opts); err == nil {
			t.Errorf("%s: rows", where)
		}
		if _, err := snap.Scan(opts).Count(context.Background()); err == nil {
			t.Errorf("%s: a count", where)
		}
		if _, err := snap.Scan(opts).Explain(context.Background()); err == nil {
			t.Errorf("%s: explained", where)
		}
	}
}

// manyFiles is a table of one file for each of n commits, with the ids 10·i to
// 10·i+9.
func manyFiles(t *testing.T, st storage.Store, n int) *table.Table {
	t.Helper()
	tbl := create(t, st, "id bigint", nil)
	for i := range n {
		var rows []int64
		for k := range 10 {
			rows = append(rows, int64(10*i+k))
		}
		mustAppend(t, tbl, simRows(rows), &table.WriteOptions{RowGroupRows: 4})
	}
	return tbl
}

func TestLimitIsExact(t *testing.T) {
	snap := latest(t, manyFiles(t, storage.NewMemory(nil), 5))
	for limit := int64(1); limit < 60; limit += 7 {
		for _, ordered := range []bool{false, true} {
			opts := &table.ScanOptions{Limit: limit, Ordered: ordered, BatchRows: 3}
			got := rowsOf(t, snap, opts)
			if int64(len(got)) != min(limit, 50) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
				t.Errorf("limit %d, ordered %v: %v", limit, ordered, got)
			}
			if n, err := snap.Scan(opts).Count(context.Background()); n != min(limit, 50) || err != nil {
				t.Errorf("limit %d: counts %d, %v", limit, n, err)
			}
			opts.Where = expr.SQL("id % 2 = 0")
			if n, err := snap.Scan(opts).Count(context.Background()); n != min(limit, 25) || err != nil {
				t.Errorf("limit %d of the even ones: counts %d, %v", limit, n, err)
			}
		}
	}
}

func TestOrderedScansRepeatThemselves(t *testing.T) {
	tbl := manyFiles(t, storage.NewMemory(nil), 20)
	snap := latest(t, tbl)
	var first []string
	for range 5 {
		got := rowsOf(t, snap, &table.ScanOptions{Ordered: true, BatchRows: 3})
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Fatalf("%v, then %v", first, got)
		}
	}
	for i := 0; i < len(first); i += 10 { // the rows of a file are together and in its order
		var id int64
		if _, err := fmt.Sscanf(first[i], `{"id":%d}`, &id); err != nil {
			t.Fatal(err)
		}
		for k := range 10 {
			if want := fmt.Sprintf(`{"id":%d}`, id+int64(k)); first[i+k] != want {
				t.Errorf("row %d is %s, want %s", i+k, first[i+k], want)
			}
		}
	}
}

func TestBatchesAreNoLargerThanAsked(t *testing.T) {
	snap := latest(t, manyFiles(t, storage.NewMemory(nil), 3))
	for b, err := range snap.Scan(&table.ScanOptions{BatchRows: 3}).Batches(context.Background()) {
		if err != nil || b.NumRows() < 1 || b.NumRows() > 3 {
			t.Errorf("a batch of %d rows, %v", b.NumRows(), err)
		}
	}
}

func TestCountReadsNoDataFile(t *testing.T) {
	rec := faults.Record(storage.NewMemory(nil))
	tbl := manyFiles(t, rec, 12)
	snap := latest(t, open(t, rec, nil)) // through a checkpoint and commits after it
	rec.Reset()
	if n, err := snap.Scan(nil).Count(context.Background()); n != 120 || err != nil {
		t.Fatalf("counts %d, %v", n, err)
	}
	for _, c := range rec.Calls() {
		if !strings.HasPrefix(c.Name, "_delta_log/") {
			t.Errorf("%s %s", c.Kind, c.Name)
		}
	}
	rec.Reset()
	if n, err := latest(t, tbl).Scan(&table.ScanOptions{Where: expr.SQL("id >= 118")}).Count(context.Background()); n != 2 || err != nil {
		t.Fatalf("counts %d, %v", n, err)
	}
	read := map[string]bool{}
	for _, c := range rec.Calls() {
		if !strings.HasPrefix(c.Name, "_delta_log/") {
			read[c.Name] = true
		}
	}
	if len(read) != 1 {
		t.Errorf("a count of two rows of one file reads %d files", len(read))
	}
}

func TestCountReadsFilesWithoutStatistics(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := manyFiles(t, st, 2)
	for f, err := range latest(t, tbl).Files(context.Background(), all) {
		if err != nil {
			t.Fatal(err)
		}
		bare := *f
		bare.Stats = ""
		foreign(t, st, 3, &bare)
		break
	}
	if n, err := latest(t, tbl).Scan(nil).Count(context.Background()); n != 20 || err != nil {
		t.Errorf("counts %d, %v", n, err)
	}
	if n, err := latest(t, tbl).Scan(&table.ScanOptions{Where: expr.SQL("id > 7"), Limit: 5}).Count(context.Background()); n != 5 || err != nil {
		t.Errorf("counts %d, %v", n, err)
	}
}

func TestExplainReadsNoDataFile(t *testing.T) {
	rec := faults.Record(storage.NewMemory(nil))
	snap := latest(t, manyFiles(t, rec, 5))
	rec.Reset()
	e, err := snap.Scan(&table.ScanOptions{Where: expr.SQL("id BETWEEN 12 AND 33")}).Explain(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if e.Version != 5 || e.Files != 5 || e.FilesSkipped != 2 || len(e.Skipped) != 2 || e.BytesSkipped <= 0 || e.BytesSkipped >= e.Bytes {
		t.Errorf("%+v", e)
	}
	for _, s := range e.Skipped {
		if s.Path == "" || !strings.Contains(s.Reason, "id") {
			t.Errorf("%+v", s)
		}
	}
	if n := rec.Count(); n > 0 {
		t.Errorf("%d requests: %v", n, rec.Calls())
	}
}

// TestAScanThatIsBrokenOffLeavesNothingBehind: no goroutine, no array.
func TestAScanThatIsBrokenOffLeavesNothingBehind(t *testing.T) {
	snap := latest(t, manyFiles(t, storage.NewMemory(nil), 12))
	for _, ordered := range []bool{false, true} {
		for after := range 5 {
			opts := &table.ScanOptions{Ordered: ordered, BatchRows: 2}
			before := goleak.IgnoreCurrent()
			n := 0
			for _, err := range snap.Scan(opts).Batches(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n > after {
					break
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			n = 0
			var last error
			for _, err := range snap.Scan(opts).Batches(ctx) {
				if n++; n > after {
					cancel()
				}
				last = err
			}
			cancel()
			if last != nil && !errors.Is(last, context.Canceled) || last == nil && n < 60 {
				t.Errorf("after %d batches of a cancelled scan: %v", n, last)
			}
			rd, err := snap.Scan(opts).Reader(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for range after {
				rd.Next()
			}
			rd.Release()
			if rd.Next() {
				t.Error("a reader that was released goes on")
			}
			goleak.VerifyNone(t, before)
		}
	}
}

// TestAScanEndsAtTheFirstError and leaves nothing behind, in whatever order
// files arrive.
func TestAScanEndsAtTheFirstError(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := manyFiles(t, st, 6)
	remove(t, st, dataFile(t, tbl))
	snap := latest(t, tbl)
	for _, ordered := range []bool{false, true} {
		errs := 0
		for _, err := range snap.Scan(&table.ScanOptions{Ordered: ordered}).Batches(context.Background()) {
			if err != nil {
				errs++
			}
		}
		if errs != 1 {
			t.Errorf("%d errors", errs)
		}
		rd, err := snap.Scan(&table.ScanOptions{Ordered: ordered}).Reader(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for rd.Next() {
		}
		if rd.Err() == nil || rd.Next() {
			t.Errorf("the reader ends with %v", rd.Err())
		}
		rd.Release()
	}
}

// TestHangingStoreDoesNotHoldAScanThatIsCancelled.
func TestHangingStoreDoesNotHoldAScanThatIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw := cloned(t, hangBase(t))
		hang := faults.New(raw, func(_ context.Context, op faults.Op) faults.Fault {
			if op.Kind == faults.ReadAt || op.Kind == faults.Get && strings.HasSuffix(op.Name, ".parquet") {
				return faults.Fault{Effect: faults.Hang}
			}
			return faults.Fault{}
		})
		tbl, err := table.Open(context.Background(), "", &table.Options{Store: hang, Concurrency: 4})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := tbl.Snapshot(context.Background(), table.At{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			synctest.Wait()
			cancel()
		}()
		_, err = simScan(ctx, snap)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the scan ended with %v", err)
		}
		closeTable(t, tbl)
	})
}

// hangBase is a small table that needs no goroutine of a codec to be read.
func hangBase(t *testing.T) storage.Store {
	st, _ := faultBase(t, false, false)
	return st
}

// scanRow is a row of the model that scans are held against.
type scanRow struct {
	ID   int64
	N    *int32
	F    *float64
	S    *string
	Part *string `delta:",partition"`
}

// tri is a truth value: 1, 0, or −1 for NULL.
type tri int

func (a tri) not() tri {
	if a < 0 {
		return a
	}
	return 1 - a
}

func and(a, b tri) tri {
	switch {
	case a == 0 || b == 0:
		return 0
	case a < 0 || b < 0:
		return -1
	}
	return 1
}

func truth(b bool) tri {
	if b {
		return 1
	}
	return 0
}

// compareAs is the answer of a comparison, given the order of its operands.
func compareAs(op string, order int) tri {
	switch op {
	case "=":
		return truth(order == 0)
	case "<>":
		return truth(order != 0)
	case "<":
		return truth(order < 0)
	case "<=":
		return truth(order <= 0)
	case ">":
		return truth(order > 0)
	default:
		return truth(order >= 0)
	}
}

// order compares floats as Spark does: NaN is the largest, zeros are equal.
func order(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// randomPredicate is SQL and what it means.
func randomPredicate(rng *rand.Rand, depth int) (string, func(scanRow) tri) {
	if depth > 0 && rng.IntN(3) > 0 {
		a, fa := randomPredicate(rng, depth-1)
		b, fb := randomPredicate(rng, depth-1)
		switch rng.IntN(3) {
		case 0:
			return "(" + a + " AND " + b + ")", func(r scanRow) tri { return and(fa(r), fb(r)) }
		case 1:
			return "(" + a + " OR " + b + ")", func(r scanRow) tri { return and(fa(r).not(), fb(r).not()).not() }
		default:
			return "(NOT " + a + ")", func(r scanRow) tri { return fa(r).not() }
		}
	}
	op := []string{"=", "<>", "<", "<=", ">", ">="}[rng.IntN(6)]
	text := func(get func(scanRow) *string, name string, v string) (string, func(scanRow) tri) {
		return fmt.Sprintf("%s %s '%s'", name, op, v), func(r scanRow) tri {
			if p := get(r); p != nil {
				return compareAs(op, strings.Compare(*p, v))
			}
			return -1
		}
	}
	switch rng.IntN(7) {
	case 0:
		v := rng.Int64N(1800)
		return fmt.Sprintf("id %s %d", op, v), func(r scanRow) tri { return compareAs(op, order(float64(r.ID), float64(v))) }
	case 1:
		v := rng.Int32N(50)
		return fmt.Sprintf("n %s %d", op, v), func(r scanRow) tri {
			if r.N == nil {
				return -1
			}
			return compareAs(op, order(float64(*r.N), float64(v)))
		}
	case 2:
		v := []float64{0, -1.5, 3, 1e9}[rng.IntN(4)]
		return fmt.Sprintf("f %s CAST('%v' AS double)", op, v), func(r scanRow) tri {
			if r.F == nil {
				return -1
			}
			return compareAs(op, order(*r.F, v))
		}
	case 3:
		return text(func(r scanRow) *string { return r.S }, "s", randomText(rng))
	case 4:
		return text(func(r scanRow) *string { return r.Part }, "part", string(rune('a'+rng.IntN(5))))
	case 5:
		lo := rng.Int32N(50)
		return fmt.Sprintf("n BETWEEN %d AND %d", lo, lo+5), func(r scanRow) tri {
			if r.N == nil {
				return -1
			}
			return truth(*r.N >= lo && *r.N <= lo+5)
		}
	default:
		column := rng.IntN(4)
		return []string{"n", "f", "s", "part"}[column] + " IS NULL", func(r scanRow) tri {
			return truth([]bool{r.N == nil, r.F == nil, r.S == nil, r.Part == nil}[column])
		}
	}
}

func randomText(rng *rand.Rand) string {
	return strings.Repeat(string(rune('a'+rng.IntN(3))), rng.IntN(40)) + string(rune('a'+rng.IntN(26)))
}

// randomRow has values that follow the id, so that files and row groups differ
// in their bounds.
func randomRow(rng *rand.Rand, id int64) scanRow {
	r := scanRow{ID: id}
	if rng.IntN(5) > 0 {
		n := int32(id/40) + rng.Int32N(3)
		r.N = &n
	}
	if rng.IntN(5) > 0 {
		f := []float64{math.NaN(), math.Copysign(0, -1), 0, math.Inf(1), float64(id%7) - 3, 1e9}[rng.IntN(6)]
		r.F = &f
	}
	if rng.IntN(5) > 0 {
		s := randomText(rng)
		r.S = &s
	}
	if rng.IntN(6) > 0 {
		p := string(rune('a' + rng.IntN(4)))
		r.Part = &p
	}
	return r
}

// TestFiltersAreExact holds random predicates over files, row groups and
// partitions against a model.
func TestFiltersAreExact(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, partitioned := range []bool{false, true} {
		s, partitionBy, err := rows.Schema[scanRow]()
		if err != nil {
			t.Fatal(err)
		}
		if !partitioned {
			partitionBy = nil
		}
		st := storage.NewMemory(nil)
		verify(t, st)
		tbl, err := table.Create(context.Background(), "", nil, &table.CreateOptions{
			Options: table.Options{Store: st, Allocator: checked(t)}, Schema: s, PartitionBy: partitionBy,
			Properties: map[string]string{"delta.checkpointInterval": "5"},
		})
		if err != nil {
			t.Fatal(err)
		}
		var model []scanRow
		for n := range 6 {
			var part []scanRow
			for i := range 300 {
				part = append(part, randomRow(rng, int64(300*n+i)))
			}
			rd, err := rows.Of(part)
			if err != nil {
				t.Fatal(err)
			}
			mustAppend(t, tbl, rd, &table.WriteOptions{RowGroupRows: 30 + rng.Int64N(120)})
			model = append(model, part...)
		}
		snap := latest(t, tbl)
		skipped := int64(0)
		for range 60 {
			sql, means := randomPredicate(rng, 3)
			var want []int64
			for _, r := range model {
				if means(r) == 1 {
					want = append(want, r.ID)
				}
			}
			scan := snap.Scan(&table.ScanOptions{Columns: []string{"id"}, Where: expr.SQL(sql), BatchRows: 1 + rng.IntN(300)})
			var got []int64
			for b, err := range scan.Batches(context.Background()) {
				if err != nil {
					t.Fatalf("seed %d, %s: %v", seed, sql, err)
				}
				got = append(got, b.Column(0).(*array.Int64).Int64Values()...)
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("seed %d, partitioned %v, %s: %d rows, want %d", seed, partitioned, sql, len(got), len(want))
			}
			if n, err := scan.Count(context.Background()); n != int64(len(want)) || err != nil {
				t.Fatalf("seed %d, partitioned %v, %s: counts %d, want %d, %v", seed, partitioned, sql, n, len(want), err)
			}
			e, err := scan.Explain(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			skipped += e.FilesSkipped
		}
		if skipped == 0 {
			t.Error("no file was ever skipped")
		}
		closeTable(t, tbl)
	}
}

// TestPagesAreSkippedExactly reads rows on both sides of page borders.
func TestPagesAreSkippedExactly(t *testing.T) {
	const n = 90_000
	rec := faults.Record(storage.NewMemory(nil))
	tbl := create(t, rec, "id bigint, text string", nil)
	s, err := latest(t, tbl).ArrowSchema()
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()))
	}
	rr, err := array.NewRecordReader(s, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, tbl, rr, nil)
	snap := latest(t, tbl)
	size := len(get(t, rec, dataFile(t, tbl)))
	for _, at := range []int{0, 19_999, 20_000, 20_001, 40_000, 65_535, 65_536, n - 1} {
		rec.Reset()
		got := rowsOf(t, snap, &table.ScanOptions{Columns: []string{"id"}, Where: expr.SQL("id = ? AND text > ''", at)})
		if want := fmt.Sprintf(`{"id":%d}`, at); len(got) != 1 || got[0] != want {
			t.Errorf("id %d: %v", at, got)
		}
		if read := rec.Bytes(); read > size/2 {
			t.Errorf("id %d: %d of %d bytes were read", at, read, size)
		}
	}
	from, to := 19_990, 60_010
	if got, err := snap.Scan(&table.ScanOptions{Where: expr.SQL("id >= ? AND id < ?", from, to)}).Count(context.Background()); got != int64(to-from) || err != nil {
		t.Errorf("counts %d, %v", got, err)
	}
}
