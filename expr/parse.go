package expr

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// parser reads a text by recursive descent, one method a level of Spark's
// grammar (booleanExpression, predicate, valueExpression, primaryExpression).
type parser struct {
	lexer
	tok        token
	depth      int // of the recursion
	params     []any
	paramsUsed int
}

// parse reads a whole text.
func parse(text string, params []any) (*syntax, error) {
	if len(text) > textBytesMax {
		return nil, &LimitError{What: "text bytes", Limit: textBytesMax}
	}
	p := &parser{lexer: lexer{text}, params: params}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	switch {
	case err != nil:
		return nil, err
	case p.tok.kind != tokenEnd:
		return nil, p.unexpected("the end")
	case p.paramsUsed != len(params):
		return nil, p.fail(len(text), strconv.Itoa(len(params))+" parameters given for "+strconv.Itoa(p.paramsUsed)+" question marks")
	}
	return n, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.next(p.tok.end, false)
	return err
}

// peek is the token after the current one.
func (p *parser) peek() token {
	t, err := p.next(p.tok.end, false)
	if err != nil {
		return token{}
	}
	return t
}

func (p *parser) isWord(words ...string) bool {
	if p.tok.kind != tokenWord {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(p.tok.text, w) {
			return true
		}
	}
	return false
}

func (p *parser) isSymbol(symbols ...string) bool {
	if p.tok.kind != tokenSymbol {
		return false
	}
	for _, s := range symbols {
		if p.tok.text == s {
			return true
		}
	}
	return false
}

// acceptWord passes over a word if it is next.
func (p *parser) acceptWord(word string) (bool, error) {
	if !p.isWord(word) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expectWord(word string) error {
	if !p.isWord(word) {
		return p.unexpected(word)
	}
	return p.advance()
}

func (p *parser) expectSymbol(s string) error {
	if !p.isSymbol(s) {
		return p.unexpected("'" + s + "'")
	}
	return p.advance()
}

func (p *parser) unexpected(wanted string) error {
	if p.tok.kind == tokenEnd {
		return p.fail(p.tok.pos, "unexpected end, expected "+wanted)
	}
	return p.fail(p.tok.pos, "unexpected "+p.text[p.tok.pos:p.tok.end]+", expected "+wanted)
}

func (p *parser) unsupported(what string, pos int) error {
	return &UnsupportedError{What: what, Position: position(p.text, pos)}
}

// enter counts a level of nesting; the caller leaves with p.depth--.
func (p *parser) enter() error {
	if p.depth++; p.depth > depthMax {
		return &LimitError{What: "levels of nesting", Limit: depthMax}
	}
	return nil
}

// node finishes a tree whose operands are args.
func (p *parser) node(n *syntax) (*syntax, error) {
	for _, arg := range n.args {
		n.depth = max(n.depth, arg.depth)
	}
	if n.depth++; n.depth > depthMax {
		return nil, &LimitError{What: "levels of nesting", Limit: depthMax}
	}
	return n, nil
}

func (p *parser) or() (*syntax, error) { return p.chain("OR", kindOr, p.and) }

func (p *parser) and() (*syntax, error) { return p.chain("AND", kindAnd, p.not) }

// chain reads operands joined by one word into one tree of any width.
func (p *parser) chain(word string, kind kind, operand func() (*syntax, error)) (*syntax, error) {
	first, err := operand()
	if err != nil || !p.isWord(word) {
		return first, err
	}
	n := &syntax{kind: kind, pos: p.tok.pos, args: []*syntax{first}}
	for p.isWord(word) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		arg, err := operand()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
	}
	return p.node(n)
}

func (p *parser) not() (*syntax, error) {
	if !p.isWord("NOT") && !p.isSymbol("!") {
		return p.predicate()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	pos := p.tok.pos
	if err := p.advance(); err != nil {
		return nil, err
	}
	arg, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindNot, pos: pos, args: []*syntax{arg}})
}

