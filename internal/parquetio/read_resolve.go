package parquetio

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
)

// resolver finds the fields of a plan in the schema of a file.
type resolver struct {
	file    *File
	mem     memory.Allocator
	columns []*column
	leaves  map[int]bool // that columns has
}

// resolve finds the fields of s in the file and makes a column for every leaf
// that has to be read. The error is a [*TypeError], or one of arrowconv.
func (f *File) resolve(s *schema.Struct, mem memory.Allocator) ([]*node, []*column, error) {
	r := &resolver{file: f, mem: mem, leaves: map[int]bool{}}
	nodes, err := r.fields("", s, f.pf.Meta().Schema.Root(), levels{})
	return nodes, r.columns, err
}

// levels are those of a node of the file's schema: the definition and
// repetition level that it is there at, and those of its context.
type levels struct{ def, rep, ctxDef, ctxRep int16 }

// enter adds what a node's repetition adds.
func (l levels) enter(n pqschema.Node) levels {
	switch n.RepetitionType() {
	case parquet.Repetitions.Optional:
		l.def++
	case parquet.Repetitions.Repeated:
		l.def++
		l.rep++
	}
	return l
}

// inside is the context of what a repeated node holds.
func (l levels) inside() levels {
	l.ctxDef, l.ctxRep = l.def, l.rep
	return l
}

// fields resolves the fields of a struct in a group of the file.
func (r *resolver) fields(column string, s *schema.Struct, g *pqschema.GroupNode, l levels) ([]*node, error) {
	nodes := make([]*node, len(s.Fields))
	for i, f := range s.Fields {
		name := join(column, f.Name)
		pn, err := r.file.lookup(name, g, f)
		if err != nil {
			return nil, err
		}
		if nodes[i], err = r.field(name, f.Type, pn, l); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// lookup finds a field of the table in a group of the file, as the mapping has
// it. Nil is a field that the file has not.
func (f *File) lookup(column string, g *pqschema.GroupNode, field schema.Field) (pqschema.Node, error) {
	switch f.opts.Mapping {
	case schema.NameMapping:
		return named(g, field.PhysicalName()), nil
	case schema.IDMapping:
		return f.identified(column, g, field)
	default:
		return f.spelled(column, g, field.Name)
	}
}

// named finds a field by its exact name.
func named(g *pqschema.GroupNode, name string) pqschema.Node {
	if i := g.FieldIndexByName(name); i >= 0 {
		return g.Field(i)
	}
	return nil
}

// identified finds a field by its id. A field without one is none of the table's
// schema, but one of those that the table's properties name.
func (f *File) identified(column string, g *pqschema.GroupNode, field schema.Field) (pqschema.Node, error) {
	id, has := field.ColumnID()
	if !has {
		return named(g, field.PhysicalName()), nil
	}
	if !f.hasIDs() {
		return nil, f.pf.Corrupt(column, errors.New("the table finds its columns by field id, and the file has none"))
	}
	switch i, found := f.idsOf(g)[id]; {
	case !found:
		return nil, nil
	case i < 0:
		return nil, f.pf.Corrupt(column, fmt.Errorf("two columns of the file have the field id %d", id))
	default:
		return g.Field(i), nil
	}
}

// idsOf maps the field ids of a group to its fields; −1 is an id that several
// have.
func (f *File) idsOf(g *pqschema.GroupNode) map[int64]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids, known := f.ids[g]
	if known {
		return ids
	}
	ids = make(map[int64]int, g.NumFields())
	for i := range g.NumFields() {
		id := int64(g.Field(i).FieldID())
		if _, twice := ids[id]; twice {
			i = -1
		}
		ids[id] = i
	}
	f.ids[g] = ids
	return ids
}

// hasIDs says whether any column of the file has a field id.
func (f *File) hasIDs() bool {
	root := f.pf.Meta().Schema.Root()
	for i := range root.NumFields() {
		if root.Field(i).FieldID() >= 0 {
			return true
		}
	}
	return false
}

// spelled finds a field by its name: as it is, or else ignoring case if that is
// unique.
func (f *File) spelled(column string, g *pqschema.GroupNode, name string) (pqschema.Node, error) {
	if pn := named(g, name); pn != nil {
		return pn, nil
	}
	switch i, found := f.foldedOf(g)[strings.ToLower(name)]; {
	case !found:
		return nil, nil
	case i < 0:
		return nil, f.pf.Corrupt(column, fmt.Errorf("several columns of the file are called %q, ignoring case", name))
	default:
		return g.Field(i), nil
	}
}

// foldedOf maps the lower-case names of a group to its fields; −1 is a name that
// several have.
func (f *File) foldedOf(g *pqschema.GroupNode) map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	names, known := f.folded[g]
	if known {
		return names
	}
	names = make(map[string]int, g.NumFields())
	for i := range g.NumFields() {
		name := strings.ToLower(g.Field(i).Name())
		if _, twice := names[name]; twice {
			i = -1
		}
		names[name] = i
	}
	f.folded[g] = names
	return names
}

