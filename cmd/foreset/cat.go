package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/spf13/cobra"

	"github.com/foreset/foreset/table"
)

// catOptions are the flags of cat.
type catOptions struct {
	at, where string
	columns   []string
	limit     int64 // −1: all
	explain   bool
	look      int // files that --explain looks into; −1: it is not asked for
	csvSafe   bool
	aggregateOptions
	changeOptions
}

func (a *app) catCommand() *cobra.Command {
	var o catOptions
	cmd := &cobra.Command{
		Use: "cat LOCATION", Short: "Print rows of a table",
		Long: "Print rows of a table, in no particular order, aggregates of them, or what commits did to them.\n" +
			"Times in --where are UTC unless they have a zone.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.at, "at", "", atUsage)
	f.StringVar(&o.where, "where", "", "predicate in SQL: print rows for which it is true")
	f.StringSliceVar(&o.columns, "columns", nil, "columns, or nested fields as a.b, in the order wanted")
	limitFlag(cmd, &o.limit, "rows")
	f.IntVar(&o.look, "explain", -1, "print which files and row groups are skipped by which bound, and no rows; `N` of the files that are left are looked into")
	f.Lookup("explain").NoOptDefVal = "20"
	f.Lookup("explain").DefValue = "0" // as the usage shows it: not at all
	f.BoolVar(&o.csvSafe, "csv-safe", false, "with -o csv: put ' before text that a spreadsheet takes for a formula")
	o.aggregateOptions.flags(cmd)
	o.changeOptions.flags(cmd)
	a.formatOption(cmd, rowFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.cat(ctx, args[0], &o) })
	return cmd
}

func (a *app) cat(ctx context.Context, location string, o *catOptions) error {
	o.explain = o.look >= 0
	if err := checkLimit(o.limit); err != nil {
		return err
	}
	if o.changeOptions.wanted() {
		return a.changes(ctx, location, o)
	}
	point, err := parseAt("--at", o.at)
	if err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		s, err := t.Snapshot(ctx, point)
		if err != nil {
			return err
		}
		scan, err := o.scan(s)
		if err != nil {
			return err
		}
		if o.asked() {
			return a.aggregates(ctx, s, scan, o)
		}
		if o.explain {
			return a.explain(ctx, scan)
		}
		return a.rows(ctx, scan, o)
	})
}

// scan is the read that the flags ask for.
func (o *catOptions) scan(s *table.Snapshot) (*table.Scan, error) {
	where, err := parseWhere(o.where, s.ScanSchema())
	if err != nil {
		return nil, err
	}
	if err := checkColumns(o.columns, s.ScanSchema()); err != nil {
		return nil, err
	}
	return s.Scan(&table.ScanOptions{Columns: o.columns, Where: where, Limit: max(0, o.limit), ExplainFiles: max(0, o.look)}), nil
}

func (a *app) rows(ctx context.Context, scan *table.Scan, o *catOptions) error {
	r, err := scan.Reader(ctx)
	if err != nil {
		return err
	}
	defer r.Release()
	return a.limitedRows(ctx, r, o)
}

func (a *app) limitedRows(ctx context.Context, r array.RecordReader, o *catOptions) error {
	opts := rowOptions{csvSafe: o.csvSafe}
	if o.limit == 0 {
		return a.writeRows(ctx, noRows(r.Schema()), opts)
	}
	return a.writeRows(ctx, r, opts)
}

func noRows(s *arrow.Schema) array.RecordReader {
	return array.ReaderFromIter(s, func(func(arrow.RecordBatch, error) bool) {})
}

// explanation is what --explain prints.
type explanation struct {
	Version      int64     `json:"version"`
	Files        int64     `json:"files"`
	Bytes        int64     `json:"bytes"`
	FilesSkipped int64     `json:"filesSkipped"`
	BytesSkipped int64     `json:"bytesSkipped"`
	Skipped      []skipped `json:"skipped"` // the first of them
	Looked       []looked  `json:"looked"`
}

// skipped is a file, or a part of one.
type skipped struct {
	Path     string `json:"path"`
	RowGroup *int   `json:"rowGroup,omitempty"`
	FirstRow *int64 `json:"firstRow,omitempty"`
	Rows     *int64 `json:"rows,omitempty"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
}

// looked is a file that was looked into.
type looked struct {
	Path             string `json:"path"`
	RowGroups        int    `json:"rowGroups"`
	RowGroupsSkipped int    `json:"rowGroupsSkipped"`
	Rows             int64  `json:"rows"`
	RowsSkipped      int64  `json:"rowsSkipped"`
	Error            string `json:"error,omitempty"`
}

func (a *app) explain(ctx context.Context, scan *table.Scan) error {
	f := a.outputFormat()
	if f != formatTable && f != formatJSON && f != formatNDJSON {
		return usagef("--explain prints %s, not %s", names(objectFormats), f)
	}
	e, err := scan.Explain(ctx)
	if err != nil {
		return err
	}
	out := explanation{e.Version, e.Files, e.Bytes, e.FilesSkipped, e.BytesSkipped, []skipped{}, []looked{}}
	for _, s := range e.Skipped {
		item := skipped{Path: s.Path, By: s.By, Reason: s.Reason}
		if s.RowGroup >= 0 {
			item.RowGroup, item.FirstRow, item.Rows = &s.RowGroup, &s.FirstRow, &s.Rows
		}
		out.Skipped = append(out.Skipped, item)
	}
	for _, l := range e.Looked {
		item := looked{l.Path, l.RowGroups, l.RowGroupsSkipped, l.Rows, l.RowsSkipped, ""}
		if l.Err != nil {
			item.Error = l.Err.Error()
		}
		out.Looked = append(out.Looked, item)
	}
	if f != formatTable {
		return a.writeObject(out)
	}
	_, err = io.WriteString(a.text(), out.String())
	return err
}

// String is the explanation for people.
func (e explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version %d: reads %d of %d files, %d of %d bytes\n",
		e.Version, e.Files-e.FilesSkipped, e.Files, e.Bytes-e.BytesSkipped, e.Bytes)
	listed := int64(0)
	for _, s := range e.Skipped {
		if s.RowGroup == nil {
			listed++
			fmt.Fprintf(&b, "skips %s by %s: %s\n", visible(s.Path), s.By, visible(s.Reason))
		}
	}
	if more := e.FilesSkipped - listed; more > 0 {
		fmt.Fprintf(&b, "skips %d more\n", more)
	}
	for _, l := range e.Looked {
		if l.Error != "" {
			fmt.Fprintf(&b, "cannot look into %s: %s\n", visible(l.Path), visible(l.Error))
			continue
		}
		fmt.Fprintf(&b, "of %s reads %d of %d row groups, %d of %d rows\n",
			visible(l.Path), l.RowGroups-l.RowGroupsSkipped, l.RowGroups, l.Rows-l.RowsSkipped, l.Rows)
		for _, s := range e.Skipped {
			if s.RowGroup != nil && s.Path == l.Path {
				fmt.Fprintf(&b, "  skips rows %d to %d of row group %d by %s: %s\n", *s.FirstRow, *s.FirstRow+*s.Rows-1, *s.RowGroup, s.By, visible(s.Reason))
			}
		}
	}
	return b.String()
}
