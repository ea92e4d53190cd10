package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
)

// detailsMax bounds what is named of one checkpoint or checksum: one that is
// wrong throughout is one fault, not a million.
const detailsMax = 10

// contents is how much a checkpoint holds.
type contents struct {
	parts                int
	bytes, adds, actions int64 // bytes without sidecars
	v2                   bool
}

// checkpoint reads a checkpoint whole. If the state of its version is known it
// is compared with it, or else it becomes the state.
func (w *walk) checkpoint(ctx context.Context, c log.Checkpoint) error {
	w.count(&w.report.Checkpoints, 1)
	known := w.state != nil && w.state.version == c.Version
	var sees checkpointSeen
	if known {
		w.state.round++
		sees = &comparison{state: w.state}
	} else {
		sees = &adoption{state: newState(c.Version)}
	}
	held, err := w.readCheckpoint(ctx, c, sees)
	name := c.Files[0].Name
	if err != nil {
		return w.gone(ctx, name, err, c.Version)
	}
	w.checkpointed[c.Version] = append(w.checkpointed[c.Version], held)
	details := sees.details()
	switch sees := sees.(type) {
	case *comparison:
		lacks, err := w.lacking(ctx, c, held)
		if err != nil {
			return err
		}
		details = append(details, lacks...)
	case *adoption:
		w.state, w.base = sees.state, &c
	}
	for i, d := range details {
		if i == detailsMax {
			d = fmt.Sprintf("and %d more", len(details)-i)
		}
		if w.foundf(name, Wrong, c.Version, "%s", d); i == detailsMax {
			break
		}
	}
	return nil
}

// checkpointSeen takes in what a checkpoint holds.
type checkpointSeen interface {
	small(*checkpoint.State)
	add(*log.AddFile)
	remove(*log.RemoveFile)
	details() []string // what is wrong with it
}

// readCheckpoint reads all that a checkpoint has.
func (v *verifier) readCheckpoint(ctx context.Context, c log.Checkpoint, sees checkpointSeen) (contents, error) {
	held := contents{parts: len(c.Files)}
	for _, f := range c.Files {
		held.bytes += f.Size
	}
	r, err := checkpoint.Open(ctx, v.Source.Store, c.Files, &checkpoint.Options{Allocator: v.Allocator, Limits: v.Source.Limits, Parallel: v.Source.Parallel})
	if err != nil {
		return held, err
	}
	held.v2 = r.V2()
	small, err := r.State(ctx)
	if err != nil {
		return held, err
	}
	sees.small(small)
	held.actions = int64(len(small.Txns) + len(small.Domains))
	if small.Protocol != nil {
		held.actions++
	}
	if small.Metadata != nil {
		held.actions++
	}
	for chunk, err := range r.Files(ctx, checkpoint.AllColumns) {
		if err != nil {
			return held, err
		}
		for i := range chunk.Len() {
			sees.add(chunk.Add(i))
			held.adds++
		}
	}
	held.actions += held.adds
	for rm, err := range r.Removes(ctx) {
		if err != nil {
			return held, err
		}
		sees.remove(rm)
		held.actions++
	}
	return held, nil
}

// adoption makes a state of a checkpoint.
type adoption struct {
	state *state
	found []string
}

func (a *adoption) details() []string { return a.found }

func (a *adoption) small(s *checkpoint.State) {
	if s.Protocol == nil {
		a.found = append(a.found, "the checkpoint has no protocol")
	} else {
		a.state.protocol = s.Protocol
	}
	if s.Metadata == nil {
		a.found = append(a.found, "the checkpoint has no metaData")
	} else {
		a.state.metadata = s.Metadata
	}
	for _, t := range s.Txns {
		a.state.apply(t)
	}
	for _, d := range s.Domains {
		a.state.apply(d)
	}
}

func (a *adoption) add(add *log.AddFile) {
	if _, twice := a.state.files[idOf(add.Key())]; twice {
		a.found = noted(a.found, "the checkpoint lists %s twice", named(add.Key()))
	}
	a.state.apply(add)
}

func (a *adoption) remove(r *log.RemoveFile) {
	if f, twice := a.state.files[idOf(r.Key())]; twice && f.live {
		a.found = noted(a.found, "the checkpoint has both a file and a tombstone for %s", named(r.Key()))
		return
	}
	a.state.apply(r)
}

// comparison holds a checkpoint against the state.
type comparison struct {
	state *state
	found []string
}

func (c *comparison) details() []string { return c.found }

func (c *comparison) small(s *checkpoint.State) {
	c.found = append(c.found, differentProtocol(s.Protocol, c.state.protocol)...)
	c.found = append(c.found, differentMetadata(s.Metadata, c.state.metadata)...)
	c.found = append(c.found, c.state.checkTxns(s.Txns, "the checkpoint")...)
	c.found = append(c.found, c.state.checkDomains(s.Domains, "the checkpoint")...)
}

