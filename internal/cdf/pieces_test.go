package cdf_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/cdf"
	"github.com/foreset/foreset/log"
)

// vector is a descriptor that nothing is behind.
func vector(id string) *log.DeletionVector {
	if id == "" {
		return nil
	}
	return &log.DeletionVector{StorageType: "u", PathOrInlineDV: id}
}

func add(path, dv string) *log.AddFile {
	return &log.AddFile{Path: path, DataChange: true, DeletionVector: vector(dv)}
}

func remove(path, dv string) *log.RemoveFile {
	return &log.RemoveFile{Path: path, DataChange: true, DeletionVector: vector(dv)}
}

func quiet(a log.Action) log.Action {
	switch a := a.(type) {
	case *log.AddFile:
		a.DataChange = false
	case *log.RemoveFile:
		a.DataChange = false
	}
	return a
}

func merge(inserted, updated, deleted string) *log.CommitInfo {
	m := map[string]json.RawMessage{}
	for name, n := range map[string]string{"numTargetRowsInserted": inserted, "numTargetRowsUpdated": updated, "numTargetRowsDeleted": deleted} {
		if n != "" {
			m[name] = json.RawMessage(n)
		}
	}
	return &log.CommitInfo{Operation: "MERGE", OperationMetrics: m}
}

// said is pieces in words.
func said(pieces []cdf.Piece) string {
	var out []string
	for _, p := range pieces {
		what := p.Change
		if what == "" {
			what = "recorded"
		}
		s := fmt.Sprintf("%s of %s", what, p.File.Path)
		if p.Marked {
			s += " in " + p.File.DeletionVector.ID()
			if p.Except != nil {
				s += " not in " + p.Except.ID()
			}
		} else if p.File.DeletionVector != nil {
			s += " without " + p.File.DeletionVector.ID()
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestPiecesAreTheRowsThatACommitChanged(t *testing.T) {
	recorded := &log.AddCDCFile{Path: "_change_data/c"}
	for name, c := range map[string]struct {
		actions []log.Action
		want    string
	}{
		"nothing":                               {nil, ""},
		"metadata only":                         {[]log.Action{&log.Metadata{}, &log.CommitInfo{}}, ""},
		"an append":                             {[]log.Action{add("a", "")}, "insert of a"},
		"an add with a vector: live rows":       {[]log.Action{add("a", "1")}, "insert of a without u1"},
		"a remove":                              {[]log.Action{remove("a", "")}, "delete of a"},
		"a remove with a vector: live rows":     {[]log.Action{remove("a", "1")}, "delete of a without u1"},
		"an overwrite: deletes first":           {[]log.Action{add("b", ""), remove("a", "")}, "delete of a, insert of b"},
		"recorded changes: nothing else counts": {[]log.Action{add("b", ""), remove("a", ""), recorded}, "recorded of _change_data/c"},
		"a first vector":                        {[]log.Action{remove("a", ""), add("a", "2")}, "delete of a in u2"},
		"a vector that goes":                    {[]log.Action{remove("a", "1"), add("a", "")}, "insert of a in u1"},
		"a vector for another":                  {[]log.Action{add("a", "2"), remove("a", "1")}, "delete of a in u2 not in u1, insert of a in u1 not in u2"},
		"no data change":                        {[]log.Action{quiet(add("b", "")), quiet(remove("a", "")), add("c", "")}, "insert of c"},
		"no data change of one file":            {[]log.Action{quiet(add("a", "")), quiet(remove("a", ""))}, ""},
		"one side says that data changed":       {[]log.Action{quiet(add("a", "2")), remove("a", "")}, "delete of a in u2"},
		"a merge that changed nothing":          {[]log.Action{merge(`"0"`, `"0"`, `"0"`), add("b", ""), remove("a", "")}, ""},
		"a merge that says so in numbers":       {[]log.Action{merge(`0`, `0`, `0`), add("b", ""), remove("a", "")}, ""},
		"a merge that inserted":                 {[]log.Action{merge(`"1"`, `"0"`, `"0"`), add("b", "")}, "insert of b"},
		"a merge that does not say it all":      {[]log.Action{merge(`"0"`, "", `"0"`), add("b", "")}, "insert of b"},
		"a merge that recorded changes":         {[]log.Action{merge(`"0"`, `"0"`, `"0"`), recorded}, "recorded of _change_data/c"},
		"a write with a merge's metrics":        {[]log.Action{&log.CommitInfo{Operation: "WRITE", OperationMetrics: merge(`"0"`, `"0"`, `"0"`).OperationMetrics}, add("b", "")}, "insert of b"},
	} {
		pieces, err := cdf.Pieces(5, c.actions)
		if got := said(pieces); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

// TestWhatHappenedMustBeClear: a file that is removed and added as it was is
// neither deleted nor inserted, nor is it known to be the same.
func TestWhatHappenedMustBeClear(t *testing.T) {
	for name, actions := range map[string][]log.Action{
		"a pair without vectors":      {remove("a", ""), add("a", "")},
		"a pair with the same vector": {remove("a", "1"), add("a", "1")},
		"two adds":                    {add("a", "1"), add("a", "2")},
		"two removes":                 {remove("a", "1"), remove("a", "2")},
	} {
		pieces, err := cdf.Pieces(5, actions)
		if !errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), `"a"`) || !strings.Contains(err.Error(), log.CommitName(5)) {
			t.Errorf("%s: %s, %v", name, said(pieces), err)
		}
	}
}

// TestPiecesOfARemoveAreReadAsItSays, and its size is found where it does not.
func TestARemovedFileIsAsItsRemoveSays(t *testing.T) {
	size, base, version, p := int64(7), int64(100), int64(3), "x"
	r := remove("a", "")
	r.PartitionValues = map[string]*string{"p": &p}
	pieces, err := cdf.Pieces(5, []log.Action{r})
	if err != nil || !pieces[0].Unsized || *pieces[0].File.PartitionValues["p"] != "x" {
		t.Error(pieces, err)
	}
	r.Size, r.BaseRowID, r.DefaultRowCommitVersion, r.Stats = &size, &base, &version, "{}"
	pieces, err = cdf.Pieces(5, []log.Action{r})
	f := pieces[0].File
	if err != nil || pieces[0].Unsized || f.Size != 7 || *f.BaseRowID != 100 || *f.DefaultRowCommitVersion != 3 || f.Stats != "{}" {
		t.Error(f, err)
	}
}
