package table_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// faultsIn is what Verify finds in the table of a store.
func faultsIn(ctx context.Context, st storage.Store, deep bool) ([]table.Fault, *table.VerifyReport, error) {
	var faults []table.Fault
	found := func(f table.Fault) { faults = append(faults, f) }
	r, err := table.Verify(ctx, "", &table.Options{Store: st}, &table.VerifyOptions{Deep: deep, Found: found})
	return faults, r, err
}

// subject is a sound table that a test spoils: appends, an overwrite, a
// checkpoint with tombstones at version 5, and commits before and after it.
type subject struct {
	*testing.T
	st storage.Store
}

func newSubject(t *testing.T) *subject {
	t.Helper()
	st := storage.NewMemory(nil)
	o := table.Options{Store: st}
	if err := tryCreate(st, "id bigint, x double, ts timestamp, name string, day date", &table.CreateOptions{PartitionBy: []string{"day"}}); err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), "", &o)
	if err != nil {
		t.Fatal(err)
	}
	defer tbl.Close(t.Context())
	rows := func(first int) string {
		return fmt.Sprintf(`[{"id":%d,"x":1.5,"ts":"2024-05-01T10:00:00.123456Z","name":"a long name that is cut in the statistics %d","day":"2024-05-01"},
			{"id":%d,"x":null,"ts":null,"name":"b","day":"2024-05-02"},{"id":%d,"x":-0.25,"ts":"1969-12-31T23:59:59.999999Z","name":null,"day":"2024-05-02"}]`, first, first, first+1, first+2)
	}
	columns := []arrow.Field{col("id", long), col("x", double), col("ts", arrow.FixedWidthTypes.Timestamp_us), col("name", text), col("day", arrow.FixedWidthTypes.Date32)}
	write := func(first int, overwrite bool) {
		rr := data(t, rows(first), columns...)
		defer rr.Release()
		opts := &table.WriteOptions{CommitOptions: table.CommitOptions{AppID: "loader", AppVersion: int64(first)}}
		var c table.Commit
		if overwrite {
			c, err = tbl.Overwrite(t.Context(), all, rr, opts)
		} else {
			c, err = tbl.Append(t.Context(), rr, opts)
		}
		if err != nil || c.After != nil {
			t.Fatal(err, c.After)
		}
	}
	for v := 1; v <= 7; v++ {
		write(10*v, v == 4)
		if v == 5 {
			if _, err := tbl.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &subject{t, st}
}

// actions are those of a commit.
func (s *subject) actions(v log.Version) []log.Action {
	a, err := log.ReadActions(get(s.T, s.st, log.CommitName(v)), nil)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

// add is the first file of a commit.
func (s *subject) add(v log.Version) *log.AddFile {
	for _, a := range s.actions(v) {
		if add, is := a.(*log.AddFile); is {
			return add
		}
	}
	s.Fatal("no file")
	return nil
}

// commit replaces a commit, of which there is no checksum then.
func (s *subject) commit(v log.Version, actions ...log.Action) {
	foreign(s.T, s.st, v, actions...)
	remove(s.T, s.st, path.Base(log.ChecksumName(v)))
}

// changeAdd changes the first file of the newest commit.
func (s *subject) changeAdd(change func(*log.AddFile)) {
	actions := s.actions(7)
	for _, a := range actions {
		if add, is := a.(*log.AddFile); is {
			change(add)
			break
		}
	}
	s.commit(7, actions...)
}

// replace changes the text of an object.
func (s *subject) replace(name, old, new string) {
	body := string(get(s.T, s.st, name))
	if strings.Count(body, old) == 0 {
		s.Fatalf("%s has no %q", name, old)
	}
	put(s.T, s.st, name, strings.Replace(body, old, new, 1))
}

// checkpoint replaces the checkpoint of version 5 by one of another content.
func (s *subject) checkpoint(change func(*checkpoint.Source)) {
	tbl, err := table.Open(s.Context(), "", &table.Options{Store: s.st})
	if err != nil {
		s.Fatal(err)
	}
	defer tbl.Close(s.Context())
	snap, err := tbl.Snapshot(s.Context(), table.Version(5))
	if err != nil {
		s.Fatal(err)
	}
	src := &checkpoint.Source{Version: 5, Protocol: snap.Protocol(), Metadata: snap.Metadata(), Txns: snap.Apps(), Domains: snap.Domains(), NumAdds: -1, AddBytes: -1}
	src.Adds = snap.Files(s.Context(), all)
	src.Removes = func(yield func(*log.RemoveFile, error) bool) {
		for _, a := range s.actions(4) {
			if r, is := a.(*log.RemoveFile); is && !yield(r, nil) {
				return
			}
		}
	}
	change(src)
	body, _, err := checkpoint.Encode(s.Context(), src, nil)
	if err != nil {
		s.Fatal(err)
	}
	put(s.T, s.st, log.CheckpointName(5), string(body))
	remove(s.T, s.st, "_last_checkpoint")
}

func firstOf[T any](n int, seq func(func(T, error) bool)) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		i := 0
		for v, err := range seq {
			if i == n || !yield(v, err) {
				return
			}
			i++
		}
	}
}

