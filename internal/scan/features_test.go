package scan_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/write"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// foreign is a table as other engines make them: its files have the columns of
// stored, and its log is put together by hand.
type foreign struct {
	st      storage.Store
	mem     memory.Allocator
	actions []log.Action
}

func newForeign(t *testing.T, p *log.Protocol, md *log.Metadata) *foreign {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	md.ID, md.Format = "t", log.Format{Provider: "parquet"}
	return &foreign{st: storage.NewMemory(nil), mem: mem, actions: []log.Action{p, md}}
}

// add writes a file of rows given as JSON objects in the columns of stored, and
// returns its action, which is one of the table's.
func (f *foreign) add(t *testing.T, stored *schema.Struct, partition []string, rows string) *log.AddFile {
	t.Helper()
	layout, err := arrowconv.Schema(stored)
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := array.RecordFromJSON(f.mem, layout, strings.NewReader(rows), array.WithMultipleDocs())
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	res, err := write.Files(context.Background(), func(yield func(arrow.RecordBatch, error) bool) { yield(batch, nil) }, &write.Options{
		Store: f.st, Schema: stored, Partition: partition, TargetSize: 1 << 40, Buffer: 64 << 20, OpenMax: 4, TempDir: t.TempDir(),
		Parquet: parquetio.WriteOptions{RowGroupRows: 4, PageRows: 2, Stats: stats.Options{StringPrefix: 32}},
		Now:     time.Now, Rand: rand.NewChaCha8([32]byte{byte(len(f.actions))}), Allocator: f.mem,
	})
	if err != nil || len(res.Adds) != 1 {
		t.Fatal(res, err)
	}
	f.actions = append(f.actions, res.Adds[0])
	return res.Adds[0]
}

