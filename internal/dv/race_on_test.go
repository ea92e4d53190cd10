//go:build race

package dv

// thinned is by how much the longest tests are thinned out. The race detector
// makes them several times slower; go test without it runs them whole.
const thinned = 4
