package conflict_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
)

const idSchema = `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`

func metadata(change func(*log.Metadata)) *log.Metadata {
	md := &log.Metadata{
		ID: "t", Format: log.Format{Provider: "parquet", Options: map[string]string{}},
		SchemaString: idSchema, PartitionColumns: []string{}, Configuration: map[string]string{"user": "x"},
	}
	if change != nil {
		md.Configuration = map[string]string{"user": "x"}
		change(md)
	}
	return md
}

func protocol(w int, features ...string) *log.Protocol {
	p := &log.Protocol{MinReaderVersion: 1, MinWriterVersion: w}
	if w == 7 {
		p.WriterFeatures = features
	}
	return p
}

func add(path string) *log.AddFile { return &log.AddFile{Path: path, DataChange: true} }

func moved(path string) *log.AddFile { return &log.AddFile{Path: path} }

func remove(path string, dataChange bool) *log.RemoveFile {
	return &log.RemoveFile{Path: path, DataChange: dataChange}
}

func info(blind bool) *log.CommitInfo { return &log.CommitInfo{IsBlindAppend: &blind} }

func app(id string, v int64) *log.SetTransaction { return &log.SetTransaction{AppID: id, Version: v} }

func actions(a ...log.Action) []log.Action { return a }

// The losers of the pair matrix.
func blindAppend() *conflict.Txn { return &conflict.Txn{Actions: actions(add("new"))} }

func overwrite() *conflict.Txn {
	return &conflict.Txn{ReadWhole: true, Actions: actions(remove("a", true), remove("b", true), add("new"))}
}

func deleteWhere() *conflict.Txn { // read and rewrote file a, looking for rows that file names with an x may hold
	return &conflict.Txn{
		MayMatch:  []func(*log.AddFile) bool{func(f *log.AddFile) bool { return strings.Contains(f.Path, "x") }},
		ReadFiles: map[string]bool{"a": true},
		Actions:   actions(remove("a", true), add("a2")),
	}
}

func compaction() *conflict.Txn {
	return &conflict.Txn{ReadFiles: map[string]bool{"a": true, "b": true}, Actions: actions(remove("a", false), remove("b", false), moved("ab"))}
}

func alter() *conflict.Txn {
	return &conflict.Txn{Actions: actions(metadata(func(m *log.Metadata) { m.Configuration["user"] = "y" }))}
}

