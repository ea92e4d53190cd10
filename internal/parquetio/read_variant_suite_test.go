package parquetio

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/variantbin"
	"github.com/foreset/foreset/schema"
)

// variantJSON is row i of a column of variants, "null" if it is null and
// "error: …" if it is no variant.
func variantJSON(t testing.TB, column any, i int) string {
	t.Helper()
	s := column.(*array.Struct)
	if s.IsNull(i) {
		return "NULL"
	}
	return jsonOf(s.Field(0).(*array.Binary).Value(i), s.Field(1).(*array.Binary).Value(i))
}

func jsonOf(metadata, value []byte) string {
	var d variantbin.Dictionary
	if err := d.Load(metadata); err != nil {
		return "error: " + err.Error()
	}
	text, err := d.AppendJSON(nil, value)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(text)
}

// TestVariantsOfTheParquetTestingSuite reads the folder shredded_variant of
// github.com/apache/parquet-testing, a clone of which FORESET_PARQUET_TESTING
// names: 137 files by Iceberg, each with the variants that it holds.
func TestVariantsOfTheParquetTestingSuite(t *testing.T) {
	root := os.Getenv("FORESET_PARQUET_TESTING")
	if root == "" {
		t.Skip("FORESET_PARQUET_TESTING is not set")
	}
	dir := filepath.Join(root, "shredded_variant")
	text, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Number  int       `json:"case_number"`
		Notes   string    `json:"notes"`
		Parquet string    `json:"parquet_file"`
		Variant string    `json:"variant_file"`
		Rows    []*string `json:"variant_files"`
		Error   string    `json:"error_message"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, c := range cases {
		if c.Parquet == "" {
			continue // a number that was left out
		}
		body, err := os.ReadFile(filepath.Join(dir, c.Parquet))
		if err != nil {
			t.Fatal(err)
		}
		if c.Variant != "" {
			c.Rows = []*string{&c.Variant}
		}
		f, err := openBytes(t, body, nil)
		if err != nil {
			t.Errorf("case %d: %v", c.Number, err)
			continue
		}
		rec, _, err := readAll(f, ReadPlan{Schema: &schema.Struct{Fields: []schema.Field{{Name: "var", Type: schema.Variant, Nullable: true}}}}, memory.DefaultAllocator)
		switch {
		case err != nil && (c.Error != "" || c.Notes != ""): // the notes leave it open
			t.Logf("case %d: %v", c.Number, err)
		case c.Error != "":
			t.Errorf("case %d: got %v, want an error like %q", c.Number, variantJSON(t, rec.Column(0), 0), c.Error)
		case err != nil || int(rec.NumRows()) != len(c.Rows):
			t.Errorf("case %d: %v, %v; want %d rows", c.Number, rec, err, len(c.Rows))
		default:
			for i, name := range c.Rows {
				want := "NULL"
				if name != nil {
					want = joinedJSON(t, filepath.Join(dir, *name))
				}
				if got := variantJSON(t, rec.Column(0), i); got != want {
					t.Errorf("case %d, row %d: got %s, want %s", c.Number, i, got, want)
				}
			}
		}
		read++
	}
	if read < 130 {
		t.Errorf("only %d cases", read)
	}
}

// joinedJSON is the text of a file of metadata and value, one after the other.
func joinedJSON(t *testing.T, name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range b { // the first cut at which both are whole
		var d variantbin.Dictionary
		if d.Load(b[:cut]) == nil && d.Check(b[cut:], variantbin.DepthMax) == nil {
			var ends bytes.Buffer
			ends.WriteString(jsonOf(b[:cut], b[cut:]))
			return ends.String()
		}
	}
	t.Fatalf("%s holds no variant", name)
	return ""
}
