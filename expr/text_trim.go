package expr

import (
	"github.com/foreset/foreset/schema"
)

// trimming takes characters off the ends of a string: spaces, or those of
// another string, which stands before it unless charsLast says otherwise.
func trimming(name string, trim func(s, cutset string) string, charsLast bool) *function {
	eval := func(c *call) (vec, error) {
		s, chars := operandOf[string](c, 0), operandOf[string](c, 1)
		if !charsLast {
			s, chars = chars, s
		}
		return values(c, func(i int) (string, *fault) { return trim(s.at(i), chars.at(i)), nil })
	}
	spaces := func(c *call) (vec, error) {
		s := operandOf[string](c, 0)
		return values(c, func(i int) (string, *fault) { return trim(s.at(i), " "), nil })
	}
	return &function{1, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		args, err := b.implicit(at, args, schema.String, schema.String)
		if err != nil {
			return nil, err
		}
		fn := callable{eval: eval, lastFirst: !charsLast}
		if len(args) == 1 {
			fn.eval = spaces
		}
		return b.makeCall(at, name, schema.String, fn, args...), nil
	}}
}
