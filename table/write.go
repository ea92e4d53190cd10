package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Append adds rows to the table. Columns of the data are matched by name,
// ignoring case; columns that the data lacks become null. The data is read to
// its end once and is not released.
//
// It fails with [ErrSchema] or a [*ConstraintError] for data that does not
// fit, with an [*UnsupportedError], [ErrContention] or [*ConflictError], and
// with errors of the reader and the store: in all these cases nothing was
// committed. After a [*CommitUnknownError] it is not known whether it was.
func (t *Table) Append(ctx context.Context, data array.RecordReader, opts *WriteOptions) (Commit, error) {
	ctx, op := t.starts(ctx, "append")
	c, err := t.write(ctx, data, opts, false)
	if err != nil {
		err = fmt.Errorf("append to %s: %w", t.url, translate(err))
	}
	return op.commits(c, err)
}

// Overwrite replaces rows: all of them if the predicate is absent. It fails
// like [Table.Append], with an [*UnsupportedError] for any other predicate, and
// with [ErrConstraint] on a table that is append-only. Rows that are appended
// concurrently are replaced too when their commit comes first, and stay when it
// comes later.
func (t *Table) Overwrite(ctx context.Context, where expr.Expr, data array.RecordReader, opts *WriteOptions) (Commit, error) {
	if !where.IsZero() {
		return Commit{}, fmt.Errorf("overwrite %s: %w", t.url, &UnsupportedError{Features: []string{"overwrite with a predicate"}, Write: true})
	}
	ctx, op := t.starts(ctx, "overwrite")
	c, err := t.write(ctx, data, opts, true)
	if err != nil {
		err = fmt.Errorf("overwrite %s: %w", t.url, translate(err))
	}
	return op.commits(c, err)
}

// write is an append or an overwrite:
// look, stage, write the files, commit, follow up.
func (t *Table) write(ctx context.Context, data array.RecordReader, opts *WriteOptions, all bool) (Commit, error) {
	if opts == nil {
		opts = &WriteOptions{}
	}
	s, st, err := t.begin(ctx, data.Schema(), opts, all)
	if err != nil {
		return Commit{}, err
	}
	if c, done := applied(s, &opts.CommitOptions); done {
		return c, nil
	}
	res, err := t.writeFiles(ctx, st, data)
	if err != nil {
		return Commit{}, err
	}
	st.files = res
	if len(res.Adds) == 0 && !all && st.metadata == nil && opts.AppID == "" {
		return Commit{Version: int64(s.Version), Timestamp: committed(s), Skipped: true}, nil
	}
	done, err := t.land(ctx, s, st)
	if err != nil {
		return Commit{}, err
	}
	if done.Skipped { // others were faster with the same work
		return Commit{Version: int64(done.Version), Timestamp: done.Time, Skipped: true}, nil
	}
	c := Commit{
		Version: int64(done.Version), Timestamp: done.Time, Attempts: done.Attempts,
		Metrics: Metrics{Rows: res.Rows, Files: int64(len(res.Adds)), Bytes: res.Bytes, FilesRemoved: st.removed, BytesSpilled: res.Spilled},
	}
	c.After = t.follow(ctx, done, opts.Post)
	return c, nil
}

