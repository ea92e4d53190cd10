package expr

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Env is what an expression depends on beside its columns.
//
// Evaluation follows Spark's ANSI mode, the default of Spark 4: what has no
// value (an overflow, a division by zero, a text that is no number) is an
// error, never a silent null.
type Env struct {
	// Zone is the zone of timestamps written without one, and of casts between
	// timestamps and dates or texts; nil is UTC.
	Zone *time.Location
	// Now is the time of the statement. Times of day without a date are times of
	// this day, in Zone; without Now they are invalid.
	Now time.Time
	// Rand is the source of the bits of uuid(), safe for concurrent use; nil:
	// uuid() is refused.
	Rand io.Reader
}

// environment is an Env with its defaults.
type environment struct {
	zone *time.Location // nil: UTC
	now  time.Time
	rand io.Reader
	// zones holds the zones that were looked up by name; nil: none is kept.
	zones map[string]*zoneName
}

// Bind finds the columns of the expression among the fields of s, ignoring
// case as SQL does, and settles all types. The zero Expr binds to TRUE.
//
// Errors: *[SyntaxError], *[UnsupportedError], *[LimitError], *[ColumnError],
// *[TypeError]; all but the limit have a position.
func (e Expr) Bind(s *schema.Struct, env Env) (*Bound, error) {
	if e.err != nil {
		return nil, e.err
	}
	b := &binder{text: e.text, schema: s, env: &environment{zone: env.Zone, now: env.Now, rand: env.Rand}}
	if env.Zone == time.UTC {
		b.env.zone = nil
	}
	root := e.root
	if root == nil {
		root = absent
	}
	n, err := b.bind(root)
	if err != nil {
		return nil, err
	}
	if nodesBelow(n, map[Node]int{}) > nodesMax {
		return nil, &LimitError{What: "operators and operands", Limit: nodesMax}
	}
	return &Bound{root: n, columns: b.columns, text: e.text, shared: sharedNodes(n)}, nil
}

type binder struct {
	text    string
	schema  *schema.Struct
	env     *environment
	columns []*Column
	nodes   int
}

// nodesBelow is the number of nodes that printing and pruning meet from n down,
// or some number beyond nodesMax. What NULLIF, BETWEEN and the like use twice
// they meet twice, though it is one node.
func nodesBelow(n Node, known map[Node]int) int {
	if count, ok := known[n]; ok {
		return count
	}
	count := 1
	for _, arg := range Operands(n) {
		count = min(count+nodesBelow(arg, known), nodesMax+1)
	}
	known[n] = count
	return count
}

func (b *binder) at(n *syntax) Position { return position(b.text, n.pos) }

func (b *binder) typeError(n *syntax, format string, args ...any) error {
	return &TypeError{Msg: fmt.Sprintf(format, args...), Position: b.at(n)}
}

