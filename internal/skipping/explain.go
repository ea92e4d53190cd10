package skipping

import (
	"fmt"
	"strings"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
)

// Explain says which part of the predicate src excludes, and by which bounds,
// as in "qty > 100: qty is 1 to 50"; lacks says that it took more than bounds,
// see [Sieve]. It is "" for rows that are not excluded.
func (p *Predicate) Explain(src Source) (reason string, lacks bool) {
	if p.Decide(src) != None {
		return "", false
	}
	guilty := p
	for _, c := range p.Conjuncts() {
		if c.Decide(src) == None {
			guilty = c
			break
		}
	}
	if guilty.Decide(onlyBounds{src}) != None {
		return guilty.root.String(), true
	}
	return guilty.describe(src), false
}

// onlyBounds hides that a source is a Sieve.
type onlyBounds struct{ Source }

func (p *Predicate) describe(src Source) string {
	var parts []string
	for _, c := range p.columns {
		if b, ok := src.Bounds(c.Path); ok {
			parts = append(parts, c.String()+" is "+b.String())
		}
	}
	if len(parts) == 0 {
		return p.root.String()
	}
	return p.root.String() + ": " + strings.Join(parts, ", ")
}

// String is the bounds as SQL literals: 1 to 50 or null.
func (b Bounds) String() string {
	text := func(v value.Value) string { return (&expr.Literal{Value: v}).String() }
	var s string
	switch {
	case b.Nulls == OnlyNulls:
		return "null"
	case b.Min.IsNull() && b.Max.IsNull():
		s = "unknown"
	case b.Min.IsNull():
		s = "at most " + text(b.Max)
	case b.Max.IsNull():
		s = "at least " + text(b.Min)
	case compare(b.Min, b.Max) == 0:
		s = text(b.Min)
	default:
		s = fmt.Sprintf("%s to %s", text(b.Min), text(b.Max))
	}
	if b.Nulls == NoNulls {
		return s
	}
	return s + " or null"
}
