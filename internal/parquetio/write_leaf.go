package parquetio

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/schema"
)

const (
	// A data page ends at so many rows (or the writer's option) or bytes. Columns of one row group are
	// cut at the same rows as long as their pages are not too large for that,
	// so that a reader who skips a page in one column skips it in the others.
	pageRowsDefault = 1 << 15
	pageBytes       = 1 << 20
)

// leaf writes one Parquet column: it gathers a page of levels and values, and
// the finished pages of a column chunk.
type leaf struct {
	column   string
	typ      schema.Type
	logical  pqschema.LogicalType
	physical parquet.Type
	width    int   // bytes, of fixed-length values
	def, rep uint8 // the highest levels
	descr    *pqschema.Column
	values   pageValues

	// The page being gathered.
	rows   int
	levels int     // values and nulls
	valid  []byte  // a bit per row, if def is 1 and nothing repeats
	defs   []uint8 // otherwise
	reps   []uint8
	places []uint32 // scratch

	// The column chunk.
	pages    []pageInfo
	out      []byte // the pages with their headers
	raw      int64  // what they take before compression
	first    int64  // row that the page being gathered begins with
	dict     dictUse
	indexed  int      // pages that refer to the dictionary
	dictless bool     // of the file: a first page has shown that none pays
	bloom    bool     // a filter is wanted
	hashes   []uint64 // for it, of the values that are not in the dictionary
}

// dictUse is whether a column's pages refer to a dictionary.
type dictUse uint8

const (
	dictUntried dictUse = iota // the chunk's first page will tell
	dictUsed
	dictDropped // it did not pay, or is full
)

// pageInfo is what the footer and the page index say of a page.
type pageInfo struct {
	size     int // with its header
	firstRow int64
	levels   int
	nulls    int
	stats    metadata.EncodedStatistics
}

// newLeaf decides how a type is held in Parquet: as Spark does, except for
// timestamps, which Spark writes as INT96 by default.
func newLeaf(column string, typ schema.Type, def, rep uint8) (*leaf, error) {
	l := &leaf{column: column, typ: typ, def: def, rep: rep, logical: pqschema.NoLogicalType{}}
	if d, ok := typ.(schema.Decimal); ok {
		l.logical = pqschema.NewDecimalLogicalType(int32(d.Precision), int32(d.Scale))
		switch {
		case d.Precision <= 9:
			l.physical = parquet.Types.Int32
			l.values = &numberPage[int32, uint32]{open: decimals(d, lowHalves[int32])}
		case d.Precision <= 18:
			l.physical = parquet.Types.Int64
			l.values = &numberPage[int64, uint64]{open: decimals(d, lowHalves[int64])}
		default:
			l.physical, l.width = parquet.Types.FixedLenByteArray, decimalWidth(d.Precision)
			l.values = &widePage{width: l.width, scale: int32(d.Scale)}
		}
		return l, nil
	}
	switch typ {
	case schema.Boolean:
		l.physical, l.values = parquet.Types.Boolean, &booleanPage{}
	case schema.Byte:
		l.physical, l.logical = parquet.Types.Int32, pqschema.NewIntLogicalType(8, true)
		l.values = &numberPage[int32, uint32]{open: as(arrow.INT8, widened[int8])}
	case schema.Short:
		l.physical, l.logical = parquet.Types.Int32, pqschema.NewIntLogicalType(16, true)
		l.values = &numberPage[int32, uint32]{open: as(arrow.INT16, widened[int16])}
	case schema.Integer:
		l.physical, l.values = parquet.Types.Int32, &numberPage[int32, uint32]{open: same[int32](arrow.INT32)}
	case schema.Date:
		l.physical, l.logical = parquet.Types.Int32, pqschema.DateLogicalType{}
		l.values = &numberPage[int32, uint32]{open: same[int32](arrow.DATE32)}
	case schema.Long:
		l.physical, l.values = parquet.Types.Int64, &numberPage[int64, uint64]{open: same[int64](arrow.INT64)}
	case schema.Timestamp, schema.TimestampNTZ:
		l.physical = parquet.Types.Int64
		l.logical = pqschema.NewTimestampLogicalType(typ == schema.Timestamp, pqschema.TimeUnitMicros)
		l.values = &numberPage[int64, uint64]{open: microseconds}
	case schema.Float:
		l.physical, l.values = parquet.Types.Float, &numberPage[float32, uint32]{open: same[float32](arrow.FLOAT32)}
	case schema.Double:
		l.physical, l.values = parquet.Types.Double, &numberPage[float64, uint64]{open: same[float64](arrow.FLOAT64)}
	case schema.String:
		l.physical, l.logical, l.values = parquet.Types.ByteArray, pqschema.StringLogicalType{}, &textPage{utf8: true}
	case schema.Binary:
		l.physical, l.values = parquet.Types.ByteArray, &textPage{}
	default:
		return nil, &SchemaError{Column: column, Detail: fmt.Sprintf("a file has no form for the type %v", typ)}
	}
	return l, nil
}

