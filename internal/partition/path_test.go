package partition

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func TestPathsAreEncodedAsSparkDoes(t *testing.T) {
	// Measured with Spark 4.2 and Delta 4.4.
	for name, path := range map[string]string{
		"s=a%2Fb%3Dc %25%3Aé%23%3F%22%27%5C x/part-0.parquet": "s=a%252Fb%253Dc%20%2525%253Aé%2523%253F%2522%2527%255C%20x/part-0.parquet",
		"ts=2024-03-10 01%3A02%3A03.123456":                   "ts=2024-03-10%2001%253A02%253A03.123456",
		"p=x%2Fy z/a.parquet":                                 "p=x%252Fy%20z/a.parquet",
		"a:b|c<d>`}{\"^[]\\#?\x7f":                            "a%3Ab%7Cc%3Cd%3E%60%7D%7B%22%5E%5B%5D%5C%23%3F%7F",
		"-_.!~*'()/=+&$,;@09azAZ":                             "-_.!~*'()/=+&$,;@09azAZ",
		"東京/😀":                                                "東京/😀",
		"a\u00a0b\u0085c\u2028d\u3000e":                       "a%C2%A0b%C2%85c%E2%80%A8d%E3%80%80e", // java.net.URI refuses these
		"\xff\xfe":                                            "%FF%FE",
	} {
		if got := EncodePath(name); got != path {
			t.Errorf("%q: got %s, want %s", name, got, path)
		}
		if got, absolute, err := DecodePath(path); err != nil || absolute || got != name {
			t.Errorf("%s: got %q, %v, %v, want %q", path, got, absolute, err, name)
		}
	}
}

func TestPathsAreDecodedExactlyOnce(t *testing.T) {
	for path, want := range map[string]string{
		"p=x%252Fy%20z/a.parquet": "p=x%2Fy z/a.parquet",
		"%63.parquet":             "c.parquet",
		"a%2fb":                   "a/b",
		"a+b":                     "a+b",
		"%25252F":                 "%252F",
		"%C3%A9/é":                "é/é",
		"a b#c?d|e":               "a b#c?d|e", // should have been encoded; taken as it is
		"p=a:b/c":                 "p=a:b/c",
		"1a:b":                    "1a:b",
		"...":                     "...",
		"..a/.b/c.":               "..a/.b/c.",
		`a\b`:                     `a\b`,
		":a":                      ":a",
	} {
		if got, absolute, err := DecodePath(path); err != nil || absolute || got != want {
			t.Errorf("%s: got %q, %v, %v, want %q", path, got, absolute, err, want)
		}
	}
}

func TestAbsolutePathsAreTold(t *testing.T) {
	for path, want := range map[string]string{
		"file:///d/sub%20dir/a.parquet": "file:///d/sub dir/a.parquet",
		"file:/d/a%2525":                "file:/d/a%25",
		"s3://bucket/k%C3%A9y":          "s3://bucket/kéy",
		"abfss://c@a.dfs.x/k":           "abfss://c@a.dfs.x/k",
		"s3a+x-y.z://b/k//l":            "s3a+x-y.z://b/k//l",
		"/data/a.parquet":               "/data/a.parquet",
		"//host/share":                  "//host/share",
		"C:/a":                          "C:/a",
		`c:\a`:                          `c:\a`,
	} {
		if got, absolute, err := DecodePath(path); err != nil || !absolute || got != want {
			t.Errorf("%s: got %q, %v, %v, want %q", path, got, absolute, err, want)
		}
	}
}

func TestPathsThatLeaveTheTableAreRefused(t *testing.T) {
	for _, path := range []string{
		"", ".", "..", "../a", "a/../b", "a/..", "a/./b", "./a", "a//b", "a/", "a/b/",
		"%2e%2e/a", "a/%2E%2E", "a%2F..%2Fb", "%2Fa", "a%2F", "a%2F%2Fb", "%2E",
		`..\a`, `a\..\b`, "a%5C..%5Cb", "..%5c", `a\\b`, `\a`, `\\host\share`, `a\`, "%5Ca",
		"a%00b", "%00", "a\x00b",
		"%", "a%", "a%2", "%zz", "%2g", "%g2", "a%%20", "%-1", "% 1",
		"file:///a/../b", "s3://b/%2e%2e/k", "/a/./b", "/..", `C:\..\a`, "s3://b/k%00", "s3://b/%",
	} {
		if got, _, err := DecodePath(path); !errors.Is(err, ErrPath) || got != "" {
			t.Errorf("%q: got %q, %v", path, got, err)
		}
	}
}

func TestRandomNamesRoundTrip(t *testing.T) {
	r := random(t)
	for range 20_000 {
		b := make([]byte, 1+r.IntN(20))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		name := string(b)
		path := EncodePath(name)
		if !utf8.ValidString(path) {
			t.Fatalf("%q is %q, which is not UTF-8", name, path)
		}
		if strings.ContainsAny(path, " #?:\\\"<>^`{|}[]") {
			t.Fatalf("%q is %s", name, path)
		}
		got, _, err := DecodePath(path)
		if err == nil && got != name {
			t.Fatalf("%q is %s, and that %q", name, path, got)
		}
	}
}

func FuzzDecodePath(f *testing.F) {
	for _, path := range []string{
		"p=x%252Fy%20z/a.parquet", "file:///a/b", "..%2f", "%5C%2e%2E", "s3://b/k", "%00", "é%C3%A9", "a//b", "C:", "%",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, absolute, err := DecodePath(path)
		if err != nil {
			if !errors.Is(err, ErrPath) || name != "" {
				t.Fatalf("%q: %q, %v", path, name, err)
			}
			return
		}
		if strings.IndexByte(name, 0) >= 0 {
			t.Fatalf("%q is %q", path, name)
		}
		for _, segment := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' }) {
			if segment == "." || segment == ".." {
				t.Fatalf("%q is %q", path, name)
			}
		}
		if decoded, err := url.PathUnescape(path); err != nil || decoded != name {
			t.Fatalf("%q is %q, but %q for net/url, %v", path, name, decoded, err)
		}
		if absolute {
			return
		}
		if strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//") || name == "" {
			t.Fatalf("%q is %q", path, name)
		}
		if again, absolute, err := DecodePath(EncodePath(name)); err != nil || absolute || again != name {
			t.Fatalf("%q is written %s, and that %q, %v, %v", name, EncodePath(name), again, absolute, err)
		}
	})
}
