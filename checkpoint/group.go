package checkpoint

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"

	"github.com/foreset/foreset/internal/parquetfile"
)

// group opens the columns of one row group. The first error sticks; what is
// opened after it has no values.
type group struct {
	ctx    context.Context
	part   *part
	index  int
	rows   int64
	loaded *parquetfile.Group
	wanted int // columns
	opened []*column
	err    error
}

// load fetches the columns below some names of a row group: all that are not
// known to be null.
func (p *part) load(ctx context.Context, index int, paths ...[]string) (*group, error) {
	g := &group{ctx: ctx, part: p, index: index, rows: p.rows(index)}
	var parts []parquetfile.Part
	for _, i := range p.columns(paths...) {
		if p.file.Meta().Schema.Column(i).MaxRepetitionLevel() > 0 || !p.allNull(index, i) {
			parts = append(parts, parquetfile.Part{Column: i})
		}
	}
	g.wanted = len(parts)
	var err error
	g.loaded, err = p.file.Load(ctx, index, parts, parquetfile.LoadOptions{Budget: p.budget})
	return g, err
}

// batch is how many levels of a column to decode at a time.
func (g *group) batch(column int) int64 {
	values := g.part.file.Meta().RowGroups[g.index].Columns[column].MetaData.NumValues
	return max(1, min(batchMax, values, max(batchMin, int64(levelsMax/max(1, g.wanted)))))
}

// columns lists the leaves below some names.
func (p *part) columns(paths ...[]string) []int {
	var found []int
	for _, path := range paths {
		found = p.schema.at(path...).columns(found)
	}
	return found
}

// close gives back what the columns hold.
func (g *group) close() { g.loaded.Close() }

