package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/table"
)

func (a *app) verifyCommand() *cobra.Command {
	var at string
	var deep bool
	cmd := &cobra.Command{
		Use: "verify LOCATION", Short: "Look for damage in a table",
		Long: "Look at every object of a table and name what is wrong with which: the commits, checkpoints, checksums and the hint of the log, the data\n" +
			"files and their sizes, deletion vectors. With --deep every row is read, and the statistics of the log are held against the rows.\n" +
			"One line for each fault; the exit code is 6 if there is one. Lines of the kind note are no faults.",
		Args: exactly("LOCATION"), ValidArgsFunction: files(1),
	}
	cmd.Flags().StringVar(&at, "at", "", atUsage)
	cmd.Flags().BoolVar(&deep, "deep", false, "read every row, and hold the statistics against them")
	a.formatOption(cmd, objectFormats, byStdout)
	cmd.RunE = a.action(func(ctx context.Context, args []string) error { return a.verify(ctx, args[0], at, deep) })
	return cmd
}

// errFaults is the end of a verification that found something.
var errFaults = errors.New("the table has faults")

func (a *app) verify(ctx context.Context, location, at string, deep bool) error {
	point, err := parseAt("--at", at)
	if err != nil {
		return err
	}
	p := &faultPrinter{a: a}
	var r *table.VerifyReport
	opts := a.options(true)
	err = a.withExternals(ctx, opts, func() (err error) {
		r, err = table.Verify(ctx, location, opts, &table.VerifyOptions{At: point, Deep: deep, Found: p.print})
		return err
	})
	if err == nil {
		err = p.end(r)
	}
	if err == nil && r.Faults > 0 {
		err = fmt.Errorf("%w: %s", errFaults, several(r.Faults, "fault"))
	}
	return err
}

// faultLine is a fault as verify prints it.
type faultLine struct {
	Object  string `json:"object"`
	Kind    string `json:"kind"`
	Version *int64 `json:"version,omitempty"`
	Detail  string `json:"detail"`
}

// summary is what was looked at, as verify prints it.
type summary struct {
	Version         *int64 `json:"version"` // null: none can be read
	Earliest        *int64 `json:"earliestVersion"`
	Commits         int64  `json:"commits"`
	Checkpoints     int64  `json:"checkpoints"`
	Checksums       int64  `json:"checksums"`
	CompactedLogs   int64  `json:"compactedLogs"`
	Files           int64  `json:"files"`
	Bytes           int64  `json:"bytes"`
	DeletionVectors int64  `json:"deletionVectors"`
	Rows            int64  `json:"rows"` // that were read
	Faults          int64  `json:"faults"`
	Notes           int64  `json:"notes"`
}

// faultPrinter prints faults as they are found: the first error of printing is
// what end returns.
type faultPrinter struct {
	a     *app
	lines []faultLine // for one JSON object at the end
	err   error
}

func (p *faultPrinter) print(f table.Fault) {
	line := faultLine{Object: f.Object, Kind: string(f.Kind), Version: fromZero(f.Version), Detail: f.Detail}
	switch p.a.outputFormat() {
	case formatJSON:
		p.lines = append(p.lines, line)
	case formatNDJSON:
		p.keep(p.a.writeObject(line))
	default:
		_, err := fmt.Fprintf(p.a.text(), "%s  %s  %s\n", visible(line.Object), line.Kind, visible(line.Detail))
		p.keep(err)
	}
	if p.a.outTerminal {
		p.keep(p.a.out.Flush())
	}
}

func (p *faultPrinter) keep(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *faultPrinter) end(r *table.VerifyReport) error {
	s := summary{
		Version: fromZero(r.Version), Earliest: fromZero(r.Earliest), Commits: r.Commits, Checkpoints: r.Checkpoints, Checksums: r.Checksums,
		CompactedLogs: r.Compacted, Files: r.Files, Bytes: r.Bytes, DeletionVectors: r.Vectors, Rows: r.Rows, Faults: r.Faults, Notes: r.Notes,
	}
	switch p.a.outputFormat() {
	case formatJSON:
		if p.lines == nil {
			p.lines = []faultLine{}
		}
		p.keep(p.a.writeObject(struct {
			summary
			Found []faultLine `json:"found"`
		}{s, p.lines}))
	case formatNDJSON:
		p.keep(p.a.writeObject(s))
	default:
		_, err := fmt.Fprintln(p.a.text(), s)
		p.keep(err)
	}
	return p.err
}

// String is the summary in a line.
func (s summary) String() string {
	versions := "no version can be read"
	if s.Version != nil && s.Earliest != nil {
		versions = fmt.Sprintf("versions %d to %d", *s.Earliest, *s.Version)
	}
	looked := []string{versions, several(s.Commits, "commit"), several(s.Checkpoints, "checkpoint"), several(s.Checksums, "checksum")}
	if s.CompactedLogs > 0 {
		looked = append(looked, several(s.CompactedLogs, "compacted log"))
	}
	looked = append(looked, fmt.Sprintf("%s of %s", several(s.Files, "file"), several(s.Bytes, "byte")))
	if s.DeletionVectors > 0 {
		looked = append(looked, several(s.DeletionVectors, "deletion vector"))
	}
	if s.Rows > 0 {
		looked = append(looked, several(s.Rows, "row"))
	}
	return fmt.Sprintf("%s; looked at %s", several(s.Faults, "fault"), strings.Join(looked, ", "))
}

func several(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// fromZero is a version, or nil for what is none.
func fromZero(v int64) *int64 {
	if v < 0 {
		return nil
	}
	return &v
}
