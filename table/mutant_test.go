package table_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a mistake that somebody could make, as a change of one place of the
// code. The code under test holds no switch for it.
type mutant struct {
	name     string
	file     string
	old, new string
}

var mutants = []mutant{
	{
		"believes the first exists without reading back", "../internal/txn/put.go",
		"		case outcome == storage.Unknown:\n",
		"		case outcome == storage.Exists:\n			body, err := tx.env.Source.Committer.Lookup(live, v)\n			if err != nil {\n				return refused, nil, err\n			}\n			return beaten, body, nil\n		case outcome == storage.Unknown:\n",
	},
	{
		"takes an unknown outcome for a failure", "../internal/txn/put.go",
		"			doubt = true\n",
		"			return refused, nil, err\n",
	},
	{
		"deletes data files on any commit error", "write.go",
		"		if res != nil && res.Skipped || err != nil && !errors.Is(err, ErrCommitUnknown) {\n",
		"		if res != nil && res.Skipped || err != nil {\n",
	},
	{
		"rebases without checking the winners", "../internal/txn/put.go",
		"	if err := conflict.Check(mine, &conflict.Winner{Version: v, Actions: actions}); err != nil {\n",
		"	if err := conflict.Check(mine, &conflict.Winner{Version: v, Actions: nil}); err != nil {\n",
	},
	{
		"writes checkpoints from a partly loaded state", "../internal/replay/state.go",
		"	for chunk, err := range s.line.base.chunks(ctx, cols, want, kept) {\n",
		"	for chunk, err := range s.line.base.chunks(ctx, cols, want, resident{chunks: kept.chunks[:len(kept.chunks)/2], bare: kept.bare}) {\n",
	},
}

// TestSimulatorFindsPlantedBugs builds the library with each mistake and
// expects the simulator to notice within 1,000 seeds. It builds and runs for
// minutes, so it is asked for: FORESET_MUTANTS=1.
func TestSimulatorFindsPlantedBugs(t *testing.T) {
	if os.Getenv("FORESET_MUTANTS") == "" {
		t.Skip("set FORESET_MUTANTS=1 to build and run the mutants")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			overlay, err := m.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("go", "test", "-overlay", overlay, "-run", "TestSimulatedConcurrency$", "-count=1",
				"-args", "-sim.seeds=1000", "-sim.replay=0").CombinedOutput()
			switch text := string(out); {
			case err == nil:
				t.Errorf("1,000 seeds did not notice")
			case !strings.Contains(text, "--- FAIL: TestSimulatedConcurrency") || !strings.Contains(text, "replay with"):
				t.Errorf("it failed otherwise than by a broken invariant:\n%s", text)
			default:
				at := strings.Index(text, "seed ")
				t.Log(strings.SplitAfterN(text[at:], "\n", 3)[:2])
			}
		})
	}
}

// TestPlantedBugsHaveTheirPlaces: code that has moved on takes its mistakes along.
func TestPlantedBugsHaveTheirPlaces(t *testing.T) {
	for _, m := range mutants {
		if _, err := m.overlay(t.TempDir()); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// overlay writes the changed file and the description that -overlay takes.
func (m mutant) overlay(dir string) (string, error) {
	file, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), m.old) != 1 {
		return "", &os.PathError{Op: "find the place of the mistake in", Path: m.file, Err: os.ErrNotExist}
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}
