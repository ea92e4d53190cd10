package schema

import "fmt"

// InvalidError says that a schema, or a type's text, breaks a rule.
type InvalidError struct {
	Column  string // the column, nested names joined by dots; empty: the whole
	Problem string
	Err     error // what was found beneath, or nil
}

func (e *InvalidError) Error() string {
	text := "invalid schema: "
	if e.Column != "" {
		text += fmt.Sprintf("column %q: ", e.Column)
	}
	text += e.Problem
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is what was found beneath, or nil.
func (e *InvalidError) Unwrap() error { return e.Err }

// UnknownTypeError says that a column has a type that this version does not
// know: the table may be sound, but cannot be read by us.
type UnknownTypeError struct {
	Column string // nested names joined by dots; empty when there is no column
	Name   string // the type as it is written
}

func (e *UnknownTypeError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("type %q is not supported", e.Name)
	}
	return fmt.Sprintf("column %q: type %q is not supported", e.Column, e.Name)
}

// LimitError says that a schema is larger than the caller allows.
type LimitError struct {
	What string // "nesting depth" or "columns"
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("schema exceeds the limit of %d %s", e.Max, e.What)
}

// MismatchError says that data cannot be stored in a column of the table.
type MismatchError struct {
	Column string // the table's spelling, nested names joined by dots
	Table  Type   // the column's type
	Data   Type   // the type of the data
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("column %q is %v and cannot take %v", e.Column, e.Table, e.Data)
}