// TestVerifyNamesWhatWasSpoilt, all of it and nothing else.
func TestVerifyNamesWhatWasSpoilt(t *testing.T) {
	const hint = log.HintName
	checkpoint5, sum7 := log.CheckpointName(5), log.ChecksumName(7)
	for name, c := range map[string]struct {
		spoil func(*subject) (object string)
		kind  string
		says  string
	}{
		"a commit is cut short": {func(s *subject) string {
			body := get(t, s.st, log.CommitName(2))
			put(t, s.st, log.CommitName(2), string(body[:len(body)-20]))
			return log.CommitName(2)
		}, "damaged", "versions 2 to 4 cannot be put together"},
		"a commit is gone": {func(s *subject) string { return s.without(log.CommitName(2)) }, "missing", "versions 2 to 4 cannot"},
		"two commits are gone": {func(s *subject) string {
			s.without(log.CommitName(3))
			return s.without(log.CommitName(2))
		}, "missing", "up to " + log.CommitName(3)},
		"the commit of a checkpoint is gone": {func(s *subject) string { return s.without(log.CommitName(5)) }, "missing", "can still be read from its checkpoint"},
		"the newest commit is damaged": {func(s *subject) string {
			put(t, s.st, log.CommitName(7), "{")
			return log.CommitName(7)
		}, "damaged", "version 7 cannot"},
		"a commit adds a file twice": {func(s *subject) string {
			s.commit(7, append(s.actions(7), s.add(7))...)
			return log.CommitName(7)
		}, "wrong", "a second add of"},
		"a commit records an application twice": {func(s *subject) string {
			s.commit(7, append(s.actions(7), &log.SetTransaction{AppID: "loader", Version: 70})...)
			return log.CommitName(7)
		}, "wrong", "a second txn"},
		"a schema lacks the partition column": {func(s *subject) string {
			md := *s.metadata()
			md.PartitionColumns = []string{"day", "hour"}
			s.commit(8, &md)
			return log.CommitName(8)
		}, "wrong", `"hour"`},
		"the size of a file": {func(s *subject) string {
			s.changeAdd(func(a *log.AddFile) { a.Size++ })
			return s.object(7)
		}, "wrong", "bytes, and the log says"},
		"the number of rows": {func(s *subject) string {
			s.changeAdd(func(a *log.AddFile) { a.Stats = strings.Replace(a.Stats, `"numRecords":1`, `"numRecords":2`, 1) })
			return s.object(7)
		}, "damaged", "rows"},
		"a minimum":              {stat(`"minValues":{"id":70`, `"minValues":{"id":71`), "wrong", `the minimum of "id" is 71, and a row has 70`},
		"a maximum":              {stat(`"maxValues":{"id":70`, `"maxValues":{"id":69`), "wrong", `the maximum of "id" is 69, and a row has 70`},
		"a maximum of doubles":   {stat(`"x":1.5`, `"x":1.25`), "wrong", `the maximum of "x" is 1.25`},
		"a maximum of a time":    {stat(`"ts":"2024-05-01T10:00:00.124Z"`, `"ts":"2024-05-01T10:00:00.122Z"`), "wrong", `the maximum of "ts"`},
		"a time that is cut":     {stat(`"ts":"2024-05-01T10:00:00.124Z"`, `"ts":"2024-05-01T10:00:00.123Z"`), "", ""},
		"a string that is cut":   {stat("a long name that is cut in the s\x7f", "a long name that is cut in the s"), "wrong", "margin"},
		"a null count":           {stat(`"nullCount":{"id":0,"x":0`, `"nullCount":{"id":1,"x":0`), "wrong", `nullCount of "id" is 1, and 0 rows have null`},
		"statistics are no JSON": {stat(`{"numRecords":1`, `{"numRecords":1,`), "wrong", "cannot be read"},
		"a checksum is no JSON": {func(s *subject) string {
			put(t, s.st, sum7, "{")
			return sum7
		}, "damaged", ""},
		"numFiles of a checksum":       {edit(sum7, `"numFiles":8`, `"numFiles":9`), "wrong", "numFiles is 9, and the version has 8"},
		"tableSizeBytes of a checksum": {edit(sum7, `"tableSizeBytes":`, `"tableSizeBytes":1`), "wrong", "tableSizeBytes"},
		"an application of a checksum": {edit(sum7, `"version":70`, `"version":71`), "wrong", "version 71"},
		"a histogram of a checksum":    {edit(sum7, `"fileCounts":[8`, `"fileCounts":[7`), "wrong", "histogram"},
		"the metadata of a checksum":   {edit(sum7, `"partitionColumns":["day"]`, `"partitionColumns":[]`), "wrong", "partitionColumns"},
		"the protocol of a checksum":   {edit(sum7, `"minWriterVersion":2`, `"minWriterVersion":3`), "wrong", "(1,3)"},
		"the txnId of a checksum":      {edit(sum7, `"txnId":"`, `"txnId":"0`), "wrong", "txnId"},
		"a hint to nowhere": {func(s *subject) string {
			put(t, s.st, hint, `{"version":3,"size":1}`)
			return hint
		}, "wrong", "version 3, which is not there"},
		"a hint that is no JSON":       {func(s *subject) string { put(t, s.st, hint, `nothing`); return hint }, "damaged", ""},
		"a hint with a wrong checksum": {edit(hint, `"version":5`, `"version":6`), "damaged", "checksum"},
		"a hint that counts wrongly": {func(s *subject) string {
			put(t, s.st, hint, `{"version":5,"size":17,"numOfAddFiles":3}`)
			return hint
		}, "wrong", "numOfAddFiles is 3"},
		"a checkpoint is cut short": {func(s *subject) string {
			body := get(t, s.st, checkpoint5)
			put(t, s.st, checkpoint5, string(body[:len(body)-10]))
			return checkpoint5
		}, "damaged", ""},
		"a checkpoint is empty": {func(s *subject) string {
			s.without(hint)
			put(t, s.st, checkpoint5, "")
			return checkpoint5
		}, "damaged", "no bytes"},
		"a checkpoint lacks a file": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) { src.Adds = firstOf(3, src.Adds) })
			return checkpoint5
		}, "wrong", "lacks \"day=2024-05-0"},
		"a checkpoint lists a file too many": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) {
				adds := src.Adds
				src.Adds = func(yield func(*log.AddFile, error) bool) {
					for a, err := range adds {
						if !yield(a, err) {
							return
						}
					}
					yield(s.add(1), nil)
				}
			})
			return checkpoint5
		}, "wrong", "which is no file of the version"},
		"a checkpoint has a file of another time": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) {
				adds := src.Adds
				src.Adds = func(yield func(*log.AddFile, error) bool) {
					n := 0
					for a, err := range adds {
						if n++; n == 2 {
							other := *a
							other.ModificationTime++
							a = &other
						}
						if !yield(a, err) {
							return
						}
					}
				}
			})
			return checkpoint5
		}, "wrong", "another size, time, "},
		"a checkpoint lacks a tombstone": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) { src.Removes = firstOf(5, src.Removes) })
			return checkpoint5
		}, "wrong", "tombstone"},
		"a checkpoint lacks an application": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) { src.Txns = nil })
			return checkpoint5
		}, "wrong", `lacks the application "loader"`},
		"a checkpoint has another domain": {func(s *subject) string {
			s.checkpoint(func(src *checkpoint.Source) { src.Domains = []*log.DomainMetadata{{Domain: "d"}} })
			return checkpoint5
		}, "wrong", `the domain "d"`},
		"a data file is gone": {func(s *subject) string { return s.without(s.object(7)) }, "missing", "not there"},
		"a data file is cut short": {func(s *subject) string {
			body := get(t, s.st, s.object(7))
			put(t, s.st, s.object(7), string(body[:len(body)-4]))
			return s.object(7)
		}, "wrong", "bytes, and the log says"},
		"a data file has a bit flipped in its pages": {func(s *subject) string {
			body := slices.Clone(get(t, s.st, s.object(7)))
			body[60] ^= 4
			put(t, s.st, s.object(7), string(body))
			return s.object(7)
		}, "damaged", ""},
		"a path leads out": {func(s *subject) string {
			a := *s.add(7)
			a.Path = "../other/x.parquet"
			s.commit(8, &a)
			return "../other/x.parquet"
		}, "outside", ""},
		"another scheme": {func(s *subject) string {
			a := *s.add(7)
			a.Path = "s3://other/x.parquet"
			s.commit(8, &a)
			return "s3://other/x.parquet"
		}, "outside", "AllowExternal"},
		"two paths lead to one object": {func(s *subject) string {
			a := *s.add(7)
			a.Path = strings.Replace(a.Path, "parquet", "%70arquet", 1)
			s.commit(8, &a)
			return s.object(7)
		}, "wrong", "two files of the version are this object"},
		"a partition value is no date": {func(s *subject) string {
			no := "yesterday"
			s.changeAdd(func(a *log.AddFile) { a.PartitionValues = map[string]*string{"day": &no} })
			return s.object(7)
		}, "wrong", "partition values"},
		"a partition column without a value": {func(s *subject) string {
			s.changeAdd(func(a *log.AddFile) { a.PartitionValues = map[string]*string{"dax": nil} })
			return s.object(7)
		}, "wrong", `no partition value for "day"`},
		"a name that only looks like a commit": {func(s *subject) string {
			put(t, s.st, log.Dir+"8.json", "{}")
			return log.Dir + "8.json"
		}, "note", ""},
		"part of a checkpoint": {func(s *subject) string {
			put(t, s.st, log.MultipartCheckpointName(6, 1, 2), "x")
			return log.MultipartCheckpointName(6, 1, 2)
		}, "note", "other parts are missing"},
		"a checksum of no version": {func(s *subject) string {
			put(t, s.st, log.ChecksumName(9), string(get(t, s.st, sum7)))
			return log.ChecksumName(9)
		}, "note", ""},
		"a compacted log":              {compact(func(a []log.Action) []log.Action { return a }), "", ""},
		"a compacted log lacks a file": {compact(func(a []log.Action) []log.Action { return a[:len(a)-1] }), "wrong", "1 files and 0"},
		"a compacted log has another application": {compact(func(a []log.Action) []log.Action {
			return append(a, &log.SetTransaction{AppID: "other"})
		}), "wrong", "0 files and 1"},
		"a compacted log names a file twice": {compact(func(a []log.Action) []log.Action { return append(a, a[1]) }), "damaged", "a second"},
		"a compacted log is no JSON": {func(s *subject) string {
			put(t, s.st, log.CompactedName(6, 7), "{")
			return log.CompactedName(6, 7)
		}, "damaged", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSubject(t)
			object := c.spoil(s)
			faults, r, err := faultsIn(t.Context(), s.st, true)
			switch {
			case err != nil:
				t.Fatal(err)
			case c.kind == "":
				if len(faults) > 0 {
					t.Errorf("%+v, and nothing is wrong", faults)
				}
			case len(faults) != 1 || faults[0].Object != object || string(faults[0].Kind) != c.kind || !strings.Contains(faults[0].Detail, c.says):
				t.Errorf("%+v, want that %s is %s: %s", faults, object, c.kind, c.says)
			case (r.Faults == 1) == (c.kind == "note"):
				t.Errorf("%+v", r)
			}
		})
	}
}

