package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/spf13/cobra"
)

// format is the value of -o.
type format string

const (
	formatTable   format = "table"
	formatJSON    format = "json"    // one array, or one object
	formatNDJSON  format = "ndjson"  // an object a line
	formatCSV     format = "csv"     // with a header
	formatParquet format = "parquet" // one file
	formatArrow   format = "arrow"   // IPC stream
)

var (
	rowFormats    = []format{formatTable, formatJSON, formatNDJSON, formatCSV, formatParquet, formatArrow}
	objectFormats = []format{formatTable, formatJSON, formatNDJSON}
	lineFormats   = []format{formatNDJSON, formatJSON}
)

// formatFlag is -o, limited to what a command can print.
type formatFlag struct {
	value *format
	may   []format
}

func (f formatFlag) String() string {
	if f.value == nil {
		return ""
	}
	return string(*f.value)
}
func (f formatFlag) Type() string { return "format" }

func (f formatFlag) Set(s string) error {
	if !slices.Contains(f.may, format(s)) {
		return fmt.Errorf("it is one of %s", names(f.may))
	}
	*f.value = format(s)
	return nil
}

func names(formats []format) string {
	out := make([]string, len(formats))
	for i, f := range formats {
		out[i] = string(f)
	}
	return strings.Join(out, ", ")
}

// formatOption adds -o to a command.
func (a *app) formatOption(cmd *cobra.Command, may []format, usage string) {
	cmd.Flags().VarP(formatFlag{&a.format, may}, "output", "o", names(may)+usage)
	complete := make([]string, len(may))
	for i, f := range may {
		complete[i] = string(f)
	}
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(complete, cobra.ShellCompDirectiveNoFileComp)))
}

// must: the error can only come from a mistake in how commands are put
// together.
func must(err error) {
	if err != nil {
		panic("foreset: flags: " + err.Error())
	}
}

const byStdout = "; default: table on a terminal, ndjson otherwise"

// outputFormat is what was asked for, or what suits standard output.
func (a *app) outputFormat() format {
	switch {
	case a.format != "":
		return a.format
	case a.outTerminal:
		return formatTable
	default:
		return formatNDJSON
	}
}

// text is standard output for text that a terminal may get.
func (a *app) text() io.Writer {
	if a.outTerminal {
		return &safeWriter{w: a.out}
	}
	return a.out
}

// rowWriter prints batches of one schema.
type rowWriter interface {
	write(arrow.RecordBatch) error
	close() error // ends the output, not the stream
}

// rowOptions are for formats that have options.
type rowOptions struct{ csvSafe bool }

func (a *app) newRowWriter(s *arrow.Schema, opts rowOptions) (rowWriter, error) {
	f := a.outputFormat()
	if opts.csvSafe && f != formatCSV {
		return nil, usagef("--csv-safe is for -o csv")
	}
	switch f {
	case formatTable:
		return newTableWriter(a.out, s, a.color), nil
	case formatCSV:
		return newCSVWriter(a.text(), s, opts.csvSafe)
	case formatJSON, formatNDJSON:
		return newJSONWriter(a.text(), s, f == formatJSON), nil
	}
	if a.outTerminal {
		return nil, usagef("-o %s is not for a terminal: redirect standard output to a file", f)
	}
	if f == formatParquet {
		return newParquetWriter(a.out, s)
	}
	return newArrowWriter(a.out, s), nil
}

// writeRows prints all batches of a reader, at once where a terminal shows
// them. It does not release the reader.
func (a *app) writeRows(ctx context.Context, r array.RecordReader, opts rowOptions) error {
	w, err := a.newRowWriter(r.Schema(), opts)
	if err != nil {
		return err
	}
	for r.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.write(r.RecordBatch()); err != nil {
			return err
		}
		if a.outTerminal {
			if err := a.out.Flush(); err != nil {
				return err
			}
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	return w.close()
}
