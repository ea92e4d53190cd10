package expr

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Binding strength of what a tree prints as; an operand weaker than its place
// demands is put in parentheses.
const (
	levelOr = iota + 1
	levelAnd
	levelNot
	levelPredicate // IS, IN, BETWEEN, LIKE
	levelCompare
	levelAdd
	levelMultiply
	levelUnary
	levelPrimary
)

func (n *syntax) level() int {
	switch n.kind {
	case kindOr:
		return levelOr
	case kindAnd:
		return levelAnd
	case kindNot:
		if inner := n.args[0].kind; inner == kindIsNull {
			return levelPredicate // prints as IS NOT NULL
		}
		return levelNot
	case kindIsNull, kindIn, kindBetween, kindLike:
		return levelPredicate
	case kindCompare:
		return levelCompare
	case kindArith:
		if n.op == "+" || n.op == "-" {
			return levelAdd
		}
		return levelMultiply
	case kindMinus, kindPlus:
		return levelUnary
	default:
		return levelPrimary
	}
}

func (n *syntax) String() string {
	var b strings.Builder
	n.print(&b, levelOr)
	return b.String()
}

// print writes n for a place that demands at least the given level.
func (n *syntax) print(b *strings.Builder, level int) {
	if n.level() < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n.kind {
	case kindLiteral:
		b.WriteString(literalText(n.lit))
	case kindTyped:
		b.WriteString(n.word + " " + quoteString(n.text))
	case kindColumn:
		b.WriteString(quotePath(n.path))
	case kindCompare:
		n.args[0].print(b, levelCompare)
		b.WriteString(" " + n.op + " ")
		n.args[1].print(b, levelCompare+1)
	case kindAnd:
		n.printList(b, " AND ", levelAnd+1)
	case kindOr:
		n.printList(b, " OR ", levelOr+1)
	case kindNot:
		if arg := n.args[0]; arg.kind == kindIsNull {
			arg.args[0].print(b, levelCompare)
			b.WriteString(" IS NOT NULL")
			return
		}
		b.WriteString("NOT ")
		n.args[0].print(b, levelNot)
	case kindIsNull:
		n.args[0].print(b, levelCompare)
		b.WriteString(" IS NULL")
	case kindIn:
		n.args[0].print(b, levelCompare)
		b.WriteString(" IN (")
		(&syntax{args: n.args[1:]}).printList(b, ", ", levelOr)
		b.WriteByte(')')
	case kindBetween:
		n.args[0].print(b, levelCompare)
		b.WriteString(" BETWEEN ")
		n.args[1].print(b, levelCompare)
		b.WriteString(" AND ")
		n.args[2].print(b, levelCompare)
	case kindLike:
		n.args[0].print(b, levelCompare)
		b.WriteString(" LIKE ")
		n.args[1].print(b, levelCompare)
		if len(n.args) == 3 {
			b.WriteString(" ESCAPE ")
			n.args[2].print(b, levelPrimary)
		}
	case kindCast:
		if n.word == tryCast {
			b.WriteString("TRY_")
		}
		b.WriteString("CAST(")
		n.args[0].print(b, levelOr)
		b.WriteString(" AS " + typeText(n.typ) + ")")
	case kindArith:
		n.args[0].print(b, n.level())
		b.WriteString(" " + n.op + " ")
		n.args[1].print(b, n.level()+1)
	case kindCall:
		b.WriteString(n.word + "(")
		if n.path != nil {
			n.printNamed(b)
		} else {
			n.printList(b, ", ", levelOr)
		}
		b.WriteByte(')')
	case kindElement:
		n.args[0].print(b, levelPrimary)
		b.WriteByte('[')
		n.args[1].print(b, levelOr)
		b.WriteByte(']')
	case kindField:
		level := levelPrimary
		if n.args[0].kind == kindColumn || n.args[0].kind == kindLiteral { // a.b would be a column, 1.b a number
			level = levelPrimary + 1
		}
		n.args[0].print(b, level)
		b.WriteString("." + quoteName(n.path[0]))
	case kindInterval:
		b.WriteString("INTERVAL " + quoteString(n.text))
		if n.word != "" {
			b.WriteString(" " + n.word)
		}
	case kindCase:
		n.printCase(b)
	case kindMinus:
		n.printSigned(b, '-')
	case kindPlus:
		n.printSigned(b, '+')
	}
}

