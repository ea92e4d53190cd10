package main

import (
	"bytes"
	"context"
	"testing"
)

func TestStructsComeBackAsTheyWere(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), &out, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	const want = `version 1: 3 orders in 2 files
version 2: a column more
order 1 of Ada: 12.50 for 2 kinds of items
order 2 of Grace: 7.25 for 1 kinds of items, as a gift
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