func (c *comparison) add(a *log.AddFile) {
	key := idOf(a.Key())
	f := c.state.files[key]
	switch {
	case !f.live:
		c.found = noted(c.found, "the checkpoint lists %s, which is no file of the version", named(a.Key()))
		return
	case f.round == c.state.round:
		c.found = noted(c.found, "the checkpoint lists %s twice", named(a.Key()))
	case f.digest != fileOf(a).digest:
		c.found = noted(c.found, "the checkpoint has another size, time, partition, vector or row id of %s than its commit", named(a.Key()))
	}
	f.round = c.state.round
	c.state.files[key] = f
}

func (c *comparison) remove(r *log.RemoveFile) {
	key := idOf(r.Key())
	f, known := c.state.files[key]
	if f.live {
		c.found = noted(c.found, "the checkpoint has a tombstone of %s, which is a file of the version", named(r.Key()))
	}
	if known && !f.live { // a tombstone too many harms no one
		f.round = c.state.round
		c.state.files[key] = f
	}
}

// noted keeps a detail, or only counts it.
func noted(list []string, format string, args ...any) []string {
	if len(list) > detailsMax {
		return append(list, "")
	}
	return append(list, fmt.Sprintf(format, args...))
}

func named(k log.Key) string {
	if k.DV != "" {
		return fmt.Sprintf("%q with the deletion vector %.80q", k.Path, k.DV)
	}
	return fmt.Sprintf("%q", k.Path)
}

// lacking is what the state has and the checkpoint, which was just compared,
// has not.
func (w *walk) lacking(ctx context.Context, c log.Checkpoint, held contents) ([]string, error) {
	since := w.state.keptSince(c)
	lacks := map[id]bool{} // live or not
	for key, f := range w.state.files {
		if f.round != w.state.round && (f.live || since(f)) {
			lacks[key] = f.live
		}
	}
	if len(lacks) == 0 {
		return nil, nil
	}
	names, err := w.names(ctx, lacks, c.Version)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, key := range slices.SortedFunc(maps.Keys(lacks), func(a, b id) int { return compareIDs(names, a, b) }) {
		if lacks[key] {
			out = noted(out, "the checkpoint lacks %s, which is a file of the version", names[key])
		} else {
			out = noted(out, "the checkpoint lacks the tombstone of %s, which has not expired", names[key])
		}
	}
	return out, nil
}

const (
	week     = 7 * 24 * time.Hour
	clocksBy = time.Hour // that clocks may differ
)

// keptSince says of tombstones whether a checkpoint must have them: those that
// had not expired when it was written.
func (s *state) keptSince(c log.Checkpoint) func(file) bool {
	written := c.Files[0].Modified
	if written.IsZero() || s.metadata == nil {
		return func(file) bool { return false }
	}
	expired := written.Add(clocksBy - feature.Duration(s.metadata.Configuration, "delta.deletedFileRetentionDuration", week)).UnixMilli()
	latest := written.Add(clocksBy).UnixMilli() // or else the clocks have nothing to do with each other
	return func(f file) bool { return f.size > expired && f.size <= latest }
}

// names finds the names of files by reading again what the state was made from.
func (w *walk) names(ctx context.Context, of map[id]bool, v log.Version) (map[id]string, error) {
	n := &naming{of: of, names: map[id]string{}}
	from := log.Version(0)
	if w.base != nil {
		from = w.base.Version + 1
		if _, err := w.readCheckpoint(ctx, *w.base, n); err != nil {
			if _, is := faultOf(err); !is {
				return nil, err
			}
		}
	}
	for _, u := range w.versions {
		if _, has := w.commits[u]; !has || u < from || u > v {
			continue
		}
		got, err := w.readAll(ctx, []log.Version{u})
		if err != nil {
			return nil, err
		}
		for _, a := range got[0].actions {
			switch a := a.(type) {
			case *log.AddFile:
				n.add(a)
			case *log.RemoveFile:
				n.remove(a)
			}
		}
	}
	return n.names, nil
}

type naming struct {
	of    map[id]bool
	names map[id]string
}

func (n *naming) small(*checkpoint.State)  {}
func (n *naming) details() []string        { return nil }
func (n *naming) add(a *log.AddFile)       { n.see(a.Key()) }
func (n *naming) remove(r *log.RemoveFile) { n.see(r.Key()) }

func (n *naming) see(k log.Key) {
	key := idOf(k)
	if _, wanted := n.of[key]; wanted && n.names[key] == "" {
		n.names[key] = named(k)
	}
}

func compareIDs(names map[id]string, a, b id) int {
	switch {
	case names[a] < names[b]:
		return -1
	case names[a] > names[b]:
		return 1
	default:
		return 0
	}
}
