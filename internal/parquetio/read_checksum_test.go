package parquetio

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pqgo "github.com/parquet-go/parquet-go"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
)

// checksummed is a file without compression whose pages have checksums, as
// parquet-go writes them: nothing else tells a flipped bit of a value. Each
// column has a dictionary and small pages, or small pages alone.
func checksummed(t *testing.T) ([]byte, *schema.Struct) {
	t.Helper()
	type row struct {
		A int64  `parquet:"a"`
		B string `parquet:"b,dict"`
	}
	var body bytes.Buffer
	w := pqgo.NewGenericWriter[row](&body, pqgo.Compression(&pqgo.Uncompressed), pqgo.PageBufferSize(256), pqgo.DataPageVersion(1))
	for i := range 400 {
		if _, err := w.Write([]row{{int64(i), strings.Repeat("b", i%7)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := schema.ParseColumns("a bigint, b string")
	if err != nil {
		t.Fatal(err)
	}
	return body.Bytes(), s
}

// TestFlippedBitsOfPagesWithChecksumsAreDamage, whether a row group is held or
// read through windows, and wherever pages are passed over.
func TestFlippedBitsOfPagesWithChecksumsAreDamage(t *testing.T) {
	whole, s := checksummed(t)
	plans := []ReadPlan{{Schema: s}, {Schema: s, Ranges: []RowRange{{100, 20}, {300, 1}}}}
	for _, budget := range []int64{0, 1} {
		opts := &OpenOptions{Rows: 400, PageIndex: true, Budget: budget}
		clean, err := openBytes(t, whole, opts)
		if err != nil {
			t.Fatal(err)
		}
		if n := clean.RowGroups()[0].Bytes; n < 1000 {
			t.Fatal(n)
		}
		damaged, passed := 0, 0
		for at := 4; at < int(clean.RowGroups()[0].Bytes); at += 11 {
			bad := bytes.Clone(whole)
			bad[at] ^= 1 << (at % 8)
			f, err := openBytes(t, bad, opts)
			if err != nil {
				t.Fatal(err)
			}
			for i, plan := range plans {
				want, _, err := readAll(clean, plan, memory.DefaultAllocator)
				if err != nil {
					t.Fatal(err)
				}
				got, _, err := readAll(f, plan, memory.DefaultAllocator)
				var corrupt *parquetfile.Error
				switch {
				case errors.As(err, &corrupt):
					damaged++
				case err != nil:
					t.Fatalf("byte %d: %v", at, err)
				case !array.RecordEqual(got, want):
					t.Errorf("byte %d, plan %d, budget %d: other rows are read than were written", at, i, budget)
				default: // bounds in a header, or a page that was passed over
					passed++
				}
			}
		}
		if damaged < 150 {
			t.Errorf("budget %d: %d flips were noticed, %d made no difference", budget, damaged, passed)
		}
	}
}

// TestChecksumsOfOthers reads the files of apache/parquet-testing that have
// checksums, of which two are wrong: FORESET_PARQUET_TESTING names a clone.
func TestChecksumsOfOthers(t *testing.T) {
	clone := os.Getenv("FORESET_PARQUET_TESTING")
	if clone == "" {
		t.Skip("FORESET_PARQUET_TESTING is not set")
	}
	files, err := filepath.Glob(filepath.Join(clone, "data", "*checksum*.parquet"))
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := openBytes(t, body, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &schema.Struct{}
		root := f.pf.Meta().Schema.Root()
		for i := range root.NumFields() {
			typ := schema.Type(schema.Integer)
			if strings.Contains(name, "dict") {
				typ = schema.Long
				if strings.Contains(describe(root.Field(i)), "BYTE_ARRAY") {
					typ = schema.Binary
				}
			}
			s.Fields = append(s.Fields, schema.Field{Name: root.Field(i).Name(), Type: typ, Nullable: true})
		}
		_, _, err = readAll(f, ReadPlan{Schema: s}, memory.DefaultAllocator)
		bad := strings.Contains(name, "corrupt")
		if !bad && err != nil || bad && (err == nil || !strings.Contains(err.Error(), "checksum")) {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
}
