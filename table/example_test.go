package table_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Trip is a row of the examples' tables.
type Trip struct {
	ID   int64
	City string `delta:",partition"`
	Fare *float64
}

// must ends an example at an error. Programs handle it.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// trips makes a table of trips in memory.
func trips(name string, more *table.CreateOptions) *table.Table {
	var opts table.CreateOptions
	if more != nil {
		opts = *more
	}
	s, partitionBy, err := rows.Schema[Trip]()
	opts.Schema, opts.PartitionBy = must(s, err), partitionBy
	return must(table.Create(context.Background(), "mem://"+name, nil, &opts))
}

// Create a table of structs, append rows, read some of them back.
func Example() {
	ctx := context.Background()
	s, partitionBy, err := rows.Schema[Trip]()
	t := must(table.Create(ctx, "mem://example", nil, &table.CreateOptions{Schema: must(s, err), PartitionBy: partitionBy}))
	defer t.Close(ctx)

	fare := 12.5
	commit := must(t.Append(ctx, must(rows.Of([]Trip{{1, "Oslo", &fare}, {2, "Oslo", nil}, {3, "Rome", &fare}})), nil))
	fmt.Println("version", commit.Version, "with", commit.Metrics.Rows, "rows in", commit.Metrics.Files, "files")

	snap := must(t.Snapshot(ctx, table.At{}))
	scan := snap.Scan(&table.ScanOptions{Where: expr.SQL("city = ? AND fare > ?", "Oslo", 10)})
	for trip, err := range rows.Decode[Trip](scan.Batches(ctx)) {
		fmt.Println(must(trip, err).ID, trip.City, *trip.Fare)
	}
	// Output:
	// version 1 with 3 rows in 2 files
	// 1 Oslo 12.5
}

// A snapshot of a version, or of what was the newest version at a time.
func ExampleTable_Snapshot() {
	ctx := context.Background()
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	st := storage.NewMemory(&storage.MemoryOptions{Now: func() time.Time { return clock }})
	t := trips("time-travel", &table.CreateOptions{Options: table.Options{Store: st}})
	defer t.Close(ctx)
	for day := range 3 { // versions 1 to 3, on the 2nd to the 4th
		clock = clock.AddDate(0, 0, 1)
		must(t.Append(ctx, must(rows.Of([]Trip{{ID: int64(day), City: "Oslo"}})), nil))
	}

	for _, at := range []table.At{{}, table.Version(1), table.AsOf(time.Date(2026, 3, 3, 18, 0, 0, 0, time.UTC))} {
		snap := must(t.Snapshot(ctx, at))
		fmt.Println("version", snap.Version(), "has", must(snap.Scan(nil).Count(ctx)), "rows")
	}
	_, err := t.Snapshot(ctx, table.Version(9))
	fmt.Println(errors.Is(err, table.ErrVersionGone))
	// Output:
	// version 3 has 3 rows
	// version 1 has 1 rows
	// version 2 has 2 rows
	// true
}

// A job that records how far it got can be run again at any time.
func ExampleTable_Append_exactlyOnce() {
	ctx := context.Background()
	t := trips("exactly-once", nil)
	defer t.Close(ctx)
	load := func(day int64) {
		once := &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: "nightly", AppVersion: day}}
		c := must(t.Append(ctx, must(rows.Of([]Trip{{ID: day, City: "Oslo"}})), once))
		fmt.Println("day", day, "version", c.Version, "skipped", c.Skipped)
	}
	load(1)
	load(2)
	load(2) // the job was started twice
	load(1)
	fmt.Println(must(t.Snapshot(ctx, table.At{})).TxnVersion("nightly"))
	// Output:
	// day 1 version 1 skipped false
	// day 2 version 2 skipped false
	// day 2 version 2 skipped true
	// day 1 version 2 skipped true
	// 2 true
}

