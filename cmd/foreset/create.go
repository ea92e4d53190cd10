package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// createOptions are the flags of create.
type createOptions struct {
	schema, from string
	input        inputOptions
	partitionBy  []string
	properties   []string
}

func (a *app) createCommand() *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use: "create LOCATION (--schema FILE | --from FILE|-)", Short: "Create a table, empty or from a file",
		Long: "Create a table. With --from its schema is that of the file, whose rows are loaded. For CSV and JSON lines it is\n" +
			"inferred from all rows: boolean, bigint, double, date, timestamp or string, whichever holds every value exactly;\n" +
			"numbers that begin with a zero or a plus sign are strings.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.schema, "schema", "", "file with the schema: as Delta stores it (JSON), or as in CREATE TABLE (id bigint NOT NULL, name string)")
	f.StringVar(&o.from, "from", "", "file to load, - is standard input")
	f.StringSliceVar(&o.partitionBy, "partition-by", nil, "columns to partition by")
	f.StringArrayVar(&o.properties, "property", nil, "table property as key=value; may be repeated")
	o.input.flags(cmd)
	cmd.MarkFlagsMutuallyExclusive("schema", "from")
	cmd.MarkFlagsOneRequired("schema", "from")
	a.formatOption(cmd, lineFormats, ": the commit as JSON; default: a sentence on standard error")
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		if o.schema != "" {
			return a.createEmpty(ctx, args[0], &o)
		}
		return a.createFrom(ctx, args[0], &o)
	})
	return cmd
}

// table is what to create, apart from the schema.
func (o *createOptions) table(a *app) (*table.CreateOptions, error) {
	out := &table.CreateOptions{Options: *a.options(false), PartitionBy: o.partitionBy, Properties: map[string]string{}}
	for _, p := range o.properties {
		key, value, ok := strings.Cut(p, "=")
		if !ok || key == "" {
			return nil, usagef("--property %q is not key=value", p)
		}
		if _, twice := out.Properties[key]; twice {
			return nil, usagef("--property %s is there twice", key)
		}
		out.Properties[key] = value
	}
	return out, nil
}

func (a *app) createEmpty(ctx context.Context, location string, o *createOptions) error {
	opts, err := o.table(a)
	if err != nil {
		return err
	}
	if opts.Schema, err = a.readSchema(o.schema); err != nil {
		return err
	}
	t, err := table.Create(ctx, location, nil, opts)
	if err != nil {
		return err
	}
	c, err := created(ctx, t)
	if err = errors.Join(err, t.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	return a.writeCommit(c)
}

// created is the commit that made the table.
func created(ctx context.Context, t *table.Table) (table.Commit, error) {
	s, err := t.Snapshot(ctx, table.Version(0))
	if err != nil {
		return table.Commit{}, err
	}
	return table.Commit{Timestamp: s.Timestamp(), Attempts: 1}, nil
}

// schemaBytesMax bounds a schema file.
const schemaBytesMax = 64 << 20

// readSchema reads a schema file, in whichever of the two forms it is.
func (a *app) readSchema(file string) (*schema.Struct, error) {
	r := a.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("--schema takes a file: %w", err)
		}
		defer f.Close()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, schemaBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", file, err)
	}
	if len(text) > schemaBytesMax {
		return nil, fmt.Errorf("%w: schema %s has more than %d bytes", table.ErrLimit, file, schemaBytesMax)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	var s *schema.Struct
	if bytes.HasPrefix(text, []byte("{")) {
		s, err = schema.Parse(text)
	} else {
		s, err = schema.ParseColumns(string(text))
	}
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", file, err)
	}
	return s, nil
}

// createFrom creates a table and loads a file: all of it has been looked at
// before the table is there.
func (a *app) createFrom(ctx context.Context, location string, o *createOptions) (err error) {
	opts, err := o.table(a)
	if err != nil {
		return err
	}
	in, err := a.openInput(o.from, &o.input)
	if err != nil {
		return err
	}
	defer in.close()
	if err := absent(ctx, location, opts); err != nil {
		return err
	}
	arrowSchema, err := a.schemaOf(ctx, in, opts)
	if err != nil {
		return err
	}
	t, err := table.Create(ctx, location, arrowSchema, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close(context.WithoutCancel(ctx))) }()
	c, err := a.fill(ctx, t, in, opts.Schema)
	if err != nil {
		return fmt.Errorf("the table was created but is empty; foreset append can load the rows: %w", err)
	}
	return a.writeCommit(c)
}

// absent refuses a location that has a table, before its data is read.
func absent(ctx context.Context, location string, opts *table.CreateOptions) error {
	exists, err := table.Exists(ctx, location, &opts.Options)
	if err == nil && exists {
		err = fmt.Errorf("create table %s: %w", storage.Redact(location), table.ErrExists)
	}
	return err
}

// schemaOf reads the whole input. Its schema is the result, or, for text, is
// put into opts.
func (a *app) schemaOf(ctx context.Context, in *input, opts *table.CreateOptions) (*arrow.Schema, error) {
	if in.isText() {
		var err error
		opts.Schema, err = a.infer(ctx, in)
		return nil, err
	}
	if err := in.rewindable(ctx, a); err != nil {
		return nil, err
	}
	r, done, err := a.read(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	for r.Next() { // what cannot be read is found out here
	}
	return r.Schema(), r.Err()
}

// fill appends the rows of the input to the table that was made for them.
func (a *app) fill(ctx context.Context, t *table.Table, in *input, s *schema.Struct) (table.Commit, error) {
	r, done, err := a.read(ctx, in, s)
	if err != nil {
		return table.Commit{}, err
	}
	defer done()
	c, err := t.Append(ctx, r, nil)
	if err == nil && c.Skipped { // no rows: what was done is the creation
		return created(ctx, t)
	}
	return c, err
}
