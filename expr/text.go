package expr

import (
	"slices"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// textFunctions are the functions of strings.
var textFunctions = aliased(map[string]*function{
	"concat":      {0, -1, concat},
	"char_length": fixed("char_length", 1, schema.Integer, callable{eval: charLength}, schema.String),
},
	[]string{"char_length", "character_length"},
)

func charLength(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) { return int32(utf8.RuneCountInString(s.at(i))), nil })
}

// concat joins strings, or binaries if all arguments are.
func concat(b *binder, at *syntax, args []Node) (Node, error) {
	var t schema.Type = schema.String
	if len(args) > 0 && !slices.ContainsFunc(args, func(n Node) bool { return n.Type() != schema.Binary }) {
		t = schema.Binary
	}
	params := slices.Repeat([]schema.Type{t}, len(args))
	args, err := b.implicit(at, args, params...)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "concat", t, callable{eval: concatenated}, args...), nil
}

func concatenated(c *call) (vec, error) {
	parts := make([]operand[string], len(c.args))
	for i := range parts {
		parts[i] = operandOf[string](c, i)
	}
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		for _, p := range parts {
			dst = append(dst, p.at(i)...)
		}
		return dst, nil
	})
}
