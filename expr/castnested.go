package expr

import (
	"errors"
	"fmt"
	"slices"

	"github.com/foreset/foreset/schema"
)

// Casts of structs, arrays and maps: to others of the same form, element by
// element, and to strings.

// nestedCastAllowed is castAllowed where one of the types is nested.
func nestedCastAllowed(from, to schema.Type, allowed func(from, to schema.Type) bool) bool {
	if sameType(from, to) || to == schema.String {
		return from != schema.Variant
	}
	return sameForm(from, to, allowed)
}

// tryCastAllowed says whether there is TRY_CAST from one type to another: not
// where a key of a map may become null.
func tryCastAllowed(from, to schema.Type) bool {
	if from == schema.Void || !isNestedType(from) && !isNestedType(to) {
		return castAllowed(from, to)
	}
	m, fromMap := from.(*schema.Map)
	n, toMap := to.(*schema.Map)
	if fromMap && toMap && mayBeNull(m.Key, n.Key) {
		return false
	}
	return nestedCastAllowed(from, to, tryCastAllowed)
}

// sameForm says whether both types are arrays, maps, or structs of as many
// fields, and all that is directly in them fits.
func sameForm(from, to schema.Type, fits func(from, to schema.Type) bool) bool {
	_, fromArray := from.(*schema.Array)
	_, toArray := to.(*schema.Array)
	_, fromMap := from.(*schema.Map)
	_, toMap := to.(*schema.Map)
	_, fromStruct := from.(*schema.Struct)
	_, toStruct := to.(*schema.Struct)
	if fromArray != toArray || fromMap != toMap || fromStruct != toStruct {
		return false
	}
	return slices.EqualFunc(childTypes(from), childTypes(to), fits)
}

// toNested casts what is inside of a vec of structs, arrays or maps.
func (c caster) toNested() (vec, error) {
	kids, err := c.v.nested.children()
	if err != nil {
		return vec{}, err
	}
	inside := &nested{starts: c.v.nested.starts, ends: c.v.nested.ends, kids: slices.Clone(kids)}
	from, to := childTypes(c.from), childTypes(c.node.To)
	wanted := c.v.valid.and(c.sel)
	for i, kid := range kids {
		if sameType(from[i], to[i]) {
			continue
		}
		sel := wanted
		if inside.starts != nil {
			sel = inside.elementsOf(wanted, c.v.rows, kid.rows)
		}
		n := &Cast{To: to[i], Try: c.node.Try, env: c.node.env, pos: c.node.pos}
		cast, err := c.run.castVec(n, from[i], kid, sel)
		if err != nil {
			return vec{}, inside.atRow(err, wanted, c.v.rows)
		}
		inside.kids[i] = cast.flat()
		if _, isMap := c.node.To.(*schema.Map); isMap && i == 0 && c.node.Try {
			if err := c.checkKeys(inside, wanted); err != nil {
				return vec{}, err
			}
		}
	}
	return vec{rows: c.v.rows, valid: c.v.valid, nested: inside}, nil
}

// checkKeys has TRY_CAST fail where it would make a key null.
func (c caster) checkKeys(m *nested, wanted bitmap) error {
	for i := range wanted.rows(c.v.rows) {
		for j := m.starts[i]; j < m.ends[i]; j++ {
			if m.kids[0].nullAt(int(j)) {
				return c.fail(classNullKey, c.node.pos, c.v, i, c.sel, "a key cannot be cast to %v", c.node.To)
			}
		}
	}
	return nil
}

// elementsOf is the elements or entries, of n, of the rows that are wanted.
func (in *nested) elementsOf(wanted bitmap, rows, n int) bitmap {
	used := newBitmap(n)
	for i := range wanted.rows(rows) {
		for j := in.starts[i]; j < in.ends[i]; j++ {
			used.set(int(j))
		}
	}
	return used
}

// atRow is an error about an element as one about its row.
func (in *nested) atRow(err error, wanted bitmap, rows int) error {
	var failure *EvalError
	if in.starts == nil || !errors.As(err, &failure) {
		return err
	}
	for i := range wanted.rows(rows) {
		if int(in.starts[i]) <= failure.Row && failure.Row < int(in.ends[i]) {
			failure.Row = i
			break
		}
	}
	return err
}

// nestedTexts are the parts that the texts of nested values are made of: what
// is nested in nothing else is cast to strings at once.
type nestedTexts struct {
	t    schema.Type
	v    vec // of strings, unless it is nested
	data []string
	kids []nestedTexts
}

func (c caster) textsOf(t schema.Type, v vec, sel bitmap) (nestedTexts, error) {
	out := nestedTexts{t: t, v: v}
	types := childTypes(t)
	if types == nil {
		n := &Cast{To: schema.String, env: c.node.env, pos: c.node.pos}
		var err error
		if out.v, err = c.run.castVec(n, t, v, sel); err != nil {
			return out, err
		}
		out.v = out.v.flat()
		var ok bool
		if out.data, ok = out.v.data.([]string); !ok {
			return out, fmt.Errorf("texts of %v are %T", t, out.v.data)
		}
		return out, nil
	}
	kids, err := v.nested.children()
	if err != nil {
		return out, err
	}
	wanted := v.valid.and(sel)
	for i, kid := range kids {
		below := wanted
		if v.nested.starts != nil {
			below = v.nested.elementsOf(wanted, v.rows, kid.rows)
		}
		texts, err := c.textsOf(types[i], kid, below)
		if err != nil {
			return out, err
		}
		out.kids = append(out.kids, texts)
	}
	return out, nil
}

// append appends the text of row i: [1, 2], {k -> v}, {1, a}.
func (n *nestedTexts) append(dst []byte, i int) []byte {
	switch {
	case n.v.nullAt(i):
		return append(dst, "null"...)
	case n.data != nil:
		return append(dst, n.data[i*n.v.stride()]...)
	}
	in := n.v.nested
	switch n.t.(type) {
	case *schema.Struct:
		dst = append(dst, '{')
		for k := range n.kids {
			if k > 0 {
				dst = append(dst, ", "...)
			}
			dst = n.kids[k].append(dst, i)
		}
		return append(dst, '}')
	case *schema.Array:
		dst = append(dst, '[')
		for j := in.starts[i]; j < in.ends[i]; j++ {
			if j > in.starts[i] {
				dst = append(dst, ", "...)
			}
			dst = n.kids[0].append(dst, int(j))
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for j := in.starts[i]; j < in.ends[i]; j++ {
		if j > in.starts[i] {
			dst = append(dst, ", "...)
		}
		dst = append(n.kids[0].append(dst, int(j)), " -> "...)
		dst = n.kids[1].append(dst, int(j))
	}
	return append(dst, '}')
}

func (c caster) nestedToString() (vec, error) {
	parts, err := c.textsOf(c.from, c.v, c.sel)
	if err != nil {
		return vec{}, err
	}
	var text []byte
	ends := make([]int, c.v.rows)
	next := 0
	for i := range c.v.active(c.sel) {
		for ; next < i; next++ {
			ends[next] = len(text)
		}
		text = parts.append(text, i)
		ends[i], next = len(text), i+1
	}
	for ; next < len(ends); next++ {
		ends[next] = len(text)
	}
	return c.v.like(cut(text, ends)).bare(), nil
}

// bare is v without an inside.
func (v vec) bare() vec {
	v.nested = nil
	return v
}
