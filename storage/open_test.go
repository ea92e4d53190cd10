package storage

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOpenTakesPathsAsTheyAreAndDecodesURLs(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("the paths below are those of Unix")
	}
	for _, c := range []struct{ location, dir string }{
		{"/abs/path", "/abs/path"},
		{"/abs/path/", "/abs/path"},
		{"/a%20b?c=d#e@f", "/a%20b?c=d#e@f"},
		{"/with:colon", "/with:colon"},
		{"./rel", filepath.Join(wd, "rel")},
		{"rel/deeper", filepath.Join(wd, "rel/deeper")},
		{"../up", filepath.Join(filepath.Dir(wd), "up")},
		{".", wd},
		{"p=12:30", filepath.Join(wd, "p=12:30")},
		{`C:\x`, filepath.Join(wd, `C:\x`)},
		{"file:///abs/a%20b%3Fc", "/abs/a b?c"},
		{"file:/abs/a%23b", "/abs/a#b"},
		{"FILE://localhost/abs/ü", "/abs/ü"},
		{"file:///abs/a+b", "/abs/a+b"},
		{"file:///", "/"},
	} {
		s, err := Open(t.Context(), c.location)
		if err != nil {
			t.Errorf("%s: %v", c.location, err)
			continue
		}
		if got := s.(*local).dir; got != c.dir {
			t.Errorf("%s opens %s, want %s", c.location, got, c.dir)
		}
		again, err := Open(t.Context(), s.String())
		if err != nil || again.(*local).dir != c.dir {
			t.Errorf("%s opens as %s, which opens as %v, %v", c.location, s, again, err)
		}
	}
}

func TestOpenRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, location := range []string{
		"", "nul\x00", "://x", " s3://b", "1s3://b", "x://b",
		"file:rel", "file://host/abs", "file://", "file:///a?b=c", "file:///a?", "file:///a#b", "file:///a#", "file:///%zz", "file://user@localhost/a", "file:///nul%00",
		"mem:", "mem:///p", "mem://", "mem://b/../c", "mem://b/a//c", "mem://b?x=1", "mem://u:p@b/c",
	} {
		s, err := Open(t.Context(), location)
		if s != nil || !errors.Is(err, ErrBadLocation) {
			t.Errorf("%q: %v, %v, want %v", location, s, err, ErrBadLocation)
		}
	}
}

func TestOpenNamesThePackageOfAScheme(t *testing.T) {
	for _, c := range []struct{ location, scheme, imports string }{
		{"s3://bucket/p", "s3", "storage/s3"},
		{"S3A://bucket/p", "s3a", "storage/s3"},
		{"s3n://bucket/p", "s3n", "storage/s3"},
		{"gs://bucket/p", "gs", "storage/gcs"},
		{"abfss://c@a.dfs.core.windows.net/p", "abfss", "storage/azure"},
		{"wasbs://c@a.blob.core.windows.net/p", "wasbs", "storage/azure"},
		{"az://c/p", "az", "storage/azure"},
		{"adl://c/p", "adl", "storage/azure"},
		{"https://a.blob.core.windows.net/c/p", "https", "storage/azure"},
		{"hdfs://namenode/p", "hdfs", ""},
		{"dbfs:/mnt/p", "dbfs", ""},
	} {
		_, err := Open(t.Context(), c.location)
		var e *SchemeError
		if !errors.As(err, &e) || e.Scheme != c.scheme || !strings.HasSuffix(e.Import, c.imports) || (e.Import == "") != (c.imports == "") {
			t.Errorf("%s: %v", c.location, err)
			continue
		}
		if !strings.Contains(err.Error(), c.scheme) || !strings.Contains(err.Error(), c.imports) {
			t.Errorf("%s: the text says too little: %v", c.location, err)
		}
	}
}

func TestOpenObeysItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, "mem://x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRegisterAddsASchemeOnce(t *testing.T) {
	var opened *url.URL
	failure := errors.New("refused")
	t.Cleanup(func() { // the test may run again
		openers.mu.Lock()
		defer openers.mu.Unlock()
		delete(openers.of, "testscheme")
	})
	Register("testscheme", func(_ context.Context, u *url.URL) (Store, error) {
		opened = u
		if u.Host == "bad" {
			return nil, failure
		}
		return NewMemory(nil), nil
	})
	s, err := Open(t.Context(), "TestScheme://user:secret@bucket/a%20b?region=x")
	if err != nil || s == nil {
		t.Fatal(err)
	}
	if opened.Host != "bucket" || opened.Path != "/a b" || opened.Query().Get("region") != "x" {
		t.Errorf("the opener got %v", opened)
	}
	if _, err = Open(t.Context(), "testscheme://user:secret@bad/p?key=secret"); !errors.Is(err, failure) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	opener := func(context.Context, *url.URL) (Store, error) { return nil, nil }
	for _, scheme := range []string{"testscheme", "file", "mem", "", "x", "Upper", "with:colon", "1x", "a_b"} {
		if !panics(func() { Register(scheme, opener) }) {
			t.Errorf("Register(%q) succeeds", scheme)
		}
	}
	if !panics(func() { Register("otherscheme", nil) }) {
		t.Error("Register without an opener succeeds")
	}
}

