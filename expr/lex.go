package expr

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted // `a name`
	tokenNumber
	tokenString
	tokenSymbol
)

type token struct {
	kind     tokenKind
	pos, end int         // bytes of the text
	text     string      // word as written, unquoted name, unescaped string, symbol
	number   value.Value // tokenNumber
}

// symbols are tried in order: longer ones come first.
var symbols = []string{
	"<=>", ">>>", "<=", ">=", "<>", "!=", "==", "!>", "!<", "||", "::", "<<", ">>", "->", "=>",
	"=", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", "?", "&", "|", "^", "~", ":", "{", "}",
}

// lexer splits a text into tokens, as Spark's grammar does.
type lexer struct{ text string }

func (l lexer) fail(pos int, msg string) error {
	return &SyntaxError{Text: l.text, Position: position(l.text, pos), Msg: msg}
}

// next is the token at or after pos. negative says that a minus sign stands
// directly before it as part of a number.
func (l lexer) next(pos int, negative bool) (token, error) {
	pos, err := l.skipBlanks(pos)
	if err != nil {
		return token{}, err
	}
	if pos >= len(l.text) {
		return token{kind: tokenEnd, pos: pos, end: pos}, nil
	}
	c := l.text[pos]
	switch {
	case c == '\'' || c == '"':
		return l.quotedString(pos, pos, false)
	case (c == 'r' || c == 'R') && pos+1 < len(l.text) && (l.text[pos+1] == '\'' || l.text[pos+1] == '"'):
		return l.quotedString(pos, pos+1, true)
	case c == '`':
		return l.quotedName(pos)
	case isDigit(c) || c == '.' && pos+1 < len(l.text) && isDigit(l.text[pos+1]):
		return l.number(pos, negative)
	}
	if end := l.wordEnd(pos); end > pos {
		for _, c := range []byte(l.text[pos:end]) {
			if c >= utf8.RuneSelf {
				return token{}, l.fail(pos, "the name "+l.text[pos:end]+" must stand between backquotes")
			}
		}
		return token{kind: tokenWord, pos: pos, end: end, text: l.text[pos:end]}, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(l.text[pos:], s) {
			return token{kind: tokenSymbol, pos: pos, end: pos + len(s), text: s}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.text[pos:])
	return token{}, l.fail(pos, "unexpected character "+strconv.QuoteRune(r))
}

// skipBlanks passes over white space and comments.
func (l lexer) skipBlanks(pos int) (int, error) {
	for pos < len(l.text) {
		switch rest := l.text[pos:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			pos++
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				return len(l.text), nil
			}
			pos += end
		case strings.HasPrefix(rest, "/*"):
			end := commentEnd(rest)
			if end < 0 {
				return 0, l.fail(pos, "comment without end")
			}
			pos += end
		default:
			return pos, nil
		}
	}
	return pos, nil
}

// commentEnd is the length of the comment that text starts with, nested
// comments included; −1 if it does not end.
func commentEnd(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// wordEnd is the end of the word that starts at pos, or pos.
func (l lexer) wordEnd(pos int) int {
	for pos < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[pos:])
		if r != '_' && !unicode.IsLetter(r) && (r < '0' || r > '9') {
			break
		}
		pos += size
	}
	return pos
}

func (l lexer) quotedName(pos int) (token, error) {
	var b strings.Builder
	for i := pos + 1; i < len(l.text); i++ {
		if l.text[i] != '`' {
			b.WriteByte(l.text[i])
			continue
		}
		if i+1 < len(l.text) && l.text[i+1] == '`' {
			b.WriteByte('`')
			i++
			continue
		}
		return token{kind: tokenQuoted, pos: pos, end: i + 1, text: b.String()}, nil
	}
	return token{}, l.fail(pos, "name without closing `")
}

// quotedString reads the string whose quote is at open; a doubled quote stands
// for one, a backslash escapes unless the string is raw.
func (l lexer) quotedString(pos, open int, raw bool) (token, error) {
	quote := l.text[open]
	var b strings.Builder
	for i := open + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == quote && !raw && i+1 < len(l.text) && l.text[i+1] == quote:
			b.WriteByte(quote)
			i++
		case c == quote:
			return token{kind: tokenString, pos: pos, end: i + 1, text: b.String()}, nil
		case c == '\\' && !raw && i+1 < len(l.text):
			i += unescape(&b, l.text[i+1:])
		default:
			b.WriteByte(c)
		}
	}
	return token{}, l.fail(pos, "string without closing quote")
}

