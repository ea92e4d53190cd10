package txn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// step is what becomes of one put of a commit, or of one look-up.
type step string

const (
	created     step = "created"
	lost        step = "created, answer lost"
	repeated    step = "created, told it exists"
	theirs      step = "another's is there, told so"
	theirsQuiet step = "another's is there, no answer"
	vanished    step = "nothing happened, no answer"
	late        step = "no answer, lands before the next put"
	tooLate     step = "no answer, lands after another's commit"
	rejected    step = "rejected"
	throttled   step = "throttled"
	queued      step = "not begun in time"
	damaged     step = "another's is there, and damaged"
)

// scripted is a committer whose puts end as a script says; after it, puts are
// carried out.
type scripted struct {
	log.Committer
	st      storage.Store
	steps   []step
	blind   int // how many look-ups fail
	delayed func()
	sent    [][]byte
	at      []log.Version
	winner  []log.Action // what another commits
}

var (
	errLost   = errors.New("connection reset")
	errDenied = fmt.Errorf("put: %w", fs.ErrPermission)
)

func (s *scripted) Commit(ctx context.Context, v log.Version, body []byte) (storage.Outcome, storage.Info, error) {
	s.sent, s.at = append(s.sent, bytes.Clone(body)), append(s.at, v)
	if s.delayed != nil {
		s.delayed()
		s.delayed = nil
	}
	if err := ctx.Err(); err != nil {
		return storage.Rejected, storage.Info{}, err
	}
	next := created
	if len(s.steps) > 0 {
		next, s.steps = s.steps[0], s.steps[1:]
	}
	other := func(body []byte) {
		if _, _, err := s.st.PutIfAbsent(context.Background(), log.CommitName(v), body); err != nil {
			panic(err)
		}
	}
	switch next {
	case lost:
		_, _, _ = s.Committer.Commit(ctx, v, body)
		return storage.Unknown, storage.Info{}, errLost
	case repeated:
		_, _, _ = s.Committer.Commit(ctx, v, body)
		return storage.Exists, storage.Info{}, nil
	case theirs:
		other(log.EncodeCommit(s.winner))
	case damaged:
		other([]byte("{\"commitInfo\":"))
		return storage.Exists, storage.Info{}, nil
	case theirsQuiet:
		other(log.EncodeCommit(s.winner))
		return storage.Unknown, storage.Info{}, errLost
	case vanished:
		return storage.Unknown, storage.Info{}, errLost
	case late:
		s.delayed = func() { _, _, _ = s.Committer.Commit(context.Background(), v, body) }
		return storage.Unknown, storage.Info{}, errLost
	case tooLate:
		s.delayed = func() {
			other(log.EncodeCommit(s.winner))
			_, _, _ = s.Committer.Commit(context.Background(), v, body)
		}
		return storage.Unknown, storage.Info{}, errLost
	case rejected:
		return storage.Rejected, storage.Info{}, errDenied
	case queued:
		<-ctx.Done()
		return storage.Rejected, storage.Info{}, fmt.Errorf("put: %w", ctx.Err())
	case throttled:
		return storage.Rejected, storage.Info{}, fmt.Errorf("put: %w", storage.ErrThrottled)
	}
	return s.Committer.Commit(ctx, v, body)
}

func (s *scripted) Lookup(ctx context.Context, v log.Version) ([]byte, error) {
	if s.blind > 0 {
		s.blind--
		return nil, errLost
	}
	return s.Committer.Lookup(ctx, v)
}

func protocol() *log.Protocol { return &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2} }

func metadata(conf map[string]string) *log.Metadata {
	return &log.Metadata{
		ID: "t", Format: log.Format{Provider: "parquet"}, PartitionColumns: []string{}, Configuration: conf,
		SchemaString: `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`,
	}
}

func add(path string) *log.AddFile {
	return &log.AddFile{Path: path, PartitionValues: map[string]*string{}, Size: 10, DataChange: true}
}