// predicate reads a value and at most one IS, IN, BETWEEN or LIKE after it.
func (p *parser) predicate() (*syntax, error) {
	arg, err := p.comparison()
	if err != nil {
		return nil, err
	}
	pos := p.tok.pos
	if ok, err := p.acceptWord("IS"); err != nil {
		return nil, err
	} else if ok {
		return p.is(arg, pos)
	}
	negated := p.isWord("NOT")
	if negated {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var n *syntax
	switch {
	case p.isWord("IN"):
		n, err = p.in(arg, pos)
	case p.isWord("BETWEEN"):
		n, err = p.between(arg, pos)
	case p.isWord("LIKE"):
		n, err = p.like(arg, pos)
	case p.isWord("ILIKE", "RLIKE", "REGEXP"):
		return nil, p.unsupported(strings.ToUpper(p.tok.text), p.tok.pos)
	case negated:
		return nil, p.unexpected("IN, BETWEEN or LIKE")
	default:
		return arg, nil
	}
	if err != nil || !negated {
		return n, err
	}
	return p.node(&syntax{kind: kindNot, pos: pos, args: []*syntax{n}})
}

// is reads what follows IS.
func (p *parser) is(arg *syntax, pos int) (*syntax, error) {
	negated, err := p.acceptWord("NOT")
	if err != nil {
		return nil, err
	}
	n := &syntax{kind: kindCompare, op: "<=>", pos: pos}
	switch {
	case p.isWord("NULL", "UNKNOWN"):
		n = &syntax{kind: kindIsNull, pos: pos, args: []*syntax{arg}}
		err = p.advance()
	case p.isWord("TRUE", "FALSE"):
		var constant *syntax
		constant, err = p.primary()
		n.args = []*syntax{arg, constant}
	case p.isWord("DISTINCT"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if err := p.expectWord("FROM"); err != nil {
			return nil, err
		}
		negated = !negated
		var right *syntax
		right, err = p.addition()
		n.args = []*syntax{arg, right}
	default:
		return nil, p.unexpected("NULL, TRUE, FALSE or DISTINCT FROM")
	}
	if err != nil {
		return nil, err
	}
	if n, err = p.node(n); err != nil || !negated {
		return n, err
	}
	return p.node(&syntax{kind: kindNot, pos: pos, args: []*syntax{n}})
}

func (p *parser) in(arg *syntax, pos int) (*syntax, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expectSymbol("("); err != nil {
		return nil, err
	}
	n := &syntax{kind: kindIn, pos: pos, args: []*syntax{arg}}
	for !p.isSymbol(")") {
		if len(n.args) > 1 {
			if err := p.expectSymbol(","); err != nil {
				return nil, err
			}
		}
		if list, ok := p.sliceParam(); ok {
			items, err := p.listItems(list)
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, items...)
			continue
		}
		item, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, item)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.node(n)
}

func (p *parser) between(arg *syntax, pos int) (*syntax, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	low, err := p.comparison()
	if err != nil {
		return nil, err
	}
	if err := p.expectWord("AND"); err != nil {
		return nil, err
	}
	high, err := p.comparison()
	if err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindBetween, pos: pos, args: []*syntax{arg, low, high}})
}

func (p *parser) like(arg *syntax, pos int) (*syntax, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isWord("ANY", "SOME", "ALL") && p.peek().text == "(" {
		return nil, p.unsupported("LIKE "+strings.ToUpper(p.tok.text), p.tok.pos)
	}
	pattern, err := p.comparison()
	if err != nil {
		return nil, err
	}
	n := &syntax{kind: kindLike, pos: pos, args: []*syntax{arg, pattern}}
	if ok, err := p.acceptWord("ESCAPE"); err != nil {
		return nil, err
	} else if ok {
		at := p.tok.pos
		escape, err := p.primary()
		if err != nil {
			return nil, err
		}
		if escape.kind != kindLiteral || escape.lit.Type() != schema.String || len([]rune(escape.lit.Text())) != 1 {
			return nil, p.fail(at, "ESCAPE needs a string of one character")
		}
		n.args = append(n.args, escape)
	}
	return p.node(n)
}

var compareSpelling = map[string]string{
	"=": "=", "==": "=", "<>": "!=", "!=": "!=", "<": "<", "<=": "<=", "!>": "<=", ">": ">", ">=": ">=", "!<": ">=", "<=>": "<=>",
}

func (p *parser) comparison() (*syntax, error) {
	return p.leftChain(kindCompare, p.addition, func() (string, bool) {
		op, ok := compareSpelling[p.tok.text]
		return op, ok && p.tok.kind == tokenSymbol
	})
}

func (p *parser) addition() (*syntax, error) {
	return p.leftChain(kindArith, p.multiplication, func() (string, bool) {
		return p.tok.text, p.isSymbol("+", "-")
	})
}

