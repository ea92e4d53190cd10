package expr

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/schema"
)

// jsonFunctions look into JSON texts.
var jsonFunctions = map[string]*function{
	"get_json_object": {2, 2, getJSONObject},
}

// jsonStep is a part of a path. A member is two steps, jsonKey and its name;
// an element is jsonSubscript and its index, or jsonAny.
type jsonStep struct {
	kind  jsonStepKind
	name  string
	index int64
}

type jsonStepKind uint8

const (
	jsonKey jsonStepKind = iota
	jsonNamed
	jsonSubscript
	jsonIndex
	jsonAny
)

// parseJSONPath appends the steps of a path: $ and then .name, ['name'], [n],
// [*], .* or ['*']. As in Spark, blanks may stand before a name, a number, .*
// and [' — and nowhere else. Without ok it is no path.
func parseJSONPath(dst []jsonStep, path string) (steps []jsonStep, ok bool, problem *fault) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return dst, false, nil
	}
	for {
		blank := trimBlank(rest)
		if blank == "" {
			return dst, true, nil
		}
		if after, ok := strings.CutPrefix(blank, ".*"); ok {
			dst, rest = append(dst, jsonStep{kind: jsonAny}), after
			continue
		}
		if after, ok := strings.CutPrefix(blank, "['*']"); ok {
			dst, rest = append(dst, jsonStep{kind: jsonAny}), after
			continue
		}
		if after, ok := strings.CutPrefix(rest, "."); ok {
			name := trimBlank(after)
			end := strings.IndexAny(name, ".[")
			if end < 0 {
				end = len(name)
			}
			if end > 0 {
				dst, rest = append(dst, jsonStep{kind: jsonKey}, jsonStep{kind: jsonNamed, name: name[:end]}), name[end:]
				continue
			}
		}
		if after, ok := strings.CutPrefix(blank, "['"); ok {
			name := trimBlank(after)
			if end := strings.IndexByte(name, '\''); end > 0 && strings.HasPrefix(name[end:], "']") {
				dst, rest = append(dst, jsonStep{kind: jsonKey}, jsonStep{kind: jsonNamed, name: name[:end]}), name[end+2:]
				continue
			}
		}
		after, ok := strings.CutPrefix(rest, "[")
		if !ok {
			return dst, false, nil
		}
		if after, ok := strings.CutPrefix(after, "*]"); ok {
			dst, rest = append(dst, jsonStep{kind: jsonSubscript}, jsonStep{kind: jsonAny}), after
			continue
		}
		number := trimBlank(after)
		end := 0
		for end < len(number) && isDigit(number[end]) {
			end++
		}
		if end == 0 {
			return dst, false, nil
		}
		n, err := strconv.ParseInt(number[:end], 10, 64)
		if err != nil {
			return dst, false, faultf(classRange, "the index %.40s of a path is out of range", number[:end])
		}
		if rest, ok = strings.CutPrefix(number[end:], "]"); !ok {
			return dst, false, nil
		}
		dst = append(dst, jsonStep{kind: jsonSubscript}, jsonStep{kind: jsonIndex, index: n})
	}
}

// trimBlank is s without what Java's regular expressions call white space at
// its start.
func trimBlank(s string) string { return strings.TrimLeft(s, " \t\n\v\f\r") }

func getJSONObject(b *binder, at *syntax, args []Node) (Node, error) {
	for i, arg := range args {
		if arg.Type() != schema.String && arg.Type() != schema.Void {
			return nil, b.typeError(at, "get_json_object needs string as argument %d, not %v", i+1, arg.Type())
		}
		args[i] = b.convert(at, arg, schema.String)
	}
	var prepared *jsonPathText
	if path, ok := literalArg(args[1]); ok && !path.IsNull() {
		prepared = new(jsonPathText)
		prepared.set(path.Text())
	}
	fn := callable{fails: prepared == nil || prepared.problem != nil, eval: func(c *call) (vec, error) {
		documents, paths := operandOf[string](c, 0), operandOf[string](c, 1)
		path := prepared
		if path == nil {
			path = new(jsonPathText)
		}
		var e jsonSearch
		return c.texts(func(dst []byte, i int) ([]byte, *fault) {
			if prepared == nil {
				path.set(paths.at(i))
			}
			switch {
			case path.problem != nil:
				return dst, path.problem
			case !path.ok:
				return dst, noValue
			}
			return e.find(dst, documents.at(i), path.steps)
		})
	}}
	return b.makeCall(at, "get_json_object", schema.String, fn, args...), nil
}

// jsonPathText is a path as it was last given.
type jsonPathText struct {
	text    string
	known   bool
	steps   []jsonStep
	ok      bool
	problem *fault
}

func (p *jsonPathText) set(text string) {
	if p.known && p.text == text {
		return
	}
	p.text, p.known = text, true
	p.steps, p.ok, p.problem = parseJSONPath(p.steps[:0], text)
}

// jsonStyle is how values that a path ends at are written.
type jsonStyle uint8

const (
	jsonRaw     jsonStyle = iota // a string without quotes
	jsonQuoted                   // among other values
	jsonFlatten                  // arrays give their elements
)

// jsonSearch finds what a path leads to while it reads a text once, by the
// rules that Spark has from Hive.
type jsonSearch struct {
	r     jsonReader
	dst   []byte
	depth int // of the arrays that are being written
	// buffers is how many of these arrays may yet lose their brackets: what is
	// within is written as Spark writes to a buffer of characters, not bytes.
	buffers int
	comma   bool // a value was written before in the array that is being written
	valid   []byte
}

