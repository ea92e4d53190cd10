// Package sim runs real code against a store in which a seed decides what
// happens next. Only external tests import it.
//
//	actor ─► its store ─► parks ─► driver: waits until all are parked or asleep,
//	                               sorts what is parked, draws one and its fault
//
// All of it happens in a testing/synctest bubble: time stands still while
// anything can run, so timeouts and back-offs cost nothing and a run depends on
// its seed alone. [Report.Trace] digests every operation, its content and its
// fate: two runs of one seed are the same run if their traces are.
//
// What a bubble asks of the code under test: no lock held over a request to
// the store, no goroutine that outlives its call, ids and jitter from the
// source it is given. Codecs whose encoders keep goroutines (zstd) cannot be
// used inside.
package sim
