package cdf

import (
	"errors"
	"fmt"
)

// ErrNoChanges is what every [NoChangesError] is, for errors.Is.
var ErrNoChanges = errors.New("no row changes to be read")

// NoChangesError says why the row changes of a version cannot be had, although
// the version is there.
type NoChangesError struct {
	Version int64
	Detail  string
	Err     error // of the store, where a file is missing
}

func (e *NoChangesError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%v of version %d: %s: %v", ErrNoChanges, e.Version, e.Detail, e.Err)
	}
	return fmt.Sprintf("%v of version %d: %s", ErrNoChanges, e.Version, e.Detail)
}

// Is reports ErrNoChanges.
func (e *NoChangesError) Is(target error) bool { return target == ErrNoChanges }

func (e *NoChangesError) Unwrap() error { return e.Err }

// ErrBarrier is what every [BarrierError] is, for errors.Is.
var ErrBarrier = errors.New("the table changed its shape")

// BarrierError says that what was read of a table, and what comes from a version
// on, do not fit one schema or are not of one table.
type BarrierError struct {
	Version  int64 // the one that does not fit
	Replaced bool  // it is another table
	Detail   string
}

func (e *BarrierError) Error() string {
	return fmt.Sprintf("%v: version %d: %s", ErrBarrier, e.Version, e.Detail)
}

// Is reports ErrBarrier.
func (e *BarrierError) Is(target error) bool { return target == ErrBarrier }
