package main

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/spf13/cobra"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

// writeOptions are the flags of append and overwrite.
type writeOptions struct {
	input       inputOptions
	appID       string
	appVersion  int64
	mergeSchema bool
}

func (a *app) appendCommand() *cobra.Command {
	return a.writeCommand("append", "Add the rows of a file to a table",
		func(ctx context.Context, t *table.Table, r array.RecordReader, o *table.WriteOptions) (table.Commit, error) {
			return t.Append(ctx, r, o)
		})
}

func (a *app) overwriteCommand() *cobra.Command {
	return a.writeCommand("overwrite", "Replace all rows of a table by those of a file",
		func(ctx context.Context, t *table.Table, r array.RecordReader, o *table.WriteOptions) (table.Commit, error) {
			return t.Overwrite(ctx, expr.Expr{}, r, o)
		})
}

// writer is Append or Overwrite.
type writer func(context.Context, *table.Table, array.RecordReader, *table.WriteOptions) (table.Commit, error)

func (a *app) writeCommand(name, short string, write writer) *cobra.Command {
	var o writeOptions
	cmd := &cobra.Command{
		Use: name + " LOCATION FILE|-", Short: short,
		Long: short + ", in one commit; - is standard input. Gzip is recognized.\n\n" +
			"Columns are matched by name: the header of CSV, the keys of JSON lines. Text is converted to the\n" +
			"table's types; times without a zone are UTC. In CSV, empty is null, but \"\" is an empty string.\n" +
			"A mistake anywhere in the file leaves the table as it was.",
		Args: exactly("LOCATION", "FILE"), ValidArgsFunction: files(2),
	}
	f := cmd.Flags()
	o.input.flags(cmd)
	f.StringVar(&o.appID, "app-id", "", "with --app-version: commit once, however often the command is repeated")
	f.Int64Var(&o.appVersion, "app-version", 0, "of the application; at or below the recorded one nothing is done")
	f.BoolVar(&o.mergeSchema, "merge-schema", false, "add columns that the table does not have")
	cmd.MarkFlagsRequiredTogether("app-id", "app-version")
	a.formatOption(cmd, lineFormats, ": the commit as JSON; default: a sentence on standard error")
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.write(ctx, args[0], args[1], &o, write) })
	return cmd
}

func (a *app) write(ctx context.Context, location, file string, o *writeOptions, write writer) error {
	in, err := a.openInput(file, &o.input)
	if err != nil {
		return err
	}
	defer in.close()
	err = a.withTable(ctx, location, false, func(t *table.Table) error {
		s, err := t.Snapshot(ctx, table.At{})
		if err != nil {
			return err
		}
		if v, ok := s.TxnVersion(o.appID); ok && o.appID != "" && v >= o.appVersion {
			return a.writeCommit(table.Commit{Version: s.Version(), Timestamp: s.Timestamp(), Skipped: true})
		}
		r, done, err := a.load(ctx, in, s.Schema(), o.mergeSchema)
		if err != nil {
			return err
		}
		defer done()
		c, err := write(ctx, t, r, &table.WriteOptions{
			CommitOptions: table.CommitOptions{AppID: o.appID, AppVersion: o.appVersion}, MergeSchema: o.mergeSchema,
		})
		if err != nil {
			return err
		}
		done()
		return a.writeCommit(c)
	})
	if errors.Is(err, table.ErrSchema) && !o.mergeSchema {
		err = &hintedError{err, "foreset schema shows the columns of the table; --merge-schema adds new ones"}
	}
	return err
}

// load presents an input as rows, text in the types of the table. done ends
// reading; it may be called twice.
func (a *app) load(ctx context.Context, in *input, have *schema.Struct, merge bool) (r array.RecordReader, done func(), err error) {
	want := have
	if in.isText() && merge {
		inferred, err := a.infer(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		want = extend(have, inferred)
	}
	return a.read(ctx, in, want)
}

// extend is the table's schema with the columns and nested fields that only
// the data has.
func extend(have, data *schema.Struct) *schema.Struct {
	out := &schema.Struct{Fields: append([]schema.Field(nil), have.Fields...)}
	for _, f := range data.Fields {
		if i, ok := have.Lookup(f.Name); ok {
			out.Fields[i].Type = extendType(have.Fields[i].Type, f.Type)
		} else {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

func extendType(have, data schema.Type) schema.Type {
	switch h := have.(type) {
	case *schema.Struct:
		if d, ok := data.(*schema.Struct); ok {
			return extend(h, d)
		}
	case *schema.Array:
		if d, ok := data.(*schema.Array); ok {
			return &schema.Array{Element: extendType(h.Element, d.Element), ContainsNull: h.ContainsNull}
		}
	}
	return have
}
