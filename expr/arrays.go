package expr

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/foreset/foreset/schema"
)

// arrayFunctions are functions of whole arrays and maps. Concat and reverse,
// which strings have too, are below.
var arrayFunctions = map[string]*function{
	"array_size":       {1, 1, arraySize},
	"get":              {2, 2, getElement},
	"try_element_at":   {2, 2, tryElementAt},
	"array_position":   {2, 2, arrayPosition},
	"array_join":       {2, 3, arrayJoin},
	"slice":            {3, 3, sliceOf},
	"flatten":          {1, 1, flatten},
	"array_min":        {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) { return b.extreme(at, args[0], -1) }},
	"array_max":        {1, 1, func(b *binder, at *syntax, args []Node) (Node, error) { return b.extreme(at, args[0], 1) }},
	"array_distinct":   {1, 1, arrayDistinct},
	"sort_array":       {1, 2, sortArray},
	"map_contains_key": {2, 2, mapContainsKey},
	"map_from_arrays":  {2, 2, mapFromArrays},
	"map_entries":      {1, 1, mapEntries},
}

// Error classes of Spark that functions of arrays end in.
const (
	classParameter = "INVALID_PARAMETER_VALUE"
	classLengths   = "_LEGACY_ERROR_TEMP_2128"
)

// arrayArg is an argument as an array; a null is one of nulls.
func (b *binder) arrayArg(at *syntax, arg Node) (Node, *schema.Array, error) {
	if arg.Type() == schema.Void {
		t := &schema.Array{Element: schema.Void, ContainsNull: true}
		return b.convert(at, arg, t), t, nil
	}
	t, ok := arg.Type().(*schema.Array)
	if !ok {
		return nil, nil, needs(b, at, "an array", arg.Type())
	}
	return arg, t, nil
}

// intArg is an argument as an int.
func (b *binder) intArg(at *syntax, arg Node) (Node, error) {
	if t := arg.Type(); !isNumeric(t) && t != schema.String && t != schema.Void {
		return nil, needs(b, at, "an int", t)
	}
	return b.convert(at, arg, schema.Integer), nil
}

// span is where the elements of row i are.
func (in *nested) span(i int) (start, end int32) { return in.starts[i], in.ends[i] }

// rebuilt is arrays of elements of parts: row adds those of row i.
func (c *call) rebuilt(element schema.Type, parts []vec, row func(i int, add func(part int, at int32)) *fault) (vec, error) {
	var which, rows []int32
	add := func(part int, at int32) {
		if len(parts) > 1 {
			which = append(which, int32(part))
		}
		rows = append(rows, at)
	}
	starts, ends := make([]int32, c.rows), make([]int32, c.rows)
	var nulls bitmap
	for i := range c.sel.rows(c.rows) {
		starts[i] = int32(len(rows))
		problem := row(i, add)
		if len(rows) > math.MaxInt32 {
			return vec{}, tooManyElements(len(rows))
		}
		ends[i] = int32(len(rows))
		switch problem {
		case nil:
		case noValue:
			nulls = nulls.with(i, c.rows)
		default:
			return vec{}, c.failed(i, problem)
		}
	}
	valid := c.sel
	if nulls != nil {
		valid = valid.without(nulls, c.rows)
	}
	kid, err := pickRows(element, parts, which, rows)
	return vec{rows: c.rows, valid: valid, nested: &nested{starts: starts, ends: ends, kids: []vec{kid}}}, err
}

func tooManyElements(n int) error {
	return fmt.Errorf("a result of %d elements does not fit in one array", n)
}

func arraySize(b *binder, at *syntax, args []Node) (Node, error) {
	arg, _, err := b.arrayArg(at, args[0])
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "array_size", schema.Integer, callable{eval: sizes}, arg), nil
}

// getElement is get: an element counted from 0, null if there is none.
func getElement(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array", args[0].Type())
	}
	index, err := b.intArg(at, args[1])
	if err != nil {
		return nil, err
	}
	fn := callable{eval: func(c *call) (vec, error) {
		return elements[int32](c, t, func(i, n int64) (int64, *fault) {
			if i < 0 || i >= n {
				return 0, noValue
			}
			return i, nil
		})
	}}
	return b.makeCall(at, "get", t.Element, fn, args[0], index), nil
}

