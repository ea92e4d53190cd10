package parquetio

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/compress"
	pqgo "github.com/parquet-go/parquet-go"
	pqgocompress "github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/schema"
)

// plainDictionary is what files of version 1 call both the dictionary and the
// pages that point into it.
const plainDictionary format.Encoding = 2

// TestEveryEncodingIsReadInEveryPage reads what parquet-go writes: each type in
// each encoding it may have, dictionaries included, in pages of both versions,
// with each codec, required and with nulls.
func TestEveryEncodingIsReadInEveryPage(t *testing.T) {
	const rows = 700
	text := func(i int) string { return strings.Repeat("ab", i%5) + fmt.Sprint(i/3) }
	types := []struct {
		name      string
		node      pqgo.Node
		to        schema.Type
		encodings []encoding.Encoding
		value     func(i int) pqgo.Value
		want      func(i int) string
	}{
		{"boolean", pqgo.Leaf(pqgo.BooleanType), schema.Boolean, []encoding.Encoding{&pqgo.Plain, &pqgo.RLE},
			func(i int) pqgo.Value { return pqgo.BooleanValue(i%7 < 3) }, func(i int) string { return fmt.Sprint(i%7 < 3) }},
		{"int32", pqgo.Leaf(pqgo.Int32Type), schema.Integer, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.DeltaBinaryPacked, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value { return pqgo.Int32Value(int32(i*i - 99)) }, func(i int) string { return fmt.Sprint(i*i - 99) }},
		{"int64", pqgo.Leaf(pqgo.Int64Type), schema.Long, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.DeltaBinaryPacked, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value { return pqgo.Int64Value(int64(i) << 50) }, func(i int) string { return fmt.Sprint(int64(i) << 50) }},
		{"float", pqgo.Leaf(pqgo.FloatType), schema.Float, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value { return pqgo.FloatValue(float32(i) / 8) }, func(i int) string { return fmt.Sprint(float32(i) / 8) }},
		{"double", pqgo.Leaf(pqgo.DoubleType), schema.Double, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value { return pqgo.DoubleValue(float64(i) / 8) }, func(i int) string { return fmt.Sprint(float64(i) / 8) }},
		{"bytes", pqgo.Leaf(pqgo.ByteArrayType), schema.String, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.DeltaLengthByteArray, &pqgo.DeltaByteArray},
			func(i int) pqgo.Value { return pqgo.ByteArrayValue([]byte(text(i))) }, func(i int) string { return fmt.Sprintf("%q", text(i)) }},
		{"fixed", pqgo.Leaf(pqgo.FixedLenByteArrayType(3)), schema.Binary, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.DeltaByteArray, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value { return pqgo.FixedLenByteArrayValue([]byte(fmt.Sprintf("%03d", i))) }, func(i int) string { return fmt.Sprintf("\"%03d\"", i) }},
		{"decimal", pqgo.Decimal(2, 7, pqgo.FixedLenByteArrayType(4)), schema.Decimal{Precision: 7, Scale: 2}, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary, &pqgo.DeltaByteArray, &pqgo.ByteStreamSplit},
			func(i int) pqgo.Value {
				return pqgo.FixedLenByteArrayValue(binary.BigEndian.AppendUint32(nil, uint32(int32(100*i-5000))))
			}, func(i int) string { return fmt.Sprint(i - 50) }},
		{"INT96", pqgo.Leaf(pqgo.Int96Type), schema.Timestamp, []encoding.Encoding{&pqgo.Plain, &pqgo.RLEDictionary},
			func(i int) pqgo.Value {
				v := int96(uint64(i)*1000, epochJulianDay+uint32(i))
				return pqgo.Int96Value([3]uint32{binary.LittleEndian.Uint32(v[:]), binary.LittleEndian.Uint32(v[4:]), binary.LittleEndian.Uint32(v[8:])})
			}, func(i int) string { return fmt.Sprint(int64(i)*microsPerDay + int64(i)) }},
	}
	codecs := []pqgocompress.Codec{&pqgo.Uncompressed, &pqgo.Snappy, &pqgo.Gzip, &pqgo.Brotli, &pqgo.Zstd, &pqgo.Lz4Raw}
	for _, c := range types {
		for e, enc := range c.encodings {
			for _, version := range []int{1, 2} {
				codec := codecs[(e+version+len(c.name))%len(codecs)]
				for _, nulls := range []string{"none", "some", "all"} {
					node := pqgo.Encoded(c.node, enc)
					if nulls != "none" {
						node = pqgo.Optional(node)
					}
					want, all := make([]string, rows), make([]pqgo.Row, rows)
					for i := range rows {
						switch {
						case nulls == "none":
							want[i], all[i] = c.want(i), pqgo.Row{c.value(i).Level(0, 0, 0)}
						case nulls == "some" && i%4 > 0:
							want[i], all[i] = c.want(i), pqgo.Row{c.value(i).Level(0, 1, 0)}
						default:
							want[i], all[i] = "(null)", pqgo.Row{pqgo.NullValue().Level(0, 0, 0)}
						}
					}
					var out bytes.Buffer
					w := pqgo.NewGenericWriter[any](&out, pqgo.NewSchema("s", pqgo.Group{"c": node}),
						pqgo.DataPageVersion(version), pqgo.Compression(codec), pqgo.PageBufferSize(1000), pqgo.MaxRowsPerRowGroup(300))
					if _, err := w.WriteRows(all); err != nil {
						t.Fatal(err)
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%s, %v, page v%d, %v, nulls: %s", c.name, enc, version, codec, nulls)
					if got, err := readColumn(t, out.Bytes(), c.to); err != nil || got != "["+strings.Join(want, " ")+"]" {
						t.Errorf("%s: got %.200s, %v", name, got, err)
					}
				}
			}
		}
	}
}

