package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// manifest is the main file of a V2 checkpoint that is JSON: one action a line,
// as in a commit. Its text is kept, and decoded again for each walk over the
// file actions that it may have.
type manifest struct {
	name   string
	body   []byte
	limits *log.Limits

	state State
	refs  references
	adds  int64
}

// openManifest reads a manifest of the size that the listing says, and takes
// its small actions.
func openManifest(ctx context.Context, st storage.Store, f log.File, limits *log.Limits) (*manifest, error) {
	body, err := log.ReadFile(ctx, st, f, limits)
	if errors.Is(err, log.ErrLimit) {
		return nil, corrupt(f.Name, err)
	}
	if err != nil {
		return nil, err
	}
	m := &manifest{name: f.Name, body: body, limits: limits}
	return m, m.take()
}

// take takes stock of the manifest, and all that it has but file actions.
func (m *manifest) take() error {
	for a, err := range log.DecodeCommit(m.body, m.limits) {
		if err == nil {
			err = m.one(a)
		}
		if err != nil {
			return corrupt(m.name, err)
		}
	}
	return nil
}

func (m *manifest) one(a log.Action) error {
	switch a := a.(type) {
	case *log.AddFile:
		m.adds++
	case *log.Protocol:
		if m.state.Protocol != nil {
			return fmt.Errorf("protocol: %w", errTwice)
		}
		m.state.Protocol = a
	case *log.Metadata:
		if m.state.Metadata != nil {
			return fmt.Errorf("metaData: %w", errTwice)
		}
		m.state.Metadata = a
	case *log.SetTransaction:
		m.state.Txns = append(m.state.Txns, a)
	case *log.DomainMetadata:
		m.state.Domains = append(m.state.Domains, a)
	case *log.CheckpointMetadata:
		m.refs.described = append(m.refs.described, *a)
	case *log.Sidecar:
		if len(m.refs.sidecars) == sidecarsMax {
			return fmt.Errorf("more than %d sidecars", sidecarsMax)
		}
		m.refs.sidecars = append(m.refs.sidecars, a)
	}
	return nil
}

