package parquetio

import (
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/file"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
)

const (
	// levelsAhead is how many levels are read at a time where the end of a row
	// shows only when the next one begins.
	levelsAhead = 1024
	// readThrough is how many rows between two wanted ones are decoded with
	// them and left out afterwards. To stop, skip and go on costs more: each
	// call of arrow-go's decoder of dictionaries allocates 4 KiB.
	readThrough = 256
	// readLeast is how many rows are decoded at one go at least, if there are so
	// many, where some of them are to be left out.
	readLeast = 512
)

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
	next     int64                  // rows presented and passed so far
	wanted   []RowRange             // of the batch, among the rows presented

	def, rep []int16 // levels: of the batch up to levels, then what was read ahead
	levels   int
	dense    int // values of the batch; those that follow were read ahead

	keptLevels, keptValues []run // of what was decoded last; here to be used again
}

// run is count of something from the first on.
type run struct{ first, count int }

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
	c.wanted = c.wanted[:0]
	for _, r := range rows {
		c.wanted = append(c.wanted, RowRange{c.presented(r.First - first), r.Count})
	}
	if c.maxRep > 0 {
		return c.readRepeated(total)
	}
	return c.readFlat(total)
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

// readFlat reads a column without repetition: a level is a row.
func (c *column) readFlat(total int) error {
	c.levels, c.dense = 0, 0
	if len(c.wanted) > 1 {
		c.values.begin(total + readLeast)
	} else {
		c.values.begin(total)
	}
	for wanted := c.wanted; len(wanted) > 0; {
		n := together(wanted)
		if err := c.skipFlat(wanted[0].First - c.next); err != nil {
			return err
		}
		if err := c.readTogether(wanted[:n], total); err != nil {
			return err
		}
		wanted = wanted[n:]
	}
	c.dense = c.values.len()
	return nil
}