// begin is the state to start from and what is staged there. An append begins
// with what is known, since the commit finds out what is not, unless the answer
// may depend on what others did since: a new column, a dropped constraint.
func (t *Table) begin(ctx context.Context, data *arrow.Schema, opts *WriteOptions, all bool) (*replay.State, *staged, error) {
	if !all && !opts.MergeSchema {
		s, err := t.writable(ctx, false)
		if err == nil {
			st, err := t.stage(s, data, opts, all)
			if err == nil && len(st.checks) == 0 && fits(data, st.schema) {
				return s, st, nil
			}
		}
	}
	s, err := t.writable(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	st, err := t.stage(s, data, opts, all)
	if _, done := applied(s, &opts.CommitOptions); done {
		return s, st, nil // whatever the data is like by now
	}
	return s, st, err
}

// fits says whether data needs no change of the schema.
func fits(data *arrow.Schema, s *schema.Struct) bool {
	incoming, err := arrowconv.FromArrow(data)
	if err != nil {
		return false
	}
	merged, err := schema.Merge(s, incoming, false)
	return err == nil && schema.Equal(merged, s)
}

// land commits the files that were staged upon s. They do not stay if that
// fails, nor if the result is Skipped.
//
// The callers of one Table do it in turns: each begins with what the one before
// it has committed, instead of losing races against all others.
func (t *Table) land(ctx context.Context, s *replay.State, st *staged) (res *txn.Result, err error) {
	defer func() {
		if res != nil && res.Skipped || err != nil && !errors.Is(err, ErrCommitUnknown) {
			write.Discard(ctx, t.opts.Store, st.files.Adds)
		}
	}()
	select {
	case t.lane <- struct{}{}:
		defer func() { <-t.lane }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s, err = t.renewed(ctx, s, st); err != nil {
		return nil, err
	}
	if c, done := st.applied(s); done {
		return &txn.Result{State: s, Version: s.Version, Time: c.Timestamp, Skipped: true}, nil
	}
	if res, err = t.commit(ctx, s, st); err == nil && !res.Skipped {
		t.learn(res.State)
	}
	return res, err
}

// renewed is the state to commit upon: the newest that is known, or that there
// is if that became old, as far as the files that were written upon s fit it.
func (t *Table) renewed(ctx context.Context, s *replay.State, st *staged) (*replay.State, error) {
	old := t.isOld()
	newest, err := t.known()
	switch {
	case old:
		if newest, err = t.state(ctx); err != nil {
			return nil, err
		}
	case err != nil: // what has begun may end on a closed table
		return s, nil
	case newest.Metadata.ID != st.base.ID: // another call has seen that
	case newest.Version <= s.Version:
		return s, nil
	}
	same := reflect.DeepEqual(newest.Metadata, st.base) && reflect.DeepEqual(newest.Protocol, s.Protocol)
	if !same && !t.stillFits(newest, st, conflict.MetadataChanged) {
		if !old && newest.Metadata.ID == st.base.ID {
			return s, nil // the commit finds out what is in the way
		}
		return nil, &ConflictError{Version: newest.Version, Kind: conflict.MetadataChanged,
			Detail: "the table was changed or replaced while the data were written"}
	}
	return newest, nil
}

// writable is the newest state that is known, if that is not too old, or the
// newest there is.
func (t *Table) writable(ctx context.Context, fresh bool) (*replay.State, error) {
	if t.opts.ReadOnly {
		return nil, ErrReadOnly
	}
	s, err := t.known()
	if err == nil && (fresh || s == nil || t.isOld()) {
		s, err = t.state(ctx)
	}
	if err != nil {
		return nil, err
	}
	sch, err := s.Schema()
	if err != nil {
		return nil, err
	}
	return s, feature.CheckWrite(s.Protocol, s.Metadata, sch)
}

// applied says whether the table has recorded the application's version.
func applied(s *replay.State, opts *CommitOptions) (Commit, bool) {
	if opts.AppID == "" {
		return Commit{}, false
	}
	if done := s.Txns[opts.AppID]; done != nil && done.Version >= opts.AppVersion {
		return Commit{Version: int64(s.Version), Timestamp: committed(s), Skipped: true}, true
	}
	return Commit{}, false
}

// committed is when a state was committed, as far as that is known without a
// request.
func committed(s *replay.State) time.Time {
	if s.Modified.IsZero() && s.Info != nil {
		return s.Info.Time()
	}
	return s.Modified
}

// staged is what is known of an append or overwrite before its commit.
type staged struct {
	opts     *WriteOptions
	all      bool
	schema   *schema.Struct  // of the table after the commit
	metadata *log.Metadata   // if the schema changes, else nil
	apps     []CommitOptions // applications of a group's callers, whose versions are recorded with it
	checks   []constraint
	base     *log.Metadata // that the data was made to fit
	files    *write.Result
	removed  int64
}

// applied is [applied] for every application whose version is staged.
func (st *staged) applied(s *replay.State) (Commit, bool) {
	for i := range st.apps {
		if c, done := applied(s, &st.apps[i]); done {
			return c, true
		}
	}
	return applied(s, &st.opts.CommitOptions)
}

func (t *Table) stage(s *replay.State, data *arrow.Schema, opts *WriteOptions, all bool) (*staged, error) {
	have, err := s.Schema()
	if err != nil {
		return nil, err
	}
	st := &staged{opts: opts, all: all, schema: have, base: s.Metadata}
	if all && feature.Bool(s.Metadata.Configuration, "delta.appendOnly", false) {
		return nil, fmt.Errorf("%w: the table is append-only (delta.appendOnly)", ErrConstraint)
	}
	if opts.MergeSchema {
		if err := st.merge(data); err != nil {
			return nil, err
		}
	}
	md := s.Metadata
	if st.metadata != nil {
		md = st.metadata
		if err := t.admits(s.Protocol, md, st.schema); err != nil {
			return nil, err
		}
	}
	st.checks, err = t.constraints(md, st.schema)
	return st, err
}

// merge adds the columns that the table lacks.
func (st *staged) merge(data *arrow.Schema) error {
	incoming, err := arrowconv.FromArrow(data)
	if err != nil {
		return err
	}
	merged, err := schema.Merge(st.schema, incoming, false)
	if err != nil {
		return err
	}
	if schema.Equal(merged, st.schema) {
		return nil
	}
	if err := schema.Validate(merged, st.base.PartitionColumns, false); err != nil {
		return err
	}
	md := *st.base
	md.SchemaString = string(merged.JSON())
	st.schema, st.metadata = merged, &md
	return nil
}

// admits refuses a schema whose types the table's protocol does not have.
func (t *Table) admits(p *log.Protocol, md *log.Metadata, s *schema.Struct) error {
	for _, need := range feature.Needs(s, md.Configuration) {
		if !feature.Has(p, need) {
			return fmt.Errorf("%w: the new columns need the table feature %s, which the table does not have", ErrSchema, need)
		}
	}
	return nil
}

// writeFiles converts, checks and writes the data.
func (t *Table) writeFiles(ctx context.Context, st *staged, data array.RecordReader) (*write.Result, error) {
	buffer := t.opts.Budget.lease(2)
	defer t.opts.Budget.release(buffer)
	opts, err := t.writeOptions(st, buffer)
	if err != nil {
		return nil, err
	}
	return write.Files(ctx, t.fitting(ctx, st, data), opts)
}

// bytesPerFile is what a file that is being written needs, whatever its rows:
// pages, dictionaries.
const bytesPerFile = 4 << 20

func (t *Table) writeOptions(st *staged, buffer int64) (*write.Options, error) {
	conf := st.base.Configuration
	name := st.opts.Codec
	if name == "" {
		name = conf["delta.parquet.compression.codec"]
	}
	codec, err := parquetio.ParseCodec(name)
	if err != nil {
		return nil, err
	}
	indexed, err := stats.Indexed(st.schema, st.base.PartitionColumns, conf)
	if err != nil {
		return nil, err
	}
	prefix, err := stats.StringPrefix(conf)
	if err != nil {
		return nil, err
	}
	blooms, err := bloomColumns(st.schema, st.base.PartitionColumns, st.opts.BloomColumns)
	if err != nil {
		return nil, err
	}
	target := st.opts.TargetFileSize
	if target <= 0 {
		target = feature.Size(conf, "delta.targetFileSize", 128<<20)
	}
	return &write.Options{
		Store: t.opts.Store, Schema: st.schema, Partition: st.base.PartitionColumns,
		Parquet: parquetio.WriteOptions{
			Codec: codec, RowGroupRows: st.opts.RowGroupRows, BloomColumns: blooms,
			Stats: stats.Options{Columns: indexed, StringPrefix: prefix},
		},
		TargetSize: target, Buffer: buffer, OpenMax: int(max(1, min(64, buffer/bytesPerFile))), TempDir: t.opts.TempDir,
		Now: t.opts.Now, Rand: t.env.Rand, Allocator: t.opts.Allocator,
	}, nil
}

// fitting yields the data in the layout of the table, checked.
func (t *Table) fitting(ctx context.Context, st *staged, data array.RecordReader) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for data.Next() {
			batch, err := t.fit(ctx, st, data.RecordBatch())
			if err != nil {
				yield(nil, err)
				return
			}
			more := yield(batch, nil)
			batch.Release()
			if !more {
				return
			}
		}
		if err := data.Err(); err != nil && !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read the data: %w", err))
		}
	}
}

