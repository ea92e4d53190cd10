package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Kind is what is wrong with an object.
type Kind string

// The kinds of faults. A Note is none.
const (
	// Missing: the object is not there.
	Missing Kind = "missing"
	// Damaged: it cannot be read as what it should be.
	Damaged Kind = "damaged"
	// Wrong: it can be read, and is not as the rest of the table has it.
	Wrong Kind = "wrong"
	// Outside: it is named by a path that leads out of the table.
	Outside Kind = "outside"
	// Note: it is odd, and does no harm.
	Note Kind = "note"
)

// Fault is something that is wrong with a table.
type Fault struct {
	Object  string // its name in the store; the path, as the log has it, of a file that is not in the table
	Kind    Kind
	Version int64  // of the log file, or the version whose file it is; −1 if it is about none
	Detail  string // for people
}

// Report is what was looked at.
type Report struct {
	Version     int64 // whose files were looked at; −1 if no version can be read
	Earliest    int64 // the first version that could be put together; −1 if none
	Commits     int64
	Checkpoints int64
	Checksums   int64
	Compacted   int64
	Files       int64 // live data files
	Bytes       int64 // of those, as the log says
	Vectors     int64 // deletion vectors
	Rows        int64 // that were read; 0 unless Deep
	Faults      int64
	Notes       int64
}

// Options say what to look at.
type Options struct {
	Source    *replay.Source
	At        log.Version // as if it was the newest; replay.Latest: the newest
	Deep      bool        // read all rows
	External  scan.External
	Readable  func(*replay.State) error // refuses a version that this library cannot read
	Zone      *time.Location
	Parallel  int   // requests, and files, at once
	Budget    int64 // bytes that reads of data may hold
	Allocator memory.Allocator
	Found     func(Fault) // called for each, one at a time
}

// Run looks at the table. The report is of what was done when there is an
// error, too.
func Run(ctx context.Context, opts Options) (*Report, error) {
	v := &verifier{Options: opts, report: &Report{Version: -1, Earliest: -1}}
	return v.report, v.run(ctx)
}

// verifier is one run.
type verifier struct {
	Options
	mu     sync.Mutex // guards what is below
	report *Report
}

func (v *verifier) run(ctx context.Context) error {
	newest, err := v.load(ctx, v.At)
	if err != nil {
		return err
	}
	if newest != nil {
		if err := v.readable(newest); err != nil {
			return err
		}
	}
	l, err := v.list(ctx)
	if err != nil {
		return err
	}
	w := &walk{verifier: v, listing: l, last: -1}
	if err := w.run(ctx); err != nil {
		return err
	}
	if err := v.hint(ctx, l, w.checkpointed); err != nil {
		return err
	}
	if newest == nil && w.last >= 0 {
		if newest, err = v.load(ctx, w.last); err != nil {
			return err
		}
		if newest != nil {
			if err := v.readable(newest); err != nil {
				return err
			}
		}
	}
	if newest == nil {
		return nil
	}
	return v.files(ctx, newest)
}

// load is the state of a version, or nil if damage is in the way: the walk
// will name it.
func (v *verifier) load(ctx context.Context, at log.Version) (*replay.State, error) {
	src := *v.Source
	src.Warn = func(error) {}
	s, err := replay.Load(ctx, &src, at)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, log.ErrNotTable), at >= 0 && errors.Is(err, log.ErrVersionGone):
		return nil, err
	case errors.Is(err, log.ErrGap):
		return nil, nil
	}
	if _, is := faultOf(err); is {
		return nil, nil
	}
	return nil, err
}

// readable is what keeps the version from being read by this library, but for
// damage: features and types that it does not know.
func (v *verifier) readable(s *replay.State) error {
	if v.Readable == nil {
		return nil
	}
	err := v.Readable(s)
	var unknown *schema.UnknownTypeError
	if errors.Is(err, feature.ErrUnsupported) || errors.As(err, &unknown) {
		return err
	}
	return nil
}

// found tells of a fault.
func (v *verifier) found(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if f.Kind == Note {
		v.report.Notes++
	} else {
		v.report.Faults++
	}
	if v.Found != nil {
		v.Found(f)
	}
}

func (v *verifier) foundf(object string, kind Kind, at log.Version, format string, args ...any) {
	v.found(Fault{object, kind, int64(at), fmt.Sprintf(format, args...)})
}

// count adds to the report.
func (v *verifier) count(to *int64, n int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*to += n
}
