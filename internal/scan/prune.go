package scan

import (
	"maps"
	"slices"

	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/skipping"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// This file finds the rows of an open file that the predicate may be TRUE for.
//
//	a row group ─► its bounds in the footer ─► bloom filters, where they can decide and pay ─► the page index

// ranges are those rows; nil is all of them. told hears of what is left out, if
// it is not nil.
func (p *Plan) ranges(o *opened, told func(Skip)) ([]parquetio.RowRange, error) {
	if p.where == nil {
		if o.only != nil {
			return around(o.only, o.data.NumRows()), nil
		}
		return nil, nil
	}
	ranges := []parquetio.RowRange{}
	all := true
	for i, g := range o.data.RowGroups() {
		pages, err := p.group(&groupSource{p: p, file: o.data, group: i, rows: g.Rows, keys: o.keys}, g, told)
		if err != nil {
			return nil, err
		}
		all = all && len(pages) == 1 && pages[0] == (parquetio.RowRange{First: g.FirstRow, Count: g.Rows})
		ranges = extend(ranges, pages)
	}
	if all {
		return nil, nil
	}
	return ranges, nil
}

// group is the rows of one row group.
func (p *Plan) group(src *groupSource, g parquetio.RowGroup, told func(Skip)) ([]parquetio.RowRange, error) {
	skip := Skip{RowGroup: src.group, FirstRow: g.FirstRow, Rows: g.Rows}
	if p.pred.Decide(src) == skipping.None {
		if told != nil {
			skip.By = ByRowGroup
			skip.Reason, _ = p.pred.Explain(src)
			told(skip)
		}
		return nil, nil
	}
	if sieve, ok := p.sieve(src); ok {
		verdict := p.pred.Decide(sieve)
		if sieve.err != nil {
			return nil, sieve.err
		}
		if verdict == skipping.None {
			if told != nil {
				skip.By = ByBloomFilter
				skip.Reason, _ = p.pred.Explain(sieve)
				told(skip)
			}
			return nil, nil
		}
	}
	return p.pages(src, g, told)
}

// stored is the fields that lead to a column of the files; false if the path is
// that of a partition column or of what no file holds.
func (p *Plan) stored(path []string) ([]schema.Field, bool) {
	if isPartition(p.opts.State.Metadata.PartitionColumns, path[0]) {
		return nil, false
	}
	return p.opts.Schema.Along(path...)
}

// groupSource is what the footer proves about a row group.
type groupSource struct {
	p     *Plan
	file  *parquetio.File
	group int
	rows  int64 // of the group
	keys  []value.Value
}

// Bounds are those of a column in the group.
func (s *groupSource) Bounds(path []string) (skipping.Bounds, bool) {
	if b, is := s.p.keyBounds(path, s.keys); is {
		return b, true
	}
	column, ok := s.p.opts.Schema.Along(path...)
	if !ok {
		return skipping.Bounds{}, false
	}
	b, ok := s.file.Bounds(s.group, column)
	return bounds(b, s.rows), ok
}

const (
	// A bloom filter is read if it takes no more than one in so many of the
	// bytes that it may save …
	filterShare = 4
	// … a request counting as so many.
	filterRequest = 64 << 10
)

// groupSieve is a groupSource with bloom filters, read when they are asked.
type groupSieve struct {
	*groupSource
	worth   map[string]bool             // the columns whose filter there is, and is worth it
	filters map[string]*parquetio.Bloom // those that were read
	hope    bool                        // take filters to lack everything, and read none
	err     error                       // the first of reading
}

// sieve is what there is in bloom filters, if they can exclude the row group at
// all.
func (p *Plan) sieve(src *groupSource) (*groupSieve, bool) {
	s := &groupSieve{groupSource: src, hope: true, worth: map[string]bool{}, filters: map[string]*parquetio.Bloom{}}
	saved := int64(-1)
	for _, path := range p.where.Columns() {
		column, ok := p.stored(path)
		if !ok {
			continue
		}
		size, ok := src.file.BloomBytes(src.group, column)
		if !ok {
			continue
		}
		if saved < 0 {
			saved = src.file.ColumnBytes(src.group, p.needed.data)
		}
		if size == 0 || filterShare*(size+filterRequest) <= saved {
			s.worth[join(path)] = true
		}
	}
	if len(s.worth) == 0 || p.pred.Decide(s) != skipping.None {
		return nil, false
	}
	s.hope = false
	return s, true
}

// Lacks asks the column's filter.
func (s *groupSieve) Lacks(path []string, v value.Value) bool {
	name := join(path)
	if !s.worth[name] || s.err != nil {
		return false
	}
	if s.hope {
		return true
	}
	b, read := s.filters[name]
	if !read {
		column, _ := s.p.stored(path)
		b, s.err = s.file.Bloom(s.group, column)
		s.filters[name] = b
	}
	return b != nil && b.Lacks(v)
}

// pages are the rows of a row group that its page index leaves.
func (p *Plan) pages(group *groupSource, g parquetio.RowGroup, told func(Skip)) ([]parquetio.RowRange, error) {
	index := map[string][]parquetio.PageBounds{}
	cuts := map[int64]bool{}
	for _, path := range p.where.Columns() {
		column, ok := p.stored(path)
		if !ok {
			continue
		}
		pages, ok, err := group.file.Pages(group.group, column)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		index[join(path)] = pages
		for _, page := range pages {
			cuts[page.FirstRow] = true
		}
	}
	if len(cuts) < 2 {
		return []parquetio.RowRange{{First: g.FirstRow, Count: g.Rows}}, nil
	}
	starts := slices.Sorted(maps.Keys(cuts))
	var out []parquetio.RowRange
	for i, first := range starts {
		end := g.FirstRow + g.Rows
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		src := &pageSource{p: p, index: index, first: first, keys: group.keys}
		if p.pred.Decide(src) != skipping.None {
			out = extend(out, []parquetio.RowRange{{First: first, Count: end - first}})
			continue
		}
		if told != nil {
			reason, _ := p.pred.Explain(src)
			told(Skip{RowGroup: group.group, FirstRow: first, Rows: end - first, By: ByPageIndex, Reason: reason})
		}
	}
	return out, nil
}

// pageSource is what the page index proves about some rows of a row group that
// no page border divides.
type pageSource struct {
	p     *Plan
	index map[string][]parquetio.PageBounds
	first int64
	keys  []value.Value
}

// Bounds are those of the page that holds the rows.
func (s *pageSource) Bounds(path []string) (skipping.Bounds, bool) {
	if b, is := s.p.keyBounds(path, s.keys); is {
		return b, true
	}
	pages := s.index[join(path)]
	i, exact := slices.BinarySearchFunc(pages, s.first, func(page parquetio.PageBounds, row int64) int {
		return int(max(-1, min(1, page.FirstRow-row)))
	})
	if !exact {
		i--
	}
	if i < 0 || i >= len(pages) || s.first >= pages[i].FirstRow+pages[i].Rows {
		return skipping.Bounds{}, false
	}
	page := pages[i]
	return bounds(page.Bounds, page.Rows), true
}

// bounds are those of so many rows, which say nothing of NaN.
func bounds(b parquetio.Bounds, rows int64) skipping.Bounds {
	out := skipping.Bounds{Min: b.Min, Max: b.Max, Nulls: skipping.NullsOf(b.Nulls, rows)}
	if !b.MaxNumber.IsNull() {
		out.Max = b.MaxNumber
	}
	return out
}
