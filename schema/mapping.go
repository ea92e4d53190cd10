package schema

import (
	"fmt"
	"strings"
)

// Mapping says by what the columns of a table are found in its data files, and
// in the partition values and statistics of its log (protocol, section "Column
// Mapping").
type Mapping uint8

const (
	// NoMapping: by their names.
	NoMapping Mapping = iota
	// NameMapping: by their physical names.
	NameMapping
	// IDMapping: in files by the Parquet field id, in the log by their physical
	// names.
	IDMapping
)

// String is the value of the property delta.columnMapping.mode.
func (m Mapping) String() string {
	switch m {
	case NameMapping:
		return "name"
	case IDMapping:
		return "id"
	default:
		return "none"
	}
}

// ParseMapping is the mapping of a value of delta.columnMapping.mode, of which
// "" is as good as "none"; ok is false if the protocol has no such mode.
func ParseMapping(mode string) (m Mapping, ok bool) {
	switch strings.ToLower(mode) {
	case "", "none":
		return NoMapping, true
	case "name":
		return NameMapping, true
	case "id":
		return IDMapping, true
	default:
		return NoMapping, false
	}
}

// Stored is the name that the log has for a field, and files, too, unless they
// go by ids.
func (m Mapping) Stored(f Field) string {
	if m == NoMapping {
		return f.Name
	}
	return f.PhysicalName()
}

// StoredPath is the path of names by which the log has the field at path, which
// is spelled as in the schema, and the field itself. It reports false if there
// is no such field, or if the path enters an array or a map.
func (m Mapping) StoredPath(s *Struct, path []string) (stored []string, f Field, ok bool) {
	fields, ok := s.Along(path...)
	if !ok {
		return nil, Field{}, false
	}
	stored = make([]string, len(fields))
	for i, f := range fields {
		stored[i] = m.Stored(f)
	}
	return stored, fields[len(fields)-1], true
}

// Check says what a schema lacks for the mapping: every field, at every depth,
// has a physical name, an id if that is what files go by, and shares neither
// with another one. The error is an [*InvalidError].
func (m Mapping) Check(s *Struct) error {
	if m == NoMapping {
		return nil
	}
	return m.check(s, nil, map[int64]string{})
}

// check checks a struct, and a type that may hold one; ids are those seen in
// the whole schema.
func (m Mapping) check(t Type, path []string, ids map[int64]string) error {
	switch t := t.(type) {
	case *Array:
		return m.check(t.Element, append(path, "element"), ids)
	case *Map:
		if err := m.check(t.Key, append(path, "key"), ids); err != nil {
			return err
		}
		return m.check(t.Value, append(path, "value"), ids)
	case *Struct:
		names := make(map[string]bool, len(t.Fields))
		for _, f := range t.Fields {
			here := append(path, f.Name)
			if err := m.checkField(f, here, names, ids); err != nil {
				return err
			}
			if err := m.check(f.Type, here, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m Mapping) checkField(f Field, path []string, names map[string]bool, ids map[int64]string) error {
	invalid := func(format string, args ...any) error {
		return &InvalidError{Column: columnName(path), Problem: fmt.Sprintf("column mapping: "+format, args...)}
	}
	name, has := f.Metadata.String(keyPhysicalName)
	switch {
	case !has || name == "":
		return invalid("the field has no physical name")
	case names[name]:
		return invalid("another field has the physical name %q, too", name)
	}
	names[name] = true
	id, has := f.ColumnID()
	if !has || id < 0 {
		if m == IDMapping {
			return invalid("the field has no id")
		}
		return nil
	}
	if other, twice := ids[id]; twice {
		return invalid("field id %d is that of %q, too", id, other)
	}
	ids[id] = columnName(path)
	return nil
}
