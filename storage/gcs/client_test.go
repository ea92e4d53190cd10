package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gcstorage "cloud.google.com/go/storage"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2"
	"google.golang.org/api/option"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// credentials are those of a person, whose tokens come from a server.
func credentials(t *testing.T, tokenURL string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials.json")
	text := fmt.Sprintf(`{"type":"authorized_user","client_id":"id","client_secret":"SECRETclient","refresh_token":"SECRETrefreshTOKEN","token_uri":%q}`, tokenURL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
}

// redirect makes a driver's connections lead to a server.
func redirect(t *testing.T, d *driver, s *drivertest.Server) {
	t.Helper()
	client, err := gcstorage.NewClient(t.Context(), option.WithoutAuthentication(), option.WithEndpoint(s.URL+"/storage/v1/"),
		option.WithHTTPClient(&http.Client{Transport: &oauth2.Transport{Base: explainer{d.transport}, Source: d.tokens}}))
	if err != nil {
		t.Fatal(err)
	}
	d.client = client
}

func TestATokenThatExpiresIsAskedForAgain(t *testing.T) {
	environment(t)
	token := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"a","token_type":"Bearer","expires_in":1}`) // too soon for the library to use it twice
	})
	credentials(t, token.URL)
	s := drivertest.NewServer(t, isFine)
	ctx, cancel := context.WithCancel(t.Context())
	d, err := open(ctx, "gs://b", &Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel() // the driver lives on
	redirect(t, d, s)
	for range 3 {
		if _, err := d.Head(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if len(token.Take()) == 0 {
			t.Error("an expired token is used")
		}
	}
}

// stuck is a source of tokens that gives none until it ends.
type stuck struct{ end chan struct{} }

func (s stuck) Token() (*oauth2.Token, error) {
	<-s.end
	return nil, errors.New("SECRETrefreshTOKEN")
}

// TestATokenThatNeverComesIsAFailureInTime simulates the time.
func TestATokenThatNeverComesIsAFailureInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := stuck{make(chan struct{})}
		defer synctest.Wait()
		defer close(source.end)
		d := &driver{bucket: "b", tokens: tokens{source}}
		store, err := storage.NewRemote(d, &storage.RemoteOptions{NoProbe: true})
		if err != nil {
			t.Fatal(err)
		}
		drivertest.CheckStuckCredentials(t, store)
	})
}

func TestABucketOfGocloudIsAdopted(t *testing.T) {
	environment(t)
	s := drivertest.NewServer(t, isFine)
	o := &gcsblob.Options{ClientOptions: []option.ClientOption{option.WithEndpoint(s.URL + "/storage/v1/"), option.WithoutAuthentication()}}
	open := func() *blob.Bucket {
		b, err := gcsblob.OpenBucket(t.Context(), gcp.NewAnonymousHTTPClient(http.DefaultTransport), "b", o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		b                  *blob.Bucket
		prefix, place, key string
	}{
		{open(), "", "gs://b", "a%25b c"},
		{open(), "p/q", "gs://b/p/q", "p/q/a%25b c"},
		{blob.PrefixedBucket(open(), "in/"), "", "gs://b/in", "in/a%25b c"},
		{blob.PrefixedBucket(blob.PrefixedBucket(open(), "in/"), "side/"), "p", "gs://b/in/side/p", "in/side/p/a%25b c"},
	} {
		store, err := storage.FromBucket(c.b, c.prefix)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Take()); n != 0 {
			t.Errorf("%s: adopting sends %d requests", c.place, n)
		}
		if store.String() != c.place {
			t.Errorf("%s is adopted as %s", c.place, store)
		}
		if _, err := store.Head(t.Context(), "a%25b c"); err != nil {
			t.Error(err)
		}
		got := s.Take()
		path, _, _ := strings.Cut(got[0].URI, "?")
		if key, err := url.PathUnescape(path); len(got) != 1 || err != nil || key != "/storage/v1/b/b/o/"+c.key {
			t.Errorf("%s: %v", c.place, got)
		}
		d, _, ok, err := adopt(c.b)
		if !ok || err != nil {
			t.Fatal(err)
		}
		s.Answers(refusal(503, "backendError"))
		if drivertest.Put(t.Context(), d, "k", nil, true) == nil || len(s.Take()) != 1 {
			t.Errorf("%s: the library repeats a put", c.place)
		}
		s.Answers(isFine)
		if err := errors.Join(store.Close(), c.b.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAClientThatForgetsWhatA404SaidAsksAgain: without our transport the
// library makes every 404 of a read an object that is not there.
func TestAClientThatForgetsWhatA404SaidAsksAgain(t *testing.T) {
	environment(t)
	s := drivertest.NewServer(t, isFine)
	client, err := gcstorage.NewClient(t.Context(), option.WithoutAuthentication(), option.WithEndpoint(s.URL+"/storage/v1/"), option.WithHTTPClient(&http.Client{}))
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{client: client, bucket: "b"}
	for _, c := range []struct {
		answer http.HandlerFunc
		class  storage.Class
	}{
		{refusal(404, "notFound"), storage.NotFound}, {refusal(404, "noBucket"), storage.Refused}, {drivertest.Page(404), storage.Lost},
		{func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/storage/") {
				isFine(w, r)
				return
			}
			http.NotFound(w, r)
		}, storage.Lost},
	} {
		s.Answers(c.answer)
		_, _, err := d.Read(t.Context(), "k", 0, -1)
		if f := drivertest.FailureOf(t, err); f.Class != c.class {
			t.Errorf("%v: %v, want %v", f.Class, f, c.class)
		}
	}
}

// running is the stacks of the library's goroutines for an upload.
func running() string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	var found []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if strings.Contains(stack, "storage.(*httpStorageClient).OpenWriter") || strings.Contains(stack, "storage.(*Writer).") {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// ends waits until no upload is running.
func ends(t *testing.T, what string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); running() != ""; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: goroutines are left:\n%s", what, running())
		}
	}
}

func TestNothingOfAnUploadIsLeft(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	part := bytes.Repeat([]byte("x"), chunk)
	begin := func(ctx context.Context) storage.Upload {
		u, err := d.Upload(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	arrived, release := make(chan struct{}, 16), make(chan struct{})
	defer close(release)
	hangs := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/upload/session1" {
			isFine(w, r)
			return
		}
		arrived <- struct{}{}
		<-release
	}
	done := func(w http.ResponseWriter, r *http.Request) { // takes any part for the last one
		if r.URL.Path == "/upload/session1" {
			io.WriteString(w, object1)
			return
		}
		isFine(w, r)
	}

	u := begin(t.Context())
	if err := u.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	ends(t, "abort before the first part")
	if n := len(s.Take()); n != 0 {
		t.Errorf("an upload without parts makes %d requests", n)
	}

	u = begin(t.Context())
	if err := errors.Join(u.Part(t.Context(), 0, part), u.Abort(t.Context())); err != nil {
		t.Error(err)
	}
	ends(t, "abort after a part")
	if err := u.Complete(t.Context(), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an aborted upload is completed: %v", err)
	}
	for _, r := range s.Take() {
		if strings.HasSuffix(r.Header.Get("Content-Range"), "/8388608") {
			t.Error("an aborted upload is published")
		}
	}

	for name, h := range map[string]http.HandlerFunc{"a server that hangs": hangs, "a server that is done too early": done} {
		s.Answers(h)
		ctx, cancel := context.WithCancel(t.Context())
		u = begin(t.Context())
		if name != "a server that is done too early" {
			go func() {
				<-arrived
				cancel()
			}()
		} else {
			time.AfterFunc(10*time.Millisecond, cancel) // whether it is early or late, the part must end
		}
		var err error
		for n := 0; n < 4 && err == nil; n++ {
			err = u.Part(ctx, n, part)
		}
		if err == nil {
			t.Errorf("%s: all parts are taken", name)
		}
		if err := u.Abort(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
		cancel()
		ends(t, name)
	}

	s.Answers(isFine)
	life, end := context.WithCancel(t.Context())
	u = begin(life)
	if err := u.Part(t.Context(), 0, part); err != nil {
		t.Error(err)
	}
	end() // and nothing more is called
	ends(t, "the end of its context")

	for _, h := range []http.HandlerFunc{refusal(403, "forbidden"), drivertest.Reset, drivertest.Page(200), drivertest.Page(404)} {
		s.Answers(h)
		if err := drivertest.Put(t.Context(), d, "k", part, true); err == nil {
			t.Error("a refused put succeeds")
		}
		ends(t, "a refused put")
	}
}

func TestAnUploadThatWasCutShortIsNone(t *testing.T) {
	s := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, object(nil)) })
	d := openAt(t, s, "")
	u, err := d.Upload(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Part(t.Context(), 0, []byte("8 bytes.")); err != nil {
		t.Fatal(err)
	}
	if f := drivertest.FailureOf(t, u.Complete(t.Context(), 1)); f.Class != storage.Lost || !strings.Contains(f.Text, "of 8 bytes") {
		t.Error(f)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	drivertest.CheckReuse(t, isFine, calls(), func(s *drivertest.Server) storage.Driver { return openAt(t, s, "") })
}

func TestBodiesAreClosed(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	drivertest.CheckBodies(t, s, d, d.transport, calls(), isFine, refusal(403, "forbidden"), refusal(404, "notFound"), refusal(412, "conditionNotMet"), refusal(301, ""))
}
