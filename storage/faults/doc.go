// Package faults wraps stores: to make them fail as real ones do, to record
// what is asked of them, and to hold operations back until a test says go.
//
//	rec := faults.Record(storage.NewMemory(nil))
//	store := faults.New(rec, faults.Nth(faults.PutIfAbsent, 0, faults.Fault{Effect: faults.ErrAfterApply}))
//	// the first put-if-absent is applied, and its answer is lost
//
// A [Plan] is asked before every operation and answers with a [Fault]. It may
// wait before it answers, and no lock is held meanwhile: a simulator parks
// operations there, lets one go at a time and decides only then what becomes
// of it. Which operation is hit, where a bit flips and when a late write lands
// come from the plan alone, so that a run can be repeated.
//
// What the wrapper does to an operation is what stores have been seen to do:
// see the constants of [Effect]. An effect that means nothing for the kind of
// an operation leaves it alone; [Effect.Hits] says which do.
//
// The package does not import testing: programs that stress a store use it.
package faults
