package table_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// clock is a time that moves only when it is told to.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) options() table.Options { return table.Options{Now: c.Now} }

// between runs do after the first batch of a reader was taken.
type between struct {
	array.RecordReader
	do func()
}

func (b *between) Next() bool {
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return b.RecordReader.Next()
}

// cleanedUp is a table of which a first handle knows only version 1, while the
// log begins with the checkpoint of version 20.
func cleanedUp(t *testing.T, st storage.Store) {
	t.Helper()
	other := open(t, st, nil)
	for i := range 20 {
		mustAppend(t, other, ids(t, int64(i)), nil)
	}
	for v := range log.Version(20) {
		if err := st.Delete(context.Background(), log.CommitName(v), log.ChecksumName(v)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnAppendAfterALongPauseIsNotCommittedIntoALogThatWasCleanedUp(t *testing.T) {
	st, c := storage.NewMemory(nil), newClock()
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: c.options()})
	mustAppend(t, tbl, ids(t, 100), nil)
	cleanedUp(t, st)
	c.now = c.now.Add(time.Hour)
	if got := mustAppend(t, tbl, ids(t, 101), nil); got.Version != 22 {
		t.Errorf("committed as version %d", got.Version)
	}
	if got := len(rowsOf(t, latest(t, open(t, st, nil)), nil)); got != 22 {
		t.Errorf("there are %d rows", got)
	}
}

func TestAnAppendThatTakesLongIsCommittedUponWhatThereIsByThen(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		st, c := storage.NewMemory(nil), newClock()
		tbl := create(t, st, "id bigint", &table.CreateOptions{Options: c.options()})
		mustAppend(t, tbl, ids(t, 100), nil)
		got, err := tbl.Append(context.Background(), &between{ids(t, 101), func() {
			if cleanedUp(t, st); replaced {
				remove(t, st, "")
				if err := tryCreate(st, "id bigint, other string", &table.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			c.now = c.now.Add(time.Hour)
		}}, nil)
		want := 22
		switch {
		case replaced && !errors.Is(err, table.ErrConflict):
			t.Errorf("replaced: %+v, %v", got, err)
		case replaced:
			want = 0
		case err != nil || got.Version != 22:
			t.Errorf("cleaned up: %+v, %v", got, err)
		}
		if got := len(rowsOf(t, latest(t, open(t, st, nil)), nil)); got != want {
			t.Errorf("replaced %v: there are %d rows", replaced, got)
		}
	}
}

func TestAnAppendThatTakesLongHappensOnceAllTheSame(t *testing.T) {
	st, c := storage.NewMemory(nil), newClock()
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: c.options()})
	once := &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: "job", AppVersion: 7}}
	got, err := tbl.Append(context.Background(), &between{ids(t, 1), func() {
		mustAppend(t, open(t, st, nil), ids(t, 1), once)
		c.now = c.now.Add(time.Hour)
	}}, once)
	if err != nil || !got.Skipped {
		t.Errorf("got %+v, %v", got, err)
	}
	wantRows(t, tbl, `{"id":1}`)
}