// without takes an object away.
func (s *subject) without(name string) string {
	if err := s.st.Delete(s.Context(), name); err != nil {
		s.Fatal(err)
	}
	return name
}

// object is the name of the first file of a commit.
func (s *subject) object(v log.Version) string {
	name, err := log.DecodePath(s.add(v).Path)
	if err != nil {
		s.Fatal(err)
	}
	return name
}

func (s *subject) metadata() *log.Metadata {
	for _, a := range s.actions(0) {
		if md, is := a.(*log.Metadata); is {
			return md
		}
	}
	return nil
}

// stat changes the statistics of the file with the row 70.
func stat(old, new string) func(*subject) string {
	return func(s *subject) string {
		object := ""
		actions := s.actions(7)
		for _, a := range actions {
			if add, is := a.(*log.AddFile); is && strings.Contains(add.Stats, old) {
				add.Stats = strings.ReplaceAll(add.Stats, old, new)
				object = must(log.DecodePath(add.Path))
			}
		}
		if object == "" {
			s.Fatalf("no file has %s", old)
		}
		s.commit(7, actions...)
		return object
	}
}

func edit(name, old, new string) func(*subject) string {
	return func(s *subject) string {
		s.replace(name, old, new)
		return name
	}
}

// compact writes a compacted log of versions 6 and 7.
func compact(change func([]log.Action) []log.Action) func(*subject) string {
	return func(s *subject) string {
		var out []log.Action
		for _, v := range []log.Version{6, 7} {
			for _, a := range s.actions(v) {
				if _, is := a.(*log.AddFile); is {
					out = append(out, a)
				}
			}
		}
		out = append([]log.Action{&log.SetTransaction{AppID: "loader", Version: 70}}, out...)
		put(s.T, s.st, log.CompactedName(6, 7), string(log.EncodeCommit(change(out))))
		return log.CompactedName(6, 7)
	}
}

