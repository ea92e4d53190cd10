package table_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func TestHistorySaysWhoDidWhat(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	ctx := context.Background()
	mustAppend(t, tbl, ids(t, 1, 2), &table.WriteOptions{CommitOptions: table.CommitOptions{Info: map[string]string{"why": "<test> & \"quotes\""}}})
	if _, err := tbl.Overwrite(ctx, all, ids(t, 3), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"a": "b"}}, nil); err != nil {
		t.Fatal(err)
	}
	snap := latest(t, tbl)
	foreign(t, st, 4, changed(snap, func(m *log.Metadata) { m.Configuration["c"] = "d" })) // no commitInfo
	var got []log.CommitInfo
	for info, err := range tbl.History(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, info)
	}
	var ops []string
	seen := map[string]bool{}
	for i, info := range got {
		ops = append(ops, info.Operation)
		if info.Version != log.Version(4-i) {
			t.Errorf("entry %d is version %d", i, info.Version)
		}
		if i > 0 && (info.TxnID == "" || seen[info.TxnID] || info.EngineInfo == "" || info.Timestamp == nil) {
			t.Errorf("version %d: %+v", info.Version, info)
		}
		seen[info.TxnID] = true
	}
	if want := []string{"", "SET TBLPROPERTIES", "WRITE", "WRITE", "CREATE TABLE"}; !slices.Equal(ops, want) {
		t.Fatalf("operations %q", ops)
	}
	appended, overwritten := got[3], got[2]
	if appended.IsBlindAppend == nil || !*appended.IsBlindAppend || overwritten.IsBlindAppend == nil || *overwritten.IsBlindAppend {
		t.Error("an append is blind, an overwrite is not")
	}
	if appended.UserMetadata == nil {
		t.Fatal("no user metadata")
	}
	var info map[string]string
	if err := json.Unmarshal([]byte(*appended.UserMetadata), &info); err != nil || info["why"] != "<test> & \"quotes\"" {
		t.Errorf("user metadata %s", *appended.UserMetadata)
	}
	for i, want := range map[int]string{3: "Append", 2: "Overwrite"} {
		if got := string(got[i].OperationParameters["mode"]); !strings.Contains(got, want) {
			t.Errorf("mode %s, want %s", got, want)
		}
	}
	if got := string(overwritten.OperationMetrics["numRemovedFiles"]); got != `"1"` {
		t.Errorf("removed files %s", got)
	}
}

func TestHistoryCanBeBrokenOff(t *testing.T) {
	tbl := manyFiles(t, storage.NewMemory(nil), 3)
	for info, err := range tbl.History(context.Background()) {
		if err != nil || info.Version != 3 {
			t.Errorf("%d, %v", info.Version, err)
		}
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n := 0
	for _, err := range tbl.History(ctx) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("after the end of ctx: %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestLogYieldsACommitAsItWasWritten(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := manyFiles(t, st, 2)
	var kinds []string
	for a, err := range tbl.Log(context.Background(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, fmt.Sprintf("%T", a))
	}
	if want := []string{"*log.CommitInfo", "*log.AddFile"}; !slices.Equal(kinds, want) {
		t.Errorf("%v", kinds)
	}
	for _, v := range []int64{3, -1, 1 << 62} {
		for _, err := range tbl.Log(context.Background(), v) {
			if !errors.Is(err, table.ErrVersionGone) {
				t.Errorf("version %d: %v", v, err)
			}
		}
	}
}
