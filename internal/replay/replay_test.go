package replay_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files under testdata")

// TestScripts runs testdata/*.txt: commands, a line of dashes, and what they
// print, which is one block; a blank line ends it. The log goes on from block
// to block; "new" begins another.
//
//	commit 3: protocol, metadata, add a, remove b, …   writes a commit
//	     protocol · metadata ID · add F [N bytes] · remove F · app A V · domain D V · drop D · moved F
//	     a file with a deletion vector is written F+DV
//	load [V]            loads a version anew and prints it
//	small [V]           loads a version anew and prints what it is without its files
//	advance             brings the state that was loaded last up to date and prints it
//	keep                prints the state again: it must not have changed
//	checkpoint V        writes a checkpoint of a version
//	v2 V N              writes a V2 checkpoint with N sidecars; without any, the files are in the JSON itself
//	crc V               writes the checksum of a version
//	compact A B         writes the compacted log of versions A to B
//	damage V            makes nonsense of the checkpoint of V; damage crc V of a checksum; damage hint; damage compact A B of a compacted log
//	lie V               makes the checksum of V say that it has two metadata
//	requests            lists what was asked for since the last time, listings left out
//	wipe                deletes everything
//	delete A-B          deletes the commits A to B
//	hint V              lets the hint name a version
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(text) {
				t.Errorf("run with -rewrite and look at the difference; got\n%s", got)
			}
		})
	}
}

