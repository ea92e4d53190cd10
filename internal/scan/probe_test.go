package scan_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/storage/faults"
)

// TestProbedScansReadWhatOthersDo: the same rows at the same places in the same
// order, whatever the predicate, the columns, the batches and the limit.
func TestProbedScansReadWhatOthersDo(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	f := newFixture(t, 400, 1500, 1, 700, 399)
	const rows = 2600
	term := func() string {
		a, b := rng.IntN(rows), rng.IntN(rows)
		return []string{
			fmt.Sprintf("id = %d", a), fmt.Sprintf("id BETWEEN %d AND %d", min(a, b), max(a, b)), fmt.Sprintf("id IN (%d, %d, %d)", a, b, (a+b)/2),
			fmt.Sprintf("n = %d", a%10), "n IS NULL", fmt.Sprintf("s.a > %d", a), fmt.Sprintf("s.b = 'b%d'", a), "s IS NULL", fmt.Sprintf("p = 'part %d'", a%2),
			fmt.Sprintf("id %% %d = 0", 1+a%200), "FALSE", "TRUE", "CAST(NULL AS boolean)",
		}[rng.IntN(13)]
	}
	probed := 0
	for range 200 / thinned {
		where := term()
		for range rng.IntN(3) {
			where = fmt.Sprintf("(%s) %s %s", where, []string{"AND", "OR"}[rng.IntN(2)], term())
		}
		columns := [][]string{{"id"}, {"s.b", "id"}, {"p", "id", "n", "s"}, {"id", "s.a", "p"}}[rng.IntN(4)]
		batch, limit, parallel := rng.IntN(50), int64(rng.IntN(3)*rng.IntN(20)), 1+rng.IntN(3)
		read := func(least int64) (all []string) {
			p := f.plan(t, func(o *scan.Options) {
				o.Where, o.Columns, o.BatchRows, o.Limit, o.Parallel, o.Ordered, o.ProbeRows = expr.SQL(where), columns, batch, limit, parallel, true, least
			})
			for b, err := range p.Batches(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				var at []int64
				for i, r := range b.Rows {
					if r.Count < 1 || i > 0 && r.First <= b.Rows[i-1].End() {
						t.Errorf("%s: ranges %v", where, b.Rows)
					}
					for k := range r.Count {
						at = append(at, r.First+k)
					}
				}
				for i := range int(b.Record.NumRows()) {
					var row strings.Builder
					for c, col := range b.Record.Columns() {
						fmt.Fprint(&row, col.ValueStr(i), " ")
						if columns[c] == "id" {
							if got := (place{b.File.Path(), at[i]}); got != f.places[col.(*array.Int64).Value(i)] {
								t.Fatalf("%s: %s is told to be at %v", where, row.String(), got)
							}
						}
					}
					all = append(all, row.String())
				}
			}
			return all
		}
		want, got := read(math.MaxInt64), read(1)
		if !slices.Equal(got, want) {
			t.Fatalf("%s, %v, batches of %d, limit %d: %d rows, want %d:\n%v\n%v", where, columns, batch, limit, len(got), len(want), got, want)
		}
		if len(want) > 0 {
			probed++
		}
	}
	if probed < 50/thinned {
		t.Errorf("only %d predicates selected anything", probed)
	}
}

// TestALimitStopsBeforeRowsThatFail: what stands behind the rows that are wanted
// is no matter, also where the predicate fails on it; before them it is.
func TestALimitStopsBeforeRowsThatFail(t *testing.T) {
	f := newFixture(t, 50_000, 20_000)
	for _, least := range []int64{math.MaxInt64, 1} {
		for where, fails := range map[string]bool{"1000000 / (id - 5000) < 0": false, "1000000 / (id - 5000) > 0": true} {
			p := f.plan(t, func(o *scan.Options) {
				o.Where, o.Columns, o.Limit, o.ProbeRows = expr.SQL(where), []string{"id", "s.b"}, 10, least
			})
			var failure error
			for _, err := range p.Batches(context.Background()) {
				failure = err
			}
			if (failure != nil) != fails {
				t.Errorf("%s, probes from %d rows on: %v", where, least, failure)
			}
		}
	}
}

// TestAProbeReadsNothingTwice: where the predicate's column is most of the file
// and not wanted itself, no more is read than without a probe.
func TestAProbeReadsNothingTwice(t *testing.T) {
	f := newFixture(t, 50_000, 300_000)
	bytes := map[bool]int{}
	for _, probed := range []bool{true, false} {
		rec := faults.Record(f.st)
		p := f.plan(t, func(o *scan.Options) {
			o.Store, o.Where, o.Columns = rec, expr.SQL("s.b LIKE '%99999'"), []string{"n"}
			if !probed {
				o.ProbeRows = math.MaxInt64
			}
		})
		rows := int64(0)
		for b, err := range p.Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			rows += b.Record.NumRows()
		}
		if bytes[probed] = rec.Bytes(); rows != 3 {
			t.Errorf("%d rows", rows)
		}
	}
	if bytes[true] > bytes[false]*21/20 {
		t.Errorf("%d bytes with a probe, %d without", bytes[true], bytes[false])
	}
}

// TestRowGroupsThatBoundsRuleOutAreNotProbed, nor read.
func TestRowGroupsThatBoundsRuleOutAreNotProbed(t *testing.T) {
	f := newFixture(t, 50_000, 300_000)
	rec := faults.Record(f.st)
	bytes := map[int64]int{}
	for _, rows := range []int64{300_000, 50_000} {
		rec.Reset()
		p := f.plan(t, func(o *scan.Options) { o.Store, o.Where = rec, expr.SQL("id < ? AND n = 15", rows) })
		for b, err := range p.Batches(context.Background()) {
			t.Error(b, err)
		}
		bytes[rows] = rec.Bytes()
	}
	if bytes[50_000]*3 > bytes[300_000] {
		t.Errorf("%d bytes for one row group, %d for all six", bytes[50_000], bytes[300_000])
	}
}

// TestAProbeSparesTheOtherColumns: those of row groups without a row of the
// result are not fetched at all, of others only the pages that have one.
func TestAProbeSparesTheOtherColumns(t *testing.T) {
	f := newFixture(t, 50_000, 300_000) // too large to be fetched at one go
	read := func(where string, least int64) (bytes int, rows int64) {
		rec := faults.Record(f.st)
		p := f.plan(t, func(o *scan.Options) {
			o.Store, o.Where, o.Columns, o.ProbeRows = rec, expr.SQL(where), []string{"id", "s.b", "n"}, least
		})
		for b, err := range p.Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			rows += b.Record.NumRows()
		}
		return rec.Bytes(), rows
	}
	for where, want := range map[string]int64{
		"n % 20 = 15":            0, // no bound says so
		"(id * 7) % 300000 = 28": 1, // nor where this is
	} {
		plain, n := read(where, math.MaxInt64)
		probed, m := read(where, 0)
		if n != want || m != want || probed*3 > plain*2 {
			t.Errorf("%s: %d and %d rows, want %d; %d bytes, %d without a probe", where, m, n, want, probed, plain)
		}
	}
}
