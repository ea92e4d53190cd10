package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// Limits bounds what a schema may hold. A zero field means the default.
type Limits struct {
	Depth   int // nested arrays, maps and structs, the schema itself included; default 100
	Columns int // leaf columns, as Parquet counts them; default 20,000
}

const (
	depthMax   = 100
	columnsMax = 20_000
)

// Parse reads a schema from the JSON of metaData.schemaString, under the
// default [Limits].
//
// It tolerates what other writers were seen to do: missing nullable,
// containsNull and metadata (true, true, none), decimal without parameters and
// with spaces, a primitive as an object {"type":"variant"}, char(n) and
// varchar(n) as types (they become strings with Spark's metadata key), null
// for void. Unknown keys are dropped, unknown metadata is kept. An empty text is
// a schema without columns, as in Spark: some logs have no schemaString.
//
// Errors: [*InvalidError], [*UnknownTypeError], [*LimitError].
func Parse(text []byte) (*Struct, error) { return Limits{}.Parse(text) }

// Parse is the function [Parse] under limits of the caller's choice.
func (l Limits) Parse(text []byte) (*Struct, error) {
	if l.Depth == 0 {
		l.Depth = depthMax
	}
	if l.Columns == 0 {
		l.Columns = columnsMax
	}
	if len(text) == 0 {
		return &Struct{}, nil
	}
	p := &parser{dec: json.NewDecoder(bytes.NewReader(text)), limits: l}
	p.dec.UseNumber()
	t, _, err := p.typ()
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &InvalidError{Problem: "more text after the schema"}
	}
	s, ok := t.(*Struct)
	if !ok {
		return nil, &InvalidError{Problem: "a table's schema is a struct, not " + t.String()}
	}
	if err := check(s, nil); err != nil {
		return nil, err
	}
	return s, nil
}

// UnmarshalJSON is [Parse], for schemas inside other JSON.
func (s *Struct) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	*s = *parsed
	return nil
}

// parser walks the tokens once, so that deep nesting costs no more than wide.
type parser struct {
	dec     *json.Decoder
	limits  Limits
	depth   int
	columns int
}

// unknown stands for a type name that we do not know until [check] can say
// which column has it: the name of a field may follow its type.
type unknown string

func (unknown) isType()          {}
func (u unknown) String() string { return string(u) }

// typ reads a type: a name or an object. If the type is made of char(n) or
// varchar(n), spelled is its SQL text, else empty.
func (p *parser) typ() (t Type, spelled string, err error) {
	tok, err := p.token()
	if err != nil {
		return nil, "", err
	}
	switch tok := tok.(type) {
	case string:
		return p.named(tok)
	case json.Delim:
		if tok == '{' {
			return p.typeObject()
		}
	}
	return nil, "", &InvalidError{Problem: "a type is a name or an object"}
}

func (p *parser) named(name string) (Type, string, error) {
	if err := p.count(); err != nil {
		return nil, "", err
	}
	if isCharType(name) {
		return String, strings.ReplaceAll(name, " ", ""), nil
	}
	if t, ok := typeOfJSONName(name); ok {
		return t, "", nil
	}
	return unknown(name), "", nil
}

// count counts a leaf column; an empty struct is one, so that those are bounded
// too.
func (p *parser) count() error {
	if p.columns++; p.columns > p.limits.Columns {
		return &LimitError{What: "columns", Max: p.limits.Columns}
	}
	return nil
}

