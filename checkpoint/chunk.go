package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"unsafe"
)

const (
	// A chunk holds at most so many rows, fewer if their text is long.
	chunkRowsMax  = 1 << 16
	chunkRowsMin  = 64
	chunkTextSize = 4 << 20
)

// Files yields the files that the checkpoint lists, in its order, in chunks of
// at most 65,536. Only the columns that are asked for are read, a row group at
// a time. After an error nothing more is yielded.
func (r *Reader) Files(ctx context.Context, cols Columns) iter.Seq2[*Files, error] {
	return r.Select(ctx, cols, Wanted{})
}

// Values gives the serialized value of a partition column, by its physical
// name; ok is false if there is none of that name.
type Values func(name string) (text string, null, ok bool)

// Select is Files, except that files that are not wanted may be left out, and
// that their statistics are not read: they are "". What a row group has none of
// is not even fetched. Want is asked by the goroutine that iterates, never while
// it is in its loop.
func (r *Reader) Select(ctx context.Context, cols Columns, want Wanted) iter.Seq2[*Files, error] {
	return func(yield func(*Files, error) bool) {
		pieces := r.pieces()
		read := func(ctx context.Context, i int, want asker, emit func(*Files) bool) error {
			return r.pieceFiles(ctx, pieces[i], cols, want, emit)
		}
		inOrder(ctx, len(pieces), r.opts.Parallel, want, read, yield)
	}
}

// piece is what one goroutine reads: a row group of a main file, all of a
// sidecar (group −1), or the manifest (part −1).
type piece struct{ part, group int }

func (r *Reader) pieces() []piece {
	var out []piece
	if r.manifest != nil {
		out = append(out, piece{-1, -1})
	}
	for i, p := range r.parts {
		for g := range p.file.Meta().RowGroups {
			out = append(out, piece{i, g})
		}
	}
	for i := range r.sidecars {
		out = append(out, piece{len(r.parts) + i, -1})
	}
	return out
}

// groups calls do for each row group of a piece, until it says false.
func (r *Reader) groups(ctx context.Context, at piece, do func(p *part, group int) (more bool, err error)) error {
	p, err := r.part(ctx, at.part)
	if err != nil {
		return err
	}
	first, last := at.group, at.group
	if at.group < 0 {
		first, last = 0, len(p.file.Meta().RowGroups)-1
	}
	for g := first; g <= last; g++ {
		if more, err := do(p, g); err != nil || !more {
			return err
		}
	}
	return nil
}

func (r *Reader) pieceFiles(ctx context.Context, at piece, cols Columns, want asker, emit func(*Files) bool) error {
	if at.part < 0 {
		return r.manifest.files(ctx, cols, want, emit)
	}
	return r.groups(ctx, at, func(p *part, group int) (bool, error) {
		if wanted, err := want.group(ctx, p, group); err != nil || !wanted {
			return true, err
		}
		return p.groupFiles(ctx, group, cols, want, func(f *Files) bool {
			f.place.part = at.part
			return emit(f)
		})
	})
}

// groupFiles yields the files of one row group; false to stop.
func (p *part) groupFiles(ctx context.Context, index int, cols Columns, want asker, yield func(*Files) bool) (more bool, err error) {
	var c *chunker
	err = p.guard(func() (err error) {
		c, err = p.newChunker(ctx, index, cols, want)
		return err
	})
	if err != nil || c == nil {
		return true, err
	}
	defer c.close()
	for c.left > 0 {
		var f *Files
		err := p.guard(func() (err error) {
			f, err = c.next()
			return err
		})
		if err != nil {
			return false, err
		}
		if f.Len() > 0 && !yield(f) {
			return false, nil
		}
	}
	return true, nil
}

// chunker turns the adds of one row group into chunks.
type chunker struct {
	group *group
	left  int64 // rows
	step  int64 // rows of a chunk

	path, size, modified *column
	partition, tags      *mapping
	statistics           *statistics // nil if they are not wanted
	baseRowID, commitVer *column
	clustering           *column
	dvType, dvPath       *column
	dvOffset, dvSize     *column
	dvRows, dvMax        *column

	live  []bool // of the rows of the chunk: is there a file
	files int    // how many
}

