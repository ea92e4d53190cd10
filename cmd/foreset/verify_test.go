package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestVerifyNamesFaultsAndEndsWithSix(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n2\n", "append", at, "-", "--format", "csv")
	mustRun(t, "", "checkpoint", at)
	const sound = "0 faults; looked at versions 0 to 1, 2 commits, 1 checkpoint, 2 checksums, 1 file of "
	if out := mustRun(t, "", "verify", at, "-o", "table"); !strings.HasPrefix(out, sound) || strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
	if out := mustRun(t, "", "verify", at, "--deep", "-o", "table"); !strings.HasSuffix(out, " bytes, 2 rows\n") {
		t.Error(out)
	}
	putObject(t, at, "_delta_log/_last_checkpoint", "{}")
	putObject(t, at, "_delta_log/1.json", "{}")
	r := foreset(t, "", "verify", at, "-o", "table")
	want := "_delta_log/1.json  note  the name looks like that of a log file, and is none: no engine reads it\n" +
		"_delta_log/_last_checkpoint  damaged  it is of no use: not a JSON object with a version, or with another checksum than it says\n" +
		"1 fault; " + strings.TrimPrefix(sound, "0 faults; ")
	if r.code != exitCorrupt || !strings.HasPrefix(r.out, want) || r.err != "foreset: the table has faults: 1 fault\n" {
		t.Errorf("%d %s\n%s", r.code, r.err, r.out)
	}
	r = foreset(t, "", "verify", at)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.code != exitCorrupt || len(lines) != 3 {
		t.Fatalf("%d %s\n%s", r.code, r.err, r.out)
	}
	if f := decode[faultLine](t, lines[1]); f.Object != "_delta_log/_last_checkpoint" || f.Kind != "damaged" || f.Version != nil || f.Detail == "" {
		t.Errorf("%+v", f)
	}
	if s := decode[summary](t, lines[2]); *s.Version != 1 || *s.Earliest != 0 || s.Commits != 2 || s.Files != 1 || s.Faults != 1 || s.Notes != 1 {
		t.Errorf("%+v", s)
	}
	r = foreset(t, "", "verify", at, "-o", "json")
	var whole struct {
		summary
		Found []faultLine
	}
	if err := json.Unmarshal([]byte(r.out), &whole); err != nil || len(whole.Found) != 2 || whole.Faults != 1 {
		t.Errorf("%v: %s", err, r.out)
	}
}

// TestVerifyLooksAtATableThatDoesNotOpen, up to where it can be read, and at an
// older version as if there was no other.
func TestVerifyLooksAtATableThatDoesNotOpen(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	putObject(t, at, "_delta_log/00000000000000000002.json", `{"add":{"pa`)
	r := foreset(t, "", "verify", at, "-o", "table")
	if r.code != exitCorrupt || !strings.Contains(r.out, "00000000000000000002.json  damaged  ") || !strings.Contains(r.out, ": version 2 cannot be put together\n") ||
		!strings.Contains(r.out, "looked at versions 0 to 1, 3 commits, ") || !strings.Contains(r.out, " 1 file of ") {
		t.Errorf("%d %s\n%s", r.code, r.err, r.out)
	}
	if out := mustRun(t, "", "verify", at, "--at", "1"); !strings.Contains(out, `"faults":0`) {
		t.Error(out)
	}
	fails(t, exitNotFound, "not a Delta table", "", "verify", location())
	fails(t, exitNotFound, "version 7 is not in the log", "", "verify", at, "--at", "7")
	putObject(t, at, "_delta_log/00000000000000000002.json", `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["teleport"],"writerFeatures":["teleport"]}}`)
	fails(t, exitUnsupported, "teleport", "", "verify", at)
}
