package parquetio

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/schema"
)

// shape is a column or a part of one, as it is written: a leaf, a struct, or a
// list (of elements, or of a map's pairs).
type shape struct {
	column   string // dotted path in the table, for errors
	index    int    // among the arrays of the enclosing struct, or of the batch
	optional bool
	def, rep uint8 // levels of a value that is present
	children []*shape
	isList   bool   // children are the parts of an element
	leaf     *leaf  // of a leaf
	slots    []slot // scratch
	elements []slot // scratch of a list
}

// SchemaError refuses a schema that a data file cannot have.
type SchemaError struct {
	Column string // dotted path; empty when the schema as a whole is meant
	Detail string
}

func (e *SchemaError) Error() string {
	if e.Column == "" {
		return "schema cannot be written: " + e.Detail
	}
	return fmt.Sprintf("column %q cannot be written: %s", e.Column, e.Detail)
}

// levelMax is what a level can count to; the depth of schemas is limited far
// below.
const levelMax = math.MaxUint8

// fileSchema translates a table's data columns: the Parquet schema, and the
// shapes by which batches are taken apart. Void columns are in neither.
func fileSchema(s *schema.Struct) (*pqschema.Schema, []*shape, error) {
	b := &schemaBuilder{}
	nodes, shapes, err := b.fields("", s, 0, 0)
	if err != nil {
		return nil, nil, err
	}
	if len(nodes) == 0 {
		return nil, nil, &SchemaError{Detail: "it has no column that a file could hold"}
	}
	root, err := pqschema.NewGroupNode("spark_schema", parquet.Repetitions.Required, nodes, -1)
	if err != nil {
		return nil, nil, &SchemaError{Detail: err.Error()}
	}
	pq := pqschema.NewSchema(root)
	for i, l := range b.leaves {
		l.descr = pq.Column(i)
	}
	return pq, shapes, nil
}

type schemaBuilder struct{ leaves []*leaf }

func (b *schemaBuilder) fields(parent string, s *schema.Struct, def, rep int) (pqschema.FieldList, []*shape, error) {
	var nodes pqschema.FieldList
	var shapes []*shape
	for i, f := range s.Fields {
		if f.Type == schema.Void {
			continue
		}
		column := f.Name
		if parent != "" {
			column = parent + "." + f.Name
		}
		node, sh, err := b.field(part{column: column, name: f.Name, typ: f.Type, nullable: f.Nullable, id: fieldID(f.Metadata), def: def, rep: rep})
		if err != nil {
			return nil, nil, err
		}
		sh.index = i
		nodes, shapes = append(nodes, node), append(shapes, sh)
	}
	return nodes, shapes, nil
}

// fieldID is the id that column mapping gives to a field, −1 without.
func fieldID(m schema.Metadata) int32 {
	id, err := strconv.ParseInt(strings.Trim(string(m["delta.columnMapping.id"]), `"`), 10, 32)
	if err != nil {
		return -1
	}
	return int32(id)
}

// part is a field, an element, a key or a value on its way to a node.
type part struct {
	column, name string
	typ          schema.Type
	nullable     bool
	id           int32
	def, rep     int // levels of what encloses it
}

func (b *schemaBuilder) field(p part) (pqschema.Node, *shape, error) {
	sh := &shape{column: p.column, optional: p.nullable}
	repetition := parquet.Repetitions.Required
	if p.nullable {
		repetition = parquet.Repetitions.Optional
		p.def++
	}
	if p.def >= levelMax || p.rep >= levelMax {
		return nil, nil, &SchemaError{Column: p.column, Detail: "it is nested too deeply"}
	}
	sh.def, sh.rep = uint8(p.def), uint8(p.rep)
	node, err := b.node(p, repetition, sh)
	if err != nil {
		if _, typed := err.(*SchemaError); !typed {
			err = &SchemaError{Column: p.column, Detail: err.Error()}
		}
		return nil, nil, err
	}
	return node, sh, nil
}

func (b *schemaBuilder) node(p part, repetition parquet.Repetition, sh *shape) (pqschema.Node, error) {
	switch t := p.typ.(type) {
	case *schema.Struct:
		nodes, shapes, err := b.fields(p.column, t, p.def, p.rep)
		if err != nil {
			return nil, err
		}
		if len(nodes) == 0 {
			return nil, &SchemaError{Column: p.column, Detail: "it is a struct without a field that a file could hold"}
		}
		sh.children = shapes
		return pqschema.NewGroupNode(p.name, repetition, nodes, p.id)
	case *schema.Array:
		return b.list(p, repetition, sh, pqschema.ListLogicalType{}, "list",
			part{name: "element", typ: t.Element, nullable: t.ContainsNull})
	case *schema.Map:
		return b.list(p, repetition, sh, pqschema.MapLogicalType{}, "key_value",
			part{name: "key", typ: t.Key}, part{name: "value", typ: t.Value, nullable: t.ValueContainsNull})
	}
	if p.typ == schema.Variant {
		return b.variant(p, repetition, sh)
	}
	l, err := newLeaf(p.column, p.typ, sh.def, sh.rep)
	if err != nil {
		return nil, err
	}
	sh.leaf = l
	b.leaves = append(b.leaves, l)
	return pqschema.NewPrimitiveNodeLogical(p.name, repetition, l.logical, l.physical, l.width, p.id)
}

// list is the three-level form: an annotated group, a repeated group, the parts.
func (b *schemaBuilder) list(p part, repetition parquet.Repetition, sh *shape, kind pqschema.LogicalType, name string, parts ...part) (pqschema.Node, error) {
	sh.isList = true
	var nodes pqschema.FieldList
	for i, e := range parts {
		e.column, e.id, e.def, e.rep = p.column+"."+e.name, -1, p.def+1, p.rep+1
		if e.typ == schema.Void {
			return nil, &SchemaError{Column: e.column, Detail: "void has no place inside an array or a map"}
		}
		node, child, err := b.field(e)
		if err != nil {
			return nil, err
		}
		child.index = i
		nodes, sh.children = append(nodes, node), append(sh.children, child)
	}
	repeated, err := pqschema.NewGroupNode(name, parquet.Repetitions.Repeated, nodes, -1)
	if err != nil {
		return nil, err
	}
	return pqschema.NewGroupNodeLogical(p.name, repetition, pqschema.FieldList{repeated}, kind, p.id)
}

// variant is Spark's group of two required binaries, value before metadata;
// in Arrow the metadata come first.
func (b *schemaBuilder) variant(p part, repetition parquet.Repetition, sh *shape) (pqschema.Node, error) {
	var nodes pqschema.FieldList
	for i, name := range []string{"value", "metadata"} {
		node, child, err := b.field(part{column: p.column + "." + name, name: name, typ: schema.Binary, id: -1, def: p.def, rep: p.rep})
		if err != nil {
			return nil, err
		}
		child.index = 1 - i
		nodes, sh.children = append(nodes, node), append(sh.children, child)
	}
	return pqschema.NewGroupNodeLogical(p.name, repetition, nodes, pqschema.VariantLogicalType{}, p.id)
}
