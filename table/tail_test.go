package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

func number(n int64) *int64 { return &n }

// followed is what a Tail yields until it ends: of each version its number, and
// its rows if there are any.
func followed(ctx context.Context, t *table.Table, o table.TailOptions) (out []string, last int64, err error) {
	last = -1
	if o.After != nil {
		last = *o.After
	}
	for c, err := range t.Tail(ctx, &o) {
		if err != nil {
			return out, last, err
		}
		var lines []string
		if c.Rows == nil {
			lines = []string{fmt.Sprintf("%d: %d actions", c.Version, len(c.Actions))}
		} else {
			for b, err := range c.Rows {
				if err != nil {
					return out, last, err
				}
				rows, err := changeRows(b)
				if err != nil {
					return out, last, err
				}
				lines = append(lines, rows...)
			}
			slices.Sort(lines)
		}
		out, last = append(out, lines...), c.Version
	}
	return out, last, nil
}

func TestTailYieldsVersionsInOrder(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1, 2)
	h.commit(a)
	h.commit(&log.CommitInfo{Operation: "DELETE"}, gone(a), without(a, 0))
	tbl, ctx := h.open(), context.Background()
	for _, c := range []struct {
		after, until int64
		rows         *table.ScanOptions
		want         []string
	}{
		{-1, 2, nil, []string{"0: 2 actions", "1: 1 actions", "2: 3 actions"}},
		{0, 1, nil, []string{"1: 1 actions"}},
		{-1, 2, &table.ScanOptions{}, []string{`1: insert {"id":1}`, `1: insert {"id":2}`, `2: delete {"id":1}`}},
		{1, 2, &table.ScanOptions{Columns: []string{"_change_type", "_commit_version"}}, []string{`2: delete {}`}},
		{2, 2, nil, nil},
		{2, 0, nil, nil},
	} {
		got, _, err := followed(ctx, tbl, table.TailOptions{After: &c.after, Until: &c.until, Rows: c.rows})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("after %d until %d: %q, %v; want %q", c.after, c.until, got, err, c.want)
		}
	}
}

