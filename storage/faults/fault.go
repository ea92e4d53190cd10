package faults

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
)

// ErrInjected is what a fault reports unless it says otherwise.
var ErrInjected = errors.New("injected fault")

// Effect is what a fault does to an operation.
type Effect string

// The effects.
const (
	// None: the operation is carried out.
	None Effect = ""
	// ErrBefore: an error, and nothing happened.
	ErrBefore Effect = "error before"
	// ErrAfterApply: it was carried out, and the answer is an error. A List
	// fails after Fault.At objects.
	ErrAfterApply Effect = "error after apply"
	// AppliedLater: an error now; it is carried out when [Store.ApplyLate] is
	// called or Fault.Ops more operations have begun, whichever is first. A
	// delayed request does this.
	AppliedLater Effect = "applied later"
	// SelfConflict: it was carried out, and a Created is reported as Exists.
	// The hidden retry of an SDK does this.
	SelfConflict Effect = "self-conflict"
	// Hang: nothing happens until the context ends.
	Hang Effect = "hang"
	// HangAfterApply: it was carried out, and no answer comes until the
	// context ends.
	HangAfterApply Effect = "hang after apply"
	// Throttle: storage.ErrThrottled, and nothing happened.
	Throttle Effect = "throttle"
	// ShortRead: the first Fault.At bytes of what was asked for, and a clean
	// end. With Fault.Err set that error comes instead of the end.
	ShortRead Effect = "short read"
	// BitFlip: one bit is wrong in the bytes that were read.
	BitFlip Effect = "bit flip"
	// StaleList: the newest objects are missing from the listing.
	StaleList Effect = "stale list"
)

// Effects returns all effects but None.
func Effects() []Effect {
	return []Effect{
		ErrBefore, ErrAfterApply, AppliedLater, SelfConflict, Hang, HangAfterApply,
		Throttle, ShortRead, BitFlip, StaleList,
	}
}

// Hits says whether the effect means something for operations of a kind.
func (e Effect) Hits(kind Kind) bool {
	switch e {
	case ErrBefore, ErrAfterApply:
		return true
	case Hang, Throttle:
		return kind != Abort
	case AppliedLater, HangAfterApply:
		return slices.Contains([]Kind{Put, PutIfAbsent, Complete, Delete}, kind)
	case SelfConflict:
		return kind == PutIfAbsent
	case ShortRead, BitFlip:
		return kind == Get || kind == ReadAt
	case StaleList:
		return kind == List
	}
	return false
}

// Fault is what becomes of one operation. The zero Fault is none.
type Fault struct {
	Effect Effect
	// Err is reported instead of ErrInjected, for effects that report it.
	Err error
	// At is the number of bytes that a ShortRead lets through (less than there
	// are), the bit that a BitFlip flips (modulo the number of bits), and the
	// number of objects that a List yields before ErrAfterApply.
	At int64
	// Ops is the number of operations after which an AppliedLater lands. Zero:
	// only ApplyLate lands it.
	Ops int
	// Newest is the number of objects that a StaleList hides: those that were
	// written last through this wrapper, then those that come last by name.
	// Zero: it hides what came to exist in the operations from Since on.
	Newest int
	Since  int
}

// Plan decides what becomes of an operation. It is called before each one,
// concurrently where the operations are, and may block until ctx ends: then
// the operation still runs, with the ended context. Nil is no faults.
type Plan func(ctx context.Context, op Op) Fault

// At hits the operation with the number n.
func At(n int, fault Fault) Plan {
	return func(_ context.Context, op Op) Fault {
		if op.N == n {
			return fault
		}
		return Fault{}
	}
}

// Nth hits one operation of a kind, the n-th counted from 0.
func Nth(kind Kind, n int, fault Fault) Plan {
	var seen atomic.Int64
	return func(_ context.Context, op Op) Fault {
		if op.Kind == kind && seen.Add(1)-1 == int64(n) {
			return fault
		}
		return Fault{}
	}
}

// Seeded hits about perMille of a thousand operations with one of the effects
// that mean something for them. Its answer depends on the seed, the number and
// the kind of the operation only. Late writes land within 8 operations, stale
// listings hide up to 3 objects.
func Seeded(seed uint64, perMille int, effects ...Effect) Plan {
	return func(_ context.Context, op Op) Fault {
		r := mixer(seed ^ uint64(op.N)*0x9e3779b97f4a7c15)
		var possible []Effect
		for _, e := range effects {
			if e.Hits(op.Kind) {
				possible = append(possible, e)
			}
		}
		if len(possible) == 0 || int(r.next()%1000) >= perMille {
			return Fault{}
		}
		return Fault{
			Effect: possible[r.next()%uint64(len(possible))],
			At:     int64(r.next() >> 1),
			Ops:    1 + int(r.next()%8),
			Newest: 1 + int(r.next()%3),
		}
	}
}

// mixer is the splitmix64 generator.
type mixer uint64

func (m *mixer) next() uint64 {
	*m += 0x9e3779b97f4a7c15
	z := uint64(*m)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