func TestAnAppendToAFolderThatWasEmptiedIsRefused(t *testing.T) {
	st, c := storage.NewMemory(nil), newClock()
	tbl := create(t, st, "id bigint", &table.CreateOptions{Options: c.options()})
	mustAppend(t, tbl, ids(t, 1), nil)
	remove(t, st, "")
	c.now = c.now.Add(time.Hour)
	if got, err := tbl.Append(context.Background(), ids(t, 2), nil); !errors.Is(err, table.ErrNotTable) {
		t.Errorf("got %+v, %v", got, err)
	}
	if left := objects(t, st); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAPredicateFindsPartitionsUnderKeysOfOtherCase(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, day string", &table.CreateOptions{PartitionBy: []string{"day"}})
	mustAppend(t, tbl, data(t, `[{"id":1,"day":"a"},{"id":2,"day":"b"}]`, col("id", long), col("day", text)), nil)
	name := log.CommitName(1)
	put(t, st, name, strings.ReplaceAll(string(get(t, st, name)), `"partitionValues":{"day"`, `"partitionValues":{"DAY"`))
	remove(t, st, ".crc")
	got := rowsOf(t, latest(t, open(t, st, nil)), &table.ScanOptions{Where: expr.SQL("day = 'a'")})
	if fmt.Sprint(got) != `[{"day":"a","id":1}]` {
		t.Errorf("got %v", got)
	}
}

func TestAProtocolThatDoesNotListItsFeaturesIsCorrupt(t *testing.T) {
	for _, versions := range []string{`"minReaderVersion":3,"minWriterVersion":7,"writerFeatures":[]`, `"minReaderVersion":1,"minWriterVersion":7`} {
		st := storage.NewMemory(nil)
		if err := tryCreate(st, "id bigint", &table.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		name := log.CommitName(0)
		put(t, st, name, strings.Replace(string(get(t, st, name)), `"minReaderVersion":1,"minWriterVersion":2`, versions, 1))
		remove(t, st, ".crc")
		if _, err := table.Open(context.Background(), "", &table.Options{Store: st}); !errors.Is(err, table.ErrCorrupt) {
			t.Errorf("%s: %v", versions, err)
		}
	}
}

func TestOperationParametersAreSpelledAsInOtherEngines(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, day string", &table.CreateOptions{PartitionBy: []string{"day"}})
	mustAppend(t, tbl, data(t, `[{"id":1,"day":"a"}]`, col("id", long), col("day", text)), nil)
	for v, want := range []string{
		`"operationParameters":{"isManaged":"false","partitionBy":"[\"day\"]","properties":"{}"}`,
		`"operationParameters":{"mode":"Append","partitionBy":"[\"day\"]"}`,
	} {
		if body := string(get(t, st, log.CommitName(log.Version(v)))); !strings.Contains(body, want) {
			t.Errorf("version %d has not %s:\n%s", v, want, body)
		}
	}
}

func TestValuesThatAFileCannotHoldAreRefused(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "s string", nil)
	b := array.NewStringBuilder(checked(t))
	b.Append("\xff")
	column := b.NewStringArray()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{col("s", text)}, nil), []arrow.Array{column}, 1)
	b.Release()
	column.Release()
	defer batch.Release()
	r, err := array.NewRecordReader(batch.Schema(), []arrow.RecordBatch{batch})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if _, err := tbl.Append(context.Background(), r, nil); !errors.Is(err, table.ErrSchema) {
		t.Errorf("got %v", err)
	}
}

func TestATableOfNamedFeaturesNeedsNoMoreThanItUses(t *testing.T) {
	st := storage.NewMemory(nil)
	if err := tryCreate(st, "id bigint", &table.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// As delta-rs writes it: without the features of writer version 2.
	name := log.CommitName(0)
	put(t, st, name, strings.Replace(string(get(t, st, name)), `"minReaderVersion":1,"minWriterVersion":2`,
		`"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz"]`, 1))
	remove(t, st, ".crc")
	tbl := open(t, st, nil)
	mustAppend(t, tbl, data(t, `[{"id":1,"n":2}]`, col("id", long), col("n", long)), &table.WriteOptions{MergeSchema: true})
	if _, err := tbl.Alter(context.Background(), table.Alter{SetProperties: map[string]string{"delta.logRetentionDuration": "interval 7 days"}}, nil); err != nil {
		t.Error(err)
	}
	var missing *table.UnsupportedError
	_, err := tbl.Alter(context.Background(), table.Alter{SetProperties: map[string]string{"delta.appendOnly": "true"}}, nil)
	if !errors.As(err, &missing) || fmt.Sprint(missing.Features) != "[appendOnly]" {
		t.Errorf("got %v", err)
	}
}

func TestWrongCountsCostACountNotTheCheckpoints(t *testing.T) {
	st := storage.NewMemory(nil)
	if err := tryCreate(st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "5"}}); err != nil {
		t.Fatal(err)
	}
	reopened := func() *table.Table { // unlike open, it does not verify the counts of all versions
		tbl, err := table.Open(context.Background(), "", &table.Options{Store: st})
		if err != nil {
			t.Fatal(err)
		}
		return tbl
	}
	tbl := reopened()
	mustAppend(t, tbl, ids(t, 1), nil)
	put(t, st, log.CommitName(2), string(get(t, st, log.CommitName(1)))) // the same file once more
	for i := range 4 {
		mustAppend(t, tbl, ids(t, int64(i)), nil)
	}
	if _, err := st.Head(context.Background(), log.CheckpointName(5)); err != nil {
		t.Error(err)
	}
	if files, _, err := latest(t, reopened()).Count(context.Background()); err != nil || files != 5 {
		t.Errorf("%d files are counted, %v", files, err)
	}
}

