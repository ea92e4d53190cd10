package table_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// past is a table with a change data feed as other engines make them: its log is
// put together by hand.
type past struct {
	t    *testing.T
	st   storage.Store
	mem  memory.Allocator
	next log.Version
	rand *rand.ChaCha8
	md   *log.Metadata
}

// begin makes a table and its version 0, which turns the feed on.
func begin(t *testing.T, columns string, partitionBy ...string) *past {
	t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	h := &past{t: t, st: storage.NewMemory(nil), mem: checked(t), rand: rand.NewChaCha8([32]byte{1})}
	h.md = &log.Metadata{
		ID: "first", Format: log.Format{Provider: "parquet"}, SchemaString: string(s.JSON()), PartitionColumns: partitionBy,
		Configuration: map[string]string{"delta.enableChangeDataFeed": "true"},
	}
	h.commit(everything, h.md)
	return h
}

// everything is a protocol with all features that the tests use.
var everything = &log.Protocol{
	MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors", "columnMapping", "typeWidening"},
	WriterFeatures: []string{"deletionVectors", "columnMapping", "typeWidening", "changeDataFeed", "inCommitTimestamp"},
}

// commit makes the next version.
func (h *past) commit(actions ...log.Action) int64 {
	h.t.Helper()
	foreign(h.t, h.st, h.next, actions...)
	h.next++
	return int64(h.next - 1)
}

// change commits other metadata.
func (h *past) change(f func(*log.Metadata)) int64 {
	h.t.Helper()
	h.md = h.changed(f)
	return h.commit(h.md)
}

func (h *past) changed(f func(*log.Metadata)) *log.Metadata {
	md := *h.md
	md.Configuration = map[string]string{}
	for k, v := range h.md.Configuration {
		md.Configuration[k] = v
	}
	f(&md)
	return &md
}

// columns makes a change of the schema.
func columnsAre(t *testing.T, columns string) func(*log.Metadata) {
	t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	return func(md *log.Metadata) { md.SchemaString = string(s.JSON()) }
}

// file writes a data file of JSON rows in columns as SQL has them.
func (h *past) file(columns, rows string, partitionBy ...string) *log.AddFile {
	h.t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.fileOf(s, rows, partitionBy...)
}

func (h *past) fileOf(s *schema.Struct, rows string, partitionBy ...string) *log.AddFile {
	h.t.Helper()
	layout, err := arrowconv.Schema(s)
	if err != nil {
		h.t.Fatal(err)
	}
	batch, _, err := array.RecordFromJSON(h.mem, layout, strings.NewReader(rows), array.WithMultipleDocs())
	if err != nil {
		h.t.Fatal(err)
	}
	defer batch.Release()
	res, err := write.Files(context.Background(), func(yield func(arrow.RecordBatch, error) bool) { yield(batch, nil) }, &write.Options{
		Store: h.st, Schema: s, Partition: partitionBy, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 4, TempDir: h.t.TempDir(),
		Parquet: parquetio.WriteOptions{RowGroupRows: 4, PageRows: 2, Codec: parquetio.Snappy, Stats: stats.Options{StringPrefix: 32}},
		Now:     time.Now, Rand: h.rand, Allocator: h.mem,
	})
	if err != nil || len(res.Adds) != 1 {
		h.t.Fatal(res, err)
	}
	return res.Adds[0]
}

// numbers writes a file of rows {id}.
func (h *past) numbers(ids ...int64) *log.AddFile {
	h.t.Helper()
	var rows strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&rows, `{"id":%d}`, id)
	}
	return h.file("id bigint", rows.String())
}

// recorded writes a file of row changes.
func (h *past) recorded(columns, rows string, partitionBy ...string) *log.AddCDCFile {
	h.t.Helper()
	a := h.file(columns, rows, partitionBy...)
	return &log.AddCDCFile{Path: a.Path, PartitionValues: a.PartitionValues, Size: a.Size}
}

// without is a file of which a vector marks some rows.
func without(a *log.AddFile, rows ...int64) *log.AddFile {
	f := *a
	f.DeletionVector = nil
	if len(rows) > 0 {
		b := dv.Of(rows...)
		body := b.Encode()
		f.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: dv.InlineText(body), SizeInBytes: int32(len(body)), Cardinality: b.Len()}
	}
	return &f
}

