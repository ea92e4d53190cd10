package parquetio

import (
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/file"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
)

// levelsAhead is how many levels are read at a time where the end of a row
// shows only when the next one begins.
const levelsAhead = 1024

var errShort = errors.New("it ends before its last row")

// column is one leaf of the file while it is read: levels and dense values of
// the current batch, and of rows behind it that had to be read along.
type column struct {
	leaf           int // index into the leaves of the file's schema
	descr          *pqschema.Column
	maxDef, maxRep int16
	values         values

	pages    file.ColumnChunkReader // of the row group that is loaded
	segments []RowRange             // rows of the group that the loaded pages hold
	segment  int                    // the one that holds the next row
	before   int64                  // rows presented in segments before it
	next     int64                  // rows presented and used so far

	def, rep []int16 // levels: of the batch up to levels, then what was read ahead
	levels   int
	dense    int // values of the batch; those that follow were read ahead
}

func (c *column) path() string { return c.descr.Path() }

// start begins a row group whose loaded pages hold these rows of it.
func (c *column) start(segments []RowRange) {
	c.segments, c.segment, c.before, c.next = segments, 0, 0, 0
	c.def, c.rep, c.levels, c.dense = c.def[:0], c.rep[:0], 0, 0
	c.values.release()
}

// read makes the levels and values of rows, total of them, those of the batch.
// first is the physical position of the row group.
func (c *column) read(rows []RowRange, first int64, total int) error {
	if c.maxRep > 0 {
		return c.readRepeated(rows, first, total)
	}
	c.levels, c.dense = 0, 0
	c.values.begin(total)
	if c.maxDef > 0 {
		c.def = slices.Grow(c.def[:0], total)[:total]
	}
	for _, r := range rows {
		if err := c.skipFlat(c.presented(r.First-first) - c.next); err != nil {
			return err
		}
		for n := r.Count; n > 0; {
			var def []int16
			if c.maxDef > 0 {
				def = c.def[c.levels : c.levels+int(n)]
			}
			got, err := c.values.read(c.pages, n, def, nil)
			if err != nil {
				return err
			}
			if got <= 0 {
				return errShort
			}
			c.levels += int(got)
			n -= got
		}
		c.next += r.Count
	}
	c.dense = c.values.len()
	return nil
}

// skipFlat passes over rows of a column without repetition.
func (c *column) skipFlat(n int64) error {
	if n <= 0 {
		return nil
	}
	c.next += n
	_, err := c.pages.(interface{ Skip(int64) (int64, error) }).Skip(n)
	if err == nil {
		err = c.pages.Err()
	}
	return err
}

// presented is the position, among the rows that the loaded pages hold, of a
// row of the group. Rows are asked for in ascending order.
func (c *column) presented(row int64) int64 {
	for row >= c.segments[c.segment].End() {
		c.before += c.segments[c.segment].Count
		c.segment++
	}
	return c.before + row - c.segments[c.segment].First
}

func (c *column) readRepeated(rows []RowRange, first int64, total int) error {
	// What the last batch left ahead moves to the front.
	c.def = c.def[:copy(c.def, c.def[c.levels:])]
	c.rep = c.rep[:copy(c.rep, c.rep[c.levels:])]
	c.levels, c.dense = 0, 0
	c.values.begin(total)
	for _, r := range rows {
		skip := c.presented(r.First-first) - c.next
		for skip > 0 { // in steps, so that what is passed over is not held
			n := min(skip, levelsAhead)
			end, values, err := c.find(int(n))
			if err != nil {
				return err
			}
			c.def = slices.Delete(c.def, c.levels, end)
			c.rep = slices.Delete(c.rep, c.levels, end)
			c.values.drop(c.dense, c.dense+values)
			c.next += n
			skip -= n
		}
		end, values, err := c.find(int(r.Count))
		if err != nil {
			return err
		}
		c.levels, c.dense = end, c.dense+values
		c.next += r.Count
	}
	return nil
}

// find reads until the next n rows are there, and returns where their levels
// end and how many values they have.
func (c *column) find(n int) (end, values int, err error) {
	rows := 0
	for i := c.levels; ; i++ {
		if i == len(c.def) {
			more, err := c.readAhead()
			if err != nil {
				return 0, 0, err
			}
			if !more {
				if rows < n {
					return 0, 0, errShort
				}
				return i, values, nil
			}
		}
		if c.rep[i] == 0 {
			if rows++; rows > n {
				return i, values, nil
			}
		} else if rows == 0 {
			return 0, 0, errors.New("a row begins in the middle of a list")
		}
		if c.def[i] == c.maxDef {
			values++
		}
	}
}

// readAhead appends some levels and their values.
func (c *column) readAhead() (more bool, err error) {
	n := len(c.def)
	c.def = slices.Grow(c.def, levelsAhead)[:n+levelsAhead]
	c.rep = slices.Grow(c.rep, levelsAhead)[:n+levelsAhead]
	had := c.values.len()
	got, err := c.values.read(c.pages, levelsAhead, c.def[n:], c.rep[n:])
	got = max(got, 0)
	c.def, c.rep = c.def[:n+int(got)], c.rep[:n+int(got)]
	if err != nil {
		return false, err
	}
	full := 0
	for _, d := range c.def[n:] {
		if d == c.maxDef {
			full++
		}
	}
	if full != c.values.len()-had {
		return false, errValues
	}
	return got > 0, nil
}
