package txn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// After does what follows a commit, whose version was the newest at a time
// (zero: it may never have been): its .crc, and a checkpoint if one is due. It
// returns the state with what is known now. Its errors never concern the
// commit, which stands.
func After(ctx context.Context, env Env, s *replay.State, newest time.Time) (*replay.State, error) {
	var failures []error
	if s.Sum != nil || s.Resident(ctx) { // otherwise the count would cost a read of the whole checkpoint
		sum, err := s.Checksum(ctx)
		if err == nil {
			s = s.WithSum(sum)
			err = writeChecksum(ctx, env, s.Version, sum)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("write the checksum of version %d: %w", s.Version, err))
		}
	}
	due, s := checkpointIsDue(ctx, env, s)
	if due {
		next, err := Checkpoint(ctx, env, s, newest)
		if err != nil {
			failures = append(failures, err)
		} else {
			s = next
		}
	}
	return s, errors.Join(failures...)
}

// checksumTime bounds the put of a .crc, which is small and worth no waiting.
const checksumTime = 10 * time.Second

func writeChecksum(ctx context.Context, env Env, v log.Version, sum *log.Checksum) error {
	ctx, cancel := context.WithTimeout(ctx, checksumTime)
	defer cancel()
	return log.WriteChecksum(ctx, env.Source.Store, v, sum)
}

// checkpointIsDue: at every multiple of the interval, and whenever the last
// checkpoint is as far back, since the writer of a multiple may have died
// before it wrote one. Mostly it did not: one look saves each of many writers
// a checkpoint of its own.
func checkpointIsDue(ctx context.Context, env Env, s *replay.State) (bool, *replay.State) {
	interval := log.Version(feature.Int(s.Metadata.Configuration, "delta.checkpointInterval", 10))
	switch {
	case interval < 1 || s.Version == 0 || s.CheckpointVersion >= s.Version:
		return false, s
	case s.Version%interval == 0:
		return true, s
	case s.Version-max(s.CheckpointVersion, 0) < interval:
		return false, s
	}
	multiple := s.Version - s.Version%interval
	if info, err := env.Source.Store.Head(ctx, log.CheckpointName(multiple)); err == nil && info.Size > 0 {
		return false, s.WithCheckpoint(multiple)
	}
	return true, s
}

// hintTime is how long after a version was the newest it is taken for granted
// that no other writer has made a checkpoint of a later one.
const hintTime = 5 * time.Second

// Checkpoint writes a checkpoint of a version that was the newest at a time. If
// its files do not add up to what is said of them, as when another engine added
// a file twice or wrote a wrong .crc, they are counted anew.
func Checkpoint(ctx context.Context, env Env, s *replay.State, at time.Time) (*replay.State, error) {
	newest := func() bool {
		passed := env.Now().Sub(at) // less than nothing if the clock was set back
		return passed >= 0 && passed < hintTime
	}
	next, err := writeCheckpoint(ctx, env, s, newest)
	if !errors.Is(err, checkpoint.ErrCount) {
		return next, err
	}
	env.Source.Warn(fmt.Errorf("the counts of version %d are wrong: %w", s.Version, err))
	if s, err = s.Recounted(ctx); err != nil {
		return nil, fmt.Errorf("count the files of the checkpoint anew: %w", err)
	}
	return writeCheckpoint(ctx, env, s, newest)
}

func writeCheckpoint(ctx context.Context, env Env, s *replay.State, newest func() bool) (*replay.State, error) {
	conf := s.Metadata.Configuration
	src := &checkpoint.Source{Version: s.Version, Protocol: s.Protocol, Metadata: s.Metadata, NumAdds: -1, AddBytes: -1}
	if s.Sum != nil {
		src.NumAdds, src.AddBytes = s.Sum.NumFiles, s.Sum.TableSizeBytes
	}
	for _, id := range slices.Sorted(maps.Keys(s.Txns)) {
		src.Txns = append(src.Txns, s.Txns[id])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Domains)) {
		src.Domains = append(src.Domains, s.Domains[name])
	}
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for f, err := range s.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(f.Add(), nil) {
				return
			}
		}
	}
	src.Removes = s.Removes(ctx)
	opts := &checkpoint.WriteOptions{
		Now:             env.Now(),
		RemoveRetention: feature.Duration(conf, "delta.deletedFileRetentionDuration", 0),
		TxnRetention:    feature.Duration(conf, "delta.setTransactionRetentionDuration", 0),
		Codec:           checkpointCodec(conf["delta.parquet.compression.codec"]),
		Newest:          newest,
	}
	if _, err := checkpoint.Write(ctx, env.Source.Store, src, opts); err != nil {
		return nil, fmt.Errorf("write a checkpoint of version %d: %w", s.Version, err)
	}
	return s.WithCheckpoint(s.Version), nil
}