func TestANewTableHasNoPhysicalNamesOfTheTableItsSchemaIsFrom(t *testing.T) {
	s, err := schema.Parse([]byte(`{"type":"struct","fields":[
		{"name":"day","type":"string","metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"col-1","comment":"kept"}},
		{"name":"o","type":{"type":"struct","fields":[{"name":"x","type":"long","metadata":{"delta.columnMapping.id":3,"delta.columnMapping.physicalName":"col-3"}}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Create(context.Background(), "", nil, &table.CreateOptions{Options: table.Options{Store: storage.NewMemory(nil)}, Schema: s, PartitionBy: []string{"day"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := latest(t, tbl).Metadata().SchemaString; strings.Contains(got, "columnMapping") || !strings.Contains(got, `"comment":"kept"`) {
		t.Error(got)
	}
	if !strings.Contains(string(s.JSON()), "columnMapping") {
		t.Error("the caller's schema was changed")
	}
}

func TestPropertiesThatWouldStopEveryWriteAreRefused(t *testing.T) {
	for _, properties := range []map[string]string{
		{"delta.parquet.compression.codec": "lz5"},
	} {
		st := storage.NewMemory(nil)
		refusedProperties := func(op func() error) {
			t.Helper()
			if err := op(); err == nil {
				t.Errorf("%v: no error", properties)
			}
		}
		refusedProperties(func() error { return tryCreate(st, "a int", &table.CreateOptions{Properties: properties}) })
		tbl := create(t, st, "a int", nil)
		refusedProperties(func() error {
			_, err := tbl.Alter(context.Background(), table.Alter{SetProperties: properties}, nil)
			return err
		})
		mustAppend(t, tbl, data(t, `[{"a":1}]`, col("a", arrow.PrimitiveTypes.Int32)), nil)
	}
}

func TestWhereInCommitTimestampsBeginIsNotUnset(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "a int", nil)
	ctx := context.Background()
	if _, err := tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"delta.enableInCommitTimestamps": "true"}}, nil); !errors.Is(err, table.ErrUnsupported) {
		t.Fatal(err) // it needs a protocol upgrade; see the table below, which has it
	}
	st = storage.NewMemory(nil)
	create(t, st, "a int", &table.CreateOptions{Properties: map[string]string{"delta.enableInCommitTimestamps": "true"}})
	tbl = open(t, st, nil)
	off := table.Alter{UnsetProperties: []string{"delta.enableInCommitTimestamps"}}
	on := table.Alter{SetProperties: map[string]string{"delta.enableInCommitTimestamps": "true"}}
	for _, change := range []table.Alter{off, on} {
		if _, err := tbl.Alter(ctx, change, nil); err != nil {
			t.Fatal(err)
		}
	}
	before := latest(t, tbl)
	name := "delta.inCommitTimestampEnablementVersion"
	if before.Metadata().Configuration[name] == "" {
		t.Fatalf("%s is not set: %v", name, before.Metadata().Configuration)
	}
	if _, err := tbl.Alter(ctx, table.Alter{UnsetProperties: []string{name}}, nil); err == nil {
		t.Error("it can be unset")
	}
}

func TestCountOfFilesWithoutStatisticsReadsTheirFooters(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.dataSkippingNumIndexedCols": "0"}})
	for range 3 {
		mustAppend(t, tbl, ids(t, 1, 2, 3), nil)
	}
	var adds []log.Action
	for f, err := range latest(t, tbl).Files(context.Background(), all) {
		if err != nil {
			t.Fatal(err)
		}
		bare := *f
		bare.Stats = ""
		adds = append(adds, &bare)
	}
	foreign(t, st, 4, adds...)
	n, err := latest(t, open(t, st, nil)).Scan(nil).Count(context.Background())
	if n != 9 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestResolveTouchesNoOtherTable(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	u := &table.CommitUnknownError{TableID: "another", Version: 1, TxnID: "x", Body: []byte(`{"commitInfo":{"txnId":"x"}}`)}
	refused(t, st, table.ErrVersionGone, "replaced", func() error {
		_, _, err := tbl.Resolve(context.Background(), u, false)
		return err
	})
}

// TestAnAppendToATableThatWasReplacedFailsOnceAnyCallHasSeenIt: its version would
// be a hole in the new table's log.
func TestAnAppendToATableThatWasReplacedFailsOnceAnyCallHasSeenIt(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	for i := range int64(3) {
		mustAppend(t, tbl, ids(t, i), nil)
	}
	_, err := tbl.Append(t.Context(), &between{ids(t, 100), func() {
		remove(t, st, "")
		create(t, st, "id bigint", nil)
		if got := latest(t, tbl).Version(); got != 0 {
			t.Errorf("the new table is at version %d", got)
		}
	}}, nil)
	if !errors.Is(err, table.ErrConflict) {
		t.Error(err)
	}
	if got := newestRows(t, st); len(got) != 0 {
		t.Errorf("rows %v", got)
	}
	orphans(t, st)
}

// undescribed is a store whose puts tell nothing of what they made.
type undescribed struct{ storage.Store }

func (s undescribed) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	outcome, _, err := s.Store.PutIfAbsent(ctx, name, body)
	return outcome, storage.Info{}, err
}

// coarse is a store whose objects are all of the same time, and have no ETag.
type coarse struct{ storage.Store }

func (c coarse) plain(i storage.Info) storage.Info {
	i.Modified, i.ETag = time.Unix(1, 0), ""
	return i
}

func (c coarse) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	outcome, info, err := c.Store.PutIfAbsent(ctx, name, body)
	return outcome, c.plain(info), err
}

func (c coarse) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		for info, err := range c.Store.List(ctx, prefix, start) {
			if !yield(c.plain(info), err) {
				return
			}
		}
	}
}

// TestAHandleNoticesThatItsTableWasReplaced by one with as many versions, whose
// last commit is as long as the one that the handle made: by what the put told
// of it, or by a look at it. If it was not replaced, only the latter takes one.
func TestAHandleNoticesThatItsTableWasReplaced(t *testing.T) {
	local := func() storage.Store {
		st, err := storage.NewLocal(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}
	for name, c := range map[string]struct {
		st    storage.Store
		looks int
	}{
		"memory":      {storage.NewMemory(nil), 0},
		"local":       {local(), 1},
		"undescribed": {undescribed{storage.NewMemory(nil)}, 1},
		"coarse":      {coarse{storage.NewMemory(nil)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			rec := faults.Record(c.st)
			tbl := create(t, rec, "id bigint", nil)
			mustAppend(t, tbl, ids(t, 1), nil)
			rec.Reset()
			if got := latest(t, tbl).Version(); got != 1 {
				t.Errorf("version %d", got)
			}
			if n := rec.Count(faults.Get, faults.ReadAt); n != c.looks {
				t.Errorf("%d looks at the commit, want %d", n, c.looks)
			}
			mustAppend(t, tbl, ids(t, 2), nil)
			remove(t, c.st, "")
			other := create(t, c.st, "id bigint", nil)
			mustAppend(t, other, ids(t, 3), nil)
			mustAppend(t, other, ids(t, 4), nil)
			s := latest(t, tbl)
			rows, err := simScan(t.Context(), s)
			if err != nil || s.Version() != 2 || !slices.Equal(rows, []int64{3, 4}) {
				t.Errorf("version %d, rows %v, %v", s.Version(), rows, err)
			}
		})
	}
}
