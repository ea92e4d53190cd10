package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/log"
)

const someUUID = "0f8fad5b-d9cb-469f-a165-70867728950e"

// inSidecars puts the adds and removes of a state into n sidecars in the store
// and returns what a manifest says of it: the state without them, and their
// names.
func inSidecars(t testing.TB, st *mapStore, s *state, n int) []log.Action {
	t.Helper()
	small := []log.Action{&log.CheckpointMetadata{Version: s.Version}}
	for i := range n {
		part := s.Source
		part.Txns, part.Domains, part.NumAdds, part.AddBytes = nil, nil, -1, -1
		part.Adds = every(s.adds, n, i)
		part.Removes = every(s.removes, n, i)
		body := mustEncode(t, &part, &WriteOptions{Codec: []string{"zstd", "snappy"}[i%2]})
		name := fmt.Sprintf("part %d.parquet", i)
		st.objects[log.SidecarDir+name] = body
		small = append(small, &log.Sidecar{Path: strings.ReplaceAll(name, " ", "%20"), SizeInBytes: int64(len(body))})
	}
	return append(small, s.small()...)
}

// small are the actions of a state that are not of files.
func (s *state) small() []log.Action {
	small := []log.Action{s.Protocol, s.Metadata}
	for _, a := range s.Txns {
		small = append(small, a)
	}
	for _, d := range s.Domains {
		small = append(small, d)
	}
	return small
}

func every[T any](all []T, n, i int) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for j := i; j < len(all); j += n {
			if !yield(all[j], nil) {
				return
			}
		}
	}
}

// manifestFile puts a JSON manifest into the store.
func manifestFile(st *mapStore, v log.Version, actions []log.Action) log.File {
	name := log.UUIDCheckpointName(v, someUUID, "json")
	st.objects[name] = log.EncodeCommit(actions)
	return log.File{Name: name, Version: v, Size: int64(len(st.objects[name]))}
}

// parquetManifest puts a Parquet manifest under a name into the store: what is
// in small of checkpointMetadata, sidecar, protocol and metaData.
func parquetManifest(t *testing.T, st *mapStore, name string, v log.Version, small []log.Action) log.File {
	t.Helper()
	root := parquet.Group{
		"add":                optional(parquet.Group{"path": text(), "size": long()}),
		"protocol":           optional(parquet.Group{"minReaderVersion": integer(), "minWriterVersion": integer()}),
		"metaData":           optional(parquet.Group{"id": text(), "schemaString": text()}),
		"sidecar":            optional(parquet.Group{"path": text(), "sizeInBytes": long()}),
		"checkpointMetadata": optional(parquet.Group{"version": long()}),
	}
	var rows []func(put put)
	for _, a := range small {
		switch a := a.(type) {
		case *log.CheckpointMetadata:
			rows = append(rows, func(put put) { put(int64(a.Version), "checkpointMetadata", "version") })
		case *log.Sidecar:
			rows = append(rows, func(put put) {
				put(a.Path, "sidecar", "path")
				if a.SizeInBytes != 0 {
					put(a.SizeInBytes, "sidecar", "sizeInBytes")
				}
			})
		case *log.Protocol:
			rows = append(rows, func(put put) {
				put(int32(a.MinReaderVersion), "protocol", "minReaderVersion")
				put(int32(a.MinWriterVersion), "protocol", "minWriterVersion")
			})
		case *log.Metadata:
			rows = append(rows, func(put put) {
				put(a.ID, "metaData", "id")
				put(a.SchemaString, "metaData", "schemaString")
			})
		case *log.AddFile:
			rows = append(rows, func(put put) {
				put(a.Path, "add", "path")
				put(a.Size, "add", "size")
			})
		}
	}
	st.objects[name] = foreign(t, root, rows...)
	return log.File{Name: name, Version: v, Size: int64(len(st.objects[name]))}
}

// walked is what a reader gives, in its order.
type walked struct {
	state   *State
	adds    []*log.AddFile
	removes []*log.RemoveFile
}

