package table_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// refused says that an operation must fail with an error that is want, names
// what is at fault, and leaves the store as it was.
func refused(t *testing.T, st storage.Store, want error, names string, op func() error) {
	t.Helper()
	before := objects(t, st)
	err := op()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want an error that is %q", err, want)
	}
	if err != nil && !strings.Contains(err.Error(), names) {
		t.Errorf("%q does not name %q", err, names)
	}
	if after := objects(t, st); !slices.Equal(before, after) {
		t.Errorf("something was left behind: %v, was %v", after, before)
	}
}

func openAndScan(st storage.Store) error {
	tbl, err := table.Open(context.Background(), "", &table.Options{Store: st})
	if err != nil {
		return err
	}
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		return err
	}
	_, err = tryRows(s, nil)
	return errors.Join(err, tbl.Close(context.Background()))
}

func TestWhatIsNoTableIsNotOpened(t *testing.T) {
	st := storage.NewMemory(nil)
	put(t, st, "somebody's file.txt", "hello")
	refused(t, st, table.ErrNotTable, "_delta_log", func() error { return openAndScan(st) })
	if ok, err := table.Exists(context.Background(), "", &table.Options{Store: st}); ok || err != nil {
		t.Errorf("exists: %v, %v", ok, err)
	}
}

func TestWhatIsForbiddenIsDenied(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	denied := faults.New(st, func(_ context.Context, op faults.Op) faults.Fault {
		return faults.Fault{Effect: faults.ErrBefore, Err: fs.ErrPermission}
	})
	refused(t, st, table.ErrDenied, "_delta_log", func() error { return openAndScan(denied) })
	_, err := table.Exists(context.Background(), "", &table.Options{Store: denied})
	if !errors.Is(err, table.ErrDenied) {
		t.Errorf("exists: %v; a denied look is no answer", err)
	}
}

func TestDeniedCommitLeavesNothing(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	tbl := open(t, faults.New(st, func(_ context.Context, op faults.Op) faults.Fault {
		if op.Kind == faults.PutIfAbsent {
			return faults.Fault{Effect: faults.ErrBefore, Err: fs.ErrPermission}
		}
		return faults.Fault{}
	}), nil)
	refused(t, st, table.ErrDenied, "00000000000000000001.json", func() error {
		_, err := tbl.Append(context.Background(), ids(t, 1), nil)
		return err
	})
}

func TestNewerProtocolsAreRefusedByName(t *testing.T) {
	for _, c := range []struct {
		name     string
		protocol *log.Protocol
		names    string
		read     bool
	}{
		{"reader version", &log.Protocol{MinReaderVersion: 4, MinWriterVersion: 7}, "readerVersion 4", false},
		{"writer version", &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 8}, "writerVersion 8", true},
		{"reader features", &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors", "teleport"},
			WriterFeatures: []string{"deletionVectors", "teleport"}}, "teleport", false},
		{"writer features", &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"rowTracking", "flight"}}, "flight, rowTracking", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := storage.NewMemory(nil)
			mustAppend(t, create(t, st, "id bigint", nil), ids(t, 1), nil)
			foreign(t, st, 2, c.protocol)
			if c.read {
				if err := openAndScan(st); err != nil {
					t.Errorf("the table can be read: %v", err)
				}
				tbl := open(t, st, nil)
				refused(t, st, table.ErrUnsupported, c.names, func() error {
					_, err := tbl.Append(context.Background(), ids(t, 1), nil)
					return err
				})
				return
			}
			refused(t, st, table.ErrUnsupported, c.names, func() error { return openAndScan(st) })
		})
	}
}

func TestHandleMeetsAProtocolItCannotRead(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	foreign(t, st, 1, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"x"}, WriterFeatures: []string{"x"}})
	refused(t, st, table.ErrUnsupported, "x", func() error {
		_, err := tbl.Append(context.Background(), ids(t, 1), nil)
		return err
	})
	refused(t, st, table.ErrUnsupported, "x", func() error {
		_, err := tbl.Snapshot(context.Background(), table.At{})
		return err
	})
}

