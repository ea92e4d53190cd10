package parquetfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// footerOf is the Thrift of a file's footer.
func footerOf(body []byte) []byte {
	n := len(body)
	length := int(binary.LittleEndian.Uint32(body[n-8:]))
	return body[n-8-length : n-8]
}

func TestScanTakesTheFootersOfRealFiles(t *testing.T) {
	for _, groups := range []int{0, 1, 300} {
		if err := scanFooter(footerOf(twoColumns(t, map[string]string{"k": "v"}, groups, 3))); err != nil {
			t.Errorf("%d row groups: %v", groups, err)
		}
	}
}

// schemaFooter is a footer with a schema alone: for each element its name and
// number of children.
func schemaFooter(elements ...node) []byte {
	b := []byte{0x15, 0x02, 0x19} // version 1; a list, the second field
	b = append(b, 0xfc)           // of structs, its length follows
	b = binary.AppendUvarint(b, uint64(len(elements)))
	for _, e := range elements {
		b = append(b, 0x48) // name, the fourth field
		b = binary.AppendUvarint(b, uint64(e.name))
		b = append(b, bytes.Repeat([]byte{'x'}, e.name)...)
		b = append(b, 0x15) // number of children, the fifth
		b = binary.AppendUvarint(b, uint64(e.children<<1)^uint64(e.children>>63))
		b = append(b, 0)
	}
	return append(b, 0)
}

func TestScanRefusesWhatTheDecoderWouldChokeOn(t *testing.T) {
	deep := make([]node, 200)
	for i := range deep[:199] {
		deep[i] = node{1, 1}
	}
	wide := make([]node, 3000)
	wide[0] = node{1, 1}
	wide[1] = node{int64(len(wide) - 2), 60_000}
	for _, c := range []struct {
		name   string
		footer []byte
		text   string
	}{
		{"empty", nil, "ends inside"},
		{"a schema nested too deep", schemaFooter(deep...), "nested deeper"},
		{"names whose paths multiply", schemaFooter(wide...), "column names"},
		{"a negative number of children", schemaFooter(node{-1, 1}), "claims -1 children"},
		{"more children than elements", schemaFooter(node{9, 1}, node{0, 1}), "claims 9 children"},
		{"children missing", schemaFooter(node{2, 1}, node{0, 1}), "before its tree is complete"},
		{"a second root", schemaFooter(node{0, 1}, node{0, 1}), "outside the tree"},
		{"a list longer than the message", []byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0x0f}, "more elements than it has bytes"},
		{"a string longer than the message", []byte{0x68, 0xff, 0xff, 0x03}, "more elements than it has bytes"},
		{"structs in structs", bytes.Repeat([]byte{0x1c}, 5000), "nested too deep"},
		{"lists in lists", append([]byte{0x99}, bytes.Repeat([]byte{0x19}, 5000)...), "nested too deep"},
		{"a type that there is not", []byte{0x1e}, "unknown type"},
		{"an endless varint", append([]byte{0x15}, bytes.Repeat([]byte{0xff}, 11)...), "more than 64 bits"},
		{"structs of no bytes", append(append([]byte{0x19, 0xfc}, binary.AppendUvarint(nil, 100_000)...), make([]byte, 100_001)...), "too many elements"},
	} {
		if err := scanFooter(c.footer); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %q", c.name, err, c.text)
		}
	}
	if err := scanFooter(schemaFooter(node{2, 1}, node{0, 1}, node{0, 3})); err != nil {
		t.Errorf("a good schema: %v", err)
	}
}

// FuzzOpen feeds footers: what passes the scan must decode or be refused.
func FuzzOpen(f *testing.F) {
	f.Add(footerOf(twoColumns(f, map[string]string{"ARROW:schema": "x"}, 2, 3)))
	f.Add(schemaFooter(node{2, 1}, node{0, 1}, node{0, 3}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, footer []byte) {
		body := append([]byte(magic+"some data that the chunks may be in"), footer...)
		body = append(binary.LittleEndian.AppendUint32(body, uint32(len(footer))), magic...)
		_, err := Open(context.Background(), storeOf(t, body), testName, int64(len(body)), nil)
		if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
			t.Errorf("untyped %v", err)
		}
	})
}
