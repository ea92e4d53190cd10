package checkpoint

import (
	"math/bits"
	"sync/atomic"

	"github.com/foreset/foreset/log"
)

// Columns are what [Reader.Files] reads of files beside what they always have:
// path, size, partition values, modification time, deletion vector, row ids
// and clustering provider.
type Columns uint8

// The columns that are read on demand.
const (
	Stats Columns = 1 << iota // statistics as JSON text, rebuilt from stats_parsed where there is none
	Tags

	AllColumns = Stats | Tags
)

// Files are some of the live files of a checkpoint as compact columns. It is
// immutable, safe for concurrent use, depends on no reader, and needs no
// release: a few large blocks of memory that a garbage collector passes over.
//
// A file is named by its index, from 0 to below Len.
type Files struct {
	paths      texts
	size       []int64
	modified   []int64
	partition  []uint32                             // index into partitions
	partitions texts                                // the distinct partition values, as pairs
	maps       []atomic.Pointer[map[string]*string] // these as maps, as far as they were asked for; nil if they are many
	dv         *vectors                             // nil if no file has one
	baseRowID  *numbers
	commitVer  *numbers
	clustering []uint32 // index into providers plus one, or 0; nil if none
	providers  texts
	tags       *mapTexts
	stats      *texts
	place      place
}

// texts are strings laid end to end.
type texts struct {
	data string
	ends []uint32
}

func (t *texts) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.data[start:t.ends[i]]
}

func (t *texts) bytes() int64 {
	if t == nil {
		return 0
	}
	return int64(len(t.data) + 4*cap(t.ends))
}

// numbers are integers of which some are null.
type numbers struct {
	value []int64
	there bitset
}

func (n *numbers) at(i int) *int64 {
	if n == nil || !n.there.has(i) {
		return nil
	}
	v := n.value[i]
	return &v
}

// mapTexts are maps as pairs, of which some are null.
type mapTexts struct {
	pairs texts
	there bitset
}

func (m *mapTexts) at(i int) map[string]*string {
	if m == nil || !m.there.has(i) {
		return nil
	}
	return pairs(m.pairs.at(i)).values()
}

// vectors are the deletion vectors of the files that have one.
type vectors struct {
	index []uint32 // of the file: position below plus one, or 0
	id    texts    // log.DeletionVector.ID
	more  []vector
}

type vector struct {
	typeLen, pathLen     uint32 // of the id
	offset, sizeInBytes  int32
	cardinality, maxRow  int64
	hasOffset, hasMaxRow bool
}

func (v *vectors) key(i int) string {
	if v == nil || v.index[i] == 0 {
		return ""
	}
	return v.id.at(int(v.index[i] - 1))
}

func (v *vectors) at(i int) *log.DeletionVector {
	if v == nil || v.index[i] == 0 {
		return nil
	}
	id, m := v.key(i), v.more[v.index[i]-1]
	d := &log.DeletionVector{
		StorageType:    id[:m.typeLen],
		PathOrInlineDV: id[m.typeLen : m.typeLen+m.pathLen],
		SizeInBytes:    m.sizeInBytes,
		Cardinality:    m.cardinality,
	}
	if m.hasOffset {
		d.Offset = &m.offset
	}
	if m.hasMaxRow {
		d.MaxRowIndex = &m.maxRow
	}
	return d
}

// bitset is a set of small integers.
type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Len is the number of files.
func (f *Files) Len() int { return len(f.size) }

// Path is the file's path as the log has it. It shares the memory of f.
func (f *Files) Path(i int) string { return f.paths.at(i) }

// Size is the file's size in bytes.
func (f *Files) Size(i int) int64 { return f.size[i] }

// DVID is the unique id of the file's deletion vector, "" for none. It shares
// the memory of f.
func (f *Files) DVID(i int) string { return f.dv.key(i) }

// DeletionVector is the file's deletion vector; nil for none. Its strings share
// the memory of f.
func (f *Files) DeletionVector(i int) *log.DeletionVector { return f.dv.at(i) }

// Key is the file's identity. It shares the memory of f.
func (f *Files) Key(i int) log.Key { return log.Key{Path: f.Path(i), DV: f.DVID(i)} }

// PartitionValue is the serialized value of a partition column, by its
// physical name; ok is false if the file does not say. It shares the memory
// of f.
func (f *Files) PartitionValue(i int, name string) (value string, null, ok bool) {
	return pairs(f.partitions.at(int(f.partition[i]))).get(name)
}

// Stats is the JSON text of the file's statistics, "" if it has none or they
// were not read. It shares the memory of f.
func (f *Files) Stats(i int) string {
	if f.stats == nil {
		return ""
	}
	return f.stats.at(i)
}

// shareMaps lets files of one partition share the map of their partition values,
// where there are far fewer partitions than files.
func (f *Files) shareMaps() {
	const filesPerPartition = 8
	if n := len(f.partitions.ends); n*filesPerPartition <= len(f.partition) {
		f.maps = make([]atomic.Pointer[map[string]*string], n)
	}
}

// partitionValues are those of a file.
func (f *Files) partitionValues(i int) map[string]*string {
	id := f.partition[i]
	if f.maps == nil {
		return pairs(f.partitions.at(int(id))).values()
	}
	if m := f.maps[id].Load(); m != nil {
		return *m
	}
	m := pairs(f.partitions.at(int(id))).values()
	f.maps[id].Store(&m) // another that was made meanwhile is equal
	return m
}

// Add is the whole action, with nothing for columns that were not read.
// DataChange is false, as in every checkpoint. Its strings share the memory
// of f, its partition values that of other files; they must not be changed.
func (f *Files) Add(i int) *log.AddFile {
	a := &log.AddFile{
		Path:                    f.Path(i),
		PartitionValues:         f.partitionValues(i),
		Size:                    f.size[i],
		ModificationTime:        f.modified[i],
		Stats:                   f.Stats(i),
		Tags:                    f.tags.at(i),
		DeletionVector:          f.dv.at(i),
		BaseRowID:               f.baseRowID.at(i),
		DefaultRowCommitVersion: f.commitVer.at(i),
	}
	if f.clustering != nil && f.clustering[i] > 0 {
		p := f.providers.at(int(f.clustering[i] - 1))
		a.ClusteringProvider = &p
	}
	return a
}

// mapCost is about what a map of partition values takes.
const mapCost = 400

// Bytes is the memory that f holds, or may come to hold.
func (f *Files) Bytes() int64 {
	n := f.paths.bytes() + f.partitions.bytes() + f.providers.bytes() + f.stats.bytes()
	n += int64(8*(cap(f.size)+cap(f.modified)) + 4*(cap(f.partition)+cap(f.clustering)))
	n += int64(len(f.maps)) * mapCost
	if v := f.dv; v != nil {
		n += int64(4*cap(v.index)+56*cap(v.more)) + v.id.bytes()
	}
	for _, c := range []*numbers{f.baseRowID, f.commitVer} {
		if c != nil {
			n += int64(8 * (cap(c.value) + cap(c.there)))
		}
	}
	if f.tags != nil {
		n += f.tags.pairs.bytes() + int64(8*cap(f.tags.there))
	}
	return n + int64(cap(f.place.live)) + 488
}
