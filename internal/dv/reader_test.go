package dv

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
)

const smallText = "WYbkwCTB$gH)J7t?$/sK"

// vector is the descriptor of a set at an offset of the small file.
func vector(text string, offset int32, b *Bitmap) *log.DeletionVector {
	return &log.DeletionVector{StorageType: "u", PathOrInlineDV: text, Offset: &offset, SizeInBytes: int32(len(b.Encode())), Cardinality: b.Len()}
}

func put(t *testing.T, store storage.Store, text string, body []byte) string {
	t.Helper()
	name, err := FileName(&log.DeletionVector{StorageType: "u", PathOrInlineDV: text})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), name, body); err != nil {
		t.Fatal(err)
	}
	return name
}

func smallFile(t *testing.T) []byte {
	file, err := hex.DecodeString(small)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNamesAreThoseOfTheProtocol(t *testing.T) {
	for text, want := range map[string]string{
		"ab^-aqEH.-t@S}K{vb[*k^":          "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
		"^-aqEH.-t@S}K{vb[*k^":            "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
		"a%20b/c d^-aqEH.-t@S}K{vb[*k^":   "a%20b/c d/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
		"../x^-aqEH.-t@S}K{vb[*k^":        "outside",
		"a/../../x^-aqEH.-t@S}K{vb[*k^":   "outside",
		"a\\..\\x^-aqEH.-t@S}K{vb[*k^":    "outside",
		"/etc^-aqEH.-t@S}K{vb[*k^":        "outside",
		"s3://bucket^-aqEH.-t@S}K{vb[*k^": "outside",
		"a//b^-aqEH.-t@S}K{vb[*k^":        "bad path",
		"a\x00b^-aqEH.-t@S}K{vb[*k^":      "bad path",
		"-aqEH.-t@S}K{vb[*k^":             "too short",
		"":                                "too short",
		"^-aqEH.-t@S}K{vb[*k\"":           "no character",
		"^-aqEH.-t@S}K{v#####":            "more than",
	} {
		got, err := FileName(&log.DeletionVector{StorageType: "u", PathOrInlineDV: text})
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || strings.HasSuffix(want, ".bin") && got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	id := uuid.MustParse("d2c639aa-8816-431a-aaf6-d3fe2512ff61")
	text, name, err := UUIDText("ab", id)
	if err != nil || text != "ab^-aqEH.-t@S}K{vb[*k^" || name != "ab/deletion_vector_"+id.String()+".bin" {
		t.Errorf("%q, %q, %v", text, name, err)
	}
	if _, _, err := UUIDText("..", id); !errors.Is(err, log.ErrExternalPath) {
		t.Errorf("a folder that leaves: %v", err)
	}
}

func TestInlineVectors(t *testing.T) {
	sample := "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"
	rows := []int64{3, 4, 7, 11, 18, 29}
	if text := InlineText(Of(rows...).Encode()); text != sample {
		t.Errorf("text is %q", text)
	}
	zero := int32(0)
	for _, c := range []struct {
		name string
		d    log.DeletionVector
		want string
	}{
		{"sample", log.DeletionVector{PathOrInlineDV: sample, SizeInBytes: 44, Cardinality: 6}, ""},
		{"padded", log.DeletionVector{PathOrInlineDV: InlineText(Of(1).Encode()), SizeInBytes: 34, Cardinality: 1}, ""},
		{"example of PROTOCOL.md, whose header is big-endian", log.DeletionVector{PathOrInlineDV: "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", SizeInBytes: 40, Cardinality: 6}, "no magic"},
		{"offset", log.DeletionVector{PathOrInlineDV: sample, SizeInBytes: 44, Cardinality: 6, Offset: &zero}, "has an offset"},
		{"size beyond", log.DeletionVector{PathOrInlineDV: sample, SizeInBytes: 45, Cardinality: 6}, "sizeInBytes is 45"},
		{"size below", log.DeletionVector{PathOrInlineDV: sample, SizeInBytes: 40, Cardinality: 6}, "sizeInBytes is 40"},
		{"cardinality", log.DeletionVector{PathOrInlineDV: sample, SizeInBytes: 44, Cardinality: 5}, "cardinality is 5"},
		{"character", log.DeletionVector{PathOrInlineDV: "~Bg9^", SizeInBytes: 4, Cardinality: 0}, "no character"},
		{"length", log.DeletionVector{PathOrInlineDV: sample[1:], SizeInBytes: 44, Cardinality: 6}, "multiple of 5"},
	} {
		c.d.StorageType = "i"
		b, err := NewReader(nil, nil, nil).Read(t.Context(), &c.d, 30)
		switch {
		case c.want == "" && (err != nil || b.Len() != c.d.Cardinality):
			t.Errorf("%s: %v, %v", c.name, b, err)
		case c.want != "" && (!errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "inline")):
			t.Errorf("%s: %v", c.name, err)
		case c.name == "sample" && !slices.Equal(slices.Collect(b.All()), rows):
			t.Errorf("rows %v", slices.Collect(b.All()))
		}
	}
}

func TestADescriptorAndItsFileMustAgree(t *testing.T) {
	store := storage.NewMemory(nil)
	name := put(t, store, smallText, smallFile(t))
	at := func(offset int32) *int32 { return &offset }
	for _, c := range []struct {
		name string
		d    log.DeletionVector
		rows int64
		want string
	}{
		{"as it is", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 2}, 10, ""},
		{"rows not known", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 2}, -1, ""},
		{"no offset is the first record", log.DeletionVector{SizeInBytes: 36, Cardinality: 2}, 10, ""},
		{"row beyond the file", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 2}, 9, "deletes row 9 of a file with 9 rows"},
		{"more rows than the file", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 2}, 1, "deletes 2 rows of 1"},
		{"cardinality", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 3}, 10, "cardinality is 3"},
		{"cardinality of none", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: 0}, 10, "cardinality is 0"},
		{"size", log.DeletionVector{Offset: at(1), SizeInBytes: 35, Cardinality: 2}, 10, "sizeInBytes is 35"},
		{"size beyond the file", log.DeletionVector{Offset: at(1), SizeInBytes: 37, Cardinality: 2}, 10, "the file does not"},
		{"size beyond reason", log.DeletionVector{Offset: at(1), SizeInBytes: math.MaxInt32, Cardinality: 2}, 10, "more than 10 rows can need"},
		{"size beyond reason, rows not known", log.DeletionVector{Offset: at(1), SizeInBytes: 1 << 30, Cardinality: 2}, -1, "the file does not"},
		{"negative size", log.DeletionVector{Offset: at(1), SizeInBytes: -1, Cardinality: 2}, 10, "negative"},
		{"negative cardinality", log.DeletionVector{Offset: at(1), SizeInBytes: 36, Cardinality: -1}, 10, "negative"},
		{"negative offset", log.DeletionVector{Offset: at(-1), SizeInBytes: 36, Cardinality: 2}, 10, "negative"},
		{"offset 0", log.DeletionVector{Offset: at(0), SizeInBytes: 36, Cardinality: 2}, 10, "sizeInBytes is 36"},
		{"offset beyond", log.DeletionVector{Offset: at(math.MaxInt32), SizeInBytes: 36, Cardinality: 2}, 10, "the file does not"},
	} {
		c.d.StorageType, c.d.PathOrInlineDV = "u", smallText
		b, err := NewReader(store, nil, nil).Read(t.Context(), &c.d, c.rows)
		switch {
		case c.want == "" && (err != nil || !slices.Equal(slices.Collect(b.All()), []int64{0, 9})):
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), name) != 1):
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, err := NewReader(store, nil, &log.Limits{DeletionVectorBytes: 35}).Read(t.Context(), vector(smallText, 1, Of(0, 9)), 10)
	if !errors.Is(err, log.ErrLimit) || !strings.Contains(err.Error(), "DeletionVectorBytes") {
		t.Errorf("limit: %v", err)
	}
	if b, err := NewReader(store, nil, nil).Read(t.Context(), nil, 10); err != nil || b.Len() != 0 {
		t.Errorf("no vector: %v, %v", b, err)
	}
}

