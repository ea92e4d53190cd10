package table_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// withDeleted attaches a deletion vector of some rows to the files of a table,
// as another engine does.
func withDeleted(t *testing.T, st storage.Store, tbl *table.Table, rows ...int64) {
	t.Helper()
	s := latest(t, tbl)
	b := dv.Of(rows...)
	body := b.Encode()
	features := []string{"deletionVectors"}
	actions := []log.Action{&log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: append(features, "appendOnly", "invariants")}}
	for v := range log.Version(s.Version() + 1) {
		commit, err := log.ReadCommit(context.Background(), log.NewCommitter(st, nil), v, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range commit {
			if add, is := a.(*log.AddFile); is {
				actions = append(actions, &log.RemoveFile{Path: add.Path, DataChange: true})
				with := *add
				with.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: dv.InlineText(body), SizeInBytes: int32(len(body)), Cardinality: b.Len()}
				with.Stats = strings.Replace(with.Stats, `"numRecords"`, `"tightBounds":false,"numRecords"`, 1)
				actions = append(actions, &with)
			}
		}
	}
	foreign(t, st, log.Version(s.Version()+1), actions...)
}

func TestEdgeD83CountIsOfRecordsWithoutTheDeleted(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1, 2, 3, 4, 5, 6, 7), nil)
	withDeleted(t, st, tbl, 0, 6)
	tbl = open(t, st, nil)
	for values, want := range map[string]string{ // what the bounds say includes what is deleted
		"min(id), max(id)": `{"max(id)":6,"min(id)":2}`, "count(id)": `{"count(id)":5}`, "count(*)": `{"count(1)":5}`,
	} {
		if got := aggregated(t, latest(t, tbl), nil, values, ""); got != want {
			t.Errorf("%s is %s, want %s", values, got, want)
		}
	}
	wantRows(t, tbl, `{"id":2}`, `{"id":3}`, `{"id":4}`, `{"id":5}`, `{"id":6}`)
	remove(t, st, ".parquet") // the log alone tells the count
	if got := aggregated(t, latest(t, tbl), nil, "count(*)", ""); got != `{"count(1)":5}` {
		t.Errorf("count(*) is %s", got)
	}
}

// A table that makes its keys itself is read, and not written to: which key is
// next, the start or the step beyond the mark, is not decided here.
func TestEdgeD94IdentityColumnsWithAndWithoutAMarkAreReadAndNotWritten(t *testing.T) {
	for name, mark := range map[string]string{"nothing was inserted": "", "some was": `"delta.identity.highWaterMark":7,`} {
		t.Run(name, func(t *testing.T) {
			st := storage.NewMemory(nil)
			tbl := create(t, st, "id bigint", nil)
			mustAppend(t, tbl, ids(t, 1), nil)
			foreign(t, st, 2, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 6}, changed(latest(t, tbl), func(m *log.Metadata) {
				m.SchemaString = strings.Replace(m.SchemaString, `"metadata":{}`, `"metadata":{`+mark+`"delta.identity.start":1,"delta.identity.step":2,"delta.identity.allowExplicitInsert":true}`, 1)
			}))
			tbl = open(t, st, nil)
			wantRows(t, tbl, `{"id":1}`)
			refused(t, st, table.ErrUnsupported, "identityColumns", func() error {
				_, err := tbl.Append(context.Background(), ids(t, 9), nil)
				return err
			})
		})
	}
}