// Data with columns that the table does not have adds them, if it may.
func ExampleTable_Append_mergeSchema() {
	ctx := context.Background()
	t := trips("merge-schema", nil)
	defer t.Close(ctx)
	type Rated struct {
		ID    int64
		City  string
		Stars *int32
	}
	five := int32(5)
	_, err := t.Append(ctx, must(rows.Of([]Rated{{1, "Oslo", &five}})), nil)
	fmt.Println("refused:", errors.Is(err, table.ErrSchema))

	must(t.Append(ctx, must(rows.Of([]Rated{{1, "Oslo", &five}})), &table.WriteOptions{MergeSchema: true}))
	snap := must(t.Snapshot(ctx, table.At{}))
	for _, f := range snap.Schema().Fields {
		fmt.Println(f.Name, f.Type)
	}
	// Output:
	// refused: true
	// id bigint
	// city string
	// fare double
	// stars int
}

// A commit whose answer the network has lost is settled before anything is
// done again.
func ExampleTable_Resolve() {
	ctx := context.Background()
	st := storage.NewMemory(nil)
	defer trips("resolve", &table.CreateOptions{Options: table.Options{Store: st}}).Close(ctx)
	lost := faults.New(st, func(_ context.Context, op faults.Op) faults.Fault { // the commit arrives, and then the network is gone
		switch {
		case op.Kind == faults.PutIfAbsent:
			return faults.Fault{Effect: faults.ErrAfterApply}
		case op.Kind == faults.Get && op.Name == "_delta_log/00000000000000000001.json":
			return faults.Fault{Effect: faults.ErrBefore, Err: errors.New("no route to host")}
		}
		return faults.Fault{}
	})
	t := must(table.Open(ctx, "", &table.Options{Store: lost, Retry: table.Retry{Elapsed: 20 * time.Millisecond}}))
	_, err := t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), nil)

	var unknown *table.CommitUnknownError
	fmt.Println("unknown:", errors.As(err, &unknown))
	healthy := must(table.Open(ctx, "", &table.Options{Store: st})) // later, perhaps elsewhere
	commit, committed, err := healthy.Resolve(ctx, unknown, false)
	fmt.Println("committed:", must(committed, err), "as version", commit.Version)
	// Output:
	// unknown: true
	// committed: true as version 1
}

// Explain says which files a scan does not read, and by which bound.
func ExampleScan_Explain() {
	ctx := context.Background()
	t := trips("explain", nil)
	defer t.Close(ctx)
	for _, id := range []int64{10, 20, 30} {
		must(t.Append(ctx, must(rows.Of([]Trip{{ID: id, City: "Oslo"}})), nil))
	}
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 30, City: "Rome"}})), nil))

	snap := must(t.Snapshot(ctx, table.At{}))
	e := must(snap.Scan(&table.ScanOptions{Where: expr.SQL("city = 'Oslo' AND id >= 25")}).Explain(ctx))
	fmt.Println("skips", e.FilesSkipped, "of", e.Files, "files:")
	for _, s := range e.Skipped {
		fmt.Println(" ", s.Reason)
	}
	// Output:
	// skips 3 of 4 files:
	//   city = 'Oslo': city is 'Rome'
	//   id >= 25L: id is 20L
	//   id >= 25L: id is 10L
}

// Properties steer the table for every engine; constraints hold for every row.
func ExampleCreateOptions() {
	ctx := context.Background()
	t := trips("properties", &table.CreateOptions{Properties: map[string]string{
		"delta.constraints.fair":   "fare IS NULL OR fare >= 0",
		"delta.checkpointInterval": "20",
		"delta.appendOnly":         "true",
	}})
	defer t.Close(ctx)
	loss := -1.0
	_, err := t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}, {2, "Oslo", &loss}})), nil)
	var broken *table.ConstraintError
	fmt.Println(errors.As(err, &broken), "row", broken.Row, broken.Name)

	_, err = t.Overwrite(ctx, expr.Expr{}, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), nil)
	fmt.Println(errors.Is(err, table.ErrConstraint))
	must(t.Alter(ctx, table.Alter{SetProperties: map[string]string{"owner": "ops"}, UnsetProperties: []string{"delta.appendOnly"}}, nil))
	fmt.Println(must(t.Snapshot(ctx, table.At{})).Metadata().Configuration["owner"])
	// Output:
	// true row 1 fair
	// true
	// ops
}

