package parquetfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/storage"
)

const testName = "a.parquet"

// twoColumns is a file of row groups of two INT64 columns, a counting up and b
// down, with rows rows each.
func twoColumns(t testing.TB, kv map[string]string, groups, rows int) []byte {
	t.Helper()
	node := func(name string) pqschema.Node { return pqschema.NewInt64Node(name, parquet.Repetitions.Required, -1) }
	root := pqschema.MustGroup(pqschema.NewGroupNode("schema", parquet.Repetitions.Required, pqschema.FieldList{node("a"), node("b")}, -1))
	meta := metadata.NewKeyValueMetadata()
	for k, v := range kv {
		if err := meta.Append(k, v); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w := file.NewParquetWriter(&out, root, file.WithWriteMetadata(meta),
		file.WithWriterProps(parquet.NewWriterProperties(parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(512), parquet.WithBatchSize(16))))
	for range groups {
		g, err := w.AppendRowGroupChecked()
		if err != nil {
			t.Fatal(err)
		}
		for sign := int64(1); sign >= -1; sign -= 2 {
			c, err := g.NextColumn()
			if err != nil {
				t.Fatal(err)
			}
			values := make([]int64, rows)
			for i := range values {
				values[i] = sign * int64(i)
			}
			if _, err := c.(*file.Int64ColumnChunkWriter).WriteBatch(values, nil, nil); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func storeOf(t testing.TB, body []byte) storage.Store {
	t.Helper()
	st := storage.NewMemory(nil)
	if err := st.Put(context.Background(), testName, body); err != nil {
		t.Fatal(err)
	}
	return st
}

func TestOpenSaysWhatIsWrongWithAFile(t *testing.T) {
	good := twoColumns(t, nil, 1, 100)
	patched := func(at int, b ...byte) []byte {
		p := bytes.Clone(good)
		copy(p[at:], b)
		return p
	}
	n := len(good)
	footer := int(binary.LittleEndian.Uint32(good[n-8:]))
	for _, c := range []struct {
		name string
		body []byte
		size int64
		opts *Options
		kind error
		text string
	}{
		{"empty", nil, 0, nil, ErrCorrupt, "too few"},
		{"text", []byte("this is not a Parquet file at all"), 33, nil, ErrCorrupt, "does not end as Parquet"},
		{"cut short", good[:n/2], int64(n / 2), nil, ErrCorrupt, "cut short"},
		{"size one too small", good, int64(n - 1), nil, ErrCorrupt, fmt.Sprintf("has %d bytes, the log gives it %d", n, n-1)},
		{"size one too large", good, int64(n + 1), nil, ErrCorrupt, fmt.Sprintf("ends at byte %d, the log gives it %d", n, n+1)},
		{"encrypted footer", patched(n-4, []byte("PARE")...), int64(n), nil, ErrUnsupported, "encrypted"},
		{"footer longer than the file", patched(n-8, 0xff, 0xff, 0xff, 0x7f), int64(n), nil, ErrCorrupt, "does not fit"},
		{"footer of no bytes", patched(n-8, 0, 0, 0, 0), int64(n), nil, ErrCorrupt, "0 bytes"},
		{"footer over the limit", good, int64(n), &Options{FooterMax: 10}, ErrLimit, "more than 10"},
		{"footer of garbage", patched(n-8-footer, bytes.Repeat([]byte{0xfe}, footer)...), int64(n), nil, ErrCorrupt, ""},
		{"another number of rows", good, int64(n), &Options{Rows: 99, RowsKnown: true}, ErrCorrupt, "100 rows, the log gives it 99"},
	} {
		_, err := Open(context.Background(), storeOf(t, c.body), testName, c.size, c.opts)
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, c.kind) || e.Name != testName || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %v with %q", c.name, err, c.kind, c.text)
		}
	}
}

func TestAFailureOfTheStoreIsNotDamage(t *testing.T) {
	body := twoColumns(t, nil, 1, 100)
	broken := errors.New("the wire is cut")
	_, err := Open(context.Background(), failing{storeOf(t, body), broken}, testName, int64(len(body)), nil)
	if !errors.Is(err, broken) || errors.Is(err, ErrCorrupt) {
		t.Errorf("%v; want the store's error alone", err)
	}
}

// failing fails every read.
type failing struct {
	storage.Store
	err error
}

func (f failing) ReadAt(context.Context, string, []byte, int64) (int, error) { return 0, f.err }

func TestForeignKeyValuesAreDroppedAndTheCalendarKept(t *testing.T) {
	for _, c := range []struct {
		kv   map[string]string
		want Calendar
	}{
		{nil, Calendar{}},
		{map[string]string{keyLegacyDates: ""}, Calendar{}},
		{map[string]string{keySparkVersion: "2.4.8"}, Calendar{LegacyDates: true, LegacyInt96: true}},
		{map[string]string{keySparkVersion: "3.0.3"}, Calendar{LegacyInt96: true}},
		{map[string]string{keySparkVersion: "3.1.0"}, Calendar{}},
		{map[string]string{keySparkVersion: "4.2.0", keyLegacyInt96: "", keyTimeZone: "UTC"}, Calendar{LegacyInt96: true, Zone: "UTC"}},
		{map[string]string{keySparkVersion: "?"}, Calendar{}},
	} {
		body := twoColumns(t, c.kv, 1, 1)
		f, err := Open(context.Background(), storeOf(t, body), testName, int64(len(body)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.Calendar() != c.want || f.Meta().KeyValueMetadata().Len() != 0 {
			t.Errorf("%v: %+v, keys %v; want %+v", c.kv, f.Calendar(), f.Meta().KeyValueMetadata(), c.want)
		}
	}
}

// readInts reads a column of a loaded group.
func readInts(t *testing.T, f *File, g *Group, column, rows int) []int64 {
	t.Helper()
	r, err := g.Column(column)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]int64, rows)
	err = f.Guard("", func() error {
		_, n, err := r.(*file.Int64ColumnChunkReader).ReadBatch(int64(rows), values, nil, nil)
		values = values[:n]
		return err
	})
	if err != nil {
		t.Fatal(g.Fault(column, err))
	}
	return values
}

func TestLoadPresentsColumnsWholeAndThroughWindows(t *testing.T) {
	const rows = 100_000
	body := twoColumns(t, nil, 2, rows)
	for _, budget := range []int64{0, 1 << 10} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		f, err := Open(context.Background(), storeOf(t, body), testName, int64(len(body)), &Options{Allocator: mem})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.Load(context.Background(), 1, []Part{{Column: 1}, {Column: 0}}, LoadOptions{Budget: budget})
		if err != nil {
			t.Fatal(err)
		}
		a, b := readInts(t, f, g, 0, rows), readInts(t, f, g, 1, rows)
		if len(a) != rows || len(b) != rows || a[rows-1] != rows-1 || b[rows-1] != 1-rows {
			t.Errorf("budget %d: %d and %d values", budget, len(a), len(b))
		}
		g.Close()
		mem.AssertSize(t, 0)
	}
}

func TestABudgetIsSharedSoThatSmallColumnsAreReadWhole(t *testing.T) {
	const k = 1 << 10
	for _, c := range []struct {
		name    string
		budget  int64
		sizes   []int64
		windows []int64 // 0: whole
	}{
		{"all fit", 1000 * k, []int64{400 * k, 600 * k}, []int64{0, 0}},
		{"one does not", 1000 * k, []int64{10 * k, 9000 * k, 90 * k}, []int64{0, 900 * k, 0}},
		{"two share what is left", 1000 * k, []int64{9000 * k, 200 * k, 500 * k}, []int64{400 * k, 0, 400 * k}},
		{"a window is never tiny", 100 * k, []int64{9000 * k, 300 * k, 200 * k}, []int64{256 * k, 256 * k, 200 * k}},
		{"nothing to read", 1, nil, nil},
	} {
		var streams []*stream
		for _, size := range c.sizes {
			streams = append(streams, &stream{size: size})
		}
		whole := share(streams, c.budget)
		for i, s := range streams {
			if s.windowSize != c.windows[i] || slices.Contains(whole, s) != (c.windows[i] == 0) {
				t.Errorf("%s: column %d has a window of %d, want %d", c.name, i, s.windowSize, c.windows[i])
			}
		}
	}
}

// TestNeighbouringColumnsAreFetchedInOneRequest counts what the store is asked.
func TestNeighbouringColumnsAreFetchedInOneRequest(t *testing.T) {
	body := twoColumns(t, nil, 1, 100_000)
	st := &counting{Store: storeOf(t, body)}
	f, err := Open(context.Background(), st, testName, int64(len(body)), nil)
	if err != nil || st.reads != 1 {
		t.Fatalf("%v after %d requests, want 1", err, st.reads)
	}
	g, err := f.Load(context.Background(), 0, []Part{{Column: 0}, {Column: 1}}, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	readInts(t, f, g, 0, 100_000)
	readInts(t, f, g, 1, 100_000)
	if st.reads != 2 {
		t.Errorf("%d requests, want 2", st.reads)
	}
}

func TestASmallFileIsReadInOneRequestAltogether(t *testing.T) {
	body := twoColumns(t, nil, 1, 100)
	st := &counting{Store: storeOf(t, body)}
	f, err := Open(context.Background(), st, testName, int64(len(body)), nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Load(context.Background(), 0, []Part{{Column: 0}}, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	readInts(t, f, g, 0, 100)
	if st.reads != 1 {
		t.Errorf("%d requests, want 1", st.reads)
	}
}

// counting counts reads.
type counting struct {
	storage.Store
	reads int
}

func (c *counting) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	c.reads++
	return c.Store.ReadAt(ctx, name, p, off)
}

func TestAFooterLargerThanTheTailTakesASecondRequest(t *testing.T) {
	body := twoColumns(t, nil, 20, 10)
	st := &counting{Store: storeOf(t, body)}
	f, err := Open(context.Background(), st, testName, int64(len(body)), &Options{TailBytes: 64})
	if err != nil || f.Meta().NumRows != 200 || st.reads != 2 {
		t.Errorf("%v after %d requests", err, st.reads)
	}
}

func TestLoadRefusesExtentsOutsideTheChunk(t *testing.T) {
	body := twoColumns(t, nil, 1, 100)
	f, err := Open(context.Background(), storeOf(t, body), testName, int64(len(body)), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := f.Chunk(0, 0)
	for _, e := range []Extent{{0, 4}, {chunk.Offset, chunk.Length + 1}, {chunk.End(), 1}, {chunk.Offset, -1}, {1 << 62, 1 << 62}} {
		if _, err := f.Load(context.Background(), 0, []Part{{Column: 0, Extents: []Extent{e}}}, LoadOptions{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v: %v; want ErrCorrupt", e, err)
		}
	}
}

func TestGuardTurnsAPanicIntoAnErrorThatNamesTheObject(t *testing.T) {
	f := &File{name: testName}
	for _, p := range []any{"words", errors.New("an error"), fmt.Sprintf} {
		err := f.Guard("c", func() error { panic(p) })
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), testName) {
			t.Errorf("%v: %v", p, err)
		}
	}
	var none []int
	if err := f.Guard("c", func() error { _ = none[len(none)]; return nil }); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a runtime error: %v", err)
	}
}

func TestDecodersThatTakeTooMuchMemoryAreEnded(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	f := &File{name: "bomb"}
	a := newArena(mem, 1000, f.fault("", ErrLimit, errors.New("too much")))
	held := a.Allocate(600)
	held = a.Reallocate(700, held)
	a.Free(a.Allocate(200)) // what was freed does not count
	more := a.Allocate(200)
	for name, take := range map[string]func(){
		"allocate":   func() { a.Allocate(300) },
		"reallocate": func() { more = a.Reallocate(400, more) },
	} {
		err := f.Guard("column", func() error { take(); return nil })
		if !errors.Is(err, ErrLimit) || errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Free(held)
	a.Free(a.Allocate(700))
	a.close()
}
