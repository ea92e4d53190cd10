package checkpoint

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/foreset/foreset/log"
)

func TestChecksumIsThatOfTheProtocolsSample(t *testing.T) {
	const sample = `{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}`
	spark, protocol, err := checksums([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	const want = "6a92d155a59bf2eecbd4b4ec7fd1f875"
	if spark != want || protocol != want {
		t.Errorf("got %s and %s, want %s", spark, protocol, want)
	}
}

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ object, want string }{
		{`{}`, ``},
		{`{"a":{},"b":[],"c":null}`, `"c"=null`},
		{`{"b":true,"a":-1.50e3}`, `"a"=-1.50e3,"b"=true`},
		{`{"a b":"a€+"}`, `"a%20b"="a%E2%82%AC%2B"`},
		{`{"x":{"checksum":1},"checksum":{"deep":[1,2]}}`, `"x"+"checksum"=1`},
		{`{"n":12345678901234567890}`, `"n"=12345678901234567890`},
	} {
		spark, protocol, err := checksums([]byte(c.object))
		sum := md5.Sum([]byte(c.want))
		if want := hex.EncodeToString(sum[:]); err != nil || spark != want || protocol != want {
			t.Errorf("%s: %v", c.object, err)
		}
	}
	for _, bad := range []string{``, `[]`, `1`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":1}}`, `{"a":1}x`, `{"a":1`, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		`{"` + strings.Repeat("k", 1<<17) + `":[` + strings.Repeat("1,", 1<<10) + `1]}`} {
		if _, _, err := checksums([]byte(bad)); err == nil {
			t.Errorf("%.30s: no error", bad)
		}
	}
}

// elevenItems is an object whose two sort orders differ: "=" sorts after the
// digits, so that Spark puts item 10 before item 1.
const elevenItems = `"a":["0","1","2","3","4","5","6","7","8","9","10"]`

func TestBothSortOrdersOfAChecksumAreAccepted(t *testing.T) {
	spark, protocol, err := checksums([]byte(`{"version":7,"size":1,` + elevenItems + `}`))
	if err != nil || spark == protocol {
		t.Fatalf("the orders do not differ: %s %s %v", spark, protocol, err)
	}
	for _, sum := range []string{spark, protocol} {
		h := parseHint(fmt.Appendf(nil, `{"version":7,"size":1,%s,"checksum":%q}`, elevenItems, sum))
		if h == nil || h.Version != 7 {
			t.Errorf("checksum %s was not accepted", sum)
		}
	}
}

func TestReadHint(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       *Hint
	}{
		{"written by Spark", `{"version":10,"size":14,"sizeInBytes":14589,"numOfAddFiles":11,"checkpointSchema":{"type":"struct","fields":[]},"future":[{}]}`,
			&Hint{Version: 10, Size: 14, SizeInBytes: ptr(int64(14589)), NumOfAddFiles: ptr(int64(11))}},
		{"multi-part", `{"version":3,"size":4,"parts":2}`, &Hint{Version: 3, Size: 4, Parts: 2}},
		{"without a size", `{"version":3}`, &Hint{Version: 3, Size: -1}},
		{"with spaces and nulls", " {\n\"version\" : 0 , \"size\":1, \"parts\":null,\"checksum\":null}\n", &Hint{Version: 0, Size: 1}},
		{"empty", ``, nil},
		{"not JSON", `version 10`, nil},
		{"cut short", `{"version":10,"si`, nil},
		{"no version", `{"size":10}`, nil},
		{"negative version", `{"version":-1,"size":10}`, nil},
		{"version too large", `{"version":9223372036854775808,"size":10}`, nil},
		{"version is text", `{"version":"10","size":10}`, nil},
		{"no parts", `{"version":10,"size":10,"parts":0}`, nil},
		{"wrong checksum", `{"version":10,"size":10,"checksum":"6a92d155a59bf2eecbd4b4ec7fd1f875"}`, nil},
		{"same member twice", `{"version":10,"version":11,"size":10}`, nil},
		{"an array", `[{"version":10}]`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := newStore()
			st.objects[log.HintName] = []byte(c.text)
			h, err := ReadHint(context.Background(), st)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "hint", h, c.want)
		})
	}
}

func TestMissingHintIsNoError(t *testing.T) {
	if h, err := ReadHint(context.Background(), newStore()); h != nil || err != nil {
		t.Errorf("got %v, %v", h, err)
	}
}

func TestReadHintReportsAFailureOfTheStore(t *testing.T) {
	st := newStore()
	st.fail = func(string, string) error { return fs.ErrPermission }
	if h, err := ReadHint(context.Background(), st); h != nil || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, %v", h, err)
	}
}

func TestWriteHintNeverGoesBack(t *testing.T) {
	ctx, st := context.Background(), newStore()
	for _, c := range []struct{ write, want log.Version }{{5, 5}, {3, 5}, {5, 5}, {20, 20}, {19, 20}} {
		if err := WriteHint(ctx, st, &Hint{Version: c.write, Size: 1}); err != nil {
			t.Fatal(err)
		}
		if h, err := ReadHint(ctx, st); err != nil || h == nil || h.Version != c.want {
			t.Errorf("after writing %d: %+v, %v", c.write, h, err)
		}
	}
}

func TestWriteHintReplacesADamagedOne(t *testing.T) {
	ctx, st := context.Background(), newStore()
	st.objects[log.HintName] = []byte(`{"version":99,"size":1,"checksum":"00"}`)
	if err := WriteHint(ctx, st, &Hint{Version: 4, Size: 1}); err != nil {
		t.Fatal(err)
	}
	if h, _ := ReadHint(ctx, st); h == nil || h.Version != 4 {
		t.Errorf("got %+v", h)
	}
}

func TestWriteHintWritesNothingWhenItCannotLook(t *testing.T) {
	st := newStore()
	st.fail = func(op, _ string) error {
		if op == "get" {
			return fs.ErrPermission
		}
		return nil
	}
	if err := WriteHint(context.Background(), st, &Hint{Version: 1}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if len(st.objects) > 0 {
		t.Error("it wrote a hint")
	}
}

func TestHintTextIsOneLineInTheOrderOfTheProtocol(t *testing.T) {
	h := &Hint{Version: 10, Size: 14, Parts: 2, SizeInBytes: ptr(int64(5)), NumOfAddFiles: ptr(int64(0))}
	text, err := h.text()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":10,"size":14,"parts":2,"sizeInBytes":5,"numOfAddFiles":0,"checksum":"`
	if !strings.HasPrefix(string(text), want) || strings.ContainsAny(string(text), "\n ") {
		t.Errorf("got %s", text)
	}
	same(t, "hint", parseHint(text), h)
}

func FuzzHint(f *testing.F) {
	f.Add([]byte(`{"version":10,"size":14,"sizeInBytes":14589,"numOfAddFiles":11,"checksum":"x"}`))
	f.Add([]byte(`{"version":1,"size":1,` + elevenItems + `}`))
	f.Add([]byte(`{"k0":"'v 0'", "checksum": "x", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4"}]}}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, text []byte) {
		h := parseHint(text)
		if h == nil {
			return
		}
		again, err := h.text()
		if err != nil {
			t.Fatal(err)
		}
		same(t, "hint", parseHint(again), h)
	})
}
