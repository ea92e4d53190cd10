package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Items is a list of expressions with names, not yet bound to the columns of a
// table: what SQL has after SELECT and GROUP BY. The zero Items is an empty
// list. It never changes and may be used by many goroutines.
type Items struct {
	text  string
	items []item
	err   error
}

// List is the expressions that text says, separated by commas, its question
// marks standing for params in turn as those of [SQL] do.
//
//	count(*), sum(distance) AS total, max(arr_delay + dep_delay)
//
// Each may be one call of count, min, max, sum or avg, and may have a name
// behind it. A text that is no list is reported by Bind.
func List(text string, params ...any) Items {
	items, err := parseItems(text, params)
	return Items{text: text, items: items, err: err}
}

// Len is how many expressions the list has.
func (l Items) Len() int { return len(l.items) }

// String is the list as it was given.
func (l Items) String() string { return l.text }

// Err is why the text is no list, as [Expr.Err] is for an expression.
func (l Items) Err() error { return l.err }

// AggregateFunc is a function of the rows of a group.
type AggregateFunc uint8

// The functions of groups. All but Count are null for a group in which their
// argument is null throughout, and ignore its nulls otherwise.
const (
	NoAggregate AggregateFunc = iota
	Count                     // of the rows, or of those where the argument is not null
	Min                       // NaN is the greatest, strings are ordered by their bytes
	Max
	Sum // of integers a bigint, of decimals with 10 digits more, else a double
	Avg // of decimals with 4 digits more, else a double
)

var aggregateNames = map[string]AggregateFunc{"count": Count, "min": Min, "max": Max, "sum": Sum, "avg": Avg, "mean": Avg}

// Item is a bound expression of a list.
type Item struct {
	Name string        // as given behind it, or as Spark names it
	Func AggregateFunc // that is called; NoAggregate: the item is Arg
	Arg  *Bound        // nil for count(*). Sum and Avg are given a number
	Type schema.Type   // of the result
	Position
}

// Fail is the error of a result that there is not, by Spark's error class.
func (i Item) Fail(class, msg string) error {
	return &EvalError{Class: class, Msg: msg, Row: -1, Position: i.Position}
}

// item is an expression of a list as it was written.
type item struct {
	pos  int
	name string // given, or ""
	call string // the function of a group as it is written, or ""
	arg  *syntax
}

