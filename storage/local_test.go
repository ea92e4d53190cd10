package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// newLocal returns a local store and its folder, which is not there yet.
func newLocal(t *testing.T) (*local, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	s, err := NewLocal(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*local), dir
}

// write makes files past the store. A name that ends in "/" is a folder.
func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o777); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// files returns all that lies in a folder, past the store.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

func listed(t *testing.T, s Store, prefix, start string) []string {
	t.Helper()
	var names []string
	for info, err := range s.List(t.Context(), prefix, start) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

// traced makes a store note the calls that durability rests on.
func traced(l *local) *[]string {
	var trace []string
	inner := l.disk
	note := func(format string, args ...any) { trace = append(trace, fmt.Sprintf(format, args...)) }
	short := func(name string) string {
		rel, err := filepath.Rel(filepath.Dir(l.dir), name)
		if err != nil {
			rel = name
		}
		if isTemp(filepath.Base(rel)) {
			rel = filepath.Join(filepath.Dir(rel), "temp")
		}
		return filepath.ToSlash(rel)
	}
	l.disk.syncFile = func(f *os.File) error {
		note("sync %s", short(f.Name()))
		return inner.syncFile(f)
	}
	l.disk.syncFolder = func(f *os.File) error {
		note("sync %s/", short(f.Name()))
		return inner.syncFolder(f)
	}
	l.disk.link = func(r *os.Root, from, to string) error {
		note("link %s", to)
		return inner.link(r, from, to)
	}
	l.disk.rename = func(r *os.Root, from, to string) error {
		note("rename %s", to)
		return inner.rename(r, from, to)
	}
	return &trace
}

func TestLocalWritesAreDurableBeforeTheyAreVisible(t *testing.T) {
	s, _ := newLocal(t)
	trace := traced(s)
	ctx := t.Context()
	expect := func(want ...string) {
		t.Helper()
		if !slices.Equal(*trace, want) {
			t.Errorf("the store did\n\t%s\nwant\n\t%s", strings.Join(*trace, "\n\t"), strings.Join(want, "\n\t"))
		}
		*trace = nil
	}
	if outcome, _, err := s.PutIfAbsent(ctx, "a/b/0", nil); outcome != Created {
		t.Fatal(outcome, err)
	}
	expect("sync ./", // the new root is an entry of its parent
		"sync root/a/", "sync root/", // the new folders
		"sync root/a/b/temp", "link 0", "sync root/a/b/")

	if outcome, _, err := s.PutIfAbsent(ctx, "a/b/1", nil); outcome != Created {
		t.Fatal(outcome, err)
	}
	expect("sync root/a/b/temp", "link 1", "sync root/a/b/")

	if outcome, _, err := s.PutIfAbsent(ctx, "a/b/1", nil); outcome != Exists {
		t.Fatal(outcome, err)
	}
	expect()

	if err := s.Put(ctx, "a/hint", nil); err != nil {
		t.Fatal(err)
	}
	expect("sync root/a/temp", "rename hint", "sync root/a/")

	w, err := s.Create(ctx, "c/data")
	if err != nil {
		t.Fatal(err)
	}
	expect("sync root/")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	expect("sync root/c/temp", "rename data", "sync root/c/")
}

func TestLocalWithoutSyncSyncsNothing(t *testing.T) {
	s, _ := newLocal(t)
	s.opts.NoSync = true
	trace := traced(s)
	if outcome, _, err := s.PutIfAbsent(t.Context(), "a/b", nil); outcome != Created {
		t.Fatal(outcome, err)
	}
	if !slices.Equal(*trace, []string{"link b"}) {
		t.Errorf("the store did %q", *trace)
	}
}

func TestLocalPutIfAbsentSaysWhatAFailureProves(t *testing.T) {
	fail := func(err error) func(*os.File) error { return func(*os.File) error { return err } }
	failLink := func(err error) func(*local) {
		return func(l *local) {
			l.disk.link = func(*os.Root, string, string) error {
				return &os.LinkError{Op: "linkat", Old: "temp", New: "x", Err: err}
			}
		}
	}
	for _, c := range []struct {
		name    string
		breaks  func(*local)
		want    Outcome
		is      error
		visible bool
	}{
		{"the file cannot be synced", func(l *local) { l.disk.syncFile = fail(syscall.EIO) }, Rejected, syscall.EIO, false},
		{"the disk is full", failLink(syscall.ENOSPC), Rejected, syscall.ENOSPC, false},
		{"denied", failLink(syscall.EACCES), Rejected, fs.ErrPermission, false},
		{"no links", failLink(syscall.EPERM), Rejected, ErrUnsafe, false},
		{"no such call", failLink(syscall.ENOSYS), Rejected, ErrUnsafe, false},
		{"the name is too long", failLink(syscall.ENAMETOOLONG), Rejected, ErrBadName, false},
		{"input or output error, not linked", failLink(syscall.EIO), Unknown, syscall.EIO, false},
		{"input or output error, linked", func(l *local) {
			l.disk.link = func(r *os.Root, from, to string) error { return errors.Join(r.Link(from, to), syscall.EIO) }
		}, Unknown, syscall.EIO, true},
		{"an error nobody has heard of", failLink(syscall.Errno(9999)), Unknown, syscall.Errno(9999), false},
		{"the folder cannot be synced", func(l *local) { l.disk.syncFolder = fail(syscall.EIO) }, Unknown, syscall.EIO, true},
		{"someone is faster", func(l *local) {
			l.disk.link = func(r *os.Root, from, to string) error {
				if err := r.WriteFile(to, []byte("theirs"), 0o666); err != nil {
					return err
				}
				return r.Link(from, to)
			}
		}, Exists, nil, true},
		{"someone is faster, and gone", failLink(syscall.EEXIST), Exists, nil, false},
		{"no random numbers", func(l *local) { l.opts.Random = strings.NewReader("") }, Rejected, io.EOF, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, dir := newLocal(t)
			write(t, dir, "folder/")
			c.breaks(s)
			outcome, _, err := s.PutIfAbsent(t.Context(), "folder/x", []byte("x"))
			if outcome != c.want || !errors.Is(err, c.is) {
				t.Errorf("%v, %v, want %v, %v", outcome, err, c.want, c.is)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Name != "folder/x" || strings.Contains(err.Error(), tempPrefix)) {
				t.Errorf("the error says %v", err)
			}
			if left := files(t, dir); slices.Contains(left, "folder/x") != c.visible || len(left) > 1 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestLocalPutAndCreateFailWithoutATrace(t *testing.T) {
	for _, c := range []struct {
		name    string
		breaks  func(*local)
		visible bool
	}{
		{"file", func(l *local) { l.disk.syncFile = func(*os.File) error { return syscall.EIO } }, false},
		{"rename", func(l *local) { l.disk.rename = func(*os.Root, string, string) error { return syscall.EIO } }, false},
		{"folder", func(l *local) { l.disk.syncFolder = func(*os.File) error { return syscall.EIO } }, true},
	} {
		put := func(s Store) error { return s.Put(context.Background(), "x", []byte("x")) }
		create := func(s Store) error {
			w, err := s.Create(context.Background(), "x")
			if err != nil {
				return err
			}
			if _, err := w.Write([]byte("x")); err != nil {
				return err
			}
			return w.Close()
		}
		for op, f := range map[string]func(Store) error{"put": put, "create": create} {
			t.Run(op+" with a broken "+c.name, func(t *testing.T) {
				s, dir := newLocal(t)
				write(t, dir, "kept")
				c.breaks(s)
				if err := f(s); !errors.Is(err, syscall.EIO) {
					t.Error(err)
				}
				if left := files(t, dir); slices.Contains(left, "x") != c.visible || slices.ContainsFunc(left, isTemp) {
					t.Errorf("left: %q", left)
				}
			})
		}
	}
}

func TestLocalStreamThatFailedIsNotPublished(t *testing.T) {
	s, dir := newLocal(t)
	w, err := s.Create(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	w.(*localWriter).file.Close() // as a full disk would, this fails every write
	if _, err := w.Write(make([]byte, 2*streamBuffer)); err == nil {
		t.Error("a write to a closed file succeeds")
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("the next write succeeds")
	}
	if err := w.Close(); err == nil {
		t.Error("close succeeds")
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestLocalRefusesSharedWritingWhereItIsNotSafe(t *testing.T) {
	s, dir := newLocal(t)
	s.disk.fileSystem = func(*os.File) (string, bool, error) { return "NFS", false, nil }
	outcome, _, err := s.PutIfAbsent(t.Context(), "a", nil)
	if outcome != Rejected || !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "NFS") {
		t.Errorf("%v, %v", outcome, err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if err := s.Put(t.Context(), "a", nil); err != nil {
		t.Errorf("a plain put needs no links: %v", err)
	}
	s.opts.TrustFilesystem = true
	if outcome, _, err := s.PutIfAbsent(t.Context(), "b", nil); outcome != Created || err != nil {
		t.Errorf("trusted: %v, %v", outcome, err)
	}
	s.opts.TrustFilesystem = false
	s.disk.fileSystem = func(*os.File) (string, bool, error) { return "", false, syscall.EIO }
	if outcome, _, err := s.PutIfAbsent(t.Context(), "c", nil); outcome != Rejected || !errors.Is(err, syscall.EIO) {
		t.Errorf("unknown: %v, %v", outcome, err)
	}
}

func TestLocalTrustsTheDiskOfThisTest(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	name, trusted, err := fileSystem(dir)
	if err != nil || name == "" {
		t.Errorf("%q, %v, %v", name, trusted, err)
	}
	t.Logf("%s, trusted: %v", name, trusted)
}

func TestLocalFolderThatIsNotThereIsEmpty(t *testing.T) {
	s, dir := newLocal(t)
	ctx := t.Context()
	if _, err := s.Head(ctx, "a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if names := listed(t, s, "a/", ""); len(names) > 0 {
		t.Error(names)
	}
	if err := s.Delete(ctx, "a/b"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestLocalFolderThatIsAFileIsAnError(t *testing.T) {
	s, dir := newLocal(t)
	write(t, filepath.Dir(dir), "root")
	ctx := t.Context()
	_, headErr := s.Head(ctx, "a")
	var listErr error
	for _, err := range s.List(ctx, "", "") {
		listErr = err
	}
	outcome, _, putErr := s.PutIfAbsent(ctx, "a", nil)
	for _, err := range []error{headErr, listErr, putErr, s.Delete(ctx, "a")} {
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
	if outcome != Rejected {
		t.Error(outcome)
	}
}

func TestLocalFollowsItsFolder(t *testing.T) {
	s, dir := newLocal(t)
	ctx := t.Context()
	for i := range 3 {
		if outcome, _, err := s.PutIfAbsent(ctx, "log/0", []byte{byte(i)}); outcome != Created {
			t.Fatalf("round %d: %v, %v", i, outcome, err)
		}
		if i == 1 {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Rename(dir, fmt.Sprintf("%s.%d", dir, i)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Head(ctx, "log/0"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("round %d: %v", i, err)
		}
	}
}

func TestLocalRefusesNamesThatSomethingElseHas(t *testing.T) {
	s, dir := newLocal(t)
	write(t, dir, "file", "folder/")
	for _, name := range []string{"folder", "file/below", "file/far/below"} {
		outcome, _, err := s.PutIfAbsent(t.Context(), name, nil)
		if outcome != Rejected || !errors.Is(err, ErrBadName) {
			t.Errorf("put if absent %s: %v, %v", name, outcome, err)
		}
		if err := s.Put(t.Context(), name, nil); !errors.Is(err, ErrBadName) {
			t.Errorf("put %s: %v", name, err)
		}
		w, err := s.Create(t.Context(), name)
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, ErrBadName) {
			t.Errorf("create %s: %v", name, err)
		}
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("delete %s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "folder")); err != nil {
		t.Errorf("delete removed a folder: %v", err)
	}
	if left := files(t, dir); !slices.Equal(left, []string{"file"}) {
		t.Errorf("left: %q", left)
	}
}

func TestLocalRefusesNamesItCannotHold(t *testing.T) {
	s, dir := newLocal(t)
	for _, name := range []string{
		strings.Repeat("x", 300), "a/" + strings.Repeat("x", 300), strings.Repeat("x", 300) + "/a", strings.Repeat("a/", 200) + "a",
	} {
		outcome, _, err := s.PutIfAbsent(t.Context(), name, nil)
		if outcome != Rejected || !errors.Is(err, ErrBadName) {
			t.Errorf("%d bytes: %v, %v", len(name), outcome, err)
		}
		if err := s.Put(t.Context(), name, nil); !errors.Is(err, ErrBadName) {
			t.Errorf("%d bytes: %v", len(name), err)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestLocalShowsLeftoversOnlyToThoseWhoAsk(t *testing.T) {
	s, dir := newLocal(t)
	const temp = ".tmp-01234567-89ab-cdef-0123-456789abcdef"
	write(t, dir, "a", "log/"+temp, "log/b", "log/.tmp-mine", "log/deeper/"+temp)
	ctx := t.Context()
	if names := listed(t, s, "", ""); !slices.Equal(names, []string{"a", "log/.tmp-mine", "log/b"}) {
		t.Errorf("listed: %q", names)
	}
	if _, _, err := s.Get(ctx, "log/"+temp, -1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if outcome, _, err := s.PutIfAbsent(ctx, "new/"+temp, nil); outcome != Rejected || !errors.Is(err, ErrBadName) {
		t.Errorf("%v, %v", outcome, err)
	}
	w, err := s.Create(ctx, "running") // a write that is going on is among them
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	var left []string
	for info, err := range s.Leftovers(ctx) {
		if err != nil || info.Modified.IsZero() {
			t.Error(info, err)
		}
		left = append(left, info.Name)
	}
	if len(left) != 3 || !isTemp(left[0]) || left[1] != "log/"+temp || left[2] != "log/deeper/"+temp {
		t.Errorf("leftovers: %q", left)
	}
	if err := s.Delete(ctx, left[1:]...); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"a", "log/.tmp-mine", "log/b", "running"}) {
		t.Errorf("left: %q", got)
	}
}

func TestLocalNamesTemporaryFilesFromItsOptions(t *testing.T) {
	dir := t.TempDir()
	s, err := NewLocal(dir, &LocalOptions{Random: strings.NewReader("0123456789abcdefREST")})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if got := files(t, dir); !slices.Equal(got, []string{".tmp-30313233-3435-4637-b839-616263646566"}) {
		t.Errorf("%q", got)
	}
}

func TestLocalListingSkipsWhatVanishes(t *testing.T) {
	s, dir := newLocal(t)
	write(t, dir, "a", "b", "c/d", "c/e", "f", "g/h")
	var names []string
	for info, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
		switch info.Name {
		case "a":
			os.Remove(filepath.Join(dir, "b"))
		case "c/d":
			os.RemoveAll(filepath.Join(dir, "c"))
			os.RemoveAll(filepath.Join(dir, "g"))
		}
	}
	if !slices.Equal(names, []string{"a", "c/d", "f"}) {
		t.Errorf("%q", names)
	}
}
