package checkpoint

// statistics reads the statistics of a row group's files as JSON text: the
// column stats, or what stats_parsed says. With want they are fetched when the
// first file is wanted, and decoded no further than to find those that are.
type statistics struct {
	fromParsed bool
	want       func(Values) bool // of the partition values; nil: all

	group  *group // nil: not fetched yet
	passed int    // rows before that
	text   *column
	parsed *parsed
}

func (s *statistics) open(g *group) {
	s.group = g
	if s.fromParsed {
		s.parsed = g.parsed("stats_parsed")
	} else {
		s.text = g.text("add", "stats")
	}
}

// fetch opens the columns behind the rows that were passed over.
func (s *statistics) fetch(c *chunker) error {
	name := "stats"
	if s.fromParsed {
		name = "stats_parsed"
	}
	g, err := c.group.part.load(c.group.ctx, c.group.index, []string{"add", name})
	if err != nil {
		return err
	}
	s.open(g)
	s.text.skip(s.passed)
	if s.parsed != nil {
		skipMembers(s.parsed.members, s.passed)
	}
	return g.fault()
}

// skip passes over rows.
func (s *statistics) skip(rows int) {
	switch {
	case s.group == nil:
		s.passed += rows
	case s.parsed != nil:
		skipMembers(s.parsed.members, rows)
	default:
		s.text.skip(rows)
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

// readStats reads the statistics of the wanted files of a chunk, whose
// partition values are there.
func (c *chunker) readStats(f *Files) error {
	s := c.statistics
	if s == nil {
		return nil
	}
	wanted := f.accepted(s.want)
	var b *builder
	i, passed := 0, 0 // files so far; rows since the last wanted one
	for _, live := range c.live {
		want := live && (wanted == nil || wanted[f.partition[i]])
		if live {
			i++
		}
		if !want {
			passed++
			if live && b != nil && !b.end() {
				return c.fault()
			}
			continue
		}
		if s.group == nil {
			s.passed += passed
			passed = 0
			if err := s.fetch(c); err != nil {
				return err
			}
		}
		if b == nil {
			b = c.startStats(wanted != nil)
			for range i - 1 { // the files before
				b.ends = append(b.ends, 0)
			}
		}
		s.skip(passed)
		passed = 0
		b.text = s.append(b.text)
		if !b.end() {
			return c.fault()
		}
	}
	s.skip(passed)
	if b != nil && len(b.text) > 0 {
		t := c.done(b)
		f.stats = &t
	}
	return c.fault()
}

// startStats takes the scratch memory, of which some files need but little.
func (c *chunker) startStats(some bool) *builder {
	col := c.path
	if c.statistics.text != nil {
		col = c.statistics.text
	}
	if some {
		return &builder{column: col, text: c.text[:0], ends: make([]uint32, 0, c.files)}
	}
	return c.start(col, c.files)
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

// fault is the first error of the columns that are read.
func (c *chunker) fault() error {
	if g := c.statistics.group; g != nil {
		if err := g.fault(); err != nil {
			return err
		}
	}
	return c.group.fault()
}

// accepted says of each of the distinct partition values whether want accepts
// them; nil if it accepts all.
func (f *Files) accepted(want func(Values) bool) []bool {
	if want == nil {
		return nil
	}
	out := make([]bool, len(f.partitions.ends))
	all := true
	for i := range out {
		values := pairs(f.partitions.at(i))
		out[i] = want(values.get)
		all = all && out[i]
	}
	if all {
		return nil
	}
	return out
}
