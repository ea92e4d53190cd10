package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/compress"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestMain makes the process's one decoder of zstd, which must not belong to a
// bubble of synctest: whichever test came first would own it.
func TestMain(m *testing.M) {
	codec, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		panic(err)
	}
	codec.Decode(make([]byte, 1), codec.Encode(make([]byte, codec.CompressBound(1)), []byte{1}))
	m.Run()
}

// checked is an allocator that must be empty when the test ends.
func checked(t *testing.T) memory.Allocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// verified are the stores whose table is checked when a test ends; byHand those
// in which a test has written or removed objects by itself, so that Verify may
// find what it finds.
var verified, byHand sync.Map

// bottom is the store below all wrappers.
func bottom(st storage.Store) storage.Store {
	for {
		wrapper, is := st.(interface{ Unwrap() storage.Store })
		if !is {
			return st
		}
		st = wrapper.Unwrap()
	}
}

// verify checks the table in a store when the test has ended: every version,
// or some of them where there are many, must be the same with and without
// checkpoints, checksums and the hint; a version that is damaged must be so
// both ways. And Verify finds nothing in it, unless the test has
// put objects there by itself.
func verify(t *testing.T, st storage.Store) {
	t.Helper()
	st = bottom(st)
	if _, twice := verified.LoadOrStore(st, true); twice {
		return
	}
	t.Cleanup(func() {
		defer verified.Delete(st)
		if t.Failed() {
			return
		}
		ctx := context.Background()
		inOrder(ctx, t, st)
		bare, err := withoutAuxiliaries(ctx, st)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := bare.Head(ctx, log.CommitName(0)); err != nil {
			return // the log was cleaned up: the checkpoints are needed
		}
		for _, v := range someVersions(t, st) {
			with, errWith := described(ctx, st, v)
			without, errWithout := described(ctx, bare, v)
			if with != without || (errWith == nil) != (errWithout == nil) {
				t.Errorf("version %d differs without checkpoints and checksums: %v, %v\n%s\n%s", v, errWith, errWithout, with, without)
				return
			}
		}
	})
}

// inOrder says what Verify finds in a table that is the library's work alone.
func inOrder(ctx context.Context, t *testing.T, st storage.Store) {
	if _, is := byHand.LoadAndDelete(st); is {
		return
	}
	if faults, r, err := faultsIn(ctx, st, true); err != nil || r.Faults > 0 {
		t.Errorf("the table is not in order: %v, %+v", err, faults)
	}
}

// someVersions is the newest version and a dozen of those before it.
func someVersions(t *testing.T, st storage.Store) []int64 {
	t.Helper()
	newest := int64(-1)
	for info, err := range st.List(context.Background(), log.Dir, "") {
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := log.ParseName(info.Name); ok && name.Kind == log.Commit {
			newest = int64(name.Version)
		}
	}
	var out []int64
	for v := newest; v >= 0; v -= newest/12 + 1 {
		out = append(out, v)
	}
	return out
}

// described is all that a version says: protocol, metadata, files,
// applications, domains.
func described(ctx context.Context, st storage.Store, v int64) (string, error) {
	tbl, err := table.Open(ctx, "", &table.Options{Store: st})
	if err != nil {
		return "", err
	}
	s, err := tbl.Snapshot(ctx, table.Version(v))
	if err != nil {
		return "", err
	}
	actions := []log.Action{s.Protocol(), s.Metadata()}
	for _, app := range s.Apps() {
		actions = append(actions, app)
	}
	for _, d := range s.Domains() {
		actions = append(actions, d)
	}
	lines := strings.Split(string(log.EncodeCommit(actions)), "\n")
	var files, bytes int64
	for f, err := range s.Files(ctx, all) {
		if err != nil {
			return "", err
		}
		same := *f
		same.DataChange = false // checkpoints do not have it
		lines = append(lines, string(log.EncodeCommit([]log.Action{&same})))
		files++
		bytes += f.Size
	}
	n, size, err := s.Count(ctx)
	if err == nil && (n != files || size != bytes) {
		err = fmt.Errorf("%d files of %d bytes are counted, %d of %d are there", n, size, files, bytes)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), err
}

// create makes a table in a store with columns as SQL has them.
func create(t *testing.T, st storage.Store, columns string, opts *table.CreateOptions) *table.Table {
	t.Helper()
	s, err := schema.ParseColumns(columns)
	if err != nil {
		t.Fatal(err)
	}
	var o table.CreateOptions
	if opts != nil {
		o = *opts
	}
	o.Store, o.Schema = st, s
	if o.Allocator == nil {
		o.Allocator = checked(t)
	}
	verify(t, st)
	tbl, err := table.Create(context.Background(), "", nil, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTable(t, tbl) })
	return tbl
}

