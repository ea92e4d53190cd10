package checkpoint

import (
	"context"
	"iter"
)

// statistics reads the statistics of a row group's files as JSON text: the
// column stats, or what stats_parsed says. With want they are fetched when the
// first file is wanted, and decoded no further than to find those that are.
type statistics struct {
	part       *part
	index      int // of the row group
	fromParsed bool
	want       asker

	group  *group // nil: not fetched yet
	owned  bool   // the group is nobody else's
	passed int64  // rows behind
	text   *column
	parsed *parsed
}

func (p *part) statistics(index int, want asker) *statistics {
	return &statistics{part: p, index: index, fromParsed: p.statsOnlyParsed(index), want: want}
}

func (s *statistics) open(g *group) {
	s.group = g
	if s.fromParsed {
		s.parsed = g.parsed("stats_parsed")
	} else {
		s.text = g.text("add", "stats")
	}
}

func (s *statistics) close() {
	if s.owned {
		s.group.close()
	}
}

// fetch opens the columns behind the rows that were passed over.
func (s *statistics) fetch(ctx context.Context) error {
	name := "stats"
	if s.fromParsed {
		name = "stats_parsed"
	}
	g, err := s.part.load(ctx, s.index, []string{"add", name})
	if err != nil {
		return err
	}
	s.owned = true
	s.open(g)
	s.skipColumns(int(s.passed))
	return g.fault()
}

// skip passes over rows.
func (s *statistics) skip(rows int) {
	s.passed += int64(rows)
	if s.group != nil {
		s.skipColumns(rows)
	}
}

func (s *statistics) skipColumns(rows int) {
	s.text.skip(rows)
	if s.parsed != nil {
		skipMembers(s.parsed.members, rows)
	}
}

func skipMembers(members []*member, rows int) {
	for _, m := range members {
		if m.column != nil {
			m.column.skip(rows)
		} else {
			skipMembers(m.members, rows)
		}
	}
}

// read reads the statistics of the wanted files of a chunk whose partition
// values are there, and that are the live ones of the next rows; nil if there
// are none.
func (s *statistics) read(ctx context.Context, f *Files, live []bool) (*texts, error) {
	wanted, err := s.want.values(ctx, f)
	if err != nil {
		return nil, err
	}
	var b *builder
	file, passed := 0, 0 // files so far; rows since the last wanted one
	for _, live := range live {
		want := live && (wanted == nil || wanted[f.partition[file]])
		if live {
			file++
		}
		if !want {
			passed++
			if live && b != nil {
				b.ends = append(b.ends, uint32(len(b.text)))
			}
			continue
		}
		s.skip(passed)
		passed = 0
		if s.group == nil {
			if err := s.fetch(ctx); err != nil {
				return nil, err
			}
		}
		if b == nil {
			b = s.start(f.Len(), wanted != nil)
			for range file - 1 { // the files before
				b.ends = append(b.ends, 0)
			}
		}
		s.passed++
		b.text = s.append(b.text)
		if !b.end() {
			return nil, s.group.fault()
		}
	}
	s.skip(passed)
	if b == nil || len(b.text) == 0 {
		return nil, s.fault()
	}
	t := b.texts()
	return &t, s.fault()
}

// start makes room for the texts of n files, or some of them.
func (s *statistics) start(n int, some bool) *builder {
	col := s.text
	if col == nil && len(s.group.opened) > 0 {
		col = s.group.opened[0]
	}
	b := &builder{column: col, ends: make([]uint32, 0, n)}
	if s.text != nil && !some {
		b.text = room(s.text, n)
	}
	return b
}

// append takes the next row and appends its text, nothing if it has none.
func (s *statistics) append(b []byte) []byte {
	switch {
	case s.parsed != nil:
		return s.parsed.row(b)
	case s.text.row():
		return append(b, s.text.text()...)
	default:
		return b
	}
}

func (s *statistics) fault() error {
	if s.group == nil {
		return nil
	}
	return s.group.fault()
}

// accepted asks want about each of the distinct partition values.
func (f *Files) accepted(want func(Values) bool) []bool {
	out := make([]bool, len(f.partitions.ends))
	all := true
	for i := range out {
		out[i] = want(pairs(f.partitions.at(i)).get)
		all = all && out[i]
	}
	if all {
		return nil
	}
	return out
}

// place is where the rows of a chunk are in their checkpoint.
type place struct {
	part, group int    // part −1 is the manifest
	first       int64  // row of the row group
	live        []bool // of the rows: is there a file; nil: all
	rows        int
}

func (p place) lives() []bool {
	if p.live != nil {
		return p.live
	}
	all := make([]bool, p.rows)
	for i := range all {
		all[i] = true
	}
	return all
}

// WithStats adds the statistics of wanted files to chunks of this checkpoint that
// were read without. The chunks come as they were yielded, and stay as they are;
// what is yielded shares their memory. Want is asked, and what is not wanted left
// out, as by [Reader.Select].
func (r *Reader) WithStats(ctx context.Context, chunks []*Files, want Wanted) iter.Seq2[*Files, error] {
	return func(yield func(*Files, error) bool) {
		runs := runsOf(chunks)
		read := func(ctx context.Context, i int, want asker, emit func(*Files) bool) error {
			if runs[i][0].place.part < 0 {
				return r.manifest.withStats(ctx, runs[i], want, emit)
			}
			return r.runStats(ctx, runs[i], want, emit)
		}
		inOrder(ctx, len(runs), r.opts.Parallel, want, read, yield)
	}
}

// runsOf groups chunks by the row group that they are of.
func runsOf(chunks []*Files) [][]*Files {
	var runs [][]*Files
	for i, f := range chunks {
		if i > 0 && chunks[i-1].place.part == f.place.part && chunks[i-1].place.group == f.place.group {
			runs[len(runs)-1] = append(runs[len(runs)-1], f)
		} else {
			runs = append(runs, []*Files{f})
		}
	}
	return runs
}

// runStats gives the chunks of one row group their statistics.
func (r *Reader) runStats(ctx context.Context, run []*Files, want asker, emit func(*Files) bool) error {
	at := run[0].place
	p, err := r.part(ctx, at.part)
	if err != nil {
		return err
	}
	if wanted, err := want.group(ctx, p, at.group); err != nil || !wanted {
		return err
	}
	s := p.statistics(at.group, want)
	defer s.close()
	for _, f := range run {
		var text *texts
		err := p.guard(func() (err error) {
			s.skip(int(f.place.first - s.passed)) // rows that hold no file
			text, err = s.read(ctx, f, f.place.lives())
			return err
		})
		if err != nil {
			return err
		}
		with := *f
		with.stats = text
		if !emit(&with) {
			return nil
		}
	}
	return nil
}

// WithoutStats is f without statistics. It shares the memory of the rest.
func (f *Files) WithoutStats() *Files {
	without := *f
	without.stats = nil
	return &without
}
