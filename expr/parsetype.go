package expr

import (
	"strings"

	"github.com/foreset/foreset/schema"
)

// nestedType reads the rest of ARRAY<…>, MAP<…> or STRUCT<…>, whose name is
// read. Limits on types are those of expressions: each level is one of the
// recursion.
func (p *parser) nestedType(name string) (schema.Type, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if name == "STRUCT" && p.isSymbol("<>") {
		return &schema.Struct{}, p.advance()
	}
	if err := p.expectSymbol("<"); err != nil {
		return nil, err
	}
	switch name {
	case "ARRAY":
		element, err := p.typeName()
		if err != nil {
			return nil, err
		}
		return &schema.Array{Element: element, ContainsNull: true}, p.closeType()
	case "MAP":
		key, err := p.typeName()
		if err != nil {
			return nil, err
		}
		if err := p.expectSymbol(","); err != nil {
			return nil, err
		}
		item, err := p.typeName()
		if err != nil {
			return nil, err
		}
		return &schema.Map{Key: key, Value: item, ValueContainsNull: true}, p.closeType()
	}
	s := &schema.Struct{}
	for first := true; first || p.isSymbol(","); first = false {
		if !first {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		f, err := p.fieldType()
		if err != nil {
			return nil, err
		}
		s.Fields = append(s.Fields, f)
	}
	return s, p.closeType()
}

// fieldType reads name: type, perhaps with NOT NULL and a comment.
func (p *parser) fieldType() (schema.Field, error) {
	if p.tok.kind != tokenWord && p.tok.kind != tokenQuoted {
		return schema.Field{}, p.unexpected("a name")
	}
	f := schema.Field{Name: p.tok.text, Nullable: true}
	if err := p.advance(); err != nil {
		return f, err
	}
	if p.isSymbol(":") {
		if err := p.advance(); err != nil {
			return f, err
		}
	}
	var err error
	if f.Type, err = p.typeName(); err != nil {
		return f, err
	}
	if p.isWord("NOT") {
		return f, p.unsupported("CAST to a type with NOT NULL", p.tok.pos)
	}
	if ok, err := p.acceptWord("COMMENT"); err != nil || !ok {
		return f, err
	}
	if p.tok.kind != tokenString {
		return f, p.unexpected("a text")
	}
	_, err = p.strings() // a cast has no use for it
	return f, err
}

// closeType passes over one > of a token that may have several.
func (p *parser) closeType() error {
	if p.tok.kind == tokenSymbol && strings.Trim(p.tok.text, ">") == "" && len(p.tok.text) > 1 {
		p.tok.text = p.tok.text[1:]
		p.tok.pos++
		return nil
	}
	return p.expectSymbol(">")
}

// typeText is a type as SQL, which reads back.
func typeText(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Array:
		return "ARRAY<" + typeText(t.Element) + ">"
	case *schema.Map:
		return "MAP<" + typeText(t.Key) + ", " + typeText(t.Value) + ">"
	case *schema.Struct:
		fields := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = quoteName(f.Name) + ": " + typeText(f.Type)
		}
		return "STRUCT<" + strings.Join(fields, ", ") + ">"
	}
	return strings.ToUpper(t.String())
}

// charType reads the length of VARCHAR(n) or CHAR(n), which as the type of a
// cast is a string of any length.
func (p *parser) charType() (schema.Type, error) {
	if err := p.expectSymbol("("); err != nil {
		return nil, err
	}
	if p.tok.kind != tokenNumber || p.tok.number.Type() != schema.Integer {
		return nil, p.unexpected("a number of characters")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return schema.String, p.expectSymbol(")")
}
