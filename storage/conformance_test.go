package storage_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/storagetest"
)

// onDisk reads a file past the store.
func onDisk(s storage.Store, name string) ([]byte, error) {
	u, err := url.Parse(s.String())
	if err != nil {
		return nil, err
	}
	dir := u.Path
	if runtime.GOOS == "windows" {
		dir = strings.TrimPrefix(dir, "/")
	}
	return os.ReadFile(filepath.Join(filepath.FromSlash(dir), filepath.FromSlash(name)))
}

// notOnWindows are the names that Windows would change.
func notOnWindows(name string) bool {
	if runtime.GOOS != "windows" {
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if strings.ContainsAny(segment, `<>:"|?*\`) || strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " ") {
			return true
		}
	}
	return false
}

func local(t *testing.T, opts *storage.LocalOptions) storage.Store {
	t.Helper()
	s, err := storage.NewLocal(filepath.Join(t.TempDir(), "made", "by the first write"), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLocalPasses(t *testing.T) {
	open := func(t *testing.T) storage.Store { return local(t, nil) }
	storagetest.Run(t, open, storagetest.Options{CannotHold: notOnWindows, Raw: onDisk})
}

func TestRemotePasses(t *testing.T) {
	fewer := storagetest.Options{Writers: 16, Keys: 30, Objects: 150}
	for name, c := range map[string]struct {
		prefix        string
		probe, sorted bool
		options       storagetest.Options
	}{
		"a bucket":                     {sorted: true},
		"a prefix":                     {prefix: "a b/%20", sorted: true, options: fewer},
		"a service that is tried out":  {probe: true, sorted: true, options: fewer},
		"a service that does not sort": {prefix: "p", options: fewer},
	} {
		t.Run(name, func(t *testing.T) {
			open := func(t *testing.T) storage.Store {
				s, err := storage.NewFake(c.prefix, c.probe, c.sorted)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			storagetest.Run(t, open, c.options)
		})
	}
}

func TestBucketPasses(t *testing.T) {
	for prefix, objects := range map[string]int{"": 1050, "a table/%20": 100} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			var bucket *blob.Bucket
			open := func(t *testing.T) storage.Store {
				bucket = memblob.OpenBucket(nil)
				t.Cleanup(func() { bucket.Close() })
				s, err := storage.FromBucket(bucket, prefix)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			storagetest.Run(t, open, storagetest.Options{
				Writers: 16, Keys: 30, Objects: objects,
				CannotHold: func(name string) bool {
					return strings.Contains(name, "../") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
				},
				Raw: func(_ storage.Store, name string) ([]byte, error) {
					return bucket.ReadAll(context.Background(), strings.TrimPrefix(prefix+"/"+name, "/"))
				},
			})
		})
	}
}

func TestMemoryPasses(t *testing.T) {
	open := func(*testing.T) storage.Store { return storage.NewMemory(nil) }
	storagetest.Run(t, open, storagetest.Options{})
}

// namedBuckets numbers the buckets of this process, which outlive a test.
var namedBuckets atomic.Int32

func TestNamedMemoryPasses(t *testing.T) {
	open := func(t *testing.T) storage.Store {
		location := fmt.Sprintf("mem://passes-%d/a/prefix", namedBuckets.Add(1))
		s, err := storage.Open(t.Context(), location)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	again := func(s storage.Store, name string) ([]byte, error) {
		bucket, prefix, _ := strings.Cut(strings.TrimPrefix(s.String(), "mem://"), "/")
		all, err := storage.Open(context.Background(), "mem://"+bucket)
		if err != nil {
			return nil, err
		}
		body, _, err := all.Get(context.Background(), prefix+"/"+name, -1)
		return body, err
	}
	storagetest.Run(t, open, storagetest.Options{Raw: again})
}

func TestProcessesRaceForLocalFiles(t *testing.T) {
	open := func(dir string) (storage.Store, error) {
		return storage.NewLocal(dir, &storage.LocalOptions{NoSync: true})
	}
	storagetest.RunProcesses(t, t.TempDir, open, storagetest.Processes{})
}

func TestProcessesRaceForDurableLocalFiles(t *testing.T) {
	open := func(dir string) (storage.Store, error) { return storage.NewLocal(dir, nil) }
	storagetest.RunProcesses(t, t.TempDir, open, storagetest.Processes{Keys: 500})
}
