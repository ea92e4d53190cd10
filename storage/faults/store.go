package faults

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/foreset/foreset/storage"
)

// Store is a store with faults. It is safe for concurrent use, and holds no
// lock while an operation runs or a plan decides.
type Store struct {
	inner storage.Store
	plan  Plan

	mu      sync.Mutex
	n       int            // operations that began
	born    map[string]int // objects that came to exist through us: by which operation
	late    []lateOp       // in the order of their operations
	strikes []Strike
}

// Strike is a fault that happened.
type Strike struct {
	Op    Op
	Fault Fault
}

// New wraps a store in a plan. Closing it closes inner, too.
func New(inner storage.Store, plan Plan) *Store {
	if plan == nil {
		plan = func(context.Context, Op) Fault { return Fault{} }
	}
	return &Store{inner: inner, plan: plan, born: map[string]int{}}
}

// Park wraps a store so that hook runs before every operation. The hook may
// block, until ctx ends.
func Park(inner storage.Store, hook func(ctx context.Context, op Op)) *Store {
	return New(inner, func(ctx context.Context, op Op) Fault {
		hook(ctx, op)
		return Fault{}
	})
}

// Unwrap returns the wrapped store.
func (s *Store) Unwrap() storage.Store { return s.inner }

// Strikes returns the faults that happened, in the order in which they did.
func (s *Store) Strikes() []Strike {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.strikes)
}

// Ops returns the number of operations that began.
func (s *Store) Ops() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// begin numbers an operation and asks the plan. A fault that means nothing to
// it is none.
func (s *Store) begin(ctx context.Context, op Op) (Op, Fault) {
	s.mu.Lock()
	op.N = s.n
	s.n++
	s.mu.Unlock()

	fault := s.plan(ctx, op)
	s.applyDue(ctx, op.N)
	if !fault.Effect.Hits(op.Kind) {
		return op, Fault{}
	}
	return op, fault
}

// struck notes a fault that takes place.
func (s *Store) struck(op Op, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strikes = append(s.strikes, Strike{op, fault})
}

// noteBirth remembers that an object is there since an operation.
func (s *Store) noteBirth(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.born[name]; !there {
		s.born[name] = n
	}
}

func (s *Store) noteDeath(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.born, name)
	}
}

// Get implements [storage.Store].
func (s *Store) Get(ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
	op, fault := s.begin(ctx, Op{Kind: Get, Name: name})
	if err := s.failInstead(ctx, op, fault); err != nil {
		return nil, storage.Info{}, err
	}
	body, info, err := s.inner.Get(ctx, name, limit)
	if err != nil {
		return nil, storage.Info{}, err
	}
	n, cut := s.damage(op, fault, body)
	if cut && fault.Err != nil {
		return nil, storage.Info{}, s.failed(op, fault.Err)
	}
	return body[:n], info, nil
}

// ReadAt implements [storage.Store].
func (s *Store) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	op, fault := s.begin(ctx, Op{Kind: ReadAt, Name: name, Len: len(p), Off: off})
	if err := s.failInstead(ctx, op, fault); err != nil {
		return 0, err
	}
	n, err := s.inner.ReadAt(ctx, name, p, off)
	if err != nil && err != io.EOF {
		return n, err
	}
	n, cut := s.damage(op, fault, p[:n])
	switch {
	case cut && fault.Err != nil:
		return n, s.failed(op, fault.Err)
	case cut:
		return n, io.EOF
	}
	return n, err
}

// Head implements [storage.Store].
func (s *Store) Head(ctx context.Context, name string) (storage.Info, error) {
	op, fault := s.begin(ctx, Op{Kind: Head, Name: name})
	if err := s.failInstead(ctx, op, fault); err != nil {
		return storage.Info{}, err
	}
	return s.inner.Head(ctx, name)
}

// failInstead returns the error of a fault that takes the place of an
// operation that is not a write.
func (s *Store) failInstead(ctx context.Context, op Op, fault Fault) error {
	switch fault.Effect {
	case ErrBefore, ErrAfterApply, Throttle:
		s.struck(op, fault)
		return s.injected(op, fault)
	case Hang:
		s.struck(op, fault)
		return s.hang(ctx, op)
	}
	return nil
}

