package azure

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// tokens give out tokens of one use.
type tokens struct {
	asked atomic.Int64
	err   error
	end   chan struct{} // not nil: nothing comes until it is closed
}

func (c *tokens) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked.Add(1)
	if c.end != nil {
		select {
		case <-ctx.Done():
			return azcore.AccessToken{}, ctx.Err()
		case <-c.end:
		}
	}
	return azcore.AccessToken{Token: "SECRETbearerTOKEN", ExpiresOn: time.Now().Add(-time.Second)}, c.err
}

// secure is a driver that sends tokens to a server.
func secure(t *testing.T, c azcore.TokenCredential, h http.HandlerFunc) (*driver, *atomic.Int64) {
	t.Helper()
	n := new(atomic.Int64)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		if r.Header.Get("Authorization") != "Bearer SECRETbearerTOKEN" {
			t.Errorf("%s %s has no token", r.Method, r.RequestURI)
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	o := &container.ClientOptions{}
	o.Transport = s.Client()
	client, err := container.NewClient(s.URL+"/acct/c", c, o)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{client: client, token: c}
	d.place("c")
	return d, n
}

func TestATokenThatExpiresIsAskedForAgain(t *testing.T) {
	c := &tokens{}
	d, _ := secure(t, c, isFine)
	for range 3 {
		before := c.asked.Load()
		if _, err := d.Head(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if c.asked.Load() == before {
			t.Error("an expired token is used")
		}
	}
}

func TestWithoutATokenAccessIsDenied(t *testing.T) {
	d, n := secure(t, &tokens{err: errors.New("SECRETclient")}, isFine)
	for _, c := range calls() {
		err := c.Do(t, d)
		if f := drivertest.FailureOf(t, err); f.Class != storage.Denied || !errors.Is(err, fs.ErrPermission) || secrets.In(drivertest.Shown(err)) != "" {
			t.Errorf("%s: %v: %s", c.Name, f.Class, drivertest.Shown(err))
		}
	}
	if n.Load() != 0 {
		t.Errorf("%d requests are sent", n.Load())
	}
}

func TestATokenIsInNoError(t *testing.T) {
	for _, status := range []int{200, 401, 403, 404, 500} {
		d, _ := secure(t, &tokens{}, echoes(status))
		for _, c := range calls() {
			if err := c.Do(t, d); err == nil || secrets.In(drivertest.Shown(err)) != "" {
				t.Errorf("%s: %s", c.Name, drivertest.Shown(err))
			}
		}
	}
}

// TestATokenThatNeverComesIsAFailureInTime simulates the time.
func TestATokenThatNeverComesIsAFailureInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tokens{end: make(chan struct{})}
		defer close(c.end)
		client, err := container.NewClient("https://acct.blob.core.windows.net/c", c, nil)
		if err != nil {
			t.Fatal(err)
		}
		store, err := New(client, &Options{Credential: c})
		if err != nil {
			t.Fatal(err)
		}
		drivertest.CheckStuckCredentials(t, store)
	})
}

func TestABucketOfGocloudIsAdopted(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	key, err := container.NewSharedKeyCredential("acct", "dGVzdGtleQ==")
	if err != nil {
		t.Fatal(err)
	}
	client, err := container.NewClientWithSharedKeyCredential(s.URL+"/acct/ctr", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *blob.Bucket {
		b, err := azureblob.OpenBucket(t.Context(), client, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		b                   *blob.Bucket
		prefix, place, path string
	}{
		{open(), "", "/acct/ctr", "/acct/ctr/a%2525b%20c"},
		{open(), "p/q", "/acct/ctr/p/q", "/acct/ctr/p%2Fq%2Fa%2525b%20c"},
		{blob.PrefixedBucket(open(), "in/"), "", "/acct/ctr/in", "/acct/ctr/in%2Fa%2525b%20c"},
		{blob.PrefixedBucket(blob.PrefixedBucket(open(), "in/"), "side/"), "p", "/acct/ctr/in/side/p", "/acct/ctr/in%2Fside%2Fp%2Fa%2525b%20c"},
	} {
		store, err := storage.FromBucket(c.b, c.prefix)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Take()); n != 0 {
			t.Errorf("%s: adopting sends %d requests", c.place, n)
		}
		if store.String() != s.URL+c.place {
			t.Errorf("%s is adopted as %s", c.place, store)
		}
		if err := store.Put(t.Context(), "a%25b c", []byte("content")); err != nil {
			t.Error(err)
		}
		if got := s.Take(); len(got) != 1 || got[0].URI != c.path {
			t.Errorf("%s: %v", c.place, got)
		}
		s.Answers(refusal(403, "AuthorizationFailure"))
		outcome, _, err := store.PutIfAbsent(t.Context(), "k", nil)
		if n := len(s.Take()); outcome != storage.Rejected || !errors.Is(err, fs.ErrPermission) || n != 1 {
			t.Errorf("%s: %v, %v after %d requests", c.place, outcome, err, n)
		}
		s.Answers(refusal(500, "OperationTimedOut"))
		if d, _, _, _ := adopt(c.b); drivertest.Put(t.Context(), d, "k", nil, true) == nil || len(s.Take()) != 1 {
			t.Errorf("%s: the SDK repeats a put", c.place)
		}
		s.Answers(isFine)
		if err := errors.Join(store.Close(), c.b.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	drivertest.CheckReuse(t, isFine, calls(), func(s *drivertest.Server) storage.Driver { return openAt(t, s, "") })
}

func TestBodiesAreClosed(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "")
	drivertest.CheckBodies(t, s, d, d.transport, calls(), isFine, refusal(403, "AuthorizationFailure"), refusal(412, "ConditionNotMet"), refusal(301, ""))
	if strings.Contains(d.String(), "?") {
		t.Error(d)
	}
}
