package table_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// checkpoints lists the versions that have one.
func checkpoints(t *testing.T, st storage.Store) []int64 {
	t.Helper()
	var out []int64
	for _, o := range objects(t, st) {
		if name, ok := log.ParseName(o[:strings.LastIndex(o, " ")]); ok && name.Kind == log.ClassicCheckpoint {
			out = append(out, int64(name.Version))
		}
	}
	return out
}

func TestCheckpointsComeAtTheInterval(t *testing.T) {
	for interval, want := range map[string][]int64{"": {10, 20}, "3": {3, 6, 9, 12, 15, 18, 21}, "1": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}, "100": nil} {
		properties := map[string]string{}
		if interval != "" {
			properties["delta.checkpointInterval"] = interval
		}
		st := storage.NewMemory(nil)
		tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: properties})
		for i := range 23 {
			mustAppend(t, tbl, ids(t, int64(i)), nil)
		}
		if got := checkpoints(t, st); !slices.Equal(got, want) {
			t.Errorf("interval %q: %v", interval, got)
		}
	}
}

// TestAMissedCheckpointIsMadeUpFor: whoever is to write it may have died.
func TestAMissedCheckpointIsMadeUpFor(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "4"}})
	none := &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.None}}
	for i := range 6 {
		mustAppend(t, tbl, ids(t, int64(i)), none)
	}
	if got := checkpoints(t, st); len(got) > 0 {
		t.Fatalf("Post None: %v", got)
	}
	mustAppend(t, open(t, st, nil), ids(t, 6), nil)
	mustAppend(t, open(t, st, nil), ids(t, 7), nil)
	if got := checkpoints(t, st); !slices.Equal(got, []int64{7, 8}) {
		t.Errorf("%v", got)
	}
}

func TestWorkInTheBackgroundIsDoneWhenTheTableIsClosed(t *testing.T) {
	st := storage.NewMemory(nil)
	create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "2"}})
	tbl := open(t, st, nil)
	for i := range 5 {
		mustAppend(t, tbl, ids(t, int64(i)), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.Background}})
	}
	closeTable(t, tbl)
	if got := checkpoints(t, st); len(got) < 2 || got[len(got)-1] < 4 { // in which order is not said
		t.Errorf("%v", got)
	}
	// Its failure is Close's, not the commit's.
	broken := errors.New("disk full")
	tbl, err := table.Open(context.Background(), "", &table.Options{Store: faults.New(st, func(_ context.Context, op faults.Op) faults.Fault {
		if strings.HasSuffix(op.Name, ".checkpoint.parquet") && (op.Kind == faults.Create || op.Kind == faults.Put) {
			return faults.Fault{Effect: faults.ErrBefore, Err: broken}
		}
		return faults.Fault{}
	})})
	if err != nil {
		t.Fatal(err)
	}
	c, err := tbl.Append(context.Background(), ids(t, 5), &table.WriteOptions{CommitOptions: table.CommitOptions{Post: table.Background}})
	if err != nil || c.After != nil || c.Version != 6 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := tbl.Close(context.Background()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "version 6") {
		t.Errorf("close: %v", err)
	}
}

func TestAFailureAfterTheCommitIsNotTheCommits(t *testing.T) {
	raw := storage.NewMemory(nil)
	create(t, raw, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "1"}})
	broken := errors.New("disk full")
	tbl := open(t, faults.New(raw, func(_ context.Context, op faults.Op) faults.Fault {
		if op.Kind != faults.PutIfAbsent && (strings.HasSuffix(op.Name, ".crc") || strings.Contains(op.Name, "checkpoint")) {
			return faults.Fault{Effect: faults.ErrBefore, Err: broken}
		}
		return faults.Fault{}
	}), nil)
	for v := range int64(3) {
		c, err := tbl.Append(context.Background(), ids(t, v), nil)
		if err != nil || c.Version != v+1 || !errors.Is(c.After, broken) {
			t.Errorf("%+v, %v", c, err)
		}
	}
	wantRows(t, tbl, `{"id":0}`, `{"id":1}`, `{"id":2}`)
}

