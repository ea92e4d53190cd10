package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// node is a JSON value with the order of its members and the digits of its
// numbers.
type node struct {
	kind  byte   // '{', '[', '"', '0' for a number, 't', 'f' or 'n'
	text  string // of a string: its content; of a number: as it is written
	keys  []string
	items []node // members or elements
}

// jsonDepthMax bounds nesting.
const jsonDepthMax = 500

// parseJSON reads one JSON value. A key that is there twice is an error: which
// one counts would be a guess.
func parseJSON(b []byte) (node, error) {
	if !utf8.Valid(b) {
		return node{}, errors.New("not UTF-8")
	}
	if !json.Valid(b) {
		var raw json.RawMessage
		return node{}, json.Unmarshal(b, &raw) // says where
	}
	p := parser{rest: b}
	return p.value(0)
}

// parser walks over JSON that is known to be valid.
type parser struct{ rest []byte }

func (p *parser) value(depth int) (node, error) {
	if depth > jsonDepthMax {
		return node{}, fmt.Errorf("nested deeper than %d", jsonDepthMax)
	}
	switch c := p.peek(); c {
	case '{', '[':
		return p.members(c, depth)
	case '"':
		s, err := p.string()
		return node{kind: '"', text: s}, err
	case 't', 'f', 'n':
		return node{kind: c, text: p.word()}, nil
	default:
		return node{kind: '0', text: p.word()}, nil
	}
}

