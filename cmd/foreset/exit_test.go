package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func TestErrorsHaveTheirExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{
		{nil, 0},
		{&outputError{io.ErrClosedPipe}, 0},
		{io.ErrClosedPipe, 1},
		{errors.New("whatever"), 1},
		{table.ErrSchema, 1},
		{table.ErrConstraint, 1},
		{&table.ConstraintError{Name: "c"}, 1},
		{table.ErrLimit, 1},
		{table.ErrExists, 1},
		{context.DeadlineExceeded, 1},
		{storage.ErrThrottled, 1},
		{&inputError{Source: "x"}, 1},
		{usagef("no"), 2},
		{&storage.SchemeError{Scheme: "x"}, 2},
		{storage.ErrBadLocation, 2},
		{table.ErrNotTable, 3},
		{&log.VersionError{}, 3},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, 3},
		{&table.ConflictError{}, 4},
		{table.ErrContention, 4},
		{&table.CommitUnknownError{}, 4},
		{errors.Join(table.ErrCommitUnknown, context.Canceled), 4},
		{&table.UnsupportedError{}, 5},
		{errors.ErrUnsupported, 5},
		{storage.ErrUnsafe, 5},
		{&log.CorruptError{Err: errors.New("x")}, 6},
		{&log.GapError{}, 6},
		{log.ErrExternalPath, 6},
		{log.ErrBadPath, 6},
		{storage.ErrBadName, 6},
		{&storage.Error{Err: fs.ErrPermission}, 7},
		{context.Canceled, 130},
		{errors.Join(table.ErrNotTable, context.Canceled), 130},
	} {
		err := c.err
		if err != nil && !isClosedPipe(err) {
			err = fmt.Errorf("wrapped: %w", err)
		}
		if code, _ := classify(err); code != c.code {
			t.Errorf("%v: exit code %d, want %d", c.err, code, c.code)
		}
	}
}

func TestUsage(t *testing.T) {
	at := withSchema(t, "id int")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"unknown command", []string{"nope"}},
		{"unknown flag: --nope", []string{"cat", at, "--nope"}},
		{"LOCATION is missing", []string{"cat"}},
		{"LOCATION and FILE is missing", []string{"append"}},
		{`unexpected argument "b"`, []string{"info", "a", "b"}},
		{"it is one of table, json", []string{"cat", at, "-o", "xml"}},
		{"it is one of ndjson, json", []string{"append", at, "x.csv", "-o", "table"}},
		{"it is one of csv, jsonl", []string{"append", at, "-", "--format", "xml"}},
		{"standard input needs --format", []string{"append", at, "-"}},
		{"needs --format", []string{"append", at, writeFile(t, "data.txt", "")}},
		{"is a folder", []string{"append", at, t.TempDir()}},
		{"neither a version nor a time", []string{"cat", at, "--at", "yesterday"}},
		{"no version has such a number", []string{"cat", at, "--at", "99999999999999999999"}},
		{"unexpected end", []string{"cat", at, "--where", "id ="}},
		{"function explode", []string{"cat", at, "--where", "explode(id) = 'X'"}},
		{"no column nope", []string{"cat", at, "--where", "nope = 1"}},
		{"no column nope", []string{"files", at, "--where", "nope = 1"}},
		{"not boolean", []string{"cat", at, "--where", "id + 1"}},
		{`no column "nope"`, []string{"cat", at, "--columns", "id,nope"}},
		{`no column "id.x"`, []string{"cat", at, "--columns", "id.x"}},
		{`no column "id.x"; id is of type int`, []string{"cat", at, "--columns", "id.x"}},
		{`no column "_metadata.row"; _metadata has file_path,`, []string{"cat", at, "--columns", "_metadata.row"}},
		{"is there twice", []string{"cat", at, "--columns", "id,ID"}},
		{`"x" for "--limit" flag: it is not a whole number`, []string{"cat", at, "--limit", "x"}},
		{"--limit -5: it is at least 0", []string{"cat", at, "--limit", "-5"}},
		{"--limit -5: it is at least 0", []string{"history", at, "--limit", "-5"}},
		{"\tcat\n", []string{"cta"}},
		{"a table is a folder", []string{"cat", writeFile(t, "file", "")}},
		{"--explain prints table, json, ndjson", []string{"cat", at, "--explain", "-o", "csv"}},
		{"schema from", []string{"create", location()}},
		{"schema from", []string{"create", location(), "--schema", "x", "--from", "y"}},
		{"is not key=value", []string{"create", location(), "--schema", "x", "--property", "y"}},
		{"is there twice", []string{"create", location(), "--schema", "x", "--property", "y=1", "--property", "y=2"}},
		{"app-id app-version", []string{"append", at, "-", "--format", "csv", "--app-id", "a"}},
		{"not a version", []string{"log", at, "x"}},
		{"given twice", []string{"log", at, "1", "--at", "2"}},
		{"no completion for", []string{"completion", "tcsh"}},
		{"foo", []string{"info", "foo://x/y"}},
	} {
		fails(t, exitUsage, c.says, "", c.args...)
	}
}

