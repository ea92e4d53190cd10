package replay_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// The cases 42 to 66 of the list of edge cases, by their numbers, as far as they
// are about states. Cases 58 and 61 are tests of package checkpoint.

// script runs a script whose output is already in it.
func script(t *testing.T, text string) {
	t.Helper()
	text = strings.TrimLeft(text, "\n")
	if got := runScript(t, text); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
}

// loaded runs commands in a new world and returns it.
func loaded(t *testing.T, commands ...string) *world {
	t.Helper()
	w := newWorld(nil)
	for _, c := range commands {
		if _, err := w.do(c); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
	}
	return w
}

// is says whether the newest state is as described, with so many warnings.
func (w *world) is(t *testing.T, want string, warnings int) *replay.State {
	t.Helper()
	s, err := replay.Load(ctx, w.src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := described(s); err != nil || got[0] != want {
		t.Errorf("got %v (%v), want %s", got, err, want)
	}
	if len(s.Warnings) != warnings {
		t.Errorf("warnings: %q", s.Warnings)
	}
	return s
}

func TestEdgeC42GapInVersions(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 2: add a
load
load 2
load 0
----
error: commit 1 is missing from the log, but commit 2 is there
error: commit 1 is missing from the log, but commit 2 is there
version 0 of table t, 0 bytes, files: none
`)
}

func TestEdgeC43ALogThatStartsAtVersion1(t *testing.T) {
	script(t, `
commit 1: protocol, metadata t
load
----
error: commit 0 is missing from the log, but commit 1 is there
`)
}

func TestEdgeC44AHintOfNoUse(t *testing.T) {
	for _, text := range []string{"", "{", "null", "[]", `{"version":-1}`, `{"version":"1"}`, `{"version":1,"size":1,"checksum":"0"}`, `{"size":1}`, "\x00\x01"} {
		w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "checkpoint 1", "commit 2: add b")
		if err := w.st.Put(ctx, log.HintName, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if s := w.is(t, "version 2 of table t, 20 bytes, files: a, b", 0); s.CheckpointVersion != 1 {
			t.Errorf("%q: checkpoint %d", text, s.CheckpointVersion)
		}
	}
}

func TestEdgeC45AHintToNoCheckpoint(t *testing.T) {
	for _, hint := range []int{1, 2, 3, 99} {
		w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "commit 2: add b", fmt.Sprint("hint ", hint))
		w.is(t, "version 2 of table t, 20 bytes, files: a, b", 1)
	}
}

func TestEdgeC46ACheckpointWithoutAHint(t *testing.T) {
	w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "checkpoint 1", "commit 2: add b", "delete 0-1")
	if err := w.st.Delete(ctx, log.HintName); err != nil {
		t.Fatal(err)
	}
	w.is(t, "version 2 of table t, 20 bytes, files: a, b", 0)
}

func TestEdgeC47OnlyACheckpoint(t *testing.T) {
	for _, c := range []string{"checkpoint 2", "v2 2 0", "v2 2 2"} {
		w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "commit 2: add b", c, "delete 0-2")
		w.is(t, "version 2 of table t, 20 bytes, files: a, b", 0)
	}
}

func TestEdgeC48AMissingPartLeadsToTheOlderCheckpoint(t *testing.T) {
	w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "checkpoint 1", "commit 2: remove a, add b", "commit 3: add c")
	for part := 1; part < 3; part++ {
		if err := w.st.Put(ctx, log.MultipartCheckpointName(2, part, 3), []byte("PAR1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.st.Put(ctx, log.HintName, []byte(`{"version":2,"size":3,"parts":3}`)); err != nil {
		t.Fatal(err)
	}
	if s := w.is(t, "version 3 of table t, 20 bytes, files: b, c; tombstones: a", 1); s.CheckpointVersion != 1 {
		t.Errorf("checkpoint %d", s.CheckpointVersion)
	}
}

func TestEdgeC49TwoCheckpointsOfOneVersion(t *testing.T) {
	for _, order := range [][]string{{"checkpoint 1", "v2 1 2"}, {"v2 1 2", "checkpoint 1"}} {
		w := loaded(t, append([]string{"commit 0: protocol, metadata t", "commit 1: add a"}, append(order, "commit 2: add b", "delete 0-1")...)...)
		w.rec.Reset()
		w.is(t, "version 2 of table t, 20 bytes, files: a, b", 0)
		for _, call := range w.rec.Calls() {
			if strings.HasPrefix(call.Name, log.SidecarDir) {
				t.Errorf("%v: the other one was read: %v", order, call)
			}
		}
		// Either will do: what is wrong with one is no reason to fail.
		if _, err := w.do("damage 1"); err != nil {
			t.Fatal(err)
		}
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := described(s); err != nil || got[0] != "version 2 of table t, 20 bytes, files: a, b" {
			t.Errorf("%v: %v, %v", order, got, err)
		}
	}
}

func TestEdgeC50TheNewestAddOfAFileWins(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: add a 10
checkpoint 1
commit 2: add a 20
commit 3: add a 30
load
load 2
load 1
----
version 3 of table t, 30 bytes, files: a
version 2 of table t, 20 bytes, files: a
version 1 of table t, 10 bytes, files: a
`)
}

