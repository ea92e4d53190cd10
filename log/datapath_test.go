package log

import (
	"errors"
	"testing"
	"unicode/utf8"
)

func TestPathsAreDecodedExactlyOnce(t *testing.T) { // edge cases 23, 27
	for path, want := range map[string]string{
		"a.parquet":                  "a.parquet",
		"p=x%252Fy%20z/a.parquet":    "p=x%2Fy z/a.parquet",
		"p=%C3%A9/a.parquet":         "p=é/a.parquet",
		"p=é/a b.parquet":            "p=é/a b.parquet",
		"s=a%252Fb%253Dc%20%2525/f":  "s=a%2Fb%3Dc %25/f",
		"p=a%3Fb%23c/%7C+&$,;@!~*()": "p=a?b#c/|+&$,;@!~*()",
		"a+b.parquet":                "a+b.parquet",
		"d/..a/b../c...d":            "d/..a/b../c...d",
		"%63.parquet":                "c.parquet",
		"1:2.parquet":                "1:2.parquet", // no scheme starts with a digit
	} {
		if got, err := DecodePath(path); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", path, got, err, want)
		}
	}
}

func TestPathsThatLeaveTheTableAreRefused(t *testing.T) {
	for _, path := range []string{
		"../a", "a/../b", "a/..", "..", "%2e%2e/a", "a/%2E%2e/b", "a%2F..%2Fb", `..\a`, "a%5C..%5Cb",
		"/a", "%2Fa", "//host/a", "file:///t/a.parquet", "file:/t/sub%20dir/a", "s3://b/k", "S3A://b/k", "abfss://c@a/k", "c:a",
	} {
		if got, err := DecodePath(path); !errors.Is(err, ErrExternalPath) {
			t.Errorf("%q is %q, %v", path, got, err)
		}
	}
	for _, path := range []string{"", "a%", "a%2", "a%zz", "a%2g", "a%00b", "a\x00b"} {
		if got, err := DecodePath(path); !errors.Is(err, ErrBadPath) {
			t.Errorf("%q is %q, %v", path, got, err)
		}
	}
}

func TestEncodedPathsHoldOnlyWhatEveryEngineReads(t *testing.T) {
	name := "s=a%2Fb c|<>`}{\"^[]\\#?:/é~!*'().=+&$,;@-_"
	want := "s=a%252Fb%20c%7C%3C%3E%60%7D%7B%22%5E%5B%5D%5C%23%3F%3A/é~!*'().=+&$,;@-_"
	if got := EncodePath(name); got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzPath(f *testing.F) {
	for _, path := range []string{"a", "p=x%252Fy%20z/a", "../a", "%", "é%00", "s3://b", "a b"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if name, err := DecodePath(text); err == nil {
			if again, err := DecodePath(EncodePath(name)); err != nil || again != name {
				t.Fatalf("%q is %q, which becomes %q, %v", text, name, again, err)
			}
		}
		if utf8.ValidString(text) && !utf8.ValidString(EncodePath(text)) {
			t.Fatalf("%q is encoded to what is not UTF-8", text)
		}
	})
}