// tryElementAt is element_at that is null where there is no element.
func tryElementAt(b *binder, at *syntax, args []Node) (Node, error) {
	if _, ok := args[0].Type().(*schema.Map); ok {
		return elementAt(b, at, args)
	}
	return b.elementFromOne(at, args, noValue)
}

func arrayPosition(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array", args[0].Type())
	}
	order, err := b.searched(at, t, args, closeType)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "array_position", schema.Long, callable{eval: func(c *call) (vec, error) {
		list, wanted := c.args[0], c.args[1]
		kids, err := list.nested.children()
		if err != nil {
			return vec{}, err
		}
		found, valuesErr := values(c, func(i int) (int64, *fault) {
			start, end := list.nested.span(i)
			for j := start; j < end; j++ {
				if kids[0].nullAt(int(j)) {
					continue
				}
				if o, failed := order(kids[0], int(j), wanted, i); failed != nil {
					err = failed
				} else if o == 0 {
					return int64(j-start) + 1, nil
				}
			}
			return 0, nil
		})
		return found, errors.Join(err, valuesErr)
	}}, args...), nil
}

func arrayJoin(b *binder, at *syntax, args []Node) (Node, error) {
	texts := &schema.Array{Element: schema.String, ContainsNull: true}
	t, ok := args[0].Type().(*schema.Array)
	switch {
	case args[0].Type() == schema.Void:
	case !ok || !implicitly(t.Element, schema.String):
		return nil, needs(b, at, "an array of strings", args[0].Type())
	}
	args[0] = b.convert(at, args[0], texts)
	for i := 1; i < len(args); i++ {
		if args[i].Type() != schema.String && args[i].Type() != schema.Void {
			return nil, needs(b, at, "strings to join with", args[i].Type())
		}
		args[i] = b.convert(at, args[i], schema.String)
	}
	fn := callable{fails: true, eval: func(c *call) (vec, error) {
		list := c.args[0]
		kids, err := list.nested.children()
		if err != nil {
			return vec{}, err
		}
		parts, _ := kids[0].data.([]string)
		separator := operandOf[string](c, 1)
		return c.texts(func(dst []byte, i int) ([]byte, *fault) {
			start, end := list.nested.span(i)
			first, before := true, len(dst)
			for j := int(start); j < int(end); j++ {
				null := kids[0].nullAt(j)
				if null && len(c.args) == 2 {
					continue
				}
				if !first {
					dst = append(dst, separator.at(i)...)
				}
				first = false
				if null {
					dst = append(dst, operandOf[string](c, 2).at(i)...)
				} else {
					dst = append(dst, parts[j*kids[0].stride()]...)
				}
				if problem := checkedLength(int64(len(dst) - before)); problem != nil {
					return dst, problem
				}
			}
			return dst, nil
		})
	}}
	return b.makeCall(at, "array_join", schema.String, fn, args...), nil
}

// sliceOf is slice: so many elements from a place on, counted from 1 or
// backwards from −1.
func sliceOf(b *binder, at *syntax, args []Node) (Node, error) {
	arg, t, err := b.arrayArg(at, args[0])
	if err != nil {
		return nil, err
	}
	args[0] = arg
	for i := 1; i < 3; i++ {
		if args[i], err = b.intArg(at, args[i]); err != nil {
			return nil, err
		}
	}
	fn := callable{fails: true, eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		first, length := operandOf[int32](c, 1), operandOf[int32](c, 2)
		return c.rebuilt(t.Element, kids, func(i int, add func(int, int32)) *fault {
			start, end := c.args[0].nested.span(i)
			n := int64(end - start)
			from, count := int64(first.at(i)), int64(length.at(i))
			switch {
			case from == 0:
				return faultf(classParameter, "elements are counted from 1")
			case count < 0:
				return faultf(classParameter, "%d elements", count)
			case from < 0:
				from += n
			default:
				from--
			}
			if from < 0 {
				return nil
			}
			for j := from; j < min(n, from+count); j++ {
				add(0, start+int32(j))
			}
			return nil
		})
	}}
	return b.makeCall(at, "slice", t, fn, args...), nil
}