// gone is the remove of a file.
func gone(a *log.AddFile) *log.RemoveFile {
	now := int64(1)
	return &log.RemoveFile{Path: a.Path, DataChange: true, DeletionTimestamp: &now, PartitionValues: a.PartitionValues, Size: &a.Size, DeletionVector: a.DeletionVector, Stats: a.Stats}
}

func (h *past) open() *table.Table {
	h.t.Helper()
	return open(h.t, h.st, &table.Options{Allocator: h.mem})
}

// changes is the row changes of a range as JSON objects without the time, by
// version and sorted within.
func (h *past) changes(from, to int64, opts *table.ScanOptions) ([]string, error) {
	h.t.Helper()
	return changesOf(h.open(), table.Version(from), table.Version(to), opts)
}

func changesOf(t *table.Table, from, to table.At, opts *table.ScanOptions) ([]string, error) {
	r, err := t.Changes(context.Background(), from, to, opts)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var rows []string
	for r.Next() {
		more, err := changeRows(r.RecordBatch())
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	slices.Sort(rows)
	return rows, r.Err()
}

// changeRows prints rows as "version: change {columns}".
func changeRows(b arrow.RecordBatch) ([]string, error) {
	text, err := b.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		head := fmt.Sprintf("%s: %s ", r["_commit_version"], strings.Trim(string(r["_change_type"]), `"`))
		for _, name := range []string{"_commit_version", "_commit_timestamp", "_change_type"} {
			delete(r, name)
		}
		rest, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		out = append(out, head+string(rest))
	}
	return out, nil
}

// want compares the changes of a range.
func (h *past) want(from, to int64, want ...string) {
	h.t.Helper()
	got, err := h.changes(from, to, nil)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		h.t.Errorf("changes %d to %d: %v\n got %q\nwant %q", from, to, err, got, want)
	}
}

func (h *past) fails(from, to int64, is error, says string) {
	h.t.Helper()
	got, err := h.changes(from, to, nil)
	if !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
		h.t.Errorf("changes %d to %d: %q, %v; want %v and %q", from, to, got, err, is, says)
	}
}

func TestChangesOfAppendsRemovesAndOverwrites(t *testing.T) {
	h := begin(t, "id bigint")
	a, b := h.numbers(1, 2), h.numbers(3)
	h.commit(a)
	h.commit(gone(a), b)
	h.commit(gone(b))
	h.want(0, 0)
	h.want(0, 3, `1: insert {"id":1}`, `1: insert {"id":2}`, `2: delete {"id":1}`, `2: delete {"id":2}`, `2: insert {"id":3}`, `3: delete {"id":3}`)
	h.want(2, 2, `2: delete {"id":1}`, `2: delete {"id":2}`, `2: insert {"id":3}`)
}

// TestEdgeE112ChangesOfAVectorAreTheRowsThatItAddsOrFreesOnly.
func TestEdgeE112ChangesOfAVectorAreTheRowsThatItAddsOrFrees(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	h.commit(a)
	h.commit(gone(a), without(a, 2, 3))
	h.commit(without(a, 2, 3, 9), gone(without(a, 2, 3))) // in this order, too
	h.want(2, 3, `2: delete {"id":2}`, `2: delete {"id":3}`, `3: delete {"id":9}`)
	h.commit(gone(without(a, 2, 3, 9)), without(a, 3, 4)) // a restore, with one row more
	h.want(4, 4, `4: delete {"id":4}`, `4: insert {"id":2}`, `4: insert {"id":9}`)
	h.commit(gone(without(a, 3, 4)), without(a))
	h.want(5, 5, `5: insert {"id":3}`, `5: insert {"id":4}`)
}

func TestUnpairedFilesWithVectorsChangeTheirLiveRows(t *testing.T) {
	h := begin(t, "id bigint")
	a := without(h.numbers(1, 2, 3), 1)
	h.commit(a)
	h.commit(gone(a))
	h.want(1, 2, `1: insert {"id":1}`, `1: insert {"id":3}`, `2: delete {"id":1}`, `2: delete {"id":3}`)
}

