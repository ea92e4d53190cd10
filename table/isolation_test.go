package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// lostRace runs the loser so that the winner commits after the loser's files are
// written and before its first commit is put.
func lostRace(t *testing.T, raw storage.Store, winner func(), loser func(*table.Table) (table.Commit, error)) (table.Commit, error) {
	t.Helper()
	var first sync.Once
	parked := faults.Park(raw, func(_ context.Context, op faults.Op) {
		if op.Kind == faults.PutIfAbsent {
			first.Do(winner)
		}
	})
	return loser(open(t, parked, &table.Options{Retry: eager}))
}

// TestConcurrentOperations is the matrix of losers and winners for the
// operations that exist. What a loser may do again with the files that it has
// written, it does: an overwrite replaces all rows, whatever they are by then.
func TestConcurrentOperations(t *testing.T) {
	ctx := context.Background()
	type op struct {
		name string
		run  func(*table.Table, table.Isolation) (table.Commit, error)
	}
	isolated := func(l table.Isolation) *table.WriteOptions {
		return &table.WriteOptions{CommitOptions: table.CommitOptions{Isolation: l}}
	}
	appendTo := op{"append", func(tbl *table.Table, l table.Isolation) (table.Commit, error) {
		return tbl.Append(ctx, simRows([]int64{2}), isolated(l))
	}}
	merge := op{"append that adds a column", func(tbl *table.Table, l table.Isolation) (table.Commit, error) {
		opts := isolated(l)
		opts.MergeSchema = true
		return tbl.Append(ctx, faultRows([]int64{2}), opts) // id and part
	}}
	overwrite := op{"overwrite", func(tbl *table.Table, l table.Isolation) (table.Commit, error) {
		return tbl.Overwrite(ctx, all, simRows([]int64{3}), isolated(l))
	}}
	alter := op{"alter", func(tbl *table.Table, l table.Isolation) (table.Commit, error) {
		return tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"owner": "me"}}, &table.CommitOptions{Isolation: l})
	}}
	winners := map[string]struct {
		run  func(*testing.T, *table.Table, storage.Store)
		rows []int64 // after it
	}{
		"append": {func(t *testing.T, w *table.Table, _ storage.Store) { mustAppend(t, w, ids(t, 10), nil) }, []int64{1, 10}},
		"overwrite": {func(t *testing.T, w *table.Table, _ storage.Store) {
			if _, err := w.Overwrite(ctx, all, ids(t, 20), nil); err != nil {
				t.Error(err)
			}
		}, []int64{20}},
		"alter": {func(t *testing.T, w *table.Table, _ storage.Store) {
			if _, err := w.Alter(ctx, table.Alter{SetProperties: map[string]string{"k": "v"}}, nil); err != nil {
				t.Error(err)
			}
		}, []int64{1}},
		"new column": {func(t *testing.T, w *table.Table, _ storage.Store) {
			mustAppend(t, w, data(t, `[{"id":11,"more":1}]`, col("id", long), col("more", long)), &table.WriteOptions{MergeSchema: true})
		}, []int64{1, 11}},
		"new constraint": {func(t *testing.T, w *table.Table, st storage.Store) {
			foreign(t, st, 2, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 3},
				changed(latest(t, w), func(m *log.Metadata) { m.Configuration["delta.constraints.big"] = "id > 100" }))
		}, []int64{1}},
		"append-only": {func(t *testing.T, w *table.Table, _ storage.Store) {
			if _, err := w.Alter(ctx, table.Alter{SetProperties: map[string]string{"delta.appendOnly": "true"}}, nil); err != nil {
				t.Error(err)
			}
		}, []int64{1}},
		"protocol beyond us": {func(t *testing.T, _ *table.Table, st storage.Store) {
			foreign(t, st, 2, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"teleport"}})
		}, []int64{1}},
	}
	const fine = conflict.Kind("")
	refusal := conflict.Kind("unsupported")
	want := map[string]map[string]conflict.Kind{ // winner, loser
		"append":             {"append": fine, "append that adds a column": fine, "overwrite": fine, "alter": fine},
		"overwrite":          {"append": fine, "append that adds a column": fine, "overwrite": fine, "alter": fine},
		"alter":              {"append": fine, "append that adds a column": conflict.MetadataChanged, "overwrite": fine, "alter": conflict.MetadataChanged},
		"new column":         {"append": fine, "append that adds a column": conflict.MetadataChanged, "overwrite": fine, "alter": conflict.MetadataChanged},
		"new constraint":     {"append": conflict.ProtocolChanged, "append that adds a column": conflict.ProtocolChanged, "overwrite": conflict.ProtocolChanged, "alter": conflict.ProtocolChanged},
		"append-only":        {"append": fine, "append that adds a column": conflict.MetadataChanged, "overwrite": conflict.MetadataChanged, "alter": conflict.MetadataChanged},
		"protocol beyond us": {"append": refusal, "append that adds a column": refusal, "overwrite": refusal, "alter": refusal},
	}
	levels := map[string]table.Isolation{"Serializable": table.Serializable, "WriteSerializable": table.WriteSerializable, "SnapshotIsolation": table.SnapshotIsolation}
	for _, loser := range []op{appendTo, merge, overwrite, alter} {
		for name, winner := range winners {
			for level, isolation := range levels {
				t.Run(fmt.Sprintf("%s loses to %s, %s", loser.name, name, level), func(t *testing.T) {
					st := storage.NewMemory(nil)
					w := create(t, st, "id bigint", nil)
					mustAppend(t, w, ids(t, 1), nil)
					c, err := lostRace(t, st, func() { winner.run(t, w, st) }, func(tbl *table.Table) (table.Commit, error) { return loser.run(tbl, isolation) })
					rows := slices.Clone(winner.rows)
					switch kind := want[name][loser.name]; kind {
					case fine:
						if err != nil || c.Version != 3 {
							t.Fatalf("%+v, %v", c, err)
						}
						switch {
						case loser.name == "overwrite" && (isolation == table.Serializable || name != "append"):
							rows = []int64{3}
						case loser.name == "overwrite":
							rows = []int64{3, 10} // as if the blind append came after
						case loser.name != "alter":
							rows = append(rows, 2)
						}
					case refusal:
						if !errors.Is(err, table.ErrUnsupported) || !strings.Contains(err.Error(), "teleport") {
							t.Errorf("%+v, %v", c, err)
						}
					default:
						var conflicted *table.ConflictError
						if !errors.As(err, &conflicted) || conflicted.Kind != kind || conflicted.Version != 2 || !errors.Is(err, table.ErrConflict) {
							t.Errorf("got %v, want %s with version 2", err, kind)
						}
						if n := logLength(t, st); n != 3 {
							t.Errorf("%d commits", n)
						}
					}
					slices.Sort(rows)
					if name != "protocol beyond us" {
						if got := newestRows(t, st); !slices.Equal(got, rows) {
							t.Errorf("the table holds %v, want %v", got, rows)
						}
					}
					orphans(t, st)
				})
			}
		}
	}
}