// load commits the actions as version 0.
func (f *foreign) load(t *testing.T) *replay.State {
	t.Helper()
	ctx := context.Background()
	if err := f.st.Put(ctx, log.CommitName(0), log.EncodeCommit(f.actions)); err != nil {
		t.Fatal(err)
	}
	s, err := replay.Load(ctx, &replay.Source{Store: f.st, Committer: log.NewCommitter(f.st, nil), Share: 1 << 20, Parallel: 2, Warn: func(err error) { t.Error(err) }}, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read scans the table and prints each row as JSON, sorted.
func (f *foreign) read(state *replay.State, s *schema.Struct, change func(*scan.Options)) ([]string, error) {
	opts := scan.Options{Store: f.st, State: state, Schema: s, Root: "mem://t", Env: expr.Env{Zone: time.UTC}, Parallel: 2, Budget: 1 << 20, Allocator: f.mem}
	if change != nil {
		change(&opts)
	}
	p, err := scan.New(opts)
	if err != nil {
		return nil, err
	}
	var rows []string
	for b, err := range p.Batches(context.Background()) {
		if err != nil {
			return nil, err
		}
		text, err := b.Record.MarshalJSON()
		if err != nil {
			return nil, err
		}
		rows = append(rows, strings.Split(strings.TrimSpace(strings.Trim(string(text), "[]\n")), "\n")...)
	}
	for i := range rows {
		rows[i] = strings.Trim(rows[i], ", ")
	}
	slices.Sort(rows)
	return rows, nil
}

// mapping is the metadata of a mapped field.
func mapping(name string, id int) schema.Metadata {
	return schema.Metadata{"delta.columnMapping.physicalName": []byte(`"` + name + `"`), "delta.columnMapping.id": fmt.Append(nil, id)}
}

// crossed is a schema in which the columns' names are the physical names of
// others.
func crossed() *schema.Struct {
	inner := &schema.Struct{Fields: []schema.Field{
		{Name: "x", Type: schema.Long, Nullable: true, Metadata: mapping("y", 5)},
		{Name: "y", Type: schema.Long, Nullable: true, Metadata: mapping("x", 6)},
	}}
	return &schema.Struct{Fields: []schema.Field{
		{Name: "a", Type: schema.Long, Nullable: true, Metadata: mapping("b", 1)},
		{Name: "b", Type: schema.Long, Nullable: true, Metadata: mapping("a", 2)},
		{Name: "s", Type: inner, Nullable: true, Metadata: mapping("col-s", 3)},
		{Name: "l", Type: &schema.Array{Element: inner, ContainsNull: true}, Nullable: true, Metadata: mapping("col-l", 7)},
		{Name: "p", Type: schema.String, Nullable: true, Metadata: mapping("col-p", 4)},
		{Name: "new", Type: schema.Long, Nullable: true, Metadata: mapping("col-new", 8)},
	}}
}

// withFields is s without some fields, and with others renamed at every depth.
func withFields(s *schema.Struct, without string, rename func(string) string) *schema.Struct {
	var change func(t schema.Type) schema.Type
	change = func(t schema.Type) schema.Type {
		switch t := t.(type) {
		case *schema.Array:
			return &schema.Array{Element: change(t.Element), ContainsNull: t.ContainsNull}
		case *schema.Struct:
			out := &schema.Struct{}
			for _, f := range t.Fields {
				if f.Name != without {
					f.Name, f.Type = rename(f.Name), change(f.Type)
					out.Fields = append(out.Fields, f)
				}
			}
			return out
		default:
			return t
		}
	}
	return change(s).(*schema.Struct)
}

// TestMappedColumnsAreFoundByPhysicalNameOrID, whatever the names say: in files,
// nested, in statistics and in partition values.
func TestMappedColumnsAreFoundByPhysicalNameOrID(t *testing.T) {
	for _, mode := range []string{"name", "id"} {
		t.Run(mode, func(t *testing.T) {
			s := crossed()
			f := newForeign(t, &log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5}, &log.Metadata{
				SchemaString: string(s.JSON()), PartitionColumns: []string{"p"}, Configuration: map[string]string{"delta.columnMapping.mode": mode},
			})
			physical := withFields(s.Physical(), "col-new", func(name string) string { return name })
			stored, key := physical, "col-p"
			if mode == "id" { // names in files mean nothing then
				stored = withFields(physical, "", func(name string) string { return "f" + name })
				key = "fcol-p"
			}
			prefix := strings.TrimSuffix(key, "col-p")
			for first := range int64(2) {
				var rows strings.Builder
				for i := 10 * first; i < 10*first+10; i++ {
					fmt.Fprintf(&rows, `{"Zb":%d,"Za":%d,"Zcol-s":{"Zy":%d,"Zx":%d},"Zcol-l":[{"Zy":%d,"Zx":%d}],"Zcol-p":"p%d"}`+"\n", i, 100+i, 200+i, 300+i, 400+i, 500+i, first)
				}
				a := f.add(t, stored, []string{key}, strings.ReplaceAll(rows.String(), "Z", prefix))
				a.PartitionValues = map[string]*string{"col-p": a.PartitionValues[key]}
				if prefix != "" {
					a.Stats = strings.NewReplacer(`"fb"`, `"b"`, `"fa"`, `"a"`, `"fcol`, `"col`, `"fy"`, `"y"`, `"fx"`, `"x"`).Replace(a.Stats)
				}
			}
			state := f.load(t)
			row := func(i int64) string {
				return fmt.Sprintf(`{"a":%d,"b":%d,"l":[{"x":%d,"y":%d}],"new":null,"p":"p%d","s":{"x":%d,"y":%d}}`, i, 100+i, 400+i, 500+i, i/10, 200+i, 300+i)
			}
			for where, is := range map[string]func(i int64) bool{
				"":                           func(int64) bool { return true },
				"a >= 7 AND a < 12":          func(i int64) bool { return i >= 7 && i < 12 },
				"b = 117":                    func(i int64) bool { return i == 17 },
				"s.x IN (203, 204)":          func(i int64) bool { return i == 3 || i == 4 },
				"s.y > 315":                  func(i int64) bool { return i > 15 },
				"p = 'p1'":                   func(i int64) bool { return i >= 10 },
				"new IS NULL AND a = 5":      func(i int64) bool { return i == 5 },
				"new = 1 OR l[0].y = 511":    func(i int64) bool { return i == 11 },
				"a > 100 OR b < 100":         func(int64) bool { return false },
				"p = 'p0' AND s.x + 0 > 206": func(i int64) bool { return i > 6 && i < 10 },
			} {
				var want []string
				for i := range int64(20) {
					if is(i) {
						want = append(want, row(i))
					}
				}
				slices.Sort(want)
				got, err := f.read(state, s, func(o *scan.Options) {
					if where != "" {
						o.Where = expr.SQL(where)
					}
				})
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: %v\n got %s\nwant %s", where, err, got, want)
				}
			}
			got, err := f.read(state, s, func(o *scan.Options) { o.Columns, o.Where = []string{"s.y", "B"}, expr.SQL("a = 3") })
			if err != nil || !slices.Equal(got, []string{`{"b":103,"s.y":303}`}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestFilesWithoutFieldIDsAreRefused where columns go by them (edge case 90).
func TestEdgeD90FilesWithoutFieldIDsAreRefused(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.Long, Nullable: true, Metadata: mapping("a", 1)}}}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5}, &log.Metadata{
		SchemaString: string(s.JSON()), Configuration: map[string]string{"delta.columnMapping.mode": "id"},
	})
	f.add(t, s.Unmapped(), nil, `{"a":1}`)
	if got, err := f.read(f.load(t), s, nil); err == nil || !strings.Contains(err.Error(), "field id") {
		t.Errorf("%v, %v", got, err)
	}
}