func TestTailBeginsWithASnapshotIfAsked(t *testing.T) {
	h := begin(t, "id bigint, p string", "p")
	a := h.file("id bigint, p string", `{"id":1,"p":"x"}{"id":2,"p":"x"}`, "p")
	h.commit(a)
	h.commit(gone(a), without(a, 0))
	tbl, ctx := h.open(), context.Background()
	n := 0
	for c, err := range tbl.Tail(ctx, &table.TailOptions{Rows: &table.ScanOptions{}, Snapshot: true, Until: number(3)}) {
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for b, err := range c.Rows {
			if err != nil {
				t.Fatal(err)
			}
			more, err := changeRows(b)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, more...)
		}
		switch n++; n {
		case 1:
			if !c.Snapshot || c.Version != 2 || c.TableID != "first" || c.Actions != nil || !slices.Equal(rows, []string{`2: insert {"id":2,"p":"x"}`}) {
				t.Errorf("%+v, %q", c, rows)
			}
			h.commit(gone(without(a, 0)))
		case 2:
			if c.Snapshot || c.Version != 3 || !slices.Equal(rows, []string{`3: delete {"id":2,"p":"x"}`}) {
				t.Errorf("%+v, %q", c, rows)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d changes", n)
	}
	for _, o := range []table.TailOptions{{Snapshot: true}, {Snapshot: true, Rows: &table.ScanOptions{}, After: number(1)}} {
		if _, _, err := followed(ctx, tbl, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

// TestTailWaitsForVersionsToCome and sees them no later than its interval.
func TestTailWaitsForVersionsToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		tbl := h.open()
		ctx, cancel := context.WithCancel(context.Background())
		start := time.Now()
		go func() {
			for i := range int64(3) {
				time.Sleep(time.Hour)
				h.commit(h.numbers(i))
			}
		}()
		var late time.Duration
		var got []int64
		for c, err := range tbl.Tail(ctx, &table.TailOptions{Interval: 10 * time.Second}) {
			if errors.Is(err, context.Canceled) && len(got) == 3 {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, c.Version)
			late = max(late, time.Since(start)-time.Duration(c.Version)*time.Hour)
			if c.Version == 3 {
				time.AfterFunc(time.Hour, cancel)
			}
		}
		if !slices.Equal(got, []int64{1, 2, 3}) || late > 10*time.Second {
			t.Errorf("versions %v, %v late", got, late)
		}
		cancel()
	})
}

func TestTailEndsWhenTheTableIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		tbl := h.open()
		time.AfterFunc(time.Minute, func() { _ = tbl.Close(context.Background()) })
		if _, _, err := followed(context.Background(), tbl, table.TailOptions{}); !errors.Is(err, table.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestTailStopsAtABarrierAndGoesOnBehindIt when it is begun again after the last
// version that was read.
func TestTailStopsAtABarrierAndGoesOnBehindIt(t *testing.T) {
	h := begin(t, "id bigint, t string")
	ctx := context.Background()
	h.commit(h.file("id bigint, t string", `{"id":1,"t":"a"}`))
	h.change(columnsAre(t, "id bigint, t string, more int")) // no barrier
	h.commit(h.file("id bigint, t string, more int", `{"id":2,"t":"b","more":3}`))
	h.change(columnsAre(t, "id bigint")) // version 4
	h.commit(h.numbers(5))
	tbl := h.open()
	o := table.TailOptions{After: number(0), Until: number(5), Rows: &table.ScanOptions{}}
	got, last, err := followed(ctx, tbl, o)
	var b *table.BarrierError
	if !errors.As(err, &b) || b.Version != 4 || b.Replaced || last != 3 || !slices.Equal(got, []string{`1: insert {"id":1,"t":"a"}`, `3: insert {"id":2,"more":3,"t":"b"}`}) {
		t.Fatalf("%q, %d, %v", got, last, err)
	}
	o.After = &last
	if got, _, err = followed(ctx, tbl, o); err != nil || !slices.Equal(got, []string{`5: insert {"id":5}`}) {
		t.Fatalf("%q, %v", got, err)
	}
	if got, last, err = followed(ctx, tbl, table.TailOptions{After: number(-1), Until: number(5)}); err != nil || last != 5 || len(got) != 6 {
		t.Errorf("actions know no schema: %q, %v", got, err)
	}
}

func TestTailStopsWhereTheFeedIsOffAndActionsGoOn(t *testing.T) {
	h := begin(t, "id bigint")
	ctx := context.Background()
	h.commit(h.numbers(1))
	h.change(func(md *log.Metadata) { md.Configuration["delta.enableChangeDataFeed"] = "false" })
	tbl := h.open()
	got, last, err := followed(ctx, tbl, table.TailOptions{After: number(-1), Rows: &table.ScanOptions{}})
	var no *table.NoChangesError
	if !errors.As(err, &no) || no.Version != 2 || last != 1 || len(got) != 1 {
		t.Errorf("%q, %d, %v", got, last, err)
	}
	got, last, err = followed(ctx, tbl, table.TailOptions{After: number(-1), Until: number(2)})
	if err != nil || last != 2 || len(got) != 3 {
		t.Errorf("%q, %d, %v", got, last, err)
	}
}

func TestTailStopsAtWhatCannotBeRead(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		bad  func(h *past)
		rows *table.ScanOptions
		is   error
	}{
		"an unknown feature": {func(h *past) {
			h.commit(&log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"teleport"}, WriterFeatures: []string{"teleport"}})
		}, nil, table.ErrUnsupported},
		"a damaged commit": {func(h *past) { put(h.t, h.st, log.CommitName(h.next), `{"add":`); h.next++ }, nil, table.ErrCorrupt},
		"a damaged schema": {func(h *past) { h.change(func(md *log.Metadata) { md.SchemaString = "{" }) }, nil, table.ErrSchema},
		"a file that is gone": {func(h *past) {
			a := h.numbers(9)
			h.commit(a)
			remove(h.t, h.st, a.Path)
		}, &table.ScanOptions{}, table.ErrNoChanges},
		"a strange pair": {func(h *past) { a := h.numbers(9); h.commit(gone(a), a) }, &table.ScanOptions{}, table.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			h := begin(t, "id bigint")
			h.commit(h.numbers(1))
			tbl := h.open()
			c.bad(h)
			h.commit(h.numbers(2))
			h.commit(everything, h.changed(func(*log.Metadata) {}))
			// The table is opened, and its newest version loaded, without the bad one.
			got, last, err := followed(ctx, tbl, table.TailOptions{After: number(-1), Rows: c.rows, Until: number(4)})
			if !errors.Is(err, c.is) || last != 1 {
				t.Errorf("%q, %d, %v", got, last, err)
			}
		})
	}
}

