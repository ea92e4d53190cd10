package expr

import (
	"errors"

	"github.com/foreset/foreset/schema"
)

// regexpFunctions are the functions of regular expressions, which are Java's.
var regexpFunctions = aliased(map[string]*function{
	"rlike":          matching("rlike", 2, schema.Boolean, rlike),
	"regexp_count":   matching("regexp_count", 2, schema.Integer, regexpCount),
	"regexp_instr":   matching("regexp_instr", 2, schema.Integer, regexpInstr, schema.Integer),
	"regexp_substr":  matching("regexp_substr", 2, schema.String, regexpSubstr),
	"regexp_extract": matching("regexp_extract", 2, schema.String, regexpExtract, schema.Integer),
	"regexp_replace": {3, 4, regexpReplace},
},
	[]string{"rlike", "regexp", "regexp_like"},
)

// matching is a function of a text, a pattern and what else it takes.
func matching(name string, least int, result schema.Type, eval func(*call, patternsOf) (vec, error), more ...schema.Type) *function {
	params := append([]schema.Type{schema.String, schema.String}, more...)
	return &function{least, len(params), func(b *binder, at *syntax, args []Node) (Node, error) {
		args, err := b.implicit(at, args, params...)
		if err != nil {
			return nil, err
		}
		patterns, err := b.patterns(at, args[1])
		if err != nil {
			return nil, err
		}
		fn := callable{fails: true, eval: func(c *call) (vec, error) { return eval(c, patterns(c)) }}
		return b.makeCall(at, name, result, fn, args...), nil
	}}
}

// patternsOf is the pattern of each entry of a call.
type patternsOf func(i int) (*javaMatcher, *fault)

// patterns compiles the pattern of a call: once if it is a literal, otherwise
// as it comes, keeping some. A literal outside of what is supported is refused;
// a literal that is no pattern fails on the rows that need it.
func (b *binder) patterns(at *syntax, arg Node) (func(*call) patternsOf, error) {
	lit, ok := literalArg(arg)
	if !ok || lit.IsNull() {
		return compiledPatterns, nil
	}
	p, err := compileJava(lit.Text())
	var beyond *beyondRE2
	switch {
	case errors.As(err, &beyond):
		return nil, &UnsupportedError{What: beyond.Error(), Position: b.at(at)}
	case err != nil:
		problem := patternFault(lit.Text(), err)
		return func(*call) patternsOf { return func(int) (*javaMatcher, *fault) { return nil, problem } }, nil
	}
	return func(*call) patternsOf {
		m := p.matcher()
		return func(int) (*javaMatcher, *fault) { return m, nil }
	}, nil
}

func patternFault(pattern string, err error) *fault {
	var beyond *beyondRE2
	if errors.As(err, &beyond) {
		return faultf("UNSUPPORTED_FEATURE", "%s is not supported: %v", quoteString(pattern), err)
	}
	return faultf("INVALID_PARAMETER_VALUE", "%s is no regular expression: %v", quoteString(pattern), err)
}

// patternsKept is how many compiled patterns a call keeps.
const patternsKept = 64

func compiledPatterns(c *call) patternsOf {
	texts := operandOf[string](c, 1)
	kept := map[string]*javaMatcher{}
	return func(i int) (*javaMatcher, *fault) {
		text := texts.at(i)
		m := kept[text]
		if m == nil {
			p, err := compileJava(text)
			if err != nil {
				return nil, patternFault(text, err)
			}
			if len(kept) == patternsKept {
				clear(kept)
			}
			m = p.matcher()
			kept[text] = m
		}
		return m, nil
	}
}

func rlike(c *call, patterns patternsOf) (vec, error) {
	s := operandOf[string](c, 0)
	return c.booleans(func(i int) (bool, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return false, problem
		}
		return m.in(s.at(i)), nil
	})
}

func regexpCount(c *call, patterns patternsOf) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return 0, problem
		}
		n, from := int32(0), 0
		for more := true; more; n++ {
			groups, ok := m.find(s.at(i), from)
			if !ok {
				break
			}
			from, more = after(s.at(i), groups)
		}
		return n, nil
	})
}

// regexpInstr is where the first match begins, in Java's characters.
func regexpInstr(c *call, patterns patternsOf) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return 0, problem
		}
		groups, ok := m.find(s.at(i), 0)
		if !ok {
			return 0, nil
		}
		return int32(utf16Length(s.at(i)[:groups[0]])) + 1, nil
	})
}

// regexpSubstr is the first match, or null if that is empty or there is none.
func regexpSubstr(c *call, patterns patternsOf) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (string, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return "", problem
		}
		groups, ok := m.find(s.at(i), 0)
		if !ok || groups[0] == groups[1] {
			return "", noValue
		}
		return s.at(i)[groups[0]:groups[1]], nil
	})
}

// regexpExtract is a group of the first match, by default the first group.
func regexpExtract(c *call, patterns patternsOf) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (string, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return "", problem
		}
		groups, ok := m.find(s.at(i), 0)
		if !ok {
			return "", nil
		}
		group := 1
		if len(c.args) == 3 {
			group = int(operandOf[int32](c, 2).at(i))
		}
		switch {
		case group < 0 || group > m.prog.groups:
			return "", faultf("INVALID_PARAMETER_VALUE", "the pattern has groups 0 to %d, not %d", m.prog.groups, group)
		case groups[2*group] < 0:
			return "", nil
		}
		return s.at(i)[groups[2*group]:groups[2*group+1]], nil
	})
}

// regexpReplace replaces all matches from a position on, which is a literal.
func regexpReplace(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.String, schema.String, schema.String, schema.Integer)
	if err != nil {
		return nil, err
	}
	position := 1
	if len(args) == 4 {
		v, ok := literalArg(args[3])
		switch {
		case !ok:
			return nil, b.typeError(at, "the position of regexp_replace must be a constant")
		case v.IsNull():
		case v.Int64() < 1:
			return nil, b.typeError(at, "the position of regexp_replace must be positive, not %d", v.Int64())
		default:
			position = int(v.Int64())
		}
	}
	patterns, err := b.patterns(at, args[1])
	if err != nil {
		return nil, err
	}
	eval := func(c *call) (vec, error) { return replacedMatches(c, patterns(c), position) }
	return b.makeCall(at, "regexp_replace", schema.String, callable{eval: eval, fails: true}, args...), nil
}

func replacedMatches(c *call, patterns patternsOf, position int) (vec, error) {
	s, replacements := operandOf[string](c, 0), operandOf[string](c, 2)
	var last *javaMatcher
	var lastText string
	var r replacement
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		m, problem := patterns(i)
		if problem != nil {
			return dst, problem
		}
		from, inside := 0, true
		if position > 1 {
			from, inside = utf16Offset(s.at(i), position-1)
		}
		if !inside {
			return append(dst, s.at(i)...), nil
		}
		if text := replacements.at(i); m != last || text != lastText {
			last, lastText = m, text
			r = m.newReplacement(text)
		}
		return m.appendReplaced(dst, s.at(i), from, r)
	})
}
