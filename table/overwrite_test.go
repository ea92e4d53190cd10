package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func TestOverwriteReplacesEverything(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p string", &table.CreateOptions{PartitionBy: []string{"p"}, Properties: map[string]string{"delta.checkpointInterval": "3"}})
	row := func(id int, p string) string { return fmt.Sprintf(`[{"id":%d,"p":"%s"}]`, id, p) }
	for i := range 4 {
		mustAppend(t, tbl, data(t, row(i, string(rune('a'+i))), col("id", long), col("p", text)), nil)
	}
	c, err := tbl.Overwrite(context.Background(), all, data(t, row(9, "z"), col("id", long), col("p", text)), nil)
	if err != nil || c.Metrics.FilesRemoved != 4 || c.Metrics.Files != 1 || c.Metrics.Rows != 1 || c.Version != 5 {
		t.Errorf("%+v, %v", c, err)
	}
	wantRows(t, open(t, st, nil), `{"id":9,"p":"z"}`)
	// The tombstones say what they removed.
	removed := map[string]bool{}
	for a, err := range tbl.Log(context.Background(), 5) {
		if err != nil {
			t.Fatal(err)
		}
		if r, is := a.(*log.RemoveFile); is {
			removed[*r.PartitionValues["p"]] = true
			if !r.DataChange || r.DeletionTimestamp == nil || *r.Size <= 0 {
				t.Errorf("%+v", r)
			}
		}
	}
	if len(removed) != 4 {
		t.Errorf("removed %v", removed)
	}
	// With nothing, too; and of nothing.
	for range 2 {
		if c, err = tbl.Overwrite(context.Background(), all, ids(t), nil); err != nil || c.Skipped || c.Metrics.Files != 0 {
			t.Errorf("%+v, %v", c, err)
		}
	}
	wantRows(t, tbl)
	if n, err := latest(t, tbl).Scan(nil).Count(context.Background()); n != 0 || err != nil {
		t.Errorf("counts %d, %v", n, err)
	}
}

func TestOverwriteMayAddColumns(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	in := data(t, `[{"n":2}]`, col("n", long))
	if _, err := tbl.Overwrite(context.Background(), all, in, nil); !errors.Is(err, table.ErrSchema) {
		t.Errorf("without MergeSchema: %v", err)
	}
	in = data(t, `[{"n":2}]`, col("n", long))
	if _, err := tbl.Overwrite(context.Background(), all, in, &table.WriteOptions{MergeSchema: true}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, tbl, `{"id":null,"n":2}`)
}

func TestOverwriteWithAPredicateIsRefused(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	refused(t, st, table.ErrUnsupported, "predicate", func() error {
		_, err := tbl.Overwrite(context.Background(), expr.SQL("id = 1"), ids(t, 2), nil)
		return err
	})
}

// TestOverwriteReadsTheNewestVersion through a handle that is behind.
func TestOverwriteReadsTheNewestVersion(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	behind, other := open(t, st, nil), open(t, st, nil)
	mustAppend(t, other, ids(t, 1, 2), nil)
	c, err := behind.Overwrite(context.Background(), all, ids(t, 3), nil)
	if err != nil || c.Attempts != 1 || c.Metrics.FilesRemoved != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	wantRows(t, other, `{"id":3}`)
}

// TestPreCommitMayRefuse, and then nothing is left.
func TestPreCommitMayRefuse(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", nil)
	no := errors.New("not this tenant")
	var seen []string
	tbl := open(t, st, &table.Options{PreCommit: func(_ context.Context, s table.Staged) error {
		for _, a := range s.Actions {
			seen = append(seen, strings.TrimPrefix(fmt.Sprintf("%T", a), "*log."))
		}
		if s.Version != 1 {
			t.Errorf("version %d", s.Version)
		}
		return no
	}})
	refused(t, st, no, "refused", func() error {
		_, err := tbl.Append(context.Background(), ids(t, 1), nil)
		return err
	})
	if !slices.Equal(seen, []string{"CommitInfo", "AddFile"}) {
		t.Errorf("%v", seen)
	}
}
