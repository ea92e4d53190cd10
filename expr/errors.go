package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits on what a text may contain. They keep every recursion over an
// expression shallow and every buffer small, whatever the text.
const (
	textBytesMax = 1 << 20 // of a text
	depthMax     = 1000    // of an expression, in nested operators and parentheses
	nodesMax     = 1 << 20 // of a bound expression; BETWEEN has its first operand twice
)

// Position is a place in the text of an expression. Line and Column count from
// 1; columns are characters, not bytes. The zero Position is no place.
type Position struct{ Line, Column int }

// position finds the place of a byte offset.
func position(text string, offset int) Position {
	before := text[:min(max(offset, 0), len(text))]
	line := strings.Count(before, "\n")
	return Position{Line: line + 1, Column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1}
}

// SyntaxError says where a text stops being an expression.
type SyntaxError struct {
	Text string // the whole text
	Position
	Msg string
}

// Error is the message, the line it is about, and a caret below the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s%s", e.Line, e.Column, e.Msg, caret(e.Text, e.Position))
}

// caret draws the line of a position and a caret below it; a long line is cut
// to what surrounds the place.
func caret(text string, at Position) string {
	const before, after = 60, 20
	lines := strings.Split(text, "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	line := []rune(strings.ReplaceAll(lines[at.Line-1], "\t", " "))
	column := min(at.Column-1, len(line))
	first, last := max(0, column-before), min(len(line), column+after)
	return "\n  " + strings.TrimRight(string(line[first:last]), " \r") + "\n  " + strings.Repeat(" ", column-first) + "^"
}

// UnsupportedError names a construct of Spark's SQL that this package knows of
// but does not evaluate.
type UnsupportedError struct {
	What    string // "function explode", "a subquery", "operator &"
	Nearest string // what there is of a similar name, or ""
	Position
}

func (e *UnsupportedError) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s is not supported", e.Line, e.Column, e.What)
	if e.Nearest != "" {
		s += "; did you mean " + e.Nearest + "?"
	}
	return s
}

// LimitError says that an expression is larger than this package accepts.
type LimitError struct {
	What  string // "nesting", "text bytes", …
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("expression exceeds the limit of %d %s", e.Limit, e.What)
}

// ColumnError says that an expression names a column that there is not.
type ColumnError struct {
	Name    string // as the expression has it, quoted where needed
	Nearest string // the most similar column that there is, or ""
	Position
}

func (e *ColumnError) Error() string {
	s := fmt.Sprintf("line %d, column %d: there is no column %s", e.Line, e.Column, e.Name)
	if e.Nearest != "" {
		s += "; did you mean " + e.Nearest + "?"
	}
	return s
}

// TypeError says that an operator does not accept the types it is given.
type TypeError struct {
	Msg string
	Position
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// EvalError says that an expression has no value for a row: a division by
// zero, an overflow, a text that is no number.
type EvalError struct {
	// Class is Spark's error class: DIVIDE_BY_ZERO, REMAINDER_BY_ZERO,
	// ARITHMETIC_OVERFLOW, CAST_INVALID_INPUT, CAST_OVERFLOW,
	// NUMERIC_VALUE_OUT_OF_RANGE, INVALID_FORMAT, …
	Class string
	Msg   string
	Row   int // of the batch, from 0; −1: no row is to blame
	Position
}

func (e *EvalError) Error() string {
	if e.Row < 0 {
		return fmt.Sprintf("line %d, column %d: %s (%s)", e.Line, e.Column, e.Msg, e.Class)
	}
	return fmt.Sprintf("line %d, column %d: row %d: %s (%s)", e.Line, e.Column, e.Row, e.Msg, e.Class)
}