// decimalWidth is the number of bytes that an unscaled value of so many digits
// needs, as Spark has it.
func decimalWidth(precision int) int {
	return int(math.Ceil((float64(precision)*math.Log2(10) + 1) / 8))
}

// take adds rows [start, end) of arr, of a column that is not nested.
func (l *leaf) take(arr arrow.Array, start, end int) error {
	if !l.values.load(arr) {
		return l.wrongType(arr)
	}
	n := end - start
	l.rows += n
	if arr.NullN() == 0 {
		l.appendValid(nil, 0, n)
		l.values.take(start, end)
		return nil
	}
	if l.def == 0 {
		return &NullError{Column: l.column}
	}
	at := arr.Data().Offset() + start
	bitmap := arr.NullBitmapBytes()
	l.appendValid(bitmap, at, n)
	for from := at; from < at+n; {
		if !bitutil.BitIsSet(bitmap, from) {
			from++
			continue
		}
		to := from + 1
		for to < at+n && bitutil.BitIsSet(bitmap, to) {
			to++
		}
		l.values.take(from-at+start, to-at+start)
		from = to
	}
	return nil
}

// appendValid adds n rows' validity; a nil bitmap is n valid rows.
func (l *leaf) appendValid(bitmap []byte, offset, n int) {
	if l.def > 0 {
		if need := (l.levels+n+7)/8 + 8; need > len(l.valid) {
			l.valid = append(l.valid, make([]byte, need-len(l.valid))...)
		}
		if bitmap == nil {
			bitutil.SetBitsTo(l.valid, int64(l.levels), int64(n), true)
		} else {
			bitutil.CopyBitmap(bitmap, offset, n, l.valid, l.levels)
		}
	}
	l.levels += n
}

// takeSlots adds values of arr at nested positions.
func (l *leaf) takeSlots(arr arrow.Array, slots []slot) error {
	if !l.values.load(arr) {
		return l.wrongType(arr)
	}
	for i := 0; i < len(slots); {
		s := slots[i]
		l.defs, l.reps = append(l.defs, s.def), append(l.reps, s.rep)
		i++
		if s.at < 0 {
			continue
		}
		end := s.at + 1
		for i < len(slots) && slots[i].at == end {
			l.defs, l.reps = append(l.defs, slots[i].def), append(l.reps, slots[i].rep)
			i++
			end++
		}
		l.values.take(int(s.at), int(end))
	}
	l.levels += len(slots)
	return nil
}

func (l *leaf) wrongType(arr arrow.Array) error {
	return &SchemaError{Column: l.column, Detail: fmt.Sprintf("it is of type %v, and a batch has %v there", l.typ, arr.DataType())}
}

// full says whether the page is to be cut. Levels are bounded by themselves:
// nulls inside lists have no values.
func (l *leaf) full(rows int) bool {
	return l.rows >= rows || l.values.size() >= pageBytes || len(l.defs) >= pageBytes
}