// newestRows is the ids of the newest version.
func newestRows(t *testing.T, st storage.Store) []int64 {
	t.Helper()
	rows, err := simScan(context.Background(), latest(t, open(t, st, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// orphans expects every data file in the store to be named by a commit.
func orphans(t *testing.T, st storage.Store) {
	t.Helper()
	var logs strings.Builder
	for v := range log.Version(logLength(t, st)) {
		logs.Write(get(t, st, log.CommitName(v)))
	}
	for _, o := range objects(t, st) {
		if name := o[:strings.LastIndex(o, " ")]; strings.HasSuffix(name, ".parquet") && !strings.HasPrefix(name, log.Dir) && !strings.Contains(logs.String(), name) {
			t.Errorf("%s was left behind", name)
		}
	}
}

// TestTheTablesIsolationLevelOnlyTightens: the option cannot loosen it.
func TestTheTablesIsolationLevelOnlyTightens(t *testing.T) {
	for _, c := range []struct {
		property string
		option   table.Isolation
		want     string
	}{
		{"", table.Serializable, "Serializable"}, {"", table.WriteSerializable, "WriteSerializable"}, {"", table.SnapshotIsolation, "SnapshotIsolation"},
		{"Serializable", table.SnapshotIsolation, "Serializable"}, {"WriteSerializable", table.SnapshotIsolation, "WriteSerializable"},
		{"WriteSerializable", table.Serializable, "Serializable"}, {"SnapshotIsolation", table.WriteSerializable, "WriteSerializable"},
	} {
		properties := map[string]string{}
		if c.property != "" {
			properties["delta.isolationLevel"] = c.property
		}
		tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Properties: properties})
		mustAppend(t, tbl, ids(t, 1), &table.WriteOptions{CommitOptions: table.CommitOptions{Isolation: c.option}})
		for info, err := range tbl.History(context.Background()) {
			if err != nil || info.IsolationLevel != c.want {
				t.Errorf("%+v: committed with %s, %v", c, info.IsolationLevel, err)
			}
			break
		}
	}
}
