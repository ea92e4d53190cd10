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
	for name, c := range map[string]struct {
		prefix        string
		probe, sorted bool
	}{"a bucket": {"", false, true}, "a prefix": {"a b/%20", false, true}, "a service that is tried out": {"", true, true}, "a service that does not sort": {"p", false, false}} {
		t.Run(name, func(t *testing.T) {
			open := func(t *testing.T) storage.Store {
				s, err := storage.NewFake(c.prefix, c.probe, c.sorted)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			storagetest.Run(t, open, storagetest.Options{})
		})
	}
}

func TestMemoryPasses(t *testing.T) {
	open := func(*testing.T) storage.Store { return storage.NewMemory(nil) }
	storagetest.Run(t, open, storagetest.Options{})
}

func TestNamedMemoryPasses(t *testing.T) {
	var buckets atomic.Int32
	open := func(t *testing.T) storage.Store {
		location := fmt.Sprintf("mem://passes-%d/a/prefix", buckets.Add(1))
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
	storagetest.RunProcesses(t, t.TempDir(), open, storagetest.Processes{})
}

func TestProcessesRaceForDurableLocalFiles(t *testing.T) {
	open := func(dir string) (storage.Store, error) { return storage.NewLocal(dir, nil) }
	storagetest.RunProcesses(t, t.TempDir(), open, storagetest.Processes{Keys: 500})
}