// TestAuxiliaryFilesThatAreDamagedCostNothing: each is made nonsense of, or
// taken away, or put back as it was before.
func TestAuxiliaryFilesThatAreDamagedCostNothing(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p string", &table.CreateOptions{PartitionBy: []string{"p"}, Properties: map[string]string{"delta.checkpointInterval": "3"}})
	var stale map[string][]byte
	for i := range 8 {
		mustAppend(t, tbl, data(t, fmt.Sprintf(`[{"id":%d,"p":"%d"}]`, i, i%2), col("id", long), col("p", text)), once("app", int64(i)))
		if i == 3 {
			stale = map[string][]byte{log.HintName: get(t, st, log.HintName)}
		}
	}
	if _, err := tbl.Overwrite(context.Background(), all, data(t, `[{"id":100,"p":null},{"id":101,"p":"1"}]`, col("id", long), col("p", text)), nil); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, tbl, data(t, `[{"id":102,"p":"x"}]`, col("id", long), col("p", text)), nil)
	want, err := described(context.Background(), st, 10)
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, latest(t, tbl), nil)
	base := cloned(t, st)
	for _, o := range objects(t, base) {
		name := o[:strings.LastIndex(o, " ")]
		if !strings.HasSuffix(name, ".crc") && !strings.Contains(name, "checkpoint") {
			continue
		}
		body := get(t, base, name)
		flipped := slices.Clone(body)
		flipped[len(flipped)/2] ^= 1
		for how, now := range map[string][]byte{
			"gone": nil, "empty": {}, "cut": body[:len(body)/2], "nonsense": []byte("\xff\x00nonsense"), "nothing but braces": []byte("{}"), "a list": []byte("[]"), "one bit": flipped, "stale": stale[name],
		} {
			if how == "one bit" && !strings.HasSuffix(name, ".parquet") || how == "stale" && now == nil {
				continue // JSON has no checksum: another number is another number
			}
			st := cloned(t, base)
			if how == "gone" {
				if err := st.Delete(context.Background(), name); err != nil {
					t.Fatal(err)
				}
			} else {
				put(t, st, name, string(now))
			}
			if got, err := described(context.Background(), st, 10); err != nil || got != want {
				t.Errorf("%s is %s: %v\n%s\nwant\n%s", name, how, err, got, want)
				continue
			}
			tbl := open(t, st, nil)
			if got := rowsOf(t, latest(t, tbl), nil); !slices.Equal(got, rows) {
				t.Errorf("%s is %s: the rows are %v", name, how, got)
			}
			if c := mustAppend(t, tbl, data(t, `[{"id":1,"p":"1"}]`, col("id", long), col("p", text)), nil); c.Version != 11 {
				t.Errorf("%s is %s: %+v", name, how, c)
			}
		}
	}
}

func TestCheckpointOnDemand(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	for i := range 3 {
		mustAppend(t, tbl, ids(t, int64(i)), nil)
	}
	other := open(t, st, nil)
	mustAppend(t, other, ids(t, 3), nil)
	for range 2 { // again is no error
		if v, err := tbl.Checkpoint(context.Background()); v != 4 || err != nil {
			t.Errorf("checkpoint of version %d, %v", v, err)
		}
	}
	if got := checkpoints(t, st); !slices.Equal(got, []int64{4}) {
		t.Errorf("%v", got)
	}
	// Readers need nothing of what it covers.
	rec := faults.Record(st)
	if n, err := latest(t, open(t, rec, nil)).Scan(nil).Count(context.Background()); n != 4 || err != nil {
		t.Errorf("counts %d, %v", n, err)
	}
	for _, c := range rec.Calls() {
		if name, ok := log.ParseName(c.Name); ok && name.Kind == log.Commit && c.Kind == faults.Get {
			t.Errorf("%s was read", c.Name)
		}
	}
}

