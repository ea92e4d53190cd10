package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/foreset/foreset/storage"
)

// rawNames are names that clients like to rewrite. Several pairs are one name
// to a client that decodes or encodes.
var rawNames = []string{
	"plain",
	"a space", "a%20space", "a+space",
	"percent%", "percent%25", "%", "%%", "%zz",
	"time=01%3A02%3A03/x.parquet", "time=01:02:03/x.parquet", "time=01%253A02/x.parquet",
	"hash#tag", "question?mark=1&more=2", `a"quote`, "an'apostrophe", `back\slash`, `back\..\slash`,
	"__0x2f__", "a__0x25__b",
	"ünïcödé", "表=数据/ファイル", "🦀", "decomposed-e\u0301",
	"part=1/p", "part=1-a/p", "part=10/p", "part=A/p",
	".hidden", "..two", "...", "trailing.", "trailing ", " leading",
	"*", "<>", "pipe|", "a;b,c", "~", "-dash", "$HOME", "@", "!", "(a)", "{a}", "[a]", "^", "`", "=", "&amp;",
	".tmp-almost", "_delta_log/.tmp-00000000.crc",
	strings.Repeat("s", 200) + "/" + strings.Repeat("t", 200) + "/" + strings.Repeat("%", 200),
	strings.Repeat("ü", 100),
}

func namesAreRaw(ctx context.Context, s storage.Store, o Options) error {
	var p problems
	var held []string
	for _, name := range rawNames {
		body := []byte("body of " + name)
		outcome, _, err := s.PutIfAbsent(ctx, name, body)
		if o.CannotHold(name) {
			if outcome != storage.Rejected || !errors.Is(err, storage.ErrBadName) {
				p.add("%q cannot be held: %v, %v", name, outcome, err)
			}
			continue
		}
		if outcome != storage.Created || err != nil {
			p.add("%q: %v, %v", name, outcome, err)
			continue
		}
		held = append(held, name)
	}
	slices.Sort(held)
	if err := mustHold(ctx, s, held...); err != nil {
		p.add("%w", err)
	}
	for _, name := range held {
		if err := isRaw(ctx, s, o, name); err != nil {
			p.add("%q: %w", name, err)
		}
	}
	if err := s.Delete(ctx, held...); err != nil {
		p.add("%w", err)
	}
	if err := mustHold(ctx, s); err != nil {
		p.add("after delete: %w", err)
	}
	return p.err()
}

// isRaw checks every way to one object.
func isRaw(ctx context.Context, s storage.Store, o Options, name string) error {
	body := []byte("body of " + name)
	if err := mustRead(ctx, s, name, body); err != nil {
		return err
	}
	if info, err := s.Head(ctx, name); err != nil || info.Name != name {
		return fmt.Errorf("head: %+v, %w", info, err)
	}
	p := make([]byte, len(body))
	if n, err := s.ReadAt(ctx, name, p, 0); n != len(p) || string(p) != string(body) {
		return fmt.Errorf("read: %q, %w", p[:n], err)
	}
	names, err := list(ctx, s, name, name)
	if err != nil || len(names) == 0 || names[0] != name {
		return fmt.Errorf("list: %q, %w", names, err)
	}
	if outcome, _, err := s.PutIfAbsent(ctx, name, nil); outcome != storage.Exists || err != nil {
		return fmt.Errorf("put again: %v, %w", outcome, err)
	}
	if o.Raw != nil {
		if raw, err := o.Raw(s, name); err != nil || string(raw) != string(body) {
			return fmt.Errorf("past the store: %q, %w", raw, err)
		}
	}
	if err := stream(ctx, s, name, body[:4]); err != nil {
		return err
	}
	if err := mustRead(ctx, s, name, body[:4]); err != nil {
		return err
	}
	if err := s.Put(ctx, name, body); err != nil {
		return err
	}
	return mustRead(ctx, s, name, body)
}

var badNames = []string{
	"", "/", "/abs", "a/", "a//b", ".", "..", "./a", "../a", "a/./b", "a/../b", "a/..", "a/.", "//", "nul\x00", "a\x00/b",
}

func badNamesAreRefused(ctx context.Context, s storage.Store, _ Options) error {
	if err := s.Put(ctx, "a/b", []byte("x")); err != nil {
		return err
	}
	var p problems
	for _, name := range badNames {
		_, _, getErr := s.Get(ctx, name, -1)
		_, readErr := s.ReadAt(ctx, name, make([]byte, 1), 0)
		_, headErr := s.Head(ctx, name)
		putErr := s.Put(ctx, name, nil)
		outcome, _, absentErr := s.PutIfAbsent(ctx, name, nil)
		w, createErr := s.Create(ctx, name)
		if createErr == nil {
			createErr = errors.Join(w.Abort(), errors.New("no error"))
		}
		deleteErr := s.Delete(ctx, name)
		for _, op := range []struct {
			name string
			err  error
		}{
			{"get", getErr}, {"read", readErr}, {"head", headErr}, {"put", putErr},
			{"put if absent", absentErr}, {"create", createErr}, {"delete", deleteErr},
		} {
			if !errors.Is(op.err, storage.ErrBadName) {
				p.add("%s %q: %v, want %v", op.name, name, op.err, storage.ErrBadName)
			}
		}
		if outcome != storage.Rejected {
			p.add("put if absent %q: %v", name, outcome)
		}
	}
	for _, prefix := range []string{"/", "../", "./", "a/../", "a//", "a/./", "a/../a/"} {
		if names, err := list(ctx, s, prefix, ""); len(names) > 0 || err != nil && !errors.Is(err, storage.ErrBadName) {
			p.add("list %q: %q, %v", prefix, names, err)
		}
	}
	if err := mustHold(ctx, s, "a/b"); err != nil {
		p.add("%w", err)
	}
	return p.err()
}

func missing(ctx context.Context, s storage.Store, _ Options) error {
	var p problems
	look := func(when string, names ...string) {
		for _, name := range names {
			_, _, getErr := s.Get(ctx, name, -1)
			_, readErr := s.ReadAt(ctx, name, make([]byte, 1), 0)
			_, headErr := s.Head(ctx, name)
			for i, err := range []error{getErr, readErr, headErr} {
				op := []string{"get", "read", "head"}[i]
				if !errors.Is(err, fs.ErrNotExist) {
					p.add("%s: %s %q: %v, want %v", when, op, name, err, fs.ErrNotExist)
				} else if !strings.Contains(err.Error(), name) {
					p.add("%s: the error of %s does not name %q: %v", when, op, name, err)
				}
			}
		}
	}
	look("in an empty store", "a", "a/b", "_delta_log/_last_checkpoint")
	if err := mustHold(ctx, s); err != nil {
		p.add("in an empty store: %w", err)
	}
	if err := s.Put(ctx, "folder/object", []byte("x")); err != nil {
		return err
	}
	look("beside an object", "folder", "folder/other", "folder/object/below", "folder/objec", "Folder2/object")
	return p.err()
}