// cut finishes the page being gathered, if there is one.
func (l *leaf) cut(w *Writer) error {
	if l.levels == 0 {
		return nil
	}
	page := pageInfo{firstRow: l.first, levels: l.levels, nulls: l.levels - l.values.count()}
	page.stats.SetNullCount(int64(page.nulls))
	page.stats.AllNullValue = page.nulls == page.levels
	if lo, hi, ok := l.values.bounds(); ok {
		page.stats.SetMin(lo).SetMax(hi)
	}

	raw := l.appendLevels(w.scratch[:0])
	encoding := encodingPlain
	if l.index() {
		encoding = encodingRLEDictionary
		l.indexed++
		raw = l.appendIndex(raw)
	} else {
		levels := len(raw)
		raw = l.values.appendPlain(raw)
		if l.bloom {
			width, _ := plainWidth(l.physical, l.width)
			l.hashes = appendHashes(l.hashes, raw[levels:], width)
		}
	}
	w.scratch = raw
	if int64(len(raw)) > math.MaxInt32 {
		return &SchemaError{Column: l.column, Detail: fmt.Sprintf("a page of %d bytes is more than the format can hold", len(raw))}
	}
	data, err := w.compress(raw)
	if err != nil {
		return fmt.Errorf("compress a page of column %q: %w", l.column, err)
	}
	at := len(l.out)
	l.out = appendDataHeader(l.out, len(raw), len(data), crc32.ChecksumIEEE(data), l.levels, encoding)
	l.raw += int64(len(l.out) - at + len(raw))
	l.out = append(l.out, data...)
	page.size = len(l.out) - at
	l.pages = append(l.pages, page)

	l.first += int64(l.rows)
	l.rows, l.levels = 0, 0
	l.defs, l.reps = l.defs[:0], l.reps[:0]
	l.values.nextPage()
	return nil
}

// appendLevels appends the repetition and definition levels, each after its
// length.
func (l *leaf) appendLevels(dst []byte) []byte {
	if l.rep > 0 {
		dst = withLength(dst, func(dst []byte) []byte { return appendHybrid(dst, l.reps, bitWidth(int(l.rep))) })
	}
	switch {
	case l.def == 0:
		return dst
	case len(l.defs) > 0:
		return withLength(dst, func(dst []byte) []byte { return appendHybrid(dst, l.defs, bitWidth(int(l.def))) })
	case l.values.count() == l.levels:
		return withLength(dst, func(dst []byte) []byte { return appendRun(dst, 1, l.levels, 1) })
	case l.values.count() == 0:
		return withLength(dst, func(dst []byte) []byte { return appendRun(dst, 0, l.levels, 1) })
	default:
		return withLength(dst, func(dst []byte) []byte { return appendBits(dst, l.valid, l.levels) })
	}
}