// vectors is the subject with a deletion vector for a file of its newest
// version, in a file of its own.
func (s *subject) vectors(rows ...int64) *log.DeletionVector {
	old := s.add(7)
	body := dv.Of(rows...).Encode()
	file, offset, err := dv.AppendRecord(nil, body)
	if err != nil {
		s.Fatal(err)
	}
	text, name, err := dv.UUIDText("", [16]byte{1, 2, 3})
	if err != nil {
		s.Fatal(err)
	}
	put(s.T, s.st, name, string(file))
	d := &log.DeletionVector{StorageType: "u", PathOrInlineDV: text, Offset: &offset, SizeInBytes: int32(len(body)), Cardinality: int64(len(rows))}
	add := *old
	add.DeletionVector = d
	s.commit(8, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"}, WriterFeatures: []string{"deletionVectors"}},
		&log.RemoveFile{Path: old.Path, DataChange: true}, &add)
	return d
}

func TestVerifyLooksAtDeletionVectors(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s *subject, d *log.DeletionVector, file string) (object string)
		kind  string
		says  string
	}{
		"nothing": {func(*subject, *log.DeletionVector, string) string { return "" }, "", ""},
		"its file is gone": {func(s *subject, _ *log.DeletionVector, file string) string {
			return s.without(file)
		}, "missing", ""},
		"its checksum is wrong": {func(s *subject, _ *log.DeletionVector, file string) string {
			body := slices.Clone(get(t, s.st, file))
			body[len(body)-1] ^= 1
			put(t, s.st, file, string(body))
			return file
		}, "damaged", ""},
		"its cardinality is wrong": {func(s *subject, _ *log.DeletionVector, file string) string {
			s.replace(log.CommitName(8), `"cardinality":1`, `"cardinality":0`)
			return file
		}, "damaged", "cardinality"},
		"the protocol knows none": {func(s *subject, _ *log.DeletionVector, _ string) string {
			s.commit(8, append([]log.Action{&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}}, s.actions(8)[1:]...)...)
			return s.object(8)
		}, "wrong", "deletionVectors"},
		"the rows are not counted": {func(s *subject, _ *log.DeletionVector, _ string) string {
			s.replace(log.CommitName(8), `{\"numRecords\":1,`, `{`)
			return s.object(8)
		}, "wrong", "numRecords"},
		"null counts of deleted rows": {func(s *subject, _ *log.DeletionVector, _ string) string {
			s.replace(log.CommitName(8), `{\"numRecords\":1,`, `{\"numRecords\":1,\"tightBounds\":false,`)
			return ""
		}, "", ""},
		"an older file is live as well": {func(s *subject, _ *log.DeletionVector, _ string) string {
			actions := s.actions(8)
			s.commit(8, actions[0], actions[2])
			return s.object(8)
		}, "wrong", "two files of the version are this object"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSubject(t)
			d := s.vectors(0)
			file, err := dv.FileName(d)
			if err != nil {
				t.Fatal(err)
			}
			object := c.spoil(s, d, file)
			faults, r, err := faultsIn(t.Context(), s.st, true)
			switch {
			case err != nil:
				t.Fatal(err)
			case c.kind == "":
				if len(faults) > 0 || r.Vectors != 1 {
					t.Errorf("%+v, and nothing is wrong; %+v", faults, r)
				}
			case len(faults) != 1 || faults[0].Object != object || string(faults[0].Kind) != c.kind || !strings.Contains(faults[0].Detail, c.says):
				t.Errorf("%+v, want that %s is %s: %s", faults, object, c.kind, c.says)
			}
		})
	}
}

