package replay_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
)

// v2Row is a row of a Parquet manifest.
type v2Row struct {
	CheckpointMetadata *struct {
		Version int64 `parquet:"version"`
	} `parquet:"checkpointMetadata,optional"`
	Sidecar *struct {
		Path        string `parquet:"path"`
		SizeInBytes int64  `parquet:"sizeInBytes"`
	} `parquet:"sidecar,optional"`
	Protocol *struct {
		MinReaderVersion int32 `parquet:"minReaderVersion"`
		MinWriterVersion int32 `parquet:"minWriterVersion"`
	} `parquet:"protocol,optional"`
	MetaData *struct {
		ID               string   `parquet:"id"`
		SchemaString     string   `parquet:"schemaString"`
		PartitionColumns []string `parquet:"partitionColumns,list"`
	} `parquet:"metaData,optional"`
	Txn *struct {
		AppID   string `parquet:"appId"`
		Version int64  `parquet:"version"`
	} `parquet:"txn,optional"`
	DomainMetadata *struct {
		Domain        string `parquet:"domain"`
		Configuration string `parquet:"configuration"`
		Removed       bool   `parquet:"removed"`
	} `parquet:"domainMetadata,optional"`
}

// v2Checkpoint writes a V2 checkpoint of a state: a manifest that is "json",
// "parquet" or "classic" (Parquet by that name), and n sidecars; none is for
// everything in the manifest, which is JSON then. It returns the names of the
// manifest and the sidecars.
func (w *world) v2Checkpoint(s *replay.State, kind string, n int) ([]string, error) {
	actions := []log.Action{&log.CheckpointMetadata{Version: s.Version}}
	var names []string
	if n == 0 {
		for f, err := range s.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				return nil, err
			}
			actions = append(actions, f.Add())
		}
		for r, err := range s.Removes(ctx) {
			if err != nil {
				return nil, err
			}
			actions = append(actions, r)
		}
	}
	for i := range n {
		body, err := sidecarOf(s, n, i)
		if err != nil {
			return nil, err
		}
		w.sidecars++
		name := fmt.Sprintf("%d of %d at %d, %d.parquet", i, n, s.Version, w.sidecars)
		names = append(names, log.SidecarDir+name)
		if err := w.st.Put(ctx, log.SidecarDir+name, body); err != nil {
			return nil, err
		}
		actions = append(actions, &log.Sidecar{Path: strings.ReplaceAll(name, " ", "%20"), SizeInBytes: int64(len(body))})
	}
	actions = append(actions, s.Protocol, s.Metadata)
	for _, app := range s.Txns {
		actions = append(actions, app)
	}
	for _, d := range s.Domains {
		actions = append(actions, d)
	}
	name := log.UUIDCheckpointName(s.Version, "0f8fad5b-d9cb-469f-a165-70867728950e", kind)
	if kind == "classic" {
		name = log.CheckpointName(s.Version)
	}
	body := log.EncodeCommit(actions)
	if kind != "json" {
		var err error
		if body, err = parquetManifest(actions); err != nil {
			return nil, err
		}
	}
	return append([]string{name}, names...), w.st.Put(ctx, name, body)
}

func sidecarOf(s *replay.State, n, i int) ([]byte, error) {
	src := &checkpoint.Source{Version: s.Version, Protocol: s.Protocol, Metadata: s.Metadata, NumAdds: -1, AddBytes: -1}
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		at := 0
		for f, err := range s.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				yield(nil, err)
				return
			}
			if at++; at%n == i && !yield(f.Add(), nil) {
				return
			}
		}
	}
	src.Removes = func(yield func(*log.RemoveFile, error) bool) {
		at := 0
		for r, err := range s.Removes(ctx) {
			if at++; at%n == i && !yield(r, err) {
				return
			}
		}
	}
	body, _, err := checkpoint.Encode(ctx, src, nil)
	return body, err
}

func parquetManifest(actions []log.Action) ([]byte, error) {
	var rows []v2Row
	for _, a := range actions {
		var r v2Row
		switch a := a.(type) {
		case *log.CheckpointMetadata:
			r.CheckpointMetadata = &struct {
				Version int64 `parquet:"version"`
			}{int64(a.Version)}
		case *log.Sidecar:
			r.Sidecar = &struct {
				Path        string `parquet:"path"`
				SizeInBytes int64  `parquet:"sizeInBytes"`
			}{a.Path, a.SizeInBytes}
		case *log.Protocol:
			r.Protocol = &struct {
				MinReaderVersion int32 `parquet:"minReaderVersion"`
				MinWriterVersion int32 `parquet:"minWriterVersion"`
			}{int32(a.MinReaderVersion), int32(a.MinWriterVersion)}
		case *log.Metadata:
			r.MetaData = &struct {
				ID               string   `parquet:"id"`
				SchemaString     string   `parquet:"schemaString"`
				PartitionColumns []string `parquet:"partitionColumns,list"`
			}{a.ID, a.SchemaString, a.PartitionColumns}
		case *log.SetTransaction:
			r.Txn = &struct {
				AppID   string `parquet:"appId"`
				Version int64  `parquet:"version"`
			}{a.AppID, a.Version}
		case *log.DomainMetadata:
			r.DomainMetadata = &struct {
				Domain        string `parquet:"domain"`
				Configuration string `parquet:"configuration"`
				Removed       bool   `parquet:"removed"`
			}{a.Domain, a.Configuration, a.Removed}
		}
		rows = append(rows, r)
	}
	var body bytes.Buffer
	err := parquet.Write(&body, rows)
	return body.Bytes(), err
}