// handPage is a page as it stands in a file: the header, whose sizes are filled
// in, and the body, the levels of version 2 in front of it.
type handPage struct {
	header format.PageHeader
	levels []byte
	plain  []byte // before compression
	stored []byte // after it
}

// handFile is a file of one column c and one row group, made by hand.
func handFile(t testing.TB, typ format.Type, optional bool, codec format.CompressionCodec, rows int, pages ...handPage) []byte {
	t.Helper()
	body := []byte("PAR1")
	md := format.ColumnMetaData{Type: typ, PathInSchema: []string{"c"}, Codec: codec, NumValues: int64(rows), Encoding: []format.Encoding{format.Plain}}
	for _, p := range pages {
		p.header.UncompressedPageSize, p.header.CompressedPageSize = int32(len(p.levels)+len(p.plain)), int32(len(p.levels)+len(p.stored))
		header, err := thrift.Marshal(new(thrift.CompactProtocol), p.header)
		if err != nil {
			t.Fatal(err)
		}
		switch at := int64(len(body)); {
		case p.header.Type == format.DictionaryPage:
			md.DictionaryPageOffset = at
		case md.DataPageOffset == 0:
			md.DataPageOffset = at
		}
		body = slices.Concat(body, header, p.levels, p.stored)
		md.TotalCompressedSize += int64(len(header) + len(p.levels) + len(p.stored))
		md.TotalUncompressedSize += int64(len(header) + len(p.levels) + len(p.plain))
	}
	rep := format.Required
	if optional {
		rep = format.Optional
	}
	meta := format.FileMetaData{Version: 1, NumRows: int64(rows), CreatedBy: "hand", Schema: []format.SchemaElement{
		{Name: "schema", NumChildren: thrift.New(int32(1))},
		{Name: "c", Type: thrift.New(typ), RepetitionType: thrift.New(rep)},
	}, RowGroups: []format.RowGroup{{NumRows: int64(rows), TotalByteSize: md.TotalUncompressedSize, Columns: []format.ColumnChunk{{MetaData: md}}}}}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	body = append(body, footer...)
	return append(binary.LittleEndian.AppendUint32(body, uint32(len(footer))), "PAR1"...)
}

func dataV1(n int, enc format.Encoding, plain, stored []byte) handPage {
	return handPage{plain: plain, stored: stored, header: format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
		NumValues: int32(n), Encoding: enc, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}}
}

func dataV2(n, nulls int, enc format.Encoding, compressed thrift.Null[bool], levels, plain, stored []byte) handPage {
	return handPage{levels: levels, plain: plain, stored: stored, header: format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: thrift.New(format.DataPageHeaderV2{
		NumValues: int32(n), NumNulls: int32(nulls), NumRows: int32(n), Encoding: enc, DefinitionLevelsByteLength: int32(len(levels)), IsCompressed: compressed})}}
}

func dictionary(n int, enc format.Encoding, plain, stored []byte) handPage {
	return handPage{plain: plain, stored: stored, header: format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
		NumValues: int32(n), Encoding: enc})}}
}

