package log

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNotTable: there is no log here: neither a commit nor a checkpoint.
	ErrNotTable = errors.New("not a Delta table: its _delta_log holds no commit and no checkpoint")
	// ErrVersionGone: the log does not reach back, or forward, to the version
	// or time that was asked for. The error is a [*VersionError].
	ErrVersionGone = errors.New("version is not in the log")
	// ErrGap: commits are missing between what the log has, so that no
	// version after them can be put together. The error is a [*GapError].
	ErrGap = errors.New("the log has a gap")
	// ErrCorrupt: an object of the log holds what it must not. The error is a
	// [*CorruptError].
	ErrCorrupt = errors.New("corrupt log")
	// ErrLimit: an object exceeds a limit of [Limits]. The error is a
	// [*LimitError].
	ErrLimit = errors.New("limit exceeded")
	// ErrInvalid: the actions do not form a commit, or a protocol contradicts
	// itself.
	ErrInvalid = errors.New("invalid commit")
)

// CorruptError says where the log is damaged. It is [ErrCorrupt].
type CorruptError struct {
	Name string // the object, relative to the table; "" if it is not known
	Line int    // from 1; 0 if it is not about one line
	Err  error
}

func (e *CorruptError) Error() string {
	return at(e.Name, e.Line) + e.Err.Error()
}

// at is the place of an error, with a colon after it, as far as it is known.
func at(name string, line int) string {
	switch {
	case name == "" && line == 0:
		return ""
	case name == "":
		return fmt.Sprintf("line %d: ", line)
	case line == 0:
		return name + ": "
	default:
		return fmt.Sprintf("%s line %d: ", name, line)
	}
}

func (e *CorruptError) Unwrap() error { return e.Err }

// Is reports whether target is ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// LimitError says which limit was exceeded. It is [ErrLimit].
type LimitError struct {
	Name  string // the object, relative to the table; "" if it is not known
	Line  int    // from 1; 0 if it is not about one line
	What  string // the field of Limits
	Limit int64
}

func (e *LimitError) Error() string {
	return at(e.Name, e.Line) + fmt.Sprintf("more than the %d that Limits.%s allows", e.Limit, e.What)
}

// Is reports whether target is ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// GapError says which commit is missing. It is [ErrGap].
type GapError struct {
	Missing Version // the first version whose commit is not there
	Next    Version // the first commit after the gap
}

func (e *GapError) Error() string {
	return fmt.Sprintf("commit %d is missing from the log, but commit %d is there", e.Missing, e.Next)
}

// Is reports whether target is ErrGap.
func (e *GapError) Is(target error) bool { return target == ErrGap }

// VersionError says what the log has instead of what was asked for. It is
// [ErrVersionGone].
type VersionError struct {
	Want  Version   // −1 if a time was asked for
	Time  time.Time // the time that was asked for, if Want is −1
	First Version   // the earliest version that can be put together
	Last  Version   // the newest
}

func (e *VersionError) Error() string {
	if e.Want < 0 {
		return fmt.Sprintf("no version of the table is as old as %s: the log has versions %d to %d",
			e.Time.UTC().Format(time.RFC3339Nano), e.First, e.Last)
	}
	return fmt.Sprintf("version %d is not in the log, which has versions %d to %d", e.Want, e.First, e.Last)
}

// Is reports whether target is ErrVersionGone.
func (e *VersionError) Is(target error) bool { return target == ErrVersionGone }

// named says which object and line an error is about, where it does not say
// so itself.
func named(err error, name string, line int) error {
	var limit *LimitError
	if errors.As(err, &limit) {
		l := *limit
		l.Name, l.Line = name, max(l.Line, line)
		return &l
	}
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		c := *corrupt
		c.Name, c.Line = name, max(c.Line, line)
		return &c
	}
	return &CorruptError{Name: name, Line: line, Err: err}
}
