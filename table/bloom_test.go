package table_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

type sensor struct {
	ID      int64
	Device  string
	Payload string
}

// sensors is a table of one file whose devices are in no order: 8 row groups, of
// which bounds exclude none.
func sensors(t *testing.T, rowsOfGroup int, opts *table.WriteOptions) *table.Snapshot {
	t.Helper()
	ctx := context.Background()
	tbl, err := table.Create(ctx, "mem://sensors", nil, &table.CreateOptions{Options: table.Options{Store: storage.NewMemory(nil)}, Schema: must(schema.ParseColumns("ID bigint, Device string, Payload string"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTable(t, tbl) })
	rng := rand.New(rand.NewPCG(1, 2))
	var all []sensor
	for i := range 8 * rowsOfGroup {
		all = append(all, sensor{rng.Int64N(1 << 40), fmt.Sprintf("device-%08d", rng.IntN(1_000_000)), fmt.Sprintf("%0128x%0128x", rng.Uint64(), i)})
	}
	all[0].ID = 1 << 40
	for g := range 8 {
		all[rowsOfGroup*g].Device, all[rowsOfGroup*g+1].Device = "device-", "device-99999999"
	}
	all[4*rowsOfGroup+321].Device = "device-needle"
	data, err := rows.Of(all)
	if err != nil {
		t.Fatal(err)
	}
	opts.RowGroupRows = int64(rowsOfGroup)
	if _, err := tbl.Append(ctx, data, opts); err != nil {
		t.Fatal(err)
	}
	return latest(t, tbl)
}

// TestBloomFiltersPassOverRowGroups that bounds leave: a look-up reads one of
// eight.
func TestBloomFiltersPassOverRowGroups(t *testing.T) {
	ctx := context.Background()
	snap := sensors(t, 1000, &table.WriteOptions{BloomColumns: []string{"device", "id"}})
	for where, kept := range map[string]int{
		"Device = 'device-needle'":                              1,
		"'device-needle' <=> Device":                            1,
		"Device IN ('device-needle', 'device-missing', NULL)":   1,
		"Device = 'device-missing' OR Device = 'device-needle'": 1,
		"Device = 'device-missing'":                             0,
		"Device = 'device-missing' AND ID > 5":                  0,
		"ID = 77 OR Device = 'device-missing'":                  0,
		"Device = 'device-needle' OR Payload > 'x'":             1, // bounds exclude the payload
		"Device = 'device-missing' OR Payload > '0'":            8,
		"Device != 'device-needle'":                             8,
		"NOT Device = 'device-missing'":                         8,
		"Device LIKE '%needle'":                                 8,
	} {
		scan := snap.Scan(&table.ScanOptions{Where: expr.SQL(where), ExplainFiles: 10})
		e, err := scan.Explain(ctx)
		if err != nil {
			t.Fatal(err)
		}
		l := e.Looked[0]
		if got := l.RowGroups - l.RowGroupsSkipped; l.RowGroups != 8 || got < kept || got > kept+1 || l.Err != nil { // one may be a false positive
			t.Errorf("%s: reads %d of %d row groups, want %d", where, got, l.RowGroups, kept)
		}
		for _, s := range e.Skipped {
			if s.By == "bloom filter" && !strings.Contains(s.Reason, "device-") {
				t.Errorf("%s: %+v", where, s)
			}
		}
		n, err := scan.Count(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[int]int64{0: 0, 1: 1}; kept < 8 && n != want[kept] {
			t.Errorf("%s: %d rows", where, n)
		}
	}
}

// TestBloomFiltersAreReadOnlyWhereTheyCanDecide: what is read otherwise is as
// much as without them.
func TestBloomFiltersAreReadOnlyWhereTheyCanDecide(t *testing.T) {
	const filters = 8 * 16 << 10 // bytes of a column's
	with := sensors(t, 10_000, &table.WriteOptions{BloomColumns: []string{"Device", "ID"}})
	without := sensors(t, 10_000, &table.WriteOptions{})
	read := func(snap *table.Snapshot, where string, columns []string) int64 {
		var m storage.Meter
		ctx := storage.WithMeter(context.Background(), &m)
		for _, err := range snap.Scan(&table.ScanOptions{Where: expr.SQL(where), Columns: columns}).Batches(ctx) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return m.Usage().Bytes
	}
	for _, c := range []struct {
		where   string
		columns []string
		share   int64 // of what is read without them
	}{
		{"Device = 'device-missing'", nil, 10},
		{"Device = 'device-missing'", []string{"Device"}, 1}, // a column of 100 kB is not worth them
		{"Device > 'device-5'", nil, 1},
		{"Device = 'device-missing' OR LENGTH(Payload) = 256", nil, 1},
	} {
		w, wo := read(with, c.where, c.columns), read(without, c.where, c.columns)
		switch {
		case c.share > 1 && w*c.share > wo+c.share*(filters+70_000):
			t.Errorf("%s: %d bytes with filters, %d without", c.where, w, wo)
		case c.share == 1 && (w > wo+70_000 || w < wo-70_000): // the end of the file is read in any case
			t.Errorf("%s of %v: %d bytes with filters, %d without", c.where, c.columns, w, wo)
		}
	}
}

func TestBloomColumnsThatCannotBeAreRefused(t *testing.T) {
	ctx := context.Background()
	tbl, err := table.Create(ctx, "mem://refused", nil, &table.CreateOptions{
		Options: table.Options{Store: storage.NewMemory(nil)}, Schema: must(schema.ParseColumns("ID bigint, flag boolean, p string, l array<bigint>")), PartitionBy: []string{"p"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closeTable(t, tbl)
	type row struct {
		ID int64
		P  string
	}
	for _, name := range []string{"flag", "p", "l", "none", "ID.x", ""} {
		data, err := rows.Of([]row{{1, "a"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tbl.Append(ctx, data, &table.WriteOptions{BloomColumns: []string{name}}); !errors.Is(err, table.ErrSchema) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