func TestGapInTheLogIsCorrupt(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	for range 3 {
		mustAppend(t, tbl, ids(t, 1), nil)
	}
	remove(t, st, "2.json")
	refused(t, st, table.ErrCorrupt, "commit 2", func() error { return openAndScan(st) })
	remove(t, st, "0.json")
	remove(t, st, "3.json")
	refused(t, st, table.ErrCorrupt, "commit 0", func() error { return openAndScan(st) })
}

func TestDamagedCommitIsCorrupt(t *testing.T) {
	st := storage.NewMemory(nil)
	mustAppend(t, create(t, st, "id bigint", nil), ids(t, 1), nil)
	remove(t, st, ".crc")
	body := string(get(t, st, log.CommitName(1)))
	for _, cut := range []string{body[:len(body)-9], strings.Replace(body, `"size":`, `"size"`, 1), "\x00\x01", "[]"} {
		put(t, st, log.CommitName(1), cut)
		refused(t, st, table.ErrCorrupt, "00000000000000000001.json", func() error { return openAndScan(st) })
	}
}

func TestHintThatLiesCostsTimeOnly(t *testing.T) {
	for _, hint := range []string{`{"version":7,"size":3}`, `{"version":-1}`, `}`, "", `{"version":1,"size":9,"parts":3}`} {
		st := storage.NewMemory(nil)
		mustAppend(t, create(t, st, "id bigint", nil), ids(t, 1), nil)
		put(t, st, log.HintName, hint)
		wantRows(t, open(t, st, nil), `{"id":1}`)
	}
}

func TestFileThatIsNoParquetIsCorrupt(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1, 2, 3), nil)
	name := dataFile(t, tbl)
	size := len(get(t, st, name))
	for _, body := range []string{strings.Repeat("x", size), "PAR1" + strings.Repeat("\x00", size-8) + "PAR1", string(get(t, st, name))[:size-20]} {
		put(t, st, name, body)
		refused(t, st, table.ErrCorrupt, name, func() error { return openAndScan(st) })
	}
	remove(t, st, name)
	refused(t, st, fs.ErrNotExist, name, func() error { return openAndScan(st) })
}

func dataFile(t *testing.T, tbl *table.Table) string {
	t.Helper()
	for f, err := range latest(t, tbl).Files(context.Background(), all) {
		if err != nil {
			t.Fatal(err)
		}
		name, err := log.DecodePath(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Fatal("the table has no file")
	return ""
}

func TestDataThatDoesNotFitIsRefused(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, name string", nil)
	for _, c := range []struct {
		name  string
		want  error
		names string
		err   func() error
	}{
		{"type", table.ErrSchema, `"id"`, func() error {
			_, err := tbl.Append(context.Background(), data(t, `[{"id":"x"}]`, col("id", text)), nil)
			return err
		}},
		{"unknown column", table.ErrSchema, `"age"`, func() error {
			_, err := tbl.Append(context.Background(), data(t, `[{"age":1}]`, col("age", long)), nil)
			return err
		}},
		{"type, merging", table.ErrSchema, `id`, func() error {
			_, err := tbl.Append(context.Background(), data(t, `[{"id":"x"}]`, col("id", text)), &table.WriteOptions{MergeSchema: true})
			return err
		}},
		{"overwrite", table.ErrSchema, `"id"`, func() error {
			_, err := tbl.Overwrite(context.Background(), all, data(t, `[{"id":"x"}]`, col("id", text)), nil)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, st, c.want, c.names, c.err) })
	}
}

func TestNullInAColumnThatIsNotNullIsRefusedWithItsRow(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint NOT NULL, p string NOT NULL", &table.CreateOptions{PartitionBy: []string{"p"}})
	for rows, want := range map[string]table.ConstraintError{
		`[{"id":1,"p":"a"},{"id":null,"p":"a"}]`: {Name: "id", Row: 1},
		`[{"id":1,"p":"a"},{"id":2,"p":null}]`:   {Name: "p", Row: 1},
	} {
		var c *table.ConstraintError
		refused(t, st, table.ErrConstraint, want.Name, func() error {
			_, err := tbl.Append(context.Background(), data(t, rows, col("id", long), col("p", text)), nil)
			if !errors.As(err, &c) || c.Name != want.Name || c.Row != want.Row {
				t.Errorf("%s: got %+v, want %+v", rows, c, want)
			}
			return err
		})
	}
	refused(t, st, table.ErrConstraint, `"p"`, func() error {
		_, err := tbl.Append(context.Background(), ids(t, 1), nil)
		return err
	})
	refused(t, st, table.ErrConstraint, `"p"`, func() error { // an empty partition value is null
		_, err := tbl.Append(context.Background(), data(t, `[{"id":1,"p":"a"},{"id":2,"p":""}]`, col("id", long), col("p", text)), nil)
		return err
	})
}

func TestPathsThatLeaveTheTableAreRefused(t *testing.T) {
	for _, path := range []string{"../secret", "a/../../secret", "%2e%2e/secret", "/etc/passwd", "file:///etc/passwd", "s3://other/x", `..\secret`, "a%00b"} {
		t.Run(path, func(t *testing.T) {
			st := storage.NewMemory(nil)
			create(t, st, "id bigint", nil)
			foreign(t, st, 1, &log.AddFile{Path: path, PartitionValues: map[string]*string{}, Size: 10, DataChange: true})
			before := objects(t, st)
			err := openAndScan(st)
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v, want a refusal before anything is read", err)
			}
			if !slices.Equal(before, objects(t, st)) {
				t.Error("something was left behind")
			}
		})
	}
}