func TestEveryFlippedBitOfARecordIsFound(t *testing.T) {
	file := smallFile(t)
	for i := 1; i < len(file); i++ {
		for bit := range 8 {
			damaged := bytes.Clone(file)
			damaged[i] ^= 1 << bit
			store := storage.NewMemory(nil)
			put(t, store, smallText, damaged)
			if _, err := NewReader(store, nil, nil).Read(t.Context(), vector(smallText, 1, Of(0, 9)), 10); !errors.Is(err, log.ErrCorrupt) {
				t.Fatalf("byte %d, bit %d: %v", i, bit, err)
			}
		}
	}
	for n := range file {
		store := storage.NewMemory(nil)
		put(t, store, smallText, file[:n])
		if _, err := NewReader(store, nil, nil).Read(t.Context(), vector(smallText, 1, Of(0, 9)), 10); !errors.Is(err, log.ErrCorrupt) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestAMissingVectorIsNotAnEmptyOne(t *testing.T) {
	_, err := NewReader(storage.NewMemory(nil), nil, nil).Read(t.Context(), vector(smallText, 1, Of(0, 9)), 10)
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), "deletion_vector_") || !strings.Contains(err.Error(), "missing") {
		t.Errorf("missing: %v", err)
	}
}

func TestTypesThatAreNotKnownAreNamed(t *testing.T) {
	for _, kind := range []string{"r", "", "U", "uu"} {
		d := vector(smallText, 1, Of(0, 9))
		d.StorageType = kind
		if _, err := NewReader(storage.NewMemory(nil), nil, nil).Read(t.Context(), d, 10); !errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), fmt.Sprintf("%q", kind)) {
			t.Errorf("type %q: %v", kind, err)
		}
	}
}