// TestWarningsSayWhatWasDoneWithout, of the load alone that met it.
func TestWarningsSayWhatWasDoneWithout(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", &table.CreateOptions{Properties: map[string]string{"delta.checkpointInterval": "2"}})
	for i := range int64(3) {
		mustAppend(t, tbl, ids(t, i), nil)
	}
	if got := latest(t, open(t, st, nil)).Warnings(); len(got) > 0 {
		t.Errorf("a table in good order: %v", got)
	}
	for _, o := range objects(t, st) {
		if name := o[:strings.LastIndex(o, " ")]; strings.HasSuffix(name, ".crc") {
			put(t, st, name, "{")
		}
	}
	put(t, st, log.CheckpointName(2), "PAR1 is not all of it")
	s := latest(t, open(t, st, nil))
	if got := s.Warnings(); len(got) != 3 || !strings.Contains(got[0].Error(), "checksum 3") || !strings.Contains(got[1].Error(), "checksum 2") || !strings.Contains(got[2].Error(), "checkpoint 2 is not used") {
		t.Errorf("damaged checksums and a damaged checkpoint: %q", got)
	}
	if got := rowsOf(t, s, nil); len(got) != 3 {
		t.Errorf("rows: %v", got)
	}
}

// TestWhatIsFoundDamagedLaterIsForTheLogger: a snapshot never changes, nor do its
// warnings. That a checkpoint is damaged shows when its files are asked for, if a
// .crc has spared reading it.
func TestWhatIsFoundDamagedLaterIsForTheLogger(t *testing.T) {
	ctx := context.Background()
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	must(tbl.Checkpoint(ctx))
	mustAppend(t, tbl, ids(t, 2), nil)
	put(t, st, log.CheckpointName(1), "PAR1 no, it is not PAR1")
	var told strings.Builder
	again := open(t, st, &table.Options{Logger: slog.New(slog.NewTextHandler(&told, nil))})
	s := latest(t, again)
	if got := s.Warnings(); len(got) > 0 || told.Len() > 0 {
		t.Fatalf("%q, %s", got, told.String())
	}
	for range 2 { // once
		if got := rowsOf(t, s, nil); !slices.Equal(got, []string{`{"id":1}`, `{"id":2}`}) {
			t.Error(got)
		}
	}
	if got := s.Warnings(); len(got) > 0 || strings.Count(told.String(), "checkpoint 1 is not used") != 1 {
		t.Errorf("%q, %s", got, told.String())
	}
	mustAppend(t, tbl, ids(t, 3), nil)
	if got := latest(t, again).Warnings(); len(got) > 0 {
		t.Errorf("of the snapshot that grew from it: %q", got)
	}
}

// TestFilesWithoutStatistics are those of Files; their statistics are not even
// fetched where no predicate asks for them.
func TestFilesWithoutStatistics(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p string", &table.CreateOptions{PartitionBy: []string{"p"}})
	for i := range int64(4) {
		mustAppend(t, tbl, data(t, fmt.Sprintf(`[{"id": %d, "p": "%c"}]`, i, 'a'+i%2), col("id", long), col("p", text)), nil)
	}
	if _, err := tbl.Checkpoint(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"TRUE", "p = 'a'", "id = 2", "p = 'b' AND id < 2"} {
		s := latest(t, open(t, st, nil))
		var with, without, stats []string
		for f, err := range s.FilesWithoutStats(context.Background(), expr.SQL(where)) {
			if err != nil {
				t.Fatal(err)
			}
			without, stats = append(without, f.Path), append(stats, f.Stats)
		}
		for f, err := range s.Files(context.Background(), expr.SQL(where)) {
			if err != nil || f.Stats == "" {
				t.Fatalf("%v, %v", f, err)
			}
			with = append(with, f.Path)
		}
		if len(with) == 0 || !slices.Equal(with, without) {
			t.Errorf("%s: %v, and without statistics %v", where, with, without)
		}
		if !strings.Contains(where, "id") && strings.Join(stats, "") != "" {
			t.Errorf("%s: statistics were read: %v", where, stats)
		}
	}
}