func TestEdgeC51DeletedAndAddedAgain(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: add a
checkpoint 1
commit 2: remove a
commit 3: add a
load
load 2
----
version 3 of table t, 10 bytes, files: a
version 2 of table t, 0 bytes, files: none; tombstones: a
`)
}

func TestEdgeC52TombstonesAreDistinctByVector(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: add a+1
checkpoint 1
commit 2: remove a+1, add a+2
commit 3: remove a+2
load
load 2
----
version 3 of table t, 0 bytes, files: none; tombstones: a+1, a+2
version 2 of table t, 10 bytes, files: a+2; tombstones: a+1
`)
}

func TestEdgeC53AddAndRemoveInOneCommitFollowTheLines(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: add a
commit 2: add a, remove a
commit 3: add b, remove c
commit 4: remove b, add b
load
load 2
----
version 4 of table t, 10 bytes, files: b; tombstones: a, c
version 2 of table t, 0 bytes, files: none; tombstones: a
`)
}

func TestEdgeC54AddsOfACheckpointAreLive(t *testing.T) {
	w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a, moved b", "checkpoint 1", "delete 0-1")
	s := w.is(t, "version 1 of table t, 20 bytes, files: a, b", 0)
	for f, err := range s.Files(ctx, 0) {
		if err != nil || f.Add().DataChange {
			t.Errorf("%s: %v", f.Path(), err)
		}
	}
}

func TestEdgeC57OnlyTypedStatistics(t *testing.T) {
	w := newWorld(nil)
	actions := []log.Action{&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &log.Metadata{
		ID: "t", Format: log.Format{Provider: "parquet"}, PartitionColumns: []string{},
		SchemaString:  `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`,
		Configuration: map[string]string{"delta.checkpoint.writeStatsAsJson": "false"},
	}, &log.AddFile{Path: "a", PartitionValues: map[string]*string{}, Size: 10, Stats: `{"numRecords":3,"minValues":{"id":1},"maxValues":{"id":7},"nullCount":{"id":0}}`}}
	if err := w.st.Put(ctx, log.CommitName(0), log.EncodeCommit(actions)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second checkpoint is made from the first
		if _, err := w.do("checkpoint 0"); err != nil {
			t.Fatal(err)
		}
		if err := w.st.Delete(ctx, log.CommitName(0)); err != nil {
			t.Fatal(err)
		}
		s := w.is(t, "version 0 of table t, 10 bytes, files: a", 0)
		for f, err := range s.Files(ctx, checkpoint.Stats) {
			if want := actions[2].(*log.AddFile).Stats; err != nil || f.Stats() != want {
				t.Errorf("statistics %s, %v, want %s", f.Stats(), err, want)
			}
		}
	}
}

func TestEdgeC59ARemovedDomainIsGone(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: domain d 1, domain e 1
checkpoint 1
commit 2: drop d
checkpoint 2
commit 3: add a
load
load 1
----
version 3 of table t, 10 bytes, files: a; domains: e=1
version 1 of table t, 0 bytes, files: none; domains: d=1, e=1
`)
}

func TestEdgeC60AnApplicationMayGoBack(t *testing.T) {
	script(t, `
commit 0: protocol, metadata t
commit 1: app p 9
checkpoint 1
commit 2: app p 3
load
----
version 2 of table t, 0 bytes, files: none; apps: p=3
`)
}

func TestEdgeC62AHistogramUnderEitherNameButNotBoth(t *testing.T) {
	const first = "version 1 of table t, 10 bytes, files: a"
	w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "crc 1")
	text, _, err := w.st.Get(ctx, log.ChecksumName(1), -1)
	if err != nil || !bytes.Contains(text, []byte(`"fileSizeHistogram"`)) {
		t.Fatal(string(text), err)
	}
	old := bytes.Replace(text, []byte(`"fileSizeHistogram"`), []byte(`"histogramOpt"`), 1)
	both := bytes.Replace(text, []byte(`{"`), []byte(`{"histogramOpt":{"sortedBinBoundaries":[0],"fileCounts":[1],"totalBytes":[10]},"`), 1)
	for _, c := range []struct {
		text     []byte
		warnings int
	}{{text, 0}, {old, 0}, {both, 1}} {
		if err := w.st.Put(ctx, log.ChecksumName(1), c.text); err != nil {
			t.Fatal(err)
		}
		w.is(t, first, c.warnings)
	}
}

