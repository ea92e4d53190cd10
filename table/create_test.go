package table_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func TestCreateOnATableThatIsThere(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint NOT NULL, p string", &table.CreateOptions{PartitionBy: []string{"P"}})
	for _, c := range []struct {
		columns string
		opts    table.CreateOptions
		want    error
	}{
		{"id bigint, p string", table.CreateOptions{PartitionBy: []string{"p"}}, table.ErrExists},
		{"id bigint NOT NULL, p string", table.CreateOptions{PartitionBy: []string{"p"}, IfNotExists: true}, nil},
		{"id bigint, p string", table.CreateOptions{PartitionBy: []string{"P"}, IfNotExists: true}, nil},
		{"id bigint, p string", table.CreateOptions{IfNotExists: true}, table.ErrExists},
		{"id int, p string", table.CreateOptions{PartitionBy: []string{"p"}, IfNotExists: true}, table.ErrExists},
		{"id bigint, p string, q int", table.CreateOptions{PartitionBy: []string{"p"}, IfNotExists: true}, table.ErrExists},
	} {
		if err := tryCreate(st, c.columns, &c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s, %+v: %v, want %v", c.columns, c.opts, err, c.want)
		}
	}
	if n := logLength(t, st); n != 1 {
		t.Errorf("the log has %d commits", n)
	}
}

func TestExistsIsWhatOpenFinds(t *testing.T) {
	st := storage.NewMemory(nil)
	ctx := context.Background()
	exists := func() bool { return must(table.Exists(ctx, "", &table.Options{Store: st})) }
	if exists() {
		t.Error("an empty place")
	}
	put(t, st, "_delta_log/.tmp-1", "x")
	put(t, st, "_delta_log/_last_checkpoint", `{"version":3,"size":1}`)
	if exists() {
		t.Error("a folder of a log without commits")
	}
	remove(t, st, "")
	create(t, st, "id bigint", nil)
	if !exists() {
		t.Error("a table")
	}
}

// TestNewTablesAreWhatWasAskedFor: protocol, metadata, and nothing that other
// engines do not need to know.
func TestNewTablesAreWhatWasAskedFor(t *testing.T) {
	for _, c := range []struct {
		columns    string
		properties map[string]string
		protocol   string
	}{
		{"id bigint", nil, "1 2 [] []"},
		{"id bigint", map[string]string{"delta.constraints.c": "id > 0"}, "1 3 [] []"},
		{"id bigint", map[string]string{"delta.enableChangeDataFeed": "true"}, "1 4 [] []"},
		{"id bigint, at timestamp_ntz", nil, "3 7 [timestampNtz] [appendOnly invariants timestampNtz]"},
		{"id bigint", map[string]string{"delta.enableInCommitTimestamps": "true"}, "1 7 [] [appendOnly inCommitTimestamp invariants]"},
	} {
		st := storage.NewMemory(nil)
		tbl := create(t, st, c.columns, &table.CreateOptions{Properties: c.properties, Name: "trips", Description: "all of them"})
		s := latest(t, tbl)
		p := s.Protocol()
		if got := fmt.Sprint(p.MinReaderVersion, p.MinWriterVersion, p.ReaderFeatures, p.WriterFeatures); got != c.protocol && got != fmt.Sprint(c.protocol) {
			t.Errorf("%s, %v: protocol %s, want %s", c.columns, c.properties, got, c.protocol)
		}
		md := s.Metadata()
		if md.ID == "" || *md.Name != "trips" || *md.Description != "all of them" || md.Format.Provider != "parquet" || md.CreatedTime == nil || len(md.PartitionColumns) != 0 {
			t.Errorf("metadata %+v", md)
		}
		for k, v := range c.properties {
			if md.Configuration[k] != v {
				t.Errorf("%s = %q", k, md.Configuration[k])
			}
		}
		if s.Version() != 0 || len(s.Apps()) != 0 || len(s.Domains()) != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestArrowSchemasBecomeColumns in every type that Create takes.
func TestArrowSchemasBecomeColumns(t *testing.T) {
	for want, typ := range map[string]arrow.DataType{
		"smallint": arrow.PrimitiveTypes.Uint8, "int": arrow.PrimitiveTypes.Uint16, "bigint": arrow.PrimitiveTypes.Uint32, "decimal(20,0)": arrow.PrimitiveTypes.Uint64,
		"tinyint": arrow.PrimitiveTypes.Int8, "float": arrow.FixedWidthTypes.Float16, "timestamp": &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Paris"},
		"timestamp_ntz": &arrow.TimestampType{Unit: arrow.Second}, "string": &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.LargeString},
		"binary": &arrow.FixedSizeBinaryType{ByteWidth: 3}, "array<int>": arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32), "decimal(30,5)": &arrow.Decimal256Type{Precision: 30, Scale: 5},
		"map<string,struct<a:date>>": arrow.MapOf(text, arrow.StructOf(col("a", arrow.FixedWidthTypes.Date64))),
	} {
		tbl, err := table.Create(context.Background(), "", arrow.NewSchema([]arrow.Field{col("c", typ)}, nil), &table.CreateOptions{Options: table.Options{Store: storage.NewMemory(nil)}})
		if err != nil {
			t.Errorf("%v: %v", typ, err)
			continue
		}
		if got := latest(t, tbl).Schema(); !schema.Equal(got, must(schema.ParseColumns("c "+want))) {
			t.Errorf("%v is %v, want %s", typ, got, want)
		}
		closeTable(t, tbl)
	}
	for _, typ := range []arrow.DataType{arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.MonthInterval, &arrow.Decimal256Type{Precision: 40}} {
		st := storage.NewMemory(nil)
		refused(t, st, table.ErrSchema, "c", func() error {
			_, err := table.Create(context.Background(), "", arrow.NewSchema([]arrow.Field{col("c", typ)}, nil), &table.CreateOptions{Options: table.Options{Store: st}})
			return err
		})
	}
}