// Overwrite replaces all rows in one commit; the old version can still be read.
func ExampleTable_Overwrite() {
	ctx := context.Background()
	t := trips("overwrite", nil)
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}, {ID: 2, City: "Oslo"}})), nil))
	c := must(t.Overwrite(ctx, expr.Expr{}, must(rows.Of([]Trip{{ID: 3, City: "Oslo"}})), nil))
	fmt.Println("version", c.Version, "removed", c.Metrics.FilesRemoved, "file")
	for _, at := range []table.At{{}, table.Version(1)} {
		fmt.Println(must(must(t.Snapshot(ctx, at)).Scan(nil).Count(ctx)), "rows")
	}
	// Output:
	// version 2 removed 1 file
	// 1 rows
	// 2 rows
}

// Data goes in and out through Arrow's readers, too.
func ExampleScan_Reader() {
	ctx := context.Background()
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	t := must(table.Create(ctx, "mem://reader", s, nil))
	defer t.Close(ctx)
	in := array.NewJSONReader(strings.NewReader(`{"id":1,"name":"fjord"} {"id":2}`), s)
	defer in.Release()
	must(t.Append(ctx, in, nil))

	snap := must(t.Snapshot(ctx, table.At{}))
	out := must(snap.Scan(&table.ScanOptions{Columns: []string{"name", "id"}, Limit: 10}).Reader(ctx))
	defer out.Release()
	for out.Next() {
		fmt.Println(out.RecordBatch().Column(0), out.RecordBatch().Column(1))
	}
	fmt.Println(out.Err())
	// Output:
	// ["fjord" (null)] [1 2]
	// <nil>
}

// History says who did what, newest first.
func ExampleTable_History() {
	ctx := context.Background()
	t := trips("history", nil)
	defer t.Close(ctx)
	note := table.CommitOptions{Info: map[string]string{"ticket": "OPS-7"}}
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), &table.WriteOptions{CommitOptions: note}))
	for info, err := range t.History(ctx) {
		user := ""
		if must(info, err).UserMetadata != nil {
			user = *info.UserMetadata
		}
		fmt.Println(info.Version, info.Operation, user)
	}
	// Output:
	// 1 WRITE {"ticket":"OPS-7"}
	// 0 CREATE TABLE
}

// Files are what the table is made of: Parquet that any engine reads.
func ExampleSnapshot_Files() {
	ctx := context.Background()
	t := trips("files", nil)
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 7, City: "São Paulo"}})), nil))
	for f, err := range must(t.Snapshot(ctx, table.At{})).Files(ctx, expr.SQL("id = 7")) {
		folder, _, _ := strings.Cut(must(f, err).Path, "/")
		fmt.Println(folder, "is", *f.PartitionValues["city"])
		fmt.Println(f.Stats)
	}
	// Output:
	// city=São%20Paulo is São Paulo
	// {"numRecords":1,"minValues":{"id":7},"maxValues":{"id":7},"nullCount":{"id":0,"fare":1}}
}

// Create may meet a table that is there already.
func ExampleCreate() {
	ctx := context.Background()
	st := storage.NewMemory(nil)
	_, err := table.Open(ctx, "", &table.Options{Store: st})
	fmt.Println(errors.Is(err, table.ErrNotTable), must(table.Exists(ctx, "", &table.Options{Store: st})))
	opts := &table.CreateOptions{
		Options: table.Options{Store: st},
		Schema:  must(schema.ParseColumns("id bigint NOT NULL, day date, tags array<string>")), PartitionBy: []string{"day"},
	}
	must(table.Create(ctx, "", nil, opts))
	_, err = table.Create(ctx, "", nil, opts)
	fmt.Println(errors.Is(err, table.ErrExists))
	opts.IfNotExists = true
	t := must(table.Create(ctx, "", nil, opts))
	p := must(t.Snapshot(ctx, table.At{})).Protocol()
	fmt.Println("reader", p.MinReaderVersion, "writer", p.MinWriterVersion)
	// Output:
	// true false
	// true
	// reader 1 writer 2
}

