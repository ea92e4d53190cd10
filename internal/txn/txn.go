package txn

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// Env is what a commit needs from outside.
type Env struct {
	Source *replay.Source
	Now    func() time.Time
	Rand   io.Reader // ids and jitter
	Retry  Retry
	Engine string // commitInfo.engineInfo
}

// Retry bounds how a commit that lost races tries again. Zero fields mean the
// defaults.
type Retry struct {
	Attempts int           // puts at different versions; 0: 1000
	Elapsed  time.Duration // for the whole commit; 0: 60 s
	WaitMin  time.Duration // the first wait is up to this; 0: 10 ms
	WaitMax  time.Duration // no wait is longer; 0: 2 s
}

func (r Retry) withDefaults() Retry {
	r.Attempts = orDefault(r.Attempts, 1000)
	r.Elapsed = orDefault(r.Elapsed, 60*time.Second)
	r.WaitMin = orDefault(r.WaitMin, 10*time.Millisecond)
	r.WaitMax = orDefault(r.WaitMax, 2*time.Second)
	return r
}

func orDefault[T int | time.Duration](x, def T) T {
	if x <= 0 {
		return def
	}
	return x
}

// Request is a staged transaction.
type Request struct {
	Actions    []log.Action // all but the commitInfo
	Operation  string
	Parameters map[string]any    // of the operation; each becomes a string, one that holds JSON unless it is a string already, as other engines write them
	Metrics    map[string]string // of the operation
	User       map[string]string // the caller's own members of the commitInfo
	Level      conflict.Level

	// What was read, beyond which the transaction is a blind append if it
	// adds files and nothing else.
	ReadWhole bool
	MayMatch  []func(*log.AddFile) bool
	ReadFiles map[string]bool
	ReadApps  map[string]bool

	// PreCommit, if set, may refuse what is about to be put.
	PreCommit func(ctx context.Context, v log.Version, actions []log.Action) error
}

const ictEnabled = "delta.enableInCommitTimestamps"

// Result is a commit that landed, or that was not needed.
type Result struct {
	State    *replay.State // the version of the commit; of the latest known when Skipped
	Version  log.Version
	Time     time.Time // of the commitInfo
	Attempts int       // puts at different versions
	Skipped  bool      // the application had recorded this version before
	// Newest is when the version was the newest there is, for [After]; zero if
	// others may have committed before it was known to have landed.
	Newest time.Time
}

var (
	// ErrContention: the attempts or the time were used up by races; nothing
	// was in the way, and nothing was committed.
	ErrContention = errors.New("too many concurrent commits")
	// ErrExists: another client created the table first.
	ErrExists = errors.New("table exists already")
	// ErrUnknown is what every [UnknownError] is, for errors.Is.
	ErrUnknown = errors.New("outcome of the commit is unknown")
)

// UnknownError says that a commit may or may not be, or become, a version of
// the table. [Resolve] settles it.
type UnknownError struct {
	TableID string      // metaData.id of the table
	Version log.Version // where it may be
	TxnID   string      // commitInfo.txnId of the commit, if it is there
	Body    []byte      // the commit as it was sent
	Skipped bool        // the caller's rows are not in it: it holds the same work of another caller
	Err     error       // why it is not known
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%v: version %d, txnId %s: %v; resolve it before trying again", ErrUnknown, e.Version, e.TxnID, e.Err)
}

// Is reports ErrUnknown.
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

func (e *UnknownError) Unwrap() error { return e.Err }

// transaction is one run of [Commit].
type transaction struct {
	env   Env
	req   *Request
	id    string // commitInfo.txnId
	rand  *rand.Rand
	start log.Version // that was read
}

