package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// textFunctions are the functions of strings. Positions and lengths count
// characters in strings and bytes in binaries.
var textFunctions = aliased(map[string]*function{
	"concat":       {0, -1, concat},
	"concat_ws":    {1, -1, concatWithSeparator},
	"length":       ofText("length", schema.Integer, callable{eval: charLength}, callable{eval: byteLength}),
	"octet_length": ofText("octet_length", schema.Integer, callable{eval: byteLength}, callable{eval: byteLength}),
	"bit_length":   ofText("bit_length", schema.Integer, callable{eval: bitLength}, callable{eval: bitLength}),

	"upper":   fixed("upper", 1, schema.String, callable{eval: eachText(appendUpperCase)}, schema.String),
	"lower":   fixed("lower", 1, schema.String, callable{eval: eachText(appendLowerCase)}, schema.String),
	"initcap": fixed("initcap", 1, schema.String, callable{eval: eachText(appendTitleCase)}, schema.String),
	"reverse": ofText("reverse", nil, callable{eval: eachText(appendReversed)}, callable{eval: eachText(appendReversedBytes)}),

	"trim":  trimming("trim", strings.Trim, false),
	"ltrim": trimming("ltrim", strings.TrimLeft, false),
	"rtrim": trimming("rtrim", strings.TrimRight, false),
	"btrim": trimming("btrim", strings.Trim, true),

	"substring":  {2, 3, substring},
	"left":       {2, 2, left},
	"right":      fixed("right", 2, schema.String, callable{eval: rightPart}, schema.String, schema.Integer),
	"split_part": fixed("split_part", 3, schema.String, callable{eval: splitPart, fails: true}, schema.String, schema.String, schema.Integer),
	"lpad":       padding("lpad", true),
	"rpad":       padding("rpad", false),
	"repeat":     fixed("repeat", 2, schema.String, callable{eval: repeated, fails: true}, schema.String, schema.Integer),
	"space":      {1, 1, space},

	"instr":      fixed("instr", 2, schema.Integer, callable{eval: indexed(0, 1)}, schema.String, schema.String),
	"locate":     {2, 3, locate},
	"startswith": {2, 2, startsWith.bind},
	"endswith":   {2, 2, endsWith.bind},
	"contains":   {2, 2, contains.bind},
	"replace":    {2, 3, replace},
	"translate":  {3, 3, translate},
	"like":       {2, 3, likeFunction},
	"ilike":      {2, 3, ilikeFunction},

	"ascii": fixed("ascii", 1, schema.Integer, callable{eval: ascii}, schema.String),
	"chr":   fixed("chr", 1, schema.String, callable{eval: chr}, schema.Long),
},
	[]string{"length", "len", "char_length", "character_length"},
	[]string{"upper", "ucase"},
	[]string{"lower", "lcase"},
	[]string{"substring", "substr"},
	[]string{"locate", "position"},
	[]string{"chr", "char"},
)

// textBytesLongest is how long a string may become by repeating, joining, replacing
// or encoding.
// Spark's may be longer by far, as long as the memory is enough.
const textBytesLongest = 1 << 25

// checkedLength is the fault of a text that would be too long.
func checkedLength(bytes int64) *fault {
	if bytes > textBytesLongest {
		return faultf("COLLECTION_SIZE_LIMIT_EXCEEDED", "a string of %d bytes is longer than %d", bytes, textBytesLongest)
	}
	return nil
}

// ofText is a function of one argument that takes strings and binaries, and
// reads all else as strings. Without a result type it gives what it takes.
func ofText(name string, result schema.Type, onString, onBinary callable) *function {
	return &function{1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
		if name == "reverse" && isArray(args[0]) {
			return b.reverseArray(at, args[0])
		}
		args, t, err := b.textOrBytes(at, args, 1)
		if err != nil {
			return nil, err
		}
		fn, typ := onString, result
		if t == schema.Binary {
			fn = onBinary
		}
		if typ == nil {
			typ = t
		}
		return b.makeCall(at, name, typ, fn, args...), nil
	}}
}

// textOrBytes converts the first n arguments to strings, unless all of them
// are binaries, and the others to ints.
func (b *binder) textOrBytes(at *syntax, args []Node, n int) ([]Node, schema.Type, error) {
	t := textTypeOf(args[:n])
	params := slices.Repeat([]schema.Type{t}, len(args))
	for i := n; i < len(args); i++ {
		params[i] = schema.Integer
	}
	args, err := b.implicit(at, args, params...)
	return args, t, err
}

// textTypeOf is binary if all arguments are.
func textTypeOf(args []Node) schema.Type {
	if len(args) > 0 && !slices.ContainsFunc(args, func(n Node) bool { return n.Type() != schema.Binary }) {
		return schema.Binary
	}
	return schema.String
}