func flatten(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array of arrays", args[0].Type())
	}
	inner, ok := t.Element.(*schema.Array)
	if !ok {
		return nil, needs(b, at, "an array of arrays", args[0].Type())
	}
	return b.makeCall(at, "flatten", inner, callable{eval: func(c *call) (vec, error) {
		lists, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		kids, err := lists[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		return c.rebuilt(inner.Element, kids, func(i int, add func(int, int32)) *fault {
			start, end := c.args[0].nested.span(i)
			for j := start; j < end; j++ {
				if lists[0].nullAt(int(j)) {
					return noValue
				}
			}
			for j := start; j < end; j++ {
				first, last := lists[0].nested.span(int(j))
				for k := first; k < last; k++ {
					add(0, k)
				}
			}
			return nil
		})
	}}, args...), nil
}

// extreme is the least element (sign −1) or the greatest (1) that is not null.
func (b *binder) extreme(at *syntax, arg Node, sign int) (Node, error) {
	arg, t, err := b.arrayArg(at, arg)
	if err != nil {
		return nil, err
	}
	order := orderOf(t.Element)
	if order == nil {
		return nil, needs(b, at, "elements that can be compared", t)
	}
	fn := callable{eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		rows := slices.Repeat([]int32{-1}, c.rows)
		for i := range c.sel.rows(c.rows) {
			start, end := c.args[0].nested.span(i)
			for j := start; j < end; j++ {
				if kids[0].nullAt(int(j)) {
					continue
				}
				if rows[i] < 0 {
					rows[i] = j
					continue
				}
				o, err := order(kids[0], int(j), kids[0], int(rows[i]))
				if err != nil {
					return vec{}, err
				}
				if o*sign > 0 {
					rows[i] = j
				}
			}
		}
		return pickRows(t.Element, kids, nil, rows)
	}}
	return b.makeCall(at, operatorName(at), t.Element, fn, arg), nil
}

// sorted is the elements from start to end in order, nulls first; equal ones
// stay in their places.
func sorted(order func(a vec, i int, b vec, j int) (int, error), v vec, start, end int32, dst []int32) ([]int32, error) {
	dst = dst[:0]
	for j := start; j < end; j++ {
		dst = append(dst, j)
	}
	var failed error
	slices.SortStableFunc(dst, func(x, y int32) int {
		o, err := orderNulls(order, v, int(x), v, int(y))
		if err != nil {
			failed = err
		}
		return o
	})
	return dst, failed
}

// repeatedElements marks the elements from start to end that equal one before them.
func repeatedElements(order func(a vec, i int, b vec, j int) (int, error), v vec, start, end int32, inOrder []int32, marks []bool) ([]int32, []bool, error) {
	inOrder, err := sorted(order, v, start, end, inOrder)
	if err != nil {
		return inOrder, marks, err
	}
	marks = slices.Grow(marks[:0], len(inOrder))[:len(inOrder)]
	clear(marks)
	for k := 1; k < len(inOrder); k++ {
		o, err := orderNulls(order, v, int(inOrder[k-1]), v, int(inOrder[k]))
		if err != nil {
			return inOrder, marks, err
		}
		marks[inOrder[k]-start] = o == 0
	}
	return inOrder, marks, nil
}

func arrayDistinct(b *binder, at *syntax, args []Node) (Node, error) {
	arg, t, err := b.arrayArg(at, args[0])
	if err != nil {
		return nil, err
	}
	order := orderOf(t.Element)
	if order == nil {
		return nil, needs(b, at, "elements that can be compared", t)
	}
	return b.makeCall(at, "array_distinct", t, callable{eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		kids = []vec{positiveZeros(kids[0])}
		var inOrder []int32
		var marks []bool
		var failed error
		out, err := c.rebuilt(t.Element, kids, func(i int, add func(int, int32)) *fault {
			start, end := c.args[0].nested.span(i)
			if inOrder, marks, err = repeatedElements(order, kids[0], start, end, inOrder, marks); err != nil {
				failed = err
			}
			for j := start; j < end; j++ {
				if !marks[j-start] {
					add(0, j)
				}
			}
			return nil
		})
		if failed != nil {
			err = failed
		}
		return out, err
	}}, arg), nil
}

