package expr

import (
	"strconv"
	"strings"

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
	case p.isWord("ILIKE"):
		n, err = p.ilike(arg, pos)
	case p.isWord("RLIKE", "REGEXP"):
		n, err = p.rlike(arg, pos)
	case negated:
		return nil, p.unexpected("IN, BETWEEN, LIKE, ILIKE or RLIKE")
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

// ilike reads ILIKE, which is LIKE of what is in small letters.
func (p *parser) ilike(arg *syntax, pos int) (*syntax, error) {
	n, err := p.like(arg, pos)
	if err != nil {
		return nil, err
	}
	for i, text := range n.args[:2] {
		if n.args[i], err = p.node(&syntax{kind: kindCall, word: "lower", pos: pos, args: []*syntax{text}}); err != nil {
			return nil, err
		}
	}
	return p.node(n)
}

// rlike reads RLIKE or REGEXP, which are a function too.
func (p *parser) rlike(arg *syntax, pos int) (*syntax, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	pattern, err := p.comparison()
	if err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindCall, word: "rlike", pos: pos, args: []*syntax{arg, pattern}})
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
		return p.tok.text, p.isSymbol("+", "-", "||")
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
			if p.isSymbol("->") {
				return nil, p.unsupported("a lambda function", p.tok.pos)
			}
			if p.isSymbol("&", "|", "^", "<<", ">>", ">>>", "=>", ":") {
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
		n := &syntax{kind: kind, op: op, pos: pos, args: []*syntax{left, right}}
		if op == "||" {
			n = &syntax{kind: kindCall, word: "concat", pos: pos, args: n.args}
		}
		if left, err = p.node(n); err != nil {
			return nil, err
		}
	}
}
