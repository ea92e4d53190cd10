package scan

import (
	"context"
	"sync/atomic"

	"github.com/foreset/foreset/internal/parquetio"
)

// This file reads the columns of the predicate first, so that the others are
// read only where rows are left: whole pages of them may not even be fetched.
//
//	ranges that bounds leave ─► probe: the predicate's columns, filtered ─► few rows:  the output's columns of these
//	                                                                     └► many rows: output and predicate of the ranges, filtered

const (
	// Rows that are left are read with what is between them if that is less than
	// so many rows (package parquetio reads through them): nothing is spared.
	apart = 256
	// A probe is not worth it where more than one in so many rows is read all
	// the same.
	readMax = 2
	// Fewer rows are read at one go, unless Options.ProbeRows says otherwise.
	probeRows = 4096
)

// odds remember whether probing was worth it in this scan.
type odds struct{ hits, misses atomic.Int64 }

// good says whether to probe another row group: as long as it helped in half of
// them, and at the beginning.
func (o *odds) good() bool { return o.misses.Load() <= o.hits.Load()+1 }

// matching is which of some rows of a row group the predicate selects; exact is
// false, and the rows are as they were, if that is too many to tell them apart,
// or was in other row groups, or if reading fails: then it fails again at its
// place, after the rows before it.
func (p *Plan) matching(ctx context.Context, o *opened, rows []parquetio.RowRange) (found []parquetio.RowRange, exact bool) {
	var total, kept, read int64
	for _, r := range rows {
		total += r.Count
	}
	if total < p.opts.ProbeRows || !p.odds.good() {
		return rows, false
	}
	found = []parquetio.RowRange{}
	plan := parquetio.ReadPlan{Schema: p.asked.data, Ranges: rows, Without: o.without(), BatchRows: p.opts.BatchRows}
	for b, err := range o.data.Read(ctx, plan) {
		if err != nil {
			return rows, false
		}
		runs, n, err := p.selected(b, o)
		if err != nil {
			return rows, false
		}
		read += readWith(found, runs)
		found, kept = extend(found, runs), kept+n
		if p.opts.Limit > 0 && kept >= p.opts.Limit {
			break // that is enough, wherever it is
		}
		if read*readMax > total {
			p.odds.misses.Add(1)
			return rows, false
		}
	}
	p.odds.hits.Add(1)
	return found, true
}

// selected is where the rows of a batch of the probe stand that the predicate
// selects, and how many they are.
func (p *Plan) selected(b parquetio.Batch, o *opened) ([]parquetio.RowRange, int64, error) {
	whole, err := p.assemble(p.asked, b, o)
	if err != nil {
		return nil, 0, err
	}
	defer whole.Release()
	sel, err := p.filter(whole)
	if err != nil {
		return nil, 0, err
	}
	return pick(b.Rows, sel), int64(len(sel)), nil
}

// readWith is how many rows are read for more ranges behind those found: theirs,
// and the rows between them that are not worth skipping.
func readWith(found, more []parquetio.RowRange) (rows int64) {
	end := int64(-apart)
	if n := len(found); n > 0 {
		end = found[n-1].End()
	}
	for _, r := range more {
		if gap := r.First - end; gap < apart {
			rows += gap
		}
		rows += r.Count
		end = r.End()
	}
	return rows
}

// extend appends ranges, the first of which may go on where the last one ends.
func extend(to, more []parquetio.RowRange) []parquetio.RowRange {
	if n := len(to); n > 0 && len(more) > 0 && to[n-1].End() == more[0].First {
		to[n-1].Count += more[0].Count
		more = more[1:]
	}
	return append(to, more...)
}
