package checkpoint

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// Write encodes a checkpoint as [Encode] does, reads it back with the code
// that readers use, compares it with its source, and only then publishes it
// under its classic name, with the hint to it.
//
// A [*VerifyError] means that nothing was published. Another error can leave a
// checkpoint without a hint, which harms no one. Writing a checkpoint that is
// there already replaces it.
func Write(ctx context.Context, st storage.Store, src *Source, opts *WriteOptions) (*Hint, error) {
	e, err := encode(ctx, src, opts)
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, e.body.Bytes(), &e.kept, e.layout.textStats); err != nil {
		return nil, fmt.Errorf("write checkpoint %d: %w", src.Version, err)
	}
	if err := st.Put(ctx, log.CheckpointName(src.Version), e.body.Bytes()); err != nil {
		return nil, fmt.Errorf("write checkpoint %d: %w", src.Version, err)
	}
	h := e.hint()
	if opts != nil && opts.Newest != nil && opts.Newest() {
		return h, h.put(ctx, st)
	}
	return h, WriteHint(ctx, st, h)
}

// verify reads an encoded checkpoint and compares what it holds with want.
func verify(ctx context.Context, body []byte, want *content, withStats bool) error {
	got, err := read(ctx, body, withStats)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &VerifyError{What: "that it cannot be read: " + err.Error()}
	case !reflect.DeepEqual(got.state.Protocol, want.state.Protocol):
		return &VerifyError{What: "the protocol"}
	case !reflect.DeepEqual(got.state.Metadata, want.state.Metadata):
		return &VerifyError{What: "the metadata"}
	case !reflect.DeepEqual(got.state.Txns, want.state.Txns):
		return &VerifyError{What: "the application ids"}
	case !reflect.DeepEqual(got.state.Domains, want.state.Domains):
		return &VerifyError{What: "the domain metadata"}
	case got.adds != want.adds:
		return &VerifyError{What: fmt.Sprintf("the number of files: %d, not %d", got.adds, want.adds)}
	case got.removes != want.removes:
		return &VerifyError{What: fmt.Sprintf("the number of tombstones: %d, not %d", got.removes, want.removes)}
	case got.files != want.files:
		return &VerifyError{What: "the files"}
	case got.cells != want.cells:
		return &VerifyError{What: "the typed statistics or partition values"}
	default:
		return nil
	}
}

// read takes stock of an encoded checkpoint.
func read(ctx context.Context, body []byte, withStats bool) (*content, error) {
	r, err := Open(ctx, bodyStore{body: body}, []log.File{{Name: "the encoded checkpoint", Size: int64(len(body))}}, nil)
	if err != nil {
		return nil, err
	}
	s, err := r.State(ctx)
	if err != nil {
		return nil, err
	}
	c := &content{state: *s}
	cols := Tags
	if withStats {
		cols |= Stats
	}
	for f, err := range r.Files(ctx, cols) {
		if err != nil {
			return nil, err
		}
		for i := range f.Len() {
			c.add(f.Add(i), withStats)
		}
	}
	for f, err := range r.Removes(ctx) {
		if err != nil {
			return nil, err
		}
		c.remove(f)
	}
	for _, p := range r.parts {
		for g := range p.file.Meta().RowGroups {
			if err := p.guard(func() error { return p.typedCells(ctx, g, c) }); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// typedCells counts the values of the typed columns of a row group.
func (p *part) typedCells(ctx context.Context, index int, into *content) error {
	g, err := p.load(ctx, index, []string{"add", "path"}, []string{"add", "stats_parsed"}, []string{"add", "partitionValues_parsed"})
	if err != nil {
		return err
	}
	defer g.close()
	path := g.text("add", "path")
	var members []*member
	for _, name := range []string{"stats_parsed", "partitionValues_parsed"} {
		if s := g.parsed(name); s != nil {
			members = append(members, s.members...)
		}
	}
	for range g.rows {
		name := ""
		if path.row() {
			name = string(path.text())
		}
		countCells(members, name, into)
		if g.err != nil {
			break
		}
	}
	return g.fault()
}

func countCells(members []*member, path string, into *content) {
	for _, m := range members {
		if m.column == nil {
			countCells(m.members, path, into)
		} else if m.column.row() {
			if v := m.convert(m.column); !v.IsNull() {
				into.typed(path, m.column.index, v)
			}
		}
	}
}

// bodyStore is a store of one object that is only read.
type bodyStore struct {
	storage.Store
	body []byte
}

func (s bodyStore) ReadAt(_ context.Context, _ string, p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(s.body)) {
		return 0, io.EOF
	}
	n := copy(p, s.body[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s bodyStore) Head(_ context.Context, name string) (storage.Info, error) {
	return storage.Info{Name: name, Size: int64(len(s.body))}, nil
}