func withLength(dst []byte, add func([]byte) []byte) []byte {
	at := len(dst)
	dst = add(append(dst, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// index looks up the page's values in the dictionary, and reports whether the
// page is to refer to it.
//
// The first page of a chunk decides whether there is one: values that are
// still new in its second half are likely to stay new, and then a dictionary
// is hashing for nothing. A column that has dropped its dictionary does not
// try again in this file.
func (l *leaf) index() bool {
	n := l.values.count()
	if l.dict == dictDropped || l.dictless || n == 0 {
		return false
	}
	var ok bool
	half := 0
	if l.dict == dictUntried {
		half = n / 2
	}
	l.places, ok = l.values.index(l.places[:0], 0, half)
	_, before := l.values.dictionary()
	if ok {
		l.places, ok = l.values.index(l.places, half, n)
	}
	_, after := l.values.dictionary()
	if !ok || l.dict == dictUntried && (after-before)*newOneIn > n-half {
		l.dict = dictDropped
		if l.indexed == 0 {
			l.dictless = true
			l.values.dropDictionary()
		}
		return false
	}
	l.dict = dictUsed
	return true
}

// newOneIn: a dictionary pays when, once warm, fewer than one value in so many
// is new.
const newOneIn = 8

func (l *leaf) appendIndex(dst []byte) []byte {
	_, entries := l.values.dictionary()
	width := max(bitWidth(entries-1), 1)
	return appendHybrid(append(dst, byte(width)), l.places, width)
}

// flush writes the column chunk and tells the footer and the page index.
func (l *leaf) flush(w *Writer, column int, meta *metadata.ColumnChunkMetaDataBuilder) error {
	info := metadata.ChunkMetaInfo{IndexPageOffset: -1}
	stats := metadata.EncodingStats{DictEncodingStats: map[parquet.Encoding]int32{}, DataEncodingStats: map[parquet.Encoding]int32{}}
	if l.indexed > 0 {
		info.DictPageOffset = w.written
		plain, entries := l.values.dictionary()
		data, err := w.compress(plain)
		if err != nil {
			return fmt.Errorf("compress the dictionary of column %q: %w", l.column, err)
		}
		head := appendDictionaryHeader(nil, len(plain), len(data), crc32.ChecksumIEEE(data), entries)
		if err := w.emit(head, data); err != nil {
			return err
		}
		info.CompressedSize = int64(len(head) + len(data))
		info.UncompressedSize = int64(len(head) + len(plain))
		stats.DictEncodingStats[parquet.Encodings.Plain] = 1
		stats.DataEncodingStats[parquet.Encodings.RLEDict] = int32(l.indexed)
	}
	if plainPages := len(l.pages) - l.indexed; plainPages > 0 {
		stats.DataEncodingStats[parquet.Encodings.Plain] = int32(plainPages)
	}
	info.DataPageOffset = w.written
	info.CompressedSize += int64(len(l.out))
	info.UncompressedSize += l.raw
	nulls := 0
	for _, p := range l.pages {
		info.NumValues += int64(p.levels)
		nulls += p.nulls
	}
	if err := w.indexPages(column, l.pages, w.written); err != nil {
		return fmt.Errorf("index column %q: %w", l.column, err)
	}
	if err := w.emit(l.out); err != nil {
		return err
	}

	bounds := metadata.EncodedStatistics{Signed: l.descr.SortOrder() == pqschema.SortSIGNED}
	bounds.SetNullCount(int64(nulls))
	if lo, hi, ok := l.values.chunkBounds(); ok {
		bounds.SetMin(lo).SetMax(hi)
	}
	meta.SetStats(bounds)
	if t, ok := l.values.(*textPage); ok && t.any {
		// Bounds of other types are never cut.
		st := meta.Contents().MetaData.Statistics
		lo, hi := len(t.lo) <= textBound, len(t.hi) <= textBound
		st.IsMinValueExact, st.IsMaxValueExact = &lo, &hi
	}
	if err := meta.Finish(info, l.indexed > 0, l.indexed > 0 && l.indexed < len(l.pages), stats); err != nil {
		return fmt.Errorf("describe column %q: %w", l.column, err)
	}
	// Finish lists the pages' encodings in the order of a map.
	if e := meta.Contents().MetaData.EncodingStats; len(e) == 3 && e[1].Encoding > e[2].Encoding {
		e[1], e[2] = e[2], e[1]
	}
	if l.bloom {
		w.filters = append(w.filters, writtenFilter{meta, l.filter()})
	}
	l.nextChunk()
	return nil
}

// filter is the bloom filter of the chunk.
func (l *leaf) filter() bloomFilter {
	if l.indexed > 0 {
		plain, _ := l.values.dictionary()
		width, _ := plainWidth(l.physical, l.width)
		l.hashes = appendHashes(l.hashes, plain, width)
	}
	return newBloomFilter(l.hashes)
}

func (l *leaf) nextChunk() {
	l.hashes = l.hashes[:0]
	l.pages, l.out = l.pages[:0], l.out[:0]
	l.raw, l.first, l.indexed, l.dict = 0, 0, 0, dictUntried
	l.values.nextChunk()
}

// buffered is the number of bytes that the chunk so far holds in memory.
func (l *leaf) buffered() int64 {
	plain, _ := l.values.dictionary()
	return int64(len(l.out) + l.values.size() + len(l.defs) + len(l.reps) + len(plain) + 8*cap(l.hashes))
}

// size estimates what the chunk so far will take in the file: the page being
// gathered as if it would compress like those before.
func (l *leaf) size() int64 {
	page := int64(l.values.size())
	if l.raw > 0 {
		page = page * int64(len(l.out)) / l.raw
	}
	return int64(len(l.out)) + page
}