// TestEdgeE113RecordedChangesAreAllChanges: adds and removes beside them are how
// they came about.
func TestEdgeE113RecordedChangesAreAllChanges(t *testing.T) {
	h := begin(t, "id bigint, t string")
	a := h.file("id bigint, t string", `{"id":1,"t":"a"}{"id":2,"t":"b"}`)
	h.commit(a)
	b := h.file("id bigint, t string, _change_type string, __is_cdc boolean", `{"id":1,"t":"A"}{"id":2,"t":"b"}`)
	h.commit(gone(a), b, h.recorded("id bigint, t string, _change_type string, __is_cdc boolean", `{"id":1,"t":"a","_change_type":"update_preimage"}{"id":1,"t":"A","_change_type":"update_postimage"}`))
	h.want(2, 2, `2: update_postimage {"id":1,"t":"A"}`, `2: update_preimage {"id":1,"t":"a"}`)
	h.commit(gone(b))
	h.want(3, 3, `3: delete {"id":1,"t":"A"}`, `3: delete {"id":2,"t":"b"}`)
}

func TestRecordedChangesMustSayWhatHappened(t *testing.T) {
	for name, c := range map[string][2]string{
		"no column": {"id bigint", `{"id":1}`},
		"a null":    {"id bigint, _change_type string", `{"id":1}`},
		"a stray":   {"id bigint, _change_type string", `{"id":1,"_change_type":"moved"}`},
	} {
		h := begin(t, "id bigint")
		h.commit(h.recorded(c[0], c[1]))
		if got, err := h.changes(1, 1, nil); !errors.Is(err, table.ErrCorrupt) || !strings.Contains(err.Error(), "_change_type") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestEdgeE114TheFeedMustBeOnThroughoutTheRange, from its first version on, whose
// own metadata counts.
func TestEdgeE114TheFeedMustBeOnThroughoutTheRange(t *testing.T) {
	h := begin(t, "id bigint")
	set := func(value string) func(*log.Metadata) {
		return func(md *log.Metadata) { md.Configuration["delta.enableChangeDataFeed"] = value }
	}
	h.commit(h.numbers(1))
	h.change(set("false")) // 2
	h.commit(h.numbers(3))
	h.change(set("TRUE")) // 4
	h.commit(h.numbers(5))
	h.want(0, 1, `1: insert {"id":1}`)
	h.want(4, 5, `5: insert {"id":5}`)
	for _, c := range []struct{ from, to, at int64 }{{0, 2, 2}, {0, 5, 2}, {2, 2, 2}, {3, 5, 3}, {3, 3, 3}} {
		_, err := h.changes(c.from, c.to, nil)
		var no *table.NoChangesError
		if !errors.As(err, &no) || !errors.Is(err, table.ErrNoChanges) || no.Version != c.at || !strings.Contains(err.Error(), "delta.enableChangeDataFeed") {
			t.Errorf("%d to %d: %v", c.from, c.to, err)
		}
	}
	h.change(func(md *log.Metadata) { // the name that it had first
		delete(md.Configuration, "delta.enableChangeDataFeed")
		md.Configuration["delta.enableChangeDataCapture"] = "true"
	})
	h.commit(h.numbers(7))
	h.want(5, 7, `5: insert {"id":5}`, `7: insert {"id":7}`)
}

func TestCommitsWithoutDataChangeAndEmptyMergesChangeNoRows(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1, 2)
	h.commit(a)
	b, r := h.numbers(1, 2), gone(a)
	b.DataChange, r.DataChange = false, false
	h.commit(b, r)
	zero := map[string]json.RawMessage{"numTargetRowsInserted": []byte(`"0"`), "numTargetRowsUpdated": []byte(`"0"`), "numTargetRowsDeleted": []byte(`"0"`)}
	c := h.numbers(1, 2)
	h.commit(&log.CommitInfo{Operation: "MERGE", OperationMetrics: zero}, gone(b), c)
	h.want(2, 3)
	h.commit(gone(c), c)
	h.fails(0, 4, table.ErrCorrupt, "as it was")
}

func TestPartitionColumnsOfChangesComeFromTheLog(t *testing.T) {
	h := begin(t, "id bigint, p string", "p")
	a := h.file("id bigint, p string", `{"id":1,"p":"x"}{"id":2,"p":"x"}`, "p")
	h.commit(a)
	h.commit(gone(a), without(a, 0))
	h.commit(h.recorded("id bigint, p string, _change_type string", `{"id":2,"p":"x","_change_type":"delete"}`, "p"))
	h.want(1, 3, `1: insert {"id":1,"p":"x"}`, `1: insert {"id":2,"p":"x"}`, `2: delete {"id":1,"p":"x"}`, `3: delete {"id":2,"p":"x"}`)
	r := gone(a)
	r.PartitionValues = nil
	h.commit(r)
	h.fails(4, 4, table.ErrNoChanges, "partition")
}

func TestSizesThatARemoveDoesNotSayAreLookedUp(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1)
	h.commit(a)
	r := gone(a)
	r.Size, r.PartitionValues = nil, nil
	h.commit(r)
	h.want(2, 2, `2: delete {"id":1}`)
}

