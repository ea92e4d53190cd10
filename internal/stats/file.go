package stats

import (
	"bytes"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// File is what is known of one data file. The zero File knows nothing and has
// NumRecords 0; make one with [New], [Parse] or [Collector.File].
type File struct {
	// NumRecords is the number of rows physically in the file, those hidden by
	// a deletion vector included; −1 when it is not known.
	NumRecords int64
	// TightBounds says that the bounds are values of the file and the null
	// counts are exact. It is false once rows may have been deleted from the
	// file by a deletion vector.
	TightBounds bool

	writeTight bool   // the text carries the key tightBounds
	columns    []node // mirrors the schema
}

// Column is what is known of one leaf column of a file.
type Column struct {
	// Min and Max enclose every value of the column that is neither null nor
	// NaN, in the order of [value.Compare]; null means not known. They need
	// not be values of the column.
	//
	// Of NaN they say nothing, unless they are NaN themselves: some writers
	// leave NaN out of Max. "x > k" must therefore not skip a float column by
	// its Max, because NaN is greater than any k; "x < k" and "x = k" may.
	Min, Max value.Value
	// NullCount is the number of nulls, counting a null of an enclosing struct
	// as one; −1 when it is not known.
	NullCount int64
}

// node is a field of the schema: a struct with children, or a leaf.
type node struct {
	name     string
	typ      schema.Type
	children []node
	wasFloat bool   // the column was once narrower: of type float
	cut      int    // characters from which on a maximum may be the beginning of one
	many     bool   // the bounds are the least and the greatest of many files
	written  Column // of a leaf, as the writer put it
}

// New returns statistics of the columns of s that know only the number of
// rows; [File.Set] adds the rest.
func New(s *schema.Struct, numRecords int64) *File {
	return &File{NumRecords: numRecords, TightBounds: true, columns: nodes(s)}
}

func nodes(s *schema.Struct) []node {
	out := make([]node, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = node{name: f.Name, typ: f.Type, cut: StringPrefixDefault, wasFloat: f.Type == schema.Double && widenedFromFloat(f.Metadata)}
		if sub, ok := f.Type.(*schema.Struct); ok {
			out[i].children = nodes(sub)
		} else {
			out[i].written = Column{Min: value.Null(f.Type), Max: value.Null(f.Type), NullCount: -1}
		}
	}
	return out
}

// reset forgets all but the schema.
func (f *File) reset() {
	f.NumRecords, f.TightBounds, f.writeTight = -1, true, false
	forget(f.columns)
}

func forget(level []node) {
	for i := range level {
		n := &level[i]
		if n.children != nil {
			forget(n.children)
			continue
		}
		n.written = Column{Min: value.Null(n.typ), Max: value.Null(n.typ), NullCount: -1}
	}
}

// widenedFromFloat says whether a field's history of type changes names float.
func widenedFromFloat(m schema.Metadata) bool {
	return bytes.Contains(m["delta.typeChanges"], []byte(`"float"`))
}

// leaf finds the leaf column at path, or nil.
func (f *File) leaf(path []string) *node {
	level := f.columns
	for i, name := range path {
		n := find(level, name)
		switch {
		case n == nil:
			return nil
		case i == len(path)-1:
			if _, isStruct := n.typ.(*schema.Struct); isStruct {
				return nil
			}
			return n
		}
		level = n.children
	}
	return nil
}

func find(level []node, name string) *node {
	for i := range level {
		if level[i].name == name {
			return &level[i]
		}
	}
	return nil
}

// Written is the column at path exactly as its writer put it, for copying
// statistics from one form to another. It reports false if the schema that f
// was made with has no such leaf. For decisions use [File.Column].
func (f *File) Written(path ...string) (Column, bool) {
	n := f.leaf(path)
	if n == nil {
		return Column{}, false
	}
	return n.written, true
}

// Set records what a writer put for the column at path: bounds before any
// widening. It reports false if the schema has no such leaf.
func (f *File) Set(c Column, path ...string) bool {
	n := f.leaf(path)
	if n == nil {
		return false
	}
	n.written = c
	return true
}

// SetTightBounds sets TightBounds and says whether the text of f states it:
// writers state it in tables whose protocol has deletion vectors, and leave it
// out elsewhere.
func (f *File) SetTightBounds(tight bool) {
	f.TightBounds, f.writeTight = tight, true
}

// Column is what may be concluded about the leaf column at path: what the
// writer put, made safe against what writers are known to get wrong (see the
// package comment). It reports false if the schema has no such leaf.
func (f *File) Column(path ...string) (Column, bool) {
	n := f.leaf(path)
	if n == nil {
		return Column{}, false
	}
	c := n.written
	c.NullCount = f.nullCount(c.NullCount)
	c.Min, c.Max = lower(n), upper(n)
	if order, ok := value.Compare(c.Min, c.Max); ok && order > 0 {
		// One of the two is wrong, and there is no telling which.
		c.Min, c.Max = value.Null(n.typ), value.Null(n.typ)
	}
	return c, true
}

// nullCount is the null count that readers may use: with wide bounds it counts
// rows that may be gone, so that only "none" and "all" still say something.
func (f *File) nullCount(n int64) int64 {
	switch {
	case n < 0, f.NumRecords >= 0 && n > f.NumRecords:
		return -1
	case !f.TightBounds && n != 0 && n != f.NumRecords:
		return -1
	default:
		return n
	}
}
