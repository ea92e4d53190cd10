package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// JSON is the schema as it is stored in metaData.schemaString: compact, keys
// in Spark's order, metadata sorted by key, no HTML escapes. A metadata value
// that is not JSON becomes null; [Validate] and [Struct.MarshalJSON] report it.
func (s *Struct) JSON() []byte { return appendType(nil, s) }

// MarshalJSON is [Struct.JSON]; a metadata value that is not JSON is an error.
func (s *Struct) MarshalJSON() ([]byte, error) { return marshal(s) }

// MarshalJSON is the array as the schema's JSON has it.
func (a *Array) MarshalJSON() ([]byte, error) { return marshal(a) }

// MarshalJSON is the map as the schema's JSON has it.
func (m *Map) MarshalJSON() ([]byte, error) { return marshal(m) }

// MarshalJSON is the type's name in the schema's JSON, as in "long".
func (p Primitive) MarshalJSON() ([]byte, error) { return marshal(p) }

// MarshalJSON is the type's name in the schema's JSON, as in "decimal(10,2)".
func (d Decimal) MarshalJSON() ([]byte, error) { return marshal(d) }

// MarshalJSON is the type's name in the schema's JSON.
func (i Interval) MarshalJSON() ([]byte, error) { return marshal(i) }

// MarshalJSON is the field as the schema's JSON has it.
func (f Field) MarshalJSON() ([]byte, error) {
	if err := checkMetadata(f.Type, f.Metadata, []string{f.Name}); err != nil {
		return nil, err
	}
	return appendField(nil, f), nil
}

func marshal(t Type) ([]byte, error) {
	if err := checkMetadata(t, nil, nil); err != nil {
		return nil, err
	}
	return appendType(nil, t), nil
}

// checkMetadata reports the first metadata value, in m or inside t, that is
// not JSON.
func checkMetadata(t Type, m Metadata, path []string) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !json.Valid(m[key]) {
			return &InvalidError{Column: columnName(path), Problem: fmt.Sprintf("the value of metadata key %q is not JSON", key)}
		}
	}
	switch t := t.(type) {
	case *Array:
		return checkMetadata(t.Element, nil, append(path, "element"))
	case *Map:
		if err := checkMetadata(t.Key, nil, append(path, "key")); err != nil {
			return err
		}
		return checkMetadata(t.Value, nil, append(path, "value"))
	case *Struct:
		for _, f := range t.Fields {
			if err := checkMetadata(f.Type, f.Metadata, append(path, f.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func appendType(b []byte, t Type) []byte {
	switch t := t.(type) {
	case Primitive:
		return appendString(b, t.jsonName())
	case *Array:
		b = append(b, `{"type":"array","elementType":`...)
		b = appendType(b, t.Element)
		b = append(b, `,"containsNull":`...)
		b = strconv.AppendBool(b, t.ContainsNull)
		return append(b, '}')
	case *Map:
		b = append(b, `{"type":"map","keyType":`...)
		b = appendType(b, t.Key)
		b = append(b, `,"valueType":`...)
		b = appendType(b, t.Value)
		b = append(b, `,"valueContainsNull":`...)
		b = strconv.AppendBool(b, t.ValueContainsNull)
		return append(b, '}')
	case *Struct:
		b = append(b, `{"type":"struct","fields":[`...)
		for i, f := range t.Fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendField(b, f)
		}
		return append(b, `]}`...)
	case nil:
		return append(b, `null`...)
	default: // Decimal, Interval
		return appendString(b, t.String())
	}
}

func appendField(b []byte, f Field) []byte {
	b = append(b, `{"name":`...)
	b = appendString(b, f.Name)
	b = append(b, `,"type":`...)
	b = appendType(b, f.Type)
	b = append(b, `,"nullable":`...)
	b = strconv.AppendBool(b, f.Nullable)
	b = append(b, `,"metadata":{`...)
	for i, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, key)
		b = append(b, ':')
		b = appendRaw(b, f.Metadata[key])
	}
	return append(b, `}}`...)
}

// appendRaw appends raw without insignificant space, null if it is not JSON.
func appendRaw(b []byte, raw json.RawMessage) []byte {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return append(b, `null`...)
	}
	return append(b, compact.Bytes()...)
}

// appendString appends s as a JSON string, escaping no more than JSON asks
// for. Invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
