package expr

import (
	"fmt"
	"math"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// nestedFunctions make structs, arrays and maps, and look into them.
var nestedFunctions = aliased(map[string]*function{
	"array":          {0, -1, newArray},
	"map":            {0, -1, newMap},
	"struct":         {0, -1, newStruct},
	"named_struct":   {0, -1, newNamedStruct},
	"size":           {1, 1, size},
	"element_at":     {2, 2, elementAt},
	"array_contains": {2, 2, arrayContains},
	"map_keys":       {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) { return b.mapSide(at, args[0], 0) }},
	"map_values":     {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) { return b.mapSide(at, args[0], 1) }},
},
	[]string{"size", "cardinality"},
)

// Error classes of Spark that access ends in.
const (
	classIndex     = "INVALID_ARRAY_INDEX"
	classElementAt = "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"
	classIndexZero = "INVALID_INDEX_OF_ZERO"
	classNullKey   = "NULL_MAP_KEY"
	classSameKey   = "DUPLICATED_MAP_KEY"
)

// needs is the error of a function that is given a value of type t.
func needs(b *binder, at *syntax, what string, t schema.Type) error {
	return b.typeError(at, "%s needs %s, not %v", operatorName(at), what, t)
}

func newArray(b *binder, at *syntax, args []Node) (Node, error) {
	var element schema.Type = schema.Void
	if len(args) > 0 {
		var err error
		if args, err = b.unify(at, args); err != nil {
			return nil, err
		}
		element = args[0].Type()
	}
	t := &schema.Array{Element: element, ContainsNull: true}
	return b.makeCall(at, "array", t, callable{nulls: true, eval: func(c *call) (vec, error) {
		elements, starts, ends, err := c.interleaved(element, c.args)
		return vec{rows: c.rows, nested: &nested{starts: starts, ends: ends, kids: []vec{elements}}}, err
	}}, args...), nil
}

// interleaved is the values of the parts as the elements of a list for each
// row; if all operands of the call are constants the rows share one list.
func (c *call) interleaved(t schema.Type, parts []vec) (elements vec, starts, ends []int32, err error) {
	n := int32(len(parts))
	starts, ends = make([]int32, c.rows), make([]int32, c.rows)
	shared := true
	for _, arg := range c.args {
		shared = shared && arg.one
	}
	lists := c.rows
	if shared {
		lists = min(1, c.rows)
	}
	if lists*len(parts) > math.MaxInt32 {
		return vec{}, nil, nil, tooManyElements(lists * len(parts))
	}
	const elementBytes = 24 // or so, with what picks it
	if err := c.makes(c.node.pos, elementBytes*int64(lists)*int64(n)); err != nil {
		return vec{}, nil, nil, err
	}
	var which, rows []int32
	for i := range int32(lists) {
		for k := range n {
			which, rows = append(which, k), append(rows, i)
		}
	}
	for i := range int32(c.rows) {
		if !shared {
			starts[i] = i * n
		}
		ends[i] = starts[i] + n
	}
	elements, err = pickRows(t, parts, which, rows)
	return elements, starts, ends, err
}

func newMap(b *binder, at *syntax, args []Node) (Node, error) {
	if len(args)%2 == 1 {
		return nil, b.typeError(at, "map needs pairs of keys and values")
	}
	var keys, items []Node
	for i, arg := range args {
		if i%2 == 0 {
			keys = append(keys, arg)
		} else {
			items = append(items, arg)
		}
	}
	t := &schema.Map{Key: schema.Void, Value: schema.Void, ValueContainsNull: true}
	if len(args) > 0 {
		var err error
		if keys, err = b.unify(at, keys); err != nil {
			return nil, err
		}
		if items, err = b.unify(at, items); err != nil {
			return nil, err
		}
		t.Key, t.Value = keys[0].Type(), items[0].Type()
		for i := range keys {
			args[2*i], args[2*i+1] = keys[i], items[i]
		}
	}
	order := orderOf(t.Key)
	if order == nil {
		return nil, needs(b, at, "keys that can be compared", t.Key)
	}
	return b.makeCall(at, "map", t, callable{nulls: true, fails: true, eval: func(c *call) (vec, error) { return c.newMap(t) },
		each: func(c *call, i int) error { return c.checkKey(t.Key, order, i) }}, args...), nil
}

