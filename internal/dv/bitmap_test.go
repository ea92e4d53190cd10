package dv

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// small is the file of table-with-dv-small, which Spark wrote.
const small = "0100000024" + "D1D33964010000000000000000000000" + "3A30000001000000000001001000000000000900" + "2A671846"

// span yields first, first+step, ... while less than end.
func span(first, end, step int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for row := first; row < end && yield(row); row += step {
		}
	}
}

func join(seqs ...iter.Seq[int64]) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, s := range seqs {
			for row := range s {
				if !yield(row) {
					return
				}
			}
		}
	}
}

// TestBodiesAreThoseOfSpark has the vectors that Spark and others wrote, by
// the size and CRC of their bodies.
func TestBodiesAreThoseOfSpark(t *testing.T) {
	for _, c := range []struct {
		name string
		rows iter.Seq[int64]
		size int
		crc  uint32
	}{
		{"table-with-dv-small", slices.Values([]int64{0, 9}), 36, 0x2a671846},
		{"basic-dv-no-checkpoint", slices.Values([]int64{0, 1}), 36, 0xe2be924e},
		{"with-short-dv", slices.Values([]int64{0, 1, 2}), 38, 0x748ad0d0},
		{"log-replay-dv-key-cases", slices.Values([]int64{0, 7, 14}), 38, 0xfd54c000},
		{"the first row", slices.Values([]int64{0}), 34, 0xf7a6b4b5},
		{"table-with-dv-large", slices.Values([]int64{70}), 34, 0x51855c36},
		{"bigdv: runs and bits, without offsets", join(span(10, 60001, 1), span(70002, 139999, 2)), 16423, 0x7cfc7c24},
	} {
		b := New(c.rows)
		body := b.Encode()
		if len(body) != c.size || crc32.ChecksumIEEE(body) != c.crc {
			t.Errorf("%s: %d bytes with CRC %08x, want %d with %08x", c.name, len(body), crc32.ChecksumIEEE(body), c.size, c.crc)
		}
		back, err := Decode(body)
		if err != nil || !slices.Equal(slices.Collect(back.All()), slices.Collect(c.rows)) {
			t.Errorf("%s: read back: %v", c.name, err)
		}
	}
}

func TestTheFileOfSparkIsARecord(t *testing.T) {
	file, err := hex.DecodeString(small)
	if err != nil {
		t.Fatal(err)
	}
	got, offset, err := AppendRecord(nil, Of(0, 9).Encode())
	if err != nil || offset != 1 || !bytes.Equal(got, file) {
		t.Errorf("file is %x at %d, %v; want %x", got, offset, err, file)
	}
	longer, offset, err := AppendRecord(got, Of(70).Encode())
	if err != nil || int(offset) != len(file) || len(longer) != len(file)+34+8 {
		t.Errorf("second record at %d of %d bytes, %v", offset, len(longer), err)
	}
}

// shapes are sets of each form and their mixtures.
func shapes() map[string]*Bitmap {
	return map[string]*Bitmap{
		"empty":                  Of(),
		"one row":                Of(12345),
		"the last row there is":  Of(math.MaxInt64 - 1),
		"array, full":            New(span(0, 8192, 2)),
		"bits, least":            New(span(0, 8194, 2)),
		"bits and array":         New(join(span(0, 65536, 3), span(70000, 70900, 9))),
		"one run":                New(span(3, 9, 1)),
		"all of a chunk":         New(span(0, 65536, 1)),
		"run across chunks":      New(span(60000, 200000, 1)),
		"four with runs":         New(join(span(0, 300000, 1))),
		"runs, arrays, bits":     New(join(span(0, 60000, 1), span(65536, 65600, 7), span(131072, 196608, 2), span(196608, 262144, 1))),
		"two buckets":            Of(1, 1<<32+5, 1<<32+6),
		"empty bucket between":   Of(1, 3<<32+70000),
		"run across buckets":     New(span(1<<32-3, 1<<32+4, 1)),
		"last and first of many": Of(65535, 65536, 131071, 131072, 1<<31, 1<<32-1),
	}
}

func TestEveryShapeIsWhatRoaringWrites(t *testing.T) {
	for name, b := range shapes() {
		body := b.Encode()
		oracle := oracleOf(b)
		oracle.RunOptimize()
		want, err := oracle.ToBytes()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body[4:], want) {
			t.Errorf("%s: body\n%x, roaring writes\n%x", name, body[4:min(len(body), 100)], want[:min(len(want), 96)])
		}
		back, err := Decode(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back.Len() != b.Len() || back.Max() != b.Max() || !bytes.Equal(back.Encode(), body) {
			t.Errorf("%s: read back %d rows to %d, want %d to %d", name, back.Len(), back.Max(), b.Len(), b.Max())
		}
	}
}

