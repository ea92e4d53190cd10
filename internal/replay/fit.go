package replay

import (
	"context"
	"errors"

	"github.com/foreset/foreset/checkpoint"
	"github.com/foreset/foreset/log"
)

// A lineage must not grow with the history of its table, whatever others do:
// without checkpoints nothing else would ever take an entry out of its tail.

// fit is the lineage that a new state of version v is to be of: l itself, or,
// when l holds much more than the state needs, one that begins at v. States of l
// stay what they are, and keep it in memory as long as they are used.
func (l *lineage) fit(ctx context.Context, v log.Version) (*lineage, error) {
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	defer l.release()
	if l.tail.loaded() < v {
		if l.known < tailMax {
			return l, nil
		}
		return l.detached(v), nil // nobody has asked for files in all this time
	}
	w := l.tail.view(v)
	if len(w.entries) < l.room {
		return l, nil
	}
	chunks, resident, err := l.base.inMemory(ctx)
	if err != nil {
		return nil, err
	}
	if least := l.roomBeside(chunks, resident); len(w.entries) < least {
		l.room = least
		return l, nil
	}
	if !resident {
		return l.detached(v), nil
	}
	kept := needed(chunks, w)
	if len(kept) > len(w.entries)/2 {
		l.room = 2 * len(w.entries)
		return l, nil
	}
	next := newLineage(l.src, l.base, v, nil)
	next.tail.extend(v, kept)
	next.room, next.lacksRemoves = max(tailMax, 2*len(kept)), true
	return next, nil
}

// roomBeside is how many entries a tail may have beside a base, at least: as
// many as the base has files, for to look through them costs as much; or, where
// these are not in memory and the log would have to be read again, twice as many
// as the log had at first.
func (l *lineage) roomBeside(chunks []*checkpoint.Files, resident bool) int {
	if !resident {
		return max(4*tailMax, 2*l.began)
	}
	files := 0
	for _, c := range chunks {
		files += c.Len()
	}
	return max(tailMax, files)
}

// needed is what a view says of files that are live in it, or in the base: the
// newest adds, and the removes that hide a file of the base.
func needed(base []*checkpoint.Files, w view) []log.Action {
	hidden := hiddenBy(w, base)
	var kept []log.Action
	for i, e := range w.entries {
		key := e.key()
		switch {
		case w.last(key) != int32(i):
		case e.add != nil:
			kept = append(kept, e.add)
		case hidden[key]:
			kept = append(kept, e.remove)
		}
	}
	return kept
}

// hiddenBy are the files of the base that a view says something of.
func hiddenBy(w view, base []*checkpoint.Files) map[log.Key]bool {
	hidden := map[log.Key]bool{}
	for _, c := range base {
		for row := range c.Len() {
			if key := c.Key(row); w.last(key) >= 0 {
				hidden[key] = true
			}
		}
	}
	return hidden
}

// detached is a lineage that holds no files: whoever asks for them loads the
// version again, once.
func (l *lineage) detached(v log.Version) *lineage {
	next := newLineage(l.src, l.base, v, nil)
	next.empty = true
	return next
}

// attached is the state in a lineage that has its files.
func (s *State) attached(ctx context.Context) (*State, error) {
	if !s.line.empty {
		return s, nil
	}
	line, err := s.line.loadedAnew(ctx, s)
	if err != nil {
		return nil, err
	}
	n := *s
	n.line = line
	return n.attached(ctx)
}

var errNotKept = errors.New("what its commits hold was not kept")

func (l *lineage) loadedAnew(ctx context.Context, s *State) (*lineage, error) {
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	defer l.release()
	if l.anew != nil && l.anew.tail.start <= s.Version {
		return l.anew, nil
	}
	again, err := s.reload(ctx, false, errNotKept)
	if err != nil {
		return nil, err
	}
	l.anew = again.line // more states can have their files from the older one
	return again.line, nil
}

// current is the lineage that goes on from version v of l: the one that has the
// files of l, unless it was loaded for a later version.
func (l *lineage) current(ctx context.Context, v log.Version) (*lineage, error) {
	for l.empty {
		if err := l.acquire(ctx); err != nil {
			return nil, err
		}
		anew := l.anew
		l.release()
		if anew == nil || anew.tail.start > v {
			break
		}
		l = anew
	}
	return l, nil
}