func (p *parser) multiplication() (*syntax, error) {
	return p.leftChain(kindArith, p.unary, func() (string, bool) {
		if p.isWord("DIV") {
			return "DIV", true
		}
		return p.tok.text, p.isSymbol("*", "/", "%")
	})
}

// leftChain reads operators of one level, which bind to the left.
func (p *parser) leftChain(kind kind, operand func() (*syntax, error), operator func() (string, bool)) (*syntax, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for {
		op, ok := operator()
		if !ok {
			if p.isSymbol("||", "&", "|", "^", "<<", ">>", ">>>", "->", "=>", ":") {
				return nil, p.unsupported("operator "+p.tok.text, p.tok.pos)
			}
			return left, nil
		}
		pos := p.tok.pos
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		if left, err = p.node(&syntax{kind: kind, op: op, pos: pos, args: []*syntax{left, right}}); err != nil {
			return nil, err
		}
	}
}

func (p *parser) unary() (*syntax, error) {
	kind := kindMinus
	switch {
	case p.isSymbol("-"):
		// A minus directly before a number belongs to it: −2147483648 is an int.
		if t := p.peek(); t.kind == tokenNumber || t.kind == tokenEnd {
			number, err := p.next(p.tok.end, true)
			if err != nil {
				return nil, err
			}
			if number.kind == tokenNumber {
				number.pos = p.tok.pos
				p.tok = number
				return p.postfix()
			}
		}
	case p.isSymbol("+"):
		kind = kindPlus
	case p.isSymbol("~"):
		return nil, p.unsupported("operator ~", p.tok.pos)
	default:
		return p.postfix()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	pos := p.tok.pos
	if err := p.advance(); err != nil {
		return nil, err
	}
	arg, err := p.unary()
	if err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kind, pos: pos, args: []*syntax{arg}})
}

// postfix reads a primary and the casts written behind it.
func (p *parser) postfix() (*syntax, error) {
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	for {
		switch {
		case p.isSymbol("::"):
			pos := p.tok.pos
			if err := p.advance(); err != nil {
				return nil, err
			}
			t, err := p.typeName()
			if err != nil {
				return nil, err
			}
			if n, err = p.node(&syntax{kind: kindCast, pos: pos, args: []*syntax{n}, typ: t}); err != nil {
				return nil, err
			}
		case p.isSymbol("["):
			return nil, p.unsupported("element access []", p.tok.pos)
		case p.isSymbol(".") && n.kind != kindColumn:
			return nil, p.unsupported("field access of an expression", p.tok.pos)
		default:
			return n, nil
		}
	}
}

func (p *parser) primary() (*syntax, error) {
	pos := p.tok.pos
	switch p.tok.kind {
	case tokenNumber:
		return p.literal(p.tok.number)
	case tokenString:
		return p.stringLiteral()
	case tokenQuoted:
		return p.column()
	case tokenSymbol:
		switch p.tok.text {
		case "(":
			return p.parenthesis()
		case "?":
			return p.param()
		case "*":
			return nil, p.unsupported("*", pos)
		}
	case tokenWord:
		return p.word()
	}
	return nil, p.unexpected("a value")
}

func (p *parser) parenthesis() (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.isSymbol(",") {
		return nil, p.unsupported("a row of several values", p.tok.pos)
	}
	return n, p.expectSymbol(")")
}

func (p *parser) literal(v value.Value) (*syntax, error) {
	n := &syntax{kind: kindLiteral, pos: p.tok.pos, lit: v}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.node(n)
}

// stringLiteral joins adjacent strings, as Spark does.
func (p *parser) stringLiteral() (*syntax, error) {
	pos := p.tok.pos
	text, err := p.strings()
	if err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindLiteral, pos: pos, lit: value.String(text)})
}

