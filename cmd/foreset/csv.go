package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// rowBytesMax bounds one row of text.
const rowBytesMax = 64 << 20

// csvReader reads CSV (RFC 4180) and tells fields in quotes from others, which
// encoding/csv does not: an empty string is not null. Rows end in LF or CRLF.
type csvReader struct {
	r      *bufio.Reader
	name   string
	line   int64 // of the next row, from 1
	buf    []byte
	ends   []int // of the fields in buf
	quotes []bool
}

// csvRow is one row; it is valid until the next one is read.
type csvRow struct {
	line   int64 // where it begins
	buf    []byte
	ends   []int
	quotes []bool
}

func newCSVReader(r io.Reader, name string) *csvReader {
	c := &csvReader{r: bufio.NewReaderSize(r, 64<<10), name: name, line: 1}
	if mark, _ := c.r.Peek(3); string(mark) == "\ufeff" {
		c.r.Discard(3) // cannot fail: the bytes were just looked at
	}
	return c
}

func (r *csvRow) len() int { return len(r.ends) }

// field is the text of a field, and whether it is in quotes.
func (r *csvRow) field(i int) (s []byte, quoted bool) {
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.buf[from:r.ends[i]], r.quotes[i]
}

// blank says that the row is an empty line.
func (r *csvRow) blank() bool { return len(r.ends) == 1 && r.ends[0] == 0 && !r.quotes[0] }

// place is where in a row the reader is.
type place uint8

const (
	atStart     place = iota // of a field
	inPlain                  // in a field without quotes
	inQuotes                 // in a field with quotes
	afterQuotes              // at what may be the end of such a field
)

// next reads a row. The error is io.EOF after the last one, or says in which
// line the text stops being CSV.
func (c *csvReader) next() (csvRow, error) {
	c.buf, c.ends, c.quotes = c.buf[:0], c.ends[:0], c.quotes[:0]
	row := csvRow{line: c.line}
	at, read := atStart, false
	for {
		b, err := c.r.ReadByte()
		switch {
		case err == io.EOF && !read:
			return row, io.EOF
		case err == io.EOF && at == inQuotes:
			return row, c.bad(row.line, "a quote is not closed")
		case err == io.EOF:
			return c.done(row, at), nil
		case err != nil:
			return row, fmt.Errorf("read %s: %w", c.name, err)
		}
		read = true
		if b == '\r' && at != inQuotes && c.follows('\n') {
			continue
		}
		if b == '\n' {
			c.line++
		}
		var end bool
		if at, end, err = c.step(at, b); err != nil {
			return row, c.bad(c.line, err.Error())
		}
		if end {
			return c.done(row, at), nil
		}
		if len(c.buf) > rowBytesMax {
			return row, c.bad(row.line, fmt.Sprintf("the row has more than %d bytes", rowBytesMax))
		}
	}
}

// step takes one byte; end says that it ended the row.
func (c *csvReader) step(at place, b byte) (next place, end bool, err error) {
	switch {
	case at == inQuotes && b == '"':
		return afterQuotes, false, nil
	case at == inQuotes:
		c.buf = append(c.buf, b)
		return inQuotes, false, nil
	case b == '\n':
		return at, true, nil
	case b == ',':
		c.end(at)
		return atStart, false, nil
	case b == '"' && at == atStart:
		return inQuotes, false, nil
	case b == '"' && at == afterQuotes:
		c.buf = append(c.buf, '"')
		return inQuotes, false, nil
	case b == '"':
		return at, false, errors.New("a quote inside of a field that does not begin with one")
	case at == afterQuotes:
		return at, false, errors.New("text after the closing quote of a field")
	default:
		c.buf = append(c.buf, b)
		return inPlain, false, nil
	}
}

func (c *csvReader) follows(b byte) bool {
	next, err := c.r.Peek(1)
	return err == nil && next[0] == b
}

// end is the end of a field.
func (c *csvReader) end(at place) {
	c.ends = append(c.ends, len(c.buf))
	c.quotes = append(c.quotes, at == afterQuotes)
}

func (c *csvReader) done(row csvRow, at place) csvRow {
	c.end(at)
	row.buf, row.ends, row.quotes = c.buf, c.ends, c.quotes
	return row
}

func (c *csvReader) bad(line int64, problem string) error {
	return &inputError{Source: c.name, Line: line, Problem: problem}
}
