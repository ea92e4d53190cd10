package verify

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// readVectors reads every deletion vector: its bytes, its checksum, and whether
// it is as its descriptor and its file have it.
func (l *live) readVectors(ctx context.Context) error {
	known := feature.Has(l.state.Protocol, feature.DeletionVectors)
	r := dv.NewReader(l.Source.Store, l.External, l.Source.Limits)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, l.Parallel))
	err := l.walk(ctx, func(_ replay.File, a *log.AddFile) error {
		if a.DeletionVector == nil {
			return nil
		}
		l.count(&l.report.Vectors, 1)
		if !known {
			l.is(a, Fault{Kind: Wrong, Detail: "the file has a deletion vector, and the table's protocol has not the feature deletionVectors"})
			return nil
		}
		g.Go(func() error { return l.vector(gctx, r, a) })
		return gctx.Err()
	})
	return errors.Join(g.Wait(), err)
}

func (l *live) vector(ctx context.Context, r *dv.Reader, a *log.AddFile) error {
	rows, counted := stats.NumRecords(a.Stats)
	if !counted {
		rows = -1
	}
	_, err := r.Read(ctx, a.DeletionVector, rows)
	if err != nil {
		f, is := faultOf(err)
		if !is {
			return err
		}
		f.Object = vectorName(a)
		l.is(a, f)
		return nil
	}
	if !counted {
		l.foundf(objectName(a), Wrong, l.state.Version, "the file has a deletion vector, and its statistics do not say numRecords, as they must")
	}
	return nil
}

// vectorName is the object of a file's deletion vector: of one that is in the
// log itself, the data file.
func vectorName(a *log.AddFile) string {
	d := a.DeletionVector
	if name, err := dv.FileName(d); err == nil {
		return name
	}
	if log.IsAbsolute(d.PathOrInlineDV) && d.StorageType == "p" {
		return storage.Redact(d.PathOrInlineDV)
	}
	return objectName(a)
}
