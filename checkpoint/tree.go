package checkpoint

import (
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// tree is a node of a file's schema with what reading needs: columns are found
// by name, and maps and lists by structure, since writers differ in
// repetition, order, and the names inside maps and lists.
type tree struct {
	name     string
	node     schema.Node
	repeated bool
	def      int16 // the definition level at which the node is there
	index    int   // of a leaf: its column
	fields   []*tree
}

func newTree(s *schema.Schema) *tree {
	leaves := 0
	return grow(s.Root(), -1, &leaves, true)
}

func grow(n schema.Node, def int16, leaves *int, root bool) *tree {
	t := &tree{name: n.Name(), node: n, index: -1, def: max(def, 0)}
	if !root && n.RepetitionType() != parquet.Repetitions.Required {
		t.def++
		t.repeated = n.RepetitionType() == parquet.Repetitions.Repeated
	}
	g, ok := n.(*schema.GroupNode)
	if !ok {
		t.index = *leaves
		*leaves++
		return t
	}
	for i := range g.NumFields() {
		t.fields = append(t.fields, grow(g.Field(i), t.def, leaves, false))
	}
	return t
}

// at finds a node by the names on the way to it.
func (t *tree) at(path ...string) *tree {
	for _, name := range path {
		var found *tree
		for _, f := range t.fields {
			if f.name == name {
				found = f
				break
			}
		}
		if found == nil {
			return nil
		}
		t = found
	}
	return t
}

// leaf finds a column that has no repetition by its path.
func (t *tree) leaf(path ...string) *tree {
	for _, name := range path {
		if t = t.at(name); t == nil || t.repeated {
			return nil
		}
	}
	if t.index < 0 {
		return nil
	}
	return t
}

// entries finds the repeated node inside a map or a list: key_value, entries,
// map, list, bag, array, or a column that is repeated itself.
func (t *tree) entries() *tree {
	switch {
	case t.repeated:
		return t
	case len(t.fields) == 1 && t.fields[0].repeated:
		return t.fields[0]
	default:
		return nil
	}
}

// keyValue finds the two columns of a map's entries.
func (t *tree) keyValue() (key, value *tree) {
	if key, value = t.at("key"), t.at("value"); key == nil || value == nil {
		if len(t.fields) != 2 {
			return nil, nil
		}
		key, value = t.fields[0], t.fields[1]
	}
	if key.index < 0 || value.index < 0 || key.repeated || value.repeated {
		return nil, nil
	}
	return key, value
}

// element finds the one column of a list's elements.
func (t *tree) element() *tree {
	for t.index < 0 {
		if len(t.fields) != 1 || t.fields[0].repeated {
			return nil
		}
		t = t.fields[0]
	}
	return t
}

// columns lists the leaves below a node.
func (t *tree) columns(into []int) []int {
	if t == nil {
		return into
	}
	if t.index >= 0 {
		return append(into, t.index)
	}
	for _, f := range t.fields {
		into = f.columns(into)
	}
	return into
}