// unescape writes what a backslash followed by s stands for and returns how
// many bytes of s belong to it.
func unescape(b *strings.Builder, s string) int {
	hex := func(digits int) (rune, bool) {
		if len(s) < 1+digits {
			return 0, false
		}
		n, err := strconv.ParseUint(s[1:1+digits], 16, 32)
		return rune(n), err == nil && n <= unicode.MaxRune
	}
	switch s[0] {
	case 'u':
		if r, ok := hex(4); ok {
			b.WriteRune(r)
			return 5
		}
	case 'U':
		if r, ok := hex(8); ok {
			b.WriteRune(r)
			return 9
		}
	}
	if len(s) >= 3 && (s[0] == '0' || s[0] == '1') && isOctal(s[1]) && isOctal(s[2]) {
		b.WriteRune(rune(s[0]-'0')<<6 | rune(s[1]-'0')<<3 | rune(s[2]-'0'))
		return 3
	}
	switch s[0] {
	case '0':
		b.WriteByte(0)
	case 'b':
		b.WriteByte('\b')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'Z':
		b.WriteByte(0x1A)
	case '%', '_': // LIKE's own escapes stay as they are
		b.WriteByte('\\')
		b.WriteByte(s[0])
	default:
		b.WriteByte(s[0])
	}
	return 1
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// number reads a number with its suffix; digits that run into letters without
// being one are a word, as in Spark.
func (l lexer) number(pos int, negative bool) (token, error) {
	i := pos
	digits := func() {
		for i < len(l.text) && isDigit(l.text[i]) {
			i++
		}
	}
	digits()
	fraction := i < len(l.text) && l.text[i] == '.'
	if fraction {
		i++
		digits()
	}
	exponent := false
	if j := i; j < len(l.text) && (l.text[j] == 'e' || l.text[j] == 'E') {
		if j++; j < len(l.text) && (l.text[j] == '+' || l.text[j] == '-') {
			j++
		}
		if j < len(l.text) && isDigit(l.text[j]) {
			exponent, i = true, j
			digits()
		}
	}
	digitsEnd := i
	end := l.wordEnd(i)
	suffix := strings.ToUpper(l.text[i:end])
	switch {
	case suffix == "" || suffix == "D" || suffix == "F" || suffix == "BD":
	case (suffix == "L" || suffix == "S" || suffix == "Y") && !fraction && !exponent:
	case !fraction:
		end = l.wordEnd(pos) // 1st, 2x: a word; the sign of an exponent was not part of it
		return token{kind: tokenWord, pos: pos, end: end, text: l.text[pos:end]}, nil
	default:
		return token{}, l.fail(pos, "bad number "+strconv.Quote(beginning(l.text[pos:end])))
	}
	text := l.text[pos:digitsEnd]
	if negative {
		text = "-" + text
	}
	v, problem := parseNumber(text, suffix, fraction, exponent)
	if problem != "" {
		return token{}, l.fail(pos, problem)
	}
	return token{kind: tokenNumber, pos: pos, end: end, text: l.text[pos:end], number: v}, nil
}

// parseNumber gives a number the type that its form asks for.
func parseNumber(text, suffix string, fraction, exponent bool) (value.Value, string) {
	integer := func(t schema.Primitive, width int) (value.Value, string) {
		n, err := strconv.ParseInt(text, 10, width)
		if err != nil {
			return value.Value{}, beginning(text) + " does not fit in " + t.String()
		}
		return value.Int(t, n), ""
	}
	switch {
	case suffix == "L":
		return integer(schema.Long, 64)
	case suffix == "S":
		return integer(schema.Short, 16)
	case suffix == "Y":
		return integer(schema.Byte, 8)
	case suffix == "F":
		f, err := strconv.ParseFloat(text, 32)
		if err != nil {
			return value.Value{}, beginning(text) + " does not fit in float"
		}
		return value.Float(float32(f)), ""
	case suffix == "D" || suffix == "" && exponent:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return value.Value{}, beginning(text) + " does not fit in double"
		}
		return value.Double(f), ""
	case suffix == "" && !fraction:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			if int64(int32(n)) == n {
				return value.Int(schema.Integer, n), ""
			}
			return value.Int(schema.Long, n), ""
		}
	}
	v, ok := decimalLiteral(text)
	if !ok {
		return value.Value{}, beginning(text) + " has more digits than a decimal can hold"
	}
	return v, ""
}

// beginning is what an error shows of a number.
func beginning(number string) string {
	const shown = 60
	if len(number) > shown {
		return number[:shown] + "…"
	}
	return number
}

// decimalLiteral is text as the narrowest decimal that holds it. It accepts an
// exponent, and reports false beyond 38 digits.
func decimalLiteral(text string) (value.Value, bool) {
	mantissa, exp, ok := splitDecimal(text)
	if !ok {
		return value.Value{}, false
	}
	if exp > 0 {
		if exp > 38 {
			return value.Value{}, false
		}
		mantissa.Mul(mantissa, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil))
		exp = 0
	}
	n, ok := value.FromBig(mantissa)
	scale := -exp
	precision := max(len(strings.TrimPrefix(mantissa.String(), "-")), scale, 1)
	if !ok || precision > 38 {
		return value.Value{}, false
	}
	return value.Decimal(schema.Decimal{Precision: precision, Scale: scale}, n), true
}
