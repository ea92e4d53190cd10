package aggregate

import (
	"fmt"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// fileFacts is a file, and what is known of its rows without reading them.
type fileFacts struct {
	scan.Candidate
	key   []byte  // the group of all its rows; nil: it depends on the row
	rows  int64   // that count; −1: not known
	facts []known // of each aggregate that is not open
	open  []bool  // aggregates that only the rows, or the footer, can tell
}

// settled says that the rows need not be read.
func (f *fileFacts) settled() bool {
	if f.key == nil || f.rows < 0 {
		return false
	}
	for _, open := range f.open {
		if open {
			return false
		}
	}
	return true
}

// examine is what the log knows of a file.
func (p *Plan) examine(c scan.Candidate) (*fileFacts, error) {
	f := &fileFacts{Candidate: c, rows: -1, facts: make([]known, len(p.values)), open: make([]bool, len(p.values))}
	for i := range f.open {
		f.open[i] = true
	}
	row, err := p.partition(c)
	if err != nil {
		return nil, err
	}
	if p.constant {
		f.key = p.constantKey(row)
	}
	if !c.All || f.key == nil {
		return f, nil // rows fall into groups, or out of the result, one by one
	}
	if n, ok := p.base.LiveRows(c.File); ok {
		f.rows = n
	}
	var file *stats.File
	if len(p.statistics.Fields) > 0 && c.DeletionVector() == nil {
		if file, err = stats.Parse(c.Stats(), p.statistics); err != nil || !file.TightBounds || file.NumRecords < 0 {
			file = nil // a file without statistics
		}
	}
	for i, src := range p.sources {
		switch {
		case src.kind == fromPartition:
			p.fromPartition(f, i, row)
		case f.rows < 0:
		case src.kind == fromCount:
			f.facts[i], f.open[i] = known{rows: f.rows}, false
		case src.kind == fromColumn && file != nil:
			p.fromLog(f, i, file)
		}
	}
	return f, nil
}

// partition gives the values of the partition columns of a file.
func (p *Plan) partition(c scan.Candidate) (func(path []string) value.Value, error) {
	fields, values, err := p.base.Keys(c.File)
	if err != nil {
		return nil, err
	}
	return func(path []string) value.Value {
		for i, f := range fields {
			if f.Name == path[0] {
				return values[i]
			}
		}
		return value.Value{}
	}, nil
}

// constantKey is the group of all rows of a file, or nil where it has no value:
// reading the file says why, if it has rows.
func (p *Plan) constantKey(row func([]string) value.Value) []byte {
	key := []byte{}
	for i, it := range p.by {
		v, err := valueOf(it.Arg, row)
		if err != nil {
			return nil
		}
		key = p.keys[i].appendValue(key, v)
	}
	return key
}

// valueOf is an expression of partition columns. Most often it is one of them.
func valueOf(b *expr.Bound, row func([]string) value.Value) (value.Value, error) {
	if c, ok := b.Root().(*expr.Column); ok {
		return row(c.Path), nil
	}
	return b.EvalRow(row)
}

// fromPartition takes an aggregate of what is the same in all rows.
func (p *Plan) fromPartition(f *fileFacts, i int, row func([]string) value.Value) {
	it := p.values[i]
	v, err := valueOf(it.Arg, row)
	if err != nil || f.rows < 0 && it.Func != expr.Min && it.Func != expr.Max {
		return
	}
	k := known{rows: f.rows, value: v}
	if it.Func == expr.Count && v.IsNull() {
		k.rows = 0
	}
	f.facts[i], f.open[i] = k, false
}

// fromLog takes an aggregate from the statistics in the log: the number of
// values, and bounds of the types that no writer cuts or rounds.
func (p *Plan) fromLog(f *fileFacts, i int, file *stats.File) {
	src := p.sources[i]
	c, ok := file.Column(src.path...)
	if !ok {
		return
	}
	if p.values[i].Func == expr.Count {
		if c.NullCount >= 0 && c.NullCount <= f.rows {
			f.facts[i], f.open[i] = known{rows: f.rows - c.NullCount}, false
		}
		return
	}
	bound := c.Min
	if p.values[i].Func == expr.Max {
		bound = c.Max
	}
	switch {
	case c.NullCount == file.NumRecords && c.Min.IsNull() && c.Max.IsNull():
		f.facts[i], f.open[i] = known{}, false
	case c.NullCount == file.NumRecords || bound.IsNull():
	default:
		switch src.typ {
		case schema.Byte, schema.Short, schema.Integer, schema.Long, schema.Date:
			f.facts[i], f.open[i] = known{value: bound}, false
		}
	}
}

// consult takes what is still open from the footer of a file.
func (p *Plan) consult(f *fileFacts, o *scan.Opened) {
	if !f.All || f.key == nil || f.Add().DeletionVector != nil {
		return
	}
	f.rows = o.Data.NumRows()
	for i, src := range p.sources {
		if !f.open[i] {
			continue
		}
		switch src.kind {
		case fromCount:
			f.facts[i], f.open[i] = known{rows: f.rows}, false
		case fromPartition:
			row, err := p.partition(f.Candidate)
			if err == nil {
				p.fromPartition(f, i, row)
			}
		case fromColumn:
			p.fromFooter(f, i, o)
		}
	}
}

// fromFooter takes an aggregate from the bounds and null counts of the row
// groups, if all of them have them and they are values of the column.
func (p *Plan) fromFooter(f *fileFacts, i int, o *scan.Opened) {
	src := p.sources[i]
	var k known
	for g, group := range o.Data.RowGroups() {
		b, ok := o.Data.Bounds(g, src.column)
		if !ok {
			return
		}
		if p.values[i].Func == expr.Count {
			if b.Nulls < 0 {
				return
			}
			k.rows += group.Rows - b.Nulls
			continue
		}
		if b.Nulls == group.Rows {
			continue
		}
		if !b.Exact || isFloat(src.typ) {
			return
		}
		bound, sign := b.Min, -1
		if p.values[i].Func == expr.Max {
			bound, sign = b.Max, 1
		}
		if order, _ := value.Compare(bound, k.value); k.value.IsNull() || order == sign {
			k.value = bound
		}
	}
	f.facts[i], f.open[i] = k, false
}

// in is an error about a file.
func (f *fileFacts) in(err error) error { return fmt.Errorf("read %s: %w", f.Path(), err) }
