package faults

import (
	"context"
	"errors"
	"slices"

	"github.com/foreset/foreset/storage"
)

// lateOp is a change that is applied after its caller was told of an error.
type lateOp struct {
	op  Op
	due int // the number of the operation before which it lands; 0: none
	write
}

// postpone queues a change.
func (s *Store) postpone(op Op, fault Fault, w write) {
	if w.keep != nil {
		w.keep()
	}
	l := lateOp{op: op, write: w}
	if fault.Ops > 0 {
		l.due = op.N + fault.Ops
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, l)
	slices.SortStableFunc(s.late, func(a, b lateOp) int { return a.op.N - b.op.N })
}

// Late returns the operations that are to be applied later, in their order.
func (s *Store) Late() []Op {
	s.mu.Lock()
	defer s.mu.Unlock()
	ops := make([]Op, len(s.late))
	for i, l := range s.late {
		ops[i] = l.op
	}
	return ops
}

// ApplyLate applies the waiting operations with the given numbers, or all of
// them, in the order in which they were asked for. It returns the errors of
// the wrapped store; that a put-if-absent came too late is none.
func (s *Store) ApplyLate(ctx context.Context, numbers ...int) error {
	return s.apply(ctx, s.takeLate(func(l lateOp) bool {
		return len(numbers) == 0 || slices.Contains(numbers, l.op.N)
	}))
}

// applyDue lands what is due before operation n. Nobody hears of its errors,
// as nobody hears of those of a request that was given up.
func (s *Store) applyDue(ctx context.Context, n int) {
	due := s.takeLate(func(l lateOp) bool { return l.due > 0 && l.due <= n })
	_ = s.apply(context.WithoutCancel(ctx), due)
}

func (s *Store) apply(ctx context.Context, late []lateOp) error {
	var errs []error
	for _, l := range late {
		if _, err := s.carryOut(ctx, l.op, l.write); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// takeLate removes the waiting operations that match from the queue.
func (s *Store) takeLate(match func(lateOp) bool) []lateOp {
	s.mu.Lock()
	defer s.mu.Unlock()
	var taken, left []lateOp
	for _, l := range s.late {
		if match(l) {
			taken = append(taken, l)
		} else {
			left = append(left, l)
		}
	}
	s.late = left
	return taken
}

var _ storage.Store = (*Store)(nil)