func TestFormsThatEncodeDoesNotChooseAreRead(t *testing.T) {
	for name, b := range shapes() {
		if back := decoded(t, b, false); !bytes.Equal(back.Encode(), b.Encode()) {
			t.Errorf("%s: %d rows, want %d", name, back.Len(), b.Len())
		}
	}
}

func TestEmptyBucketsOfSparkAreRead(t *testing.T) {
	empty := "3A30000000000000"
	body, err := hex.DecodeString("D1D33964" + "0300000000000000" + "00000000" + empty + "01000000" + empty +
		"02000000" + "3A300000" + "01000000" + "00000000" + "10000000" + "0500")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Decode(body)
	if err != nil || !slices.Equal(slices.Collect(b.All()), []int64{2<<32 + 5}) {
		t.Errorf("rows %v, %v", b, err)
	}
}

// random is a set with clusters, scattered rows and regular ones in places
// that other sets have, too.
func random(r *rand.Rand) *Bitmap {
	var parts []iter.Seq[int64]
	for range r.IntN(6) {
		base := []int64{0, 0, 65000, 131072, 1<<32 - 70000, 5 << 33}[r.IntN(6)] + r.Int64N(2000)
		parts = append(parts, span(base, base+r.Int64N(150_000), 1+r.Int64N(1<<r.IntN(14))))
	}
	for range r.IntN(20) {
		parts = append(parts, slices.Values([]int64{r.Int64N(200_000)}))
	}
	return New(join(parts...))
}

func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func TestSetOperationsAgreeWithRoaring(t *testing.T) {
	r := seeded(t)
	for range 60 / thinned {
		a, b := random(r), random(r)
		ra, rb := oracleOf(a), oracleOf(b)
		for _, c := range []struct {
			op   string
			got  *Bitmap
			want *roaring64.Bitmap
		}{
			{"or", a.Or(b), roaring64.Or(ra, rb)},
			{"and not", a.AndNot(b), roaring64.AndNot(ra, rb)},
			{"or itself", a.Or(a), ra},
			{"or nothing", a.Or(nil), ra},
			{"nothing or", (*Bitmap)(nil).Or(a), ra},
			{"and not itself", a.AndNot(a), roaring64.New()},
		} {
			if !oracleOf(c.got).Equals(c.want) || uint64(c.got.Len()) != c.want.GetCardinality() {
				t.Fatalf("%s: %d rows, want %d", c.op, c.got.Len(), c.want.GetCardinality())
			}
			if back, err := Decode(c.got.Encode()); err != nil || back.Len() != c.got.Len() {
				t.Fatalf("%s: read back: %v", c.op, err)
			}
		}
	}
}

func oracleOf(b *Bitmap) *roaring64.Bitmap {
	rows := make([]uint64, 0, b.Len())
	for row := range b.All() {
		rows = append(rows, uint64(row))
	}
	return roaring64.BitmapOf(rows...)
}

func TestRangesAreTheMaximalRunsOfAnInterval(t *testing.T) {
	r := seeded(t)
	for range 200 / thinned {
		b := random(r)
		if r.IntN(2) == 0 { // the forms as they came from elsewhere
			b = decoded(t, b, r.IntN(2) == 0)
		}
		first := []int64{-5, 0, 65530, 131072, 1<<32 - 66000}[r.IntN(5)] + r.Int64N(70_000)
		end := first + r.Int64N(140_000)
		var want [][2]int64
		for row := range b.All() {
			if row < first || row >= end {
				continue
			}
			if n := len(want); n > 0 && want[n-1][0]+want[n-1][1] == row {
				want[n-1][1]++
			} else {
				want = append(want, [2]int64{row, 1})
			}
		}
		var got [][2]int64
		for at, count := range b.Ranges(first, end) {
			got = append(got, [2]int64{at, count})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("[%d, %d): %d runs, want %d", first, end, len(got), len(want))
		}
		for range b.Ranges(first, end) {
			break // an iterator that goes on after this panics
		}
		for range 20 {
			row := first + r.Int64N(140_000)
			i, ok := slices.BinarySearchFunc(want, row, func(run [2]int64, row int64) int { return int(run[0] - row) })
			in := ok || i > 0 && row < want[i-1][0]+want[i-1][1]
			if row >= 0 && row < end && b.Contains(row) != in {
				t.Fatalf("contains %d: %v", row, !in)
			}
		}
	}
}