func TestVectorsOutsideAreReadOnlyWhereTheCallerSays(t *testing.T) {
	there := storage.NewMemory(nil)
	if err := there.Put(t.Context(), "b c.bin", smallFile(t)); err != nil {
		t.Fatal(err)
	}
	const uri = "s3://user:secret@bucket/b%20c.bin?token=secret"
	d := vector(uri, 1, Of(0, 9))
	d.StorageType = "p"
	here := storage.NewMemory(nil)
	if _, err := NewReader(here, nil, nil).Read(t.Context(), d, 10); !errors.Is(err, log.ErrExternalPath) || strings.Contains(err.Error(), "secret") {
		t.Errorf("not allowed: %v", err)
	}
	asked := ""
	open := func(uri string) (storage.Store, string, error) { asked = uri; return there, "b c.bin", nil }
	b, err := NewReader(here, open, nil).Read(t.Context(), d, 10)
	if err != nil || b.Len() != 2 || asked != uri {
		t.Errorf("%v, %v, asked for %q", b, err, asked)
	}
	d.Cardinality = 3
	if _, err := NewReader(here, open, nil).Read(t.Context(), d, 10); !errors.Is(err, log.ErrCorrupt) || strings.Contains(err.Error(), "secret") {
		t.Errorf("damaged: %v", err)
	}
	refuse := func(string) (storage.Store, string, error) { return nil, "", fs.ErrPermission }
	if _, err := NewReader(here, refuse, nil).Read(t.Context(), d, 10); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("refused: %v", err)
	}
	d.PathOrInlineDV = "b.bin"
	if _, err := NewReader(here, open, nil).Read(t.Context(), d, 10); !errors.Is(err, log.ErrCorrupt) {
		t.Errorf("relative: %v", err)
	}
}