// newChunker opens the columns; nil if the row group has no files.
func (p *part) newChunker(ctx context.Context, index int, cols Columns, want asker) (*chunker, error) {
	path := p.schema.leaf("add", "path")
	if path == nil || p.rows(index) == 0 || p.allNull(index, path.index) {
		return nil, nil
	}
	fromParsed := cols&Stats != 0 && p.statsOnlyParsed(index)
	wanted := wantedOf(cols, fromParsed)
	load := wanted
	if want != nil {
		load = wantedOf(cols&^Stats, false)
	}
	g, err := p.load(ctx, index, load...)
	if err != nil {
		return nil, err
	}
	c := &chunker{group: g, left: g.rows, step: p.rowsOfChunk(index, wanted)}
	c.path = g.text("add", "path")
	c.size, c.modified = g.number("add", "size"), g.number("add", "modificationTime")
	c.partition = g.mapping("add", "partitionValues")
	c.dvType, c.dvPath = g.text("add", "deletionVector", "storageType"), g.text("add", "deletionVector", "pathOrInlineDv")
	c.dvOffset, c.dvSize = g.number("add", "deletionVector", "offset"), g.number("add", "deletionVector", "sizeInBytes")
	c.dvRows, c.dvMax = g.number("add", "deletionVector", "cardinality"), g.number("add", "deletionVector", "maxRowIndex")
	c.baseRowID, c.commitVer = g.number("add", "baseRowId"), g.number("add", "defaultRowCommitVersion")
	c.clustering = g.text("add", "clusteringProvider")
	if cols&Tags != 0 {
		c.tags = g.mapping("add", "tags")
	}
	if cols&Stats != 0 {
		c.statistics = p.statistics(index, want)
		if want == nil {
			c.statistics.open(g)
		}
	}
	if err := g.fault(); err != nil {
		g.close()
		return nil, err
	}
	return c, nil
}

func (c *chunker) close() {
	c.group.close()
	if c.statistics != nil {
		c.statistics.close()
	}
}

// statsOnlyParsed says whether statistics have to be rebuilt: there is no JSON
// in this row group, but maybe the parsed form.
func (p *part) statsOnlyParsed(index int) bool {
	text := p.schema.leaf("add", "stats")
	return (text == nil || p.allNull(index, text.index)) && p.schema.at("add", "stats_parsed") != nil
}

// wantedOf lists the columns to read.
func wantedOf(cols Columns, fromParsed bool) [][]string {
	names := []string{"path", "size", "modificationTime", "partitionValues", "deletionVector", "baseRowId",
		"defaultRowCommitVersion", "clusteringProvider"}
	if cols&Tags != 0 {
		names = append(names, "tags")
	}
	switch {
	case cols&Stats == 0:
	case fromParsed:
		names = append(names, "stats_parsed")
	default:
		names = append(names, "stats")
	}
	var wanted [][]string
	for _, name := range names {
		wanted = append(wanted, []string{"add", name})
	}
	return wanted
}

// rowsOfChunk keeps the text of a chunk to a few megabytes.
func (p *part) rowsOfChunk(index int, wanted [][]string) int64 {
	var bytes int64
	for _, i := range p.columns(wanted...) {
		bytes += max(0, p.file.Meta().RowGroups[index].Columns[i].MetaData.TotalUncompressedSize)
	}
	perRow := 1 + bytes/p.rows(index)
	return max(chunkRowsMin, min(chunkRowsMax, chunkTextSize/perRow))
}

