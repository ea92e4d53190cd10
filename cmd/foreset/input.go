package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"

	"github.com/foreset/foreset/schema"
)

// Formats of input, beside formatCSV, formatParquet and formatArrow.
const formatJSONL format = "jsonl" // a JSON object a line

var inputFormats = []format{formatCSV, formatJSONL, formatParquet, formatArrow}

// extensions say what a file is; .gz after them is cut off.
var extensions = map[string]format{
	".csv": formatCSV, ".jsonl": formatJSONL, ".ndjson": formatJSONL, ".json": formatJSONL,
	".parquet": formatParquet, ".arrow": formatArrow, ".arrows": formatArrow, ".feather": formatArrow, ".ipc": formatArrow,
}

// inputOptions are the flags of commands that read a file.
type inputOptions struct {
	format format
	nulls  []string
}

func (o *inputOptions) flags(cmd *cobra.Command) {
	cmd.Flags().Var(formatFlag{&o.format, inputFormats}, "format", names(inputFormats)+"; default: by the file's extension")
	cmd.Flags().StringArrayVar(&o.nulls, "null", nil, "text without quotes that stands for null in CSV, beside the empty one; may be repeated")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(strings.Split(names(inputFormats), ", "), cobra.ShellCompDirectiveNoFileComp)))
}

// input is a file, or standard input, to be read once or more.
type input struct {
	name    string // for messages
	path    string // empty: stdin, not read yet
	stdin   io.Reader
	regular bool // path is a file that can be read again, and at any place
	format  format
	nulls   []string
	temp    string // a copy, to be removed
}

// openInput says what file is. Nothing is read yet.
func (a *app) openInput(file string, o *inputOptions) (*input, error) {
	in := &input{name: file, path: file, format: o.format, nulls: o.nulls}
	if file == "-" {
		in.name, in.path, in.stdin = "standard input", "", a.stdin
		if in.format == "" {
			return nil, usagef("standard input needs --format: %s", names(inputFormats))
		}
		return in, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, usagef("%s is a folder, not a file", file)
	}
	in.regular = info.Mode().IsRegular()
	if in.format == "" {
		ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(file), ".gz"))
		if in.format = extensions[ext]; in.format == "" {
			return nil, usagef("what %s is does not show in its name: it needs --format: %s", file, names(inputFormats))
		}
	}
	return in, nil
}

func (in *input) isText() bool { return in.format == formatCSV || in.format == formatJSONL }

func (in *input) close() {
	if in.temp != "" {
		os.Remove(in.temp)
	}
}

// stream is the content, decompressed. Unless the input is rewindable, that
// works once.
func (in *input) stream(ctx context.Context, a *app, what string) (io.ReadCloser, error) {
	s := &stream{}
	raw := in.stdin
	if in.path != "" {
		f, err := os.Open(in.path)
		if err != nil {
			return nil, err
		}
		s.file, raw = f, f
	} else {
		raw = &interruptible{ctx: ctx, r: raw}
	}
	s.progress = a.newProgress(ctx, what+" "+in.name, in.size())
	buffered := bufio.NewReaderSize(s.progress.reader(raw), 256<<10)
	s.Reader = buffered
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("read %s: %w", in.name, err)
		}
		s.Reader = z
	}
	return s, nil
}

// size is in bytes; 0 is unknown.
func (in *input) size() int64 {
	if !in.regular {
		return 0
	}
	info, err := os.Stat(in.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// stream is what input.stream returns.
type stream struct {
	io.Reader
	file     *os.File
	progress *progress
}

// Close ends reading. It may be called twice.
func (s *stream) Close() error {
	s.progress.end()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// rewindable makes the input one that can be read again, from a copy if need
// be.
func (in *input) rewindable(ctx context.Context, a *app) error {
	if in.regular {
		return nil
	}
	return in.spool(ctx, a)
}

// spool copies the decompressed content to a temporary file.
func (in *input) spool(ctx context.Context, a *app) error {
	r, err := in.stream(ctx, a, "copying")
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.CreateTemp("", "foreset-input-*")
	if err != nil {
		return err
	}
	in.temp = f.Name()
	_, err = io.Copy(f, &checked{ctx, r})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("copy %s to %s: %w", in.name, in.temp, err)
	}
	in.path, in.regular = in.temp, true
	return nil
}

// checked is a reader that fails when ctx ends.
type checked struct {
	ctx context.Context
	r   io.Reader
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// interruptible is a reader of standard input whose Read returns when ctx
// ends, although nothing can end a read of a terminal or a pipe: the read is
// left behind, and ends with the process or the stream.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	err  error
	busy chan chunk
}

type chunk struct {
	buf []byte
	err error
}

func (s *interruptible) Read(p []byte) (int, error) {
	if len(s.buf) == 0 && s.err == nil {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	if len(s.buf) > 0 {
		n := copy(p, s.buf)
		s.buf = s.buf[n:]
		return n, nil
	}
	return 0, s.err
}

func (s *interruptible) fill() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.busy == nil {
		s.busy = make(chan chunk, 1)
	}
	buf := make([]byte, 64<<10)
	go func() {
		n, err := s.r.Read(buf)
		s.busy <- chunk{buf[:n], err}
	}()
	select {
	case c := <-s.busy:
		s.buf, s.err = c.buf, c.err
		return nil
	case <-s.ctx.Done():
		s.err = s.ctx.Err()
		return s.err
	}
}

// read presents the input as rows. Text is converted to the schema; Arrow and
// Parquet have their own. done ends reading; it may be called twice.
func (a *app) read(ctx context.Context, in *input, s *schema.Struct) (r array.RecordReader, done func(), err error) {
	if in.format == formatParquet {
		return a.readParquet(ctx, in)
	}
	f, err := in.stream(ctx, a, "reading")
	if err != nil {
		return nil, nil, err
	}
	done = func() { f.Close() }
	switch in.format {
	case formatCSV:
		r, err = readCSV(ctx, in, f, s)
	case formatJSONL:
		r, err = readJSONL(ctx, in, f, s)
	default:
		r, err = readArrow(in, f)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return r, done, nil
}

// inputError says where an input does not fit.
type inputError struct {
	Source  string
	Line    int64  // from 1, of the row's first line; 0: all of it
	Column  string // dotted path; empty: the row
	Value   string // the text in question
	Problem string
}

func (e *inputError) Error() string {
	var b strings.Builder
	b.WriteString(e.Source)
	if e.Line > 0 {
		fmt.Fprintf(&b, " line %d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ", column %q", e.Column)
	}
	if e.Value != "" {
		fmt.Fprintf(&b, ", value %.80q", e.Value)
	}
	return b.String() + ": " + e.Problem
}

// in is the error one level further out.
func (e *inputError) in(field string) *inputError {
	if e.Column == "" {
		e.Column = field
	} else {
		e.Column = field + "." + e.Column
	}
	return e
}
