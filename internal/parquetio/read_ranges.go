package parquetio

import (
	"errors"
	"fmt"
	"iter"
)

// checkRanges says what is wrong with the ranges of a plan.
func checkRanges(ranges []RowRange, rows int64) error {
	var next int64
	for _, r := range ranges {
		switch {
		case r.Count < 0:
			return errors.New("a row range has a negative count")
		case r.First < next:
			return errors.New("row ranges are not ascending and disjoint")
		case r.First > rows || r.Count > rows-r.First:
			return fmt.Errorf("rows %d+%d are outside the file of %d", r.First, r.Count, rows)
		}
		next = r.End()
	}
	return nil
}

// Within is the part of ascending ranges that lies in the row group.
func (g RowGroup) Within(ranges []RowRange) []RowRange {
	var out []RowRange
	end := g.FirstRow + g.Rows
	for _, r := range ranges {
		if r.First >= end {
			break
		}
		first := max(r.First, g.FirstRow)
		if n := min(r.End(), end) - first; n > 0 {
			out = append(out, RowRange{first, n})
		}
	}
	return out
}

// wanted is which rows of a row group are still to be read: those of ranges,
// but for those that without yields. The first and the last row of each range
// are wanted.
type wanted struct {
	ranges  []RowRange
	without func(first, end int64) iter.Seq2[int64, int64] // nil: none
}

// splitsMax is into how many ranges a row group is divided at most by what it
// is to be read without.
const splitsMax = 4096

// wanted is the part of a plan that lies in the row group. Long runs of rows to
// leave out divide its ranges, so that pages can be told that hold nothing
// else; of the short ones there may be as many as rows, and they are asked for
// batch by batch.
func (g RowGroup) wanted(ranges []RowRange, without func(first, end int64) iter.Seq2[int64, int64]) wanted {
	w := wanted{g.Within(ranges), without}
	if without == nil {
		return w
	}
	inside := w.ranges
	w.ranges = nil
	for _, r := range inside {
		at := r.First
		for first, count := range without(r.First, r.End()) {
			long := count >= max(longGap, g.Rows/splitsMax) || first+count == r.End()
			switch {
			case first == at:
				at += count
			case long:
				w.ranges = append(w.ranges, RowRange{at, first - at})
				at = first + count
			}
		}
		if at < r.End() {
			w.ranges = append(w.ranges, RowRange{at, r.End() - at})
		}
	}
	return w
}

// take takes at most n rows, but one at least, off the front.
func (w *wanted) take(n int64) (rows []RowRange) {
	for n = max(n, 1); n > 0 && len(w.ranges) > 0; {
		r := w.ranges[0]
		at := r.First
		until := func(end int64) bool {
			if k := min(end-at, n); k > 0 {
				rows = append(rows, RowRange{at, k})
				at, n = at+k, n-k
			}
			return n > 0
		}
		if w.without != nil {
			for first, count := range w.without(r.First, r.End()) {
				if !until(first) {
					break
				}
				at = first + count
			}
		}
		if n > 0 {
			until(r.End())
		}
		if at < r.End() {
			w.ranges[0] = RowRange{at, r.End() - at}
		} else {
			w.ranges = w.ranges[1:]
		}
	}
	return rows
}