func TestVacuumedFilesAreAnErrorThatSaysSo(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1)
	h.commit(a)
	h.commit(gone(a))
	remove(t, h.st, a.Path)
	h.fails(1, 2, table.ErrNoChanges, "VACUUM")
	h.fails(2, 2, fs.ErrNotExist, a.Path)
}

func TestColumnsAddedLaterAreNullInEarlierChanges(t *testing.T) {
	h := begin(t, "id int")
	a := h.file("id int", `{"id":1}`)
	h.commit(a)
	h.change(columnsAre(t, "id int, t string, v void"))
	h.commit(gone(a), h.file("id int, t string", `{"id":2,"t":"b"}`))
	h.want(1, 1, `1: insert {"id":1}`)
	h.want(1, 3, `1: insert {"id":1,"t":null,"v":null}`, `3: delete {"id":1,"t":null,"v":null}`, `3: insert {"id":2,"t":"b","v":null}`)
	h.change(columnsAre(t, "id bigint, t string, v double"))
	h.commit(h.file("id bigint, t string, v double", `{"id":5000000000,"t":"c","v":1.5}`))
	h.want(1, 5, `1: insert {"id":1,"t":null,"v":null}`, `3: delete {"id":1,"t":null,"v":null}`, `3: insert {"id":2,"t":"b","v":null}`, `5: insert {"id":5000000000,"t":"c","v":1.5}`)
}