// packed is a file of n sets, with the descriptor of each.
func packed(t *testing.T, store storage.Store, text string, sets []*Bitmap) []*log.DeletionVector {
	t.Helper()
	var file []byte
	var list []*log.DeletionVector
	for _, b := range sets {
		longer, offset, err := AppendRecord(file, b.Encode())
		if err != nil {
			t.Fatal(err)
		}
		file, list = longer, append(list, vector(text, offset, b))
	}
	put(t, store, text, file)
	return list
}

func TestVectorsOfOneFileCostOneRequest(t *testing.T) {
	store := faults.Record(storage.NewMemory(nil))
	var sets []*Bitmap
	for i := range int64(1000) {
		sets = append(sets, Of(i, i+1, i+70000))
	}
	list := packed(t, store, smallText, sets)
	r := NewReader(store, nil, nil)
	store.Reset()
	var wait sync.WaitGroup
	for i, d := range list {
		wait.Go(func() {
			if b, err := r.Read(t.Context(), d, 80000); err != nil || !b.Contains(int64(i)+70000) {
				t.Errorf("vector %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	if calls := store.Calls(); len(calls) != 1 {
		t.Errorf("%d requests, the first of them %v", len(calls), calls[0])
	}
}

// scattered is a set whose body is of about so many bytes.
func scattered(size int64) *Bitmap { return New(span(0, size*8, 17)) }

func TestVectorsOfAnySizeAndPlaceAreRead(t *testing.T) {
	store := faults.Record(storage.NewMemory(nil))
	var sets []*Bitmap
	for _, size := range []int64{1, 60_000, 5, 9_000, 30_000, 20_000, 200_000, 1, 31_000, 2_000_000, 1} {
		sets = append(sets, scattered(size))
	}
	list := packed(t, store, smallText, sets)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r, reader := rand.New(rand.NewPCG(seed, 0)), NewReader(store, nil, nil)
	for range 5 {
		for _, i := range r.Perm(len(list)) {
			b, err := reader.Read(t.Context(), list[i], 20_000_000)
			if err != nil || !bytes.Equal(b.Encode(), sets[i].Encode()) {
				t.Fatalf("vector %d at %d: %v", i, *list[i].Offset, err)
			}
		}
	}
}

func TestARecordBeyondBeliefIsLookedForFirst(t *testing.T) {
	store := faults.Record(storage.NewMemory(nil))
	d := packed(t, store, smallText, []*Bitmap{scattered(1)})[0]
	d.SizeInBytes = 1 << 30
	store.Reset()
	_, err := NewReader(store, nil, nil).Read(t.Context(), d, -1)
	if !errors.Is(err, log.ErrCorrupt) || store.Count(faults.Head) != 1 || len(store.Calls()) != 1 {
		t.Errorf("%v, calls %v", err, store.Calls())
	}
}

func TestKeptWindowsAreBounded(t *testing.T) {
	store := faults.Record(storage.NewMemory(nil))
	reader := NewReader(store, nil, nil)
	var list []*log.DeletionVector
	for i := range 400 { // 25 MiB
		text, _, err := UUIDText("", uuid.UUID{byte(i), byte(i >> 8)})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packed(t, store, text, slices.Repeat([]*Bitmap{scattered(20_000)}, 4))...)
	}
	for _, d := range list {
		if _, err := reader.Read(t.Context(), d, 1_000_000); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, w := range reader.cache.windows {
			total += cap(w.bytes)
		}
		if total != reader.cache.bytes || total > cacheBytes || len(reader.cache.oldest) != len(reader.cache.windows) {
			t.Fatalf("%d bytes are kept in %d windows, %d are counted", total, len(reader.cache.windows), reader.cache.bytes)
		}
	}
	if n := store.Count(faults.ReadAt); n > 2*400 {
		t.Errorf("%d requests for 400 files", n)
	}
}

// TestWhoeverWaitsDoesNotShareACancellation: the reader that asks the store is
// called off; the one that waits for it asks again, and gets its rows.
func TestWhoeverWaitsDoesNotShareACancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, asked := storage.NewMemory(nil), 0
		put(t, memory, smallText, smallFile(t))
		reader := NewReader(faults.Park(memory, func(ctx context.Context, op faults.Op) {
			if asked++; asked == 1 {
				<-ctx.Done()
			}
		}), nil, nil)
		first, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := reader.Read(first, vector(smallText, 1, Of(0, 9)), 10); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		wait.Go(func() {
			if b, err := reader.Read(t.Context(), vector(smallText, 1, Of(0, 9)), 10); err != nil || b.Len() != 2 {
				t.Errorf("the second: %v", err)
			}
		})
		impatient, giveUp := context.WithCancel(t.Context())
		wait.Go(func() {
			if _, err := reader.Read(impatient, vector(smallText, 1, Of(0, 9)), 10); !errors.Is(err, context.Canceled) {
				t.Errorf("the third: %v", err)
			}
		})
		synctest.Wait()
		giveUp()
		synctest.Wait()
		cancel()
		wait.Wait()
		if asked != 2 {
			t.Errorf("the store was asked %d times", asked)
		}
	})
}