func TestBrokenTablesHaveTheirExitCodes(t *testing.T) {
	const (
		first = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}
`
		commit0, commit1, commit2 = "_delta_log/00000000000000000000.json", "_delta_log/00000000000000000001.json", "_delta_log/00000000000000000002.json"
	)
	add := func(path string) string {
		return fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{},"size":100,"modificationTime":0,"dataChange":true}}`, path)
	}
	for _, c := range []struct {
		name    string
		objects map[string]string
		command string
		code    int
		says    string
	}{
		{"nothing", nil, "cat", 3, "not a Delta table"},
		{"nothing", nil, "info", 3, "foreset create makes a table"},
		{"nothing", nil, "log", 3, "not a Delta table"},
		{"newer protocol", map[string]string{commit0: `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timeTravelToTheFuture"],"writerFeatures":["timeTravelToTheFuture"]}}` + "\n" + first[57:]}, "cat", 5, "timeTravelToTheFuture"},
		{"type that is not known", map[string]string{commit0: strings.Replace(first, "integer", "geography(OGC:CRS84)", 1)}, "cat", 5, "geography(OGC:CRS84)"},
		{"gap", map[string]string{commit0: first, commit2: add("a")}, "cat", 6, "commit 1 is missing"},
		{"gap", map[string]string{commit0: first, commit2: add("a")}, "info", 6, "hint: restore the commit that is missing"},
		{"damaged commit", map[string]string{commit0: first, commit1: `{"add":{"path"`}, "cat", 6, "00000000000000000001.json line 1"},
		{"damaged commit", map[string]string{commit0: first, commit1: `{"add":{"path"`}, "log", 6, "00000000000000000001.json line 1"},
		{"file that is no Parquet", map[string]string{commit0: first, commit1: add("a"), "a": "this is no Parquet file, whatever its name says. It goes on and on and on until it has 100 bytes in it."}, "cat", 6, "a"},
		{"file that is missing", map[string]string{commit0: first, commit1: add("gone.parquet")}, "cat", 3, "gone.parquet"},
		{"path out of the table", map[string]string{commit0: first, commit1: add("../secret.parquet")}, "cat", 6, "secret.parquet"},
		{"path out of the table", map[string]string{commit0: first, commit1: add("../secret.parquet")}, "cat", 6, "hint: the log names a file outside of the table"},
		{"absolute path", map[string]string{commit0: first, commit1: add("file:///etc/passwd")}, "cat", 7, "/etc/passwd"},
	} {
		t.Run(c.name+" "+c.command, func(t *testing.T) {
			at := location()
			for name, content := range c.objects {
				putObject(t, at, name, content)
			}
			fails(t, c.code, c.says, "", c.command, at)
		})
	}
}

func TestVersionThatIsGone(t *testing.T) {
	at := withSchema(t, "id int")
	fails(t, exitNotFound, "version 7", "", "cat", at, "--at", "7")
	fails(t, exitNotFound, "version 7", "", "log", at, "7")
	fails(t, exitNotFound, "1999", "", "info", at, "--at", "1999-12-31")
	fails(t, exitNotFound, "no-such-file.csv", "", "append", at, "no-such-file.csv")
	fails(t, exitNotFound, "--schema takes a file: open no-such-file.sql", "", "create", location(), "--schema", "no-such-file.sql")
}

func TestExistingTableIsNotCreatedAgain(t *testing.T) {
	at := withSchema(t, "id int")
	before := objects(t, at)
	fails(t, exitOther, "table exists", "", "create", at, "--schema", writeFile(t, "s", "id int"))
	fails(t, exitOther, "table exists", "id\n1\n", "create", at, "--from", "-", "--format", "csv")
	if after := objects(t, at); len(after) != len(before) {
		t.Errorf("it left %q, before there was %q", after, before)
	}
}

// deniedStore is a store that nobody may read.
type deniedStore struct{ storage.Store }

func (d deniedStore) List(_ context.Context, prefix, _ string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		yield(storage.Info{}, &storage.Error{Op: "list", Store: d.String(), Name: prefix, Err: fs.ErrPermission})
	}
}

func (d deniedStore) Get(_ context.Context, name string, _ int64) ([]byte, storage.Info, error) {
	return nil, storage.Info{}, &storage.Error{Op: "get", Store: d.String(), Name: name, Err: fs.ErrPermission}
}

func init() {
	storage.Register("denied", func(context.Context, *url.URL) (storage.Store, error) {
		return deniedStore{storage.NewMemory(nil)}, nil
	})
}

func TestDenied(t *testing.T) {
	fails(t, exitDenied, "permission", "", "cat", "denied://x/t")
	fails(t, exitDenied, "permission", "", "log", "denied://x/t")
	fails(t, exitDenied, "permission", "id\n1\n", "append", "denied://x/t", "-", "--format", "csv")
	fails(t, exitDenied, "permission", "id\n1\n", "create", "denied://x/t", "--from", "-", "--format", "csv")
}

func TestReadErrorOfStandardInputChangesNothing(t *testing.T) {
	at := withSchema(t, "id int")
	before := objects(t, at)
	for _, format := range []string{"csv", "jsonl", "parquet", "arrow"} {
		var out, errs noise
		code := run(t.Context(), []string{"append", at, "-", "--format", format}, iotest.ErrReader(errors.New("tape torn")), &out, &errs)
		if code != exitOther {
			t.Errorf("%s: exit code %d: %s", format, code, errs)
		}
	}
	if after := objects(t, at); len(after) != len(before) {
		t.Errorf("it left %q", after)
	}
}

type noise []byte

func (n *noise) Write(p []byte) (int, error) {
	*n = append(*n, p...)
	return len(p), nil
}

// TestAValueThatCannotBeCastIsOfThePredicate, and not of the file where it is met.
func TestAValueThatCannotBeCastIsOfThePredicate(t *testing.T) {
	at := withSchema(t, "city string")
	mustRun(t, "city\nOslo\n", "append", at, "-", "--format", "csv")
	fails(t, exitOther, ".parquet: predicate: line 1, column 6: ", "", "cat", at, "--where", "city = 5")
	fails(t, exitOther, "hint: TRY_CAST", "", "cat", at, "--where", "city = 5")
	if out := mustRun(t, "", "cat", at, "--where", "TRY_CAST(city AS int) IS NULL"); out != "{\"city\":\"Oslo\"}\n" {
		t.Error(out)
	}
}