// TestSchemasThatDoNotFitEndARange, whichever way they differ, and the range on
// either side can be read.
func TestSchemasThatDoNotFitEndARange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*log.Metadata)
		says   string
	}{
		"dropped":          {columnsAre(t, "id int, s struct<x: int>"), `"t" was dropped`},
		"narrowed":         {columnsAre(t, "id smallint, t string, s struct<x: int>"), `"id" is of type`},
		"of another type":  {columnsAre(t, "id int, t date, s struct<x: int>"), `"t" is of type`},
		"a nested one":     {columnsAre(t, "id int, t string, s struct<y: int>"), `"s.x" was dropped`},
		"not null":         {columnsAre(t, "id int, t string not null, s struct<x: int>"), `"t" became NOT NULL`},
		"new and not null": {columnsAre(t, "id int, t string, s struct<x: int>, n int not null"), `"n" is new and NOT NULL`},
		"partitioned":      {func(md *log.Metadata) { md.PartitionColumns = []string{"t"} }, "partitioned"},
		"replaced":         {func(md *log.Metadata) { md.ID = "second" }, "another table"},
	} {
		t.Run(name, func(t *testing.T) {
			h := begin(t, "id int, t string, s struct<x: int>")
			h.commit(h.file("id int", `{"id":1}`))
			h.change(c.change)
			h.commit()
			h.want(1, 1, `1: insert {"id":1,"s":null,"t":null}`)
			h.want(2, 3)
			h.fails(0, 3, table.ErrBarrier, c.says)
			var b *table.BarrierError
			if _, err := h.changes(1, 2, nil); !errors.As(err, &b) || b.Replaced != (name == "replaced") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestMappedColumnsOfChangesAreFoundByPhysicalNameOrID(t *testing.T) {
	field := func(name, physical string, id int) schema.Field {
		return schema.Field{Name: name, Type: schema.Long, Nullable: true, Metadata: schema.Metadata{
			"delta.columnMapping.physicalName": fmt.Appendf(nil, "%q", physical), "delta.columnMapping.id": fmt.Append(nil, id),
		}}
	}
	for _, mode := range []string{"name", "id"} {
		t.Run(mode, func(t *testing.T) {
			h := begin(t, "x bigint")
			s := &schema.Struct{Fields: []schema.Field{field("a", "col-1", 1), field("b", "col-2", 2), field("p", "col-3", 3)}}
			h.md = h.changed(func(md *log.Metadata) {
				md.SchemaString, md.PartitionColumns = string(s.JSON()), []string{"p"}
				md.Configuration["delta.columnMapping.mode"] = mode
			})
			h.next = 0
			h.commit(everything, h.md)
			stored := s.Physical()
			a := h.fileOf(stored, `{"col-1":1,"col-2":10,"col-3":5}{"col-1":2,"col-2":20,"col-3":5}`, "col-3")
			h.commit(a)
			h.commit(gone(a), without(a, 1))
			withType := &schema.Struct{Fields: append(slices.Clone(stored.Fields), schema.Field{Name: "_change_type", Type: schema.String, Nullable: true})}
			c := h.fileOf(withType, `{"col-1":1,"col-2":10,"col-3":5,"_change_type":"update_preimage"}`, "col-3")
			h.commit(&log.AddCDCFile{Path: c.Path, Size: c.Size, PartitionValues: c.PartitionValues})
			h.want(1, 3, `1: insert {"a":1,"b":10,"p":5}`, `1: insert {"a":2,"b":20,"p":5}`, `2: delete {"a":2,"b":20,"p":5}`, `3: update_preimage {"a":1,"b":10,"p":5}`)
			renamed := &schema.Struct{Fields: []schema.Field{field("A1", "col-1", 1), field("b", "col-2", 2), field("p", "col-3", 3)}}
			h.change(func(md *log.Metadata) { md.SchemaString = string(renamed.JSON()) })
			h.fails(1, 4, table.ErrBarrier, `"a" was dropped or renamed`)
			swapped := &schema.Struct{Fields: []schema.Field{field("A1", "col-9", 9), field("b", "col-2", 2), field("p", "col-3", 3)}}
			h.change(func(md *log.Metadata) { md.SchemaString = string(swapped.JSON()) })
			h.fails(4, 5, table.ErrBarrier, `"A1" is another one`)
		})
	}
}

func TestColumnMappingMayBeTurnedOnInARange(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1, 2)
	h.commit(a)
	s := &schema.Struct{Fields: []schema.Field{{Name: "id", Type: schema.Long, Nullable: true, Metadata: schema.Metadata{
		"delta.columnMapping.physicalName": []byte(`"id"`), "delta.columnMapping.id": []byte("1"),
	}}}}
	h.change(func(md *log.Metadata) {
		md.SchemaString = string(s.JSON())
		md.Configuration["delta.columnMapping.mode"] = "name"
	})
	h.commit(gone(a), without(a, 0))
	h.want(1, 3, `1: insert {"id":1}`, `1: insert {"id":2}`, `3: delete {"id":1}`)
	h.change(func(md *log.Metadata) { delete(md.Configuration, "delta.columnMapping.mode") })
	h.fails(3, 4, table.ErrBarrier, "mode of column mapping")
}

// TestVectorsAreReadByTheProtocolOfTheirVersion, which may have dropped them
// since.
func TestVectorsAreReadByTheProtocolOfTheirVersion(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1, 2)
	h.commit(a)
	h.commit(gone(a), without(a, 0))
	h.commit(gone(without(a, 0)), h.numbers(2))
	h.commit(&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 4})
	h.want(2, 4, `2: delete {"id":1}`, `3: delete {"id":2}`, `3: insert {"id":2}`)
}

func TestTablesWithColumnsOfTheFeedAreRefused(t *testing.T) {
	h := begin(t, "id bigint, _Commit_Version bigint")
	h.fails(0, 0, table.ErrSchema, "_commit_version")
}

func TestChangesAreSelectedByAnyColumn(t *testing.T) {
	h := begin(t, "id bigint, p string", "p")
	a := h.file("id bigint, p string", `{"id":1,"p":"x"}{"id":2,"p":"x"}{"id":3,"p":"x"}{"id":4,"p":"x"}{"id":5,"p":"x"}`, "p")
	h.commit(a)
	h.commit(gone(a), without(a, 0, 4))
	h.commit(gone(without(a, 0, 4)), h.recorded("id bigint, p string, _change_type string", `{"id":2,"p":"x","_change_type":"delete"}{"id":3,"p":"x","_change_type":"insert"}`, "p"))
	for where, want := range map[string][]string{
		"id = 5":                                 {`1: insert {"id":5,"p":"x"}`, `2: delete {"id":5,"p":"x"}`},
		"_change_type = 'delete'":                {`2: delete {"id":1,"p":"x"}`, `2: delete {"id":5,"p":"x"}`, `3: delete {"id":2,"p":"x"}`},
		"_commit_version > 1 AND id >= 2":        {`2: delete {"id":5,"p":"x"}`, `3: delete {"id":2,"p":"x"}`, `3: insert {"id":3,"p":"x"}`},
		"_commit_timestamp IS NULL":              nil,
		"p = 'y'":                                nil,
		"_change_type = 'insert' AND id + 0 > 3": {`1: insert {"id":4,"p":"x"}`, `1: insert {"id":5,"p":"x"}`},
	} {
		got, err := h.changes(1, 3, &table.ScanOptions{Where: expr.SQL(where)})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n got %q\nwant %q", where, err, got, want)
		}
	}
	got, err := h.changes(1, 3, &table.ScanOptions{Columns: []string{"_commit_version", "id"}, Limit: 6, Ordered: true})
	if err != nil || len(got) != 6 || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "3") }) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := h.changes(1, 3, &table.ScanOptions{Columns: []string{"nope"}}); !errors.Is(err, table.ErrSchema) {
		t.Error(err)
	}
}

