package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/schema"
)

// bloomColumns are the names in data files of the columns that are to get a
// bloom filter.
func bloomColumns(s *schema.Struct, partition, names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		found := false
		for path, field := range s.Leaves() {
			if full := strings.Join(path, "."); strings.EqualFold(full, name) {
				if why := noBloom(field.Type, path, partition); why != "" {
					return nil, marked{fmt.Errorf("column %q can have no bloom filter: %s", full, why), ErrSchema}
				}
				found = true
				out = append(out, full)
			}
		}
		if !found {
			return nil, &scan.ColumnError{Column: name}
		}
	}
	return out, nil
}

// noBloom is why a column can have no bloom filter.
func noBloom(t schema.Type, path, partition []string) string {
	if slices.ContainsFunc(partition, func(p string) bool { return strings.EqualFold(p, path[0]) }) {
		return "it is a partition column"
	}
	if _, decimal := t.(schema.Decimal); decimal {
		return ""
	}
	switch p, primitive := t.(schema.Primitive); {
	case !primitive, p == schema.Boolean, p == schema.Variant, p == schema.Void:
		return fmt.Sprintf("it is of type %v", t)
	}
	return ""
}
