//go:build unix

package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// symlinks makes links in dir: name → target.
func symlinks(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		path := filepath.Join(dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(pairs[i+1], path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocalRefusesSymlinksThatLeaveItsFolder(t *testing.T) {
	s, dir := newLocal(t)
	outside := filepath.Join(filepath.Dir(dir), "outside")
	write(t, outside, "secret")
	write(t, dir, "in/side")
	symlinks(t, dir,
		"relative", "../outside/secret",
		"absolute", filepath.Join(outside, "secret"),
		"absolute-but-inside", filepath.Join(dir, "in/side"),
		"in/up", "../../outside/secret",
		"folder", "../outside",
		"absfolder", outside,
		"loop", "loop",
	)
	ctx := t.Context()
	for _, name := range []string{
		"relative", "absolute", "absolute-but-inside", "in/up", "folder/secret", "absfolder/secret", "folder/new", "loop",
	} {
		_, _, getErr := s.Get(ctx, name, -1)
		_, readErr := s.ReadAt(ctx, name, make([]byte, 1), 0)
		_, headErr := s.Head(ctx, name)
		outcome, _, putErr := s.PutIfAbsent(ctx, name, []byte("overwritten"))
		for op, err := range map[string]error{"get": getErr, "read": readErr, "head": headErr, "put if absent": putErr} {
			if !errors.Is(err, ErrBadName) {
				t.Errorf("%s %s: %v", op, name, err)
			}
		}
		if outcome != Rejected {
			t.Errorf("put if absent %s: %v", name, outcome)
		}
	}
	for _, name := range []string{"folder/new", "folder/secret"} {
		if err := s.Put(ctx, name, []byte("overwritten")); !errors.Is(err, ErrBadName) {
			t.Errorf("put %s: %v", name, err)
		}
		if _, err := s.Create(ctx, name); !errors.Is(err, ErrBadName) {
			t.Errorf("create %s: %v", name, err)
		}
		if err := s.Delete(ctx, name); !errors.Is(err, ErrBadName) {
			t.Errorf("delete %s: %v", name, err)
		}
	}
	// A put replaces the link itself, and a delete removes it; neither goes
	// where it points.
	if err := s.Put(ctx, "relative", []byte("mine")); err != nil {
		t.Error(err)
	}
	if err := s.Delete(ctx, "absolute"); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(got) != "secret" {
		t.Errorf("outside: %q, %v", got, err)
	}
	if got := files(t, outside); !slices.Equal(got, []string{"secret"}) {
		t.Errorf("outside: %q", got)
	}
	if body, _, err := s.Get(ctx, "relative", -1); err != nil || string(body) != "mine" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestLocalListingReportsLinksThatLeaveAndFollowsThoseThatDoNot(t *testing.T) {
	s, dir := newLocal(t)
	write(t, dir, "a/1", "b/2")
	symlinks(t, dir,
		"a/0-to-b", "../b/2", // inside: listed as a file
		"a/nowhere", "missing", // as if it had vanished
		"c", "a", // a folder: its files are listed where they are
		"loop", ".",
	)
	if names := listed(t, s, "", ""); !slices.Equal(names, []string{"a/0-to-b", "a/1", "b/2"}) {
		t.Errorf("%q", names)
	}
	if body, info, err := s.Get(t.Context(), "a/0-to-b", -1); err != nil || string(body) != "b/2" || info.Size != 3 {
		t.Errorf("%q, %+v, %v", body, info, err)
	}
	if outcome, _, err := s.PutIfAbsent(t.Context(), "a/0-to-b", nil); outcome != Exists || err != nil {
		t.Errorf("%v, %v", outcome, err)
	}
	if outcome, _, err := s.PutIfAbsent(t.Context(), "a/nowhere", nil); outcome != Rejected || !errors.Is(err, ErrBadName) {
		t.Errorf("%v, %v", outcome, err)
	}
	if names := listed(t, s, "c/", ""); !slices.Equal(names, []string{"c/0-to-b", "c/1"}) {
		t.Errorf("whoever names the link is let through it: %q", names)
	}
	symlinks(t, dir, "b/3", "/etc/passwd")
	var names []string
	var last error
	for info, err := range s.List(t.Context(), "", "") {
		if last = err; err == nil {
			names = append(names, info.Name)
		}
	}
	if !errors.Is(last, ErrBadName) || !strings.Contains(last.Error(), "b/3") || !slices.Equal(names, []string{"a/0-to-b", "a/1", "b/2"}) {
		t.Errorf("%q, then %v", names, last)
	}
}

func TestLocalListingReadsNoMoreThanIsAskedFor(t *testing.T) {
	s, dir := newLocal(t)
	// Who reads one of the folders a/, m/ and z/ to its end meets a link that
	// cannot be listed.
	write(t, dir, "a/1", "m/1", "z/1")
	symlinks(t, dir, "a/2", "/outside", "m/2", "/outside", "z/2", "/outside")
	take := func(prefix, start string, n int) []string {
		var names []string
		for info, err := range s.List(t.Context(), prefix, start) {
			if err != nil {
				t.Fatalf("list %q from %q: %v after %q", prefix, start, err, names)
			}
			if names = append(names, info.Name); len(names) == n {
				break
			}
		}
		return names
	}
	for _, c := range []struct {
		prefix, start string
		want          []string
	}{
		{"", "", []string{"a/1"}},
		{"", "b", []string{"m/1"}},
		{"", "a/3", []string{"m/1"}},
		{"m", "", []string{"m/1"}},
		{"z/", "", []string{"z/1"}},
		{"m/", "m/1", []string{"m/1"}},
		{"m/", "m/3", nil},
		{"m/1", "", []string{"m/1"}},
		{"", "z0", nil},
	} {
		if got := take(c.prefix, c.start, 1); !slices.Equal(got, c.want) {
			t.Errorf("list %q from %q: %q, want %q", c.prefix, c.start, got, c.want)
		}
	}
}

func TestLocalDoesNotWaitForPipes(t *testing.T) {
	s, dir := newLocal(t)
	write(t, dir, "a")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Skip(err)
	}
	ctx := t.Context()
	for _, name := range []string{"pipe", "pipe/below"} {
		if _, _, err := s.Get(ctx, name, -1); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %s: %v", name, err)
		}
		if _, err := s.Head(ctx, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("head %s: %v", name, err)
		}
		if _, err := s.ReadAt(ctx, name, make([]byte, 1), 0); err == nil {
			t.Errorf("read %s succeeds", name)
		}
		if outcome, _, err := s.PutIfAbsent(ctx, name, nil); outcome != Rejected || !errors.Is(err, ErrBadName) {
			t.Errorf("put if absent %s: %v, %v", name, outcome, err)
		}
	}
	if names := listed(t, s, "", ""); !slices.Equal(names, []string{"a"}) {
		t.Errorf("%q", names)
	}
	if names := listed(t, s, "pipe/", ""); len(names) > 0 {
		t.Errorf("%q", names)
	}
	root, err := NewLocal(filepath.Join(dir, "pipe"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := root.Put(ctx, "x", nil); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("put below a pipe: %v", err)
	}
}

func TestLocalReportsWhatItMayNotRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	s, dir := newLocal(t)
	write(t, dir, "a/1", "b/2")
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "a"), 0o777)
	if _, err := s.Head(t.Context(), "a/1"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	var last error
	for _, err := range s.List(t.Context(), "", "") {
		last = err
	}
	if !errors.Is(last, fs.ErrPermission) {
		t.Errorf("the listing ends with %v", last)
	}
}

func TestLocalClosesItsFiles(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc")
		}
		return len(entries)
	}
	s, _ := newLocal(t)
	ctx := t.Context()
	work := func() {
		_, _, _ = s.PutIfAbsent(ctx, "a/b/c", nil)
		_ = s.Put(ctx, "a/b", nil)  // fails: a folder
		_ = s.Put(ctx, "../b", nil) // fails
		_ = s.Put(ctx, "a/d", nil)
		_, _, _ = s.Get(ctx, "a/d", -1)
		_, _, _ = s.Get(ctx, "a/b", -1) // fails: a folder
		_, _ = s.ReadAt(ctx, "a/d", make([]byte, 1), 0)
		_, _ = s.Head(ctx, "none")
		for info := range s.List(ctx, "", "") {
			if info.Name == "a/b/c" {
				break
			}
		}
		for range s.List(ctx, "", "") {
		}
		for _, end := range []func(Writer) error{Writer.Close, Writer.Abort} {
			if w, err := s.Create(ctx, "a/e"); err == nil {
				_ = end(w)
			}
		}
		_ = s.Delete(ctx, "a/d", "a/b/c", "a/b")
	}
	work()
	before := open()
	for range 50 {
		work()
	}
	if after := open(); after > before {
		t.Errorf("%d open files before, %d after", before, after)
	}
}
