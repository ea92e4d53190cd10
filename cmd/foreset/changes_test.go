package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// recording is a table with a change data feed and three versions with rows.
func recording(t *testing.T) string {
	t.Helper()
	at := withSchema(t, "id int, city string", "--property", "delta.enableChangeDataFeed=true")
	mustRun(t, "id,city\n1,Oslo\n2,Rome\n", "append", at, "-", "--format", "csv")
	mustRun(t, "id,city\n3,Rome\n", "append", at, "-", "--format", "csv")
	mustRun(t, "id,city\n4,Bonn\n", "overwrite", at, "-", "--format", "csv")
	return at
}

var (
	anyTime = regexp.MustCompile(`"(_commit_timestamp|timestamp)":"[^"]*"`)
	anyUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// timeless is a text without what differs from run to run.
func timeless(s string) string {
	return anyUUID.ReplaceAllString(anyTime.ReplaceAllString(s, `"$1":"…"`), "…")
}

func TestCatPrintsWhatCommitsDidToRows(t *testing.T) {
	at := recording(t)
	for _, c := range []struct{ args, want string }{
		{"--from 1 --to 1", `{"id":1,"city":"Oslo","_change_type":"insert","_commit_version":1,"_commit_timestamp":"…"}
{"id":2,"city":"Rome","_change_type":"insert","_commit_version":1,"_commit_timestamp":"…"}
`},
		{"--from 2 --columns id,_change_type,_commit_version", `{"id":1,"_change_type":"delete","_commit_version":3}
{"id":2,"_change_type":"delete","_commit_version":3}
{"id":3,"_change_type":"delete","_commit_version":3}
{"id":3,"_change_type":"insert","_commit_version":2}
{"id":4,"_change_type":"insert","_commit_version":3}
`},
		{"--from 2000-01-01 --to 99 --columns id --where city='Rome'AND_change_type='delete'", "{\"id\":2}\n{\"id\":3}\n"},
		{"--from 0 --limit 1 --columns _commit_version -o csv", "1\n_commit_version\n"},
		{"--from 0 --limit 0 --columns id -o csv", "id\n"},
	} {
		args := append([]string{"cat", at, "--changes"}, strings.Fields(c.args)...)
		for i := range args {
			args[i] = strings.Replace(args[i], "'AND", "' AND ", 1)
		}
		if got := lines(timeless(mustRun(t, "", args...))); got != c.want {
			t.Errorf("%s: %s", c.args, got)
		}
	}
	fails(t, exitUsage, "--changes", "", "cat", at, "--from", "1")
	fails(t, exitUsage, "--from", "", "cat", at, "--changes")
	fails(t, exitUsage, "--to", "", "cat", at, "--changes", "--from", "1", "--to", "soon")
	for _, more := range [][]string{{"--at", "1"}, {"--explain"}, {"--agg", "count(*)"}} {
		fails(t, exitUsage, "goes without", "", append([]string{"cat", at, "--changes", "--from", "1"}, more...)...)
	}
	fails(t, exitUsage, "_change_typ", "", "cat", at, "--changes", "--from", "1", "--where", "_change_typ = 'insert'")
	fails(t, exitUsage, "colour", "", "cat", at, "--changes", "--from", "1", "--columns", "colour")
	fails(t, exitUsage, "_change_type", "", "cat", at, "--where", "_change_type = 'insert'")
	fails(t, exitNotFound, "the newest is 3", "", "cat", at, "--changes", "--from", "9")
	fails(t, exitNotFound, "delta.enableChangeDataFeed", "", "cat", withSchema(t, "id int"), "--changes", "--from", "0")
}

func TestTailPrintsCommitsOldestFirst(t *testing.T) {
	at := recording(t)
	got := timeless(mustRun(t, "", "tail", at, "--after", "0", "--until", "2"))
	want := timeless(mustRun(t, "", "history", at))
	history := strings.SplitAfter(want, "\n") // newest first
	if want = history[2] + history[1]; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if n := strings.Count(mustRun(t, "", "tail", at, "--after", "-1", "--until", "3"), "\n"); n != 4 {
		t.Errorf("%d versions", n)
	}
	if all := decode[[]struct{ Version int }](t, mustRun(t, "", "tail", at, "--after", "1", "--until", "3", "-o", "json")); len(all) != 2 || all[0].Version != 2 {
		t.Errorf("%+v", all)
	}
	if got := mustRun(t, "", "tail", at, "--after", "3", "--until", "3", "-o", "json"); got != "[]\n" {
		t.Errorf("%q", got)
	}
}

func TestTailPrintsRowChanges(t *testing.T) {
	at := recording(t)
	got := lines(mustRun(t, "", "tail", at, "--after", "1", "--until", "3", "--rows", "--columns", "_commit_version,_change_type,id", "--where", "id > 2"))
	if want := `{"_commit_version":2,"_change_type":"insert","id":3}
{"_commit_version":3,"_change_type":"delete","id":3}
{"_commit_version":3,"_change_type":"insert","id":4}
`; got != want {
		t.Errorf("%s", got)
	}
	if all := decode[[]map[string]any](t, mustRun(t, "", "tail", at, "--after", "1", "--until", "3", "--rows", "-o", "json")); len(all) != 5 {
		t.Errorf("%v", all)
	}
	fails(t, exitUsage, "--rows", "", "tail", at, "--where", "id > 2")
	fails(t, exitUsage, "--after", "", "tail", at, "--after", "-2")
	fails(t, exitUsage, "--until", "", "tail", at, "--until", "x")
	fails(t, exitUsage, "--interval", "", "tail", at, "--interval", "0s")
	fails(t, exitUsage, "colour", "", "tail", at, "--rows", "--columns", "colour")
	fails(t, exitNotFound, "the newest is 3", "", "tail", at, "--after", "4")
	fails(t, exitNotFound, "delta.enableChangeDataFeed", "", "tail", withSchema(t, "id int"), "--after", "-1", "--rows")
}

// TestTailFollowsSchemasThatGrow: each line has the columns of its version.
func TestTailFollowsSchemasThatGrow(t *testing.T) {
	at := withSchema(t, "id int", "--property", "delta.enableChangeDataFeed=true")
	mustRun(t, `{"id":1}`, "append", at, "-", "--format", "jsonl")
	mustRun(t, `{"id":2,"more":"x"}`, "append", at, "-", "--format", "jsonl", "--merge-schema")
	got := timeless(mustRun(t, "", "tail", at, "--after", "0", "--until", "2", "--rows"))
	if want := `{"id":1,"_change_type":"insert","_commit_version":1,"_commit_timestamp":"…"}
{"id":2,"more":"x","_change_type":"insert","_commit_version":2,"_commit_timestamp":"…"}
`; got != want {
		t.Errorf("%s", got)
	}
}

// TestTailPrintsEachVersionWhenItComes, and ends when it is interrupted.
func TestTailPrintsEachVersionWhenItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := withSchema(t, "id int", "--property", "delta.parquet.compression.codec=snappy")
		ctx, cancel := context.WithCancel(t.Context())
		var out, errs bytes.Buffer
		ended := make(chan int)
		go func() {
			ended <- run(ctx, []string{"tail", at}, strings.NewReader(""), &out, &errs)
		}()
		for v := range 3 {
			time.Sleep(time.Minute)
			mustRun(t, fmt.Sprintf("id\n%d\n", v), "append", at, "-", "--format", "csv")
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := strings.Count(out.String(), "\n"); got != v+1 {
				t.Errorf("%d lines after %d commits: %s", got, v+1, errs.String())
			}
		}
		cancel()
		if code := <-ended; code != exitInterrupted {
			t.Errorf("exit code %d: %s", code, errs.String())
		}
	})
}