// field resolves a field, an element, a key or a value.
func (r *resolver) field(column string, t schema.Type, pn pqschema.Node, l levels) (*node, error) {
	dt, err := arrowconv.Type(t)
	if err != nil {
		return nil, err
	}
	if pn == nil || t == schema.Void {
		return &node{kind: nodeMissing, dt: dt}, nil
	}
	l = l.enter(pn)
	if a, is := t.(*schema.Array); is {
		return r.list(column, a, dt, pn, l)
	}
	if pn.RepetitionType() == parquet.Repetitions.Repeated {
		return nil, r.typeError(column, pn, t)
	}
	g, isGroup := pn.(*pqschema.GroupNode)
	switch t := t.(type) {
	case *schema.Struct:
		if isGroup {
			return r.group(column, t, dt, g, l)
		}
	case *schema.Map:
		if isGroup {
			return r.mapping(column, t, dt, g, l)
		}
	default:
		switch {
		case t == schema.Variant && isGroup:
			return r.variant(column, dt, g, l)
		case !isGroup && t != schema.Variant:
			return r.leaf(column, t, dt, pn.(*pqschema.PrimitiveNode), l)
		}
	}
	return nil, r.typeError(column, pn, t)
}

func (r *resolver) leaf(column string, t schema.Type, dt arrow.DataType, pn *pqschema.PrimitiveNode, l levels) (*node, error) {
	if _, null := pn.LogicalType().(pqschema.NullLogicalType); null { // a column that was written without a type
		return &node{kind: nodeMissing, dt: dt}, nil
	}
	c := r.newColumn(pn)
	if r.leaves[c.leaf] {
		return nil, fmt.Errorf("read %q: two fields of the plan are column %q of the file", r.file.pf.Name(), c.path())
	}
	v, ok := newValues(c.descr, t, r.file.pf.Calendar(), r.mem)
	if !ok {
		return nil, r.typeError(column, pn, t)
	}
	c.values = v
	r.add(c)
	return &node{kind: nodeLeaf, dt: dt, col: c, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep}, nil
}

func (r *resolver) newColumn(pn *pqschema.PrimitiveNode) *column {
	s := r.file.pf.Meta().Schema
	i := s.ColumnIndexByNode(pn)
	d := s.Column(i)
	return &column{leaf: i, descr: d, maxDef: d.MaxDefinitionLevel(), maxRep: d.MaxRepetitionLevel()}
}

func (r *resolver) add(c *column) {
	r.columns = append(r.columns, c)
	r.leaves[c.leaf] = true
}

// group resolves a struct. Whether it is null shows in the levels of any leaf
// below it: of one that is read anyway, or else of the first.
func (r *resolver) group(column string, t *schema.Struct, dt arrow.DataType, g *pqschema.GroupNode, l levels) (*node, error) {
	children, err := r.fields(column, t, g, l)
	if err != nil {
		return nil, err
	}
	n := &node{kind: nodeGroup, dt: dt, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep, children: children}
	if n.col = r.witness(g, children); n.col == nil {
		return nil, r.typeError(column, g, t)
	}
	return n, nil
}

// witness is a column below g.
func (r *resolver) witness(g pqschema.Node, children []*node) *column {
	for _, c := range children {
		if c.col != nil {
			return c.col
		}
	}
	for {
		inner, is := g.(*pqschema.GroupNode)
		if !is {
			break
		}
		if inner.NumFields() == 0 {
			return nil
		}
		g = inner.Field(0)
	}
	c := r.newColumn(g.(*pqschema.PrimitiveNode))
	c.values = rawValues(c.descr, r.mem)
	r.add(c)
	return c
}

