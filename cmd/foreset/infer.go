package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/foreset/foreset/schema"
)

// fits is a set of types that hold a text, or every text of a column, exactly.
type fits uint8

const (
	fitsBool fits = 1 << iota
	fitsLong
	fitsDouble
	fitsDate
	fitsTimestamp
	fitsString
	fitsAll = fitsBool | fitsLong | fitsDouble | fitsDate | fitsTimestamp | fitsString
)

// preferred is the order in which a column's type is chosen among those that
// fit.
var preferred = []struct {
	fits fits
	t    schema.Primitive
}{
	{fitsBool, schema.Boolean}, {fitsLong, schema.Long}, {fitsDouble, schema.Double},
	{fitsDate, schema.Date}, {fitsTimestamp, schema.Timestamp}, {fitsString, schema.String},
}

// fitsOf says what a text can be. Numbers that begin with a zero or a plus
// sign are strings: a postal code is not a number.
func fitsOf(s string) fits {
	out := fitsString
	if _, err := parseBool(s); err == nil {
		return out | fitsBool
	}
	if f := fitsNumber(s); f != 0 {
		return out | f
	}
	return out | fitsTime(s)
}

func fitsNumber(s string) fits {
	digits := strings.TrimPrefix(s, "-")
	if strings.HasPrefix(s, "+") || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return 0
	}
	const exact = 1 << 53 // integers up to it are doubles
	if strings.Trim(digits, "0123456789") == "" && digits != "" {
		switch n, err := strconv.ParseInt(s, 10, 64); {
		case err != nil, s == "-0":
			return 0
		case -exact <= n && n <= exact:
			return fitsLong | fitsDouble
		default:
			return fitsLong
		}
	}
	if _, err := parseFloat(s, 64); err == nil {
		return fitsDouble
	}
	return 0
}

// fitsTime takes 2024-02-29, and with a time after T or a space.
func fitsTime(s string) fits {
	const date = len("2024-02-29")
	if len(s) < date || s[4] != '-' || s[7] != '-' {
		return 0
	}
	if _, err := parseTimestamp(s, false); err != nil {
		return 0
	}
	if len(s) == date {
		return fitsDate | fitsTimestamp
	}
	return fitsTimestamp
}

// guess is what is known of a column's type.
type guess struct {
	kind   byte  // 0: only nulls so far; 's' scalar, '{' struct, '[' array
	fits   fits  // of a scalar
	line   int64 // that settled the kind
	names  []string
	fields map[string]*guess
	items  *guess
}

// scalar takes a text that fits some types.
func (g *guess) scalar(f fits, line int64, shown string) *inputError {
	if bad := g.is('s', line, shown); bad != nil {
		return bad
	}
	if g.fits &= f; g.fits == 0 {
		return &inputError{Line: line, Value: shown, Problem: fmt.Sprintf("no type holds this and the values from line %d on", g.line)}
	}
	return nil
}

func (g *guess) is(kind byte, line int64, shown string) *inputError {
	if g.kind == 0 {
		g.kind, g.line, g.fits = kind, line, fitsAll
	}
	if g.kind != kind {
		return &inputError{Line: line, Value: shown, Problem: fmt.Sprintf("line %d has a value of another kind there", g.line)}
	}
	return nil
}

func (g *guess) field(name string) *guess {
	f := g.fields[name]
	if f == nil {
		if g.fields == nil {
			g.fields = map[string]*guess{}
		}
		f = &guess{}
		g.fields[name] = f
		g.names = append(g.names, name)
	}
	return f
}

// node takes a JSON value.
func (g *guess) node(n node, line int64) *inputError {
	switch n.kind {
	case 'n':
		return nil
	case 't', 'f':
		return g.scalar(fitsBool, line, n.text)
	case '0':
		f := fitsNumber(integral(n.text))
		if strings.ContainsAny(n.text, ".eE") {
			f = fitsDouble
		}
		return g.scalar(f, line, n.text)
	case '"':
		return g.scalar(fitsString|fitsTime(n.text), line, n.String())
	case '[':
		if bad := g.is('[', line, n.String()); bad != nil {
			return bad
		}
		if g.items == nil {
			g.items = &guess{}
		}
		for _, item := range n.items {
			if bad := g.items.node(item, line); bad != nil {
				return bad.in("element")
			}
		}
		return nil
	default:
		return g.object(n, line)
	}
}

func (g *guess) object(n node, line int64) *inputError {
	if bad := g.is('{', line, n.String()); bad != nil {
		return bad
	}
	for i, key := range n.keys {
		if bad := g.field(key).node(n.items[i], line); bad != nil {
			return bad.in(key)
		}
	}
	return nil
}

// columnType is the type to be stored. Nothing but nulls is a string.
func (g *guess) columnType() schema.Type {
	switch g.kind {
	case '{':
		if len(g.names) > 0 {
			return g.structType()
		}
	case '[':
		return &schema.Array{Element: g.items.columnType(), ContainsNull: true}
	case 's':
		for _, p := range preferred {
			if g.fits&p.fits != 0 {
				return p.t
			}
		}
	}
	return schema.String
}

func (g *guess) structType() *schema.Struct {
	s := &schema.Struct{}
	for _, name := range g.names {
		s.Fields = append(s.Fields, schema.Field{Name: name, Type: g.fields[name].columnType(), Nullable: true})
	}
	return s
}

// infer is the schema of a table that holds all rows of a text, which it reads
// to the end. The input can be read again after that.
func (a *app) infer(ctx context.Context, in *input) (*schema.Struct, error) {
	if err := in.rewindable(ctx, a); err != nil {
		return nil, err
	}
	f, err := in.stream(ctx, a, "looking at")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &checked{ctx, f}
	if in.format == formatCSV {
		return inferCSV(in, r)
	}
	return inferJSONL(in, r)
}

func inferCSV(in *input, f io.Reader) (*schema.Struct, error) {
	c, err := openCSV(in, f)
	if err != nil {
		return nil, err
	}
	g := &guess{}
	for _, name := range c.header {
		g.field(name)
	}
	for {
		row, err := c.next()
		if errors.Is(err, io.EOF) {
			return g.structType(), nil
		}
		if err != nil {
			return nil, err
		}
		for i, name := range c.header {
			text, quoted := row.field(i)
			if c.isNull(text, quoted, true) {
				continue
			}
			f := fitsOf(string(text))
			if bad := g.fields[name].scalar(f, row.line, string(text)); bad != nil {
				return nil, located(bad, in.name, row.line, name, "")
			}
		}
	}
}

func inferJSONL(in *input, f io.Reader) (*schema.Struct, error) {
	j := openJSONL(in, f)
	g := &guess{}
	for {
		n, err := j.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if bad := g.object(n, j.line); bad != nil {
			bad.Source, bad.Line = in.name, j.line
			return nil, bad
		}
	}
	if len(g.names) == 0 {
		return nil, &inputError{Source: in.name, Problem: "no columns: there is no object with a key"}
	}
	return g.structType(), nil
}