func TestPairsOfTransactions(t *testing.T) {
	userProperty := metadata(func(m *log.Metadata) { m.Configuration["user"] = "z" })
	losers := map[string]func() *conflict.Txn{
		"append": blindAppend, "overwrite": overwrite, "delete": deleteWhere, "compaction": compaction, "alter": alter,
		"append as of app": func() *conflict.Txn { return &conflict.Txn{Actions: actions(app("job", 7), add("new"))} },
	}
	for _, c := range []struct {
		loser, name string
		winner      []log.Action
		want        map[conflict.Level]conflict.Kind // absent: no conflict
	}{
		{"append", "append", actions(info(true), add("x")), nil},
		{"append", "delete of another file", actions(info(false), remove("q", true), add("q2")), nil},
		{"append", "overwrite", actions(info(false), remove("a", true), add("o")), nil},
		{"append", "compaction", actions(info(false), remove("a", false), moved("m")), nil},
		{"append", "a property", actions(info(false), userProperty), all(conflict.MetadataChanged)},
		{"append", "the same app, not as far", actions(app("job", 6)), nil},
		{"append as of app", "the same app, as far", actions(app("job", 7)), all(conflict.AlreadyApplied)},
		{"append as of app", "the same app, further", actions(app("job", 9)), all(conflict.AlreadyApplied)},
		{"append as of app", "the same app, not as far", actions(app("job", 6)), nil},
		{"append as of app", "another app", actions(app("other", 9)), nil},

		{"overwrite", "blind append", actions(info(true), add("x")), serializable(conflict.ConcurrentAppend)},
		{"overwrite", "append that does not say it is blind", actions(add("x")), notSnapshot(conflict.ConcurrentAppend)},
		{"overwrite", "delete", actions(info(false), remove("q", true)), all(conflict.ConcurrentDeleteRead)},
		{"overwrite", "compaction of its files", actions(info(false), remove("a", false), moved("m")), all(conflict.ConcurrentDeleteRead)},
		{"overwrite", "a property", actions(userProperty), all(conflict.MetadataChanged)},

		{"delete", "append that cannot match", actions(info(true), add("y")), nil},
		{"delete", "append that may match", actions(info(true), add("x")), serializable(conflict.ConcurrentAppend)},
		{"delete", "update that adds what may match", actions(info(false), add("x")), notSnapshot(conflict.ConcurrentAppend)},
		{"delete", "delete of the same file", actions(info(false), remove("a", true)), all(conflict.ConcurrentDeleteRead)},
		{"delete", "delete of another file", actions(info(false), remove("b", true)), nil},
		{"delete", "compaction of its file", actions(info(false), remove("a", false), moved("m")), all(conflict.ConcurrentDeleteRead)},
		{"delete", "compaction of other files", actions(info(false), remove("b", false), moved("mx")), nil},

		{"compaction", "append", actions(info(true), add("x")), nil},
		{"compaction", "delete of an input", actions(info(false), remove("a", true), add("a2")), all(conflict.ConcurrentDeleteRead)},
		{"compaction", "delete of another file", actions(info(false), remove("q", true)), nil},
		{"compaction", "compaction of the same", actions(remove("b", false), moved("m")), all(conflict.ConcurrentDeleteRead)},

		{"alter", "append", actions(info(true), add("x")), nil},
		{"alter", "delete", actions(remove("a", true)), nil},
		{"alter", "alter", actions(userProperty), all(conflict.MetadataChanged)},
	} {
		for _, level := range []conflict.Level{conflict.Serializable, conflict.WriteSerializable, conflict.SnapshotIsolation} {
			tx := losers[c.loser]()
			tx.Level, tx.Protocol, tx.Metadata = level, protocol(2), metadata(nil)
			err := conflict.Check(tx, &conflict.Winner{Version: 5, Actions: c.winner})
			var e *conflict.Error
			errors.As(err, &e)
			switch want := c.want[level]; {
			case want == "" && err != nil:
				t.Errorf("%s after %s, %v: %v", c.loser, c.name, level, err)
			case want != "" && (e == nil || e.Kind != want || e.Version != 5 || !errors.Is(err, conflict.ErrConflict)):
				t.Errorf("%s after %s, %v: got %v, want %s", c.loser, c.name, level, err, want)
			}
		}
	}
}

func all(k conflict.Kind) map[conflict.Level]conflict.Kind {
	return map[conflict.Level]conflict.Kind{conflict.Serializable: k, conflict.WriteSerializable: k, conflict.SnapshotIsolation: k}
}

func serializable(k conflict.Kind) map[conflict.Level]conflict.Kind {
	return map[conflict.Level]conflict.Kind{conflict.Serializable: k}
}

func notSnapshot(k conflict.Kind) map[conflict.Level]conflict.Kind {
	return map[conflict.Level]conflict.Kind{conflict.Serializable: k, conflict.WriteSerializable: k}
}

func TestProtocolChanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to *log.Protocol
		mine     []log.Action
		want     string // kind, "unsupported", or empty
	}{
		{"upgrade that leaves staged work valid", protocol(2), protocol(7, "appendOnly", "invariants", "domainMetadata"), actions(add("n")), ""},
		{"upgrade that brings CHECK constraints", protocol(2), protocol(3), actions(add("n")), "ProtocolChanged"},
		{"drop of a feature", protocol(7, "appendOnly", "invariants", "checkConstraints"), protocol(7, "appendOnly", "invariants"), actions(add("n")), "ProtocolChanged"},
		{"both change it", protocol(2), protocol(7, "appendOnly", "invariants"), actions(protocol(3)), "ProtocolChanged"},
		{"a feature that we cannot write", protocol(2), protocol(7, "appendOnly", "invariants", "rowTracking"), actions(add("n")), "unsupported"},
		{"a feature that nobody knows", protocol(2), protocol(7, "appendOnly", "invariants", "shiny"), actions(add("n")), "unsupported"},
	} {
		tx := &conflict.Txn{Protocol: c.from, Metadata: metadata(nil), Actions: c.mine}
		err := conflict.Check(tx, &conflict.Winner{Version: 3, Actions: actions(c.to)})
		var e *conflict.Error
		var u *feature.UnsupportedError
		got := ""
		switch {
		case errors.As(err, &e):
			got = string(e.Kind)
		case errors.As(err, &u):
			got = "unsupported"
		case err != nil:
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMetadataChangesThatLeaveStagedWorkValid(t *testing.T) {
	set := func(kv ...string) *log.Metadata {
		return metadata(func(m *log.Metadata) {
			for i := 0; i < len(kv); i += 2 {
				m.Configuration[kv[i]] = kv[i+1]
			}
		})
	}
	mapped := set("delta.columnMapping.mode", "name", "delta.columnMapping.maxColumnId", "1")
	mapped.SchemaString = `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}}]}`
	renamed := set()
	renamed.SchemaString = strings.Replace(idSchema, `"id"`, `"key"`, 1)
	dropped := metadata(func(m *log.Metadata) { m.Configuration = map[string]string{} })
	identity := &log.CommitInfo{Tags: map[string]*string{"delta.identity.schemaUpdate": ptr("true")}}
	for _, c := range []struct {
		name string
		w    []log.Action
		ok   bool
	}{
		{"nothing", actions(set()), true},
		{"deletion vectors on", actions(set("delta.enableDeletionVectors", "true")), true},
		{"deletion vectors off", actions(set("delta.enableDeletionVectors", "false")), false},
		{"in-commit timestamps on", actions(set("delta.enableInCommitTimestamps", "true", "delta.inCommitTimestampEnablementVersion", "3", "delta.inCommitTimestampEnablementTimestamp", "9")), true},
		{"column mapping by name", actions(mapped), true},
		{"checkpoint policy v2", actions(set("delta.checkpointPolicy", "v2")), true},
		{"checkpoint policy classic", actions(set("delta.checkpointPolicy", "classic")), false},
		{"another property", actions(set("delta.logRetentionDuration", "interval 1 day")), false},
		{"a property dropped", actions(dropped), false},
		{"a column renamed", actions(renamed), false},
		{"another id", actions(metadata(func(m *log.Metadata) { m.ID = "u" })), false},
		{"another partitioning", actions(metadata(func(m *log.Metadata) { m.PartitionColumns = []string{"id"} })), false},
		{"only identity high-water marks", actions(identity, renamed), true},
	} {
		tx := &conflict.Txn{Protocol: protocol(2), Metadata: metadata(nil), Actions: actions(add("n"))}
		err := conflict.Check(tx, &conflict.Winner{Version: 3, Actions: c.w})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestDomainsAndApplicationsThatWereRead(t *testing.T) {
	domain := func(name string) *log.DomainMetadata { return &log.DomainMetadata{Domain: name} }
	for _, c := range []struct {
		name string
		tx   conflict.Txn
		w    []log.Action
		want conflict.Kind
	}{
		{"the same domain", conflict.Txn{Actions: actions(domain("d"))}, actions(domain("d")), conflict.ConcurrentTransaction},
		{"another domain", conflict.Txn{Actions: actions(domain("d"))}, actions(domain("e")), ""},
		{"row tracking is merged", conflict.Txn{Actions: actions(domain("delta.rowTracking"))}, actions(domain("delta.rowTracking")), ""},
		{"an application that was read", conflict.Txn{ReadApps: map[string]bool{"job": true}, Actions: actions(add("n"))}, actions(app("job", 1)), conflict.ConcurrentTransaction},
	} {
		c.tx.Protocol, c.tx.Metadata = protocol(2), metadata(nil)
		err := conflict.Check(&c.tx, &conflict.Winner{Version: 3, Actions: c.w})
		var e *conflict.Error
		if errors.As(err, &e); c.want == "" && err != nil || c.want != "" && (e == nil || e.Kind != c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestLevelsParseAsTheyPrint(t *testing.T) {
	for _, l := range []conflict.Level{conflict.Serializable, conflict.WriteSerializable, conflict.SnapshotIsolation} {
		if got := conflict.ParseLevel(l.String()); got != l {
			t.Errorf("%v reads back as %v", l, got)
		}
	}
	if got := conflict.ParseLevel("ReadUncommitted"); got != conflict.Serializable {
		t.Errorf("an unknown level is %v, want the strictest", got)
	}
}

func ptr(s string) *string { return &s }