func TestEdgeC63ACompactedLogAroundACheckpoint(t *testing.T) {
	w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a", "commit 2: add b", "commit 3: remove a", "commit 4: add c", "commit 5: remove b",
		"compact 3 5", "checkpoint 4")
	w.rec.Reset()
	w.is(t, "version 5 of table t, 10 bytes, files: c; tombstones: a, b", 0)
	for _, call := range w.rec.Calls() {
		if n, ok := log.ParseName(call.Name); ok && n.Kind == log.Compacted {
			t.Errorf("%v", call)
		}
	}
}

// at is a log whose commits have these times, in milliseconds.
func at(t *testing.T, commits map[log.Version][]log.Action, times ...int64) *replay.State {
	t.Helper()
	i := 0
	st := storage.NewMemory(&storage.MemoryOptions{Now: func() time.Time { return time.UnixMilli(times[min(i, len(times)-1)]) }})
	for ; i < len(times); i++ {
		v := log.Version(i)
		if err := st.Put(ctx, log.CommitName(v), log.EncodeCommit(commits[v])); err != nil {
			t.Fatal(err)
		}
	}
	s, err := replay.Load(ctx, newWorld(st).src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func versionAt(s *replay.State, ms int64) string {
	v, err := s.VersionAt(ctx, time.UnixMilli(ms))
	var gone *log.VersionError
	if errors.As(err, &gone) {
		return fmt.Sprint("gone, first ", gone.First)
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(v)
}

func TestEdgeC64CommitTimesThatDoNotAscend(t *testing.T) {
	s := at(t, map[log.Version][]log.Action{0: first()}, 1000, 1000, 900, 5000) // adjusted: 1000, 1001, 1002, 5000
	for ms, want := range map[int64]string{1000: "0", 1001: "1", 1002: "2", 4999: "2", 5000: "3"} {
		if got := versionAt(s, ms); got != want {
			t.Errorf("at %d: %s, want %s", ms, got, want)
		}
	}
}

func TestEdgeC65ATimeOutsideOfTheLog(t *testing.T) {
	s := at(t, map[log.Version][]log.Action{0: first()}, 1000, 2000)
	for ms, want := range map[int64]string{999: "gone, first 0", 1000: "0", 2000: "1", 1 << 40: "1"} {
		if got := versionAt(s, ms); got != want {
			t.Errorf("at %d: %s, want %s", ms, got, want)
		}
	}
}

func TestEdgeC66InCommitTimestampsFromAVersionOn(t *testing.T) {
	ms := func(n int64) *int64 { return &n }
	m := *first()[1].(*log.Metadata)
	m.Configuration = map[string]string{"delta.enableInCommitTimestamps": "true", "delta.inCommitTimestampEnablementVersion": "2", "delta.inCommitTimestampEnablementTimestamp": "7000"}
	s := at(t, map[log.Version][]log.Action{0: first(),
		2: {&log.CommitInfo{InCommitTimestamp: ms(7000), Operation: "SET TBLPROPERTIES"}, &m},
		3: {&log.CommitInfo{InCommitTimestamp: ms(8000), Operation: "WRITE"}},
	}, 1000, 2000, 3000, 4000)
	for ms, want := range map[int64]string{6999: "1", 7000: "2", 7999: "2", 8000: "3"} {
		if got := versionAt(s, ms); got != want {
			t.Errorf("at %d: %s, want %s", ms, got, want)
		}
	}
}

// TestARecountReadsCheckpointsAndCommitsAlone, also when the checkpoint turns
// out to be damaged: by its small actions, or not before its files are read.
func TestARecountReadsCheckpointsAndCommitsAlone(t *testing.T) {
	const want = "version 5 of table t, 50 bytes, files: a, b, c, d, e; apps: p=1"
	for spoiled, checkpoint := range map[string]string{"": "checkpoint 3", log.CheckpointName(3): "checkpoint 3", log.SidecarDir: "v2 3 1"} {
		w := loaded(t, "commit 0: protocol, metadata t", "commit 1: add a, app p 1", "checkpoint 1", "commit 2: add b", "commit 3: add c", checkpoint,
			"commit 4: add d", "commit 5: add e", "compact 2 3", "compact 4 5", "crc 5")
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range w.st.List(ctx, log.Dir, "") {
			if err == nil && spoiled != "" && strings.HasPrefix(info.Name, spoiled) {
				err = w.st.Put(ctx, info.Name, []byte("PAR1 no, it is not PAR1"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		w.rec.Reset()
		again, err := s.Recounted(ctx)
		if err != nil {
			t.Fatal(spoiled, err)
		}
		if got, err := described(again); err != nil || got[0] != want || (len(w.warns) > 0) != (spoiled != "") {
			t.Errorf("%q: %v, %v, warnings %q", spoiled, got, err, w.warns)
		}
		for _, call := range w.rec.Calls() {
			if n, ok := log.ParseName(call.Name); ok && (n.Kind == log.Compacted || n.Kind == log.VersionChecksum) {
				t.Errorf("%q: %v", spoiled, call)
			}
		}
	}
}
