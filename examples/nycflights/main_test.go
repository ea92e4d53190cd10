package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRunningTwiceChangesNothing(t *testing.T) {
	location := t.TempDir()
	var first, second bytes.Buffer
	if err := run(context.Background(), &first, location); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), &second, location); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"version 12: 336776 flights in 12 files",
		"June to August: 84124 rows; skipped 9 of 12 files",
		"two hours late: 9723 rows",
		"aircraft N328AA: 389 rows",
		"after the June commit, version 6: 166158 flights",
	} {
		if !strings.Contains(first.String(), want) || !strings.Contains(second.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, &first, &second)
		}
	}
	if n := strings.Count(second.String(), "already there"); n != 12 {
		t.Errorf("the second run appended again:\n%s", &second)
	}
}
