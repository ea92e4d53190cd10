package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/log"
)

// manyFiles is a checkpoint of n files and nothing else of size.
func manyFiles(t testing.TB, n int) []byte {
	src := source()
	src.Metadata.PartitionColumns = []string{"p"}
	src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}
	src.NumAdds = int64(n)
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for i := range n {
			a := &log.AddFile{Path: fmt.Sprintf("p=%d/part-%09d.parquet", i%7, i), Size: int64(i), Stats: `{"numRecords":1}`,
				PartitionValues: map[string]*string{"p": ptr(fmt.Sprint(i % 7))}}
			if i%1000 == 999 {
				a.DeletionVector = &log.DeletionVector{StorageType: "u", PathOrInlineDV: "x", Offset: ptr(int32(i)), SizeInBytes: 1, Cardinality: 1}
			}
			if !yield(a, nil) {
				return
			}
		}
	}
	body, _, err := Encode(context.Background(), src, &WriteOptions{Codec: "snappy"})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// largeCheckpoint is one that is not read whole, in one row group.
func largeCheckpoint(t testing.TB) []byte {
	src := source()
	src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}
	r := newRandom(1)
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for range 300 {
			var noise strings.Builder
			for noise.Len() < 20_000 {
				fmt.Fprintf(&noise, "%x", r.Uint64())
			}
			if !yield(&log.AddFile{Path: noise.String()}, nil) {
				return
			}
		}
	}
	return mustEncode(t, src, &WriteOptions{Codec: "uncompressed"})
}

func TestFilesOfManyChunksAndRowGroups(t *testing.T) {
	const n = rowsPerGroup + chunkRowsMax + 10
	body := manyFiles(t, n)
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := r.NumAdds(context.Background()); got != n {
		t.Errorf("NumAdds is %d", got)
	}
	if groups := len(r.parts[0].file.Meta().RowGroups); groups != 2 {
		t.Errorf("%d row groups", groups)
	}
	i, chunks := 0, 0
	for f, err := range r.Files(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		chunks++
		if f.Len() > chunkRowsMax {
			t.Errorf("a chunk of %d", f.Len())
		}
		if held, least := f.Bytes(), int64(f.Len()*(len(f.Path(0))+8)); held < least || held > 3*least {
			t.Errorf("Bytes is %d for %d files", held, f.Len())
		}
		for j := range f.Len() {
			want := log.Key{Path: fmt.Sprintf("p=%d/part-%09d.parquet", i%7, i)}
			if i%1000 == 999 {
				want.DV = fmt.Sprintf("ux@%d", i)
			}
			if f.Key(j) != want || f.Size(j) != int64(i) || f.Stats(j) != "" {
				t.Fatalf("file %d is %v of %d bytes", i, f.Key(j), f.Size(j))
			}
			if v, null, ok := f.PartitionValue(j, "p"); v != fmt.Sprint(i%7) || null || !ok {
				t.Fatalf("file %d: p is %q", i, v)
			}
			if _, _, ok := f.PartitionValue(j, "q"); ok {
				t.Fatal("there is a q")
			}
			i++
		}
	}
	if i != n || chunks < 4 {
		t.Errorf("%d files in %d chunks", i, chunks)
	}
}

func TestLongStatisticsMakeSmallChunks(t *testing.T) {
	src := source()
	src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}
	const n, size = 600, 100 << 10
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for i := range n {
			if !yield(&log.AddFile{Path: fmt.Sprint(i), Stats: fmt.Sprint(i, strings.Repeat("s", size))}, nil) {
				return
			}
		}
	}
	body := mustEncode(t, src, nil)
	st := newStore()
	st.objects["c"] = body
	// It compresses to almost nothing, so that the rows need not be bounded by bytes.
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for f, err := range r.Files(context.Background(), Stats) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Bytes() > 2*chunkTextSize {
			t.Errorf("a chunk of %d bytes", f.Bytes())
		}
		for j := range f.Len() {
			if len(f.Stats(j)) < size || !strings.HasPrefix(f.Stats(j), fmt.Sprint(i)) {
				t.Fatalf("statistics of file %d", i)
			}
			i++
		}
	}
	if i != n {
		t.Errorf("%d files", i)
	}
}

