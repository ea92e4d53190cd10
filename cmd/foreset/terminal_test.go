package main

import (
	"bytes"
	"strings"
	"testing"
)

// onTerminal runs the command as if its streams were terminals.
func onTerminal(t *testing.T, color bool, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, outTerminal: true, errTerminal: true, color: color}
	code := a.run(t.Context(), args)
	return result{code, out.String(), errs.String()}
}

func TestTableIsTheDefaultOnATerminal(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	if r := onTerminal(t, false, "", "cat", at); r.out != "id\n--\n 1\n" {
		t.Errorf("%+v", r)
	}
	if r := onTerminal(t, true, "", "cat", at); r.out != "\x1b[1mid\n\x1b[0m--\n 1\n" {
		t.Errorf("%+v", r)
	}
	for _, format := range []string{"parquet", "arrow"} {
		if r := onTerminal(t, false, "", "cat", at, "-o", format); r.code != exitUsage || r.out != "" {
			t.Errorf("-o %s: %+v", format, r)
		}
	}
	for _, args := range [][]string{{"info", at}, {"schema", at}, {"history", at}, {"files", at}, {"log", at}, {"cat", at, "--explain"}} {
		if r := onTerminal(t, false, "", args...); r.code != 0 || r.out == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestNothingInTheDataCommandsATerminal(t *testing.T) {
	const nasty = "\x1b]0;owned\a\u009b2J\u202etxt\u0000"
	at := withSchema(t, "s string, l array<string>", "--property", "note="+nasty)
	quoted := string(appendJSONString(nil, []byte(nasty)))
	mustRun(t, `{"s":`+quoted+`,"l":[`+quoted+`]}`, "append", at, "-", "--format", "jsonl")
	runs := [][]string{
		{"info", at}, {"schema", at}, {"history", at}, {"files", at}, {"log", at},
		{"cat", at, "--columns", nasty}, {"cat", at, "--where", "s = '" + nasty}, {"cat", nasty}, {"append", at, nasty},
	}
	for _, format := range []string{"table", "json", "ndjson", "csv"} {
		runs = append(runs, []string{"cat", at, "-o", format}, []string{"history", at, "-o", format})
	}
	for _, args := range runs {
		r := onTerminal(t, false, "", args...)
		if i := strings.IndexFunc(r.out+r.err, func(c rune) bool { return c != '\n' && commands(c) }); i >= 0 {
			t.Errorf("%q prints %q", args, (r.out + r.err)[i:])
		}
	}
	// JSON says the same as before.
	if got := onTerminal(t, false, "", "cat", at, "-o", "ndjson", "--columns", "s").out; decode[map[string]string](t, got)["s"] != nasty {
		t.Errorf("it prints %q", got)
	}
}

func TestSafeWriterKeepsCharactersWhole(t *testing.T) {
	const text = "aé世😀\u009b\x1b[1m\tz\n"
	const want = "aé世😀\\u009b\\u001b[1m\tz\n"
	for size := 1; size < len(text); size++ {
		var out bytes.Buffer
		w := &safeWriter{w: &out}
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if k, err := w.Write([]byte(rest[:n])); k != n || err != nil {
				t.Fatalf("it wrote %d of %d: %v", k, n, err)
			}
			rest = rest[n:]
		}
		if out.String() != want {
			t.Errorf("in parts of %d: %q", size, out.String())
		}
	}
}

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "世界": 4, "😀": 2, "\ufffd": 1} {
		if got := width(s); got != want {
			t.Errorf("%q takes %d, want %d", s, got, want)
		}
	}
}

func TestProgressDrawsOnATerminalOnly(t *testing.T) {
	at := withSchema(t, "id int")
	file := writeFile(t, "a.csv", "id\n1\n")
	if r := onTerminal(t, false, "", "append", at, file); r.code != 0 || !strings.Contains(r.err, "version 1: 1 rows") {
		t.Errorf("%+v", r)
	}
	if r := foreset(t, "", "append", at, file); strings.Contains(r.err, "\x1b") || r.err != "version 2: 1 rows in 1 files, "+strings.Split(r.err, ", ")[1] {
		t.Errorf("%+v", r)
	}
}