// TestNamesThatDifferInCaseAreExact with column mapping (edge case 89): the
// other column's values are not taken for those of one that the file lacks.
func TestEdgeD89PhysicalNamesThatDifferInCaseAreTwo(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "p", Type: schema.Long, Nullable: true, Metadata: mapping("col", 1)},
		{Name: "q", Type: schema.Long, Nullable: true, Metadata: mapping("COL", 2)},
	}}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5}, &log.Metadata{
		SchemaString: string(s.JSON()), Configuration: map[string]string{"delta.columnMapping.mode": "name"},
	})
	upper := &schema.Struct{Fields: []schema.Field{{Name: "COL", Type: schema.Long, Nullable: true}}}
	lower := &schema.Struct{Fields: []schema.Field{{Name: "col", Type: schema.Long, Nullable: true}}}
	f.add(t, upper, nil, `{"COL":2}`)
	f.add(t, lower, nil, `{"col":1}`)
	got, err := f.read(f.load(t), s, nil)
	if err != nil || !slices.Equal(got, []string{`{"p":1,"q":null}`, `{"p":null,"q":2}`}) {
		t.Errorf("%v, %v", got, err)
	}
}

var deletes = &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"}, WriterFeatures: []string{"deletionVectors"}}

// deleted attaches a deletion vector to a file.
func deleted(a *log.AddFile, rows ...int64) {
	a.DeletionVector = inline(rows...)
}

func inline(rows ...int64) *log.DeletionVector {
	b := dv.Of(rows...)
	body := b.Encode()
	return &log.DeletionVector{StorageType: "i", PathOrInlineDV: dv.InlineText(body), SizeInBytes: int32(len(body)), Cardinality: b.Len()}
}