// sortArray puts nulls first, or last in descending order.
func sortArray(b *binder, at *syntax, args []Node) (Node, error) {
	arg, t, err := b.arrayArg(at, args[0])
	if err != nil {
		return nil, err
	}
	order := orderOf(t.Element)
	if order == nil {
		return nil, needs(b, at, "elements that can be compared", t)
	}
	args[0] = arg
	ascending := true
	if len(args) == 2 {
		v, ok := literalArg(args[1])
		if !ok || v.Type() != schema.Boolean && v.Type() != schema.Void {
			return nil, b.typeError(at, "sort_array needs TRUE or FALSE, not %v", args[1])
		}
		args[1] = b.convert(at, args[1], schema.Boolean)
		ascending = v.IsNull() || v.Bool()
	}
	return b.makeCall(at, "sort_array", t, callable{eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		direction := order
		if !ascending {
			direction = func(a vec, i int, b vec, j int) (int, error) {
				o, err := order(b, j, a, i)
				return o, err
			}
		}
		var inOrder []int32
		var failed error
		out, err := c.rebuilt(t.Element, kids, func(i int, add func(int, int32)) *fault {
			start, end := c.args[0].nested.span(i)
			if inOrder, err = sorted(direction, kids[0], start, end, inOrder); err != nil {
				failed = err
			}
			nulls := 0
			for nulls < len(inOrder) && kids[0].nullAt(int(inOrder[nulls])) {
				nulls++
			}
			if !ascending { // those that are null come last
				for _, j := range inOrder[nulls:] {
					add(0, j)
				}
				inOrder = inOrder[:nulls]
			}
			for _, j := range inOrder {
				add(0, j)
			}
			return nil
		})
		if failed != nil {
			err = failed
		}
		return out, err
	}}, args...), nil
}

// concatArrays is concat of arrays.
func (b *binder) concatArrays(at *syntax, args []Node) (Node, error) {
	for _, arg := range args {
		if !isArray(arg) {
			return nil, needs(b, at, "arrays beside an array", arg.Type())
		}
	}
	args, err := b.unify(at, args)
	if err != nil {
		return nil, err
	}
	t := args[0].Type().(*schema.Array)
	return b.makeCall(at, "concat", t, callable{eval: func(c *call) (vec, error) {
		var parts []vec
		for _, arg := range c.args {
			kids, err := arg.nested.children()
			if err != nil {
				return vec{}, err
			}
			parts = append(parts, kids[0])
		}
		return c.rebuilt(t.Element, parts, func(i int, add func(int, int32)) *fault {
			for k, arg := range c.args {
				start, end := arg.nested.span(i)
				for j := start; j < end; j++ {
					add(k, j)
				}
			}
			return nil
		})
	}}, args...), nil
}

// reverseArray is reverse of an array.
func (b *binder) reverseArray(at *syntax, arg Node) (Node, error) {
	t := arg.Type().(*schema.Array)
	return b.makeCall(at, "reverse", t, callable{eval: func(c *call) (vec, error) {
		kids, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		return c.rebuilt(t.Element, kids, func(i int, add func(int, int32)) *fault {
			start, end := c.args[0].nested.span(i)
			for j := end - 1; j >= start; j-- {
				add(0, j)
			}
			return nil
		})
	}}, arg), nil
}

func mapContainsKey(b *binder, at *syntax, args []Node) (Node, error) {
	t, ok := args[0].Type().(*schema.Map)
	if !ok || args[1].Type() == schema.Void {
		return nil, needs(b, at, "a map and a key", args[0].Type())
	}
	wide, err := b.widerKey(at, t, args, withoutStrings)
	if err != nil {
		return nil, err
	}
	order := orderOf(wide.Key)
	return b.makeCall(at, "map_contains_key", schema.Boolean, callable{eval: func(c *call) (vec, error) {
		rows, err := c.keyRows(order)
		if err != nil {
			return vec{}, err
		}
		return c.booleans(func(i int) (bool, *fault) { return rows[i] >= 0, nil })
	}}, args...), nil
}