// Commit makes req the next version after s, or a later one if others came
// first and are not in the way. s is nil when the table is to be created.
//
// It fails with [ErrContention], [ErrExists], an [*UnknownError], a
// [*conflict.Error], an error of the feature package, or one of the store; in
// all cases but the unknown one nothing was committed.
func Commit(ctx context.Context, env Env, s *replay.State, req *Request) (*Result, error) {
	env.Retry = env.Retry.withDefaults()
	tx := &transaction{env: env, req: req, start: -1}
	if s != nil {
		tx.start = s.Version
	}
	if err := tx.seed(); err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, env.Retry.Elapsed)
	defer cancel()
	for attempt := 1; attempt <= env.Retry.Attempts; attempt++ {
		v := nextOf(s)
		c, err := tx.body(bounded, s, v)
		if err != nil {
			return nil, err
		}
		fate, winner, err := tx.put(bounded, v, c)
		switch fate {
		case committed:
			return tx.done(ctx, s, v, c, attempt)
		case refused:
			if attempt > 1 && bounded.Err() != nil && ctx.Err() == nil {
				return nil, tx.tooLong(v, err)
			}
			return nil, fmt.Errorf("commit version %d: %w", v, err)
		case unknown:
			return nil, &UnknownError{TableID: tx.metadata(s).ID, Version: v, TxnID: tx.id, Body: c.body, Err: err}
		}
		if s == nil {
			return nil, ErrExists
		}
		// Wait first, look last: what is put next is as fresh as can be.
		if err = tx.wait(bounded, attempt); err == nil {
			s, err = tx.rebase(bounded, s, v, winner)
		}
		switch {
		case err == nil:
		case bounded.Err() != nil && ctx.Err() == nil:
			return nil, tx.tooLong(v, err)
		default:
			return tx.lost(s, err)
		}
	}
	return nil, fmt.Errorf("%w: gave up at version %d after %d attempts (Retry.Attempts)", ErrContention, nextOf(s), env.Retry.Attempts)
}

// tooLong is the end of a transaction whose time was used up by races.
func (tx *transaction) tooLong(v log.Version, err error) error {
	return fmt.Errorf("%w: gave up at version %d after %v (Retry.Elapsed): %w", ErrContention, v, tx.env.Retry.Elapsed, err)
}

func nextOf(s *replay.State) log.Version {
	if s == nil {
		return 0
	}
	return s.Version + 1
}

// seed draws the transaction's id and the seed of its jitter.
func (tx *transaction) seed() error {
	id, err := uuid.NewRandomFromReader(tx.env.Rand)
	if err != nil {
		return fmt.Errorf("draw a transaction id: %w", err)
	}
	var b [16]byte
	if _, err := io.ReadFull(tx.env.Rand, b[:]); err != nil {
		return fmt.Errorf("draw a seed: %w", err)
	}
	tx.id = id.String()
	tx.rand = rand.New(rand.NewPCG(binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])))
	return nil
}

// done is the end of a commit that landed at v.
func (tx *transaction) done(ctx context.Context, s *replay.State, v log.Version, c *commit, attempts int) (*Result, error) {
	r := &Result{Version: v, Time: c.info.Time(), Attempts: attempts, Newest: c.sent}
	// Without an ETag a time alone would pass for the commit of another table
	// that was made at the same moment.
	modified := c.created.Modified
	if c.created.ETag == "" {
		modified = time.Time{}
	}
	if s == nil {
		r.State = replay.First(tx.env.Source, c.actions, modified, c.created.ETag)
		return r, nil
	}
	// The end of ctx must not turn a commit that landed into a failure.
	next, err := s.Apply(context.WithoutCancel(ctx), v, c.actions, modified, c.created.ETag)
	if err != nil {
		return nil, fmt.Errorf("committed version %d, but: %w", v, err)
	}
	r.State = next
	return r, nil
}

// lost is the end of a transaction that a winner is in the way of.
func (tx *transaction) lost(s *replay.State, err error) (*Result, error) {
	var c *conflict.Error
	if errors.As(err, &c) && c.Kind == conflict.AlreadyApplied {
		return &Result{State: s, Version: c.Version, Skipped: true}, nil
	}
	return nil, err
}

// commit is one body and what it was made from.
type commit struct {
	body    []byte
	actions []log.Action // the commitInfo first
	info    *log.CommitInfo
	created storage.Info // the object that it became, as far as is known
	sent    time.Time    // when the put began that created it; zero if that was settled otherwise
}

// body makes the bytes of version v. They are made once for each version, so
// that a repeated put sends the same.
func (tx *transaction) body(ctx context.Context, s *replay.State, v log.Version) (*commit, error) {
	info, err := tx.info(ctx, s, v)
	if err != nil {
		return nil, err
	}
	actions := append([]log.Action{info}, tx.req.Actions...)
	stampEnablement(s, v, actions)
	if err := log.ValidateCommit(v, actions); err != nil {
		return nil, err
	}
	if tx.req.PreCommit != nil {
		if err := tx.req.PreCommit(ctx, v, slices.Clone(actions)); err != nil {
			return nil, fmt.Errorf("refused before the commit: %w", err)
		}
	}
	return &commit{body: log.EncodeCommit(actions), actions: actions, info: info}, nil
}

