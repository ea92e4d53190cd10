package storagetest

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foreset/foreset/storage"
)

// broken is a store in memory with one thing wrong.
type broken struct {
	storage.Store
	putIfAbsent func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error)
	put         func(s storage.Store, ctx context.Context, name string, body []byte) error
	get         func(s storage.Store, ctx context.Context, name string, limit int64) ([]byte, storage.Info, error)
	readAt      func(s storage.Store, ctx context.Context, name string, p []byte, off int64) (int, error)
	head        func(s storage.Store, ctx context.Context, name string) (storage.Info, error)
	list        func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error]
	create      func(s storage.Store, ctx context.Context, name string) (storage.Writer, error)
	delete      func(s storage.Store, ctx context.Context, names ...string) error
}

func (b broken) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	if b.putIfAbsent == nil {
		return b.Store.PutIfAbsent(ctx, name, body)
	}
	return b.putIfAbsent(b.Store, ctx, name, body)
}

func (b broken) Put(ctx context.Context, name string, body []byte) error {
	if b.put == nil {
		return b.Store.Put(ctx, name, body)
	}
	return b.put(b.Store, ctx, name, body)
}

func (b broken) Get(ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
	if b.get == nil {
		return b.Store.Get(ctx, name, limit)
	}
	return b.get(b.Store, ctx, name, limit)
}

func (b broken) ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error) {
	if b.readAt == nil {
		return b.Store.ReadAt(ctx, name, p, off)
	}
	return b.readAt(b.Store, ctx, name, p, off)
}

func (b broken) Head(ctx context.Context, name string) (storage.Info, error) {
	if b.head == nil {
		return b.Store.Head(ctx, name)
	}
	return b.head(b.Store, ctx, name)
}

func (b broken) List(ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
	if b.list == nil {
		return b.Store.List(ctx, prefix, start)
	}
	return b.list(b.Store, ctx, prefix, start)
}

func (b broken) Create(ctx context.Context, name string) (storage.Writer, error) {
	if b.create == nil {
		return b.Store.Create(ctx, name)
	}
	return b.create(b.Store, ctx, name)
}

func (b broken) Delete(ctx context.Context, names ...string) error {
	if b.delete == nil {
		return b.Store.Delete(ctx, names...)
	}
	return b.delete(b.Store, ctx, names...)
}

// unpublished passes writes through at once, so that they are seen before
// Close and stay after Abort.
type unpublished struct {
	s    storage.Store
	ctx  context.Context
	name string
	body []byte
}

func (w *unpublished) Write(p []byte) (int, error) {
	w.body = append(w.body, p...)
	return len(p), w.s.Put(w.ctx, w.name, w.body)
}
func (w *unpublished) Close() error { return nil }
func (w *unpublished) Abort() error { return nil }

// statThenPut is how a careless store does a put-if-absent.
func statThenPut(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	_, err := s.Head(ctx, name)
	switch {
	case err == nil:
		return storage.Exists, storage.Info{}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return storage.Unknown, storage.Info{}, err
	}
	runtime.Gosched() // others run here, on a real store
	if err := s.Put(ctx, name, body); err != nil {
		return storage.Unknown, storage.Info{}, err
	}
	return storage.Created, storage.Info{}, nil
}

// reordered lists what a function makes of the names.
func reordered(f func([]storage.Info) []storage.Info) func(storage.Store, context.Context, string, string) iter.Seq2[storage.Info, error] {
	return func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
		return func(yield func(storage.Info, error) bool) {
			var infos []storage.Info
			for info, err := range s.List(ctx, prefix, start) {
				if err != nil {
					yield(info, err)
					return
				}
				infos = append(infos, info)
			}
			for _, info := range f(infos) {
				if !yield(info, nil) {
					return
				}
			}
		}
	}
}

func decode(name string) string {
	if decoded, err := url.PathUnescape(name); err == nil {
		return decoded
	}
	return name
}

