//go:build cgo && duckdb_arrow

package main

import (
	"bytes"
	"testing"
)

func TestDuckDBReadsATable(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	want := `a join with another table, of Arrow batches:
  name=American  flights=3  distance=5683
  name=United  flights=2  distance=2119
the worst delay of each carrier, by a window over the files:
  carrier=AA  flight=3  delay=15
  carrier=B6  flight=5  delay=-4
  carrier=UA  flight=8  delay=41
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", &out, want)
	}
}
