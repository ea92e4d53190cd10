package main

import (
	"bytes"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// csvWriter prints a header and a line a row (RFC 4180, with line feeds). Null
// is empty, an empty string is "", nested values are JSON.
type csvWriter struct {
	w    io.Writer
	safe bool // no cell begins like a formula
	buf  []byte
	cell []byte
}

func newCSVWriter(w io.Writer, s *arrow.Schema, safe bool) (*csvWriter, error) {
	c := &csvWriter{w: w, safe: safe}
	for i, f := range s.Fields() {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = c.appendText(c.buf, []byte(f.Name))
	}
	c.buf = append(c.buf, '\n')
	_, err := w.Write(c.buf)
	return c, err
}

func (c *csvWriter) write(batch arrow.RecordBatch) error {
	columns, bad, err := columnsOf(batch)
	if err != nil {
		return err
	}
	buf := c.buf[:0]
	for i := range int(batch.NumRows()) {
		for n := range columns {
			if n > 0 {
				buf = append(buf, ',')
			}
			if !columns[n].isNull(i) {
				buf = c.appendCell(buf, &columns[n], i)
			}
		}
		buf = append(buf, '\n')
		if *bad != nil {
			return *bad
		}
		if len(buf) >= flushBytes {
			if _, err := c.w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	c.buf = buf
	_, err = c.w.Write(buf)
	return err
}

func (c *csvWriter) appendCell(dst []byte, col *column, i int) []byte {
	switch col.kind {
	case text:
		c.cell = col.text(c.cell[:0], i)
		return c.appendText(dst, c.cell)
	case nested:
		c.cell = col.text(c.cell[:0], i)
		return appendQuoted(dst, c.cell)
	default:
		return col.text(dst, i)
	}
}

// appendText appends a string, in quotes if it would not be read back as it is
// without them.
func (c *csvWriter) appendText(dst, s []byte) []byte {
	if c.safe && len(s) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0 {
		s = append([]byte{'\''}, s...)
	}
	if len(s) == 0 || bytes.ContainsAny(s, ",\"\r\n") {
		return appendQuoted(dst, s)
	}
	return appendValid(dst, s)
}

func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	dst = appendValid(dst, bytes.ReplaceAll(s, []byte{'"'}, []byte{'"', '"'}))
	return append(dst, '"')
}

func (c *csvWriter) close() error { return nil }