// open opens the table in a store.
func open(t *testing.T, st storage.Store, opts *table.Options) *table.Table {
	t.Helper()
	var o table.Options
	if opts != nil {
		o = *opts
	}
	o.Store = st
	verify(t, st)
	tbl, err := table.Open(context.Background(), "", &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTable(t, tbl) })
	return tbl
}

// data is a reader of JSON rows with the given fields.
func data(t *testing.T, rows string, fields ...arrow.Field) array.RecordReader {
	t.Helper()
	s := arrow.NewSchema(fields, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	rr, err := array.NewRecordReader(s, []arrow.RecordBatch{batch})
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

func col(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

var (
	long   = arrow.PrimitiveTypes.Int64
	text   = arrow.BinaryTypes.String
	double = arrow.PrimitiveTypes.Float64
)

// ids is a reader of rows of the one column id.
func ids(t *testing.T, values ...int64) array.RecordReader {
	t.Helper()
	var rows []string
	for _, v := range values {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, v))
	}
	return data(t, "["+strings.Join(rows, ",")+"]", col("id", long))
}

func mustAppend(t *testing.T, tbl *table.Table, rows array.RecordReader, opts *table.WriteOptions) table.Commit {
	t.Helper()
	c, err := tbl.Append(context.Background(), rows, opts)
	if err != nil {
		t.Fatal(err)
	}
	if c.After != nil {
		t.Errorf("after version %d: %v", c.Version, c.After)
	}
	return c
}

func latest(t *testing.T, tbl *table.Table) *table.Snapshot {
	t.Helper()
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rowsOf is the rows of a scan as JSON objects, sorted unless they are ordered.
func rowsOf(t *testing.T, s *table.Snapshot, opts *table.ScanOptions) []string {
	t.Helper()
	out, err := tryRows(s, opts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryRows(s *table.Snapshot, opts *table.ScanOptions) ([]string, error) {
	var out []string
	for b, err := range s.Scan(opts).Batches(context.Background()) {
		if err != nil {
			return nil, err
		}
		text, err := b.MarshalJSON()
		if err != nil {
			return nil, err
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, string(r))
		}
	}
	if opts == nil || !opts.Ordered {
		slices.Sort(out)
	}
	return out, nil
}

func wantRows(t *testing.T, tbl *table.Table, want ...string) {
	t.Helper()
	if got := rowsOf(t, latest(t, tbl), nil); !slices.Equal(got, want) {
		t.Errorf("the table holds %v, want %v", got, want)
	}
}

// objects lists a store, names and sizes.
func objects(t *testing.T, st storage.Store) []string {
	t.Helper()
	var out []string
	for info, err := range st.List(context.Background(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(info.Name, " ", info.Size))
	}
	return out
}

// put writes an object.
func put(t *testing.T, st storage.Store, name, body string) {
	t.Helper()
	byHand.Store(bottom(st), true)
	if err := st.Put(context.Background(), name, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, st storage.Store, name string) []byte {
	t.Helper()
	body, _, err := st.Get(context.Background(), name, -1)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func remove(t *testing.T, st storage.Store, suffix string) {
	t.Helper()
	byHand.Store(bottom(st), true)
	for _, o := range objects(t, st) {
		if name := o[:strings.LastIndex(o, " ")]; strings.HasSuffix(name, suffix) {
			if err := st.Delete(context.Background(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// foreign commits actions as another engine would: without a look at anything.
func foreign(t *testing.T, st storage.Store, v log.Version, actions ...log.Action) {
	t.Helper()
	put(t, st, log.CommitName(v), string(log.EncodeCommit(actions)))
}

// changed is a table's metadata with some of it changed.
func changed(s *table.Snapshot, f func(*log.Metadata)) *log.Metadata {
	md := *s.Metadata()
	md.Configuration = maps.Clone(md.Configuration)
	f(&md)
	return &md
}

var all expr.Expr

func tryCreate(st storage.Store, columns string, opts *table.CreateOptions) error {
	s, err := schema.ParseColumns(columns)
	if err != nil {
		return err
	}
	o := *opts
	o.Store, o.Schema = st, s
	tbl, err := table.Create(context.Background(), "", nil, &o)
	if err != nil {
		return err
	}
	return tbl.Close(context.Background())
}

// jsonRows takes a JSON array of rows apart and sorts it.
func jsonRows(t *testing.T, text string) []string {
	t.Helper()
	var rows []json.RawMessage
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, string(r))
	}
	slices.Sort(out)
	return out
}