// typeObject reads the rest of a type's object; keys may come in any order.
func (p *parser) typeObject() (Type, string, error) {
	if p.depth++; p.depth > p.limits.Depth {
		return nil, "", &LimitError{What: "nesting depth", Max: p.limits.Depth}
	}
	defer func() { p.depth-- }()
	var (
		name                  string
		fields                []Field
		element, key, val     Type
		elementS, keyS, valS  string
		elementNull, valNulls = true, true
	)
	err := p.object(func(member string) (err error) {
		switch member {
		case "type":
			name, err = p.text(member)
		case "fields":
			fields, err = p.fields()
		case "elementType":
			element, elementS, err = p.typ()
		case "keyType":
			key, keyS, err = p.typ()
		case "valueType":
			val, valS, err = p.typ()
		case "containsNull":
			elementNull, err = p.bool(member, true)
		case "valueContainsNull":
			valNulls, err = p.bool(member, true)
		default:
			err = p.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return nil, "", err
	case name == "struct" && fields != nil:
		if len(fields) == 0 {
			err = p.count()
		}
		return &Struct{Fields: fields}, "", err
	case name == "array" && element != nil:
		return &Array{Element: element, ContainsNull: elementNull}, arrayText(elementS), nil
	case name == "map" && key != nil && val != nil:
		return &Map{Key: key, Value: val, ValueContainsNull: valNulls}, mapText(key, keyS, val, valS), nil
	case name == "struct" || name == "array" || name == "map":
		return nil, "", &InvalidError{Problem: "incomplete type " + name}
	case name == "":
		return nil, "", &InvalidError{Problem: "a type without a name"}
	default:
		return p.named(name)
	}
}

func arrayText(element string) string {
	if element == "" {
		return ""
	}
	return "array<" + element + ">"
}

func mapText(key Type, keyText string, val Type, valText string) string {
	if keyText == "" && valText == "" {
		return ""
	}
	if keyText == "" {
		keyText = key.String()
	}
	if valText == "" {
		valText = val.String()
	}
	return "map<" + keyText + "," + valText + ">"
}

// fields reads an array of fields; the result is not nil.
func (p *parser) fields() ([]Field, error) {
	if tok, err := p.token(); err != nil {
		return nil, err
	} else if tok != json.Delim('[') {
		return nil, &InvalidError{Problem: "fields is not an array"}
	}
	fields := []Field{}
	for p.dec.More() {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	_, err := p.token()
	return fields, err
}

// charKey is where Spark keeps the char and varchar types of a string column.
const charKey = "__CHAR_VARCHAR_TYPE_STRING"

func (p *parser) field() (Field, error) {
	if tok, err := p.token(); err != nil {
		return Field{}, err
	} else if tok != json.Delim('{') {
		return Field{}, &InvalidError{Problem: "a field is not an object"}
	}
	f := Field{Nullable: true}
	named, spelled := false, ""
	err := p.object(func(member string) (err error) {
		switch member {
		case "name":
			f.Name, err = p.text(member)
			named = true
		case "type":
			f.Type, spelled, err = p.typ()
		case "nullable":
			f.Nullable, err = p.bool(member, true)
		case "metadata":
			if err = p.decode(&f.Metadata); err == nil && len(f.Metadata) == 0 {
				f.Metadata = nil
			}
		default:
			err = p.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return Field{}, within(f.Name, err)
	case !named:
		return Field{}, &InvalidError{Problem: "a field without a name"}
	case f.Type == nil:
		return Field{}, &InvalidError{Column: f.Name, Problem: "a field without a type"}
	}
	if _, has := f.Metadata[charKey]; spelled != "" && !has {
		if f.Metadata == nil {
			f.Metadata = Metadata{}
		}
		f.Metadata[charKey] = appendString(nil, spelled)
	}
	return f, nil
}

// within adds the name of an enclosing field, when it is known, to an error.
func within(name string, err error) error {
	var invalid *InvalidError
	if name == "" || !errors.As(err, &invalid) {
		return err
	}
	e := *invalid
	if e.Column != "" {
		name += "." + e.Column
	}
	e.Column = name
	return &e
}

// object calls member for each key of the object whose brace has been read;
// member reads the value.
func (p *parser) object(member func(key string) error) error {
	for p.dec.More() {
		tok, err := p.token()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return &InvalidError{Problem: "not JSON"}
		}
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := p.token() // the closing brace
	return err
}

func (p *parser) text(member string) (string, error) {
	tok, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", &InvalidError{Problem: member + " is not a string"}
	}
	return s, nil
}

func (p *parser) bool(member string, unset bool) (bool, error) {
	tok, err := p.token()
	if err != nil {
		return false, err
	}
	switch tok := tok.(type) {
	case bool:
		return tok, nil
	case nil:
		return unset, nil
	default:
		return false, &InvalidError{Problem: member + " is not a boolean"}
	}
}

func (p *parser) skip() error {
	var raw json.RawMessage
	return p.decode(&raw)
}

func (p *parser) decode(into any) error {
	if err := p.dec.Decode(into); err != nil {
		return notJSON(err)
	}
	return nil
}

func (p *parser) token() (json.Token, error) {
	tok, err := p.dec.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	return tok, nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &InvalidError{Problem: "not the JSON of a schema", Err: err}
}

// check reports unknown types and names that occur twice.
func check(t Type, path []string) error {
	switch t := t.(type) {
	case unknown:
		return &UnknownTypeError{Column: columnName(path), Name: string(t)}
	case *Array:
		return check(t.Element, append(path, "element"))
	case *Map:
		if err := check(t.Key, append(path, "key")); err != nil {
			return err
		}
		return check(t.Value, append(path, "value"))
	case *Struct:
		if err := checkDuplicates(t, path); err != nil {
			return err
		}
		for _, f := range t.Fields {
			if err := check(f.Type, append(path, f.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkDuplicates(s *Struct, path []string) error {
	seen := make(map[string]string, len(s.Fields))
	for _, f := range s.Fields {
		folded := fold(f.Name)
		if first, dup := seen[folded]; dup {
			problem := "the name occurs twice"
			if first != f.Name {
				problem = "the name differs only in case from " + first
			}
			return &InvalidError{Column: columnName(append(slices.Clone(path), f.Name)), Problem: problem}
		}
		seen[folded] = f.Name
	}
	return nil
}

func columnName(path []string) string { return strings.Join(path, ".") }
