package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/table"
)

func (a *app) schemaCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "schema LOCATION", Short: "Print a table's schema",
		Long: "Print a table's schema: as Delta stores it with -o json and -o ndjson, which leaves nothing out,\n" +
			"or as CREATE TABLE has it with -o table. foreset create --schema reads both.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	cmd.Flags().StringVar(&at, "at", "", atUsage)
	a.formatOption(cmd, objectFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.schema(ctx, args[0], at) })
	return cmd
}

func (a *app) schema(ctx context.Context, location, at string) error {
	point, err := parseAt("--at", at)
	if err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		s, err := t.Snapshot(ctx, point)
		if err != nil {
			return err
		}
		if a.outputFormat() != formatTable {
			return a.writeObject(json.RawMessage(s.Schema().JSON()))
		}
		lines := make([]string, len(s.Schema().Fields))
		for i, f := range s.Schema().Fields {
			lines[i] = visible(columnLine(f))
		}
		_, err = io.WriteString(a.text(), strings.Join(lines, ",\n")+"\n")
		return err
	})
}
