package replay

import (
	"sync"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/log"
)

// tail is the file actions of all versions up to the one that was loaded, and
// of each commit after it, in order. It only grows.
type tail struct {
	mu      sync.RWMutex      // guards all below; never held over I/O
	entries []entry           // in the order of the commits
	newest  map[log.Key]int32 // the last entry of each key
	ends    []int32           // ends[i]: number of entries up to and including version start+i
	start   log.Version       // the first version that the tail can be seen from
}

// entry is one file action. Exactly one of add and remove is set.
type entry struct {
	add    *log.AddFile
	remove *log.RemoveFile
	prev   int32 // the entry of the same key before this one, or −1
}

func (e entry) key() log.Key {
	if e.add != nil {
		return e.add.Key()
	}
	return e.remove.Key()
}

func newTail(start log.Version) *tail {
	return &tail{newest: map[log.Key]int32{}, start: start}
}

// loaded is the last version whose actions the tail holds; start−1 if none.
func (t *tail) loaded() log.Version {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.start + log.Version(len(t.ends)) - 1
}

// extend adds the actions of version v, which must be the one after loaded; one
// that is there already is left alone. The first are those of all versions
// since the base.
func (t *tail) extend(v log.Version, actions []log.Action) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v != t.start+log.Version(len(t.ends)) {
		return
	}
	for _, a := range actions {
		var e entry
		switch a := a.(type) {
		case *log.AddFile:
			e.add = a
		case *log.RemoveFile:
			e.remove = a
		default:
			continue
		}
		key := e.key()
		e.prev = -1
		if i, seen := t.newest[key]; seen {
			e.prev = i
		}
		t.newest[key] = int32(len(t.entries))
		t.entries = append(t.entries, e)
	}
	t.ends = append(t.ends, int32(len(t.entries)))
}

// view is the tail up to a version that it holds.
func (t *tail) view(v log.Version) view {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := t.ends[v-t.start] // no state of a lineage is before its start
	return view{t, t.entries[:n:n]}
}

// view is a tail as one state sees it. Its entries never change, so they are
// read without the lock; the index is shared and needs it.
type view struct {
	t       *tail
	entries []entry
}

// last is the newest entry of a key within the view, or −1.
func (w view) last(key log.Key) int32 {
	w.t.mu.RLock()
	defer w.t.mu.RUnlock()
	i, seen := w.t.newest[key]
	if !seen {
		return -1
	}
	for int(i) >= len(w.entries) {
		if i = w.t.entries[i].prev; i < 0 {
			return -1
		}
	}
	return i
}

// hides says whether the view says anything about a file of the base.
func (w view) hides(chunk *checkpoint.Files, row int) bool {
	return len(w.entries) > 0 && w.last(chunk.Key(row)) >= 0
}