func TestEveryCheckFindsAStoreThatBreaksItsRule(t *testing.T) {
	var torn sync.Mutex
	var reads atomic.Int64
	planted := map[string]map[string]broken{
		"one of many concurrent puts if absent wins": {
			"stat, then put": {putIfAbsent: statThenPut},
			"the loser's bytes stay": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				outcome, info, err := s.PutIfAbsent(ctx, name, body)
				return outcome, info, errors.Join(err, s.Put(ctx, name, body))
			}},
			"nobody wins": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				_, info, err := s.PutIfAbsent(ctx, name, body)
				return storage.Exists, info, err
			}},
		},
		"concurrent puts into a new folder all succeed": {
			"some are lost": {put: func(s storage.Store, ctx context.Context, name string, body []byte) error {
				if strings.HasSuffix(name, "/9.parquet") {
					return nil
				}
				return s.Put(ctx, name, body)
			}},
		},
		"a lost response is settled by reading back": {
			"a second put replaces": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				return storage.Unknown, storage.Info{}, s.Put(ctx, name, body)
			}},
		},
		"names are raw": {
			"names are decoded": {
				put: func(s storage.Store, ctx context.Context, name string, body []byte) error {
					return s.Put(ctx, decode(name), body)
				},
				putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
					return s.PutIfAbsent(ctx, decode(name), body)
				},
			},
			"names lose spaces": {
				get: func(s storage.Store, ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
					return s.Get(ctx, strings.TrimSpace(name), limit)
				},
			},
		},
		"bad names are refused": {
			"names are cleaned": {get: func(s storage.Store, ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
				return s.Get(ctx, strings.ReplaceAll(name, "//", "/"), limit)
			}},
		},
		"listings are ordered, by prefix, from a start": {
			"in the order of paths": {list: reordered(func(infos []storage.Info) []storage.Info {
				slices.SortFunc(infos, func(a, b storage.Info) int {
					return slices.Compare(strings.Split(a.Name, "/"), strings.Split(b.Name, "/"))
				})
				return infos
			})},
			"after the start": {list: func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
				return s.List(ctx, prefix, start+"\x00")
			}},
			"one page": {list: reordered(func(infos []storage.Info) []storage.Info { return infos[:min(len(infos), 1000)] })},
			"whole folders": {list: func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
				return s.List(ctx, prefix[:strings.LastIndexByte(prefix, '/')+1], start)
			}},
		},
		"listings agree with a sorted list of names": {
			"folders first": {list: reordered(func(infos []storage.Info) []storage.Info {
				slices.SortStableFunc(infos, func(a, b storage.Info) int {
					return cmp.Compare(strings.Count(b.Name, "/"), strings.Count(a.Name, "/"))
				})
				return infos
			})},
		},
		"listings stop early": {
			"a sequence for one range": {list: func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
				used := false
				return func(yield func(storage.Info, error) bool) {
					if !used {
						used = true
						s.List(ctx, prefix, start)(yield)
					}
				}
			}},
		},
		"ranges end at the end": {
			"an error past the end": {readAt: func(s storage.Store, ctx context.Context, name string, p []byte, off int64) (int, error) {
				info, err := s.Head(ctx, name)
				if err == nil && off > info.Size {
					return 0, errors.New("416")
				}
				return s.ReadAt(ctx, name, p, off)
			}},
			"no end": {readAt: func(s storage.Store, ctx context.Context, name string, p []byte, off int64) (int, error) {
				n, _ := s.ReadAt(ctx, name, p, off)
				return n, nil
			}},
		},
		"get keeps to its limit": {
			"no limit": {get: func(s storage.Store, ctx context.Context, name string, _ int64) ([]byte, storage.Info, error) {
				return s.Get(ctx, name, -1)
			}},
		},
		"what is missing is reported as missing": {
			"as denied": {head: func(s storage.Store, ctx context.Context, name string) (storage.Info, error) {
				info, err := s.Head(ctx, name)
				if err != nil {
					err = fs.ErrPermission
				}
				return info, err
			}},
		},
		"put if absent describes the object that it makes": {
			"the ETag is made up": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				outcome, info, err := s.PutIfAbsent(ctx, name, body)
				info.ETag += "x"
				return outcome, info, err
			}},
			"the time is that of the client": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				outcome, info, err := s.PutIfAbsent(ctx, name, body)
				info.Modified = info.Modified.Add(time.Millisecond)
				return outcome, info, err
			}},
			"the loser gets the winner's": {putIfAbsent: func(s storage.Store, ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
				outcome, _, err := s.PutIfAbsent(ctx, name, body)
				info, _ := s.Head(ctx, name)
				return outcome, info, err
			}},
		},
		"requests are counted": {
			"the context is another": {put: func(s storage.Store, ctx context.Context, name string, body []byte) error {
				return s.Put(context.Background(), name, body)
			}},
		},
		"head describes an object": {
			"no size": {head: func(s storage.Store, ctx context.Context, name string) (storage.Info, error) {
				info, err := s.Head(ctx, name)
				info.Size = 0
				return info, err
			}},
		},
		"a put replaces the object at once": {
			"in two steps": {
				put: func(s storage.Store, ctx context.Context, name string, body []byte) error {
					torn.Lock()
					defer torn.Unlock()
					for n := 1; n < len(body); n *= 2 {
						if err := s.Put(ctx, name, body[:n]); err != nil {
							return err
						}
						// Readers that are left get their turn, on one core as well.
						for i, seen := 0, reads.Load(); i < 1000 && reads.Load() < seen+8; i++ {
							runtime.Gosched()
						}
					}
					return s.Put(ctx, name, body)
				},
				get: func(s storage.Store, ctx context.Context, name string, limit int64) ([]byte, storage.Info, error) {
					defer reads.Add(1)
					return s.Get(ctx, name, limit)
				},
			},
		},
		"a stream is visible when it is closed": {"at once": {create: visibleAtOnce}},
		"an aborted stream leaves nothing":      {"a part": {create: visibleAtOnce}},
		"a cancelled stream leaves nothing":     {"a part": {create: visibleAtOnce}},
		"delete removes, and ignores what is missing": {
			"missing is an error": {delete: func(s storage.Store, ctx context.Context, names ...string) error {
				for _, name := range names {
					if _, err := s.Head(ctx, name); err != nil {
						return err
					}
				}
				return s.Delete(ctx, names...)
			}},
			"nothing is removed": {delete: func(storage.Store, context.Context, ...string) error { return nil }},
		},
		"an ended context does nothing": {
			"a put goes on": {put: func(s storage.Store, ctx context.Context, name string, body []byte) error {
				return s.Put(context.WithoutCancel(ctx), name, body)
			}},
			"a listing goes on": {list: func(s storage.Store, ctx context.Context, prefix, start string) iter.Seq2[storage.Info, error] {
				return s.List(context.WithoutCancel(ctx), prefix, start)
			}},
		},
	}
	for _, c := range checks {
		if len(planted[c.name]) == 0 {
			t.Errorf("nothing shows what %q finds", c.name)
		}
	}
	for check, stores := range planted {
		i := slices.IndexFunc(checks, func(c rule) bool { return c.name == check })
		if i < 0 {
			t.Errorf("there is no check %q", check)
			continue
		}
		for name, s := range stores {
			t.Run(check+"/"+name, func(t *testing.T) {
				s.Store = storage.NewMemory(nil)
				o := Options{Writers: 16, Keys: 200, Objects: 1050, CannotHold: func(string) bool { return false }}
				if err := checks[i].run(t.Context(), s, o); err == nil {
					t.Error("the check finds nothing")
				}
			})
		}
	}
}

