package checkpoint

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
)

// content is what a checkpoint holds, in a form in which two can be compared:
// the small actions as they are, and of the many the number and the sum of
// their hashes, which does not depend on their order.
type content struct {
	state         State
	adds, removes int64
	files         uint64 // of adds and removes
	cells         uint64 // of typed columns
	hash          hash
}

// hash puts what it is given into one run of bytes, so that different things
// are different bytes.
type hash struct{ b []byte }

func (h *hash) start(kind byte) { h.b = append(h.b[:0], kind) }
func (h *hash) sum() uint64     { return xxhash.Sum64(h.b) }
func (h *hash) number(n int64)  { h.b = binary.AppendVarint(h.b, n) }

func (h *hash) text(s string) {
	h.b = append(binary.AppendUvarint(h.b, uint64(len(s))), s...)
}

func (h *hash) numberOr(n *int64) {
	if h.there(n != nil) {
		h.number(*n)
	}
}

func (h *hash) there(there bool) bool {
	if there {
		h.b = append(h.b, 1)
	} else {
		h.b = append(h.b, 0)
	}
	return there
}

func (h *hash) mapping(m map[string]*string) {
	h.number(int64(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		h.text(k)
		if h.there(m[k] != nil) {
			h.text(*m[k])
		}
	}
}

func (h *hash) vector(d *log.DeletionVector) {
	if !h.there(d != nil) {
		return
	}
	h.text(d.StorageType)
	h.text(d.PathOrInlineDV)
	if h.there(d.Offset != nil) {
		h.number(int64(*d.Offset))
	}
	h.number(int64(d.SizeInBytes))
	h.number(d.Cardinality)
	h.numberOr(d.MaxRowIndex)
}

// add counts a file.
func (c *content) add(f *log.AddFile, withStats bool) {
	h := &c.hash
	h.start('a')
	h.text(f.Path)
	h.mapping(f.PartitionValues)
	h.number(f.Size)
	h.number(f.ModificationTime)
	if h.there(f.Tags != nil) {
		h.mapping(f.Tags)
	}
	h.vector(f.DeletionVector)
	h.numberOr(f.BaseRowID)
	h.numberOr(f.DefaultRowCommitVersion)
	if h.there(f.ClusteringProvider != nil) {
		h.text(*f.ClusteringProvider)
	}
	if withStats {
		h.text(f.Stats)
	}
	c.adds++
	c.files += h.sum()
}

// remove counts a tombstone.
func (c *content) remove(f *log.RemoveFile) {
	h := &c.hash
	h.start('r')
	h.text(f.Path)
	h.numberOr(f.DeletionTimestamp)
	if h.there(f.ExtendedFileMetadata != nil) {
		h.there(*f.ExtendedFileMetadata)
	}
	if h.there(f.PartitionValues != nil) {
		h.mapping(f.PartitionValues)
	}
	h.numberOr(f.Size)
	h.vector(f.DeletionVector)
	h.numberOr(f.BaseRowID)
	h.numberOr(f.DefaultRowCommitVersion)
	c.removes++
	c.files += h.sum()
}

// typed counts a value of a typed column of a file.
func (c *content) typed(path string, column int, v value.Value) {
	h := &c.hash
	h.start('t')
	h.number(int64(column))
	h.text(path)
	h.b = v.AppendJSON(h.b)
	c.cells += h.sum()
}
