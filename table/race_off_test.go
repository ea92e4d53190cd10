//go:build !race

package table_test

const thinned = 1
