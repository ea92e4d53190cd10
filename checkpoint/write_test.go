package checkpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/log"
)

// seeds are how many random states a test tries; FORESET_SEEDS asks for more.
func seeds(t *testing.T) (first uint64, n int) {
	first, n = rand.Uint64(), 60
	if s := os.Getenv("FORESET_SEED"); s != "" {
		first, _ = strconv.ParseUint(s, 10, 64)
		n = 1
	}
	if s := os.Getenv("FORESET_SEEDS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	t.Logf("seeds from %d", first)
	return first, n
}

// readAll reads everything of a checkpoint.
func readAll(t testing.TB, body []byte) (*State, []*log.AddFile, []*log.RemoveFile) {
	t.Helper()
	pool := memory.NewCheckedAllocator(memory.NewGoAllocator())
	st := newStore()
	st.objects["c"] = body
	r, err := Open(context.Background(), st, []log.File{{Name: "c", Size: int64(len(body))}}, &Options{Allocator: pool})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var adds []*log.AddFile
	for f, err := range r.Files(context.Background(), AllColumns) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Len() {
			adds = append(adds, f.Add(i))
		}
	}
	var removes []*log.RemoveFile
	for f, err := range r.Removes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		removes = append(removes, f)
	}
	if n, _ := r.NumAdds(context.Background()); n != int64(len(adds)) {
		t.Errorf("NumAdds is %d of %d", n, len(adds))
	}
	pool.AssertSize(t, 0)
	return s, adds, removes
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", " ")
		w, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

func TestEverythingSurvivesARoundTrip(t *testing.T) {
	first, n := seeds(t)
	for seed := first; seed < first+uint64(n); seed++ {
		r := newRandom(seed)
		want := r.state(r.IntN(30))
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			st := newStore()
			opts := &WriteOptions{Codec: []string{"", "zstd", "snappy", "uncompressed"}[r.IntN(4)]}
			h, err := Write(context.Background(), st, &want.Source, opts)
			if err != nil {
				t.Fatal(err)
			}
			got, adds, removes := readAll(t, st.objects[log.CheckpointName(want.Version)])
			same(t, "protocol", got.Protocol, want.Protocol)
			same(t, "metadata", got.Metadata, want.Metadata)
			same(t, "txns", got.Txns, want.Txns)
			same(t, "domains", got.Domains, want.Domains)
			same(t, "removes", removes, want.removes)
			jsonStats := want.Metadata.Configuration["delta.checkpoint.writeStatsAsJson"] != "false"
			if len(adds) != len(want.adds) {
				t.Fatalf("%d adds, want %d", len(adds), len(want.adds))
			}
			for i, a := range want.adds {
				if !jsonStats { // rebuilt, or gone: the typed form has its own tests
					a.Stats, adds[i].Stats = "", ""
				}
				same(t, "add", adds[i], a)
			}
			there, err := ReadHint(context.Background(), st)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "hint", there, h)
			rows := 2 + len(want.Txns) + len(want.Domains) + len(want.adds) + len(want.removes)
			if h.Version != want.Version || h.Size != int64(rows) || *h.NumOfAddFiles != int64(len(want.adds)) {
				t.Errorf("hint %+v of %d rows", h, rows)
			}
		})
	}
}
