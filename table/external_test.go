package table_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestAShallowCloneReadsTheFilesOfItsSource where the caller allows it, and its
// own under their full names without asking; nothing else is asked for.
func TestAShallowCloneReadsTheFilesOfItsSource(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	at := func(name string) (string, storage.Store) {
		t.Helper()
		folder := filepath.Join(root, name)
		st, err := storage.Open(ctx, folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return "file://" + strings.ReplaceAll(filepath.ToSlash(folder), " ", "%20"), st
	}
	sourceURI, source := at("the source")
	mustAppend(t, create(t, source, "id bigint", nil), ids(t, 1), nil)
	mustAppend(t, open(t, source, nil), ids(t, 2), nil)
	cloneURI, clone := at("clone")
	mustAppend(t, create(t, clone, "id bigint", nil), ids(t, 3), nil)
	var actions []log.Action
	adds := func(st storage.Store, uri string) {
		for f, err := range latest(t, open(t, st, nil)).Files(ctx, all) {
			if err != nil {
				t.Fatal(err)
			}
			a := *f
			a.Path = uri + "/" + a.Path
			actions = append(actions, &a)
		}
	}
	adds(source, sourceURI)
	adds(clone, cloneURI)
	foreign(t, clone, 2, actions...)

	rows := func(allow table.External) ([]string, error) {
		tbl, err := table.Open(ctx, filepath.Join(root, "clone"), &table.Options{AllowExternal: allow})
		if err != nil {
			return nil, err
		}
		defer tbl.Close(ctx)
		return tryRows(latest(t, tbl), nil)
	}
	if got, err := rows(nil); !errors.Is(err, table.ErrDenied) || errors.Is(err, table.ErrCorrupt) || !errors.Is(err, log.ErrExternalPath) || !strings.Contains(err.Error(), "AllowExternal") {
		t.Errorf("%v, %v", got, err)
	}
	for _, location := range []string{filepath.Join(root, "the source"), sourceURI, sourceURI + "/"} {
		allow, done, err := table.Externals(ctx, location)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rows(allow); err != nil || !slices.Equal(got, []string{`{"id":1}`, `{"id":2}`, `{"id":3}`, `{"id":3}`}) {
			t.Errorf("%s: %v, %v", location, got, err)
		}
		if err := done(); err != nil {
			t.Error(err)
		}
	}
}

// TestExternalsAllowNothingElse: neither what only begins with the same letters,
// nor what leads out.
func TestExternalsAllowNothingElse(t *testing.T) {
	folder := filepath.ToSlash(t.TempDir())
	base := "file://" + folder
	allow, done, err := table.Externals(context.Background(), folder, "mem://bucket/key")
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	for uri, want := range map[string]string{
		base + "/a/b.parquet":                             "a/b.parquet",
		base + "/a%20b%2525.parquet":                      "a b%25.parquet",
		"file:" + folder + "/x":                           "x",
		"file://localhost" + folder + "/x":                "x",
		"FILE:///" + strings.TrimLeft(folder, "/") + "/x": "x",
		"mem://bucket/key/x":                              "x",
		"mem://bucket/key2/x":                             "",
		"mem://bucket/x":                                  "",
		"mem://Bucket/key/x":                              "",
		base + "2/x":                                      "",
		base + "/../x":                                    "",
		base + "/a/%2e%2e/%2e%2e/x":                       "",
		base + "/a%00b":                                   "",
		base + "/%zz":                                     "",
		base + "/":                                        "",
		base:                                              "",
		"s3://bucket/key/x":                               "",
		"":                                                "",
	} {
		_, name, err := allow(uri)
		if want == "" && !errors.Is(err, log.ErrExternalPath) || want != "" && (err != nil || name != want) {
			t.Errorf("%s: %q, %v", uri, name, err)
		}
	}
}

// TestFilePathIsTheURIOfTheFile, whatever the folder of the table and the file
// are called: what URIs reserve and paths do not.
func TestFilePathIsTheURIOfTheFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file names have none of these characters")
	}
	ctx := context.Background()
	t.Chdir(t.TempDir())
	for _, folder := range []string{"plain", "a:b", "what?", "a#b", "100%", "100%41", "x y", "é", "s3:"} {
		for _, location := range []string{"./" + folder + "/t", must(filepath.Abs(folder + "/t")), storage.URI("./" + folder + "/t")} {
			tbl := must(table.Create(ctx, location, arrow.NewSchema([]arrow.Field{col("id", long)}, nil), nil))
			mustAppend(t, tbl, ids(t, 1), nil)
			var add *log.AddFile
			for f, err := range latest(t, tbl).Files(ctx, all) {
				if add = f; err != nil {
					t.Fatal(err)
				}
			}
			st := must(storage.Open(ctx, location))
			body := get(t, st, add.Path)
			again := []string{"a b?c#d%2541.parquet", "a%20b%3Fc%23d%2541.parquet"} // as they are, and encoded
			var actions []log.Action
			for _, path := range again {
				a := *add
				a.Path = path
				actions = append(actions, &a)
			}
			put(t, st, "a b?c#d%41.parquet", string(body))
			foreign(t, st, 2, actions...)
			rows := must(tryRows(latest(t, tbl), &table.ScanOptions{Columns: []string{"_metadata.file_path", "_metadata.file_name"}}))
			if len(rows) != 3 {
				t.Fatal(rows)
			}
			for _, row := range rows {
				var r map[string]string
				if err := json.Unmarshal([]byte(row), &r); err != nil {
					t.Fatal(err)
				}
				u, err := url.Parse(r["_metadata.file_path"])
				if err != nil || u.Scheme != "file" || u.RawQuery != "" || u.Fragment != "" {
					t.Fatalf("%s: %s: %v", location, row, err)
				}
				if there, err := os.ReadFile(u.Path); err != nil || !bytes.Equal(there, body) || !strings.HasSuffix(r["_metadata.file_path"], "/"+r["_metadata.file_name"]) {
					t.Errorf("%s: %s: %v", location, row, err)
				}
			}
			closeTable(t, tbl)
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAURIIsNoPath: a colon makes it absolute, also after a single letter, and
// then the table's own files are not meant, wherever the process is. Nor are
// they with a query.
func TestAURIIsNoPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file names have no colon")
	}
	ctx, parent := context.Background(), t.TempDir()
	for _, name := range []string{"plain", "a:b"} {
		folder := filepath.Join(parent, name)
		tbl := must(table.Create(ctx, folder, arrow.NewSchema([]arrow.Field{col("id", long)}, nil), nil))
		mustAppend(t, tbl, ids(t, 1), nil)
		t.Chdir(folder)
		st := must(storage.Open(ctx, folder))
		for f, err := range latest(t, tbl).Files(ctx, all) {
			if err != nil {
				t.Fatal(err)
			}
			uri := storage.URI(folder) + "/" + f.Path
			put(t, st, "a:"+f.Path, string(get(t, st, f.Path)))
			for path, read := range map[string]bool{uri: true, "a:" + f.Path: false, uri + "?x": false} {
				add := *f
				add.Path = path
				v := log.Version(latest(t, tbl).Version() + 1)
				foreign(t, st, v, &add)
				if _, err := tryRows(latest(t, tbl), nil); read && err != nil || !read && !errors.Is(err, table.ErrDenied) {
					t.Errorf("%s: %s: %v", name, path, err)
				}
				foreign(t, st, v+1, &log.RemoveFile{Path: path})
			}
		}
		closeTable(t, tbl)
	}
}

