package parquetio

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
)

// allocated bounds what a damaged file of a few KiB may make us allocate at a
// time.
const allocatedMax = 1 << 30

// metered counts what is in use and fails beyond allocatedMax.
type metered struct {
	memory.Allocator
	inUse, most int
}

func (m *metered) Allocate(n int) []byte {
	m.add(n)
	return m.Allocator.Allocate(n)
}

func (m *metered) Reallocate(n int, b []byte) []byte {
	m.add(n - len(b))
	return m.Allocator.Reallocate(n, b)
}

func (m *metered) Free(b []byte) {
	m.add(-len(b))
	m.Allocator.Free(b)
}

func (m *metered) add(n int) {
	m.inUse += n
	m.most = max(m.most, m.inUse)
}

// readDamaged opens and reads whatever the bytes are. It returns an error that
// is of no known type as unknown.
func readDamaged(t testing.TB, body []byte, mem memory.Allocator, budget int64) (rows int64, err, unknown error) {
	t.Helper()
	known := func(err error) bool {
		var te *TypeError
		var pe *parquetfile.Error
		return errors.As(err, &te) || errors.As(err, &pe)
	}
	f, err := openBytes(t, body, &OpenOptions{Rows: -1, Allocator: mem, PageIndex: true, Budget: budget})
	if err != nil {
		if !known(err) {
			unknown = err
		}
		return 0, err, unknown
	}
	for g := range f.RowGroups() {
		for _, field := range everyType.Fields {
			f.Bounds(g, []schema.Field{field})
			if _, _, err := f.Pages(g, []schema.Field{field}); err != nil && !known(err) {
				return 0, err, err
			}
		}
	}
	plans := []ReadPlan{{Schema: everyType}}
	if n := f.NumRows(); n > 3 {
		plans = append(plans, ReadPlan{Schema: everyType, Ranges: []RowRange{{1, 1}, {n / 2, 1}, {n - 1, 1}}})
	}
	for _, plan := range plans {
		for b, err := range f.Read(context.Background(), plan) {
			if err != nil {
				if !known(err) {
					unknown = err
				}
				return rows, err, unknown
			}
			if rows += b.Record.NumRows(); rows > 1_000_000 {
				return rows, nil, nil // a run-length of the footer and of the pages: legal, and large
			}
			for _, c := range b.Record.Columns() {
				// Text of any bytes is read as it is, as Spark does.
				if bad := array.ValidateFull(c); bad != nil && !strings.Contains(bad.Error(), "utf8") {
					return rows, bad, bad
				}
			}
		}
	}
	return rows, nil, nil
}

// damagedSeeds are small files with everything in them.
func damagedSeeds(t testing.TB) [][]byte {
	var files [][]byte
	for i, opts := range [][]parquet.WriterProperty{
		{parquet.WithCompression(compress.Codecs.Uncompressed)},
		{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithPageIndexEnabled(true), parquet.WithDataPageSize(100), parquet.WithBatchSize(8)},
		{parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithPageIndexEnabled(true)},
		{parquet.WithCompression(compress.Codecs.Uncompressed), parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("int", parquet.Encodings.DeltaBinaryPacked),
			parquet.WithEncodingFor("required", parquet.Encodings.DeltaByteArray), parquet.WithEncodingFor("double", parquet.Encodings.ByteStreamSplit)},
	} {
		rec := randomBatch(t, rand.New(rand.NewPCG(uint64(i), 7)), everyType, 60, memory.DefaultAllocator)
		files = append(files, parquetBytes(t, rec, opts...))
	}
	return files
}

// TestADamagedFileGivesRowsOrATypedError changes files in one spot, thousands
// of times. FORESET_SEEDS is how many for each file.
func TestADamagedFileGivesRowsOrATypedError(t *testing.T) {
	files := damagedSeeds(t)
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	refused := 0
	n := seeds(t, 250)
	for i, body := range files {
		for seed := range n {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			damaged := damage(rng, body)
			mem := &metered{Allocator: memory.DefaultAllocator}
			start := time.Now()
			_, err, unknown := readDamaged(t, damaged, mem, 1<<rng.IntN(20))
			if unknown != nil {
				t.Errorf("file %d, seed %d: untyped %v", i, seed, unknown)
			}
			if err != nil {
				refused++
			}
			if mem.inUse != 0 || mem.most > allocatedMax {
				t.Errorf("file %d, seed %d: %d bytes left, %d at most", i, seed, mem.inUse, mem.most)
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("file %d, seed %d: took %v", i, seed, d)
			}
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed at all")
	}
}

// damage changes one spot: a bit, a byte, some bytes, a piece lost or doubled.
// Half of the spots are in the footer.
func damage(rng *rand.Rand, body []byte) []byte {
	b := append([]byte(nil), body...)
	at := rng.IntN(len(b))
	if rng.IntN(2) == 0 {
		footer := int(uint32(b[len(b)-8]) | uint32(b[len(b)-7])<<8 | uint32(b[len(b)-6])<<16)
		at = len(b) - 1 - rng.IntN(footer+8)
	}
	switch rng.IntN(6) {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
	case 1:
		b[at] = byte(rng.Uint32())
	case 2:
		b[at] = 0xff
	case 3:
		for i := at; i < min(at+1+rng.IntN(10), len(b)); i++ {
			b[i] = byte(rng.Uint32())
		}
	case 4:
		b = append(b[:at], b[min(at+1+rng.IntN(20), len(b)):]...)
	default:
		b = append(b[:at:at], append(append([]byte(nil), b[at:min(at+1+rng.IntN(20), len(b))]...), b[at:]...)...)
	}
	return b
}

// FuzzRead feeds whole files.
func FuzzRead(f *testing.F) {
	for _, body := range damagedSeeds(f) {
		f.Add(body)
	}
	f.Add([]byte("PAR1PAR1"))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		mem := &metered{Allocator: memory.DefaultAllocator}
		if _, _, unknown := readDamaged(t, body, mem, 4096); unknown != nil {
			t.Errorf("untyped %v", unknown)
		}
		if mem.inUse != 0 {
			t.Errorf("%d bytes left", mem.inUse)
		}
	})
}
