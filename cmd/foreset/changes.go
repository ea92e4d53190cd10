package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// changeOptions are the flags of cat that ask for what commits did to rows.
type changeOptions struct {
	changed  bool
	from, to string
}

func (o *changeOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.changed, "changes", false, "what commits did to rows, of a table with a change data feed: adds _change_type, _commit_version, _commit_timestamp")
	f.StringVar(&o.from, "from", "", "with --changes: the first version, or the first at or after a time")
	f.StringVar(&o.to, "to", "", "with --changes: the last version, or the last at or before a time; default: the newest")
}

// wanted says that changes are wanted, or would be if all flags were there.
func (o *changeOptions) wanted() bool { return o.changed || o.from != "" || o.to != "" }

// span reads the flags.
func (o *catOptions) span() (from, to table.At, err error) {
	switch {
	case !o.changed:
		return from, to, usagef("--from and --to go with --changes")
	case o.from == "":
		return from, to, usagef("--changes needs --from: a version or a time")
	case o.at != "" || o.explain || o.aggregateOptions.asked():
		return from, to, usagef("--changes goes without --at, --explain, --agg and --by")
	}
	from, err1 := parseAt("--from", o.from)
	to, err2 := parseAt("--to", o.to)
	return from, to, errors.Join(err1, err2)
}

func (a *app) changes(ctx context.Context, location string, o *catOptions) error {
	from, to, err := o.span()
	if err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		opts, err := o.rowsOf(ctx, t, to)
		if err != nil {
			return err
		}
		opts.Limit = max(0, o.limit)
		r, err := t.Changes(ctx, from, to, opts)
		if err != nil {
			return err
		}
		defer r.Release()
		return a.limitedRows(ctx, r, o)
	})
}

// rowsOf says which changes are wanted, by columns of the table as of a point, or
// as it is where that is still to come.
func (o *catOptions) rowsOf(ctx context.Context, t *table.Table, at table.At) (*table.ScanOptions, error) {
	s, err := t.Snapshot(ctx, at)
	if errors.Is(err, table.ErrVersionGone) {
		s, err = t.Snapshot(ctx, table.At{})
	}
	if err != nil {
		return nil, err
	}
	fields := withFeed(s.ScanSchema())
	where, err := parseWhere(o.where, fields)
	if err != nil {
		return nil, err
	}
	if err := checkColumns(o.columns, fields); err != nil {
		return nil, err
	}
	return &table.ScanOptions{Columns: o.columns, Where: where}, nil
}

// withFeed is a schema with the columns of the change data feed. A table that has
// one of them is refused when its changes are read.
func withFeed(s *schema.Struct) *schema.Struct {
	feed := []schema.Field{
		{Name: "_change_type", Type: schema.String, Nullable: true},
		{Name: "_commit_version", Type: schema.Long, Nullable: true},
		{Name: "_commit_timestamp", Type: schema.Timestamp, Nullable: true},
	}
	feed = slices.DeleteFunc(feed, func(f schema.Field) bool {
		return slices.ContainsFunc(s.Fields, func(have schema.Field) bool { return strings.EqualFold(have.Name, f.Name) })
	})
	return &schema.Struct{Fields: append(slices.Clone(s.Fields), feed...)}
}
