package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/table"
)

// run is the whole command: it returns the exit code and leaves nothing
// running. Whether a stream is a terminal is asked of the stream.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	_, noColor := os.LookupEnv("NO_COLOR")
	a := &app{
		stdin: stdin, stdout: stdout, stderr: stderr,
		outTerminal: isTerminal(stdout), errTerminal: isTerminal(stderr),
	}
	a.color = a.outTerminal && !noColor
	return a.run(ctx, args)
}

// app is one run of the command.
type app struct {
	stdin                    io.Reader
	stdout, stderr           io.Writer
	outTerminal, errTerminal bool
	color                    bool

	rawStderr io.Writer // stderr, for what draws

	out     *bufio.Writer // stdout: marked, made safe for a terminal, buffered
	started bool          // a command began: its arguments were understood
	format  format        // of -o; empty: by the kind of stdout

	external []string // locations outside of the table from which its files may be
}

func (a *app) run(ctx context.Context, args []string) int {
	a.rawStderr = a.stderr
	if a.errTerminal {
		a.stderr = &safeWriter{w: a.stderr}
	}
	a.out = bufio.NewWriterSize(outputWriter{a.stdout}, 64<<10)
	root := a.root()
	root.SetArgs(append([]string{}, args...))
	root.SetIn(a.stdin)
	root.SetOut(a.out)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.started {
		err = &hintedError{&usageError{inWords(err)}, cmd.CommandPath() + " --help shows what there is"}
	}
	if flushErr := a.out.Flush(); err == nil {
		err = flushErr
	}
	return a.report(err)
}

// inWords is an error of a flag without the words of Go's library in it.
func inWords(err error) error {
	if bad, is := errors.AsType[*strconv.NumError](err); is {
		return errors.New(strings.Replace(err.Error(), bad.Error(), "it is not a whole number", 1))
	}
	return err
}

// report says what went wrong, and the exit code for it.
func (a *app) report(err error) int {
	code, hint := classify(err)
	if err == nil || code == 0 {
		return code
	}
	if code == exitInterrupted {
		fmt.Fprintln(a.stderr, "foreset: interrupted")
		return code
	}
	fmt.Fprintf(a.stderr, "foreset: %s\n", visible(err.Error(), '\n', '\t'))
	if hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", hint)
	}
	return code
}

// root is the command with all that it knows.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "foreset",
		Short: "Read and write Delta tables",
		Long: "foreset reads and writes Delta tables: in a folder, a bucket, or memory.\nLOCATION is a path or a URL.\n\n" +
			"Exit codes: 0 done, 1 another failure, 2 a mistake in what was typed, 3 no such table, version, file or row changes,\n" +
			"4 a conflict or an unknown outcome, 5 a feature that is not supported, 6 a damaged table or faults that verify found,\n" +
			"7 no permission, 130 interrupted.",
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().StringArrayVar(&a.external, "allow-external", nil,
		"a location outside of the table whose files its log may name, as that of a shallow clone does; may be given again")
	root.AddCommand(
		a.infoCommand(), a.schemaCommand(), a.historyCommand(), a.filesCommand(), a.catCommand(), a.tailCommand(),
		a.createCommand(), a.appendCommand(), a.overwriteCommand(),
		a.logCommand(), a.checkpointCommand(), a.verifyCommand(), a.completionCommand(),
	)
	return root
}

// version is that of the module, as Go has recorded it in the program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "of unknown version"
}

// action runs a command whose arguments were understood.
func (a *app) action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		return do(cmd.Context(), args)
	}
}

// options are those of every table that is opened.
func (a *app) options(readOnly bool) *table.Options {
	drop := func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return attr
	}
	handler := slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: drop})
	return &table.Options{ReadOnly: readOnly, Logger: slog.New(handler)}
}

// withTable opens a table, and closes it after do.
func (a *app) withTable(ctx context.Context, location string, readOnly bool, do func(*table.Table) error) error {
	opts := a.options(readOnly)
	return a.withExternals(ctx, opts, func() (err error) {
		t, err := table.Open(ctx, location, opts)
		if err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, t.Close(context.WithoutCancel(ctx)))
		}()
		return do(t)
	})
}

// withExternals allows what --allow-external says, as long as do runs.
func (a *app) withExternals(ctx context.Context, opts *table.Options, do func() error) (err error) {
	if len(a.external) == 0 {
		return do()
	}
	allow, closeExternals, err := table.Externals(ctx, a.external...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeExternals()) }()
	opts.AllowExternal = allow
	return do()
}
