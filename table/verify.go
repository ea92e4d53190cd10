package table

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"

	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/verify"
	"github.com/foreset/foreset/log"
)

// VerifyOptions say what [Table.Verify] looks at. Nil is the defaults.
type VerifyOptions struct {
	// At is a version that is looked at as if it was the newest: later commits,
	// checkpoints and checksums are left out.
	At At
	// Deep reads every row of every file, and holds the statistics of the log
	// against them.
	Deep bool
	// Found is told of each fault when it is found, one at a time. It must not
	// use the table. Nil: the report only counts them.
	Found func(Fault)
}

// Fault is something that is wrong with an object of a table. Its Kind is
// "missing" (the object is not there), "damaged" (it cannot be read as what it
// should be), "wrong" (it can, and is not as the rest of the table has it) or
// "outside" (its path leads out of the table); a "note" is odd, does no harm and is
// not counted as a fault.
type Fault = verify.Fault

// VerifyReport is what was looked at, and how many faults and notes there are.
type VerifyReport = verify.Report

// Verify looks at every object of a table and tells what is wrong with which:
// every commit that the log has, by itself and in its order; every checkpoint,
// read whole and compared with the commits; every .crc and compacted log, and the
// hint; of the version's data files that they are there, in the size, at the
// place and in the partition that the log says, and their deletion vectors; and,
// with Deep, all their rows and the statistics about them.
//
// An error is what kept it from looking on: the store, the context, or a feature
// that this version of the library does not read (ErrUnsupported). The report is
// of what was done until then, and a table is only in order if the error is nil
// and Faults is 0. Commits that are made meanwhile are not looked at.
//
// It holds some 50 bytes for each file that the table has or had within the
// retention of its tombstones.
func (t *Table) Verify(ctx context.Context, opts *VerifyOptions) (*VerifyReport, error) {
	if opts == nil {
		opts = &VerifyOptions{}
	}
	if _, err := t.known(); err != nil {
		return nil, err
	}
	ctx, op := t.starts(ctx, "verify")
	r, err := t.verify(ctx, opts)
	if err != nil {
		err = fmt.Errorf("verify %s: %w", t.url, translate(err))
	}
	op.ends(err, attribute.Int64("foreset.faults", r.Faults), attribute.Int64("foreset.files", r.Files), attribute.Int64("foreset.rows", r.Rows))
	return r, err
}

func (t *Table) verify(ctx context.Context, opts *VerifyOptions) (*VerifyReport, error) {
	at := replay.Latest
	switch {
	case opts.At.version != nil && *opts.At.version < 0:
		return &VerifyReport{}, fmt.Errorf("%w: version %d", ErrVersionGone, *opts.At.version)
	case opts.At.version != nil:
		at = log.Version(*opts.At.version)
	case opts.At.time != nil:
		s, err := t.at(ctx, opts.At)
		if err != nil {
			return &VerifyReport{}, err
		}
		at = s.Version
	}
	o := t.opts
	bytes := o.Budget.lease(4)
	defer o.Budget.release(bytes)
	return verify.Run(ctx, verify.Options{
		Source: t.src, At: at, Deep: opts.Deep, External: t.external, Readable: t.readable, Zone: o.Zone,
		Parallel: o.Concurrency, Budget: bytes, Allocator: o.Allocator, Found: opts.Found,
	})
}

// Verify is [Table.Verify] for a table that need not open: one whose newest
// commit is damaged, for example.
func Verify(ctx context.Context, url string, opts *Options, look *VerifyOptions) (*VerifyReport, error) {
	s, err := opts.settle(ctx, url)
	if err != nil {
		return nil, err
	}
	t := newTable(url, s)
	r, err := t.Verify(ctx, look)
	return r, errors.Join(err, t.closeStore())
}
