package parquetio

import (
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// brokenWriter fails after so many bytes, or takes a byte less than it is given.
type brokenWriter struct {
	left  int
	short bool
}

var errBroken = errors.New("broken")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		if b.short {
			return len(p) - 1, nil
		}
		return 0, errBroken
	}
	return len(p), nil
}

func TestAFailedWriteStaysFailed(t *testing.T) {
	s := structOf(nullable("n", schema.Long))
	batch := batchOf(t, memory.DefaultAllocator, s, `[{"n":1},{"n":2}]`)
	data, _ := written(t, s, nil, batch)
	for left := range len(data) {
		for _, short := range []bool{false, true} {
			want := errBroken
			if short {
				want = io.ErrShortWrite
			}
			w, err := NewWriter(&brokenWriter{left: left, short: short}, s, &WriteOptions{RowGroupRows: 1})
			if err == nil {
				err = w.Write(batch)
				if err != nil {
					if again := w.Write(batch); !errors.Is(again, want) {
						t.Errorf("after %d bytes: a second write gave %v", left, again)
					}
				}
				_, err = w.Close()
				w.Abort()
			}
			if !errors.Is(err, want) {
				t.Errorf("after %d bytes: %v", left, err)
			}
		}
	}
}

func TestNothingIsWrittenAfterCloseOrAbort(t *testing.T) {
	s := structOf(nullable("n", schema.Long))
	batch := batchOf(t, memory.DefaultAllocator, s, `[{"n":1}]`)
	for _, end := range []func(*Writer){func(w *Writer) { _, _ = w.Close() }, (*Writer).Abort} {
		w, err := NewWriter(io.Discard, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		end(w)
		if err := w.Write(batch); err == nil {
			t.Error("a write was accepted")
		}
		if _, err := w.Close(); err == nil {
			t.Error("a close was accepted")
		}
		w.Abort()
		_, _ = w.Size(), w.Buffered()
	}
}

func TestSchemasThatAFileCannotHaveAreRefusedByName(t *testing.T) {
	deep := schema.Type(schema.Long)
	for range 200 {
		deep = &schema.Array{Element: deep, ContainsNull: true}
	}
	for _, c := range []struct {
		name, column string
		schema       *schema.Struct
	}{
		{"no column", "", structOf()},
		{"void alone", "", structOf(nullable("v", schema.Void))},
		{"void in an array", "a.element", structOf(nullable("a", &schema.Array{Element: schema.Void}))},
		{"void in a map", "m.value", structOf(nullable("m", &schema.Map{Key: schema.Long, Value: schema.Void}))},
		{"a struct of void", "s", structOf(nullable("s", structOf(nullable("v", schema.Void))))},
		{"an unknown type", "u", structOf(nullable("u", schema.Primitive(99)))},
	} {
		var refused *SchemaError
		if _, err := NewWriter(io.Discard, c.schema, nil); !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	var refused *SchemaError
	if _, err := NewWriter(io.Discard, structOf(nullable("d", deep)), nil); !errors.As(err, &refused) {
		t.Errorf("200 levels: %v", err)
	}
}

func TestBatchesThatDoNotFitAreRefusedByName(t *testing.T) {
	mem := memory.DefaultAllocator
	for _, c := range []struct {
		file, batch schema.Type
		rows        string
		column      string
	}{
		{schema.Long, schema.Integer, `[{"c":1}]`, "c"},
		{schema.String, schema.Binary, `[{"c":"YQ=="}]`, ""}, // the same bytes
		{schema.Boolean, schema.Long, `[{"c":1}]`, "c"},
		{schema.Timestamp, schema.Long, `[{"c":1}]`, "c"},
		{schema.Decimal{Precision: 10, Scale: 2}, schema.Decimal{Precision: 10, Scale: 3}, `[{"c":"1"}]`, "c"},
		{schema.Decimal{Precision: 30, Scale: 2}, schema.Decimal{Precision: 30, Scale: 3}, `[{"c":"1"}]`, "c"},
		{structOf(nullable("x", schema.Long), nullable("y", schema.Long)), structOf(nullable("x", schema.Long)), `[{"c":{"x":1}}]`, "c"},
		{structOf(nullable("x", schema.Long)), schema.Long, `[{"c":1}]`, "c"},
		{&schema.Array{Element: schema.Long}, schema.Long, `[{"c":1}]`, "c"},
		{&schema.Array{Element: schema.Long}, &schema.Array{Element: schema.Date}, `[{"c":["2024-01-01"]}]`, "c.element"},
		{&schema.Map{Key: schema.Long, Value: schema.Long}, &schema.Array{Element: schema.Long}, `[{"c":[1]}]`, "c"},
	} {
		w, err := NewWriter(io.Discard, structOf(nullable("c", c.file)), nil)
		if err != nil {
			t.Fatal(err)
		}
		batch := batchOf(t, mem, structOf(nullable("c", c.batch)), c.rows)
		var refused *SchemaError
		err = w.Write(batch)
		if c.column == "" && err == nil {
			continue
		}
		if !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%v into %v: %v", c.batch, c.file, err)
		}
	}
	w, err := NewWriter(io.Discard, structOf(nullable("a", schema.Long), nullable("b", schema.Long)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused *SchemaError
	if err := w.Write(batchOf(t, mem, structOf(nullable("a", schema.Long)), `[{"a":1}]`)); !errors.As(err, &refused) {
		t.Errorf("a batch of one column in a file of two: %v", err)
	}
}

func TestANullWhereNoneIsAllowedIsRefusedByName(t *testing.T) {
	for _, c := range []struct {
		typ    schema.Type // required
		loose  schema.Type // as the batch has it
		rows   string
		column string
	}{
		{schema.Long, schema.Long, `[{"c":1},{"c":null}]`, "c"},
		{structOf(schema.Field{Name: "x", Type: schema.Long}), structOf(nullable("x", schema.Long)), `[{"c":{"x":null}}]`, "c.x"},
		{structOf(nullable("x", schema.Long)), structOf(nullable("x", schema.Long)), `[{"c":null}]`, "c"},
		{&schema.Array{Element: schema.Long}, &schema.Array{Element: schema.Long, ContainsNull: true}, `[{"c":[1,null]}]`, "c.element"},
	} {
		w, err := NewWriter(io.Discard, structOf(schema.Field{Name: "c", Type: c.typ}), nil)
		if err != nil {
			t.Fatal(err)
		}
		var refused *NullError
		err = w.Write(batchOf(t, memory.DefaultAllocator, structOf(nullable("c", c.loose)), c.rows))
		if !errors.As(err, &refused) || refused.Column != c.column {
			t.Errorf("%s into required %v: %v", c.rows, c.typ, err)
		}
	}
}

func TestCodecsHaveNames(t *testing.T) {
	for _, c := range []struct {
		name      string
		codec     Codec
		extension string
	}{
		{"", Zstd, ".zstd"}, {"ZSTD", Zstd, ".zstd"}, {"snappy", Snappy, ".snappy"}, {"gzip", Gzip, ".gz"},
		{"lz4_raw", LZ4Raw, ".lz4raw"}, {"lz4raw", LZ4Raw, ".lz4raw"}, {"brotli", Brotli, ".br"}, {"none", Uncompressed, ""}, {" Uncompressed ", Uncompressed, ""},
	} {
		got, err := ParseCodec(c.name)
		if err != nil || got != c.codec || got.Extension() != c.extension {
			t.Errorf("%q is %v with extension %q, %v", c.name, got, got.Extension(), err)
		}
	}
	for _, name := range []string{"lz4", "lzo", "zip"} {
		var refused *CodecError
		if _, err := ParseCodec(name); !errors.As(err, &refused) || refused.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
	var refused *CodecError
	if _, err := NewWriter(io.Discard, structOf(nullable("c", schema.Long)), &WriteOptions{Codec: 99}); !errors.As(err, &refused) {
		t.Errorf("codec 99: %v", err)
	}
}
