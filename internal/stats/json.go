package stats

import (
	"strconv"

	"github.com/foreset/foreset/internal/value"
)

// JSON is the text of add.stats, as the writer of f put it: [Parse] gives the
// same back. Columns that are not known are left out.
func (f *File) JSON() string {
	b := []byte{'{'}
	if f.NumRecords >= 0 {
		b = append(b, `"numRecords":`...)
		b = append(strconv.AppendInt(b, f.NumRecords, 10), ',')
	}
	b = appendColumns(append(b, `"minValues":`...), f.columns, func(b []byte, c Column) []byte {
		return appendBound(b, c.Min)
	})
	b = appendColumns(append(b, `,"maxValues":`...), f.columns, func(b []byte, c Column) []byte {
		return appendBound(b, c.Max)
	})
	b = appendColumns(append(b, `,"nullCount":`...), f.columns, func(b []byte, c Column) []byte {
		if c.NullCount < 0 {
			return b
		}
		return strconv.AppendInt(b, c.NullCount, 10)
	})
	if f.writeTight || !f.TightBounds {
		b = append(b, `,"tightBounds":`...)
		b = strconv.AppendBool(b, f.TightBounds)
	}
	return string(append(b, '}'))
}

func appendBound(b []byte, v value.Value) []byte {
	if v.IsNull() {
		return b
	}
	return v.AppendJSON(b)
}

// appendColumns appends an object that mirrors the schema, with what leaf
// appends for each leaf column. Where it appends nothing there is no member.
func appendColumns(b []byte, level []node, leaf func([]byte, Column) []byte) []byte {
	b = append(b, '{')
	empty := true
	for i := range level {
		n := &level[i]
		member := len(b)
		if !empty {
			b = append(b, ',')
		}
		b = append(value.String(n.name).AppendJSON(b), ':')
		start := len(b)
		if n.children != nil {
			b = appendColumns(b, n.children, leaf)
			if len(b) == start+len("{}") {
				b = b[:start]
			}
		} else {
			b = leaf(b, n.written)
		}
		if len(b) == start {
			b = b[:member]
			continue
		}
		empty = false
	}
	return append(b, '}')
}
