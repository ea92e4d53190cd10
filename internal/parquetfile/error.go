package parquetfile

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
)

var (
	// ErrCorrupt: the object is not a Parquet file, or is damaged.
	ErrCorrupt = errors.New("damaged Parquet file")
	// ErrUnsupported: the object is a Parquet file of a kind that is refused.
	ErrUnsupported = errors.New("unsupported Parquet file")
	// ErrLimit: reading the object would take more than the limits allow.
	ErrLimit = errors.New("limit exceeded by a Parquet file")
)

// Error says what is wrong with which object. It satisfies errors.Is for one
// of [ErrCorrupt], [ErrUnsupported] and [ErrLimit], and for its cause.
type Error struct {
	Name   string // the object, relative to its store
	Column string // dotted path in the file; empty when the file as a whole is meant
	Kind   error  // ErrCorrupt, ErrUnsupported or ErrLimit
	Err    error  // what was found
}

func (e *Error) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("%v: %q, column %q: %v", e.Kind, e.Name, e.Column, e.Err)
	}
	return fmt.Sprintf("%v: %q: %v", e.Kind, e.Name, e.Err)
}

func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// Corrupt is an error about this file: err says what was found, column where
// (empty: in the file as a whole). An error that already is an [*Error] is
// returned as it is; if it has no name yet, with that of the file.
func (f *File) Corrupt(column string, err error) error { return f.fault(column, ErrCorrupt, err) }

// Unsupported is like [File.Corrupt] for what is refused rather than damaged.
func (f *File) Unsupported(column string, err error) error {
	return f.fault(column, ErrUnsupported, err)
}

func (f *File) fault(column string, kind, err error) error {
	if known := (*Error)(nil); errors.As(err, &known) {
		if known.Name == "" {
			known.Name, known.Column = f.name, cmp.Or(known.Column, column)
		}
		return err
	}
	return &Error{Name: f.name, Column: column, Kind: kind, Err: err}
}

// Guard runs decode, which calls into arrow-go, and turns a panic there into
// an [*Error]. Every goroutine that decodes needs a Guard of its own: a panic
// can only be caught in the goroutine it happens in. A panic that is not about
// the file's content (out of memory that can be caught, a broken invariant of
// ours) cannot be told apart and is reported the same way, with its text.
func (f *File) Guard(column string, decode func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = f.Corrupt(column, panicError(p))
		}
	}()
	return decode()
}

func panicError(p any) error {
	switch p := p.(type) {
	case runtime.Error:
		return fmt.Errorf("decoder stopped: %w", p)
	case error:
		return p
	default:
		return fmt.Errorf("decoder stopped: %v", p)
	}
}
