package log

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/foreset/foreset/storage"
)

// listed is a store that can only be listed, each time as the next of its
// listings says, and that remembers what was asked for and taken.
type listed struct {
	storage.Store
	listings [][]storage.Info
	starts   []string
	taken    int
	err      error
}

func (l *listed) List(_ context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	entries := slices.Clone(l.listings[min(len(l.starts), len(l.listings)-1)])
	slices.SortFunc(entries, func(a, b storage.Info) int { return strings.Compare(a.Name, b.Name) })
	l.starts = append(l.starts, start)
	return func(yield func(storage.Info, error) bool) {
		if l.err != nil {
			yield(storage.Info{}, l.err)
			return
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name, prefix) || e.Name < start {
				continue
			}
			if l.taken++; !yield(e, nil) {
				return
			}
		}
	}
}

const listAll = Dir + "00000000000000000000."

func TestListingStartsAtTheHintAndStopsBeforeTheFolders(t *testing.T) { // edge case 119
	st := &listed{listings: [][]storage.Info{logOf("0-12.json", "10.checkpoint.parquet", "_last_checkpoint", "_sidecars/a", "_sidecars/b", "_sidecars/c")}}
	s, err := ListSegment(t.Context(), st, 10, -1)
	if err != nil || s.Version != 12 || s.CheckpointVersion != 10 {
		t.Fatal(s, err)
	}
	if want := []string{Dir + "00000000000000000010."}; !slices.Equal(st.starts, want) {
		t.Errorf("listed %q", st.starts)
	}
	if st.taken != 5 { // 10, its checkpoint, 11, 12, and the first name after
		t.Errorf("took %d names", st.taken)
	}
}

func TestListingForAnOldVersionStopsThere(t *testing.T) {
	st := &listed{listings: [][]storage.Info{logOf("0-99.json", "3.checkpoint.parquet")}}
	if s, err := ListSegment(t.Context(), st, 50, 5); err != nil || s.Version != 5 || s.CheckpointVersion != 3 {
		t.Fatal(s, err)
	}
	if st.taken > 8 || len(st.starts) != 1 || st.starts[0] != listAll {
		t.Errorf("took %d names from %q", st.taken, st.starts)
	}
}

func TestHintThatLiesCostsAListing(t *testing.T) { // edge case 45
	for story, c := range map[string]struct {
		hint Version
		log  []string
		want string
	}{
		"no such checkpoint":     {10, []string{"0-12.json"}, "version 12: checkpoint -1, 13 commits"},
		"an incomplete one":      {10, []string{"0-12.json", "10.checkpoint.1.2.parquet", "4.checkpoint.parquet"}, "version 12: checkpoint 4, 8 commits"},
		"ahead of the table":     {20, []string{"0-3.json"}, "version 3: checkpoint -1, 4 commits"},
		"behind: not a lie":      {4, []string{"0-12.json", "4.checkpoint.parquet", "10.checkpoint.parquet"}, "version 12: checkpoint 10, 2 commits"},
		"ahead of the last file": {10, []string{"0-9.json", "5.checkpoint.parquet"}, "version 9: checkpoint 5, 4 commits"},
	} {
		st := &listed{listings: [][]storage.Info{logOf(c.log...)}}
		s, err := ListSegment(t.Context(), st, c.hint, -1)
		if err != nil || s.String() != c.want {
			t.Errorf("%s: %v, %v", story, s, err)
		}
		if n := len(st.starts); story == "behind: not a lie" && n != 1 || story != "behind: not a lie" && n != 2 {
			t.Errorf("%s: listed %q", story, st.starts)
		}
	}
}

func TestGapThatClosesOnASecondLookIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &listed{listings: [][]storage.Info{logOf("0-3.json", "5.json"), logOf("0-5.json")}}
		if s, err := ListSegment(t.Context(), st, 0, -1); err != nil || s.Version != 5 {
			t.Errorf("got %v, %v", s, err)
		}
	})
}

func TestGapThatStaysIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, hint := range []Version{0, 2} {
			st := &listed{listings: [][]storage.Info{logOf("0-3.json", "2.checkpoint.parquet", "5.json")}}
			_, err := ListSegment(t.Context(), st, hint, -1)
			var gap *GapError
			if !errors.As(err, &gap) || *gap != (GapError{Missing: 4, Next: 5}) {
				t.Errorf("hint %d: %v", hint, err)
			}
		}
	})
}

func TestWaitingForAGapEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		st := &listed{listings: [][]storage.Info{logOf("0.json", "2.json")}}
		go func() {
			synctest.Wait()
			cancel()
		}()
		if _, err := ListSegment(ctx, st, 0, -1); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestMissingVersionIsReportedWithWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		hint, target Version
		want         VersionError
	}{
		{0, 20, VersionError{Want: 20, First: 5, Last: 12}},
		{10, 20, VersionError{Want: 20, First: 5, Last: 12}},
		{10, 4, VersionError{Want: 4, First: 5, Last: 12}},
		{0, 0, VersionError{Want: 0, First: 5, Last: 12}},
	} {
		st := &listed{listings: [][]storage.Info{logOf("4-12.json", "5.checkpoint.parquet", "10.checkpoint.parquet")}}
		_, err := ListSegment(t.Context(), st, c.hint, c.target)
		var gone *VersionError
		if !errors.As(err, &gone) || *gone != c.want {
			t.Errorf("version %d with hint %d: %v", c.target, c.hint, err)
		}
	}
}

func TestDamagedCheckpointIsPassedOver(t *testing.T) {
	st := &listed{listings: [][]storage.Info{logOf("0-12.json", "5.checkpoint.parquet", "10.checkpoint.parquet", "10.uuid.json")}}
	s, err := ListSegmentBefore(t.Context(), st, 10, -1)
	if err != nil || s.String() != "version 12: checkpoint 5, 7 commits" || len(s.Checkpoints) != 0 {
		t.Errorf("got %v, %v", s, err)
	}
	if s, err = ListSegmentBefore(t.Context(), st, 5, 11); err != nil || s.String() != "version 11: checkpoint -1, 12 commits" {
		t.Errorf("then %v, %v", s, err)
	}
}

func TestWithoutSaysWhenTheListingIsTooShort(t *testing.T) {
	st := &listed{listings: [][]storage.Info{logOf("0-12.json", "10.checkpoint.parquet")}}
	s, err := ListSegment(t.Context(), st, 10, -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Without(); !errors.Is(err, ErrGap) {
		t.Errorf("got %v", err)
	}
}

func TestStoreErrorsAreNotTakenForAnEmptyLog(t *testing.T) {
	broken := errors.New("no answer")
	for _, hint := range []Version{0, 10} {
		st := &listed{listings: [][]storage.Info{nil}, err: broken}
		if _, err := ListSegment(t.Context(), st, hint, -1); !errors.Is(err, broken) || len(st.starts) != 1 {
			t.Errorf("got %v after %d listings", err, len(st.starts))
		}
	}
	if _, err := ListSegment(t.Context(), &listed{listings: [][]storage.Info{nil}}, 0, -1); !errors.Is(err, ErrNotTable) {
		t.Errorf("an empty log: %v", err)
	}
}

func TestLogsAreListedFromARealStore(t *testing.T) {
	ctx, st := t.Context(), memoryStore(t)
	for _, e := range logOf("0-3.json", "2.crc", "2.checkpoint.parquet", "_last_checkpoint", "_sidecars/x") {
		if err := st.Put(ctx, e.Name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ListSegment(ctx, st, 2, -1)
	if err != nil || s.String() != "version 3: checkpoint 2, 1 commits" || s.Checksum == nil || s.Newest.Modified.IsZero() {
		t.Errorf("got %v, %v", s, err)
	}
	entries, err := List(ctx, st, 1, 2)
	if err != nil || len(entries) != 4 {
		t.Errorf("listed %v, %v", entries, err)
	}
}
