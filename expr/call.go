package expr

import (
	"fmt"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Call is a function of its operands' values. What SQL writes as a function
// and other nodes can say is those nodes: IF is a [*Case], NVL a [*Coalesce].
type Call struct {
	Name string // in lower case
	Args []Node // of the types that the function takes

	typ schema.Type
	pos int
	fn  callable
}

// callable is a function on operands of settled types.
type callable struct {
	// eval computes the values of the rows of a call.
	eval func(*call) (vec, error)
	// each, if not nil, is called once operand i is evaluated, on the rows that
	// are then left; what it finds comes before errors of later operands.
	each func(c *call, i int) error
	// written, if not nil, is how a call with these arguments is written that is
	// not name(arguments).
	written func(args []*syntax) *syntax
	// fails says that eval may end in an EvalError.
	fails bool
	// nulls says that a null operand does not make the result null: eval is
	// given all rows that are selected, and looks for nulls by itself.
	nulls bool
	// eager says that an operand is evaluated even beside one that is null.
	eager bool
	// fickle says that the same operands may give different values: the call is
	// neither folded nor shared.
	fickle bool
	// lastFirst says that operands are evaluated from the last to the first.
	lastFirst bool
	// keeps is the operand, counted from 1, with which the result grows or stays
	// as it is, if no other changes; 0: none. See [Call.KeepsOrder].
	keeps int
}

// Type is the type of the result.
func (n *Call) Type() schema.Type { return n.typ }

func (n *Call) String() string { return n.syntax().String() }

func (n *Call) syntax() *syntax {
	if n.fn.written != nil {
		return n.fn.written(written(n.Args...))
	}
	return &syntax{kind: kindCall, word: n.Name, args: written(n.Args...)}
}

// KeepsOrder is the operand with which the result grows or stays as it is
// while all others are the same, if there is one: of two values of it, the
// result for the greater is not less than that for the smaller, and none is
// null unless an operand is. What lies between two values that have a result
// has one, too.
func (n *Call) KeepsOrder() (operand int, ok bool) { return n.fn.keeps - 1, n.fn.keeps > 0 }

// Fickle says that the same operands may give different values.
func (n *Call) Fickle() bool { return n.fn.fickle }

// Apply is the function of values of the operands' types.
func (n *Call) Apply(args ...value.Value) (value.Value, error) {
	c := &Call{Name: n.Name, Args: make([]Node, len(args)), typ: n.typ, pos: n.pos, fn: n.fn}
	for i, v := range args {
		c.Args[i] = &Literal{v}
	}
	return applied(c)
}

// call is the evaluation of a Call on a batch.
type call struct {
	*run
	node *Call
	args []vec
	// sel is the rows that are wanted and have no null operand, unless the
	// function looks for nulls itself.
	sel bitmap
	// out is the shape of the result: its entries are those of the operands.
	out vec
}

// fault is why a function has no value for its operands.
type fault struct{ class, msg string }

func faultf(class, format string, args ...any) *fault {
	return &fault{class, fmt.Sprintf(format, args...)}
}

// noValue says that the value is null although no operand is.
var noValue = &fault{}

// call evaluates the operands in turn, each on the rows where none before it
// is null, and then the function.
func (r *run) call(n *Call, sel bitmap) (vec, error) {
	c := &call{run: r, node: n, args: make([]vec, len(n.Args)), sel: sel}
	var err error
	for i := range n.Args {
		if n.fn.lastFirst {
			i = len(n.Args) - 1 - i
		}
		rows := c.sel
		if n.fn.eager {
			rows = sel
		}
		if c.args[i], err = r.shaped(n.Args[i], rows); err != nil {
			return vec{}, err
		}
		if !n.fn.nulls {
			c.sel = c.sel.and(c.args[i].validRows())
		}
		if n.fn.each != nil {
			if err := n.fn.each(c, i); err != nil {
				return vec{}, err
			}
		}
	}
	if c.sel.empty() {
		return nullVec(n.typ, r.rows), nil
	}
	c.align()
	return n.fn.eval(c)
}

// align settles the shape of the result and gives the operands one that fits:
// that of a dictionary if all others are constants.
func (c *call) align() {
	many, at := 0, 0
	for i, v := range c.args {
		if !v.one {
			many, at = many+1, i
		}
	}
	fn := c.node.fn
	switch {
	case many == 0 && !fn.fickle:
		c.out = vec{rows: c.rows, one: true}
		return
	case many == 1 && c.args[at].index != nil && !fn.nulls:
		c.out = vec{rows: c.rows, index: c.args[at].index, words: c.args[at].words}
	default:
		c.out = vec{rows: c.rows}
		for i, v := range c.args {
			c.args[i] = v.flat()
		}
	}
	if !fn.nulls {
		c.out.valid = c.sel
	}
}

// operand is the values of an operand, by the entry of the result.
type operand[T any] struct {
	data []T
	step int
}

// operandOf is operand i of a call; T is the Go type of its values. For
// booleans see [call.boolean].
func operandOf[T any](c *call, i int) operand[T] {
	data, _ := c.args[i].data.([]T)
	return operand[T]{data, c.args[i].stride()}
}

func (o operand[T]) at(i int) T { return o.data[i*o.step] }

// boolean is operand i of a call for an entry of the result.
func (c *call) boolean(i, entry int) bool { return c.args[i].yes.get(entry) }

// isNull says whether operand i of a call is null for an entry of the result.
// Only functions that look for nulls themselves need to ask.
func (c *call) isNull(i, entry int) bool {
	v := c.args[i]
	if v.boolean() {
		return !v.yes.get(entry) && !v.no.get(entry)
	}
	return !v.valid.get(entry * v.stride())
}

// values computes the result entry by entry.
func values[T any](c *call, f func(i int) (T, *fault)) (vec, error) {
	dst := make([]T, c.out.entries())
	var nulls bitmap
	for i := range c.out.active(c.sel) {
		x, problem := f(i)
		switch problem {
		case nil:
			dst[i] = x
		case noValue:
			nulls = nulls.with(i, len(dst))
		default:
			return vec{}, c.failed(i, problem)
		}
	}
	return c.out.like(dst).without(nulls), nil
}

// texts computes a result of strings or binaries, each appended to what is
// given, so that no value needs memory of its own.
func (c *call) texts(f func(dst []byte, i int) ([]byte, *fault)) (vec, error) {
	ends := make([]int, c.out.entries())
	var text []byte
	var nulls bitmap
	next := 0
	for i := range c.out.active(c.sel) {
		for ; next < i; next++ {
			ends[next] = len(text)
		}
		longer, problem := f(text, i)
		switch problem {
		case nil:
			if err := c.makes(c.node.pos, int64(len(longer)-len(text))); err != nil {
				return vec{}, err
			}
			text = longer
		case noValue:
			nulls = nulls.with(i, len(ends))
		default:
			return vec{}, c.failed(i, problem)
		}
		ends[i], next = len(text), i+1
	}
	for ; next < len(ends); next++ {
		ends[next] = len(text)
	}
	return c.out.like(cut(text, ends)).without(nulls), nil
}

// cut is the pieces of a text that end where ends says.
func cut(text []byte, ends []int) []string {
	all := viewString(text)
	dst := make([]string, len(ends))
	start := 0
	for i, end := range ends {
		dst[i] = all[start:end]
		start = end
	}
	return dst
}

// booleans computes a result of booleans.
func (c *call) booleans(f func(i int) (bool, *fault)) (vec, error) {
	answers, err := values(c, f)
	if err != nil {
		return vec{}, err
	}
	data, _ := answers.data.([]bool)
	yes := newBitmap(len(data))
	for i, x := range data {
		if x {
			yes.set(i)
		}
	}
	out := vec{rows: c.rows}
	valid := answers.validRows()
	out.yes = answers.spread(yes).and(valid)
	out.no = valid.without(out.yes, c.rows)
	return out, nil
}

func (c *call) failed(entry int, problem *fault) error {
	return c.fail(problem.class, c.node.pos, c.out, entry, c.sel, "%s: %s", c.node.Name, problem.msg)
}

// function is how SQL calls a function.
type function struct {
	least, most int // number of arguments; most −1: any
	bind        func(b *binder, at *syntax, args []Node) (Node, error)
}

// functions are all that there are, by their names in lower case. The families
// are in files of their own.
var functions = merged(arrayFunctions, conditionals, encodeFunctions, hashFunctions, jsonFunctions, mathFunctions, namedCasts, nestedFunctions, regexpFunctions, textFunctions, timeFunctions)

func merged(families ...map[string]*function) map[string]*function {
	all := map[string]*function{}
	for _, family := range families {
		for name, f := range family {
			if all[name] != nil {
				panic("expr: two functions are named " + name)
			}
			all[name] = f
		}
	}
	return all
}

// aliased adds to a family the functions that have several names: each list is
// a function's own name and its others.
func aliased(family map[string]*function, names ...[]string) map[string]*function {
	for _, n := range names {
		for _, other := range n[1:] {
			family[other] = family[n[0]]
		}
	}
	return family
}

// call binds the call of a function.
func (b *binder) call(n *syntax, args []Node) (Node, error) {
	f := functions[n.word]
	if f == nil {
		return nil, &UnsupportedError{What: "function " + n.word, Position: b.at(n)}
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		return nil, b.typeError(n, "%s takes %s, not %d", n.word, arity(f.least, f.most), len(args))
	}
	return f.bind(b, n, args)
}

func arity(least, most int) string {
	switch {
	case most < 0:
		return fmt.Sprintf("%d or more arguments", least)
	case least == most && least == 1:
		return "one argument"
	case least == most:
		return fmt.Sprintf("%d arguments", least)
	default:
		return fmt.Sprintf("%d to %d arguments", least, most)
	}
}

func nearestName(name string, all map[string]*function) string {
	if aggregateNames[name] != NoAggregate {
		return "" // known, but not of single rows
	}
	best, distance := "", mistypedMax(name)+1
	for candidate := range all {
		d := editDistance(candidate, name)
		if d < distance || d == distance && d <= mistypedMax(name) && candidate < best {
			best, distance = candidate, d
		}
	}
	return best
}

// makeCall finishes a call whose arguments have the types they need.
func (b *binder) makeCall(at *syntax, name string, typ schema.Type, fn callable, args ...Node) Node {
	n := &Call{Name: name, Args: args, typ: typ, pos: at.pos, fn: fn}
	if fn.fickle {
		return n
	}
	return b.fold(n)
}

// fixed is a function whose arguments and result have one type each. An
// argument of another type is converted as far as Spark does that by itself.
// Optional arguments are those with a type beyond the first least.
func fixed(name string, least int, result schema.Type, fn callable, params ...schema.Type) *function {
	return &function{least: least, most: len(params), bind: func(b *binder, at *syntax, args []Node) (Node, error) {
		args, err := b.implicit(at, args, params...)
		if err != nil {
			return nil, err
		}
		return b.makeCall(at, name, result, fn, args...), nil
	}}
}

// implicit converts arguments to the types of a function's parameters by the
// rules of Spark's ANSI mode: to another number, from and to strings, between
// dates and timestamps.
func (b *binder) implicit(at *syntax, args []Node, params ...schema.Type) ([]Node, error) {
	out := make([]Node, len(args))
	for i, arg := range args {
		from, to := arg.Type(), params[i]
		if !implicitly(from, to) {
			return nil, b.typeError(at, "%s needs %v as argument %d, not %v", at.word, to, i+1, from)
		}
		out[i] = b.convert(at, arg, to)
	}
	return out, nil
}

func implicitly(from, to schema.Type) bool {
	switch {
	case sameType(from, to) || from == schema.Void:
		return true
	case isNestedType(from) || isNestedType(to):
		return false
	case to == schema.String || from == schema.String:
		return castAllowed(from, to)
	case isNumeric(from) && isNumeric(to): // also to a narrower number, as in an INSERT
		return true
	case from == schema.Date:
		return to == schema.Timestamp || to == schema.TimestampNTZ
	case from == schema.TimestampNTZ || from == schema.Timestamp:
		return isTime(to)
	}
	return false
}

// literalArg is the value of an argument that must be known before any row is.
func literalArg(n Node) (value.Value, bool) {
	lit, ok := n.(*Literal)
	if !ok {
		return value.Value{}, false
	}
	return lit.Value, true
}
