package main

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// flushBytes is how much text of a batch is held: a few bytes of a batch can be
// much text.
const flushBytes = 1 << 20

// jsonWriter prints an object a row, with all columns in their order: one a
// line, or as one array with a row on each line.
type jsonWriter struct {
	w     io.Writer
	keys  [][]byte // with what goes before and after each
	array bool
	rows  int64
	buf   []byte
}

func newJSONWriter(w io.Writer, s *arrow.Schema, asArray bool) *jsonWriter {
	j := &jsonWriter{w: w, array: asArray}
	j.columns(s)
	return j
}

// columns makes s the schema of the batches to come.
func (j *jsonWriter) columns(s *arrow.Schema) {
	j.keys = j.keys[:0]
	for i, f := range s.Fields() {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		j.keys = append(j.keys, append(appendJSONString(key, []byte(f.Name)), ':'))
	}
}

func (j *jsonWriter) write(batch arrow.RecordBatch) error {
	columns, bad, err := columnsOf(batch)
	if err != nil {
		return err
	}
	buf := j.buf[:0]
	for i := range int(batch.NumRows()) {
		buf = j.separator(buf)
		if len(columns) == 0 {
			buf = append(buf, '{')
		}
		for n := range columns {
			buf = columns[n].appendJSON(append(buf, j.keys[n]...), i)
		}
		buf = append(buf, '}')
		if !j.array {
			buf = append(buf, '\n')
		}
		j.rows++
		if *bad != nil {
			return *bad
		}
		if len(buf) >= flushBytes {
			if _, err := j.w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	j.buf = buf
	_, err = j.w.Write(buf)
	return err
}

// separator is what goes before a row of an array.
func (j *jsonWriter) separator(dst []byte) []byte {
	switch {
	case !j.array:
		return dst
	case j.rows == 0:
		return append(dst, "[\n"...)
	default:
		return append(dst, ",\n"...)
	}
}

func (j *jsonWriter) close() error {
	end := ""
	switch {
	case j.array && j.rows == 0:
		end = "[]\n"
	case j.array:
		end = "\n]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}

// columnsOf prepares the columns of a batch. What bad points at is set once a
// value that was asked for has no text.
func columnsOf(batch arrow.RecordBatch) (columns []column, bad *error, err error) {
	columns, bad = make([]column, batch.NumCols()), new(error)
	for i, a := range batch.Columns() {
		if columns[i], err = columnOf(a, bad); err != nil {
			return nil, nil, err
		}
	}
	return columns, bad, nil
}