// decoded is the set as a writer writes it that knows runs, or does not.
func decoded(t *testing.T, b *Bitmap, runs bool) *Bitmap {
	oracle := oracleOf(b)
	if runs {
		oracle.RunOptimize()
	}
	body, err := oracle.ToBytes()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(append(binary.LittleEndian.AppendUint32(nil, magicPortable), body...))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestRangesOfAFullSetAreOne(t *testing.T) {
	b := New(span(0, 1_000_000, 1))
	n := 0
	for first, count := range b.Ranges(0, math.MaxInt64) {
		n++
		if first != 0 || count != 1_000_000 {
			t.Errorf("run of %d at %d", count, first)
		}
	}
	if n != 1 {
		t.Errorf("%d runs", n)
	}
	if n := testing.AllocsPerRun(10, func() {
		for range b.Ranges(999_000, 999_001) {
		}
	}); n > 5 {
		t.Errorf("%v allocations", n)
	}
}

func TestRowsComeInAnyOrder(t *testing.T) {
	r := seeded(t)
	rows := slices.Collect(join(span(0, 9000, 2), span(60000, 70000, 1), slices.Values([]int64{1 << 40, 5, 5})))
	want := New(slices.Values(rows)).Encode()
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if got := New(slices.Values(rows)); !bytes.Equal(got.Encode(), want) || got.Len() != 4500+10000+2 {
		t.Errorf("%d rows after a shuffle", got.Len())
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	portable, empty := "D1D33964", "3A30000000000000"
	for _, c := range []struct{ name, body, want string }{
		{"nothing", "", "too early"},
		{"native", "D0D33964" + "01000000", "native"},
		{"another magic", "D2D33964", "no magic"},
		{"magic the wrong way round", "6439D3D1", "no magic"},
		{"no count", portable + "01000000", "too early"},
		{"more buckets than bytes", portable + "FFFFFFFFFFFFFFFF" + "00000000" + empty, "too early"},
		{"top bit of a key", portable + "0100000000000000" + "00000080" + empty, "2^63"},
		{"keys descend", portable + "0200000000000000" + "01000000" + empty + "00000000" + empty, "after the key"},
		{"keys repeat", portable + "0200000000000000" + "01000000" + empty + "01000000" + empty, "after the key"},
		{"bytes left", portable + "0100000000000000" + "00000000" + empty + "00", "left"},
		{"cookie", portable + "0100000000000000" + "00000000" + "3930000000000000", "Roaring"},
		{"cookie without runs has a count above it", portable + "0100000000000000" + "00000000" + "3A30010000000000", "Roaring"},
		{"too many containers", portable + "0100000000000000" + "00000000" + "3A30000001000100", "more than there can be"},
		{"containers descend", portable + "0100000000000000" + "00000000" + "3A30000002000000" + "0100000000000000" + "180000001A000000" + "00000000", "after the key"},
		{"offset", portable + "0100000000000000" + "00000000" + "3A30000001000000" + "00000000" + "11000000" + "0000", "offset"},
		{"array descends", portable + "0100000000000000" + "00000000" + "3A30000001000000" + "00000100" + "10000000" + "09000000", "ascend"},
		{"array repeats", portable + "0100000000000000" + "00000000" + "3A30000001000000" + "00000100" + "10000000" + "09000900", "ascend"},
		{"runs overlap", portable + "0100000000000000" + "00000000" + "3B300000" + "01" + "00000500" + "0200" + "00000200" + "02000200", "ascend"},
		{"run leaves", portable + "0100000000000000" + "00000000" + "3B300000" + "01" + "00000100" + "0100" + "FFFF0100", "leaves"},
		{"runs and count", portable + "0100000000000000" + "00000000" + "3B300000" + "01" + "00000900" + "0100" + "00000200", "3 values and not 10"},
		{"no runs", portable + "0100000000000000" + "00000000" + "3B300000" + "01" + "00000000" + "0000", "0 values and not 1"},
		{"a row that no file has", portable + "0100000000000000" + "FFFFFF7F" + "3A30000001000000" + "FFFF0000" + "10000000" + "FFFF", "2^63"},
		{"bits and count", portable + "0100000000000000" + "00000000" + "3A30000001000000" + "00000010" + "10000000" + strings.Repeat("00", 8192), "0 bits are set and not 4097"},
	} {
		body, err := hex.DecodeString(c.body)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := Decode(body); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.name, b, err)
		}
	}
	if _, err := Decode([]byte{0xD0, 0xD3, 0x39, 0x64}); !errors.Is(err, ErrNative) {
		t.Errorf("native: %v", err)
	}
}