// What commits did to rows, from one version to another.
func ExampleTable_Changes() {
	ctx := context.Background()
	t := trips("changes", &table.CreateOptions{Properties: map[string]string{"delta.enableChangeDataFeed": "true"}})
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}, {ID: 2, City: "Rome"}})), nil))
	must(t.Overwrite(ctx, expr.Expr{}, must(rows.Of([]Trip{{ID: 3, City: "Rome"}})), nil))

	type Change struct {
		ID      int64
		What    string `delta:"_change_type"`
		Version int64  `delta:"_commit_version"`
	}
	changes := must(t.Changes(ctx, table.Version(1), table.At{}, &table.ScanOptions{
		Columns: []string{"id", "_change_type", "_commit_version"}, Where: expr.SQL("city = 'Rome'"),
	}))
	defer changes.Release()
	for changes.Next() {
		batch := func(yield func(arrow.RecordBatch, error) bool) { yield(changes.RecordBatch(), nil) }
		for c, err := range rows.Decode[Change](batch) {
			fmt.Println(must(c, err))
		}
	}
	fmt.Println(changes.Err())
	// Unordered output:
	// {2 insert 1}
	// {2 delete 2}
	// {3 insert 2}
	// <nil>
}

// Follow a table. Store the version of each change when it is dealt with, and
// begin again after it.
func ExampleTable_Tail() {
	ctx := context.Background()
	t := trips("tail", &table.CreateOptions{Properties: map[string]string{"delta.enableChangeDataFeed": "true"}})
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), nil))
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 2, City: "Oslo"}, {ID: 3, City: "Oslo"}})), nil))

	done, until := int64(0), int64(2) // of what was stored; without Until it goes on
	for change, err := range t.Tail(ctx, &table.TailOptions{After: &done, Until: &until, Rows: &table.ScanOptions{}}) {
		if err != nil {
			fmt.Println("begin again after", done, "because of", err)
			break
		}
		n := int64(0)
		for batch, err := range change.Rows {
			n += must(batch, err).NumRows()
		}
		fmt.Println("version", change.Version, "changed", n, "rows")
		done = change.Version
	}
	// Output:
	// version 1 changed 1 rows
	// version 2 changed 2 rows
}

// Which files a predicate leaves, of a log that is mostly statistics.
func ExampleSnapshot_FilesWithoutStats() {
	ctx := context.Background()
	t := trips("fileswithoutstats", nil)
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}, {ID: 2, City: "Rome"}})), nil))
	for f, err := range must(t.Snapshot(ctx, table.At{})).FilesWithoutStats(ctx, expr.SQL("city = 'Oslo'")) {
		fmt.Println(*must(f, err).PartitionValues["city"], f.Size > 0)
	}
	// Output: Oslo true
}

// Where a row is, is a column that every table has.
func ExampleSnapshot_ScanSchema() {
	ctx := context.Background()
	t := trips("scanschema", nil)
	defer t.Close(ctx)
	must(t.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}, {ID: 2, City: "Oslo"}})), nil))
	snap := must(t.Snapshot(ctx, table.At{}))
	at, _ := snap.ScanSchema().Lookup("_metadata")
	fmt.Println(snap.ScanSchema().Fields[at].Type)

	type Place struct {
		ID  int64
		Row int64 `delta:"_metadata.row_index"`
	}
	scan := snap.Scan(&table.ScanOptions{Columns: []string{"id", "_metadata.row_index"}, Where: expr.SQL("_metadata.row_index > 0")})
	for place, err := range rows.Decode[Place](scan.Batches(ctx)) {
		fmt.Println(must(place, err))
	}
	// Output:
	// struct<file_path:string,file_name:string,file_size:bigint,file_modification_time:timestamp,row_index:bigint>
	// {2 1}
}

