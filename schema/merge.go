package schema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Merge is the schema of table after data of another schema is added to it:
// schema evolution.
//
// Columns of the table keep their place, spelling, nullability and metadata;
// columns that only data has are appended, nested ones too, nullable at every
// depth and without metadata keys of the protocol ("delta.…": ids and physical
// names are the caller's to give). Names match as in [Struct.Lookup]. A column
// that data lacks stays; whether nulls may fill it is the writer's to check.
//
// Types follow these rules, first match first:
//
//   - equal types stay; a void column takes any type, void data any column;
//   - data that widens to the table's type ([CanWiden]) leaves it as it is:
//     the writer casts;
//   - among byte, short and int, the wider of the two;
//   - with widen, what type widening lets schema evolution change: integers to
//     wider integers, float to double, decimals to wider decimals, date to
//     timestamp_ntz. The change is recorded in the metadata of the nearest
//     field (delta.typeChanges); the caller sees to the table features;
//   - all else is a [*MismatchError].
//
// Names of data that differ only in case, or that fit two columns, are an
// [*InvalidError].
func Merge(table, data *Struct, widen bool) (*Struct, error) {
	m := merger{widen: widen}
	return m.structs(table, data, nil)
}

type merger struct{ widen bool }

// A change is an entry of delta.typeChanges; the order of keys is Spark's.
type change struct {
	ToType    Type   `json:"toType"`
	FromType  Type   `json:"fromType"`
	FieldPath string `json:"fieldPath,omitempty"`
}

const keyTypeChanges = "delta.typeChanges"

func (m merger) structs(table, data *Struct, path []string) (*Struct, error) {
	if err := checkDuplicates(data, path); err != nil {
		return nil, err
	}
	fields := slices.Clone(table.Fields)
	at := index(table)
	for _, d := range data.Fields {
		i, ok := at[fold(d.Name)]
		if !ok {
			fields = append(fields, added(d))
			continue
		}
		if i == ambiguous {
			if i, ok = table.Lookup(d.Name); !ok {
				return nil, &InvalidError{Column: columnName(append(slices.Clone(path), d.Name)), Problem: "the name fits two columns of the table"}
			}
		}
		f := fields[i]
		t, found, err := m.types(f.Type, d.Type, append(path, f.Name))
		if err != nil {
			return nil, err
		}
		f.Type = t
		if f.Metadata, err = record(f.Metadata, found); err != nil {
			return nil, err
		}
		fields[i] = f
	}
	return &Struct{Fields: fields}, nil
}

// ambiguous marks names that differ only in case in an index.
const ambiguous = -1

func index(s *Struct) map[string]int {
	at := make(map[string]int, len(s.Fields))
	for i, f := range s.Fields {
		name := fold(f.Name)
		if _, dup := at[name]; dup {
			i = ambiguous
		}
		at[name] = i
	}
	return at
}

// types merges the types of a column, and says which changes to record at the
// nearest field.
func (m merger) types(table, data Type, path []string) (Type, []change, error) {
	switch t := table.(type) {
	case *Struct:
		if d, ok := data.(*Struct); ok {
			s, err := m.structs(t, d, path)
			return s, nil, err
		}
	case *Array:
		if d, ok := data.(*Array); ok {
			element, found, err := m.types(t.Element, d.Element, append(path, "element"))
			return &Array{Element: element, ContainsNull: t.ContainsNull}, beneath("element", found), err
		}
	case *Map:
		if d, ok := data.(*Map); ok {
			key, found, err := m.types(t.Key, d.Key, append(path, "key"))
			if err != nil {
				return nil, nil, err
			}
			val, more, err := m.types(t.Value, d.Value, append(path, "value"))
			found = append(beneath("key", found), beneath("value", more)...)
			return &Map{Key: key, Value: val, ValueContainsNull: t.ValueContainsNull}, found, err
		}
	}
	switch {
	case table == Void:
		return nullable(data), nil, nil
	case data == Void || CanWiden(data, table):
		return table, nil, nil
	case m.widen && evolves(table, data):
		return data, []change{{ToType: data, FromType: table}}, nil
	case data != Long && integral(table) && integral(data): // evolves, and no file changes: all three are INT32
		return data, nil, nil
	default:
		return nil, nil, &MismatchError{Column: columnName(path), Table: table, Data: data}
	}
}

// beneath puts step before the paths of changes found inside an array or map.
func beneath(step string, found []change) []change {
	for i := range found {
		found[i].FieldPath = strings.TrimSuffix(step+"."+found[i].FieldPath, ".")
	}
	return found
}

// record appends changes to the field's history.
func record(m Metadata, found []change) (Metadata, error) {
	if len(found) == 0 {
		return m, nil
	}
	var history []json.RawMessage
	if raw, ok := m[keyTypeChanges]; ok {
		if err := json.Unmarshal(raw, &history); err != nil {
			return nil, &InvalidError{Problem: keyTypeChanges, Err: err}
		}
	}
	for _, c := range found {
		raw, err := rawJSON(c)
		if err != nil {
			return nil, &InvalidError{Problem: keyTypeChanges, Err: err}
		}
		history = append(history, raw)
	}
	return m.With(keyTypeChanges, history)
}

// added is a column of the data as a new column of the table.
func added(f Field) Field {
	kept := maps.Clone(f.Metadata)
	maps.DeleteFunc(kept, func(key string, _ json.RawMessage) bool { return strings.HasPrefix(key, "delta.") })
	if len(kept) == 0 {
		kept = nil
	}
	return Field{Name: f.Name, Type: nullable(f.Type), Nullable: true, Metadata: kept}
}

// nullable is t with nulls allowed at every depth, its fields as by [added].
func nullable(t Type) Type {
	switch t := t.(type) {
	case *Array:
		return &Array{Element: nullable(t.Element), ContainsNull: true}
	case *Map:
		return &Map{Key: nullable(t.Key), Value: nullable(t.Value), ValueContainsNull: true}
	case *Struct:
		fields := make([]Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = added(f)
		}
		return &Struct{Fields: fields}
	default:
		return t
	}
}