// TestACommitThatCannotBeReadAheadIsLeftForItsTurn: what lies before it comes.
func TestACommitThatCannotBeReadAheadIsLeftForItsTurn(t *testing.T) {
	for spoil, want := range map[string]error{"damaged": table.ErrCorrupt, "gone": table.ErrCorrupt, "late": nil} {
		h := begin(t, "id bigint")
		for i := range int64(9) {
			h.commit(h.numbers(i))
		}
		tbl := h.open()
		var got []int64
		var failed error
		body := get(t, h.st, log.CommitName(7))
		for c, err := range tbl.Tail(context.Background(), &table.TailOptions{After: number(0), Until: number(9)}) {
			if err != nil {
				failed = err
				break
			}
			got = append(got, c.Version)
			switch {
			case c.Version == 1 && spoil == "gone":
				remove(t, h.st, strings.TrimPrefix(log.CommitName(7), log.Dir))
			case c.Version == 1:
				put(t, h.st, log.CommitName(7), "{")
			case c.Version == 6 && spoil == "late": // in one batch with 7
				put(t, h.st, log.CommitName(7), string(body))
			}
		}
		last := int64(6)
		if want == nil {
			last = 9
		}
		if got[len(got)-1] != last || int64(len(got)) != last || !errors.Is(failed, want) {
			t.Errorf("%s: %d, %v", spoil, got, failed)
		}
	}
}

// TestTailDoesNotPassAVersionWhoseRowsItCouldNotRead, even if its caller does not
// mind.
func TestTailDoesNotPassAVersionWhoseRowsItCouldNotRead(t *testing.T) {
	h := begin(t, "id bigint")
	a := h.numbers(1)
	h.commit(a)
	h.commit(h.numbers(2))
	remove(t, h.st, a.Path)
	var versions []int64
	var failed error
	for c, err := range h.open().Tail(context.Background(), &table.TailOptions{After: number(0), Until: number(2), Rows: &table.ScanOptions{}}) {
		if err != nil {
			failed = err
			continue
		}
		versions = append(versions, c.Version)
		for range c.Rows { // whatever happens
		}
	}
	if !slices.Equal(versions, []int64{1}) || !errors.Is(failed, table.ErrNoChanges) {
		t.Errorf("%v, %v", versions, failed)
	}
}

func TestTailKnowsWhenAnotherTableHasThePlace(t *testing.T) {
	ctx := context.Background()
	other := func(md *log.Metadata) { md.ID = "second" }
	replacedAt := func(t *testing.T, err error, version int64) {
		t.Helper()
		var b *table.BarrierError
		if !errors.As(err, &b) || !b.Replaced || b.Version != version {
			t.Errorf("%v", err)
		}
	}
	t.Run("by its id", func(t *testing.T) {
		h := begin(t, "id bigint")
		h.commit()
		h.change(other)
		h.commit()
		tbl := h.open()
		for _, rows := range []*table.ScanOptions{nil, {}} {
			_, last, err := followed(ctx, tbl, table.TailOptions{After: number(-1), Rows: rows})
			if replacedAt(t, err, 2); last != 1 {
				t.Error(last)
			}
			_, _, err = followed(ctx, tbl, table.TailOptions{After: number(1), TableID: "first", Rows: rows})
			replacedAt(t, err, 2)
			if _, last, err := followed(ctx, tbl, table.TailOptions{After: number(1), TableID: "second", Rows: rows, Until: number(3)}); err != nil || last != 3 {
				t.Error(last, err)
			}
		}
	})
	// The log is deleted and written anew while the tail waits.
	for name, c := range map[string]struct {
		commits int
		is      error
	}{"with as many versions": {3, table.ErrBarrier}, "with more": {5, table.ErrBarrier}, "with fewer": {1, table.ErrBarrier}, "not at all": {0, table.ErrBarrier}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := begin(t, "id bigint")
				h.commit()
				h.commit()
				tbl := h.open()
				time.AfterFunc(time.Minute, func() {
					for v := range h.next {
						remove(t, h.st, log.CommitName(v))
					}
					h.next = 0
					for range c.commits {
						h.commit(everything, h.changed(other))
					}
				})
				_, last, err := followed(ctx, tbl, table.TailOptions{After: number(-1)})
				if !errors.Is(err, c.is) || last != 2 {
					t.Errorf("%d, %v", last, err)
				}
			})
		})
	}
}