func walk(t testing.TB, st *mapStore, opts *Options, files ...log.File) (*Reader, walked) {
	t.Helper()
	r, err := Open(context.Background(), st, files, opts)
	if err != nil {
		t.Fatal(err)
	}
	var w walked
	if w.state, err = r.State(context.Background()); err != nil {
		t.Fatal(err)
	}
	for f, err := range r.Files(context.Background(), AllColumns) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Len() {
			w.adds = append(w.adds, f.Add(i))
		}
	}
	for f, err := range r.Removes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		w.removes = append(w.removes, f)
	}
	return r, w
}

// TestEdgeC55And56AV2CheckpointIsTheClassicOne: a state reads the same from a
// classic checkpoint, from a JSON manifest with sidecars or with everything in
// it, and from a Parquet manifest under either name.
func TestEdgeC55And56AV2CheckpointIsTheClassicOne(t *testing.T) {
	for seed := range uint64(6) {
		s := newRandom(seed).state(40)
		s.Metadata.SchemaString, s.Metadata.PartitionColumns = testSchema, []string{"p"}
		s.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}
		for _, r := range s.removes { // as a commit has it
			if r.ExtendedFileMetadata != nil && *r.ExtendedFileMetadata && r.PartitionValues == nil {
				r.PartitionValues = map[string]*string{}
			}
		}
		st := newStore()
		classic := log.File{Name: log.CheckpointName(s.Version), Version: s.Version}
		st.objects[classic.Name] = mustEncode(t, &s.Source, nil)
		classic.Size = int64(len(st.objects[classic.Name]))
		_, want := walk(t, st, nil, classic)
		if len(want.adds) == 0 || len(want.removes) == 0 {
			t.Fatalf("seed %d: %d adds, %d removes", seed, len(want.adds), len(want.removes))
		}

		inline := append([]log.Action{&log.CheckpointMetadata{Version: s.Version}}, s.small()...)
		for _, a := range want.adds {
			inline = append(inline, a)
		}
		for _, r := range want.removes {
			inline = append(inline, r)
		}
		small := inSidecars(t, st, s, 3)
		for name, c := range map[string]struct {
			file  log.File
			whole bool // the state, too
		}{
			"JSON":          {manifestFile(st, s.Version, small), true},
			"Parquet":       {parquetManifest(t, st, log.UUIDCheckpointName(s.Version, someUUID, "parquet"), s.Version, small), false},
			"classic":       {parquetManifest(t, st, log.CheckpointName(s.Version), s.Version, small), false},
			"all in itself": {manifestFile(st, s.Version, inline), true},
		} {
			if name == "JSON" || name == "all in itself" { // these two have one name
				st.objects[c.file.Name] = log.EncodeCommit(map[string][]log.Action{"JSON": small, "all in itself": inline}[name])
				c.file.Size = int64(len(st.objects[c.file.Name]))
			}
			for _, parallel := range []int{1, 4} {
				r, got := walk(t, st, &Options{Parallel: parallel}, c.file)
				name := fmt.Sprintf("seed %d, %s, parallel %d: ", seed, name, parallel)
				if c.whole {
					same(t, name+"state", got.state, want.state)
				}
				same(t, name+"adds", sortedAdds(got.adds), sortedAdds(want.adds))
				same(t, name+"removes", sortedRemoves(got.removes), sortedRemoves(want.removes))
				if n, err := r.NumAdds(context.Background()); err != nil || n != int64(len(want.adds)) {
					t.Errorf("%sNumAdds is %d, %v", name, n, err)
				}
				if n, err := r.Bytes(context.Background(), AllColumns); err != nil || n < 1000 {
					t.Errorf("%sBytes is %d, %v", name, n, err)
				}
				laterStats(t, name, r)
			}
		}
	}
}

