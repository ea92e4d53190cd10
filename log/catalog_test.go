package log_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// ratifier is a catalog in memory.
type ratifier struct {
	commits []log.Ratified
	newest  log.Version
	asked   []log.Version
	err     error
}

func (r *ratifier) answer(_ context.Context, from log.Version) ([]log.Ratified, log.Version, error) {
	r.asked = append(r.asked, from)
	i := slices.IndexFunc(r.commits, func(c log.Ratified) bool { return c.Version >= from })
	if i < 0 || r.err != nil {
		return nil, r.newest, r.err
	}
	return slices.Clone(r.commits[i:]), r.newest, nil
}

const uuidA = "11111111-1111-1111-1111-111111111111"

func stagedName(v int) string { return fmt.Sprintf("%020d.%s.json", v, uuidA) }

// put writes objects of the log whose content is their name.
func put(t *testing.T, st storage.Store, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := st.Put(context.Background(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
}

func listed(t *testing.T, st storage.Store, start string) string {
	t.Helper()
	var names []string
	for info, err := range st.List(context.Background(), log.Dir, start) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimLeft(strings.TrimPrefix(info.Name, log.Dir), "0"))
	}
	return strings.Join(names, " ")
}

// TestACatalogSaysWhichVersionsThereAre: what it ratified is in the listing in
// its place, and what it did not ratify is not, whatever lies in the folder.
func TestACatalogSaysWhichVersionsThereAre(t *testing.T) {
	st := storage.NewMemory(nil)
	put(t, st, log.CommitName(0), log.CommitName(1), log.CommitName(2), log.CheckpointName(1), log.ChecksumName(2), log.StagedDir+stagedName(3), log.StagedDir+"x.json",
		log.CommitName(5), log.CheckpointName(5), log.ChecksumName(5), log.HintName)
	cat := &ratifier{newest: 4, commits: []log.Ratified{
		{Version: 2, Staged: stagedName(2)}, // published, and not yet forgotten; its staged object is gone
		{Version: 3, Staged: stagedName(3), Size: 7},
		{Version: 4, Body: []byte("four")},
	}}
	c := log.NewCatalog(st, nil, cat.answer)
	view := log.CatalogStore(st, c)
	folders := " _last_checkpoint _staged_commits/" + stagedName(3) + " _staged_commits/x.json"
	if got, want := listed(t, view, ""), ".json 1.checkpoint.parquet 1.json 2.crc 2.json 3.json 4.json"+folders; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := listed(t, view, log.CommitName(3)), "3.json 4.json"+folders; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for v, want := range []string{log.CommitName(0), log.CommitName(1), log.CommitName(2), log.StagedDir + stagedName(3), "four"} {
		if got, err := c.Lookup(context.Background(), log.Version(v)); err != nil || string(got) != want {
			t.Errorf("version %d: %q, %v", v, got, err)
		}
	}
	if _, err := c.Lookup(context.Background(), 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a commit that nobody ratified: %v", err)
	}
	// It is ratified now, and 3 and 4 are published.
	cat.newest, cat.commits = 5, nil
	put(t, st, log.CommitName(3), log.CommitName(4))
	if got, want := listed(t, view, log.CommitName(2)), "2.json 3.json 4.json 5.checkpoint.parquet 5.crc 5.json"+folders; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := c.Lookup(context.Background(), 4); err != nil || string(got) != log.CommitName(4) {
		t.Errorf("%q, %v", got, err)
	}
	if outcome, _, err := c.Commit(context.Background(), 6, nil); outcome != storage.Rejected || !errors.Is(err, log.ErrCommitThroughCatalog) {
		t.Errorf("%v, %v", outcome, err)
	}
	cat.err = fs.ErrPermission
	for _, err := range view.List(context.Background(), log.Dir, "") {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a catalog that does not answer: %v", err)
		}
	}
}

// TestAnswersOfACatalogAreChecked: they are input from outside.
func TestAnswersOfACatalogAreChecked(t *testing.T) {
	for _, c := range []struct {
		newest  log.Version
		commits []log.Ratified
	}{
		{3, []log.Ratified{{Version: 1, Body: []byte("")}, {Version: 3, Body: []byte("")}}},
		{2, []log.Ratified{{Version: 1, Body: []byte("")}}},
		{1, []log.Ratified{{Version: 1}}},
		{1, []log.Ratified{{Version: 1, Staged: "../" + stagedName(1)}}},
		{1, []log.Ratified{{Version: 1, Staged: stagedName(2)}}},
		{1, []log.Ratified{{Version: 1, Staged: fmt.Sprintf("%020d.../../x.json", 1)}}},
		{1, []log.Ratified{{Version: 1, Staged: fmt.Sprintf("%020d.json", 1)}}},
	} {
		cat := &ratifier{newest: c.newest, commits: c.commits}
		if _, _, err := log.NewCatalog(storage.NewMemory(nil), nil, cat.answer).Ratified(context.Background(), 0); !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestAnOldAnswerOfACatalogDoesNotHideANewOne: two may be on their way.
func TestAnOldAnswerOfACatalogDoesNotHideANewOne(t *testing.T) {
	cat := &ratifier{newest: 1, commits: []log.Ratified{{Version: 1, Body: []byte("one")}}}
	c := log.NewCatalog(storage.NewMemory(nil), nil, cat.answer)
	if _, _, err := c.Ratified(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	cat.newest, cat.commits = 0, nil
	if _, newest, err := c.Ratified(context.Background(), 0); err != nil || newest != 0 {
		t.Fatal(newest, err)
	}
	if got, err := c.Lookup(context.Background(), 1); err != nil || string(got) != "one" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestACommitBeforeThoseThatWereAskedForMayBeStagedToo: that the catalog's answer
// begins after it does not say that it is published.
func TestACommitBeforeThoseThatWereAskedForMayBeStagedToo(t *testing.T) {
	st, ctx := storage.NewMemory(nil), context.Background()
	put(t, st, log.CommitName(0), log.CommitName(1))
	cat := &ratifier{newest: 3, commits: []log.Ratified{{Version: 2, Body: []byte("two")}, {Version: 3, Body: []byte("three")}}}
	c := log.NewCatalog(st, nil, cat.answer)
	for _, from := range []log.Version{3, 2} { // what lies before is not known, and then is
		if _, _, err := c.Ratified(ctx, from); err != nil {
			t.Fatal(err)
		}
		for v, want := range []string{log.CommitName(0), log.CommitName(1), "two", "three"} {
			if got, err := c.Lookup(ctx, log.Version(v)); err != nil || string(got) != want {
				t.Errorf("version %d after an answer from %d on: %q, %v", v, from, got, err)
			}
		}
	}
	if want := []log.Version{3, 0, 2}; !slices.Equal(cat.asked, want) {
		t.Errorf("the catalog was asked from %v on, want %v", cat.asked, want)
	}
}
