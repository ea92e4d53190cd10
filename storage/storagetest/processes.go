package storagetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// Processes are the size of a race between processes.
type Processes struct {
	Processes int // zero: 4
	Keys      int // zero: 10,000; 100,000 if FORESET_LONG is 1
}

const (
	envLong     = "FORESET_LONG"
	envChild    = "FORESET_STORAGETEST_CHILD"    // the number of this process
	envLocation = "FORESET_STORAGETEST_LOCATION" // where it races
)

// RunProcesses races processes for keys: for every key all of them put if
// absent at the same moment, exactly one must win, and its bytes must be there.
//
// The processes are this test binary, started again to run the test that calls
// RunProcesses, which must be one of its own at the top level. There the call
// does not return, and nothing is cleaned up. So whatever the test does before
// it is done in every process; only location is asked for in the first alone,
// and may be t.TempDir.
func RunProcesses(t *testing.T, location func() string, open func(location string) (storage.Store, error), p Processes) {
	t.Helper()
	if child := os.Getenv(envChild); child != "" {
		os.Exit(runChild(child, open))
	}
	if p.Processes == 0 {
		p.Processes = 4
	}
	if p.Keys == 0 {
		p.Keys = 10_000
		if os.Getenv(envLong) == "1" {
			p.Keys = 100_000
		}
	}
	at := location()
	store, err := open(at)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	tally, err := raceProcesses(t.Context(), t.Name(), at, store, p)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d processes, %d keys: %d with one winner, %d with several, %d with none",
		p.Processes, p.Keys, tally.one, tally.several, tally.none)
}

// tally counts keys by their winners.
type tally struct{ one, several, none int }

// heat is how many keys the processes get at a time. Within one they run
// freely: whoever is behind finds objects, which is quick, until it has caught
// up with the first, and then they race.
const heat = 200

// raceProcesses runs the race. What it sends to a process are keys, what comes
// back is a letter for each.
func raceProcesses(ctx context.Context, test, location string, store storage.Store, p Processes) (tally, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills what is left of them
	racers := make([]*racer, p.Processes)
	for i := range racers {
		r, err := startRacer(ctx, test, location, i)
		if err != nil {
			return tally{}, err
		}
		defer r.stop()
		racers[i] = r
	}
	var found tally
	var wrong problems
	for first := 0; first < p.Keys; first += heat {
		var keys []string
		for k := first; k < min(first+heat, p.Keys); k++ {
			keys = append(keys, fmt.Sprintf("_delta_log/%020d.json", k))
		}
		winners, err := runHeat(racers, keys)
		if err != nil {
			return found, err
		}
		for k, key := range keys {
			switch len(winners[k]) {
			case 0:
				found.none++
				wrong.add("%s has no winner", key)
			case 1:
				found.one++
				if err := mustRead(ctx, store, key, claim(winners[k][0], key)); err != nil {
					wrong.add("the winner is process %d: %w", winners[k][0], err)
				}
			default:
				found.several++
				wrong.add("%s has the winners %d", key, winners[k])
			}
		}
	}
	return found, wrong.err()
}

// runHeat races for some keys. It returns the winners of each.
func runHeat(racers []*racer, keys []string) ([][]int, error) {
	for _, r := range racers {
		if _, err := io.WriteString(r.keys, strings.Join(keys, "\n")+"\n"); err != nil {
			return nil, errors.Join(err, r.why())
		}
	}
	winners := make([][]int, len(keys))
	for i, r := range racers {
		for k, key := range keys {
			created, err := r.result()
			if err != nil {
				return nil, fmt.Errorf("%s: process %d: %w", key, i, err)
			}
			if created {
				winners[k] = append(winners[k], i)
			}
		}
	}
	return winners, nil
}

// racer is a process of the race.
type racer struct {
	cmd    *exec.Cmd
	keys   io.WriteCloser
	answer *bufio.Reader
	stderr strings.Builder
}

func startRacer(ctx context.Context, test, location string, i int) (*racer, error) {
	r := &racer{cmd: exec.CommandContext(ctx, os.Args[0], "-test.run=^"+regexp.QuoteMeta(test)+"$")}
	r.cmd.Env = append(os.Environ(), envChild+"="+strconv.Itoa(i), envLocation+"="+location)
	r.cmd.Stderr = &r.stderr
	var err error
	if r.keys, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.answer = bufio.NewReader(out)
	return r, r.cmd.Start()
}

// result says whether the process believes that it created the next object.
func (r *racer) result() (created bool, err error) {
	letter, err := r.answer.ReadByte()
	switch {
	case err != nil:
		return false, errors.Join(err, r.why())
	case letter == 'c':
		return true, nil
	case letter == 'e':
		return false, nil
	}
	line, _ := r.answer.ReadString('\n')
	return false, errors.New(line)
}

// why waits for a process that has ended by itself and says why it did.
func (r *racer) why() error {
	return errors.Join(r.cmd.Wait(), errors.New(r.stderr.String()))
}

// stop ends the process: it stops at the end of its input.
func (r *racer) stop() {
	r.keys.Close()
	_ = r.cmd.Wait()
}

// runChild is the life of a process of the race. It returns the exit code.
func runChild(number string, open func(string) (storage.Store, error)) int {
	i, err := strconv.Atoi(number)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	store, err := open(os.Getenv(envLocation))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer store.Close()
	keys := bufio.NewScanner(os.Stdin)
	for keys.Scan() {
		outcome, _, err := store.PutIfAbsent(context.Background(), keys.Text(), claim(i, keys.Text()))
		answer := "x" + fmt.Sprintf("%v, %v\n", outcome, err)
		switch {
		case err == nil && outcome == storage.Created:
			answer = "c"
		case err == nil && outcome == storage.Exists:
			answer = "e"
		}
		if _, err := io.WriteString(os.Stdout, answer); err != nil {
			return 1
		}
	}
	return 0
}
