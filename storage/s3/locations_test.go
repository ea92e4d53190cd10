package s3

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
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
		drivertest.CheckPlace(t, c.location, c.place)
		t.Setenv("AWS_REGION", "eu-north-1")
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
	drivertest.CheckBadLocations(t, []string{
		"s3://", "s3:///p", "s3://b//p", "s3://b//", "s3:b", "s3://user@b/p", "s3://user:S3CRET@b/p", "s3://b:9000/p", "s3://b/p?S3CRET", "s3://b/p?unknown=S3CRET", "s3://b/p?region=S3CRET&region=x",
		"s3://b/p?S3CRET=1", "s3://b/p?anonymous=S3CRET", "s3://b/p?use_path_style=S3CRET", "s3://b?ssetype=S3CRET", "s3://b?role=S3CRET", "s3://b?profile=S3CRET",
		"s3://b?request_checksum_calculation=S3CRET", "s3://b?endpoint=S3CRET", "s3://b?endpoint=localhost:9000", "s3://b?endpoint=http://u:S3CRET@h", "s3://b?endpoint=http://h?S3CRET",
		"s3://b?endpoint=ftp://S3CRET", "s3://b?rate_limiter_capacity=1", "s3://b?awssdk=v2", "s3://b/p?a=%zzS3CRET", "s3://b/p?a;S3CRET", "s3://b/%zz?S3CRET", "s3://b/a//b", "s3://b/a/../b", "s3://b/%00",
	}, map[string]func(location string) (storage.Store, error){
		"storage.Open": func(location string) (storage.Store, error) { return storage.Open(t.Context(), location) },
		"storage.Open as s3a": func(location string) (storage.Store, error) {
			return storage.Open(t.Context(), "s3a"+strings.TrimPrefix(location, "s3"))
		},
		"Open": func(location string) (storage.Store, error) { return Open(t.Context(), location, nil) },
	})
}

func TestABucketOfNoRegionIsRefusedAtOnce(t *testing.T) {
	environment(t)
	t.Setenv("AWS_REGION", "")
	if _, err := storage.Open(t.Context(), "s3://b/p"); !errors.Is(err, storage.ErrBadLocation) || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Error(err)
	}
	s := drivertest.NewServer(t, isFine)
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
	s := drivertest.NewServer(t, isFine)
	d := openAt(t, s, "&anonymous=true")
	for _, c := range calls() {
		if err := c.Do(t, d); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	for _, r := range s.Take() {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URI, "X-Amz-Signature") {
			t.Errorf("%s %s is signed", r.Method, r.URI)
		}
	}
}

// TestARedirectTakesNoTokenToAnotherHost: net/http takes only Authorization
// out of a request that it sends elsewhere.
func TestARedirectTakesNoTokenToAnotherHost(t *testing.T) {
	drivertest.CheckRedirects(t, isFine, calls(), func(s *drivertest.Server) storage.Driver { return openAt(t, s, "") })
}