// checkKey looks at the key before the value that operand k is: a null key and
// one that was given before are errors, whatever comes after.
func (c *call) checkKey(t schema.Type, order func(a vec, i int, b vec, j int) (int, error), k int) error {
	if k%2 == 0 {
		return nil
	}
	k--
	key := c.args[k].flat()
	for i := range c.sel.rows(c.rows) {
		if key.nullAt(i) {
			return c.failed(i, faultf(classNullKey, "a key is null"))
		}
		for other := 0; other < k; other += 2 {
			o, err := order(key, i, c.args[other].flat(), i)
			if err != nil {
				return err
			}
			if o == 0 {
				return c.failed(i, faultf(classSameKey, "the key %s is given twice", c.shown(key, i, t)))
			}
		}
	}
	return nil
}

// positiveZeros has 0.0 in place of −0.0, as keys of maps have.
func positiveZeros(v vec) vec {
	switch data := v.data.(type) {
	case []float32:
		v.data = mapped(data, func(x float32) float32 { return x + 0 })
	case []float64:
		v.data = mapped(data, func(x float64) float64 { return x + 0 })
	}
	return v
}

func (c *call) newMap(t *schema.Map) (vec, error) {
	var keyParts, itemParts []vec
	for i, arg := range c.args {
		if i%2 == 0 {
			keyParts = append(keyParts, arg)
		} else {
			itemParts = append(itemParts, arg)
		}
	}
	keys, _, _, err := c.interleaved(t.Key, keyParts)
	if err != nil {
		return vec{}, err
	}
	items, starts, ends, err := c.interleaved(t.Value, itemParts)
	return vec{rows: c.rows, nested: &nested{starts: starts, ends: ends, kids: []vec{positiveZeros(keys), items}}}, err
}

// shown is a value in the text of an error.
func (c *call) shown(v vec, row int, t schema.Type) string {
	if isNestedType(t) {
		return "of type " + t.String()
	}
	return literalText(v.at(row, t))
}

func newStruct(b *binder, at *syntax, args []Node) (Node, error) {
	names := make([]string, len(args))
	for i := range args {
		names[i] = structFieldName(at, i)
	}
	return b.structOf(at, names, args)
}

// structFieldName is the name of a field of struct(…): the one that is given to it,
// that of the column or field it is, or its number.
func structFieldName(at *syntax, i int) string {
	if at.path != nil && at.path[i] != "" {
		return at.path[i]
	}
	switch arg := at.args[i]; arg.kind {
	case kindColumn:
		return arg.path[len(arg.path)-1]
	case kindField:
		return arg.path[0]
	case kindElement:
		if key := arg.args[1]; key.kind == kindLiteral && key.lit.Type() == schema.String && !key.lit.IsNull() {
			return key.lit.Text()
		}
	}
	return fmt.Sprintf("col%d", i+1)
}

