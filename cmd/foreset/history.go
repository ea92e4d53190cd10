package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

func (a *app) historyCommand() *cobra.Command {
	var limit int64
	cmd := &cobra.Command{
		Use: "history LOCATION", Short: "List the commits of a table, newest first",
		Long: "List the commits of a table, newest first, with the time that the writer of each noted.\n" +
			"What --at goes by is the time that tail and info print: that of the commit's object, unless the table has in-commit timestamps.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	limitFlag(cmd, &limit, "commits")
	a.formatOption(cmd, rowFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.history(ctx, args[0], limit) })
	return cmd
}

// historyRow is a commit as history prints it. Parameters and metrics that are
// not strings are JSON.
type historyRow struct {
	Version        int64             `delta:"version"`
	Timestamp      *time.Time        `delta:"timestamp"`
	Operation      *string           `delta:"operation"`
	Parameters     map[string]string `delta:"operationParameters"`
	Metrics        map[string]string `delta:"operationMetrics"`
	ReadVersion    *int64            `delta:"readVersion"`
	IsolationLevel *string           `delta:"isolationLevel"`
	IsBlindAppend  *bool             `delta:"isBlindAppend"`
	UserMetadata   *string           `delta:"userMetadata"`
	EngineInfo     *string           `delta:"engineInfo"`
	TxnID          *string           `delta:"txnId"`
}

// commitLine is what a table on a terminal has room for.
type commitLine struct {
	Version    int64      `delta:"version"`
	Timestamp  *time.Time `delta:"timestamp"`
	Operation  *string    `delta:"operation"`
	Parameters *string    `delta:"parameters"`
	Engine     *string    `delta:"engine"`
}

func (a *app) history(ctx context.Context, location string, limit int64) error {
	if err := checkLimit(limit); err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		if a.outputFormat() == formatTable {
			return printHistory(ctx, a, t, limit, lineOfCommit)
		}
		return printHistory(ctx, a, t, limit, rowOfCommit)
	})
}

func printHistory[T any](ctx context.Context, a *app, t *table.Table, limit int64, row func(*log.CommitInfo) T) error {
	r, err := rows.From(func(yield func(T, error) bool) {
		n := int64(0)
		if limit == 0 {
			return
		}
		for c, err := range t.History(ctx) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if n++; !yield(row(&c), nil) || n == limit {
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

func rowOfCommit(c *log.CommitInfo) historyRow {
	return historyRow{
		Version: int64(c.Version), Timestamp: timeOf(c), Operation: ifSet(c.Operation),
		Parameters: plainMap(c.OperationParameters), Metrics: plainMap(c.OperationMetrics),
		ReadVersion: c.ReadVersion, IsolationLevel: ifSet(c.IsolationLevel), IsBlindAppend: c.IsBlindAppend,
		UserMetadata: c.UserMetadata, EngineInfo: ifSet(c.EngineInfo), TxnID: ifSet(c.TxnID),
	}
}

func lineOfCommit(c *log.CommitInfo) commitLine {
	return commitLine{
		Version: int64(c.Version), Timestamp: timeOf(c), Operation: ifSet(c.Operation),
		Parameters: ifSet(shortParameters(c)), Engine: ifSet(c.EngineInfo),
	}
}

// shortParameters are those that say something, without the JSON around them.
func shortParameters(c *log.CommitInfo) string {
	all := plainMap(c.OperationParameters)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		s := all[key]
		var inner string
		if json.Unmarshal([]byte(s), &inner) == nil { // Spark writes strings as JSON in a string
			s = inner
		}
		if s != "" && s != "[]" && s != "{}" {
			out = append(out, key+"="+s)
		}
	}
	return strings.Join(out, " ")
}

func timeOf(c *log.CommitInfo) *time.Time {
	if t := c.Time(); !t.IsZero() {
		t = t.UTC()
		return &t
	}
	return nil
}

func ifSet(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// plainMap has strings as they are and everything else as JSON.
func plainMap(m map[string]json.RawMessage) map[string]string {
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, raw := range m {
		var s string
		if json.Unmarshal(raw, &s) != nil || len(raw) == 0 || raw[0] != '"' {
			s = string(raw)
		}
		out[k] = s
	}
	return out
}
