package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
)

// Config says how hostile a world is.
type Config struct {
	PerMille int // of a thousand operations, how many meet a fault
	// Effects that operations of a kind may meet.
	Effects map[faults.Kind][]faults.Effect
}

// AllPutFaults are the faults of a put, errors of reads, and outages that begin
// with a commit.
func AllPutFaults(perMille int) Config {
	reads := []faults.Effect{faults.ErrBefore, faults.Throttle}
	parts := []faults.Effect{faults.ErrBefore}
	puts := []faults.Effect{
		faults.ErrBefore, faults.ErrAfterApply, faults.AppliedLater, faults.SelfConflict,
		faults.Hang, faults.HangAfterApply, faults.Throttle,
	}
	return Config{PerMille: perMille, Effects: map[faults.Kind][]faults.Effect{
		faults.PutIfAbsent: puts, faults.Put: puts,
		faults.Get: reads, faults.ReadAt: reads, faults.Head: reads, faults.List: reads,
		faults.Create:   parts,
		faults.Complete: {faults.ErrBefore, faults.ErrAfterApply, faults.Throttle},
	}}
}

// World is one run. Its methods are called inside a synctest bubble.
type World struct {
	cfg Config
	rng *rand.Rand
	raw storage.Store

	mu      sync.Mutex // guards what is below
	parked  []*parked
	actors  []*Actor
	running int
	trace   uint64
	ops     int
	hit     map[string]int
	commits map[string][]byte // content of every object that may never change
	written bool              // something may have been put since the last look
	broken  []string
}

// parked is an operation that waits for its turn.
type parked struct {
	actor  *Actor
	op     faults.Op
	resume chan faults.Fault
}

// New makes a world over an empty store in memory.
func New(seed uint64, cfg Config) *World {
	return &World{
		cfg: cfg, rng: rand.New(rand.NewPCG(seed, 0x5eed)),
		raw: storage.NewMemory(&storage.MemoryOptions{Now: time.Now}), hit: map[string]int{}, commits: map[string][]byte{},
	}
}

// Raw is the store as it is, without faults and without waiting.
func (w *World) Raw() storage.Store { return w.raw }

// Actor is somebody who uses the store. Its store and its randomness are its
// own.
type Actor struct {
	w       *World
	index   int
	name    string
	store   *faults.Store
	rng     *rand.ChaCha8
	mortal  bool
	dead    bool // guarded by w.mu: the process was killed
	outage  int  // guarded by w.mu: how many operations more the network loses
	logOnly bool // the outage concerns the log's part of the store
}

// Go starts an actor. Mortal ones may be killed at any operation: what they had
// asked for happens or does not, and everything after it fails.
func (w *World) Go(name string, mortal bool, run func(a *Actor)) {
	a := &Actor{w: w, index: len(w.actors), name: name, mortal: mortal}
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(w.rng.Uint32())
	}
	a.rng = rand.NewChaCha8(seed)
	a.store = faults.New(w.raw, a.plan)
	w.actors = append(w.actors, a)
	w.running++
	go func() {
		defer func() {
			w.mu.Lock()
			w.running--
			w.mu.Unlock()
		}()
		run(a)
	}()
}

// Store is the actor's view of the world's store.
func (a *Actor) Store() storage.Store { return a.store }

// Name is what the actor was started as.
func (a *Actor) Name() string { return a.name }

// Index numbers the actors from 0.
func (a *Actor) Index() int { return a.index }

// Rand is a source of bytes that depends on the seed and the actor alone.
func (a *Actor) Rand() io.Reader { return a.rng }

// IntN draws a number below n.
func (a *Actor) IntN(n int) int { return int(a.rng.Uint64() % uint64(n)) }

// Killed says whether the actor's process was killed, and starts another one
// in its place.
func (a *Actor) Killed() bool {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	was := a.dead
	a.dead = false
	return was
}

// plan parks an operation until the driver lets it go.
func (a *Actor) plan(ctx context.Context, op faults.Op) faults.Fault {
	p := &parked{actor: a, op: op, resume: make(chan faults.Fault, 1)}
	a.w.mu.Lock()
	if a.dead {
		a.w.mu.Unlock()
		return faults.Fault{Effect: faults.ErrBefore, Err: errKilled}
	}
	a.w.parked = append(a.w.parked, p)
	a.w.mu.Unlock()
	select {
	case f := <-p.resume:
		return f
	case <-ctx.Done():
		a.w.mu.Lock()
		a.w.parked = slices.DeleteFunc(a.w.parked, func(q *parked) bool { return q == p })
		a.w.mu.Unlock()
		return faults.Fault{} // the operation runs, with the context that has ended
	}
}

var (
	errKilled = errors.New("process was killed")
	errOutage = errors.New("network is unreachable")
)

// Drive runs the actors to their end.
func (w *World) Drive() {
	idle := time.Millisecond
	for {
		synctest.Wait()
		w.mu.Lock()
		w.watch()
		switch {
		case w.running == 0:
			w.mu.Unlock()
			w.settle()
			return
		case len(w.parked) == 0 || w.rng.IntN(50) == 0:
			w.mu.Unlock()
			time.Sleep(idle) // somebody sleeps or hangs: let time pass
			idle = min(2*idle, time.Second)
			continue
		case w.rng.IntN(8) == 0 && w.applyLate():
			w.mu.Unlock()
			continue
		}
		idle = time.Millisecond
		w.step()
		w.mu.Unlock()
	}
}