// start is a table of version 0, a script for what comes, and its state.
func start(t *testing.T, steps ...step) (*scripted, txn.Env, *replay.State) {
	t.Helper()
	st := storage.NewMemory(nil)
	s := &scripted{Committer: log.NewCommitter(st, nil), st: st, winner: []log.Action{add("theirs")}}
	env := txn.Env{
		Source: &replay.Source{Store: st, Committer: s, Share: 1 << 20, Parallel: 1, Warn: func(err error) { t.Error(err) }},
		Now:    time.Now, Rand: rand.NewChaCha8([32]byte{1}), Engine: "test",
	}
	res, err := txn.Commit(context.Background(), env, nil, &txn.Request{Operation: "CREATE TABLE", Actions: []log.Action{protocol(), metadata(nil)}})
	if err != nil || res.Version != 0 {
		t.Fatal(res, err)
	}
	s.steps, s.sent, s.at = steps, nil, nil
	return s, env, res.State
}

func appendOf(path string) *txn.Request {
	return &txn.Request{Operation: "WRITE", Actions: []log.Action{add(path)}}
}

// at says where our commit is: −1 if nowhere. It fails if it is there twice.
func (s *scripted) landed(t *testing.T) log.Version {
	t.Helper()
	found := log.Version(-1)
	for v := log.Version(1); ; v++ {
		body, _, err := s.st.Get(context.Background(), log.CommitName(v), -1)
		if errors.Is(err, fs.ErrNotExist) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), `"ours"`) {
			if found >= 0 {
				t.Errorf("ours is version %d and version %d", found, v)
			}
			found = v
		}
	}
}

// TestOutcomesOfAPut is every story of a commit, and what it is told.
func TestOutcomesOfAPut(t *testing.T) {
	for _, c := range []struct {
		steps    []step
		blind    int
		want     log.Version // −1: an error
		attempts int
		err      error
	}{
		{[]step{created}, 0, 1, 1, nil},
		{[]step{lost}, 0, 1, 1, nil},
		{[]step{lost}, 3, 1, 1, nil}, // and the look-ups fail for a while
		{[]step{repeated}, 0, 1, 1, nil},
		{[]step{repeated}, 2, 1, 1, nil},
		{[]step{theirs}, 0, 2, 2, nil},
		{[]step{theirs}, 2, 2, 2, nil},
		{[]step{theirsQuiet}, 0, 2, 2, nil},
		{[]step{vanished}, 0, 1, 1, nil},
		{[]step{vanished, vanished, vanished}, 0, 1, 1, nil},
		{[]step{late}, 0, 1, 1, nil},
		{[]step{vanished, late, vanished}, 0, 1, 1, nil},
		{[]step{tooLate}, 0, 2, 2, nil},
		{[]step{vanished, theirs}, 0, 2, 2, nil},
		{[]step{theirs, lost}, 0, 2, 2, nil},
		{[]step{theirs, theirs, theirsQuiet, repeated}, 0, 4, 4, nil},
		{[]step{theirs, late}, 0, 2, 2, nil},
		{[]step{throttled}, 0, 1, 1, nil},
		{[]step{throttled, throttled, theirs, throttled}, 0, 2, 2, nil},
		{[]step{queued}, 0, 1, 1, nil},
		{[]step{queued, queued, queued, theirs, queued}, 0, 2, 2, nil},
		{[]step{queued, queued, queued, queued, queued}, 0, -1, 0, context.DeadlineExceeded}, // all of the time
		{[]step{queued, rejected}, 0, -1, 0, fs.ErrPermission},
		{[]step{rejected}, 0, -1, 0, fs.ErrPermission},
		{[]step{theirs, rejected}, 0, -1, 0, fs.ErrPermission},
		// After a doubt, a refusal proves nothing about what is under way.
		{[]step{vanished, rejected}, 0, 1, 1, nil},
		{[]step{late, rejected}, 0, 1, 1, nil},
		{[]step{damaged}, 0, -1, 0, txn.ErrUnknown},
	} {
		t.Run(fmt.Sprint(c.steps, " blind ", c.blind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, env, state := start(t, c.steps...)
				s.blind = c.blind
				res, err := txn.Commit(context.Background(), env, state, appendOf("ours"))
				if c.want < 0 {
					if !errors.Is(err, c.err) || res != nil {
						t.Errorf("got %+v, %v", res, err)
					}
					if at := s.landed(t); at >= 0 {
						t.Errorf("it is version %d", at)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if at := s.landed(t); res.Version != c.want || at != c.want || res.Attempts != c.attempts || res.State.Version != c.want {
					t.Errorf("told version %d after %d attempts, it is version %d; want version %d after %d", res.Version, res.Attempts, at, c.want, c.attempts)
				}
				// One version, one body: a repeated put sends the same bytes.
				sent := map[log.Version][]byte{}
				for i, v := range s.at {
					if sent[v] != nil && !bytes.Equal(sent[v], s.sent[i]) {
						t.Errorf("two bodies were sent for version %d", v)
					}
					sent[v] = s.sent[i]
				}
			})
		})
	}
}