// fit is a batch in the layout of the table, checked. The caller releases it.
func (t *Table) fit(ctx context.Context, st *staged, in arrow.RecordBatch) (arrow.RecordBatch, error) {
	batch, err := arrowconv.Convert(ctx, in, st.schema, arrowconv.Options{
		TruncateTimestamps: st.opts.TruncateTimestamps, Allocator: t.opts.Allocator,
	})
	if err != nil {
		return nil, err
	}
	if err := check(st.checks, batch); err != nil {
		batch.Release()
		return nil, err
	}
	return batch, nil
}

// commit commits what is staged. When somebody changed the table in a way that
// leaves the written files valid, it starts over from the newest version with
// the same files: nothing was read that could be stale.
func (t *Table) commit(ctx context.Context, s *replay.State, st *staged) (*txn.Result, error) {
	const restarts = 10
	for n := 0; ; n++ {
		req, err := t.request(ctx, s, st)
		if err != nil {
			return nil, err
		}
		res, err := txn.Commit(ctx, t.env, s, req)
		var c *ConflictError
		if !errors.As(err, &c) || n == restarts {
			return res, err
		}
		newest, refreshErr := t.state(ctx)
		if refreshErr != nil {
			return nil, errors.Join(err, refreshErr)
		}
		if done, is := st.applied(newest); is {
			return &txn.Result{State: newest, Version: newest.Version, Time: done.Timestamp, Skipped: true}, nil
		}
		if !t.stillFits(newest, st, c.Kind) {
			return nil, err
		}
		s = newest
	}
}