// next reads the next chunk, which may be empty.
func (c *chunker) next() (*Files, error) {
	rows := int(min(c.left, c.step))
	c.left -= int64(rows)
	f := &Files{place: place{group: c.group.index, first: c.group.rows - c.left - int64(rows), rows: rows}}
	c.readPaths(f, rows)
	f.size = c.integers(c.size, true)
	f.modified = c.integers(c.modified, false)
	c.readPartitions(f)
	f.dv = c.vectors()
	f.baseRowID, f.commitVer = c.numbers(c.baseRowID), c.numbers(c.commitVer)
	c.readClustering(f)
	f.tags = c.maps(c.tags)
	if c.files < rows {
		f.place.live = slices.Clone(c.live)
	}
	if c.statistics != nil {
		var err error
		if f.stats, err = c.statistics.read(c.group.ctx, f, c.live); err != nil {
			return nil, err
		}
	}
	if err := c.group.fault(); err != nil {
		return nil, err
	}
	if c.left == 0 && c.path.reader.HasNext() {
		return nil, c.group.part.file.Corrupt("add.path", errors.New("more rows than its row group"))
	}
	return f, nil
}

// builder collects texts in one piece of memory.
type builder struct {
	column *column // is charged
	text   []byte
	ends   []uint32
}

func (b *builder) end() bool {
	if len(b.text) > textBytesMax {
		b.column.fail(errExpand)
		return false
	}
	b.ends = append(b.ends, uint32(len(b.text)))
	return true
}

// texts is what was collected; the builder is not used after it. The memory is
// handed over as it is, unless much of it is empty: nobody writes to it any more.
func (b *builder) texts() texts {
	text := b.text
	if b.text = nil; cap(text)-len(text) > len(text)/8 {
		return texts{data: string(text), ends: b.ends}
	}
	return texts{data: unsafe.String(unsafe.SliceData(text), len(text)), ends: b.ends}
}

// start makes room for the texts of n of the rows of a chunk.
func (c *chunker) start(col *column, n int) *builder {
	return &builder{column: col, text: room(col, len(c.live)), ends: make([]uint32, 0, n)}
}

// room is memory for about so many texts of a column.
func room(col *column, n int) []byte {
	m := col.group.part.file.Meta().RowGroups[col.group.index].Columns[col.index].MetaData
	return make([]byte, 0, max(0, min(chunkTextSize, m.TotalUncompressedSize/col.group.rows*int64(n))))
}

func (c *chunker) readPaths(f *Files, rows int) {
	c.live = slices.Grow(c.live[:0], rows)[:rows]
	b := c.start(c.path, rows)
	for i := range c.live {
		there := c.path.row()
		c.live[i] = there
		if there {
			b.text = append(b.text, c.path.text()...)
			if !b.end() {
				return
			}
		}
	}
	c.files = len(b.ends)
	f.paths = b.texts()
}

// integers reads a column that a file must have, or that is 0 if null.
func (c *chunker) integers(col *column, must bool) []int64 {
	out := make([]int64, 0, c.files)
	for _, live := range c.live {
		there := col.row()
		switch {
		case !live:
		case there:
			out = append(out, col.word())
		case must:
			c.missing("add.size")
			return out
		default:
			out = append(out, 0)
		}
	}
	return out
}

// missing records that a file lacks what every file has, unless something else
// went wrong before.
func (c *chunker) missing(name string) {
	if c.group.fault() == nil {
		c.group.fail(name, errNull)
	}
}

// numbers reads a column that files may have; nil if none has it.
func (c *chunker) numbers(col *column) *numbers {
	if col == nil || c.files == 0 {
		col.skip(len(c.live))
		return nil
	}
	out := &numbers{value: make([]int64, c.files), there: make(bitset, c.files/64+1)}
	i, any := 0, false
	for _, live := range c.live {
		there := col.row()
		if !live {
			continue
		}
		if there {
			out.value[i], any = col.word(), true
			out.there.add(i)
		}
		i++
	}
	if !any {
		return nil
	}
	return out
}

// interner numbers distinct runs of bytes in the order they are first seen.
type interner struct {
	known map[string]uint32
	last  uint32
	b     *builder
}

func (c *chunker) intern(col *column) *interner {
	return &interner{known: map[string]uint32{}, b: &builder{column: col}}
}

