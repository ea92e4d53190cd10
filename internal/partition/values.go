package partition

import (
	"fmt"
	"strings"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Columns is the partition columns of a table, in the order of the layout, each
// named as partitionValues has it. A name that the schema lacks is a
// [*schema.InvalidError].
func Columns(s *schema.Struct, names []string, mapping schema.Mapping) ([]schema.Field, error) {
	columns := make([]schema.Field, len(names))
	for i, name := range names {
		at, ok := s.Lookup(name)
		if !ok {
			return nil, &schema.InvalidError{Column: name, Problem: "the table is partitioned by a column that it does not have"}
		}
		columns[i] = s.Fields[at]
		columns[i].Name = mapping.Stored(s.Fields[at])
	}
	return columns, nil
}

// AppendValues appends the typed values of a file's partitionValues, one for each
// column of [Columns]. A missing key is null, and so is an empty text. A key is
// found by its exact name, else by the only one that differs in case. Timestamps
// without a zone are of zone; nil is UTC.
//
// A text that is no value of its column's type is an error that names the
// column.
func AppendValues(dst []value.Value, add map[string]*string, columns []schema.Field, zone *time.Location) ([]value.Value, error) {
	for _, c := range columns {
		text, _, err := Lookup(add, c.Name)
		if err != nil {
			return dst, err
		}
		if text == nil {
			dst = append(dst, value.Null(c.Type))
			continue
		}
		v, err := value.ParsePartition(c.Type, *text, zone)
		if err != nil {
			return dst, fmt.Errorf("partition column %q: %w", c.Name, err)
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// Lookup is the text at the key of a column, which [Columns] has named; nil if it
// is null or missing. Several keys that differ from the name only in case are an
// error.
func Lookup(add map[string]*string, name string) (text *string, has bool, err error) {
	if text, has := add[name]; has {
		return text, true, nil
	}
	var found *string
	matches := 0
	for key, text := range add {
		if strings.EqualFold(key, name) {
			found = text
			matches++
		}
	}
	if matches > 1 {
		return nil, true, fmt.Errorf("partition column %q: %d keys differ from it only in case", name, matches)
	}
	return found, matches == 1, nil
}

// Map is partitionValues for a new file, with a key for every column, of
// values in the order of columns. Nulls and empty strings are JSON's null
// (protocol: the empty text is null for every type).
//
// A value that is not of its column's type, nor casts to it without loss, is
// an error; so are binaries, which engines write in different ways, and
// strings that are not UTF-8, which JSON cannot hold.
func Map(columns []schema.Field, values []value.Value) (map[string]*string, error) {
	if len(columns) != len(values) {
		return nil, fmt.Errorf("%d values for %d partition columns", len(values), len(columns))
	}
	texts := make(map[string]*string, len(columns))
	for i, c := range columns {
		v, ok := value.Cast(values[i], c.Type)
		if !ok {
			return nil, fmt.Errorf("partition column %q: %#v is not a value of type %v", c.Name, values[i], c.Type)
		}
		text, notNull, err := v.PartitionString()
		switch {
		case err != nil:
			return nil, fmt.Errorf("partition column %q: %w", c.Name, err)
		case notNull:
			texts[c.Name] = &text
		default:
			texts[c.Name] = nil
		}
	}
	return texts, nil
}
