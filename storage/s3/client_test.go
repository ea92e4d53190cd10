package s3

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

// clientOf is a client as a caller makes it.
func clientOf(s *drivertest.Server, p aws.CredentialsProvider) *s3.Client {
	o := s3.Options{Region: "eu-north-1", UsePathStyle: true, Credentials: p}
	if s != nil {
		o.BaseEndpoint = &s.URL
	}
	return s3.New(o)
}

// provider gives out credentials of one use.
type provider struct {
	asked atomic.Int64
	err   error
	hang  bool
}

func (p *provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.asked.Add(1)
	if p.hang {
		<-ctx.Done()
		return aws.Credentials{}, ctx.Err()
	}
	return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "x", CanExpire: true, Expires: time.Now().Add(-time.Second)}, p.err
}

func TestCredentialsThatExpireAreAskedForAgain(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	p := &provider{}
	d := newDriver(clientOf(s, aws.NewCredentialsCache(p)), "b", "", "")
	defer d.Close()
	for range 3 {
		before := p.asked.Load()
		if _, err := d.Head(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if p.asked.Load() == before {
			t.Error("expired credentials are used")
		}
	}
}

func TestWithoutCredentialsAccessIsDenied(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	d := newDriver(clientOf(s, aws.NewCredentialsCache(&provider{err: errors.New("SECRETsessionTOKEN")})), "b", "", "")
	for _, c := range calls() {
		err := c.Do(t, d)
		if f := drivertest.FailureOf(t, err); f.Class != storage.Denied || !errors.Is(err, fs.ErrPermission) || secrets.In(drivertest.Shown(err)) != "" {
			t.Errorf("%s: %v: %s", c.Name, f.Class, drivertest.Shown(err))
		}
	}
	if n := len(s.Take()); n != 0 {
		t.Errorf("%d requests are sent", n)
	}
}

// TestWithoutAnAddressARequestIsRefusedAtOnce: no region, or an endpoint that is
// no URL, are not worth another try.
func TestWithoutAnAddressARequestIsRefusedAtOnce(t *testing.T) {
	for text, o := range map[string]s3.Options{
		"set the region":    {},
		"https://host:port": {Region: "r", BaseEndpoint: aws.String("localhost:9000")},
	} {
		o.Credentials, o.UsePathStyle = aws.NewCredentialsCache(&provider{}), true
		d := newDriver(s3.New(o), "b", "", "")
		for _, c := range calls() {
			err := c.Do(t, d)
			if f := drivertest.FailureOf(t, err); f.Class != storage.Refused || !strings.Contains(f.Text, text) {
				t.Errorf("%s: %v: %s, want %s", c.Name, f.Class, f.Text, text)
			}
		}
	}
}

// TestCredentialsThatHangAreAFailureInTime simulates the time.
func TestCredentialsThatHangAreAFailureInTime(t *testing.T) {
	for name, wrap := range map[string]func(aws.CredentialsProvider) aws.CredentialsProvider{
		"bare":  func(p aws.CredentialsProvider) aws.CredentialsProvider { return p },
		"cache": func(p aws.CredentialsProvider) aws.CredentialsProvider { return aws.NewCredentialsCache(p) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &provider{hang: true}
				stuck := &stuckProvider{provider: p, end: make(chan struct{})}
				defer close(stuck.end)
				d := newDriver(clientOf(nil, wrap(stuck)), "b", "", "")
				store, err := storage.NewRemote(d, &storage.RemoteOptions{NoProbe: true})
				if err != nil {
					t.Fatal(err)
				}
				drivertest.CheckStuckCredentials(t, store)
			})
		})
	}
}

// stuckProvider hangs until its context or the test ends.
type stuckProvider struct {
	*provider
	end chan struct{}
}

func (p *stuckProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.asked.Add(1)
	select {
	case <-ctx.Done():
	case <-p.end:
	}
	return aws.Credentials{}, errors.New("stuck")
}

func TestABucketOfGocloudIsAdopted(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	client := clientOf(s, &provider{})
	open := func(o *s3blob.Options) *blob.Bucket {
		b, err := s3blob.OpenBucket(t.Context(), client, "bkt", o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		b              *blob.Bucket
		prefix         string
		place, path, e string
	}{
		{open(nil), "", "s3://bkt", "/bkt/a%2525b%20c", ""},
		{open(&s3blob.Options{EncryptionType: "aws:kms", KMSEncryptionID: "KEY1"}), "p/q", "s3://bkt/p/q", "/bkt/p/q/a%2525b%20c", "aws:kms"},
		{blob.PrefixedBucket(open(nil), "in/"), "", "s3://bkt/in", "/bkt/in/a%2525b%20c", ""},
		{blob.PrefixedBucket(blob.PrefixedBucket(open(&s3blob.Options{EncryptionType: "AES256"}), "in/"), "side/"), "p", "s3://bkt/in/side/p", "/bkt/in/side/p/a%2525b%20c", "AES256"},
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
		if err := store.Put(t.Context(), "a%25b c", []byte("content")); err != nil {
			t.Error(err)
		}
		got := s.Take()
		if len(got) != 1 || got[0].URI != c.path+"?x-id=PutObject" || got[0].Header.Get("x-amz-server-side-encryption") != c.e {
			t.Errorf("%s: %v", c.place, got)
		}
		s.Answers(refusal(403, "AccessDenied"))
		outcome, _, err := store.PutIfAbsent(t.Context(), "k", nil)
		if n := len(s.Take()); outcome != storage.Rejected || !errors.Is(err, fs.ErrPermission) || n != 1 {
			t.Errorf("%s: %v, %v after %d requests", c.place, outcome, err, n)
		}
		s.Answers(isFine)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if err := c.b.Close(); err != nil {
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
	drivertest.CheckBodies(t, s, d, d.transport, calls(), isFine, refusal(403, "AccessDenied"), refusal(412, "PreconditionFailed"), refusal(301, "PermanentRedirect"))
}
