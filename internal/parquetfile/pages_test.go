package parquetfile

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	pqgo "github.com/parquet-go/parquet-go"
)

func TestDeltasAreReadAsTheyWereWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 700 {
		want := make([]int32, n)
		for i := range want {
			want[i] = int32(rng.Uint32()) >> rng.IntN(32)
		}
		b, err := pqgo.DeltaBinaryPacked.EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, err := appendDeltas(nil, append(b, "rest"...), n)
		if err != nil || string(rest) != "rest" || len(got) != n {
			t.Fatalf("%d numbers: got %d, %q, %v", n, len(got), rest, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d numbers: number %d is %d, want %d", n, i, got[i], want[i])
			}
		}
		if _, _, err := appendDeltas(nil, b, n-1); n > 0 && !errors.Is(err, errDelta) {
			t.Errorf("%d numbers where %d are at most: %v", n, n-1, err)
		}
	}
}

// FuzzFixedPages: any bytes are values of the fixed length, or an error.
func FuzzFixedPages(f *testing.F) {
	for _, values := range []string{"", "aaabbbccc", "aaaaabaac"} {
		b, err := pqgo.DeltaByteArray.EncodeFixedLenByteArray(nil, []byte(values), 3)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte("levels"))
	}
	f.Fuzz(func(t *testing.T, b, levels []byte) {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		const most = 1000
		p := pages{width: 3, mem: mem}
		buf, err := p.plain(levels, b, most)
		if err != nil {
			return
		}
		defer buf.Release()
		if n := buf.Len() - len(levels); n%3 != 0 || n > 3*most || !bytes.HasPrefix(buf.Bytes(), levels) {
			t.Errorf("%d bytes of values behind %q", n, buf.Bytes()[:len(levels)])
		}
	})
}
