package aggregate

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/scan"
)

// Batches computes the result: its groups in the order of their keys. A batch
// is valid until the next one is asked for. The iteration ends with the first
// error.
func (p *Plan) Batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		all, err := p.newCollected()
		if err != nil {
			yield(nil, err)
			return
		}
		if err = p.collect(ctx, all); err == nil {
			err = p.emit(ctx, all, func(b arrow.RecordBatch) bool { return yield(b, nil) })
		}
		closed := all.spill.close()
		if err != nil {
			yield(nil, err)
		} else if closed != nil && !all.stopped {
			yield(nil, closed)
		}
	}
}

// collected is the groups of all files.
type collected struct {
	seed    seed
	limit   int64 // bytes of groups, and of local for those of a file
	local   int64
	pool    sync.Pool // of *groups, for files
	stopped bool      // the caller has had enough

	mu     sync.Mutex // guards what follows
	groups *groups
	spill  *spill
}

func (p *Plan) newCollected() (*collected, error) {
	c := &collected{seed: newSeed(), spill: &spill{dir: p.opts.TempDir}}
	// Half for all files and half for those being read; and slices that grow
	// take up to twice what they hold.
	c.limit = p.opts.Memory / 4
	var err error
	c.groups, err = newGroups(c.seed, p.values)
	return c, err
}

// merge takes the groups of a file, or some of them.
func (c *collected) merge(from *groups) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups.merge(from)
	from.reset()
	return c.relieve()
}

// settled takes a file that need not be read. All that can be known so does not
// depend on the order in which it is put together.
func (c *collected) settled(f *fileFacts) error {
	if f.rows == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groups.one(padded(f.key))
	for i, k := range f.facts {
		c.groups.accs[i].known(g, k)
	}
	return c.relieve()
}

// relieve puts the groups on local disk if they are too many.
func (c *collected) relieve() error {
	if c.groups.bytes() <= c.limit || c.groups.len() < 2 {
		return nil
	}
	return c.toDisk()
}

