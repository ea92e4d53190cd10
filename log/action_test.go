package log

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"
)

func TestFilesAreTheSameByWrittenPathAndVector(t *testing.T) { // edge cases 25, 26, 52
	dv := func(offset *int32) *DeletionVector {
		return &DeletionVector{StorageType: "u", PathOrInlineDV: "x", Offset: offset}
	}
	if k := (&AddFile{Path: "a", DeletionVector: dv(ptr(int32(4)))}).Key(); k != (Key{"a", "ux@4"}) {
		t.Errorf("got %v", k)
	}
	if k := (&RemoveFile{Path: "a", DeletionVector: dv(nil)}).Key(); k != (Key{"a", "ux"}) {
		t.Errorf("got %v", k)
	}
	seen := map[Key]bool{}
	for _, path := range []string{"c.parquet", "%63.parquet", "./c.parquet", "file:/t/c.parquet", "é", "%C3%A9", "e\u0301"} {
		if k := (&AddFile{Path: path}).Key(); seen[k] || k != (&RemoveFile{Path: path}).Key() {
			t.Errorf("%s is another's", path)
		} else {
			seen[k] = true
		}
	}
}

func TestCommitIsAsOldAsItSays(t *testing.T) {
	for _, c := range []struct {
		info CommitInfo
		want time.Time
	}{
		{CommitInfo{}, time.Time{}},
		{CommitInfo{Timestamp: ptr(int64(1500))}, time.UnixMilli(1500).UTC()},
		{CommitInfo{Timestamp: ptr(int64(1500)), InCommitTimestamp: ptr(int64(2500))}, time.UnixMilli(2500).UTC()},
	} {
		if got := c.info.Time(); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		err  error
		is   error
		want string
	}{
		{&CorruptError{Err: cause}, ErrCorrupt, "cause"},
		{&CorruptError{Line: 3, Err: cause}, ErrCorrupt, "line 3: cause"},
		{&CorruptError{Name: "n", Err: cause}, ErrCorrupt, "n: cause"},
		{&CorruptError{Name: "n", Line: 3, Err: cause}, cause, "n line 3: cause"},
		{&LimitError{What: "Depth", Limit: 5}, ErrLimit, "more than the 5 that Limits.Depth allows"},
		{&LimitError{Line: 2, What: "Depth", Limit: 5}, ErrLimit, "line 2: more than the 5 that Limits.Depth allows"},
		{&LimitError{Name: "n", Line: 2, What: "Depth", Limit: 5}, ErrLimit, "n line 2: more than the 5 that Limits.Depth allows"},
		{&GapError{1, 2}, ErrGap, "commit 1 is missing from the log, but commit 2 is there"},
		{&VersionError{Want: 1, First: 2, Last: 3}, ErrVersionGone, "version 1 is not in the log, which has versions 2 to 3"},
		{&VersionError{Want: -1, Time: time.UnixMilli(1), First: 2, Last: 3}, ErrVersionGone,
			"no version of the table is as old as 1970-01-01T00:00:00.001Z: the log has versions 2 to 3"},
		{named(&LimitError{Line: 2, What: "Depth"}, "n", 0), ErrLimit, "n line 2: more than the 0 that Limits.Depth allows"},
		{named(fmt.Errorf("x: %w", &CorruptError{Line: 2, Err: cause}), "n", 0), cause, "n line 2: cause"},
		{named(cause, "n", 4), ErrCorrupt, "n line 4: cause"},
	} {
		if !errors.Is(c.err, c.is) || errors.Is(c.err, fs.ErrNotExist) || c.err.Error() != c.want {
			t.Errorf("%v, want %s", c.err, c.want)
		}
	}
}

func TestFindingsHaveNames(t *testing.T) {
	if got := fmt.Sprint(Settled(0), Absent, Ours, Theirs); got != "unsettled absent ours theirs" {
		t.Error(got)
	}
}