func visibleAtOnce(s storage.Store, ctx context.Context, name string) (storage.Writer, error) {
	return &unpublished{s: s, ctx: context.WithoutCancel(ctx), name: name}, nil
}

func TestMemoryPasses(t *testing.T) {
	Run(t, func(*testing.T) storage.Store { return storage.NewMemory(nil) }, Options{})
}

func TestNamesFromOutsideAreCompared(t *testing.T) {
	o := Options{
		CannotHold: func(string) bool { return false },
		Raw:        func(storage.Store, string) ([]byte, error) { return nil, fs.ErrNotExist },
	}
	if err := namesAreRaw(t.Context(), storage.NewMemory(nil), o); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := namesAreRaw(t.Context(), storage.NewMemory(nil), Options{CannotHold: func(n string) bool { return n == "%" }}); err == nil {
		t.Error("a name that cannot be held is held")
	}
}

func TestRaceOfProcessesFindsTwoWinners(t *testing.T) {
	open := func(dir string) (storage.Store, error) {
		s, err := storage.NewLocal(dir, &storage.LocalOptions{NoSync: true})
		return broken{Store: s, putIfAbsent: statThenPut}, err
	}
	if child := os.Getenv(envChild); child != "" {
		os.Exit(runChild(child, open))
	}
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	found, err := raceProcesses(t.Context(), t.Name(), dir, s, Processes{Processes: 4, Keys: 1500})
	if err == nil || found.several == 0 {
		t.Errorf("a store that looks and then writes wins the race: %+v, %v", found, err)
	}
	t.Logf("%d of 1500 keys have several winners", found.several)
}

func TestRaceOfProcessesReportsAProcessThatDies(t *testing.T) {
	if os.Getenv(envChild) != "" {
		os.Stderr.WriteString("cannot open it")
		os.Exit(3)
	}
	_, err := raceProcesses(t.Context(), t.Name(), t.TempDir(), storage.NewMemory(nil), Processes{Processes: 2, Keys: 3})
	if err == nil || !strings.Contains(err.Error(), "cannot open it") {
		t.Error(err)
	}
}

func TestRaceOfProcessesReportsAStoreThatFails(t *testing.T) {
	open := func(string) (storage.Store, error) {
		return broken{Store: storage.NewMemory(nil), putIfAbsent: func(storage.Store, context.Context, string, []byte) (storage.Outcome, storage.Info, error) {
			return storage.Rejected, storage.Info{}, errors.New("out of order")
		}}, nil
	}
	if child := os.Getenv(envChild); child != "" {
		os.Exit(runChild(child, open))
	}
	_, err := raceProcesses(t.Context(), t.Name(), t.TempDir(), storage.NewMemory(nil), Processes{Processes: 2, Keys: 3})
	if err == nil || !strings.Contains(err.Error(), "rejected, out of order") {
		t.Error(err)
	}
}
