package expr

import (
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// likeFunction is LIKE as a function; ilikeFunction is ILIKE.
func likeFunction(b *binder, at *syntax, args []Node) (Node, error) {
	if len(args) == 3 {
		escape, ok := literalArg(args[2])
		if !ok || escape.Type() != schema.String || escape.IsNull() || len([]rune(escape.Text())) != 1 {
			return nil, &SyntaxError{Text: b.text, Position: b.at(at), Msg: "the escape character of " + at.word + " must be a string of one character"}
		}
	}
	return b.like(at, args)
}

func ilikeFunction(b *binder, at *syntax, args []Node) (Node, error) {
	texts, err := b.implicit(at, args[:2], schema.String, schema.String)
	if err != nil {
		return nil, err
	}
	for i, arg := range texts {
		texts[i] = b.makeCall(at, "lower", schema.String, callable{eval: eachText(appendLowerCase)}, arg)
	}
	return likeFunction(b, at, append(texts, args[2:]...))
}

// likeText is a text as part of a LIKE pattern.
func likeText(s string) string {
	dst := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c == '%' || c == '_' || c == defaultEscape {
			dst = append(dst, defaultEscape)
		}
		dst = append(dst, c)
	}
	return string(dst)
}

func stringNode(s string) Node { return &Literal{value.String(s)} }