func (tx *transaction) info(ctx context.Context, s *replay.State, v log.Version) (*log.CommitInfo, error) {
	now := tx.env.Now().UnixMilli()
	blind := tx.blind()
	info := &log.CommitInfo{
		Version:             v,
		Timestamp:           &now,
		Operation:           tx.req.Operation,
		OperationParameters: map[string]json.RawMessage{},
		IsolationLevel:      tx.req.Level.String(),
		IsBlindAppend:       &blind,
		EngineInfo:          tx.env.Engine,
		TxnID:               tx.id,
	}
	if tx.start >= 0 {
		read := int64(tx.start)
		info.ReadVersion = &read
	}
	for name, p := range tx.req.Parameters {
		plain, is := p.(string)
		text, err := []byte(plain), error(nil)
		if !is {
			text, err = json.Marshal(p)
		}
		if err == nil {
			text, err = json.Marshal(string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("parameter %s of the operation: %w", name, err)
		}
		info.OperationParameters[name] = text
	}
	if len(tx.req.Metrics) > 0 {
		info.OperationMetrics = map[string]json.RawMessage{}
		for name, text := range tx.req.Metrics {
			info.OperationMetrics[name], _ = json.Marshal(text) // a string always marshals
		}
	}
	if len(tx.req.User) > 0 {
		text, err := json.Marshal(tx.req.User)
		if err != nil {
			return nil, fmt.Errorf("user metadata of the commit: %w", err)
		}
		user := string(text)
		info.UserMetadata = &user
	}
	ict, err := tx.inCommitTimestamp(ctx, s, now)
	info.InCommitTimestamp = ict
	return info, err
}

// inCommitTimestamp is later than that of the version before (protocol,
// section "In-Commit Timestamps"); nil if the table has none.
func (tx *transaction) inCommitTimestamp(ctx context.Context, s *replay.State, now int64) (*int64, error) {
	md, p := tx.metadata(s), tx.protocol(s)
	if !feature.Bool(md.Configuration, ictEnabled, false) || !feature.Has(p, feature.InCommitTimestamp) {
		return nil, nil
	}
	if s != nil {
		before, err := s.Timestamp(ctx)
		if err != nil {
			return nil, fmt.Errorf("timestamp of version %d, which the next must follow: %w", s.Version, err)
		}
		now = max(now, before.UnixMilli()+1)
	}
	return &now, nil
}

// stampEnablement records where in-commit timestamps begin when this commit
// turns them on in a table that had none (protocol, section "In-Commit
// Timestamps"). The request's own action is left as it is: its version can
// still change.
func stampEnablement(s *replay.State, v log.Version, actions []log.Action) {
	info := actions[0].(*log.CommitInfo)
	if s == nil || info.InCommitTimestamp == nil || feature.Bool(s.Metadata.Configuration, ictEnabled, false) {
		return
	}
	for i, a := range actions {
		if md, is := a.(*log.Metadata); is {
			stamped := *md
			stamped.Configuration = maps.Clone(md.Configuration)
			stamped.Configuration["delta.inCommitTimestampEnablementVersion"] = strconv.FormatInt(int64(v), 10)
			stamped.Configuration["delta.inCommitTimestampEnablementTimestamp"] = strconv.FormatInt(*info.InCommitTimestamp, 10)
			actions[i] = &stamped
		}
	}
}

// metadata is that of the version to be: ours if we change it.
func (tx *transaction) metadata(s *replay.State) *log.Metadata {
	for _, a := range tx.req.Actions {
		if md, is := a.(*log.Metadata); is {
			return md
		}
	}
	return s.Metadata
}

func (tx *transaction) protocol(s *replay.State) *log.Protocol {
	for _, a := range tx.req.Actions {
		if p, is := a.(*log.Protocol); is {
			return p
		}
	}
	return s.Protocol
}

// blind: files are added, none is removed, and nothing was read.
func (tx *transaction) blind() bool {
	r := tx.req
	if r.ReadWhole || len(r.MayMatch) > 0 || len(r.ReadFiles) > 0 {
		return false
	}
	adds := false
	for _, a := range r.Actions {
		switch a.(type) {
		case *log.AddFile:
			adds = true
		case *log.RemoveFile, *log.AddCDCFile:
			return false
		}
	}
	return adds
}
