package expr

import (
	"encoding/hex"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

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
			if n, err = p.element(n); err != nil {
				return nil, err
			}
		case p.isSymbol("."):
			pos := p.tok.pos
			if err := p.advance(); err != nil {
				return nil, err
			}
			if p.tok.kind != tokenWord && p.tok.kind != tokenQuoted {
				return nil, p.unexpected("a name")
			}
			n = &syntax{kind: kindField, pos: pos, args: []*syntax{n}, path: []string{p.tok.text}}
			if err := p.advance(); err != nil {
				return nil, err
			}
			if n, err = p.node(n); err != nil {
				return nil, err
			}
		default:
			return n, nil
		}
	}
}

// element reads [index].
func (p *parser) element(n *syntax) (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	pos := p.tok.pos
	if err := p.advance(); err != nil {
		return nil, err
	}
	index, err := p.addition()
	if err != nil {
		return nil, err
	}
	if err := p.expectSymbol("]"); err != nil {
		return nil, err
	}
	return p.node(&syntax{kind: kindElement, pos: pos, args: []*syntax{n, index}})
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
	if !p.isSymbol(",") {
		return n, p.expectSymbol(")")
	}
	return p.rowOf(n)
}

// rowOf reads the rest of (a, b), which is struct(a, b).
func (p *parser) rowOf(first *syntax) (*syntax, error) {
	n := &syntax{kind: kindCall, pos: first.pos, word: "struct", args: []*syntax{first}}
	for p.isSymbol(",") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
	}
	if err := p.expectSymbol(")"); err != nil {
		return nil, err
	}
	return p.node(n)
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
	case word == "CASE":
		return p.caseOf()
	case word == "EXISTS":
		return nil, p.unsupported(word, pos)
	case word == "SELECT":
		return nil, p.unsupported("a subquery", pos)
	case word == "INTERVAL" && startsInterval(next):
		return p.interval()
	case next.kind == tokenString:
		return p.typedLiteral(word)
	case next.text == "(" && next.kind == tokenSymbol && (word == "CAST" || word == "TRY_CAST"):
		return p.cast()
	case next.text == "(" && next.kind == tokenSymbol && (!keywords[word] || operatorFunctions[word]):
		return p.call()
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

// call reads a function's name and its arguments.
func (p *parser) call() (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n := &syntax{kind: kindCall, pos: p.tok.pos, word: strings.ToLower(p.tok.text)}
	special := specialForm(n.word)
	if special == nil && functions[n.word] == nil {
		return nil, &UnsupportedError{What: "function " + n.word, Nearest: nearestName(n.word, functions), Position: position(p.text, n.pos)}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil { // the parenthesis
		return nil, err
	}
	if special != nil {
		return special(p, n)
	}
	return p.arguments(n)
}

// specialForm reads what follows the parenthesis of a function that may have
// words between its arguments; nil: it has none.
func specialForm(word string) func(*parser, *syntax) (*syntax, error) {
	switch word {
	case "trim":
		return trimForm
	case "substring", "substr":
		return substringForm
	case "position":
		return positionForm
	case "extract":
		return extract
	case "struct":
		return structForm
	}
	return nil
}

// operatorFunctions are the operators that are functions too.
var operatorFunctions = map[string]bool{"LIKE": true, "ILIKE": true, "RLIKE": true, "REGEXP": true, "DIV": true}

// arguments reads what stands between parentheses, the first of which is read,
// perhaps together with some arguments.
func (p *parser) arguments(n *syntax) (*syntax, error) {
	for first := len(n.args) == 0; !p.isSymbol(")"); first = false {
		if !first {
			if err := p.expectSymbol(","); err != nil {
				return nil, err
			}
		}
		switch {
		case p.isWord("DISTINCT"):
			return nil, p.unsupported("DISTINCT", p.tok.pos)
		case p.isSymbol("*"):
			return nil, p.unsupported("*", p.tok.pos)
		}
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.node(n)
}

// caseOf reads CASE … END.
func (p *parser) caseOf() (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n := &syntax{kind: kindCase, pos: p.tok.pos}
	if err := p.advance(); err != nil {
		return nil, err
	}
	next := func() error {
		arg, err := p.or()
		n.args = append(n.args, arg)
		return err
	}
	if !p.isWord("WHEN") {
		n.word = simpleCase
		if err := next(); err != nil {
			return nil, err
		}
	}
	for first := true; first || p.isWord("WHEN"); first = false {
		if err := p.expectWord("WHEN"); err != nil {
			return nil, err
		}
		if err := next(); err != nil {
			return nil, err
		}
		if err := p.expectWord("THEN"); err != nil {
			return nil, err
		}
		if err := next(); err != nil {
			return nil, err
		}
	}
	if ok, err := p.acceptWord("ELSE"); err != nil {
		return nil, err
	} else if ok {
		if err := next(); err != nil {
			return nil, err
		}
	}
	if err := p.expectWord("END"); err != nil {
		return nil, err
	}
	return p.node(n)
}

func (p *parser) cast() (*syntax, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	pos, word := p.tok.pos, ""
	if p.isWord("TRY_CAST") {
		word = tryCast
	}
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
	return p.node(&syntax{kind: kindCast, pos: pos, word: word, args: []*syntax{arg}, typ: t})
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
	case name == "VARCHAR" || name == "CHAR" || name == "CHARACTER":
		return p.charType()
	case name == "ARRAY" || name == "MAP" || name == "STRUCT":
		return p.nestedType(name)
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
