package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
	"pgregory.net/rapid"
)

// unhybrid is the plainest reader of the hybrid encoding.
func unhybrid(t *rapid.T, b []byte, width, n int) []uint32 {
	var out []uint32
	for len(out) < n {
		head, size := binary.Uvarint(b)
		b = b[size:]
		if head&1 == 0 {
			var v uint32
			for i := 0; i*8 < width; i++ {
				v |= uint32(b[0]) << (8 * i)
				b = b[1:]
			}
			out = append(out, slices.Repeat([]uint32{v}, int(head>>1))...)
			continue
		}
		count := int(head>>1) * 8
		for i := range count {
			var v uint32
			for j := range width {
				bit := i*width + j
				v |= uint32(b[bit/8]>>(bit%8)&1) << j
			}
			out = append(out, v)
		}
		b = b[count*width/8:]
	}
	if len(b) > 0 {
		t.Fatalf("%d bytes are left", len(b))
	}
	return out[:n]
}

func TestHybridEncodingIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 20).Draw(t, "width")
		var values []uint32
		for range rapid.IntRange(0, 12).Draw(t, "runs") {
			v := rapid.Uint32Range(0, 1<<width-1).Draw(t, "value")
			values = append(values, slices.Repeat([]uint32{v}, rapid.IntRange(1, 30).Draw(t, "times"))...)
		}
		got := unhybrid(t, appendHybrid(nil, values, width), width, len(values))
		if !slices.Equal(got, values) {
			t.Errorf("got %v, want %v", got, values)
		}
	})
}

func TestLongRunsTakeFewBytes(t *testing.T) {
	if got := appendHybrid(nil, make([]uint32, 1_000_000), 17); len(got) > 8 {
		t.Errorf("a million zeros take %d bytes", len(got))
	}
}

func TestTextBoundsAreCutAndStillBound(t *testing.T) {
	anyByte := rapid.SliceOfN(rapid.Byte(), 0, 100)
	chars := rapid.Map(rapid.StringOfN(rapid.SampledFrom([]rune{'a', 'é', '\uD7FF', '\uFFFF', utf8.MaxRune}), 0, 60, -1), func(s string) []byte { return []byte(s) })
	rapid.Check(t, func(t *rapid.T) {
		p := &textPage{utf8: rapid.Bool().Draw(t, "utf8")}
		v := anyByte.Draw(t, "bytes")
		if p.utf8 {
			v = chars.Draw(t, "chars")
		}
		lo, hi, ok := p.encode(v, v)
		if !ok {
			return
		}
		if bytes.Compare(lo, v) > 0 || bytes.Compare(hi, v) < 0 || len(lo) > textBound || len(hi) > textBound+utf8.UTFMax {
			t.Errorf("%q is bounded by %q and %q", v, lo, hi)
		}
		if p.utf8 && (!utf8.Valid(lo) || !utf8.Valid(hi)) {
			t.Errorf("bounds %q and %q are not UTF-8", lo, hi)
		}
	})
}

func TestDictionariesFindWhatTheyHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 20), 1, 400).Draw(t, "texts")
		var d textDict
		var n numberDict[uint64]
		for _, v := range texts {
			k, ok := d.place(v)
			if entry, _ := first(d.plain[d.starts[k]:]); !ok || !bytes.Equal(entry, v) {
				t.Fatalf("%q was found as %q", v, entry)
			}
			key := hashText(v)
			places, ok := n.index(nil, []uint64{key})
			if !ok || n.keys[places[0]] != key {
				t.Fatalf("%d was found as %d", key, n.keys[places[0]])
			}
		}
		distinct := map[string]bool{}
		for _, v := range texts {
			distinct[string(v)] = true
		}
		if len(d.starts) != len(distinct) {
			t.Errorf("%d entries for %d texts", len(d.starts), len(distinct))
		}
	})
}

func TestDictionariesRefuseWhatIsTooMuch(t *testing.T) {
	var d textDict
	full := false
	for i := 0; !full; i++ {
		_, ok := d.place(fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 1000)))
		full = !ok
	}
	if len(d.plain) > dictBytes {
		t.Errorf("the dictionary has %d bytes", len(d.plain))
	}
	// Numbers that all hash alike cost the dictionary, not the time.
	var n numberDict[uint64]
	var colliding []uint64
	for i := uint64(0); len(colliding) < 2*probeMax; i++ {
		if hashNumber(i)>>52 == 7 {
			colliding = append(colliding, i)
		}
	}
	if places, ok := n.index(nil, colliding); ok || len(places) != probeMax {
		t.Errorf("%d of %d colliding numbers found a place", len(places), len(colliding))
	}
}

// nodeText prints a Parquet schema node.
func nodeText(n pqschema.Node, indent string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s ", indent, n.RepetitionType())
	switch n := n.(type) {
	case *pqschema.GroupNode:
		fmt.Fprintf(&b, "group %s%s", n.Name(), annotation(n))
		for i := range n.NumFields() {
			b.WriteString("\n" + nodeText(n.Field(i), indent+"  "))
		}
	case *pqschema.PrimitiveNode:
		fmt.Fprintf(&b, "%s", n.PhysicalType())
		if n.TypeLength() > 0 {
			fmt.Fprintf(&b, "(%d)", n.TypeLength())
		}
		fmt.Fprintf(&b, " %s%s", n.Name(), annotation(n))
	}
	return b.String()
}

func annotation(n pqschema.Node) string {
	out := ""
	if l := n.LogicalType(); l != nil && !l.IsNone() {
		out = " " + l.String()
	}
	if n.FieldID() >= 0 {
		out += fmt.Sprint(" = ", n.FieldID())
	}
	return out
}