// files yields the files that the manifest lists itself; false to stop. Want is
// asked about chunks as statistics are.
func (m *manifest) files(ctx context.Context, cols Columns, want asker, yield func(*Files) bool) error {
	if m.adds == 0 {
		return nil
	}
	c := &addChunk{name: m.name, cols: cols, want: want}
	for a, err := range log.DecodeCommit(m.body, m.limits) {
		if err != nil {
			return corrupt(m.name, err)
		}
		add, is := a.(*log.AddFile)
		if !is {
			continue
		}
		if c.add(add); len(c.adds) < chunkRowsMax && c.text < chunkTextSize {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if more, err := c.emit(ctx, yield); err != nil || !more {
			return err
		}
	}
	_, err := c.emit(ctx, yield)
	return err
}

// removes yields the tombstones that the manifest lists itself; false to stop.
func (m *manifest) removes(ctx context.Context, yield func([]*log.RemoveFile) bool) error {
	var found []*log.RemoveFile
	for a, err := range log.DecodeCommit(m.body, m.limits) {
		if err != nil {
			return corrupt(m.name, err)
		}
		if r, is := a.(*log.RemoveFile); is {
			r.DataChange = false
			found = append(found, r)
		}
		if len(found) == removesAtOnce {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(found) {
				return nil
			}
			found = nil
		}
	}
	if len(found) > 0 {
		yield(found)
	}
	return nil
}

// withStats gives chunks of this manifest their statistics.
func (m *manifest) withStats(ctx context.Context, chunks []*Files, want asker, yield func(*Files) bool) error {
	adds := int64(0)
	var stats *builder
	var wanted []bool
	for a, err := range log.DecodeCommit(m.body, m.limits) {
		if err != nil {
			return corrupt(m.name, err)
		}
		add, is := a.(*log.AddFile)
		if !is {
			continue
		}
		f := chunks[0]
		if stats == nil {
			if wanted, err = want.values(ctx, f); err != nil {
				return err
			}
			stats = &builder{}
		}
		if i := adds - f.place.first; wanted == nil || wanted[f.partition[i]] {
			stats.text = append(stats.text, add.Stats...)
		}
		stats.ends = append(stats.ends, uint32(len(stats.text)))
		if adds++; adds < f.place.first+int64(f.place.rows) {
			continue
		}
		with := *f
		if t := stats.texts(); t.data != "" {
			with.stats = &t
		}
		if chunks, stats = chunks[1:], nil; !yield(&with) || len(chunks) == 0 {
			return nil
		}
	}
	return nil
}

// addChunk makes chunks of adds that are actions already.
type addChunk struct {
	name  string // of the manifest
	cols  Columns
	want  asker
	adds  []*log.AddFile
	text  int   // bytes
	first int64 // place of the first of them among all adds
}

func (c *addChunk) add(a *log.AddFile) {
	c.adds = append(c.adds, a)
	c.text += len(a.Path) + len(a.Stats)
	for _, m := range []map[string]*string{a.PartitionValues, a.Tags} {
		for k, v := range m {
			if c.text += len(k) + 8; v != nil {
				c.text += len(*v)
			}
		}
	}
}

// emit yields what was gathered.
func (c *addChunk) emit(ctx context.Context, yield func(*Files) bool) (more bool, err error) {
	if len(c.adds) == 0 {
		return true, nil
	}
	if c.text > textBytesMax {
		return false, corrupt(c.name, errExpand)
	}
	f, err := c.build(ctx)
	if err != nil {
		return false, err
	}
	c.first += int64(len(c.adds))
	c.adds, c.text = nil, 0
	return yield(f), nil
}

func (c *addChunk) build(ctx context.Context) (*Files, error) {
	n := len(c.adds)
	f := &Files{place: place{part: -1, group: -1, first: c.first, rows: n}}
	var paths, providers builder
	partitions := interner{known: map[string]uint32{}, b: &builder{}}
	names := interner{known: map[string]uint32{}, b: &providers}
	f.baseRowID, f.commitVer = c.numbers(func(a *log.AddFile) *int64 { return a.BaseRowID }), c.numbers(func(a *log.AddFile) *int64 { return a.DefaultRowCommitVersion })
	clustering := make([]uint32, 0, n)
	var pairs []byte
	for _, a := range c.adds {
		paths.text = append(paths.text, a.Path...)
		paths.end()
		f.size, f.modified = append(f.size, a.Size), append(f.modified, a.ModificationTime)
		pairs = appendPairs(pairs[:0], a.PartitionValues)
		f.partition = append(f.partition, partitions.number(pairs))
		id := uint32(0)
		if a.ClusteringProvider != nil {
			id = names.number([]byte(*a.ClusteringProvider)) + 1
		}
		clustering = append(clustering, id)
	}
	f.paths, f.partitions, f.dv = paths.texts(), partitions.b.texts(), c.vectors()
	f.shareMaps()
	if len(names.known) > 0 {
		f.clustering, f.providers = clustering, providers.texts()
	}
	if c.cols&Tags != 0 {
		f.tags = c.tags()
	}
	if c.cols&Stats != 0 {
		var err error
		if f.stats, err = c.stats(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// appendPairs is a map in the form that pairs reads, in the order of its keys.
func appendPairs(b []byte, m map[string]*string) []byte {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b = appendKey(b, []byte(k))
		if m[k] == nil {
			b = appendNull(b)
		} else {
			b = appendValue(b, []byte(*m[k]))
		}
	}
	return b
}

func (c *addChunk) numbers(of func(*log.AddFile) *int64) *numbers {
	var out *numbers
	for i, a := range c.adds {
		n := of(a)
		if n == nil {
			continue
		}
		if out == nil {
			out = &numbers{value: make([]int64, len(c.adds)), there: make(bitset, len(c.adds)/64+1)}
		}
		out.value[i] = *n
		out.there.add(i)
	}
	return out
}

func (c *addChunk) vectors() *vectors {
	out := &vectors{}
	var ids builder
	for _, a := range c.adds {
		d := a.DeletionVector
		if d == nil {
			out.index = append(out.index, 0)
			continue
		}
		v := vector{typeLen: uint32(len(d.StorageType)), pathLen: uint32(len(d.PathOrInlineDV)), sizeInBytes: d.SizeInBytes, cardinality: d.Cardinality}
		if d.Offset != nil {
			v.offset, v.hasOffset = *d.Offset, true
		}
		if d.MaxRowIndex != nil {
			v.maxRow, v.hasMaxRow = *d.MaxRowIndex, true
		}
		ids.text = append(ids.text, d.ID()...)
		ids.end()
		out.more = append(out.more, v)
		out.index = append(out.index, uint32(len(out.more)))
	}
	if len(out.more) == 0 {
		return nil
	}
	out.id = ids.texts()
	return out
}

func (c *addChunk) tags() *mapTexts {
	out := &mapTexts{there: make(bitset, len(c.adds)/64+1)}
	var b builder
	for i, a := range c.adds {
		if a.Tags != nil {
			b.text = appendPairs(b.text, a.Tags)
			out.there.add(i)
		}
		b.end()
	}
	if out.there.count() == 0 {
		return nil
	}
	out.pairs = b.texts()
	return out
}

func (c *addChunk) stats(ctx context.Context, f *Files) (*texts, error) {
	wanted, err := c.want.values(ctx, f)
	if err != nil {
		return nil, err
	}
	var b builder
	for i, a := range c.adds {
		if wanted == nil || wanted[f.partition[i]] {
			b.text = append(b.text, a.Stats...)
		}
		b.end()
	}
	if len(b.text) == 0 {
		return nil, nil
	}
	t := b.texts()
	return &t, nil
}
