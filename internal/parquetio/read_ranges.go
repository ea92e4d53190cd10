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

// without is what remains of ranges when runs of rows are left out.
func without(ranges []RowRange, runs func(first, end int64) iter.Seq2[int64, int64]) []RowRange {
	if runs == nil {
		return ranges
	}
	var out []RowRange
	for _, r := range ranges {
		for first, count := range runs(r.First, r.End()) {
			if first > r.First {
				out = append(out, RowRange{r.First, first - r.First})
			}
			r.Count, r.First = r.End()-first-count, first+count
		}
		if r.Count > 0 {
			out = append(out, r)
		}
	}
	return out
}

// cut takes at most n rows, but one at least, off the front of ranges.
func cut(ranges []RowRange, n int64) (front, rest []RowRange) {
	for n = max(n, 1); n > 0 && len(ranges) > 0; {
		r := ranges[0]
		if r.Count > n {
			ranges[0] = RowRange{r.First + n, r.Count - n}
			return append(front, RowRange{r.First, n}), ranges
		}
		front = append(front, r)
		ranges = ranges[1:]
		n -= r.Count
	}
	return front, ranges
}
