package main

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// tailOptions are the flags of tail.
type tailOptions struct {
	after, until string
	rows         bool
	interval     time.Duration
	catOptions   // where and columns
}

func (a *app) tailCommand() *cobra.Command {
	var o tailOptions
	cmd := &cobra.Command{
		Use: "tail LOCATION", Short: "Follow a table: print its commits, or its row changes, as they come",
		Long: "Follow a table: print each commit, or with --rows what it did to rows, until interrupted or --until.\n" +
			"To go on after a break, pass the last version that was printed as --after: nothing is lost or repeated.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.after, "after", "", "begin after this version; -1: with the first one; default: with what is committed from now on")
	f.StringVar(&o.until, "until", "", "end after this version")
	f.BoolVar(&o.rows, "rows", false, "row changes, of a table with a change data feed, instead of commits")
	f.StringVar(&o.where, "where", "", "with --rows: predicate in SQL, also on _change_type, _commit_version, _commit_timestamp")
	f.StringSliceVar(&o.columns, "columns", nil, "with --rows: columns, or nested fields as a.b, in the order wanted")
	f.DurationVar(&o.interval, "interval", time.Second, "longest time between two looks at the log")
	a.formatOption(cmd, lineFormats, "; default: ndjson")
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.tail(ctx, args[0], &o) })
	return cmd
}

func (a *app) tail(ctx context.Context, location string, o *tailOptions) error {
	after, err1 := parseVersion("--after", o.after, -1)
	until, err2 := parseVersion("--until", o.until, 0)
	switch {
	case err1 != nil:
		return err1
	case err2 != nil:
		return err2
	case o.interval <= 0:
		return usagef("--interval %v: it must be longer than nothing", o.interval)
	case !o.rows && (o.where != "" || o.columns != nil):
		return usagef("--where and --columns go with --rows")
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		opts := &table.TailOptions{After: after, Until: until, Interval: o.interval}
		if o.rows {
			var err error
			if opts.Rows, err = o.rowsOf(ctx, t, table.At{}); err != nil {
				return err
			}
		}
		return a.follow(t.Tail(ctx, opts))
	})
}

// parseVersion reads a version that may be missing, and is at least least.
func parseVersion(flag, s string, least int64) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < least {
		return nil, usagef("%s %q is not a version", flag, s)
	}
	return &v, nil
}

// follow prints changes as they come.
func (a *app) follow(changes iter.Seq2[*table.Change, error]) error {
	w := newJSONWriter(a.text(), arrow.NewSchema(nil, nil), a.format == formatJSON)
	for c, err := range changes {
		if err == nil {
			err = a.print(w, c)
		}
		if err != nil {
			return err
		}
		if err := a.out.Flush(); err != nil {
			return err
		}
	}
	return w.close()
}

// print prints one version.
func (a *app) print(w *jsonWriter, c *table.Change) error {
	batches := c.Rows
	if batches == nil {
		r, err := rows.Of([]historyRow{rowOfChange(c)})
		if err != nil {
			return err
		}
		defer r.Release()
		batches = func(yield func(arrow.RecordBatch, error) bool) {
			for r.Next() {
				if !yield(r.RecordBatch(), nil) {
					return
				}
			}
		}
	}
	for b, err := range batches {
		if err != nil {
			return err
		}
		w.columns(b.Schema()) // that of this version
		if err := w.write(b); err != nil {
			return err
		}
	}
	return nil
}

// rowOfChange is a version as history prints it.
func rowOfChange(c *table.Change) historyRow {
	info := &log.CommitInfo{}
	for _, action := range c.Actions {
		if i, is := action.(*log.CommitInfo); is {
			info = i
		}
	}
	row := rowOfCommit(info)
	row.Version, row.Timestamp = c.Version, &c.Timestamp
	return row
}