func (b *binder) bindAll(args []*syntax) ([]Node, error) {
	out := make([]Node, len(args))
	for i, arg := range args {
		n, err := b.bind(arg)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

func (b *binder) bind(n *syntax) (Node, error) {
	if b.nodes++; b.nodes > nodesMax {
		return nil, &LimitError{What: "operators and operands", Limit: nodesMax}
	}
	switch n.kind {
	case kindLiteral:
		return &Literal{n.lit}, nil
	case kindTyped:
		return b.typed(n)
	case kindColumn:
		return b.column(n)
	case kindBetween:
		return b.between(n)
	case kindInterval:
		return nil, &UnsupportedError{What: "INTERVAL other than beside + or - with a date or timestamp", Position: b.at(n)}
	case kindArith:
		if sum, err := b.withInterval(n); sum != nil || err != nil {
			return sum, err
		}
	}
	args, err := b.bindAll(n.args)
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case kindCompare:
		return b.compare(n, n.op, args[0], args[1])
	case kindAnd:
		return b.connect(n, args, true)
	case kindOr:
		return b.connect(n, args, false)
	case kindNot:
		arg, err := b.toBoolean(n, args[0])
		if err != nil {
			return nil, err
		}
		return b.fold(&Not{arg}), nil
	case kindIsNull:
		return b.fold(&IsNull{args[0]}), nil
	case kindIn:
		return b.in(n, args)
	case kindLike:
		return b.like(n, args)
	case kindCast:
		return b.explicitCast(n, args[0])
	case kindArith:
		return b.arith(n, args[0], args[1])
	case kindMinus, kindPlus:
		return b.sign(n, args[0])
	case kindCall:
		return b.call(n, args)
	case kindElement:
		return b.element(n, args[0], args[1])
	case kindField:
		return b.field(n, args[0], n.path[0])
	case kindCase:
		return b.caseSyntax(n, args)
	default:
		return nil, fmt.Errorf("syntax of unknown kind %d", n.kind)
	}
}

// typed reads the text of a typed literal, which may depend on the zone.
func (b *binder) typed(n *syntax) (Node, error) {
	t := map[string]schema.Primitive{"DATE": schema.Date, "TIMESTAMP_NTZ": schema.TimestampNTZ}[n.word]
	if t == 0 {
		t = schema.Timestamp
	}
	if v, ok := b.env.specialTime(n.text, t); ok {
		return &Literal{v}, nil
	}
	v, ok := b.env.parseTime(n.text, t)
	if !ok {
		return nil, &SyntaxError{Text: b.text, Position: b.at(n), Msg: fmt.Sprintf("%s is no %v", quoteString(n.text), t)}
	}
	return &Literal{value.Int(t, v)}, nil
}

func (b *binder) column(n *syntax) (Node, error) {
	fields := b.schema
	var path []string
	var typ schema.Type = fields
	for i, name := range n.path {
		s, ok := typ.(*schema.Struct)
		if !ok {
			if isNestedType(typ) {
				return b.fieldsOf(n, b.columnOf(path, typ), n.path[i:])
			}
			return nil, b.typeError(n, "%s is %v and has no field %s", quotePath(n.path[:i]), typ, quoteName(name))
		}
		found, ok := s.Lookup(name)
		if !ok {
			if f := bareFunctions[strings.ToLower(name)]; f != nil && len(n.path) == 1 {
				return f.bind(b, &syntax{kind: kindCall, word: strings.ToLower(name), pos: n.pos}, nil)
			}
			return nil, &ColumnError{Name: quotePath(n.path[:i+1]), Nearest: nearest(s, path, name), Position: b.at(n)}
		}
		path = append(path, s.Fields[found].Name)
		typ = s.Fields[found].Type
	}
	return b.columnOf(path, typ), nil
}

// columnOf is the one node of a column.
func (b *binder) columnOf(path []string, typ schema.Type) *Column {
	for _, c := range b.columns {
		if slices.Equal(c.Path, path) {
			return c
		}
	}
	c := &Column{Path: path, typ: typ, slot: len(b.columns)}
	b.columns = append(b.columns, c)
	return c
}

// fieldsOf is one field inside of another.
func (b *binder) fieldsOf(at *syntax, n Node, names []string) (Node, error) {
	for _, name := range names {
		var err error
		if n, err = b.field(at, n, name); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// nearest is the path of the field whose name is most like the one that there
// is not, or "" if none is like it.
func nearest(s *schema.Struct, parent []string, name string) string {
	best, distance := "", mistypedMax(name)+1
	for _, f := range s.Fields {
		if d := editDistance(strings.ToLower(f.Name), strings.ToLower(name)); d < distance {
			best, distance = f.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return quotePath(append(slices.Clone(parent), best))
}

// mistypedMax is how many characters of a name may be wrong for it to be like
// another: of short ones not most.
func mistypedMax(name string) int { return max(1, min(2, len(name)/2), len(name)/3) }

// editDistance is the number of characters to insert, delete or replace. Very
// long names are told apart by their beginnings.
func editDistance(a, b string) int {
	const longest = 64
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), longest)], y[:min(len(y), longest)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

// fold evaluates a node whose operands are all literals. One that has no value
// stays: its error belongs to the rows it is evaluated for.
func (b *binder) fold(n Node) Node {
	if isNestedType(n.Type()) {
		return n // there are no literals of such types
	}
	for _, arg := range Operands(n) {
		if _, ok := arg.(*Literal); !ok {
			return n
		}
	}
	r := &run{text: b.text, rows: 1}
	v, err := r.eval(n, nil)
	if text, is := v.data.([]string); err != nil || is && len(text[0]) > foldedMost {
		return n
	}
	return &Literal{v.at(0, n.Type())}
}

// convert is n as a value of another type, by an implicit cast.
func (b *binder) convert(at *syntax, n Node, to schema.Type) Node {
	if sameType(n.Type(), to) {
		return n
	}
	if n.Type() == schema.Void && !mayFail(n) {
		return &Literal{value.Null(to)}
	}
	return b.fold(&Cast{Arg: n, To: to, env: b.env, pos: at.pos})
}

func (b *binder) toBoolean(at *syntax, n Node) (Node, error) {
	switch n.Type() {
	case schema.Boolean, schema.Void, schema.String:
		return b.convert(at, n, schema.Boolean), nil
	}
	return nil, b.typeError(at, "%s needs booleans, not %v", operatorName(at), n.Type())
}

// operatorName is an operator in an error.
func operatorName(n *syntax) string {
	switch n.kind {
	case kindAnd:
		return "AND"
	case kindOr:
		return "OR"
	case kindNot:
		return "NOT"
	case kindIn:
		return "IN"
	case kindLike:
		return "LIKE"
	case kindBetween:
		return "BETWEEN"
	case kindMinus:
		return "-"
	case kindPlus:
		return "+"
	case kindCase:
		return "CASE"
	case kindCall:
		return n.word
	default:
		return n.op
	}
}

// connect makes an AND or an OR. Operands of the same operator are merged, and
// constants dropped as far as no other operand would be evaluated on more or
// fewer rows.
func (b *binder) connect(at *syntax, args []Node, and bool) (Node, error) {
	var kept []Node
	var add func(n Node) bool
	add = func(n Node) bool { // false: what follows is never evaluated
		switch n := n.(type) {
		case *And:
			if and {
				return !slices.ContainsFunc(n.Args, func(arg Node) bool { return !add(arg) })
			}
		case *Or:
			if !and {
				return !slices.ContainsFunc(n.Args, func(arg Node) bool { return !add(arg) })
			}
		case *Literal:
			if !n.Value.IsNull() && n.Value.Bool() == and {
				return true
			}
			kept = append(kept, n)
			return n.Value.IsNull()
		}
		kept = append(kept, n)
		return true
	}
	decided := false
	for _, arg := range args {
		arg, err := b.toBoolean(at, arg)
		if err != nil {
			return nil, err
		}
		decided = decided || !add(arg)
	}
	switch {
	case len(kept) == 0:
		return &Literal{value.Bool(and)}, nil
	case len(kept) == 1:
		return kept[0], nil
	case and:
		return b.fold(&And{kept}), nil
	default:
		return b.fold(&Or{kept}), nil
	}
}

// between is two comparisons, as in Spark: each has its own common type.
func (b *binder) between(n *syntax) (Node, error) {
	args, err := b.bindAll(n.args)
	if err != nil {
		return nil, err
	}
	var parts [2]Node
	for i, op := range []string{">=", "<="} {
		if parts[i], err = b.compare(n, op, args[0], args[i+1]); err != nil {
			return nil, err
		}
	}
	return b.connect(n, parts[:], true)
}

var compareOps = map[string]CompareOp{"=": Eq, "!=": Ne, "<": Lt, "<=": Le, ">": Gt, ">=": Ge, "<=>": NullSafeEq}

func (b *binder) compare(at *syntax, op string, left, right Node) (Node, error) {
	t, err := b.common(at, left, right)
	if err != nil {
		return nil, err
	}
	n := &Compare{Op: compareOps[op], Left: b.convert(at, left, t), Right: b.convert(at, right, t)}
	if arg, lit, ok := undoWidening(n.Left, n.Right); ok {
		n.Left, n.Right = arg, lit
	} else if arg, lit, ok := undoWidening(n.Right, n.Left); ok {
		n.Left, n.Right = lit, arg
	}
	return b.fold(n), nil
}

// common is the type in which two operands are compared.
func (b *binder) common(at *syntax, left, right Node) (schema.Type, error) {
	l, r := left.Type(), right.Type()
	if isNestedType(l) || isNestedType(r) {
		t, ok := nestedCommon(l, r, closeType)
		if !ok {
			return nil, b.typeError(at, "%s cannot compare %v with %v", operatorName(at), l, r)
		}
		return t, nil
	}
	if l == schema.Void && r == schema.Void {
		return schema.Boolean, nil
	}
	if isDecimalType(l) || isDecimalType(r) {
		x, okX := decimalFor(left)
		y, okY := decimalFor(right)
		if okX && okY {
			return widerDecimal(x, y), nil
		}
	}
	t, ok := commonType(l, r)
	if !ok {
		return nil, b.typeError(at, "%s cannot compare %v with %v", operatorName(at), l, r)
	}
	return t, nil
}

// undoWidening compares a widened operand with a literal in the operand's own
// type, if the literal has the same value there: int_col < 24.0 needs no
// conversion of the column.
func undoWidening(operand, literal Node) (Node, Node, bool) {
	c, isCast := operand.(*Cast)
	lit, isLiteral := literal.(*Literal)
	if !isCast || !isLiteral || lit.Value.IsNull() || !keepsValue(c.Arg.Type(), c.To) {
		return nil, nil, false
	}
	v, ok := narrowed(lit.Value, c.Arg.Type())
	if !ok {
		return nil, nil, false
	}
	return c.Arg, &Literal{v}, true
}

// narrowed is the same value in a narrower type, if it has one there.
func narrowed(v value.Value, t schema.Type) (value.Value, bool) {
	if isFloating(v.Type()) && isIntegral(t) {
		f := v.Float64()
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return value.Value{}, false
		}
		v = value.Int(schema.Long, int64(f))
	}
	return value.Cast(v, t)
}

// keepsValue says whether a cast between numbers never fails and never loses
// anything, so that it keeps order and equality.
func keepsValue(from, to schema.Type) bool {
	if castMayFail(from, to) {
		return false
	}
	switch t := to.(type) {
	case schema.Decimal:
		if f, ok := from.(schema.Decimal); ok {
			return f.Scale <= t.Scale
		}
		return isIntegral(from)
	case schema.Primitive:
		switch {
		case isIntegral(to):
			return isIntegral(from)
		case to == schema.Double:
			return from == schema.Float || isIntegral(from) && from != schema.Long
		case to == schema.Float:
			return from == schema.Byte || from == schema.Short
		}
	}
	return false
}

func (b *binder) in(at *syntax, args []Node) (Node, error) {
	t, err := b.listType(at, args)
	if err != nil {
		return nil, err
	}
	if t == schema.Void {
		t = schema.Boolean
	}
	n := &In{Arg: b.convert(at, args[0], t), List: make([]Node, len(args)-1)}
	for i, item := range args[1:] {
		n.List[i] = b.convert(at, item, t)
	}
	undoWideningOfList(n)
	n.set = newSet(n.Arg.Type(), n.List)
	return b.fold(n), nil
}

// listType is the type in which IN compares. Nested values may also differ in
// nothing but the names of fields.
func (b *binder) listType(at *syntax, args []Node) (schema.Type, error) {
	first := args[0].Type()
	if isNestedType(first) && orderOf(first) != nil && !slices.ContainsFunc(args, func(n Node) bool { return !sameShape(first, n.Type()) }) {
		return first, nil
	}
	t := first
	for _, item := range args[1:] {
		wider, ok := commonType(t, item.Type())
		if !ok || isNestedType(wider) && orderOf(wider) == nil {
			return nil, b.typeError(at, "IN cannot compare %v with %v", t, item.Type())
		}
		t = wider
	}
	return t, nil
}

// undoWideningOfList is undoWidening for an IN all of whose elements allow it.
func undoWideningOfList(n *In) {
	c, ok := n.Arg.(*Cast)
	if !ok || len(n.List) == 0 {
		return
	}
	narrow := make([]Node, len(n.List))
	for i, item := range n.List {
		if lit, ok := item.(*Literal); ok && lit.Value.IsNull() {
			narrow[i] = &Literal{value.Null(c.Arg.Type())}
		} else if _, narrow[i], ok = undoWidening(c, item); !ok {
			return
		}
	}
	n.Arg, n.List = c.Arg, narrow
}

func (b *binder) like(at *syntax, args []Node) (Node, error) {
	for i, arg := range args[:2] {
		if isNestedType(arg.Type()) {
			return nil, b.typeError(at, "LIKE needs strings, not %v", arg.Type())
		}
		args[i] = b.convert(at, arg, schema.String)
	}
	n := &Like{Arg: args[0], Pattern: args[1], Escape: defaultEscape, pos: at.pos}
	if len(args) == 3 {
		n.Escape = []rune(args[2].(*Literal).Value.Text())[0]
	}
	if lit, ok := n.Pattern.(*Literal); ok && !lit.Value.IsNull() {
		n.matcher, _ = newMatcher(lit.Value.Text(), n.Escape) // a bad pattern fails when it is evaluated
	}
	return b.fold(n), nil
}

func (b *binder) explicitCast(at *syntax, arg Node) (Node, error) {
	from := arg.Type()
	switch {
	case from == schema.Variant:
		return nil, &UnsupportedError{What: fmt.Sprintf("CAST from %v", from), Position: b.at(at)}
	case sameType(from, at.typ):
		return arg, nil
	case at.word == tryCast && from != schema.Void && tryCastAllowed(from, at.typ):
		return b.fold(&Cast{Arg: arg, To: at.typ, Try: true, env: b.env, pos: at.pos}), nil
	case !castAllowed(from, at.typ) || at.word == tryCast && !tryCastAllowed(from, at.typ):
		return nil, b.typeError(at, "CAST from %v to %v is not possible", from, at.typ)
	}
	return b.convert(at, arg, at.typ), nil
}

func (b *binder) sign(at *syntax, arg Node) (Node, error) {
	switch t := arg.Type(); {
	case t == schema.String || t == schema.Void:
		arg = b.convert(at, arg, schema.Double)
	case !isNumeric(t):
		return nil, b.typeError(at, "%s needs a number, not %v", operatorName(at), t)
	}
	if at.kind == kindPlus {
		return arg, nil
	}
	return b.fold(&Negate{Arg: arg, pos: at.pos}), nil
}

var arithOps = map[string]ArithOp{"+": Add, "-": Subtract, "*": Multiply, "/": Divide, "%": Modulo, "DIV": Quotient}

func (b *binder) arith(at *syntax, left, right Node) (Node, error) {
	n, err := b.settledArith(at, left, right)
	if err != nil {
		return nil, err
	}
	return b.fold(n), nil
}

// settledArith has operands of the types that the operator takes, and is not
// folded.
func (b *binder) settledArith(at *syntax, left, right Node) (*Arith, error) {
	n := &Arith{Op: arithOps[at.op], pos: at.pos}
	l, r := left.Type(), right.Type()
	mismatch := b.typeError(at, "%s cannot take %v and %v", at.op, l, r)
	if isTime(l) || isTime(r) {
		return b.dateArith(at, n, left, right)
	}
	switch {
	case l == schema.Void && r == schema.Void:
		l, r = schema.Double, schema.Double
	case l == schema.Void:
		l = r
	case r == schema.Void:
		r = l
	}
	if l == schema.String || r == schema.String {
		t, ok := commonType(l, r)
		if !ok || !isNumeric(t) {
			return nil, mismatch
		}
		l, r = t, t
	}
	left, right = b.convert(at, left, l), b.convert(at, right, r)
	x, exactLeft := decimalAs(at.args[0], left)
	y, exactRight := decimalAs(at.args[1], right)
	switch {
	case !isNumeric(l) || !isNumeric(r):
		return nil, mismatch
	case n.Op == Quotient && (isFloating(l) || isFloating(r)):
		return nil, mismatch
	case exactLeft && exactRight && (isDecimalType(l) || isDecimalType(r)):
		n.Left, n.Right = b.convert(at, left, x), b.convert(at, right, y)
		n.typ = schema.Type(arithDecimal(n.Op, x, y))
		if n.Op == Quotient {
			n.typ = schema.Long
		}
		return n, nil
	case n.Op == Divide:
		n.typ = schema.Double
	case n.Op == Quotient:
		n.typ = schema.Long
	default:
		n.typ, _ = commonType(l, r)
	}
	n.Left, n.Right = b.convert(at, left, n.typ), b.convert(at, right, n.typ)
	return n, nil
}

// dateArith is a date plus or minus days. The difference of two times is an
// interval, which is not supported; to Spark, NULL beside a time is one, too.
func (b *binder) dateArith(at *syntax, n *Arith, left, right Node) (*Arith, error) {
	days := func(t schema.Type) bool {
		return t == schema.Byte || t == schema.Short || t == schema.Integer
	}
	void := func(t schema.Type) bool { return t == schema.Void }
	l, r := left.Type(), right.Type()
	switch {
	case n.Op == Add && days(l) && r == schema.Date:
		left, right = right, left
	case (n.Op == Add || n.Op == Subtract) && l == schema.Date && days(r):
	case n.Op == Subtract && (isTime(l) || void(l)) && (isTime(r) || void(r)), n.Op == Add && (void(l) || void(r)):
		return nil, &UnsupportedError{What: fmt.Sprintf("%v - %v (INTERVAL)", l, r), Position: b.at(at)}
	default:
		return nil, b.typeError(at, "%s cannot take %v and %v", at.op, l, r)
	}
	n.Left, n.Right, n.typ = left, b.convert(at, right, schema.Integer), schema.Date
	return n, nil
}
