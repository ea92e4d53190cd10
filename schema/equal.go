package schema

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Equal says whether two types are the same in everything: names, order,
// nullability and metadata (as JSON texts, apart from spacing). Two nils are
// equal.
func Equal(a, b Type) bool { return equal(a, b, true) }

// EqualIgnoringNullability says whether two types hold the same columns: the
// same names in the same order with the same types. Nullability and metadata
// may differ.
func EqualIgnoringNullability(a, b Type) bool { return equal(a, b, false) }

func equal(a, b Type, strict bool) bool {
	switch a := a.(type) {
	case *Array:
		b, ok := b.(*Array)
		return ok && (!strict || a.ContainsNull == b.ContainsNull) && equal(a.Element, b.Element, strict)
	case *Map:
		b, ok := b.(*Map)
		return ok && (!strict || a.ValueContainsNull == b.ValueContainsNull) &&
			equal(a.Key, b.Key, strict) && equal(a.Value, b.Value, strict)
	case *Struct:
		b, ok := b.(*Struct)
		if !ok || len(a.Fields) != len(b.Fields) {
			return false
		}
		for i, f := range a.Fields {
			g := b.Fields[i]
			if f.Name != g.Name || !equal(f.Type, g.Type, strict) {
				return false
			}
			if strict && (f.Nullable != g.Nullable || !maps.EqualFunc(f.Metadata, g.Metadata, sameJSON)) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

func sameJSON(a, b json.RawMessage) bool {
	return bytes.Equal(appendRaw(nil, a), appendRaw(nil, b))
}
