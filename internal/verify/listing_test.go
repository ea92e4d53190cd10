package verify

import (
	"fmt"
	"testing"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

func listed(commits, checkpoints []log.Version) *listing {
	var entries []storage.Info
	for _, v := range commits {
		entries = append(entries, storage.Info{Name: log.CommitName(v), Size: 1})
	}
	for _, v := range checkpoints {
		entries = append(entries, storage.Info{Name: log.CheckpointName(v), Size: 1})
	}
	return newListing(entries)
}

type versions = []log.Version

// TestGapsAreWhatNoCleanupLeaves: commits before the oldest checkpoint that later
// ones follow may be gone.
func TestGapsAreWhatNoCleanupLeaves(t *testing.T) {
	const huge = log.Version(1<<63 - 1)
	for _, c := range []struct {
		commits, checkpoints versions
		want                 string
	}{
		{versions{0, 1, 2}, nil, "[]"},
		{versions{0, 1, 3}, nil, "[{2 2}]"},
		{versions{0, 4, 5, 9}, versions{4}, "[{1 3} {6 8}]"},
		{versions{5, 6}, versions{4}, "[]"},
		{versions{5, 6}, versions{5}, "[]"},
		{versions{5, 6}, versions{6}, "[]"},
		{versions{5, 6}, versions{3}, "[{4 4}]"},
		{versions{5, 6}, nil, "[{0 4}]"},
		{versions{6, 7}, versions{2, 7}, "[]"},
		{versions{0, 1}, versions{3}, "[{2 3}]"},
		{nil, versions{3}, "[]"},
		{versions{0, huge}, nil, fmt.Sprintf("[{1 %d}]", huge-1)},
	} {
		if got := fmt.Sprint(listed(c.commits, c.checkpoints).gaps()); got != c.want {
			t.Errorf("commits %d, checkpoints %d: %s, want %s", c.commits, c.checkpoints, got, c.want)
		}
	}
}

// TestWhatIsLostWithoutACommit ends at the next checkpoint.
func TestWhatIsLostWithoutACommit(t *testing.T) {
	l := listed(versions{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, versions{5})
	for v, want := range map[log.Version]string{
		1: "versions 1 to 4 cannot be put together",
		4: "version 4 cannot be put together",
		5: "the version can still be read from its checkpoint",
		6: "versions 6 to 9 cannot be put together",
		9: "version 9 cannot be put together",
	} {
		if got := l.lost(v); got != want {
			t.Errorf("%d: %s, want %s", v, got, want)
		}
	}
}