func (n *syntax) printCase(b *strings.Builder) {
	b.WriteString("CASE")
	args := n.args
	if n.word == simpleCase {
		b.WriteByte(' ')
		args[0].print(b, levelOr)
		args = args[1:]
	}
	for ; len(args) > 1; args = args[2:] {
		b.WriteString(" WHEN ")
		args[0].print(b, levelOr)
		b.WriteString(" THEN ")
		args[1].print(b, levelOr)
	}
	if len(args) == 1 {
		b.WriteString(" ELSE ")
		args[0].print(b, levelOr)
	}
	b.WriteString(" END")
}

// printNamed writes arguments some of which are given names.
func (n *syntax) printNamed(b *strings.Builder) {
	for i, arg := range n.args {
		if i > 0 {
			b.WriteString(", ")
		}
		arg.print(b, levelOr)
		if n.path[i] != "" {
			b.WriteString(" AS " + quoteName(n.path[i]))
		}
	}
}

func (n *syntax) printList(b *strings.Builder, separator string, level int) {
	for i, arg := range n.args {
		if i > 0 {
			b.WriteString(separator)
		}
		arg.print(b, level)
	}
}

// printSigned keeps the sign apart from a number, with which it would become a
// literal, and from another sign, with which it would become a comment.
func (n *syntax) printSigned(b *strings.Builder, sign byte) {
	b.WriteByte(sign)
	level := levelPrimary
	if arg := n.args[0]; arg.kind == kindLiteral {
		level = levelPrimary + 1
	}
	n.args[0].print(b, level)
}

// keywords cannot be column names unless they are quoted.
var keywords = map[string]bool{
	"AND": true, "OR": true, "NOT": true, "NULL": true, "TRUE": true, "FALSE": true, "IN": true, "IS": true,
	"BETWEEN": true, "LIKE": true, "ILIKE": true, "RLIKE": true, "REGEXP": true, "DIV": true, "ESCAPE": true,
	"CASE": true, "WHEN": true, "THEN": true, "ELSE": true, "END": true, "DISTINCT": true, "AS": true, "EXISTS": true,
	"INTERVAL": true, "SELECT": true, "FROM": true, "WHERE": true,
}

func quotePath(path []string) string {
	parts := make([]string, len(path))
	for i, name := range path {
		parts[i] = quoteName(name)
	}
	return strings.Join(parts, ".")
}

func quoteName(name string) string {
	plain := name != "" && !isDigit(name[0]) && !keywords[strings.ToUpper(name)]
	for _, c := range []byte(name) {
		plain = plain && (c == '_' || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z')
	}
	if plain {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func quoteString(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// literalText is a value as a literal of its own type.
func literalText(v value.Value) string {
	if v.IsNull() {
		return "NULL"
	}
	switch t := v.Type(); t {
	case schema.Boolean:
		return strings.ToUpper(strconv.FormatBool(v.Bool()))
	case schema.Byte:
		return strconv.FormatInt(v.Int64(), 10) + "Y"
	case schema.Short:
		return strconv.FormatInt(v.Int64(), 10) + "S"
	case schema.Integer:
		return strconv.FormatInt(v.Int64(), 10)
	case schema.Long:
		return strconv.FormatInt(v.Int64(), 10) + "L"
	case schema.Float:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 32) + "F"
	case schema.Double:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64) + "D"
	case schema.String:
		return quoteString(v.Text())
	case schema.Binary:
		return "X'" + strings.ToUpper(hex.EncodeToString([]byte(v.Text()))) + "'"
	case schema.Date:
		return "DATE '" + formatDate(v.Int64()) + "'"
	case schema.Timestamp:
		return "TIMESTAMP '" + formatTimestamp(v.Int64(), nil) + "Z'"
	case schema.TimestampNTZ:
		return "TIMESTAMP_NTZ '" + formatTimestamp(v.Int64(), nil) + "'"
	default:
		if d, ok := t.(schema.Decimal); ok {
			return decimalText(v.Unscaled().Big(), d)
		}
		return "NULL"
	}
}

// decimalText is a decimal as a literal that reads back with the same
// precision and scale: leading zeros do not count as digits in Spark, so that
// a wider type needs a cast around it.
func decimalText(unscaled *big.Int, t schema.Decimal) string {
	s := formatDecimal(unscaled, t.Scale)
	if digits := len(new(big.Int).Abs(unscaled).String()); max(digits, t.Scale) != t.Precision {
		return "CAST(" + s + "BD AS " + strings.ToUpper(t.String()) + ")"
	}
	return s + "BD"
}