// structForm reads the arguments of struct, which may be given names.
func structForm(p *parser, n *syntax) (*syntax, error) {
	named := false
	var names []string
	for !p.isSymbol(")") {
		if len(n.args) > 0 {
			if err := p.expectSymbol(","); err != nil {
				return nil, err
			}
		}
		if p.isSymbol("*") {
			return nil, p.unsupported("*", p.tok.pos)
		}
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		as, err := p.acceptWord("AS")
		if err != nil {
			return nil, err
		}
		name := ""
		switch {
		case p.tok.kind == tokenQuoted || p.tok.kind == tokenWord && (as || !keywords[strings.ToUpper(p.tok.text)]):
			name, named = p.tok.text, true
			if err := p.advance(); err != nil {
				return nil, err
			}
		case as:
			return nil, p.unexpected("a name")
		}
		n.args, names = append(n.args, arg), append(names, name)
	}
	if named {
		n.path = names
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.node(n)
}

func newNamedStruct(b *binder, at *syntax, args []Node) (Node, error) {
	if len(args)%2 == 1 {
		return nil, b.typeError(at, "named_struct needs pairs of names and values")
	}
	var names []string
	var fields []Node
	for i := 0; i < len(args); i += 2 {
		name, ok := literalArg(args[i])
		if !ok || name.Type() != schema.String || name.IsNull() {
			return nil, b.typeError(at, "named_struct needs a text as name %d", i/2+1)
		}
		names, fields = append(names, name.Text()), append(fields, args[i+1])
	}
	return b.structOf(at, names, fields)
}

// structOf makes structs; bound it prints as named_struct.
func (b *binder) structOf(at *syntax, names []string, args []Node) (Node, error) {
	t := &schema.Struct{}
	for i, name := range names {
		t.Fields = append(t.Fields, schema.Field{Name: name, Type: args[i].Type(), Nullable: true})
	}
	fn := callable{nulls: true, eval: func(c *call) (vec, error) {
		return vec{rows: c.rows, nested: &nested{kids: c.args}}, nil
	}}
	fn.written = func(fields []*syntax) *syntax {
		s := &syntax{kind: kindCall, word: "named_struct"}
		for i, f := range fields {
			s.args = append(s.args, (&Literal{value.String(names[i])}).syntax(), f)
		}
		return s
	}
	return b.makeCall(at, "named_struct", t, fn, args...), nil
}

// field is a field of a struct that is not a column.
func (b *binder) field(at *syntax, arg Node, name string) (Node, error) {
	switch t := arg.Type().(type) {
	case *schema.Struct:
		i, err := b.fieldOf(at, t, name)
		if err != nil {
			return nil, err
		}
		fn := callable{eval: func(c *call) (vec, error) {
			kids, err := c.args[0].nested.children()
			if err != nil {
				return vec{}, err
			}
			return within(kids[i], c.args[0].valid), nil
		}}
		fn.written = func(args []*syntax) *syntax {
			return &syntax{kind: kindField, path: []string{t.Fields[i].Name}, args: args}
		}
		return b.makeCall(at, ".", t.Fields[i].Type, fn, arg), nil
	case *schema.Map:
		return b.element(at, arg, &Literal{value.String(name)})
	case *schema.Array:
		if _, ok := t.Element.(*schema.Struct); ok {
			return b.fieldOfElements(at, arg, name)
		}
	}
	if arg.Type() == schema.Void {
		return &Literal{value.Null(schema.Void)}, nil
	}
	return nil, b.typeError(at, "%v has no field %s", arg.Type(), quoteName(name))
}

// fieldOf is the one field of a struct that has a name, in any case.
func (b *binder) fieldOf(at *syntax, t *schema.Struct, name string) (int, error) {
	found := -1
	for i, f := range t.Fields {
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		if found >= 0 {
			return 0, b.typeError(at, "%v has several fields %s", t, quoteName(name))
		}
		found = i
	}
	if found < 0 {
		return 0, &ColumnError{Name: quoteName(name), Nearest: nearest(t, nil, name), Position: b.at(at)}
	}
	return found, nil
}

// fieldOfElements is an array of a field of each struct of an array.
func (b *binder) fieldOfElements(at *syntax, arg Node, name string) (Node, error) {
	t := arg.Type().(*schema.Array).Element.(*schema.Struct)
	i, err := b.fieldOf(at, t, name)
	if err != nil {
		return nil, err
	}
	fn := callable{eval: func(c *call) (vec, error) {
		structs, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		kids, err := structs[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		inside := c.args[0].nested
		elements := within(kids[i], structs[0].valid).flat()
		return vec{rows: c.rows, valid: c.args[0].valid, nested: &nested{starts: inside.starts, ends: inside.ends, kids: []vec{elements}}}, nil
	}}
	fn.written = func(args []*syntax) *syntax {
		return &syntax{kind: kindField, path: []string{t.Fields[i].Name}, args: args}
	}
	return b.makeCall(at, ".[]", &schema.Array{Element: t.Fields[i].Type, ContainsNull: true}, fn, arg), nil
}

// within is a child, null also where its parent is.
func within(kid vec, valid bitmap) vec {
	switch {
	case valid == nil:
	case kid.boolean():
		kid.yes, kid.no = kid.yes.and(valid), kid.no.and(valid)
	case kid.one:
		kid.valid = kid.validRows().and(valid)
		kid.one, kid.index, kid.words = false, make([]int32, kid.rows), 1
	default:
		kid.valid = kid.valid.and(valid)
	}
	return kid
}

// element is x[i]: of an array counted from 0, of a map by its key.
func (b *binder) element(at *syntax, arg, index Node) (Node, error) {
	printed := func(args []*syntax) *syntax { return &syntax{kind: kindElement, args: args} }
	key, literalText := literalArg(index)
	literalText = literalText && key.Type() == schema.String && !key.IsNull() && (at.kind != kindElement || at.args[1].kind == kindLiteral)
	switch t := arg.Type().(type) {
	case *schema.Array:
		if _, ok := t.Element.(*schema.Struct); ok && literalText {
			return b.fieldOfElements(at, arg, key.Text())
		}
		if !isIntegral(index.Type()) && index.Type() != schema.Void {
			return nil, b.typeError(at, "an index of an array must be an integer, not %v", index.Type())
		}
		fn := callable{fails: true, written: printed, eval: func(c *call) (vec, error) {
			return elements[int64](c, t, func(i, n int64) (int64, *fault) {
				i = int64(int32(i)) // of a bigint Spark takes the lower half
				if i < 0 || i >= n {
					return 0, faultf(classIndex, "there is no index %d in %d elements", i, n)
				}
				return i, nil
			})
		}}
		return b.makeCall(at, "[]", t.Element, fn, arg, b.convert(at, index, schema.Long)), nil
	case *schema.Map:
		if !storable(index.Type(), t.Key) {
			return nil, b.typeError(at, "a key of %v cannot be %v", t, index.Type())
		}
		return b.lookup(at, t, "[]", printed, arg, index)
	case *schema.Struct:
		if literalText {
			return b.field(at, arg, key.Text())
		}
	}
	if arg.Type() == schema.Void {
		return &Literal{value.Null(schema.Void)}, nil
	}
	return nil, b.typeError(at, "%v has no elements", arg.Type())
}

// elementAt is element_at: of an array counted from 1, or backwards from −1.
func elementAt(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Map)
	if !ok {
		return b.elementFromOne(at, args, nil)
	}
	wide, err := b.widerKey(at, t, args, closeType)
	if err != nil {
		return nil, err
	}
	return b.lookup(at, wide, operatorName(at), nil, args[0], args[1])
}

// elementFromOne is an element of an array, counted from 1 or backwards from
// −1. Absent is what becomes of one that there is not; nil: an error.
func (b *binder) elementFromOne(at *syntax, args []Node, absent *fault) (Node, error) {
	t, ok := args[0].Type().(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array or a map", args[0].Type())
	}
	if !isIntegral(args[1].Type()) || args[1].Type() == schema.Long {
		return nil, needs(b, at, "an int as index", args[1].Type())
	}
	fn := callable{fails: true, eval: func(c *call) (vec, error) {
		return elements[int32](c, t, func(i, n int64) (int64, *fault) {
			switch {
			case i == 0:
				return 0, faultf(classIndexZero, "elements are counted from 1")
			case (i > n || -i > n) && absent != nil:
				return 0, absent
			case i > n || -i > n:
				return 0, faultf(classElementAt, "there is no element %d of %d", i, n)
			case i < 0:
				return n + i, nil
			}
			return i - 1, nil
		})
	}}
	return b.makeCall(at, operatorName(at), t.Element, fn, args[0], b.convert(at, args[1], schema.Integer)), nil
}

// elements picks an element of each array, at the place that position makes of
// the index, of Go type I, and the number of elements.
func elements[I int32 | int64](c *call, t *schema.Array, position func(i, n int64) (int64, *fault)) (vec, error) {
	kids, err := c.args[0].nested.children()
	if err != nil {
		return vec{}, err
	}
	index := operandOf[I](c, 1)
	rows := make([]int32, c.rows)
	for i := range rows {
		rows[i] = -1
	}
	for i := range c.sel.rows(c.rows) {
		start, end := c.args[0].nested.starts[i], c.args[0].nested.ends[i]
		switch at, problem := position(int64(index.at(i)), int64(end-start)); problem {
		case nil:
			rows[i] = start + int32(at)
		case noValue:
		default:
			return vec{}, c.failed(i, problem)
		}
	}
	return pickRows(t.Element, kids, nil, rows)
}

// storable says whether a value of one type is taken as a key of another.
func storable(from, to schema.Type) bool {
	switch {
	case sameType(from, to) || from == schema.Void:
		return true
	case to == schema.Void:
		return false
	case childTypes(from) != nil || childTypes(to) != nil:
		return sameForm(from, to, storable)
	case from == schema.String || to == schema.String:
		return castAllowed(from, to)
	}
	return isNumeric(from) && isNumeric(to) || isTime(from) && isTime(to)
}

// widerKey converts a map and a key, args, to keys of one type.
func (b *binder) widerKey(at *syntax, t *schema.Map, args []Node, common func(a, b schema.Type) (schema.Type, bool)) (*schema.Map, error) {
	key, ok := common(t.Key, args[1].Type())
	if !ok || orderOf(key) == nil {
		return nil, b.typeError(at, "a key of %v cannot be %v", t, args[1].Type())
	}
	wide := &schema.Map{Key: key, Value: t.Value, ValueContainsNull: true}
	args[0], args[1] = b.convert(at, args[0], wide), b.convert(at, args[1], key)
	return wide, nil
}

// lookup is the value of a key; null if there is none.
func (b *binder) lookup(at *syntax, t *schema.Map, name string, printed func([]*syntax) *syntax, arg, key Node) (Node, error) {
	order := orderOf(t.Key)
	if order == nil {
		return nil, b.typeError(at, "keys of type %v cannot be compared", t.Key)
	}
	fn := callable{written: printed, eval: func(c *call) (vec, error) {
		rows, err := c.keyRows(order)
		if err != nil {
			return vec{}, err
		}
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		return pickRows(t.Value, kids[1:], nil, rows)
	}}
	return b.makeCall(at, name, t.Value, fn, arg, b.convert(at, key, t.Key)), nil
}

// keyRows is, for each row, which entry of the map has the key; −1: none has.
func (c *call) keyRows(order func(a vec, i int, b vec, j int) (int, error)) ([]int32, error) {
	m, key := c.args[0], c.args[1]
	kids, err := m.nested.children()
	if err != nil {
		return nil, err
	}
	rows := make([]int32, c.rows)
	for i := range rows {
		rows[i] = -1
	}
	for i := range c.sel.rows(c.rows) {
		for j := m.nested.starts[i]; j < m.nested.ends[i]; j++ {
			o, err := order(kids[0], int(j), key, i)
			if err != nil {
				return nil, err
			}
			if o == 0 {
				rows[i] = j
				break
			}
		}
	}
	return rows, nil
}

// size is the number of elements of an array or of entries of a map.
func size(b *binder, at *syntax, args []Node) (Node, error) {
	switch args[0].Type().(type) {
	case *schema.Array, *schema.Map:
	default:
		if args[0].Type() != schema.Void {
			return nil, needs(b, at, "an array or a map", args[0].Type())
		}
		return &Literal{value.Null(schema.Integer)}, nil
	}
	return b.makeCall(at, "size", schema.Integer, callable{eval: sizes}, args...), nil
}

func sizes(c *call) (vec, error) {
	inside := c.args[0].nested
	return values(c, func(i int) (int32, *fault) { return inside.ends[i] - inside.starts[i], nil })
}

// arrayContains is whether an element equals a value; null if none does, but
// one is null.
func arrayContains(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array", args[0].Type())
	}
	if args[1].Type() == schema.Void {
		return nil, needs(b, at, "a value that has a type", args[1].Type())
	}
	order, err := b.searched(at, t, args, withoutStrings)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "array_contains", schema.Boolean, callable{eval: func(c *call) (vec, error) {
		list, wanted := c.args[0], c.args[1]
		kids, err := list.nested.children()
		if err != nil {
			return vec{}, err
		}
		out := vec{rows: c.rows, yes: newBitmap(c.rows), no: newBitmap(c.rows)}
		for i := range c.sel.rows(c.rows) {
			found, null := false, false
			for j := list.nested.starts[i]; j < list.nested.ends[i] && !found; j++ {
				if kids[0].nullAt(int(j)) {
					null = true
					continue
				}
				o, err := order(kids[0], int(j), wanted, i)
				if err != nil {
					return vec{}, err
				}
				found = o == 0
			}
			switch {
			case found:
				out.yes.set(i)
			case !null:
				out.no.set(i)
			}
		}
		return out, nil
	}}, args...), nil
}