func (p *parser) strings() (string, error) {
	var b strings.Builder
	for p.tok.kind == tokenString {
		b.WriteString(p.tok.text)
		if err := p.advance(); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// word reads what starts with a bare word: a constant, a typed literal, a
// cast, a call or a column.
func (p *parser) word() (*syntax, error) {
	pos, word, next := p.tok.pos, strings.ToUpper(p.tok.text), p.peek()
	switch {
	case word == "TRUE" || word == "FALSE":
		return p.literal(value.Bool(word == "TRUE"))
	case word == "NULL":
		return p.literal(value.Null(schema.Void))
	case word == "CASE" || word == "EXISTS":
		return nil, p.unsupported(word, pos)
	case word == "SELECT":
		return nil, p.unsupported("a subquery", pos)
	case word == "INTERVAL" && (next.kind == tokenString || next.kind == tokenNumber || next.text == "-"):
		return nil, p.unsupported("INTERVAL", pos)
	case next.kind == tokenString:
		return p.typedLiteral(word)
	case next.text == "(" && next.kind == tokenSymbol && (word == "CAST"):
		return p.cast()
	case next.text == "(" && next.kind == tokenSymbol && !keywords[word]:
		return nil, p.unsupported("function "+strings.ToLower(word), pos)
	case keywords[word]:
		return nil, p.unexpected("a value")
	}
	return p.column()
}

func (p *parser) typedLiteral(word string) (*syntax, error) {
	pos := p.tok.pos
	switch word {
	case "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "X":
	default:
		return nil, p.unsupported("literal of type "+strings.ToLower(word), pos)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	at := p.tok.pos
	text, err := p.strings()
	if err != nil {
		return nil, err
	}
	if word != "X" {
		return p.node(&syntax{kind: kindTyped, pos: pos, word: word, text: text})
	}
	if len(text)%2 == 1 {
		text = "0" + text
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, p.fail(at, "a binary literal needs hexadecimal digits")
	}
	return p.node(&syntax{kind: kindLiteral, pos: pos, lit: value.Binary(b)})
}

func (p *parser) cast() (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	pos := p.tok.pos
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expectSymbol("("); err != nil {
		return nil, err
	}
	arg, err := p.or()
	if err != nil {
		return nil, err
	}
	if err := p.expectWord("AS"); err != nil {
		return nil, err
	}
	t, err := p.typeName()
	if err != nil {
		return nil, err
	}
	if err := p.expectSymbol(")"); err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindCast, pos: pos, args: []*syntax{arg}, typ: t})
}

func (p *parser) column() (*syntax, error) {
	n := &syntax{kind: kindColumn, pos: p.tok.pos}
	for {
		if p.tok.kind != tokenWord && p.tok.kind != tokenQuoted {
			return nil, p.unexpected("a name")
		}
		n.path = append(n.path, p.tok.text)
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.isSymbol(".") {
			return p.node(n)
		}
		if len(n.path) == depthMax {
			return nil, &LimitError{What: "levels of nesting", Limit: depthMax}
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

var typeNames = map[string]schema.Type{
	"BOOLEAN": schema.Boolean, "BYTE": schema.Byte, "TINYINT": schema.Byte, "SHORT": schema.Short, "SMALLINT": schema.Short,
	"INT": schema.Integer, "INTEGER": schema.Integer, "LONG": schema.Long, "BIGINT": schema.Long,
	"FLOAT": schema.Float, "REAL": schema.Float, "DOUBLE": schema.Double, "STRING": schema.String, "BINARY": schema.Binary,
	"DATE": schema.Date, "TIMESTAMP": schema.Timestamp, "TIMESTAMP_LTZ": schema.Timestamp, "TIMESTAMP_NTZ": schema.TimestampNTZ,
	"VOID": schema.Void,
}

// typeName reads the type of a cast.
func (p *parser) typeName() (schema.Type, error) {
	pos, name := p.tok.pos, strings.ToUpper(p.tok.text)
	if p.tok.kind != tokenWord {
		return nil, p.unexpected("a type")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch t, ok := typeNames[name]; {
	case ok:
		return t, nil
	case name == "DECIMAL" || name == "DEC" || name == "NUMERIC":
		return p.decimalType(pos)
	default:
		return nil, p.unsupported("CAST to type "+strings.ToLower(name), pos)
	}
}

func (p *parser) decimalType(pos int) (schema.Type, error) {
	d := schema.Decimal{Precision: 10}
	if !p.isSymbol("(") {
		return d, nil
	}
	for i, part := range []*int{&d.Precision, &d.Scale} {
		if i == 1 && !p.isSymbol(",") {
			break
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.tok.kind != tokenNumber || p.tok.number.Type() != schema.Integer {
			return nil, p.unexpected("a number of digits")
		}
		*part = int(p.tok.number.Int64())
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.expectSymbol(")"); err != nil {
		return nil, err
	}
	if d.Precision < 1 || d.Precision > 38 || d.Scale > d.Precision {
		return nil, p.fail(pos, "a decimal has 1 to 38 digits, as many or fewer after the point")
	}
	return d, nil
}
