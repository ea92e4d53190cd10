package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/table"
)

func (a *app) checkpointCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "checkpoint LOCATION", Short: "Write a checkpoint of the newest version",
		Long: "Write a checkpoint of the newest version, whether one is due or not: readers then need no older commit.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	a.formatOption(cmd, lineFormats, "; default: a sentence on standard error")
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.checkpoint(ctx, args[0]) })
	return cmd
}

func (a *app) checkpoint(ctx context.Context, location string) error {
	return a.withTable(ctx, location, false, func(t *table.Table) error {
		v, err := t.Checkpoint(ctx)
		if err != nil {
			return err
		}
		if a.format == "" {
			_, err := fmt.Fprintf(a.stderr, "checkpoint of version %d\n", v)
			return err
		}
		return a.writeObject(struct {
			Version int64 `json:"version"`
		}{v})
	})
}