// TestWhatStaysUnknownIsSaid, and can be settled both ways.
func TestWhatStaysUnknownIsSaid(t *testing.T) {
	for _, applied := range []bool{false, true} {
		for _, abandon := range []bool{false, true} {
			for _, other := range []bool{false, true} {
				t.Run(fmt.Sprintf("applied %v, abandon %v, another in between %v", applied, abandon, other), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						first := vanished
						if applied {
							first = lost
						}
						s, env, state := start(t, first)
						for range 1000 {
							s.steps = append(s.steps, vanished)
						}
						s.blind = 1 << 30
						env.Retry.Elapsed = 5 * time.Second
						_, err := txn.Commit(context.Background(), env, state, appendOf("ours"))
						var u *txn.UnknownError
						if !errors.As(err, &u) || !errors.Is(err, txn.ErrUnknown) || u.Version != 1 || u.TxnID == "" || !bytes.Equal(u.Body, s.sent[0]) {
							t.Fatalf("got %v", err)
						}
						s.blind, s.steps = 0, nil
						if other {
							if _, _, err := s.st.PutIfAbsent(context.Background(), log.CommitName(1), log.EncodeCommit(s.winner)); err != nil {
								t.Fatal(err)
							}
						}
						applied := s.landed(t) == 1 // the commit's own tries may have landed as well
						landed, err := txn.Resolve(context.Background(), env, u, abandon)
						if err != nil {
							t.Fatal(err)
						}
						want := applied || !other && !abandon
						if at := s.landed(t); landed != want || (at == 1) != want {
							t.Errorf("told %v, want %v; it is version %d", landed, want, at)
						}
						for range 2 { // the answer stays what it is
							if again, err := txn.Resolve(context.Background(), env, u, !abandon); again != landed || err != nil {
								t.Errorf("and then %v, %v", again, err)
							}
						}
						if _, err := s.st.Head(context.Background(), log.CommitName(1)); err != nil {
							t.Errorf("version 1 is not occupied: %v", err)
						}
						if s, err := replay.Load(context.Background(), env.Source, replay.Latest); err != nil || s.Version != 1 {
							t.Errorf("the log cannot be read: %v", err)
						}
					})
				})
			}
		}
	}
}

// TestResolveDoesNotWriteIntoAnotherLog: after cleanup, or a replacement of the
// table, an absence says nothing.
func TestResolveDoesNotWriteIntoAnotherLog(t *testing.T) {
	for name, change := range map[string]func(st storage.Store) error{
		"cleaned up": func(st storage.Store) error {
			return errors.Join(st.Put(context.Background(), log.CommitName(2), log.EncodeCommit([]log.Action{add("x")})), st.Delete(context.Background(), log.CommitName(0)))
		},
		"replaced": func(st storage.Store) error { return st.Delete(context.Background(), log.CommitName(0)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, env, _ := start(t)
			if err := change(s.st); err != nil {
				t.Fatal(err)
			}
			u := &txn.UnknownError{Version: 1, TxnID: "x", Body: log.EncodeCommit([]log.Action{&log.CommitInfo{TxnID: "x"}})}
			for _, abandon := range []bool{false, true} {
				if landed, err := txn.Resolve(context.Background(), env, u, abandon); landed || !errors.Is(err, log.ErrVersionGone) {
					t.Errorf("got %v, %v", landed, err)
				}
			}
			if len(s.sent) > 0 {
				t.Error("something was put")
			}
		})
	}
}

