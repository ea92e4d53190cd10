package checkpoint

import (
	"context"
	"errors"
	"iter"

	"github.com/foreset/foreset/log"
)

// Removes yields the tombstones that the checkpoint lists, in its order.
// DataChange is false, as in every checkpoint. After an error nothing more is
// yielded.
func (r *Reader) Removes(ctx context.Context) iter.Seq2[*log.RemoveFile, error] {
	return func(yield func(*log.RemoveFile, error) bool) {
		pieces := r.pieces()
		read := func(ctx context.Context, i int, _ asker, emit func([]*log.RemoveFile) bool) error {
			if pieces[i].part < 0 {
				return r.manifest.removes(ctx, emit)
			}
			return r.groups(ctx, pieces[i], func(p *part, group int) (bool, error) {
				return p.groupRemoves(ctx, group, emit)
			})
		}
		inOrder(ctx, len(pieces), r.opts.Parallel, Wanted{}, read, func(some []*log.RemoveFile, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			for _, f := range some {
				if !yield(f, nil) {
					return false
				}
			}
			return true
		})
	}
}

// groupRemoves yields the removes of one row group; false to stop.
func (p *part) groupRemoves(ctx context.Context, index int, yield func([]*log.RemoveFile) bool) (more bool, err error) {
	var t *tombstones
	err = p.guard(func() (err error) {
		t, err = p.newTombstones(ctx, index)
		return err
	})
	if err != nil || t == nil {
		return true, err
	}
	defer t.group.close()
	for len(t.rows) > 0 {
		var found []*log.RemoveFile
		err := p.guard(func() (err error) {
			found, err = t.next()
			return err
		})
		if err != nil {
			return false, err
		}
		if !yield(found) {
			return false, nil
		}
	}
	return true, nil
}

// tombstones walks the removes of one row group.
type tombstones struct {
	group *group
	rows  []int // where they are, those not read yet
	at    int   // rows passed

	path, deleted, size  *column
	extended             *column
	partition, tags      *mapping
	stats                *column
	dvType, dvPath       *column
	dvOffset, dvSize     *column
	dvRows, dvMax        *column
	baseRowID, commitVer *column
	columns              []skipper
}

// newTombstones opens the columns; nil if the row group has no removes.
func (p *part) newTombstones(ctx context.Context, index int) (*tombstones, error) {
	path := p.schema.leaf("remove", "path")
	if path == nil || p.rows(index) == 0 || p.allNull(index, path.index) {
		return nil, nil
	}
	g, err := p.load(ctx, index, []string{"remove"})
	if err != nil {
		return nil, err
	}
	t := &tombstones{group: g, rows: g.rowsWith("remove", "path")}
	t.path, t.deleted, t.size = g.text("remove", "path"), g.number("remove", "deletionTimestamp"), g.number("remove", "size")
	t.extended = g.flag("remove", "extendedFileMetadata")
	t.partition, t.tags = g.mapping("remove", "partitionValues"), g.mapping("remove", "tags")
	t.stats = g.text("remove", "stats")
	t.dvType, t.dvPath = g.text("remove", "deletionVector", "storageType"), g.text("remove", "deletionVector", "pathOrInlineDv")
	t.dvOffset, t.dvSize = g.number("remove", "deletionVector", "offset"), g.number("remove", "deletionVector", "sizeInBytes")
	t.dvRows, t.dvMax = g.number("remove", "deletionVector", "cardinality"), g.number("remove", "deletionVector", "maxRowIndex")
	t.baseRowID, t.commitVer = g.number("remove", "baseRowId"), g.number("remove", "defaultRowCommitVersion")
	t.columns = []skipper{t.path, t.deleted, t.size, t.extended, t.partition, t.tags, t.stats, t.dvType, t.dvPath, t.dvOffset,
		t.dvSize, t.dvRows, t.dvMax, t.baseRowID, t.commitVer}
	if err := g.fault(); err != nil {
		g.close()
		return nil, err
	}
	return t, nil
}

// removesAtOnce is how many removes are read before they are yielded.
const removesAtOnce = 1024

func (t *tombstones) next() ([]*log.RemoveFile, error) {
	var found []*log.RemoveFile
	t.uncharge()
	for range min(removesAtOnce, len(t.rows)) {
		for _, c := range t.columns {
			c.skip(t.rows[0] - t.at)
		}
		t.at, t.rows = t.rows[0]+1, t.rows[1:]
		found = append(found, t.one())
		if err := t.group.fault(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// uncharge forgets what was kept: it has been handed over.
func (t *tombstones) uncharge() {
	for _, c := range t.group.opened {
		c.kept = 0
	}
}

func (t *tombstones) one() *log.RemoveFile {
	f := &log.RemoveFile{
		Path:                    t.path.str(),
		DeletionTimestamp:       t.deleted.optionalInteger(),
		ExtendedFileMetadata:    t.extended.optionalBoolean(),
		PartitionValues:         t.partition.values(),
		Size:                    t.size.optionalInteger(),
		Stats:                   t.stats.str(),
		Tags:                    t.tags.values(),
		BaseRowID:               t.baseRowID.optionalInteger(),
		DefaultRowCommitVersion: t.commitVer.optionalInteger(),
	}
	kind, path := t.dvType.optional(), t.dvPath.optional()
	offset, size := t.dvOffset.optionalInteger(), t.dvSize.optionalInteger()
	rows, last := t.dvRows.optionalInteger(), t.dvMax.optionalInteger()
	if kind == nil {
		return f
	}
	if path == nil || size == nil || rows == nil {
		t.dvType.fail(errNull)
		return f
	}
	f.DeletionVector = &log.DeletionVector{StorageType: *kind, PathOrInlineDV: *path, Cardinality: *rows, MaxRowIndex: last}
	f.DeletionVector.SizeInBytes = t.int32(t.dvSize, *size)
	if offset != nil {
		n := t.int32(t.dvOffset, *offset)
		f.DeletionVector.Offset = &n
	}
	return f
}

func (t *tombstones) int32(c *column, n int64) int32 {
	if n != int64(int32(n)) {
		c.fail(errors.New("number out of range"))
	}
	return int32(n)
}