func (c *collected) toDisk() error {
	g := c.groups
	err := c.spill.write(func(put func(key, state []byte) error) error {
		var state []byte
		for _, id := range g.sorted() {
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
	g.reset()
	return err
}

// ahead is how many files are opened, which for a small one is to fetch it,
// while no more than Options.Scan.Parallel are decoded.
const ahead = 32

// collect reads the files, several at once, and puts their groups together in
// the order of the files. All its goroutines have ended when it returns.
func (p *Plan) collect(caller context.Context, all *collected) error {
	ctx, cancel := context.WithCancel(caller)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	q := &queue{
		files: semaphore.NewWeighted(ahead), bytes: semaphore.NewWeighted(p.opts.Scan.Budget),
		decoding: semaphore.NewWeighted(int64(max(1, p.opts.Scan.Parallel))),
	}
	q.started, q.merged = make(chan struct{}), make(chan struct{})
	close(q.started)
	close(q.merged)
	start := func(f *fileFacts) error {
		// What a file needs is acquired in the order of the files: a later one
		// must not hold what an earlier one waits for.
		weight := max(0, min(f.Size(), p.opts.Scan.Budget))
		if err := errors.Join(q.files.Acquire(ctx, 1), q.bytes.Acquire(ctx, weight)); err != nil {
			return err
		}
		turn := q.next()
		group.Go(func() error {
			defer q.files.Release(1)
			defer q.bytes.Release(weight)
			return p.file(ctx, f, q, turn, all)
		})
		return nil
	}
	// Few files may hold more groups each. They are counted before the first
	// one is read, so that chance has no part in it.
	parallel := max(1, p.opts.Scan.Parallel)
	var first []*fileFacts
	begin := func() error {
		all.local = all.limit / int64(max(1, min(parallel, len(first))))
		for _, f := range first {
			if err := start(f); err != nil {
				return err
			}
		}
		return nil
	}
	err := p.walk(ctx, all, func(f *fileFacts) error {
		switch first = append(first, f); {
		case len(first) < parallel:
			return nil
		case len(first) == parallel:
			return begin()
		default:
			first = first[:parallel]
			return start(f)
		}
	})
	if err == nil && len(first) < parallel {
		err = begin()
	}
	if err != nil {
		cancel()
	}
	failed := group.Wait()
	if err == nil || failed != nil && errors.Is(err, context.Canceled) {
		err = failed
	}
	if err == nil {
		err = caller.Err()
	}
	return err
}

// walk settles the files that the log knows enough of, and leaves the others to
// read.
func (p *Plan) walk(ctx context.Context, all *collected, read func(*fileFacts) error) error {
	for c, err := range p.base.Candidates(ctx) {
		if err != nil {
			return err
		}
		f, err := p.examine(c)
		switch {
		case err != nil:
		case f.settled():
			err = all.settled(f)
		default:
			err = read(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// queue is the limits on files being read, and the end of two lines in which
// they stand: to be decoded, and to be put together with those before.
type queue struct {
	files, bytes, decoding *semaphore.Weighted
	started, merged        chan struct{}
}

// turn is a place in the lines: what was closed by the file before, and what
// this one closes.
type turn struct {
	start, merge    chan struct{}
	started, merged chan struct{}
}

func (q *queue) next() turn {
	t := turn{q.started, q.merged, make(chan struct{}), make(chan struct{})}
	q.started, q.merged = t.started, t.merged
	return t
}

func wait(ctx context.Context, c chan struct{}) error {
	select {
	case <-c:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// file reads one file.
func (p *Plan) file(ctx context.Context, f *fileFacts, q *queue, t turn, all *collected) error {
	defer close(t.merged)
	o, err := p.base.Open(ctx, f.File)
	if err == nil {
		defer o.Close()
	}
	if waited := wait(ctx, t.start); err == nil {
		err = waited
	}
	if err == nil {
		if err = q.decoding.Acquire(ctx, 1); err == nil {
			defer q.decoding.Release(1)
		}
	}
	close(t.started)
	if err != nil {
		return err
	}
	if p.consult(f, o); f.settled() {
		return all.settled(f)
	}
	table, _ := all.pool.Get().(*groups)
	if table == nil {
		if table, err = newGroups(all.seed, p.values); err != nil {
			return err
		}
	}
	defer func() {
		table.reset()
		all.pool.Put(table)
	}()
	flush := func() error {
		if err := wait(ctx, t.merge); err != nil {
			return err
		}
		return all.merge(table)
	}
	if err := p.read(ctx, f, o, table, all.local, flush); err != nil {
		return err
	}
	return flush()
}

// read puts the rows of a file into its table, which is flushed when it is full.
func (p *Plan) read(ctx context.Context, f *fileFacts, o *scan.Opened, table *groups, limit int64, flush func() error) error {
	plan, err := p.scanFor(f)
	if err != nil {
		return err
	}
	var k keys
	first := true
	for b, err := range plan.Rows(ctx, o) {
		if err != nil {
			return err
		}
		if err := p.batch(f, b.Record, table, &k); err != nil {
			return f.in(err)
		}
		if first {
			first = false
			p.addFacts(f, table)
		}
		if table.bytes() > limit {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFacts adds what need not be read of a file to its group.
func (p *Plan) addFacts(f *fileFacts, table *groups) {
	for i, open := range f.open {
		if !open {
			table.accs[i].known(table.one(padded(f.key)), f.facts[i])
		}
	}
}

// batch puts rows into a table.
func (p *Plan) batch(f *fileFacts, rec arrow.RecordBatch, table *groups, k *keys) error {
	values := make([]arrow.Array, len(p.inputs))
	defer func() {
		for _, a := range values {
			if a != nil {
				a.Release()
			}
		}
	}()
	value := func(i int) (arrow.Array, error) {
		if values[i] != nil {
			return values[i], nil
		}
		a, err := p.evaluate(p.inputs[i], rec)
		values[i] = a
		return a, err
	}
	var rows []int32
	if f.key != nil {
		rows = table.assignAll(f.key, int(rec.NumRows()))
	} else {
		for i := range p.by {
			if _, err := value(i); err != nil {
				return err
			}
		}
		k.encode(p.keys, values[:len(p.by)], int(rec.NumRows()))
		rows = table.assign(k)
	}
	for i, at := range p.input {
		if !f.open[i] {
			continue
		}
		var col arrow.Array
		if at >= 0 {
			var err error
			if col, err = value(at); err != nil {
				return err
			}
		}
		table.add(i, rows, col)
	}
	return nil
}

// evaluate is the values of an expression. A column that has their layout is
// them.
func (p *Plan) evaluate(b *expr.Bound, rec arrow.RecordBatch) (arrow.Array, error) {
	if c, ok := b.Root().(*expr.Column); ok && len(c.Path) == 1 {
		if at := rec.Schema().FieldIndices(c.Path[0]); len(at) == 1 {
			want, err := arrowconv.Type(b.Type())
			if col := rec.Column(at[0]); err == nil && arrow.TypeEqual(col.DataType(), want) {
				col.Retain()
				return col, nil
			}
		}
	}
	return b.Eval(rec, p.opts.Scan.Allocator)
}