func TestContentionHasAnEnd(t *testing.T) {
	always := func(n int) (steps []step) {
		for range n {
			steps = append(steps, theirs)
		}
		return steps
	}
	synctest.Test(t, func(t *testing.T) {
		s, env, state := start(t, always(100)...)
		env.Retry.Attempts = 5
		res, err := txn.Commit(context.Background(), env, state, appendOf("ours"))
		if !errors.Is(err, txn.ErrContention) || res != nil || len(s.sent) != 5 || s.landed(t) >= 0 {
			t.Errorf("%d puts, %v", len(s.sent), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, env, state := start(t, always(100_000)...)
		env.Retry.Elapsed = 3 * time.Second
		began := time.Now()
		_, err := txn.Commit(context.Background(), env, state, appendOf("ours"))
		if took := time.Since(began); !errors.Is(err, txn.ErrContention) || took > 5*time.Second || s.landed(t) >= 0 {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// lookedAt counts look-ups, and has another commit where the first finds nothing.
type lookedAt struct {
	log.Committer
	st    storage.Store
	count atomic.Int64
	taken atomic.Bool
}

func (l *lookedAt) Lookup(ctx context.Context, v log.Version) ([]byte, error) {
	l.count.Add(1)
	body, err := l.Committer.Lookup(ctx, v)
	if errors.Is(err, fs.ErrNotExist) && !l.taken.Swap(true) {
		if _, _, err := l.st.PutIfAbsent(ctx, log.CommitName(v), log.EncodeCommit([]log.Action{add("theirs")})); err != nil {
			return nil, err
		}
	}
	return body, err
}

// TestALoserLooksNoFurtherThanTheEnd: one who goes on looking after the end was
// seen never puts while others commit.
func TestALoserLooksNoFurtherThanTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, env, state := start(t)
		for v := log.Version(1); v <= 3; v++ {
			if _, _, err := s.st.PutIfAbsent(context.Background(), log.CommitName(v), log.EncodeCommit(s.winner)); err != nil {
				t.Fatal(err)
			}
		}
		l := &lookedAt{Committer: s, st: s.st}
		env.Source.Committer = l
		res, err := txn.Commit(context.Background(), env, state, appendOf("ours"))
		if err != nil || res.Version != 5 || s.landed(t) != 5 {
			t.Errorf("%+v, %v", res, err)
		}
		// Version 1, 2, 3 and 4, where nothing was; 4, which was lost, and 5.
		if n := l.count.Load(); n != 6 {
			t.Errorf("%d look-ups", n)
		}
	})
}

// TestTheEndOfCtxIsNotALie: a put that has begun is looked after.
func TestTheEndOfCtxIsNotALie(t *testing.T) {
	for _, c := range []struct {
		step step
		ours bool
		err  error
	}{{lost, true, nil}, {repeated, true, nil}, {theirsQuiet, false, context.Canceled}, {vanished, true, nil}, {throttled, false, context.Canceled}} {
		t.Run(string(c.step), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, env, state := start(t, c.step)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				req := appendOf("ours")
				env.Source = &replay.Source{Store: s.st, Committer: ending{s, cancel}, Share: 1, Parallel: 1, Warn: func(error) {}}
				res, err := txn.Commit(ctx, env, state, req)
				if c.ours != (err == nil) || !errors.Is(err, c.err) || c.ours && res.Version != 1 || (s.landed(t) >= 0) != c.ours {
					t.Errorf("got %+v, %v; it is version %d", res, err, s.landed(t))
				}
			})
		})
	}
	// Before a put, the end of ctx is the end.
	s, env, state := start(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := txn.Commit(ctx, env, state, appendOf("ours")); !errors.Is(err, context.Canceled) || len(s.sent) > 0 {
		t.Errorf("%d puts, %v", len(s.sent), err)
	}
}

// ending ends a context while a put is under way.
type ending struct {
	*scripted
	cancel func()
}

func (e ending) Commit(ctx context.Context, v log.Version, body []byte) (storage.Outcome, storage.Info, error) {
	outcome, info, err := e.scripted.Commit(ctx, v, body)
	e.cancel()
	return outcome, info, err
}

func TestCreatorsThatLoseAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, env, _ := start(t)
		_, err := txn.Commit(context.Background(), env, nil, &txn.Request{Operation: "CREATE TABLE", Actions: []log.Action{protocol(), metadata(nil)}})
		if !errors.Is(err, txn.ErrExists) || len(s.sent) != 1 {
			t.Errorf("%d puts, %v", len(s.sent), err)
		}
	})
}

func TestTheSameApplicationAppliesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for theirVersion, skipped := range map[int64]bool{6: false, 7: true, 8: true} {
			s, env, state := start(t, theirs)
			s.winner = []log.Action{&log.SetTransaction{AppID: "job", Version: theirVersion}, add("theirs")}
			req := appendOf("ours")
			req.Actions = append(req.Actions, &log.SetTransaction{AppID: "job", Version: 7})
			res, err := txn.Commit(context.Background(), env, state, req)
			if err != nil || res.Skipped != skipped || (s.landed(t) < 0) != skipped {
				t.Errorf("theirs is %d: %+v, %v", theirVersion, res, err)
			}
			if skipped && res.Version != 1 {
				t.Errorf("theirs is version 1, told %d", res.Version)
			}
		}
	})
}

func TestWinnersInTheWayAreConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, env, state := start(t, theirs, theirs)
		req := appendOf("ours")
		req.ReadWhole = true
		_, err := txn.Commit(context.Background(), env, state, req)
		var c *conflict.Error
		if !errors.As(err, &c) || c.Version != 1 || c.Kind != conflict.ConcurrentAppend || len(s.sent) != 1 {
			t.Errorf("%d puts, %v", len(s.sent), err)
		}
	})
}

// TestEveryAttemptIsSeenBeforeItIsPut: PreCommit may refuse each of them, and
// nothing that was refused is put.
func TestEveryAttemptIsSeenBeforeItIsPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		no := errors.New("not in office hours")
		s, env, state := start(t, theirs)
		var seen []log.Version
		req := appendOf("ours")
		req.PreCommit = func(_ context.Context, v log.Version, actions []log.Action) error {
			if _, is := actions[0].(*log.CommitInfo); !is || len(actions) != 2 {
				t.Errorf("version %d: %v", v, actions)
			}
			if seen = append(seen, v); v == 2 {
				return no
			}
			return nil
		}
		if _, err := txn.Commit(context.Background(), env, state, req); !errors.Is(err, no) || len(seen) != 2 || len(s.sent) != 1 {
			t.Errorf("seen %v, %d puts, %v", seen, len(s.sent), err)
		}
	})
}

func TestInCommitTimestampsAscend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, env, state := start(t)
		now := time.Now()
		env.Now = func() time.Time { return now }
		last := int64(0)
		commit := func(req *txn.Request) *log.CommitInfo {
			t.Helper()
			res, err := txn.Commit(context.Background(), env, state, req)
			if err != nil {
				t.Fatal(err)
			}
			state = res.State
			info := state.Info
			if info.InCommitTimestamp == nil || *info.InCommitTimestamp <= last {
				t.Errorf("version %d has %v, the one before %d", res.Version, info.InCommitTimestamp, last)
			}
			last = *info.InCommitTimestamp
			return info
		}
		on := &txn.Request{Operation: "SET TBLPROPERTIES", Actions: []log.Action{
			&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"inCommitTimestamp"}},
			metadata(map[string]string{"delta.enableInCommitTimestamps": "true"}),
		}}
		s.steps = []step{theirs} // the version where they begin moves
		commit(on)
		if got := state.Metadata.Configuration; got["delta.inCommitTimestampEnablementVersion"] != "2" || got["delta.inCommitTimestampEnablementTimestamp"] != fmt.Sprint(last) {
			t.Errorf("they begin at %v", got)
		}
		now = now.Add(-time.Hour)
		commit(appendOf("a"))
		commit(appendOf("b"))
		s.winner = []log.Action{&log.CommitInfo{InCommitTimestamp: ptr(last + 1_000_000), Timestamp: ptr(int64(1))}, add("theirs")}
		s.steps = []step{theirs}
		commit(appendOf("c"))
		if last <= 1_000_000 {
			t.Error("the winner's timestamp was not followed")
		}
	})
}

func ptr[T any](v T) *T { return &v }

// TestCommitInfoSaysWhatOthersRead.
func TestCommitInfoSaysWhatOthersRead(t *testing.T) {
	s, env, state := start(t)
	req := appendOf("ours")
	req.Parameters = map[string]any{"mode": "Append", "partitionBy": []string{"a"}}
	req.Metrics = map[string]string{"numFiles": "1"}
	req.User = map[string]string{"who": "me"}
	if _, err := txn.Commit(context.Background(), env, state, req); err != nil {
		t.Fatal(err)
	}
	var line struct{ CommitInfo map[string]any }
	if err := json.Unmarshal(bytes.SplitN(s.sent[0], []byte("\n"), 2)[0], &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"operation": "WRITE", "isBlindAppend": true, "engineInfo": "test", "readVersion": 0.0, "isolationLevel": "Serializable", "userMetadata": `{"who":"me"}`,
	} {
		if got := line.CommitInfo[name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	params, _ := line.CommitInfo["operationParameters"].(map[string]any)
	if params["partitionBy"] != `["a"]` {
		t.Errorf("parameters %v", params)
	}
}
