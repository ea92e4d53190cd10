package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/foreset/foreset/log"
)

// drain reads everything of a checkpoint and returns the first error.
func drain(ctx context.Context, body []byte) error {
	st := newStore()
	st.objects["c"] = body
	r, err := Open(ctx, st, []log.File{{Name: "c", Size: int64(len(body))}}, nil)
	if err != nil {
		return err
	}
	_, first := r.State(ctx)
	r.NumAdds(ctx)
	r.Left(Wanted{Group: func(Bounds) bool { return true }})
	for f, err := range r.Files(ctx, AllColumns) {
		if err != nil {
			return errors.Join(first, err)
		}
		for i := range f.Len() {
			f.Add(i)
			f.Key(i)
			f.PartitionValue(i, "p")
		}
		f.Bytes()
	}
	for _, err := range r.Removes(ctx) {
		if err != nil {
			return errors.Join(first, err)
		}
	}
	return first
}

// typed says whether an error is one that readers know what to do about.
func typed(err error) bool {
	var unsupported *UnsupportedError
	return err == nil || errors.Is(err, ErrCorrupt) || errors.As(err, &unsupported)
}

func smallCheckpoint(t testing.TB, codec string, textStats bool) []byte {
	r := newRandom(3)
	s := r.state(12)
	s.Metadata.SchemaString = testSchema
	s.Metadata.PartitionColumns = []string{"p"}
	s.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsJson": strconv.FormatBool(textStats)}
	body, _, err := Encode(context.Background(), &s.Source, &WriteOptions{Codec: codec})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestDamageIsATypedErrorOrHarmless(t *testing.T) {
	seed, n := rand.Uint64(), 600
	if s := os.Getenv("FORESET_MUTATIONS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, codec := range []string{"uncompressed", "snappy", "zstd"} {
		for _, textStats := range []bool{true, false} {
			good := smallCheckpoint(t, codec, textStats)
			if err := drain(context.Background(), good); err != nil {
				t.Fatal(err)
			}
			failed := 0
			for range n / 6 {
				bad := slices.Clone(good)
				at := r.IntN(len(bad))
				if r.IntN(2) == 0 { // the footer is where claims are made
					at = len(bad) - 1 - r.IntN(min(len(bad), 14000))
				}
				switch r.IntN(4) {
				case 0:
					bad[at] ^= 1 << r.IntN(8)
				case 1:
					bad[at] = byte(r.Uint32())
				case 2:
					bad[at] = []byte{0, 0x7f, 0x80, 0xff}[r.IntN(4)]
				case 3:
					bad = bad[:at]
				}
				err := drain(context.Background(), bad)
				if !typed(err) {
					t.Fatalf("%s, byte %d of %d: %v", codec, at, len(good), err)
				}
				if err != nil {
					failed++
				}
			}
			t.Logf("%s, JSON statistics %v: %d of %d found out", codec, textStats, failed, n/6)
		}
	}
}

func TestZstdPagesAreChecked(t *testing.T) {
	good := smallCheckpoint(t, "zstd", true)
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for at := 0; ; at++ {
		next := bytes.Index(good[at:], frame)
		if next < 0 {
			return
		}
		at += next
		const checksumFlag = 1 << 2
		if good[at+len(frame)]&checksumFlag == 0 {
			t.Fatalf("the frame at %d has no checksum", at)
		}
	}
}
