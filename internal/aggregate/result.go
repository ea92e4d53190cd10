package aggregate

import (
	"bytes"
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// errStop ends an iteration of which the caller has had enough.
var errStop = errors.New("enough")

// emit gives the result to the caller, in batches.
func (p *Plan) emit(ctx context.Context, all *collected, yield func(arrow.RecordBatch) bool) error {
	if len(p.by) == 0 {
		all.groups.one(padded(nil)) // a table without rows has a result
	}
	out := &results{p: p, left: p.opts.Limit, yield: yield}
	err := p.inOrder(ctx, all, out)
	if errors.Is(err, errStop) {
		all.stopped = true
		return nil
	}
	return err
}

func (p *Plan) inOrder(ctx context.Context, all *collected, out *results) error {
	if len(all.spill.runs) == 0 {
		order := all.groups.sorted()
		for len(order) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(len(order), p.opts.BatchRows)
			if err := out.batch(all.groups, order[:n]); err != nil {
				return err
			}
			order = order[n:]
		}
		return nil
	}
	if err := all.toDisk(); err != nil {
		return err
	}
	if err := p.fewer(ctx, all); err != nil {
		return err
	}
	return p.combine(ctx, all, all.spill.runs, p.opts.BatchRows, out.batch)
}

// fewer merges runs to longer ones until all can be merged at once.
func (p *Plan) fewer(ctx context.Context, all *collected) error {
	for len(all.spill.runs) > runsMerged {
		longer := &spill{dir: p.opts.TempDir}
		for runs := all.spill.runs; len(runs) > 0; runs = runs[min(runsMerged, len(runs)):] {
			err := longer.write(func(put func(key, state []byte) error) error {
				return p.combine(ctx, all, runs[:min(runsMerged, len(runs))], batchRows, func(g *groups, order []int32) error {
					var state []byte
					for _, id := range order {
						state = state[:0]
						for _, a := range g.accs {
							state = a.state(state, id)
						}
						if err := put(g.key(id), state); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err != nil {
				return errors.Join(err, longer.close())
			}
		}
		before := all.spill
		all.spill = longer
		if err := before.close(); err != nil {
			return err
		}
	}
	return nil
}

// combine puts together what some runs have of each group and hands groups on
// in the order of their keys, so many at once or as many as there is memory for.
func (p *Plan) combine(ctx context.Context, all *collected, runs []run, rows int, take func(g *groups, order []int32) error) error {
	g, err := newGroups(all.seed, p.values)
	if err != nil {
		return err
	}
	var order []int32
	full := func() error {
		defer func() {
			g.reset()
			order = order[:0]
		}()
		return take(g, order)
	}
	err = all.spill.merged(ctx, runs, p.opts.Memory/4, func(key, state []byte) error {
		if n := g.len(); n == 0 || !bytes.Equal(key, g.key(int32(n-1))) {
			if n == rows || n > 0 && n%64 == 0 && g.bytes() > p.opts.Memory/4 {
				if err := full(); err != nil {
					return err
				}
			}
			order = append(order, g.one(key))
		}
		var err error
		id := int32(g.len() - 1)
		for _, a := range g.accs {
			if state, err = a.restore(state, id); err != nil {
				return damaged(err)
			}
		}
		return nil
	})
	if err == nil && len(order) > 0 {
		err = full()
	}
	return err
}

// results makes batches of groups.
type results struct {
	p     *Plan
	left  int64 // groups to come; 0 or less: no limit
	yield func(arrow.RecordBatch) bool
}

func (r *results) batch(g *groups, order []int32) error {
	limited := r.left > 0 && int64(len(order)) >= r.left
	if limited {
		order = order[:r.left]
	}
	rec, err := r.record(g, order)
	if err != nil {
		return err
	}
	defer rec.Release()
	r.left -= min(r.left, int64(len(order)))
	if !r.yield(rec) || limited {
		return errStop
	}
	return nil
}

func (r *results) record(g *groups, order []int32) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(r.p.opts.Scan.Allocator, r.p.schema)
	defer b.Release()
	b.Reserve(len(order))
	for _, id := range order {
		key := g.key(id)
		for i, c := range r.p.keys {
			key = c.read(key, b.Field(i))
		}
	}
	for i, a := range g.accs {
		to := b.Field(len(r.p.keys) + i)
		for _, id := range order {
			if err := a.result(to, id); err != nil {
				return nil, err
			}
		}
	}
	return b.NewRecordBatch(), nil
}
