package log

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

func memoryStore(t *testing.T) storage.Store {
	t.Helper()
	st := storage.NewMemory(nil)
	t.Cleanup(func() { st.Close() })
	return st
}

func TestCommitIsCreatedOnceAndReadBack(t *testing.T) {
	ctx, c := t.Context(), NewCommitter(memoryStore(t), nil)
	if _, err := c.Lookup(ctx, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	body := []byte(`{"commitInfo":{"txnId":"a"}}` + "\n" + addLine + "\n")
	if outcome, _, err := c.Commit(ctx, 0, body); outcome != storage.Created || err != nil {
		t.Fatal(outcome, err)
	}
	if outcome, _, err := c.Commit(ctx, 0, []byte("other")); outcome != storage.Exists || err != nil {
		t.Fatal(outcome, err)
	}
	actions, err := ReadCommit(ctx, c, 0, nil)
	if err != nil || len(actions) != 2 {
		t.Fatal(actions, err)
	}
	if _, err := ReadCommit(ctx, c, 1, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the next: %v", err)
	}
	if outcome, _, err := c.Commit(ctx, -1, body); outcome != storage.Rejected || !errors.Is(err, ErrInvalid) {
		t.Errorf("version -1: %v, %v", outcome, err)
	}
}

func TestReadCommitSaysWhichVersionItsInfoIsOf(t *testing.T) {
	ctx, c := t.Context(), NewCommitter(memoryStore(t), nil)
	if _, _, err := c.Commit(ctx, 7, []byte(`{"commitInfo":{"version":3}}`)); err != nil {
		t.Fatal(err)
	}
	actions, err := ReadCommit(ctx, c, 7, nil)
	if err != nil || actions[0].(*CommitInfo).Version != 7 {
		t.Errorf("got %v, %v", actions, err)
	}
}

func TestDamagedCommitNamesItsFileAndLine(t *testing.T) { // edge case 7
	ctx, c := t.Context(), NewCommitter(memoryStore(t), nil)
	if _, _, err := c.Commit(ctx, 12, []byte(addLine+"\n"+addLine[:40])); err != nil {
		t.Fatal(err)
	}
	_, err := ReadCommit(ctx, c, 12, nil)
	want := `read commit 12: _delta_log/00000000000000000012.json line 2: add: unexpected end of JSON`
	if !errors.Is(err, ErrCorrupt) || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestCommitsBeyondTheLimitAreNeitherReadNorWritten(t *testing.T) {
	ctx, st := t.Context(), memoryStore(t)
	body := []byte(strings.Repeat("x", 100))
	if _, _, err := NewCommitter(st, nil).Commit(ctx, 1, body); err != nil {
		t.Fatal(err)
	}
	c := NewCommitter(st, &Limits{CommitBytes: 99})
	if _, err := c.Lookup(ctx, 1); !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), CommitName(1)) {
		t.Errorf("read: %v", err)
	}
	if outcome, _, err := c.Commit(ctx, 2, body); outcome != storage.Rejected || !errors.Is(err, ErrLimit) {
		t.Errorf("write: %v, %v", outcome, err)
	}
}

func TestTxnIDIsFoundWhereverItIs(t *testing.T) {
	for body, want := range map[string]string{
		`{"commitInfo":{"operation":"x","operationParameters":{"txnId":"no"},"txnId":"t-1"}}` + "\n" + `{broken`: "t-1",
		"\ufeff\r\n" + addLine + "\n" + `{"commitInfo":{"txnId":"t-2"}}`:                                         "t-2",
		`{"x":1,"commitInfo":{"txnId":"\u0074-3"}}`:                                                              "t-3",
		addLine:                           "",
		"":                                "",
		`{"commitInfo":{"txnId":null}}`:   "",
		`{"commitInfo":{"txnId":5}}`:      "",
		`{"commitInfo":null}`:             "",
		`{"add":{"txnId":"no"}}`:          "",
		`{"commitInfo":{"txnId":"t-4"}`:   "",
		`{broken` + "\n" + addLine:        "",
		"\xff\n" + `{"commitInfo":{}}`:    "",
		`{"commitInfo":{"txnId":"t-5"}}x`: "",
	} {
		got, ok := TxnID([]byte(body))
		if got != want || ok != (want != "") {
			t.Errorf("%q has %q, %v", body, got, ok)
		}
	}
}

// answers is a Committer that gives one answer after the other, the last one
// for ever.
type answers struct {
	bodies []string
	err    error
	asked  int
}

func (a *answers) Commit(context.Context, Version, []byte) (storage.Outcome, storage.Info, error) {
	return storage.Unknown, storage.Info{}, errors.New("not here")
}

func (a *answers) Lookup(context.Context, Version) ([]byte, error) {
	a.asked++
	if a.err != nil {
		return nil, a.err
	}
	return []byte(a.bodies[min(a.asked, len(a.bodies))-1]), nil
}

