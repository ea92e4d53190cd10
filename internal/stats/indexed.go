package stats

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foreset/foreset/schema"
)

// The table properties that choose what gets statistics.
const (
	propIndexedColumns = "delta.dataSkippingNumIndexedCols"
	propStatsColumns   = "delta.dataSkippingStatsColumns"
	propStringPrefix   = "delta.dataSkippingStringPrefixLength"
)

// indexedColumnsDefault is the number of leaf columns that get statistics
// unless the table says otherwise.
const indexedColumnsDefault = 32

// Indexed says which leaf columns of a table get statistics. s is the table's
// schema, the names in it, in partitionColumns and in conf (the table's
// configuration) being of one kind.
//
// They are the columns that delta.dataSkippingStatsColumns lists, structs
// standing for all that is in them; without that property the first
// delta.dataSkippingNumIndexedCols leaves in the order of the schema, 32 by
// default and all for −1. Partition columns are never among them and do not
// count; leaves whose type has no bounds count like the others. A property
// that cannot be read is an error.
func Indexed(s *schema.Struct, partitionColumns []string, conf map[string]string) (func(path []string) bool, error) {
	data := &schema.Struct{}
	for _, f := range s.Fields {
		if !slices.ContainsFunc(partitionColumns, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			data.Fields = append(data.Fields, f)
		}
	}
	leaves := leafPaths(data, nil)
	if list := strings.TrimSpace(conf[propStatsColumns]); list != "" {
		wanted, err := splitNames(list)
		if err != nil {
			return nil, fmt.Errorf("table property %s=%q: %w", propStatsColumns, list, err)
		}
		return among(slices.DeleteFunc(leaves, func(path []string) bool { return !listed(wanted, path) })), nil
	}
	n := indexedColumnsDefault
	if text, ok := conf[propIndexedColumns]; ok {
		var err error
		if n, err = strconv.Atoi(strings.TrimSpace(text)); err != nil || n < -1 {
			return nil, fmt.Errorf("table property %s=%q: not a number of columns, nor −1 for all", propIndexedColumns, text)
		}
	}
	if n >= 0 && n < len(leaves) {
		leaves = leaves[:n]
	}
	return among(leaves), nil
}

// StringPrefix is the number of characters that string bounds keep in a table
// with the configuration conf: delta.dataSkippingStringPrefixLength, or
// [StringPrefixDefault]. A property that cannot be read is an error.
func StringPrefix(conf map[string]string) (int, error) {
	text, ok := conf[propStringPrefix]
	if !ok {
		return StringPrefixDefault, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("table property %s=%q: not a positive number", propStringPrefix, text)
	}
	return n, nil
}

// leafPaths lists the leaf columns of s in its order.
func leafPaths(s *schema.Struct, parent []string) [][]string {
	var out [][]string
	for _, f := range s.Fields {
		path := append(slices.Clone(parent), f.Name)
		if sub, ok := f.Type.(*schema.Struct); ok {
			out = append(out, leafPaths(sub, path)...)
		} else {
			out = append(out, path)
		}
	}
	return out
}

// among tells whether a path is one of paths.
func among(paths [][]string) func(path []string) bool {
	set := make(map[string]bool, len(paths))
	for _, p := range paths {
		set[strings.Join(p, "\x00")] = true
	}
	return func(path []string) bool { return set[strings.Join(path, "\x00")] }
}

// listed says whether path, or a struct around it, is one of names. Case does
// not matter.
func listed(names [][]string, path []string) bool {
	return slices.ContainsFunc(names, func(name []string) bool {
		return len(name) <= len(path) && slices.EqualFunc(name, path[:len(name)], strings.EqualFold)
	})
}

// splitNames reads a list of column names as SQL writes them: separated by
// commas, nested names by dots, a name with other characters in backticks,
// where two backticks stand for one.
func splitNames(list string) ([][]string, error) {
	var names [][]string
	var name []string
	for rest := list; ; {
		part, tail, err := cutName(strings.TrimSpace(rest))
		if err != nil {
			return nil, err
		}
		name = append(name, part)
		tail = strings.TrimSpace(tail)
		switch {
		case tail == "":
			return append(names, name), nil
		case tail[0] == '.':
		case tail[0] == ',':
			names, name = append(names, name), nil
		default:
			return nil, fmt.Errorf("%q after a column name", tail)
		}
		rest = tail[1:]
	}
}

// cutName takes the first part of a name from s.
func cutName(s string) (part, rest string, err error) {
	if !strings.HasPrefix(s, "`") {
		end := strings.IndexAny(s, ".,`")
		if end < 0 {
			end = len(s)
		}
		if part = strings.TrimSpace(s[:end]); part == "" {
			return "", "", fmt.Errorf("an empty column name")
		}
		return part, s[end:], nil
	}
	var b strings.Builder
	for s = s[1:]; ; {
		text, after, found := strings.Cut(s, "`")
		if !found {
			return "", "", fmt.Errorf("a backtick is not closed")
		}
		b.WriteString(text)
		if !strings.HasPrefix(after, "`") {
			if b.Len() == 0 {
				return "", "", fmt.Errorf("an empty column name")
			}
			return b.String(), after, nil
		}
		b.WriteByte('`')
		s = after[1:]
	}
}