// TestDeletedRowsAreNotRead, counted, or found by any predicate, and the places
// of the others are as they were.
func TestDeletedRowsAreNotRead(t *testing.T) {
	s, err := schema.ParseColumns("id bigint, t string, l array<bigint>")
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range 20 / thinned {
		f := newForeign(t, deletes, &log.Metadata{SchemaString: string(s.JSON())})
		live := map[int64]bool{}
		id := int64(0)
		for range 3 {
			n := rng.Int64N(40) + 1
			var rows strings.Builder
			var gone []int64
			for i := range n {
				fmt.Fprintf(&rows, `{"id":%d,"t":"t%d","l":[%d,%d]}`+"\n", id, id, id, id)
				if rng.IntN(3) == 0 {
					gone = append(gone, i)
				} else {
					live[id] = true
				}
				id++
			}
			if a := f.add(t, s, nil, rows.String()); len(gone) > 0 {
				deleted(a, gone...)
			}
		}
		state := f.load(t)
		for _, where := range []string{"", "id >= 10", "id % 2 = 0", "t = 't7' OR id > 30", "l[1] BETWEEN 5 AND 50"} {
			is := func(i int64) bool {
				switch where {
				case "id >= 10":
					return i >= 10
				case "id % 2 = 0":
					return i%2 == 0
				case "t = 't7' OR id > 30":
					return i == 7 || i > 30
				case "l[1] BETWEEN 5 AND 50":
					return i >= 5 && i <= 50
				}
				return true
			}
			var want []string
			for _, i := range slices.Sorted(maps.Keys(live)) {
				if is(i) {
					want = append(want, fmt.Sprintf(`{"id":%d,"l":[%d,%d],"t":"t%d"}`, i, i, i, i))
				}
			}
			slices.Sort(want)
			change := func(o *scan.Options) {
				o.ProbeRows = 1 + rng.Int64N(10)
				if where != "" {
					o.Where = expr.SQL(where)
				}
			}
			got, err := f.read(state, s, change)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("seed %d, round %d, %s: %v\n got %s\nwant %s", seed, round, where, err, got, want)
			}
			opts := scan.Options{Store: f.st, State: state, Schema: s, Env: expr.Env{Zone: time.UTC}, Parallel: 2, Budget: 1 << 20, Allocator: f.mem}
			change(&opts)
			p, err := scan.New(opts)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := p.Count(context.Background()); err != nil || n != int64(len(want)) {
				t.Fatalf("seed %d, round %d, %s: %d rows are counted, %d read; %v", seed, round, where, n, len(want), err)
			}
		}
	}
}

