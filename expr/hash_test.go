package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/value"
)

// Of a table's hash partitions every engine must think the same: the answers
// are Spark's, see also testdata/oracle/hash.jsonl.
func TestHashesOfEveryTypeAreChained(t *testing.T) {
	for text, want := range map[string]int64{
		"hash()": 42, "hash(NULL)": 42, "hash(NULL, NULL)": 42, "xxhash64(NULL)": 42, "hash('Spark', 123, 2)": -1321691492,
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if text == "hash()" {
			if err == nil {
				t.Error("hash() needs an argument")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		lit, ok := b.Root().(*Literal)
		if !ok || lit.Value.Int64() != want {
			t.Errorf("%s is %v, want %d", text, b.Root(), want)
		}
	}
}

func TestHashesOfNestedTypesAreRefusedByName(t *testing.T) {
	for _, text := range []string{"hash(list)", "xxhash64(1, point)", "greatest(list, list)"} {
		_, err := SQL(text).Bind(testSchema, Env{})
		var refused *UnsupportedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "of ") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestUUIDsAreMadeOfTheBitsThatAreGiven(t *testing.T) {
	random := strings.NewReader(strings.Repeat("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 2) + strings.Repeat("\xff", 16))
	b, err := SQL("uuid()").Bind(testSchema, Env{Rand: random})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"00112233-4455-4677-8899-aabbccddeeff", "00112233-4455-4677-8899-aabbccddeeff", "ffffffff-ffff-4fff-bfff-ffffffffffff"} {
		got, err := b.EvalRow(func([]string) value.Value { return value.Value{} })
		if err != nil || got.Text() != want {
			t.Errorf("%v (%v), want %s", got, err, want)
		}
	}
	if _, err := b.EvalRow(nil); err == nil {
		t.Error("a source that ends gives UUIDs")
	}
	_, err = SQL("uuid()").Bind(testSchema, Env{})
	var refused *UnsupportedError
	if !errors.As(err, &refused) {
		t.Errorf("without a source: %v", err)
	}
}

func TestEachUUIDIsAnother(t *testing.T) {
	random := strings.NewReader(strings.Repeat("a", 16) + strings.Repeat("b", 16))
	b, err := SQL("uuid() = uuid()").Bind(testSchema, Env{Rand: random})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.EvalRow(nil); err != nil || got.Bool() {
		t.Errorf("%v (%v)", got, err)
	}
}