// stillFits says whether the written files would be the same if the operation
// began now.
func (t *Table) stillFits(s *replay.State, st *staged, kind conflict.Kind) bool {
	now, err := s.Schema()
	if err != nil || feature.CheckWrite(s.Protocol, s.Metadata, now) != nil || s.Metadata.ID != st.base.ID {
		return false
	}
	if st.all && feature.Bool(s.Metadata.Configuration, "delta.appendOnly", false) {
		return false
	}
	switch kind {
	case conflict.ConcurrentAppend, conflict.ConcurrentDeleteRead, conflict.ConcurrentDeleteDelete:
		return st.all // everything is replaced, whatever it is by now
	case conflict.MetadataChanged, conflict.ProtocolChanged:
		if st.metadata != nil || !slices.Equal(s.Metadata.PartitionColumns, st.base.PartitionColumns) ||
			!sameConstraints(s.Metadata.Configuration, st.base.Configuration) {
			return false
		}
		// New columns that may be null are null in what was written.
		grown, err := schema.Merge(now, st.schema, false)
		return err == nil && schema.Equal(grown, now) && onlyNullable(now, st.schema)
	default:
		return false
	}
}

// onlyNullable: what now has and before had not may be null and has nothing to
// compute.
func onlyNullable(now, before *schema.Struct) bool {
	for _, f := range now.Fields {
		i := slices.IndexFunc(before.Fields, func(g schema.Field) bool { return strings.EqualFold(f.Name, g.Name) })
		if i < 0 && (!f.Nullable || len(f.Metadata) > 0) {
			return false
		}
		if i >= 0 && !schema.Equal(f.Type, before.Fields[i].Type) {
			return false
		}
		if i >= 0 && (f.Nullable != before.Fields[i].Nullable || !sameRules(f.Metadata, before.Fields[i].Metadata)) {
			return false
		}
	}
	return true
}

// sameRules compares what the metadata of a column demands of its values: all
// of it but the comment, since engines add rules of their own.
func sameRules(a, b schema.Metadata) bool {
	only := func(m schema.Metadata) schema.Metadata {
		out := maps.Clone(m)
		delete(out, "comment")
		return out
	}
	return maps.EqualFunc(only(a), only(b), func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// request is the transaction for what is staged, against a state.
func (t *Table) request(ctx context.Context, s *replay.State, st *staged) (*txn.Request, error) {
	level, set := s.Metadata.Configuration["delta.isolationLevel"]
	req := &txn.Request{
		Operation:  "WRITE",
		Parameters: map[string]any{"mode": "Append", "partitionBy": orEmpty(s.Metadata.PartitionColumns)},
		Metrics: map[string]string{
			"numFiles": strconv.Itoa(len(st.files.Adds)), "numOutputRows": strconv.FormatInt(st.files.Rows, 10),
			"numOutputBytes": strconv.FormatInt(st.files.Bytes, 10),
		},
		User: st.opts.Info, Level: st.opts.Isolation.level(level, set), PreCommit: t.preCommit(),
	}
	if st.metadata != nil {
		req.Actions = append(req.Actions, st.metadata)
	}
	now := t.opts.Now().UnixMilli()
	if st.opts.AppID != "" {
		req.Actions = append(req.Actions, t.progress(&st.opts.CommitOptions))
	}
	for i := range st.apps {
		req.Actions = append(req.Actions, t.progress(&st.apps[i]))
	}
	if st.all {
		req.Parameters["mode"] = "Overwrite"
		req.ReadWhole = true
		st.removed = 0
		for f, err := range s.Files(ctx, checkpoint.Tags) {
			if err != nil {
				return nil, err
			}
			req.Actions = append(req.Actions, remove(f.Add(), now))
			st.removed++
		}
		req.Metrics["numRemovedFiles"] = strconv.FormatInt(st.removed, 10)
	}
	for _, a := range st.files.Adds {
		req.Actions = append(req.Actions, a)
	}
	return req, nil
}

// remove is the tombstone of a file.
func remove(a *log.AddFile, now int64) *log.RemoveFile {
	extended := true
	return &log.RemoveFile{
		Path: a.Path, DeletionTimestamp: &now, DataChange: true, ExtendedFileMetadata: &extended,
		PartitionValues: a.PartitionValues, Size: &a.Size, Tags: a.Tags, DeletionVector: a.DeletionVector,
		BaseRowID: a.BaseRowID, DefaultRowCommitVersion: a.DefaultRowCommitVersion,
	}
}