func TestAFailureIsNotKept(t *testing.T) {
	memory, fails := storage.NewMemory(nil), true
	put(t, memory, smallText, smallFile(t))
	reader := NewReader(failing{memory, &fails}, nil, nil)
	d := vector(smallText, 1, Of(0, 9))
	if _, err := reader.Read(t.Context(), d, 10); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("failure: %v", err)
	}
	fails = false
	if b, err := reader.Read(t.Context(), d, 10); err != nil || b.Len() != 2 {
		t.Errorf("after it: %v", err)
	}
}

// failing does not answer while fails.
type failing struct {
	storage.Store
	fails *bool
}

func (s failing) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	if *s.fails {
		return 0, storage.ErrUnavailable
	}
	return s.Store.ReadAt(ctx, name, p, off)
}

// FuzzDescriptor reads whatever descriptor over whatever file: a set that
// agrees with both, or an error that says which.
func FuzzDescriptor(f *testing.F) {
	file, _ := hex.DecodeString(small)
	f.Add("u", smallText, int32(1), int32(36), int64(2), int64(10), file)
	f.Add("u", "../"+smallText, int32(1), int32(36), int64(2), int64(-1), file)
	f.Add("i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", int32(-1), int32(44), int64(6), int64(30), []byte{})
	f.Add("p", "s3://bucket/file", int32(1), int32(36), int64(2), int64(10), file)
	f.Fuzz(func(t *testing.T, kind, text string, offset, size int32, cardinality, rows int64, file []byte) {
		d := &log.DeletionVector{StorageType: kind, PathOrInlineDV: text, SizeInBytes: size, Cardinality: cardinality}
		if offset >= 0 {
			d.Offset = &offset
		}
		store := storage.NewMemory(nil)
		if name, err := FileName(d); err == nil {
			if err := storage.CheckName(name); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			if err := store.Put(t.Context(), name, file); err != nil {
				t.Fatal(err)
			}
		}
		open := func(string) (storage.Store, string, error) { return store, "elsewhere", nil }
		b, err := NewReader(store, open, nil).Read(t.Context(), d, rows)
		switch {
		case err == nil:
			checkSet(t, b)
			if b.Len() != cardinality || rows >= 0 && b.Max() >= rows {
				t.Fatalf("%d rows to %d, for %d of %d", b.Len(), b.Max(), cardinality, rows)
			}
		case errors.Is(err, log.ErrCorrupt), errors.Is(err, log.ErrExternalPath), errors.Is(err, log.ErrLimit):
		case kind == typeURI && errors.Is(err, fs.ErrNotExist):
		default:
			t.Fatal(err)
		}
	})
}
