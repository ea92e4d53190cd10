package expr

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// What occurs several times in an expression is evaluated once a batch, and
// again only for rows that were not asked for before.

// sharedNodes numbers the nodes that are evaluated in several places; equal
// nodes have the same number. Columns and literals cost nothing and are not
// among them.
func sharedNodes(root Node) map[Node]int {
	s := sharing{ids: map[string]int{}, seen: map[Node]int{}}
	s.visit(root)
	shared, slots := map[Node]int{}, map[int]int{}
	for i, n := range s.nodes {
		id := s.classes[i]
		if s.uses[id] < 2 {
			continue
		}
		slot, ok := slots[id]
		if !ok {
			slot = len(slots)
			slots[id] = slot
		}
		shared[n] = slot
	}
	if len(shared) == 0 {
		return nil
	}
	return shared
}

// sharing finds equal nodes from the leaves up: nodes are equal if they say the
// same of operands of equal classes.
type sharing struct {
	ids     map[string]int // classes by what they say
	uses    []int          // by class: operands that are of it, of classes that are told apart
	nodes   []Node
	classes []int // of nodes
	seen    map[Node]int
}

func (s *sharing) visit(n Node) int {
	if id, ok := s.seen[n]; ok {
		return id
	}
	var key strings.Builder
	operands := []int{}
	for _, arg := range Operands(n) {
		id := s.visit(arg)
		operands = append(operands, id)
		key.WriteString(strconv.Itoa(id))
		key.WriteByte(' ')
	}
	says, alike := own(n)
	if !alike {
		says = fmt.Sprintf("%s %p", says, n)
	}
	key.WriteString(says)
	id, known := s.ids[key.String()]
	if !known {
		id = len(s.ids)
		s.ids[key.String()] = id
		s.uses = append(s.uses, 0)
		for _, operand := range operands {
			s.uses[operand]++
		}
	}
	switch n.(type) {
	case *Column, *Literal:
	default:
		s.nodes, s.classes = append(s.nodes, n), append(s.classes, id)
	}
	s.seen[n] = id
	return id
}

// own is what a node says beside its operands, and whether all that say the
// same are alike.
func own(n Node) (says string, alike bool) {
	says = fmt.Sprintf("%T %v ", n, n.Type())
	switch n := n.(type) {
	case *Column:
		return says + strconv.Itoa(n.slot), true
	case *Literal:
		return says + literalText(n.Value), true
	case *Compare:
		return says + n.Op.String(), true
	case *Like:
		return says + strconv.QuoteRune(n.Escape), true
	case *Cast:
		return says + strconv.FormatBool(n.Try), true
	case *Arith:
		return says + n.Op.String(), true
	case *Call:
		says += n.Name
		if n.fn.written != nil {
			blanks := make([]*syntax, len(n.Args))
			for i := range blanks {
				blanks[i] = (&Literal{value.Null(schema.Void)}).syntax()
			}
			says += " " + n.fn.written(blanks).String()
		}
		return says, !n.fn.fickle
	default:
		return says, true
	}
}

// kept is the value of a shared node for the rows of sel.
type kept struct {
	ready bool
	v     vec
	sel   bitmap
}

// within says whether every row of b is one of c; nil is all rows.
func (b bitmap) within(c bitmap) bool {
	if c == nil {
		return true
	}
	if b == nil {
		return false
	}
	for i, w := range b {
		if w&^c[i] != 0 {
			return false
		}
	}
	return true
}

// shaped is the value of a node. See [run.eval].
func (r *run) shaped(n Node, sel bitmap) (vec, error) {
	slot, ok := r.shared[n]
	if !ok {
		return r.compute(n, sel)
	}
	k := &r.kept[slot]
	if k.ready && sel.within(k.sel) {
		return k.v, nil
	}
	v, err := r.compute(n, sel)
	if err == nil {
		*k = kept{true, v, sel}
	}
	return v, err
}
