package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foreset/foreset/storage"
)

// result is what one run left.
type result struct {
	code     int
	out, err string
}

// foreset runs the command as a shell would.
func foreset(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// mustRun runs the command, which must succeed, and returns what it printed.
func mustRun(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := foreset(t, stdin, args...)
	if r.code != 0 {
		t.Fatalf("foreset %q: exit code %d: %s", args, r.code, r.err)
	}
	return r.out
}

// fails runs the command, which must end with a code and say something.
func fails(t *testing.T, code int, says, stdin string, args ...string) {
	t.Helper()
	r := foreset(t, stdin, args...)
	if r.code != code || !strings.Contains(r.err, says) {
		t.Errorf("foreset %q: exit code %d, want %d; it says %q, want %q", args, r.code, code, r.err, says)
	}
}

var tables atomic.Int64

// location is one in memory that nothing is at.
func location() string { return fmt.Sprintf("mem://test-%d/table", tables.Add(1)) }

// writeFile makes a file and returns its path.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withSchema makes an empty table of a schema.
func withSchema(t *testing.T, ddl string, args ...string) string {
	t.Helper()
	at := location()
	mustRun(t, "", append([]string{"create", at, "--schema", writeFile(t, "schema.sql", ddl)}, args...)...)
	return at
}

// objects lists what is in a store.
func objects(t *testing.T, location string) []string {
	t.Helper()
	s, err := storage.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var names []string
	for info, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

// lines sorts the lines of a text: the order of rows is not promised.
func lines(s string) string {
	l := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	slices.Sort(l)
	return strings.Join(l, "\n") + "\n"
}

// putObject writes an object of a table by hand.
func putObject(t *testing.T, location, name, content string) {
	t.Helper()
	s, err := storage.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put(context.Background(), name, []byte(content)); err != nil {
		t.Fatal(err)
	}
}