// step lets one parked operation go. The caller holds the lock.
func (w *World) step() {
	// The order of arrival is not part of the seed: sort before drawing.
	slices.SortFunc(w.parked, func(a, b *parked) int {
		return cmp.Or(cmp.Compare(a.actor.index, b.actor.index), cmp.Compare(a.op.Kind, b.op.Kind),
			cmp.Compare(a.op.Name, b.op.Name), cmp.Compare(a.op.Off, b.op.Off), cmp.Compare(a.op.Len, b.op.Len))
	})
	i := w.rng.IntN(len(w.parked))
	p := w.parked[i]
	w.parked = slices.Delete(w.parked, i, i+1)
	f := w.draw(p)
	w.ops++
	if f.Effect != faults.None {
		w.hit[string(p.op.Kind)+": "+string(f.Effect)]++
	}
	w.note(p.actor.index, p.op.Kind, p.op.Name, p.op.Off, p.op.Len, f.Effect)
	w.written = w.written || p.op.Kind == faults.PutIfAbsent || p.op.Kind == faults.Put
	p.resume <- f
}

// draw decides what becomes of an operation.
func (w *World) draw(p *parked) faults.Fault {
	if p.actor.mortal && w.rng.IntN(40) == 0 {
		p.actor.dead = true
		effects := []faults.Effect{faults.ErrBefore, faults.ErrAfterApply, faults.AppliedLater}
		e := effects[w.rng.IntN(len(effects))]
		if !e.Hits(p.op.Kind) {
			e = faults.ErrBefore
		}
		return faults.Fault{Effect: e, Err: errKilled}
	}
	if p.actor.outage > 0 && (!p.actor.logOnly || strings.HasPrefix(p.op.Name, "_delta_log/")) {
		p.actor.outage--
		return faults.Fault{Effect: faults.ErrBefore, Err: errOutage}
	}
	effects := w.cfg.Effects[p.op.Kind]
	if len(effects) == 0 || w.rng.IntN(1000) >= w.cfg.PerMille {
		return faults.Fault{}
	}
	e := effects[w.rng.IntN(len(effects))]
	if p.op.Kind == faults.PutIfAbsent && w.rng.IntN(4) == 0 {
		p.actor.outage, p.actor.logOnly = 20+w.rng.IntN(60), w.rng.IntN(2) == 0 // and then the network is gone for a while
	}
	return faults.Fault{Effect: e}
}

// applyLate lands one delayed write, if there is any.
func (w *World) applyLate() bool {
	type late struct {
		a  *Actor
		op faults.Op
	}
	var all []late
	for _, a := range w.actors {
		for _, op := range a.store.Late() {
			all = append(all, late{a, op})
		}
	}
	if len(all) == 0 {
		return false
	}
	slices.SortStableFunc(all, func(x, y late) int {
		return cmp.Or(cmp.Compare(x.a.index, y.a.index), cmp.Compare(x.op.Name, y.op.Name))
	})
	l := all[w.rng.IntN(len(all))]
	w.note(l.a.index, "late", l.op.Name)
	w.written = true
	_ = l.a.store.ApplyLate(context.Background(), l.op.N) // too late is an answer, too
	return true
}

// settle lands what is still delayed: the network has delivered everything.
func (w *World) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.applyLate() {
	}
	w.watch()
}

// watch keeps the content of every commit from the moment it appears.
func (w *World) watch() {
	if !w.written {
		return
	}
	w.written = false
	for info, err := range w.raw.List(context.Background(), "_delta_log/", "") {
		if err != nil {
			w.broken = append(w.broken, err.Error())
			return
		}
		if !strings.HasSuffix(info.Name, ".json") {
			continue
		}
		if _, seen := w.commits[info.Name]; seen {
			continue // compared once more in Report
		}
		body, _, err := w.raw.Get(context.Background(), info.Name, -1)
		if err == nil {
			w.commits[info.Name] = body
		}
	}
}

// note digests an event into the trace.
func (w *World) note(parts ...any) {
	h := fnv.New64a()
	fmt.Fprint(h, w.trace, parts)
	w.trace = h.Sum64()
}

// Report is what a run was.
type Report struct {
	Trace  uint64         // digest of everything that happened
	Ops    int            // operations of the store
	Faults map[string]int // how often each fault happened to each kind
	Broken []string       // what the world itself saw broken
}

// Report is the report of a world that was driven to its end.
func (w *World) Report() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range sorted(w.commits) {
		body, _, err := w.raw.Get(context.Background(), name, -1)
		if err != nil || !bytes.Equal(body, w.commits[name]) {
			w.broken = append(w.broken, fmt.Sprintf("V6: commit %s changed or vanished after it was there: %v", name, err))
		}
		w.note(name, len(body))
	}
	return Report{w.trace, w.ops, w.hit, w.broken}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
