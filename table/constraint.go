package table

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

const constraintPrefix = "delta.constraints."

// constraint is something that must be TRUE for every row that is written:
// null breaks it like false (protocol, section "CHECK Constraints").
type constraint struct {
	name  string
	sql   string
	bound *expr.Bound
}

// constraints are the CHECK constraints and the column invariants of a table.
// One that is not understood refuses the write.
func (t *Table) constraints(md *log.Metadata, s *schema.Struct) ([]constraint, error) {
	var out []constraint
	bind := func(kind, name, sql string) error {
		bound, err := expr.SQL(sql).Bind(s, t.opts.env())
		if err == nil && bound.Type() != schema.Boolean {
			err = fmt.Errorf("it is of type %v, not boolean", bound.Type())
		}
		if err != nil {
			return fmt.Errorf("%w: %w", &UnsupportedError{Features: []string{fmt.Sprintf("the %s %q: %s", kind, name, sql)}, Write: true}, err)
		}
		out = append(out, constraint{name, sql, bound})
		return nil
	}
	for _, c := range checks(md) {
		if err := bind("CHECK constraint", c.Name, c.SQL); err != nil {
			return nil, err
		}
	}
	for _, f := range s.Fields {
		sql, err := invariant(f)
		if err != nil {
			return nil, err
		}
		if sql == "" {
			continue
		}
		if err := bind("invariant of column", f.Name, sql); err != nil {
			return nil, err
		}
	}
	return out, nestedInvariants(s)
}

// checks are the CHECK constraints of a table, sorted by name.
func checks(md *log.Metadata) []Constraint {
	var out []Constraint
	for _, key := range slices.Sorted(maps.Keys(md.Configuration)) {
		if name, is := strings.CutPrefix(key, constraintPrefix); is {
			out = append(out, Constraint{name, md.Configuration[key]})
		}
	}
	return out
}

// invariant is the SQL of a column's invariant; empty if it has none.
func invariant(f schema.Field) (string, error) {
	text, has := f.Metadata.String("delta.invariants")
	if !has {
		return "", nil
	}
	var v struct {
		Expression struct {
			Expression string `json:"expression"`
		} `json:"expression"`
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil || v.Expression.Expression == "" {
		return "", &UnsupportedError{Features: []string{fmt.Sprintf("the invariant of column %q: %s", f.Name, text)}, Write: true}
	}
	return v.Expression.Expression, nil
}

// nestedInvariants refuses invariants of fields inside of columns.
func nestedInvariants(s *schema.Struct) error {
	for _, f := range s.Fields {
		if name := hasInvariant(f.Type); name != "" {
			return &UnsupportedError{Features: []string{fmt.Sprintf("the invariant of the nested field %s.%s", f.Name, name)}, Write: true}
		}
	}
	return nil
}

func hasInvariant(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Struct:
		for _, f := range t.Fields {
			if _, has := f.Metadata["delta.invariants"]; has {
				return f.Name
			}
			if name := hasInvariant(f.Type); name != "" {
				return f.Name + "." + name
			}
		}
	case *schema.Array:
		return hasInvariant(t.Element)
	case *schema.Map:
		if name := hasInvariant(t.Key); name != "" {
			return name
		}
		return hasInvariant(t.Value)
	}
	return ""
}

// check evaluates the constraints on a batch in the layout of the table.
func check(all []constraint, batch arrow.RecordBatch) error {
	for _, c := range all {
		fulfilled, err := c.bound.Filter(batch, nil)
		if err != nil {
			return fmt.Errorf("constraint %q: %w", c.name, err)
		}
		if len(fulfilled) == int(batch.NumRows()) {
			continue
		}
		row := len(fulfilled)
		for i, r := range fulfilled {
			if int(r) != i {
				row = i
				break
			}
		}
		return &ConstraintError{Name: c.name, SQL: c.sql, Row: int64(row)}
	}
	return nil
}

// sameConstraints compares the CHECK constraints of two configurations.
func sameConstraints(a, b map[string]string) bool {
	only := func(conf map[string]string) map[string]string {
		out := maps.Clone(conf)
		maps.DeleteFunc(out, func(k, _ string) bool { return !strings.HasPrefix(k, constraintPrefix) })
		return out
	}
	return maps.Equal(only(a), only(b))
}
