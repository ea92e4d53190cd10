package checkpoint

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// longDecimal is the type of decimals that no integer holds. Its order is that
// of signed numbers, where parquet-go takes bounds in the order of unsigned
// bytes: a reader that believed these would miss files. So the footer has no
// bounds of such a column (see boundless), and the page index the widest ones, as
// it cannot be without.
type longDecimal struct {
	parquet.Type
	bytes int
}

func newLongDecimal(bytes int) longDecimal {
	return longDecimal{parquet.FixedLenByteArrayType(bytes), bytes}
}

// NewColumnIndexer returns what makes the page index.
func (t longDecimal) NewColumnIndexer(int) parquet.ColumnIndexer {
	return &widestBounds{bytes: t.bytes}
}

// widestBounds is a page index that says of pages only whether they have values.
type widestBounds struct {
	bytes int
	index format.ColumnIndex
}

func (w *widestBounds) Reset() { w.index = format.ColumnIndex{} }

func (w *widestBounds) IndexPage(numValues, numNulls int64, _, _ parquet.Value) {
	var least, greatest []byte // empty for a page of nulls
	if numNulls < numValues {
		least, greatest = make([]byte, w.bytes), bytes.Repeat([]byte{0xff}, w.bytes)
		least[0], greatest[0] = 0x80, 0x7f
	}
	w.index.NullPages = append(w.index.NullPages, numNulls == numValues)
	w.index.NullCounts = append(w.index.NullCounts, numNulls)
	w.index.MinValues = append(w.index.MinValues, least)
	w.index.MaxValues = append(w.index.MaxValues, greatest)
}

func (w *widestBounds) ColumnIndex() format.ColumnIndex { return w.index }
