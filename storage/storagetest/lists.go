package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/foreset/foreset/storage"
)

// tree are names whose order as names is not their order as paths.
var tree = []string{
	"tree/part=1-a/1", "tree/part=1-a/2", "tree/part=1.b", "tree/part=1/0", "tree/part=1/sub-x/1", "tree/part=1/sub/1",
	"tree/part=1/sub0", "tree/part=10/1", "tree/part=1a/1", "tree/part=2", "tree0", "tree!", "z",
}

func listings(ctx context.Context, s storage.Store, o Options) error {
	all := slices.Clone(tree)
	for v := range o.Objects {
		all = append(all, fmt.Sprintf("log/%020d.json", v))
	}
	if err := putAll(ctx, s, all); err != nil {
		return err
	}
	slices.Sort(all)
	commit := func(v int) string { return fmt.Sprintf("log/%020d.json", v) }
	var p problems
	for _, prefix := range []string{
		"", "log", "log/", "log/0000000000000000010", commit(7), "nothing", "nothing/", "tree", "tree/", "tree/p",
		"tree/part=1", "tree/part=1/", "tree/part=1-", "tree/part=1-a/", "tree/part=1/sub", "tree/part=1/sub/", "tree/part=2/", "zz",
	} {
		for _, start := range []string{
			"", "log/", commit(0), commit(1), commit(o.Objects / 2), commit(o.Objects/2) + "\x00", commit(o.Objects - 1), commit(o.Objects), "log0", "a", "tree", "tree/",
			"tree/part=1", "tree/part=1-a/", "tree/part=1-a/2", "tree/part=1-b", "tree/part=1/", "tree/part=1/sub", "tree/part=1/sub-x/2",
			"tree/part=1/sub/1", "tree/part=10", "tree/part=1a/1/x", "tree0", "z", "z\x00", "zz",
		} {
			if err := sameListing(ctx, s, all, prefix, start); err != nil {
				p.add("%w", err)
			}
		}
	}
	return p.err()
}

// sameListing compares a listing with what it must be, given all names, sorted.
func sameListing(ctx context.Context, s storage.Store, all []string, prefix, start string) error {
	got, err := list(ctx, s, prefix, start)
	if err != nil {
		return err
	}
	var want []string
	for _, name := range all {
		if strings.HasPrefix(name, prefix) && name >= start {
			want = append(want, name)
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("list %q from %q: %d names %s, want %d %s", prefix, start, len(got), ends(got), len(want), ends(want))
	}
	return nil
}

func ends(names []string) string {
	if len(names) > 6 {
		return fmt.Sprintf("%q … %q", names[:3], names[len(names)-3:])
	}
	return fmt.Sprintf("%q", names)
}

// randomListings compares listings with a model, on names made of a few bytes
// around "/" in the order of bytes.
func randomListings(ctx context.Context, s storage.Store, o Options) error {
	const seed = 20260101
	r := rand.New(rand.NewPCG(seed, 0))
	word := func() string {
		b := make([]byte, 1+r.IntN(3))
		for i := range b {
			b[i] = "-.0aa"[r.IntN(5)]
		}
		b[0] = "-0a"[r.IntN(3)] // neither "." nor ".."
		b[len(b)-1] = "-0a"[r.IntN(3)]
		return string(b)
	}
	name := func() string {
		words := make([]string, 1+r.IntN(4))
		for i := range words {
			words[i] = word()
		}
		return strings.Join(words, "/")
	}
	var all []string
	files, folders := map[string]bool{}, map[string]bool{}
	for range o.Objects / 4 {
		n := name()
		if files[n] || folders[n] || slices.ContainsFunc(parents(n), func(f string) bool { return files[f] }) {
			continue // a file system cannot hold both
		}
		files[n] = true
		for _, f := range parents(n) {
			folders[f] = true
		}
		all = append(all, n)
	}
	if err := putAll(ctx, s, all); err != nil {
		return err
	}
	slices.Sort(all)
	var p problems
	for range 500 {
		prefix, start := "", ""
		if r.IntN(3) > 0 {
			prefix = name()
			prefix = prefix[:r.IntN(min(len(prefix), 4)+1)]
		}
		if r.IntN(3) > 0 {
			start = all[r.IntN(len(all))]
			start = start[:r.IntN(len(start)+1)] + []string{"", "\x00", "-", "/", "0"}[r.IntN(5)]
		}
		if err := sameListing(ctx, s, all, prefix, start); err != nil {
			p.add("seed %d: %w", seed, err)
		}
	}
	return p.err()
}

// parents returns the folders that a name lies in.
func parents(name string) []string {
	var folders []string
	for i, c := range name {
		if c == '/' {
			folders = append(folders, name[:i])
		}
	}
	return folders
}

func listingsStopEarly(ctx context.Context, s storage.Store, _ Options) error {
	if err := putAll(ctx, s, []string{"a/1", "a/2", "b/1", "b/2", "c"}); err != nil {
		return err
	}
	for want := 1; want <= 5; want++ {
		got := 0
		for _, err := range s.List(ctx, "", "") {
			if err != nil {
				return err
			}
			if got++; got == want {
				break
			}
		}
		if got != want {
			return fmt.Errorf("stopped after %d of %d names", got, want)
		}
	}
	// A listing can be ranged over again, and sees what has changed.
	again := s.List(ctx, "b/", "")
	for _, n := range []int{2, 1} {
		got := 0
		for _, err := range again {
			if err != nil {
				return err
			}
			got++
		}
		if got != n {
			return fmt.Errorf("%d names under b/, want %d", got, n)
		}
		if err := s.Delete(ctx, "b/1"); err != nil {
			return err
		}
	}
	return nil
}