// TestVerifyReadsSidecars: one that is gone is named, and nothing else.
func TestVerifyReadsSidecars(t *testing.T) {
	s := newSubject(t)
	s.checkpoint(func(*checkpoint.Source) {})
	sidecar := log.SidecarDir + "s.parquet"
	body := get(t, s.st, log.CheckpointName(5))
	put(t, s.st, sidecar, string(body))
	md, apps := s.metadata(), &log.SetTransaction{AppID: "loader", Version: 50}
	manifest := log.UUIDCheckpointName(5, "0f8fad5b-d9cb-469f-a165-70867728950e", "json")
	put(t, s.st, manifest, string(log.EncodeCommit([]log.Action{&log.CheckpointMetadata{Version: 5}, s.actions(0)[1], md, apps, &log.Sidecar{Path: "s.parquet", SizeInBytes: int64(len(body))}})))
	if faults, r, err := faultsIn(t.Context(), s.st, false); err != nil || len(faults) > 0 || r.Checkpoints != 2 {
		t.Errorf("%v, %v, %+v", err, faults, r)
	}
	s.without(sidecar)
	if faults, _, err := faultsIn(t.Context(), s.st, false); err != nil || len(faults) != 1 || faults[0].Object != sidecar || faults[0].Kind != "missing" {
		t.Errorf("%v, %v", err, faults)
	}
}

