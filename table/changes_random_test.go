package table_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

var changesSeed = flag.Uint64("changes.seed", 0, "replay this history of TestChangesTakeTheRowsOfOneVersionToThoseOfAnother; 0: random ones")

// randomPast is a history that a seed decides, and what it should have led to.
type randomPast struct {
	*past
	rng   *rand.Rand
	files []*randomFile
	fresh int
	rows  []map[string]int // of each version: how often there is which
}

// randomFile is a live file: its rows, and which of them are deleted.
type randomFile struct {
	add     *log.AddFile
	rows    []string
	deleted map[int64]bool
}

func (f *randomFile) live() []string {
	var out []string
	for i, r := range f.rows {
		if !f.deleted[int64(i)] {
			out = append(out, r)
		}
	}
	return out
}

func (f *randomFile) now() *log.AddFile {
	return without(f.add, slices.Sorted(maps.Keys(f.deleted))...)
}

const randomColumns = "id bigint, p string, t string"

// row is a row that was not there before, of a partition.
func (h *randomPast) row(p string) string {
	h.fresh++
	return fmt.Sprintf(`{"id":%d,"p":%q,"t":"t%d"}`, h.fresh, p, h.rng.IntN(3))
}

func (h *randomPast) newFile(rows []string) *randomFile {
	return &randomFile{add: h.file(randomColumns, strings.Join(rows, ""), h.md.PartitionColumns...), rows: rows, deleted: map[int64]bool{}}
}

func (h *randomPast) somewhere() string { return []string{"x", "y"}[h.rng.IntN(2)] }

func (h *randomPast) someRows(p string) []string {
	var rows []string
	for range 1 + h.rng.IntN(9) {
		rows = append(rows, h.row(p))
	}
	return rows
}

// take takes a random file out of the live ones; nil if there is none.
func (h *randomPast) take() *randomFile {
	if len(h.files) == 0 {
		return nil
	}
	i := h.rng.IntN(len(h.files))
	f := h.files[i]
	h.files = slices.Delete(h.files, i, i+1)
	return f
}

// step makes a version.
func (h *randomPast) step() {
	var actions []log.Action
	switch f := h.take(); h.rng.IntN(8) {
	default: // an append
		n := h.newFile(h.someRows(h.somewhere()))
		actions = []log.Action{n.add}
		h.files = append(h.files, n)
		h.putBack(f)
	case 0, 1: // a delete, by a vector that grows
		if f != nil {
			actions = h.marks(f, func(deleted map[int64]bool) {
				for i := range f.rows {
					if h.rng.IntN(3) == 0 {
						deleted[int64(i)] = true
					}
				}
			})
			h.putBack(f)
		}
	case 2: // a restore: any other vector
		if f != nil {
			actions = h.marks(f, func(deleted map[int64]bool) {
				clear(deleted)
				for i := range f.rows {
					if h.rng.IntN(4) == 0 {
						deleted[int64(i)] = true
					}
				}
			})
			h.putBack(f)
		}
	case 3: // an overwrite
		h.putBack(f)
		for _, f := range h.files {
			actions = append(actions, gone(f.now()))
		}
		n := h.newFile(h.someRows(h.somewhere()))
		h.files = []*randomFile{n}
		actions = append(actions, n.add)
	case 4, 5: // an update that rewrites a file, and records what it did
		if f != nil {
			actions = h.rewrite(f)
		}
	case 6: // a compaction
		if f != nil {
			old, rows := gone(f.now()), f.live()
			old.DataChange = false
			actions = []log.Action{old}
			if len(rows) > 0 {
				n := h.newFile(rows)
				n.add.DataChange = false
				h.files = append(h.files, n)
				actions = append(actions, n.add)
			}
		}
	}
	h.rng.Shuffle(len(actions), func(i, j int) { actions[i], actions[j] = actions[j], actions[i] })
	h.commit(actions...)
	h.note()
}

func (h *randomPast) putBack(f *randomFile) {
	if f != nil {
		h.files = append(h.files, f)
	}
}

// marks changes the vector of a file.
func (h *randomPast) marks(f *randomFile, change func(map[int64]bool)) []log.Action {
	old := f.now()
	deleted := maps.Clone(f.deleted)
	if change(deleted); maps.Equal(deleted, f.deleted) {
		return nil
	}
	f.deleted = deleted
	return []log.Action{gone(old), f.now()}
}

// rewrite updates, deletes and inserts rows of a file.
func (h *randomPast) rewrite(f *randomFile) []log.Action {
	p := "x"
	if strings.Contains(f.rows[0], `"p":"y"`) {
		p = "y"
	}
	var left, recorded []string
	say := func(row, what string) {
		recorded = append(recorded, strings.TrimSuffix(row, "}")+fmt.Sprintf(`,"_change_type":%q}`, what))
	}
	for _, r := range f.live() {
		switch h.rng.IntN(3) {
		case 0:
			n := h.row(p)
			say(r, "update_preimage")
			say(n, "update_postimage")
			left = append(left, n)
		case 1:
			say(r, "delete")
		default:
			left = append(left, r)
		}
	}
	n := h.row(p)
	say(n, "insert")
	g := h.newFile(append(left, n))
	h.files = append(h.files, g)
	return []log.Action{gone(f.now()), g.add, h.recorded(randomColumns+", _change_type string", strings.Join(recorded, ""), h.md.PartitionColumns...)}
}

