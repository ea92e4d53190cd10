package schema

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// Keys of [Metadata] by which a column says where its values come from.
const (
	keyGeneration = "delta.generationExpression"
	keyDefault    = "CURRENT_DEFAULT"
	keyStart      = "delta.identity.start"
	keyStep       = "delta.identity.step"
	keyHighWater  = "delta.identity.highWaterMark"
	keyExplicit   = "delta.identity.allowExplicitInsert"
	keyChanges    = "delta.typeChanges"
)

// Generated is the SQL of a generated column: every row's value is that of the
// expression (protocol, section "Generated Columns").
func (f Field) Generated() (sql string, ok bool) { return f.Metadata.String(keyGeneration) }

// Default is the SQL of the value that a column takes where a row does not say
// (protocol, section "Default Columns").
func (f Field) Default() (sql string, ok bool) { return f.Metadata.String(keyDefault) }

// Identity is how a column numbers its rows: start, start+step and so on
// (protocol, section "Identity Columns").
type Identity struct {
	Start, Step   int64
	HighWaterMark *int64 // the last number that was given; nil: none was
	AllowExplicit bool   // rows may bring numbers of their own
}

// Identity is the column's numbering; false if it is none of the kind.
func (f Field) Identity() (Identity, bool) {
	start, ok1 := f.Metadata.Int(keyStart)
	step, ok2 := f.Metadata.Int(keyStep)
	id := Identity{Start: start, Step: step, AllowExplicit: string(f.Metadata[keyExplicit]) == "true"}
	if mark, has := f.Metadata.Int(keyHighWater); has {
		id.HighWaterMark = &mark
	}
	return id, ok1 && ok2
}

// TypeChange is one step in which a column, or an element, key or value in it,
// got a wider type (protocol, section "Type Widening Metadata").
type TypeChange struct {
	From, To Type
	Path     string // in the field: "element", "key", "value" and what these hold, with dots; "": the field itself
}

// TypeChanges are the steps that a field has taken, oldest first. The error is
// an [*InvalidError] for what cannot be read, or names a type that the protocol
// does not have.
func (f Field) TypeChanges() ([]TypeChange, error) {
	raw, has := f.Metadata[keyChanges]
	if !has {
		return nil, nil
	}
	var written []struct {
		FromType  string `json:"fromType"`
		ToType    string `json:"toType"`
		FieldPath string `json:"fieldPath"`
	}
	if err := json.Unmarshal(raw, &written); err != nil {
		return nil, &InvalidError{Column: f.Name, Problem: "metadata key " + keyChanges + " is no list of changes"}
	}
	changes := make([]TypeChange, len(written))
	for i, w := range written {
		changes[i].Path = w.FieldPath
		var from, to bool
		changes[i].From, from = typeOfJSONName(w.FromType)
		changes[i].To, to = typeOfJSONName(w.ToType)
		if !from || !to {
			return nil, &InvalidError{Column: f.Name, Problem: fmt.Sprintf("metadata key %s: from type %q to %q", keyChanges, w.FromType, w.ToType)}
		}
	}
	return changes, nil
}

// All visits every field at every depth, the outer before the inner, with the
// names that lead to it: through arrays and maps by element, key and value. The
// path is the visitor's until it returns.
func (s *Struct) All() iter.Seq2[[]string, Field] {
	return func(yield func([]string, Field) bool) { allFields(s, nil, yield) }
}

func allFields(t Type, path []string, yield func([]string, Field) bool) bool {
	switch t := t.(type) {
	case *Array:
		return allFields(t.Element, append(path, "element"), yield)
	case *Map:
		return allFields(t.Key, append(path, "key"), yield) && allFields(t.Value, append(path, "value"), yield)
	case *Struct:
		return !slices.ContainsFunc(t.Fields, func(f Field) bool {
			here := append(path, f.Name)
			return !yield(here, f) || !allFields(f.Type, here, yield)
		})
	default:
		return true
	}
}
