package cdf

import (
	"fmt"
	"strings"

	"github.com/foreset/foreset/log"
)

// What happened to a row.
const (
	Insert       = "insert"
	Delete       = "delete"
	UpdateBefore = "update_preimage"
	UpdateAfter  = "update_postimage"
)

// Piece is rows of one file that a commit changed.
type Piece struct {
	Change string // what happened to all of them; "": the file says it of each row
	File   *log.AddFile
	Marked bool                // the rows that the file's deletion vector marks; otherwise its live ones
	Except *log.DeletionVector // of marked rows, not those that it marks, too
	// Unsized: the size of the file is not known.
	Unsized bool
}

// Pieces are the row changes of a commit, deletions first. The error is
// [log.ErrCorrupt] if it cannot be told what happened to the rows of a file.
func Pieces(v log.Version, actions []log.Action) ([]Piece, error) {
	if recorded := recorded(actions); len(recorded) > 0 {
		return recorded, nil // all changes of the commit are in there
	}
	if isEmptyMerge(actions) {
		return nil, nil
	}
	files, err := filesOf(v, actions)
	if err != nil {
		return nil, err
	}
	var deleted, inserted []Piece
	for _, f := range files {
		switch {
		case !f.changed:
		case f.add == nil:
			deleted = append(deleted, removed(f.remove))
		case f.remove == nil:
			inserted = append(inserted, Piece{Change: Insert, File: f.add})
		default:
			before, after := f.remove.DeletionVector, f.add.DeletionVector
			if before.ID() == after.ID() {
				return nil, corrupt(v, "file %q is removed and added again as it was", f.add.Path)
			}
			if after != nil {
				deleted = append(deleted, Piece{Change: Delete, File: f.add, Marked: true, Except: before})
			}
			if before != nil {
				same := *f.add
				same.DeletionVector = before
				inserted = append(inserted, Piece{Change: Insert, File: &same, Marked: true, Except: after})
			}
		}
	}
	return append(deleted, inserted...), nil
}

// recorded is the files of row changes.
func recorded(actions []log.Action) []Piece {
	var pieces []Piece
	for _, a := range actions {
		if c, is := a.(*log.AddCDCFile); is {
			pieces = append(pieces, Piece{File: &log.AddFile{Path: c.Path, PartitionValues: c.PartitionValues, Size: c.Size, Tags: c.Tags}})
		}
	}
	return pieces
}

// isEmptyMerge says that a commit is a merge that found nothing to change. Spark
// commits what it has rewritten all the same, as if data had changed.
func isEmptyMerge(actions []log.Action) bool {
	for _, a := range actions {
		info, is := a.(*log.CommitInfo)
		if !is || info.Operation != "MERGE" {
			continue
		}
		for _, name := range []string{"numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"} {
			if strings.Trim(string(info.OperationMetrics[name]), `"`) != "0" {
				return false
			}
		}
		return true
	}
	return false
}

// file is what a commit does to one file.
type file struct {
	add     *log.AddFile
	remove  *log.RemoveFile
	changed bool // says one of them
}

// filesOf is what a commit does to each file, in the order of the actions.
func filesOf(v log.Version, actions []log.Action) ([]*file, error) {
	var files []*file
	byPath := map[string]*file{}
	at := func(path string) *file {
		if byPath[path] == nil {
			byPath[path] = &file{}
			files = append(files, byPath[path])
		}
		return byPath[path]
	}
	for _, a := range actions {
		switch a := a.(type) {
		case *log.AddFile:
			f := at(a.Path)
			if f.add != nil {
				return nil, corrupt(v, "file %q is added twice", a.Path)
			}
			f.add, f.changed = a, f.changed || a.DataChange
		case *log.RemoveFile:
			f := at(a.Path)
			if f.remove != nil {
				return nil, corrupt(v, "file %q is removed twice", a.Path)
			}
			f.remove, f.changed = a, f.changed || a.DataChange
		}
	}
	return files, nil
}

// removed is the rows of a removed file that were live.
func removed(r *log.RemoveFile) Piece {
	f := &log.AddFile{
		Path: r.Path, PartitionValues: r.PartitionValues, Stats: r.Stats, Tags: r.Tags, DeletionVector: r.DeletionVector,
		BaseRowID: r.BaseRowID, DefaultRowCommitVersion: r.DefaultRowCommitVersion,
	}
	if r.Size == nil {
		return Piece{Change: Delete, File: f, Unsized: true}
	}
	f.Size = *r.Size
	return Piece{Change: Delete, File: f}
}

func corrupt(v log.Version, format string, args ...any) error {
	return &log.CorruptError{Name: log.CommitName(v), Err: fmt.Errorf(format, args...)}
}
