package schema

import (
	"fmt"
	"slices"
	"strings"
)

// namesForbid holds the characters that a name may not have unless the table
// has column mapping: Parquet readers of other engines fail on them.
const namesForbid = " ,;{}()\n\t="

// Validate says why a table with schema s, partitioned by the columns of the
// given names, must not be written; nil if it may. It checks names, nested
// ones too, void and interval columns (protocol, section "Void Type": no file
// can hold a struct or a table of nothing but void), map keys, the JSON of
// metadata, limits, and that partition columns exist as spelled, can be
// partition values, and leave a column over.
//
// Errors: [*InvalidError], [*LimitError].
func Validate(s *Struct, partitionColumns []string, columnMapping bool) error {
	v := validator{mapped: columnMapping}
	if err := v.structure(s, nil); err != nil {
		return err
	}
	if err := checkMetadata(s, nil, nil); err != nil {
		return err
	}
	return validatePartitioning(s, partitionColumns)
}

type validator struct {
	mapped  bool
	columns int
}

func (v *validator) structure(s *Struct, path []string) error {
	if err := checkDuplicates(s, path); err != nil {
		return err
	}
	if onlyVoid(s) {
		return &InvalidError{Column: columnName(path), Problem: "no column that a file could hold"}
	}
	for _, f := range s.Fields {
		here := append(path, f.Name)
		if err := v.name(f.Name, here); err != nil {
			return err
		}
		if err := v.typ(f.Type, here, false); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) name(name string, path []string) error {
	switch {
	case name == "":
		return &InvalidError{Column: columnName(path), Problem: "the name is empty"}
	case !v.mapped && strings.ContainsAny(name, namesForbid):
		return &InvalidError{Column: columnName(path), Problem: fmt.Sprintf("a name without column mapping has none of %q", namesForbid)}
	case strings.ToValidUTF8(name, "") != name:
		return &InvalidError{Column: columnName(path), Problem: "the name is not UTF-8"}
	}
	return nil
}

// typ checks t; inside says that t is part of an array or a map.
func (v *validator) typ(t Type, path []string, inside bool) error {
	if len(path) > depthMax {
		return &LimitError{What: "nesting depth", Max: depthMax}
	}
	if v.columns++; v.columns > 2*columnsMax {
		return &LimitError{What: "columns", Max: columnsMax}
	}
	invalid := func(problem string) error {
		return &InvalidError{Column: columnName(path), Problem: problem}
	}
	switch t := t.(type) {
	case nil:
		return invalid("no type")
	case Primitive:
		if t < Boolean || t > Void {
			return invalid("not a type: " + t.String())
		}
		if t == Void && inside {
			return invalid("void inside an array or a map")
		}
	case Decimal:
		if _, ok := decimalOf([]int{t.Precision, t.Scale}); !ok {
			return invalid("not a type: " + t.String())
		}
	case *Array:
		return v.typ(t.Element, append(path, "element"), true)
	case *Map:
		if !canBeKey(t.Key) {
			return invalid(fmt.Sprintf("%v cannot be the key of a map", t.Key))
		}
		if err := v.typ(t.Key, append(path, "key"), true); err != nil {
			return err
		}
		return v.typ(t.Value, append(path, "value"), true)
	case *Struct:
		return v.structure(t, path)
	default:
		return invalid(t.String() + " is not written")
	}
	return nil
}

// onlyVoid says that s has no field, or none but void ones.
func onlyVoid(s *Struct) bool {
	return !slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Type != Void })
}

// canBeKey says whether the keys of a map may be of type t: maps and variants
// have no equality in Spark.
func canBeKey(t Type) bool {
	switch t := t.(type) {
	case Primitive:
		return t != Variant
	case *Array:
		return canBeKey(t.Element)
	case *Map:
		return false
	case *Struct:
		return !slices.ContainsFunc(t.Fields, func(f Field) bool { return !canBeKey(f.Type) })
	default:
		return true
	}
}

func validatePartitioning(s *Struct, columns []string) error {
	for i, name := range columns {
		f, ok := s.Field(name)
		if !ok {
			problem := "there is no such column to partition by"
			if near, found := s.Lookup(name); found {
				problem += "; it is spelled " + s.Fields[near].Name
			}
			return &InvalidError{Column: name, Problem: problem}
		}
		if !CanPartition(f.Type) {
			return &InvalidError{Column: name, Problem: fmt.Sprintf("%v cannot be partitioned by", f.Type)}
		}
		if slices.Contains(columns[:i], name) {
			return &InvalidError{Column: name, Problem: "partitioned by twice"}
		}
	}
	rest := slices.ContainsFunc(s.Fields, func(f Field) bool {
		return f.Type != Void && !slices.Contains(columns, f.Name)
	})
	if !rest {
		return &InvalidError{Problem: "every column is a partition column: no column is left for the data files"}
	}
	return nil
}

// CanPartition says whether a new table may be partitioned by a column of
// type t. Binary is refused: engines disagree on how to write it, and lose
// bytes.
func CanPartition(t Type) bool {
	switch t := t.(type) {
	case Primitive:
		return t >= Boolean && t < Variant && t != Binary
	case Decimal:
		return true
	default:
		return false
	}
}
