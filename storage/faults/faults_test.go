package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/storage/storagetest"
)

func TestStoreWithoutFaultsPasses(t *testing.T) {
	open := func(*testing.T) storage.Store { return faults.New(storage.NewMemory(nil), nil) }
	storagetest.Run(t, open, storagetest.Options{})
}

func TestRecorderPasses(t *testing.T) {
	open := func(*testing.T) storage.Store { return faults.Record(storage.NewMemory(nil)) }
	storagetest.Run(t, open, storagetest.Options{})
}

func TestWrappersOfLocalFilesPass(t *testing.T) {
	open := func(t *testing.T) storage.Store {
		s, err := storage.NewLocal(filepath.Join(t.TempDir(), "root"), &storage.LocalOptions{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		return faults.Record(faults.Park(s, func(context.Context, faults.Op) {}))
	}
	storagetest.Run(t, open, storagetest.Options{Writers: 8, Keys: 20, Objects: 40})
}

// one returns a store whose first operation of a kind has a fault, beside the
// store below. The object "old" is there.
func one(t *testing.T, kind faults.Kind, fault faults.Fault) (s *faults.Store, below storage.Store) {
	t.Helper()
	below = storage.NewMemory(nil)
	if err := below.Put(t.Context(), "old", []byte("old body")); err != nil {
		t.Fatal(err)
	}
	return faults.New(below, faults.Nth(kind, 0, fault)), below
}

// do carries out an operation of a kind on "old", or of a write on "new".
func do(ctx context.Context, s storage.Store, kind faults.Kind) (storage.Outcome, error) {
	switch kind {
	case faults.Get:
		_, _, err := s.Get(ctx, "old", -1)
		return storage.Unknown, err
	case faults.ReadAt:
		_, err := s.ReadAt(ctx, "old", make([]byte, 4), 0)
		return storage.Unknown, err
	case faults.Head:
		_, err := s.Head(ctx, "old")
		return storage.Unknown, err
	case faults.Put:
		return storage.Unknown, s.Put(ctx, "new", []byte("new body"))
	case faults.PutIfAbsent:
		outcome, _, err := s.PutIfAbsent(ctx, "new", []byte("new body"))
		return outcome, err
	case faults.Delete:
		return storage.Unknown, s.Delete(ctx, "old")
	case faults.List:
		for _, err := range s.List(ctx, "", "") {
			if err != nil {
				return storage.Unknown, err
			}
		}
		return storage.Unknown, nil
	}
	w, err := s.Create(ctx, "new")
	if err != nil {
		return storage.Unknown, err
	}
	_, err = w.Write([]byte("new body"))
	if kind == faults.Abort {
		return storage.Unknown, w.Abort()
	}
	if e := w.Close(); err == nil {
		err = e
	}
	return storage.Unknown, err
}

func holds(t *testing.T, s storage.Store) string {
	t.Helper()
	var names []string
	for info, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return strings.Join(names, " ")
}

// TestEveryEffectOnEveryKind is the table of what faults do: to the answer, to
// the store at once, and to the store later.
func TestEveryEffectOnEveryKind(t *testing.T) {
	changed := map[faults.Kind]string{
		faults.Put: "new old", faults.PutIfAbsent: "new old", faults.Create: "new old", faults.WritePart: "new old",
		faults.Complete: "new old", faults.Delete: "",
	}
	errs := map[faults.Effect]error{
		faults.ErrBefore: faults.ErrInjected, faults.ErrAfterApply: faults.ErrInjected, faults.AppliedLater: faults.ErrInjected,
		faults.Throttle: storage.ErrThrottled, faults.Hang: context.DeadlineExceeded, faults.HangAfterApply: context.DeadlineExceeded,
	}
	outcomes := map[faults.Effect]storage.Outcome{ // else Unknown
		faults.Throttle: storage.Rejected, faults.SelfConflict: storage.Exists,
		faults.ShortRead: storage.Created, faults.BitFlip: storage.Created, faults.StaleList: storage.Created,
	}
	for _, kind := range faults.Kinds() {
		for _, effect := range faults.Effects() {
			hits := effect.Hits(kind)
			after, isChange := changed[kind]
			if !isChange {
				after = "old"
			}
			atOnce, later := after, after
			if hits && effect != faults.ErrAfterApply && effect != faults.HangAfterApply && effect != faults.SelfConflict {
				atOnce, later = "old", "old"
			}
			if hits && (kind == faults.Create || kind == faults.WritePart) {
				atOnce, later = "old", "old" // the stream is given up
			}
			if hits && effect == faults.AppliedLater {
				later = after
			}
			var wantErr error
			if hits {
				wantErr = errs[effect]
			}
			if kind == faults.ReadAt && effect == faults.ShortRead {
				wantErr = io.EOF
			}
			test := func(t *testing.T) {
				s, below := one(t, kind, faults.Fault{Effect: effect, At: 2, Newest: 1})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				outcome, err := do(ctx, s, kind)
				if !errors.Is(err, wantErr) {
					t.Errorf("error %v, want %v", err, wantErr)
				}
				if kind == faults.PutIfAbsent && outcome != outcomes[effect] {
					t.Errorf("outcome %v, want %v", outcome, outcomes[effect])
				}
				if got := holds(t, below); got != atOnce {
					t.Errorf("the store holds %q, want %q", got, atOnce)
				}
				if err := s.ApplyLate(t.Context()); err != nil {
					t.Error(err)
				}
				if got := holds(t, below); got != later {
					t.Errorf("later the store holds %q, want %q", got, later)
				}
				if body, _, err := below.Get(t.Context(), "new", -1); err == nil && string(body) != "new body" {
					t.Errorf("new is %q", body)
				}
				strikes := s.Strikes()
				if hits != (len(strikes) == 1 && strikes[0].Op.Kind == kind && strikes[0].Fault.Effect == effect) {
					t.Errorf("strikes: %+v", strikes)
				}
			}
			t.Run(string(kind)+"/"+string(effect), func(t *testing.T) { synctest.Test(t, test) })
		}
	}
}

func TestLateWritesLandAfterSomeOperationsOrOnDemand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	below := storage.NewMemory(nil)
	s := faults.New(below, func(_ context.Context, op faults.Op) faults.Fault {
		switch op.N {
		case 0:
			return faults.Fault{Effect: faults.AppliedLater, Ops: 3}
		case 1, 2:
			return faults.Fault{Effect: faults.AppliedLater}
		}
		return faults.Fault{}
	})
	body := []byte("one")
	for i, name := range []string{"first", "second", "third"} {
		if outcome, _, err := s.PutIfAbsent(ctx, name, body); outcome != storage.Unknown || !errors.Is(err, faults.ErrInjected) {
			t.Errorf("%d: %v, %v", i, outcome, err)
		}
	}
	copy(body, "XXX") // the caller's again, since it has its answer
	cancel()          // nor does the end of its context matter
	if got := holds(t, below); got != "" {
		t.Errorf("at once: %q", got)
	}
	if got := holds(t, s); got != "first" { // operation 3
		t.Errorf("after three operations: %q", got)
	}
	late := s.Late()
	if len(late) != 2 || late[0].Name != "second" || late[1].Name != "third" {
		t.Errorf("late: %+v", late)
	}
	// Someone else gets there first: the late one loses, which is no error.
	if err := below.Put(t.Context(), "third", []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	if err := s.ApplyLate(t.Context(), late[1].N); err != nil {
		t.Error(err)
	}
	if got, _, _ := below.Get(t.Context(), "third", -1); string(got) != "theirs" {
		t.Errorf("third is %q", got)
	}
	if got := holds(t, below); got != "first third" {
		t.Errorf("one on demand: %q", got)
	}
	if err := s.ApplyLate(t.Context()); err != nil {
		t.Error(err)
	}
	if got, _, err := below.Get(t.Context(), "second", -1); string(got) != "one" {
		t.Errorf("second is %q, %v", got, err)
	}
	if len(s.Late()) != 0 {
		t.Errorf("still late: %v", s.Late())
	}
}

func TestLateStreamOutlivesItsContextAndIsDroppedOnClose(t *testing.T) {
	for _, applied := range []bool{true, false} {
		dir := t.TempDir()
		below, err := storage.NewLocal(dir, &storage.LocalOptions{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		s := faults.New(below, faults.Nth(faults.Complete, 0, faults.Fault{Effect: faults.AppliedLater}))
		ctx, cancel := context.WithCancel(t.Context())
		w, err := s.Create(ctx, "data")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("body")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); !errors.Is(err, faults.ErrInjected) {
			t.Error(err)
		}
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
		cancel()
		want := ""
		if applied {
			want = "data"
			if err := s.ApplyLate(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := holds(t, below); got != want {
			t.Errorf("the store holds %q, want %q", got, want)
		}
		for info := range below.(storage.Leftovers).Leftovers(t.Context()) {
			t.Errorf("left behind: %s", info.Name)
		}
	}
}

func TestFailedStreamIsNeverPublished(t *testing.T) {
	s, below := one(t, faults.WritePart, faults.Fault{Effect: faults.ErrBefore})
	w, err := s.Create(t.Context(), "new")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, faults.ErrInjected) {
			t.Error(n, err)
		}
	}
	if err := w.Close(); !errors.Is(err, faults.ErrInjected) {
		t.Error(err)
	}
	if got := holds(t, below); got != "old" {
		t.Error(got)
	}
}

func TestDamagedReadsAreDamagedWhereThePlanSays(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 10)
	for _, c := range []struct {
		fault faults.Fault
		n     int
		bit   int // that is wrong; -1: none
	}{
		{faults.Fault{Effect: faults.BitFlip, At: 0}, 100, 0},
		{faults.Fault{Effect: faults.BitFlip, At: 799}, 100, 799},
		{faults.Fault{Effect: faults.BitFlip, At: 803}, 100, 3},
		{faults.Fault{Effect: faults.BitFlip, At: -1}, 100, -2}, // some bit
		{faults.Fault{Effect: faults.ShortRead, At: 0}, 0, -1},
		{faults.Fault{Effect: faults.ShortRead, At: 99}, 99, -1},
		{faults.Fault{Effect: faults.ShortRead, At: 107}, 7, -1},
		{faults.Fault{Effect: faults.ShortRead, At: -5}, 0, -1},
	} {
		below := storage.NewMemory(nil)
		if err := errors.Join(below.Put(t.Context(), "a", body), below.Put(t.Context(), "empty", nil)); err != nil {
			t.Fatal(err)
		}
		s := faults.New(below, func(context.Context, faults.Op) faults.Fault { return c.fault })
		got, info, err := s.Get(t.Context(), "a", -1)
		if err != nil || info.Size != 100 {
			t.Errorf("%+v: %+v, %v", c.fault, info, err)
		}
		p := make([]byte, 100)
		n, err := s.ReadAt(t.Context(), "a", p, 0)
		if (err == io.EOF) != (n < 100) || err != nil && err != io.EOF {
			t.Errorf("%+v: %d, %v", c.fault, n, err)
		}
		for _, read := range [][]byte{got, p[:n]} {
			if len(read) != c.n {
				t.Errorf("%+v: %d bytes", c.fault, len(read))
			}
			wrong := 0
			for i, b := range read {
				wrong += bits.OnesCount8(b ^ body[i])
			}
			if wrong != 0 && c.bit == -1 || wrong != 1 && c.bit != -1 {
				t.Errorf("%+v: %d bits are wrong", c.fault, wrong)
			}
			if c.bit >= 0 && read[c.bit/8]^body[c.bit/8] != 1<<(c.bit%8) {
				t.Errorf("%+v: another bit is wrong", c.fault)
			}
		}
		if empty, _, err := s.Get(t.Context(), "empty", -1); err != nil || len(empty) != 0 {
			t.Errorf("%+v: %q, %v", c.fault, empty, err)
		}
		if intact, _, _ := below.Get(t.Context(), "a", -1); !bytes.Equal(intact, body) {
			t.Errorf("%+v: the object itself changed", c.fault)
		}
	}
}

func TestShortReadWithAnErrorKeepsTheContract(t *testing.T) {
	broken := errors.New("connection reset")
	s, _ := one(t, faults.Get, faults.Fault{Effect: faults.ShortRead, At: 3, Err: broken})
	if body, _, err := s.Get(t.Context(), "old", -1); body != nil || !errors.Is(err, broken) {
		t.Errorf("%q, %v", body, err)
	}
	s, _ = one(t, faults.ReadAt, faults.Fault{Effect: faults.ShortRead, At: 3, Err: broken})
	if n, err := s.ReadAt(t.Context(), "old", make([]byte, 8), 0); n != 3 || !errors.Is(err, broken) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStaleListsHideTheNewest(t *testing.T) {
	ctx := t.Context()
	below := storage.NewMemory(nil)
	if err := errors.Join(below.Put(ctx, "before-1", nil), below.Put(ctx, "before-2", nil)); err != nil {
		t.Fatal(err)
	}
	var fault faults.Fault
	s := faults.New(below, func(_ context.Context, op faults.Op) faults.Fault {
		if op.Kind == faults.List {
			return fault
		}
		return faults.Fault{}
	})
	err := errors.Join(s.Put(ctx, "z", nil), s.Put(ctx, "a", nil), s.Put(ctx, "m", nil), s.Put(ctx, "z", nil)) // 0 … 3
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(ctx, s, faults.Complete); err != nil { // "new": 4 … 6
		t.Fatal(err)
	}
	for _, c := range []struct {
		newest, since int
		want          string
	}{
		{1, 0, "a before-1 before-2 m z"},
		{2, 0, "a before-1 before-2 z"},
		{4, 0, "before-1 before-2"},
		{5, 0, "before-1"},
		{9, 0, ""},
		{0, 7, "a before-1 before-2 m new z"},
		{0, 2, "a before-1 before-2 z"},
		{0, 1, "before-1 before-2 z"},
	} {
		fault = faults.Fault{Effect: faults.StaleList, Newest: c.newest, Since: c.since}
		if got := holds(t, s); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
	fault = faults.Fault{Effect: faults.StaleList, Newest: 1}
	if err := errors.Join(s.Delete(ctx, "new"), s.Put(ctx, "z", nil)); err != nil {
		t.Fatal(err)
	}
	if got := holds(t, s); got != "a before-1 before-2 z" { // z is old: it was only replaced
		t.Errorf("after a delete: %q", got)
	}
}

func TestBrokenListingYieldsWhatCameBefore(t *testing.T) {
	below := storage.NewMemory(nil)
	for _, name := range []string{"a", "b", "c"} {
		if err := below.Put(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range []int{0, 1, 2, 3, 3} {
		s := faults.New(below, faults.At(0, faults.Fault{Effect: faults.ErrAfterApply, At: int64(at)}))
		got := 0
		var last error
		for _, err := range s.List(t.Context(), "", "") {
			if last = err; err == nil {
				got++
			}
		}
		if got != want || !errors.Is(last, faults.ErrInjected) {
			t.Errorf("at %d: %d objects, then %v", at, got, last)
		}
	}
}

func TestErrorsCanBeChosenAndDecideTheOutcome(t *testing.T) {
	for _, c := range []struct {
		err  error
		want storage.Outcome
	}{
		{fs.ErrPermission, storage.Rejected}, {storage.ErrBadName, storage.Rejected}, {io.ErrUnexpectedEOF, storage.Unknown},
	} {
		s, _ := one(t, faults.PutIfAbsent, faults.Fault{Effect: faults.ErrBefore, Err: c.err})
		if outcome, _, err := s.PutIfAbsent(t.Context(), "new", nil); outcome != c.want || !errors.Is(err, c.err) {
			t.Errorf("%v: %v, %v", c.err, outcome, err)
		}
	}
}

func TestHangNeedsAContextThatEnds(t *testing.T) {
	s, _ := one(t, faults.Get, faults.Fault{Effect: faults.Hang})
	if _, _, err := s.Get(context.Background(), "old", -1); err == nil || !strings.Contains(err.Error(), "no end") {
		t.Error(err)
	}
}

func TestSeededPlanRepeatsItself(t *testing.T) {
	run := func(seed uint64) string {
		var log strings.Builder
		synctest.Test(t, func(t *testing.T) {
			objects := storage.NewMemory(nil)
			below := faults.Record(objects)
			s := faults.New(below, faults.Seeded(seed, 300, faults.Effects()...))
			for i := range 300 {
				if err := errors.Join(objects.Put(t.Context(), "old", []byte("old body")), objects.Delete(t.Context(), "new")); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				_, _ = do(ctx, s, faults.Kinds()[i%len(faults.Kinds())])
				cancel()
			}
			for _, strike := range s.Strikes() {
				fmt.Fprintf(&log, "%+v\n", strike)
			}
			for _, c := range below.Calls() {
				fmt.Fprintf(&log, "%v %s %s %d %v %v\n", c.N, c.Kind, c.Name, c.Bytes, c.Outcome, c.Err)
			}
		})
		return log.String()
	}
	first, other := run(1), run(2)
	if second := run(1); second != first {
		t.Errorf("one seed, two runs:\n%s\nand\n%s", first, second)
	}
	if other == first {
		t.Error("two seeds, one run")
	}
	for _, effect := range faults.Effects() {
		if !strings.Contains(first+other, "Effect:"+string(effect)+" ") {
			t.Errorf("no %q in two runs", effect)
		}
	}
}

func TestOperationsPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type parked struct {
			op      faults.Op
			release chan struct{}
		}
		gate := make(chan parked, 10)
		s := faults.Park(storage.NewMemory(nil), func(ctx context.Context, op faults.Op) {
			p := parked{op, make(chan struct{})}
			gate <- p
			select {
			case <-p.release:
			case <-ctx.Done():
			}
		})
		outcomes := make(chan string, 3)
		for i := range 3 {
			go func() {
				outcome, _, _ := s.PutIfAbsent(t.Context(), "commit", []byte{byte(i)})
				outcomes <- fmt.Sprintf("%d %v", i, outcome)
			}()
		}
		synctest.Wait() // all three are parked
		waiting := []parked{<-gate, <-gate, <-gate}
		close(waiting[1].release)
		synctest.Wait()
		if got := <-outcomes; !strings.HasSuffix(got, "created") {
			t.Error(got)
		}
		if s.Ops() != 3 {
			t.Errorf("%d operations", s.Ops())
		}
		close(waiting[0].release)
		close(waiting[2].release)
		for range 2 {
			if got := <-outcomes; !strings.HasSuffix(got, "exists") {
				t.Error(got)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := s.Head(ctx, "commit")
			outcomes <- fmt.Sprint(errors.Is(err, context.Canceled))
		}()
		synctest.Wait()
		cancel()
		if got := <-outcomes; got != "true" {
			t.Errorf("a parked operation does not notice the end of its context: %s", got)
		}
	})
}

func TestRecorderCountsAndRemembers(t *testing.T) {
	ctx := t.Context()
	r := faults.Record(storage.NewMemory(nil))
	if err := r.Put(ctx, "a", []byte("four")); err != nil {
		t.Fatal(err)
	}
	for _, kind := range faults.Kinds() {
		_, _ = do(ctx, r, kind)
	}
	_, _, _ = r.PutIfAbsent(ctx, "new", []byte("late"))
	_, _, _ = r.Get(ctx, "a", -1)
	_, _ = r.ReadAt(ctx, "a", make([]byte, 10), 2)
	w, err := r.Create(ctx, "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), w.Abort()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Calls() {
		failed := ""
		if c.Err != nil {
			failed = " failed"
		}
		got = append(got, fmt.Sprintf("%d %s %s%s %d+%d %d bytes %d objects %v%s",
			c.N, c.Kind, c.Name, strings.Join(c.Names, ","), c.Off, c.Len, c.Bytes, c.Objects, c.Outcome, failed))
	}
	want := []string{
		"0 put a 0+4 4 bytes 0 objects unknown",
		"1 get old 0+0 0 bytes 0 objects unknown failed",
		"2 read at old 0+4 0 bytes 0 objects unknown failed",
		"3 head old 0+0 0 bytes 0 objects unknown failed",
		"4 put new 0+8 8 bytes 0 objects unknown",
		"5 put if absent new 0+8 8 bytes 0 objects exists",
		"6 create new 0+0 0 bytes 0 objects unknown",
		"7 write part new 0+8 8 bytes 0 objects unknown",
		"8 complete new 0+8 0 bytes 0 objects unknown",
		"9 create new 0+0 0 bytes 0 objects unknown",
		"10 write part new 0+8 8 bytes 0 objects unknown",
		"11 complete new 0+8 0 bytes 0 objects unknown",
		"12 create new 0+0 0 bytes 0 objects unknown",
		"13 write part new 0+8 8 bytes 0 objects unknown",
		"14 complete new 0+8 0 bytes 0 objects unknown",
		"15 create new 0+0 0 bytes 0 objects unknown",
		"16 write part new 0+8 8 bytes 0 objects unknown",
		"17 abort new 0+8 0 bytes 0 objects unknown",
		"18 list  0+0 0 bytes 2 objects unknown",
		"19 delete old 0+0 0 bytes 0 objects unknown",
		"20 put if absent new 0+4 4 bytes 0 objects exists",
		"21 get a 0+0 4 bytes 0 objects unknown",
		"22 read at a 2+10 2 bytes 0 objects unknown",
		"23 create b 0+0 0 bytes 0 objects unknown",
		"24 complete b 0+0 0 bytes 0 objects unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := r.Count(faults.PutIfAbsent, faults.Put); n != 4 {
		t.Errorf("%d puts", n)
	}
	if n := r.Count(); n != len(want) {
		t.Errorf("%d operations", n)
	}
	if n := r.Bytes(faults.Get, faults.ReadAt); n != 6 {
		t.Errorf("%d bytes read", n)
	}
	r.Reset()
	if r.Count() != 0 {
		t.Error("not reset")
	}
}

func TestWrappersKeepTheNameAndClose(t *testing.T) {
	below := storage.NewMemory(&storage.MemoryOptions{Name: "below"})
	s := faults.New(faults.Record(below), nil)
	if s.String() != "mem://below" {
		t.Error(s)
	}
	if s.Unwrap().(*faults.Recorder).Unwrap() != below {
		t.Error("unwrapping does not lead back")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
