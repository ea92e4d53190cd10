package main

import (
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// The first rows decide how wide columns are; later cells may stick out.
const (
	sampleRows  = 1000
	sampleBytes = 16 << 20
)

// tableWriter prints aligned columns for people. No character of a cell can
// command the terminal.
type tableWriter struct {
	w       io.Writer
	bold    bool
	names   []string
	right   []bool
	sample  [][]string // rows that wait for the widths
	sampled int        // bytes of them
	widths  []int      // nil until they are known
	builder strings.Builder
}

func newTableWriter(w io.Writer, s *arrow.Schema, color bool) *tableWriter {
	t := &tableWriter{w: w, bold: color}
	for _, f := range s.Fields() {
		t.names = append(t.names, visible(f.Name))
		t.right = append(t.right, rightAligned(f.Type))
	}
	return t
}

func rightAligned(dt arrow.DataType) bool {
	return arrow.IsInteger(dt.ID()) || arrow.IsFloating(dt.ID()) || arrow.IsDecimal(dt.ID())
}

func (t *tableWriter) write(batch arrow.RecordBatch) error {
	columns, bad, err := columnsOf(batch)
	if err != nil {
		return err
	}
	for i := range int(batch.NumRows()) {
		row := make([]string, len(columns))
		for n := range columns {
			row[n] = cell(&columns[n], i)
			t.sampled += len(row[n])
		}
		if *bad != nil {
			return *bad
		}
		if t.widths != nil {
			t.line(row)
			if t.builder.Len() >= flushBytes {
				if err := t.flush(); err != nil {
					return err
				}
			}
			continue
		}
		if t.sample = append(t.sample, row); len(t.sample) == sampleRows || t.sampled >= sampleBytes {
			t.begin()
		}
	}
	return t.flush()
}

func (t *tableWriter) close() error {
	if t.widths == nil {
		t.begin()
	}
	return t.flush()
}

// begin settles the widths and prints what waited for them.
func (t *tableWriter) begin() {
	t.widths = make([]int, len(t.names))
	for n, name := range t.names {
		t.widths[n] = width(name)
		for _, row := range t.sample {
			t.widths[n] = max(t.widths[n], width(row[n]))
		}
	}
	if t.bold {
		t.builder.WriteString("\x1b[1m")
	}
	t.line(t.names)
	if t.bold {
		t.builder.WriteString("\x1b[0m")
	}
	rules := make([]string, len(t.names))
	for n, w := range t.widths {
		rules[n] = strings.Repeat("-", w)
	}
	t.line(rules)
	for _, row := range t.sample {
		t.line(row)
	}
	t.sample = nil
}

// line prints a row; there are no spaces at its end.
func (t *tableWriter) line(row []string) {
	for n, c := range row {
		pad := strings.Repeat(" ", max(0, t.widths[n]-width(c)))
		if n > 0 {
			t.builder.WriteString("  ")
		}
		if t.right[n] {
			t.builder.WriteString(pad)
		}
		t.builder.WriteString(c)
		if !t.right[n] && n < len(row)-1 {
			t.builder.WriteString(pad)
		}
	}
	t.builder.WriteByte('\n')
}

func (t *tableWriter) flush() error {
	_, err := io.WriteString(t.w, t.builder.String())
	t.builder.Reset()
	return err
}

// cell is a value for people. Null is a word; a string that could be taken for
// it, or whose ends or characters do not show, is in quotes.
func cell(c *column, i int) string {
	if c.isNull(i) {
		return "null"
	}
	s := c.text(nil, i)
	if c.kind != text {
		return visible(string(s))
	}
	plain := string(s)
	if plain == "" || plain == "null" || plain[0] == '"' || plain[0] == ' ' || plain[len(plain)-1] == ' ' || plain != visible(plain) {
		return visible(string(appendJSONString(nil, s)))
	}
	return plain
}
