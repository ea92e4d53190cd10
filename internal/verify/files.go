package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"reflect"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/partition"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// live is the files of one version.
type live struct {
	*verifier
	state   *replay.State
	objects map[id]object // of the table's store
	bad     map[log.Key]bool
	vectors int64
}

// object is what the log and a listing say of an object.
type object struct {
	size   int64 // by the log
	listed int64 // by the listing; −1: it is not in it
}

// headMax is the number of files up to which each is asked for by itself. A
// listing goes through all that lies in the table's folder, a thousand objects a
// request.
const headMax = 64

// files looks at the live files of a version.
func (v *verifier) files(ctx context.Context, s *replay.State) error {
	l := &live{verifier: v, state: s, objects: map[id]object{}, bad: map[log.Key]bool{}}
	v.report.Version = int64(s.Version)
	columns, s0, err := l.schema()
	if err != nil {
		if v.report.Faults == 0 { // or else its commit was named
			v.foundf(log.Dir, Wrong, s.Version, "metaData: %v", err)
		}
		return nil
	}
	if err := l.names(ctx, columns); err != nil {
		return l.unreadable(err)
	}
	if len(l.objects) > headMax {
		if err := l.list(ctx); err != nil {
			return err
		}
	}
	if err := l.sizes(ctx); err != nil {
		return l.unreadable(err)
	}
	if l.vectors > 0 {
		if err := l.readVectors(ctx); err != nil {
			return l.unreadable(err)
		}
	}
	if v.Deep {
		return l.unreadable(l.data(ctx, s0))
	}
	return ctx.Err()
}

func (l *live) schema() (partitioned []schema.Field, s *schema.Struct, err error) {
	if s, err = l.state.Schema(); err != nil {
		return nil, nil, err
	}
	partitioned, err = partition.Columns(s, l.state.Metadata.PartitionColumns, feature.Mapping(l.state.Protocol, l.state.Metadata))
	return partitioned, s, err
}

// unreadable is an error of walking the files that is none of getting at them:
// the log was found to be damaged, or else this is where it is.
func (l *live) unreadable(err error) error {
	if err == nil {
		return nil
	}
	f, is := faultOf(err)
	if !is {
		return err
	}
	if l.report.Faults == 0 {
		if f.Object == "" {
			f.Object = log.Dir
		}
		f.Version = int64(l.state.Version)
		l.found(f)
	}
	return nil
}

// walk goes over the files that nothing was found wrong with.
func (l *live) walk(ctx context.Context, do func(replay.File, *log.AddFile) error) error {
	for f, err := range l.state.Files(ctx, checkpoint.Stats) {
		if err != nil {
			return err
		}
		a := f.Add()
		if l.isBad(a) {
			continue
		}
		if err := do(f, a); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (l *live) isBad(a *log.AddFile) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.bad) > 0 && l.bad[a.Key()]
}

// is tells of a fault of a file, which is not looked at any further.
func (l *live) is(a *log.AddFile, f Fault) {
	if f.Object == "" {
		f.Object = objectName(a)
	}
	f.Version = int64(l.state.Version)
	l.mu.Lock()
	l.bad[a.Key()] = true
	l.mu.Unlock()
	l.found(f)
}

// blame is is for an error, if that is about what an object is.
func (l *live) blame(a *log.AddFile, err error) error {
	f, is := faultOf(err)
	if !is {
		return err
	}
	f.Object = objectName(a)
	l.is(a, f)
	return nil
}

// objectName is the object of a file for a message: its name, or the path where
// that leads nowhere in the table.
func objectName(a *log.AddFile) string {
	if name, err := log.DecodePath(a.Path); err == nil {
		return name
	}
	return storage.Redact(a.Path)
}

// names looks at what the log says of each file by itself: where it is, and its
// partition. Two files that are one object have its rows twice.
func (l *live) names(ctx context.Context, columns []schema.Field) error {
	var values []value.Value
	return l.walk(ctx, func(_ replay.File, a *log.AddFile) error {
		l.count(&l.report.Files, 1)
		l.count(&l.report.Bytes, a.Size)
		if a.DeletionVector != nil {
			l.vectors++
		}
		st, name, err := scan.Locate(l.Source.Store, l.External, a.Path)
		if err != nil {
			if _, is := faultOf(err); !is && log.IsAbsolute(a.Path) {
				l.is(a, Fault{Kind: Outside, Detail: err.Error()})
				return nil
			}
			return l.blame(a, err)
		}
		key := l.objectID(st, name, a.Path)
		if _, twice := l.objects[key]; twice {
			l.is(a, Fault{Object: name, Kind: Wrong, Detail: fmt.Sprintf("two files of the version are this object: its rows are there twice; the second by the path %q", a.Path)})
			return nil
		}
		l.objects[key] = object{a.Size, -1}
		for _, c := range columns {
			if _, has, err := partition.Lookup(a.PartitionValues, c.Name); err == nil && !has {
				l.is(a, Fault{Kind: Wrong, Detail: fmt.Sprintf("there is no partition value for %q", c.Name)})
				return nil
			}
		}
		if values, err = partition.AppendValues(values[:0], a.PartitionValues, columns, l.Zone); err != nil {
			l.is(a, Fault{Kind: Wrong, Detail: fmt.Sprintf("partition values: %v", err)})
		}
		return nil
	})
}

// objectID stands for an object: that of a name in the table's store, or of a
// path that leads elsewhere.
func (l *live) objectID(st storage.Store, name, path string) id {
	if !sameStore(st, l.Source.Store) {
		name = "\x00" + path
	}
	sum := sha256.Sum256([]byte(name))
	return id(sum[:16])
}

func sameStore(a, b storage.Store) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}

// list finds out the sizes of the objects in the table's folder.
func (l *live) list(ctx context.Context) error {
	for e, err := range l.Source.Store.List(ctx, "", "") {
		if err != nil {
			return fmt.Errorf("list the table: %w", err)
		}
		key := l.objectID(l.Source.Store, e.Name, "")
		if o, live := l.objects[key]; live {
			o.listed = e.Size
			l.objects[key] = o
		}
	}
	return ctx.Err()
}

// sizes tells of files that are not there, or have another size than the log
// says. What is not in the listing is asked for by itself.
func (l *live) sizes(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, l.Parallel))
	err := l.walk(ctx, func(_ replay.File, a *log.AddFile) error {
		st, name, err := scan.Locate(l.Source.Store, l.External, a.Path)
		if err != nil {
			return err
		}
		if o := l.objects[l.objectID(st, name, a.Path)]; o.listed == a.Size {
			return nil
		}
		g.Go(func() error { return l.head(gctx, st, name, a) })
		return gctx.Err()
	})
	return errors.Join(g.Wait(), err)
}

func (l *live) head(ctx context.Context, st storage.Store, name string, a *log.AddFile) error {
	info, err := st.Head(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.is(a, Fault{Kind: Missing, Detail: "the data file is not there"})
	case err != nil:
		return err
	case info.Size != a.Size:
		l.is(a, Fault{Kind: Wrong, Detail: fmt.Sprintf("the data file has %d bytes, and the log says %d", info.Size, a.Size)})
	}
	return nil
}