// TestVerifyBeginsWhereTheLogDoes: older commits were cleaned up, and the oldest
// checkpoint is what later ones are compared with.
func TestVerifyBeginsWhereTheLogDoes(t *testing.T) {
	s := newSubject(t)
	s.newest()
	for v := range log.Version(6) {
		s.without(log.CommitName(v))
		s.without(log.ChecksumName(v))
	}
	faults, r, err := faultsIn(t.Context(), s.st, true)
	if err != nil || len(faults) > 0 || r.Earliest != 5 || r.Version != 7 || r.Commits != 2 || r.Checkpoints != 2 || r.Checksums != 2 || r.Files != 8 || r.Rows != 12 {
		t.Errorf("%v, %v, %+v", err, faults, r)
	}
	s.without(log.CommitName(6))
	if faults, r, err := faultsIn(t.Context(), s.st, true); err != nil || len(faults) != 0 || r.Earliest != 5 || r.Version != 7 {
		t.Errorf("without the first commit: %v, %v, %+v", err, faults, r)
	}
}

// TestVerifyKnowsInCommitTimestamps, which must ascend.
func TestVerifyKnowsInCommitTimestamps(t *testing.T) {
	s := newSubject(t)
	md := *s.metadata()
	md.Configuration = map[string]string{"delta.enableInCommitTimestamps": "true"}
	at := func(ms int64) *log.CommitInfo { return &log.CommitInfo{Operation: "WRITE", InCommitTimestamp: &ms} }
	p := &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"inCommitTimestamp"}}
	s.commit(8, at(1_900_000_000_000), p, &md)
	s.commit(9, at(1_900_000_000_000))
	s.commit(10, &log.SetTransaction{AppID: "a"}, &log.SetTransaction{AppID: "b"})
	faults, _, err := faultsIn(t.Context(), s.st, false)
	if err != nil || len(faults) != 2 || faults[0].Object != log.CommitName(9) || !strings.Contains(faults[0].Detail, "is not after") ||
		faults[1].Object != log.CommitName(10) || !strings.Contains(faults[1].Detail, "no commitInfo") {
		t.Errorf("%v, %v", err, faults)
	}
}