func TestFileOfImpossibleSizeIsAnError(t *testing.T) {
	for _, size := range []string{"0", "-5", "9223372036854775807", "4"} {
		st := storage.NewMemory(nil)
		tbl := create(t, st, "id bigint", nil)
		mustAppend(t, tbl, ids(t, 1), nil)
		put(t, st, "x.parquet", string(get(t, st, dataFile(t, tbl))))
		put(t, st, log.CommitName(2), `{"add":{"path":"x.parquet","partitionValues":{},"size":`+size+`,"modificationTime":1,"dataChange":true}}`)
		if err := openAndScan(st); !errors.Is(err, table.ErrCorrupt) || !strings.Contains(err.Error(), "x.parquet") {
			t.Errorf("size %s: %v", size, err)
		}
	}
}

func TestTablesAreNotMadeOfWhatCannotBe(t *testing.T) {
	st := storage.NewMemory(nil)
	for _, c := range []struct {
		name, columns string
		opts          table.CreateOptions
		want          error
		names         string
	}{
		{"all columns are partition columns", "a int", table.CreateOptions{PartitionBy: []string{"a"}}, table.ErrSchema, "a"},
		{"unknown partition column", "a int", table.CreateOptions{PartitionBy: []string{"b"}}, table.ErrSchema, "b"},
		{"binary partition column", "a int, b binary", table.CreateOptions{PartitionBy: []string{"b"}}, table.ErrSchema, "b"},
		{"deletion vectors", "a int", table.CreateOptions{Properties: map[string]string{"delta.enableDeletionVectors": "true"}}, table.ErrUnsupported, "deletionVectors"},
		{"column mapping", "a int", table.CreateOptions{Properties: map[string]string{"delta.columnMapping.mode": "name"}}, table.ErrUnsupported, "columnMapping"},
		{"constraint that cannot be understood", "a int", table.CreateOptions{Properties: map[string]string{"delta.constraints.c": "frobnicate(a)"}}, table.ErrUnsupported, "frobnicate"},
		{"constraint on nothing", "a int", table.CreateOptions{Properties: map[string]string{"delta.constraints.c": "b > 1"}}, table.ErrUnsupported, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, st, c.want, c.names, func() error {
				return tryCreate(st, c.columns, &c.opts)
			})
		})
	}
	refused(t, st, table.ErrSchema, `"A"`, func() error {
		_, err := table.Create(context.Background(), "", arrow.NewSchema([]arrow.Field{col("a", long), col("A", long)}, nil), &table.CreateOptions{Options: table.Options{Store: st}})
		return err
	})
	for _, properties := range []map[string]string{
		{"delta.chekpointInterval": "5"}, {"delta.checkpointInterval": "0"}, {"delta.appendOnly": "yes"}, {"delta.constraints.": "a > 1"},
		{"delta.appendonly": "true", "delta.appendOnly": "true"}, {"delta.logRetentionDuration": "soon"},
	} {
		if err := tryCreate(st, "a int", &table.CreateOptions{Properties: properties}); err == nil || !strings.Contains(err.Error(), "delta.") {
			t.Errorf("%v: %v", properties, err)
		}
	}
	if got := objects(t, st); len(got) > 0 {
		t.Errorf("something was left behind: %v", got)
	}
}

