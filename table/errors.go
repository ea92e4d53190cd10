package table

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/cdf"
	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// What an operation can fail with, for errors.Is. Errors of the store keep
// their own identity beside these: fs.ErrNotExist, storage.ErrThrottled, the
// errors of a context.
var (
	// ErrNotTable: there is no table at the location.
	ErrNotTable = log.ErrNotTable
	// ErrExists: there is a table at the location already.
	ErrExists = txn.ErrExists
	// ErrConflict: a concurrent commit is in the way; see [ConflictError].
	// Nothing was committed. Running the operation again may succeed.
	ErrConflict = conflict.ErrConflict
	// ErrContention: the attempts or the time of [Retry] were used up by races
	// that nothing but speed decided. Nothing was committed.
	ErrContention = txn.ErrContention
	// ErrCommitUnknown: the commit may or may not have happened; see
	// [CommitUnknownError].
	ErrCommitUnknown = txn.ErrUnknown
	// ErrUnsupported: the table needs a feature that this version of the
	// library does not have; see [UnsupportedError].
	ErrUnsupported = feature.ErrUnsupported
	// ErrSchema: data does not fit the table's schema, or a schema is invalid.
	ErrSchema = errors.New("schema does not fit")
	// ErrConstraint: a row breaks a constraint of the table; see
	// [ConstraintError].
	ErrConstraint = errors.New("constraint broken")
	// ErrCorrupt: an object of the table is damaged; the error names it.
	ErrCorrupt = log.ErrCorrupt
	// ErrVersionGone: the version is not there: not yet, or not any more.
	ErrVersionGone = log.ErrVersionGone
	// ErrNoChanges: the row changes of a version cannot be had; see
	// [NoChangesError].
	ErrNoChanges = cdf.ErrNoChanges
	// ErrBarrier: what is read of a table does not go on as it was; see
	// [BarrierError].
	ErrBarrier = cdf.ErrBarrier
	// ErrLimit: something exceeds one of [Limits]; the error names it.
	ErrLimit = log.ErrLimit
	// ErrDenied: the store does not permit the operation, or a file is outside of
	// the table and Options.AllowExternal does not allow it.
	ErrDenied = fs.ErrPermission
	// ErrReadOnly: the table was opened with Options.ReadOnly.
	ErrReadOnly = errors.New("table was opened read-only")
	// ErrClosed: the table, or its [Writer], was closed.
	ErrClosed = errors.New("table is closed")
)

// ConflictError says which commit is in the way of a transaction, and why:
// Version, Kind and Detail. It is [ErrConflict].
type ConflictError = conflict.Error

// UnsupportedError names every feature that is missing; Write is true when the
// table can still be read. It is [ErrUnsupported].
type UnsupportedError = feature.UnsupportedError

// NoChangesError says at which Version the row changes cannot be had, and why:
// the change data feed was off, or a data file that is needed is gone. It is
// [ErrNoChanges].
type NoChangesError = cdf.NoChangesError

// BarrierError says at which Version a table changed so that what was read of it
// and what comes do not fit one schema, or that it is another table: Replaced. It
// is [ErrBarrier].
type BarrierError = cdf.BarrierError

// CommitUnknownError says that a commit may or may not be, or become, a
// version of the table: the data files it names are kept. [Table.Resolve]
// settles it. It is [ErrCommitUnknown].
type CommitUnknownError = txn.UnknownError

// ConstraintError says which row breaks which constraint. It is
// [ErrConstraint].
type ConstraintError struct {
	Name string // of the CHECK constraint, or of the column for NOT NULL and invariants
	SQL  string // the expression; empty for NOT NULL
	Row  int64  // of the batch that was handed in, from 0; −1 if the whole column is missing
}

func (e *ConstraintError) Error() string {
	if e.SQL == "" && e.Row < 0 {
		return fmt.Sprintf("%v: the data has no column %q, which is NOT NULL", ErrConstraint, e.Name)
	}
	if e.SQL == "" {
		return fmt.Sprintf("%v: row %d has a null in column %q, which is NOT NULL", ErrConstraint, e.Row, e.Name)
	}
	return fmt.Sprintf("%v: row %d does not fulfil %q: %s", ErrConstraint, e.Row, e.Name, e.SQL)
}

// Is reports ErrConstraint.
func (e *ConstraintError) Is(target error) bool { return target == ErrConstraint }

// catalogError is the refusal of a catalog-managed table without its catalog.
type catalogError struct{ refusal UnsupportedError }

func (e *catalogError) Error() string {
	return "the table is " + feature.CatalogManaged + ", and only its catalog knows its versions: Options.Committer must be a log.Catalog"
}
func (e *catalogError) Unwrap() error { return &e.refusal }

// marked is an error of a lower package that is also one of ours.
type marked struct {
	error
	as error
}

func (m marked) Is(target error) bool { return target == m.as }
func (m marked) Unwrap() error        { return m.error }

// translate gives an error of a lower package the identity that callers look
// for.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var notNull *arrowconv.Error
	if errors.As(err, &notNull) {
		if errors.Is(err, arrowconv.ErrNull) {
			return &ConstraintError{Name: notNull.Column, Row: notNull.Row}
		}
		return marked{err, ErrSchema}
	}
	var empty *write.EmptyError
	if errors.As(err, &empty) {
		return marked{err, ErrConstraint}
	}
	var v2 *checkpoint.UnsupportedError
	if errors.As(err, &v2) {
		return fmt.Errorf("%w: %w", &UnsupportedError{Features: []string{v2.What}}, err)
	}
	var column *scan.ColumnError
	var mismatch *schema.MismatchError
	var invalid *schema.InvalidError
	var unknown *schema.UnknownTypeError
	var text *expr.LimitError
	var columns *schema.LimitError
	switch {
	case errors.Is(err, parquetfile.ErrCorrupt), errors.Is(err, checkpoint.ErrCorrupt), errors.Is(err, log.ErrGap):
		return marked{err, ErrCorrupt}
	case errors.As(err, &column), errors.As(err, &mismatch), errors.As(err, &invalid):
		return marked{err, ErrSchema}
	case errors.Is(err, ErrDenied):
	case errors.Is(err, log.ErrExternalPath), errors.Is(err, log.ErrBadPath):
		return marked{err, ErrCorrupt}
	case errors.Is(err, parquetfile.ErrUnsupported), errors.As(err, &unknown):
		return marked{err, ErrUnsupported}
	case errors.As(err, &text), errors.As(err, &columns), errors.Is(err, parquetfile.ErrLimit), errors.Is(err, storage.ErrTooLarge):
		return marked{err, ErrLimit}
	}
	return err
}