// damage flips a bit of what was read, or says how much of it arrives.
func (s *Store) damage(op Op, fault Fault, read []byte) (n int, cut bool) {
	size := int64(len(read))
	if size == 0 {
		return 0, false
	}
	switch fault.Effect {
	case BitFlip:
		s.struck(op, fault)
		bit := uint64(fault.At) % uint64(size*8)
		read[bit/8] ^= 1 << (bit % 8)
	case ShortRead:
		s.struck(op, fault)
		if fault.At >= size {
			fault.At %= size
		}
		return int(max(fault.At, 0)), true
	}
	return len(read), false
}

// Put implements [storage.Store].
func (s *Store) Put(ctx context.Context, name string, body []byte) error {
	op, fault := s.begin(ctx, Op{Kind: Put, Name: name, Len: len(body)})
	_, err := s.write(ctx, op, fault, write{
		apply: func(ctx context.Context) (storage.Outcome, error) {
			return storage.Unknown, s.inner.Put(ctx, name, body)
		},
		keep: func() { body = slices.Clone(body) },
	})
	return err
}

// PutIfAbsent implements [storage.Store].
func (s *Store) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	op, fault := s.begin(ctx, Op{Kind: PutIfAbsent, Name: name, Len: len(body)})
	var created storage.Info // not read if it is set after the answer
	outcome, err := s.write(ctx, op, fault, write{
		apply: func(ctx context.Context) (outcome storage.Outcome, err error) {
			outcome, created, err = s.inner.PutIfAbsent(ctx, name, body)
			return outcome, err
		},
		keep: func() { body = slices.Clone(body) },
	})
	if outcome != storage.Created {
		return outcome, storage.Info{}, err
	}
	return outcome, created, err
}

// Delete implements [storage.Store].
func (s *Store) Delete(ctx context.Context, names ...string) error {
	op, fault := s.begin(ctx, Op{Kind: Delete, Names: slices.Clone(names)})
	_, err := s.write(ctx, op, fault, write{
		apply: func(ctx context.Context) (storage.Outcome, error) {
			return storage.Unknown, s.inner.Delete(ctx, op.Names...)
		},
	})
	return err
}

// write is an operation that changes the store.
type write struct {
	apply func(context.Context) (storage.Outcome, error)
	// keep makes apply independent of what belongs to the caller, for when it
	// is called after the caller got its answer. May be nil.
	keep func()
	// drop gives up what apply would have used. May be nil.
	drop func()
}

// write carries a change out as the fault has it. The outcome is that of a
// put-if-absent, and means nothing for other kinds.
func (s *Store) write(ctx context.Context, op Op, fault Fault, w write) (storage.Outcome, error) {
	if fault.Effect != None && fault.Effect != SelfConflict {
		s.struck(op, fault)
	}
	switch fault.Effect {
	case ErrBefore, Throttle:
		w.giveUp()
		err := s.injected(op, fault)
		return refusal(err), err
	case Hang:
		err := s.hang(ctx, op)
		w.giveUp()
		return storage.Unknown, err
	case AppliedLater:
		s.postpone(op, fault, w)
		return storage.Unknown, s.injected(op, fault)
	}
	outcome, err := s.carryOut(ctx, op, w)
	if err != nil {
		return outcome, err
	}
	switch fault.Effect {
	case ErrAfterApply:
		return storage.Unknown, s.injected(op, fault)
	case HangAfterApply:
		return storage.Unknown, s.hang(ctx, op)
	case SelfConflict:
		if outcome == storage.Created {
			s.struck(op, fault)
			return storage.Exists, nil
		}
	}
	return outcome, nil
}

// carryOut applies a change and remembers what it made or removed.
func (s *Store) carryOut(ctx context.Context, op Op, w write) (storage.Outcome, error) {
	outcome, err := w.apply(ctx)
	switch {
	case err != nil:
	case op.Kind == Delete:
		s.noteDeath(op.Names)
	case op.Kind != PutIfAbsent || outcome == storage.Created:
		s.noteBirth(op.Name, op.N)
	}
	return outcome, err
}

