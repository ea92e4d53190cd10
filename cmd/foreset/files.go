package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

func (a *app) filesCommand() *cobra.Command {
	var at, where string
	cmd := &cobra.Command{
		Use: "files LOCATION", Short: "List the data files of a table",
		Long: "List the data files of a table, with --where those that may hold rows for which it is true.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	cmd.Flags().StringVar(&at, "at", "", atUsage)
	cmd.Flags().StringVar(&where, "where", "", "predicate in SQL")
	a.formatOption(cmd, rowFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.files(ctx, args[0], at, where) })
	return cmd
}

// fileRow is a data file as files prints it. The path is as the log has it.
type fileRow struct {
	Path             string             `delta:"path"`
	PartitionValues  map[string]*string `delta:"partitionValues"`
	Size             int64              `delta:"size"`
	ModificationTime time.Time          `delta:"modificationTime"`
	NumRecords       *int64             `delta:"numRecords"` // without deleted ones
	Stats            *string            `delta:"stats"`
}

// fileLine is what a table on a terminal has room for.
type fileLine struct {
	Path       string    `delta:"path"`
	Size       int64     `delta:"size"`
	NumRecords *int64    `delta:"rows"`
	Modified   time.Time `delta:"modified"`
}

func (a *app) files(ctx context.Context, location, at, where string) error {
	point, err := parseAt("--at", at)
	if err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		s, err := t.Snapshot(ctx, point)
		if err != nil {
			return err
		}
		if a.outputFormat() == formatTable {
			return printFiles(ctx, a, s, where, lineOfFile)
		}
		return printFiles(ctx, a, s, where, rowOfFile)
	})
}

func printFiles[T any](ctx context.Context, a *app, s *table.Snapshot, where string, row func(*log.AddFile) T) error {
	predicate, err := parseWhere(where, s.Schema())
	if err != nil {
		return err
	}
	r, err := rows.From(func(yield func(T, error) bool) {
		for f, err := range s.Files(ctx, predicate) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if !yield(row(f), nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	defer r.Release()
	return a.writeRows(ctx, r, rowOptions{})
}

func rowOfFile(f *log.AddFile) fileRow {
	return fileRow{
		Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size, ModificationTime: time.UnixMilli(f.ModificationTime),
		NumRecords: liveRows(f), Stats: ifSet(f.Stats),
	}
}

func lineOfFile(f *log.AddFile) fileLine {
	return fileLine{Path: f.Path, Size: f.Size, NumRecords: liveRows(f), Modified: time.UnixMilli(f.ModificationTime)}
}