func TestCreateRecordsAnApplication(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Commit: table.CommitOptions{AppID: "setup", AppVersion: 3, Info: map[string]string{"by": "me"}}})
	if v, ok := latest(t, tbl).TxnVersion("setup"); v != 3 || !ok {
		t.Errorf("%d, %v", v, ok)
	}
	if c := mustAppend(t, tbl, ids(t, 1), once("setup", 3)); !c.Skipped {
		t.Errorf("%+v", c)
	}
	for info, err := range tbl.History(context.Background()) {
		if err != nil || info.UserMetadata == nil || *info.UserMetadata != `{"by":"me"}` {
			t.Errorf("%+v, %v", info, err)
		}
	}
}

func TestAlterChangesProperties(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"owner": "a", "delta.checkpointInterval": "3", "delta.constraints.c": "id > 0"}})
	ctx := context.Background()
	alter := func(a table.Alter) table.Commit {
		t.Helper()
		c, err := tbl.Alter(ctx, a, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := alter(table.Alter{SetProperties: map[string]string{"owner": "a"}}); !c.Skipped || c.Version != 0 {
		t.Errorf("a change that changes nothing: %+v", c)
	}
	alter(table.Alter{SetProperties: map[string]string{"DELTA.checkpointinterval": "7", "Owner": "b"}, UnsetProperties: []string{"owner", "delta.Constraints.C", "never"}})
	got := latest(t, open(t, st, nil)).Metadata().Configuration
	if fmt.Sprint(got) != fmt.Sprint(map[string]string{"Owner": "b", "delta.checkpointInterval": "7"}) {
		t.Errorf("%v", got)
	}
	mustAppend(t, tbl, ids(t, -1), nil) // the constraint is gone
	for name, a := range map[string]table.Alter{
		"a new constraint":          {SetProperties: map[string]string{"delta.constraints.x": "id > 0"}},
		"a feature the table lacks": {SetProperties: map[string]string{"delta.enableInCommitTimestamps": "true"}},
	} {
		refused(t, st, table.ErrUnsupported, "", func() error { _, err := tbl.Alter(ctx, a, nil); t.Log(name); return err })
	}
	refused(t, st, nil, "", func() error {
		if _, err := tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"delta.appendOnly": "perhaps"}}, nil); err == nil {
			t.Error("a value that is none")
		}
		return nil
	})
}

// TestAlterDoesNotTurnOnWhatIsBeyondUs: a protocol may list what a table does
// not use.
func TestAlterDoesNotTurnOnWhatIsBeyondUs(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	foreign(t, st, 1, &log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5})
	tbl := open(t, st, nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	refused(t, st, table.ErrUnsupported, "columnMapping", func() error {
		_, err := tbl.Alter(context.Background(), table.Alter{SetProperties: map[string]string{"delta.columnMapping.mode": "name"}}, nil)
		return err
	})
	wantRows(t, tbl, `{"id":1}`)
}