// laterStats says whether statistics that are added later are those that are
// read at once, all and those of some partitions.
func laterStats(t *testing.T, name string, r *Reader) {
	t.Helper()
	ctx := context.Background()
	for _, want := range []func(Values) bool{nil, func(v Values) bool { text, _, _ := v("p"); return len(text)%2 == 0 }} {
		var bare, whole []*Files
		for f, err := range r.Files(ctx, Tags) {
			if err != nil {
				t.Fatal(name, err)
			}
			bare = append(bare, f)
		}
		for f, err := range r.Select(ctx, AllColumns, Wanted{Values: want}) {
			if err != nil {
				t.Fatal(name, err)
			}
			whole = append(whole, f)
		}
		i, row := 0, 0
		for f, err := range r.WithStats(ctx, bare, Wanted{Values: want}) {
			if err != nil {
				t.Fatal(name, err)
			}
			for j := range f.Len() {
				for row == whole[i].Len() {
					i, row = i+1, 0
				}
				if f.Key(j) != whole[i].Key(row) || f.Stats(j) != whole[i].Stats(row) {
					t.Fatalf("%sstatistics of %v are %q, those of %v %q", name, f.Key(j), f.Stats(j), whole[i].Key(row), whole[i].Stats(row))
				}
				row++
			}
		}
		if i != len(whole)-1 || row != whole[i].Len() {
			t.Errorf("%schunk %d of %d, row %d", name, i, len(whole), row)
		}
	}
}

func sortedAdds(adds []*log.AddFile) []*log.AddFile {
	return slices.SortedFunc(slices.Values(adds), func(a, b *log.AddFile) int { return strings.Compare(a.Path, b.Path) })
}

func sortedRemoves(removes []*log.RemoveFile) []*log.RemoveFile {
	return slices.SortedFunc(slices.Values(removes), func(a, b *log.RemoveFile) int { return strings.Compare(a.Path, b.Path) })
}

// TestAV2CheckpointWithoutFilesIsAnEmptyTable, as is one with an empty sidecar.
func TestAV2CheckpointWithoutFilesIsAnEmptyTable(t *testing.T) {
	for sidecars := range 2 {
		st := newStore()
		s := newRandom(1).state(0)
		file := manifestFile(st, s.Version, inSidecars(t, st, s, sidecars))
		r, got := walk(t, st, nil, file)
		if len(got.adds)+len(got.removes) > 0 || got.state.Protocol == nil {
			t.Errorf("%d sidecars: %+v", sidecars, got)
		}
		if n, err := r.NumAdds(context.Background()); n != 0 || err != nil {
			t.Errorf("%d sidecars: NumAdds is %d, %v", sidecars, n, err)
		}
	}
}