// TestAURIOfAPathIsEncoded, and one that is a URL already has no query.
func TestAURIOfAPathIsEncoded(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file names have none of these characters")
	}
	for location, want := range map[string]string{
		"/a b/c?d#e%41": "file:///a%20b/c%3Fd%23e%2541", "/a:b": "file:///a:b", "s3://b/a%20b?region=x": "s3://b/a%20b", "file:/a": "file:/a", "": "",
	} {
		if got := URI(location); got != want {
			t.Errorf("%s: %s, want %s", location, got, want)
		}
	}
	if got := URI("./s3:x"); !strings.HasPrefix(got, "file:///") || !strings.HasSuffix(got, "/s3:x") {
		t.Error(got)
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestNamedBucketsAreShared(t *testing.T) {
	ctx := t.Context()
	open := func(location string) Store {
		s, err := Open(ctx, location)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if err := open("mem://shared-test/a%20b/").Put(ctx, "c", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for location, name := range map[string]string{
		"mem://shared-test/a%20b": "c", "mem://shared-test": "a b/c", "mem://shared-test/": "a b/c",
	} {
		s := open(location)
		if _, err := s.Head(ctx, name); err != nil {
			t.Error(err)
		}
		if got := open(s.String()).String(); got != s.String() {
			t.Errorf("%s opens as %s", s, got)
		}
	}
	if _, err := open("mem://other-test").Head(ctx, "a b/c"); err == nil {
		t.Error("another bucket has it too")
	}
	if _, err := open("mem://shared-test/a%20").Head(ctx, "b/c"); err == nil {
		t.Error("a prefix need not end at a segment")
	}
}

func TestRedactHidesSecrets(t *testing.T) {
	for _, c := range []struct{ location, want string }{
		{"/a/b", "/a/b"},
		{"rel@x?y#z", "rel@x?y#z"},
		{`C:\x?y`, `C:\x?y`},
		{"", ""},
		{"s3://bucket/p", "s3://bucket/p"},
		{"s3://bucket/user@example.com/p", "s3://bucket/user@example.com/p"},
		{"s3://AKIA:secret@bucket/p", "s3://xxxxx@bucket/p"},
		{"s3://AKIA:se/cr+et@bucket/p", "s3://xxxxx@bucket/p"},
		{"s3://AKIA:se?cr#et@bucket/p", "s3://xxxxx@bucket/p"},
		{"s3://AKIA:s@cr@et@bucket/p?x=y", "s3://xxxxx@bucket/p?xxxxx"},
		{"s3://AKIA:secret/bucket", "s3://xxxxx"},
		{"s3://AKIA@bucket/p", "s3://xxxxx@bucket/p"},
		{"s3://bucket/p?secret_key=x&region=y", "s3://bucket/p?xxxxx"},
		{"s3://bucket/p#secret", "s3://bucket/p#xxxxx"},
		{"s3://bucket?sig=x", "s3://bucket?xxxxx"},
		{"http://host:9000/a@b?x", "http://host:9000/a@b?xxxxx"},
		{"http://[::1]:9000/p", "http://[::1]:9000/p"},
		{"http://u:p@[::1]:9000/p", "http://xxxxx@[::1]:9000/p"},
		{"http://[x:se]cret:y@h/p", "http://xxxxx@h/p"},
		{"abfss://container@account.dfs.core.windows.net/p?sas=x", "abfss://container@account.dfs.core.windows.net/p?xxxxx"},
		{"abfss://c:secret@account/p", "abfss://xxxxx@account/p"},
		{"  s3://k:secret@b", "  s3://xxxxx@b"},
		{"file:/a?secret", "file:/a?xxxxx"},
		{"mem:opaque#secret", "mem:opaque#xxxxx"},
		{"file://C:/x", "file://C:/x"},
	} {
		if got := Redact(c.location); got != c.want {
			t.Errorf("Redact(%q) = %q, want %q", c.location, got, c.want)
		}
	}
}

func FuzzRedactIsStableAndHidesSecrets(f *testing.F) {
	f.Add("s3", "key", "bucket/p", "a=b")
	f.Add("abfss", "c:x", "a.net/p", "")
	f.Add("file", "", "/abs", "")
	f.Add("https", "[::1]", "]:@/", "#?")
	const canary = "CaNaRy7"
	f.Fuzz(func(t *testing.T, scheme, user, rest, query string) {
		for _, location := range []string{
			scheme + "://" + user + ":" + canary + "@" + rest + "?" + query,
			scheme + "://" + rest + "?" + query + "=" + canary,
			scheme + "://" + canary + ":" + user + "@" + rest,
		} {
			shown := Redact(location)
			if again := Redact(shown); again != shown {
				t.Errorf("Redact(%q) = %q, and of that %q", location, shown, again)
			}
			if _, _, proper := cutScheme(scheme + ":"); proper && strings.Contains(shown, canary) &&
				!strings.ContainsAny(scheme+user+rest, "/?#@[]:") {
				t.Errorf("Redact(%q) = %q", location, shown)
			}
		}
	})
}

func FuzzOpenNeverShowsSecrets(f *testing.F) {
	for _, s := range []string{"s3://%s@b/p", "mem://%s@b/p", "file://%s@localhost/p", "gs://b/p?key=%s", "mem://b?%s", "file:///a?%s=%s", "hdfs://u:%s@h", "s3://u:%s/@@h"} {
		f.Add(s)
	}
	const canary = "CaNaRy7"
	f.Fuzz(func(t *testing.T, pattern string) {
		if !strings.Contains(pattern, "://") || strings.Contains(pattern, "\x00") {
			return
		}
		location := strings.ReplaceAll(pattern, "%s", "u:"+canary)
		s, err := Open(t.Context(), location)
		if err == nil {
			s.Close()
			return
		}
		if Redact(location) == location {
			return // nothing in it is where secrets are
		}
		if !strings.Contains(Redact(location), canary) && strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", location, err)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, name := range []string{"a/b", "", "a//b", "../a", "a/..", "a\x00", "/", "ü/%2F", ".tmp-12345678-1234-1234-1234-123456789012", `a\b`} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ctx := t.Context()
		bad := CheckName(name)
		if bad != nil && !errors.Is(bad, ErrBadName) {
			t.Fatalf("%q: %v", name, bad)
		}
		if bad == nil && filepath.ToSlash(filepath.Clean(name)) != filepath.ToSlash(name) {
			t.Fatalf("%q is no clean path, and is accepted", name)
		}
		dir := filepath.Join(t.TempDir(), "root")
		s, err := NewLocal(dir, &LocalOptions{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		outcome, _, err := s.PutIfAbsent(ctx, name, []byte("x"))
		switch {
		case bad != nil:
			if outcome != Rejected || !errors.Is(err, ErrBadName) {
				t.Fatalf("%q: %v, %v", name, outcome, err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Fatalf("%q: something was made", name)
			}
		case err == nil:
			for info, err := range s.List(ctx, "", "") {
				if err != nil || info.Name != name {
					t.Fatalf("%q is listed as %q, %v", name, info.Name, err)
				}
			}
			if body, _, err := s.Get(ctx, name, -1); err != nil || string(body) != "x" {
				t.Fatalf("%q: %q, %v", name, body, err)
			}
			if err := s.Delete(ctx, name); err != nil {
				t.Fatal(err)
			}
		case outcome != Rejected || !errors.Is(err, ErrBadName):
			t.Fatalf("%q: %v, %v", name, outcome, err)
		}
		entries, err := os.ReadDir(filepath.Dir(dir))
		if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "root" {
			t.Fatalf("%q left the folder: %v, %v", name, entries, err)
		}
	})
}