func (n *interner) number(text []byte) uint32 {
	if len(n.known) > 0 { // neighbours are often equal
		start := uint32(0)
		if n.last > 0 {
			start = n.b.ends[n.last-1]
		}
		if string(n.b.text[start:n.b.ends[n.last]]) == string(text) {
			return n.last
		}
	}
	id, ok := n.known[string(text)]
	if !ok {
		n.b.text = append(n.b.text, text...)
		if !n.b.end() {
			return 0
		}
		id = uint32(len(n.known))
		n.known[string(text)] = id
	}
	n.last = id
	return id
}

func (c *chunker) readPartitions(f *Files) {
	f.partition = make([]uint32, 0, c.files)
	var col *column
	if c.partition != nil {
		col = c.partition.key
	}
	n := c.intern(col)
	for _, live := range c.live {
		there := c.partition.row()
		switch {
		case !live:
		case there:
			f.partition = append(f.partition, n.number(c.partition.pairs))
		default: // no map is an empty one
			f.partition = append(f.partition, n.number(nil))
		}
	}
	f.partitions = n.b.texts()
	f.shareMaps()
}

func (c *chunker) readClustering(f *Files) {
	if c.clustering == nil {
		return
	}
	n := c.intern(c.clustering)
	ids := make([]uint32, 0, c.files)
	for _, live := range c.live {
		there := c.clustering.row()
		switch {
		case !live:
		case there:
			ids = append(ids, n.number(c.clustering.text())+1)
		default:
			ids = append(ids, 0)
		}
	}
	if len(n.known) > 0 {
		f.clustering, f.providers = ids, n.b.texts()
	}
}

func (c *chunker) maps(m *mapping) *mapTexts {
	if m == nil {
		return nil
	}
	out := &mapTexts{there: make(bitset, c.files/64+1)}
	b := c.start(m.key, c.files)
	i := 0
	for _, live := range c.live {
		there := m.row()
		if !live {
			continue
		}
		if there {
			b.text = append(b.text, m.pairs...)
			out.there.add(i)
		}
		if !b.end() {
			return nil
		}
		i++
	}
	if out.there.count() == 0 {
		return nil
	}
	out.pairs = b.texts()
	return out
}

// vectors reads the deletion vectors; nil if no file has one.
func (c *chunker) vectors() *vectors {
	if c.dvType == nil {
		for _, col := range []*column{c.dvPath, c.dvOffset, c.dvSize, c.dvRows, c.dvMax} {
			col.skip(len(c.live))
		}
		return nil
	}
	out := &vectors{index: make([]uint32, 0, c.files)}
	b := &builder{column: c.dvType}
	for _, live := range c.live {
		there := c.dvType.row()
		path, offset, size := c.dvPath.row(), c.dvOffset.row(), c.dvSize.row()
		rows, last := c.dvRows.row(), c.dvMax.row()
		if !live {
			continue
		}
		if !there {
			out.index = append(out.index, 0)
			continue
		}
		if !path || !size || !rows {
			c.missing("add.deletionVector")
			return nil
		}
		v := vector{typeLen: uint32(len(c.dvType.text())), pathLen: uint32(len(c.dvPath.text())), hasOffset: offset, hasMaxRow: last}
		v.sizeInBytes, v.cardinality = c.int32(c.dvSize), c.dvRows.word()
		if offset {
			v.offset = c.int32(c.dvOffset)
		}
		if last {
			v.maxRow = c.dvMax.word()
		}
		b.text = append(append(b.text, c.dvType.text()...), c.dvPath.text()...)
		if offset {
			b.text = fmt.Appendf(b.text, "@%d", v.offset)
		}
		if !b.end() {
			return nil
		}
		out.more = append(out.more, v)
		out.index = append(out.index, uint32(len(out.more)))
	}
	if len(out.more) == 0 {
		return nil
	}
	out.id = b.texts()
	return out
}

func (c *chunker) int32(col *column) int32 {
	n := col.word()
	if n != int64(int32(n)) {
		col.fail(errors.New("number out of range"))
	}
	return int32(n)
}
