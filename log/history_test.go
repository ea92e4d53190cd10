package log

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

func TestCommitTimesAscendWhateverTheFilesSay(t *testing.T) { // edge case 64
	for _, c := range []struct{ modified, want []int64 }{
		{nil, []int64{}},
		{[]int64{5}, []int64{5}},
		{[]int64{5, 9, 10}, []int64{5, 9, 10}},
		{[]int64{5, 5, 5}, []int64{5, 6, 7}},
		{[]int64{9, 3, 4, 11, 11}, []int64{9, 10, 11, 12, 13}},
		{[]int64{-5, -9}, []int64{-5, -4}},
	} {
		var files []File
		for _, ms := range c.modified {
			files = append(files, File{Modified: time.UnixMilli(ms).Add(999 * time.Microsecond)})
		}
		if got := AdjustTimestamps(files); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v become %v, not %v", c.modified, got, c.want)
		}
	}
}

func TestInCommitPropertiesAreReadTogether(t *testing.T) {
	for _, c := range []struct {
		properties map[string]string
		want       *InCommit
		corrupt    bool
	}{
		{nil, nil, false},
		{map[string]string{propICT: "false", propICTVersion: "5", propICTTime: "6"}, nil, false},
		{map[string]string{propICT: "true"}, &InCommit{}, false},
		{map[string]string{propICT: "TRUE"}, &InCommit{}, false}, // Spark reads booleans in any case
		{map[string]string{propICT: "true", propICTVersion: "5", propICTTime: "6"}, &InCommit{5, 6}, false},
		{map[string]string{propICT: "true", propICTVersion: "5"}, nil, true},
		{map[string]string{propICT: "true", propICTTime: "5"}, nil, true},
		{map[string]string{propICT: "true", propICTVersion: "x", propICTTime: "6"}, nil, true},
		{map[string]string{propICT: "true", propICTVersion: "-1", propICTTime: "6"}, nil, true},
		{map[string]string{propICT: "true", propICTVersion: "", propICTTime: ""}, nil, true},
	} {
		got, err := InCommitTimestamps(&Metadata{Configuration: c.properties})
		if !reflect.DeepEqual(got, c.want) || errors.Is(err, ErrCorrupt) != c.corrupt {
			t.Errorf("%v give %v, %v", c.properties, got, err)
		}
	}
}

// dates is a Committer whose commits have the in-commit timestamps given, and
// no others.
type dates struct {
	times map[Version]int64
	asked []Version
}

func (d *dates) Commit(context.Context, Version, []byte) (storage.Outcome, storage.Info, error) {
	return storage.Unknown, storage.Info{}, errors.New("not here")
}

func (d *dates) Lookup(_ context.Context, v Version) ([]byte, error) {
	d.asked = append(d.asked, v)
	ms, ok := d.times[v]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return fmt.Appendf(nil, `{"commitInfo":{"inCommitTimestamp":%d}}`+"\n"+`{broken`, ms), nil
}

// timesOf is a listing of commits with a modification time each.
func timesOf(times map[Version]int64, more ...string) []storage.Info {
	entries := logOf(more...)
	for v, ms := range times {
		entries = append(entries, storage.Info{Name: CommitName(v), Size: 1, Modified: time.UnixMilli(ms)})
	}
	return entries
}

