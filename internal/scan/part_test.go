package scan_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// ids reads parts of files with a column id.
func ids(f *foreign, where string, parts ...scan.Part) ([]int64, error) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		return nil, err
	}
	state := &replay.State{Protocol: f.actions[0].(*log.Protocol), Metadata: f.actions[1].(*log.Metadata)}
	opts := scan.Options{Store: f.st, State: state, Schema: s, Env: expr.Env{Zone: time.UTC}, Parallel: 2, Budget: 1 << 20, Allocator: f.mem, ProbeRows: 1}
	if where != "" {
		opts.Where = expr.SQL(where)
	}
	p, err := scan.New(opts)
	if err != nil {
		return nil, err
	}
	all := func(context.Context) iter.Seq2[scan.Part, error] {
		return func(yield func(scan.Part, error) bool) {
			for _, part := range parts {
				if !yield(part, nil) {
					return
				}
			}
		}
	}
	out := []int64{}
	for b, err := range p.Parts(context.Background(), all) {
		if err != nil {
			return out, err
		}
		for _, text := range strings.Split(b.Record.Column(0).String()[1:], " ") {
			var id int64
			if _, err := fmt.Sscan(strings.TrimSuffix(text, "]"), &id); err != nil {
				return nil, err
			}
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}

func plainFile(t *testing.T, n int64) (*foreign, *log.AddFile) {
	t.Helper()
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	f := newForeign(t, deletes, &log.Metadata{SchemaString: string(s.JSON())})
	var rows strings.Builder
	for i := range n {
		fmt.Fprintf(&rows, `{"id":%d}`, i)
	}
	return f, f.add(t, s, nil, rows.String())
}

func marking(a *log.AddFile, rows ...int64) *log.AddFile {
	marked := *a
	marked.DeletionVector = inline(rows...)
	return &marked
}

// TestPartsAreTheMarkedRowsButForTheExceptedOnes, with and without a predicate,
// close together and far apart.
func TestPartsAreTheMarkedRowsButForTheExceptedOnes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	f, a := plainFile(t, 4000)
	for round := range 60 {
		sparse := 1 + rng.IntN(3000)
		var marked, except, want []int64
		threshold := int64(-1)
		where := ""
		if round%2 == 1 {
			threshold = rng.Int64N(4000)
			where = fmt.Sprintf("id > %d", threshold)
		}
		for i := range int64(4000) {
			m, x := rng.IntN(sparse) == 0, rng.IntN(2*sparse) == 0
			if m {
				marked = append(marked, i)
			}
			if x {
				except = append(except, i)
			}
			if m && !x && i > threshold {
				want = append(want, i)
			}
		}
		part := scan.Part{File: replay.FileOf(marking(a, marked...)), Marked: true}
		if len(marked) == 0 {
			part.File = replay.FileOf(a)
		}
		if len(except) > 0 {
			part.Except = inline(except...)
		}
		if got, err := ids(f, where, part); err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d, round %d, %q: %d of 4000 marked, %d excepted: %v\n got %v\nwant %v", seed, round, where, len(marked), len(except), err, got, want)
		}
	}
}

func TestPartsThatAreNotMarkedAreLiveRows(t *testing.T) {
	f, a := plainFile(t, 6)
	got, err := ids(f, "", scan.Part{File: replay.FileOf(a)}, scan.Part{File: replay.FileOf(marking(a, 0, 1, 5))})
	if want := []int64{0, 1, 2, 2, 3, 3, 4, 4, 5}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestMarkedRowsAreNotSkippedByWhatIsSaidOfLiveOnes: statistics may be made anew
// when rows are deleted.
func TestMarkedRowsAreNotSkippedByWhatIsSaidOfLiveOnes(t *testing.T) {
	f, a := plainFile(t, 10)
	m := marking(a, 8, 9)
	m.Stats = `{"numRecords":10,"tightBounds":true,"minValues":{"id":0},"maxValues":{"id":7},"nullCount":{"id":0}}`
	got, err := ids(f, "id > 7", scan.Part{File: replay.FileOf(m), Marked: true})
	if err != nil || !slices.Equal(got, []int64{8, 9}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = ids(f, "id > 7", scan.Part{File: replay.FileOf(m)}); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestVectorsThatDoNotFitTheirFileFailAPart(t *testing.T) {
	for _, stats := range []string{`{"numRecords":3}`, ""} {
		f, a := plainFile(t, 3)
		a.Stats = stats
		for name, part := range map[string]scan.Part{
			"marked":   {File: replay.FileOf(marking(a, 3)), Marked: true},
			"excepted": {File: replay.FileOf(marking(a, 1)), Marked: true, Except: inline(0, 3)},
		} {
			if got, err := ids(f, "", part); !errors.Is(err, log.ErrCorrupt) || !strings.Contains(err.Error(), a.Path) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		f.actions[0] = &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}
		if got, err := ids(f, "", scan.Part{File: replay.FileOf(a), Marked: true, Except: inline(0)}); !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("without the feature: %v, %v", got, err)
		}
	}
}

func TestSizesThatAreNotKnownAreLookedUp(t *testing.T) {
	f, a := plainFile(t, 3)
	a.Size = 0
	if got, err := ids(f, "", scan.Part{File: replay.FileOf(a), Unsized: true}); err != nil || !slices.Equal(got, []int64{0, 1, 2}) {
		t.Errorf("%v, %v", got, err)
	}
}