func TestRunsThatTouchAreOne(t *testing.T) {
	body, _ := hex.DecodeString("D1D33964" + "0100000000000000" + "00000000" + "3B300000" + "01" + "00000500" + "0200" + "00000200" + "03000200")
	b, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	for first, count := range b.Ranges(0, 100) {
		if first != 0 || count != 6 {
			t.Errorf("run of %d at %d", count, first)
		}
	}
}

// mutants are sets that have all forms in few bytes.
func mutants() []*Bitmap {
	return []*Bitmap{
		Of(0, 9), Of(1, 3<<32), New(span(5, 50, 1)),
		New(join(span(0, 9, 1), slices.Values([]int64{65536, 131072, 131080}), span(200000, 200090, 1), span(300000, 300009, 3))),
	}
}

func TestNoTruncationIsReadAsASet(t *testing.T) {
	for _, b := range append(mutants(), shapes()["bits, least"]) {
		body := b.Encode()
		for n := range body {
			if back, err := Decode(body[:n]); err == nil {
				t.Fatalf("%d of %d bytes are read as %d rows", n, len(body), back.Len())
			}
		}
	}
}

func TestMutationsAreRefusedOrSets(t *testing.T) {
	for _, b := range mutants() {
		body := b.Encode()
		for i := range body {
			for v := range 256 {
				mutant := bytes.Clone(body)
				mutant[i] = byte(v)
				if back, err := Decode(mutant); err == nil {
					checkSet(t, back)
				}
			}
		}
	}
}

// checkSet: every view of a set is of the same rows.
func checkSet(t *testing.T, b *Bitmap) {
	t.Helper()
	n, last := int64(0), int64(-2)
	for first, count := range b.Ranges(0, math.MaxInt64) {
		if first <= last+1 || count < 1 || !b.Contains(first) || b.Contains(first-1) || !b.Contains(first+count-1) {
			t.Fatalf("run of %d at %d after %d", count, first, last)
		}
		n, last = n+count, first+count-1
	}
	if n != b.Len() || n > 0 && last != b.Max() {
		t.Fatalf("runs of %d rows to %d, the set has %d to %d", n, last, b.Len(), b.Max())
	}
	body := b.Encode()
	back, err := Decode(body)
	if err != nil || back.Len() != b.Len() || !bytes.Equal(back.Encode(), body) {
		t.Fatalf("read back: %v", err)
	}
}

// TestRunsAreCheckedInTimeProportionalToThem has the container that keeps
// roaring's Validate busy for seconds, often enough to be minutes.
func TestRunsAreCheckedInTimeProportionalToThem(t *testing.T) {
	const n = 100
	body := binary.LittleEndian.AppendUint32(nil, magicPortable)
	body = binary.LittleEndian.AppendUint64(body, 1)
	body = binary.LittleEndian.AppendUint32(body, 0)
	body = binary.LittleEndian.AppendUint32(body, cookieRuns|(n-1)<<16)
	for range (n + 7) / 8 {
		body = append(body, 0xFF)
	}
	for i := range n {
		body = binary.LittleEndian.AppendUint16(body, uint16(i))
		body = binary.LittleEndian.AppendUint16(body, 1<<15-1)
	}
	offsets := len(body)
	body = append(body, make([]byte, 4*n)...)
	for i := range n {
		binary.LittleEndian.PutUint32(body[offsets+4*i:], uint32(len(body)-16))
		body = binary.LittleEndian.AppendUint16(body, 1<<15)
		for v := range 1 << 15 {
			body = binary.LittleEndian.AppendUint32(body, uint32(2*v))
		}
	}
	b, err := Decode(body)
	if err != nil || b.Len() != n<<15 {
		t.Errorf("%d rows, %v", b.Len(), err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range mutants() {
		f.Add(b.Encode())
	}
	f.Add(shapes()["bits, least"].Encode())
	f.Add([]byte{0xD0, 0xD3, 0x39, 0x64, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := Decode(body)
		if err != nil {
			return
		}
		checkSet(t, b)
		if len(body) > 1<<14 {
			return // Validate compares each run with each other
		}
		oracle := roaring64.New()
		if _, err := oracle.ReadFrom(bytes.NewReader(body[4:])); err != nil {
			t.Fatalf("roaring: %v", err)
		}
		if err := oracle.Validate(); err != nil && !errors.Is(err, roaring.ErrRunIntervalOverlap) { // runs that touch are no error here
			t.Fatalf("roaring: %v", err)
		} else if err == nil && oracle.GetCardinality() != uint64(b.Len()) {
			t.Fatalf("%d rows, roaring has %d", b.Len(), oracle.GetCardinality())
		}
	})
}