func TestVersionAtATimeOfTheFiles(t *testing.T) { // edge case 65
	whole := timesOf(map[Version]int64{0: 100, 1: 200, 2: 200, 3: 150, 4: 400}) // adjusted: 100 200 201 202 400
	cleaned := timesOf(map[Version]int64{2: 300, 3: 250, 4: 260, 5: 500}, "4.checkpoint.parquet")
	onlyCheckpoint := timesOf(map[Version]int64{5: 500}, "4.checkpoint.parquet@300")
	for _, c := range []struct {
		story   string
		entries []storage.Info
		at      int64
		want    Version
		first   Version // of the error
	}{
		{"before the first", whole, 99, -1, 0},
		{"at the first", whole, 100, 0, 0},
		{"between", whole, 199, 0, 0},
		{"at one of two equal times", whole, 200, 1, 0},
		{"a millisecond later", whole, 201, 2, 0},
		{"at an adjusted time", whole, 202, 3, 0},
		{"before the last", whole, 399, 3, 0},
		{"at the last", whole, 400, 4, 0},
		{"after the last", whole, 1 << 40, 4, 0},
		{"a version that cannot be put together", cleaned, 300, -1, 4},
		{"times are adjusted from the earliest file on", cleaned, 302, 4, 4},
		{"after a cleanup", cleaned, 499, 4, 4},
		{"a checkpoint dates the version whose commit is gone", onlyCheckpoint, 300, 4, 4},
		{"before that", onlyCheckpoint, 299, -1, 4},
		{"and after", onlyCheckpoint, 500, 5, 4},
	} {
		got, err := VersionAt(t.Context(), &dates{}, c.entries, &Metadata{}, time.UnixMilli(c.at).Add(999_999))
		var gone *VersionError
		if c.want < 0 {
			if !errors.As(err, &gone) || gone.First != c.first || gone.Want != -1 || !errors.Is(err, ErrVersionGone) {
				t.Errorf("%s: %d, %v", c.story, got, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", c.story, got, err, c.want)
		}
	}
}

func TestVersionAtATimeOfTheCommits(t *testing.T) { // edge case 66
	mtimes := map[Version]int64{}
	for v := range Version(20) {
		mtimes[v] = 100 + int64(v)
	}
	since0 := &Metadata{Configuration: map[string]string{propICT: "true"}}
	since8 := &Metadata{Configuration: map[string]string{propICT: "true", propICTVersion: "8", propICTTime: "1080"}}
	times := func(from Version) *dates {
		d := &dates{times: map[Version]int64{}}
		for v := from; v < 20; v++ {
			d.times[v] = 1000 + 10*int64(v)
		}
		return d
	}
	whole := timesOf(mtimes)
	for v := range Version(5) {
		delete(mtimes, v)
	}
	cleaned := timesOf(mtimes, "5.checkpoint.parquet")
	for _, c := range []struct {
		story   string
		entries []storage.Info
		commits *dates
		m       *Metadata
		at      int64
		want    Version
	}{
		{"always on: before", whole, times(0), since0, 999, -1},
		{"always on: first", whole, times(0), since0, 1000, 0},
		{"always on: between", whole, times(0), since0, 1019, 1},
		{"always on: last", whole, times(0), since0, 1190, 19},
		{"always on: after", whole, times(0), since0, 9999, 19},
		{"on since 8: at T", whole, times(8), since8, 1080, 8},
		{"on since 8: at T-1, when the files say what was", whole, times(8), since8, 1079, 7},
		{"on since 8: long before", whole, times(8), since8, 103, 3},
		{"on since 8: too early", whole, times(8), since8, 99, -1},
		{"on since 8: after T", whole, times(8), since8, 1095, 9},
		{"cleaned to 5: the files before 8 count", cleaned, times(8), since8, 106, 6},
		{"cleaned to 5: at T", cleaned, times(8), since8, 1080, 8},
		{"cleaned to 5, always on: at 5", cleaned, times(5), since0, 1050, 5},
		{"cleaned to 5, always on: before 5", cleaned, times(5), since0, 1049, -1},
		{"commit 5 is gone: what follows is found", cleaned, times(6), since0, 1060, 6},
		{"commit 5 is gone: its time cannot be told", cleaned, times(6), since0, 1055, -1},
	} {
		got, err := VersionAt(t.Context(), c.commits, c.entries, c.m, time.UnixMilli(c.at))
		if c.want < 0 && !errors.Is(err, ErrVersionGone) || c.want >= 0 && (err != nil || got != c.want) {
			t.Errorf("%s: %d, %v; want %d", c.story, got, err, c.want)
		}
		if len(c.commits.asked) > 12 {
			t.Errorf("%s: looked up %v", c.story, c.commits.asked)
		}
	}
}

func TestVersionAtAfterTheCleanupPassedTheSwitch(t *testing.T) {
	m := &Metadata{Configuration: map[string]string{propICT: "true", propICTVersion: "2", propICTTime: "1020"}}
	entries := timesOf(map[Version]int64{5: 1, 6: 2}, "5.checkpoint.parquet")
	d := &dates{times: map[Version]int64{5: 1050, 6: 1060}}
	if _, err := VersionAt(t.Context(), d, entries, m, time.UnixMilli(1000)); !errors.Is(err, ErrVersionGone) {
		t.Errorf("before the switch: %v", err)
	}
	if v, err := VersionAt(t.Context(), d, entries, m, time.UnixMilli(1055)); err != nil || v != 5 {
		t.Errorf("after it: %d, %v", v, err)
	}
}

func TestVersionAtPassesErrorsOn(t *testing.T) {
	ict := &Metadata{Configuration: map[string]string{propICT: "true"}}
	entries := logOf("0-3.json")
	broken := errors.New("no answer")
	if _, err := VersionAt(t.Context(), &answers{err: broken}, entries, ict, time.Now()); !errors.Is(err, broken) {
		t.Errorf("look-up: %v", err)
	}
	_, err := VersionAt(t.Context(), &answers{bodies: []string{addLine}}, entries, ict, time.Now())
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "inCommitTimestamp") || !strings.Contains(err.Error(), Dir) {
		t.Errorf("a commit without a timestamp: %v", err)
	}
	if _, err := VersionAt(t.Context(), nil, nil, ict, time.Now()); !errors.Is(err, ErrNotTable) {
		t.Errorf("no table: %v", err)
	}
	if _, err := VersionAt(t.Context(), nil, logOf("0.json", "2.json"), &Metadata{}, time.Now()); !errors.Is(err, ErrGap) {
		t.Errorf("a gap: %v", err)
	}
}