// together is how many of the first ranges have so little between them that
// they are read at one go.
func together(wanted []RowRange) int {
	n := 1
	for n < len(wanted) && wanted[n].First-wanted[n-1].End() <= readThrough {
		n++
	}
	return n
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

// readTogether decodes ranges with the rows between them, no more at a time
// than what there is room for, and leaves these out.
func (c *column) readTogether(wanted []RowRange, total int) error {
	end := wanted[len(wanted)-1].End()
	for c.next < end {
		n := min(end-c.next, int64(max(total-c.levels, readLeast)))
		var def []int16
		if c.maxDef > 0 {
			c.def = slices.Grow(c.def[:c.levels], int(n))[:c.levels+int(n)]
			def = c.def[c.levels:]
		}
		got, values, err := c.values.decode(c.pages, n, def, nil)
		if err != nil {
			return err
		}
		if got <= 0 {
			return errShort
		}
		if err := c.keepFlat(wanted, int(got), values); err != nil {
			return err
		}
		c.next += got
		for len(wanted) > 0 && wanted[0].End() <= c.next {
			wanted = wanted[1:]
		}
	}
	return nil
}

// keepFlat keeps what is wanted of the n rows that were decoded last.
func (c *column) keepFlat(wanted []RowRange, n, values int) error {
	kept := c.keptLevels[:0]
	for _, w := range wanted {
		from := max(w.First-c.next, 0)
		if from >= int64(n) {
			break
		}
		kept = append(kept, run{int(from), int(min(w.End()-c.next, int64(n)) - from)})
	}
	c.keptLevels = kept
	if c.maxDef == 0 || len(kept) == 1 && kept[0].count == n {
		c.levels += countOf(kept)
		if c.maxDef > 0 {
			kept[0].count = values
		}
		return c.values.keep(kept)
	}
	if values < n {
		var err error
		if kept, err = c.valuesOf(kept, c.def[c.levels:c.levels+n], values); err != nil {
			return err
		}
	}
	c.levels += closeUp(c.def[c.levels:], c.keptLevels)
	return c.values.keep(kept)
}

// valuesOf is where the values of runs of levels are: a null has none.
func (c *column) valuesOf(levels []run, def []int16, values int) ([]run, error) {
	kept, at, value := c.keptValues[:0], 0, 0
	for _, r := range levels {
		value += c.full(def[at:r.first])
		at = r.first + r.count
		n := c.full(def[r.first:at])
		kept = append(kept, run{value, n})
		value += n
	}
	c.keptValues = kept
	if value+c.full(def[at:]) != values {
		return nil, errValues
	}
	return kept, nil
}

// full is how many of the levels have a value.
func (c *column) full(def []int16) int {
	n := 0
	for _, d := range def {
		if d == c.maxDef {
			n++
		}
	}
	return n
}

// readRepeated reads a column of lists: a row ends where the next one begins,
// so that levels and values are read ahead.
func (c *column) readRepeated(total int) error {
	// What the last batch left ahead moves to the front.
	c.def = c.def[:copy(c.def, c.def[c.levels:])]
	c.rep = c.rep[:copy(c.rep, c.rep[c.levels:])]
	c.levels, c.dense = 0, 0
	c.values.begin(total)
	s := sifter{column: c, wanted: c.wanted, end: c.wanted[len(c.wanted)-1].End()}
	if _, err := s.sift(); err != nil {
		return err
	}
	c.values.retain(c.keptValues)
	for !s.done {
		got, values, err := c.readAhead()
		switch {
		case err != nil:
			return err
		case got == 0 && c.next < s.end:
			return errShort
		case got == 0: // the last row of all
			return nil
		}
		full, err := s.sift()
		if err != nil {
			return err
		}
		if full != values {
			return errValues
		}
		if err := c.values.keep(c.keptValues); err != nil {
			return err
		}
	}
	return nil
}

// readAhead decodes some more levels, and says how many values they have.
func (c *column) readAhead() (got, values int, err error) {
	n := len(c.def)
	c.def = slices.Grow(c.def, levelsAhead)[:n+levelsAhead]
	c.rep = slices.Grow(c.rep, levelsAhead)[:n+levelsAhead]
	levels, values, err := c.values.decode(c.pages, levelsAhead, c.def[n:], c.rep[n:])
	got = int(max(levels, 0))
	c.def, c.rep = c.def[:n+got], c.rep[:n+got]
	return got, values, err
}

// sifter tells the levels of wanted rows from those of others.
type sifter struct {
	*column
	wanted []RowRange // that have not been passed
	end    int64      // of the last of them
	keep   bool       // the current row is wanted
	done   bool       // a row has begun behind all of them

	level, value int // where the run begins that the current row is in
}

// sift goes through the levels that are not yet the batch's. Those of wanted
// rows become so, those behind the last wanted row stay ahead, the others go.
// It returns how many values all of these have; which of them are to be kept
// is in keptValues.
func (s *sifter) sift() (full int, err error) {
	c := s.column
	def, rep := c.def[c.levels:], c.rep[c.levels:]
	c.keptLevels, c.keptValues = c.keptLevels[:0], c.keptValues[:0]
	s.level, s.value = 0, 0
	i := 0
	for ; i < len(rep); i++ {
		if rep[i] == 0 {
			if c.next == s.end {
				s.done = true
				break
			}
			s.turn(i, full, s.wants(c.next))
			c.next++
		} else if c.next == 0 {
			return 0, errors.New("a row begins in the middle of a list")
		}
		if def[i] == c.maxDef {
			full++
		}
	}
	keep := s.keep
	s.turn(i, full, false)
	s.keep = keep // the row may go on in the next levels
	from := c.levels
	c.levels += countOf(c.keptLevels)
	c.dense += countOf(c.keptValues)
	if i < len(rep) {
		ahead := c.full(def[i:])
		c.keptLevels = append(c.keptLevels, run{i, len(rep) - i})
		c.keptValues = append(c.keptValues, run{full, ahead})
		full += ahead
	}
	n := from + closeUp(def, c.keptLevels)
	closeUp(rep, c.keptLevels)
	c.def, c.rep = c.def[:n], c.rep[:n]
	return full, nil
}

// wants says whether a row is wanted. Rows are asked about in ascending order,
// none behind the last wanted one.
func (s *sifter) wants(row int64) bool {
	for s.wanted[0].End() <= row {
		s.wanted = s.wanted[1:]
	}
	return row >= s.wanted[0].First
}

// turn ends a run before a level and the value after so many, where rows that
// are wanted and rows that are not meet.
func (s *sifter) turn(level, value int, keep bool) {
	if keep == s.keep {
		return
	}
	if s.keep {
		s.keptLevels = append(s.keptLevels, run{s.level, level - s.level})
		s.keptValues = append(s.keptValues, run{s.value, value - s.value})
	}
	s.level, s.value, s.keep = level, value, keep
}

// closeUp moves the runs of all to its front, and returns how many they are.
func closeUp[T any](all []T, runs []run) int {
	to := 0
	for _, r := range runs {
		switch {
		case r.first == to:
		case r.count == 1: // which copy is slow for
			all[to] = all[r.first]
		default:
			copy(all[to:], all[r.first:r.first+r.count])
		}
		to += r.count
	}
	return to
}

func countOf(runs []run) int {
	n := 0
	for _, r := range runs {
		n += r.count
	}
	return n
}