func TestVersionsOutsideOfTheLogAreNoRange(t *testing.T) {
	h := begin(t, "id bigint")
	h.commit(h.numbers(1))
	h.want(1, 99, `1: insert {"id":1}`)
	h.fails(2, 3, table.ErrVersionGone, "the newest is 1")
	h.fails(-1, 1, table.ErrVersionGone, "-1")
	h.fails(1, 0, table.ErrVersionGone, "ends before it begins")
	if got, err := changesOf(h.open(), table.At{}, table.At{}, nil); err != nil || len(got) != 1 {
		t.Errorf("the newest version: %q, %v", got, err)
	}
}

func TestCleanedUpVersionsSayWhatIsLeft(t *testing.T) {
	h := begin(t, "id bigint")
	h.next = 0
	h.commit(&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 4}, h.md)
	for i := range int64(4) {
		h.commit(h.numbers(i))
	}
	tbl := h.open()
	if v, err := tbl.Checkpoint(context.Background()); v != 4 || err != nil {
		t.Fatal(v, err)
	}
	h.commit(h.numbers(4))
	for v := range log.Version(5) {
		remove(t, h.st, log.CommitName(v))
	}
	h.want(5, 5, `5: insert {"id":4}`)
	for v := range int64(4) {
		h.fails(v, 5, table.ErrVersionGone, fmt.Sprintf("version %d is not in the log", v))
	}
	h.fails(4, 5, table.ErrVersionGone, "versions 5 to 5") // as a snapshot it is there
}

func TestVersionsThatCannotBeReadEndARange(t *testing.T) {
	h := begin(t, "id bigint")
	h.commit(h.numbers(1))
	h.commit(&log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"teleport"}, WriterFeatures: []string{"teleport"}})
	h.commit(everything)
	h.fails(1, 3, table.ErrUnsupported, "teleport")
	h.want(3, 3)
}

// TestFilesOfChangesAreInTheTable, whatever the log says: recorded ones, removed
// ones, and their vectors.
func TestFilesOfChangesAreInTheTable(t *testing.T) {
	size := int64(100)
	for _, path := range []string{"../x.parquet", "a/../../x.parquet", "%2e%2e/x.parquet", "s3://other/x.parquet", "/etc/passwd"} {
		for kind, action := range map[string]log.Action{
			"recorded": &log.AddCDCFile{Path: path, Size: size},
			"removed":  &log.RemoveFile{Path: path, DataChange: true, Size: &size},
			"no size":  &log.RemoveFile{Path: path, DataChange: true},
			"vector": &log.RemoveFile{Path: "x.parquet", DataChange: true, Size: &size, DeletionVector: &log.DeletionVector{
				StorageType: "p", PathOrInlineDV: path, SizeInBytes: 10, Cardinality: 1,
			}},
		} {
			h := begin(t, "id bigint")
			h.commit(action)
			asked := faults.Record(h.st)
			tbl := open(t, asked, nil)
			got, err := changesOf(tbl, table.Version(1), table.At{}, nil)
			if err == nil || errors.Is(err, fs.ErrNotExist) && kind != "vector" {
				t.Errorf("%s %s: %q, %v", kind, path, got, err)
			}
			for _, c := range asked.Calls() {
				if strings.Contains(c.Name, "..") || strings.Contains(c.Name, "passwd") {
					t.Errorf("%s %s: the store is asked for %q", kind, path, c.Name)
				}
			}
		}
	}
}
