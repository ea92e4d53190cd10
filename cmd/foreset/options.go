package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// Options that several commands share, and what their texts mean.

const atUsage = "version (digits) or time (2024-06-01, 2024-06-01T12:30:00Z; UTC without a zone); default: the newest version"

// parseAt reads a point in a table's history: digits alone are a version,
// anything else is a time. Flag is where it was given.
func parseAt(flag, s string) (table.At, error) {
	if s == "" {
		return table.At{}, nil
	}
	if strings.Trim(s, "0123456789") == "" {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return table.At{}, usagef("%s %s: no version has such a number", flag, s)
		}
		return table.Version(v), nil
	}
	us, _, err := value.ParseTimestamp(s, time.UTC)
	if err != nil {
		return table.At{}, usagef("%s %q is neither a version nor a time: %w", flag, s, err)
	}
	return table.AsOf(time.UnixMicro(us)), nil
}

// parseWhere reads a predicate on a table. What is wrong with it is a mistake
// of the caller, not of the table.
func parseWhere(sql string, s *schema.Struct) (expr.Expr, error) {
	if strings.TrimSpace(sql) == "" {
		return expr.Expr{}, nil
	}
	where := expr.SQL(sql)
	bound, err := where.Bind(s, expr.Env{Zone: time.UTC, Now: time.Now()})
	if err != nil {
		return where, usagef("--where: %w", err)
	}
	if t := bound.Type(); t != schema.Boolean {
		return where, usagef("--where: %s is of type %v, not boolean", where, t)
	}
	return where, nil
}

// checkColumns says which of the wanted columns the table does not have.
func checkColumns(columns []string, s *schema.Struct) error {
	seen := map[string]bool{}
	for _, name := range columns {
		if !hasColumn(name, s) {
			return usagef("--columns: the table has no column %q; %s", name, whatThereIs(name, s))
		}
		if folded := strings.ToLower(name); seen[folded] {
			return usagef("--columns: %q is there twice", name)
		} else {
			seen[folded] = true
		}
	}
	return nil
}

// hasColumn finds a column by its name, or a nested field by its dotted path.
func hasColumn(name string, s *schema.Struct) bool {
	if _, ok := s.Lookup(name); ok {
		return true
	}
	for part := range strings.SplitSeq(name, ".") {
		if s == nil {
			return false
		}
		i, ok := s.Lookup(part)
		if !ok {
			return false
		}
		s, _ = s.Fields[i].Type.(*schema.Struct)
	}
	return true
}

// whatThereIs says what a schema has where it has not the column of a dotted path.
func whatThereIs(name string, s *schema.Struct) string {
	var path []string
	for part := range strings.SplitSeq(name, ".") {
		i, ok := s.Lookup(part)
		if !ok {
			break
		}
		path = append(path, s.Fields[i].Name)
		inner, is := s.Fields[i].Type.(*schema.Struct)
		if !is {
			return fmt.Sprintf("%s is of type %v", strings.Join(path, "."), s.Fields[i].Type)
		}
		s = inner
	}
	if len(path) == 0 {
		path = []string{"it"}
	}
	return strings.Join(path, ".") + " has " + columnNames(s)
}

func columnNames(s *schema.Struct) string {
	var out []string
	for _, f := range s.Fields {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

// exactly is n positional arguments, named as in the usage line.
func exactly(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("%s is missing", strings.Join(names[len(args):], " and "))
		}
		if len(args) > len(names) {
			return usagef("unexpected argument %q", args[len(names)])
		}
		return nil
	}
}

// files completes the first n arguments as files: that is what a LOCATION
// looks like where a shell can know it.
func files(n int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) < n {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// limitFlag adds --limit, of which −1 stands for no limit.
func limitFlag(cmd *cobra.Command, limit *int64, of string) {
	cmd.Flags().Int64Var(limit, "limit", -1, "at most so many "+of+"; default: all")
	cmd.Flags().Lookup("limit").DefValue = "0" // as the usage shows it: not at all
}

func checkLimit(limit int64) error {
	if limit < -1 {
		return usagef("--limit %d: it is at least 0", limit)
	}
	return nil
}