func TestPartsAreReadInOrderAsOneCheckpoint(t *testing.T) {
	st := newStore()
	root := parquet.Group{
		"add":      optional(parquet.Group{"path": text(), "size": long()}),
		"protocol": optional(parquet.Group{"minReaderVersion": integer(), "minWriterVersion": integer()}),
	}
	st.objects["1"] = foreign(t, root, func(put put) {
		put(int32(1), "protocol", "minReaderVersion")
		put(int32(2), "protocol", "minWriterVersion")
	}, func(put put) { put("a", "add", "path"); put(int64(1), "add", "size") })
	st.objects["2"] = foreign(t, parquet.Group{"add": optional(parquet.Group{"size": long(), "path": text(), "stats": text()})},
		func(put put) { put("b", "add", "path"); put(int64(2), "add", "size"); put("{}", "add", "stats") })
	var files []log.File
	for _, name := range []string{"1", "2"} {
		files = append(files, log.File{Name: name, Size: int64(len(st.objects[name]))})
	}
	r, err := Open(context.Background(), st, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.State(context.Background())
	if err != nil || s.Protocol == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	var got []string
	for f, err := range r.Files(context.Background(), Stats) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Len() {
			got = append(got, f.Path(i)+f.Stats(i))
		}
	}
	same(t, "files", got, []string{"a", "b{}"})
}

func TestASmallCheckpointIsOneRequest(t *testing.T) {
	body := smallCheckpoint(t, "snappy", true)
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Files(context.Background(), AllColumns) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(st.requests) != 1 {
		t.Errorf("requests: %v", st.requests)
	}
}

func TestStateReadsLittleOfALargeCheckpoint(t *testing.T) {
	body := largeCheckpoint(t)
	if len(body) <= wholeBytes {
		t.Fatalf("only %d bytes", len(body))
	}
	st := &countingStore{mapStore: newStore()}
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st.bytes > 2*tailBytes || len(st.requests) > 4 {
		t.Errorf("%d requests for %d of %d bytes", len(st.requests), st.bytes, len(body))
	}
}

// countingStore counts the bytes it gives.
type countingStore struct {
	*mapStore
	bytes int
}

func (s *countingStore) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	s.bytes += len(p)
	return s.mapStore.ReadAt(ctx, name, p, off)
}

func TestAFailureOfTheStoreIsNotDamage(t *testing.T) {
	body := largeCheckpoint(t)
	for _, failure := range []error{fs.ErrPermission, fs.ErrNotExist, context.DeadlineExceeded} {
		for after := range 2 { // the footer, the columns
			st := newStore()
			st.objects["c"] = body
			calls := 0
			st.fail = func(string, string) error {
				if calls++; calls > after {
					return failure
				}
				return nil
			}
			err := func() error {
				r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
				if err != nil {
					return err
				}
				for _, err := range r.Files(context.Background(), AllColumns) {
					if err != nil {
						return err
					}
				}
				return nil
			}()
			if !errors.Is(err, failure) || errors.Is(err, ErrCorrupt) {
				t.Errorf("call %d fails with %v: %v", after+1, failure, err)
			}
		}
	}
}

func TestACancelledReadStops(t *testing.T) {
	body := manyFiles(t, 3000)
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range r.Files(ctx, 0) {
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrCorrupt) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := r.State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAReaderIsSafeForConcurrentUse(t *testing.T) {
	body := manyFiles(t, 3000)
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			n := 0
			for f, err := range r.Files(context.Background(), AllColumns) {
				if err != nil {
					t.Error(err)
					return
				}
				n += f.Len()
			}
			if _, err := r.State(context.Background()); err != nil || n != 3000 {
				t.Errorf("%d files, %v", n, err)
			}
		})
	}
	wg.Wait()
}

func TestOpenRefusesWhatIsNoCheckpoint(t *testing.T) {
	st := newStore()
	st.objects["empty"] = nil
	st.objects["text"] = []byte("PAR1 this is not Parquet at all PAR1")
	for _, c := range []struct {
		name string
		size int64
		want error
	}{{"empty", 0, ErrCorrupt}, {"text", 36, ErrCorrupt}, {"text", 1000, ErrCorrupt}, {"missing", 100, fs.ErrNotExist}} {
		if _, err := Open(context.Background(), st, []log.File{{Name: c.name, Size: c.size}}, nil); !errors.Is(err, c.want) {
			t.Errorf("%s of %d bytes: %v", c.name, c.size, err)
		}
	}
	if _, err := Open(context.Background(), st, nil, nil); err == nil {
		t.Error("no files, and no error")
	}
}

func TestRowsThatDoNotFitTheFileAreRefused(t *testing.T) {
	rows := make([]func(put put), 100_000)
	for i := range rows {
		rows[i] = func(put) {}
	}
	body := foreign(t, parquet.Group{"add": optional(parquet.Group{"path": text(), "size": long()})}, rows...)
	if err := drain(context.Background(), body); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a hundred thousand rows in %d bytes: %v", len(body), err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	src := newRandom(3).state(3)
	src.Metadata.SchemaString = `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`
	for _, textStats := range []string{"true", "false"} {
		src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsJson": textStats, "delta.checkpoint.writeStatsAsStruct": "true"}
		f.Add(mustEncode(f, &src.Source, &WriteOptions{Codec: "uncompressed"}))
		f.Add(mustEncode(f, &src.Source, &WriteOptions{Codec: "snappy"}))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := drain(context.Background(), body); !typed(err) {
			t.Fatal(err)
		}
	})
}
