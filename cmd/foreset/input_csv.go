package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// csvInput reads the rows of a CSV file with a header.
type csvInput struct {
	csv    *csvReader
	header []string
	nulls  []string
}

// openCSV reads the header.
func openCSV(in *input, f io.Reader) (*csvInput, error) {
	c := &csvInput{csv: newCSVReader(f, in.name), nulls: in.nulls}
	row, err := c.csv.next()
	if errors.Is(err, io.EOF) {
		return nil, &inputError{Source: in.name, Problem: "no header: the file is empty"}
	}
	if err != nil {
		return nil, err
	}
	for i := range row.len() {
		name, _ := row.field(i)
		switch {
		case len(name) == 0:
			return nil, c.csv.bad(row.line, fmt.Sprintf("column %d of the header has no name", i+1))
		case !utf8.Valid(name):
			return nil, c.csv.bad(row.line, fmt.Sprintf("the name of column %d is not UTF-8", i+1))
		case slices.Contains(c.header, string(name)):
			return nil, c.csv.bad(row.line, fmt.Sprintf("column %q is in the header twice", name))
		}
		c.header = append(c.header, string(name))
	}
	return c, nil
}

// next reads a row that has as many fields as the header. Empty lines are left
// out, except where there is only one column: there they are rows.
func (c *csvInput) next() (csvRow, error) {
	for {
		row, err := c.csv.next()
		switch {
		case err != nil:
			return row, err
		case row.blank() && len(c.header) > 1:
			continue
		case row.len() != len(c.header):
			return row, c.csv.bad(row.line, fmt.Sprintf("%d fields, but the header has %d", row.len(), len(c.header)))
		}
		return row, nil
	}
}

// isNull says whether a field of a column of type t is null: one that is empty
// or one of --null, unless it is a string in quotes.
func (c *csvInput) isNull(s []byte, quoted, isString bool) bool {
	if quoted && isString {
		return false
	}
	return len(s) == 0 || slices.Contains(c.nulls, string(s))
}

// readCSV presents a CSV file as rows of a table's schema, by its header.
func readCSV(ctx context.Context, in *input, f io.Reader, s *schema.Struct) (array.RecordReader, error) {
	c, err := openCSV(in, f)
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(c.header)) // of the table
	for i, name := range c.header {
		var ok bool
		if columns[i], ok = s.Lookup(name); !ok {
			return nil, &inputSchemaError{inputError{Source: in.name, Line: 1, Column: name, Problem: "no such column in the table, which has " + columnNames(s)}}
		}
		if k := slices.Index(columns[:i], columns[i]); k >= 0 {
			return nil, &inputSchemaError{inputError{Source: in.name, Line: 1, Column: name, Problem: fmt.Sprintf("also written %q", c.header[k])}}
		}
	}
	present, err := onlyPresent(in, s, columns)
	if err != nil {
		return nil, err
	}
	return textReader(ctx, present, func(b *array.RecordBuilder) (int, error) { return c.add(b, present) })
}

// onlyPresent is the schema of the columns that a file has, in its order; the
// table fills up the others with null.
func onlyPresent(in *input, s *schema.Struct, columns []int) (*schema.Struct, error) {
	out := &schema.Struct{}
	for _, i := range columns {
		out.Fields = append(out.Fields, s.Fields[i])
	}
	for i, f := range s.Fields {
		if !f.Nullable && !slices.Contains(columns, i) {
			return nil, &inputSchemaError{inputError{Source: in.name, Column: f.Name, Problem: "missing, but the table's column is NOT NULL"}}
		}
	}
	return out, nil
}

// add appends the next row.
func (c *csvInput) add(b *array.RecordBuilder, s *schema.Struct) (int, error) {
	row, err := c.next()
	if err != nil {
		return 0, err
	}
	for i, f := range s.Fields {
		text, quoted := row.field(i)
		var err error
		switch isNull := c.isNull(text, quoted, f.Type == schema.String); {
		case isNull && !f.Nullable:
			err = errors.New("null, but the column is NOT NULL")
		case isNull:
			b.Field(i).AppendNull()
		default:
			err = appendText(b.Field(i), f.Type, string(text))
		}
		if err != nil {
			return 0, located(err, c.csv.name, row.line, f.Name, string(text))
		}
	}
	return len(row.buf), nil
}

// located says where a value is that does not fit.
func located(err error, source string, line int64, column, text string) error {
	bad, ok := errors.AsType[*inputError](err)
	if !ok {
		return &inputError{Source: source, Line: line, Column: column, Value: text, Problem: err.Error()}
	}
	bad.Source, bad.Line = source, line
	return bad.in(column)
}

// inputSchemaError is an input whose columns do not fit the table. It is
// table.ErrSchema.
type inputSchemaError struct{ inputError }

func (e *inputSchemaError) Is(target error) bool { return target == table.ErrSchema }