// eachText makes a text of each by a function that appends to what it is given.
func eachText(f func(dst []byte, s string) []byte) func(*call) (vec, error) {
	return func(c *call) (vec, error) {
		s := operandOf[string](c, 0)
		return c.texts(func(dst []byte, i int) ([]byte, *fault) { return f(dst, s.at(i)), nil })
	}
}

func charLength(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) { return int32(utf8.RuneCountInString(s.at(i))), nil })
}

func byteLength(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) { return int32(len(s.at(i))), nil })
}

func bitLength(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) { return int32(len(s.at(i))) * 8, nil })
}

// concat joins strings, or binaries if all arguments are.
func concat(b *binder, at *syntax, args []Node) (Node, error) {
	if slices.ContainsFunc(args, isArray) {
		return b.concatArrays(at, args)
	}
	args, t, err := b.textOrBytes(at, args, len(args))
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "concat", t, callable{eager: true, eval: concatenated, fails: true}, args...), nil
}

func concatenated(c *call) (vec, error) {
	parts := make([]operand[string], len(c.args))
	for i := range parts {
		parts[i] = operandOf[string](c, i)
	}
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		bytes := 0
		for _, p := range parts {
			bytes += len(p.at(i))
		}
		if problem := checkedLength(int64(bytes)); problem != nil {
			return dst, problem
		}
		for _, p := range parts {
			dst = append(dst, p.at(i)...)
		}
		return dst, nil
	})
}

// concatWithSeparator joins what is not null; a null separator makes a null.
func concatWithSeparator(b *binder, at *syntax, args []Node) (Node, error) {
	for _, arg := range args {
		if t, ok := arg.Type().(*schema.Array); ok && t.Element == schema.String {
			return nil, &UnsupportedError{What: "concat_ws of arrays", Position: b.at(at)}
		}
	}
	args, err := b.implicit(at, args, slices.Repeat([]schema.Type{schema.String}, len(args))...)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "concat_ws", schema.String, callable{eval: joined, nulls: true, fails: true}, args...), nil
}

func joined(c *call) (vec, error) {
	parts := make([]operand[string], len(c.args))
	for i := range parts {
		parts[i] = operandOf[string](c, i)
	}
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		if c.isNull(0, i) {
			return dst, noValue
		}
		separator, first, start := parts[0].at(i), true, len(dst)
		for k := 1; k < len(parts); k++ {
			if c.isNull(k, i) {
				continue
			}
			if !first {
				dst = append(dst, separator...)
			}
			dst, first = append(dst, parts[k].at(i)...), false
			if problem := checkedLength(int64(len(dst) - start)); problem != nil {
				return dst, problem
			}
		}
		return dst, nil
	})
}

// appendReversed appends the characters of s from the last to the first.
func appendReversed(dst []byte, s string) []byte {
	for s != "" {
		_, size := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return dst
}

func appendReversedBytes(dst []byte, s string) []byte {
	for i := len(s) - 1; i >= 0; i-- {
		dst = append(dst, s[i])
	}
	return dst
}

func repeated(c *call) (vec, error) {
	s, n := operandOf[string](c, 0), operandOf[int32](c, 1)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		text, times := s.at(i), int64(max(0, n.at(i)))
		if problem := checkedLength(int64(len(text)) * times); problem != nil {
			return dst, problem
		}
		if text == "" {
			return dst, nil
		}
		return appendRepeated(dst, text, len(text)*int(times)), nil
	})
}

// appendRepeated appends size bytes of text again and again, twice as many at
// each go.
func appendRepeated(dst []byte, text string, size int) []byte {
	start := len(dst)
	dst = slices.Grow(dst, size)[:start+size]
	for done := copy(dst[start:], text); done < size; {
		done += copy(dst[start+done:], dst[start:start+done])
	}
	return dst
}

// space is repeat(' ', n).
func space(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.Integer)
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "repeat", schema.String, callable{eval: repeated, fails: true}, stringNode(" "), args[0]), nil
}

// ascii is the number of the first character; of no characters it is 0.
func ascii(c *call) (vec, error) {
	s := operandOf[string](c, 0)
	return values(c, func(i int) (int32, *fault) {
		if s.at(i) == "" {
			return 0, nil
		}
		r, _ := utf8.DecodeRuneInString(s.at(i))
		return r, nil
	})
}

// chr is the character whose number is the last byte of a number that is not
// negative.
func chr(c *call) (vec, error) {
	n := operandOf[int64](c, 0)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		if x := n.at(i); x >= 0 {
			dst = utf8.AppendRune(dst, rune(x&0xFF))
		}
		return dst, nil
	})
}
