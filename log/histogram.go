package log

import (
	"errors"
	"slices"
	"strconv"
)

// Histogram counts files by size. Bin i holds the sizes from Boundaries[i] up
// to the next boundary, the last bin all that are larger; the first boundary
// is 0.
type Histogram struct {
	Boundaries []int64 // bytes, ascending
	Counts     []int64 // files in each bin
	Bytes      []int64 // their bytes
}

// NewHistogram is an empty histogram with the 95 bins that Spark uses.
func NewHistogram() *Histogram {
	const kB, mB, gB = int64(1) << 10, int64(1) << 20, int64(1) << 30
	b := []int64{0}
	double := func(from, to int64) {
		for n := from; n <= to; n *= 2 {
			b = append(b, n)
		}
	}
	steps := func(step, to int64) {
		for n := b[len(b)-1] + step; n <= to; n += step {
			b = append(b, n)
		}
	}
	double(8*kB, 4*mB)
	steps(4*mB, 40*mB)
	steps(8*mB, 120*mB)
	steps(4*mB, 144*mB)
	steps(16*mB, 576*mB)
	steps(64*mB, 1408*mB)
	steps(128*mB, 2*gB)
	steps(256*mB, 4*gB)
	double(8*gB, 256*gB)
	return &Histogram{Boundaries: b, Counts: make([]int64, len(b)), Bytes: make([]int64, len(b))}
}

// Add counts a file of that many bytes. Negative sizes are not counted.
func (h *Histogram) Add(size int64) { h.count(1, size) }

// count takes a file in (by 1) or out (by −1). It reports false, and counts
// nothing, if there is no such file. A nil histogram counts nothing.
func (h *Histogram) count(by, size int64) bool {
	if h == nil {
		return true
	}
	i, found := slices.BinarySearch(h.Boundaries, size)
	if !found {
		i--
	}
	if i < 0 || h.Counts[i]+by < 0 || h.Bytes[i]+by*size < 0 {
		return false
	}
	h.Counts[i] += by
	h.Bytes[i] += by * size
	return true
}

func (h *Histogram) clone() *Histogram {
	if h == nil {
		return nil
	}
	return &Histogram{h.Boundaries, slices.Clone(h.Counts), slices.Clone(h.Bytes)}
}

func (h *Histogram) check() error {
	n := len(h.Boundaries)
	if n == 0 || h.Boundaries[0] != 0 || len(h.Counts) != n || len(h.Bytes) != n {
		return errors.New("a histogram needs bins from 0 on, and as many counts")
	}
	for i := range n {
		if i > 0 && h.Boundaries[i] <= h.Boundaries[i-1] {
			return errors.New("a histogram's bins must ascend")
		}
		if h.Counts[i] < 0 || h.Bytes[i] < 0 {
			return errors.New("a histogram has a negative count")
		}
	}
	return nil
}

func (s *scanner) histogram() *Histogram {
	h := &Histogram{}
	for name := range s.members {
		switch string(name) {
		case "sortedBinBoundaries":
			h.Boundaries = s.integers()
		case "fileCounts":
			h.Counts = s.integers()
		case "totalBytes":
			h.Bytes = s.integers()
		default:
			s.skip()
		}
	}
	if s.err == nil {
		s.err = h.check()
	}
	return h
}

func (o *object) integers(name string, values []int64) {
	o.member(name)
	o.dst = append(o.dst, '[')
	for i, v := range values {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = strconv.AppendInt(o.dst, v, 10)
	}
	o.dst = append(o.dst, ']')
}