// find appends what path leads to in text; noValue if it leads nowhere, or the
// text is no JSON.
func (e *jsonSearch) find(dst []byte, text string, path []jsonStep) ([]byte, *fault) {
	if !utf8.ValidString(text) {
		e.valid = appendReplaced(e.valid[:0], text)
		text = viewString(e.valid)
	}
	e.r.reset(text)
	e.dst, e.depth, e.buffers, e.comma = dst, 0, 0, false
	e.r.next()
	if found := !e.r.bad && e.evaluate(path, jsonRaw); !found || e.r.bad {
		return dst, noValue
	}
	return e.dst, nil
}

// evaluate writes what path leads to from the current token on, whose value it
// reads to the end, and says whether there was anything.
func (e *jsonSearch) evaluate(path []jsonStep, style jsonStyle) bool {
	r := &e.r
	if len(path) == 0 {
		switch {
		case r.tok == jsonString && style == jsonRaw:
			e.dst = r.appendText(e.dst)
		case r.tok == jsonArray && style == jsonFlatten:
			return e.each(nil, jsonFlatten) > 0
		default:
			e.copy()
		}
		return true
	}
	switch step, rest := path[0].kind, path[1:]; {
	case r.tok == jsonObject && step == jsonKey:
		found := false
		for r.next() != jsonObjectEnd && !r.bad {
			if found { // the first member of a name counts that leads anywhere
				r.skip()
			} else {
				found = e.evaluate(rest, style)
			}
		}
		return found
	case r.tok == jsonArray && step == jsonSubscript && rest[0].kind == jsonAny:
		return e.elements(rest[1:], style)
	case r.tok == jsonArray && step == jsonSubscript:
		if anyOf(rest[1:]) {
			style = jsonQuoted
		}
		return e.element(rest[0].index, rest[1:], style)
	case r.tok == jsonName && step == jsonNamed && r.is(path[0].name):
		return r.next() != jsonNull && !r.bad && e.evaluate(rest, style)
	case r.tok == jsonName && step == jsonAny:
		r.next()
		return !r.bad && e.evaluate(rest, style)
	}
	r.skip()
	return false
}

// anyOf says whether a path goes on with [*].
func anyOf(path []jsonStep) bool {
	return len(path) > 1 && path[0].kind == jsonSubscript && path[1].kind == jsonAny
}

// each evaluates a path for all elements of an array and counts those that it
// leads anywhere from.
func (e *jsonSearch) each(path []jsonStep, style jsonStyle) int {
	found := 0
	for e.r.next() != jsonArrayEnd && !e.r.bad {
		if e.evaluate(path, style) {
			found++
		}
	}
	return found
}

// elements is [*]. What a path gives for one element alone is written without
// an array around it, if no array is being written.
func (e *jsonSearch) elements(path []jsonStep, style jsonStyle) bool {
	if anyOf(path) { // [*][*] gives one array
		e.open()
		found := e.each(path[2:], jsonFlatten)
		e.close()
		return found > 0
	}
	if style == jsonQuoted {
		e.open()
		found := e.each(path, jsonQuoted)
		e.close()
		return found > 0
	}
	if style == jsonRaw {
		style = jsonQuoted
	}
	before, comma := len(e.dst), e.comma
	e.open()
	e.buffers++
	first := len(e.dst)
	found := e.each(path, style)
	e.buffers--
	e.close()
	switch found {
	case 0:
		e.dst, e.comma = e.dst[:before], comma
	case 1:
		n := copy(e.dst[first-1:], e.dst[first:len(e.dst)-1])
		e.dst = e.dst[:first-1+n]
	}
	return found > 0
}

// element is [n].
func (e *jsonSearch) element(index int64, path []jsonStep, style jsonStyle) bool {
	found := false
	for ; e.r.next() != jsonArrayEnd && !e.r.bad; index-- {
		if index == 0 {
			found = e.evaluate(path, style)
		} else {
			e.r.skip()
		}
	}
	return found
}

// separate writes what stands before a value.
func (e *jsonSearch) separate() {
	if e.comma && e.depth == 0 {
		e.dst = append(e.dst, ' ')
	} else if e.comma {
		e.dst = append(e.dst, ',')
	}
	e.comma = true
}

func (e *jsonSearch) open() {
	e.separate()
	e.dst = append(e.dst, '[')
	e.depth++
	e.comma = false
}

func (e *jsonSearch) close() {
	e.dst = append(e.dst, ']')
	e.depth--
	e.comma = true
}

// copy writes the current value without blanks.
func (e *jsonSearch) copy() {
	e.separate()
	r := &e.r
	comma := false
	for outside := r.depth - opens(r.tok); !r.bad; r.next() {
		switch r.tok {
		case jsonObjectEnd:
			e.dst = append(e.dst, '}')
		case jsonArrayEnd:
			e.dst = append(e.dst, ']')
		default:
			if comma {
				e.dst = append(e.dst, ',')
			}
			switch r.tok {
			case jsonObject:
				e.dst = append(e.dst, '{')
			case jsonArray:
				e.dst = append(e.dst, '[')
			case jsonName:
				e.dst = append(r.appendQuoted(e.dst, e.buffers == 0), ':')
			default:
				e.dst = r.appendScalar(e.dst, e.buffers == 0)
			}
		}
		comma = r.tok != jsonObject && r.tok != jsonArray && r.tok != jsonName
		if r.depth == outside && r.tok != jsonName {
			return
		}
	}
}

// opens is 1 for a token that a value begins with which more tokens belong to.
func opens(tok jsonToken) int {
	if tok == jsonObject || tok == jsonArray {
		return 1
	}
	return 0
}