// Bind settles columns and types as [Expr.Bind] does.
func (l Items) Bind(s *schema.Struct, env Env) ([]Item, error) {
	if l.err != nil {
		return nil, l.err
	}
	out := make([]Item, len(l.items))
	for i, it := range l.items {
		var err error
		if out[i], err = it.bind(l.text, s, env); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (it item) bind(text string, s *schema.Struct, env Env) (Item, error) {
	out := Item{Name: it.name, Func: aggregateNames[it.call], Position: position(text, it.pos)}
	if it.name == "" {
		out.Name = it.defaultName()
	}
	if it.arg == nil {
		out.Type = schema.Long
		return out, nil
	}
	arg, err := Expr{text: text, root: it.arg}.Bind(s, env)
	if err != nil {
		return out, err
	}
	if out.Func == Sum || out.Func == Avg {
		if arg, err = arg.asNumber(it, env); err != nil {
			return out, err
		}
	}
	out.Type = arg.Type()
	nested := kindOf(out.Type) == isNested
	switch {
	case out.Func == Count:
		out.Type = schema.Long
		if lit, ok := arg.root.(*Literal); ok && !lit.Value.IsNull() {
			return out, nil // every row counts
		}
	case nested && out.Func == NoAggregate:
		return out, &UnsupportedError{What: "a group for each value of type " + out.Type.String(), Position: out.Position}
	case nested:
		return out, &UnsupportedError{What: it.call + " of type " + out.Type.String(), Position: out.Position}
	case out.Func == Sum:
		out.Type = sumType(out.Type)
	case out.Func == Avg:
		out.Type = avgType(out.Type)
	}
	out.Arg = arg
	return out, nil
}

// asNumber is a value to be added up: a string, or a timestamp, is cast to
// double.
func (b *Bound) asNumber(it item, env Env) (*Bound, error) {
	t := b.Type()
	switch {
	case isNumeric(t):
		return b, nil
	case t != schema.String && t != schema.Timestamp && t != schema.Void:
		return nil, &TypeError{Msg: it.call + " needs numbers, not " + t.String(), Position: position(b.text, it.pos)}
	}
	binder := &binder{text: b.text, env: &environment{zone: env.Zone, now: env.Now}}
	return &Bound{root: binder.convert(it.arg, b.root, schema.Double), columns: b.columns, text: b.text}, nil
}

func sumType(t schema.Type) schema.Type {
	switch d, ok := t.(schema.Decimal); {
	case ok:
		return schema.Decimal{Precision: min(decimalDigitsMax, d.Precision+10), Scale: d.Scale}
	case isFloating(t):
		return schema.Double
	default:
		return schema.Long
	}
}

func avgType(t schema.Type) schema.Type {
	if d, ok := t.(schema.Decimal); ok {
		return schema.Decimal{Precision: min(decimalDigitsMax, d.Precision+4), Scale: min(decimalDigitsMax, d.Scale+4)}
	}
	return schema.Double
}

// decimalDigitsMax is the greatest precision of a decimal.
const decimalDigitsMax = 38

// parseItems reads a whole list. Nothing but blanks is an empty one.
func parseItems(text string, params []any) ([]item, error) {
	if len(text) > textBytesMax {
		return nil, &LimitError{What: "text bytes", Limit: textBytesMax}
	}
	p := &parser{lexer: lexer{text}, params: params}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var items []item
	for p.tok.kind != tokenEnd || len(items) > 0 {
		it, err := p.item()
		if err != nil {
			return nil, err
		}
		items = append(items, it)
		if p.tok.kind == tokenEnd {
			break
		}
		if err := p.expectSymbol(","); err != nil {
			return nil, err
		}
	}
	if p.paramsUsed != len(params) {
		return nil, p.fail(len(text), fmt.Sprintf("%d parameters given for %d question marks", len(params), p.paramsUsed))
	}
	return items, nil
}

func (p *parser) item() (it item, err error) {
	it.pos = p.tok.pos
	if word := strings.ToLower(p.tok.text); p.tok.kind == tokenWord && aggregateNames[word] != NoAggregate && p.peek().text == "(" {
		it.call = word
		err = p.aggregate(&it)
	} else {
		it.arg, err = p.or()
	}
	if err != nil {
		return it, err
	}
	if it.call != "" {
		switch {
		case p.isWord("FILTER", "OVER"):
			return it, p.unsupported(strings.ToUpper(p.tok.text), p.tok.pos)
		case p.tok.kind == tokenSymbol && !p.isSymbol(",") || p.isWord("IS", "IN", "NOT", "BETWEEN", "LIKE", "AND", "OR", "DIV"):
			return it, p.unsupported("an expression of "+it.call, p.tok.pos)
		}
	}
	as, err := p.acceptWord("AS")
	if err != nil {
		return it, err
	}
	if as || p.tok.kind == tokenQuoted || p.tok.kind == tokenWord {
		if p.tok.kind != tokenQuoted && p.tok.kind != tokenWord {
			return it, p.unexpected("a name")
		}
		it.name = p.tok.text
		return it, p.advance()
	}
	return it, nil
}

// aggregate reads a call of a function of a group.
func (p *parser) aggregate(it *item) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.advance(); err != nil { // the parenthesis
		return err
	}
	var err error
	switch {
	case p.isWord("DISTINCT") || p.isWord("ALL") && p.peek().text != ")":
		return p.unsupported(strings.ToUpper(p.tok.text), p.tok.pos)
	case p.isSymbol("*") && it.call == "count":
		err = p.advance()
	default:
		if word := strings.ToLower(p.tok.text); p.tok.kind == tokenWord && aggregateNames[word] != NoAggregate && p.peek().text == "(" {
			return p.unsupported(word+" within "+it.call, p.tok.pos)
		}
		it.arg, err = p.or()
	}
	if err != nil {
		return err
	}
	if p.isSymbol(",") {
		return p.unsupported(it.call+" of several values", p.tok.pos)
	}
	return p.expectSymbol(")")
}

// defaultName is the name that Spark gives a column without one.
func (it item) defaultName() string {
	switch {
	case it.call == "":
		if it.arg.kind == kindColumn {
			return it.arg.path[len(it.arg.path)-1]
		}
		return columnName(it.arg)
	case it.arg == nil:
		return it.call + "(1)"
	default:
		return it.call + "(" + columnName(it.arg) + ")"
	}
}

// columnName is an expression as Spark writes it in the name of a column:
// operators in parentheses, strings without quotes.
func columnName(n *syntax) string {
	args := func() []string {
		out := make([]string, len(n.args))
		for i, arg := range n.args {
			out[i] = columnName(arg)
		}
		return out
	}
	joined := func(op string) string {
		all := args()
		text := all[0]
		for _, arg := range all[1:] {
			text = "(" + text + " " + op + " " + arg + ")"
		}
		return text
	}
	switch n.kind {
	case kindLiteral:
		return literalName(n.lit)
	case kindColumn:
		return strings.Join(n.path, ".")
	case kindAnd:
		return joined("AND")
	case kindOr:
		return joined("OR")
	case kindArith:
		return joined(strings.ToLower(n.op))
	case kindCompare:
		if n.op == "!=" {
			return "(NOT " + joined("=") + ")"
		}
		return joined(n.op)
	case kindNot:
		if n.args[0].kind == kindIsNull {
			return "(" + columnName(n.args[0].args[0]) + " IS NOT NULL)"
		}
		return "(NOT " + columnName(n.args[0]) + ")"
	case kindIsNull:
		return "(" + columnName(n.args[0]) + " IS NULL)"
	case kindMinus:
		return "(- " + columnName(n.args[0]) + ")"
	case kindPlus:
		return "(+ " + columnName(n.args[0]) + ")"
	case kindIn:
		all := args()
		return "(" + all[0] + " IN (" + strings.Join(all[1:], ", ") + "))"
	case kindLike:
		if all := args(); len(all) == 2 {
			return all[0] + " LIKE " + all[1]
		}
	case kindBetween:
		return "between(" + strings.Join(args(), ", ") + ")"
	case kindCase:
		return caseName(n)
	case kindCall:
		return n.word + "(" + strings.Join(args(), ", ") + ")"
	case kindCast:
		name := "CAST("
		if n.word == tryCast {
			name = "TRY_CAST("
		}
		return name + columnName(n.args[0]) + " AS " + strings.ToUpper(n.typ.String()) + ")"
	}
	return n.String()
}

func caseName(n *syntax) string {
	test, args := "", n.args
	if n.word == simpleCase {
		test, args = columnName(args[0]), args[1:]
	}
	var b strings.Builder
	b.WriteString("CASE")
	for ; len(args) > 1; args = args[2:] {
		when := columnName(args[0])
		if n.word == simpleCase {
			when = "(" + test + " = " + when + ")"
		}
		b.WriteString(" WHEN " + when + " THEN " + columnName(args[1]))
	}
	if len(args) == 1 {
		b.WriteString(" ELSE " + columnName(args[0]))
	}
	return b.String() + " END"
}

func literalName(v value.Value) string {
	switch t := v.Type(); {
	case v.IsNull():
		return "NULL"
	case t == schema.String:
		return v.Text()
	case t == schema.Boolean:
		return strconv.FormatBool(v.Bool())
	case isNumeric(t):
		text, _, err := v.PartitionString()
		if err == nil {
			return text
		}
	}
	return literalText(v)
}

// Paths is the columns that some items read, each once.
func Paths(items []Item) [][]string {
	out := [][]string{}
	for _, it := range items {
		if it.Arg == nil {
			continue
		}
		for _, path := range it.Arg.Columns() {
			if !slices.ContainsFunc(out, func(p []string) bool { return slices.Equal(p, path) }) {
				out = append(out, path)
			}
		}
	}
	return out
}