// TestDeletionVectorsThatCannotBeFailTheScan: the file's rows are never read as
// if there were none.
func TestDeletionVectorsThatCannotBeFailTheScan(t *testing.T) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	offset := int32(1)
	uuid := &log.DeletionVector{StorageType: "u", PathOrInlineDV: "WYbkwCTB$gH)J7t?$/sK", Offset: &offset, SizeInBytes: 36, Cardinality: 2}
	for name, c := range map[string]struct {
		protocol *log.Protocol
		vector   *log.DeletionVector
		stats    string
		corrupt  bool
	}{
		"the file is missing":          {deletes, uuid, `{"numRecords":3}`, false},
		"the protocol has no vectors":  {&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, inline(1), `{"numRecords":3}`, true},
		"a row beyond the file":        {deletes, inline(3), `{"numRecords":3}`, true},
		"a row beyond, rows not known": {deletes, inline(3), "", true},
		"more rows than the file":      {deletes, inline(0, 1, 2, 3), `{"numRecords":3}`, true},
	} {
		f := newForeign(t, c.protocol, &log.Metadata{SchemaString: string(s.JSON())})
		a := f.add(t, s, nil, `{"id":1}{"id":2}{"id":3}`)
		a.DeletionVector, a.Stats = c.vector, c.stats
		got, err := f.read(f.load(t), s, nil)
		if err == nil || errors.Is(err, log.ErrCorrupt) != c.corrupt || !strings.Contains(err.Error(), a.Path) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestMetadataOfRows: where each row is, and what row tracking says of it.
func TestMetadataOfRows(t *testing.T) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"}, WriterFeatures: []string{"deletionVectors", "rowTracking", "domainMetadata"}},
		&log.Metadata{SchemaString: string(s.JSON()), Configuration: map[string]string{
			"delta.enableRowTracking":                                  "true",
			"delta.rowTracking.materializedRowIdColumnName":            "_row-id-col-1",
			"delta.rowTracking.materializedRowCommitVersionColumnName": "_row-commit-version-col-1",
		}})
	number := func(n int64) *int64 { return &n }
	plain := f.add(t, s, nil, `{"id":1}{"id":2}{"id":3}`)
	plain.BaseRowID, plain.DefaultRowCommitVersion, plain.ModificationTime = number(10), number(1), 1_700_000_000_123
	deleted(plain, 1)
	moved, err := schema.ParseColumns("id bigint, `_row-id-col-1` bigint, `_row-commit-version-col-1` bigint")
	if err != nil {
		t.Fatal(err)
	}
	again := f.add(t, moved, nil, `{"id":4,"_row-id-col-1":7,"_row-commit-version-col-1":null}{"id":5,"_row-id-col-1":null,"_row-commit-version-col-1":2}`)
	again.BaseRowID, again.DefaultRowCommitVersion = number(20), number(3)
	state := f.load(t)
	got, err := f.read(state, s, func(o *scan.Options) {
		o.Columns = []string{"_metadata.row_id", "id", "_metadata.row_commit_version", "_metadata.row_index"}
	})
	if want := []string{
		`{"_metadata.row_commit_version":1,"_metadata.row_id":10,"_metadata.row_index":0,"id":1}`,
		`{"_metadata.row_commit_version":1,"_metadata.row_id":12,"_metadata.row_index":2,"id":3}`,
		`{"_metadata.row_commit_version":2,"_metadata.row_id":21,"_metadata.row_index":1,"id":5}`,
		`{"_metadata.row_commit_version":3,"_metadata.row_id":7,"_metadata.row_index":0,"id":4}`,
	}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	got, err = f.read(state, s, func(o *scan.Options) {
		o.Columns, o.Where = []string{"_metadata.file_path", "_metadata.file_name", "_metadata.file_size", "_metadata.file_modification_time"}, expr.SQL("_metadata.row_id > 10 AND id < 4")
	})
	if want := []string{fmt.Sprintf(`{"_metadata.file_modification_time":"2023-11-14T22:13:20.123Z","_metadata.file_name":%q,"_metadata.file_path":"mem://t/%s","_metadata.file_size":%d}`, plain.Path, plain.Path, plain.Size)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	all, err := f.read(state, s, nil)
	if err != nil || !slices.Equal(all, []string{`{"id":1}`, `{"id":3}`, `{"id":4}`, `{"id":5}`}) {
		t.Errorf("%v, %v: _metadata is not a column of the table", all, err)
	}
	var unknown *scan.ColumnError
	if _, err := f.read(state, s, func(o *scan.Options) { o.Columns = []string{"_metadata.colour"} }); !errors.As(err, &unknown) {
		t.Error(err)
	}
}

// TestFilesElsewhereAreReadWhereTheCallerAllowsIt (edge case 24).
func TestEdgeB24AbsolutePathsAreReadWhereTheCallerAllowsIt(t *testing.T) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	f := newForeign(t, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &log.Metadata{SchemaString: string(s.JSON())})
	a := f.add(t, s, nil, `{"id":1}`)
	name := a.Path
	a.Path = "s3://other/sub%20dir/" + name
	state := f.load(t)
	if _, err := f.read(state, s, nil); !errors.Is(err, log.ErrExternalPath) {
		t.Errorf("%v", err)
	}
	asked := ""
	got, err := f.read(state, s, func(o *scan.Options) {
		o.External = func(uri string) (storage.Store, string, error) {
			asked = uri
			return f.st, name, nil
		}
	})
	if err != nil || !slices.Equal(got, []string{`{"id":1}`}) || asked != a.Path {
		t.Errorf("%v, %v, asked for %s", got, err, asked)
	}
}