func int32s(values ...int32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

func packed(t testing.TB, c compress.Compression, plain []byte) []byte {
	t.Helper()
	codec, err := compress.GetCodec(c)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(codec.Encode(nil, plain))
}

func TestPagesOfOldAndOddWritersAreRead(t *testing.T) {
	plain := int32s(7, 7, 7, 7, 7, 7, 7, 7)
	half := plain[:16]
	raw, rawHalf := packed(t, compress.Codecs.Lz4Raw, plain), packed(t, compress.Codecs.Lz4Raw, half)
	sized := func(n int, blocks ...[]byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(n))
		for _, block := range blocks {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(block))), block...)
		}
		return b
	}
	var members bytes.Buffer
	for _, part := range [][]byte{half, {}, half} {
		w := gzip.NewWriter(&members)
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const sevens = "[7 7 7 7 7 7 7 7]"
	v1 := func(stored []byte) handPage { return dataV1(8, format.Plain, plain, stored) }
	yes, no, unset := thrift.New(true), thrift.New(false), thrift.Null[bool]{}
	snappy := packed(t, compress.Codecs.Snappy, plain)
	present := []byte{8 << 1, 1} // one run of eight
	absent := []byte{8 << 1, 0}
	for _, c := range []struct {
		name     string
		codec    format.CompressionCodec
		optional bool
		rows     int
		pages    []handPage
		want     string
	}{
		{"LZ4 in one frame", format.Lz4, false, 8, []handPage{v1(sized(32, raw))}, sevens},
		{"LZ4 in two frames", format.Lz4, false, 8, []handPage{v1(append(sized(16, rawHalf), sized(16, rawHalf)...))}, sevens},
		{"LZ4 in a frame of two blocks", format.Lz4, false, 8, []handPage{v1(sized(32, rawHalf, rawHalf))}, sevens},
		{"LZ4 with an empty frame", format.Lz4, false, 8, []handPage{v1(append(sized(0), sized(32, raw)...))}, sevens},
		{"LZ4 without frame", format.Lz4, false, 8, []handPage{v1(raw)}, sevens},
		{"LZ4_RAW", format.Lz4Raw, false, 8, []handPage{v1(raw)}, sevens},
		{"GZIP of three members", format.Gzip, false, 8, []handPage{v1(members.Bytes())}, sevens},
		{"version 2, compressed by default", format.Snappy, true, 8, []handPage{dataV2(8, 0, format.Plain, unset, present, plain, snappy)}, sevens},
		{"version 2, compressed", format.Snappy, true, 8, []handPage{dataV2(8, 0, format.Plain, yes, present, plain, snappy)}, sevens},
		{"version 2, not compressed though the column is", format.Snappy, true, 8, []handPage{dataV2(8, 0, format.Plain, no, present, plain, plain)}, sevens},
		{"version 2, both kinds", format.Snappy, true, 16, []handPage{dataV2(8, 0, format.Plain, no, present, plain, plain), dataV2(8, 0, format.Plain, yes, present, plain, snappy)}, sevens[:16] + " " + sevens[1:]},
		{"version 2, nulls alone, nothing to decompress", format.Snappy, true, 8, []handPage{dataV2(8, 8, format.Plain, yes, absent, nil, nil)}, "[" + strings.TrimSpace(strings.Repeat("(null) ", 8)) + "]"},
		{"version 2, nulls alone, of ZSTD", format.Zstd, true, 8, []handPage{dataV2(8, 8, format.Plain, unset, absent, nil, nil)}, "[" + strings.TrimSpace(strings.Repeat("(null) ", 8)) + "]"},
		{"a dictionary given up halfway", format.Uncompressed, false, 16, []handPage{
			dictionary(2, format.Plain, int32s(5, 6), int32s(5, 6)),
			dataV1(8, format.RLEDictionary, []byte{1, 1<<1 | 1, 0b11110000}, []byte{1, 1<<1 | 1, 0b11110000}),
			v1(plain)}, "[5 5 5 5 6 6 6 6 7 7 7 7 7 7 7 7]"},
		{"a dictionary in the encoding of version 1", format.Snappy, false, 8, []handPage{
			dictionary(2, plainDictionary, int32s(5, 6), packed(t, compress.Codecs.Snappy, int32s(5, 6))),
			dataV1(8, plainDictionary, []byte{1, 8 << 1, 1}, packed(t, compress.Codecs.Snappy, []byte{1, 8 << 1, 1}))}, "[6 6 6 6 6 6 6 6]"},
		{"a dictionary of one value, of no bits", format.Uncompressed, false, 8, []handPage{
			dictionary(1, format.Plain, int32s(5), int32s(5)), dataV1(8, format.RLEDictionary, []byte{0, 8 << 1}, []byte{0, 8 << 1})}, "[5 5 5 5 5 5 5 5]"},
		{"a page without values between others", format.Uncompressed, false, 16, []handPage{v1(plain), dataV1(0, format.Plain, nil, nil), v1(plain)}, sevens[:16] + " " + sevens[1:]},
		{"pages without values at both ends", format.Snappy, true, 8, []handPage{dataV2(0, 0, format.Plain, yes, nil, nil, nil), dataV2(8, 0, format.Plain, yes, present, plain, snappy), dataV2(0, 0, format.Plain, yes, nil, nil, nil)}, sevens},
		{"no rows, no pages", format.Snappy, false, 0, nil, "[]"},
		{"no rows, a dictionary alone", format.Uncompressed, false, 0, []handPage{dictionary(0, format.Plain, nil, nil)}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readColumn(t, handFile(t, format.Int32, c.optional, c.codec, c.rows, c.pages...), schema.Integer)
			if err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestPagesThatCannotBeDecodedAreErrors(t *testing.T) {
	plain := int32s(7, 7, 7, 7, 7, 7, 7, 7)
	page := func(stored []byte) handPage { return dataV1(8, format.Plain, plain, stored) }
	for _, c := range []struct {
		name   string
		codec  format.CompressionCodec
		stored []byte
		kind   error
		says   string
	}{
		{"LZO", format.LZO, plain, parquetfile.ErrUnsupported, "LZO"},
		{"a codec of the future", 42, plain, parquetfile.ErrUnsupported, "compressed with"},
		{"our own number of a codec", 1000, plain, parquetfile.ErrUnsupported, "compressed with"},
		{"LZ4 of garbage", format.Lz4, plain, parquetfile.ErrCorrupt, "LZ4"},
		{"LZ4 of nothing", format.Lz4, nil, parquetfile.ErrCorrupt, ""},
		{"LZ4 of a frame too large", format.Lz4, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0}, parquetfile.ErrCorrupt, "LZ4"},
		{"LZ4 of endless empty frames", format.Lz4, make([]byte, 1<<16), parquetfile.ErrCorrupt, "LZ4"},
		{"half of GZIP", format.Gzip, packed(t, compress.Codecs.Gzip, plain)[:12], parquetfile.ErrCorrupt, ""},
		{"SNAPPY of something shorter", format.Snappy, packed(t, compress.Codecs.Snappy, plain[:8]), parquetfile.ErrCorrupt, ""},
		{"SNAPPY of something longer", format.Snappy, packed(t, compress.Codecs.Snappy, append(plain, 1)), parquetfile.ErrCorrupt, ""},
	} {
		_, err := readColumn(t, handFile(t, format.Int32, false, c.codec, 8, page(c.stored)), schema.Integer)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), `"c"`) {
			t.Errorf("%s: %v; want %v with %q", c.name, err, c.kind, c.says)
		}
	}
}

