package arrowconv

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with a column or a value; [Error.Err] is one of these.
var (
	// ErrType: the column's type has no counterpart, or not the one wanted.
	ErrType = errors.New("type does not fit")
	// ErrRange: the value cannot be held exactly by the column's type.
	ErrRange = errors.New("value does not fit")
	// ErrNull: a null, or a missing column, where none is allowed.
	ErrNull = errors.New("null is not allowed")
	// ErrUnknown: the batch has a column that the table has not.
	ErrUnknown = errors.New("no such column in the table")
	// ErrAmbiguous: two columns of the batch have one name, ignoring case.
	ErrAmbiguous = errors.New("column name is not unique")
)

// Error says which column, and where one is to blame which row and value, is
// in the way of a conversion.
type Error struct {
	Column string // dotted path; list elements are "element", map parts "key" and "value"
	Row    int64  // row of the batch, from 0; -1 when the column as a whole is meant
	Value  string // the offending value as text; empty when there is none
	Detail string // what was wanted; may be empty
	Err    error  // ErrType, ErrRange, ErrNull, ErrUnknown or ErrAmbiguous
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "column %q", e.Column)
	if e.Row >= 0 {
		fmt.Fprintf(&b, ", row %d", e.Row)
	}
	if e.Value != "" {
		fmt.Fprintf(&b, ", value %s", e.Value)
	}
	b.WriteString(": " + e.Err.Error())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// columnError blames a whole column.
func columnError(column string, err error, format string, args ...any) *Error {
	return &Error{Column: column, Row: -1, Err: err, Detail: fmt.Sprintf(format, args...)}
}
