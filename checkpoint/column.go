package checkpoint

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

const (
	// batchMax is how many levels of a column are decoded at a time: few enough
	// that the levels and values of a batch stay in the cache.
	batchMax = 1024
	// batchMin is the least for a row group with many columns, whose batches
	// together have at most levelsMax.
	batchMin  = 64
	levelsMax = 1 << 18
)

// column walks one leaf column of one row group, level by level, one batch at
// a time. Values are good until the next level is taken. A nil column is one
// that is not in the file, or has no values in this row group: all its rows
// are null.
//
// An error sticks: the column has no rows after it. Whoever walks a column
// looks at err when done.
type column struct {
	group  *group
	index  int // in the file
	reader file.ColumnChunkReader
	maxDef int16
	maxRep int16

	def, rep []int16 // the levels of the batch; rep is nil without repetition
	level    int     // the next one of them
	value    int     // the next one of the values of the batch
	words    []int64 // values of booleans, integers and, as bits, floats
	texts    []parquet.ByteArray
	err      error
	kept     int64 // bytes of values that the caller keeps

	batch buffers
}

// buffers are what a column decodes into.
type buffers struct {
	def, rep []int16
	words    []int64
	texts    []parquet.ByteArray
	bools    []bool
	int32s   []int32
	floats   []float32
	doubles  []float64
	int96s   []parquet.Int96
	fixed    []parquet.FixedLenByteArray
}

func newColumn(g *group, index int, r file.ColumnChunkReader) *column {
	d := r.Descriptor()
	c := &column{group: g, index: index, reader: r, maxDef: d.MaxDefinitionLevel(), maxRep: d.MaxRepetitionLevel()}
	n := g.batch(index)
	c.batch.def = make([]int16, n)
	if c.maxRep > 0 {
		c.batch.rep = make([]int16, n)
	}
	switch r.(type) {
	case *file.ByteArrayColumnChunkReader:
		c.batch.texts = make([]parquet.ByteArray, n)
		return c
	case *file.FixedLenByteArrayColumnChunkReader:
		c.batch.fixed = make([]parquet.FixedLenByteArray, n)
		c.batch.texts = make([]parquet.ByteArray, n)
		return c
	case *file.Int96ColumnChunkReader:
		c.batch.int96s = make([]parquet.Int96, n)
		c.batch.texts = make([]parquet.ByteArray, n)
		return c
	case *file.BooleanColumnChunkReader:
		c.batch.bools = make([]bool, n)
	case *file.Int32ColumnChunkReader:
		c.batch.int32s = make([]int32, n)
	case *file.Float32ColumnChunkReader:
		c.batch.floats = make([]float32, n)
	case *file.Float64ColumnChunkReader:
		c.batch.doubles = make([]float64, n)
	}
	c.batch.words = make([]int64, n)
	return c
}

// next takes the next level and returns its definition; false at the end of
// the column or after an error.
func (c *column) next() (def int16, ok bool) {
	if c.level == len(c.def) && !c.fill() {
		return 0, false
	}
	def = c.def[c.level]
	c.level++
	if def == c.maxDef {
		c.value++
	}
	return def, true
}

// row takes the next row of a column without repetition and says whether it
// has a value.
func (c *column) row() bool {
	if c == nil {
		return false
	}
	def, ok := c.next()
	if !ok {
		c.short()
		return false
	}
	return def == c.maxDef
}

// repeats says whether the next level belongs to the row of the last one.
func (c *column) repeats() bool {
	if c.level == len(c.def) && !c.fill() {
		return false
	}
	return c.rep[c.level] > 0
}

// skip passes over rows.
func (c *column) skip(rows int) {
	if c == nil {
		return
	}
	for rows > 0 && c.err == nil {
		if c.level == len(c.def) && !c.fill() {
			c.short()
			return
		}
		if c.maxRep == 0 {
			n := min(rows, len(c.def)-c.level)
			for _, def := range c.def[c.level : c.level+n] {
				if def == c.maxDef {
					c.value++
				}
			}
			c.level += n
			rows -= n
			continue
		}
		c.next()
		for c.err == nil && c.repeats() {
			c.next()
		}
		rows--
	}
}

// text is the value of the last level, of a column of byte arrays.
func (c *column) text() []byte { return c.texts[c.value-1] }

// word is the value of the last level, of a column of numbers.
func (c *column) word() int64 { return c.words[c.value-1] }

// fail makes damage the column's error if it is the first.
func (c *column) fail(damage error) {
	c.stop(c.group.part.file.Corrupt(c.reader.Descriptor().Path(), damage))
}

// stop ends the column with an error if it is the first.
func (c *column) stop(err error) {
	if c.err == nil {
		c.err, c.def, c.level = err, nil, 0
	}
}

// short fails a column that ended before its row group.
func (c *column) short() { c.fail(errors.New("fewer rows than its row group")) }

// fill decodes the next batch; false at the end of the column.
func (c *column) fill() bool {
	if c.err != nil {
		return false
	}
	if err := c.group.ctx.Err(); err != nil {
		c.stop(err)
		return false
	}
	if !c.reader.HasNext() {
		if err := c.reader.Err(); err != nil {
			c.stop(c.group.loaded.Fault(c.index, err))
		}
		return false
	}
	levels, values, err := c.decode()
	if err != nil {
		c.stop(c.group.loaded.Fault(c.index, err))
		return false
	}
	if levels <= 0 || levels > int64(len(c.batch.def)) {
		c.fail(errors.New("page without levels"))
		return false
	}
	c.def, c.level, c.value = c.batch.def[:levels], 0, 0
	if c.maxRep > 0 {
		c.rep = c.batch.rep[:levels]
	}
	defined := 0
	for _, d := range c.def {
		if d == c.maxDef {
			defined++
		}
	}
	if defined != values {
		c.fail(fmt.Errorf("page with %d values where its levels say %d", values, defined))
		return false
	}
	return true
}

// decode reads one batch of a page into the buffers.
func (c *column) decode() (levels int64, values int, err error) {
	b := &c.batch
	n := int64(len(b.def))
	switch r := c.reader.(type) {
	case *file.ByteArrayColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.texts, b.def, b.rep)
	case *file.FixedLenByteArrayColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.fixed, b.def, b.rep)
		for i := range values {
			b.texts[i] = parquet.ByteArray(b.fixed[i])
		}
	case *file.Int96ColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.int96s, b.def, b.rep)
		for i := range values {
			b.texts[i] = b.int96s[i][:]
		}
	case *file.Int64ColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.words, b.def, b.rep)
	case *file.Int32ColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.int32s, b.def, b.rep)
		for i := range values {
			b.words[i] = int64(b.int32s[i])
		}
	case *file.BooleanColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.bools, b.def, b.rep)
		for i := range values {
			b.words[i] = 0
			if b.bools[i] {
				b.words[i] = 1
			}
		}
	case *file.Float32ColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.floats, b.def, b.rep)
		for i := range values {
			b.words[i] = int64(math.Float64bits(float64(b.floats[i])))
		}
	case *file.Float64ColumnChunkReader:
		levels, values, err = r.ReadBatchInPage(n, b.doubles, b.def, b.rep)
		for i := range values {
			b.words[i] = int64(math.Float64bits(b.doubles[i]))
		}
	default:
		return 0, 0, fmt.Errorf("physical type %s", c.reader.Type())
	}
	if b.texts != nil {
		c.texts = b.texts[:values]
	} else {
		c.words = b.words[:values]
	}
	if c.maxDef == 0 { // no levels are written, and ReadBatchInPage gives none
		clear(b.def[:max(0, min(levels, n))])
	}
	return levels, values, err
}
