package verify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
)

// state is what the log says of one version, as far as it is needed to compare:
// of files there are digests.
type state struct {
	version  log.Version
	files    map[id]file
	live     counts
	protocol *log.Protocol
	metadata *log.Metadata
	txns     map[string]*log.SetTransaction
	domains  map[string]string
	ict      *int64 // of the last commit that had one
	round    uint32 // of comparing it; see file.round
}

// id stands for a file's identity: its path and deletion vector.
type id [16]byte

// file is what is kept of a file action. The newest one of an id counts.
type file struct {
	digest  uint64 // of what an add says; 0 for a tombstone
	size    int64  // bytes of a live file; when it was deleted, of a tombstone
	deleted int64  // rows; −1: it has no vector
	round   uint32 // in which it was met last
	live    bool
}

// counts are those of the live files.
type counts struct {
	files, bytes     int64
	vectors, deleted int64
	binFiles         []int64 // by size, in the bins of log.NewHistogram
	binBytes         []int64
}

func newState(v log.Version) *state {
	bins := len(histogramBins)
	return &state{
		version: v, files: map[id]file{}, txns: map[string]*log.SetTransaction{}, domains: map[string]string{},
		live: counts{binFiles: make([]int64, bins), binBytes: make([]int64, bins)},
	}
}

var histogramBins = log.NewHistogram().Boundaries

// bin is the bin of a size; −1 for none.
func bin(boundaries []int64, size int64) int {
	i, found := slices.BinarySearch(boundaries, size)
	if !found {
		i--
	}
	return i
}

func (c *counts) add(f file, by int64) {
	c.files += by
	c.bytes += by * f.size
	if f.deleted >= 0 {
		c.vectors += by
		c.deleted += by * f.deleted
	}
	if i := bin(histogramBins, f.size); i >= 0 {
		c.binFiles[i] += by
		c.binBytes[i] += by * f.size
	}
}

// apply takes in an action.
func (s *state) apply(a log.Action) {
	switch a := a.(type) {
	case *log.Protocol:
		s.protocol = a
	case *log.Metadata:
		s.metadata = a
	case *log.SetTransaction:
		s.txns[a.AppID] = a
	case *log.DomainMetadata:
		if a.Removed {
			delete(s.domains, a.Domain)
		} else {
			s.domains[a.Domain] = a.Configuration
		}
	case *log.CommitInfo:
		if a.InCommitTimestamp != nil {
			s.ict = a.InCommitTimestamp
		}
	case *log.AddFile:
		s.put(idOf(a.Key()), fileOf(a))
	case *log.RemoveFile:
		s.put(idOf(a.Key()), tombstone(a))
	}
}

func (s *state) put(key id, f file) {
	if old := s.files[key]; old.live {
		s.live.add(old, -1)
	}
	if f.live {
		s.live.add(f, 1)
	}
	s.files[key] = f
}

// check says what is wrong with the state after a commit, before which the last
// in-commit timestamp was before.
func (s *state) check(before *int64, actions []log.Action) []string {
	var out []string
	if s.metadata == nil || !feature.Bool(s.metadata.Configuration, "delta.enableInCommitTimestamps", false) {
		return nil
	}
	var own *int64
	if len(actions) > 0 {
		if info, is := actions[0].(*log.CommitInfo); is {
			own = info.InCommitTimestamp
		}
	}
	switch {
	case own == nil:
		out = append(out, "in-commit timestamps are enabled, and the first action is no commitInfo with one")
	case before != nil && *own <= *before:
		out = append(out, fmt.Sprintf("the in-commit timestamp %d is not after the one before, %d", *own, *before))
	}
	return out
}

func idOf(k log.Key) id {
	h := sha256.New()
	h.Write(binary.AppendUvarint(nil, uint64(len(k.Path))))
	h.Write([]byte(k.Path))
	h.Write([]byte(k.DV))
	return id(h.Sum(nil)[:16])
}

func tombstone(r *log.RemoveFile) file {
	f := file{deleted: -1}
	if r.DeletionTimestamp != nil {
		f.size = *r.DeletionTimestamp
	}
	return f
}

func fileOf(a *log.AddFile) file {
	f := file{live: true, size: a.Size, deleted: -1}
	text := binary.AppendVarint(nil, a.Size)
	text = binary.AppendVarint(text, a.ModificationTime)
	for _, name := range slices.Sorted(maps.Keys(a.PartitionValues)) {
		text = appendText(text, name)
		if p := a.PartitionValues[name]; p != nil { // null and the empty text are one value
			text = appendText(text, *p)
		} else {
			text = appendText(text, "")
		}
	}
	if d := a.DeletionVector; d != nil {
		f.deleted = max(0, d.Cardinality)
		text = binary.AppendVarint(append(text, 'd'), int64(d.SizeInBytes))
		text = binary.AppendVarint(text, d.Cardinality)
	}
	text = appendOptional(text, a.BaseRowID)
	text = appendOptional(text, a.DefaultRowCommitVersion)
	sum := sha256.Sum256(text)
	f.digest = binary.LittleEndian.Uint64(sum[:])
	return f
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendOptional(dst []byte, n *int64) []byte {
	if n == nil {
		return append(dst, 0)
	}
	return binary.AppendVarint(append(dst, 1), *n)
}