func (p *parser) members(open byte, depth int) (node, error) {
	n := node{kind: open}
	seen := map[string]bool{}
	p.rest = p.rest[1:]
	for {
		switch p.peek() {
		case '}', ']':
			p.rest = p.rest[1:]
			return n, nil
		case ',':
			p.rest = p.rest[1:]
			p.peek()
		}
		if open == '{' {
			key, err := p.string()
			if err != nil {
				return n, err
			}
			if seen[key] {
				return n, fmt.Errorf("the key %q is there twice", key)
			}
			seen[key] = true
			n.keys = append(n.keys, key)
			p.peek()
			p.rest = p.rest[1:] // the colon
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
}

// peek is the next byte that is not space.
func (p *parser) peek() byte {
	p.rest = bytes.TrimLeft(p.rest, " \t\r\n")
	return p.rest[0]
}

// word is a number, true, false or null.
func (p *parser) word() string {
	n := bytes.IndexAny(p.rest, ",]} \t\r\n")
	if n < 0 {
		n = len(p.rest)
	}
	w := string(p.rest[:n])
	p.rest = p.rest[n:]
	return w
}

func (p *parser) string() (string, error) {
	end, plain := 1, true
	for ; p.rest[end] != '"'; end++ {
		if p.rest[end] == '\\' {
			plain = false
			end++
		}
	}
	quoted := p.rest[:end+1]
	p.rest = p.rest[end+1:]
	if plain {
		return string(quoted[1:end]), nil
	}
	var s string
	err := json.Unmarshal(quoted, &s)
	return s, err
}

// String is the value as JSON, for messages.
func (n node) String() string {
	switch n.kind {
	case '{', '[':
		return fmt.Sprintf("%c…%c", n.kind, n.kind+2)
	case '"':
		return string(appendJSONString(nil, []byte(n.text)))
	default:
		return n.text
	}
}

// appendNode appends a JSON value as one of type t. The error names the field
// below the column, and the value.
func appendNode(b array.Builder, t schema.Type, nullable bool, n node) *inputError {
	if n.kind == 'n' {
		if !nullable {
			return &inputError{Problem: "null where none is allowed"}
		}
		b.AppendNull()
		return nil
	}
	switch t := t.(type) {
	case *schema.Struct:
		return appendObject(b.(*array.StructBuilder), t, n)
	case *schema.Array:
		return appendList(b.(*array.ListBuilder), t, n)
	case *schema.Map:
		return appendMap(b.(*array.MapBuilder), t, n)
	}
	if problem := appendScalarNode(b, t, n); problem != nil {
		return &inputError{Value: n.String(), Problem: problem.Error()}
	}
	return nil
}

// appendScalarNode takes numbers and booleans as such, and as strings what
// JSON has no form for.
func appendScalarNode(b array.Builder, t schema.Type, n node) error {
	want := byte('"')
	switch t {
	case schema.Boolean:
		want = 't'
	case schema.Byte, schema.Short, schema.Integer, schema.Long:
		want = '0'
		n.text = integral(n.text)
	}
	kind := n.kind
	if kind == 'f' {
		kind = 't'
	}
	_, decimal := t.(schema.Decimal)
	if kind == '0' && (decimal || t == schema.Float || t == schema.Double) {
		want = '0'
	}
	if kind != want {
		return fmt.Errorf("not a value of type %v", t)
	}
	return appendText(b, t, n.text)
}

// integral is a number without an exponent or a fraction of zeros, if it is an
// integer: 1.0 and 1e3 are integers in JSON.
func integral(number string) string {
	if !strings.ContainsAny(number, ".eE") {
		return number
	}
	n, _, scale, err := value.ParseDecimal(number)
	if err != nil {
		return number
	}
	whole, rounded, ok := value.Rescale(n, scale, 0)
	if rounded || !ok {
		return number
	}
	return whole.String()
}

func appendObject(b *array.StructBuilder, t *schema.Struct, n node) *inputError {
	if n.kind != '{' {
		return &inputError{Value: n.String(), Problem: "not an object, which a struct is in JSON"}
	}
	b.Append(true)
	at, bad := matchKeys(t, n)
	if bad != nil {
		return bad
	}
	for i, f := range t.Fields {
		v := node{kind: 'n'}
		if at[i] >= 0 {
			v = n.items[at[i]]
		}
		if bad := appendNode(b.FieldBuilder(i), f.Type, f.Nullable, v); bad != nil {
			return bad.in(f.Name)
		}
	}
	return nil
}

// matchKeys finds for each field the member of an object; −1 is none.
func matchKeys(t *schema.Struct, n node) ([]int, *inputError) {
	at := make([]int, len(t.Fields))
	for i := range at {
		at[i] = -1
	}
	for m, key := range n.keys {
		i, ok := t.Lookup(key)
		if !ok {
			return nil, (&inputError{Problem: "no such column in the table"}).in(key)
		}
		if at[i] >= 0 {
			return nil, (&inputError{Problem: fmt.Sprintf("also written %q", n.keys[at[i]])}).in(key)
		}
		at[i] = m
	}
	return at, nil
}

func appendList(b *array.ListBuilder, t *schema.Array, n node) *inputError {
	if n.kind != '[' {
		return &inputError{Value: n.String(), Problem: "not an array"}
	}
	b.Append(true)
	for _, item := range n.items {
		if bad := appendNode(b.ValueBuilder(), t.Element, t.ContainsNull, item); bad != nil {
			return bad.in("element")
		}
	}
	return nil
}

// appendMap takes an object, if keys are strings, or an array of pairs.
func appendMap(b *array.MapBuilder, t *schema.Map, n node) *inputError {
	pairs, ok := n.pairs(t.Key == schema.String)
	if !ok {
		return &inputError{Value: n.String(), Problem: "not a map: an object if keys are strings, or an array of pairs"}
	}
	b.Append(true)
	for _, pair := range pairs {
		if bad := appendNode(b.KeyBuilder(), t.Key, false, pair[0]); bad != nil {
			return bad.in("key")
		}
		if bad := appendNode(b.ItemBuilder(), t.Value, t.ValueContainsNull, pair[1]); bad != nil {
			return bad.in("value")
		}
	}
	return nil
}

func (n node) pairs(object bool) (pairs [][2]node, ok bool) {
	switch {
	case n.kind == '{' && object:
		for i, key := range n.keys {
			pairs = append(pairs, [2]node{{kind: '"', text: key}, n.items[i]})
		}
		return pairs, true
	case n.kind != '[':
		return nil, false
	}
	for _, pair := range n.items {
		if pair.kind != '[' || len(pair.items) != 2 {
			return nil, false
		}
		pairs = append(pairs, [2]node{pair.items[0], pair.items[1]})
	}
	return pairs, true
}
