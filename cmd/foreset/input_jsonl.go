package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/schema"
)

// jsonlInput reads JSON lines: one object on each.
type jsonlInput struct {
	r    *bufio.Reader
	name string
	line int64 // that was read last
	buf  []byte
}

func openJSONL(in *input, f io.Reader) *jsonlInput {
	j := &jsonlInput{r: bufio.NewReaderSize(f, 64<<10), name: in.name}
	if mark, _ := j.r.Peek(3); string(mark) == "\ufeff" {
		j.r.Discard(3) // cannot fail: the bytes were just looked at
	}
	return j
}

// next reads the next object. Blank lines are left out. The error is io.EOF
// after the last one.
func (j *jsonlInput) next() (node, error) {
	for {
		line, err := j.readLine()
		if err != nil {
			return node{}, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		n, err := parseJSON(line)
		if err != nil {
			return n, j.bad("", err.Error())
		}
		if n.kind != '{' {
			return n, j.bad(n.String(), "not an object: JSON lines have one on each line")
		}
		return n, nil
	}
}

func (j *jsonlInput) readLine() ([]byte, error) {
	j.buf = j.buf[:0]
	for {
		part, err := j.r.ReadSlice('\n')
		j.buf = append(j.buf, part...)
		switch {
		case len(j.buf) > rowBytesMax:
			j.line++
			return nil, j.bad("", fmt.Sprintf("the line has more than %d bytes", rowBytesMax))
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(j.buf) == 0:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("read %s: %w", j.name, err)
		}
		j.line++
		return j.buf, nil
	}
}

func (j *jsonlInput) bad(value, problem string) error {
	return &inputError{Source: j.name, Line: j.line, Value: value, Problem: problem}
}

// readJSONL presents JSON lines as rows of a table's schema, by their keys. A
// key that is missing is null.
func readJSONL(ctx context.Context, in *input, f io.Reader, s *schema.Struct) (array.RecordReader, error) {
	j := openJSONL(in, f)
	return textReader(ctx, s, func(b *array.RecordBuilder) (int, error) { return j.add(b, s) })
}

// add appends the next row.
func (j *jsonlInput) add(b *array.RecordBuilder, s *schema.Struct) (int, error) {
	row, err := j.next()
	if err != nil {
		return 0, err
	}
	at, bad := matchKeys(s, row)
	if bad != nil {
		bad.Source, bad.Line = j.name, j.line
		return 0, &inputSchemaError{*bad}
	}
	for i, f := range s.Fields {
		v := node{kind: 'n'}
		if at[i] >= 0 {
			v = row.items[at[i]]
		}
		if bad := appendNode(b.Field(i), f.Type, f.Nullable, v); bad != nil {
			return 0, located(bad, j.name, j.line, f.Name, "")
		}
	}
	return len(j.buf), nil
}
