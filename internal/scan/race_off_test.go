//go:build !race

package scan_test

const thinned = 1