// twelve is a log of twelve versions with a V2 checkpoint at 8, the state of
// the newest by the commits alone, and what the checkpoint is made of.
func twelve(t *testing.T, st storage.Store, kind string, sidecars int) (w *world, want string, names []string) {
	t.Helper()
	w = newWorld(st)
	for v := range log.Version(12) {
		actions := fmt.Sprintf("add f%d, app a %d, domain d %d", v, v, v)
		if v == 0 {
			actions = "protocol, metadata t"
		} else if v%3 == 0 {
			actions += fmt.Sprintf(", remove f%d", v-1)
		}
		if err := w.commit(v, actions); err != nil {
			t.Fatal(err)
		}
	}
	s, err := replay.Load(ctx, w.src, 8)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := s.Advance(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text, err := described(newest)
	if err != nil {
		t.Fatal(err)
	}
	if names, err = w.v2Checkpoint(s, kind, sidecars); err != nil {
		t.Fatal(err)
	}
	return w, text[0], names
}

var v2Kinds = []struct {
	kind     string
	sidecars int
}{{"json", 2}, {"json", 0}, {"parquet", 2}, {"classic", 3}}

// TestEdgeC55And56AV2CheckpointIsWhatItsCommitsAre, also with a hint that names it, one that
// names more than there is, and after the commits before it are gone.
func TestEdgeC55And56AV2CheckpointIsWhatItsCommitsAre(t *testing.T) {
	for _, c := range v2Kinds {
		for _, hint := range []string{"", `{"version":8,"size":5,"v2Checkpoint":{"path":"x","sizeInBytes":3,"modificationTime":1,"nonFileActions":[],"sidecarFiles":[]}}`,
			`{"version":8,"size":5,"parts":3}`, `{"version":9,"size":5,"parts":3}`} {
			w, want, _ := twelve(t, nil, c.kind, c.sidecars)
			if hint != "" {
				if err := w.st.Put(ctx, log.HintName, []byte(hint)); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				s, err := replay.Load(ctx, w.src, replay.Latest)
				if err != nil {
					t.Fatalf("%v, %s: %v", c, hint, err)
				}
				got, err := described(s)
				if err != nil || sameButOldTombstones(got[0]) != sameButOldTombstones(want) || s.CheckpointVersion != 8 {
					t.Errorf("%v, %s: checkpoint %d, %v (%v), want %s", c, hint, s.CheckpointVersion, got, err, want)
				}
				if _, err := w.do("delete 0-8"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestAV2CheckpointThatIsNotAllThereLeadsToTheCommits: a manifest or a sidecar
// that is missing while the listing has it, or is damaged, is warned of; where
// the commits are gone, it is an error and no shorter list of files.
func TestAV2CheckpointThatIsNotAllThereLeadsToTheCommits(t *testing.T) {
	for _, c := range v2Kinds {
		for i := range c.sidecars + 1 {
			for _, spoil := range []string{"missing", "damaged", "truncated", "the commits, too"} {
				for _, share := range []int64{1 << 20, 1} {
					w, want, names := twelve(t, nil, c.kind, c.sidecars)
					w.src.Share = share
					var err error
					switch body, _, _ := w.st.Get(ctx, names[i], -1); {
					case spoil == "missing" && i > 0:
						err = w.st.Delete(ctx, names[i])
					case spoil == "truncated":
						err = w.st.Put(ctx, names[i], body[:len(body)-3])
					default:
						err = w.st.Put(ctx, names[i], bytes.Repeat([]byte("x"), len(body)))
					}
					if err == nil && spoil == "the commits, too" {
						_, err = w.do("delete 0-7")
					}
					if err != nil {
						t.Fatal(err)
					}
					s, err := replay.Load(ctx, w.src, replay.Latest)
					var got []string
					if err == nil {
						if got, err = described(s); err != nil && share == 1 && i > 0 { // a stream finds out on the way
							got, err = described(s)
						}
					}
					name := fmt.Sprintf("%v, %s, object %d, share %d", c, spoil, i, share)
					if spoil == "the commits, too" {
						if !errors.Is(err, log.ErrCorrupt) {
							t.Errorf("%s: %v, %v", name, got, err)
						}
						continue
					}
					if err != nil || sameButOldTombstones(got[0]) != sameButOldTombstones(want) {
						t.Errorf("%s: %v (%v), want %s", name, got, err, want)
					}
					if len(w.warns) == 0 || !strings.Contains(w.warns[0], "checkpoint 8 is not used") {
						t.Errorf("%s: warnings %q", name, w.warns)
					}
					if i == 0 && (len(s.Warnings) == 0 || s.Warnings[0].Error() != w.warns[0]) {
						t.Errorf("%s: the state's warnings are %q, those of the source %q", name, s.Warnings, w.warns)
					}
				}
			}
		}
	}
}

// TestASidecarThatWasCleanedUpWithItsCheckpointIsNoDamage: the load starts
// again from the checkpoint that is there now.
func TestASidecarThatWasCleanedUpWithItsCheckpointIsNoDamage(t *testing.T) {
	w, want, names := twelve(t, nil, "json", 2)
	s, err := replay.Load(ctx, w.src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	later, err := replay.Load(ctx, w.src, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.v2Checkpoint(later, "json", 1); err != nil {
		t.Fatal(err)
	}
	if err := w.st.Delete(ctx, names...); err != nil {
		t.Fatal(err)
	}
	if _, err := w.do("delete 0-9"); err != nil {
		t.Fatal(err)
	}
	got, err := described(s)
	if err != nil || sameButOldTombstones(got[0]) != sameButOldTombstones(want) || len(w.warns) > 0 {
		t.Errorf("%v (%v), want %s; warnings %q", got, err, want, w.warns)
	}
}

// TestNothingOutsideOfTheLogIsAskedFor whatever the sidecars of a manifest are
// called.
func TestNothingOutsideOfTheLogIsAskedFor(t *testing.T) {
	for _, path := range []string{"../../secret", "..%2f..%2fsecret", "/etc/passwd", "file:///etc/passwd", "s3://other/secret", "a/b", `..\..\secret`, "..", ".", ""} {
		rec := faults.Record(storage.NewMemory(nil))
		w, want, names := twelve(t, rec, "json", 0)
		body := log.EncodeCommit([]log.Action{&log.CheckpointMetadata{Version: 8}, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}})
		body = append(body, fmt.Sprintf(`{"sidecar":{"path":%q,"sizeInBytes":10,"modificationTime":1}}`, path)...)
		if err := w.st.Put(ctx, names[0], body); err != nil {
			t.Fatal(err)
		}
		rec.Reset()
		s, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := described(s); err != nil || sameButOldTombstones(got[0]) != sameButOldTombstones(want) || len(s.Warnings) != 1 {
			t.Errorf("%q: %v (%v), want %s; warnings %q", path, got, err, want, s.Warnings)
		}
		for _, call := range rec.Calls() {
			if !strings.HasPrefix(call.Name, log.Dir) || strings.Contains(call.Name, "..") || strings.Contains(call.Name, "secret") {
				t.Errorf("%q: %v", path, call)
			}
		}
	}
}

// TestHostileV2CheckpointsCostNothingButTime: any byte of a manifest or sidecar
// may be flipped, and any end cut off.
func TestHostileV2CheckpointsCostNothingButTime(t *testing.T) {
	for _, c := range v2Kinds {
		w, want, names := twelve(t, nil, c.kind, c.sidecars)
		for _, name := range names {
			good, _, err := w.st.Get(ctx, name, -1)
			if err != nil {
				t.Fatal(err)
			}
			for at := 0; at < len(good); at += max(1, len(good)/29) {
				for _, bad := range [][]byte{good[:at], flipped(good, at)} {
					if err := w.st.Put(ctx, name, bad); err != nil {
						t.Fatal(err)
					}
					w.warns = nil
					s, err := replay.Load(ctx, w.src, replay.Latest)
					if err == nil {
						var got []string
						// A bit of the content, where its writer has no checksums, is a
						// different file: only names and numbers can differ then.
						if got, err = described(s); err == nil && len(w.warns) > 0 && sameButOldTombstones(got[0]) != sameButOldTombstones(want) {
							t.Errorf("%s, byte %d: %v, want %s; warnings %q", name, at, got, want, w.warns)
						}
					}
					if err != nil && !errors.Is(err, log.ErrCorrupt) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrNotExist) &&
						!strings.Contains(err.Error(), "are counted") && !strings.Contains(err.Error(), "bytes, is ") {
						t.Errorf("%s, byte %d: %v", name, at, err)
					}
				}
			}
			if err := w.st.Put(ctx, name, good); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func flipped(b []byte, at int) []byte {
	bad := slices.Clone(b)
	bad[at] ^= 0x10
	return bad
}
