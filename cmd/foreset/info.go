package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
)

func (a *app) infoCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "info LOCATION", Short: "Describe a table", Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	cmd.Flags().StringVar(&at, "at", "", atUsage)
	a.formatOption(cmd, objectFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.info(ctx, args[0], at) })
	return cmd
}

func (a *app) info(ctx context.Context, location, at string) error {
	point, err := parseAt("--at", at)
	if err != nil {
		return err
	}
	return a.withTable(ctx, location, true, func(t *table.Table) error {
		s, err := t.Snapshot(ctx, point)
		if err != nil {
			return err
		}
		d, err := describe(ctx, s)
		if err != nil {
			return err
		}
		if a.outputFormat() == formatTable {
			return d.print(a.text(), t.Location())
		}
		return a.writeObject(d)
	})
}

// description is a table in one object.
type description struct {
	ID               string            `json:"id"`
	Name             *string           `json:"name"`
	Version          int64             `json:"version"`
	Timestamp        instant           `json:"timestamp"`
	NumFiles         int64             `json:"numFiles"`
	SizeInBytes      int64             `json:"sizeInBytes"`
	NumRecords       *int64            `json:"numRecords"` // null: not every file says how many it has
	PartitionColumns []string          `json:"partitionColumns"`
	Schema           json.RawMessage   `json:"schema"`
	Protocol         protocol          `json:"protocol"`
	Properties       map[string]string `json:"properties"`

	columns *schema.Struct
}

// protocol is log.Protocol with the members' names; features are null where
// the version has none.
type protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	MinWriterVersion int      `json:"minWriterVersion"`
	ReaderFeatures   []string `json:"readerFeatures"`
	WriterFeatures   []string `json:"writerFeatures"`
}

// instant is a time as rows have it.
type instant time.Time

func (i instant) String() string {
	return string(value.AppendTimestamp(nil, time.Time(i).UnixMicro(), true))
}
func (i instant) MarshalJSON() ([]byte, error) { return json.Marshal(i.String()) }

func describe(ctx context.Context, s *table.Snapshot) (*description, error) {
	m, p := s.Metadata(), s.Protocol()
	d := &description{
		ID: m.ID, Name: m.Name, Version: s.Version(), Timestamp: instant(s.Timestamp()),
		PartitionColumns: append([]string{}, m.PartitionColumns...), Schema: s.Schema().JSON(),
		Protocol:   protocol{p.MinReaderVersion, p.MinWriterVersion, p.ReaderFeatures, p.WriterFeatures},
		Properties: m.Configuration, columns: s.Schema(),
	}
	if d.Properties == nil {
		d.Properties = map[string]string{}
	}
	rows := new(int64)
	for f, err := range s.Files(ctx, expr.Expr{}) {
		if err != nil {
			return nil, err
		}
		d.NumFiles++
		d.SizeInBytes += f.Size
		if n := liveRows(f); n == nil {
			rows = nil
		} else if rows != nil {
			*rows += *n
		}
	}
	d.NumRecords = rows
	return d, nil
}

// liveRows is how many rows of a file are not deleted, if the log says.
func liveRows(f *log.AddFile) *int64 {
	var stats struct {
		NumRecords *int64 `json:"numRecords"`
	}
	if json.Unmarshal([]byte(f.Stats), &stats) != nil || stats.NumRecords == nil {
		return nil
	}
	n := *stats.NumRecords
	if f.DeletionVector != nil {
		n -= f.DeletionVector.Cardinality
	}
	return &n
}

// print is the description for people.
func (d *description) print(w io.Writer, location string) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, visible(fmt.Sprintf(format, args...)))
	}
	line("location", "%s", location)
	if d.Name != nil {
		line("name", "%s", *d.Name)
	}
	line("id", "%s", d.ID)
	line("version", "%d, of %s", d.Version, d.Timestamp)
	line("files", "%d, %d bytes", d.NumFiles, d.SizeInBytes)
	if d.NumRecords == nil {
		line("rows", "not known")
	} else {
		line("rows", "%d", *d.NumRecords)
	}
	if len(d.PartitionColumns) > 0 {
		line("partitioned", "by %s", strings.Join(d.PartitionColumns, ", "))
	}
	line("protocol", "reader %d, writer %d", d.Protocol.MinReaderVersion, d.Protocol.MinWriterVersion)
	if features := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(d.Protocol.ReaderFeatures), d.Protocol.WriterFeatures...)))); len(features) > 0 {
		line("features", "%s", strings.Join(features, ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(d.Properties)) {
		line("property", "%s = %s", key, d.Properties[key])
	}
	for _, f := range d.columns.Fields {
		line("column", "%s", columnLine(f))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// columnLine is a column as CREATE TABLE has it.
func columnLine(f schema.Field) string {
	s := f.Name
	if strings.IndexFunc(s, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) >= 0 {
		s = "`" + strings.ReplaceAll(s, "`", "``") + "`"
	}
	s += " " + f.Type.String()
	if !f.Nullable {
		s += " NOT NULL"
	}
	if comment, ok := f.Metadata.String("comment"); ok {
		s += " COMMENT '" + strings.ReplaceAll(comment, "'", "''") + "'"
	}
	return s
}

// writeObject prints one object: on one line, or indented with -o json.
func (a *app) writeObject(v any) error {
	e := json.NewEncoder(a.text())
	e.SetEscapeHTML(false)
	if a.format == formatJSON {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
}
