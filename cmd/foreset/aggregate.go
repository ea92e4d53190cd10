package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// aggregateOptions are the flags of cat that ask for a summary of the rows.
type aggregateOptions struct{ agg, by string }

func (o *aggregateOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.agg, "agg", "", "aggregates instead of rows: count, min, max, sum, avg in SQL, as in 'count(*), sum(distance) AS total'")
	f.StringVar(&o.by, "by", "", "with --agg: columns or expressions; a line for each of their values, in their order")
}

// asked says that a summary is wanted.
func (o *aggregateOptions) asked() bool { return o.agg != "" || o.by != "" }

// aggregation reads the flags. What is wrong with them is a mistake of the
// caller, not of the table.
func (o *aggregateOptions) aggregation(s *schema.Struct) (table.Aggregation, error) {
	a := table.Aggregation{Values: expr.List(o.agg), By: expr.List(o.by)}
	env := expr.Env{Zone: time.UTC, Now: time.Now()}
	if _, err := a.Values.Bind(s, env); err != nil {
		return a, usagef("--agg: %w", err)
	}
	if _, err := a.By.Bind(s, env); err != nil {
		return a, usagef("--by: %w", err)
	}
	return a, nil
}

// aggregates prints a summary of what a scan reads.
func (a *app) aggregates(ctx context.Context, s *table.Snapshot, scan *table.Scan, o *catOptions) error {
	var without []string
	for name, used := range map[string]bool{"--columns": o.columns != nil, "--explain": o.explain} {
		if used {
			without = append(without, name)
		}
	}
	if len(without) > 0 {
		return usagef("--agg and --by go without %s", strings.Join(without, " and "))
	}
	agg, err := o.aggregation(s.ScanSchema())
	if err != nil {
		return err
	}
	r, err := scan.Aggregate(ctx, agg)
	if err != nil {
		return usagef("--agg, --by: %w", err)
	}
	defer r.Release()
	return a.limitedRows(ctx, r, o)
}