// managed commits as a catalog does, and answers for it.
type managed struct {
	mu      sync.Mutex
	commits []log.Ratified
	newest  log.Version
}

// ratify makes these the commits that are not published.
func (m *managed) ratify(newest log.Version, commits ...log.Ratified) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits, m.newest = commits, newest
}

func (m *managed) ratified(_ context.Context, from log.Version) ([]log.Ratified, log.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.commits, func(c log.Ratified) bool { return c.Version >= from })
	if i < 0 {
		return nil, m.newest, nil
	}
	return m.commits[i:], m.newest, nil
}

// TestCatalogManagedTablesAreReadThroughTheirCatalog and not without one.
func TestCatalogManagedTablesAreReadThroughTheirCatalog(t *testing.T) {
	ctx := context.Background()
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.enableInCommitTimestamps": "true"}})
	features := []string{"catalogManaged"}
	info := func(v int64) *log.CommitInfo {
		at := latest(t, tbl).Timestamp().UnixMilli() + v
		return &log.CommitInfo{TxnID: fmt.Sprint("txn ", v), InCommitTimestamp: &at, Operation: "WRITE"}
	}
	var files []*log.AddFile
	for i := range int64(3) { // files that are there, of commits that are not
		mustAppend(t, tbl, ids(t, i), nil)
	}
	for f, err := range latest(t, tbl).Files(ctx, all) {
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *log.AddFile) int { return strings.Compare(a.Stats, b.Stats) })
	protocol := &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: append(features, "inCommitTimestamp")}
	managedTable := storage.NewMemory(nil)
	for _, o := range objects(t, st) {
		if name := o[:strings.LastIndex(o, " ")]; !strings.HasPrefix(name, log.Dir) || name == log.CommitName(0) {
			put(t, managedTable, name, string(get(t, st, name)))
		}
	}
	foreign(t, managedTable, 1, info(1), protocol, files[0])
	staged := fmt.Sprintf("%020d.%s.json", 2, "22222222-2222-2222-2222-222222222222")
	second := string(log.EncodeCommit([]log.Action{info(2), files[1]}))
	put(t, managedTable, log.StagedDir+staged, second)
	cat := &managed{newest: 2, commits: []log.Ratified{{Version: 2, Staged: staged, Size: int64(len(second))}}}

	_, err := table.Open(ctx, "", &table.Options{Store: managedTable})
	var refusal *table.UnsupportedError
	if !errors.As(err, &refusal) || !slices.Equal(refusal.Features, features) || !strings.Contains(err.Error(), "log.Catalog") || strings.Contains(err.Error(), "not support") {
		t.Errorf("without a catalog: %v", err)
	}
	got, err := table.Open(ctx, "", &table.Options{Store: managedTable, Committer: log.NewCatalog(managedTable, nil, cat.ratified)})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close(ctx)
	wantRows(t, got, `{"id":0}`, `{"id":1}`)
	// A commit is ratified inline, the one before it is published, and somebody
	// has left a file where no commit is.
	cat.ratify(3, log.Ratified{Version: 3, Body: log.EncodeCommit([]log.Action{info(3), files[2]})})
	put(t, managedTable, log.CommitName(2), second)
	foreign(t, managedTable, 4, info(4), &log.RemoveFile{Path: files[0].Path, DataChange: true})
	wantRows(t, got, `{"id":0}`, `{"id":1}`, `{"id":2}`)
	snap, err := got.Snapshot(ctx, table.Version(2))
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, snap, nil); !slices.Equal(rows, []string{`{"id":0}`, `{"id":1}`}) {
		t.Errorf("version 2 holds %v", rows)
	}
	if _, err := got.Snapshot(ctx, table.Version(4)); !errors.Is(err, table.ErrVersionGone) {
		t.Errorf("a version that nobody ratified: %v", err)
	}
	var history []int64
	for c, err := range got.History(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, int64(c.Version))
	}
	if !slices.Equal(history, []int64{3, 2, 1, 0}) {
		t.Errorf("history %v", history)
	}
	refused(t, managedTable, table.ErrUnsupported, "catalogManaged", func() error {
		_, err := got.Append(ctx, ids(t, 9), nil)
		return err
	})
}