func TestTailFindsThatVersionsWereCleanedUpWhileItWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		h.next = 0
		h.commit(&log.Protocol{MinReaderVersion: 1, MinWriterVersion: 4}, h.md)
		tbl := h.open()
		time.AfterFunc(time.Minute, func() {
			h.commit(h.numbers(1))
			h.commit(h.numbers(2))
			if _, err := h.open().Checkpoint(context.Background()); err != nil {
				t.Error(err)
			}
			for v := range log.Version(2) {
				remove(t, h.st, log.CommitName(v))
			}
		})
		_, last, err := followed(context.Background(), tbl, table.TailOptions{After: number(-1), Interval: time.Hour})
		var gone *log.VersionError
		if !errors.Is(err, table.ErrVersionGone) || !errors.As(err, &gone) || gone.Want != 1 || gone.First != 2 || last != 0 {
			t.Errorf("%d, %v", last, err)
		}
	})
}

// TestTailGoesOnIfACommitIsAnotherObjectWithTheSameContent, as when a catalog's
// commit is published.
func TestTailGoesOnIfACommitIsAnotherObjectWithTheSameContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		h.commit(&log.CommitInfo{Operation: "WRITE"}, h.numbers(1))
		tbl := h.open()
		time.AfterFunc(time.Minute, func() {
			put(t, h.st, log.CommitName(1), string(get(t, h.st, log.CommitName(1))))
			h.commit(h.numbers(2))
		})
		if got, last, err := followed(context.Background(), tbl, table.TailOptions{After: number(-1), Until: number(2)}); err != nil || last != 2 {
			t.Errorf("%q, %d, %v", got, last, err)
		}
	})
}

// TestTailYieldsWhatACatalogRatified, when it did, wherever the commit is by
// then, and not what lies in the log without.
func TestTailYieldsWhatACatalogRatified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		ms := int64(7000)
		dated := func(actions ...log.Action) []byte {
			ms += 1000
			at := ms
			return log.EncodeCommit(append([]log.Action{&log.CommitInfo{Operation: "WRITE", InCommitTimestamp: &at}}, actions...))
		}
		managedBy := *everything
		managedBy.ReaderFeatures = append(slices.Clone(managedBy.ReaderFeatures), "catalogManaged")
		managedBy.WriterFeatures = append(slices.Clone(managedBy.WriterFeatures), "catalogManaged")
		h.commit(&log.CommitInfo{Operation: "UPGRADE", InCommitTimestamp: &ms}, &managedBy, h.changed(func(md *log.Metadata) {
			for name, value := range map[string]string{"enableInCommitTimestamps": "true", "inCommitTimestampEnablementVersion": "1", "inCommitTimestampEnablementTimestamp": "7000"} {
				md.Configuration["delta."+name] = value
			}
		}))
		second, third, fourth := dated(h.numbers(2)), dated(h.numbers(3)), dated(h.numbers(4))
		inline := log.Ratified{Version: 2, Body: second}
		staged := func(v log.Version, body []byte) log.Ratified {
			r := log.Ratified{Version: v, Staged: fmt.Sprintf("%020d.33333333-3333-3333-3333-333333333333.json", v), Size: int64(len(body))}
			put(t, h.st, log.StagedDir+r.Staged, string(body))
			return r
		}
		cat := &managed{newest: 1}
		tbl := open(t, h.st, &table.Options{Allocator: h.mem, Committer: log.NewCatalog(h.st, nil, cat.ratified)})
		start := time.Now()
		go func() {
			put(t, h.st, log.CommitName(2), string(dated(h.numbers(99)))) // nobody ratified it
			time.Sleep(time.Hour)
			cat.ratify(2, inline)
			time.Sleep(time.Hour)
			r := staged(3, third)
			cat.ratify(3, inline, r)
			time.Sleep(time.Hour)
			put(t, h.st, log.CommitName(2), string(second))
			put(t, h.st, log.CommitName(3), string(third))
			cat.ratify(3) // published
			time.Sleep(time.Hour)
			cat.ratify(4, staged(4, fourth))
		}()
		var got []string
		for c, err := range tbl.Tail(context.Background(), &table.TailOptions{After: number(1), Until: number(4), Rows: &table.ScanOptions{}}) {
			if err != nil {
				t.Fatal(err)
			}
			for b, err := range c.Rows {
				if err != nil {
					t.Fatal(err)
				}
				rows, err := changeRows(b)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%s of %d after %v", rows, c.Timestamp.UnixMilli(), time.Since(start).Truncate(time.Hour)))
			}
		}
		if want := []string{`[2: insert {"id":2}] of 8000 after 1h0m0s`, `[3: insert {"id":3}] of 9000 after 2h0m0s`, `[4: insert {"id":4}] of 10000 after 4h0m0s`}; !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// TestTailDoesNotWaitForATableThatIsGone to begin again. (It did, for good,