func TestReadOnlyTablesChangeNothing(t *testing.T) {
	st := storage.NewMemory(nil)
	mustAppend(t, create(t, st, "id bigint", nil), ids(t, 1), nil)
	tbl := open(t, st, &table.Options{ReadOnly: true})
	ctx := context.Background()
	for name, op := range map[string]func() error{
		"append":     func() error { _, err := tbl.Append(ctx, ids(t, 1), nil); return err },
		"overwrite":  func() error { _, err := tbl.Overwrite(ctx, all, ids(t, 1), nil); return err },
		"alter":      func() error { _, err := tbl.Alter(ctx, table.Alter{}, nil); return err },
		"checkpoint": func() error { _, err := tbl.Checkpoint(ctx); return err },
		"resolve":    func() error { _, _, err := tbl.Resolve(ctx, &table.CommitUnknownError{}, false); return err },
		"create": func() error {
			return tryCreate(storage.NewMemory(nil), "a int", &table.CreateOptions{Options: table.Options{ReadOnly: true}})
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, st, table.ErrReadOnly, "read-only", op) })
	}
	wantRows(t, tbl, `{"id":1}`)
}

func TestClosedTablesDoNothing(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	closeTable(t, tbl)
	ctx := context.Background()
	for name, op := range map[string]func() error{
		"append":     func() error { _, err := tbl.Append(ctx, ids(t, 1), nil); return err },
		"overwrite":  func() error { _, err := tbl.Overwrite(ctx, all, ids(t, 1), nil); return err },
		"alter":      func() error { _, err := tbl.Alter(ctx, table.Alter{}, nil); return err },
		"checkpoint": func() error { _, err := tbl.Checkpoint(ctx); return err },
		"resolve":    func() error { _, _, err := tbl.Resolve(ctx, &table.CommitUnknownError{}, false); return err },
		"snapshot":   func() error { _, err := tbl.Snapshot(ctx, table.At{}); return err },
		"history": func() error {
			for _, err := range tbl.History(ctx) {
				return err
			}
			return nil
		},
		"log": func() error {
			for _, err := range tbl.Log(ctx, 0) {
				return err
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, st, table.ErrClosed, "closed", op) })
	}
	closeTable(t, tbl) // again is no error
}

// TestAColumnOfAnUnknownTypeIsRefusedByName: where the type has a name, the
// table opens, and is read but for that column.
func TestAColumnOfAnUnknownTypeIsRefusedByName(t *testing.T) {
	ctx := context.Background()
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	withColumn := func(typ string) *log.Metadata {
		return changed(latest(t, tbl), func(md *log.Metadata) {
			md.SchemaString = strings.Replace(md.SchemaString, "]}", `,{"name":"new","type":"`+typ+`","nullable":true,"metadata":{}}]}`, 1)
		})
	}
	named := func(err error, typ string) {
		t.Helper()
		if !errors.Is(err, table.ErrUnsupported) || errors.Is(err, table.ErrSchema) || !strings.Contains(err.Error(), `column "new": type "`+typ+`"`) {
			t.Errorf("%s: %v", typ, err)
		}
	}
	interval, geometry := withColumn("interval day to second"), withColumn("geometry(OGC:CRS84)")
	foreign(t, st, 2, interval)
	s := latest(t, open(t, st, nil))
	_, err := tryRows(s, nil)
	named(err, "interval day to second")
	if got := rowsOf(t, s, &table.ScanOptions{Columns: []string{"id"}}); !slices.Equal(got, []string{`{"id":1}`}) {
		t.Error(got)
	}
	foreign(t, st, 3, geometry)
	_, err = table.Open(ctx, "", &table.Options{Store: st})
	named(err, "geometry(OGC:CRS84)")
}