// fault is the first error of the group or one of its columns.
func (g *group) fault() error {
	if g.err != nil {
		return g.err
	}
	for _, c := range g.opened {
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// has says whether a node's column may have values in this row group.
func (g *group) has(t *tree) bool {
	return t != nil && g.rows > 0 && !g.part.allNull(g.index, t.index)
}

// open opens a column whose physical type is one of those given.
func (g *group) open(t *tree, types ...parquet.Type) *column {
	if g.err != nil {
		return nil
	}
	c, err := g.loaded.Column(t.index)
	if err != nil {
		g.err = err
		return nil
	}
	if len(types) > 0 && !slices.Contains(types, c.Type()) {
		g.fail(c.Descriptor().Path(), fmt.Errorf("physical type %s", c.Type()))
		return nil
	}
	opened := newColumn(g, t.index, c)
	g.opened = append(g.opened, opened)
	return opened
}

// fail makes damage the group's error if it is the first.
func (g *group) fail(column string, damage error) {
	if g.err == nil {
		g.err = g.part.file.Corrupt(column, damage)
	}
}

// text opens a column of strings.
func (g *group) text(path ...string) *column {
	t := g.part.schema.leaf(path...)
	if !g.has(t) {
		return nil
	}
	return g.open(t, parquet.Types.ByteArray)
}

// number opens a column of integers.
func (g *group) number(path ...string) *column {
	t := g.part.schema.leaf(path...)
	if !g.has(t) {
		return nil
	}
	return g.open(t, parquet.Types.Int64, parquet.Types.Int32)
}

// flag opens a column of booleans.
func (g *group) flag(path ...string) *column {
	t := g.part.schema.leaf(path...)
	if !g.has(t) {
		return nil
	}
	return g.open(t, parquet.Types.Boolean)
}

// mapping opens a map from strings to strings; nil if it is not there.
func (g *group) mapping(path ...string) *mapping {
	t := g.part.schema.at(path...)
	if t == nil || g.rows == 0 {
		return nil
	}
	entries := t.entries()
	if entries == nil || entries == t {
		return g.malformed(path)
	}
	key, value := entries.keyValue()
	if key == nil {
		return g.malformed(path)
	}
	m := &mapping{def: t.def, entryDef: entries.def, key: g.open(key, parquet.Types.ByteArray)}
	if g.has(value) {
		m.value = g.open(value, parquet.Types.ByteArray)
	}
	if g.err != nil || m.key.maxRep != 1 {
		return g.malformed(path)
	}
	return m
}

func (g *group) malformed(path []string) *mapping {
	g.fail(strings.Join(path, "."), errors.New("not a map of strings"))
	return nil
}

// list opens a list of strings; nil if it is not there.
func (g *group) list(path ...string) *list {
	t := g.part.schema.at(path...)
	if t == nil || g.rows == 0 {
		return nil
	}
	entries := t.entries()
	var element *tree
	if entries != nil {
		element = entries.element()
	}
	if element == nil {
		g.fail(strings.Join(path, "."), errors.New("not a list of strings"))
		return nil
	}
	l := &list{def: t.def, entryDef: entries.def, column: g.open(element, parquet.Types.ByteArray)}
	if entries == t {
		l.def = t.def - 1 // a repeated column by itself is never null
	}
	if g.err != nil {
		return nil
	}
	if l.column.maxRep != 1 {
		g.fail(strings.Join(path, "."), errors.New("a list of lists"))
		return nil
	}
	return l
}

// mapping walks a column of maps. The entries of the last row are in pairs,
// in the form that [pairs] reads. A nil mapping is null in every row.
type mapping struct {
	def, entryDef int16
	key, value    *column // value is nil if all are null
	pairs         []byte
}

// row takes the next row and says whether it has a map.
func (m *mapping) row() bool {
	if m == nil {
		return false
	}
	m.pairs = m.pairs[:0]
	def, ok := m.key.next()
	if !ok {
		m.key.short()
		return false
	}
	if m.key.rep[m.key.level-1] != 0 {
		m.key.fail(errors.New("row group starts inside a row"))
		return false
	}
	for {
		present := false
		if m.value != nil {
			d, ok := m.value.next()
			if !ok || m.value.rep[m.value.level-1] != m.key.rep[m.key.level-1] {
				m.value.fail(errors.New("keys and values differ in number"))
				return false
			}
			present = d == m.value.maxDef
		}
		if def < m.entryDef {
			return def >= m.def
		}
		if def < m.key.maxDef {
			m.key.fail(errors.New("null key"))
			return false
		}
		m.pairs = appendKey(m.pairs, m.key.text())
		if present {
			m.pairs = appendValue(m.pairs, m.value.text())
		} else {
			m.pairs = appendNull(m.pairs)
		}
		if !m.key.repeats() {
			return true
		}
		def, _ = m.key.next()
	}
}

func (m *mapping) skip(rows int) {
	if m != nil {
		m.key.skip(rows)
		m.value.skip(rows)
	}
}

// list walks a column of lists of strings. A nil list is null in every row.
type list struct {
	def, entryDef int16
	column        *column
}

// row takes the next row; nil is null.
func (l *list) row() []string {
	if l == nil {
		return nil
	}
	def, ok := l.column.next()
	if !ok {
		l.column.short()
		return nil
	}
	if def < l.def {
		return nil
	}
	items := []string{}
	for def >= l.entryDef {
		if def < l.column.maxDef {
			l.column.fail(errors.New("null in a list of names"))
			return nil
		}
		items = append(items, string(l.column.text()))
		if !l.column.repeats() {
			break
		}
		def, _ = l.column.next()
	}
	return items
}

func (l *list) skip(rows int) {
	if l != nil {
		l.column.skip(rows)
	}
}

// The entries of a map are kept as one run of bytes: for each the length of
// the key, the key, the length of the value plus one or zero for null, the
// value.

func appendKey(b, key []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(key))), key...)
}

func appendValue(b, value []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(value))+1), value...)
}

func appendNull(b []byte) []byte { return append(b, 0) }

// pairs are the entries of a map.
type pairs string

// next splits off the first entry.
func (p pairs) next() (key, value string, null bool, rest pairs) {
	n, p := p.length()
	key, p = string(p[:n]), p[n:]
	n, p = p.length()
	if n == 0 {
		return key, "", true, p
	}
	return key, string(p[:n-1]), false, p[n-1:]
}

func (p pairs) length() (int, pairs) {
	var n uint64
	for i := 0; ; i++ {
		n |= uint64(p[i]&0x7f) << (7 * i)
		if p[i] < 0x80 {
			return int(n), p[i+1:]
		}
	}
}

// get finds the value of a key.
func (p pairs) get(name string) (value string, null, ok bool) {
	for p != "" {
		var key, v string
		var none bool
		if key, v, none, p = p.next(); key == name {
			value, null, ok = v, none, true
		}
	}
	return value, null, ok
}

// values is the map with null as nil.
func (p pairs) values() map[string]*string {
	m := map[string]*string{}
	for p != "" {
		var key, value string
		var null bool
		if key, value, null, p = p.next(); null {
			m[key] = nil
		} else {
			m[key] = &value
		}
	}
	return m
}

// texts is the map without its null values.
func (p pairs) texts() map[string]string {
	m := map[string]string{}
	for p != "" {
		var key, value string
		var null bool
		if key, value, null, p = p.next(); !null {
			m[key] = value
		}
	}
	return m
}
