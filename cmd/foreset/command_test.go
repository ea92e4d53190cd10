package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// decode reads one JSON value.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

func TestInfoDescribesATable(t *testing.T) {
	at := withSchema(t, "id bigint NOT NULL COMMENT 'the key', day date",
		"--partition-by", "day", "--property", "delta.appendOnly=true", "--property", "a.b=c=d")
	mustRun(t, "id,day\n1,2024-01-01\n2,2024-01-02\n", "append", at, "-", "--format", "csv")
	type protocol struct {
		MinReaderVersion, MinWriterVersion int
		ReaderFeatures, WriterFeatures     []string
	}
	type description struct {
		ID               string
		Name             *string
		Version          int64
		Timestamp        time.Time
		NumFiles         int64
		SizeInBytes      int64
		NumRecords       *int64
		PartitionColumns []string
		Schema           json.RawMessage
		Protocol         protocol
		Properties       map[string]string
	}
	for _, format := range []string{"json", "ndjson"} {
		d := decode[description](t, mustRun(t, "", "info", at, "-o", format))
		if d.ID == "" || d.Name != nil || d.Version != 1 || d.Timestamp.IsZero() || d.NumFiles != 2 || d.SizeInBytes <= 0 ||
			d.NumRecords == nil || *d.NumRecords != 2 || len(d.PartitionColumns) != 1 || d.PartitionColumns[0] != "day" ||
			d.Protocol.MinWriterVersion < 2 || len(d.Properties) != 2 || d.Properties["a.b"] != "c=d" {
			t.Errorf("-o %s: %+v", format, d)
		}
		if schema := mustRun(t, "", "schema", at, "-o", "ndjson"); format == "ndjson" && string(d.Schema)+"\n" != schema {
			t.Errorf("info has the schema %s, schema prints %s", d.Schema, schema)
		}
	}
	if d := decode[description](t, mustRun(t, "", "info", at, "--at", "0")); d.Version != 0 || d.NumFiles != 0 || *d.NumRecords != 0 {
		t.Errorf("at version 0: %+v", d)
	}
	table := mustRun(t, "", "info", at, "-o", "table")
	for _, line := range []string{"version      1, of 20", "files        2, ", "rows         2\n", "partitioned  by day\n", "property     a.b = c=d\n", "column       id bigint NOT NULL COMMENT 'the key'\n"} {
		if !strings.Contains(table, line) {
			t.Errorf("there is no %q in\n%s", line, table)
		}
	}
}

func TestRowsAreUnknownWhereAFileDoesNotSay(t *testing.T) {
	at := withSchema(t, "id int")
	putObject(t, at, "_delta_log/00000000000000000001.json", `{"add":{"path":"x","partitionValues":{},"size":7,"modificationTime":0,"dataChange":true}}`)
	if out := mustRun(t, "", "info", at); !strings.Contains(out, `"numFiles":1,"sizeInBytes":7,"numRecords":null`) {
		t.Error(out)
	}
	if out := mustRun(t, "", "info", at, "-o", "table"); !strings.Contains(out, "rows         not known\n") {
		t.Error(out)
	}
}

func TestSchemaIsReadBackInBothForms(t *testing.T) {
	ddl := "id bigint NOT NULL COMMENT 'it''s the key',\n`a-b` struct<x:int,y:array<map<string,decimal(10,2)>>>\n"
	at := withSchema(t, ddl)
	for _, format := range []string{"table", "json", "ndjson"} {
		text := mustRun(t, "", "schema", at, "-o", format)
		again := location()
		mustRun(t, text, "create", again, "--schema", "-")
		if want, got := mustRun(t, "", "schema", at), mustRun(t, "", "schema", again); want != got {
			t.Errorf("through -o %s: %s, was %s", format, got, want)
		}
	}
}

func TestCatTravelsInTime(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	mustRun(t, "id\n2\n", "overwrite", at, "-", "--format", "csv")
	for point, want := range map[string]string{"0": "", "1": "{\"id\":1}\n", "2": "{\"id\":2}\n", "2999-01-01": "{\"id\":2}\n", "2999-01-01T00:00:00+01:00": "{\"id\":2}\n"} {
		if got := mustRun(t, "", "cat", at, "--at", point); got != want {
			t.Errorf("at %s: %q, want %q", point, got, want)
		}
	}
	if got := mustRun(t, "", "cat", at, "--at", "1", "--where", "id <> 1 OR id IS NULL"); got != "" {
		t.Errorf("no row fits, but it prints %q", got)
	}
}

