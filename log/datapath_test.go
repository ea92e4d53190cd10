package log

import (
	"errors"
	"math/rand/v2"
	"strings"
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
		"a%2fb":                      "a/b",
		"%25252F":                    "%252F",
		"a b#c?d|e":                  "a b#c?d|e", // should have been encoded; taken as it is
		"p=a:b/c":                    "p=a:b/c",
		"...":                        "...",
		`a\b`:                        `a\b`,
		":a":                         ":a",
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
	for _, path := range []string{
		"", "a%", "a%2", "a%zz", "a%2g", "a%00b", "a\x00b", "%", "%zz", "a%%20", "%-1", "% 1",
		".", "a/./b", "./a", "a//b", "a/", "a%2F", "a%2F%2Fb", "%2E", `a\\b`, `\a`, `a\`, "%5Ca",
	} {
		if got, err := DecodePath(path); !errors.Is(err, ErrBadPath) {
			t.Errorf("%q is %q, %v", path, got, err)
		}
	}
}

func TestPathsAreEncodedAsSparkDoes(t *testing.T) {
	// Measured with Spark 4.2 and Delta 4.4.
	for name, path := range map[string]string{
		"s=a%2Fb%3Dc %25%3Aé%23%3F%22%27%5C x/part-0.parquet": "s=a%252Fb%253Dc%20%2525%253Aé%2523%253F%2522%2527%255C%20x/part-0.parquet",
		"ts=2024-03-10 01%3A02%3A03.123456":                   "ts=2024-03-10%2001%253A02%253A03.123456",
		"a:b|c<d>`}{\"^[]\\#?\x7f":                            "a%3Ab%7Cc%3Cd%3E%60%7D%7B%22%5E%5B%5D%5C%23%3F%7F",
		"-_.!~*'()/=+&$,;@09azAZ":                             "-_.!~*'()/=+&$,;@09azAZ",
		"東京/😀":                                                "東京/😀",
		"a\u00a0b\u0085c\u2028d\u3000e":                       "a%C2%A0b%C2%85c%E2%80%A8d%E3%80%80e", // java.net.URI refuses these
		"\xff\xfe":                                            "%FF%FE",
	} {
		if got := EncodePath(name); got != path {
			t.Errorf("%q: got %s, want %s", name, got, path)
		}
		if got, err := DecodePath(path); err != nil || got != name {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, name)
		}
	}
}

func TestRandomNamesRoundTripThroughPaths(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		b := make([]byte, 1+r.IntN(20))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		name, path := string(b), EncodePath(string(b))
		if !utf8.ValidString(path) || strings.ContainsAny(path, " #?:\\\"<>^`{|}[]") {
			t.Fatalf("%q is written %q", name, path)
		}
		if got, err := DecodePath(path); err == nil && got != name {
			t.Fatalf("%q is written %s, and that is %q", name, path, got)
		}
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