// list resolves an array. Its forms, of which the first is what everyone
// writes today (Parquet's LogicalTypes, "Backward-compatibility rules"):
//
//	group a (LIST) { repeated group list { element } }    also bag.array_element, bag.array
//	group a (LIST) { repeated group a_tuple|array {…} }   the group is the element
//	group a (LIST) { repeated group x { several } }       the group is the element
//	group a (LIST) { repeated int32 x }                   the field is the element
//	repeated int32 a                                      the field is the element, never null
func (r *resolver) list(column string, t *schema.Array, dt arrow.DataType, pn pqschema.Node, l levels) (*node, error) {
	n := &node{kind: nodeList, dt: dt, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep}
	repeated := pn
	if pn.RepetitionType() == parquet.Repetitions.Repeated {
		n.def = l.ctxDef // there in every slot; empty rather than null
	} else {
		g, is := pn.(*pqschema.GroupNode)
		if !is || g.NumFields() != 1 || g.Field(0).RepetitionType() != parquet.Repetitions.Repeated || isMap(g) {
			return nil, r.typeError(column, pn, t)
		}
		repeated = g.Field(0)
		l = l.enter(repeated)
	}
	n.elemDef, n.elemRep = l.def, l.rep
	l = l.inside()

	elemColumn := join(column, "element")
	var child *node
	var err error
	if inner, is := repeated.(*pqschema.GroupNode); is && pn != repeated && wraps(inner, pn.Name()) {
		child, err = r.field(elemColumn, t.Element, inner.Field(0), l)
	} else {
		child, err = r.element(elemColumn, t.Element, repeated, l)
	}
	if err != nil {
		return nil, err
	}
	n.children = []*node{child}
	if n.col = r.witness(repeated, n.children); n.col == nil {
		return nil, r.typeError(column, pn, t)
	}
	return n, nil
}

// wraps says whether the repeated group of a list only wraps the element.
func wraps(g *pqschema.GroupNode, listName string) bool {
	return g.NumFields() == 1 && g.Field(0).RepetitionType() != parquet.Repetitions.Repeated &&
		g.Name() != "array" && g.Name() != listName+"_tuple"
}

// element resolves an element that is the repeated node itself.
func (r *resolver) element(column string, t schema.Type, pn pqschema.Node, l levels) (*node, error) {
	dt, err := arrowconv.Type(t)
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case *schema.Struct:
		if g, is := pn.(*pqschema.GroupNode); is {
			return r.group(column, t, dt, g, l)
		}
	case *schema.Array, *schema.Map:
	default:
		if g, is := pn.(*pqschema.GroupNode); is && t == schema.Variant {
			return r.variant(column, dt, g, l)
		}
		if p, is := pn.(*pqschema.PrimitiveNode); is && t != schema.Variant && t != schema.Void {
			return r.leaf(column, t, dt, p, l)
		}
	}
	return nil, r.typeError(column, pn, t)
}

// mapping resolves a map: one repeated group, whatever its name, whose first
// field is the key and whose second, if there is one, is the value.
func (r *resolver) mapping(column string, t *schema.Map, dt arrow.DataType, g *pqschema.GroupNode, l levels) (*node, error) {
	if g.NumFields() != 1 {
		return nil, r.typeError(column, g, t)
	}
	entries, is := g.Field(0).(*pqschema.GroupNode)
	if !is || entries.RepetitionType() != parquet.Repetitions.Repeated || entries.NumFields() != 1 && entries.NumFields() != 2 {
		return nil, r.typeError(column, g, t)
	}
	var value pqschema.Node // a map may lack its values: a set
	if entries.NumFields() == 2 {
		value = entries.Field(1)
	}
	n := &node{kind: nodeList, dt: dt, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep}
	l = l.enter(entries)
	n.elemDef, n.elemRep = l.def, l.rep
	l = l.inside()
	key, err := r.field(join(column, "key"), t.Key, entries.Field(0), l)
	if err != nil {
		return nil, err
	}
	val, err := r.field(join(column, "value"), t.Value, value, l)
	if err != nil {
		return nil, err
	}
	n.children = []*node{key, val}
	if n.col = r.witness(entries, n.children); n.col == nil {
		return nil, r.typeError(column, g, t)
	}
	return n, nil
}

func isMap(g *pqschema.GroupNode) bool {
	_, is := g.LogicalType().(pqschema.MapLogicalType)
	return is || g.ConvertedType() == pqschema.ConvertedTypes.Map || g.ConvertedType() == pqschema.ConvertedTypes.MapKeyValue
}

func (r *resolver) typeError(column string, pn pqschema.Node, t schema.Type) error {
	return &TypeError{Name: r.file.pf.Name(), Column: column, File: describe(pn), Table: t}
}

// describe names a type of the file.
func describe(pn pqschema.Node) string {
	var b strings.Builder
	switch pn := pn.(type) {
	case *pqschema.PrimitiveNode:
		b.WriteString(pn.PhysicalType().String())
	default:
		b.WriteString("a group")
	}
	if lt := pn.LogicalType(); lt != nil && lt.IsValid() && !lt.IsNone() {
		b.WriteString(" " + lt.String())
	}
	if pn.RepetitionType() == parquet.Repetitions.Repeated {
		b.WriteString(", repeated")
	}
	return b.String()
}

func join(column, field string) string {
	if column == "" {
		return field
	}
	return column + "." + field
}
