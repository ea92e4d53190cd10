package log

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files under testdata")

const testUUID = "80a083e8-7026-4e79-81be-64bd76c43a11"

// logOf is a listing from short names: "5.json", "0-9.json", "5.crc",
// "5.checkpoint.parquet", "5.checkpoint.1.2.parquet" (a part), "5.uuid.parquet",
// "5.uuid.json", "3.5.compacted.json"; "!" before a name means that the file is
// empty, "@t" after it its time in milliseconds; other names are as they are.
func logOf(names ...string) (entries []storage.Info) {
	for _, name := range names {
		for _, n := range expand(name) {
			entries = append(entries, entryOf(n))
		}
	}
	return entries
}

func expand(name string) []string {
	head, rest, _ := strings.Cut(name, ".")
	lo, hi, isRange := strings.Cut(head, "-")
	from, err1 := strconv.Atoi(lo)
	to, err2 := strconv.Atoi(hi)
	if !isRange || err1 != nil || err2 != nil {
		return []string{name}
	}
	var names []string
	for v := from; v <= to; v++ {
		names = append(names, fmt.Sprintf("%d.%s", v, rest))
	}
	return names
}

func entryOf(name string) storage.Info {
	e := storage.Info{Size: 100, Modified: time.UnixMilli(0)}
	if empty, ok := strings.CutPrefix(name, "!"); ok {
		name, e.Size = empty, 0
	}
	if n, at, ok := strings.Cut(name, "@"); ok {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			panic(err)
		}
		name, e.Modified = n, time.UnixMilli(ms)
	}
	e.Name = Dir + name
	f := strings.Split(name, ".")
	v, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || v < 0 {
		return e
	}
	num := func(i int) int64 { n, _ := strconv.ParseInt(f[i], 10, 64); return n }
	switch rest := strings.Join(f[1:], "."); {
	case rest == "json":
		e.Name = CommitName(Version(v))
	case rest == "crc":
		e.Name = ChecksumName(Version(v))
	case rest == "checkpoint.parquet":
		e.Name = CheckpointName(Version(v))
	case len(f) == 3 && f[1] == "uuid":
		e.Name = UUIDCheckpointName(Version(v), testUUID, f[2])
	case len(f) == 5 && f[1] == "checkpoint":
		e.Name = MultipartCheckpointName(Version(v), int(num(2)), int(num(3)))
	case len(f) == 4 && f[2] == "compacted":
		e.Name = CompactedName(Version(v), Version(num(1)))
	}
	return e
}

// short is the inverse of entryOf for names.
func short(name string) string {
	n, ok := ParseName(name)
	switch {
	case !ok:
		return name
	case n.Kind == MultipartCheckpoint:
		return fmt.Sprintf("%d.checkpoint.%d.%d.parquet", n.Version, n.Part, n.Parts)
	case n.Kind == UUIDCheckpoint && n.JSON:
		return fmt.Sprintf("%d.uuid.json", n.Version)
	case n.Kind == UUIDCheckpoint:
		return fmt.Sprintf("%d.uuid.parquet", n.Version)
	case n.Kind == ClassicCheckpoint:
		return fmt.Sprintf("%d.checkpoint.parquet", n.Version)
	case n.Kind == VersionChecksum:
		return fmt.Sprintf("%d.crc", n.Version)
	case n.Kind == Compacted:
		return fmt.Sprintf("%d.%d.compacted.json", n.Version, n.Hi)
	default:
		return fmt.Sprintf("%d.json", n.Version)
	}
}

func shorts(files []File) string {
	var names []string
	for _, f := range files {
		names = append(names, short(f.Name))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

func describe(s *Segment, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version %d\n", s.Version)
	if s.CheckpointVersion >= 0 {
		fmt.Fprintf(&b, "%s %d: %s\n", s.CheckpointKind, s.CheckpointVersion, shorts(s.Checkpoint))
	}
	fmt.Fprintf(&b, "commits: %s\n", shorts(s.Commits))
	if s.Checksum != nil {
		fmt.Fprintf(&b, "checksum: %s\n", short(s.Checksum.Name))
	}
	if len(s.Compacted) > 0 {
		fmt.Fprintf(&b, "compacted: %s; usable: %s\n", shorts(s.Compacted), shorts(UsableCompacted(s, s.CheckpointVersion+1, s.Version)))
	}
	for _, c := range s.Checkpoints {
		fmt.Fprintf(&b, "else %s %d: %s\n", c.Kind, c.Version, shorts(c.Files))
	}
	fmt.Fprintf(&b, "newest: %s\n", short(s.Newest.Name))
	return b.String()
}

// TestSegmentsAreChosenAsTheScriptSays runs testdata/segment.txt: a story, the
// files of a log, and questions: "segment" for the newest version, "segment
// v", "without" for the last segment without its checkpoint, "earliest".
func TestSegmentsAreChosenAsTheScriptSays(t *testing.T) {
	file := filepath.Join("testdata", "segment.txt")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed) // of the order in which files are listed
	r := rand.New(rand.NewPCG(seed, 3))
	var out strings.Builder
	var entries []storage.Info
	var last *Segment
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		question, _, _ := strings.Cut(block, "\n----\n")
		out.WriteString(question)
		for line := range strings.SplitSeq(question, "\n") {
			word, rest, _ := strings.Cut(line, " ")
			var answer string
			switch word {
			case "#":
				continue
			case "log":
				entries = logOf(strings.Fields(rest)...)
				r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
				continue
			case "segment":
				target := int64(-1)
				if rest != "" {
					if target, err = strconv.ParseInt(rest, 10, 64); err != nil {
						t.Fatal(err)
					}
				}
				last, err = BuildSegment(entries, Version(target), nil)
				answer = describe(last, err)
			case "without":
				last, err = last.Without()
				answer = describe(last, err)
			case "earliest":
				v, err := EarliestVersion(entries)
				answer = fmt.Sprintf("version %d\n", v)
				if err != nil {
					answer = "error: " + err.Error() + "\n"
				}
			default:
				t.Fatalf("unknown question %q", line)
			}
			out.WriteString("\n----\n" + answer)
		}
		out.WriteString("\n\n")
	}
	got := strings.ReplaceAll(strings.TrimSpace(out.String())+"\n", "\n\n\n", "\n\n")
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(text) {
		t.Errorf("run with -rewrite and look at the difference; got\n%s", got)
	}
}