func mapFromArrays(b *binder, at *syntax, args []Node) (Node, error) {
	var err error
	var keys, items *schema.Array
	if args[0], keys, err = b.arrayArg(at, args[0]); err != nil {
		return nil, err
	}
	if args[1], items, err = b.arrayArg(at, args[1]); err != nil {
		return nil, err
	}
	order := orderOf(keys.Element)
	if order == nil {
		return nil, needs(b, at, "keys that can be compared", keys)
	}
	t := &schema.Map{Key: keys.Element, Value: items.Element, ValueContainsNull: true}
	return b.makeCall(at, "map_from_arrays", t, callable{fails: true, eval: func(c *call) (vec, error) {
		left, err := c.args[0].nested.children()
		if err != nil {
			return vec{}, err
		}
		right, err := c.args[1].nested.children()
		if err != nil {
			return vec{}, err
		}
		if err := c.checkKeys(keys.Element, order, left[0]); err != nil {
			return vec{}, err
		}
		both := make([]vec, 2)
		for k, kid := range []vec{left[0], right[0]} {
			element := childTypes(t)[k]
			if both[k], err = c.rebuilt(element, []vec{kid}, func(i int, add func(int, int32)) *fault {
				start, end := c.args[k].nested.span(i)
				for j := start; j < end; j++ {
					add(0, j)
				}
				return nil
			}); err != nil {
				return vec{}, err
			}
		}
		out := both[0]
		out.nested.kids = []vec{positiveZeros(out.nested.kids[0]), both[1].nested.kids[0]}
		return out, nil
	}}, args...), nil
}

// checkKeys looks at what keys are to be paired with: as many values; and at
// the keys of each row: none null, none twice.
func (c *call) checkKeys(t schema.Type, order func(a vec, i int, b vec, j int) (int, error), keys vec) error {
	var inOrder []int32
	var marks []bool
	var err error
	for i := range c.sel.rows(c.rows) {
		start, end := c.args[0].nested.span(i)
		if first, last := c.args[1].nested.span(i); last-first != end-start {
			return c.failed(i, faultf(classLengths, "%d keys and %d values", end-start, last-first))
		}
		if inOrder, marks, err = repeatedElements(order, keys, start, end, inOrder, marks); err != nil {
			return err
		}
		for j := start; j < end; j++ {
			switch {
			case keys.nullAt(int(j)):
				return c.failed(i, faultf(classNullKey, "a key is null"))
			case marks[j-start]:
				return c.failed(i, faultf(classSameKey, "the key %s is given twice", c.shown(keys, int(j), t)))
			}
		}
	}
	return nil
}

func mapEntries(b *binder, at *syntax, args []Node) (Node, error) {
	if args[0].Type() == schema.Void {
		args[0] = b.convert(at, args[0], &schema.Map{Key: schema.Void, Value: schema.Void, ValueContainsNull: true})
	}
	t, ok := args[0].Type().(*schema.Map)
	if !ok {
		return nil, needs(b, at, "a map", args[0].Type())
	}
	entry := &schema.Struct{Fields: []schema.Field{{Name: "key", Type: t.Key, Nullable: true}, {Name: "value", Type: t.Value, Nullable: true}}}
	return b.makeCall(at, "map_entries", &schema.Array{Element: entry, ContainsNull: true}, callable{eval: func(c *call) (vec, error) {
		inside := c.args[0].nested
		kids, err := inside.children()
		if err != nil {
			return vec{}, err
		}
		entries := vec{rows: kids[0].rows, nested: &nested{kids: kids}}
		return vec{rows: c.rows, valid: c.args[0].valid, nested: &nested{starts: inside.starts, ends: inside.ends, kids: []vec{entries}}}, nil
	}}, args...), nil
}

func isArray(n Node) bool {
	_, ok := n.Type().(*schema.Array)
	return ok
}