// TestTheSidecarColumnAloneProvesNothing: delta-rs has it in V1 checkpoints.
func TestTheSidecarColumnAloneProvesNothing(t *testing.T) {
	st := newStore()
	file := parquetManifest(t, st, log.CheckpointName(4), 4, []log.Action{
		&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &log.AddFile{Path: "a", Size: 7}})
	if _, got := walk(t, st, nil, file); len(got.adds) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestOpeningAV2CheckpointLeavesItsSidecars until files are asked for.
func TestOpeningAV2CheckpointLeavesItsSidecars(t *testing.T) {
	st := newStore()
	s := newRandom(2).state(12)
	file := manifestFile(st, s.Version, inSidecars(t, st, s, 3))
	r, err := Open(context.Background(), st, []log.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "requests", st.requests, []string{"get " + file.Name})
	for range 2 {
		for _, err := range r.Files(context.Background(), 0) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(st.requests) != 4 { // small sidecars are kept
		t.Errorf("requests: %v", st.requests)
	}
}

// TestManySidecarsAreNotKept: what a reader keeps is bounded, whatever the
// number and size of its files.
func TestManySidecarsAreNotKept(t *testing.T) {
	st := newStore()
	s := newRandom(3).state(3)
	small := inSidecars(t, st, s, 1)
	body := largeCheckpoint(t)
	for i := range 12 {
		name := fmt.Sprint("large", i)
		st.objects[log.SidecarDir+name] = body
		small = append(small, &log.Sidecar{Path: name, SizeInBytes: int64(len(body))})
	}
	r, got := walk(t, st, &Options{Parallel: 8}, manifestFile(st, s.Version, small))
	if want := 3 + 12*300; len(got.adds) != want {
		t.Errorf("%d files, want %d", len(got.adds), want)
	}
	if held := r.Held(); held > keptBytesMax+1<<20 {
		t.Errorf("%d bytes are held", held)
	}
}

// TestAManifestThatIsWrongIsCorrupt and whatever it leads to outside of its
// folder is never asked for.
func TestAManifestThatIsWrongIsCorrupt(t *testing.T) {
	sidecar := func(path string, size int64) log.Action { return &log.Sidecar{Path: path, SizeInBytes: size} }
	described := &log.CheckpointMetadata{Version: 4}
	protocol := &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}
	for name, c := range map[string]struct {
		actions []log.Action
		outside bool
	}{
		"another version":      {[]log.Action{&log.CheckpointMetadata{Version: 5}, protocol}, false},
		"described twice":      {[]log.Action{described, described, protocol}, false},
		"not described":        {[]log.Action{protocol}, false},
		"named twice":          {[]log.Action{described, protocol, sidecar("a", 100), sidecar("%61", 100)}, false},
		"no size":              {[]log.Action{described, protocol, sidecar("a", 0)}, false},
		"negative size":        {[]log.Action{described, protocol, sidecar("a", -5)}, false},
		"a folder up":          {[]log.Action{described, protocol, sidecar("../a", 100)}, true},
		"up, escaped":          {[]log.Action{described, protocol, sidecar("%2e%2e%2Fa", 100)}, true},
		"up itself":            {[]log.Action{described, protocol, sidecar("..", 100)}, true},
		"a folder below":       {[]log.Action{described, protocol, sidecar("x/a", 100)}, true},
		"a folder, escaped":    {[]log.Action{described, protocol, sidecar("x%2Fa", 100)}, true},
		"a folder, backwards":  {[]log.Action{described, protocol, sidecar(`x\a`, 100)}, true},
		"absolute":             {[]log.Action{described, protocol, sidecar("/etc/passwd", 100)}, true},
		"a scheme":             {[]log.Action{described, protocol, sidecar("s3://bucket/a", 100)}, true},
		"a scheme, no slashes": {[]log.Action{described, protocol, sidecar("file:a", 100)}, true},
		"a NUL":                {[]log.Action{described, protocol, sidecar("a%00", 100)}, false},
		"a broken escape":      {[]log.Action{described, protocol, sidecar("a%2", 100)}, false},
	} {
		for _, kind := range []string{"json", "parquet"} {
			st := newStore()
			var file log.File
			if kind == "json" {
				file = manifestFile(st, 4, c.actions)
			} else {
				file = parquetManifest(t, st, log.UUIDCheckpointName(4, someUUID, kind), 4, c.actions)
			}
			_, err := Open(context.Background(), st, []log.File{file}, nil)
			if !errors.Is(err, ErrCorrupt) || errors.Is(err, log.ErrExternalPath) != c.outside {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			for _, request := range st.requests {
				if !strings.HasSuffix(request, file.Name) {
					t.Errorf("%s, %s: %s", name, kind, request)
				}
			}
		}
	}
}

func TestAManifestOfAnotherSizeIsCorrupt(t *testing.T) {
	st := newStore()
	s := newRandom(2).state(0)
	file := manifestFile(st, s.Version, inSidecars(t, st, s, 0))
	for _, more := range []int64{-1, 1} {
		f := file
		f.Size += more
		if _, err := Open(context.Background(), st, []log.File{f}, nil); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d bytes more: %v", more, err)
		}
	}
	if _, err := Open(context.Background(), st, []log.File{file}, &Options{Limits: &log.Limits{CommitBytes: file.Size - 1}}); !errors.Is(err, ErrCorrupt) || !errors.Is(err, log.ErrLimit) {
		t.Errorf("over the limit: %v", err)
	}
	if _, err := Open(context.Background(), st, []log.File{file}, &Options{Limits: &log.Limits{LineBytes: 5}}); !errors.Is(err, ErrCorrupt) || !errors.Is(err, log.ErrLimit) {
		t.Errorf("a line over the limit: %v", err)
	}
}

// TestASidecarThatIsWrongIsFoundOutWhenFilesAreRead, by whoever needs it.
func TestASidecarThatIsWrongIsFoundOutWhenFilesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(body []byte) []byte // nil: it is deleted
		want  error
	}{
		"missing":   {nil, fs.ErrNotExist},
		"truncated": {func(b []byte) []byte { return b[:len(b)-9] }, ErrCorrupt},
		"longer":    {func(b []byte) []byte { return append([]byte{0}, b...) }, ErrCorrupt},
		"nonsense":  {func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) }, ErrCorrupt},
	} {
		for _, parallel := range []int{1, 4} {
			st := newStore()
			s := newRandom(4).state(30)
			file := manifestFile(st, s.Version, inSidecars(t, st, s, 3))
			spoilt := log.SidecarDir + "part 1.parquet"
			if c.spoil == nil {
				delete(st.objects, spoilt)
			} else {
				st.objects[spoilt] = c.spoil(st.objects[spoilt])
			}
			r, err := Open(context.Background(), st, []log.File{file}, &Options{Parallel: parallel})
			if err != nil {
				t.Fatal(name, err)
			}
			var last error
			for _, err := range r.Files(context.Background(), 0) {
				last = err
			}
			_, counted := r.NumAdds(context.Background())
			var removing error
			for _, err := range r.Removes(context.Background()) {
				removing = err
			}
			for _, err := range []error{last, counted, removing} {
				if !errors.Is(err, c.want) || c.want != ErrCorrupt && errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "part 1") {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

// TestPiecesAreYieldedInTheirOrder however many are read at once, and no read
// goes on after the loop.
func TestPiecesAreYieldedInTheirOrder(t *testing.T) {
	st := newStore()
	s := newRandom(5).state(64)
	file := manifestFile(st, s.Version, inSidecars(t, st, s, 16))
	_, want := walk(t, st, nil, file)
	for range 20 {
		_, got := walk(t, st, &Options{Parallel: 8}, file)
		same(t, "adds", got.adds, want.adds)
		same(t, "removes", got.removes, want.removes)
	}
	r, err := Open(context.Background(), st, []log.File{file}, &Options{Parallel: 8})
	if err != nil {
		t.Fatal(err)
	}
	for stop := range 6 {
		i := 0
		for range r.Select(context.Background(), AllColumns, Wanted{Values: func(Values) bool { return true }}) {
			if i++; i > stop {
				break
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for _, err := range r.Files(ctx, 0) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled walk ends with %v", last)
	}
}

// FuzzManifest: a JSON manifest of any text, with a sidecar that is there.
func FuzzManifest(f *testing.F) {
	good := newStore()
	s := newRandom(6).state(5)
	inSidecars(f, good, s, 1)
	f.Add([]byte(`{"checkpointMetadata":{"version":4}}` + "\n" + `{"sidecar":{"path":"part%200.parquet","sizeInBytes":1,"modificationTime":1}}`))
	f.Add(log.EncodeCommit(append([]log.Action{&log.CheckpointMetadata{Version: 4}, s.adds[0], newRandom(6).remove(0)}, s.small()...)))
	f.Fuzz(func(t *testing.T, body []byte) {
		st := newStore()
		maps.Copy(st.objects, good.objects)
		name := log.UUIDCheckpointName(4, someUUID, "json")
		st.objects[name] = body
		err := func() error {
			r, err := Open(context.Background(), st, []log.File{{Name: name, Version: 4, Size: int64(len(body))}}, nil)
			if err != nil {
				return err
			}
			if _, err := r.State(context.Background()); err != nil {
				return err
			}
			adds := int64(0)
			for chunk, err := range r.Files(context.Background(), AllColumns) {
				if err != nil {
					return err
				}
				for i := range chunk.Len() {
					chunk.Add(i)
				}
				adds += int64(chunk.Len())
			}
			if n, err := r.NumAdds(context.Background()); err == nil && n >= 0 && n != adds {
				t.Errorf("%d adds, NumAdds is %d", adds, n)
			}
			for _, err := range r.Removes(context.Background()) {
				if err != nil {
					return err
				}
			}
			return nil
		}()
		if !typed(err) && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, request := range st.requests {
			if _, object, _ := strings.Cut(request, " "); object != name && (!strings.HasPrefix(object, log.SidecarDir) || strings.Contains(object[len(log.SidecarDir):], "/")) {
				t.Fatalf("asked for %q", request)
			}
		}
	})
}
