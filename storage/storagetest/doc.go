// Package storagetest is what every [storage.Store] must do, as tests.
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storage.Store { return … }, storagetest.Options{})
//	}
//
// [Run] checks one process: names, ranges, listings, writes that end early,
// contexts, errors, and that of 64 concurrent put-if-absent exactly one wins.
// [RunProcesses] races processes, for stores that several can open. Nothing in
// here waits for time to pass.
//
// The checks are functions that return an error, so that the package's own
// tests can show that each of them finds the store that breaks its rule.
package storagetest
