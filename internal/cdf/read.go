package cdf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// The columns that the feed adds to those of the table.
const (
	ChangeType      = "_change_type"
	CommitVersion   = "_commit_version"
	CommitTimestamp = "_commit_timestamp"
)

// Reader reads the pieces of commits. It is immutable.
//
// It is a scan of a table that has the feed's columns, too, and is partitioned by
// those that are the same in all rows of a piece: that prunes files by them and
// adds them to batches without more code. Whether _change_type is one of those
// depends on the piece.
type Reader struct {
	same     *scan.Plan // of pieces that say what happened to all of their rows
	recorded *scan.Plan // of files that say it of each row
	keys     []string   // the table's own partition columns
}

// NewReader prepares to read commits with the protocol of one view as rows with
// the schema of another, which may be the same. Options say which columns and
// rows, and where the files are.
func NewReader(opts scan.Options, at, as *View) (*Reader, error) {
	s, err := withFeed(as.Schema)
	if err != nil {
		return nil, err
	}
	md := as.State.Metadata
	r := &Reader{keys: md.PartitionColumns}
	p := at.State.Protocol // it says whether there are deletion vectors
	if feature.Mapping(p, md) != feature.Mapping(as.State.Protocol, md) {
		p = as.State.Protocol // files from before column mapping have the physical names of after
	}
	plan := func(keys ...string) (*scan.Plan, error) {
		like := *md
		like.PartitionColumns = append(slices.Clone(md.PartitionColumns), keys...)
		o := opts
		o.Schema, o.State = s, &replay.State{Version: at.State.Version, Protocol: p, Metadata: &like}
		return scan.New(o)
	}
	if r.same, err = plan(ChangeType, CommitVersion, CommitTimestamp); err != nil {
		return nil, err
	}
	r.recorded, err = plan(CommitVersion, CommitTimestamp)
	return r, err
}

// withFeed is the columns of a table and those of the feed.
func withFeed(s *schema.Struct) (*schema.Struct, error) {
	fields := slices.Clone(s.Fields)
	for _, f := range []schema.Field{
		{Name: ChangeType, Type: schema.String, Nullable: true},
		{Name: CommitVersion, Type: schema.Long, Nullable: true},
		{Name: CommitTimestamp, Type: schema.Timestamp, Nullable: true},
	} {
		if _, has := s.Lookup(f.Name); has {
			return nil, &schema.InvalidError{Column: f.Name, Problem: "the change data feed has a column of that name, too"}
		}
		fields = append(fields, f)
	}
	return &schema.Struct{Fields: fields}, nil
}

// Schema is the Arrow schema of the batches.
func (r *Reader) Schema() *arrow.Schema { return r.same.Schema() }

// Read reads the pieces of a version that was committed at a time. Batches are
// as [scan.Plan.Batches] has them.
func (r *Reader) Read(ctx context.Context, v log.Version, at time.Time, pieces []Piece) iter.Seq2[arrow.RecordBatch, error] {
	plan := r.same
	if len(pieces) > 0 && pieces[0].Change == "" {
		plan = r.recorded
	}
	return r.read(ctx, plan, v, func(context.Context) iter.Seq2[scan.Part, error] {
		return func(yield func(scan.Part, error) bool) {
			for _, p := range pieces {
				part := scan.Part{Marked: p.Marked, Except: p.Except, Unsized: p.Unsized}
				var err error
				if part.File, err = r.file(p.File, v, at, p.Change); !yield(part, err) || err != nil {
					return
				}
			}
		}
	})
}

// Rows reads all rows of a version as if it had inserted them.
func (r *Reader) Rows(ctx context.Context, s *replay.State, at time.Time) iter.Seq2[arrow.RecordBatch, error] {
	return r.read(ctx, r.same, s.Version, func(ctx context.Context) iter.Seq2[scan.Part, error] {
		return func(yield func(scan.Part, error) bool) {
			for f, err := range s.Files(ctx, checkpoint.AllColumns) {
				if err == nil {
					f, err = r.file(f.Add(), s.Version, at, Insert)
				}
				if !yield(scan.Part{File: f}, err) || err != nil {
					return
				}
			}
		}
	})
}

// file is a file with the values of the columns that are the same in all rows.
func (r *Reader) file(add *log.AddFile, v log.Version, at time.Time, change string) (replay.File, error) {
	if add.PartitionValues == nil && len(r.keys) > 0 {
		return replay.File{}, &NoChangesError{Version: int64(v), Detail: fmt.Sprintf("the log does not say the partition of %q", add.Path)}
	}
	version, when := strconv.FormatInt(int64(v), 10), at.UTC().Format(time.RFC3339Nano)
	with := *add
	if with.PartitionValues = maps.Clone(add.PartitionValues); with.PartitionValues == nil {
		with.PartitionValues = map[string]*string{}
	}
	with.PartitionValues[CommitVersion], with.PartitionValues[CommitTimestamp] = &version, &when
	if change != "" {
		with.PartitionValues[ChangeType] = &change
	}
	return replay.FileOf(&with), nil
}

func (r *Reader) read(ctx context.Context, plan *scan.Plan, v log.Version, parts func(context.Context) iter.Seq2[scan.Part, error]) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range plan.Parts(ctx, parts) {
			if err == nil && plan == r.recorded {
				err = checkChanges(b)
			}
			if err != nil {
				yield(nil, about(v, err))
				return
			}
			if !yield(b.Record, nil) {
				return
			}
		}
	}
}

// about names the version that an error is about.
func about(v log.Version, err error) error {
	var said *NoChangesError
	switch {
	case errors.As(err, &said):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &NoChangesError{Version: int64(v), Detail: "a file that holds them is gone, as after VACUUM", Err: err}
	default:
		return fmt.Errorf("row changes of version %d: %w", v, err)
	}
}

// checkChanges refuses rows of which it is not known what happened to them.
func checkChanges(b scan.Batch) error {
	for _, i := range b.Record.Schema().FieldIndices(ChangeType) {
		c, is := b.Record.Column(i).(*array.String)
		if !is {
			continue
		}
		for row := range c.Len() {
			if c.IsValid(row) && isChange(c.Value(row)) {
				continue
			}
			return &log.CorruptError{Name: b.File.Path(), Err: fmt.Errorf("%s is %q in a row", ChangeType, c.ValueStr(row))}
		}
	}
	return nil
}

func isChange(s string) bool {
	switch s {
	case Insert, Delete, UpdateBefore, UpdateAfter:
		return true
	default:
		return false
	}
}