// searched converts an array and what is looked for in it, args, to one type,
// and is the order of its values.
func (b *binder) searched(at *syntax, t *schema.Array, args []Node, common func(a, b schema.Type) (schema.Type, bool)) (func(a vec, i int, b vec, j int) (int, error), error) {
	element, ok := common(t.Element, args[1].Type())
	if !ok || orderOf(element) == nil {
		return nil, b.typeError(at, "%s cannot look for %v in %v", operatorName(at), args[1].Type(), t)
	}
	args[0] = b.convert(at, args[0], &schema.Array{Element: element, ContainsNull: true})
	args[1] = b.convert(at, args[1], element)
	return orderOf(element), nil
}

// mapSide is the keys of a map, or its values, as an array.
func (b *binder) mapSide(at *syntax, arg Node, side int) (Node, error) {
	if arg.Type() == schema.Void {
		return &Literal{value.Null(&schema.Array{Element: schema.Void, ContainsNull: true})}, nil
	}
	t, ok := arg.Type().(*schema.Map)
	if !ok {
		return nil, needs(b, at, "a map", arg.Type())
	}
	element := childTypes(t)[side]
	fn := callable{eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		inside := c.args[0].nested
		return vec{rows: c.rows, valid: c.args[0].valid, nested: &nested{starts: inside.starts, ends: inside.ends, kids: kids[side : side+1]}}, nil
	}}
	return b.makeCall(at, strings.ToLower(at.word), &schema.Array{Element: element, ContainsNull: side == 1}, fn, arg), nil
}
