package partition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

func TestFoldersAreHives(t *testing.T) {
	for _, c := range []struct {
		names  []string
		values []value.Value
		want   string
	}{
		{nil, nil, ""},
		// Measured with Spark 4.2 and Delta 4.4.
		{[]string{"s"}, []value.Value{value.String("a/b=c %:é#?\"'\\ x")}, `s=a%2Fb%3Dc %25%3Aé%23%3F%22%27%5C x`},
		{[]string{"ts"}, []value.Value{value.Int(schema.TimestampNTZ, 1710032523123456)}, "ts=2024-03-10 01%3A02%3A03.123456"},
		{[]string{"a", "b"}, []value.Value{value.Int(schema.Long, -5), value.Null(schema.String)}, "a=-5/b=__HIVE_DEFAULT_PARTITION__"},

		{[]string{"e"}, []value.Value{value.String("")}, "e=__HIVE_DEFAULT_PARTITION__"},
		{[]string{"ts"}, []value.Value{value.Int(schema.Timestamp, 0)}, "ts=1970-01-01T00%3A00%3A00.000000Z"},
		{[]string{"a=b/c", "x y"}, []value.Value{value.Bool(true), value.Double(1e20)}, "a%3Db%2Fc=true/x y=1.0E20"},
		{[]string{"s"}, []value.Value{value.String("\x00\x01\x1f\x7f*{[]^}<>|")}, "s=%00%01%1F%7F%2A%7B%5B%5D%5E}%3C%3E%7C"},
		{[]string{"s"}, []value.Value{value.String("a.")}, "s=a%2E"},
		{[]string{"s"}, []value.Value{value.String("a ")}, "s=a%20"},
		{[]string{"s"}, []value.Value{value.String(" ")}, "s=%20"},
		{[]string{"s"}, []value.Value{value.String("..")}, "s=.%2E"},
		{[]string{"s"}, []value.Value{value.String("\xff😀")}, "s=%FF😀"},
		{[]string{"b"}, []value.Value{value.Binary([]byte{0, 0xFF})}, "b=%00%FF"},
		{[]string{"b"}, []value.Value{value.Null(schema.Binary)}, "b=__HIVE_DEFAULT_PARTITION__"},
	} {
		if got := Dir(c.names, c.values); got != c.want {
			t.Errorf("%v: got %s, want %s", c.names, got, c.want)
		}
	}
}

func TestEveryCharacterSurvivesFolderAndPath(t *testing.T) {
	var chars []rune
	for r := rune(0); r < 0x3000; r++ {
		chars = append(chars, r)
	}
	chars = append(chars, 0x3000, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x1F600, unicode.MaxRune)
	for _, r := range chars {
		for _, text := range []string{string(r), "a" + string(r) + "b", string(r) + string(r)} {
			name := Dir([]string{"p"}, []value.Value{value.String(text)}) + "/f.parquet"
			got, err := log.DecodePath(log.EncodePath(name))
			if err != nil || got != name {
				t.Fatalf("%q: %q became %q, %v", text, name, got, err)
			}
			if back := unhive(t, name); back != text {
				t.Fatalf("%q: the folder %q says %q", text, name, back)
			}
			if strings.ContainsAny(name, ":\\\"*?<>|\x00") || strings.Count(name, "/") != 1 {
				t.Fatalf("%q: no file system has %q", text, name)
			}
		}
	}
}

// unhive reads the text of the one value back from a file's name, as people
// and old tools do.
func unhive(t *testing.T, name string) string {
	t.Helper()
	segment, _, _ := strings.Cut(name, "/")
	text, err := url.PathUnescape(strings.TrimPrefix(segment, "p="))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return text
}

func TestDifferentValuesHaveDifferentFolders(t *testing.T) {
	r := random(t)
	seen := map[string]string{}
	for range 50_000 {
		var text [3]byte
		for i := range text {
			text[i] = []byte("aA/=%2F .\\\x00\xc3\xa9")[r.IntN(13)]
		}
		dir := Dir([]string{"p"}, []value.Value{value.String(string(text[:]))})
		if other, ok := seen[dir]; ok && other != string(text[:]) {
			t.Fatalf("%q and %q share %s", text, other, dir)
		}
		seen[dir] = string(text[:])
		if !utf8.ValidString(dir) {
			t.Fatalf("%q is %q", text, dir)
		}
	}
}

func TestLongFoldersAreToldApart(t *testing.T) {
	for _, c := range []struct {
		dir string
		ok  bool
	}{
		{"", true},
		{"p=" + strings.Repeat("x", 253), true},
		{"p=" + strings.Repeat("x", 254), false},
		{"p=" + strings.Repeat("x", 253) + "/q=" + strings.Repeat("x", 254), false},
		{strings.Repeat("p=x/", 224) + "p=xy", true},
		{strings.Repeat("p=x/", 224) + "p=xyz", false},
	} {
		if Storable(c.dir) != c.ok {
			t.Errorf("%d bytes %.10s…: %v", len(c.dir), c.dir, !c.ok)
		}
	}
}

func TestPrefixIsTwoCharactersThatEveryStoreTakes(t *testing.T) {
	seen := map[string]bool{}
	for i := range 256 * 256 {
		p, err := Prefix(bytes.NewReader([]byte{byte(i), byte(i >> 8)}))
		if err != nil || len(p) != 2 || log.EncodePath(p) != p || strings.ToLower(p) != p {
			t.Fatalf("%d: %q, %v", i, p, err)
		}
		seen[p] = true
	}
	if len(seen) != 36*36 {
		t.Errorf("%d prefixes", len(seen))
	}
	if _, err := Prefix(bytes.NewReader([]byte{1})); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func ExampleDir() {
	dir := Dir([]string{"day", "city"}, []value.Value{value.Int(schema.Date, 19782), value.String("Tromsø/N 10%")})
	fmt.Println("object name ", dir+"/part-0.parquet")
	fmt.Println("path in log ", log.EncodePath(dir+"/part-0.parquet"))
	// Output:
	// object name  day=2024-02-29/city=Tromsø%2FN 10%25/part-0.parquet
	// path in log  day=2024-02-29/city=Tromsø%252FN%2010%2525/part-0.parquet
}

func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