// TestAHintThatIsWrittenMeanwhileIsNoFault: writers go on, and the log was
// listed before its hint is read.
func TestAHintThatIsWrittenMeanwhileIsNoFault(t *testing.T) {
	for name, meanwhile := range map[string]func(*subject){
		"it vanishes":                           func(s *subject) { s.without(log.HintName) },
		"it names a checkpoint of a later time": func(s *subject) { s.newest() },
		"its checkpoint is written anew": func(s *subject) {
			s.checkpoint(func(src *checkpoint.Source) { src.Txns = nil })
			put(t, s.st, log.HintName, `{"version":5,"size":17}`)
		},
	} {
		s := newSubject(t)
		looks := 0
		during := faults.Park(s.st, func(_ context.Context, op faults.Op) {
			if op.Kind != faults.Get || op.Name != log.HintName {
				return
			}
			if looks++; looks == 2 { // the first is by the load
				meanwhile(s)
			}
		})
		if found, _, err := faultsIn(t.Context(), during, false); err != nil || len(found) > 0 || looks != 2 {
			t.Errorf("%s: %v, %+v, %d looks", name, err, found, looks)
		}
	}
}

// TestVerifySaysWhatKeptItFromLooking: a store that fails is no fault of the
// table, and a context that ended neither.
func TestVerifySaysWhatKeptItFromLooking(t *testing.T) {
	s := newSubject(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if faults, _, err := faultsIn(ctx, s.st, true); !errors.Is(err, context.Canceled) || len(faults) > 0 {
		t.Errorf("%v, %v", err, faults)
	}
}

// TestAFlippedBitIsNamedOrHarmless: whatever object it is in, Verify finds a
// fault, or the table reads as it did. A checkpoint of the newest version stands
// against the commits: what nothing repeats, such as a partition value, nothing
// can contradict.
func TestAFlippedBitIsNamedOrHarmless(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Run("log and files", func(t *testing.T) {
		s := newSubject(t)
		s.newest()
		s.flip(seed, rng, 300, objects(t, s.st))
	})
	t.Run("deletion vectors", func(t *testing.T) {
		s := newSubject(t)
		name := must(dv.FileName(s.vectors(0)))
		s.flip(seed, rng, 60, []string{name + " "})
	})
}

// newest writes a checkpoint of the newest version.
func (s *subject) newest() {
	tbl := must(table.Open(s.Context(), "", &table.Options{Store: s.st}))
	defer tbl.Close(s.Context())
	if _, err := tbl.Checkpoint(s.Context()); err != nil {
		s.Fatal(err)
	}
}

func (s *subject) read() (string, error) {
	tbl, err := table.Open(s.Context(), "", &table.Options{Store: s.st})
	if err != nil {
		return "", err
	}
	defer tbl.Close(s.Context())
	snap, err := tbl.Snapshot(s.Context(), table.At{})
	if err != nil {
		return "", err
	}
	rows, err := tryRows(snap, nil)
	return strings.Join(rows, "\n"), err
}

// flip flips bits in some objects, one at a time.
func (s *subject) flip(seed uint64, rng *rand.Rand, n int, objects []string) {
	sound, err := s.read()
	if err != nil {
		s.Fatal(err)
	}
	named := 0
	for range n {
		name := objects[rng.IntN(len(objects))]
		name = name[:strings.LastIndex(name, " ")]
		body := get(s.T, s.st, name)
		spoilt := bytes.Clone(body)
		at, bit := rng.IntN(len(body)), rng.IntN(8)
		spoilt[at] ^= 1 << bit
		put(s.T, s.st, name, string(spoilt))
		faults, _, err := faultsIn(s.Context(), s.st, true)
		if err != nil && !errors.Is(err, table.ErrUnsupported) && !errors.Is(err, table.ErrNotTable) {
			s.Errorf("seed %d: bit %d of byte %d of %s: damage is no error: %v", seed, bit, at, name, err)
		}
		if err != nil || len(faults) > 0 {
			named++
		} else if now, err := s.read(); err != nil || now != sound {
			s.Errorf("seed %d: bit %d of byte %d of %s (%s) is not noticed, and the table reads otherwise: %v\n%s",
				seed, bit, at, name, body[max(0, at-10):min(len(body), at+10)], err, now)
		}
		put(s.T, s.st, name, string(body))
	}
	if named < n/3 {
		s.Errorf("seed %d: only %d of %d are named", seed, named, n)
	}
}