func TestGapsAndMissingVersionsHaveTheirTypes(t *testing.T) {
	_, err := BuildSegment(logOf("0.json", "2.json"), -1, nil)
	var gap *GapError
	if !errors.As(err, &gap) || *gap != (GapError{Missing: 1, Next: 2}) || !errors.Is(err, ErrGap) {
		t.Errorf("gap: %v", err)
	}
	_, err = BuildSegment(logOf("0-3.json"), 9, nil)
	var version *VersionError
	if !errors.As(err, &version) || *version != (VersionError{Want: 9, First: 0, Last: 3}) || !errors.Is(err, ErrVersionGone) {
		t.Errorf("version: %v", err)
	}
	if _, err = BuildSegment(logOf("_last_checkpoint", "1.crc", ".tmp"), -1, nil); !errors.Is(err, ErrNotTable) {
		t.Errorf("not a table: %v", err)
	}
}

// TestSegmentsOfRandomLogsHoldTogether checks the definition of a segment on
// logs that lost files at random.
func TestSegmentsOfRandomLogsHoldTogether(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	for range 3000 {
		var names []string
		for v := range 12 {
			for _, kind := range []string{"json", "json", "json", "crc", "checkpoint.parquet", "checkpoint.1.2.parquet", "checkpoint.2.2.parquet", "uuid.json"} {
				if r.IntN(20) < map[bool]int{true: 17, false: 5}[kind == "json"] {
					names = append(names, fmt.Sprintf("%d.%s", v, kind))
				}
			}
		}
		entries := logOf(names...)
		target := Version(r.IntN(14) - 1)
		checkSegment(t, names, entries, target)
	}
}

func checkSegment(t *testing.T, names []string, entries []storage.Info, target Version) {
	t.Helper()
	commits, checkpoints := map[Version]bool{}, map[Version]bool{}
	listed := map[string]bool{}
	newest := Version(-1)
	for _, e := range entries {
		n, _ := ParseName(e.Name)
		listed[short(e.Name)] = true
		switch n.Kind {
		case Commit:
			commits[n.Version] = true
		case ClassicCheckpoint, UUIDCheckpoint:
			checkpoints[n.Version] = true
		}
	}
	for v := range Version(12) {
		if listed[fmt.Sprintf("%d.checkpoint.1.2.parquet", v)] && listed[fmt.Sprintf("%d.checkpoint.2.2.parquet", v)] {
			checkpoints[v] = true
		}
		if commits[v] || checkpoints[v] {
			newest = v
		}
	}
	want := target
	if target < 0 {
		want = newest
	}
	// The version can be had if commits lead to it from its newest checkpoint.
	base := Version(-1)
	for v := range checkpoints {
		if v <= want {
			base = max(base, v)
		}
	}
	possible := want >= 0
	for v := base + 1; v <= want; v++ {
		possible = possible && commits[v]
	}
	s, err := BuildSegment(entries, target, nil)
	if possible != (err == nil) {
		t.Fatalf("%v at %d: %v", names, target, err)
	}
	if err != nil {
		return
	}
	if s.Version != want || s.CheckpointVersion != base || len(s.Commits) != int(want-base) {
		t.Fatalf("%v at %d: %v", names, target, s)
	}
	if first, err := EarliestVersion(entries); target < 0 && (err != nil || first > s.Version) {
		t.Fatalf("%v: earliest %d, %v, but there is %d", names, first, err, s.Version)
	}
	if rest, err := s.Without(); err == nil && (rest.Version != s.Version || reflect.DeepEqual(rest.Checkpoint, s.Checkpoint) && len(s.Checkpoint) > 0) {
		t.Fatalf("%v at %d: without its checkpoint %v", names, target, rest)
	}
}