// checkpointCodec is the table's codec where checkpoints have it; "" leaves the
// choice to the checkpoint package.
func checkpointCodec(table string) string {
	switch codec := strings.ToLower(table); codec {
	case "zstd", "snappy", "uncompressed":
		return codec
	default:
		return ""
	}
}

// resolveTime bounds Resolve.
const resolveTime = 60 * time.Second

// Resolve settles an unknown commit by occupying its version: with the same
// bytes, which finishes it, or, when it is to be abandoned, with an empty
// commit. The answer is whether the commit is a version of the table; it stays
// true for ever. If the version was taken in the meantime, nothing is written.
func Resolve(ctx context.Context, env Env, u *UnknownError, abandon bool) (landed bool, err error) {
	env.Retry = env.Retry.withDefaults()
	tx := &transaction{env: env, req: &Request{Operation: "ABANDON"}, start: -1}
	if err := tx.seed(); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	if err := stillThere(ctx, env, u.Version); err != nil {
		return false, err
	}
	body := u.Body
	if abandon {
		if body, err = tx.empty(u); err != nil {
			return false, err
		}
	}
	var last error
	for try := 1; ; try++ {
		outcome, _, err := tx.send(ctx, u.Version, body, try-1)
		if outcome == storage.Created {
			return !abandon, nil
		}
		settled, _, lookErr := log.Settle(ctx, env.Source.Committer, u.Version, u.TxnID, u.Body)
		switch {
		case lookErr == nil && settled == log.Ours:
			return true, nil
		case lookErr == nil && settled == log.Theirs:
			return false, nil
		}
		last = errors.Join(err, lookErr)
		if err := tx.wait(ctx, try); err != nil {
			still := *u
			still.Err = errors.Join(last, err)
			return false, &still
		}
	}
}

// stillThere refuses a version that log cleanup may have taken: an absence
// there says nothing, and occupying it would write into the past. It refuses
// one that does not follow what is there as well: the table was replaced, and
// the commit was another table's.
func stillThere(ctx context.Context, env Env, v log.Version) error {
	entries, err := log.List(ctx, env.Source.Store, max(v-1, 0), -1)
	if err != nil {
		return fmt.Errorf("look for version %d: %w", v, err)
	}
	before, later := v == 0, false
	for _, e := range entries {
		name, ok := log.ParseName(e.Name)
		if ok && name.Kind == log.Commit && name.Version == v {
			return nil
		}
		before = before || ok && name.Version == v-1
		later = later || ok && name.Version > v
	}
	switch {
	case later:
		return fmt.Errorf("%w: the log after version %d is there, but not that version itself: only an application id can tell now whether it was committed", log.ErrVersionGone, v)
	case !before:
		return fmt.Errorf("%w: the log has no version %d that version %d could follow: the table was replaced", log.ErrVersionGone, v-1, v)
	}
	return nil
}

// empty is a commit that changes nothing. It has to carry an in-commit
// timestamp where the table has them: the abandoned commit's own, which
// follows that of the version before.
func (tx *transaction) empty(u *UnknownError) ([]byte, error) {
	now, blind := tx.env.Now().UnixMilli(), false
	info := &log.CommitInfo{Timestamp: &now, Operation: tx.req.Operation, IsBlindAppend: &blind, EngineInfo: tx.env.Engine, TxnID: tx.id}
	actions, err := log.ReadActions(u.Body, tx.env.Source.Limits)
	if err != nil {
		return nil, fmt.Errorf("the unknown commit is not one of ours: %w", err)
	}
	for _, a := range actions {
		if was, is := a.(*log.CommitInfo); is {
			info.InCommitTimestamp, info.ReadVersion, info.IsolationLevel = was.InCommitTimestamp, was.ReadVersion, was.IsolationLevel
		}
	}
	if u.Version == 0 {
		return nil, errors.New("the creation of a table cannot be abandoned: finish it, or leave it")
	}
	return log.EncodeCommit([]log.Action{info}), nil
}