func TestAFileWithoutRowGroupsHasNoRows(t *testing.T) {
	meta := format.FileMetaData{Version: 1, Schema: []format.SchemaElement{
		{Name: "schema", NumChildren: thrift.New(int32(1))},
		{Name: "c", Type: thrift.New(format.Int32), RepetitionType: thrift.New(format.Required)}}}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	body := append(binary.LittleEndian.AppendUint32(append([]byte("PAR1"), footer...), uint32(len(footer))), "PAR1"...)
	if got, err := readColumn(t, body, schema.Integer); err != nil || got != "[]" {
		t.Errorf("got %s, %v", got, err)
	}
}

// Row groups without rows stand between others in what some engines merge.
func TestEmptyRowGroupsAreReadOver(t *testing.T) {
	node := pqgo.NewSchema("s", pqgo.Group{"c": pqgo.Leaf(pqgo.Int32Type)})
	var out bytes.Buffer
	w := pqgo.NewGenericWriter[any](&out, node)
	for _, n := range []int{2, 1, 3} {
		for i := range n {
			if _, err := w.WriteRows([]pqgo.Row{{pqgo.Int32Value(int32(10*n+i)).Level(0, 0, 0)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// Take the footer apart and put a row group without rows before, between
	// and behind the others.
	body := out.Bytes()
	size := int(binary.LittleEndian.Uint32(body[len(body)-8:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), body[len(body)-8-size:len(body)-8], &meta); err != nil {
		t.Fatal(err)
	}
	empty := format.RowGroup{Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{Type: format.Int32, PathInSchema: []string{"c"}, Encoding: []format.Encoding{format.Plain}}}}}
	groups := []format.RowGroup{empty}
	for _, g := range meta.RowGroups {
		groups = append(groups, g, empty)
	}
	meta.RowGroups = groups
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	body = append(append(bytes.Clone(body[:len(body)-8-size]), footer...), binary.LittleEndian.AppendUint32(nil, uint32(len(footer)))...)
	body = append(body, "PAR1"...)
	if got, err := readColumn(t, body, schema.Integer); err != nil || got != "[20 21 10 30 31 32]" {
		t.Errorf("got %s, %v", got, err)
	}
	f, err := openBytes(t, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec, rows, err := readAll(f, ReadPlan{Schema: structOf(nullable("c", schema.Integer)), Ranges: []RowRange{{1, 2}, {5, 1}}}, memory.DefaultAllocator)
	if err != nil || rec.Column(0).String() != "[21 10 32]" || !slices.Equal(rows, []RowRange{{1, 2}, {5, 1}}) {
		t.Errorf("got %v, %v, %v", rec, rows, err)
	}
}
