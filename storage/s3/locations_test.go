package s3

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

func TestALocationIsABucketAndAPrefix(t *testing.T) {
	environment(t)
	profiles := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(profiles, []byte("[profile other]\nregion = sa-east-1\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", profiles)
	for _, c := range []struct{ location, place, region string }{
		{"s3://b", "s3://b", "eu-north-1"},
		{"s3://b/", "s3://b", "eu-north-1"},
		{"s3a://b/p", "s3://b/p", "eu-north-1"},
		{"s3n://b/p/q/", "s3://b/p/q", "eu-north-1"},
		{"S3://b/p%20q/%25/%C3%A9", "s3://b/p q/%/é", "eu-north-1"},
		{"s3://b/a+b", "s3://b/a+b", "eu-north-1"},
		{"s3://b.with.dots/p?region=us-west-2", "s3://b.with.dots/p", "us-west-2"},
		{"s3://b/p?anonymous=true&use_path_style=true&disable_https=true&endpoint=http://localhost:9000", "s3://b/p", "eu-north-1"},
		{"s3://b/p?accelerate=true&dualstack=true&fips=false&ssetype=AES256&kmskeyid=k", "s3://b/p", "eu-north-1"},
		{"s3://b?request_checksum_calculation=when_required&response_checksum_validation=when_required&hostname_immutable=true&s3ForcePathStyle=true", "s3://b", "eu-north-1"},
		{"s3://b?profile=other", "s3://b", "sa-east-1"},
		{"s3://b?role=arn:aws:iam::1:role/r", "s3://b", "eu-north-1"},
	} {
		if c.location == "s3://b?profile=other" {
			t.Setenv("AWS_REGION", "")
		}
		store, err := storage.Open(t.Context(), c.location)
		t.Setenv("AWS_REGION", "eu-north-1")
		if err != nil {
			t.Errorf("%s: %v", c.location, err)
			continue
		}
		if store.String() != c.place {
			t.Errorf("%s opens %s, want %s", c.location, store, c.place)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		d, err := open(t.Context(), strings.Replace(c.location, "S3", "s3", 1), &Options{})
		if c.region == "sa-east-1" {
			continue // of a profile
		}
		if err != nil || d.client.Options().Region != c.region {
			t.Errorf("%s: region %s, want %s: %v", c.location, d.client.Options().Region, c.region, err)
		}
	}
}

func TestALocationThatIsNotUnderstoodIsRefused(t *testing.T) {
	environment(t)
	for _, location := range []string{
		"s3://", "s3:///p", "s3:b", "s3://user@b/p", "s3://user:S3CRET@b/p", "s3://b:9000/p", "s3://b/p?S3CRET", "s3://b/p?unknown=S3CRET", "s3://b/p?region=S3CRET&region=x",
		"s3://b/p?S3CRET=1", "s3://b/p?anonymous=S3CRET", "s3://b/p?use_path_style=S3CRET", "s3://b?ssetype=S3CRET", "s3://b?role=S3CRET", "s3://b?profile=S3CRET",
		"s3://b?request_checksum_calculation=S3CRET", "s3://b?endpoint=S3CRET", "s3://b?endpoint=localhost:9000", "s3://b?endpoint=http://u:S3CRET@h", "s3://b?endpoint=http://h?S3CRET",
		"s3://b?endpoint=ftp://S3CRET", "s3://b?rate_limiter_capacity=1", "s3://b?awssdk=v2", "s3://b/p?a=%zzS3CRET", "s3://b/p?a;S3CRET", "s3://b/%zz?S3CRET", "s3://b/a//b", "s3://b/a/../b", "s3://b/%00",
	} {
		for scheme, open := range map[string]func() (storage.Store, error){
			"s3": func() (storage.Store, error) { return storage.Open(t.Context(), location) },
			"s3a": func() (storage.Store, error) {
				return storage.Open(t.Context(), "s3a"+strings.TrimPrefix(location, "s3"))
			},
			"Open": func() (storage.Store, error) { return Open(t.Context(), location, nil) },
		} {
			store, err := open()
			if store != nil || !errors.Is(err, storage.ErrBadLocation) {
				t.Errorf("%s as %s: %v, %v", location, scheme, store, err)
				continue
			}
			if strings.Contains(err.Error(), "S3CRET") {
				t.Errorf("%s as %s: the error says %v", location, scheme, err)
			}
		}
	}
}

func TestABucketOfNoRegionIsRefusedAtOnce(t *testing.T) {
	environment(t)
	t.Setenv("AWS_REGION", "")
	if _, err := storage.Open(t.Context(), "s3://b/p"); !errors.Is(err, storage.ErrBadLocation) || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Error(err)
	}
	s := newServer(t, isFine)
	store, err := storage.Open(t.Context(), "s3://b/p?use_path_style=true&endpoint="+s.URL)
	if err != nil {
		t.Fatal(err) // another service may have none
	}
	defer store.Close()
	if _, err := store.Head(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

func TestOnlyAmazonIsTrustedWithoutATest(t *testing.T) {
	environment(t)
	conditional := func(location string) bool {
		d, err := open(t.Context(), location, &Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Traits().Conditional
	}
	if !conditional("s3://b") || conditional("s3://b?endpoint=http://localhost:1") {
		t.Error("the endpoint of the URL")
	}
	if d, _ := open(t.Context(), "s3://b--eun1-az1--x-s3", &Options{}); d.Traits().Sorted {
		t.Error("directory buckets list in no order")
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
		t.Setenv(name, "http://localhost:1")
		if conditional("s3://b") {
			t.Error(name)
		}
		t.Setenv(name, "")
	}
}

func TestAnonymousSendsNoSignature(t *testing.T) {
	s := newServer(t, isFine)
	d := openAt(t, s, "&anonymous=true")
	for _, c := range calls() {
		if err := c.do(t, d); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, r := range s.take() {
		if r.header.Get("Authorization") != "" || strings.Contains(r.uri, "X-Amz-Signature") {
			t.Errorf("%s %s is signed", r.method, r.uri)
		}
	}
}

// TestARedirectTakesNoTokenToAnotherHost: net/http takes only Authorization
// out of a request that it sends elsewhere.
func TestARedirectTakesNoTokenToAnotherHost(t *testing.T) {
	elsewhere := newServer(t, isFine)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.RequestURI, http.StatusTemporaryRedirect)
	})
	d := openAt(t, s, "")
	for _, c := range calls() {
		if f := failureOf(t, c.do(t, d)); f.Class != storage.Refused {
			t.Errorf("%s: %v", c.name, f)
		}
	}
	if got := elsewhere.take(); len(got) != 0 {
		t.Errorf("%d requests went elsewhere", len(got))
	}
}