// where the first version was the next one.)
func TestTailDoesNotWaitForATableThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, "id bigint")
		h.commit(h.numbers(1))
		tbl := h.open()
		remove(t, h.st, "")
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		for after, want := range map[int64]error{-1: table.ErrNotTable, 1: table.ErrBarrier} {
			if got, _, err := followed(ctx, tbl, table.TailOptions{After: &after, Until: number(5)}); len(got) > 0 || !errors.Is(err, want) {
				t.Errorf("after %d: %v, %v", after, got, err)
			}
		}
	})
}

func TestTailRefusesToBeginWhereThereIsNothing(t *testing.T) {
	h := begin(t, "id bigint")
	for _, after := range []int64{1, 7, -2} {
		if _, _, err := followed(context.Background(), h.open(), table.TailOptions{After: &after}); !errors.Is(err, table.ErrVersionGone) {
			t.Errorf("after %d: %v", after, err)
		}
	}
}

// TestTimesOfChangesAscend: those of objects are made to, those that commits give
// themselves are taken.
func TestTimesOfChangesAscend(t *testing.T) {
	clock := time.UnixMilli(1_700_000_000_000).UTC()
	h := begin(t, "id bigint")
	h.st = storage.NewMemory(&storage.MemoryOptions{Now: func() time.Time { return clock }})
	h.next = 0
	at := func(ms int64) { clock = time.UnixMilli(1_700_000_000_000 + ms) }
	at(0)
	h.commit(everything, h.md)
	at(500)
	h.commit(h.numbers(1))
	at(100) // the clock of the store went back
	h.commit(h.numbers(2))
	h.commit(h.numbers(3))
	stamp := func(ms int64, more ...log.Action) {
		h.commit(append([]log.Action{&log.CommitInfo{InCommitTimestamp: number(1_700_000_000_000 + ms)}}, more...)...)
	}
	h.md = h.changed(func(md *log.Metadata) {
		md.Configuration["delta.enableInCommitTimestamps"] = "true"
		md.Configuration["delta.inCommitTimestampEnablementVersion"] = "4"
		md.Configuration["delta.inCommitTimestampEnablementTimestamp"] = "1700000002000"
	})
	stamp(2000, h.md)
	stamp(3000, h.numbers(5))
	want := []int64{0, 500, 501, 502, 2000, 3000}
	tbl := h.open()
	var got []int64
	for c, err := range tbl.Tail(context.Background(), &table.TailOptions{After: number(-1), Until: number(5)}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Timestamp.UnixMilli()-1_700_000_000_000)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r, err := tbl.Changes(context.Background(), table.Version(2), table.At{}, &table.ScanOptions{Columns: []string{"id", "_commit_timestamp"}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for r.Next() {
		b, err := r.RecordBatch().MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	if r.Release(); r.Err() != nil || !strings.Contains(text.String(), `"2023-11-14T22:13:20.501Z"`) || !strings.Contains(text.String(), `"2023-11-14T22:13:23Z"`) {
		t.Error(text.String(), r.Err())
	}
	// A time begins a range with the first version at or after it, and ends it with
	// the last at or before it.
	for _, c := range []struct {
		from, to float64 // milliseconds
		want     []string
	}{
		{-5, 499, nil},
		{500, 501, []string{`1: insert {"id":1}`, `2: insert {"id":2}`}},
		{500.5, 501.9, []string{`2: insert {"id":2}`}},
		{503, 9999, []string{`5: insert {"id":5}`}},
		{2001, 2999, nil},
		{3000, 3000, []string{`5: insert {"id":5}`}},
	} {
		time := func(ms float64) table.At {
			return table.AsOf(time.UnixMicro(1_700_000_000_000_000 + int64(1000*ms)))
		}
		got, err := changesOf(tbl, time(c.from), time(c.to), nil)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v to %v: %q, %v; want %q", c.from, c.to, got, err, c.want)
		}
	}
	if _, err := changesOf(tbl, table.AsOf(time.UnixMilli(1_700_000_003_001)), table.At{}, nil); !errors.Is(err, table.ErrVersionGone) {
		t.Error(err)
	}
}
