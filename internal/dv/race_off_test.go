//go:build !race

package dv

const thinned = 1
