package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// characterOf is the number of the character at a byte offset, from 1; 0 for
// no offset.
func characterOf(s string, offset int) int32 {
	if offset < 0 {
		return 0
	}
	return int32(utf8.RuneCountInString(s[:offset])) + 1
}

// indexed is the first place of a text in another; operands s and part are
// which is which.
func indexed(s, part int) func(*call) (vec, error) {
	return func(c *call) (vec, error) {
		texts, parts := operandOf[string](c, s), operandOf[string](c, part)
		return values(c, func(i int) (int32, *fault) {
			return characterOf(texts.at(i), strings.Index(texts.at(i), parts.at(i))), nil
		})
	}
}

// locate is instr with its arguments in the other order, and perhaps a place
// to begin at, which is evaluated first. A null in that place makes a 0, as in
// Hive, whatever the others are.
func locate(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.String, schema.String, schema.Integer)
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		return b.makeCall(at, "locate", schema.Integer, callable{eval: indexed(1, 0)}, args...), nil
	}
	part, text, start := args[0], args[1], args[2]
	found := b.makeCall(at, "locate", schema.Integer, callable{eval: located, written: func(args []*syntax) *syntax {
		return &syntax{kind: kindCall, word: "locate", args: []*syntax{args[1], args[2], args[0]}}
	}}, start, part, text)
	return b.caseOf(at, []When{{b.fold(&IsNull{start}), &Literal{value.Int(schema.Integer, 0)}}}, found)
}

func located(c *call) (vec, error) {
	starts, parts, texts := operandOf[int32](c, 0), operandOf[string](c, 1), operandOf[string](c, 2)
	return values(c, func(i int) (int32, *fault) {
		switch {
		case starts.at(i) < 1:
			return 0, nil
		case parts.at(i) == "":
			return 1, nil
		}
		s := texts.at(i)
		from, _ := charOffset(s, int(starts.at(i))-1)
		offset := strings.Index(s[from:], parts.at(i))
		if offset < 0 {
			return 0, nil
		}
		return characterOf(s, from+offset), nil
	})
}

// textTest is a test of a text for another text in it. With a literal it is a
// LIKE, of which it is known what files it rules out.
type textTest struct {
	name          string
	before, after string // of the text in a LIKE
	test          func(s, part string) bool
}

var (
	startsWith = textTest{"startswith", "", "%", strings.HasPrefix}
	endsWith   = textTest{"endswith", "%", "", strings.HasSuffix}
	contains   = textTest{"contains", "%", "%", strings.Contains}
)

func (t textTest) bind(b *binder, at *syntax, args []Node) (Node, error) {
	args, typ, err := b.textOrBytes(at, args, 2)
	if err != nil {
		return nil, err
	}
	if part, ok := literalArg(args[1]); ok && !part.IsNull() && typ == schema.String {
		return b.like(at, []Node{args[0], stringNode(t.before + likeText(part.Text()) + t.after)})
	}
	eval := func(c *call) (vec, error) {
		s, part := operandOf[string](c, 0), operandOf[string](c, 1)
		return c.booleans(func(i int) (bool, *fault) { return t.test(s.at(i), part.at(i)), nil })
	}
	return b.makeCall(at, t.name, schema.Boolean, callable{eval: eval}, args...), nil
}

// replace puts a text in the place of another, or nothing. The empty text is
// nowhere.
func replace(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.String, schema.String, schema.String)
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		args = append(args, stringNode(""))
	}
	return b.makeCall(at, "replace", schema.String, callable{eval: replaced, fails: true}, args...), nil
}

func replaced(c *call) (vec, error) {
	texts, olds, news := operandOf[string](c, 0), operandOf[string](c, 1), operandOf[string](c, 2)
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		s, before, after := texts.at(i), olds.at(i), news.at(i)
		start, size := len(dst), len(s)
		for before != "" {
			at := strings.Index(s, before)
			if at < 0 {
				break
			}
			dst = append(append(dst, s[:at]...), after...)
			s = s[at+len(before):]
			if len(dst)-start > size {
				if problem := checkedLength(int64(len(dst) - start)); problem != nil {
					return dst, problem
				}
			}
		}
		return append(dst, s...), nil
	})
}

// deleted stands in a translation for a character that is dropped.
const deleted = rune(-1)

// translation says what becomes of each character that changes.
type translation struct {
	ascii [utf8.RuneSelf]rune // 0: stays, or is in others
	other map[rune]rune
}

// newTranslation pairs the characters of two texts. Of a character that is
// repeated, the first counts; those that have no partner, or a zero, are
// dropped.
func newTranslation(from, to string) *translation {
	t := &translation{other: map[rune]rune{}}
	for _, r := range from {
		partner := deleted
		if to != "" {
			x, size := utf8.DecodeRuneInString(to)
			to = to[size:]
			if x != 0 {
				partner = x
			}
		}
		switch _, known := t.of(r); {
		case known:
		case r < utf8.RuneSelf && r != 0:
			t.ascii[r] = partner
		default:
			t.other[r] = partner
		}
	}
	return t
}

func (t *translation) of(r rune) (rune, bool) {
	if r < utf8.RuneSelf && r != 0 {
		return t.ascii[r], t.ascii[r] != 0
	}
	x, ok := t.other[r]
	return x, ok
}

func (t *translation) append(dst []byte, s string) []byte {
	for i, r := range s {
		x, ok := t.of(r)
		switch {
		case !ok && r == utf8.RuneError: // perhaps not UTF-8: the bytes stay
			_, size := utf8.DecodeRuneInString(s[i:])
			dst = append(dst, s[i:i+size]...)
		case !ok:
			dst = utf8.AppendRune(dst, r)
		case x != deleted:
			dst = utf8.AppendRune(dst, x)
		}
	}
	return dst
}

// translate replaces characters by others.
func translate(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.String, schema.String, schema.String)
	if err != nil {
		return nil, err
	}
	fn := callable{eval: translated}
	from, ok1 := literalArg(args[1])
	to, ok2 := literalArg(args[2])
	if ok1 && ok2 && !from.IsNull() && !to.IsNull() {
		fn.eval = eachText(newTranslation(from.Text(), to.Text()).append)
	}
	return b.makeCall(at, "translate", schema.String, fn, args...), nil
}

// translated makes a translation for each row that has another than the row
// before.
func translated(c *call) (vec, error) {
	s, from, to := operandOf[string](c, 0), operandOf[string](c, 1), operandOf[string](c, 2)
	var t *translation
	var lastFrom, lastTo string
	return c.texts(func(dst []byte, i int) ([]byte, *fault) {
		if t == nil || from.at(i) != lastFrom || to.at(i) != lastTo {
			lastFrom, lastTo = from.at(i), to.at(i)
			t = newTranslation(lastFrom, lastTo)
		}
		return t.append(dst, s.at(i)), nil
	})
}