func (w write) giveUp() {
	if w.drop != nil {
		w.drop()
	}
}

// refusal is the outcome of a put-if-absent that failed before it was applied:
// the caller can be sure of that only where the store said so.
func refusal(err error) storage.Outcome {
	for _, certain := range []error{storage.ErrThrottled, storage.ErrBadName, storage.ErrUnsafe, fs.ErrPermission} {
		if errors.Is(err, certain) {
			return storage.Rejected
		}
	}
	return storage.Unknown
}

// List implements [storage.Store]. It is one operation, which begins when the
// sequence is ranged over; every range is another.
func (s *Store) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		op, fault := s.begin(ctx, Op{Kind: List, Name: prefix, Start: start})
		seq := s.inner.List(ctx, prefix, start)
		switch fault.Effect {
		case ErrAfterApply:
			seq = s.brokenOff(op, fault, seq)
		case StaleList:
			seq = s.stale(op, fault, seq)
		default:
			if err := s.failInstead(ctx, op, fault); err != nil {
				yield(storage.Info{}, err)
				return
			}
		}
		seq(yield)
	}
}

// brokenOff is a listing that fails after some objects.
func (s *Store) brokenOff(op Op, fault Fault, seq iter.Seq2[storage.Info, error]) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		left := fault.At
		for info, err := range seq {
			if left <= 0 {
				break
			}
			left--
			if !yield(info, err) || err != nil {
				return
			}
		}
		s.struck(op, fault)
		yield(storage.Info{}, s.injected(op, fault))
	}
}

// stale is a listing without the newest objects.
func (s *Store) stale(op Op, fault Fault, seq iter.Seq2[storage.Info, error]) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		var infos []storage.Info
		for info, err := range seq {
			if err != nil {
				yield(storage.Info{}, err)
				return
			}
			infos = append(infos, info)
		}
		hidden := s.newest(infos, fault)
		if len(hidden) > 0 {
			s.struck(op, fault)
		}
		for _, info := range infos {
			if !hidden[info.Name] && !yield(info, nil) {
				return
			}
		}
	}
}

// newest returns the names that a stale listing hides.
func (s *Store) newest(infos []storage.Info, fault Fault) map[string]bool {
	type birth struct {
		name string
		n    int // -1: before we came
	}
	births := make([]birth, 0, len(infos))
	s.mu.Lock()
	for _, info := range infos {
		n, known := s.born[info.Name]
		if !known {
			n = -1
		}
		births = append(births, birth{info.Name, n})
	}
	s.mu.Unlock()
	slices.SortFunc(births, func(a, b birth) int {
		return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(b.name, a.name))
	})
	hidden := map[string]bool{}
	for i, b := range births {
		if i < fault.Newest || fault.Newest == 0 && b.n >= fault.Since {
			hidden[b.name] = true
		}
	}
	return hidden
}

// String implements [storage.Store]; it is the name of the wrapped store.
func (s *Store) String() string { return s.inner.String() }

// Close implements [storage.Store]. What was to be applied later never is.
func (s *Store) Close() error {
	for _, l := range s.takeLate(func(lateOp) bool { return true }) {
		l.giveUp()
	}
	return s.inner.Close()
}

// hang waits for the end of ctx.
func (s *Store) hang(ctx context.Context, op Op) error {
	if ctx.Done() == nil {
		return s.failed(op, errors.New("the store hangs, and the context has no end"))
	}
	<-ctx.Done()
	return s.failed(op, ctx.Err())
}

// injected is the error of a fault.
func (s *Store) injected(op Op, fault Fault) error {
	err := fault.Err
	switch {
	case fault.Effect == Throttle:
		err = storage.ErrThrottled
	case err == nil:
		err = ErrInjected
	}
	return s.failed(op, err)
}

func (s *Store) failed(op Op, err error) error {
	name := op.Name
	if len(op.Names) > 0 {
		name = op.Names[0]
	}
	return &storage.Error{Op: string(op.Kind), Store: s.inner.String(), Name: name, Err: err}
}