// The log of a shallow clone names the files of another table. They are read
// where the caller says so, and nowhere else.
func ExampleExternals() {
	ctx := context.Background()
	source := trips("source", nil)
	defer source.Close(ctx)
	must(source.Append(ctx, must(rows.Of([]Trip{{ID: 1, City: "Oslo"}})), nil))
	clone := storage.NewMemory(nil)
	first := must(source.Snapshot(ctx, table.At{}))
	actions := []log.Action{first.Protocol(), first.Metadata()}
	for f, err := range first.Files(ctx, expr.Expr{}) {
		absolute := *must(f, err)
		absolute.Path = "mem://source/" + f.Path
		actions = append(actions, &absolute)
	}
	must(0, clone.Put(ctx, log.CommitName(0), log.EncodeCommit(actions)))

	read := func(allow table.External) {
		t := must(table.Open(ctx, "", &table.Options{Store: clone, AllowExternal: allow}))
		defer t.Close(ctx)
		for trip, err := range rows.Decode[Trip](must(t.Snapshot(ctx, table.At{})).Scan(nil).Batches(ctx)) {
			if errors.Is(err, table.ErrDenied) {
				fmt.Println("denied")
				break
			}
			fmt.Println(must(trip, err).City)
		}
	}
	read(nil)
	allow, closeThem, err := table.Externals(ctx, "mem://source")
	defer closeThem()
	read(must(allow, err))
	// Output:
	// denied
	// Oslo
}

// A table whose versions a catalog knows is read through it, as package log's
// NewCatalog shows.
func ExampleOptions_catalog() {
	ctx := context.Background()
	store := must(storage.Open(ctx, "mem://managed"))
	now := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	must(0, store.Put(ctx, log.CommitName(0), log.EncodeCommit([]log.Action{
		&log.CommitInfo{Operation: "CREATE TABLE", TxnID: "1", InCommitTimestamp: &now},
		&log.Protocol{
			MinReaderVersion: 3, MinWriterVersion: 7,
			ReaderFeatures: []string{"catalogManaged"}, WriterFeatures: []string{"catalogManaged", "inCommitTimestamp"},
		},
		&log.Metadata{
			ID: "5e8d21f4", Format: log.Format{Provider: "parquet"}, SchemaString: string(must(schema.ParseColumns("id bigint")).JSON()),
			Configuration: map[string]string{"delta.enableInCommitTimestamps": "true"},
		},
	})))
	_, err := table.Open(ctx, "mem://managed", nil)
	fmt.Println(err)
	catalog := log.NewCatalog(store, nil, func(context.Context, log.Version) ([]log.Ratified, log.Version, error) {
		return nil, 0, nil // no commit that is not published; the newest is 0
	})
	t := must(table.Open(ctx, "mem://managed", &table.Options{Committer: catalog}))
	defer t.Close(ctx)
	fmt.Println(must(t.Snapshot(ctx, table.At{})).Version())
	// Output:
	// open table mem://managed: the table is catalogManaged, and only its catalog knows its versions: Options.Committer must be a log.Catalog
	// 0
}

// A table is looked at whole: what is wrong is named with its object.
func ExampleVerify() {
	ctx := context.Background()
	store := storage.NewMemory(nil)
	opts := &table.Options{Store: store}
	s, _, err := rows.Schema[Trip]()
	t := must(table.Create(ctx, "", nil, &table.CreateOptions{Options: *opts, Schema: must(s, err)}))
	must(t.Append(ctx, must(rows.Of([]Trip{{1, "Oslo", nil}})), nil))
	t.Close(ctx)

	must(0, store.Put(ctx, "_delta_log/_last_checkpoint", []byte(`{"version":7}`)))
	report := must(table.Verify(ctx, "", opts, &table.VerifyOptions{Deep: true, Found: func(f table.Fault) {
		fmt.Println(f.Object, "is", f.Kind+":", f.Detail)
	}}))
	fmt.Println(report.Commits, "commits,", report.Rows, "row,", report.Faults, "fault")
	// Output:
	// _delta_log/_last_checkpoint is wrong: it names the checkpoint of version 7, which is not there
	// 2 commits, 1 row, 1 fault
}
