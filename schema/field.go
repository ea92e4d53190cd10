package schema

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Keys of [Metadata] that column mapping uses.
const (
	keyColumnID     = "delta.columnMapping.id"
	keyPhysicalName = "delta.columnMapping.physicalName"
)

// String is the text at key; false if there is none, or if it is not a string.
func (m Metadata) String(key string) (string, bool) {
	raw, ok := m[key]
	if !ok || len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// Int is the integer at key, also when it is written as a string, as some
// writers do; false if there is none, or if it is not an integer of 64 bits.
func (m Metadata) Int(key string) (int64, bool) {
	raw, ok := m[key]
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	return n, err == nil
}

// With is a copy of m in which key has value. It fails, as json.Marshal does,
// if value has no JSON.
func (m Metadata) With(key string, value any) (Metadata, error) {
	raw, err := rawJSON(value)
	if err != nil {
		return nil, &InvalidError{Problem: "metadata key " + key, Err: err}
	}
	out := make(Metadata, len(m)+1)
	maps.Copy(out, m)
	out[key] = raw
	return out, nil
}

// rawJSON is json.Marshal without HTML escapes.
func rawJSON(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// PhysicalName is the name that the field has in data files, partition values
// and statistics of a table with column mapping; Name if none is recorded.
func (f Field) PhysicalName() string {
	if name, ok := f.Metadata.String(keyPhysicalName); ok {
		return name
	}
	return f.Name
}

// ColumnID is the field id that column mapping gave the field, if it did.
func (f Field) ColumnID() (int64, bool) { return f.Metadata.Int(keyColumnID) }

// Physical is the schema with every field, at every depth, under its
// [Field.PhysicalName]. Only tables with column mapping have one.
func (s *Struct) Physical() *Struct { return physical(s).(*Struct) }

func physical(t Type) Type {
	switch t := t.(type) {
	case *Array:
		return &Array{Element: physical(t.Element), ContainsNull: t.ContainsNull}
	case *Map:
		return &Map{Key: physical(t.Key), Value: physical(t.Value), ValueContainsNull: t.ValueContainsNull}
	case *Struct:
		fields := slices.Clone(t.Fields)
		for i, f := range fields {
			fields[i].Name = f.PhysicalName()
			fields[i].Type = physical(f.Type)
		}
		return &Struct{Fields: fields}
	default:
		return t
	}
}

// Unmapped is the schema without what column mapping records of its fields, at
// every depth: ids and physical names.
func (s *Struct) Unmapped() *Struct { return unmapped(s).(*Struct) }

func unmapped(t Type) Type {
	switch t := t.(type) {
	case *Array:
		return &Array{Element: unmapped(t.Element), ContainsNull: t.ContainsNull}
	case *Map:
		return &Map{Key: unmapped(t.Key), Value: unmapped(t.Value), ValueContainsNull: t.ValueContainsNull}
	case *Struct:
		fields := slices.Clone(t.Fields)
		for i, f := range fields {
			fields[i].Type = unmapped(f.Type)
			fields[i].Metadata = maps.Clone(f.Metadata)
			maps.DeleteFunc(fields[i].Metadata, func(key string, _ json.RawMessage) bool {
				return strings.HasPrefix(key, "delta.columnMapping.")
			})
			if len(fields[i].Metadata) == 0 {
				fields[i].Metadata = nil
			}
		}
		return &Struct{Fields: fields}
	default:
		return t
	}
}

// Field is the field at path, one name for each level of structs, spelled
// exactly. Arrays and maps are not entered.
func (s *Struct) Field(path ...string) (Field, bool) {
	along, ok := s.Along(path...)
	if !ok {
		return Field{}, false
	}
	return along[len(along)-1], true
}

// Along is the fields that a path leads through, the one at its end included:
// see Field.
func (s *Struct) Along(path ...string) ([]Field, bool) {
	along := make([]Field, 0, len(path))
	for depth, name := range path {
		i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
		if i < 0 {
			return nil, false
		}
		f := s.Fields[i]
		along = append(along, f)
		if depth == len(path)-1 {
			return along, true
		}
		nested, ok := f.Type.(*Struct)
		if !ok {
			return nil, false
		}
		s = nested
	}
	return nil, false
}

// Insert adds a field at a path, whose last name it gets, in structs that are
// made where there are none. A field that is there is left alone. It is for
// schemas that are being put together and not shared yet.
func (s *Struct) Insert(path []string, f Field) {
	for depth, name := range path {
		at := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
		if depth == len(path)-1 {
			if at < 0 {
				f.Name = name
				s.Fields = append(s.Fields, f)
			}
			return
		}
		if at < 0 {
			at = len(s.Fields)
			s.Fields = append(s.Fields, Field{Name: name, Type: &Struct{}, Nullable: true})
		}
		inner, is := s.Fields[at].Type.(*Struct)
		if !is {
			return
		}
		s = inner
	}
}

// Lookup is the index of the field that SQL means by name: the one spelled
// so, else the only one that differs from name in nothing but case.
func (s *Struct) Lookup(name string) (int, bool) {
	found := -1
	for i, f := range s.Fields {
		if f.Name == name {
			return i, true
		}
		if strings.EqualFold(f.Name, name) {
			if found >= 0 {
				found = len(s.Fields) // ambiguous, unless the exact name follows
				continue
			}
			found = i
		}
	}
	if found < 0 || found == len(s.Fields) {
		return 0, false
	}
	return found, true
}

// Leaves visits the columns that statistics count, in schema order, with the
// names that lead to each. Structs are entered; an array or a map is one leaf,
// as is a struct without fields. The path is the visitor's to keep.
func (s *Struct) Leaves() iter.Seq2[[]string, Field] {
	return func(yield func([]string, Field) bool) { leaves(s, nil, yield) }
}

func leaves(s *Struct, path []string, yield func([]string, Field) bool) bool {
	for _, f := range s.Fields {
		here := append(path, f.Name)
		if nested, ok := f.Type.(*Struct); ok && len(nested.Fields) > 0 {
			if !leaves(nested, here, yield) {
				return false
			}
		} else if !yield(slices.Clone(here), f) {
			return false
		}
	}
	return true
}

// fold maps names that differ only in case to one string.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		if r < 0x80 && r != 'k' && r != 's' {
			return r
		}
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		if 'A' <= least && least <= 'Z' { // K (Kelvin sign) and S (long s) fold to ASCII
			least += 'a' - 'A'
		}
		return least
	}, s)
}