func infoLine(id string) string {
	return `{"commitInfo":{"operation":"WRITE","txnId":"` + id + `"}}` + "\n"
}

func TestSettleTellsOursFromTheirs(t *testing.T) { // edge cases 96, 97
	const ourID, theirID = "0c7a6b0e-13c5-4d3f-8ef0-3a1b9e6f5a11", "f1d2c3b4-98e7-4a6b-b5c4-d3e2f1a0b9c8"
	ours, theirs := infoLine(ourID)+addLine+"\n", infoLine(theirID)+addLine+"\n"
	broken := errors.New("no answer")
	for _, c := range []struct {
		story  string
		id     string
		wrote  string
		reads  *answers
		want   Settled
		err    error
		lookup int
	}{
		{"our bytes", ourID, ours, &answers{bodies: []string{ours}}, Ours, nil, 1},
		{"our id, other bytes: written by another attempt", ourID, ours, &answers{bodies: []string{infoLine(ourID)}}, 0, ErrCorrupt, 1}, // a torn write of exactly one line
		{"our id and more than we wrote", ourID, infoLine(ourID), &answers{bodies: []string{ours}}, Ours, nil, 1},
		{"our id, asked without the bytes", ourID, "", &answers{bodies: []string{ours}}, Ours, nil, 1},
		{"another's", ourID, ours, &answers{bodies: []string{theirs}}, Theirs, nil, 1},
		{"another's without an id", ourID, ours, &answers{bodies: []string{addLine}}, Theirs, nil, 1},
		{"an empty commit", ourID, ours, &answers{bodies: []string{""}}, Theirs, nil, 1},
		{"no ids, equal bytes", "", addLine, &answers{bodies: []string{addLine}}, Ours, nil, 1},
		{"no ids, other bytes", "", addLine, &answers{bodies: []string{`{"txn":{"appId":"a","version":1}}`}}, Theirs, nil, 1},
		{"absent", ourID, ours, &answers{err: fs.ErrNotExist}, Absent, nil, 1},
		{"no answer", ourID, ours, &answers{err: broken}, 0, broken, 1},
		{"denied", ourID, ours, &answers{err: fs.ErrPermission}, 0, fs.ErrPermission, 1},
		{"cut short", ourID, ours, &answers{bodies: []string{ours[:60]}}, 0, ErrCorrupt, 1},
		{"another's, cut short", ourID, ours, &answers{bodies: []string{theirs[:len(theirs)-9]}}, 0, ErrCorrupt, 1},
		{"ours, a bit of the id flipped on the way", ourID, ours, &answers{bodies: []string{strings.Replace(ours, "0c7a", "0c7q", 1), ours}}, Ours, nil, 2},
		{"ours, flipped twice", ourID, ours, &answers{bodies: []string{strings.Replace(ours, "0c7a", "0c7q", 1), strings.Replace(ours, "0c7a", "0s7a", 1)}}, 0, ErrCorrupt, 2},
		{"a near twin of ours", "id-1", infoLine("id-1"), &answers{bodies: []string{infoLine("id-2")}}, Theirs, nil, 2},
	} {
		got, winner, err := Settle(t.Context(), c.reads, 5, c.id, []byte(c.wrote))
		if got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || c.reads.asked != c.lookup {
			t.Errorf("%s: %v, %v after %d look-ups", c.story, got, err, c.reads.asked)
		}
		if (winner != nil) != (got == Theirs) {
			t.Errorf("%s: returned the winner %q", c.story, winner)
		}
		if c.err == ErrCorrupt && !strings.Contains(err.Error(), CommitName(5)) {
			t.Errorf("%s: %v does not name the commit", c.story, err)
		}
	}
}

func FuzzDecodeCommit(f *testing.F) {
	f.Add([]byte(strings.Join(goldenLines(), "\n")))
	f.Add([]byte("\ufeff" + addLine + "\r\n\r\n" + addLine))
	f.Add([]byte(addLine + "\n" + addLine[:30]))
	f.Add([]byte("{}\n{\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		actions, err := ReadActions(body, nil)
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrLimit) {
			t.Fatalf("%q: an error of no kind: %v", body, err)
		}
		if id, ok := TxnID(body); ok == (id == "") {
			t.Fatalf("%q: id %q, %v", body, id, ok)
		}
		if err != nil {
			return
		}
		if err := checkSyntax(body); err != nil {
			t.Fatalf("%q is read, but its syntax: %v", body, err)
		}
		again, err := ReadActions(EncodeCommit(actions), nil)
		if err != nil || string(EncodeCommit(again)) != string(EncodeCommit(actions)) {
			t.Fatalf("%q: %v", body, err)
		}
	})
}