// TestCatSaysWhereRowsAre where it is asked: _metadata is no column otherwise.
func TestCatSaysWhereRowsAre(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n2\n3\n", "append", at, "-", "--format", "csv")
	if got, want := mustRun(t, "", "cat", at, "--columns", "id,_metadata.row_index", "--where", "_metadata.row_index > 1"), "{\"id\":3,\"_metadata.row_index\":2}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := mustRun(t, "", "cat", at, "--agg", "max(_metadata.row_index) AS m"), "{\"m\":2}\n"; got != want {
		t.Errorf("%s want %s", got, want)
	}
	if got := mustRun(t, "", "cat", at, "--columns", "_metadata.file_path", "--limit", "1"); !strings.Contains(got, at+"/part-") {
		t.Errorf("%q", got)
	}
	fails(t, exitUsage, "_metadata.row_id", "", "cat", at, "--columns", "_metadata.row_id")
	fails(t, exitUsage, "row_colour", "", "cat", at, "--where", "_metadata.row_colour = 1")
}

// TestFilesElsewhereAreReadIfTheyAreAllowed: a log may name those of another
// table.
func TestFilesElsewhereAreReadIfTheyAreAllowed(t *testing.T) {
	source, clone := filepath.Join(t.TempDir(), "source"), filepath.Join(t.TempDir(), "clone")
	for _, at := range []string{source, clone} {
		mustRun(t, "", "create", at, "--schema", writeFile(t, "schema.sql", "id int"))
	}
	mustRun(t, "id\n1\n", "append", source, "-", "--format", "csv")
	line := strings.Replace(lastLine(mustRun(t, "", "log", source, "--at", "1")), `"path":"`, `"path":"file://`+filepath.ToSlash(source)+`/`, 1)
	if err := os.WriteFile(filepath.Join(clone, "_delta_log", "00000000000000000001.json"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, exitDenied, "--allow-external", "", "cat", clone)
	fails(t, exitDenied, "--allow-external", "", "cat", clone, "--allow-external", filepath.Dir(clone))
	if got := mustRun(t, "", "cat", clone, "--allow-external", filepath.Dir(clone), "--allow-external", source); got != "{\"id\":1}\n" {
		t.Errorf("%q", got)
	}
	if r := foreset(t, "", "verify", clone); r.code != exitCorrupt || !strings.Contains(r.out, `"kind":"outside"`) {
		t.Errorf("%d %s", r.code, r.out)
	}
	if got := mustRun(t, "", "verify", clone, "--allow-external", source); !strings.Contains(got, `"faults":0`) {
		t.Error(got)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestExplainNamesTheSkippedRowGroupsAndWhy, and says what it could not look
// into.
func TestExplainNamesTheSkippedRowGroupsAndWhy(t *testing.T) {
	at := filepath.Join(t.TempDir(), "t")
	ctx := context.Background()
	columns, err := schema.ParseColumns("id int")
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Create(ctx, at, nil, &table.CreateOptions{Schema: columns})
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ ID int32 }
	var all []row
	for i := range int32(30) {
		all = append(all, row{i})
	}
	data, err := rows.Of(all)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tbl.Append(ctx, data, &table.WriteOptions{RowGroupRows: 10}); err != nil {
		t.Fatal(err)
	}
	if err := tbl.Close(ctx); err != nil {
		t.Fatal(err)
	}
	e := decode[explanation](t, mustRun(t, "", "cat", at, "--where", "id = 15", "--explain"))
	if len(e.Looked) != 1 || e.Looked[0].RowGroups != 3 || e.Looked[0].RowGroupsSkipped != 2 || e.Looked[0].RowsSkipped != 20 || len(e.Skipped) != 2 {
		t.Fatalf("%+v", e)
	}
	s := e.Skipped[1]
	if *s.RowGroup != 2 || *s.FirstRow != 20 || *s.Rows != 10 || s.By != "row-group statistics" || s.Reason != "id = 15: id is 20 to 29" {
		t.Errorf("%+v", s)
	}
	text := mustRun(t, "", "cat", at, "--where", "id = 15", "--explain", "-o", "table")
	if !strings.Contains(text, " reads 1 of 3 row groups, 10 of 30 rows\n  skips rows 0 to 9 of row group 0 by row-group statistics: id = 15: id is 0 to 9\n") {
		t.Error(text)
	}
	if err := os.Remove(filepath.Join(at, filepath.FromSlash(e.Looked[0].Path))); err != nil {
		t.Fatal(err)
	}
	text = mustRun(t, "", "cat", at, "--where", "id = 15", "--explain", "-o", "table")
	if !strings.Contains(text, "\ncannot look into ") {
		t.Error(text)
	}
}

func TestExplainNamesTheSkippedFilesAndWhy(t *testing.T) {
	at := withSchema(t, "id int, p int", "--partition-by", "p")
	mustRun(t, "id,p\n1,1\n2,2\n", "append", at, "-", "--format", "csv")
	type explanation struct {
		Files, FilesSkipped int64
		Skipped             []struct{ Path, Reason string }
	}
	e := decode[explanation](t, mustRun(t, "", "cat", at, "--where", "p = 1", "--explain"))
	if e.Files != 2 || e.FilesSkipped != 1 || len(e.Skipped) != 1 || !strings.HasPrefix(e.Skipped[0].Path, "p=2/") || e.Skipped[0].Reason == "" {
		t.Errorf("%+v", e)
	}
	text := mustRun(t, "", "cat", at, "--where", "p = 1", "--explain", "-o", "table")
	if !strings.Contains(text, "version 1: reads 1 of 2 files") || !strings.Contains(text, "\nskips p=2/") {
		t.Error(text)
	}
	if strings.Contains(mustRun(t, "", "cat", at, "--where", "p = 1", "--explain=0", "-o", "table"), "row groups") {
		t.Error("it looks into files without being asked to")
	}
	if files := mustRun(t, "", "files", at, "--where", "p = 1", "-o", "csv"); strings.Count(files, "\n") != 2 || !strings.Contains(files, `"{""p"":""1""}"`) {
		t.Error(files)
	}
	if files := mustRun(t, "", "files", at, "-o", "table"); strings.Count(files, "\n") != 4 {
		t.Error(files)
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	type commit struct {
		Version             int64
		Timestamp           time.Time
		Operation           string
		OperationParameters map[string]string
	}
	out := strings.Split(mustRun(t, "", "history", at), "\n")
	if len(out) != 3 {
		t.Fatalf("%q", out)
	}
	first, second := decode[commit](t, out[0]), decode[commit](t, out[1])
	if first.Version != 1 || first.Operation != "WRITE" || first.OperationParameters["mode"] != "Append" || first.Timestamp.IsZero() || second.Version != 0 || second.Operation != "CREATE TABLE" {
		t.Errorf("%+v, %+v", first, second)
	}
	if out := mustRun(t, "", "history", at, "--limit", "1", "-o", "table"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "mode=Append") {
		t.Error(out)
	}
	if out := mustRun(t, "", "history", at, "--limit", "0"); out != "" {
		t.Error(out)
	}
}

func TestLogPrintsTheActions(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv", "--app-id", "loader", "--app-version", "7")
	keys := func(text string) string {
		var out []string
		for line := range strings.Lines(text) {
			for key := range decode[map[string]json.RawMessage](t, line) {
				out = append(out, key)
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"log", at}, "commitInfo protocol metaData commitInfo txn add"},
		{[]string{"log", at, "0"}, "commitInfo protocol metaData"},
		{[]string{"log", at, "--at", "1"}, "commitInfo txn add"},
	} {
		if got := keys(mustRun(t, "", c.args...)); got != c.want {
			t.Errorf("%q prints %s, want %s", c.args, got, c.want)
		}
	}
	if all := decode[[]map[string]any](t, mustRun(t, "", "log", at, "-o", "json")); len(all) != 6 {
		t.Errorf("%d actions as JSON", len(all))
	}
}

func TestCheckpoint(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	if out := mustRun(t, "", "checkpoint", at, "-o", "json"); decode[struct{ Version int64 }](t, out).Version != 1 {
		t.Error(out)
	}
	if names := strings.Join(objects(t, at), " "); !strings.Contains(names, "00000000000000000001.checkpoint.parquet") || !strings.Contains(names, "_last_checkpoint") {
		t.Error(names)
	}
	if got := mustRun(t, "", "cat", at); got != "{\"id\":1}\n" {
		t.Error(got)
	}
	if r := foreset(t, "", "checkpoint", at); r.out != "" || r.err != "checkpoint of version 1\n" {
		t.Errorf("%+v", r)
	}
}

func TestChangingCommandsPrintTheCommit(t *testing.T) {
	at, schema := location(), writeFile(t, "schema", "id int")
	type commit struct {
		Version   int64
		Timestamp time.Time
		Attempts  int
		Skipped   bool
		Metrics   struct{ Rows, Files, Bytes, FilesRemoved, BytesSpilled int64 }
		After     *string
	}
	for _, c := range []struct {
		args    []string
		version int64
		rows    int64
		skipped bool
		says    string
	}{
		{[]string{"create", at, "--schema", schema}, 0, 0, false, "version 0: 0 rows"},
		{[]string{"append", at, "-", "--format", "csv", "--app-id", "a", "--app-version", "1"}, 1, 2, false, "version 1: 2 rows in 1 files"},
		{[]string{"append", at, "-", "--format", "csv", "--app-id", "a", "--app-version", "1"}, 1, 0, true, "nothing to do: the table is at version 1"},
		{[]string{"overwrite", at, "-", "--format", "csv"}, 2, 2, false, "1 files removed"},
	} {
		c2 := decode[commit](t, mustRun(t, "id\n1\n2\n", append(c.args, "-o", "json")...))
		if c2.Version != c.version || c2.Metrics.Rows != c.rows || c2.Skipped != c.skipped || c2.Timestamp.IsZero() || c2.After != nil {
			t.Errorf("%q: %+v", c.args, c2)
		}
	}
	if r := foreset(t, "id\n1\n2\n", "overwrite", at, "-", "--format", "csv"); r.out != "" || !strings.Contains(r.err, "version 3: 2 rows in 1 files") || !strings.Contains(r.err, "1 files removed") {
		t.Errorf("%+v", r)
	}
}

func TestCreateFromLoadsTheRows(t *testing.T) {
	at := location()
	mustRun(t, "id,p\n1,x\n2,y\n", "create", at, "--from", "-", "--format", "csv", "--partition-by", "p")
	want := `{"id":1,"p":"x"}` + "\n" + `{"id":2,"p":"y"}` + "\n"
	if got := lines(mustRun(t, "", "cat", at)); got != want {
		t.Errorf("%q", got)
	}
	for _, format := range []string{"parquet", "arrow"} {
		data := mustRun(t, "", "cat", at, "-o", format)
		to := location()
		mustRun(t, data, "create", to, "--from", "-", "--format", format)
		if got := lines(mustRun(t, "", "cat", to)); got != want {
			t.Errorf("through %s: %q", format, got)
		}
		mustRun(t, "", "create", location(), "--from", writeFile(t, "data."+format, data))
	}
	empty := location()
	if r := foreset(t, "id\n", "create", empty, "--from", "-", "--format", "csv"); r.code != 0 || !strings.Contains(r.err, "version 0") {
		t.Errorf("%+v", r)
	}
	fails(t, exitOther, "", "id\n1\n", "create", location(), "--from", "-", "--format", "csv", "--partition-by", "nope")
	fails(t, exitOther, "", "", "create", location(), "--schema", writeFile(t, "bad", "id wrongtype"))
	fails(t, exitOther, "", "", "create", location(), "--schema", writeFile(t, "bad.json", `{"type":"struct"`))
}

func TestConstraintsKeepBadRowsOut(t *testing.T) {
	at := withSchema(t, "id int", "--property", "delta.constraints.positive=id > 0")
	fails(t, exitOther, "positive", "id\n1\n-1\n", "append", at, "-", "--format", "csv")
	if got := mustRun(t, "", "cat", at); got != "" {
		t.Errorf("the table has %q", got)
	}
	only := withSchema(t, "id int", "--property", "delta.appendOnly=true")
	fails(t, exitOther, "append-only", "id\n1\n", "overwrite", only, "-", "--format", "csv")
}

func TestLocalFolder(t *testing.T) {
	at := filepath.Join(t.TempDir(), "table")
	mustRun(t, "", "create", at, "--schema", writeFile(t, "schema", "id int"))
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	if got := mustRun(t, "", "cat", at); got != "{\"id\":1}\n" {
		t.Errorf("%q", got)
	}
}

// cancelling is a standard input that is interrupted after its first part, and
// has nothing more to give until the test is over.
type cancelling struct {
	first  io.Reader
	cancel context.CancelFunc
	over   chan struct{}
}

func (c *cancelling) Read(p []byte) (int, error) {
	if n, _ := c.first.Read(p); n > 0 {
		return n, nil
	}
	c.cancel()
	<-c.over
	return 0, io.EOF
}

func TestInterruptionLeavesNothing(t *testing.T) {
	at := withSchema(t, "id int")
	before := objects(t, at)
	for _, args := range [][]string{
		{"append", at, "-", "--format", "csv"}, {"overwrite", at, "-", "--format", "jsonl"}, {"append", at, "-", "--format", "parquet"},
		{"append", at, "-", "--format", "csv", "--merge-schema"}, {"create", location(), "--from", "-", "--format", "csv"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		in := &cancelling{strings.NewReader("id\n" + strings.Repeat("1\n", 3*batchRows)), cancel, make(chan struct{})}
		if args[4] == "jsonl" {
			in.first = strings.NewReader(strings.Repeat("{\"id\":1}\n", 3*batchRows))
		}
		var out, errs bytes.Buffer
		code := run(ctx, args, in, &out, &errs)
		close(in.over)
		if code != exitInterrupted || out.Len() > 0 || errs.String() != "foreset: interrupted\n" {
			t.Errorf("%q: exit code %d, %q, %q", args, code, out.String(), errs.String())
		}
		if args[0] == "create" {
			if left := objects(t, args[1]); len(left) > 0 {
				t.Errorf("%q left %q", args, left)
			}
		}
	}
	if after := objects(t, at); len(after) != len(before) {
		t.Errorf("it left %q", after)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := run(ctx, []string{"cat", at}, strings.NewReader(""), io.Discard, io.Discard); code != exitInterrupted {
		t.Errorf("cat: exit code %d", code)
	}
}

// closedPipe is a standard output that nobody reads any more.
type closedPipe struct{ err error }

func (c closedPipe) Write([]byte) (int, error) { return 0, c.err }

func TestClosedPipeEndsQuietly(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n"+strings.Repeat("12345\n", 50_000), "append", at, "-", "--format", "csv")
	for _, args := range [][]string{
		{"cat", at}, {"cat", at, "-o", "csv"}, {"cat", at, "-o", "table"}, {"cat", at, "-o", "parquet"}, {"cat", at, "-o", "arrow"},
		{"info", at}, {"log", at}, {"history", at}, {"completion", "bash"}, {"help"},
	} {
		for _, gone := range []error{io.ErrClosedPipe, &os.PathError{Op: "write", Path: "|1", Err: brokenPipe}} {
			var errs bytes.Buffer
			if code := run(t.Context(), args, strings.NewReader(""), closedPipe{gone}, &errs); code != 0 || errs.Len() > 0 {
				t.Errorf("%q: exit code %d, %s", args, code, errs.String())
			}
		}
	}
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"cat", at}, strings.NewReader(""), closedPipe{syscall.ENOSPC}, &errs); code != exitOther || !strings.Contains(errs.String(), "standard output") {
		t.Errorf("a full disk: exit code %d, %s", code, errs.String())
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := mustRun(t, "", "completion", shell); !strings.Contains(out, "foreset") {
			t.Errorf("%s: %q", shell, out)
		}
	}
	const files, none = ":0", ":4"
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"cat", ""}, []string{files}},
		{[]string{"append", "table", ""}, []string{files}},
		{[]string{"cat", "table", ""}, []string{none}},
		{[]string{"cat", "-o", ""}, []string{"table", "json", "ndjson", "csv", "parquet", "arrow", none}},
		{[]string{"append", "--format", ""}, []string{"csv", "jsonl", "parquet", "arrow", none}},
	} {
		out := strings.Fields(mustRun(t, "", append([]string{"__complete"}, c.args...)...))
		if strings.Join(out, " ") != strings.Join(c.want, " ") {
			t.Errorf("%q completes to %q, want %q", c.args, out, c.want)
		}
	}
}

func TestVersionAndExitCodesCanBeAskedFor(t *testing.T) {
	if got := mustRun(t, "", "--version"); !strings.HasPrefix(got, "foreset version ") {
		t.Errorf("%q", got)
	}
	if got := mustRun(t, "", "help"); !strings.Contains(got, "130 interrupted") {
		t.Errorf("%q", got)
	}
}