// runScript returns the script with what its blocks print by now.
func runScript(t *testing.T, text string) string {
	w := newWorld(nil)
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		commands, _, has := strings.Cut(block, "\n----")
		out.WriteString(commands)
		var printed []string
		for _, line := range strings.Split(commands, "\n") {
			if line == "new" {
				w = newWorld(nil)
			} else if line != "" && !strings.HasPrefix(line, "#") {
				lines, err := w.do(line)
				if err != nil {
					lines = append(lines, "error: "+err.Error())
				}
				printed = append(printed, append(lines, w.warned()...)...)
			}
		}
		if has || len(printed) > 0 {
			out.WriteString("\n----\n" + strings.Join(printed, "\n"))
		}
		out.WriteString("\n\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// world is a log and the state that was loaded from it last.
type world struct {
	st    storage.Store
	rec   *faults.Recorder
	src   *replay.Source
	state *replay.State
	warns []string

	sidecars int // written so far
}

func newWorld(st storage.Store) *world {
	if st == nil {
		ticks := int64(0)
		st = storage.NewMemory(&storage.MemoryOptions{Now: func() time.Time { ticks++; return time.UnixMilli(1_000_000 + ticks) }})
	}
	rec := faults.Record(st)
	st = rec
	w := &world{st: st, rec: rec}
	w.src = &replay.Source{Store: st, Committer: log.NewCommitter(st, nil), Share: 1 << 20, Parallel: 4, Warn: func(err error) { w.warns = append(w.warns, err.Error()) }}
	return w
}

func (w *world) warned() []string {
	var out []string
	for _, s := range w.warns {
		out = append(out, "warning: "+s)
	}
	w.warns = nil
	return out
}

var ctx = context.Background()

func (w *world) do(line string) (out []string, err error) {
	if rest, is := strings.CutPrefix(line, "commit "); is {
		v, actions, _ := strings.Cut(rest, ": ")
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, err
		}
		return nil, w.commit(log.Version(n), actions)
	}
	f := strings.Fields(line)
	arg := func(i int) log.Version {
		if i >= len(f) {
			return replay.Latest
		}
		n, convErr := strconv.ParseInt(f[i], 10, 64)
		err = errors.Join(err, convErr)
		return log.Version(n)
	}
	switch f[0] {
	case "load":
		v := arg(1)
		if err != nil {
			return nil, err
		}
		if w.state, err = replay.Load(ctx, w.src, v); err != nil {
			return nil, err
		}
		return described(w.state)
	case "small":
		s, err := replay.Load(ctx, w.src, arg(1))
		if err != nil {
			return nil, err
		}
		w.state = s
		return []string{fmt.Sprintf("version %d of table %s, applications %s", s.Version, s.Metadata.ID, orNone(slices.Sorted(maps.Keys(s.Txns))))}, nil
	case "advance":
		next, err := w.state.Advance(ctx)
		if err != nil {
			return nil, err
		}
		if next == w.state {
			return []string{"nothing new"}, nil
		}
		w.state = next
		return described(next)
	case "keep":
		return described(w.state)
	case "checkpoint", "crc", "v2":
		s, err := replay.Load(ctx, w.src, arg(1))
		if err != nil {
			return nil, err
		}
		switch f[0] {
		case "checkpoint":
			return nil, w.checkpoint(s)
		case "v2":
			_, err := w.v2Checkpoint(s, "json", int(arg(2)))
			return nil, err
		}
		sum, err := s.Checksum(ctx)
		if err != nil {
			return nil, err
		}
		return nil, log.WriteChecksum(ctx, w.st, s.Version, sum)
	case "compact":
		return nil, w.compact(arg(1), arg(2))
	case "lie":
		body, _, err := w.st.Get(ctx, log.ChecksumName(arg(1)), -1)
		if err != nil {
			return nil, err
		}
		return nil, w.st.Put(ctx, log.ChecksumName(arg(1)), bytes.Replace(body, []byte(`"numMetadata":1`), []byte(`"numMetadata":2`), 1))
	case "requests":
		var asked []string
		for _, call := range w.rec.Calls() {
			if name := strings.TrimPrefix(call.Name, log.Dir); (call.Kind == faults.Get || call.Kind == faults.ReadAt) && name != "_last_checkpoint" {
				asked = append(asked, strings.TrimLeft(name, "0"))
			}
		}
		w.rec.Reset()
		slices.Sort(asked)
		return []string{"asked for: " + orNone(slices.Compact(asked))}, nil
	case "damage":
		switch f[1] {
		case "compact":
			return nil, w.st.Put(ctx, log.CompactedName(arg(2), arg(3)), []byte(`{"add":`))
		case "hint":
			return nil, w.st.Put(ctx, log.HintName, []byte(`{"version":`))
		case "crc":
			return nil, w.st.Put(ctx, log.ChecksumName(arg(2)), []byte(`{"tableSizeBytes":`))
		}
		return nil, w.st.Put(ctx, log.CheckpointName(arg(1)), []byte("PAR1 no, it is not PAR1"))
	case "wipe":
		for info, err := range w.st.List(ctx, "", "") {
			if err := errors.Join(err, w.st.Delete(ctx, info.Name)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "delete":
		var from, to log.Version
		if _, err := fmt.Sscanf(f[1], "%d-%d", &from, &to); err != nil {
			return nil, err
		}
		for v := from; v <= to; v++ {
			if err := w.st.Delete(ctx, log.CommitName(v), log.ChecksumName(v)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "hint":
		return nil, w.st.Put(ctx, log.HintName, fmt.Appendf(nil, `{"version":%d,"size":1}`, arg(1)))
	}
	return nil, fmt.Errorf("no command: %s", line)
}

// commit writes the actions that a text names.
func (w *world) commit(v log.Version, text string) error {
	var actions []log.Action
	for _, part := range strings.Split(text, ", ") {
		f := strings.Fields(part)
		switch f[0] {
		case "protocol":
			actions = append(actions, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2})
		case "metadata":
			actions = append(actions, &log.Metadata{
				ID: f[1], Format: log.Format{Provider: "parquet"}, PartitionColumns: []string{},
				SchemaString: `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}`,
			})
		case "add", "moved":
			path, dv := fileOf(f[1])
			size := int64(10)
			if len(f) > 2 {
				size, _ = strconv.ParseInt(f[2], 10, 64)
			}
			actions = append(actions, &log.AddFile{Path: path, DeletionVector: dv, PartitionValues: map[string]*string{}, Size: size, DataChange: f[0] == "add"})
		case "remove":
			path, dv := fileOf(f[1])
			when := int64(1_000_000 + v)
			actions = append(actions, &log.RemoveFile{Path: path, DeletionVector: dv, DeletionTimestamp: &when, DataChange: true})
		case "app":
			n, _ := strconv.ParseInt(f[2], 10, 64)
			actions = append(actions, &log.SetTransaction{AppID: f[1], Version: n})
		case "domain":
			actions = append(actions, &log.DomainMetadata{Domain: f[1], Configuration: f[2]})
		case "drop":
			actions = append(actions, &log.DomainMetadata{Domain: f[1], Removed: true})
		default:
			return fmt.Errorf("no action: %s", part)
		}
	}
	return w.st.Put(ctx, log.CommitName(v), log.EncodeCommit(actions))
}

// compact writes the compacted log of some versions: of each file, application
// and domain the last action, of protocol and metadata the last, and nothing of
// the commits themselves.
func (w *world) compact(lo, hi log.Version) error {
	last := map[any]log.Action{}
	var order []any
	for v := lo; v <= hi; v++ {
		actions, err := log.ReadCommit(ctx, w.src.Committer, v, nil)
		if err != nil {
			return err
		}
		for _, a := range actions {
			var key any
			switch a := a.(type) {
			case *log.AddFile:
				key = a.Key()
			case *log.RemoveFile:
				key = a.Key()
			case *log.SetTransaction:
				key = "app " + a.AppID
			case *log.DomainMetadata:
				key = "domain " + a.Domain
			case *log.Protocol:
				key = "protocol"
			case *log.Metadata:
				key = "metadata"
			default:
				continue
			}
			if _, seen := last[key]; !seen {
				order = append(order, key)
			}
			last[key] = a
		}
	}
	var actions []log.Action
	for _, key := range order {
		actions = append(actions, last[key])
	}
	return w.st.Put(ctx, log.CompactedName(lo, hi), log.EncodeCommit(actions))
}

func fileOf(text string) (string, *log.DeletionVector) {
	path, dv, has := strings.Cut(text, "+")
	if !has {
		return path, nil
	}
	return path, &log.DeletionVector{StorageType: "u", PathOrInlineDV: dv, SizeInBytes: 4, Cardinality: 1}
}

func (w *world) checkpoint(s *replay.State) error {
	src := &checkpoint.Source{Version: s.Version, Protocol: s.Protocol, Metadata: s.Metadata, NumAdds: -1, AddBytes: -1, Removes: s.Removes(ctx)}
	for _, app := range s.Txns {
		src.Txns = append(src.Txns, app)
	}
	for _, d := range s.Domains {
		src.Domains = append(src.Domains, d)
	}
	src.Adds = func(yield func(*log.AddFile, error) bool) {
		for f, err := range s.Files(ctx, checkpoint.AllColumns) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(f.Add(), nil) {
				return
			}
		}
	}
	_, err := checkpoint.Write(ctx, w.st, src, &checkpoint.WriteOptions{Now: time.UnixMilli(1_000_000)})
	return err
}

// described is a state in words.
func described(s *replay.State) ([]string, error) {
	name := func(path, dv string) string {
		if dv == "" {
			return path
		}
		return path + "+" + strings.TrimPrefix(dv, "u")
	}
	var files, gone []string
	var bytes int64
	for f, err := range s.Files(ctx, checkpoint.AllColumns) {
		if err != nil {
			return nil, err
		}
		a := f.Add()
		dv := ""
		if a.DeletionVector != nil {
			dv = a.DeletionVector.ID()
		}
		files = append(files, name(a.Path, dv))
		if a.Path != f.Path() || a.Size != f.Size() {
			return nil, fmt.Errorf("%s, %d bytes, is %s, %d bytes", f.Path(), f.Size(), a.Path, a.Size)
		}
		bytes += a.Size
	}
	for r, err := range s.Removes(ctx) {
		if err != nil {
			return nil, err
		}
		dv := ""
		if r.DeletionVector != nil {
			dv = r.DeletionVector.ID()
		}
		gone = append(gone, name(r.Path, dv))
	}
	n, size, err := s.Count(ctx)
	if err != nil {
		return nil, err
	}
	if int(n) != len(files) || size != bytes {
		return nil, fmt.Errorf("%d files of %d bytes are counted, %d of %d are there", n, size, len(files), bytes)
	}
	slices.Sort(files)
	slices.Sort(gone)
	text := fmt.Sprintf("version %d of table %s, %d bytes, files: %s", s.Version, s.Metadata.ID, bytes, orNone(files))
	if len(gone) > 0 {
		text += "; tombstones: " + strings.Join(gone, ", ")
	}
	var apps, domains []string
	for id, app := range s.Txns {
		apps = append(apps, fmt.Sprint(id, "=", app.Version))
	}
	for name, d := range s.Domains {
		domains = append(domains, name+"="+d.Configuration)
	}
	slices.Sort(apps)
	slices.Sort(domains)
	if len(apps) > 0 {
		text += "; apps: " + strings.Join(apps, ", ")
	}
	if len(domains) > 0 {
		text += "; domains: " + strings.Join(domains, ", ")
	}
	return []string{text}, nil
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

// TestAllCheckpointsMayBeDamaged: each leads to the one before it, and the
// first to the commits alone, however many there are. (It was found by
// TestAdvanceIsLoad with seed 17556967947124005768: three of three.)
func TestAllCheckpointsMayBeDamaged(t *testing.T) {
	w := newWorld(nil)
	const newest = 6
	for v := range log.Version(newest + 1) {
		actions := fmt.Sprintf("add f%d", v)
		if v == 0 {
			actions = "protocol, metadata t"
		}
		if err := w.commit(v, actions); err != nil {
			t.Fatal(err)
		}
	}
	want, err := replay.Load(ctx, w.src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	text, err := described(want)
	if err != nil {
		t.Fatal(err)
	}
	steps := []string{fmt.Sprint("crc ", newest)} // what a load needs is there
	for v := range newest {
		steps = append(steps, fmt.Sprint("checkpoint ", v))
	}
	for v := range newest {
		steps = append(steps, fmt.Sprint("damage ", v))
	}
	for _, step := range steps {
		if _, err := w.do(step); err != nil {
			t.Fatal(err)
		}
	}
	s, err := replay.Load(ctx, w.src, replay.Latest)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := described(s); err != nil || got[0] != text[0] {
		t.Errorf("got %v (%v), want %v", got, err, text)
	}
}

// TestAdvanceIsLoad: a state that follows a log step by step is what a load
// finds, whatever checkpoints and checksums there are, and states of before
// stay what they were.
func TestAdvanceIsLoad(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range 12 {
		w := newWorld(nil)
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d, round %d: %s", seed, round, fmt.Sprintf(format, args...))
		}
		if err := w.commit(0, "protocol, metadata t"); err != nil {
			fail("%v", err)
		}
		follower, err := replay.Load(ctx, w.src, replay.Latest)
		if err != nil {
			fail("%v", err)
		}
		texts := []string{}
		states := map[int]*replay.State{}
		for v := 1; v < 20; v++ {
			if err := w.commit(log.Version(v), randomActions(rng)); err != nil {
				fail("%v", err)
			}
			if rng.IntN(4) == 0 {
				if _, err := w.do(fmt.Sprint([]string{"checkpoint ", "v2 "}[rng.IntN(2)], rng.IntN(v+1), " ", rng.IntN(4))); err != nil {
					fail("%v", err)
				}
			}
			if rng.IntN(3) == 0 {
				if _, err := w.do(fmt.Sprint("crc ", rng.IntN(v+1))); err != nil {
					fail("%v", err)
				}
			}
			if lo := rng.IntN(v); rng.IntN(3) == 0 {
				if _, err := w.do(fmt.Sprint("compact ", lo, " ", lo+1+rng.IntN(v-lo))); err != nil {
					fail("%v", err)
				}
			}
			if rng.IntN(8) == 0 {
				lo := rng.IntN(v)
				damage := []string{"damage hint", fmt.Sprint("damage ", rng.IntN(v+1)), fmt.Sprint("damage crc ", rng.IntN(v+1)), fmt.Sprint("damage compact ", lo, " ", lo+1+rng.IntN(v-lo))}[rng.IntN(4)]
				if _, err := w.do(damage); err != nil {
					fail("%v", err)
				}
			}
			if rng.IntN(3) == 0 {
				continue // the follower falls behind
			}
			if follower, err = follower.Advance(ctx); err != nil {
				fail("version %d: %v", v, err)
			}
			got, err := described(follower)
			if err != nil {
				fail("version %d: %v", v, err)
			}
			for len(texts) <= v {
				texts = append(texts, "")
			}
			texts[v], states[v] = got[0], follower
		}
		bare := newWorld(storage.NewMemory(nil))
		for v := range log.Version(20) {
			body, _, err := w.st.Get(ctx, log.CommitName(v), -1)
			if err == nil {
				err = bare.st.Put(ctx, log.CommitName(v), body)
			}
			if err != nil {
				fail("%v", err)
			}
		}
		for v, s := range states {
			again, err := described(s)
			if err != nil || again[0] != texts[v] {
				fail("the state of version %d was %s, is %v (%v)", v, texts[v], again, err)
			}
			for name, from := range map[string]*world{"the log": w, "commits alone": bare} {
				loaded, err := replay.Load(ctx, from.src, log.Version(v))
				if err != nil {
					fail("version %d: %v", v, err)
				}
				want, err := described(loaded)
				if err != nil || sameButOldTombstones(want[0]) != sameButOldTombstones(texts[v]) {
					fail("version %d of %s is %v, the follower had %s (%v)", v, name, want, texts[v], err)
				}
			}
		}
	}
}

// sameButOldTombstones is a description as far as checkpoints keep it.
func sameButOldTombstones(text string) string {
	before, rest, _ := strings.Cut(text, "; tombstones: ")
	_, after, _ := strings.Cut(rest, "; ")
	return before + after
}

// randomActions adds and removes among few files, so that they meet again.
func randomActions(rng *rand.Rand) string {
	seen := map[string]bool{}
	var out []string
	for range 1 + rng.IntN(4) {
		file := string(rune('a' + rng.IntN(6)))
		if seen[file] {
			continue
		}
		seen[file] = true
		dv := []string{"", "", "+x", "+y"}[rng.IntN(4)]
		switch rng.IntN(3) {
		case 0:
			out = append(out, "remove "+file+dv)
		default:
			out = append(out, fmt.Sprint("add ", file, dv, " ", 1+rng.IntN(1000)))
		}
	}
	switch rng.IntN(6) {
	case 0:
		out = append(out, fmt.Sprint("app ", string(rune('p'+rng.IntN(3))), " ", rng.IntN(100)))
	case 1:
		out = append(out, fmt.Sprint("domain ", string(rune('u'+rng.IntN(3))), " ", rng.IntN(100)))
	case 2:
		out = append(out, "drop "+string(rune('u'+rng.IntN(3))))
	}
	return strings.Join(out, ", ")
}