// note remembers the rows of the version.
func (h *randomPast) note() {
	rows := map[string]int{}
	for _, f := range h.files {
		for _, r := range f.live() {
			rows[r]++
		}
	}
	h.rows = append(h.rows, rows)
}

func newRandomPast(t *testing.T, seed uint64, steps int) *randomPast {
	rng := rand.New(rand.NewPCG(seed, 15))
	h := &randomPast{rng: rng}
	if rng.IntN(2) == 0 {
		h.past = begin(t, randomColumns, "p")
	} else {
		h.past = begin(t, randomColumns)
	}
	h.note()
	for range steps {
		h.step()
	}
	return h
}

// apply applies changes, in the form of changeRows, to rows.
func apply(rows map[string]int, changes []string) error {
	for _, c := range changes {
		_, c, _ = strings.Cut(c, ": ")
		what, row, _ := strings.Cut(c, " ")
		switch what {
		case "insert", "update_postimage":
			rows[row]++
		case "delete", "update_preimage":
			rows[row]--
		default:
			return fmt.Errorf("%q is no change", what)
		}
		if rows[row] == 0 {
			delete(rows, row)
		}
	}
	for row, n := range rows {
		if n < 0 {
			return fmt.Errorf("%s is there %d times", row, n)
		}
	}
	return nil
}

// TestChangesTakeTheRowsOfOneVersionToThoseOfAnother: invariant V15.
func TestChangesTakeTheRowsOfOneVersionToThoseOfAnother(t *testing.T) {
	seeds := []uint64{*changesSeed}
	if *changesSeed == 0 {
		seeds = nil
		for range 12 {
			seeds = append(seeds, rand.Uint64())
		}
	}
	for _, seed := range seeds {
		steps := 25
		h := newRandomPast(t, seed, steps)
		tbl := h.open()
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d (replay with -changes.seed=%d): %s", seed, seed, fmt.Sprintf(format, args...))
		}
		all, err := changesOf(tbl, table.Version(0), table.At{}, nil)
		if err != nil {
			fail("%v", err)
		}
		for range 10 {
			v := h.rng.IntN(steps)
			w := v + 1 + h.rng.IntN(steps-v)
			got, err := changesOf(tbl, table.Version(int64(v+1)), table.Version(int64(w)), nil)
			if err != nil {
				fail("%d to %d: %v", v+1, w, err)
			}
			var part []string
			for _, c := range all {
				var at int
				if fmt.Sscan(c, &at); at > v && at <= w {
					part = append(part, c)
				}
			}
			if !slices.Equal(got, part) {
				fail("%d to %d are not the same as in the whole\n got %q\nwant %q", v+1, w, got, part)
			}
			rows := maps.Clone(h.rows[v])
			if err := apply(rows, got); err != nil {
				fail("%d to %d: %v", v+1, w, err)
			}
			if !maps.Equal(rows, h.rows[w]) {
				fail("the rows of %d with %q are %v, not %v", v, got, rows, h.rows[w])
			}
		}
		s, err := tbl.Snapshot(context.Background(), table.At{})
		if err != nil {
			fail("%v", err)
		}
		there := map[string]int{}
		for _, r := range rowsOf(t, s, nil) {
			there[r]++
		}
		if !maps.Equal(there, h.rows[steps]) {
			fail("the newest version has %v, not %v", there, h.rows[steps])
		}
	}
}

// TestTailLosesAndRepeatsNothingWhateverCallFails: every call of the store fails
// once, and the tail is begun again after the last version that was read.
func TestTailLosesAndRepeatsNothingWhateverCallFails(t *testing.T) {
	const seed, steps = 7, 12
	h := newRandomPast(t, seed, steps)
	ctx := context.Background()
	for _, rows := range []*table.ScanOptions{nil, {Ordered: true}} {
		o := table.TailOptions{After: number(-1), Until: number(steps), Rows: rows, Interval: 1}
		want, _, err := followed(ctx, h.open(), o)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			faulty := faults.New(h.st, faults.At(n, faults.Fault{Effect: faults.ErrBefore}))
			tbl, err := table.Open(ctx, "", &table.Options{Store: faulty, Concurrency: 1})
			if err != nil {
				continue // not of the tail
			}
			var got []string
			errs := 0
			for more := true; more; {
				var part []string
				var last int64
				part, last, err = followed(ctx, tbl, o)
				got = append(got, part...)
				if more = err != nil; more {
					if errs++; errs > 2 || errors.Is(err, table.ErrNoChanges) || errors.Is(err, table.ErrVersionGone) || errors.Is(err, table.ErrBarrier) {
						t.Fatalf("call %d fails: %v", n, err)
					}
				}
				o.After = &last
			}
			o.After = number(-1)
			if !slices.Equal(got, want) {
				t.Fatalf("call %d fails:\n got %q\nwant %q", n, got, want)
			}
			if err := tbl.Close(ctx); err != nil {
				t.Fatal(err)
			}
			if len(faulty.Strikes()) == 0 {
				t.Logf("%d calls, each failed once", n)
				break
			}
		}
	}
}
